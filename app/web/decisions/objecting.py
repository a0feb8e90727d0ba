"""What pages and API do with objections: who sees which, who does what about one, and what each is told of it (contract-cycle, 7).

A newcomer's usual mistake: to show an objector who voted how. They read what was decided and why, and no names of members.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from flask_babel import gettext

from app import cascade, decisions, objecting, scoring
from app import cycle as cycles
from app.cycle import Hearings, NotNow, OpenedCycle
from app.decisions import Answered, DecisionKind
from app.kit.refusals import Invalid, NotThere, at_field
from app.objecting import Case, ObjectionStep, ObjectionWish, Vote
from app.plain.findings import n_
from app.rules.deciding import Obstacle
from app.rules.objections import NO_EFFECT, ObjectionAbout, ObjectionState, answers
from app.rules.permissions import Deed, may
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Node, NodeKind
from app.scoring import State
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.wording.naming import distinct_name

__all__ = [
    "GrantedToName",
    "ObjectionParts",
    "answered",
    "answered_by",
    "appealed",
    "as_json",
    "case_seen",
    "cases_seen",
    "granted_to_name",
    "lists_docket",
    "objected",
    "parts_of",
    "shows_members",
    "voted",
    "withdrawn",
]

_SEES_ALL: Final = frozenset({CycleFunction.APPROVER})
_LISTS: Final = _SEES_ALL | {CycleFunction.OBJECTIONS}


class ObjectionParts(NamedTuple):
    """As what somebody sees an objection; who is none of it sees nothing of it.

    Attributes:
        owner: it is their own.
        reads_all: hr, approvers and auditors.
        confirms: they answer it, or would have, or have, themself or in somebody's place.
        hears: they are of its committee.
    """

    owner: bool
    reads_all: bool
    confirms: bool
    hears: bool


def parts_of(context: RequestContext, cycle: int) -> Callable[[Case], ObjectionParts]:
    """As what who asks sees each objection of a cycle."""
    viewer = context.viewer
    own = decisions.own_nodes(context.directory, email=viewer.email, employee=viewer.employee, day=context.today)
    reads_all = may(viewer.roles, Deed.SEE_GRADE, ()) or not _SEES_ALL.isdisjoint(viewer.authorities(cycle))

    def parts(case: Case) -> ObjectionParts:
        is_own = Node(NodeKind.EMPLOYEE, case.objection.employee) in own
        if is_own:
            return ObjectionParts(objecting.is_objector(viewer, case.objection), False, False, False)
        answer = case.objection.answer
        confirms = objecting.answer_part(case, viewer) is not None or (answer is not None and answer.is_of(viewer))
        begun = bool(case.objection.members) or case.state is ObjectionState.APPEALED
        return ObjectionParts(False, reads_all, confirms, begun and case.as_member(viewer) is not None)

    return parts


def _opened(context: RequestContext, cycle: int) -> OpenedCycle:
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or not opened.is_told:
        raise NotThere
    return opened


def _hearings(context: RequestContext, opened: OpenedCycle) -> Hearings:
    return Hearings(context.connection, scoring.state(context.connection), opened, day=context.today)


def cases_seen(context: RequestContext, cycle: int) -> list[Case]:
    """The objections of a cycle that who asks sees, the newest first. Queries: 1, and those of :meth:`app.cycle.Hearings.cases`.

    Raises:
        NotThere: nobody was told anything of the cycle yet.
    """
    parts = parts_of(context, cycle)
    return [one for one in _hearings(context, _opened(context, cycle)).cases() if any(parts(one))]


def case_seen(context: RequestContext, cycle: int, number: int) -> Case:
    """One objection that who asks sees. Queries: as :func:`cases_seen`.

    Raises:
        NotThere: there is none of that number in the cycle, or not for this person.
    """
    case = _hearings(context, _opened(context, cycle)).found(number)
    if case is None or not any(parts_of(context, cycle)(case)):
        raise NotThere
    return case


def lists_docket(context: RequestContext, cycle: int) -> bool:
    """Whether there is a docket for who asks, though there be nothing in it: for hr, auditors and approvers, and who hears objections."""
    authorities = context.viewer.authorities(cycle)
    return may(context.viewer.roles, Deed.SEE_GRADE, ()) or not _LISTS.isdisjoint(authorities)


# ---------------------------------------------------------------------------------------------------------- what is done


def _objector(context: RequestContext, opened: OpenedCycle, on_behalf_of: str | None) -> str:
    """Who objects.

    Raises:
        NotThere: the cycle told them nothing, or it is not for who asks.
        Conflict: it is another's, and who asks is not of hr.
    """
    viewer = context.viewer
    if on_behalf_of is None or on_behalf_of == viewer.employee:
        number = viewer.employee
    else:
        cycling.cycle_seen(context, opened.cycle)
        cycling.refuse_without_role(context)
        number = on_behalf_of
        own = decisions.own_nodes(context.directory, email=viewer.email, employee=viewer.employee, day=context.today)
        if Node(NodeKind.EMPLOYEE, number) in own:
            raise decisions.refusal_for(Obstacle.OWN_CASE)
    if number is None or not cascade.told_to(context.connection, opened.cycle, number):
        raise NotThere
    return number


def objected(
    context: RequestContext,
    cycle: int,
    *,
    about: ObjectionAbout,
    kpi: str | None,
    text: str,
    on_behalf_of: str | None = None,
    received_on: dt.date | None = None,
) -> Case:
    """Raise an objection, and tell the trail.

    Raises:
        NotThere: nobody was told anything of the cycle, or the person was not.
        Invalid: no text; a line that is not theirs; a day that cannot be.
        Conflict: it is hr's to write down for others; the time is over; or there is nothing to object to yet.
    """
    opened = _opened(context, cycle)
    number = _objector(context, opened, on_behalf_of)
    objecting.hold(context.connection)
    # Whoever waited for a lock of the cycle finds it locked.
    opened = _opened(context, cycle)
    hearings = _hearings(context, opened)
    loaded, node = scoring.state(context.connection), Node(NodeKind.EMPLOYEE, number)
    received = _received_on(context, opened, number, received_on, is_own=on_behalf_of is None)
    wish = ObjectionWish(number, about, kpi or None, text, received)
    waiting = sum(one.is_open and one.objection.employee == number for one in hearings.cases())
    made = objecting.keep_objection(
        context.connection,
        wish,
        cycle=cycle,
        round_=opened.round,
        until=_until(context, loaded, opened, number, about),
        waiting=waiting,
        kpis={one.row.kpi for one in hearings.plan.lines.get(node, ())},
        by=context.viewer,
        now=context.now,
    )
    context.note(subject=str(node), after={"cycle": cycle, "objection": made, "about": about.value, "kpi": kpi or None})
    case = hearings.found(made)
    if case is None:
        raise NotThere
    _mail(context, case)
    return case


def _received_on(
    context: RequestContext, opened: OpenedCycle, number: str, day: dt.date | None, *, is_own: bool
) -> dt.date:
    """The day on which an objection came: of one's own today."""
    if is_own and day is not None:
        message = n_("The day is written for others alone, for whom HR writes an objection down: leave it out.")
        raise Invalid(at_field("received_on", "not_here", message))
    if day is None:
        return context.today
    loaded = scoring.state(context.connection)
    told = cycles.told_on(cascade.told_to(context.connection, opened.cycle, number)[number], loaded)
    if day > context.today or (told is not None and day < told):
        message = n_("It cannot have come on that day: write one from the day on which they were told to today.")
        raise Invalid(at_field("received_on", "no_such_day", message))
    return day


