"""An agency at work, for the tests of the pages of employees and heads.

unit HQ agency
  unit EUR regional_hq
    unit VIE office
    unit PAR office
  unit ASI regional_hq
    unit TYO office
employee E1 VIE staff
employee E2 VIE head
employee E3 TYO staff
employee E4 EUR head
employee E5 HQ head
employee E6 VIE staff
employee E7 HQ staff

Alba is E1, Boram E2 (head of VIE), Chae E3 (another region), Gaston E4 (head of EUR), Hana E5 (head of HQ), Jiho E6 (Alba's colleague), Wanda E7 (hr);
Dana (hr), Emil (auditor), Ferran (executive) and Iris (admin) are no employees. Everybody has a target of 10 of each of ``tests.scenario.KPIS``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app import access, ledger
from app.access import tables as access_tables
from app.kit.database import Database
from app.kit.schema import migrate
from app.kit.settings import Settings
from app.rules.activities import EventKey
from app.rules.terms import Role
from app.web import create_app
from tests.conftest import Templates
from tests.people import PASSWORD, PASSWORD_HASH
from tests.scenario import SOURCE, Scenario, event_of, ingest, load

__all__ = [
    "BY_UNIT",
    "NOW",
    "Settled",
    "Working",
    "addresses_by_unit",
    "key_of",
    "loaded_folder",
    "opened_on",
    "settled",
    "working",
    "working_on_each",
]

NOW: Final = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)

PEOPLE: Final[dict[str, tuple[tuple[Role, ...], str | None]]] = {
    "alba": ((Role.EMPLOYEE,), "E1"),
    "boram": ((Role.HEAD,), "E2"),
    "chae": ((Role.EMPLOYEE,), "E3"),
    "gaston": ((Role.HEAD,), "E4"),
    "hana": ((Role.HEAD,), "E5"),
    "jiho": ((Role.EMPLOYEE,), "E6"),
    "wanda": ((Role.HR,), "E7"),
    "dana": ((Role.HR,), None),
    "emil": ((Role.AUDITOR,), None),
    "ferran": ((Role.EXECUTIVE,), None),
    "iris": ((Role.ADMIN,), None),
}

_TOKEN: Final = re.compile(r'name="csrf_token" value="([^"]+)"')
_FORM_ID: Final = re.compile(r'name="form_id" value="([^"]+)"')


def key_of(id_: str, source: str = SOURCE) -> str:
    """The address of an activity."""
    return ledger.event_key(EventKey(source, id_))


class Somebody:
    """One of these people at a browser."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client = app.test_client()
        self.client.post("/login", data={"email": f"{name}@agency.example", "password": PASSWORD})
        self._token: str | None = None

    def get(self, address: str, **more: Any) -> TestResponse:
        """Look at a page."""
        return self.client.get(address, **more)

    @property
    def token(self) -> str:
        """What this person's forms carry."""
        if self._token is None:
            found = _TOKEN.search(self.client.get("/password").text)
            assert found is not None
            self._token = found[1]
        return self._token

    def post(self, address: str, form: dict[str, Any], **more: Any) -> TestResponse:
        """Send a form, with its token."""
        return self.client.post(address, data={"csrf_token": self.token, **form}, **more)

    def form_id(self, address: str) -> str:
        """The id that the form at an address carries."""
        page = self.client.get(address)
        found = _FORM_ID.search(page.text)
        assert found is not None, (page.status, page.text)
        return found[1]

    def statuses(self, *addresses: str) -> list[int]:
        """What each address answers."""
        return [self.client.get(address).status_code for address in addresses]


@dataclass
class Working:
    """The agency, its application and its people."""

    database: Database
    app: Flask
    folder: Path
    _present: list[dt.datetime] = field(default_factory=list)
    _people: dict[str, Somebody] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Somebody:
        """``working.alba``: a browser in which Alba is signed in."""
        if name not in PEOPLE:
            raise AttributeError(name)
        if name not in self._people:
            self._people[name] = Somebody(self.app, name)
        return self._people[name]

    def clock_moves(self, **by: float) -> None:
        """Let the application's present go on."""
        self._present[0] += dt.timedelta(**by)

    def record(self, *lines: str) -> None:
        """Record lines of a scenario."""
        self.record_events([event_of(line) for line in lines])

    def record_events(self, events: Sequence[dict[str, Any]]) -> None:
        """Record events."""
        assert ingest(self.database, events).rejected == []

    def load(self, change: Callable[[str], str], file: str = "scorecards") -> None:
        """Load the folder with one file changed, or made of nothing."""
        path = self.folder / "agency" / f"{file}.csv"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(change(text), encoding="utf-8")
        load(self.database, self.folder)

    def events(self) -> list[dict[str, Any]]:
        """Every event of the ledger."""
        event = ledger.tables.event
        with self.database.read() as connection:
            return [json.loads(text) for text in connection.scalars(sa.select(event.c.body).order_by(event.c.seq))]

    def trail(self) -> list[access.TrailRow]:
        """The newest deeds first."""
        with self.database.read() as connection:
            return access.trail_rows(connection, limit=100)


