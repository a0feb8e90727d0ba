"""The first page of everybody: what waits comes, says since when, and goes once it is done; the figures are those that the API gives."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app import access, waiting
from app.access import Client
from app.access import tables as access_tables
from tests.conftest import CountQueries
from tests.scenario import event_of, ingest
from tests.web.markup import Element, read
from tests.web.test_targets import form
from tests.web.test_verification import judge
from tests.web.working import Somebody, Working, key_of

AT_D1 = f"/activities/{key_of('D-1')}"


def waits_for(person: Somebody) -> dict[str, str]:
    """What waits for somebody by its kind, in words."""
    items = (one for one in read(person.get("/").text).all("li") if "data-kind" in one.attributes)
    return {one.attributes["data-kind"] or "": " ".join(one.text.split()) for one in items}


def test_what_waits_is_there_until_it_is_done(working: Working) -> None:
    """An entry waits for the head, rejected for its employee, who reverses it; each time it is on one home and leaves the other."""
    assert (waits_for(working.alba), waits_for(working.boram)) == ({}, {})
    working.record("2026-03-04 deal D-1 E1 100 USD")
    assert waits_for(working.boram) == {"to_verify": "Entries that wait for your verdict: 1 the oldest of 4 Mar 2026"}
    judge(working, "boram", "D-1", verdict="rejected", reason="No contract")
    assert waits_for(working.boram) == {}
    assert "rejected by E2: “No contract” since 30 Jun 2026" in waits_for(working.alba)["rejected_entry"]
    assert f'href="{AT_D1}"' in working.alba.get("/").text
    assert waits_for(working.jiho) == {}
    reversal = {"form_id": working.alba.form_id(AT_D1), "reason": "never happened"}
    assert working.alba.post(f"{AT_D1}/reverse", reversal).status_code == 303
    assert waits_for(working.alba) == {}


def test_the_first_sentence_says_what_to_do_first(working: Working) -> None:
    """The first of what waits, with the way there; where nothing does, one's own next step."""

    def first(person: Somebody) -> tuple[str, str]:
        said = next(one for one in read(person.get("/").text).all("p") if one.attributes.get("class") == "first-of-all")
        links = [link.attributes["href"] for link in said.all("a")]
        return said.text, links[0] if links else ""

    assert first(working.alba) == ("Nothing waits for you: log what you have done since", "/log")
    assert first(working.ferran) == ("Nothing waits for you: see how the agency is doing", "/agency")
    working.record("2026-03-04 deal D-1 E1 100 USD")
    assert first(working.boram) == (
        "First of all: verify or reject what waits for you, the oldest first",
        "/verification",
    )
    judge(working, "boram", "D-1", verdict="rejected", reason="No contract")
    assert first(working.alba) == ("First of all: look at what was rejected, and correct it or take it back", AT_D1)


def test_targets_that_others_change_wait_until_they_are_seen(working: Working) -> None:
    """From which figure to which, by whom and why; who set them, and who has others, is not told."""
    page = working.boram.get("/targets").text
    working.boram.post("/targets?unit=VIE&cycle=2026", form(page, "consults", E1="4"))
    said = waits_for(working.alba)["changed_targets"]
    assert "from 10 to 4, by E2 Agreed anew" in said
    assert waits_for(working.boram) == waits_for(working.jiho) == {}
    home = working.alba.get("/").text
    until = re.search(r'name="until" value="([^"]+)"', home)
    assert until is not None
    refused = working.alba.post("/targets-seen", {"until": "0001-01-01T00:00:00+14:00"})
    assert refused.status_code == 422, "an instant that has no day in UTC"
    assert working.alba.post("/targets-seen", {"until": until[1]}).location == "/"
    working.alba.post("/targets-seen", {"until": "1990-01-01T00:00:00Z"})
    assert waits_for(working.alba) == {}


def test_rejected_events_wait_for_whoever_may_mend_them(working: Working) -> None:
    """The administrator; an auditor sees them and mends nothing."""
    assert ingest(working.database, [event_of("2026-06-04 deal D-2 NOBODY 100 USD")]).rejected
    assert "Events of programs that were not recorded: 1" in waits_for(working.iris)["rejected_events"]
    assert "rejected_events" not in waits_for(working.emil)


def test_every_kind_has_its_sentence(working: Working) -> None:
    """A kind that is added without its words would break the page of the first person whom it waits for."""
    with working.app.test_request_context():
        sentences = working.app.jinja_env.get_template("components/waiting.html").make_module()
    assert [kind.name for kind in waiting.KINDS if not hasattr(sentences, kind.name)] == []


def _visited(working: Working, at: dt.datetime, name: str = "alba") -> None:
    """Somebody was here before: a session of then."""
    with working.database.write("sign_in") as connection:
        number = connection.scalar(
            sa.select(access_tables.account.c.id).where(access_tables.account.c.email_key == f"{name}@agency.example")
        )
        assert number is not None
        access.open_session(connection, account_id=number, now=at, client=Client(), life=dt.timedelta(hours=12))


