"""What anybody may do at the desk and what a little model says of it: the agency, its people, the edits, and the answers that there may be (test_any_order.py)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app import access, scoring
from app.access import tables as access_tables
from app.kit.database import Database
from app.kit.settings import Settings
from app.rules.permissions import Scope
from app.web import create_app
from tests.conftest import NewDatabase
from tests.people import PASSWORD, PASSWORD_HASH
from tests.postgresql import Cluster
from tests.scenario import Scenario, load
from tests.web import working as people_of

WHY: Final = "Agreed in the meeting of Monday."
NOW: Final = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
CYCLE: Final = "2026"
ORIGIN: Final = {"Origin": "http://localhost"}

People = Mapping[str, tuple[tuple[str, ...], str | None]]
"""Accounts by their e-mails: the roles, and the number of whose it is."""

PEOPLE: Final[People] = {
    "dana@agency.example": (("hr",), None),
    "wanda@agency.example": (("hr",), "E7"),
    # Hr's second account: of no number, but with the e-mail of E7.
    "E7@agency.example": (("hr",), None),
    "hugo@agency.example": (("hr",), "E6"),
    "ferran@agency.example": (("executive",), None),
    "iris@agency.example": (("admin",), None),
    "ivan@agency.example": (("admin", "employee"), "E3"),
    "boram@agency.example": (("head",), "E2"),
    "alba@agency.example": (("employee",), "E1"),
}
READER: Final = "emil@agency.example"
"""An auditor, who sees everything and does nothing."""
POWERS: Final = {"hr", "executive", "auditor", "admin"}

APPLICATION: Final = ("employees.csv", "postings.csv", "units.csv", "scorecards.csv", "status.csv")
FED: Final = ("rates.csv", "history.csv")
MOVED: Final = (*APPLICATION, *FED, "results.csv")
ALONE: Final = {"employees.csv": {"name", "email"}, "units.csv": {"name", "name_ko", "name_es", "timezone"}}
KEYS: Final = {
    "units.csv": ("code", "valid_from"),
    "employees.csv": ("number",),
    "postings.csv": ("employee", "from"),
    "rates.csv": ("month", "currency"),
    "history.csv": ("node", "kpi", "year"),
    "scorecards.csv": ("cycle", "node", "kpi"),
    "status.csv": ("employee", "cycle", "place"),
    "results.csv": ("employee", "cycle"),
}
EFFECTS_SEEN_ABOVE: Final = 20

Row = Mapping[str, str]


# ------------------------------------------------------------------------------------------------------------------- edits


@dataclass(frozen=True)
class Edit:
    """A change of one file: rows to set and keys to remove, made of what is loaded."""

    file: str
    make: Callable[[list[dict[str, str]], int], tuple[list[dict[str, str]], list[dict[str, str]]]]


def _set(file: str, column: str, value: Callable[[int], str], **which: str) -> Edit:
    """The rows with these values have another in a column."""

    def make(rows: list[dict[str, str]], fresh: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        return [row | {column: value(fresh)} for row in rows if which.items() <= row.items()][:1], []

    return Edit(file, make)


def _new(file: str, **columns: str) -> Edit:
    """A row that may be there already."""
    return Edit(file, lambda _rows, _fresh: ([columns], []))


def _gone(file: str, **which: str) -> Edit:
    """The first row with these values is removed."""

    def make(rows: list[dict[str, str]], _fresh: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        keys = [{name: row[name] for name in KEYS[file]} for row in rows if which.items() <= row.items()]
        return [], keys[:1]

    return Edit(file, make)


def _weights(node: str) -> Edit:
    """A point of weight goes from one line to the next."""

    def make(rows: list[dict[str, str]], _fresh: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        lines = [row for row in rows if (row["cycle"], row["node"]) == (CYCLE, node)][:2]
        moved = zip(lines, (-1, 1), strict=True) if len(lines) == 2 else ()
        return [row | {"weight": f"{float(row['weight']) + by:g}"} for row, by in moved], []

    return Edit("scorecards.csv", make)


FOR_TWO: Final = (
    _set("employees.csv", "monthly_base", lambda fresh: str(3_000_000 + fresh), number="E1"),
    _set("employees.csv", "monthly_base", lambda fresh: str(3_000_000 + fresh), number="E7"),
    _set("postings.csv", "unit", lambda fresh: ("PAR", "VIE")[fresh % 2], employee="E1"),
    _set("units.csv", "parent", lambda fresh: ("ASI", "EUR")[fresh % 2], code="VIE"),
    _set("units.csv", "country", lambda fresh: ("DE", "FR")[fresh % 2], code="HQ"),
    _weights("unit:VIE"),
    _weights("employee:E6"),
    _set("scorecards.csv", "target", lambda fresh: str(5 + fresh % 20), node="unit:PAR", kpi="consults"),
    _new("status.csv", employee="E1", cycle=CYCLE, place="1", kind="discipline"),
)
"""Those of which a set mostly comes to its end: right, of a file that is kept in the application, and for two people."""

OF_A_FEED: Final = (
    _set("rates.csv", "usd", lambda fresh: f"1.{fresh + 10}"),
    _new("history.csv", node="unit:VIE", kpi="deals", year="2025", actual="7"),
    _set("history.csv", "actual", str, node="unit:VIE"),
)
"""Those of a file that is fed."""

EDITS: Final = (
    _set("employees.csv", "name", lambda fresh: f"Alba {fresh}", number="E1"),
    _set("employees.csv", "name", lambda fresh: f"Hugo {fresh}", number="E6"),
    _set("employees.csv", "email", lambda fresh: f"new{fresh}@agency.example", number="E1"),
    _set("employees.csv", "email", lambda _fresh: "dana@agency.example", number="E1"),
    _set("employees.csv", "email", lambda fresh: f"new{fresh}@agency.example", number="E7"),
    _set("employees.csv", "monthly_base", lambda fresh: str(3_000_000 + fresh), number="E1"),
    _set("employees.csv", "monthly_base", lambda fresh: str(3_000_000 + fresh), number="E7"),
    _set("employees.csv", "job", lambda _fresh: "clerk", number="E1"),
    _set("postings.csv", "unit", lambda _fresh: "PAR", employee="E1"),
    _set("postings.csv", "unit", lambda _fresh: "VIE", employee="E1"),
    _set("postings.csv", "unit", lambda _fresh: "PAR", employee="E6"),
    _set("postings.csv", "role", lambda _fresh: "head", employee="E6"),
    _gone("postings.csv", employee="E6"),
    _gone("employees.csv", number="E1"),
    _set("units.csv", "name", lambda fresh: f"Vienna {fresh}", code="VIE"),
    _set("units.csv", "timezone", lambda fresh: ("Asia/Seoul", "UTC")[fresh % 2], code="HQ"),
    _set("units.csv", "timezone", lambda fresh: ("Asia/Seoul", "UTC")[fresh % 2], code="VIE"),
    _set("units.csv", "parent", lambda _fresh: "ASI", code="VIE"),
    _set("units.csv", "parent", lambda _fresh: "EUR", code="VIE"),
    _set("units.csv", "country", lambda fresh: ("DE", "FR")[fresh % 2], code="HQ"),
    _weights("unit:VIE"),
    _weights("unit:HQ"),
    _weights("employee:E6"),
    _set("scorecards.csv", "target", lambda fresh: str(5 + fresh % 20), node="unit:PAR", kpi="consults"),
    _new("status.csv", employee="E1", cycle=CYCLE, place="1", kind="discipline"),
    _new("status.csv", employee="E6", cycle=CYCLE, place="1", kind="discipline"),
    _new("status.csv", employee="E1", cycle=CYCLE, place="2", kind="leave", **{"from": "2026-02-01"}, to="2026-03-01"),
    _set("rates.csv", "usd", lambda fresh: f"1.{fresh + 10}"),
    _new("rates.csv", month="2026-01", currency="EUR", usd="1.3"),
    _new("history.csv", node="unit:VIE", kpi="deals", year="2025", actual="7"),
    _new("results.csv", employee="E1", cycle="2025", final_score="80", grade="A"),
)


# -------------------------------------------------------------------------------------------------------------- the agency


@dataclass
class Prepared:
    """A database in which the agency is loaded and its people have accounts, to be copied for each run."""

    engine: str
    url: str
    folder: Path
    cluster: Cluster | None
    made: Iterator[int] = field(default_factory=count)

    @contextmanager
    def copied(self) -> Iterator[tuple[str, Path]]:
        """The address of a copy, and a folder of the agency of its own."""
        folder = self.folder.parent / f"copy-{next(self.made)}"
        shutil.copytree(self.folder, folder)
        try:
            if self.cluster is None:
                shutil.copyfile(self.url.removeprefix("sqlite:///"), folder / "copy.sqlite")
                yield f"sqlite:///{folder / 'copy.sqlite'}", folder
            else:
                name = self.cluster.create(sa.make_url(self.url).database or "")
                yield self.cluster.url(name), folder
                self.cluster.drop(name)
        finally:
            shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(
    request: pytest.FixtureRequest, module_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    """The agency on each engine, its files by the three doors."""
    folder = tmp_path_factory.mktemp("any-order") / "prepared"
    Scenario.read(people_of.__doc__ or "").write(folder)
    return made_ready(request, module_database, folder, people=PEOPLE)


def made_ready(request: pytest.FixtureRequest, new_database: NewDatabase, folder: Path, *, people: People) -> Prepared:
    """A database of the fixture's engine with the agency of a folder, its people's accounts and an auditor's, and keys of a feed and of another system."""
    engine: str = request.param
    url = new_database(engine)
    database = Database(url)
    load(database, folder)
    with database.write("settle") as connection:
        accounts = [
            {"email": email, "email_key": email.casefold(), "password_hash": PASSWORD_HASH, "employee": employee}
            | {"roles": ",".join(sorted(roles)), "first_password": False}
            | {"created_at": NOW, "password_changed_at": NOW}
            for email, (roles, employee) in {**people, READER: (("auditor",), None)}.items()
        ]
        connection.execute(sa.insert(access_tables.account), accounts)
        made = access.create_key(connection, name="payroll", scope=Scope.FEED, now=NOW, files=MOVED)
        crm = access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW)
    (folder / "keys.json").write_text(json.dumps([made, crm]))
    database.close()
    if engine == "sqlite":
        return Prepared(engine, url, folder, None)
    return Prepared(engine, url, folder, request.getfixturevalue("cluster"))


