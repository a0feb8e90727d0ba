"""Goals down to the lines that serve them, with the figures of the pages that offer them; texts are in the reader's language."""

from __future__ import annotations

from app.exports.table import Column, Export, FileWords, measured_cell
from app.plain.findings import n_
from app.rules.kpis import Translated
from app.rules.rollup import published
from app.scoring import GoalRow

__all__ = ["goals_export"]


def goals_export(words: FileWords) -> Export[GoalRow]:
    """The file of goals, its headings, texts and the names of units in the reader's language."""
    say = words.say

    def said(text: Translated) -> str:
        return text.in_language(words.language)

    return Export[GoalRow](
        say(n_("Goals")),
        (
            Column(say(n_("Goal")), lambda row: None if row.goal is None else said(row.goal.name), 30),
            Column(say(n_("Strategic task")), lambda row: None if row.task is None else said(row.task.name), 30),
            Column(say(n_("KPI code")), lambda row: row.figures.kpi, 24),
            Column(say(n_("KPI")), lambda row: said(row.version.name), 36),
            Column(say(n_("Unit or person (code)")), lambda row: str(row.node), 18),
            Column(say(n_("Unit or person")), lambda row: words.named(row.name), 30),
            Column(say(n_("Line above (code)")), lambda row: None if row.above is None else str(row.above), 18),
            Column(say(n_("Line above")), lambda row: words.named(row.above_name), 30),
            Column(say(n_("Link")), lambda row: words.term("link", row.figures.link)),
            Column(say(n_("Weight")), lambda row: row.figures.weight),
            Column(say(n_("Unit of measure")), lambda row: said(row.version.unit)),
            Column(say(n_("Base value")), lambda row: measured_cell(row.figures.base)),
            Column(say(n_("Target")), lambda row: measured_cell(row.figures.target)),
            Column(say(n_("Actual")), lambda row: measured_cell(row.figures.actual)),
            Column(say(n_("Year's end at this pace")), lambda row: measured_cell(row.figures.projected_actual)),
            Column(say(n_("Score")), lambda row: published(row.figures.score)),
            Column(say(n_("Projected score")), lambda row: published(row.figures.projected_score)),
            Column(say(n_("Why there is no score")), lambda row: words.term("reason", row.figures.reason), 40),
        ),
        words.closing,
    )
