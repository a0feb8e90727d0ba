"""The pages of opened cycles: stages, what is in the way, functions, calendar; and the criteria that everybody reads."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from werkzeug.test import TestResponse

from app import access, cascade, mails, scoring
from app import cycle as cycles
from app.access import tables as access_tables
from app.cycle.opened import begin_stage
from app.decisions import OtherDigest
from app.kit import outbox
from app.kit.mail import Mail
from app.kit.settings import Settings
from app.rules.agreement import AgreementState
from app.rules.stages import Stage
from tests.conftest import CountQueries
from tests.web.markup import Element, read
from tests.web.test_home import waits_for
from tests.web.test_targets import form, target_of
from tests.web.working import NOW, Somebody, Working

WHY: Final = "Agreed in the meeting of Monday."


def test_a_cycle_is_opened_and_taken_on_by_its_pages(working: Working) -> None:
    """HR opens it, proposes an approver and a stage; what is in the way is named; a head reads it, an employee finds nothing but the criteria."""
    assert "No cycle is open" in working.dana.get("/cycles").text
    assert working.alba.statuses("/cycles", "/cycles/2026", "/criteria/2026") == [404, 404, 404]
    wrong = working.dana.post("/cycles", {"cycle": "2026", "agree_by": "2026-02-31"})
    assert (wrong.status_code, 'id="agree_by-error"' in wrong.text) == (422, True)
    opened = working.dana.post("/cycles", {"cycle": "2026", "certify_by": "2027-02-01"})
    assert (opened.status_code, opened.headers["Location"]) == (303, "/cycles/2026")
    assert working.dana.post("/cycles", {"cycle": "2026"}).status_code == 409
    page = working.dana.get("/cycles/2026").text
    assert 'value="2027-02-01"' in page
    assert "Nobody who can sign in is approver of this cycle" in page
    assert re.search(r'aria-current="step">\s*<strong>draft', page)
    dates = {"agree_by": "2026-01-31", "lock_by": ""}
    assert working.dana.post("/cycles/2026/calendar", dates).status_code == 303
    assert 'value="2026-01-31"' in working.dana.get("/cycles/2026").text
    wanted = {"person": "E9", "function": "approver", "from": "2026-01-01", "to": "2028-01-01", "reason": WHY}
    proposed = working.dana.post("/cycles/2026/functions", wanted)
    assert proposed.status_code == 303, proposed.text
    assert "As things are nobody can agree to this" not in working.dana.get(proposed.headers["Location"]).text
    alone = working.dana.post("/cycles/2026/functions", wanted | {"person": "ferran@agency.example"})
    assert "As things are nobody can agree to this" in working.dana.get(alone.headers["Location"]).text
    assert working.dana.post(f"{alone.headers['Location']}/withdraw", {}).status_code == 303
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


def test_days_of_a_function_that_are_turned_round_say_so_at_their_field(working: Working) -> None:
    """What was typed stays; nothing is proposed."""
    working.dana.post("/cycles", {"cycle": "2026"})
    wanted = {"person": "E9", "function": "approver", "from": "2026-03-05", "to": "2026-03-04", "function_reason": WHY}
    answer = working.dana.post("/cycles/2026/functions", wanted)
    assert answer.status_code == 422
    (field,) = (one for one in read(answer.text).all("input") if one.attributes.get("name") == "to")
    assert (field.attributes.get("value"), field.attributes.get("aria-invalid")) == ("2026-03-04", "true")
    assert "It would end before it begins" in answer.text
    assert "Waits for agreement" not in working.dana.get("/cycles/2026").text


def agrees(person: Somebody, answer: TestResponse) -> None:
    """Somebody agrees to what was proposed."""
    address = answer.headers["Location"]
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', person.get(address).text)
    assert digest is not None
    assert person.post(f"{address}/approve", {"digest": digest[1]}).status_code == 303


def in_agreement(working: Working) -> None:
    """The cycle 2026 is opened and comes to its agreement."""
    working.dana.post("/cycles", {"cycle": "2026"})
    wanted = {"person": "E7", "function": "approver", "from": "2026-01-01", "to": "2028-01-01", "function_reason": WHY}
    agrees(working.ferran, working.dana.post("/cycles/2026/functions", wanted))
    agrees(working.wanda, working.dana.post("/cycles/2026/stage", {"to": "agreement", "reason": WHY}))


def test_a_function_is_proposed_by_name_and_its_decision_tells_who_when_and_of_which_cycle(working: Working) -> None:
    """A name is enough; the decision leads back to its cycle; whom it is about is not asked to agree to it."""
    working.dana.post("/cycles", {"cycle": "2026"})
    wanted = {"person": "E7", "function": "approver", "from": "2026-03-05", "to": "2028-01-01", "function_reason": WHY}
    nobody = working.dana.post("/cycles/2026/functions", wanted | {"person": "Nobody at all"})
    assert (nobody.status_code, 'id="person-error"' in nobody.text) == (422, True)
    address = working.dana.post("/cycles/2026/functions", wanted).headers["Location"]
    told = working.ferran.get(address).text
    assert "E7 is to be approver of the cycle 2026" in told
    assert "5 Mar 2026" in told
    assert "1 Jan 2028" in told
    assert 'href="/cycles/2026"' in told
    assert "People who head another unit" not in told
    with working.database.write("accounts") as connection:
        of = access_tables.account.c
        change = sa.update(access_tables.account).where(of.email == "hana@agency.example").values(roles="executive")
        connection.execute(change)
    about_her = working.dana.post("/cycles/2026/functions", wanted | {"person": "E5"}).headers["Location"]
    waits = {person: one.get("/").text for person, one in (("ferran", working.ferran), ("hana", working.hana))}
    assert {who: f'href="{address}"' in page for who, page in waits.items()} == {"ferran": True, "hana": True}
    assert {who: f'href="{about_her}"' in page for who, page in waits.items()} == {"ferran": True, "hana": False}
    agrees(working.ferran, working.dana.post("/cycles/2026/functions", wanted | {"from": "2026-01-01"}))
    assert "an approver agrees: E7" in re.sub(r"\s+", " ", working.dana.get("/cycles/2026").text)


def test_what_may_be_accepted_and_was_is_told_to_who_agrees(working: Working) -> None:
    """The approver reads what hr accepts, not its code; how many are not named adds up with those that are."""
    in_agreement(working)
    page = working.boram.get("/cycles/2026").text
    assert "Scorecards of units are neither agreed nor imposed (6)" in page
    named = page.count("/cycles/2026/scorecards/unit:")
    assert f"and {6 - named} more" in page or named == 6
    # The first three stand open, the others below them; Home tells hr alone how far the cycle is.
    assert "<summary>and 3 more</summary>" in working.dana.get("/cycles/2026").text
    assert re.search(r"Cycle 2026: [^;]+; next: under way; in the way: \d", working.dana.get("/").text)
    assert 'data-kind="cycle_step"' not in working.boram.get("/").text
    # Until its last day is over that stands first, and there is no form to certify it.
    with working.database.write("begin") as connection:
        begin_stage(connection, 2026, Stage.RUNNING, round_=1, by="account:dana@agency.example", at=NOW)
    early = working.dana.get("/cycles/2026").text
    assert "its last day is" in early.split('id="not-over"')[1].split("</li>")[0]
    assert 'value="certified"' not in early
    assert "; next: certified, from " in working.dana.get("/").text


def _measured_by_deviation(working: Working, kpi: str) -> None:
    """A KPI takes base and bounds, and no target."""
    path = working.folder / "definitions" / "kpis.yaml"
    document = json.loads(path.read_text(encoding="utf-8"))
    for one in document["kpis"]:
        if one["code"] == kpi:
            one["method"] = {"name": "deviation"}
    path.write_text(json.dumps(document), encoding="utf-8")
    working.load(lambda text: re.sub(rf"(,{kpi},10,,unique,,,,,,)10,", r"\1,", text))


def _signatures(person: Somebody, page: str) -> list[Element]:
    """Who has signed beside who has not."""
    parts = next(
        one for one in read(person.get(page).text).all("section") if one.attributes.get("class") == "signatures"
    )
    return list(parts.all("div"))


def drafted(person: Somebody, address: str, **typed: str) -> TestResponse:
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
    _measured_by_deviation(working, "companies")
    in_agreement(working)
    page = "/cycles/2026/scorecards/employee:E1"
    assert 'name="base-companies"' not in working.boram.get(page).text
    assert 'name="base-companies"' in working.dana.get(page).text
    wrong = drafted(working.boram, page, target__deals="12", weight__deals="9", target__consults="many")
    assert (wrong.status_code, 'value="many"' in wrong.text, 'id="target-consults-error"' in wrong.text) == (
        422,
        True,
        True,
    )
    short = drafted(working.boram, page, target__deals="12", weight__deals="9", because=WHY)
    assert (short.status_code, 'id="weight-deals-error"' in short.text) == (422, True)
    assert "The weights add up to 99: give 1 points more." in short.text
    assert "employee:E1 in cycle" not in short.text
    assert 'id="target-deals" name="target-deals"' in short.text
    assert re.search(r'name="target-deals"[^>]* value="12"', short.text)
    assert drafted(working.boram, page, new_target="3").status_code == 422
    stale = read(working.alba.get(page).text)
    both = drafted(working.boram, page, target__deals="12", weight__deals="9", because=" ").text
    assert 'id="because-error"' in both, "the missing reason is told"
    assert both.count('-error"') > 1, "and that the weights do not add up, at once"
    silent = drafted(working.boram, page, target__deals="12", because=" ")
    assert (silent.status_code, 'id="because-error"' in silent.text) == (422, True), "it is not her own scorecard"
    assert re.search(r'name="target-deals"[^>]* value="12"', silent.text)
    assert "What the change is for <" in working.alba.get(page).text, "whose own it is may leave it out"
    assert drafted(working.boram, page, target__deals="12", because=WHY).status_code == 303
    seen = working.alba.get(page).text
    assert "</del> <ins>12</ins>" in seen
    assert "Changed by E2" in seen
    digest = next(one.attributes["value"] for one in stale.all("input") if one.attributes.get("name") == "digest")
    late = drafted(working.alba, page, digest=str(digest), target__deals="11", target__consults="7")
    assert late.status_code == 412
    assert "in the draft now: 12" in late.text
    assert re.search(r'name="target-consults"[^>]* value="7"', late.text)
    off = drafted(working.dana, page, off__deals="yes", weight__consults="20", base__companies="5", because=WHY)
    assert off.status_code == 303, off.text
    assert [one.text for one in _signatures(working.alba, page)] == [
        "Owner not signed E1",
        "Head not signed E2",
        "HR not signed HR",
    ]
    assert "No more on it: A name" in working.alba.get(page).text
    assert working.alba.post("/cycles/2026/scorecards/employee:E6/draft", {"digest": "0" * 64}).status_code == 404
    again = {"kpi": "deals", "new_weight": "10", "new_target": "5", "weight__consults": "10", "because": WHY}
    assert drafted(working.dana, page, **again).status_code == 303
    assert "Changed by dana@agency.example" in working.alba.get(page).text
    # Fields that are called as the API's members, line by line.
    lines = working.alba.get(f"/api/v1{page}").json["lines"]
    named = {name: [line[name] or "" for line in lines] for name in ("kpi", "weight", "target", "base")}
    named["target"] = ["13" if kpi == "deals" else old for kpi, old in zip(named["kpi"], named["target"], strict=True)]
    digest = working.alba.get(f"/api/v1{page}").json["digest"]
    for wrong, name in (({"weight": ["1"]}, "unequal"), ({"weight": ["1"] * len(lines)}, "add up to")):
        answer = working.dana.post(f"{page}/draft", {"digest": digest} | named | wrong)
        assert (answer.status_code, {"unequal": "not equally many"}.get(name, name) in answer.text) == (422, True)
    done = working.dana.post(f"{page}/draft", {"digest": digest} | named)
    assert done.status_code == 303, done.text
    after = working.alba.get(f"/api/v1{page}").json["lines"]
    assert after == [line | ({"target": "13"} if line["kpi"] == "deals" else {}) for line in lines]


def signs(person: Somebody, page: str, part: str) -> None:
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', person.get(page).text)
    assert digest is not None
    assert person.post(f"{page}/sign", {"digest": digest[1], "as": part}).status_code == 303


def _was(person: Somebody, page: str) -> list[str]:
    """What is struck out beside what the draft says."""
    return [one.text for one in read(person.get(page).text).all("del")]


def test_what_is_struck_out_is_what_holds_else_what_the_reader_signed_last_else_the_first_draft(
    working: Working,
) -> None:
    """Alba signed 11, Boram nothing yet: to each what they know; once 12 holds, it stands beside 14 and beside 15, whoever signed 14 meanwhile."""
    in_agreement(working)
    page = "/cycles/2026/scorecards/employee:E1"
    first = next(one["target"] for one in working.alba.get(f"/api/v1{page}").json["lines"] if one["kpi"] == "deals")
    assert drafted(working.alba, page, target__deals="11").status_code == 303
    assert (_was(working.alba, page), _was(working.boram, page)) == ([first], [first])
    signs(working.alba, page, "owner")
    assert drafted(working.boram, page, target__deals="12", because=WHY).status_code == 303
    assert (_was(working.alba, page), _was(working.boram, page)) == (["11"], [first])
    assert "what you signed last" in working.alba.get(page).text
    assert "what the first draft said" in working.boram.get(page).text
    # The counter-draft hides nothing of what the other side wrote.
    for person in (working.alba, working.boram):
        way = [one.text for one in read(person.get(page).text).all("details") if "on the way" in one.text]
        assert re.search(rf"E2.*11 → 12.*Why: {WHY}.*E1.*{first} → 11$", " ".join(way))
    signs(working.alba, page, "owner")
    signs(working.boram, page, "head")
    assert _was(working.alba, page) == []
    assert drafted(working.boram, page, target__deals="14", because=WHY).status_code == 303
    signs(working.boram, page, "head")
    assert drafted(working.boram, page, target__deals="15", because=WHY).status_code == 303
    assert (_was(working.alba, page), _was(working.boram, page)) == (["12"], ["12"])
    shown = working.alba.get(page).text
    assert "Version 1 holds: all have signed it. · The draft is still to be signed by: Owner, Head" in shown
    assert "what holds: version 1" in shown
    # One signs after the lines, and is told how many they are.
    assert re.search(r"you agree to the \d+ lines above", working.alba.get(page).text.split("</table>")[1])


def test_what_a_draft_makes_of_the_score_is_told_before_one_signs(working: Working) -> None:
    """What the page promised is what the scorecard says once both have signed; a draft that says what holds promises nothing."""
    in_agreement(working)
    page = "/cycles/2026/scorecards/employee:E1"
    card = "/api/v1/scorecards/employee:E1?cycle=2026"

    def worth_of() -> list[str]:
        return [one.text for one in read(working.alba.get(page).text).all("p") if one.attributes.get("id") == "worth"]

    working.record("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT")
    assert worth_of() == []
    before = working.alba.get(card).json
    assert drafted(working.boram, page, target__deals="12", because=WHY).status_code == 303
    assert worth_of() == ["If these lines held, the score would stay as it is: 30.40 so far."]
    assert drafted(working.boram, page, target__buyers="2", because=WHY).status_code == 303
    assert working.alba.get(card).json["final_score"] == before["final_score"]
    (worth,) = worth_of()
    so_far, now, year_end, leads = re.findall(r"\d+\.\d\d", worth)
    assert (now, leads) == (f"{before['final_score']:.2f}", f"{before['projected_score']:.2f}")
    assert so_far != now
    signs(working.alba, page, "owner")
    signs(working.boram, page, "head")
    after = working.alba.get(card).json
    assert (so_far, year_end) == (f"{after['final_score']:.2f}", f"{after['projected_score']:.2f}")
    assert worth_of() == []


def test_both_sides_talk_beside_the_lines_and_say_why_they_change_them(working: Working) -> None:
    """Why a draft is another stands beside who changed it; what is written of a line stands at it; colleagues and the line's others read nothing."""
    in_agreement(working)
    page = "/cycles/2026/scorecards/employee:E1"
    assert drafted(working.boram, page, target__deals="12", because="The fair comes back.").status_code == 303
    assert "Why: The fair comes back." in working.alba.get(page).text
    said = {"about": "deals", "text": "Twelve is two more than I see."}
    assert working.alba.post(f"{page}/notes", said).status_code == 303
    assert "card_notes" not in waits_for(working.alba) | waits_for(working.jiho) | waits_for(working.emil)
    assert page in working.boram.get("/").text
    assert "Written beside scorecards that you sign: E1, 2026" in waits_for(working.boram)["card_notes"]
    seen = working.boram.get(page).text
    assert seen.count("Twelve is two more than I see.") == 2
    assert working.boram.post(f"{page}/notes", {"text": " "}).status_code == 422
    assert working.boram.post(f"{page}/notes", {"about": "lunch", "text": "No such line."}).status_code == 422
    assert working.jiho.post(f"{page}/notes", said).status_code == 404
    assert working.ferran.post(f"{page}/notes", said).status_code == 409
    assert "Twelve is two more" not in working.ferran.get(page).text
    # Answered, it is the other side's to read; looked at, nobody's.
    working.clock_moves(minutes=1)
    assert working.boram.post(f"{page}/notes", {"text": "So be it: eleven."}).status_code == 303
    assert "card_notes" not in waits_for(working.boram)
    assert "card_notes" in waits_for(working.alba)
    until = re.findall(r'name="until" value="([^"]+)"', working.alba.get("/").text)
    working.alba.post("/targets-seen", {"until": until[0]})
    assert "card_notes" not in waits_for(working.alba)


