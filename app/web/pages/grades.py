"""The proposal of grades: groups, seats and how they came to be, ranks, grades, pay and promotion points.

Do not take it for a decision: the system proposes, and names the rules that a proposal breaks; people lock.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeAlias

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle, paying
from app.cycle import GradeGroup, GradeGroups, Proposed
from app.exports import (
    ExportSheet,
    NamedEmployeeGrade,
    NamedUnitGrade,
    employee_grades_export,
    unit_grades_export,
)
from app.kit.kept import LruCache
from app.kit.refusals import NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.grade_counts import given_counts, given_otherwise, seat_steps
from app.rules.grade_marks import GradeMark, Marks, counts_of_marks
from app.rules.grade_reasons import beyond_seats, grade_reasons
from app.rules.grade_spread import NEAR, GradesSpread, grades_spread
from app.rules.grades_narrowed import own_group, proposal_of_groups, without_employee
from app.rules.grading import EmployeeGrade, EmployeeProposal, UnitGrade, UnitProposal, standing_grade
from app.rules.names import person_meant
from app.rules.pay import PaySum, coarse_sums, pay_sums
from app.rules.permissions import Deed, may
from app.rules.standings import Score, published
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, State, node_name
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, Page, SeeOther
from app.web.answer.routing import Pages
from app.web.asked.grades_seen import GradesSeen, grades_seen, latest_cycle_of_functions
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.cycles import deciding
from app.web.decisions.asking import ScoreParameters, asked_by, cycle_seen, state_asked
from app.web.files.file_rules import with_rules
from app.web.lists.groups import ListGroup, shown
from app.web.lists.list_order import Order, by_words, in_order, page_shown
from app.web.lists.list_views import ListViews, listed, without_present_cycle
from app.web.results import marking
from app.web.results.grade_ways import grade_way
from app.web.wording import words
from app.web.wording.file_words import file_words
from app.web.wording.group_names import group_namer
from app.web.wording.kept import CachedPart, Rendered, drawn
from app.web.wording.languages import named, page_language
from app.web.wording.naming import distinct_name
from app.web.wording.typed_numbers import exact_figure, read_number

pages: Final = Pages("grades")

PAGE_ROWS: Final = 100
NEAR_ROWS: Final = 100
"""So many near misses are listed."""
NEAR_MOST: Final = 20
"""Points; more is nowhere near."""
NEAR_RANGE: Final = n_("This distance cannot be shown: write one from 0 to %(most)s points.")
Text = Annotated[str, Field(max_length=100)]
_DRAWN: Final[LruCache[Rendered[Any]]] = drawn(64, bytes_max=8_000_000)
Row: TypeAlias = EmployeeGrade | UnitGrade

GROUPED_BY: Final = {"group": n_("Group"), "grade": n_("Grade")}

RULES: Final = {
    "top_share_min": n_("The top grade has at least its share of the whole agency"),
    "lowest_two_share_min": n_("The lowest two grades have their share of the whole agency"),
    "single_share_max": n_("No grade has more than the largest share allowed"),
}


class GradesQuery(BaseModel):
    """Whose proposal, and which part of it."""

    model_config = ConfigDict(frozen=True)

    cycle: int | None = None
    of: Literal["employees", "units"] = "employees"
    group: Text = ""
    grade: Text = ""
    mark: GradeMark | None = None
    """What was done about the grade."""
    text: Text = ""
    find: Text = ""
    """Somebody who is looked up: where one alone is meant, their own page opens."""
    by: Literal["", "group", "grade"] = ""
    """What the list is grouped by."""
    near: Text = ""
    """How many points below a cut-off are near, as the page's language writes numbers."""
    sort: Literal["rank", "name", "score", "days", "pay", "points"] = "rank"
    """By ``rank``: group by group, each from its first to those without a rank."""
    order: Order = "up"
    live: bool = False
    """Of a cycle that was certified: what would be if it had not been."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


def _cycle(context: RequestContext, query: GradesQuery) -> tuple[State, int]:
    asked = ScoreParameters(cycle=query.cycle, live=query.live)
    loaded = state_asked(context.connection, asked)
    return loaded, asked_by(context, loaded, asked).cycle


def _proposed(
    context: RequestContext, loaded: State, query: GradesQuery, of_cycle: int
) -> Proposed[EmployeeProposal] | Proposed[UnitProposal]:
    if query.of == "units":
        return cycle.propose_unit_grades(context.connection, cycle=of_cycle, today=context.today, loaded=loaded)
    return _employees_proposed(context, loaded, of_cycle)


def _employees_proposed(context: RequestContext, loaded: State, of_cycle: int) -> Proposed[EmployeeProposal]:
    """Everybody's grade, with what the last pay run pays them where there is one."""
    connection = context.connection
    proposed = cycle.propose_employee_grades(connection, cycle=of_cycle, today=context.today, loaded=loaded)
    return cycle.grades_as_paid(connection, proposed, loaded=loaded, cycle=of_cycle)


