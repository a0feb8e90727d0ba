"""The chart of a scorecard's year: what it finds as a sentence, its content as JSON, and the rows of its table, all of the same points.

A newcomer's usual mistake is to round in the script: every figure here is published already, so that chart, table and page say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from flask_babel import gettext

from app.rules.lifting import aim_of
from app.rules.outlook import Outlook
from app.rules.rollup import BANDS, band, published
from app.rules.terms import Basis
from app.scoring import Board, YearLine, YearPoint
from app.web.wording.languages import score

__all__ = ["YearChart", "year_chart"]

_LEAST: Final = 20
_MOST: Final = 100
"""A score's scale."""


def year_chart(board: Board) -> YearChart | None:
    """The chart of a board's year; None where no day but the present is known of."""
    return None if board.year is None else YearChart(board, board.year)


class YearChart:
    """A board's year on the basis that is asked for, in the reader's language."""

    def __init__(self, board: Board, line: YearLine) -> None:
        """Take the points from the board."""
        self.points: Final = line.points
        self._board: Final = board
        self._line: Final = line
        self._ahead: Final = published(board.card.projected_score)

    @property
    def finding(self) -> str:
        """What the chart shows, in a sentence."""
        outlook, so_far = self._board.outlook, published(self._board.card.final_score)
        if outlook is Outlook.OVER:
            return _ended(so_far)
        if self._ahead is None:
            return str(gettext("%(score)s so far; where the year leads cannot be said yet", score=score(so_far)))
        if outlook is Outlook.EARLY:
            return str(
                gettext("Leads to %(score)s at the year's end; too early to be judged by", score=score(self._ahead))
            )
        return _led(self._ahead)

    @property
    def beside_path(self) -> str | None:
        """How the score so far stands to the path of the plan on the day asked; None without both."""
        now = next((point for point in reversed(self.points) if not point.is_ahead), None)
        so_far, planned = (published(self._of(now)), published(now.planned)) if now else (None, None)
        if so_far is None or planned is None:
            return None
        if so_far == planned:
            return str(gettext("The score so far is on the path to the goals."))
        away = score(abs(so_far - planned))
        if so_far > planned:
            return str(gettext("The score so far is %(points)s above the path to the goals.", points=away))
        return str(gettext("The score so far is %(points)s below the path to the goals.", points=away))

    @property
    def on_either_basis(self) -> str | None:
        """What the year leads to on each basis, where the two differ; None elsewhere."""
        last = self.points[-1]
        final, provisional = published(last.final), published(last.provisional)
        if not last.is_ahead or final is None or provisional is None or final == provisional:
            return None
        return str(
            gettext(
                "On the final basis it leads to %(final)s, with all that is entered to %(provisional)s.",
                final=score(final),
                provisional=score(provisional),
            )
        )

    @property
    def content(self) -> dict[str, Any]:
        """What is drawn."""
        behind = [point for point in self.points if not point.is_ahead]
        ahead = [behind[-1], *(point for point in self.points if point.is_ahead)]
        content = {
            "actual": _pairs((point, self._of(point)) for point in behind),
            "planned": _pairs((point, point.planned) for point in self.points),
            "bands": [[letter, max(least, _LEAST)] for letter, least in BANDS.items()],
            "min": _LEAST,
            "max": _MOST,
            "from": self._board.year_begins_on.isoformat(),
            "to": self._board.year_ends_on.isoformat(),
            "words": {
                "actual": gettext("Score so far"),
                "planned": gettext("Path to the goals"),
                "projected": gettext("Where it leads"),
                "range": gettext("Between the two bases"),
            },
        }
        if len(ahead) > 1:
            content["today"] = behind[-1].day.isoformat()
            content["projected"] = _pairs((point, self._of(point)) for point in ahead)
            if self.on_either_basis:
                content["range"] = [
                    _pairs((point, edge(point.final, point.provisional)) for point in ahead)
                    for edge in (_lower, _upper)
                ]
        return content

    def _of(self, point: YearPoint) -> float | None:
        return point.final if self._board.query.basis is Basis.FINAL else point.provisional


def _lower(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else min(one, other)


def _upper(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)


def _pairs(points: Iterable[tuple[YearPoint, float | None]]) -> list[tuple[str, float]]:
    """Days with their published scores; days without one are left out, and the line goes on over them."""
    return [(point.day.isoformat(), float(exact)) for point, value in points if (exact := published(value)) is not None]


def _ended(final: Decimal | None) -> str:
    aim = aim_of(band(final))
    if final is None or aim is None:
        return str(gettext("The year ended without a score"))
    if aim.falls:
        return str(gettext("Ended at %(score)s (%(band)s)", score=score(final), band=band(final)))
    return str(
        gettext(
            "Ended at %(score)s (%(band)s), %(points)s below %(better)s",
            score=score(final),
            band=band(final),
            points=score(aim.least - final),
            better=aim.letter,
        )
    )


def _led(ahead: Decimal) -> str:
    aim = aim_of(band(ahead))
    if aim is None or aim.falls:
        return str(gettext("Leads to %(score)s (%(band)s) at the year's end", score=score(ahead), band=band(ahead)))
    return str(
        gettext(
            "Leads to %(score)s (%(band)s) at the year's end, %(points)s below %(better)s",
            score=score(ahead),
            band=band(ahead),
            points=score(aim.least - ahead),
            better=aim.letter,
        )
    )
