"""Change sets: whatever hr keeps in the application is changed by them, and by nothing else (contract-desk, 3). No key ever writes one."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from flask import request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.http import parse_options_header

from app import intake, scoring
from app.intake import ChangeSet, ChangeState, DocumentSent, ReadSheet, RowsSent, SentFile
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.plain.texts import has_unstorable
from app.rules.deciding import ordered_effects
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.bodies import UnknownMedia, body_of
from app.web.api.described import READS, WRITES
from app.web.api.json_bodies import EmptyBody, sent_as
from app.web.api.paging import PageQuery, page_of
from app.web.api.readings import others_among, write_down
from app.web.asked.limits import EVENTS_BYTES, Lane
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.sentences.effect_words import effects_seen
from app.web.sentences.row_words import headings_of
from app.web.wording.languages import finding_text

__all__ = ["pages"]

pages: Final = Pages("changes_api")

_NUMBER: Final = {"number": ("integer", "The change set's id.")}
_FILE: Final = _NUMBER | {"file": ("string", "The file's name, with `.csv`; or `definitions`, `policies`.")}
_DOCUMENT: Final = _NUMBER | {"name": ("string", "The name of the file of definitions, without `.yaml`.")}
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_YAML: Final = ("application/yaml", "application/x-yaml", "text/yaml")


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ChangeBody(_Body):
    """A new set: with a title, or the one that it takes back."""

    title: str | None = None
    revert: int | None = Field(default=None, ge=1, lt=2**31)
    reason: str


class RowsBody(_Body):
    """Whole rows to set, and keys to remove."""

    set: list[dict[str, Any]] = Field(default_factory=list, max_length=100_000)
    remove: list[dict[str, Any]] = Field(default_factory=list, max_length=100_000)


class ChangesListedQuery(PageQuery):
    """What narrows the list, and which page of it."""

    state: Annotated[ChangeState | None, Field(description="Only those in this state.")] = None


class FileQuery(BaseModel):
    """How a file is taken."""

    model_config = ConfigDict(frozen=True)

    mode: Annotated[
        Literal["whole", "rows"], Field(description="`whole`: the file as it is wanted; `rows`: rows to set.")
    ] = "whole"


class EffectsQuery(BaseModel):
    """Of which cycle."""

    model_config = ConfigDict(frozen=True)

    cycle: Annotated[
        int | None,
        Field(ge=1000, le=9989, description="The cycle; without it all that are moved, the one under way first."),
    ] = None


def _writer(context: RequestContext, **_address: object) -> None:
    changing.writer(context)


@pages.api_read(
    "/api/v1/changes",
    may=Deed.SEE_FILES,
    about={
        "summary": "Change sets, newest first",
        "tag": "Desk",
        "query": ChangesListedQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.CHANGE), "Every change set.")},
        "refusals": (*READS, 422),
    },
)
def listed(context: RequestContext, query: ChangesListedQuery) -> Json:
    """The change sets, the newest first."""
    some = intake.change_sets(context.connection, state=query.state, limit=query.limit + 1, before=query.before)
    return page_of(query, some, changing.as_json)


@pages.api_act(
    "/api/v1/changes",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    about={
        "summary": "Begin a change set",
        "tag": "Desk",
        "body": shapes.json_body(ChangeBody),
        "responses": {201: ("application/json", shapes.CHANGE, "It is open; `Location` is its address.")},
        "refusals": WRITES,
    },
)
def begin(context: RequestContext) -> Json:
    """Begin a change set; with `revert` one that takes an applied one back."""
    body = sent_as(ChangeBody, request)
    if body.revert is None:
        made = changing.begun(context, body.title or "", body.reason)
    elif body.title is None:
        made = changing.reverted(context, body.revert, body.reason)
    else:
        message = n_("A set that takes another back has its title from that: leave this out.")
        raise Invalid(at_field("title", "not_both", message))
    return _told(context, made, status=201, headers={"Location": f"/api/v1/changes/{made.id}"})


@pages.api_read(
    "/api/v1/changes/<int:number>",
    may=Deed.SEE_FILES,
    transaction=False,
    about={
        "summary": "One change set",
        "tag": "Desk",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.CHANGE, "Its rows, before and after.")},
        "refusals": READS,
    },
)
def one(context: RequestContext, number: int) -> Json:
    """A change set with its rows, before and after beside each other; whoever reads another's is written down."""
    with context.read():
        change = changing.change_seen(context, number)
        answer = _told(context, change)
        changed = changing.changed_seen(context, change, intake.changed_rows(context.connection, number))
        rows = () if changing.is_maker(context)(change) else changed.rows
    values = ((one.file, [row for row in (one.before, one.after) if row is not None]) for one in rows)
    people = others_among(context, (number for file, both in values for number in changing.people_in(file, both)))
    write_down(context, what="changes", asked={"change": change.id}, people=people)
    return answer


