"""The lab page: typed fields made from the present policies, two alternatives side by side, kept and opened by its address; nothing is applied."""

from __future__ import annotations

import io
import re
from typing import Any, Final

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.access.tables import account
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Somebody, Working

PAGE: Final = "/cycles/2026/lab"
TRIED: Final = "/api/v1/cycles/2026/lab"


def fields(text: str, action: str) -> dict[str, str]:
    """What a form of the page would send as it stands, but for its token."""
    found = next(
        one for one in read(text).all("form") if (one.attributes.get("action") or "").partition("?")[0] == action
    )
    sent = {}
    for one in found.all("input"):
        name = one.attributes.get("name")
        if name and one.attributes.get("type") != "file" and name not in {"csrf_token", "typed_by"}:
            sent[name] = one.attributes.get("value") or ""
    for one in found.all("select"):
        chosen = [option for option in one.all("option") if "selected" in option.attributes]
        sent[one.attributes["name"] or ""] = (chosen or one.all("option"))[0].attributes.get("value") or ""
    return sent


def try_it(somebody: Somebody, page: str = PAGE, **changed: str) -> TestResponse:
    """Change some fields of the form and send it."""
    text = somebody.get(page).text
    sent = fields(text, PAGE)
    assert changed.keys() <= sent.keys() | {"without_script"}, sorted(changed.keys() - sent.keys())
    action = re.search(rf'action="({PAGE}[^"/]*)"', text)
    assert action is not None
    return somebody.post(action[1].replace("&amp;", "&"), sent | changed)


def by_api(somebody: Somebody, body: dict[str, Any]) -> Any:
    """What the API says of the same."""
    return somebody.client.post(TRIED, json=body, headers={"Origin": "http://localhost"}).json


@pytest.fixture
def busy(working: Working) -> Working:
    """Some deals, different in number."""
    working.record(
        *(
            f"2026-03-0{day} deal D-{number}-{day} E{number} 1000 USD"
            for number in (1, 3, 6)
            for day in range(1, number + 1)
        )
    )
    return working


def test_typed_policies_are_tried_and_the_page_says_what_the_api_says(busy: Working) -> None:
    """Shares, rates and blend by fields; the sum of pay, who moves and what differs; nothing is applied, and the present is as it was."""
    text = busy.dana.get(PAGE).text
    assert "As the present: nothing differs yet." in text
    assert try_it(busy.dana).headers["Location"] == f"{PAGE}?edit=a"
    sent = try_it(
        busy.dana, **{"blend.staff.unit": "20", "blend.staff.own": "80", "grades.0.rate": "150", "groups.minimum": "2"}
    )
    assert sent.status_code == 303, sent.text
    address = sent.headers["Location"]
    shown = busy.dana.get(address).text
    assert "from 134 to 150" in shown
    policies = busy.dana.get(link(shown, "part=policies")).text
    answer = by_api(busy.dana, {"policies": policies})
    assert answer["after"]["sum_pay"] != answer["before"]["sum_pay"]
    (row,) = (one for one in read(shown).all("tr") if "data-sum-pay" in one.attributes)
    assert [re.sub(r"\D", "", one.text) for one in row.all("td")] == [
        str(answer[side]["sum_pay"]) for side in ("before", "after")
    ]
    assert moved(shown) == {one["node"] for one in answer["items"]}
    for one in answer["items"]:
        if one["node"].startswith("employee:"):
            assert f"{one['pay']['after']:,}" in shown
    assert busy.dana.get("/policies").status_code == 200
    assert by_api(busy.dana, {})["items"] == []
    assert busy.dana.get(PAGE).text.count("As the present: nothing differs yet.") == 2
    trail = busy.emil.get("/trail?deed=try_policies").text
    assert answer["after"]["policies_sha256"] in trail


def link(text: str, part: str) -> str:
    """The address of a link of the page."""
    found = re.search(rf'href="([^"]*{part}[^"]*)"', text)
    assert found is not None, part
    return found[1].replace("&amp;", "&")


def moved(text: str) -> set[str]:
    """Whom the page lists."""
    return {one.attributes["data-node"] or "" for one in read(text).all("tr") if "data-node" in one.attributes}


