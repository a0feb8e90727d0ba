"""What a program, or a person by the API, reads of other people, many at once: written down before the first of it leaves, as a download is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app import access
from app.web.request_context import RequestContext

__all__ = ["others_among", "write_down"]


def others_among(context: RequestContext, numbers: Iterable[str]) -> int:
    """How many other people some employees are than who asks."""
    own = context.person.employee if context.person is not None else None
    return len({*numbers} - {own, ""})


def write_down(context: RequestContext, *, what: str, asked: Mapping[str, object], people: int) -> None:
    """Log a reading, and tell the trail; nothing where it was of nobody else.

    Args:
        context: the request's, in no transaction.
        what: the resource.
        asked: what was asked of it.
        people: of how many others.
    """
    if not people:
        return
    with context.write() as connection:
        access.record_reading(connection, who=context.label, what=what, asked=asked, rows=people, at=context.now)
        context.note(subject=what, after={"rows": people, **asked})
