"""``kopes folder export``: what was loaded comes out as files that say the same, on the other database too (contract-desk, 3)."""

from __future__ import annotations

import csv
import filecmp
import json
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import DEFINITIONS, Kopes, NewDatabase
from tests.reference.folder import read_folder
from tests.reference.random_agency import random_agency
from tests.reference.random_changes import change_agency
from tests.small_agency import SMALL, write
from tests.soaking import seeds

KEYS = {
    "units": "code valid_from",
    "employees": "number",
    "postings": "employee from",
    "employment": "employee from",
    "ratings": "cycle node kpi rater",
    "history": "node kpi year",
    "results": "employee cycle",
    "exclusions": "cycle node kpi year",
    "rates": "month currency",
}
"""By what the contract orders rows; of files whose order says something else too, nothing."""


@pytest.mark.parametrize("seed", seeds(3))
def test_what_comes_out_goes_in_again_as_the_same(
    seed: int, engine: str, new_database: NewDatabase, kopes: Kopes, tmp_path: Path
) -> None:
    """Either revision of two, into the other kind of database with the same events: equal digests. And out once more: equal files."""
    first, second = tmp_path / "A", tmp_path / "B"
    random_agency(seed, people=12, units=6, events=80, folder=first)
    change_agency(seed, first, second)
    url = new_database(engine)
    events = first / "events.ndjson"
    digests: dict[int, str] = {}
    for number, folder in enumerate((first, second), 1):
        kopes("load", folder / "agency", database=url, definitions=folder / "definitions")
        kopes("ingest", events, database=url, status=None)
        digests[number] = kopes("digest", database=url).out
    assert digests[1] != digests[2]

    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[engine]
    for number, folder in enumerate((first, second), 1):
        out = tmp_path / f"out-{number}"
        revision = () if number == 2 else ("--revision", "1")
        kopes("folder", "export", out, *revision, database=url)
        _says_the_same(out, folder)
        again = new_database(other)
        # Without KPI_DEFINITIONS those that lie in the folder hold.
        kopes("load", out, database=again)
        kopes("ingest", events, database=again, status=None)
        assert kopes("digest", database=again).out == digests[number]
        once_more = tmp_path / f"again-{number}"
        kopes("folder", "export", once_more, database=again)
        for one in sorted(path.relative_to(out) for path in out.rglob("*.*")):
            assert filecmp.cmp(out / one, once_more / one, shallow=False), one


def _says_the_same(out: Path, folder: Path) -> None:
    """Row by row as a reader that knows nothing of the product reads them; in the contract's order."""
    came = read_folder(folder / "agency", folder / "definitions").rows
    went = read_folder(out, out / "definitions").rows
    for name, rows in came.items():
        columns = [one for one in (rows[0] if rows else {}) if one]
        assert sorted(_plain(row, columns) for row in rows) == sorted(_plain(row, columns) for row in went[name]), name
    for name, key in KEYS.items():
        with (out / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            keys = [tuple(row[column] for column in key.split()) for row in csv.DictReader(stream)]
        assert keys == sorted(keys), name


def _plain(row: Mapping[str, str], columns: list[str]) -> list[str]:
    return [_number(row.get(column, "")) for column in columns]


def _number(text: str) -> str:
    """A decimal without zeros that say nothing."""
    return text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "").lstrip("-").isdigit() else text


def test_of_a_revision_that_is_not_there_it_says_so(database_url: str, kopes: Kopes, tmp_path: Path) -> None:
    """Exit 1, the latest one named, nothing written."""
    ran = kopes("folder", "export", tmp_path / "out", "--revision", "7", database=database_url, status=1)
    assert "There is no revision 7" in ran.err
    assert not (tmp_path / "out").exists()


PEOPLE = {name: SMALL[name] for name in ("units", "employees", "postings")}

TEXTS = ("1e5", "+3E-2", ".5e1", "null", "Seo\rMin-yeon", "two\nlines", "two\r\nlines", 'a "b", c', "서울 – 본사")
"""What a careless writer cuts in two, or takes for something else than text."""


