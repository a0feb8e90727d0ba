"""What an activity did to its employee's score: before and after, in words.

Do not look at the final basis alone: what has just been entered counts there once it is verified.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Self

from flask_babel import get_locale, gettext

from app import scoring
from app.rules.presence import cycle_of
from app.rules.rollup import published
from app.rules.terms import Basis, Node, NodeKind
from app.scoring import CyclePlan, Scorecard, ScoreQuery, State
from app.web.languages import figure
from app.web.request_context import RequestContext

__all__ = ["ScoreChange"]


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The scorecards of one employee before something is recorded, on both bases."""

    plan: CyclePlan
    node: Node
    cards: tuple[Scorecard, Scorecard]

    @classmethod
    def before(cls, context: RequestContext, *, loaded: State, employee: str, day: dt.date) -> Self:
        """Take the scores of now, in the cycle of that day. Queries: 1 or 2."""
        node = Node(NodeKind.EMPLOYEE, employee)
        plan = loaded.plan(cycle_of(day, loaded.frame.first_month))
        return cls(plan, node, _cards(context, plan, node))

    def words(self, context: RequestContext) -> str:
        """What changed since then. Queries: 1 or 2."""
        (final, provisional), (final_now, provisional_now) = self.cards, _cards(context, self.plan, self.node)
        parts = [
            gettext(
                "Provisional score: %(before)s → %(after)s.", before=_shown(provisional), after=_shown(provisional_now)
            )
        ]
        if published(final.final_score) == published(final_now.final_score):
            parts.append(
                gettext("The final score (%(score)s) moves once what counts is verified.", score=_shown(final_now))
            )
        else:
            parts.append(gettext("Final score: %(before)s → %(after)s.", before=_shown(final), after=_shown(final_now)))
        moved = [
            f"{name} {_number(was)} → {_number(now)}" for name, was, now in self._moved(provisional, provisional_now)
        ]
        if moved:
            parts.append(gettext("Entered so far: %(lines)s.", lines="; ".join(moved)))
        else:
            parts.append(gettext("None of your KPIs looks at it."))
        return " ".join(str(part) for part in parts)

    def _moved(self, before: Scorecard, after: Scorecard) -> list[tuple[str, str | None, str | None]]:
        sheet = self.plan.sheet
        locale = get_locale()
        language = locale.language if locale else "en"
        return [
            (sheet.kpi(new.kpi).version(self.plan.cycle).name.in_language(language), old.actual, new.actual)
            for old, new in zip(before.lines, after.lines, strict=True)
            if old.actual != new.actual
        ]


def _cards(context: RequestContext, plan: CyclePlan, node: Node) -> tuple[Scorecard, Scorecard]:
    """The final and the provisional scorecard, from figures that are read once."""
    selection = plan.select((node,))
    asked = ScoreQuery(plan.cycle, context.today)
    figures = scoring.read_figures(context.connection, selection, asked)
    cards = [
        scoring.make_scorecards(scoring.score_figures(selection, figures, asked._replace(basis=basis)))[0]
        for basis in (Basis.FINAL, Basis.PROVISIONAL)
    ]
    return cards[0], cards[1]


def _shown(card: Scorecard) -> str:
    if card.published is None:
        return str(gettext("none yet"))
    locale = get_locale()
    return figure(card.published, places=2, language=locale.language if locale else "en")


def _number(value: str | None) -> str:
    if value is None:
        return "–"
    locale = get_locale()
    return figure(value, places=2, least=0, language=locale.language if locale else "en")
