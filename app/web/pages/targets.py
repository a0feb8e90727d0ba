"""Targets: a unit, its people and the units below in one grid by KPI, where a head sets them, and the lines of each KPI with what they add up to.

Do not compare everything with everything: only identical lines are slices of the line above (domain.md 4).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import scoring
from app.decisions import Hand
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.kit.replacing import exact_text
from app.plain.findings import Finding, n_
from app.plain.texts import quoted, trimmed
from app.rules.permissions import Deed, may
from app.rules.presence import cycle_of
from app.rules.targets import NoTarget, figure_of, is_leap, is_target
from app.rules.terms import Node, NodeKind
from app.scoring import GridRows, LatestChange, State, TargetBlock, TargetDone, TargetMove, TargetRow, Targets
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, chosen_unit, first_days
from app.web.wording import words
from app.web.wording.languages import kpi_name
from app.web.wording.typed_numbers import exact_figure, read_number, unconfirmed

pages: Final = Pages("targets")

SET: Final = n_("Targets set: %(count)s. %(changes)s.")
SET_WITH_REASON: Final = n_("Targets set: %(count)s. %(changes)s. Reason: “%(reason)s”")
SET_IN_DRAFTS: Final = n_(
    "Targets set in drafts: %(count)s. %(changes)s. They have no effect before all have signed, and signatures of before do not count for them."
)
NAMED_MOST: Final = 5
"""So many changes are named by the answer."""

CELLS_MOST: Final = 8_000
"""More of them do not go into the body of a form, each with its name, the figure that it was made with and the one that was typed."""

FINDINGS_MOST: Final = 50
"""So many of what is wrong in a grid are named; of the others it is said how many they are."""

NOTE_LEAST: Final = 3
NOTE_MOST: Final = 500

CHANGES_MOST: Final = 50
"""So many changes of a cycle's targets are listed."""

MORE_WRONG: Final = n_("%(count)s more of these targets cannot be saved either: change those that are named first.")
SET_BEFORE: Final = n_("These are the targets already; nothing was recorded twice.")
NO_FIGURE: Final = n_("This number is too long: write at most 15 digits before the decimals and 20 after them.")
EMPTY: Final = n_("A target that is set can be changed but not taken away: write the new one.")
NOTHING_NEW: Final = n_("This is the target already: write another one.")
NOT_ABOVE_0: Final = n_("A target is more than 0: write what is to be reached, such as %(example)s.")
LEAP_ASKED: Final = n_(
    "From %(before)s to %(after)s is more than ten times as much, or less than a tenth: save once more if it is right."
)
SAY_WHY: Final = n_(
    "No reason is given, though the cycle is under way and whoever is measured by it reads it: say why."
)
NOTE_LONG: Final = n_("This is too long: use at most %(max_length)s characters.")
OVERTAKEN: Final = n_(
    "Somebody set this target to %(target)s since you opened the page: look at it again before you go on."
)


class TargetsQuery(ScoreParameters):
    """Which unit, which cycle, and what of the grid."""

    unit: str = ""
    rows: GridRows = GridRows.ALL
    area: str = Field(default="", max_length=200)


class SetForm(BaseModel):
    """The cells of the grid: the figures stand in fields of their own, named by :func:`field_of`."""

    model_config = ConfigDict(frozen=True)

    cycle: int
    cell: list[str] = Field(min_length=1, max_length=CELLS_MOST)
    """Each a KPI and a node, a space between them."""
    back: list[str] = Field(default_factory=list, max_length=CELLS_MOST)
    """The cells that go back to the folder's figure."""