def test_a_scorecard_is_signed_by_both_sides_on_its_page(working: Working) -> None:
    """Who has signed stands beside who has not; with the second signature it is agreed, and a colleague finds nothing."""
    in_agreement(working)
    assert working.alba.statuses("/criteria/2026") == [200]
    page = "/cycles/2026/scorecards/employee:E1"
    assert working.jiho.statuses(page) == [404]
    assert f'href="{page}"' in working.alba.get("/scorecards/employee:E1?cycle=2026").text
    assert "Scorecards that wait for your signature: 1" in waits_for(working.alba)["to_sign"]
    assert f'href="{page}"' in working.alba.get("/").text
    assert "changed by" not in waits_for(working.alba)["to_sign"]
    assert "Scorecards that wait for your signature: 4" in waits_for(working.boram)["to_sign"], (
        "hers, her office's, two people's"
    )
    assert "to_sign" not in waits_for(working.emil) | waits_for(working.iris)
    assert "Scorecards that wait for your signature: 6" in waits_for(working.dana)["to_sign"], (
        "three units have no head, and three people none above them"
    )
    assert 'name="as"' not in working.emil.get("/cycles/2026/scorecards/unit:HQ").text, "an auditor is no executive"
    assert 'value="head"' in working.ferran.get("/cycles/2026/scorecards/unit:HQ").text
    for person, part in ((working.alba, "owner"), (working.boram, "head")):
        shown = person.get(page).text
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown)
        assert digest is not None, shown
        assert f'name="as" value="{part}"' in shown
        assert person.post(f"{page}/sign", {"digest": digest[1], "as": part}).status_code == 303
    agreed = working.alba.get(page).text
    assert "Version 1 holds: all have signed it." in agreed
    assert 'name="as"' not in agreed
    assert "Waits for your signature too" not in agreed
    assert "and 2 more" in working.boram.get(page).text.split("Waits for your signature too:")[1].split("</p>")[0]
    assert "to_sign" not in waits_for(working.alba)
    assert "Scorecards that wait for your signature: 3" in waits_for(working.boram)["to_sign"]


