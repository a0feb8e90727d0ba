"""Which decisions a person sees, and what the pages and the API say of one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask_babel import gettext

from app import access, cascade, decisions, intake, scoring
from app import cycle as cycles
from app.cascade import TARGET_DECISIONS
from app.decisions import Decision, DecisionKind, Overtaken, Reach
from app.kit.refusals import Invalid, NotThere
from app.kit.replacing import exact_text
from app.plain.findings import Finding, Place, n_
from app.rules.deciding import DecisionEffect, DecisionState
from app.rules.permissions import Authority, Deed, may
from app.rules.stages import DECIDED_BY, ITEMS_SHOWN
from app.rules.terms import CycleFunction, Node, NodeKind
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.decisions import objecting
from app.web.decisions.correcting import what_is_added
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.sentences.effect_words import effects_seen, sees_effects
from app.web.wording.languages import krw
from app.web.wording.naming import distinct_name, kpi_namer, person_named
from app.web.wording.words import CYCLE_FUNCTIONS, FOLDER_FILES, LINE_MEMBERS, MASTERS, REOPENED_BECAUSE, STAGES

__all__ = [
    "KIND_NAMES",
    "approved",
    "as_json",
    "checked_kinds",
    "checker",
    "checkers_of",
    "effects_of",
    "found",
    "is_for",
    "just_proposed",
    "kind_of",
    "listed_by",
    "may_propose",
    "nobody_checks",
    "prepared",
    "proposed",
    "proposed_by_form",
    "reach_of",
    "refused",
    "takes_part",
    "title",
    "titles",
    "visible_to",
    "withdrawn",
]


def kind_of(decision: Decision) -> DecisionKind:
    """What a decision is of."""
    return DECISION_KINDS[decision.kind]


def checkers_of(context: RequestContext, kind: DecisionKind) -> frozenset[Authority]:
    """The roles, and functions of its cycle, of which one is needed to agree to a decision of a kind, today."""
    return kind.checkers_on(context.connection, context.today)


def effects_of(context: RequestContext, one: Decision) -> list[DecisionEffect]:
    """What a decision moves, as far as who asks may see it; whoever can agree to it sees all but their own grade and pay, while it waits."""
    return _effects_of(context, one, checkers_of(context, kind_of(one)))[0]


def effects_opened(context: RequestContext, one: Decision) -> tuple[list[DecisionEffect], bool]:
    """The effects that who asks sees, and whether by opening them they have seen what one agrees to: all, or all but their own grade and pay."""
    told, checks = _effects_of(context, one, checkers_of(context, kind_of(one)))
    return told, checks or len(told) == len(one.effects)


def _effects_of(
    context: RequestContext, one: Decision, checkers: frozenset[Authority]
) -> tuple[list[DecisionEffect], bool]:
    """The effects that who asks sees, and whether they see them as who agrees.

    Queries: 5 at most, for whoever agrees to decisions of its kind and does not see all effects of one that waits.
    """
    cycle = None if one.cycle is None else int(one.cycle)
    seen = effects_seen(context, one.effects, checks=False, cycle=cycle)
    if len(seen) == len(one.effects):
        return seen, False
    authorities = context.viewer.authorities(one.cycle)
    checks = one.state is DecisionState.PROPOSED and not authorities.isdisjoint(checkers)
    checks = checks and _is_free(context, kind_of(one), one, context.viewer)
    # What was certified stays open to who certifies (contract-cycle, 13).
    checks = checks or (one.kind == "certify" and CycleFunction.CERTIFIER in authorities)
    return (effects_seen(context, one.effects, checks=True, cycle=cycle) if checks else seen), checks


def _checkers_by_kind(context: RequestContext) -> Callable[[Decision], frozenset[Authority]]:
    """:func:`checkers_of` for many decisions, each kind asked once."""
    by_kind: dict[str, frozenset[Authority]] = {}

    def checkers(one: Decision) -> frozenset[Authority]:
        if one.kind not in by_kind:
            by_kind[one.kind] = checkers_of(context, kind_of(one))
        return by_kind[one.kind]

    return checkers


def may_propose(context: RequestContext, kind: DecisionKind, *, cycle: str | None = None) -> bool:
    """Whether a person proposes decisions of a kind: by role or function, or by standing above anything that it may be about."""
    return (
        not context.viewer.authorities(cycle).isdisjoint(kind.makers)
        if kind.deed is None
        else context.allowed(kind.deed)
    )


def takes_part(context: RequestContext) -> bool:
    """Whether a person's role makes, checks or reads decisions of any kind that takes two people."""
    return any(_has_part_somewhere(context, kind) for kind in DECISION_KINDS.values())


