"""The board book: the agency's scorecard on paper, with charts, as of one moment.

Do not compute a figure of its own: each is that of the read model that the page and the API show, published as they publish it. Nobody is named:
people are counted by band, and a band of fewer than five is shown with its neighbour.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel.dates import get_month_names
from flask import render_template
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from app import cascade, scoring
from app.exports import as_pdf
from app.kit.refusals import NotThere
from app.rules.few import FEW, shown_together
from app.rules.outlook import Outlook, leading_band, leading_score
from app.rules.rollup import BANDS, Band, published
from app.rules.terms import Basis
from app.scoring import AgencyBoard, Board, Business, HeatCell, Visibility
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import CycleShown, ScoreParameters, asked_of, cycle_shown, state_asked
from app.web.files import book_charts
from app.web.looks.year_chart import YearChart, year_chart
from app.web.wording import words
from app.web.wording.languages import page_language

__all__ = ["BoardBook", "BookParameters", "MadeContent", "make"]

STEPS: Final = 5
"""Its moment and scores, the business figures, its pages, their layout, the file."""

_POLICIES: Final = "policies"
"""The document that is the policies; all others are the definitions."""


class BookParameters(BaseModel):
    """Of which cycle, day and basis; whether of what would be had the cycle not been certified."""

    model_config = ConfigDict(frozen=True)

    cycle: int
    as_of: dt.date | None = None
    basis: Basis = Basis.FINAL
    live: bool = False

    @property
    def asked(self) -> ScoreParameters:
        """The same as a page is asked for it."""
        return ScoreParameters(cycle=self.cycle, as_of=self.as_of, basis=self.basis, live=self.live)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeContent:
    """A whole file."""

    content: bytes
    filename: str
    media_type: str


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """A unit with its place among its like by the published score that leads; equal ones have the same place, and who has none has no place."""

    place: int | None
    cell: HeatCell
    region: str | None
    leading: Decimal | None
    band: Band | None


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """People of neighbouring bands; a band that is None is of those without one."""

    bands: tuple[Band | None, ...]
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardBook:
    """Everything that the book shows, of one moment.

    Attributes:
        at: the moment.
        agency: as the agency's page has it.
        board: the agency's own scorecard.
        business: of the agency and its regional headquarters.
        people: by band; empty where all of them are too few to be told apart.
        events: how many activities and verdicts were recorded: of a certified cycle those of its cut, as of a day those of days up to it.
        edition: which edition of the criteria was published; None where none was.
        sums: of the policies and the definitions.
    """

    at: dt.datetime
    parameters: BookParameters
    agency: AgencyBoard
    board: Board
    business: Business
    standing: CycleShown | None
    people: tuple[PeopleGroup, ...]
    events: int
    edition: int | None
    sums: tuple[str, str]

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to lead to."""
        return self.agency.outlook is Outlook.OVER

    @property
    def regions(self) -> tuple[RankedUnit, ...]:
        """The regional headquarters, the best first."""
        return self._ranked((row.head, None) for row in self.agency.rows if row.head is not None)

    @property
    def offices(self) -> tuple[RankedUnit, ...]:
        """All units below a regional headquarters, and those below none, the best first."""
        return self._ranked(
            (cell, None if row.head is None else row.head.name) for row in self.agency.rows for cell in row.cells
        )

    @property
    def people_below(self) -> tuple[int, int] | None:
        """How many people are below C, and of how many with a band; None where that would tell a group apart that is too small, and without any."""
        below = with_band = 0
        for one in self.people:
            lowest, has_none = {Band.D, Band.E}.intersection(one.bands), None in one.bands
            if one.people and ((lowest and len(lowest) < len(one.bands)) or (has_none and len(one.bands) > 1)):
                return None
            below += one.people if lowest else 0
            with_band += 0 if has_none else one.people
        return (below, with_band) if with_band else None

    @property
    def year(self) -> YearChart | None:
        """The year of the agency's score."""
        return year_chart(self.board)

    @property
    def sha256(self) -> str:
        """The sum over the scores and actuals of the book as they are published: equal for books of the same figures, in whatever language."""
        lines = [
            [line.facts.line.kpi, line.shown.actual, line.goal, _text(line.shown.score), _text(line.shown.points)]
            for line in self.board.lines
        ]
        units = [
            [str(one.cell.node), _text(one.cell.final), _text(one.cell.projected)]
            for one in (*self.regions, *self.offices)
        ]
        figures = [
            [str(unit.node), figure, *map(str, shown.now), *(map(str, shown.before or ()))]
            for unit in self.business.units.values()
            for figure, shown in unit.figures.items()
        ]
        people = [[[band and str(band) for band in one.bands], one.people] for one in self.people]
        whole = [str(self.parameters.cycle), str(self.parameters.basis), lines, units, figures, people]
        return hashlib.sha256(json.dumps(whole, separators=(",", ":")).encode()).hexdigest()

    def _ranked(self, cells: Iterable[tuple[HeatCell, str | None]]) -> tuple[RankedUnit, ...]:
        outlook = self.agency.outlook
        led = [(cell, region, _leading(cell, outlook)) for cell, region in cells]
        led.sort(key=lambda one: (one[2] is None, -(one[2] or 0), str(one[0].node)))
        ranked: list[RankedUnit] = []
        for at, (cell, region, leading) in enumerate(led, 1):
            same = ranked[-1].place if ranked and leading is not None and ranked[-1].leading == leading else at
            letter = leading_band(projected=cell.projected, so_far=cell.final, outlook=outlook)
            ranked.append(RankedUnit(None if leading is None else same, cell, region, leading, letter))
        return tuple(ranked)


