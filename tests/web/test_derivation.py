"""The derivation of a score: its steps, the activities behind it, and nothing that its reader may not see."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from babel.dates import format_date

from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Working, key_of

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
OWN = "/scorecards/employee:E1/deals"
VALUE = "/scorecards/unit:VIE/deal_value"


def plain(page: str) -> str:
    """A page's text without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_the_score_is_derived_in_sentences_and_formulas(working: Working) -> None:
    """The steps that the command and the API give, with every calculation set apart."""
    working.record("2026-03-04 deal D-1 E1 100 USD", "2026-03-05 verified D-1 by E2")
    page = working.alba.get(OWN).text

    assert '<code class="formula">20 + 80 × 1 / 10</code>' in page
    assert "Activities that count: 1; their shares add up to 1." in plain(page)
    assert "Final basis: this KPI counts from verified on" in page
    assert "Published and ranked is" in page


def test_page_api_and_steps_say_the_same(working: Working) -> None:
    """One derivation, wherever it is read; to a person a day is in words of their language."""
    working.record("2026-03-04 deal D-1 E1 100 USD", "2026-03-05 verified D-1 by E2")
    page = plain(working.alba.get(OWN).text)
    api = working.alba.get("/api/v1/explain/employee:E1/deals?cycle=2026")

    assert api.status_code == 200
    assert api.json is not None
    for step in api.json["steps"]:
        text = _DAY.sub(
            lambda found: format_date(dt.date.fromisoformat(found[0]), format="d MMM y", locale="en"), step["text"]
        )
        text = re.sub(
            r"[1-9]\.\d{12}", lambda figure: f"{Decimal(figure[0]):.11f}", text
        )  # the page shows twelve digits
        assert text.replace("'", "&#39;") in page or text in page
    assert [one["id"] for one in api.json["activities"]] == ["D-1"]


def test_the_activities_lead_on_to_each_one(working: Working) -> None:
    """With what each adds; none that does not count."""
    working.record("2026-03-04 deal D-1 E1 100.50 USD of Nordwind/AT", "2026-03-05 verified D-1 by E2")
    working.record("2026-03-04 deal D-2 E1 70 USD of Südwind/AT")
    page = working.boram.get(VALUE).text

    assert f"/activities/{key_of('D-1')}" in page or key_of("D-1") in page
    assert "Nordwind" in page
    assert "Südwind" not in page
    assert "Südwind" in working.boram.get(f"{VALUE}?basis=provisional").text


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        # own, colleague's, own unit, agency, another region's employee
        ("alba", [200, 404, 404, 404, 404]),
        ("chae", [404, 404, 404, 404, 200]),
        ("boram", [200, 200, 200, 404, 404]),
        ("hana", [200, 200, 200, 200, 200]),
        ("dana", [200, 200, 200, 200, 200]),
        ("emil", [200, 200, 200, 200, 200]),
        ("ferran", [200, 200, 200, 200, 200]),
        ("iris", [404, 404, 404, 404, 404]),
    ],
)
def test_who_sees_which_derivation(working: Working, name: str, statuses: list[int]) -> None:
    """Contract, "Who may what": an employee their own, a head the line, others all."""
    nodes = ("employee:E1", "employee:E6", "unit:VIE", "unit:HQ", "employee:E3")
    assert getattr(working, name).statuses(*(f"/scorecards/{node}/deals" for node in nodes)) == statuses


def shares_with_the_office(text: str) -> str:
    """The scorecards with Alba's line of deal values shared with the office's."""
    return text.replace(
        "2026,employee:E1,deal_value,10,,unique,,,,,,10,",
        "2026,employee:E1,deal_value,10,,shared,unit:VIE,deal_value,,,,,",
    )


def test_of_a_shared_line_an_employee_sees_the_total_and_no_colleague(working: Working) -> None:
    """Alba's line shows the office's figures, to which Jiho's deal belongs; his deal is not hers to see."""
    change: Callable[[str], str] = shares_with_the_office
    working.load(change)
    working.record("2026-03-04 deal D-9 E6 500 USD of Ostwind/AT", "2026-03-05 verified D-9 by E2")
    own = working.alba.get("/scorecards/employee:E1/deal_value").text

    assert "This line is shared" in own
    assert "adds up to 500." in plain(own)
    assert "You see their number and total above" in own
    assert "Ostwind" not in own
    assert "E6" not in re.findall(r"\bE\d+\b", own)
    assert "Ostwind" in working.boram.get("/scorecards/employee:E1/deal_value").text


def test_it_leads_up_and_down_the_cascade(working: Working) -> None:
    """To the line above and to those below, for whom they are."""
    working.load(shares_with_the_office)

    assert "/scorecards/unit:VIE/deal_value" in working.boram.get("/scorecards/employee:E1/deal_value").text
    assert "/scorecards/employee:E1/deal_value" in working.boram.get(VALUE).text
    assert "/scorecards/unit:VIE/deal_value" not in working.alba.get("/scorecards/employee:E1/deal_value").text


