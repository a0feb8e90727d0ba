"""The board of a cycle: how far everybody is, whom it waits for, and how many are in each state.

Do not offer a deed here: each row leads to the page where the next step is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.cycle import BoardRow, BoardState
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import node_name
from app.web import boarding
from app.web.languages import named
from app.web.rendering import Page
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("board")

_ROWS: Final = 100

STATES: Final[Mapping[BoardState, str]] = {
    BoardState.PROPOSED: n_("grade proposed"),
    BoardState.NOT_GRADED: n_("not graded"),
    BoardState.RATING_DUE: n_("a rating is due"),
    BoardState.TO_SIGN_OWNER: n_("to be signed by the owner"),
    BoardState.TO_SIGN_HEAD: n_("to be signed by the head"),
    BoardState.TO_SIGN_HR: n_("to be signed by HR"),
    BoardState.CHECK_IN_DUE: n_("a check-in is due"),
    BoardState.AGREED: n_("agreed"),
    BoardState.NO_SCORECARD: n_("no scorecard"),
    BoardState.OUTSIDE: n_("posted nowhere in the cycle"),
}
"""Where somebody stands, in words."""


class BoardPageQuery(BaseModel):
    """What narrows the board, and which page of it."""

    model_config = ConfigDict(frozen=True)

    state: BoardState | None = None
    who: Annotated[str, Field(max_length=80)] = ""
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class PersonShown(NamedTuple):
    """A row: who, where they are posted, how far they are, whom it waits for, and the page of the next step."""

    row: BoardRow
    node: Node
    name: str
    unit: str
    who: tuple[str, ...]


@pages.read("/cycles/<int:cycle>/board", may=Deed.SEE_CYCLES)
def board(context: RequestContext, cycle: int, query: BoardPageQuery) -> Page:
    """Everybody whom one sees, narrowed by state or by whom it waits for. Queries: constant."""
    every = boarding.board_seen(context, cycle)
    counts = Counter(row.state for row in every)
    rows = [row for row in every if query.state in {None, row.state} and (not query.who or query.who in row.who)]
    last = max(1, -(-len(rows) // _ROWS))
    page = min(query.page, last)
    return Page(
        "pages/board.html",
        cycle=cycle,
        query=query,
        states=STATES,
        counts=[(state, counts[state]) for state in BoardState if counts[state]],
        total=len(every),
        rows=list(_shown(context, rows[(page - 1) * _ROWS : page * _ROWS])),
        rows_narrowed=len(rows),
        page=page,
        last=last,
    )


def _shown(context: RequestContext, rows: list[BoardRow]) -> Iterator[PersonShown]:
    directory, day = context.directory, context.today
    for row in rows:
        posting = directory.placement.posting_on(row.employee, day)
        node = Node(NodeKind.EMPLOYEE, row.employee)
        yield PersonShown(
            row=row,
            node=node,
            name=named(node_name(directory, node, day)),
            unit="" if posting is None else named(node_name(directory, Node(NodeKind.UNIT, posting.unit), day)),
            who=tuple(_name(context, one) for one in row.who),
        )


def _name(context: RequestContext, who: str) -> str:
    """A person by name; a role as it is."""
    if who not in context.directory.employees:
        return who.upper() if who == "hr" else who
    return str(named(node_name(context.directory, Node(NodeKind.EMPLOYEE, who), context.today)))