def test_every_text_comes_back_as_it_was(
    database_url: str, new_database: NewDatabase, kopes: Kopes, tmp_path: Path
) -> None:
    """Names of people and of KPIs, whatever is in them: out, in again, and out once more as the same."""
    folder, definitions = write(tmp_path, PEOPLE), tmp_path / "texts"
    with (folder / "employees.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [f"T{at}", text, "", "G5", "staff", "1", "2020-01-01", ""] for at, text in enumerate(TEXTS)
        )
    shutil.copytree(DEFINITIONS, definitions)
    (definitions / "texts.yaml").write_text(json.dumps({"kpis": [_kpi(at, text) for at, text in enumerate(TEXTS)]}))
    kopes("load", folder, database=database_url, definitions=definitions)
    out, once_more, again = tmp_path / "out", tmp_path / "again", new_database("sqlite")
    kopes("folder", "export", out, database=database_url)
    with (out / "employees.csv").open(encoding="utf-8", newline="") as stream:
        names = {row["number"]: row["name"] for row in csv.DictReader(stream)}
    assert {names[f"T{at}"] for at in range(len(TEXTS))} == set(TEXTS)
    kopes("load", out, database=again)
    kopes("folder", "export", once_more, database=again)
    for one in sorted(path.relative_to(out) for path in out.rglob("*.*")):
        assert filecmp.cmp(out / one, once_more / one, shallow=False), one


def _kpi(at: int, text: str) -> dict[str, object]:
    return {
        "code": f"text_{at}",
        "name": {"en": text, "ko": text, "es": text},
        "goal": "market_diversification",
        "class": "main",
        "direction": "up",
        "unit": text,
        "measure": {"activity": "export_deal", "aggregate": "count"},
        "counts_from": "entered",
        "method": {"name": "target"},
    }


def test_the_files_are_for_their_owner_alone(database_url: str, kopes: Kopes, tmp_path: Path) -> None:
    """They say what everyone is paid. Files that are there already and open to others are closed too."""
    kopes("load", write(tmp_path, PEOPLE), database=database_url)
    out = tmp_path / "out"
    out.mkdir(mode=0o755)
    (out / "employees.csv").write_text("number\n")
    (out / "employees.csv").chmod(0o644)
    kopes("folder", "export", out, database=database_url)
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*.*")} == {0o600}
    kopes("folder", "export", tmp_path / "new", database=database_url)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_definition_that_is_no_more_stops_an_export(database_url: str, kopes: Kopes, tmp_path: Path) -> None:
    """A folder that holds more than what is exported would be loaded as something else: it is named, and nothing is written."""
    out = tmp_path / "out"
    kopes("load", write(tmp_path, PEOPLE), database=database_url)
    kopes("folder", "export", out, database=database_url)
    kopes("folder", "export", out, database=database_url)
    (out / "definitions" / "former.yaml").write_text("kpis: []\n")
    (out / "employees.csv").unlink()
    ran = kopes("folder", "export", out, database=database_url, status=1)
    assert "former.yaml" in ran.err
    assert not (out / "employees.csv").exists()


def test_an_agency_without_markets_and_discipline_is_as_before(database_url: str, kopes: Kopes, tmp_path: Path) -> None:
    """No word of these two files where they have no row: in the report, in what is kept of the load, and in what goes out."""
    folder, out = write(tmp_path, PEOPLE), tmp_path / "out"
    ran = kopes("load", folder, database=database_url)
    kopes("folder", "export", out, database=database_url)
    told, written = ran.out, {path.stem for path in out.glob("*.csv")}
    assert not {one for one in ("market", "discipline") if f"{one}:" in told or one in written}
    for name in ("market", "discipline"):
        (folder / f"{name}.csv").write_text("".join(f"{line}\n" for line in SMALL[name] if "deals" not in line))
    ran = kopes("load", folder, database=database_url)
    kopes("folder", "export", out, database=database_url)
    assert {line for line in ran.out.splitlines() if "unchanged" not in line and ":" in line} == {
        "market: 1 rows, 1 added, 0 changed, 0 removed",
        "discipline: 2 rows, 2 added, 0 changed, 0 removed",
    }
    assert (out / "discipline.csv").read_text() == "".join(f"{line}\n" for line in SMALL["discipline"])
    assert (out / "market.csv").read_text() == "unit,kpi,year,potential\nVIE,,2025,1200.5\n"
