"""How a person stands to a unit or an employee, by the postings of the day.

Do not ask for a role. Whoever is posted as head today stands in the line of that unit today; tomorrow's transfer
ends it, with no account touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from app.access.sessions import Viewer
from app.organisation import Directory
from app.rules.permissions import (
    FROM_ABOVE,
    FUNCTION_DEEDS,
    Deed,
    Relation,
    functions_open,
    may,
    relations_that_allow,
)
from app.rules.terms import Node, NodeKind, Role

__all__ = [
    "exists",
    "judging_heads",
    "may_at_all",
    "opens_of_a_cycle",
    "relations",
    "sees",
    "standing",
    "stood_in_for",
    "verify_relations",
]

_FUNCTIONS: Final = {Deed.VERIFY: "verify", Deed.SIGN_SCORECARD: "sign"}
"""Deeds that are done in another's place, by the function that is given for it."""


def exists(directory: Directory, node: Node) -> bool:
    """Whether there is, or ever was, such a unit or employee."""
    if node.kind is NodeKind.EMPLOYEE:
        return node.code in directory.employees
    return bool(directory.tree.rows(node.code))


def relations(directory: Directory, *, viewer: Viewer, node: Node, day: dt.date) -> frozenset[Relation]:
    """In which relations a person stands to a node on a day; :attr:`Relation.ANY` always."""
    stands_in = {Relation.ANY}
    me = viewer.employee
    if me is None:
        return frozenset(stands_in)
    if node.kind is NodeKind.EMPLOYEE:
        if node.code == me:
            stands_in.add(Relation.OWN)
        chain = directory.placement.path_on(node.code, day) or ()
    else:
        if node.code in _above(directory, me, day):
            stands_in.add(Relation.ABOVE)
        chain = directory.tree.chain_on(node.code, day)
    if not set(directory.units_headed_by(me, day)).isdisjoint(chain):
        stands_in.add(Relation.LINE)
    return frozenset(stands_in)


def standing(directory: Directory, *, viewer: Viewer, deed: Deed, node: Node, day: dt.date) -> frozenset[Relation]:
    """In which relations a person stands to a node that a deed is to be done to.

    Those of :func:`relations`, but for deeds that come from above: to them an employee's scorecard is as an entry of that employee.
    """
    if deed not in FROM_ABOVE:
        return relations(directory, viewer=viewer, node=node, day=day)
    if node.kind is NodeKind.EMPLOYEE:
        posting = directory.placement.posting_on(node.code, day)
        unit = posting.unit if posting else None
        answering: tuple[str, ...] = (node.code,)
    else:
        unit, answering = node.code, ()
    return verify_relations(directory, viewer=viewer, unit=unit, sharers=answering, day=day)


def verify_relations(
    directory: Directory, *, viewer: Viewer, unit: str | None, sharers: Collection[str], day: dt.date
) -> frozenset[Relation]:
    """How a person stands to an activity that is to be verified; empty for one's own.

    A head never verifies an entry that he or she shares in: those go to the head above, at the top to hr (contract, "Who may what"). A second head
    of the same unit is not above the first: two who verify each other's would be one.

    Args:
        directory: the organisation.
        viewer: who would verify.
        unit: the unit that the activity belongs to; None where nobody was posted, which is hr's.
        sharers: the employee and all in its credits.
        day: today.
    """
    me = viewer.employee
    if me is not None and me in sharers:
        return frozenset()
    judging = judging_heads(directory, unit=unit, sharers=sharers, day=day)
    stands_in: set[Relation] = set()
    if not judging:
        stands_in.add(Relation.UNHEADED)
    if me is not None and any(me in heads for heads in judging):
        stands_in.add(Relation.LINE)
    return frozenset(stands_in)


def judging_heads(
    directory: Directory, *, unit: str | None, sharers: Collection[str], day: dt.date
) -> list[tuple[str, ...]]:
    """The heads who may judge what some people share in, unit by unit up the line; of a unit that one of them heads nobody.

    Args:
        directory: the organisation.
        unit: the unit that it belongs to; None where nobody was posted.
        sharers: those people.
        day: today.
    """
    chain = () if unit is None else directory.tree.chain_on(unit, day)
    heads = (directory.heads_of(above, day) for above in chain)
    return [some for some in heads if some and set(some).isdisjoint(sharers)]


