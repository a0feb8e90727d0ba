"""A score as sentences that a person can check by hand, from what is paid for down to what was done (domain.md 7).

Here is what surrounds a line's own method (:mod:`app.rules.derivation_methods`): which activities count, the actual that they come to,
the roll-up to own and final score, and the projection. A line that cannot be measured is derived
too, up to the point where it stops, and that point is the answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple

from app.plain.findings import n_
from app.rules.kpis import Measure, Translated
from app.rules.measures import GRADE_POINTS, MICROS, OF_TOTALS, SHARES, Aggregate, Total
from app.rules.projection import DaysByMonth, Plan
from app.rules.rating import RatingsTold, rating_summary
from app.rules.rollup import published
from app.rules.steps import Formula, Named, Phrase, Section, Step, added, figure_text, score_text
from app.rules.terms import Basis, CountsFrom, Job, Name

__all__ = [
    "Blended",
    "Counted",
    "Looked",
    "OwnLine",
    "actual_steps",
    "blend_steps",
    "bridge_steps",
    "looked_steps",
    "own_steps",
    "projection_steps",
    "shared_step",
]


def _step(section: Section, code: str, text: str, **figures: object) -> Step:
    return Step(section=section, code=code, text=text, figures=figures)


# ------------------------------------------------------------------------------------------------- from the line to the top


@dataclass(frozen=True, slots=True, kw_only=True)
class Blended:
    """What a node's final score is made of."""

    is_employee: bool
    own: float | None
    unit: float | None
    final: float | None
    job: Job | None = None
    unit_pct: Decimal = Decimal(0)
    own_pct: Decimal = Decimal(100)
    posted: tuple[tuple[str, float | None, int], ...] = ()
    """Of an employee the units posted to: name, own score, days."""


_JOBS: Final[Mapping[Job, str]] = MappingProxyType(
    {Job.STAFF: n_("staff"), Job.MANAGER: n_("manager"), Job.HEAD: n_("head")}
)


def blend_steps(blended: Blended) -> Iterator[Step]:
    """The final score and what is published of it; an employee's from both parts, a unit's from its own alone."""
    top = Section.FINAL
    if blended.final is None:
        yield _step(top, "no_final", n_("There is no final score: neither part of it can be measured."))
    else:
        figures = {"published": str(published(blended.final)), "final": score_text(blended.final)}
        text = n_(
            "Published and ranked is %(published)s: the final score %(final)s, rounded half-even to two decimals."
        )
        yield _step(top, "published", text, **figures)
    if not blended.is_employee:
        if blended.final is not None:
            yield _step(
                top,
                "final_of_unit",
                n_("A unit's final score is its own score, %(final)s."),
                final=score_text(blended.final),
            )
        return
    yield from _employee_blend(blended)
    yield from _unit_part(blended)


def _employee_blend(blended: Blended) -> Iterator[Step]:
    if blended.unit is None and blended.own is not None:
        text = n_("None of the units posted to has a score, so the own score is the whole: %(final)s.")
        yield _step(Section.FINAL, "blend_own_alone", text, final=score_text(blended.own))
    elif blended.own is None and blended.unit is not None:
        text = n_("There is no own score, so the unit part is the whole: %(final)s.")
        yield _step(Section.FINAL, "blend_unit_alone", text, final=score_text(blended.unit))
    elif blended.own is not None and blended.unit is not None and blended.final is not None:
        unit_pct, own_pct = figure_text(blended.unit_pct), figure_text(blended.own_pct)
        whole = figure_text(blended.unit_pct + blended.own_pct)
        formula = f"({unit_pct} × {score_text(blended.unit)} + {own_pct} × {score_text(blended.own)}) / {whole}"
        yield _step(
            Section.FINAL,
            "blend",
            n_(
                "Final score: for the job %(job)s the unit part weighs %(unit_pct)s %% and the own score %(own_pct)s %%: %(formula)s = %(final)s."
            ),
            job=Phrase(_JOBS[blended.job or Job.STAFF]),
            unit_pct=unit_pct,
            own_pct=own_pct,
            formula=Formula(formula),
            final=score_text(blended.final),
        )


