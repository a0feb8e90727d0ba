"""What a decision or a change set moves, in words: whose, which figure, before and after; and no more than who reads it may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from flask_babel import gettext

from app import scoring
from app.plain.findings import n_
from app.rules.deciding import QUEUE, DecisionEffect
from app.rules.definitions import Definitions
from app.rules.permissions import Deed
from app.rules.rollup import Band
from app.rules.terms import Name, Node, NodeKind, Role
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import day_text, krw, named, number, page_language, score
from app.web.wording.words import CYCLE_FUNCTIONS, ROLES, STAGES

__all__ = ["Moves", "NodeMoved", "ShownTurn", "effects_seen", "sees_effects", "shown_effects"]

_COLUMNS: Final = ("final_score", "grade", "pay", "rights")
"""What has a column of its own."""

_LETTERS: Final = tuple(Band)

NO_WHYS: Final[Mapping[str, str]] = {}
"""Where nobody but the rules makes a grade."""

_MEMBERS: Final = {
    "own_score": n_("Own score"),
    "final_score": n_("Final score"),
    "grade": n_("Grade"),
    "proposed_grade": n_("Grade"),
    "pay": n_("Pay"),
    "rights": n_("Rights"),
    QUEUE: n_("What waits to be verified"),
    "stage": n_("Stage"),
}
_DEEDS: Final = {"grade": Deed.SEE_GRADE, "proposed_grade": Deed.SEE_GRADE, "pay": Deed.SEE_PAY}
"""What a member takes to be seen; the others what scores take."""


_ACCOUNT: Final = "account:"
"""How an effect calls an account that is no employee's."""

_ROLE_NAMES: Final = frozenset(role.value for role in Role)


class ShownTurn(NamedTuple):
    """A figure before and after, in words, and by how much it differs, where that can be said."""

    figure: str
    before: str
    after: str
    change: str = ""
    way: int = 0
    """Above 0 for the better, below 0 for the worse."""
    why: str = ""
    """Where that would surprise whoever reads what else is moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMoved:
    """All that is moved of one person, unit or account in a cycle.

    Attributes:
        whose: the name.
        beside: the unit that a person is posted to, or nothing.
        cycle: where it is another than the one looked at first.
        final_score, grade, pay, rights: None where it stays.
        others: own score, the scores of KPIs and whatever else, in their order.
    """

    whose: Name | str
    beside: Name | str
    cycle: str | None
    final_score: ShownTurn | None
    grade: ShownTurn | None
    pay: ShownTurn | None
    rights: ShownTurn | None
    others: tuple[ShownTurn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What is moved, summed up and by whom.

    Attributes:
        summary: sentences that sum it up: scores, grades, pay, rights.
        rows: whose grade changes first, then by how far the final score is moved.
        members: which of final_score, grade, pay and rights are moved of anybody.
    """

    summary: tuple[str, ...]
    rows: tuple[NodeMoved, ...]
    members: frozenset[str]


def effects_seen(
    context: RequestContext, effects: Iterable[DecisionEffect], *, checks: bool, cycle: int | None = None
) -> list[DecisionEffect]:
    """Those of the effects that who asks may see; who is to agree sees what it is that they agree to, but not their own grade and pay before they are told.

    Args:
        context: the request's.
        effects: all of them.
        checks: whether who asks can agree.
        cycle: of which they are, where they are a decision's about one: grades and pay are seen as those of the cycle.
    """
    sees = sees_effects(context, checks=checks, cycle=cycle)
    return [one for one in effects if sees(one.node, one.member)]


def sees_effects(context: RequestContext, *, checks: bool, cycle: int | None = None) -> Callable[[str, str], bool]:
    """A test for many effects: whether who asks may see that a member of a node is moved; as of :func:`effects_seen`."""
    sees = {deed: context.sees(deed) for deed in (Deed.SEE_SCORECARD, Deed.SEE_GRADE, Deed.SEE_PAY)}
    of_cycle = None if cycle is None else grades_seen(context, cycle)
    if of_cycle is not None:
        by_role = sees[Deed.SEE_SCORECARD]
        sees |= {
            Deed.SEE_GRADE: of_cycle.grade,
            Deed.SEE_PAY: of_cycle.pay,
            # A grade is shown with the score that it goes by.
            Deed.SEE_SCORECARD: lambda node: by_role(node) or of_cycle.grade(node),
        }

    def seen(text: str, member: str) -> bool:
        # Of an account whose rights they are, whoever sees the decision reads in it.
        if text.startswith(_ACCOUNT):
            return True
        node = Node.parse(text)
        if checks:
            if of_cycle is None or node is None or member not in _DEEDS:
                return True
            return not (of_cycle.hides_pay(node) if member == "pay" else of_cycle.hides(node))
        return node is not None and sees[_DEEDS.get(member, Deed.SEE_SCORECARD)](node)

    return seen


