"""Whether a typed password is an account's: throttled in the same way wherever one is typed.

Do not open a transaction around it: the check takes a tenth of a second, in which no writer should wait.
"""

from __future__ import annotations

from typing import Final

from flask import request

from app import access, organisation
from app.access import Attempt
from app.kit.refusals import Refusal, at_field
from app.plain.findings import Finding, n_
from app.web.answer.rendering import FormError
from app.web.asked.known_browser import known_browser
from app.web.asked.request_context import RequestContext

__all__ = ["checked_attempt", "new_password_findings"]

OVER: Final = n_("The time of this first password is over: ask an administrator for a new one.")


def checked_attempt(
    context: RequestContext, *, email: str, password: str, field: str, wrong: str
) -> Attempt | FormError:
    """The attempt whose password was right, to be noted as such; else what the form is told.

    Args:
        context: of a route without a transaction.
        email: the account's, as typed.
        password: as typed.
        field: into which it was typed.
        wrong: what is said of another password, marked for the catalogues.
    """
    try:
        with context.write() as connection:
            attempt = access.begin_attempt(
                connection,
                email=email,
                address=context.address,
                limit=context.settings.sign_in_attempts,
                now=context.now,
                browser=known_browser(request, context.settings, email=email),
            )
    except Refusal as refusal:
        waiting = Finding(code=refusal.code, message=refusal.message)
        return FormError(waiting, status=refusal.status, retry_after_s=refusal.retry_after_s)
    if not access.password_matches(attempt.password_hash, password):
        return FormError(at_field(field, "wrong", wrong))
    if attempt.over:
        return FormError(at_field(field, "over", OVER))
    return attempt


def new_password_findings(
    context: RequestContext, *, email: str, employee: str | None, new: str, repeated: str, old: str | None = None
) -> list[Finding]:
    """What is wrong with a new password that was typed twice, beside the present one where that is asked for.

    Args:
        context: of a route without a transaction.
        email: the account's.
        employee: whose account it is.
        new: as typed.
        repeated: as typed again.
        old: the present one as typed; None where it is not asked for.
    """
    typed = (("old_password", old), ("new_password", new), ("repeated_password", repeated))
    findings = [at_field(name, "missing", n_("This is empty: fill it in.")) for name, text in typed if text == ""]
    if new:
        others, around = _close_to(context, employee)
        findings += access.password_findings("new_password", new, email=email, others=others, around=around)
    if new and new == old:
        findings.append(at_field("new_password", "same", n_("The new password is the old one: choose another.")))
    if new and repeated and new != repeated:
        findings.append(
            at_field("repeated_password", "differs", n_("The two do not match: type the new password again."))
        )
    return findings


def _close_to(context: RequestContext, number: str | None) -> tuple[list[str], list[str]]:
    """What whoever tries passwords would try first for this person: the name and number, and the agency's name; and then those of its units."""
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
