"""What the tests of access ask for by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app import access, organisation
from app.access import Viewer
from app.organisation import Directory
from app.rules.permissions import roles_that_hold
from tests.people import PEOPLE, TODAY, email_of, settle


@pytest.fixture
def settled(database):
    """A database, on either engine, with the tests' organisation and accounts."""
    with database.write("settle") as connection:
        settle(connection)
    return database


@pytest.fixture(scope="module")
def directory(module_database) -> Directory:
    """The tests' organisation, to be asked only."""
    from app.kit.database import Database

    opened = Database(module_database("sqlite"))
    with opened.write("settle") as connection:
        settle(connection)
    with opened.read() as connection:
        found = organisation.directory(connection)
    opened.close()
    return found


@pytest.fixture(scope="session")
def viewer_of() -> Callable[[str], Viewer]:
    """``viewer_of("alba")``: one of the tests' people as the pages know them."""

    def made(name: str) -> access.Viewer:
        roles, number = PEOPLE[name]
        holding = roles_that_hold(roles, of_employee=number is not None)
        return access.Viewer(account_id=1, email=email_of(name), roles=holding, employee=number, today=TODAY)

    return made
