"""The policies and definitions of an opened cycle as they were published: kept by content, so that a later load leaves the cycle alone.

Do not look a pin up for the digest or for reconciling: those go by what was last loaded, for ever (contract-cycle, 0).
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import organisation
from app.cascade import tables
from app.kit.kept import LruCache
from app.rules.definitions import Definitions

__all__ = [
    "PinDifference",
    "Publication",
    "altered_parts",
    "documents_sha256",
    "keep_proposed",
    "keep_texts",
    "kept_texts",
    "loaded_since",
    "pin_differences",
    "pinned_cycles",
    "publications",
    "publish",
    "published",
    "published_documents",
    "read_pinned",
    "stored_documents",
    "text_sha256",
    "withdraw_publication",
]

POLICIES: Final = "policies"
"""The document that is the policies; all others are the definitions."""

DEFINITIONS: Final = "definitions"

_YEAR_MOST: Final = 9999


class Publication(NamedTuple):
    """One edition of what a cycle is judged by.

    Attributes:
        decision: the number of the decision that published it.
        ended_at: when the cycle went back to its draft; None for an edition that holds, or was followed by another.
    """

    cycle: int
    edition: int
    at: dt.datetime
    decision: int
    policies_sha256: str
    definitions_sha256: str
    ended_at: dt.datetime | None = None

    @property
    def sha256(self) -> str:
        """The sum over both parts: equal for equal editions."""
        return hashlib.sha256(f"{self.policies_sha256} {self.definitions_sha256}".encode()).hexdigest()

    def as_pin(self) -> dict[str, str]:
        """As the contract writes it."""
        return {
            "at": self.at.isoformat(),
            "policies_sha256": self.policies_sha256,
            "definitions_sha256": self.definitions_sha256,
        }


class PinDifference(NamedTuple):
    """A cycle whose published part is not what is loaded now: it goes by what was published."""

    cycle: int
    part: str
    """`policies` or `definitions`."""


def stored_documents(connection: Connection) -> dict[str, str]:
    """The definitions that were last loaded, as texts by name. Queries: 1."""
    columns = tables.definition_document.c
    return {row.name: row.content for row in connection.execute(sa.select(columns.name, columns.content))}


def documents_sha256(documents: Mapping[str, str]) -> str:
    """The sum over documents by their names, as 64 hexadecimal digits: equal for equal ones."""
    return hashlib.sha256("\n".join(f"{name} {text}" for name, text in sorted(documents.items())).encode()).hexdigest()


def altered_parts(connection: Connection, publication: Publication) -> list[tuple[str, str, str]]:
    """The parts of an edition whose documents are not those that it was published with: `policies` or `definitions`, its sum, and theirs. Queries: 1."""
    sums = _sums(published_documents(connection, publication))
    stored = {POLICIES: publication.policies_sha256, DEFINITIONS: publication.definitions_sha256}
    return [(part, stored[part], sums[part]) for part in sorted(stored) if stored[part] != sums[part]]


def _part_of(name: str) -> str:
    return POLICIES if name == POLICIES else DEFINITIONS


def _sums(documents: Mapping[str, str]) -> dict[str, str]:
    """The sums of the two parts."""
    return {
        part: documents_sha256({name: text for name, text in documents.items() if _part_of(name) == part})
        for part in (POLICIES, DEFINITIONS)
    }


def keep_proposed(connection: Connection, decision: int) -> None:
    """Write down what is loaded now beside a decision that proposes to publish it. Queries: 2."""
    sums = _sums(stored_documents(connection))
    connection.execute(
        sa.insert(tables.publication_proposed).values(
            decision=decision, policies_sha256=sums[POLICIES], definitions_sha256=sums[DEFINITIONS]
        )
    )


def loaded_since(connection: Connection, decision: int) -> list[str]:
    """Which parts are loaded otherwise than when a decision proposed to publish them; none for one of before that was written down. Queries: 2."""
    of = tables.publication_proposed.c
    row = connection.execute(
        sa.select(of.policies_sha256, of.definitions_sha256).where(of.decision == decision)
    ).first()
    if row is None:
        return []
    sums = _sums(stored_documents(connection))
    was = {POLICIES: row.policies_sha256, DEFINITIONS: row.definitions_sha256}
    return [part for part in (POLICIES, DEFINITIONS) if was[part] != sums[part]]


def publish(
    connection: Connection,
    *,
    cycle: int,
    decision: int,
    at: dt.datetime,
    parts: Iterable[str] = (POLICIES, DEFINITIONS),
) -> Publication:
    """Publish what is loaded now for a cycle, as a new edition.

    Args:
        connection: a writing transaction that holds :func:`app.organisation.lock_revision`.
        cycle: which.
        decision: the decision's number.
        at: when.
        parts: what is adopted; the other part stays as it was published last.

    Queries: 9 at most.
    """
    adopted = frozenset(parts)
    before = publications(connection, cycle)
    loaded = stored_documents(connection)
    earlier = published_documents(connection, before[-1]) if before else loaded
    documents = {name: text for name, text in loaded.items() if _part_of(name) in adopted} | {
        name: text for name, text in earlier.items() if _part_of(name) not in adopted
    }
    keep_texts(connection, documents.values())
    edition = before[-1].edition + 1 if before else 1
    sums = _sums(documents)
    made = Publication(cycle, edition, at, decision, sums[POLICIES], sums[DEFINITIONS])
    connection.execute(
        sa.insert(tables.publication).values({name: one for name, one in made._asdict().items() if name != "ended_at"})
    )
    connection.execute(
        sa.insert(tables.publication_document),
        [
            {"cycle": cycle, "edition": edition, "name": name, "sha256": text_sha256(text)}
            for name, text in sorted(documents.items())
        ],
    )
    organisation.raise_decided(connection, [("published", cycle, edition, *sums.values(), at.isoformat())])
    return made


def text_sha256(text: str) -> str:
    """The sum by which a text is kept, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_texts(connection: Connection, texts: Iterable[str]) -> list[str]:
    """Keep texts by what they say, each once, and return their sums. Queries: 2, or 1 where all are there."""
    some = list(texts)
    sums = [text_sha256(text) for text in some]
    by_sum = dict(zip(sums, some, strict=True))
    of = tables.kept_document.c
    there = set(connection.scalars(sa.select(of.sha256).where(of.sha256.in_(sorted(by_sum)))))
    fresh = [{"sha256": one, "content": text} for one, text in sorted(by_sum.items()) if one not in there]
    if fresh:
        connection.execute(sa.insert(tables.kept_document), fresh)
    return sums


