"""How a line's score follows from its actual, and its high, low, base, sigma or target from its past, method by method (domain.md 3; H26).

Each step holds the numbers that go in and the number that comes out. Do not take the reference's figures for the
derivation's: those are prorated already, so everything up to the proration is worked out here as for the whole cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np

from app.plain.findings import n_
from app.rules.baseline import (
    SPREADS,
    LineTerms,
    MethodName,
    MidtermYear,
    Reason,
    Reference,
    history,
    midterm_year,
    past_years,
    resolve_reference,
)
from app.rules.kpis import Bounds
from app.rules.line_decisions import LineDecision
from app.rules.measures import GROWS_WITH_DAYS
from app.rules.methods import ERROR_BANDS, percent_of
from app.rules.steps import Formula, Section, Step, added, figure_text, score_text
from app.rules.targets import SetTarget
from app.rules.terms import Direction, KpiClass

__all__ = ["REASONS", "DerivedLine", "reference_steps", "score_steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedLine:
    """A line that is to be derived: what its reference comes from, the reference, and what came of it."""

    terms: LineTerms
    reference: Reference
    actual: Fraction | None
    score: float | None
    reason: Reason | None
    excluded_because: str | None = None
    """The recorded reason for leaving out a past year."""
    days: tuple[int, int] | None = None
    """Of an employee d and D; None for a unit."""
    set_target: SetTarget | None = None
    """Where the line's target is not the folder's: it was set in the application."""
    decided: Mapping[str, LineDecision] = field(default_factory=dict)
    """By which of base, high, low and target are others than the row's."""

    @property
    def is_up(self) -> bool:
        """Whether more is better."""
        return self.terms.direction == Direction.UP


def _score(code: str, text: str, **figures: object) -> Step:
    return Step(section=Section.SCORE, code=code, text=text, figures=figures)


def _reference(code: str, text: str, **figures: object) -> Step:
    return Step(section=Section.REFERENCE, code=code, text=text, figures=figures)


def _in_brackets(value: Fraction) -> str:
    text = figure_text(value)
    return f"({text})" if value < 0 else text


def _needed(value: Fraction | None) -> Fraction:
    if value is None:
        msg = "a measurable line has the figures of its method"
        raise ValueError(msg)
    return value


# ---------------------------------------------------------------------------------------------------- why there is no score

REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.DROPPED: n_("It counts as not measurable: people decided so."),
        Reason.NO_RATING: n_("It cannot be measured: nobody has given a grade yet."),
        Reason.NOT_PRESENT: n_(
            "It cannot be measured: on no day of the cycle was there a posting without leave or secondment."
        ),
        Reason.NO_ACTUAL: n_("It cannot be measured: there is no actual for this cycle."),
        Reason.NO_TARGET: n_("It cannot be measured: there is no target, or it is 0."),
        Reason.TOO_FEW_YEARS: n_("It cannot be measured: fewer than three past years are known."),
        Reason.OUTSIDE_YEARS: n_("It cannot be measured: the cycle lies outside the years from start to goal."),
        Reason.NO_BASE: n_(
            "It cannot be measured: there is no base, since last year's actual is missing and the scorecard gives none."
        ),
        Reason.NO_SPREAD: n_(
            "It cannot be measured: nothing lies between what is good and what is bad, so that no score can be told apart."
        ),
    }
)
"""Why a line has no score, in words."""


# -------------------------------------------------------------------------------------------------------------- the score


def score_steps(line: DerivedLine) -> Iterator[Step]:
    """How the actual becomes the score, or why there is none."""
    if line.reason is not None or line.score is None or line.actual is None:
        reason = line.reason or Reason.NO_ACTUAL
        yield _score("not_measurable", REASONS[reason], reason=str(reason))
        yield _score("rescaling", n_("It keeps its place, and the weights of the other lines are rescaled to 100."))
        return
    yield from _SCORES[line.reference.method](line, line.actual)