def _leading(cell: HeatCell, outlook: Outlook) -> Decimal | None:
    """The published score that a unit is ranked by: early in a year, when nothing leads yet, the score so far."""
    if outlook is Outlook.EARLY:
        return published(cell.final)
    return published(leading_score(projected=cell.projected, so_far=cell.final, outlook=outlook))


def _text(score: float | None) -> str | None:
    exact = published(score)
    return None if exact is None else str(exact)


def make(context: RequestContext, parameters: BookParameters, step: Callable[[int, int], None]) -> MadeContent:
    """The book of a moment, in the language that is being written.

    Args:
        context: of whose book it is; its transaction is opened here, and figures are those that this person sees.
        parameters: of which cycle, day and basis.
        step: is told after each step.

    Raises:
        NotThere: there is no such cycle, or no agency in it.

    Queries: constant.
    """
    step(0, STEPS)
    with context.read() as connection:
        book = _read(context, connection, parameters, lambda: step(1, STEPS))
        today = context.today
    step(2, STEPS)
    language = page_language()
    markup = render_template(
        "papers/board_book.html",
        book=book,
        words=words,
        language=language,
        charts=book_charts,
        bands=tuple(BANDS),
        months=_months(language, book.board.year_begins_on),
        few=FEW,
    )
    step(3, STEPS)
    content = as_pdf(markup, book=True)
    step(4, STEPS)
    day = (parameters.as_of or today).isoformat()
    return MadeContent(
        content=content,
        filename=f"board-book-{parameters.cycle}-{day}-{language}.pdf",
        media_type="application/pdf",
    )


def _read(
    context: RequestContext, connection: Connection, parameters: BookParameters, scored: Callable[[], None]
) -> BoardBook:
    loaded = state_asked(connection, parameters.asked)
    asked = asked_of(context, loaded, parameters.asked)
    source = scoring.agency_source(connection, loaded=loaded, asked=asked, goals_moved=True)
    agency = scoring.agency_board(connection, source)
    if agency.agency is None:
        raise NotThere
    node = agency.agency.node
    # Neither activities nor people: the book has the agency's own lines alone.
    alone = Visibility(activities=False, people=False, node=lambda other: other == node)
    board = scoring.board(scoring.board_source(connection, loaded=loaded, node=node, asked=asked, shows=alone))
    scored()
    units = [node.code, *(row.head.node.code for row in agency.rows if row.head is not None)]
    plan = loaded.plan(asked.cycle)
    business = scoring.business(scoring.business_source(connection, plan=plan, asked=asked, units=units))
    edition, sums = _criteria(connection, parameters.cycle)
    certified = scoring.certified_cuts(connection).get(asked.cycle) if asked.cycle in loaded.certified else None
    return BoardBook(
        at=context.now,
        parameters=parameters,
        agency=agency,
        board=board,
        business=business,
        standing=cycle_shown(connection, parameters.cycle, live=parameters.live),
        people=_people(agency),
        events=source.events.events if certified is None else certified.events.events,
        edition=edition,
        sums=sums,
    )


def _people(agency: AgencyBoard) -> tuple[PeopleGroup, ...]:
    order: Sequence[Band | None] = (*BANDS, None)
    counts = [agency.people_bands.get(one, 0) for one in order]
    if 0 < sum(counts) < FEW:
        return ()
    return tuple(
        PeopleGroup(tuple(order[first : last + 1]), sum(counts[first : last + 1]))
        for first, last in shown_together(counts)
    )


def _criteria(connection: Connection, cycle: int) -> tuple[int | None, tuple[str, str]]:
    """Which edition holds, and the sums of what the cycle is judged by: as published, else as loaded. Queries: at most 2."""
    editions = cascade.publications(connection, cycle)
    if editions and editions[-1].ended_at is None:
        latest = editions[-1]
        return latest.edition, (latest.policies_sha256, latest.definitions_sha256)
    documents = cascade.stored_documents(connection)
    policies = {name: text for name, text in documents.items() if name == _POLICIES}
    others = {name: text for name, text in documents.items() if name != _POLICIES}
    return None, (cascade.documents_sha256(policies), cascade.documents_sha256(others))


def _months(language: str, begins: dt.date) -> tuple[str, ...]:
    """What the twelve months are called in little room, from the cycle's first."""
    names = get_month_names("abbreviated", "stand-alone", locale=language)
    return tuple(str(names[(begins.month - 1 + at) % 12 + 1]) for at in range(12))
