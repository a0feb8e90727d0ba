"""Whether a typed password is an account's: throttled in the same way wherever one is typed.

Do not open a transaction around it: the check takes a tenth of a second, in which no writer should wait.
"""

from __future__ import annotations

from typing import Final

from flask import request

from app import access
from app.access import Attempt
from app.kit.refusals import Refusal, at_field
from app.plain.findings import Finding, n_
from app.web.known_browser import known_browser
from app.web.rendering import FormError
from app.web.request_context import RequestContext

__all__ = ["checked_attempt"]

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
