"""Alternatives that were tried on a cycle's lab page: each has an address that others open, and is kept once it has a title.

Do not keep what came of one: it is worked out anew whenever somebody opens it, by the events of that moment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cycle.tables import lab_draft
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.plain.findings import n_
from app.plain.texts import trimmed

__all__ = [
    "LAB_TITLE_MAX",
    "KeptLabDraft",
    "LabDraft",
    "drop_lab_draft",
    "keep_lab_draft",
    "lab_draft_of",
    "lab_drafts",
    "put_lab_draft",
]

LAB_TITLE_MAX: Final = 80
KEPT_MAX: Final = 200
CONTENT_LENGTH_MAX: Final = 4_000_000
_TRIED_FOR: Final = dt.timedelta(days=30)
"""How long the address of one that nobody keeps is good."""

_TRIED_MAX: Final = 100
"""So many of one account's that are not kept stay: the latest ones."""


class TooManyKept(Conflict):
    """A cycle has as many alternatives as are kept."""

    code = "too_many"
    message = n_("%(most)s alternatives of this cycle are kept, as many as there may be: take one away first.")


class KeptByAnother(Conflict):
    """Whoever keeps it calls it what they like, and takes it away."""

    code = "kept_by_another"
    message = n_("%(who)s keeps this alternative, as “%(title)s”: ask them to take it away first.")


class LabDraft(NamedTuple):
    """An alternative that was tried."""

    cycle: int
    key: str
    content: Mapping[str, Any]
    title: str | None
    """None: it is not kept."""
    account: str
    """Who tried it first, or kept it, as the trail writes it."""
    at: dt.datetime


class KeptLabDraft(NamedTuple):
    """What a list of kept alternatives says of one: its content may be long."""

    key: str
    title: str
    account: str
    at: dt.datetime


def put_lab_draft(connection: Connection, cycle: int, content: Mapping[str, Any], *, by: str, now: dt.datetime) -> str:
    """Give an alternative an address: its key, the same for the same content. Those that nobody keeps go after a while.

    Raises:
        Invalid: it says more than can be kept.

    Queries: 5 at most.
    """
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if len(text) > CONTENT_LENGTH_MAX:
        message = n_("This is more than an alternative can hold: send fewer rows or documents.")
        raise Invalid(at_field("weights", "too_much", message))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    of = lab_draft.c
    own = sa.and_(of.title.is_(None), of.account == by)
    latest = sa.select(of.at).where(own).order_by(of.at.desc()).offset(_TRIED_MAX - 1).limit(1)
    oldest = connection.scalar(latest)
    connection.execute(sa.delete(lab_draft).where(of.title.is_(None), of.at < now - _TRIED_FOR))
    if oldest is not None:
        connection.execute(sa.delete(lab_draft).where(own, of.at <= oldest))
    if lab_draft_of(connection, cycle, key) is None:
        connection.execute(sa.insert(lab_draft).values(cycle=cycle, key=key, content=text, account=by, at=now))
    return key


def lab_draft_of(connection: Connection, cycle: int, key: str) -> LabDraft | None:
    """One alternative; None where there is none of the key, or none any more. Queries: 1."""
    of = lab_draft.c
    row = connection.execute(sa.select(lab_draft).where(of.cycle == cycle, of.key == key)).first()
    return None if row is None else _draft(row)


def lab_drafts(connection: Connection, cycle: int) -> list[KeptLabDraft]:
    """Those that are kept, the latest first. Queries: 1."""
    of = lab_draft.c
    query = sa.select(of.key, of.title, of.account, of.at).where(of.cycle == cycle, of.title.is_not(None))
    return [KeptLabDraft(*row) for row in connection.execute(query.order_by(of.at.desc(), of.key))]


def keep_lab_draft(connection: Connection, cycle: int, key: str, *, title: str, by: str, now: dt.datetime) -> LabDraft:
    """Keep an alternative under a title; whoever keeps it may call it otherwise.

    Raises:
        NotThere: there is none of the key.
        Invalid: the title is none.
        KeptByAnother: somebody else keeps it.
        TooManyKept: as many are kept as there may be.

    Queries: 3.
    """
    title = trimmed(title)
    if not 1 <= len(title) <= LAB_TITLE_MAX:
        message = n_("The title is missing or too long: write 1 to %(most)s letters.")
        raise Invalid(at_field("title", "no_title", message, most=LAB_TITLE_MAX))
    draft = lab_draft_of(connection, cycle, key)
    if draft is None:
        raise NotThere
    if draft.title is not None and draft.account != by:
        raise KeptByAnother(parameters={"who": draft.account.partition(":")[2], "title": draft.title})
    if draft.title is None and len(lab_drafts(connection, cycle)) >= KEPT_MAX:
        raise TooManyKept(parameters={"most": KEPT_MAX})
    of = lab_draft.c
    connection.execute(
        sa.update(lab_draft).where(of.cycle == cycle, of.key == key).values(title=title, account=by, at=now)
    )
    return draft._replace(title=title, account=by, at=now)


def drop_lab_draft(connection: Connection, cycle: int, key: str, *, by: str) -> LabDraft:
    """Take away one that somebody has kept.

    Raises:
        NotThere: they keep none of the key.

    Queries: 2.
    """
    draft = lab_draft_of(connection, cycle, key)
    if draft is None or draft.title is None or draft.account != by:
        raise NotThere
    of = lab_draft.c
    connection.execute(sa.delete(lab_draft).where(of.cycle == cycle, of.key == key))
    return draft


def _draft(row: sa.Row[Any]) -> LabDraft:
    return LabDraft(row.cycle, row.key, json.loads(row.content), row.title, row.account, row.at)
