"""Signing in and out.

A newcomer's usual mistake is one transaction around all of it: hashing a password takes a tenth of a second, in which no writer should wait.
So the attempt is written down, the password checked with nothing open, and the session begun.
"""

from __future__ import annotations

from typing import Final

from flask import request
from pydantic import BaseModel, ConfigDict

from app import access
from app.kit.refusals import Refusal, at_field
from app.rules.permissions import Deed
from app.rules.terms import Finding, n_
from app.web.desk import Desk
from app.web.rendering import Again, Moved, Page, Said
from app.web.routing import Pages
from app.web.security import safe_next
from app.web.sign_in import begin_session, end_session

pages: Final = Pages("sign_in")

WRONG: Final = n_("This e-mail and password do not belong together.")


class SignIn(BaseModel):
    """What the form sends; a password is taken as typed, so it is read apart."""

    model_config = ConfigDict(frozen=True)

    email: str


@pages.read("/login", may=Deed.SIGN_IN)
def sign_in(desk: Desk) -> Page | Moved:
    """The form; who is signed in already goes on."""
    wanted = safe_next(request.values.get("next"))
    if desk.person is not None:
        return Moved(wanted or "home")
    return Page("pages/sign_in.html", wanted=wanted)


@pages.act("/login", may=Deed.SIGN_IN, again="sign_in", transaction=False, trail=False)
def enter(desk: Desk, form: SignIn) -> Moved | Again:
    """Check the password and begin a session on the server."""
    password = request.form.get("password", "")
    if not password:
        return Again(at_field("password", "missing", n_("Fill this in.")))
    try:
        with desk.database.write(Deed.SIGN_IN) as connection:
            attempt = access.begin_attempt(
                connection,
                email=form.email,
                address=desk.address,
                limit=desk.settings.sign_in_attempts,
                now=desk.now,
            )
    except Refusal as refusal:
        waiting = Finding(code=refusal.code, message=refusal.message)
        return Again(waiting, status=refusal.status, retry_after_s=refusal.retry_after_s)
    if not access.password_matches(attempt.password_hash, password):
        return Again(at_field("password", "wrong", WRONG))
    with desk.database.write(Deed.SIGN_IN) as connection:
        token = access.finish_attempt(connection, attempt=attempt, now=desk.now)
        viewer = None if token is None else access.viewer(connection, token=token, now=desk.now)
        if viewer is not None:
            if desk.person is not None:
                access.sign_out(connection, viewer=desk.person, now=desk.now)
            access.record_deed(connection, who=viewer.label, deed=Deed.SIGN_IN, at=desk.now, subject=viewer.label)
    if token is None or viewer is None:
        return Again(at_field("password", "wrong", WRONG))
    begin_session(token, viewer)
    return Moved(safe_next(request.form.get("next")) or "home")


@pages.act("/logout", may=Deed.SIGN_OUT)
def leave(desk: Desk) -> Said:
    """End the session on the server and forget the cookie."""
    access.sign_out(desk.connection, viewer=desk.viewer, now=desk.now)
    desk.note(subject=desk.viewer.label)
    end_session()
    return Said(n_("You are signed out."), then="sign_in")
