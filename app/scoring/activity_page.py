"""One activity as its page shows it: its history, who judges it, whose scorecards it counts on, and what it stands in place of.

Do not show every name on the way up: only the scorecards that the reader may see are listed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import access, ledger
from app.access import Viewer
from app.kit.refusals import NotThere
from app.ledger import ActivityHistory, Alike, Contents, Frame, Party
from app.organisation import Directory
from app.rules.activities import EventKey
from app.rules.definitions import KpiVersion
from app.rules.kpis import Translated
from app.rules.own_events import correcting_reversal, entering_employee, entry_in_its_place
from app.rules.permissions import Deed
from app.rules.placement import UnitPeriod
from app.rules.terms import CountsFrom, Node, NodeKind
from app.scoring.board import node_name
from app.scoring.plan import CyclePlan
from app.scoring.planning import State

__all__ = ["ActivityPage", "CountingNode", "activity_page", "counting_nodes", "seen_activity"]

_CONFIRMED: Final = frozenset({"confirmed"})
_VERIFIED: Final = _CONFIRMED | {"verified", "denied"}
_COUNTING: Final[Mapping[CountsFrom, frozenset[str]]] = {
    CountsFrom.ENTERED: _VERIFIED | {"entered"},
    CountsFrom.VERIFIED: _VERIFIED,
    CountsFrom.CONFIRMED: _CONFIRMED,
}
"""In which states an activity counts on the final basis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingNode:
    """A scorecard that an activity counts for, and the KPIs on it that look at such activities: code and name of each."""

    node: Node
    name: str
    kpis: tuple[tuple[str, Translated, CountsFrom | None], ...]
    """Code and name; and, where it does not count for the KPI yet, what it still has to be."""


class Rate(NamedTuple):
    """US dollars for one unit of a currency, and the month whose rate it is."""

    usd: Decimal
    month: dt.date


class Corrected(NamedTuple):
    """The entry that was reversed, and why."""

    key: str
    reason: str


class ReachedBy(NamedTuple):
    """A scorecard's KPI, whose activities led here."""

    node: Node
    name: str
    kpi: str
    kpi_name: Translated


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """All that the page of one activity shows.

    Attributes:
        history: the activity and all that was said about it.
        is_own: the reader's own, who may correct and reverse it.
        judges: the reader may verify or reject it.
        shows_people: the reader is told by name whose turn it is.
        needs_verdict: some KPI counts its type only when it is verified.
        turn: the names of the heads that it waits for; none where it is hr's.
        people: by number, the names of all whom the page names.
        unit: the employee's, as it was on its day.
        units: by code, those that its parts count for.
        nodes: whose scorecards it counts on.
        alike: activities that may be the same one, for who judges it.
        rate: by which its amount became US dollars.
        corrects: the entry in whose place it was recorded.
        corrected_by: by the reversal's id, the key of the entry that was recorded in its place.
        reached_by: the figure that one came from.
    """

    history: ActivityHistory
    is_own: bool
    judges: bool
    shows_people: bool
    needs_verdict: bool
    turn: tuple[str, ...]
    people: Mapping[str, str]
    unit: UnitPeriod | None
    units: Mapping[str, UnitPeriod | None]
    nodes: tuple[CountingNode, ...]
    alike: tuple[Alike, ...]
    rate: Rate | None
    corrects: Corrected | None
    corrected_by: Mapping[str, str]
    reached_by: ReachedBy | None


