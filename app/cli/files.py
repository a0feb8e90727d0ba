"""Commands that bring things in, and the folder out again: ``migrate``, ``load``, ``ingest``, ``feed``, ``folder export``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import uuid4

import click
from sqlalchemy import Connection

from app import access, intake
from app.cli.opening import open_database, settings, who
from app.cli.printing import say
from app.cli.progress import bar
from app.decisions import Program
from app.kit import clock, schema
from app.kit.database import Database
from app.kit.refusals import Refusal
from app.kit.settings import Settings
from app.ledger import Arrival, Recorded
from app.plain.findings import Finding, Level
from app.rules.permissions import Deed

__all__ = ["COMMANDS"]


def complain(finding: Finding) -> None:
    """Print a finding to standard error."""
    say(f"warning: {finding}" if finding.level is Level.WARNING else str(finding), err=True)


class _Complaining:
    """Prints findings as they are met: of each kind the first, and at the end how many more there were. A file of rejects has each."""

    def __init__(self) -> None:
        self._told: Final = intake.FirstFindings()

    def __call__(self, finding: Finding) -> None:
        before = len(self._told)
        self._told.append(finding)
        if len(self._told) > before:
            complain(finding)

    def end(self) -> None:
        _complain_all(self._told.left_out())


def _complain_all(findings: Iterable[Finding]) -> None:
    for finding in findings:
        complain(finding)


@click.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    given = settings()
    try:
        schema.migrate(given.database_url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    derived = open_database(given).writing(
        Deed.LOAD_FOLDER, lambda connection: intake.derive_by_present_rules(connection, at=clock.now())
    )
    if derived:
        say(f"{derived} activities were derived again by the rules of this version.")
    say("The schema is current.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def load(folder: Path) -> None:
    """Load an agency FOLDER and the definitions and policies of KPI_DEFINITIONS."""
    given = settings()
    opened = open_database(given)
    # A folder that was exported brings its definitions along; those that somebody names go before them.
    own = folder / "definitions"
    definitions = own if given.kpi_definitions == Settings().kpi_definitions and own.is_dir() else given.kpi_definitions
    try:
        report = opened.writing(
            Deed.LOAD_FOLDER,
            lambda connection: intake.load_agency(
                connection, folder, definitions=definitions, at=clock.now(), by=who()
            ),
        )
    except Refusal as refusal:
        _complain_all(refusal.findings)
        if not refusal.findings:
            say(refusal.text(), err=True)
        say("Nothing was loaded.", err=True)
        sys.exit(1)
    _complain_all(report.warnings)
    for line in report.lines():
        say(line)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--ignore-column",
    "ignored",
    multiple=True,
    metavar="NAME",
    help="Do not read this column of a table; may be repeated.",
)
def ingest(files: tuple[Path, ...], ignored: tuple[str, ...]) -> None:
    """Record the activities of FILES (.ndjson, .csv or .xlsx)."""
    opened = open_database(settings())
    refused = [file for file in files if not _ingest_one(opened, file, ignored)]
    sys.exit(1 if refused else 0)


def _ingest_one(opened: Database, file: Path, ignored: tuple[str, ...]) -> bool:
    """Record a file and say what became of it; returns whether all of it was accepted or here before."""
    if not file.is_file():
        say(f"{file}: there is no such file", err=True)
        return False
    request = f"{who()}:{uuid4().hex}"

    def record(arrivals: list[Arrival]) -> Recorded:
        return opened.writing(
            Deed.INGEST,
            lambda connection: intake.take_in(
                connection, arrivals, at=clock.now(), door="ingest", sender=file.name, request=request
            ),
        )

    complaining = _Complaining()
    with bar(file.name) as advance:
        report = intake.ingest_file(
            file, record=record, complain=complaining, progress=advance, ignored_columns=ignored
        )
    complaining.end()
    if report.stopped:
        say(f"{file}: nothing of it was recorded", err=True)
        return False
    say(
        f"{file}: accepted {report.accepted}, duplicate {report.duplicate}, rejected {report.rejected}"
        + (f" (see {report.rejects_file})" if report.rejects_file else "")
    )
    if report.kept_file:
        say(f"{report.rejects_file} was there with other rejects: they are kept in {report.kept_file}", err=True)
    return report.rejected == 0


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would come of it, and do nothing.")
def feed(file: str, path: Path, dry_run: bool) -> None:  # noqa: FBT001 - click passes it
    """Load the whole of PATH as FILE of the agency folder (rates.csv for one), whose door is the feed; or hold it for hr."""
    at, by = clock.now(), who()

    def work(connection: Connection) -> intake.Fed:
        fed = intake.feed_file(connection, sent, by=Program(by), loaded_by=f"feed:{by}", now=at, dry_run=dry_run)
        if not dry_run:
            subject = intake.feed_subject(file)
            access.record_deed(connection, who=by, deed=Deed.FEED, at=at, subject=subject, after=fed.as_json())
        return fed

    try:
        database = open_database(settings())
        with database.read() as connection:
            intake.refuse_feed(connection, file)
        # Before the transaction begins: others wait for it.
        sent = intake.read_feed(file, path.read_bytes())
        fed = database.writing(Deed.FEED, work)
    except Refusal as refusal:
        _complain_all(refusal.findings)
        if not refusal.findings:
            say(refusal.text(), err=True)
        say("Nothing was loaded.", err=True)
        sys.exit(1)
    _complain_all(fed.differs)
    said = f"{file}: {fed.added} added, {fed.changed} changed, {fed.removed} removed"
    if not fed.is_held:
        say(f"{said}; revision {fed.revision}")
    elif fed.change is None:
        say(f"{said}; it would be held for hr")
    else:
        say(f"{said}; held for hr as change set {fed.change}, nothing has changed")


@click.group()
def folder() -> None:
    """The agency folder: what was loaded, as files again."""


@folder.command("export")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--revision", type=int, metavar="N", help="As it was at this revision; without it the present one.")
def export_folder(directory: Path, revision: int | None) -> None:
    """Write all files of the agency folder to DIR, and the definitions to DIR/definitions."""
    with open_database(settings()).read() as connection:
        stored = intake.read_stored_folder(connection, revision)
    try:
        written = stored.write(directory)
    except OSError as error:
        say(f"{directory}: {error.strerror or error}", err=True)
        sys.exit(1)
    say(f"{len(written)} files written to {directory}")


COMMANDS: Final = (migrate, load, ingest, feed, folder)
