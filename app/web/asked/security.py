"""What every answer tells the browser not to do, and what every request that changes something must show.

A newcomer's usual mistake is an inline script or style: the policy has no ``unsafe-inline`` and no nonce, so it does nothing at all. Scripts
and styles are files; what a script needs stands in data attributes or in a block of ``application/json``, which is never run.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from app.kit.refusals import Refusal
from app.plain.findings import n_

__all__ = ["WITHOUT_COOKIES", "CookieSessions", "Forged", "add_headers", "refuse_forged", "safe_next"]

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_HEADERS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


class Forged(Refusal):
    """A request that changes something and does not come from a page of ours."""

    code = "forged"
    status = 400
    message = n_(
        "This form was open too long, or did not come from this site: go back, load the page again and send it once more."
    )


WITHOUT_COOKIES: Final = "kopes.without_cookies"
"""In the environment of a request that was read without them: nobody is known by it, whoever may have sent it."""


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, Secure whenever the request came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie may travel over https alone."""
        return bool(app.config["SESSION_COOKIE_SECURE"]) or request.is_secure

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Never in answer to a request that was read without its cookies: the one that the browser has would be lost."""
        return WITHOUT_COOKIES not in request.environ and super().should_set_cookie(app, session)


def add_headers(response: Response, *, https: bool = False) -> Response:
    """Set the headers of every answer; a personal page is kept by no cache.

    Args:
        response: the answer.
        https: it is known to go out by https, whatever the proxy before the server says.
    """
    headers = response.headers
    for name, value in _HEADERS:
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
    if (number := request.environ.get("kopes.request")) is not None:
        headers.setdefault("X-Request-Id", number)
    if https or request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def refuse_forged(http_request: Request, *, token: bool) -> None:
    """Refuse a change that another site made the browser send.

    Browsers say where a request comes from and cannot be made to lie about it; programs say nothing and have no cookies to be misused.

    Args:
        http_request: the request.
        token: demand the form's own token too: every form of somebody signed in carries one.

    Raises:
        Forged: it comes from elsewhere, or its token is missing, wrong or old.
    """
    site = http_request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise Forged
    origin = http_request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.casefold() != http_request.host.casefold():
        raise Forged
    if token:
        try:
            validate_csrf(http_request.form.get("csrf_token") or http_request.headers.get("X-CSRFToken"))
        except ValidationError:
            raise Forged from None


def safe_next(address: str | None) -> str | None:
    """The address where it is a path of this site, else None: a link to /login must not lead away from here."""
    if not address or not address.startswith("/") or len(address) > 2000:
        return None
    # Browsers read a backslash as a slash and drop tabs and line ends, so "/\t/evil" would be another host.
    if address.startswith("//") or "\\" in address or any(ord(letter) < 33 or ord(letter) == 127 for letter in address):
        return None
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    return address
