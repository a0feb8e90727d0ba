"""``Idempotency-Key`` on a running server: whatever happens in between, a thing is done once and told alike (contract-desk, 6 and 8)."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from random import Random
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa

from tests.contract.desk import WHY, Desk, code
from tests.soaking import TIMES

RACERS = 12 if TIMES == 1 else 50
"""Fifty in a soak; on two processors a dozen are as much at once."""


def vienna(client, **columns):
    """Its row as it is loaded, with other columns."""
    rows = client.get("/api/v1/files/units.csv").json()["items"]
    return next(row for row in rows if row["code"] == "VIE") | columns


def propose(file="units.csv"):
    return {"kind": "master", "cycle": None, "content": {"file": file, "to": "feed"}, "reason": WHY}


class Racing:
    """Requests under a key, from many threads at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.made = 0

    def _send(self, client, method, path, key, **body):
        # On a connection of its own: one that has rested for a while the server may let go just then.
        headers = {"Idempotency-Key": key, "Connection": "close"}
        return client.request(method, path, headers=headers, **body)

    def race(self, who, method, path, *, status, **body):
        """All of them at once: one is the first, the others are told the same or to come again; then all are told the same."""
        self.made += 1
        key, client = f"race {self.made}", self.desk.person(who)
        together = threading.Barrier(RACERS)

        def run(_number):
            together.wait()
            return self._send(client, method, path, key, **body)

        with ThreadPoolExecutor(RACERS) as pool:
            answers = list(pool.map(run, range(RACERS)))
        kinds = Counter(map(self._kind, answers))
        assert kinds[status, False] == 1, (path, kinds)
        assert kinds.keys() <= {(status, False), (status, True), (409, "idempotency_in_progress")}, (path, kinds)
        (first,) = [answer for answer in answers if self._kind(answer) == (status, False)]
        for answer in [*answers, self._send(client, method, path, key, **body)]:
            if self._kind(answer) == (409, "idempotency_in_progress"):
                assert answer.headers["Retry-After"] == "1"
            else:
                assert told(answer) == told(first)
        other = self._send(client, method, f"{path}?other=1", key, **body)
        assert code(other) == (422, "idempotency_key_reused")
        return first

    @staticmethod
    def _kind(answer):
        if answer.status_code == 409 and answer.json().get("code") == "idempotency_in_progress":
            return 409, "idempotency_in_progress"
        return answer.status_code, answer.headers.get("Idempotent-Replayed") == "true"


def told(answer):
    return answer.status_code, answer.content, answer.headers["Content-Type"], answer.headers.get("Location")


def ids(client, path):
    return [one["id"] for one in client.get(path).json()["items"]]


def test_many_who_race_do_it_once(desk):
    """On each resource that is written to, whether it does something or refuses; nothing has a gap or a double afterwards."""
    race = Racing(desk).race
    dana = desk.person("dana")
    desk.person("eva", "--role", "head", "--employee", "E2")

    first = race("dana", "POST", "/api/v1/decisions", status=201, json=propose("rates.csv")).json()
    race("ferran", "POST", f"/api/v1/decisions/{first['id']}/approve", status=200, json={"digest": first["digest"]})
    race("ferran", "POST", f"/api/v1/decisions/{first['id']}/refuse", status=409, json={"reason": WHY})
    second, third = (desk.propose(dana, file=file, to="feed").json()["id"] for file in ("plan.csv", "history.csv"))
    race("ferran", "POST", f"/api/v1/decisions/{second}/refuse", status=200, json={"reason": WHY})
    race("dana", "POST", f"/api/v1/decisions/{third}/withdraw", status=200, json={})
    assert ids(dana, "/api/v1/decisions") == [3, 2, 1]

    given = {"from": "E2", "to": "E1", "functions": ["verify"], "from_day": "2020-01-01", "to_day": "2099-01-01"}
    path = race("eva", "POST", "/api/v1/delegations", status=201, json=given | {"reason": WHY}).headers["Location"]
    race("eva", "POST", f"{path}/end", status=200, json={})
    assert ids(dana, "/api/v1/delegations") == [1]

    desk.take_over("units.csv", "policies")
    begun = {"title": "Vienna moves", "reason": WHY}
    at = race("dana", "POST", "/api/v1/changes", status=201, json=begun).headers["Location"]
    race_csv(dana, f"{at}/files/units.csv?mode=rows")
    race("dana", "PUT", f"{at}/rows/units.csv", status=200, json={"set": [vienna(dana, country="DE")]})
    race("dana", "PUT", f"{at}/rows/rates.csv", status=409, json={"set": [{}]})
    race("dana", "PUT", f"{at}/policies.yaml", status=415, json={})
    race("dana", "DELETE", f"{at}/policies.yaml", status=200)
    race("dana", "POST", f"{at}/rebase", status=200, json={})
    race("dana", "POST", f"{at}/submit", status=201, json={})
    left = race("dana", "POST", "/api/v1/changes", status=201, json=begun).headers["Location"]
    race("dana", "DELETE", left, status=200)
    assert ids(dana, "/api/v1/changes") == [2, 1]


