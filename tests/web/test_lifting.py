"""What would lift a scorecard to the next band: how far in the KPI's own unit, and a form to try actuals on that records nothing."""

from __future__ import annotations

import itertools
import re
from urllib.parse import quote

import pytest

from tests.conftest import CountQueries
from tests.web.working import Working

OWN = "/lifting/employee:E1"
AGREED = (
    "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient\n"
    "2026,employee:E1,consults,60,,unique,,,,,,20,\n"
    "2026,employee:E1,deal_value,40,,unique,,,,,,400000,\n"
    "2026,employee:E6,consults,100,,unique,,,,,,20,\n"
    "2026,unit:VIE,consults,100,,unique,,,,,,40,\n"
)
DAY = "as_of=2026-06-30"


def said(page: str) -> str:
    """A page as it is read, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def lift(page: str, kpi: str) -> str:
    """What the page says of a KPI."""
    found = re.search(rf'data-lift="{kpi}".*?</li>', page, re.DOTALL)
    assert found is not None, kpi
    return said(found[0].split(">", 1)[1])


def tried(page: str, name: str) -> str:
    """A figure that the form comes to."""
    found = re.search(rf'data-tried="{name}">(.*?)(?=<(?:div|p|li|ul)|</(?:div|li|p)>)', page, re.DOTALL)
    assert found is not None, name
    return said(found[1])


@pytest.fixture
def agreed(working: Working) -> Working:
    """Alba has led to 12 consults and 200,000 dollars in four deals by the year's end: half the year's days have half of them."""
    working.load(lambda _: AGREED)
    working.record(
        *(f"2026-03-04 consult C-{n} E1" for n in range(6)),
        *(f"2026-03-05 deal D-{n} E1 25000 USD of Buyer{n}/AT" for n in range(4)),
        *(f"2026-03-06 verified D-{n} by E2" for n in range(4)),
    )
    return working


OF_THREE = (
    "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient\n"
    "2025,unit:VIE,consults,36,,unique,,,,,,10,\n"
    "2025,unit:VIE,deals,32,,unique,,,,,,10,\n"
    "2025,unit:VIE,buyers,32,,unique,,,,,,20,\n"
)


def test_where_no_kpi_alone_lifts_it_two_together_are_told(working: Working) -> None:
    """Nothing was done: each line has 20, the score is 20. To D are missing 30, and the heaviest line alone brings 0.36 × 80 = 28.8.

    A consult is worth 2.88, a deal 2.56, a buyer 1.28. Whoever takes one of two to its best, then the other as far as it must go, and the first
    back as far as it may, finds six pairs; by the part of their targets 10 consults and 1 buyer are the least of them.
    """
    worth, most = {"consults": 2.88, "deals": 2.56, "buyers": 1.28}, {"consults": 10, "deals": 10, "buyers": 20}
    pairs = {}
    for (one, brings), (other, adds) in itertools.permutations(worth.items(), 2):
        far = next((n for n in range(most[other] + 1) if brings * most[one] + adds * n >= 30), None)
        if far is not None:
            back = next(n for n in range(most[one] + 1) if brings * n + adds * far >= 30)
            pairs[one, other] = (back, far)
    least = min(pairs, key=lambda pair: sum(n / most[kpi] for kpi, n in zip(pair, pairs[pair], strict=True)))
    working.load(lambda _: OF_THREE)
    page = working.boram.get("/lifting/unit:VIE?cycle=2025").text
    assert "The year ended at 20.00" in said(page)
    told = dict(re.findall(r'data-pair="(\w+)" data-step="([^"]+)"', page))
    assert (
        told == {kpi: str(n) for kpi, n in zip(least, pairs[least], strict=True)} == {"consults": "10", "buyers": "1"}
    )
    assert "Two together would have:" in page
    # Of a year that is over nothing leads anywhere any more.
    assert "with all others as they ended; one step less would not have been enough" in page
    assert not re.search("this pace|would lift|would be enough|as it leads", said(page.split("<main", 1)[1]))


def test_whoever_sees_the_scorecard_sees_what_would_lift_it(working: Working) -> None:
    """Contract, "Who may what": the same rows as the scorecard itself."""
    nodes = ("employee:E1", "employee:E6", "unit:VIE", "unit:HQ", "unit:TYO", "unit:NOPE")
    for name in ("alba", "chae", "boram", "hana", "ferran", "dana", "iris"):
        person = getattr(working, name)
        assert person.statuses(*(f"/lifting/{node}" for node in nodes)) == person.statuses(
            *(f"/scorecards/{node}" for node in nodes)
        ), name


def test_the_gap_is_told_in_the_kpi_s_own_unit(agreed: Working) -> None:
    """On 30 June 181 of 365 days are over, so 6 consults lead to 12.1 and 100,000 dollars to 201,657.

    The own score leads to 60 % of 68.40 and 40 % of 60.33, 65.17; the unit's consults are hers, 12.1 of 40: 44.20. Half of each: 54.69, a D.
    To C are missing 5.31: a consult more brings her 2.4 and her unit 2, that is 2.2, so it takes 3. Of dollars it takes 10.63 of her own
    score, 26.57 of the line: 132,874 of 400,000, which is six deals of 25,000.
    """
    page = agreed.alba.get("/scorecard").text
    card = re.search(r'<section class="card lifted".*?</section>', page, re.DOTALL)
    assert card is not None
    assert f'href="{OWN}"' in card[0]
    assert said(card[0]).startswith(
        "What would lift me to band C? All KPIs, and what if? Any one of these lifts it to band C (60.00): A name 3 more"
    )
    page = agreed.alba.get(OWN).text
    assert "Two together" not in page, "one alone does it"
    assert "The year leads to 54.69 Band D Any one of these lifts it to band C (60.00):" in said(page)
    assert lift(page, "consults").startswith(
        "A name 3 more consults 15.1 instead of 12.1 at the year's end · final score 61.29"
    )
    assert "about 6 deals of the usual US$25,000" in lift(page, "deal_value")
    assert page.index('data-lift="consults"') < page.index('data-lift="deal_value"')


def test_a_head_sees_what_would_lift_the_unit_s_people(agreed: Working) -> None:
    """Each with the KPI that takes least; an employee who sees the unit sees nobody."""
    page = agreed.boram.get("/lifting/unit:VIE").text
    rows = {one: said(row) for one, row in re.findall(r'<tr data-member="(\w+)">(.*?)</tr>', page, re.DOTALL)}
    assert "C with 3 more consults" in rows["E1"]
    assert set(rows) == {"E1", "E2", "E6"}
    assert "data-member" not in agreed.alba.get("/lifting/unit:VIE").text
    assert "/lifting/unit:VIE" in agreed.boram.get("/office").text


def test_before_there_is_a_projection_it_goes_by_the_score_so_far_and_says_so(agreed: Working) -> None:
    """A projection of two weeks says nothing (app/rules/outlook.py)."""
    page = agreed.alba.get(f"{OWN}?as_of=2026-02-01").text
    assert "So far the score is 20.00" in said(page)
    assert "There is no projection to go by yet" in page


def test_what_is_tried_is_computed_and_never_recorded(agreed: Working) -> None:
    """15 consults: 80.00 of her line, 72.13 of her own; the unit's rise by as many, to 50.00; with 400,000 dollars besides, 88.00 and 69.00."""
    events = agreed.events()
    page = agreed.alba.get(f"{OWN}?part=1&to-consults=15").text
    assert "<html" not in page
    assert tried(page, "final") == "54.69 → to 61.07 Band C"
    assert tried(page, "own") == "65.17 → to 72.13"
    assert tried(page, "unit") == "44.20 → to 50.00"
    page = agreed.alba.get(f"{OWN}?to-consults=15&to-deal_value=400,000").text
    assert tried(page, "final") == "54.69 → to 69.00 Band C"
    assert tried(page, "score-deal_value") == "60.33 → to 100.00"
    assert agreed.events() == events


