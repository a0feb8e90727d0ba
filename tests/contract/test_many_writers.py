"""Everybody writes at once, by every door, while the folder is loaded and a change set applied: what comes of it is what would have come of one after the other."""

from __future__ import annotations

import json
import queue
import random
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from app import scoring
from app.kit.database import Database
from tests.people import PASSWORD
from tests.scenario import event_of, ingest, load
from tests.web.api import BATCH, api
from tests.web.working import loaded_folder

__all__ = ["api", "loaded_folder"]

EMPLOYEES = ("E1", "E2", "E3", "E6")
DOORS = 4
PEOPLE = ("alba", "jiho", "chae")
ENTRIES = 3
WHY = "Agreed in the meeting of Monday."
TRIES = 20


def _events():
    """Deals, contacts of two buyers that everybody knows, and verdicts on both, each before or after what it is about."""
    chance = random.Random(11)
    events = []
    for number in range(40):
        who, kind = chance.choice(EMPLOYEES), chance.choice(["deal", "new_buyer", "consult"])
        money = "125.55 EUR" if kind == "deal" else ""
        day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        events.append(event_of(f"{day} {kind} A-{number} {who} {money} of {chance.choice(['Meyer', 'Lang'])}/AT"))
        verdict = chance.choice(["verified", "rejected", "reversed"])
        events.append(event_of(f"{day} {verdict} A-{number} by E9 as V-{number}"))
    return events


def _sent(send):
    """An answer that is one: who is told to come again does so. Nothing else may go wrong."""
    for _ in range(TRIES):
        answer = send()
        if answer.status_code != 503:
            assert answer.status_code in {200, 303}, (
                answer.status_code,
                re.sub("<[^>]*>|\\s+", " ", answer.text)[-900:],
            )
            return answer
        assert "Retry-After" in answer.headers
    raise AssertionError("told to come again at every try")


