"""A session that ends in the middle of a form of an opened cycle: what was typed stands in it again after sign-in, for its owner alone."""

from __future__ import annotations

from html import unescape
from typing import Final

import pytest

from app.rules.stages import Stage
from tests.web.test_opened_cycles import in_agreement
from tests.web.test_ratings import rate_companies, stage
from tests.web.test_returning import ELSEWHERE, hidden_fields, sign_in, signed_out_everywhere
from tests.web.working import Working

IN_A_CYCLE: Final[dict[str, tuple[str, str, str, dict[str, str]]]] = {
    "cycles.keep_calendar": ("dana", "/cycles/2026", "/cycles/2026/calendar", {"certify_by": "2027-03-17"}),
    "cycles.propose_function": (
        "dana",
        "/cycles/2026",
        "/cycles/2026/functions",
        {"reason": "She knows everybody & more."},
    ),
    "cycles.propose_stage": ("dana", "/cycles/2026", "/cycles/2026/stage", {"reason": "All have signed & more."}),
    "check_ins.check_in": (
        "alba",
        "/cycles/2026/check-ins/E1",
        "/cycles/2026/check-ins/E1",
        {"text": "We talked of buyers & more.", "on": "2026-06-20"},
    ),
    "check_ins.assess": (
        "alba",
        "/cycles/2026/self-assessments/E1",
        "/cycles/2026/self-assessments/E1",
        {"text": "It went well & more."},
    ),
    "actions.open_one": (
        "alba",
        "/actions/new?node=employee:E1&kpi=deals",
        "/actions?node=employee:E1&kpi=deals",
        {"cause": "The fair was called off & more.", "measure": "Visit ten buyers & more.", "due_on": "2026-09-30"},
    ),
    "bonus.propose": (
        "dana",
        "/cycles/2026/bonus/employee:E1",
        "/cycles/2026/bonus/employee:E1",
        {"points": "1.5", "reason": "Posted to a hard place & more."},
    ),
    "line_decision.propose": (
        "boram",
        "/cycles/2026/lines/employee:E1/deals?kind=override&member=actual&value=4&cause=flood-2026",
        "/cycles/2026/lines/employee:E1/deals?kind=override&member=actual&value=4&cause=flood-2026",
        {"reason": "The flood closed the fair & more."},
    ),
    "ratings.rate": (
        "boram",
        "/cycles/2026/ratings/employee:E1/companies",
        "/cycles/2026/ratings/employee:E1/companies",
        {"text": "Two meetings & more."},
    ),
}
"""Who types into which form: the page, where it is sent to, and what is typed."""


@pytest.mark.parametrize("endpoint", IN_A_CYCLE)
def test_what_was_typed_into_a_form_of_a_cycle_comes_back(working: Working, endpoint: str) -> None:
    """And to nobody else who signs in on that browser (issue 11, section 1)."""
    assert endpoint in ELSEWHERE
    name, page, sent_to, typed = IN_A_CYCLE[endpoint]
    rate_companies(working)
    in_agreement(working)
    stage(working, Stage.RUNNING)
    browser = getattr(working, name)
    hidden = hidden_fields(browser, page)
    assert hidden["typed_by"]
    signed_out_everywhere(working, name)
    answer = browser.client.post(sent_to, data={**hidden, **typed})
    assert answer.status_code == 303
    assert "What you typed is kept" in browser.client.get(answer.headers["Location"]).text
    sign_in(browser, "hana")
    theirs = unescape(browser.client.get(page).text)
    assert [value for value in typed.values() if value in theirs and "&" in value] == []
    browser.client.delete_cookie("kopes_session")
    sign_in(browser, name)
    text = unescape(browser.client.get(page).text)
    assert [value for value in typed.values() if value not in text] == []
    assert "Your session had ended" in text
