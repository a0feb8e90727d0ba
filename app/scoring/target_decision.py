"""The kind of decision that sets targets: it takes one person, who may set them, and holds as soon as it is made.

Do not ask for a role here: the table of permissions says whose targets a person sets, on the page as over the API.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from app import cascade
from app.cascade import TARGET_DECISIONS, Line, WantedTarget
from app.decisions import Decision, DecisionKind, Read
from app.kit.refusals import Conflict, Invalid, at_field, unknown_members
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect
from app.rules.permissions import Deed
from app.rules.targets import figure_of, is_target
from app.rules.terms import Node
from app.scoring.planning import State
from app.scoring.states import state
from app.scoring.target_setting import folder_target, hold_to_decide, tell_of_targets, wanted_target

__all__ = ["TARGET", "LineOf", "read_targets"]

LineOf: TypeAlias = Callable[[State, int, Node, str], Line | None]

_MEMBERS: Final = frozenset({"node", "targets"})
_LINE_MEMBERS: Final = frozenset({"kpi", "target", "before"})
_UNKNOWN_MOST: Final = 3
_CYCLE_DIGITS: Final = 4


class TargetSetMeanwhile(Conflict):
    """The target is not the one that its maker saw."""

    code = "overtaken"
    message = n_("Somebody has set one of these targets since you looked: look at it again before you go on.")


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, _today: dt.date) -> Read:
    return read_targets(connection, content, cycle, _line_that_holds)


def _line_that_holds(loaded: State, cycle: int, node: Node, kpi: str) -> Line | None:
    return loaded.sheet.line(cycle, node, kpi)


def read_targets(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, line_of: LineOf, *, is_draft: bool = False
) -> Read:
    """``{"node", "targets": [{"kpi", "target", "before"}]}``.

    A target is a decimal text, or null for the folder's again; ``before`` is the one that its maker saw, and may be left out.

    Args:
        connection: any transaction.
        content: as it was sent.
        cycle: that it is about.
        line_of: the line of a cycle, node and KPI that it is held against.
        is_draft: whether it is the line of a draft.

    Raises:
        Invalid: what is wanted cannot be.
        Conflict: a target is not the one that its maker saw.
    """
    problems = list(_shape_problems(content, cycle))
    if problems:
        raise Invalid(*problems)
    loaded, node = state(connection), Node.known(content["node"])
    wanted: list[WantedTarget] = []
    for place, one in enumerate(content["targets"]):
        field = f"content/targets/{place}"
        line = line_of(loaded, int(str(cycle)), node, one["kpi"])
        judged = _judged(loaded, line, one, field)
        if isinstance(judged, Finding):
            problems.append(judged)
        else:
            wanted.append(judged)
    if problems:
        raise Invalid(*problems)
    for one, move in zip(content["targets"], wanted, strict=True):
        seen = one.get("before")
        if "before" in one and move.before != (None if seen is None else figure_of(seen)):
            raise TargetSetMeanwhile
    return Read(cascade.target_content(node, wanted, is_draft=is_draft), frozenset({node}))


def _shape_problems(content: Mapping[str, Any], cycle: str | None) -> Iterator[Finding]:
    """What is wrong with a content before anything is looked up."""
    if cycle is None or len(cycle) != _CYCLE_DIGITS or not (cycle.isascii() and cycle.isdecimal()):
        yield at_field("cycle", "no_cycle", n_("Targets are of a cycle: write its year, such as 2026."))
    yield from unknown_members(content, _MEMBERS, most=_UNKNOWN_MOST)
    node = content.get("node")
    if not isinstance(node, str) or Node.parse(node) is None:
        message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
        yield at_field("content/node", "unknown_node", message, value=quoted(str(node)))
    targets = content.get("targets")
    if not isinstance(targets, list) or not targets or not all(isinstance(one, Mapping) for one in targets):
        message = n_("These are no targets: write a list, each with its KPI and its target.")
        yield at_field("content/targets", "no_targets", message)
        return
    kpis: set[str] = set()
    for place, one in enumerate(targets):
        field = f"content/targets/{place}"
        yield from unknown_members(one, _LINE_MEMBERS, field=field, most=_UNKNOWN_MOST)
        kpi = one.get("kpi")
        if not isinstance(kpi, str) or kpi in kpis:
            yield at_field(f"{field}/kpi", "kpi_twice", n_("A KPI is named twice, or not at all: name each once."))
        else:
            kpis.add(kpi)
        for name in ("target", "before"):
            figure = one.get(name)
            if figure is not None and (not isinstance(figure, str) or figure_of(figure) is None):
                message = n_("This is no figure: write it as a text of digits, such as 12.5.")
                yield at_field(f"{field}/{name}", "no_figure", message)
        if "target" not in one:
            yield at_field(
                f"{field}/target", "no_figure", n_("No target is given: write one, or null for the folder's again.")
            )


def _judged(loaded: State, line: Line | None, one: Mapping[str, Any], field: str) -> WantedTarget | Finding:
    """What is to be set on a line, or why it cannot be."""
    if line is None:
        message = n_("The scorecard has no line of KPI “%(value)s” in this cycle: name one that it has.")
        return at_field(f"{field}/kpi", "no_line", message, value=quoted(one["kpi"]))
    if not loaded.sheet.takes_target(line):
        message = n_("The line of KPI “%(value)s” takes no target of its own: leave it out.")
        return at_field(f"{field}/kpi", "takes_no_target", message, value=quoted(one["kpi"]))
    target = folder_target(line) if one["target"] is None else Decimal(one["target"])
    if target is None:
        message = n_("The folder gives this line no target to go back to: write one.")
        return at_field(f"{field}/target", "no_folder_target", message)
    if one["target"] is not None and not is_target(target):
        return at_field(f"{field}/target", "not_above_0", n_("A target is more than 0: write what is to be reached."))
    if target == line.target:
        return at_field(f"{field}/target", "same_target", n_("This is the target already: write another one."))
    return wanted_target(line, target)


def _no_effects(
    _connection: Connection, _content: Mapping[str, Any], _cycle: str | None, _today: dt.date
) -> Iterable[DecisionEffect]:
    """Nobody has to agree to them, and they would be figured out while whoever types waits: the scorecards show them at once."""
    return ()


def _apply(connection: Connection, decision: Decision) -> None:
    cycle = decision.cycle_year
    wanted = cascade.targets_of(cycle, decision.content)
    tell_of_targets(connection, state(connection), wanted, cycle=cycle, at=decision.maker.at)
    cascade.announce_targets(connection, wanted, by=decision.maker)


TARGET: Final = DecisionKind(
    code=TARGET_DECISIONS,
    makers=frozenset(),
    checkers=frozenset(),
    seen_by=frozenset(),
    read=_read,
    effects=_no_effects,
    apply=_apply,
    one_suffices=lambda _connection, _content, _today: True,
    hold=hold_to_decide,
    deed=Deed.SET_TARGETS,
    of_cycle=True,
)
"""Targets of a unit or an employee: set by who may set them, alone."""