def _post_events(server, key, events, seed):
    """Most of the events in an order of one's own, in small batches; returns how many were new.

    Activities first, but for some: verdicts that wait shut everybody else out, and then nobody would meet.
    """
    chance = random.Random(seed)
    mine = chance.sample(events, len(events) * 3 // 4) if seed else chance.sample(events, len(events))
    mine.sort(key=lambda one: one["id"].startswith("V") or chance.random() < 0.2)
    headers, accepted = {"Authorization": f"Bearer {key}", "Content-Type": BATCH}, 0
    with httpx.Client(base_url=server.url, timeout=60, headers=headers) as client:
        for at in range(0, len(mine), 12):
            body = json.dumps(mine[at : at + 12])
            told = _sent(lambda body=body: client.post("/api/v1/events", content=body)).json()
            assert told["rejected"] == []
            accepted += told["accepted"]
    return accepted


def _field(page, name):
    found = re.search(f'name="{name}" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


@contextmanager
def _signed_in(server, name):
    with httpx.Client(base_url=server.url, timeout=60, headers={"Origin": server.url}) as client:
        _sent(lambda: client.post("/login", data={"email": f"{name}@agency.example", "password": PASSWORD}))
        yield client


def _log(server, name, logged):
    """Deals by the form, sent until it is answered; whether each was recorded shows in where one is led."""
    with _signed_in(server, name) as client:
        for number in range(ENTRIES):
            page = _sent(lambda: client.get("/log"))
            form = {"type": "export_deal", "company": "Alpen", "buyer": f"{name} {number}", "buyer_country": "AT"}
            form |= {"amount": "125.55", "currency": "EUR", "day": "2026-06-29", "sure": "1"}
            form |= {each: _field(page, each) for each in ("csrf_token", "form_id")}
            answer = _sent(lambda form=form: client.post("/log", data=form))
            logged.put(answer.headers["Location"].rpartition("/")[2])


def _judge(server, name, logged):
    """Every deal that is logged verified by its head, as it comes."""
    with _signed_in(server, name) as client:
        for _ in range(len(PEOPLE) * ENTRIES):
            key = logged.get(timeout=60)
            page = _sent(lambda: client.get("/log"))
            form = {"activity": key, "verdict": "verified"}
            form |= {each: _field(page, each) for each in ("csrf_token", "form_id")}
            _sent(lambda form=form: client.post("/verification", data=form))


def _decided(client, path):
    """What stands at an address, its effects opened."""
    client.get(f"{path}/effects").raise_for_status()
    return client.get(path).json()


def _approve(client, path):
    """Agree to a decision, sent until it is answered."""
    digest = _decided(client, path)["digest"]
    return _sent(lambda: client.post(f"{path}/approve", json={"digest": digest}))


def _set_of_one_posting(dana, ferran, number, unit):
    """The address of the decision about a set that posts somebody elsewhere; the file is moved into the application first."""
    said = {"kind": "master", "cycle": None, "content": {"file": "postings.csv", "to": "application"}, "reason": WHY}
    _approve(ferran, dana.post("/api/v1/decisions", json=said).headers["Location"])
    rows = dana.get("/api/v1/files/postings.csv").json()["items"]
    row = next(one for one in rows if one["employee"] == number)
    address = dana.post("/api/v1/changes", json={"title": "Elsewhere", "reason": WHY}).headers["Location"]
    dana.put(f"{address}/rows/postings.csv", json={"set": [row | {"unit": unit}]}).raise_for_status()
    return dana.post(f"{address}/submit", json={}).headers["Location"]


def _read(database, question):
    with database.read() as connection:
        return question(connection)


def _replace(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("api", ["postgresql"], indirect=True)
def test_eight_writers_a_load_and_a_set_end_where_one_after_the_other_would(
    api, serve, kopes, new_database, loaded_folder, tmp_path
):
    """No 500, nothing lost or doubled, no deadlock that only a second try made good, totals that agree and the digest of a database of one's own."""
    url, definitions = api.working.database.url, loaded_folder / "definitions"
    shutil.copytree(loaded_folder / "agency", tmp_path / "agency")
    _replace(tmp_path / "agency" / "rates.csv", "EUR,1.10", "EUR,1.20")
    events = _events()
    logged: queue.Queue[str] = queue.Queue()
    server = serve(url, definitions=definitions, workers=2)
    with (
        _signed_in(server, "dana") as dana,
        _signed_in(server, "ferran") as ferran,
        _signed_in(server, "wanda") as wanda,
        ThreadPoolExecutor(DOORS + len(PEOPLE) + 3) as pool,
    ):
        decision = _set_of_one_posting(dana, ferran, "E6", "PAR")
        posting = [pool.submit(_post_events, server, api.ingest, events, seed) for seed in range(DOORS)]
        others = [pool.submit(_log, server, name, logged) for name in PEOPLE]
        others.append(pool.submit(_judge, server, "hana", logged))
        others.append(pool.submit(_approve, wanda, decision))
        others.append(pool.submit(kopes, "load", tmp_path / "agency", database=url, definitions=definitions))
        accepted = sum(one.result() for one in posting)
        for one in others:
            one.result()
        assert _decided(dana, decision)["state"] == "approved"
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()

    kept = api.working.events()
    assert accepted == len(events)
    assert len(kept) == len({(one["source"], one["id"]) for one in kept}) == len(events) + 2 * len(PEOPLE) * ENTRIES
    assert _read(api.working.database, lambda connection: list(scoring.reconcile(connection))) == []
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as looking:
        query = b"SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert looking.execute(query).fetchone() == (0,)

    alone = Database(new_database("sqlite"))
    shutil.copytree(definitions, tmp_path / "definitions")
    _replace(tmp_path / "agency" / "postings.csv", "E6,VIE,", "E6,PAR,")
    load(alone, tmp_path)
    random.Random(12).shuffle(kept)
    for at in range(0, len(kept), 40):
        assert ingest(alone, kept[at : at + 40]).rejected == []
    assert _read(alone, scoring.digest) == _read(api.working.database, scoring.digest)
    alone.close()
