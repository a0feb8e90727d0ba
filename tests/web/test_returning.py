"""A session that ends in the middle of a form: what was typed stands in it again after sign-in, for its owner alone, passwords never."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

import pytest

from app import access
from app.web.asked.forms import PASSWORD_FIELDS
from app.web.pages import PAGES
from tests.people import PASSWORD
from tests.scenario import event_of, ingest
from tests.web.markup import read
from tests.web.working import Somebody, Working, key_of

DEAL: Final = "2026-06-04 deal D-1 E1 100 USD of One/AT"

FORMS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "accounts.create": ("iris", "/accounts", {"email": "new@agency.example", "employee": "nobody-7"}),
    "accounts.change": ("iris", "/accounts/1", {"employee": "E-typed"}),
    "accounts.disable": ("iris", "/accounts/1/disable", {"reason": "Left the agency"}),
    "accounts.enable": ("iris", "/accounts/1/enable", {"reason": "Back from leave"}),
    "accounts.reset": ("iris", "/accounts/1/password", {"reason": "Forgot it"}),
    "accounts.end_sessions": ("iris", "/accounts/1/sessions", {"reason": "A shared desk"}),
    "keys.revoke": ("iris", "/keys/crm-old/revoke", {"reason": "It is gone"}),
    "keys.revoke_hook": ("iris", "/keys/hooks/erp-old/revoke", {"reason": "It is gone"}),
    "activity.reverse": ("alba", f"/activities/{key_of('D-1')}/reverse", {"reason": "It was typed twice"}),
    "activity.correct": (
        "alba",
        f"/activities/{key_of('D-1')}/correct",
        {"reason": "The amount", "company": "Alpen", "buyer": "Nordwind", "amount": "1,225"},
    ),
    "ledger.export": ("emil", "/ledger?type=export_deal", {"reason": "The yearly audit"}),
    "targets.set_targets": ("boram", "/targets?unit=VIE", {"note": "A new market"}),
    "password.change": ("alba", "/password", {}),
    "verification.judge": ("boram", "/verification", {"reason": "No invoice"}),
    "grades.export": ("dana", "/grades", {"reason": "The board's meeting"}),
    "promotion.export": ("dana", "/cycles/2026/promotion", {"reason": "The committee's meeting"}),
    "log_activity.log": (
        "alba",
        "/log",
        {"company": "Alpen", "buyer": "Nordwind", "amount": "1,225", "hs_code": "850940"},
    ),
    "people.export": ("dana", "/people?unit=VIE", {"reason": "The yearly report"}),
    "activities.export": ("boram", "/activities?node=unit:VIE", {"reason": "A visit"}),
    "keys.create": ("iris", "/keys", {"name": "crm-new"}),
    "keys.create_hook": ("iris", "/keys/hooks", {"hook_name": "erp-new"}),
    "goals.export_goals": ("dana", "/goals", {"reason": "The goals' review"}),
    "goals.export_kpi": ("dana", "/goals/kpis/deals", {"reason": "A KPI's review"}),
    "goals.export_line": ("dana", "/goals/unit:VIE/deals", {"reason": "A line's review"}),
    "scorecard.export": ("boram", "/scorecards/employee:E1", {"reason": "A talk about the half year"}),
    "views.save": ("dana", "/views?list=people&filters=unit%3DVIE", {"name": "Vienna"}),
    "views.change": ("dana", "/views/change?view=1", {"name": "Vienna by name"}),
    "folder_files.propose": ("dana", "/folder", {"reason": "From January on they are kept here."}),
    "changes.begin": ("dana", "/changes", {"title": "Vienna moves", "reason": "From January on it stands elsewhere."}),
    "kpis.export": ("dana", "/kpis", {"reason": "The goals' review"}),
    "kpis.make": (
        "dana",
        "/kpis/_new",
        {"title": "A new KPI", "reason": "Agreed on Monday.", "name.en": "Fairs & more"},
    ),
    "kpis.edit": ("dana", "/kpis/deals", {"title": "Deals", "reason": "Agreed on Monday.", "name.ko": "수출계약"}),
    "kpis.edit_goal": (
        "dana",
        "/kpis/_goals/exports",
        {"title": "Goals of 2027", "reason": "Agreed.", "name.es": "Exportaciones"},
    ),
    "kpi_library.take": ("dana", "/kpis/_library", {"title": "From the library", "reason": "Agreed on Monday."}),
    "policies.edit": (
        "dana",
        "/policies",
        {"title": "Blend of 2027", "reason": "Agreed on Monday.", "minimum_days": "59"},
    ),
    "scorecard_edit.edit": (
        "dana",
        "/scorecards/edit?cycle=2026&whose=kind:office",
        {"title": "Weights of 2027", "reason": "Agreed on Monday.", "weight-deals-unit:VIE": "37.125"},
    ),
    "scorecard_lines.edit": (
        "dana",
        "/scorecards/edit/lines?node=unit:VIE&cycle=2026",
        {"title": "Lines of 2027", "reason": "Agreed on Monday.", "weight-0": "37.125"},
    ),
    "lab.try_policies": ("dana", "/cycles/2026/lab", {"minimum_days": "59"}),
    "lab.try_kpi": ("dana", "/cycles/2026/lab/kpi?code=deals", {"measure.activity": "export_consult"}),
    "delegations.delegate": ("boram", "/delegations", {"to": "E6", "reason": "On leave until Friday."}),
    "decisions.refuse": ("ferran", "/decisions/1", {"reason": "Not before the audit."}),
    "organisation_units.begin": ("dana", "/organisation/units", {"name": "A branch & more", "reason": "It grows."}),
    "organisation_units.change": (
        "dana",
        "/organisation/units/VIE?do=split",
        {"name": "A half & more", "reason": "It grows."},
    ),
    "transfer.change": (
        "dana",
        "/organisation/transfer?do=move",
        {"employees": "Nari & more", "reason": "They asked."},
    ),
    "rejected.replay": ("iris", "/rejected/1", {"event": '{"id": "D-mended & more"}'}),
}
"""Of each form into which something is typed: who sends it, where, and what is typed."""

WITHOUT_TEXT: Final = {
    "decisions.approve",
    "decisions.approve_several",
    "delegations.end",
    "decisions.withdraw",
    "changes.submit",
    "changes.rebase",
    "changes.discard",
    "clock.choose",
    "look.look",
    "home.see_targets",
    "sessions.end",
    "sessions.end_others",
    "trail.seen",
    "views.delete",
    "my_files.ask",
    "my_files.take_home",
    "my_files.delete",
    "welcome.end",
    "sign_in.enter",
    "sign_in.leave",
    "forgotten.ask",
    "set_password.set_password",
    "accounts.invite",
    "deliveries.resend",
    "scorecard_edit.copy",
}
"""Forms of a button or a choice alone, and those of whoever is not signed in."""

ELSEWHERE: Final = {
    "board.export",
    "board.remind",
    "unsigned.remind",
    "evaluation_groups.change",
    "figures.report",
    "changes.rows",
    "changes.definitions",
    "changes.sheet",
    "folder_files.send",
    "changes.revert",
    "changes.reword",
    "allocation.apply",
    "allocation.work_out",
    "cycle_scorecard.draft",
    "cycle_scorecard.impose",
    "cycle_scorecard.note",
    "cycle_scorecard.sign",
    "lab.drop",
    "lab.keep",
    "lab.try_files",
    "cycles.keep_calendar",
    "cycles.open_one",
    "cycles.propose_function",
    "cycles.propose_reopening",
    "cycles.propose_stage",
    "actions.close",
    "actions.open_one",
    "check_ins.assess",
    "check_ins.check_in",
    "bonus.propose",
    "told.tell",
    "calibration.propose",
    "calibration.let_lapse",
    *(f"objections.{name}" for name in ("answer", "appeal", "no_effect", "raise_one", "vote", "withdraw")),
    "results.answer",
    "results.export",
    "results.review",
    "line_decision.propose",
    "after_close.correct",
    "pay.propose_institution",
    "pay.propose_run",
    "pay.propose_clawback",
    "pay.propose_paid",
    "pay.export",
    "ratings.rate",
    "ratings.propose_raters",
    "ratings.propose_reopening",
}
"""Forms that this agency has not, since none of its KPIs is given, none of its units has a group, none of its files comes by the application and none
of its cycles is open: tests/web/test_returning_in_a_cycle.py, tests/web/test_figures.py, tests/web/test_evaluation_groups.py, tests/web/test_changes.py, tests/web/test_opened_cycles.py,
tests/web/test_ratings.py, tests/web/test_check_ins.py, tests/web/test_line_decisions.py,
tests/web/test_actions.py, tests/contract/test_board.py, tests/contract/test_calibrating.py, tests/contract/test_notifying.py,
tests/contract/test_reviewing.py, tests/contract/test_correcting.py, tests/contract/test_objections.py,
tests/contract/test_paying.py, tests/contract/test_reopening.py."""

BY_SCRIPT: Final = {"log_activity.send", "kpis.tried", "policies.tried"}
"""What a page's script sends, which keeps it on the phone until it is recorded; and what it only has tried."""

