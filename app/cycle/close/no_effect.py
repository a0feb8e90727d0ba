"""That a granted objection changes nothing: by hr, and an approver, for a reason that both stand by (contract-cycle, 7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from app import organisation, scoring
from app.cycle.opened import NotNow, figures_stand, opened_or_refused
from app.decisions import Decision, DecisionKind, Read
from app.kit.refusals import Invalid, unknown_members
from app.rules import objections
from app.rules.terms import CycleFunction, Role

__all__ = ["NO_EFFECT"]


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = unknown_members(content, ())
    if problems:
        raise Invalid(*problems)
    opened = opened_or_refused(connection, cycle, scoring.state(connection), today=today)
    if not opened.is_told:
        raise NotNow
    return Read({}, round=opened.round)


def _apply(connection: Connection, decision: Decision) -> None:
    """Nothing is changed; whoever reads decisions about people learns of it."""
    hand = decision.done_by
    organisation.raise_decided(connection, [(decision.kind, decision.cycle, decision.id, hand.at.isoformat())])


NO_EFFECT: Final = DecisionKind(
    code=objections.NO_EFFECT,
    makers=frozenset({Role.HR}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR}),
    read=_read,
    effects=lambda *_: (),
    apply=_apply,
    signs_effects_of=figures_stand,
    of_cycle=True,
)
"""It is about whoever objected, and names the objection beside its kind."""