class Cell(NamedTuple):
    """A line of the grid."""

    kpi: str
    node: Node

    def __str__(self) -> str:
        """As the form writes it."""
        return f"{self.kpi} {self.node}"

    def field(self, what: str) -> str:
        """The name of one of its fields."""
        return f"{what}-{self.kpi}-{self.node}"

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Read what the form wrote.

        Raises:
            NotThere: it is no cell.
        """
        kpi, _, code = text.partition(" ")
        node = Node.parse(code)
        if node is None:
            raise NotThere
        return cls(kpi, node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settable:
    """A cell that may be written into.

    Attributes:
        cell: which line it is.
        seen: the figure that the form was made with.
        first: that figure as the page writes numbers.
        value: the present one, written so.
        holds: what holds yet, where the draft has another one.
        folder: the folder's own where another was set.
        goes_back: whether the folder gives a figure that it can go back to.
        last_year: the actual of the cycle before as a target would be typed; empty where it would be none.
        proposal: what is proposed, as it would be typed; empty where nothing is.
    """

    cell: Cell
    seen: str
    first: str
    value: str
    holds: Decimal | None
    folder: Decimal | None
    goes_back: bool
    last_year: str
    proposal: str


@pages.read("/targets", may=Deed.SEE_TARGETS)
def targets(context: RequestContext, query: TargetsQuery) -> Page:
    """The unit's KPIs with all lines of them there."""
    if not query.unit and context.directory.tree.root_on(context.today) is None:
        return Page("pages/targets_none.html")
    node = chosen_unit(context, query.unit, may=Deed.SEE_TARGETS)
    loaded = scoring.state(context.connection)
    shown = scoring.targets(context.connection, loaded=loaded, unit=node.code, asked=asked_of(context, loaded, query))
    # What is set holds from now on: on the page of a day that is past it would not show.
    is_open = query.as_of is None and shown.cycle not in loaded.certified
    sets = context.sees(Deed.SET_TARGETS) if is_open else (lambda _node: False)
    settable = {node for node in {row.node for block in shown.blocks for row in block.rows} if sets(node)}
    grid = scoring.target_grid(shown, rows=query.rows, area=query.area)
    drafted = _drafted(context, loaded, shown.cycle, [row.node for row in grid.rows if row.node in settable])
    proposals = {column.kpi: column.proposals for column in grid.columns}
    cells = {
        (row.node, kpi): _settable(context, kpi, line, drafted, proposals[kpi].get(row.node))
        for row in grid.rows
        for kpi, line in row.lines.items()
        if line.takes_target and row.node in settable
    }
    return Page(
        "pages/targets.html",
        targets=shown,
        areas=loaded.plan(shown.cycle).sheet.definitions.policies.areas,
        grid=grid,
        cells=cells,
        settable=settable,
        why_not={block.kpi: _why_not(block, settable) for block in shown.blocks},
        outlook=loaded.plan(shown.cycle).outlook(query.as_of or context.today),
        has_begun=_has_begun(loaded, shown.cycle, context.today),
        in_drafts=drafted is not None,
        nothing_to_set=_nothing_to_set(shown, settable, me=context.viewer.employee),
        exact=_figure,
        query=query,
        at_place=_at_place(query, shown.cycle, node),
        sees=context.sees(Deed.SEE_TARGETS),
        latest=_latest(context, loaded, shown),
        kpi_name=lambda kpi: kpi_name(loaded.sheet.definitions.kpis, kpi, shown.cycle),
        words=words,
        begins=first_days(loaded),
    )


def _drafted(
    context: RequestContext, loaded: State, cycle: int, nodes: Sequence[Node]
) -> Mapping[tuple[Node, str], Decimal | None] | None:
    """What the drafts of scorecards that are agreed on now have as targets; None where targets hold as they are set. Queries: 4, or none."""
    if cycles.agreed_on(context.connection, loaded, cycle) is None:
        return None
    known = set(loaded.plan(cycle).nodes)
    return cycles.drafted_targets(context.connection, loaded, cycle, [node for node in nodes if node in known])


