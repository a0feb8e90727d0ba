"""Employee, heads, hr, approvers, certifier, calibrators, executive and administrator do any of a cycle's posts in any order (contract-cycle, 12.2).

Whatever they do, a little model that is written down from the contract says of each answer whether it may be so: who may do what at which stage; that no
approved decision has one person on both sides, nor two who stand in for each other; which figures may have moved, and that none did that is pinned; that no
stage is reached while something hard is in its way; and that what was certified verifies. What is refused without a reason is as wrong as what is done
without a right.

Each run goes on until every kind of post was done at least once. Its seed is told where it fails; ``SOAK`` makes it longer, with seeds never tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

import pytest
import rfc8785

from tests.contract.any_cycle_deeds import LONG_AGO, RATED, CycleDeeds
from tests.contract.any_cycle_judging import (
    about_of,
    against_approving,
    against_proposing,
    checkers_of,
    digest_of,
    whose,
)
from tests.contract.any_cycle_order import (
    AGREED_IN,
    ALBA,
    ANNA,
    BORAM,
    CARLA,
    CHECKERS,
    CYCLE_PEOPLE,
    DANA,
    END,
    FERRAN,
    GASTON,
    HANA,
    HEAD,
    HR,
    HUGO,
    IRIS,
    KIM,
    LEE,
    LINE_KINDS,
    MAKERS,
    NODES,
    OWNER,
    SOFT,
    WANDA,
    WANDA_AGAIN,
    CycleDesk,
    Then,
    cycle_prepared,
)
from tests.contract.any_deeds import ADDRESS, Waiting, Why, played
from tests.contract.any_order import CYCLE, Prepared
from tests.soaking import TIMES, seeds

__all__ = ["cycle_prepared"]

FUNCTIONS: Final = (
    *(
        (ANNA, "approver"),
        ("E6", "approver"),
        (WANDA_AGAIN, "approver"),
        (CARLA, "certifier"),
        (KIM, "calibrator"),
        (LEE, "calibrator"),
    ),
    *((IRIS, "payroll"), (DANA, "certifier"), ("E2", "certifier")),
)
STEPS: Final = {"": 10, "draft": 20, "agreement": 90, "running": 90, "certify": 25, "certified": 45}
"""How many posts are tried in any order at each stage, before what is missing is done and the cycle is taken on."""
SOAKED: Final = 4
LEAST: Final = 420
"""So many posts a run tries at least: with those of the close more than a thousand."""


class AnyCycleOrder(CycleDeeds):
    """Any of these deeds by anybody, and decisions; each looks at what came of it.

    Attributes:
        deeds: each by its name.
    """

    def __init__(self, desk: CycleDesk, seed: int) -> None:
        super().__init__(desk, seed)
        self.deeds = {
            **{
                name: getattr(self, name)
                for name in ("open_cycle", "keep_calendar", "draft", "sign", "set_target", "share", "rate")
            },
            **{
                name: getattr(self, name)
                for name in ("check_in", "assess", "act", "close_action", "delegate", "end_delegation")
            },
            **{
                name: getattr(self, name)
                for name in ("record", "load", "a_day_goes_by", "refuse", "withdraw", "approve_any", "look")
            },
            **{kind: self.of_kind(kind) for kind in MAKERS},
        }

    makers, checkers = MAKERS, CHECKERS
    waiting_kinds = frozenset({"certify"})
    # Where nothing else is drawn for them it is drawn for anybody.
    rather = 0.6

    # ---- the run

    def run(self, steps: Mapping[str, int], *, least: int) -> None:
        """From before the cycle is opened until it is certified and lived with."""
        super().run(steps, least=least)
        self.desk.verified()

    def names(self) -> list[str]:
        """What is proposed of a stage while it is being certified is nothing."""
        return [name for name in super().names() if name != "stage" or self.desk.certify is None]

    def missing_at(self, time: str) -> Collection[str]:
        """What has to have been done when a stage is left."""
        return self.DONE_AT.get(time, ())

    def make_way(self, time: str, name: str, tries: int) -> None:
        """What a deed takes that nobody has done yet; the stage stays the same."""
        if name == "impose" and not tries:
            self.step(lambda: self.kept(DANA, LONG_AGO))
        if tries and not tries % 8:
            self.any_deed()
        if name != "stage" and time in NEXT_FROM:
            self.taken_to(time)

    DONE_AT: Final = {
        "": ("open_cycle", "appoint"),
        "agreement": ("draft", "sign", "set_target", "share", "impose", "keep_calendar", "stage"),
        "running": (
            *("amend", "bonus", "raters", "rate", "reopen_rating", "override", "drop", "zero", "exclude_year", "lift"),
            *("check_in", "assess", "act", "close_action", "delegate", "end_delegation", "refuse", "withdraw", "load"),
        ),
        "certify": ("record", "approve_any"),
        "certified": ("look", "a_day_goes_by"),
    }
    """What has to have been done when a stage is left."""

    def taken_to(self, stage: str) -> None:
        """By the book: whoever has to does what the next stage takes."""
        desk = self.desk
        if not stage or (desk.stage == stage and desk.certify is None):
            return
        if not desk.stage:
            self.step(lambda: self.opened(DANA, {}))
        if stage == "draft":
            return
        if not any("approver" in desk.functions.get(one, ()) for one in (ANNA,)):
            self.decided("appoint", function_of(ANNA, "approver"), DANA, FERRAN)
        if desk.stage == "draft":
            self.decided("stage", {"to": "agreement", "accept": list(SOFT)}, DANA, ANNA)
        if stage != "agreement" and desk.stage == "agreement":
            self.all_sign()
            self.decided("stage", {"to": "running", "accept": list(SOFT)}, DANA, ANNA)
        if stage in {"certify", "certified"} and desk.stage == "running":
            self.to_certify()
        if stage == "certified" and desk.certify is not None:
            number = desk.certify
            self.step(lambda: self.approve(CARLA, number))
        assert desk.stage == ("running" if stage == "certify" else stage), (desk.stage, stage)

    def to_certify(self) -> None:
        """Everything is signed and decided, the year is over, and hr proposes to certify it."""
        desk = self.desk
        if desk.certify is not None:
            return
        self.all_sign()
        for number in [*desk.open_decisions()]:
            self.step(partial(self.withdrawn, desk.waiting[number].maker, number))
        while desk.today < END:
            self.do("a_day_goes_by")
        if "certifier" not in desk.functions.get(CARLA, ()):
            self.decided("appoint", function_of(CARLA, "certifier"), DANA, FERRAN)
        self.step(lambda: self.propose(DANA, "certify", {"accept": list(SOFT)}))
        assert desk.certify is not None

    def all_sign(self) -> None:
        """Everybody signs what waits for them."""
        hands = {number: email for email, (_, number) in CYCLE_PEOPLE.items() if number} | {
            "hr": DANA,
            "executive": FERRAN,
        }
        for node in self.desk.unsigned() + [one for one in NODES if self.desk.is_to_sign(one)]:
            for part in self.desk.missing(node):
                whom = {"owner": OWNER[node], "head": HEAD[node], "hr": "hr"}[part]
                taken = set(self.desk.signatures(node).values())
                who = WANDA if hands.get(whom) in taken else hands.get(whom)
                if who is not None:
                    self.step(partial(self.signed, who, node, part))

    # ---- what must be so

    def all_is_as_it_must_be(self) -> None:
        """Figures, decisions and stage are as the model has them; nothing moved that may not."""
        desk = self.desk
        scores, results = desk.scores, desk.results
        desk.refresh()
        if self.moves is not None:
            moved = {node for (node, _), now in desk.scores.items() if scores[node, _] != now}
            assert moved <= set(self.moves), (moved, self.moves)
            assert self.moves or desk.results == results
        self.moves = ()
        self.decisions_are_of_two_people([one for one in desk.decisions if one["kind"] != "target"])
        if desk.stage:
            self.the_cycle_is_as_it_must_be()
            self.a_scorecard_is_as_it_must_be(self.chance.choice(NODES))

    def the_cycle_is_as_it_must_be(self) -> None:
        """At its stage, and told what is in the way of the next."""
        desk = self.desk
        told = desk.read(ADDRESS)
        assert told["stage"] == desk.stage
        assert sum(told["counts"].values()) == sum(node.startswith("employee:") for node in NODES)
        assert (told["pins"]["published"] is None) is (desk.published is None)
        if desk.stage == "agreement":
            units = sorted(node for node in desk.unsigned() if node.startswith("unit:"))
            hard = [(one["count"], one["items"]) for one in told["blockers"]["running"] if one["hard"]]
            assert hard == ([(len(units), units)] if units else []), (hard, units)
        if desk.stage == "certified":
            pin = told["pins"]["certified"]
            sums = sorted(hashlib.sha256(rfc8785.dumps(one)).hexdigest() for one in desk.cut)
            assert pin["events"] == len(sums)
            assert pin["events_sha256"] == hashlib.sha256("".join(f"{one}\n" for one in sums).encode()).hexdigest()

    def a_scorecard_is_as_it_must_be(self, node: str) -> None:
        """Its state, the lines that hold, and who has signed what."""
        desk, known = self.desk, self.desk.cards[node]
        told = desk.card(node)
        assert (told["state"], told["version"]) == (desk.state_of(node), known.versions), (node, told, known)
        if known.version is not None:
            assert told["lines"] == known.version
        of = told["draft"] or told
        if desk.is_to_sign(node):
            assert {one["as"]: one["person"] for one in of["signatures"]} == {
                part: desk.accounts[who].employee or who for part, who in desk.signatures(node).items()
            }, (node, told)
            if desk.stage in AGREED_IN:
                assert [one["as"] for one in of["due"]] == desk.missing(node), (node, told)

    # ---- decisions

    def makers_of(self, kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Who may mostly propose it."""
        if kind == "impose":
            return (self.hand_of(HEAD[content["node"]]),) if HEAD[content["node"]] != "executive" else HR
        return (*HR, BORAM) if kind in LINE_KINDS else HR

    def checkers_of(self, kind: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Who may mostly agree to it."""
        if kind == "impose":
            return (FERRAN,) if HEAD[content["node"]] in {"hr", "executive"} else HR
        return {"executive": (FERRAN,), "certifier": (CARLA,), "approver": (ANNA, ANNA, HUGO, WANDA_AGAIN)}[
            min(CHECKERS[kind])
        ]

    def content_of(self, kind: str) -> dict[str, Any] | None:
        """What is decided, as anybody might want it; None where there is nothing to decide about."""
        chance, desk = self.chance, self.desk
        node = chance.choice(["employee:E1", "employee:E1", "employee:E2", "employee:E6", "unit:VIE"])
        cause = chance.choice(["flood", "strike", "quake", "fraud", "war"])
        line = {"node": node, "kpi": chance.choice(["deals", "consults"]), "cause": cause}
        if kind == "impose":
            node = chance.choice(NODES)
            if not desk.stage:
                return None
            return {"node": node, "digest": digest_of(desk, node) if chance.random() < 0.9 else "0" * 64}
        if kind == "lift":
            numbers = [*desk.holding, *desk.holding, *desk.waiting, 99]
            return {"decision": chance.choice(numbers)}
        if kind == "reopen_rating":
            rated = [(one, rater) for one, some in desk.rated.items() for rater, said in some.items() if said[2]]
            node, rater = chance.choice(rated or [("employee:E1", "E2")])
            return {"node": node, "kpi": "leadership", "rater": rater}
        wishes: dict[str, Callable[[], dict[str, Any]]] = {
            "stage": lambda: {"to": chance.choice(["draft", "agreement", "running"]), "accept": list(SOFT)},
            "certify": lambda: {"accept": list(SOFT) if chance.random() < 0.8 else []},
            "appoint": lambda: function_of(*chance.choice(FUNCTIONS)),
            "amend": lambda: {"policies": chance.random() < 0.6, "definitions": True},
            "bonus": lambda: {
                "employee": chance.choice(["E1", "E2", "E5", "E6"]),
                "points": "1",
                "ground": "A hard posting",
            },
            "raters": lambda: {
                "node": chance.choice(RATED),
                "kpi": "leadership",
                "raters": chance.choice([["E3"], ["E3", "E4"], ["E2", "E3"], ["E4"]]),
            },
            "override": lambda: (
                line | {"member": chance.choice(["actual", "target"]), "value": str(chance.randint(2, 20))}
            ),
            "drop": lambda: {**line},
            "zero": lambda: {**line},
            "exclude_year": lambda: {"node": "employee:E1", "kpi": "companies", "year": 2025, "cause": cause},
        }
        return wishes[kind]()

    def against_proposing(self, who: str, kind: str, content: Mapping[str, Any], objection: int | None) -> Why:
        """By the model; nobody objects to anything yet."""
        assert objection is None
        return against_proposing(self.desk, who, kind, content)

    def against_approving(self, who: str, number: int, *, wrong: bool) -> Why:
        """By the model, whoever it is."""
        del who, wrong
        return against_approving(self.desk, number)

    def obstacles(self, who: str, one: Waiting) -> set[str]:
        """By the model."""
        reasons = self.barred(who, one)
        if one.kind == "appoint" and self.desk.is_same(who, whose(one.content["person"])):
            reasons.add("own_case")
        return reasons if self.desk.authorities(who) & checkers_of(one) else reasons | {"role", "not_there"}

    def about_of(self, kind: str, content: Mapping[str, Any]) -> frozenset[str]:
        """By the model."""
        return about_of(self.desk, kind, content)

    def as_it_is(self, kind: str, content: Mapping[str, Any]) -> Then:
        """Its stage, what is loaded, how much is decided."""
        del kind, content
        decided = sum(one.state == "approved" for one in self.desk.waiting.values())
        return Then(self.desk.stage, self.desk.loaded, decided)

    def is_proposed(self, number: int) -> None:
        """Of one to certify the cut is made."""
        desk = self.desk
        if desk.waiting[number].kind == "certify":
            desk.certify, desk.cut, desk.at_cut = number, [*desk.happened], (desk.scores, desk.results)

    def is_done(self, number: int) -> None:
        """What follows from a decision that was agreed to."""
        desk, kind, content = self.desk, self.desk.waiting[number].kind, self.desk.waiting[number].content
        node = content.get("node", "")
        if kind == "stage":
            self.comes_to(content["to"])
        elif kind == "certify":
            desk.stage, desk.certify, self.moves = "certified", None, None
            desk.refresh()
            assert (desk.scores, desk.results) == desk.at_cut
        elif kind == "appoint":
            desk.functions.setdefault(whose(content["person"]), set()).add(content["function"])
        elif kind == "amend":
            old = desk.goes_by
            desk.published = tuple(
                now if content[part] else was
                for part, now, was in zip(("policies", "definitions"), desk.loaded, old, strict=True)
            )  # type: ignore[assignment]
            self.moves = None
        elif kind == "bonus":
            desk.bonus[content["employee"]] += 1
        elif kind == "raters":
            desk.appointed[node], self.moves = content["raters"], {node}
        elif kind == "reopen_rating":
            grade, text, _ = desk.rated[node][content["rater"]]
            desk.rated[node][content["rater"]], self.moves = (grade, text, False), {node}
        elif kind == "impose":
            if desk.draft_of(node) is None:
                desk.cards[node].draft = desk.card(node)["lines"]
            self.it_holds(node, imposed=True)
        elif kind == "lift":
            self.moves = {desk.holding.pop(content["decision"])["node"]}
        else:
            desk.holding[number], self.moves = dict(content), {node}

    def comes_to(self, stage: str) -> None:
        """The cycle is at another stage; with the first one policies and definitions are pinned."""
        desk = self.desk
        if desk.stage == "agreement" and stage == "running":
            assert not [node for node in desk.unsigned() if node.startswith("unit:")]
        if "draft" in {desk.stage, stage}:
            self.moves = None
        desk.published = None if stage == "draft" else desk.published or desk.loaded
        desk.stage = stage

    def ends(self, number: int, state: str) -> None:
        """A decision comes to nothing; the cut of one is gone with it."""
        super().ends(number, state)
        if self.desk.certify == number:
            self.desk.certify = None

    # ---- what nobody else sees

    def look(self) -> None:
        """Somebody looks where they may or may not: whoever may not finds nothing."""
        desk = self.desk
        if not desk.stage:
            return
        who = self.chance.choice(sorted(CYCLE_PEOPLE))
        mine = desk.functions.get(who, set())
        cycle = {*HR, BORAM, GASTON, HANA, FERRAN}
        seers: dict[str, bool] = {
            f"{ADDRESS}/check-ins/E1": who in {ALBA, BORAM, *HR},
            f"{ADDRESS}/self-assessments/E1": who in {ALBA, BORAM, *HR},
            ADDRESS: who in cycle or bool(mine),
            f"{ADDRESS}/raters": who in HR,
            f"{ADDRESS}/ratings/employee:E1/leadership": who in HR
            or (desk.accounts[who].employee or "")
            in {*desk.raters_of("employee:E1"), *desk.rated.get("employee:E1", {})},
            f"/grades/employee:E1?cycle={CYCLE}": who in {*HR, BORAM} or bool(mine & {"approver", "calibrator"}),
            f"/grades/employee:E6?cycle={CYCLE}": who in {*HR, HANA}
            or (who != HUGO and bool(mine & {"approver", "calibrator"})),
            f"{ADDRESS}/after-close": desk.stage == "certified"
            and (who in {*HR, FERRAN} or bool(mine & {"approver", "certifier"})),
        }
        address = self.chance.choice(sorted(seers))
        answer = desk.ask(who, "GET", address)
        assert answer.status_code == (200 if seers[address] else 404), (who, mine, address, answer.status)
        if who == IRIS:
            assert (desk.ask(who, "GET", f"/api/v1/decisions?cycle={CYCLE}").json or {})["items"] == []
        self.has_done("look")


NEXT_FROM: Final = ("agreement", "running", "certify")


def function_of(person: str, function: str) -> dict[str, Any]:
    """The content of an appointment."""
    return {"person": person, "function": function, "from": "2026-01-01", "to": "2099-01-01"}


@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", seeds(1))
def test_no_order_of_deeds_takes_a_cycle_where_it_may_not_go(cycle_prepared: Prepared, seed: int) -> None:
    """From before it is opened until after it is certified, on each engine."""
    with cycle_prepared.copied() as copy:
        machine = AnyCycleOrder(CycleDesk(*copy), seed)
        played(
            machine, seed, {stage: count * (1 if TIMES == 1 else SOAKED) for stage, count in STEPS.items()}, least=LEAST
        )
