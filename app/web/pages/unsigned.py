"""Whose signatures are missing in a cycle that is agreed on: part by part of the agency, and of one part each scorecard with who has not signed.

Do not list everybody at once: an agency has a thousand people, and whoever asks after signatures asks after those of a part.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import scoring
from app.cycle import AgreedCard, BoardRow, OpenedCycle
from app.kit.refusals import NotThere, at_field
from app.organisation import Directory
from app.rules.permissions import Deed
from app.rules.terms import Name, Node, NodeKind
from app.scoring import State, node_name
from app.web.answer.rendering import FormError, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.cycles import boarding
from app.web.lists.list_order import Order, by_words, in_order
from app.web.wording import words
from app.web.wording.languages import named
from app.web.wording.naming import who_named

pages: Final = Pages("unsigned")

LISTED_MOST: Final = 10
"""Of so many scorecards each is listed at once, whatever part it is of."""


class UnsignedQuery(BaseModel):
    """Of which part of the agency."""

    model_config = ConfigDict(frozen=True)

    unit: Annotated[str, Field(max_length=40)] = ""
    sort: Literal["", "name", "of", "state", "part", "units", "people"] = ""
    """A column of the scorecards, or of the parts; without a word units stand first, then people by unit and name."""
    order: Order = "up"


class OpenPart(NamedTuple):
    """A unit with all below it: how many scorecards of units and of people there wait for signatures."""

    unit: str
    name: Name | str
    units: int
    people: int


class UnsignedShown(NamedTuple):
    """A scorecard: whose, where that is, how far it is, and in which parts nobody has signed, each with whom it waits for."""

    node: Node
    name: Name | str
    of: Name | str
    state: str
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    may_impose: bool
    """Whether who asks may propose now that its lines are imposed."""


@pages.read("/cycles/<int:cycle>/unsigned", may=Deed.SEE_CYCLES)
def unsigned(context: RequestContext, cycle: int, query: UnsignedQuery) -> Page:
    """The parts of a unit, or of the agency, and of a unit that is chosen, as of what is in no part or little, each scorecard. Queries: constant.

    Raises:
        NotThere: nobody has opened the cycle, or there is no such unit.
    """
    part = _part(context, cycle, query.unit)
    opened, loaded, day, chosen, cards = part.opened, part.loaded, part.day, part.chosen, part.cards
    directory = loaded.plan(cycle).frame.directory
    root = directory.tree.root_on(day)
    is_whole = chosen == root
    below = set(directory.tree.children_on(chosen, day))
    is_short = not is_whole or len(cards) <= LISTED_MOST
    shown = {node: card for node, card in cards.items() if is_short or below.isdisjoint(_chain(directory, node, day))}
    to_remind = _to_remind(context, part)
    return Page(
        "pages/unsigned.html",
        cycle=cycle,
        unit=None if is_whole else chosen,
        name=_unit_name(context, chosen),
        above=[
            (code, _unit_name(context, code))
            for code in reversed(directory.tree.chain_on(chosen, day))
            if code not in {chosen, root}
        ],
        total=len(cards),
        query=query,
        parameters={"cycle": cycle, **query.model_dump(exclude_defaults=True)},
        parts=in_order(
            sorted(_parts(context, cards, below, day), key=lambda one: named(one.name)),
            _PARTS.get(query.sort),
            order=query.order,
        ),
        person=lambda code: who_named(context, code),
        sees_board=context.allowed(Deed.SEE_PEOPLE),
        rows=in_order(
            sorted(_rows(context, loaded, opened, shown, day), key=_by_unit_and_name),
            _COLUMNS.get(query.sort),
            order=query.order,
        ),
        agree_by=opened.calendar.get("agree_by"),
        reminds_of=frozenset(row.employee for row in to_remind),
        waiting=len({who for row in to_remind for who in row.who}),
        reminded=boarding.reminded_today(
            context, cycle, cycles.signature_rows(loaded, opened, cards.values(), day=context.today)
        ),
    )


_PARTS: Final[Mapping[str, Callable[[OpenPart], Any]]] = {
    "part": by_words(lambda one: named(one.name)),
    "units": lambda one: one.units,
    "people": lambda one: one.people,
}
_COLUMNS: Final[Mapping[str, Callable[[UnsignedShown], Any]]] = {
    "name": by_words(lambda one: named(one.name)),
    "of": by_words(lambda one: named(one.of)),
    "state": by_words(lambda one: gettext(one.state)),
}
"""What either table is sorted by."""


class _Part(NamedTuple):
    """A unit with all below it, and the scorecards there that lack a signature, of those that one sees."""

    opened: OpenedCycle
    loaded: State
    day: dt.date
    chosen: str
    cards: Mapping[Node, AgreedCard]


def _part(context: RequestContext, cycle: int, unit: str) -> _Part:
    opened = cycling.cycle_seen(context, cycle)
    loaded = scoring.state(context.connection)
    plan = loaded.plan(cycle)
    day = plan.day_within(context.today)
    directory = plan.frame.directory
    root = directory.tree.root_on(day)
    chosen = unit or root
    if chosen is None or directory.tree.unit_on(chosen, day) is None:
        raise NotThere
    sees = context.sees(Deed.SEE_SCORECARD)
    # Who has no posting any more is of no part, and of the agency all the same.
    cards = {
        node: card
        for node, card in cycles.unsigned_cards(context.connection, loaded, cycle, day=context.today).items()
        if sees(node) and (chosen == root or chosen in _chain(directory, node, day))
    }
    return _Part(opened, loaded, day, chosen, cards)


def _to_remind(context: RequestContext, part: _Part, nodes: Collection[str] | None = None) -> list[BoardRow]:
    """The missing signatures of a part, or of some scorecards of it, of which who asks reminds. No queries."""
    if not context.allowed(Deed.REMIND):
        return []
    reminds = context.sees(Deed.REMIND)
    cards = [card for node, card in part.cards.items() if reminds(node) and (nodes is None or str(node) in nodes)]
    return cycles.signature_rows(part.loaded, part.opened, cards, day=context.today)


class SignaturesForm(BaseModel):
    """Of which scorecards: those that are ticked, or all of the part."""

    model_config = ConfigDict(frozen=True)

    unit: Annotated[str, Field(max_length=40)] = ""
    nodes: tuple[Annotated[str, Field(max_length=80)], ...] = ()
    of: Literal["chosen", "all"] = "chosen"


@pages.act("/cycles/<int:cycle>/unsigned", may=Deed.REMIND, again="unsigned")
def remind(context: RequestContext, cycle: int, form: SignaturesForm) -> Redirect | FormError:
    """Mail whose signatures are missing on what is ticked, or in all of the part; once a day each, with what the board reminds of."""
    if form.of == "chosen" and not form.nodes:
        return FormError(at_field("nodes", "nobody", boarding.CHOOSE))
    some = frozenset(form.nodes) if form.of == "chosen" else None
    rows = _to_remind(context, _part(context, cycle, form.unit), some)
    return boarding.said_of(context, cycle, rows, then="unsigned.unsigned", unit=form.unit or None)


def _by_unit_and_name(one: UnsignedShown) -> tuple[bool, str, str]:
    return (one.node.kind is NodeKind.EMPLOYEE, named(one.of), named(one.name))


def _chain(directory: Directory, node: Node, day: dt.date) -> tuple[str, ...]:
    """The units that somebody or something is in; of whom nobody has posted none."""
    unit = node.code if node.kind is NodeKind.UNIT else directory.unit_of(node.code, day)
    return () if unit is None else tuple(directory.tree.chain_on(unit, day))


def _unit_name(context: RequestContext, code: str) -> Name | str:
    return node_name(context.directory, Node(NodeKind.UNIT, code), context.today)


def _parts(context: RequestContext, nodes: Iterable[Node], below: Collection[str], day: dt.date) -> Iterator[OpenPart]:
    """The units right below, each with what is open in it; those without anything are left out."""
    counts: Counter[tuple[str, NodeKind]] = Counter()
    for node in nodes:
        counts.update((code, node.kind) for code in _chain(context.directory, node, day) if code in below)
    for code in below:
        units, people = counts[code, NodeKind.UNIT], counts[code, NodeKind.EMPLOYEE]
        if units or people:
            yield OpenPart(code, _unit_name(context, code), units, people)


def _rows(
    context: RequestContext, loaded: State, opened: OpenedCycle, cards: Mapping[Node, AgreedCard], day: dt.date
) -> Iterator[UnsignedShown]:
    """Each scorecard with who has not signed it."""
    plan = loaded.plan(opened.cycle)
    for node, card in cards.items():
        is_unit = node.kind is NodeKind.UNIT
        of = context.directory.tree.parent_on(node.code, day) if is_unit else context.directory.unit_of(node.code, day)
        yield UnsignedShown(
            node,
            node_name(context.directory, node, context.today),
            "" if of is None else _unit_name(context, of),
            words.AGREEMENT_STATES[card.state],
            tuple(
                (words.SIGNED_AS[one.signed_as], one.persons)
                for one in cycles.due_of(loaded, opened, card, day=context.today)
            ),
            cycles.may_impose(plan, opened, card, viewer=context.viewer, day=context.today),
        )
