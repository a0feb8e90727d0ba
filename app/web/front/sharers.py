"""Whose share of the threads a request takes, known before the application runs.

The application says who asked once it has read that (:data:`app.web.routing.ASKED_BY`); the next request with the same cookie or key is theirs from the beginning.
Do not go by what a request says of itself: whoever shows a cookie that nobody was ever signed in with is a stranger, as one without,
and shares with all strangers of that address.
"""

from __future__ import annotations

import hashlib
import re
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

    def learn(self, environ: dict[str, Any]) -> None:
        """Note who asked, where the application found that out."""
        owner: str | None = environ.get(ASKED_BY)
        if owner is None:
            return
        by_key = owner.startswith("key:")
        for credential in self._credentials(environ):
            if credential.startswith("key:") == by_key:
                self._owners.keep(credential, owner)

    def _credentials(self, environ: dict[str, Any]) -> list[str]:
        """What a request shows, as digests: a cookie and a key open doors, and are written down nowhere."""
        session = self._session.search(environ.get("HTTP_COOKIE", ""))
        shown = {"cookie": session and session[1], "key": environ.get("HTTP_AUTHORIZATION")}
        return [f"{kind}:{_digest(text)}" for kind, text in shown.items() if text]

    def _address(self, environ: dict[str, Any]) -> str:
        """Where it comes from, by the proxies that are trusted and no other."""
        if self._proxies:
            told = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", self._proxies)
            if len(told) >= self._proxies:
                return str(told[-self._proxies].strip())
        return str(environ["REMOTE_ADDR"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("latin-1", "replace")).hexdigest()
