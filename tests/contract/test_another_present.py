"""``KOPES_NOW``: server and commands take another instant for the present, and every page says so (contract-desk, 1)."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.scenario import Scenario
from tests.web.api import deal

AGENCY = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
"""
LATER = "2027-03-01T08:00:00Z"


@pytest.fixture
def where(database_url, kopes, tmp_path):
    """A loaded agency with a deal."""
    Scenario.read(AGENCY).write(tmp_path)
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(deal("E1", "T-1")) + "\n", encoding="utf-8")
    where = {"database": database_url, "definitions": tmp_path / "definitions"}
    kopes("load", tmp_path / "agency", **where)
    kopes("ingest", file, **where)
    return where


def test_server_and_commands_run_on_from_there(where, kopes, serve, tmp_path):
    """What is recorded has that instant, a cycle that has begun by then is there, and pages tell it to whoever is signed in or not."""
    password = kopes(
        "user", "create", "emil@agency.example", "--role", "auditor", **where, KOPES_NOW=LATER
    ).out.split()[-1]
    server = serve(where["database"], definitions=where["definitions"], KOPES_NOW=LATER)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        assert "This is a trial" in client.get("/login").text
        assert client.post("/login", data={"email": "emil@agency.example", "password": password}).status_code == 303
        for page in ("/trail", "/ledger", "/scorecards/unit:HQ"):
            text = client.get(page).text
            assert "This is a trial" in text, page
            assert 'datetime="2027-03-01T' in text, page
        assert client.get("/api/v1/scorecards/unit:HQ").json()["cycle"] == "2027"
    more = tmp_path / "more.ndjson"
    more.write_text(json.dumps(deal("E1", "T-2")) + "\n", encoding="utf-8")
    kopes("ingest", more, **where, KOPES_NOW=LATER)
    with httpx.Client(base_url=serve(where["database"], definitions=where["definitions"]).url, timeout=60) as client:
        assert "This is a trial" not in client.get("/login").text


@pytest.mark.parametrize("wrong", ["2027-03-01", "2027-03-01T08:00:00", "tomorrow", "2027-13-01T08:00:00Z"])
def test_what_is_no_instant_stops_everything(where, kopes, wrong):
    """Wrong usage, and the variable is named."""
    ran = kopes("digest", **where, KOPES_NOW=wrong, status=2)
    assert "KOPES_NOW" in ran.err


def test_behind_https_nothing_starts_with_it(where, kopes):
    """Whoever works there works in the present."""
    ran = kopes("serve", "--bind", "127.0.0.1:0", **where, KOPES_NOW=LATER, KOPES_SECURE_COOKIES="1", status=2)
    assert "KOPES_NOW" in ran.err
