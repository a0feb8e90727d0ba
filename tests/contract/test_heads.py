"""Whatever the head of a request says, over a socket: an answer below 500, and nothing broken in the log."""

from __future__ import annotations

import random
import secrets
import socket
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest

from tests.web.api import api
from tests.web.working import loaded_folder

__all__ = ["api", "loaded_folder"]

HEADERS = (
    "Host",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "Forwarded",
    "Origin",
    "Referer",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Cookie",
    "Authorization",
    "Content-Type",
    "Range",
    "If-Range",
    "If-None-Match",
    "If-Match",
    "If-Modified-Since",
    "Last-Event-ID",
    "Sec-Fetch-Site",
    "User-Agent",
    "Expect",
    "Upgrade",
)
PARTS = (
    *(b"a..b", b".", b"..", b"a" * 64, b"a." * 130, b"[::1", b"::1]", b"[", b"]", b"[v1.x]", b"[::1]:80:80", b"x:y"),
    *(b":", b":80", b"x:99999999", b"x:-1", b"xn--a", b"xn--", b"xn--\xff", b"http://", b"http://[", b"//x", b"/\\x"),
    *(b"\xff", b"\xed\xa0\x80", "한국".encode(), "İ".encode(), b"\t", b"\x0b", b"\x7f", b"\x1b[2J", b"%00", b"%zz"),
    *(b"bytes=0-", b"bytes=-1", b"bytes=9-1", b"bytes=" + b"0-0," * 300, b"bytes=" + b"9" * 5000, b"items=0-1"),
    *(b'W/"', b'"', b'W/"a","b', b"*", b"a;q=9e999", b"a;q=nan", b"ko;q=-1", b"en-" + b"x-" * 300, b"*;q=0", b";;=;"),
    *(b"Bearer", b"Bearer ", b"Basic", b"Basic =", b"Basic /w==", b"Basic dTo=", b"Digest username", b"Negotiate \xff"),
    *(
        b"kopes_session=",
        b"kopes_session=a.b.c",
        b"kopes_session=.eJw.a.b",
        b'kopes_session="\\',
        b"=",
        b"; ;",
        b"a=b;" * 200,
    ),
    *(
        b"text/plain; charset=\xff",
        b"text/html; charset=rot13",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
    ),
    *(
        b"multipart/form-data; boundary=" + b"x" * 300,
        b"multipart/form-data; boundary=\xff",
        b"application/json; charset=utf-7",
    ),
    *(
        b"application/x-www-form-urlencoded; charset=idna",
        b"a/b; c*=utf-8''%ff",
        b"a/b; c*0=x; c*2=y",
        b"/",
        b"a/",
        b"/b",
    ),
    *(
        b"for=;by=",
        b'for="[::1',
        b"for=_x;host=a..b",
        b"https",
        b"javascript",
        b"1.2.3.4, ",
        b"1.2.3.4:x",
        b",,,",
        b"unknown",
    ),
    *(
        b"Sat, 99 Zzz 99999 99:99:99 GMT",
        b"Fri, 31 Dec 9999 23:59:59 -2359",
        b"Mon, 01 Jan 0001 00:00:00 +2359",
        b"0",
        b"-1",
    ),
    *(b"9" * 400, b"1e999", b"null", b"cross-site", b"same-origin", b"100-continue", b"h2c", b"x" * 7_000, b"", b" "),
)
ADDRESSES = (
    "/login",
    "/",
    "/scorecards/unit:VIE?cycle=2026",
    "/api/v1/scorecards?cycle=2026",
    "/static/app.css",
    "/api/v1/events",
    "/api/v1/live?node=unit:VIE",
    "/healthz",
    "/nowhere",
    "/log/send",
)
SENT = 2_000


@pytest.fixture(scope="module")
def server(api, module_serve):
    """Alone on one engine, behind a proxy on the other."""
    url = api.working.database.url
    proxies = "1" if url.startswith("postgresql") else "0"
    return module_serve(
        url,
        definitions=api.working.folder / "definitions",
        KOPES_PROXIES=proxies,
        SECRET_KEY=secrets.token_urlsafe(32),
    )


def _answer(server, request):
    """The status of the answer to bytes that were sent; 0 where the connection is closed without one."""
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(request)
        line = connection.makefile("rb").readline()
    return int(line.split()[1]) if line else 0


def _loud(server):
    log = server.log.read_text(errors="replace")
    return [line for line in log.splitlines() if " ERROR " in line or "Traceback" in line]


def test_odd_heads_are_answered_below_500(server):
    """Each header in turn, from what is odd of all of them: as it is, two of them together, or cut and joined."""
    chance = random.Random(20261129)
    wrong = []
    for number in range(SENT):
        name, address = HEADERS[number % len(HEADERS)], chance.choice(ADDRESSES)
        value = PARTS[(number // len(HEADERS)) % len(PARTS)]
        if chance.random() < 0.5:
            value += chance.choice((b"", b" ", b",", b";", b"=")) + chance.choice(PARTS)[: chance.randrange(1, 400)]
        method, body = chance.choice((("GET", b""), ("POST", b"a=b"), ("PUT", b"{}"), ("HEAD", b"")))
        host = b"" if name == "Host" else b"Host: x\r\n"
        request = (
            f"{method} {address} HTTP/1.1\r\n".encode()
            + host
            + b"Connection: close\r\nContent-Length: %d\r\n" % len(body)
            + name.encode()
            + b": "
            + value
            + b"\r\n\r\n"
            + body
        )
        status = _answer(server, request)
        if not 200 <= status < 500:
            wrong.append((status, method, address, name, value[:60]))
    assert wrong == []
    assert _loud(server) == []


@pytest.mark.parametrize(
    "host",
    [
        "a..b",
        ".",
        "a" * 64,
        "a." * 127 + "ab",
        "a b",
        "[::1",
        "x:y",
        "x:123456",
        "한국",
        "a,b",
        "u@x",
        "x/y",
        "x\r\nHost: y",
    ],
)
def test_a_host_that_is_none_is_told_in_one_sentence(server, host):
    """No address can be built by it: it is what was sent that is wrong, and nothing broke on our side."""
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(
            f"GET /api/v1/scorecards?cycle=2026 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        )
        head, _, body = b"".join(iter(partial(connection.recv, 65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert b'"code":"host"' in body
    assert _loud(server) == []


@pytest.mark.parametrize(
    "host", ["localhost", "kopes.example.org.", "a_b:8000", "127.0.0.1:80", "[::1]:8000", "x:", ""]
)
def test_a_host_that_is_one_is_taken(server, host):
    """Names as machines in a network have them, too, and what an HTTP/1.0 health check leaves empty."""
    request = f"GET /login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    assert _answer(server, request) == 200


@pytest.mark.parametrize("address", ["/login", "/healthz", "/api/v1/scorecards?cycle=2026"])
def test_who_closes_its_sending_side_is_answered(server, address):
    """A request that is all there is answered, though its sender says that nothing more comes."""
    where = urlsplit(server.url)
    plain = httpx.get(server.url + address)
    for body in (b"", b"x" * 5_000):
        with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
            request = f"GET {address} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            connection.sendall(request + body)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(partial(connection.recv, 65536), b""))
        assert answer.startswith(f"HTTP/1.1 {plain.status_code} ".encode())
