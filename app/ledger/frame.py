"""What the ledger has to know of the agency to place an event: people, paths, rates, slices.

A frame is made of one revision of the agency folder and its definitions, and never changes. Whoever records checks, inside the
transaction, that the database still is of that revision.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import bulk_insert
from app.kit.database import Database
from app.kit.kept import LruCache
from app.ledger.tables import slice_ as slice_table
from app.organisation import Directory
from app.rules.activities import Known
from app.rules.definitions import Definitions, Slice, measures_of
from app.rules.identity import buyer_key
from app.rules.names import folded_terms

__all__ = [
    "BUYER",
    "COMPANY",
    "Frame",
    "SliceInUse",
    "event_key",
    "frame_like",
    "frame_of",
    "owners_text",
    "previewed_slices",
    "slices_in_use",
]

BUYER: Final = 1
COMPANY: Final = 2
_OF: Final = {"buyer": BUYER, "company": COMPANY}

LAYOUTS_KEPT: Final = 2048
LAYOUTS_SIZE_MAX: Final = 60_000
"""Nodes that the layouts kept of one agency may have together: one of all has some 1,400."""


PARTIES_KEPT: Final = 20_000


class PartyTexts(NamedTuple):
    """What is derived of a company's or a buyer's names."""

    key: str
    search: str


class _Named(Protocol):
    """What has the two names of an event: an :class:`EventKey`, an activity or a verdict."""

    @property
    def source(self) -> str: ...

    @property
    def id(self) -> str: ...


def event_key(key: _Named) -> str:
    """The fixed-length text by which an event is found: of source and id, which together may be too long for an index."""
    return hashlib.sha256(f"{key.source}\0{key.id}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class SliceInUse:
    """A slice of the present definitions, with its number and what must be counted apart in it."""

    id: int
    slice: Slice
    of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One revision of the agency, as the ledger sees it."""

    directory: Directory
    definitions: Definitions
    slices: tuple[SliceInUse, ...]
    known: Known
    given: frozenset[str]
    """The KPIs whose actuals are given by figures, in any of their versions."""
    ids: Mapping[str, int]
    """Employee number -> the ledger's id."""
    numbers: Mapping[int, str]
    """The ledger's id -> employee number."""
    has_totals: bool = True
    """Whether totals of all these slices are kept; else what is asked for is folded from the activities."""
    source: Database | None = None
    """The database that its activities are read from, where that is not the one that is asked: of a cycle that was certified."""
    _matching: dict[tuple[str, str, str], tuple[SliceInUse, ...]] = field(default_factory=dict)
    _paths: dict[int, tuple[int | None, int, int]] = field(default_factory=dict)
    """Of each employee the path that was asked for last, and the days that it holds for."""
    _alike: dict[tuple[int, ...], tuple[SliceInUse, ...]] = field(default_factory=dict)
    _parties: dict[tuple[str, str, str], PartyTexts] = field(default_factory=dict)
    layouts: LruCache[Any] = field(
        default_factory=lambda: LruCache(LAYOUTS_KEPT, weight_max=LAYOUTS_SIZE_MAX, weigh=lambda one: one.size)
    )
    """Where the totals of some nodes belong, kept by :mod:`app.ledger.totals`."""

    @contextmanager
    def reading(self, connection: Connection) -> Iterator[Connection]:
        """The transaction by which its activities are read: the one that is given, or one of the database that it is of."""
        if self.source is None:
            yield connection
        else:
            with self.source.read() as own:
                yield own

    @property
    def first_month(self) -> int:
        """The month that a cycle begins in."""
        return self.definitions.policies.cycle.first_month

    @property
    def legal_forms(self) -> tuple[str, ...]:
        """What is taken off the end of a name."""
        return self.definitions.policies.legal_forms

    def path(self, employee: int, day: dt.date) -> int | None:
        """The path that a credit of the ledger's employee and day belongs to; kept with its days, since people are rarely posted anew."""
        ordinal = day.toordinal()
        known = self._paths.get(employee)
        if known is None or not known[1] <= ordinal < known[2]:
            known = self._paths[employee] = self.directory.path_id_span(self.numbers[employee], day)
        return known[0]

    def party(self, country: str, name: str, registration: str) -> PartyTexts:
        """How a buyer, or without a country a company, is known and searched for; kept, since the same ones come again and again."""
        key = (country, name, registration)
        known = self._parties.get(key)
        if known is None:
            known = PartyTexts(
                buyer_key(country=country, name=name, registration=registration, legal_forms=self.legal_forms),
                folded_terms(name, registration),
            )
            if len(self._parties) >= PARTIES_KEPT:
                self._parties.clear()
            self._parties[key] = known
        return known

    def matching(self, kind: str, country: str, hs_code: str) -> tuple[SliceInUse, ...]:
        """The slices that an activity of this type, buyer's country and HS code lies in."""
        key = (kind, country, hs_code)
        slices = self._matching.get(key)
        if slices is None:
            matching = tuple(one for one in self.slices if one.slice.matches(kind, country, hs_code or None))
            # One object for all kinds of activity that lie in the same ones: by it they are gathered.
            slices = self._alike.setdefault(tuple(one.id for one in matching), matching)
            if len(self._matching) < 100_000:
                self._matching[key] = slices
        return slices


