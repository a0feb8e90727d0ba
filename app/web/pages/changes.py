"""Change sets: what hr keeps in the application is changed by them. A basket that one fills over days, looks at, and submits to a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import intake
from app.intake import ChangeState, Master
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import EVENTS_BYTES, Lane
from app.web.asked.request_context import RequestContext
from app.web.asked.sent_once import FormId
from app.web.changes import changing
from app.web.changes.change_basket import SET_MOVED
from app.web.changes.sheets import SheetForm, send_back
from app.web.cycles.as_if import as_if_now, coming_weights
from app.web.sentences.effect_words import effects_seen, shown_effects
from app.web.sentences.queues import queues_shown
from app.web.sentences.row_words import RowWords, headings_of
from app.web.sentences.sum_findings import first_findings, sums_in_one
from app.web.wording.words import CHANGE_STATES, FOLDER_FILES

pages: Final = Pages("changes")

SHOWN: Final = 100
ROWS_SHOWN: Final = 500
LINES_SHOWN: Final = 2_000
"""Lines that differ between two texts; the whole text stands below them."""
FINDINGS_SHOWN: Final = 100
"""Of what is wrong, and of rows that others have changed: whoever mends so many looks again."""


class ChangesQuery(BaseModel):
    """What narrows the list, and which page of it."""

    model_config = ConfigDict(frozen=True)

    state: ChangeState | None = None
    before: Annotated[int | None, Field(ge=1, lt=2**63)] = None


class BeginForm(BaseModel):
    """A new set."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=intake.CHANGE_TITLE_MAX)]
    reason: Annotated[str, Field(min_length=10, max_length=2000)]
    form_id: FormId = ""


class RowsForm(BaseModel):
    """Rows of a file, pasted from a spreadsheet, and keys of others that are to go."""

    model_config = ConfigDict(frozen=True)

    file: Annotated[str, Field(max_length=40)]
    rows: Annotated[str, Field(max_length=500_000)] = ""
    remove: Annotated[str, Field(max_length=100_000)] = ""


class DocumentForm(BaseModel):
    """A file of definitions."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
    yaml: Annotated[str, Field(min_length=1, max_length=500_000)]


class WordsForm(BaseModel):
    """What an open set is called, and why it is wanted."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=intake.CHANGE_TITLE_MAX)]
    reason: Annotated[str, Field(min_length=10, max_length=2000)]


@pages.read("/changes", may=Deed.SEE_FILES)
def listed(context: RequestContext, query: ChangesQuery) -> Page:
    """The change sets, the newest first. Queries: constant."""
    some = intake.change_sets(context.connection, state=query.state, limit=SHOWN + 1, before=query.before)
    shown = some[:SHOWN]
    return Page(
        "pages/changes.html",
        changes=shown,
        following=shown[-1].id if len(some) > SHOWN else None,
        query=query,
        states=CHANGE_STATES,
        may_begin=changing.keeps(context),
        people=context.directory.employees,
        has_files=Master.APPLICATION in intake.masters(context.connection).values(),
    )


@pages.act("/changes", may=Deed.KEEP_CHANGES, again="listed")
def begin(context: RequestContext, form: BeginForm) -> Redirect:
    """Begin a change set."""
    said = form.title, form.reason
    number = changing.begun_once(context, form.form_id, said, lambda: changing.begun(context, *said))
    return Redirect(n_("Begun: put into it what you want to change."), then="changes.one", values={"number": number})


