"""Why entries are usually rejected, reversed or corrected: what people choose instead of typing it.

Do not change one of these texts lightly: what was chosen is recorded in the words that stood on the page, and pages know by them that it was
a usual reason, which they say in each reader's own language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.plain.findings import n_

__all__ = ["CORRECTING", "REJECTING", "REVERSING"]

REJECTING: Final[Mapping[str, str]] = {
    "no_evidence": n_("I know of no document or message that shows it."),
    "double": n_("It is recorded already."),
    "amount": n_("Amount or currency is not the one agreed."),
    "party": n_("Company or buyer is not the right one."),
    "share": n_("The shares are not as agreed."),
}
"""Why entries are usually rejected by whoever judges them."""

REVERSING: Final[Mapping[str, str]] = {
    "double": n_("It was entered twice."),
    "withdrawn": n_("The buyer withdrew from the contract."),
    "party": n_("The wrong company or buyer was chosen."),
    "amount": n_("The amount or its currency was wrong."),
    "not_held": n_("The meeting did not take place."),
}
"""Why people usually take out what they entered themselves."""

CORRECTING: Final[Mapping[str, str]] = {
    "amount": REVERSING["amount"],
    "party": REVERSING["party"],
    "day": n_("The day was wrong."),
    "share": n_("The shares were wrong."),
}
"""What was usually wrong with what they correct."""
