"""How an opened cycle stands: one read model for its page, the API and the command."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from app import cascade, scoring
from app.cascade import Publication
from app.cycle.close.blocking import blockers_of
from app.cycle.desk.board import BoardState, cycle_board
from app.cycle.opened import OpenedCycle
from app.rules.stages import Blocker, Stage, stages_ahead
from app.rules.terms import Period
from app.scoring import Certified, State

__all__ = ["CycleStanding", "standing_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStanding:
    """An opened cycle as it stands.

    Attributes:
        opened: its stage, round and calendar.
        period: its days, up to, not including, the last one's next.
        published: the edition that it goes by; None before there is one.
        certified: the cut that it goes by; None before there is one.
        blockers: what stands in the way of each stage that it may come to next.
        counts: how many people are in each state of the board.
    """

    opened: OpenedCycle
    period: Period
    published: Publication | None
    certified: Certified | None
    blockers: Mapping[Stage, tuple[Blocker, ...]]
    counts: Mapping[str, int]

    def narrowed(self, is_seen: Callable[[str], bool]) -> CycleStanding:
        """The same, of what is in the way only those named that somebody may see; how many there are stays."""
        seen = {
            to: tuple(replace(one, items=tuple(filter(is_seen, one.items)), of=one.count) for one in some)
            for to, some in self.blockers.items()
        }
        return replace(self, blockers=seen)

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it (contract-cycle, 3)."""
        first, end = self.period.from_, self.period.to
        return {
            "cycle": str(self.opened.cycle),
            "stage": self.opened.stage.value,
            "round": self.opened.round,
            "since": self.opened.since.isoformat(),
            "calendar": self.opened.calendar_json,
            "period": {
                "from": None if first is None else first.isoformat(),
                "to": None if end is None else end.isoformat(),
            },
            "pins": {
                "published": None if self.published is None else self.published.as_pin(),
                "certified": None if self.certified is None else self.certified.as_pin(),
            },
            "blockers": {to.value: [_blocker_json(one) for one in some] for to, some in self.blockers.items()},
            "counts": dict(self.counts),
        }


def _blocker_json(blocker: Blocker) -> dict[str, Any]:
    finding = blocker.as_finding()
    return {"code": finding.code, "detail": finding.text(), **finding.told}


def standing_of(connection: Connection, loaded: State, opened: OpenedCycle, *, day: dt.date) -> CycleStanding:
    """How a cycle stands on a day. Queries: 2, and those of :func:`app.cycle.blockers_of` and :func:`app.cycle.cycle_board`."""
    plan = loaded.plan(opened.cycle)
    return CycleStanding(
        opened=opened,
        period=plan.period,
        published=cascade.published(connection, opened.cycle),
        certified=scoring.certified_cuts(connection).get(opened.cycle),
        blockers={
            to: tuple(blockers_of(connection, loaded, opened.cycle, to, day=day)) for to in stages_ahead(opened.stage)
        },
        counts=_counts(connection, loaded, opened, day),
    )


def _counts(connection: Connection, loaded: State, opened: OpenedCycle, day: dt.date) -> dict[str, int]:
    """How many people the board has in each state, in its order; those that nobody is in are left out."""
    states = Counter(row.state for row in cycle_board(connection, loaded, opened, day=day))
    return {state.value: states[state] for state in BoardState if states[state]}
