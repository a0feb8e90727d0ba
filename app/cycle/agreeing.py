"""Agreeing on scorecards: drafts are written and signed, and with the last signature their lines hold (contract-cycle, 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app import access, cascade, ledger, organisation, scoring
from app.access import Viewer
from app.cascade import LineDocument
from app.cycle.agreed_cards import (
    AGREED_IN,
    AgreedCard,
    agreed_card,
    digest_of,
    is_of,
    lines_of_cycle,
    may_draft,
    signers_of,
    signs_for,
)
from app.cycle.cutting import refuse_being_certified
from app.cycle.opened import NotNow, OpenedCycle, as_it_stands
from app.decisions import Hand, OtherDigest, party_of, refusal_for
from app.kit.refusals import Conflict, NotThere, Refusal
from app.plain.findings import n_
from app.rules.agreement import SignedAs, asks_hr, signers
from app.rules.deciding import Obstacle
from app.rules.terms import Node
from app.scoring import CyclePlan, State

__all__ = ["OtherDraft", "draft_over", "edit_draft", "hold_draft", "sign_draft", "with_targets", "written_down"]


class OtherDraft(Refusal):
    """The draft is another than the one that was looked at."""

    code = "precondition_failed"
    status = 412
    message = n_(
        "The scorecard's draft is another than the one that you looked at: load it again before you change it."
    )


class SignedAlready(Conflict):
    """Somebody has signed it in that part."""

    code = "signed"
    message = n_("Somebody has signed this draft in that part already: load it again.")


def _to_write(connection: Connection, opened: OpenedCycle, node: Node) -> tuple[State, AgreedCard]:
    """What is there, for whoever writes: nobody else changes it before this transaction ends.

    Raises:
        NotNow: the cycle is at another stage.
        BeingCertified: it is proposed to certify it.
        NotThere: the cycle has no such unit or employee.
    """
    loaded = scoring.state_to_decide_in(connection)
    if as_it_stands(connection, opened).stage not in AGREED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    if node not in loaded.plan(opened.cycle).nodes:
        raise NotThere
    return loaded, agreed_card(connection, loaded, opened.cycle, node)


def edit_draft(
    connection: Connection,
    opened: OpenedCycle,
    node: Node,
    lines: Sequence[LineDocument],
    *,
    is_expected: Callable[[str], bool],
    by: Viewer,
    now: dt.datetime,
) -> AgreedCard:
    """Write a new draft of a scorecard: signatures under the one before are gone. The same lines again change nothing.

    Args:
        connection: a writing transaction.
        opened: the cycle.
        node: whose.
        lines: checked as the loader checks rows.
        is_expected: whether the sum of the draft that is there is the one that was looked at.
        by: who.
        now: when.

    Raises:
        OtherDraft: it is another.
        NotNow: the cycle is at another stage.
        Conflict: it is not theirs to draft.
    """
    loaded, card = _to_write(connection, opened, node)
    if not may_draft(loaded, opened, node, viewer=by, day=loaded.frame.directory.day_of(now)):
        raise refusal_for(Obstacle.ROLE)
    if not is_expected(card.draft_digest):
        raise OtherDraft
    draft_over(connection, loaded, opened, card, lines, by=Hand.of(by, now))
    return agreed_card(connection, loaded, opened.cycle, node)


def draft_over(
    connection: Connection,
    loaded: State,
    opened: OpenedCycle,
    card: AgreedCard,
    lines: Sequence[LineDocument],
    *,
    by: Hand,
) -> bool:
    """Write lines as the draft after the one that is there, without signatures; the same lines again are none. Queries: 1 at most.

    Args:
        connection: a writing transaction that nobody else writes drafts beside (:func:`app.scoring.state_to_decide_in`).
        loaded: what is loaded and decided.
        opened: the cycle.
        card: the scorecard as it is.
        lines: as they are checked.
        by: who, and when.

    Returns:
        Whether the draft is another now.
    """
    if list(lines) == [dict(one) for one in card.draft]:
        return False
    plan = loaded.plan(opened.cycle)
    folder = lines_of_cycle(plan, card.node)
    base = card.versions[-1].lines if card.versions else card.draft
    with_hr = asks_hr(base, lines) or (card.with_hr and not card.versions and asks_hr(folder, lines))
    cascade.keep_draft(
        connection,
        opened.cycle,
        card.node,
        place=card.next_place,
        lines=lines,
        over=digest_of(plan, card.node, folder),
        with_hr=with_hr,
        by=by,
    )
    return True


def with_targets(card: AgreedCard, targets: Mapping[str, str | None]) -> list[LineDocument]:
    """A draft's lines with other targets, by KPI; the others stay as they are."""
    return [
        dict(line) | ({"target": targets[str(line["kpi"])]} if line["kpi"] in targets else {}) for line in card.draft
    ]


