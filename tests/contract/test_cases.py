"""Small inputs that came out wrong once, through the commands that an outsider uses, on both databases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Kopes, Ran

GIVEN = Path(__file__).resolve().parents[1] / "given"
CASES = GIVEN / "cases"

Ingest = Callable[..., Ran]


@pytest.fixture
def ingest(kopes: Kopes, database_url: str, tmp_path: Path) -> Ingest:
    """Ingests cases, copied into the test's own folder, after the worked example's agency."""
    kopes("load", GIVEN / "example" / "agency", database=database_url, definitions=GIVEN / "example" / "definitions")

    def run(*names: str, status: int | None = None) -> Ran:
        for name in names:
            shutil.copy(CASES / name, tmp_path / name)
        return kopes("ingest", *(tmp_path / name for name in names), database=database_url, status=status)

    return run


def _rejects(folder: Path, name: str) -> list[Any]:
    text = (folder / f"{name}.rejected.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("name", "swallowed"), [("csv_open_quote.csv", range(2, 6)), ("csv_open_quote2.csv", range(2, 5))]
)
def test_an_open_quotation_mark_loses_no_row(ingest: Ingest, tmp_path: Path, name: str, swallowed: range) -> None:
    """Five rows: each is accepted or rejected, and the rejects hold each swallowed line as it came."""
    ran = ingest(name, status=1)
    assert f"accepted {5 - len(swallowed)}, duplicate 0, rejected {len(swallowed)}" in ran.out
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    assert [one["line"] for one in _rejects(tmp_path, name)] == [lines[number] for number in swallowed]


@pytest.mark.parametrize(
    ("name", "accepted", "cells"),
    [
        ("xlsx_error_cell_credits.xlsx", 0, ["M2"]),
        ("xlsx_uncached_formula_credits.xlsx", 0, ["M2"]),
        ("xlsx_leading_zero_hs.xlsx", 1, ["L2", "L3"]),
    ],
)
def test_a_cell_that_nobody_can_read_rejects_its_row(
    ingest: Ingest, tmp_path: Path, name: str, accepted: int, cells: list[str]
) -> None:
    """The cell is named; never "no credits", never another code."""
    ran = ingest(name, status=1)
    assert f"accepted {accepted}, duplicate 0, rejected {len(cells)}" in ran.out
    assert [cell in one["errors"][0]["detail"] for one, cell in zip(_rejects(tmp_path, name), cells, strict=True)] == [
        True
    ] * len(cells)


def test_a_percentage_is_its_percent(ingest: Ingest) -> None:
    """40 % and 100 % are what two customers said; the same as JSON is a duplicate."""
    assert "accepted 2, duplicate 0, rejected 0" in ingest("xlsx_percent_cell.xlsx", status=0).out


@pytest.mark.parametrize(
    ("name", "id_", "more"),
    [("csv_header_case.csv", "HC", {"hs_code": "0901"}), ("csv_double_bom_credits.csv", "DB", {})],
)
def test_columns_are_read_as_they_are_meant(
    ingest: Ingest, kopes: Kopes, database_url: str, tmp_path: Path, name: str, id_: str, more: dict[str, str]
) -> None:
    """Nothing is dropped: the same deal as JSON, shared by two, is a duplicate."""
    assert "accepted 1, duplicate 0, rejected 0" in ingest(name, status=0).out
    deal = {
        "specversion": "1.0",
        "type": "kopes.export_deal",
        "source": "/csv",
        "id": id_,
        "time": "2026-03-04T09:00:00+01:00",
        "data": {
            "employee": "E003",
            "company": {"name": "SME 1"},
            "buyer": {"name": "Nordwind", "country": "AT"},
            "amount": "1000",
            "currency": "EUR",
            "credits": [{"employee": "E003", "share": "0.5"}, {"employee": "E005", "share": "0.5"}],
            **more,
        },
    }
    (tmp_path / "same.ndjson").write_text(json.dumps(deal), encoding="utf-8")
    assert "accepted 0, duplicate 1" in kopes("ingest", tmp_path / "same.ndjson", database=database_url).out


def test_two_files_have_each_their_rejects(ingest: Ingest, tmp_path: Path) -> None:
    """``march.csv`` and ``march.ndjson`` in one call."""
    ingest("march.csv", "march.ndjson", status=1)
    assert [one["id"] for name in ("march.csv", "march.ndjson") for one in _rejects(tmp_path, name)] == ["A", "B"]


def test_vowel_signs_tell_names_apart(ingest: Ingest, kopes: Kopes, database_url: str) -> None:
    """Four new buyers more, not two."""
    ingest("buyers_hindi_thai.ndjson", status=0)
    cards = json.loads(
        kopes(
            "score", "--cycle", "2026", "--basis", "provisional", "--node", "employee:E007", database=database_url
        ).out
    )
    actuals = [line["actual"] for card in cards for line in card["lines"] if line["kpi"] == "x_new_buyers"]
    assert [float(actual) for actual in actuals] == [4.0]
