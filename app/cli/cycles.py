"""Commands about cycles: ``cycle open``, ``cycle show``, ``cycle verify``, ``lab``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from app import access, cascade, intake, scoring, snapshots
from app import cycle as cycles
from app.cli.figures import CYCLE_OPTION, FORMAT, named_cycle, print_csv
from app.cli.files import complain
from app.cli.opening import CYCLE, open_database, settings, who
from app.cli.printing import say, write_json
from app.kit import clock
from app.rules.permissions import Deed
from app.rules.stages import CALENDAR

__all__ = ["COMMANDS"]


@click.group()
def cycle() -> None:
    """Cycles that people open and take through their stages."""


@cycle.command("open")
@click.argument("year", type=CYCLE, metavar="CYCLE")
@click.option(
    "--date", "dates", multiple=True, metavar="NAME=DAY", help=f"A date of its calendar: {', '.join(CALENDAR)}."
)
def open_(year: int, dates: tuple[str, ...]) -> None:
    """Open CYCLE: it begins with its draft, in which everything is live as before."""
    calendar = dict(one.partition("=")[::2] for one in dates)
    now = clock.now()
    with open_database(settings()).write(Deed.RUN_CYCLE) as connection:
        loaded = scoring.state(connection)
        named = cycles.cycle_named(str(year), loaded, today=loaded.frame.directory.day_of(now))
        made = cycles.open_cycle(connection, named, calendar=calendar, by=who(), now=now)
        after = {"stage": made.stage.value, "calendar": made.calendar_json}
        access.record_deed(connection, who=who(), deed=Deed.KEEP_CYCLES, at=now, subject=f"cycle:{named}", after=after)
    say(f"cycle {named} is open: {made.stage.value}")


@cycle.command("show")
@click.argument("year", type=CYCLE, metavar="CYCLE")
def show(year: int) -> None:
    """Print how CYCLE stands: stage, calendar, pins, and what is in the way of the next stage."""
    with open_database(settings()).read() as connection:
        opened = cycles.opened_cycle(connection, year)
        if opened is None:
            message = f"nobody has opened cycle {year}: kopes cycle open {year}"
            raise click.ClickException(message)
        loaded = scoring.state(connection)
        today = loaded.frame.directory.day_of(clock.now())
        told = cycles.standing_of(connection, loaded, opened, day=today).as_json()
    write_json(told)


@cycle.command("lay-out")
@click.argument("decision", type=click.IntRange(1, 2**31 - 1))
def lay_out(decision: int) -> None:
    """Make what it takes to read a cycle by the cut of DECISION: a serving process starts this beside itself."""
    if not scoring.lay_out(open_database(settings()), decision):
        message = f"decision {decision} has no cut"
        raise click.ClickException(message)


@cycle.command("export")
@click.argument("year", type=CYCLE, metavar="CYCLE")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--round", "round_", type=click.IntRange(1), help="Which round; the last one where it is left out.")
def export(year: int, file: Path, round_: int | None) -> None:
    """Write what CYCLE was locked with into FILE, a zip from which anybody can recompute what everybody came to."""
    now = clock.now()
    database = open_database(settings())
    with database.read() as connection:
        try:
            locked = snapshots.locked_round(connection, year, round_)
            snapshot = snapshots.take_snapshot(connection, locked)
        except snapshots.NotLocked as refusal:
            message = f"cycle {year}{'' if round_ is None else f', round {round_},'} is not locked: there is nothing to export"
            raise click.ClickException(message) from refusal
    try:
        snapshots.write_snapshot(snapshot, file)
    except OSError as error:
        message = f"{file}: {error.strerror or error}"
        raise click.ClickException(message) from error
    with database.write(Deed.EXPORT) as connection:
        access.record_deed(
            connection,
            who=who(),
            deed=Deed.EXPORT,
            at=now,
            subject=f"cycle:{year}",
            after={"round": locked.round, "results_sha256": locked.results_sha256},
        )
    say(f"exported {year} round {locked.round} {locked.results_sha256}")


@cycle.command("verify")
@click.argument("year", type=CYCLE, metavar="CYCLE")
@click.option("--round", "round_", type=click.IntRange(1), help="Which round; the last one where it is left out.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A snapshot that `kopes cycle export` wrote; no database is looked at.",
)
def verify(year: int, round_: int | None, file: Path | None) -> None:
    """Recompute what CYCLE came to from what it was certified by, or locked with, and compare it with what was written down.

    Prints a line for each difference and exits with 1; without any one line, `verified CYCLE round N SHA256`.
    """
    if file is not None:
        of_file = snapshots.verify_file(file, cycle=year)
        if round_ not in {None, of_file.round} and not of_file.differences:
            message = f"--round: {file} is of round {of_file.round}"
            raise click.ClickException(message)
        _tell_verified(year, of_file.round, of_file.results_sha256, of_file.differences)
        return
    with open_database(settings()).read() as connection:
        certified, unreadable = cycles.cut_to_verify(connection, year)
        if unreadable:
            say(unreadable)
            sys.exit(1)
        if certified is None:
            message = f"cycle {year} is not certified: there is nothing to verify"
            raise click.ClickException(message)
        locked = next(
            (one for one in reversed(cascade.locked_rounds(connection, year)) if one.round == (round_ or one.round)),
            None,
        )
        if locked is None and round_ not in {None, certified.round}:
            message = f"--round: cycle {year} has no round {round_}; there is {certified.round}"
            raise click.ClickException(message)
        now = clock.now()
        if locked is None or (round_ is None and certified.round > locked.round):
            number, verified = certified.round, cycles.verify(connection, certified, now=now)
        else:
            of_round = scoring.certified_cuts(connection, before=locked.decision)[year]
            number, verified = locked.round, cycles.verify_locked(connection, of_round, locked, now=now)
    _tell_verified(year, number, verified.results_sha256, verified.differences)


def _tell_verified(year: int, round_: int, sha256: str, differences: Sequence[str]) -> None:
    for line in differences:
        say(line)
    if differences:
        sys.exit(1)
    say(f"verified {year} round {round_} {sha256}")


_LAB_COLUMNS: Final = tuple(
    f"{name}_{side}" for name in ("final_score", "grade", "pay") for side in ("before", "after")
)
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@CYCLE_OPTION
@click.option("--policies", type=_FILE, help="Policies in place of the present ones, as YAML.")
@click.option(
    "--definitions",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of definitions in place of the present ones.",
)
@click.option("--weights", type=_FILE, help="Rows of scorecards.csv, or some of its columns.")
@click.option(
    "--live",
    is_flag=True,
    help="Both sides by what is loaded now, not by what the cycle was published with or certified by.",
)
@FORMAT
def lab(
    cycle: int, policies: Path | None, definitions: Path | None, weights: Path | None, *, live: bool, form: str
) -> None:
    """Print who would move, and how far, by other policies, definitions or weights; nothing of it is kept."""
    opened = open_database(settings())
    now = clock.now()
    try:
        wish = intake.lab_wish_of_files(policies=policies, definitions=definitions, weights=weights, live=live)
        with opened.read() as connection:
            today = named_cycle(connection, cycle)
            result = intake.lab_result(connection, wish, of_cycle=cycle, today=today)
    except intake.LabFindings as refusal:
        for finding in refusal.findings:
            complain(finding)
        say("Nothing was tried.", err=True)
        sys.exit(1)
    with opened.write(Deed.TRY_POLICIES) as connection:
        access.record_deed(
            connection,
            who=who(),
            deed=Deed.TRY_POLICIES,
            at=now,
            subject=f"cycle:{cycle}",
            after=intake.lab_trail(wish, result),
        )
    for finding in result.findings:
        complain(finding)
    if form == "json":
        write_json(result.as_json(with_pay=True))
        return
    rows = [
        {"node": one["node"]}
        | {f"{name}_{side}": one[name][side] for name in ("final_score", "grade", "pay") for side in one[name]}
        for one in result.as_json(with_pay=True)["items"]
    ]
    print_csv(("node", *_LAB_COLUMNS), rows)


COMMANDS: Final = (cycle, lab)
