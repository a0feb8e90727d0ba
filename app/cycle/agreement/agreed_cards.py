"""Scorecards of opened cycles as they are agreed: what holds, what is drafted, who has signed, and who is to (contract-cycle, 4).

Until a scorecard is agreed or imposed for the first time it is scored by what folder and targets say; a draft moves nothing before all have signed it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access, cascade
from app.access import Viewer
from app.cascade import AgreementRows, DraftRow, LineDocument, SignatureRow, VersionRow
from app.cycle.opened import OpenedCycle
from app.organisation import Directory
from app.rules.agreement import AgreementState, SignedAs, agreement_digest, agreement_state, signers
from app.rules.permissions import Deed, may
from app.rules.stages import Stage
from app.rules.terms import Node, NodeKind, Role
from app.scoring import CyclePlan, State

__all__ = [
    "AGREED_IN",
    "AgreedCard",
    "Due",
    "Signers",
    "agreed_card",
    "agreed_cards",
    "agreement_rows_of",
    "card_of_rows",
    "digest_of",
    "due_of",
    "heads_up_the_line",
    "is_asked",
    "lines_of_cycle",
    "may_allocate",
    "may_draft",
    "may_sign",
    "nodes_below",
    "owns",
    "roles_called",
    "signers_of",
    "signs_for",
    "unsigned_cards",
    "unsigned_nodes",
]

AGREED_IN: Final = frozenset({Stage.AGREEMENT, Stage.RUNNING})
"""The stages in which drafts are written and signed."""


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
        draft_digest: the sum over these.
        is_beside: whether the draft stands beside a version that holds.
        is_open: whether a signature is missing: nothing holds, what holds is measured otherwise by now, or a draft stands beside it.
        place: the draft's number; None where nobody has edited or signed it.
        next_place: the number of the draft that comes next.
        with_hr: whether hr signs the draft too.
        signatures: under the draft, else under the version.
        signed_version: those under the version that holds.
        drafted_at: when the draft was written; None for what folder and targets say.
        drafted_by: by whom: a number, or an account's e-mail.
        versions: all that were in force, the first one first.
        drafts: all that were written or signed, the first one first.
        first: the lines that hold, or before there is a version those of folder and targets.
        signed_earlier: those of drafts before this one that somebody signed, by account, the latest of each.
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
    signed_version: tuple[SignatureRow, ...]
    drafted_at: dt.datetime | None
    drafted_by: str | None
    versions: tuple[VersionRow, ...]
    drafts: tuple[DraftRow, ...]
    first: tuple[LineDocument, ...]
    signed_earlier: Mapping[int, tuple[LineDocument, ...]]

    def before(self, account_id: int) -> tuple[LineDocument, ...]:
        """What a reader holds the draft against: the version that holds, else the draft that they signed last, else what folder and targets say."""
        return self.first if self.version else self.signed_earlier.get(account_id, self.first)

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
            "signatures": [one.as_json() for one in self.signed_version] if self.is_beside else signatures,
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


def lines_of_cycle(plan: CyclePlan, node: Node) -> tuple[LineDocument, ...]:
    """The lines that a scorecard is scored by, as they are signed: what was agreed, else what folder and targets say."""
    return tuple(cascade.line_document(one.row) for one in plan.lines.get(node, ()))


def digest_of(plan: CyclePlan, node: Node, lines: Sequence[LineDocument]) -> str:
    """The sum over some lines of a scorecard, by what the cycle's KPIs measure."""
    return agreement_digest(plan.cycle, node, lines, plan.sheet.definitions.kpis)


def card_of_rows(plan: CyclePlan, node: Node, rows: AgreementRows) -> AgreedCard:
    """A scorecard of an opened cycle by what is written of it. No queries."""
    in_force = rows.versions[-1] if rows.versions else None
    written = rows.drafts[-1] if rows.drafts else None
    if in_force is not None:
        folder: tuple[LineDocument, ...] = in_force.lines
    else:
        folder = lines_of_cycle(plan, node)
    base = digest_of(plan, node, folder)
    draft = _standing(written, in_force, rows, base)
    lines = folder if draft is None else draft.lines
    draft_digest = base if draft is None else digest_of(plan, node, lines)
    holds = in_force is not None and in_force.digest == base
    is_beside = in_force is not None and draft is not None
    is_open = bool(lines) and (not holds or is_beside)
    signed = tuple(
        one for one in rows.signatures if draft is not None and one.place == draft.place and one.digest == draft_digest
    )
    under_version = tuple(
        one
        for one in rows.signatures
        if in_force is not None and one.place == in_force.place and one.digest == in_force.digest
    )
    if not is_open and in_force is not None:
        signed = under_version
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
        signed_version=under_version,
        drafted_at=None if draft is None else draft.at,
        drafted_by=None if draft is None else draft.by,
        versions=tuple(rows.versions),
        drafts=tuple(rows.drafts),
        first=folder,
        signed_earlier=_signed_earlier(rows, None if draft is None else draft.place),
    )