def _until(
    context: RequestContext, loaded: State, opened: OpenedCycle, number: str, about: ObjectionAbout
) -> dt.date | None:
    """The last day to object to something.

    Raises:
        NotNow: the cycle's results are locked.
    """
    if about is ObjectionAbout.PAY:
        return cycles.last_day_to_object_to_pay(context.connection, loaded, opened)
    if opened.stage is not Stage.NOTIFIED:
        raise NotNow
    return cycles.last_day_of_window(cascade.told_to(context.connection, opened.cycle, number)[number], loaded)


def _case(context: RequestContext, cycle: int, number: int) -> Case:
    """One to be acted on: nobody else does in the meantime."""
    objecting.hold(context.connection)
    return case_seen(context, cycle, number)


def _refuse_locked(context: RequestContext, case: Case) -> None:
    """Go on only where the cycle was not locked while somebody, who sent it within their days, waited for that.

    Raises:
        NotNow: it was.
    """
    waits = case.state is ObjectionState.ANSWERED and case.objection.about is not ObjectionAbout.PAY
    if waits and _opened(context, case.objection.cycle).stage is not Stage.NOTIFIED:
        raise NotNow


def _noted(context: RequestContext, case: Case, done: str, **more: object) -> Case:
    """What came of it, with the trail told."""
    after = case_seen(context, case.objection.cycle, case.id)
    context.note(
        subject=str(Node(NodeKind.EMPLOYEE, case.objection.employee)),
        before={"objection": case.id, "state": case.state.value},
        after={"objection": case.id, "state": after.state.value, "done": done, **more},
    )
    if after.state is not case.state:
        _mail(context, after)
    return after


