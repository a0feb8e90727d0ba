"""What HR of the demonstration agency has done at the desk before anybody looks: files moved here, and three change sets, one in each state.

All of it by the doors that HR uses, two people each: an applied set is a revision, with its maker, its checker and its reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from app import access, intake, organisation
from app.access import Viewer
from app.cli.hands import Hands, person
from app.decisions import Decision, DecisionKind
from app.intake import ChangeSet
from app.kit.database import Database
from app.rules.permissions import Deed

__all__ = ["STEPS", "furnish"]

OF_OTHER_DOORS: Final = frozenset({"rates.csv", "history.csv", "plan.csv"})
"""What stays with the folder: rates come from a bank, the past and the plan once a year (contract-desk, 3)."""

STEPS: Final = len(intake.MASTERED_FILES) - len(OF_OTHER_DOORS) + 3

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Desk:
    """Two of HR and an executive at work in a database."""

    database: Database
    hr: Viewer
    second_hr: Viewer
    executive: Viewer
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        """The agency's day."""
        return self.hr.today

    def agree(self, kind: DecisionKind, made: Decision, by: Viewer) -> None:
        """Have a second person look at what a decision moves, and agree."""
        Hands(self.database).agree(kind, made, by=by.email, at=self.now)

    def take_over(self, file: str) -> None:
        """Have a file kept in the application."""
        content, reason = (
            {"file": file, "to": "application"},
            "From now on HR keeps this file here, and two people agree to each change.",
        )
        made = Hands(self.database).propose(intake.MASTER, content, reason, by=self.hr.email, at=self.now)
        self.agree(intake.MASTER, made, self.executive)

    def begin(self, title: str, reason: str, rows: Mapping[str, Rows]) -> ChangeSet:
        """A set with some rows in it."""

        def work(connection: Connection) -> ChangeSet:
            base = organisation.current_revision(connection).number
            made = intake.begin_change(connection, title=title, reason=reason, base=base, by=self.hr, now=self.now)
            told = {"title": made.title, "reverts": made.reverts}
            self._note(connection, self.hr, Deed.KEEP_CHANGES, f"change:{made.id}", after=told, why=made.reason)
            for file, some in rows.items():
                intake.put_rows(connection, made, intake.rows_sent(file, set_=some))
            return made

        return self.database.writing(Deed.KEEP_CHANGES, work)

    def submit(self, change: ChangeSet) -> Decision | None:
        """Submit it; the decision that waits for a second person."""

        def work(connection: Connection) -> Decision | None:
            directory = organisation.directory(connection)
            after, made = intake.submit_change(connection, change, directory=directory, by=self.hr, now=self.now)
            self._note(
                connection,
                self.hr,
                Deed.KEEP_CHANGES,
                f"change:{change.id}",
                before={"state": change.state},
                after={"state": after.state},
                why=change.reason,
            )
            return made

        return self.database.writing(Deed.KEEP_CHANGES, work)

    def _note(
        self,
        connection: Connection,
        by: Viewer,
        deed: Deed,
        subject: str,
        *,
        before: object = None,
        after: object = None,
        why: str | None = None,
    ) -> None:
        """Tell the trail what somebody did, as the doors do that people use."""
        who = f"account:{by.email}"
        access.record_deed(
            connection, who=who, deed=deed, at=self.now, subject=subject, before=before, after=after, why=why
        )

    def rows(self, file: str) -> Rows:
        """The rows of a file as they are loaded."""
        with self.database.read() as connection:
            return intake.file_rows(connection, file)