def test_weights_so_much_more_give_way_in_every_scorecard(busy: Working) -> None:
    """A KPI's weight by a percent: the rows that come of it are those of the file, and the API moves the same people."""
    sent = try_it(busy.dana, **{"weigh-kpi-deals_austria": "300"})
    shown = busy.dana.get(sent.headers["Location"]).text
    assert "its weights are 300 % of what they were" in shown
    rows = busy.dana.get(link(shown, "part=weights")).text.splitlines()
    assert rows[0] == "cycle,node,kpi,weight"
    assert "2026,employee:E1,deals_austria,25" in rows
    assert "2026,employee:E1,deals,8.33" in rows or "2026,employee:E1,deals,8.34" in rows
    weights = [dict(zip(rows[0].split(","), row.split(","), strict=True)) for row in rows[1:]]
    answer = by_api(busy.dana, {"weights": weights})
    assert answer["items"]
    assert moved(shown) == {one["node"] for one in answer["items"]}
    refused = try_it(busy.dana, **{"weigh-kpi-deals_austria": "0"})
    assert (refused.status_code, "above 0" in refused.text) == (422, True)


def test_a_kpi_is_scored_otherwise_by_its_own_form(busy: Working) -> None:
    """From when on it counts: a change of one KPI stands beside the policies in the same alternative; the API says the same."""
    first = try_it(busy.dana, minimum_days="30").headers["Location"]
    page = f"{PAGE}/kpi?code=deals&{first.partition('?')[2]}"
    sent = fields(busy.dana.get(page).text, f"{PAGE}/kpi") | {"counts_from": "entered"}
    answer = busy.dana.post(page, sent)
    assert answer.status_code == 303, answer.text
    shown = busy.dana.get(answer.headers["Location"]).text
    definitions = busy.dana.get(link(shown, "part=definitions")).text
    policies = busy.dana.get(link(shown, "part=policies")).text
    told = by_api(busy.dana, {"policies": policies, "definitions": {"kpis": definitions}})
    assert told["items"]
    assert moved(shown) == {one["node"] for one in told["items"]}
    wrong = busy.dana.post(page, sent | {"method.name": "deviation"})
    assert wrong.status_code == 422
    assert busy.dana.get(f"{PAGE}/kpi?code=nothing").status_code == 404


def test_a_and_b_stand_side_by_side_are_kept_and_opened_by_others(busy: Working) -> None:
    """An executive opens the link without pay; an employee, a head and an administrator find nothing; who kept it takes it away."""
    first = try_it(busy.dana, **{"blend.staff.unit": "0", "blend.staff.own": "100", "groups.minimum": "2"}).headers[
        "Location"
    ]
    second = try_it(busy.dana, first.replace("edit=a", "edit=b"), **{"grades.0.rate": "200", "groups.minimum": "2"})
    address = second.headers["Location"]
    assert re.fullmatch(rf"{PAGE}\?a=[0-9a-f]{{16}}&b=[0-9a-f]{{16}}&edit=b", address), address
    both = busy.dana.get(address).text
    assert both.count("As the present: nothing differs yet.") == 0
    kept = busy.dana.post(
        f"{PAGE}/keep?{address.partition('?')[2]}",
        dict(part.split("=") for part in address.partition("?")[2].split("&")) | {"title": "Twice the top rate"},
    )
    assert kept.headers["Location"] == address
    assert "Twice the top rate" in busy.emil.get(PAGE).text
    for_executive = busy.ferran.get(address).text
    assert "Twice the top rate" in for_executive
    assert "₩" not in for_executive
    assert "₩" in busy.emil.get(address).text
    for name in ("alba", "boram", "iris"):
        assert getattr(busy, name).statuses(address, PAGE) == [404, 404]
        assert getattr(busy, name).post(PAGE, {}).status_code == 404
    key = re.search(r"b=([0-9a-f]{16})", address)
    assert key is not None
    assert busy.emil.post(f"{PAGE}/drop", {"key": key[1]}).status_code == 404
    taken = busy.emil.post(f"{PAGE}/keep", {"a": key[1], "edit": "a", "title": "Mine"})
    assert (taken.status_code, "Twice the top rate" in taken.text) == (409, True)
    assert "Twice the top rate" in busy.dana.get(PAGE).text
    assert busy.dana.post(f"{PAGE}/drop", {"key": key[1]}).status_code == 303
    assert busy.dana.get(address).status_code == 404
    assert busy.dana.get(first).status_code == 200