def race_csv(client, path):
    """A file is one request by its bytes: the same again is the same, and the same rows otherwise are another."""
    content = client.get("/api/v1/files/units.csv/rows.csv").text
    kind = {"Content-Type": "text/csv", "Idempotency-Key": "file"}
    first, again = (client.put(path, content=content, headers=kind) for _ in range(2))
    assert (first.status_code, told(again)) == (200, told(first))
    other = client.put(path, content=content.replace("\n", "\r\n"), headers=kind)
    assert code(other) == (422, "idempotency_key_reused")


def test_what_is_void_by_being_agreed_to_too_late_stays_void_and_is_told_so_again(desk):
    """The refusal is an answer like any other: under its key it is given again, without one the decision is not open any more."""
    desk.person("dora", "--role", "hr")
    desk.take_over("units.csv")
    dana, dora = desk.person("dana"), desk.person("dora")
    decisions = []
    for country in ("DE", "FR"):
        at = desk.begin()
        dana.put(f"{at}/rows/units.csv", json={"set": [vienna(dana, country=country)]}).raise_for_status()
        decisions.append(desk.submit(at))
    desk.approve(dora, decisions[0]).raise_for_status()
    late = f"/api/v1/decisions/{decisions[1]['id']}"
    sent = {"headers": {"Idempotency-Key": "late"}, "json": {"digest": decisions[1]["digest"]}}
    answers = [dora.post(f"{late}/approve", **sent) for _ in range(2)]
    assert [code(answer) for answer in answers] == [(409, "overtaken")] * 2
    assert told(answers[0]) == told(answers[1])
    assert dana.get(late).json()["state"] == "void"
    assert code(dora.post(f"{late}/approve", json=sent["json"])) == (409, "not_proposed")


def test_whoever_has_lost_the_role_is_not_told_again(desk):
    """What they did is not there for them any more; another account's answer never is; what they still may is."""
    admin = desk.person("iris", "--role", "admin")
    dana = desk.person("dana")
    kept = {"headers": {"Idempotency-Key": "k"}, "json": {"title": "Vienna moves", "reason": WHY}}
    assert dana.post("/api/v1/changes", **kept).status_code == 201
    proposed = {"headers": {"Idempotency-Key": "p"}, "json": propose()}
    assert dana.post("/api/v1/decisions", **proposed).status_code == 201
    refused = {"headers": {"Idempotency-Key": "r"}, "json": {"digest": "0" * 64}}
    assert code(dana.post("/api/v1/decisions/1/approve", **refused)) == (409, "same_person")

    content = {"account": "dana@agency.example", "roles": ["auditor"]}
    wish = admin.post(
        "/api/v1/decisions", json={"kind": "account", "cycle": None, "content": content, "reason": WHY}
    ).json()
    desk.approve(desk.person("ferran"), wish).raise_for_status()

    assert code(dana.post("/api/v1/changes", **kept)) == (404, "not_there")
    assert code(dana.post("/api/v1/decisions", **proposed)) == (404, "not_there")
    assert code(dana.post("/api/v1/decisions/1/approve", **refused)) == (409, "same_person")
    assert desk.person("dora", "--role", "hr").post("/api/v1/changes", **kept).json()["id"] == 2


