"""Change sets beside recording: how long recorders are shut out, what an application costs beside a load of everything, and what telling effects costs.

And what the outbox costs whoever records: nothing is posted there for an event, but a worker looks at it every second. Twenty events a second come in by the API while the sets are applied; each row goes there and back, so that the agency stays what it was.
"""

from __future__ import annotations

import csv
import json
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import sqlalchemy as sa

from app import access, intake, scoring
from app.access.tables import account
from app.kit import clock
from app.kit.database import Database
from app.kit.settings import Settings
from app.ledger import tables as ledger_tables
from app.rules.permissions import Scope
from app.rules.terms import Role
from app.scoring import ScoreQuery
from app.worker.delivering import keep_delivering
from tests.bench.agency import Agency
from tests.bench.ingesting import fresh_events, server
from tests.bench.measuring import in_turn, seconds, tell
from tests.bench.pages import accounts
from tests.bench.recorders import Recorder, approve, recording, signed_in

FILES: Final = ("units.csv", "postings.csv", "scorecards.csv", "policies")
WHY: Final = "Measured beside recorders who wait."

Rows = list[dict[str, str]]


def measure(agency: Agency) -> None:
    """Everything of the table that issue and contract promise for change sets."""
    everything = _load_of_everything(agency)
    people = accounts(agency, Role.HR, Role.EXECUTIVE) | {Role.ADMIN: _second_of_hr(agency)}
    with agency.database.write("keep_keys") as connection:
        key = access.create_key(connection, name="bench-changes", scope=Scope.INGEST, now=clock.now())
    with (
        server(agency, "app", "serve", "--bind", "127.0.0.1:PORT", "--workers", "2") as port,
        signed_in(port, people[Role.HR]) as maker,
        signed_in(port, people[Role.ADMIN]) as checker,
        signed_in(port, people[Role.EXECUTIVE]) as executive,
    ):
        for file in FILES:
            content = {"file": file, "to": "application"}
            made = maker.post(
                "/api/v1/decisions", json={"kind": "master", "cycle": None, "content": content, "reason": WHY}
            )
            approve(executive, made.json())
        recorder = Recorder(port, key, fresh_events(agency, 60_000))
        events_before = _events(agency)
        for name, file, there, back in (
            ("one posting", "postings.csv", *_one_posting(agency)),
            ("a regional headquarters' offices", "units.csv", *_reorganisation(agency)),
        ):
            applied, waited, idle = _applied(maker, checker, recorder, file, (there, back))
            tell(
                f"{name} changed: longest wait of a recorder (promised: 2 s)",
                (waited, idle, waited / max(idle, 1e-9)),
                "s",
            )
            tell(
                f"{name} changed: applied ÷ a load of everything (promised for one posting: 0.05)",
                (applied, everything, applied / everything),
                "s",
            )
        # None is lost, and every total is what the ledger says under the folder as it is now (contract-desk, 8, item 7).
        assert _events(agency) == events_before + sum(recorder.accepted)
        with agency.database.read() as connection:
            assert list(scoring.reconcile(connection)) == []
        _measure_effects(agency, maker)
        _measure_outbox(agency, port, key)


def _events(agency: Agency) -> int:
    with agency.database.read() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(ledger_tables.event)) or 0)


def _second_of_hr(agency: Agency) -> tuple[str, str]:
    with agency.database.write("keep_accounts") as connection:
        made = access.create_account(
            connection,
            email="bench-hr-2@kopa.example",
            roles={Role.HR},
            employee=None,
            now=clock.now(),
            first=access.first_password(),
        )
        connection.execute(sa.update(account).where(account.c.email == made.email).values(first_password=False))
    return made.email, made.password


def _begun(maker: httpx.Client, file: str, rows: Rows) -> str:
    """A change set with rows in it; its address."""
    address = maker.post("/api/v1/changes", json={"title": "Measured", "reason": WHY}).headers["Location"]
    maker.put(f"{address}/rows/{file}", json={"set": rows}).raise_for_status()
    return str(address)


def _applied(
    maker: httpx.Client, checker: httpx.Client, recorder: Recorder, file: str, ways: tuple[Rows, Rows]
) -> tuple[float, float, float]:
    """How long the approval takes, how long a recorder waited at most meanwhile, and the median of one who need not; there and back."""
    took, waited = [], []
    with recording(recorder):
        time.sleep(5)
        idle = statistics.median(recorder.waits)
        for rows in ways:
            address = _begun(maker, file, rows)
            decision = maker.get(maker.post(f"{address}/submit", json={}).headers["Location"]).json()
            checker.get(f"/api/v1/decisions/{decision['id']}/effects").raise_for_status()
            recorder.waits.clear()
            took.append(seconds(partial(approve, checker, decision)))
            time.sleep(2)
            waited.append(max(recorder.waits))
    assert not recorder.failed, recorder.failed[:3]
    return statistics.median(took), max(waited), idle


def _load_of_everything(agency: Agency) -> float:
    """A load that has everything derived again, in a transaction that is given up."""

    class GivenUp(Exception):
        pass

    policies = Path(agency.report.definitions) / "policies.yaml"
    before = policies.read_text(encoding="utf-8")
    policies.write_text(before.replace("gmbh, ltd", "gmbh, measured, ltd"), encoding="utf-8")
    assert policies.read_text(encoding="utf-8") != before

    def load() -> None:
        with agency.database.write("load_folder") as connection:
            report = intake.load_agency(
                connection, agency.report.agency, definitions=agency.report.definitions, at=clock.now(), by="bench"
            )
            assert report.derived
            raise GivenUp

    def once() -> None:
        try:
            load()
        except GivenUp:
            return

    try:
        return seconds(once)
    finally:
        policies.write_text(before, encoding="utf-8")


