"""What one process bears: it says that it is there while others press it, and its memory stays what it is after a thousand requests."""

from __future__ import annotations

import http.client
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app import scoring
from app.rules.terms import Role
from tests.bench.agency import Agency
from tests.bench.ingesting import server
from tests.bench.measuring import seconds, tell
from tests.bench.pages import Visitor, accounts

FEW, MANY = 1_000, 10_000
PRESSED_LEAST = 2_000
"""Of the few hundred that one load takes three slow ones are the p99, and any other program of the machine makes three."""


def measure(agency: Agency) -> None:
    """Both, one after the other."""
    people = accounts(agency, Role.EMPLOYEE, Role.HEAD, Role.EXECUTIVE, Role.HR, Role.AUDITOR)
    _measure_presence(agency, people[Role.EMPLOYEE])
    _measure_memory(agency, people)


def _measure_presence(agency: Agency, login: tuple[str, str]) -> None:
    """``/healthz`` while 40 send slowly, 40 sign in and the whole folder is loaded."""
    with server(agency, "app", "serve", "--bind", "127.0.0.1:PORT") as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

        def ask() -> float:
            def once() -> None:
                connection.request("GET", "/healthz")
                assert connection.getresponse().read()

            return seconds(once)

        idle = statistics.median(ask() for _ in range(500))
        pressed: list[float] = []
        with _pressed(port, login):
            while len(pressed) < PRESSED_LEAST:
                with _loading(agency) as loading:
                    while loading.poll() is None:
                        pressed.append(ask())
                        time.sleep(0.01)
                assert loading.returncode == 0
        p99 = statistics.quantiles(pressed, n=100)[98]
        tell("/healthz, p99 while pressed against idle (promised: 50 at most)", (p99, idle, p99 / idle), "s")


def _loading(agency: Agency) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "load", str(agency.report.agency)],
        env=os.environ | {"DATABASE_URL": agency.url, "KPI_DEFINITIONS": str(agency.report.definitions)},
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def _pressed(port: int, login: tuple[str, str]) -> Iterator[None]:
    pressing = subprocess.Popen([sys.executable, "-m", "tests.bench.pressing", str(port), *login])
    try:
        yield
    finally:
        pressing.terminate()
        pressing.wait()


def _measure_memory(agency: Agency, people: dict[Role, tuple[str, str]]) -> None:
    """Resident memory of a serving process after 10,000 requests over all kinds of pages, against that after 1,000."""
    chance = random.Random(7)
    with agency.database.read() as connection:
        plan = scoring.state(connection).plan(agency.report.cycle)
    nodes = [str(node) for node in plan.nodes]
    kpis = {str(node): [line.row.kpi for line in lines] for node, lines in plan.lines.items()}

    def any_page() -> tuple[Role, str]:
        node = chance.choice(nodes)
        employee = chance.choice([one for one in nodes if one.startswith("employee:")])
        return chance.choice(
            (
                (Role.HR, f"/scorecards/{node}"),
                (Role.HR, f"/scorecards/{node}?basis=provisional"),
                (Role.HR, f"/scorecards/{node}?as_of={agency.report.cycle}-{chance.randint(1, 6):02d}-15"),
                (Role.HR, f"/scorecards/{node}/{chance.choice(kpis.get(node) or ['none'])}"),
                (Role.HR, f"/grades/{employee}"),
                (Role.HR, f"/people?text={chance.choice('abcdefgh')}{chance.randint(1, 99)}"),
                (Role.AUDITOR, f"/activities?node={node}"),
                (Role.AUDITOR, f"/ledger?text={chance.randint(1, 999)}"),
                (Role.EXECUTIVE, "/agency"),
                (Role.EXECUTIVE, "/goals"),
                (Role.HEAD, "/office"),
                (Role.EMPLOYEE, "/activities"),
            )
        )

    with ExitStack() as stack:
        port = stack.enter_context(server(agency, "app", "serve", "--bind", "127.0.0.1:PORT"))
        visitors = {role: Visitor(port, *login) for role, login in people.items()}

        def visit(count: int) -> float:
            for _ in range(count):
                role, path = any_page()
                status = visitors[role].look(path)
                assert status in {200, 404}, (path, status)
            return _resident_bytes(port)

        few = visit(FEW)
        many = visit(MANY - FEW)
        tell("memory after 10,000 requests against 1,000 (promised: 1.3 at most)", (many, few, many / few), "bytes")


def _resident_bytes(port: int) -> float:
    """What the process that listens on the port has in memory."""
    found = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    pid = int(found.partition("pid=")[2].partition(",")[0])
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))
