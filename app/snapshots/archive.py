"""A snapshot as a file: a zip of a few texts, the same bytes for the same texts, read with suspicion.

Do not unpack one by its own names: what a file may be called is known, and how long it may get is asked before it is read.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.kit.private_files import private_part
from app.plain.json_text import decode
from app.snapshots.faults import SnapshotFault

__all__ = [
    "APPLICATION",
    "DECISIONS",
    "EVENTS",
    "MANIFEST",
    "RESULTS",
    "LockedSnapshot",
    "read_snapshot",
    "write_snapshot",
]

MANIFEST: Final = "manifest.json"
EVENTS: Final = "events.ndjson"
DECISIONS: Final = "decisions.ndjson"
APPLICATION: Final = "application.json"
RESULTS: Final = "results.json"

_NAME: Final = re.compile(
    r"manifest\.json|events\.ndjson|decisions\.ndjson|application\.json|results\.json"
    r"|folder/[a-z]+\.csv|(folder/)?definitions/[A-Za-z0-9_-]{1,80}\.yaml"
)
_NEEDED: Final = frozenset({MANIFEST, EVENTS, DECISIONS, APPLICATION, RESULTS})
_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can name: when a file was written would make another file of the same snapshot."""
_READABLE_BY_OWNER: Final = 0o100600 << 16
_UNIX: Final = 3

_FILES_MOST: Final = 2_000
_BYTES_MOST: Final = 2 * 1024**3
"""Of an agency of 1,300 people the year's events are 200 MB."""
_RATIO_MOST: Final = 200
"""So many times its packed length a text of ours does not come to; what is short may."""
_SHORT: Final = 1024**2

_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What reading a zip ends in that is damaged, or none of ours."""


@dataclass(frozen=True, slots=True)
class LockedSnapshot:
    """The texts of a locked round, by their names in the file."""

    texts: Mapping[str, str]

    def below(self, folder: str) -> dict[str, str]:
        """The texts below a folder, by their names there."""
        return {name.removeprefix(folder): text for name, text in self.texts.items() if name.startswith(folder)}

    def lines(self, name: str) -> list[str]:
        """The lines of a text. A line feed alone ends one."""
        return self.texts[name].split("\n")[:-1]

    def json(self, name: str) -> object:
        """A text read as JSON.

        Raises:
            SnapshotFault: it is none.
        """
        try:
            return decode(self.texts[name])
        except ValueError as error:
            raise SnapshotFault(name, "JSON", str(error)) from error

    def sums(self) -> dict[str, str]:
        """The sums of all texts but the manifest's, which has them."""
        return {
            name: hashlib.sha256(text.encode()).hexdigest()
            for name, text in sorted(self.texts.items())
            if name != MANIFEST
        }


def write_snapshot(snapshot: LockedSnapshot, file: Path) -> None:
    """Write the zip, for its owner alone: it says what everyone came to. A file that is there is replaced once all is written.

    Raises:
        OSError: it cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in sorted(snapshot.texts.items()):
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                _UNIX,
                _READABLE_BY_OWNER,
            )
            archive.writestr(entry, text.encode(), compresslevel=6)
    with private_part(file) as part:
        part.write_bytes(packed.getvalue())
        part.replace(file)


def read_snapshot(file: Path) -> LockedSnapshot:
    """Read such a zip.

    Raises:
        SnapshotFault: it is damaged, or holds what none of ours does.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _refuse_strange(entries)
            return LockedSnapshot({one.filename: _text(archive, one) for one in entries})
    except _BROKEN as error:
        raise SnapshotFault(file.name, "a snapshot", str(error)) from error


def _refuse_strange(entries: list[zipfile.ZipInfo]) -> None:
    names = [one.filename for one in entries]
    if len(names) > _FILES_MOST or len(set(names)) < len(names):
        raise SnapshotFault("names", "each once", f"{len(names)} files, {len(set(names))} names")
    for one in entries:
        # The name as the file has it: what a reader makes of it may be another one.
        if not _NAME.fullmatch(one.filename) or one.orig_filename != one.filename:
            raise SnapshotFault("names", "a file of a snapshot", ascii(one.orig_filename[:80]))
        if one.file_size > _SHORT and one.file_size > _RATIO_MOST * one.compress_size:
            raise SnapshotFault(one.filename, f"packed {_RATIO_MOST} times at most", f"{one.file_size} bytes")
    if sum(one.file_size for one in entries) > _BYTES_MOST:
        raise SnapshotFault("files", f"{_BYTES_MOST} bytes at most", "more")
    missing = sorted(_NEEDED - set(names))
    if missing:
        raise SnapshotFault(missing[0], "there", "missing")


def _text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with archive.open(entry) as stream:
        # One more than it says: what it says is not to be believed either.
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise SnapshotFault(entry.filename, f"{entry.file_size} bytes", "another length")
    return content.decode()
