"""Calibrators, heads, hr, approvers and everybody else do any of the posts of a certified cycle in any order, until it is locked (contract-cycle, 12.2).

Whatever they do, a little model that is written down from the contract says of each answer whether it may be so, and after each deed what everybody
comes to: proposed by a second calculation, moved, held. Nobody who is not named comes to less than they were told; no approved decision has one person
on both sides; who may look finds what stands, each person finds what they were told, and everybody else nothing. What is refused without a reason is as
wrong as what is done without a right.

Each run goes on until every kind of post was done at least once. Its seed is told where it fails; ``SOAK`` makes it longer, with seeds never tried.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations, product
from typing import Any, Final

import pytest

from tests.contract.any_close_deeds import ADDRESS, PEOPLE_AT, CloseDeeds, is_told_by_mail
from tests.contract.any_close_judging import (
    about_of,
    against_approving,
    against_proposing,
    effects_of,
    lines_after,
    obstacles,
    steps_after,
    why_no_moves,
)
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
    FIGURE_KINDS,
    GRADES,
    HEADING,
    HUGO,
    KIM,
    LEE,
    LINE_KINDS,
    MAKERS,
    MIA,
    WANDA_AGAIN,
    CloseDesk,
    Result,
    Told,
    Waiting,
    body,
    close_prepared,
)
from tests.contract.any_order import WHY, Prepared, code_of
from tests.soaking import TIMES, seeds

__all__ = ["close_prepared"]

STEPS: Final = {"certified": 35, "notified": 45, "told again": 40, "locked": 10}
"""How many deeds are done in any order at each time, before what is missing is done and the cycle is taken on."""
SOAKED: Final = 8
"""So many times as many in a long run: more than a thousand."""


class AnyCloseOrder(CloseDeeds):
    """Any of these deeds by anybody, and decisions; each looks at what came of it.

    Attributes:
        deeds: each by its name.
    """

    def __init__(self, desk: CloseDesk, seed: int) -> None:
        super().__init__(desk, seed)
        self.deeds: dict[str, Callable[[], None]] = {
            **{
                name: getattr(self, name) for name in ("review", "answer_review", "tell_by_hand", "preview", "delegate")
            },
            **{name: getattr(self, name) for name in ("end_delegation", "days_go_by", "too_late")},
            **{name: getattr(self, name) for name in ("refuse", "withdraw", "approve_any")},
            **{kind: self.of_kind(kind) for kind in CHECKERS},
        }

    # ---- the run

    def run(self, steps: Mapping[str, int]) -> None:
        """From certified to locked and lived with."""
        self.everything_is_as_it_must_be()
        for time, count in steps.items():
            self.taken_to(time)
            for _ in range(count):
                self.any_deed()
            self.do_what_is_missing(time)
        assert self.desk.stage == "locked"
        assert set(self.deeds) <= {name for name, count in self.done.items() if count} | {"too_late"}, self.done

    def any_deed(self) -> None:
        """One of them, rather one that was not done yet; what moves figures more often than what only waits."""
        names = sorted(self.deeds)
        weights = {
            "calibrate": 4,
            "override": 3,
            "review": 4,
            "zero": 2,
            "let_lapse": 2,
            "notify": 2,
            "days_go_by": 0.7,
        }
        self.do(self.chance.choices(names, [weights.get(name, 1) * (1 if self.done[name] else 2) for name in names])[0])

    def do(self, name: str) -> None:
        """A deed, and what must be so after it."""
        self.step(self.deeds[name])

    def step(self, deed: Callable[[], object]) -> None:
        """A deed that is chosen, and what must be so after it."""
        deed()
        self.everything_is_as_it_must_be()

    DONE_AT: Final = {
        "certified": (
            "review",
            "answer_review",
            "preview",
            "delegate",
            "end_delegation",
            "calibrate",
            "refuse",
            "withdraw",
        ),
        "notified": ("override", "zero", "drop", "lift", "let_lapse", "tell_by_hand", "approve_any", "days_go_by"),
    }
    """What has to have been done when it goes on."""

    AFTER: Final = {"answer_review": "review", "lift": "zero", "refuse": "override", "withdraw": "override"}

    def do_what_is_missing(self, time: str) -> None:
        """So that a run does not pass by refusals alone."""
        for name in self.DONE_AT.get(time, ()):
            for _ in range(200):
                if self.done[name]:
                    break
                if name in self.AFTER:
                    # What it takes may not be there.
                    self.do(self.AFTER[name])
                if name == "let_lapse":
                    self.a_move_lapses()
                self.do(name)
            assert self.done[name], (name, self.refused)

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
        """By the book: whoever has to does what the next telling takes, or the lock."""
        if time in {"notified", "told again"} or (time == "locked" and self.desk.pending()):
            self.to_tell()
        if time == "locked" and self.desk.stage == "notified":
            self.to_lock()

    def to_tell(self) -> None:
        """Nothing waits, no move is lapsed, no rule is broken, everybody's result is read, and two people tell what is pending."""
        desk = self.desk
        self.let_nothing_wait()
        if desk.pending():
            self.decided("notify", {}, DANA, ANNA)
        assert not desk.pending()

    def let_nothing_wait(self) -> None:
        """All that is in the way of telling is taken out of it."""
        desk = self.desk
        for waiting in [*desk.open_decisions()]:
            self.step(partial(self.withdrawn, desk.waiting[waiting].maker, waiting))
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
        self.let_nothing_wait()
        if desk.pending():
            self.to_tell()
        for number in [number for number, one in desk.told.items() if one.on is None]:
            self.step(partial(self.told_by_hand, DANA, number, desk.today))
        desk.now += dt.timedelta(days=15)
        self.decided("lock", {}, DANA, ANNA)
        assert desk.stage == "locked"

    def decided(self, kind: str, content: Mapping[str, Any], maker: str, checker: str) -> None:
        """A decision that two people come to."""
        made: list[int | None] = []
        self.step(lambda: made.append(self.propose(maker, kind, content)))
        (number,) = made
        assert number is not None, (kind, content, self.desk.log[-1])
        self.step(lambda: self.approve(checker, number))
        assert self.desk.waiting[number].state == "approved", (kind, content, self.desk.log[-1])

    # ---- what must be so

    def everything_is_as_it_must_be(self) -> None:
        """Grades, decisions, board, what is in the way, and what one person finds, are as the model has them."""
        desk = self.desk
        desk.refresh()
        self.decisions_are_of_two_people()
        results = desk.results()
        desk.items = items = {one["employee"]: one for one in desk.read(f"{PEOPLE_AT}?limit=1000")["items"]}
        assert sorted(items) == sorted(EMPLOYEES)
        for number, told in items.items():
            self.result_is(number, told, results[number])
        self.the_cycle_is(results)
        self.somebody_finds_what_is_theirs(results)

    def decisions_are_of_two_people(self) -> None:
        """None is lost, none is more than the model knows of, and none came to be by one person."""
        desk = self.desk
        since = [one for one in desk.decisions if one["id"] > desk.first]
        assert {one["id"] for one in since} == desk.waiting.keys()
        for one in since:
            known = desk.waiting[one["id"]]
            assert one["state"] == known.state, (one, known)
            if one["state"] == "approved":
                maker, checker = one["maker"]["account"], one["checker"]["account"]
                assert not desk.is_same(maker, checker), one
                assert desk.authorities(checker) & CHECKERS[one["kind"]], one
                assert desk.authorities(maker) & MAKERS[one["kind"]], one

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
        """At its stage, with what is in the way of the next; and everybody in one state on the board."""
        desk = self.desk
        told = desk.read(ADDRESS)
        assert told["stage"] == desk.stage
        ahead = {"certified": ("notified",), "notified": ("notified", "locked"), "locked": ()}[desk.stage]
        for to in ahead:
            some = {one["code"]: one["count"] for one in told["blockers"][to]}
            assert some == desk.blockers(to), (to, some, desk.blockers(to))
        board = {one["employee"]: one for one in desk.read(f"{ADDRESS}/board")["items"]}
        for number in EMPLOYEES:
            assert board[number]["state"] == desk.board_state(number, results), (number, board[number])
            if desk.stage == "notified":
                until = desk.window(number)
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

    def of_kind(self, kind: str) -> Callable[[], None]:
        """A decision of a kind: proposed by anybody, and mostly agreed to by somebody."""

        def decide() -> None:
            content = self.content_of(kind)
            if content is None:
                return
            number = self.propose(self.somebody(*self.makers_of(kind)), kind, content)
            if number is not None and self.chance.random() < 0.8:
                self.everything_is_as_it_must_be()
                self.approve(self.somebody(*self.checkers_of(kind)), number)

        return decide

    def too_late(self) -> None:
        """What belongs to an earlier stage is not done any more."""
        wishes: Mapping[str, Mapping[str, Any]] = {
            "stage": {"to": "running", "accept": []},
            "certify": {"accept": []},
            "amend": {"policies": True, "definitions": True},
            "bonus": {"employee": "E1", "points": "1", "ground": "patent"},
        }
        kind = self.chance.choice(sorted(wishes))
        self.propose(self.somebody(*DECIDING), kind, wishes[kind])

    def makers_of(self, kind: str) -> tuple[str, ...]:
        """Who may mostly propose it."""
        if kind in {"calibrate", "let_lapse"}:
            return KIM, LEE, MIA
        return (*DECIDING, BORAM) if kind in {*LINE_KINDS, "lift"} else DECIDING

    def checkers_of(self, kind: str) -> tuple[str, ...]:
        """Who may mostly agree to it."""
        return (KIM, LEE, MIA) if kind in {"calibrate", "let_lapse"} else (ANNA, ANNA, HUGO, WANDA_AGAIN)

    def content_of(self, kind: str) -> dict[str, Any] | None:
        """What is decided, as anybody might want it; None where there is nothing to decide about."""
        chance, desk = self.chance, self.desk
        node = chance.choice([*(f"employee:{number}" for number in EMPLOYEES), "unit:VIE"])
        cause = chance.choice(["flood", "strike", "quake", "fraud"])
        line = {"node": node, "kpi": chance.choice(["consults", "consults", "new_buyers"]), "cause": cause}
        if kind == "calibrate":
            return {"moves": self.some_moves()}
        if kind == "let_lapse":
            lapsed = [desk.steps[number].decision for number, one in desk.results().items() if one.lapsed]
            return {"move": chance.choice([*lapsed, *lapsed, *lapsed, *desk.waiting, 99_999])}
        if kind == "lift":
            return {"decision": chance.choice([*desk.holding, *desk.holding, *desk.waiting, 99_999])}
        if kind == "override":
            return {**line, "member": "actual", "value": str(chance.randint(0, 11))}
        return line if kind in LINE_KINDS else {}

    def propose(self, who: str, kind: str, content: Mapping[str, Any]) -> int | None:
        """Somebody proposes a decision; its number, where it was."""
        desk = self.desk
        reasons, perhaps = against_proposing(desk, who, kind, content)
        answer = desk.ask(who, "POST", "/api/v1/decisions", json=body(kind, content))
        if not self.judge(who, answer, reasons, perhaps, name=f"propose {kind}"):
            return None
        made: Any = answer.json
        about, effects = about_of(desk, kind, content), effects_of(desk, kind, content)
        desk.waiting[made["id"]] = Waiting(who, kind, dict(content), about, effects, desk.figures)
        return int(made["id"])

    def some_decision(self) -> int | None:
        """One that waits mostly, or any."""
        numbers = [*self.desk.open_decisions()]
        if self.chance.random() < 0.15 or not numbers:
            numbers = [*self.desk.waiting]
        return self.chance.choice(numbers) if numbers else None

    def approve_any(self) -> None:
        """Any decision is agreed to by anybody."""
        number = self.some_decision()
        if number is not None:
            who = self.somebody(*self.checkers_of(self.desk.waiting[number].kind))
            self.approve(who, number, looks=self.chance.random() < 0.8, wrong=self.chance.random() < 0.1)

    def approve(self, who: str, number: int, *, looks: bool = True, wrong: bool = False) -> None:
        """Somebody agrees to a decision."""
        desk, one = self.desk, self.desk.waiting[number]
        desk.refresh()
        told = next(each for each in desk.decisions if each["id"] == number)
        opened = desk.ask(who, "GET", f"/api/v1/decisions/{number}/effects") if looks else None
        if (
            opened is not None
            and opened.status_code == 200
            and len((opened.json or {})["items"]) == told["effects"]["count"]
        ):
            one.seen_by.add(desk.accounts[who].employee or who)
        reasons, perhaps = against_approving(desk, who, number, wrong=wrong)
        answer = desk.ask(
            who, "POST", f"/api/v1/decisions/{number}/approve", json={"digest": "0" * 64 if wrong else told["digest"]}
        )
        if reasons == {"again"}:
            assert answer.status_code == 200, answer.text
            return
        if self.judge(who, answer, reasons, perhaps, name="approve_any"):
            one.state, one.checker = "approved", who
            self.done[one.kind] += 1
            self.is_done(one.kind, one.content, number)
        elif code_of(answer) == "overtaken":
            one.state = "void"

    def is_done(self, kind: str, content: Mapping[str, Any], number: int) -> None:
        """What follows from a decision that was agreed to."""
        desk = self.desk
        if kind == "lock":
            desk.stage = "locked"
        if kind == "notify":
            desk.stage, told = "notified", desk.pending()
            desk.tellings += 1
            for who, result in told.items():
                on = desk.today if is_told_by_mail(who) else None
                desk.told[who] = Told(result, desk.today, on, "mail" if on else "")
        if kind in FIGURE_KINDS:
            desk.steps, desk.holding = (
                steps_after(desk, number, kind, content),
                lines_after(desk, number, kind, content),
            )
            desk.figures += 1

    def refuse(self) -> None:
        """Any decision is refused by anybody."""
        desk, number = self.desk, self.some_decision()
        if number is None:
            return
        one = desk.waiting[number]
        who = self.somebody(*self.checkers_of(one.kind))
        answer = desk.ask(who, "POST", f"/api/v1/decisions/{number}/refuse", json={"reason": WHY})
        reasons = obstacles(desk, who, one) if one.state == "proposed" else {"not_proposed", "not_there"}
        if self.judge(who, answer, reasons, name="refuse"):
            one.state = "refused"

    def withdraw(self) -> None:
        """Any decision is taken back by anybody."""
        number = self.some_decision()
        if number is not None:
            self.withdrawn(self.somebody(self.desk.waiting[number].maker), number)

    def withdrawn(self, who: str, number: int) -> None:
        """Somebody takes a decision back."""
        desk, one = self.desk, self.desk.waiting[number]
        answer = desk.ask(who, "POST", f"/api/v1/decisions/{number}/withdraw", json={})
        reasons = set() if desk.is_same(who, one.maker) else {"not_maker", "not_there"}
        reasons |= {"not_proposed"} if one.state != "proposed" else set()
        if self.judge(who, answer, reasons, name="withdraw"):
            one.state = "withdrawn"


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", seeds(1))
def test_no_order_of_deeds_takes_a_certified_cycle_where_it_may_not_go(close_prepared: Prepared, seed: int) -> None:
    """From what is certified to what is locked, on each engine."""
    with close_prepared.copied() as copy:
        desk = CloseDesk(*copy)
        machine = AnyCloseOrder(desk, seed)
        try:
            machine.run({time: count * (1 if TIMES == 1 else SOAKED) for time, count in STEPS.items()})
        except BaseException:
            print(f"seed {seed}", *(one[:260] for one in desk.log[-14:]), sep="\n")
            raise
        desk.close()