def _has_part_somewhere(context: RequestContext, kind: DecisionKind) -> bool:
    """By a role, or by a function in any cycle."""
    cycles = {None, *(str(one.cycle) for one in context.viewer.functions)}
    return any(_has_part(context, kind, cycle) for cycle in cycles)


def _has_part(context: RequestContext, kind: DecisionKind, cycle: str | None) -> bool:
    return not context.viewer.authorities(cycle).isdisjoint(kind.parts)


def reach_of(context: RequestContext) -> Reach | None:
    """How far a person sees among decisions that their role has no part in; None where they see whatever there is."""
    if may(context.viewer.roles, Deed.SEE_SCORECARD, ()):
        return None
    sees, known, viewer = context.sees(Deed.SEE_SCORECARD), context.directory, context.viewer
    nodes = (
        *(Node(NodeKind.EMPLOYEE, number) for number in known.employees),
        *(Node(NodeKind.UNIT, code) for code in known.tree.units),
    )
    kinds = frozenset(kind.code for kind in DECISION_KINDS.values() if not _has_part_somewhere(context, kind))
    person = known.employees.get(viewer.employee or "")
    emails = {viewer.email} if person is None or not person.email else {viewer.email, person.email}
    accounts = frozenset(f"account:{email}" for email in emails)
    return Reach(kinds=kinds, nodes=frozenset(filter(sees, nodes)), viewer=viewer, accounts=accounts)


def checked_kinds(context: RequestContext) -> frozenset[str]:
    """The kinds that a person agrees to by a role, or by a function in any cycle. Queries: 1 where that hangs on how many others there are."""
    authorities = context.viewer.roles | {one.function for one in context.viewer.functions}

    def checks(kind: DecisionKind) -> bool:
        if authorities.isdisjoint(kind.checkers):
            return _has_part_somewhere(context, kind) and not authorities.isdisjoint(checkers_of(context, kind))
        return True

    return frozenset(kind.code for kind in DECISION_KINDS.values() if checks(kind))


def visible_to(context: RequestContext) -> Callable[[Decision], bool]:
    """A test for many decisions: whether who asks may see each.

    Whoever makes or checks its kind does, as far as their part goes, who made it, and who may see a node that it is about, but for what these
    nodes do not hear.
    """
    viewer = context.viewer
    me = decisions.party_of(context.directory, viewer, day=context.today)
    sees = context.sees(Deed.SEE_SCORECARD)

    @functools.cache
    def seen_of(kind: str, cycle: str | None) -> Callable[[Collection[Node]], bool]:
        return DECISION_KINDS[kind].seen_of(context.connection, viewer, cycle, context.today)

    @functools.cache
    def told_before() -> Mapping[int, int]:
        """Of cycles that people were told of the number from which on decisions are pending."""
        return {of: told.before for of, told in scoring.state(context.connection).sheet.tellings.items()}

    def is_pending(one: Decision) -> bool:
        """Whether what it changes is told with the next telling only."""
        if one.kind not in cycles.PENDING_KINDS or one.cycle is None:
            return False
        return one.id >= told_before().get(int(one.cycle), one.id + 1)

    def visible(one: Decision) -> bool:
        if _has_part(context, kind_of(one), one.cycle) and seen_of(one.kind, one.cycle)(one.about):
            return True
        maker = access.marks_of(
            context.directory, account_id=one.maker.account_id, email=one.maker.email, employee=one.maker.employee
        )
        is_theirs = not me.marks.isdisjoint(maker)
        return is_theirs or (not kind_of(one).for_parts and any(map(sees, one.about)) and not is_pending(one))

    return visible


