"""Business figures of units, as their page shows them: what is entered, verified and confirmed, last year's by the same day, and the goal.

People have headings, names and words in their language; programs, by the command, those of the API, which do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from app.exports.table import Cell, Column, Export, FileWords
from app.plain.findings import n_
from app.rules.business import BusinessFigure
from app.scoring import UnitBusiness, UnitFigure

__all__ = ["business_export", "business_table"]


class _Column(NamedTuple):
    """A column of each figure: what programs call it, what people do, and its value."""

    code: str
    text: str
    value: Callable[[UnitFigure], Cell]


_GOALS: Final[Mapping[str, str]] = {"target": n_("target"), "base": n_("base value")}
_GOAL_IS: Final = "goal_is"


def _goal_is(shown: UnitFigure) -> str | None:
    return None if shown.goal is None else "target" if shown.goal.is_target else "base"


_COLUMNS: Final = (
    _Column("entered", n_("entered"), lambda shown: shown.now.entered),
    _Column("verified", n_("verified"), lambda shown: shown.now.verified),
    _Column("confirmed", n_("confirmed"), lambda shown: shown.now.confirmed),
    _Column(
        "last_year_entered",
        n_("entered last year"),
        lambda shown: None if shown.before is None else shown.before.entered,
    ),
    _Column(
        "last_year_verified",
        n_("verified last year"),
        lambda shown: None if shown.before is None else shown.before.verified,
    ),
    _Column(
        "last_year_confirmed",
        n_("confirmed last year"),
        lambda shown: None if shown.before is None else shown.before.confirmed,
    ),
    _Column("goal", n_("goal"), lambda shown: None if shown.goal is None else shown.goal.value),
    _Column(_GOAL_IS, n_("what the goal is"), _goal_is),
    _Column("projected", n_("year's end at this pace"), lambda shown: None if shown.goal is None else shown.goal.ahead),
    _Column("last_cycle", n_("all of last cycle"), lambda shown: None if shown.goal is None else shown.goal.last_year),
)


def business_export(words: FileWords) -> Export[UnitBusiness]:
    """The file of business figures for people, in the reader's words."""

    def figure_column(figure: BusinessFigure, column: _Column) -> Column[UnitBusiness]:
        def cell(row: UnitBusiness) -> Cell:
            value = column.value(row.figures[figure])
            return words.say(_GOALS[str(value)]) if column.code == _GOAL_IS and value is not None else value

        return Column(f"{words.term('figure', figure)}: {words.say(column.text)}", cell, 22)

    return Export[UnitBusiness](
        words.say(n_("Business figures")),
        (
            Column(words.say(n_("Unit code")), lambda row: row.node.code, 18),
            Column(words.say(n_("Unit")), lambda row: words.named(row.name), 30),
            Column(words.say(n_("Kind")), lambda row: words.term("kind", row.kind)),
            *(figure_column(figure, column) for figure in BusinessFigure for column in _COLUMNS),
        ),
        words.closing,
    )


def business_table() -> Export[UnitBusiness]:
    """The same for programs, under the API's names."""

    def figure_column(figure: BusinessFigure, column: _Column) -> Column[UnitBusiness]:
        return Column(f"{figure}_{column.code}", lambda row: column.value(row.figures[figure]))

    return Export[UnitBusiness](
        "business",
        (
            Column("node", lambda row: str(row.node)),
            Column("name", lambda row: str(row.name)),
            Column("kind", lambda row: row.kind),
            *(figure_column(figure, column) for figure in BusinessFigure for column in _COLUMNS),
        ),
    )
