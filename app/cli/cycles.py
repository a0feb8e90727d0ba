"""Commands about opened cycles: ``cycle open``, ``cycle show``."""

from __future__ import annotations

from typing import Final

import click

from app import access, scoring
from app import cycle as cycles
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


COMMANDS: Final = (cycle,)