def _held(code: str, raw: Fraction, score: float, formula: str) -> Step:
    """The last line of a score: plain, or held within 20 and 100."""
    if 20 <= raw <= 100:
        return _score(code, n_("Score = %(formula)s = %(score)s."), formula=Formula(formula), score=score_text(score))
    return _score(
        f"{code}_held",
        n_("Score = %(formula)s = %(raw)s, held within 20 and 100: %(score)s."),
        formula=Formula(formula),
        raw=figure_text(raw),
        score=score_text(score),
    )


def _between(line: DerivedLine, actual: Fraction) -> Iterator[Step]:
    high, low = _needed(line.reference.high), _needed(line.reference.low)
    raw = 20 + 80 * (actual - low) / (high - low)
    yield _score("score_rule", n_("Score = 20 + 80 × (actual − low) / (high − low), held within 20 and 100."))
    formula = f"20 + 80 × ({figure_text(actual)} − {_in_brackets(low)}) / ({figure_text(high)} − {_in_brackets(low)})"
    yield _held("score", raw, line.score or 0.0, formula)


def _towards(line: DerivedLine, actual: Fraction) -> Iterator[Step]:
    target = _needed(line.reference.target)
    if line.is_up:
        yield _score("score_rule", n_("Score = 20 + 80 × actual / target, held within 20 and 100."))
        formula = f"20 + 80 × {_in_brackets(actual)} / {_in_brackets(target)}"
        yield _held("score", 20 + 80 * actual / target, line.score or 0.0, formula)
    elif actual <= 0:
        yield _score("score_full", n_("Less is better, and an actual of 0 or less scores 100: %(score)s."), score="100")
    else:
        yield _score("score_rule", n_("Less is better: score = 20 + 80 × target / actual, held within 20 and 100."))
        formula = f"20 + 80 × {_in_brackets(target)} / {figure_text(actual)}"
        yield _held("score", 20 + 80 * target / actual, line.score or 0.0, formula)


def _clipped(share: Fraction) -> Fraction:
    return min(max(share, Fraction(0)), Fraction(1))


def _midterm(line: DerivedLine, actual: Fraction) -> Iterator[Step]:
    high, low = _needed(line.reference.high), _needed(line.reference.low)
    before = line.reference.years_before
    now = (actual - low) / (high - low)
    yield _score(
        "score_rule",
        n_("Score = 20 + 80 × (0.5 × r of this year + 0.5 × r of three years), each r held within 0 and 1."),
    )
    yield _score(
        "r_now",
        n_("r of this year = (actual − low) / (high − low) = %(formula)s = %(raw)s, held within 0 and 1: %(r)s."),
        formula=Formula(f"({figure_text(actual)} − {_in_brackets(low)}) / ({figure_text(high)} − {_in_brackets(low)})"),
        raw=figure_text(now),
        r=figure_text(_clipped(now)),
    )
    n = len(before) + 1
    actuals = [actual, *(_needed(year.actual) for year in before)]
    highs, lows = [high, *(year.high for year in before)], [low, *(year.low for year in before)]
    means = [Fraction(sum(some), n) for some in (actuals, highs, lows)]
    for code, text, some, mean in zip(
        ("mean_actual", "mean_high", "mean_low"),
        (
            n_("Mean of the actuals of %(years)s: %(formula)s = %(mean)s."),
            n_("Mean of the highs of %(years)s: %(formula)s = %(mean)s."),
            n_("Mean of the lows of %(years)s: %(formula)s = %(mean)s."),
        ),
        (actuals, highs, lows),
        means,
        strict=True,
    ):
        years = ", ".join(str(year) for year in (line.terms.year, *(one.year for one in before)))
        yield _score(code, text, years=years, formula=Formula(_mean_formula(some)), mean=figure_text(mean))
    long = (means[0] - means[2]) / (means[1] - means[2])
    yield _score(
        "r_three_years",
        n_(
            "r of three years = (mean actual − mean low) / (mean high − mean low) = %(formula)s = %(raw)s, held within 0 and 1: %(r)s."
        ),
        formula=Formula(
            f"({figure_text(means[0])} − {_in_brackets(means[2])}) / ({figure_text(means[1])} − {_in_brackets(means[2])})"
        ),
        raw=figure_text(long),
        r=figure_text(_clipped(long)),
    )
    formula = f"20 + 80 × (0.5 × {figure_text(_clipped(now))} + 0.5 × {figure_text(_clipped(long))})"
    yield _score(
        "score", n_("Score = %(formula)s = %(score)s."), formula=Formula(formula), score=score_text(line.score or 0.0)
    )


