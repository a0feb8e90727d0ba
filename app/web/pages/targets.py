"""Targets: the lines of a unit, its people and the units below, KPI by KPI, and whether what should add up does. A head sets them there.

Do not compare everything with everything: only identical lines are slices of the line above (domain.md 4).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import scoring
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.kit.replacing import exact_text
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed, may
from app.rules.presence import cycle_of
from app.rules.targets import NoTarget, figure_of, is_leap, is_target
from app.rules.terms import Node, NodeKind
from app.scoring import LatestChange, State, TargetBlock, TargetMove, Targets
from app.web import words
from app.web.asking import ScoreParameters, asked_of, chosen_unit, first_days
from app.web.languages import page_language
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.typed_numbers import exact_figure, read_number, unconfirmed

pages: Final = Pages("targets")

SET: Final = n_("Targets set: %(count)s. %(kpi)s: %(changes)s.")
NAMED_MOST: Final = 5
"""So many changes are named by the answer."""

CHANGES_MOST: Final = 50
"""So many changes of a cycle's targets are listed."""

SET_BEFORE: Final = n_("These are the targets already; nothing was recorded twice.")
NO_FIGURE: Final = n_("Write a number of at most 15 digits before the decimals and 20 after them.")
EMPTY: Final = n_("Write the target. Once set it can be changed, not taken away.")
NOTHING_NEW: Final = n_("This is the target already. Write another one.")
NOT_ABOVE_0: Final = n_("A target is more than 0. Write what is to be reached, such as %(example)s.")
LEAP_ASKED: Final = n_(
    "From %(before)s to %(after)s: that is more than ten times as much, or less than a tenth. Save once more if it is right."
)
SAY_WHY: Final = n_("Say why: the cycle is under way, and whoever is measured by it reads it.")
NOTE_LONG: Final = n_("Use at most %(max_length)s characters.")
OVERTAKEN: Final = n_("Somebody set this target to %(target)s since you opened the page. Look again before you go on.")


class TargetsQuery(ScoreParameters):
    """Which unit, and which cycle."""

    unit: str = ""
    saved: str = ""
    """The KPI whose targets were set just now: the answer stands there."""


class SetForm(BaseModel):
    """Whose targets of which KPI: the figures stand in fields of their own, named by :func:`field_of`."""

    model_config = ConfigDict(frozen=True)

    cycle: int
    kpi: str = Field(max_length=40)
    node: list[str] = Field(min_length=1, max_length=5000)
    back: list[str] = Field(default_factory=list, max_length=5000)
    """Whose lines go back to the folder's figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settable:
    """A line in the form: its fields' names, the figure that the form was made with, and the folder's own where another was set."""

    node: Node
    name: str
    field: str
    seen_field: str
    sure_field: str
    seen: str
    value: str
    folder: str | None
    goes_back: bool
    """Whether the folder gives a figure that it can go back to."""


def field_of(what: str, kpi: str, node: str = "") -> str:
    """The name of a form's field; no two of the page's are alike."""
    return f"{what}-{kpi}-{node}" if node else f"{what}-{kpi}"


@pages.read("/targets", may=Deed.SEE_TARGETS)
def targets(context: RequestContext, query: TargetsQuery) -> Page:
    """The unit's KPIs with all lines of them there."""
    node = chosen_unit(context, query.unit, may=Deed.SEE_TARGETS)
    loaded = scoring.state(context.connection)
    shown = scoring.targets(
        context.connection, loaded=loaded, unit=node.code, asked=asked_of(loaded, query, context.today)
    )
    # What is set holds from now on: on the page of a day that is past it would not show.
    sets = context.sees(Deed.SET_TARGETS) if query.as_of is None else (lambda _node: False)
    settable = {node for node in {row.node for block in shown.blocks for row in block.rows} if sets(node)}
    return Page(
        "pages/targets.html",
        targets=shown,
        forms={block.kpi: _form(context, block, settable) for block in shown.blocks},
        why_not={block.kpi: _why_not(block, settable) for block in shown.blocks},
        outlook=loaded.plan(shown.cycle).outlook(query.as_of or context.today),
        has_begun=_has_begun(loaded, shown.cycle, context.today),
        nothing_to_set=_nothing_to_set(shown, settable, me=context.viewer.employee),
        field_of=field_of,
        query=query,
        sees=context.sees(Deed.SEE_TARGETS),
        latest=_latest(context, loaded, shown),
        kpi_name=lambda kpi: _kpi_name(loaded, kpi, shown.cycle),
        words=words,
        begins=first_days(loaded),
    )


