"""The files of the agency folder row by row, and what became of each row (contract-desk, 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from flask import request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.http import parse_options_header

from app import exports, intake, organisation
from app.decisions import Program
from app.intake import SentFeed
from app.kit.refusals import NotAllowed, NotThere
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.answer.rendering import Download, Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.bodies import UnknownMedia, body_of
from app.web.api.described import READS_AS_ASKED
from app.web.api.readings import others_among, write_down
from app.web.asked.limits import EVENTS_BYTES
from app.web.asked.request_context import RequestContext
from app.web.changes import changing

__all__ = ["pages"]

pages: Final = Pages("folder_rows_api")

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: Final = {"file": ("string", "The file's name, with `.csv`.")}


class RowsQuery(BaseModel):
    """Which rows."""

    model_config = ConfigDict(frozen=True)

    on: Annotated[dt.date | None, Field(description="Only rows that hold on this day.")] = None
    node: Annotated[str | None, Field(description="Only rows about this unit or employee.")] = None
    revision: Annotated[int | None, Field(ge=1, lt=2**31, description="As of this revision.")] = None


class RowsPageQuery(RowsQuery):
    """Which rows, and which page of them."""

    limit: Annotated[int, Field(ge=1, le=10_000, description="How many at most.")] = 1000
    after: Annotated[int, Field(ge=0, lt=2**31, description="Without so many of the first.")] = 0


class HistoryQuery(BaseModel):
    """Which row."""

    model_config = ConfigDict(frozen=True)

    key: Annotated[str, Field(max_length=500, description="The values of its key, joined by blanks.")]


@pages.api_read(
    "/api/v1/files/<file>",
    may=Deed.SEE_FILES,
    transaction=False,
    about={
        "summary": "The rows of a file",
        "tag": "Desk",
        "path": _FILE,
        "query": RowsPageQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.FOLDER_ROW), "Rows in canonical order.")},
        "refusals": READS_AS_ASKED,
    },
)
def rows(context: RequestContext, file: str, query: RowsPageQuery) -> Json:
    """The rows of a file in the order of their keys, values as texts as in the CSV."""
    some, _ = _rows(context, file, query)
    shown = some[query.after : query.after + query.limit]
    following = None
    if query.after + query.limit < len(some):
        following = shapes.address(request, after=query.after + query.limit)
    return Json({"items": shown, "next": following}, following=following)


@pages.api_read(
    "/api/v1/files/<file>/rows.csv",
    may=Deed.SEE_FILES,
    transaction=False,
    about={
        "summary": "The rows of a file as CSV",
        "tag": "Desk",
        "path": _FILE,
        "query": RowsQuery,
        "responses": {200: ("text/csv", {"type": "string"}, "The file in canonical form.")},
        "refusals": READS_AS_ASKED,
    },
)
def rows_csv(context: RequestContext, file: str, query: RowsQuery) -> Download:
    """The same rows as a file that `kopes load` and a change set take."""
    some, _ = _rows(context, file, query)
    columns = intake.columns_of(file)
    text = intake.table_text(columns, ([row[column] or "" for column in columns] for row in some))
    return Download(content=text.encode(), filename=file, media_type="text/csv; charset=utf-8")


@pages.api_read(
    "/api/v1/files/<file>/rows.xlsx",
    may=Deed.SEE_FILES,
    transaction=False,
    about={
        "summary": "The rows of a file as a workbook",
        "tag": "Desk",
        "path": _FILE,
        "query": RowsQuery,
        "responses": {
            200: (_XLSX, {"type": "string", "format": "binary"}, "To be edited, and sent into a change set.")
        },
        "refusals": READS_AS_ASKED,
    },
)
def rows_xlsx(context: RequestContext, file: str, query: RowsQuery) -> Download:
    """The same rows as a workbook whose key columns are locked and which knows the revision that it is of, so that a change set takes it back."""
    some, present = _rows(context, file, query)
    columns = intake.columns_of(file)
    revision = query.revision or present
    content = exports.folder_rows_xlsx(
        columns,
        [[row[column] or "" for column in columns] for row in some],
        locked=intake.key_columns(file),
        name=file.removesuffix(".csv"),
        mark={intake.MARK_SHEET: {"revision": str(revision), "file": file}},
        made_at=context.now,
    )
    return Download(content=content, filename=f"{file.removesuffix('.csv')}.xlsx", media_type=_XLSX)


@pages.api_read(
    "/api/v1/files/<file>/history",
    may=Deed.SEE_FILES,
    transaction=False,
    about={
        "summary": "What became of a row",
        "tag": "Desk",
        "path": _FILE,
        "query": HistoryQuery,
        "responses": {
            200: ("application/json", shapes.listed(shapes.ROW_VERSION), "Every revision of it, the newest first.")
        },
        "refusals": READS_AS_ASKED,
    },
)
def history(context: RequestContext, file: str, query: HistoryQuery) -> Json:
    """Every revision that left the row another than before: who loaded it, who agreed, and why."""
    with context.read() as connection:
        changing.refuse_personal(context, file)
        sees_pay = changing.sees_pay(context)
        hidden = () if sees_pay else changing.PAY_COLUMNS.get(file, ())
        versions = intake.row_history(connection, file, query.key)
        if not sees_pay and any(_is_personal(file, one.row) for one in versions):
            raise NotThere
    _write_down(context, file, [one.row for one in versions if isinstance(one.row, Mapping)], {"key": query.key})
    items: list[dict[str, Any]] = []
    for version in versions:
        told = version.as_json()
        if isinstance(told["row"], dict):
            told["row"] = {name: None if name in hidden else value for name, value in told["row"].items()}
        items.append(told)
    return Json({"items": items, "next": None})


class FeedQuery(BaseModel):
    """Whether it is done."""

    model_config = ConfigDict(frozen=True)

    dry_run: Annotated[Literal["0", "1"], Field(description="`1`: say what would come of it, and do nothing.")] = "0"


def _fed(context: RequestContext, file: str, query: FeedQuery) -> SentFeed:
    """What was sent, read before the transaction that others wait for."""
    del query
    key = context.key
    if key is None:
        raise NotThere
    if file not in key.files:
        raise NotAllowed
    kind, _ = parse_options_header(request.headers.get("Content-Type"))
    if kind.casefold() != "text/csv":
        raise UnknownMedia(message=n_("Send text/csv."))
    intake.refuse_feed(context.connection, file)
    return intake.read_feed(file, body_of(request))


@pages.api_act(
    "/api/v1/files/<file>",
    may=Deed.FEED,
    before=_fed,
    methods=("PUT",),
    body_bytes=EVENTS_BYTES,
    about={
        "summary": "Feed a file",
        "tag": "Desk",
        "path": _FILE,
        "query": FeedQuery,
        "headers": [("If-Match", "The sum of the file as the sender takes it to be, in quotation marks.")],
        "body": {"text/csv": {"type": "string"}},
        "responses": {
            200: ("application/json", shapes.FED, "It holds as this revision; `ETag` is the file's sum."),
            202: (
                "application/json",
                shapes.HELD,
                "It is held: somebody of hr agrees to this change set, or refuses it.",
            ),
        },
        "refusals": (400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503),
    },
)
def feed(context: RequestContext, file: str, query: FeedQuery, looked_up: SentFeed) -> Json:
    """Send a whole file of the agency folder, which the key's scope names and whose door is the feed.

    What changes more than the policies `feeds` let pass, lacks rows, or changes `monthly_base`, `job` or `rank`, is held for hr;
    so is a file without a line feed at its end whose last line is new or other.
    """
    key = context.key
    if key is None or file not in key.files:
        raise NotThere
    expected = request.if_match if "If-Match" in request.headers else None
    fed = intake.feed_file(
        context.connection,
        looked_up,
        by=Program(key.label),
        loaded_by=f"feed:{key.name}",
        now=context.now,
        dry_run=query.dry_run == "1",
        is_expected=lambda sha256: expected is None or expected.contains(sha256),
    )
    if query.dry_run == "1":
        context.did_nothing = True
    else:
        context.note(subject=intake.feed_subject(file), after=fed.as_json())
    told = fed.as_json() | ({"differs": [_differs(one) for one in fed.differs]} if fed.differs else {})
    return Json(told, status=202 if fed.is_held else 200, headers={"ETag": f'"{fed.sha256}"'})


def _differs(finding: Finding) -> dict[str, str]:
    """What a feed is told of a cycle that it moves nothing of."""
    of = {name: str(value) for name, value in finding.parameters.items() if name in {"cycle", "node"}}
    return of | {"detail": finding.text()}


def _is_personal(file: str, row: Mapping[str, str] | str | None) -> bool:
    return isinstance(row, Mapping) and changing.is_personal(file, row)


def _rows(context: RequestContext, file: str, query: RowsQuery) -> tuple[list[dict[str, str | None]], int]:
    """The rows that who asks sees, written down where they are of other people; and the present revision."""
    node = None
    if query.node is not None and (node := Node.parse(query.node)) is None:
        raise NotThere
    with context.read() as connection:
        changing.refuse_personal(context, file)
        some = intake.file_rows(connection, file, on=query.on, node=node, revision=query.revision)
        sees_pay = changing.sees_pay(context)
        hidden = () if sees_pay else changing.PAY_COLUMNS.get(file, ())
        some = [row for row in some if sees_pay or not changing.is_personal(file, row)]
        present = organisation.current_revision(connection).number
    _write_down(context, file, some, query.model_dump(mode="json", exclude_none=True))
    return [{column: None if column in hidden else value for column, value in row.items()} for row in some], present


def _write_down(
    context: RequestContext, file: str, some: Sequence[Mapping[str, str]], asked: Mapping[str, object]
) -> None:
    people = others_among(context, changing.people_in(file, some))
    write_down(context, what=f"files/{file}", asked=asked, people=people)
