"""Asking for a new password by mail, for whoever has forgotten theirs.

Do not look up whose e-mail it is: the worker does. Here the answer, and the time that it takes, are the same for everyone, so that nobody
finds out who has an account.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import SIGN_IN_BYTES
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import chosen_language

pages: Final = Pages("forgotten")


class Forgotten(BaseModel):
    """Whose password is asked for."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[str, Field(max_length=254)]


@pages.read("/forgotten", may=Deed.ASK_PASSWORD)
def forgotten(context: RequestContext) -> Page:
    """The form."""
    return Page("pages/forgotten.html", sends_mail=context.settings.sends_mail)


@pages.act("/forgotten", may=Deed.ASK_PASSWORD, again="forgotten", body_bytes=SIGN_IN_BYTES)
def ask(context: RequestContext, form: Forgotten) -> Redirect:
    """Post what was asked; no trail, which anybody could fill."""
    context.did_nothing = True
    access.ask_for_password(
        context.connection,
        email=form.email,
        language=chosen_language(),
        address=context.address,
        limit=context.settings.sign_in_attempts,
        now=context.now,
    )
    return Redirect(
        n_(
            "If this e-mail has an account, a mail with a link is on its way. Look into your mailbox, also among what it takes for unwanted."
        ),
        then="sign_in",
    )