def _of_own_functions(context: RequestContext, query: GradesQuery) -> GradesQuery:
    """Without a choice, whoever sees grades by a function alone is shown the cycle that it is of."""
    if query.cycle is not None or may(context.viewer.roles, Deed.SEE_GRADE, ()):
        return query
    return query.model_copy(update={"cycle": latest_cycle_of_functions(context)})


def _list_seen(context: RequestContext, query: GradesQuery, of_cycle: int) -> GradesSeen:
    """What who asks sees of the list.

    Raises:
        NotThere: none of it is theirs, or not what it is to be sorted by.
    """
    seen = grades_seen(context, of_cycle)
    if not seen.lists or (query.sort == "pay" and not seen.pays):
        raise NotThere
    return seen


def _as_seen(
    proposed: Proposed[EmployeeProposal] | Proposed[UnitProposal], seen: GradesSeen
) -> tuple[Hashable, EmployeeProposal | UnitProposal, str | None]:
    """What of a proposal is for whoever asks, the token that it hangs on, and their own group where nobody has told them of themself: nothing is counted of it."""
    token, proposal = proposed
    if isinstance(proposal, UnitProposal):
        if not seen.groups:
            return token, proposal, None
        return (token, seen.groups), proposal_of_groups(proposal, seen.groups), None
    if seen.groups:
        token, proposal = (token, seen.groups), proposal_of_groups(proposal, seen.groups)
    hidden = _own_group(proposal, seen)
    if seen.hides_own and seen.own is not None:
        token, proposal = (token, seen.own), without_employee(proposal, seen.own)
    return token, proposal, hidden


def _own_group(proposal: EmployeeProposal | UnitProposal, seen: GradesSeen) -> str | None:
    """The group of whoever asks, where nobody has told them of their grade yet."""
    if isinstance(proposal, UnitProposal) or not seen.hides_own or seen.own is None:
        return None
    return own_group(proposal, seen.own)


def _namer(context: RequestContext, query: GradesQuery) -> Callable[[str], str]:
    """What writes a code as the name that the agency has for it."""
    kind = NodeKind.UNIT if query.of == "units" else NodeKind.EMPLOYEE
    return lambda code: node_name(context.directory, Node(kind, code), context.today)


def _is_meant(text: str, name: str, code: str) -> bool:
    """Whether a searched text means a person or unit, by the name as the file has it or as the reader sees it."""
    return any(person_meant(text, name=one, number=code) for one in {name, str(named(name))})


_NARROWED: Final[LruCache[list[Row]]] = LruCache(24)
"""To narrow and sort everyone anew is a seventh of a look at the list, and half of one that is searched."""


