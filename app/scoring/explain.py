"""One score explained: what it is paid by, how it was worked out, and the activities that it rests on, down to the last one.

The figures are those of the scorecard, from the same read model; the sentences are :mod:`app.rules.derivation`'s.
A shared line rests on its parent's activities, which its own viewer may not see. Whoever asks hands in
``sees``; what may not be seen is told by its number and total alone, and the list stays empty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from app import ledger
from app.ledger import CountedCredit, CountedQuery, CreditOrder, Reported
from app.rules.definitions import KpiVersion, Measure
from app.rules.derivation import (
    Blended,
    Counted,
    Looked,
    OwnLine,
    ReportedFigure,
    actual_steps,
    blend_steps,
    bridge_steps,
    looked_steps,
    own_steps,
    projection_steps,
    shared_step,
)
from app.rules.derivation_decisions import decided_actual_step, decision_steps
from app.rules.derivation_methods import DerivedLine, reference_steps, score_steps
from app.rules.measures import GROWS_WITH_DAYS, MICROS, SHARES, Total, decimal_text
from app.rules.methods import reasons
from app.rules.projection import days_by_month, projected_actual
from app.rules.rating import RatingsTold
from app.rules.steps import Section, Step
from app.rules.targets import SetTarget
from app.rules.terms import Basis, CountsFrom, Link, Name, Node, NodeKind
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan, DisplayLine, Person, ScoredLine
from app.scoring.planning import State, terms_of
from app.scoring.scorecards import (
    ExactActuals,
    LineScore,
    Scorecard,
    ScoreQuery,
    Scores,
    make_scorecards,
    read_figures,
    score_figures,
)
from app.scoring.states import state

__all__ = ["CountedActivity", "Explanation", "activity_lines", "counted_activities", "explain"]

LISTED: Final = 1000
"""How many activities a list holds at most."""

_LEVEL: Final = {CountsFrom.ENTERED: 0, CountsFrom.VERIFIED: 1, CountsFrom.CONFIRMED: 2}
_VALUED: Final = frozenset({"sum", "mean"})

Sees = Callable[[Node], bool]


def _everything(_node: Node) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedActivity:
    """An activity, or a buyer or company of a distinct count, with what it adds to the actual.

    Attributes:
        credit: the activity's part; of a distinct count the earliest one of the buyer or company.
        part: of a ratio ``numerator`` or ``denominator``, whose total it adds to; else None.
        adds: what it adds; over all they add up to the actual (of a ratio to its two parts).
        activities: of a distinct count, how many activities stand behind it; else 1.
        by: of a distinct count ``buyer`` or ``company``.
    """

    credit: CountedCredit
    adds: Fraction
    part: str | None = None
    activities: int = 1
    by: str | None = None

    @property
    def exact(self) -> str:
        """What it adds, as a decimal string."""
        return decimal_text(self.adds)

    def as_json(self) -> dict[str, Any]:
        """The activity as the API writes it."""
        credit = self.credit
        written: dict[str, Any] = {
            "source": credit.source,
            "id": credit.id,
            "type": f"kopes.{credit.type}",
            "day": credit.day.isoformat(),
            "employee": credit.employee,
            "company": credit.company,
            "buyer": credit.buyer,
            "country": credit.country,
            "amount": None if credit.amount is None else format(credit.amount, "f"),
            "currency": credit.currency or None,
            "usd": _usd(credit.usd_cents),
            "share": decimal_text(Fraction(credit.share_1e4, SHARES)),
            "adds": self.exact,
            "part": self.part,
        }
        if credit.type == "figure":
            written |= {"company": "", "buyer": ""}
        if self.by is not None:
            written |= {"distinct": self.by, "activities": self.activities}
        return written

    def line(self) -> str:
        """The activity as the command prints it."""
        credit = self.credit
        who = f"{credit.company} – {credit.buyer} ({credit.country})"
        usd = _usd(credit.usd_cents)
        money = "" if usd is None else f", {credit.amount} {credit.currency} = {usd} USD"
        if credit.type == "figure":
            return f"{credit.day} {credit.source} {credit.id} {credit.employee}: {self.exact}"
        if self.by is not None:
            return f"{credit.day} {credit.source} {credit.id} {who}: 1 {self.by}, {self.activities} activities"
        share = decimal_text(Fraction(credit.share_1e4, SHARES))
        return (
            f"{credit.day} {credit.source} {credit.id} {credit.employee} {who}{money}, share {share}: adds {self.exact}"
        )


def _usd(cents: int | None) -> str | None:
    return None if cents is None else format(Decimal(cents).scaleb(-2), "f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole derivation of one line's score.

    Attributes:
        card: the scorecard that the line stands on.
        line: the line.
        origin: whose figures it shows: its own node, or that of the line which a shared one stands for.
        version: the KPI's definition of the cycle.
        steps: from what is paid for down to what was done.
        lists_activities: whether activities stand behind it and may be seen.
    """

    card: Scorecard
    line: LineScore
    origin: Node
    version: KpiVersion
    steps: tuple[Step, ...]
    lists_activities: bool

    def sentences(self, translate: Callable[[str], str] = str, *, language: str = "en") -> list[str]:
        """The derivation in words."""
        return [step.say(translate, language=language) for step in self.steps]

    def of(self, section: Section) -> tuple[Step, ...]:
        """The steps of one part of the derivation."""
        return tuple(step for step in self.steps if step.section is section)

    def as_json(
        self,
        *,
        activities: Sequence[CountedActivity] = (),
        next: str | None = None,  # noqa: A002 - the contract's own word
        translate: Callable[[str], str] = str,
        language: str = "en",
    ) -> dict[str, Any]:
        """The derivation as the API writes it.

        Args:
            activities: those that count, from :func:`counted_activities`.
            next: where the next ones are; None where these are all.
            translate: finds a message in the reader's language.
            language: the reader's.
        """
        card = self.card
        line = self.line.as_json()
        return {
            "node": str(card.node),
            "kpi": line.pop("kpi"),
            "cycle": str(card.cycle),
            "as_of": card.as_of.isoformat() if card.as_of else None,
            "basis": str(card.basis),
            "name": self.version.name.in_language(language),
            "unit": self.version.unit.in_language(language),
            **line,
            "own_score": card.own_score,
            "unit_score": card.unit_score,
            "final_score": card.final_score,
            "steps": [step.as_json(translate, language=language) for step in self.steps],
            "activities": [one.as_json() for one in activities],
            "next": next,
        }


