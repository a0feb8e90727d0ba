"""From ASGI to WSGI: bodies are whole before a thread is taken, answers hold none however slowly they are read, and nothing is cut in silence."""

from __future__ import annotations

import asyncio
import gzip
import io
import threading
from collections.abc import Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from flask.sessions import SecureCookieSessionInterface

from app.access import tables as access_tables
from app.kit import patience
from app.kit.refusals import Busy, Refusal
from app.web import site_of
from app.web.answer.routing import ASKED_BY, NOBODY
from app.web.asked.limits import SHARES, THREADS, WAITING_MAX, WAITS_SECONDS, Lane
from app.web.asked.reader import READER_LEFT
from app.web.asked.sign_in import SignedSession, signed_session
from app.web.front import bodies
from app.web.front.answers import Answer
from app.web.front.bodies import Bodies, TooSlow
from app.web.front.bridge import Bridge
from app.web.front.environ import environ_of
from app.web.front.lanes import Lanes
from app.web.front.sharers import Sharers
from tests.people import NOW
from tests.web.conftest import signed_in

Message = MutableMapping[str, Any]


def _session_of(cookie: str) -> SignedSession | None:
    """Here a signed cookie is ``TOKEN.ACCOUNT``."""
    token, _, account = cookie.partition(".")
    return SignedSession(token, int(account)) if account else None


def _refused(_scope: Any, refusal: Refusal) -> Answer:
    return Answer(status=refusal.status, body=refusal.code.encode())


class Reader:
    """Sends a request and takes its answer; ``arrived`` tells another thread what is there."""

    def __init__(self, *pieces: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        """Take the body's pieces."""
        self._pieces = list(pieces) or [b""]
        self._headers = headers or []
        self.answer: list[Message] = []
        self.arrived = threading.Condition()

    def ask(self, application: Any, *, most: int = 1000, path: str = "/", lane: Lane = Lane.READ) -> None:
        """Ask an application; the loop has a thread of its own, since a browser's may be running in this one."""
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "http_version": "1.1",
            "headers": self._headers,
        }
        lanes = Lanes()
        bridge = Bridge(
            application, lanes, lambda _path, _method: (lane, most), _refused, Sharers("session", 0, _session_of)
        )
        with ThreadPoolExecutor(1) as loop:
            loop.submit(asyncio.run, bridge.serve(scope, self._receive, self._send)).result()
        lanes.close()

    async def _receive(self) -> Message:
        if not self._pieces:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": self._pieces.pop(0), "more_body": bool(self._pieces)}

    async def _send(self, message: Message) -> None:
        with self.arrived:
            self.answer.append(message)
            self.arrived.notify_all()

    @property
    def body(self) -> bytes:
        """All that came."""
        return b"".join(message.get("body", b"") for message in self.answer)

    @property
    def status(self) -> int:
        """The answer's."""
        status: int = self.answer[0]["status"]
        return status


def _answering(pieces: Iterable[bytes], headers: list[tuple[str, str]]) -> Any:
    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return pieces

    return application


def test_the_first_piece_of_a_file_that_is_being_made_leaves_at_once() -> None:
    """Before the second is made."""
    reader = Reader()

    def pieces() -> Iterator[bytes]:
        yield b"header"
        with reader.arrived:
            assert reader.arrived.wait_for(lambda: reader.body == b"header", timeout=20)
        yield b"rows"

    reader.ask(_answering(pieces(), []))
    assert reader.body == b"headerrows"
    assert [message.get("more_body", False) for message in reader.answer[1:]] == [True, True, False]


def test_what_was_waited_for_a_thread_is_gone_for_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """All waits of a request together are bounded: whoever had to queue for 25 s waits 5 s more, however many locks are held."""
    instants = iter((100.0, 125.0))
    monkeypatch.setattr("app.web.front.bridge.time", SimpleNamespace(monotonic=lambda: next(instants)))
    left: list[float] = []

    def application(_environ: Any, start_response: Any) -> Iterable[bytes]:
        left.append(patience.left(1000))
        start_response("200 OK", [("Content-Length", "0")])
        return []

    Reader().ask(application)
    assert left == [WAITS_SECONDS - 25]


