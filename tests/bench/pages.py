"""Pages, signed in, against a page of the same server that makes as many one-row queries and sends as many bytes."""

from __future__ import annotations

import http.client
import re
import statistics
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy import Engine

from app import access, organisation
from app.kit import clock
from app.kit.settings import Settings
from app.rules.terms import Role
from app.web import create_app
from tests.bench.agency import Agency
from tests.bench.ingesting import server
from tests.bench.measuring import in_turn, seconds, tell

REQUESTS = 60


class Visitor:
    """A signed-in person's connection."""

    def __init__(self, port: int, email: str, password: str) -> None:
        """Sign in by the form."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        form = self.get("/login")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token is not None
        status, _ = self._ask(
            "POST", "/login", urlencode({"email": email, "password": password, "csrf_token": token[1]})
        )
        assert status in {302, 303}, status

    def get(self, path: str) -> str:
        """A page's text."""
        status, body = self._ask("GET", path)
        assert status == 200, (path, status)
        return body

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response.status, response.read().decode()

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._connection.port}"


def measure(agency: Agency) -> None:
    """Each page's rate against the baseline's; a promise for the scorecard, the others for the record."""
    people = {}
    with agency.database.write("keep_accounts") as connection:
        for role in (Role.EMPLOYEE, Role.HEAD, Role.EXECUTIVE, Role.HR):
            made = access.create_account(
                connection,
                email=f"bench-{role}@kopa.example",
                roles={role},
                employee=agency.report.people[role],
                now=clock.now(),
            )
            people[role] = (made.email, made.password)
    with agency.database.read() as connection:
        root = organisation.directory(connection).tree.root_on(clock.today())
    with server(agency, "tests.bench.serving", "PORT") as port:
        for role, path, name in (
            (Role.EMPLOYEE, f"/scorecards/employee:{agency.report.people['employee']}", "scorecard (promised: 0.5)"),
            (Role.EXECUTIVE, f"/scorecards/unit:{root}", "agency's scorecard"),
            (Role.EXECUTIVE, "/agency", "agency on one page"),
            (Role.HEAD, "/office", "office"),
            (Role.HEAD, "/verification", "verification queue"),
            (Role.HR, "/people", "people"),
        ):
            visitor = Visitor(port, *people[role])
            page = visitor.get(path)
            queries = _count_queries(agency, people[role], path)
            _tell_page(f"{name}: {queries} queries", visitor, path, queries, len(page.encode()))


def _count_queries(agency: Agency, login: tuple[str, str], path: str) -> int:
    """How many statements a page makes, asked of the application in this process."""
    app = create_app(Settings(database_url=agency.url, secret_key="bench"), database=agency.database)
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert token is not None
    email, password = login
    form = {"email": email, "password": password, "csrf_token": token[1]}
    client.post("/login", data=form, headers={"Origin": "http://localhost"})
    client.get(path)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == HTTPStatus.OK
    finally:
        sa.event.remove(Engine, "before_cursor_execute", note)
    return len(statements)


def _tell_page(name: str, visitor: Visitor, path: str, queries: int, size: int) -> None:
    def rate(address: str) -> Callable[[], float]:
        def once() -> float:
            return 1 / statistics.median(seconds(lambda: visitor.get(address)) for _ in range(REQUESTS))

        return once

    # The router's own query for the session is made for both.
    baseline = f"/baseline?queries={max(0, queries - 1)}&size={size}"
    tell(name, in_turn(rate(path), rate(baseline), runs=5), "requests/s")
