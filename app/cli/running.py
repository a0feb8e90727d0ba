"""Commands for a first look: ``demo`` writes the demonstration agency, ``run`` builds it, serves it and prints its logins.

A newcomer's usual mistake is to look for a shortcut into the tables: ``run`` calls the commands that anyone would, in the order that anyone would.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

import click

from app import access, demo, intake
from app.cli.opening import DAY, open_database
from app.kit import clock
from app.kit.private_files import private_folder, write_private
from app.kit.settings import ROOT, Settings
from app.rules.permissions import Deed
from app.rules.terms import Level

__all__ = ["COMMANDS"]

SEED: Final = 20260101
STOP_SECONDS: Final = 8


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", type=int, default=SEED, show_default=True)
@click.option("--people", type=click.IntRange(40, 5000), default=1300, show_default=True)
@click.option(
    "--scale", type=click.FloatRange(0.001, 10), default=1.0, show_default=True, help="Of the number of activities."
)
@click.option("--today", type=DAY, help="The day that the year under way has come to; today without it.")
def write_demo(folder: Path, seed: int, people: int, scale: float, today: dt.date | None) -> None:
    """Write the demonstration agency into FOLDER: agency/, definitions/ and its events."""
    report = _build(folder, seed=seed, people=people, scale=scale, today=today)
    click.echo(f"cycle {report.cycle}, begun in month {report.first_month}")
    for counts in (report.rows, report.events):
        for name, count in counts.items():
            click.echo(f"{name}: {count}")


def _build(folder: Path, *, seed: int, people: int, scale: float, today: dt.date | None) -> demo.DemoReport:
    definitions, findings = intake.read_definitions(ROOT / "kpi_definitions")
    wrong = [finding for finding in findings if finding.level is Level.ERROR]
    if wrong:
        raise click.ClickException("\n".join(map(str, wrong)))
    day = today or clock.today()
    return demo.build(folder, seed=seed, today=day, people=people, scale=scale, definitions=definitions)


@click.command("run")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--people", type=click.IntRange(40, 5000), default=1300, hidden=True)
@click.option("--scale", type=click.FloatRange(0.001, 10), default=1.0, hidden=True)
@click.option(
    "--instance",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "instance",
    hidden=True,
    help="Where the database and the logins are kept.",
)
def run(port: int, people: int, scale: float, instance: Path) -> None:
    """Build the demonstration agency, once, and serve it with its worker; print a login for each role."""
    private_folder(instance)
    environment = os.environ | {  # noqa: TID251 - handed on to the processes that we start
        "DATABASE_URL": f"sqlite:///{instance.resolve() / 'demo.sqlite'}",
        "KPI_DEFINITIONS": str(instance.resolve() / "demo" / "definitions"),
        "SECRET_KEY": _secret(instance / "secret"),
    }
    logins = instance / "logins.txt"
    if not logins.exists():
        _build_instance(instance, environment, people=people, scale=scale)
    click.echo(logins.read_text(encoding="utf-8"), nl=False)
    _serve(environment, port)


def _secret(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32))
    return file.read_text(encoding="utf-8").strip()


def _build_instance(instance: Path, environment: dict[str, str], *, people: int, scale: float) -> None:
    """Build it from nothing; what an interrupted run has left is thrown away."""
    for left in instance.glob("demo.sqlite*"):
        left.unlink()
    shutil.rmtree(instance / "demo", ignore_errors=True)
    began = time.monotonic()
    click.echo("Building the demonstration agency (once, some two minutes) …", err=True)
    report = _build(instance / "demo", seed=SEED, people=people, scale=scale, today=None)
    _kopes("migrate", environment=environment)
    _kopes("load", str(instance / "demo" / "agency"), environment=environment)
    # Some events of the demonstration are wrong on purpose, so that there are rejected ones to see: status 1 is expected.
    _kopes("ingest", *map(str, report.event_files), environment=environment, may_refuse=True)
    _kopes("worker", "--once", "trend", environment=environment)
    write_private(instance / "logins.txt", _make_logins(report, environment["DATABASE_URL"]))
    click.echo(f"Built in {time.monotonic() - began:.0f} s.", err=True)


def _kopes(*words: str, environment: dict[str, str], may_refuse: bool = False) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        ended = subprocess.run(
            [sys.executable, "-m", "app", *words],
            env=environment,
            cwd=ROOT,
            stdout=nowhere,
            stderr=nowhere if may_refuse else None,
            check=False,
        )
    if ended.returncode not in ({0, 1} if may_refuse else {0}):
        message = f"kopes {words[0]} failed with status {ended.returncode}"
        raise click.ClickException(message)


def _make_logins(report: demo.DemoReport, url: str) -> str:
    """Make an account for each kind of user and return the lines that say how to sign in: role, e-mail, password."""
    database = open_database(Settings(database_url=url))
    passwords = {role: access.first_password() for role in report.people}
    lines = []
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        for role, first in passwords.items():
            employee, (_, email) = report.people[role], report.names[role]
            account = access.create_account(
                connection, email=email, roles={role}, employee=employee, now=clock.now(), first=first
            )
            lines.append(f"{role} {account.email} {account.password}\n")
    database.close()
    return "".join(lines)


def _serve(environment: dict[str, str], port: int) -> None:
    """Run server and worker until one of them ends or we are told to; then end both."""
    click.echo(f"http://127.0.0.1:{port}", err=True)
    children = [
        # What they say goes where we speak to people: standard output holds the logins alone.
        subprocess.Popen([sys.executable, "-m", "app", *words], env=environment, cwd=ROOT, stdout=sys.stderr)
        for words in (("serve", "--bind", f"127.0.0.1:{port}"), ("worker",))
    ]

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        for child in children:
            child.terminate()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    while all(child.poll() is None for child in children):
        time.sleep(0.2)
    for child in children:
        child.terminate()
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
    sys.exit(max(abs(child.returncode or 0) for child in children) if children[0].returncode not in {0, -15} else 0)


COMMANDS: Final = (write_demo, run)
