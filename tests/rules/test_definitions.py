"""Definitions as values: versions, slices, defaults, and every mistake as a finding (contract, "KPI definitions")."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plain.findings import Finding, Level
from app.rules import activities, baseline, documents, event_types, kpis, measures, methods
from app.rules.definitions import (
    AGGREGATES,
    METHOD_NAMES,
    Definitions,
    Document,
    Kpi,
    Measure,
    Slice,
    Target,
    Where,
    measures_of,
    read,
)
from app.rules.kpis import kpi_document
from app.rules.policies import (
    DEFAULT_POLICIES,
    CalibrationPolicy,
    GradeRules,
    ObjectionPolicy,
    Policies,
    PromotionPolicy,
    ReviewPolicy,
    policies_document,
)
from app.rules.terms import CountsFrom, Direction, Job, KpiClass

GOALS: dict[str, Any] = {
    "goals": [
        {
            "code": "exports_grow",
            "name": {"en": "Exports grow", "ko": "수출 확대", "es": "Las exportaciones crecen"},
            "perspective": "customer",
            "tasks": [{"code": "deals", "name": {"en": "Deals"}}, {"code": "buyers", "name": {"en": "Buyers"}}],
        }
    ]
}


def kpi(**changes: Any) -> dict[str, Any]:
    """A sound KPI with some members changed; those that are ``...`` are left out."""
    sound: dict[str, Any] = {
        "code": "value",
        "name": {"en": "Value"},
        "goal": "deals",
        "class": "main",
        "direction": "up",
        "unit": "USD",
        "measure": {"activity": "export_deal", "aggregate": "sum", "of": "amount_usd"},
        "counts_from": "verified",
        "method": {"name": "deviation"},
    }
    return {key: value for key, value in (sound | changes).items() if value is not ...}


def reading(*contents: Any, policies: Any = None, goals: Any = GOALS) -> tuple[Definitions, list[Finding]]:
    """What comes of goals, KPIs and policies."""
    sources = [Document(content=content, kind="kpi", file=f"{number}.yaml") for number, content in enumerate(contents)]
    if goals is not None:
        sources.append(Document(content=goals, kind="goals", file="goals.yaml"))
    if policies is not None:
        sources.append(Document(content=policies, kind="policies", file="policies.yaml"))
    return read(sources)


def one(**changes: Any) -> Kpi:
    """The KPI that is read without a finding."""
    definitions, findings = reading(kpi(**changes))
    assert findings == []
    return definitions.kpis["value"]


def test_a_cycle_is_scored_by_the_version_of_its_year() -> None:
    """Each version names only what it changes of what held before; a member that it names is replaced whole."""
    of_years = one(
        since=2019,
        measure={"activity": "export_deal", "aggregate": "sum", "of": "amount_usd", "where": {"country": ["DE", "AT"]}},
        method={"name": "deviation", "bounds": {"min": 0}},
        versions=[
            {"from": 2024, "class": "management", "method": {"name": "ratio"}},
            {"from": 2027, "counts_from": "confirmed", "measure": {"activity": "export_deal", "aggregate": "count"}},
        ],
    )
    first, second, third = of_years.versions
    assert [of_years.version(cycle) for cycle in (1999, 2023, 2024, 2026, 2027, 2050)] == [
        *(first, first, second, second, third, third)
    ]
    assert (first.kpi_class, first.method.bounds.min) == (KpiClass.MAIN, Decimal(0))
    assert (second.kpi_class, second.method.name, second.method.bounds.min) == (KpiClass.MANAGEMENT, "ratio", None)
    assert (second.measure, second.counts_from) == (first.measure, CountsFrom.VERIFIED)
    assert (third.kpi_class, third.method.name, third.measure.where) == (KpiClass.MANAGEMENT, "ratio", Where())
    assert third.counts_from is CountsFrom.CONFIRMED


def test_the_version_before_stands_beside_the_first_cycle_of_a_version_only() -> None:
    of_years = one(versions=[{"from": 2024, "direction": "down"}])
    assert [of_years.before(cycle) for cycle in (2023, 2024, 2025)] == [None, of_years.versions[0], None]
    assert of_years.version(2024).direction is Direction.DOWN


def test_name_unit_and_goal_may_change_with_a_version_too() -> None:
    of_years = one(versions=[{"from": 2024, "name": {"en": "Worth"}, "unit": "EUR", "goal": "buyers"}])
    assert [(version.name.en, version.unit.en, version.goal) for version in of_years.versions] == [
        ("Value", "USD", "deals"),
        ("Worth", "EUR", "buyers"),
    ]


def test_a_unit_is_one_text_or_words_by_language() -> None:
    """USD is USD everywhere; cases are 건 to a Korean reader (issue 11). Either reads back as it was written."""
    plain, spoken = one(unit="USD"), one(unit={"en": "cases", "ko": "건", "es": "casos"})
    assert [plain.versions[0].unit.in_language(language) for language in ("en", "ko", "es")] == ["USD"] * 3
    assert [spoken.versions[0].unit.in_language(language) for language in ("en", "ko", "es")] == [
        "cases",
        "건",
        "casos",
    ]
    assert kpi_document(plain)["unit"] == "USD"
    assert kpi_document(spoken)["unit"] == {"en": "cases", "ko": "건", "es": "casos"}


def test_names_fall_back_to_english() -> None:
    name = one(name={"en": "Value", "ko": "금액"}).versions[0].name
    assert [name.in_language(language) for language in ("en", "ko", "ko-KR", "es", "es-CL")] == [
        *("Value", "금액", "금액", "Value", "Value")
    ]


def test_what_is_left_out_has_its_default() -> None:
    """Deviation is the default method (domain.md 3); what is given or rated has no states to count from."""
    version = one(measure={"aggregate": "given"}, method=..., counts_from=...).versions[0]
    assert (version.method.name, version.counts_from) == ("deviation", CountsFrom.ENTERED)


def test_parameters_of_methods_are_kept_exactly() -> None:
    milestone = one(method={"name": "milestone", "targets": {2025: 5, "2021": Decimal("3.1")}}).versions[0].method
    assert milestone.targets == (Target(2021, Decimal("3.1")), Target(2025, Decimal(5)))
    path = {"start": {"year": 2023, "value": 40}, "goal": {"year": 2028, "value": 90}}
    midterm = one(method={"name": "midterm", **path}).versions[0].method
    assert (midterm.start, midterm.goal) == (Target(2023, Decimal(40)), Target(2028, Decimal(90)))
    bounds = one(method={"name": "ratio", "bounds": {"max": Decimal("0.1")}}).versions[0].method.bounds
    assert (bounds.min, bounds.max) == (None, Decimal("0.1"))


def test_a_group_is_a_list_or_a_mapping_with_kpis() -> None:
    two = [kpi(), kpi(code="other")]
    for group in (two, {"kpis": two}):
        definitions, findings = reading(group)
        assert (list(definitions.kpis), findings) == (["other", "value"], [])


def test_slices_are_what_any_version_of_any_kpi_asks_for() -> None:
    """Equal filters in another order or with repetitions are one slice; what is given or rated asks for none; business figures ask for three."""
    ratio = {
        "aggregate": "ratio",
        "numerator": {"activity": "export_deal", "aggregate": "count", "where": {"hs_code": ["9018", 8509, "8509"]}},
        "denominator": {"activity": "export_consult", "aggregate": "count"},
    }
    eu = {"activity": "export_deal", "aggregate": "distinct", "of": "buyer", "where": {"country": ["AT", "DE"]}}
    again = {**eu, "aggregate": "count", "where": {"country": ["DE", "AT", "DE"]}}
    definitions, findings = reading(
        kpi(measure=ratio, versions=[{"from": 2026, "measure": eu}]),
        kpi(code="b", measure={k: v for k, v in again.items() if k != "of"}),
        kpi(code="c", measure={"aggregate": "given"}),
        kpi(code="d", measure={"aggregate": "rating"}, method={"name": "qualitative"}),
    )
    assert findings == []
    of_kpis = ["export_consult||", "export_deal|AT,DE|", "export_deal||8509,9018"]
    of_business_figures = ["export_consult||", "export_deal||", "new_buyer||"]
    assert [piece.key for piece in measures_of(definitions)] == sorted({*of_kpis, *of_business_figures})


@pytest.mark.parametrize(
    ("where", "activity", "country", "hs_code", "is_inside"),
    [
        (Where(), "export_deal", "AT", None, True),
        (Where(), "export_consult", "AT", None, False),
        (Where(countries=("AT", "DE")), "export_deal", "DE", "85", True),
        (Where(countries=("AT", "DE")), "export_deal", "FR", "85", False),
        (Where(hs_prefixes=("85", "330499")), "export_deal", "FR", "8509", True),
        (Where(hs_prefixes=("85", "330499")), "export_deal", "FR", "3304", False),
        (Where(hs_prefixes=("85", "330499")), "export_deal", "FR", None, False),
        (Where(countries=("AT",), hs_prefixes=("85",)), "export_deal", "AT", "84", False),
        (Where(countries=("AT",), hs_prefixes=("85",)), "export_deal", "AT", "85", True),
    ],
)
def test_an_activity_is_in_a_slice_when_type_and_every_filter_agree(
    where: Where, activity: str, country: str, hs_code: str | None, is_inside: bool
) -> None:
    assert Slice("export_deal", where).matches(activity, country, hs_code) is is_inside


def test_the_names_of_the_rules_agree() -> None:
    """Aggregates, methods and activities stand in several modules; none knows one that another does not."""
    assert tuple(measures.Aggregate) == AGGREGATES
    assert tuple(baseline.MethodName) == METHOD_NAMES
    assert tuple(str(name) for name in methods.METHODS) == METHOD_NAMES
    fields = {name: {field.name for field in kind.fields} for name, kind in activities.ACTIVITY_TYPES.items()}
    assert kpis.MEASURED_ACTIVITIES == event_types.DEALT_WITH
    assert set(fields) - set(event_types.DEALT_WITH) == {"figure"}
    assert tuple(name for name in fields if "amount" in fields[name]) == kpis.AMOUNT_ACTIVITIES
    assert tuple(name for name in fields if "hs_code" in fields[name]) == kpis.HS_CODE_ACTIVITIES


COUNT = {"activity": "export_deal", "aggregate": "count"}
SUM = {"activity": "export_deal", "aggregate": "sum", "of": "amount_usd"}
PATH = {"start": {"year": 2023, "value": 40}, "goal": {"year": 2028, "value": 90}}
MISTAKES = [
    # Members.
    ({"goal": ...}, "missing_member", ""),
    ({"unit": ...}, "missing_member", ""),
    ({"counts_from": ...}, "missing_member", ""),
    ({"colour": "red"}, "unknown_member", "colour"),
    ({"code": "a b"}, "not_expected", "code"),
    ({"code": "-a"}, "not_expected", "code"),
    ({"code": "x" * 41}, "not_expected", "code"),
    ({"code": None}, "not_expected", "code"),
    ({"name": "Value"}, "not_expected", "name"),
    ({"name": {"ko": "금액"}}, "missing_member", "name"),
    ({"name": {"en": " "}}, "text_length", "name.en"),
    ({"name": {"en": "a\0"}}, "text_characters", "name.en"),
    ({"name": {"en": "a\ud800"}}, "text_characters", "name.en"),
    ({"name": {"en": "a", "fr": "b"}}, "unknown_member", "name.fr"),
    ({"goal": "nothing"}, "unknown_task", "goal"),
    ({"goal": "exports_grow"}, "unknown_task", "goal"),
    ({"class": "minor"}, "not_a_choice", "class"),
    ({"direction": True}, "not_a_choice", "direction"),
    ({"unit": ["USD"]}, "not_expected", "unit"),
    ({"counts_from": "final"}, "not_a_choice", "counts_from"),
    # Measures.
    ({"measure": "count"}, "not_expected", "measure"),
    ({"measure": {}}, "missing_member", "measure"),
    ({"measure": {"aggregate": "median"}}, "not_a_choice", "measure.aggregate"),
    ({"measure": {"aggregate": "count"}}, "missing_member", "measure"),
    ({"measure": {**COUNT, "activity": "fair"}}, "not_a_choice", "measure.activity"),
    ({"measure": {**COUNT, "of": "buyer"}}, "unknown_member", "measure.of"),
    ({"measure": {**SUM, "of": "buyer"}}, "not_a_choice", "measure.of"),
    ({"measure": {**SUM, "aggregate": "mean", "of": "company"}}, "not_a_choice", "measure.of"),
    ({"measure": {**SUM, "aggregate": "distinct"}}, "not_a_choice", "measure.of"),
    ({"measure": {"activity": "export_deal", "aggregate": "sum"}}, "missing_member", "measure"),
    ({"measure": {"aggregate": "given", "activity": "export_deal"}}, "unknown_member", "measure.activity"),
    ({"measure": {"aggregate": "ratio", "numerator": COUNT}}, "missing_member", "measure"),
    (
        {"measure": {"aggregate": "ratio", "numerator": COUNT, "denominator": {"aggregate": "given"}}},
        "not_a_choice",
        "measure.denominator.aggregate",
    ),
    (
        {"measure": {"aggregate": "ratio", "numerator": {"aggregate": "ratio"}, "denominator": COUNT}},
        "not_a_choice",
        "measure.numerator.aggregate",
    ),
    ({"measure": {**COUNT, "where": {"country": "AT"}}}, "not_expected", "measure.where.country"),
    ({"measure": {**COUNT, "where": {"country": []}}}, "too_few_items", "measure.where.country"),
    ({"measure": {**COUNT, "where": {"country": ["AT", False]}}}, "not_expected", "measure.where.country[1]"),
    ({"measure": {**COUNT, "where": {"country": ["at"]}}}, "not_expected", "measure.where.country[0]"),
    ({"measure": {**COUNT, "where": {"country": ["XK"]}}}, "not_expected", "measure.where.country[0]"),
    ({"measure": {**COUNT, "where": {"hs_code": ["85.09"]}}}, "not_expected", "measure.where.hs_code[0]"),
    ({"measure": {**COUNT, "where": {"hs_code": [-1]}}}, "not_expected", "measure.where.hs_code[0]"),
    ({"measure": {**COUNT, "where": {"buyer": ["x"]}}}, "unknown_member", "measure.where.buyer"),
    # Methods.
    ({"method": "deviation"}, "not_expected", "method"),
    ({"method": {"name": "guess"}}, "not_a_choice", "method.name"),
    ({"method": {"bounds": {"min": 0}}}, "missing_member", "method"),
    ({"method": {"name": "trend", "bounds": {"min": 0}}}, "unknown_member", "method.bounds"),
    ({"method": {"name": "ratio", "bounds": {"min": 2, "max": 1}}}, "bounds_order", "method.bounds"),
    ({"method": {"name": "ratio", "bounds": {"min": "low"}}}, "not_expected", "method.bounds.min"),
    ({"method": {"name": "ratio", "bounds": {"min": Decimal("NaN")}}}, "not_expected", "method.bounds.min"),
    ({"method": {"name": "ratio", "bounds": {"min": Decimal("1E+9999")}}}, "number_size", "method.bounds.min"),
    ({"method": {"name": "ratio", "bounds": {"min": Decimal("1E-13")}}}, "number_size", "method.bounds.min"),
    ({"method": {"name": "milestone"}}, "missing_member", "method"),
    ({"method": {"name": "milestone", "targets": {}}}, "no_targets", "method.targets"),
    ({"method": {"name": "milestone", "targets": [3, 5]}}, "not_expected", "method.targets"),
    ({"method": {"name": "milestone", "targets": {"soon": 3}}}, "not_a_year", "method.targets.soon"),
    ({"method": {"name": "milestone", "targets": {2021: True}}}, "not_expected", "method.targets.2021"),
    ({"method": {"name": "midterm", "start": PATH["start"]}}, "missing_member", "method"),
    ({"method": {"name": "midterm", "start": PATH["goal"], "goal": PATH["start"]}}, "midterm_years", "method.goal"),
    ({"method": {"name": "midterm", **PATH, "start": {"year": 2023}}}, "missing_member", "method.start"),
    (
        {"method": {"name": "midterm", **PATH, "start": {"year": Decimal("2023.5"), "value": 1}}},
        "not_expected",
        "method.start.year",
    ),
    ({"method": {"name": "qualitative"}}, "rating_method", "method"),
    ({"measure": {"aggregate": "rating"}}, "rating_method", "method"),
    # Versions.
    ({"versions": {"from": 2026}}, "not_expected", "versions"),
    ({"versions": [{"class": "main"}]}, "missing_member", "versions[0]"),
    ({"versions": [{"from": "later"}]}, "not_expected", "versions[0].from"),
    ({"versions": [{"from": 2026, "code": "other"}]}, "unknown_member", "versions[0].code"),
    ({"versions": [{"from": 2026}, {"from": 2026}]}, "versions_order", "versions[1].from"),
    ({"versions": [{"from": 2026}, {"from": 2022}]}, "versions_order", "versions[1].from"),
    ({"since": 2026, "versions": [{"from": 2026}]}, "versions_order", "versions[0].from"),
    ({"versions": [{"from": 2026, "method": {"name": "guess"}}]}, "not_a_choice", "versions[0].method.name"),
    ({"versions": [{"from": 2026, "method": {"name": "qualitative"}}]}, "rating_method", "versions[0].method"),
    ({"versions": [{"from": 2026, "goal": "nothing"}]}, "unknown_task", "versions[0].goal"),
    # Examples.
    ({"examples": [{"actual": 1}]}, "missing_member", "examples[0]"),
    ({"examples": [{"actual": 1, "score": 101}]}, "not_expected", "examples[0].score"),
]


@pytest.mark.parametrize(("changes", "code", "field"), MISTAKES)
def test_a_mistake_is_an_error_at_its_place(changes: dict[str, Any], code: str, field: str) -> None:
    """And nothing of the KPI is in the definitions."""
    definitions, findings = reading(kpi(**changes))
    assert [(f.code, f.place.field or "", f.level) for f in findings] == [(code, field, Level.ERROR)]
    assert findings[0].place.file == "0.yaml"
    assert "%(" not in findings[0].text()
    assert dict(definitions.kpis) == {}


WARNINGS = [
    ({"versions": [{"from": 2024}, {"from": 2026}]}, "changed_early", "versions[1].from"),
    ({"since": 2024, "versions": [{"from": 2026}]}, "changed_early", "versions[0].from"),
    ({"direction": "down", "method": {"name": "midterm", **PATH}}, "midterm_goal", "method"),
    ({"measure": {**SUM, "activity": "new_buyer"}}, "no_amounts", "measure"),
    (
        {"measure": {"activity": "export_consult", "aggregate": "count", "where": {"hs_code": ["85"]}}},
        "no_hs_codes",
        "measure",
    ),
]


@pytest.mark.parametrize(("changes", "code", "field"), WARNINGS)
def test_what_is_likely_wrong_is_a_warning_and_holds(changes: dict[str, Any], code: str, field: str) -> None:
    definitions, findings = reading(kpi(**changes))
    assert [(f.code, f.place.field, f.level) for f in findings] == [(code, field, Level.WARNING)]
    assert list(definitions.kpis) == ["value"]


def test_a_kpi_that_stays_for_three_years_warns_of_nothing() -> None:
    assert reading(kpi(since=2020, versions=[{"from": 2023}, {"from": 2026}]))[1] == []


def test_a_code_stands_once_in_all_files() -> None:
    goals = {"goals": [*GOALS["goals"], {**GOALS["goals"][0], "tasks": GOALS["goals"][0]["tasks"][:1]}]}
    _, findings = reading(kpi(), [kpi(code="other"), kpi()], goals=goals)
    assert [(f.code, str(f.place)) for f in findings] == [
        ("duplicate_code", "1.yaml: [1].code"),
        ("duplicate_code", "goals.yaml: goals[1].code"),
        ("duplicate_code", "goals.yaml: goals[1].tasks[0].code"),
    ]


def test_a_mistake_in_the_goals_does_not_make_their_kpis_wrong() -> None:
    goals = {"goals": [{**GOALS["goals"][0], "perspective": "money"}]}
    definitions, findings = reading(kpi(), goals=goals)
    assert [(f.code, f.place.field) for f in findings] == [("not_a_choice", "goals[0].perspective")]
    assert list(definitions.kpis) == ["value"]


def test_without_goals_one_finding_says_so() -> None:
    _, findings = reading(kpi(), kpi(code="other"), goals=None)
    assert [f.code for f in findings] == ["no_goals"]


def test_all_findings_come_at_once_in_the_order_of_their_places() -> None:
    first, second = kpi(**{"class": "minor"}, unit=..., direction="left"), kpi(code="b", goal="nothing", colour=1)
    _, findings = reading(first, second)
    assert [(f.place.file, f.place.field, f.code) for f in findings] == [
        ("0.yaml", None, "missing_member"),
        ("0.yaml", "class", "not_a_choice"),
        ("0.yaml", "direction", "not_a_choice"),
        ("1.yaml", "colour", "unknown_member"),
        ("1.yaml", "goal", "unknown_task"),
    ]


def policies_of(content: Any) -> Policies:
    """The policies that are read without a finding."""
    definitions, findings = reading(policies=content)
    assert findings == []
    return definitions.policies


def test_policies_that_say_nothing_are_the_contracts() -> None:
    """The whole of the default, as the contract prints it."""
    assert policies_of({}) == policies_of(None) == DEFAULT_POLICIES
    assert DEFAULT_POLICIES.cycle.first_month == 1
    assert {str(job): (int(b.unit), int(b.own)) for job, b in DEFAULT_POLICIES.blend.items()} == {
        "staff": (50, 50),
        "manager": (70, 30),
        "head": (100, 0),
    }
    assert [(g.grade, int(g.share), int(g.rate)) for g in DEFAULT_POLICIES.grades] == [
        *(("S", 10, 134), ("A", 15, 115), ("B", 50, 100), ("C", 15, 85), ("D", 5, 66), ("E", 5, 0))
    ]
    assert DEFAULT_POLICIES.pay.institution_rate == 60
    assert DEFAULT_POLICIES.pay.pool is None
    assert len(DEFAULT_POLICIES.legal_forms) == 17


def test_a_mapping_keeps_the_defaults_of_what_it_does_not_name_and_a_list_replaces() -> None:
    policies = policies_of(
        {
            "blend": {"manager": {"unit": 60, "own": 40}},
            "grades": [{"grade": "A+", "share": Decimal("33.3"), "rate": 150}, {"grade": "B", "share": Decimal("66.7"), "rate": 0}],
            "rules": {"min_grades": 2},
            "groups": {"heads_apart": False, "outside_ranks": ["G1", " Standing auditor ", "G1"], "names": {"growing": {"en": "Growing markets", "ko": "성장 시장"}}},
            "pay": {"institution_grade": "A", "institution_rates": {"A": 90}, "pool": 10**12},
            "promotion": {"years": 2},
            "legal_forms": ["GmbH", "S.A.", "gmbh"],
            "calibration": {"hold_seats": False},
            "objections": {"committee": 3},
            "review": {"minimum_text": 0},
        }
    )  # fmt: skip
    assert policies.blend[Job.MANAGER].unit == 60
    assert policies.blend[Job.STAFF].unit == 50
    assert [grade.grade for grade in policies.grades] == ["A+", "B"]
    assert policies.rules == GradeRules(min_grades=2)
    assert (policies.groups.minimum, policies.groups.heads_apart) == (10, False)
    assert policies.groups.outside_ranks == ("G1", "Standing auditor")
    assert policies.calibration == CalibrationPolicy(hold_seats=False, max_steps=1)
    assert policies.objections == ObjectionPolicy(days=14, answer_days=10, appeal_days=7, committee=3)
    assert policies.review == ReviewPolicy(minimum_text=0)
    assert policies.groups.names["growing"].in_language("ko") == "성장 시장"
    assert policies.groups.names["growing"].in_language("es") == "Growing markets"
    assert policies_of(policies_document(policies)) == policies
    assert policies.pay.institution_rate == 90
    assert policies.pay.institution_rates["S"] == 100
    assert policies.pay.pool == 10**12
    assert policies.promotion == PromotionPolicy(years=2)
    assert policies.legal_forms == ("gmbh", "sa")
    assert policies_of({"legal_forms": []}).legal_forms == ()


POLICY_MISTAKES = [
    ([], "not_expected", ""),
    ({"colour": 1}, "unknown_member", "colour"),
    ({"cycle": {"first_month": 13}}, "not_expected", "cycle.first_month"),
    ({"cycle": {"first_month": True}}, "not_expected", "cycle.first_month"),
    ({"blend": {"staff": {"unit": 40}}}, "blend_sum", "blend.staff"),
    ({"blend": {"boss": {"unit": 40}}}, "unknown_member", "blend.boss"),
    ({"grades": [{"grade": "S", "share": 100, "rate": 0}]}, "too_few_items", "grades"),
    ({"grades": [{"grade": g, "share": 40, "rate": 0} for g in "SA"]}, "grade_share_sum", "grades"),
    ({"grades": [{"grade": "S", "share": 50, "rate": 0}] * 2}, "duplicate_grade", "grades[1].grade"),
    ({"grades": [{"grade": "S", "share": 50, "rate": -1}, {"grade": "A", "share": 50, "rate": 1}]}, "not_expected", "grades[0].rate"),
    ({"rules": {"min_grades": Decimal("2.5")}}, "not_expected", "rules.min_grades"),
    ({"rules": {"top_share_min": 101}}, "not_expected", "rules.top_share_min"),
    ({"groups": {"heads_apart": "no"}}, "not_expected", "groups.heads_apart"),
    ({"groups": {"minimum": 0}}, "not_expected", "groups.minimum"),
    ({"groups": {"names": ["growing"]}}, "not_expected", "groups.names"),
    ({"groups": {"names": {"growing": "Growing"}}}, "not_expected", "groups.names.growing"),
    ({"groups": {"names": {"growing": {"ko": "성장 시장"}}}}, "missing_member", "groups.names.growing"),
    ({"groups": {"names": {"growing": {"en": "Growing", "de": "Wachsend"}}}}, "unknown_member", "groups.names.growing.de"),
    ({"minimum_days": -1}, "not_expected", "minimum_days"),
    ({"pay": {"institution_grade": "Z"}}, "not_a_choice", "pay.institution_grade"),
    ({"pay": {"pool": Decimal("1.5")}}, "not_expected", "pay.pool"),
    ({"promotion": {"years": 0}}, "not_expected", "promotion.years"),
    ({"unique_weight_max": "forty"}, "not_expected", "unique_weight_max"),
    ({"groups": {"outside_ranks": "G1"}}, "not_expected", "groups.outside_ranks"),
    ({"calibration": {"max_steps": -1}}, "not_expected", "calibration.max_steps"),
    ({"objections": {"days": 0}}, "not_expected", "objections.days"),
    ({"objections": {"month": 1}}, "unknown_member", "objections.month"),
    ({"review": {"minimum_text": "long"}}, "not_expected", "review.minimum_text"),
    ({"legal_forms": "gmbh"}, "not_expected", "legal_forms"),
    ({"legal_forms": ["pty ltd"]}, "not_expected", "legal_forms[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "field"), POLICY_MISTAKES)
def test_a_mistake_in_the_policies_is_an_error_at_its_place(content: Any, code: str, field: str) -> None:
    definitions, findings = reading(policies=content)
    assert [(f.code, f.place.field or "", f.level) for f in findings] == [(code, field, Level.ERROR)]
    assert definitions.policies.grades


def test_only_one_file_of_policies_holds() -> None:
    sources = [Document(content={}, kind="policies", file=f"{name}.yaml") for name in ("a", "b")]
    assert [(f.code, f.place.file) for f in read(sources)[1]] == [("second_policies", "b.yaml")]


# ------------------------------------------------------------------------------------------------------------- for any input

numbers = st.integers(-(10**20), 10**20) | st.decimals(allow_nan=True, allow_infinity=True)
words = st.sampled_from([*kpi(), *Policies.__dataclass_fields__, *Measure.__dataclass_fields__]) | st.sampled_from(
    (
        *(
            "goals",
            "tasks",
            "country",
            "versions",
            "from",
            "targets",
            "bounds",
            "start",
            "year",
            "kpis",
            "staff",
            "share",
        ),
        *("examples", "history", "count", "ratio", "milestone", "AT", "up", "deals", "2025", "en"),
    )
)
plain = st.recursive(
    st.none() | st.booleans() | numbers | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.integers(0, 3000), inner, max_size=6),
    max_leaves=25,
)


@given(st.lists(st.tuples(st.sampled_from(["goals", "policies", "kpi"]), plain), max_size=4))
def test_any_document_gives_findings_and_never_an_exception(contents: list[tuple[str, object]]) -> None:
    sources = [Document(content=content, kind=kind, file=f"{n}.yaml") for n, (kind, content) in enumerate(contents)]
    first, second = read(sources), read(sources)
    assert first == second
    assert all(isinstance(finding.text(), str) for finding in first[1])
    assert Definitions.from_documents(json.loads(json.dumps(Definitions().to_documents()))) == Definitions()


@given(plain, st.sampled_from(sorted(kpi())))
def test_any_member_of_a_kpi_gives_findings_and_never_an_exception(content: object, member: str) -> None:
    definitions, findings = reading(kpi(**{member: content}), kpi(code="w", versions=[{"from": 2026, member: content}]))
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    assert errors or len(definitions.kpis) == 2


@given(plain, st.sampled_from(sorted(Policies.__dataclass_fields__)))
def test_any_policy_gives_findings_and_never_an_exception(content: object, member: str) -> None:
    assert isinstance(reading(policies={member: content})[0].policies, Policies)


decimals = st.decimals(-(10**9), 10**9, places=4)
years = st.integers(1990, 2050)
targets = st.builds(Target, years, decimals)


@st.composite
def method_documents(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(["deviation", "ratio", "target", "milestone", "midterm", "trend", "beta"]))
    method: dict[str, Any] = {"name": name}
    if name in {"deviation", "ratio"} and draw(st.booleans()):
        low, high = sorted(draw(st.tuples(decimals, decimals)))
        method["bounds"] = {"min": low, "max": high}
    if name == "milestone":
        method["targets"] = draw(st.dictionaries(years, decimals, min_size=1, max_size=4))
    if name == "midterm":
        start, goal = sorted(draw(st.lists(years, min_size=2, max_size=2, unique=True)))
        method |= {"start": {"year": start, "value": draw(decimals)}, "goal": {"year": goal, "value": draw(decimals)}}
    return method


wheres = st.fixed_dictionaries(
    {},
    optional={
        "country": st.lists(st.sampled_from(["NO", "AT", "KR", "UZ"]), min_size=1, max_size=3),
        "hs_code": st.lists(st.from_regex("[0-9]{1,10}", fullmatch=True), min_size=1, max_size=3),
    },
)
counted = st.one_of(
    st.fixed_dictionaries({"aggregate": st.just("count"), "activity": st.sampled_from(kpis.MEASURED_ACTIVITIES)}, optional={"where": wheres}),
    st.fixed_dictionaries({"aggregate": st.sampled_from(["sum", "mean"]), "activity": st.just("export_deal"), "of": st.just("amount_usd")}, optional={"where": wheres}),
    st.fixed_dictionaries({"aggregate": st.just("distinct"), "activity": st.just("export_deal"), "of": st.sampled_from(["buyer", "company"])}, optional={"where": wheres}),
)  # fmt: skip
measure_documents = st.one_of(
    counted,
    st.fixed_dictionaries({"aggregate": st.just("ratio"), "numerator": counted, "denominator": counted}),
    st.just({"aggregate": "given"}),
)
version_documents = st.fixed_dictionaries(
    {},
    optional={
        "class": st.sampled_from(["main", "management"]),
        "direction": st.sampled_from(["up", "down"]),
        "unit": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map("u{}".format),
        "measure": measure_documents,
        "counts_from": st.sampled_from(["entered", "verified", "confirmed"]),
        "method": method_documents(),
    },
)


@given(version_documents, st.dictionaries(years, version_documents, max_size=3))
def test_what_is_kept_as_documents_is_read_back_equal(first: dict[str, Any], later: dict[int, dict[str, Any]]) -> None:
    """Through JSON, as the database keeps it, with every number exact."""
    versions = [{"from": year, **later[year]} for year in sorted(later)]
    definitions, findings = reading(kpi(**first, versions=versions), policies={"unique_weight_max": Decimal("33.3")})
    assert all(finding.level is Level.WARNING for finding in findings)
    kept = json.loads(json.dumps(definitions.to_documents(), ensure_ascii=False))
    again = Definitions.from_documents(kept)
    assert again == definitions
    assert again.to_documents() == definitions.to_documents()
    assert measures_of(again) == measures_of(definitions)


def test_reading_back_what_was_never_written_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="unknown member"):
        Definitions.from_documents({"goals": GOALS, "kpi:value": kpi(colour="red")})


@given(st.decimals(-(10**14), 10**14, places=12))
def test_numbers_are_kept_exactly(number: Decimal) -> None:
    kept = documents.plain_number(number)
    entry = documents.Entry(Document(content=kept, kind="kpi"), (), kept, [])
    assert entry.number() == number
    assert entry.findings == []


def test_a_ratio_has_the_parts_of_both_its_measures() -> None:
    deals, consults = (Measure(aggregate="count", activity=name) for name in ("export_deal", "export_consult"))
    assert Measure(aggregate="ratio", numerator=deals, denominator=consults).parts == (deals, consults)
    assert Measure(aggregate="given").slice is None
