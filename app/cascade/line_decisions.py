"""What was decided about lines of opened cycles, as it is read beside targets and agreements (contract-cycle, 5).

The decisions themselves are the rows: nothing is written when one is agreed to.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from app import decisions
from app.decisions import Decision
from app.rules.line_decisions import LINE_DECISIONS, DecidedLine, LineDecision, LineDecisionKind, standing
from app.rules.terms import Node

__all__ = ["LIFT", "LineDecisions", "decided_with", "line_decision", "read_line_decisions"]

LIFT: Final = "lift"
"""The kind of decision that ends one about a line."""

LineDecisions: TypeAlias = Mapping[tuple[Node, str], DecidedLine]
"""What holds of one cycle's lines, by node and KPI; a line about which all was lifted is there with nothing."""


def line_decision(
    kind: str, content: Mapping[str, Any], *, number: int = 0, reason: str = "", maker: str = "", checker: str = ""
) -> LineDecision:
    """A decision about a line, of the content that was proposed; who and why only where it was agreed to."""
    value = content.get("value")
    return LineDecision(
        id=number,
        kind=LineDecisionKind(kind),
        cause=content.get("cause"),
        reason=reason,
        maker=maker,
        checker=checker,
        member=content.get("member"),
        value=None if value is None else Decimal(value),
        year=content.get("year"),
    )


def read_line_decisions(connection: Connection, *, before: int | None = None) -> dict[int, LineDecisions]:
    """What holds of every cycle about a line of which anything was ever decided; of decisions with smaller numbers than ``before`` alone.

    Queries: 2, 1 where nothing was.
    """
    some = decisions.latest_approved(connection, *LINE_DECISIONS, LIFT)
    if before is not None:
        some = [one for one in some if one.id < before]
    lifted = {int(one.content["decision"]) for one in some if one.kind == LIFT}
    of: dict[int, dict[tuple[Node, str], list[LineDecision]]] = {}
    for one in some:
        if one.kind != LIFT:
            line = Node.known(one.content["node"]), str(one.content["kpi"])
            of.setdefault(one.cycle_year, {}).setdefault(line, []).append(_agreed(one))
    return {
        cycle: {line: standing(about, lifted=lifted) for line, about in lines.items()} for cycle, lines in of.items()
    }


def _agreed(one: Decision) -> LineDecision:
    checker = one.ended or one.maker
    return line_decision(
        one.kind, one.content, number=one.id, reason=one.reason, maker=one.maker.person, checker=checker.person
    )


def decided_with(before: LineDecisions, node: Node, kpi: str, decided: DecidedLine) -> LineDecisions:
    """The same with one line's decisions in place of what held of it."""
    return {**before, (node, kpi): decided}
