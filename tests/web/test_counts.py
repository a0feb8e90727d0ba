"""Two counts of one thing on one page agree: heading, pager, download and the rows themselves, for every role.

A template marks what it counts (``counted``, ``part`` and ``data-rows``), so that a page which tells a number twice is found here by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

from app.web.wording.words import TYPES
from tests.scenario import event_of, ingest
from tests.web.markup import Element, read
from tests.web.working import PEOPLE, Somebody, Working

PAGES: Final = (
    "/accounts",
    "/deliveries",
    "/activities",
    "/activities?node=unit:VIE",
    "/activities?node=unit:HQ&type=export_deal",
    "/agency",
    "/changes",
    "/cycles/2026/promotion",
    "/decisions",
    "/delegations",
    "/figures",
    "/folder",
    "/folder/sheets",
    "/grades",
    "/grades?grade=-",
    "/grades?of=units",
    "/kpis",
    "/kpis?by=line",
    "/ledger",
    "/office/kpis?unit=HQ",
    "/office?unit=HQ",
    "/office?unit=VIE",
    "/organisation",
    "/organisation/groups",
    "/people",
    "/people?by=unit",
    "/people?unit=VIE",
    "/rejected",
    "/scorecards/unit:VIE/deals",
    "/targets?unit=HQ",
    "/targets?unit=VIE",
    "/trail",
    "/verification",
    "/verification?whose=all",
    "/verification?type=export_deal",
    "/views",
)
"""The pages that count."""

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"


def disagreements(page: Element) -> list[str]:
    """Counts of one name that differ, or that are not the number of rows, or of which the parts add up to something else."""
    counts: dict[str, list[int]] = defaultdict(list)
    rows: dict[str, int] = defaultdict(int)
    parts: dict[str, list[int]] = defaultdict(list)
    for one in page.all():
        attributes = one.attributes
        if "data-count" in attributes:
            counts[attributes["data-count"]].append(int(re.sub(r"\D", "", one.text)))
        if "data-part" in attributes:
            parts[attributes["data-part"]].append(int(re.sub(r"\D", "", one.text)))
        if "data-rows" in attributes:
            rows[attributes["data-rows"]] += sum(isinstance(child, Element) for child in one.children)
    found = [f"{name}: {numbers}" for name, numbers in counts.items() if len(set(numbers)) > 1]
    for name, number in rows.items():
        told = counts.get(f"{name}:shown") or counts.get(f"{name}:to") or counts.get(name)
        if told and told[0] != number:
            found.append(f"{name}: {told[0]} told, {number} rows")
    found += [
        f"{name}: {counts[name]} of {numbers}" for name, numbers in parts.items() if [sum(numbers)] != counts[name]
    ]
    return found


def nameless_links(page: Element) -> list[str]:
    """Links to activities that say no more than which kind it is: of a list of fifty all would be called the same."""
    links = (
        link for link in page.all("a") if re.match("/(activities|ledger)/[0-9a-f]{20}", link.attributes.get("href", ""))
    )
    return [link.text for link in links if link.text in TYPES.values()]


@pytest.mark.parametrize("name", PEOPLE)
def test_two_counts_of_one_thing_on_one_page_agree(working: Working, name: str) -> None:
    """A head who reads “12 wait” above a list of eleven looks for the twelfth (issue 11, section 1)."""
    working.record(
        *(f"2026-0{month}-04 deal D-{month} E{month} 100 USD of One/AT" for month in range(1, 7)),
        *(f"2026-05-{day:02} consult C-{day} E1 of Two/DE" for day in range(1, 28)),
        "2026-06-01 deal S-1 E1 900 USD of Three/AT E1:0.5 E6:0.5",
        "2026-06-02 new_buyer N-1 E6 of Three/AT",
        "2026-06-05 verified D-1 by E2",
        "2026-06-06 rejected D-6 by E2",
    )
    browser: Somebody = getattr(working, name)
    wrong = []
    for page in PAGES:
        answer = browser.get(page)
        if answer.status_code == 200:
            wrong += [f"{page}: {what}" for what in disagreements(read(answer.text))]
            wrong += [f"{page}: {link}" for link in nameless_links(read(answer.text))]
    assert wrong == []


def test_every_page_that_counts_is_looked_at(working: Working) -> None:
    """What a template marks, some page of the list above shows: a new count has to be tried too."""
    working.record(*(f"2026-06-{day:02} deal D-{day} E1 100 USD" for day in range(1, 12)))
    assert ingest(working.database, [event_of("2026-06-01 deal X-1 E1") | {"data": {}}]).rejected
    working.dana.post("/views?list=people&filters=unit%3DVIE", {"name": "Vienna"})
    working.dana.post("/folder", {"file": "units.csv", "to": "feed", "reason": "They come every night."})
    days = {"from_day": "2026-06-30", "to_day": "2026-06-30"}
    working.boram.post("/delegations", {"to": "E6", "functions": "verify", "reason": "On leave today.", **days})
    working.dana.post("/changes", {"title": "Vienna moves", "reason": "From January on it stands elsewhere."})
    working.app.test_client().post("/forgotten", data={"email": "alba@agency.example"})
    seen: set[str] = set()
    for name in ("alba", "boram", "dana", "emil", "ferran", "iris", "hana"):
        for page in PAGES:
            text = getattr(working, name).get(page).text
            seen.update(re.findall(r'data-(?:count|part|rows)="([a-z_]+)', text))
    marked: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        # An address may have such a parameter too.
        text = re.sub(r"(?:url_for|page_url)\([^()]*\)", "", path.read_text("utf-8"))
        for found in re.findall(r'(?:counted|part)\("([a-z_]+)|data-rows="([a-z_]+)"|\bof="([a-z_]+)"', text):
            marked.update(one for one in found if one)
    # No KPI of this agency is given: its figures are counted in tests/web/test_figures.py.
    # Nothing was paid by a cycle: who is paid is counted in tests/contract/test_paying.py.
    # Nothing was opened in a cycle: actions are counted in tests/web/test_sorted_lists.py.
    assert marked - seen == {"actions", "figures", "pay"}


def test_disagreements_are_told_apart() -> None:
    """The test's own eyes."""
    assert disagreements(read('<b data-count="a">1</b><b data-count="a">1,200</b>'))
    assert disagreements(read('<b data-count="a">2</b><ul data-rows="a"><li>x</li></ul>'))
    assert disagreements(read('<b data-count="a">2</b><i data-part="a">1</i><i data-part="a">2</i>'))
    assert not disagreements(
        read('<b data-count="a">9</b><b data-count="a:shown">1</b><ul data-rows="a"><li>x</li></ul>')
    )