def _mean_formula(values: list[Fraction]) -> str:
    return f"({added(figure_text(value) for value in values)}) / {len(values)}"


def _expected(line: DerivedLine, actual: Fraction) -> Iterator[Step]:
    base, sigma = _needed(line.reference.base), _needed(line.reference.sigma)
    z = (actual - base) / sigma
    formula = f"({figure_text(actual)} − {_in_brackets(base)}) / {figure_text(sigma)}"
    if line.is_up:
        yield _score(
            "z", n_("z = (actual − expected) / S = %(formula)s = %(z)s."), formula=Formula(formula), z=figure_text(z)
        )
    else:
        z = -z
        yield _score(
            "z",
            n_("Less is better, so the sign is turned: z = −(actual − expected) / S = %(formula)s = %(z)s."),
            formula=Formula(f"−{formula}"),
            z=figure_text(z),
        )
    percent = Fraction(str(round(percent_of(np.array([z.numerator / z.denominator]))[0].item(), 9)))
    (left, low), (right, high) = _band_of(z)
    yield _score(
        "percent",
        n_(
            "By the table, z %(left)s is worth %(low)s %% and z %(right)s is worth %(high)s %%; on the line through both, kept within 0 and 100: %(percent)s %%."
        ),
        left=left,
        low=low,
        right=right,
        high=high,
        percent=figure_text(percent),
    )
    yield _held("score", 20 + Fraction(4, 5) * percent, line.score or 0.0, f"20 + 0.8 × {figure_text(percent)}")