def test_who_is_imposed_upon_is_told_and_readings_of_others_are_logged(working: Working) -> None:
    """On their first page until they have seen it, and by a mail with the way there; the page says that it is ground of an objection."""
    in_agreement(working)
    working.dana.post("/cycles/2026/calendar", {"agree_by": "2026-06-29"})
    address, page = "/api/v1/cycles/2026/scorecards/employee:E6", "/cycles/2026/scorecards/employee:E6"
    digest = working.boram.get(address).json["digest"]
    body = {"kind": "impose", "cycle": "2026", "content": {"node": "employee:E6", "digest": digest}, "reason": WHY}
    made = working.boram.client.post("/api/v1/decisions", json=body, headers={"Origin": "http://localhost"})
    assert made.status_code == 201, made.text
    assert "imposed" not in waits_for(working.jiho)
    working.clock_moves(minutes=1)
    approved = working.dana.client.post(
        f"/api/v1/decisions/{made.json['id']}/approve",
        json={"digest": made.json["digest"]},
        headers={"Origin": "http://localhost"},
    )
    assert approved.status_code == 200, approved.text
    told = waits_for(working.jiho)
    assert ("to_sign" in told, "Imposed without your signature" in told["imposed"]) == (False, True)
    assert "imposed" not in waits_for(working.alba) | waits_for(working.boram)
    assert "ground of an objection" in working.jiho.get(page).text
    mail = _mail(working)
    assert (mail.to, f"https://kopes.example{page}" in mail.text) == ("jiho@agency.example", True)
    until = re.findall(r'name="until" value="([^"]+)"', working.jiho.get("/").text)
    working.jiho.post("/targets-seen", {"until": until[0]})
    assert "imposed" not in waits_for(working.jiho)

    for _ in range(2):
        assert [person.get(address).status_code for person in (working.jiho, working.boram, working.dana)] == [200] * 3
        assert working.alba.get("/api/v1/cycles/2026/scorecards/unit:VIE").status_code == 200
    log = access_tables.reading_log
    with working.database.read() as connection:
        rows = connection.execute(sa.select(log).where(log.c.what == "agreement").order_by(log.c.id)).all()
    assert [(row.who, row.subject, row.rows) for row in rows] == [
        (f"account:{name}@agency.example", "employee:E6 cycle=2026", 1) for name in ("boram", "dana")
    ]


