"""The board of a cycle: how far everybody is, whom it waits for, and how many are in each state.

Each row leads to the page where the next step is taken; all that is done here is to remind whom it waits for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app import scoring
from app.cycle import Action, BoardRow, BoardState, OwedComment
from app.kit.refusals import at_field
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, FormError, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.cycles import boarding
from app.web.files.cycle_files import board_sheet
from app.web.lists.list_order import Order, by_words, in_order, page_shown
from app.web.results import reviewing
from app.web.wording import words
from app.web.wording.naming import distinct_name, kpi_namer, node_named, who_named

pages: Final = Pages("board")

_ROWS: Final = 100


class BoardPageQuery(BaseModel):
    """What narrows the board, and which page of it."""

    model_config = ConfigDict(frozen=True)

    state: BoardState | None = None
    who: Annotated[str, Field(max_length=80)] = ""
    sort: Literal["", "name", "unit", "state", "who", "since", "due"] = ""
    """Without a word by numbers, as the API lists them."""
    order: Order = "up"
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class PersonShown(NamedTuple):
    """A row: who, where they are posted, how far they are, whom it waits for, the lines that owe a comment, and the actions that are open."""

    row: BoardRow
    node: Node
    name: str
    unit: str
    who: tuple[str, ...]
    owed: tuple[OwedComment, ...]
    actions: tuple[Action, ...]
    has_result: bool
    """Whether who asks finds there what the person came to."""
    lacks_signature: bool
    """Whether a signature is missing beside what the state says."""


@pages.read("/cycles/<int:cycle>/board", may=Deed.SEE_CYCLES)
def board(context: RequestContext, cycle: int, query: BoardPageQuery) -> Page:
    """Everybody whom one sees, narrowed by state or by whom it waits for. Queries: constant."""
    every = boarding.board_seen(context, cycle)
    counts = Counter(row.state for row in every)
    rows = boarding.narrowed(every, state=query.state, who=query.who)
    shown = page_shown(
        in_order(rows, _columns(context, cycle).get(query.sort), order=query.order), query.page, size=_ROWS
    )
    kpi_name = kpi_namer(context)
    return Page(
        "pages/board.html",
        cycle=cycle,
        query=query,
        states=words.BOARD_STATES,
        counts=[(state, counts[state]) for state in BoardState if counts[state]],
        total=len(every),
        counts_oneself=any(row.employee == context.viewer.employee for row in every),
        rows=list(_shown(context, cycle, shown.rows)),
        kpi_name=lambda kpi: kpi_name(cycle, kpi),
        rows_narrowed=len(rows),
        shown=shown,
        parameters={"cycle": cycle, **query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})},
        waiting=len({who for row in rows for who in row.who}),
        may_remind=context.allowed(Deed.REMIND),
        exports=context.allowed(Deed.EXPORT),
        reminded=boarding.reminded_today(context, cycle, every),
    )


@pages.act("/cycles/<int:cycle>/board/file", may=Deed.EXPORT, again="board", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, cycle: int, query: BoardPageQuery, form: ReasonedExport) -> Download:
    """The rows of the board as a file: all that it is narrowed to, not a page, in its order. Queries: constant."""
    with context.read():
        rows = boarding.narrowed(boarding.board_seen(context, cycle), state=query.state, who=query.who)
        rows = in_order(rows, _columns(context, cycle).get(query.sort), order=query.order)
        sheet = board_sheet(context, cycle, rows)
    narrowing = query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})
    asked = {"cycle": cycle, "format": form.format, **narrowing}
    return reasoned_file(context, form, sheet=sheet, name=f"board-{cycle}", what="board", asked=asked, rows=len(rows))


def _columns(context: RequestContext, cycle: int) -> Mapping[str, Callable[[BoardRow], Any]]:
    """What the board is sorted by, in the words that its reader sees."""
    plan = scoring.state(context.connection).plan(cycle)

    def unit(row: BoardRow) -> str:
        posted = plan.posting_of(row.employee, context.today)
        return "" if posted is None else node_named(context, Node(NodeKind.UNIT, posted[0].unit))

    return {
        "name": by_words(lambda row: node_named(context, Node(NodeKind.EMPLOYEE, row.employee))),
        "unit": by_words(unit),
        "state": lambda row: list(BoardState).index(row.state),
        "who": by_words(lambda row: who_named(context, row.who[0]) if row.who else ""),
        "since": lambda row: None if row.since is None else row.since.isoformat(),
        "due": lambda row: row.due_on,
    }


class ReminderForm(BaseModel):
    """Of which rows: those that are ticked, or all that the page was narrowed to."""

    model_config = ConfigDict(frozen=True)

    state: BoardState | None = None
    who: Annotated[str, Field(max_length=80)] = ""
    employees: tuple[Annotated[str, Field(max_length=80)], ...] = ()
    of: Literal["chosen", "all"] = "chosen"


@pages.act("/cycles/<int:cycle>/board", may=Deed.REMIND, again="board")
def remind(context: RequestContext, cycle: int, form: ReminderForm) -> Redirect | FormError:
    """Mail whom the rows wait for that are ticked, or all that the list was narrowed to."""
    if form.of == "chosen" and not form.employees:
        return FormError(at_field("employees", "nobody", boarding.CHOOSE))
    some = frozenset(form.employees) if form.of == "chosen" else None
    rows = boarding.narrowed(boarding.board_seen(context, cycle), state=form.state, who=form.who, employees=some)
    state = None if form.state is None else form.state.value
    return boarding.said_of(context, cycle, rows, then="board.board", state=state, who=form.who or None)


def _shown(context: RequestContext, cycle: int, rows: Sequence[BoardRow]) -> Iterator[PersonShown]:
    """The rows of a page, with the notes about people's lines that one sees: they change no state. Queries: those of :func:`app.web.cycles.boarding.notes_seen`."""
    plan = scoring.state(context.connection).plan(cycle)
    owed_by = [Node(NodeKind.EMPLOYEE, row.employee) for row in rows]
    owed, open_ = boarding.notes_seen(context, cycle, owed_by)
    unsigned = boarding.unsigned_among(context, cycle, owed_by)
    shows_result = reviewing.shows_result(context, cycle)
    for row in rows:
        posted = plan.posting_of(row.employee, context.today)
        node = Node(NodeKind.EMPLOYEE, row.employee)
        yield PersonShown(
            row=row,
            node=node,
            name=distinct_name(context, node),
            unit="" if posted is None else node_named(context, Node(NodeKind.UNIT, posted[0].unit)),
            who=tuple(who_named(context, one) for one in row.who),
            owed=tuple(owed.get(node, ())),
            actions=tuple(open_.get(node, ())),
            has_result=shows_result(row.employee),
            lacks_signature=node in unsigned,
        )
