"""A head sets a target, on a running server: page, API, stream and commands show it, loads leave it, and the digest does not know it (contract)."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.contract.streaming import Stream
from tests.scenario import Scenario
from tests.web.api import deal, verdict

AGENCY = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE head
employee E6 VIE staff
"""


@pytest.fixture
def url(database_url, kopes, tmp_path):
    """A database that knows what ``kopes load`` and ``kopes ingest`` brought in: three deals of E1, verified by the head."""
    Scenario.read(AGENCY).write(tmp_path)
    deals = [deal("E1", f"T-{number}") for number in range(3)]
    verdicts = [verdict("verified", one, by="E2") for one in deals]
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in (*deals, *verdicts)), encoding="utf-8")
    where = {"database": database_url, "definitions": tmp_path / "definitions"}
    kopes("load", tmp_path / "agency", **where)
    kopes("ingest", file, **where)
    return database_url


def _signed_in(server, kopes, where, email, *more):
    password = kopes("user", "create", email, *more, **where).out.split()[-1]
    client = httpx.Client(base_url=server.url, timeout=60)
    assert client.post("/login", data={"email": email, "password": password}).status_code == 303
    return client


def test_a_target_set_by_a_head_moves_score_page_api_and_stream(url, kopes, serve, tmp_path):
    where = {"database": url, "definitions": tmp_path / "definitions"}
    key = kopes("key", "create", "board", "--scope", "read", **where).out.split()[-1]
    server = serve(url, definitions=tmp_path / "definitions")
    boram = _signed_in(server, kopes, where, "boram@agency.example", "--role", "head", "--employee", "E2")
    digest = kopes("digest", **where).out

    def line():
        answer = httpx.get(
            f"{server.url}/api/v1/scorecards/employee:E1?cycle=2026", headers={"Authorization": f"Bearer {key}"}
        )
        return next(one for one in answer.json()["lines"] if one["kpi"] == "deals")

    # 20 + 80 × 3/10 under the folder's target
    assert (line()["actual"], line()["target"], line()["score"]) == ("3", "10", pytest.approx(44))
    page = boram.get("/targets?unit=VIE&cycle=2026").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    name = "target-deals-employee:E1"
    assert re.search(rf'name="{name}"[^>]* value="10"', page)
    sent = {"csrf_token": token[1], "cycle": "2026", "cell": "deals employee:E1"}
    sent |= {"seen-deals-employee:E1": "10", "note": "A harder year"}
    with (
        Stream(server.url, "employee:E1", key=key) as stream,
        Stream(server.url, "employee:E6", key=key) as colleague,
    ):
        refused = boram.post("/targets?unit=VIE&cycle=2026", data={**sent, name: "a few"})
        assert (refused.status_code, 'value="a few"' in refused.text) == (422, True)
        assert boram.post("/targets?unit=VIE&cycle=2026", data={**sent, name: "4"}).status_code == 303
        told = stream.next()
        assert (told.event, told.node, told.cycle) == ("scorecard", "employee:E1", "2026")
        assert colleague.pending() == []

    # 20 + 80 × 3/4
    assert (line()["target"], line()["score"]) == ("4", pytest.approx(80))
    (card,) = json.loads(kopes("score", "--cycle", "2026", "--node", "employee:E1", **where).out)
    by_command = next(one for one in card["lines"] if one["kpi"] == "deals")
    assert by_command == line()
    assert "80.00" in boram.get("/scorecards/employee:E1?cycle=2026").text
    assert "set in the application on" in kopes("explain", "employee:E1", "deals", "--cycle", "2026", **where).out

    loaded = kopes("load", tmp_path / "agency", **where)
    assert (
        "employee:E1 deals 2026: the target 4 was set in the application and stays; the folder gives 10" in loaded.err
    )
    assert "(nothing changed)" in loaded.out
    assert line()["score"] == pytest.approx(80)
    assert kopes("digest", **where).out == digest
    kopes("reconcile", **where)
    boram.close()
