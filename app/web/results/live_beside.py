"""What a certified cycle came to beside what would be without its cut: the two values of each figure where they differ.

Do not show one for the other: nothing hangs on the live ones.
"""

from __future__ import annotations

from typing import NamedTuple

from app import scoring
from app.rules.terms import Node
from app.scoring import ScoreQuery
from app.web.asked.request_context import RequestContext

__all__ = ["LineBeside", "LiveBeside", "live_beside"]


class LineBeside(NamedTuple):
    """A line whose figures differ; what a line lacks on one side is None there."""

    kpi: str
    actual: str | None
    score: float | None
    live_actual: str | None
    live_score: float | None


class LiveBeside(NamedTuple):
    """What differs of a scorecard: its sums, each by name with what stands and what is live, and its lines."""

    sums: tuple[tuple[str, float | None, float | None], ...]
    lines: tuple[LineBeside, ...]


_SUMS = ("own_score", "unit_score", "final_score")


def live_beside(context: RequestContext, node: Node, asked: ScoreQuery) -> LiveBeside | None:
    """What differs of a node's scorecard of a cycle that was certified; None where it was not, or the node has no part in what stands.

    Queries: those of :func:`app.scoring.scorecards`, twice.
    """
    loaded = scoring.state(context.connection)
    if asked.cycle not in loaded.certified or node not in loaded.plan(asked.cycle).nodes:
        return None
    stands, live = (
        scoring.scorecards(context.connection, asked, [node], loaded=one)[0] for one in (loaded, loaded.live)
    )
    sums = [(name, getattr(stands, name), getattr(live, name)) for name in _SUMS]
    by_kpi = [{line.kpi: line for line in card.lines} for card in (stands, live)]
    lines: list[LineBeside] = []
    for kpi in dict.fromkeys([*by_kpi[0], *by_kpi[1]]):
        one, other = (card.get(kpi) for card in by_kpi)
        figures = LineBeside(
            kpi,
            *((None, None) if one is None else (one.actual, one.score)),
            *((None, None) if other is None else (other.actual, other.score)),
        )
        if (figures.actual, figures.score) != (figures.live_actual, figures.live_score):
            lines.append(figures)
    return LiveBeside(tuple(one for one in sums if one[1] != one[2]), tuple(lines))
