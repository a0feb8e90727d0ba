"""The kinds of file that are made in the background: what each is of, who may have it, and what makes it.

A kind's rights are asked three times: when the file is asked for, when it is made, and when it is taken home. Who has lost them meanwhile finds
nothing. Parameters are plain values, resolved when the file is asked for: of which cycle it is does not change while it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.asked.request_context import RequestContext
from app.web.files import board_book
from app.web.files.board_book import BookParameters, MadeContent

__all__ = ["KINDS", "FileKind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A kind of file.

    Attributes:
        label: what people call it; English, marked for the catalogues.
        deed: what one must be allowed to do, to have one.
        parameters: what it is of.
        make: reads and writes it, in the language that is being written: takes the context of its owner, the parameters, and what is to be
            called after each step with the number of steps that are done and how many there are.
    """

    label: str
    deed: Deed
    parameters: type[BookParameters]
    make: Callable[[RequestContext, BookParameters, Callable[[int, int], None]], MadeContent]


KINDS: Final[Mapping[str, FileKind]] = {
    "board_book": FileKind(
        label=n_("Board book"), deed=Deed.HAVE_BOARD_BOOK, parameters=BookParameters, make=board_book.make
    ),
}
"""By the word that the row has."""


def may_have(context: RequestContext, kind: str) -> bool:
    """Whether who asks may have such a file now."""
    return kind in KINDS and context.allowed_of_everybody(KINDS[kind].deed)


def described(parameters: Mapping[str, Any]) -> BookParameters:
    """What a file is of, as it was asked for."""
    return BookParameters.model_validate(parameters)
