"""Reasons that are chosen instead of typed: read from a form, and said in the reader's language wherever they were recorded.

Do not translate what somebody typed: only a text of :mod:`app.rules.usual_reasons`, in one of the pages' languages, is said anew.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from flask_babel import gettext

from app.kit.refusals import Invalid, at_field
from app.plain.findings import n_
from app.plain.texts import trimmed
from app.rules.activities import TEXT_LENGTH_MAX
from app.rules.usual_reasons import CORRECTING, REJECTING, REVERSING
from app.web.wording.languages import LANGUAGES, in_language, page_language

__all__ = ["FILTERS", "given_reason", "reason_in_words"]

REASON_LEAST: Final = 3
"""Letters that say something."""

UNKNOWN: Final = n_("This reason is not among those offered: choose one, or write it in your own words.")
SAY_WHY: Final = n_("No reason is given, though it stays with the entry: choose one, or write it in your own words.")
SAY_LESS: Final = n_(
    "This is too long together with the reason that you have chosen: use at most %(most)s characters for both."
)


def given_reason(usual: str, typed: str, *, of: Mapping[str, str], missing: str | None = SAY_WHY) -> str:
    """The reason as it is recorded: the usual one that was chosen, in the words that stood on the page, and what was typed beside it.

    Args:
        usual: the code of the chosen one; empty for none.
        typed: what was typed beside it.
        of: the usual reasons that were offered.
        missing: what is said where there is none; None where none is needed.

    Raises:
        Invalid: it is missing, too long, or none that was offered.
    """
    if usual and usual not in of:
        raise Invalid(at_field("usual", "unknown", UNKNOWN))
    reason = " ".join(part for part in (gettext(of[usual]) if usual else "", trimmed(typed)) if part)
    if missing is not None and len(reason) < REASON_LEAST:
        raise Invalid(at_field("reason", "missing", missing))
    if len(reason) > TEXT_LENGTH_MAX:
        raise Invalid(at_field("reason", "too_long", SAY_LESS, most=TEXT_LENGTH_MAX))
    return reason


@functools.cache
def _usual_by_text() -> Mapping[str, str]:
    """Each usual reason by its text in each of the pages' languages."""
    messages = {*REJECTING.values(), *REVERSING.values(), *CORRECTING.values()}
    return {in_language(language, message): message for language in LANGUAGES for message in messages}


def reason_in_words(recorded: str | None) -> str:
    """A recorded reason as its reader is told it: a usual one in their language, with what was typed beside it as it was typed."""
    for text, message in _usual_by_text().items() if recorded else ():
        if recorded == text or (recorded or "").startswith(f"{text} "):
            return in_language(page_language(), message) + (recorded or "")[len(text) :]
    return recorded or ""


FILTERS: Final = {"reason_in_words": reason_in_words}