def _latest(context: RequestContext, loaded: State, shown: Targets) -> tuple[LatestChange, ...] | None:
    """What happened last to the cycle's targets, at the top of the agency for who sees all of them; None elsewhere. Queries: at most 1."""
    if shown.above or not may(context.viewer.roles, Deed.SEE_TARGETS, ()):
        return None
    return scoring.latest_target_changes(
        context.connection, loaded=loaded, cycle=shown.cycle, day=shown.day, limit=CHANGES_MOST
    )


def _kpi_name(loaded: State, kpi: str, cycle: int) -> str:
    """A KPI's name; the code of one that the definitions have no more."""
    kpis = loaded.sheet.definitions.kpis
    return kpis[kpi].version(cycle).name.in_language(page_language()) if kpi in kpis else kpi


@pages.act("/targets", may=Deed.SET_TARGETS, again="targets")
def set_targets(context: RequestContext, query: TargetsQuery, form: SetForm) -> Redirect:
    """Set the targets that were changed in the form of a KPI: all of them, or none where one cannot be."""
    nodes = [_node(text) for text in dict.fromkeys(form.node)]
    for node in nodes:
        context.require(Deed.SET_TARGETS, node)
    note = request.form.get(field_of("note", form.kpi), "").strip()
    loaded = scoring.state(context.connection)
    moves, findings = _moves(request.form, form.kpi, nodes, back=frozenset(form.back))
    changes_running = _has_begun(loaded, form.cycle, context.today) and any(move.seen is not None for move in moves)
    if changes_running and len(note) < 3:
        findings.append(at_field(field_of("note", form.kpi), "missing", SAY_WHY))
    if len(note) > 500:
        findings.append(at_field(field_of("note", form.kpi), "string_too_long", NOTE_LONG, max_length=500))
    if findings:
        raise Invalid(*findings)
    outcome = scoring.set_targets(
        context.connection,
        moves,
        cycle=form.cycle,
        kpi=form.kpi,
        by=context.label,
        employee=context.viewer.employee,
        at=context.now,
        note=note or None,
    )
    if outcome.overtaken:
        raise Conflict(*(_overtaken(form.kpi, node, target) for node, target in outcome.overtaken))
    for node, before, after in outcome.done:
        context.note(
            subject=str(node),
            before={"cycle": form.cycle, "kpi": form.kpi, "target": exact_text(before)},
            after={"cycle": form.cycle, "kpi": form.kpi, "target": exact_text(after)},
            why=note or None,
        )
    place = {"unit": query.unit or None, "cycle": form.cycle, "saved": form.kpi, "_anchor": f"said-{form.kpi}"}
    if not outcome.done:
        return Redirect(SET_BEFORE, then="targets", values=place)
    said = {
        "count": len(outcome.done),
        "kpi": loaded.sheet.kpi(form.kpi).version(form.cycle).name.in_language(page_language()),
        "changes": _changes(context, outcome.done),
    }
    return Redirect(SET, then="targets", values=place, parameters=said)


def _changes(context: RequestContext, done: Sequence[tuple[Node, Decimal | None, Decimal]]) -> str:
    """Whose target went from what to what."""
    named = [
        f"{scoring.node_name(context.directory, node, context.today)} {_figure(before)} → {_figure(after)}"
        for node, before, after in done[:NAMED_MOST]
    ]
    if len(done) > NAMED_MOST:
        named.append(gettext("and %(more)s more", more=len(done) - NAMED_MOST))
    return "; ".join(named)


def _has_begun(loaded: State, cycle: int, day: dt.date) -> bool:
    return cycle_of(day, loaded.frame.first_month) >= cycle


def _node(text: str) -> Node:
    node = Node.parse(text)
    if node is None:
        raise NotThere
    return node


