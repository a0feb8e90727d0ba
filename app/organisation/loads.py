"""What loads have brought since a revision."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.organisation import tables

__all__ = ["FileDiffers", "files_since"]


class FileDiffers(NamedTuple):
    """A file of a load with other rows than before: how many were added, changed or removed."""

    file: str
    revision: int
    rows: int


def files_since(connection: Connection, revision: int) -> list[FileDiffers]:
    """The files of later loads in which rows are others, load by load. Queries: 1."""
    of = tables.load_file.c
    rows = of.added + of.changed + of.removed
    query = sa.select(of.name, of.revision, rows.label("rows")).where(of.revision > revision, rows > 0)
    return [FileDiffers(*row) for row in connection.execute(query.order_by(of.revision, of.name))]
