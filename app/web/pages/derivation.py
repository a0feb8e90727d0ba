"""How a score comes about: every step from what it is paid by down to the single activities, for a person to check by hand.

Do not work something out here. The steps are those that ``kopes explain`` and the API give, word by word; the page
only sets the calculations apart and leads up, down and along the cascade.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from flask_babel import gettext
from markupsafe import Markup

from app import cascade, scoring
from app import cycle as cycles
from app.cascade import Line
from app.cycle import OpenedCycle
from app.kit.refusals import Invalid, NotThere, at_field
from app.ledger import CreditOrder
from app.plain.findings import n_
from app.rules.kpis import Translated
from app.rules.measures import Aggregate
from app.rules.permissions import Deed
from app.rules.steps import Formula, Named, Phrase, Section, Step
from app.rules.terms import Link, Name, Node, NodeKind
from app.scoring import CountedActivity, CyclePlan, Explanation, ScoreQuery, State, node_name
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.cycles import deciding, rating
from app.web.decisions.asking import ScoreParameters, first_days, opened_shown, state_of, with_decided_since
from app.web.wording import words
from app.web.wording.languages import day, page_language
from app.web.wording.languages import figure as shown
from app.web.wording.naming import distinct_name

pages: Final = Pages("derivation")

PAGE_ROWS: Final = 100
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_FIGURE: Final = re.compile(r"(?<![\w.])(?:\d+\.\d+|\d{5,})(?![\w.])")
"""A figure that is read more easily with separators: not a year, nor what has letters or points beside it."""
_CODES: Final = frozenset({"prefixes", "countries", "year", "years", "excluded"})
"""Places that hold no figures, whatever digits stand in them."""
_DIGITS: Final = 12
"""A share of 0.495890410959 cut shorter would no longer give a large projection to the cent."""
CHILDREN_SHOWN: Final = 50

ORDERS: Final = {
    CreditOrder.EARLIEST: n_("The earliest first"),
    CreditOrder.LATEST: n_("The latest first"),
    CreditOrder.LARGEST: n_("The largest first"),
}
"""In which order the activities are listed; buyers and companies that count once each have an order of their own."""

HEADINGS: Final = {
    Section.SCORE: n_("From the actual to the score"),
    Section.REFERENCE: n_("What the actual is held against"),
    Section.ACTUAL: n_("The actual"),
    Section.FINAL: n_("What the score brings"),
    Section.PROJECTION: n_("Where it ends if it goes on as it went"),
    Section.BRIDGE: n_("The score under the version before"),
}
"""What the parts of a derivation are called, in the order in which the page reads: from the score outwards."""


class DerivationQuery(ScoreParameters):
    """The figures' day and basis, and where in the list of activities one is, and in which order."""

    after: str | None = None
    order: CreditOrder = CreditOrder.EARLIEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A line that hangs on this one, or that this one hangs on."""

    node: Node
    name: str
    kpi: str
    kpi_name: Translated
    link: str
    weight: Any
    seen: bool
    """Whether its own derivation may be looked at."""


def _may_act(context: RequestContext, plan: CyclePlan, node: Node, opened: OpenedCycle | None) -> bool:
    """Whether who asks opens an action on a line of the node. No queries."""
    return opened is not None and cycles.may_act(plan, context.viewer, node, day=context.today)


def _activities(
    context: RequestContext, query: DerivationQuery, loaded: State, asked: ScoreQuery, node: Node, kpi: str
) -> tuple[list[CountedActivity], str | None]:
    """A page of what counts, and where the next one begins."""
    try:
        return scoring.counted_activities(
            context.connection,
            asked,
            node,
            kpi,
            order=query.order,
            after=query.after,
            limit=PAGE_ROWS,
            sees=context.sees(Deed.SEE_ACTIVITIES),
            loaded=loaded,
        )
    except ValueError:
        raise Invalid(
            at_field("after", "no_place", n_("This is no place in the list: go back to its beginning."))
        ) from None


@pages.read("/scorecards/<node:node>/<kpi>", may=Deed.SEE_DERIVATION)
def derivation(context: RequestContext, node: Node, kpi: str, query: DerivationQuery) -> Page:
    """The derivation of one score.

    Queries: constant, whatever the size and the history.
    """
    loaded, asked = state_of(context, context.connection, node, query)
    sees = context.sees(Deed.SEE_ACTIVITIES)
    opened = cycles.opened_cycle(context.connection, asked.cycle)
    told = rating.ratings_told(context, opened)
    explanation = scoring.explain(context.connection, asked, node, kpi, sees=sees, loaded=loaded, ratings=told)
    if explanation is None:
        raise NotThere
    activities, following = _activities(context, query, loaded, asked, node, kpi)
    plan = loaded.plan(asked.cycle)
    directory = plan.frame.directory
    teller = Teller(page_language())
    parent, children, hidden = _relatives(context, plan, node, kpi, asked.day)
    line = plan.sheet.line(asked.cycle, node, kpi)
    link = None if line is None else line.link
    return Page(
        "pages/derivation.html",
        explanation=explanation,
        may_act=_may_act(context, plan, node, opened),
        has_ratings=opened is not None
        and explanation.version.measure.aggregate == Aggregate.RATING
        and link is not Link.SHARED
        and rating.is_told(context, asked.cycle, node, kpi),
        standing=with_decided_since(context, asked.cycle, opened_shown(context.connection, opened, live=query.live)),
        score_query=asked,
        outlook=plan.outlook(asked.day),
        name=distinct_name(context, node) if node.kind is NodeKind.EMPLOYEE else node_name(directory, node, asked.day),
        way=scoring.way_down(directory, node, plan.day_within(asked.day), sees=context.sees(Deed.SEE_SCORECARD)),
        origin_name=node_name(directory, explanation.origin, asked.day),
        parts=teller.parts(explanation),
        activities=activities,
        following=following,
        after=query.after,
        order=query.order,
        orders=ORDERS if any(part.aggregate != "distinct" for part in explanation.version.measure.parts) else {},
        numbered=_people(activities, directory.employees),
        parent=parent,
        children=children,
        hidden=hidden,
        served=_goals(plan, line),
        past=_target_past(context, loaded, plan, line),
        link=link,
        # Of other years those in which it has the line.
        cycles=sorted(
            {asked.cycle} | {year for year in loaded.sheet.cycles if loaded.sheet.line(year, node, kpi) is not None}
        ),
        words=words,
        decides=link is not Link.SHARED and deciding.decides_about(context, loaded, asked.cycle, node),
        origin_kpi=_origin_kpi(plan, node, kpi),
        decides_there=link is Link.SHARED and deciding.decides_about(context, loaded, asked.cycle, explanation.origin),
        begins=first_days(loaded),
        where={
            "cycle": asked.cycle,
            "as_of": asked.as_of,
            "basis": str(asked.basis),
            **({"live": 1} if query.live else {}),
        },
    )


def _origin_kpi(plan: CyclePlan, node: Node, kpi: str) -> str:
    """The code by which the line that a shared one stands for measures it."""
    line = plan.sheet.line(plan.cycle, node, kpi)
    while line is not None and line.link is Link.SHARED and line.parent_node is not None:
        node, kpi = line.parent_node, line.parent_kpi or kpi
        line = plan.sheet.line(plan.cycle, node, kpi)
    return kpi


class Teller:
    """Says steps in the reader's language, with every calculation set apart."""

    def __init__(self, language: str) -> None:
        """Take the language."""
        self._language: Final = language

    def parts(self, explanation: Explanation) -> list[tuple[Section, str, list[Markup]]]:
        """The parts of a derivation that have steps: what they are called, and their sentences."""
        return [
            (section, gettext(heading), [self.say(step) for step in steps])
            for section, heading in HEADINGS.items()
            if (steps := explanation.of(section))
        ]

    def say(self, step: Step) -> Markup:
        """A step as a sentence; whatever people wrote in it is escaped."""
        # The message is ours or the catalogue's, never a person's: only what fills its places is escaped.
        sentence = Markup(gettext(step.text).replace("<", "&lt;"))  # noqa: S704
        return sentence % {name: self._said(name, value) for name, value in step.figures.items()}

    def _said(self, name: str, value: object) -> str:
        if isinstance(value, Formula):
            return Markup('<code class="formula">{}</code>').format(_readable(str(value)))
        if isinstance(value, Phrase):
            return str(gettext(str(value)))
        if isinstance(value, str) and _DAY.fullmatch(value):
            return str(Markup(day(value)).striptags())  # noqa: S704 - a day that we have just written
        if isinstance(value, Translated | Named | Name):
            return value.in_language(self._language)
        return str(value) if name in _CODES else _readable(str(value))