def _moves(
    typed: Mapping[str, str], kpi: str, nodes: list[Node], *, back: Collection[str]
) -> tuple[list[TargetMove], list[Finding]]:
    """What was changed in the form, and what is wrong with it. A field that is as the form came is passed over."""
    moves: list[TargetMove] = []
    findings: list[Finding] = []
    for node in nodes:
        name = field_of("target", kpi, str(node))
        text, seen = (typed.get(one, "").strip() for one in (name, field_of("seen", kpi, str(node))))
        before = figure_of(seen)
        if str(node) in back:
            moves.append(TargetMove(node=node, target=None, seen=before))
            continue
        if not text:
            if seen:
                findings.append(at_field(name, "missing", EMPTY))
            continue
        target = _target(typed, name, text)
        if not isinstance(target, Finding) and target != before:
            sure = typed.get(field_of("sure", kpi, str(node)), "")
            target = _doubted(name, before, target, sure=sure) or target
        if isinstance(target, Finding):
            findings.append(target)
        elif target != before:
            moves.append(TargetMove(node=node, target=target, seen=before))
    if not moves and not findings:
        name = field_of("target", kpi, str(nodes[0]))
        is_empty = not typed.get(name, "").strip()
        findings.append(at_field(name, "missing", EMPTY) if is_empty else at_field(name, "unchanged", NOTHING_NEW))
    return moves, findings


def _target(typed: Mapping[str, str], name: str, text: str) -> Decimal | Finding:
    """The target that was typed, by the page's separators; what is wrong with it, or asked of it, at its field."""
    number = read_number(text, field=name)
    if isinstance(number, Finding):
        return number
    if figure_of(f"{number:f}") is None:
        return at_field(name, "not_a_number", NO_FIGURE)
    confirmed, has_script = typed.get(f"{name}_read", ""), not typed.get("without_script")
    return unconfirmed(text, number, field=name, confirmed=confirmed, has_script=has_script) or number


def _doubted(name: str, before: Decimal | None, target: Decimal, *, sure: str) -> Finding | None:
    """What no line can be held against is refused; what is far from the target before is asked about once."""
    if not is_target(target):
        return at_field(name, "not_above_0", NOT_ABOVE_0, example=_figure(before or Decimal(100)))
    digits = f"{target:f}"
    if not is_leap(before, target) or sure == digits:
        return None
    return at_field(name, "leap", LEAP_ASKED, before=_figure(before), after=_figure(target), digits=digits)


def _overtaken(kpi: str, node: Node, target: Decimal | None) -> Finding:
    return at_field(field_of("target", kpi, str(node)), "overtaken", OVERTAKEN, target=_figure(target))


def _nothing_to_set(shown: Targets, settable: Collection[Node], *, me: str | None) -> dict[str, int]:
    """Why somebody who sets targets here finds no form, by the key of :data:`app.web.words.NO_TARGETS`, and of how many lines it is so.

    Empty where there is a form, and for whoever sets no targets here.
    """
    rows = [row for block in shown.blocks for row in block.rows]
    mine = [row for row in rows if row.node in settable]
    if not mine or any(row.takes_target for row in mine):
        return {}
    why = Counter(row.no_target for row in mine)
    reasons = {str(reason): why[reason] for reason in NoTarget if why[reason]}
    own = sum(row.takes_target for row in rows if row.node == Node(NodeKind.EMPLOYEE, me or ""))
    return reasons | ({"from_above": own} if own else {})


def _why_not(block: TargetBlock, settable: Collection[Node]) -> dict[str, int]:
    """Why lines of a KPI whose targets this person sets take none, and of how many it is so."""
    why = Counter(row.no_target for row in block.rows if row.node in settable and row.no_target is not None)
    return {str(reason): why[reason] for reason in NoTarget if why[reason]}


def _form(context: RequestContext, block: TargetBlock, nodes: Collection[Node]) -> list[Settable]:
    """The lines of a block whose targets this person sets, with what a refused form held.

    A figure that was overtaken is held against the present one from now on; the others against those that the form was made with, so that what
    another person set meanwhile is never put back by a field that nobody touched.
    """
    settables: list[Settable] = []
    for row in block.rows:
        if row.node not in nodes or not row.takes_target:
            continue
        name, seen_name = (field_of(what, block.kpi, str(row.node)) for what in ("target", "seen"))
        given = exact_text(row.given) or ""
        overtaken = any(finding.code == "overtaken" for finding in context.typed.errors(name))
        settables.append(
            Settable(
                node=row.node,
                name=row.name,
                field=name,
                seen_field=seen_name,
                sure_field=field_of("sure", block.kpi, str(row.node)),
                seen=given if overtaken else str(context.typed.value(seen_name, given)),
                value="" if row.given is None else exact_figure(given),
                folder=_figure(row.set_target.folder) if row.set_target is not None else None,
                goes_back=row.set_target is not None and row.set_target.folder not in {None, row.given},
            )
        )
    return settables


def _figure(figure: Decimal | None) -> str:
    text = exact_text(figure)
    return "–" if text is None else exact_figure(text)
