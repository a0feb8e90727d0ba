"""Logging an activity: what is typed becomes one event, errors stand at their fields, a duplicate is shown before it is saved."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from typing import Any

import pytest

from app import ledger
from app.rules.activities import EventKey
from app.web.entry.entry_form import SHARED_READ_MAX
from tests.conftest import CountQueries
from tests.reference.agency import ReferenceAgency
from tests.web.markup import read
from tests.web.working import NOW, Working, key_of

DEAL = {
    "type": "export_deal",
    "company": "Alpen GmbH",
    "buyer": "Nordwind",
    "buyer_country": "AT",
    "amount": "125000.00",
    "currency": "EUR",
    "day": "2026-06-29",
}


def log(working: Working, person: str = "alba", **changed: Any) -> Any:
    """Send the form, with a fresh id."""
    somebody = getattr(working, person)
    return somebody.post("/log", {"form_id": somebody.form_id("/log"), **DEAL, **changed})


def test_what_is_typed_becomes_one_event_of_the_employee(working: Working) -> None:
    """By the one door, with the source of the employee's pages, at the hour of the office on the day typed."""
    answer = log(working, hs_code="8509")
    assert answer.status_code == 303
    (event,) = working.events()
    assert event["type"] == "kopes.export_deal"
    assert event["source"] == "/pages/E1"
    assert event["time"] == "2026-06-29T14:00:00+02:00"
    assert event["data"] == {
        "employee": "E1",
        "company": {"name": "Alpen GmbH"},
        "buyer": {"name": "Nordwind", "country": "AT"},
        "amount": "125000.00",
        "currency": "EUR",
        "hs_code": "8509",
    }


def test_it_says_what_it_did_to_the_score(working: Working) -> None:
    """In the names that Home has, and no other: the year's end, the same with what waits, the score so far; then the lines, and the unit part with its way."""
    answer = log(working)
    tree = read(working.alba.get(answer.headers["Location"]).text)
    (told,) = (one for one in tree.all("div") if "notice-done" in one.attributes.get("class", ""))
    home = read(working.alba.get("/").text).text
    for name in ("Year's end at this pace", "Score so far", "With what still waits to be verified or confirmed"):
        assert name in home
        assert name.lower() in told.text.lower()
    assert not re.search("basis:|Provisional|Final score", told.text)
    assert "0 → 1" in told.text


def test_it_says_which_way_the_unit_part_goes_and_why(working: Working) -> None:
    """A consult that becomes no deal: Vienna has fewer deals per consult, and who logged it reads that, with the unit's score before and after."""
    before = _year_ends(working, "final", "unit:VIE")
    answer = log(working, type="export_consult", amount="", currency="")
    after = _year_ends(working, "final", "unit:VIE")
    said = html.unescape(working.alba.get(answer.headers["Location"]).text)
    way = "up" if after > before else "down"
    assert before != after
    assert re.search(rf"The unit part goes {way} by it: [^<]*{before} → {after}, since it has ", said)


def test_a_day_that_is_put_right_counts_as_before(working: Working) -> None:
    """Nothing moves, since the activity counts for the same lines; one that no line counts says so in other words."""
    key = log(working).headers["Location"].rpartition("/")[2]
    form_id = working.alba.form_id(f"/activities/{key}/correct")
    changed = {**DEAL, "day": "2026-06-28", "usual": "day", "form_id": form_id, "sure": "1"}
    answer = working.alba.post(f"/activities/{key}/correct", changed)
    assert answer.status_code == 303
    said = html.unescape(working.alba.get(answer.headers["Location"]).text)
    (names,) = re.findall(r"It counts for ([^<]+?), and your scores stay as they were\.", said)
    counting = said.split("Whom it counts for", 1)[1]
    assert all(name in counting for name in names.split(", "))


