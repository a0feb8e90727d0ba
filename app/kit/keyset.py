"""Pages of long lists that go on from the last row of the page before, in the order of an index, whichever way.

Do not page by numbers of rows: rows keep coming, and the engine counts through all those before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

__all__ = ["beyond_row", "ordered_by"]


def ordered_by(columns: Sequence[sa.ColumnElement[Any]], *, descending: bool) -> list[sa.ColumnElement[Any]]:
    """What to order by: every column the same way, as an index is read from either end."""
    return [one.desc() if descending else one.asc() for one in columns]


def beyond_row(
    columns: Sequence[sa.ColumnElement[Any]], row: Sequence[Any] | None, *, descending: bool
) -> sa.ColumnElement[bool]:
    """Whether a row comes after another in the order of some columns.

    Args:
        columns: what the list is ordered by, none of them null, so that no two rows are equal.
        row: what the last row of the page before has of them; None where there is no such row any more, after which nothing comes.
        descending: whether the list runs from the greatest on.
    """
    if row is None:
        return sa.false()
    first, *rest = columns
    value, *values = row
    further: sa.ColumnElement[bool] = first < value if descending else first > value
    if not rest:
        return further
    # The first part is what an index is entered by: engines do not see it through an "or".
    no_nearer = first <= value if descending else first >= value
    return sa.and_(no_nearer, sa.or_(further, beyond_row(rest, values, descending=descending)))
