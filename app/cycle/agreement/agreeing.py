"""Agreeing on scorecards: drafts are written and signed, and with the last signature their lines hold (contract-cycle, 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from app import access, cascade, ledger, organisation, scoring
from app.access import Viewer
from app.cascade import DraftRow, LineDocument, SignatureRow, VersionRow
from app.cycle.agreement.agreed_cards import (
    AGREED_IN,
    AgreedCard,
    agreed_card,
    agreement_rows_of,
    card_of_rows,
    digest_of,
    lines_of_cycle,
    may_draft,
    owns,
    signers_of,
    signs_for,
)
from app.cycle.cutting import refuse_being_certified
from app.cycle.opened import NotNow, OpenedCycle, as_it_stands
from app.decisions import Hand, OtherDigest, party_of, refusal_for
from app.kit.refusals import Conflict, NotThere, Refusal
from app.organisation import Directory
from app.plain.findings import n_
from app.rules.agreement import AgreementState, SignedAs, asks_hr, signers
from app.rules.deciding import Obstacle
from app.rules.terms import Node
from app.scoring import CyclePlan, State

__all__ = [
    "OtherDraft",
    "Signing",
    "draft_over",
    "edit_draft",
    "hold_draft",
    "sign_draft",
    "sign_drafts",
    "with_targets",
    "written_down",
]


class OtherDraft(Refusal):
    """The draft is another than the one that was looked at."""

    code = "precondition_failed"
    status = 412
    message = n_("The scorecard's draft has changed since you looked at it: load it again before you change it.")


class SignedAlready(Conflict):
    """Somebody has signed it in that part."""

    code = "signed"
    message = n_("Somebody has signed this draft in that part already: load it again.")


def _state_to_write_in(connection: Connection, opened: OpenedCycle, nodes: Collection[Node]) -> State:
    """What is loaded and decided, for whoever writes about scorecards: nobody else changes it before this transaction ends.

    Raises:
        NotNow: the cycle is at another stage.
        BeingCertified: it is proposed to certify it.
        NotThere: the cycle has no such unit or employee.
    """
    loaded = scoring.state_to_decide_in(connection)
    if as_it_stands(connection, opened).stage not in AGREED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    if not set(loaded.plan(opened.cycle).nodes).issuperset(nodes):
        raise NotThere
    return loaded


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
    loaded = _state_to_write_in(connection, opened, [node])
    card = agreed_card(connection, loaded, opened.cycle, node)
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
    over = digest_of(plan, card.node, folder)
    cascade.keep_drafts(connection, opened.cycle, [(card.node, _draft_row(card, lines, over, with_hr=with_hr, by=by))])
    return True


def with_targets(card: AgreedCard, targets: Mapping[str, str | None]) -> list[LineDocument]:
    """A draft's lines with other targets, by KPI; the others stay as they are."""
    return [
        dict(line) | ({"target": targets[str(line["kpi"])]} if line["kpi"] in targets else {}) for line in card.draft
    ]


class Signing(NamedTuple):
    """A signature that somebody gives: under which draft, in what part, who and when."""

    node: Node
    digest: str
    signed_as: SignedAs
    by: Viewer
    at: dt.datetime


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
    sign_drafts(connection, opened, [Signing(node, digest, signed_as, by, now)])
    return agreed_card(connection, scoring.state(connection), opened.cycle, node)


def sign_drafts(connection: Connection, opened: OpenedCycle, signings: Sequence[Signing]) -> list[AgreementState]:
    """Sign drafts, each after the one before it, all of them or none: what is written is the same as by signing them one by one.

    Args:
        connection: a writing transaction.
        opened: the cycle.
        signings: the earliest first; several of one scorecard among them.

    Returns:
        How far each scorecard was after its signature.

    Raises:
        NotNow, OtherDigest, SignedAlready, Conflict: as :func:`sign_draft` does.

    Queries: those of :func:`app.scoring.state_to_decide_in` and 7 at most, however many they are; 2 where lines are others than before.
    """
    nodes = list(dict.fromkeys(one.node for one in signings))
    loaded = _state_to_write_in(connection, opened, nodes)
    plan, directory = loaded.plan(opened.cycle), organisation.directory(connection)
    rows = agreement_rows_of(connection, opened.cycle, nodes)
    drafts: list[tuple[Node, DraftRow]] = []
    signatures: list[tuple[Node, SignatureRow]] = []
    versions: list[tuple[Node, VersionRow]] = []
    states: list[AgreementState] = []
    for one in signings:
        card = card_of_rows(plan, one.node, rows[one.node])
        hand = _signs(directory, plan, card, one)
        if hand is not None:
            draft = None if card.place else _written_row(plan, card, hand)
            place = card.place or card.next_place
            signature = SignatureRow(
                place,
                one.digest,
                one.signed_as,
                one.at,
                hand.account_id,
                hand.account,
                hand.employee,
                hand.acts_for,
            )
            version = _version_row(card, place, at=one.at) if card.missing == (one.signed_as,) else None
            drafts += [] if draft is None else [(one.node, draft)]
            signatures.append((one.node, signature))
            versions += [] if version is None else [(one.node, version)]
            rows[one.node] = rows[one.node].with_signature(draft, signature, version)
            card = card_of_rows(plan, one.node, rows[one.node])
        states.append(card.state)
    cascade.keep_drafts(connection, opened.cycle, drafts)
    cascade.keep_signatures(connection, opened.cycle, signatures)
    _hold(connection, plan, versions)
    return states


