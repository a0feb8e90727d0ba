"""Whether a snapshot still comes to the results that it brings, without any database but its own (contract-cycle, 8)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from app.cycle import RULES_VERSION, result_differences
from app.kit.refusals import Refusal
from app.plain.json_text import decode
from app.snapshots.archive import DECISIONS, EVENTS, MANIFEST, RESULTS, LockedSnapshot, read_snapshot
from app.snapshots.faults import SnapshotFault
from app.snapshots.recomputing import recompute

__all__ = ["SnapshotVerified", "verify_file"]

_UNREADABLE: Final = (
    *(ArithmeticError, AttributeError, LookupError, OSError, RecursionError),
    *(Refusal, SQLAlchemyError, TypeError, ValueError),
)
"""What reading texts ends in that nobody of ours has written."""


class SnapshotVerified(NamedTuple):
    """What came of it.

    Attributes:
        round: of the cycle; 0 where the manifest cannot be read.
        results_sha256: the sum over what the cycle comes to by the rest; empty where that cannot be told.
        differences: a line for each, `node member: stored → computed`.
    """

    round: int
    results_sha256: str
    differences: tuple[str, ...]


class _Manifest(NamedTuple):
    """What is asked of a manifest."""

    cycle: int
    round: int
    rules_version: int
    at: dt.datetime
    events: int
    events_sha256: str
    decisions: int
    results_sha256: str
    files: Mapping[str, str]


def verify_file(file: Path, *, cycle: int) -> SnapshotVerified:
    """Recompute a snapshot's results from the rest of it, and compare.

    Args:
        file: the zip.
        cycle: which it is said to be of.
    """
    number, computed = 0, ""
    differences: list[str] = []
    try:
        snapshot = read_snapshot(file)
        manifest = _manifest(snapshot)
        number = manifest.round
        differences += _of_texts(snapshot, manifest, cycle)
        results = recompute(snapshot, cycle=manifest.cycle, at=manifest.at)
        computed = results.sha256
        stored: Any = json.loads(snapshot.texts[RESULTS])
        differences += result_differences(stored, results.document)
        if computed != manifest.results_sha256 and not differences:
            differences.append(f"cycle:{cycle} results: {manifest.results_sha256} → {computed}")
    except SnapshotFault as fault:
        differences.append(f"cycle:{cycle} {fault.line}")
    except _UNREADABLE as error:
        said = str(error).splitlines()
        differences.append(
            f"cycle:{cycle} {file.name}: readable → {type(error).__name__} {said[0][:200] if said else ''}"
        )
    return SnapshotVerified(number, computed, tuple(differences))


def _manifest(snapshot: LockedSnapshot) -> _Manifest:
    read: Any = snapshot.json(MANIFEST)
    try:
        pin = read["pins"]["certified"]
        return _Manifest(
            cycle=int(read["cycle"]),
            round=int(read["round"]),
            rules_version=int(read["rules_version"]),
            at=dt.datetime.fromisoformat(pin["at"]),
            events=int(pin["events"]),
            events_sha256=str(pin["events_sha256"]),
            decisions=int(read["decisions"]),
            results_sha256=str(read["results_sha256"]),
            files={str(name): str(one) for name, one in read["files"].items()},
        )
    except _UNREADABLE as error:
        raise SnapshotFault(MANIFEST, "a manifest", f"{type(error).__name__} {error}") from error


def _of_texts(snapshot: LockedSnapshot, manifest: _Manifest, cycle: int) -> Iterator[str]:
    """What the manifest says of the texts beside it, against themselves."""
    if manifest.cycle != cycle:
        yield f"cycle:{cycle} {MANIFEST}: {cycle} → {manifest.cycle}"
    if manifest.rules_version != RULES_VERSION:
        raise SnapshotFault("rules_version", str(manifest.rules_version), f"{RULES_VERSION} is what there is here")
    sums = snapshot.sums()
    for name in sorted(sums.keys() | manifest.files.keys()):
        stored, computed = manifest.files.get(name, "nothing"), sums.get(name, "missing")
        if stored != computed:
            yield f"cycle:{cycle} {name}: {stored} → {computed}"
    lines = sorted(hashlib.sha256(line.encode()).hexdigest() for line in snapshot.lines(EVENTS))
    events_sha256 = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    approved = sum(1 for line in snapshot.lines(DECISIONS) if _is_approved(line))
    for member, said, counted in (
        ("events", manifest.events, len(lines)),
        ("events_sha256", manifest.events_sha256, events_sha256),
        ("decisions", manifest.decisions, approved),
        ("results_sha256", manifest.results_sha256, sums[RESULTS]),
    ):
        if said != counted:
            yield f"cycle:{cycle} {member}: {said} → {counted}"


def _is_approved(line: str) -> bool:
    one: Any = decode(line)
    return bool(one["state"] == "approved")