def test_what_moved_is_told_since_the_last_visit(working: Working) -> None:
    """Then and now as the API has them, with the KPIs that moved it, which add up to the change with the rest; looking again, or coming again on the same day, changes nothing."""
    working.record("2026-03-04 consult C-1 E1", "2026-06-20 consult C-2 E1", "2026-06-21 consult C-3 E1")
    _visited(working, dt.datetime(2026, 6, 10, 8, tzinfo=dt.UTC))
    address = "/api/v1/scorecards/employee:E1?cycle=2026"
    then, now = (working.alba.get(one).json["projected_score"] for one in (f"{address}&as_of=2026-06-10", address))
    for _ in range(3):
        page = read(working.alba.get("/").text)
        (change,) = (one for one in page.all("p") if one.attributes.get("id") == "home-change")
        text = " ".join(change.text.split())
        moved = Decimal(f"{now:.2f}") - Decimal(f"{then:.2f}")
        assert text == f"Since 10 Jun 2026 : {then:.2f} → {now:.2f} ▲ +{moved:.2f}"
        _visited(working, dt.datetime(2026, 6, 30, 0, 5, tzinfo=dt.UTC))
    rows = [
        one
        for one in page.all("li")
        if any("change" in (part.attributes.get("class") or "") for part in one.all("span"))
    ]
    points = [Decimal(one.text.split()[-1].replace("\N{MINUS SIGN}", "-").lstrip("+")) for one in rows]
    assert sum(points) == moved
    assert "Unit part and other KPIs" in rows[-1].text
    links = {one.attributes.get("href") for one in page.all("a")}
    assert "/scorecards/employee:E1#kpi-consults" in links
    assert "/scorecards/employee:E1?as_of=2026-06-10" in links


def test_what_still_waits_is_told_with_what_it_would_bring(working: Working) -> None:
    """An own entry that nobody has verified moves nothing yet: the provisional basis, as the API has it, stands beside the score until it does."""

    def told() -> str | None:
        said = [one for one in read(working.alba.get("/").text).all("p") if one.attributes.get("id") == "home-waiting"]
        return " ".join(said[0].text.split()) if said else None

    def expected() -> str | None:
        address = "/api/v1/scorecards/employee:E1?cycle=2026"
        final, provisional = (
            f"{working.alba.get(f'{address}&basis={one}').json['projected_score']:.2f}"
            for one in ("final", "provisional")
        )
        return None if final == provisional else f"With what still waits to be verified or confirmed: {provisional}"

    assert (told(), expected()) == (None, None)
    working.record("2026-03-04 deal D-1 E1 900 USD")
    entered = told()
    assert entered is not None
    assert entered == expected()
    judge(working, "boram", "D-1", verdict="rejected", reason="No contract")
    assert (told(), expected()) == (None, None)


def test_my_kpis_stand_by_what_they_cost(working: Working) -> None:
    """The dearest first: what each line keeps the own score below 100 by at the year's end, by the figures of the API."""
    working.record("2026-03-04 consult C-1 E1", "2026-03-04 consult C-2 E1")
    lines = working.alba.get("/api/v1/scorecards/employee:E1").json["lines"]
    measured = [line for line in lines if line["score"] is not None]
    whole = sum(line["weight"] for line in measured)
    costs = [((100 - line["projected_score"]) * line["weight"] / whole, line["kpi"]) for line in measured]
    dearest = sorted(costs, key=lambda cost: -cost[0])
    items = [one for one in read(working.alba.get("/").text).all("li") if "data-kpi" in one.attributes]
    shown = [(next(_figures(one)), one.attributes["data-kpi"]) for one in items]
    assert len(shown) >= 3
    assert shown == [(f"\N{MINUS SIGN}{cost:.2f}", kpi) for cost, kpi in dearest[: len(shown)]]


def _figures(item: Element) -> Iterator[str]:
    return (part.text for part in item.all("span") if "figure" in (part.attributes.get("class") or ""))


@pytest.mark.parametrize(("name", "most"), [("alba", 12), ("boram", 20), ("ferran", 20)])
def test_it_takes_as_many_queries_whatever_the_size(
    working_on_each: Working, count_queries: CountQueries, name: str, most: int
) -> None:
    """Of an employee 12 at most."""
    counts = []
    person: Somebody = getattr(working_on_each, name)
    for number in range(2):
        working_on_each.record(*(f"2026-03-04 deal {number}-{m} E1 100 USD of B{m}/AT" for m in range(20)))
        person.get("/")
        with count_queries() as sent:
            person.get("/")
        counts.append([one for one in sent if one != "BEGIN"])
    assert len(counts[0]) == len(counts[1]) <= most, counts[1]
