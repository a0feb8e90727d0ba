"""The run of a cycle that is looked at, and its rows: whose amount it is, where they are posted, and how it came about beside the run before."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from app.kit.refusals import NotThere
from app.paying import KeptRun
from app.rules.names import folded
from app.rules.pay_derivation import PayDerivation, beside, derivation_of
from app.rules.pay_runs import PaidItem
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan
from app.web.asked.request_context import RequestContext
from app.web.results import pay_sums
from app.web.wording.naming import node_named

__all__ = ["PaidShown", "office_of", "offices_of", "paid_rows", "run_shown"]


class PaidShown(NamedTuple):
    """A row: whose amount it is, where they are posted, and how it came about."""

    item: PaidItem
    name: str
    unit: str
    how: PayDerivation
    was_grade: str | None
    """By the run before, where it is another."""


def run_shown(kept: Sequence[KeptRun], number: int | None) -> KeptRun | None:
    """The run that is asked for, the last one without a number; None before there is one.

    Raises:
        NotThere: there is no run of that number.
    """
    if number is None:
        return kept[-1] if kept else None
    if number > len(kept):
        raise NotThere
    return kept[number - 1]


def office_of(plan: CyclePlan, today: dt.date) -> Callable[[str], str]:
    """What tells the office that somebody is posted to, as a code; an empty one for whoever was nowhere."""
    places = pay_sums.places_of(plan, today)
    return functools.cache(lambda employee: places(employee)[1])


def offices_of(context: RequestContext, run: KeptRun, office: Callable[[str], str]) -> list[tuple[str, str]]:
    """The offices of those who are in a run, by name."""
    codes = {office(one.employee) for one in run.made.items} - {""}
    named = [(code, node_named(context, Node(NodeKind.UNIT, code))) for code in codes]
    return sorted(named, key=lambda one: folded(one[1]))


def paid_rows(
    context: RequestContext,
    kept: Sequence[KeptRun],
    run: KeptRun | None,
    items: Iterable[PaidItem],
    office: Callable[[str], str],
) -> Iterator[PaidShown]:
    """Rows of a page, each with how its amount came about beside the run before."""
    if run is None:
        return
    number = run.made.number
    of = beside(run.made, None if number == 1 else kept[number - 2].made)
    for one in items:
        unit = office(one.employee)
        yield PaidShown(
            item=one,
            name=node_named(context, Node(NodeKind.EMPLOYEE, one.employee)),
            unit=node_named(context, Node(NodeKind.UNIT, unit)) if unit else "",
            how=derivation_of(one, of),
            was_grade=_was_grade(of.was.get(one.employee), one),
        )


def _was_grade(was: PaidItem | None, item: PaidItem) -> str | None:
    before = None if was is None or was.terms is None else was.terms.grade
    return None if before == (None if item.terms is None else item.terms.grade) else before
