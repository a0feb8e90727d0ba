"""What is said of the activities: verified by the head some days later, rejected, confirmed by customers, reversed.

Do not let a head verify what the head's own people logged together with the head. Who has a part of an
activity does not judge it: then the head above does. A few do so all the same, and their verdicts are void.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.demo.drawing import Activities, Ints
from app.demo.people import Staffing
from app.rules.usual_reasons import REJECTING, REVERSING

__all__ = ["ADDITIONALITY", "KINDS", "REASONS", "Judged", "Verdicts", "judge"]

Flags = npt.NDArray[np.bool_]

KINDS: Final = ("verified", "rejected", "confirmed", "denied", "reversed")
VERIFIED, REJECTED, CONFIRMED, DENIED, REVERSED = range(5)
REASONS: Final = ((), tuple(REJECTING.values()), (), (), tuple(REVERSING.values()))
"""The reasons that are given, for each of :data:`KINDS`."""
ADDITIONALITY: Final = (0, 20, 40, 60, 80, 90, 100)
"""What customers answer (domain.md 2); 90 for "over 80"."""

_FRESH_DAYS: Final = 14
"""Hardly anything of the last two weeks has been looked at, so that queues are filled."""
_CHAIN: Final = 3


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Verdicts, an entry each."""

    kind: Ints
    activity: Ints
    day: Ints
    by: Ints
    """The employee who says so; -1 for a customer."""
    detail: Ints
    """Which of the reasons, or of the answers on additionality."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The verdicts, and what stands of each activity after all of them."""

    verdicts: Verdicts
    entered: Flags
    verified: Flags
    confirmed: Flags
    pending: Flags
    """Waits for its head."""


class _Said:
    """Verdicts as they are given."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.parts: list[tuple[Ints, Ints, Ints, Ints, Ints]] = []

    def add(self, kind: int, activity: Ints, day: Ints, by: Ints) -> None:
        choices = len(REASONS[kind]) or len(ADDITIONALITY)
        # Most customers say that little or nothing would have come without the agency.
        detail = (choices * self.rng.random(len(activity)) ** 1.4).astype(np.int64)
        self.parts.append((np.full(len(activity), kind), activity, day, by, detail))

    def all(self) -> Verdicts:
        kind, activity, day, by, detail = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        return Verdicts(kind=kind, activity=activity, day=day, by=by, detail=detail)


def _judges(staffing: Staffing, acts: Activities, activity: Ints, day: Ints) -> Ints:
    """The head of the activity's unit on the day of the verdict; where that one has a part in it, the next one above."""
    units = staffing.units
    up = np.array([([unit.place, *units.above(unit.place), *[0] * _CHAIN])[: _CHAIN + 1] for unit in units.all])
    found = np.full(len(activity), -1)
    for level in range(_CHAIN + 1):
        head = staffing.head_on[up[acts.unit[activity], level], day]
        fits = (found < 0) & (head >= 0) & (head != acts.employee[activity]) & (head != acts.partner[activity])
        found[fits] = head[fits]
    return found


def judge(rng: np.random.Generator, staffing: Staffing, acts: Activities) -> Judged:
    """Every verdict up to the day the agency is built."""
    count, today = len(acts), staffing.cycle.passed - 1
    said = _Said(rng)
    asked = ~acts.is_kind("export_consult")
    when = acts.day.clip(min=0) + 1 + rng.geometric(0.16, count).clip(max=45)
    chance = np.where(today - acts.day < _FRESH_DAYS, 0.10, 0.968)
    seen = np.flatnonzero(asked & (when <= today) & (rng.random(count) < chance))
    by = _judges(staffing, acts, seen, when[seen])
    seen, by = seen[by >= 0], by[by >= 0]
    is_rejected = rng.random(len(seen)) < 0.034
    verified, rejected = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    verified[seen[~is_rejected]] = True
    rejected[seen[is_rejected]] = True
    said.add(VERIFIED, seen[~is_rejected], when[seen[~is_rejected]], by[~is_rejected])
    said.add(REJECTED, seen[is_rejected], when[seen[is_rejected]], by[is_rejected])
    _change_minds(rng, said, (verified, rejected), (seen, when[seen], by), today)
    answers = _ask_customers(rng, said, acts, verified, when, today)
    is_reversed = _reverse(rng, said, acts, today)
    pending = asked & ~verified & ~rejected & ~is_reversed
    _judge_oneself(rng, said, acts, pending, today)
    standing = ~is_reversed
    return Judged(
        verdicts=said.all(),
        entered=standing & ~rejected,
        verified=standing & verified,
        confirmed=standing & verified & answers,
        pending=pending,
    )


def _change_minds(
    rng: np.random.Generator, said: _Said, flags: tuple[Flags, Flags], judged: tuple[Ints, Ints, Ints], today: int
) -> None:
    """Some verdicts are taken back later: of several the latest holds."""
    (verified, rejected), (seen, when, by) = flags, judged
    later = when + rng.integers(8, 30, len(seen))
    chosen = (rng.random(len(seen)) < 0.004) & (later <= today)
    turned = chosen & verified[seen]
    said.add(REJECTED, seen[turned], later[turned], by[turned])
    mended = (rng.random(len(seen)) < 0.15) & (later <= today) & rejected[seen]
    said.add(VERIFIED, seen[mended], later[mended], by[mended])
    verified[seen[turned]], rejected[seen[turned]] = False, True
    verified[seen[mended]], rejected[seen[mended]] = True, False


def _ask_customers(
    rng: np.random.Generator, said: _Said, acts: Activities, verified: Flags, when: Ints, today: int
) -> Flags:
    """Half of the customers of verified deals confirm within weeks, a few deny; says which confirmed."""
    answered = when + 6 + rng.geometric(0.09, len(acts)).clip(max=70)
    asked = acts.is_kind("export_deal") & verified & (answered <= today)
    luck = rng.random(len(acts))
    confirmed, denied = asked & (luck < 0.62), asked & (luck > 0.97)
    for kind, flags in ((CONFIRMED, confirmed), (DENIED, denied)):
        at = np.flatnonzero(flags)
        said.add(kind, at, answered[at], np.full(len(at), -1))
    return np.asarray(confirmed)


def _reverse(rng: np.random.Generator, said: _Said, acts: Activities, today: int) -> Flags:
    """One in a hundred is taken out again by whoever logged it."""
    later = acts.day.clip(min=0) + rng.geometric(0.12, len(acts))
    flags = (rng.random(len(acts)) < 0.009) & (later <= today)
    at = np.flatnonzero(flags)
    said.add(REVERSED, at, later[at], acts.employee[at])
    return np.asarray(flags)


def _judge_oneself(rng: np.random.Generator, said: _Said, acts: Activities, pending: Flags, today: int) -> None:
    """A handful verify their own: void, and shown as void."""
    waiting = np.flatnonzero(pending & (acts.day <= today))
    chosen = np.sort(rng.choice(waiting, min(8, len(waiting)), replace=False))
    day = np.minimum(acts.day[chosen].clip(min=0) + 1, today)
    said.add(VERIFIED, chosen, day, acts.employee[chosen])