def _mail(context: RequestContext, case: Case) -> None:
    cycles.post_objection_mails(context.connection, context.directory, case, but=context.label, now=context.now)


def answered(context: RequestContext, cycle: int, number: int, *, granted: bool, text: str) -> Case:
    """Answer an objection, as who confirms, and tell the trail.

    Raises:
        NotThere: it is not there for them.
        Invalid: no text.
        Conflict: by its codes.
    """
    case = _case(context, cycle, number)
    objecting.answer(context.connection, case, granted=granted, text=text, by=context.viewer, now=context.now)
    return _noted(context, case, "answer", granted=granted)


def appealed(context: RequestContext, cycle: int, number: int, text: str) -> Case:
    """Appeal to the committee, and tell the trail.

    Raises:
        NotThere: it is not there for them.
        Invalid: no text.
        Conflict: by its codes.
    """
    case = _case(context, cycle, number)
    _refuse_locked(context, case)
    objecting.appeal(context.connection, case, text=text, by=context.viewer, now=context.now)
    return _noted(context, case, "appeal")


def voted(context: RequestContext, cycle: int, number: int, vote: Vote) -> Case:
    """Vote as a member of the committee, and tell the trail.

    Raises:
        NotThere: it is not there for them.
        Invalid: no text.
        Conflict: by its codes.
    """
    case = _case(context, cycle, number)
    objecting.vote(context.connection, case, vote, by=context.viewer, now=context.now)
    return _noted(context, case, "vote", grant=vote.grant)


def withdrawn(context: RequestContext, cycle: int, number: int) -> Case:
    """Take an objection back, and tell the trail.

    Raises:
        NotThere: it is not there for them.
        Conflict: by its codes.
    """
    case = _case(context, cycle, number)
    objecting.withdraw(context.connection, case, by=context.viewer, now=context.now)
    return _noted(context, case, "withdraw")


# ------------------------------------------------------------------------------------------------- decisions that answer one


_GRANTED: Final = frozenset({ObjectionState.GRANTED, ObjectionState.SETTLED})


def _case_named(context: RequestContext, cycle: str | None, number: int) -> Case | None:
    """An objection that a decision names. Calibrators see none, and name what is granted: of any other they learn nothing."""
    opened = cycles.opened_cycle(context.connection, int(cycle)) if cycle and cycle.isdecimal() else None
    if opened is None or not opened.is_told:
        return None
    case = _hearings(context, opened).found(number)
    if case is None or not (case.state in _GRANTED or any(parts_of(context, opened.cycle)(case))):
        return None
    return case


class GrantedToName(NamedTuple):
    """A granted objection that a decision may name: its number, how it is called, and whose it is."""

    number: str
    called: str
    node: Node


