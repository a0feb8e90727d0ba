"""From a cookie or a header to who asks, and from which browser.

Flask-Login keeps the session's token in Flask's signed cookie; what the token stands for is read from the database once a request.
A request that shows a key is that key's, whatever cookie comes along, and a wrong key is nobody's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Final, NamedTuple

import flask_login
from flask import Flask, Request, has_request_context, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from sqlalchemy import Connection

from app import access
from app.access import Client, Key, Viewer
from app.kit.database import Database
from app.kit.settings import Settings

__all__ = [
    "KEPT_FORMS",
    "SESSION_COOKIE",
    "SignedSession",
    "bearer",
    "begin_session",
    "client_of",
    "cookie_name",
    "current_viewer",
    "end_session",
    "on_connection",
    "outside_flask",
    "prepare",
    "signed_session",
    "viewer_now",
]

SESSION_COOKIE: Final = "kopes_session"
KEPT_FORMS: Final = "kept_forms"
"""Whether the session's owner had typed something when the one before had ended."""

_ACCOUNT: Final = "account"
"""Whose session it was begun as: whose share of the threads a request takes is told by it before the database is asked. It opens nothing."""


class SignedSession(NamedTuple):
    """What a cookie of ours says of itself: the session may have ended since."""

    token: str
    account_id: int | None


def cookie_name(name: str, settings: Settings) -> str:
    """A cookie's name: behind https one that no page of a neighbouring host can set, and that plain http never carries."""
    return f"__Host-{name}" if settings.secure_cookies else name


# The request's transaction, so that the person is read in it and not in another one of its own.
_OPEN: Final[ContextVar[Connection | None]] = ContextVar("open_transaction", default=None)


class _User(flask_login.UserMixin):  # type: ignore[misc]  # the library has no types
    """What Flask-Login holds: a viewer, found by the session's token."""

    def __init__(self, token: str, viewer: Viewer) -> None:
        self.token = token
        self.viewer = viewer

    def get_id(self) -> str:
        """The token, which is all that the cookie carries."""
        return self.token


@contextmanager
def on_connection(connection: Connection) -> Iterator[None]:
    """Read the signed-in person within this transaction."""
    token = _OPEN.set(connection)
    try:
        yield
    finally:
        _OPEN.reset(token)


def prepare(app: Flask, *, database: Database, settings: Settings, clock: Callable[[], dt.datetime]) -> None:
    """Give the application its sign-in."""
    manager = flask_login.LoginManager()
    # The library's own check of address and browser signs people out when either changes, as on a train.
    manager.session_protection = None
    manager.init_app(app)

    @manager.user_loader  # type: ignore[untyped-decorator]  # the library has no types
    def load(token: str) -> _User | None:
        connection = _OPEN.get()
        if connection is not None:
            viewer = access.viewer(connection, token=token, now=clock(), idle=settings.session_idle)
        else:
            with database.read() as own:
                viewer = access.viewer(own, token=token, now=clock(), idle=settings.session_idle)
        return None if viewer is None else _User(token, viewer)


def current_viewer() -> Viewer | None:
    """Who is signed in, read once a request; None where nobody is."""
    if not has_request_context() or "_user_id" not in session:
        return None
    user = flask_login.current_user
    return user.viewer if user.is_authenticated else None


def viewer_now(connection: Connection, *, now: dt.datetime, idle: dt.timedelta) -> Viewer | None:
    """Who is signed in as this transaction sees it, where :func:`current_viewer` keeps to what the request began with. Queries: at most 1."""
    token = session.get("_user_id")
    return access.viewer(connection, token=token, now=now, idle=idle) if isinstance(token, str) else None


def begin_session(token: str, viewer: Viewer, *, forms_wait: bool) -> None:
    """Put a new session's token in the cookie; nothing of the cookie before stays, so nobody can plant one.

    Args:
        token: the session's.
        viewer: whose it is.
        forms_wait: whether something is kept that they had typed when a session of theirs had ended.
    """
    session.clear()
    flask_login.login_user(_User(token, viewer))
    session[_ACCOUNT] = viewer.account_id
    if forms_wait:
        session[KEPT_FORMS] = True


def end_session() -> None:
    """Take the token out of the cookie."""
    flask_login.logout_user()
    session.clear()


def client_of(http_request: Request, *, address: str) -> Client:
    """From where somebody signs in, as they see it in the list of their sessions."""
    return Client(address=address, device=http_request.headers.get("User-Agent", ""))


def bearer(authorization: str | None) -> str | None:
    """The key of an ``Authorization: Bearer …`` header; empty where the header is of another kind."""
    if authorization is None:
        return None
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.casefold() == "bearer" else ""


def outside_flask(
    connection: Connection,
    *,
    app: Flask,
    settings: Settings,
    authorization: str | None,
    cookies: str | None,
    now: dt.datetime,
) -> Viewer | Key | None:
    """Who asks for a stream, which Flask never sees: by the same key or the same cookie.

    Args:
        connection: any transaction.
        app: whose secret key signs the cookies.
        settings: how long a session lives unused.
        authorization: the header, if there is one.
        cookies: the ``Cookie`` header, if there is one.
        now: when.

    Queries: at most 1.
    """
    key = bearer(authorization)
    if key is not None:
        return access.authenticate_key(connection, key=key)
    try:
        cookie = SimpleCookie(cookies or "").get(app.config["SESSION_COOKIE_NAME"])
    except CookieError:
        return None
    signed = None if cookie is None else signed_session(app, cookie.value)
    return (
        None if signed is None else access.viewer(connection, token=signed.token, now=now, idle=settings.session_idle)
    )


def signed_session(app: Flask, cookie: str) -> SignedSession | None:
    """What stands in a session's cookie, where we have signed it for somebody who was signed in, and not too long ago. Queries: 0."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    if serializer is None:
        return None
    try:
        kept = serializer.loads(cookie, max_age=int(app.permanent_session_lifetime.total_seconds()))
    except BadSignature:
        return None
    token = kept.get("_user_id") if isinstance(kept, dict) else None
    if not isinstance(token, str):
        return None
    account_id = kept.get(_ACCOUNT)
    return SignedSession(token, account_id if isinstance(account_id, int) else None)
