"""What is wrong with an event, in the words of whoever reads a page: the cause, and what to do about it, in one sentence.

Do not change the ledger's own texts for that (:data:`app.rules.activities.MESSAGES`): programs, commands and what was kept with events have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.plain.findings import n_
from app.rules.activities import MESSAGES

__all__ = ["ON_PAGES"]

ON_PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        MESSAGES["not_an_object"]: n_("What came is no event: send one JSON object."),
        MESSAGES["specversion"]: n_("The version of the format is not “1.0”: write 1.0."),
        MESSAGES["required"]: n_("This is required: fill it in."),
        MESSAGES["wrong_type"]: n_("This is not of the right kind: write %(expected)s."),
        MESSAGES["too_long"]: n_("This has %(length)s characters: use at most %(most)s."),
        MESSAGES["bad_text"]: n_(
            "This holds a character that nothing can keep (NUL, or half of one): write it without that."
        ),
        MESSAGES["repeated_member"]: n_("“%(member)s” stands there twice: write it once."),
        MESSAGES["bad_number"]: n_("This is no number that JSON knows: write it in digits."),
        MESSAGES["too_deep"]: n_("This is nested more than %(most)s levels deep: take the inner levels away."),
        MESSAGES["unknown_type"]: n_("There is no type of event “%(value)s”: choose one that the system knows."),
        MESSAGES["bad_time"]: n_(
            "“%(value)s” is no time with its offset from UTC: write it as 2026-03-31T09:30:00+09:00."
        ),
        MESSAGES["media_type"]: n_("The data is “%(value)s” and not JSON: send it as JSON."),
        MESSAGES["binary"]: n_("The data is binary and not JSON: send it as JSON."),
        MESSAGES["unknown_employee"]: n_(
            "There is no employee “%(value)s”: check the number, or ask for the person to be loaded first."
        ),
        MESSAGES["unknown_country"]: n_(
            "“%(value)s” is not a country's code of two letters (ISO 3166-1): choose a country, such as AT."
        ),
        MESSAGES["name_or_registration"]: n_("The company is missing: write a name or a registration number."),
        MESSAGES["unknown_currency"]: n_(
            "There is no rate for “%(value)s” of that month or an earlier one: choose another currency, or ask for the rate to be loaded."
        ),
        MESSAGES["bad_amount"]: n_(
            "“%(value)s” is not an amount above 0: write one with at most 15 digits before the point and 4 after it."
        ),
        MESSAGES["amount_too_large"]: n_(
            "This is more than 10,000,000,000 US dollars: write a smaller amount, or check the currency."
        ),
        MESSAGES["amount_without_currency"]: n_("An amount stands without a currency: give both or neither."),
        MESSAGES["bad_hs_code"]: n_("“%(value)s” is not an HS code: write 2, 4, 6, 8, 9 or 10 digits."),
        MESSAGES["bad_share"]: n_(
            "“%(value)s” is not a share above 0: write one with at most 4 decimals, such as 0.6."
        ),
        MESSAGES["bad_node"]: n_(
            "“%(value)s” names neither a unit nor an employee: write unit:CODE or employee:NUMBER."
        ),
        MESSAGES["unknown_unit"]: n_(
            "There is no unit “%(value)s”: check the code, or ask for the unit to be loaded first."
        ),
        MESSAGES["bad_cycle"]: n_("“%(value)s” is not a cycle: write its year in four digits, such as 2026."),
        MESSAGES["bad_value"]: n_(
            "“%(value)s” is not a value: write a number with at most 15 digits before the point and 4 after it."
        ),
        MESSAGES["no_shares"]: n_("A figure has no shares: leave the credits out."),
        MESSAGES["shares_sum"]: n_("The shares add up to %(sum)s and not to 1: change them until they do."),
        MESSAGES["duplicate_employee"]: n_("Employee “%(value)s” has two shares: put them together into one."),
        MESSAGES["unkeepable_number"]: n_(
            "The event holds a number that is larger or smaller than any computer can keep: write a smaller one, or leave it out."
        ),
        MESSAGES["bad_percent"]: n_(
            "“%(value)s” is not a percentage: write one from 0 to 100, with at most 30 decimals."
        ),
    }
)
"""The ledger's texts as pages write them, with the same places."""