def _mail(working: Working) -> Mail:
    """The only mail that is to be sent, as it is composed."""
    settings = Settings(database_url="sqlite://", public_url="https://kopes.example")
    with working.database.write("mails") as connection:
        taken = outbox.take(connection, worker="tests", at=NOW + dt.timedelta(hours=1))
        assert taken is not None
        mail = mails.compose(connection, taken, settings=settings, now=NOW)
    assert mail is not None
    return mail


def test_targets_of_a_cycle_that_is_agreed_on_are_set_in_drafts(working: Working) -> None:
    """By the page and by a decision over the API: they have no effect before both have signed; what was set before the agreement is in the first draft."""
    page = working.boram.get("/targets").text
    assert working.boram.post("/targets?unit=VIE&cycle=2026", form(page, "consults", E1="9")).status_code == 303
    in_agreement(working)
    address = "/api/v1/cycles/2026/scorecards/employee:E1"

    def drafted() -> dict[str, str]:
        return {line["kpi"]: line["target"] for line in working.alba.get(address).json["lines"]}

    assert drafted()["consults"] == "9"
    page = working.boram.get("/targets").text
    assert "goes into the draft" in page
    assert working.boram.post("/targets?unit=VIE&cycle=2026", form(page, "consults", E1="12")).status_code == 303
    assert (drafted()["consults"], target_of(working, "employee:E1")) == ("12", "9")
    again = working.boram.get("/targets?unit=VIE").text
    assert "in the draft; 9 holds" in again
    assert working.boram.post("/targets?unit=VIE&cycle=2026", form(page, "consults", E1="13")).status_code == 409

    body = {"kind": "target", "cycle": "2026", "reason": WHY}
    targets = [{"kpi": "buyers", "target": "4", "before": "10"}, {"kpi": "consults", "target": "11"}]
    sent = body | {"content": {"node": "employee:E1", "targets": targets}}
    headers = {"Origin": "http://localhost"}
    made = working.boram.client.post("/api/v1/decisions", json=sent, headers=headers)
    assert (made.status_code, made.json["state"]) == (201, "approved"), made.text
    assert "Set in the draft" in working.boram.get(f"/decisions/{made.json['id']}").text
    assert working.boram.client.post("/api/v1/decisions", json=sent, headers=headers).status_code in {409, 422}
    assert (drafted()["buyers"], drafted()["consults"]) == ("4", "11")
    assert [target_of(working, "employee:E1", kpi) for kpi in ("buyers", "consults")] == ["10", "9"]
    for person, part in ((working.alba, "owner"), (working.boram, "head")):
        digest = working.alba.get(address).json["digest"]
        signed = person.client.post(f"{address}/sign", json={"digest": digest, "as": part}, headers=headers)
        assert signed.status_code == 200, signed.text
    assert [target_of(working, "employee:E1", kpi) for kpi in ("buyers", "consults")] == ["4", "11"]


