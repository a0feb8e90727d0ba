"""Where everybody begins: what waits for them, what moved since they were last here, what costs them most.

It is the same page for every role, made of what the roles have. Nothing of it is written down by looking at it: what has been done, or said to be
seen, is gone.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app import access, scoring, waiting
from app.access import Visits
from app.cycle import OnesReads
from app.decisions import Decision
from app.kit.refusals import NotThere
from app.rules.outlook import leading_score
from app.rules.permissions import Deed
from app.rules.rollup import band
from app.rules.terms import Node, NodeKind
from app.scoring import RISK_BANDS, AgencyBoard, HeatCell, MapRow, PeopleMap, Progress, ScoreQuery, State
from app.waiting import Reader
from app.web.answer.rendering import Page, SeeOther
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided
from app.web.decisions.asking import ScoreParameters, asked_by
from app.web.home.first_steps import first_steps_of
from app.web.wording import words
from app.web.wording.naming import person_named

pages: Final = Pages("home")

GOALS_SHOWN: Final = 3
REGIONS_SHOWN: Final = 3
HELPED_SHOWN: Final = 5

_FIRST_INSTANT: Final = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""Before it nobody read a page; at the beginning of the calendar an instant has no day in UTC."""


class SeenForm(BaseModel):
    """Until when what was changed has been seen: what has come since the page was read has not."""

    model_config = ConfigDict(frozen=True)

    until: Annotated[AwareDatetime, Field(ge=_FIRST_INSTANT)]


@pages.read("/", may=Deed.OPEN_HOME)
def home(context: RequestContext) -> Page:
    """The page; who has no role is told that there is nothing for them yet."""
    connection, viewer = context.connection, context.viewer
    loaded = scoring.state(connection)
    visits = access.visits(connection, viewer=viewer, midnight=_midnight(context))
    asked = _asked(context, loaded)
    visible, is_for = decided.visible_to(context), decided.is_for(context)
    reader = Reader(
        connection=connection,
        loaded=loaded,
        viewer=viewer,
        visits=visits,
        allowed=context.allowed,
        checked_kinds=decided.checked_kinds(context),
        agrees=lambda one: visible(one) and is_for(one),
        cycle=asked.cycle if asked else context.today.year,
        day=context.today,
        reads=OnesReads(context.connection, loaded, day=context.today),
    )
    board = _agency(context, loaded, asked)
    team = _team(context, loaded, asked)
    errands = waiting.errands(reader)
    told = [about for one in errands if isinstance(one.about, tuple) for about in one.about]
    return Page(
        "pages/home.html",
        errands=errands,
        first_steps=first_steps_of(context, loaded),
        decision_titles=decided.titles(context, [one for one in told if isinstance(one, Decision)]),
        day_of=lambda at: at.astimezone(context.zone).date() if isinstance(at, dt.datetime) else at,
        people=context.directory.employees if viewer.roles else {},
        person_named=functools.partial(person_named, context),
        visits=visits,
        progress=_progress(context, loaded, asked, visits),
        board=board,
        costly_goals=sorted((goal for goal in board.goals if goal.costs), key=lambda goal: -goal.costs)[:GOALS_SHOWN]
        if board
        else [],
        team=team,
        helped=_helped(team),
        weak_regions=_weakest(board) if board else [],
        words=words,
    )


def _midnight(context: RequestContext) -> dt.datetime:
    """When the day began where its reader is."""
    here = context.now.astimezone(context.zone)
    return here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)


@pages.act("/targets-seen", may=Deed.OPEN_HOME, again="home")
def see_targets(context: RequestContext, form: SeenForm) -> SeeOther:
    """Note that one has seen how one's targets were changed."""
    access.see_targets(context.connection, account_id=context.viewer.account_id, at=min(form.until, context.now))
    return SeeOther("home")


def _asked(context: RequestContext, loaded: State) -> ScoreQuery | None:
    """The cycle under way, or of whoever has left the last one served in; None where there is none."""
    try:
        return asked_by(context, loaded, ScoreParameters())
    except NotThere:
        return None


def _progress(context: RequestContext, loaded: State, asked: ScoreQuery | None, visits: Visits) -> Progress | None:
    """How one's own scorecard stands; None for who has none."""
    number = context.viewer.employee
    if number is None or asked is None:
        return None
    node = Node(NodeKind.EMPLOYEE, number)
    if node not in loaded.plan(asked.cycle).lines or not context.allowed(Deed.SEE_SCORECARD, node):
        return None
    before = visits.before_today_at
    since = None if before is None else before.astimezone(context.zone).date()
    return scoring.progress(context.connection, loaded=loaded, node=node, asked=asked, since=since)


def _team(context: RequestContext, loaded: State, asked: ScoreQuery | None) -> PeopleMap | None:
    """The people of the units that one heads, whoever is led lowest first; None for who heads none."""
    number = context.viewer.employee
    headed = context.directory.units_headed_by(number, context.today) if number is not None else ()
    if asked is None or not headed or not context.allowed(Deed.SEE_PEOPLE_SCORES, Node(NodeKind.UNIT, headed[0])):
        return None
    people_seen = context.sees(Deed.SEE_PEOPLE_SCORES)
    team = scoring.people_map(
        context.connection,
        loaded=loaded,
        units=headed,
        asked=asked,
        sees=lambda node: node.code != number and people_seen(node),
        below=False,
    )
    return team if team.rows else None


def _helped(team: PeopleMap | None) -> tuple[MapRow, ...]:
    """Whom the year leads below the band C; nobody before anybody is judged by it."""
    rows = team.rows if team else ()
    return tuple(row for row in rows if band(row.leading) in RISK_BANDS)[:HELPED_SHOWN]


def _agency(context: RequestContext, loaded: State, asked: ScoreQuery | None) -> AgencyBoard | None:
    """The whole agency, for whoever looks at it as a whole."""
    if asked is None or not context.allowed(Deed.SEE_AGENCY):
        return None
    source = scoring.agency_source(context.connection, loaded=loaded, asked=asked)
    return scoring.agency_board(context.connection, source)


def _weakest(board: AgencyBoard) -> list[HeatCell]:
    """The regions that lead lowest; none before a score can be judged by."""

    def leading(cell: HeatCell) -> float | None:
        return leading_score(projected=cell.projected, so_far=cell.final, outlook=board.outlook)

    heads = [row.head for row in board.rows if row.head is not None and leading(row.head) is not None]
    return sorted(heads, key=lambda cell: leading(cell) or 0.0)[:REGIONS_SHOWN]
