"""Files that are made in the background, for whoever asked: what is to be made, how far it is, and the bytes once it is whole.

A row is asked for within a request and made by another process: a worker, or what a serving process starts where no worker is. Who takes it has
it for :data:`LEASE` after each step; after that another may, for then the first one is gone. Do not write bytes before all of them are there: the
row's state, its size, its sum and its bytes are one update, so that there is a whole file or none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.tables import account, made_file
from app.kit.claims import claim_first
from app.kit.refusals import Conflict, NotThere
from app.plain.findings import n_

__all__ = [
    "FILES_KEPT",
    "FILES_KEPT_MAX",
    "FILES_WAITING_MAX",
    "MadeFile",
    "TakenFile",
    "ask_for_file",
    "delete_made_file",
    "fail_file",
    "finish_file",
    "forget_made_files",
    "is_any_file_due",
    "made_content",
    "made_files",
    "release_file",
    "step_file",
    "take_file",
]

LEASE: Final = dt.timedelta(minutes=3)
"""So long a row is its maker's after each step; whoever has not said by then how far it is, is taken for gone."""

TRIES_MAX: Final = 3
"""How often a file is taken up whose maker was gone."""

FILES_KEPT: Final = dt.timedelta(days=30)
"""So long a file is kept; one that failed is told of as long."""

FILES_WAITING_MAX: Final = 3
FILES_KEPT_MAX: Final = 20
"""Of one person."""

BYTES_MAX: Final = 20_000_000
"""Of one file, so that a person has at most :data:`FILES_KEPT_MAX` times as many."""

WAITING: Final = "waiting"
MADE: Final = "made"
FAILED: Final = "failed"

TOO_LARGE: Final = "too_large"
STOPPED: Final = "stopped"

