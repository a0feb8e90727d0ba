"""Changing one's own password.

A newcomer's usual mistake is to trim what was typed: spaces belong to a password, so the fields are read as they came.
"""

from __future__ import annotations

from typing import Final

from flask import request

from app import access
from app.kit.refusals import Refusal, at_field
from app.rules.permissions import Deed
from app.rules.terms import Finding, n_
from app.web.rendering import FormError, Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("password")


@pages.read("/password", may=Deed.CHANGE_PASSWORD)
def password(context: RequestContext) -> Page:
    """The form."""
    return Page("pages/password.html", first=context.viewer.first_password, least=access.PASSWORD_LENGTH_MIN)


@pages.act("/password", may=Deed.CHANGE_PASSWORD, again="password", transaction=False)
def change(context: RequestContext) -> Redirect | FormError:
    """Check the old password, set the new one, end all other sessions."""
    viewer = context.viewer
    old, new, repeated = (request.form.get(name, "") for name in ("old_password", "new_password", "repeated_password"))
    findings = _findings(old=old, new=new, repeated=repeated, email=viewer.email)
    if findings:
        return FormError(*findings)
    try:
        # Guessing an old password from an open session is throttled as a sign-in is.
        with context.write() as connection:
            attempt = access.begin_attempt(
                connection,
                email=viewer.email,
                address=context.address,
                limit=context.settings.sign_in_attempts,
                now=context.now,
            )
    except Refusal as refusal:
        waiting = Finding(code=refusal.code, message=refusal.message)
        return FormError(waiting, status=refusal.status, retry_after_s=refusal.retry_after_s)
    if attempt.password_hash is None or not access.password_matches(attempt.password_hash, old):
        return FormError(at_field("old_password", "wrong", n_("This is not your present password.")))
    new_hash = access.hashed_password(new)
    with context.write() as connection:
        access.attempt_succeeded(connection, attempt=attempt)
        access.change_password(
            connection,
            account_id=viewer.account_id,
            old_hash=attempt.password_hash,
            new_hash=new_hash,
            session=viewer.session,
            now=context.now,
        )
        context.note(subject=viewer.label)
    return Redirect(n_("Your password is changed. Other sessions of yours have ended."), then="home")


def _findings(*, old: str, new: str, repeated: str, email: str) -> list[Finding]:
    missing = [
        at_field(name, "missing", n_("Fill this in."))
        for name, typed in (("old_password", old), ("new_password", new), ("repeated_password", repeated))
        if not typed
    ]
    if missing:
        return missing
    findings = access.password_findings("new_password", new, email=email)
    if new == old:
        findings.append(at_field("new_password", "same", n_("The new password is the old one.")))
    if new != repeated:
        findings.append(
            at_field("repeated_password", "differs", n_("The two do not match. Type the new password again."))
        )
    return findings