def _band_of(z: Fraction) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two entries of the table that z lies between; beyond its ends the two outermost."""
    at = next((at for at, (edge, _) in enumerate(ERROR_BANDS) if z <= Fraction(str(edge))), len(ERROR_BANDS) - 1)
    at = max(at, 1)
    left, right = ERROR_BANDS[at - 1], ERROR_BANDS[at]
    return (f"{left[0]:.3f}", f"{left[1]:.3f}"), (f"{right[0]:.3f}", f"{right[1]:.3f}")


def _as_rated(line: DerivedLine, actual: Fraction) -> Iterator[Step]:
    del actual
    yield _score("score", n_("The mean of the grades is the score: %(score)s."), score=score_text(line.score or 0.0))


_SCORES: Final[Mapping[MethodName, Callable[[DerivedLine, Fraction], Iterator[Step]]]] = MappingProxyType(
    {
        MethodName.DEVIATION: _between,
        MethodName.RATIO: _between,
        MethodName.TARGET: _towards,
        MethodName.MILESTONE: _towards,
        MethodName.MIDTERM: _midterm,
        MethodName.TREND: _expected,
        MethodName.BETA: _expected,
        MethodName.QUALITATIVE: _as_rated,
    }
)


# --------------------------------------------------------------------------------------------- what it is held against


def reference_steps(line: DerivedLine) -> Iterator[Step]:
    """Where base, sigma, high, low and target come from, and what days present make of them."""
    yield from _REFERENCES[line.reference.defined](line)
    yield from _proration(line)


def _proration(line: DerivedLine) -> Iterator[Step]:
    terms = line.terms
    if line.days is None or terms.aggregate not in GROWS_WITH_DAYS:
        return
    d, whole = str(line.days[0]), str(line.days[1])
    yield _reference(
        "days_present",
        n_(
            "Days present: on %(present)s of the cycle's %(days)s days there was a posting, without leave and secondment."
        ),
        present=d,
        days=whole,
    )
    if line.score is None or terms.present == 1:
        return
    plain = resolve_reference(replace(terms, present=Fraction(1)))
    for code, text in (
        ("base", n_("Base for these days: %(formula)s = %(figure)s.")),
        ("sigma", n_("σ for these days: %(formula)s = %(figure)s.")),
        ("high", n_("High for these days: %(formula)s = %(figure)s.")),
        ("low", n_("Low for these days: %(formula)s = %(figure)s.")),
        ("target", n_("Target for these days: %(formula)s = %(figure)s.")),
    ):
        before, after = getattr(plain, code), getattr(line.reference, code)
        if before is not None and after is not None:
            formula = Formula(f"{_in_brackets(before)} × {d} / {whole}")
            yield _reference(f"prorated_{code}", text, formula=formula, figure=figure_text(after))


def _years(line: DerivedLine) -> Iterator[Step]:
    years = past_years(line.terms.past, line.terms.year)
    if years:
        values = Formula("; ".join(f"{year}: {figure_text(value)}" for year, value in years.items()))
        yield _reference("past_years", n_("Actuals of past years: %(values)s."), values=values)
    else:
        yield _reference("no_past_years", n_("There are no actuals of past years."))


def _sigma(values: list[Fraction], sigma: Fraction) -> dict[str, object]:
    mean = Fraction(sum(values), len(values))
    squares = added(f"({figure_text(value)} − {_in_brackets(mean)})²" for value in values)
    return {
        "n": str(len(values)),
        "mean": figure_text(mean),
        "formula": Formula(f"√(({squares}) / {len(values)})"),
        "sigma": figure_text(sigma),
    }


_BETTER_UP: Final = n_("Base = the higher of last year's %(last)s and the mean %(mean)s = %(base)s.")
_BETTER_DOWN: Final = n_("Less is better: base = the lower of last year's %(last)s and the mean %(mean)s = %(base)s.")


def _by_history(line: DerivedLine) -> Iterator[Step]:
    """Deviation and ratio."""
    terms = line.terms
    past = history(terms)
    yield from _years(line)
    yield from _exclusion(line)
    if past.sigma is not None:
        figures = _sigma([Fraction(value) for value in past.years.values()], past.sigma)
        text = n_(
            "σ, the population standard deviation of %(n)s years with the mean %(mean)s: %(formula)s = %(sigma)s."
        )
        yield _reference("sigma", text, **figures)
    elif past.years:
        yield _reference("no_sigma", n_("Fewer than three past years: there is no σ."))
    if "base" in line.decided:
        yield _by_line_decision(line, "base")
    elif terms.row.base is not None:
        text = n_("Base = %(base)s, given by the scorecard (coefficient and bounds do not touch it).")
        yield _reference("base_given", text, base=figure_text(terms.row.base))
    elif past.base is None or past.last is None or past.mean is None:
        yield _reference(
            "no_base", n_("There is no actual of %(year)s, so no base can be derived."), year=str(terms.year - 1)
        )
    else:
        yield from _derived_base(line, past.last, past.mean_years, past.mean, past.base)
    yield from _high_and_low(line, past.sigma, past.base)


def _exclusion(line: DerivedLine) -> Iterator[Step]:
    terms = line.terms
    past = history(terms)
    years = past_years(terms.past, terms.year)
    excluded = terms.row.excluded
    if excluded is None or excluded not in years or len(past.years) == len(years) or past.sigma is None:
        return
    whole = history(replace(terms, row=terms.row._replace(excluded=None)))
    text = n_(
        "%(year)s is left out as an outlier: σ of the other four, %(others)s, is at most half of σ of all five, %(all)s."
    )
    yield _reference(
        "excluded", text, year=str(excluded), others=figure_text(past.sigma), all=figure_text(_needed(whole.sigma))
    )
    if line.excluded_because:
        yield _reference("excluded_because", n_("The recorded reason: %(reason)s"), reason=line.excluded_because)
    if excluded == terms.year - 1 and past.last is not None:
        before = Fraction(years[excluded - 1])
        edge = before + terms.sign * 2 * past.sigma
        sign = "+" if line.is_up else "−"
        text = (
            n_("Last year counts as at most %(formula)s = %(edge)s: %(actual)s becomes %(last)s.")
            if line.is_up
            else n_("Last year counts as at least %(formula)s = %(edge)s: %(actual)s becomes %(last)s.")
        )
        yield _reference(
            "capped",
            text,
            formula=Formula(f"{figure_text(before)} {sign} 2 × {figure_text(past.sigma)}"),
            edge=figure_text(edge),
            actual=figure_text(years[excluded]),
            last=figure_text(past.last),
        )


def _derived_base(
    line: DerivedLine, last: Fraction, mean_years: tuple[int, ...], mean: Fraction, base: Fraction
) -> Iterator[Step]:
    terms = line.terms
    values = [last, *(Fraction(terms.past[year]) for year in mean_years[1:])]
    yield _reference(
        "mean",
        n_("Mean of %(years)s: %(formula)s = %(mean)s."),
        years=", ".join(map(str, mean_years)),
        formula=Formula(_mean_formula(values)),
        mean=figure_text(mean),
    )
    better = max(last, mean) if line.is_up else min(last, mean)
    text = _BETTER_UP if line.is_up else _BETTER_DOWN
    yield _reference("base", text, last=figure_text(last), mean=figure_text(mean), base=figure_text(better))
    if terms.row.coefficient is not None:
        formula = Formula(f"{_in_brackets(better)} × {figure_text(terms.row.coefficient)}")
        text = n_("Times the scorecard's coefficient: base = %(formula)s = %(base)s.")
        yield _reference("coefficient", text, formula=formula, base=figure_text(base))


_DECIDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "base": n_("Base = %(figure)s by decision %(decision)s (coefficient and bounds do not touch it)."),
        "high": n_("High = %(figure)s by decision %(decision)s."),
        "low": n_("Low = %(figure)s by decision %(decision)s."),
        "target": n_("Target = %(figure)s by decision %(decision)s."),
    }
)


def _by_line_decision(line: DerivedLine, name: str) -> Step:
    """A figure that was decided on (contract-cycle, 5)."""
    one = line.decided[name]
    value = "" if one.value is None else figure_text(one.value)
    return _reference(f"{name}_decided", _DECIDED[name], figure=value, decision=str(one.id))


def _high_and_low(line: DerivedLine, sigma: Fraction | None, derived: Fraction | None) -> Iterator[Step]:
    terms = line.terms
    row = terms.row
    base = derived if row.base is None else Fraction(row.base)
    method = terms.name
    has_to_derive = row.high is None or row.low is None
    if has_to_derive and base is not None and method == MethodName.DEVIATION and not sigma:
        method = MethodName.RATIO
        if sigma is None:
            yield _reference("became_ratio", n_("With fewer than three past years, deviation becomes ratio."))
        else:
            yield _reference("became_ratio", n_("All past years are equal: σ is 0, so deviation becomes ratio."))
    for name, given in (("high", row.high), ("low", row.low)):
        if name in line.decided:
            yield _by_line_decision(line, name)
        elif given is not None:
            text = (
                n_("High = %(figure)s, given by the scorecard.")
                if name == "high"
                else n_("Low = %(figure)s, given by the scorecard.")
            )
            yield _reference(f"{name}_given", text, figure=figure_text(given))
        elif base is not None:
            yield from _derived_edge(terms, name, method, base, sigma)


def _derived_edge(
    terms: LineTerms, name: str, method: MethodName, base: Fraction, sigma: Fraction | None
) -> Iterator[Step]:
    """A high or low by its method, class and direction, and what bounds make of it."""
    times = Fraction(SPREADS[method, terms.kpi_class][0 if name == "high" else 1])
    sign = terms.sign if name == "high" else -terms.sign
    of_sigma = method == MethodName.DEVIATION and sigma
    figure = base + sign * times * (sigma if of_sigma and sigma else base)
    if of_sigma and sigma:
        formula = f"{figure_text(base)} {'+' if sign > 0 else '−'} {figure_text(times)} × {figure_text(sigma)}"
    else:
        formula = f"{_in_brackets(base)} × {figure_text((1 + sign * times) * 100)} %"
    yield _reference(
        name, _EDGES[name, bool(of_sigma), terms.kpi_class], formula=Formula(formula), figure=figure_text(figure)
    )
    yield from _bounded(name, figure, terms.method.bounds)


_EDGES: Final[Mapping[tuple[str, bool, KpiClass], str]] = MappingProxyType(
    {
        ("high", True, KpiClass.MAIN): n_(
            "High (main business, two σ on the better side of the base) = %(formula)s = %(figure)s."
        ),
        ("low", True, KpiClass.MAIN): n_(
            "Low (main business, two σ on the worse side of the base) = %(formula)s = %(figure)s."
        ),
        ("high", True, KpiClass.MANAGEMENT): n_(
            "High (management, one σ on the better side of the base) = %(formula)s = %(figure)s."
        ),
        ("low", True, KpiClass.MANAGEMENT): n_(
            "Low (management, two σ on the worse side of the base) = %(formula)s = %(figure)s."
        ),
        ("high", False, KpiClass.MAIN): n_(
            "High (main business, a fifth of the base on its better side) = %(formula)s = %(figure)s."
        ),
        ("low", False, KpiClass.MAIN): n_(
            "Low (main business, a fifth of the base on its worse side) = %(formula)s = %(figure)s."
        ),
        ("high", False, KpiClass.MANAGEMENT): n_(
            "High (management, a tenth of the base on its better side) = %(formula)s = %(figure)s."
        ),
        ("low", False, KpiClass.MANAGEMENT): n_(
            "Low (management, a fifth of the base on its worse side) = %(formula)s = %(figure)s."
        ),
    }
)


def _bounded(name: str, figure: Fraction, bounds: Bounds) -> Iterator[Step]:
    for bound, crossed, texts in (
        (
            bounds.min,
            bounds.min is not None and figure < Fraction(bounds.min),
            (
                n_("It cannot be below %(bound)s: high = %(bound)s."),
                n_("It cannot be below %(bound)s: low = %(bound)s."),
            ),
        ),
        (
            bounds.max,
            bounds.max is not None and figure > Fraction(bounds.max),
            (
                n_("It cannot be above %(bound)s: high = %(bound)s."),
                n_("It cannot be above %(bound)s: low = %(bound)s."),
            ),
        ),
    ):
        if crossed and bound is not None:
            yield _reference(f"{name}_bounded", texts[0 if name == "high" else 1], bound=figure_text(bound))


def _by_decision(told_of: SetTarget) -> Iterator[Step]:
    """A target that a person set, and the folder's own figure beside it; then who set it, and why."""
    target, day = figure_text(told_of.target), told_of.day.isoformat()
    if told_of.folder is None:
        text = n_("Target = %(target)s, set in the application on %(day)s; the folder gives none.")
        yield _reference("target_set", text, target=target, day=day)
    else:
        text = n_("Target = %(target)s, set in the application on %(day)s; the folder gives %(folder)s.")
        yield _reference("target_set", text, target=target, day=day, folder=figure_text(told_of.folder))
    if told_of.by and told_of.why:
        yield _reference("target_set_by", n_("It was set by %(by)s: “%(why)s”"), by=told_of.by, why=told_of.why)
    elif told_of.by:
        yield _reference("target_set_by", n_("It was set by %(by)s, without a reason."), by=told_of.by)


