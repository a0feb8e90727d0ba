"""Business figures of units, as their page shows them: what is entered, verified and confirmed, last year's by the same day, and the goal.

People have headings, names and words in their language; programs, by the command, those of the API, which do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from app.exports.table import Cell, Column, Export
from app.plain.findings import n_
from app.rules.business import BusinessFigure
from app.rules.terms import Name
from app.scoring import UnitBusiness, UnitFigure

__all__ = ["BusinessWords", "business_export"]


class BusinessWords(NamedTuple):
    """What a person's file calls things, asked for while there is a request.

    Attributes:
        say: a message in the reader's language.
        language: of the names of units.
        kinds: of units, by their code, in that language.
        figures: what each business figure is called, the same.
    """

    say: Callable[[str], str]
    language: str
    kinds: Mapping[str, str]
    figures: Mapping[str, str]


def business_export(words: BusinessWords | None = None) -> Export[UnitBusiness]:
    """The file of business figures: in somebody's words, or in the API's."""
    language = "en" if words is None else words.language

    def heading(code: str, text: str) -> str:
        return code if words is None else words.say(text)

    def kind(row: UnitBusiness) -> str | None:
        if row.kind is None or words is None:
            return row.kind
        return words.kinds[row.kind]

    return Export[UnitBusiness](
        heading("business", n_("Business figures")),
        (
            Column(heading("node", n_("Unit code")), lambda row: str(row.node) if words is None else row.node.code, 18),
            Column(
                heading("name", n_("Unit")),
                lambda row: row.name.in_language(language) if isinstance(row.name, Name) else row.name,
                30,
            ),
            Column(heading("kind", n_("Kind")), kind),
            *(column for figure in BusinessFigure for column in _columns(figure, words)),
        ),
    )


def _columns(figure: BusinessFigure, words: BusinessWords | None) -> Iterator[Column[UnitBusiness]]:
    def column(code: str, text: str, value: Callable[[UnitFigure], Cell]) -> Column[UnitBusiness]:
        name = f"{figure}_{code}" if words is None else f"{words.figures[figure]}: {words.say(text)}"
        return Column(name, lambda row: value(row.figures[figure]), 22)

    def now(level: str) -> Callable[[UnitFigure], Decimal | None]:
        return lambda shown: getattr(shown.now, level)

    def before(level: str) -> Callable[[UnitFigure], Decimal | None]:
        return lambda shown: None if shown.before is None else getattr(shown.before, level)

    target, base = ("target", "base") if words is None else (words.say(n_("target")), words.say(n_("base value")))
    yield column("entered", n_("entered"), now("entered"))
    yield column("verified", n_("verified"), now("verified"))
    yield column("confirmed", n_("confirmed"), now("confirmed"))
    yield column("last_year_entered", n_("entered last year"), before("entered"))
    yield column("last_year_verified", n_("verified last year"), before("verified"))
    yield column("last_year_confirmed", n_("confirmed last year"), before("confirmed"))
    yield column("goal", n_("goal"), lambda shown: None if shown.goal is None else shown.goal.value)
    yield column(
        "goal_is",
        n_("what the goal is"),
        lambda shown: None if shown.goal is None else target if shown.goal.is_target else base,
    )
    yield column(
        "projected", n_("year's end at this pace"), lambda shown: None if shown.goal is None else shown.goal.ahead
    )
    yield column(
        "last_cycle", n_("all of last cycle"), lambda shown: None if shown.goal is None else shown.goal.last_year
    )
