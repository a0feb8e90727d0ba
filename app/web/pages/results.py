"""What a person came to in a cycle that was certified, to be read in three minutes, with the review beside it; and the list of those whom one reads.

Do not show here what stands elsewhere for all: of the group nobody else is named, and what the lines rest on is a link away.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from math import isnan
from typing import Annotated, Any, Final, NamedTuple

from flask import url_for
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import scoring
from app.cascade import GivenRating
from app.cycle import BoardState, CheckIn, EmployeeResult, SelfAssessment, WantedReview
from app.decisions import Decision
from app.plain.findings import n_
from app.rules.definitions import Translated
from app.rules.grade_marks import GradeMark, Marks, counts_of_marks, marks_of_grade
from app.rules.grade_reasons import grade_reasons
from app.rules.permissions import Deed
from app.rules.standings import published
from app.rules.terms import Node, NodeKind
from app.scoring import LineScore, ScoreQuery
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.cycles import rating
from app.web.decisions import decided
from app.web.files.cycle_files import results_sheet
from app.web.lists.list_order import page_shown
from app.web.results import marking, paying, reviewing
from app.web.results.reviewing import ResultsSeen
from app.web.wording import words
from app.web.wording.group_names import group_namer
from app.web.wording.naming import distinct_name, kpi_namer, node_named, person_named, who_named

pages: Final = Pages("results")

_ROWS: Final = 100
_Text = Annotated[str, Field(max_length=100)]


class ResultsListQuery(BaseModel):
    """What narrows the list, and which page of it."""

    model_config = ConfigDict(frozen=True)

    state: BoardState | None = None
    grade: _Text = ""
    group: _Text = ""
    mark: GradeMark | None = None
    """What was done about the grade."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class ReviewForm(BaseModel):
    """Which result was read, whether one agrees, and what one says of it."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(max_length=64)]
    agrees: bool
    text: Annotated[str, Field(max_length=4000)] = ""


class AnswerForm(BaseModel):
    """What hr answers."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, Field(max_length=4000)] = ""


class ResultRow(NamedTuple):
    """Somebody in the list."""

    result: EmployeeResult
    state: BoardState
    name: str
    unit: str
    waits_for: tuple[str, ...]
    """Who reviews, by name."""
    is_mine: bool
    """Whether who asks is to review them now."""
    marks: Marks
    """What was done about the grade."""


class CostlyLine(NamedTuple):
    """A line of the scorecard, with what it costs of the own score, and what who asks is told of its grades."""

    line: LineScore
    costs: float | None
    name: str
    unit: Translated | None
    """What it is measured in."""
    given: tuple[GivenRating, ...]


@pages.read("/cycles/<int:cycle>/people", may=Deed.SEE_RESULTS)
def listed(context: RequestContext, cycle: int, query: ResultsListQuery) -> Page:
    """Those whom one reads, whoever is still to be reviewed first. Queries: constant."""
    shown, everybody = reviewing.results_listed(context, cycle)
    counts = Counter(shown.state_of(one) for one in everybody)
    marks = _marks(context, cycle, everybody)
    some = _narrowed(shown, everybody, query, marks)
    mine = {one.row.employee for one in shown.results.to_review(context.viewer)}
    some.sort(key=lambda one: (one.row.employee not in mine, one.review is not None or not one.is_graded))
    at = page_shown(some, query.page, size=_ROWS)
    policies = shown.results.plan.sheet.definitions.policies
    parameters = {"cycle": cycle, **query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})}
    return Page(
        "pages/results.html",
        cycle=cycle,
        query=query,
        rows=[_row(context, shown, one, mine, marks) for one in at.rows],
        marked=counts_of_marks(marks[one.row.node] for one in everybody),
        marks=words.GRADE_MARKS,
        narrowed_to=lambda mark: url_for("results.listed", **(parameters | {"mark": mark})),
        counts=[(state, counts[state]) for state in BoardState if counts[state]],
        total=len(everybody),
        matching=len(some),
        shown=at,
        parameters=parameters,
        mine=len(mine),
        graded=sum(one.is_graded for one in everybody),
        is_left_out=any(row.node in shown.own for row in shown.results.proposal.rows),
        states=words.BOARD_STATES,
        grades=sorted({one.row.grade for one in everybody if one.row.grade}),
        groups=sorted({one.row.group for one in everybody if one.row.group}),
        group_name=functools.cache(group_namer(policies)),
        bands=words.RANK_THIRDS,
        published=_published,
        alerts=reviewing.alerts_seen(context, cycle),
        alert_words=words.REVIEW_ALERTS,
        called=lambda code: who_named(context, code),
        reads_all=shown.reads_all,
        exports=context.allowed(Deed.EXPORT),
    )


