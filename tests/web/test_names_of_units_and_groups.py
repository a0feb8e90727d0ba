"""What units and evaluation groups are called: in the reader's language wherever a person reads, as the file has it for programs."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.scenario import load
from tests.web.working import Somebody, Working

PEOPLE = ("alba", "boram", "dana", "emil", "ferran")
PAGES_MOST = 150

GROUPS = """
groups:
  minimum: 1
  names:
    growing: {en: Growing markets, ko: 성장 시장, es: Mercados en crecimiento}
"""


def _name_units(folder: Path) -> None:
    """Every unit gets a name, one in Korean and a group; Spanish is left out."""
    path = folder / "agency" / "units.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "name_ko"])
        writer.writeheader()
        for row in rows:
            row |= {"name": f"Plain {row['code']}", "name_ko": f"한글 {row['code']}", "evaluation_group": "growing"}
            writer.writerow(row)


@pytest.fixture
def named(working: Working) -> Working:
    """The agency with names in Korean, some activities, and a name for its group."""
    _name_units(working.folder)
    (working.folder / "definitions" / "policies.yaml").write_text(GROUPS, encoding="utf-8")
    load(working.database, working.folder)
    working.record(
        "2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT E1:0.6 E3:0.4",
        "2026-03-05 verified D-1 by E9",
        "2026-03-06 deal D-2 E6 1000 EUR of Huber/AT",
    )
    return working


def _reading(person: Somebody, language: str) -> Somebody:
    person.client.set_cookie("kopes_language", language)
    return person


def _pages(person: Somebody) -> Iterator[tuple[str, str]]:
    """Every page that can be reached by links, with its text; of addresses that ask for the same things of one page the first two."""
    waiting, seen = ["/"], {"/"}
    alike: Counter[tuple[str, ...]] = Counter()
    while waiting and len(seen) < PAGES_MOST * 4:
        address = waiting.pop(0)
        answer = person.get(address, follow_redirects=True)
        if answer.status_code >= 400 or not (answer.content_type or "").startswith("text/html"):
            continue
        yield address, answer.text
        for link in re.findall(r'href="(/[^"#]*)', answer.text):
            link = unescape(link)
            if (
                link not in seen
                and not link.startswith(("/static", "/api", "/logout", "/language"))
                and link.count("=") < 4
            ):
                seen.add(link)
                parts = urlsplit(link)
                asked = (parts.path, *sorted(name for name, _ in parse_qsl(parts.query)))
                alike[asked] += 1
                if alike[asked] <= 2:
                    waiting.append(link)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_units_name_is_the_readers_on_every_page(named: Working, who: str) -> None:
    """A reader of Korean meets no unit under its other name, on whatever page and in whatever sentence or picker."""
    met = 0
    for address, text in _pages(_reading(getattr(named, who), "ko")):
        # HR types a unit's names, each in a field of its own.
        assert "Plain" not in re.sub(r'<input[^>]* id="name"[^>]*>', "", text), address
        met += "한글" in text
    assert met > 5


def test_a_unit_without_a_name_in_the_language_has_the_one_of_the_file(named: Working) -> None:
    """No name in Spanish: the plain one, on the scorecard and in the derivation."""
    page = _reading(named.dana, "es").get("/scorecards/unit:VIE").text
    assert "Plain VIE" in page
    assert "한글" not in page


def test_a_derivation_names_the_units_of_the_unit_part(named: Working) -> None:
    """The sentence on the page is in the reader's language, that of the API keeps the file's name."""
    address = "employee:E1/deals?cycle=2026"
    assert "한글 VIE" in _reading(named.dana, "ko").get(f"/scorecards/{address}").text
    steps = named.dana.get(f"/api/v1/explain/{address}").get_json()["steps"]
    assert "Plain VIE" in next(step["text"] for step in steps if step["code"] == "unit_part")


def _read_text(page: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", page))


@pytest.mark.parametrize("address", ["/people", "/grades", "/grades?of=units", "/grades/employee:E1"])
def test_a_group_is_called_what_the_policy_calls_it(named: Working, address: str) -> None:
    """Codes are for files and addresses; the groups that the rules make have words of ours."""
    korean = _read_text(_reading(named.dana, "ko").get(address).text)
    english = _read_text(_reading(named.dana, "en").get(address).text)
    assert "성장 시장" in korean
    assert "Growing markets" in english
    assert not re.search(r"\bgrowing\b|\bheads\b", korean + english)


def test_whoever_looks_for_a_unit_by_its_name_finds_it(named: Working) -> None:
    """By the name that the page shows."""
    assert "unit:VIE" in _reading(named.dana, "ko").get("/grades?of=units&text=한글 VIE").text


AREAS: Final = """
areas:
  names:
    Exports: {en: Exports, ko: 수출, es: Exportaciones}
    Deals: {en: Deals, ko: 계약, es: Contratos}
"""


def test_an_area_is_called_what_the_policy_calls_it(named: Working) -> None:
    """Level by level, on the scorecard, in the grid of targets and in the file; what has no name there stands as the scorecards write it."""
    policies = named.folder / "definitions" / "policies.yaml"
    policies.write_text(GROUPS + AREAS, encoding="utf-8")
    cards = named.folder / "agency" / "scorecards.csv"
    with cards.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with cards.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"area": {"deals": "Exports / Deals", "consults": "Exports"}.get(row["kpi"], "Own")})
    load(named.database, named.folder)
    dana = _reading(named.dana, "ko")
    page = _read_text(dana.get("/scorecards/unit:VIE?cycle=2026").text)
    assert [word in page for word in ("수출", "계약", "Own", "Exports")] == [True, True, True, False]
    grid = _read_text(dana.get("/targets?unit=VIE").text)
    assert [word in grid for word in ("수출", "Exports")] == [True, False]
    sheet = dana.post("/scorecards/unit:VIE?cycle=2026", {"reason": "a report", "format": "csv"}).text
    assert "수출 / 계약" in sheet
    assert "Exports" in named.dana.get("/api/v1/scorecards/unit:VIE?cycle=2026").text