def test_what_knows_its_length_goes_out_whole() -> None:
    """One hand-over between thread and loop."""
    reader = Reader()
    reader.ask(_answering(iter([b"a", b"b"]), [("Content-Length", "2")]))
    assert [message.get("body") for message in reader.answer] == [None, b"ab"]


def test_a_file_that_breaks_has_no_end() -> None:
    """The server closes the connection on what was not ended, so that a reader sees the cut; what it was made from is closed."""
    reader = Reader()
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"header"
            with reader.arrived:
                reader.arrived.wait_for(lambda: reader.body == b"header", timeout=20)
            raise ZeroDivisionError
        finally:
            closed.append(True)

    with pytest.raises(EOFError):
        reader.ask(_answering(pieces(), []))
    assert [message.get("more_body", False) for message in reader.answer[1:]] == [True]
    assert closed == [True]


def test_a_slow_reader_holds_no_thread() -> None:
    """A long answer is made to its end while the reader has taken nothing but its beginning."""
    made = threading.Event()

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000
        made.set()

    class Slow(Reader):
        async def _send(self, message: Message) -> None:
            await super()._send(message)
            if message.get("body"):
                # Nothing more is read until all is made: with the thread waiting for the reader this would never be.
                await asyncio.to_thread(made.wait, 20)
                assert made.is_set()

    slow = Slow()
    slow.ask(_answering(pieces(), []))
    assert len(slow.body) == 4_000_000


def test_a_body_is_whole_before_the_application_sees_it() -> None:
    """However many pieces it comes in, and whether or not it says its length."""
    seen: list[tuple[bytes, str]] = []

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        seen.append((environ["wsgi.input"].read(), environ["CONTENT_LENGTH"]))
        start_response("200 OK", [])
        return []

    Reader(b"one ", b"two ", b"three").ask(application)
    assert seen == [(b"one two three", "13")]


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"1500")], [(b"content-length", b"9" * 5000)]])
def test_a_body_that_is_too_long_is_refused_while_it_is_read(headers: list[tuple[bytes, bytes]]) -> None:
    """The application never hears of it."""
    called: list[bool] = []
    reader = Reader(*[b"x" * 100] * 15, headers=headers)
    reader.ask(lambda *_: called.append(True), most=1000)
    assert (reader.status, reader.body, called) == (413, b"too_large", [])


def test_a_head_that_is_too_long_is_refused() -> None:
    """By the number of its headers, and by their length."""
    for headers in ([(b"x", b"y")] * 101, [(b"x", b"y" * 40_000)]):
        reader = Reader(headers=headers)
        reader.ask(_answering([], []))
        assert (reader.status, reader.body) == (431, b"head_too_large")


def test_the_longest_body_gives_way_to_a_short_one() -> None:
    """Else a few who send much, without being known, would stop everybody's forms."""
    answers: dict[str, int] = {}
    waits, gave_way = asyncio.Event(), asyncio.Event()

    async def ask(bridge: Bridge, name: str, pieces: list[bytes]) -> None:
        coming = iter(pieces)

        async def receive() -> Message:
            piece = next(coming, None)
            if piece is None:
                waits.set()
                await asyncio.Event().wait()
            return {"type": "http.request", "body": piece, "more_body": name == "much" or piece != pieces[-1]}

        async def send(message: Message) -> None:
            answers.setdefault(name, message.get("status", 0))
            if name == "much":
                gave_way.set()

        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "http_version": "1.1"}
        await bridge.serve({**scope, "headers": []}, receive, send)

    async def both() -> None:
        lanes = Lanes()
        bridge = Bridge(
            _answering([], []),
            lanes,
            lambda _path, _method: (Lane.READ, 1000),
            _refused,
            Sharers("session", 0, _session_of),
            Bodies(1000, short_bytes=50),
        )
        much = asyncio.ensure_future(ask(bridge, "much", [b"x" * 450, b"x" * 500]))
        await asyncio.wait_for(waits.wait(), 20)
        await ask(bridge, "a form", [b"y" * 60, b"z" * 40])
        await asyncio.wait_for(gave_way.wait(), 20)
        much.cancel()
        lanes.close()

    with ThreadPoolExecutor(1) as loop:
        loop.submit(asyncio.run, both()).result()
    assert answers == {"a form": 200, "much": 503}