def _by_target(line: DerivedLine) -> Iterator[Step]:
    row = line.terms.row
    if "target" in line.decided:
        yield _by_line_decision(line, "target")
    elif line.set_target is not None:
        yield from _by_decision(line.set_target)
    elif row.target is not None:
        yield _reference(
            "target_given", n_("Target = %(target)s, given by the scorecard."), target=figure_text(row.target)
        )
    else:
        yield _reference("no_target", n_("The scorecard gives no target."))


def _by_milestones(line: DerivedLine) -> Iterator[Step]:
    terms = line.terms
    named = terms.method.targets
    values = Formula("; ".join(f"{one.year}: {figure_text(one.value)}" for one in named))
    yield _reference("milestones", n_("Targets of named years: %(values)s."), values=values)
    if "target" in line.decided:
        yield _by_line_decision(line, "target")
        return
    if line.set_target is not None:
        yield from _by_decision(line.set_target)
        return
    if terms.row.target is not None:
        text = n_("Target = %(target)s, given by the scorecard, which goes before.")
        yield _reference("target_given", text, target=figure_text(terms.row.target))
        return
    target = resolve_reference(replace(terms, present=Fraction(1))).target
    before = max((one for one in named if one.year <= terms.year), key=lambda one: one.year, default=None)
    after = min((one for one in named if one.year >= terms.year), key=lambda one: one.year, default=None)
    if target is None:
        yield _reference("no_target", n_("The target of this year is 0."))
    elif before is not None and after is not None and before.year != after.year:
        first, last = figure_text(before.value), _in_brackets(Fraction(before.value))
        formula = f"{first} + ({figure_text(after.value)} − {last}) × ({terms.year} − {before.year}) / ({after.year} − {before.year})"
        text = n_("Between two named years the target lies on the line that joins them: %(formula)s = %(target)s.")
        yield _reference("target_interpolated", text, formula=Formula(formula), target=figure_text(target))
    else:
        nearest = before or after
        year = str(nearest.year) if nearest is not None else ""
        text = n_("Target = %(target)s, that of %(year)s.")
        yield _reference("target_named", text, target=figure_text(target), year=year)