def kept_texts(connection: Connection, sums: Iterable[str]) -> dict[str, str]:
    """Texts that are kept, by their sums. Queries: 1."""
    of = tables.kept_document.c
    query = sa.select(of.sha256, of.content).where(of.sha256.in_(sorted(sums)))
    return {row.sha256: row.content for row in connection.execute(query)}


def withdraw_publication(connection: Connection, *, cycle: int, decision: int, at: dt.datetime) -> None:
    """Let a cycle go by what is loaded again. The caller holds :func:`app.organisation.lock_revision`. Queries: 4."""
    latest = published(connection, cycle)
    if latest is not None:
        connection.execute(
            sa.insert(tables.publication_end).values(cycle=cycle, edition=latest.edition, decision=decision, at=at)
        )
        organisation.raise_decided(connection, [("withdrawn", cycle, latest.edition, at.isoformat())])


def publications(connection: Connection, cycle: int) -> list[Publication]:
    """All editions of a cycle, the first one first. Queries: 1, or none."""
    if not 0 < cycle <= _YEAR_MOST:
        return []
    return [_publication(row) for row in connection.execute(_query().where(tables.publication.c.cycle == cycle))]


def published(connection: Connection, cycle: int) -> Publication | None:
    """The edition that a cycle goes by; None for one that goes by what is loaded. Queries: 1."""
    editions = publications(connection, cycle)
    return editions[-1] if editions and editions[-1].ended_at is None else None


def published_documents(connection: Connection, publication: Publication) -> dict[str, str]:
    """The documents of an edition as JSON texts, by name. Queries: 1."""
    of, kept = tables.publication_document.c, tables.kept_document.c
    query = (
        sa.select(of.name, kept.content)
        .join(tables.kept_document, kept.sha256 == of.sha256)
        .where(of.cycle == publication.cycle, of.edition == publication.edition)
        .order_by(of.name)
    )
    return {row.name: row.content for row in connection.execute(query)}


_READ: Final[LruCache[Definitions]] = LruCache(8)
"""Definitions by their sums: one object for all readers, however often they are read."""


def read_pinned(connection: Connection) -> dict[int, Definitions]:
    """The definitions of every cycle that goes by a publication. Queries: 1, and 1 for each edition that this process has not read."""
    latest = {row.cycle: _publication(row) for row in connection.execute(_query())}
    pinned = {}
    for cycle, one in sorted(latest.items()):
        if one.ended_at is None:
            key = one.policies_sha256, one.definitions_sha256
            known = _READ.get(key)
            if known is None:
                documents = published_documents(connection, one)
                known = _READ.get_or_make(key, functools.partial(_definitions, documents))
            pinned[cycle] = known
    return pinned


def _definitions(documents: Mapping[str, str]) -> Definitions:
    return Definitions.from_documents({name: json.loads(text) for name, text in documents.items()})


def pinned_cycles(connection: Connection) -> list[int]:
    """The cycles that are published now. Queries: 1."""
    return [one.cycle for one in _pinned(connection)]


def _pinned(connection: Connection) -> list[Publication]:
    latest = {row.cycle: _publication(row) for row in connection.execute(_query())}
    return [one for one in latest.values() if one.ended_at is None]


def pin_differences(connection: Connection) -> list[PinDifference]:
    """Where what is loaded is not what a cycle was published with. Queries: 2."""
    pinned = _pinned(connection)
    if not pinned:
        return []
    now = _sums(stored_documents(connection))
    return [
        PinDifference(one.cycle, part)
        for one in sorted(pinned)
        for part, sum_ in ((POLICIES, one.policies_sha256), (DEFINITIONS, one.definitions_sha256))
        if now[part] != sum_
    ]


def _query() -> sa.Select[Any]:
    of, end = tables.publication, tables.publication_end
    return (
        sa.select(of, end.c.at.label("ended_at"))
        .select_from(of.outerjoin(end, sa.and_(end.c.cycle == of.c.cycle, end.c.edition == of.c.edition)))
        .order_by(of.c.cycle, of.c.edition)
    )


def _publication(row: sa.Row[Any]) -> Publication:
    return Publication(
        row.cycle, row.edition, row.at, row.decision, row.policies_sha256, row.definitions_sha256, row.ended_at
    )
