"""Who is the same: buyers and companies under several spellings.

A registration decides where there is one, else the name in a plain form (contract, "Which events count, exactly").
Do not normalise a registration too. Registrations are compared as written.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import sha256
from typing import Final

from rapidfuzz import fuzz

from app.rules.policies import LEGAL_FORMS

__all__ = ["alike", "buyer_key", "company_key", "legal_form_words", "plain_name"]

KEY_LENGTH_MAX: Final = 240
"""Longer keys are kept as a digest: a database's index takes no key of any length."""

_ASCII_NOT_WORD: Final = re.compile(r"[^a-z0-9\s]")
_OF_WORDS: Final = frozenset("LMN")
"""Letters, marks (the vowel signs of Hindi or Thai tell names apart) and numbers: the first letter of their Unicode category."""


def _words(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", name).casefold().replace(".", "")
    if folded.isascii():
        return _ASCII_NOT_WORD.sub(" ", folded).split()
    return "".join(one if unicodedata.category(one)[0] in _OF_WORDS else " " for one in folded).split()


@lru_cache(maxsize=64)
def _forms_by_last_word(legal_forms: tuple[str, ...]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Legal forms by the word that they end in, so that of some fifty only those are compared that a name can end in."""
    by_last: dict[str, tuple[tuple[str, ...], ...]] = {}
    for form in legal_form_words(legal_forms):
        by_last[form[-1]] = (*by_last.get(form[-1], ()), form)
    return by_last


@lru_cache(maxsize=64)
def legal_form_words(legal_forms: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Legal forms as words, the longest first; one of several words (``sp z o o``) is taken off as a whole."""
    forms = {tuple(_words(form)) for form in legal_forms}
    return tuple(sorted((form for form in forms if form), key=lambda form: (-len(form), form)))


@lru_cache(maxsize=65536)
def plain_name(name: str, legal_forms: tuple[str, ...] = LEGAL_FORMS) -> str:
    """A name by which spellings are compared: NFKC, case-folded, no full stops, punctuation a space, no legal form at the end.

    As long as another word is left: "AG" alone stays "ag".
    """
    words = _words(name)
    forms = _forms_by_last_word(legal_forms)
    while words:
        for form in forms.get(words[-1], ()):
            if len(words) > len(form) and tuple(words[-len(form) :]) == form:
                del words[-len(form) :]
                break
        else:
            break
    return " ".join(words)


def _key(country: str, mark: str, text: str) -> str:
    key = f"{country}{mark}{text}"
    return (
        key if len(key) <= KEY_LENGTH_MAX else f"{country}={sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
    )


def buyer_key(*, country: str, name: str, registration: str, legal_forms: tuple[str, ...] = LEGAL_FORMS) -> str:
    """One text for each buyer: country and registration where there is one (``AT#FN 1234``), else country and name (``AT~nordwind``)."""
    return _key(country, "#", registration) if registration else _key(country, "~", plain_name(name, legal_forms))


def company_key(*, name: str, registration: str, legal_forms: tuple[str, ...] = LEGAL_FORMS) -> str:
    """One text for each company: the same without the country."""
    return buyer_key(country="", name=name, registration=registration, legal_forms=legal_forms)


def alike(one: str, other: str, *, legal_forms: tuple[str, ...] = LEGAL_FORMS, least: float = 0.88) -> bool:
    """Whether two names may be one buyer's: the same words in another order, one name within the other, or nearly the same letters.

    A hint for people ("possible duplicate"); it decides nothing.
    """
    first, second = plain_name(one, legal_forms).split(), plain_name(other, legal_forms).split()
    if not first or not second:
        return False
    if sorted(first) == sorted(second) or "".join(first) == "".join(second):
        return True
    if min(len(first), len(second)) > 1 and (set(first) <= set(second) or set(second) <= set(first)):
        return True
    return fuzz.ratio(" ".join(sorted(first)), " ".join(sorted(second)), score_cutoff=100 * least) > 0


NEAR_DAYS: Final = 14
"""Within so many days of each other two deals of the same parties may be one that was recorded twice."""
MEETING_DAYS: Final = 1
"""Of two consults with the same parties: people meet again within a week, but seldom on the next day."""
_SAME_AMOUNT: Final = 100
"""Two amounts that differ by at most a hundredth may be one, told before and after a rate or a charge."""


def may_be_recorded_twice(type_: str, *, days_apart: int, usd_cents: int | None, other_cents: int | None) -> bool:
    """Whether two activities of one type, company and buyer may be one: the same parties alone are no evidence, they trade again.

    A new buyer is one whenever it was: it counts once. A hint for people; it decides nothing.

    Args:
        type_: the type of both.
        days_apart: from the one to the other, either way.
        usd_cents: what the one is worth; None where it has no amount, which speaks neither for nor against.
        other_cents: what the other is worth.
    """
    if type_ == "new_buyer":
        return True
    if abs(days_apart) > (MEETING_DAYS if type_ == "export_consult" else NEAR_DAYS):
        return False
    if usd_cents is None or other_cents is None:
        return True
    return abs(usd_cents - other_cents) * _SAME_AMOUNT <= max(usd_cents, other_cents)