def _readable(text: str) -> str:
    """A text with its figures as the reader writes them, to as many digits as checking by hand needs: cents at least, whatever is before them."""

    def written(match: re.Match[str]) -> str:
        figure = Decimal(match[0])
        places = max(2, _DIGITS - 1 - (figure.adjusted() if figure else 0))
        decimals = len(match[0].partition(".")[2])
        return shown(figure, places=places, least=min(decimals, places), language=page_language())

    return _FIGURE.sub(written, text)


def _target_past(
    context: RequestContext, loaded: State, plan: CyclePlan, line: Line | None
) -> tuple[scoring.TargetPast, ...]:
    """What happened to the target that the line is held against, its parent's where it is shared; nothing where that may not be seen."""
    if line is None:
        return ()
    origin = plan.sheet.origin_of(line)
    if not context.allowed(Deed.SEE_TARGETS, origin.node):
        return ()
    past = scoring.target_past(context.connection, loaded=loaded, cycle=plan.cycle, nodes=[origin.node], kpi=origin.kpi)
    return past.get((origin.node, origin.kpi), ())


def _goals(plan: CyclePlan, line: Line | None) -> list[tuple[Translated, Translated | None]]:
    """The goals and tasks that a line serves, by itself and by the lines above it, each once."""
    steps = () if line is None else cascade.served_by(plan.sheet, line)
    names = [(step.goal.name, step.task.name if step.task else None) for step in steps if step.goal is not None]
    return list(dict.fromkeys(names))


