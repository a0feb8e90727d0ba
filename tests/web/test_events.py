"""``POST /api/v1/events``: who may record what, in which form, and what is answered (contract, "HTTP")."""

from __future__ import annotations

import json

import pytest

from tests.web.api import BATCH, STRUCTURED, api, by_hand, deal, fresh, verdict

__all__ = ["api"]


def test_each_event_of_a_batch_is_judged_by_itself_and_the_answer_says_how(api):
    good, again = deal(), deal()
    assert api.post(again).json == {"accepted": 1, "duplicate": 0, "rejected": []}
    bad = deal(employee="E99")
    other_content = {**again, "data": {**again["data"], "amount": "7.00"}}
    answer = api.post([good, again, bad, 5, other_content, good])
    assert answer.status_code == 200
    assert (answer.json["accepted"], answer.json["duplicate"]) == (1, 2)
    told = {one["index"]: one for one in answer.json["rejected"]}
    assert sorted(told) == [2, 3, 4]
    assert (told[2]["source"], told[2]["id"]) == (bad["source"], bad["id"])
    assert told[2]["errors"][0].keys() == {"pointer", "code", "detail"}
    assert told[2]["errors"][0]["pointer"] == "/data/employee"
    assert (told[3]["source"], told[3]["id"], told[3]["errors"][0]["pointer"]) == (None, None, "")
    assert told[4]["errors"][0]["code"] == "conflict"


def test_numbers_keep_their_digits(api):
    """1e400 and 0.1 with twenty digits are JSON: what is recorded is what came, and the same again is a duplicate."""
    text = json.dumps(deal(note=0))
    exact = text.replace('"note": 0', '"note": [1e400, 0.10000000000000000001, 123456789012345678901234567890]')
    assert api.post(exact.encode(), kind=STRUCTURED).json["accepted"] == 1
    other = exact.replace("0.10000000000000000001", "0.1")
    assert api.post(f"[{other}]".encode(), kind=BATCH).json["rejected"][0]["errors"][0]["code"] == "conflict"
    same = exact.replace("0.10000000000000000001", "0.100000000000000000010")
    assert api.post(f"[{same}]".encode(), kind=BATCH).json["duplicate"] == 1


def test_a_byte_order_mark_is_no_part_of_a_batch(api):
    """Some systems write one before everything."""
    assert api.post(b"\xef\xbb\xbf" + json.dumps([deal(), 5]).encode(), kind=BATCH).json["accepted"] == 1
    assert api.post(b"\xef\xbb\xbf{}", kind=BATCH).status_code == 400


def test_media_types_may_carry_parameters_of_utf_8_alone(api):
    assert api.post(deal(), kind=f"{STRUCTURED}; charset=UTF-8").json["accepted"] == 1
    assert api.post([deal()], kind=f'{BATCH} ;charset="utf-8"').json["accepted"] == 1
    assert api.post([deal()], kind=BATCH.upper()).json["accepted"] == 1
    assert api.post(deal(), kind=f"{STRUCTURED}; charset=latin-1").status_code == 415
    assert api.post(deal(), headers={"Content-Encoding": "gzip"}).status_code == 415


