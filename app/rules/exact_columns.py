"""Exact figures of many people at once: columns of whole numbers over one denominator, and what is made of a figure when somebody looks at it.

The whole numbers are Python's own, which never overflow; numpy adds, multiplies and compares them column by column.
A newcomer's usual mistake: to leave them for floats "only for the sum". A half that is rounded to even is lost so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any, Final, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

__all__ = ["Lookup", "RowsWhenAsked", "WholeArray", "half_even", "over_one_denominator", "whole_numbers"]

WholeArray = npt.NDArray[np.object_]
T = TypeVar("T")


def whole_numbers(values: Sequence[int]) -> WholeArray:
    """A column of Python's own whole numbers."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def over_one_denominator(values: Sequence[Fraction | Decimal | int]) -> tuple[WholeArray, int]:
    """The numerators of exact figures over their least common denominator, and that."""
    ratios = [value.as_integer_ratio() for value in values]
    denominator = lcm(*{below for _, below in ratios})
    return whole_numbers([above * (denominator // below) for above, below in ratios]), denominator


def half_even(numerators: WholeArray, denominators: WholeArray | int) -> WholeArray:
    """Quotients rounded to whole numbers, a half to the even one; denominators above 0."""
    whole: WholeArray = numerators // denominators
    twice = (numerators - whole * denominators) * 2
    up = twice > denominators
    ties = np.flatnonzero(twice == denominators)
    up[ties] = whole[ties] % 2 == 1
    rounded: WholeArray = whole + up
    return rounded


class Lookup(Mapping[str, T], Generic[T]):
    """What can be said of each of many, made when it is looked at: of a thousand proposed grades a page shows one."""

    def __init__(self, codes: Sequence[str], make: Callable[[int], T]) -> None:
        """Take whose it is, in order, and what makes that of the one at a place."""
        self._codes: Final = codes
        self._make: Final = make
        self._made: Final[dict[int, T]] = {}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {code: at for at, code in enumerate(self._codes)}

    def __getitem__(self, code: str) -> T:
        """Of one; it stays the same thing."""
        at = self._places[code]
        if at not in self._made:
            self._made[at] = self._make(at)
        return self._made[at]

    def __iter__(self) -> Iterator[str]:
        """Whose, in order."""
        return iter(self._codes)

    def __len__(self) -> int:
        """Of how many."""
        return len(self._codes)

    def __repr__(self) -> str:
        """All of it, as of any mapping."""
        everything: dict[str, Any] = dict(self)
        return repr(everything)


class RowsWhenAsked(Sequence[T], Generic[T]):
    """The rows of all, made when somebody looks at one: whoever tries a move of grades asks what it does to counts and sums alone."""

    def __init__(self, make: Callable[[], tuple[T, ...]]) -> None:
        """Take what makes them."""
        self._make = make

    @cached_property
    def _rows(self) -> tuple[T, ...]:
        return self._make()

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        """One or some of them."""
        return self._rows[at]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        """Each of them."""
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        """Rows are what they say, made or not."""
        return isinstance(other, Sequence) and self._rows == tuple(other)

    def __repr__(self) -> str:
        """All of them, as of any tuple."""
        return repr(self._rows)

    __hash__ = None  # type: ignore[assignment]  # as of a list