def _of(definitions: Definitions, wanted: Slice) -> tuple[int, ...]:
    counted = {
        _OF[part.of or "buyer"]
        for kpi in definitions.kpis.values()
        for version in kpi.versions
        for part in version.measure.parts
        if part.aggregate == "distinct" and part.slice == wanted
    }
    return tuple(sorted(counted))


def slices_in_use(connection: Connection, definitions: Definitions, *, may_add: bool = False) -> tuple[SliceInUse, ...]:
    """The slices of the definitions with their numbers.

    Args:
        connection: a writing transaction where ``may_add``.
        definitions: what is measured.
        may_add: number slices that are new; only a load does.

    Raises:
        LookupError: a slice has no number: the definitions were never loaded.

    Queries: 1.
    """
    numbers = {text: number for number, text in connection.execute(sa.select(slice_table.c.id, slice_table.c.text))}
    wanted = measures_of(definitions)
    missing = [one for one in wanted if one.key not in numbers]
    if missing and not may_add:
        message = f"slice {missing[0].key} has no number"
        raise LookupError(message)
    rows = [(max(numbers.values(), default=0) + place, one.key) for place, one in enumerate(missing, 1)]
    if rows:
        bulk_insert(connection, slice_table, ("id", "text"), rows)
        numbers.update({text: number for number, text in rows})
    return tuple(SliceInUse(numbers[one.key], one, _of(definitions, one)) for one in wanted)


def previewed_slices(connection: Connection, definitions: Definitions) -> tuple[SliceInUse, ...]:
    """The slices of definitions that may not be loaded: those that are new have numbers of their own, which nothing stored has. Queries: 1."""
    numbers = {text: number for number, text in connection.execute(sa.select(slice_table.c.id, slice_table.c.text))}
    last = max(numbers.values(), default=0)
    return tuple(
        SliceInUse(numbers.get(one.key, last + place), one, _of(definitions, one))
        for place, one in enumerate(measures_of(definitions), 1)
    )


def frame_of(directory: Directory, definitions: Definitions, slices: tuple[SliceInUse, ...]) -> Frame:
    """The frame of one revision."""
    numbers = {directory.employee_id(number): number for number in directory.employees}
    return Frame(
        directory=directory,
        definitions=definitions,
        slices=slices,
        known=Known(directory.employees, directory.rates, frozenset(directory.tree.units)),
        given=frozenset(
            code
            for code, kpi in definitions.kpis.items()
            if any(version.measure.aggregate == "given" for version in kpi.versions)
        ),
        ids={number: known_as for known_as, number in numbers.items()},
        numbers=numbers,
    )


def frame_like(before: Frame, definitions: Definitions, slices: tuple[SliceInUse, ...]) -> Frame:
    """The frame of the same agency by other definitions; what one of both has found out the other knows too, where they look for the same."""
    after = frame_of(before.directory, definitions, slices)
    is_alike = (after.slices, after.legal_forms, after.given) == (before.slices, before.legal_forms, before.given)
    return replace(before, definitions=definitions) if is_alike else after


def owners_text(
    *, employees: Iterable[int] = (), paths: Iterable[int] = (), cycles: Sequence[int] = (), everyone: bool = False
) -> str:
    """Whose figures a transaction moved, as ``touched.owners`` holds it."""
    return json.dumps(
        {"employees": sorted(employees), "paths": sorted(paths), "cycles": sorted(cycles), "all": everyone},
        separators=(",", ":"),
    )
