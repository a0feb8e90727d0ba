"""Imposing a scorecard upon whoever does not sign it: two people do, once the last day for signing has gone by (contract-cycle, 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access, organisation, scoring
from app.access import Viewer
from app.cycle.agreement.agreed_cards import AGREED_IN, AgreedCard, Signers, agreed_card, signers_of, signs_for
from app.cycle.agreement.agreeing import hold_draft, written_down
from app.cycle.agreement.drafted import state_with_draft
from app.cycle.cutting import refuse_being_certified
from app.cycle.grading.moved import moved_figures
from app.cycle.opened import NotNow, OpenedCycle, opened_or_refused
from app.decisions import Decision, DecisionKind, OtherDigest, Read
from app.kit import outbox
from app.kit.refusals import Invalid, NotThere, at_field, unknown_members
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.agreement import SignedAs
from app.rules.deciding import DecisionEffect, Obstacle
from app.rules.terms import Node, Role
from app.scoring import CyclePlan, ScoreQuery, State

__all__ = ["IMPOSE", "IMPOSED", "ImposingAhead", "imposing_of", "may_impose"]

IMPOSED: Final = "imposed"
"""The topic of the mail to whom lines were imposed upon."""


class _Imposing(NamedTuple):
    loaded: State
    opened: OpenedCycle
    card: AgreedCard


def _is_past(opened: OpenedCycle, today: dt.date) -> bool:
    """Whether it is imposed in the stage that the cycle is at, and the last day for signing has gone by."""
    by = opened.calendar.get("agree_by")
    return opened.stage in AGREED_IN and (by is None or today > by)


def _imposed(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> _Imposing:
    """What a decision to impose is about, as it stands.

    Raises:
        Invalid: it names no node or sum.
        NotNow: the cycle is at another stage, or the last day for signing has not gone by.
        OtherDigest: not that draft.
    """
    node = Node.parse(str(content.get("node")))
    problems = unknown_members(content, ("node", "digest"))
    if node is None:
        message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
        problems.append(at_field("content/node", "unknown_node", message, value=quoted(str(content.get("node")))))
    if not isinstance(content.get("digest"), str):
        problems.append(
            at_field("content/digest", "no_digest", n_("No draft is named: write the sum of the one to impose."))
        )
    if problems or node is None:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    if not _is_past(opened, today):
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    if node not in loaded.plan(opened.cycle).nodes:
        raise NotThere
    card = agreed_card(connection, loaded, opened.cycle, node)
    if not card.is_open:
        raise NotNow
    if card.draft_digest != content["digest"]:
        raise OtherDigest
    return _Imposing(loaded, opened, card)


def _read_impose(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    of = _imposed(connection, content, cycle, today)
    return Read({"node": content["node"], "digest": content["digest"]}, frozenset({of.card.node}), of.opened.round)


def _impose_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """Everybody whose score, grade or pay is another once the draft holds. Queries: those of scoring the cycle twice, or none where the same lines hold."""
    loaded, opened, card = _imposed(connection, content, cycle, today)
    other = state_with_draft(loaded, opened.cycle, card)
    if other is loaded:
        return ()
    asked = ScoreQuery(opened.cycle, today)
    one, another = (scoring.scores(connection, asked, loaded=some) for some in (loaded, other))
    return moved_figures(one, another)


def may_impose(plan: CyclePlan, opened: OpenedCycle, card: AgreedCard, *, viewer: Viewer, day: dt.date) -> bool:
    """Whether a person may propose now that a scorecard is imposed upon its owner, who has not signed it. No queries."""
    if not _is_past(opened, day) or SignedAs.OWNER not in card.missing:
        return False
    return signs_for(viewer, _who_imposes(plan, card.node, day)) == ""


class ImposingAhead(NamedTuple):
    """How a scorecard that its owner has not signed may be imposed.

    Attributes:
        after: the day that has to go by first; None where none has to any more.
        is_theirs: whether who asks is who imposes.
        by_head: whether a head imposes, to which hr agrees; else hr, to which an executive does.
        is_late: whether the draft was written after the day by which lines are agreed on: its owner had no time to sign it before.
    """

    after: dt.date | None
    is_theirs: bool
    by_head: bool
    is_late: bool


def imposing_of(
    plan: CyclePlan, opened: OpenedCycle, card: AgreedCard, *, viewer: Viewer, day: dt.date
) -> ImposingAhead | None:
    """How a scorecard may be imposed, now or later; None where the owner's signature is not missing, or nothing is signed at this stage. No queries."""
    if opened.stage not in AGREED_IN or SignedAs.OWNER not in card.missing:
        return None
    who = _who_imposes(plan, card.node, day)
    agree_by = opened.calendar.get("agree_by")
    after = None if _is_past(opened, day) else agree_by
    drafted = None if card.drafted_at is None else plan.frame.directory.day_of(card.drafted_at)
    is_late = drafted is not None and agree_by is not None and drafted > agree_by
    return ImposingAhead(after, signs_for(viewer, who) == "", bool(who.numbers), is_late)


