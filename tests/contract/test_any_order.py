"""People of hr, executives, administrators, a head and an employee do anything in any order (contract-desk, 8.3 and 8.4).

Whatever they do, a little model that reads nothing but the API says of each answer whether it may be so: no approved decision has one person on
both sides, no file is moved by another than its master, no figure by a change without two, numbers have no gaps, and a refusal has one of
the codes that there was a reason for. What is refused without a reason is as wrong as what is done without a right.

The agency is that of ``tests.web.working``; its loads, feeds, change sets, masters, accounts, delegations, events and targets are all moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from app.access import tables as access_tables
from tests.contract.any_order import (
    APPLICATION,
    EDITS,
    EFFECTS_SEEN_ABOVE,
    FED,
    FOR_TWO,
    KEYS,
    MOVED,
    OF_A_FEED,
    PEOPLE,
    POWERS,
    READER,
    WHY,
    Account,
    Desk,
    Edit,
    Prepared,
    Proposed,
    Row,
    code_of,
    csv_text,
    plain,
    prepared,
    rights_moved,
)
from tests.contract.any_order_outside import OutsideTheDesk
from tests.people import PASSWORD_HASH
from tests.soaking import TIMES, examples

__all__ = ["prepared"]

# ------------------------------------------------------------------------------------------------------------- the machine

SOMEBODY: Final = st.sampled_from(sorted(PEOPLE))
HR: Final = tuple(one for one, (roles, _) in PEOPLE.items() if "hr" in roles)
OF_HR: Final = st.sampled_from(HR)
MOSTLY_HR: Final = st.one_of(OF_HR, OF_HR, OF_HR, SOMEBODY)
PLACE: Final = st.integers(0, 5)
FIRST_PLACES: Final = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 8])
CHECKERS: Final = st.sampled_from([one for one, (roles, _) in PEOPLE.items() if POWERS & {*roles}])
MOSTLY_CHECKERS: Final = st.one_of(CHECKERS, CHECKERS, CHECKERS, SOMEBODY)
SECOND_OF_HR: Final = st.one_of(OF_HR, OF_HR, OF_HR, CHECKERS)
HR_NUMBERS: Final = st.sampled_from([one for one, (roles, number) in PEOPLE.items() if "hr" in roles and number])
NUMBERS: Final = ("E1", "E2", "E3", "E6", "E7")
ROLES: Final = (["hr"], ["hr", "executive"], ["executive"], ["admin"], ["member"], ["employee"], ["admin", "hr"])
CONTENTS: Final = (
    *({"roles": roles} for roles in ROLES),
    {"enabled": False},
    {"enabled": True},
    {"password": True},
    {"employee": "E8"},
    {"employee": None},
)


class AnyOrder(OutsideTheDesk):
    """Any of these deeds by anybody; each looks at what came of it."""

    prepared: Prepared

    def __init__(self) -> None:
        super().__init__()
        self.copy = self.prepared.copied()
        self.desk = Desk(*self.copy.__enter__())

    def teardown(self) -> None:
        """At the end the run's database is held against itself, and goes."""
        self.desk.close()
        self.copy.__exit__(None, None, None)

    @initialize()
    def files_have_their_doors(self) -> None:
        """Hr and an executive open the doors, as they would."""
        for file, to in ((one, door) for door, some in (("application", APPLICATION), ("feed", FED)) for one in some):
            content = {"kind": "master", "cycle": None, "content": {"file": file, "to": to}, "reason": WHY}
            made = self.desk.ask("dana@agency.example", "POST", "/api/v1/decisions", json=content).json
            assert made is not None
            path = f"/api/v1/decisions/{made['id']}/approve"
            answer = self.desk.ask("ferran@agency.example", "POST", path, json={"digest": made["digest"]})
            assert answer.status_code == 200, answer.text
            self.desk.proposed[made["id"]] = Proposed("dana@agency.example", None, 0, frozenset())

    @invariant()
    def nothing_moved_that_may_not(self) -> None:
        """Files by their masters alone, figures by nothing but what is recorded, loaded, or changed by two."""
        desk = self.desk
        files, scores = desk.files, desk.scores
        desk.refresh()
        moved = {file for file, now in desk.files.items() if now["sha256"] != files[file]["sha256"]}
        assert moved <= self.may_move_files, (moved, self.may_move_files)
        assert desk.scores == scores or self.may_move_scores
        self.may_move_files, self.may_move_scores = set(), False
        self.numbers_have_no_gaps()
        self.every_approved_decision_has_two_people()

    def numbers_have_no_gaps(self) -> None:
        """From the newest to the first."""
        for some in (self.desk.decisions, self.desk.changes):
            assert [one["id"] for one in some] == list(range(len(some), 0, -1))

    def every_approved_decision_has_two_people(self) -> None:
        """As they were when it was approved: their names stand in it."""
        for one in self.desk.decisions:
            maker, checker = one["maker"], one["checker"]
            if one["state"] == "approved" and checker is not None:
                assert maker["person"] != checker["person"], one
                assert maker["account"] != checker["account"], one
            if one["state"] == "approved" and checker is None:
                assert one["kind"] in {"account", "target"}, one

    # ---- change sets

    def change(self, place: int) -> dict[str, Any] | None:
        """A set, counted from the newest."""
        if place >= len(self.desk.changes):
            return None
        return dict(self.desk.read(f"/api/v1/changes/{self.desk.changes[place]['id']}"))

    def refusals_to_writing(self, who: str, change: Mapping[str, Any]) -> set[str]:
        """Why somebody may not write to a set; empty where they may."""
        if "hr" not in self.desk.roles(who):
            return {"not_there"}
        maker = change["maker"]["account"]
        same = maker in self.desk.accounts and self.desk.is_same(who, maker)
        reasons = set() if same else {"not_maker"}
        return reasons | (set() if change["state"] == "open" else {"not_open"})

    def judge(self, who: str, answer: TestResponse, reasons: set[str]) -> bool:
        """Whether it was done, which it has to be unless there was a reason; a refusal names one."""
        if not self.desk.accounts[who].is_open:
            assert answer.status_code == 401, (who, answer.text)
            return False
        told = code_of(answer)
        if reasons:
            assert told in reasons, (who, answer.request.path, answer.text, reasons)
            assert answer.status_code == (404 if told == "not_there" else 422 if told == "invalid" else 409)
        else:
            assert told is None, (who, answer.request.path, answer.text)
        return told is None

    @rule(who=MOSTLY_HR)
    def begin(self, who: str) -> None:
        """Hr begins a set; whoever sees the files hears that it is not theirs to do, nobody else of them at all."""
        self.begun(who)

    def begun(self, who: str) -> dict[str, Any] | None:
        """A new set of somebody's; None where they may not."""
        answer = self.desk.ask(who, "POST", "/api/v1/changes", json={"title": "In any order", "reason": WHY})
        roles = self.desk.roles(who)
        reasons = set() if "hr" in roles else {"role"} if roles & {"executive", "auditor"} else {"not_there"}
        return answer.json if self.judge(who, answer, reasons) else None

    def put(self, who: str, change: Mapping[str, Any], edit: Edit) -> bool:
        """An edit into a set; whether it is in it."""
        set_, remove = edit.make(self.desk.rows_of(edit.file), self.fresh)
        self.fresh += 1
        path = f"/api/v1/changes/{change['id']}/rows/{edit.file}"
        answer = self.desk.ask(who, "PUT", path, json={"set": set_, "remove": remove})
        reasons = self.refusals_to_writing(who, change)
        if self.desk.master(edit.file) != "application":
            reasons |= {"mastered_elsewhere"} if reasons != {"not_there"} else set()
        if edit.file == "status.csv" and set_ and set_[0]["place"] == "2" and not reasons:
            # The first one may be there or not.
            return code_of(answer) in {None, "invalid"}
        return self.judge(who, answer, reasons)

    @rule(who=MOSTLY_HR, place=PLACE, edit=st.sampled_from(EDITS))
    def put_into(self, who: str, place: int, edit: Edit) -> None:
        """Rows into any set."""
        change = self.change(place)
        if change is not None:
            self.put(who, change, edit)

    @rule(who=MOSTLY_HR, place=PLACE)
    def submit(self, who: str, place: int) -> None:
        """Any set is submitted by anybody."""
        change = self.change(place)
        if change is not None:
            self.submitted(who, change)

    def submitted(self, who: str, change: Mapping[str, Any]) -> int | None:
        """Submit a set: it waits for another person, or one suffices, or there is a reason against it. The decision's number, where it waits."""
        desk = self.desk
        reasons = self.refusals_to_writing(who, change)
        about = desk.about(change)
        if not reasons:
            files = {row["file"] for row in change["rows"]}
            if any(desk.master(file) != "application" for file in files):
                reasons.add("mastered_elsewhere")
            if desk.does_nothing(change):
                reasons.add("nothing_changed")
            if desk.touched(change):
                reasons.add("overtaken")
            if desk.has_errors(change["id"]):
                reasons.add("findings")
            if desk.own(who) & about:
                reasons.add("own_case")
        takes_one = desk.takes_one(change)
        answer = desk.ask(who, "POST", f"/api/v1/changes/{change['id']}/submit", json={})
        if not self.judge(who, answer, reasons):
            return None
        assert answer.status_code == (200 if takes_one else 201), (change, answer.text)
        if takes_one:
            self.may_move_files |= {row["file"] for row in change["rows"]}
            desk.rows.clear()
            return None
        number = int(answer.headers["Location"].rpartition("/")[2])
        desk.proposed[number] = Proposed(who, desk.accounts[who].employee, desk.deeds, about)
        return number

    def written(self, who: str, *edits: Edit | None) -> int | None:
        """A set of some edits, submitted; the decision's number, where it waits."""
        begun = self.begun(who)
        if begun is None:
            return None
        for one in edits:
            if one is not None:
                self.put(who, begun, one)
        return self.submitted(who, self.desk.read(f"/api/v1/changes/{begun['id']}"))

    @rule(who=OF_HR, edit=st.sampled_from(EDITS), more=st.one_of(st.none(), st.sampled_from(EDITS)))
    def write_and_submit(self, who: str, edit: Edit, more: Edit | None) -> None:
        """A set as it mostly is made."""
        self.written(who, edit, more)

    @rule(
        maker=OF_HR,
        checker=SECOND_OF_HR,
        edit=st.sampled_from(FOR_TWO),
        more=st.one_of(st.none(), st.sampled_from(FOR_TWO)),
        goes_back=st.booleans(),
    )
    def a_set_comes_to_its_end(
        self, maker: str, checker: str, edit: Edit, more: Edit | None, *, goes_back: bool
    ) -> None:
        """Written, submitted, agreed to; and taken back by another that is agreed to likewise."""
        number = self.written(maker, edit, more)
        if number is None or not self.agreed_by_one_of(number, checker) or not goes_back:
            return
        change = self.desk.read(f"/api/v1/decisions/{number}")["content"]["change"]
        back = self.reverted(maker, self.desk.read(f"/api/v1/changes/{change}"))
        number = None if back is None else self.submitted(maker, self.desk.read(f"/api/v1/changes/{back['id']}"))
        if number is not None:
            self.agreed_by_one_of(number, checker)

    @rule(one=OF_HR, other=OF_HR, checker=SECOND_OF_HR, edit=st.sampled_from(FOR_TWO))
    def one_set_overtakes_another(self, one: str, other: str, checker: str, edit: Edit) -> None:
        """Two want one row otherwise: the second is overtaken, taken to the present revision, and agreed to."""
        first, second = self.written(one, edit), self.written(other, edit)
        if first is None or second is None or not self.agreed_by_one_of(first, checker):
            return
        if self.agreed_by_one_of(second, checker):
            return
        decision = self.desk.read(f"/api/v1/decisions/{second}")
        change = self.desk.read(f"/api/v1/changes/{decision['content']['change']}")
        assert (decision["state"], change["state"]) in {("void", "open"), ("proposed", "submitted")}
        if self.rebased(other, change):
            number = self.submitted(other, self.desk.read(f"/api/v1/changes/{change['id']}"))
            if number is not None:
                self.agreed_by_one_of(number, checker)

    @rule(edit=st.sampled_from(OF_A_FEED), checker=SECOND_OF_HR, sends_again=st.booleans())
    def a_feed_is_held_and_agreed_to(self, edit: Edit, checker: str, *, sends_again: bool) -> None:
        """What is held waits for hr; what is sent after it takes its place."""
        numbers = [self.fed(edit) for _ in range(2 if sends_again else 1)]
        for number in dict.fromkeys(numbers):
            if number is not None:
                self.agreed_by_one_of(number, checker)

    @rule(
        maker=HR_NUMBERS,
        checker=HR_NUMBERS,
        edit=st.sampled_from(FOR_TWO),
        other_way=st.booleans(),
        ends=st.booleans(),
    )
    def a_stand_in_is_to_agree(self, maker: str, checker: str, edit: Edit, *, other_way: bool, ends: bool) -> None:
        """A set of whoever is stood in for, or who stands in, today: ended or not, it was in force today."""
        numbers = [self.desk.accounts[one].employee for one in (maker, checker)]
        giver, taker = reversed(numbers) if other_way else numbers
        if giver is None or taker is None:
            return
        made = self.delegated("dana@agency.example", giver, taker, ("2026-01-01", "2099-01-01"))
        number = self.written(maker, edit)
        if ends and made is not None:
            self.ended("dana@agency.example", len(self.desk.delegations) - 1)
        if number is not None:
            self.agreed(checker, number)

    @rule(who=MOSTLY_HR, place=PLACE)
    def discard(self, who: str, place: int) -> None:
        """Any set is given up by anybody."""
        change = self.change(place)
        if change is not None:
            answer = self.desk.ask(who, "DELETE", f"/api/v1/changes/{change['id']}")
            self.judge(who, answer, self.refusals_to_writing(who, change))

    @rule(who=MOSTLY_HR, place=PLACE)
    def rebase(self, who: str, place: int) -> None:
        """Any set is taken to the present revision; what it wants stays, and nothing is in its way afterwards."""
        change = self.change(place)
        if change is None:
            return
        self.rebased(who, change)

    def rebased(self, who: str, change: Mapping[str, Any]) -> bool:
        """Take a set to the present revision; whether it was done."""
        answer = self.desk.ask(who, "POST", f"/api/v1/changes/{change['id']}/rebase", json={})
        done = self.judge(who, answer, self.refusals_to_writing(who, change))
        if done:
            after = self.desk.read(f"/api/v1/changes/{change['id']}")
            assert [(row["key"], row["after"]) for row in after["rows"]] == [
                (row["key"], row["after"]) for row in change["rows"]
            ]
            assert not self.desk.touched(after)
        return done

    @rule(who=MOSTLY_HR, place=PLACE)
    def revert(self, who: str, place: int) -> None:
        """An applied set is taken back by a new one, which is one like any."""
        change = self.change(place)
        if change is not None:
            self.reverted(who, change)

    def reverted(self, who: str, change: Mapping[str, Any]) -> dict[str, Any] | None:
        """A set that takes another back; None where there is none."""
        answer = self.desk.ask(who, "POST", "/api/v1/changes", json={"revert": change["id"], "reason": WHY})
        roles = self.desk.roles(who)
        reasons = set() if change["state"] == "applied" else {"not_applied"}
        if "hr" not in roles:
            reasons = {"role"} if roles & {"executive", "auditor"} else {"not_there"}
        return answer.json if self.judge(who, answer, reasons) else None

    # ---- decisions

    def decision(self, place: int) -> dict[str, Any] | None:
        """A decision: those that wait first, of them and the others the newest first."""
        # A target is set by one person at once: nobody agrees to it.
        of_two = [one for one in self.desk.decisions if one["kind"] != "target"]
        waiting_first = sorted(of_two, key=lambda one: one["state"] != "proposed")
        return waiting_first[place] if place < len(waiting_first) else None

    def checkers(self, one: Mapping[str, Any]) -> set[str]:
        """Of whom one is needed as the second."""
        if one["kind"] == "change":
            return {"hr"} if self.desk.people_of_hr() > 1 else {"hr", "executive"}
        return {"executive"} if one["kind"] == "master" else {"admin", "executive"}

    def obstacles(self, who: str, one: Mapping[str, Any]) -> set[str]:
        """Why somebody may neither approve nor refuse an open decision."""
        desk, me, made = self.desk, self.desk.accounts[who], self.desk.proposed[one["id"]]
        reasons: set[str] = set()
        maker = desk.accounts.get(made.maker)
        marks = desk.marks(who, me.employee)
        if marks & desk.marks(made.maker, made.employee):
            reasons.add("same_person")
        if not me.roles & self.checkers(one):
            reasons |= {"role"} if self.surely_sees(who, one) else {"role", "not_there"}
        if desk.own(who, today=one["kind"] == "account") & made.about or self.is_about(who, one):
            reasons.add("own_case")
        if made.employee and me.employee and desk.stands_in(made.employee, me.employee):
            reasons.add("acts_for_maker")
        if me.given_at > made.at or (maker is not None and maker.given_at > made.at):
            reasons.add("account_changed")
        return reasons

    def is_about(self, who: str, one: Mapping[str, Any]) -> bool:
        """Whether an account's decision is about somebody's own."""
        if one["kind"] != "account":
            return False
        of = self.desk.accounts[one["content"]["account"]]
        marks = self.desk.marks(who, self.desk.accounts[who].employee)
        numbers = {of.employee, one["content"].get("employee", of.employee)}
        return any(marks & self.desk.marks(of.email, number) for number in numbers)

    def surely_sees(self, who: str, one: Mapping[str, Any]) -> bool:
        """Whether somebody sees a decision by their role, or since they made it."""
        roles = {"change": {"hr", "executive"}, "master": {"hr", "executive"}, "account": {"admin", "executive"}}
        made = self.desk.proposed[one["id"]]
        mine = self.desk.marks(who, self.desk.accounts[who].employee) & self.desk.marks(made.maker, made.employee)
        return bool(self.desk.roles(who) & (roles[one["kind"]] | {"auditor"}) or mine)

    @rule(
        who=MOSTLY_CHECKERS,
        place=FIRST_PLACES,
        looks=st.sampled_from([True, True, True, False]),
        wrong=st.sampled_from([False] * 7 + [True]),
    )
    def approve(self, who: str, place: int, *, looks: bool, wrong: bool) -> None:
        """Any decision is approved by anybody."""
        one = self.decision(place)
        if one is not None:
            self.agree(who, one, looks=looks, wrong=wrong)

    def agreed(self, who: str, number: int) -> bool:
        """Whether somebody agrees to a decision, the effects opened."""
        return self.agree(who, self.desk.read(f"/api/v1/decisions/{number}"), looks=True, wrong=False)

    def agreed_by_one_of(self, number: int, first: str) -> bool:
        """Whether anybody of hr agrees to a decision: one after the other tries, as long as it waits."""
        for who in (first, *HR):
            if self.agreed(who, number):
                return True
            if self.desk.read(f"/api/v1/decisions/{number}")["state"] != "proposed":
                return False
        return False

    def agree(self, who: str, one: Mapping[str, Any], *, looks: bool, wrong: bool) -> bool:
        """Approve a decision; whether it is done by that."""
        desk = self.desk
        path = f"/api/v1/decisions/{one['id']}"
        opened = desk.ask(who, "GET", f"{path}/effects") if looks else None
        told = None if opened is None or opened.status_code != 200 else opened.json
        if told and len(told["items"]) == one["effects"]["count"]:
            number = desk.accounts[who].employee
            desk.proposed[one["id"]].seen_by.add(number or who)
        reasons = self.reasons_against_approval(who, one, wrong=wrong)
        change = desk.read(f"/api/v1/changes/{one['content']['change']}") if one["kind"] == "change" else None
        digest = "0" * 64 if wrong else one["digest"]
        answer = desk.ask(who, "POST", f"{path}/approve", json={"digest": digest})
        again = one["state"] == "approved" and reasons == {"again"}
        done = self.judge(who, answer, set() if again else reasons) and not again
        if done:
            self.is_done(who, one, change)
        return done

    def reasons_against_approval(self, who: str, one: Mapping[str, Any], *, wrong: bool) -> set[str]:
        """All that is in the way of somebody's approval; `again` alone for who has approved it."""
        desk, made = self.desk, self.desk.proposed[one["id"]]
        unseen = set() if self.surely_sees(who, one) else {"not_there"}
        if one["state"] != "proposed":
            checker = one["checker"] or one["maker"]
            number = checker["person"] if checker["person"] != checker["account"] else None
            mine = desk.marks(who, desk.accounts[who].employee) & desk.marks(checker["account"], number)
            if one["state"] == "approved" and mine:
                return {"again"}
            return {"not_proposed"} | unseen
        reasons = self.obstacles(who, one)
        if wrong:
            reasons.add("digest")
        if one["effects"]["count"] > EFFECTS_SEEN_ABOVE and not {desk.accounts[who].employee, who} & made.seen_by:
            reasons.add("not_seen")
        if one["kind"] == "change":
            change = desk.read(f"/api/v1/changes/{one['content']['change']}")
            door = "application" if change["maker"]["account"] in desk.accounts else "feed"
            if any(desk.master(row["file"]) != door for row in change["rows"]):
                reasons.add("mastered_elsewhere")
            if desk.touched(change):
                reasons.add("overtaken")
            if desk.has_errors(change["id"]):
                reasons.add("findings")
            elif door == "feed" and not one["effects"]["count"] and self.moves_untold(change["id"]):
                reasons.add("overtaken")
        if one["kind"] == "account":
            of = desk.accounts[one["content"]["account"]]
            if of.changed_at > made.at:
                # It is other than it was, or is so again.
                reasons |= {"overtaken"} if self.moves_otherwise(one, of) else set()
            if of.given_at > made.at:
                reasons.add("overtaken")
            number = one["content"].get("employee")
            if number and any(other.employee == number for other in desk.accounts.values() if other is not of):
                reasons.add("conflict")
        return reasons

    def moves_untold(self, change: int) -> bool:
        """Whether a set that was wrong when it came moves something now."""
        return bool(self.desk.read(f"/api/v1/changes/{change}/effects")["items"])

    def moves_otherwise(self, one: Mapping[str, Any], of: Account) -> bool:
        """Whether the rights that it moves are not those that were told."""
        told = self.desk.read(f"/api/v1/decisions/{one['id']}/effects")["items"]
        return [(some["node"], some["before"], some["after"]) for some in told] != rights_moved(of, one["content"])

    def is_done(self, who: str, one: Mapping[str, Any], change: Mapping[str, Any] | None) -> None:
        """What follows from an approval, and nothing else."""
        if change is not None:
            after = self.desk.read(f"/api/v1/changes/{change['id']}")
            assert after["state"] == "applied"
            self.may_move_files |= {row["file"] for row in change["rows"]}
            self.may_move_scores = True
            self.desk.rows.clear()
        elif one["kind"] == "master":
            assert {file["file"]: file["master"] for file in self.desk.read("/api/v1/files")["items"]}[
                one["content"]["file"]
            ] == one["content"]["to"]
        else:
            self.account_is_so(one["content"])

    def account_is_so(self, content: Mapping[str, Any]) -> None:
        """The model's account follows; who is to set another password has set the same one."""
        desk, of = self.desk, self.desk.accounts[content["account"]]
        roles, number = frozenset(content.get("roles", of.roles)), content.get("employee", of.employee)
        if (roles, number) != (of.roles, of.employee) or content.get("password"):
            of.given_at = desk.deeds
        of.changed_at = desk.deeds
        of.roles, of.employee, of.is_open = roles, number, content.get("enabled", of.is_open)
        if content.get("password"):
            account = access_tables.account
            with desk.database.write("the owner's link") as connection:
                key = account.c.email_key == of.email.casefold()
                connection.execute(sa.update(account).where(key).values(password_hash=PASSWORD_HASH))
        desk.clients.pop(of.email, None)

    @rule(who=MOSTLY_CHECKERS, place=PLACE)
    def refuse(self, who: str, place: int) -> None:
        """Any decision is refused by anybody."""
        one = self.decision(place)
        if one is None:
            return
        reasons = self.obstacles(who, one) if one["state"] == "proposed" else {"not_proposed"}
        if not self.surely_sees(who, one):
            reasons.add("not_there")
        answer = self.desk.ask(who, "POST", f"/api/v1/decisions/{one['id']}/refuse", json={"reason": WHY})
        self.judge(who, answer, reasons - ({"not_there"} if not reasons - {"not_there"} else set()))

    @rule(who=SOMEBODY, place=PLACE)
    def withdraw(self, who: str, place: int) -> None:
        """Any decision is taken back by anybody."""
        one = self.decision(place)
        if one is None:
            return
        made, me = self.desk.proposed[one["id"]], self.desk.accounts[who]
        mine = self.desk.marks(who, me.employee) & self.desk.marks(made.maker, made.employee)
        reasons = set() if mine else {"not_maker"}
        if one["state"] != "proposed":
            reasons.add("not_proposed")
        if not self.surely_sees(who, one):
            reasons.add("not_there")
        answer = self.desk.ask(who, "POST", f"/api/v1/decisions/{one['id']}/withdraw", json={})
        self.judge(who, answer, reasons)

    @rule(who=MOSTLY_HR, file=st.sampled_from(MOVED), to=st.sampled_from(["folder", "application", "feed"]))
    def propose_master(self, who: str, file: str, to: str) -> None:
        """Another door for a file."""
        body = {"kind": "master", "cycle": None, "content": {"file": file, "to": to}, "reason": WHY}
        answer = self.desk.ask(who, "POST", "/api/v1/decisions", json=body)
        reasons = set() if "hr" in self.desk.roles(who) else {"role", "not_there"}
        if self.desk.master(file) == to:
            reasons.add("invalid")
        if self.judge(who, answer, reasons):
            self.remember(who, answer, frozenset())

    def remember(self, who: str, answer: TestResponse, about: frozenset[str]) -> None:
        """Keep who proposed what was just proposed."""
        made = answer.json
        assert made is not None
        self.desk.proposed[made["id"]] = Proposed(who, self.desk.accounts[who].employee, self.desk.deeds, about)

    @rule(
        who=st.one_of(st.sampled_from(["iris@agency.example", "ivan@agency.example"]), SOMEBODY),
        of=SOMEBODY,
        wish=st.sampled_from(CONTENTS),
    )
    def propose_account(self, who: str, of: str, wish: Mapping[str, Any]) -> None:
        """An account is to be otherwise: proposed, or done at once where it gives nothing that takes two."""
        desk, before = self.desk, self.desk.accounts[of]
        content = {"account": of, **wish}
        after_roles = frozenset(wish.get("roles", before.roles))
        number, is_open = wish.get("employee", before.employee), wish.get("enabled", before.is_open)
        gives = bool(
            wish.get("password")
            or (after_roles & POWERS) - before.roles
            or number != before.employee
            or (is_open and not before.is_open)
        )
        about = frozenset(f"employee:{one}" for one in (before.employee, number) if one)
        reasons = set() if "admin" in desk.roles(who) else {"role", "not_there"}
        if desk.own(who, today=True) & about or self.is_about(who, {"kind": "account", "content": content}):
            reasons.add("own_case")
        if not gives and after_roles == before.roles and is_open == before.is_open:
            reasons.add("invalid")
        if number is None and after_roles & {"employee", "head"}:
            reasons.add("invalid")
        if number != before.employee and any(one.employee == number for one in desk.accounts.values() if number):
            reasons.add("invalid")
        takes_two = gives and bool((after_roles | before.roles) & POWERS)
        body = {"kind": "account", "cycle": None, "content": content, "reason": WHY}
        answer = desk.ask(who, "POST", "/api/v1/decisions", json=body)
        if self.judge(who, answer, reasons):
            self.remember(who, answer, about)
            made: Any = answer.json
            assert made["state"] == ("proposed" if takes_two else "approved"), answer.text
            if not takes_two:
                self.account_is_so(content)

    # ---- who stands in for whom

    @rule(
        who=SOMEBODY,
        giver=st.sampled_from(NUMBERS),
        taker=st.sampled_from(NUMBERS),
        days=st.sampled_from(
            [("2026-01-01", "2099-01-01"), ("2026-01-01", "2026-06-01"), ("2026-06-30", "2026-07-01")]
        ),
    )
    def delegate(self, who: str, giver: str, taker: str, days: tuple[str, str]) -> None:
        """One person lets another stand in, or hr says so."""
        self.delegated(who, giver, taker, days)

    def delegated(self, who: str, giver: str, taker: str, days: tuple[str, str]) -> dict[str, Any] | None:
        """A delegation that somebody begins; None where they may not."""
        me = self.desk.accounts[who]
        body = {"from": giver, "to": taker, "functions": ["verify"], "from_day": days[0], "to_day": days[1]}
        answer = self.desk.ask(who, "POST", "/api/v1/delegations", json=body | {"reason": WHY})
        reasons = set() if "hr" in me.roles or me.employee == giver else {"role", "not_there"}
        if giver == taker or {giver, taker} - {row["number"] for row in self.desk.rows_of("employees.csv")}:
            reasons.add("invalid")
        mine = self.desk.numbers(who)
        if taker in mine and giver not in mine:
            reasons.add("own_case")
        if not self.judge(who, answer, reasons):
            return None
        made: dict[str, Any] = dict(answer.json or {})
        assert made["id"] == len(self.desk.delegations) + 1
        self.desk.delegations.append(made)
        return made

    @rule(who=SOMEBODY, place=PLACE)
    def end_delegation(self, who: str, place: int) -> None:
        """It was in force on the day on which it is ended."""
        if place < len(self.desk.delegations):
            self.ended(who, place)

    def ended(self, who: str, place: int) -> None:
        """Somebody ends a delegation."""
        me, given = self.desk.accounts[who], self.desk.delegations[place]
        answer = self.desk.ask(who, "POST", f"/api/v1/delegations/{given['id']}/end", json={})
        reasons = set() if "hr" in me.roles or me.employee in {given["from"], given["to"]} else {"not_there"}
        if given["ended_on"] is not None:
            reasons.add("ended")
        if self.judge(who, answer, reasons):
            self.desk.delegations[place] = dict(answer.json or {})

    @rule(
        who=st.one_of(st.sampled_from(["iris@agency.example", "ivan@agency.example"]), SOMEBODY),
        unit=st.sampled_from(["", "EUR", "VIE"]),
    )
    def invite(self, who: str, unit: str) -> None:
        """An administrator makes accounts for whoever has none: for employees alone, and none for whose e-mail has one."""
        desk = self.desk
        page = desk.ask(who, "GET", "/accounts")
        if page.status_code == 303:  # The session has ended.
            del desk.clients[who]
            page = desk.ask(who, "GET", "/accounts")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert (page.status_code == 200) is (desk.accounts[who].is_open and "admin" in desk.roles(who)), page.status
        if page.status_code != 200 or token is None:
            return
        there = {one.casefold() for one in desk.accounts} | {READER}
        numbers = {one.employee for one in desk.accounts.values()}
        answer = desk.ask(who, "POST", "/accounts/invitations", data={"csrf_token": token[1], "unit": unit})
        assert answer.status_code == 303, answer.text
        of = access_tables.account
        with desk.database.read() as connection:
            made = [row for row in connection.execute(sa.select(of)) if row.email_key not in there]
        for row in made:
            assert (row.roles, row.password_hash) == ("employee", "")
            assert row.employee not in numbers
        if not unit:
            with_one = {row["number"] for row in desk.rows_of("employees.csv") if row["email"].casefold() not in there}
            assert with_one - numbers <= {row.employee for row in made}
        desk.invited |= {row.id for row in made}
        desk.know_the_invited()

    # ---- loads, feeds, events, targets

    @rule(edit=st.sampled_from(EDITS))
    def feed(self, edit: Edit) -> None:
        """A program sends a whole file: taken, held for hr, or not its door."""
        self.fed(edit)

    def fed(self, edit: Edit) -> int | None:
        """A whole file by the feed; the decision's number, where it is held."""
        desk, rows = self.desk, self.desk.by_key(edit.file)
        set_, remove = edit.make(list(rows.values()), self.fresh)
        self.fresh += 1
        if edit.file == "status.csv":
            return None  # its places are those of the file's order
        wanted = rows | {" ".join(row[name] for name in KEYS[edit.file]): row for row in set_}
        for key in remove:
            del wanted[" ".join(key.values())]
        columns = list(dict.fromkeys(name for row in wanted.values() for name in row if name != "place")) or list(
            KEYS[edit.file]
        )
        answer = self.desk.app.test_client().put(
            f"/api/v1/files/{edit.file}",
            data=csv_text(columns, wanted.values()),
            headers={"Authorization": f"Bearer {desk.feed_key}", "Content-Type": "text/csv"},
        )
        assert answer.status_code < 500, answer.text
        if desk.master(edit.file) != "feed":
            assert code_of(answer) == "mastered_elsewhere", answer.text
            return None
        if answer.status_code == 422:
            assert code_of(answer) in {"findings", "invalid"}
            return None
        is_held = self.looks_like_an_accident(edit.file, rows, wanted)
        assert answer.status_code == (202 if is_held else 200), (edit, answer.text)
        if not is_held:
            self.may_move_files |= {edit.file}
            self.may_move_scores = True
            desk.rows.clear()
            return None
        change = desk.read(f"/api/v1/changes/{(answer.json or {})['change']}")
        assert (change["state"], change["maker"]["account"]) == ("submitted", "key:payroll")
        if change["decision"] not in desk.proposed:
            desk.proposed[change["decision"]] = Proposed("key:payroll", None, desk.deeds, desk.about(change))
        return int(change["decision"])

    def looks_like_an_accident(self, file: str, rows: Mapping[str, Row], wanted: Mapping[str, Row]) -> bool:
        """More than five in a hundred rows changed, any removed, or what decides about pay."""
        other = [key for key in rows.keys() & wanted.keys() if plain(rows[key]) != plain(wanted[key])]
        pay = [
            key
            for key in wanted
            if any(
                (rows.get(key) or {}).get(name, "") != wanted[key].get(name, "")
                for name in ("monthly_base", "job", "rank")
            )
        ]
        emails = file == "employees.csv" and any(
            self.desk.email_takes_two(key, wanted[key]["email"])
            for key in other
            if wanted[key]["email"] != rows[key]["email"]
        )
        return bool(rows.keys() - wanted.keys() or len(other) * 100 > 5 * len(rows) or pay or emails)


@pytest.mark.timeout(0)
def test_no_order_of_deeds_gives_anybody_more_than_they_may(prepared: Prepared) -> None:
    """Each engine in turn; a soak goes on for long."""
    machine = type("OnThisEngine", (AnyOrder,), {"prepared": prepared})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(4),
            stateful_step_count=18 if TIMES == 1 else 60,
            deadline=None,
            # A soak looks elsewhere each time; every other run looks where the last one did.
            derandomize=TIMES == 1,
            print_blob=TIMES > 1,
            suppress_health_check=list(HealthCheck),
        ),
    )
