"""People with their scores in a cycle, as the list of people shows them: the same rows, rounded the same."""

from __future__ import annotations

from typing import Final

from app.exports.table import Column, Export
from app.scoring import RosterRow

__all__ = ["EXPORT"]

EXPORT: Final = Export[RosterRow](
    "people",
    (
        Column("number", lambda row: row.number),
        Column("name", lambda row: row.name, 26),
        Column("unit", lambda row: row.unit),
        Column("unit_name", lambda row: row.unit_name, 26),
        Column("job", lambda row: str(row.job)),
        Column("group", lambda row: row.group),
        Column("own_score", lambda row: row.own),
        Column("unit_score", lambda row: row.unit_part),
        Column("final_score", lambda row: row.final),
        Column("projected_score", lambda row: row.projected),
        Column("band", lambda row: None if row.final_band is None else str(row.final_band)),
    ),
)
