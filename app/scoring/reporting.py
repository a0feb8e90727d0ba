"""Figures that are to be reported: each KPI that is given, of each unit and employee, and how it stands by its rhythm.

Do not ask a shared line for a figure: it shows its parent's, and that one is reported of the parent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from app import access, ledger
from app.access import Viewer
from app.ledger import LatestFigure
from app.organisation import Directory
from app.rules.definitions import Translated
from app.rules.permissions import Deed
from app.rules.rhythm import ReportState, report_state, turn_on
from app.rules.terms import CountsFrom, Node, NodeKind
from app.scoring.board import node_name
from app.scoring.planning import State

__all__ = ["ToReport", "figures_to_report", "reports_of"]

_ORDER: Final = {state: place for place, state in enumerate(ReportState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToReport:
    """A KPI of a node that is given.

    Attributes:
        state: how it stands today.
        of: the last day of the period that a figure is due of; None where none has ended, or nothing says when.
        due: by which day it is due, or the first one will be; None without a rhythm.
        latest: the latest figure that is neither reversed nor rejected.
        heads: whose it is to report: the nearest heads above; none where it is hr's.
    """

    node: Node
    name: str
    kpi: str
    kpi_name: Translated
    unit: Translated
    state: ReportState
    of: dt.date | None
    due: dt.date | None
    latest: LatestFigure | None
    heads: tuple[str, ...]

    @property
    def is_owed(self) -> bool:
        """Whether a period has ended of which there is no figure."""
        return self.state in {ReportState.DUE, ReportState.STALE}

    def is_owed_by(self, employee: str | None) -> bool:
        """Whether it waits for somebody who reports it: for its heads, and where there is none for everybody who may."""
        return self.is_owed and self.of is not None and (not self.heads or employee in self.heads)


def reports_of(directory: Directory, *, viewer: Viewer, day: dt.date) -> Callable[[Node], bool]:
    """A test for many nodes: whether a person reports figures of each; nobody does of oneself."""
    sees = access.sees(directory, viewer=viewer, deed=Deed.REPORT_FIGURE, day=day)
    mine = Node(NodeKind.EMPLOYEE, viewer.employee or "")
    return lambda node: node != mine and sees(node)


def figures_to_report(
    connection: Connection, loaded: State, *, cycle: int, day: dt.date, reports: Callable[[Node], bool]
) -> tuple[ToReport, ...]:
    """The KPIs that are given of the nodes that a person reports of, what is owed longest first.

    Args:
        connection: an open transaction.
        loaded: everything that is loaded now.
        cycle: of which cycle.
        day: today.
        reports: whether the person reports figures of a node.

    Queries: 1, or none where no KPI is given.
    """
    plan, directory = loaded.plan(cycle), loaded.frame.directory
    if not loaded.frame.given:
        return ()
    latest = ledger.latest_figures(connection, loaded.frame, cycle=cycle)
    owed: list[ToReport] = []
    for node, lines in plan.lines.items():
        given = [
            line for line in lines if _is_given(plan.worked[line.worked].node == node, line.row.kpi, loaded, cycle)
        ]
        if not given or not reports(node):
            continue
        heads = _heads(loaded, node, day)
        for line in given:
            version = plan.worked[line.worked].version
            turn = None if version.rhythm is None else turn_on(plan.period, version.rhythm, day)
            figure = latest.get((str(node), line.row.kpi))
            waits = version.counts_from is not CountsFrom.ENTERED and figure is not None and figure.state == "entered"
            owed.append(
                ToReport(
                    node=node,
                    name=node_name(directory, node, plan.day_within(day)),
                    kpi=line.row.kpi,
                    kpi_name=version.name,
                    unit=version.unit,
                    state=report_state(turn, day=day, reported=figure.day if figure else None, waits=waits),
                    of=None if turn is None else turn.last,
                    due=None if turn is None else turn.due,
                    latest=figure,
                    heads=heads,
                )
            )
    return tuple(sorted(owed, key=lambda one: (_ORDER[one.state], one.due or dt.date.max, one.name, one.kpi)))


def _is_given(own: bool, kpi: str, loaded: State, cycle: int) -> bool:  # noqa: FBT001 - a condition of the line
    return own and loaded.sheet.kpi(kpi).version(cycle).measure.aggregate == "given"


def _heads(loaded: State, node: Node, day: dt.date) -> tuple[str, ...]:
    directory = loaded.frame.directory
    if node.kind is NodeKind.UNIT:
        return ledger.whose_turn(directory, unit=node.code, sharers=(), day=day)
    return ledger.whose_turn(directory, unit=directory.unit_of(node.code, day), sharers=(node.code,), day=day)