@pages.api_act(
    "/api/v1/changes/<int:number>",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    methods=("DELETE",),
    about={
        "summary": "Discard a change set",
        "tag": "Desk",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.CHANGE, "It is discarded.")},
        "refusals": WRITES,
    },
)
def discard(context: RequestContext, number: int) -> Json:
    """Give an open change set up."""
    return _told(context, changing.discarded(context, number))


def _sent_rows(context: RequestContext, number: int, file: str) -> RowsSent:
    """The rows that were sent: read before the transaction that others wait for."""
    changing.refuse_put(context, number, file)
    body = sent_as(RowsBody, request)
    return intake.rows_sent(file, set_=body.set, remove=body.remove)


@pages.api_act(
    "/api/v1/changes/<int:number>/rows/<file>",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    before=_sent_rows,
    methods=("PUT",),
    body_bytes=EVENTS_BYTES,
    about={
        "summary": "Set and remove rows",
        "tag": "Desk",
        "path": _FILE,
        "body": shapes.json_body(RowsBody),
        "responses": {200: ("application/json", shapes.CHANGE, "The change set with them in it.")},
        "refusals": WRITES,
    },
)
def put_rows(context: RequestContext, number: int, file: str, looked_up: RowsSent) -> Json:
    """Set whole rows of a file, and remove others by their keys; values are texts as in the CSV."""
    del file
    change = changing.held_open(context, number)
    changing.put_rows(context, change, looked_up)
    return _told(context, change)


def _sent(context: RequestContext, number: int, file: str, query: FileQuery) -> DocumentSent | RowsSent | ReadSheet:
    """What is in the file that was sent: reading it takes its time, and nobody is to wait for it."""
    changing.refuse_put(context, number, file)
    kind, _ = parse_options_header(request.headers.get("Content-Type"))
    kind = kind.casefold()
    body = body_of(request)
    if file in {"definitions", "policies"}:
        if kind not in _YAML:
            raise UnknownMedia(message=n_("Send application/yaml."))
        return intake.definitions_sent(file, _text(body))
    if kind not in {"text/csv", _XLSX}:
        raise UnknownMedia(message=n_("Send text/csv, or a workbook as XLSX."))
    headings = headings_of(file)
    if kind == "text/csv":
        sent = SentFile(intake.rows_of_csv(file, body, headings=headings), None)
    else:
        sent = intake.rows_of_xlsx(file, body, headings=headings)
    return intake.rows_sent(file, set_=sent.rows) if query.mode == "whole" else intake.read_sheet(file, sent)


@pages.api_act(
    "/api/v1/changes/<int:number>/files/<file>",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    before=_sent,
    methods=("PUT",),
    body_bytes=EVENTS_BYTES,
    # A workbook takes up to a minute to be read: what else is written does not wait for it.
    lane=Lane.FILE,
    about={
        "summary": "Send a file",
        "tag": "Desk",
        "path": _FILE,
        "query": FileQuery,
        "body": {"text/csv": {"type": "string"}, _XLSX: {"type": "string"}, _YAML[0]: {"type": "string"}},
        "responses": {200: ("application/json", shapes.CHANGE, "The change set with what differs in it.")},
        "refusals": WRITES,
    },
)
def put_file(
    context: RequestContext, number: int, file: str, query: FileQuery, looked_up: DocumentSent | RowsSent | ReadSheet
) -> Json:
    """Send a file as CSV or as a workbook (`definitions` and `policies` as YAML): the whole file, or rows to set."""
    change = changing.held_open(context, number)
    if isinstance(looked_up, DocumentSent):
        intake.put_definitions(context.connection, change, looked_up, whole=query.mode == "whole")
        context.note(subject=f"change:{number}", after={"file": file, "mode": query.mode})
    elif isinstance(looked_up, RowsSent):
        changing.put_rows(context, change, looked_up, whole=True)
    else:
        changing.put_sent_rows(context, change, looked_up)
    return _told(context, change)