# --------------------------------------------------------------------------------------------------------------- explaining


def explain(
    connection: Connection,
    asked: ScoreQuery,
    node: Node,
    kpi: str,
    *,
    sees: Sees = _everything,
    loaded: State | None = None,
    ratings: RatingsTold = RatingsTold.GRADES,
) -> Explanation | None:
    """The derivation of a node's score for a KPI; None where its scorecard of the cycle has no such line.

    Args:
        connection: an open transaction.
        asked: cycle, day and basis.
        node: whose line.
        kpi: the line's.
        sees: whether the viewer may see the activities of a node.
        loaded: what is loaded, where the caller has it already.
        ratings: how much is told of the grades that it rests on.

    Queries: 1 where ``loaded`` is not given, 1 or 2 for the figures (as of a day those of the fold), 1 to 5 for each measure of activities.
    """
    plan = (loaded or state(connection)).plan(asked.cycle)
    line = _line_of(plan, node, kpi)
    if line is None:
        return None
    selection = plan.select([node])
    scored = score_figures(selection, read_figures(connection, selection, asked), asked)
    (card,) = make_scorecards(scored)
    worked = plan.worked[line.worked]
    # Whoever may look at a person's derivation is measured there or stands above; a unit's is open to those below, who learn no names.
    names_people = worked.node.kind is NodeKind.EMPLOYEE or sees(worked.node)
    with plan.frame.reading(connection) as source:
        steps = tuple(_Teller(source, scored, card, line, names_people=names_people, told=ratings).steps())
    is_reported = ExactActuals(scored).reported(selection.worked.index(line.worked)) is not None
    listed = sees(worked.node) and (bool(worked.version.measure.parts) or is_reported)
    return Explanation(
        card=card,
        line=next(one for one in card.lines if one.kpi == kpi),
        origin=worked.node,
        version=worked.version,
        steps=steps,
        lists_activities=listed,
    )