def test_it_says_what_it_did_to_the_year_s_end(working: Working) -> None:
    """On all that is entered, and on the final basis where that moved too: before and after by a second calculation over the ledger's events."""
    before = [_year_ends(working, basis) for basis in ("provisional", "final")]
    answer = log(working)
    after = [_year_ends(working, basis) for basis in ("provisional", "final")]
    assert before[0] < after[0]
    tree = read(working.alba.get(answer.headers["Location"]).text)
    (told,) = (one for one in tree.all("div") if "notice-done" in one.attributes.get("class", ""))
    unfolded = told.first("details").text
    assert told.text.removesuffix(unfolded).strip() == (
        f"Saved. Your year's end at this pace: {before[1]} → {after[1]}."
        f" Your year's end with what still waits to be verified or confirmed: {before[0]} → {after[0]}."
    )


def _year_ends(working: Working, basis: str, node: str = "employee:E1") -> Decimal:
    """Where a year leads, Alba's unless another is named, reckoned without the product's code."""
    agency = ReferenceAgency.read(working.folder / "agency", working.folder / "definitions", working.events())
    scoring = agency.scoring(2026, basis=basis, as_of=None, today=NOW.date())
    return Decimal(f"{float(scoring.scorecard(node)['projected_score']):.2f}")


def test_many_entries_before_a_page_is_looked_at_do_not_fill_the_cookie(working: Working) -> None:
    """A browser drops a cookie of more than 4,093 bytes: of what was to be said the latest stays, and one stays signed in."""
    form_id = working.alba.form_id("/log")
    for number in range(30):
        fresh = f"{form_id[:-4]}{number:04}"
        answer = working.alba.post("/log", {"form_id": fresh, **DEAL, "buyer": f"Buyer {number}", "sure": "1"})
        assert answer.status_code == 303
        assert all(len(cookie) < 4093 for cookie in answer.headers.getlist("Set-Cookie"))
    page = working.alba.get(answer.headers["Location"]).text
    assert "29 → 30" in page


def test_sent_twice_it_is_one_event(working: Working) -> None:
    """A slow line and a second press: nothing is recorded twice, and that is said."""
    form = {"form_id": working.alba.form_id("/log"), **DEAL}
    first, second = working.alba.post("/log", form), working.alba.post("/log", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert "nothing was recorded twice" in working.alba.get(second.headers["Location"]).text
    assert len(working.events()) == 1


def test_the_same_form_with_other_contents_is_refused(working: Working) -> None:
    """Going back, changing the amount and sending again would be another event under one id."""
    form = {"form_id": working.alba.form_id("/log"), **DEAL}
    working.alba.post("/log", form)
    answer = working.alba.post("/log", {**form, "amount": "1"})
    assert answer.status_code == 409
    assert "saved before, with other contents" in answer.text
    assert len(working.events()) == 1


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"amount": ""}, "amount", "required"),
        ({"amount": "12.345,00"}, "amount", "can be read as 12.345 or as 12,345"),
        ({"amount": "0"}, "amount", "is not an amount above 0"),
        ({"amount": "99999999999"}, "amount", "10,000,000,000"),
        ({"currency": "ZZZ"}, "currency", "no rate"),
        ({"buyer": ""}, "buyer", "required"),
        ({"buyer_country": ""}, "buyer_country", "required"),
        ({"buyer_country": "XX"}, "buyer_country", "ISO 3166-1"),
        ({"company": ""}, "company", "a name or a registration"),
        ({"company": "x" * 501}, "company", "501 characters"),
        ({"buyer": "NUL\0"}, "buyer", "NUL"),
        ({"hs_code": "ab"}, "hs_code", "HS code"),
        ({"day": "2026-07-01"}, "day", "still to come"),
        ({"day": "30.6.2026"}, "day", "2026-03-31"),
        ({"day": ""}, "day", "fill it in"),
        ({"type": "lunch"}, "type", "choose one of"),
        ({"form_id": "1"}, "form_id", "form"),
        ({"colleague": "Nobody", "share": "10"}, "colleague", "no colleague"),
        ({"colleague": "E6", "share": "100"}, "share", "percentage"),
        ({"colleague": "E6", "share": "0.001"}, "share", "percentage"),
        ({"colleague": "E1", "share": "10"}, "colleague", "is you"),
        ({"colleague": ["E6", "E2"], "share": ["60", "40"]}, "share", "left for you"),
    ],
)
def test_an_error_stands_at_its_field_and_what_was_typed_stays(
    working: Working, changed: dict[str, Any], field: str, words: str
) -> None:
    """Nothing is written, nothing typed is lost (issue 7, 13)."""
    answer = log(working, **{"company": "Alpen GmbH", **changed})
    assert answer.status_code == 422
    assert words in answer.text
    # What nobody sees cannot be led to.
    assert (f'href="#{field}"' in answer.text) == (field != "form_id")
    if "buyer" not in changed:
        assert 'value="Nordwind"' in answer.text
    if "colleague" in changed:
        wrong = re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"[^>]* aria-invalid="true"', answer.text)
        typed = changed[field] if isinstance(changed[field], list) else [changed[field]]
        assert {(field, one) for one in typed} <= set(wrong)
        assert all(value for _, value in wrong), "an empty row is nobody's mistake"
        assert "left for you" in words or {name for name, _ in wrong} == {field}
    assert working.events() == []


