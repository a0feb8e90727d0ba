"""From a certified cycle to a locked one: what trying a move, reading one's own result and recomputing all of it take.

After :mod:`tests.bench.certifying`, for a cycle is taken on once; without it the cycle is certified here. Reviews, and that people were told by hand, are
written for everybody at once.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import sqlalchemy as sa
from sqlalchemy import Connection

from app import cascade, intake, ledger, scoring
from app import cycle as cycles
from app.cascade.tables import told_by_hand
from app.cycle.tables import result_review
from app.kit import clock
from app.kit.database import Database
from app.kit.schema import metadata
from app.kit.settings import Settings
from app.ledger import tables as ledger_tables
from app.rules.terms import NodeKind, Role
from app.scoring import ScoreQuery
from tests.bench.agency import Agency
from tests.bench.desk import Desk, after_the_end, compare_as_every_night, member
from tests.bench.ingesting import server
from tests.bench.measuring import in_turn, seconds, tell
from tests.bench.pages import Visitor, accounts
from tests.bench.recorders import approve, signed_in

OFTEN: Final = 9
BATCH: Final = 5_000
VERIFIED: Final = 3
FUNCTIONS: Final = ("approver", "certifier", "calibrator")
WINDOW: Final = dt.timedelta(days=20)
"""After which nobody may object any more."""


def measure(agency: Agency) -> None:
    """Everything of the table of the cycle's second half."""
    now = after_the_end(agency)
    members = {name: member(agency, f"second-{name}") for name in FUNCTIONS}
    with _house(agency, now, members) as house:
        _come_to_certified(agency, house, now)
        _measure_preview(agency, house, now)
        _measure_verifying(agency, "certified")
        agency.database.writing("review", partial(_review, agency, now=now))
        approve(house.approver, house.desk.propose("notify", {}))
        agency.database.writing("tell", partial(_tell_by_hand, agency, now=now))
        _measure_result(agency, house)
    with _house(agency, now + WINDOW, members) as house:
        approve(house.approver, house.desk.propose("lock", {}))
    _measure_verifying(agency, "locked")


class _House(NamedTuple):
    """A server, and who is signed in to it."""

    port: int
    desk: Desk
    cycle: int
    executive: httpx.Client
    approver: httpx.Client
    certifier: httpx.Client
    calibrator: httpx.Client
    looking: Visitor
    """The calibrator, at pages."""


@contextmanager
def _house(agency: Agency, now: dt.datetime, members: dict[str, tuple[str, str]]) -> Iterator[_House]:
    people = accounts(agency, Role.HR, Role.EXECUTIVE)
    with ExitStack() as stack:
        port = stack.enter_context(server(agency, "tests.bench.serving", "PORT", KOPES_NOW=now.isoformat()))
        logins = (people[Role.HR], people[Role.EXECUTIVE], *(members[name] for name in FUNCTIONS))
        hr, executive, approver, certifier, calibrator = (
            stack.enter_context(signed_in(port, login)) for login in logins
        )
        yield _House(
            port,
            Desk(agency, hr),
            agency.report.cycle,
            executive,
            approver,
            certifier,
            calibrator,
            Visitor(port, *members["calibrator"]),
        )


def _come_to_certified(agency: Agency, house: _House, now: dt.datetime) -> None:
    """Certify the cycle where nobody has, and give the functions that what follows asks for."""
    emails = {name: f"bench-second-{name}@kopa.example" for name in FUNCTIONS}
    with agency.database.read() as connection:
        is_open = cycles.opened_cycle(connection, house.cycle) is not None
    term = {"from": f"{house.cycle}-01-01", "to": f"{house.cycle + 2}-01-01"}
    if not is_open:
        compare_as_every_night(agency, now)
        house.desk.take_to_running(house.executive, house.approver, now, (emails["approver"], emails["certifier"]))
        house.desk.certify()
        approve(house.certifier, house.desk.certifying)
    else:
        content = {"person": emails["approver"], "function": "approver", **term}
        approve(house.executive, house.desk.propose("appoint", content))
    content = {"person": emails["calibrator"], "function": "calibrator", "groups": "all", **term}
    approve(house.executive, house.desk.propose("appoint", content))


def _measure_preview(agency: Agency, house: _House, now: dt.datetime) -> None:
    """Two neighbours of the largest group change their grades, tried again and again, against the page of that group."""
    group, moves = _swap(agency, house.cycle, now)
    tried = f"/api/v1/cycles/{house.cycle}/calibration/preview"

    def preview() -> float:
        def once() -> None:
            house.calibrator.post(tried, json={"moves": moves}).raise_for_status()

        return statistics.median(seconds(once) for _ in range(OFTEN))

    def page() -> float:
        address = str(httpx.URL(f"/cycles/{house.cycle}/calibration", params={"group": group}))
        return statistics.median(seconds(partial(house.looking.get, address)) for _ in range(OFTEN))

    tell("preview of a calibration move ÷ the group's page (promised: 0.2)", in_turn(preview, page, runs=5), "s")


