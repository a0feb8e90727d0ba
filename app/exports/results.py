"""What people came to in a cycle, for ministry and auditor to read: names, words and headings in the reader's language, pay as money.

Programs have the API; a member that who asks may not see has no column here.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from app.exports.table import WON, Column, Export, FileWords
from app.plain.findings import n_

__all__ = ["NamedMove", "NamedResult", "NamedReview", "results_export"]


class NamedMove(NamedTuple):
    """A grade that two people moved."""

    from_: str | None
    to: str | None
    has_lapsed: bool
    reason: str


class NamedReview(NamedTuple):
    """The review of a result: by whom, by name, on which day, and what HR answered."""

    by: str
    on: dt.date
    agrees: bool
    text: str
    answer: str | None


class NamedResult(NamedTuple):
    """A row, with names as the agency has them; the state, the third of the group and why there is no grade are in the reader's words."""

    employee: str
    name: str
    unit: str
    state: str
    final_score: Decimal | None
    told_score: Decimal | None
    told_grade: str | None
    proposed_grade: str | None
    move: NamedMove | None
    grade: str | None
    is_held: bool
    reason: str | None
    group: str | None
    rank: int | None
    group_size: int | None
    band: str | None
    days: int
    pay: int | None
    told_on: dt.date | None
    window_until: dt.date | None
    review: NamedReview | None
    decisions: tuple[int, ...]
    objections: tuple[int, ...]


def _numbers(some: tuple[int, ...]) -> str | None:
    return ", ".join(str(one) for one in some) or None


def results_export(words: FileWords, *, with_pay: bool) -> Export[NamedResult]:
    """The file of a cycle's results; what people are paid stands in it for whoever sees everybody's pay."""
    say = words.say
    answers = {True: say(n_("yes")), False: say(n_("no"))}
    pay = (Column[NamedResult](say(n_("Pay (KRW)")), lambda row: row.pay, 18, WON),) if with_pay else ()
    return Export[NamedResult](
        say(n_("Results")),
        (
            Column(say(n_("Employee number")), lambda row: row.employee),
            Column(say(n_("Name")), lambda row: row.name, 26),
            Column(say(n_("Unit")), lambda row: row.unit, 26),
            Column(say(n_("State")), lambda row: row.state, 26),
            Column(say(n_("Final score (points)")), lambda row: row.final_score, 18),
            Column(say(n_("Score as told (points)")), lambda row: row.told_score, 18),
            Column(say(n_("Proposed grade")), lambda row: row.proposed_grade, 16),
            Column(say(n_("Moved from")), lambda row: row.move and row.move.from_),
            Column(say(n_("Moved to")), lambda row: row.move and row.move.to),
            Column(say(n_("Move has lapsed")), lambda row: row.move and answers[row.move.has_lapsed], 16),
            Column(say(n_("Why it was moved")), lambda row: row.move and row.move.reason, 26),
            Column(say(n_("Grade as told")), lambda row: row.told_grade, 16),
            Column(say(n_("Grade")), lambda row: row.grade),
            Column(say(n_("Kept as told, beyond the seats")), lambda row: answers[row.is_held], 18),
            Column(say(n_("Why there is no grade")), lambda row: row.reason, 26),
            Column(say(n_("Group")), lambda row: row.group, 26),
            Column(say(n_("Rank")), lambda row: row.rank),
            Column(say(n_("People in the group")), lambda row: row.group_size, 18),
            Column(say(n_("Third of the group")), lambda row: row.band, 18),
            Column(say(n_("Days worked by the cycle's end")), lambda row: row.days),
            *pay,
            Column(say(n_("Told on")), lambda row: row.told_on),
            Column(say(n_("May object until")), lambda row: row.window_until, 18),
            Column(say(n_("Reviewed by")), lambda row: row.review and row.review.by, 26),
            Column(say(n_("Reviewed on")), lambda row: row.review and row.review.on),
            Column(say(n_("Review agrees")), lambda row: row.review and answers[row.review.agrees]),
            Column(say(n_("Text of the review")), lambda row: row.review and row.review.text, 26),
            Column(say(n_("Answer of HR")), lambda row: row.review and row.review.answer, 26),
            Column(say(n_("Numbers of decisions")), lambda row: _numbers(row.decisions), 18),
            Column(say(n_("Numbers of objections")), lambda row: _numbers(row.objections), 18),
        ),
        words.closing,
    )
