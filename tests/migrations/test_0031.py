"""The thirty-first migration: of passwords that there were anybody may have handed over; keys stay, and nobody is known to have made them."""

from __future__ import annotations

from alembic import command

from app import access
from app.access import passwords
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.permissions import Scope
from app.rules.terms import Role
from tests.conftest import NewDatabase
from tests.people import NOW, PASSWORD_HASH


def test_passwords_of_before_may_have_been_handed_over(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: accounts and keys stay."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    first = passwords.FirstPassword(text="unused", hashed=PASSWORD_HASH)
    maker = access.KeyMaker(1, "iris@agency.example", None)
    with database.write("test") as connection:
        access.create_account(
            connection, email="iris@agency.example", roles={Role.ADMIN}, employee=None, now=NOW, first=first
        )
        access.invite_account(connection, email="alba@agency.example", employee="E1", now=NOW)
        access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW, maker=maker)
        assert access.key_maker(connection, label="key:crm", at=NOW) == maker
        assert [one.password_handed for one in access.accounts(connection)] == [False, False]
    command.downgrade(kit._alembic(url), "0030")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        assert [one.password_handed for one in access.accounts(connection)] == [False, True]
        assert access.key_maker(connection, label="key:crm", at=NOW) is None
        assert [one.name for one in access.keys(connection)] == ["crm"]
    database.close()
