"""A scorecard as a table: its lines by areas, each level of them added up before its lines, and the scores at its end.

The figures are those of the page and rounded as there. Do not add a line's row to its area's: an area's row is their sum already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from app.exports.table import Column, Export, measured_cell
from app.plain.findings import n_
from app.rules.rollup import published
from app.scoring import Board, BoardLine

__all__ = ["ScorecardRow", "ScorecardWords", "scorecard_export", "scorecard_rows"]


class ScorecardWords(NamedTuple):
    """What a file calls things in the reader's language, asked for while there is a request.

    Attributes:
        say: a message.
        language: of the names of KPIs and their units of measure.
        methods: how a line is scored, by its code.
        reasons: why it has no score, by its code.
    """

    say: Callable[[str], str]
    language: str
    methods: Mapping[str, str]
    reasons: Mapping[str, str]


class ScorecardRow(NamedTuple):
    """A level of an area, a line, or one of the scores at the end; scores, weights and points rounded half-even to two decimals."""

    what: str
    area: str | None
    name: str
    kpi: str | None = None
    unit_of_measure: str | None = None
    weight: Decimal | None = None
    counts_as: Decimal | None = None
    target: Decimal | None = None
    base: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    sigma: Decimal | None = None
    actual: Decimal | None = None
    score: Decimal | None = None
    points: Decimal | None = None
    projected_actual: Decimal | None = None
    projected_score: Decimal | None = None
    method: str | None = None
    reason: str | None = None


def scorecard_rows(board: Board, words: ScorecardWords) -> Iterator[ScorecardRow]:
    """The rows of a scorecard on the basis that its page shows, in the page's order."""
    area_word, line_word, score_word = words.say(n_("Area")), words.say(n_("KPI")), words.say(n_("Score"))
    for group in board.groups:
        for level in group.begins:
            yield ScorecardRow(
                area_word,
                level.area,
                level.name,
                counts_as=published(level.weight),
                score=published(level.score),
                points=published(level.points),
            )
        for line in group.lines:
            yield _line_row(line, line_word, words)
    card = board.card
    if board.job is not None:
        yield ScorecardRow(score_word, None, words.say(n_("Own score")), score=published(card.own_score))
        yield ScorecardRow(score_word, None, words.say(n_("Unit part")), score=published(card.unit_score))
    yield ScorecardRow(
        score_word,
        None,
        words.say(n_("Final score")),
        score=published(card.final_score),
        projected_score=published(card.projected_score),
    )


def _line_row(line: BoardLine, what: str, words: ScorecardWords) -> ScorecardRow:
    shown, version = line.shown, line.facts.version
    return ScorecardRow(
        what,
        shown.area,
        version.name.in_language(words.language),
        shown.kpi,
        version.unit.in_language(words.language),
        shown.weight,
        None if shown.score is None else published(float(line.counted_weight or shown.weight)),
        measured_cell(shown.target),
        measured_cell(shown.base),
        measured_cell(shown.low),
        measured_cell(shown.high),
        measured_cell(shown.sigma),
        measured_cell(shown.actual),
        published(shown.score),
        published(shown.points),
        measured_cell(shown.projected_actual),
        published(shown.projected_score),
        words.methods.get(shown.method, shown.method),
        None if shown.reason is None else words.reasons.get(shown.reason, shown.reason),
    )


def scorecard_export(say: Callable[[str], str]) -> Export[ScorecardRow]:
    """The file of a scorecard; ``say`` as in :class:`ScorecardWords`."""
    return Export[ScorecardRow](
        say(n_("Scorecard")),
        (
            Column(say(n_("Row")), lambda row: row.what),
            Column(say(n_("Area")), lambda row: row.area, 26),
            Column(say(n_("Name")), lambda row: row.name, 36),
            Column(say(n_("KPI code")), lambda row: row.kpi, 22),
            Column(say(n_("Unit of measure")), lambda row: row.unit_of_measure),
            Column(say(n_("Weight")), lambda row: row.weight),
            Column(say(n_("Weight, rescaled")), lambda row: row.counts_as),
            Column(say(n_("Target")), lambda row: row.target, 18),
            Column(say(n_("Base value")), lambda row: row.base, 18),
            Column(say(n_("Low")), lambda row: row.low, 18),
            Column(say(n_("High")), lambda row: row.high, 18),
            Column(say(n_("Spread (σ)")), lambda row: row.sigma, 18),
            Column(say(n_("Actual")), lambda row: row.actual, 18),
            Column(say(n_("Score")), lambda row: row.score),
            Column(say(n_("Points")), lambda row: row.points),
            Column(say(n_("Year's end at this pace")), lambda row: row.projected_actual, 18),
            Column(say(n_("Projected score")), lambda row: row.projected_score),
            Column(say(n_("Scored")), lambda row: row.method, 30),
            Column(say(n_("Why there is no score")), lambda row: row.reason, 40),
        ),
    )
