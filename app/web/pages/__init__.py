"""The pages: one module each, listed here and nowhere else.

A new page is a module with its ``pages``, a template, a script if it needs one, a test, a line below, and one in
:mod:`app.web.navigation` where people are to be led to it. No page imports another.
"""

from __future__ import annotations

from typing import Final

from app.web.pages import (
    accounts,
    activities,
    activity,
    agency,
    business,
    changes,
    clock,
    decisions,
    deliveries,
    derivation,
    design,
    figures,
    files,
    folder_files,
    forgotten,
    goals,
    grades,
    help,  # noqa: A004 - the page is called so
    home,
    jobs,
    keys,
    ledger,
    lifting,
    log_activity,
    look,
    office,
    password,
    people,
    people_map,
    rejected,
    scorecard,
    search,
    sessions,
    set_password,
    sign_in,
    targets,
    verification,
    views,
    welcome,
)
from app.web.routing import Pages

__all__ = ["PAGES"]

PAGES: Final[tuple[Pages, ...]] = (
    accounts.pages,
    activities.pages,
    activity.pages,
    agency.pages,
    business.pages,
    clock.pages,
    decisions.pages,
    deliveries.pages,
    derivation.pages,
    design.pages,
    figures.pages,
    files.pages,
    changes.pages,
    folder_files.pages,
    forgotten.pages,
    goals.pages,
    grades.pages,
    help.pages,
    home.pages,
    jobs.pages,
    keys.pages,
    ledger.pages,
    ledger.trail_pages,
    lifting.pages,
    log_activity.pages,
    look.pages,
    office.pages,
    password.pages,
    people.pages,
    people_map.pages,
    rejected.pages,
    scorecard.own_pages,
    scorecard.pages,
    search.pages,
    sessions.pages,
    set_password.pages,
    sign_in.pages,
    targets.pages,
    verification.pages,
    views.pages,
    welcome.pages,
)
