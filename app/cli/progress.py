"""What long work says of itself: a bar on a terminal, plain lines with the time that it took elsewhere.

Do not be silent where nobody draws bars: who looks at a log of the first start wants to know that it goes on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.printing import say
from app.plain.texts import visible

__all__ = ["Advance", "bar", "stage"]

LINE_EVERY_S: Final = 5
Advance = Callable[[int], None]


@contextmanager
def stage(what: str, *, of: int | None = None) -> Iterator[Advance]:
    """Tell that a piece of work has begun, how far it is, and when it is done, on standard error.

    Args:
        what: the work, as a sentence: "Units, people and KPIs are being made".
        of: how many things it goes through, where that is known.

    Yields:
        What is told how many more of them are done.
    """
    if sys.stderr.isatty():
        with bar(what, of=of) as advance:
            yield advance
        return
    lines = _Lines(what, of)
    yield lines.advance
    lines.done()


@contextmanager
def bar(what: str, *, of: int | None = None) -> Iterator[Advance]:
    """How far a piece of work is, on standard error: what is printed beside it may go into a file. Nothing where that is no terminal.

    Args:
        what: the work.
        of: how many things it goes through; where that is not known, those that are done are counted.
    """
    count = () if of else (TextColumn("{task.completed}"),)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), *count, TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(visible(what), total=of)
        yield lambda done: progress.advance(task, done)
        completed = of or int(progress.tasks[task].completed)
        progress.update(task, total=completed or 1, completed=completed)


class _Lines:
    """The same for a log: a line at the beginning, some between, one at the end."""

    def __init__(self, what: str, of: int | None) -> None:
        self._what: Final = what
        self._of: Final = of
        self._completed = 0
        self._began: Final = time.monotonic()
        self._told = self._began
        say(f"{what} …", err=True)

    def advance(self, done: int) -> None:
        self._completed += done
        if self._of and time.monotonic() - self._told >= LINE_EVERY_S:
            self._told = time.monotonic()
            percent = min(99, self._completed * 100 // self._of)
            say(f"{self._what} … {percent} % after {self._seconds()} s", err=True)

    def done(self) -> None:
        say(f"{self._what} … {self._seconds()} s", err=True)

    def _seconds(self) -> int:
        return round(time.monotonic() - self._began)
