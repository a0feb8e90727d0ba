"""What two people must agree on: who may be the second, and the sum over what they agree on (contract-desk, 2).

A newcomer's usual mistake: to compare accounts. A person may have two, and is known by number and e-mail as well; all of these are :attr:`DecisionParty.marks`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import rfc8785

from app.plain.findings import Finding, Place, n_
from app.rules.permissions import Authority
from app.rules.terms import Node

__all__ = [
    "EFFECTS_SEEN_ABOVE",
    "MEMBERS",
    "QUEUE",
    "REASON_LENGTH_MAX",
    "REASON_LENGTH_MIN",
    "DecisionEffect",
    "DecisionParty",
    "DecisionState",
    "Obstacle",
    "decision_digest",
    "effects_digest",
    "moved_effects",
    "obstacle_to_checking",
    "obstacle_to_making",
    "ordered_effects",
    "reason_problem",
]

REASON_LENGTH_MIN: Final = 10
REASON_LENGTH_MAX: Final = 2000
EFFECTS_SEEN_ABOVE: Final = 20
"""Of more effects than these nobody approves who has not opened them."""

QUEUE: Final = "queue"
"""How many entries wait for somebody to verify: told of a change set, and no part of what a decision says that it moves (contract-desk, 2 and 3)."""

MEMBERS: Final = ("own_score", "final_score", "grade", "pay", "rights", QUEUE, "stage")
"""What an effect moves, after each ``score:KPI``."""


def reason_problem(reason: str) -> Finding | None:
    """What is wrong with the length of a reason, the space around it taken off; None where nothing is."""
    if REASON_LENGTH_MIN <= len(reason) <= REASON_LENGTH_MAX:
        return None
    return Finding(
        code="reason_length",
        message=n_("The reason has %(length)s characters: write %(least)s to %(most)s."),
        parameters={"least": REASON_LENGTH_MIN, "most": REASON_LENGTH_MAX, "length": len(reason)},
        place=Place(field="reason", pointer="/reason"),
    )


class DecisionState(StrEnum):
    """What has become of a decision; all but the first are for ever."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class Obstacle(StrEnum):
    """Why a person may not make or check a decision, by the contract's codes."""

    ROLE = "role"
    SAME_PERSON = "same_person"
    OWN_CASE = "own_case"
    ACTS_FOR_MAKER = "acts_for_maker"
    ACCOUNT_CHANGED = "account_changed"
    OWN_GROUP = "own_group"


class DecisionEffect(NamedTuple):
    """What a decision moves: a member of a node, before and after."""

    node: str
    member: str
    before: Any
    after: Any
    cycle: str | None = None
    """Of which cycle, where it is another than the one that is looked at first."""

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it; the cycle beside it where there is one to tell."""
        told = self._asdict()
        return told if self.cycle is not None else {name: one for name, one in told.items() if name != "cycle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionParty:
    """A person who makes or checks a decision.

    Attributes:
        marks: all by which the person is known: account, employee's number, e-mails of both.
        roles: those that hold today, and the functions of the decision's cycle.
        own: the employee, and the units posted to: what is the person's own case.
    """

    marks: frozenset[str]
    roles: frozenset[Authority] = frozenset()
    own: frozenset[Node] = frozenset()

    def is_same(self, other: DecisionParty) -> bool:
        """Whether both are one person."""
        return not self.marks.isdisjoint(other.marks)


def ordered_effects(effects: Iterable[DecisionEffect]) -> tuple[DecisionEffect, ...]:
    """Those of the cycle looked at first, then cycle by cycle; nodes by text; of one node scores of KPIs first, then members in the contract's order."""
    rank = {member: place for place, member in enumerate(MEMBERS, 1)}
    return tuple(sorted(effects, key=lambda one: (one.cycle or "", one.node, rank.get(one.member, 0), one.member)))


def moved_effects(signed: Sequence[DecisionEffect], now: Sequence[DecisionEffect]) -> list[dict[str, Any]]:
    """What a signed effect is now, for each that is another one."""
    before = {(one.cycle or "", one.node, one.member): one for one in signed}
    after = {(one.cycle or "", one.node, one.member): one for one in now}
    return [
        {
            "node": node,
            "member": member,
            "signed": before[cycle, node, member].after if (cycle, node, member) in before else None,
            "now": after[cycle, node, member].after if (cycle, node, member) in after else None,
        }
        | ({"cycle": cycle} if cycle else {})
        for cycle, node, member in sorted(before.keys() | after.keys())
        if before.get((cycle, node, member)) != after.get((cycle, node, member))
    ]


def effects_digest(effects: Sequence[DecisionEffect]) -> str:
    """The SHA-256 of the effects in the one form that RFC 8785 gives them."""
    return hashlib.sha256(rfc8785.dumps([one.as_json() for one in effects])).hexdigest()


def decision_digest(
    *,
    kind: str,
    cycle: str | None,
    round_: int | None,
    content: Mapping[str, Any],
    effects: Sequence[DecisionEffect] | None,
) -> str:
    """What a checker signs: the SHA-256 of kind, cycle, round, content and effects, by RFC 8785 (contract-desk, 2).

    Args:
        kind: the decision's.
        cycle: that it is about; None for none.
        round_: of the cycle; None outside of one.
        content: what is decided: texts, whole numbers, lists and objects of them.
        effects: those that are signed; None where they are told and not signed, since inputs are live.
    """
    signed: dict[str, Any] = {
        "kind": kind,
        "cycle": cycle,
        "round": round_,
        "content": dict(content),
        "effects": None if effects is None else [one.as_json() for one in effects],
    }
    return hashlib.sha256(rfc8785.dumps(signed)).hexdigest()


def obstacle_to_making(
    maker: DecisionParty, *, roles: Collection[Authority], about: Collection[Node] = (), people: Collection[str] = ()
) -> Obstacle | None:
    """Why a person may not propose it; None where nothing is in the way.

    Args:
        maker: who.
        roles: those of which one is needed.
        about: the employees and units that it is about; none for what concerns the whole agency, which is nobody's own case, and as long as it
            has not been read.
        people: marks of whom else it is about, whose account for one.
    """
    if maker.roles.isdisjoint(roles):
        return Obstacle.ROLE
    return Obstacle.OWN_CASE if _is_own_case(maker, about, people) else None


def _is_own_case(party: DecisionParty, about: Collection[Node], people: Collection[str]) -> bool:
    return not party.own.isdisjoint(about) or not party.marks.isdisjoint(people)


def obstacle_to_checking(
    checker: DecisionParty,
    maker: DecisionParty,
    *,
    roles: Collection[Authority],
    about: Collection[Node],
    people: Collection[str] = (),
    stand_in: bool,
    account_changed: bool,
) -> Obstacle | None:
    """Why a person may not be the second one; None where nothing is in the way.

    Args:
        checker: who would approve or refuse.
        maker: who proposed.
        roles: those of which the checker needs one.
        about: as above.
        people: as above.
        stand_in: whether a delegation between the two is in force today, either way and whatever its functions.
        account_changed: whether somebody gave the account of either its password, roles or employee since it was proposed.
    """
    if checker.is_same(maker):
        return Obstacle.SAME_PERSON
    if checker.roles.isdisjoint(roles):
        return Obstacle.ROLE
    if _is_own_case(checker, about, people):
        return Obstacle.OWN_CASE
    if stand_in:
        return Obstacle.ACTS_FOR_MAKER
    return Obstacle.ACCOUNT_CHANGED if account_changed else None