def furnish(database: Database, *, emails: Mapping[str, str], now: dt.datetime, said: Callable[[int], object]) -> None:
    """Move the files here, and fill three change sets: one applied, one that waits, one that is open.

    Args:
        database: with the agency in it.
        emails: of ``hr``, ``second_hr`` and ``executive``.
        now: when.
        said: is told of each step.
    """
    with database.read() as connection:
        hr, second, executive = (person(connection, emails[name], now) for name in ("hr", "second_hr", "executive"))
    desk = _Desk(database, hr, second, executive, now)
    for file in intake.MASTERED_FILES:
        if file not in OF_OTHER_DOORS:
            desk.take_over(file)
            said(1)
    promoted = _promoted(desk, desk.today)
    if promoted:
        made = desk.submit(desk.begin("A new manager", "Chosen by the committee of this month.", promoted))
        if made is not None:
            desk.agree(intake.CHANGE, made, desk.second_hr)
    said(1)
    moved = _moved(desk, desk.today)
    if moved:
        name = moved[0]["name"]
        reason = f"{name} has worked with the markets of its new region since January: decided with the budget."
        desk.submit(desk.begin(f"{name} under another regional headquarters", reason, {"units.csv": moved}))
    said(1)
    who, leave = _on_leave(desk, desk.today)
    if leave:
        reason = (
            "It was granted three months ago, and nobody has entered it: targets are those of the days that are left."
        )
        desk.begin(f"{who} on leave", reason, {"status.csv": leave})
    said(1)


def _promoted(desk: _Desk, today: dt.date) -> dict[str, Rows]:
    """The longest serving of the staff of some office a manager there from the first of this month, with a new base."""
    first = today.replace(day=1).isoformat()
    offices = {row["code"] for row in desk.rows("units.csv") if row["kind"] == "office" and not row["valid_to"]}
    people = {row["number"]: row for row in desk.rows("employees.csv") if not row["left_on"]}
    postings = sorted(desk.rows("postings.csv"), key=lambda row: row["from"])
    for row in postings:
        known = people.get(row["employee"])
        if known and row["unit"] in offices and row["role"] == "staff" and not row["to"] and row["from"] < first:
            base = str(int(known["monthly_base"]) * 108 // 100_000 * 1000)
            return {
                "postings.csv": [row | {"to": first}, row | {"from": first, "role": "manager"}],
                "employment.csv": [
                    {"employee": row["employee"], "from": first, "to": "", "job": "manager"}
                    | {"rank": known["rank"], "monthly_base": base}
                ],
            }
    return {}


def _moved(desk: _Desk, today: dt.date) -> Rows:
    """Vienna, or some office, under another regional headquarters since the first of January; none where there is no other."""
    january = dt.date(today.year, 1, 1).isoformat()
    units = [row for row in desk.rows("units.csv") if not row["valid_to"] and row["valid_from"] < january]
    headquarters = sorted(row["code"] for row in units if row["kind"] == "regional_hq")
    offices = [row for row in units if row["kind"] == "office" and row["parent"] in headquarters]
    office = min(offices, key=lambda row: (row["code"] != "VIE", row["code"]), default=None)
    other = next((code for code in headquarters if office is not None and code != office["parent"]), None)
    if office is None or other is None:
        return []
    return [office | {"valid_to": january}, office | {"valid_from": january, "parent": other}]


def _on_leave(desk: _Desk, today: dt.date) -> tuple[str, Rows]:
    """Somebody of an office's staff on leave since three months ago, and who; nobody without a target to be held to for fewer days."""
    since = (today - dt.timedelta(days=90)).replace(day=1)
    offices = {row["code"] for row in desk.rows("units.csv") if row["kind"] == "office" and not row["valid_to"]}
    has_status = {row["employee"] for row in desk.rows("status.csv")}
    with_target = {
        row["node"] for row in desk.rows("scorecards.csv") if row["cycle"] == str(today.year) and row["target"]
    }
    people = {row["number"]: row for row in desk.rows("employees.csv") if not row["left_on"]}
    taken = {desk.hr.employee, desk.second_hr.employee, desk.executive.employee} | has_status
    for row in desk.rows("postings.csv"):
        number = row["employee"]
        is_staff = (
            row["unit"] in offices and row["role"] == "staff" and not row["to"] and row["from"] < since.isoformat()
        )
        if is_staff and number in people and number not in taken and f"employee:{number}" in with_target:
            status = {
                "employee": number,
                "cycle": str(today.year),
                "place": "1",
                "kind": "leave",
                "from": since.isoformat(),
                "to": "",
            }
            return people[number]["name"], [status | {"note": "Parental leave"}]
    return "", []
