"""Calibrators, heads, hr, approvers and everybody else do any of the posts of a certified cycle in any order, until it is paid, reopened and paid again (contract-cycle, 12.2).

Whatever they do, a little model that is written down from the contract says of each answer whether it may be so, and after each deed what everybody
comes to, proposed by a second calculation, moved, held, and what they are paid, to the won. Nobody who is not named comes to less than they were
told; no approved decision has one person on both sides, and no won is paid by one; what all runs paid is what everybody comes to. Who may look finds
what stands, each person finds what they were told, and everybody else nothing. What is refused without a reason is as wrong as what is done without a
right.

Each run goes on until every kind of post was done at least once. Its seed is told where it fails; ``SOAK`` makes it longer, with seeds never tried.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import combinations, product
from typing import Any, Final

import pytest

from tests.contract.any_close_deeds import PEOPLE_AT, is_told_by_mail
from tests.contract.any_close_judging import (
    PAY_KINDS,
    about_of,
    admitted_after,
    against_approving,
    against_proposing,
    effects_of,
    lines_after,
    obstacles,
    pay_effects,
    steps_after,
    why_no_moves,
)
from tests.contract.any_close_objecting import ObjectionDeeds
from tests.contract.any_close_objections import ANSWERED_BY, PAY_ANSWERED_BY
from tests.contract.any_close_order import (
    ANNA,
    BORAM,
    CHECKERS,
    CLOSE_PEOPLE,
    DANA,
    DECIDING,
    DISCIPLINED,
    DORA,
    EMPLOYEES,
    FERRAN,
    FIGURE_KINDS,
    GRADES,
    HEADING,
    HUGO,
    KIM,
    LEE,
    LINE_KINDS,
    MAKERS,
    MIA,
    OPEN_IN,
    PAID_IN,
    PIA,
    WANDA_AGAIN,
    CloseDesk,
    Result,
    Then,
    Told,
    close_prepared,
)
from tests.contract.any_deeds import ADDRESS, Waiting, Why, played
from tests.contract.any_order import Prepared
from tests.soaking import TIMES, seeds

__all__ = ["close_prepared"]

STEPS: Final = {
    "certified": 80,
    "notified": 120,
    "told again": 80,
    "locked": 80,
    "paid": 40,
    "reopened": 80,
    "paid again": 50,
}
"""How many posts are tried in any order at each time, before what is missing is done and the cycle is taken on."""
SOAKED: Final = 3
"""So many times as many in a long run."""
LEAST: Final = 600
"""So many posts a run tries at least: with those before the close more than a thousand."""


OF_OBJECTIONS: Final = ("object", "answer_objection", "appeal", "vote", "no_effect", "withdraw_objection")
WEIGHTS: Final = {
    "calibrate": 3,
    "override": 2,
    "review": 4,
    "zero": 2,
    "let_lapse": 2,
    "notify": 2,
    "days_go_by": 0.7,
    "pay_run": 2,
    "load": 2,
    "reopen": 0.3,
}
"""How much more often than others a deed is drawn."""


class AnyCloseOrder(ObjectionDeeds):
    """Any of these deeds by anybody, and decisions; each looks at what came of it."""

    makers, checkers = MAKERS, CHECKERS
    weights = WEIGHTS

    def __init__(self, desk: CloseDesk, seed: int) -> None:
        super().__init__(desk, seed)
        self.deeds = {
            **{name: getattr(self, name) for name in ("review", "answer_review", "tell_by_hand", "preview")},
            **{name: getattr(self, name) for name in ("delegate", "end_delegation", "days_go_by", "too_late")},
            **{
                name: getattr(self, name) for name in ("record", "load", "object", "answer_objection", "appeal", "vote")
            },
            **{
                name: getattr(self, name)
                for name in ("withdraw_objection", "refuse", "withdraw", "approve_any", "export", "look_at_pay")
            },
            **{kind: self.of_kind(kind) for kind in CHECKERS},
        }

    # ---- the run

    def names(self) -> list[str]:
        """A run comes to its end: nothing is locked, or reopened, before everything was done, and reopened by chance once at most."""
        barred = {"reopen"} if self.desk.round > 1 else set()
        for name, time in {"lock": "notified", "reopen": "locked"}.items():
            barred |= set() if all(self.done[each] for each in self.DONE_AT[time]) else {name}
        return [name for name in super().names() if name not in barred]

    def missing_at(self, time: str) -> Collection[str]:
        """What has to have been done when it goes on."""
        return self.DONE_AT.get(time, ())

    def make_way(self, time: str, name: str, tries: int) -> None:
        """What a deed takes that nobody has done yet."""
        if name in self.AFTER:
            self.do(self.AFTER[name])
        if name == "let_lapse":
            self.a_move_lapses()
        if name in OF_OBJECTIONS and not tries % 3:
            self.to_hear(name)
        if name in {"pay_run", "export", "look_at_pay"} and not tries:
            self.withdraw_all()
            self.run_by_the_book()

    DONE_AT: Final = {
        "certified": (
            *("review", "answer_review", "preview", "delegate", "end_delegation", "calibrate", "refuse", "withdraw"),
        ),
        "notified": (
            *OF_OBJECTIONS,
            *("correct", "override", "zero", "drop", "lift", "let_lapse", "tell_by_hand", "approve_any", "days_go_by"),
        ),
        "locked": ("institution", "clawback", "pay_run", "export", "look_at_pay", "too_late"),
    }
    """What has to have been done when it goes on."""

    AFTER: Final = {
        "answer_review": "review",
        "correct": "record",
        "lift": "zero",
        "refuse": "override",
        "withdraw": "override",
    }

    def a_move_lapses(self) -> None:
        """By the book: two people's grades are swapped where nobody's was moved, then somebody's actual is such that another grade is proposed of who was."""
        desk = self.desk
        if any(one.lapsed for one in desk.results().values()):
            return
        if desk.steps.keys() <= HEADING:
            self.decided("calibrate", {"moves": self.a_swap()}, KIM, LEE)
        for node, value in product([f"employee:{one}" for one in EMPLOYEES], ("0", "11")):
            cause = f"again{len(desk.waiting)}"
            content = {"node": node, "kpi": "consults", "cause": cause, "member": "actual", "value": value}
            then = desk.results(lines_after(desk, -1, "override", content))
            if any(one.lapsed for one in then.values()):
                self.decided("override", content, DANA, ANNA)
                return
        # What is decided of a line may hide its actual.
        for number in [*desk.holding]:
            self.decided("lift", {"decision": number}, DANA, ANNA)

    def a_swap(self) -> list[dict[str, Any]]:
        """Moves of two people who may be moved to each other's grades; not of heads, whose score is their unit's."""
        results = self.desk.results()
        pairs = combinations([one for one in results if results[one].grade is not None and one not in HEADING], 2)
        swaps = (
            [self.move(one, results[other].grade), self.move(other, results[one].grade)]
            for one, other in pairs
            if results[one].grade != results[other].grade
        )
        return next(moves for moves in swaps if not why_no_moves(self.desk, moves))

    def taken_to(self, time: str) -> None:
        """By the book: whoever has to does what it takes to tell people, to lock, to pay, to open it again."""
        desk = self.desk
        if time in {"notified", "told again"}:
            self.to_tell()
        if time == "locked" or (time in {"paid", "reopened", "paid again"} and desk.stage in OPEN_IN):
            self.to_lock()
        if time in {"paid", "paid again"} and desk.stage == "locked":
            self.to_pay()
        if time == "reopened":
            self.withdraw_all()
            content = {"nodes": self.chance.choice([["employee:E1"], ["employee:E12", "unit:VIE"], "all"])}
            self.decided("reopen", {**content, "because": "court"}, DANA, FERRAN)

    def to_tell(self) -> None:
        """Nothing waits, no move is lapsed, no rule is broken, everybody's result is read, and two people tell what is pending."""
        desk = self.desk
        if desk.stage in PAID_IN:
            return
        self.let_nothing_wait()
        if desk.pending() or desk.stage == "certified":
            self.decided("notify", {}, DANA, ANNA)
        assert not desk.pending()

    def let_nothing_wait(self) -> None:
        """All that is in the way of telling is taken out of it."""
        desk = self.desk
        self.withdraw_all()
        self.end_all_delegations()
        for move in sorted({desk.steps[one].decision for one, now in desk.results().items() if now.lapsed}):
            self.decided("let_lapse", {"move": move}, KIM, LEE)
        if desk.broken(desk.results()):
            moves = self.mending()
            if moves:
                self.decided("calibrate", {"moves": moves}, KIM, LEE)
            else:
                for line in [*desk.holding]:
                    self.decided("lift", {"decision": line}, DANA, ANNA)
                self.let_nothing_wait()
                return
        self.step(self.all_is_read)

    def all_is_read(self) -> None:
        """Every result is reviewed, and every review that disagrees is answered."""
        desk, results = self.desk, self.desk.results()
        for number, one in results.items():
            review = desk.review_of(number, results)
            if review is not None and not review.agrees and review.answer is None:
                self.answered(DANA if review.by != DANA else DORA, number, "It was weighed.")
            elif one.grade is not None and review is None:
                (reviewer,) = desk.reviewers(number)
                who = DORA if reviewer == "hr" else self.hand_of(reviewer)
                self.reviewed(who, number, agrees=True, text=f"I have read what {number} has come to.")

    def end_all_delegations(self) -> None:
        """Nobody stands in for anybody, from tomorrow on."""
        desk = self.desk
        for place, given in enumerate(desk.delegations):
            if given["ended_on"] is None:
                answer = desk.ask(DANA, "POST", f"/api/v1/delegations/{given['id']}/end", json={})
                assert answer.status_code == 200, answer.text
                desk.delegations[place] = dict(answer.json or {})
        desk.now += dt.timedelta(days=1)

    def mending(self) -> list[dict[str, Any]]:
        """Moves that mend what the grades break, by one step from what is proposed; none where there are none."""
        desk, results = self.desk, self.desk.results()
        near = [
            self.move(number, to)
            for number, one in results.items()
            if one.grade is not None and one.proposed is not None and number != DISCIPLINED
            for to in GRADES
            if to != one.grade and abs(GRADES.index(to) - GRADES.index(one.proposed)) <= 1
        ]
        tried = [[one] for one in near] + [[*pair] for pair in combinations(near, 2)]
        for moves in tried:
            after = {one["node"].partition(":")[2]: one["to"] for one in moves}
            if len(after) == len(moves) and not why_no_moves(desk, moves):
                then = {number: one._replace(grade=after.get(number, one.grade)) for number, one in results.items()}
                if not desk.broken(then):
                    return moves
        return []

    def to_lock(self) -> None:
        """Everybody knows, everybody's days are over, and two people lock."""
        desk = self.desk
        if desk.stage in PAID_IN:
            return
        self.let_nothing_wait()
        if desk.pending() or desk.stage == "certified":
            self.to_tell()
        self.end_objections()
        for number in [number for number, one in desk.told.items() if one.on is None]:
            self.step(partial(self.told_by_hand, DANA, number, desk.today))
        desk.now += dt.timedelta(days=15)
        self.decided("lock", {}, DANA, ANNA)
        assert desk.stage == "locked"

    # ---- what must be so

    def all_is_as_it_must_be(self) -> None:
        """Grades, decisions, board, what is in the way, and what one person finds, are as the model has them."""
        desk, results = self.desk, self.desk.results()
        desk.items = items = {one["employee"]: one for one in desk.read(f"{PEOPLE_AT}?limit=1000")["items"]}
        assert sorted(items) == sorted(EMPLOYEES)
        for number, told in items.items():
            self.result_is(number, told, results[number])
        parts: list[Callable[[], None]] = [
            partial(self.the_cycle_is, results),
            partial(self.the_board_is, results),
            partial(self.somebody_finds_what_is_theirs, results),
            self.decisions_are_as_they_must_be,
            self.pay_is_as_it_must_be,
            self.objections_are_as_they_must_be,
        ]
        # All of them each time would take twice as long: what is wrong stays so, and is found a step later.
        for part in parts if self.looks_at_all else self.chance.sample(parts, 2):
            part()

    def decisions_are_as_they_must_be(self) -> None:
        """Each since the cycle was certified is of two people."""
        self.desk.refresh()
        self.decisions_are_of_two_people([one for one in self.desk.decisions if one["id"] > self.desk.first])

    def result_is(self, number: str, told: Mapping[str, Any], now: Result) -> None:
        """Somebody's result as the auditor reads it is the model's, and not less than they were told unless they are named or lost points of their own."""
        desk, last = self.desk, self.desk.told.get(number)
        said = (number, told, now, last)
        stands = (told["grade"], told["proposed_grade"], told["held"])
        assert stands == (now.grade, now.proposed, now.held), said
        assert (told["group"], told["rank"], told["group_size"], told["days"]) == (
            now.group,
            now.rank,
            now.size,
            now.days,
        ), said
        assert (told["final_score"] is None) is (now.exact is None), said
        assert now.exact is None or abs(told["final_score"] - float(now.exact)) < 1e-6, said
        assert told["notified_grade"] == (None if last is None else last.result.grade), said
        move = told["move"]
        assert (move is None) is (now.step is None), said
        if move is not None and now.step is not None:
            assert (move["decision"], move["to"], move["lapsed"]) == (now.step.decision, now.step.to, now.lapsed), said
        review = desk.review_of(number, desk.results())
        assert (told["review"] and (told["review"]["agrees"], told["review"]["answer"])) == (
            review and (review.agrees, review.answer)
        ), said
        assert desk.digests.setdefault((number, *now.reviewed), told["digest"]) == told["digest"], said
        if last is not None and last.result.grade is not None and told["grade"] is not None:
            is_lower = GRADES.index(told["grade"]) > GRADES.index(last.result.grade)
            is_named = now.step is not None and now.step.after == desk.tellings
            has_lost = now.score is not None and last.result.score is not None and now.score < last.result.score
            assert not is_lower or is_named or has_lost or number == DISCIPLINED, said

    def the_cycle_is(self, results: Mapping[str, Result]) -> None:
        """At its stage, with what is in the way of the next."""
        desk = self.desk
        told = desk.read(ADDRESS)
        assert told["stage"] == desk.stage
        assert told["round"] == desk.round
        ahead: Mapping[str, tuple[str, ...]] = {"certified": ("notified",), "notified": ("notified", "locked")}
        for to in ahead.get(desk.stage, ("paid",) if desk.stage == "locked" else ()):
            some = {one["code"]: one["count"] for one in told["blockers"][to]}
            assert some == desk.blockers(to), (to, some, desk.blockers(to))

    def the_board_is(self, results: Mapping[str, Result]) -> None:
        """Everybody stands in one state, with the day until which something is due."""
        desk = self.desk
        board = {one["employee"]: one for one in desk.read(f"{ADDRESS}/board")["items"]}
        for number in EMPLOYEES:
            assert board[number]["state"] == desk.board_state(number, results), (number, board[number])
            if desk.stage == "notified":
                objected = desk.objected(number)
                until = desk.window(number)
                if objected is not None:
                    until = objected[1].until if objected[0] == "open" else None
                assert board[number]["due_on"] == (None if until is None else until.isoformat()), board[number]

    def somebody_finds_what_is_theirs(self, results: Mapping[str, Result]) -> None:
        """One person looks at another, and one at themself."""
        desk, number = self.desk, self.chance.choice(EMPLOYEES)
        who = self.chance.choice(sorted(CLOSE_PEOPLE))
        answer = desk.ask(who, "GET", f"{PEOPLE_AT}/{number}")
        assert answer.status_code == (200 if desk.sees(who, number) else 404), (who, number, answer.status)
        if answer.status_code == 200:
            seen: Any = answer.json
            assert seen["grade"] == results[number].grade, (who, number, seen)
            pays = desk.authorities(who) & {"hr", "approver"}
            assert ("pay" in seen) is bool(pays), (who, number, seen)
        mine = desk.accounts[who].employee
        page = desk.ask(who, "GET", "/my/result")
        assert page.status_code == (404 if mine is None else 200), (who, page.status)
        if mine is None:
            return
        text = re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", "", page.text)))
        told = desk.told.get(mine)
        assert ("Nobody has been told a result yet" in text) is (told is None), (who, text)
        if told is not None and told.result.exact is not None:
            assert f"you have the grade {told.result.grade}" in text, (who, told, text)
            assert f"{float(told.result.score or 0):.2f}" in text, (who, told, text)
            if not desk.authorities(who) & {"hr", "approver", "calibrator"}:
                card: Any = desk.ask(who, "GET", f"/api/v1/scorecards/employee:{mine}?cycle=2026").json
                assert abs(card["final_score"] - float(told.result.exact)) < 1e-6, (who, told, card)

    # ---- decisions

    def too_late(self) -> None:
        """What belongs to an earlier stage is not done any more."""
        wishes: Mapping[str, Mapping[str, Any]] = {
            "certify": {"accept": []},
            "amend": {"policies": True, "definitions": True},
            "bonus": {"employee": "E1", "points": "1", "ground": "patent"},
        }
        kind = self.chance.choice(sorted(wishes))
        self.propose(self.somebody(*DECIDING), kind, wishes[kind])
        self.done["too_late"] += 1

    def makers_of(self, kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Who may mostly propose it."""
        if kind == "stage":
            return (PIA,) if content["to"] == "paid" else DECIDING
        if kind in {"calibrate", "let_lapse"}:
            return KIM, LEE, MIA
        return (*DECIDING, BORAM) if kind in {*LINE_KINDS, "lift"} else DECIDING

    def checkers_of(self, kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Who may mostly agree to it."""
        if "executive" in CHECKERS[kind]:
            return (FERRAN,)
        return (KIM, LEE, MIA) if kind in {"calibrate", "let_lapse"} else (ANNA, ANNA, HUGO, WANDA_AGAIN)

    def content_of(self, kind: str) -> dict[str, Any] | None:
        """What is decided, as anybody might want it; None where there is nothing to decide about."""
        chance, desk = self.chance, self.desk
        node = chance.choice([*(f"employee:{number}" for number in EMPLOYEES), "unit:VIE"])
        cause = chance.choice(["flood", "strike", "quake", "fraud"])
        line = {"node": node, "kpi": chance.choice(["consults", "consults", "new_buyers"]), "cause": cause}
        if kind == "calibrate":
            return {"moves": self.some_moves()}
        if kind == "correct":
            return {"admit": self.some_events()}
        if kind == "let_lapse":
            lapsed = [desk.steps[number].decision for number, one in desk.results().items() if one.lapsed]
            return {"move": chance.choice([*lapsed, *lapsed, *lapsed, *desk.waiting, 99_999])}
        if kind == "lift":
            return {"decision": chance.choice([*desk.holding, *desk.holding, *desk.waiting, 99_999])}
        if kind == "override":
            return {**line, "member": "actual", "value": str(chance.randint(0, 11))}
        if kind in PAY_KINDS:
            return self.pay_content(kind)
        return line if kind in LINE_KINDS else {}

    def against_proposing(self, who: str, kind: str, content: Mapping[str, Any], objection: int | None) -> Why:
        """By the model."""
        return against_proposing(self.desk, who, kind, content, objection)

    def against_approving(self, who: str, number: int, *, wrong: bool) -> Why:
        """By the model, whoever it is."""
        del who, wrong
        return against_approving(self.desk, number)

    def obstacles(self, who: str, one: Waiting) -> set[str]:
        """By the model."""
        return self.barred(who, one) | obstacles(self.desk, who, one)

    def about_of(self, kind: str, content: Mapping[str, Any]) -> frozenset[str]:
        """By the model."""
        return about_of(self.desk, kind, content)

    def objection_for(self, kind: str) -> int | None:
        """One that is granted mostly, for what gives effect to it; sometimes any, or none that there is."""
        if kind not in {*ANSWERED_BY, *PAY_ANSWERED_BY, "zero"} or (kind != "no_effect" and self.chance.random() < 0.6):
            return None
        one = self.some_objection("granted")
        return 99 if one is None else one.number

    def about_objection(self, objection: int | None) -> frozenset[str]:
        """Whoever objected."""
        return frozenset() if objection is None else frozenset({f"employee:{self.desk.objections[objection].employee}"})

    def as_it_is(self, kind: str, content: Mapping[str, Any]) -> Then:
        """What it would change, and what was decided before."""
        effects = (pay_effects if kind in PAY_KINDS else effects_of)(self.desk, kind, content)
        return Then(effects, self.desk.figures, self.desk.round)

    def is_done(self, number: int) -> None:
        """What follows from a decision that was agreed to."""
        desk, one = self.desk, self.desk.waiting[number]
        if one.kind in PAY_KINDS:
            self.pay_is_done(one.kind, one.content)
        if one.kind == "lock":
            desk.stage = "locked"
        if one.kind == "notify":
            desk.stage, told = "notified", desk.pending()
            desk.tellings += 1
            for who, result in told.items():
                on = desk.today if is_told_by_mail(who) else None
                desk.told[who] = Told(result, desk.today, on, "mail" if on else "")
        if one.kind in FIGURE_KINDS:
            steps = steps_after(desk, number, one.kind, one.content)
            desk.steps, desk.holding = steps, lines_after(desk, number, one.kind, one.content)
            desk.admitted = admitted_after(desk, one.kind, one.content)
            desk.figures += 1
            if desk.open_for is not None:
                # Whom a decision of a later round reaches the round is open for.
                grades, scores = one.then.effects
                desk.open_for |= {f"employee:{each}" for each in grades} | set(scores)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", seeds(1))
def test_no_order_of_deeds_takes_a_certified_cycle_where_it_may_not_go(close_prepared: Prepared, seed: int) -> None:
    """From what is certified to what is locked, on each engine."""
    with close_prepared.copied() as copy:
        steps = {time: count * (1 if TIMES == 1 else SOAKED) for time, count in STEPS.items()}
        played(AnyCloseOrder(CloseDesk(*copy), seed), seed, steps, least=LEAST)