def activity_page(
    connection: Connection,
    loaded: State,
    *,
    key: str,
    viewer: Viewer,
    today: dt.date,
    reached_by: tuple[str, str] = ("", ""),
) -> ActivityPage:
    """One activity for a reader.

    Args:
        connection: an open transaction.
        loaded: the agency.
        key: the activity's.
        viewer: who reads.
        today: whose postings decide.
        reached_by: the node and the KPI whose activities led here, as the address has them.

    Raises:
        NotThere: there is none, or it is not for this reader to see.

    Queries: those of :func:`app.ledger.activity_history`; those of :func:`app.ledger.activities_alike` for who judges it; 2 for an entry of a page.
    """
    frame = loaded.frame
    directory = frame.directory
    history = seen_activity(connection, frame, key=key, viewer=viewer, today=today)
    is_own = viewer.employee == history.employee
    judges = _may_judge(directory, history, viewer=viewer, today=today)
    alike = ledger.activities_alike(connection, frame, contents=_contents(history), but=history.seq) if judges else []
    sees = access.sees(directory, viewer=viewer, deed=Deed.SEE_SCORECARD, day=today)
    turn = ledger.whose_turn(directory, unit=history.unit, sharers=history.employees, day=today)
    sees_people = access.may_at_all(lambda: directory, viewer=viewer, deed=Deed.SEE_PEOPLE, day=today)
    named = {*history.employees, *(one.by for one in history.verdicts), *(one.employee for one in alike)}
    named |= {one.acts_for for one in history.verdicts if one.acts_for} | {entering_employee(history.source) or ""}
    return ActivityPage(
        history=history,
        is_own=is_own,
        judges=judges and history.state != "reversed",
        shows_people=judges or not is_own or sees_people,
        needs_verdict=history.type in ledger.types_to_verify(frame),
        turn=tuple(directory.employees[number].name for number in turn),
        people={number: directory.employees[number].name for number in named if number in directory.employees},
        unit=None if history.unit is None else directory.unit_near(history.unit, history.day),
        units={part.unit: directory.unit_near(part.unit, history.day) for part in history.credits if part.unit},
        nodes=counting_nodes(loaded, history, sees=sees),
        alike=tuple(alike),
        rate=_rate(frame, history),
        corrects=_corrects(connection, frame, history),
        corrected_by={
            one.id: ledger.event_key(EventKey(one.source, form))
            for one in history.verdicts
            if (form := entry_in_its_place(one.source, one.id)) is not None
        },
        reached_by=_reached_by(loaded, *reached_by, viewer=viewer, today=today),
    )


def _may_judge(directory: Directory, history: ActivityHistory, *, viewer: Viewer, today: dt.date) -> bool:
    """Whether it is a reader's to judge: nobody judges what they entered with their own hand, in whosever name."""
    if entering_employee(history.source) == viewer.employee:
        return False
    return ledger.may_verify(directory, viewer=viewer, unit=history.unit, sharers=history.employees, day=today)


def _has_entered(history: ActivityHistory, viewer: Viewer) -> bool:
    """Whether a reader has entered it in the place of whom they still stand in for."""
    givers = {one.giver for one in viewer.stands_in_for("entry")}
    return history.employee in givers and entering_employee(history.source) == viewer.employee


def seen_activity(connection: Connection, frame: Frame, *, key: str, viewer: Viewer, today: dt.date) -> ActivityHistory:
    """An activity that a reader may see: an employee's own, one of their people's, or one of their units'.

    Raises:
        NotThere: there is none, or it is not for this reader to see.

    Queries: those of :func:`app.ledger.activity_history`.
    """
    history = ledger.activity_history(connection, frame, key=key)
    if history is None:
        raise NotThere
    sees = access.sees(frame.directory, viewer=viewer, deed=Deed.SEE_ACTIVITIES, day=today)
    units = {part.unit for part in history.credits if part.unit} | ({history.unit} if history.unit else set())
    nodes = [Node(NodeKind.EMPLOYEE, number) for number in history.employees]
    nodes += [Node(NodeKind.UNIT, unit) for unit in units]
    stands_in = bool(viewer.stands_in) and (
        _may_judge(frame.directory, history, viewer=viewer, today=today) or _has_entered(history, viewer)
    )
    if not stands_in and not any(sees(node) for node in nodes):
        raise NotThere
    return history


