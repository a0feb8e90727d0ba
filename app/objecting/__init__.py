"""The docket of objections: what people object to, who answered, who appealed, who voted how, and what became of each.

It owns objections and every step that was taken on them; none is ever changed. It promises that how far one is follows from these steps, the
decisions that name it and the day alone, so that no deadline hangs on a job. Who confirms and who is of the committee it is told: that hangs on
heads, raters, reviews and groups, which the packages above know.
"""

from __future__ import annotations

from app.objecting.acts import (
    BY_HR,
    TEXT_LENGTH_MAX,
    ObjectionRefused,
    ObjectionWish,
    Vote,
    answer,
    answer_part,
    appeal,
    hold,
    is_objector,
    keep_objection,
    obstacle_to_answering,
    speaks_for_objector,
    vote,
    waits_for,
    withdraw,
)
from app.objecting.docket import Case, Committee, Objection, ObjectionStep, names_of, objections_of

__all__ = [
    "BY_HR",
    "TEXT_LENGTH_MAX",
    "Case",
    "Committee",
    "Objection",
    "ObjectionRefused",
    "ObjectionStep",
    "ObjectionWish",
    "Vote",
    "answer",
    "answer_part",
    "appeal",
    "hold",
    "is_objector",
    "keep_objection",
    "names_of",
    "objections_of",
    "obstacle_to_answering",
    "speaks_for_objector",
    "vote",
    "waits_for",
    "withdraw",
]
