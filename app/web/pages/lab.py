"""The lab: HR changes shares, rates, blend, weights and methods of a cycle beside the present, and sees who would move, before anything.

Nothing is applied from here. An alternative has an address, which is kept and sent to others; what comes of it is worked out when it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, NamedTuple

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import intake, scoring
from app.cycle import LAB_TITLE_MAX, LabDraft
from app.intake import LabFindings, LabWish
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.lab import LabItem, LabResult, LabSide
from app.rules.permissions import Deed
from app.rules.policies import policies_document
from app.rules.schema_forms import FormDocument
from app.rules.terms import Node
from app.scoring import node_name
from app.web.answer.rendering import Download, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import Typed
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.changes.definition_forms import ShownInput, at_fields, sentences, shown_inputs
from app.web.cycles import trying
from app.web.cycles.lab_forms import (
    LabContent,
    definitions_of,
    factors_shown,
    kpi_members,
    other_members,
    other_policies,
    typed_kpi,
    typed_policies,
    weights_of,
    wish_of,
)
from app.web.wording.group_names import group_namer
from app.web.wording.languages import filled, finding_text, kpi_name, named, page_language
from app.web.wording.words import METHODS

pages: Final = Pages("lab")

_ROWS: Final = 50
_SIDES: Final = ("a", "b")
_FIELDS_MAX: Final = 2_000
_FINDINGS_SHOWN: Final = 10
_FILES_BYTES: Final = 6 * 1024 * 1024

_Key = Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]
_Side = Literal["a", "b"]


class LabQuery(BaseModel):
    """Which alternatives stand beside the present, which of them the form changes, and whom the list is narrowed to."""

    model_config = ConfigDict(frozen=True)

    a: _Key = ""
    b: _Key = ""
    edit: _Side = "a"
    group: Annotated[str, Field(max_length=200)] = ""
    unit: Annotated[str, Field(max_length=60)] = ""
    page: Annotated[int, Field(ge=1, le=10_000)] = 1

    @property
    def edited(self) -> str:
        """The key of the alternative that the form changes; empty for the present."""
        return self.b if self.edit == "b" else self.a


class TryForm(BaseModel):
    """The sides as they are; the policies' fields, and those of weights, are made from the present ones."""

    model_config = ConfigDict(frozen=True)

    a: _Key = ""
    b: _Key = ""
    edit: _Side = "a"

    @property
    def edited(self) -> str:
        """The key of the alternative that the form changes; empty for the present."""
        return self.b if self.edit == "b" else self.a

    def beside(self, key: str) -> dict[str, str]:
        """The address with another alternative on the edited side."""
        return {"a": self.a, "b": self.b, "edit": self.edit} | {self.edit: key}


class KpiTryForm(TryForm):
    """A KPI's version of the cycle; its fields are those that the schema makes."""

    kpi_code: Annotated[str, Field(max_length=60)]


class FilesForm(TryForm):
    """Files beside the typed fields; they stand in fields of their own."""


class KeepForm(TryForm):
    """Under which title an alternative is kept."""

    title: Annotated[str, Field(max_length=4 * LAB_TITLE_MAX)]


class DropForm(BaseModel):
    """Which kept alternative goes."""

    model_config = ConfigDict(frozen=True)

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class LabKpiQuery(LabQuery):
    """Which KPI's form is shown."""

    code: Annotated[str, Field(max_length=60)] = ""


class LabFileQuery(BaseModel):
    """Of which alternative which part."""

    model_config = ConfigDict(frozen=True)

    key: _Key = ""
    part: Literal["policies", "definitions", "weights"] = "policies"


# --------------------------------------------------------------------------------------------------------------- showing


class SideShown(NamedTuple):
    """A column of the page: the present, or an alternative beside it."""

    name: str
    """``present``, ``a`` or ``b``."""
    side: LabSide
    result: LabResult | None
    draft: LabDraft | None
    changes: Sequence[str]
    """What is another, in sentences."""


class RowShown(NamedTuple):
    """Somebody who moves on a side: as they are, and on each side."""

    node: Node
    name: str
    office: str
    group: str
    present: tuple[float | None, str | None, int | None]
    sides: tuple[tuple[float | None, str | None, int | None] | None, ...]
    """Final score, grade and pay; None where they do not move there."""


