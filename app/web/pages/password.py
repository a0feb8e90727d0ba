"""Changing one's own password.

Do not trim what was typed: spaces belong to a password, so the fields are read as they came.
"""

from __future__ import annotations

from typing import Final

from flask import request, session

from app import access, organisation
from app.kit.refusals import at_field
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.web.known_browser import remember_browser
from app.web.limits import Lane
from app.web.password_check import checked_attempt
from app.web.rendering import FormError, Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.sign_in import KEPT_FORMS, begin_session, client_of

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
    findings = _findings(context, old=old, new=new, repeated=repeated)
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


def _findings(context: RequestContext, *, old: str, new: str, repeated: str) -> list[Finding]:
    findings = [
        at_field(name, "missing", n_("This is empty: fill it in."))
        for name, typed in (("old_password", old), ("new_password", new), ("repeated_password", repeated))
        if not typed
    ]
    if new:
        others, around = _close_to(context)
        findings += access.password_findings(
            "new_password", new, email=context.viewer.email, others=others, around=around
        )
    if new and new == old:
        findings.append(at_field("new_password", "same", n_("The new password is the old one: choose another.")))
    if new and repeated and new != repeated:
        findings.append(
            at_field("repeated_password", "differs", n_("The two do not match: type the new password again."))
        )
    return findings


def _close_to(context: RequestContext) -> tuple[list[str], list[str]]:
    """What whoever tries passwords would try first for this person: the name and number, and the agency's name; and then those of its units."""
    number = context.viewer.employee
    with context.database.read() as connection:
        directory = organisation.directory(connection)
    root = directory.tree.root_on(context.today)
    agency = None if root is None else directory.unit_near(root, context.today)
    person = directory.employees.get(number) if number is not None else None
    below = () if root is None else directory.units_below(root, context.today)
    units = [unit for code in below if (unit := directory.unit_near(code, context.today)) is not None]
    others = [
        *((number,) if number else ()),
        *((person.name,) if person else ()),
        *((person.email,) if person and person.email else ()),
        *((agency.code, *agency.name.in_languages()) if agency else ()),
    ]
    return others, [name for unit in units for name in unit.name.in_languages()]