def _unit_part(blended: Blended) -> Iterator[Step]:
    measured = [(unit, score, days) for unit, score, days in blended.posted if score is not None]
    if measured and blended.unit is not None:
        whole = sum(days for _, _, days in measured)
        terms = added(f"{score_text(score)} × {days}" for _, score, days in measured)
        yield _step(
            Section.FINAL,
            "unit_part",
            n_(
                "Unit part: the own scores of the units posted to (%(units)s), weighted by the days of the whole cycle posted there: %(formula)s = %(unit)s."
            ),
            units=_listed([unit for unit, _, _ in measured]),
            formula=Formula(f"({terms}) / {whole}"),
            unit=score_text(blended.unit),
        )
    left_out = [Name.written(f"{{}} ({days})", unit) for unit, score, days in blended.posted if score is None]
    if left_out:
        text = n_("Left out of the unit part, since they have no score (days posted in brackets): %(units)s.")
        yield _step(Section.FINAL, "units_left_out", text, units=_listed(left_out))
    if not blended.posted:
        yield _step(Section.FINAL, "never_posted", n_("There is no posting in the cycle, so there is no unit part."))


def _listed(names: Sequence[str]) -> Name:
    return Name.written(", ".join(["{}"] * len(names)), *names)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """One line of the scorecard that a score stands on."""

    kpi: str
    name: Translated
    weight: Decimal
    score: float | None
    points: float | None


def own_steps(lines: Sequence[OwnLine], *, own: float | None, kpi: str) -> Iterator[Step]:
    """The own score as a sum of points, and how the line of a KPI comes to its points."""
    measured = [line for line in lines if line.score is not None and line.points is not None]
    if own is None or not measured:
        yield _step(Section.FINAL, "no_own", n_("There is no own score: no line of the scorecard can be measured."))
        return
    terms = Formula(added(score_text(line.points or 0.0) for line in measured))
    yield _step(
        Section.FINAL,
        "own",
        n_("Own score: the points of the lines %(kpis)s added up: %(formula)s = %(own)s."),
        kpis=Named(tuple(line.name for line in measured), ", ".join(line.kpi for line in measured)),
        formula=terms,
        own=score_text(own),
    )
    whole = sum((line.weight for line in measured), start=Decimal(0))
    line = next(line for line in lines if line.kpi == kpi)
    if line.score is None or line.points is None:
        return
    weight, rescaled = figure_text(line.weight), Fraction(line.weight) * 100 / Fraction(whole)
    if whole != sum(one.weight for one in lines):
        yield _step(
            Section.FINAL,
            "rescaled",
            n_(
                "The lines that can be measured weigh %(whole)s together, so its weight of %(weight)s is rescaled: %(formula)s = %(rescaled)s."
            ),
            whole=figure_text(whole),
            weight=weight,
            formula=Formula(f"{weight} × 100 / {figure_text(whole)}"),
            rescaled=figure_text(rescaled),
        )
    yield _step(
        Section.FINAL,
        "points",
        n_("Points of %(kpi)s = score × weight / 100 = %(formula)s = %(points)s."),
        kpi=Named((line.name,), kpi),
        formula=Formula(f"{score_text(line.score)} × {figure_text(rescaled)} / 100"),
        points=score_text(line.points),
    )


# --------------------------------------------------------------------------------------------------------------- what counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Which activities are looked at."""

    basis: Basis
    counts_from: CountsFrom
    as_of: dt.date | None
    first: dt.date
    last: dt.date


_LEVELS: Final[Mapping[CountsFrom, str]] = MappingProxyType(
    {
        CountsFrom.ENTERED: n_("Final basis: this KPI counts from entered on, that is, neither reversed nor rejected."),
        CountsFrom.VERIFIED: n_("Final basis: this KPI counts from verified on, that is, verified and not reversed."),
        CountsFrom.CONFIRMED: n_(
            "Final basis: this KPI counts from confirmed on, that is, verified, confirmed by the customer and not reversed."
        ),
    }
)


