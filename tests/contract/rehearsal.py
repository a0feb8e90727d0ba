"""A cycle from its opening to its certificate, gone through once in a process that commands and servers are forked from.

What SQLAlchemy has compiled and Python has met for the first time then need not be in each of them anew. Nothing is tested here: what goes wrong is left
to the tests that are for it, and what was gone through only makes them quicker.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import io
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import httpx

from app.cli import cli
from app.kit import clock
from app.kit.refusals import Refusal
from app.kit.settings import Settings
from app.web import create_app, site_of
from tests.conftest import Ran
from tests.contract.desk import Desk
from tests.contract.test_certifying import AGENCY, SETTING, certified, figures, running
from tests.scenario import Scenario

__all__ = ["rehearse"]

_SECRET = "the tests' own"
_COMMANDS = (
    ("digest",),
    ("reconcile",),
    ("explain", "unit:VIE", "deal_value", "--cycle", "2026"),
    ("explain", "employee:E1", "consults", "--cycle", "2026", "--live"),
    ("business", "--cycle", "2026"),
    ("cycle", "show", "2026"),
    ("cycle", "verify", "2026"),
)
_ADDRESSES = (
    "/",
    "/api/v1/cycles/2026",
    "/api/v1/cycles/2026/after-close",
    "/api/v1/decisions?cycle=2026",
    "/api/v1/files",
    "/api/v1/scorecards/employee:E1?cycle=2026",
    "/api/v1/scorecards/unit:HQ?cycle=2026&live=1",
    "/cycles/2026",
    "/decisions",
    "/grades?cycle=2026",
    "/scorecards/employee:E1?cycle=2026",
    "/scorecards/unit:HQ?cycle=2026",
)


class _Stage(Desk):
    """A desk within this process."""

    def __init__(self, url: str, folder: Path) -> None:
        where = {"database": url, "definitions": folder / "definitions", "KOPES_NOW": SETTING.now}
        super().__init__(SimpleNamespace(url="http://127.0.0.1"), _run, where)
        settings = Settings(database_url=url, secret_key=_SECRET, kpi_definitions=folder / "definitions")
        self.app = create_app(settings)

    def client(self, **headers: str) -> httpx.Client:
        made = httpx.Client(
            transport=httpx.WSGITransport(app=self.app),
            base_url=self.server.url,
            headers={"Origin": self.server.url} | headers,
        )
        self.clients.append(made)
        return made


def _run(*words: object, database: str, definitions: Path, status: int | None = 0, **environment: str) -> Ran:
    """A command within this process, and what it leaves for the end of one done at once."""
    del status
    os.environ.update(  # noqa: TID251 - the environment of the command
        DATABASE_URL=database, KPI_DEFINITIONS=str(definitions), SECRET_KEY=_SECRET, **environment
    )
    out, err, at_end = io.StringIO(), io.StringIO(), []
    register, atexit.register = atexit.register, at_end.append
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            with contextlib.suppress(click.exceptions.Exit, SystemExit, Refusal):
                cli.main([str(word) for word in words], standalone_mode=False)
    finally:
        atexit.register = register
        for done in reversed(at_end):
            done()
    return Ran(0, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _stage(url: str, folder: Path) -> Iterator[_Stage]:
    stage = _Stage(url, folder)
    try:
        yield stage
    finally:
        stage.close()
        site_of(stage.app).database.close()
        clock.move(dt.timedelta(0))


def rehearse(url: str, folder: Path) -> None:
    """Go through it on a database without rows, by the same doors as the tests do."""
    Scenario.read(AGENCY).write(folder)
    with _stage(url, folder) as stage:
        _run("load", stage.folder, **stage.where)
        for name, *options in SETTING.people:
            stage.person(name, *options)
        running(stage)
        figures(stage)
        certified(stage)
        figures(stage)
        figures(stage, "--live")
        for words in _COMMANDS:
            _run(*words, **stage.where)
        for name in ("dana", "e1", "e2", "ferran"):
            for address in _ADDRESSES:
                stage.person(name).get(address)