def _signed_earlier(rows: AgreementRows, place: int | None) -> dict[int, tuple[LineDocument, ...]]:
    """The lines of the last draft before one that somebody signed, by their account."""
    lines = {one.place: one.lines for one in rows.drafts if place is None or one.place < place}
    signed = sorted((one.place, one.account_id) for one in rows.signatures if one.account_id is not None)
    return {account: lines[at] for at, account in signed if at in lines}


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
    return agreed_cards(connection, loaded, cycle, [node])[node]


def agreed_cards(
    connection: Connection, loaded: State, cycle: int, nodes: Sequence[Node] | None = None
) -> dict[Node, AgreedCard]:
    """The scorecards of an opened cycle of some nodes, or of all that are listed. Queries: 3."""
    plan = loaded.plan(cycle)
    asked = plan.nodes if nodes is None else nodes
    rows = agreement_rows_of(connection, cycle, asked if nodes is not None else None)
    return {node: card_of_rows(plan, node, rows[node]) for node in asked}


def agreement_rows_of(
    connection: Connection, cycle: int, nodes: Sequence[Node] | None
) -> defaultdict[Node, AgreementRows]:
    """What is written of the scorecards of some nodes of a cycle, or of all; nothing of the others. Queries: 3."""
    return defaultdict(AgreementRows, cascade.agreement_rows(connection, cycle, nodes))


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
        heads = next(iter(heads_up_the_line(directory, plan, node.code, day)), ())
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


def heads_up_the_line(directory: Directory, plan: CyclePlan, employee: str, day: dt.date) -> list[tuple[str, ...]]:
    """The heads who stand above an employee, unit by unit up the line from where they are posted, or were last in the cycle. No queries."""
    posting = directory.placement.posting_on(employee, day)
    if posting is None:
        last = directory.placement.last_posting(employee, plan.period)
        unit = None if last is None else last[0].unit
    else:
        unit = posting.unit
    return access.judging_heads(directory, unit=unit, sharers=(employee,), day=day)


def nodes_below(directory: Directory, number: str, day: dt.date) -> Iterator[Node]:
    """The units that somebody heads, those below them, and whoever is posted there on a day. No queries."""
    for top in directory.units_headed_by(number, day):
        for unit in directory.units_below(top, day):
            yield Node(NodeKind.UNIT, unit)
            for one in directory.people_of(unit, day):
                yield Node(NodeKind.EMPLOYEE, one)


_ROLES: Final = {"hr": Role.HR, "executive": Role.EXECUTIVE}
"""In whose place nobody else signs: an auditor sees as much as an executive, and agrees to nothing."""


def signs_for(viewer: Viewer, who: Signers) -> str | None:
    """For whom a person signs: the number of whom they stand in for, "" for themself; None where it is not theirs."""
    if who.numbers:
        if viewer.employee in who.numbers:
            return ""
        return next((one.giver for one in viewer.stands_in_for("sign") if one.giver in who.numbers), None)
    return "" if _ROLES[who.anybody] in viewer.roles else None


def roles_called(roles: Collection[Role]) -> frozenset[str]:
    """What those are called of whom anybody signs, by the roles of one of them: ``hr``, ``executive``."""
    return frozenset(name for name, role in _ROLES.items() if role in roles)


def due_of(loaded: State, opened: OpenedCycle, card: AgreedCard, *, day: dt.date) -> list[Due]:
    """Whose signatures are missing, and since when; of whom nobody asks none. No queries."""
    plan = loaded.plan(opened.cycle)
    if opened.stage not in AGREED_IN or not is_asked(plan, card.node, day):
        return []
    who = signers_of(plan.frame.directory, plan, card.node, day)
    since = _due_since(plan.frame.directory, opened, card, day)
    return [Due(one, who[one].persons, since) for one in card.missing]


