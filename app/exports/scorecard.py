"""A scorecard as a table: its lines by areas, each level of them added up before its lines, and the scores at its end.

The figures are those of the page and rounded as there. Do not add a line's row to its area's: an area's row is their sum already.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from app.exports.table import Column, Export, FileWords, measured_cell
from app.plain.findings import n_
from app.rules.policies import AreaPolicy
from app.rules.rollup import published
from app.scoring import Board, BoardLine

__all__ = ["ScorecardRow", "scorecard_export", "scorecard_rows"]


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
    computed_actual: Decimal | None = None
    computed_score: Decimal | None = None
    decisions: str | None = None


def scorecard_rows(board: Board, words: FileWords) -> Iterator[ScorecardRow]:
    """The rows of a scorecard on the basis that its page shows, in the page's order."""
    for group in board.groups:
        for level in group.begins:
            yield ScorecardRow(
                what=words.say(n_("Area")),
                area=words.named(board.areas.named(level.area)),
                name=str(words.named(board.areas.level(level.area))),
                counts_as=published(level.weight),
                score=published(level.score),
                points=published(level.points),
            )
        for line in group.lines:
            yield _line_row(line, words, board.areas)
    card = board.card
    if board.job is not None:
        yield _score_row(words, n_("Own score"), card.own_score)
        yield _score_row(words, n_("Unit part"), card.unit_score)
    yield _score_row(words, n_("Final score"), card.final_score, projected=card.projected_score)


def _score_row(words: FileWords, name: str, score: float | None, projected: float | None = None) -> ScorecardRow:
    return ScorecardRow(
        what=words.say(n_("Score")),
        area=None,
        name=words.say(name),
        score=published(score),
        projected_score=published(projected),
    )


def _line_row(line: BoardLine, words: FileWords, areas: AreaPolicy) -> ScorecardRow:
    shown, version = line.shown, line.facts.version
    counts_as = shown.weight if line.counted_weight is None else line.counted_weight
    return ScorecardRow(
        what=words.say(n_("KPI")),
        area=None if shown.area is None else words.named(areas.named(shown.area)),
        name=version.name.in_language(words.language),
        kpi=shown.kpi,
        unit_of_measure=version.unit.in_language(words.language),
        weight=shown.weight,
        counts_as=None if shown.score is None else published(counts_as),
        target=measured_cell(shown.target),
        base=measured_cell(shown.base),
        low=measured_cell(shown.low),
        high=measured_cell(shown.high),
        sigma=measured_cell(shown.sigma),
        actual=measured_cell(shown.actual),
        score=published(shown.score),
        points=published(shown.points),
        projected_actual=measured_cell(shown.projected_actual),
        projected_score=published(shown.projected_score),
        method=words.term("method", shown.method),
        reason=words.term("reason", shown.reason),
        **_decided(line),
    )


def _decided(line: BoardLine) -> dict[str, Any]:
    """What the line comes to without what was decided about it, and by which decisions; nothing where none holds."""
    computed, numbers = line.shown.computed, line.shown.decisions
    if computed is None or not numbers:
        return {}
    return {
        "computed_actual": measured_cell(computed.actual),
        "computed_score": published(computed.score),
        "decisions": ", ".join(map(str, numbers)),
    }


def scorecard_export(words: FileWords, *, decided: bool = False) -> Export[ScorecardRow]:
    """The file of a scorecard.

    Args:
        words: the reader's.
        decided: whether people decided about a line of it: then it says what was computed, and by which decisions it is otherwise.
    """
    say = words.say
    of_decisions = (
        Column[ScorecardRow](say(n_("Actual as computed")), lambda row: row.computed_actual, 18),
        Column[ScorecardRow](say(n_("Score as computed")), lambda row: row.computed_score),
        Column[ScorecardRow](say(n_("Decisions about the line")), lambda row: row.decisions),
    )
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
            *(of_decisions if decided else ()),
        ),
        words.closing,
    )
