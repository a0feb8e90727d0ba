"""Mails: what became of each, and the button that has one sent again.

Do not show what a mail says: a link in it opens its reader's account.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.kit import outbox
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.wording.words import DELIVERY_STATES, MAILS

pages: Final = Pages("deliveries")

PAGE_ROWS: Final = 100


class DeliveriesQuery(BaseModel):
    """Which mails."""

    model_config = ConfigDict(frozen=True)

    state: Literal["", "waiting", "held", "sent", "failed"] = ""
    before: Annotated[int | None, Field(ge=0, le=2**62)] = None


@pages.read("/deliveries", may=Deed.KEEP_DELIVERIES)
def deliveries(context: RequestContext, query: DeliveriesQuery) -> Page:
    """The newest first."""
    rows = outbox.deliveries(context.connection, state=query.state or None, before=query.before, limit=PAGE_ROWS + 1)
    return Page(
        "pages/deliveries.html",
        deliveries=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else None,
        query=query,
        sends_mail=context.settings.sends_mail,
        is_held=outbox.is_any_held(context.connection),
        mails=MAILS,
        states=DELIVERY_STATES,
        most=len(outbox.AGAIN_AFTER) + 1,
    )


@pages.act("/deliveries/<int:number>/resend", may=Deed.KEEP_DELIVERIES)
def resend(context: RequestContext, number: int) -> Redirect:
    """Have one tried at once, whatever became of it."""
    recipient = outbox.resend(context.connection, delivery=number, at=context.now)
    context.note(subject=f"delivery:{number}", after={"resend": recipient})
    return Redirect(
        n_("The mail to %(recipient)s is sent again."), then="deliveries", parameters={"recipient": recipient}
    )
