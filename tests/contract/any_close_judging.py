"""Why somebody may not propose or agree to a decision of a certified cycle, by the little model of any_close_order.py; written down from the contract alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.contract.any_close_order import (
    CHECKERS,
    CLOSE_PEOPLE,
    DISCIPLINED,
    EMPLOYEES,
    FIGURE_KINDS,
    FUNCTIONS,
    GRADES,
    HEAD_OF_UNIT,
    HEADS,
    HR,
    LINE_KINDS,
    MAKERS,
    OPEN_IN,
    CloseDesk,
    Result,
    Step,
    Waiting,
    is_in,
)
from tests.contract.any_order import EFFECTS_SEEN_ABOVE

__all__ = [
    "about_of",
    "against_approving",
    "against_proposing",
    "effects_of",
    "obstacles",
    "steps_after",
    "why_no_moves",
]

_AGAIN: Final = "again"

Why = tuple[set[str], set[str]]
"""The codes of what is certainly in the way, and of what may be."""


def against_proposing(desk: CloseDesk, who: str, kind: str, content: Mapping[str, Any]) -> Why:
    """Why somebody may not propose it."""
    reasons: set[str] = set()
    if not desk.authorities(who) & MAKERS[kind]:
        reasons |= {"role", "not_there"}
    about = about_of(desk, kind, content)
    if about & desk.own_nodes(who):
        reasons.add("own_case")
    return reasons | not_theirs(desk, who, kind, content) | as_things_are(desk, kind, content), set()


def about_of(desk: CloseDesk, kind: str, content: Mapping[str, Any]) -> frozenset[str]:
    """The units and employees that a decision is about."""
    if kind == "calibrate":
        return frozenset(one["node"] for one in content["moves"])
    if kind == "let_lapse":
        return frozenset(f"employee:{number}" for number in lapsed_of(desk, content["move"]))
    if kind == "lift":
        of = desk.waiting.get(content["decision"])
        return of.about if of is not None and of.kind in LINE_KINDS else frozenset()
    return frozenset({content["node"]} if kind in LINE_KINDS else ())


def lapsed_of(desk: CloseDesk, number: int) -> set[str]:
    """Whose move of a decision has lapsed."""
    results = desk.results()
    return {who for who, step in desk.steps.items() if step.decision == number and results[who].lapsed}


def moved_by(desk: CloseDesk, kind: str, content: Mapping[str, Any]) -> set[str]:
    """Whose grades calibrators decide on, of those who are listed."""
    if kind == "let_lapse":
        of = desk.waiting.get(content["move"])
        nodes = of.about if of is not None and of.kind == "calibrate" else frozenset[str]()
    else:
        nodes = about_of(desk, kind, content)
    return {node.partition(":")[2] for node in nodes} & set(EMPLOYEES)


def not_theirs(desk: CloseDesk, who: str, kind: str, content: Mapping[str, Any]) -> set[str]:
    """Why it is not this person's, whatever their role is."""
    if kind in {*LINE_KINDS, "lift"} and who not in HR:
        of = about_of(desk, kind, content)
        heads = {head_of(node) for node in of}
        return set() if of and heads == {desk.accounts[who].employee} else {"role", "not_there"}
    if kind in {"calibrate", "let_lapse"} and FUNCTIONS.get(who) == "calibrator":
        results = desk.results()
        groups = {results[one].group for one in moved_by(desk, kind, content)} - {None}
        reasons = set() if is_in(who, groups) else {"role", "not_there"}
        own = {results[one].group for one in desk.numbers(who) if one in results}
        return reasons | ({"own_group"} if groups & own else set())
    return set()


def head_of(node: str) -> str | None:
    """The head of whose lines they are."""
    kind, _, code = node.partition(":")
    return HEAD_OF_UNIT[node] if kind == "unit" else next(iter(HEADS[code]), None)


