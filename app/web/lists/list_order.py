"""The order of a list: that of one of its columns, either way, chosen by a click on its heading.

Do not sort a page of a list: the whole of it is sorted, and the page is a part of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from app.rules.names import folded

__all__ = ["ListPage", "Order", "by_words", "in_order", "page_shown"]

Row = TypeVar("Row")
Order = Literal["up", "down"]


class ListPage(NamedTuple):
    """The rows of one page, which page it is, and the last one."""

    rows: Sequence[Any]
    page: int
    last: int

    @property
    def previous(self) -> int | None:
        """The page before; None on the first one."""
        return self.page - 1 if self.page > 1 else None

    @property
    def following(self) -> int | None:
        """The page after; None on the last one."""
        return self.page + 1 if self.page < self.last else None


def in_order(rows: Iterable[Row], by: Callable[[Row], Any] | None, *, order: Order = "up") -> list[Row]:
    """Rows by what a column has of them; equals as they come, and whoever has nothing of it last, whichever way.

    Args:
        rows: in the list's own order.
        by: what the column has of a row, None where it has nothing; without it the rows stay as they come.
        order: ``down``, from the greatest on.
    """
    some = list(rows)
    if by is None:
        return some
    keyed = [(by(row), row) for row in some]
    valued = [one for one in keyed if one[0] is not None]
    valued.sort(key=lambda one: one[0], reverse=order == "down")
    return [row for _, row in valued] + [row for key, row in keyed if key is None]


def by_words(words_of: Callable[[Row], object]) -> Callable[[Row], str | None]:
    """Sorts by words as their reader sees them, whatever their case and accents; by none where there are none."""
    return lambda row: folded(str(words_of(row))) or None


def page_shown(rows: Sequence[Row], wanted: int, *, size: int) -> ListPage:
    """The page that is asked for, or the last one where there are not so many."""
    last = max(1, -(-len(rows) // size))
    page = min(wanted, last)
    return ListPage(rows[(page - 1) * size : page * size], page, last)