def found(context: RequestContext, number: int) -> Decision:
    """A decision that who asks may see.

    Raises:
        NotThere: there is none of that number, or not for this person.

    Queries: 3.
    """
    one = decisions.decision(context.connection, number)
    if one is None or not visible_to(context)(one):
        raise NotThere
    return one


def checker(context: RequestContext, number: int) -> Decision:
    """A decision that who asks may see, and whose role agrees to it.

    Raises:
        NotThere: not for this person.
    """
    one = found(context, number)
    if context.viewer.authorities(one.cycle).isdisjoint(checkers_of(context, kind_of(one))):
        raise NotThere
    return one


def is_for(context: RequestContext) -> Callable[[Decision], bool]:
    """A test for many decisions: whether a person's role agrees to each, and it is neither theirs nor about them. Queries: 1 for each kind that there is."""
    viewer, checkers = context.viewer, _checkers_by_kind(context)
    me = decisions.party_of(context.directory, viewer, day=context.today)
    return lambda one: (
        not viewer.authorities(one.cycle).isdisjoint(checkers(one))
        and one.maker.account_id != viewer.account_id
        and me.own.isdisjoint(one.about)
    )


def titles(context: RequestContext, some: Iterable[Decision]) -> dict[int, str]:
    """What each is about, in a line of the reader's language, by number. Queries: 1, or none where none is of a change set."""
    listed = list(some)
    kpi_called = functools.cache(lambda: kpi_namer(context))
    called = intake.change_titles(context.connection, {_change_of(one) for one in listed if _change_of(one)})
    return {
        one.id: _title_of_targets(context, one)
        if one.kind == TARGET_DECISIONS
        else title(context, one, called.get(_change_of(one)), kpi_called)
        for one in listed
    }


def _title_of_targets(context: RequestContext, one: Decision) -> str:
    node = Node.known(one.content["node"])
    whose = distinct_name(context, node)
    return str(gettext(n_("Targets of %(whose)s, %(cycle)s"), whose=whose, cycle=one.cycle))


def _change_of(one: Decision) -> int:
    return int(one.content.get("change", 0)) if one.kind == intake.CHANGE.code else 0


def title(
    context: RequestContext,
    one: Decision,
    called: str | None = None,
    kpi_called: Callable[[], Callable[[int, str], str]] | None = None,
) -> str:
    """What is decided, in a line of the reader's language: of units, people and KPIs their names.

    Args:
        context: the request's.
        one: the decision, of a kind that takes two people.
        called: of one about a change set what that is called.
        kpi_called: gives what names KPIs, for who has many titles made.
    """
    if called is not None:
        return called
    content = one.content
    file, to = str(content.get("file", "")), str(content.get("to", ""))
    return str(
        gettext(
            _TITLES[one.kind],
            file=gettext(FOLDER_FILES.get(file, file)),
            to=gettext(MASTERS[to]) if to in MASTERS else to,
            change=content.get("change", ""),
            account=content.get("account", ""),
            cycle=one.cycle or "",
            node=_node_called(context, str(content.get("node", ""))),
            kpi=_kpi_called(one, kpi_called or (lambda: kpi_namer(context))),
            rater=person_named(context, str(content.get("rater", ""))),
            person=person_named(context, str(content.get("person", content.get("employee", "")))),
            points=content.get("points", ""),
            ground=content.get("ground", ""),
            function=gettext(CYCLE_FUNCTIONS.get(str(content.get("function", "")), "")),
            stage=gettext(STAGES.get(to, "")),
            member=gettext(LINE_MEMBERS.get(str(content.get("member")), "")),
            value=_institution_called(content) if one.kind == "institution" else content.get("value", ""),
            run=content.get("run", ""),
            year=content.get("year", ""),
            decision=content.get("decision", ""),
            move=content.get("move", ""),
            moves=_moves_called(context, content.get("moves") or ()),
            nodes=_nodes_called(context, content.get("nodes", ())),
            because=gettext(REOPENED_BECAUSE.get(str(content.get("because")), "")),
            added=what_is_added(content) if one.kind == scoring.CORRECT else "",
        )
    )


