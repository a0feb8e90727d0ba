"""Why somebody may not propose or agree to a decision of a cycle, by the little model of any_cycle_order.py; written down from the contract alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.contract.any_cycle_order import (
    AGREED_IN,
    BEFORE_THE_CUT,
    CHECKERS,
    CYCLE_PEOPLE,
    HEAD,
    HR,
    IRIS,
    LINE_KINDS,
    MAKERS,
    UNITS_OF,
    CycleDesk,
)
from tests.contract.any_deeds import Waiting, Why

__all__ = ["about_of", "against_approving", "against_proposing", "checkers_of", "digest_of", "whose"]

BONUS_MOST: Final = 5


def whose(person: str) -> str:
    """The account of whom a content names by number or e-mail."""
    return next((email for email, (_, number) in CYCLE_PEOPLE.items() if number == person), person)


def against_proposing(desk: CycleDesk, who: str, kind: str, content: Mapping[str, Any]) -> Why:
    """Why somebody may not propose it."""
    reasons: set[str] = set()
    if not desk.authorities(who) & MAKERS[kind]:
        reasons |= {"role", "not_there"}
    if not desk.stage and kind != "appoint":
        return reasons | {"not_opened"}, {"not_there"} if kind == "lift" else set()
    if about_of(desk, kind, content) & desk.own_nodes(who):
        reasons.add("own_case")
    more, perhaps = as_things_are(desk, kind, content)
    return reasons | more | not_theirs(desk, who, kind, content), perhaps


def about_of(desk: CycleDesk, kind: str, content: Mapping[str, Any]) -> frozenset[str]:
    """The units and employees that a decision is about."""
    if kind in {"stage", "certify", "amend"}:
        return frozenset()
    if kind == "appoint":
        number = CYCLE_PEOPLE[whose(content["person"])][1]
        return frozenset([f"employee:{number}"] if number else [])
    if kind == "bonus":
        return frozenset({f"employee:{content['employee']}"})
    return frozenset({desk.node_of_lift(content) if kind == "lift" else content["node"]} - {""})


def not_theirs(desk: CycleDesk, who: str, kind: str, content: Mapping[str, Any]) -> set[str]:
    """Why it is not this person's, whatever their role is."""
    if kind == "appoint":
        return {"own_case"} if desk.is_same(who, whose(content["person"])) else set()
    if kind == "impose":
        by = HEAD[content["node"]]
        theirs = who in HR if by in {"hr", "executive"} else desk.accounts[who].employee == by
        return set() if theirs else {"role"}
    if kind in {*LINE_KINDS, "lift"} and who not in HR:
        node = desk.node_of_lift(content) if kind == "lift" else content["node"]
        if HEAD.get(node) != desk.accounts[who].employee:
            return {"role", "not_there"}
    return set()


def as_things_are(desk: CycleDesk, kind: str, content: Mapping[str, Any]) -> Why:
    """What is in the way now, whoever proposes it or agrees to it."""
    reasons: set[str] = set()
    if kind == "appoint":
        return incompatible(desk, content), set()
    if kind == "stage":
        return desk.stage_reasons(content["to"], content["accept"])
    if kind == "certify":
        return desk.certify_reasons(content["accept"])
    if desk.certify is not None:
        reasons.add("being_certified")
    if kind in {"bonus", "raters", "reopen_rating"} and desk.stage not in BEFORE_THE_CUT:
        reasons.add("not_now")
    if kind == "amend" and desk.stage not in AGREED_IN:
        reasons.add("not_now")
    if kind == "bonus" and desk.bonus[content["employee"]] + 1 > BONUS_MOST:
        reasons.add("bonus_max")
    if kind == "raters" and any(is_own_of(one, content["node"]) for one in content["raters"]):
        reasons.add("own_case")
    if kind == "reopen_rating" and not desk.rated.get(content["node"], {}).get(content["rater"], ("", "", False))[2]:
        reasons.add("not_final")
    if kind == "impose":
        reasons |= set() if desk.is_past() and desk.is_to_sign(content["node"]) else {"not_now"}
        reasons |= set() if digest_of(desk, content["node"]) == content["digest"] else {"digest"}
    if kind in LINE_KINDS and has_cause(desk, content):
        reasons.add("adjusted_already")
    if kind == "lift":
        of = desk.waiting.get(content["decision"])
        if of is None or of.kind not in LINE_KINDS or of.state != "approved":
            reasons.add("not_there")
        elif content["decision"] not in desk.holding:
            reasons.add("lifted_already")
    return reasons, set()


def is_own_of(number: str, node: str) -> bool:
    """Whether a node is somebody's own: themself, or the unit that they are posted to."""
    return node in {f"employee:{number}", f"unit:{UNITS_OF.get(number)}"}


def digest_of(desk: CycleDesk, node: str) -> str:
    """The sum over the draft of a scorecard."""
    card = desk.card(node)
    return str((card["draft"] or card)["digest"])


def has_cause(desk: CycleDesk, content: Mapping[str, Any]) -> bool:
    """Whether a line was adjusted for a cause, by a decision that holds."""
    line = ("node", "kpi", "cause")
    return any(all(one[name] == content[name] for name in line) for one in desk.holding.values())


def incompatible(desk: CycleDesk, content: Mapping[str, Any]) -> set[str]:
    """Whether somebody's roles and functions do not go with another function."""
    person, function = whose(content["person"]), content["function"]
    functions = desk.functions.get(person, set())
    pairs = ({"approver", "payroll"}, {"certifier", "approver"})
    barred = person == IRIS or (function == "certifier" and {"hr", "head"} & desk.accounts[person].roles)
    return {"incompatible"} if barred or any({one, function} in pairs for one in functions) else set()


def against_approving(desk: CycleDesk, number: int) -> Why:
    """Why nobody may agree to a decision now."""
    one = desk.waiting[number]
    reasons, perhaps = overtaken(desk, one)
    if one.kind != "certify":
        now, may_be = as_things_are(desk, one.kind, one.content)
        reasons, perhaps = reasons | now, perhaps | may_be
    return reasons, perhaps


def checkers_of(one: Waiting) -> frozenset[str]:
    """The roles and functions that agree to a decision."""
    if one.kind == "impose":
        return frozenset({"executive" if HEAD[one.content["node"]] in {"hr", "executive"} else "hr"})
    return CHECKERS[one.kind]


def overtaken(desk: CycleDesk, one: Waiting) -> Why:
    """Whether something has moved under a decision since it was proposed."""
    if one.kind == "stage":
        publishes = one.then.stage == "draft" and one.content["to"] == "agreement" and desk.loaded != one.then.loaded
        return {"overtaken"} if desk.stage != one.then.stage or publishes else set(), set()
    if one.kind == "amend":
        parts = ("policies", "definitions")
        moved = any(
            now != then and one.content[part]
            for part, now, then in zip(parts, desk.loaded, one.then.loaded, strict=True)
        )
        return {"overtaken"} if moved else set(), set()
    # What was proposed of a certified cycle has signed effects, which another decision may have moved.
    decided = sum(each.state == "approved" for each in desk.waiting.values())
    return set(), {"overtaken"} if one.then.stage == "certified" and decided != one.then.decided else set()
