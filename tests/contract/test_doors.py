"""The recording doors as a stranger tries them: a running server, and bytes on its socket."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.web.api import api, deal, fresh
from tests.web.working import loaded_folder

__all__ = ["api", "loaded_folder"]


@pytest.fixture(scope="module")
def server(api, module_serve):
    return module_serve(api.working.database.url, definitions=api.working.folder / "definitions")


def _asked(server, method, path, *, body=None, headers=()):
    """Send what no client of good manners would."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    connection.putrequest(method, path)
    for name, value in (*headers, ("Content-Length", str(len(body or b"")))):
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    "path", ["/hooks/{}", "/ledger/{}", "/static/{}", "/scorecards/{}", "/nowhere/{}", "/log?text={}"]
)
def test_no_text_in_an_address_breaks_or_writes_into_the_log(server, path):
    """Not there, or to the sign-in; the log stays as it was."""
    for text in ("a%00b", "%ED%A0%80", "%0D%0AERROR forged".replace(" ", "%20"), "x" * 5_000):
        for method in ("GET", "POST"):
            assert _asked(server, method, path.format(text)).status < 500, (method, text[:20])
    assert "forged" not in "".join(
        line for line in server.log.read_text(errors="replace").splitlines() if line.startswith("ERROR")
    )


def test_a_sign_in_with_nul_is_a_wrong_one(server):
    form = b"email=a%00@b.example&password=%00"
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    assert _asked(server, "POST", "/login", body=form, headers=headers).status in {422, 429}


def test_headers_of_binary_mode_are_bytes_of_utf_8(api, server):
    """Else another letter would stand in an event's name."""
    before = api.count()
    body = json.dumps(deal()["data"]).encode()
    for id_, status in ((f"{fresh()} café".encode(), 200), (b"caf\xe9", 400)):
        headers = [
            ("Authorization", f"Bearer {api.ingest}"),
            ("Content-Type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-type", "kopes.export_deal"),
            ("ce-source", "/tests/bytes"),
            ("ce-time", "2026-03-04T09:00:00Z"),
            ("ce-id", id_),
        ]
        assert _asked(server, "POST", "/api/v1/events", body=body, headers=headers).status == status
    assert api.count() == before + 1