def _line_of(plan: CyclePlan, node: Node, kpi: str) -> DisplayLine | None:
    if node not in plan.lines:
        return None
    return next((line for line in plan.lines[node] if line.row.kpi == kpi), None)


class _Teller:
    """Gathers what the sentences of one line need."""

    def __init__(
        self,
        connection: Connection,
        scored: Scores,
        card: Scorecard,
        line: DisplayLine,
        *,
        names_people: bool,
        told: RatingsTold,
    ) -> None:
        self._connection: Final = connection
        self._names_people: Final = names_people
        self._told: Final = told
        self._found: Final = scored
        self._card: Final = card
        self._line: Final = line
        self._plan: Final = scored.selection.plan
        self._exact: Final = ExactActuals(scored)
        self._why: Final = reasons(scored.selection.lines, scored.actual.value)

    def steps(self) -> Iterator[Step]:
        """All steps, from the top down."""
        yield from blend_steps(self._blended())
        own = [
            OwnLine(
                kpi=one.kpi,
                name=self._plan.sheet.kpi(one.kpi).version(self._plan.cycle).name,
                weight=one.weight,
                score=one.score,
                points=one.points,
            )
            for one in self._card.lines
        ]
        yield from own_steps(own, own=self._card.own_score, kpi=self._line.row.kpi)
        worked = self._plan.worked[self._line.worked]
        if self._line.row.link is Link.SHARED and worked.node != self._line.row.node:
            yield shared_step(node=self._name(worked.node), kpi=worked.version.name)
        yield from self._decisions(worked)
        derived = self._derived(self._line.worked)
        yield from score_steps(derived)
        yield from reference_steps(derived)
        yield from self._actual(worked)
        if derived.score is not None and derived.actual is not None and not worked.is_fixed:
            yield from self._projection(worked, derived.actual)
        if self._line.bridge is not None:
            yield from self._bridge(self._line.bridge)

    def _decisions(self, worked: ScoredLine) -> Iterator[Step]:
        """What was decided about the line."""
        if worked.decided is None:
            return
        at = self._found.selection.worked.index(self._line.worked)
        score = self._found.computed_score[at]
        persons = {name for one in worked.decided.decisions for name in (one.maker, one.checker)}
        known = self._plan.frame.directory.employees
        people: dict[str, Name | str] = {name: known[name].name if name in known else name for name in persons}
        yield from decision_steps(
            worked.decided,
            actual=self._exact.measured(at),
            score=None if np.isnan(score) else score,
            people=people if self._names_people else None,
        )

    def _bridge(self, number: int) -> Iterator[Step]:
        derived = self._derived(number)
        method = derived.reference.method if derived.score is not None else derived.reference.defined
        yield from bridge_steps(method=str(method), score=derived.score)
        inner = (*score_steps(derived), *reference_steps(derived), *self._actual(self._plan.worked[number]))
        for step in inner:
            yield Step(section=Section.BRIDGE, code=f"old_{step.code}", text=step.text, figures=step.figures)

    def _blended(self) -> Blended:
        node, card = self._card.node, self._card
        person = self._person(node)
        if person is None:
            return Blended(is_employee=False, own=card.own_score, unit=None, final=card.final_score)
        share = self._plan.sheet.definitions.policies.blend[person.job]
        posted = tuple(
            (self._name(Node(NodeKind.UNIT, unit)), self._found.of(Node(NodeKind.UNIT, unit))[0], days)
            for unit, days in sorted(person.presence.days_posted.items())
        )
        return Blended(
            is_employee=True,
            own=card.own_score,
            unit=card.unit_score,
            final=card.final_score,
            job=person.job,
            unit_pct=Decimal(share.unit),
            own_pct=Decimal(share.own),
            posted=posted,
        )

    def _name(self, node: Node) -> str:
        plan = self._plan
        return node_name(plan.frame.directory, node, plan.day_within(self._found.asked.day))

    def _person(self, node: Node) -> Person | None:
        return self._plan.people.get(node.code) if node.kind is NodeKind.EMPLOYEE else None

    def _derived(self, number: int) -> DerivedLine:
        plan = self._plan
        worked = plan.worked[number]
        at = self._found.selection.worked.index(number)
        person = self._person(worked.node)
        derived = DerivedLine(
            terms=terms_of(plan, worked),
            reference=worked.reference,
            actual=self._exact.actual(at),
            score=_number(self._found.score[at].item()),
            reason=self._why[at],
            excluded_because=self._excluded_because(worked),
            days=None if person is None else (person.presence.days_present, person.presence.total),
            set_target=self._set_target(worked.row.set_target),
            decided={} if worked.decided is None else worked.decided.figures,
        )
        if worked.decided is None or worked.computed is None or not (worked.decided.zero or worked.decided.drop):
            return derived
        # Whatever it scores by decision, how it would is told as if nobody had decided.
        score, actual = _number(self._found.computed_score[at]), self._exact.measured(at)
        return replace(
            derived,
            terms=terms_of(plan, worked, computed=True),
            reference=worked.computed,
            actual=actual,
            score=score,
            reason=worked.computed.why(has_actual=actual is not None),
            decided={},
        )

    def _excluded_because(self, worked: ScoredLine) -> str | None:
        sheet, key = self._plan.sheet, (self._plan.cycle, worked.node, worked.row.kpi)
        is_ended = worked.decided is not None and (worked.decided.zero or worked.decided.drop)
        exclusion = sheet.folder_exclusion(*key) if is_ended else sheet.exclusion(*key)
        return None if exclusion is None else exclusion.reason

    def _set_target(self, decided: SetTarget | None) -> SetTarget | None:
        """What was set, with the name of who did; hr's accounts may belong to nobody."""
        if decided is None or not self._names_people:
            return None if decided is None else replace(decided, by="", why="")
        person = self._plan.frame.directory.employees.get(decided.by)
        return replace(decided, by=person.name if person is not None else decided.by or "HR")

    def _actual(self, worked: ScoredLine) -> Iterator[Step]:
        measure, asked = worked.version.measure, self._found.asked
        by = None if worked.decided is None else worked.decided.override("actual")
        if by is not None:
            yield decided_actual_step(by)
        if measure.parts and self._plan.period.from_ and self._plan.period.to:
            yield from looked_steps(
                Looked(
                    basis=asked.basis,
                    counts_from=worked.version.counts_from,
                    as_of=asked.as_of,
                    first=self._plan.period.from_,
                    last=self._plan.period.to - dt.timedelta(days=1),
                )
            )
        counted = [
            Counted(total=self._total(worked, part), activities=self._size(worked, part)) for part in measure.parts
        ]
        ratings = self._plan.sheet.counted_ratings(self._plan.cycle, worked.node, worked.row.kpi)
        yield from actual_steps(
            measure,
            counted=counted,
            actual=self._exact.measured(self._found.selection.worked.index(self._number(worked))),
            unit=worked.version.unit,
            grades=[one.grade for one in ratings] if measure.aggregate == "rating" else (),
            told=self._told,
            reported=self._reported(worked),
        )

    def _reported(self, worked: ScoredLine) -> ReportedFigure | None:
        """The figure that is a given KPI's actual."""
        at = self._found.selection.worked.index(self._number(worked))
        figure = None
        if self._exact.reported(at) is not None:
            figure = _figure_of(self._connection, self._plan, self._found.asked, worked)
        if figure is None:
            return None
        people = self._plan.frame.directory.employees
        return ReportedFigure(figure.day, people[figure.employee].name if self._names_people else "")

    def _total(self, worked: ScoredLine, part: Measure) -> Total:
        at = self._found.selection.worked.index(self._number(worked))
        return self._exact.total(at, part)

    def _number(self, worked: ScoredLine) -> int:
        numbers = (self._line.worked, self._line.bridge)
        return next(one for one in numbers if one is not None and self._plan.worked[one] is worked)

    def _size(self, worked: ScoredLine, part: Measure) -> int:
        asking = _asking(self._plan, self._found.asked, worked, part)
        return ledger.counted_size(self._connection, self._plan.frame, asking)[0]

    def _projection(self, worked: ScoredLine, actual: Fraction) -> Iterator[Step]:
        plan, day = self._plan, self._found.asked.day
        at = self._found.selection.worked.index(self._line.worked)
        person = self._person(worked.node)
        aggregate = worked.version.measure.aggregate
        grows = aggregate in GROWS_WITH_DAYS
        elapsed = plan.elapsed_of(worked, day) if grows else None
        score = self._found.projected_score[at].item()
        yield from projection_steps(
            actual=actual,
            grows=grows,
            day=day,
            days=days_by_month(plan.period, day, None if person is None else person.presence.present),
            plan=plan.shares_of(worked.row.kpi, worked.node),
            elapsed=elapsed,
            projected=projected_actual(actual, aggregate=aggregate, elapsed=elapsed),
            score=None if np.isnan(score) else score,
        )


