"""Files that were made in the background for whoever looks: how far each is, taken home once it is whole, or deleted.

They are their maker's alone. Do not show one whose kind its maker may not have any more: rights are asked again here, and when it is taken home.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app import access
from app.access import FILES_KEPT, FILES_KEPT_MAX, MadeFile
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.terms import Basis
from app.web.answer.downloads import LoggedReading, written_down
from app.web.answer.rendering import Download, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, state_asked
from app.web.files.board_book import BookParameters
from app.web.files.made_kinds import KINDS, may_have
from app.web.files.maker_beside import have_files_made
from app.web.wording.languages import LANGUAGES

pages: Final = Pages("my_files")

_ASKED: Final = n_("It is being made. Once it is whole it can be downloaded here.")
_ASKED_ALREADY: Final = n_("It is being made already: it was asked for before.")
_DELETED: Final = n_("The file is deleted.")

_ERRORS: Final[Mapping[str, str]] = {
    "right": n_("You may not have this file any more."),
    "failed": n_("It could not be made: ask for it once more, and tell an administrator if it fails again."),
    "stopped": n_("It was begun several times and never ended: ask for it once more."),
    "too_large": n_("It would be larger than a file may be: ask for less."),
}
"""Why there is no file."""


class FilesQuery(BaseModel):
    """Whether the list alone is asked for: by the page's script, while something is being made."""

    model_config = ConfigDict(frozen=True)

    part: bool = False


class AskForm(BaseModel):
    """Of which kind, and of what."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["board_book"]
    cycle: Annotated[int, Field(ge=1, le=9999)]
    as_of: dt.date | None = None
    basis: Basis = Basis.FINAL
    live: bool = False
    language: Literal["en", "ko", "es"] = "en"

    @field_validator("as_of", mode="before")
    @classmethod
    def _empty_is_now(cls, value: object) -> object:
        return value or None


@pages.read("/my/files", may=Deed.KEEP_MADE_FILES)
def files(context: RequestContext, query: FilesQuery) -> Page:
    """One's files, the newest first. Queries: 1, and 2 while one waits."""
    listed = _listed(context)
    if any(one.state == "waiting" for one in listed):
        have_files_made(context.connection)
    return Page(
        "pages/my_files_part.html" if query.part else "pages/my_files.html",
        files=listed,
        kinds=KINDS,
        languages=LANGUAGES,
        errors=_ERRORS,
        kept_days=FILES_KEPT.days,
        kept_most=FILES_KEPT_MAX,
    )


@pages.act("/my/files", may=Deed.KEEP_MADE_FILES, again="files")
def ask(context: RequestContext, form: AskForm) -> Redirect:
    """Have a file made. One of the same that waits already is not made twice.

    Raises:
        NotThere: its kind is not for who asks, or there is no such cycle.
        Invalid: a day that has begun nowhere yet.
        Conflict: they have as many files as anybody may have.
    """
    if not may_have(context, form.kind):
        raise NotThere
    asked = ScoreParameters(cycle=form.cycle, as_of=form.as_of, basis=form.basis, live=form.live)
    asked_of(context, state_asked(context.connection, asked), asked)
    parameters = BookParameters(cycle=form.cycle, as_of=form.as_of, basis=form.basis, live=form.live)
    of_what = parameters.model_dump(mode="json")
    _, is_new = access.ask_for_file(
        context.connection,
        account_id=context.viewer.account_id,
        kind=form.kind,
        parameters=of_what,
        language=form.language,
        now=context.now,
    )
    if not is_new:
        context.did_nothing = True
        return Redirect(_ASKED_ALREADY, then="my_files")
    context.note(subject=form.kind, after={"asked": True, "language": form.language, **of_what})
    return Redirect(_ASKED, then="my_files")


@pages.act(
    "/my/files/<int:number>/download",
    may=Deed.KEEP_MADE_FILES,
    again="files",
    transaction=False,
    lane=Lane.FILE,
)
def take_home(context: RequestContext, number: int) -> Download:
    """A whole file, with the sum of its bytes; that it was taken is written down.

    Raises:
        NotThere: it is none of theirs, not whole, or not theirs to have any more.
    """
    with context.read() as connection:
        file, content = access.made_content(
            connection, account_id=context.viewer.account_id, number=number, now=context.now
        )
        if not may_have(context, file.kind):
            raise NotThere
    asked = {"language": file.language, **file.parameters, "sha256": file.sha256}
    return written_down(
        context,
        Download(
            content=content,
            filename=file.filename or file.kind,
            media_type=file.media_type or "application/octet-stream",
            headers={"Repr-Digest": _digest(file), "Content-Length": str(len(content))},
        ),
        reason="",
        reading=LoggedReading(file.kind, asked, rows=1),
        subject=file.kind,
        after=asked,
    )


@pages.act("/my/files/<int:number>/delete", may=Deed.KEEP_MADE_FILES, again="files")
def delete(context: RequestContext, number: int) -> Redirect:
    """Let one go; of one that is being made nothing is kept.

    Raises:
        NotThere: it is none of theirs.
    """
    access.delete_made_file(context.connection, account_id=context.viewer.account_id, number=number)
    context.note(subject=f"file:{number}", after={"deleted": True})
    return Redirect(_DELETED, then="my_files")


def _listed(context: RequestContext) -> list[MadeFile]:
    mine = access.made_files(context.connection, account_id=context.viewer.account_id, now=context.now)
    return [one for one in mine if may_have(context, one.kind)]


def _digest(file: MadeFile) -> str:
    """As RFC 9530 writes the sum of what is sent."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256 or '')).decode()}:"
