"""What anybody may do in a certified cycle but decide, for the machine of any order: read and sign results, answer, tell by hand, try moves, stand in."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable, Mapping
from typing import Any, Final

from app import intake
from tests.contract.any_close_judging import why_no_moves
from tests.contract.any_close_order import (
    DANA,
    DECIDING,
    DORA,
    EMPLOYEES,
    FUNCTIONS,
    GRADES,
    HR,
    KIM,
    MAILED,
    PAID_IN,
    SHORTEST,
    CloseDesk,
    Signed,
    is_in,
)
from tests.contract.any_deeds import ADDRESS, AnyDeeds
from tests.contract.any_order import CYCLE, WHY

LOADED: Final[Mapping[str, tuple[str, Callable[[str, int], str]]]] = {
    "pay": (
        "agency/employees.csv",
        lambda text, draw: re.sub(r"(?m)^(E1(?:,[^,]*){4}),\d+", rf"\1,{draw}000000", text),
    ),
    "lines": ("agency/scorecards.csv", lambda text, draw: re.sub(r"(,consults,.*),10,", rf"\1,{draw}0,", text)),
    "policies": (
        "definitions/policies.yaml",
        lambda text, draw: json.dumps(
            json.loads(text) | {"minimum_days": 60 + draw, "pay": {"institution_rates": {"S": 90 + draw, "A": 70}}}
        ),
    ),
    "units": (
        "agency/units.csv",
        lambda text, draw: re.sub(r"(?m)^PAR,PAR,office,\w+", f"PAR,PAR,office,{'HQ' if draw % 2 else 'VIE'}", text),
    ),
}
"""What is loaded, by its file: its text, made anew with a number that is drawn."""

__all__ = ["CloseDeeds", "is_told_by_mail"]

PEOPLE_AT: Final = f"{ADDRESS}/people"


class CloseDeeds(AnyDeeds[CloseDesk]):
    """What is done but decided."""

    # Somebody of hr decides nothing, so that there is one to review whomever the others decided about.
    silent = frozenset({DORA})

    def hand_of(self, whom: str) -> str:
        """The account of a number, or one of hr."""
        return self.chance.choice(DECIDING) if whom == "hr" else self.desk.hand_of(whom) or DANA

    # ---- reviews

    def review(self) -> None:
        """Anybody signs anybody's result, agreeing or not, sometimes another one or with too little to say."""
        number = self.chance.choice(EMPLOYEES)
        missing = [one for one, now in self.desk.results().items() if now.grade and not self.is_reviewed(one)]
        if missing and self.chance.random() < 0.6:
            number = self.chance.choice(missing)
        who = self.somebody(*map(self.hand_of, self.desk.reviewers(number)))
        self.reviewed(
            who,
            number,
            agrees=self.chance.random() < 0.8,
            text="Read." if self.chance.random() < 0.1 else f"I have read all of it: {self.chance.randint(1, 9)}.",
            stale=self.chance.random() < 0.1,
        )

    def is_reviewed(self, number: str) -> bool:
        """Whether a review of somebody is in force."""
        return self.desk.review_of(number, self.desk.results()) is not None

    def reviewed(self, who: str, number: str, *, agrees: bool, text: str, stale: bool = False) -> None:
        """Somebody opens a result, and signs it."""
        desk, now = self.desk, self.desk.results()[number]
        opened = desk.ask(who, "GET", f"{PEOPLE_AT}/{number}")
        assert (opened.status_code == 200) is desk.sees(who, number), (who, number, opened.status)
        digest = "0" * 64 if stale else desk.items[number]["digest"]
        reasons = self.against_reviewing(who, number)
        reasons |= {"not_graded"} if now.grade is None else set()
        reasons |= {"invalid"} if len(text) < SHORTEST else set()
        reasons |= {"overtaken"} if stale else set()
        address = f"{PEOPLE_AT}/{number}"
        wish = {"digest": digest, "agrees": agrees, "text": text}
        answer = self.sent(who, f"{address}/review", wish, method="PUT", page=address.removeprefix("/api/v1"))
        if self.judge(who, answer, reasons, name="review" if agrees else "disagree"):
            person, was = desk.accounts[who].employee or who, desk.review_of(number, desk.results())
            if was is None or (was.by, was.agrees, was.text) != (person, agrees, text):
                desk.reviews.setdefault(number, []).append(
                    Signed(now.reviewed, person, self.place_of(who, number), agrees, text)
                )

    def place_of(self, who: str, number: str) -> str:
        """In whose place somebody reviews: their own, or that of whom they stand in for."""
        mine, reviewers = self.desk.accounts[who].employee, self.desk.reviewers(number)
        if mine is None or mine in reviewers or reviewers == ("hr",):
            return mine or who
        return next(iter(self.desk.reviews_for(mine) & set(reviewers)))

    def against_reviewing(self, who: str, number: str) -> set[str]:
        """Why somebody may not review a person now."""
        desk = self.desk
        reasons = set() if desk.sees(who, number) else {"not_there", "role"}
        reasons |= {"not_now"} if desk.stage in PAID_IN else set()
        reasons |= {"own_case"} if f"employee:{number}" in desk.own_nodes(who) else set()
        is_closed = desk.open_for is not None and f"employee:{number}" not in desk.open_for
        reasons |= {"not_reopened"} if is_closed and self.is_reviewed(number) else set()
        if any(desk.is_same(who, one) for one in desk.makers(number)):
            reasons.add("same_person")
        reviewers, mine = set(desk.reviewers(number)), desk.accounts[who].employee
        is_theirs = (
            who in HR if reviewers == {"hr"} else mine in reviewers or bool(mine and desk.reviews_for(mine) & reviewers)
        )
        return reasons | (set() if is_theirs else {"role"})

    def answer_review(self) -> None:
        """Anybody answers a review, whether or not it disagrees."""
        disagree = [one for one in EMPLOYEES if (was := self.in_force(one)) is not None and not was.agrees]
        number = self.chance.choice(disagree if disagree and self.chance.random() < 0.8 else EMPLOYEES)
        self.answered(
            self.somebody(*DECIDING), number, self.chance.choice(["It was weighed.", "Nobody had more.", " "])
        )

    def in_force(self, number: str) -> Signed | None:
        """The review of somebody that is in force."""
        return self.desk.review_of(number, self.desk.results())

    def answered(self, who: str, number: str, text: str) -> None:
        """Somebody answers a review."""
        desk, review = self.desk, self.in_force(number)
        reasons = set() if who in HR else {"role"}
        reasons |= set() if desk.sees(who, number) else {"not_there"}
        reasons |= {"own_case"} if f"employee:{number}" in desk.own_nodes(who) else set()
        reasons |= {"same_person"} if review is not None and review.by in {who, desk.accounts[who].employee} else set()
        reasons |= {"not_now"} if desk.stage in PAID_IN else set()
        reasons |= {"nothing_to_answer"} if review is None or review.agrees else set()
        reasons |= set() if text.strip() else {"invalid"}
        address = f"{PEOPLE_AT}/{number}"
        page = f"{address}/answer".removeprefix("/api/v1")
        answer = self.sent(who, f"{address}/review/answer", {"text": text}, method="PUT", page=page)
        if self.judge(who, answer, reasons, name="answer_review"):
            assert review is not None
            review.answer = text

    # ---- telling by hand

    def tell_by_hand(self) -> None:
        """Anybody writes down that anybody was told, today or on a day on which it cannot have been."""
        due = [number for number, one in self.desk.told.items() if one.on is None]
        number = self.chance.choice(due if due and self.chance.random() < 0.7 else EMPLOYEES)
        days = self.chance.choice([0, 0, 0, 0, 1, -400])
        self.told_by_hand(self.somebody(*DECIDING), number, self.desk.today + dt.timedelta(days=days))

    def told_by_hand(self, who: str, number: str, on: dt.date) -> None:
        """Somebody writes down that a person was told on a day."""
        desk, told = self.desk, self.desk.told.get(number)
        reasons = set() if who in HR else {"role", "not_there"}
        reasons |= {"not_now"} if desk.stage == "certified" else set()
        reasons |= {"told_already"} if told is not None and told.on is not None else set()
        is_early = told is not None and on < told.telling_on
        reasons |= {"invalid"} if on > desk.today or is_early else set()
        answer = desk.ask(who, "POST", f"{PEOPLE_AT}/{number}/told", json={"on": on.isoformat(), "how": "By letter."})
        if self.judge(who, answer, reasons, name="tell_by_hand"):
            assert told is not None
            told.on, told.how = on, "By letter."

    # ---- moves that are tried

    def some_moves(self) -> list[dict[str, Any]]:
        """Moves as calibrators might want them: a swap of two mostly, one alone, or something that nobody may."""
        chance, results = self.chance, self.desk.results()
        graded = {number: one for number, one in results.items() if one.grade is not None}
        pick = chance.random()
        if pick < 0.55:
            pairs = [
                (one, other)
                for one, mine in graded.items()
                for other, theirs in graded.items()
                if mine.group == theirs.group and GRADES.index(theirs.grade or "") - GRADES.index(mine.grade or "") == 1
            ]
            if pairs:
                one, other = chance.choice(pairs)
                return [self.move(one, graded[other].grade), self.move(other, graded[one].grade)]
        some = chance.sample(sorted(results), chance.choice([1, 1, 2, 3]))
        moves = [self.move(number, chance.choice(GRADES)) for number in some]
        if pick > 0.97:
            moves[0] |= {"reason": "short"}
        elif pick > 0.94:
            moves[0] |= {"node": "employee:E99"}
        elif pick > 0.9:
            moves[0] |= {"from": chance.choice(GRADES)}
        elif pick > 0.87:
            moves.append({"node": "unit:PAR", "from": "A", "to": "B", "reason": WHY})
        elif pick > 0.75:
            moves = [one | {"to": GRADES[min(GRADES.index(one["from"]) + 1, 5)]} for one in moves[:1]]
        return moves

    def move(self, number: str, to: str | None) -> dict[str, Any]:
        """A move of somebody from the grade that they have."""
        grade = self.desk.results()[number].grade
        return {"node": f"employee:{number}", "from": grade or "B", "to": to or "B", "reason": WHY}

    def preview(self) -> None:
        """Anybody tries moves: nothing is recorded."""
        desk, moves, who = self.desk, self.some_moves(), self.somebody(KIM)
        if any(one["from"] == one["to"] or one["node"].startswith("unit:") for one in moves):
            return
        answer = desk.ask(who, "POST", f"{ADDRESS}/calibration/preview", json={"moves": moves})
        results = desk.results()
        groups = {results[number].group for one in moves if (number := one["node"].partition(":")[2]) in results}
        sees = desk.authorities(who) & {"hr", "auditor", "approver"} or FUNCTIONS.get(who) == "calibrator"
        reasons = set() if sees and is_in(who, groups - {None}) else {"not_there"}
        reasons |= {"not_there"} if any(one["node"] == "employee:E99" for one in moves) else set()
        own = {results[one].group for one in desk.numbers(who) if one in results} - {None}
        reasons |= {"own_group"} if own & groups else set()
        if self.judge(who, answer, reasons, name="preview"):
            told: Any = answer.json
            why = why_no_moves(desk, [one | {"reason": WHY} for one in moves])
            assert (told["refused"] is None) is not bool(why), (told, why)
            assert told["refused"] is None or told["refused"]["code"] in why, (told, why)
            assert set(told["rules"]["before"]) == desk.broken(results)

    # ---- who stands in, and time

    def delegate(self) -> None:
        """Hr says who stands in for whom."""
        giver, taker = self.chance.choice([("E6", "E2"), ("E16", "E12"), ("E20", "E22"), ("E21", "E22")])
        function = self.chance.choice(["review", "review", "verify"])
        self.delegated(self.somebody(*DECIDING), giver, taker, function, perhaps={"too_many", "not_head"})

    # ---- what comes late

    def load(self) -> None:
        """Whoever has the server's shell loads another base of pay, other lines or policies, or moves a unit: nothing of what was certified moves."""
        desk, what = self.desk, self.chance.choice(sorted(LOADED))
        folder = desk.folder / "loaded"
        if not folder.exists():
            for part in ("agency", "definitions"):
                shutil.copytree(desk.folder / part, folder / part)
        file, written = LOADED[what]
        path = folder / file
        path.write_text(written(path.read_text(encoding="utf-8"), self.chance.randint(1, 9)), encoding="utf-8")
        desk.now += dt.timedelta(seconds=1)
        desk.database.writing(
            "load_folder",
            lambda connection: intake.load_agency(
                connection, folder / "agency", definitions=folder / "definitions", at=desk.now, by="test"
            ),
        )
        self.has_done("load")

    def record(self) -> None:
        """Another system records a consult after the cut: it is listed, and nothing moves."""
        desk, number = self.desk, len(self.desk.late)
        data = {"employee": self.chance.choice(["E1", "E4", "E12", "E13", "E21"]), "company": {"name": "Hanbit"}}
        event: dict[str, Any] = {"specversion": "1.0", "type": "kopes.export_consult", "source": "/any"}
        event |= {"id": f"LATE-{number}"}
        event |= {"time": f"{self.chance.choice([2026] * 5 + [2027])}-01-04T09:00:00+01:00"}
        event |= {"data": {**data, "buyer": {"name": "Nord", "country": "AT"}}}
        answer = desk.app.test_client().post(
            "/api/v1/events",
            data=json.dumps(event),
            headers={"Authorization": f"Bearer {desk.crm_key}", "Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code < 300, answer.text
        desk.late[str(event["id"])] = event
        of_cycle = [one for one in desk.late.values() if one["time"].startswith(CYCLE)]
        assert desk.read(f"{ADDRESS}/after-close")["count"] == len(of_cycle)
        self.has_done("record")

    def some_events(self) -> list[dict[str, str]]:
        """Events as hr might want them to count: those that came late mostly, sometimes one that does already or that nobody recorded."""
        desk, chance = self.desk, self.chance
        left = sorted(desk.late.keys() - desk.admitted)
        names = chance.sample(left, min(len(left), chance.choice([1, 1, 2]))) if chance.random() < 0.85 else []
        if not names:
            names = [chance.choice([*sorted(desk.late), "LATE-99"])]
        return [{"source": "/any", "id": one} for one in names]

    def days_go_by(self) -> None:
        """Sessions end, and windows."""
        self.desk.now += dt.timedelta(days=self.chance.choice([1, 1, 5]))
        self.has_done("days_go_by")


def is_told_by_mail(number: str) -> bool:
    """Whether a telling reaches somebody by itself."""
    return number in MAILED