def test_files_are_tried_beside_typed_fields_and_refused_with_their_place(busy: Working) -> None:
    """Policies as YAML, weights as CSV; what a load would refuse stands at the file's field with line and member."""

    def send(**files: tuple[str, str]) -> TestResponse:
        page = busy.dana.get(PAGE).text
        sent: dict[str, Any] = dict(fields(page, f"{PAGE}/files"))
        sent |= {name: (io.BytesIO(text.encode()), file) for name, (file, text) in files.items()}
        return busy.dana.post(f"{PAGE}/files", sent)

    weights = "node,kpi,weight\nemployee:E1,deals_austria,15\nemployee:E1,consults,5\n"
    answer = send(policies=("p.yaml", "minimum_days: 20\n"), weights=("w.csv", weights))
    assert answer.status_code == 303, answer.text
    shown = busy.dana.get(answer.headers["Location"]).text
    assert "from 60 to 20" in shown
    assert "employee:E1" in moved(shown)
    wrong = send(policies=("p.yaml", "minimum_days: 20\nblend: {staff: {unit: 50, own: 60}}\n"))
    assert wrong.status_code == 422
    assert "policies.yaml" in wrong.text
    wrong = send(weights=("w.csv", "node,kpi,weight\nemployee:E1,consults,5\n"))
    assert (wrong.status_code, "add up to 95" in wrong.text) == (422, True)
    assert send().status_code == 422
    assert send(policies=("p.yaml", "grades: [")).status_code == 422


def test_the_page_speaks_and_is_linked_from_the_cycle(busy: Working) -> None:
    """In three languages; hr, executives and auditors are led to it, a head is not."""
    busy.dana.post("/cycles", {"cycle": "2026"})
    for name, led in (("dana", True), ("emil", True), ("ferran", True), ("boram", False)):
        assert (f'href="{PAGE}"' in getattr(busy, name).get("/cycles/2026").text) is led, name
    for language, words in (("ko", "정책 실험실"), ("es", "Laboratorio")):
        assert words in busy.dana.get(PAGE, headers={"Accept-Language": language}).text
    assert busy.dana.statuses("/cycles/1999/lab", f"{PAGE}?a=0123456789abcdef", f"{PAGE}?a=x") == [404, 404, 422]


def test_constant_query_count(busy: Working, count_queries: CountQueries) -> None:
    """However many move."""
    address = try_it(busy.dana, **{"blend.staff.unit": "0", "blend.staff.own": "100"}).headers["Location"]
    busy.dana.get(address)
    with count_queries() as few:
        busy.dana.get(address)
    busy.record(
        *(
            f"2026-04-0{day} deal X-{number}-{day} E{number} 1000 USD"
            for number in (1, 2, 4, 5, 7)
            for day in range(1, 9)
        )
    )
    busy.dana.get(address)
    with count_queries() as many:
        busy.dana.get(address)
    assert len(many) == len(few)


def test_weights_come_first_and_those_that_are_refused_stay_open(busy: Working) -> None:
    """Of the fields of an alternative; after an error the part of the form that it stands in is open."""
    name = next(one for one in fields(busy.dana.get(PAGE).text, PAGE) if one.startswith("weigh-kpi-"))
    refused = try_it(busy.dana, **{name: "-5"})
    assert refused.status_code == 422
    form = next(
        one for one in read(refused.text).all("form") if "definition-policies" in (one.attributes.get("class") or "")
    )
    (weights,) = (one for one in form.all("details") if "Weights by" in one.text)
    assert "open" in weights.attributes
    order = [one.attributes.get("name") for one in form.all("input")]
    assert order.index(name) < order.index("minimum_days")


def test_an_executive_who_is_graded_does_not_try_what_they_were_not_told(busy: Working) -> None:
    """By other policies everybody moves: oneself too, and then the present grade stood beside it. Who is no employee reads it."""
    opened = busy.dana.client.post(
        "/api/v1/cycles", json={"cycle": "2026", "calendar": {}}, headers={"Origin": "http://localhost"}
    )
    assert opened.status_code == 201, opened.text
    shares = [{"grade": "Y", "share": 50, "rate": 150}, {"grade": "Z", "share": 50, "rate": 100}]
    body = {"policies": {"grades": shares}}
    before = by_api(busy.ferran, body)
    assert "employee:E3" in {one["node"] for one in before["items"]}, before
    with busy.database.write("test") as connection:
        connection.execute(sa.update(account).where(account.c.employee == "E3").values(roles="executive"))
    told = by_api(busy.chae, body)
    assert [one for one in before["items"] if one["node"] != "employee:E3"] == told["items"]
    # Nor by what is left of the sums.
    assert told["before"]["grades"] != before["before"]["grades"]
    assert told["before"]["groups"] != before["before"]["groups"]
    assert busy.chae.get(PAGE).status_code == 200
    people = [
        sum(map(int, re.findall(r'<tr><th scope="row">[^<]+</th><td class="number">(\d+)</td>', page)))
        for page in (busy.ferran.get("/grades/totals").text, busy.chae.get("/grades/totals").text)
    ]
    assert people[0] == people[1] + 1
