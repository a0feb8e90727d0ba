"""How an opened cycle stands: one read model for its page, the API and the command."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, scoring
from app.cascade import Publication
from app.cycle.agreed_cards import AgreedCard, agreed_cards
from app.cycle.blocking import blockers_of
from app.cycle.opened import OpenedCycle
from app.rules.agreement import AgreementState
from app.rules.stages import Blocker, Stage, stages_ahead
from app.rules.terms import Node, NodeKind, Period
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
        counts: how many people are in each state.
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
    """How a cycle stands on a day. Queries: 6, and those of :func:`app.cycle.blockers_of`."""
    plan = loaded.plan(opened.cycle)
    return CycleStanding(
        opened=opened,
        period=plan.period,
        published=cascade.published(connection, opened.cycle),
        certified=scoring.certified_cuts(connection).get(opened.cycle),
        blockers={
            to: tuple(blockers_of(connection, loaded, opened.cycle, to, day=day)) for to in stages_ahead(opened.stage)
        },
        counts=_counts(agreed_cards(connection, loaded, opened.cycle)),
    )


def _counts(cards: Mapping[Node, AgreedCard]) -> dict[str, int]:
    """How many people are in each state, in the order in which the contract asks for them; those that nobody is in are left out."""
    states = Counter(_state(card) for node, card in cards.items() if node.kind is NodeKind.EMPLOYEE)
    return {state: states[state] for state in _STATES if states[state]}


_STATES: Final = ("to_sign_owner", "to_sign_head", "to_sign_hr", "agreed", "no_scorecard")


def _state(card: AgreedCard) -> str:
    if card.state is AgreementState.NONE:
        return "no_scorecard"
    if card.state in {AgreementState.AGREED, AgreementState.IMPOSED}:
        return "agreed"
    return f"to_sign_{card.missing[0]}" if card.missing else "agreed"