def test_a_header_that_comes_twice_is_refused(desk):
    """Joined to one it would be another key."""
    dana = desk.person("dana")
    where = urlsplit(desk.server.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    connection.putrequest("POST", "/api/v1/changes")
    for name, value in (
        ("Origin", desk.server.url),
        ("Cookie", "; ".join(f"{cookie.name}={cookie.value}" for cookie in dana.cookies.jar)),
        ("Idempotency-Key", "a"),
        ("Idempotency-Key", "b"),
        ("Content-Type", "application/json"),
        ("Content-Length", "2"),
    ):
        connection.putheader(name, value)
    connection.endheaders(b"{}")
    answer = connection.getresponse()
    assert (answer.status, b'"idempotency_key"' in answer.read()) == (400, True)
    connection.close()
    assert ids(dana, "/api/v1/changes") == []


BEGUN = {"title": "Vienna moves", "reason": WHY}
BEGUN_TEXT = json.dumps(BEGUN)


def test_what_a_key_is_and_what_one_request_is(desk):
    """Bare and quoted are one key; what is malformed does nothing; another method, path, query, media type or body is another request.

    A body is what its JSON says; refusals are told again, but those that another try may get past; a key is its asker's own.
    """
    dana, dora = desk.person("dana"), desk.person("dora", "--role", "hr")
    path = "/api/v1/changes"

    def send(key, *, client=dana, method="POST", path=path, content=BEGUN_TEXT, kind="application/json"):
        headers = {"Idempotency-Key": key, "Content-Type": kind}
        return client.request(method, path, content=content, headers=headers)

    for wrong in ("", '""', "a\tb", "schl\u00fcssel".encode(), "k" * 256, '"k'):
        answer = send(wrong)
        assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (400, None), wrong
    first = send("k")
    assert first.status_code == 201
    again = send('"k"', content=json.dumps(dict(reversed(BEGUN.items())), indent=1))
    assert (told(again), again.headers["Idempotent-Replayed"]) == (told(first), "true")
    others = (
        {"content": json.dumps(BEGUN | {"title": "Paris moves"})},
        {"path": f"{path}?b=1"},
        {"kind": "application/vnd.kopes+json"},
        {"path": "/api/v1/delegations"},
        {"method": "PUT", "path": f"{first.headers['Location']}/rows/units.csv"},
    )
    assert {code(send("k", **other)) for other in others} == {(422, "idempotency_key_reused")}
    assert send("k" * 255).status_code == send("sorted", path=f"{path}?b=1&a=2").status_code == 201
    assert send("sorted", path=f"{path}?a=2&b=1").headers["Idempotent-Replayed"] == "true"
    assert (send("k", client=dora).status_code, ids(dana, path)) == (201, [4, 3, 2, 1])
    kept = [send("short", content=json.dumps(BEGUN | {"reason": "short"})) for _ in range(2)]
    assert [(one.status_code, one.headers.get("Idempotent-Replayed")) for one in kept] == [(422, None), (422, "true")]
    broken = [send("broken", content="{") for _ in range(2)]
    assert [(one.status_code, one.headers.get("Idempotent-Replayed")) for one in broken] == [(400, None)] * 2
    assert (send("broken").status_code, ids(dana, path)) == (201, [5, 4, 3, 2, 1])


@pytest.fixture
def restarted(desk, serve):
    """Starts the server again after it was killed; its people stay signed in."""

    def again():
        desk.server.process.kill()
        desk.server.process.wait()
        desk.server = serve(desk.where["database"], definitions=desk.where["definitions"])
        for client in desk.people.values():
            client.base_url = desk.server.url
            client.headers["Origin"] = desk.server.url

    return again


def test_a_process_that_is_killed_has_done_all_or_nothing(desk, restarted, engine, eventually):
    """While it waits for another writer nothing is done yet; at any other moment the same request settles it."""
    dana = desk.person("dana")
    random = Random(27)

    def begin(key):
        body = {"title": key, "reason": WHY}
        try:
            return dana.post("/api/v1/changes", headers={"Idempotency-Key": key}, json=body)
        except httpx.TransportError:
            return None

    def is_begun(key):
        return begin(key).status_code == 201

    other = sa.create_engine(desk.where["database"])
    with ThreadPoolExecutor(2) as pool:
        with other.connect() as connection:
            hold = "BEGIN IMMEDIATE" if engine == "sqlite" else "LOCK TABLE change_set IN EXCLUSIVE MODE"
            connection.exec_driver_sql(hold)
            told, waiting = wait([pool.submit(begin, "held") for _ in range(2)], return_when=FIRST_COMPLETED)
            assert code(told.pop().result()) == (409, "idempotency_in_progress")
            restarted()
            assert waiting.pop().result() is None
            connection.rollback()
        assert eventually(partial(is_begun, "held"))
        for number in range(3):
            running = pool.submit(begin, f"killed {number}")
            for _ in range(random.randrange(6)):
                dana.get("/healthz")
            restarted()
            running.result()
            assert eventually(partial(is_begun, f"killed {number}"))
    other.dispose()
    titles = [one["title"] for one in dana.get("/api/v1/changes").json()["items"]]
    assert titles == ["killed 2", "killed 1", "killed 0", "held"]
