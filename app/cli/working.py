"""The command ``worker``: scheduled and background work.

It does not wait for the night: the latest missed slot of every job is run at once.
"""

from __future__ import annotations

import sys
from typing import Final

import click

from app.cli.opening import open_database, settings
from app.cli.printing import say
from app.kit import clock

__all__ = ["COMMANDS"]


@click.command()
@click.option(
    "--once",
    metavar="JOB",
    help="Run this job, or all, now and once, whatever its schedule, and leave; deliveries: send the mails that are due; files: make those that people asked for.",
)
def worker(once: str | None) -> None:
    """Run the scheduled and background work."""
    from app.worker import JOBS, deliver_all, run_now, work, worker_name

    def tell(line: str) -> None:
        say(line, err=once is None)

    given = settings()
    if given.sends_mail and not given.secret_key_is_given:
        say("warning: without SECRET_KEY links in mails can be made by whoever reads the database", err=True)
    if once is None:
        from app.web.making import Maker

        database = open_database(given)
        maker = Maker(database, given, name=worker_name(), say=tell)
        work(database, settings=given, clock=clock.now, say=tell, beside={"making": maker.keep_making})
        return
    chosen = [job for job in JOBS if once in {job.name, "all"}]
    if not chosen and once not in {_DELIVERIES, _FILES}:
        known = ", ".join((*(job.name for job in JOBS), _DELIVERIES, _FILES))
        message = f"there is no job {once!r}; there are {known}, and all"
        raise click.BadParameter(message, param_hint="--once")
    database, name = open_database(given), worker_name()
    done = run_now(database, chosen, worker=name, clock=clock.now, say=tell)
    if once in {_DELIVERIES, "all"}:
        deliver_all(database, settings=given, worker=name, clock=clock.now, say=tell)
    if once in {_FILES, "all"}:
        from app.web.making import Maker

        Maker(database, given, name=name, say=tell).make_all()
    sys.exit(1 if any(outcome.failed for outcome in done.values()) else 0)


_DELIVERIES: Final = "deliveries"
_FILES: Final = "files"

COMMANDS: Final = (worker,)