def sign_draft(
    connection: Connection,
    opened: OpenedCycle,
    node: Node,
    *,
    digest: str,
    signed_as: SignedAs,
    by: Viewer,
    now: dt.datetime,
) -> AgreedCard:
    """Sign a draft; with the last signature its lines are those of the cycle.

    Raises:
        NotNow: the cycle is at another stage.
        OtherDigest: not that draft.
        SignedAlready: somebody has, in that part.
        Conflict: it is not theirs to sign, or they have signed in another part.
    """
    loaded, card = _to_write(connection, opened, node)
    plan, directory = loaded.plan(opened.cycle), organisation.directory(connection)
    day = directory.day_of(now)
    if signed_as not in signers(with_hr=card.with_hr):
        raise refusal_for(Obstacle.ROLE)
    acts_for = signs_for(by, signers_of(directory, plan, node, day)[signed_as])
    if acts_for is None or (signed_as is not SignedAs.OWNER and is_of(by, node)):
        raise refusal_for(Obstacle.ROLE)
    if digest != card.draft_digest:
        raise OtherDigest
    me = party_of(directory, by, day=day)
    for one in card.signatures:
        same = bool(
            me.marks & access.marks_of(directory, account_id=one.account_id, email=one.person, employee=one.employee)
        )
        if one.signed_as is signed_as:
            if same:
                return card
            raise SignedAlready
        if same:
            raise refusal_for(Obstacle.SAME_PERSON)
    if not card.is_open:
        raise SignedAlready
    hand = replace(Hand.of(by, now), acts_for=acts_for or None)
    place = card.place or written_down(connection, plan, card, by=hand)
    cascade.keep_signature(connection, opened.cycle, node, place=place, digest=digest, signed_as=signed_as, by=hand)
    if card.missing == (signed_as,):
        hold_draft(connection, plan, card, place=place, at=now)
    return agreed_card(connection, scoring.state(connection), opened.cycle, node)


def written_down(connection: Connection, plan: CyclePlan, card: AgreedCard, *, by: Hand) -> int:
    """Write down what folder and targets say as it was signed: a load touches it no more. Returns the draft's number."""
    cascade.keep_draft(
        connection,
        plan.cycle,
        card.node,
        place=card.next_place,
        lines=card.draft,
        over=digest_of(plan, card.node, lines_of_cycle(plan, card.node)),
        with_hr=False,
        by=by,
    )
    return card.next_place


def hold_draft(
    connection: Connection,
    plan: CyclePlan,
    card: AgreedCard,
    *,
    place: int,
    at: dt.datetime,
    decision: int | None = None,
) -> None:
    """Let a draft's lines be those of the cycle; where they are others than before, whoever follows a score looks again."""
    version = card.version + 1
    cascade.keep_version(
        connection,
        plan.cycle,
        card.node,
        version=version,
        place=place,
        lines=card.draft,
        digest=card.draft_digest,
        at=at,
        decision=decision,
    )
    if list(card.draft) != list(lines_of_cycle(plan, card.node)):
        organisation.raise_decided(connection, [("agreed", plan.cycle, str(card.node), version, card.draft_digest)])
        ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))