def _sent_definition(context: RequestContext, number: int, name: str) -> DocumentSent:
    return _sent_document(context, number, f"{name}.yaml")


@pages.api_act(
    "/api/v1/changes/<int:number>/definitions/<name>.yaml",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    before=_sent_definition,
    methods=("PUT",),
    about={
        "summary": "Set a file of definitions",
        "tag": "Desk",
        "path": _DOCUMENT,
        "body": {_YAML[0]: {"type": "string"}},
        "responses": {200: ("application/json", shapes.CHANGE, "The change set with it in it.")},
        "refusals": WRITES,
    },
)
def put_definition(context: RequestContext, number: int, name: str, looked_up: DocumentSent) -> Json:
    """Set `goals.yaml`, or a file of KPIs: it takes the place of what it defines."""
    del name
    return _put_document(context, number, looked_up)


@pages.api_act(
    "/api/v1/changes/<int:number>/definitions/<name>.yaml",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    methods=("DELETE",),
    about={
        "summary": "Remove a file of definitions",
        "tag": "Desk",
        "path": _DOCUMENT,
        "responses": {200: ("application/json", shapes.CHANGE, "The change set that removes it.")},
        "refusals": WRITES,
    },
)
def drop_definition(context: RequestContext, number: int, name: str) -> Json:
    """Have the change set remove a file of definitions."""
    return _drop_document(context, number, f"{name}.yaml")


def _sent_policies(context: RequestContext, number: int) -> DocumentSent:
    return _sent_document(context, number, "policies.yaml")


@pages.api_act(
    "/api/v1/changes/<int:number>/policies.yaml",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    before=_sent_policies,
    methods=("PUT",),
    about={
        "summary": "Set the policies",
        "tag": "Desk",
        "path": _NUMBER,
        "body": {_YAML[0]: {"type": "string"}},
        "responses": {200: ("application/json", shapes.CHANGE, "The change set with them in it.")},
        "refusals": WRITES,
    },
)
def put_policies(context: RequestContext, number: int, looked_up: DocumentSent) -> Json:
    """Set the policies as a whole."""
    return _put_document(context, number, looked_up)


@pages.api_act(
    "/api/v1/changes/<int:number>/policies.yaml",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    methods=("DELETE",),
    about={
        "summary": "Remove the policies",
        "tag": "Desk",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.CHANGE, "The change set that removes them.")},
        "refusals": WRITES,
    },
)
def drop_policies(context: RequestContext, number: int) -> Json:
    """Have the change set go back to the policies that hold without a file."""
    return _drop_document(context, number, "policies.yaml")


@pages.api_read(
    "/api/v1/changes/<int:number>/check",
    may=Deed.SEE_FILES,
    about={
        "summary": "What a load would find",
        "tag": "Desk",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.listed(shapes.FOUND), "The findings, in the loader's order.")},
        "refusals": READS,
    },
)
def check(context: RequestContext, number: int) -> Json:
    """What `kopes load` would find in the agency folder with this change set in it."""
    change = changing.change_seen(context, number)
    judged = intake.check_change(context.connection, intake.changed_rows(context.connection, change.id))
    items = [
        {
            **{name: value for name, value in told.items() if name not in {"finding", "of"}},
            "detail": finding_text(told["finding"]),
        }
        for told in changing.findings_seen(context, judged, change)
    ]
    return Json({"items": items, "next": None})