def test_pages_of_a_cycle_take_as_many_queries_however_many_people_there_are(
    working: Working, count_queries: CountQueries
) -> None:
    """`/cycles`, `/cycles/2026`, the criteria, the agreement, the board, missing signatures and shares: nobody is asked about by themself."""
    in_agreement(working)
    pages = (
        "/cycles",
        "/cycles/2026",
        "/cycles/2026/board",
        "/cycles/2026/unsigned",
        "/cycles/2026/unsigned?unit=VIE",
        "/criteria/2026",
        "/cycles/2026/scorecards/employee:E1",
        "/cycles/2026/scorecards/unit:VIE",
        "/cycles/2026/board",
        "/cycles/2026/unsigned",
        "/cycles/2026/allocation?parent=unit:VIE&kpi=deals",
        "/",
    )

    def counted() -> list[int]:
        numbers = []
        for page in pages:
            working.dana.get(page)
            with count_queries() as sent:
                assert working.dana.get(page).status_code == 200
            numbers.append(len([one for one in sent if one != "BEGIN"]))
        return numbers

    def counted_at(stage: Stage) -> list[int]:
        with working.database.write("begin") as connection:
            begin_stage(connection, 2026, stage, round_=1, by="account:dana@agency.example", at=NOW)
        return counted()

    few = [counted_at(stage) for stage in (Stage.RUNNING, Stage.AGREEMENT)]
    new = [f"N{number}" for number in range(20)]
    folder = working.folder / "agency"
    for file, row in (
        ("employees", "{0},{0},{0}@agency.example,G5,staff,3000000,2000-01-01,\n"),
        ("postings", "{0},VIE,staff,2000-01-01,\n"),
    ):
        with (folder / f"{file}.csv").open("a", encoding="utf-8") as written:
            written.writelines(row.format(number) for number in new)
    working.load(lambda text: text + "".join(f"2026,employee:{one},deals,100,,unique,,,,,,10,\n" for one in new))
    assert f"cycles/2026/scorecards/employee:{new[0]}" in working.dana.get("/cycles/2026").text
    assert [counted_at(stage) for stage in (Stage.RUNNING, Stage.AGREEMENT)] == few


