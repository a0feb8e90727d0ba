"""The files of the agency folder: by which door each comes, and who changed it last. HR proposes another door; an executive agrees."""

from __future__ import annotations

from typing import Annotated, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import intake
from app.intake import Master
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web import changing, decided
from app.web.change_basket import basket
from app.web.decision_kinds import DECISION_KINDS
from app.web.limits import EVENTS_BYTES
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.sheets import SheetForm, row_files, send_back
from app.web.words import FOLDER_FILES, MASTERS

pages: Final = Pages("folder_files")


class MasterForm(BaseModel):
    """Which file comes by which door from now on, and why."""

    model_config = ConfigDict(frozen=True)

    file: Annotated[str, Field(max_length=40)]
    to: Master
    reason: Annotated[str, Field(min_length=10, max_length=2000)]


class SheetsQuery(BaseModel):
    """Of which file a sheet is sent back, and into which set."""

    model_config = ConfigDict(frozen=True)

    sheet_of: Annotated[str, Field(max_length=40)] = ""
    into: Annotated[str | None, Field(pattern=r"^(new|[0-9]{1,18})$")] = None


@pages.read("/folder", may=Deed.SEE_FILES)
def files(context: RequestContext) -> Page:
    """Every file, as the contract lists them."""
    return Page(
        "pages/folder_files.html",
        files=intake.file_states(context.connection),
        masters=MASTERS,
        names=FOLDER_FILES,
        may_propose=decided.may_propose(context, DECISION_KINDS["master"]),
        may_send=changing.keeps(context),
    )


@pages.act("/folder", may=Deed.DECIDE, again="files")
def propose(context: RequestContext, form: MasterForm) -> Redirect:
    """Propose that a file come by another door."""
    content = {"file": form.file, "to": form.to.value}
    made = decided.proposed(context, DECISION_KINDS["master"], content, form.reason)
    return Redirect(
        n_("Proposed: an executive has to agree before it holds."), then="decisions.one", values={"number": made.id}
    )


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
    body_bytes=EVENTS_BYTES,
    fields_max=4_000,
)
def send(context: RequestContext, form: SheetForm) -> Page | Redirect:
    """Put what was edited in a sheet into a change set."""
    return send_back(context, form, action=url_for("folder_files.send"))
