"""Whose share of the threads a request takes, known before the application runs.

A session's cookie says whose it is, under our signature: in any process, and from the first request on. The application says which sessions have
ended, and whose a key is, once it has asked the database (:data:`app.web.answer.routing.ASKED_BY`).
Do not go by what a request says of itself: whoever shows a cookie that nobody was ever signed in with, or one whose session has ended, is a stranger,
as one without, and shares with all strangers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from app.kit.kept import LruCache
from app.web.answer.routing import ASKED_BY, NOBODY, share_of_account
from app.web.asked.sign_in import SignedSession, bearer

__all__ = ["Sharers", "is_stranger"]

_KNOWN_MAX: Final = 20_000
"""Keys whose owners are known, and sessions that are known to have ended; of whoever came longest ago it is found out again."""

_COOKIE_LENGTH_MAX: Final = 4_096
"""No browser keeps a longer cookie, and none of ours is: a longer one is looked at by nobody."""

_STRANGER: Final = "address:"


def is_stranger(sharer: str) -> bool:
    """Whether a share is that of an address, and nobody known."""
    return sharer.startswith(_STRANGER)


class Sharers:
    """The people and programs that a process works for.

    Args:
        cookie: the name of the session's.
        proxies: how many stand before the server and say whose address it is.
        session_of: reads a session's cookie, where we have signed it; asks no database.
    """

    def __init__(self, cookie: str, proxies: int, session_of: Callable[[str], SignedSession | None]) -> None:
        """Begin with nobody known."""
        self._cookie: Final = re.compile(rf"(?:^|;)\s*{re.escape(cookie)}\s*=\s*([^;]*)")
        self._proxies: Final = proxies
        self._session_of: Final = session_of
        self._keys: Final[LruCache[str]] = LruCache(_KNOWN_MAX)
        self._ended: Final[LruCache[bool]] = LruCache(_KNOWN_MAX)

    def sharer_of(self, environ: dict[str, Any]) -> str:
        """Whose share a request takes: its account's or key's, where that is known, else its address's."""
        key = self._key(environ)
        if key is not None:
            owner = self._keys.get(key)
        else:
            session = self._session(environ)
            owner = None if session is None or self._ended.get(_digest(session.token)) else _owner_of(session)
        return owner or f"{_STRANGER}{self._address(environ)}"

    def learn(self, environ: dict[str, Any]) -> None:
        """Note who asked, or that nobody is known by what was shown, where the application has found that out."""
        owner: str | None = environ.get(ASKED_BY)
        if owner is None:
            return
        key = self._key(environ)
        if key is not None:
            if owner != NOBODY or self._keys.get(key) is not None:
                self._keys.keep(key, owner)
            return
        session = self._session(environ)
        if session is not None and bool(self._ended.get(_digest(session.token))) != (owner == NOBODY):
            self._ended.keep(_digest(session.token), owner == NOBODY)

    @staticmethod
    def _key(environ: dict[str, Any]) -> str | None:
        """The key that the application goes by, as a digest: it opens doors, and is written down nowhere. To a page it is nothing."""
        shown = bearer(environ.get("HTTP_AUTHORIZATION")) if environ["PATH_INFO"].startswith("/api/") else None
        return None if shown is None else _digest(shown)

    def _session(self, environ: dict[str, Any]) -> SignedSession | None:
        cookie = self._cookie.search(environ.get("HTTP_COOKIE", ""))
        text = "" if cookie is None else cookie[1].strip().strip('"')
        return self._session_of(text) if 0 < len(text) <= _COOKIE_LENGTH_MAX else None

    def _address(self, environ: dict[str, Any]) -> str:
        """Where it comes from, by the proxies that are trusted and no other."""
        if self._proxies:
            told = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", self._proxies)
            if len(told) >= self._proxies:
                return str(told[-self._proxies].strip())
        return str(environ["REMOTE_ADDR"])


def _owner_of(session: SignedSession) -> str | None:
    return None if session.account_id is None else share_of_account(session.account_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
