"""Who looks at a group that is calibrated, and what some moves would do: for the page and the API alike (contract-cycle, 6).

A newcomer's usual mistake: to open a group for whoever sees its grades. One's own group opens for nobody who is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import cycle as cycles
from app import scoring
from app.cycle import Calibration, CalibrationPreview, CalibrationRefused
from app.decisions import refusal_for
from app.kit.refusals import NotThere
from app.rules.deciding import Obstacle
from app.rules.moves import WantedMove
from app.rules.stages import BEFORE_THE_CUT
from app.rules.standings import Standing
from app.rules.terms import NodeKind
from app.scoring import State
from app.web.asked import cycling
from app.web.asked.grades_seen import GradesSeen, grades_seen
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import finding_text

__all__ = ["CalibrationSeen", "calibration_seen", "is_own", "moves_here", "preview_as_json", "previewed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSeen:
    """The grades of a cycle that was certified, for who asks.

    Attributes:
        seen: what they see of its grades.
        is_open: whether grades are moved at the cycle's stage.
    """

    loaded: State
    calibration: Calibration
    seen: GradesSeen
    is_open: bool

    def shows(self, place: Standing) -> bool:
        """Whether they see the group that a place is in."""
        return self.seen.everybody or place.is_of(self.seen.groups)

    def groups(self) -> set[str]:
        """The groups that they see, their own included."""
        return {place.group for place in self.calibration.proposal.standings.by_code.values() if self.shows(place)}


def calibration_seen(context: RequestContext, cycle: int, kind: NodeKind) -> CalibrationSeen:
    """The grades of people or of units, to be looked at group by group. Queries: 3, and those of a proposal.

    Raises:
        NotThere: nobody has opened the cycle, it is not certified, or no group of it is for this person.
    """
    opened = cycling.cycle_seen(context, cycle)
    seen = grades_seen(context, cycle)
    if opened.stage in BEFORE_THE_CUT or not seen.lists:
        raise NotThere
    loaded = scoring.state(context.connection)
    return CalibrationSeen(
        loaded=loaded,
        calibration=cycles.calibration_of(context.connection, loaded, cycle, kind, today=context.today),
        seen=seen,
        is_open=opened.stage in cycles.CALIBRATED_IN,
    )


def is_own(context: RequestContext, shown: CalibrationSeen, group: str) -> bool:
    """Whether who asks is in a group themself."""
    return cycles.is_own_group(shown.calibration, context.viewer, shown.loaded, group, day=context.today)


def moves_here(context: RequestContext, shown: CalibrationSeen, group: str) -> bool:
    """Whether who asks moves the grades of a group: a calibrator of it who is not in it, as long as grades are moved."""
    return (
        shown.is_open
        and cycles.calibrates(context.viewer, shown.calibration.cycle, shown.calibration.places_in(group))
        and not is_own(context, shown, group)
    )


def previewed(context: RequestContext, shown: CalibrationSeen, wanted: Sequence[WantedMove]) -> CalibrationPreview:
    """What some moves would do.

    Raises:
        NotThere: somebody who is not listed, or of a group that is not for who asks.
        Conflict: of one's own group nobody is told.
    """
    plan = shown.loaded.plan(shown.calibration.cycle)
    for one in wanted:
        place = shown.calibration.standing(one.node)
        if one.node not in plan.nodes or (place is not None and not shown.shows(place)):
            raise NotThere
        if place is not None and is_own(context, shown, place.group):
            raise refusal_for(Obstacle.OWN_GROUP)
    priced = cycles.priced_grades(context.connection, shown.loaded, shown.calibration.cycle)
    return cycles.calibration_preview(shown.calibration, wanted, priced=priced)


def preview_as_json(preview: CalibrationPreview) -> dict[str, Any]:
    """As the API tells it: no person's pay, and of the rules those of the whole agency."""
    problem = None if preview.problem is None else CalibrationRefused(preview.problem)
    return {
        "groups": [
            {
                "group": group,
                "grades": [{"grade": grade, "before": before, "after": after} for grade, before, after in counts],
            }
            for group, counts in preview.counts.items()
        ],
        "rules": {
            "before": [one.code for one in preview.broken_before],
            "after": [one.code for one in preview.broken_after],
        },
        "sum_pay": {"before": preview.pay_before, "after": preview.pay_after},
        "neighbours": [
            {
                "node": str(node),
                "ranks": [
                    {
                        "node": str(one.node),
                        "rank": one.rank,
                        "score": float(one.score),
                        "before": one.before,
                        "after": one.after,
                    }
                    for one in some
                ],
            }
            for node, some in preview.neighbours.items()
        ],
        "refused": None if problem is None else {"code": problem.code, "detail": finding_text(problem.findings[0])},
    }