def _narrowed(
    query: GradesQuery,
    rows: Iterable[Row],
    name_of: Callable[[str], str],
    marks: Mapping[Node, Marks] = MappingProxyType({}),
) -> list[Row]:
    """The rows that were asked for, in their order: those of the page and of its file."""
    chosen = [
        row
        for row in rows
        if (not query.group or row.group == query.group)
        and (not query.grade or (row.grade or "-") == query.grade)
        and (query.mark is None or query.mark in marks.get(row.node, ()))
        and (not query.text.strip() or _is_meant(query.text, name_of(row.node.code), row.node.code))
    ]
    # A proposal's rows come by their codes, and equals stay as they come.
    chosen.sort(key=lambda row: (row.rank is None, row.group or "", row.rank or 0))

    def name(row: Row) -> str:
        return str(named(name_of(row.node.code)))

    return in_order(chosen, _FIGURES.get(query.sort, by_words(name)), order=query.order)


def _kept_narrowed(
    context: RequestContext,
    query: GradesQuery,
    token: Hashable,
    proposal: EmployeeProposal | UnitProposal,
    marks: Mapping[Node, Marks],
) -> tuple[Hashable, list[Row]]:
    """The rows that were asked for, and all that they hang on."""
    marked = tuple(sorted((str(node), *sorted(some)) for node, some in marks.items()))
    only = (query.group, query.grade, query.mark, query.text, query.sort, query.order)
    narrowing = (token, marked, only, context.today)
    name_of = _namer(context, query)
    # Names are searched as the reader sees them.
    kept = (narrowing, page_language())
    return narrowing, _NARROWED.get_or_make(kept, lambda: _narrowed(query, proposal.rows, name_of, marks))


def _marks(
    context: RequestContext,
    loaded: State,
    of_cycle: int,
    proposal: EmployeeProposal | UnitProposal,
    hidden: str | None,
) -> Mapping[Node, Marks]:
    """What was done about each grade, for who asks. Queries: none before the cut; else those of :func:`app.web.results.marking.marks_of_proposal`."""
    if of_cycle not in loaded.certified:
        return {}
    return marking.marks_of_proposal(context, of_cycle, proposal, hidden=hidden)


def _of_employees(member: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row, member, None)


_FIGURES: Final[Mapping[str, Callable[[Row], Any]]] = {
    "rank": lambda row: None if row.rank is None else (row.group or "", row.rank),
    "score": lambda row: row.final_score if isinstance(row, EmployeeGrade) else row.own_score,
    "days": _of_employees("days"),
    "pay": _of_employees("pay"),
    "points": _of_employees("promotion_points"),
}
"""What a column sorts by; who has none of it stands last, whichever way it is sorted."""


def _within(query: GradesQuery) -> tuple[Decimal, Finding | None]:
    """How many points below a cut-off are near, and what is wrong with what was typed; then the usual number stands."""
    if not query.near.strip():
        return NEAR, None
    number = read_number(query.near, field="near")
    if isinstance(number, Finding):
        return NEAR, number
    if not 0 <= number <= NEAR_MOST:
        return NEAR, at_field("near", "out_of_range", NEAR_RANGE, most=NEAR_MOST)
    return number, None


