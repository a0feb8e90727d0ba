"""Agreeing on scorecards: who signs which draft, and what holds from the last signature on (contract-cycle, 1 and 4).

Until a scorecard is agreed or imposed for the first time it is scored by what folder and targets say; a draft moves nothing before all have signed it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access, cascade, ledger, organisation, scoring
from app.access import Viewer
from app.cascade import AgreementRows, DraftRow, LineDocument, SignatureRow, VersionRow
from app.cycle.opened import NotNow, OpenedCycle, opened_or_refused
from app.decisions import Decision, DecisionKind, Hand, OtherDigest, Read, party_of, refusal_for
from app.kit import outbox
from app.kit.refusals import Conflict, Invalid, NotThere, Refusal, at_field, unknown_members
from app.organisation import Directory
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.agreement import AgreementState, SignedAs, agreement_digest, agreement_state, asks_hr, signers
from app.rules.deciding import Obstacle
from app.rules.stages import Stage
from app.rules.terms import Node, NodeKind, Role
from app.scoring import CyclePlan, State

__all__ = [
    "AGREED_IN",
    "IMPOSE",
    "IMPOSED",
    "AgreedCard",
    "Due",
    "OtherDraft",
    "agreed_card",
    "agreed_cards",
    "draft_over",
    "due_of",
    "edit_draft",
    "may_allocate",
    "may_draft",
    "may_sign",
    "sign_draft",
    "unsigned_nodes",
]

AGREED_IN: Final = frozenset({Stage.AGREEMENT, Stage.RUNNING})
"""The stages in which drafts are written and signed."""

IMPOSED: Final = "imposed"
"""The topic of the mail to whom lines were imposed upon."""


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


class Due(NamedTuple):
    """Whose signature is missing."""

    signed_as: SignedAs
    persons: tuple[str, ...]
    """The numbers of those of whom any one signs; of hr and executives the role's name."""
    since: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {"as": self.signed_as.value, "persons": list(self.persons), "since": self.since.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedCard:
    """A scorecard of an opened cycle: what holds, what is drafted, and who has signed.

    Attributes:
        state: how far it is.
        version: the number of the version that holds; 0 before there is one.
        lines: those of that version; before there is one those of the draft.
        digest: the sum over these.
        draft: what is to be signed; of a scorecard without a version the same lines.
        is_beside: whether the draft stands beside a version that holds.
        place: the draft's number; None where nobody has edited or signed it.
        with_hr: whether hr signs the draft too.
        signatures: under the draft, else under the version.
        drafted_at: when the draft was written; None for what folder and targets say.
        drafted_by: by whom: a number, or an account's e-mail.
        versions: all that were in force, the first one first.
        before: the lines that somebody signed last before this draft was written; else those that hold; else its own.
    """

    node: Node
    state: AgreementState
    version: int
    lines: tuple[LineDocument, ...]
    digest: str
    draft: tuple[LineDocument, ...]
    draft_digest: str
    is_beside: bool
    is_open: bool
    place: int | None
    next_place: int
    with_hr: bool
    signatures: tuple[SignatureRow, ...]
    drafted_at: dt.datetime | None
    drafted_by: str | None
    versions: tuple[VersionRow, ...]
    before: tuple[LineDocument, ...]

    @property
    def missing(self) -> tuple[SignedAs, ...]:
        """The parts in which nobody has signed the draft yet."""
        signed = {one.signed_as for one in self.signatures}
        return tuple(one for one in signers(with_hr=self.with_hr) if one not in signed) if self.is_open else ()

    def as_json(self, due: Sequence[Due]) -> dict[str, Any]:
        """As the contract writes it."""
        signatures = [one.as_json() for one in self.signatures]
        draft = None
        if self.is_beside:
            draft = {
                "digest": self.draft_digest,
                "lines": [dict(one) for one in self.draft],
                "signatures": signatures,
                "due": [one.as_json() for one in due],
            }
        return {
            "node": str(self.node),
            "version": self.version,
            "digest": self.digest,
            "state": self.state.value,
            "lines": [dict(one) for one in self.lines],
            "draft": draft,
            "signatures": [] if self.is_beside else signatures,
            "due": [one.as_json() for one in due],
            "versions": [
                {
                    "version": one.version,
                    "digest": one.digest,
                    "at": one.at.isoformat(),
                    "decision": one.decision,
                    "lines": [dict(line) for line in one.lines],
                }
                for one in self.versions
            ],
        }


def _card(plan: CyclePlan, node: Node, rows: AgreementRows) -> AgreedCard:
    versions = plan.sheet.definitions.kpis
    kpis = {code: kpi.version(plan.cycle) for code, kpi in versions.items()}

    def digest_of(lines: Sequence[LineDocument]) -> str:
        return agreement_digest(plan.cycle, node, lines, kpis)

    in_force = rows.versions[-1] if rows.versions else None
    written = rows.drafts[-1] if rows.drafts else None
    if in_force is not None:
        folder: tuple[LineDocument, ...] = in_force.lines
    else:
        folder = tuple(cascade.line_document(one.row) for one in plan.lines.get(node, ()))
    base = digest_of(folder)
    draft = _standing(written, in_force, rows, base)
    lines = folder if draft is None else draft.lines
    draft_digest = base if draft is None else digest_of(lines)
    holds = in_force is not None and in_force.digest == base
    is_beside = in_force is not None and draft is not None
    is_open = bool(lines) and (not holds or is_beside)
    signed = tuple(
        one for one in rows.signatures if draft is not None and one.place == draft.place and one.digest == draft_digest
    )
    if not is_open and in_force is not None:
        signed = tuple(one for one in rows.signatures if one.place == in_force.place and one.digest == in_force.digest)
    state = agreement_state(
        has_lines=bool(lines),
        holds=holds,
        imposed=in_force is not None and in_force.decision is not None,
        signed=() if not is_open else [one.signed_as for one in signed],
    )
    return AgreedCard(
        node=node,
        state=state,
        version=0 if in_force is None else in_force.version,
        lines=folder if in_force is not None else lines,
        digest=base if in_force is not None else draft_digest,
        draft=lines,
        draft_digest=draft_digest,
        is_beside=is_beside,
        is_open=is_open,
        place=None if draft is None else draft.place,
        next_place=1 if written is None else written.place + 1,
        with_hr=draft is not None and draft.with_hr,
        signatures=signed,
        drafted_at=None if draft is None else draft.at,
        drafted_by=None if draft is None else draft.employee or draft.account.removeprefix("account:"),
        versions=tuple(rows.versions),
        before=_signed_before(rows, None if draft is None else draft.place) or folder,
    )


def _signed_before(rows: AgreementRows, place: int | None) -> tuple[LineDocument, ...]:
    """The lines of the last draft before one that somebody signed; none where there is none."""
    signed = {one.place for one in rows.signatures}
    earlier = [one for one in rows.drafts if one.place in signed and (place is None or one.place < place)]
    return earlier[-1].lines if earlier else ()


def _standing(written: DraftRow | None, in_force: VersionRow | None, rows: AgreementRows, base: str) -> DraftRow | None:
    """The draft that stands: not one that was agreed to, nor an unsigned one under which the folder has changed."""
    if written is None or (in_force is not None and written.place <= in_force.place):
        return None
    is_signed = any(one.place == written.place for one in rows.signatures)
    if in_force is None and not is_signed and written.over != base:
        return None
    return written


def agreed_card(connection: Connection, loaded: State, cycle: int, node: Node) -> AgreedCard:
    """One scorecard of an opened cycle. Queries: 3."""
    rows = cascade.agreement_rows(connection, cycle, [node])
    return _card(loaded.plan(cycle), node, rows.get(node, AgreementRows()))


def agreed_cards(
    connection: Connection, loaded: State, cycle: int, nodes: Sequence[Node] | None = None
) -> dict[Node, AgreedCard]:
    """The scorecards of an opened cycle of some nodes, or of all that are listed. Queries: 3."""
    plan, rows = loaded.plan(cycle), cascade.agreement_rows(connection, cycle, nodes)
    asked = plan.nodes if nodes is None else nodes
    return {node: _card(plan, node, rows.get(node, AgreementRows())) for node in asked}


# ---------------------------------------------------------------------------------------------------------------- who signs


class Signers(NamedTuple):
    """Who signs in a part: employees by number, or everybody with a right."""

    numbers: tuple[str, ...] = ()
    anybody: str = ""
    """`hr` or `executive`, where no employee is named."""

    @property
    def persons(self) -> tuple[str, ...]:
        """As the contract writes them."""
        return self.numbers or (self.anybody,)


def signers_of(directory: Directory, plan: CyclePlan, node: Node, day: dt.date) -> Mapping[SignedAs, Signers]:
    """Who signs a scorecard in which part, by the postings of a day. No queries."""
    hr = Signers(anybody="hr")
    if node.kind is NodeKind.EMPLOYEE:
        posting = directory.placement.posting_on(node.code, day)
        if posting is None:
            last = directory.placement.last_posting(node.code, plan.period)
            unit = None if last is None else last[0].unit
        else:
            unit = posting.unit
        heads = next(iter(access.judging_heads(directory, unit=unit, sharers=(node.code,), day=day)), ())
        return {
            SignedAs.OWNER: Signers((node.code,)),
            SignedAs.HEAD: Signers(tuple(heads)) if heads else hr,
            SignedAs.HR: hr,
        }
    own = tuple(directory.heads_of(node.code, day))
    owner = Signers(own) if own else hr
    if node.code == directory.tree.root_on(day):
        return {SignedAs.OWNER: owner, SignedAs.HEAD: Signers(anybody="executive"), SignedAs.HR: hr}
    above = directory.tree.chain_on(node.code, day)[1:]
    heads = next((some for unit in above if (some := directory.heads_of(unit, day)) and set(some).isdisjoint(own)), ())
    return {SignedAs.OWNER: owner, SignedAs.HEAD: Signers(tuple(heads)) if heads else hr, SignedAs.HR: hr}


_ROLES: Final = {"hr": Role.HR, "executive": Role.EXECUTIVE}
"""In whose place nobody else signs: an auditor sees as much as an executive, and agrees to nothing."""


def signs_for(viewer: Viewer, who: Signers) -> str | None:
    """For whom a person signs: the number of whom they stand in for, "" for themself; None where it is not theirs."""
    if who.numbers:
        if viewer.employee in who.numbers:
            return ""
        return next((one.giver for one in viewer.stands_in_for("sign") if one.giver in who.numbers), None)
    return "" if _ROLES[who.anybody] in viewer.roles else None


def due_of(loaded: State, opened: OpenedCycle, card: AgreedCard, *, day: dt.date) -> list[Due]:
    """Whose signatures are missing, and since when. No queries."""
    if opened.stage not in AGREED_IN:
        return []
    plan = loaded.plan(opened.cycle)
    who = signers_of(plan.frame.directory, plan, card.node, day)
    since = max([one.at for one in card.signatures if card.is_open] or [card.drafted_at or opened.since])
    return [Due(one, who[one].persons, since) for one in card.missing]


def may_sign(
    loaded: State, opened: OpenedCycle, card: AgreedCard, *, viewer: Viewer, day: dt.date
) -> tuple[SignedAs, ...]:
    """The parts in which a person may sign a draft: theirs, signed by nobody yet, and not beside another of their own. No queries."""
    if opened.stage not in AGREED_IN or any(one.account_id == viewer.account_id for one in card.signatures):
        return ()
    plan = loaded.plan(opened.cycle)
    who = signers_of(plan.frame.directory, plan, card.node, day)
    is_own = viewer.employee == card.node.code
    return tuple(
        one for one in card.missing if signs_for(viewer, who[one]) is not None and (one is SignedAs.OWNER or not is_own)
    )


def unsigned_nodes(plan: CyclePlan, cards: Mapping[Node, AgreedCard]) -> list[Node]:
    """The nodes with lines that are neither agreed nor imposed, without those who came too late to be asked. No queries."""
    return [node for node, card in cards.items() if card.state in _OPEN and not came_too_late(plan, node)]


_OPEN: Final = frozenset({AgreementState.DRAFT, AgreementState.TO_SIGN})


def came_too_late(plan: CyclePlan, node: Node) -> bool:
    """Whether somebody joined after the last day of the cycle less the days that are needed to be graded: then nobody asks them."""
    end = plan.period.to
    if node.kind is not NodeKind.EMPLOYEE or end is None:
        return False
    last = end - dt.timedelta(days=1 + plan.sheet.definitions.policies.minimum_days)
    return plan.frame.directory.employees[node.code].hired_on > last


# ----------------------------------------------------------------------------------------------------------- what is done


def _to_write(connection: Connection, opened_cycle: OpenedCycle, node: Node) -> tuple[State, AgreedCard]:
    """What is there, for whoever writes: nobody else changes it before this transaction ends.

    Raises:
        NotNow: the cycle is at another stage.
        NotThere: the cycle has no such unit or employee.
    """
    loaded = scoring.state_to_decide_in(connection)
    if opened_cycle.stage not in AGREED_IN:
        raise NotNow
    if node not in loaded.plan(opened_cycle.cycle).nodes:
        raise NotThere
    return loaded, agreed_card(connection, loaded, opened_cycle.cycle, node)


def may_draft(loaded: State, opened: OpenedCycle, node: Node, *, viewer: Viewer, day: dt.date, by_hr: bool) -> bool:
    """Whether a person writes drafts of a scorecard: hr, or who signs it as owner or head. No queries."""
    plan = loaded.plan(opened.cycle)
    who = signers_of(plan.frame.directory, plan, node, day)
    return by_hr or any(signs_for(viewer, who[part]) is not None for part in (SignedAs.OWNER, SignedAs.HEAD))


def may_allocate(
    loaded: State, opened: OpenedCycle, parent: Node, *, viewer: Viewer, day: dt.date, by_hr: bool
) -> bool:
    """Whether a person shares a unit's target among those below: hr, or the unit's head. No queries."""
    plan = loaded.plan(opened.cycle)
    owner = signers_of(plan.frame.directory, plan, parent, day)[SignedAs.OWNER]
    return by_hr or (parent.kind is NodeKind.UNIT and signs_for(viewer, owner) is not None)


def edit_draft(
    connection: Connection,
    opened: OpenedCycle,
    node: Node,
    lines: Sequence[LineDocument],
    *,
    is_expected: Any,
    by: Hand,
) -> AgreedCard:
    """Write a new draft of a scorecard: signatures under the one before are gone. The same lines again change nothing.

    Args:
        connection: a writing transaction.
        opened: the cycle.
        node: whose.
        lines: checked as the loader checks rows.
        is_expected: whether the sum of the draft that is there is the one that was looked at.
        by: who, and when.

    Raises:
        OtherDraft: it is another.
        NotNow: the cycle is at another stage.
        Conflict: it is not theirs to draft.
    """
    loaded, card = _to_write(connection, opened, node)
    if not is_expected(card.draft_digest if card.is_open else card.digest):
        raise OtherDraft
    draft_over(connection, loaded, opened, card, lines, by=by)
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
    base = card.versions[-1].lines if card.versions else card.draft
    with_hr = asks_hr(base, lines) or (
        card.with_hr and not card.versions and asks_hr(_folder(loaded, opened, card.node), lines)
    )
    cascade.keep_draft(
        connection,
        opened.cycle,
        card.node,
        place=card.next_place,
        lines=lines,
        over=_folder_digest(loaded, opened, card.node),
        with_hr=with_hr,
        by=by,
    )
    return True


def _folder(loaded: State, opened: OpenedCycle, node: Node) -> tuple[LineDocument, ...]:
    """What folder and targets say of a scorecard without a version."""
    return tuple(cascade.line_document(one.row) for one in loaded.plan(opened.cycle).lines.get(node, ()))


def _folder_digest(loaded: State, opened: OpenedCycle, node: Node) -> str:
    plan = loaded.plan(opened.cycle)
    kpis = {code: kpi.version(plan.cycle) for code, kpi in plan.sheet.definitions.kpis.items()}
    return agreement_digest(plan.cycle, node, _folder(loaded, opened, node), kpis)


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
    if acts_for is None or (signed_as is not SignedAs.OWNER and by.employee == node.code):
        raise refusal_for(Obstacle.ROLE)
    if digest != (card.draft_digest if card.is_open else card.digest):
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
    place = card.place or _written_down(connection, loaded, opened, card, by=hand)
    cascade.keep_signature(connection, opened.cycle, node, place=place, digest=digest, signed_as=signed_as, by=hand)
    if card.missing == (signed_as,):
        _hold(connection, loaded, opened, card, place=place, at=now)
    return agreed_card(connection, scoring.state(connection), opened.cycle, node)


def _written_down(connection: Connection, loaded: State, opened: OpenedCycle, card: AgreedCard, *, by: Hand) -> int:
    """Write down what folder and targets say as it was signed: a load touches it no more. Returns the draft's number."""
    cascade.keep_draft(
        connection,
        opened.cycle,
        card.node,
        place=card.next_place,
        lines=card.draft,
        over=_folder_digest(loaded, opened, card.node),
        with_hr=False,
        by=by,
    )
    return card.next_place


def _hold(
    connection: Connection,
    loaded: State,
    opened: OpenedCycle,
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
        opened.cycle,
        card.node,
        version=version,
        place=place,
        lines=card.draft,
        digest=card.draft_digest,
        at=at,
        decision=decision,
    )
    if list(card.draft) != list(_folder(loaded, opened, card.node)):
        organisation.raise_decided(connection, [("agreed", opened.cycle, str(card.node), version, card.draft_digest)])
        ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))