CHOSEN: Final = {
    "decision",
    "number",
    "digest",
    "since",
    "until",
    "session",
    "language",
    "theme",
    "timezone",
    "lead",
    "places",
    "next",
    "typed",
    "unit",
    "copy_into",
    "copy_whose",
    "kind",
    "cycle",
    "as_of",
    "basis",
    "live",
    "form_id",
}
"""What a button or a hidden field of such a form says: nobody types it."""


def _shown(route_page: str, again: str, address: str) -> str:
    path, _, query = address.partition("?")
    if (route_page, again) == ("activity", "activity"):
        path = path.removesuffix("/reverse")
    if route_page == "views":
        path = "/views"
    if route_page == "keys" and "revoke" not in path:
        path = "/keys"
    return f"{path}?{query}" if query else path


def test_every_form_of_every_page_is_tried() -> None:
    """A new form has to be added here."""
    acts = {route.endpoint: route for pages in PAGES for route in pages.routes if route.acts and not route.api}
    assert acts.keys() == FORMS.keys() | WITHOUT_TEXT | BY_SCRIPT | ELSEWHERE
    typed = {
        endpoint
        for endpoint in WITHOUT_TEXT - {"sign_in.enter", "forgotten.ask"}
        if (form := acts[endpoint].form) is not None and form.model_fields.keys() - CHOSEN
    }
    assert typed == set()