def _by_path(line: DerivedLine) -> Iterator[Step]:
    """Mid-term: the straight path from start to goal, and where it was left for the better."""
    terms = line.terms
    start, goal = terms.method.start, terms.method.goal
    if start is None or goal is None:
        return
    yield _reference(
        "path",
        n_(
            "The path leads from %(start)s in %(start_year)s to %(goal)s in %(goal_year)s: α = %(formula)s = %(alpha)s a year."
        ),
        start=figure_text(start.value),
        start_year=str(start.year),
        goal=figure_text(goal.value),
        goal_year=str(goal.year),
        formula=Formula(
            f"({figure_text(goal.value)} − {_in_brackets(Fraction(start.value))}) / ({goal.year} − {start.year})"
        ),
        alpha=figure_text((Fraction(goal.value) - Fraction(start.value)) / (goal.year - start.year)),
    )
    if not start.year < terms.year <= goal.year:
        return
    for year in (midterm_year(terms, terms.year), *line.reference.years_before):
        yield from _year_of_path(line, year)


def _year_of_path(line: DerivedLine, year: MidtermYear) -> Iterator[Step]:
    start, goal = line.terms.method.start, line.terms.method.goal
    if start is None or goal is None:
        return
    slope = (Fraction(goal.value) - Fraction(start.value)) / (goal.year - start.year)
    formula = Formula(f"{figure_text(start.value)} + {_in_brackets(slope)} × ({year.year} − 1 − {start.year})")
    if year.base == year.line and year.alpha == slope:
        text = n_("Base of %(year)s = where the path stands a year before: %(formula)s = %(base)s.")
        yield _reference("path_base", text, year=str(year.year), formula=formula, base=figure_text(year.base))
    else:
        rest = Formula(f"({figure_text(goal.value)} − {_in_brackets(year.base)}) / ({goal.year} − {year.year} + 1)")
        yield _reference(
            "path_ahead",
            n_(
                "The actual of %(before)s, %(base)s, was better than the path (%(formula)s = %(line)s): it is the base of %(year)s, and α = %(rest)s = %(alpha)s."
            ),
            before=str(year.year - 1),
            base=figure_text(year.base),
            formula=formula,
            line=figure_text(year.line),
            year=str(year.year),
            rest=rest,
            alpha=figure_text(year.alpha),
        )
    steps = _in_brackets(year.alpha)
    yield _reference(
        "path_edges",
        n_("High and low of %(year)s = base ± 2α: %(high_formula)s = %(high)s and %(low_formula)s = %(low)s."),
        year=str(year.year),
        high_formula=Formula(f"{figure_text(year.base)} + 2 × {steps}"),
        high=figure_text(year.high),
        low_formula=Formula(f"{figure_text(year.base)} − 2 × {steps}"),
        low=figure_text(year.low),
    )