def _due_since(directory: Directory, opened: OpenedCycle, card: AgreedCard, day: dt.date) -> dt.datetime:
    """The later of the beginning of agreement and the first day of the person, or of their unit; where a version holds, of what is to be signed instead of it."""
    instants = [opened.agreed_on_since or opened.since]
    if card.versions:
        instants.append(card.drafted_at or card.versions[-1].at)
    first = _first_day(directory, card.node, day) if card.node.kind is NodeKind.EMPLOYEE else None
    if first is not None:
        instants.append(directory.begin_of(first))
    return max(instants)


def _first_day(directory: Directory, node: Node, day: dt.date) -> dt.date:
    """The day on which somebody came to the agency, or from another unit to the one of a day."""
    first, unit = directory.employees[node.code].hired_on, None
    for posting in directory.placement.postings(node.code):
        begins = posting.period.from_ or first
        if begins > day:
            break
        if unit not in {None, posting.unit}:
            first = max(first, begins)
        unit = posting.unit
    return first


def may_sign(
    loaded: State, opened: OpenedCycle, card: AgreedCard, *, viewer: Viewer, day: dt.date
) -> tuple[SignedAs, ...]:
    """The parts in which a person may sign a draft: theirs, signed by nobody yet, and not beside another of their own. No queries."""
    if opened.stage not in AGREED_IN or any(one.account_id == viewer.account_id for one in card.signatures):
        return ()
    plan = loaded.plan(opened.cycle)
    who = signers_of(plan.frame.directory, plan, card.node, day)
    is_own = owns(viewer, who)
    return tuple(
        one for one in card.missing if signs_for(viewer, who[one]) is not None and (one is SignedAs.OWNER or not is_own)
    )


def owns(viewer: Viewer, who: Mapping[SignedAs, Signers]) -> bool:
    """Whether a scorecard is the person's own, or that of a unit that they head: they sign in no other part of it, in nobody's place.

    Args:
        viewer: the person.
        who: signs it (:func:`signers_of`).
    """
    return viewer.employee is not None and viewer.employee in who[SignedAs.OWNER].numbers


def unsigned_cards(connection: Connection, loaded: State, cycle: int, *, day: dt.date) -> dict[Node, AgreedCard]:
    """The scorecards of an opened cycle that are neither agreed nor imposed, as :func:`unsigned_nodes` has them. Queries: 3."""
    cards = agreed_cards(connection, loaded, cycle)
    return {node: cards[node] for node in unsigned_nodes(loaded.plan(cycle), cards, day=day)}


def unsigned_nodes(plan: CyclePlan, cards: Mapping[Node, AgreedCard], *, day: dt.date) -> list[Node]:
    """The nodes with lines that are neither agreed nor imposed, without those whom nobody asks on a day. No queries."""
    return [node for node, card in cards.items() if card.state in _OPEN and is_asked(plan, node, day)]


_OPEN: Final = frozenset({AgreementState.DRAFT, AgreementState.TO_SIGN})


def is_asked(plan: CyclePlan, node: Node, day: dt.date) -> bool:
    """Whether somebody signs and talks about their scorecard at all, as of a day: once they are there, unless they came too late.

    Too late is after the last day of the cycle less the days that are needed to be graded, whether or not they are graded.
    """
    end = plan.period.to
    if node.kind is not NodeKind.EMPLOYEE or end is None:
        return True
    policies = plan.sheet.definitions_of(plan.cycle).policies
    last = end - dt.timedelta(days=1 + policies.minimum_days)
    return plan.frame.directory.employees[node.code].hired_on <= min(day, last)


def may_draft(loaded: State, opened: OpenedCycle, node: Node, *, viewer: Viewer, day: dt.date) -> bool:
    """Whether a person writes drafts of a scorecard: hr, or who signs it as owner or head. No queries."""
    if may(viewer.roles, Deed.RUN_CYCLE, ()):
        return True
    plan = loaded.plan(opened.cycle)
    who = signers_of(plan.frame.directory, plan, node, day)
    return any(signs_for(viewer, who[part]) is not None for part in (SignedAs.OWNER, SignedAs.HEAD))


def may_allocate(loaded: State, opened: OpenedCycle, parent: Node, *, viewer: Viewer, day: dt.date) -> bool:
    """Whether a person shares a unit's target among those below: hr, or the unit's head. No queries."""
    if may(viewer.roles, Deed.RUN_CYCLE, ()):
        return True
    plan = loaded.plan(opened.cycle)
    owner = signers_of(plan.frame.directory, plan, parent, day)[SignedAs.OWNER]
    return parent.kind is NodeKind.UNIT and signs_for(viewer, owner) is not None