def looked_steps(looked: Looked) -> Iterator[Step]:
    """On which level and of which days activities count."""
    level = looked.counts_from if looked.basis is Basis.FINAL else CountsFrom.ENTERED
    text = (
        _LEVELS[level]
        if looked.basis is Basis.FINAL
        else n_("Provisional basis: all that is entered counts, that is, neither reversed nor rejected.")
    )
    yield _step(Section.ACTUAL, "counts_from", text, basis=str(looked.basis), counts_from=str(level))
    days = {"first": looked.first.isoformat(), "last": looked.last.isoformat()}
    if looked.as_of is None:
        text = n_("Activities of the cycle's days, %(first)s to %(last)s, count; their verdicts may be of any day.")
        yield _step(Section.ACTUAL, "days", text, **days)
    else:
        text = n_(
            "Activities of the cycle's days, %(first)s to %(last)s, count, as they stood at the end of %(as_of)s: later events are not looked at."
        )
        yield _step(Section.ACTUAL, "days_as_of", text, as_of=looked.as_of.isoformat(), **days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A measure's total with how many activities stand behind it."""

    total: Total
    activities: int


class ReportedFigure(NamedTuple):
    """The figure that is a KPI's actual: of which day, and by whom; without a name where whoever reads learns none."""

    day: dt.date
    by: str = ""


_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "export_consult": n_("Looked at are export consults."),
        "export_deal": n_("Looked at are export deals."),
        "new_buyer": n_("Looked at are new buyers, each counted once ever, for its earliest contact that counts."),
    }
)
_FILTERS: Final[Mapping[tuple[bool, bool], str]] = MappingProxyType(
    {
        (True, False): n_("Of these, only buyers from %(countries)s."),
        (False, True): n_("Of these, only HS codes that begin with %(prefixes)s."),
        (True, True): n_("Of these, only buyers from %(countries)s and HS codes that begin with %(prefixes)s."),
    }
)


def actual_steps(
    measure: Measure,
    *,
    counted: Sequence[Counted],
    actual: Fraction | None,
    unit: Translated,
    grades: Sequence[str] = (),
    told: RatingsTold = RatingsTold.GRADES,
    reported: ReportedFigure | None = None,
) -> Iterator[Step]:
    """The actual, from what was counted or entered.

    Args:
        measure: what is measured.
        counted: the totals of its parts, in the order of :attr:`app.rules.kpis.Measure.parts`.
        actual: what they come to.
        unit: the KPI's, as its definition writes it.
        grades: of a rated KPI, the grades that raters gave and that count.
        told: how much of them is told.
        reported: of a given one, the figure that is its actual; None where the folder has it.
    """
    if measure.numerator is not None and measure.denominator is not None:
        yield from _ratio(measure.numerator, measure.denominator, counted, actual, unit)
    elif measure.aggregate == Aggregate.RATING:
        yield from _rated(grades, actual, told)
    elif measure.aggregate == Aggregate.GIVEN:
        if actual is None:
            yield _step(
                Section.ACTUAL,
                "not_given",
                n_("The actual is entered by hand, and for this cycle it has not been entered."),
            )
        elif reported is not None:
            named = n_(
                "Actual = %(actual)s (unit: %(unit)s): the latest figure that counts, of %(day)s, reported by %(name)s."
            )
            text = n_("Actual = %(actual)s (unit: %(unit)s): the latest figure that counts, of %(day)s.")
            figures = {"actual": figure_text(actual), "unit": unit, "day": reported.day.isoformat()}
            if reported.by:
                yield _step(Section.ACTUAL, "reported_by", named, **figures, name=reported.by)
            else:
                yield _step(Section.ACTUAL, "reported", text, **figures)
        else:
            text = n_("Actual = %(actual)s (unit: %(unit)s), entered by hand for this cycle.")
            yield _step(Section.ACTUAL, "given", text, actual=figure_text(actual), unit=unit)
    else:
        yield from _of_activities(measure)
        yield _whole(measure, counted[0])
        if actual is not None:
            text = n_("Actual = %(actual)s (unit: %(unit)s).")
            yield _step(Section.ACTUAL, "actual", text, actual=figure_text(actual), unit=unit)


