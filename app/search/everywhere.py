"""One search in all that has a name, by kinds, the nearest first; of each kind a few, and whether there are more.

Do not match first and hide later in the template: how many there are would tell what may not be seen. What may not be seen is not counted.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection

from app import access, ledger, scoring
from app.access import Viewer
from app.kit.kept import LruCache
from app.ledger import KnownActivity, NamedParties, Party
from app.organisation import Directory
from app.rules.name_lines import NameLines
from app.rules.names import closeness, folded, name_line, parts_of_lines, person_line, person_meant
from app.rules.permissions import Deed
from app.rules.terms import Name, Node, NodeKind, UnitKind
from app.scoring import KpiOfCycle, State

__all__ = [
    "LETTERS_LEAST",
    "PartyResult",
    "PersonResult",
    "Results",
    "SearchResults",
    "UnitResult",
    "is_enough",
    "search_everywhere",
]

LETTERS_LEAST: Final = 2
"""So many letters are typed before anything is looked for; of a script that writes syllables or words by one sign, one."""

_ID_LENGTH_LEAST: Final = 4
_WITHIN: Final = 3
_DEAL: Final = "export_deal"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Results(Generic[Result]):
    """The nearest results of a kind, and whether there are more."""

    rows: tuple[Result, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class PersonResult:
    """Someone whose scorecard the reader may open, with the unit of today."""

    node: Node
    name: str
    unit: Name | None


@dataclass(frozen=True, slots=True)
class UnitResult:
    """A unit whose scorecard the reader may open, with the one above it."""

    node: Node
    name: Name
    kind: UnitKind
    above: Name | None


@dataclass(frozen=True, slots=True)
class PartyResult:
    """A company (no country) or buyer, and of whose activities the reader finds it in the list."""

    name: str
    country: str
    registration: str
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What a reader's search gives, kind by kind.

    Attributes:
        cycle: the one whose KPIs are meant.
        lists: of whose activities the reader has a list; the first is the widest.
    """

    cycle: int = 0
    lists: tuple[Node, ...] = ()
    people: Results[PersonResult] = field(default_factory=Results)
    units: Results[UnitResult] = field(default_factory=Results)
    kpis: Results[KpiOfCycle] = field(default_factory=Results)
    companies: Results[PartyResult] = field(default_factory=Results)
    buyers: Results[PartyResult] = field(default_factory=Results)
    activities: Results[KnownActivity] = field(default_factory=Results)


def is_enough(text: str) -> bool:
    """Whether so much was typed that it is worth looking."""
    letters = [letter for letter in folded(text) if letter.isalnum()]
    return len(letters) >= LETTERS_LEAST or any(unicodedata.category(letter) == "Lo" for letter in letters)


def search_everywhere(
    connection: Connection,
    loaded: State,
    *,
    text: str,
    viewer: Viewer,
    today: dt.date,
    cycle: int,
    limit: int,
    to_the_end: bool = False,
) -> SearchResults:
    """What a reader may open of all that a text means.

    Args:
        connection: an open transaction.
        loaded: the agency.
        text: what was typed.
        viewer: who searches.
        today: whose postings decide what may be seen.
        cycle: whose KPIs and people are meant.
        limit: how many of each kind.
        to_the_end: see :func:`app.ledger.parties_meant`.

    Queries: those of :func:`app.ledger.parties_meant`, twice for a head who does not head all, and 2; for who may see no activities none.
    """
    if not is_enough(text):
        return SearchResults()
    directory = loaded.frame.directory

    def sees(deed: Deed) -> Callable[[Node], bool]:
        return access.sees(directory, viewer=viewer, deed=deed, day=today)

    sees_scores = sees(Deed.SEE_SCORECARD)
    lists = _lists(directory, viewer, today)
    named = [
        (
            node,
            ledger.parties_meant(connection, loaded.frame, text=text, node=node, limit=limit, to_the_end=to_the_end),
        )
        for node in lists
    ]
    return SearchResults(
        cycle=cycle,
        lists=lists,
        people=_people(directory, text, viewer=viewer, today=today, sees=sees_scores, limit=limit),
        units=_units(directory, text, viewer=viewer, today=today, sees=sees_scores, limit=limit),
        kpis=_kpis(loaded, text, cycle=cycle, viewer=viewer, today=today, limit=limit),
        companies=_parties(((node, one.companies, one.more_companies) for node, one in named), limit),
        buyers=_parties(((node, one.buyers, one.more_buyers) for node, one in named), limit),
        activities=_activities(
            connection,
            loaded,
            text,
            named=[one for _, one in named],
            sees=sees(Deed.SEE_ACTIVITIES),
            limit=limit,
        )
        if lists
        else Results(),
    )