def test_numbers_are_read_as_the_reader_writes_them(agreed: Working) -> None:
    """And what cannot be read is said at its field, the others computed."""
    agreed.alba.client.set_cookie("kopes_language", "es")
    agreed.alba.post("/look", {"language": "es"})
    page = agreed.alba.get(f"{OWN}?to-deal_value={quote('400.000')}&to-consults=many").text
    assert tried(page, "score-deal_value").endswith("100,00")
    assert "«many»" in page or "“many”" in page
    assert 'aria-invalid="true"' in page
    assert tried(page, "score-consults").endswith("68,40")


def test_left_as_it_was_written_a_field_changes_nothing(agreed: Working) -> None:
    """A field shows 12.1 where the year leads to 12.099: sent back it must not move the score."""
    page = agreed.alba.get(OWN).text
    fields = dict(re.findall(r'name="(to-[^"]+)" value="([^"]*)"', page))
    assert fields == {"to-consults": "12.1", "to-deal_value": "201,657"}
    again = agreed.alba.get(OWN + "?" + "&".join(f"{name}={value}" for name, value in fields.items())).text
    assert tried(again, "final") == "54.69 → to 54.69 Band D"


def test_it_takes_as_many_queries_whatever_the_size(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 4 of at most 5, for a unit with its people 6 of at most 8: the session, the revision, the state's, totals, distinct counts."""
    working = working_on_each
    for address, person, most in ((OWN, working.alba, 5), ("/lifting/unit:HQ", working.ferran, 8)):
        person.get(address)
        counts = []
        for _ in range(2):
            with count_queries() as sent:
                assert person.get(address).status_code == 200
            counts.append(len([one for one in sent if one != "BEGIN"]))
            working.record(
                *(
                    f"2026-03-04 deal {address[-2:]}-{len(counts)}-{n} E{1 + n % 3} 100 USD of Buyer{n}/AT"
                    for n in range(20)
                )
            )
        assert counts[0] == counts[1] <= most, address