def _by_trend(line: DerivedLine) -> Iterator[Step]:
    """Regression over past years, x counted in years."""
    yield from _years(line)
    years = past_years(line.terms.past, line.terms.year)
    n = len(years)
    plain = resolve_reference(replace(line.terms, present=Fraction(1)))
    if n < 3:
        return
    xs = [Fraction(year) for year in years]
    ys = [Fraction(value) for value in years.values()]
    zero = Fraction(0)
    x_mean, y_mean = sum(xs, start=zero) / n, sum(ys, start=zero) / n
    sxx = sum(((x - x_mean) * (x - x_mean) for x in xs), start=zero)
    sxy = sum(((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)), start=zero)
    slope = sxy / sxx
    expected = y_mean + slope * (line.terms.year - x_mean)
    gaps = [y - y_mean - slope * (x - x_mean) for x, y in zip(xs, ys, strict=True)]
    left = sum((gap * gap for gap in gaps), start=zero)
    means = {"x_mean": figure_text(x_mean), "y_mean": figure_text(y_mean)}
    yield _reference(
        "regression",
        n_(
            "The line through the past years: slope b = Σ(x − x̄)(y − ȳ) / Σ(x − x̄)² = %(formula)s = %(slope)s, with x̄ = %(x_mean)s and ȳ = %(y_mean)s."
        ),
        formula=Formula(f"{_in_brackets(sxy)} / {figure_text(sxx)}"),
        slope=figure_text(slope),
        **means,
    )
    yield _reference(
        "expected",
        n_("Expected for %(year)s = ȳ + b × (%(year)s − x̄) = %(formula)s = %(expected)s, shown as base."),
        year=str(line.terms.year),
        formula=Formula(f"{figure_text(y_mean)} + {_in_brackets(slope)} × ({line.terms.year} − {figure_text(x_mean)})"),
        expected=figure_text(expected),
    )
    if plain.sigma is None:
        yield _reference("no_error", n_("All past years lie on the line: S is 0."))
        return
    yield _reference(
        "error",
        n_("S = √(Σ(y − ŷ)² / (n − 2) × (1 + 1/n + (X − x̄)² / Σ(x − x̄)²)) = %(formula)s = %(error)s, shown as σ."),
        formula=Formula(
            f"√({figure_text(left)} / ({n} − 2) × (1 + 1/{n} + ({line.terms.year} − {figure_text(x_mean)})² / {figure_text(sxx)}))"
        ),
        error=figure_text(plain.sigma),
    )


