"""Sums of a pay run, for people to read: names, words and headings in the reader's language; nobody stands in it."""

from __future__ import annotations

from typing import NamedTuple

from app.exports.table import WON, Column, Export, FileWords
from app.plain.findings import n_

__all__ = ["NamedPaySum", "pay_totals_export"]


class NamedPaySum(NamedTuple):
    """A sum: what it is by, of which grades, regions or offices by name, within which, of how many people, in won."""

    by: str
    within: str
    names: str
    people: int
    amount: int


def pay_totals_export(words: FileWords) -> Export[NamedPaySum]:
    """The file of the sums of a run; what a sum is by is a message."""
    say = words.say
    return Export[NamedPaySum](
        say(n_("Pay in all")),
        (
            Column(say(n_("Sum by")), lambda row: say(row.by), 18),
            Column(say(n_("Within")), lambda row: row.within, 30),
            Column(say(n_("Of")), lambda row: row.names, 40),
            Column(say(n_("Number of people")), lambda row: row.people),
            Column(say(n_("Pay (KRW)")), lambda row: row.amount, 20, WON),
        ),
        words.closing,
    )