# --------------------------------------------------------------------------------------------------------------- activities


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _level(asked: ScoreQuery, worked: ScoredLine) -> int:
    return _LEVEL[worked.version.counts_from] if asked.basis is Basis.FINAL else 0


def _figure_of(connection: Connection, plan: CyclePlan, asked: ScoreQuery, worked: ScoredLine) -> Reported | None:
    """The figure that is a line's actual. Queries: 3 or 4."""
    return ledger.reported(
        connection,
        plan.frame,
        node=worked.node,
        kpi=worked.row.kpi,
        cycle=plan.cycle,
        level=_level(asked, worked),
        as_of=asked.as_of,
    )


def _figures_that_count(
    connection: Connection, plan: CyclePlan, asked: ScoreQuery, worked: ScoredLine
) -> list[CountedActivity]:
    """Of a given KPI the one figure that is its actual; none where the folder has it."""
    figure = _figure_of(connection, plan, asked, worked)
    if figure is None:
        return []
    credit = CountedCredit(
        key=figure.key,
        type="figure",
        day=figure.day,
        employee=figure.employee,
        company=worked.row.kpi,
        buyer=str(worked.node),
        country="",
        amount=None,
        currency="",
        source=figure.source,
        id=figure.id,
        usd_cents=None,
        share_1e4=SHARES,
    )
    return [CountedActivity(credit=credit, adds=Fraction(figure.value))]


