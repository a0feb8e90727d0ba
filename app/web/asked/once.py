"""``Idempotency-Key``: what a program asks for is done once, however often it has to ask (contract-desk, 6).

The router asks here before a resource of the API is written to, and hands over what writes; the answer is kept in the same transaction. A
newcomer's usual mistake: a route that opened its own transaction would keep an answer of what may not have happened, so it does not start.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlencode

import rfc8785
from flask import Request, Response
from sqlalchemy import Connection
from werkzeug.http import parse_options_header
from werkzeug.wrappers import Response as AnyResponse

from app import access
from app.access import AnswerKey, KeptAnswer, Key, Viewer
from app.kit.refusals import Conflict, NotThere, Refusal
from app.plain.findings import n_
from app.plain.json_text import NotJsonError, decode_sent
from app.web.asked.limits import REPEATED_HEADERS

__all__ = ["HEADER", "REPLAYED", "AskedOnce", "UnderWay", "answered_before", "asked_once", "keeping"]

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"

_ENVIRON: Final = "HTTP_IDEMPOTENCY_KEY"
_PLAIN: Final = re.compile(r"[ -~]{1,255}")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_JSON: Final = re.compile(r"(?:application|text)/(?:json|[\w.!#$&^-]+\+json)", re.ASCII)
_NOT_KEPT: Final = frozenset({400, 401, 403, 413, 429})
_FINAL: Final = range(200, 300)
_REFUSED: Final = range(400, 500)


class KeyMalformed(Refusal):
    """The header is none that the contract knows."""

    code = "idempotency_key"
    status = 400
    message = n_(
        "The header Idempotency-Key cannot be read: send it once, with 1 to 255 printable ASCII characters, bare or in quotation marks."
    )


class KeyReused(Refusal):
    """Another request came under this key."""

    code = "idempotency_key_reused"
    status = 422
    message = n_("This Idempotency-Key was sent with another request before: send this one with a key of its own.")


class InProgress(Conflict):
    """The first request under this key has no answer yet."""

    code = "idempotency_in_progress"
    message = n_("The request that was sent first with this Idempotency-Key is still under way: ask again in a second.")

    def __init__(self) -> None:
        """Say when it is worth asking again."""
        super().__init__(retry_after_s=1)


@dataclass(frozen=True, slots=True)
class AskedOnce:
    """What is asked for under a key: by whom, and the fingerprint of all of it."""

    which: AnswerKey
    fingerprint: str


class UnderWay:
    """The keys that this process is working on. On PostgreSQL other processes are told by a lock as well; on SQLite there are none."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock: Final = threading.Lock()
        self._keys: Final[set[AnswerKey]] = set()

    @contextmanager
    def claimed(self, which: AnswerKey) -> Iterator[None]:
        """Work on a key alone.

        Raises:
            InProgress: another thread does.
        """
        with self._lock:
            if which in self._keys:
                raise InProgress
            self._keys.add(which)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(which)


def asked_once(http_request: Request, who: Viewer | Key | None) -> AskedOnce | None:
    """What a request asks to be done once; None where it shows no key.

    Raises:
        KeyMalformed: the header cannot be read, or came twice.
    """
    text = http_request.environ.get(_ENVIRON)
    if text is None or who is None:
        return None
    if _ENVIRON in http_request.environ.get(REPEATED_HEADERS, ()):
        raise KeyMalformed
    return AskedOnce(AnswerKey(_scope_of(who), _key_in(text)), _fingerprint(http_request))


def _key_in(text: str) -> str:
    """The key in a header, bare or as a string of RFC 8941."""
    if text.startswith('"'):
        quoted = _QUOTED.fullmatch(text)
        text = "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted[1])
    if not _PLAIN.fullmatch(text):
        raise KeyMalformed
    return text


def _scope_of(who: Viewer | Key) -> str:
    """An account, or a key: not its name alone, which another one may be given once it is revoked."""
    return f"{who.label}@{who.made_at.isoformat()}" if isinstance(who, Key) else f"account:{who.account_id}"


def _fingerprint(http_request: Request) -> str:
    kind, _ = parse_options_header(http_request.headers.get("Content-Type"))
    kind = kind.casefold()
    query = urlencode(sorted(parse_qsl(http_request.query_string.decode("latin-1"), keep_blank_values=True)))
    body = http_request.get_data()
    if _JSON.fullmatch(kind):
        body = _canonical(body)
    digest = sha256(json.dumps([http_request.method, http_request.path, query, kind]).encode())
    digest.update(body)
    return digest.hexdigest()


def _canonical(body: bytes) -> bytes:
    """A body in the one form that RFC 8785 gives it; as it came where it has none, which its resource refuses or takes by the byte."""
    try:
        decode_sent(body)
        return rfc8785.dumps(json.loads(body))
    except (NotJsonError, ValueError, RecursionError):
        return body


def answered_before(
    connection: Connection, asked: AskedOnce, *, still_theirs: Callable[[], bool], now: dt.datetime
) -> Response | None:
    """The first answer again; None where there is none yet.

    Args:
        connection: any transaction.
        asked: what for.
        still_theirs: whether who asks may do it as things stand.
        now: when.

    Raises:
        KeyReused: something else was asked for.
        NotThere: it is not theirs to do any more.
    """
    first = access.kept_answer_of(connection, asked.which, now=now)
    if first is None:
        return None
    if first.fingerprint != asked.fingerprint:
        raise KeyReused
    if first.by_right and not still_theirs():
        raise NotThere
    response = Response(first.body, status=first.status, content_type=first.content_type)
    if first.location is not None:
        response.headers["Location"] = first.location
    response.headers[REPLAYED] = "true"
    return response


def keeping(
    connection: Connection,
    asked: AskedOnce,
    work: Callable[[], AnyResponse],
    *,
    refused: Callable[[Refusal], AnyResponse],
    still_theirs: Callable[[], bool],
    now: dt.datetime,
) -> AnyResponse:
    """Do it, and keep its answer; a refusal's too, though nothing else stays of it.

    Args:
        connection: the writing transaction, which nothing was done in yet.
        asked: what for.
        work: does it, and gives the answer.
        refused: how the application answers a refusal.
        still_theirs: whether who asks may do it.
        now: when.

    Raises:
        InProgress: another process is at it.
        Refusal: one that is not kept, and all that :func:`answered_before` raises.
    """
    if not access.hold_answer(connection, asked.which):
        raise InProgress
    before = answered_before(connection, asked, still_theirs=still_theirs, now=now)
    if before is not None:
        return before
    by_right = still_theirs()
    try:
        with connection.begin_nested():
            answer = work()
    except Refusal as refusal:
        if not _is_kept(refusal.status):
            raise
        answer = refused(refusal)
    if _is_kept(answer.status_code):
        first = KeptAnswer(
            fingerprint=asked.fingerprint,
            by_right=by_right,
            status=answer.status_code,
            content_type=answer.headers.get("Content-Type", ""),
            location=answer.headers.get("Location"),
            body=answer.get_data(),
        )
        access.keep_answer(connection, asked.which, first, now=now)
    return answer


def _is_kept(status: int) -> bool:
    return status in _FINAL or (status in _REFUSED and status not in _NOT_KEPT)