def _ratio(
    upper: Measure, lower: Measure, counted: Sequence[Counted], actual: Fraction | None, unit: Translated
) -> Iterator[Step]:
    yield _step(Section.ACTUAL, "numerator", n_("The actual is a ratio. Its numerator:"))
    yield from _of_activities(upper)
    yield _whole(upper, counted[0])
    yield _step(Section.ACTUAL, "denominator", n_("Its denominator:"))
    yield from _of_activities(lower)
    yield _whole(lower, counted[1])
    above = OF_TOTALS[Aggregate(upper.aggregate)](counted[0].total)
    below = OF_TOTALS[Aggregate(lower.aggregate)](counted[1].total)
    if actual is None or above is None or below is None:
        text = n_("There is no actual: the denominator is 0, or one of the two is missing.")
        yield _step(Section.ACTUAL, "no_ratio", text)
    else:
        formula = Formula(f"{figure_text(above)} / {figure_text(below)}")
        text = n_("Actual = numerator / denominator = %(formula)s = %(actual)s (unit: %(unit)s).")
        yield _step(Section.ACTUAL, "ratio", text, formula=formula, actual=figure_text(actual), unit=unit)


def _rated(grades: Sequence[str], actual: Fraction | None, told: RatingsTold) -> Iterator[Step]:
    summary = rating_summary(grades)
    if actual is None or summary is None:
        yield _step(Section.ACTUAL, "not_rated", n_("Nobody has given a grade yet."))
        return
    if told is RatingsTold.NOTHING:
        text = n_("Actual = the mean of the raters' grades. Their number and range are told with the results.")
        yield _step(Section.ACTUAL, "rated_untold", text)
        return
    if told is RatingsTold.SUMMARY:
        text = n_(
            "Grades of raters: %(n)s, from %(lowest)s to %(highest)s; actual = the mean of their points = %(actual)s."
        )
        figures = {"n": str(summary.n), "lowest": summary.lowest, "highest": summary.highest}
        yield _step(Section.ACTUAL, "rated_by", text, **figures, actual=figure_text(actual))
        return
    points = [GRADE_POINTS[grade] for grade in grades]
    yield _step(
        Section.ACTUAL,
        "rated",
        n_("The raters gave %(grades)s; actual = the mean of their points = %(formula)s = %(actual)s."),
        grades=", ".join(grades),
        formula=Formula(f"({added(map(str, points))}) / {len(points)}"),
        actual=figure_text(actual),
    )


def _of_activities(measure: Measure) -> Iterator[Step]:
    yield _step(Section.ACTUAL, "measured", _PLAIN[measure.activity or ""], activity=measure.activity or "")
    where = measure.where
    if where.countries or where.hs_prefixes:
        yield _step(
            Section.ACTUAL,
            "filtered",
            _FILTERS[bool(where.countries), bool(where.hs_prefixes)],
            countries=", ".join(where.countries),
            prefixes=", ".join(where.hs_prefixes),
        )


def _whole(measure: Measure, counted: Counted) -> Step:
    """What a measure's activities come to."""
    total, number = counted.total, str(counted.activities)
    value = OF_TOTALS[Aggregate(measure.aggregate)](total)
    figures: dict[str, object] = {"activities": number}
    if value is None:
        return _step(
            Section.ACTUAL, "nothing_valued", n_("No activity with an amount counts, so there is no mean."), **figures
        )
    figures["actual"] = figure_text(value)
    shares = figure_text(
        Fraction(total.valued_shares_1e4 if measure.aggregate == Aggregate.MEAN else total.shares_1e4, SHARES)
    )
    usd = figure_text(Fraction(total.dollars * MICROS + total.micros, MICROS))
    if measure.aggregate == Aggregate.COUNT:
        text = n_("Activities that count: %(activities)s; their shares add up to %(actual)s.")
    elif measure.aggregate == Aggregate.SUM:
        text = n_(
            "Activities with an amount that count: %(activities)s; share × amount in US dollars adds up to %(actual)s."
        )
    elif measure.aggregate == Aggregate.MEAN:
        text = n_(
            "Activities with an amount that count: %(activities)s; mean = Σ share × US dollars / Σ share = %(formula)s = %(actual)s."
        )
        figures["formula"] = Formula(f"{usd} / {shares}")
    elif measure.of == "company":
        text = n_(
            "Activities that count: %(activities)s; different companies that they were for: %(actual)s (shares play no part)."
        )
    else:
        text = n_(
            "Activities that count: %(activities)s; different buyers that they were with: %(actual)s (shares play no part)."
        )
    return _step(Section.ACTUAL, str(measure.aggregate), text, **figures)