def granted_to_name(context: RequestContext, cycle: int, kind: str, *, group: str | None = None) -> list[GrantedToName]:
    """The granted objections without effect yet that a decision of a kind may name, the oldest first.

    Args:
        context: the request's.
        cycle: of which cycle.
        kind: of decision.
        group: only those of people who were told that they are in this evaluation group.

    Queries: those of :func:`cases_seen`.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or not opened.is_told:
        return []
    results = scoring.state(context.connection).sheet.told_of(cycle).results

    def is_of_group(case: Case) -> bool:
        result = results.get(Node(NodeKind.EMPLOYEE, case.objection.employee))
        return group is None or (result is not None and result.group == group)

    return [
        GrantedToName(str(one.id), _named(context, one), Node(NodeKind.EMPLOYEE, one.objection.employee))
        for one in reversed(_hearings(context, opened).cases())
        if one.state is ObjectionState.GRANTED and answers(kind, one.objection.about) and is_of_group(one)
    ]


def _named(context: RequestContext, case: Case) -> str:
    whose = distinct_name(context, Node(NodeKind.EMPLOYEE, case.objection.employee))
    return str(
        gettext(
            n_("Objection %(number)s of %(name)s, %(cycle)s"),
            number=case.id,
            name=whose,
            cycle=case.objection.cycle,
        )
    )


def answered_by(context: RequestContext, kind: DecisionKind, cycle: str | None, number: int | None) -> Answered | None:
    """The objection that a decision is to give effect to.

    Raises:
        Invalid: there is none of that number for this person; it is not granted; or a decision of this kind answers none such.
    """
    if number is None:
        if kind.code == NO_EFFECT:
            message = n_("No objection is named: write the number of the one that changes nothing.")
            raise Invalid(at_field("objection", "no_objection", message))
        return None
    case = _case_named(context, cycle, number)
    if case is None:
        message = n_("There is no objection %(number)s in this cycle: name one that is.")
        raise Invalid(at_field("objection", "unknown_objection", message, number=number))
    if not answers(kind.code, case.objection.about):
        message = n_("A decision of this kind gives effect to no such objection: leave it out.")
        raise Invalid(at_field("objection", "not_answered_by", message))
    if case.state not in _GRANTED:
        message = n_("The objection %(number)s is not granted: wait until it is.")
        raise Invalid(at_field("objection", "not_granted", message, number=number))
    return Answered(number, Node(NodeKind.EMPLOYEE, case.objection.employee))


# ---------------------------------------------------------------------------------------------------------- what is told


def as_json(context: RequestContext, case: Case) -> dict[str, Any]:
    """An objection as the API writes it, for who asks: members and their votes are absent for whom they are not."""
    parts, one = parts_of(context, case.objection.cycle)(case), case.objection
    answer, appeal = one.answer, one.last("appeal")
    told: dict[str, Any] = {
        "id": one.id,
        "cycle": str(one.cycle),
        "round": one.round,
        "employee": one.employee,
        "about": one.about.value,
        "kpi": one.kpi,
        "text": one.text,
        "state": case.state.value,
        "received_on": one.received_on.isoformat(),
        "at": one.at.isoformat(),
        "on_behalf": one.on_behalf,
        "confirmer": case.confirmers[0],
        "confirmers": list(case.confirmers),
        "who": list(case.who),
        "since": case.since.isoformat(),
        "due_on": None if case.due_on is None else case.due_on.isoformat(),
        "answer": None if answer is None else _step_json(answer, "granted"),
        "appeal": None if appeal is None else {"text": appeal.text, "at": appeal.at.isoformat()},
        "decided": _decided_json(case),
        "decisions": list(case.decisions),
    }
    if shows_members(case, context, parts):
        told["committee"] = {
            "members": list(case.committee.members),
            "recused": [{"person": who, "why": why.value} for who, why in sorted(case.committee.recused.items())],
            "least": case.committee.least,
            "quorum": case.committee.has_quorum,
        }
        told["votes"] = [_step_json(vote, "grant") for vote in one.votes]
    else:
        # Of the committee the objector and who confirms are told what it said, and not who.
        told["who"] = ["committee"] if case.state is ObjectionState.APPEALED else told["who"]
    return told


def shows_members(case: Case, context: RequestContext, parts: ObjectionParts) -> bool:
    """Whether who asks reads who is of the committee and what each said: hr, approvers and auditors; members once they have voted."""
    member = case.as_member(context.viewer)
    has_said = member is not None and member not in case.to_vote
    return (parts.reads_all and not (member is not None and not has_said)) or (parts.hears and has_said)


def _step_json(step: ObjectionStep, name: str) -> dict[str, Any]:
    return {
        name: step.grants,
        "text": step.text,
        "by": step.person,
        "for": step.acts_for,
        "at": step.at.isoformat(),
    }


def _decided_json(case: Case) -> dict[str, Any] | None:
    """What the committee decided, with what its members said; None before it has."""
    votes = case.objection.votes
    if case.state in {ObjectionState.APPEALED, ObjectionState.WITHDRAWN} or not votes:
        return None
    granting = sum(bool(one.grants) for one in votes)
    return {
        "granted": case.state in {ObjectionState.GRANTED, ObjectionState.SETTLED},
        "for": granting,
        "against": len(votes) - granting,
        "texts": [{"grant": one.grants, "text": one.text} for one in votes],
    }
