"""Activities as rows of a table: the columns of CSV and XLSX, and the event that a row stands for.

A newcomer would check cells here. A row becomes an event whatever it holds, and :func:`app.rules.activities.read` judges it, so that every
door refuses the same things in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from app.rules.event_types import TYPE_PREFIX

__all__ = ["COLUMNS", "PERCENT", "activity_event_from_row"]

COLUMNS: Final = (
    "type",
    "source",
    "id",
    "time",
    "employee",
    "company_name",
    "company_registration",
    "buyer_name",
    "buyer_country",
    "buyer_registration",
    "amount",
    "currency",
    "hs_code",
    "credits",
    "activity_source",
    "activity_id",
    "by",
    "reason",
    "additionality",
    "node",
    "kpi",
    "cycle",
    "value",
    "note",
)
"""The columns of an activity's row in CSV and XLSX; each may be absent."""

PERCENT: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?")
"""How a percentage is written as a text."""

_RECORDS: Final = (
    ("company", ("name", "registration")),
    ("buyer", ("name", "country", "registration")),
    ("activity", ("source", "id")),
)


def activity_event_from_row(row: Mapping[str, str]) -> dict[str, object]:
    """The CloudEvent that a row of CSV or XLSX stands for (columns: :data:`COLUMNS`); whatever is wrong in it stays for :func:`read`."""
    cell = {name: row.get(name) or "" for name in COLUMNS}
    type_ = cell["type"]
    members: dict[str, object] = {}
    if cell["employee"]:
        members["employee"] = cell["employee"]
    for name, parts in _RECORDS:
        record = {part: cell[f"{name}_{part}"] for part in parts if cell[f"{name}_{part}"]}
        if record:
            members[name] = record
    for name in ("amount", "currency", "hs_code", "by", "reason", "node", "kpi", "cycle", "value", "note"):
        if cell[name]:
            members[name] = cell[name]
    if cell["credits"]:
        shares = [part for part in cell["credits"].split(";") if part.strip()]
        # A cell of nothing but semicolons says of nobody who they are: no credits at all would give everything to one person.
        members["credits"] = [_credit_from_text(part) for part in shares or [cell["credits"]]]
    if cell["additionality"]:
        members["additionality"] = _percent_from_text(cell["additionality"])
    return {
        "specversion": "1.0",
        "type": type_ if type_.startswith(TYPE_PREFIX) or not type_ else TYPE_PREFIX + type_,
        "source": cell["source"],
        "id": cell["id"],
        "time": cell["time"],
        "data": members,
    }


def _credit_from_text(text: str) -> dict[str, str]:
    employee, colon, share = text.strip().partition(":")
    return {"employee": employee.strip(), "share": share.strip()} if colon else {"employee": employee}


def _percent_from_text(text: str) -> object:
    if not PERCENT.fullmatch(text):
        return text
    return int(text) if text.isdigit() else Decimal(text)
