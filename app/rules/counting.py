"""Which events count: the pure fold over an activity's verdicts, and what an activity then adds to totals.

This is the definition; every stored total has to agree with it (contract, "Which events count, exactly").
A newcomer's usual mistake: to take verdicts in the order in which they arrived. "Latest" and "earliest" go by the instant, then by source and
id, so that any order of the same set gives the same standing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from app.rules.activities import Credit, EventKey
from app.rules.money import usd_cents
from app.rules.terms import CountsFrom

__all__ = [
    "MICROS_A_DOLLAR",
    "NOTHING",
    "NO_LEVELS",
    "STATES",
    "UNJUDGED",
    "Amounts",
    "BuyerCandidate",
    "Change",
    "Counts",
    "Effect",
    "Levels",
    "VerdictLike",
    "changes",
    "contributions",
    "credit_amounts",
    "first_new_buyers",
    "new_buyer_counts",
    "standing",
    "usd_cents",
]

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

    def on(self, level: CountsFrom) -> bool:
        """Whether it counts from that level on."""
        return bool(self[_LEVEL_AT[level]])


_LEVEL_AT: Final[Mapping[CountsFrom, int]] = {CountsFrom.ENTERED: 0, CountsFrom.VERIFIED: 1, CountsFrom.CONFIRMED: 2}


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
    """Verified or rejected by one of the activity's own employees, sorted: shown as void, without effect."""

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
    verdicts: Iterable[VerdictLike], *, employees_of_activity: Container[str], as_of: dt.date | None = None
) -> Effect:
    """Fold an activity's verdicts, in any order; with ``as_of`` those of days up to it.

    Verified or rejected by one of the activity's employees is void. Of several the latest holds, verified/rejected and confirmed/denied
    each for itself. A reversal always holds.
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
            if confirmation is None or _order(confirmation) < _order(verdict):
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


class BuyerCandidate(NamedTuple):
    """A new-buyer event that may be the first of its buyer."""

    buyer_key: str
    instant: str
    source: str
    id: str
    counts: Counts


def first_new_buyers(candidates: Iterable[BuyerCandidate]) -> dict[CountsFrom, dict[str, EventKey]]:
    """For each level, the event by which each buyer counts: the earliest of its new-buyer events that count there, of any cycle.

    ``where`` and the cycle are looked at after that, so give all candidates: of every country, cycle and employee (with ``as_of``: of days
    up to it, with their standing of that day).
    """
    first: dict[CountsFrom, dict[str, tuple[str, str, str]]] = {level: {} for level in CountsFrom}
    for candidate in candidates:
        order = (candidate.instant, candidate.source, candidate.id)
        for level, counting in zip(CountsFrom, candidate.counts, strict=True):
            if counting:
                of_level = first[level]
                held = of_level.get(candidate.buyer_key)
                if held is None or order < held:
                    of_level[candidate.buyer_key] = order
    return {level: {key: EventKey(*order[1:]) for key, order in of_level.items()} for level, of_level in first.items()}


def new_buyer_counts(event: EventKey, *, buyer_key: str, firsts: Mapping[CountsFrom, Mapping[str, EventKey]]) -> Counts:
    """The levels on which a new-buyer event counts: those where it is its buyer's first."""
    return Counts(*(firsts[level].get(buyer_key) == event for level in CountsFrom))


class Amounts(NamedTuple):
    """What something adds up to, in integers that fit 64 bits however many are added; signed where it is a change.

    The value is ``dollars + micros / 10^6``: sums of many have micros above a million, which :attr:`total_micros` joins.
    """

    shares_1e4: int = 0
    valued_shares_1e4: int = 0
    """Shares of activities that have an amount: what a mean divides by."""
    dollars: int = 0
    micros: int = 0
    """Millionths of a dollar: a share has four decimals, an amount two."""

    @property
    def total_micros(self) -> int:
        """The value in millionths of a US dollar."""
        return self.dollars * MICROS_A_DOLLAR + self.micros

    def plus(self, other: Amounts) -> Amounts:
        """The sum, part by part."""
        return Amounts(self[0] + other[0], self[1] + other[1], self[2] + other[2], self[3] + other[3])

    def minus(self, other: Amounts) -> Amounts:
        """The difference, part by part."""
        return Amounts(self[0] - other[0], self[1] - other[1], self[2] - other[2], self[3] - other[3])


NOTHING: Final = Amounts()


class Levels(NamedTuple):
    """Amounts on each verification level."""

    entered: Amounts = NOTHING
    verified: Amounts = NOTHING
    confirmed: Amounts = NOTHING

    def on(self, level: CountsFrom) -> Amounts:
        """The amounts that count from that level on."""
        return self[_LEVEL_AT[level]]

    def plus(self, other: Levels) -> Levels:
        """The sum, level by level."""
        return Levels(self[0].plus(other[0]), self[1].plus(other[1]), self[2].plus(other[2]))

    def minus(self, other: Levels) -> Levels:
        """The difference, level by level."""
        return Levels(self[0].minus(other[0]), self[1].minus(other[1]), self[2].minus(other[2]))


NO_LEVELS: Final = Levels()


def credit_amounts(share_1e4: int, usd_cents: int | None) -> Amounts:
    """What one credit is worth: share × amount_usd, exact; without an amount the share alone."""
    if usd_cents is None:
        return Amounts(share_1e4)
    return Amounts(share_1e4, share_1e4, *divmod(share_1e4 * usd_cents, MICROS_A_DOLLAR))


def contributions(credits: Sequence[Credit], *, counts: Counts, usd_cents: int | None) -> dict[str, Levels]:
    """What each credited employee gets of an activity, on each level."""
    result = {}
    for employee, share_1e4 in credits:
        amounts = credit_amounts(share_1e4, usd_cents)
        result[employee] = Levels(*(amounts if counting else NOTHING for counting in counts))
    return result


class Change(NamedTuple):
    """What has to be added to an employee's totals, signed."""

    employee: str
    levels: Levels


def changes(before: Mapping[str, Levels], after: Mapping[str, Levels]) -> list[Change]:
    """What turns the contributions of before into those of after: an empty mapping is an activity that is not there. Sorted by employee."""
    result = []
    for employee in sorted(before.keys() | after.keys()):
        levels = after.get(employee, NO_LEVELS).minus(before.get(employee, NO_LEVELS))
        if levels != NO_LEVELS:
            result.append(Change(employee, levels))
    return result
