"""What a KPI is: its versions, and in each of them the measure that makes the actual and the method that makes the score.

A KPI's definition is data; no code knows a KPI's name.
A KPI has no method or measure of its own, only its *version* of a cycle has:
ask :meth:`Kpi.version` with the cycle that is scored, never the newest one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.rules.documents import plain_number
from app.rules.rhythm import Rhythm
from app.rules.terms import CountsFrom, Direction, KpiClass

__all__ = [
    "AGGREGATES",
    "AMOUNT_ACTIVITIES",
    "COUNTED_AGGREGATES",
    "DISTINCT_OF",
    "HS_CODE_ACTIVITIES",
    "MEASURED_ACTIVITIES",
    "METHOD_NAMES",
    "PRORATED_AGGREGATES",
    "Bounds",
    "Example",
    "Kpi",
    "KpiVersion",
    "Measure",
    "Method",
    "Slice",
    "Target",
    "Translated",
    "Where",
    "confirmed_types",
    "kpi_document",
    "terms_document",
    "words_document",
]

MEASURED_ACTIVITIES: Final = ("export_consult", "export_deal", "new_buyer")
"""The types of activity that a measure may ask for."""
AMOUNT_ACTIVITIES: Final = ("export_consult", "export_deal")
"""Those that may carry an amount, which sums and means need."""
HS_CODE_ACTIVITIES: Final = ("export_deal",)
COUNTED_AGGREGATES: Final = ("count", "sum", "distinct", "mean")
"""The aggregates that look at activities of one type."""
PRORATED_AGGREGATES: Final = ("count", "sum", "distinct")
"""Those whose figures grow with the days worked, so that an employee's are prorated ("Scores, exactly")."""
AGGREGATES: Final = (*COUNTED_AGGREGATES, "ratio", "given", "rating")
DISTINCT_OF: Final = ("buyer", "company")
METHOD_NAMES: Final = ("deviation", "ratio", "target", "milestone", "midterm", "trend", "beta", "qualitative")


@dataclass(frozen=True, slots=True)
class Translated:
    """A name in the languages of the product; what is not translated falls back to English."""

    en: str
    ko: str | None = None
    es: str | None = None

    def in_language(self, language: str) -> str:
        """The name in a language (``ko``, ``es-CL``), else in English."""
        return {"ko": self.ko, "es": self.es}.get(language[:2]) or self.en

    def __str__(self) -> str:
        """The English name."""
        return self.en


@dataclass(frozen=True, slots=True)
class Where:
    """Which activities a measure looks at: those of the buyer's countries and of the HS codes with one of the prefixes.

    Empty means no filter. Both are kept sorted and without repetition, so that equal filters are equal values.
    """

    countries: tuple[str, ...] = ()
    hs_prefixes: tuple[str, ...] = ()

    def matches(self, country: str | None, hs_code: str | None) -> bool:
        """Whether an activity with this buyer's country and HS code passes; what is absent passes no filter."""
        if self.countries and country not in self.countries:
            return False
        return not self.hs_prefixes or (hs_code is not None and hs_code.startswith(self.hs_prefixes))


