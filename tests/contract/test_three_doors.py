"""A row comes by the folder, by a change set or by a feed: it is found wrong alike, and what is right ends in one state (contract-desk, 8.1).

The agency of ``tests.small_agency``, three times; file by file rows are added, changed and removed, at each of them by its own door.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from app import access, intake, scoring
from app.access import tables as access_tables
from app.intake import LoadRefused
from app.kit.database import Database
from app.kit.settings import Settings
from app.organisation import tables as organisation_tables
from app.plain.findings import Level
from app.rules.permissions import Scope
from app.web import create_app
from tests.conftest import NewDatabase
from tests.people import PASSWORD, PASSWORD_HASH
from tests.scenario import ingest
from tests.small_agency import SMALL, definitions, write

NOW: Final = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
WHY: Final = "Agreed in the meeting of Monday."

RIGHT: Final[Mapping[str, Mapping[str, str | None]]] = {
    "units": {
        "PAR,Paris,": "PAR,Paris Centre,office,EUR,FR,Europe/Paris,europe,2010-01-01,2027-01-01",
        "": "LYO,Lyon,office,EUR,FR,Europe/Paris,,2020-01-01,",
    },
    "employees": {
        "E1,": "E1,Alba,alba@agency.example,G4,staff,3100000,2015-01-01,",
        "": "E4,Dal,,G6,staff,2900000,2020-01-01,",
    },
    "postings": {
        "E1,VIE": "E1,VIE,manager,2015-01-01,2026-04-01",
        "E3,": None,
        "": "E4,LYO,staff,2020-01-01,",
    },
    "rates": {"2026-03": "2026-03,EUR,1.2", "2026-01,JPY": None, "": "2026-04,EUR,1.15"},
    "history": {"unit:VIE,deals,2024": "unit:VIE,deals,2024,118.5", "employee:E1": None, "": "unit:PAR,deals,2025,4"},
    "employment": {
        "E3,2012": None,
        "E3,2016": "E3,2016-01-01,2020-01-01,,G5,3300000",
        "": "E2,2011-01-01,2012-01-01,staff,,",
    },
    "scorecards": {
        "2026,unit:HQ,cost": "2026,unit:HQ,cost,40,,unique,,,,55,90,,1.2",
        "2027": None,
        "": "2028,employee:E1,turned,100,,contributory,,,,,,3,",
    },
    "ratings": {
        "2026,unit:HQ,quality,R1": "2026,unit:HQ,quality,R1,B0",
        "2026,unit:HQ,quality,R2": None,
        "": "2026,unit:HQ,quality,R3,A+",
    },
    "status": {"E2,": None, "E1,": "E1,2026,leave,2026-02-01,2026-04-01,", "": "E2,2025,secondment,,,"},
    "results": {"2025,": "2025,E1,78.12,C", "2024,": None, "": "2023,E2,90,A"},
    "exclusions": {"2026,": "2026,unit:VIE,deals,2021,a fair that was held once and never again"},
    "plan": {"deals,,1,": "deals,,1,7", "deals,,11,": "deals,,11,11"},
    "market": {"VIE,,": "VIE,,2025,1300.000001", "VIE,deals": None, "": "PAR,visits,2026,0"},
    "discipline": {"E1,": None, "E3,": "E3,pay_cut,,2025-11-20,2026-02-01", "": "E2,suspension,yes,2026-02-01,"},
}
"""Of each file lines that begin so and what they become, None for nothing; what follows nothing is a new line."""

WRONG: Final = {
    "units": ("kind", "castle"),
    "employees": ("job", "clerk"),
    "postings": ("unit", "NOWHERE"),
    "rates": ("usd", "much"),
    "history": ("actual", "much"),
    "employment": ("monthly_base", "much"),
    "scorecards": ("weight", "heavy"),
    "ratings": ("grade", "Z9"),
    "status": ("kind", "holiday"),
    "results": ("final_score", "much"),
    "exclusions": ("year", "2025"),
    "plan": ("share", "half"),
    "market": ("potential", "-1"),
    "discipline": ("lifted_on", "2024-05-02"),
}
"""Of each file a cell of the first row that nothing can be made of."""


def lines_with(lines: tuple[str, ...], changes: Mapping[str, str | None]) -> tuple[str, ...]:
    """A file's lines with others in place of some."""
    out = []
    for line in lines:
        starts = [start for start in changes if start and line.startswith(start)]
        wanted = changes[starts[0]] if starts else line
        out += [] if wanted is None else [wanted]
    new = changes.get("")
    return (*out, *([new] if new else []))


