"""What a decision or a change set moves, in words: whose, which figure, before and after; and no more than who reads it may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from flask_babel import gettext

from app import scoring
from app.plain.findings import n_
from app.rules.deciding import DecisionEffect
from app.rules.definitions import Definitions
from app.rules.permissions import Deed
from app.rules.terms import Name, Node, Role
from app.web.languages import day_text, krw, page_language, score
from app.web.request_context import RequestContext
from app.web.words import ROLES

__all__ = ["ShownEffect", "effects_seen", "shown_effects"]

_MEMBERS: Final = {
    "own_score": n_("Own score"),
    "final_score": n_("Final score"),
    "grade": n_("Grade"),
    "pay": n_("Pay"),
    "rights": n_("Rights"),
    "stage": n_("Stage"),
}
_DEEDS: Final = {"grade": Deed.SEE_GRADE, "pay": Deed.SEE_PAY}
"""What a member takes to be seen; the others what scores take."""


_ACCOUNT: Final = "account:"
"""How an effect calls an account that is no employee's."""

_ROLE_NAMES: Final = frozenset(role.value for role in Role)


class ShownEffect(NamedTuple):
    """An effect as a page shows it."""

    node: Node | None
    whose: Name | str
    figure: str
    before: str
    after: str
    is_score: bool
    """Whether it is a score: there are many of them, and grades, pay and heads are looked for first."""


def effects_seen(context: RequestContext, effects: Iterable[DecisionEffect], *, checks: bool) -> list[DecisionEffect]:
    """Those of the effects that who asks may see; who is to agree sees what it is that they agree to.

    Args:
        context: the request's.
        effects: all of them.
        checks: whether who asks has the role that agrees.
    """
    if checks:
        return list(effects)
    sees = {deed: context.sees(deed) for deed in (Deed.SEE_SCORECARD, Deed.SEE_GRADE, Deed.SEE_PAY)}
    shown = []
    for one in effects:
        node = Node.parse(one.node)
        if one.node.startswith(_ACCOUNT):
            # Whose rights they are, whoever sees the decision reads in it.
            shown.append(one)
        elif node is not None and sees[_DEEDS.get(one.member, Deed.SEE_SCORECARD)](node):
            shown.append(one)
    return shown


def shown_effects(context: RequestContext, effects: Iterable[DecisionEffect]) -> list[ShownEffect]:
    """Effects as a page shows them, KPIs, units and people by their names. Queries: 1, or 2 where the organisation was not asked for."""
    definitions = scoring.state(context.connection).sheet.definitions
    shown = []
    for one in effects:
        node = Node.parse(one.node)
        whose = (
            one.node.removeprefix(_ACCOUNT)
            if node is None
            else scoring.node_name(context.directory, node, context.today)
        )
        before, after = (_value(context, one.member, value) for value in (one.before, one.after))
        figure = _figure(definitions, one.member)
        said = figure if one.cycle is None else f"{figure} ({one.cycle})"
        is_score = one.member in {"own_score", "final_score"} or ":" in one.member
        shown.append(ShownEffect(node, whose, said, before, after, is_score))
    return shown


def _figure(definitions: Definitions, member: str) -> str:
    _, colon, code = member.partition(":")
    if not colon:
        return str(gettext(_MEMBERS[member])) if member in _MEMBERS else member
    kpi = definitions.kpis.get(code)
    return code if kpi is None else kpi.versions[-1].name.in_language(page_language())


def _value(context: RequestContext, member: str, value: Any) -> str:
    if value is None:
        return "–"
    if member == "pay":
        return krw(value)
    if member == "rights":
        return "–" if not value else "; ".join(_headed(context, text) for text in value)
    return score(value) if isinstance(value, int | float) else str(value)


def _headed(context: RequestContext, text: str) -> str:
    """Which role somebody has, or which unit they head, and when."""
    if text in _ROLE_NAMES:
        return str(gettext(ROLES[Role(text)]))
    unit, _, span = text.partition(" ")
    node = Node.parse(unit)
    name = unit if node is None else scoring.node_name(context.directory, node, context.today)
    shown = name.in_language(page_language()) if isinstance(name, Name) else name
    first, _, last = span.partition("/")
    return str(gettext(n_("%(unit)s, %(from)s to %(to)s"), unit=shown, to=_day(last), **{"from": _day(first)}))


def _day(text: str) -> str:
    return day_text(dt.date.fromisoformat(text)) if text[:1].isdigit() else text
