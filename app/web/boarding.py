"""What pages and API show of a cycle's board: whoever runs or watches the agency sees everybody, a head their line."""

from __future__ import annotations

from app import cycle as cycles
from app import scoring
from app.cycle import BoardRow
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web import cycling
from app.web.request_context import RequestContext

__all__ = ["board_seen"]


def board_seen(context: RequestContext, cycle: int) -> list[BoardRow]:
    """Where those stand in an opened cycle whom one sees. Queries: 1, and those of :func:`app.cycle.cycle_board`.

    Raises:
        NotThere: nobody has opened it, or it is not for this person.
    """
    opened = cycling.cycle_seen(context, cycle)
    if not context.allowed(Deed.SEE_PEOPLE):
        raise NotThere
    sees = context.sees(Deed.SEE_PEOPLE)
    loaded = scoring.state(context.connection)
    rows = cycles.cycle_board(context.connection, loaded, opened, day=context.today)
    return [row for row in rows if sees(Node(NodeKind.EMPLOYEE, row.employee))]