def stood_in_for(viewer: Viewer, deed: Deed) -> tuple[Viewer, ...]:
    """Those in whose place a person may do a deed today, each with the roles that they have themselves."""
    function = _FUNCTIONS.get(deed)
    if function is None:
        return ()
    return tuple(
        replace(viewer, employee=one.giver, roles=one.roles | {Role.EMPLOYEE, Role.HEAD}, stands_in=())
        for one in viewer.stands_in_for(function)
    )


def may_at_all(directory: Callable[[], Directory], *, viewer: Viewer, deed: Deed, day: dt.date) -> bool:
    """Whether there is anything that a person may do the deed to: what a page about no particular node asks.

    Args:
        directory: asked only where being head decides.
        viewer: who.
        deed: what.
        day: today.
    """
    if may(viewer.roles, deed, ()) or (deed in FUNCTION_DEEDS and viewer.functions):
        return True
    if any(may_at_all(directory, viewer=one, deed=deed, day=day) for one in stood_in_for(viewer, deed)):
        return True
    allowed = relations_that_allow(viewer.roles, deed)
    if Relation.UNHEADED in allowed:
        return True
    if viewer.employee is None:
        return False
    if not allowed.isdisjoint({Relation.OWN, Relation.ABOVE}):
        return True
    return Relation.LINE in allowed and bool(directory().units_headed_by(viewer.employee, day))


def opens_of_a_cycle(
    directory: Callable[[], Directory], *, viewer: Viewer, deed: Deed, node: Node | None, day: dt.date
) -> bool:
    """Whether a function of some cycle opens a deed, or being head grades of people below: of which cycle, and of whom, who serves it asks.

    Args:
        directory: what reads the organisation, where it takes that.
        viewer: who.
        deed: what.
        node: to whom; None for anything at all.
        day: today.
    """
    if any(deed in functions_open(one.function) for one in viewer.functions):
        return True
    if deed is not Deed.SEE_GRADE or node is None or node.kind is not NodeKind.EMPLOYEE:
        return False
    leads = Relation.LINE in relations_that_allow(viewer.roles, Deed.SEE_PEOPLE_SCORES)
    return leads and Relation.LINE in relations(directory(), viewer=viewer, node=node, day=day)


def sees(directory: Directory, *, viewer: Viewer, deed: Deed, day: dt.date) -> Callable[[Node], bool]:
    """A test for many nodes: whether the person may do the deed to each. The viewer's own place is looked up once."""
    if may(viewer.roles, deed, ()):
        return lambda _node: True
    allowed = relations_that_allow(viewer.roles, deed)
    if deed in FROM_ABOVE:
        return lambda node: (
            not allowed.isdisjoint(standing(directory, viewer=viewer, deed=deed, node=node, day=day) if allowed else ())
        )
    me = viewer.employee
    if me is None or not allowed:
        return lambda _node: False
    above = _above(directory, me, day) if Relation.ABOVE in allowed else frozenset()
    headed = directory.units_headed_by(me, day) if Relation.LINE in allowed else ()
    line = frozenset(unit for top in headed for unit in directory.units_below(top, day))

    def seen(node: Node) -> bool:
        if node.kind is NodeKind.UNIT:
            return node.code in above or node.code in line
        if node.code == me and Relation.OWN in allowed:
            return True
        posting = directory.placement.posting_on(node.code, day) if line else None
        return posting is not None and posting.unit in line

    return seen


def _above(directory: Directory, employee: str, day: dt.date) -> frozenset[str]:
    """The unit posted to and those above it; without a posting the agency alone."""
    path = directory.placement.path_on(employee, day)
    if path is None:
        root = directory.tree.root_on(day)
        path = (root,) if root is not None and employee in directory.employees else ()
    return frozenset(path)