def lines_with_fault(lines: tuple[str, ...], column: str, value: str) -> tuple[str, ...]:
    """A file's lines with another cell in the first row."""
    at = lines[0].split(",").index(column)
    cells = lines[1].split(",")
    return (lines[0], ",".join([*cells[:at], value, *cells[at + 1 :]]), *lines[2:])


@dataclass
class Agency:
    """The agency behind one of the doors."""

    door: str
    database: Database
    folder: Path
    app: Any
    key: str
    people: dict[str, Any]

    @classmethod
    def opened(cls, door: str, url: str, folder: Path, files: Mapping[str, tuple[str, ...]] = SMALL) -> Agency:
        """Loaded, with some deals, its people signed in and all files by the door."""
        write(folder, files)
        (folder / "definitions").mkdir()
        documents = definitions().to_documents()
        kpis = [content for name, content in documents.items() if name.startswith("kpi:")]
        (folder / "definitions" / "goals.yaml").write_text(json.dumps(documents["goals"]), encoding="utf-8")
        (folder / "definitions" / "kpis.yaml").write_text(json.dumps({"kpis": kpis}), encoding="utf-8")
        database = Database(url)
        load(database, folder)
        assert (
            ingest(database, [deal(employee, day) for employee, day in (("E1", 4), ("E2", 5), ("E3", 6))]).rejected
            == []
        )
        with database.write("settle") as connection:
            rows = [
                {"email": f"{role}{n}@agency.example", "email_key": f"{role}{n}@agency.example"}
                | {"password_hash": PASSWORD_HASH, "roles": role, "employee": None, "first_password": False}
                | {"created_at": NOW, "password_changed_at": NOW}
                for role, n in (("hr", 1), ("hr", 2), ("executive", 1))
            ]
            connection.execute(sa.insert(access_tables.account), rows)
            fed = [f"{name}.csv" for name in files]
            key = access.create_key(connection, name="payroll", scope=Scope.FEED, now=NOW, files=fed)
        app = create_app(Settings(database_url=url, secret_key="the tests' own"), clock=lambda: NOW, database=database)
        people = {name: app.test_client() for name in ("hr1", "hr2", "executive1")}
        for name, client in people.items():
            client.post("/login", data={"email": f"{name}@agency.example", "password": PASSWORD})
        made = cls(door, database, folder, app, key, people)
        for name in files if door != "folder" else ():
            content = {"file": f"{name}.csv", "to": door}
            body = {"kind": "master", "cycle": None, "content": content, "reason": WHY}
            made.agree("executive1", made.ask("hr1", "POST", "/api/v1/decisions", json=body)["id"])
        return made

    def ask(self, who: str, method: str, path: str, *, status: int | None = None, **body: Any) -> Any:
        """What is answered to somebody."""
        answer = self.people[who].open(path, method=method, headers={"Origin": "http://localhost"}, **body)
        assert answer.status_code == status if status else answer.status_code < 300, (path, answer.text)
        return answer.json

    def agree(self, who: str, decision: int) -> None:
        """Somebody agrees, the effects opened."""
        path = f"/api/v1/decisions/{decision}"
        self.ask(who, "GET", f"{path}/effects")
        digest = self.ask(who, "GET", path)["digest"]
        self.ask(who, "POST", f"{path}/approve", json={"digest": digest})

    def bring(self, name: str, lines: tuple[str, ...]) -> None:
        """A whole file that is right, by the agency's own door."""
        text = "".join(f"{line}\n" for line in lines)
        if self.door == "folder":
            (self.folder / "agency" / f"{name}.csv").write_text(text, encoding="utf-8")
            load(self.database, self.folder)
        elif self.door == "application":
            change = self.put(name, text)
            decision = self.ask("hr1", "POST", f"/api/v1/changes/{change}/submit", json={}).get("decision")
            if decision is not None:
                self.agree("hr2", decision)
        else:
            told = self.feed(name, text)
            if "change" in told:
                self.agree("hr2", self.ask("hr1", "GET", f"/api/v1/changes/{told['change']}")["decision"])

    def put(self, name: str, text: str) -> int:
        """A change set with a whole file in it."""
        change = self.ask("hr1", "POST", "/api/v1/changes", json={"title": name, "reason": WHY})["id"]
        path = f"/api/v1/changes/{change}/files/{name}.csv"
        self.ask("hr1", "PUT", path, data=text, content_type="text/csv")
        return int(change)

    def feed(self, name: str, text: str, *, status: int | None = None) -> Any:
        """What is answered to the program that feeds a file."""
        answer = self.app.test_client().put(
            f"/api/v1/files/{name}.csv",
            data=text,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "text/csv"},
        )
        assert answer.status_code == status if status else answer.status_code < 300, answer.text
        return answer.json

    def errors_in(self, name: str, lines: tuple[str, ...]) -> set[tuple[str, str, str]]:
        """What is found wrong with a whole file: file, field and code of each error. Nothing of it is taken."""
        text = "".join(f"{line}\n" for line in lines)
        if self.door == "folder":
            path = self.folder / "agency" / f"{name}.csv"
            before = path.read_text(encoding="utf-8")
            path.write_text(text, encoding="utf-8")
            with pytest.raises(LoadRefused) as refused:
                load(self.database, self.folder)
            path.write_text(before, encoding="utf-8")
            errors = [one for one in refused.value.findings if one.level is Level.ERROR]
            return {((one.place.file or "").rpartition("/")[2], one.place.field or "", one.code) for one in errors}
        if self.door == "application":
            items = self.ask("hr1", "GET", f"/api/v1/changes/{self.put(name, text)}/check")["items"]
            return {(one["file"], one["field"] or "", one["code"]) for one in items if one["level"] == "error"}
        errors = self.feed(name, text, status=422)["errors"]
        return {(one["pointer"].split("/")[1], one["pointer"].rpartition("/")[2], one["code"]) for one in errors}

    def state(self) -> tuple[Any, ...]:
        """The digest, each file's sum, and what the last revision has recorded of each beside its text as it came."""
        items = self.ask("hr1", "GET", "/api/v1/files")["items"]
        of = organisation_tables.load_file.c
        query = sa.select(of.name, of.row_count, of.added, of.changed, of.removed)
        with self.database.read() as connection:
            assert list(scoring.reconcile(connection)) == []
            last = connection.scalar(sa.select(sa.func.max(of.revision)))
            recorded = {tuple(row) for row in connection.execute(query.where(of.revision == last))}
            digest = scoring.digest(connection)
        return digest, {one["file"]: (one["rows"], one["sha256"], one["revision"]) for one in items}, last, recorded