def hidden_fields(browser: Somebody, page: str) -> dict[str, str]:
    """What the forms of a page send that nobody types."""
    text = browser.get(page).text
    names = re.findall(r'<input type="hidden" name="(csrf_token|typed_by|form_id)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in names}


def sign_in(browser: Somebody, name: str) -> None:
    """By the form, on a browser that somebody else may have used."""
    browser.client.post("/login", data={"email": f"{name}@agency.example", "password": PASSWORD})


def signed_out_everywhere(working: Working, name: str) -> None:
    """As when somebody's sessions are ended elsewhere."""
    with working.database.write("sign_out") as connection:
        account = next(one for one in access.accounts(connection, search=name, after="", limit=5))
        access.end_sessions(connection, account_id=account.id, now=account.created_at)


def _pages_of(endpoint: str) -> tuple[str, str]:
    routes = {route.endpoint: route for pages in PAGES for route in pages.routes}
    return endpoint.partition(".")[0], str(routes[endpoint].again)


@pytest.mark.parametrize("endpoint", FORMS)
def test_what_was_typed_comes_back_to_its_owner(working: Working, endpoint: str) -> None:
    """And to nobody else who signs in on that browser; it leaves once a form is sent (issue 11, section 1)."""
    name, address, typed = FORMS[endpoint]
    working.record(DEAL)
    assert ingest(working.database, [event_of(DEAL) | {"id": "D-2", "specversion": "0.3"}]).rejected
    browser: Somebody = getattr(working, name)
    if endpoint.startswith("keys.revoke"):
        browser.post("/keys", {"name": "crm-old", "scope": "read"})
        browser.post("/keys/hooks", {"hook_name": "erp-old"})
    if endpoint == "views.change":
        browser.post("/views?list=people&filters=", {"name": "Old"})
    if endpoint == "decisions.refuse":
        working.dana.post("/folder", {"file": "units.csv", "to": "feed", "reason": "They come every night."})
    page = _shown(*_pages_of(endpoint), address)
    hidden = hidden_fields(browser, page)
    assert hidden["typed_by"]
    signed_out_everywhere(working, name)
    secret = dict.fromkeys(PASSWORD_FIELDS, "kestrel-not-to-be-kept")
    sent_to = f"{address}/refuse" if endpoint == "decisions.refuse" else address
    answer = browser.client.post(sent_to, data={**hidden, **typed, **secret})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")
    assert not any(value in answer.headers["Location"] for value in typed.values())
    assert "What you typed is kept" in browser.client.get(answer.headers["Location"]).text

    other = "hana" if name != "hana" else "dana"
    sign_in(browser, other)
    # Sums and tokens are letters at random, and may have a short number in them.
    read = re.sub(r'(integrity|content|value)="[A-Za-z0-9+/=._-]{40,}"', "", browser.client.get(page).text)
    for value in typed.values():
        assert value not in read or value == "consults"
    browser.client.delete_cookie("kopes_session")

    sign_in(browser, name)
    back = browser.client.get(page)
    assert back.status_code == 200
    text = unescape(back.text)
    assert [value for value in typed.values() if value not in text] == []
    assert "kestrel-not-to-be-kept" not in text
    if typed:
        assert "Your session had ended" in text


def test_a_form_whose_token_is_old_gives_the_text_back(working: Working) -> None:
    """The token goes with the session: a tab that is older than the present one shows its text again, to be sent once more."""
    hidden = hidden_fields(working.alba, "/log")
    sign_in(working.alba, "alba")
    answer = working.alba.client.post("/log", data={**hidden, "company": "Alpen", "type": "export_deal"})
    assert answer.status_code == 400
    assert 'value="Alpen"' in answer.text


def test_the_text_of_another_person_is_shown_to_nobody(working: Working) -> None:
    """Two people share a browser: the first one's open tab tells the second nothing."""
    hidden = hidden_fields(working.alba, "/log")
    sign_in(working.alba, "jiho")
    answer = working.alba.client.post("/log", data={**hidden, "company": "Alpen", "type": "export_deal"})
    assert answer.status_code == 400
    assert "Alpen" not in answer.text


def _typed_after_the_end(working: Working, name: str, **forms: tuple[str, dict[str, str]]) -> None:
    """Somebody has forms in several tabs, their sessions end, they send all of them and sign in again."""
    browser = getattr(working, name)
    hidden = {page: hidden_fields(browser, page) for page, _ in forms.values()}
    signed_out_everywhere(working, name)
    for page, typed in forms.values():
        assert browser.client.post(page, data={**hidden[page], **typed}).status_code == 303
    sign_in(browser, name)


SENT: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "log_activity.log": (
        "alba",
        "/log",
        {"type": "new_buyer", "company": "Alpen", "buyer": "One", "buyer_country": "AT", "day": "2026-06-29"},
    ),
    "accounts.create": ("iris", "/accounts", {"email": "new@agency.example", "role": "member"}),
    "activities.export": ("boram", "/activities?node=unit:VIE", {"reason": "A visit to Nordwind"}),
    "people.export": ("dana", "/people?unit=VIE", {"reason": "The yearly report"}),
    "keys.create": ("iris", "/keys", {"name": "crm-new", "scope": "read"}),
}