@pytest.mark.parametrize(
    ("colleague", "words"),
    [
        ("Kim Minji", "(Kim Minji (E2), Kim Minji (E6)):"),
        ("Kim", "(Kim Minji (E2), Kim Sora (E4), Kim Minji (E6)):"),
        ("Kim Sora", None),
        ("Kim Sora (E4)", None),
        ("Kim Sora (E2)", "(Kim Minji (E2)):"),
        ("Kim Minji (E6)", None),
        ("Somebody Else (Sora)", "(Kim Sora (E4)):"),
        ("Lee Left", "Lee Left (E3) is not in service on that day"),
        ("E3", "Lee Left (E3) is not in service on that day"),
    ],
)
def test_a_share_is_somebodys_who_is_meant_and_in_service(working: Working, colleague: str, words: str | None) -> None:
    """A fifth of a deal that nobody's office has is lost unseen; a name that the list does not offer is not taken either."""
    names = {"E2": "Kim Minji", "E3": "Lee Left", "E4": "Kim Sora", "E6": "Kim Minji"}

    def renamed(text: str) -> str:
        for number, name in names.items():
            text = text.replace(f"{number},{number},", f"{number},{name},")
        return re.sub(r"(E3,.*,2000-01-01,)", r"\g<1>2026-03-01", text)

    working.load(lambda text: re.sub(r"(?m)^(E3,.*),$", r"\g<1>,2026-03-01", text), "postings")
    working.load(renamed, "employees")
    answer = log(working, colleague=colleague, share="20")
    assert (words is None) == (answer.status_code == 303)
    assert words is None or words in answer.text
    offered = working.alba.get(f"/log/colleagues?text={colleague}").json["items"]  # type: ignore[index]
    assert "(" in colleague or (colleague in {"Lee Left", "E3"}) == (offered == [])


def test_shared_credits_leave_the_rest_to_oneself(working: Working) -> None:
    """Shares add up to exactly 1; a colleague may be written by name, with the number, or by the number alone."""
    log(working, colleague=["E6", "E2 (E2)", ""], share=["33.33", "20 %", ""])
    assert working.events()[0]["data"]["credits"] == [
        {"employee": "E1", "share": "0.4667"},
        {"employee": "E6", "share": "0.3333"},
        {"employee": "E2", "share": "0.2000"},
    ]


@pytest.mark.parametrize(("typed", "kept"), [("1,250,000.50", "1250000.50"), ("1 250", "1250"), (" 12.5 ", "12.5")])
def test_an_amount_may_be_typed_in_groups(working: Working, typed: str, kept: str) -> None:
    """The value checked is the value stored."""
    assert log(working, amount=typed).status_code == 303
    assert working.events()[0]["data"]["amount"] == kept


def test_what_the_kind_does_not_carry_is_not_recorded(working: Working) -> None:
    """Without script every field is there; a new buyer has no amount."""
    log(working, type="new_buyer", hs_code="85")
    assert set(working.events()[0]["data"]) == {"employee", "company", "buyer"}


def test_a_possible_duplicate_is_shown_before_anything_is_saved(working: Working) -> None:
    """The same buyer under another spelling within days: the form comes back, with the box to say that it is another one."""
    log(working)
    again = log(working, buyer="NORDWIND Ltd.", amount="7")
    assert again.status_code == 422
    assert "This may be recorded already" in again.text
    assert 'name="sure"' in again.text
    assert 'value="7"' in again.text
    assert len(working.events()) == 1
    assert log(working, buyer="NORDWIND Ltd.", amount="7", sure="yes").status_code == 303
    assert len(working.events()) == 2