# ----------------------------------------------------------------------------------------------------------- the projection


def projection_steps(
    *,
    actual: Fraction,
    grows: bool,
    day: dt.date,
    days: DaysByMonth,
    plan: Plan | None,
    elapsed: Fraction | None,
    projected: Fraction | None,
    score: float | None,
) -> Iterator[Step]:
    """Where the line ends if it goes on as it went; only asked of a line that has a score.

    Args:
        actual: of now.
        grows: whether it grows with days (count, sum, distinct).
        day: the day that the projection goes by.
        days: the days that weigh, by month.
        plan: the months' shares; None where all days weigh the same.
        elapsed: the weight of the days so far ÷ that of all.
        projected: the projected actual.
        score: its score.
    """
    where = Section.PROJECTION
    if not grows:
        text = n_("The actual does not grow with days, so the projected actual is the same: %(actual)s.")
        yield _step(where, "projection_stays", text, actual=figure_text(actual))
    else:
        yield _elapsed(day, days, plan, elapsed)
        if projected is None or elapsed is None:
            yield _step(where, "no_projection", n_("Nothing that weighs is over yet, so nothing can be projected."))
            return
        yield _step(
            where,
            "projected_actual",
            n_("Projected actual = actual / share of the year so far = %(formula)s = %(projected)s."),
            formula=Formula(f"{figure_text(actual)} / {figure_text(elapsed)}"),
            projected=figure_text(projected),
        )
    if score is not None:
        text = n_("By the same method that scores %(score)s.")
        yield _step(where, "projected_score", text, score=score_text(score))


def _elapsed(day: dt.date, days: DaysByMonth, plan: Plan | None, elapsed: Fraction | None) -> Step:
    share = "0" if elapsed is None else figure_text(elapsed)
    if plan is None:
        text = n_("By %(day)s, %(so_far)s of the %(counted)s days that count are over: a share of %(share)s.")
        so_far, counted = str(sum(days.so_far)), str(sum(days.counted))
        return _step(
            Section.PROJECTION, "elapsed", text, day=day.isoformat(), so_far=so_far, counted=counted, share=share
        )
    rows = list(zip(plan, days.length, days.so_far, days.counted, strict=True))
    done = added(f"{figure_text(month)} × {so_far}/{length}" for month, length, so_far, _ in rows if so_far)
    whole = added(f"{figure_text(month)} × {counted}/{length}" for month, length, _, counted in rows if counted)
    return _step(
        Section.PROJECTION,
        "elapsed_of_plan",
        n_(
            "By %(day)s, each day weighing its month's share of the plan divided by the month's days, the weight so far ÷ the weight of all is %(formula)s = %(share)s."
        ),
        day=day.isoformat(),
        formula=Formula(f"({done}) / ({whole})"),
        share=share,
    )


def shared_step(*, node: str, kpi: Translated) -> Step:
    """Whose figures a shared line shows."""
    text = n_("This line is shared: it shows all figures of %(kpi)s of %(node)s; only the weight is its own.")
    return _step(Section.SCORE, "shared", text, node=node, kpi=kpi)


def bridge_steps(*, method: str, score: float | None) -> Iterator[Step]:
    """The score of the same row under the version before, in the first cycle of a version (domain.md 3)."""
    if score is None:
        text = n_(
            "This is the first cycle of a new version of the KPI. Under the version before (%(method)s) the same row cannot be measured."
        )
        yield _step(Section.BRIDGE, "no_old_score", text, method=method)
    else:
        text = n_(
            "This is the first cycle of a new version of the KPI. Under the version before (%(method)s) the same row scores %(score)s:"
        )
        yield _step(Section.BRIDGE, "old_score", text, method=method, score=score_text(score))