@pages.act("/cycles/<int:cycle>/people", may=Deed.EXPORT, again="listed", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, cycle: int, query: ResultsListQuery, form: ReasonedExport) -> Download:
    """The rows of the list as a file: all that it is narrowed to, not a page, by number. Queries: constant."""
    with context.read():
        shown, everybody = reviewing.results_listed(context, cycle)
        some = _narrowed(shown, everybody, query, _marks(context, cycle, everybody))

        def unit_of(employee: str) -> str:
            unit = _unit(context, shown, employee)
            return "" if unit is None else node_named(context, unit)

        sheet = results_sheet(context, shown, some, unit_of=unit_of)
    narrowing = query.model_dump(mode="json", exclude_defaults=True, include={"state", "grade", "group", "mark"})
    asked = {"cycle": cycle, "format": form.format, **narrowing}
    return reasoned_file(
        context, form, sheet=sheet, name=f"results-{cycle}", what="people", asked=asked, rows=len(some)
    )


def _marks(context: RequestContext, cycle: int, everybody: Iterable[EmployeeResult]) -> Mapping[Node, Marks]:
    """What was done about each grade. Queries: those of :func:`app.web.results.marking.marks_beside`."""
    of_grades = {one.row.node: marks_of_grade(one.given, is_kept=one.is_held) for one in everybody}
    beside = marking.marks_beside(context, cycle)
    return {node: marks | beside.get(node, frozenset()) for node, marks in of_grades.items()}


def _narrowed(
    shown: ResultsSeen, everybody: Iterable[EmployeeResult], query: ResultsListQuery, marks: Mapping[Node, Marks]
) -> list[EmployeeResult]:
    some = reviewing.narrowed(shown, everybody, state=query.state, grade=query.grade, group=query.group)
    return [one for one in some if query.mark is None or query.mark in marks[one.row.node]]


def _unit(context: RequestContext, shown: ResultsSeen, employee: str) -> Node | None:
    posted = shown.results.plan.posting_of(employee, context.today)
    return None if posted is None else Node(NodeKind.UNIT, posted[0].unit)


def _row(
    context: RequestContext, shown: ResultsSeen, one: EmployeeResult, mine: set[str], marks: Mapping[Node, Marks]
) -> ResultRow:
    number = one.row.employee
    unit = _unit(context, shown, number)
    return ResultRow(
        result=one,
        state=shown.state_of(one),
        name=distinct_name(context, Node(NodeKind.EMPLOYEE, number)),
        unit="" if unit is None else node_named(context, unit),
        waits_for=tuple(who_named(context, who) for who in one.reviewers),
        is_mine=number in mine,
        marks=marks[one.row.node],
    )


@pages.read("/cycles/<int:cycle>/people/<employee>", may=Deed.SEE_RESULTS)
def one(context: RequestContext, cycle: int, employee: str) -> Page:
    """A person's whole result, with the review of who is to sign it. That they have opened it is written the first time. Queries: constant."""
    shown, result = reviewing.result_seen(context, cycle, employee, with_others=True)
    if reviewing.is_first_opening(context, shown, result):
        reviewing.write_opening(context, cycle, result)
    results, node = shown.results_for(employee), Node(NodeKind.EMPLOYEE, employee)
    policies = results.plan.sheet.definitions.policies
    why = grade_reasons(reviewing.proposal_seen(shown, employee), employee, cycle=cycle, policies=policies)
    whole = shown.reads_whole(employee)
    about = reviewing.decisions_about(context, cycle, [employee]).get(employee, ()) if whole else ()
    check_ins, own_view = _year(context, shown, employee)
    unit = _unit(context, shown, employee)
    return Page(
        "pages/result.html",
        cycle=cycle,
        employee=employee,
        node=node,
        name=distinct_name(context, node),
        unit="" if unit is None else node_named(context, unit),
        unit_at=""
        if unit is None or not context.allowed(Deed.SEE_SCORECARD, unit)
        else url_for("scorecard.scorecard", node=unit, cycle=cycle),
        result=result,
        row=result.row,
        why=why,
        way=reviewing.way_of(context, shown, employee),
        blend=policies.blend[why.candidate.job],
        published=_published,
        group_name=group_namer(policies),
        bands=words.RANK_THIRDS,
        state=shown.state_of(result),
        states=words.BOARD_STATES,
        words=words,
        whole=whole,
        lines=_lines(context, shown, node),
        decisions=about,
        said=_said(context, about, node),
        opens=decided.visible_to(context),
        people=context.directory.employees,
        check_ins=check_ins,
        own_view=own_view,
        # Calibrators see scores and grades, and not what they come from.
        sees_figures=whole or context.allowed(Deed.SEE_SCORECARD, node),
        derives=context.allowed(Deed.SEE_DERIVATION, node),
        sees_card=context.allowed(Deed.SEE_SCORECARD, node),
        rater=lambda code: who_named(context, code),
        called=lambda code: person_named(context, code),
        reviewers=[who_named(context, who) for who in result.reviewers],
        signs=results.signs(context.viewer, result),
        answers=results.may_answer(context.viewer, result),
        minimum=policies.review.minimum_text,
        following=_following(context, shown, employee),
        earlier=[one for one in results.signed(employee) if one != result.review] if whole else [],
        lists=reviewing.lists_results(context, cycle),
        has_statement=paying.has_statement(context, cycle, employee),
    )