@pages.read("/grades", may=Deed.SEE_GRADE)
@listed("grades")
def grades(context: RequestContext, query: GradesQuery, views: ListViews) -> Page | SeeOther:
    """The proposal of all employees, or of all units. Whoever sees only their own has a page of it."""
    query = _of_own_functions(context, query)
    loaded, of_cycle = _cycle(context, query)
    seen = _list_seen(context, query, of_cycle)
    token, proposal, hidden = _as_seen(_proposed(context, loaded, query, of_cycle), seen)
    name_of = _namer(context, query)
    if query.find.strip():
        return _looked_up(query, proposal.rows, name_of)
    within, wrong = _within(query)
    marks = _marks(context, loaded, of_cycle, proposal, hidden)
    narrowing, rows = _kept_narrowed(context, query, token, proposal, marks)
    listed_rows, page, last = page_shown(rows, query.page, size=PAGE_ROWS)
    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})
    head = views.head(without_present_cycle(loaded, asked, context.today))
    shows_pay = query.of == "employees" and seen.pays
    sees_cards = may(context.viewer.roles, Deed.SEE_SCORECARD, ())
    group_name = functools.cache(group_namer(loaded.plan(of_cycle).sheet.definitions.policies))
    parameters = {**query.model_dump(mode="json", exclude_defaults=True, exclude={"page"}), "cycle": of_cycle}
    standing = cycle_seen(context, of_cycle, live=query.live)
    groups = cycle.grade_groups(rows, by=query.by) if query.by else None
    grades_of = proposal.standings.plan.grades
    # The links of the spread keep what the list is asked for.
    links = tuple(parameters.items())
    spreading = CachedPart(_DRAWN, ("spread", token, within, links), lambda: _spread(proposal, within))
    nearing = CachedPart(_DRAWN, ("near", token, within, context.today, sees_cards), lambda: spreading.model)
    listing = CachedPart(_DRAWN, ("list", narrowing, page, shows_pay, sees_cards, standing), lambda: listed_rows)
    return Page(
        "pages/grades.html",
        head=head,
        proposal=proposal,
        hidden=hidden,
        spreading=spreading,
        nearing=nearing,
        listing=listing,
        seating=CachedPart(_DRAWN, ("seats", token, standing), lambda: proposal.standings),
        plan=proposal.standings.plan,
        beyond_seats=beyond_seats,
        given_otherwise=given_otherwise,
        spread=spreading.model,
        wrong=wrong,
        near=exact_figure(within) if wrong is None else query.near,
        near_rows=NEAR_ROWS,
        rows=listed_rows,
        marks=marks,
        marked=counts_of_marks(marks.get(row.node, frozenset()) for row in proposal.rows),
        graded=sum(row.grade is not None for row in proposal.rows),
        is_left_out=query.of == "employees" and seen.hides_own and seen.own in loaded.plan(of_cycle).people,
        matching=len(rows),
        groups=groups and _shown(groups, query, parameters, grades_of, group_name, shows_pay=shows_pay),
        together=groups and _figures(groups, shows_pay=shows_pay),
        grouped_by=GROUPED_BY,
        name_of=name_of,
        published=_published,
        page=page,
        last=last,
        query=query,
        cycle=of_cycle,
        standing=standing,
        live={"live": 1} if query.live else {},
        cycles=sorted({*loaded.sheet.cycles, of_cycle}),
        parameters=parameters,
        RULES=RULES,
        words=words,
        shows_pay=shows_pay,
        sees_cards=sees_cards,
        exports=context.allowed(Deed.EXPORT),
        promotes=seen.everybody,
        group_name=group_name,
    )


def _spread(proposal: EmployeeProposal | UnitProposal, within: Decimal) -> GradesSpread:
    """How the grades lie that stand: those that were moved are what they were moved to, those that are kept as they were told."""
    given = {node.code: standing_grade(proposal, node) for node in (*proposal.given, *proposal.as_told)}
    kept = {node.code for node in proposal.as_told}
    return grades_spread(proposal.standings, within=within, given=given, kept=kept)


def _looked_up(query: GradesQuery, everyone: Iterable[Row], name_of: Callable[[str], str]) -> SeeOther:
    """The way to the one who is meant, or to the list of all who may be."""
    meant = query.model_copy(update={"text": query.find, "group": "", "grade": "", "mark": None})
    rows = _narrowed(meant, everyone, name_of)
    asked = query.model_dump(exclude_defaults=True, include={"cycle", "live"})
    if len(rows) != 1:
        return SeeOther("grades", {"of": query.of, "text": query.find, "_anchor": "list", **asked})
    if query.of == "units":
        return SeeOther("scorecard.scorecard", {"node": rows[0].node, **asked})
    return SeeOther("grades.grade", {"node": rows[0].node, **asked})