def test_what_no_activity_can_have_is_compared_with_none(working: Working) -> None:
    """Names are compared letter by letter with all that are known: one of a million letters would keep everybody busy, and so would rows without end."""
    log(working, buyer="Nordwind Handel")
    rows = {"colleague": ["E6"] * 500, "share": ["1"] * 500}
    answer = log(working, buyer=f"Nordwind Handel{' x' * 300}", **rows)
    assert answer.status_code == 422
    assert "This may be recorded already" not in answer.text
    assert f"At most {SHARED_READ_MAX} colleagues" in answer.text
    assert answer.text.count('name="colleague"') <= SHARED_READ_MAX + 1


def test_a_colleague_s_entry_is_hinted_at_without_name_or_amount(working: Working) -> None:
    """Duplicates across offices matter; whose they are is not for colleagues (contract, "Who may what")."""
    log(working, "chae", company="Alpen GmbH")
    page = log(working).text
    hint = page.partition("<strong>This may be recorded already")[2].partition("</ul>")[0]
    assert "A colleague recorded it." in hint
    assert "E3" not in hint
    assert "125" not in hint


def test_names_are_completed_as_one_types(working: Working) -> None:
    """Companies, buyers with country and registration, colleagues with their unit; not oneself."""
    log(working, buyer_registration="FN 1234", company_registration="110-81")
    assert working.alba.get("/log/companies?text=alp").json == {
        "items": [{"value": "Alpen GmbH", "registration": "110-81", "note": "110-81"}]
    }
    (buyer,) = working.alba.get("/log/buyers?text=nord&country=AT").json["items"]  # type: ignore[index]
    assert (buyer["value"], buyer["country"], buyer["registration"]) == ("Nordwind", "AT", "FN 1234")
    assert [one["value"] for one in working.alba.get("/log/colleagues?text=e").json["items"]] == [  # type: ignore[index]
        f"E{n} (E{n})" for n in range(2, 10)
    ]
    assert working.alba.get("/log/companies").json == {"items": []}
    assert (
        "Nordwind"
        in working.alba.get(
            "/log/alike?type=export_deal&company=Alpen&buyer=Nordwind&buyer_country=AT&day=2026-06-28"
        ).text
    )


@pytest.mark.parametrize(
    "address", ["/log", "/log/companies?text=a", "/log/buyers?text=a", "/log/colleagues?text=a", "/log/alike"]
)
def test_only_employees_log(working: Working, address: str) -> None:
    """Who is no employee has no activities; whoever is one, has, whatever else they are."""
    for name, status in (("alba", 200), ("boram", 200), ("wanda", 200)):
        assert getattr(working, name).get(address).status_code == status
    for name in ("dana", "emil", "ferran", "iris"):
        assert getattr(working, name).get(address).status_code == 404


def test_a_get_changes_nothing_and_another_site_cannot_send_it(working: Working) -> None:
    """Looking at the form records nothing; a form without its token is refused."""
    working.alba.get("/log")
    answer = working.alba.client.post("/log", data={"form_id": working.alba.form_id("/log"), **DEAL})
    assert answer.status_code == 400
    assert working.events() == []


def test_recent_countries_come_first(working: Working) -> None:
    """Those of one's own activities, then the office's own."""
    log(working, buyer_country="DE")
    page = working.alba.get("/log").text
    recent = page.partition('<optgroup label="Recent">')[2].partition("</optgroup>")[0]
    assert recent.index('value="DE"') < recent.index('value="AT"')


def test_the_trail_tells_of_it(working: Working) -> None:
    """Who, when, what."""
    log(working)
    row = working.trail()[0]
    assert (row.deed, row.who) == ("log_activity", "account:alba@agency.example")
    assert "Nordwind" in (row.after or "")


