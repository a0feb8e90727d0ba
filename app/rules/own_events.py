"""What a person may say of themself: the part of "who may record what" that hangs on the event alone (contract, "HTTP").

A program's events are taken as they are; a person records activities of their own, figures of those they answer for, and verdicts in their own name, under the source that
their pages give them and of a day that a person can know of.
Do not look at ``employee`` alone. Whoever may write under another's source takes its names away for ever, whoever
credits all of it to others records their activity, and a verdict dated ahead holds against all that come after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from app.plain.findings import Finding, Place, n_
from app.rules.activities import Activity, Verdict
from app.rules.moments import moment

__all__ = [
    "AHEAD",
    "EARLIEST_DAY",
    "NOT_IN_SERVICE",
    "correcting_reversal",
    "entering_employee",
    "entry_in_its_place",
    "not_own",
    "out_of_service",
    "pages_source",
    "refused",
]

EARLIEST_DAY: Final = dt.date(1990, 1, 1)
"""Nobody at work remembers what was before it: a day before is a slip of the pen."""

AHEAD: Final = dt.timedelta(days=1)
"""How far from now a person's event may be dated: where they are it may be tomorrow already."""

_PAGES: Final = "/pages/"
_OF_CORRECTION: Final = "-reversal"

_OWN_VERDICTS: Final = frozenset({"verified", "rejected", "reversed"})

_MESSAGES: Final = {
    "/data/employee": n_("You can record activities of your own only: put your own employee number."),
    "/data/credits": n_("Nothing of your own activity is credited to you: keep a share for yourself."),
    "/data/by": n_("You can give verdicts in your own name only: put your own employee number."),
    "/data/activity": n_("This activity is not here, or not for you to judge or reverse: check its source and id."),
    "/data/node": n_("This figure is not for you to report: ask the head of whom it counts for, or HR."),
    "/type": n_("An event of this type is not for you to record: ask somebody who may."),
    "/source": n_("This is not the source of your own events: send them with %(source)s."),
    "/time": n_("This is of a day before 1990, or more than a day ahead: write the day on which it happened."),
}


def pages_source(employee: str) -> str:
    """The source of all that an employee records by hand."""
    return f"{_PAGES}{employee}"


def entering_employee(source: str) -> str | None:
    """The number of who recorded it by hand; None of what no page's source names."""
    return source.removeprefix(_PAGES) if source.startswith(_PAGES) else None


def correcting_reversal(source: str, id_: str) -> str | None:
    """The id of the reversal that goes with an entry where it was recorded in another's place; None of what no page recorded."""
    return f"{id_}{_OF_CORRECTION}" if source.startswith(_PAGES) else None


def entry_in_its_place(source: str, id_: str) -> str | None:
    """The id of the entry that was recorded in a reversed one's place, of the reversal's; None of a reversal alone."""
    if not source.startswith(_PAGES) or not id_.endswith(_OF_CORRECTION):
        return None
    return id_.removesuffix(_OF_CORRECTION)


def refused(pointer: str, **parameters: object) -> Finding:
    """That a member of an event is not this person's to say."""
    code = "out_of_range" if pointer == "/time" else "not_allowed"
    return Finding(code=code, message=_MESSAGES[pointer], parameters=parameters, place=Place(pointer=pointer))


NOT_IN_SERVICE: Final = n_(
    "%(name)s is not in service on that day, so that a share would be nobody's work: name somebody who is, or choose another day."
)


def out_of_service(name: str) -> Finding:
    """That a share is credited to somebody who is not in service on the activity's day."""
    return Finding(
        code="not_allowed", message=NOT_IN_SERVICE, parameters={"name": name}, place=Place(pointer="/data/credits")
    )


def not_own(
    event: Activity | Verdict, *, employee: str | None, at: dt.datetime, enters_for: Collection[str] = ()
) -> list[Finding]:
    """By which members an event is not this person's to record, as far as the event itself tells; empty where by none.

    Args:
        event: a well-formed one.
        employee: the person's number; None for an account that is no employee's.
        at: when it is recorded.
        enters_for: the employees in whose place they record, who are named in it; the source stays the person's own.
    """
    findings: list[Finding] = []
    if isinstance(event, Verdict):
        if event.type not in _OWN_VERDICTS:
            findings.append(refused("/type"))
        if employee is None or event.by != employee:
            findings.append(refused("/data/by"))
    elif employee is None or not (event.employee == employee or (event.employee in enters_for and not event.figure)):
        findings.append(refused("/data/employee"))
    elif event.employee not in {credit.employee for credit in event.credits}:
        findings.append(refused("/data/credits"))
    if employee is not None and event.source != pages_source(employee):
        findings.append(refused("/source", source=pages_source(employee)))
    if not _is_in_reach(event, at):
        findings.append(refused("/time"))
    return findings


def _is_in_reach(event: Activity | Verdict, at: dt.datetime) -> bool:
    latest = (at + AHEAD).astimezone(dt.UTC)
    ahead = moment(latest.isoformat())
    return EARLIEST_DAY <= event.day <= latest.date() and ahead is not None and event.instant <= ahead.instant