def as_things_are(desk: CloseDesk, kind: str, content: Mapping[str, Any], *, number: int = 0) -> set[str]:
    """What is in the way now, whoever proposes it or agrees to it."""
    if kind not in CHECKERS:
        return {"not_now"}
    reasons = set() if desk.stage in OPEN_IN else {"not_now"}
    if kind == "calibrate":
        reasons |= why_no_moves(desk, content["moves"])
    if kind == "let_lapse":
        of = desk.waiting.get(content["move"])
        if of is None or of.kind != "calibrate" or of.state != "approved":
            reasons.add("not_there")
        elif not lapsed_of(desk, content["move"]):
            reasons.add("not_lapsed")
    if kind in LINE_KINDS and has_cause(desk, content):
        reasons.add("adjusted_already")
    if kind == "lift":
        of = desk.waiting.get(content["decision"])
        if of is None or of.kind not in LINE_KINDS or of.state != "approved":
            reasons.add("not_there")
        elif content["decision"] not in desk.holding:
            reasons.add("lifted_already")
    if kind == "notify":
        reasons |= set() if desk.pending() else {"nothing_pending"}
        reasons |= {"blocked"} if desk.blockers("notified", but=number) else set()
    if kind == "lock":
        reasons |= set() if desk.stage == "notified" else {"not_now"}
        reasons |= {"blocked"} if desk.stage == "notified" and desk.blockers("locked", but=number) else set()
    return reasons


def has_cause(desk: CloseDesk, content: Mapping[str, Any]) -> bool:
    """Whether a line was adjusted for a cause, by a decision that holds."""
    line = ("node", "kpi", "cause")
    return any(all(one[name] == content[name] for name in line) for one in desk.holding.values())


# ---------------------------------------------------------------------------------------------------------------- moves


def why_no_moves(desk: CloseDesk, moves: list[dict[str, Any]]) -> set[str]:
    """What is in the way of some moves, whoever makes them (contract-cycle, 6)."""
    if any(one["from"] == one["to"] or len(one["reason"]) < 10 for one in moves):
        return {"invalid"}
    if any(not one["node"].startswith("employee:") for one in moves):
        return {"groups"}
    numbers = [one["node"].partition(":")[2] for one in moves]
    if any(one not in EMPLOYEES for one in numbers):
        return {"not_there"}
    results, reasons = desk.results(), set[str]()
    for number, one in zip(numbers, moves, strict=True):
        now = results[number]
        if now.grade is None or now.proposed is None:
            reasons.add("not_graded")
            continue
        if number == DISCIPLINED:
            reasons.add("disciplined")
        if one["from"] != now.grade:
            reasons.add("from_grade")
        if abs(GRADES.index(one["to"]) - GRADES.index(now.proposed)) > 1:
            reasons.add("steps")
    if len({results[number].group for number in numbers}) > 1:
        reasons.add("groups")
    return reasons | why_not_the_counts(desk, results, moves)


def why_not_the_counts(desk: CloseDesk, results: Mapping[str, Result], moves: list[dict[str, Any]]) -> set[str]:
    """Whether a rule would be broken that was kept, or a group give other seats than before with no rule mended by it."""
    after = dict(results)
    for one in moves:
        number = one["node"].partition(":")[2]
        if results[number].grade is not None:
            after[number] = results[number]._replace(grade=one["to"])
    before, then = desk.broken(results), desk.broken(after)
    reasons = {f"rules:{name}" for name in then - before}
    if seats(results) != seats(after) and not before - then:
        reasons.add("seats")
    return reasons


def seats(results: Mapping[str, Result]) -> list[tuple[str, str]]:
    """Every group's seats by grade."""
    return sorted((one.group or "", one.grade) for one in results.values() if one.grade is not None)


def steps_after(desk: CloseDesk, number: int, kind: str, content: Mapping[str, Any]) -> dict[str, Step]:
    """Everybody's last move once a decision is agreed to."""
    steps = dict(desk.steps)
    if kind == "calibrate":
        results = desk.results()
        for one in content["moves"]:
            who = one["node"].partition(":")[2]
            proposed = results[who].proposed if who in results else None
            if proposed is not None:
                steps[who] = Step(number, one["to"], proposed, desk.tellings)
    if kind == "let_lapse":
        for who in lapsed_of(desk, content["move"]):
            del steps[who]
    return steps


