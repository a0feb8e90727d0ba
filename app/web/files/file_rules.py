"""By what the figures of a cycle's file came about: a workbook says it on its second sheet, beside its count and the sum over its cells."""

from __future__ import annotations

from dataclasses import replace

from app import cascade
from app import cycle as cycles
from app.exports import Cell, ExportSheet
from app.plain.findings import n_
from app.rules.stages import PAID_IN
from app.scoring import CyclePlan
from app.web.asked.request_context import RequestContext
from app.web.wording.file_words import file_words

__all__ = ["with_rules"]


def with_rules(context: RequestContext, sheet: ExportSheet, plan: CyclePlan, *, is_live: bool = False) -> ExportSheet:
    """A table with the policy that its cycle goes by: the share and the rate of each grade, in the reader's language; of a locked one the snapshot's sum too.

    Args:
        context: the request's, in a transaction.
        sheet: the table.
        plan: the cycle's, as its figures were worked out.
        is_live: whether they are those that there would be without pins: no snapshot has them.

    Queries: 2 at most.
    """
    say = file_words().say
    notes: list[tuple[str, Cell]] = [(say(n_("Cycle")), str(plan.cycle))]
    for one in plan.sheet.definitions.policies.grades:
        notes.append((say(n_("Share of the grade %(grade)s (percent)")) % {"grade": one.grade}, one.share))
        notes.append((say(n_("Rate of the grade %(grade)s (percent)")) % {"grade": one.grade}, one.rate))
    if not is_live:
        notes.extend(_locked(context, plan.cycle))
    return replace(sheet, closing=(say(n_("rules")), sheet.closing[1]), notes=(*sheet.notes, *notes))


def _locked(context: RequestContext, cycle: int) -> list[tuple[str, Cell]]:
    """With what the cycle is locked: nothing before it is, and nothing while a round is open again."""
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or opened.stage not in PAID_IN:
        return []
    name = file_words().say(n_("Snapshot of round %(round)s (SHA-256)"))
    return [
        (name % {"round": one.round}, one.results_sha256)
        for one in cascade.locked_rounds(context.connection, cycle)
        if one.round == opened.round
    ]
