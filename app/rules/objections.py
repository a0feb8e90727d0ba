"""Objections to what people were told: how far one is, until when each may act, and who hears it (contract-cycle, 7).

A newcomer's usual mistake: to have a job move an objection on. What nobody answers in time goes to the committee by its date alone, whoever looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

__all__ = [
    "ANSWERED_BY",
    "ENDED",
    "NO_EFFECT",
    "PAY_DAYS",
    "CommitteeTerm",
    "Course",
    "ObjectionAbout",
    "ObjectionState",
    "Recusal",
    "answers",
    "first_quorum",
    "last_day_to_answer",
    "last_day_to_appeal",
    "recusal_of",
    "state_of",
    "verdict",
]

PAY_DAYS: Final = 7
"""So many days from the approval of a pay run one may object to what it pays (contract-cycle, 8)."""


class ObjectionAbout(StrEnum):
    """What somebody objects to."""

    FIGURE = "figure"
    GRADE = "grade"
    DATA = "data"
    IMPOSED = "imposed"
    PAY = "pay"


class ObjectionState(StrEnum):
    """How far an objection is."""

    OPEN = "open"
    ANSWERED = "answered"
    """Refused by who confirms; the objector may appeal."""
    APPEALED = "appealed"
    GRANTED = "granted"
    """What was granted has no effect yet."""
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


ENDED: Final = frozenset({ObjectionState.SETTLED, ObjectionState.REFUSED, ObjectionState.WITHDRAWN})
"""Those that the lock does not wait for."""

NO_EFFECT: Final = "no_effect"
ANSWERED_BY: Final = frozenset({"correct", "override", "drop", "calibrate", NO_EFFECT})
"""The kinds of decisions that give effect to a granted objection, by naming it."""
_PAY_ANSWERED_BY: Final = frozenset({"reopen", NO_EFFECT})


def answers(kind: str, about: ObjectionAbout) -> bool:
    """Whether a decision of a kind gives effect to an objection: to one about pay another does (contract-cycle, 7 and 13)."""
    return kind in (_PAY_ANSWERED_BY if about is ObjectionAbout.PAY else ANSWERED_BY)


class Recusal(StrEnum):
    """Why somebody who hears objections does not hear this one; of several reasons the first is told."""

    OWN = "own"
    HEAD = "head"
    REVIEWER = "reviewer"
    CONFIRMER = "confirmer"
    RATER = "rater"
    MAKER = "maker"
    CHECKER = "checker"
    GROUP = "group"


def recusal_of(names: Collection[str], barred: Mapping[Recusal, Collection[str]]) -> Recusal | None:
    """Why somebody does not hear an objection; None where they do.

    Args:
        names: by what they are known: the number, and what their account is called.
        barred: whom each reason keeps from it, by the same.
    """
    return next((one for one in Recusal if not frozenset(names).isdisjoint(barred.get(one, ()))), None)


class CommitteeTerm(NamedTuple):
    """That somebody may hear an objection from a day up to, not including, another."""

    person: str
    from_: dt.date
    to: dt.date


def _with_quorum(
    holdings: Collection[CommitteeTerm], *, since: dt.date, least: int
) -> Iterator[tuple[dt.date, dt.date]]:
    """The periods from a day on in which enough people may hear it, in their order."""
    edges = {since, *(max(one.from_, since) for one in holdings), *(max(one.to, since) for one in holdings)}
    for begin, end in pairwise(sorted(edges)):
        if len({one.person for one in holdings if one.from_ <= begin < one.to}) >= least:
            yield begin, end


def first_quorum(holdings: Collection[CommitteeTerm], *, since: dt.date, least: int) -> dt.date | None:
    """The first day from one on, on which enough people may hear an objection; None for none."""
    return next((begin for begin, _ in _with_quorum(holdings, since=since, least=least)), None)


def last_day_to_answer(received_on: dt.date, *, days: int) -> dt.date:
    """The last day on which an objection may be answered; on the next one it is the committee's."""
    return received_on + dt.timedelta(days=days)


def last_day_to_appeal(
    answered_on: dt.date, holdings: Collection[CommitteeTerm], *, days: int, least: int
) -> dt.date | None:
    """The last day of the period to appeal: it runs only while there is a committee to appeal to (contract-cycle, 13).

    Args:
        answered_on: the day of the answer; the period begins on the next one.
        holdings: who may hear the objection, and when.
        days: how long the period is.
        least: the fewest members of a committee.

    Returns:
        None where too few are appointed for it to end.
    """
    if days == 0:
        return answered_on
    left = days
    for begin, end in _with_quorum(holdings, since=answered_on + dt.timedelta(days=1), least=least):
        length = (end - begin).days
        if length >= left:
            return begin + dt.timedelta(days=left - 1)
        left -= length
    return None


def verdict(members: int, votes: Sequence[bool]) -> bool | None:
    """What a committee has decided: once one side has more than half of the members; all have voted and it is even: granted. None before that."""
    granting = sum(votes)
    if 2 * granting > members:
        return True
    if 2 * (len(votes) - granting) > members:
        return False
    return True if members and len(votes) >= members else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of an objection so far.

    Attributes:
        answer_until: the last day to answer.
        granted: what was answered; None for nothing.
        appeal_until: the last day to appeal; None where there is no end of it yet.
        is_appealed: whether somebody appealed, or a committee has begun to hear it.
        members: how many hear it; 0 before they are fixed.
        votes: what each of those who voted said.
        is_withdrawn: whether the objector took it back.
        has_effect: whether two people agreed on a decision that names it.
    """

    answer_until: dt.date
    granted: bool | None = None
    appeal_until: dt.date | None = None
    is_appealed: bool = False
    members: int = 0
    votes: tuple[bool, ...] = ()
    is_withdrawn: bool = False
    has_effect: bool = False


def state_of(course: Course, *, day: dt.date) -> ObjectionState:
    """How far an objection is on a day."""
    if course.is_withdrawn:
        return ObjectionState.WITHDRAWN
    granted = course.granted
    if not granted and course.is_appealed:
        granted = verdict(course.members, course.votes)
        if granted is None:
            return ObjectionState.APPEALED
    elif granted is None:
        return ObjectionState.OPEN if day <= course.answer_until else ObjectionState.APPEALED
    elif not granted and (course.appeal_until is None or day <= course.appeal_until):
        return ObjectionState.ANSWERED
    if not granted:
        return ObjectionState.REFUSED
    return ObjectionState.SETTLED if course.has_effect else ObjectionState.GRANTED
