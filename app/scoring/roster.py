"""Everyone's scores in a cycle: the one read model of the list of people, its CSV and its XLSX.

Do not cut the list before it is sorted: what is asked narrows, then all of it is sorted, and only then is a page
taken. A download is the same without the page.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from operator import itemgetter
from typing import Any, Final, Literal

from sqlalchemy import Connection

from app import ledger
from app.kit.kept import LruCache
from app.rules.names import folded, person_meant
from app.rules.outlook import Outlook, leading_band, leading_score
from app.rules.placement import Path
from app.rules.rollup import Band, band, published
from app.rules.standings import AGENCY, HEADS
from app.rules.terms import Job, Node, NodeKind
from app.scoring.agency import RISK_BANDS
from app.scoring.plan import CyclePlan
from app.scoring.planning import State
from app.scoring.scorecards import ScoreQuery, Scores, scores
from app.scoring.trend import change_since, projections_before, taken_at

__all__ = ["SORTS", "Roster", "RosterFilter", "RosterGroup", "RosterRow", "roster", "roster_groups"]

SORTS: Final = ("name", "number", "unit", "own", "unit_part", "final", "projected", "leading", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFilter:
    """Which people are looked at, and in which order; what is empty does not narrow.

    Attributes:
        unit: a unit's code: its people and those of all units below it.
        alone: only the unit's own people, without those of units below.
        group: an evaluation group.
        band: the band of the score that leads (:mod:`app.rules.outlook`).
        at_risk: only those whom the year leads below the band C.
        text: a part of a name or the number.
        sort: one of :data:`SORTS`.
        descending: whether the largest come first; who has none always comes last.
    """

    unit: str = ""
    alone: bool = False
    group: str = ""
    band: str = ""
    at_risk: bool = False
    text: str = ""
    sort: str = "leading"
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """A person: the scores as they are published, to two decimals."""

    number: str
    name: str
    unit: str | None
    unit_name: str | None
    branch: str | None
    """The unit right below the agency, a division or a regional headquarters, that the person stands in; the agency's own code for those who stand in none."""
    job: Job
    group: str
    own: Decimal | None
    unit_part: Decimal | None
    final: Decimal | None
    projected: Decimal | None
    change: Decimal | None
    """Since the day that the roster says."""
    band: Band | None
    """Of the score that leads; none where the cycle is too young."""
    final_band: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The people that were asked for, all of them, and what one may ask for."""

    token: Hashable
    """Of all that the people and their scores hang on, before anybody narrows them: what is drawn of them is kept by that."""
    cycle: int
    asked: ScoreQuery
    rows: tuple[RosterRow, ...]
    listed: int
    units: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    bands: Mapping[str, int]
    """How many of the rows have each band; the empty text stands for none."""
    outlook: Outlook
    since: dt.date | None
    """The day that changes are told against."""


def roster(connection: Connection, *, loaded: State, asked: ScoreQuery, only: RosterFilter) -> Roster:
    """Everyone whose service touches the cycle, narrowed and sorted.

    All of it hangs on the revision, the events and the trend: kept by these, and worked out by one thread at a time.

    Queries: 2; where anything has come since, those of :func:`app.scoring.scores` and 1 of the trend more.
    """
    plan = loaded.plan(asked.cycle)
    token = (
        str(connection.engine.url),
        plan.sheet.token,
        asked,
        ledger.event_set(connection, asked.as_of),
        taken_at(connection, asked.cycle),
    )
    everyone = _KEPT.get_or_make(token, lambda: _read_everyone(connection, loaded, asked))
    return _LISTED.get_or_make((token, only), lambda: _listed(everyone, plan, asked, only, token))


def _listed(everyone: _Everyone, plan: CyclePlan, asked: ScoreQuery, only: RosterFilter, token: Hashable) -> Roster:
    outlook, day, text = plan.outlook(asked.day), plan.day_within(asked.day), only.text.strip()
    under: Collection[str] = ()
    if only.unit:
        under = (only.unit,) if only.alone else frozenset(plan.frame.directory.units_below(only.unit, day))
    rows = [
        row
        for row in everyone.rows
        if (not only.unit or row.unit in under)
        and (not only.group or row.group == only.group)
        and (not only.band or row.band == only.band)
        and (not only.at_risk or row.band in RISK_BANDS)
        and (not text or person_meant(text, name=row.name, number=row.number))
    ]
    return Roster(
        token=token,
        cycle=plan.cycle,
        asked=asked,
        rows=_sorted(rows, only, outlook),
        listed=len(everyone.rows),
        units=everyone.units,
        groups=everyone.groups,
        bands=_bands(rows),
        outlook=outlook,
        since=everyone.since,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Everyone:
    """All people of a cycle before anybody narrows them, by their numbers, and the units and groups that one may ask for."""

    rows: tuple[RosterRow, ...]
    units: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    since: dt.date | None


_KEPT: Final[LruCache[_Everyone]] = LruCache(4)
_LISTED: Final[LruCache[Roster]] = LruCache(16)
"""To narrow and sort everyone anew is a seventh of a look at the list, and a third of one that is searched."""


def _read_everyone(connection: Connection, loaded: State, asked: ScoreQuery) -> _Everyone:
    scored = scores(connection, asked, loaded=loaded)
    plan = scored.selection.plan
    day = plan.day_within(asked.day)
    since, before = projections_before(connection, asked, plan=plan, of=NodeKind.EMPLOYEE)
    rows = _rows(scored, plan, day, plan.outlook(asked.day), before)
    return _Everyone(
        rows=tuple(sorted(rows, key=lambda row: row.number)),
        units=_units(plan, day),
        groups=tuple(sorted({row.group for row in rows})),
        since=since,
    )


def _units(plan: CyclePlan, day: dt.date) -> tuple[tuple[str, str], ...]:
    tree = plan.frame.directory.tree
    root = tree.root_on(day)
    units = [
        (code, row.name) for code in (tree.below_on(root, day) if root else ()) if (row := tree.unit_on(code, day))
    ]
    return tuple(sorted(units, key=lambda one: (one[1], one[0])))


def _rows(
    scored: Scores, plan: CyclePlan, day: dt.date, outlook: Outlook, before: Mapping[str, float]
) -> list[RosterRow]:
    directory = plan.frame.directory
    groups: dict[tuple[str, dt.date], str] = {}
    rows = []
    for at, node in enumerate(scored.selection.nodes):
        if node.kind is not NodeKind.EMPLOYEE:
            continue
        person, job = directory.employees[node.code], plan.people[node.code].job
        unit = directory.unit_of(node.code, day)
        named = directory.unit_near(unit, day) if unit else None
        exact = scored.at(at)
        own, part, final, ahead = (published(one) for one in exact)
        leading = leading_score(projected=exact[3], so_far=exact[2], outlook=outlook)
        rows.append(
            RosterRow(
                number=node.code,
                name=person.name,
                unit=unit,
                unit_name=named.name if named else None,
                branch=_branch(directory.chain_on(unit, day)) if unit else None,
                job=job,
                group=_group(plan, node, job, groups),
                own=own,
                unit_part=part,
                final=final,
                projected=ahead,
                change=change_since(before.get(str(node)), leading),
                band=leading_band(projected=ahead, so_far=final, outlook=outlook),
                final_band=band(final),
            )
        )
    return rows


def _branch(chain: Path) -> str | None:
    return chain[max(0, len(chain) - 2)] if chain else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterGroup:
    """Some of a roster's people together; ``key`` is empty for those of whom there is none.

    ``mean`` is that of the scores that lead, as they are published, of those who have one.
    """

    key: str
    people: int
    bands: Mapping[str, int]
    mean: Decimal | None


def roster_groups(whole: Roster, *, by: Literal["unit", "branch", "group", "band"]) -> tuple[RosterGroup, ...]:
    """The people of a roster by unit, branch, evaluation group or band: in the order of their keys, the largest part not first.

    Args:
        whole: the people, narrowed already.
        by: what tells the groups apart.
    """
    key_of = _GROUPED_BY[by]
    parts: dict[str, list[RosterRow]] = {}
    for row in whole.rows:
        parts.setdefault(key_of(row) or "", []).append(row)
    return tuple(
        RosterGroup(
            key=key,
            people=len(rows),
            bands=_bands(rows),
            mean=_mean(
                [leading_score(projected=row.projected, so_far=row.final, outlook=whole.outlook) for row in rows]
            ),
        )
        for key, rows in sorted(parts.items())
    )


_GROUPED_BY: Final[Mapping[str, Callable[[RosterRow], str | None]]] = {
    "unit": lambda row: row.unit,
    "branch": lambda row: row.branch,
    "group": lambda row: row.group,
    "band": lambda row: row.band,
}


def _bands(rows: Iterable[RosterRow]) -> dict[str, int]:
    return {str(band or ""): people for band, people in Counter(row.band for row in rows).items()}


def _mean(scores_of: list[Decimal | None]) -> Decimal | None:
    known = [score for score in scores_of if score is not None]
    return (sum(known, Decimal()) / len(known)).quantize(Decimal("0.01"), ROUND_HALF_EVEN) if known else None


def _group(plan: CyclePlan, node: Node, job: Job, known: dict[tuple[str, dt.date], str]) -> str:
    """The evaluation group before groups that are too small are joined (contract, "Grades and pay, exactly")."""
    if job is Job.HEAD and plan.sheet.definitions.policies.groups.heads_apart:
        return HEADS
    directory = plan.frame.directory
    last = directory.placement.last_posting(node.code, plan.period)
    if last is None:
        return AGENCY
    key = (last[0].unit, last[1])
    if key not in known:
        known[key] = directory.evaluation_group(*key) or AGENCY
    return known[key]


_KEYS: Final[Mapping[str, Callable[[RosterRow], Any]]] = {
    "name": lambda row: folded(row.name),
    "number": lambda row: row.number,
    "unit": lambda row: row.unit_name,
    "own": lambda row: row.own,
    "unit_part": lambda row: row.unit_part,
    "final": lambda row: row.final,
    "projected": lambda row: row.projected,
    "change": lambda row: row.change,
}


def _sorted(rows: list[RosterRow], only: RosterFilter, outlook: Outlook) -> tuple[RosterRow, ...]:
    """The rows, which come by their numbers, in the order asked for."""
    key = _KEYS[only.sort if only.sort != "leading" else "projected" if outlook is Outlook.RUNNING else "final"]
    keyed = [(key(row), row) for row in rows]
    ranked = sorted((one for one in keyed if one[0] is not None), key=itemgetter(0), reverse=only.descending)
    return (*(row for _, row in ranked), *(row for value, row in keyed if value is None))
