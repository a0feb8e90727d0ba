"""The HTTP resources as an outsider uses them: a running server, and a client that has read nothing but ``/openapi.json``."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.web.api import BATCH, STRUCTURED, api, deal
from tests.web.working import loaded_folder

__all__ = ["api", "loaded_folder"]


@pytest.fixture(scope="module")
def server(api, module_serve):
    return module_serve(api.working.database.url, definitions=api.working.folder / "definitions")


def _client(server, key):
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


@pytest.mark.parametrize(
    ("scope", "resources"),
    [
        ("read", ["--exclude-method", "POST", "--exclude-path", "/api/v1/live"]),
        ("ingest", ["--include-path-regex", "events|hooks"]),
    ],
)
def test_the_api_does_what_its_description_says(api, server, tmp_path, scope, resources):
    """Schemathesis, with all its checks, by a key of each scope. The stream is left out: it has no end that could be read."""
    api.post([deal("E99"), deal()])
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{server.url}/openapi.json"),
            *("--checks", "all", "--max-examples", "8", "--max-time", "8", "--no-color"),
            *("--header", f"Authorization: Bearer {getattr(api, scope)}", *resources),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, "\n".join(line[:400] for line in done.stdout.splitlines())


def test_a_batch_of_ten_thousand_is_taken_and_answered_after_the_commit(api, server):
    before = api.count()
    with _client(server, api.ingest) as client:
        # The same two thousand events again and again: the rest are duplicates.
        events = [deal() for _ in range(2_000)]
        answer = client.post("/api/v1/events", content=json.dumps(events * 5), headers={"Content-Type": BATCH})
    assert answer.json() == {"accepted": 2_000, "duplicate": 8_000, "rejected": []}
    assert api.count() == before + 2_000


def test_a_body_of_unknown_length_is_read_to_its_end(api, server):
    """A long body that comes in pieces, without Content-Length."""
    text = json.dumps([deal() for _ in range(4_000)]).encode()
    assert len(text) > 1024 * 1024

    def pieces():
        for at in range(0, len(text), 50_000):
            yield text[at : at + 50_000]

    with _client(server, api.ingest) as client:
        answer = client.post("/api/v1/events", content=pieces(), headers={"Content-Type": BATCH})
        assert answer.json()["accepted"] == 4_000


def test_a_body_that_is_too_long_is_refused(api, server):
    with _client(server, api.ingest) as client:
        answer = client.post("/api/v1/events", content=b" " * (65 * 1024 * 1024), headers={"Content-Type": STRUCTURED})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")


def test_many_senders_of_the_same_events_record_each_once(api, server):
    """Eight at a time send overlapping batches: whoever meets another is tried again, nothing is lost or doubled."""
    events = [deal() for _ in range(200)]

    def send(start):
        with _client(server, api.ingest) as client:
            content = json.dumps(events[start : start + 50])
            answer = client.post("/api/v1/events", content=content, headers={"Content-Type": BATCH})
        assert answer.status_code == 200, answer.text
        return answer.json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, [start for start in range(0, 160, 10) for _ in range(2)]))
    assert sum(answer["accepted"] for answer in answers) == 200
    assert all(answer["accepted"] + answer["duplicate"] == 50 for answer in answers)
    assert all(answer["rejected"] == [] for answer in answers)


def test_pages_and_problems_come_through_the_same_address(api, server):
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/login").headers["Content-Type"].startswith("text/html")
        assert client.get("/api/docs").status_code == 200
        assert client.get("/static/gen/kopes.js").content
        assert client.head("/healthz").status_code == 200
        wrong = client.delete("/api/v1/events")
        assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
        for odd in ("/api/v1/scorecards/unit%3AVIE?cycle=%FF", "/api/v1/%00", "/api/v1/scorecards/%FF%FE"):
            assert client.get(odd, headers={"Authorization": f"Bearer {api.read}"}).status_code in {404, 422}


def test_several_workers_share_one_address_and_their_counts(api, kopes, eventually):
    """On PostgreSQL, that is; on SQLite it is wrong usage, since it has one writer at a time."""
    place = {"database": api.working.database.url, "definitions": api.working.folder / "definitions"}
    if api.working.database.dialect == "sqlite":
        assert "PostgreSQL" in kopes("serve", "--workers", "2", status=2, **place).err
        return
    from tests.conftest import ROOT, _environment

    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--bind", f"127.0.0.1:{port}", "--workers", "2"],
        cwd=ROOT,
        env=_environment(place["database"], place["definitions"], {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == f"OpenKOPES serves on http://127.0.0.1:{port}"
        url = f"http://127.0.0.1:{port}"
        # Connections of their own, so that both processes get some.
        answers = [httpx.get(f"{url}/healthz", timeout=60).status_code for _ in range(20)]
        assert answers == [200] * 20
        counted = 'kopes_request_seconds_count{method="GET",route="/healthz",status="200"} 20.0'
        assert eventually(lambda: counted in httpx.get(f"{url}/metrics", timeout=60).text)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
