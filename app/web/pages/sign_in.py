"""Signing in and out.

Avoid one transaction around all of it: hashing a password takes a tenth of a second, in which no writer should wait.
So the attempt is written down, the password checked with nothing open, and the session begun.
"""

from __future__ import annotations

from typing import Final

from flask import Response, after_this_request, request
from pydantic import BaseModel, ConfigDict

from app import access
from app.kit.refusals import at_field
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.password_check import checked_attempt
from app.web.answer.rendering import FormError, Page, Redirect, SeeOther
from app.web.answer.routing import ASKED_BY, NOBODY, Pages
from app.web.asked.known_browser import remember_browser
from app.web.asked.limits import SIGN_IN_BYTES, Lane
from app.web.asked.request_context import RequestContext
from app.web.asked.security import safe_next
from app.web.asked.sign_in import begin_session, client_of, end_session
from app.web.wording.languages import CHOSEN_COOKIE, LANGUAGES

pages: Final = Pages("sign_in")

WRONG: Final = n_(
    "This e-mail and password do not belong together: check both, or ask an administrator for a new password."
)


class SignIn(BaseModel):
    """What the form sends; a password is taken as typed, so it is read apart."""

    model_config = ConfigDict(frozen=True)

    email: str


@pages.read("/login", may=Deed.SIGN_IN)
def sign_in(context: RequestContext) -> Page | SeeOther:
    """The form; who is signed in already goes on."""
    wanted = safe_next(request.values.get("next"))
    if context.person is not None:
        return SeeOther(wanted or "home")
    return Page("pages/sign_in.html", wanted=wanted, ended=request.args.get("ended"))


@pages.act(
    "/login",
    may=Deed.SIGN_IN,
    again="sign_in",
    transaction=False,
    lane=Lane.PASSWORD,
    body_bytes=SIGN_IN_BYTES,
)
def enter(context: RequestContext, form: SignIn) -> SeeOther | FormError:
    """Check the password and begin a session on the server."""
    password = request.form.get("password", "")
    if not password:
        return FormError(at_field("password", "missing", n_("This is empty: fill it in.")))
    attempt = checked_attempt(context, email=form.email, password=password, field="password", wrong=WRONG)
    if isinstance(attempt, FormError):
        return attempt
    with context.write() as connection:
        token = access.finish_attempt(
            connection,
            attempt=attempt,
            now=context.now,
            client=client_of(request, address=context.address),
            life=context.settings.session_life,
        )
        idle = context.settings.session_idle
        viewer = None if token is None else access.viewer(connection, token=token, now=context.now, idle=idle)
        waiting_forms = viewer is not None and access.has_kept_forms(
            connection, account_id=viewer.account_id, now=context.now
        )
        if viewer is not None:
            if context.person is not None:
                access.sign_out(connection, viewer=context.person, now=context.now)
            context.note(subject=viewer.label, who=viewer.label)
            language = request.cookies.get(CHOSEN_COOKIE)
            if language in LANGUAGES:
                access.change_look(connection, account_id=viewer.account_id, language=language)
    if token is None or viewer is None:
        return FormError(at_field("password", "wrong", WRONG))
    begin_session(token, viewer, forms_wait=waiting_forms)
    if CHOSEN_COOKIE in request.cookies:
        after_this_request(_forget_chosen_language)
    remember_browser(request, context.settings, email=form.email)
    return SeeOther(safe_next(request.form.get("next")) or "home")


def _forget_chosen_language(response: Response) -> Response:
    """What was chosen on the sign-in page was meant by whoever has signed in now, and by nobody after."""
    response.delete_cookie(CHOSEN_COOKIE)
    return response


@pages.act("/logout", may=Deed.SIGN_OUT)
def leave(context: RequestContext) -> Redirect:
    """End the session on the server and forget the cookie."""
    access.sign_out(context.connection, viewer=context.viewer, now=context.now)
    access.forget_forms(context.connection, account_id=context.viewer.account_id)
    context.note(subject=context.viewer.label)
    end_session()
    request.environ[ASKED_BY] = NOBODY
    return Redirect(n_("You are signed out."), then="sign_in")
