"""A server with three pages more, that ask as many one-row queries as wanted: a fixed text, a table of fixed texts, and nothing but the frame.

They are what the product's pages are held against: the same server, the same transaction, the same session, nothing worked out.
"""

from __future__ import annotations

import sys
from typing import Any

import sqlalchemy as sa
from flask import current_app
from jinja2 import Template
from pydantic import BaseModel

from app.kit.settings import Settings
from app.organisation.tables import employee
from app.rules.permissions import Deed
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.front.server import listen, run

pages = Pages("baseline")


class Wanted(BaseModel):
    """How many queries, and how many bytes."""

    queries: int
    size: int


@pages.read("/baseline", may=Deed.OPEN_HOME)
def baseline(context: RequestContext, query: Wanted) -> Download:
    """Ask for one row by its primary key, so often, and answer a text of that many bytes."""
    _ask(context, query.queries)
    page = _PAGES.setdefault(query.size, b"x" * query.size)
    return Download(content=page, filename="baseline.html", media_type="text/html")


_PAGES: dict[int, bytes] = {}


class WantedTable(BaseModel):
    """How many queries, rows, cells a row, and letters a cell."""

    queries: int
    rows: int
    columns: int
    letters: int


@pages.read("/baseline/table", may=Deed.OPEN_HOME)
def table(context: RequestContext, query: WantedTable) -> Page:
    """The same queries, and a table of fixed texts as a page's template writes it."""
    _ask(context, query.queries)
    row = ["x" * query.letters] * query.columns
    return Page(_template(_TABLE), rows=[row] * query.rows)


@pages.read("/baseline/empty", may=Deed.OPEN_HOME)
def empty(context: RequestContext) -> Page:
    """The frame of every page, and nothing in it."""
    return Page(_template(_EMPTY))


def _ask(context: RequestContext, queries: int) -> None:
    for number in range(1, queries + 1):
        context.connection.execute(sa.select(employee).where(employee.c.id == number)).one_or_none()


_EMPTY = """{% extends "layout.html" %}{% block title %}Nothing{% endblock %}"""
_TABLE = """{% extends "layout.html" %}{% block title %}Table{% endblock %}
{% block content %}<table class="table">{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endblock %}"""
_TEMPLATES: dict[str, Template] = {}


def _template(text: str) -> Any:
    """A template that no folder has, compiled once as those of folders are; Flask renders it by itself as it does by name."""
    if text not in _TEMPLATES:
        _TEMPLATES[text] = current_app.jinja_env.from_string(text)
    return _TEMPLATES[text]


if __name__ == "__main__":
    run(Settings.from_environment(), listen("127.0.0.1", int(sys.argv[1])), more=[pages])
