"""What anybody may do once a cycle is locked, for the machine of any order: say what the ministry's result is, pay, take back, hand out a run, look at it, open it again."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.contract.any_close_deeds import CloseDeeds
from tests.contract.any_close_order import (
    ANNA,
    DANA,
    EMPLOYEES,
    FERRAN,
    HANA,
    PAID_IN,
    PIA,
)
from tests.contract.any_close_pay import Institution, PayRun, exact_of
from tests.contract.any_deeds import ADDRESS
from tests.contract.any_order import CYCLE

__all__ = ["PayDeeds"]


class PayDeeds(CloseDeeds):
    """Deeds of a locked cycle, and what must be so of its pay."""

    # ---- what is decided

    def pay_content(self, kind: str) -> dict[str, Any]:
        """What is decided about pay, as anybody might want it."""
        chance, desk = self.chance, self.desk
        if kind == "institution":
            grade = chance.choice(["A", "A", "B", "S"])
            pools = [None, 1, *(self.pool_of(grade, share) for share in ("0.8", "0.9", "1.2"))]
            return {"grade": grade, "pool": chance.choice(pools), "document": "MOTIE 2027-114"}
        if kind == "clawback":
            return {"employee": chance.choice([*EMPLOYEES, "E99"]), "ground": "False consults."}
        if kind == "pay_run":
            return {"run": len(desk.payroll.runs) + chance.choice([1, 1, 1, 1, 2])}
        if kind == "stage":
            to = chance.choice(["paid", "paid", "paid", "running"])
            return {"to": to, "accept": [], **({"paid_on": "2027-04-25"} if to == "paid" else {})}
        nodes = chance.choice([["employee:E1"], ["employee:E12", "employee:E3"], ["unit:PAR"], "all"])
        return {"nodes": nodes, "because": chance.choice(["error", "court", "fraud"])}

    def form_of(self, kind: str, content: Mapping[str, Any]) -> str | None:
        """Of what is decided about pay the page of the cycle's pay has forms; that it was paid needs no accepting there."""
        form = {"institution": "institution", "pay_run": "run", "clawback": "clawback"}.get(kind)
        form = "paid" if kind == "stage" and content["to"] == "paid" else form
        return None if form is None else f"/cycles/{CYCLE}/pay/{form}"

    def pool_of(self, grade: str, share: str) -> int:
        """So much of what everybody would come to."""
        terms = self.desk.terms().values()
        whole = sum((exact_of(one, Institution(grade, None)) for one in terms), Fraction(0))
        return int(whole * Fraction(share))

    def pay_is_done(self, kind: str, content: Mapping[str, Any]) -> None:
        """What follows from a decision about pay that was agreed to."""
        desk, payroll = self.desk, self.desk.payroll
        if kind == "institution":
            payroll.institution = Institution(content["grade"], content["pool"])
        if kind == "pay_run":
            payroll.runs.append(payroll.next_run(desk.terms()))
            payroll.approved_on = desk.today
        if kind == "clawback":
            payroll.given_back.add(content["employee"])
        if kind == "stage":
            desk.stage = "paid"
        if kind == "reopen":
            desk.stage, desk.round = "certified", desk.round + 1
            desk.open_for = None if content["nodes"] == "all" else set(content["nodes"])

    # ---- by the book

    def to_pay(self) -> None:
        """A run of what differs is agreed to and handed out, and payroll says that it was paid."""
        desk = self.desk
        self.withdraw_all()
        if desk.stage == "locked":
            self.run_by_the_book()
            self.step(lambda: self.exported(PIA, len(desk.payroll.runs)))
            paid = {"to": "paid", "accept": [], "paid_on": "2027-04-25"}
            self.decided("stage", paid, PIA, ANNA)
        assert desk.stage == "paid"

    def run_by_the_book(self) -> None:
        """Under a pool in which the next run fits."""
        payroll = self.desk.payroll
        if payroll.institution is None:
            pool = self.pool_of("A", "0.8")
            self.decided("institution", {"grade": "A", "pool": pool, "document": "MOTIE"}, DANA, FERRAN)
        self.room_for_a_run()
        self.decided("pay_run", {"run": len(payroll.runs) + 1}, DANA, ANNA)

    def room_for_a_run(self) -> None:
        """The ministry lets so much more be paid as the next run needs, by the same grade of the agency."""
        payroll = self.desk.payroll
        assert payroll.institution is not None
        run = payroll.next_run(self.desk.terms())
        if run.is_over_pool:
            content = {"grade": payroll.institution.grade, "pool": run.sum, "document": "MOTIE"}
            self.decided("institution", content, DANA, FERRAN)

    def withdraw_all(self) -> None:
        """Nothing waits."""
        for number in [*self.desk.open_decisions()]:
            self.step(lambda number=number: self.withdrawn(self.desk.waiting[number].maker, number))  # type: ignore[misc]

    # ---- handing out

    def export(self) -> None:
        """Anybody takes the file of any run."""
        number = self.chance.choice([len(self.desk.payroll.runs), len(self.desk.payroll.runs), 1, 9])
        self.exported(self.somebody(PIA), number)

    def exported(self, who: str, number: int) -> None:
        """Somebody takes the file of a run: its rows are the run's, and its digest is the file's."""
        desk, runs = self.desk, self.desk.payroll.runs
        waits = any(
            one.kind == "pay_run" and one.state == "proposed" and one.content["run"] == number
            for one in desk.waiting.values()
        )
        reasons = set() if desk.authorities(who) & {"hr", "approver", "payroll", "auditor"} else {"not_there"}
        reasons |= set() if "payroll" in desk.authorities(who) else {"role", "not_there"}
        if not 1 <= number <= len(runs):
            reasons.add("not_approved" if waits else "not_there")
        wish = {"format": "csv", "reason": "For the pay of April."}
        answer = desk.ask(who, "POST", f"{ADDRESS}/pay-runs/{number}/export", json=wish)
        if self.judge(who, answer, reasons, name="export"):
            run = runs[number - 1]
            run.is_exported = True
            digest = base64.b64encode(hashlib.sha256(answer.data).digest()).decode()
            assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
            rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))[:-1]
            told = {row["employee"]: (int(row["amount"]), int(row["difference"]), row["kind"]) for row in rows}
            assert told == {
                number: (one.amount, one.amount - one.before, one.kind) for number, one in run.items.items()
            }

    def look_at_pay(self) -> None:
        """Anybody looks at a run, or at what somebody was paid: whoever may not finds nothing."""
        desk, who = self.desk, self.somebody(HANA, PIA, DANA)
        runs, sees = desk.payroll.runs, bool(desk.authorities(who) & {"hr", "approver", "payroll"})
        if not runs:
            return
        number = self.chance.choice([*range(1, len(runs) + 1)])
        answer = desk.ask(who, "GET", f"{ADDRESS}/pay-runs/{number}")
        assert answer.status_code == (200 if sees else 404), (who, answer.status)
        whose = self.chance.choice([one for one in EMPLOYEES if one not in desk.numbers(who)])
        answer = desk.ask(who, "GET", f"{ADDRESS}/people/{whose}/statement")
        pays = bool(desk.authorities(who) & {"hr", "approver"}) and whose in {one for run in runs for one in run.items}
        assert answer.status_code == (200 if pays else 404), (who, whose, answer.status)
        if pays:
            told: Any = answer.json
            theirs = [run.items[whose].amount for run in runs if whose in run.items]
            assert [one["amount"] for one in told["runs"]] == theirs
            assert told["amount"] == theirs[-1]
        self.has_done("look_at_pay")

    # ---- what must be so

    def pay_is_as_it_must_be(self) -> None:
        """Runs are to the won what the contract makes of grades and bases, add up, and nobody's won goes by one person."""
        desk, runs = self.desk, self.desk.payroll.runs
        if not runs:
            return
        differences = sum(one.amount - one.before for run in runs for one in run.items.values())
        assert differences == runs[-1].sum
        number = self.chance.choice([len(runs), len(runs), *range(1, len(runs) + 1)])
        told = desk.read(f"{ADDRESS}/pay-runs/{number}")
        self.run_is(told, runs[number - 1])
        if number == len(runs) and desk.stage in PAID_IN:
            self.nobody_is_paid_by_one_person(runs[-1])

    def run_is(self, told: Mapping[str, Any], run: PayRun) -> None:
        """A run as it is told."""
        state = "exported" if run.is_exported else "approved"
        assert (told["run"], told["state"], told["sum"]) == (run.number, state, run.sum)
        assert told["pool"] == run.institution.pool
        assert (told["factor"] is None) is (run.factor is None)
        assert [one["employee"] for one in told["items"]] == sorted(run.items)
        for one in told["items"]:
            mine = run.items[one["employee"]]
            expected = (mine.amount, mine.before, mine.amount - mine.before, mine.kind)
            assert (one["amount"], one["before"], one["difference"], one["kind"]) == expected, (one, mine)
            assert one["grade"] == (None if mine.terms is None else mine.terms.grade), (one, mine)
            assert Fraction(one["exact"]) == Fraction(round(mine.exact * 10**6), 10**6), (one, mine)
            # What somebody gives back is theirs alone, and a row of its own.
            assert (one["difference"] < 0) is (one["kind"] == "recover"), one

    def nobody_is_paid_by_one_person(self, run: PayRun) -> None:
        """Beside the payee two people at least have had a hand in it: whoever signed the lines, decided, locked, and agreed to the run."""
        desk = self.desk
        desk.refresh()
        shared = set[str]()
        for kind in ("lock", "pay_run"):
            last = next(one for one in desk.decisions if one["kind"] == kind and one["state"] == "approved")
            shared |= {self.person(last[part]["account"]) for part in ("maker", "checker")}
        for number, one in run.items.items():
            hands = shared - {number}
            if one.amount > 0 and len(hands) < 2:
                card = desk.read(f"{ADDRESS}/scorecards/employee:{number}")
                hands |= {self.person(each["person"]) for each in card["signatures"]} - {number}
                assert len(hands) >= 2, (number, one, hands)

    def person(self, account: str) -> str:
        """Who somebody is, whatever account they use."""
        email = account.removeprefix("account:")
        return min(self.desk.numbers(email), default=email) if email in self.desk.accounts else email
