"""How one node stands, in the few figures that a first page has room for: where it leads, what costs most, what moved since a day.

Do not read what came in since then: a figure as of a day is what is dated up to it, here as on the scorecard of that day, so that the two agree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Final

from sqlalchemy import Connection

from app.rules.definitions import Translated
from app.rules.lifting import Aim
from app.rules.outlook import Outlook, leading_score
from app.rules.rollup import published
from app.rules.terms import Node
from app.scoring.board import BoardLine, Visibility, board, board_source
from app.scoring.lifts import Lift
from app.scoring.planning import State
from app.scoring.scorecards import Scorecard, ScoreQuery, Scores, read_figures, score_figures
from app.scoring.trend import change_since, compared_day

__all__ = ["LineMoved", "Progress", "progress"]

COSTLY_SHOWN: Final = 5
MOVED_SHOWN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMoved:
    """A line that has moved the score that leads, and by how many points of it, as published."""

    kpi: str
    name: Translated
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A node's first page.

    Attributes:
        card: its scorecard of now on the final basis.
        provisional: the same with what waits to be verified or confirmed.
        costly: its lines that cost the most points, the dearest first.
        lifts: of those lines by KPI what alone would lift the card to the next band.
        since: the day that it is held against; None where the cycle had none yet.
        before: the score that led at the end of that day, as published.
        change: how far that has moved.
        moved: the lines that moved it, the furthest first.
        own_counts: whether its own KPIs count in the final score at all.
        rest: what the unit part and the other lines have moved it by: with the lines that are named it adds up to the change.
    """

    node: Node
    card: Scorecard
    provisional: Scorecard
    outlook: Outlook
    aim: Aim | None
    costly: tuple[BoardLine, ...]
    lifts: dict[str, Lift]
    since: dt.date | None
    before: Decimal | None
    change: Decimal | None
    moved: tuple[LineMoved, ...]
    own_counts: bool
    rest: Decimal | None

    @property
    def leading(self) -> Decimal | None:
        """The published score that it is judged by: of a running cycle that of the year's end."""
        return self._leading_of(self.card)

    @property
    def with_waiting(self) -> Decimal | None:
        """What it would be if all that waits were verified and confirmed as it is."""
        return self._leading_of(self.provisional)

    def _leading_of(self, card: Scorecard) -> Decimal | None:
        return published(leading_score(projected=card.projected_score, so_far=card.final_score, outlook=self.outlook))


def progress(
    connection: Connection, *, loaded: State, node: Node, asked: ScoreQuery, since: dt.date | None
) -> Progress:
    """How a node stands now, and since a day.

    Args:
        connection: an open transaction.
        loaded: the agency.
        node: whose.
        asked: the cycle, of now.
        since: the day of the last visit; None for 30 days ago.

    Queries: 2 or 3 of now (figures, trend), and those of :func:`app.scoring.read_figures` as of a day.
    """
    alone = Visibility(activities=False, people=False, node=lambda _node: False)
    source = board_source(connection, loaded=loaded, node=node, asked=asked, shows=alone)
    shown = board(source)
    plan = source.plan
    day = compared_day(plan, asked.today, since)
    before: float | None = None
    moved: tuple[LineMoved, ...] = ()
    if day is not None:
        past = asked._replace(as_of=day)
        now = score_figures(source.selection, source.figures, asked)
        earlier = score_figures(source.selection, read_figures(connection, source.selection, past), past)
        own_share = float(shown.own_pct / (shown.own_pct + shown.unit_pct))
        before, moved = earlier.at(0)[3], _moved(earlier, now, own_share)
    leading = leading_score(projected=shown.card.projected_score, so_far=shown.card.final_score, outlook=shown.outlook)
    change = change_since(before, leading)
    costly = sorted((line for line in shown.lines if line.costs), key=lambda line: -(line.costs or 0.0))
    return Progress(
        node=node,
        card=shown.card,
        provisional=shown.provisional,
        outlook=shown.outlook,
        aim=shown.aim,
        costly=tuple(costly[:COSTLY_SHOWN]),
        lifts={lift.kpi: lift for lift in shown.lifts},
        since=day,
        before=published(before),
        change=change,
        moved=moved,
        own_counts=bool(shown.own_pct),
        rest=None if change is None else change - sum((line.points for line in moved), Decimal()),
    )


def _moved(earlier: Scores, now: Scores, own_share: float) -> tuple[LineMoved, ...]:
    """The lines of the first node of a selection that cost it other points than before.

    Args:
        earlier: before.
        now: since.
        own_share: the own score's share in the final one, 0 to 1.
    """
    plan, own = now.selection.plan, now.selection.shown_node == 0
    rows = [line.row for line in plan.lines.get(now.selection.nodes[0], ())]
    gained = ((earlier.lost[own] - now.lost[own]) * own_share).tolist()
    moved = [
        LineMoved(kpi=row.kpi, name=plan.sheet.kpi(row.kpi).version(plan.cycle).name, points=points)
        for row, exact in zip(rows, gained, strict=True)
        if not isnan(exact) and (points := published(exact))
    ]
    return tuple(sorted(moved, key=lambda line: (-abs(line.points), line.kpi))[:MOVED_SHOWN])
