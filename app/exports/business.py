"""Business figures of units, as their page shows them: what is entered, verified and confirmed, last year's by the same day, and the goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from app.exports.table import Cell, Column, Export
from app.rules.business import BusinessFigure
from app.rules.terms import Name
from app.scoring import UnitBusiness, UnitFigure

__all__ = ["NAME", "business_export"]

NAME: Final = "business"


def business_export(language: str) -> Export[UnitBusiness]:
    """The file of business figures, names of units in a language."""
    return Export[UnitBusiness](
        NAME,
        (
            Column("node", lambda row: str(row.node), 18),
            Column("name", lambda row: row.name.in_language(language) if isinstance(row.name, Name) else row.name, 30),
            Column("kind", lambda row: None if row.kind is None else str(row.kind)),
            *(column for figure in BusinessFigure for column in _columns(figure)),
        ),
    )


def _columns(figure: BusinessFigure) -> Iterator[Column[UnitBusiness]]:
    def column(name: str, value: Callable[[UnitFigure], Cell]) -> Column[UnitBusiness]:
        return Column(f"{figure}_{name}", lambda row: value(row.figures[figure]), 18)

    def before(level: str) -> Callable[[UnitFigure], Decimal | None]:
        return lambda shown: None if shown.before is None else getattr(shown.before, level)

    for level in ("entered", "verified", "confirmed"):
        yield column(level, lambda shown, level=level: getattr(shown.now, level))  # type: ignore[misc]  # bound early
    for level in ("entered", "verified", "confirmed"):
        yield column(f"last_year_{level}", before(level))
    yield column("goal", lambda shown: None if shown.goal is None else shown.goal.value)
    yield column("goal_is", lambda shown: None if shown.goal is None else "target" if shown.goal.is_target else "base")
    yield column("projected", lambda shown: None if shown.goal is None else shown.goal.ahead)
    yield column("last_cycle", lambda shown: None if shown.goal is None else shown.goal.last_year)
