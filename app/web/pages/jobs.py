"""Scheduled work as the administrator and the auditor see it: the runs, how they ended, and when a worker was last seen.

Do not read an empty list as "all is well": without a worker nothing runs, so that stands on top.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from app.kit import jobs as kept
from app.rules.permissions import Deed
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext

pages: Final = Pages("jobs")

RUNS_SHOWN: Final = 200
SILENT_AFTER: Final = dt.timedelta(minutes=5)


@pages.read("/jobs", may=Deed.SEE_JOBS)
def jobs(context: RequestContext) -> Page:
    """The latest runs."""
    seen = kept.worker_last_seen(context.connection)
    runs = kept.last_runs(context.connection, limit=RUNS_SHOWN + 1)
    return Page(
        "pages/jobs.html",
        runs=runs[:RUNS_SHOWN],
        has_more=len(runs) > RUNS_SHOWN,
        seen=seen,
        due=[(name, daily.following(context.now)) for name, daily in kept.TIMETABLE.items()],
        silent=seen is None or context.now - seen > SILENT_AFTER,
    )