def _people(activities: Sequence[scoring.CountedActivity], employees: Any) -> dict[str, str]:
    numbers = {one.credit.employee for one in activities}
    return {number: employees[number].name for number in numbers if number in employees}


def _relatives(
    context: RequestContext, plan: CyclePlan, node: Node, kpi: str, day: dt.date
) -> tuple[Relative | None, list[Relative], int]:
    """The line above, those below that may be seen, and how many more there are."""
    sheet = plan.sheet
    line = sheet.line(plan.cycle, node, kpi)
    if line is None:
        return None, [], 0
    sees, derives = context.sees(Deed.SEE_SCORECARD), context.sees(Deed.SEE_DERIVATION)
    above = sheet.parent_of(line)
    parent = _relative(plan, above, day, derives) if above is not None and sees(above.node) else None
    below = sheet.lines_below(line)
    shown = [child for child in below if sees(child.node)][:CHILDREN_SHOWN]
    return parent, [_relative(plan, child, day, derives) for child in shown], len(below) - len(shown)


def _relative(plan: CyclePlan, line: Line, day: dt.date, derives: Callable[[Node], bool]) -> Relative:
    return Relative(
        node=line.node,
        name=node_name(plan.frame.directory, line.node, day),
        kpi=line.kpi,
        kpi_name=plan.sheet.kpi(line.kpi).version(plan.cycle).name,
        link=str(line.link),
        weight=line.weight,
        seen=derives(line.node),
    )
