"""The field's words as the pages explain them: where a word stands as a heading, what it means opens beside it.

A newcomer's usual mistake is to explain a word in a page's own sentence: it stands here once, in the catalogues' languages, and
``docs/glossary.md`` says the same (tests/architecture/test_documented.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from app.plain.findings import n_

__all__ = ["TERMS", "Term", "TermsOfPage"]


class Term(NamedTuple):
    """A word and what it means, both English and marked for the catalogues."""

    name: str
    meaning: str


TERMS: Final[Mapping[str, Term]] = {
    "projected": Term(
        n_("year's end"),
        n_(
            "The score that the year leads to if it goes on at its present pace. Bands and colours go by it while the cycle runs."
        ),
    ),
    "so_far": Term(
        n_("so far"),
        n_(
            "The score by what has counted until now, held against the goal of the whole year: it begins low and says little before its last third."
        ),
    ),
    "final": Term(
        n_("final basis"), n_("What counts by each KPI's own rule: for most of them what a second person has verified.")
    ),
    "provisional": Term(
        n_("provisional basis"),
        n_("All that is entered, verified or not. What lies between it and the final basis waits to be verified."),
    ),
    "own_score": Term(
        n_("own score"), n_("From one's own KPIs alone: the score of each times its weight, added up to at most 100.")
    ),
    "unit_part": Term(
        n_("unit part"), n_("The scores of the units that somebody was posted to in the cycle, by the days in each.")
    ),
    "band": Term(
        n_("band"),
        n_(
            "A letter for a score: S from 90, A from 80, B from 70, C from 60, D from 50, E below. No grade: grades have seats."
        ),
    ),
    "weight": Term(
        n_("weight"), n_("What a line of the scorecard counts for; the weights of a scorecard add up to 100.")
    ),
    "points": Term(n_("points"), n_("What a line brings to the own score: its score times its weight.")),
    "actual": Term(n_("actual"), n_("What was measured from the cycle's first day on.")),
    "base_value": Term(n_("base value"), n_("What the actual is compared with, from the results of earlier years.")),
    "coefficient": Term(
        n_("coefficient"), n_("What a base value is multiplied with, to hold a harder or an easier market against it.")
    ),
    "pace": Term(
        n_("pace"),
        n_("The actual as a share of what the year's plan has by this day; the whole of it is the way to the goal."),
    ),
    "area": Term(
        n_("area"), n_("A part of the scorecard that takes KPIs of one kind together, with the sum of their weights.")
    ),
    "group": Term(
        n_("evaluation group"), n_("Those who are compared with each other: grades are dealt within it, by rank.")
    ),
    "seats": Term(
        n_("seats"),
        n_("How many of each grade a group has. Shares of its size, rounded so that the agency's own limits are kept."),
    ),
    "grade": Term(
        n_("grade"), n_("S to E, dealt within a group by rank and seats. It is proposed here and decided by people.")
    ),
    "performance_pay": Term(
        n_("performance pay"),
        n_("Monthly base × rate of the agency's own grade × rate of one's grade × share of days posted."),
    ),
    "promotion_points": Term(
        n_("promotion points"),
        n_("From the scores of several cycles, from years of service and from bonus points, each up to its limit."),
    ),
}
"""In the order in which the page of words has them."""


class TermsOfPage:
    """The words that a page explains, each use with an anchor of its own."""

    def __init__(self) -> None:
        """Begin a page."""
        self._uses: Final[dict[str, int]] = {}

    def use(self, key: str) -> tuple[str, Term]:
        """A word's anchor on this page, and the word.

        Raises:
            KeyError: no such word is explained.
        """
        self._uses[key] = number = self._uses.get(key, 0) + 1
        return (f"word-{key}" if number == 1 else f"word-{key}-{number}"), TERMS[key]
