"""What is recorded of how a cycle's scorecards were agreed on and with what it was published, as queries over whose rows a sum is taken.

Do not take all columns of a table: one that comes to it later must not move the sums of cycles that were certified before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from app.cascade import tables

__all__ = ["recorded_rows"]

_DRAFTS: Final[tuple[str, ...]] = ("node", "place", "lines", "over", "with_hr", "at", "account", "employee")
_SIGNATURES: Final[tuple[str, ...]] = (
    *("node", "place", "digest", "signed_as"),
    *("at", "account_id", "account", "employee", "acts_for"),
)
_VERSIONS: Final[tuple[str, ...]] = ("node", "version", "place", "lines", "digest", "at", "decision")
_PUBLICATIONS: Final[tuple[str, ...]] = ("edition", "at", "decision", "policies_sha256", "definitions_sha256")
_ENDS: Final[tuple[str, ...]] = ("edition", "decision", "at")
_DOCUMENTS: Final[tuple[str, ...]] = ("edition", "name", "sha256")
_PROPOSED: Final[tuple[str, ...]] = ("decision", "policies_sha256", "definitions_sha256")


def recorded_rows(cycle: int, *, before: int) -> Iterator[sa.Select[tuple[object, ...]]]:
    """Queries of a cycle's drafts, signatures, versions and publications, each ordered by its key.

    Args:
        cycle: the year that names it.
        before: only what decisions with smaller numbers published; scorecards stand still once a cut is made.
    """
    for table, names in (
        (tables.agreement_draft, _DRAFTS),
        (tables.agreement_signature, _SIGNATURES),
        (tables.agreement_version, _VERSIONS),
    ):
        yield _of(table, names).where(table.c.cycle == cycle)
    for table, names in ((tables.publication, _PUBLICATIONS), (tables.publication_end, _ENDS)):
        yield _of(table, names).where(table.c.cycle == cycle, table.c.decision < before)
    of, proposed = tables.publication.c, tables.publication_proposed
    editions = sa.select(of.edition).where(of.cycle == cycle, of.decision < before)
    document = tables.publication_document
    yield _of(document, _DOCUMENTS).where(document.c.cycle == cycle, document.c.edition.in_(editions))
    published = sa.select(of.decision).where(of.cycle == cycle, of.decision < before)
    yield _of(proposed, _PROPOSED).where(proposed.c.decision.in_(published))


def _of(table: sa.Table, names: tuple[str, ...]) -> sa.Select[tuple[object, ...]]:
    return sa.select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
