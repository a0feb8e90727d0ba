"""``Idempotency-Key`` at the router: what counts as one key and one request, and what of an answer is kept (contract-desk, 6)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import sqlalchemy as sa

from app import access
from app.access import tables
from app.kit.refusals import Busy, Conflict, Invalid, NotAllowed, NotThere, Refusal, TooLarge, TooMany
from app.rules.permissions import Deed, Scope
from app.web import create_app, site_of
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api.bodies import UnknownMedia, Unreadable
from app.web.asked.request_context import RequestContext
from tests.people import NOW

PATH = "/api/v1/once"


class Standing(Conflict):
    """What was written before it stays."""

    code = "standing"
    stays = True


REFUSALS: dict[str, type[Refusal]] = {
    "400": Unreadable,
    "403": NotAllowed,
    "404": NotThere,
    "409": Conflict,
    "413": TooLarge,
    "415": UnknownMedia,
    "422": Invalid,
    "429": TooMany,
    "503": Busy,
    "standing": Standing,
}


class Sample:
    """A resource that counts how often it is done, writes a row each time, and may wait in the middle."""

    def __init__(self):
        self.done = Counter()
        self.entered, self.go_on = Event(), Event()
        self.go_on.set()
        self.pages = Pages("once")
        self.pages.api_act(PATH, may=Deed.INGEST, methods=("POST", "PUT", "DELETE"))(self.do)
        self.pages.api_act(f"{PATH}/<word>", may=Deed.INGEST)(self.do_word)

    def do(self, context: RequestContext) -> Json:
        """Count, and say how often."""
        return self.do_word(context, "done")

    def do_word(self, context: RequestContext, word: str) -> Json:
        """The same, of a word: one that names a refusal is refused so."""
        self.done[word] += 1
        context.note(subject=f"{word}:{self.done[word]}")
        if word in REFUSALS:
            raise REFUSALS[word]
        if word == "500":
            raise ZeroDivisionError
        self.entered.set()
        assert self.go_on.wait(20)
        return Json({"count": self.done[word]}, status=201, headers={"Location": f"{PATH}/{self.done[word]}"})


@pytest.fixture
def sample():
    return Sample()


@pytest.fixture
def site(make_app, sample):
    return make_app(more=[sample.pages])


@pytest.fixture
def keys(site):
    with site_of(site).database.write(Deed.KEEP_KEYS) as connection:
        return [access.create_key(connection, name=name, scope=Scope.INGEST, now=NOW) for name in ("one", "two")]


@pytest.fixture
def send(site, keys):
    def sent(path=PATH, *, key='"k"', by=0, method="POST", on=site, **more):
        headers = {"Authorization": f"Bearer {keys[by]}"} | ({} if key is None else {"Idempotency-Key": key})
        return on.test_client().open(path, method=method, headers=headers, **more)

    return sent


def kept(answer):
    return answer.status_code, answer.data, answer.content_type, answer.headers.get("Location")


def is_replayed(answer):
    return answer.headers.get("Idempotent-Replayed") == "true"


def test_the_first_answer_is_given_again_and_nothing_is_done_twice(send, sample, site):
    """Status, body, Content-Type and Location; without a key, each is done."""
    first = send(json={"a": 1})
    again = send(json={"a": 1})
    assert (first.status_code, first.headers["Location"]) == (201, f"{PATH}/1")
    assert kept(again) == kept(first)
    assert (is_replayed(first), is_replayed(again), sample.done["done"]) == (False, True, 1)
    assert [send(key=None, json={"a": 1}).json["count"] for _ in range(2)] == [2, 3]
    with site_of(site).database.read() as connection:
        assert [row.subject for row in access.trail_rows(connection, limit=9)] == ["done:3", "done:2", "done:1"]


SAME = [
    {"json": {"a": 1, "b": [1.0, "é"]}},
    {"data": b' {"b": [1, "\\u00e9"],\n "a": 1e0} ', "content_type": "application/json; charset=utf-8"},
    {"data": b'{"a":1,"b":[1,"\\u00E9"]}', "content_type": "Application/JSON"},
]
OTHER = [
    {"json": {"a": 2, "b": [1, "é"]}},
    {"json": {"a": 1, "b": [1, "é"]}, "method": "PUT"},
    {"json": {"a": 1, "b": [1, "é"]}, "path": f"{PATH}/else"},
    {"json": {"a": 1, "b": [1, "é"]}, "path": f"{PATH}?x=2&y=1"},
    {"data": b'{"a":1,"b":[1,"\\u00E9"]}', "content_type": "text/csv"},
    {"method": "DELETE"},
]


def test_one_request_is_method_path_query_media_type_and_body(send, sample):
    """JSON however it is written; anything else by the byte; parameters in any order."""
    at = f"{PATH}?x=1&y=2"
    for more in SAME:
        assert send(at, **more).status_code == 201
    assert is_replayed(send(f"{PATH}?y=2&x=1", **SAME[0]))
    for more in OTHER:
        answer = send(**({"path": at} | more))
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused"), more
    assert sample.done == {"done": 1}
    for body, count in ((b"a,b\n", 2), (b"a,b\r\n", None), (b"a,b\n", 2)):
        answer = send(key="csv", data=body, content_type="text/csv")
        assert (answer.json.get("count"), answer.status_code) == (count, 201 if count else 422)


SAME_KEYS = [("k", '"k"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("a, b", '"a, b"'), ("x" * 255, f'"{"x" * 255}"')]
NO_KEYS = ["", '""', '"k', '"a"b"', '"\\k"', '"k";a=1', "a\tb", '"a\tb"', "é", "키", "x" * 256, f'"{"x" * 256}"']


def test_a_key_is_1_to_255_printable_letters_bare_or_quoted(send, sample):
    """Both are one key; what is none is refused before anything is done."""
    for bare, quoted in SAME_KEYS:
        assert not is_replayed(send(key=bare)), bare
        assert is_replayed(send(key=quoted)), quoted
    for wrong in NO_KEYS:
        wire = wrong.encode().decode("latin-1")
        answer = send(key=None, environ_overrides={"HTTP_IDEMPOTENCY_KEY": wire})
        assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key"), wrong
    assert sample.done["done"] == len(SAME_KEYS)


KEPT = {"404": 404, "409": 409, "415": 415, "422": 422, "standing": 409}
NOT_KEPT = {"400": 400, "403": 403, "413": 413, "429": 429, "503": 503, "500": 500}


def test_refusals_are_kept_but_those_that_another_try_may_get_past(send, sample, site):
    """What was written goes with a refusal, but where it says that it stays; its answer stays, or not, by its status."""
    for words, times in ((KEPT, 1), (NOT_KEPT, 2)):
        for word, status in words.items():
            first, second = (send(f"{PATH}/{word}", key=word) for _ in range(2))
            assert kept(first)[0] == status
            assert first.content_type == "application/problem+json"
            if times == 1:
                assert kept(second) == kept(first)
            assert (is_replayed(second), sample.done[word]) == (times == 1, times), word
    with site_of(site).database.read() as connection:
        assert [row.subject for row in access.trail_rows(connection, limit=9)] == ["standing:1"]
        rows = connection.execute(sa.select(tables.kept_answer.c.key)).scalars()
        assert sorted(rows) == sorted(KEPT)


def test_a_key_is_its_askers_own(send, sample, keys):
    """Another program, or the successor of a revoked one under its name, begins anew; whoever is not let in hears that."""
    assert [send(by=by).json["count"] for by in (0, 1, 0, 1)] == [1, 2, 1, 2]
    keys.append("kopes_ingest_nobody")
    assert send(by=2).status_code == 401


def test_a_successor_of_the_same_name_has_keys_of_its_own(send, keys, site):
    """A revoked key's name is free; what was answered to the one that had it is not its successor's."""
    first = send()
    later = NOW + dt.timedelta(minutes=1)
    with site_of(site).database.write(Deed.KEEP_KEYS) as connection:
        access.revoke_key(connection, name="one", now=later)
        keys.append(access.create_key(connection, name="one", scope=Scope.INGEST, now=later))
    assert send().status_code == 401
    assert kept(send(by=2)) != kept(first)


def test_answers_are_kept_for_ninety_days(make_app, sample, send, site):
    """To the day; then the key begins anew, whether it was cleared away yet or not."""
    at = [NOW]
    later = make_app(clock=lambda: at[0], more=[sample.pages])
    assert send().json["count"] == 1
    at[0] = NOW + dt.timedelta(days=90)
    assert is_replayed(send(on=later))
    at[0] += dt.timedelta(seconds=1)
    assert send(on=later).json["count"] == 2
    assert is_replayed(send(on=later))


def test_while_the_first_is_under_way_the_second_is_told_to_come_again(make_app, send, sample, site, engine):
    """In the same process at once, also with another request; in another one by the database. Other keys go their way."""
    sample.go_on.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send)
        assert sample.entered.wait(20)
        seconds = [send(), send(json={"other": 1})]
        if engine == "postgresql":
            seconds.append(send(on=make_app(more=[sample.pages])))
            other = pool.submit(send, key="other")
        sample.go_on.set()
        assert first.result().status_code == 201
        if engine == "postgresql":
            assert other.result().status_code == 201
    for answer in seconds:
        assert (answer.status_code, answer.json["code"]) == (409, "idempotency_in_progress")
        assert answer.headers["Retry-After"] == "1"
    assert is_replayed(send())


def test_what_is_done_once_is_done_in_one_transaction_or_nothing_starts(site, send):
    """A route of the API that opens its own, or is open to everyone and does not say whose its answer is, stops the start."""
    for how, message in (
        ({"may": Deed.INGEST, "transaction": False}, "router's transaction"),
        ({"may": Deed.DECIDE}, "says by `still`"),
    ):
        pages = Pages("half")
        pages.api_act("/api/v1/half", **how)(Sample.do)
        with pytest.raises(ValueError, match=message):
            create_app(site_of(site).settings, database=site_of(site).database, more=[pages])


def test_a_second_transaction_within_the_first_is_no_deed(make_app, sample, send):
    """What is done in two may be done by half: it breaks at once, and leaves nothing."""
    pages = Pages("twice")

    def twice(context: RequestContext) -> Json:
        context.note(subject="first")
        with context.write():
            return Json({})

    pages.api_act(f"{PATH}/twice", may=Deed.INGEST)(twice)
    app = make_app(more=[pages])
    assert send(f"{PATH}/twice", on=app).status_code == 500
    with site_of(app).database.read() as connection:
        assert access.trail_rows(connection, limit=9) == []