def load(database: Database, folder: Path) -> None:
    """What ``kopes load`` does."""
    database.writing(
        "load_folder",
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=NOW, by="test"
        ),
    )


def deal(employee: str, day: int) -> dict[str, Any]:
    """A deal of March."""
    data = {"employee": employee, "company": {"name": "Hanbit"}, "buyer": {"name": "Nord", "country": "AT"}}
    event = {"specversion": "1.0", "type": "kopes.export_deal", "source": "/doors", "id": f"{employee}-{day}"}
    return event | {"time": f"2026-03-{day:02}T09:00:00Z", "data": data | {"amount": "100.00", "currency": "EUR"}}


@pytest.fixture
def agencies(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[list[Agency]]:
    """One behind each door."""
    opened = [Agency.opened(door, new_database(engine), tmp_path / door) for door in ("folder", "application", "feed")]
    yield opened
    for one in opened:
        one.database.close()


def test_every_kind_of_row_by_three_doors_is_found_wrong_alike_and_ends_in_one_state(agencies: list[Agency]) -> None:
    """File by file: the same errors; the same digest, sums and record of the revision after what is right."""
    for name, lines in SMALL.items():
        wrong = lines_with_fault(lines, *WRONG[name])
        first, *others = [one.errors_in(name, wrong) for one in agencies]
        assert first, name
        assert others == [first, first], name
    for name, lines in SMALL.items():
        right = lines_with(lines, RIGHT[name])
        for one in agencies:
            one.bring(name, right)
        state, *states = [one.state() for one in agencies]
        for other in states:
            assert other == state, name
