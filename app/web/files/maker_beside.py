"""Where no worker has been seen for a while, a process that serves starts one beside itself, which makes the files that wait and leaves.

Do not make a file in a process that people wait for: it takes seconds of the interpreter.
"""

from __future__ import annotations

import atexit
import datetime as dt
import subprocess
import sys
import threading
from typing import Final

from sqlalchemy import Connection

from app import access
from app.kit import clock
from app.kit.jobs import worker_last_seen
from app.kit.settings import ROOT, environment_with

__all__ = ["begin_to_serve", "have_files_made"]

_ALIVE: Final = dt.timedelta(seconds=90)
"""A worker says three times in so long that it is alive."""

_serves: Final = threading.Event()
"""Set in a process that serves people: no other starts anything."""

_RUNNING: Final[set[subprocess.Popen[bytes]]] = set()
"""The processes that make files for this one, of which there is at most one: they end with it."""
_LOCK: Final = threading.Lock()


def begin_to_serve() -> None:
    """From now on this process sees to it that files are made which people ask for."""
    _serves.set()


def have_files_made(connection: Connection) -> None:
    """Start a process that makes what waits, unless a worker is there, one runs already, or nothing waits. Queries: at most 2."""
    now = clock.now()
    if not _serves.is_set() or not access.is_any_file_due(connection, at=now):
        return
    seen = worker_last_seen(connection)
    if seen is not None and now - seen < _ALIVE:
        return
    with _LOCK:
        if any(one.poll() is None for one in _RUNNING):
            return
        _RUNNING.clear()
        url = connection.engine.url.render_as_string(hide_password=False)
        present = {"KOPES_NOW": now.isoformat()} if clock.is_moved() else {}
        _RUNNING.add(
            subprocess.Popen(
                [sys.executable, "-m", "app", "worker", "--once", "files"],
                env=environment_with(DATABASE_URL=url, **present),
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


@atexit.register
def _end_running() -> None:
    for one in tuple(_RUNNING):
        one.terminate()