def test_in_binary_mode_attributes_are_percent_decoded_headers(api):
    event = deal(id_=fresh("café – 한국"))
    attributes = {
        "ce-specversion": "1.0",
        "ce-type": "kopes.export_deal",
        "ce-source": "/tests",
        "ce-id": "".join(f"%{byte:02x}" for byte in event["id"].encode()),
        "ce-time": '"2026-03-04T09:00:00+01:00"',
    }
    answer = api.post(event["data"], kind="application/json; charset=utf-8", headers=attributes)
    assert answer.json == {"accepted": 1, "duplicate": 0, "rejected": []}
    assert api.post(event).json["duplicate"] == 1, "the same event by another mode"
    missing = {name: value for name, value in attributes.items() if name != "ce-type"}
    assert api.post(event["data"], kind="application/json", headers=missing).json["rejected"][0]["errors"] == [
        {"pointer": "/type", "code": "required", "detail": "This is required."}
    ]
    assert api.post(b"{", kind="application/json", headers=attributes).status_code == 400


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("ce-id", "caf\u00e9".encode().decode("latin-1"), 200),
        ("ce-id", "caf%C3%A9", 200),
        ("ce-id", "caf\xe9", 400),
        ("ce-id", "caf%E9", 400),
        ("ce-source", "%ED%A0%80", 400),
        ("ce-note", "\xff", 400),
        ("Content-Type", "application/json; x=\xff", 400),
    ],
)
def test_headers_of_binary_mode_are_utf_8_and_nothing_else(api, name, value, status):
    """A letter that is replaced would be another id: two events that differ in it alone would be one (contract, "HTTP")."""
    headers = {"ce-specversion": "1.0", "ce-type": "kopes.export_deal", "ce-source": "/tests/binary", "ce-id": fresh()}
    headers["ce-time"] = "2026-03-04T09:00:00Z"
    before = api.count()
    if name == "ce-id":
        value = f"{fresh()} {value}"
    headers[name] = value
    kind = headers.pop("Content-Type", "application/json")
    answer = api.post(deal()["data"], kind=kind, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json["accepted"] == 1
        assert "caf\u00e9" in api.working.events()[-1]["id"]
    else:
        assert (answer.json["code"], name.casefold() in answer.json["detail"]) == ("unreadable", True)
        assert api.count() == before


def test_nul_in_a_header_is_a_rejected_event_that_names_it(api):
    """It is UTF-8, and no text that an event may hold."""
    headers = {"ce-specversion": "1.0", "ce-type": "kopes.export_deal", "ce-source": "/a%00b", "ce-id": fresh("%00")}
    answer = api.post(deal()["data"], kind="application/json", headers=headers | {"ce-time": "2026-03-04T09:00:00Z"})
    assert [one["pointer"] for one in answer.json["rejected"][0]["errors"]] == ["/source", "/id"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", STRUCTURED, 400),
        (b"{", STRUCTURED, 400),
        (b"\xff", STRUCTURED, 400),
        (b"[]", STRUCTURED, 400),
        (b"5", STRUCTURED, 400),
        (b"{}", BATCH, 400),
        (b"[1,", BATCH, 400),
        (b"[NaN]", BATCH, 400),
        (b"{}", "application/json", 415),
        (b"<event/>", "application/xml", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_nothing_of_it_is_recorded(api, body, kind, status):
    before = api.count(), api.get("/api/v1/events/rejected").json
    answer = api.post(body, kind=kind)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert (api.count(), api.get("/api/v1/events/rejected").json) == before


def test_a_request_carries_ten_thousand_events_and_no_more(api):
    before = api.count()
    answer = api.post(b"[" + b",".join([b"1"] * 10_001) + b"]", kind=BATCH)
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    assert api.post([]).json == {"accepted": 0, "duplicate": 0, "rejected": []}
    assert api.count() == before


def test_keys_of_the_other_scope_and_wrong_ones_write_nothing(api):
    before = api.count()
    refused = api.post(deal(), key=api.read)
    assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
    for wrong in ("kopes_ingest_guess", "", "é"):
        answer = api.post(deal(), headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.working.app.test_client().post("/api/v1/events", data=b"{}").status_code == 401
    assert api.count() == before


def _sent_by(person, *events):
    answer = person.client.post("/api/v1/events", data=json.dumps(list(events)), content_type=BATCH)
    assert answer.status_code == 200, answer.text
    codes = {one["index"]: (one["errors"][0]["pointer"], one["errors"][0]["code"]) for one in answer.json["rejected"]}
    return answer.json["accepted"], codes


def test_an_employee_records_own_activities_and_reverses_only_those(api):
    """A signed-in person records only what their pages let them (contract, "HTTP")."""
    mine, shared, anothers = (
        by_hand(deal(), "E1"),
        by_hand(deal(credits=[{"employee": "E1", "share": "0.5"}, {"employee": "E6", "share": "0.5"}]), "E1"),
        by_hand(deal("E6"), "E1"),
    )
    assert _sent_by(api.working.alba, mine, shared, anothers) == (2, {2: ("/data/employee", "not_allowed")})
    api.post(anothers)
    assert _sent_by(
        api.working.alba,
        by_hand(verdict("reversed", mine, by="E1"), "E1"),
        by_hand(verdict("reversed", anothers, by="E1"), "E1"),
        by_hand(verdict("reversed", shared, by="E6"), "E1"),
        by_hand(verdict("reversed", shared), "E1"),
        by_hand(verdict("verified", anothers, by="E1"), "E1"),
        by_hand(verdict("confirmed", mine), "E1"),
        by_hand(verdict("reversed", deal(), by="E1"), "E1"),
    ) == (
        1,
        {
            1: ("/data/activity", "not_allowed"),
            2: ("/data/by", "not_allowed"),
            3: ("/data/by", "not_allowed"),
            4: ("/data/activity", "not_allowed"),
            5: ("/type", "not_allowed"),
            6: ("/data/activity", "not_allowed"),
        },
    )
    assert _sent_by(api.working.jiho, by_hand(verdict("reversed", shared, by="E6"), "E6")) == (
        0,
        {0: ("/data/activity", "not_allowed")},
    )


def test_a_head_verifies_in_the_own_line_and_never_the_own_entries(api):
    """Boram heads VIE; what she shares in goes to the head above, Gaston; Chae's are another region's."""
    albas, borams, chaes = deal(), deal("E2"), deal("E3")
    shared = deal(credits=[{"employee": "E1", "share": "0.5"}, {"employee": "E2", "share": "0.5"}])
    api.post([albas, borams, chaes, shared])
    assert _sent_by(
        api.working.boram,
        by_hand(verdict("verified", albas, by="E2"), "E2"),
        by_hand(verdict("verified", borams, by="E2"), "E2"),
        by_hand(verdict("verified", chaes, by="E2"), "E2"),
        by_hand(verdict("rejected", shared, by="E2"), "E2"),
        by_hand(verdict("verified", albas, by="E4"), "E2"),
    ) == (
        1,
        {
            1: ("/data/activity", "not_allowed"),
            2: ("/data/activity", "not_allowed"),
            3: ("/data/activity", "not_allowed"),
            4: ("/data/by", "not_allowed"),
        },
    )
    assert _sent_by(
        api.working.gaston,
        by_hand(verdict("verified", borams, by="E4"), "E4"),
        by_hand(verdict("rejected", shared, by="E4"), "E4"),
    ) == (2, {})


@pytest.mark.parametrize("source", ["/crm/vienna", "/pages/E6", "/pages/", "/pages/E1/", "/pages/e1", "pages/E1"])
def test_a_person_takes_no_other_source_s_name(api, source):
    """What is recorded first under a name holds for ever: whoever may take another's names keeps the true events out."""
    event = deal() | {"source": source}
    said = by_hand(deal(), "E1")
    assert _sent_by(api.working.alba, event, said) == (1, {0: ("/source", "not_allowed")})
    assert _sent_by(api.working.alba, verdict("reversed", said, by="E1") | {"source": source}) == (
        0,
        {0: ("/source", "not_allowed")},
    )
    assert api.post(event).json["accepted"] == 1, "its owner still records it"


def test_a_person_keeps_a_part_of_what_they_record(api):
    """Else it is somebody else's activity, and one could verify it oneself."""
    given_away = by_hand(deal(credits=[{"employee": "E6", "share": "1"}]), "E1")
    assert _sent_by(api.working.alba, given_away) == (0, {0: ("/data/credits", "not_allowed")})


@pytest.mark.parametrize(
    ("time", "accepted"),
    [
        ("1990-01-01T00:00:00Z", True),
        ("2026-07-01T11:59:00Z", True),
        ("2026-07-01T23:00:00+14:00", True),
        ("1989-12-31T23:59:59-12:00", False),
        ("0001-01-01T00:00:00Z", False),
        ("2026-07-01T12:00:01Z", False),
        ("2026-07-01T11:00:00-05:00", False),
        ("9998-01-01T00:00:00Z", False),
        ("9999-12-31T23:59:59-23:59", False),
    ],
)
def test_a_person_dates_events_between_1990_and_a_day_ahead(api, time, accepted):
    """A verdict of the year 9998 would hold against all that come after it. Programs' times are taken as they are."""
    albas = deal()
    api.post(albas)
    refused = {} if accepted else {0: ("/time", "out_of_range")}
    mine, judged = by_hand(deal(), "E1") | {"time": time}, by_hand(verdict("verified", albas, by="E2"), "E2")
    assert _sent_by(api.working.alba, mine) == (int(accepted), refused)
    assert _sent_by(api.working.boram, judged | {"time": time}) == (int(accepted), refused)
    assert api.post(deal() | {"time": time}).json["accepted"] == 1


def test_who_has_no_page_to_record_on_finds_no_resource_either(api):
    for name in ("ferran", "emil", "iris"):
        person = getattr(api.working, name)
        answer = person.client.post("/api/v1/events", data=json.dumps(deal()), content_type=STRUCTURED)
        assert answer.status_code == 404, name


def test_another_site_cannot_send_with_somebodys_cookie(api):
    before = api.count()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = api.working.alba.client.post(
            "/api/v1/events", data=json.dumps(deal()), content_type=STRUCTURED, headers=headers
        )
        assert answer.status_code == 400
        assert answer.json["code"] == "forged"
    assert api.count() == before


def test_a_batch_takes_as_many_queries_whatever_its_size(api, count_queries):
    """The authentication, the revision, and those of :func:`app.ledger.record`; one event is looked up and numbered by one question, without a savepoint."""
    sent = {}
    api.post([deal()])  # Whoever comes first reads what is kept.
    for size in (1, 20, 500):
        with count_queries() as queries:
            assert api.post([deal() for _ in range(size)]).json["accepted"] == size
        sent[size] = len(queries)
    assert sent[20] == sent[500] == sent[1] + 3
