"""Calibration: a group as columns by grade, each saying how many to add or take away, and what moves would do before anybody proposes them.

A newcomer's usual mistake: to compute a grade in the browser. What is tried is asked of the page itself, and of the answer a part is shown.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from flask import request, url_for
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app.cycle import CalibrationPreview, CalibrationRefused
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.grade_marks import GradeMark, Marks, counts_of_marks, marks_of_objections, united_marks
from app.rules.moves import WantedMove
from app.rules.objections import ObjectionState
from app.rules.permissions import Deed
from app.rules.rating import RaterSpread, farthest_first
from app.rules.terms import Node, NodeKind
from app.scoring import ScoreQuery
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.cycles import rating
from app.web.decisions import decided, objecting
from app.web.decisions.objecting import GrantedToName
from app.web.results import calibrating, marking, reviewing
from app.web.results.calibrating import CalibrationSeen
from app.web.wording import words
from app.web.wording.group_names import group_namer
from app.web.wording.naming import distinct_name, kpi_namer, person_named

pages: Final = Pages("calibration")

FIELD: Final = "to-"
"""What a field's name begins with that says to which grade somebody is to be moved; the unit or employee follows."""
RATERS_MOST: Final = 20


class CalibrationQuery(BaseModel):
    """Which group, of people or of units."""

    model_config = ConfigDict(frozen=True)

    group: Annotated[str, Field(max_length=100)] = ""
    of: Annotated[str, Field(pattern="^(employees|units)$")] = "employees"
    objection: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    """In answer to which objection somebody moves, who was led here by it."""
    mark: GradeMark | None = None
    """What was done about the grades that are shown."""
    part: bool = False
    """What is tried alone, for the page's script."""

    @property
    def kind(self) -> NodeKind:
        """Of whom."""
        return NodeKind.UNIT if self.of == "units" else NodeKind.EMPLOYEE


