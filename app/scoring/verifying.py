"""One entry as its judge looks at it: all that its own page has, and what was there before it.

Do not show an entry that is another's to judge. Its page may be open to many; this is for who gives the verdict.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from app import access, ledger
from app.access import Viewer
from app.kit.refusals import NotThere
from app.ledger import EarlierDealings
from app.rules.permissions import Deed
from app.rules.spread import Spread
from app.scoring.activity_page import ActivityPage, activity_page
from app.scoring.planning import State

__all__ = ["EntryToVerify", "entry_to_verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryToVerify:
    """An entry beside what its company, its buyer and its office did before it."""

    page: ActivityPage
    company: EarlierDealings
    buyer: EarlierDealings
    spread: Spread | None


def entry_to_verify(
    connection: Connection, loaded: State, *, key: str, viewer: Viewer, today: dt.date
) -> EntryToVerify:
    """An entry for who judges it.

    Raises:
        NotThere: there is none, or it is not this reader's to judge.

    Queries: those of :func:`activity_page`, and 3 more.
    """
    page = activity_page(connection, loaded, key=key, viewer=viewer, today=today)
    if not page.judges:
        raise NotThere
    sees = access.sees(loaded.frame.directory, viewer=viewer, deed=Deed.SEE_ACTIVITIES, day=today)
    company, buyer = ledger.earlier_dealings(connection, loaded.frame, entry=page.history, sees=sees)
    spread = ledger.amounts_beside(connection, loaded.frame, entry=page.history)
    return EntryToVerify(page=page, company=company, buyer=buyer, spread=spread)
