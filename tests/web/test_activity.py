"""One activity: its whole history, correcting and reversing one's own."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app import scoring
from tests.conftest import CountQueries
from tests.scenario import SOURCE, event_of
from tests.web.markup import read
from tests.web.working import Working, key_of

DEAL = "2026-03-04 deal D-1 E1 100 USD of Nordwind/AT"
AT_D1 = f"/activities/{key_of('D-1')}"
MENDED = {
    "type": "export_deal",
    "company": "Company",
    "buyer": "Nordwind",
    "buyer_country": "AT",
    "amount": "250",
    "currency": "USD",
    "day": "2026-03-04",
    "reason": "a zero too few",
}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("alba", 200),
        ("jiho", 404),
        ("chae", 404),
        ("boram", 200),
        ("gaston", 200),
        ("hana", 200),
        ("wanda", 200),
        ("dana", 200),
        ("emil", 200),
        ("ferran", 200),
        ("iris", 404),
    ],
)
def test_who_sees_it(working: Working, name: str, status: int) -> None:
    """Its employee, the line above, and who sees everything; a colleague of the same office does not."""
    working.record(DEAL)
    assert getattr(working, name).get(AT_D1).status_code == status


def test_who_shares_in_it_sees_it_and_cannot_take_it_out(working: Working) -> None:
    """Reversing takes the whole activity out, the others' parts too: it is for the employee whose it is."""
    working.record("2026-03-04 deal D-1 E1 100 USD E1:0.5 E3:0.5")
    page = working.chae.get(AT_D1)
    assert page.status_code == 200
    assert 'id="reverse"' not in page.text
    form = {"form_id": working.chae.form_id("/log"), "reason": "not mine"}
    assert working.chae.post(f"{AT_D1}/reverse", form).status_code == 404


def test_the_history_shows_void_verdicts_as_void(working: Working) -> None:
    """And that the same id came again with other contents."""
    from tests.scenario import event_of, ingest

    working.record(DEAL, "2026-03-05 verified D-1 by E1", "2026-03-06 verified D-1 by E2")
    assert len(ingest(working.database, [event_of("2026-03-04 deal D-1 E1 900 USD")]).rejected) == 1
    page = working.boram.get(AT_D1).text
    assert "void: given by one of its own employees" in page
    assert "Came again with other contents" in page


def test_of_very_many_verdicts_the_last_are_shown_and_those_that_hold(working: Working) -> None:
    """A program may reverse one's own entry twenty thousand times: the page says how many it leaves out, and is no longer for them."""
    working.record("2026-03-04 deal D-1 E1 100 USD", "2026-03-05 verified D-1 by E2")
    reversals = [
        {
            "specversion": "1.0",
            "type": "kopes.reversed",
            "source": "/crm",
            "id": f"R-{number}",
            "time": f"2026-04-01T{number // 60:02}:{number % 60:02}:00Z",
            "data": {"activity": {"source": SOURCE, "id": "D-1"}, "by": "E1", "reason": f"no. {number:04}"},
        }
        for number in range(150)
    ]
    working.record_events(reversals)
    for name, address in (("alba", AT_D1), ("boram", AT_D1), ("emil", AT_D1.replace("activities", "ledger"))):
        page = getattr(working, name).get(address).text
        told = set(re.findall(r"no\. (\d{4})", page))
        assert told == {f"{number:04}" for number in range(50, 150)}
        assert "Verified" in page, "it holds, however long ago it was given"
        assert "not shown here: 50" in page


def test_the_way_to_the_trail_is_there_once_a_person_has_done_something(working: Working) -> None:
    """Of what came by a file the trail has nothing to tell: its arrival and its verdicts stand on its own page."""
    working.record(DEAL)
    link = f"/trail?subject=activity:{key_of('D-1')}"
    assert "/trail?" not in working.emil.get(AT_D1).text
    form = {"form_id": working.alba.form_id(AT_D1), "reason": "entered twice"}
    working.alba.post(f"{AT_D1}/reverse", form)
    assert link in working.emil.get(AT_D1).text.replace("%3A", ":")
    assert "entered twice" in working.emil.get(link).text


def test_reversing_takes_it_out_with_the_reason(working: Working) -> None:
    """It stays in the ledger; the score goes back; sent twice it is one reversal."""
    working.record(DEAL)
    form = {"form_id": working.alba.form_id(AT_D1), "reason": "never happened"}
    first = working.alba.post(f"{AT_D1}/reverse", form)
    assert first.status_code == 303
    page = working.alba.get(AT_D1).text
    assert "Reversed. Your year" in page
    assert "never happened" in page
    assert 'id="reverse"' not in page
    working.alba.post(f"{AT_D1}/reverse", form)
    assert [one["type"] for one in working.events()] == ["kopes.export_deal", "kopes.reversed"]
    assert working.trail()[-1].deed in {"sign_in", "settle"} or working.trail()[0].why == "never happened"


def test_a_reversal_needs_a_reason(working: Working) -> None:
    """At its field, with nothing written."""
    working.record(DEAL)
    answer = working.alba.post(f"{AT_D1}/reverse", {"form_id": working.alba.form_id(AT_D1), "reason": " "})
    assert answer.status_code == 422
    assert 'href="#reason"' in answer.text
    assert len(working.events()) == 1


