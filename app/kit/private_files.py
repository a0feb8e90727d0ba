"""Files that only their owner reads: databases, rejected events, logins.

Do not tighten a file after it was written: until then anyone on the machine could open it, and keeps it open.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Final

import sqlalchemy as sa

__all__ = [
    "alone_in",
    "begin_private",
    "database_file",
    "make_private",
    "open_private",
    "private_folder",
    "private_part",
    "write_private",
]

_OWNER_ONLY: Final = 0o600
_FOLDER: Final = 0o700


def database_file(url: sa.URL) -> Path | None:
    """The file of an SQLite database; None where it has none."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def make_private(*files: Path) -> None:
    """Close files to everybody else; those that are not there are left out."""
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            file.chmod(_OWNER_ONLY)


def begin_private(file: Path) -> None:
    """Make an empty file, unless there is one or no folder for it."""
    with contextlib.suppress(FileExistsError, FileNotFoundError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))


def private_folder(folder: Path) -> None:
    """Make a folder, or close the one that is there to everybody else."""
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    folder.chmod(_FOLDER)


def open_private(file: Path) -> TextIOWrapper:
    """A file to be written in UTF-8, in the place of one that is there."""
    file.unlink(missing_ok=True)
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8")


@contextlib.contextmanager
def private_part(file: Path) -> Iterator[Path]:
    """A name beside a file under which its new contents are written before they take its place, or else are gone at the end.

    It is this run's own: another one that writes the same file at the same moment would take it away.
    """
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Do within it what looks at a folder's files and renames them: of several processes that come here one after the other."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def write_private(file: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    with private_part(file) as part:
        with open_private(part) as out:
            out.write(text)
        part.replace(file)
