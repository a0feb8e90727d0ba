"""The files of the agency folder: by which door each comes, and who changed it last. HR proposes another door; an executive agrees."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app import intake
from app.intake import Master
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web import decided
from app.web.decision_kinds import DECISION_KINDS
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.words import FOLDER_FILES, MASTERS

pages: Final = Pages("folder_files")


class MasterForm(BaseModel):
    """Which file comes by which door from now on, and why."""

    model_config = ConfigDict(frozen=True)

    file: Annotated[str, Field(max_length=40)]
    to: Master
    reason: Annotated[str, Field(min_length=10, max_length=2000)]


@pages.read("/folder", may=Deed.SEE_FILES)
def files(context: RequestContext) -> Page:
    """Every file, as the contract lists them."""
    return Page(
        "pages/folder_files.html",
        files=intake.file_states(context.connection),
        masters=MASTERS,
        names=FOLDER_FILES,
        may_propose=decided.may_propose(context, DECISION_KINDS["master"]),
    )


@pages.act("/folder", may=Deed.DECIDE, again="files")
def propose(context: RequestContext, form: MasterForm) -> Redirect:
    """Propose that a file come by another door."""
    content = {"file": form.file, "to": form.to.value}
    made = decided.proposed(context, DECISION_KINDS["master"], content, form.reason)
    return Redirect(
        n_("Proposed: an executive has to agree before it holds."), then="decisions.one", values={"number": made.id}
    )