def _swap(agency: Agency, cycle: int, now: dt.datetime) -> tuple[str, list[dict[str, Any]]]:
    """The largest group, and the moves by which the first two of different grades in it change these."""
    with agency.database.read() as connection:
        loaded = scoring.state(connection)
        today = loaded.frame.directory.day_of(now)
        calibration = cycles.calibration_of(connection, loaded, cycle, NodeKind.EMPLOYEE, today=today)
    group = max(cycles.calibration_groups(calibration), key=lambda one: one.size).group
    graded = [(calibration.node_of(one), one.grade) for one in calibration.places_in(group)]
    (first, upper), (second, lower) = next(pair for pair in pairwise(graded) if pair[0][1] != pair[1][1])
    moves = ((first, upper, lower), (second, lower, upper))
    return group, [{"node": str(node), "from": from_, "to": to} for node, from_, to in moves]


def _measure_result(agency: Agency, house: _House) -> None:
    """One's own result, and the first page of what a line of it comes from, against a page with nothing in it."""
    own = f"employee:{agency.report.people[Role.EMPLOYEE]}"
    visitor = Visitor(house.port, *accounts(agency, Role.EMPLOYEE)[Role.EMPLOYEE])
    with agency.database.read() as connection:
        plan = scoring.state(connection).plan(house.cycle)
    (line, *_) = (one.row.kpi for one in plan.worked if str(one.node) == own)

    def looked(path: str) -> float:
        return statistics.median(seconds(partial(visitor.get, path)) for _ in range(OFTEN))

    for name, path in (
        ("one's result", f"/my/result?cycle={house.cycle}"),
        ("one's scorecard of it", f"/scorecards/{own}?cycle={house.cycle}"),
        ("a line's whole derivation, first page", f"/scorecards/{own}/{line}?cycle={house.cycle}"),
        ("how the grade came to be", f"/grades/{own}?cycle={house.cycle}"),
    ):
        figures = in_turn(partial(looked, path), partial(looked, "/baseline/empty"), runs=5)
        tell(f"{name} ÷ an empty page (promised: 10)", figures, "s")


def _measure_verifying(agency: Agency, stage: str) -> None:
    """The command, against a process that takes the folder and the cut's events into an empty database, and scores and grades everyone by it."""
    cycle = str(agency.report.cycle)
    figures = in_turn(
        partial(seconds, partial(_run, agency, "app", "cycle", "verify", cycle)),
        partial(seconds, partial(_run, agency, "tests.bench.results", cycle, str(agency.report.agency))),
        runs=VERIFIED,
    )
    tell(f"kopes cycle verify, {stage} ÷ scoring and grading it from its events (promised: 1.5)", figures, "s")


def _run(agency: Agency, *words: str) -> None:
    environment = os.environ | {"DATABASE_URL": agency.url, "KPI_DEFINITIONS": str(agency.report.definitions)}
    subprocess.run([sys.executable, "-m", *words], env=environment, stdout=subprocess.DEVNULL, check=True)


def _review(agency: Agency, connection: Connection, *, now: dt.datetime) -> None:
    loaded = scoring.state_to_decide_in(connection)
    opened = cycles.opened_cycle(connection, agency.report.cycle)
    assert opened is not None
    results = cycles.results_as_they_stand(connection, loaded, opened, day=loaded.frame.directory.day_of(now))
    rows = [
        {
            "cycle": opened.cycle,
            "employee": one.row.employee,
            "place": 1,
            "digest": one.digest,
            "agrees": True,
            "text": f"Read line by line, {one.row.employee}.",
            "opened_at": now - dt.timedelta(minutes=3),
            "at": now,
            "account": "bench",
            "reviewer": None,
            "acts_for": None,
        }
        for one in results.all()
        if one.is_graded
    ]
    connection.execute(sa.insert(result_review), rows)


def _tell_by_hand(agency: Agency, connection: Connection, *, now: dt.datetime) -> None:
    day = scoring.state_to_decide_in(connection).frame.directory.day_of(now)
    told = cascade.told_to(connection, agency.report.cycle)
    key = {"cycle": agency.report.cycle, "day": day, "how": "by letter", "at": now, "account": "bench"}
    rows = [key | {"place": one.telling.place, "employee": one.employee} for one in told.values() if not one.by_mail]
    connection.execute(sa.insert(told_by_hand), rows)


def main(cycle: int, folder: Path) -> None:
    """Score and grade a cycle from nothing but the agency's folder and the events of its cut, by the doors that everything comes by."""
    settings = Settings.from_environment()
    now = clock.now()
    with Database(settings.database_url).read() as connection:
        cut = scoring.certified_cuts(connection)[cycle].cut
        event = ledger_tables.event.c
        texts = connection.scalars(sa.select(event.body).where(event.seq <= cut.last_event).order_by(event.seq)).all()
    with tempfile.TemporaryDirectory(prefix="kopes-bench-") as place:
        database = Database(f"sqlite:///{place}/anew.db", readers=1, disposable=True)
        with database.write("recompute") as connection:
            metadata.create_all(connection)
            ledger.begin_ledger(connection)
            intake.load_agency(connection, folder, definitions=settings.kpi_definitions, at=now, by="bench")
        for first in range(0, len(texts), BATCH):
            arrivals = [intake.arrival_of_text(text) for text in texts[first : first + BATCH]]
            with database.write("recompute") as connection:
                taken = intake.take_in(connection, arrivals, at=now, door="ingest", sender="bench", keep=False)
                assert not taken.rejected, taken.rejected[0]
        with database.read() as connection:
            scored = scoring.scores(connection, ScoreQuery(cycle, now.date()))
            print(len(cycles.employee_proposal(scored).rows), len(cycles.unit_proposal(scored).rows))
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
