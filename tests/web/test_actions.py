"""The pages of actions, comments that are owed, and the mails that say what waits in a cycle."""

from __future__ import annotations

import datetime as dt
import re

from app import mails
from app.kit import outbox
from app.kit.mail import Mail
from app.kit.settings import Settings
from app.rules.stages import Stage
from app.worker import jobs
from tests.web.markup import read
from tests.web.test_home import waits_for
from tests.web.test_opened_cycles import in_agreement
from tests.web.test_ratings import stage
from tests.web.working import NOW, Somebody, Working

NEW = "/actions/new?node=employee:E1&kpi=deals"
WISH = {"node": "employee:E1", "kpi": "deals", "cause": "The fair was called off.", "measure": "Visit ten buyers."}


def _letters(working: Working, at: dt.datetime) -> dict[str, Mail]:
    """The mails that would go out at an instant, by whom they are to."""
    settings = Settings(database_url="sqlite://", public_url="https://kopes.example", secret_key="x" * 40)
    made: dict[str, Mail] = {}
    while (taken := working.database.writing("deliver", lambda one: outbox.take(one, worker="w", at=at))) is not None:
        given = taken

        def compose(connection, taken=given):  # type: ignore[no-untyped-def]
            return mails.compose(connection, taken, settings=settings, now=at)

        mail = working.database.writing("deliver", compose)
        working.database.writing("deliver", lambda one, taken=given: outbox.mark_sent(one, taken, at=at))  # type: ignore[misc]
        if mail is not None:
            made[mail.to] = mail
    return made


def test_a_line_below_c_at_the_mid_year_check_owes_a_comment_until_an_action_says_why(working: Working) -> None:
    """It stands on Home of its owner, the action on that of whoever does it; the page of the score leads to the form."""
    in_agreement(working)
    stage(working, Stage.RUNNING)
    assert "comment_owed" not in waits_for(working.alba)
    working.dana.post("/cycles/2026/calendar", {"mid_year_by": "2026-06-15"})
    owed = waits_for(working.alba)["comment_owed"]
    before = int(owed.split("comment: ")[1].split()[0])
    assert "comment_owed" in waits_for(working.boram)
    assert "comment_owed" not in waits_for(working.emil) | waits_for(working.iris)
    assert "/actions/new?" in working.alba.get("/scorecards/employee:E1/deals?cycle=2026").text
    assert working.jiho.statuses(NEW) == [404]
    wrong = working.alba.post(NEW.replace("/new", ""), WISH | {"owner": "E99", "due_on": "2026-09-30"})
    assert (wrong.status_code, ">Visit ten buyers.</textarea>" in wrong.text) == (422, True)
    shown = working.alba.get(NEW).text
    assert 'value="E1 (E1)"' in shown
    [line] = [one for one in read(shown).all("section") if one.attributes.get("id") == "line"]
    assert [one.text for one in line.all("dd")] == ["10 · count", "0 · count", "20.00", "20.00 Band E"]
    assert 'id="owner-error"' in wrong.text
    nobody = working.alba.post(NEW.replace("/new", ""), WISH | {"owner": " ", "due_on": "2026-09-30"})
    assert (nobody.status_code, 'id="owner-error"' in nobody.text) == (422, True)
    done = working.alba.post(NEW.replace("/new", ""), WISH | {"owner": "e6", "due_on": "2026-09-30"})
    assert done.status_code == 303, done.text
    address = done.headers["Location"]
    assert int(waits_for(working.alba)["comment_owed"].split("comment: ")[1].split()[0]) == before - 1
    assert "Visit ten buyers." in waits_for(working.jiho)["action_to_do"]
    assert "Visit ten buyers." in working.jiho.get("/actions").text
    _what_is_late_says_so(working)
    assert working.chae.statuses(address) == [404]
    assert working.jiho.post(f"{address}/close", {"result": ""}).status_code == 422
    assert working.jiho.post(f"{address}/close", {"result": "Two signed."}).status_code == 303
    assert "action_to_do" not in waits_for(working.jiho)
    assert "Two signed." in working.alba.get(address).text
    seen = working.alba.get("/actions", headers={"Accept-Language": "ko"}).text
    assert ("종료" in seen, "대상" in seen, "사용 중지" in seen, "처리자" in seen) == (True, True, False, False)
    for language in ("ko", "es"):
        for page in ("/actions", address, NEW):
            assert working.alba.get(page, headers={"Accept-Language": language}).status_code == 200


def _what_is_late_says_so(working: Working) -> None:
    """In a word and a drawing, on the list, the action's page, the board and Home; of what is in time nothing."""
    places = (("jiho", "/actions"), ("jiho", "/"), ("jiho", "/actions/1"), ("dana", "/cycles/2026/board"))
    assert not any("state-late" in getattr(working, name).get(address).text for name, address in places)
    working.clock_moves(days=93)
    # The sessions of before have ended by then.
    later = {name: Somebody(working.app, name) for name in ("jiho", "dana")}
    for name, address in places:
        [said, *_] = re.findall(r'state-late">(.*?)</span>', later[name].get(address).text)
        assert ("#caution" in said, said.endswith(" overdue")) == (True, True), address
    working.clock_moves(days=-93)


def test_people_are_mailed_what_waits_once_a_week_and_not_what_is_done(working: Working) -> None:
    """What is done between the posting and the sending is not asked for; nobody is mailed again before a week is over."""
    in_agreement(working)
    stage(working, Stage.RUNNING)
    working.dana.post("/cycles/2026/calendar", {"mid_year_from": "2026-06-15"})
    jobs.remind(working.database, NOW)
    working.alba.post("/cycles/2026/check-ins/E1", {"as": "owner", "text": "Well.", "on": "2026-06-20"})
    letters = _letters(working, NOW)
    alba, boram = letters["alba@agency.example"], letters["boram@agency.example"]
    assert "scorecards to sign: 1" in alba.text
    assert "check-ins" not in alba.text
    assert "mid-year check-ins to keep: 3" in boram.text
    assert "https://kopes.example/" in boram.text
    jobs.remind(working.database, NOW + dt.timedelta(days=1))
    assert _letters(working, NOW + dt.timedelta(days=1)) == {}
    jobs.remind(working.database, NOW + dt.timedelta(days=8))
    assert "boram@agency.example" in _letters(working, NOW + dt.timedelta(days=8))


def test_nobody_is_mailed_where_no_cycle_was_published(working: Working) -> None:
    """An opened cycle in its draft asks nothing of anybody."""
    working.dana.post("/cycles", {"cycle": "2026"})
    jobs.remind(working.database, NOW)
    assert _letters(working, NOW) == {}
