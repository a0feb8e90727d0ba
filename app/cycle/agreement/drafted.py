"""What a draft of a scorecard would do: whoever signs sees first what it makes of the score.

Do not store any of it: a draft moves nothing before all have signed it (contract-cycle, 4).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from app import cascade, scoring
from app.cycle.agreement.agreed_cards import AgreedCard
from app.scoring import ScoreQuery, State

__all__ = ["DraftScores", "draft_scores", "state_with_draft"]


class DraftScores(NamedTuple):
    """A scorecard's final score in points so far and at the year's end, as it is and by its draft; None where there is none."""

    so_far: float | None
    so_far_by_draft: float | None
    year_end: float | None
    year_end_by_draft: float | None


def state_with_draft(loaded: State, cycle: int, card: AgreedCard) -> State:
    """What would be if a scorecard's draft held; the same object where it says what holds. No queries."""
    lines = cascade.lines_of_documents(cycle, card.node, card.draft)
    changed = loaded.sheet.with_agreed({(cycle, card.node): lines})
    if changed is loaded.sheet:
        return loaded
    return loaded.with_sheet(replace(changed, token=f"{changed.token} draft {card.node} {card.draft_digest}"))


def draft_scores(
    connection: Connection, loaded: State, cycle: int, card: AgreedCard, *, today: dt.date
) -> DraftScores | None:
    """What a draft makes of its scorecard's score; None where it says what holds. Queries: none, or twice those of :func:`app.scoring.scores`."""
    other = state_with_draft(loaded, cycle, card)
    if other is loaded:
        return None
    asked = ScoreQuery(cycle, today)
    one, by_draft = (
        scoring.scores(connection, asked, [card.node], loaded=some).of(card.node) for some in (loaded, other)
    )
    return DraftScores(one[2], by_draft[2], one[3], by_draft[3])
