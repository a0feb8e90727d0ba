"""A folder of definitions: its mistakes by file and line, its schemas, and the product's own library."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.intake.definitions import SCHEMA_FOLDER, SCHEMAS, read_folder
from app.plain.findings import Finding, Level
from app.rules import definitions, methods
from app.rules.baseline import LineTerms, Overrides, resolve_reference
from app.rules.definitions import Definitions, Example, Kpi, Measure
from app.rules.policies import DEFAULT_POLICIES
from app.rules.terms import CountsFrom, Direction, Job, KpiClass

GOALS: Final = """\
goals:
  - code: exports_grow
    name: {en: Exports grow, ko: 수출 확대, es: Las exportaciones crecen}
    perspective: customer
    tasks:
      - {code: deals, name: {en: Deals}}
"""
KPI: Final = """\
code: value
name: {en: Value}
goal: deals
class: main
direction: up
unit: USD
measure: {activity: export_deal, aggregate: sum, of: amount_usd}
counts_from: verified
method: {name: deviation}
"""


def folder(path: Path, **files: str | bytes) -> Path:
    """A folder of definitions with these files beside, or instead of, sound ones."""
    for stem, text in ({"goals": GOALS, "value": KPI} | files).items():
        (path / f"{stem}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def found(findings: list[Finding], path: Path) -> list[tuple[str, int | None, str]]:
    """File, line and code of each finding."""
    return [(str(f.place.file).removeprefix(f"{path}/"), f.place.line, f.code) for f in findings]


def test_a_folder_may_hold_just_goals_and_kpis(tmp_path: Path) -> None:
    read, findings = read_folder(folder(tmp_path))
    assert findings == []
    assert list(read.kpis) == ["value"]
    assert read.policies == DEFAULT_POLICIES


def test_files_of_both_endings_are_read_and_others_are_not(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "more.yml").write_text(KPI.replace("code: value", "code: other"))
    (tmp_path / "README.md").write_text("[")
    (tmp_path / ".hidden.yaml").write_text("[")
    read, findings = read_folder(tmp_path)
    assert list(read.kpis) == ["other", "value"]
    assert [finding.code for finding in findings] == ["unread_file"], "of the hidden one"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("policies.YAML", "unknown_file"),
        ("policies.Yml", "unknown_file"),
        ("policies.yaml.bak", "unread_file"),
        (".policies.yaml", "unread_file"),
        ("policies.yaml~", "unread_file"),
        ("policies.json", "unread_file"),
        ("policies.schema.json", None),
        ("README.md", None),
    ],
)
def test_a_file_that_is_passed_over_is_named(tmp_path: Path, name: str, code: str | None) -> None:
    """Without it rates and blend would fall to the defaults, and pay with them: only the case of its name stops the load."""
    made = folder(tmp_path)
    (made / name).write_text("grades: 1")
    _, findings = read_folder(made)
    assert [finding.code for finding in findings] == ([] if code is None else [code])
    assert all(finding.place.file == str(made / name) for finding in findings)
    assert all((finding.level is Level.ERROR) == (code == "unknown_file") for finding in findings)


def test_norway_is_a_country(tmp_path: Path) -> None:
    """YAML 1.1 reads NO as false; HS codes keep their leading zeros."""
    text = KPI.replace("of: amount_usd", "of: amount_usd, where: {country: [NO, AT], hs_code: [0901, 8509]}")
    read, findings = read_folder(folder(tmp_path, value=text))
    assert findings == []
    where = read.kpis["value"].versions[0].measure.where
    assert (where.countries, where.hs_prefixes) == (("AT", "NO"), ("0901", "8509"))


def test_numbers_are_kept_exactly(tmp_path: Path) -> None:
    text = KPI.replace("{name: deviation}", "{name: deviation, bounds: {min: 0.1, max: 1e3}}")
    bounds = read_folder(folder(tmp_path, value=text))[0].kpis["value"].versions[0].method.bounds
    assert (bounds.min, bounds.max) == (Decimal("0.1"), Decimal(1000))


MISTAKES = [
    # The file.
    ({"value": KPI.encode("utf-16")}, "value.yaml", 1, "not_utf8", "UTF-8"),
    ({"value": KPI + "unit: EUR\n"}, "value.yaml", 10, "duplicate_member", "line 6"),
    ({"value": KPI + "x: [1\n"}, "value.yaml", 11, "not_yaml", "YAML"),
    ({"value": KPI + "---\n" + KPI}, "value.yaml", 10, "second_document", "one document"),
    ({"value": KPI.replace("USD", "!!python/name:os.system x")}, "value.yaml", 6, "tag", "python"),
    ({"value": "a: &a [1]\n" + "".join(f"{n}: &{n} [{f'*{m}, ' * 20}]\n" for m, n in zip("abcd", "bcde", strict=True))},
     "value.yaml", 5, "too_many_values", "50000"),
    ({"value": ""}, "value.yaml", None, "not_expected", "mapping"),
    ({"value": "just text"}, "value.yaml", 1, "not_expected", "mapping"),
    # The content.
    ({"value": KPI.replace("up", "upward")}, "value.yaml", 5, "not_a_choice", "up, down"),
    ({"value": KPI.replace("up", "yes")}, "value.yaml", 5, "not_a_choice", "“yes”"),
    ({"value": KPI.replace("unit: USD\n", "")}, "value.yaml", 1, "missing_member", "unit"),
    ({"value": KPI + "colour: red\n"}, "value.yaml", 10, "unknown_member", "colour"),
    ({"value": KPI.replace("goal: deals", "goal: deal")}, "value.yaml", 3, "unknown_task", "goals.yaml"),
    ({"value": KPI.replace("{name: deviation}", "{name: deviation, bounds: {min: .nan}}")},
     "value.yaml", 9, "not_expected", "“.nan”"),
    ({"value": KPI.replace("{name: deviation}", "\n  name: milestone\n  targets:\n    2021: 2026-01-01")},
     "value.yaml", 12, "not_expected", "“2026-01-01”"),
    ({"value": KPI.replace("of: amount_usd", "of: amount_usd, where: {country: [no]}")},
     "value.yaml", 7, "not_expected", "“no”"),
    ({"value": KPI.replace("{en: Value}", "{en: 2026-01-01, ko: null}")}, "value.yaml", 2, "not_expected", "nothing"),
    ({"value": KPI + "versions:\n  - class: main\n"}, "value.yaml", 11, "missing_member", "from"),
    ({"value": KPI + "versions:\n  - from: 2026\n    method: {name: qualitative}\n"},
     "value.yaml", 12, "rating_method", "rating"),
    ({"value": KPI.replace("{name: deviation}", "{name: ratio, bounds: {min: '0'}}")},
     "value.yaml", 9, "schema", "kpi.schema.json"),
    ({"zebra": KPI}, "zebra.yaml", 1, "duplicate_code", "value.yaml:1"),
    ({"goals": GOALS.replace("customer", "money")}, "goals.yaml", 4, "not_a_choice", "financial, customer"),
    ({"policies": "cycle: {first_month: 0}\n"}, "policies.yaml", 1, "not_expected", "1-12"),
    ({"policies": "minimum_days: 60\nblend:\n  staff: {own: 60}\n"}, "policies.yaml", 3, "blend_sum", "110"),
    ({"policies": "grades:\n  - {grade: S, share: 50, rate: 1}\n  - {grade: A, share: 40, rate: 1}\n"},
     "policies.yaml", 1, "grade_share_sum", "90"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "file", "line", "code", "words"), MISTAKES)
def test_a_mistake_names_file_line_and_what_was_expected(
    tmp_path: Path, files: dict[str, str | bytes], file: str, line: int | None, code: str, words: str
) -> None:
    """Once each: what the rules say is not said by the schema again."""
    _, findings = read_folder(folder(tmp_path, **files))
    assert found(findings, tmp_path) == [(file, line, code)]
    assert words in str(findings[0])
    assert findings[0].level is Level.ERROR


def test_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    _, findings = read_folder(
        folder(tmp_path, goals=GOALS.replace("en:", "fr:"), value=KPI + "a: 1\nb: 2\n", policies="[", zebra="[1]")
    )
    assert found(findings, tmp_path) == [
        ("goals.yaml", 3, "missing_member"),
        ("goals.yaml", 3, "unknown_member"),
        ("goals.yaml", 6, "missing_member"),
        ("goals.yaml", 6, "unknown_member"),
        ("policies.yaml", 1, "not_yaml"),
        ("value.yaml", 10, "unknown_member"),
        ("value.yaml", 11, "unknown_member"),
        ("zebra.yaml", 1, "not_expected"),
    ]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", folder(tmp_path) / "goals.yaml"):
        assert [f.code for f in read_folder(path)[1]] == ["no_folder"]


def test_a_folder_without_goals_is_an_error(tmp_path: Path) -> None:
    """An empty folder too: most likely it is the wrong one."""
    assert [f.code for f in read_folder(tmp_path)[1]] == ["no_goals"]
    (tmp_path / "value.yaml").write_text(KPI)
    assert found(read_folder(tmp_path)[1], tmp_path) == [("goals.yaml", None, "no_goals")]


def test_goals_that_cannot_be_read_do_not_make_their_kpis_wrong(tmp_path: Path) -> None:
    _, findings = read_folder(folder(tmp_path, goals="goals: ["))
    assert [(f.code, Path(str(f.place.file)).name) for f in findings] == [("not_yaml", "goals.yaml")]


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    folder(tmp_path)
    """Nor is a pipe waited for."""
    (tmp_path / "a.yaml").mkdir()
    (tmp_path / "b.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "c.yaml")
    findings = found(read_folder(tmp_path)[1], tmp_path)
    assert findings == [(f"{name}.yaml", None, "no_file") for name in "abc"]


lines = st.sampled_from(
    KPI.splitlines() + GOALS.splitlines() + ["kpis:", "- ", "  - &a x", "  *a", "a: b: c", "{", "versions:"]
)


@given(st.lists(lines | st.text(max_size=12), max_size=12), st.sampled_from(["goals", "policies", "value"]))
def test_any_file_gives_findings_and_never_an_exception(tmp_path: Path, text: list[str], name: str) -> None:
    raw = "\n".join(text).encode("utf-8", "surrogatepass")
    files: dict[str, str | bytes] = {"goals": GOALS, "value": KPI, "policies": "", name: raw}
    read, findings = read_folder(folder(tmp_path, **files))
    assert isinstance(read, Definitions)
    assert all(finding.place.file and "%(" not in finding.text() for finding in findings)


# --------------------------------------------------------------------------------------------------------------- the schemas


def schema(kind: str) -> dict[str, Any]:
    """One of the schemas that ship with the library."""
    loaded: dict[str, Any] = json.loads((SCHEMA_FOLDER / SCHEMAS[kind]).read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_one_and_describes_its_members(kind: str) -> None:
    """Editors show the descriptions while one types."""
    Draft202012Validator.check_schema(schema(kind))

    def members(part: Any) -> list[tuple[str, Any]]:
        if isinstance(part, list):
            return [member for one in part for member in members(one)]
        if not isinstance(part, dict):
            return []
        own = list(part.get("properties", {}).items()) if "if" not in part and "$ref" not in part else []
        deeper = [member for key, one in part.items() if key not in {"if", "then", "allOf"} for member in members(one)]
        return own + deeper

    defined = schema(kind).get("$defs", {})
    for name, member in members(schema(kind)):
        if isinstance(member, dict) and {"type", "$ref", "enum"} & member.keys():
            reference = defined.get(str(member.get("$ref", "")).removeprefix("#/$defs/"), {})
            assert "description" in member or "description" in reference or member.get("type") == "object", name


def test_the_schemas_choices_are_the_codes() -> None:
    kpi, goals, policies = schema("kpi")["$defs"], schema("goals"), schema("policies")
    measure = kpi["any_measure"]["properties"]
    assert tuple(kpi["measure"]["properties"]["aggregate"]["enum"]) == definitions.AGGREGATES
    assert tuple(kpi["part"]["properties"]["aggregate"]["enum"]) == definitions.COUNTED_AGGREGATES
    assert tuple(kpi["activity"]["enum"]) == definitions.MEASURED_ACTIVITIES
    assert tuple(measure["of"]["enum"]) == ("amount_usd", *definitions.DISTINCT_OF)
    assert tuple(kpi["method"]["properties"]["name"]["enum"]) == definitions.METHOD_NAMES
    assert kpi["class"]["enum"] == list(KpiClass)
    assert kpi["direction"]["enum"] == list(Direction)
    assert kpi["counts_from"]["enum"] == list(CountsFrom)
    perspective = goals["properties"]["goals"]["items"]["properties"]["perspective"]
    assert tuple(perspective["enum"]) == definitions.PERSPECTIVES
    assert list(policies["properties"]["blend"]["properties"]) == list(Job)
    kept = DEFAULT_POLICIES
    # Of what stands as it was before there was such a member nothing is said: an agency that gave none keeps its documents to the byte.
    assert set(policies["properties"]) - {"areas", "ratings", "calibration", "objections", "review"} == set(
        Definitions(policies=kept).to_documents()["policies"]
    )


def test_what_the_rules_keep_passes_the_schemas() -> None:
    """Both say the same of every definition of the library, also as it is written back in full."""
    read, _ = read_folder(SCHEMA_FOLDER)
    for name, document in read.to_documents().items():
        errors = [error.message for error in Draft202012Validator(schema(name.partition(":")[0])).iter_errors(document)]
        assert [message for message in errors if "is not of type 'number'" not in message] == []


# --------------------------------------------------------------------------------------------------------------- the library


@pytest.fixture(scope="module")
def library() -> Definitions:
    """The definitions that ship with the product."""
    read, findings = read_folder(SCHEMA_FOLDER)
    assert findings == []
    return read


def measures(library: Definitions) -> list[Measure]:
    """All measures of the library, those inside ratios too."""
    tops = [version.measure for kpi in library.kpis.values() for version in kpi.versions]
    return [*tops, *(part for top in tops for part in top.parts if part is not top)]


def test_the_library_uses_every_method_aggregate_state_and_filter(library: Definitions) -> None:
    """The demonstration agency is measured by it, and shows all that the product can."""
    versions = [version for kpi in library.kpis.values() for version in kpi.versions]
    assert {version.method.name for version in versions} == set(definitions.METHOD_NAMES)
    assert {measure.aggregate for measure in measures(library)} == set(definitions.AGGREGATES)
    assert {measure.of for measure in measures(library)} == {None, "amount_usd", *definitions.DISTINCT_OF}
    assert {measure.activity for measure in measures(library)} == {None, *definitions.MEASURED_ACTIVITIES}
    assert {version.counts_from for version in versions} == set(CountsFrom)
    assert {version.kpi_class for version in versions} == set(KpiClass)
    assert {version.direction for version in versions} == set(Direction)
    assert any(measure.where.countries for measure in measures(library))
    assert any(measure.where.hs_prefixes for measure in measures(library))
    assert any(len(kpi.versions) > 1 for kpi in library.kpis.values())


def test_the_librarys_goals_stand_in_all_four_perspectives_and_every_task_has_a_kpi(library: Definitions) -> None:
    assert {goal.perspective for goal in library.goals} == set(definitions.PERSPECTIVES)
    tasks = {task.code for goal in library.goals for task in goal.tasks}
    assert {kpi.versions[-1].goal for kpi in library.kpis.values()} == tasks


def test_the_librarys_names_are_in_all_languages(library: Definitions) -> None:
    names = [version.name for kpi in library.kpis.values() for version in kpi.versions]
    names += [name for goal in library.goals for name in (goal.name, *(task.name for task in goal.tasks))]
    assert all(name.ko and name.es for name in names)


def test_the_librarys_policies_are_the_defaults(library: Definitions) -> None:
    assert library.policies == DEFAULT_POLICIES


def test_each_file_of_the_library_tells_editors_its_schema() -> None:
    for file in SCHEMA_FOLDER.glob("*.yaml"):
        kind = file.stem if file.stem in SCHEMAS else "kpi"
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={SCHEMAS[kind]}"


def score_of(kpi: Kpi, example: Example) -> float:
    """What the rules make of a worked figure."""
    cycle = example.cycle or date.max.year
    past = {cycle - len(example.history) + at: actual for at, actual in enumerate(example.history)}
    row = Overrides(target=example.target)
    terms = LineTerms.of(kpi.version(cycle), year=cycle, past=past, present=Fraction(1), row=row)
    scores = methods.score(methods.Lines.of([resolve_reference(terms)]), np.array([float(example.actual)]))
    return float(scores[0])


def test_the_librarys_worked_figures_come_out(library: Definitions) -> None:
    """Each `examples:` of a definition, by the rules of the methods."""
    worked = [(kpi, example) for kpi in library.kpis.values() for example in kpi.examples]
    assert {kpi.version(example.cycle or 0).method.name for kpi, example in worked} == {*definitions.METHOD_NAMES} - {
        "qualitative"
    }
    for kpi, example in worked:
        assert score_of(kpi, example) == pytest.approx(float(example.score), abs=5e-7), kpi.code
