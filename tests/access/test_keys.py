"""Keys and hooks, on both databases."""

from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa

from app import access
from app.access import tables
from app.kit.refusals import Conflict, Invalid, NotThere
from app.rules.permissions import Deed, Scope
from tests.people import NOW


def test_a_key_is_known_by_its_hash_until_it_is_revoked(database):
    with database.write(Deed.KEEP_KEYS) as connection:
        secret = access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW)
        known = access.authenticate_key(connection, key=secret)
        assert known is not None
        assert (known.label, known.scope) == ("key:crm", Scope.INGEST)
        assert access.authenticate_key(connection, key=secret + "x") is None
        kept = connection.execute(sa.select(tables.api_key.c.key_hash)).scalar_one()
        assert secret not in kept
        access.revoke_key(connection, name="crm", now=NOW)
        assert access.authenticate_key(connection, key=secret) is None
        with pytest.raises(NotThere):
            access.revoke_key(connection, name="crm", now=NOW)


def test_a_name_is_one_keys_at_a_time(database):
    """A key that leaked is revoked and made anew under its name."""
    with database.write(Deed.KEEP_KEYS) as connection:
        access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW)
        with pytest.raises(Conflict):
            access.create_key(connection, name="crm", scope=Scope.READ, now=NOW)
        access.revoke_key(connection, name="crm", now=NOW)
        access.create_key(connection, name="crm", scope=Scope.READ, now=NOW)
        assert [row.scope for row in access.keys(connection)] == [Scope.INGEST, Scope.READ]


@pytest.mark.parametrize("name", ["", "-a", "a b", "a" * 41, "käse", "a\n"])
def test_a_name_is_of_the_contracts_form(database, name):
    with database.write(Deed.KEEP_KEYS) as connection:
        with pytest.raises(Invalid):
            access.create_key(connection, name=name, scope=Scope.READ, now=NOW)
        with pytest.raises(Invalid):
            access.create_hook(connection, name=name, now=NOW)


def test_a_hooks_secret_is_of_the_standards_form(database):
    """Standard Webhooks 1.0: ``whsec_`` and base64 of 24 to 64 bytes."""
    with database.write(Deed.KEEP_HOOKS) as connection:
        secret = access.create_hook(connection, name="crm", now=NOW)
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64
        assert access.find_hook(connection, name="crm") == access.Hook(name="crm", secret=secret)
        access.revoke_hook(connection, name="crm", now=NOW)
        assert access.find_hook(connection, name="crm") is None