@pytest.mark.parametrize("endpoint", SENT)
def test_what_was_given_back_goes_once_its_form_is_sent(working: Working, endpoint: str) -> None:
    """It does not turn up again the next day, whichever kind of form it was (issue 11)."""
    name, page, typed = SENT[endpoint]
    working.record(DEAL)
    _typed_after_the_end(working, name, form=(page, typed))
    browser = getattr(working, name)
    assert "Your session had ended" in browser.get(page).text
    hidden = hidden_fields(browser, page)
    assert browser.client.post(page, data={**hidden, **typed}).status_code in {200, 303}
    assert "Your session had ended" not in browser.get(page).text


def test_a_form_that_is_refused_is_given_back_again(working: Working) -> None:
    """Nothing that was typed is lost before it is done."""
    _typed_after_the_end(working, "iris", form=("/accounts", {"email": "new@agency.example", "employee": "E404"}))
    hidden = hidden_fields(working.iris, "/accounts")
    refused = working.iris.client.post("/accounts", data={**hidden, "email": "new@agency.example", "employee": "E404"})
    assert refused.status_code == 422
    assert "new@agency.example" in working.iris.get("/accounts").text


def test_what_was_typed_in_another_tab_stays(working: Working) -> None:
    """A form that is sent takes away its own text alone; a new password begins a new session, and takes none."""
    working.record(DEAL)
    correction = f"/activities/{key_of('D-1')}/correct"
    _typed_after_the_end(
        working, "alba", log=("/log", {"company": "Alpen"}), correct=(correction, {"reason": "The amount"})
    )
    browser = working.alba
    typed = {"type": "new_buyer", "company": "Alpen", "buyer": "One", "buyer_country": "AT", "day": "2026-06-29"}
    assert browser.client.post("/log", data={**hidden_fields(browser, "/log"), **typed}).status_code == 303
    assert "The amount" in browser.get(correction).text
    new = "another kestrel over the hill"
    passwords = {"old_password": PASSWORD, "new_password": new, "repeated_password": new}
    assert (
        browser.client.post("/password", data={**hidden_fields(browser, "/password"), **passwords}).status_code == 303
    )
    assert "The amount" in browser.get(correction).text


