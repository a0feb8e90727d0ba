"""What a person is to be told where their work begins: the open notices, in their language.

Do not show the numbers of a notice: they held when the worker last looked. It only says that there is something to be told; how much waits is
counted at the moment, as the queue does.
"""

from __future__ import annotations

from flask_babel import gettext

from app import intake, ledger, notices, scoring
from app.rules.permissions import Deed, Relation, relations_that_allow
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import day_text
from app.web.wording.words import FOLDER_FILES

__all__ = ["reminders_for"]


def reminders_for(context: RequestContext) -> list[str]:
    """The reminders of the person who asks; none for whoever may not do what they ask for.

    Queries: at most 1, and those of the queue where there is one.
    """
    viewer = context.viewer
    if not context.allowed(Deed.VERIFY):
        return []
    at_the_top = Relation.UNHEADED in relations_that_allow(viewer.roles, Deed.VERIFY)
    told = notices.open_notices(context.connection, employee=viewer.employee, is_hr=at_the_top)
    open_notices = [one for one in told if one.kind == notices.UNVERIFIED]
    waiting = (
        ledger.waiting_for(
            context.connection, scoring.state(context.connection).frame, viewer=viewer, day=context.today
        )
        if open_notices
        else None
    )
    said = []
    if waiting is not None:
        number, oldest = waiting
        said.append(gettext(open_notices[0].message, number=number, oldest=day_text(oldest)))
    for one in told:
        if one.kind == notices.LATE_FEED:
            said += _late_feeds(context, one.message)
    return said


def _late_feeds(context: RequestContext, message: str) -> list[str]:
    """A sentence for each feed that is silent at the moment."""
    return [
        gettext(
            message, file=gettext(FOLDER_FILES[late.file]), since=day_text(late.since.astimezone(context.zone).date())
        )
        for late in intake.late_feeds(context.connection, now=context.now)
    ]
