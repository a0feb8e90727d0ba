"""Scorecards and derivations, as the pages show them.

Do not answer 403 where a person may not look: it would tell that there is something. Who may not see a node hears
the same as who asks for one that never was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import scoring
from app.cycle import opened_cycle
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.moments import written_day
from app.rules.permissions import Deed
from app.rules.presence import cycle_of
from app.rules.terms import Basis, Node, NodeKind
from app.scoring import ScoreQuery, State
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import READS_AS_ASKED
from app.web.api.live import node_of
from app.web.api.readings import is_to_be_written_down, write_down, write_down_once
from app.web.asked.request_context import RequestContext
from app.web.cycles import rating

__all__ = ["AskedQuery", "pages"]

pages: Final = Pages("scorecards")

_CYCLE: Final = re.compile(r"[1-8][0-9]{3}", re.ASCII)
"""Years of which every day is a date, whatever month a cycle begins in."""


def _cycle(text: str | None) -> str | None:
    if text is not None and not _CYCLE.fullmatch(text):
        raise ValueError(n_("Write a cycle as its year: 2026."))
    return text


def _day(text: str | None) -> str | None:
    if text is not None and written_day(text) is None:
        raise ValueError(n_("This is no day: write one as 2026-03-31."))
    return text


class NoPlace(NotThere):
    """A page of a list that there is not."""

    code = "no_place"
    message = n_("There is no such place in the list: follow the address that the page before gave.")


class AskedQuery(BaseModel):
    """Of which cycle, as of which day, on which basis."""

    model_config = ConfigDict(frozen=True)

    cycle: Annotated[
        str | None,
        AfterValidator(_cycle),
        Field(
            description="The year that names the cycle; without it the cycle under way.",
            json_schema_extra={"pattern": r"^([1-8][0-9]{3})?$"},
        ),
    ] = None
    as_of: Annotated[
        str | None,
        AfterValidator(_day),
        Field(
            description="Look at events of days up to this one; without it at all.",
            json_schema_extra={"x-shape": {"type": "string", "anyOf": [{"format": "date"}, {"maxLength": 0}]}},
        ),
    ] = None
    basis: Annotated[Basis, Field(description="What counts: each KPI's own level, or all that is entered.")] = (
        Basis.FINAL
    )
    live: Annotated[
        bool,
        Field(
            description="Of a cycle that was certified: what would be if it had not been (1), in place of what stands."
        ),
    ] = False


class ListQuery(AskedQuery):
    """The same, and which page of the list."""

    limit: Annotated[int, Field(ge=1, le=1000, description="How many at most.")] = 100
    after: Annotated[
        str | None,
        AfterValidator(lambda text: text if text is None else str(node_of(text))),
        Field(
            description="The last node of the page before.",
            json_schema_extra={"pattern": r"^((unit|employee):[A-Za-z0-9][A-Za-z0-9._-]{0,39})?$"},
        ),
    ] = None


class ExplainQuery(AskedQuery):
    """The same, and where the list of activities goes on."""

    after: Annotated[str | None, Field(description="Where the page before said that the next activities are.")] = None


def _asked(context: RequestContext, query: AskedQuery) -> tuple[ScoreQuery, State]:
    state = scoring.state(context.connection)
    first_month = state.frame.first_month
    year = int(query.cycle) if query.cycle else cycle_of(context.today, first_month)
    if not state.has_cycle(year, today=context.today):
        raise NotThere
    asked = ScoreQuery(year, context.today, written_day(query.as_of), query.basis)
    return asked, state.live if query.live else state


_NODE: Final = {"node": ("node", "The unit or employee, as `unit:VIE` or `employee:E0001`.")}


@pages.api_read(
    "/api/v1/scorecards/<node:node>",
    may=Deed.SEE_SCORECARD,
    transaction=False,
    about={
        "summary": "One scorecard",
        "tag": "Scorecards",
        "path": _NODE,
        "query": AskedQuery,
        "responses": {200: ("application/json", shapes.SCORECARD, "The node's scorecard.")},
        "refusals": READS_AS_ASKED,
    },
)
def scorecard(context: RequestContext, node: Node, query: AskedQuery) -> Json:
    """The scorecard of a unit or an employee."""
    with context.read() as connection:
        asked, loaded = _asked(context, query)
        if node not in loaded.plan(asked.cycle).nodes:
            raise NotThere
        (card,) = scoring.scorecards(connection, asked, [node], loaded=loaded)
        reading = _reading_of(context, node, query, asked, what="scorecard")
    _write_down_one(context, reading)
    return Json(card.as_json())


@pages.api_read(
    "/api/v1/scorecards",
    may=Deed.SEE_SCORECARD,
    transaction=False,
    about={
        "summary": "All scorecards",
        "tag": "Scorecards",
        "query": ListQuery,
        "responses": {
            200: ("application/json", shapes.listed(shapes.SCORECARD), "Units by code, then employees by number.")
        },
        "refusals": READS_AS_ASKED,
    },
)
def scorecards(context: RequestContext, query: ListQuery) -> Json:
    """The scorecards that who asks may see: of every unit whose life, and every employee whose service touches the cycle."""
    with context.read() as connection:
        asked, loaded = _asked(context, query)
        plan = loaded.plan(asked.cycle)
        sees = context.sees(Deed.SEE_SCORECARD)
        begun = None if query.after is None else _order(node_of(query.after))
        nodes = [node for node in plan.nodes if (begun is None or _order(node) > begun) and sees(node)]
        shown = nodes[: query.limit]
        cards = scoring.scorecards(connection, asked, shown, loaded=loaded) if shown else []
    _write_down(context, query, asked, shown)
    following = shapes.address(request, after=shown[-1]) if len(nodes) > len(shown) else None
    return Json({"items": [card.as_json() for card in cards], "next": following}, following=following)


def _write_down(context: RequestContext, query: ListQuery, asked: ScoreQuery, shown: list[Node]) -> None:
    """Log that other people's scores are read, many at once, before the first of them leaves: as a download is, without its reason."""
    me = _own_number(context)
    rows = sum(node.kind is NodeKind.EMPLOYEE and node.code != me for node in shown)
    write_down(context, what="scorecards", asked=_parameters(query, asked), people=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A reading of other people's scores by one node, which the log of readings does not tell of yet.

    Attributes:
        node: that was asked for.
        what: the resource.
        asked: what of it.
        people: how many other people's figures or activities it shows.
    """

    node: Node
    what: str
    asked: dict[str, object]
    people: int

    @property
    def subject(self) -> str:
        """What is told of once a day: the node in a cycle, of a derivation by KPI and page, each of which names other people; not each basis and day."""
        told = (
            f"{name}={value}" for name, value in sorted(self.asked.items()) if name not in {"as_of", "basis", "limit"}
        )
        return " ".join((str(self.node), *told))


def _reading_of(
    context: RequestContext,
    node: Node,
    query: AskedQuery,
    asked: ScoreQuery,
    *,
    what: str,
    also: Iterable[str] = (),
    more: Mapping[str, object] = MappingProxyType({}),
) -> _Reading | None:
    """What is to be written down of a node that is read by itself; None where nobody else's scores are, or the day's row stands already.

    A program that reads one person after another is told of person by person; one that comes for them again every minute writes nothing more.

    Args:
        context: with its transaction.
        node: that was asked for.
        query: what of it.
        asked: the same, with its cycle.
        what: the resource.
        also: the numbers of employees whose activities are shown.
        more: what else was asked for.

    Queries: 1, or none where it shows nobody else's.
    """
    # A deal that somebody shares with a colleague stands on their own score all the same.
    people = set([node.code] if node.kind is NodeKind.EMPLOYEE else also) - {_own_number(context)}
    reading = _Reading(node=node, what=what, asked=_parameters(query, asked) | dict(more), people=len(people))
    if not people or not is_to_be_written_down(context, what=what, subject=reading.subject):
        return None
    return reading


def _write_down_one(context: RequestContext, reading: _Reading | None) -> None:
    """Log it, and tell of it on the trail, before the figures leave."""
    if reading is not None:
        write_down_once(
            context,
            what=reading.what,
            node=reading.node,
            subject=reading.subject,
            asked=reading.asked,
            people=reading.people,
        )


def _own_number(context: RequestContext) -> str | None:
    return context.person.employee if context.person is not None else None


def _parameters(query: AskedQuery, asked: ScoreQuery) -> dict[str, object]:
    return query.model_dump(mode="json", exclude_defaults=True) | {"cycle": asked.cycle}


def _order(node: Node) -> tuple[bool, str]:
    return node.kind is NodeKind.EMPLOYEE, node.code


@pages.api_read(
    "/api/v1/explain/<node:node>/<kpi>",
    may=Deed.SEE_DERIVATION,
    transaction=False,
    about={
        "summary": "How a score comes about",
        "tag": "Scorecards",
        "path": {**_NODE, "kpi": ("string", "The KPI's code.")},
        "query": ExplainQuery,
        "responses": {
            200: ("application/json", shapes.EXPLANATION, "Steps from the score down, and the activities that count.")
        },
        "refusals": READS_AS_ASKED,
    },
)
def explain(context: RequestContext, node: Node, kpi: str, query: ExplainQuery) -> Json:
    """The whole derivation of a score: its steps, and the activities that count, the first 1,000 and where the next are."""
    with context.read() as connection:
        asked, loaded = _asked(context, query)
        if node not in loaded.plan(asked.cycle).nodes:
            raise NotThere
        sees = context.sees(Deed.SEE_ACTIVITIES)
        told = rating.ratings_told(context, opened_cycle(connection, asked.cycle))
        explanations = scoring.explain(connection, asked, node, kpi, sees=sees, ratings=told, loaded=loaded)
        if explanations is None:
            raise NotThere
        try:
            activities, more = scoring.counted_activities(
                connection, asked, node, kpi, after=query.after or None, sees=sees, loaded=loaded
            )
        except ValueError:
            raise NoPlace from None
        also = {one.credit.employee for one in activities}
        reading = _reading_of(context, node, query, asked, what="explain", also=also, more={"kpi": kpi})
    _write_down_one(context, reading)
    following = None if more is None else shapes.address(request, after=more)
    body: dict[str, Any] = explanations.as_json(activities=activities, next=following)
    return Json(body, following=following)


@pages.api_read(
    "/api/v1/business/<node:node>",
    may=Deed.SEE_SCORECARD,
    about={
        "summary": "Business figures of a unit and all below it",
        "tag": "Scorecards",
        "path": {"node": ("node", "The unit, as `unit:VIE`.")},
        "query": ListQuery,
        "responses": {200: ("application/json", shapes.BUSINESS, "Units by code: deals, consults and new buyers.")},
        "refusals": READS_AS_ASKED,
    },
)
def business(context: RequestContext, node: Node, query: ListQuery) -> Json:
    """What a unit and those below it have brought about, beside last year's same day and what their own scorecards hold it against."""
    asked, loaded = _asked(context, query)
    plan = loaded.plan(asked.cycle)
    if node.kind is not NodeKind.UNIT or node not in plan.nodes:
        raise NotThere
    begun = None if query.after is None else _order(node_of(query.after))
    sees = context.sees(Deed.SEE_SCORECARD)
    below = scoring.business_units(plan, node.code, plan.day_within(asked.day))
    units = sorted(Node(NodeKind.UNIT, code) for code in below)
    nodes = [one for one in units if (begun is None or _order(one) > begun) and sees(one)]
    shown = nodes[: query.limit]
    source = scoring.business_source(context.connection, plan=plan, asked=asked, units=[one.code for one in shown])
    following = shapes.address(request, after=shown[-1]) if len(nodes) > len(shown) else None
    return Json(scoring.business(source).as_json() | {"next": following}, following=following)
