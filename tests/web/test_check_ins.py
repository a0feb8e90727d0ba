"""The page of an employee's year: check-ins of both, and what the employee says of it."""

from __future__ import annotations

from app.rules.stages import Stage
from tests.web.test_home import waits_for
from tests.web.test_opened_cycles import in_agreement
from tests.web.test_ratings import stage
from tests.web.working import Working

PAGE = "/cycles/2026/check-ins/E1"
OWN = "/cycles/2026/self-assessments/E1"


def test_both_keep_check_ins_which_are_due_from_the_mid_year_on(working: Working) -> None:
    """Home asks both for one each until they have kept it; the agreement leads there; whoever is neither finds nothing."""
    in_agreement(working)
    stage(working, Stage.RUNNING)
    assert "check_in_due" not in waits_for(working.alba)
    working.dana.post("/cycles/2026/calendar", {"mid_year_from": "2026-06-15", "mid_year_by": "2026-07-15"})
    assert "you have still to keep: 1" in waits_for(working.alba)["check_in_due"]
    assert "you have still to keep: 3" in waits_for(working.boram)["check_in_due"]
    assert "check_in_due" not in waits_for(working.iris) | waits_for(working.emil)
    assert f'href="{PAGE}"' in working.alba.get("/cycles/2026/scorecards/employee:E1").text
    assert f'href="{PAGE}"' not in working.ferran.get("/cycles/2026/scorecards/employee:E1").text
    empty = working.alba.post(PAGE, {"as": "owner", "text": "", "on": "2026-06-20"})
    assert (empty.status_code, 'id="text-error"' in empty.text) == (422, True)
    late = working.alba.post(PAGE, {"as": "owner", "text": "About buyers.", "on": "2026-12-20"})
    assert (late.status_code, "still to come" in late.text, ">About buyers.</textarea>" in late.text) == (
        422,
        True,
        True,
    )
    done = working.alba.post(PAGE, {"as": "owner", "text": "About buyers.", "on": "2026-06-20"})
    assert done.status_code == 303
    assert working.boram.post(PAGE, {"as": "head", "text": "I agree.", "on": "2026-06-20"}).status_code == 303
    assert "check_in_due" not in waits_for(working.alba)
    assert "you have still to keep: 2" in waits_for(working.boram)["check_in_due"]
    for person in (working.alba, working.boram, working.dana):
        page = person.get(PAGE).text
        assert "About buyers." in page
        assert "I agree." in page
    for person in (working.jiho, working.gaston, working.chae, working.ferran, working.emil, working.iris):
        assert person.statuses(PAGE, OWN) == [404, 404]
        assert person.post(PAGE, {"as": "head", "text": "I agree.", "on": "2026-06-20"}).status_code == 404
    for language in ("ko", "es"):
        assert working.alba.get(PAGE, headers={"Accept-Language": language}).status_code == 200


def test_an_employee_writes_how_the_year_went(working: Working) -> None:
    """A draft may be changed, what is final stays; the head reads both."""
    working.dana.post("/cycles", {"cycle": "2026"})
    assert working.alba.post(OWN, {"text": "It went well.", "final": "false"}).status_code == 303
    assert ">It went well.</textarea>" in working.alba.get(OWN).text
    assert "It went well." in working.boram.get(PAGE).text
    assert "textarea" not in working.boram.get(OWN).text
    assert working.alba.post(OWN, {"text": "", "final": "true"}).status_code == 422
    assert working.alba.post(OWN, {"text": "It went very well.", "final": "true"}).status_code == 303
    assert "textarea" not in working.alba.get(OWN).text
    assert working.alba.post(OWN, {"text": "No.", "final": "false"}).status_code == 409