def shown_effects(
    context: RequestContext, effects: Sequence[DecisionEffect], *, by_people: Mapping[str, str] = NO_WHYS
) -> Moves:
    """Effects as a page shows them, whose they are in one row, KPIs, units and people by their names.

    Args:
        context: the request's.
        effects: in any order.
        by_people: why, in words or none, by the nodes whose grades people make: their places have no part in it.

    Queries: 1, or 2 where the organisation was not asked for.
    """
    definitions = scoring.state(context.connection).sheet.definitions
    of: dict[tuple[str | None, str], list[DecisionEffect]] = {}
    for one in effects:
        of.setdefault((one.cycle, one.node), []).append(one)
    ranked = sorted(of.values(), key=_how_much)
    rows = tuple(_moved(context, definitions, some, by_people) for some in ranked)
    against = sum(1 for (_, node), some in of.items() if node not in by_people and _is_against_score(some))
    return Moves(
        summary=(*_summary(effects), *([str(gettext(_AGAINST_SCORE, count=number(against)))] if against else ())),
        rows=rows,
        members=frozenset(_column(one.member) for one in effects) & frozenset(_COLUMNS),
    )


def _column(member: str) -> str:
    """Where a member stands: what a cycle's certificate proposes as a grade where grades do."""
    return "grade" if member == "proposed_grade" else member


_BY_PLACE: Final = n_("by the place in the group")
_AGAINST_SCORE: Final = n_(
    "Grades that do not go with the score: %(count)s. A grade goes by the place within the evaluation group and by the group's seats: where others there rise or fall further, or the seats move, it changes whatever the own score does."
)


def _is_against_score(some: Iterable[DecisionEffect]) -> bool:
    """Whether somebody's grade is another though the final score stays, or goes the other way."""
    by = {one.member: _difference(one) for one in some}
    grade, final = by.get("grade"), by.get("final_score", 0.0)
    return bool(grade) and grade is not None and final is not None and grade * final <= 0


def _how_much(some: list[DecisionEffect]) -> tuple[bool, bool, bool, float]:
    """Whoever gets nothing where there was nothing stands last."""
    members = {one.member: one for one in some}
    final = members.get("final_score")
    is_empty = all(one.before is None and one.after is None for one in some)
    return (
        is_empty,
        "grade" not in members,
        "rights" not in members,
        0.0 if final is None else -abs(_difference(final) or 0.0),
    )


def _moved(
    context: RequestContext, definitions: Definitions, some: list[DecisionEffect], by_people: Mapping[str, str]
) -> NodeMoved:
    first = some[0]
    node = Node.parse(first.node)
    turns = {_column(one.member): _turn(context, definitions, one) for one in some}
    why = by_people.get(first.node, str(gettext(_BY_PLACE)) if _is_against_score(some) else "")
    if why and "grade" in turns:
        turns["grade"] = turns["grade"]._replace(why=why)
    beside: Name | str = ""
    if node is not None and node.kind is NodeKind.EMPLOYEE:
        unit = context.directory.unit_of(node.code, context.today)
        beside = "" if unit is None else scoring.node_name(context.directory, Node(NodeKind.UNIT, unit), context.today)
    return NodeMoved(
        whose=first.node.removeprefix(_ACCOUNT)
        if node is None
        else scoring.node_name(context.directory, node, context.today),
        beside=beside,
        cycle=first.cycle,
        final_score=turns.get("final_score"),
        grade=turns.get("grade"),
        pay=turns.get("pay"),
        rights=turns.get("rights"),
        others=tuple(turn for member, turn in turns.items() if member not in _COLUMNS),
    )


def _turn(context: RequestContext, definitions: Definitions, one: DecisionEffect) -> ShownTurn:
    before, after = one.before, one.after
    if one.member == "rights":
        # What stays is no part of what is moved.
        had, has = before or [], after or []
        before, after = [text for text in had if text not in has], [text for text in has if text not in had]
    by = _difference(one)
    return ShownTurn(
        _figure(definitions, one.member),
        _value(context, one.member, before),
        _value(context, one.member, after),
        "" if not by or one.member == "grade" else _signed(one.member, by),
        0 if by is None else (by > 0) - (by < 0),
    )


def _difference(one: DecisionEffect) -> float | None:
    """After less before; of grades in letters, the better the more. None where one of them is not there, or no number."""
    before, after = one.before, one.after
    if one.member == "pay":
        # Who gets none gets nothing: beginning to is all of it more.
        return (after or 0) - (before or 0)
    if one.member == "grade":
        places = [_LETTERS.index(value) if value in _LETTERS else None for value in (before, after)]
        return None if None in places else float((places[0] or 0) - (places[1] or 0))
    if isinstance(before, int | float) and isinstance(after, int | float):
        return after - before
    return None


