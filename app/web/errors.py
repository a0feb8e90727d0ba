"""Every error as the reader needs it: a problem (RFC 9457) to programs, a page to people.

Do not answer an error where it happens. A :class:`app.kit.refusals.Refusal` is raised, wherever, and written here.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import orjson
from flask import Flask, Response, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as AnyResponse

from app.kit.refusals import Invalid, NotThere, PasswordFirst, Refusal, TooLarge, Unauthenticated
from app.plain.findings import Finding, n_
from app.web.answer.rendering import say
from app.web.answer.routing import Site, number_of
from app.web.asked.reader import ReaderLeftError
from app.web.asked.request_context import RequestContext
from app.web.asked.security import WITHOUT_COOKIES, add_headers, safe_next
from app.web.asked.sign_in import current_viewer, on_connection
from app.web.lists.list_views import usual_refused, way_out
from app.web.wording.languages import filled, finding_text

__all__ = ["is_for_programs", "prepare", "problem", "refused_outside"]

_LOG: Final = logging.getLogger("kopes.web")

_UNREAD: Final = 499
"""Seen by nobody but the log of requests: the reader has left before there was an answer."""

_OF_PAGES: Final = ("/log/send", "/log/pass")
"""Asked for by the script of a page that keeps entries on a phone: its reader is a person."""

_FOR_PROGRAMS: Final = (
    "/api/",
    "/hooks/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    *_OF_PAGES,
)
"""By how their addresses begin."""

_TITLES: Final = {
    400: n_("This request cannot be read"),
    401: n_("Sign in first"),
    403: n_("Not allowed"),
    404: n_("Not found"),
    405: n_("Not done this way"),
    408: n_("It took too long to arrive"),
    409: n_("Changed in the meantime"),
    413: n_("Too large"),
    415: n_("Not a kind that is taken here"),
    422: n_("Something needs another look"),
    429: n_("Too many attempts"),
    431: n_("Too large"),
    500: n_("Something broke on our side"),
    503: n_("Not reachable at the moment"),
}

_DETAILS: Final = {
    400: n_(
        "Something in the address or in what was sent cannot be read: go back, load the page again and try once more."
    ),
    404: NotThere.message,
    405: n_("This address is there, but not for this kind of request: go back and use the page's own buttons."),
    413: TooLarge.message,
    415: n_("This kind of file or text is not taken here: go back and use the page's own form."),
    500: n_("Something broke on our side and nothing of what you sent was saved: try again."),
    503: n_("The database does not answer: try again in a moment."),
}

_LEADS_NOWHERE: Final = n_(
    "This list opens with your view “%(name)s”, which asks for something that is not there or cannot be: here is the whole list. "
    "Delete the view in “My views”, or open the list with another."
)


def is_for_programs(path: str) -> bool:
    """Whether an address answers programs, which read problems and not pages."""
    return path.startswith(_FOR_PROGRAMS) and not path.startswith("/api/docs")


def problem(
    *, status: int, detail: str, code: str, findings: tuple[Finding, ...] = (), headers: dict[str, str] | None = None
) -> Response:
    """A problem as RFC 9457 writes it, with the contract's list of errors.

    Args:
        status: the HTTP status.
        detail: what is wrong, in the reader's language.
        code: a word for machines.
        findings: each becomes ``{"pointer", "code", "detail"}``.
        headers: beside those that every answer has.
    """
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
    }
    # What the script of a page shows to a person is said as on the page; programs read the ledger's own texts.
    said = finding_text if request.path.startswith(_OF_PAGES) else _plain_text
    if findings:
        body["errors"] = [
            {
                "pointer": finding.place.pointer or (f"/{finding.place.field}" if finding.place.field else ""),
                "code": finding.code,
                "detail": said(finding),
                **finding.told,
            }
            for finding in findings
        ]
    response = Response(orjson.dumps(body), status=status, content_type="application/problem+json")
    response.headers.extend(headers or {})
    return response


def _plain_text(finding: Finding) -> str:
    return filled(finding.message, finding.parameters)


def prepare(app: Flask, site: Site) -> None:
    """Give the application its error pages."""

    def refused(refusal: Refusal) -> AnyResponse:
        return _refused(site, refusal)

    def http_error(error: HTTPException) -> AnyResponse:
        status = error.code or 500
        if isinstance(error.response, AnyResponse):
            return error.response
        headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
        return _answer(site, status=status, code=_code(status), detail=_detail(status), headers=headers)

    def unreachable(error: OperationalError) -> AnyResponse:
        _LOG.exception("database", exc_info=error)
        return _answer(
            site, status=503, code="unavailable", detail=_detail(503), headers={"Retry-After": "5"}, plain=True
        )

    def unread(_error: ReaderLeftError) -> AnyResponse:
        return Response(status=_UNREAD)

    def broken(error: Exception) -> AnyResponse:
        # What no database or calendar can hold is refused by name at the doors. What they have missed is our fault as any other.
        return _answer(site, status=500, code="broken", detail=_logged(error), plain=True)

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(OperationalError, unreachable)
    app.register_error_handler(ReaderLeftError, unread)
    app.register_error_handler(Exception, broken)


def refused_outside(app: Flask, site: Site, refusal: Refusal, *, path: str, accept_language: str) -> Response:
    """The answer to a request that is refused before the application sees it; it asks no database and knows nobody.

    Args:
        app: the application.
        site: what its routes share.
        refusal: why.
        path: what was asked for.
        accept_language: the header.
    """
    shown = "/api/" if is_for_programs(path) else "/"
    with app.test_request_context(shown, headers={"Accept-Language": accept_language}):
        headers = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
        detail = filled(refusal.message, refusal.parameters)
        response = _answer(site, status=refusal.status, code=refusal.code, detail=detail, headers=headers, plain=True)
        add_headers(response, https=site.settings.secure_cookies)
    return response


def _refused(site: Site, refusal: Refusal) -> AnyResponse:
    headers: dict[str, str] = {}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, Unauthenticated):
        if not is_for_programs(request.path):
            return _to_sign_in()
        headers["WWW-Authenticate"] = 'Bearer realm="OpenKOPES"'
    if isinstance(refusal, PasswordFirst) and not is_for_programs(request.path):
        return redirect(url_for("password.password"), 303)
    if isinstance(refusal, (NotThere, Invalid)) and (instead := _instead(site)) is not None:
        return redirect(instead, 303)
    return _answer(
        site,
        status=refusal.status,
        code=refusal.code,
        detail=filled(refusal.message, refusal.parameters),
        findings=refusal.findings,
        headers=headers,
    )


def _instead(site: Site) -> str | None:
    """Where to go from a list's address that leads nowhere, though the list opens with it; what is wrong is said there, once."""
    viewer = current_viewer()
    if viewer is None:
        return None
    with site.database.read() as connection:
        instead = usual_refused(connection, account_id=viewer.account_id)
    if instead is None:
        return None
    address, view = instead
    say(filled(_LEADS_NOWHERE, {"name": view.name}), "caution")
    return address


