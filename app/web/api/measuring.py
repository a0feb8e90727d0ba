"""What is counted for ``/metrics``: requests, events and open streams.

A newcomer's usual mistake is to count by address: every address that anybody makes up would be kept for ever. Requests are counted by their route.
"""

from __future__ import annotations

import time
from typing import Final

from flask import Flask, Response, request
from prometheus_client import Counter, Gauge, Histogram

from app.ledger import Recorded

__all__ = ["EVENTS", "LIVE_VIEWERS", "count_events", "prepare"]

REQUESTS: Final = Histogram(
    "kopes_request_seconds",
    "How long requests took, by route, method and status.",
    ("route", "method", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
EVENTS: Final = Counter("kopes_events", "Events that came in, by door and what became of them.", ("door", "outcome"))
LIVE_VIEWERS: Final = Gauge("kopes_live_viewers", "Streams that are open.", multiprocess_mode="livesum")

_BEGUN: Final = "kopes.begun"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_events(recorded: Recorded, *, door: str) -> None:
    """Count what became of a batch, after its commit."""
    EVENTS.labels(door, "accepted").inc(recorded.accepted)
    EVENTS.labels(door, "duplicate").inc(recorded.duplicate)
    EVENTS.labels(door, "rejected").inc(len(recorded.rejected))


def _begin() -> None:
    request.environ[_BEGUN] = time.perf_counter()


def _end(response: Response) -> Response:
    route = str(request.url_rule) if request.url_rule is not None else "none"
    method = request.method if request.method in _METHODS else "other"
    took = time.perf_counter() - request.environ[_BEGUN]
    REQUESTS.labels(route, method, str(response.status_code)).observe(took)
    return response


def prepare(app: Flask) -> None:
    """Have every request of the application counted."""
    app.before_request(_begin)
    app.after_request(_end)
