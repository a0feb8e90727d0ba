"""A server with one page more: as many one-row queries by primary key as asked, and a fixed page of the size asked.

It is what the product's pages are held against: the same server, the same transaction, the same session, nothing worked out.
"""

from __future__ import annotations

import sys

import sqlalchemy as sa
from pydantic import BaseModel

from app.kit.settings import Settings
from app.organisation.tables import employee
from app.rules.permissions import Deed
from app.web.front.server import listen, run
from app.web.rendering import Download
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages = Pages("baseline")


class Wanted(BaseModel):
    """How many queries, and how many bytes."""

    queries: int
    size: int


@pages.read("/baseline", may=Deed.OPEN_HOME)
def baseline(context: RequestContext, query: Wanted) -> Download:
    """Ask for one row by its primary key, so often, and answer a text of that many bytes."""
    for number in range(1, query.queries + 1):
        context.connection.execute(sa.select(employee).where(employee.c.id == number)).one_or_none()
    page = _PAGES.setdefault(query.size, b"x" * query.size)
    return Download(content=page, filename="baseline.html", media_type="text/html")


_PAGES: dict[int, bytes] = {}

if __name__ == "__main__":
    run(Settings.from_environment(), listen("127.0.0.1", int(sys.argv[1])), more=[pages])
