"""What a snapshot's texts come to: its folder and events are taken in by the doors that everything comes by, into a database of its own that is gone afterwards.

Nothing of the live database is looked at, and no results that the snapshot brings.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, intake, ledger, scoring
from app import cycle as cycles
from app.cascade import Locked, LockedFigures, LockedResult, Sheet
from app.cycle import CycleResults
from app.kit.database import Database
from app.kit.schema import metadata
from app.plain.json_text import decode
from app.rules.definitions import Definitions
from app.rules.line_decisions import LINE_DECISIONS, LineDecision
from app.rules.moves import GradeMove
from app.rules.tellings import ToldOf, ToldResult
from app.rules.terms import Node, NodeKind
from app.scoring import ScoreQuery, State
from app.snapshots.archive import APPLICATION, DECISIONS, EVENTS, LockedSnapshot
from app.snapshots.faults import SnapshotFault

__all__ = ["recompute"]

_BATCH: Final = 5_000


def recompute(snapshot: LockedSnapshot, *, cycle: int, at: dt.datetime) -> CycleResults:
    """What the cycle comes to by a snapshot's texts.

    Args:
        snapshot: of a locked round.
        cycle: the year that names it.
        at: when its cut was made: what is recorded is recorded then.

    Raises:
        SnapshotFault: its folder cannot be loaded, or an event not be recorded.
        ValueError, LookupError, TypeError: a text is not what it has to be.
    """
    with tempfile.TemporaryDirectory(prefix="kopes-") as place:
        folder = Path(place) / "folder"
        for below, texts in (
            (folder, snapshot.below("folder/")),
            (Path(place) / "definitions", snapshot.below("definitions/")),
        ):
            for name, text in texts.items():
                file = below / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="")
        database = Database(f"sqlite:///{place}/snapshot.db", readers=2, disposable=True)
        try:
            with database.write("recompute") as connection:
                metadata.create_all(connection)
                ledger.begin_ledger(connection)
                _load(connection, folder, at)
            _record(database, snapshot.lines(EVENTS), at)
            with database.read() as connection:
                return _results(connection, snapshot, Path(place) / "definitions", cycle, at)
        finally:
            database.close()


def _load(connection: Connection, folder: Path, at: dt.datetime) -> None:
    try:
        intake.load_agency(connection, folder, definitions=folder / "definitions", at=at, by="snapshot")
    except intake.LoadRefused as refusal:
        first = refusal.findings[0]
        raise SnapshotFault(f"folder {first.place.file or ''}".strip(), "loaded", first.text()) from refusal


def _record(database: Database, lines: Sequence[str], at: dt.datetime) -> None:
    for first in range(0, len(lines), _BATCH):
        arrivals = [intake.arrival_of_text(line) for line in lines[first : first + _BATCH]]
        with database.write("recompute") as connection:
            done = intake.take_in(connection, arrivals, at=at, door="ingest", sender="snapshot", keep=False)
        if done.rejected or done.duplicate:
            told = done.rejected[0].findings[0].text() if done.rejected else "an event that is there twice"
            raise SnapshotFault(EVENTS, "recorded", told)


def _results(
    connection: Connection, snapshot: LockedSnapshot, definitions: Path, cycle: int, at: dt.datetime
) -> CycleResults:
    folder = scoring.folder_state(connection)
    published, problems = intake.read_definitions(definitions)
    if problems:
        raise SnapshotFault("definitions", "read", problems[0].text())
    sheet = _sheet(folder.sheet, published, snapshot, cycle)
    state = State(
        folder.frame,
        sheet,
        before=folder,
        pinned_frames=scoring.pinned_frames(connection, folder.frame, sheet),
    )
    results = cycles.results_of(connection, state, ScoreQuery(cycle, folder.frame.directory.day_of(at)))
    # Worked out while the database is there.
    _ = results.text
    return results


def _sheet(folder: Sheet, published: Definitions, snapshot: LockedSnapshot, cycle: int) -> Sheet:
    """The folder's sheet with what went before it, and all that was decided."""
    beside: Any = snapshot.json(APPLICATION)
    decided: list[Any] = [decode(line) for line in snapshot.lines(DECISIONS)]
    approved = sorted((one for one in decided if one["state"] == "approved"), key=lambda one: one["approved_as"])
    lines = cascade.decisions_of_lines(list(_line_decisions(approved)))
    sheet = replace(
        folder,
        token=f"{folder.token} snapshot",
        pinned={cycle: cascade.with_later_kpis(published, folder.definitions)},
        # Not there where nothing was decided: an empty one would tell that something is.
        decided={cycle: lines} if lines else {},
        bonuses=_bonuses(approved, cycle),
        moves={cycle: cascade.last_moves(_steps(decided))},
        tellings=_tellings(decided, cycle),
        locked=_locked(beside["locked"]),
    )
    cards = {Node.known(one["node"]): one["lines"] for one in beside["scorecards"]}
    agreed = sheet.with_cards(
        {
            (cycle, node): cascade.lines_of_documents(cycle, node, cards.get(node, ()))
            for node in cards.keys() | folder.lines.get(cycle, {}).keys()
        }
    )
    return agreed.with_given(
        {
            (cycle, Node.known(one["node"]), one["kpi"]): tuple((rater, grade) for rater, grade in one["grades"])
            for one in beside["ratings"]
        }
    )


