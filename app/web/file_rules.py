"""By what the figures of a cycle's file came about: a workbook says it on its second sheet, beside its count and the sum over its cells."""

from __future__ import annotations

from dataclasses import replace

from app.exports import Cell, ExportSheet
from app.plain.findings import n_
from app.scoring import CyclePlan
from app.web.file_words import file_words

__all__ = ["with_rules"]


def with_rules(sheet: ExportSheet, plan: CyclePlan) -> ExportSheet:
    """A table with the policy that its cycle goes by: the share and the rate of each grade, in the reader's language."""
    say = file_words().say
    notes: list[tuple[str, Cell]] = [(say(n_("Cycle")), str(plan.cycle))]
    for one in plan.sheet.definitions.policies.grades:
        notes.append((say(n_("Share of the grade %(grade)s (percent)")) % {"grade": one.grade}, one.share))
        notes.append((say(n_("Rate of the grade %(grade)s (percent)")) % {"grade": one.grade}, one.rate))
    return replace(sheet, notes=(*sheet.notes, *notes))
