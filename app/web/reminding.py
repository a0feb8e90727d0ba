"""What a person is to be told where their work begins: the open notices, in their language.

Do not count anew what waits: the notice says what held when the worker last looked, and the queue says what waits now.
"""

from __future__ import annotations

import datetime as dt

from flask_babel import format_date, gettext

from app import notices
from app.rules.permissions import Deed, Relation, relations_that_allow
from app.web.request_context import RequestContext

__all__ = ["reminders_for"]


def reminders_for(context: RequestContext) -> list[str]:
    """The reminders of the person who asks, the oldest first; none for whoever may not do what they ask for. Queries: at most 1."""
    viewer = context.viewer
    if not context.allowed(Deed.VERIFY):
        return []
    at_the_top = Relation.UNHEADED in relations_that_allow(viewer.roles, Deed.VERIFY)
    notices_open = notices.open_notices(context.connection, employee=viewer.employee, is_hr=at_the_top)
    return [gettext(one.message, **{name: _said(value) for name, value in one.subject.items()}) for one in notices_open]


def _said(value: str | int) -> str:
    """A day in words of the language; a number as it is."""
    return str(value) if isinstance(value, int) else str(format_date(dt.date.fromisoformat(value), "medium"))