def test_a_body_that_does_not_come_to_its_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many seconds in all, whatever came of it."""
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    pieces = iter([b"x"] * 3)

    async def receive() -> Message:
        piece = next(pieces, None)
        if piece is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": True}

    async def read() -> None:
        with pytest.raises(TooSlow):
            await Bodies(1_000_000).read({"headers": []}, receive, 1_000_000, io.BytesIO())

    with ThreadPoolExecutor(1) as loop:
        loop.submit(asyncio.run, read()).result()
    assert next(pieces, None) is None


def test_a_form_is_taken_however_many_batches_wait() -> None:
    """Long bodies that are whole wait for a thread and give way to nobody: a form that comes then has a share of its own, and no batch has."""

    def sent(size: int) -> tuple[Any, Any]:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        return {"headers": []}, receive

    async def read(bodies: Bodies, size: int) -> int:
        return await bodies.read(*sent(size), 10_000, io.BytesIO())

    async def all_of_them() -> None:
        bodies = Bodies(1000, short_most=200, short_bytes=100)
        waiting = [await read(bodies, 500), await read(bodies, 450)]
        with pytest.raises(Busy):
            await read(bodies, 101)
        forms = [await read(bodies, 100), await read(bodies, 100)]
        with pytest.raises(Busy):
            await read(bodies, 1)
        for size in (*waiting, *forms):
            bodies.answered(size)
        assert await read(bodies, 1000) == 1000
        assert await read(bodies, 100) == 100

    with ThreadPoolExecutor(1) as loop:
        loop.submit(asyncio.run, all_of_them()).result()


def _environ(
    cookie: str | None = None, *, path: str = "/", address: str = "192.0.2.1", **headers: str
) -> dict[str, Any]:
    shown = {"HTTP_COOKIE": f"x=y; session={cookie}"} if cookie else {}
    return {"REMOTE_ADDR": address, "PATH_INFO": path, **shown, **headers}


def test_a_share_is_an_account_s_a_key_s_or_for_strangers_an_address_s() -> None:
    """However many sessions an account has; nobody gets another share by a cookie of their own making, nor by the address that they tell."""
    sharers = Sharers("session", 0, _session_of)
    for known in (_environ("one.1"), _environ("two.1"), _environ("one.1", address="203.0.113.9"), _environ('"one.1"')):
        assert sharers.sharer_of(known) == "account:1"
    by_key = _environ(path="/api/v1/events", HTTP_AUTHORIZATION="Bearer k")
    assert sharers.sharer_of(by_key) == "address:192.0.2.1"
    sharers.learn(by_key | {ASKED_BY: "key:k"})
    assert sharers.sharer_of(by_key | {"HTTP_COOKIE": "session=one.1"}) == "key:k"
    sharers.learn(_environ("made up") | {ASKED_BY: NOBODY})
    for stranger in (
        _environ(),
        _environ("made up"),
        _environ(HTTP_X_FORWARDED_FOR="203.0.113.9"),
        _environ("one.1", path="/api/v1/live", HTTP_AUTHORIZATION="Bearer made up"),
        _environ("one.1" + "0" * 4_096),
    ):
        assert sharers.sharer_of(stranger) == "address:192.0.2.1"
    assert sharers.sharer_of(_environ("one.1", HTTP_AUTHORIZATION="Basic of a proxy")) == "account:1"
    sharers.learn(by_key | {ASKED_BY: NOBODY})
    assert sharers.sharer_of(by_key) == "address:192.0.2.1", "a key that was withdrawn"
    behind_a_proxy = Sharers("session", 1, _session_of)
    told = _environ(HTTP_X_FORWARDED_FOR="198.51.100.7, 203.0.113.9")
    assert behind_a_proxy.sharer_of(told) == "address:203.0.113.9"


def test_a_session_that_has_ended_has_no_share(make_app: Any) -> None:
    """Signed out, ended by another door, or of a disabled account; in another process, and after a restart, a session is known from its first request on."""
    app, another = make_app(), make_app()
    sharers, elsewhere = (
        Sharers("kopes_session", 0, lambda cookie, one=one: signed_session(one, cookie))  # type: ignore[misc]
        for one in (app, another)
    )

    serve, environs = app.wsgi_app, []

    def noted(environ: Any, start_response: Any) -> Any:
        environs.append(environ)
        return serve(environ, start_response)

    app.wsgi_app = noted  # type: ignore[method-assign]

    def asks(cookie: str, path: str = "/") -> tuple[str, str]:
        """Whose share a request takes, and the next one with the same cookie."""
        browser = app.test_client()
        browser.set_cookie("kopes_session", cookie)
        browser.get(path)
        before = sharers.sharer_of(environs[-1])
        sharers.learn(environs[-1])
        return before, sharers.sharer_of(environs[-1])

    person, other_browser, other = signed_in(app, "dana"), signed_in(app, "dana"), signed_in(app, "emil")
    share, same = asks(person.cookie)
    assert share == same
    assert share.startswith("account:")
    assert asks(other_browser.cookie) == (share, share)
    assert asks(other.cookie)[0] not in {share, "address:127.0.0.1"}
    assert elsewhere.sharer_of(_environ(cookie="", HTTP_COOKIE=f"kopes_session={person.cookie}")) == share
    assert asks(person.cookie, "/openapi.json") == (share, share), "where nobody is asked for, nobody has ended"

    cookie = person.cookie
    person.post("/logout")
    sharers.learn(environs[-1])
    stranger = "address:127.0.0.1"
    assert asks(cookie) == (stranger, stranger)
    assert asks(cookie[:-1] + ("A" if cookie[-1] != "A" else "B")) == (stranger, stranger)
    own = SecureCookieSessionInterface()
    app.secret_key, kept = "an attacker's", app.secret_key
    forged = own.get_signing_serializer(app).dumps({"_user_id": "x", "account": 1})  # type: ignore[union-attr]
    app.secret_key = kept
    assert asks(forged) == (stranger, stranger)

    with site_of(app).database.write("disable") as connection:
        connection.execute(access_tables.web_session.update().values(ended_at=NOW))
    assert asks(other_browser.cookie) == (share, stranger)
    # It was signed anew by another answer: it is the same session still.
    other_browser.get("/login")
    assert asks(other_browser.cookie)[1] == stranger


def test_one_person_leaves_threads_to_the_others() -> None:
    """Whose pages take long: beyond their share the rest of them wait, and another person's page is answered meanwhile."""
    go_on, lock, begun, most = threading.Event(), threading.Lock(), [0], [0]

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/long":
            with lock:
                begun[0] += 1
                most[0] = max(most[0], begun[0])
            go_on.wait(20)
            with lock:
                begun[0] -= 1
        start_response("200 OK", [("Content-Length", "0")])
        return []

    async def all_of_them() -> list[int]:
        lanes = Lanes()
        bridge = Bridge(
            application, lanes, lambda _path, _method: (Lane.READ, 1000), _refused, Sharers("session", 0, _session_of)
        )

        async def ask(who: str, path: str) -> int:
            async def receive() -> Message:
                return {"type": "http.request", "body": b"", "more_body": False}

            scope = {"method": "GET", "path": path, "query_string": b"", "http_version": "1.1"}
            answer = await bridge.ask(
                {**scope, "headers": [(b"cookie", b"session=" + who.encode())]}, receive, _nowhere
            )
            return answer.status if answer else 0

        long = [asyncio.ensure_future(ask("token.1", "/long")) for _ in range(2 * THREADS[Lane.READ])]
        statuses = [await asyncio.wait_for(ask("token.2", "/short"), 20) for _ in range(2)]
        go_on.set()
        statuses += await asyncio.gather(*long)
        lanes.close()
        return statuses

    with ThreadPoolExecutor(1) as loop:
        statuses = loop.submit(asyncio.run, all_of_them()).result()
    assert statuses == [200] * (2 + 2 * THREADS[Lane.READ])
    assert most == [SHARES[Lane.READ]]


