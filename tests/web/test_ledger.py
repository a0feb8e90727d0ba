"""The auditor's ledger and trail: every event is found, nothing is hidden, void verdicts say so."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from app import access, intake, ledger, notices
from app.rules.permissions import Deed
from app.rules.terms import Role
from app.web import site_of
from app.web.wording.words import DEEDS, ROLES
from tests.conftest import CountQueries
from tests.scenario import event_of, ingest
from tests.web.markup import Element, read
from tests.web.working import NOW, Working, key_of

GIVEN = (
    "2026-03-04 deal D-1 E1 1000.00 USD of Meyer/AT",
    "2026-03-05T10:00 verified D-1 by E1 as V-1",
    "2026-04-04 deal D-2 E3 2000.00 USD of Çelik/TR",
)


def test_only_the_auditor_sees_ledger_and_trail(working: Working) -> None:
    """An event's page too."""
    working.record(*GIVEN)
    addresses = ("/ledger", f"/ledger/{key_of('D-1')}", "/trail")
    statuses = {"emil": 200, "dana": 404, "ferran": 404, "boram": 404, "alba": 404, "iris": 404}
    for name, status in statuses.items():
        assert getattr(working, name).statuses(*addresses) == [status] * 3, name


def _found(working: Working, query: str) -> set[str]:
    page = working.emil.get(f"/ledger?{query}").text
    return {id_ for id_ in ("D-1", "V-1", "D-2") if f'/ledger/{key_of(id_)}">{id_}<' in page}


def test_events_are_found_by_what_an_auditor_asks(working: Working) -> None:
    """Source, id, type, days, employee and names narrow; signs of the database's own language are plain text."""
    working.record(*GIVEN)
    for query, ids in (
        ("", {"D-1", "V-1", "D-2"}),
        ("id=D-2", {"D-2"}),
        ("type=verified", {"V-1"}),
        ("first=2026-03-05&last=2026-03-05", {"V-1"}),
        ("employee=E1", {"D-1", "V-1"}),
        ("employee=E404", set()),
        ("text=meyer", {"D-1"}),
        ("text=çELIK", {"D-2"}),
        ("text=%25", set()),
        ("source=/elsewhere", set()),
        ("source=/SCENAR", {"D-1", "V-1", "D-2"}),
        ("text=meyer&employee=E3", set()),
    ):
        assert _found(working, query) == ids, query


def test_what_is_typed_as_it_was_written_is_found_whatever_its_letters(working_on_each: Working) -> None:
    """Sources and subjects are no names: they are kept as they came, and each database folds Ä by a rule of its own."""
    working = working_on_each
    source, file = "/crm/Wien-Ä_1", "file:Wien-Ä 1.csv"
    working.record_events([event_of(GIVEN[0]) | {"source": source}, event_of(GIVEN[2])])
    for typed in (source, "n-Ä", "/CRM/WIEN-Ä", "/crm/wien-ä"):
        page = working.emil.get(f"/ledger?source={typed}").text
        assert (f"/ledger/{key_of('D-1', source)}" in page, key_of("D-2") in page) == (True, False), typed
    with working.database.write("test") as connection:
        access.record_deed(connection, who="command", deed=Deed.EXPORT, at=NOW, subject=file)
    for typed in (file, "n-Ä 1", "File Wien-Ä", "file wien-ä 1.csv"):
        assert "File Wien-Ä 1.csv" in working.emil.get(f"/trail?who=command&subject={typed}").text, typed
    assert "File Wien-Ä 1.csv" not in working.emil.get("/trail?who=command&subject=File ien-Ä").text


def test_a_void_verdict_is_shown_as_void(working: Working) -> None:
    """Alba verified her own deal: in the list, on its page and on the deal's (contract, "Which events count, exactly")."""
    working.record(*GIVEN)
    assert "void" in working.emil.get("/ledger?type=verified").text
    assert "This verdict is void" in working.emil.get(f"/ledger/{key_of('V-1')}").text
    assert "void" in working.emil.get(f"/ledger/{key_of('D-1')}").text


def test_an_event_is_shown_as_it_came_with_its_hash_and_whom_it_counts_for(working: Working) -> None:
    """Amounts keep their digits; unknown ids are not there."""
    working.record(*GIVEN)
    page = working.emil.get(f"/ledger/{key_of('D-1')}").text
    for words in ("1000.00", "Hash of its content", "/scorecards/unit:HQ", "/scorecards/employee:E1", "deal_value"):
        assert words in page
    assert working.emil.statuses("/ledger/nothing", "/ledger?before=0", "/ledger?first=soon") == [404, 200, 422]


