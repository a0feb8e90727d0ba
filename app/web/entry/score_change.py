"""What an activity did to its employee's score: before and after, in words.

Do not look at the final basis alone: what has just been entered counts there once it is verified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple, Self

from flask_babel import gettext

from app import scoring
from app.plain.findings import n_
from app.rules.outlook import Outlook
from app.rules.permissions import Deed
from app.rules.presence import cycle_of
from app.rules.rollup import published
from app.rules.terms import Basis, CountsFrom, Node, NodeKind
from app.scoring import CyclePlan, LineScore, Scorecard, ScoreQuery, State
from app.web.answer.rendering import Redirect
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import figure, named, number, page_language

__all__ = ["REST", "ScoreChange"]

REST: Final = "\n"
"""Stands between what an activity did and each thing else that there is to say of it, which a page unfolds."""

_YEAR_END: Final = n_("Your year's end at this pace: %(before)s → %(after)s.")
_SO_FAR: Final = n_("Your score so far: %(before)s → %(after)s.")
_OVER: Final = n_("Your final score: %(before)s → %(after)s.")
_WAITING: Final = {
    _YEAR_END: n_("Your year's end with what still waits to be verified or confirmed: %(before)s → %(after)s."),
    _SO_FAR: n_("Your score so far with what still waits to be verified or confirmed: %(before)s → %(after)s."),
    _OVER: n_("Your final score with what still waits to be verified or confirmed: %(before)s → %(after)s."),
}
_AS_BEFORE: Final = {
    _YEAR_END: n_("Your year's end at this pace: %(score)s, as before."),
    _SO_FAR: n_("Your score so far: %(score)s, as before."),
    _OVER: n_("Your final score: %(score)s, as before."),
}

_OUT: Final = frozenset({"reversed", "rejected"})
"""The states in which an activity counts for nobody."""

_LINES_SAID: Final = 2
"""Of the lines by which a unit's score moved: the heaviest."""