@pytest.fixture(scope="session")
def loaded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agency folder and the definitions, and beside them a SQLite database in which they are loaded and everybody has an account."""
    folder = tmp_path_factory.mktemp("working")
    Scenario.read(__doc__ or "").write(folder)
    url = f"sqlite:///{folder / 'loaded.sqlite'}"
    migrate(url)
    database = Database(url)
    _settle(database, folder)
    database.close()
    return folder


def _settle(database: Database, folder: Path) -> None:
    load(database, folder)
    with database.write("settle") as connection:
        connection.execute(
            sa.insert(access_tables.account),
            [
                {
                    "email": f"{name}@agency.example",
                    "email_key": f"{name}@agency.example",
                    "password_hash": PASSWORD_HASH,
                }
                | {"roles": ",".join(sorted(roles)), "employee": number, "first_password": False}
                | {"created_at": NOW, "password_changed_at": NOW}
                for name, (roles, number) in PEOPLE.items()
            ],
        )


def opened_on(url: str, folder: Path) -> Working:
    """The agency's application on a database in which it is loaded."""
    database = Database(url)
    present = [NOW]
    app = create_app(
        Settings(database_url=url, secret_key="the tests' own"), clock=lambda: present[0], database=database
    )
    return Working(database, app, folder, present)


@pytest.fixture
def working(loaded_folder: Path, tmp_path: Path) -> Iterator[Working]:
    """The agency of this module's docstring, at noon on 30 June 2026.

    On SQLite: what reads and writes below these pages is tested on both engines in ``tests/ledger`` and ``tests/scoring``.
    """
    shutil.copytree(loaded_folder, tmp_path / "working")
    opened = opened_on(f"sqlite:///{tmp_path / 'working' / 'loaded.sqlite'}", tmp_path / "working")
    yield opened
    opened.database.close()


class Settled(Protocol):
    """Makes databases in which a folder is loaded and everybody has an account."""

    def __call__(self, engine: str, folder: Path) -> AbstractContextManager[str]:
        """The address of one's own, as long as the context lasts; the folder is read once a test process and engine."""


@pytest.fixture(scope="session")
def settled(templates: Templates) -> Settled:
    """Each is a copy of the first one on its engine."""
    made: dict[tuple[str, Path], str] = {}

    def copy(engine: str, folder: Path) -> AbstractContextManager[str]:
        if (engine, folder) not in made:
            made[engine, folder] = templates.kept(engine)
            database = Database(made[engine, folder])
            _settle(database, folder)
            database.close()
        return templates.copy(engine, made[engine, folder])

    return copy


@pytest.fixture
def working_on_each(engine: str, settled: Settled, loaded_folder: Path, tmp_path: Path) -> Iterator[Working]:
    """The same on each engine in turn."""
    folder = shutil.copytree(loaded_folder, tmp_path / "working")
    with settled(engine, loaded_folder) as url:
        opened = opened_on(url, folder)
        yield opened
        opened.database.close()


BY_UNIT: Final = pytest.mark.parametrize(
    ("name", "statuses"),
    [
        # without a unit, VIE, EUR, HQ, TYO
        ("alba", [404, 404, 404, 404, 404]),
        ("chae", [404, 404, 404, 404, 404]),
        ("boram", [200, 200, 404, 404, 404]),
        ("gaston", [200, 200, 200, 404, 404]),
        ("hana", [200, 200, 200, 200, 200]),
        ("dana", [200, 200, 200, 200, 200]),
        ("emil", [200, 200, 200, 200, 200]),
        ("ferran", [200, 200, 200, 200, 200]),
        ("iris", [404, 404, 404, 404, 404]),
    ],
)
"""Who sees a page of a unit and its people: its line, and who sees everything."""


def addresses_by_unit(page: str) -> list[str]:
    """The addresses that the statuses of :data:`BY_UNIT` are of."""
    return [page, *(f"{page}?unit={unit}" for unit in ("VIE", "EUR", "HQ", "TYO"))]