def test_a_usual_reason_is_chosen_in_one_language_and_read_in_another(working: Working) -> None:
    """It is recorded in the words that stood on the page; each reader has it in their own, and what was typed beside it as it was typed."""
    working.record(DEAL)
    working.alba.client.set_cookie("kopes_language", "ko")
    working.boram.client.set_cookie("kopes_language", "es")
    page = working.alba.get(AT_D1).text
    assert "중복으로 입력했습니다." in page
    assert "It was entered twice." not in page
    form = {"form_id": working.alba.form_id(AT_D1), "usual": "double", "reason": "어제 것과 같음"}
    assert working.alba.post(f"{AT_D1}/reverse", form).status_code == 303
    assert working.events()[-1]["data"]["reason"] == "중복으로 입력했습니다. 어제 것과 같음"
    assert "Se introdujo dos veces. 어제 것과 같음" in working.boram.get(AT_D1).text


def test_a_reason_that_is_not_offered_is_refused(working: Working) -> None:
    """Those of a rejection are none of a reversal."""
    working.record(DEAL)
    answer = working.alba.post(f"{AT_D1}/reverse", {"form_id": working.alba.form_id(AT_D1), "usual": "share"})
    assert answer.status_code == 422
    assert "not among those offered" in answer.text
    assert len(working.events()) == 1


def test_correcting_reverses_and_records_another_in_one_step(working: Working) -> None:
    """Under a new id, prefilled with what was there; the new one has to be verified anew."""
    working.record(DEAL, "2026-03-05 verified D-1 by E2")
    page = working.alba.get(f"{AT_D1}/correct").text
    assert 'value="Nordwind"' in page
    assert 'value="100"' in page
    form = {"form_id": working.alba.form_id(f"{AT_D1}/correct"), **MENDED}
    answer = working.alba.post(f"{AT_D1}/correct", form)
    assert answer.status_code == 303
    assert answer.headers["Location"] != AT_D1
    assert "reversed" in working.alba.get(AT_D1).text
    assert "250 USD" in working.alba.get(answer.headers["Location"]).text
    working.alba.post(f"{AT_D1}/correct", form)
    assert [one["type"].removeprefix("kopes.") for one in working.events()] == [
        "export_deal",
        "verified",
        "reversed",
        "export_deal",
    ]


def test_correcting_takes_no_share_from_anybody(working: Working) -> None:
    """A program may record any number of shares, more than the form offers room for: each colleague's is sent back as it stands."""
    others = [f"N{number}" for number in range(10, 22)]
    rows = "".join(f"{one},Name {one},,G5,staff,5000000,2020-01-01,\n" for one in others)
    working.load(lambda text: text + rows, file="employees")
    shared = event_of("2026-03-04 deal D-1 E1 100 USD of Nordwind/AT")
    shared["data"]["credits"] = [
        {"employee": "E1", "share": "0.04"},
        *({"employee": one, "share": "0.08"} for one in others),
    ]
    working.record_events([shared])
    page = read(working.alba.get(f"{AT_D1}/correct").text)
    sent = {
        name: [field.attributes.get("value") for field in page.all("input") if field.attributes.get("name") == name]
        for name in ("colleague", "share")
    }
    assert len(list(filter(None, sent["colleague"]))) == len(others)
    form = {"form_id": working.alba.form_id(f"{AT_D1}/correct"), **MENDED, **sent, "amount": "100"}
    assert working.alba.post(f"{AT_D1}/correct", form).status_code == 303
    shares = {one["employee"]: Decimal(one["share"]) for one in working.events()[-1]["data"]["credits"]}
    assert shares == {"E1": Decimal("0.04"), **dict.fromkeys(others, Decimal("0.08"))}


@pytest.mark.parametrize(("day", "keeps"), [("2026-03-04", True), ("2026-03-03", False)])
def test_a_corrected_entry_keeps_its_hour_on_the_same_day(working: Working, day: str, keeps: bool) -> None:
    """Of two who found a buyer on one day the earlier one is credited: a typo that is mended makes nobody later."""
    working.record(DEAL)
    form = {"form_id": working.alba.form_id(f"{AT_D1}/correct"), **MENDED, "day": day}
    assert working.alba.post(f"{AT_D1}/correct", form).status_code == 303
    before, after = working.events()[0]["time"], working.events()[-1]["time"]
    assert after.startswith(day)
    assert (after == before) == keeps


def test_a_wrong_correction_leaves_the_old_entry_as_it_is(working: Working) -> None:
    """Both or neither."""
    working.record(DEAL)
    form = {"form_id": working.alba.form_id(f"{AT_D1}/correct"), **MENDED, "amount": "lots"}
    answer = working.alba.post(f"{AT_D1}/correct", form)
    assert answer.status_code == 422
    assert 'value="lots"' in answer.text
    assert "a zero too few" in answer.text
    assert len(working.events()) == 1


