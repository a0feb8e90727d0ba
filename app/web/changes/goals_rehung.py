"""Goal lines that hung on a unit and hang on another when units are moved, closed or merged: of the cycles that begin then, as far as the other has the KPI.

Do not touch a cycle that is under way: what somebody has agreed to be measured by stays until it ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import gettext

from app import scoring
from app.intake import Put, PutDocument
from app.plain.findings import n_
from app.rules.presence import cycle_period
from app.web.asked.request_context import RequestContext
from app.web.changes.change_basket import Basket
from app.web.changes.rearranging import unit_name

__all__ = ["Rehanging", "rehung"]


class Rehanging(NamedTuple):
    """Which lines: those that hang on one unit and are to hang on another; all of them, or one unit's alone."""

    old: str
    new: str
    of: str | None = None


def rehung(
    context: RequestContext, chosen: Basket, puts: Sequence[Put | PutDocument], lines: Rehanging, *, day: dt.date
) -> tuple[list[Put | PutDocument], tuple[str, ...]]:
    """What goes into the set with the lines that hang elsewhere, and what is said of them.

    Args:
        context: the request's.
        chosen: the set, whose scorecards are built upon.
        puts: what goes into it anyway.
        lines: which hang on what.
        day: the first one on which units are otherwise.
    """
    rows = chosen.rows("scorecards.csv")
    first_month = scoring.state(context.connection).frame.first_month
    old, new = f"unit:{lines.old}", f"unit:{lines.new}"
    moved, left = [], 0
    for row in rows.values():
        if row["parent_node"] != old or (lines.of is not None and row["node"] != f"unit:{lines.of}"):
            continue
        begins = cycle_period(int(row["cycle"]), first_month).from_
        if begins is None or begins < day:
            continue
        if (row["cycle"], new, row["parent_kpi"] or row["kpi"]) in rows:
            moved.append({**row, "parent_node": new})
        else:
            left += 1
    name = unit_name(context.directory, lines.new, day)
    told = [
        str(
            gettext(
                n_("Goal lines that hang on the same KPI of %(unit)s then: %(count)s."), unit=name, count=len(moved)
            )
        )
    ]
    if left:
        message = n_(
            "Goal lines for which %(unit)s has no such KPI: %(count)s. They stay as they are: change them on the scorecards."
        )
        told.append(str(gettext(message, unit=name, count=left)))
    return [*puts, *([Put("scorecards.csv", moved)] if moved else [])], tuple(told)
