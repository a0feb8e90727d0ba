"""Every component of the pages in each of its states, for whoever builds pages; only there where the process is told so.

Do not show figures of an agency here: whoever comes by, signed in or not, sees this page where it is.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from app.kit.refusals import NotThere
from app.plain.findings import Finding, Place
from app.rules.activities import MESSAGES
from app.rules.permissions import Deed
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.forms import Typed
from app.web.asked.request_context import RequestContext
from app.web.looks.design_samples import samples

pages: Final = Pages("design")

COLOURS: Final = {
    "Text": ("ink", "ink-soft", "ink-faint", "accent", "accent-strong", "good", "caution", "bad"),
    "Grounds": (
        "ground",
        "surface",
        "surface-sunk",
        "surface-hover",
        "accent-soft",
        "good-soft",
        "caution-soft",
        "bad-soft",
    ),
    "Lines and fills": ("line", "line-strong", "fill", "fill-strong", "focus"),
    "Bands": ("band-S", "band-A", "band-B", "band-C", "band-D", "band-E", "band-none"),
    "Charts": ("chart-measure", "chart-target", "chart-projection", "chart-range-1", "chart-range-2", "chart-range-3"),
}
"""The tokens of colour by what they are for (static/tokens.css)."""

_WEEKS: Final = (52.0, 55.5, 54.0, 61.2, 63.0, 67.4, 66.1, 70.2)
_DAY: Final = dt.date(2026, 3, 31)


@pages.read("/design", may=Deed.PUBLIC)
def design(context: RequestContext) -> Page:
    """All of them; one field was refused, so that its error and the summary of it stand there too.

    Raises:
        NotThere: the process does not serve its developers.
    """
    if not context.settings.development:
        raise NotThere
    unknown = Finding(
        code="unknown_employee",
        message=MESSAGES["unknown_employee"],
        parameters={"value": "Alba"},
        place=Place(field="colleague"),
    )
    context.typed = Typed(values={"colleague": ["Alba"]}, findings=(unknown,), refused=True)
    return Page("pages/design.html", colours=COLOURS, weeks=_WEEKS, day=_DAY, **samples())
