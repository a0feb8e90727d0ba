"""A scorecard: KPIs against target, pace, projection, score, and what moved it last. One's own is where an employee begins.

Avoid a second template for what moves on an open page: the script asks the same address for its ``part`` and gets
the same part, rendered from the same read model.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import orjson
from flask import render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import ledger, scoring
from app.exports import as_pdf, scorecard_export, scorecard_rows
from app.kit.kept import LruCache
from app.kit.refusals import NotThere
from app.ledger import ActivityHistory, VerdictEntry
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import Board, BoardLine, BoardSource, State, Visibility
from app.web.answer.downloads import LoggedReading, refuse_without_reason, sheet_file, written_down
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.grades_seen import grades_seen
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.asked.zones import Clock
from app.web.changes import changing
from app.web.cycles import deciding
from app.web.decisions.asking import ScoreParameters, cycle_seen, first_days, state_of
from app.web.looks.year_chart import YearChart, year_chart
from app.web.results.live_beside import live_beside
from app.web.wording import words
from app.web.wording.file_words import file_words
from app.web.wording.kept import CachedPart, Rendered, drawn, reader_of_page
from app.web.wording.languages import page_language, writing
from app.web.wording.naming import distinct_name, kpi_namer

pages: Final = Pages("scorecard")
own_pages: Final = Pages("my_scorecard")


@own_pages.read("/scorecard", may=Deed.SEE_SCORECARD)
def own_scorecard(context: RequestContext, query: ScoreParameters) -> Page:
    """One's own."""
    number = context.viewer.employee
    if number is None:
        raise NotThere
    return _page(context, Node(NodeKind.EMPLOYEE, number), query)


@pages.read("/scorecards/<node:node>", may=Deed.SEE_SCORECARD)
def scorecard(context: RequestContext, node: Node, query: ScoreParameters) -> Page:
    """A unit's or an employee's."""
    return _page(context, node, query)