def _lists(directory: Directory, viewer: Viewer, today: dt.date) -> tuple[Node, ...]:
    """Of whose activities a reader has a list: the agency's, else the unit's that they head and their own."""
    sees = access.sees(directory, viewer=viewer, deed=Deed.SEE_ACTIVITIES, day=today)
    code = directory.tree.root_on(today)
    root = None if code is None else Node(NodeKind.UNIT, code)
    if root is not None and sees(root):
        return (root,)
    me = viewer.employee
    if me is None or me not in directory.employees:
        return ()
    nodes = [Node(NodeKind.UNIT, unit) for unit in directory.units_headed_by(me, today)]
    return tuple(filter(sees, [*nodes, Node(NodeKind.EMPLOYEE, me)]))


def _people(
    directory: Directory,
    text: str,
    *,
    viewer: Viewer,
    today: dt.date,
    sees: Callable[[Node], bool],
    limit: int,
) -> Results[PersonResult]:
    """The people, those of the reader's own unit before others, those who have left last."""
    own = _unit_of(directory, viewer, today)
    ranked: list[tuple[tuple[Any, ...], PersonResult]] = []
    for number in _could_be_meant(directory, text):
        person, node = directory.employees[number], Node(NodeKind.EMPLOYEE, number)
        if not sees(node):
            continue
        near = closeness(text, person.name, number)
        if near is None and not person_meant(text, name=person.name, number=number):
            continue
        unit = directory.unit_of(number, today)
        row = directory.unit_near(unit, today) if unit else None
        rank = (unit is None, _WITHIN if near is None else near, unit != own, person.name, number)
        ranked.append((rank, PersonResult(node, person.name, row.name if row else None)))
    return _first(ranked, limit)


_LINES: Final[LruCache[NameLines[str]]] = LruCache(4)
"""By the revision the names and numbers of all people."""


def _could_be_meant(directory: Directory, text: str) -> Iterable[str]:
    """The numbers of the people whom a text may mean, and of hardly any others."""
    lines = _LINES.get_or_make(
        (directory.revision, directory.token),
        lambda: NameLines((number, person_line(one.name, number)) for number, one in directory.employees.items()),
    )
    return _having(lines, text)


_UNIT_LINES: Final[LruCache[NameLines[str]]] = LruCache(4)
"""By the revision the names and codes of all units, whenever they had them."""


def _units_that_could_be_meant(directory: Directory, text: str) -> Iterable[str]:
    """The codes of the units that a text may mean, and of hardly any others."""
    tree = directory.tree
    lines = _UNIT_LINES.get_or_make(
        (directory.revision, directory.token),
        lambda: NameLines(
            (code, name_line(code, *(name for row in tree.rows(code) for name in row.name.in_languages())))
            for code in tree.units
        ),
    )
    return _having(lines, text)


def _having(lines: NameLines[str], text: str) -> Iterable[str]:
    return dict.fromkeys(one for part in parts_of_lines(text) for one in lines.having(part))


