"""Lists in groups: how many there are of each and what they come to, each leading to the list of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from html import unescape
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Somebody, Working

# day, kind, id, what each has of it, dollars
ENTERED: Final = (
    ("2026-02-27", "deal", "D-1", {"E1": "1"}, "1000.00"),
    ("2026-03-01", "deal", "D-2", {"E1": "0.6", "E3": "0.4"}, "250.50"),
    ("2026-03-31", "consult", "C-1", {"E6": "0.5", "E2": "0.5"}, None),
    ("2026-04-01", "new_buyer", "N-1", {"E4": "1"}, None),
    ("2026-04-02", "deal", "D-3", {"E3": "1"}, "0.25"),
    ("2026-04-03", "consult", "C-2", {"E5": "1"}, "80.00"),
)
VERIFIED: Final = {"D-1", "C-1"}
REGION: Final = {"E1": "EUR", "E2": "EUR", "E6": "EUR", "E4": "EUR", "E3": "ASI", "E5": "", "E7": ""}
BANDS: Final = {"S": 90, "A": 80, "B": 70, "C": 60, "D": 50, "E": 0}
KINDS: Final = {"deal": "Export deal", "consult": "Export consult", "new_buyer": "New buyer"}


def _record(working: Working) -> None:
    for day, kind, id_, shares, usd in ENTERED:
        first = next(iter(shares))
        parts = " ".join(f"{one}:{share}" for one, share in shares.items()) if len(shares) > 1 else ""
        amount = f" {usd} USD" if usd else ""
        working.record(f"{day} {kind} {id_} {first} {parts}{amount}")
    working.record(*(f"2026-05-04 verified {id_} by E9 as V-{id_}" for id_ in sorted(VERIFIED)))


def _groups(page: str) -> dict[str, tuple[str | None, list[str]]]:
    """The groups of a page: name to address and figures."""
    body = page.split('<tbody data-rows="groups">', 1)[1].split("</tbody>", 1)[0]
    body = re.sub(r'<label class="unfold">.*?</label>', "", body)
    groups = {}
    for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
        address = re.search(r'href="([^"]+)"', row)
        words = [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        groups[unescape(words[0])] = (unescape(address[1]) if address else None, words[1:])
    return groups


def _listed(somebody: Somebody, address: str) -> int:
    """How many rows a list has, all its pages together."""
    found = re.search(r"\d+ of ([\d,]+)", read(somebody.get(address).text.split("pagination", 1)[1]).text)
    assert found is not None
    return int(found[1].replace(",", ""))


def _together(page: str) -> list[str]:
    """The figures of all groups together."""
    foot = page.split('data-rows="groups"', 1)[1].split("<tfoot>", 1)[1].split("</tfoot>", 1)[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", foot)]


@pytest.mark.parametrize("by", ["type", "state", "month", "unit"])
def test_activities_in_groups_come_to_what_was_entered_and_lead_to_it(working_on_each: Working, by: str) -> None:
    """Counted anew from what was entered. What two regions share stands in both; one who stands right in the agency stands in no part of it."""
    _record(working_on_each)
    expected: dict[str, list[Decimal | None]] = defaultdict(list)
    for day, kind, id_, shares, usd in ENTERED:
        keys = {
            "type": {KINDS[kind]},
            "state": {"verified" if id_ in VERIFIED else "entered"},
            "month": {{"02": "February", "03": "March", "04": "April"}[day[5:7]] + " 2026"},
            "unit": {REGION[one] or "HQ" for one in shares},
        }[by]
        for key in keys:
            expected[key].append(Decimal(usd) if usd else None)
    dana = working_on_each.dana
    groups = _groups(dana.get(f"/activities?node=unit:HQ&by={by}").text)
    shown = {name: figures for name, (_, figures) in groups.items()}
    sums = {key: [one for one in values if one is not None] for key, values in expected.items()}
    assert shown == {
        key: [str(len(values)), f"US${sum(sums[key]):,.2f}" if sums[key] else "–"] for key, values in expected.items()
    }
    for name, (address, figures) in groups.items():
        if address is not None:
            assert _listed(dana, address) == int(figures[0])
        else:
            assert (by, name) == ("unit", "HQ")


def test_groups_are_of_what_the_list_is_narrowed_to_and_ones_own_have_no_units(working: Working) -> None:
    """A month's link keeps within the days that were asked for; an employee stands in no part of a unit."""
    _record(working)
    groups = _groups(working.dana.get("/activities?node=unit:HQ&by=month&from=2026-03-15&type=export_consult").text)
    assert {name: figures for name, (_, figures) in groups.items()} == {
        "March 2026": ["1", "–"],
        "April 2026": ["1", "US$80.00"],
    }
    asked = parse_qs(urlsplit(str(groups["March 2026"][0])).query)
    assert asked == {
        "node": ["unit:HQ"],
        "type": ["export_consult"],
        "from": ["2026-03-15"],
        "to": ["2026-03-31"],
    }
    own = working.alba.get("/activities?by=unit").text
    assert 'data-rows="groups"' not in own
    assert "2 of 2" in read(own).text