def _rows(agency: Agency, file: str) -> Rows:
    with (Path(agency.report.agency) / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _one_posting(agency: Agency) -> tuple[Rows, Rows]:
    """Of who has most activities: another job at the same unit, and the one before."""
    recorded = Counter(
        json.loads(line).get("data", {}).get("employee")
        for file in agency.report.event_files
        for line in file.read_text(encoding="utf-8").splitlines()
        if '"employee"' in line
    )
    busiest = [number for number, _ in recorded.most_common()]
    open_ones = {row["employee"]: row for row in _rows(agency, "postings.csv") if not row["to"]}
    row = next(open_ones[number] for number in busiest if number in open_ones and open_ones[number]["role"] == "staff")
    return [row | {"role": "manager"}], [row]


def _reorganisation(agency: Agency) -> tuple[Rows, Rows]:
    """All offices of one regional headquarters under another, and back."""
    units = [row for row in _rows(agency, "units.csv") if not row["valid_to"]]
    by_parent: dict[str, Rows] = {}
    for row in units:
        if row["kind"] == "office":
            by_parent.setdefault(row["parent"], []).append(row)
    one, other = sorted(by_parent, key=lambda parent: -len(by_parent[parent]))[:2]
    rows = by_parent[one][:13]
    return [row | {"parent": other} for row in rows], rows


def _measure_effects(agency: Agency, maker: httpx.Client) -> None:
    """What one changed weight, and one changed policy, move: told ÷ scoring the agency twice."""
    asked = ScoreQuery(agency.report.cycle, clock.now().date())

    def twice() -> float:
        with Database(agency.url).read() as connection:
            scoring.scores(connection, asked)
            return seconds(lambda: [scoring.scores(connection, asked) for _ in range(2)])

    cards = [row for row in _rows(agency, "scorecards.csv") if row["cycle"] == str(agency.report.cycle)]
    node = next(row["node"] for row in cards if row["node"].startswith("employee:"))
    heavy, light = sorted((row for row in cards if row["node"] == node), key=lambda row: -float(row["weight"]))[:2]
    policies = (Path(agency.report.definitions) / "policies.yaml").read_text(encoding="utf-8")
    weight, policy = (
        maker.post("/api/v1/changes", json={"title": "Measured", "reason": WHY}).headers["Location"] for _ in range(2)
    )

    def other_weight(by: int) -> None:
        rows = [heavy | {"weight": _less(heavy, by)}, light | {"weight": _less(light, -by)}]
        maker.put(f"{weight}/rows/scorecards.csv", json={"set": rows}).raise_for_status()

    def other_policy(by: int) -> None:
        blend = f"staff: {{unit: {50 - by}, own: {50 + by}}}"
        content = policies.replace("staff: {unit: 50, own: 50}", blend)
        assert content != policies
        headers = {"Content-Type": "application/yaml"}
        maker.put(f"{policy}/policies.yaml", content=content, headers=headers).raise_for_status()

    for name, address, change, most in (("weight", weight, other_weight, 2), ("policy", policy, other_policy, 3)):

        def told(by: int, address: str = address, change: Callable[[int], None] = change) -> float:
            # What the set says is another each time: nobody has asked for it before.
            change(by)
            return seconds(lambda: maker.get(f"{address}/effects").raise_for_status())

        told(1)
        pairs = [(told(by), twice()) for by in range(2, 7)]
        value, baseline = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        tell(f"effects of one {name} ÷ scoring twice (promised: {most})", (value, baseline, ratio), "s")
        tell(f"effects of one {name} (promised: 3 s)", (value, 3, value / 3), "s")
        change(7)
        checked = seconds(partial(maker.get, f"{address}/check"))
        tell(f"check of one {name} (promised: 3 s)", (checked, 3, checked / 3), "s")


def _less(row: dict[str, str], by: int) -> str:
    """A line's weight less so many tenths."""
    return str(Decimal(row["weight"]) - Decimal(by) / 10)


def _measure_outbox(agency: Agency, port: int, key: str) -> None:
    """One event after another while a worker looks after the outbox ÷ while none does."""
    events = iter(fresh_events(agency, (_OUTBOX_PAIRS + 1) * 2 * _OUTBOX_EVENTS))
    settings = Settings(database_url=agency.url)
    headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:

        def one() -> float:
            event = next(events)
            return seconds(lambda: client.post("/api/v1/events", content=event).raise_for_status())

        def alone() -> float:
            return statistics.median(one() for _ in range(_OUTBOX_EVENTS))

        def looked_after() -> float:
            with _delivering(Database(agency.url), settings):
                return alone()

        name = "a single event while a worker looks after the outbox ÷ while none does (promised: 1.03)"
        tell(name, in_turn(looked_after, alone, runs=_OUTBOX_PAIRS), "s")


_OUTBOX_PAIRS: Final = 9
_OUTBOX_EVENTS: Final = 100


@contextmanager
def _delivering(database: Database, settings: Settings) -> Iterator[None]:
    """A worker's deliveries beside what is measured."""
    ending = threading.Event()
    worker = threading.Thread(
        target=lambda: keep_delivering(
            database, ending, settings=settings, worker="bench", clock=clock.now, say=lambda _what: None
        )
    )
    worker.start()
    try:
        yield
    finally:
        ending.set()
        worker.join()
        database.close()
