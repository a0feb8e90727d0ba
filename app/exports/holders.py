"""Who has which KPI with what weight, from the agency to a person, as the page of KPIs shows it; texts are in the reader's language."""

from __future__ import annotations

from app.exports.table import Column, Export, FileWords
from app.plain.findings import n_
from app.rules.kpis import Translated
from app.scoring import HolderRow

__all__ = ["holders_export"]


def holders_export(words: FileWords) -> Export[HolderRow]:
    """The file of lines, its headings, texts and names in the reader's language."""
    say = words.say

    def said(text: Translated) -> str:
        return text.in_language(words.language)

    return Export[HolderRow](
        say(n_("KPIs")),
        (
            Column(
                say(n_("Perspective")),
                lambda row: words.term("perspective", row.goal.perspective if row.goal else None),
                20,
            ),
            Column(say(n_("Goal")), lambda row: None if row.goal is None else said(row.goal.name), 30),
            Column(say(n_("Strategic task")), lambda row: None if row.task is None else said(row.task.name), 30),
            Column(say(n_("KPI code")), lambda row: row.line.kpi, 24),
            Column(say(n_("KPI")), lambda row: said(row.version.name), 36),
            Column(say(n_("Unit or person (code)")), lambda row: str(row.line.node), 18),
            Column(say(n_("Unit or person")), lambda row: words.named(row.name), 30),
            Column(say(n_("Weight")), lambda row: row.line.weight),
            Column(say(n_("Link")), lambda row: words.term("link", row.line.link)),
            Column(
                say(n_("Line above (code)")),
                lambda row: None if row.line.parent_node is None else str(row.line.parent_node),
                18,
            ),
            Column(say(n_("Line above")), lambda row: words.named(row.above_name), 30),
            Column(say(n_("KPI above (code)")), lambda row: row.line.parent_kpi, 24),
            Column(
                say(n_("KPI above")),
                lambda row: None if row.above_version is None else said(row.above_version.name),
                36,
            ),
        ),
        words.closing,
    )
