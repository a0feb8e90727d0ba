"""Functions of a cycle, given by hr and an executive: who approves, certifies, calibrates, hears objections, exports the pay run (contract-cycle, 1).

Do not look at accounts alone. A function goes to a person: a number that may have no account yet, or an account that is no employee's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access, organisation, scoring
from app.access import Account, FunctionGiven
from app.cycle.opened import cycle_named, figures_stand, opened_cycle
from app.decisions import Decision, DecisionKind, Read
from app.kit.refusals import Conflict, Invalid, at_field, is_one_of, unknown_members
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect
from app.rules.moments import written_day
from app.rules.permissions import BARRED_FROM_FUNCTION, INCOMPATIBLE_FUNCTIONS, HeldRole, roles_that_hold
from app.rules.terms import CycleFunction, Node, NodeKind, Role

__all__ = ["APPOINT"]

_MEMBERS: Final = ("person", "function", "groups", "from", "to")
ALL: Final = "all"


class Incompatible(Conflict):
    """What the person is, or was given already, does not go with it."""

    code = "incompatible"
    message = n_("%(person)s cannot be given this, since %(why)s: choose somebody else.")


class _Person(NamedTuple):
    """Whom a content names: an employee, or an account that is none's."""

    employee: str | None
    account: Account | None
    email_key: str


def _person(connection: Connection, directory: Directory, text: str) -> _Person | None:
    """Who it is that a content names by number or e-mail; None for nobody. Queries: 1 at most."""
    if text in directory.employees:
        return _Person(text, access.account_of_employee(connection, text), "")
    key = access.email_key(text)
    account = access.account_of(connection, email=text) if "@" in text else None
    if account is not None:
        return _Person(account.employee, account, key)
    numbers = directory.numbers_of_email(key) if "@" in text else ()
    return _Person(numbers[0], access.account_of_employee(connection, numbers[0]), key) if len(numbers) == 1 else None