class _Cards(NamedTuple):
    """The scorecards of an employee, and of the units that make the unit part, on one basis."""

    own: Scorecard
    units: tuple[Scorecard, ...]


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The scorecards of one employee before something is recorded, on both bases."""

    plan: CyclePlan
    node: Node
    cards: tuple[_Cards, _Cards]

    @classmethod
    def before(cls, context: RequestContext, *, loaded: State, employee: str, day: dt.date) -> Self:
        """Take the scores of now, in the cycle of that day. Queries: 1 or 2."""
        node = Node(NodeKind.EMPLOYEE, employee)
        plan = loaded.plan(cycle_of(day, loaded.frame.first_month))
        return cls(plan, node, _cards(context, plan, node))

    def words(self, context: RequestContext, *, key: str) -> str:
        """What changed since then, in the names that the first page has for a score.

        Args:
            context: who asks.
            key: of the activity.

        Queries: 1 or 2; where nothing moved those of :func:`app.scoring.seen_activity` besides.
        """
        if self.node.code != context.viewer.employee:
            # Whoever enters in another's place does not see that person's score by it.
            whose = context.directory.employees[self.node.code].name
            return str(gettext("It is entered in the place of %(name)s.", name=whose))
        (final, provisional), (final_now, provisional_now) = self.cards, _cards(context, self.plan, self.node)
        if not provisional_now.own.lines:
            return str(gettext("Its day is in the cycle %(cycle)s, in which you have no KPIs.", cycle=self.plan.cycle))
        moved = self._moved(provisional.own, provisional_now.own)
        if not moved and published(final.own.final_score) == published(final_now.own.final_score):
            return self._nothing_moved(context, key)
        outlook = self.plan.outlook(context.today)
        leads = outlook is Outlook.RUNNING and final_now.own.projected_score is not None
        name = _YEAR_END if leads else _OVER if outlook is Outlook.OVER else _SO_FAR
        parts = _turned(
            (name, _leading(final.own, leads=leads), _leading(final_now.own, leads=leads)),
            (_WAITING[name], _leading(provisional.own, leads=leads), _leading(provisional_now.own, leads=leads)),
        )
        more = list(_turned((_SO_FAR, final.own.published, final_now.own.published))) if leads else []
        if moved:
            lines = [self._line(old, new) for old, new in moved]
            more.append(gettext("Entered so far: %(lines)s.", lines="; ".join(lines)))
        more += self._of_units(context, (final, final_now), (provisional, provisional_now), leads=leads)
        more += self._waiting(moved, {line.kpi for _, line in self._moved(final.own, final_now.own)})
        did = " ".join(parts) or str(gettext(_AS_BEFORE[name], score=_score(_leading(final_now.own, leads=leads))))
        return REST.join((did, *(str(one) for one in more)))

    def said(self, context: RequestContext, answer: Redirect) -> Redirect:
        """The answer with what changed since then in the place that it has for it, if it has one. Queries: those of :meth:`words`."""
        if "effect" not in answer.parameters:
            return answer
        said = self.words(context, key=str(answer.values["key"]))
        return replace(answer, parameters={**answer.parameters, "effect": said})

    def _nothing_moved(self, context: RequestContext, key: str) -> str:
        """What counts and moves nothing is another thing than what no line counts: a day that was put right, a buyer who is known."""
        history = scoring.seen_activity(
            context.connection, self.plan.frame, key=key, viewer=context.viewer, today=context.today
        )
        if history.state in _OUT:
            return str(gettext("Your scores stay as they were."))
        counting = scoring.counting_nodes(
            scoring.state(context.connection), history, sees=lambda node: node == self.node
        )
        names = [name.in_language(page_language()) for one in counting for _, name, _ in one.kpis]
        if not names:
            return str(gettext("None of your KPIs counts it, and your scores stay as they were."))
        return str(gettext("It counts for %(kpis)s, and your scores stay as they were.", kpis=", ".join(names)))

    def _of_units(
        self,
        context: RequestContext,
        final: tuple[_Cards, _Cards],
        provisional: tuple[_Cards, _Cards],
        *,
        leads: bool,
    ) -> list[str]:
        """Which way the unit part moved, and by which lines of a unit, on the final basis; where it did not move there, with what still waits."""
        for before, now in (final, provisional):
            said = [
                self._of_unit(context, old, new, leads=leads)
                for old, new in zip(before.units, now.units, strict=True)
                if _leading(old, leads=leads) != _leading(new, leads=leads)
            ]
            if said:
                return said
        return []

    def _of_unit(self, context: RequestContext, old: Scorecard, new: Scorecard, *, leads: bool) -> str:
        before, after = _leading(old, leads=leads) or Decimal(0), _leading(new, leads=leads) or Decimal(0)
        rises = after > before
        # A consult lowers what its unit has in deals per consult: without the line nobody would know why.
        with_it = [
            (now, self._line(was, now))
            for was, now in self._moved(old, new)
            if (_line_score(now, leads=leads) > _line_score(was, leads=leads)) == rises
            and _line_score(now, leads=leads) != _line_score(was, leads=leads)
        ]
        with_it.sort(key=lambda one: one[0].weight, reverse=True)
        if not with_it or not context.allowed(Deed.SEE_SCORECARD, new.node):
            return str(
                gettext("The unit part goes up by it: KPIs of your unit count it.")
                if rises
                else gettext("The unit part goes down by it: KPIs of your unit count it.")
            )
        message = (
            n_("The unit part goes up by it: %(unit)s %(before)s → %(after)s, since it has %(lines)s.")
            if rises
            else n_("The unit part goes down by it: %(unit)s %(before)s → %(after)s, since it has %(lines)s.")
        )
        return str(
            gettext(
                message,
                unit=named(scoring.node_name(context.directory, new.node, context.today)),
                before=_score(before),
                after=_score(after),
                lines="; ".join(said for _, said in with_it[:_LINES_SAID]),
            )
        )

    def _waiting(self, moved: Sequence[tuple[LineScore, LineScore]], counted: Collection[str]) -> list[str]:
        """Which KPIs look at it and do not count it yet, each by its own rule."""
        by_level: dict[CountsFrom, list[str]] = {}
        for _, line in moved:
            if line.kpi not in counted:
                level = self.plan.sheet.kpi(line.kpi).version(self.plan.cycle).counts_from
                by_level.setdefault(level, []).append(self._name(line.kpi))
        said = {
            CountsFrom.VERIFIED: gettext("Once it is verified, it counts for these too: %(kpis)s."),
            CountsFrom.CONFIRMED: gettext("Once the customer has confirmed it, it counts for these too: %(kpis)s."),
        }
        return [said[level] % {"kpis": ", ".join(names)} for level, names in by_level.items() if level in said]

    def _name(self, kpi: str) -> str:
        return self.plan.sheet.kpi(kpi).version(self.plan.cycle).name.in_language(page_language())

    def _line(self, old: LineScore, new: LineScore) -> str:
        return (
            f"{self._name(new.kpi)} {number(old.actual, beside=new.actual)} → {number(new.actual, beside=old.actual)}"
        )

    def _moved(self, before: Scorecard, after: Scorecard) -> list[tuple[LineScore, LineScore]]:
        pairs = zip(before.lines, after.lines, strict=True)
        return [(old, new) for old, new in pairs if old.actual != new.actual]


def _cards(context: RequestContext, plan: CyclePlan, node: Node) -> tuple[_Cards, _Cards]:
    """The final and the provisional scorecards, from figures that are read once."""
    units = tuple(Node(NodeKind.UNIT, code) for code in plan.units_of(node))
    selection = plan.select((node, *units))
    asked = ScoreQuery(plan.cycle, context.today)
    figures = scoring.read_figures(context.connection, selection, asked)
    final, provisional = (
        scoring.make_scorecards(scoring.score_figures(selection, figures, asked._replace(basis=basis)))
        for basis in (Basis.FINAL, Basis.PROVISIONAL)
    )
    return _Cards(final[0], tuple(final[1:])), _Cards(provisional[0], tuple(provisional[1:]))


def _leading(card: Scorecard, *, leads: bool) -> Decimal | None:
    """The score that the first page shows first: where the year leads while it leads anywhere, else the score as it stands."""
    return published(card.projected_score) if leads else card.published


def _line_score(line: LineScore, *, leads: bool) -> float:
    return (line.ahead_score if leads else line.score) or 0.0


def _turned(*scores: tuple[str, Decimal | None, Decimal | None]) -> list[str]:
    """Those that are others now, by their names; one whose figures were told under the name before it says nothing new."""
    told: list[tuple[Decimal | None, Decimal | None]] = []
    parts = []
    for message, before, after in scores:
        if before != after and (before, after) not in told:
            told.append((before, after))
            parts.append(str(gettext(message, before=_score(before), after=_score(after))))
    return parts


def _score(score: Decimal | None) -> str:
    if score is None:
        return str(gettext("none yet"))
    return figure(score, places=2, language=page_language())
