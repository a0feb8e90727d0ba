"""Numbers as people type them: by the separators of the page's language, and refused where they could mean two things.

A newcomer's usual mistake is to take a text for a number by the rule of programs: a Spanish reader who sees 125.000 in a table writes 125.000,
and means a hundred and twenty-five thousand. The API and files go by the contract (a point, no groups) and never come here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from babel.numbers import NumberFormatError, parse_decimal

from app.kit.refusals import at_field
from app.plain.findings import Finding, n_
from app.web.wording.languages import figure, page_language

__all__ = ["exact_figure", "may_be_mistaken", "read_number", "shown_reading", "unconfirmed"]

NO_NUMBER: Final = n_("“%(typed)s” is no number here: write it as %(example)s.")
TWO_READINGS: Final = n_("“%(typed)s” can be read as %(one)s or as %(other)s: write it as one of the two.")
READ_AS: Final = n_("“%(typed)s” is read as %(reading)s: save once more if that is right.")

_MOST_CHARS: Final = 60
_DIGITS: Final = re.compile(r"[+-]?[0-9.,]*[0-9]")
_MISTAKEN: Final = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3}")
_PLAIN: Final = re.compile(r"[+-]?[0-9]{0,60}([.][0-9]{1,60})?(?<=[0-9])")
_SPACED: Final = re.compile(r"[+-]?[0-9]{1,3}( [0-9]{3})+([.,][0-9]+)?")


def read_number(text: str, *, field: str) -> Decimal | Finding:
    """The number that a person of the page's language has typed, or what is wrong with it at its field."""
    language = page_language()
    plain = re.sub("[\\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", text.strip())
    plain = plain.replace("\N{MINUS SIGN}", "-")
    if not plain:
        return at_field(field, "missing", n_("This is empty: fill it in."))
    if _SPACED.fullmatch(plain):
        plain = plain.replace(" ", "")
    example = figure("1234567.5", places=1, language=language)
    if len(plain) > _MOST_CHARS or not _DIGITS.fullmatch(plain):
        return at_field(field, "not_a_number", NO_NUMBER, typed=text[:_MOST_CHARS], example=example)
    try:
        return Decimal(parse_decimal(plain, locale=language, strict=True))
    except NumberFormatError as error:
        readings = [_written(one, language) for one in error.suggestions or ()]
    if len(readings) == 2 and readings[0] != readings[1]:
        return at_field(field, "two_readings", TWO_READINGS, typed=text, one=readings[0], other=readings[1])
    return at_field(field, "not_a_number", NO_NUMBER, typed=text[:_MOST_CHARS], example=example)


def _written(suggestion: str, language: str) -> str:
    return exact_figure(parse_decimal(suggestion, locale=language))


def exact_figure(value: Decimal | str) -> str:
    """A number with all its digits, as the page writes numbers: what a field begins with, so that it reads back as the same number."""
    exact = Decimal(value)
    exponent = exact.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return figure(exact, places=places, language=page_language()).replace("\N{MINUS SIGN}", "-")


def shown_reading(value: Decimal) -> str:
    """A number so that no reader mistakes its separators: with at least two decimals."""
    exponent = value.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return figure(value, places=places, least=2, language=page_language())


def may_be_mistaken(text: str) -> bool:
    """Whether the marks of a typed number would be read as something else in another language: as thousands, or as decimals."""
    return _MISTAKEN.fullmatch(text.strip()) is not None


def unconfirmed(text: str, value: Decimal, *, field: str, confirmed: str, has_script: bool) -> Finding | None:
    """What is said before a number counts that was read otherwise than its page showed it, or that a page without script could not show.

    A page in one language may be sent after another was chosen in the next tab: its 125,000 is then no longer what its reader saw.

    Args:
        text: as it was typed.
        value: as it was read.
        field: where it was typed.
        confirmed: what the form says it was shown as: by its script, or, without one, when it was asked about.
        has_script: whether the page could show its reading.
    """
    doubtful = bool(confirmed) and _digits(confirmed) != value if has_script else confirmed != f"{value:f}"
    if not doubtful or not may_be_mistaken(text):
        return None
    return at_field(field, "read_as", READ_AS, typed=text, reading=shown_reading(value), digits=f"{value:f}")


def _digits(text: str) -> Decimal | None:
    return Decimal(text) if _PLAIN.fullmatch(text) else None
