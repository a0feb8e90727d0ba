"""Texts that are searched as they were written, in any letters: the column and what was typed are folded by one function, the database's own.

Do not fold what was typed in Python alone: SQLite's ``lower`` knows the letters of ASCII, and an Ä that was typed exactly would not be found.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = ["begins_in_any_letters", "has_in_any_letters"]

_ESCAPE = "/"


def has_in_any_letters(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a text stands in a column, in small or capital letters."""
    small = sa.func.lower(column)
    return sa.or_(*(small.contains(one, escape=_ESCAPE) for one in _patterns(text)))


def begins_in_any_letters(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a column begins with a text, in small or capital letters."""
    small = sa.func.lower(column)
    return sa.or_(*(small.startswith(one, escape=_ESCAPE) for one in _patterns(text)))


def _patterns(text: str) -> list[sa.ColumnElement[str]]:
    """As it was typed, and where it has letters that a database may not fold, all small and all capital."""
    written = [text] if text.isascii() else dict.fromkeys((text, text.lower(), text.upper()))
    return [sa.func.lower(_escaped(one)) for one in written]


def _escaped(text: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return text