def _part(row: dict[str, str], by: str) -> str:
    """Which group a row of the file stands in, as the page calls it; the file has no column of branches."""
    if by == "band":
        return _band(row) or "no score"
    if by == "branch" and row["Unit"]:
        return REGION[row["Employee number"]] or "HQ"
    return row["Group" if by == "group" else "Unit"] or "no posting"


def _band(row: dict[str, str]) -> str:
    """That of the year's end, which leads in June; the file's own column is of the final score."""
    score = row["Projected score"]
    return next(letter for letter, least in BANDS.items() if Decimal(score) >= least) if score else ""


def _figures(rows: list[dict[str, str]]) -> list[str]:
    """How many they are, the mean of their projected scores, and how many have each band."""
    scores = [Decimal(row["Projected score"]) for row in rows if row["Projected score"]]
    mean = (sum(scores, Decimal()) / len(scores)).quantize(Decimal("0.01"), ROUND_HALF_EVEN) if scores else None
    bands = Counter(_band(row) for row in rows)
    return [str(len(rows)), "–" if mean is None else str(mean), *(str(bands[letter]) for letter in BANDS)]


@pytest.mark.parametrize("by", ["unit", "branch", "group", "band"])
def test_people_in_groups_are_those_of_the_file_and_lead_to_them(working: Working, by: str) -> None:
    """Counts and means worked out from the file's rows; each group's list has as many."""
    _record(working)
    rows = list(
        csv.DictReader(io.StringIO(working.dana.post("/people", {"reason": "the groups"}).data.decode("utf-8-sig")))
    )
    rows = [row for row in rows if row["Name"] and row["Employee number"].startswith("E")]
    groups = _groups(working.dana.get(f"/people?by={by}").text)
    assert sum(int(figures[0]) for _, figures in groups.values()) == len(rows)
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        parts[_part(row, by)].append(row)
    assert {name: figures for name, (_, figures) in groups.items()} == {
        name: _figures(mine) for name, mine in parts.items()
    }
    for address, figures in groups.values():
        if address:
            page = working.dana.get(address).text
            assert page.count("/scorecards/employee:") == int(figures[0]), address
            assert 'data-rows="groups"' not in page


def test_a_branch_of_a_unit_that_is_looked_at_leads_to_the_units_people_alone(working: Working) -> None:
    """Vienna's people are some of Europe's: the group counts them, and its list has no more. Right in the agency nobody of a region is."""
    vienna = _groups(working.dana.get("/people?unit=VIE&by=branch").text)
    assert len(vienna) == 1
    for asked in ("unit=VIE", "unit=HQ&alone=yes", "alone=yes"):
        groups = _groups(working.dana.get(f"/people?{asked}&by=branch").text)
        assert groups
        for name, (address, figures) in groups.items():
            assert (address is None) == (name == "no posting")
            if address:
                assert working.dana.get(address).text.count("/scorecards/employee:") == int(figures[0]), address


