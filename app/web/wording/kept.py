"""Parts of pages that are kept for as long as what they show comes again unchanged.

The key holds everything that the part shows, figures to the last digit among them, so that nothing kept is ever out of date.
A newcomer's usual mistake is a key that leaves something out, the reader's language or what the reader may see: one person would be shown
another's page.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from flask import request
from markupsafe import Markup

from app.kit.kept import LruCache
from app.web.wording.languages import page_language

__all__ = ["CachedPart", "Rendered", "drawn", "reader_of_page"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rendered(Generic[T]):
    """A part of a page: the read model that it shows, and its text once a template has drawn it."""

    model: T
    html: Markup


def drawn(most: int, *, bytes_max: int) -> LruCache[Rendered[Any]]:
    """Where drawn parts are kept.

    Args:
        most: how many.
        bytes_max: what their texts may weigh together, a letter counted as a byte; their models take about as much again.
    """
    return LruCache(most, weight_max=bytes_max, weigh=lambda part: len(part.html))


class CachedPart(Generic[T]):
    """The part of a page that a read model makes: derived and drawn once for each state of what it hangs on.

    The reader's language, and the address that links begin with, are always in the key; rights that the part goes by have to be handed in.
    """

    def __init__(self, kept: LruCache[Rendered[T]], shown: Hashable, derive: Callable[[], T]) -> None:
        """Find what was drawn for the same key; else derive the model now, and it is drawn in the template.

        Args:
            kept: where such parts are kept.
            shown: all that the part hangs on.
            derive: makes the read model.
        """
        self._kept: Final = kept
        self._key: Final = (shown, reader_of_page())
        rendered = kept.get(self._key)
        self.model: Final = rendered.model if rendered else derive()
        self.html: Final = rendered.html if rendered else None

    def keep(self, html: Markup) -> Markup:
        """Keep what the template has drawn; gives it back."""
        return self._kept.keep(self._key, Rendered(self.model, html)).html


def reader_of_page() -> tuple[str, str]:
    """The reader's language, and the address that links begin with."""
    return page_language(), request.script_root
