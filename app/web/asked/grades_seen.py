"""Whose grades and pay of a cycle somebody sees: by role, by a function of that cycle, as the head who reviews, or their own once they are told.

Do not ask for the deed alone where a cycle is meant: what a function opens is of its cycle, and what being head opens of an opened one
(contract-cycle, 1 and 13).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from app import cycle as cycles
from app import scoring
from app.rules.agreement import SignedAs
from app.rules.permissions import Deed, functions_open, may
from app.rules.terms import Node, NodeKind
from app.web.asked.cycling import hides_own_pay, hides_own_result
from app.web.asked.request_context import RequestContext

__all__ = ["GradesSeen", "grades_seen", "latest_cycle_of_functions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesSeen:
    """What somebody sees of the grades of a cycle.

    Attributes:
        everybody: whether they see everybody's.
        groups: the evaluation groups whose grades they see beside.
        pays: whether they see the pay of everybody.
        own: their own number.
        hides_own: whether nobody has told them of their own yet.
        hides_own_pay: whether nobody has told them of their own pay yet.
        leads: whether they are the head of an employee, in an opened cycle.
        in_groups: whether a node stands in one of their groups.
    """

    everybody: bool
    groups: frozenset[str]
    pays: bool
    own: str | None
    hides_own: bool
    hides_own_pay: bool
    leads: Callable[[Node], bool]
    in_groups: Callable[[Node], bool]

    @property
    def lists(self) -> bool:
        """Whether there is a list for them: of everybody, or of their groups."""
        return self.everybody or bool(self.groups)

    def is_own(self, node: Node) -> bool:
        """Whether it is their own."""
        return node.kind is NodeKind.EMPLOYEE and node.code == self.own

    def grade(self, node: Node) -> bool:
        """Whether they see the grade of an employee or unit."""
        if self.is_own(node):
            return not self.hides_own
        return self.everybody or self.leads(node) or self.in_groups(node)

    def pay(self, node: Node) -> bool:
        """Whether they see what an employee is paid."""
        return not self.hides_own_pay if self.is_own(node) else self.pays

    def hides(self, node: Node) -> bool:
        """Whether it is their own, and nobody has told them of it yet: whatever else they may see."""
        return self.is_own(node) and self.hides_own

    def hides_pay(self, node: Node) -> bool:
        """Whether it is their own, and nobody has told them of their pay yet."""
        return self.is_own(node) and self.hides_own_pay


def grades_seen(context: RequestContext, cycle: int) -> GradesSeen:
    """What who asks sees of a cycle's grades. Queries: 2 at most a request; those of a proposal more where groups are asked for."""
    known = context.grades.get(cycle)
    if not isinstance(known, GradesSeen):
        context.grades[cycle] = known = _asked(context, cycle)
    return known


def _asked(context: RequestContext, cycle: int) -> GradesSeen:
    viewer = context.viewer
    functions = [one for one in viewer.functions if one.cycle == cycle]
    opens = {one.function: functions_open(one.function) for one in functions}
    limited = [one.groups for one in functions if Deed.SEE_GRADE in opens[one.function]]
    everybody = may(viewer.roles, Deed.SEE_GRADE, ()) or None in limited
    groups = frozenset[str]().union(*(some for some in limited if some is not None))
    pays = may(viewer.roles, Deed.SEE_PAY, ()) or any(Deed.SEE_PAY in some for some in opens.values())
    hides_own = hides_own_result(context, cycle)
    return GradesSeen(
        everybody=everybody,
        groups=frozenset() if everybody else groups,
        pays=pays,
        own=viewer.employee,
        hides_own=hides_own,
        # Whoever works out what everybody is paid knows their own once they know their grade.
        hides_own_pay=hides_own if pays else hides_own_pay(context, cycle),
        leads=_leads(context, cycle),
        in_groups=_in_groups(context, cycle, frozenset() if everybody else groups),
    )


def _leads(context: RequestContext, cycle: int) -> Callable[[Node], bool]:
    """Whether who asks is the one who reviews an employee: the head, in a cycle that was opened."""
    me, day = context.viewer.employee, context.today
    if me is None or not context.directory.units_headed_by(me, day):
        return lambda _node: False
    is_opened = functools.cache(lambda: cycles.opened_cycle(context.connection, cycle) is not None)

    def leads(node: Node) -> bool:
        if node.kind is not NodeKind.EMPLOYEE or node.code not in context.directory.employees or not is_opened():
            return False
        plan = scoring.state(context.connection).plan(cycle)
        return me in cycles.signers_of(context.directory, plan, node, day)[SignedAs.HEAD].persons

    return leads


def _in_groups(context: RequestContext, cycle: int, groups: frozenset[str]) -> Callable[[Node], bool]:
    """Whether a node stands in one of these groups, as it is or merged into another; the proposal is made once somebody is asked for."""
    if not groups:
        return lambda _node: False
    places: dict[NodeKind, set[str]] = {}

    def stands(node: Node) -> bool:
        if node.kind not in places:
            propose = cycles.propose_unit_grades if node.kind is NodeKind.UNIT else cycles.propose_employee_grades
            standings = propose(context.connection, cycle=cycle, today=context.today).proposal.standings
            places[node.kind] = {code for code, place in standings.by_code.items() if place.is_of(groups)}
        return node.code in places[node.kind]

    return stands


def latest_cycle_of_functions(context: RequestContext) -> int | None:
    """Of the cycles in which who asks has a function that opens grades the latest; None without one."""
    return max(
        (one.cycle for one in context.viewer.functions if Deed.SEE_GRADE in functions_open(one.function)), default=None
    )