def counting_nodes(
    loaded: State, history: ActivityHistory, *, sees: Callable[[Node], bool]
) -> tuple[CountingNode, ...]:
    """The scorecards of those who share in it and of the units above them on its day, as far as they may be seen; of a figure those that show the line that it is reported of.

    Queries: none.
    """
    plan = loaded.plan(history.cycle)
    frame = plan.frame
    if history.type == "figure":
        return tuple(_showing(plan, history, sees=sees))
    slices = {one.slice for one in frame.matching(history.type, history.country, history.hs_code)}
    nodes: list[Node] = []
    for share in history.credits:
        nodes.append(Node(NodeKind.EMPLOYEE, share.employee))
        if share.unit is not None:
            nodes.extend(Node(NodeKind.UNIT, code) for code in frame.directory.chain_on(share.unit, history.day))
    counting: list[CountingNode] = []
    for node in dict.fromkeys(nodes):
        if not sees(node):
            continue
        versions = [(line.row.kpi, plan.worked[line.worked].version) for line in plan.lines.get(node, ())]
        kpis = tuple(
            _counted(history, code, version)
            for code, version in versions
            if any(part.slice in slices for part in version.measure.parts)
        )
        counting.append(CountingNode(node=node, name=node_name(frame.directory, node, history.day), kpis=kpis))
    return tuple(counting)


def _showing(plan: CyclePlan, history: ActivityHistory, *, sees: Callable[[Node], bool]) -> Iterator[CountingNode]:
    """Of a figure its node, and whoever shows that node's line of the KPI; none where nobody has such a line."""
    of = Node.known(history.buyer), history.company
    for node, lines in plan.lines.items():
        shown = [line for line in lines if plan.sheet.reported_of(line.row) == of]
        if shown and sees(node):
            yield CountingNode(
                node=node,
                name=node_name(plan.frame.directory, node, history.day),
                kpis=tuple(_counted(history, line.row.kpi, plan.worked[line.worked].version) for line in shown),
            )


def _counted(history: ActivityHistory, kpi: str, version: KpiVersion) -> tuple[str, Translated, CountsFrom | None]:
    return kpi, version.name, None if history.state in _COUNTING[version.counts_from] else version.counts_from


def _contents(history: ActivityHistory) -> Contents:
    return Contents(
        history.type,
        history.day,
        Party(history.company, "", history.company_registration),
        Party(history.buyer, history.country, history.buyer_registration),
        history.usd_cents,
    )


def _corrects(connection: Connection, frame: Frame, history: ActivityHistory) -> Corrected | None:
    """The entry in whose place this one was recorded, and why."""
    reversal_id = correcting_reversal(history.source, history.id)
    if reversal_id is None:
        return None
    reversal = ledger.raw_event(connection, frame, key=ledger.event_key(EventKey(history.source, reversal_id)))
    if reversal is None or reversal.target is None:
        return None
    return Corrected(reversal.target, reversal.reason)


def _rate(frame: Frame, history: ActivityHistory) -> Rate | None:
    """At what rate, and of which month, its amount is worth what it is in US dollars."""
    month, usd = (find(history.currency, history.day) for find in (frame.known.rates.month, frame.known.rates.rate))
    return Rate(usd, month) if isinstance(usd, Decimal) and isinstance(month, dt.date) else None


def _reached_by(loaded: State, scorecard: str, kpi: str, *, viewer: Viewer, today: dt.date) -> ReachedBy | None:
    """The figure whose activities one came from, where it may be looked at."""
    node = Node.parse(scorecard) if scorecard else None
    directory = loaded.frame.directory
    if node is None or kpi not in loaded.sheet.definitions.kpis or not access.exists(directory, node):
        return None
    if not access.sees(directory, viewer=viewer, deed=Deed.SEE_DERIVATION, day=today)(node):
        return None
    name = loaded.sheet.kpi(kpi).versions[-1].name
    return ReachedBy(node, node_name(directory, node, today), kpi, name)
