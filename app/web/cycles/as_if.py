"""What weights would move in the cycle under way if they held there: those of a coming one, which has no figures yet, or those of scorecards that are agreed on.

Whoever proposes them and whoever is to agree read the same. Nothing of it is stored.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app import intake, scoring
from app.intake import Changed, ChangeSet
from app.rules.presence import cycle_of
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.sentences.effect_words import Moves, effects_seen, shown_effects

__all__ = ["AsIf", "as_if_now", "coming_weights"]

FILE: Final = "scorecards.csv"


class AsIf(NamedTuple):
    """What the weights of a coming cycle would move in the present one; None where the rules of that one do not let them stand."""

    coming: int
    present: int
    effects: Moves | None


def coming_weights(context: RequestContext, changed: Changed) -> int | None:
    """The first cycle after the one under way whose scorecards a set changes; None for none. Queries: those of :func:`app.scoring.state`."""
    present = _present(context)
    cycles = {int(row.key[0]) for row in changed.rows if row.file == FILE and row.key[0].isdecimal()}
    return min((one for one in cycles if one > present), default=None)


def as_if_now(
    context: RequestContext,
    changed: Changed,
    *,
    coming: int,
    change: ChangeSet | None = None,
    present: int | None = None,
) -> AsIf:
    """Lay the weights of a coming cycle, as they would be with a set, upon the cycle under way; or its own of that one upon what is agreed on there.

    Args:
        context: the request's, in a transaction that reads.
        changed: all that the set holds.
        coming: whose weights are meant.
        change: the set; None for one that is yet to begin.
        present: the cycle under way, where it was asked for already.
    """
    connection = context.connection
    now = _present(context) if present is None else present
    lines = scoring.state(connection).standing(now).sheet.lines.get(now, {})
    rows = list(intake.rows_wanted(connection, changed, FILE).values())
    if coming == now:
        # What was agreed on otherwise than the folder says stays as it was agreed, but for whoever's weights the set is about.
        meant = {row.key[1] for row in changed.rows if row.file == FILE and row.key[0] == str(now)}
        rows = [row for row in rows if row["node"] in meant]
    laid = scoring.weights_laid(rows, lines, of=coming)
    try:
        wish = intake.lab_wish(weights=laid)
        moved = intake.lab_effects(connection, wish, of_cycle=now, today=context.today)
    except intake.LabFindings:
        return AsIf(coming, now, None)
    return AsIf(
        coming, now, shown_effects(context, effects_seen(context, moved, checks=changing.sees_pay(context, change)))
    )


def _present(context: RequestContext) -> int:
    return cycle_of(context.today, scoring.state(context.connection).frame.first_month)