def test_whose_signatures_are_missing_is_told_part_by_part(working: Working) -> None:
    """HR goes down from the agency to an office; who has not signed stands beside each; a head sees their own line, an employee nothing."""
    in_agreement(working)
    page = "/cycles/2026/unsigned"
    of_cycle = working.dana.get("/cycles/2026").text
    assert f'href="{page}"' in of_cycle
    (guide,) = re.findall(r'href="/help/hr#(part-\d+)"', of_cycle)
    assert f'<h2 id="{guide}">Agreement</h2>' in working.dana.get("/help/hr").text
    assert "/help/hr#" not in working.boram.get("/cycles/2026").text
    assert _parts(working.dana.get(page).text) == [
        ["ASI", "2", "1"],
        ["EUR", "3", "4"],
        ["HQ", "–", "nobody has signed", "Owner, Head"],
        ["E8", "–", "nobody has signed", "Owner, Head"],
        ["E9", "–", "nobody has signed", "Owner, Head"],
        ["E5", "HQ", "nobody has signed", "Owner, Head"],
        ["E7", "HQ", "nobody has signed", "Owner, Head"],
    ]
    of_europe = _parts(working.dana.get(f"{page}?unit=EUR").text)
    assert of_europe[:3] == [["PAR", "1", "0"], ["VIE", "1", "3"], ["PAR", "EUR", "nobody has signed", "Owner, Head"]]
    assert [row[0] for row in of_europe[2:]] == ["PAR", "VIE", "EUR", "E4", "E1", "E2", "E6"]
    of_vienna = _table(working.dana.get(f"{page}?unit=VIE").text)
    assert ["E1", "VIE", "nobody has signed", "Owner: E1 ; Head: E2"] in of_vienna
    assert 'href="/cycles/2026/board?who=E2"' in working.dana.get(f"{page}?unit=VIE").text
    signed = working.alba.get("/cycles/2026/scorecards/employee:E1").text
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', signed)
    assert digest is not None
    sent = {"digest": digest[1], "as": "owner"}
    assert working.alba.post("/cycles/2026/scorecards/employee:E1/sign", sent).status_code == 303
    of_vienna = _parts(working.dana.get(f"{page}?unit=VIE").text)
    assert [row[-1] for row in of_vienna if row[0] in {"E1", "E6"}] == ["Head", "Owner, Head"]
    assert "E3" not in [row[0] for row in _parts(working.boram.get(page).text)]
    assert working.dana.get(f"{page}?unit=NOWHERE").status_code == 404
    _unsigned_are_reminded(working, page)
    assert working.alba.get(page).status_code == 404


