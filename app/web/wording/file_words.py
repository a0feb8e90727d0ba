"""What a file for a person calls things: the same words as the pages, in the language of whoever asks for it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from app.exports import FileWords
from app.web.wording import words
from app.web.wording.languages import in_language, page_language

__all__ = ["file_words"]

_TERMS: Final[Mapping[str, Mapping[str, str]]] = {
    "discipline": words.DISCIPLINE_KINDS,
    "figure": words.BUSINESS,
    "grade_reason": words.GRADE_REASONS,
    "job": words.JOBS,
    "kind": words.KINDS,
    "link": words.LINK_TERMS,
    "method": words.METHODS,
    "perspective": words.PERSPECTIVES,
    "reason": words.REASONS,
}


def file_words() -> FileWords:
    """The words of a file that is asked for now; its rows may be written when this request is over."""
    language = page_language()
    return FileWords(say=functools.partial(in_language, language), language=language, terms=_TERMS)