@dataclass(frozen=True, slots=True)
class Slice:
    """The activities that a measure asks for: those of one type that pass a filter. Totals are kept by slice."""

    activity: str
    where: Where = Where()

    @property
    def key(self) -> str:
        """A text that names the slice, the same in every process and on every day."""
        return f"{self.activity}|{','.join(self.where.countries)}|{','.join(self.where.hs_prefixes)}"

    def matches(self, activity_type: str, country: str | None, hs_code: str | None) -> bool:
        """Whether an activity lies in the slice."""
        return activity_type == self.activity and self.where.matches(country, hs_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What an actual is made of. A ``ratio`` has a numerator and a denominator, the others of activities a slice."""

    aggregate: str
    activity: str | None = None
    of: str | None = None
    where: Where = Where()
    numerator: Measure | None = None
    denominator: Measure | None = None

    @property
    def slice(self) -> Slice | None:
        """The activities it looks at; None where it looks at none by itself (``ratio``, ``given``, ``rating``)."""
        return None if self.activity is None else Slice(self.activity, self.where)

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures that look at activities: itself, a ratio's two, or none."""
        if self.numerator is not None and self.denominator is not None:
            return (*self.numerator.parts, *self.denominator.parts)
        return () if self.activity is None else (self,)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a derived high or low is held within (``deviation`` and ``ratio``)."""

    min: Decimal | None = None
    max: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A value that is to be reached in a year, or from which a midterm path starts."""

    year: int
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How an actual becomes a score (domain.md 3), with the parameters that stand beside the name."""

    name: str
    bounds: Bounds = Bounds()
    start: Target | None = None
    goal: Target | None = None
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiVersion:
    """A KPI's whole definition from one cycle on; ``from_cycle`` is None for the first text, which held ever before."""

    from_cycle: int | None
    name: Translated
    goal: str
    kpi_class: KpiClass
    direction: Direction
    unit: Translated
    measure: Measure
    counts_from: CountsFrom
    method: Method
    rhythm: Rhythm | None = None
    """Of a KPI that is given: when its figures are due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A worked figure beside a definition, for its readers and for the tests; scoring ignores it.

    ``history`` holds the past years' actuals, the oldest first and last year's last.
    """

    actual: Decimal
    score: Decimal
    history: tuple[Decimal, ...] = ()
    cycle: int | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key performance indicator: its code and its versions, the first text first."""

    code: str
    versions: tuple[KpiVersion, ...]
    since: int | None = None
    examples: tuple[Example, ...] = ()

    def version(self, cycle: int) -> KpiVersion:
        """The version that scores a cycle."""
        return [one for one in self.versions if one.from_cycle is None or one.from_cycle <= cycle][-1]

    def before(self, cycle: int) -> KpiVersion | None:
        """The version before, where the cycle is the first one of a version; else None.

        In that cycle its score stands beside the new one as ``old_score`` ("KPI definitions").
        """
        for earlier, later in zip(self.versions, self.versions[1:], strict=False):
            if later.from_cycle == cycle:
                return earlier
        return None


def confirmed_types(kpis: Iterable[Kpi], cycle: int) -> set[str]:
    """The types whose entries a KPI of a cycle counts once they are confirmed: by what scores it, or by the version before that stands beside."""
    types: set[str] = set()
    for kpi in kpis:
        for version in (kpi.version(cycle), kpi.before(cycle)):
            if version is not None and version.counts_from is CountsFrom.CONFIRMED:
                types.update(part.activity for part in version.measure.parts if part.activity)
                types.update({"figure"} if version.measure.aggregate == "given" else ())
    return types


def words_document(words: Translated) -> dict[str, object]:
    """A name as a plain document."""
    named = (("en", words.en), ("ko", words.ko), ("es", words.es))
    return {language: text for language, text in named if text}


def _unit_document(unit: Translated) -> object:
    """A unit as it was written: a plain text, or words by language."""
    return unit.en if unit.ko is None and unit.es is None else words_document(unit)


def _measure_document(measure: Measure) -> dict[str, object]:
    document: dict[str, object] = {"aggregate": measure.aggregate}
    if measure.activity is not None:
        document["activity"] = measure.activity
    if measure.of is not None:
        document["of"] = measure.of
    where: dict[str, object] = {}
    if measure.where.countries:
        where["country"] = list(measure.where.countries)
    if measure.where.hs_prefixes:
        where["hs_code"] = list(measure.where.hs_prefixes)
    if where:
        document["where"] = where
    if measure.numerator is not None and measure.denominator is not None:
        document["numerator"] = _measure_document(measure.numerator)
        document["denominator"] = _measure_document(measure.denominator)
    return document


def _method_document(method: Method) -> dict[str, object]:
    document: dict[str, object] = {"name": method.name}
    named = (("min", method.bounds.min), ("max", method.bounds.max))
    bounds = {key: plain_number(bound) for key, bound in named if bound is not None}
    if bounds:
        document["bounds"] = bounds
    for key, target in (("start", method.start), ("goal", method.goal)):
        if target is not None:
            document[key] = {"year": target.year, "value": plain_number(target.value)}
    if method.targets:
        document["targets"] = {str(target.year): plain_number(target.value) for target in method.targets}
    return document


def _rhythm_document(rhythm: Rhythm | None) -> dict[str, object]:
    return {} if rhythm is None else {"rhythm": {"every": str(rhythm.every), "by_day": rhythm.by_day}}


def _version_document(version: KpiVersion) -> dict[str, object]:
    first: dict[str, object] = {} if version.from_cycle is None else {"from": version.from_cycle}
    return (
        first
        | {
            "name": words_document(version.name),
            "goal": version.goal,
            "class": str(version.kpi_class),
            "direction": str(version.direction),
            "unit": _unit_document(version.unit),
            "measure": _measure_document(version.measure),
            "counts_from": str(version.counts_from),
            "method": _method_document(version.method),
        }
        | _rhythm_document(version.rhythm)
    )


def terms_document(version: KpiVersion) -> dict[str, object]:
    """What of a version decides how it is measured and scored: who has agreed to a line has agreed to that."""
    return {
        "direction": str(version.direction),
        "measure": _measure_document(version.measure),
        "counts_from": str(version.counts_from),
        "method": _method_document(version.method),
    }


def _example_document(example: Example) -> dict[str, object]:
    document: dict[str, object] = {"actual": plain_number(example.actual), "score": plain_number(example.score)}
    if example.history:
        document["history"] = [plain_number(actual) for actual in example.history]
    if example.cycle is not None:
        document["cycle"] = example.cycle
    if example.target is not None:
        document["target"] = plain_number(example.target)
    return document


def kpi_document(kpi: Kpi) -> dict[str, object]:
    """A KPI as a plain document, each version in full, that reads back as an equal value."""
    document: dict[str, object] = {"code": kpi.code} | _version_document(kpi.versions[0])
    if kpi.since is not None:
        document["since"] = kpi.since
    if len(kpi.versions) > 1:
        document["versions"] = [_version_document(version) for version in kpi.versions[1:]]
    if kpi.examples:
        document["examples"] = [_example_document(example) for example in kpi.examples]
    return document