def _node_called(context: RequestContext, text: str) -> str:
    node = Node.parse(text)
    return text if node is None else distinct_name(context, node)


def _institution_called(content: Mapping[str, Any]) -> str:
    """The agency's own grade, and the pool where there is one."""
    pool = content.get("pool")
    return str(content["grade"]) if pool is None else f"{content['grade']}, {krw(pool)}"


_NODES_CALLED: Final = 3


def _nodes_called(context: RequestContext, nodes: str | Sequence[str]) -> str:
    """For whom a cycle is reopened, the first of them by name."""
    if isinstance(nodes, str):
        return str(gettext(n_("everybody")))
    first = [_node_called(context, one) for one in nodes[:_NODES_CALLED]]
    return ", ".join([*first, *(["…"] if len(nodes) > _NODES_CALLED else [])])


_MOVES_CALLED: Final = 3


def _moves_called(context: RequestContext, moves: Sequence[Mapping[str, str]]) -> str:
    """Whose grades are moved, the first of them by name."""
    first = [f"{_node_called(context, one['node'])} {one['from']} → {one['to']}" for one in moves[:_MOVES_CALLED]]
    return ", ".join([*first, *(["…"] if len(moves) > _MOVES_CALLED else [])])


def _kpi_called(one: Decision, kpi_called: Callable[[], Callable[[int, str], str]]) -> str:
    """The KPI that a decision of a cycle is about, as that cycle calls it."""
    code, cycle = str(one.content.get("kpi", "")), one.cycle or ""
    if not code or not cycle.isdigit():
        return code
    return kpi_called()(int(cycle), code)


_TITLES: Final = {
    "account": n_("Account %(account)s"),
    "amend": n_("The cycle %(cycle)s adopts the policies or definitions that are loaded now"),
    "appoint": n_("%(person)s is to be %(function)s of the cycle %(cycle)s"),
    "bonus": n_("Bonus points for %(person)s in the cycle %(cycle)s (%(points)s): %(ground)s"),
    "calibrate": n_("Grades moved in the cycle %(cycle)s: %(moves)s"),
    "certify": n_("The cycle %(cycle)s is to be certified"),
    "clawback": n_("%(person)s is to give back the pay of the cycle %(cycle)s: %(ground)s"),
    "institution": n_("The ministry's result of the cycle %(cycle)s: %(value)s"),
    "pay_run": n_("Pay run %(run)s of the cycle %(cycle)s"),
    "correct": n_("The cycle %(cycle)s is to go by what came after its cut as well: %(added)s"),
    "change": n_("Change set %(change)s"),
    "drop": n_("The line “%(kpi)s” of %(node)s is dropped in the cycle %(cycle)s"),
    "exclude_year": n_("The year %(year)s is left out for the line “%(kpi)s” of %(node)s in the cycle %(cycle)s"),
    "impose": n_("The scorecard of %(node)s in the cycle %(cycle)s is imposed"),
    "let_lapse": n_("Lapsed moves of decision %(move)s in the cycle %(cycle)s are let go"),
    "lift": n_("Decision %(decision)s about a line in the cycle %(cycle)s is lifted"),
    "lock": n_("The cycle %(cycle)s is to be locked"),
    "master": n_("“%(file)s” is to come by: %(to)s"),
    "no_effect": n_("A granted objection changes nothing in the cycle %(cycle)s"),
    "notify": n_("Everybody is to be told their result of the cycle %(cycle)s"),
    "override": n_("%(member)s of the line “%(kpi)s” of %(node)s is to be %(value)s in the cycle %(cycle)s"),
    "raters": n_("Raters of %(kpi)s of %(node)s in the cycle %(cycle)s"),
    "reopen_rating": n_("The grade of %(kpi)s of %(node)s by %(rater)s in the cycle %(cycle)s is reopened"),
    "reopen": n_("The cycle %(cycle)s is to be reopened for %(nodes)s, since %(because)s"),
    "stage": n_("The cycle %(cycle)s is to come to: %(stage)s"),
    "zero": n_("The line “%(kpi)s” of %(node)s scores 0 in the cycle %(cycle)s"),
}
"""What a decision of each kind that takes two people is called."""