def lines_after(desk: CloseDesk, number: int, kind: str, content: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """The decisions about lines that hold once one more is agreed to."""
    lines = dict(desk.holding)
    if kind == "lift":
        lines.pop(content["decision"], None)
    if kind in LINE_KINDS:
        lines[number] = {**content, "kind": kind}
    return lines


def effects_of(desk: CloseDesk, kind: str, content: Mapping[str, Any]) -> tuple[Any, Any]:
    """What a decision would change: of grades, and of anything else."""
    if kind in {"notify", "lock"}:
        some = desk.pending() if kind == "notify" else desk.results()
        return {number: one.grade for number, one in some.items()}, {number: one.score for number, one in some.items()}
    if kind not in FIGURE_KINDS:
        return None, None
    lines = lines_after(desk, -1, kind, content)
    before, after = desk.results(), desk.results(lines, steps_after(desk, -1, kind, content))
    grades = {
        number: (one.grade, after[number].grade) for number, one in before.items() if one.grade != after[number].grade
    }
    _, _, were = desk.proposal(desk.holding)
    _, _, are = desk.proposal(lines)
    return grades, {node: (score, are[node]) for node, score in were.items() if score != are[node]}


# -------------------------------------------------------------------------------------------------------------- agreeing


def against_approving(desk: CloseDesk, who: str, number: int, *, wrong: bool) -> Why:
    """Why somebody may not agree to a decision; `again` alone for who has agreed to it."""
    one = desk.waiting[number]
    if one.state != "proposed":
        if one.state == "approved" and desk.is_same(who, one.checker):
            return {_AGAIN}, set()
        return {"not_proposed", "not_there"}, set()
    reasons = obstacles(desk, who, one) | ({"digest"} if wrong else set())
    effects = next(each["effects"]["count"] for each in desk.decisions if each["id"] == number)
    if effects > EFFECTS_SEEN_ABOVE and not {desk.accounts[who].employee, who} & one.seen_by:
        reasons.add("not_seen")
    now = as_things_are(desk, one.kind, one.content, number=number)
    more, perhaps = overtaken(desk, one)
    # What cannot be any more is overtaken.
    return reasons | more | now, perhaps | ({"overtaken"} if now else set())


def obstacles(desk: CloseDesk, who: str, one: Waiting) -> set[str]:
    """Why somebody may neither agree to an open decision nor refuse it."""
    reasons: set[str] = set()
    if not desk.authorities(who) & CHECKERS[one.kind]:
        reasons |= {"role", "not_there"}
    if one.kind in {"calibrate", "let_lapse"}:
        why = not_theirs(desk, who, "calibrate", {"moves": [{"node": node} for node in one.about]})
        # Of one's own group nobody reads a decision before it is told.
        reasons |= why | ({"not_there"} if "own_group" in why else set())
    if desk.is_same(who, one.maker):
        reasons.add("same_person")
    elif desk.act_for_each_other(who, one.maker):
        reasons.add("acts_for_maker")
    if one.about & desk.own_nodes(who):
        reasons.add("own_case")
    return reasons


def overtaken(desk: CloseDesk, one: Waiting) -> Why:
    """Whether something has moved under a decision since it was proposed."""
    if one.kind == "let_lapse":
        now = {f"employee:{number}" for number in lapsed_of(desk, one.content["move"])}
        return {"overtaken"} if one.about - now else set(), set()
    grades, others = effects_of(desk, one.kind, one.content)
    if grades != one.effects[0]:
        return {"overtaken"}, set()
    # Everybody is told what an approver has looked at.
    since = one.kind == "notify" and desk.figures != one.figures
    return set(), {"overtaken"} if since or others != one.effects[1] else set()


def whose(number: str) -> str | None:
    """The account of an employee."""
    return next((email for email, (_, mine) in CLOSE_PEOPLE.items() if mine == number), None)
