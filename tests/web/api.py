"""What the tests of the API share: an agency on each engine, keys of both scopes, and events to send.

The agency and its people are those of ``tests.web.working``. A module's tests share one database, so each of them sends events under ids of its own.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from app import access
from app.kit.database import Database
from app.kit.settings import Settings
from app.rules.permissions import Scope
from app.web import create_app
from tests.web.working import NOW, Settled, Working

__all__ = ["BATCH", "STRUCTURED", "Api", "api", "by_hand", "deal", "fresh", "verdict"]

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"

_numbers = itertools.count(1)


def fresh(word: str = "A") -> str:
    """An id that no other test uses."""
    return f"{word}-{next(_numbers)}"


def deal(employee: str = "E1", id_: str | None = None, **members: Any) -> dict[str, Any]:
    """A deal of an employee; members of ``data`` beside what is needed, None to leave one out."""
    data = {
        "employee": employee,
        "company": {"name": "Hanbit Precision"},
        "buyer": {"name": "Nordwind GmbH", "country": "AT"},
        "amount": "100.00",
        "currency": "USD",
        **members,
    }
    return {
        "specversion": "1.0",
        "type": "kopes.export_deal",
        "source": "/tests",
        "id": id_ or fresh(),
        "time": "2026-03-04T09:00:00+01:00",
        "data": {name: value for name, value in data.items() if value is not None},
    }


def verdict(type_: str, about: dict[str, Any], *, by: str | None = None) -> dict[str, Any]:
    """What somebody says about an activity."""
    data: dict[str, Any] = {"activity": {"source": about["source"], "id": about["id"]}}
    if by is not None:
        data["by"] = by
    return {
        "specversion": "1.0",
        "type": f"kopes.{type_}",
        "source": "/desk",
        "id": fresh("V"),
        "time": "2026-03-05T09:00:00Z",
        "data": data,
    }


def by_hand(event: dict[str, Any], employee: str) -> dict[str, Any]:
    """The event under the source that an employee's pages give them."""
    return event | {"source": f"/pages/{employee}"}


@dataclass
class Api:
    """The API of a working agency, and a key of each scope."""

    working: Working
    ingest: str
    other: str
    read: str

    def post(
        self, body: Any, *, key: str | None = None, kind: str | None = None, path: str = "/api/v1/events", **more: Any
    ) -> TestResponse:
        """Send events: a list as a batch, an object as one event, bytes as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = kind or (BATCH if isinstance(body, list) else STRUCTURED)
        headers = {"Authorization": f"Bearer {key or self.ingest}", "Content-Type": kind, **more.pop("headers", {})}
        return self.working.app.test_client().post(path, data=sent, headers=headers, **more)

    def get(self, path: str, *, key: str | None = None) -> TestResponse:
        """Read with a key."""
        return self.working.app.test_client().get(path, headers={"Authorization": f"Bearer {key or self.read}"})

    def count(self) -> int:
        """How many events the ledger holds."""
        return len(self.working.events())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(
    request: pytest.FixtureRequest,
    settled: Settled,
    loaded_folder: Path,
) -> Iterator[Api]:
    """The API, on each engine in turn."""
    with settled(request.param, loaded_folder) as url:
        database = Database(url)
        with database.write("settle") as connection:
            keys = [
                access.create_key(connection, name=name, scope=scope, now=NOW)
                for name, scope in (("crm", Scope.INGEST), ("erp", Scope.INGEST), ("board", Scope.READ))
            ]
        app = create_app(Settings(database_url=url, secret_key="the tests' own"), clock=lambda: NOW, database=database)
        yield Api(Working(database, app, loaded_folder), *keys)
        database.close()