def test_addresses_that_were_kept_in_older_words_open_what_they_did(working: Working) -> None:
    """A unit without those below was written with a sign before its code, its branch was called a division; a view kept so is the one looked at."""
    alone = working.dana.get("/people?unit=EUR&alone=yes").text
    assert (
        0
        < alone.count("/scorecards/employee:")
        < working.dana.get("/people?unit=EUR").text.count("/scorecards/employee:")
    )
    assert '<option value="EUR" selected' in alone
    assert re.search(r'<input type="checkbox" id="alone" name="alone" value="yes" checked', alone)
    kept = working.dana.post("/views?list=people&filters=unit%3D%253DEUR", {"name": "Europe itself", "usual": "yes"})
    assert working.dana.get("/people").location == kept.location == "/people?unit=%3DEUR"
    page = working.dana.get(str(kept.location)).text
    assert 'aria-current="true">Europe itself' in page
    assert page.count("/scorecards/employee:") == alone.count("/scorecards/employee:")
    assert '<option value="EUR" selected' in page
    assert _groups(working.dana.get("/people?by=division").text) == _groups(working.dana.get("/people?by=branch").text)


def test_where_nothing_leads_yet_groups_have_no_mean(working: Working) -> None:
    """Before the sixtieth day nobody is judged by a projection, and so no group of people is."""
    _record(working)
    groups = _groups(working.dana.get("/people?by=unit&as_of=2026-02-15").text)
    assert {figures[1] for _, figures in groups.values()} == {"–"}


def test_events_in_groups_are_all_that_were_recorded(working: Working) -> None:
    """Activities by their kinds, and verdicts."""
    _record(working)
    kinds = Counter(KINDS[kind] for _, kind, *_ in ENTERED)
    page = working.emil.get("/ledger?by=type").text
    assert _together(page) == [str(len(ENTERED) + len(VERIFIED))]
    groups = _groups(page)
    assert {name: int(figures[0]) for name, (_, figures) in groups.items()} == {**kinds, "Verified": len(VERIFIED)}
    for address, figures in groups.values():
        assert _listed(working.emil, str(address)) == int(figures[0])


def test_grades_in_groups_have_the_pay_of_their_people(working: Working) -> None:
    """Of the file's rows; the executive, who sees no grades, sees no groups of them."""
    _record(working)
    rows = list(
        csv.DictReader(io.StringIO(working.dana.post("/grades", {"reason": "the groups"}).data.decode("utf-8-sig")))
    )
    rows = [row for row in rows if (row.get("Employee number") or "").startswith("E")]
    expected: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        expected[row["Grade"] or "not graded"].append(int(row["Pay (KRW)"] or 0))
    page = working.dana.get("/grades?by=grade").text
    pay = sum(sum(pays) for pays in expected.values())
    assert _together(page) == [str(len(rows)), f"₩{pay:,}"]
    groups = _groups(page)
    assert {name: figures for name, (_, figures) in groups.items()} == {
        name: [str(len(pays)), f"₩{sum(pays):,}"] for name, pays in expected.items()
    }
    for address, figures in groups.values():
        listed = working.dana.get(str(address)).text.split('id="list"', 1)[1]
        assert len(re.findall(r'<th scope="row"><a href="/grades/', listed)) == int(figures[0]), address
    assert _together(working.dana.get("/grades?by=grade&of=units").text) == [
        str(sum(int(figures[0]) for _, figures in _groups(working.dana.get("/grades?by=grade&of=units").text).values()))
    ]
    assert working.ferran.get("/grades?by=grade").status_code == 404


def test_groups_cost_as_many_queries_however_much_there_is(working: Working, count_queries: CountQueries) -> None:
    """One counts the groups, in place of those that read a list's rows, count them and, in the ledger, find the people of its verdicts."""
    _record(working)
    addresses = {
        "dana": ("/activities?node=unit:HQ&by=unit", "/activities?node=unit:HQ&by=month"),
        "emil": ("/ledger?by=type",),
    }
    for name, asked in addresses.items():
        for address in asked:
            plain = re.sub(r"[?&]by=\w+", "", address)
            getattr(working, name).get(address)
            with count_queries() as of_list:
                getattr(working, name).get(plain)
            with count_queries() as few:
                getattr(working, name).get(address)
            working.record(*(f"2026-05-0{1 + n % 9} deal {address[-4:]}-{n} E{1 + n % 3} 10.00 USD" for n in range(20)))
            with count_queries() as many:
                getattr(working, name).get(address)
            assert len(few) == len(many) == len(of_list) - (2 if name == "emil" else 1)