def test_recording_takes_as_many_queries_whatever_the_history(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """At most 12 beyond the session, which is read when the form is let in and again before it is done, the first one's note of its use besides.

    Expect 12. Before anything is written: the revision, the names that are known, who is alike, the figures. Then: the ledger's lock, the revision, what is
    there under its name, how it came, verdicts that wait, the note of whose figures moved, the figures, the trail.
    """
    working = working_on_each
    counts = []
    for n, buyer in enumerate(("Acai", "Bossa", "Cerrado")):
        form = {"form_id": working.alba.form_id("/log"), **DEAL, "buyer": buyer, "buyer_country": "BR"}
        with count_queries() as sent:
            assert working.alba.post("/log", form).status_code == 303
        counts.append(len([one for one in sent if one.split()[0] not in {"BEGIN", "COMMIT"}]) - 2)
        working.record(*(f"2026-03-04 deal X-{n}-{m} E1 100 USD of B{m}/AT" for m in range(20)))
    assert counts[1] <= 12
    assert counts[1] == counts[2]


def test_what_was_rejected_is_not_offered_to_be_logged_once_more(working: Working) -> None:
    """Neither by the page nor by what it gives its script; a like one that stands is."""
    working.record(
        "2026-03-04 deal D-1 E1 100 USD of Nordwind/AT",
        "2026-03-05 deal D-2 E1 100 USD of Sirocco/AT",
        "2026-03-06 deal D-3 E1 100 USD of Nordwind/AT",
        "2026-03-07 rejected D-2 by E2",
        "2026-03-07 rejected D-3 by E2",
    )
    page = working.alba.get("/log").text
    assert [key for key in ("D-1", "D-2", "D-3") if f"/log?like={key_of(key)}" in page] == ["D-1"]
    assert "Sirocco" in page, "its buyer is still one that is known"


def test_a_former_entry_is_logged_again_as_of_today(working: Working) -> None:
    """All but the day stands in the form already, shares too; whose own it is not, it is not there."""
    log(working, day="2026-06-01", hs_code="8509", colleague="E6", share="20")
    key = ledger.event_key(EventKey("/pages/E1", working.events()[0]["id"]))
    for address in (f"/activities/{key}", "/activities", "/log"):
        assert f'href="/log?like={key}"' in working.alba.get(address).text
    page = working.alba.get(f"/log?like={key}").text
    values = (
        'value="export_deal" checked',
        'value="Nordwind"',
        'value="125,000.00"',
        'value="8509"',
        'value="2026-06-30"',
    )
    assert [one for one in (*values, 'value="E6 (E6)"', 'value="20"') if one not in page] == []
    assert working.events()[0]["id"] not in page
    assert working.alba.get("/log?like=nothing").status_code == 404
    # His head sees it, and it is not hers.
    assert working.boram.get(f"/activities/{key}").status_code == 200
    assert working.boram.get(f"/log?like={key}").status_code == 404
    assert f"/log?like={key}" not in working.boram.get("/activities?node=unit:VIE").text


def test_the_own_market_s_buyers_are_offered_before_anything_is_typed(working: Working) -> None:
    """Those that one dealt with, at home before elsewhere, then what colleagues found at home; nothing of other markets."""
    working.record(
        "2026-03-01 consult C-1 E1 of Elbe/DE",
        "2026-03-02 consult C-2 E1 of Donau/AT",
        "2026-03-03 consult C-3 E3 of Krems/AT",
        "2026-03-04 consult C-4 E3 of Tokio/JP",
    )
    known = re.search(r"data-known>(.*?)</script>", working.alba.get("/log").text)
    assert known is not None
    offered = json.loads(known[1])
    assert [(one["value"], one["note"]) for one in offered["buyers"]] == [
        ("Donau", "Austria"),
        ("Elbe", "Germany"),
        ("Krems", "Austria"),
    ]
    assert [one["buyer"] for one in offered["entries"]] == ["Donau", "Elbe"]


def test_an_amount_is_shown_in_dollars_as_it_will_count(working: Working) -> None:
    """By the rate of the day's month, or the latest before it; by the reader's separators; nothing of what is no number yet."""
    rates = "month,currency,usd\n2026-03,EUR,1.25\n2026-05,EUR,1.08\n"
    working.load(lambda _: rates, "rates")

    def words(**typed: str) -> str:
        answer = working.alba.get("/log/dollars", query_string=typed)
        return str(answer.json["text"])  # type: ignore[index]

    assert words(amount="125,000.50", currency="EUR", day="2026-06-29") == (
        "About US$135,001 at the rate of May 2026"  # 125000.50 x 1.08 = 135000.54
    )
    assert words(amount="10", currency="EUR", day="2026-04-30") == "About US$12.50 at the rate of March 2026"
    for nothing in ("", "ten", "0", "12.345,00"):
        assert words(amount=nothing, currency="EUR", day="2026-06-29") == ""
    assert words(amount="10", currency="EUR", day="2026-01-01") == words(amount="10", currency="USD") == ""


def sent(working: Working, person: str = "alba", **changed: Any) -> Any:
    """What the page's script sends once there is a connection."""
    somebody = getattr(working, person)
    form = {"form_id": "7d444840-9dc0-4d1a-8f4b-7a3f9c1b2e10", **DEAL, "entered_by": "E1", **changed}
    return somebody.post("/log/send", form)


def test_what_waited_on_the_phone_is_taken_once(working: Working) -> None:
    """The answer says what it did; to the same once more, that it is there already."""
    first, second = sent(working), sent(working)
    assert "Your year's end" in first.json["text"]
    assert "nothing was recorded twice" in second.json["text"]
    assert first.json["address"] == second.json["address"]
    assert len(working.events()) == 1
    assert [row.deed for row in working.trail()].count("log_activity") == 1


@pytest.mark.parametrize(
    ("person", "changed", "status", "words"),
    [
        ("jiho", {}, 409, "Somebody else entered this"),
        ("alba", {"buyer": ""}, 422, "required"),
        # Typed while the page was in another language: read otherwise now, it is asked.
        ("alba", {"amount": "1,234", "amount_read": "1.234"}, 422, "1,234"),
        ("dana", {}, 404, ""),
    ],
)
def test_what_waited_is_refused_in_words(
    working: Working, person: str, changed: dict[str, str], status: int, words: str
) -> None:
    """For the script, which keeps the entry and says why; nothing is recorded."""
    answer = sent(working, person, **changed)
    assert answer.status_code == status
    assert words in (answer.json["errors"][0]["detail"] if "errors" in answer.json else answer.json["detail"])
    assert working.events() == []


def test_a_phone_keeps_nothing_of_anybody(working: Working) -> None:
    """The form for when there is no connection is the same for all, and has no token; who is signed in says an address of its own."""
    working.record("2026-03-01 consult C-1 E1 of Elbe/DE")
    forms = {person: getattr(working, person).get("/log/offline").text for person in ("alba", "jiho")}
    assert forms["alba"] == forms["jiho"]
    # A hash of a file may have any two letters in it.
    page = re.sub(r'integrity="[^"]+"', "", forms["alba"])
    assert [word for word in ("alba@", "E1", "Elbe", "csrf_token", "typed_by") if word in page] == []
    assert working.alba.get("/log/pass").json["employee"] == "E1"  # type: ignore[index]
    assert working.app.test_client().get("/log/pass").status_code == 401
    script = working.app.test_client().get("/log/worker.js")
    assert (script.status_code, script.headers["Service-Worker-Allowed"]) == (200, "/log")


@pytest.mark.parametrize("blank", ["\u200b", "\u2060\ufeff", "\u00ad", "\u202e", "\u3164", "\u115f \u2800"])
def test_what_nobody_can_read_is_no_name_and_no_reason(working: Working, blank: str) -> None:
    """Names of companies and buyers, of views; reasons of downloads and verdicts: refused as if nothing had been typed, and nothing is recorded."""
    for field in ("company", "buyer"):
        refused = log(working, **{field: blank})
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.text
    assert working.events() == []
    assert working.dana.post("/views?list=people&filters=", {"name": blank}).status_code == 422
    assert working.dana.post("/people", {"format": "csv", "reason": blank * 3}).status_code == 422
    log(working)
    (key,) = (ledger.event_key(EventKey(event["source"], event["id"])) for event in working.events())
    judged = {"form_id": working.boram.form_id("/log"), "entry": key, "verdict": "rejected", "reason": blank * 5}
    assert working.boram.post("/verification", judged).status_code == 422
    assert len(working.events()) == 1
