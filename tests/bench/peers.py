"""The operations that people of other systems wait for, by the same path: one request of a signed-in person to a server, or of a key.

The others' figures are medians on two cores with 1,300 employees, measured by us; each row tells how many times as long theirs takes.
"""

from __future__ import annotations

import http.client
import json
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from app import access, organisation
from app.kit import clock
from app.rules.permissions import Scope
from app.rules.terms import Role
from tests.bench.agency import Agency
from tests.bench.ingesting import fresh_events, server
from tests.bench.measuring import seconds, tell
from tests.bench.pages import Visitor, accounts, fresh_activity

LOOKS = 15
SENDERS = 8
EVENTS = 800
REASON = {"reason": "Held against other systems"}


def measure(agency: Agency) -> None:
    """Each operation's median beside the quickest of theirs."""
    people = accounts(agency, Role.EMPLOYEE, Role.HEAD, Role.EXECUTIVE, Role.HR)
    with agency.database.read() as connection:
        root = organisation.directory(connection).tree.root_on(clock.now().date())
    with server(agency, "app", "serve", "--bind", "127.0.0.1:PORT", "--workers", "2") as port:
        employee, head, executive, hr = (Visitor(port, *login) for login in people.values())
        rows: tuple[tuple[str, float, Callable[[], object]], ...] = (
            ("an activity logged (Horilla)", 0.118, lambda: employee.submit("/log", fresh_activity())),
            ("an activity logged (Data Hub)", 0.226, lambda: employee.submit("/log", fresh_activity())),
            ("an activity logged (Export Wins)", 0.036, lambda: employee.submit("/log", fresh_activity())),
            ("the organisation's dashboard (Horilla)", 0.185, partial(executive.get, "/agency")),
            ("the organisation's dashboard (Export Wins, by region)", 2.142, partial(executive.get, "/agency")),
            ("the organisation's dashboard (Export Wins, by sector)", 0.673, partial(executive.get, "/agency")),
            ("everyone's goals, 1,300 (Horilla)", 2.5, partial(hr.get, "/people")),
            ("a unit's page (Horilla)", 0.305, partial(head.get, "/office")),
            ("a unit's scorecard (Horilla)", 0.305, partial(executive.get, f"/scorecards/unit:{root}")),
            ("a workbook of 1,300 (Horilla)", 0.82, partial(hr.download, "/people", REASON | {"format": "xlsx"})),
        )
        for name, theirs, work in rows:
            work()
            _tell(name, theirs, statistics.median(seconds(work) for _ in range(LOOKS)))
        _measure_many(agency, port)
        _measure_table(hr, str(root))


def _measure_table(visitor: Visitor, root: str) -> None:
    """A file of activities, by what 20,000 of its rows take."""
    rows, took = 0, 0.0

    def load() -> None:
        nonlocal rows
        rows = visitor.download(f"/activities?node=unit:{root}", REASON).count(b"\r\n")

    load()
    took = statistics.median(seconds(load) for _ in range(3))
    _tell("20,000 rows of CSV (Export Wins)", 5.8, took * 20_000 / rows)


def _measure_many(agency: Agency, port: int) -> None:
    """Single events a second of eight senders at once."""
    with agency.database.write("keep_keys") as connection:
        key = access.create_key(connection, name="bench-peers", scope=Scope.INGEST, now=clock.now())
    events = fresh_events(agency, EVENTS)

    def send(share: list[str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for event in share:
            headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {key}"}
            connection.request("POST", "/api/v1/events", event, headers)
            assert json.loads(connection.getresponse().read())["accepted"] == 1
        connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        took = seconds(lambda: list(pool.map(send, [events[at::SENDERS] for at in range(SENDERS)])))
    _tell("one event a request, eight at once (Horilla)", 1 / 16, took / EVENTS)


def _tell(name: str, theirs: float, ours: float) -> None:
    tell(f"{name}: theirs ÷ ours (promised: 10)", (theirs, ours, theirs / ours), "s")
