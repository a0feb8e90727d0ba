"""A cycle comes to another stage: hr proposes, an approver agrees, and what is in the way is named (contract-cycle, 3).

Whoever agrees is told of what has come in the way since: the blockers are asked again, and the same list stands on the cycle's page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, ledger, scoring
from app.access import Viewer
from app.cycle.close.blocking import blockers_of, root_in
from app.cycle.cutting import refuse_being_certified
from app.cycle.grading.moved import moved_figures
from app.cycle.opened import NotNow, OpenedCycle, begin_decided, opened_cycle, opened_or_refused
from app.decisions import Decision, DecisionKind, Read
from app.kit.refusals import Conflict, Invalid, at_field, is_one_of, unknown_members
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect, Obstacle
from app.rules.moments import written_day
from app.rules.stages import BACK, BLOCKERS, FORWARD, Blocker, Stage, is_way_back, left_after, next_stages
from app.rules.terms import CycleFunction, Role
from app.scoring import ScoreQuery, State

__all__ = ["AMEND", "STAGE", "Blocked", "accepting", "as_accepted", "read_accepting", "refuse_in_the_way"]


class Blocked(Conflict):
    """Something is in the way of a stage; its findings say what, and of whom."""

    code = "blocked"
    message = n_("The cycle cannot come to this stage yet: put right what is named, or accept what may be accepted.")


# ---------------------------------------------------------------------------------------------------------------- stages

_REACHED: Final = frozenset(FORWARD.values()) | frozenset(BACK.values())
"""The stages that a decision of this kind leads to."""


_UNKNOWN_TOLD: Final = 20


def accepted(content: Mapping[str, Any]) -> frozenset[str]:
    """The codes of the blockers that a content accepts."""
    return frozenset(content.get("accept") or ())


def as_accepted(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content of what is accepted alone, as it is kept."""
    return {name: content[name] for name in ("accept",) if name in content}