class CalibrationForm(BaseModel):
    """The moves, one list each of whose, from which grade, to which and why; why they are made together, and in answer to which objection."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    node: tuple[Annotated[str, Field(max_length=80)], ...] = ()
    from_: Annotated[tuple[Annotated[str, Field(max_length=10)], ...], Field(alias="from")] = ()
    to: tuple[Annotated[str, Field(max_length=10)], ...] = ()
    move_reason: tuple[Annotated[str, Field(max_length=2000)], ...] = ()
    reason: Annotated[str, Field(max_length=2000)] = ""
    objection: Annotated[int | None, Field(ge=1, lt=2**31)] = None

    def content(self) -> dict[str, Any]:
        """As the decision has them."""
        rows = zip(self.node, self.from_, self.to, self.move_reason, strict=False)
        return {"moves": [dict(zip(("node", "from", "to", "reason"), row, strict=True)) for row in rows]}


class LapseForm(BaseModel):
    """The decision whose lapsed moves are let go, and why."""

    model_config = ConfigDict(frozen=True)

    move: Annotated[int, Field(ge=1, le=2**31 - 1)]
    lapse_reason: Annotated[str, Field(max_length=2000)] = ""


class GroupShown(NamedTuple):
    """A group in the list: its figures, and whether who asks opens it."""

    figures: cycles.GroupFigures
    is_own: bool


@pages.read("/cycles/<int:cycle>/calibration", may=Deed.SEE_CYCLES)
def calibration(context: RequestContext, cycle: int, query: CalibrationQuery) -> Page:
    """The groups beside each other; one of them by its grades, with what is tried. Queries: constant."""
    shown = calibrating.calibration_seen(context, cycle, query.kind)
    seen = shown.groups()
    if query.group and (query.group not in seen or calibrating.is_own(context, shown, query.group)):
        raise NotThere
    moves_here = bool(query.group) and calibrating.moves_here(context, shown, query.group)
    grades = {one.grade for one in shown.calibration.policies.grades}
    wanted = cycles.wanted_of(shown.calibration, _tried(query.kind, grades)) if moves_here else []
    preview = calibrating.previewed(context, shown, wanted) if wanted else None
    kept: dict[str, Any] = {"group": query.group, **({"of": query.of} if query.of != "employees" else {})}
    if query.objection:
        kept["objection"] = query.objection
    if query.mark:
        kept["mark"] = query.mark.value
    kept |= {f"{FIELD}{one.node}": one.to for one in wanted}
    objections = (
        objecting.granted_to_name(context, cycle, "calibrate", group=query.group)
        if moves_here and query.kind is NodeKind.EMPLOYEE
        else []
    )
    common: dict[str, Any] = {
        "cycle": cycle,
        "query": query,
        "calibration": shown.calibration,
        "group_name": group_namer(shown.calibration.policies),
        "preview": preview,
        "refused": None if preview is None or preview.problem is None else _refused(context, preview),
        "wanted": wanted,
        "objections": objections,
        "in_answer_to": _in_answer_to(query.objection, objections, wanted),
        "field": FIELD,
        "named": lambda node: distinct_name(context, node),
        "proposing": url_for("calibration.propose", cycle=cycle, **kept),
    }
    if query.part:
        return Page("pages/calibration_tried.html", **common)
    board = _board(context, shown, query.group) if query.group else None
    marks = {} if board is None else _marks(context, shown, board, objections)
    return Page(
        "pages/calibration.html",
        **common,
        groups=[
            GroupShown(one, calibrating.is_own(context, shown, one.group))
            for one in cycles.calibration_groups(shown.calibration)
            if one.group in seen
        ],
        board=board,
        marks=marks,
        marked=counts_of_marks(marks.values()),
        words=words,
        narrowed_to=lambda mark: url_for("calibration.calibration", cycle=cycle, **(kept | {"mark": mark})),
        moves_here=moves_here,
        is_open=shown.is_open,
        kpi_name=functools.partial(kpi_namer(context), cycle),
        raters=_raters(shown)[:RATERS_MOST],
        rater=lambda code: person_named(context, code),
        shows_result=reviewing.shows_result(context, cycle) if query.group else None,
    )


def _in_answer_to(asked: int | None, granted: Sequence[GrantedToName], wanted: Sequence[WantedMove]) -> str:
    """Which granted objection is proposed to be answered: the one that led here, else that of somebody who is moved; none where there are several."""
    if any(one.number == str(asked) for one in granted):
        return str(asked)
    moved = {one.node for one in wanted}
    some = [one.number for one in granted if one.node in moved]
    return some[0] if len(some) == 1 else ""


def _tried(kind: NodeKind, grades: Collection[str]) -> list[tuple[Node, str]]:
    """Whom the address asks to move, and to which grade: one of those that there are."""
    tried = []
    for name, grade in request.args.items():
        node = Node.parse(name.removeprefix(FIELD)) if name.startswith(FIELD) else None
        if node is not None and node.kind is kind and grade in grades:
            tried.append((node, grade))
    return tried[: cycles.MOVES_MOST]


def _board(context: RequestContext, shown: CalibrationSeen, group: str) -> cycles.CalibrationGroup:
    asked = ScoreQuery(shown.calibration.cycle, context.today)
    return cycles.calibration_group(context.connection, shown.loaded, shown.calibration, group, asked=asked)


def _marks(
    context: RequestContext,
    shown: CalibrationSeen,
    board: cycles.CalibrationGroup,
    granted: Sequence[GrantedToName],
) -> Mapping[Node, Marks]:
    """What was done about each grade of a group; who calibrates it knows the granted objections that wait for a move, though not the others.

    Queries: those of :func:`app.web.results.marking.marks_of_proposal`.
    """
    marks = united_marks(
        marking.marks_of_proposal(context, shown.calibration.cycle, shown.calibration.proposal),
        {one.node: marks_of_objections([ObjectionState.GRANTED]) for one in granted},
    )
    nodes = [card.node for column in board.columns for card in column.cards]
    return {node: marks[node] for node in nodes if node in marks}


def _raters(shown: CalibrationSeen) -> list[RaterSpread]:
    """Who rated beside the others on the same lines, the farthest first. No queries."""
    sheet = shown.loaded.plan(shown.calibration.cycle).sheet
    return farthest_first(rating.spreads_of(sheet, shown.calibration.cycle))


def _refused(context: RequestContext, preview: CalibrationPreview) -> CalibrationRefused | None:
    """What is in the way, with people and units by name."""
    if preview.problem is None:
        return None
    return CalibrationRefused(preview.problem, called=lambda node: distinct_name(context, node))


_FIELDS: Final[Mapping[str, str]] = {"node": "node", "from": "from", "to": "to", "reason": "move_reason"}


def _fields(wanted: Sequence[object]) -> dict[str, str]:
    """Where what is wrong with a member of a move stands on the page."""
    return {
        f"content/moves/{place}/{member}": f"{field}-{place}"
        for place, _ in enumerate(wanted)
        for member, field in _FIELDS.items()
    }


@pages.act("/cycles/<int:cycle>/calibration", may=Deed.DECIDE, again="calibration")
def propose(context: RequestContext, cycle: int, form: CalibrationForm) -> Redirect:
    """Propose the moves."""
    content = form.content()
    made = decided.proposed_by_form(
        context,
        cycles.CALIBRATE,
        content,
        form.reason,
        cycle=str(cycle),
        fields=_fields(content["moves"]),
        objection=form.objection,
    )
    return Redirect(
        n_("Proposed: another calibrator of the group has to agree."),
        then="decisions.one",
        values={"number": made.id},
    )


@pages.act("/cycles/<int:cycle>/calibration/lapse", may=Deed.DECIDE, again="calibration")
def let_lapse(context: RequestContext, cycle: int, form: LapseForm) -> Redirect:
    """Propose that lapsed moves are let go."""
    made = decided.proposed_by_form(
        context,
        cycles.LET_LAPSE,
        {"move": form.move},
        form.lapse_reason,
        cycle=str(cycle),
        fields={"reason": "lapse_reason", "content/move": "lapse_reason"},
    )
    return Redirect(
        n_("Proposed: another calibrator of the group has to agree."),
        then="decisions.one",
        values={"number": made.id},
    )
