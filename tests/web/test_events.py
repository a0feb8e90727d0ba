"""``POST /api/v1/events``: who may record what, in which form, and what is answered (contract, "HTTP")."""

from __future__ import annotations

import json

import pytest

from tests.web.api import BATCH, STRUCTURED, api, deal, fresh, verdict

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
        deal(),
        deal(credits=[{"employee": "E1", "share": "0.5"}, {"employee": "E6", "share": "0.5"}]),
        deal("E6"),
    )
    assert _sent_by(api.working.alba, mine, shared, anothers) == (2, {2: ("/data/employee", "not_allowed")})
    api.post(anothers)
    assert _sent_by(
        api.working.alba,
        verdict("reversed", mine, by="E1"),
        verdict("reversed", anothers, by="E1"),
        verdict("reversed", shared, by="E6"),
        verdict("reversed", shared),
        verdict("verified", anothers, by="E1"),
        verdict("confirmed", mine),
        verdict("reversed", deal(), by="E1"),
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
    assert _sent_by(api.working.jiho, verdict("reversed", shared, by="E6")) == (
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
        verdict("verified", albas, by="E2"),
        verdict("verified", borams, by="E2"),
        verdict("verified", chaes, by="E2"),
        verdict("rejected", shared, by="E2"),
        verdict("verified", albas, by="E4"),
    ) == (
        1,
        {
            1: ("/data/activity", "not_allowed"),
            2: ("/data/activity", "not_allowed"),
            3: ("/data/activity", "not_allowed"),
            4: ("/data/by", "not_allowed"),
        },
    )
    assert _sent_by(api.working.gaston, verdict("verified", borams, by="E4"), verdict("rejected", shared, by="E4")) == (
        2,
        {},
    )


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
    """The authentication, the revision, and those of :func:`app.ledger.record`; one event is looked up and needs no savepoint."""
    sent = {}
    for size in (1, 20, 500):
        with count_queries() as queries:
            assert api.post([deal() for _ in range(size)]).json["accepted"] == size
        sent[size] = len(queries)
    assert sent[20] == sent[500] == sent[1] + 2
