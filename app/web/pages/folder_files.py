"""The files of the agency folder: by which door each comes, and who changed it last. HR proposes another door; an executive agrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import intake
from app.intake import FileState, Master
from app.kit.refusals import Invalid, at_field
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import EVENTS_BYTES, Lane
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.changes.change_basket import IntoSet, basket
from app.web.changes.sheets import SheetForm, row_files, send_back
from app.web.decisions import decided
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.wording.words import FOLDER_FILES, MASTERS

pages: Final = Pages("folder_files")


NO_FILE: Final = n_("No file is chosen: choose those that are to come by another door.")


class MasterForm(BaseModel):
    """Which files come by which door from now on, and why."""

    model_config = ConfigDict(frozen=True)

    file: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=40)] = ()
    to: Master
    reason: Annotated[str, Field(min_length=10, max_length=2000)]


class SheetsQuery(BaseModel):
    """Of which file a sheet is sent back, and into which set."""

    model_config = ConfigDict(frozen=True)

    sheet_of: Annotated[str, Field(max_length=40)] = ""
    into: IntoSet = None


@pages.read("/folder", may=Deed.SEE_FILES)
def files(context: RequestContext) -> Page:
    """Every file, as the contract lists them."""
    states = intake.file_states(context.connection)
    return Page(
        "pages/folder_files.html",
        files=states,
        first_files=_first_files(states),
        masters=MASTERS,
        names=FOLDER_FILES,
        not_for_taking=() if changing.sees_pay(context) else ("discipline.csv",),
        may_propose=decided.may_propose(context, DECISION_KINDS["master"]),
        may_send=changing.keeps(context),
    )


def _first_files(states: Sequence[FileState]) -> list[str]:
    """What is ticked from the beginning: all files of an installation into which nothing came yet, by whichever door; else none."""
    is_untouched = all(one.master is Master.FOLDER and one.revision is None for one in states)
    return [one.file for one in states] if is_untouched else []


@pages.act("/folder", may=Deed.DECIDE, again="files")
def propose(context: RequestContext, form: MasterForm) -> Redirect:
    """Propose that files come by another door: a decision for each."""
    if not form.file:
        raise Invalid(at_field("file", "none", NO_FILE))
    made = [
        decided.proposed(context, DECISION_KINDS["master"], {"file": file, "to": form.to.value}, form.reason)
        for file in dict.fromkeys(form.file)
    ]
    said = n_("Proposed: an executive has to agree before it holds.")
    if len(made) > 1:
        return Redirect(said, then="decisions.listed")
    return Redirect(said, then="decisions.one", values={"number": made[0].id})


@pages.read("/folder/sheets", may=Deed.SEE_FILES)
def sheets(context: RequestContext, query: SheetsQuery) -> Page:
    """Take a file's rows home as a sheet, and send it back into a change set. Queries: constant."""
    changing.writer(context)
    return Page(
        "pages/sheets.html",
        files=row_files(context),
        names=FOLDER_FILES,
        query=query,
        basket=basket(context, query.into),
    )


@pages.act(
    "/folder/sheets",
    may=Deed.KEEP_CHANGES,
    again="sheets",
    transaction=False,
    lane=Lane.FILE,
    body_bytes=EVENTS_BYTES,
    fields_max=4_000,
)
def send(context: RequestContext, form: SheetForm) -> Page | Redirect:
    """Put what was edited in a sheet into a change set."""
    return send_back(context, form, action=url_for("folder_files.send"))
