"""Where everybody stands in a cycle, for people to read: names, states and headings in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from app.exports.table import Column, Export, FileWords
from app.plain.findings import n_

__all__ = ["NamedStanding", "board_export"]


class NamedStanding(NamedTuple):
    """A row, with names as the agency has them; the state is in the reader's words."""

    employee: str
    name: str
    unit: str
    state: str
    who: tuple[str, ...]
    """Whom it waits for, by name."""
    who_numbers: tuple[str, ...]
    """The same as the API writes them."""
    since: dt.date | None
    due_on: dt.date | None


def board_export(words: FileWords) -> Export[NamedStanding]:
    """The file of a cycle's board."""
    say = words.say
    return Export[NamedStanding](
        say(n_("Board")),
        (
            Column(say(n_("Employee number")), lambda row: row.employee),
            Column(say(n_("Name")), lambda row: row.name, 26),
            Column(say(n_("Unit")), lambda row: row.unit, 26),
            Column(say(n_("State")), lambda row: row.state, 30),
            Column(say(n_("Waits for whom")), lambda row: ", ".join(row.who) or None, 30),
            Column(say(n_("Waits for whom (numbers)")), lambda row: ", ".join(row.who_numbers) or None, 24),
            Column(say(n_("Since when")), lambda row: row.since),
            Column(say(n_("Due by")), lambda row: row.due_on),
        ),
        words.closing,
    )
