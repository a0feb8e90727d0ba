"""What an activity did to its employee's score: before and after, in words.

Do not look at the final basis alone: what has just been entered counts there once it is verified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Self

from flask_babel import gettext

from app import scoring
from app.rules.outlook import Outlook
from app.rules.presence import cycle_of
from app.rules.rollup import published
from app.rules.terms import Basis, CountsFrom, Node, NodeKind
from app.scoring import CyclePlan, LineScore, Scorecard, ScoreQuery, State
from app.web.answer.rendering import Redirect
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import figure, page_language

__all__ = ["REST", "ScoreChange"]

REST: Final = "\n"
"""Stands between what an activity did and each thing else that there is to say of it, which a page unfolds."""


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
        if self.node.code != context.viewer.employee:
            # Whoever enters in another's place does not see that person's score by it.
            whose = context.directory.employees[self.node.code].name
            return str(gettext("It is entered in the place of %(name)s.", name=whose))
        (final, provisional), (final_now, provisional_now) = self.cards, _cards(context, self.plan, self.node)
        if not provisional_now.lines:
            return str(gettext("Its day is in the cycle %(cycle)s, in which you have no KPIs.", cycle=self.plan.cycle))
        moved = self._moved(provisional, provisional_now)
        if not moved and published(final.final_score) == published(final_now.final_score):
            return str(gettext("None of your KPIs looks at it."))
        parts = [
            *self._of_year(provisional, provisional_now, final, final_now, day=context.today),
            gettext(
                "Provisional score: %(before)s → %(after)s.", before=_shown(provisional), after=_shown(provisional_now)
            ),
            *self._of_final(final, final_now),
        ]
        if moved:
            lines = [f"{self._name(new.kpi)} {_number(old.actual)} → {_number(new.actual)}" for old, new in moved]
            parts.append(gettext("Entered so far: %(lines)s.", lines="; ".join(lines)))
        parts += self._waiting(moved, {line.kpi for _, line in self._moved(final, final_now)})
        did, *more = (str(part) for part in parts)
        return REST.join((did, *more))

    def said(self, context: RequestContext, answer: Redirect) -> Redirect:
        """The answer with what changed since then in the place that it has for it, if it has one. Queries: those of :meth:`words`."""
        if "effect" not in answer.parameters:
            return answer
        return replace(answer, parameters={**answer.parameters, "effect": self.words(context)})

    def _of_year(
        self,
        provisional: Scorecard,
        provisional_now: Scorecard,
        final: Scorecard,
        final_now: Scorecard,
        *,
        day: dt.date,
    ) -> list[str]:
        """What became of where the year leads, while it leads anywhere: on all that is entered, and on the final basis where that moved too."""
        if self.plan.outlook(day) is not Outlook.RUNNING or provisional_now.projected_score is None:
            return []
        before, after = _year_end(provisional), _year_end(provisional_now)
        if before == after:
            parts = [gettext("Your year's end on the provisional basis: %(score)s, as before.", score=after)]
        else:
            parts = [
                gettext("Your year's end on the provisional basis: %(before)s → %(after)s.", before=before, after=after)
            ]
        before, after = _year_end(final), _year_end(final_now)
        if before != after:
            parts.append(
                gettext("Your year's end on the final basis: %(before)s → %(after)s.", before=before, after=after)
            )
        return parts

    def _of_final(self, before: Scorecard, after: Scorecard) -> list[str]:
        """What became of the final score, and whether the unit part had a share in it."""
        if published(before.final_score) == published(after.final_score):
            return [gettext("Final score: %(score)s, as before.", score=_shown(after))]
        parts = [gettext("Final score: %(before)s → %(after)s.", before=_shown(before), after=_shown(after))]
        if before.unit_score != after.unit_score and before.own_score == after.own_score:
            parts.append(gettext("It is the unit part that moved: KPIs of your unit count it as it is entered."))
        elif before.unit_score != after.unit_score:
            parts.append(gettext("Your own score and the unit part moved."))
        return parts

    def _waiting(self, moved: Sequence[tuple[LineScore, LineScore]], counted: Collection[str]) -> list[str]:
        """Which KPIs look at it and do not count it yet, each by its own rule."""
        by_level: dict[CountsFrom, list[str]] = {}
        for _, line in moved:
            if line.kpi not in counted:
                level = self.plan.sheet.kpi(line.kpi).version(self.plan.cycle).counts_from
                by_level.setdefault(level, []).append(self._name(line.kpi))
        said = {
            CountsFrom.VERIFIED: gettext("Once it is verified, these move on the final basis: %(kpis)s."),
            CountsFrom.CONFIRMED: gettext(
                "Once the customer has confirmed it, these move on the final basis: %(kpis)s."
            ),
        }
        return [said[level] % {"kpis": ", ".join(names)} for level, names in by_level.items() if level in said]

    def _name(self, kpi: str) -> str:
        return self.plan.sheet.kpi(kpi).version(self.plan.cycle).name.in_language(page_language())

    def _moved(self, before: Scorecard, after: Scorecard) -> list[tuple[LineScore, LineScore]]:
        pairs = zip(before.lines, after.lines, strict=True)
        return [(old, new) for old, new in pairs if old.actual != new.actual]


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
    return _score(card.published)


def _year_end(card: Scorecard) -> str:
    return _score(published(card.projected_score))


def _score(score: Decimal | None) -> str:
    if score is None:
        return str(gettext("none yet"))
    return figure(score, places=2, language=page_language())


def _number(value: str | None) -> str:
    if value is None:
        return "–"
    return figure(value, places=2, least=0, language=page_language())
