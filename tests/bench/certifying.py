"""Certifying the demonstration agency on PostgreSQL while twenty events a second come in and people look at their pages.

The last of all measures, since a cycle is certified once. It is proposed, refused and proposed again, then agreed to; the server's present is after
the cycle's end. Everybody's signatures are written in one transaction by what writes those of one person.
"""

from __future__ import annotations

import datetime as dt
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import httpx
import sqlalchemy as sa

from app import access, cascade, scoring
from app.access.tables import account
from app.cascade import SignatureRow
from app.cycle.agreed_cards import agreed_cards
from app.cycle.agreeing import hold_draft, written_down
from app.decisions import Hand
from app.kit import clock
from app.rules.permissions import Scope
from app.rules.presence import cycle_period
from app.rules.terms import Role
from app.worker import JOBS, run_now
from tests.bench.agency import Agency
from tests.bench.ingesting import fresh_events, server
from tests.bench.measuring import seconds, tell
from tests.bench.pages import Visitor, accounts
from tests.bench.recorders import Recorder, approve, recording, signed_in

WHY: Final = "Measured beside recorders who wait."
IDLE_SECONDS: Final = 20.0
SETTLING_SECONDS: Final = 2.0


def measure(agency: Agency) -> None:
    """How long recorders are shut out, and what it does to the pages."""
    now = _after_the_end(agency)
    _compare_as_every_night(agency, now)
    people = accounts(agency, Role.HR, Role.EXECUTIVE, Role.HEAD, Role.EMPLOYEE)
    approver, certifier = (_member(agency, name) for name in ("approver", "certifier"))
    with agency.database.write("keep_keys") as connection:
        key = access.create_key(connection, name="bench-certifying", scope=Scope.INGEST, now=clock.now())
    with (
        server(agency, "app", "serve", "--bind", "127.0.0.1:PORT", "--workers", "2", KOPES_NOW=now.isoformat()) as port,
        signed_in(port, people[Role.HR]) as hr,
        signed_in(port, people[Role.EXECUTIVE]) as executive,
        signed_in(port, approver) as second,
        signed_in(port, certifier) as third,
    ):
        desk = _Desk(agency, hr)
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


def _after_the_end(agency: Agency) -> dt.datetime:
    """Some weeks after the cycle's last day."""
    with agency.database.read() as connection:
        first_month = scoring.state(connection).frame.first_month
    end = cycle_period(agency.report.cycle, first_month).to
    assert end is not None
    return dt.datetime.combine(end + dt.timedelta(days=40), dt.time(9), dt.UTC)


def _compare_as_every_night(agency: Agency, now: dt.datetime) -> None:
    """What a worker does each night: whoever proposes has what came since compared with the events, and every total with the activities."""
    jobs = [job for job in JOBS if job.name == "reconcile"]
    (outcome,) = run_now(agency.database, jobs, worker="bench", clock=lambda: now, say=lambda _said: None).values()
    assert not outcome.failed, outcome.text


def _member(agency: Agency, name: str) -> tuple[str, str]:
    with agency.database.write("keep_accounts") as connection:
        made = access.create_account(
            connection,
            email=f"bench-{name}@kopa.example",
            roles={Role.MEMBER},
            employee=None,
            now=clock.now(),
            first=access.first_password(),
        )
        connection.execute(sa.update(account).where(account.c.email == made.email).values(first_password=False))
    return made.email, made.password


class _Desk:
    """HR, who takes the cycle on."""

    def __init__(self, agency: Agency, hr: httpx.Client) -> None:
        self._agency, self._hr = agency, hr
        self._cycle = str(agency.report.cycle)
        self.certifying: dict[str, Any] = {}

    def _propose(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """A decision of the cycle, whatever may be accepted in its way accepted."""
        body = {"kind": kind, "cycle": self._cycle, "content": content, "reason": WHY}
        answer = self._hr.post("/api/v1/decisions", json=body)
        if answer.status_code == HTTPStatus.CONFLICT and answer.json()["code"] == "blocked":
            errors = answer.json()["errors"]
            assert not [one for one in errors if one["hard"]], errors
            accepted = content | {"accept": [one["code"] for one in errors]}
            answer = self._hr.post("/api/v1/decisions", json=body | {"content": accepted})
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def take_to_running(
        self, executive: httpx.Client, approver: httpx.Client, now: dt.datetime, functions: tuple[str, str]
    ) -> None:
        """Open it, have it published, agreed upon by everybody, and begun."""
        calendar = {"agree_by": f"{self._cycle}-01-31"}
        self._hr.post("/api/v1/cycles", json={"cycle": self._cycle, "calendar": calendar}).raise_for_status()
        for person, function in zip(functions, ("approver", "certifier"), strict=True):
            term = {"from": f"{self._cycle}-01-01", "to": f"{int(self._cycle) + 2}-01-01"}
            approve(executive, self._propose("appoint", {"person": person, "function": function, **term}))
        approve(approver, self._propose("stage", {"to": "agreement"}))
        self._agency.database.writing("sign_scorecard", lambda connection: self._sign(connection, now))
        approve(approver, self._propose("stage", {"to": "running"}))

    def _sign(self, connection: sa.Connection, now: dt.datetime) -> None:
        loaded = scoring.state_to_decide_in(connection)
        plan = loaded.plan(int(self._cycle))
        by = Hand(account_id=None, account="bench", employee=None, acts_for=None, at=now)
        for node, card in agreed_cards(connection, loaded, plan.cycle).items():
            if card.draft:
                place = card.place or written_down(connection, plan, card, by=by)
                rows = [
                    SignatureRow(place, card.draft_digest, signed_as, now, None, by.account, None, None)
                    for signed_as in card.missing
                ]
                cascade.keep_signatures(connection, plan.cycle, ((node, row) for row in rows))
                hold_draft(connection, plan, card, place=place, at=now)

    def certify(self) -> None:
        """Propose to certify it."""
        self.certifying = self._propose("certify", {})

    def refuse_and_certify(self, checker: httpx.Client) -> None:
        """Once more."""
        checker.post(f"/api/v1/decisions/{self.certifying['id']}/refuse", json={"reason": WHY}).raise_for_status()
        self.certify()


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
