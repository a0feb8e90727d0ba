"""Who hears objections: who confirms, who is of the committee and who is not, and so how far each is (contract-cycle, 7 and 13).

A newcomer's usual mistake: to look for the head of whoever objects. Confirmed is a result by the head above the one who reviewed it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from app import access, cascade, decisions, objecting
from app.access import email_key
from app.cycle.agreement.agreed_cards import heads_up_the_line
from app.cycle.close.reviewing import Review, reviews_signed
from app.cycle.opened import OpenedCycle
from app.cycle.year.rating import RatedLine, rated_lines_among
from app.decisions import DecisionFilter, DecisionMaker
from app.objecting import Case, Committee, Objection
from app.rules.deciding import DecisionState
from app.rules.objections import (
    PAY_DAYS,
    CommitteeTerm,
    Course,
    Recusal,
    first_quorum,
    last_day_to_answer,
    last_day_to_appeal,
    recusal_of,
    state_of,
)
from app.rules.policies import ObjectionPolicy
from app.rules.reviewing import reviewing_heads
from app.rules.terms import CycleFunction, Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = ["Hearings", "last_day_to_object_to_pay", "objections_open"]

_NO_HAND_IN_IT: Final = frozenset({cascade.TARGET_DECISIONS, "appoint"})
"""Decisions that say nothing of what somebody came to: targets, which their owner signs, and what they are to do in the cycle."""
_DECIDED_BEFORE: Final = (Recusal.MAKER, Recusal.CHECKER, Recusal.REVIEWER)


class Hearings:
    """The objections of a cycle, each with who hears it. What it needs is read once, and only where there is any."""

    def __init__(self, connection: Connection, loaded: State, opened: OpenedCycle, *, day: dt.date) -> None:
        """Take what is read.

        Args:
            connection: any transaction.
            loaded: what is loaded and decided.
            opened: the cycle.
            day: today.
        """
        self._connection, self._loaded, self.opened, self.day = connection, loaded, opened, day
        self._raters: dict[str, list[RatedLine]] = {}

    def cases(self) -> list[Case]:
        """All objections, the newest first. Queries: 1 where there is none, else 11 at most."""
        some = objecting.objections_of(self._connection, self.opened.cycle)
        self._read_raters({one.employee for one in some})
        return [self.case(one) for one in some]

    def found(self, number: int) -> Case | None:
        """One of them. Queries: as those of :meth:`cases`."""
        some = objecting.objections_of(self._connection, self.opened.cycle, number=number)
        return self.case(some[0]) if some else None

    # ------------------------------------------------------------------------------------------------- what it hangs on

    @cached_property
    def plan(self) -> CyclePlan:
        """The cycle's."""
        return self._loaded.plan(self.opened.cycle)

    @property
    def policy(self) -> ObjectionPolicy:
        """How long there is, and how many it takes."""
        return self.plan.sheet.definitions.policies.objections

    @cached_property
    def _signed(self) -> Mapping[str, Sequence[Review]]:
        return reviews_signed(self._connection, self.opened.cycle)

    def _reviewer(self, employee: str) -> str | None:
        """Who reviewed somebody last: the number of the head in whose place it was done, else the person."""
        signed = self._signed.get(employee)
        return (signed[-1].acts_for or signed[-1].person) if signed else None

    def _reviewers(self, employee: str) -> frozenset[str]:
        """All who ever reviewed somebody, and in whose place they did."""
        signed = self._signed.get(employee, ())
        return _named([*(one.person for one in signed), *(one.acts_for for one in signed)])

    @cached_property
    def _makers(self) -> Mapping[str, frozenset[DecisionMaker]]:
        return decisions.makers_about(self._connection, cycle=str(self.opened.cycle), but=_NO_HAND_IN_IT)

    @cached_property
    def _checkers(self) -> Mapping[str, frozenset[DecisionMaker]]:
        return decisions.checkers_about(self._connection, cycle=str(self.opened.cycle), but=_NO_HAND_IN_IT)

    @cached_property
    def _naming(self) -> Mapping[int, Mapping[int, DecisionState]]:
        return decisions.decisions_naming(self._connection, cycle=str(self.opened.cycle))

    @cached_property
    def _holders(self) -> Mapping[str, tuple[frozenset[str], CommitteeTerm]]:
        """Who was given to hear objections: by what they are known, and from when to when they may; those whom it is not left today are not among them."""
        connection, cycle, directory = self._connection, self.opened.cycle, self.plan.frame.directory
        given = [one for one in access.functions_given(connection, cycle) if one.function is CycleFunction.OBJECTIONS]
        agreed = decisions.ended_at(connection, {one.decision for one in given})
        people = access.holding_people(
            connection, directory, cycle=cycle, function=CycleFunction.OBJECTIONS, day=self.day
        )
        names = [_named(one) for one in people]
        numbers = {one.employee for one in given}
        holders = {}
        for one in given:
            mine = next((some for some in names if one.person in some), None)
            if mine is None and one.from_day <= self.day < one.to_day:
                continue
            known = access.known_as(directory, mine or _named([one.person]))
            if one.employee is None and not numbers.isdisjoint(known):
                # Who was given it by number and by an account of theirs is one member, and votes once.
                continue
            since = directory.day_of(agreed[one.decision]) if one.decision in agreed else one.from_day
            term = CommitteeTerm(one.person, max(one.from_day, since), one.to_day)
            holders[one.person] = (known, term)
        return holders

    def _read_raters(self, employees: Collection[str]) -> None:
        wanted = [one for one in employees if one not in self._raters]
        if not wanted:
            return
        self._raters |= {one: [] for one in wanted}
        nodes = [Node(NodeKind.EMPLOYEE, one) for one in wanted]
        for line in rated_lines_among(self._connection, self._loaded, self.opened, nodes, day=self.day):
            self._raters[line.node.code].append(line)

    def _raters_of(self, employee: str, kpi: str | None = None) -> frozenset[str]:
        """Who rates, or has rated, a line of somebody; without one any line."""
        self._read_raters([employee])
        some = [line for line in self._raters[employee] if kpi in {None, line.kpi}]
        given = [each for line in some for each in line.given]
        accounts = (each.account.removeprefix("account:") for each in given)
        return _named([*(one for line in some for one in line.raters), *(each.employee for each in given), *accounts])

    # --------------------------------------------------------------------------------------------------- who hears one

    def _lines(self, employee: str) -> Sequence[tuple[str, ...]]:
        return heads_up_the_line(self.plan.frame.directory, self.plan, employee, self.day)

    def _judged(self, employee: str, kpi: str | None) -> frozenset[str]:
        """Who had a hand in what somebody came to, and so does not confirm it."""
        barred = self._hands(employee)
        some = frozenset[str]().union(*(barred[one] for one in _DECIDED_BEFORE))
        return self._known(some | self._raters_of(employee, kpi))

    def _known(self, names: frozenset[str]) -> frozenset[str]:
        """The same people by whatever account: one without a number that has an employee's e-mail is that employee."""
        return access.known_as(self.plan.frame.directory, names)

    def confirmers(self, employee: str, kpi: str | None) -> tuple[str, ...]:
        """Who answers an objection of somebody: heads above the one who reviewed, of whom any one suffices, or ``hr``."""
        lines = self._lines(employee)
        reviewer = self._reviewer(employee)
        makers = {one.employee for one in self._makers.get(employee, ()) if one.employee is not None}
        reviewing = {reviewer} if reviewer is not None else set(reviewing_heads(lines, makers))
        level = next((index for index, some in enumerate(lines) if not reviewing.isdisjoint(some)), None)
        if level is None and reviewer is not None and reviewer in self.plan.frame.directory.employees:
            # Who reviewed leads them no more.
            level = -1
        if level is None:
            return (objecting.BY_HR,)
        judged = self._judged(employee, kpi)
        free = (tuple(one for one in some if one not in judged) for some in lines[level + 1 :])
        return next((some for some in free if some), (objecting.BY_HR,))

    def _hands(self, employee: str) -> dict[Recusal, frozenset[str]]:
        return {
            Recusal.MAKER: _of_hands(self._makers.get(employee, ())),
            Recusal.CHECKER: _of_hands(self._checkers.get(employee, ())),
            Recusal.REVIEWER: self._reviewers(employee),
        }

    def _barred(self, one: Objection) -> dict[Recusal, frozenset[str]]:
        """Whom each reason keeps from hearing an objection."""
        employee = one.employee
        person = self.plan.frame.directory.employees.get(employee)
        answered = [] if one.answer is None else [one.answer.person, one.answer.acts_for]
        return self._hands(employee) | {
            Recusal.OWN: _named([employee, None if person is None else person.email]),
            Recusal.HEAD: _named(next(iter(self._lines(employee)), ())),
            Recusal.CONFIRMER: _named([*self.confirmers(employee, one.kpi), *answered]) - {objecting.BY_HR},
            Recusal.RATER: self._raters_of(employee),
            Recusal.GROUP: self._group_of(employee),
        }

    def _group_of(self, employee: str) -> frozenset[str]:
        """Everybody in somebody's evaluation group, as people were told last."""
        told = self._loaded.sheet.told_of(self.opened.cycle).results
        mine = told.get(Node(NodeKind.EMPLOYEE, employee))
        if mine is None or mine.group is None:
            return frozenset({employee})
        return frozenset(node.code for node, one in told.items() if one.group == mine.group)

    def _committee(self, one: Objection, *, since: dt.date | None) -> Committee:
        """Who hears an objection: those who were fixed, else those who held it on the first day from one on with enough of them; today's without one."""
        barred, least = self._barred(one), self.policy.committee
        recused = {
            person: why
            for person, (names, _) in self._holders.items()
            if person not in one.members and (why := recusal_of(names, barred)) is not None
        }
        if one.members:
            return Committee(one.members, recused, least, one.received_on)
        holdings = self._free(barred)
        first = first_quorum(holdings, since=since or self.day, least=least)
        first = first if first is not None and first <= self.day else None
        on = first or self.day
        members = tuple(sorted(each.person for each in holdings if each.from_ <= on < each.to))
        return Committee(members, recused, least, first)

    def _free(self, barred: Mapping[Recusal, frozenset[str]]) -> list[CommitteeTerm]:
        return [term for names, term in self._holders.values() if recusal_of(names, barred) is None]

    # -------------------------------------------------------------------------------------------------------- how far it is

    def case(self, one: Objection) -> Case:
        """An objection as it stands today."""
        policy, directory = self.policy, self.plan.frame.directory
        until = last_day_to_answer(one.received_on, days=policy.answer_days)
        answer = one.answer
        appeal_until = None
        if answer is not None and not answer.grants:
            holdings = self._free(self._barred(one))
            appeal_until = last_day_to_appeal(
                directory.day_of(answer.at), holdings, days=policy.appeal_days, least=policy.committee
            )
        naming = self._naming.get(one.id, {})
        course = Course(
            answer_until=until,
            granted=None if answer is None else answer.grants,
            appeal_until=appeal_until,
            is_appealed=bool(one.members),
            members=len(one.members),
            votes=tuple(bool(each.grants) for each in one.votes),
            is_withdrawn=one.last("withdraw") is not None,
            has_effect=DecisionState.APPROVED in naming.values(),
        )
        by_itself = until + dt.timedelta(days=1) if answer is None and self.day > until else None
        return Case(
            objection=one,
            state=state_of(course, day=self.day),
            confirmers=self.confirmers(one.employee, one.kpi),
            judged=self._judged(one.employee, one.kpi),
            answer_until=until,
            appeal_until=appeal_until,
            committee=self._committee(one, since=by_itself),
            decisions=tuple(naming),
        )