def test_what_people_wrote_is_text(working: Working) -> None:
    """A buyer's name is no markup, wherever it stands."""
    working.record("2026-03-04 consult C-1 E1 of <b>Nord&Co/AT")
    page = working.alba.get("/scorecards/employee:E1/consults").text

    assert "<b>Nord" not in page
    assert "&lt;b&gt;Nord&amp;Co" in page


@pytest.mark.parametrize(
    "address",
    [
        "/scorecards/unit:VIE/nothing",
        "/scorecards/unit:NOPE/deals",
        "/scorecards/unit:VIE/deals?cycle=1066",
        "/scorecards/unit:VIE/deals?as_of=yesterday",
        "/scorecards/unit:VIE/deals?after=yesterday",
        "/scorecards/unit:VIE/deals?after=0.bnVsbA",
        # Lists in lists, deeper than Python reads.
        f"/scorecards/unit:VIE/deals?after=0.{'W1tb' * 500}",
        "/scorecards/unit:VIE/deals?basis=hoped",
    ],
)
def test_a_wrong_address_gets_an_answer(working: Working, address: str) -> None:
    """Never a failure of ours (issue 7, 13)."""
    assert working.ferran.get(address).status_code in {404, 422}


def test_a_long_list_goes_on(working: Working) -> None:
    """A hundred to a page, each activity once."""
    working.record(*(f"2026-03-{1 + n % 28:02d} consult C-{n:03d} E1" for n in range(130)))
    first = working.alba.get("/scorecards/employee:E1/consults").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = working.alba.get(following[1].replace("&amp;", "&")).text
    ids = [re.findall(r"/scenario (C-\d+)", page) for page in (first, second)]

    assert [len(some) for some in ids] == [100, 30]
    assert len({*ids[0], *ids[1]}) == 130


def test_the_deals_are_listed_by_when_or_by_what_they_are_worth(working: Working) -> None:
    """By links, whose order the pages after the first keep; a count of buyers has an order of its own and offers none."""
    worth = [(n * 37) % 130 + 1 for n in range(130)]
    working.record(*(f"2026-03-{1 + n % 28:02d} deal D-{n:03d} E1 {usd} USD" for n, usd in enumerate(worth)))
    days = sorted((1 + n % 28, f"D-{n:03d}") for n in range(130))
    expected = {
        "The earliest first": [name for _, name in days],
        "The latest first": [name for _, name in reversed(days)],
        "The largest first": [f"D-{worth.index(usd):03d}" for usd in range(130, 0, -1)],
    }
    page = working.alba.get("/scorecards/employee:E1/deal_value?basis=provisional").text
    for words, names in expected.items():
        (way,) = (one for one in read(page).all("a") if one.text == words)
        first = working.alba.get(way.attributes["href"].partition("#")[0]).text
        assert f'aria-current="true">{words}<' in first
        (following,) = (one for one in read(first).all("a") if one.attributes.get("rel") == "next")
        second = working.alba.get(following.attributes["href"].partition("#")[0]).text
        assert [name for one in (first, second) for name in re.findall(r"/scenario (D-\d+)", one)] == names, words
    once_each = working.alba.get("/scorecards/employee:E1/buyers").text
    assert "D-000" in once_each
    assert "The largest first" not in once_each


def test_it_takes_as_many_queries_whatever_the_size_and_the_history(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """Expect 6 of at most 8: the session, the organisation's and the state's revision, totals, how many count, the list."""
    for address, person in ((OWN, working_on_each.alba), ("/scorecards/unit:HQ/deals", working_on_each.ferran)):
        person.get(address)
        counts = []
        for round_ in range(2):
            with count_queries() as sent:
                assert person.get(address).status_code == 200
            counts.append(len([one for one in sent if one != "BEGIN"]))
            working_on_each.record(
                *(f"2026-03-04 deal D-{address[-9:-6]}{round_}{n} E1 100 USD" for n in range(20)),
                *(f"2026-03-05 verified D-{address[-9:-6]}{round_}{n} by E2" for n in range(20)),
            )
        assert counts[0] == counts[1] <= 8


def test_figures_of_a_derivation_have_separators_and_twelve_digits_at_most(working: Working) -> None:
    """A person checks them by hand, in the separators of the page; codes and years stay as they are."""
    working.record(
        "2026-03-04 deal D-1 E1 3333333.33 EUR of Meyer/AT E1:0.3333 E6:0.6667", "2026-03-05 verified D-1 by E9"
    )
    exact = working.alba.get("/api/v1/explain/employee:E1/deal_value?cycle=2026").get_json()
    assert any(re.search(r"\d{5,}", str(figure)) for step in exact["steps"] for figure in step["figures"].values())
    for language, separator in (("en", ","), ("es", ".")):
        working.alba.client.set_cookie("kopes_language", language)
        page = working.alba.get("/scorecards/employee:E1/deal_value").text
        steps = re.findall(r'<ol class="steps">(.*?)</ol>', page, re.DOTALL)
        assert not re.search(r"(?<![.,\d])\d{5,}", " ".join(steps))
        assert max(len(re.sub(r"\D", "", one).lstrip("0")) for one in re.findall(r"[\d.,]+", " ".join(steps))) <= 12
        assert re.search(rf"\d{re.escape(separator)}\d{{3}}{re.escape(separator)}\d{{3}}", " ".join(steps))
