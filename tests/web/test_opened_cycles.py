"""The pages of opened cycles: stages, what is in the way, functions, calendar; and the criteria that everybody reads."""

from __future__ import annotations

import re
from typing import Final

from werkzeug.test import TestResponse

from tests.web.markup import read
from tests.web.working import Somebody, Working

WHY: Final = "Agreed in the meeting of Monday."


def test_a_cycle_is_opened_and_taken_on_by_its_pages(working: Working) -> None:
    """HR opens it, proposes an approver and a stage; what is in the way is named; a head reads it, an employee finds nothing but the criteria."""
    assert "No cycle is open" in working.dana.get("/cycles").text
    assert working.alba.statuses("/cycles", "/cycles/2026", "/criteria/2026") == [404, 404, 404]
    opened = working.dana.post("/cycles", {"cycle": "2026"})
    assert (opened.status_code, opened.headers["Location"]) == (303, "/cycles/2026")
    assert working.dana.post("/cycles", {"cycle": "2026"}).status_code == 409
    page = working.dana.get("/cycles/2026").text
    assert "Nobody who can sign in is approver of this cycle" in page
    assert re.search(r'aria-current="step">\s*<strong>draft', page)
    dates = {"agree_by": "2026-01-31", "lock_by": ""}
    assert working.dana.post("/cycles/2026/calendar", dates).status_code == 303
    assert 'value="2026-01-31"' in working.dana.get("/cycles/2026").text
    wanted = {"person": "E9", "function": "approver", "from": "2026-01-01", "to": "2028-01-01", "function_reason": WHY}
    proposed = working.dana.post("/cycles/2026/functions", wanted)
    assert proposed.status_code == 303, proposed.text
    assert f'href="{proposed.headers["Location"]}"' in working.dana.get("/cycles/2026").text
    assert re.search(r"approver(?! from)", working.ferran.get(proposed.headers["Location"]).text)
    refused = working.dana.post("/cycles/2026/stage", {"to": "agreement", "reason": WHY})
    assert refused.status_code == 409
    assert "Nobody who can sign in is approver" in refused.text
    assert working.dana.post("/cycles/2026/stage", {"to": "agreement", "reason": "short"}).status_code == 422
    head = working.boram.get("/cycles/2026").text
    assert "Propose the next stage" not in head
    assert working.boram.post("/cycles", {"cycle": "2027"}).status_code == 409
    for language, words in (("ko", "평가주기"), ("es", "Ciclo 2026")):
        assert words in working.dana.get("/cycles/2026", headers={"Accept-Language": language}).text


def _agrees(person: Somebody, answer: TestResponse) -> None:
    """Somebody agrees to what was proposed."""
    address = answer.headers["Location"]
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', person.get(address).text)
    assert digest is not None
    assert person.post(f"{address}/approve", {"digest": digest[1]}).status_code == 303


def _in_agreement(working: Working) -> None:
    """The cycle 2026 is opened and comes to its agreement."""
    working.dana.post("/cycles", {"cycle": "2026"})
    wanted = {"person": "E7", "function": "approver", "from": "2026-01-01", "to": "2028-01-01", "function_reason": WHY}
    _agrees(working.ferran, working.dana.post("/cycles/2026/functions", wanted))
    _agrees(working.wanda, working.dana.post("/cycles/2026/stage", {"to": "agreement", "reason": WHY}))


def _draft(person: Somebody, address: str, **typed: str) -> TestResponse:
    """Send the form of a draft as it came, but for some fields."""
    form = next(
        one for one in read(person.get(address).text).all("form") if one.attributes.get("action") == f"{address}/draft"
    )
    fields = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.all("input")}
    boxes = {one.attributes["name"] for one in form.all("input") if one.attributes.get("type") == "checkbox"}
    sent = {name: value for name, value in fields.items() if name not in boxes and name != "without_script"}
    return person.post(f"{address}/draft", sent | {name.replace("__", "-"): value for name, value in typed.items()})


def test_a_draft_is_changed_on_its_page_and_nothing_typed_is_lost(working: Working) -> None:
    """What is wrong stands at its field beside what was typed; the other side sees what changed; base and the like are hr's; a draft that came between asks once more."""
    _in_agreement(working)
    page = "/cycles/2026/scorecards/employee:E1"
    assert 'name="base-deals"' not in working.boram.get(page).text
    wrong = _draft(working.boram, page, target__deals="12", weight__deals="9", target__consults="many")
    assert (wrong.status_code, 'value="many"' in wrong.text, 'id="target-consults-error"' in wrong.text) == (
        422,
        True,
        True,
    )
    short = _draft(working.boram, page, target__deals="12", weight__deals="9")
    assert (short.status_code, 'id="weight-deals-error"' in short.text) == (422, True)
    assert 'id="target-deals" name="target-deals"' in short.text
    assert re.search(r'name="target-deals"[^>]* value="12"', short.text)
    assert _draft(working.boram, page, new_target="3").status_code == 422
    stale = read(working.alba.get(page).text)
    assert _draft(working.boram, page, target__deals="12").status_code == 303
    seen = working.alba.get(page).text
    assert "<ins>12</ins> <del" in seen
    assert "Changed by E2" in seen
    digest = next(one.attributes["value"] for one in stale.all("input") if one.attributes.get("name") == "digest")
    late = _draft(working.alba, page, digest=str(digest), target__deals="11", target__consults="7")
    assert late.status_code == 412
    assert "in the draft now: 12" in late.text
    assert re.search(r'name="target-consults"[^>]* value="7"', late.text)
    off = _draft(working.dana, page, off__deals="yes", weight__consults="20", coefficient__buyers="")
    assert off.status_code == 303, off.text
    assert "No more on it: deals" in working.alba.get(page).text
    assert working.alba.post("/cycles/2026/scorecards/employee:E6/draft", {"digest": "0" * 64}).status_code == 404
    assert (
        _draft(working.dana, page, kpi="deals", new_weight="10", new_target="5", weight__consults="10").status_code
        == 303
    )
    assert "Changed by dana@agency.example" in working.alba.get(page).text


def test_a_scorecard_is_signed_by_both_sides_on_its_page(working: Working) -> None:
    """Who has signed stands beside who has not; with the second signature it is agreed, and a colleague finds nothing."""
    _in_agreement(working)
    assert working.alba.statuses("/criteria/2026") == [200]
    page = "/cycles/2026/scorecards/employee:E1"
    assert working.jiho.statuses(page) == [404]
    assert f'href="{page}"' in working.alba.get("/scorecards/employee:E1?cycle=2026").text
    for person, part in ((working.alba, "owner"), (working.boram, "head")):
        shown = person.get(page).text
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown)
        assert digest is not None, shown
        assert f'name="as" value="{part}"' in shown
        assert person.post(f"{page}/sign", {"digest": digest[1], "as": part}).status_code == 303
    agreed = working.alba.get(page).text
    assert "version 1 holds" in agreed
    assert 'name="digest"' not in agreed