class ScorecardExport(BaseModel):
    """The form: the kind of file, and for a colleague's scorecard what it is for."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=500)] = ""
    format: Literal["pdf", "xlsx", "csv"] = "pdf"


@pages.act("/scorecards/<node:node>", may=Deed.SEE_SCORECARD, again="scorecard", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, node: Node, query: ScoreParameters, form: ScorecardExport) -> Download:
    """The scorecard as its page shows it, on the basis and day of its address: by areas as CSV and XLSX, and as PDF to print.

    A reason is asked for where it is a colleague's, and it is then on the log of readings; in a unit's nobody is named.
    """
    is_own = node.kind is NodeKind.UNIT or node.code == context.viewer.employee
    if not is_own:
        refuse_without_reason(form.reason)
    board, clock = _board(context, node, query)
    asked = {**query.model_dump(mode="json", exclude_defaults=True, exclude={"part"}), "format": form.format}
    return written_down(
        context,
        _file(context, board, name=_file_name(context, board, node, query), kind=form.format, clock=clock),
        reason=form.reason,
        reading=None if is_own else LoggedReading("scorecard", {"of": str(node), **asked}, rows=len(board.lines)),
        subject=str(node),
        after=asked,
    )


def _file_name(context: RequestContext, board: Board, node: Node, query: ScoreParameters) -> str:
    # ":" has no place in the name of a file.
    return f"scorecard-{node.kind}-{node.code}-{board.cycle}-{(query.as_of or context.today).isoformat()}"


def _file(
    context: RequestContext, board: Board, *, name: str, kind: Literal["pdf", "xlsx", "csv"], clock: Clock
) -> Download:
    if kind == "pdf":
        return Download(
            content=as_pdf(_paper(context, board, clock)), filename=f"{name}.pdf", media_type="application/pdf"
        )
    in_words = file_words()
    rows = list(scorecard_rows(board, in_words))
    sheet = scorecard_export(in_words, decided=any(row.decisions for row in rows)).sheet(rows)
    return sheet_file(sheet, name=name, kind=kind, made_at=context.now)


def _board(context: RequestContext, node: Node, query: ScoreParameters) -> tuple[Board, Clock]:
    """What is kept, and by which clock its reader reads when."""
    with context.read() as connection:
        context.require(Deed.SEE_SCORECARD, node)
        loaded, asked = state_of(context, connection, node, query)
        # Neither activities nor what stands beside it: a file has the node's own lines alone.
        shows = Visibility(activities=False, people=False, node=lambda other: other == node)
        source = scoring.board_source(connection, loaded=loaded, node=node, asked=asked, shows=shows)
        return scoring.board(source), context.clock


def _paper(context: RequestContext, board: Board, clock: Clock) -> str:
    with writing(lambda: clock):
        return render_template(
            "papers/scorecard.html", board=board, words=words, language=page_language(), now=context.now
        )


def _page(context: RequestContext, node: Node, query: ScoreParameters) -> Page:
    loaded, asked = state_of(context, context.connection, node, query)
    sees = context.sees(Deed.SEE_SCORECARD)
    people = context.allowed(Deed.SEE_PEOPLE_SCORES, node)
    shows = Visibility(activities=context.allowed(Deed.SEE_ACTIVITIES, node), people=people, node=sees)
    source = scoring.board_source(context.connection, loaded=loaded, node=node, asked=asked, shows=shows)
    parents = [line.row.parent_node for line in source.plan.lines.get(node, ())]
    body = _Body(
        source,
        is_own=node.kind is NodeKind.EMPLOYEE and node.code == context.viewer.employee,
        derives=context.allowed(Deed.SEE_DERIVATION, node),
        decides=deciding.decides_about(context, loaded, source.plan.cycle, node),
        seen=frozenset(one for one in parents if one is not None and sees(one)),
        clock=context.clock,
    )
    return Page(
        "pages/scorecard_part.html" if query.part else "pages/scorecard.html",
        body=body,
        board=body.model,
        way=scoring.way_down(context.directory, node, source.plan.day_within(asked.day), sees=sees),
        is_own=body.is_own,
        rejected=_rejected(context, source, body.model) if body.is_own and not query.part else [],
        logs=body.is_own and context.allowed(Deed.LOG_ACTIVITY),
        heads=people and node.kind is NodeKind.UNIT,
        grade_address=url_for("grades.grade", node=node, cycle=source.plan.cycle, live=1 if query.live else None)
        if node.kind is NodeKind.EMPLOYEE
        and context.allowed(Deed.SEE_GRADE, node)
        and grades_seen(context, source.plan.cycle).grade(node)
        else None,
        called=distinct_name(context, node),
        change_address=_change_address(context, node),
        agreed_address=url_for("cycle_scorecard.scorecard", cycle=source.plan.cycle, node=node)
        if source.plan.cycle in loaded.sheet.pinned
        else None,
        check_ins_address=_check_ins_address(context, loaded, source, node),
        criteria_address=url_for("criteria.criteria", cycle=source.plan.cycle)
        if source.plan.cycle in loaded.sheet.pinned
        else None,
        part_address=url_for("scorecard.scorecard", node=node, **query.kept, part="1"),
        kept=query.kept,
        beside=live_beside(context, node, asked) if query.live else None,
        kpi_name=kpi_namer(context) if query.live else None,
        standing=cycle_seen(context, source.plan.cycle, live=query.live),
        people=context.directory.employees,
        words=words,
        begins=first_days(loaded),
        cycles=sorted({*source.cycles, source.plan.cycle}),
    )


def _check_ins_address(context: RequestContext, loaded: State, source: BoardSource, node: Node) -> str | None:
    """Where the employee, whoever leads them and hr keep the talks of the year, once its criteria are published; None for everybody else. No queries."""
    plan = source.plan
    if node.kind is NodeKind.UNIT or plan.cycle not in loaded.sheet.pinned:
        return None
    if not cycles.sees_check_ins(plan, context.viewer, node.code, day=context.today):
        return None
    return url_for("check_ins.year", cycle=plan.cycle, employee=node.code)


def _change_address(context: RequestContext, node: Node) -> str | None:
    """Where a unit's rows stand for whoever sees the folder's files, and a person's are changed by whoever keeps them; None for everybody else."""
    if node.kind is NodeKind.UNIT:
        return url_for("organisation_units.unit", code=node.code) if context.allowed(Deed.SEE_FILES) else None
    return url_for("transfer.transfer", employee=node.code) if changing.keeps(context) else None


