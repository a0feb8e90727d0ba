"""Changing one's own password.

Do not trim what was typed: spaces belong to a password, so the fields are read as they came.
"""

from __future__ import annotations

from typing import Final

from flask import request, session

from app import access
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.password_check import checked_attempt, new_password_findings
from app.web.answer.rendering import FormError, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.known_browser import remember_browser
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.asked.sign_in import KEPT_FORMS, begin_session, client_of

pages: Final = Pages("password")

WRONG: Final = n_("This is not your present password: type the one that you signed in with.")


@pages.read("/password", may=Deed.CHANGE_PASSWORD)
def password(context: RequestContext) -> Page:
    """The form."""
    viewer = context.viewer
    return Page(
        "pages/password.html",
        first=viewer.first_password,
        must=viewer.must_change_password,
        until=viewer.first_password_until,
        least=access.PASSWORD_LENGTH_MIN,
    )


@pages.act("/password", may=Deed.CHANGE_PASSWORD, again="password", transaction=False, lane=Lane.PASSWORD)
def change(context: RequestContext) -> Redirect | FormError:
    """Check the old password, set the new one, end all sessions and begin a new one."""
    viewer = context.viewer
    old, new, repeated = (request.form.get(name, "") for name in ("old_password", "new_password", "repeated_password"))
    findings = new_password_findings(
        context, email=viewer.email, employee=viewer.employee, new=new, repeated=repeated, old=old
    )
    if findings:
        return FormError(*findings)
    # Guessing an old password from an open session is throttled as a sign-in is.
    attempt = checked_attempt(context, email=viewer.email, password=old, field="old_password", wrong=WRONG)
    if isinstance(attempt, FormError):
        return attempt
    new_hash = access.hashed_password(new)
    with context.write() as connection:
        access.attempt_succeeded(connection, attempt=attempt)
        token = access.change_password(
            connection,
            account_id=viewer.account_id,
            old_hash=attempt.password_hash or "",
            new_hash=new_hash,
            now=context.now,
            client=client_of(request, address=context.address),
            life=context.settings.session_life,
        )
        context.note(subject=viewer.label)
    begin_session(token, viewer, forms_wait=bool(session.get(KEPT_FORMS)))
    remember_browser(request, context.settings, email=viewer.email)
    return Redirect(n_("Your password is changed. Other sessions of yours have ended."), then="home")