def _by_beta(line: DerivedLine) -> Iterator[Step]:
    yield from _years(line)
    years = past_years(line.terms.past, line.terms.year)
    if len(years) < 3:
        return
    most, least = Fraction(max(years.values())), Fraction(min(years.values()))
    best, worst = (most, least) if line.is_up else (least, most)
    last_year, last = next(iter(years.items()))
    yield _reference(
        "expected_of_three",
        n_("Expected = (best + 4 × last + worst) / 6, last being %(year)s: %(formula)s = %(expected)s, shown as base."),
        year=str(last_year),
        formula=Formula(f"({figure_text(best)} + 4 × {_in_brackets(Fraction(last))} + {_in_brackets(worst)}) / 6"),
        expected=figure_text((most + 4 * Fraction(last) + least) / 6),
    )
    yield _reference(
        "error_of_three",
        n_("S = (highest − lowest) / 6 = %(formula)s = %(error)s, shown as σ."),
        formula=Formula(f"({figure_text(most)} − {_in_brackets(least)}) / 6"),
        error=figure_text((most - least) / 6),
    )


def _by_raters(line: DerivedLine) -> Iterator[Step]:
    del line
    yield _reference(
        "nine_grades", n_("The nine grades are worth A+ 100, A0 90, B+ 80, B0 70, C 60, D+ 50, D0 40, E+ 30 and E0 20.")
    )


_REFERENCES: Final[Mapping[MethodName, Callable[[DerivedLine], Iterator[Step]]]] = MappingProxyType(
    {
        MethodName.DEVIATION: _by_history,
        MethodName.RATIO: _by_history,
        MethodName.TARGET: _by_target,
        MethodName.MILESTONE: _by_milestones,
        MethodName.MIDTERM: _by_path,
        MethodName.TREND: _by_trend,
        MethodName.BETA: _by_beta,
        MethodName.QUALITATIVE: _by_raters,
    }
)
