"""Snapshots of locked rounds: all that their results are a function of, as one file that anybody can recompute.

Owns the file's form, and the way from it to the results that it comes to. Promises the same texts from either engine, but for the manifest and the
decisions, which hold instants. Never looks at the live database while it recomputes.
"""

from app.snapshots.archive import LockedSnapshot, write_snapshot
from app.snapshots.taking import NotLocked, locked_round, manifest_of, take_snapshot
from app.snapshots.verifying import SnapshotVerified, verify_file

__all__ = [
    "LockedSnapshot",
    "NotLocked",
    "SnapshotVerified",
    "locked_round",
    "manifest_of",
    "take_snapshot",
    "verify_file",
    "write_snapshot",
]
