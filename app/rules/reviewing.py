"""Reviews of results: what a head signs to have read, who reads it, and which signatures somebody should look at (contract-cycle, 6 and 8a).

A newcomer's usual mistake: to strike out a review whose result has become another. It is of the result that it names: should that come back, it is
good again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import rfc8785

from app.rules.grading import EmployeeGrade
from app.rules.moves import Given
from app.rules.standings import published

__all__ = [
    "EQUAL_TEXTS_MOST",
    "SIGNED_IN_LEAST",
    "ReviewAlert",
    "ReviewAlertKind",
    "SignedText",
    "result_digest",
    "review_alerts",
    "reviewing_heads",
]

EQUAL_TEXTS_MOST: Final = 5
"""One text that is written to more people than this tells of none of them."""
SIGNED_IN_LEAST: Final = dt.timedelta(seconds=15)
"""Nobody has read a result in less."""


def result_digest(cycle: int, row: EmployeeGrade, given: Given | None) -> str:
    """What a review is of: the SHA-256 of the final score as published, the grade, and the move that there is, by RFC 8785."""
    score = None if row.final_score is None else str(published(row.final_score))
    moves = [] if given is None else [{"decision": given.move.decision, "to": given.move.to, "lapsed": given.lapsed}]
    signed = {
        "cycle": str(cycle),
        "employee": row.employee,
        "final_score": score,
        "grade": row.grade,
        "moves": moves,
    }
    return hashlib.sha256(rfc8785.dumps(signed)).hexdigest()


def reviewing_heads(heads: Iterable[Sequence[str]], makers: Collection[str]) -> tuple[str, ...]:
    """Who reviews somebody: the first heads up the line of whom one made no decision about that person; nobody where there is none, and hr does.

    Args:
        heads: unit by unit up the line, those of each.
        makers: the numbers of those who made decisions about the person.
    """
    free = (tuple(one for one in some if one not in makers) for some in heads)
    return next((some for some in free if some), ())


class SignedText(NamedTuple):
    """A review as it was signed, as far as alerts go by it.

    Attributes:
        opened_at: when the reviewer first opened the result that was signed; None where they never did.
    """

    employee: str
    reviewer: str
    text: str
    opened_at: dt.datetime | None
    at: dt.datetime


class ReviewAlertKind(StrEnum):
    """Why somebody should look at reviews."""

    EQUAL_TEXTS = "equal_texts"
    SIGNED_UNREAD = "signed_unread"


class ReviewAlert(NamedTuple):
    """Reviews that somebody should look at: who signed them, and about whom."""

    kind: ReviewAlertKind
    reviewers: tuple[str, ...]
    employees: tuple[str, ...]
    text: str


def review_alerts(signed: Iterable[SignedText]) -> list[ReviewAlert]:
    """The alerts of a cycle's reviews: one text for more than five people, and what was signed sooner than anybody reads.

    Args:
        signed: all that were ever signed, in force or not.
    """
    some = sorted(signed, key=lambda one: (one.employee, one.at))
    return [*_equal_texts(some), *_unread(some)]


def _equal_texts(signed: Sequence[SignedText]) -> Iterator[ReviewAlert]:
    by_text: dict[str, list[SignedText]] = {}
    for one in signed:
        by_text.setdefault(" ".join(one.text.split()).casefold(), []).append(one)
    for text in sorted(by_text):
        some = by_text[text]
        employees = tuple(dict.fromkeys(one.employee for one in some))
        if len(employees) > EQUAL_TEXTS_MOST:
            reviewers = tuple(sorted({one.reviewer for one in some}))
            yield ReviewAlert(ReviewAlertKind.EQUAL_TEXTS, reviewers, employees, some[0].text)


def _unread(signed: Sequence[SignedText]) -> Iterator[ReviewAlert]:
    by_reviewer: dict[str, list[SignedText]] = {}
    for one in signed:
        if one.opened_at is None or one.at - one.opened_at < SIGNED_IN_LEAST:
            by_reviewer.setdefault(one.reviewer, []).append(one)
    for reviewer in sorted(by_reviewer):
        employees = tuple(dict.fromkeys(one.employee for one in by_reviewer[reviewer]))
        yield ReviewAlert(ReviewAlertKind.SIGNED_UNREAD, (reviewer,), employees, "")
