"""What the machines of any order in a cycle share: who is who, and the one place that draws a deed, does it, writes it down and judges it.

What may be done at which stage, and what comes of it, each machine says by a little model of its own (any_cycle_order.py, any_close_order.py); decisions
of two people are the same in all of them. A step is a post that somebody tried, whether it was done or refused.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeVar

from werkzeug.test import TestResponse

from tests.contract.any_order import CYCLE, EFFECTS_SEEN_ABOVE, WHY, Desk, People, code_of

__all__ = ["ADDRESS", "AnyDeeds", "DecidingDesk", "Waiting", "Why", "body", "number_of", "played"]

ADDRESS: Final = f"/api/v1/cycles/{CYCLE}"
AGAIN: Final = "again"
"""No refusal: who has agreed to a decision is told so once more."""

Why = tuple[set[str], set[str]]
"""The codes of what is certainly in the way, and of what may be."""

UNLOOKED_MOST: Final = 8
"""So many refusals at most before it is looked whether anything came of them; of what was done that is looked at once."""

LASTING: Final = dt.timedelta(days=900)
"""Here days go by, and nobody signs in anew for that: sessions have tests of their own."""


_PAGE_REFUSES: Final = frozenset({403, 404, 409, 422})


def body(kind: str, content: Mapping[str, Any], objection: int | None = None) -> dict[str, Any]:
    """What is sent to propose a decision of the cycle."""
    named = {} if objection is None else {"objection": objection}
    return {"kind": kind, "cycle": CYCLE, "content": dict(content), "reason": WHY, **named}


def number_of(answer: TestResponse) -> int:
    """The number of what was made, as the API tells it, or where the page leads to."""
    if answer.status_code == 303:
        return int(answer.headers["Location"].partition("?")[0].rpartition("/")[2])
    made: Any = answer.json
    return int(made["id"])


@dataclass
class Waiting:
    """A decision that somebody has proposed.

    Attributes:
        about: the units and employees that it is about.
        then: how things were, as far as the model needs it.
        objection: which one it gives effect to.
        effects: how many there were by what was told.
    """

    maker: str
    kind: str
    content: dict[str, Any]
    about: frozenset[str]
    then: Any
    objection: int | None = None
    effects: int = 0
    state: str = "proposed"
    checker: str = ""
    seen_by: set[str] = field(default_factory=set)


class DecidingDesk(Desk):
    """The application on a copy of an agency whose cycle people decide about.

    Attributes:
        log: what was done, for whoever looks for how it came to something.
        functions: of each account in the cycle.
        waiting: decisions by number.
    """

    units: ClassVar[Mapping[str, str]]
    """Where everybody is posted."""

    def __init__(self, url: str, folder: Path, *, people: People, now: dt.datetime) -> None:
        self.log: list[str] = []
        self.functions: dict[str, set[str]] = {}
        self.waiting: dict[int, Waiting] = {}
        self.rows = {}
        self.tokens: dict[str, str] = {}
        super().__init__(url, folder, people=people, now=now, lasting=LASTING)

    def ask(self, who: str, method: str, path: str, **sent: Any) -> TestResponse:
        """As anybody asks; what is done is written down."""
        answer = super().ask(who, method, path, **sent)
        if method != "GET":
            code = (answer.json or {}).get("code") if answer.is_json else answer.mimetype
            wish = sent.get("json", sent.get("data"))
            self.log.append(f"{self.now} {who} {method} {path} {wish} {answer.status_code} {code}")
        return answer

    def submit(self, who: str, path: str, wish: Mapping[str, Any]) -> TestResponse:
        """What somebody sends by the form of a page: the same members, as a form writes them."""
        if who not in self.tokens:
            page = self.ask(who, "GET", "/help").text
            self.tokens[who] = str(re.findall(r'name="csrf_token" value="([^"]+)"', page)[0])
        written = {
            name: str(value).lower() if isinstance(value, bool) else "" if value is None else value
            for name, value in wish.items()
        }
        return self.ask(who, "POST", path, data={"csrf_token": self.tokens[who], **written})

    def refresh_decisions(self) -> None:
        """Read all decisions, the newest first."""
        self.decisions = self.read("/api/v1/decisions?limit=1000")["items"]

    @property
    def today(self) -> dt.date:
        """The day in the agency's zone, which is an hour or two ahead."""
        return (self.now + dt.timedelta(hours=1)).date()

    def authorities(self, who: str) -> set[str]:
        """The roles and functions that somebody has."""
        return {*self.accounts[who].roles, *self.functions.get(who, ())}

    def own_nodes(self, who: str) -> set[str]:
        """What is somebody's own case, by the number or the e-mail."""
        numbers = self.numbers(who)
        return {f"employee:{one}" for one in numbers} | {
            f"unit:{self.units[one]}" for one in numbers if one in self.units
        }

    def act_for_each_other(self, who: str, other: str) -> bool:
        """Whether one of two people stands in for the other today, whatever accounts they use."""
        return any(self.stands_in(one, another) for one in self.numbers(who) for another in self.numbers(other))

    def hand_of(self, number: str) -> str | None:
        """The account of an employee."""
        return next((email for email, one in self.accounts.items() if one.employee == number), None)

    def open_decisions(self) -> Iterator[int]:
        """The numbers of those that wait."""
        return (number for number, one in self.waiting.items() if one.state == "proposed")


