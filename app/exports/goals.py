"""Goals down to the lines that serve them, with the figures of the pages that offer them; texts are in the reader's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from app.exports.table import Column, Export
from app.rules.kpis import Translated
from app.rules.rollup import published
from app.rules.terms import Name
from app.scoring import GoalRow

__all__ = ["NAME", "goals_export"]

NAME: Final = "goals"


def goals_export(language: str) -> Export[GoalRow]:
    """The file of goals, its texts and the names of units in a language. Rows are written while they are sent: none of it hangs on a request."""

    def said(text: Translated) -> str:
        return text.in_language(language)

    return Export[GoalRow](
        NAME,
        (
            Column("goal", lambda row: None if row.goal is None else said(row.goal.name), 30),
            Column("task", lambda row: None if row.task is None else said(row.task.name), 30),
            Column("kpi", lambda row: row.figures.kpi, 24),
            Column("kpi_name", lambda row: said(row.version.name), 36),
            Column("node", lambda row: str(row.node), 18),
            Column("name", lambda row: _name(row.name, language), 30),
            Column("parent_node", lambda row: None if row.above is None else str(row.above), 18),
            Column("link", lambda row: row.figures.link),
            Column("weight", lambda row: row.figures.weight),
            Column("unit_of_measure", lambda row: said(row.version.unit)),
            Column("base", lambda row: _figure(row.figures.base)),
            Column("target", lambda row: _figure(row.figures.target)),
            Column("actual", lambda row: _figure(row.figures.actual)),
            Column("projected_actual", lambda row: _figure(row.figures.projected_actual)),
            Column("score", lambda row: published(row.figures.score)),
            Column("projected_score", lambda row: published(row.figures.projected_score)),
            Column("reason", lambda row: row.figures.reason, 20),
        ),
    )


def _name(name: str, language: str) -> str:
    return name.in_language(language) if isinstance(name, Name) else name


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
