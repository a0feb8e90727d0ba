"""Pages, signed in, against a page of the same server that makes as many one-row queries and sends as many bytes."""

from __future__ import annotations

import datetime as dt
import http.client
import random
import re
import statistics
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from itertools import repeat
from urllib.parse import urlencode

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app import access, organisation
from app.access.tables import account
from app.kit import clock
from app.kit.settings import Settings
from app.rules.terms import Role
from app.web import create_app
from tests.bench.agency import Agency
from tests.bench.ingesting import server
from tests.bench.measuring import in_turn, seconds, tell

REQUESTS = 60
LONG = 15
FRESH_DAYS = 5


def token_in(page: str) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


class Visitor:
    """A signed-in person's connection."""

    def __init__(self, port: int, email: str, password: str) -> None:
        """Sign in by the form."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        form = self.get("/login")
        self._token = token_in(form)
        self.submit("/login", {"email": email, "password": password})
        self._token = token_in(self.get("/password"))

    def get(self, path: str) -> str:
        """A page's text."""
        try:
            status, body = self._ask("GET", path)
        except http.client.RemoteDisconnected:
            # The server lets go of a connection over which nothing came for some seconds.
            self._connection.close()
            status, body = self._ask("GET", path)
        assert status == 200, (path, status)
        return body

    def look(self, path: str) -> int:
        """Ask for a page, whatever it answers; returns its status."""
        try:
            return self._ask("GET", path)[0]
        except http.client.RemoteDisconnected:
            # Too long after the last request: the server has let the connection go.
            return self._ask("GET", path)[0]

    def submit(self, path: str, form: dict[str, str]) -> None:
        """Send a form that is taken."""
        status, body = self._ask("POST", path, urlencode(form | {"csrf_token": self._token}))
        assert status in {302, 303}, (path, status, body)

    def download(self, path: str, form: dict[str, str]) -> bytes:
        """The file that a form asks for."""
        # On a connection of its own: after some seconds the server lets go of one over which nothing came.
        self._connection.close()
        self._connection.request("POST", path, urlencode(form | {"csrf_token": self._token}), self._headers(form=True))
        response = self._connection.getresponse()
        body = response.read()
        assert response.status == HTTPStatus.OK, (path, response.status, body[:500])
        return body

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        self._connection.request(method, path, body, self._headers(form=body is not None))
        response = self._connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response.status, response.read().decode()

    def _headers(self, *, form: bool) -> dict[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if form:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}
        return headers

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._connection.port}"


def measure(agency: Agency) -> None:
    """Each page's rate against the baseline's; a promise for the scorecard, the others for the record."""
    people = accounts(agency, Role.EMPLOYEE, Role.HEAD, Role.EXECUTIVE, Role.HR)
    with agency.database.read() as connection:
        root = organisation.directory(connection).tree.root_on(clock.now().date())
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
        _measure_agency(port, people)
        _measure_long(agency, port, people[Role.HR])
        _measure_past(agency, port, people, str(root))
        _measure_log(agency, port, people[Role.EMPLOYEE])


def _measure_agency(port: int, people: dict[Role, tuple[str, str]]) -> None:
    """The agency's page against an office's of the same run."""
    executive, head = Visitor(port, *people[Role.EXECUTIVE]), Visitor(port, *people[Role.HEAD])
    figures = in_turn(_taken(executive, repeat("/agency")), _taken(head, repeat("/office")), runs=5)
    tell("agency ÷ an office's page (promised: 1.5)", figures, "s")


