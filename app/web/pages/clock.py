"""By whose clock one reads instants: one's office's, or another one's choice, kept with the account.

Do not move a day by it: the days of activities are their offices', and files and the API say instants as they always do.
"""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.kit.cities import city_of
from app.kit.refusals import at_field
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import FormError, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.asked.zones import ZONES, zone_choices
from app.web.wording.languages import page_language

pages: Final = Pages("clock")

NO_ZONE: Final = n_("This city is not on the list: choose one that is offered.")
CHOSEN: Final = n_("Saved. Times are now those of %(city)s.")


class ClockForm(BaseModel):
    """Whose clock."""

    model_config = ConfigDict(frozen=True)

    timezone: str = Field(default="", max_length=64)


@pages.read("/clock", may=Deed.KEEP_CLOCK)
def clock(context: RequestContext) -> Page:
    """The choice of a city."""
    language = page_language()
    of_office = context.usual_zone
    return Page(
        "pages/clock.html",
        usual=city_of(str(of_office), language),
        has_office=of_office is not context.settings.timezone,
        choices=zone_choices(language, context.now),
        chosen=context.viewer.timezone or "",
    )


@pages.act("/clock", may=Deed.KEEP_CLOCK, again="clock", transaction=False)
def choose(context: RequestContext, form: ClockForm) -> Redirect | FormError:
    """Keep it with the account."""
    if form.timezone and form.timezone not in ZONES:
        return FormError(at_field("timezone", "unknown", NO_ZONE))
    with context.write() as connection:
        access.change_clock(connection, account_id=context.viewer.account_id, timezone=form.timezone or None)
        zone = ZoneInfo(form.timezone) if form.timezone else context.opened(connection).usual_zone
    context.closed()
    return Redirect(CHOSEN, then="clock", parameters={"city": city_of(str(zone), page_language())})