def _latest(context: RequestContext, loaded: State, shown: Targets) -> tuple[LatestChange, ...] | None:
    """What happened last to the cycle's targets, at the top of the agency for who sees all of them; None elsewhere. Queries: at most 1."""
    if shown.above or not may(context.viewer.roles, Deed.SEE_TARGETS, ()):
        return None
    return scoring.latest_target_changes(
        context.connection, loaded=loaded, cycle=shown.cycle, day=shown.day, limit=CHANGES_MOST
    )


def _at_place(query: TargetsQuery, cycle: int, unit: Node | None) -> dict[str, Any]:
    """The parameters that lead back to what is looked at of the grid."""
    code = unit.code if unit is not None else query.unit or None
    rows = None if query.rows is GridRows.ALL else str(query.rows)
    return {"unit": code, "cycle": cycle, "rows": rows, "area": query.area or None}


@pages.act("/targets", may=Deed.SET_TARGETS, again="targets", fields_max=4 * CELLS_MOST)
def set_targets(context: RequestContext, query: TargetsQuery, form: SetForm) -> Redirect:
    """Set the targets that were changed in the grid: all of them, or none where one cannot be."""
    cells = [Cell.parse(text) for text in dict.fromkeys(form.cell)]
    loaded = scoring.state_to_decide_in(context.connection)
    context.use(loaded.frame.directory)
    for node in dict.fromkeys(cell.node for cell in cells):
        context.require(Deed.SET_TARGETS, node)
    note = trimmed(request.form.get("note", ""))
    moves, wrong = _moves(request.form, cells, back=frozenset(form.back))
    findings = _first(wrong)
    changes_running = _has_begun(loaded, form.cycle, context.today) and any(move.seen is not None for move in moves)
    if changes_running and len(note) < NOTE_LEAST:
        findings.append(at_field("note", "missing", SAY_WHY))
    if len(note) > NOTE_MOST:
        findings.append(at_field("note", "string_too_long", NOTE_LONG, max_length=NOTE_MOST))
    if findings:
        raise Invalid(*findings)
    cycles.refuse_fixed(loaded, form.cycle)
    by, opened = Hand.of(context.viewer, context.now), cycles.agreed_on(context.connection, loaded, form.cycle)
    if opened is not None:
        outcome = cycles.set_draft_targets(context.connection, opened, moves, by=by, note=note)
    else:
        outcome = scoring.set_targets(context.connection, moves, cycle=form.cycle, by=by, note=note)
    if outcome.overtaken:
        raise Conflict(*_first([_overtaken(Cell(one.kpi, one.node), one.target) for one in outcome.overtaken]))
    for one in outcome.done:
        context.note(
            subject=str(one.node),
            before={"cycle": form.cycle, "kpi": one.kpi, "target": exact_text(one.before)},
            after={
                "cycle": form.cycle,
                "kpi": one.kpi,
                "target": exact_text(one.after),
                "decision": one.decision,
            },
            why=note or None,
        )
    place = _at_place(query, form.cycle, None)
    if not outcome.done:
        return Redirect(SET_BEFORE, then="targets", values=place)
    said = {"count": len(outcome.done), "changes": _changes(context, loaded, form.cycle, outcome.done)}
    if opened is not None:
        return Redirect(SET_IN_DRAFTS, then="targets", values=place, parameters=said)
    if not note:
        return Redirect(SET, then="targets", values=place, parameters=said)
    return Redirect(SET_WITH_REASON, then="targets", values=place, parameters=said | {"reason": quoted(note)})


def _first(findings: list[Finding]) -> list[Finding]:
    """What is told of all that is wrong in a grid: the first of it, and how much more there is."""
    more = len(findings) - FINDINGS_MOST
    return findings if more <= 0 else [*findings[:FINDINGS_MOST], at_field("cell", "more", MORE_WRONG, count=more)]


