"""The reader's language and theme, kept with the account, or in a cookie before signing in; and what lists and maps show, in cookies."""

from __future__ import annotations

from typing import Final

from flask import redirect, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from app import access
from app.rules.permissions import Deed
from app.web.answer.returning import keep_typed
from app.web.answer.routing import Pages
from app.web.asked.limits import FORM_BYTES
from app.web.asked.request_context import RequestContext
from app.web.asked.security import safe_next
from app.web.lists.leading import LEAD_COOKIE, LEADS
from app.web.looks.places import VIEW_COOKIE, VIEWS
from app.web.wording.languages import CHOSEN_COOKIE, LANGUAGE_COOKIE, LANGUAGES, THEME_COOKIE, THEMES

pages: Final = Pages("look")

_A_YEAR_S: Final = 365 * 24 * 3600
_TO_SIGN_IN_S: Final = 600
"""So long a language that is chosen before signing in is meant by whoever signs in next."""


class LookForm(BaseModel):
    """What was chosen, where, and what stood there. A language or theme that there is not is none."""

    model_config = ConfigDict(frozen=True)

    language: str | None = None
    theme: str | None = None
    lead: str | None = None
    places: str | None = None
    next: str | None = None
    typed: str = Field(default="", max_length=FORM_BYTES)
    """The fields of the page's form as JSON: as long as a form may be."""


@pages.act("/look", may=Deed.CHOOSE_LOOK, transaction=False)
def look(context: RequestContext, form: LookForm) -> Response:
    """Keep what was chosen and go back to the page."""
    language, theme, page = form.language, form.theme, safe_next(form.next)
    if context.person is not None:
        with context.write() as connection:
            access.change_look(connection, account_id=context.person.account_id, language=language, theme=theme)
            if form.typed and page:
                keep_typed(connection, context.person, page=page, typed=form.typed, now=context.now)
    response = redirect(page or "/", 303)
    kept = [
        (LANGUAGE_COOKIE, language, LANGUAGES, _A_YEAR_S),
        (THEME_COOKIE, theme, THEMES, _A_YEAR_S),
        (LEAD_COOKIE, form.lead, LEADS, _A_YEAR_S),
        (VIEW_COOKIE, form.places, VIEWS, _A_YEAR_S),
    ]
    if context.person is None:
        kept.append((CHOSEN_COOKIE, language, LANGUAGES, _TO_SIGN_IN_S))
    for cookie, chosen, known, seconds in kept:
        if chosen in known:
            response.set_cookie(
                cookie, str(chosen), max_age=seconds, httponly=True, samesite="Lax", secure=request.is_secure
            )
    return response
