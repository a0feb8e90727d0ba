"""Browsers in which somebody signed in before, so that strangers' wrong passwords do not lock them out of their own account.

A signed cookie says for each account that was signed in with here a name of the browser's, under which its own failures are counted.
Do not take it for a sign-in: it opens nothing, and knows no password the better.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Final

from flask import Request, Response, after_this_request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.access import email_key
from app.kit.settings import Settings
from app.web.asked.sign_in import cookie_name

__all__ = ["known_browser", "remember_browser"]

_COOKIE: Final = "kopes_browser"
_LIFE: Final = dt.timedelta(days=180)
_ACCOUNTS_MAX: Final = 8


def known_browser(http_request: Request, settings: Settings, *, email: str) -> str | None:
    """The browser's name for an account; None where the account was never signed in with here."""
    return _kept(http_request, settings).get(_account(email))


def remember_browser(http_request: Request, settings: Settings, *, email: str) -> None:
    """Have the answer to this request tell the browser that the account was signed in with."""
    kept = _kept(http_request, settings)
    account = _account(email)
    name = kept.pop(account, None) or secrets.token_urlsafe(12)
    latest = dict([*kept.items(), (account, name)][-_ACCOUNTS_MAX:])
    value = _signer(settings).dumps(latest)

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(
            cookie_name(_COOKIE, settings),
            value,
            max_age=_LIFE,
            secure=settings.secure_cookies or http_request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def _account(email: str) -> str:
    return hashlib.sha256(email_key(email).encode("utf-8", "replace")).hexdigest()[:20]


def _kept(http_request: Request, settings: Settings) -> dict[str, str]:
    shown = http_request.cookies.get(cookie_name(_COOKIE, settings))
    if shown is None:
        return {}
    try:
        kept = _signer(settings).loads(shown, max_age=int(_LIFE.total_seconds()))
    except BadSignature:
        return {}
    return kept if isinstance(kept, dict) else {}


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="kopes known browser")