KIND_NAMES: Final[Mapping[str, str]] = {
    "account": n_("Accounts"),
    "amend": n_("Amendments of cycles"),
    "appoint": n_("Functions of cycles"),
    "bonus": n_("Bonus points"),
    "calibrate": n_("Moved grades"),
    "certify": n_("Certified cycles"),
    "clawback": n_("Pay given back"),
    "institution": n_("Results of the ministry"),
    "pay_run": n_("Pay runs"),
    "correct": n_("What was added to cuts"),
    "change": n_("Change sets"),
    "drop": n_("Dropped lines"),
    "exclude_year": n_("Years left out"),
    "impose": n_("Imposed scorecards"),
    "let_lapse": n_("Lapsed moves let go"),
    "lift": n_("Decisions about lines that are lifted"),
    "lock": n_("Locked cycles"),
    "master": n_("Doors of files"),
    "no_effect": n_("Granted objections without effect"),
    "notify": n_("Tellings of results"),
    "override": n_("Figures of lines in place of others"),
    "raters": n_("Raters"),
    "reopen_rating": n_("Reopened grades"),
    "reopen": n_("Reopened cycles"),
    "stage": n_("Stages of cycles"),
    TARGET_DECISIONS: n_("Targets"),
    "zero": n_("Lines that score 0"),
}
"""What the decisions of each kind are called together."""


def approved(context: RequestContext, number: int, digest: str) -> Decision:
    """Agree to it, and tell the trail.

    Raises:
        Overtaken: it is void now, which stays written.
        Conflict: by its codes.
    """
    one = found(context, number)
    approval = decisions.approve(
        context.connection,
        kind_of(one),
        one.id,
        digest=digest,
        directory=context.directory,
        by=context.viewer,
        now=context.now,
    )
    after = approval.decision
    if approval.is_new:
        context.note(
            subject=f"decision:{one.id}", before={"state": one.state}, after={"state": after.state}, why=one.reason
        )
    else:
        context.did_nothing = True
    if after.state is DecisionState.VOID:
        raise Overtaken
    return after


def prepared(
    context: RequestContext,
    kind: DecisionKind,
    cycle: str | None,
    *,
    content: Mapping[str, Any] | None = None,
    to_check: bool = False,
) -> None:
    """Have a kind work out what takes long, before a transaction begins that others wait for; for nobody who neither makes nor checks it.

    Args:
        context: with a reading transaction.
        kind: of decision.
        cycle: that it is about.
        content: what is to be proposed, as it was sent.
        to_check: whether it is to be agreed to, not to be proposed.
    """
    parts = kind.checkers if to_check else kind.makers
    if not context.viewer.authorities(cycle).isdisjoint(parts):
        kind.prepare(context.connection, cycle, context.today)
        if content is not None:
            kind.prepare_content(context.connection, content, cycle, context.today)


def proposed(
    context: RequestContext,
    kind: DecisionKind,
    content: Mapping[str, Any],
    reason: str,
    *,
    cycle: str | None = None,
    objection: int | None = None,
) -> Decision:
    """Propose it, and tell the trail.

    Args:
        context: the request's.
        kind: what of.
        content: what is decided, as it was sent.
        reason: why.
        cycle: that it is about.
        objection: the granted one that it gives effect to.

    Raises:
        Invalid: what is proposed cannot be.
        Conflict: by its codes.
    """
    made = decisions.propose(
        context.connection,
        kind,
        content=content,
        reason=reason,
        directory=context.directory,
        by=context.viewer,
        now=context.now,
        cycle=cycle,
        answers=objecting.answered_by(context, kind, cycle, objection),
    )
    if made.kind == TARGET_DECISIONS:
        _note_targets(context, made)
    else:
        context.note(subject=f"decision:{made.id}", after=dict(made.content), why=made.reason)
    return made


