"""Where one begins after signing in: the page that one's work starts from."""

from __future__ import annotations

from typing import Final

from app.rules.permissions import Deed
from app.web.navigation import home_of, items_for
from app.web.rendering import Page, SeeOther
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("home")


@pages.read("/", may=Deed.OPEN_HOME)
def home(context: RequestContext) -> Page | SeeOther:
    """Lead on; who is led nowhere is told so."""
    page = home_of(context, items_for(context))
    return SeeOther(page) if page is not None else Page("pages/home.html")