def _signed(member: str, by: float) -> str:
    return f"{'+' if by > 0 else '−'}{krw(abs(by)) if member == 'pay' else score(abs(by))}"


def _summary(effects: Iterable[DecisionEffect]) -> Iterator[str]:
    """Scores, grades, pay and rights of employees, then final scores of units: how many rise and fall, and by how much."""
    of: dict[tuple[NodeKind | None, str], list[DecisionEffect]] = {}
    for one in effects:
        if one.member == "rights" and not _is_of_headship(one):
            continue
        node = Node.parse(one.node)
        of.setdefault((None if node is None else node.kind, one.member), []).append(one)
    for key, message in _SUMMED.items():
        some = of.get(key, [])
        if some and key in _FIRST and all(one.before is None for one in some):
            settled = sum(one.after is not None for one in some)
            yield str(gettext(_FIRST[key], count=number(settled), without=number(len(some) - settled)))
        elif some:
            by = [_difference(one) or 0 for one in some]
            yield str(
                gettext(
                    message,
                    count=number(len(some)),
                    up=number(sum(1 for one in by if one > 0)),
                    down=number(sum(1 for one in by if one < 0)),
                    most=score(max(map(abs, by))),
                    before=krw(sum(one.before or 0 for one in some)) if key[1] == "pay" else "",
                    after=krw(sum(one.after or 0 for one in some)) if key[1] == "pay" else "",
                    change=_signed("pay", sum(by)) if key[1] == "pay" else "",
                )
            )


def _is_of_headship(one: DecisionEffect) -> bool:
    """Whether rights that are moved are those of a head; a role or function that is given says itself what it is."""
    turned = {*(one.before or ())} ^ {*(one.after or ())}
    return any(text not in _ROLE_NAMES and text not in CYCLE_FUNCTIONS for text in turned)


_SUMMED: Final = {
    (NodeKind.EMPLOYEE, "grade"): n_(
        "Grades of people that change: %(count)s (%(up)s for the better, %(down)s for the worse)."
    ),
    (NodeKind.EMPLOYEE, "pay"): n_(
        "People whose pay changes: %(count)s (%(up)s more, %(down)s less). Theirs together: %(after)s in place of %(before)s (%(change)s)."
    ),
    (NodeKind.EMPLOYEE, "final_score"): n_(
        "Final scores of people that change: %(count)s (%(up)s rise, %(down)s fall, by %(most)s at most)."
    ),
    (NodeKind.UNIT, "grade"): n_(
        "Grades of units that change: %(count)s (%(up)s for the better, %(down)s for the worse)."
    ),
    (NodeKind.UNIT, "final_score"): n_(
        "Final scores of units that change: %(count)s (%(up)s rise, %(down)s fall, by %(most)s at most)."
    ),
    (NodeKind.EMPLOYEE, "rights"): n_("People who head another unit, or on other days: %(count)s."),
}


_FIRST: Final = {
    (NodeKind.EMPLOYEE, "grade"): n_(
        "People whose grades are proposed by it: %(count)s. Without a grade: %(without)s."
    ),
    (NodeKind.EMPLOYEE, "final_score"): n_(
        "People whose final scores are settled by it: %(count)s. Without a score: %(without)s."
    ),
    (NodeKind.UNIT, "grade"): n_("Units whose grades are proposed by it: %(count)s. Without a grade: %(without)s."),
    (NodeKind.UNIT, "final_score"): n_(
        "Units whose final scores are settled by it: %(count)s. Without a score: %(without)s."
    ),
}
"""Where nothing was settled before, nothing rises or falls."""


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
    if member == "stage":
        return str(gettext(STAGES.get(value, value)))
    return score(value) if isinstance(value, int | float) else str(value)


def _headed(context: RequestContext, text: str) -> str:
    """Which role or function somebody has, or which unit they head, and when."""
    if text in _ROLE_NAMES:
        return str(gettext(ROLES[Role(text)]))
    if text in CYCLE_FUNCTIONS:
        return str(gettext(CYCLE_FUNCTIONS[text]))
    unit, _, span = text.partition(" ")
    node = Node.parse(unit)
    shown = named(unit if node is None else scoring.node_name(context.directory, node, context.today))
    first, _, last = span.partition("/")
    if not last[:1].isdigit():
        return str(gettext(n_("%(unit)s from %(from)s on"), unit=shown, **{"from": _day(first)}))
    # A period ends before its end; people say its last day.
    until = day_text(dt.date.fromisoformat(last) - dt.timedelta(days=1))
    return str(gettext(n_("%(unit)s from %(from)s to %(to)s"), unit=shown, to=until, **{"from": _day(first)}))


def _day(text: str) -> str:
    return day_text(dt.date.fromisoformat(text)) if text[:1].isdigit() else text