@pages.read("/changes/<int:number>", may=Deed.SEE_FILES)
def one(context: RequestContext, number: int) -> Page:
    """A change set: its rows before and after, what a load would find, and what to do next."""
    change = changing.change_seen(context, number)
    whole = intake.changed_rows(context.connection, number)
    changed = changing.changed_seen(context, change, whole)
    is_open = change.state is ChangeState.OPEN
    # What a feed has sent may be wrong, and only who is to agree to it reads that.
    is_held = change.is_fed and change.state is ChangeState.SUBMITTED
    mine = is_open and changing.keeps(context) and changing.is_maker(context)(change)
    masters = intake.masters(context.connection)
    said = RowWords(context)
    told = changing.as_json(change, changed, pay=changing.sees_pay(context, change))
    findings: Sequence[Mapping[str, Any]] = ()
    if whole and (is_open or is_held):
        findings = sums_in_one(
            said,
            changing.findings_seen(context, intake.check_change(context.connection, whole), change),
            lambda file: intake.rows_wanted(context.connection, whole, file),
        )
    overtaken = intake.overtaken_keys(context.connection, change, changed) if is_open else []
    shown = [row | {"of": one.key} for row, one in zip(told["rows"][:ROWS_SHOWN], changed.rows, strict=False)]
    of = {(row.file, intake.key_text(row.key)): row.key for row in changed.rows}
    return Page(
        "pages/change.html",
        change=change,
        states=CHANGE_STATES,
        happenings=changing.told(context, change, changed),
        rows=shown,
        people=context.directory.employees,
        more=max(0, len(told["rows"]) - ROWS_SHOWN),
        unseen=len(whole.rows) - len(changed.rows),
        documents=[
            document | {"lines": lines[:LINES_SHOWN], "more_lines": max(0, len(lines) - LINES_SHOWN)}
            for document, lines in zip(told["documents"], map(intake.yaml_lines, changed.documents), strict=True)
        ],
        findings=first_findings(findings, FINDINGS_SHOWN),
        more_findings=max(0, len(findings) - FINDINGS_SHOWN),
        mine=mine,
        may_revert=change.state is ChangeState.APPLIED and changing.keeps(context),
        overtaken=[one | {"of": of.get((one["file"], one["key"]))} for one in overtaken[:FINDINGS_SHOWN]],
        more_overtaken=max(0, len(overtaken) - FINDINGS_SHOWN),
        names=FOLDER_FILES,
        words=said,
        files=[file for file, master in masters.items() if master is Master.APPLICATION],
        columns={file: intake.columns_of(file) for file in masters if file.endswith(".csv")},
    )


@pages.read("/changes/<int:number>/effects", may=Deed.SEE_FILES)
def effects(context: RequestContext, number: int) -> Page:
    """What a change set would move in the cycles that it moves. Nothing is stored."""
    change = changing.change_seen(context, number)
    changed = intake.changed_rows(context.connection, number)
    judged = intake.check_change(context.connection, changed)
    shown = as_if = queues = None
    cycles = intake.cycles_to_tell(context.connection, changed, today=context.today)
    if judged.judged is not None and judged.is_right:
        previewed = intake.preview_of_change(context.connection, judged.judged)
        some = intake.effects_of_change(
            context.connection, judged.judged, cycles=cycles, today=context.today, previewed=previewed
        )
        shown = shown_effects(context, effects_seen(context, some, checks=changing.sees_pay(context, change)))
        queues = queues_shown(context, judged.judged, changed.rows, previewed=previewed)
        weighed = coming_weights(context, changed)
        as_if = None if weighed is None else as_if_now(context, changed, coming=weighed, change=change)
    return Page(
        "pages/change_effects.html",
        change=change,
        cycles=cycles,
        coming=intake.cycle_without_scorecards(context.connection, changed, today=context.today),
        effects=shown,
        queues=queues,
        as_if=as_if,
    )


@pages.act("/changes/<int:number>/rows", may=Deed.KEEP_CHANGES, again="one", transaction=False)
def rows(context: RequestContext, number: int, form: RowsForm) -> Redirect:
    """Put rows into it, or keys of rows that are to go. They are read before anybody waits for it."""
    sent: list[dict[str, str]] = []
    with context.read():
        changing.refuse_put(context, number, form.file)
        changed = intake.changed_rows(context.connection, number)
        if form.rows.strip() and form.file.endswith(".csv") and form.file in intake.MASTERED_FILES:
            present = intake.rows_wanted(context.connection, changed, form.file)
            sent = intake.rows_pasted(form.file, form.rows, present=present, headings=headings_of(form.file))
    remove = intake.keys_pasted(form.file, form.remove)
    wanted = intake.rows_sent(form.file, set_=sent, remove=remove)

    def work(connection: Connection) -> int:
        change = changing.held_open(context, number)
        if intake.changed_rows(connection, number) != changed:
            raise Invalid(at_field("rows", "set_moved", SET_MOVED))
        changing.put_rows(context, change, wanted)
        return intake.count_changed(connection, number)

    in_all = context.writing(work)
    return Redirect(
        n_("Put into change set %(number)s, rows: %(count)s. It holds in all, rows: %(rows)s."),
        then="changes.one",
        values={"number": number},
        parameters={"number": number, "count": len(sent) + len(remove), "rows": in_all},
    )


