"""``kopes serve`` under load and in several processes: what one does stops nobody else, and nothing is left behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from app.kit.database import lock
from app.ledger.tables import LOCK_LEDGER
from app.web.asked.limits import PERSON_STREAMS_MAX, PIPELINED_MAX, SHARES, THREADS, Lane
from app.web.front import CONNECTIONS
from tests.contract.streaming import Stream
from tests.people import PASSWORD
from tests.web.api import BATCH, STRUCTURED, api, deal
from tests.web.working import loaded_folder

__all__ = ["api", "loaded_folder"]

MORE_THAN_THREADS = 3 * sum(THREADS.values())


@pytest.fixture(scope="module")
def server(api, module_serve):
    return module_serve(api.working.database.url, definitions=api.working.folder / "definitions")


@pytest.fixture
def sockets():
    """Raw connections, closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect(server, text):
            where = urlsplit(server.url)
            one = stack.enter_context(socket.create_connection((where.hostname, where.port), timeout=60))
            one.sendall(text)
            return one

        yield connect


def _still_serves(server, visitor):
    """A page of somebody signed in, and whether the process is there."""
    assert httpx.get(f"{server.url}/healthz", timeout=60).json() == {"status": "ok"}
    assert visitor.get("/scorecards/employee:E1").status_code == 200


@pytest.fixture
def visitor(server):
    with httpx.Client(base_url=server.url, timeout=60) as client:
        answer = client.post("/login", data={"email": "alba@agency.example", "password": PASSWORD})
        assert answer.status_code == 303
        yield client


