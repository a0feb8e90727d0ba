"""Which events count: the pure fold over an activity's verdicts.

This is the definition; every stored total has to agree with it (contract, "Which events count, exactly").
A newcomer's usual mistake: to take verdicts in the order in which they arrived. "Latest" and "earliest" go by the instant, then by source and
id, so that any order of the same set gives the same standing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from app.rules.activities import EventKey

__all__ = ["MICROS_A_DOLLAR", "STATES", "UNJUDGED", "Counts", "Effect", "VerdictLike", "standing"]

MICROS_A_DOLLAR: Final = 1_000_000

STATES: Final = ("entered", "verified", "confirmed", "denied", "rejected", "reversed")
"""The words for where an activity stands, in the order of the verification levels (domain.md 2)."""


class VerdictLike(Protocol):
    """What the fold needs of a verdict: :class:`app.rules.activities.Verdict`, or a row of the ledger."""

    @property
    def source(self) -> str:
        """With the id: what identifies it."""

    @property
    def id(self) -> str:
        """With the source: what identifies it."""

    @property
    def type(self) -> str:
        """``verified``, ``rejected``, ``confirmed``, ``denied`` or ``reversed``."""

    @property
    def day(self) -> dt.date:
        """The day of its time."""

    @property
    def instant(self) -> str:
        """The text that sorts as instants do."""

    @property
    def by(self) -> str:
        """The employee who says so; empty where nobody is named."""


class Counts(NamedTuple):
    """On which verification levels an activity counts; each holds those above it."""

    entered: bool
    verified: bool
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What an activity's verdicts come to."""

    verified: bool
    """The latest of verified and rejected that is not void says verified."""
    rejected: bool
    """It says rejected."""
    confirmed: bool
    """The latest of confirmed and denied says confirmed."""
    denied: bool
    """It says denied."""
    reversed: bool
    verification: EventKey | None
    """The verdict that holds, of verified and rejected."""
    confirmation: EventKey | None
    """The verdict that holds, of confirmed and denied."""
    reversal: EventKey | None
    """The latest reversal."""
    void: tuple[EventKey, ...]
    """Without effect, and shown so, sorted: verified or rejected by one of the activity's own employees, and whatever a customer says of a figure."""

    @property
    def counts(self) -> Counts:
        """The levels on which an activity of this standing counts (contract, ``counts_from``); a new buyer has to be the first besides."""
        entered = not self.reversed and not self.rejected
        verified = not self.reversed and self.verified
        return Counts(entered, verified, verified and self.confirmed)

    @property
    def state(self) -> str:
        """The word for where it stands, one of :data:`STATES`."""
        if self.reversed:
            return "reversed"
        if self.rejected:
            return "rejected"
        if self.denied:
            return "denied"
        if self.verified:
            return "confirmed" if self.confirmed else "verified"
        return "entered"


UNJUDGED: Final = Effect(
    verified=False,
    rejected=False,
    confirmed=False,
    denied=False,
    reversed=False,
    verification=None,
    confirmation=None,
    reversal=None,
    void=(),
)
"""The standing of an activity without verdicts."""


def standing(
    verdicts: Iterable[VerdictLike],
    *,
    employees_of_activity: Container[str],
    as_of: dt.date | None = None,
    confirmable: bool = True,
) -> Effect:
    """Fold an activity's verdicts, in any order; with ``as_of`` those of days up to it.

    Verified or rejected by one of the activity's employees is void. Of several the latest holds, verified/rejected and confirmed/denied
    each for itself. A reversal always holds. Without ``confirmable`` confirmed and denied are void: a figure has no customer who could say so.
    """
    verification: VerdictLike | None = None
    confirmation: VerdictLike | None = None
    reversal: VerdictLike | None = None
    void: list[EventKey] = []
    for verdict in verdicts:
        if as_of is not None and verdict.day > as_of:
            continue
        type_ = verdict.type
        if type_ in {"verified", "rejected"}:
            if verdict.by in employees_of_activity:
                void.append(EventKey(verdict.source, verdict.id))
            elif verification is None or _order(verification) < _order(verdict):
                verification = verdict
        elif type_ in {"confirmed", "denied"}:
            if not confirmable:
                void.append(EventKey(verdict.source, verdict.id))
            elif confirmation is None or _order(confirmation) < _order(verdict):
                confirmation = verdict
        elif type_ == "reversed" and (reversal is None or _order(reversal) < _order(verdict)):
            reversal = verdict
    if not void and verification is None and confirmation is None and reversal is None:
        return UNJUDGED
    return Effect(
        verified=verification is not None and verification.type == "verified",
        rejected=verification is not None and verification.type == "rejected",
        confirmed=confirmation is not None and confirmation.type == "confirmed",
        denied=confirmation is not None and confirmation.type == "denied",
        reversed=reversal is not None,
        verification=_key(verification),
        confirmation=_key(confirmation),
        reversal=_key(reversal),
        void=tuple(sorted(set(void))),
    )


def _order(event: VerdictLike) -> tuple[str, str, str]:
    return (event.instant, event.source, event.id)


def _key(verdict: VerdictLike | None) -> EventKey | None:
    return None if verdict is None else EventKey(verdict.source, verdict.id)
