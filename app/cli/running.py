"""Commands for a first look: ``demo`` writes the demonstration agency, ``run`` builds it, serves it and prints its logins.

``run`` has no way into the tables of its own: folder and events come in by the doors that anyone's do.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Final

import click
from sqlalchemy import Connection

from app import access, demo, intake
from app.cli import first_desk, first_tasks, former_close, former_cycle
from app.cli.first_cycle import SECOND_EXECUTIVE, CycleYear, open_accounts, second_executive
from app.cli.opening import DAY, open_database, settings, who
from app.cli.printing import say
from app.cli.progress import stage
from app.kit import clock, schema
from app.kit.database import Database
from app.kit.private_files import alone_in, private_folder, write_private
from app.kit.settings import ROOT
from app.ledger import Arrival, Recorded
from app.plain.findings import Level
from app.rules.permissions import Deed
from app.rules.presence import cycle_period
from app.rules.terms import CycleFunction, Role

__all__ = ["COMMANDS", "build_instance"]

SEED: Final = 20260101
STOP_SECONDS: Final = 8
LOGINS_FILE: Final = "logins.txt"
_ANSWERS_WITHIN_S: Final = 0.2
_GIVES_WAY: Final = 10
"""By how much less the processor is asked for what nobody waits for than for the pages."""
LOGINS: Final = (Role.EMPLOYEE, Role.HEAD, Role.HR, Role.EXECUTIVE, Role.AUDITOR, Role.ADMIN)
"""The kinds of user that each get a login, in the order of the lines."""

SECONDS: Final = {"second_hr": Role.HR, "second_admin": Role.ADMIN}
"""Those who agree to what the first of their role proposes, after the others, by the word that begins their line."""


FUNCTION_LOGINS: Final = (
    ("approver", CycleFunction.APPROVER, 0),
    ("certifier", CycleFunction.CERTIFIER, 0),
    ("calibrator", CycleFunction.CALIBRATOR, 0),
    ("second_calibrator", CycleFunction.CALIBRATOR, 1),
    ("payroll", CycleFunction.PAYROLL, 0),
)
"""Those to whom a function of the cycles was given that nobody with a login has, by the word that begins their line; the number is their place."""

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
"""The days between which the demonstration agency can be built: it has years behind it and people who have served for decades."""


def _of_our_time(ctx: click.Context, param: click.Parameter, value: dt.date | None) -> dt.date | None:
    if value is not None and not EARLIEST <= value <= LATEST:
        message = f"{value} is not a day from {EARLIEST} to {LATEST}"
        raise click.BadParameter(message, ctx, param)
    return value


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", type=int, default=SEED, show_default=True)
@click.option("--people", type=click.IntRange(60, 5000), default=1300, show_default=True)
@click.option(
    "--scale", type=click.FloatRange(0.001, 10), default=1.0, show_default=True, help="Of the number of activities."
)
@click.option(
    "--today",
    type=DAY,
    callback=_of_our_time,
    help="The day that the year under way has come to; today without it.",
)
def write_demo(folder: Path, seed: int, people: int, scale: float, today: dt.date | None) -> None:
    """Write the demonstration agency into FOLDER: agency/, definitions/ and its events."""
    report = _build(folder, seed=seed, people=people, scale=scale, today=today)
    say(f"cycle {report.cycle}, begun in month {report.first_month}")
    for counts in (report.rows, report.events):
        for name, count in counts.items():
            say(f"{name}: {count}")


def _build(folder: Path, *, seed: int, people: int, scale: float, today: dt.date | None) -> demo.DemoReport:
    definitions, findings = intake.read_definitions(ROOT / "kpi_definitions")
    wrong = [finding for finding in findings if finding.level is Level.ERROR]
    if wrong:
        for finding in wrong:
            say(finding, err=True)
        message = "the library of definitions cannot be used"
        raise click.ClickException(message)
    day = today or demo.day_of(clock.now())
    return demo.build(folder, seed=seed, today=day, people=people, scale=scale, definitions=definitions)


@click.command("run")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--people", type=click.IntRange(60, 5000), default=1300, hidden=True)
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
    logins = instance / LOGINS_FILE
    if not logins.exists():
        build_instance(instance, environment["DATABASE_URL"], people=people, scale=scale)
    # One that an older version has built is brought up to this one's schema.
    schema.migrate(environment["DATABASE_URL"])
    for line in logins.read_text(encoding="utf-8").splitlines():
        say(line)
    _serve(environment, port, instance)


@click.command("close-demo")
@click.argument("instance", type=click.Path(path_type=Path, file_okay=False))
def close_demo(instance: Path) -> None:
    """Bring the cycle before of the demonstration agency in INSTANCE to its end, from wherever that was stopped: ``run`` does, once it serves."""
    os.nice(_GIVES_WAY)
    lines = (instance / LOGINS_FILE).read_text(encoding="utf-8").splitlines()
    emails = {word: email for word, email, _ in map(str.split, lines)}
    # Of two at once the second one waits, and finds nothing left to do.
    with alone_in(instance):
        database = open_database(settings())
        wanted = former_close.former_to_close(database, now=clock.now())
        if wanted is None:
            return
        if wanted.waits is not None:
            say(wanted.waits, err=True)
            return
        what = "The cycle before is being reviewed, told, heard, locked and paid"
        with stage(what, of=len(former_close.STEPS)) as advance:
            former_close.close_cycle(database, emails=emails, year=wanted.year, said=advance)


def _secret(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32))
    return file.read_text(encoding="utf-8").strip()


def build_instance(instance: Path, url: str, *, people: int, scale: float) -> None:
    """Build it from nothing, by the doors that anyone's data come in by; what an interrupted run has left is thrown away.

    What nobody needs at first sight, such as the trend of the year, is left to the worker, which does at its start whatever is due.

    Args:
        instance: where the agency's files and the logins are kept; ``demo.sqlite`` is the database.
        url: the database's.
        people: how many employees.
        scale: of the number of activities.
    """
    for left in (instance / "demo", *instance.glob("demo.sqlite*")):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)
    began = time.monotonic()
    say("The demonstration agency is built, once.", err=True)
    with stage("A year of an agency is being made up"):
        report = _build(instance / "demo", seed=SEED, people=people, scale=scale, today=None)
    year, before = (_year(cycle, report.first_month) for cycle in (report.cycle, report.former))
    with stage("Units, people and KPIs are being loaded"):
        schema.migrate(url)
        database = Database(url, disposable=True)
        database.writing(
            Deed.LOAD_FOLDER,
            lambda connection: intake.load_agency(
                connection, report.agency, definitions=report.definitions, at=before.at(0), by=who()
            ),
        )
    with stage("Accounts are being opened"):
        logins, emails = _make_logins(report, database, at=before.at(1))
        emails[SECOND_EXECUTIVE] = second_executive(database, on=before.day(1), taken=emails.values())
        open_accounts(database, since=before.day(1), until=demo.day_of(year.now))
    in_time, *others = report.event_files
    with stage("The cycle before is being certified", of=former_cycle.STEPS) as advance:
        _ingest(database, [in_time], at=before.on(before.after + dt.timedelta(days=14)))
        former_cycle.certify_cycle(database, emails=emails, year=before, said=advance)
    with stage("Activities are being recorded", of=sum(report.events.values())) as advance:
        _ingest(database, others, at=year.now, progress=advance)
    with stage("The cycle is being opened, signed and run", of=first_tasks.STEPS) as advance:
        first_tasks.run_cycle(database, emails=emails, year=year, said=advance)
    with stage("HR is taking its files over", of=first_desk.STEPS) as advance:
        first_desk.furnish(database, emails=emails, now=clock.now(), said=advance)
    logins += _function_logins(database, year, before)
    database.close()
    # Only what is on the disk is called built: until here a power cut costs nothing but the work.
    with (instance / "demo.sqlite").open("rb") as built:
        os.fsync(built.fileno())
    write_private(instance / LOGINS_FILE, logins)
    say(f"Built in {time.monotonic() - began:.0f} s.", err=True)


def _ingest(
    database: Database, files: Iterable[Path], *, at: dt.datetime, progress: Callable[[int], None] = lambda _done: None
) -> None:
    """Record the events of files; some of them are wrong on purpose, so that there are rejected ones to see."""
    for file in files:

        def record(arrivals: list[Arrival], sender: str = file.name) -> Recorded:
            return database.writing(
                Deed.INGEST,
                lambda connection: intake.take_in(connection, arrivals, at=at, door="ingest", sender=sender),
            )

        intake.ingest_file(
            file, record=record, complain=lambda _finding: None, progress=progress, size=intake.BATCH_ALONE
        )


def _year(cycle: int, first_month: int) -> CycleYear:
    """The days of a cycle."""
    period = cycle_period(cycle, first_month)
    if period.from_ is None or period.to is None:
        message = "a cycle begins and ends"
        raise ValueError(message)
    return CycleYear(cycle=cycle, first=period.from_, after=period.to, now=clock.now())


def _make_logins(report: demo.DemoReport, database: Database, *, at: dt.datetime) -> tuple[str, dict[str, str]]:
    """Make an account for each kind of user; the lines that say how to sign in (word, e-mail, password), and the e-mails by word."""
    words: dict[str, Role] = {role.value: role for role in LOGINS} | SECONDS
    passwords = {word: access.first_password() for word in words}
    lines, emails = [], {}
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        for word, role in words.items():
            employee, (_, email) = report.people[word], report.names[word]
            account = access.create_account(
                connection, email=email, roles={role}, employee=employee, now=at, first=passwords[word]
            )
            _on_the_trail(connection, account.email, at=at, after={"roles": [role], "employee": employee})
            emails[word] = account.email
            lines.append(f"{word} {account.email} {account.password}\n")
    return "".join(lines), emails


def _function_logins(database: Database, year: CycleYear, before: CycleYear) -> str:
    """Give those who hold a function of a cycle a first password; the lines that say how to sign in.

    Of the cycle before those who pay, of the one under way all others. They had it before they decided anything: whose password was handed over since
    a decision waits agrees to none.
    """
    firsts = {word: access.first_password() for word, _, _ in FUNCTION_LOGINS}

    def work(connection: Connection) -> list[str]:
        lines = []
        for word, function, place in FUNCTION_LOGINS:
            of = before if function is CycleFunction.PAYROLL else year
            given = access.functions_given(connection, of.cycle)
            holders = [one.employee for one in given if one.function is function and one.employee is not None]
            account = access.account_of_employee(connection, holders[place]) if place < len(holders) else None
            if account is not None:
                at = max(before.at(6), account.created_at)
                access.reset_password(connection, account_id=account.id, first=firsts[word], first_until=None, now=at)
                _on_the_trail(connection, account.email, at=at, after={"password": "reset"})
                lines.append(f"{word} {account.email} {firsts[word].text}\n")
        return lines

    return "".join(database.writing(Deed.KEEP_ACCOUNTS, work))


def _on_the_trail(connection: Connection, email: str, *, at: dt.datetime, after: dict[str, object]) -> None:
    access.record_deed(connection, who=who(), deed=Deed.KEEP_ACCOUNTS, at=at, subject=f"account:{email}", after=after)


def _serve(environment: dict[str, str], port: int, instance: Path) -> None:
    """Run server and worker until one of them ends or we are told to; then end both.

    Once the server answers, the cycle before is brought to its end beside it: that ends by itself, and is ended with the others where it has not.
    """
    told_to_stop = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        told_to_stop.set()

    # Before there are children: told in between, we would leave them behind.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)

    def start(*words: str) -> subprocess.Popen[bytes]:
        # What they say goes where we speak to people: standard output holds the logins alone. The server says its address once it answers.
        return subprocess.Popen([sys.executable, "-m", "app", *words], env=environment, cwd=ROOT, stdout=sys.stderr)

    serving = [start("serve", "--bind", f"127.0.0.1:{port}"), start("worker")]
    children = [*serving]
    ended = None
    while ended is None and not told_to_stop.wait(0.2):
        ended = next((child for child in serving if child.poll() is not None), None)
        if children == serving and _answers(port):
            children.append(start("close-demo", str(instance.resolve())))
    # How it ended before we told any of them to.
    status = 0 if ended is None else ended.returncode
    for child in children:
        child.terminate()
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
    sys.exit(abs(status))


def _answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_ANSWERS_WITHIN_S):
            return True
    except OSError:
        return False


COMMANDS: Final = (write_demo, run, close_demo)
