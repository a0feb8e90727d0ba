"""A scorecard: KPIs against target, pace, projection, score, and what moved it last. One's own is where an employee begins.

A newcomer's usual mistake is a second template for what moves on an open page: the script asks the same address for its ``part`` and gets
the same part, rendered from the same read model.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from app import scoring
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import Board, BoardLine, Shows
from app.web import words
from app.web.asking import ScoreQuery, asked_of
from app.web.desk import Desk
from app.web.rendering import Page
from app.web.routing import Pages

pages: Final = Pages("scorecard")
own_pages: Final = Pages("my_scorecard")


@own_pages.read("/scorecard", may=Deed.SEE_SCORECARD)
def own_scorecard(desk: Desk, query: ScoreQuery) -> Page:
    """One's own."""
    number = desk.viewer.employee
    if number is None:
        raise NotThere
    return _page(desk, Node(NodeKind.EMPLOYEE, number), query)


@pages.read("/scorecards/<node:node>", may=Deed.SEE_SCORECARD)
def scorecard(desk: Desk, node: Node, query: ScoreQuery) -> Page:
    """A unit's or an employee's."""
    return _page(desk, node, query)


def _page(desk: Desk, node: Node, query: ScoreQuery) -> Page:
    held = scoring.state(desk.connection)
    sees = desk.sees(Deed.SEE_SCORECARD)
    shows = Shows(
        activities=desk.allowed(Deed.SEE_ACTIVITIES, node),
        people=desk.allowed(Deed.SEE_PEOPLE_SCORES, node),
        node=sees,
    )
    shown = scoring.board(desk.connection, held=held, node=node, asked=asked_of(held, query, desk.today), shows=shows)
    part: dict[str, Any] = {
        name: value
        for name, value in (("cycle", query.cycle), ("as_of", query.as_of), ("basis", query.basis), ("part", "1"))
        if value is not None
    }
    return Page(
        "pages/scorecard_part.html" if query.part else "pages/scorecard.html",
        board=shown,
        is_own=node.kind is NodeKind.EMPLOYEE and node.code == _number(desk),
        derives=desk.allowed(Deed.SEE_DERIVATION, node),
        sees=sees,
        heads=desk.allowed(Deed.SEE_PEOPLE_SCORES, node) and node.kind is NodeKind.UNIT,
        bullet=Bullets(),
        part_address=url_for("scorecard.scorecard", node=node, **part),
        words=words,
        cycles=sorted({*shown.cycles, shown.cycle}),
        kpi_names=_names(shown),
    )


def _number(desk: Desk) -> str | None:
    return desk.viewer.employee


def _names(shown: Board) -> dict[str, Any]:
    return {line.facts.line.kpi: line.facts.version.name for line in shown.lines}


class Bullets:
    """The content of each line's chart, with the words of the reader's language looked up once for all of them."""

    def __init__(self) -> None:
        """Look the words up."""
        self._words: Final = {
            "actual": gettext("Actual"),
            "target": gettext("Target"),
            "projected": gettext("Projected"),
        }

    def __call__(self, line: BoardLine, name: str) -> Markup:
        """A line's chart as JSON that is safe inside a script element."""
        shown = line.shown
        content = {
            "label": name,
            "title": name,
            "unit": line.facts.version.unit,
            "actual": shown.actual,
            "target": line.goal,
            "projected": shown.projected_actual if line.facts.grows else None,
            "low": shown.low,
            "base": shown.base if shown.target is None else None,
            "high": shown.high,
            "words": self._words if shown.target is not None else {**self._words, "target": gettext("Base value")},
        }
        text = orjson.dumps({name: value for name, value in content.items() if value is not None}).decode()
        return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - JSON with its marks escaped
