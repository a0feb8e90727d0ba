"""Certifying the demonstration agency on PostgreSQL while twenty events a second come in and people look at their pages.

The last of all measures, since a cycle is certified once. It is proposed, refused and proposed again, then agreed to; the server's present is after
the cycle's end. Everybody's signatures are written in one transaction by what writes those of one person.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

from app import access
from app.kit import clock
from app.rules.permissions import Scope
from app.rules.terms import Role
from tests.bench.agency import Agency
from tests.bench.desk import Desk, after_the_end, compare_as_every_night, member
from tests.bench.ingesting import fresh_events, server
from tests.bench.measuring import seconds, tell
from tests.bench.pages import Visitor, accounts
from tests.bench.recorders import Recorder, approve, recording, signed_in

WHY: Final = "Measured beside recorders who wait."
IDLE_SECONDS: Final = 20.0
SETTLING_SECONDS: Final = 2.0


def measure(agency: Agency) -> None:
    """How long recorders are shut out, and what it does to the pages."""
    now = after_the_end(agency)
    compare_as_every_night(agency, now)
    people = accounts(agency, Role.HR, Role.EXECUTIVE, Role.HEAD, Role.EMPLOYEE)
    approver, certifier = (member(agency, name) for name in ("approver", "certifier"))
    with agency.database.write("keep_keys") as connection:
        key = access.create_key(connection, name="bench-certifying", scope=Scope.INGEST, now=clock.now())
    with (
        server(agency, "app", "serve", "--bind", "127.0.0.1:PORT", "--workers", "2", KOPES_NOW=now.isoformat()) as port,
        signed_in(port, people[Role.HR]) as hr,
        signed_in(port, people[Role.EXECUTIVE]) as executive,
        signed_in(port, approver) as second,
        signed_in(port, certifier) as third,
    ):
        desk = Desk(agency, hr)
        desk.take_to_running(executive, second, now, (approver[0], certifier[0]))
        recorder = Recorder(port, key, fresh_events(agency, 20_000))
        own = agency.report.people[Role.EMPLOYEE]
        looks = _Looks(
            [
                (Visitor(port, *people[Role.EMPLOYEE]), f"/scorecards/employee:{own}?cycle={agency.report.cycle}"),
                (Visitor(port, *people[Role.HEAD]), f"/office?cycle={agency.report.cycle}"),
                (Visitor(port, *people[Role.EXECUTIVE]), f"/agency?cycle={agency.report.cycle}"),
            ]
        )
        with recording(recorder), looks.going_on():
            looks.begin()
            recorder.waits.clear()
            time.sleep(IDLE_SECONDS)
            idle, idle_wait = looks.begin(), statistics.median(recorder.waits)
            busy: list[float] = []
            for name, work in (
                ("proposed", desk.certify),
                ("refused and proposed again", partial(desk.refuse_and_certify, third)),
                ("agreed to", lambda: approve(third, desk.certifying)),
            ):
                recorder.waits.clear()
                took = seconds(work)
                time.sleep(SETTLING_SECONDS)
                longest = max(recorder.waits)
                tell(
                    f"certifying {name}: longest wait of a recorder (promised: 2 s)",
                    (longest, idle_wait, longest / idle_wait),
                    "s",
                )
                tell(f"certifying {name}, looked at and answered", (took, 1, took), "s")
                busy += looks.begin()
        assert not recorder.failed, recorder.failed[:3]
        assert not looks.failed, looks.failed[:3]
        slow, usual = (statistics.quantiles(one, n=100)[98] for one in (busy, idle))
        tell(
            f"pages, p99 of {len(busy)} while a cycle is certified ÷ of {len(idle)} before (promised: 3)",
            (slow, usual, slow / usual),
            "s",
        )


class _Looks:
    """People who look at one page after another, and how long each look took."""

    def __init__(self, pages: list[tuple[Visitor, str]]) -> None:
        self._pages, self._lock = pages, threading.Lock()
        self._took: list[float] = []
        self._ended = threading.Event()
        self.failed: list[int] = []

    def begin(self) -> list[float]:
        """What looks have taken since the last time, and begin anew."""
        with self._lock:
            took, self._took = self._took, []
        return took

    def _look(self, visitor: Visitor, path: str) -> None:
        while not self._ended.wait(0.05):
            began = time.perf_counter()
            status = visitor.look(path)
            with self._lock:
                self._took.append(time.perf_counter() - began)
                if status != HTTPStatus.OK:
                    self.failed.append(status)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Everybody looks meanwhile."""
        threads = [threading.Thread(target=self._look, args=page) for page in self._pages]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()
