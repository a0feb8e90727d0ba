"""Rows that are kept as a text, and put back into a table that has changed since."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from app.kit.copying import rows_from_text, rows_text
from app.kit.schema import Exact

ROWS = [
    {"id": 1, "name": "Wien, \u201cAußen\u201d\u2028", "day": dt.date(2026, 3, 4), "amount": Decimal("0.10")},
    {"id": 2, "name": None, "day": None, "amount": None},
]


def kept(*columns: sa.Column[object]) -> sa.Table:
    """A table of these columns."""
    return sa.Table("kept", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)


def read_back(table: sa.Table, text: str) -> list[dict[str, object]]:
    """The rows that a text comes to in an empty table."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        rows_from_text(connection, table, text)
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def test_values_go_into_the_columns_of_their_names_wherever_these_stand() -> None:
    """In another order, with a column more and one less; a text of before names were kept goes by order; of no rows come none."""
    table = kept(sa.Column("name", sa.Text), sa.Column("day", sa.Date), sa.Column("amount", Exact))
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        empty = rows_text(connection, table)
        connection.execute(sa.insert(table), ROWS)
        text = rows_text(connection, table)
    assert read_back(table, text) == ROWS
    assert read_back(table, empty) == []
    assert read_back(table, "") == []
    turned = kept(
        sa.Column("amount", Exact), sa.Column("more", sa.Text, server_default="x"), sa.Column("name", sa.Text)
    )
    assert read_back(turned, text) == [
        {"id": row["id"], "amount": row["amount"], "more": "x", "name": row["name"]} for row in ROWS
    ]
    unnamed = text.split("\n", 1)[1]
    grown = kept(
        sa.Column("name", sa.Text), sa.Column("day", sa.Date), sa.Column("amount", Exact), sa.Column("more", sa.Text)
    )
    assert read_back(grown, unnamed) == [row | {"more": None} for row in ROWS]