def _named(some: Iterable[str | None]) -> frozenset[str]:
    """By what people are known: numbers as they are, e-mails as accounts are found by them."""
    return frozenset(email_key(one) if "@" in one else one for one in some if one)


def _of_hands(hands: Iterable[DecisionMaker]) -> frozenset[str]:
    some = list(hands)
    return _named([*(one.employee for one in some), *(one.account.removeprefix("account:") for one in some)])


def objections_open(connection: Connection, loaded: State, opened: OpenedCycle, *, day: dt.date) -> tuple[int, ...]:
    """The objections of a cycle that its lock waits for, in order: all that are neither settled, refused nor withdrawn.

    Queries: those of :meth:`Hearings.cases`.
    """
    return tuple(sorted(one.id for one in Hearings(connection, loaded, opened, day=day).cases() if one.is_open))


def last_day_to_object_to_pay(connection: Connection, loaded: State, opened: OpenedCycle) -> dt.date | None:
    """The last day on which anybody may object to pay: seven days from the approval of the last run; None before there is one. Queries: 2."""
    only = DecisionFilter(kinds=frozenset({"pay_run"}), cycle=str(opened.cycle), state=DecisionState.APPROVED)
    some = decisions.decisions_of(connection, only, visible=lambda _one: True, limit=1)
    if not some:
        return None
    return loaded.plan(opened.cycle).frame.directory.day_of(some[0].done_by.at) + dt.timedelta(days=PAY_DAYS)