def test_a_time_is_shown_however_it_was_written(working: Working) -> None:
    """RFC 3339 takes small letters and a leap second: whoever judges the entry, and the auditor, can open its page."""
    times = {"D-1": "2026-03-04t09:30:00z", "D-2": "2016-12-31T23:59:60Z"}
    deal = event_of(GIVEN[0])
    working.record_events([deal | {"id": id_, "time": time} for id_, time in times.items()])
    for id_, in_utc, in_vienna in (
        ("D-1", "4 Mar, 09:30 UTC", "4 Mar, 10:30 Vienna"),
        ("D-2", "31 Dec 2016, 23:59 UTC", "1 Jan 2017, 00:59 Vienna (counts on 31 Dec 2016"),
    ):
        assert in_utc in read(working.emil.get(f"/ledger/{key_of(id_)}").text).text
        assert in_vienna in read(working.boram.get(f"/activities/{key_of(id_)}").text).text


def test_a_verdicts_row_says_what_was_decided_about_what(working: Working) -> None:
    """Its kind, and the activity with its parties; one that came before its activity says so."""
    working.record(*GIVEN, "2026-03-09 verified D-99 by E2 as V-9")
    rows = [row.text for row in read(working.emil.get("/ledger?type=verified").text).first("tbody").all("tr")]
    waiting, judged = (next(row for row in rows if id_ in row) for id_ in ("V-9", "V-1"))
    assert "of an activity that has not come yet" in waiting
    assert "Export deal: Company → " in judged


@pytest.mark.parametrize("odd", ["9" * 5_000, "[" * 400 + "]" * 400, "[{}]", '{"roles": [1]}', '"x"'])
def test_nothing_that_is_sent_again_hides_the_trail(working: Working, odd: str) -> None:
    """The trail holds events as they came, and is read whatever stands in them: else who is watched blinds who watches."""
    text = f'{{"type": {odd}, "source": "/crm"}}'
    with working.database.write("test") as connection:
        intake.take_in(connection, [intake.arrival_of_text(text)], at=NOW, door="api", sender="crm")
    assert working.iris.post("/rejected/1", {"event": text}).status_code == 422
    page = working.emil.get("/trail")
    assert page.status_code == 200
    assert "Rejected event 1" in page.text


def test_of_what_is_long_the_trail_shows_the_beginning(working: Working) -> None:
    """A long event that was mended stands there whole, and would else make it a page that nobody can open."""
    deal = event_of("2026-06-04 deal D-2 NOBODY 100 USD")
    deal["data"]["note"] = "x" * 100_000
    assert ingest(working.database, [deal]).rejected
    working.load(lambda rows: f"{rows}NOBODY,Noor,,G5,staff,5000000,2020-01-01,\n", file="employees")
    assert working.iris.post("/rejected/1", {}).status_code == 303
    page = working.emil.get("/trail").text
    assert "Only the beginning is shown: 20,000 of" in page
    assert len(page) < 100_000


def test_of_a_replay_that_is_refused_again_the_trail_keeps_the_beginning(working: Working) -> None:
    """It stays among the rejected events as it came, and may be sent again without end."""
    text = json.dumps({"type": "kopes.nothing", "source": "/crm", "note": "x" * 100_000})
    with working.database.write("test") as connection:
        intake.take_in(connection, [intake.arrival_of_text(text)], at=NOW, door="api", sender="crm")
    assert working.iris.post("/rejected/1", {"event": text}).status_code == 422
    row = working.trail()[0]
    assert row.subject == "rejected:1"
    assert row.why == "accepted 0, duplicate 0, rejected 1"
    assert all(len(noted or "") < 3_000 and "kopes.nothing" in (noted or "") for noted in (row.before, row.after))
    with working.database.read() as connection:
        assert json.loads(ledger.rejected_events(connection).events[0].text) == json.loads(text)


def test_the_trail_is_searched_by_who_and_deed(working: Working) -> None:
    """A download leaves a row that names who, what and why."""
    working.dana.post("/people", {"reason": "a yearly report"})
    assert "a yearly report" in working.emil.get("/trail?who=account:dana@agency.example&deed=export").text
    assert "No such deed" in working.emil.get("/trail?who=nobody-like-that").text


@pytest.mark.parametrize(
    ("language", "deed"),
    [("en", "download people"), ("ko", "직원별 수치 내려받기"), ("es", "descargar cifras de personas")],
)
def test_the_trail_says_deeds_in_words(working: Working, language: str, deed: str) -> None:
    """In the list, by which its card on a phone unfolds too, and in the choice; the code stays in the address."""
    working.dana.post("/people", {"reason": "a yearly report"})
    working.emil.post("/look", {"language": language, "theme": "system", "next": "/"})
    page = working.emil.get("/trail?deed=export").text
    assert page.count(deed) == 3
    assert "<code>export</code>" not in page
    assert set(DEEDS) == set(Deed)
    assert set(ROLES) == set(Role)


