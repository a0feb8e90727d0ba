"""What hangs on two revisions is worked out while others record, and what they recorded meanwhile is taken in: as if it had been worked out at the end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app import ledger, scoring
from app.ledger import Moved
from app.ledger.frame import Frame
from tests.conftest import NewDatabase
from tests.scenario import Agency, Scenario, load, open_agency

BEFORE = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
  unit EAS regional_hq
  unit ASI regional_hq
    unit SEL office
employee E1 VIE staff
employee E2 VIE staff
employee E3 SEL staff
2026-02-04 deal D-1 E1 100.10 EUR of Meyer/AT E1:0.6 E2:0.4
2026-03-04 new_buyer B-1 E1 of Huber/AT
2026-04-04 new_buyer B-2 E2 of Huber/AT
2026-05-04 consult C-1 E3 of Meyer/AT
2026-06-04 deal D-2 E3 70.00 EUR of Lang/KR
"""
AFTER = BEFORE.replace("employee E2 VIE staff", "employee E2 SEL staff").replace(
    "  unit EAS regional_hq\n  unit ASI regional_hq\n", "  unit ASI regional_hq\n  unit EAS regional_hq\n"
)
MEANWHILE = (
    "2026-01-04 new_buyer B-0 E3 of Huber/AT",
    "2026-03-05 verified D-1 by E9 as V-1",
    "2026-07-04 deal D-3 E2 12.00 EUR of Meyer/AT E2:0.5 E3:0.5",
    "2026-07-05 consult C-2 E1 of Lang/KR",
    "2026-07-06 rejected C-1 by E9 as V-2",
    "2026-07-07 reversed B-1 by E9 as V-3",
    "2026-07-08 verified D-3 by E9 as V-4",
)


@pytest.fixture
def agencies(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[tuple[Agency, Frame]]:
    """An agency with its events, and what it was by another revision."""
    one = open_agency(new_database(engine), Scenario.read(AFTER), tmp_path / "other")
    with one.database.read() as connection:
        frame = scoring.state(connection).frame
    Scenario.read(BEFORE).write(tmp_path / "one")
    load(one.database, tmp_path / "one")
    yield one, frame
    one.database.close()


def _what(moved: Moved) -> tuple[object, ...]:
    """All that would be written; what adds nothing to a total is nothing."""
    totals = {key: numbers for key, numbers in moved.changes.totals.items() if any(numbers)}
    members = {key: numbers for key, numbers in moved.changes.members.items() if any(numbers)}
    rows = sorted((row.seq, row.derived()) for row in moved.activities)
    return totals, members, rows, sorted(moved.credits), moved.count


@pytest.mark.parametrize("seed", range(4))
def test_what_was_recorded_meanwhile_is_taken_in(agencies: tuple[Agency, Frame], seed: int) -> None:
    """New activities, verdicts on those that were looked at, and an earlier contact of a buyer; nothing at all too."""
    agency, after = agencies
    chance = random.Random(seed)

    def work(connection: Connection) -> tuple[Frame, Moved]:
        before = scoring.state(connection).frame
        moved = ledger.moved_by(connection, before, after)
        assert moved is not None
        return before, moved

    with agency.database.read() as connection:
        before, moved = work(connection)
        assert moved.count == 4
        untouched = _what(moved)
        ledger.bring_up_to_date(connection, moved, before, after)
        assert _what(moved) == untouched
    for at in range(0, len(MEANWHILE), 2) if seed else ():
        batch = list(MEANWHILE[at : at + 2])
        chance.shuffle(batch)
        agency.record(*batch)
    with agency.database.read() as connection:
        ledger.bring_up_to_date(connection, moved, before, after)
        fresh = ledger.moved_by(connection, before, after)
        assert fresh is not None
        assert _what(moved) == _what(fresh)
        assert (_what(fresh) == untouched) == (seed == 0)


def test_what_nobody_touched_is_not_read_again(agencies: tuple[Agency, Frame], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever records waits for what has come since alone."""
    agency, after = agencies
    with agency.database.read() as connection:
        before = scoring.state(connection).frame
        moved = ledger.moved_by(connection, before, after)
        assert moved is not None
    agency.record(MEANWHILE[1])
    read: list[int] = []
    whole = ledger.moving.read_some
    monkeypatch.setattr(
        "app.ledger.moving.read_some",
        lambda connection, frame, seqs: whole(connection, frame, [one for one in seqs if not read.append(one)]),
    )
    with agency.database.read() as connection:
        ledger.bring_up_to_date(connection, moved, before, after)
    assert len(read) == 1