def _units(
    directory: Directory,
    text: str,
    *,
    viewer: Viewer,
    today: dt.date,
    sees: Callable[[Node], bool],
    limit: int,
) -> Results[UnitResult]:
    """The units of today, those above the reader's own before others that are as near, the large before the small."""
    own = _unit_of(directory, viewer, today)
    chain = directory.chain_on(own, today) if own else ()
    kinds = list(UnitKind)
    ranked: list[tuple[tuple[Any, ...], UnitResult]] = []
    for code in _units_that_could_be_meant(directory, text):
        row = directory.unit_on(code, today)
        if row is None:
            continue
        near = closeness(text, row.name, row.name.ko, row.name.es, code)
        node = Node(NodeKind.UNIT, code)
        if near is None or not sees(node):
            continue
        above = directory.unit_near(row.parent, today) if row.parent else None
        rank = (near, code not in chain, kinds.index(row.kind), row.name, code)
        ranked.append((rank, UnitResult(node, row.name, row.kind, above.name if above else None)))
    return _first(ranked, limit)


def _kpis(loaded: State, text: str, *, cycle: int, viewer: Viewer, today: dt.date, limit: int) -> Results[KpiOfCycle]:
    """The KPIs of the cycle's goals, by their names in all languages: for whoever sees goals, in the order of the goals."""
    directory = loaded.frame.directory
    if not access.may_at_all(lambda: directory, viewer=viewer, deed=Deed.SEE_GOALS, day=today):
        return Results()
    plan = loaded.plan(cycle)
    own = {line.row.kpi for line in plan.lines.get(Node(NodeKind.EMPLOYEE, viewer.employee or ""), ())}
    ranked: list[tuple[tuple[Any, ...], KpiOfCycle]] = []
    for place, kpi in enumerate(scoring.kpis_of_cycle(plan)):
        near = closeness(text, kpi.name.en, kpi.name.ko, kpi.name.es, kpi.code)
        if near is not None:
            ranked.append(((near, kpi.code not in own, place), kpi))
    return _first(ranked, limit)


def _parties(named: Iterable[tuple[Node, Sequence[Party], bool]], limit: int) -> Results[PartyResult]:
    """Those of the first list, then those that only a further one has."""
    rows: dict[Party, PartyResult] = {}
    more = False
    for node, parties, has_more in named:
        more = more or has_more
        for one in parties:
            rows.setdefault(one, PartyResult(one.name, one.country, one.registration, node))
    return Results(tuple(rows.values())[:limit], more or len(rows) > limit)


def _activities(
    connection: Connection,
    loaded: State,
    text: str,
    *,
    named: Sequence[NamedParties],
    sees: Callable[[Node], bool],
    limit: int,
) -> Results[KnownActivity]:
    """The activity whose id it is; and the latest with the companies and buyers, deals before others."""
    word = text.strip()
    may_be_id = len(word) >= _ID_LENGTH_LEAST and any(letter.isdigit() for letter in word)
    known = ledger.activities_known(
        connection,
        loaded.frame,
        seqs={seq for one in named for seq in one.activities},
        id_=word if may_be_id else "",
    )
    rows = [one for one in known if any(map(sees, _nodes(one)))]
    rows.sort(key=lambda one: (word not in {one.id, one.key}, one.type != _DEAL))
    return Results(tuple(rows[:limit]), len(rows) > limit or any(one.more_activities for one in named))


def _nodes(activity: KnownActivity) -> Sequence[Node]:
    return [
        *(Node(NodeKind.EMPLOYEE, number) for number in activity.employees),
        *(Node(NodeKind.UNIT, unit) for unit in activity.units),
    ]


def _unit_of(directory: Directory, viewer: Viewer, today: dt.date) -> str | None:
    return None if viewer.employee is None else directory.unit_of(viewer.employee, today)


def _first(ranked: list[tuple[tuple[Any, ...], Result]], limit: int) -> Results[Result]:
    ranked.sort(key=lambda one: one[0])
    return Results(tuple(result for _, result in ranked[:limit]), len(ranked) > limit)