def _cells(row: Element) -> dict[str, str]:
    return {cell.attributes["data-label"]: cell.text for cell in row.all("td")}


def test_people_stand_with_name_and_number_and_a_judge_under_a_heading_of_their_own(working: Working) -> None:
    """Two people may have one name; whose deal it is and who judged it are two questions."""
    working.load(lambda rows: rows.replace("E1,E1,E1@", "E1,José Kim,E1@"), "employees")
    working.record(*GIVEN)
    rows = {row.first("th").text.split()[0]: _cells(row) for row in read(working.emil.get("/ledger").text).all("tr")}
    assert [rows[id_]["Employee"] for id_ in ("D-1", "V-1")] == ["José Kim E1", "–"]
    assert [rows[id_]["Judged by"] for id_ in ("D-1", "V-1")] == ["–", "José Kim E1"]
    working.alba.post("/look", {"language": "en", "theme": "system", "next": "/"})
    assert "alba@agency.example José Kim" in read(working.emil.get("/trail?deed=sign_in").text).text


def test_an_events_page_says_whose_it_is_with_whom_and_how_much(working: Working) -> None:
    """Outside the event as it came; and each verdict leads to its own page, which names its judge and its deal."""
    working.record(*GIVEN)
    deal = working.emil.get(f"/ledger/{key_of('D-1')}").text
    facts = read(deal.split("<pre", 1)[0]).text
    assert [
        word for word in ("Employee E1", "Buyer Meyer (AT)", "Amount 1,000 USD", "Company") if word not in facts
    ] == []
    assert f'/ledger/{key_of("V-1")}"' in deal
    verdict = read(working.emil.get(f"/ledger/{key_of('V-1')}").text.split("<pre", 1)[0]).text
    assert [
        word
        for word in ("Judged by E1", "About Export deal, 4 Mar 2026", "Buyer Meyer (AT)", "Amount 1,000 USD")
        if word not in verdict
    ] == []


def test_what_stood_before_and_after_is_told_in_the_readers_words(working: Working) -> None:
    """Label and value, whatever a deed noted: a change set, a rejected event that was sent again; no JSON, no code of ours, no markup as text."""
    working.dana.post("/changes", {"title": "New people", "reason": "Agreed in the meeting of Monday."})
    deal = event_of("2026-06-04 deal D-2 NOBODY 1234.50 USD")
    assert ingest(working.database, [deal]).rejected
    working.load(lambda rows: f"{rows}NOBODY,Noor,,G5,staff,5000000,2020-01-01,\n", file="employees")
    assert working.iris.post("/rejected/1", {}).status_code == 303
    noted = [
        {"state": "open"},
        {"state": "submitted"},
        {"stage": "draft", "calendar": {"agree_by": "2026-02-01"}},
        {"made of": {"letters": "<b>", "decision": 7}},
    ]
    with working.database.write(Deed.KEEP_KEYS) as connection:
        for one in noted:
            access.record_deed(connection, who="command", deed=Deed.KEEP_KEYS, at=NOW, subject="cycle:2026", after=one)
    page = read(working.emil.get("/trail").text)
    told = " ".join(one.text for one in page.all("dl"))
    for words in ("Title New people", "Kind Export deal", "Employee Noor (NOBODY)", "Amount 1,234.5"):
        assert words in told, told
    assert "made of Decision: Decision 7 , letters : <b> " in told, told
    assert [one.text for one in page.all("code") if one.text in {"made of", "letters"}] == ["made of", "letters"]
    assert not [one for one in page.all("pre") if "{" in one.text]
    working.emil.client.set_cookie("kopes_language", "ko")
    korean = " ".join(one.text for one in read(working.emil.get("/trail").text).all("dl"))
    assert "제목 New people" in korean
    assert not re.search("Title|open|submitted|draft|stage|calendar|agree_by|2026-02-01", korean), korean


def test_the_trail_is_searched_by_the_words_of_its_list(working_on_each: Working) -> None:
    """A page, somebody's name or number, a unit, an account, a key: what stands under “About”."""
    working = working_on_each
    working.load(lambda text: text.replace("E1,E1,E1@", "E1,José Kim,E1@"), "employees")
    working.load(lambda text: text.replace("VIE,VIE,", "VIE,Vienna office,"), "units")
    alba, iris = "account:alba@agency.example", "account:iris@agency.example"
    with working.database.write("test") as connection:
        for subject in ("grades", "people", "employee:E1", "unit:VIE", "key:crm", alba, iris):
            access.record_deed(connection, who="command", deed=Deed.EXPORT, at=NOW, subject=subject)
    for typed, about in (
        ("Grades", ["Grades"]),
        ("grad", ["Grades"]),
        ("E1", ["alba@agency.example José Kim", "José Kim E1"]),
        ("josé", ["alba@agency.example José Kim", "José Kim E1"]),
        ("Vienna", ["Vienna office VIE"]),
        ("Account iris", ["iris@agency.example"]),
        ("iris@", ["iris@agency.example"]),
        ("Key crm", ["Key crm"]),
        ("nothing like that", []),
    ):
        page = read(working.emil.get(f"/trail?who=command&subject={typed}").text)
        rows = [_cells(row) for row in page.all("tr") if list(row.all("td"))]
        assert [row["About"] for row in rows] == about, typed