def _published(value: Any) -> Decimal | None:
    return None if value is None else published(value)


class DecisionSaid(NamedTuple):
    """A decision as whoever reads one person's result is told of it."""

    title: str
    reason: str


def _said(context: RequestContext, about: Sequence[Decision], node: Node) -> Callable[[Decision], DecisionSaid]:
    """What each decision was, and why: of moves of several people this one's alone. Queries: those of :func:`app.web.decisions.decided.titles`."""
    titles = decided.titles(context, about)

    def said(one: Decision) -> DecisionSaid:
        move = next((each for each in one.content.get("moves", ()) if each["node"] == str(node)), None)
        if move is None:
            return DecisionSaid(titles[one.id], one.reason)
        moved = gettext(n_("Grade moved: %(from)s → %(to)s"), **{"from": move["from"], "to": move["to"]})
        return DecisionSaid(moved, move["reason"])

    return said


def _lines(context: RequestContext, shown: ResultsSeen, node: Node) -> list[CostlyLine]:
    """The lines of a scorecard, those first that cost the most; what cannot be measured costs nothing and stands last. Queries: 4 at most."""
    results = shown.results_for(node.code)
    loaded, cycle = results.loaded, results.opened.cycle
    scored = scoring.scores(context.connection, ScoreQuery(cycle, context.today), [node], loaded=loaded)
    (card,) = scoring.make_scorecards(scored, first=1)
    costs = scored.lost[scored.selection.shown_node == 0].tolist()
    given = _given(context, shown, node)
    name = kpi_namer(context)
    kpis = loaded.sheet.definitions_of(cycle).kpis
    lines = [
        CostlyLine(
            line=one,
            costs=None if isnan(lost) else lost,
            name=name(cycle, one.kpi),
            unit=kpis[one.kpi].version(cycle).unit if one.kpi in kpis else None,
            given=given.get(one.kpi, ()),
        )
        for one, lost in zip(card.lines, costs, strict=True)
    ]
    return sorted(lines, key=lambda one: -1.0 if one.costs is None else one.costs, reverse=True)


def _given(context: RequestContext, shown: ResultsSeen, node: Node) -> dict[str, tuple[GivenRating, ...]]:
    """The grades that lines rest on, as far as who asks is told of them: hr and auditors of all, raters of their own. Queries: 2, or none."""
    results = shown.results
    mine, every = cycles.raters_for(context.viewer), rating.sees_all(context)
    rated = cycles.rated_lines_of(context.connection, results.loaded, results.opened, node, day=context.today)
    return {line.kpi: tuple(one for one in line.finals if every or one.rater in mine) for line in rated}


def _year(
    context: RequestContext, shown: ResultsSeen, employee: str
) -> tuple[Sequence[CheckIn], SelfAssessment | None]:
    """What the two spoke of, and the person's own view, for whom that is. Queries: 2, or none."""
    results = shown.results
    cycle = results.opened.cycle
    if not cycles.sees_check_ins(results.plan, context.viewer, employee, day=context.today):
        return (), None
    return cycles.check_ins(context.connection, cycle, [employee]), cycles.self_assessment(
        context.connection, cycle, employee
    )


def _following(context: RequestContext, shown: ResultsSeen, employee: str) -> tuple[str, str, int] | None:
    """Whom who asks is to review next: number, name, and how many there are; None once all are."""
    left = [one.row.employee for one in shown.results.to_review(context.viewer) if one.row.employee != employee]
    if not left:
        return None
    number = next((one for one in left if one > employee), left[0])
    return number, distinct_name(context, Node(NodeKind.EMPLOYEE, number)), len(left)


@pages.act("/cycles/<int:cycle>/people/<employee>", may=Deed.REVIEW, again="one")
def review(context: RequestContext, cycle: int, employee: str, form: ReviewForm) -> Redirect:
    """Sign that one has read the result."""
    wanted = WantedReview(digest=form.digest, agrees=form.agrees, text=form.text)
    reviewing.signed(context, cycle, employee, wanted)
    message = (
        n_("Signed: you have read the result, and agree.")
        if form.agrees
        else n_("Signed: you have read the result, and do not agree; HR has to answer.")
    )
    return Redirect(message, then="results.one", values={"cycle": cycle, "employee": employee})


@pages.act("/cycles/<int:cycle>/people/<employee>/answer", may=Deed.REVIEW, again="one")
def answer(context: RequestContext, cycle: int, employee: str, form: AnswerForm) -> Redirect:
    """Answer, as hr, a review that does not agree."""
    reviewing.answered(context, cycle, employee, form.text)
    return Redirect(n_("Answered."), then="results.one", values={"cycle": cycle, "employee": employee})
