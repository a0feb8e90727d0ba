"""Whoever records while something large is decided, and who decides it: twenty events a second by the API, each of whose waits counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx

__all__ = ["A_SECOND", "Recorder", "approve", "recording", "signed_in"]

A_SECOND: Final = 20
PATIENCE_S: Final = 900.0


@dataclass
class Recorder:
    """Somebody whose events come in one by one, and how long each of them waited."""

    port: int
    key: str
    events: list[str]
    waits: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, share: int, of: int) -> None:
        """Send every so many-th event at its moment, whether the one before was answered late or not."""
        headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=120) as client:
            due = time.perf_counter() + share / A_SECOND
            for event in self.events[share::of]:
                if self.stopped.wait(max(0, due - time.perf_counter())):
                    return
                answer = client.post("/api/v1/events", content=event)
                # From when it was due: what stands behind one that waits has waited too.
                self.waits.append(time.perf_counter() - due)
                if answer.status_code not in {200, 201}:
                    self.failed.append(answer.text)
                else:
                    self.accepted.append(answer.json()["accepted"])
                due += of / A_SECOND


@contextmanager
def signed_in(port: int, login: tuple[str, str]) -> Iterator[httpx.Client]:
    """Somebody's way to the API."""
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=300) as client:
        email, password = login
        assert client.post("/login", data={"email": email, "password": password}).status_code == 303
        yield client


def approve(client: httpx.Client, decision: Mapping[str, Any]) -> None:
    """Look at a decision's effects and agree to it."""
    address = f"/api/v1/decisions/{decision['id']}"
    client.get(f"{address}/effects").raise_for_status()
    answer = client.post(f"{address}/approve", json={"digest": decision["digest"]})
    given_up = time.monotonic() + PATIENCE_S
    while answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and time.monotonic() < given_up:
        # What it takes is still being made beside it, and the answer says when to ask again.
        time.sleep(float(answer.headers["Retry-After"]))
        answer = client.post(f"{address}/approve", json={"digest": decision["digest"]})
    answer.raise_for_status()


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Events come in meanwhile, by several connections."""
    senders = 8
    recorder.stopped.clear()
    threads = [threading.Thread(target=recorder.run, args=(share, senders)) for share in range(senders)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        recorder.stopped.set()
        for thread in threads:
            thread.join()
        recorder.events = [_again(event) for event in recorder.events]


def _again(event: str) -> str:
    """The event under another id, for the next measure."""
    return event.replace('"id": "', '"id": "x', 1)