def _asking(plan: CyclePlan, asked: ScoreQuery, worked: ScoredLine, part: Measure) -> CountedQuery:
    level = _level(asked, worked)
    wanted = next(one for one in plan.frame.slices if one.slice == part.slice)
    return CountedQuery(plan.cycle, worked.node, wanted, level, asked.as_of, part.aggregate in _VALUED)


def counted_activities(
    connection: Connection,
    asked: ScoreQuery,
    node: Node,
    kpi: str,
    *,
    order: CreditOrder = CreditOrder.EARLIEST,
    after: str | None = None,
    limit: int = LISTED,
    sees: Sees = _everything,
    loaded: State | None = None,
) -> tuple[list[CountedActivity], str | None]:
    """Exactly those activities that count for a node's KPI, each with what it adds; and where the next are.

    For a distinct count there is one for each buyer or company, by its key in any order. A ratio's numerator comes before its denominator.

    Args:
        connection: an open transaction.
        asked: cycle, day and basis.
        node: whose line.
        kpi: the line's.
        order: in which order they come, within each part of a ratio.
        after: where an earlier list in this order said that the next ones are.
        limit: how many at most.
        sees: whether the viewer may see the activities of a node.
        loaded: what is loaded, where the caller has it already.

    Raises:
        ValueError: ``after`` is no place in the list.

    Queries: 1 where ``loaded`` is not given, then 1 to 6 for each part of the measure.
    """
    plan = (loaded or state(connection)).plan(asked.cycle)
    line = _line_of(plan, node, kpi)
    if line is None:
        return [], None
    worked = plan.worked[line.worked]
    if not sees(worked.node):
        return [], None
    with plan.frame.reading(connection) as source:
        if worked.version.measure.aggregate == "given" and after is None:
            return _figures_that_count(source, plan, asked, worked), None
        return _counted(source, plan, asked, worked, order=order, after=after, limit=limit)