def read_accepting(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> tuple[State, OpenedCycle]:
    """What is loaded and decided, and the opened cycle, of a decision that says no more than what it accepts.

    Raises:
        Invalid: it says something else, or names no cycle.
        NotOpened: nobody has opened the cycle.
    """
    problems = accept_problems(content, known={"accept"})
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    return loaded, opened_or_refused(connection, cycle, loaded, today=today)


def accepting(
    refuse: Callable[[Connection, State, OpenedCycle, Mapping[str, Any], dt.date], object],
) -> Callable[[Connection, Mapping[str, Any], str | None, dt.date], Read]:
    """What reads a decision that says no more than what it accepts, and that `refuse` goes on with."""

    def read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
        loaded, opened = read_accepting(connection, content, cycle, today)
        refuse(connection, loaded, opened, content, today)
        return Read(as_accepted(content), round=opened.round)

    return read


def refuse_in_the_way(
    connection: Connection, loaded: State, cycle: int, to: Stage, content: Mapping[str, Any], *, day: dt.date
) -> None:
    """Go on only where nothing stands in the way of a stage that is not accepted.

    Raises:
        Blocked: something does.

    Queries: those of :func:`app.cycle.blockers_of`.
    """
    left = left_after(blockers_of(connection, loaded, cycle, to, day=day), accepted(content))
    if left:
        raise Blocked(*map(Blocker.as_finding, left))


def accept_problems(content: Mapping[str, Any], *, known: Collection[str]) -> list[Finding]:
    """What is wrong with a content that accepts blockers by their codes; `known` are its members."""
    problems = unknown_members(content, known)
    accept = content.get("accept", [])
    if not isinstance(accept, list) or not all(isinstance(one, str) for one in accept):
        message = n_("What is accepted is no list of codes: write one, or leave it out.")
        problems.append(at_field("content/accept", "no_codes", message))
        return problems
    message = n_(
        "There is nothing called “%(value)s” that stands in the way of a stage: write a code that the cycle tells."
    )
    return (
        problems
        + [
            at_field(f"content/accept/{place}", "unknown_code", message, value=quoted(one))
            for place, one in enumerate(accept)
            if one not in BLOCKERS and not one.startswith("rules:")
        ][:_UNKNOWN_TOLD]
    )


def _problems(content: Mapping[str, Any]) -> list[Finding]:
    is_paid = content.get("to") == Stage.PAID
    problems = accept_problems(content, known={"to", "accept", *(("paid_on",) if is_paid else ())})
    if is_paid and written_day(content.get("paid_on")) is None:
        message = n_("“%(value)s” is no day: write it as 2026-03-20.")
        problems.append(at_field("content/paid_on", "no_day", message, value=quoted(str(content.get("paid_on")))))
    if not is_one_of(content.get("to"), _REACHED):
        message = n_("There is no such stage: choose one of %(stages)s.")
        problems.append(at_field("content/to", "unknown_stage", message, stages=", ".join(sorted(_REACHED))))
    return problems


def _read_stage(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = _problems(content)
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    _refuse_blocked(connection, loaded, opened, content, today=today)
    return Read({name: content[name] for name in ("to", "accept", "paid_on") if name in content}, round=opened.round)


def _refuse_blocked(
    connection: Connection, loaded: State, opened: OpenedCycle, content: Mapping[str, Any], *, today: dt.date
) -> None:
    """Go on only where the stage is the next one, or the one before, and nothing is in its way that is not accepted.

    Raises:
        NotNow: it is another.
        BeingCertified: it is proposed to certify the cycle.
        Blocked: something is.
    """
    to = Stage(content["to"])
    if to not in next_stages(opened.stage):
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    if is_way_back(opened.stage, to):
        return
    refuse_in_the_way(connection, loaded, opened.cycle, to, content, day=today)


def _stage_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """The stage of the agency's cycle, before and after."""
    loaded = scoring.state(connection)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    root = root_in(loaded.plan(opened.cycle), today)
    if root is None:
        return ()
    return (DecisionEffect(str(root), "stage", opened.stage.value, content["to"]),)


def _stage_overtaken(connection: Connection, decision: Decision) -> Sequence[Mapping[str, Any]]:
    """The cycle has come to another stage since, or other policies or definitions are loaded than those that were to be published.

    What was proposed as a step on would else, two stages later, be agreed to as a step back.
    """
    opened = opened_cycle(connection, decision.cycle_year)
    from_ = {one.before for one in decision.effects if one.member == "stage"}
    is_there = opened is not None and opened.round == decision.round and (opened.stage.value in from_ or not from_)
    if opened is not None and is_there and Stage(decision.content["to"]) in next_stages(opened.stage):
        return _loaded_since(connection, decision, _PARTS) if _publishes(opened, decision) else ()
    return [{"stage": None if opened is None else opened.stage.value}]


def _publishes(opened: OpenedCycle, decision: Decision) -> bool:
    return opened.stage is Stage.DRAFT and decision.content["to"] == Stage.AGREEMENT.value


def _loaded_since(connection: Connection, decision: Decision, parts: Iterable[str]) -> list[Mapping[str, Any]]:
    """What is loaded otherwise than when it was proposed: nobody has looked at that."""
    return [{"loaded": part} for part in cascade.loaded_since(connection, decision.id) if part in parts]


def _keep_what_is_loaded(connection: Connection, decision: Decision, _seen: Connection) -> None:
    """Whoever agrees agrees to what was loaded then."""
    if decision.kind == "amend" or decision.content.get("to") == Stage.AGREEMENT.value:
        cascade.keep_proposed(connection, decision.id)


def _apply_stage(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    loaded = scoring.state(connection)
    today = loaded.frame.directory.day_of(hand.at)
    opened = opened_or_refused(connection, decision.cycle, loaded, today=today)
    _refuse_blocked(connection, loaded, opened, decision.content, today=today)
    to = Stage(decision.content["to"])
    begin_decided(connection, decision, to, round_=opened.round)
    if to is Stage.AGREEMENT and opened.stage is Stage.DRAFT:
        cascade.publish(connection, cycle=opened.cycle, decision=decision.id, at=hand.at)
    if to is Stage.DRAFT:
        cascade.withdraw_publication(connection, cycle=opened.cycle, decision=decision.id, at=hand.at)
        ledger.record_change(connection, at=hand.at, owners=ledger.owners_text(everyone=True))


def _early_obstacle(
    connection: Connection, viewer: Viewer, content: Mapping[str, Any], cycle: str | None, _day: dt.date
) -> Obstacle | None:
    """That a cycle was paid is payroll's to say; to its other stages hr brings it (contract-cycle, 3)."""
    del connection
    wanted = CycleFunction.PAYROLL if content.get("to") == Stage.PAID else Role.HR
    return None if wanted in viewer.authorities(cycle) else Obstacle.ROLE


STAGE: Final = DecisionKind(
    code="stage",
    makers=frozenset({Role.HR, CycleFunction.PAYROLL}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.EXECUTIVE, Role.AUDITOR, Role.HEAD}),
    read=_read_stage,
    effects=_stage_effects,
    apply=_apply_stage,
    proposed=_keep_what_is_loaded,
    overtaken=_stage_overtaken,
    hold=scoring.hold_to_decide,
    of_cycle=True,
    early_obstacle=_early_obstacle,
)
"""A stage of a cycle: by hr, or payroll that it was paid, and an approver of the cycle."""


# ----------------------------------------------------------------------------------------------------------------- amend

_PARTS: Final = ("policies", "definitions")
_AMENDED_AT: Final = frozenset({Stage.AGREEMENT, Stage.RUNNING})


def _read_amend(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = unknown_members(content, _PARTS)
    problems += [
        at_field(f"content/{name}", "no_boolean", n_("This is neither true nor false: write one of the two."))
        for name in _PARTS
        if not isinstance(content.get(name, False), bool)
    ]
    if not problems and not any(content.get(name) for name in _PARTS):
        message = n_("Nothing is adopted: say policies, definitions, or both.")
        problems.append(at_field("content/policies", "nothing_adopted", message))
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    if opened.stage not in _AMENDED_AT:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    if content.get("definitions"):
        _refuse_gone(loaded, opened.cycle)
    return Read({name: content[name] for name in _PARTS if name in content}, round=opened.round)


def _refuse_gone(loaded: State, cycle: int) -> None:
    """Go on only where what is loaded has every KPI that a line of the cycle is of.

    Raises:
        Invalid: it lacks one.
    """
    of_lines = {line.kpi for lines in loaded.sheet.lines.get(cycle, {}).values() for line in lines}
    gone = sorted(of_lines - loaded.sheet.definitions.kpis.keys())
    if gone:
        message = n_(
            "Scorecards of the cycle have lines of %(kpi)s, which the loaded definitions do not have: load them with it, or leave them out here."
        )
        raise Invalid(at_field("content/definitions", "kpi_gone", message, kpi=", ".join(gone)))


def _adopted(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _PARTS if content.get(name))


def _apply_amend(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    opened = opened_cycle(connection, decision.cycle_year)
    if opened is None or opened.stage not in _AMENDED_AT:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    parts = _adopted(decision.content)
    if "definitions" in parts:
        _refuse_gone(scoring.state(connection), opened.cycle)
    cascade.publish(connection, cycle=opened.cycle, decision=decision.id, at=hand.at, parts=parts)
    ledger.record_change(connection, at=hand.at, owners=ledger.owners_text(everyone=True))


def _amend_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """Everybody whose score or grade moves once what is loaded now is adopted. Queries: those of scoring the cycle twice."""
    of_cycle, parts = int(str(cycle)), _adopted(content)
    before = scoring.state(connection)
    sheet = before.sheet
    adopted = sheet.definitions_of(of_cycle)
    if "policies" in parts:
        adopted = replace(adopted, policies=sheet.definitions.policies)
    if "definitions" in parts:
        adopted = replace(adopted, goals=sheet.definitions.goals, kpis=sheet.definitions.kpis)
    amended = replace(sheet, token=f"{sheet.token} amended", pinned={**sheet.pinned, of_cycle: adopted})
    frames = scoring.pinned_frames(connection, before.frame, amended)
    after = State(before.frame, amended, like=before, pinned_frames=frames)
    asked = ScoreQuery(of_cycle, today)
    one, other = (scoring.scores(connection, asked, loaded=each) for each in (before, after))
    return moved_figures(one, other)


AMEND: Final = DecisionKind(
    code="amend",
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.EXECUTIVE}),
    seen_by=frozenset({Role.AUDITOR, CycleFunction.APPROVER}),
    read=_read_amend,
    effects=_amend_effects,
    apply=_apply_amend,
    proposed=_keep_what_is_loaded,
    overtaken=lambda connection, one: _loaded_since(connection, one, _adopted(one.content)),
    hold=scoring.hold_to_decide,
    of_cycle=True,
)
"""Policies or definitions that were loaded since are adopted by a cycle that was published: by hr, and an executive."""