def _changes(context: RequestContext, loaded: State, cycle: int, done: Sequence[TargetDone]) -> str:
    """Whose target of which KPI went from what to what."""
    by_kpi: dict[str, list[str]] = {}
    kpis = loaded.sheet.definitions.kpis
    for one in done[:NAMED_MOST]:
        name = scoring.node_name(context.directory, one.node, context.today)
        by_kpi.setdefault(one.kpi, []).append(f"{name} {_figure(one.before)} → {_figure(one.after)}")
    named = [f"{kpi_name(kpis, kpi, cycle)}: {'; '.join(changes)}" for kpi, changes in by_kpi.items()]
    if len(done) > NAMED_MOST:
        named.append(gettext("and %(more)s more", more=len(done) - NAMED_MOST))
    return "; ".join(named)


def _has_begun(loaded: State, cycle: int, day: dt.date) -> bool:
    return cycle_of(day, loaded.frame.first_month) >= cycle


def _moves(
    typed: Mapping[str, str], cells: Sequence[Cell], *, back: Collection[str]
) -> tuple[list[TargetMove], list[Finding]]:
    """What was changed in the grid, and what is wrong with it. A cell that is as the form came is passed over."""
    moves: list[TargetMove] = []
    findings: list[Finding] = []
    for cell in cells:
        name = cell.field("target")
        text, seen = (typed.get(cell.field(what), "").strip() for what in ("target", "seen"))
        before = figure_of(seen)
        if str(cell) in back:
            moves.append(TargetMove(node=cell.node, kpi=cell.kpi, target=None, seen=before))
            continue
        if not text:
            if seen:
                findings.append(at_field(name, "missing", EMPTY))
            continue
        target = _target(typed, name, text)
        if not isinstance(target, Finding) and target != before:
            target = _doubted(name, before, target, sure=typed.get(cell.field("sure"), "")) or target
        if isinstance(target, Finding):
            findings.append(target)
        elif target != before:
            moves.append(TargetMove(node=cell.node, kpi=cell.kpi, target=target, seen=before))
    if not moves and not findings:
        name = cells[0].field("target")
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


def _overtaken(cell: Cell, target: Decimal | None) -> Finding:
    return at_field(cell.field("target"), "overtaken", OVERTAKEN, target=_figure(target))


def _nothing_to_set(shown: Targets, settable: Collection[Node], *, me: str | None) -> dict[str, int]:
    """Why somebody who sets targets here finds no form, by the key of :data:`app.web.wording.words.NO_TARGETS`, and of how many lines it is so.

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


def _settable(
    context: RequestContext,
    kpi: str,
    row: TargetRow,
    drafted: Mapping[tuple[Node, str], Decimal | None] | None,
    proposal: Decimal | None,
) -> Settable:
    """A cell whose target this person sets, with what a refused form held.

    A figure that was overtaken is held against the present one from now on; the others against those that the form was made with, so that what
    another person set meanwhile is never put back by a cell that nobody touched.
    """
    cell = Cell(kpi, row.node)
    key, is_draft = (row.node, kpi), drafted is not None
    figure = drafted[key] if drafted is not None and key in drafted else row.given
    given = exact_text(figure) or ""
    overtaken = any(finding.code == "overtaken" for finding in context.typed.errors(cell.field("target")))
    seen = given if overtaken else str(context.typed.value(cell.field("seen"), given))
    can_be_target = row.last_year is not None and is_target(row.last_year)
    return Settable(
        cell=cell,
        seen=seen,
        first=exact_figure(seen) if figure_of(seen) is not None else "",
        value="" if figure is None else exact_figure(given),
        holds=None if figure == row.given else row.given,
        folder=row.set_target.folder if row.set_target is not None else None,
        goes_back=not is_draft and row.set_target is not None and row.set_target.folder not in {None, row.given},
        last_year=exact_figure(exact_text(row.last_year) or "0") if can_be_target else "",
        proposal="" if proposal is None or not is_target(proposal) else exact_figure(exact_text(proposal) or "0"),
    )


def _figure(figure: Decimal | None) -> str:
    text = exact_text(figure)
    return "–" if text is None else exact_figure(text)
