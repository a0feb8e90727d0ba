"""What was decided about lines of opened cycles, as it is read beside targets and agreements (contract-cycle, 5).

The decisions themselves are the rows: nothing is written when one is agreed to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from app import decisions
from app.decisions import Decision
from app.rules.line_decisions import LINE_DECISIONS, DecidedLine, LineDecision, LineDecisionKind, standing
from app.rules.terms import Node

__all__ = ["LIFT", "LineDecisions", "decided_with", "decisions_of_lines", "line_decision", "read_line_decisions"]

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
    of: dict[int, list[tuple[Mapping[str, Any], LineDecision | None]]] = {}
    for one in some:
        of.setdefault(one.cycle_year, []).append((one.content, None if one.kind == LIFT else _agreed(one)))
    return {cycle: lines for cycle, about in of.items() if (lines := decisions_of_lines(about))}


def decisions_of_lines(some: Sequence[tuple[Mapping[str, Any], LineDecision | None]]) -> LineDecisions:
    """What holds of a cycle's lines by decisions in the order of their approval: each one's content, and what it decides; None where it lifts another."""
    lifted = {int(content["decision"]) for content, one in some if one is None}
    about: dict[tuple[Node, str], list[LineDecision]] = {}
    for content, one in some:
        if one is not None:
            about.setdefault((Node.known(content["node"]), str(content["kpi"])), []).append(one)
    return {line: standing(decided, lifted=lifted) for line, decided in about.items()}


def _agreed(one: Decision) -> LineDecision:
    checker = one.done_by
    return line_decision(
        one.kind, one.content, number=one.id, reason=one.reason, maker=one.maker.person, checker=checker.person
    )


def decided_with(before: LineDecisions, node: Node, kpi: str, decided: DecidedLine) -> LineDecisions:
    """The same with one line's decisions in place of what held of it."""
    return {**before, (node, kpi): decided}