# ------------------------------------------------------------------------------------------------------------- impose


class _Imposing(NamedTuple):
    loaded: State
    opened: OpenedCycle
    card: AgreedCard


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
    by = opened.calendar.get("agree_by")
    if opened.stage not in AGREED_IN or (by is not None and today <= by):
        raise NotNow
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


def _head_of(connection: Connection, cycle: str | None, node: Node, day: dt.date) -> Signers:
    """Who signs as head, and so imposes; of the agency hr."""
    loaded = scoring.state(connection)
    plan = loaded.plan(int(str(cycle)))
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
    hand = decision.ended or decision.maker
    day = organisation.directory(connection).day_of(hand.at)
    loaded, opened, card = _imposed(connection, decision.content, decision.cycle, day)
    place = card.place or _written_down(connection, loaded, opened, card, by=hand)
    _hold(connection, loaded, opened, card, place=place, at=hand.at, decision=decision.id)
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
    effects=lambda _connection, _content, _cycle, _today: (),
    apply=_apply_impose,
    hold=scoring.hold_to_decide,
    of_cycle=True,
    maker_obstacle=_maker_obstacle,
    checker_obstacle=_checker_obstacle,
)
"""Lines of whoever does not sign: by the head and hr; where the head is hr, and of the agency, by hr and an executive."""
