"""A draft of a scorecard that somebody writes in the application, held against what a load would find in its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app import cascade
from app.cascade import LineDocument
from app.intake.cascade_rows import read_card
from app.kit.files import Row
from app.plain.findings import Finding, Level, Place, n_
from app.rules.agreement import HR_FIGURES, LINE_MEMBERS
from app.rules.placement import overlap
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan

__all__ = ["judged_lines"]

_FILE: Final = "draft"

_ONLY_HR: Final = n_("Base value, high, low and coefficient are HR's to write: leave them as they are.")


def judged_lines(
    plan: CyclePlan, node: Node, documents: Sequence[LineDocument], *, before: Sequence[LineDocument], by_hr: bool
) -> tuple[list[dict[str, str | None]], list[Finding]]:
    """The lines in their one form, and what is wrong with them, each at its member (`/lines/3/weight`). No queries.

    Args:
        plan: the cycle's.
        node: whose they are.
        documents: as they were sent: every member a text, or null.
        before: the lines that they come from.
        by_hr: whether somebody of hr writes them.
    """
    directory = plan.frame.directory
    nodes = {
        **{f"unit:{code}": Node(NodeKind.UNIT, code) for code in directory.tree.units},
        **{f"employee:{number}": Node(NodeKind.EMPLOYEE, number) for number in directory.employees},
    }
    rows = [_row(_FILE, place, plan.cycle, node, one) for place, one in enumerate(documents)]
    others = [
        _row("others", place, plan.cycle, above, cascade.line_document(line.row))
        for place, (above, line) in enumerate(
            (above, line) for above in _above(plan, node, documents) for line in plan.lines.get(above, ())
        )
    ]

    def lives_in(one: Node, _cycle: int) -> bool:
        if one.kind is NodeKind.EMPLOYEE:
            return one.code in plan.people
        return any(overlap(row.period, plan.period) for row in directory.tree.rows(one.code))

    lines, findings = read_card(rows, others, definitions=plan.sheet.definitions, nodes=nodes, lives_in=lives_in)
    problems = [_placed(one) for one in findings if one.level is Level.ERROR]
    if not by_hr:
        earlier = {str(one["kpi"]): one for one in before}
        problems += [
            Finding(code="only_hr", message=_ONLY_HR, place=_place(at, name))
            for at, one in enumerate(documents)
            for name in HR_FIGURES
            if one.get(name) != earlier.get(str(one.get("kpi")), {}).get(name)
        ]
    return [cascade.line_document(one) for one in lines], problems


def _row(file: str, place: int, cycle: int, node: Node, document: LineDocument) -> Row:
    cells = {name: document.get(name) or "" for name in LINE_MEMBERS}
    return Row(file, place, {"cycle": str(cycle), "node": str(node), **cells})


def _above(plan: CyclePlan, node: Node, documents: Sequence[LineDocument]) -> list[Node]:
    """The nodes that the lines hang on, and those that these hang on."""
    waiting = [Node.parse(str(one.get("parent_node"))) for one in documents]
    reached: dict[Node, None] = {}
    while waiting:
        one = waiting.pop()
        if one is None or one == node or one in reached:
            continue
        reached[one] = None
        waiting.extend(line.row.parent_node for line in plan.lines.get(one, ()))
    return list(reached)


def _place(at: int, name: str) -> Place:
    return Place(field=f"lines/{at}/{name}", pointer=f"/lines/{at}/{name}")


def _placed(finding: Finding) -> Finding:
    """The same at the member of the document."""
    return replace(finding, place=_place(finding.place.line or 0, finding.place.field or "kpi"))