def _to_sign_in() -> AnyResponse:
    """Send a person to the sign-in, and from there back to where they wanted to go."""
    if request.method == "GET":
        wanted = request.full_path.rstrip("?")
        if safe_next(wanted) and wanted != "/":
            return redirect(url_for("sign_in.sign_in", next=wanted), 303)
    return redirect(url_for("sign_in.sign_in"), 303)


def _answer(
    site: Site,
    *,
    status: int,
    code: str,
    detail: str,
    findings: tuple[Finding, ...] = (),
    headers: dict[str, str] | None = None,
    plain: bool = False,
) -> Response:
    if is_for_programs(request.path):
        return problem(status=status, detail=detail, code=code, findings=findings, headers=headers)
    if WITHOUT_COOKIES in request.environ:
        # The loop itself makes this answer, between all others: a sentence, and no page.
        sentence = Response(f"{detail}\n", status=status, content_type="text/plain; charset=utf-8")
        sentence.headers.extend(headers or {})
        return sentence
    title = _TITLES.get(status, n_("Something went wrong"))
    shown = {
        "status": status,
        "title": gettext(title),
        "detail": detail,
        "findings": findings,
    }
    # When the database is away, or a page broke, the error page must not need what just failed.
    text = site.rendering.html("pages/error.html", None, **shown) if plain else _page(site, shown)
    response = Response(text, status=status)
    response.headers.extend(headers or {})
    return response


def _page(site: Site, shown: dict[str, Any]) -> str:
    viewer = current_viewer()
    context = RequestContext(
        database=site.database, settings=site.settings, now=site.clock(), who=viewer, pages=site.rendering.main
    )
    if viewer is None:
        return site.rendering.html("pages/error.html", context, **shown)
    with site.database.read() as connection, on_connection(connection):
        context.opened(connection)
        return site.rendering.html("pages/error.html", context, **shown, whole_list=way_out(context))


def _logged(error: Exception) -> str:
    """Log what broke, and return what the sender reads: the same number stands in both."""
    number = number_of(request)[:8]
    _LOG.exception("%s %s %s", number, request.method, request.path, exc_info=error)
    return str(
        gettext(
            "Something broke on our side and nothing of what you sent was saved: try again, and if it breaks once more tell an administrator "
            "the number %(number)s, which stands in the server's log.",
            number=number,
        )
    )


def _code(status: int) -> str:
    return HTTP_STATUS_CODES.get(status, "error").lower().replace(" ", "_")


def _detail(status: int) -> str:
    message = _DETAILS.get(status, n_("This request could not be answered: go back and try once more."))
    return str(gettext(message))
