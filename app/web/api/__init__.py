"""The resources of the API: one module each, listed here and nowhere else."""

from __future__ import annotations

from typing import Final

from app.web.answer.routing import Pages
from app.web.api import (
    actions,
    allocations,
    board,
    calibration,
    changes,
    check_ins,
    cycles,
    decisions,
    documentation,
    events,
    folder_rows,
    health,
    hooks,
    lab,
    live,
    objections,
    pay_runs,
    promotion,
    ratings,
    rejected,
    results,
    scorecards,
    told,
)

__all__ = ["RESOURCES"]

RESOURCES: Final[tuple[Pages, ...]] = (
    events.pages,
    rejected.pages,
    hooks.pages,
    scorecards.pages,
    live.pages,
    decisions.pages,
    changes.pages,
    cycles.pages,
    allocations.pages,
    ratings.pages,
    check_ins.pages,
    actions.pages,
    lab.pages,
    board.pages,
    calibration.pages,
    promotion.pages,
    told.pages,
    results.pages,
    objections.pages,
    pay_runs.pages,
    folder_rows.pages,
    health.pages,
    documentation.pages,
)
