"""Whose share of the threads a request takes, known before the application runs.

The application says who asked once it has read that (:data:`app.web.routing.ASKED_BY`); the next request with the same cookie or key is theirs from the beginning.
Do not go by what a request says of itself: whoever shows a cookie that nobody was ever signed in with is a stranger, as one without,
and shares with all strangers of that address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

from app.kit.kept import LruCache
from app.web.routing import ASKED_BY

__all__ = ["Sharers", "is_stranger"]

_CREDENTIALS_MAX: Final = 20_000
"""Cookies and keys whose owners are known; who used theirs longest ago begins as a stranger again."""


_STRANGER: Final = "address:"


def is_stranger(sharer: str) -> bool:
    """Whether a share is that of an address, and nobody known."""
    return sharer.startswith(_STRANGER)


class Sharers:
    """The people and programs that a process works for.

    Args:
        cookie: the name of the session's.
        proxies: how many stand before the server and say whose address it is.
    """

    def __init__(self, cookie: str, proxies: int) -> None:
        """Begin with nobody known."""
        self._session: Final = re.compile(rf"(?:^|;)\s*{re.escape(cookie)}\s*=([^;]*)")
        self._proxies: Final = proxies
        self._owners: Final[LruCache[str]] = LruCache(_CREDENTIALS_MAX)

    def sharer_of(self, environ: dict[str, Any]) -> str:
        """Whose share a request takes: its account's or key's, where it is known already, else its address's."""
        for credential in self._credentials(environ):
            owner = self._owners.get(credential)
            if owner is not None:
                return owner
        return f"{_STRANGER}{self._address(environ)}"

    def learn(self, environ: dict[str, Any], headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Note who asked, where the application found that out.

        Args:
            environ: the request's.
            headers: the answer's: a cookie that it sets is theirs from the next request on, a sign-in's above all.
        """
        owner: str | None = environ.get(ASKED_BY)
        if owner is None:
            return
        by_key = owner.startswith("key:")
        for credential in self._credentials(environ):
            if credential.startswith("key:") == by_key:
                self._owners.keep(credential, owner)
        for name, value in headers:
            if name == b"set-cookie" and (session := self._session.match(value.decode("latin-1"))):
                self._owners.keep(_named("cookie", session[1]), owner)

    def _credentials(self, environ: dict[str, Any]) -> list[str]:
        """What a request shows, as digests: a cookie and a key open doors, and are written down nowhere."""
        session = self._session.search(environ.get("HTTP_COOKIE", ""))
        shown = {"cookie": session and session[1], "key": environ.get("HTTP_AUTHORIZATION")}
        return [_named(kind, text) for kind, text in shown.items() if text]

    def _address(self, environ: dict[str, Any]) -> str:
        """Where it comes from, by the proxies that are trusted and no other."""
        if self._proxies:
            told = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", self._proxies)
            if len(told) >= self._proxies:
                return str(told[-self._proxies].strip())
        return str(environ["REMOTE_ADDR"])


def _named(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode('latin-1', 'replace')).hexdigest()}"