def _head_of(connection: Connection, cycle: str | None, node: Node, day: dt.date) -> Signers:
    """Who imposes. Queries: none beside those of the state."""
    return _who_imposes(scoring.state(connection).plan(int(str(cycle))), node, day)


def _who_imposes(plan: CyclePlan, node: Node, day: dt.date) -> Signers:
    """Who signs as head, and so imposes; of the agency hr."""
    who = signers_of(plan.frame.directory, plan, node, day)[SignedAs.HEAD]
    return who if who.numbers else Signers(anybody="hr")


def _maker_obstacle(
    connection: Connection, viewer: Viewer, read: Read, cycle: str | None, day: dt.date
) -> Obstacle | None:
    (node,) = read.about
    return None if signs_for(viewer, _head_of(connection, cycle, node, day)) == "" else Obstacle.ROLE


def _checker_obstacle(connection: Connection, viewer: Viewer, open_: Decision, day: dt.date) -> Obstacle | None:
    """HR checks what a head makes; an executive what hr makes."""
    (node,) = open_.about
    by_head = bool(_head_of(connection, open_.cycle, node, day).numbers)
    return None if signs_for(viewer, Signers(anybody="hr" if by_head else "executive")) == "" else Obstacle.ROLE


def _apply_impose(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    day = organisation.directory(connection).day_of(hand.at)
    loaded, opened, card = _imposed(connection, decision.content, decision.cycle, day)
    place = card.place or written_down(connection, loaded.plan(opened.cycle), card, by=hand)
    hold_draft(connection, loaded.plan(opened.cycle), card, place=place, at=hand.at, decision=decision.id)
    _tell_owners(connection, loaded, opened, card.node, decision=decision.id, at=hand.at)


def _tell_owners(
    connection: Connection, loaded: State, opened: OpenedCycle, node: Node, *, decision: int, at: dt.datetime
) -> None:
    """Let whoever should have signed as owner have a mail; their first page tells it by itself. Queries: 2 for each."""
    plan = loaded.plan(opened.cycle)
    directory = plan.frame.directory
    for number in signers_of(directory, plan, node, directory.day_of(at))[SignedAs.OWNER].numbers:
        account = access.account_of_employee(connection, number)
        if account is not None and account.disabled_at is None:
            content = {"account": account.id, "cycle": opened.cycle, "node": str(node), "decision": decision}
            outbox.post(connection, topic=IMPOSED, recipient=account.email, content=content, at=at)


IMPOSE: Final = DecisionKind(
    code="impose",
    makers=frozenset({Role.HEAD, Role.HR}),
    checkers=frozenset({Role.HR, Role.EXECUTIVE}),
    seen_by=frozenset({Role.AUDITOR}),
    read=_read_impose,
    effects=_impose_effects,
    apply=_apply_impose,
    hold=scoring.hold_to_decide,
    by_line=True,
    of_cycle=True,
    maker_obstacle=_maker_obstacle,
    checker_obstacle=_checker_obstacle,
)
"""Lines of whoever does not sign: by the head and hr; where the head is hr, and of the agency, by hr and an executive."""