# --------------------------------------------------------------------------------------------------------------- the model


@dataclass
class Account:
    """What the model knows of an account."""

    email: str
    roles: frozenset[str]
    employee: str | None
    is_open: bool = True
    given_at: int = 0
    """When it was last given password, roles or employee, by the model's count of deeds."""
    changed_at: int = 0


@dataclass
class Proposed:
    """What the model remembers of a decision."""

    maker: str
    """The account, or the program."""
    employee: str | None
    """The maker's number then."""
    at: int
    about: frozenset[str]
    seen_by: set[str] = field(default_factory=set)


class Desk:
    """The application on a copy of the agency, and everything that its people do to it."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        people: People = PEOPLE,
        now: dt.datetime = NOW,
        lasting: dt.timedelta | None = None,
    ) -> None:
        """Serve it; sessions last as they do, or so long."""
        self.folder = folder
        self.now = now
        self.deeds = 0
        self.database = Database(url)
        given = Settings(database_url=url, secret_key="the tests' own")
        if lasting is not None:
            given = replace(given, session_idle=lasting, session_life=lasting)
        self.app = create_app(given, clock=lambda: self.now, database=self.database)
        self.feed_key, self.crm_key = json.loads((folder / "keys.json").read_text())
        self.accounts = {email: Account(email, frozenset(roles), number) for email, (roles, number) in people.items()}
        self.clients: dict[str, Any] = {}
        self.proposed: dict[int, Proposed] = {}
        self.delegations: list[dict[str, Any]] = []
        self.invited: set[int] = set()
        """The numbers of accounts that came of an invitation: their e-mails follow their employees."""
        self.refresh()

    def close(self) -> None:
        """The ledger agrees with itself whatever was done."""
        with self.database.read() as connection:
            assert list(scoring.reconcile(connection)) == []
        self.database.close()

    # ---- asking

    def client(self, who: str) -> Any:
        """Somebody's browser, signed in; whose account is closed is not let in."""
        if who not in self.clients:
            client = self.app.test_client()
            signed_in = client.post("/login", data={"email": who, "password": PASSWORD})
            assert (signed_in.status_code == 303) is self.is_open(who), (who, signed_in.status)
            self.clients[who] = client if self.is_open(who) else self.app.test_client()
        return self.clients[who]

    def is_open(self, who: str) -> bool:
        """Whether an account is open."""
        return who not in self.accounts or self.accounts[who].is_open

    def ask(
        self, who: str, method: str, path: str, *, headers: Mapping[str, str] = ORIGIN, **body: Any
    ) -> TestResponse:
        """What is answered to somebody, who signs in anew where the session has ended."""
        self.deeds += 1
        self.now += dt.timedelta(seconds=1)
        answer: TestResponse = self.client(who).open(path, method=method, headers=headers, **body)
        if self.is_signed_out(answer) and self.is_open(who):
            del self.clients[who]
            answer = self.client(who).open(path, method=method, headers=headers, **body)
        assert answer.status_code < 500, (who, method, path, answer.text)
        return answer

    def is_signed_out(self, answer: TestResponse) -> bool:
        """Whether a session has ended: the API says so, and a page leads to where one signs in."""
        return answer.status_code == 401 or answer.headers.get("Location", "").startswith("/login")

    def read(self, path: str) -> Any:
        """What the auditor is told."""
        answer = self.ask(READER, "GET", path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json

    def refresh(self) -> None:
        """Read again what all can be held against."""
        self.decisions: list[dict[str, Any]] = self.read("/api/v1/decisions?limit=1000")["items"]
        self.changes: list[dict[str, Any]] = self.read("/api/v1/changes?limit=1000")["items"]
        self.files: dict[str, dict[str, Any]] = {one["file"]: one for one in self.read("/api/v1/files")["items"]}
        self.scores = {
            (card["node"], line["kpi"]): (line["score"], line["actual"], line["weight"], card["final_score"])
            for card in self.read(f"/api/v1/scorecards?cycle={CYCLE}&limit=1000")["items"]
            for line in card["lines"]
        }
        self.rows: dict[str, list[dict[str, str]]] = {}
        self.know_the_invited()

    def know_the_invited(self) -> None:
        """Whom an invitation made an account for, by the e-mail that it has now."""
        if not self.invited:
            return
        of = access_tables.account.c
        with self.database.read() as connection:
            query = sa.select(of.email, of.employee).where(of.id.in_(self.invited))
            rows = connection.execute(query).all()
        self.accounts = {email: one for email, one in self.accounts.items() if email in PEOPLE} | {
            row.email: Account(row.email, frozenset({"employee"}), row.employee) for row in rows
        }

    def rows_of(self, file: str) -> list[dict[str, str]]:
        """The rows of a file as they are loaded, by the API; a status with its place."""
        if file not in self.rows:
            items = self.read(f"/api/v1/files/{file}?limit=10000")["items"]
            self.rows[file] = [{name: value or "" for name, value in row.items()} for row in items]
        return self.rows[file]

    def by_key(self, file: str) -> dict[str, dict[str, str]]:
        """The same by their keys, as addresses write them."""
        return {" ".join(row[name] for name in KEYS[file]): row for row in self.rows_of(file)}

    def master(self, file: str) -> str:
        """By which door a file comes."""
        return str(self.files[file]["master"])

    # ---- who is who

    def marks(self, email: str, employee: str | None) -> set[str]:
        """All by which somebody is known."""
        marks = {email.casefold()}
        if employee is not None:
            marks |= {
                employee,
                *(row["email"].casefold() for row in self.rows_of("employees.csv") if row["number"] == employee),
            }
        return marks - {""}

    def is_same(self, one: str, other: str) -> bool:
        """Whether two accounts are one person's."""
        return not self.marks(one, self.accounts[one].employee).isdisjoint(
            self.marks(other, self.accounts[other].employee)
        )

    def own(self, who: str, *, today: bool = False) -> set[str]:
        """What is somebody's own case: themself, and the units that they are posted to in the cycle or today."""
        numbers = self.numbers(who)
        begin, end = (self.now.date().isoformat(),) * 2 if today else ("2026-01-01", "2026-12-31")
        postings = [row for row in self.rows_of("postings.csv") if row["employee"] in numbers]
        units = {row["unit"] for row in postings if row["from"] <= end and (row["to"] or "9") > begin}
        return {*(f"employee:{number}" for number in numbers), *(f"unit:{unit}" for unit in units)}

    def numbers(self, who: str) -> set[str]:
        """The employees that an account is of: the one whose it is, and whoever has its e-mail."""
        number = self.accounts[who].employee
        of_email = {row["number"] for row in self.rows_of("employees.csv") if row["email"].casefold() == who.casefold()}
        return of_email | ({number} if number else set())

    def roles(self, who: str) -> frozenset[str]:
        """What somebody's account may be."""
        return self.accounts[who].roles

    def people_of_hr(self) -> int:
        """How many people, not accounts."""
        people: list[set[str]] = []
        for one in self.accounts.values():
            if one.is_open and "hr" in one.roles:
                marks = self.marks(one.email, one.employee)
                same = [some for some in people if some & marks]
                people = [some for some in people if some not in same] + [marks.union(*same)]
        return len(people)

    def stands_in(self, one: str | None, other: str | None) -> bool:
        """Whether one of two stood in for the other at any moment of today."""
        today = self.now.date().isoformat()
        return any(
            {given["from"], given["to"]} == {one, other}
            and given["from_day"] <= today <= given["to_day"]
            and (given["ended_on"] is None or given["ended_on"] >= today)
            for given in self.delegations
        )

    # ---- what a set is about

    def about(self, change: Mapping[str, Any]) -> frozenset[str]:
        """The employees and units of a set's rows but the root."""
        nodes: set[str] = set()
        for row in change["rows"]:
            for values in (row["before"], row["after"]):
                if values is None:
                    continue
                number = values.get("number") or values.get("employee")
                if number:
                    nodes.add(f"employee:{number}")
                if row["file"] == "units.csv":
                    nodes.add(f"unit:{values['code']}")
                if values.get("node"):
                    nodes.add(values["node"])
        return frozenset(nodes - {"unit:HQ"})

    def touched(self, change: Mapping[str, Any]) -> bool:
        """Whether another revision has touched its keys."""
        return any(plain(self.by_key(row["file"]).get(row["key"])) != plain(row["before"]) for row in change["rows"])

    def does_nothing(self, change: Mapping[str, Any]) -> bool:
        """Whether all that it wants is so already."""
        return all(plain(self.by_key(row["file"]).get(row["key"])) == plain(row["after"]) for row in change["rows"])

    def takes_one(self, change: Mapping[str, Any]) -> bool:
        """Whether its maker alone suffices: names, e-mails of people without power, time zones."""
        for row in change["rows"]:
            before, after = row["before"], row["after"]
            if before is None or after is None:
                return False
            differing = {name for name in after if (after[name] or "") != (before.get(name) or "")}
            if not differing <= ALONE.get(row["file"], set()):
                return False
            if "email" in differing and self.email_takes_two(after["number"], after["email"]):
                return False
        return True

    def email_takes_two(self, number: str, email: str) -> bool:
        """Whether an account with a power would follow it, it is a head's or a stand-in's, or it is somebody else's."""
        of_account = [one for one in self.accounts.values() if one.employee == number and one.roles & POWERS]
        others = [row for row in self.rows_of("employees.csv") if row["number"] != number and row["email"] == email]
        accounts = [one for one in self.accounts.values() if one.employee != number and one.email == email]
        today = self.now.date().isoformat()
        heads = [
            row
            for row in self.rows_of("postings.csv")
            if row["employee"] == number and row["role"] == "head" and (row["to"] or "9") > today
        ]
        stand_ins = [
            given
            for given in self.delegations
            if given["to"] == number
            and given["to_day"] >= today
            and (given["ended_on"] is None or given["ended_on"] > today)
        ]
        return bool(of_account or others or accounts or heads or stand_ins)

    def has_errors(self, change: int) -> bool:
        """Whether a load of it would be refused."""
        return any(one["level"] == "error" for one in self.read(f"/api/v1/changes/{change}/check")["items"])


def plain(row: Mapping[str, Any] | None) -> dict[str, str] | None:
    return None if row is None else {name: value or "" for name, value in row.items() if name != "place"}


def code_of(answer: TestResponse) -> str | None:
    """The code of a refusal, as every one has it; None where it was no refusal."""
    if answer.status_code < 400:
        return None
    assert answer.headers["Content-Type"] == "application/problem+json", (answer.status, answer.text)
    body: Any = answer.json
    assert body["status"] == answer.status_code
    return str(body["code"])


def rights_moved(of: Account, content: Mapping[str, Any]) -> list[tuple[str, list[str], list[str]]]:
    """Whose rights an account's decision moves, as things are."""

    def node(number: str | None) -> str:
        return f"account:{of.email}" if number is None else f"employee:{number}"

    before = sorted(of.roles) if of.is_open else []
    after = sorted(content.get("roles", of.roles)) if content.get("enabled", of.is_open) else []
    was, is_ = node(of.employee), node(content.get("employee", of.employee))
    if was == is_:
        return [] if before == after else [(was, before, after)]
    return sorted([(was, before, []), (is_, [], after)])


def csv_text(columns: list[str], rows: Any) -> str:
    """Rows as a file of the agency folder."""
    into = io.StringIO()
    writer = csv.DictWriter(into, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return into.getvalue()