DeskOf = TypeVar("DeskOf", bound=DecidingDesk)


class AnyDeeds(Generic[DeskOf]):
    """Deeds by anybody, each judged by a model, which follows.

    Attributes:
        desk: the model and what it reads.
        chance: what chooses.
        deeds: each by its name.
        done: how often each kind of post was done.
        refused: how often it was refused.
        tried: how many posts were sent.
        looks_at_all: whether all is looked at, and not a part of it by chance.
    """

    makers: ClassVar[Mapping[str, frozenset[str]]]
    """Which roles and functions propose a kind of decision."""
    checkers: ClassVar[Mapping[str, frozenset[str]]]
    """Which agree to it, another person always."""
    weights: ClassVar[Mapping[str, float]] = {}
    """How much more often than others a deed is drawn."""
    statuses: ClassVar[Mapping[str, int]] = {"not_there": 404, "invalid": 422}
    """Of refusals that are no 409."""
    waiting_kinds: ClassVar[frozenset[str]] = frozenset()
    """Kinds of decisions that are not agreed to at once."""
    silent: ClassVar[frozenset[str]] = frozenset()
    """Whom nothing is drawn for."""
    by_forms: ClassVar[float] = 0.25
    """How often it is done by the form of a page, where there is one."""
    rather: ClassVar[float] = 0.7
    """How often whoever may do something is drawn, before anybody is."""

    def __init__(self, desk: DeskOf, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.deeds: dict[str, Callable[[], object]] = {}
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.tried = 0
        self.looks_at_all = False
        self._changes = self._looked_at = self._unlooked = 0

    # ---- what each machine says itself

    def all_is_as_it_must_be(self) -> None:
        """What must be so after any deed."""
        raise NotImplementedError

    def taken_to(self, time: str) -> None:
        """By the book: whoever has to does what it takes to come there."""
        raise NotImplementedError

    def make_way(self, time: str, name: str, tries: int) -> None:
        """What a deed takes that nobody has done yet."""

    def missing_at(self, time: str) -> Collection[str]:
        """What has to have been done when it goes on."""
        raise NotImplementedError

    def content_of(self, kind: str) -> dict[str, Any] | None:
        """What is decided, as anybody might want it; None where there is nothing to decide about."""
        raise NotImplementedError

    def makers_of(self, kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Who may mostly propose it."""
        raise NotImplementedError

    def checkers_of(self, kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Who may mostly agree to it."""
        raise NotImplementedError

    def against_proposing(self, who: str, kind: str, content: Mapping[str, Any], objection: int | None) -> Why:
        """Why somebody may not propose it."""
        raise NotImplementedError

    def against_approving(self, who: str, number: int, *, wrong: bool) -> Why:
        """Why somebody may not agree to a decision that waits, but for what holds for all of them."""
        raise NotImplementedError

    def obstacles(self, who: str, one: Waiting) -> set[str]:
        """Why somebody may neither agree to an open decision nor refuse it."""
        raise NotImplementedError

    def about_of(self, kind: str, content: Mapping[str, Any]) -> frozenset[str]:
        """The units and employees that a decision is about."""
        raise NotImplementedError

    def as_it_is(self, kind: str, content: Mapping[str, Any]) -> Any:
        """How things are when it is proposed, as far as the model needs it."""
        raise NotImplementedError

    def objection_for(self, kind: str) -> int | None:
        """The objection that a decision is to give effect to; None for none."""
        del kind
        return None

    def about_objection(self, objection: int | None) -> frozenset[str]:
        """Whoever objected: it is about them too."""
        del objection
        return frozenset()

    def is_proposed(self, number: int) -> None:
        """What follows from a decision that waits."""

    def is_done(self, number: int) -> None:
        """What follows from a decision that was agreed to."""
        raise NotImplementedError

    def ends(self, number: int, state: str) -> None:
        """A decision comes to nothing."""
        self.desk.waiting[number].state = state

    # ---- the run

    def run(self, steps: Mapping[str, int], *, least: int) -> None:
        """From the beginning to the end: at each time so many posts in any order, then what is missing; at the last time until it were so many in all."""
        self.check()
        for time, count in steps.items():
            self.taken_to(time)
            until = self.tried + count
            while self.tried < until:
                self.any_deed()
            self.do_what_is_missing(time)
            self.see_all()
        while self.tried < least:
            self.any_deed()
        self.see_all()
        assert self.deeds.keys() <= {name for name, count in self.done.items() if count}, (
            self.deeds.keys() - self.done.keys()
        )

    def see_all(self) -> None:
        """Everything is as it must be, not a part by chance."""
        self.looks_at_all = True
        self.check()
        self.looks_at_all = False

    def names(self) -> list[str]:
        """The deeds that may be drawn now."""
        return sorted(self.deeds)

    def any_deed(self) -> None:
        """One of them, rather one that was not done yet."""
        names = self.names()
        weights = [self.weights.get(name, 1) * (1 if self.done[name] else 2) for name in names]
        self.do(self.chance.choices(names, weights)[0])

    def do(self, name: str) -> None:
        """A deed by its name."""
        self.step(self.deeds[name])

    def step(self, deed: Callable[[], object]) -> None:
        """A deed that is chosen, and what must be so after it: a little later where it was refused, for nothing may have come of it."""
        deed()
        self._unlooked += 1
        if self._changes != self._looked_at or self._unlooked >= UNLOOKED_MOST:
            self.check()

    def check(self) -> None:
        """See that all is as it must be."""
        self.all_is_as_it_must_be()
        self._looked_at, self._unlooked = self._changes, 0

    def do_what_is_missing(self, time: str) -> None:
        """So that a run does not pass by refusals alone."""
        for name in self.missing_at(time):
            for tries in range(200):
                if self.done[name]:
                    break
                self.make_way(time, name, tries)
                self.do(name)
            assert self.done[name], (time, name, self.refused, self.desk.log[-3:])

    # ---- judging

    def has_done(self, name: str) -> None:
        """Something was done."""
        self.done[name] += 1
        self._changes += 1

    def judge(
        self, who: str, answer: TestResponse, reasons: set[str], perhaps: Collection[str] = (), *, name: str
    ) -> bool:
        """Whether it was done, which it has to be unless there was a reason; a refusal names one."""
        told = self.code(answer, reasons, perhaps)
        said = (who, answer.request.path, answer.text[:900], reasons, perhaps)
        self.tried += 1
        if told is None:
            assert not reasons, said
            self.has_done(name)
            return True
        assert told in reasons or told in perhaps, said
        is_page = answer.mimetype == "text/html"
        assert is_page or answer.status_code == self.statuses.get(told, 409), said
        self.refused[name] += 1
        return False

    def code(self, answer: TestResponse, reasons: set[str], perhaps: Collection[str]) -> str | None:
        """By what a post was refused; a page says so to people alone, so that it is taken for one of the reasons, if there is any."""
        if answer.mimetype != "text/html":
            return code_of(answer)
        if answer.status_code == 303:
            return None
        assert answer.status_code in _PAGE_REFUSES, (answer.request.path, answer.status)
        return next(iter(sorted({*reasons, *perhaps})), "refused by a page")

    def sent(
        self, who: str, path: str, wish: Mapping[str, Any], *, method: str = "POST", page: str | None = None
    ) -> TestResponse:
        """A post by the API, or by the form of the page that does the same."""
        if page is not None and self.chance.random() < self.by_forms:
            return self.desk.submit(who, page, wish)
        return self.desk.ask(who, method, path, json=dict(wish))

    def form_of(self, kind: str, content: Mapping[str, Any]) -> str | None:
        """The page with a form of its own by which a kind of decision is proposed, whose fields are the content's members and the reason."""
        del kind, content
        return None

    def somebody(self, *rather: str) -> str:
        """One of some mostly, else anybody."""
        if rather and self.chance.random() < self.rather:
            return self.chance.choice(rather)
        return self.chance.choice(sorted(self.desk.accounts.keys() - self.silent))

    # ---- decisions

    def of_kind(self, kind: str) -> Callable[[], None]:
        """A decision of a kind: proposed by anybody, and mostly agreed to by somebody."""

        def decide() -> None:
            content = self.content_of(kind)
            if content is None:
                return
            maker, objection = self.somebody(*self.makers_of(kind, content)), self.objection_for(kind)
            number = self.propose(maker, kind, content, objection)
            if number is not None and kind not in self.waiting_kinds and self.chance.random() < 0.8:
                self.check()
                self.approve(self.somebody(*self.checkers_of(kind, content)), number)

        return decide

    def decided(
        self, kind: str, content: Mapping[str, Any], maker: str, checker: str, *, objection: int | None = None
    ) -> None:
        """A decision that two people come to."""
        made: list[int | None] = []
        self.step(lambda: made.append(self.propose(maker, kind, content, objection)))
        (number,) = made
        assert number is not None, (kind, content, self.desk.log[-1])
        self.step(lambda: self.approve(checker, number))
        assert self.desk.waiting[number].state == "approved", (kind, content, self.desk.log[-1])

    def propose(self, who: str, kind: str, content: Mapping[str, Any], objection: int | None = None) -> int | None:
        """Somebody proposes a decision; its number, where it was."""
        desk = self.desk
        reasons, perhaps = self.against_proposing(who, kind, content, objection)
        about, then = frozenset[str](), None
        if not reasons:
            about = self.about_of(kind, content) | self.about_objection(objection)
            then = self.as_it_is(kind, content)
        page = self.form_of(kind, content) if objection is None else None
        if page is not None and self.chance.random() < self.by_forms:
            fields = {name: value for name, value in content.items() if name not in {"to", "accept"}}
            answer = desk.submit(who, page, fields | {"reason": WHY})
        else:
            answer = desk.ask(who, "POST", "/api/v1/decisions", json=body(kind, content, objection))
        if not self.judge(who, answer, reasons, perhaps, name=f"propose {kind}"):
            return None
        number = number_of(answer)
        desk.waiting[number] = Waiting(who, kind, dict(content), about, then, objection)
        self.is_proposed(number)
        return number

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
            one = self.desk.waiting[number]
            who = self.somebody(*self.checkers_of(one.kind, one.content))
            self.approve(who, number, looks=self.chance.random() < 0.8, wrong=self.chance.random() < 0.1)

    def approve(self, who: str, number: int, *, looks: bool = True, wrong: bool = False) -> None:
        """Somebody agrees to a decision."""
        desk, one = self.desk, self.desk.waiting[number]
        told = desk.read(f"/api/v1/decisions/{number}")
        one.effects = told["effects"]["count"]
        opened = desk.ask(who, "GET", f"/api/v1/decisions/{number}/effects?limit=1000") if looks else None
        if opened is not None and opened.status_code == 200 and len((opened.json or {})["items"]) == one.effects:
            one.seen_by.add(desk.accounts[who].employee or who)
        reasons, perhaps = self.why_not_agreed_to(who, number, wrong=wrong)
        digest = "0" * 64 if wrong else told["digest"]
        address = f"/decisions/{number}/approve"
        answer = self.sent(who, f"/api/v1{address}", {"digest": digest}, page=address)
        if reasons == {AGAIN}:
            self.tried += 1
            assert answer.status_code in {200, 303}, answer.text
            return
        if self.judge(who, answer, reasons, perhaps, name="approve_any"):
            one.state, one.checker = "approved", who
            self.done[one.kind] += 1
            self.is_done(number)
        elif "overtaken" in reasons | perhaps and desk.read(f"/api/v1/decisions/{number}")["state"] == "void":
            self.ends(number, "void")
            self._changes += 1

    def why_not_agreed_to(self, who: str, number: int, *, wrong: bool) -> Why:
        """Why somebody may not agree to a decision; `again` alone for who has agreed to it."""
        desk, one = self.desk, self.desk.waiting[number]
        if one.state != "proposed":
            is_theirs = one.state == "approved" and desk.is_same(who, one.checker)
            return ({AGAIN} if is_theirs else {"not_proposed", "not_there"}), set()
        reasons = self.obstacles(who, one) | ({"digest"} if wrong else set())
        if one.effects > EFFECTS_SEEN_ABOVE and not {desk.accounts[who].employee, who} & one.seen_by:
            reasons.add("not_seen")
        more, perhaps = self.against_approving(who, number, wrong=wrong)
        return reasons | more, perhaps

    def barred(self, who: str, one: Waiting) -> set[str]:
        """Why somebody does not judge a decision, whatever it is: it is their own, or of somebody whom they stand in for, or about them."""
        reasons = {"own_case"} if one.about & self.desk.own_nodes(who) else set[str]()
        if self.desk.is_same(who, one.maker):
            reasons.add("same_person")
        elif self.desk.act_for_each_other(who, one.maker):
            reasons.add("acts_for_maker")
        return reasons

    def refuse(self) -> None:
        """Any decision is refused by anybody."""
        desk, number = self.desk, self.some_decision()
        if number is None:
            return
        one = desk.waiting[number]
        who = self.somebody(*self.checkers_of(one.kind, one.content))
        address = f"/decisions/{number}/refuse"
        answer = self.sent(who, f"/api/v1{address}", {"reason": WHY}, page=address)
        reasons = self.obstacles(who, one) if one.state == "proposed" else {"not_proposed", "not_there"}
        if self.judge(who, answer, reasons, name="refuse"):
            self.ends(number, "refused")

    def withdraw(self) -> None:
        """Any decision is taken back by anybody."""
        number = self.some_decision()
        if number is not None:
            self.withdrawn(self.somebody(self.desk.waiting[number].maker), number)

    def withdrawn(self, who: str, number: int) -> None:
        """Somebody takes a decision back."""
        desk, one = self.desk, self.desk.waiting[number]
        address = f"/decisions/{number}/withdraw"
        answer = self.sent(who, f"/api/v1{address}", {}, page=address)
        reasons = set() if desk.is_same(who, one.maker) else {"not_maker", "not_there"}
        reasons |= {"not_proposed"} if one.state != "proposed" else set()
        if self.judge(who, answer, reasons, name="withdraw"):
            self.ends(number, "withdrawn")

    # ---- what must be so of decisions

    def decisions_are_of_two_people(self, decisions: Collection[Mapping[str, Any]]) -> None:
        """None is lost, none is more than the model knows of, and none came to be by one person."""
        desk = self.desk
        assert {one["id"] for one in decisions} == desk.waiting.keys()
        for one in decisions:
            known = desk.waiting[one["id"]]
            assert one["state"] == known.state, (one, known)
            if one["state"] == "approved":
                maker, checker = one["maker"]["account"], one["checker"]["account"]
                assert not desk.is_same(maker, checker), one
                assert desk.authorities(maker) & self.makers[one["kind"]], one
                assert desk.authorities(checker) & self.checkers[one["kind"]], one
                assert not {"employee:" + number for number in desk.numbers(checker)} & known.about, one

    # ---- who stands in

    def delegated(self, who: str, giver: str, taker: str, function: str, *, perhaps: Collection[str]) -> None:
        """Somebody says who stands in for whom: hr, or who is stood in for."""
        desk = self.desk
        wish = {"from": giver, "to": taker, "functions": [function], "from_day": "2026-01-01", "to_day": "2099-01-01"}
        answer = desk.ask(who, "POST", "/api/v1/delegations", json=wish | {"reason": WHY})
        mine = desk.numbers(who)
        is_hr = "hr" in desk.accounts[who].roles
        reasons = set() if is_hr or desk.accounts[who].employee == giver else {"role", "not_there"}
        reasons |= {"own_case"} if taker in mine and giver not in mine else set()
        if self.judge(who, answer, reasons, perhaps, name="delegate"):
            desk.delegations.append(dict(answer.json or {}))

    def end_delegation(self) -> None:
        """It counts for the day on which it is ended."""
        desk, hr = self.desk, [one.email for one in self.desk.accounts.values() if "hr" in one.roles]
        if not desk.delegations:
            return
        who, place = self.somebody(*hr), self.chance.randrange(len(desk.delegations))
        given = desk.delegations[place]
        answer = desk.ask(who, "POST", f"/api/v1/delegations/{given['id']}/end", json={})
        reasons = set() if who in hr or desk.accounts[who].employee in {given["from"], given["to"]} else {"not_there"}
        reasons |= {"ended"} if given["ended_on"] is not None else set()
        if self.judge(who, answer, reasons, name="end_delegation"):
            desk.delegations[place] = dict(answer.json or {})


def played(machine: AnyDeeds[DeskOf], seed: int, steps: Mapping[str, int], *, least: int) -> None:
    """A run of a machine; where it fails its seed and its last deeds are told. It has tried so many posts at least."""
    try:
        machine.run(steps, least=least)
    except BaseException:
        print(*(one[:260] for one in machine.desk.log[-14:]), sep="\n")
        raise
    finally:
        print(f"seed {seed}: {machine.tried} posts tried, {sum(machine.done.values())} deeds done")
    machine.desk.close()
