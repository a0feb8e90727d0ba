"""What anybody may do about what people were told, for the machine of any order: object, answer, appeal, vote, take back; and what must be so of it."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from tests.contract.any_close_objections import (
    ENDED,
    Objection,
    confirmers,
    is_member,
    judged,
    members,
    sees_objection,
    state_of,
)
from tests.contract.any_close_order import ANNA, CLOSE_PEOPLE, DANA, DECIDING, DORA, EMPLOYEES, HEADS, HR
from tests.contract.any_close_paying import PayDeeds
from tests.contract.any_deeds import ADDRESS, number_of

__all__ = ["ObjectionDeeds"]

AT: Final = f"{ADDRESS}/objections"
PAGE: Final = AT.removeprefix("/api/v1")
EMPLOYED: Final = tuple(email for email, (_, number) in CLOSE_PEOPLE.items() if number)
NOT_SEEN: Final = frozenset({"admin", "member", "employee"})
"""Roles that see no cycle by themselves."""


class ObjectionDeeds(PayDeeds):
    """Deeds about objections."""

    def some_objection(self, *states: str) -> Objection | None:
        """One in some of these states mostly, or any."""
        desk = self.desk
        some = [one for one in desk.objections.values() if state_of(desk, one) in states]
        if not some or self.chance.random() < 0.2:
            some = [*desk.objections.values()]
        return self.chance.choice(some) if some else None

    # ---- raised

    def object(self) -> None:
        """Anybody objects, hr for somebody else, sometimes with a line that there is none of or a day that cannot be."""
        who = self.somebody(*EMPLOYED, *DECIDING)
        mine = self.desk.accounts[who].employee
        of = None if mine is not None and self.chance.random() < 0.7 else self.chance.choice([*EMPLOYEES, "E99"])
        wish: dict[str, Any] = {"about": self.chance.choice(self.abouts()), "text": "May is not in it."}
        if of is not None:
            wish |= {"on_behalf_of": of}
        wrong = self.chance.choice([{}] * 7 + [{"kpi": "lunch"}, {"text": " "}])
        self.objected(who, of, wish | wrong, is_wrong=bool(wrong))

    def abouts(self) -> list[str]:
        """What people mostly object to: once they are paid to that."""
        others = ["figure", "grade", "data"]
        return others if self.desk.stage == "notified" else [*others, "pay", "pay", "pay"]

    def objected(self, who: str, of: str | None, wish: dict[str, Any], *, is_wrong: bool = False) -> None:
        """Somebody objects to what they were told, or writes it down for somebody else."""
        desk = self.desk
        mine = desk.accounts[who].employee
        number = mine if of is None else of
        reasons = {"invalid"} if is_wrong else set[str]()
        if desk.stage == "certified" and desk.round == 1:
            reasons.add("not_there")
        elif number != mine:
            sees = desk.authorities(who) - NOT_SEEN or "employee" in self.heads_of(who)
            reasons |= set() if sees else {"not_there"}
            reasons |= set() if who in HR else {"role", "not_there"}
        if number not in EMPLOYEES:
            reasons |= {"not_there"}
        elif number != mine and f"employee:{number}" in desk.own_nodes(who):
            reasons.add("own_case")
        if wish["about"] == "pay":
            until = desk.payroll.objected_until
            reasons |= {"not_now"} if until is None else {"too_late"} if desk.today > until else set()
        elif desk.stage != "notified":
            reasons |= {"not_now", "not_there"}
        elif number in desk.told:
            until = desk.window(number)
            reasons |= {"not_told"} if until is None else {"too_late"} if desk.today > until else set()
        waiting = [one for one in desk.objections.values() if one.employee == number]
        reasons |= {"too_many_open"} if sum(state_of(desk, one) not in ENDED for one in waiting) >= 10 else set()
        answer = self.sent(who, AT, wish, page=PAGE)
        if self.judge(who, answer, reasons, name="object"):
            assert number is not None
            made = number_of(answer)
            desk.objections[made] = Objection(made, number, who, desk.today, wish["about"])

    def heads_of(self, who: str) -> set[str]:
        """Whose head somebody is."""
        mine = self.desk.accounts[who].employee
        return {"employee"} if any(mine in heads for heads in HEADS.values()) else set()

    # ---- answered, appealed, voted on, taken back

    def unseen(self, who: str, one: Objection) -> set[str]:
        """That somebody does not find it."""
        return set() if sees_objection(self.desk, who, one, HEADS[one.employee]) else {"not_there"}

    def answer_objection(self) -> None:
        """Anybody answers any objection."""
        one = self.some_objection("open")
        if one is None:
            return
        by = confirmers(self.desk, one.employee, HEADS[one.employee])
        who = self.somebody(*((DANA, *HR) if by == ("hr",) else map(self.hand_of, by)))
        text = self.chance.choice(["It was looked at."] * 8 + [" "])
        self.objection_answered(who, one, granted=self.chance.random() < 0.5, text=text)

    def objection_answered(self, who: str, one: Objection, *, granted: bool, text: str) -> None:
        """Somebody answers an objection."""
        desk = self.desk
        by = confirmers(desk, one.employee, HEADS[one.employee])
        reasons, mine = self.unseen(who, one), desk.accounts[who].employee
        if mine == one.employee:
            reasons.add("own_case")
        elif not (who in HR if by == ("hr",) else mine in by):
            reasons.add("role")
        elif {who, mine} & judged(desk, one.employee):
            reasons.add("same_person")
        reasons |= set() if text.strip() else {"invalid"}
        reasons |= {"answered"} if one.granted is not None else set()
        reasons |= {"ended"} if one.is_withdrawn else set()
        reasons |= {"too_late"} if state_of(desk, one) != "open" else set()
        answer = self.sent(
            who, f"{AT}/{one.number}/answer", {"granted": granted, "text": text}, page=f"{PAGE}/{one.number}/answer"
        )
        if self.judge(who, answer, reasons, name="answer_objection"):
            one.granted, one.answered_on, one.answered_by = granted, desk.today, mine or who

    def speaks_for(self, who: str, one: Objection) -> bool:
        """Whether somebody goes on with an objection: whose it is, and hr where hr wrote it down."""
        mine, by = self.desk.accounts[who].employee, self.desk.accounts[one.by].employee
        return mine == one.employee or (who in HR and by != one.employee)

    def appeal(self) -> None:
        """Anybody appeals against any answer."""
        one = self.some_objection("answered")
        if one is not None:
            hand = self.desk.hand_of(one.employee)
            self.appealed(self.somebody(hand or one.by, one.by), one)

    def appealed(self, who: str, one: Objection) -> None:
        """Somebody goes on to the committee, which is fixed by it."""
        desk, state = self.desk, state_of(self.desk, one)
        reasons = self.unseen(who, one) | (set() if self.speaks_for(who, one) else {"role"})
        reasons |= set() if state == "answered" else {"not_refused", "too_late"}
        hearing = members(desk, one, HEADS[one.employee])
        answer = self.sent(
            who, f"{AT}/{one.number}/appeal", {"text": "May was not looked at."}, page=f"{PAGE}/{one.number}/appeal"
        )
        if self.judge(who, answer, reasons, name="appeal"):
            one.members = hearing

    def vote(self) -> None:
        """Anybody votes on any objection."""
        one = self.some_objection("appealed")
        if one is None:
            return
        desk, line = self.desk, HEADS[one.employee]
        due = [who for who in members(desk, one, line) if who not in one.votes]
        hands = [who if "@" in who else desk.hand_of(who) or DANA for who in due]
        who, state, grant = self.somebody(*hands), state_of(desk, one), self.chance.random() < 0.5
        member = is_member(desk, who, one, line)
        reasons = self.unseen(who, one)
        if member is None:
            reasons |= {"role", "own_case"}
        reasons |= {"voted"} if member in one.votes else set()
        reasons |= {"not_appealed", "ended"} if state != "appealed" else set()
        hearing = members(desk, one, line)
        answer = self.sent(
            who,
            f"{AT}/{one.number}/votes",
            {"grant": grant, "text": "The papers say so."},
            page=f"{PAGE}/{one.number}/votes",
        )
        if self.judge(who, answer, reasons, name="vote"):
            assert member is not None
            one.members = hearing
            one.votes[member] = grant

    def withdraw_objection(self) -> None:
        """Anybody takes any objection back."""
        one = self.some_objection("open", "answered", "appealed")
        if one is not None:
            self.taken_back(self.somebody(one.by), one)

    def taken_back(self, who: str, one: Objection) -> None:
        """Somebody takes an objection back."""
        reasons = self.unseen(who, one) | (set() if self.speaks_for(who, one) else {"role"})
        reasons |= set() if state_of(self.desk, one) in {"open", "answered", "appealed"} else {"ended"}
        answer = self.sent(who, f"{AT}/{one.number}/withdraw", {}, page=f"{PAGE}/{one.number}/withdraw")
        if self.judge(who, answer, reasons, name="withdraw_objection"):
            one.is_withdrawn = True

    # ---- by the book

    def end_objections(self) -> None:
        """Each comes to its end: what is granted changes nothing by the word of two people, any other is taken back."""
        desk = self.desk
        for one in [*desk.objections.values()]:
            state = state_of(desk, one)
            if state == "granted":
                self.decided("no_effect", {}, DANA, ANNA, objection=one.number)
            elif state not in ENDED:
                self.step(partial(self.taken_back, one.by, one))

    def to_pay(self) -> None:
        """Nobody waits for what becomes of an objection to pay."""
        self.end_objections()
        super().to_pay()

    def an_objection(self) -> None:
        """By the book, so that there is one to do something about: hr writes it down for somebody who may still object."""
        desk = self.desk
        if any(state_of(desk, one) == "open" for one in desk.objections.values()):
            return
        for number, told in desk.told.items():
            if told.on is None:
                self.step(partial(self.told_by_hand, DANA, number, desk.today))
            until = desk.window(number)
            if until is not None and desk.today <= until:
                wish = {"about": "figure", "text": "June is not in it.", "on_behalf_of": number}
                self.step(partial(self.objected, DANA, number, wish))
                return

    def to_hear(self, name: str) -> None:
        """By the book, what it takes to appeal, to vote, or to say that what was granted changes nothing."""
        desk = self.desk
        self.an_objection()
        wanted = "granted" if name == "no_effect" else "answered"
        states = {state_of(desk, one): one for one in desk.objections.values()}
        if name in {"appeal", "vote", "no_effect"} and wanted not in states and "open" in states:
            one = states["open"]
            by = confirmers(desk, one.employee, HEADS[one.employee])
            free = [who for who in (DORA, *HR) if not {who, desk.accounts[who].employee} & judged(desk, one.employee)]
            who = free[0] if by == ("hr",) else self.hand_of(by[0])
            answered = partial(self.objection_answered, who, one, granted=name == "no_effect", text="So it is.")
            self.step(answered)
            states[wanted] = one
        if name == "vote" and "appealed" not in states and "answered" in states:
            self.step(partial(self.appealed, states["answered"].by, states["answered"]))

    # ---- what must be so

    def objections_are_as_they_must_be(self) -> None:
        """Each is as far as the contract has it, and answered by whom; somebody finds theirs, and nobody else's."""
        desk = self.desk
        if desk.stage == "certified" and desk.round == 1:
            return
        told = {one["id"]: one for one in desk.read(f"{AT}?limit=1000")["items"]}
        assert told.keys() == desk.objections.keys()
        for number, one in desk.objections.items():
            line = HEADS[one.employee]
            said = (one, told[number])
            assert told[number]["state"] == state_of(desk, one), said
            assert tuple(told[number]["confirmers"]) == confirmers(desk, one.employee, line), said
            assert tuple(told[number]["committee"]["members"]) == members(desk, one, line), said
        who = self.chance.choice(sorted(desk.accounts))
        seen: Any = desk.ask(who, "GET", f"{AT}?limit=1000").json
        theirs = {n for n, one in desk.objections.items() if sees_objection(desk, who, one, HEADS[one.employee])}
        assert {one["id"] for one in seen["items"]} == theirs, (who, theirs)