def test_whoever_signs_out_leaves_nothing_behind(working: Working) -> None:
    """What waited for them is let go."""
    _typed_after_the_end(working, "alba", form=("/log", {"company": "Alpen"}))
    assert 'value="Alpen"' in working.alba.get("/log").text
    assert working.alba.client.post("/logout", data=hidden_fields(working.alba, "/log")).status_code == 303
    sign_in(working.alba, "alba")
    assert 'value="Alpen"' not in working.alba.get("/log").text


@pytest.mark.parametrize("chosen", [{"language": "ko"}, {"theme": "dark"}])
@pytest.mark.parametrize(
    ("name", "sent_to", "typed", "stands_on"),
    [
        ("iris", "/accounts", {"email": "nova@agency", "employee": "E404"}, "/accounts"),
        ("iris", "/keys", {"name": "Walk CRM", "scope": "read"}, "/keys"),
        ("dana", "/people?unit=VIE", {"reason": "ab"}, "/people?unit=VIE"),
    ],
)
def test_language_and_theme_leave_a_refused_form_as_it_is(
    working: Working, chosen: dict[str, str], name: str, sent_to: str, typed: dict[str, str], stands_on: str
) -> None:
    """The browser stands at an address that cannot be looked at; the page with the form, and what was typed, come back without script."""
    browser: Somebody = getattr(working, name)
    refused = browser.post(sent_to, typed)
    assert refused.status_code == 422
    form = next(one for one in read(refused.text).all("form") if one.attributes.get("action") == "/look")
    hidden = {
        one.attributes["name"]: one.attributes["value"]
        for one in form.all("input")
        if one.attributes.get("type") == "hidden"
    }
    answer = browser.client.post("/look", data={**hidden, **chosen})
    assert (answer.status_code, answer.headers["Location"]) == (303, stands_on)
    shown = unescape(browser.get(stands_on).text)
    for value in typed.values():
        assert f'value="{value}"' in shown
    assert "Your session had ended" not in shown


@pytest.mark.parametrize("typed", ["", "[", "[]", '{"a": 1}', '{"password": ["kestrel"]}', "9" * 300])
def test_what_is_no_form_s_text_is_left(working: Working, typed: str) -> None:
    """Somebody else's idea of a form, or a password, is kept nowhere."""
    answer = working.iris.post("/look", {"language": "en", "next": "/keys", "typed": typed})
    assert answer.status_code == 303
    page = working.iris.get("/keys").text
    assert "stands here again" not in page
    assert "kestrel" not in page