def proposed_by_form(
    context: RequestContext,
    kind: DecisionKind,
    content: Mapping[str, Any],
    reason: str,
    *,
    cycle: str,
    fields: Mapping[str, str],
    objection: int | None = None,
) -> Decision:
    """Propose what was typed into a form; what is wrong with a member stands at the field that it was typed into.

    Args:
        context: the request's.
        kind: what of.
        content: what is decided.
        reason: why.
        cycle: that it is about.
        fields: the field of each member that has another name there.
        objection: the granted one that it gives effect to.

    Raises:
        Invalid: what is proposed cannot be.
        Conflict: by its codes.
    """
    try:
        return proposed(context, kind, content, reason, cycle=cycle, objection=objection)
    except Invalid as refusal:
        raise Invalid(*at_form_fields(refusal.findings, fields)) from None


def at_form_fields(findings: Iterable[Finding], fields: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with members of a decision, each at the field of a form that it was typed into.

    Args:
        findings: with the member as their place.
        fields: the field of each member that has another name there.
    """
    for one in findings:
        yield replace(one, place=Place(field=fields.get(one.place.field or "", one.place.field)))


def nobody_checks(context: RequestContext, made: Decision) -> bool:
    """Whether nobody can agree to an open decision of a cycle as things are: whoever could has proposed it, is who it is about, or stands in for the maker.

    Of roles those that accounts are given are looked at, not a head's, which comes by posting.

    Queries: 1 for every 200 accounts, 1 for each function, and at most 5 for each account that has the role or holds the function.
    """
    connection, day, kind = context.connection, context.today, kind_of(made)
    wanted = kind.checkers_on(connection, day)
    emails = [one.email for one in access.every_account(connection) if not wanted.isdisjoint(one.roles)]
    for function in wanted & frozenset(CycleFunction):
        emails += access.holders_of(
            connection, context.directory, cycle=int(made.cycle or 0), function=CycleFunction(function), day=day
        )
    for email in dict.fromkeys(emails):
        by = access.viewer_of(connection, email=email, day=day)
        if by is not None and _is_free(context, kind, made, by):
            return False
    return True


def _is_free(context: RequestContext, kind: DecisionKind, made: Decision, by: access.Viewer) -> bool:
    """Whether nothing keeps somebody from agreeing."""
    obstacle = decisions.obstacle_for(
        context.connection, kind, made, directory=context.directory, by=by, now=context.now
    )
    return obstacle is None


def _note_targets(context: RequestContext, made: Decision) -> None:
    """A row of the trail for each line, as the page of targets writes it."""
    cycle = int(made.cycle or 0)
    for one in cascade.targets_of(cycle, made.content):
        line = {"cycle": cycle, "kpi": one.kpi}
        context.note(
            subject=str(one.node),
            before=line | {"target": exact_text(one.before)},
            after=line | {"target": exact_text(one.target), "decision": made.id},
            why=made.reason,
        )


def refused(context: RequestContext, number: int, reason: str) -> Decision:
    """Say no to it, and tell the trail.

    Raises:
        Invalid: the reason is too short or too long.
        Conflict: by its codes.
    """
    one = found(context, number)
    ended = decisions.refuse(
        context.connection,
        kind_of(one),
        one.id,
        reason=reason,
        directory=context.directory,
        by=context.viewer,
        now=context.now,
    )
    context.note(subject=f"decision:{one.id}", before={"state": one.state}, after={"state": ended.state}, why=reason)
    return ended


def withdrawn(context: RequestContext, number: int) -> Decision:
    """Take it back, and tell the trail.

    Raises:
        Conflict: by its codes.
    """
    one = found(context, number)
    ended = decisions.withdraw(
        context.connection, kind_of(one), one.id, directory=context.directory, by=context.viewer, now=context.now
    )
    context.note(subject=f"decision:{one.id}", before={"state": one.state}, after={"state": ended.state})
    return ended


def as_json(context: RequestContext, one: Decision) -> dict[str, Any]:
    """As the contract writes it (contract-desk, 2)."""
    return listed_by(context)(one)


def just_proposed(context: RequestContext, one: Decision) -> dict[str, Any]:
    """The same of what was proposed within this transaction: nothing is in its way, and others may wait for its locks."""
    return _as_json(context, one, checkers_of(context, kind_of(one)), blockers=[])


def listed_by(context: RequestContext) -> Callable[[Decision], dict[str, Any]]:
    """How each of many is written. Queries: 1 for each kind that there is."""
    checkers = _checkers_by_kind(context)
    return lambda one: _as_json(context, one, checkers(one), blockers=_blockers_told(context, one))


def _as_json(
    context: RequestContext, one: Decision, checkers: frozenset[Authority], *, blockers: list[dict[str, Any]]
) -> dict[str, Any]:
    # Whoever sees some of the effects would find the others by trying what has a sum that they are in: base and grade are few.
    effects, checks = _effects_of(context, one, checkers)
    seen = len(effects)
    sees_all = seen == len(one.effects)
    # Of two with one function either makes what the other checks, and so is told of any such sum while it waits.
    may_check = one.state is DecisionState.PROPOSED and not context.viewer.authorities(one.cycle).isdisjoint(checkers)
    tells_digest = sees_all or checks or may_check or not one.signed_effects
    return {
        "id": one.id,
        "cycle": one.cycle,
        "kind": one.kind,
        "round": one.round,
        "state": one.state.value,
        "content": dict(one.content),
        "reason": one.reason,
        "maker": one.maker.as_json(),
        "checker": None if one.checker is None else one.checker.as_json(),
        "digest": one.digest if tells_digest else None,
        "signed_effects": one.signed_effects,
        "effects": {
            "digest": one.effects_digest if sees_all else None,
            "count": seen,
            "items": f"/api/v1/decisions/{one.id}/effects",
        },
        "may_approve": sorted(checkers),
        "blockers": blockers,
        "objection": one.objection,
        "refused_because": one.refused_because,
        "moved": _moved_seen(context, one),
    }


def _blockers_told(context: RequestContext, one: Decision) -> list[dict[str, Any]]:
    """What stands in the way of a stage that waits, now; only those are named whom who asks may see.

    Queries: of a stage or certificate that waits those of :func:`app.cycle.blockers_of_proposed`; of one cycle few wait at once.
    """
    if one.state is not DecisionState.PROPOSED or one.kind not in {"stage", *DECIDED_BY.values()}:
        return []
    loaded = scoring.state(context.connection)
    sees = context.sees(Deed.SEE_SCORECARD)
    return [
        {
            "code": blocker.code,
            "detail": blocker.as_finding().text(),
            "items": [item for item in blocker.items if (node := Node.parse(item)) is None or sees(node)][:ITEMS_SHOWN],
        }
        for blocker in cycles.blockers_of_proposed(context.connection, loaded, one, day=context.today)
    ]


def _moved_seen(context: RequestContext, one: Decision) -> list[dict[str, Any]] | None:
    """What overtook it, as far as who asks may see it: rows of files by who sees those, effects as any."""
    if one.moved is None:
        return None
    files, effects = context.allowed(Deed.SEE_FILES), _moved_effects_seen(context, one)
    hidden = () if changing.sees_pay(context) else changing.PERSONAL_FILES
    return [
        told
        for told in one.moved
        if (effects(told["node"], told["member"]) if "node" in told else _is_row_seen(told, files=files, hidden=hidden))
    ]


def _moved_effects_seen(context: RequestContext, one: Decision) -> Callable[[str, str], bool]:
    return sees_effects(context, checks=False, cycle=None if one.cycle is None else int(one.cycle))


def _is_row_seen(told: Mapping[str, Any], *, files: bool, hidden: Collection[str]) -> bool:
    """Whether a row of a file that overtook a decision may be seen; the stage of a cycle, or somebody's number, stands in the decision itself."""
    return "file" not in told or (files and told["file"] not in hidden)