async def _nowhere(_message: Message) -> None:
    """Nobody reads it."""


def test_strangers_of_any_number_of_addresses_leave_threads_to_who_is_known() -> None:
    """A turn for each address would be a queue of addresses before whoever has signed in."""
    go_on = threading.Event()

    async def all_of_them() -> None:
        lanes = Lanes()
        addresses = [f"address:192.0.2.{number}" for number in range(2 * THREADS[Lane.READ])]
        strangers = [asyncio.ensure_future(lanes.run(Lane.READ, one, go_on.wait, 20)) for one in addresses]
        await asyncio.wait(strangers, timeout=0)
        await asyncio.wait_for(lanes.run(Lane.READ, "account:a", str), 20)
        go_on.set()
        await asyncio.gather(*strangers)
        lanes.close()

    with ThreadPoolExecutor(1) as loop:
        loop.submit(asyncio.run, all_of_them()).result()


def test_a_stranger_from_each_of_many_addresses_crowds_out_nobody_who_is_known() -> None:
    """Who waits for most gives way, and strangers are one: however few each of them waits for."""
    go_on = threading.Event()

    async def all_of_them() -> int:
        lanes = Lanes()

        def asked(sharer: str) -> asyncio.Future[Any]:
            return asyncio.ensure_future(lanes.run(Lane.READ, sharer, go_on.wait, 20))

        known = [asked("account:1") for _ in range(SHARES[Lane.READ])]
        await asyncio.wait(known, timeout=0)
        strangers = [asked(f"address:{number}") for number in range(SHARES[Lane.READ] + WAITING_MAX[Lane.READ])]
        await asyncio.wait(strangers, timeout=0)
        known += [asked("account:1"), asked("account:2")]
        await asyncio.wait(known, timeout=0)
        go_on.set()
        await asyncio.gather(*known)
        answers = await asyncio.gather(*strangers, return_exceptions=True)
        lanes.close()
        return sum(isinstance(answer, Busy) for answer in answers)

    with ThreadPoolExecutor(1) as loop:
        assert loop.submit(asyncio.run, all_of_them()).result() == 2


