"""The promotion list, for people to read: names, words and headings in the reader's language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.exports.table import Column, Export, FileWords
from app.plain.findings import n_
from app.rules.promotion import PromotionPoints

__all__ = ["NamedMeasure", "NamedPromotion", "promotion_export"]


class NamedMeasure(NamedTuple):
    """A disciplinary measure: its kind by code, and when it was decided on."""

    kind: str
    decided_on: dt.date
    is_grave: bool


class NamedPromotion(NamedTuple):
    """A row, with the name as the agency has it."""

    place: int
    employee: str
    name: str
    rank: str | None
    points: PromotionPoints
    hired_on: dt.date
    blocked_until: dt.date | None
    measure: NamedMeasure | None
    """What bars for longest; None for whom nothing bars."""


def _part(value: Fraction) -> Decimal:
    return Decimal(round(value * 10**6)).scaleb(-6)


def promotion_export(words: FileWords, *, with_measures: bool) -> Export[NamedPromotion]:
    """The file of a cycle's promotion list; why somebody is barred stands in it for whoever reads disciplinary measures."""
    say = words.say
    answers = {True: say(n_("yes")), False: say(n_("no"))}
    measures = (
        Column[NamedPromotion](
            say(n_("Measure that bars")), lambda row: row.measure and words.term("discipline", row.measure.kind), 18
        ),
        Column[NamedPromotion](say(n_("Decided on")), lambda row: row.measure and row.measure.decided_on),
        Column[NamedPromotion](say(n_("Grave")), lambda row: row.measure and answers[row.measure.is_grave]),
    )
    return Export[NamedPromotion](
        say(n_("Promotion list")),
        (
            Column(say(n_("Place")), lambda row: row.place),
            Column(say(n_("Employee number")), lambda row: row.employee),
            Column(say(n_("Name")), lambda row: words.named(row.name), 26),
            Column(say(n_("Rank in service")), lambda row: row.rank),
            Column(say(n_("Promotion points")), lambda row: row.points.points, 18),
            Column(say(n_("From performance")), lambda row: _part(row.points.performance), 18),
            Column(say(n_("From years of service")), lambda row: _part(row.points.career), 18),
            Column(say(n_("Bonus points")), lambda row: _part(row.points.bonus), 18),
            Column(say(n_("Hired on")), lambda row: row.hired_on, 14),
            Column(say(n_("Barred until before")), lambda row: row.blocked_until, 18),
            *(measures if with_measures else ()),
        ),
        words.closing,
    )
