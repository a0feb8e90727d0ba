"""For those who run the server: is the process there, is it ready, and how much has it done.

A newcomer's usual mistake is to look at the database in ``/healthz``: a database that is away would then have every process killed.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import Any, Final

from alembic.util import CommandError
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import DBAPIError

from app.kit import jobs
from app.kit.schema import current_schema, writable
from app.rules.permissions import Deed
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext

__all__ = ["pages"]

pages: Final = Pages("health")

_ALIVE: Final = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}
_READY: Final = {
    "type": "object",
    "properties": {
        "status": {"enum": ["ready", "not_ready"]},
        "database": {"enum": ["reachable", "read_only", "unreachable"]},
        "schema": {"enum": ["current", "not_current", "unknown"]},
        "worker_seen_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When a worker was last seen; null: never, or not known.",
        },
        "worker_seen_seconds_ago": {"type": ["number", "null"]},
    },
    "required": ["status", "database", "schema", "worker_seen_at", "worker_seen_seconds_ago"],
}


@pages.api_read(
    "/healthz",
    may=Deed.PUBLIC,
    transaction=False,
    lane=Lane.LOOP,
    about={
        "summary": "Is the process there",
        "tag": "Operations",
        "responses": {200: ("application/json", _ALIVE, "It is.")},
        "refusals": (),
    },
)
def healthz(context: RequestContext) -> Json:
    """Answer, touching nothing."""
    del context
    return Json({"status": "ok"})


@pages.api_read(
    "/readyz",
    may=Deed.PUBLIC,
    transaction=False,
    about={
        "summary": "Is it ready to work",
        "tag": "Operations",
        "responses": {
            200: ("application/json", _READY, "The database is there, may be written to, and its schema is current."),
            503: ("application/json", _READY, "It is not ready; what is missing is named."),
        },
        "refusals": (),
    },
)
def readyz(context: RequestContext) -> Json:
    """Whether the database is there to be written to and its schema current, and since when a worker has been seen."""
    readiness: dict[str, Any] = {"database": "unreachable", "schema": "unknown"}
    seen: dt.datetime | None = None
    try:
        with context.database.read() as connection:
            readiness["database"] = "reachable"
            readiness["schema"] = "current" if current_schema(connection) else "not_current"
            if readiness["schema"] == "current":
                if not writable(connection):
                    readiness["database"] = "read_only"
                seen = jobs.worker_last_seen(connection)
    except (DBAPIError, CommandError):
        # What is known so far says enough: the answer is that it is not ready.
        pass
    ready = (readiness["database"], readiness["schema"]) == ("reachable", "current")
    ago = None if seen is None else round((context.now - seen).total_seconds(), 1)
    body = {
        "status": "ready" if ready else "not_ready",
        **readiness,
        "worker_seen_at": seen,
        "worker_seen_seconds_ago": ago,
    }
    return Json(body) if ready else Json(body, status=503, headers={"Retry-After": "5"})


@pages.api_read(
    "/metrics",
    may=Deed.PUBLIC,
    transaction=False,
    about={
        "summary": "Counts for Prometheus",
        "tag": "Operations",
        "responses": {200: ("text/plain", {"type": "string"}, "Prometheus' text format.")},
        "refusals": (),
    },
)
def metrics(context: RequestContext) -> Json:
    """What was counted: by this process, or by all processes of this server."""
    del context
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # noqa: TID251 - where the library itself looks
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Json(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
