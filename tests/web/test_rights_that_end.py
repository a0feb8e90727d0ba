"""Rights that end while a request waits for another writer: what they had let in is not written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from standardwebhooks import Webhook

from app import access
from app.access import tables
from app.access.keys import Scope
from app.kit import clock
from tests.web.working import NOW, Working

_WAITED_FOR: Final = ("BEGIN", "pg_advisory")
"""What a writer waits for: SQLite's turn to write, PostgreSQL's lock of the ledger."""

DEAL: Final = {"type": "export_deal", "company": "Fox", "buyer": "Nordwind", "buyer_country": "AT"} | {
    "amount": "100",
    "currency": "USD",
    "day": "2026-03-04",
}


@contextmanager
def meanwhile(working: Working, table: sa.Table, values: dict[str, Any]) -> Iterator[None]:
    """Have another process change a table's rows once the next request of this one, let in by then, comes to wait for other writers."""
    other = sa.create_engine(working.database.url)
    changed = []

    def change(*arguments: Any) -> None:
        if not changed and any(word in str(arguments[2]) for word in _WAITED_FOR):
            changed.append(table.name)
            with other.begin() as connection:
                connection.execute(sa.update(table).values(**values))

    sa.event.listen(working.database.writer, "before_cursor_execute", change)
    try:
        yield
    finally:
        sa.event.remove(working.database.writer, "before_cursor_execute", change)
        other.dispose()
    assert changed


def event(source: str) -> dict[str, Any]:
    """An activity of Alba's."""
    data = {"employee": "E1", "company": {"name": "Fox"}, "buyer": {"name": "Nordwind", "country": "AT"}}
    head = {"specversion": "1.0", "type": "kopes.export_consult", "source": source, "id": "X-1"}
    return head | {"time": "2026-03-04T09:00:00Z", "data": data}


def post(working: Working, client: Any, *, source: str, **headers: str) -> int:
    """Send the activity to the API."""
    return int(
        client.post(
            "/api/v1/events", json=event(source), headers={"Content-Type": "application/cloudevents+json", **headers}
        ).status_code
    )


def test_what_waits_for_another_writer_ends_with_the_right_that_let_it_in(working_on_each: Working) -> None:
    """An account that is closed, a session that ends, a key or hook that is revoked meanwhile record nothing (issue 11, section 2)."""
    working = working_on_each
    alba, url = working.alba, "/log"
    form = {"form_id": alba.form_id(url), **DEAL}
    with meanwhile(working, tables.account, {"disabled_at": NOW}):
        assert alba.post(url, form).headers["Location"].startswith("/login")
    with working.database.write("open again") as connection:
        connection.execute(sa.update(tables.account).values(disabled_at=None))
    with meanwhile(working, tables.web_session, {"ended_at": NOW}):
        assert post(working, alba.client, source="/pages/E1") == 401
    with working.database.write("a key") as connection:
        key = access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW)
    with meanwhile(working, tables.api_key, {"revoked_at": NOW}):
        assert post(working, working.app.test_client(), source="/crm", Authorization=f"Bearer {key}") == 401
    with working.database.write("a hook") as connection:
        secret = access.create_hook(connection, name="crm", now=NOW)
    body, at = json.dumps(event("/crm")), clock.now()
    signed = {"webhook-id": "m1", "webhook-timestamp": str(int(at.timestamp()))}
    signed["webhook-signature"] = Webhook(secret).sign("m1", at, body)
    with meanwhile(working, tables.hook, {"revoked_at": NOW}):
        kind = "application/cloudevents+json"
        answer = working.app.test_client().post("/hooks/crm", data=body, content_type=kind, headers=signed)
    assert answer.status_code == 404
    assert working.events() == []


def test_a_form_that_other_rights_had_let_in_is_shown_again(working: Working) -> None:
    """Who is given other roles while a key of theirs is made makes none; who logs an activity logs none, and loses nothing typed."""
    with meanwhile(working, tables.account, {"roles": "member"}):
        assert working.iris.post("/keys", {"name": "crm", "scope": "read"}).status_code == 404
    with working.database.write("back") as connection:
        connection.execute(sa.update(tables.account).values(roles="employee,admin"))
        assert access.keys(connection) == []
    form = {"form_id": working.alba.form_id("/log"), **DEAL}
    with meanwhile(working, tables.account, {"roles": "employee,auditor"}):
        answer = working.alba.post("/log", form)
    assert answer.status_code == 409
    assert 'value="Nordwind"' in answer.text
    assert working.events() == []