def _shown(
    groups: GradeGroups,
    query: GradesQuery,
    parameters: Mapping[str, Any],
    grades_of: Sequence[str],
    group_name: Callable[[str], str],
    *,
    shows_pay: bool,
) -> list[ListGroup]:
    """The groups, each with the way to its rows: to those who are not graded, who have no group either, by their grade."""

    def words_of(key: str) -> str:
        if not key:
            return str(gettext("not graded"))
        return group_name(key) if query.by == "group" else key

    def narrowing(group: GradeGroup) -> dict[str, str]:
        return {query.by: group.key} if group.key else {"grade": "-"}

    return shown(
        groups.groups,
        "grades.grades",
        parameters,
        words=words_of,
        narrowing=narrowing,
        figures=lambda group: _figures(group, shows_pay=shows_pay),
        order=grades_of.index if query.by == "grade" else None,
    )


def _figures(some: GradeGroup | GradeGroups, *, shows_pay: bool) -> tuple[int, ...]:
    return (some.rows, some.pay_krw) if shows_pay else (some.rows,)


@pages.act("/grades", may=Deed.EXPORT, again="grades", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: GradesQuery, form: ReasonedExport) -> Download:
    """The rows of the page as a file: all of them, not a page; the whole proposal where nothing narrows it."""
    with context.read():
        loaded, of_cycle = _cycle(context, query)
        proposal = _proposed(context, loaded, query, of_cycle).proposal
        everyone = proposal.rows
        name_of = _namer(context, query)
        narrowing = query.model_dump(
            mode="json", exclude_defaults=True, include={"group", "grade", "mark", "text", "sort", "order"}
        )
        hidden = _own_group(proposal, grades_seen(context, of_cycle))
        marks = _marks(context, loaded, of_cycle, proposal, hidden)
        chosen: Sequence[Row] = _narrowed(query, everyone, name_of, marks) if narrowing else everyone
        sheet = with_rules(
            context,
            _sheet(loaded.plan(of_cycle), query.of, chosen, name_of, today=context.today),
            loaded.plan(of_cycle),
            is_live=query.live,
        )
    parameters = {"cycle": of_cycle, "of": query.of, "format": form.format, **narrowing}
    name = f"grades-{query.of}-{of_cycle}"
    return reasoned_file(context, form, sheet=sheet, name=name, what="grades", asked=parameters, rows=len(chosen))


def _sheet(
    plan: CyclePlan,
    of: Literal["employees", "units"],
    chosen: Iterable[Row],
    name_of: Callable[[str], str],
    *,
    today: dt.date,
) -> ExportSheet:
    """The rows as a table, with what the page calls groups."""
    directory = plan.frame.directory
    group_name = group_namer(plan.sheet.definitions.policies)
    units, employees = [], []
    for row in chosen:
        group = group_name(row.group) if row.group else None
        if isinstance(row, UnitGrade):
            units.append(NamedUnitGrade(row, name_of(row.unit), group))
        else:
            posted = plan.posting_of(row.employee, today)
            unit = directory.unit_near(posted[0].unit, posted[1]) if posted else None
            code, unit_name = (unit.code, unit.name) if unit else (None, None)
            employees.append(NamedEmployeeGrade(row, name_of(row.employee), code, unit_name, group))
    if of == "units":
        return unit_grades_export(file_words()).sheet(units)
    return employee_grades_export(file_words()).sheet(employees)


