"""For whom entries would wait to be verified with a change set in the agency, and which units would have no head: in words.

Do not look on the day that is today: a set that moves somebody next month moves the queues of next month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext

from app import intake
from app.intake import ChangedRow, ChangePreview, JudgedFolder
from app.plain.findings import n_
from app.rules.terms import Node, NodeKind
from app.web.asked.request_context import RequestContext
from app.web.sentences.row_words import RowWords

__all__ = ["QueuesShown", "queues_shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesShown:
    """What a change does to who verifies what.

    Attributes:
        day: whose postings decide: the first day that the change is of, as far as it lies ahead.
        queues: for whom another number of entries would wait, with the numbers before and after.
        without_head: units that have a head and would have none, by name.
    """

    day: dt.date
    queues: tuple[tuple[str, int, int], ...]
    without_head: tuple[str, ...]


def queues_shown(
    context: RequestContext,
    judged: JudgedFolder,
    rows: Iterable[ChangedRow],
    words: RowWords | None = None,
    *,
    previewed: ChangePreview | None = None,
) -> QueuesShown:
    """What of it a page shows.

    Args:
        context: the request's, in a transaction that reads.
        judged: the folder with the change in it, judged right.
        rows: that are others, whose days say from when on.
        words: the page's own, where it has them.
        previewed: the agency with the change, where it was asked for already.

    Queries: those of :func:`app.intake.verifiers_of_change`.
    """
    said = words or RowWords(context)
    day = intake.day_of_change(rows, today=context.today)
    moved = intake.verifiers_of_change(context.connection, judged, day=day, previewed=previewed)
    of_hr = str(gettext(n_("HR, as no head stands above")))
    return QueuesShown(
        day=day,
        queues=tuple(
            (of_hr if one.head is None else said.node(Node(NodeKind.EMPLOYEE, one.head)), one.before, one.after)
            for one in moved.queues
        ),
        without_head=tuple(said.node(Node(NodeKind.UNIT, one)) for one in moved.without_head),
    )