@pages.api_read(
    "/api/v1/changes/<int:number>/effects",
    may=Deed.SEE_FILES,
    transaction=False,
    about={
        "summary": "What a change set would move",
        "tag": "Desk",
        "path": _NUMBER,
        "query": EffectsQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.EFFECT), "Every effect, before and after.")},
        "refusals": (*READS, 409, 422),
    },
)
def effects(context: RequestContext, number: int, query: EffectsQuery) -> Json:
    """Whose scores, grades, pay and rights would be others, by the same rules that score, and whose queues; nothing is stored.

    A `queue` is how many of the entries that wait today would wait for somebody on `queues_on`; those that wait for hr are the agency's own.
    """
    with context.read():
        change = changing.change_seen(context, number)
        changed = intake.changed_rows(context.connection, change.id)
        judged = intake.check_change(context.connection, changed)
        if judged.judged is None or not judged.is_right:
            raise intake.FindingsInTheWay(*(one["finding"] for one in changing.findings_seen(context, judged, change)))
        told = intake.cycles_to_tell(context.connection, changed, today=context.today)
        cycles = told if query.cycle is None else (query.cycle,)
        if not {*cycles} <= {*told} and not scoring.state(context.connection).has_cycle(cycles[0], today=context.today):
            raise NotThere
        previewed = intake.preview_of_change(context.connection, judged.judged)
        some = intake.effects_of_change(
            context.connection, judged.judged, cycles=cycles, today=context.today, previewed=previewed
        )
        day = intake.day_of_change(changed.rows, today=context.today)
        moved = intake.verifiers_of_change(context.connection, judged.judged, day=day, previewed=previewed)
        queues = intake.queue_effects(moved.queues, root=context.directory.tree.root_on(context.today))
        seen = effects_seen(context, ordered_effects((*some, *queues)), checks=changing.sees_pay(context, change))
        items = [one.as_json() for one in seen]
    nodes = (Node.parse(one.node) for one in seen)
    people = others_among(context, (one.code for one in nodes if one is not None and one.kind is NodeKind.EMPLOYEE))
    write_down(context, what="effects", asked={"change": number, "cycle": cycles[0]}, people=people)
    return Json({"cycle": str(cycles[0]), "queues_on": day.isoformat(), "items": items, "next": None})


@pages.api_act(
    "/api/v1/changes/<int:number>/submit",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    about={
        "summary": "Submit a change set",
        "tag": "Desk",
        "path": _NUMBER,
        "body": shapes.json_body(EmptyBody),
        "responses": {
            200: ("application/json", shapes.CHANGE, "One person suffices: it is applied."),
            201: ("application/json", shapes.CHANGE, "It waits for a second person; `Location` is its decision."),
        },
        "refusals": WRITES,
    },
)
def submit(context: RequestContext, number: int) -> Json:
    """Submit an open change set: a decision is proposed, or it is applied where one person suffices."""
    sent_as(EmptyBody, request)
    after, decision = changing.submitted(context, number)
    if decision is None:
        return _told(context, after)
    return _told(context, after, status=201, headers={"Location": f"/api/v1/decisions/{decision.id}"})


@pages.api_act(
    "/api/v1/changes/<int:number>/rebase",
    may=Deed.KEEP_CHANGES,
    still=_writer,
    about={
        "summary": "Take a change set to the present revision",
        "tag": "Desk",
        "path": _NUMBER,
        "body": shapes.json_body(EmptyBody),
        "responses": {200: ("application/json", shapes.CHANGE, "Held against the present revision; its rows stay.")},
        "refusals": WRITES,
    },
)
def rebase(context: RequestContext, number: int) -> Json:
    """Hold an open change set against what is loaded now; where another revision touched its keys, both rows are shown and the set's stays."""
    sent_as(EmptyBody, request)
    after, touched = changing.rebased(context, number)
    told = changing.as_json(after, intake.changed_rows(context.connection, number), pay=True)
    return Json({**told, "touched": touched})


def _sent_document(context: RequestContext, number: int, name: str) -> DocumentSent:
    changing.refuse_put(context, number, intake.part_of_document(name))
    kind, _ = parse_options_header(request.headers.get("Content-Type"))
    if kind.casefold() not in _YAML:
        raise UnknownMedia(message=n_("Send application/yaml."))
    return intake.document_sent(name, _text(body_of(request)))


def _put_document(context: RequestContext, number: int, sent: DocumentSent) -> Json:
    change = changing.held_open(context, number)
    changing.put_document(context, change, sent)
    return _told(context, change)


def _drop_document(context: RequestContext, number: int, name: str) -> Json:
    change = changing.held_open(context, number)
    changing.drop_document(context, change, name)
    return _told(context, change)


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(at_field("", "not_utf8", n_("This is not UTF-8 text: save the file as UTF-8."))) from None
    if has_unstorable(text):
        raise Invalid(at_field("", "unstorable", n_("A character of this cannot be kept: take it out.")))
    return text


def _told(context: RequestContext, one: ChangeSet, *, status: int = 200, headers: dict[str, str] | None = None) -> Json:
    changed = changing.changed_seen(context, one, intake.changed_rows(context.connection, one.id))
    told = changing.as_json(one, changed, pay=changing.sees_pay(context, one))
    return Json(told, status=status, headers=headers or {})
