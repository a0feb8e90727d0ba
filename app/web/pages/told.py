"""How those are told who have no account to be written to: by whom hr writes it down, on which day and how; their window runs from then.

Do not list whoever was written to: the board has everybody.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.results import telling

pages: Final = Pages("told")


class ToldForm(BaseModel):
    """Who was told, on which day, and how."""

    model_config = ConfigDict(frozen=True)

    employee: Annotated[str, Field(max_length=40)]
    on: FormDay
    how: Annotated[str, Field(max_length=cycles.HOW_LENGTH_MAX)] = ""


@pages.read("/cycles/<int:cycle>/told", may=Deed.SEE_CYCLES)
def listed(context: RequestContext, cycle: int) -> Page:
    """Who is still to be told by hand, and who was. Queries: constant."""
    by_hand = telling.told_by_hand(context, cycle)
    return Page(
        "pages/told.html",
        cycle=cycle,
        to_tell=[one for one in by_hand if one.day is None],
        by_hand=[one for one in by_hand if one.day is not None],
        how_most=cycles.HOW_LENGTH_MAX,
    )


@pages.act("/cycles/<int:cycle>/told", may=Deed.TELL_BY_HAND, again="listed")
def tell(context: RequestContext, cycle: int, form: ToldForm) -> Redirect:
    """Write down that somebody was told."""
    telling.tell_by_hand(context, cycle, form.employee, on=form.on, how=form.how)
    return Redirect(
        n_("It is written down: the time to object runs from the day after."),
        then="told.listed",
        values={"cycle": cycle},
    )