def _line_decisions(approved: Iterable[Any]) -> Iterator[tuple[Mapping[str, Any], LineDecision | None]]:
    for one in approved:
        if one["kind"] == cascade.LIFT:
            yield one["content"], None
        elif one["kind"] in LINE_DECISIONS:
            yield one["content"], cascade.line_decision(one["kind"], one["content"], number=one["id"])


def _bonuses(approved: Iterable[Any], cycle: int) -> dict[tuple[int, str], Decimal]:
    granted: dict[tuple[int, str], Decimal] = {}
    for one in approved:
        if one["kind"] == cascade.BONUS_DECISIONS:
            whose = cycle, str(one["content"]["employee"])
            granted[whose] = granted.get(whose, Decimal(0)) + Decimal(one["content"]["points"])
    return granted


def _steps(decided: Iterable[Any]) -> Iterator[GradeMove]:
    """Steps of calibration in the order in which they were agreed to."""
    with_steps = [one for one in decided if one.get("steps")]
    for one in sorted(with_steps, key=lambda one: one["approved_as"]):
        for step in one["steps"]:
            node = Node.known(step["node"])
            yield GradeMove(one["id"], node, step["from"], step["to"], step["reason"], step["proposed"])


def _tellings(decided: Iterable[Any], cycle: int) -> dict[int, ToldOf]:
    tellings = sorted((one["telling"] for one in decided if "telling" in one), key=lambda one: one["place"])
    told = ToldOf()
    for one in tellings:
        results = {Node(NodeKind.EMPLOYEE, each["employee"]): _told(each) for each in one["results"]}
        told = ToldOf(before=one["before"], place=one["place"], results={**told.results, **results})
    return {cycle: told} if tellings else {}


def _told(one: Mapping[str, Any]) -> ToldResult:
    return ToldResult(
        score=None if one["score"] is None else Decimal(one["score"]),
        grade=one["grade"],
        is_held=one["held"],
        rank=one["rank"],
        group=one["group"],
        group_size=one["group_size"],
        reason=one["reason"],
        days=one["days"],
        own_group=one["own_group"],
        job=one["job"],
        disciplined=one["disciplined"],
    )


def _locked(cycles_: Iterable[Any]) -> Locked:
    return {
        int(one["cycle"]): LockedFigures(
            results={
                each["employee"]: LockedResult(
                    None if each["final_score"] is None else Decimal(each["final_score"]), each["grade"]
                )
                for each in one["results"]
            },
            actuals={(Node.known(each["node"]), each["kpi"]): Decimal(each["actual"]) for each in one["actuals"]},
        )
        for one in cycles_
    }