@pages.read("/grades/totals", may=Deed.SEE_PAY_TOTALS)
def totals(context: RequestContext, query: GradesQuery) -> Page | SeeOther:
    """How many people have each proposed grade and what it pays together, without a name; to the won for who sees what each is paid.

    Whoever sees the others by name would find their own grade before they are told, and is led to the list, where it is left out.
    """
    loaded, of_cycle = _cycle(context, query)
    proposal = _employees_proposed(context, loaded, of_cycle).proposal
    seen = grades_seen(context, of_cycle)
    if seen.lists and _own_group(proposal, seen) is not None:
        return SeeOther("grades", {"cycle": of_cycle})
    # Of the others' grades one learns elsewhere: what is left of a count would be one's own.
    rows = [row for row in proposal.rows if not seen.hides(row.node)]
    slips = [(row.grade, row.pay or 0) for row in rows if row.grade is not None]
    grades = tuple(proposal.counts)
    sums = pay_sums(slips, grades=grades)
    all_: tuple[PaySum, ...] = (PaySum(grades=grades, people=len(slips), pay_krw=sum(won for _, won in slips)),)
    if not seen.pays:
        greatest = max((won for _, won in slips), default=0)
        sums, all_ = coarse_sums(sums, greatest=greatest), coarse_sums(all_, greatest=greatest)
    return Page(
        "pages/grade_totals.html",
        in_all=all_[0].pay_krw,
        is_coarse=not seen.pays,
        sums=sums,
        cycle=of_cycle,
        standing=cycle_seen(context, of_cycle, live=query.live),
        live={"live": 1} if query.live else {},
        cycles=sorted({*loaded.sheet.cycles, of_cycle}),
    )


@pages.read("/grades/<node:node>", may=Deed.SEE_GRADE)
def grade(context: RequestContext, node: Node, query: GradesQuery) -> Page:
    """One employee's proposed grade, with what it comes from.

    Raises:
        NotThere: there is none, or nobody has told its owner of it yet (contract-cycle, 1).
    """
    if node.kind is not NodeKind.EMPLOYEE:
        raise NotThere
    loaded, of_cycle = _cycle(context, query)
    seen = grades_seen(context, of_cycle)
    if not seen.grade(node):
        raise NotThere
    proposal = _employees_proposed(context, loaded, of_cycle).proposal
    row = next((one for one in proposal.rows if one.employee == node.code), None)
    if row is None:
        raise NotThere
    given = proposal.given.get(node)
    if seen.own is not None and (hidden := _own_group(proposal, seen)) is not None:
        if row.group == hidden:
            # Why somebody beside them was moved may say what they themselves came to.
            given = None
        # Places, seats and cut-offs of one's own group hold one's own.
        proposal = without_employee(proposal, seen.own)
        row = next(one for one in proposal.rows if one.employee == node.code)
    policies = loaded.plan(of_cycle).sheet.definitions.policies
    reasons = grade_reasons(proposal, node.code, cycle=of_cycle, policies=policies)
    is_held = node in proposal.as_told
    way = grade_way(context, loaded=loaded, cycle=of_cycle, node=node, proposal=proposal)
    return Page(
        "pages/grade.html",
        row=row,
        given=given,
        is_held=is_held,
        way=way,
        graded=given_counts(proposal),
        steps=seat_steps(proposal, reasons.standing.group) if reasons.standing else (),
        institution=cycle.standing_institution(context.connection, loaded, of_cycle),
        name=distinct_name(context, node),
        node=node,
        why=reasons,
        policies=policies,
        blend=policies.blend[reasons.candidate.job],
        pay_scale=proposal.pay.scale,
        published=_published,
        cycle=of_cycle,
        standing=cycle_seen(context, of_cycle, live=query.live),
        live={"live": 1} if query.live else {},
        cycles=sorted({*loaded.sheet.cycles, of_cycle}),
        words=words,
        group_name=group_namer(policies),
        sees_all=seen.lists,
        sees_card=context.allowed(Deed.SEE_SCORECARD, node),
        JOBS=words.JOBS,
        shows_pay=seen.pay(node),
        # Of the cycle as it stands: what one is paid by a run, its statement tells.
        is_paid=of_cycle in loaded.certified
        and seen.pay(node)
        and paying.has_item(context.connection, of_cycle, node.code),
        grants=deciding.grants_bonus(context, loaded, of_cycle, node),
    )


def _published(value: Score | None) -> Any:
    return None if value is None else published(value)
