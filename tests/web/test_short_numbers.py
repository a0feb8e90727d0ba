"""A number of a few letters may stand for millions of digits: nothing that is kept of an event is much longer than the event."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa

from app.ledger import tables
from tests.web.api import Api, api, deal, fresh

__all__ = ["api"]

NUMBERS = (
    "1e-3000000",
    "0e-3000000",
    "100e-3000000",
    "1e3000000",
    "-0e3000000",
    "0.1e-3000000",
    "1" + "0" * 40 + "e-3000000",
)


@cache
def _longest_of_tables() -> list[sa.Select[Any]]:
    """Of each table, the longest text of each of its columns."""
    return [
        sa.select(*(sa.func.max(sa.func.length(sa.cast(column, sa.String))) for column in columns))
        for table in tables.event.metadata.sorted_tables
        if (columns := [column for column in table.columns if not isinstance(column.type, sa.LargeBinary)])
    ]


def _longest(api: Api) -> int:
    """The longest text in any column of any table, as the database has it."""
    with api.working.database.read() as connection:
        rows = [connection.execute(asked).one() for asked in _longest_of_tables()]
    return max(longest or 0 for row in rows for longest in row)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("member", ["amount", "share", "additionality", "note"])
def test_what_is_kept_of_an_event_is_no_longer_than_it(api: Api, member: str, number: str) -> None:
    """By every member that is a number, and by one that nobody reads; as a number and, where one is read, as a text."""
    before = _longest(api)
    event = deal(id_=fresh())
    if member == "share":
        event["data"]["credits"] = [{"employee": "E1", "share": "NUMBER"}]
    elif member == "additionality":
        event |= {
            "type": "kopes.confirmed",
            "data": {"activity": {"source": "/crm", "id": fresh()}, "additionality": "NUMBER"},
        }
    else:
        event["data"][member] = "NUMBER"
    for text in (
        json.dumps(event).replace('"NUMBER"', number),
        json.dumps(event | {"id": fresh()}).replace("NUMBER", number),
    ):
        answer = api.post(text.encode())
        assert answer.status_code == 200
        assert answer.json["accepted"] + len(answer.json["rejected"]) == 1
    assert _longest(api) <= max(before, 2_000)
