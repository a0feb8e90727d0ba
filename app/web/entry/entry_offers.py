"""What the form of an activity offers before anything is typed: one's own last entries, their buyers and companies, and the market's buyers.

The page's script offers them at once, without a question to the server, and keeps them on the phone for when there is no connection. Do not
add to them what the form does not need: a phone may be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app import ledger
from app.ledger import Frame, Party, RecentEntry
from app.web.asked.request_context import RequestContext
from app.web.wording.typed_numbers import exact_figure

__all__ = ["EntryOffers", "entry_offers", "offered_buyer"]

LATEST_MOST: Final = 3
"""So many former entries can be repeated by one tap."""

_PARTIES_MOST: Final = 24
_COUNTRIES_MOST: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOffers:
    """What one may choose from.

    Attributes:
        countries: the buyers' countries of one's own last entries, then the office's own.
        latest: different entries that one recorded last; none that was rejected.
        buyers: those of one's own last entries, then the market's.
        companies: those of one's own last entries.
    """

    countries: tuple[str, ...] = ()
    latest: tuple[RecentEntry, ...] = ()
    buyers: tuple[Party, ...] = ()
    companies: tuple[Party, ...] = ()

    def for_script(self, countries: Mapping[str, str]) -> dict[str, Any]:
        """The same as the page's script reads it; an entry that is shared is repeated on the server alone, which knows the shares.

        Args:
            countries: every country's name.
        """
        return {
            "buyers": [offered_buyer(one, countries) for one in self.buyers],
            "companies": [
                {"value": one.name, "registration": one.registration, "note": one.registration}
                for one in self.companies
            ],
            "entries": [_repeated(one) for one in self.latest if not one.is_shared],
        }


def entry_offers(context: RequestContext, frame: Frame) -> EntryOffers:
    """What is offered to the person who asks.

    Queries: 2.
    """
    me = context.viewer.employee or ""
    unit = context.directory.unit_of(me, context.today)
    row = context.directory.unit_on(unit, context.today) if unit else None
    market = row.country if row and row.country else ""
    entries = ledger.recent_entries(context.connection, frame, employee=me)
    of_market = ledger.buyers_of_country(context.connection, country=market, limit=_PARTIES_MOST) if market else []
    own = [Party(one.buyer, one.country, one.buyer_registration) for one in entries]
    # Where one works most is the market, whatever country the office stands in; its buyers come before those of elsewhere.
    own.sort(key=lambda one: one.country != market)
    countries = dict.fromkeys(
        [*(one.country for one in entries), market] if market else [one.country for one in entries]
    )
    latest: dict[tuple[str, ...], RecentEntry] = {}
    for one in entries:
        if one.is_rejected:
            continue
        latest.setdefault((one.type, one.company, one.company_registration, one.buyer, one.country), one)
    return EntryOffers(
        countries=tuple(countries)[:_COUNTRIES_MOST],
        latest=tuple(latest.values())[:LATEST_MOST],
        buyers=tuple(dict.fromkeys([*own, *of_market]))[:_PARTIES_MOST],
        companies=tuple(
            dict.fromkeys(Party(one.company, "", one.company_registration) for one in entries if one.company)
        )[:_PARTIES_MOST],
    )


def offered_buyer(buyer: Party, countries: Mapping[str, str]) -> dict[str, str]:
    """A buyer as the page's script takes it: one tap fills in name, country and registration."""
    return {
        "value": buyer.name,
        "country": buyer.country,
        "registration": buyer.registration,
        "note": " ".join(part for part in (countries.get(buyer.country, buyer.country), buyer.registration) if part),
    }


def _repeated(entry: RecentEntry) -> dict[str, str]:
    """The form's fields."""
    return {
        "type": entry.type,
        "company": entry.company,
        "company_registration": entry.company_registration,
        "buyer": entry.buyer,
        "buyer_country": entry.country,
        "buyer_registration": entry.buyer_registration,
        "amount": "" if entry.amount is None else exact_figure(entry.amount),
        "currency": entry.currency,
        "hs_code": entry.hs_code,
    }
