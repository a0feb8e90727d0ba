"""People with their scores in a cycle, as the list of people shows them: the same rows, rounded the same, in the reader's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from app.exports.table import Column, Export
from app.plain.findings import n_
from app.scoring import RosterRow

__all__ = ["NAME", "NamedPerson", "people_export"]

NAME: Final = "people"


class NamedPerson(NamedTuple):
    """A row, with what the page calls unit, job and group."""

    row: RosterRow
    unit_name: str | None
    job: str
    group: str


def people_export(say: Callable[[str], str]) -> Export[NamedPerson]:
    """The file of people.

    Args:
        say: a message in the reader's language, asked for now and not while rows are sent.
    """
    return Export[NamedPerson](
        say(n_("People")),
        (
            Column(say(n_("Employee number")), lambda person: person.row.number),
            Column(say(n_("Name")), lambda person: person.row.name, 26),
            Column(say(n_("Unit code")), lambda person: person.row.unit),
            Column(say(n_("Unit")), lambda person: person.unit_name, 26),
            Column(say(n_("Job")), lambda person: person.job),
            Column(say(n_("Group")), lambda person: person.group, 26),
            Column(say(n_("Own score")), lambda person: person.row.own),
            Column(say(n_("Unit part")), lambda person: person.row.unit_part),
            Column(say(n_("Final score")), lambda person: person.row.final),
            Column(say(n_("Projected score")), lambda person: person.row.projected),
            Column(
                say(n_("Band")), lambda person: None if person.row.final_band is None else str(person.row.final_band)
            ),
        ),
    )
