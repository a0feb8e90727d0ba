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
@click.option("--once", metavar="JOB", help="Run this job, or all, now and once, whatever its schedule, and leave.")
def worker(once: str | None) -> None:
    """Run the scheduled and background work."""
    from app.worker import JOBS, run_now, work, worker_name

    def tell(line: str) -> None:
        say(line, err=once is None)

    if once is None:
        work(open_database(settings()), clock=clock.now, say=tell)
        return
    chosen = [job for job in JOBS if once in {job.name, "all"}]
    if not chosen:
        message = f"there is no job {once!r}; there are {', '.join(job.name for job in JOBS)}, and all"
        raise click.BadParameter(message, param_hint="--once")
    done = run_now(open_database(settings()), chosen, worker=worker_name(), clock=clock.now, say=tell)
    sys.exit(1 if any(outcome.failed for outcome in done.values()) else 0)


COMMANDS: Final = (worker,)
