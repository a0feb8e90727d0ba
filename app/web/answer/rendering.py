"""What a handler returns, and how it becomes an answer.

Do not build a response by hand: a handler says what there is to show, and one place writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import quote

import orjson
from flask import Response, flash, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from app.plain.findings import Finding
from app.web.answer.first_visit import COOKIE, step_at
from app.web.answer.navigation import Item, entry_of, items_for
from app.web.answer.shell import Shell
from app.web.asked import typed_by
from app.web.asked.request_context import RequestContext
from app.web.asked.sent_once import form_id
from app.web.wording.glossary import TermsOfPage
from app.web.wording.languages import chosen_theme, filled, writing
from app.web.wording.words import ROLES

__all__ = ["Download", "FormError", "Json", "Page", "Redirect", "Rendering", "SeeOther", "say"]

_NOTHING: Final[Mapping[str, Any]] = {}
_SAID_MOST: Final = 4
_SAID_LETTERS_MOST: Final = 900
"""Of all that waits to be said together: a letter of Korean takes some three bytes of the cookie."""
_SENT_MARK: Final = "sent_mark"
_MARK_LENGTH_MAX: Final = 20

DOWNLOADED_COOKIE: Final = "kopes_downloaded"
"""The mark of the download that the server has just answered, for the page's script (static/page.js)."""


class Page:
    """A page: its template and what it shows.

    ``Page("pages/office.html", office=…)``; a template finds ``context``, ``typed``, ``viewer`` and ``navigation`` beside it.
    """

    def __init__(self, template: str, /, *, status: int = 200, **shown: Any) -> None:
        """Name the template and hand over what it shows."""
        self.template: Final = template
        self.status: Final = status
        self.shown: Final = shown


@dataclass(frozen=True, slots=True)
class Json:
    """A resource; where the next page of a list is goes into the ``Link`` header too."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    following: str | None = None
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Redirect:
    """It is done: say so on the page that comes next.

    Attributes:
        message: English, marked for the catalogues; empty to say nothing.
        then: a page's name, ``page.handler``, or a path of this site.
        values: for the address of the page that comes next.
        parameters: what fills the message's places.
    """

    message: str
    then: str
    values: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeeOther:
    """Look there instead."""

    then: str
    values: Mapping[str, Any] = field(default_factory=dict)


class FormError:
    """Not done, though what was written so far stays: show the form again."""

    def __init__(self, *findings: Finding, status: int = 422, retry_after_s: int | None = None) -> None:
        """Take what is wrong."""
        self.findings: Final = findings
        self.status: Final = status
        self.retry_after_s: Final = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to keep.

    Attributes:
        content: the bytes, or pieces that are made while they are sent.
        filename: under which a browser keeps it.
        media_type: what it is.
        headers: beside those that every file has.
        after: done when all has been sent, or the reader has left: closes what the pieces are made from.
    """

    content: bytes | Iterable[bytes]
    filename: str
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    after: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """Writes answers; knows each page's main address."""

    main: dict[str, str] = field(default_factory=dict)

    def address(self, then: str, values: Mapping[str, Any] = _NOTHING) -> str:
        """The address of a page's name, of ``page.handler``, or of a path as it is."""
        if then.startswith("/"):
            return then
        return url_for(self.main.get(then, then), **values)

    def html(self, template: str, context: RequestContext | None, **shown: Any) -> str:
        """A page's text."""
        viewer = context.person if context is not None else None
        items: list[Item] = items_for(context) if context is not None else []
        here = (request.endpoint or "").partition(".")[0]
        refused = context is not None and context.typed.refused
        with writing(None if context is None else lambda: context.clock) as language:
            return render_template(
                template,
                context=context,
                viewer=viewer,
                typed=context.typed if context is not None else None,
                navigation=items,
                here=here,
                here_below=entry_of(here),
                shell=Shell(viewer, items, here=here, language=language, theme=chosen_theme(), refused=refused),
                page_url=self._page_url,
                ROLES=ROLES,
                terms_of_page=TermsOfPage(),
                visit=step_at(
                    request.cookies.get(COOKIE),
                    account_id=viewer.account_id if viewer is not None else 0,
                    pages={item.page for item in items},
                    here=here,
                ),
                csrf_token=generate_csrf,
                form_id_of_page=lambda: "" if context is None else form_id(context),
                typed_by=lambda: (
                    ""
                    if context is None or viewer is None
                    else typed_by.mark(viewer, secret_key=context.settings.secret_key)
                ),
                **shown,
            )

    def response(self, result: Any, context: RequestContext, *, api: bool) -> AnyResponse:
        """An answer of whatever a handler returned."""
        if isinstance(result, AnyResponse):
            return result
        if isinstance(result, Page):
            return Response(self.html(result.template, context, **result.shown), status=result.status)
        if isinstance(result, Redirect):
            if result.message:
                say(filled(result.message, result.parameters))
            return redirect(self.address(result.then, result.values), 303)
        if isinstance(result, SeeOther):
            return redirect(self.address(result.then, result.values), 303)
        if isinstance(result, Download):
            return _download(result)
        if isinstance(result, Json):
            return _json(result)
        if api:
            return _json(Json(result))
        message = f"a handler returned {type(result).__name__}, which is no page, message or file"
        raise TypeError(message)

    def _page_url(self, page: str, **values: Any) -> str:
        return self.address(page, values)


def say(text: str, kind: Literal["done", "caution"] = "done") -> None:
    """Say something on the page that comes next; of what no page has shown yet only the latest, for a cookie holds 4,093 bytes.

    Args:
        text: what.
        kind: which notice it is.
    """
    if len(text) > _SAID_LETTERS_MOST:
        text = f"{text[: _SAID_LETTERS_MOST - 1]}…"
    waiting = session.get("_flashes", [])[1 - _SAID_MOST :]
    while waiting and len(text) + sum(len(one) for _, one in waiting) > _SAID_LETTERS_MOST:
        waiting = waiting[1:]
    if "_flashes" in session:
        session["_flashes"] = waiting
    flash(text, kind)


def _json(result: Json) -> Response:
    body = result.body if isinstance(result.body, bytes) else orjson.dumps(result.body)
    response = Response(body, status=result.status, content_type=result.media_type)
    response.headers.extend(result.headers)
    if result.following is not None:
        response.headers["Link"] = f'<{result.following}>; rel="next"'
    return response


def _download(result: Download) -> Response:
    response = Response(result.content, content_type=result.media_type)
    mark = request.form.get(_SENT_MARK, "")
    if mark.isascii() and mark.isalnum() and len(mark) <= _MARK_LENGTH_MAX:
        # The page stays where it is, and no event tells its script that the file has come: this cookie does.
        response.set_cookie(DOWNLOADED_COOKIE, mark, max_age=60, samesite="Lax", secure=request.is_secure)
    plain = result.filename.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(result.filename)}"
    )
    response.headers.extend(result.headers)
    if result.after is not None:
        response.call_on_close(result.after)
    return response
