"""Searching everywhere: people, units, KPIs, companies, buyers and activities by what somebody types.

It owns nothing and promises that whatever it gives is of those who may be seen by the reader, and that it leads to a page the reader may open.
"""

from app.search.everywhere import (
    LETTERS_LEAST,
    PartyResult,
    PersonResult,
    Results,
    SearchResults,
    UnitResult,
    is_enough,
    search_everywhere,
)

__all__ = [
    "LETTERS_LEAST",
    "PartyResult",
    "PersonResult",
    "Results",
    "SearchResults",
    "UnitResult",
    "is_enough",
    "search_everywhere",
]
