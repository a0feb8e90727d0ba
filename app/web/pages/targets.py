"""Targets: the lines of a unit, its people and the units below, KPI by KPI, and whether what should add up does.

A newcomer's usual mistake is to compare everything with everything: only identical lines are slices of the line above (domain.md 4).
"""

from __future__ import annotations

from typing import Final

from app import access, scoring
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.web import words
from app.web.asking import ScoreQuery, asked_of, chosen_unit
from app.web.desk import Desk
from app.web.rendering import Page
from app.web.routing import Pages

pages: Final = Pages("targets")


class TargetsQuery(ScoreQuery):
    """Which unit, and which cycle."""

    unit: str = ""


@pages.read("/targets", may=Deed.SEE_TARGETS)
def targets(desk: Desk, query: TargetsQuery) -> Page:
    """The unit's KPIs with all lines of them there."""
    node = chosen_unit(desk, query.unit)
    desk.require(Deed.SEE_TARGETS, node)
    if not access.exists(desk.directory, node):
        raise NotThere
    held = scoring.state(desk.connection)
    shown = scoring.targets(desk.connection, held=held, unit=node.code, asked=asked_of(held, query, desk.today))
    return Page(
        "pages/targets.html",
        targets=shown,
        query=query,
        sees=desk.sees(Deed.SEE_TARGETS),
        words=words,
    )
