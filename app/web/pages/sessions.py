"""One's own sessions: where one is signed in, since when, and the end of those that should not be.

Do not take a device's word for it: what a browser says of itself tells sessions apart, and proves nothing.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.asked.sign_in import end_session

pages: Final = Pages("sessions")

BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Whale", "Whale"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""What stands in a browser's name for itself, the telling ones first: most say that they are others too."""

SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class SessionForm(BaseModel):
    """Which one is to end."""

    model_config = ConfigDict(frozen=True)

    session: Annotated[str, Field(max_length=64)]


@pages.read("/sessions", may=Deed.KEEP_SESSIONS)
def sessions(context: RequestContext) -> Page:
    """The open ones, this one first."""
    rows = access.own_sessions(
        context.connection, viewer=context.viewer, now=context.now, idle=context.settings.session_idle
    )
    minutes = int(context.settings.session_idle.total_seconds()) // 60
    hours = int(context.settings.session_life.total_seconds()) // 3600
    return Page("pages/sessions.html", sessions=rows, device=device, minutes=minutes, hours=hours)


@pages.act("/sessions/end", may=Deed.KEEP_SESSIONS, again="sessions")
def end(context: RequestContext, form: SessionForm) -> Redirect:
    """End one; where it is this one, one is signed out."""
    viewer = context.viewer
    access.end_own_session(context.connection, viewer=viewer, key=form.session, now=context.now)
    context.note(subject=viewer.label, after={"ended": 1})
    if form.session == viewer.session:
        end_session()
        return Redirect(n_("You are signed out."), then="sign_in")
    return Redirect(n_("The session has ended."), then="sessions")


@pages.act("/sessions/end-others", may=Deed.KEEP_SESSIONS, again="sessions")
def end_others(context: RequestContext) -> Redirect:
    """End all but this one."""
    viewer = context.viewer
    ended = access.end_sessions(context.connection, account_id=viewer.account_id, now=context.now, but=viewer.session)
    context.note(subject=viewer.label, after={"ended": ended})
    return Redirect(n_("All your other sessions have ended."), then="sessions")


def device(said: str) -> tuple[str | None, str | None]:
    """Browser and system, by what a browser says of itself; None for what it does not."""
    browser = next((name for sign, name in BROWSERS if sign in said), None)
    return browser, next((name for sign, name in SYSTEMS if sign in said), None)