def _reminding(page: str) -> str:
    """What a page says of what reminding somebody does."""
    (said,) = re.findall(r"<p [^>]*data-reminding>([^<]*)</p>", page)
    return said


def _unsigned_are_reminded(working: Working, page: str) -> None:
    """Hr of what is ticked or of a whole part, a head of their line; whoever was reminded today is not again, and the board's reminder is the same one."""
    for shown in (page, "/cycles/2026/board"):
        assert "held until an administrator has given it a mail server" in _reminding(working.dana.get(shown).text), (
            shown
        )
    assert working.dana.post(page, {"unit": "VIE"}).status_code == 422
    assert 'name="nodes" value="employee:E3"' not in working.boram.get(page).text
    sent = working.boram.post(page, {"nodes": "employee:E3", "of": "chosen"})
    assert "Reminded: 0." in working.boram.get(sent.headers["Location"]).text, "it is not of her line"
    sent = working.dana.post(page, {"unit": "VIE", "nodes": ["employee:E1", "employee:E6"], "of": "chosen"})
    told = working.dana.get(sent.headers["Location"]).text
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{page}?unit=VIE")
    assert "Written to: 2. Had a reminder today already: 0." in told, "E1 has signed: her head, and E6 for himself"
    assert "held until an administrator has given it a mail server" in told
    again = working.dana.post(page, {"unit": "VIE", "of": "all"}).headers["Location"]
    assert "Had a reminder today already: 2." in working.dana.get(again).text
    assert "E2: 2 rows" in working.dana.get(again).text.split("data-reminded")[1].split("</ul>")[0]
    whole = working.dana.post(page, {"of": "all"}).headers["Location"]
    assert "Executive: " in working.dana.get(whole).text.split("data-reminded")[1].split("</ul>")[0]
    topic = cycles.BOARD_REMINDER
    with working.database.write("mails") as connection:
        mails_ = []
        while (taken := outbox.take(connection, worker="w", at=NOW + dt.timedelta(hours=1))) is not None:
            settings = Settings(database_url="sqlite://", public_url="https://kopes.example", secret_key="x" * 40)
            if taken.topic == topic:
                mails_.append(mails.compose(connection, taken, settings=settings, now=NOW + dt.timedelta(hours=1)))
            outbox.mark_sent(connection, taken, at=NOW + dt.timedelta(hours=1))
    of = {mail.to: mail.text for mail in mails_ if mail is not None}
    assert "scorecards to sign: 2" in of["boram@agency.example"]
    assert "scorecards to sign: 1" in of["ferran@agency.example"]