def test_a_correction_to_a_day_that_is_none_plans_nothing(working: Working) -> None:
    """It is refused before anything is planned for its cycle: a few plans are kept, and seventeen such would push out everybody's."""
    working.record(DEAL)
    form = {"form_id": working.alba.form_id(f"{AT_D1}/correct"), **MENDED}

    def plan_of_this_cycle() -> object:
        with working.database.read() as connection:
            return scoring.state(connection).plan(2026)

    plan = plan_of_this_cycle()
    answers = [working.alba.post(f"{AT_D1}/correct", form | {"day": f"{year}-03-04"}) for year in range(9980, 9997)]
    assert {answer.status_code for answer in answers} == {422}
    assert 'href="#day"' in answers[-1].text
    assert plan_of_this_cycle() is plan


def test_what_is_reversed_is_not_corrected_again(working: Working) -> None:
    """Two tabs: the second is told."""
    working.record(DEAL)
    one, other = (working.alba.form_id(f"{AT_D1}/correct") for _ in range(2))
    working.alba.post(f"{AT_D1}/correct", {"form_id": one, **MENDED})
    answer = working.alba.post(f"{AT_D1}/correct", {"form_id": other, **MENDED})
    assert answer.status_code == 409
    assert "reversed already" in answer.text
    assert len(working.events()) == 3


@pytest.mark.parametrize("name", ["chae", "jiho", "boram", "hana", "wanda", "emil", "ferran", "iris"])
def test_only_one_s_own_is_corrected_or_reversed(working: Working, name: str) -> None:
    """Not a colleague's, not one's people's, whoever asks."""
    working.record(DEAL)
    somebody = getattr(working, name)
    form_id = working.alba.form_id("/log")
    assert somebody.get(f"{AT_D1}/correct").status_code == 404
    assert somebody.post(f"{AT_D1}/correct", {"form_id": form_id, **MENDED}).status_code == 404
    assert somebody.post(f"{AT_D1}/reverse", {"form_id": form_id, "reason": "because"}).status_code == 404
    assert len(working.events()) == 1


@pytest.mark.parametrize("key", ["1", "0" * 32, "..", "%00"])
def test_an_unknown_address_is_not_there(working: Working, key: str) -> None:
    """Numbers lead nowhere: an activity is found by its event's key alone."""
    working.record(DEAL)
    assert working.ferran.get(f"/activities/{key}").status_code == 404


def test_it_takes_as_many_queries_whatever_the_history(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 7: the session, two revisions, the activity, its credits, verdicts, conflicts."""
    working_on_each.record(DEAL)
    counts = []
    for n in range(2):
        working_on_each.alba.get(AT_D1)
        with count_queries() as sent:
            working_on_each.alba.get(AT_D1)
        counts.append(len([one for one in sent if one != "BEGIN"]))
        working_on_each.record(*(f"2026-03-{6 + m:02} verified D-1 by E9 as V-{n}-{m}" for m in range(20)))
    assert counts[0] == counts[1] <= 8


def test_the_trail_tells_of_each_deed_once(working: Working) -> None:
    """A form that is sent twice logged, corrected or reversed once."""
    log = {"form_id": working.alba.form_id("/log"), **MENDED}
    answers = [working.alba.post("/log", log) for _ in range(2)]
    at = answers[0].headers["Location"]
    assert at == answers[1].headers["Location"]
    correction = {"form_id": working.alba.form_id(f"{at}/correct"), **MENDED, "amount": "300"}
    answers = [working.alba.post(f"{at}/correct", correction) for _ in range(2)]
    at = answers[1].headers["Location"]
    reversal = {"form_id": working.alba.form_id(at), "reason": "never happened"}
    answers += [working.alba.post(f"{at}/reverse", reversal) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303] * 4
    deeds = [row.deed for row in working.trail() if row.who == "account:alba@agency.example"]
    assert deeds[:-1] == ["reverse_activity", "reverse_activity", "log_activity"]


def test_no_other_writer_waits_while_a_score_is_worked_out(working: Working) -> None:
    """What a deed did to the score is read before its transaction and after it: on SQLite all who record wait for the one that writes."""
    sent: dict[str, list[str]] = {"reader": [], "writer": []}
    for name, statements in sent.items():
        sa.event.listen(
            getattr(working.database, name), "before_cursor_execute", lambda *said, to=statements: to.append(said[2])
        )
    entry = {name: value for name, value in MENDED.items() if name != "reason"}
    logged = working.alba.post("/log", {"form_id": working.alba.form_id("/log"), **entry})
    corrected = working.alba.post(
        f"{logged.headers['Location']}/correct",
        {"form_id": working.alba.form_id(f"{logged.headers['Location']}/correct"), **MENDED, "amount": "300"},
    )
    at = corrected.headers["Location"]
    working.alba.post(f"{at}/reverse", {"form_id": working.alba.form_id(at), "reason": "never happened"})
    assert "Reversed. Your year" in working.alba.get(at).text
    reads_figures = {
        name: [one for one in statements if one.startswith("SELECT") and "FROM total" in one.replace("\n", " ")]
        for name, statements in sent.items()
    }
    assert reads_figures["reader"]
    assert reads_figures["writer"] == []
    assert sent["writer"]