@pages.act(
    "/changes/<int:number>/sheet",
    may=Deed.KEEP_CHANGES,
    again="one",
    transaction=False,
    lane=Lane.FILE,
    body_bytes=EVENTS_BYTES,
    fields_max=4_000,
)
def sheet(context: RequestContext, number: int, form: SheetForm) -> Page | Redirect:
    """Put into it what was edited in a sheet of a file's rows."""
    into = form.model_copy(update={"into": str(number)})
    return send_back(context, into, action=url_for("changes.sheet", number=number))


@pages.act("/changes/<int:number>/definitions", may=Deed.KEEP_CHANGES, again="one", transaction=False)
def definitions(context: RequestContext, number: int, form: DocumentForm) -> Redirect:
    """Put a file of definitions into it. It is read before anybody waits for it."""
    with context.read():
        changing.refuse_put(context, number, intake.part_of_document(f"{form.name}.yaml"))
    sent = intake.document_sent(f"{form.name}.yaml", form.yaml)
    context.writing(lambda _connection: changing.put_document(context, changing.held_open(context, number), sent))
    return Redirect(n_("In the change set now."), then="changes.one", values={"number": number})


@pages.act("/changes/<int:number>/words", may=Deed.KEEP_CHANGES, again="one")
def reword(context: RequestContext, number: int, form: WordsForm) -> Redirect:
    """Call it something else, or say otherwise why."""
    changing.reworded(context, number, form.title, form.reason)
    return Redirect(n_("Title and reason are changed."), then="changes.one", values={"number": number})


@pages.act("/changes/<int:number>/submit", may=Deed.KEEP_CHANGES, again="one")
def submit(context: RequestContext, number: int) -> Redirect:
    """Submit it: a second person has to agree, or it holds at once where one suffices."""
    _, decision = changing.submitted(context, number)
    if decision is None:
        return Redirect(
            n_("It holds from now on: for this one person suffices."), then="changes.one", values={"number": number}
        )
    return Redirect(
        n_("Submitted: a second person has to agree before it holds."),
        then="decisions.one",
        values={"number": decision.id},
    )


@pages.act("/changes/<int:number>/rebase", may=Deed.KEEP_CHANGES, again="one")
def rebase(context: RequestContext, number: int) -> Redirect:
    """Take it to the present revision: its rows stay."""
    changing.rebased(context, number)
    return Redirect(
        n_("Taken to the present revision: look at the rows before you submit it."),
        then="changes.one",
        values={"number": number},
    )


@pages.read("/changes/<int:number>/discard", may=Deed.KEEP_CHANGES)
def ask_discard(context: RequestContext, number: int) -> Page:
    """Whether it is really to be given up."""
    change = changing.change_seen(context, number)
    if change.state is not ChangeState.OPEN or not changing.is_maker(context)(change):
        raise NotThere
    return Page(
        "pages/confirm.html",
        heading=n_("Discard “%(name)s”?"),
        name=change.title,
        explanation=n_(
            "All that this set holds is given up, rows: %(count)s. There is no way back to them. Nothing of the agency folder changes, and the set stays in the list as discarded."
        ),
        said={"count": intake.count_changed(context.connection, number)},
        button=n_("Discard the set"),
        action=url_for("changes.discard", number=number),
        back=url_for("changes.one", number=number),
        parent=("changes", n_("Change sets")),
        asks_reason=False,
    )


@pages.act("/changes/<int:number>/discard", may=Deed.KEEP_CHANGES, again="one")
def discard(context: RequestContext, number: int) -> Redirect:
    """Give it up."""
    changing.discarded(context, number)
    return Redirect(n_("Discarded: nothing was changed."), then="changes.listed")


class RevertForm(BaseModel):
    """Why it is taken back."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=10, max_length=2000)]
    form_id: FormId = ""


@pages.act("/changes/<int:number>/revert", may=Deed.KEEP_CHANGES, again="one")
def revert(context: RequestContext, number: int, form: RevertForm) -> Redirect:
    """Begin a set with the rows as they were before it."""
    said = number, form.reason
    made = changing.begun_once(context, form.form_id, said, lambda: changing.reverted(context, *said))
    return Redirect(
        n_("Begun: this change set takes the other back. Submit it when you have looked at it."),
        then="changes.one",
        values={"number": made},
    )
