"""On the first day nothing is there yet: every page says in words what will stand where nothing stands, and how it gets there.

The pages are taken from the application's own list, so that a new one is tried on the day it is made; each is rendered for each role in an agency
of one unit, its head and one more person, with lines and without them, and in one into which nothing was loaded at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from app.access import tables as access_tables
from app.kit.database import Database
from app.kit.schema import migrate
from app.kit.settings import Settings
from app.rules.terms import Role
from app.web import create_app
from app.web.pages import PAGES
from tests.people import PASSWORD_HASH
from tests.scenario import Scenario, load
from tests.web.markup import Element, read
from tests.web.working import NOW, Somebody

ARGUMENTS: Final = {
    "node": ("unit:HQ", "employee:E1", "employee:E2"),
    "kpi": ("deals",),
    "number": ("1",),
    "name": ("employee",),
    "code": ("deals", "HQ"),
    "goal": ("exports", "_new"),
    "cycle": ("2026",),
    "employee": ("E1",),
}
"""What stands in the addresses of pages about one thing; a page about an activity, a key or a hook has none yet."""

ABOUT_WHAT_IS_NOT_THERE: Final = {
    "set_password.form",  # without a link there is no form
    "activity.activity",
    "activity.correction",
    "changes.one",
    "changes.effects",
    "ledger.event",
    "keys.ask_revoke",
    "keys.ask_revoke_hook",
    "cycles.one",  # nobody has opened it
    "unsigned.unsigned",
    "criteria.criteria",
    "board.board",
    "cycle_scorecard.scorecard",
    "check_ins.year",
    "check_ins.assessment",
    "bonus.bonus",
    "line_decision.line",
}

NARROWED: Final = (
    "/accounts?text=nobody",
    "/activities?node=unit:HQ&text=nothing",
    "/activities?node=employee:E1&text=nothing&type=export_deal",
    "/activities?node=employee:E1&after=2026-01-01~9",
    "/grades?text=nobody",
    "/grades?of=units&text=nobody",
    "/ledger?text=nothing",
    "/kpis?text=nothing",
    "/people?text=nobody",
    "/trail?about=nothing",
    "/verification?type=export_deal",
    "/scorecards/employee:E1?as_of=2026-01-01",
    "/targets?unit=HQ&as_of=2026-01-01",
    "/office?unit=HQ&as_of=2026-01-01",
    "/agency?as_of=2026-01-01",
)
"""Searches that nothing matches."""

NUMBERS: Final = {Role.HEAD: "E1", Role.EMPLOYEE: "E2"}


def addresses() -> list[str]:
    """The address of every page, once for each kind of node."""
    made = []
    for route in (route for pages in PAGES for route in pages.routes):
        if route.acts or route.api or route.page == "files" or route.endpoint in ABOUT_WHAT_IS_NOT_THERE:
            continue
        rules = [route.rule]
        for name in re.findall(r"<(?:\w+(?:\(.*?\))?:)?(\w+)>", route.rule):
            place = re.compile(rf"<(?:\w+:)?{name}>")
            rules = [place.sub(value, rule) for rule in rules for value in ARGUMENTS[name]]
        made += rules
    return [*made, *NARROWED]


def _opened(folder: Path, people: dict[str, tuple[Role, str | None]], how: str) -> tuple[Database, dict[str, Somebody]]:
    url = f"sqlite:///{folder / 'empty.sqlite'}"
    migrate(url)
    database = Database(url)
    if how != "nothing loaded":
        agency = Scenario.read("unit HQ agency\nemployee E1 HQ head\nemployee E2 HQ staff").write(folder)
        employees = agency / "employees.csv"
        employees.write_text("".join(employees.read_text("utf-8").splitlines(keepends=True)[:3]), "utf-8")
        scorecards = agency / "scorecards.csv"
        lines = [line for line in scorecards.read_text("utf-8").splitlines() if "E8" not in line and "E9" not in line]
        scorecards.write_text("\n".join(lines if how == "lines" else lines[:1]) + "\n", "utf-8")
        load(database, folder)
    with database.write("settle") as connection:
        connection.execute(
            sa.insert(access_tables.account),
            [
                {
                    "email": f"{name}@agency.example",
                    "email_key": f"{name}@agency.example",
                    "password_hash": PASSWORD_HASH,
                }
                | {"roles": str(role), "employee": number, "first_password": False}
                | {"created_at": NOW, "password_changed_at": NOW}
                for name, (role, number) in people.items()
            ],
        )
    app = create_app(Settings(database_url=url, secret_key="the tests' own"), clock=lambda: NOW, database=database)
    return database, {name: Somebody(app, name) for name in people}


@pytest.fixture(scope="module", params=["nothing loaded", "no lines", "lines"])
def everybody(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Somebody]]:
    """A browser for each role, in an agency where nothing has happened."""
    how = str(request.param)
    people = {str(role): (role, None if how == "nothing loaded" else NUMBERS.get(role)) for role in Role}
    database, browsers = _opened(tmp_path_factory.mktemp("empty"), people, how)
    yield browsers
    database.close()


_LISTS: Final = ("tbody", "ul", "ol", "dl")


def blanks(main: Element) -> list[str]:
    """Lists and tables in which nothing stands, sections with a heading alone, and words of the machine for nothing."""
    found = [f"an empty <{one.tag}> {one.attributes}" for one in main.all(*_LISTS) if not one.text]
    for section in main.all("section"):
        heading = next(section.all("h2", "h3"), None)
        if heading is not None and section.text == heading.text and not any(section.all("canvas", "form", "input")):
            found.append(f"nothing below the heading {heading.text!r}")
    found += [
        f"nothing to choose in {select.attributes}"
        for select in main.all("select")
        if not any(option.text for option in select.all("option"))
    ]
    said = re.search(r"\b(?:None|nan|null|undefined)\b|\[\]|\{\}", _seen(main))
    return found + ([f"it reads {said[0]!r}"] if said else [])


def _shown(element: Element) -> Element:
    """Without what a script shows once it has something to show."""
    children = [
        child if isinstance(child, str) else _shown(child)
        for child in element.children
        if isinstance(child, str) or "hidden" not in child.attributes
    ]
    return Element(element.tag, element.attributes, children)


def _seen(element: Element) -> str:
    parts = (
        child if isinstance(child, str) else "" if child.tag == "option" else _seen(child) for child in element.children
    )
    return " ".join(" ".join(parts).split())


def test_nothing_is_blank_where_nothing_has_happened(everybody: dict[str, Somebody]) -> None:
    """A person's first Monday: “None.”, an empty table and a heading over nothing teach nobody what to do (issue 11, section 1)."""
    wrong: list[str] = []
    seen: set[str] = set()
    for role, browser in everybody.items():
        for address in addresses():
            answer = browser.get(address)
            if answer.status_code in {303, 404}:
                continue
            assert answer.status_code == 200, (role, address, answer.text)
            if not answer.content_type.startswith("text/html"):
                continue
            seen.add(address)
            page = read(answer.text)
            mains = list(page.all("main")) or [page]
            wrong += [f"{role} {address}: {what}" for main in mains for what in blanks(_shown(main))]
    assert "\n".join(wrong) == ""
    assert len(seen) > 15


def test_blank_pages_are_told_apart() -> None:
    """The test's own eyes."""
    assert blanks(read("<table><thead><tr><th>A</th></tr></thead><tbody> </tbody></table>"))
    assert blanks(read("<ul></ul>"))
    assert blanks(read("<section><h2>Keys</h2></section>"))
    assert blanks(read("<dl><dt>Unit</dt><dd>None</dd></dl>"))
    assert not blanks(read("<section><h2>Keys</h2><p>No key yet: make one above.</p></section>"))
