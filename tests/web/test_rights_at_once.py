"""Rights that a transaction takes while another request, let in by them, waits for it: what waited finds them gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.access import tables
from app.kit.database import Database
from app.rules.terms import Role
from tests.conftest import Eventually
from tests.scenario import event_of, load
from tests.web.test_rights_that_end import DEAL
from tests.web.test_targets import form as target_form
from tests.web.test_targets import target_of
from tests.web.working import Working, key_of

pytestmark = pytest.mark.own_database
WAIT_S: Final = 20


@contextmanager
def _held_before_its_end(database: Database) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Hold the first transaction that comes to its commit: the events say that it has, and that it may go on."""
    reached, may_go, guard = threading.Event(), threading.Event(), threading.Lock()

    def hold(_connection: object) -> None:
        with guard:
            is_first, _ = not reached.is_set(), reached.set()
        if is_first:
            assert may_go.wait(WAIT_S)

    sa.event.listen(database.writer, "commit", hold)
    try:
        yield reached, may_go
    finally:
        may_go.set()
        sa.event.remove(database.writer, "commit", hold)


def _waits(database: Database, eventually: Eventually, first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Begin the second while the first has done all but commit; returns what the second answers."""
    blocked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    in_line, turn = threading.Event(), database._turn  # noqa: SLF001 - nothing else tells that somebody queues

    def taken() -> AbstractContextManager[None]:
        if reached.is_set():
            in_line.set()
        return turn()

    def is_waiting(answer: Future[Any]) -> bool:
        if answer.done():
            return True
        if database.dialect == "sqlite":
            return in_line.is_set()  # SQLite has one writer, and they queue for the turn.
        with database.read() as connection:
            return bool(connection.scalar(blocked))

    with (
        ThreadPoolExecutor(2) as pool,
        _held_before_its_end(database) as (reached, may_go),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(database, "_turn", taken)
        taking = pool.submit(first)
        eventually(lambda: reached.is_set() or taking.done())
        assert reached.is_set(), taking.result()
        answer = pool.submit(second)
        eventually(lambda: is_waiting(answer))
        may_go.set()
        taking.result()
        return answer.result()


def _load_with(working: Working, **changes: Callable[[str], str]) -> Callable[[], None]:
    """A load of the folder with some files changed."""
    for file, change in changes.items():
        path = working.folder / "agency" / f"{file}.csv"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return lambda: load(working.database, working.folder)


def _boram_moves(text: str) -> str:
    return text.replace("E2,VIE,head,2000-01-01,", "E2,VIE,head,2000-01-01,2026-06-14\nE2,PAR,head,2026-06-15,")


def _alba_leaves(text: str) -> str:
    served = "E1,E1,E1@agency.example,G5,staff,3000000,2000-01-01,"
    return text.replace(served, f"{served}2026-06-14")


def _alba_s_ends(text: str) -> str:
    return text.replace("E1,VIE,staff,2000-01-01,", "E1,VIE,staff,2000-01-01,2026-06-14")


def test_a_target_is_set_by_who_heads_the_unit_when_it_is_set(working_on_each: Working, eventually: Eventually) -> None:
    """A head who loses the unit by a load sets none of its targets any more, though the form waited for that load."""
    working = working_on_each
    sent = target_form(working.boram.get("/targets?unit=VIE").text, "consults", E1="12")
    loads = _load_with(working, postings=_boram_moves)
    answer = _waits(working.database, eventually, loads, lambda: working.boram.post("/targets?unit=VIE", sent))
    assert answer.status_code == 404
    assert target_of(working, "employee:E1") == "10"
    assert [row for row in working.trail() if row.deed == "set_targets"] == []


def test_an_entry_is_judged_by_who_heads_the_unit_then(working_on_each: Working, eventually: Eventually) -> None:
    """As of targets, so of verdicts."""
    working = working_on_each
    working.record("2026-06-20 deal C-1 E1 100 USD")
    sent = {"activity": key_of("C-1"), "verdict": "verified", "form_id": working.boram.form_id("/verification")}
    loads = _load_with(working, postings=_boram_moves)
    answer = _waits(working.database, eventually, loads, lambda: working.boram.post("/verification", sent))
    assert answer.status_code == 404
    assert len(working.events()) == 1


def test_what_is_logged_while_a_load_ends_the_service_is_not(working_on_each: Working, eventually: Eventually) -> None:
    """Authority ends with service, whatever was waited for."""
    working = working_on_each
    sent = {"form_id": working.alba.form_id("/log"), **DEAL}
    loads = _load_with(working, postings=_alba_s_ends, employees=_alba_leaves)
    answer = _waits(working.database, eventually, loads, lambda: working.alba.post("/log", sent))
    assert answer.status_code == 409
    assert working.events() == []


def test_a_rejected_event_is_sent_again_by_the_right_that_its_author_has_then(
    working_on_each: Working, eventually: Eventually
) -> None:
    """Refused since its activity had not come yet, a reversal of Alba's would be hers; the load ends her service, and nobody records it for her."""
    working = working_on_each
    data = {"activity": {"source": "/pages/E1", "id": "X-1"}, "by": "E1", "reason": "typed twice"}
    event = {"specversion": "1.0", "type": "kopes.reversed", "source": "/pages/E1", "id": "X-2"}
    event |= {"time": "2026-06-20T09:00:00Z", "data": data}
    kind = {"Content-Type": "application/cloudevents+json"}
    assert working.alba.client.post("/api/v1/events", json=event, headers=kind).json["rejected"]
    working.record_events([event_of("2026-06-01 consult X-1 E1") | {"source": "/pages/E1"}])
    assert working.iris.token
    leaves = _load_with(working, postings=_alba_s_ends, employees=_alba_leaves)
    answer: TestResponse = _waits(working.database, eventually, leaves, lambda: working.iris.post("/rejected/1", {}))
    assert answer.status_code == 422, answer.text
    assert len(working.events()) == 1


def test_of_two_administrators_who_take_the_role_from_each_other_one_stays(
    working_on_each: Working, eventually: Eventually
) -> None:
    """Each is in the right until the other's is done: whoever comes second has no right any more."""
    working = working_on_each
    account = tables.account
    with working.database.write("settle") as connection:
        other = account.c.email == "ferran@agency.example"
        connection.execute(sa.update(account).where(other).values(roles=Role.ADMIN.value))
        numbers = {row.email: row.id for row in connection.execute(sa.select(account.c.email, account.c.id))}

    def takes(person: Any, name: str, act: str) -> Callable[[], TestResponse]:
        address = f"/accounts/{numbers[f'{name}@agency.example']}{act}"
        sent = {"role": "member", "reason": "leaves the desk"} if not act else {"reason": "leaves the desk"}
        return lambda: person.post(address, sent)

    for person in (working.iris, working.ferran):
        assert person.token
    answer = _waits(
        working.database, eventually, takes(working.iris, "ferran", ""), takes(working.ferran, "iris", "/disable")
    )
    assert answer.status_code == 409
    with working.database.read() as connection:
        admins = sa.select(account.c.email).where(account.c.roles == "admin", account.c.disabled_at.is_(None))
        assert connection.scalars(admins).all() == ["iris@agency.example"]