def _problems(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the members of a content, whoever it names."""
    yield from unknown_members(content, _MEMBERS)
    if not is_one_of(content.get("function"), {*CycleFunction}):
        message = n_("There is no such function: choose one of %(functions)s.")
        yield at_field("content/function", "unknown_function", message, functions=", ".join(CycleFunction))
    groups = content.get("groups", ALL)
    if groups != ALL and not (isinstance(groups, list) and groups and all(isinstance(one, str) for one in groups)):
        message = n_("These are no groups: write a list of evaluation groups, or “all”.")
        yield at_field("content/groups", "no_groups", message)
    elif groups != ALL and content.get("function") != CycleFunction.CALIBRATOR:
        message = n_("Only a calibrator has groups: leave them out.")
        yield at_field("content/groups", "no_groups_here", message)
    days = {name: written_day(content.get(name)) for name in ("from", "to")}
    for name, day in days.items():
        if day is None:
            message = n_("“%(value)s” is no day: write it as 2026-03-20.")
            yield at_field(f"content/{name}", "no_day", message, value=quoted(str(content.get(name))))
    if days["from"] is not None and days["to"] is not None and days["to"] <= days["from"]:
        message = n_("It would end before it begins: write a later day, for “to” is the day after the last one.")
        yield at_field("content/to", "empty_period", message)


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    year = cycle_named(cycle, scoring.state(connection), today=today)
    problems = list(_problems(content))
    directory = organisation.directory(connection)
    text = content.get("person")
    person = _person(connection, directory, text) if isinstance(text, str) else None
    if person is None:
        message = n_("There is nobody “%(value)s”: write an employee's number, or the e-mail of an account.")
        problems.append(at_field("content/person", "unknown_person", message, value=quoted(str(text))))
    if problems or person is None:
        raise Invalid(*problems)
    given = _given(year, content, person, decision=0)
    _refuse_incompatible(connection, directory, given, person, text=str(text), today=today)
    opened = opened_cycle(connection, year)
    about = frozenset(_about(directory, person))
    kept = {name: content[name] for name in _MEMBERS if name in content}
    return Read(kept, about, None if opened is None else opened.round)


def _about(directory: Directory, person: _Person) -> set[Node]:
    """The employee whom it is: of an account without a number who has its e-mail."""
    known = access.known_as(directory, {person.employee or person.email_key})
    return {Node(NodeKind.EMPLOYEE, one) for one in known & directory.employees.keys()}


def _given(cycle: int, content: Mapping[str, Any], person: _Person, *, decision: int) -> FunctionGiven:
    groups = content.get("groups", ALL)
    is_calibrator = content["function"] == CycleFunction.CALIBRATOR
    return FunctionGiven(
        cycle=cycle,
        function=CycleFunction(content["function"]),
        employee=person.employee,
        email_key=person.email_key if person.employee is None else None,
        groups=tuple(sorted(set(groups))) if is_calibrator and groups != ALL else None,
        from_day=dt.date.fromisoformat(content["from"]),
        to_day=dt.date.fromisoformat(content["to"]),
        decision=decision,
    )


def _refuse_incompatible(
    connection: Connection, directory: Directory, given: FunctionGiven, person: _Person, *, text: str, today: dt.date
) -> None:
    """Go on only where the person's roles, and what they were given in the cycle, go with it.

    Raises:
        Incompatible: they do not.
    """
    employee, account = person.employee, person.account
    known = access.known_as(directory, {given.person})
    heads = any(
        directory.units_headed_by(one.code, day)
        for one in _about(directory, person)
        for day in (max(given.from_day, today), given.from_day)
    )
    granted: frozenset[HeldRole] = roles_that_hold(
        () if account is None else account.roles, of_employee=employee is not None or heads, heads=heads
    )
    if not BARRED_FROM_FUNCTION[given.function].isdisjoint(granted):
        why = n_("an administrator holds no function, and who certifies is neither of HR nor a head")
        raise Incompatible(parameters={"person": text, "why": why})
    for other in access.functions_given(connection, given.cycle):
        overlaps = other.from_day < given.to_day and given.from_day < other.to_day
        pair = frozenset({other.function, given.function})
        if (
            not known.isdisjoint(access.known_as(directory, {other.person}))
            and overlaps
            and pair in INCOMPATIBLE_FUNCTIONS
        ):
            why = n_("nobody is approver and payroll, or certifier and approver, of one cycle")
            raise Incompatible(parameters={"person": text, "why": why})


def _people(connection: Connection, content: Mapping[str, Any]) -> frozenset[str]:
    """By what the person who is appointed is known."""
    directory = organisation.directory(connection)
    person = _person(connection, directory, str(content["person"]))
    if person is None:
        return frozenset()
    email = person.email_key or ("" if person.account is None else person.account.email)
    id_ = None if person.account is None else person.account.id
    marks = access.marks_of(directory, account_id=id_, email=email, employee=person.employee)
    return marks - {"email:"}


def _effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, _today: dt.date
) -> tuple[DecisionEffect, ...]:
    """The rights of whom it is given to: their functions in the cycle, before and after."""
    directory = organisation.directory(connection)
    person = _person(connection, directory, str(content["person"]))
    if person is None:
        return ()
    given = _given(int(str(cycle)), content, person, decision=0)
    before = sorted(
        one.function.value for one in access.functions_given(connection, given.cycle) if one.person == given.person
    )
    after = sorted({*before, given.function.value})
    node = f"account:{person.email_key}" if person.employee is None else str(Node(NodeKind.EMPLOYEE, person.employee))
    return (DecisionEffect(node, "rights", before, after),)


def _overtaken(connection: Connection, decision: Decision) -> list[Mapping[str, Any]]:
    """Whom it names is nobody any more, or another."""
    directory = organisation.directory(connection)
    person = _person(connection, directory, str(decision.content["person"]))
    about = set() if person is None else _about(directory, person)
    return [] if person is not None and about == decision.about else [{"person": decision.content["person"]}]


def _apply(connection: Connection, decision: Decision) -> None:
    directory = organisation.directory(connection)
    person = _person(connection, directory, str(decision.content["person"]))
    if person is None:
        message = f"decision {decision.id} names nobody"
        raise LookupError(message)
    hand = decision.done_by
    given = _given(decision.cycle_year, decision.content, person, decision=decision.id)
    _refuse_incompatible(
        connection,
        directory,
        given,
        person,
        text=str(decision.content["person"]),
        today=directory.day_of(hand.at),
    )
    access.give_function(connection, given)
    if person.account is not None and person.account.password_handed:
        # Whoever handed it over may know it: from now on it would open more than an administrator is given.
        access.ask_for_new_password(connection, account_id=person.account.id, now=hand.at)


APPOINT: Final = DecisionKind(
    code="appoint",
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.EXECUTIVE}),
    seen_by=frozenset({Role.AUDITOR}),
    read=_read,
    effects=_effects,
    apply=_apply,
    overtaken=_overtaken,
    people=_people,
    hold=access.hold_accounts,
    signs_effects_of=figures_stand,
    of_cycle=True,
)
"""A function of a cycle: by hr, and an executive."""
