"""What a program, or a person by the API, reads of other people, many at once: written down before the first of it leaves, as a download is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app import access
from app.rules.terms import Node, NodeKind
from app.web.asked.request_context import RequestContext

__all__ = [
    "CycleReading",
    "is_to_be_written_down",
    "others_among",
    "reading_of",
    "write_down",
    "write_down_once",
    "write_reading",
]


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


def is_to_be_written_down(context: RequestContext, *, what: str, subject: str) -> bool:
    """Whether that day's row of a reading is not there yet. Queries: 1."""
    return not access.is_reading_recorded(
        context.connection, who=context.label, what=what, subject=subject, day=context.today
    )


def write_down_once(
    context: RequestContext, *, what: str, node: Node, subject: str, asked: Mapping[str, object], people: int
) -> None:
    """Log a reading by one node, and tell the trail: once a day for each reader, resource and subject.

    Args:
        context: the request's, in no transaction.
        what: the resource.
        node: that was asked for.
        subject: what is told of once a day.
        asked: what was asked of it.
        people: of how many others.
    """
    with context.write() as connection:
        if access.record_reading_of(
            connection,
            who=context.label,
            what=what,
            subject=subject,
            asked=asked,
            rows=people,
            day=context.today,
            at=context.now,
        ):
            context.note(subject=str(node), after={"rows": people, **asked})


class CycleReading(NamedTuple):
    """What an opened cycle keeps of an employee, read by somebody else."""

    what: str
    node: Node
    cycle: int

    @property
    def subject(self) -> str:
        """What is told of once a day."""
        return f"{self.node} cycle={self.cycle}"


def reading_of(context: RequestContext, cycle: int, node: Node, *, what: str) -> CycleReading | None:
    """What is to be written down of it; None where it is no other person's, or the day's row stands already. Queries: 1, or none."""
    reading = CycleReading(what, node, cycle)
    if node.kind is not NodeKind.EMPLOYEE or not others_among(context, [node.code]):
        return None
    return reading if is_to_be_written_down(context, what=what, subject=reading.subject) else None


def write_reading(context: RequestContext, reading: CycleReading | None) -> None:
    """Log it, and tell the trail, before anything of it leaves; the context is in no transaction."""
    if reading is not None:
        asked = {"cycle": reading.cycle}
        write_down_once(context, what=reading.what, node=reading.node, subject=reading.subject, asked=asked, people=1)
