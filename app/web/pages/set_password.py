"""Setting a password by a link that came by mail: of an invitation, or of whoever has forgotten theirs.

Do not spend the link when the page is looked at: programs that read mails open every link in them. What is typed is not trimmed, since spaces
belong to a password.
"""

from __future__ import annotations

from typing import Final

from flask import request
from sqlalchemy import Connection

from app import access
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.password_check import new_password_findings
from app.web.answer.rendering import FormError, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext

pages: Final = Pages("set_password")


@pages.read("/set_password/<token>", may=Deed.SET_PASSWORD)
def form(context: RequestContext, token: str) -> Page:
    """The form; none where the link is unknown, used or over, which are not told apart."""
    holder = access.link_holder(context.connection, token=token, now=context.now)
    if holder is None:
        return _over()
    return Page("pages/set_password.html", holder=holder, token=token, least=access.PASSWORD_LENGTH_MIN)


@pages.act("/set_password/<token>", may=Deed.SET_PASSWORD, again="form", transaction=False, lane=Lane.PASSWORD)
def set_password(context: RequestContext, token: str) -> Page | Redirect | FormError:
    """Set it, which spends the link; sessions that were open end."""
    with context.database.read() as connection:
        holder = access.link_holder(connection, token=token, now=context.now)
    if holder is None:
        return _over()
    new, repeated = (request.form.get(name, "") for name in ("new_password", "repeated_password"))
    findings = new_password_findings(context, email=holder.email, employee=holder.employee, new=new, repeated=repeated)
    if findings:
        return FormError(*findings)
    new_hash = access.hashed_password(new)

    def work(connection: Connection) -> None:
        access.set_password(connection, token=token, new_hash=new_hash, now=context.now)
        context.note(subject=f"account:{holder.email}", who=f"account:{holder.email}")

    # Two links of one account are each spent by the other: who comes second is told that theirs is over.
    context.writing(work)
    return Redirect(
        n_("Your password is set. Sign in with %(email)s and your new password."),
        then="sign_in",
        parameters={"email": holder.email},
    )


def _over() -> Page:
    return Page("pages/set_password.html", holder=None, status=404)