def test_a_file_is_told_that_its_reader_has_left() -> None:
    """Before its first byte: it holds its thread no longer than its next row."""
    hung_up, made = threading.Event(), [0]

    class Leaver(Reader):
        async def _receive(self) -> Message:
            if self._pieces:
                return await super()._receive()
            await asyncio.to_thread(hung_up.wait, 20)
            return {"type": "http.disconnect"}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        hung_up.set()
        while not environ[READER_LEFT]() and made[0] < 2_000:
            made[0] += 1
            threading.Event().wait(0.01)
        start_response("499 ", [("Content-Length", "0")])
        return []

    Leaver().ask(application, lane=Lane.FILE)
    assert made[0] < 2_000


def test_nobody_has_every_thread_that_makes_files() -> None:
    """However many workbooks somebody asks for, another person's is begun."""
    go_on = threading.Event()

    async def all_of_them() -> None:
        lanes = Lanes()
        greedy = [asyncio.ensure_future(lanes.run(Lane.FILE, "account:a", go_on.wait, 20)) for _ in range(4)]
        await asyncio.wait(greedy, timeout=0)
        await asyncio.wait_for(lanes.run(Lane.FILE, "account:b", str), 10)
        go_on.set()
        await asyncio.gather(*greedy)
        lanes.close()

    with ThreadPoolExecutor(1) as loop:
        loop.submit(asyncio.run, all_of_them()).result()


def test_everybody_has_their_turn_and_who_waits_for_most_gives_way() -> None:
    """A second person's request goes before the first one's tenth, and is taken where the first has filled the queue."""
    go_on, order = threading.Event(), []

    async def all_of_them() -> list[str]:
        lanes = Lanes()

        def work(name: str) -> str:
            if name.startswith("first"):
                go_on.wait(20)
            order.append(name)
            return name

        async def run(sharer: str, name: str) -> str:
            try:
                return await lanes.run(Lane.PASSWORD, sharer, work, name)
            except Busy:
                return f"{name} busy"

        async def asked(sharer: str, *names: str) -> list[asyncio.Future[str]]:
            running = [asyncio.ensure_future(run(sharer, name)) for name in names]
            await asyncio.wait(running, timeout=0)
            return running

        under_way = await asked("first", *(f"first {number}" for number in range(THREADS[Lane.PASSWORD])))
        waiting = await asked("first", *(f"later {number}" for number in range(WAITING_MAX[Lane.PASSWORD])))
        other = await asked("second", "other", "another")
        beyond = await asked("first", "beyond")
        lanes_full = [await one for one in (*waiting[-2:], *beyond)]
        go_on.set()
        await asyncio.gather(*under_way, *waiting, *other)
        lanes.close()
        return lanes_full

    with ThreadPoolExecutor(1) as loop:
        refused = loop.submit(asyncio.run, all_of_them()).result()
    last = WAITING_MAX[Lane.PASSWORD] - 1
    assert refused == [f"later {last - 1} busy", f"later {last} busy", "beyond busy"]
    later = [name for name in order if not name.startswith("first")]
    assert len(later) == WAITING_MAX[Lane.PASSWORD]
    assert max(later.index("other"), later.index("another")) <= 4