def _signs(directory: Directory, plan: CyclePlan, card: AgreedCard, wanted: Signing) -> Hand | None:
    """Whose hand signs a draft; None where that person has signed it in that part before.

    Raises:
        OtherDigest: not that draft.
        SignedAlready: somebody has, in that part.
        Conflict: it is not theirs to sign, or they have signed in another part.
    """
    node, by, day = card.node, wanted.by, directory.day_of(wanted.at)
    if wanted.signed_as not in signers(with_hr=card.with_hr):
        raise refusal_for(Obstacle.ROLE)
    whose = signers_of(directory, plan, node, day)
    acts_for = signs_for(by, whose[wanted.signed_as])
    if acts_for is None:
        raise refusal_for(Obstacle.ROLE)
    if wanted.signed_as is not SignedAs.OWNER and owns(by, whose):
        raise refusal_for(Obstacle.ROLE)
    if wanted.digest != card.draft_digest:
        raise OtherDigest
    me = party_of(directory, by, day=day)
    for one in card.signatures:
        signed_by = access.marks_of(directory, account_id=one.account_id, email=one.person, employee=one.employee)
        stands_behind = {f"employee:{number}" for number in (one.acts_for, acts_for) if number}
        same = bool(me.marks & signed_by or stands_behind & (me.marks | signed_by))
        if one.signed_as is wanted.signed_as:
            if same:
                return None
            raise SignedAlready
        if same:
            raise refusal_for(Obstacle.SAME_PERSON)
    if not card.is_open:
        raise SignedAlready
    return replace(Hand.of(by, wanted.at), acts_for=acts_for or None)


def _draft_row(card: AgreedCard, lines: Sequence[LineDocument], over: str, *, with_hr: bool, by: Hand) -> DraftRow:
    return DraftRow(card.next_place, tuple(lines), over, with_hr, by.at, by.account, by.employee)


def _written_row(plan: CyclePlan, card: AgreedCard, by: Hand) -> DraftRow:
    """What folder and targets say, as it was signed: a load touches it no more."""
    over = digest_of(plan, card.node, lines_of_cycle(plan, card.node))
    return _draft_row(card, card.draft, over, with_hr=False, by=by)


def written_down(connection: Connection, plan: CyclePlan, card: AgreedCard, *, by: Hand) -> int:
    """Write down what folder and targets say as it was signed. Returns the draft's number."""
    cascade.keep_drafts(connection, plan.cycle, [(card.node, _written_row(plan, card, by))])
    return card.next_place


def _version_row(card: AgreedCard, place: int, *, at: dt.datetime, decision: int | None = None) -> VersionRow:
    return VersionRow(card.version + 1, card.draft, card.draft_digest, at, place, decision)


def hold_draft(
    connection: Connection,
    plan: CyclePlan,
    card: AgreedCard,
    *,
    place: int,
    at: dt.datetime,
    decision: int | None = None,
) -> None:
    """Let a draft's lines be those of the cycle, by a decision where they are imposed."""
    _hold(connection, plan, [(card.node, _version_row(card, place, at=at, decision=decision))])


def _hold(connection: Connection, plan: CyclePlan, versions: Sequence[tuple[Node, VersionRow]]) -> None:
    """Let lines be those of the cycle; where they are others than before, whoever follows a score looks again."""
    cascade.keep_versions(connection, plan.cycle, versions)
    others = [
        (node, row) for node, row in versions if [*map(dict, row.lines)] != [*map(dict, lines_of_cycle(plan, node))]
    ]
    if others:
        raised = [("agreed", plan.cycle, str(node), row.version, row.digest) for node, row in others]
        organisation.raise_decided(connection, raised)
        ledger.record_change(connection, at=max(row.at for _, row in others), owners=ledger.owners_text(everyone=True))
