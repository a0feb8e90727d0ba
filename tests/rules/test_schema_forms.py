"""A form made from a schema holds a whole document, and what is typed into it makes that document again."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake import read_definitions
from app.intake.definitions import SCHEMA_FOLDER, definition_fields
from app.plain.findings import Finding
from app.rules.definitions import Definitions, Document, read
from app.rules.kpi_editing import VersionContent, edited_kpi, plain_content, versions_in, with_kpi, without_kpi
from app.rules.kpis import kpi_document
from app.rules.policies import policies_document, read_policies
from app.rules.schema_forms import document_of, row_count, texts_of
from tests.reference.random_definitions import GOALS, random_definitions


def written(number: Decimal) -> str:
    return format(number, "f").replace(".", ",")


def typed(text: str, _field: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def again(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """The document that the form makes of the texts that it begins with."""
    fields = definition_fields(kind)
    made = document_of(fields, texts_of(fields, content, written), typed)
    assert made.findings == []
    return made.content


def definitions_of(documents: list[dict[str, Any]]) -> Definitions:
    goals = Document(content=GOALS, kind="goals")
    definitions, findings = read([goals, *(Document(content=one, kind="kpi") for one in documents)])
    assert [one for one in findings if one.level == "error"] == []
    return definitions


@pytest.mark.parametrize("place", ["2000000", "9" * 5_000, "٣"])
def test_a_field_s_name_says_no_row_beyond_all_forms(place: str) -> None:
    """What one name says is not counted up to; rows that are there stay in their order."""
    fields = definition_fields("kpi")
    texts = {f"examples.{place}.score": "1", "examples.12.score": "70", "examples.3.score": "60"}
    assert row_count("examples", texts) == 13
    made = document_of(fields, texts, typed)
    assert [one["score"] for one in made.content["examples"]] == [60, 70]


@given(st.integers(min_value=0))
def test_any_kpi_passes_through_its_form_unchanged(seed: int) -> None:
    """Methods, measures, versions and all: texts are what a person types, decimals with a comma."""
    documents = json.dumps(list(random_definitions(random.Random(seed), 2026).values()))
    kpis = definitions_of(json.loads(documents, parse_float=Decimal)).kpis
    made = [again("kpi", kpi_document(kpi)) for kpi in kpis.values()]
    assert definitions_of(made).kpis == kpis


def test_the_product_s_own_definitions_pass_through_their_forms() -> None:
    """Examples, words in three languages, bounds and targets of years; goals and policies too."""
    library, _ = read_definitions(SCHEMA_FOLDER)
    documents = library.to_documents() | {"policies": policies_document(library.policies, whole=True)}
    made = {name: again(name.partition(":")[0], document) for name, document in documents.items()}
    assert Definitions.from_documents(json.loads(json.dumps(made))) == library


@pytest.mark.parametrize(
    "members",
    [
        {"pay": {"institution_rates": {"S": 120, "Z": "0.5"}, "institution_grade": "Z", "pool": 5_000_000_000}},
        {"groups": {"heads_apart": False, "names": {"big": {"en": "Big", "ko": "큰 시장"}}}},
        {"legal_forms": ["gmbh", "sa"], "promotion": {"career_per_year": "0.125"}},
        {
            "groups": {"outside_ranks": ["Head of the agency", "G1"]},
            "calibration": {"hold_seats": False, "max_steps": 0},
        },
    ],
)
def test_policies_pass_through_their_form_unchanged(members: dict[str, Any]) -> None:
    """Mappings with free keys, flags and lists."""
    policies = read_policies(Document(content=members, kind="policies"), [])
    made = again("policies", policies_document(policies, whole=True))
    assert read_policies(Document(content=made, kind="policies"), []) == policies


def test_what_cannot_be_read_is_said_at_its_field_and_a_key_that_stands_twice() -> None:
    """A finding of a reader keeps its field; two targets of one year are one too many."""
    wrong = Finding(code="no_number", message="no")
    texts = {
        "method.name": "milestone",
        "method.targets.0.key": "2026",
        "method.targets.0.value": "5",
        "method.targets.2.key": "2026",
        "method.targets.2.value": "x",
    }
    made = document_of(definition_fields("kpi"), texts, lambda text, _name: wrong if text == "x" else Decimal(text))
    assert [(one.code, one.place.field) for one in made.findings] == [
        ("no_number", None),
        ("duplicate", "method.targets.2.key"),
    ]
    assert made.content == {"method": {"name": "milestone", "targets": {"2026": 5}}}


def test_a_finding_s_path_leads_to_the_field_that_was_typed() -> None:
    """Rows that are left empty do not shift what stands below them."""
    texts = {"where": "", "examples.2.actual": "1", "measure.where.country": "AT, XX", "name.en": "Deals"}
    made = document_of(definition_fields("kpi"), texts, lambda text, _name: Decimal(text))
    assert made.content["examples"] == [{"actual": 1}]
    assert made.name_at("examples[0].score") == "examples.2.score"
    assert made.name_at("measure.where.country[1]") == "measure.where.country"
    assert made.name_at("name") == "name.en"
    assert made.name_at("method") == "method.name"
    assert made.name_at("versions[3].from") == "versions.0.from"
    assert made.name_at("nothing.of.it") is None


FIRST: dict[str, Any] = {"code": "deals", "name": {"en": "Deals"}, "class": "main", "method": {"name": "deviation"}}


def test_a_version_names_what_it_changes_and_a_corrected_one_leaves_the_later_ones_alone() -> None:
    """The later version inherits the class: correcting the first text's must not change it."""
    content = FIRST | {
        "versions": [{"from": 2027, "method": {"name": "ratio"}}],
        "examples": [{"actual": 1, "score": 20}],
    }
    mended = edited_kpi(
        content,
        code="deals",
        version=VersionContent(None, {**versions_in(content)[0].members, "class": "management"}),
        examples=content["examples"],
    )
    assert mended["class"] == "management"
    assert mended["versions"] == [{"from": 2027, "class": "main", "method": {"name": "ratio"}}]
    begun = edited_kpi(content, code="deals", version=VersionContent(2030, versions_in(content)[-1].members))
    assert begun["versions"] == [{"from": 2027, "method": {"name": "ratio"}}, {"from": 2030}]
    assert "examples" not in begun


@pytest.mark.parametrize("file", [FIRST, [FIRST], {"kpis": [FIRST]}, {"kpis": [FIRST | {"code": "consults"}]}])
def test_a_definition_takes_its_own_place_in_a_file_of_any_form(file: Any) -> None:
    """One, a list, a group: the others stay as they are, and what is taken out leaves the rest."""
    others = without_kpi(file, "deals")
    changed = with_kpi(file, FIRST | {"class": "management"})
    assert without_kpi(changed, "deals") == others
    inside = changed.get("kpis", [changed])
    assert [one["class"] for one in inside if one["code"] == "deals"] == ["management"]


def test_equal_numbers_are_equal_however_they_came() -> None:
    """YAML reads decimals, JSON keeps texts."""
    assert plain_content({"a": [Decimal("0.50"), 2, Decimal(2)]}) == {"a": ["0.5", 2, 2]}
