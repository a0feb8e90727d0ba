"""Why somebody may not propose or agree to a decision of a certified cycle, by the little model of any_close_order.py; written down from the contract alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.contract.any_close_objections import state_of
from tests.contract.any_close_order import (
    CHECKERS,
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
    PAID_IN,
    CloseDesk,
    Result,
    Step,
    is_in,
)
from tests.contract.any_deeds import Waiting, Why
from tests.contract.any_order import CYCLE

PAY_KINDS: Final = ("institution", "pay_run", "clawback", "stage", "reopen")

__all__ = [
    "about_of",
    "admitted_after",
    "against_approving",
    "against_proposing",
    "effects_of",
    "lines_after",
    "obstacles",
    "pay_effects",
    "steps_after",
    "why_no_moves",
]


def against_proposing(desk: CloseDesk, who: str, kind: str, content: Mapping[str, Any], objection: int | None) -> Why:
    """Why somebody may not propose it, to give effect to an objection or not."""
    reasons: set[str] = set()
    of = None if objection is None else desk.objections.get(objection)
    if of is not None and f"employee:{of.employee}" in desk.own_nodes(who):
        reasons.add("own_case")
    if objection is None and kind == "no_effect":
        reasons.add("invalid")
    is_granted = of is not None and state_of(desk, of) in {"granted", "settled"} and kind in of.answered_by_kinds
    if objection is not None and not is_granted:
        reasons.add("invalid")
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
    if kind == "clawback":
        return frozenset({f"employee:{content['employee']}"})
    if kind == "correct":
        return frozenset().union(*people_of(desk, content))
    if kind == "reopen":
        return frozenset() if content["nodes"] == "all" else frozenset(content["nodes"])
    return frozenset({content["node"]} if kind in LINE_KINDS else ())


def people_of(desk: CloseDesk, content: Mapping[str, Any]) -> list[frozenset[str]]:
    """Whom each event names that is to be admitted."""
    some = [desk.late[one["id"]] for one in content["admit"] if one["id"] in desk.late]
    return [frozenset({f"employee:{one['data']['employee']}"}) for one in some]


def admitted_after(desk: CloseDesk, kind: str, content: Mapping[str, Any]) -> frozenset[str]:
    """What counts of what came late, once a decision is agreed to."""
    more = {one["id"] for one in content["admit"]} if kind == "correct" else set()
    return desk.admitted | more


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
    if kind == "stage":
        wanted = "payroll" if content["to"] == "paid" else "hr"
        return set() if wanted in desk.authorities(who) else {"role"}
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
    if kind in PAY_KINDS:
        return why_not_paid(desk, kind, content, number=number)
    if kind == "no_effect":
        return {"not_now"} if desk.stage == "certified" and desk.round == 1 else set()
    reasons = set() if desk.stage in OPEN_IN else {"not_now"}
    if desk.open_for is not None and not is_open_for(desk, kind, content):
        reasons.add("not_reopened")
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
        if of is not None and of.then is not None and of.then.round != desk.round:
            reasons.add("not_now")
    if kind == "correct":
        names = [one["id"] for one in content["admit"]]
        new = {name for name in names if name in desk.late and name not in desk.admitted}
        is_right = len(names) == len(new) and all(desk.late[one]["time"].startswith(CYCLE) for one in names)
        reasons |= set() if is_right else {"invalid"}
    if kind == "notify":
        reasons |= {"nothing_pending"} if desk.stage == "notified" and not desk.pending() else set()
        reasons |= {"blocked"} if desk.blockers("notified", but=number) else set()
    if kind == "lock":
        reasons |= set() if desk.stage == "notified" else {"not_now"}
        reasons |= {"blocked"} if desk.stage == "notified" and desk.blockers("locked", but=number) else set()
    return reasons


def is_open_for(desk: CloseDesk, kind: str, content: Mapping[str, Any]) -> bool:
    """Whether a later round is open for all whom a decision is about; grades are moved of anybody's in whose group somebody's is."""
    assert desk.open_for is not None
    if kind in {*LINE_KINDS, "lift"}:
        return about_of(desk, kind, content) <= desk.open_for
    if kind == "correct":
        return all(some & desk.open_for for some in people_of(desk, content))
    if kind == "calibrate":
        results = desk.results()
        groups = {one.group for number, one in results.items() if f"employee:{number}" in desk.open_for}
        return {results[number].group for number in moved_by(desk, kind, content)} <= groups | {None}
    return True


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
    admitted = admitted_after(desk, kind, content)
    before, after = desk.results(), desk.results(lines, steps_after(desk, -1, kind, content), admitted)
    grades = {
        number: (one.grade, after[number].grade) for number, one in before.items() if one.grade != after[number].grade
    }
    _, _, were = desk.proposal(desk.holding)
    _, _, are = desk.proposal(lines, admitted)
    return grades, {node: (score, are[node]) for node, score in were.items() if score != are[node]}


# -------------------------------------------------------------------------------------------------------------- agreeing


def against_approving(desk: CloseDesk, number: int) -> Why:
    """Why nobody may agree to a decision now."""
    one = desk.waiting[number]
    now = as_things_are(desk, one.kind, one.content, number=number)
    reasons, perhaps = overtaken(desk, one)
    # What cannot be any more is overtaken.
    return reasons | now, perhaps | ({"overtaken"} if now else set())


def obstacles(desk: CloseDesk, who: str, one: Waiting) -> set[str]:
    """Why somebody may neither agree to an open decision nor refuse it."""
    reasons: set[str] = set()
    if not desk.authorities(who) & CHECKERS[one.kind]:
        reasons |= {"role", "not_there"}
    if one.kind in {"calibrate", "let_lapse"}:
        moves = one.content.get("moves") or [{"node": node} for node in one.about]
        why = not_theirs(desk, who, "calibrate", {"moves": moves})
        # Of one's own group nobody reads a decision before it is told.
        reasons |= why | ({"not_there"} if "own_group" in why else set())
    return reasons


def overtaken(desk: CloseDesk, one: Waiting) -> Why:
    """Whether something has moved under a decision since it was proposed."""
    if one.kind == "let_lapse":
        now = {f"employee:{number}" for number in lapsed_of(desk, one.content["move"])}
        return {"overtaken"} if one.about - now else set(), set()
    if one.kind in PAY_KINDS:
        return pay_overtaken(desk, one)
    grades, others = effects_of(desk, one.kind, one.content)
    if grades != one.then.effects[0]:
        return {"overtaken"}, set()
    # Everybody is told what an approver has looked at.
    since = one.kind == "notify" and desk.figures != one.then.figures
    # What grades come to goes by the ministry's result and the last run, which may have come since.
    is_priced = one.kind in FIGURE_KINDS and bool(grades or others) and desk.payroll.institution is not None
    return set(), {"overtaken"} if since or is_priced or others != one.then.effects[1] else set()


# ------------------------------------------------------------------------------------------------------------------ pay


def why_not_paid(desk: CloseDesk, kind: str, content: Mapping[str, Any], *, number: int = 0) -> set[str]:
    """What is in the way of the ministry's result, a run, what is given back, of being paid, or of opening it again (contract-cycle, 8)."""
    payroll = desk.payroll
    if kind == "institution":
        return set()
    reasons = set() if desk.stage in PAID_IN else {"not_now"}
    if kind == "clawback":
        graded = {number for number, one in desk.results().items() if one.grade is not None}
        reasons |= set() if content["employee"] in payroll.known() | graded else {"invalid"}
        reasons |= {"clawed_back"} if content["employee"] in payroll.given_back else set()
    if kind == "stage":
        reasons |= {"not_now"} if content["to"] != "paid" or desk.stage != "locked" else set()
        reasons |= {"blocked"} if desk.stage == "locked" and desk.blockers("paid", but=number) else set()
    if kind == "pay_run":
        if payroll.institution is None:
            return reasons | {"no_institution"}
        run = payroll.next_run(desk.terms())
        reasons |= {"not_now"} if run.number == 1 and desk.stage != "locked" else set()
        reasons |= {"invalid"} if content["run"] != run.number else set()
        reasons |= {"over_pool"} if run.is_over_pool else set()
        others = [one for one in desk.open_decisions() if one != number and desk.waiting[one].kind == "pay_run"]
        reasons |= {"run_open"} if others and not number else set()
    return reasons


def pay_effects(desk: CloseDesk, kind: str, content: Mapping[str, Any]) -> Any:
    """What a decision about pay would change."""
    if kind == "pay_run":
        return desk.payroll.next_run(desk.terms()).moves()
    if kind == "clawback":
        return desk.payroll.amounts().get(content["employee"])
    return desk.stage if kind == "stage" else None


def pay_overtaken(desk: CloseDesk, one: Waiting) -> Why:
    """Whether something has moved under a decision about pay."""
    if one.kind != "institution" and one.then.round != desk.round:
        return {"overtaken", "not_now"}, set()
    if one.kind == "pay_run" and desk.payroll.institution is None:
        return set(), {"overtaken"}
    return ({"overtaken"} if pay_effects(desk, one.kind, one.content) != one.then.effects else set()), set()