def _draft(context: RequestContext, cycle: int, key: str) -> LabDraft | None:
    """An alternative by its key; None for no key.

    Raises:
        NotThere: there is none of it, or none any more.
    """
    if not key:
        return None
    draft = cycles.lab_draft_of(context.connection, cycle, key)
    if draft is None:
        raise NotThere
    return draft


def _cycle_there(context: RequestContext, cycle: int) -> None:
    if not scoring.state(context.connection).has_cycle(cycle, today=context.today):
        raise NotThere


@pages.read("/cycles/<int:cycle>/lab", may=Deed.TRY_POLICIES, lane=Lane.FILE)
def lab(context: RequestContext, cycle: int, query: LabQuery) -> Page:
    """The present beside one alternative or two, and the form of what is to be another. Queries: constant."""
    _cycle_there(context, cycle)
    sides, problems = _sides(context, cycle, query)
    content = LabContent.of(_kept_content(context, cycle, query.edited))
    definitions = definitions_of(context, cycle)
    present = policies_document(definitions.policies)
    rows = _rows(context, sides, query)
    last = max(1, -(-len(rows) // _ROWS))
    shown = min(query.page, last)
    return Page(
        "pages/lab.html",
        cycle=cycle,
        query=query,
        sides=sides,
        problems=problems,
        alternatives=[one for one in sides if one.result is not None],
        content=content,
        inputs=_inputs(context, content.policies or present),
        factors=_named_factors(context, cycle, content),
        kpis=[(code, kpi_name(definitions.kpis, code, cycle)) for code in definitions.kpis],
        kept=cycles.lab_drafts(context.connection, cycle),
        mine=context.label,
        methods=METHODS,
        method_names=sorted({name for one in sides for name in one.side.methods}),
        grades=list(dict.fromkeys(grade for one in sides for grade in one.side.employees.counts)),
        groups=_beside(sides, "groups"),
        offices=[one for one in _beside(sides, "offices") if any(each and each.moved for each in one[1])],
        group_name=group_namer(definitions.policies),
        unit_name=lambda code: named(node_name(context.directory, Node.known(f"unit:{code}"), context.today)),
        rows=[_named_row(context, one) for one in rows[(shown - 1) * _ROWS : shown * _ROWS]],
        rows_found=len(rows),
        page=shown,
        last=last,
        shows_pay=trying.sees_pay(context),
        title_max=LAB_TITLE_MAX,
        values=_values(query),
        opened=cycles.opened_cycle(context.connection, cycle) is not None,
    )


def _inputs(context: RequestContext, policies: Mapping[str, Any]) -> list[ShownInput]:
    """The fields of the policies, without what groups are called: nobody moves by it."""
    # What another form of the page said is none of these fields'.
    typed = context.typed if any("." in name for name in context.typed.values) else Typed()
    inputs = shown_inputs("policies", policies, typed, without=other_policies())
    return [
        replace(one, members=tuple(inner for inner in one.members if inner.name != "groups.names")) for one in inputs
    ]


def _values(query: LabQuery) -> dict[str, str]:
    """What an address of this page says, without what narrows its list."""
    return {name: one for name, one in (("a", query.a), ("b", query.b), ("edit", query.edit)) if one}


def _kept_content(context: RequestContext, cycle: int, key: str) -> Mapping[str, Any] | None:
    draft = _draft(context, cycle, key)
    return None if draft is None else draft.content


def _sides(context: RequestContext, cycle: int, query: LabQuery) -> tuple[list[SideShown], list[str]]:
    """The present and each alternative; and why one cannot be tried any more, such as a KPI that the agency has no more."""
    present = trying.try_out(context, cycle, LabWish())
    sides = [SideShown("present", present.before, None, None, ())]
    problems: list[str] = []
    for name in _SIDES:
        draft = _draft(context, cycle, getattr(query, name))
        if draft is None:
            continue
        content = LabContent.of(draft.content)
        try:
            result = trying.try_out(context, cycle, wish_of(context, cycle, content))
        except LabFindings as refusal:
            problems += [finding_text(one) for one in refusal.findings[:_FINDINGS_SHOWN]]
            continue
        sides.append(SideShown(name, result.after, result, draft, _changes(context, cycle, content)))
    return sides, problems


def _changes(context: RequestContext, cycle: int, content: LabContent) -> list[str]:
    """What an alternative says otherwise than the cycle goes by, in sentences."""
    definitions = definitions_of(context, cycle)
    told: list[str] = []
    if content.policies is not None:
        told += sentences("policies", policies_document(definitions.policies), content.policies)
    present = definitions.to_documents()
    for stored, document in content.definitions.items():
        code = stored.removeprefix("kpi:")
        if stored in present and stored.startswith("kpi:"):
            name = kpi_name(definitions.kpis, code, cycle)
            told += [f"{name}: {one}" for one in sentences("kpi", present[stored], document)]
        else:
            told.append(filled(IS_NEW, {"what": code}))
    told += [
        filled(WEIGHS, {"what": name, "percent": factor.value})
        for factor, name in _named_factors(context, cycle, content)
        if factor.of in getattr(content, factor.by)
    ]
    if content.weights:
        told.append(filled(ROWS_SENT, {"count": len(content.weights)}))
    return told


IS_NEW: Final = n_("%(what)s is defined by a file.")
WEIGHS: Final = n_("%(what)s: its weights are %(percent)s %% of what they were, and the others give way.")
ROWS_SENT: Final = n_("Weights from a file, rows: %(count)s.")


def _named_factors(context: RequestContext, cycle: int, content: LabContent) -> list[tuple[Any, str]]:
    """The fields of weights, each with its area's or KPI's name in the reader's language."""
    definitions = definitions_of(context, cycle)
    language = page_language()
    return [
        (
            one,
            definitions.policies.areas.named(one.of).in_language(language)
            if one.by == "area"
            else kpi_name(definitions.kpis, one.of, cycle),
        )
        for one in factors_shown(context, cycle, content)
    ]


def _beside(sides: Sequence[SideShown], what: str) -> list[tuple[str, list[Any]]]:
    """The groups, or offices, of all alternatives, each with its figures on every side; None where a side has none of it."""
    by_side = [
        {one.key: one for one in getattr(side.result, what)} if side.result is not None else {} for side in sides[1:]
    ]
    keys = sorted({key for one in by_side for key in one})
    return [(key, [one.get(key) for one in by_side]) for key in keys]


# --- people


class _Moves(NamedTuple):
    present: LabItem
    items: tuple[LabItem | None, ...]


def _rows(context: RequestContext, sides: Sequence[SideShown], query: LabQuery) -> list[_Moves]:
    """Everyone who moves on any side and is narrowed to, the furthest first."""
    del context
    by_side = [{one.node: one for one in side.result.items} for side in sides if side.result is not None]
    moves = []
    for node in {node for one in by_side for node in one}:
        items = tuple(one.get(node) for one in by_side)
        some = next(one for one in items if one is not None)
        if query.group not in {"", *(one.group for one in items if one is not None)}:
            continue
        if query.unit not in {"", some.office}:
            continue
        moves.append(_Moves(some, items))
    return sorted(moves, key=lambda one: (*_how_far(one), str(one.present.node)))


def _how_far(one: _Moves) -> tuple[float, ...]:
    """The most grades, won and points that somebody moves on a side, as a rank: the furthest first."""
    items = [each for each in one.items if each is not None]
    return (
        -max(abs(each.step) for each in items),
        -max(abs((each.pay.after or 0) - (each.pay.before or 0)) for each in items),
        -max(abs((each.final_score.after or 0) - (each.final_score.before or 0)) for each in items),
    )


def _named_row(context: RequestContext, moves: _Moves) -> RowShown:
    present = moves.present
    office = None if present.office is None else Node.known(f"unit:{present.office}")
    return RowShown(
        node=present.node,
        name=named(node_name(context.directory, present.node, context.today)),
        office="" if office is None else named(node_name(context.directory, office, context.today)),
        group=present.group or "",
        present=(present.final_score.before, present.grade.before, present.pay.before),
        sides=tuple(
            None if one is None else (one.final_score.after, one.grade.after, one.pay.after) for one in moves.items
        ),
    )


# ---------------------------------------------------------------------------------------------------------------- trying


class _Tried(NamedTuple):
    """What was tried before a transaction begins that others wait for."""

    content: LabContent
    wish: LabWish
    result: LabResult


def _tried(context: RequestContext, cycle: int, content: LabContent, document: FormDocument | None = None) -> _Tried:
    """What an alternative comes to.

    Raises:
        Invalid: a load would refuse it; findings stand at the form's fields where they are of it.
    """
    try:
        wish = wish_of(context, cycle, content)
        return _Tried(content, wish, trying.try_out(context, cycle, wish))
    except LabFindings as refusal:
        if document is not None:
            raise Invalid(*at_fields(document, refusal.findings)) from None
        raise Invalid(*(_at_file(one) for one in refusal.findings[:_FINDINGS_SHOWN])) from None


def _at_file(finding: Finding) -> Finding:
    """The same at the field of the file that it is about, its place in the file told in words."""
    place = finding.place
    pointer = place.pointer or ""
    if pointer.startswith("/weights/"):
        line, _, column = pointer.removeprefix("/weights/").partition("/")
        where = f"{int(line) + 2} {column}".strip()
        return at_field("weights", finding.code, AT_PLACE, where=where, detail=finding_text(finding))
    name = (
        "weights"
        if (place.file or "").endswith(".csv")
        else "policies"
        if (place.file or "").startswith("policies")
        else "definitions"
    )
    where = ":".join(str(part) for part in (place.file, place.line, place.field) if part)
    return at_field(name, finding.code, AT_PLACE, where=where, detail=finding_text(finding))


AT_PLACE: Final = n_("%(where)s: %(detail)s")


def _put(context: RequestContext, cycle: int, form: TryForm, tried: _Tried) -> Redirect:
    """Give what was tried an address, tell the trail, and go there."""
    said = tried.content.as_json()
    key = ""
    if said:
        key = cycles.put_lab_draft(context.connection, cycle, said, by=context.label, now=context.now)
    trying.note_try(context, cycle, tried.wish, tried.result)
    return Redirect(
        n_("Tried: nothing of it is applied. Send the address of this page to show it to others."),
        then="lab.lab",
        values={"cycle": cycle, **{name: one for name, one in form.beside(key).items() if one}},
    )


def _look_policies(context: RequestContext, cycle: int, form: TryForm) -> _Tried:
    _cycle_there(context, cycle)
    before = LabContent.of(_kept_content(context, cycle, form.edited))
    return _tried(context, cycle, typed_policies(context, cycle, before, request.form))


@pages.act(
    "/cycles/<int:cycle>/lab",
    may=Deed.TRY_POLICIES,
    again="lab",
    before=_look_policies,
    lane=Lane.FILE,
    fields_max=_FIELDS_MAX,
)
def try_policies(context: RequestContext, cycle: int, form: TryForm, looked_up: _Tried) -> Redirect:
    """Try other policies and weights."""
    return _put(context, cycle, form, looked_up)


@pages.read("/cycles/<int:cycle>/lab/kpi", may=Deed.TRY_POLICIES)
def kpi(context: RequestContext, cycle: int, query: LabKpiQuery) -> Page:
    """The form of one KPI: what it counts, and how it is scored. Queries: constant."""
    _cycle_there(context, cycle)
    content = LabContent.of(_kept_content(context, cycle, query.edited))
    members = kpi_members(context, cycle, content, query.code)
    return Page(
        "pages/lab_kpi.html",
        cycle=cycle,
        query=query,
        values=_values(query),
        name=kpi_name(definitions_of(context, cycle).kpis, query.code, cycle),
        inputs=shown_inputs("kpi", members, context.typed, without=other_members()),
    )


def _look_kpi(context: RequestContext, cycle: int, form: KpiTryForm) -> _Tried:
    _cycle_there(context, cycle)
    before = LabContent.of(_kept_content(context, cycle, form.edited))
    content, document = typed_kpi(context, cycle, before, form.kpi_code)
    return _tried(context, cycle, content, document)


@pages.act("/cycles/<int:cycle>/lab/kpi", may=Deed.TRY_POLICIES, again="kpi", before=_look_kpi, lane=Lane.FILE)
def try_kpi(context: RequestContext, cycle: int, form: KpiTryForm, looked_up: _Tried) -> Redirect:
    """Try another definition of a KPI."""
    return _put(context, cycle, form, looked_up)


def _look_files(context: RequestContext, cycle: int, form: FilesForm) -> _Tried:
    _cycle_there(context, cycle)
    content = LabContent.of(_kept_content(context, cycle, form.edited))
    sent = {name: _sent(name) for name in ("policies", "definitions", "weights")}
    if not any(sent.values()):
        message = n_("No file was sent: choose one at least.")
        raise Invalid(at_field("policies", "missing", message))
    try:
        content = _with_files(content, sent)
    except LabFindings as refusal:
        raise Invalid(*(_at_file(one) for one in refusal.findings[:_FINDINGS_SHOWN])) from None
    return _tried(context, cycle, content)


def _with_files(content: LabContent, sent: Mapping[str, Sequence[tuple[str, str]]]) -> LabContent:
    documents: dict[str, Mapping[str, Any]] = {}
    for name, text in sent["definitions"]:
        documents |= intake.lab_documents(name, text)
    documents.pop("policies", None)
    policies = content.policies
    for _, text in sent["policies"] or [one for one in sent["definitions"] if one[0].startswith("policies.")]:
        policies = policies_document(intake.lab_policies(text))
    content = replace(content, policies=policies, definitions={**content.definitions, **documents})
    rows = [row for name, text in sent["weights"] for row in intake.lab_rows(name, text)]
    return replace(content, weights=tuple(rows), area={}, kpi={}) if rows else content


def _sent(name: str) -> list[tuple[str, str]]:
    """The files of a field: name and text.

    Raises:
        Invalid: one is no text.
    """
    files = []
    for one in request.files.getlist(name):
        body = one.read()
        if not body:
            continue
        try:
            files.append(((one.filename or name).rpartition("/")[2], body.decode("utf-8-sig")))
        except UnicodeDecodeError:
            raise Invalid(at_field(name, "not_utf8", n_("This is no text in UTF-8: save the file as UTF-8."))) from None
    return files


@pages.act(
    "/cycles/<int:cycle>/lab/files",
    may=Deed.TRY_POLICIES,
    again="lab",
    before=_look_files,
    lane=Lane.FILE,
    body_bytes=_FILES_BYTES,
)
def try_files(context: RequestContext, cycle: int, form: FilesForm, looked_up: _Tried) -> Redirect:
    """Try policies, definitions or weights from files."""
    return _put(context, cycle, form, looked_up)


# --------------------------------------------------------------------------------------------------------------- keeping


@pages.act("/cycles/<int:cycle>/lab/keep", may=Deed.TRY_POLICIES, again="lab")
def keep(context: RequestContext, cycle: int, form: KeepForm) -> Redirect:
    """Keep an alternative under a title, for all who may try."""
    _cycle_there(context, cycle)
    made = cycles.keep_lab_draft(
        context.connection, cycle, form.edited, title=form.title, by=context.label, now=context.now
    )
    context.note(subject=f"cycle:{cycle}", after={"kept": made.key, "title": made.title})
    return Redirect(
        n_("Kept: whoever may try policies finds it here."),
        then="lab.lab",
        values={"cycle": cycle, **{name: one for name, one in form.beside(made.key).items() if one}},
    )


@pages.act("/cycles/<int:cycle>/lab/drop", may=Deed.TRY_POLICIES, again="lab")
def drop(context: RequestContext, cycle: int, form: DropForm) -> Redirect:
    """Take away an alternative that one has kept oneself."""
    gone = cycles.drop_lab_draft(context.connection, cycle, form.key, by=context.label)
    context.note(subject=f"cycle:{cycle}", before={"kept": gone.key, "title": gone.title})
    return Redirect(n_("Taken away."), then="lab.lab", values={"cycle": cycle})


@pages.read("/cycles/<int:cycle>/lab/file", may=Deed.TRY_POLICIES)
def file(context: RequestContext, cycle: int, query: LabFileQuery) -> Download:
    """A part of an alternative as a file: what `kopes lab`, and a change set, take."""
    _cycle_there(context, cycle)
    content = LabContent.of(_kept_content(context, cycle, query.key))
    if query.part == "weights":
        rows = weights_of(context, cycle, content)
        columns = list(rows[0]) if rows else ["cycle", "node", "kpi", "weight"]
        text = intake.table_text(columns, [[row.get(name, "") for name in columns] for row in rows])
        return Download(content=text.encode(), filename="weights.csv", media_type="text/csv; charset=utf-8")
    if query.part == "policies":
        policies = content.policies or policies_document(definitions_of(context, cycle).policies)
        text = intake.document_yaml("policies", dict(policies))
        return Download(content=text.encode(), filename="policies.yaml", media_type="application/yaml; charset=utf-8")
    kpis = [dict(one) for name, one in content.definitions.items() if name.startswith("kpi:")]
    text = intake.document_yaml("kpi:several", {"kpis": kpis})
    return Download(content=text.encode(), filename="kpis.yaml", media_type="application/yaml; charset=utf-8")
