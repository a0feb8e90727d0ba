"""What a person is to be told where their work begins: the open notices, in their language.

Do not show the numbers of a notice: they held when the worker last looked. It only says that there is something to be told; how much waits is
counted at the moment, as the queue does.
"""

from __future__ import annotations

from flask_babel import gettext

from app import ledger, notices, scoring
from app.rules.permissions import Deed, Relation, relations_that_allow
from app.web.languages import day_text
from app.web.request_context import RequestContext

__all__ = ["reminders_for"]


def reminders_for(context: RequestContext) -> list[str]:
    """The reminders of the person who asks; none for whoever may not do what they ask for.

    Queries: at most 1, and those of the queue where there is one.
    """
    viewer = context.viewer
    if not context.allowed(Deed.VERIFY):
        return []
    at_the_top = Relation.UNHEADED in relations_that_allow(viewer.roles, Deed.VERIFY)
    open_notices = notices.open_notices(context.connection, employee=viewer.employee, is_hr=at_the_top)
    waiting = (
        ledger.waiting_for(
            context.connection, scoring.state(context.connection).frame, viewer=viewer, day=context.today
        )
        if open_notices
        else None
    )
    if waiting is None:
        return []
    number, oldest = waiting
    return [gettext(open_notices[0].message, number=number, oldest=day_text(oldest))]