def test_what_takes_long_to_read_is_not_read() -> None:
    """A header that chooses an answer has some hundred letters; what the loop answers by itself looks at no cookie and no long address."""
    scope = {"method": "GET", "path": "/healthz", "query_string": b"a&" * 2_000, "http_version": "1.1"}
    scope["headers"] = [
        (b"accept-language", b"ko," * 5_000),
        (b"accept", b"*/*"),
        (b"cookie", b"a=b"),
        (b"x", b"y" * 5_000),
    ]
    anybody = environ_of(scope, b"")
    assert "HTTP_ACCEPT_LANGUAGE" not in anybody
    assert {"HTTP_ACCEPT", "HTTP_COOKIE", "HTTP_X"} <= anybody.keys()
    by_the_loop = environ_of(scope, b"", plain=True)
    assert {name for name in by_the_loop if name.startswith("HTTP_")} == {"HTTP_ACCEPT"}
    assert by_the_loop["QUERY_STRING"] == ""


def test_an_address_that_is_too_long_is_refused() -> None:
    reader = Reader()
    reader.ask(_answering([], []), path="/" + "a/" * 5_000)
    assert (reader.status, reader.body) == (431, b"head_too_large")


@pytest.mark.parametrize("with_length", [True, False])
def test_what_gets_shorter_is_compressed_where_the_reader_takes_it(with_length: bool) -> None:
    """Whole or in pieces; with no two answers of one length, so that no length tells what a page holds."""
    text = b"name,amount\n" + b"Alba Export,125000\n" * 500
    kind = [("Content-Type", "text/csv; charset=utf-8")]
    lengths = set()
    for _ in range(8):
        reader = Reader(headers=[(b"accept-encoding", b"br;q=1, gzip;q=0.8")])
        length = [("Content-Length", str(len(text)))] if with_length else []
        reader.ask(_answering(iter([text[:300], text[300:]]), kind + length))
        headers = dict(reader.answer[0]["headers"])
        assert (headers[b"content-encoding"], headers[b"vary"]) == (b"gzip", b"Accept-Encoding")
        assert gzip.decompress(reader.body) == text
        assert len(reader.body) < len(text) / 5
        assert int(headers.get(b"content-length", len(reader.body))) == len(reader.body)
        lengths.add(len(reader.body))
    assert len(lengths) > 1


@pytest.mark.parametrize(
    ("accepted", "kind", "size"),
    [
        (b"", "text/html", 5000),
        (b"gzip;q=0", "text/html", 5000),
        (b"identity", "text/html", 5000),
        (b"gzip", "text/event-stream", 5000),
        (b"gzip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 5000),
        (b"gzip", "text/html", 500),
    ],
)
def test_what_is_not_worth_it_or_not_wanted_stays_as_it_is(accepted: bytes, kind: str, size: int) -> None:
    reader = Reader(headers=[(b"accept-encoding", accepted)])
    reader.ask(_answering([b"x" * size], [("Content-Type", kind), ("Content-Length", str(size))]))
    assert b"content-encoding" not in dict(reader.answer[0]["headers"])
    assert reader.body == b"x" * size


def test_a_tag_of_what_was_compressed_is_weak() -> None:
    """Its bytes are others than those that the tag was made of."""
    reader = Reader(headers=[(b"accept-encoding", b"gzip")])
    headers = [("Content-Type", "text/html"), ("Content-Length", "5000"), ("ETag", '"abc"'), ("Vary", "Cookie")]
    reader.ask(_answering([b"x" * 5000], headers))
    answered = dict(reader.answer[0]["headers"])
    assert (answered[b"etag"], answered[b"vary"]) == (b'W/"abc"', b"Cookie, Accept-Encoding")
