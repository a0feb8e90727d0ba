"""What pages and API show of a cycle's board, and whom they remind: whoever runs or watches the agency sees everybody, a head their line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from app import cycle as cycles
from app import scoring
from app.cycle import Action, BoardReminders, BoardRow, BoardState, OwedComment
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Redirect
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.wording.naming import who_named

__all__ = [
    "CHOOSE",
    "board_seen",
    "narrowed",
    "notes_seen",
    "reminded",
    "reminded_today",
    "said_of",
    "unsigned_among",
]

CHOOSE: Final = n_("Nobody is ticked: choose whom to remind of.")
_REMINDED: Final = n_(
    "Reminded: %(sent)s. Had a reminder today already: %(already)s. No mail reaches: %(unreachable)s."
)
_REMINDED_HELD: Final = n_(
    "Written to: %(sent)s. Had a reminder today already: %(already)s. No mail reaches: %(unreachable)s. No mail leaves the application as it is set up: they are held until an administrator has given it a mail server."
)
_NAMED: Final = 5


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


def narrowed(
    rows: Iterable[BoardRow], *, state: BoardState | None, who: str, employees: Collection[str] | None = None
) -> list[BoardRow]:
    """Those in a state, who wait for somebody, and who are named; where nothing is asked for, all."""
    return [
        row
        for row in rows
        if state in {None, row.state}
        and (not who or who in row.who)
        and (employees is None or row.employee in employees)
    ]


def notes_seen(
    context: RequestContext, cycle: int, nodes: Iterable[Node]
) -> tuple[Mapping[Node, Sequence[OwedComment]], Mapping[Node, Sequence[Action]]]:
    """The comments that lines of people owe, and the actions on them that are open, of those whose scorecards one sees.

    Queries: 2, and those of :func:`app.cycle.owed_comments`.
    """
    sees = context.sees(Deed.SEE_SCORECARD)
    seen = [node for node in nodes if sees(node)]
    opened = cycling.cycle_seen(context, cycle)
    owed: dict[Node, list[OwedComment]] = {}
    for comment in cycles.owed_comments(
        context.connection, scoring.state(context.connection), opened, seen, day=context.today
    ):
        owed.setdefault(comment.node, []).append(comment)
    open_: dict[Node, list[Action]] = {}
    for action in cycles.actions_of(context.connection, cycle=cycle, nodes=seen, is_open=True):
        open_.setdefault(action.node, []).append(action)
    return owed, open_


def reminded(context: RequestContext, cycle: int, rows: Collection[BoardRow]) -> BoardReminders:
    """Mail whom rows wait for, at most once a day each, and tell the trail."""
    told = cycles.post_board_reminders(context.connection, context.directory, cycle=cycle, rows=rows, now=context.now)
    if told.sent:
        context.note(subject=f"cycle:{cycle}", after=told.as_json())
    else:
        context.did_nothing = True
    return told


def said_of(
    context: RequestContext, cycle: int, rows: Collection[BoardRow], *, then: str, **narrowed_to: str | None
) -> Redirect:
    """Remind, and lead back to the page that it was asked on, with how many were reminded and whom no mail reaches, the first few by name."""
    told = reminded(context, cycle, rows)
    more = f" (+{len(told.unreachable) - _NAMED})" if len(told.unreachable) > _NAMED else ""
    unreachable = ", ".join(who_named(context, one) for one in told.unreachable[:_NAMED]) + more
    counts = {"sent": len(told.sent), "already": len(told.already), "unreachable": unreachable or "0"}
    words = _REMINDED if context.settings.sends_mail or not told.sent else _REMINDED_HELD
    return Redirect(words, then=then, values={"cycle": cycle} | narrowed_to, parameters=counts)


def reminded_today(context: RequestContext, cycle: int, rows: Collection[BoardRow]) -> list[tuple[str, int]]:
    """Of those whom rows wait for, or waited for today, who was reminded and of how many. Queries: 1, or none."""
    if not context.allowed(Deed.REMIND):
        return []
    told = cycles.reminded_today(context.connection, context.directory, cycle=cycle, now=context.now)
    seen = {who for row in rows for who in row.who} | {row.employee for row in rows}
    return [(who_named(context, who), number) for who, number in told.items() if who in seen]


def unsigned_among(context: RequestContext, cycle: int, nodes: Sequence[Node]) -> frozenset[Node]:
    """Those of some scorecards that lack a signature, whatever else waits there. Queries: 4, none after the cut."""
    opened = cycling.cycle_seen(context, cycle)
    loaded = scoring.state(context.connection)
    return cycles.unsigned_among(context.connection, loaded, opened, nodes, day=context.today)