_SEVERAL_WAIT: Final = n_("%(most)s files of yours are still being made: wait for one of them.")
_SEVERAL_KEPT: Final = n_("You have %(most)s files, as many as are kept: delete one that you no longer need.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """A file as its owner sees it, without its bytes.

    Attributes:
        parameters: of what it is.
        state: ``waiting``, ``made`` or ``failed``.
        step: so many steps are done.
        steps: of so many; 0 before anybody has begun.
        is_under_way: whether somebody makes it.
        kept_until: when it is deleted; None while it waits.
        error: why there is none.
    """

    id: int
    kind: str
    parameters: Mapping[str, Any]
    language: str
    state: str
    step: int
    steps: int
    is_under_way: bool
    asked_at: dt.datetime
    ended_at: dt.datetime | None
    kept_until: dt.datetime | None
    filename: str | None
    media_type: str | None
    size: int | None
    sha256: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """A row that a maker has taken, and for which try."""

    id: int
    account_id: int
    kind: str
    parameters: Mapping[str, Any]
    language: str
    asked_at: dt.datetime
    tries: int
    maker: str


_SHOWN: Final = tuple(column for column in made_file.c if column.name != "content")


def ask_for_file(
    connection: Connection,
    *,
    account_id: int,
    kind: str,
    parameters: Mapping[str, object],
    language: str,
    now: dt.datetime,
) -> tuple[int, bool]:
    """Have a file made; returns its number, and whether it is a new one: what waits already is not asked for twice.

    Args:
        connection: a writing transaction.
        account_id: for whom.
        kind: what.
        parameters: of what; plain values.
        language: in which language.
        now: when.

    Raises:
        Conflict: as many wait, or are kept, as anybody may have.

    Queries: 3.
    """
    # Two requests of one person take turns, so that neither counts without the other's file.
    connection.execute(sa.select(account.c.id).where(account.c.id == account_id).with_for_update())
    of_what = json.dumps(dict(parameters), sort_keys=True, separators=(",", ":"))
    rows = connection.execute(
        sa.select(
            made_file.c.id, made_file.c.state, made_file.c.kind, made_file.c.parameters, made_file.c.language
        ).where(made_file.c.account_id == account_id, _is_kept(now))
    ).all()
    waiting = [row for row in rows if row.state == WAITING]
    for row in waiting:
        if (row.kind, row.parameters, row.language) == (kind, of_what, language):
            return int(row.id), False
    if len(waiting) >= FILES_WAITING_MAX:
        raise Conflict(message=_SEVERAL_WAIT, parameters={"most": FILES_WAITING_MAX})
    if len(rows) >= FILES_KEPT_MAX:
        raise Conflict(message=_SEVERAL_KEPT, parameters={"most": FILES_KEPT_MAX})
    number = connection.execute(
        sa.insert(made_file)
        .values(
            account_id=account_id,
            kind=kind,
            parameters=of_what,
            language=language,
            state=WAITING,
            asked_at=now,
            due_at=now,
        )
        .returning(made_file.c.id)
    ).scalar_one()
    return int(number), True


def made_files(connection: Connection, *, account_id: int, now: dt.datetime) -> list[MadeFile]:
    """Somebody's files, the newest first. Queries: 1."""
    query = sa.select(*_SHOWN).where(made_file.c.account_id == account_id, _is_kept(now))
    return [_file(row) for row in connection.execute(query.order_by(made_file.c.id.desc()))]


def made_content(connection: Connection, *, account_id: int, number: int, now: dt.datetime) -> tuple[MadeFile, bytes]:
    """One of somebody's files with its bytes.

    Raises:
        NotThere: it is none of theirs, not whole, or deleted.

    Queries: 1.
    """
    row = connection.execute(
        sa.select(made_file).where(
            made_file.c.id == number,
            made_file.c.account_id == account_id,
            made_file.c.state == MADE,
            _is_kept(now),
        )
    ).one_or_none()
    if row is None:
        raise NotThere
    return _file(row), row.content


def delete_made_file(connection: Connection, *, account_id: int, number: int) -> None:
    """Let one of one's files go; of one that is being made nothing is kept.

    Raises:
        NotThere: it is none of theirs.

    Queries: 1.
    """
    of = made_file.c
    gone = connection.execute(sa.delete(made_file).where(of.id == number, of.account_id == account_id))
    if gone.rowcount != 1:
        raise NotThere


def forget_made_files(connection: Connection, *, now: dt.datetime) -> int:
    """Delete files whose time is over; returns how many. Queries: 1."""
    return connection.execute(sa.delete(made_file).where(made_file.c.kept_until <= now)).rowcount


# ------------------------------------------------------------------------------------------------------------- whoever makes them


def is_any_file_due(connection: Connection, *, at: dt.datetime) -> bool:
    """Whether there is anything to take now. Queries: 1."""
    return connection.execute(sa.select(made_file.c.id).where(*_due(at)).limit(1)).first() is not None


def take_file(connection: Connection, *, maker: str, kinds: Collection[str], at: dt.datetime) -> TakenFile | None:
    """Take the file that has waited longest; None where there is none that another does not have.

    One whose makers were gone :data:`TRIES_MAX` times has failed.

    Args:
        connection: a writing transaction, committed before the file is made.
        maker: who takes it.
        kinds: what that one can make.
        at: now.

    Queries: 3.
    """
    connection.execute(
        sa.update(made_file).where(*_due(at), made_file.c.tries >= TRIES_MAX).values(_ended(FAILED, at, error=STOPPED))
    )
    due = (*_due(at), made_file.c.kind.in_(sorted(kinds)))
    row = claim_first(connection, made_file, _SHOWN, where=due, by=maker, until=at + LEASE, step=0, steps=0)
    if row is None:
        return None
    return TakenFile(
        id=row.id,
        account_id=row.account_id,
        kind=row.kind,
        parameters=json.loads(row.parameters),
        language=row.language,
        asked_at=row.asked_at,
        tries=row.tries + 1,
        maker=maker,
    )


def step_file(connection: Connection, taken: TakenFile, *, step: int, steps: int, at: dt.datetime) -> bool:
    """Note how far it is; returns whether it is still this maker's: another may have it since, or its owner let it go. Queries: 1."""
    values = {"step": step, "steps": steps, "due_at": at + LEASE}
    return connection.execute(sa.update(made_file).where(*_still(taken)).values(values)).rowcount == 1


def finish_file(
    connection: Connection, taken: TakenFile, *, content: bytes, filename: str, media_type: str, at: dt.datetime
) -> bool:
    """Keep a whole file; returns whether it was still this maker's to keep. Queries: 1."""
    if len(content) > BYTES_MAX:
        fail_file(connection, taken, error=TOO_LARGE, at=at)
        return False
    values = _ended(MADE, at) | {
        "step": made_file.c.steps,
        "content": content,
        "filename": filename,
        "media_type": media_type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return connection.execute(sa.update(made_file).where(*_still(taken)).values(values)).rowcount == 1


def fail_file(connection: Connection, taken: TakenFile, *, error: str, at: dt.datetime) -> None:
    """Note why there is none, unless another maker has it since. Queries: 1."""
    connection.execute(sa.update(made_file).where(*_still(taken)).values(_ended(FAILED, at, error=error)))


def release_file(connection: Connection, taken: TakenFile, *, at: dt.datetime) -> None:
    """Give back one whose maker has to end: another begins it anew. Queries: 1."""
    values = {"taken_by": None, "due_at": at, "tries": taken.tries - 1, "step": 0, "steps": 0}
    connection.execute(sa.update(made_file).where(*_still(taken)).values(values))


def _ended(state: str, at: dt.datetime, *, error: str | None = None) -> dict[str, Any]:
    return {"state": state, "taken_by": None, "ended_at": at, "kept_until": at + FILES_KEPT, "error": error}


def _due(at: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return made_file.c.state == WAITING, made_file.c.due_at <= at


def _is_kept(now: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(made_file.c.kept_until.is_(None), made_file.c.kept_until > now)


def _still(taken: TakenFile) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a row still is whose it was taken as: neither another maker's nor another try."""
    of = made_file.c
    return of.id == taken.id, of.taken_by == taken.maker, of.tries == taken.tries, of.state == WAITING


def _file(row: sa.Row[Any]) -> MadeFile:
    return MadeFile(
        id=row.id,
        kind=row.kind,
        parameters=json.loads(row.parameters),
        language=row.language,
        state=row.state,
        step=row.step,
        steps=row.steps,
        is_under_way=row.taken_by is not None,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        kept_until=row.kept_until,
        filename=row.filename,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        error=row.error,
    )