def test_the_trail_is_narrowed_to_days_of_the_clock_that_it_is_written_by(working: Working) -> None:
    """From the first moment of a day to the last one of another."""
    with working.database.write("test") as connection:
        for hour, why in ((-25, "the day before"), (0, "at noon"), (13, "the day after")):
            at = NOW + dt.timedelta(hours=hour)
            access.record_deed(connection, who="command", deed=Deed.EXPORT, at=at, why=why)
    page = working.emil.get("/trail?first=2026-06-30&last=2026-06-30").text
    assert [why in page for why in ("the day before", "at noon", "the day after")] == [False, True, False]
    assert working.emil.statuses("/trail?first=0001-01-01&last=9999-12-31") == [200]


def test_the_filter_offers_the_deeds_that_the_trail_tells_of(working: Working) -> None:
    """What only reads leaves no row; nor does what the ledger itself tells (events), or everybody's own choice of language or of views, or that one has seen one's targets."""
    options = read(working.emil.get("/trail").text).all("option")
    offered = {option.attributes["value"] for option in options} - {""}
    acts = {route.deed for route in site_of(working.app).routes.values() if route.acts}
    silent = {Deed.CHOOSE_LOOK, Deed.INGEST, Deed.KEEP_CLOCK, Deed.KEEP_VIEWS, Deed.OPEN_HOME, Deed.RECEIVE_HOOK}
    # Whoever asks for a link is not signed in; that a password was set by one is told.
    silent |= {Deed.ASK_PASSWORD}
    # What moves of grades would do is told to whoever sees these grades, and nothing of it is kept.
    silent |= {Deed.SEE_GRADE}
    assert silent < acts
    # The API's readings of other people's scores, rows and effects are written down all the same.
    read_down = {Deed.SEE_SCORECARD, Deed.SEE_DERIVATION, Deed.SEE_FILES, Deed.SEE_DECISIONS, Deed.SEE_RESULTS}
    read_down |= {Deed.SEE_OBJECTIONS}
    assert offered == {*(acts - silent), *read_down, "rights"}
    working.alba.post("/look", {"language": "en", "theme": "dark", "next": "/"})
    assert silent & {row.deed for row in working.trail()} == set()


def test_the_notice_about_rights_leads_to_what_it_tells_of(working: Working) -> None:
    """Accounts, keys and hooks are one choice; out of the whole trail they would be picked by hand."""
    working.iris.post("/accounts", {"email": "new@agency.example", "role": ["member"]})
    working.iris.post("/keys", {"name": "reader", "scope": "read"})
    working.alba.post("/password", {"old_password": "wrong"})
    link = re.search(r'href="([^"]+)">See them on the trail', working.emil.get("/ledger").text)
    assert link is not None
    page = read(working.emil.get(link[1]).text)
    rows = working.emil.get(link[1]).text.split('data-rows="deeds"', 1)[1].split("</tbody>", 1)[0]
    assert "new@agency.example" in rows
    assert "Key reader" in rows
    assert "sign in" not in rows
    chosen = [one for one in page.all("option") if "selected" in one.attributes]
    assert [one.attributes["value"] for one in chosen] == ["rights"]
    assert "sign in" in working.emil.get("/trail").text.split('data-rows="deeds"', 1)[1]
    with working.database.write("test") as connection:
        notices.tell_auditors(connection, who="command:root", account="crm", at=NOW)
    assert "The latest by the command line of root about crm." in working.emil.get("/trail").text


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """One event or thirty."""
    emil = working.emil
    working.record(GIVEN[0])
    emil.get("/ledger")
    with count_queries() as few:
        emil.get("/ledger")
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(30)))
    with count_queries() as many:
        emil.get("/ledger")
    assert len(few) == len(many) <= 8


def test_pages_go_on_where_the_last_one_ended(working: Working) -> None:
    """Of 120 events the first page has 100, the next the others; none twice."""
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(120)))
    first = working.emil.get("/ledger").text
    following = first.split('rel="next" href="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    second = working.emil.get(following).text
    shown = [[number for number in range(120) if f">M-{number}<" in page] for page in (first, second)]
    assert [len(some) for some in shown] == [100, 20]
    assert ["100 of 120" in read(first).text, "20 of 120" in read(second).text] == [True, True]
    assert sorted(shown[0] + shown[1]) == list(range(120))