@pytest.mark.parametrize("ending", ["", "?a=%00", "?a=%ff", "/nowhere", "%00", f"?a={'x' * 9_000}"])
@pytest.mark.parametrize("path", ["/static/icon.svg", "/static/nowhere", "/favicon.ico", "/log/worker.js", "/healthz"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_way_to_what_is_answered_without_cookies_signs_anybody_out(server, visitor, method, path, ending):
    """A link to it, right or wrong, on this site or another, would sign whoever follows it out and leave the session open."""
    answer = visitor.request(method, f"{path}{ending}", headers={"Accept": "text/html"})
    assert answer.status_code < 500
    assert visitor.get("/scorecards/employee:E1").status_code == 200
    if method == "GET" and ending[:1] in {"", "?"}:
        assert "set-cookie" not in answer.headers


def test_slow_senders_stop_nobody(server, visitor, sockets):
    """Three times as many as there are threads send bodies that do not end, to a form and to the API, without being known."""
    for number in range(MORE_THAN_THREADS):
        path = ("/login", "/api/v1/events", "/hooks/none")[number % 3]
        sockets(
            server,
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {BATCH}\r\nContent-Length: 9000\r\n\r\n[{{".encode(),
        )
    _still_serves(server, visitor)


def test_a_held_lock_stops_no_reader(api, server, visitor):
    """A load holds the ledger: writers wait and come through afterwards, or are told when to come again; pages are read meanwhile."""

    def send():
        return httpx.post(
            f"{server.url}/api/v1/events",
            content=json.dumps([deal()]),
            headers={"Authorization": f"Bearer {api.ingest}", "Content-Type": BATCH},
            timeout=60,
        )

    with ThreadPoolExecutor(MORE_THAN_THREADS) as pool:
        with api.working.database.write("hold") as connection:
            lock(connection, LOCK_LEDGER)
            sent = [pool.submit(send) for _ in range(MORE_THAN_THREADS)]
            for _ in range(3):
                _still_serves(server, visitor)
        answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
    assert send().status_code == 200


def test_slow_readers_stop_nobody(api, server, visitor, sockets):
    """Downloads of the ledger whose readers take nothing: more of them than threads, and the next reader gets it whole."""
    api.post([deal() for _ in range(4_000)])
    form = f"reason=slow&format=csv&csrf_token={_token(visitor)}"
    cookie = f"kopes_session={visitor.cookies['kopes_session']}"
    for _ in range(3 * THREADS[Lane.FILE]):
        sockets(
            server,
            f"POST /activities?node=employee:E1 HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n{form}".encode(),
        )
    _still_serves(server, visitor)
    whole = visitor.post(
        "/activities?node=employee:E1", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert whole.status_code == 200
    assert whole.text.count("\n") > 4_000


def _token(visitor):
    found = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/password").text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" + "1," * 2_000_000 + "1]", 413),
        ("[" + ",".join(['{"a":1}'] * 10_001) + "]", 413),
        ('[{"data":{"x":[' + "{}," * 2_000_000 + "1]}}]", 413),
        ('[{"data":{"x":"\\ud800"}},{"data":{"x":[' + "[[[[]]]]," * 600_000 + "1]}}]", 413),
        ("[" * 100_000 + "]" * 99_999, 400),
    ],
    ids=["ones", "objects", "many within one", "many within another", "deep and not closed"],
)
def test_what_is_too_much_is_refused_before_the_work(api, server, body, status):
    """Counted while it is read, not when all of it has been worked out."""
    answer = httpx.post(
        f"{server.url}/api/v1/events",
        content=body,
        headers={"Authorization": f"Bearer {api.ingest}", "Content-Type": BATCH},
        timeout=60,
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "size", "kind"),
    [
        ("/login", 17_000, "text/html"),
        ("/look", 2_000_000, "text/html"),
        ("/api/v1/events/rejected/1/replay", 70_000_000, "application/problem+json"),
    ],
)
def test_each_route_says_how_long_its_body_may_be(server, path, size, kind):
    """Anybody's sign-in is short; nobody has to be known to be told."""
    answer = httpx.post(f"{server.url}{path}", content=b"x" * size, headers={"Content-Type": STRUCTURED}, timeout=60)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_head_without_end_is_not_read_on(server, visitor, sockets):
    """It hears that this is none, or, where it still writes, finds the connection closed; nobody else notices."""
    one = sockets(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
    with contextlib.suppress(OSError):
        # It may be closed while we still write.
        for _ in range(64):
            one.sendall(b"y" * 4096)
    came = _rest_of(one)
    assert came == b"" or came.startswith(b"HTTP/1.1 400")
    _still_serves(server, visitor)


def test_a_person_has_so_many_live_pages_and_no_more(server, visitor, eventually):
    """One more is told so, and when to come again; whoever closes one may open another, and nobody else notices."""
    cookie = f"kopes_session={visitor.cookies['kopes_session']}"
    with contextlib.ExitStack() as stack:

        def one_more():
            return stack.enter_context(Stream(server.url, "employee:E1", cookie=cookie))

        pages = [one_more() for _ in range(PERSON_STREAMS_MAX)]
        assert {one.status for one in pages} == {200}
        refused = one_more()
        assert (refused.status, refused.problem["code"]) == (429, "too_many")
        _still_serves(server, visitor)
        pages[0].close()
        eventually(lambda: one_more().status == 200)


def test_a_process_takes_as_many_connections_as_it_may_have_files_open(api, serve, sockets):
    """200 are set aside; whoever comes when all are taken is told to come again, and there is room again when somebody leaves."""
    few = serve(
        api.working.database.url,
        definitions=api.working.folder / "definitions",
        under=("sh", "-c", 'ulimit -n 208 && exec "$@"', "sh"),
    )
    there = [sockets(few, b"GET /healthz HTTP/1.1\r\nHost: x\r\n") for _ in range(8)]
    turned_away = _rest_of(sockets(few, b""))
    assert turned_away.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in turned_away
    for one in there:
        one.sendall(b"Connection: close\r\n\r\n")
        assert _rest_of(one).startswith(b"HTTP/1.1 200 ")
    assert httpx.get(f"{few.url}/healthz", timeout=60).json() == {"status": "ok"}


def _rest_of(one):
    """All that a connection still brings, until the server closes it."""
    came = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := one.recv(65536):
            came += piece
    return came


def test_requests_that_are_sent_before_an_answer_do_not_pile_up(server, visitor, sockets):
    """Each would be kept until its turn comes, and each answer would let as many more in: a few connections took all memory."""
    one = sockets(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
    assert _rest_of(one).count(b'{"status":"ok"}') <= PIPELINED_MAX + 1
    for _ in range(10):
        # Those before are still being answered when the connection is closed: that is no error of ours.
        _rest_of(sockets(server, b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n" * 500))
    assert "Traceback" not in server.log.read_text(errors="replace")
    few = sockets(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 4 + b"GET /healthz HTTP/1.0\r\n\r\n")
    assert _rest_of(few).count(b'{"status":"ok"}') == 5
    _still_serves(server, visitor)


def test_chunks_of_one_byte_are_a_body_and_trailers_without_end_are_none(api, server, visitor, sockets):
    """The first cost next to nothing; the second would be kept as headers, as many as anybody sends."""
    chunks = "".join(f"1\r\n{letter}\r\n" for letter in json.dumps(deal()))
    head = _request("POST /api/v1/events", kind=STRUCTURED, key=api.ingest).decode()
    head = head.replace("Content-Length: 0", "Connection: close\r\nTransfer-Encoding: chunked")
    whole = sockets(server, f"{head}{chunks}0\r\nX-Trailer: y\r\n\r\n".encode())
    assert _rest_of(whole).startswith(b"HTTP/1.1 200")
    endless = sockets(server, f"{head}{chunks}0\r\n".encode())
    with contextlib.suppress(OSError):
        # It is closed while we still write.
        for _ in range(200):
            endless.sendall(b"a: b\r\n" * 1_000)
    assert _rest_of(endless) == b""
    _still_serves(server, visitor)


def test_pages_and_scripts_are_compressed(server, visitor):
    """As a browser takes them; the same answer, with the same length of HEAD left out."""
    with httpx.Client(base_url=server.url, timeout=60, headers={"Accept-Encoding": "gzip"}) as client:
        charts = client.get("/static/gen/charts_scorecard.js")
        assert charts.headers["Content-Encoding"] == "gzip"
        assert int(charts.headers["Content-Length"]) < len(charts.content) / 2
        again = client.get("/static/gen/charts_scorecard.js", headers={"If-None-Match": charts.headers["ETag"]})
        assert again.status_code == 304
        plain = client.get("/static/gen/charts_scorecard.js", headers={"Accept-Encoding": "identity"})
        assert plain.content == charts.content
        assert "Content-Encoding" not in plain.headers
        assert client.get("/api/docs").headers["Content-Encoding"] == "gzip"
        head = client.head("/api/docs")
        assert (head.headers["Content-Encoding"], head.headers.get("Content-Length")) == ("gzip", None)
    page = visitor.get("/scorecards/employee:E1")
    assert (page.headers["Content-Encoding"], page.headers["Vary"]) == ("gzip", "Cookie, Accept-Encoding")


# ----------------------------------------------------------------------------------------------------------- several processes


on_postgresql = pytest.mark.parametrize("api", ["postgresql"], indirect=True)


@pytest.fixture
def several(api, serve):
    """Starts two processes behind one address; that SQLite has none stands in test_api.py."""
    return lambda **how: serve(
        api.working.database.url, definitions=api.working.folder / "definitions", workers=2, **how
    )


def _processes(parent):
    """The processes that another one started and that serve."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = status.read_text().rpartition(")")[2].split()
            if int(words[1]) == parent and "spawn_main" in (status.parent / "cmdline").read_text():
                found.append(int(status.parent.name))
    return sorted(found)


@pytest.fixture
def opened(eventually):
    """A context of so many connections to a server, opened at once, each answered, and at its end closed so that the server has noticed."""

    @contextlib.contextmanager
    def open_them(server, number):
        before = len(_process_by_port(server))
        where = urlsplit(server.url)
        with contextlib.ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection((where.hostname, where.port), timeout=60))
                for _ in range(number)
            ]
            for client in clients:
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            for client in clients:
                assert client.recv(1000).startswith(b"HTTP/1.1 200")
            yield clients
        eventually(lambda: len(_process_by_port(server)) <= before)

    return open_them


def _process_by_port(server):
    """The process that has each connection, by the port of its client."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    port_of = {
        f"socket:[{row[9]}]": int(row[2].rpartition(":")[2], 16)
        for row in rows
        if row[1].endswith(f":{urlsplit(server.url).port:04X}") and row[3] != "0A"
    }
    process_by_port = {}
    for process in _processes(server.process.pid):
        with contextlib.suppress(OSError):
            for path in Path(f"/proc/{process}/fd").iterdir():
                with contextlib.suppress(OSError, KeyError):
                    process_by_port[port_of[str(path.readlink())]] = process
    return process_by_port


def _shares(server):
    """How many connections each process has that has any."""
    return sorted(Counter(_process_by_port(server).values()).values())


def _all_serve(server, opened, number):
    """Whether so many processes take connections: then each has one of as many."""
    with opened(server, number):
        return _shares(server) == [1] * number


@on_postgresql
def test_processes_share_connections_evenly(several, opened, eventually):
    """A CRM that sends by a few connections has the work of all processes, not of one; what is closed makes room for the next, also in processes that were replaced."""
    server = several()
    eventually(lambda: _all_serve(server, opened, 2), seconds=90)
    for number in (4, 16):
        with opened(server, number):
            assert _shares(server) == [number // 2, number // 2]
    with opened(server, 8) as clients:
        process_by_port = _process_by_port(server)
        emptier = process_by_port[clients[0].getsockname()[1]]
        leaving = [client for client in clients if process_by_port[client.getsockname()[1]] == emptier][:3]
        for client in leaving:
            client.close()
        eventually(lambda: _shares(server) == [1, 4])
        with opened(server, 3) as following:
            process_by_port = _process_by_port(server)
            assert {process_by_port[client.getsockname()[1]] for client in following} == {emptier}
    former = _processes(server.process.pid)
    os.kill(server.process.pid, signal.SIGHUP)
    eventually(lambda: len({*_processes(server.process.pid)} - {*former}) == 2 and _answers(server), seconds=120)
    eventually(lambda: _all_serve(server, opened, 2), seconds=90)


@on_postgresql
def test_a_process_that_dies_or_hangs_is_replaced_and_streams_end_at_the_stop(api, several, opened, eventually):
    """Killed, as by a machine that ran out of memory; stopped, as a loop that never turns: its connections would wait for ever."""
    server = several()
    first = eventually(lambda: len(found := _processes(server.process.pid)) == 2 and found)
    os.kill(first[0], signal.SIGKILL)
    second = eventually(
        lambda: len(found := _processes(server.process.pid)) == 2 and first[0] not in found and found, seconds=90
    )
    assert first[1] in second
    # The number of the killed one is forgotten with it, and the new one takes its share.
    eventually(lambda: _all_serve(server, opened, 2), seconds=90)
    os.kill(first[1], signal.SIGSTOP)
    third = eventually(
        lambda: len(found := _processes(server.process.pid)) == 2 and first[1] not in found and found, seconds=120
    )
    assert {*second} - {*first} < {*third}
    assert f"server process {first[1]} has not answered" in server.log.read_text()
    eventually(lambda: _answers(server))
    with Stream(server.url, "unit:HQ", key=api.read) as stream:
        assert stream.status == 200
        assert server.stop() == 0
        assert stream.ended.wait(10)
    assert _processes(server.process.pid) == []


@on_postgresql
def test_four_processes_ask_for_the_connections_that_the_budget_gives_them(api, serve, sockets, opened, eventually):
    """Every thread that writes or hashes, and those that read for strangers, wait in the database at once; where the database gives too few, the start says so."""
    most, name = 4 * CONNECTIONS, sa.make_url(api.working.database.url).database
    form = "email=nobody@agency.example&password=x"
    lanes = {
        Lane.WRITE: ("event", _request("POST /api/v1/events", json.dumps(deal()), kind=STRUCTURED, key=api.ingest)),
        Lane.PASSWORD: ("sign_in_attempt", _request("POST /login", form, kind="application/x-www-form-urlencoded")),
        Lane.READ: ("api_key", _request("GET /api/v1/scorecards/unit:HQ?cycle=2026", key=api.read)),
    }
    plain = api.working.database.url.replace("+psycopg", "")
    with psycopg.connect(plain, application_name="looks on", autocommit=True) as looking:

        def connections(which="true"):
            query = (
                f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kopes' AND datname = %s AND {which}"
            )
            ((number,),) = looking.execute(query.encode(), [name]).fetchall()
            return number

        before, threads, waiting = connections(), 0, []
        looking.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT {most - 1}'.encode())
        server = serve(api.working.database.url, definitions=api.working.folder / "definitions", workers=4)
        assert f"may ask for {most} connections and the database gives {most - 1}" in server.log.read_text()
        eventually(lambda: _all_serve(server, opened, 4), seconds=90)
        with psycopg.connect(plain) as holding:
            for lane, (table, request) in lanes.items():
                holding.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
                # A hundred for four processes: each gets more than the lane has threads. Nobody is known yet: they have a stranger's share.
                waiting += [sockets(server, request) for _ in range(100)]
                threads += 4 * SHARES.get(lane, THREADS[lane])
                eventually(partial(_is, threads, connections, "wait_event_type = 'Lock'"), seconds=60)
            assert threads <= connections() <= before + most
        for one in waiting:
            status = int(one.recv(100).split()[1])
            assert status < 500 or status == 503
        assert connections() - before <= most


def _is(expected, count, *arguments):
    return count(*arguments) == expected


def _request(line, body="", *, kind="text/plain", key=None):
    shown = f"Authorization: Bearer {key}\r\n" if key else ""
    head = f"{line} HTTP/1.1\r\nHost: x\r\n{shown}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"{head}{body}".encode()


@on_postgresql
def test_who_waits_when_the_server_ends_is_told_to_come_again(api, serve, sockets, eventually):
    """An upgrade in the middle of a load: what was not recorded is no error of anybody's, and the log does not look like one."""
    server = serve(api.working.database.url, definitions=api.working.folder / "definitions")
    with api.working.database.write("hold") as connection:
        lock(connection, LOCK_LEDGER)
        waiting = sockets(server, _request("POST /api/v1/events", json.dumps(deal()), kind=STRUCTURED, key=api.ingest))
        query = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        eventually(lambda: connection.scalar(query) == 1)
        assert server.stop() == 0
    answer = waiting.recv(1000)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after:" in answer.lower()
    assert "Traceback" not in server.log.read_text()


@on_postgresql
def test_no_process_goes_on_without_its_parent(several, eventually):
    """Killed as by a machine that ran out of memory: nobody answers any more."""
    server = several()
    children = eventually(lambda: len(found := _processes(server.process.pid)) == 2 and found)
    server.process.kill()
    server.process.wait(20)
    eventually(lambda: not any(_is_there(child) for child in children))
    assert not _answers(server)


@on_postgresql
def test_it_serves_as_the_first_process_of_a_container(several, eventually):
    """Where every process's parent has the number 1."""
    server = several(under=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child=SIGTERM"))
    assert httpx.get(f"{server.url}/healthz", timeout=60).status_code == 200
    assert httpx.get(f"{server.url}/login", timeout=60).status_code == 200
    server.stop()
    eventually(lambda: not _answers(server))


@on_postgresql
def test_all_processes_sign_cookies_by_one_key(api, several):
    """Also where nobody gave one: a session is good whichever process a request meets."""
    server = several(SECRET_KEY="")
    cookies = _sign_in(server)
    statuses = set()
    for _ in range(20):
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        connection.request("GET", "/scorecards/employee:E1", headers={"Cookie": f"kopes_session={cookies}"})
        statuses.add(connection.getresponse().status)
        connection.close()
    assert statuses == {200}


def _sign_in(server):
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.post("/login", data={"email": "alba@agency.example", "password": PASSWORD})
        return client.cookies["kopes_session"]


def _is_there(process):
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _answers(server):
    try:
        return httpx.get(f"{server.url}/healthz", timeout=20).status_code == 200
    except httpx.HTTPError:
        return False