def _measure_long(agency: Agency, port: int, login: tuple[str, str]) -> None:
    """Pages of 1,300 rows against a page of fixed texts, with as many queries, table rows, cells and bytes, drawn by a template too."""
    visitor = Visitor(port, *login)
    for path in ("/people", "/grades"):
        page = visitor.get(path)
        rows = page.count("<tr")
        columns = max(1, round((page.count("<td") + page.count("<th")) / rows))
        queries = max(0, _count_queries(agency, login, path) - 1)
        frame = len(visitor.get("/baseline/table?queries=0&rows=0&columns=0&letters=0").encode())
        letters = max(0, (len(page.encode()) - frame) // (rows * columns) - len("<td></td>"))
        fixed = f"/baseline/table?queries={queries}&rows={rows}&columns={columns}&letters={letters}"
        figures = in_turn(_taken(visitor, repeat(path), LONG), _taken(visitor, repeat(fixed), LONG), runs=5)
        tell(f"{path}: {queries + 1} queries, {rows} rows ÷ a fixed page of its size (promised: 2)", figures, "s")


def _measure_past(agency: Agency, port: int, people: dict[Role, tuple[str, str]], root: str) -> None:
    """Pages as of a past day, one's own grade and the agency's page, against the present scorecard of the same server: at most twice its time.

    They are looked at again and again; the first look of a day is measured apart.
    """
    own = f"employee:{agency.report.people[Role.EMPLOYEE]}"
    past = f"as_of={agency.report.cycle}-{clock.now().date().month // 2 + 1:02}-15"
    employee, executive = (Visitor(port, *people[role]) for role in (Role.EMPLOYEE, Role.EXECUTIVE))
    present = (employee, f"/scorecards/{own}")
    _measure_first_looks(agency, port, people, root)
    for name, visitor, addresses in (
        ("agency", executive, repeat("/agency")),
        ("agency as of a past day", executive, repeat(f"/agency?{past}")),
        ("scorecard as of a past day", employee, repeat(f"/scorecards/{own}?{past}")),
        ("agency's scorecard as of a past day", executive, repeat(f"/scorecards/unit:{root}?{past}")),
        ("one's own grade", employee, repeat(f"/grades/{own}")),
    ):
        figures = in_turn(_taken(visitor, addresses), _taken(present[0], repeat(present[1])), runs=5)
        tell(f"{name} ÷ the present scorecard (promised: 2)", figures, "s")


def _measure_first_looks(agency: Agency, port: int, people: dict[Role, tuple[str, str]], root: str) -> None:
    """Pages as of a day that nobody asked for before, against the present scorecards of people at whom nobody looked before.

    Both are worked out and drawn anew: what is kept of a page makes either a matter of milliseconds. The process has laid out its daybook, as
    after the second look at any past day; what that takes stands in a row of :mod:`tests.bench.scoring`.
    """
    with agency.database.read() as connection:
        directory = organisation.directory(connection)
    unseen = (f"/scorecards/employee:{number}" for number in directory.employees)
    days = (clock.now().date() - dt.timedelta(days=days) for days in range(20, 10_000))
    own = f"employee:{agency.report.people[Role.EMPLOYEE]}"
    hr = Visitor(port, *people[Role.HR])
    for name, visitor, path in (
        ("scorecard", Visitor(port, *people[Role.EMPLOYEE]), f"/scorecards/{own}?as_of="),
        ("office", Visitor(port, *people[Role.HEAD]), "/office?as_of="),
        ("agency's scorecard", Visitor(port, *people[Role.EXECUTIVE]), f"/scorecards/unit:{root}?as_of="),
        ("agency", Visitor(port, *people[Role.EXECUTIVE]), "/agency?as_of="),
        ("people", hr, "/people?as_of="),
    ):
        addresses = (f"{path}{day}" for day in days)
        figures = in_turn(_taken(visitor, addresses, FRESH_DAYS), _taken(hr, unseen, FRESH_DAYS), runs=3)
        tell(
            f"{name} as of a day that nobody asked for before ÷ a present scorecard at its first look (both drawn anew)",
            figures,
            "s",
        )


def _taken(visitor: Visitor, addresses: Iterator[str], often: int = REQUESTS) -> Callable[[], float]:
    """The median of what some requests take, each for the next address."""
    return lambda: statistics.median(seconds(partial(visitor.get, next(addresses))) for _ in range(often))


def accounts(agency: Agency, *roles: Role) -> dict[Role, tuple[str, str]]:
    """An account for each role, of the demonstration agency's person of it: e-mail and password."""
    for role in roles:
        if role in agency.logins:
            continue
        first = access.first_password()
        with agency.database.write("keep_accounts") as connection:
            made = access.create_account(
                connection,
                email=f"bench-{role}@kopa.example",
                roles={role},
                employee=agency.report.people[role],
                now=clock.now(),
                first=first,
            )
            # As after the change that a first password is for.
            connection.execute(sa.update(account).where(account.c.email == made.email).values(first_password=False))
        agency.logins[role] = (made.email, made.password)
    return {role: agency.logins[role] for role in roles}


def fresh_activity() -> dict[str, str]:
    """The form of a deal with a buyer whom nobody knows."""
    number = str(uuid.uuid4())
    return {
        "type": "export_deal",
        "company": "Bench Trading Co.",
        "amount": "125000",
        "currency": "USD",
        "day": clock.now().date().isoformat(),
        "form_id": number,
        "buyer": f"Buyer {number}",
        "buyer_country": random.choice(_COUNTRIES),
    }


_COUNTRIES = ("AT", "BR", "CN", "DE", "ES", "FR", "ID", "IN", "JP", "MX", "PL", "TH", "US", "VN")


def _measure_log(agency: Agency, port: int, login: tuple[str, str]) -> None:
    """An activity logged by the page's form, possible duplicates looked for, the own score worked out before and after."""
    visitor = Visitor(port, *login)

    def rate() -> float:
        return 1 / statistics.median(seconds(lambda: visitor.submit("/log", fresh_activity())) for _ in range(REQUESTS))

    def baseline() -> float:
        return 1 / statistics.median(seconds(lambda: visitor.get(address)) for _ in range(REQUESTS))

    with _counted(agency, login) as (client, token, statements):
        assert client.post("/log", data=fresh_activity() | {"csrf_token": token}, headers=_ORIGIN).status_code == 303
        # The session is read when the form is let in and again before it is done; the first form of a minute notes its use besides.
        queries = len([one for one in statements if "web_session" not in one])
    address = f"/baseline?queries={queries}&size=0"
    tell(
        f"an activity logged by its form: {queries} queries beyond the session (promised: 12)",
        in_turn(rate, baseline, runs=5),
        "requests/s",
    )


_ORIGIN = {"Origin": "http://localhost"}


@contextmanager
def _counted(agency: Agency, login: tuple[str, str]) -> Iterator[tuple[FlaskClient, str, list[str]]]:
    """The application in this process, somebody signed in, the token for forms, and the statements that are made from here on."""
    app = create_app(
        Settings(database_url=agency.url, secret_key="the bench signs its cookies with this text"),
        database=agency.database,
    )
    client = app.test_client()
    email, password = login
    form = {"email": email, "password": password, "csrf_token": token_in(client.get("/login").text)}
    client.post("/login", data=form, headers=_ORIGIN)
    token = token_in(client.get("/password").text)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    try:
        yield client, token, statements
    finally:
        sa.event.remove(Engine, "before_cursor_execute", note)


def _count_queries(agency: Agency, login: tuple[str, str], path: str) -> int:
    """How many statements a page makes."""
    with _counted(agency, login) as (client, _token, statements):
        client.get(path)
        statements.clear()
        assert client.get(path).status_code == HTTPStatus.OK
        return len(statements)


def _tell_page(name: str, visitor: Visitor, path: str, queries: int, size: int) -> None:
    def rate(address: str) -> Callable[[], float]:
        def once() -> float:
            return 1 / statistics.median(seconds(lambda: visitor.get(address)) for _ in range(REQUESTS))

        return once

    # The router's own query for the session is made for both.
    baseline = f"/baseline?queries={max(0, queries - 1)}&size={size}"
    tell(name, in_turn(rate(path), rate(baseline), runs=5), "requests/s")