REJECTED_SHOWN: Final = 3


def _rejected(context: RequestContext, source: BoardSource, board: Board) -> list[tuple[ActivityHistory, VerdictEntry]]:
    """Of what moved one's own scorecard last the entries that stand rejected, with the verdict. Queries: 4 for each."""
    moves = [one.move for one in board.moves or () if one.move.what == one.move.state == "rejected"]
    rejected: list[tuple[ActivityHistory, VerdictEntry]] = []
    for key in dict.fromkeys(move.key for move in moves[:REJECTED_SHOWN]):
        history = ledger.activity_history(context.connection, source.plan.frame, key=key)
        if history is not None:
            rejected += [(history, one) for one in history.verdicts if (one.type, one.effect) == ("rejected", "holds")]
    return rejected


_DRAWN: Final[LruCache[Rendered[Any]]] = drawn(512, bytes_max=6_000_000)
"""Bodies with their boards, and the forms above them, which have none."""


class _Body(CachedPart[Board]):
    """The part of the page that its figures make."""

    def __init__(
        self, source: BoardSource, *, is_own: bool, derives: bool, decides: bool, seen: frozenset[Node], clock: Clock
    ) -> None:
        """Find what was drawn for the same figures, language, clock and rights."""
        super().__init__(
            _DRAWN, (source.fingerprint, is_own, derives, decides, seen, clock), lambda: scoring.board(source)
        )
        self.is_own: Final = is_own
        self.derives: Final = derives
        self.decides: Final = decides
        self.seen: Final = seen
        asked = source.asked
        self._form_key: Final = (
            source.plan.sheet.token,
            asked.cycle,
            asked.as_of,
            asked.today,
            asked.basis,
            reader_of_page(),
            request.path,
        )
        form = _DRAWN.get(self._form_key)
        self.form: Final = form.html if form else None

    def keep_form(self, html: Markup) -> Markup:
        """Keep the form that asks for another day, which changes with nothing but what is asked."""
        return _DRAWN.keep(self._form_key, Rendered(None, html)).html

    @property
    def bullet(self) -> Bullets:
        """What writes the charts."""
        return Bullets()

    @property
    def year(self) -> YearChart | None:
        """The year's chart; None where no day but the present is known of."""
        return year_chart(self.model)

    @property
    def kpi_names(self) -> dict[str, Any]:
        """The names of the scorecard's KPIs."""
        return {line.facts.line.kpi: line.facts.version.name for line in self.model.lines}


class Bullets:
    """The content of each line's chart, with the words of the reader's language looked up once for all of them."""

    def __init__(self) -> None:
        """Look the words up."""
        self._language: Final = page_language()
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
            "unit": line.facts.version.unit.in_language(self._language),
            "actual": shown.actual,
            "target": line.goal,
            "projected": shown.projected_actual if line.facts.grows else None,
            "low": shown.low,
            "base": shown.base if shown.target is None else None,
            "high": shown.high,
            "lower": line.facts.version.direction == "down" or None,
            "words": self._words if shown.target is not None else {**self._words, "target": gettext("Base value")},
        }
        text = orjson.dumps({name: value for name, value in content.items() if value is not None}).decode()
        return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - JSON with its marks escaped