def _parts(page: str) -> list[list[str]]:
    """The same, without whom each part waits for."""
    return [[re.sub(r" *;", ",", re.sub(r": [^;]*", "", cell)) for cell in row] for row in _table(page)]


def _table(page: str) -> list[list[str]]:
    """The cells of all tables of a page, row by row, without their headings."""
    rows = [row for body in read(page).all("tbody") for row in body.all("tr")]
    return [[re.sub(r"^Remind of (.+) \1$", r"\1", cell.text) for cell in row.all("th", "td")] for row in rows]


def test_the_criteria_are_the_readers_own_and_hold_nothing_that_a_form_needs(working: Working) -> None:
    """KPIs on one's scorecard lead to how they are scored; no empty rows, no feeds, no codes of names."""
    in_agreement(working)
    working.dana.post("/cycles/2026/calendar", {"certify_by": "2027-03-17"})
    page = working.alba.get("/criteria/2026").text
    for told in ("within 14 days", "a committee of 5", "17 Mar 2027", "January", "Share: 10 %", "18 months", "60 days"):
        assert told in page, told
    assert 'href="/scorecards/employee:E1/deals?cycle=2026' in page
    assert "on your scorecard" in page
    assert "on your scorecard" not in working.dana.get("/criteria/2026").text
    assert "Grade: –" not in page
    assert "Hours without a feed" not in page
    assert "higher is better" in page


def test_many_scorecards_signed_at_once_are_written_as_signed_one_by_one(working: Working) -> None:
    """Every scorecard of the cycle by its owner and its head: rows of drafts, signatures and versions are the same, and so is what is refused."""
    in_agreement(working)
    told = []
    for at_once in (False, True):
        with working.database.write("sign_scorecard") as connection:
            loaded, opened = scoring.state(connection), cycles.opened_cycle(connection, 2026)
            assert opened is not None
            signings = list(_signings(connection, loaded, opened))
            if at_once:
                states = cycles.sign_drafts(connection, opened, signings)
                with pytest.raises(OtherDigest):
                    cycles.sign_drafts(connection, opened, [signings[0]._replace(digest="another")])
            else:
                states = [
                    cycles.sign_draft(
                        connection,
                        opened,
                        one.node,
                        digest=one.digest,
                        signed_as=one.signed_as,
                        by=one.by,
                        now=one.at,
                    ).state
                    for one in signings
                ]
            told.append((states, cascade.agreement_rows(connection, 2026)))
            connection.rollback()
    assert told[0] == told[1]
    assert AgreementState.AGREED in told[0][0]
    assert len(told[0][1]) > 3


def _signings(connection: Connection, loaded: scoring.State, opened: cycles.OpenedCycle) -> Iterator[cycles.Signing]:
    """The signatures of all who have an account, each scorecard's owner before its head."""
    day = loaded.frame.directory.day_of(NOW)
    emails = {one.employee: one.email for one in access.accounts(connection)}
    for card in cycles.unsigned_cards(connection, loaded, opened.cycle, day=day).values():
        signed: set[str] = set()
        for due in cycles.due_of(loaded, opened, card, day=day):
            email = next((emails[one] for one in due.persons if one in emails and emails[one] not in signed), None)
            if email is not None:
                signed.add(email)
                by = access.viewer_of(connection, email=email, day=day)
                assert by is not None
                at = NOW + dt.timedelta(minutes=len(signed))
                yield cycles.Signing(card.node, card.draft_digest, due.signed_as, by, at)


def test_a_function_does_not_push_a_heads_own_pages_from_a_phones_bar(working: Working) -> None:
    """A head who calibrates too finds their scorecard, the form and their office first, as other heads do; what the function opens stands behind."""
    working.dana.post("/cycles", {"cycle": "2026"})
    before = _bar(working.boram)
    wanted = {"person": "E2", "function": "calibrator", "from": "2026-01-01", "to": "2028-01-01"}
    agrees(working.ferran, working.dana.post("/cycles/2026/functions", wanted | {"function_reason": WHY}))
    after = _bar(working.boram)
    assert after[:4] == before[:4] == ["/", "/scorecard", "/log", "/office"]
    assert {"/grades", "/cycles"} <= set(after[4:])


def _bar(person: Somebody) -> list[str]:
    """The pages of the navigation, in their order."""
    bar = person.get("/password").text.split('<nav class="navigation"', 1)[1].split('<li class="more-pages">', 1)[0]
    return re.findall(r'<a href="([^"]+)"', bar)
