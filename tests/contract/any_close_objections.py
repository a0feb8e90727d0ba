"""What a little model says of objections: who answers one, who hears it, how far it is and who sees it; written down from contract-cycle, 7 and 13."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.contract.any_close_order import CloseDesk

__all__ = [
    "ANSWERED_BY",
    "ENDED",
    "PAY_ANSWERED_BY",
    "Objection",
    "confirmers",
    "hears",
    "judged",
    "members",
    "sees_objection",
    "state_of",
]

ANSWER_DAYS: Final = dt.timedelta(days=10)
APPEAL_DAYS: Final = dt.timedelta(days=7)
ANSWERED_BY: Final = ("correct", "override", "drop", "calibrate", "no_effect")
"""The decisions that give effect to what was granted."""
PAY_ANSWERED_BY: Final = ("reopen", "no_effect")
"""And those that do of an objection about pay."""
ENDED: Final = frozenset({"settled", "refused", "withdrawn"})


@dataclass
class Objection:
    """What somebody objects to, and what was done about it.

    Attributes:
        by: the account that wrote it down.
        about: what it is about; of pay alone more hangs on that.
        granted: what was answered; None for nothing yet.
        members: who hears it, once that is fixed.
        votes: what each of them has said.
    """

    number: int
    employee: str
    by: str
    received_on: dt.date
    about: str = "figure"
    granted: bool | None = None
    answered_on: dt.date | None = None
    answered_by: str = ""
    members: tuple[str, ...] = ()
    votes: dict[str, bool] = field(default_factory=dict)
    is_withdrawn: bool = False

    @property
    def answered_by_kinds(self) -> tuple[str, ...]:
        """Which decisions give effect to it."""
        return PAY_ANSWERED_BY if self.about == "pay" else ANSWERED_BY

    @property
    def until(self) -> dt.date:
        """The last day to answer."""
        return self.received_on + ANSWER_DAYS

    @property
    def verdict(self) -> bool | None:
        """What the committee has decided: half of its members are not more than half, and all of them evenly grant it."""
        granting = sum(self.votes.values())
        if 2 * granting > len(self.members):
            return True
        if 2 * (len(self.votes) - granting) > len(self.members):
            return False
        return True if len(self.votes) == len(self.members) else None


def state_of(desk: CloseDesk, one: Objection) -> str:
    """How far an objection is today."""
    if one.is_withdrawn:
        return "withdrawn"
    granted = one.granted
    if not granted and one.members:
        granted = one.verdict
        if granted is None:
            return "appealed"
    elif granted is None:
        return "open" if desk.today <= one.until else "appealed"
    elif not granted and one.answered_on is not None and desk.today <= one.answered_on + APPEAL_DAYS:
        return "answered"
    if not granted:
        return "refused"
    has_effect = any(each.objection == one.number and each.state == "approved" for each in desk.waiting.values())
    return "settled" if has_effect else "granted"


# ------------------------------------------------------------------------------------------------------------- who hears it


def names(desk: CloseDesk, account: str) -> set[str]:
    """By what somebody is known: the e-mail and the number."""
    return {account, desk.accounts[account].employee or account}


def hands(desk: CloseDesk, employee: str) -> Iterator[str]:
    """The accounts that made or agreed to a decision about somebody."""
    node = f"employee:{employee}"
    for maker, checker in desk.imposed.get(node, ()):
        yield from (maker, checker)
    for one in desk.waiting.values():
        if node in one.about and one.state in {"proposed", "approved"}:
            yield one.maker
        if node in one.about and one.state == "approved":
            yield one.checker


def judged(desk: CloseDesk, employee: str) -> set[str]:
    """Who had a hand in what somebody came to: who decided about them, or reviewed them, and in whose place."""
    some = set[str]().union(*(names(desk, one) for one in hands(desk, employee)))
    return some | {name for review in desk.reviews.get(employee, ()) for name in (review.by, review.place)}


def confirmers(desk: CloseDesk, employee: str, line: Collection[str]) -> tuple[str, ...]:
    """Who answers: the next head above the one who reviewed who had no hand in it, else hr.

    Args:
        desk: the model.
        employee: who objects.
        line: the heads up their line.
    """
    heads, reviews = list(line), desk.reviews.get(employee, ())
    free = [one for one in heads if one not in {desk.accounts[maker].employee for maker in makers(desk, employee)}]
    reviewer = reviews[-1].place if reviews else next(iter(free), None)
    if reviewer in heads:
        above = heads[heads.index(reviewer) + 1 :]
    elif reviews and reviewer in desk.units:
        # Somebody else reviewed whom no head could: whoever of them is free answers.
        above = heads
    else:
        above = []
    barred = judged(desk, employee)
    return next(((one,) for one in above if one not in barred), ("hr",))


def makers(desk: CloseDesk, employee: str) -> set[str]:
    """The accounts that made a decision about somebody."""
    node = f"employee:{employee}"
    return {maker for maker, _ in desk.imposed.get(node, ())} | {
        one.maker for one in desk.waiting.values() if node in one.about and one.state in {"proposed", "approved"}
    }


def members(desk: CloseDesk, one: Objection, line: Collection[str]) -> tuple[str, ...]:
    """Who hears an objection: those who were fixed, else whoever hears objections and had no hand in it, and is not of the objector's group."""
    if one.members:
        return one.members
    group = desk.told[one.employee].result.group
    barred = judged(desk, one.employee) | {*list(line)[:1], one.employee, one.answered_by}
    barred |= {*confirmers(desk, one.employee, line)}
    barred |= {number for number, told in desk.told.items() if group is not None and told.result.group == group}
    hearing = [who for who, functions in desk.functions.items() if "objections" in functions]
    return tuple(sorted(desk.accounts[who].employee or who for who in hearing if not names(desk, who) & barred))


def is_member(desk: CloseDesk, who: str, one: Objection, line: Collection[str]) -> str | None:
    """As whom somebody is of the committee."""
    return next(iter(set(members(desk, one, line)) & names(desk, who)), None)


def hears(desk: CloseDesk, who: str, one: Objection, line: Collection[str]) -> bool:
    """Whether somebody answers an objection, has answered it, or is of the committee that hears it."""
    by = confirmers(desk, one.employee, line)
    answers = "hr" in desk.accounts[who].roles if by == ("hr",) else desk.accounts[who].employee in by
    begun = bool(one.members) or state_of(desk, one) == "appealed"
    return answers or one.answered_by in names(desk, who) or (begun and is_member(desk, who, one, line) is not None)


def sees_objection(desk: CloseDesk, who: str, one: Objection, line: Collection[str]) -> bool:
    """Whether somebody finds an objection: whose it is, who hears it, hr, approvers and auditors."""
    if f"employee:{one.employee}" in desk.own_nodes(who):
        return desk.accounts[who].employee == one.employee
    return bool(desk.authorities(who) & {"hr", "approver", "auditor"}) or hears(desk, who, one, line)
