"""People with their scores in a cycle, as the list of people shows them: the same rows, rounded the same, in the reader's words."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.exports.table import Column, Export, FileWords
from app.plain.findings import n_
from app.scoring import RosterRow

__all__ = ["NAME", "NamedPerson", "people_export"]

NAME: Final = "people"


class NamedPerson(NamedTuple):
    """A row, with what the page calls its group."""

    row: RosterRow
    group: str


def people_export(words: FileWords) -> Export[NamedPerson]:
    """The file of people."""
    say = words.say
    return Export[NamedPerson](
        say(n_("People")),
        (
            Column(say(n_("Employee number")), lambda person: person.row.number),
            Column(say(n_("Name")), lambda person: person.row.name, 26),
            Column(say(n_("Unit code")), lambda person: person.row.unit),
            Column(say(n_("Unit")), lambda person: words.named(person.row.unit_name), 26),
            Column(say(n_("Job")), lambda person: words.term("job", person.row.job)),
            Column(say(n_("Group")), lambda person: person.group, 26),
            Column(say(n_("Own score")), lambda person: person.row.own),
            Column(say(n_("Unit part")), lambda person: person.row.unit_part),
            Column(say(n_("Final score")), lambda person: person.row.final),
            Column(say(n_("Projected score")), lambda person: person.row.projected),
            Column(
                say(n_("Band")), lambda person: None if person.row.final_band is None else str(person.row.final_band)
            ),
        ),
        words.closing,
    )