def _counted(
    connection: Connection,
    plan: CyclePlan,
    asked: ScoreQuery,
    worked: ScoredLine,
    *,
    order: CreditOrder,
    after: str | None,
    limit: int,
) -> tuple[list[CountedActivity], str | None]:
    parts = worked.version.measure.parts
    first, within = _position(after, len(parts))
    counted: list[CountedActivity] = []
    for number, part in enumerate(parts):
        if number < first:
            continue
        name = None if len(parts) == 1 else ("numerator", "denominator")[number]
        some, more = _listed(
            connection,
            plan,
            _asking(plan, asked, worked, part),
            part,
            name=name,
            order=order,
            after=within,
            limit=limit - len(counted),
        )
        counted += some
        if more is not None:
            return counted, f"{number}.{more}"
        within = None
        if len(counted) == limit and number + 1 < len(parts):
            return counted, f"{number + 1}."
    return counted, None


def _position(after: str | None, parts: int) -> tuple[int, str | None]:
    """The part and the place in it that a list goes on from."""
    if after is None:
        return 0, None
    number, _, within = after.partition(".")
    if number not in map(str, range(parts)):
        message = "this is no place in the list"
        raise ValueError(message)
    return int(number), within or None


def _listed(
    connection: Connection,
    plan: CyclePlan,
    asking: CountedQuery,
    part: Measure,
    *,
    name: str | None,
    order: CreditOrder,
    after: str | None,
    limit: int,
) -> tuple[list[CountedActivity], str | None]:
    if part.aggregate == "distinct":
        of = part.of or "buyer"
        members, more = ledger.counted_members(connection, plan.frame, asking, of=of, after=after, limit=limit)
        return [
            CountedActivity(credit=one.first, adds=Fraction(1), part=name, activities=one.activities, by=of)
            for one in members
        ], more
    credits, more = ledger.counted_credits(connection, plan.frame, asking, order=order, after=after, limit=limit)
    whole = Fraction(1)
    if part.aggregate == "mean" and credits:
        whole = Fraction(ledger.counted_shares(connection, plan.frame, asking), SHARES)
    return [CountedActivity(credit=one, adds=_adds(one, part) / whole, part=name) for one in credits], more


def _adds(credit: CountedCredit, part: Measure) -> Fraction:
    if part.aggregate == "count":
        return Fraction(credit.share_1e4, SHARES)
    return Fraction(credit.share_1e4 * (credit.usd_cents or 0), MICROS)


def activity_lines(
    connection: Connection, asked: ScoreQuery, node: Node, kpi: str, *, loaded: State | None = None
) -> Iterator[str]:
    """The activities that count as lines of text: the first thousand, then how many more there are."""
    counted, more = counted_activities(connection, asked, node, kpi, loaded=loaded)
    last: str | None = None
    for one in counted:
        if one.part is not None and one.part != last:
            yield f"{one.part}:"
            last = one.part
        yield one.line()
    rest = 0
    while more is not None:
        further, more = counted_activities(connection, asked, node, kpi, after=more, limit=10 * LISTED)
        rest += len(further)
    if rest:
        yield f"… and {rest} more"
