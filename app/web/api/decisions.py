"""Decisions, and who stands in for whom (contract-desk, 1 and 2). A session alone asks here: no key ever decides.

Do not answer 403 where a person may not: what one may see and not do is 409 with its code, and what one may not see is 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app import decisions, intake
from app.access import Delegation
from app.decisions import DecisionFilter
from app.intake import FileState
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionState
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import READS, WRITES
from app.web.api.json_bodies import EmptyBody, sent_as
from app.web.api.paging import PageQuery, page_of
from app.web.api.readings import others_among, write_down
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.cycles import delegating
from app.web.decisions import decided
from app.web.decisions.decision_kinds import DECISION_KINDS

__all__ = ["pages"]

pages: Final = Pages("decisions_api")

_NUMBER: Final = {"number": ("integer", "The decision's id.")}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ProposalBody(_Body):
    """What is proposed, and why."""

    kind: str
    cycle: str | None = None
    content: Mapping[str, Any]
    reason: str
    objection: Annotated[int | None, Field(description="The granted objection that it gives effect to.")] = None


class ApprovalBody(_Body):
    """What was looked at."""

    digest: str


class RefusalBody(_Body):
    """Why not."""

    reason: str


def _written(day: object) -> object:
    """A day that is written out; a number, which would be taken for seconds since 1970, is none."""
    return day if isinstance(day, str) else ""


WrittenDay = Annotated[FormDay, BeforeValidator(_written)]


class DelegationBody(_Body):
    """Who stands in for whom."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    giver: Annotated[str, Field(alias="from")]
    taker: Annotated[str, Field(alias="to")]
    functions: list[str]
    from_day: WrittenDay
    to_day: WrittenDay
    reason: str


class ListedQuery(PageQuery):
    """What narrows the list, and which page of it."""

    cycle: Annotated[str | None, Field(description="Only those about this cycle.")] = None
    kind: Annotated[str | None, Field(description="Only those of this kind.")] = None
    state: Annotated[DecisionState | None, Field(description="Only those in this state.")] = None
    node: Annotated[str | None, Field(description="Only those about this unit or employee.")] = None


# ------------------------------------------------------------------------------------------------------------- decisions


@pages.api_read(
    "/api/v1/decisions",
    may=Deed.SEE_DECISIONS,
    about={
        "summary": "Decisions, newest first",
        "tag": "Decisions",
        "query": ListedQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.DECISION), "Those that one may see.")},
        "refusals": (*READS, 422),
    },
)
def listed(context: RequestContext, query: ListedQuery) -> Json:
    """The decisions that who asks may see, the newest first."""
    node = None
    if query.node is not None and (node := Node.parse(query.node)) is None:
        raise NotThere
    if node is not None and not context.sees(Deed.SEE_SCORECARD)(node):
        return Json({"items": [], "next": None})
    only = DecisionFilter(
        kinds=None if query.kind is None else frozenset({query.kind}),
        cycle=query.cycle,
        state=query.state,
        nodes=None if node is None else frozenset({node}),
        reach=decided.reach_of(context),
    )
    some = decisions.decisions_of(
        context.connection, only, visible=decided.visible_to(context), limit=query.limit + 1, before=query.before
    )
    return page_of(query, some, decided.listed_by(context))


@pages.api_read(
    "/api/v1/decisions/<int:number>",
    may=Deed.SEE_DECISIONS,
    about={
        "summary": "One decision",
        "tag": "Decisions",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.DECISION, "The decision.")},
        "refusals": READS,
    },
)
def one(context: RequestContext, number: int) -> Json:
    """One decision, and what has become of it."""
    return Json(decided.as_json(context, decided.found(context, number)))


@pages.api_read(
    "/api/v1/decisions/<int:number>/effects",
    may=Deed.SEE_DECISIONS,
    transaction=False,
    about={
        "summary": "What a decision moves",
        "tag": "Decisions",
        "path": _NUMBER,
        "responses": {200: ("application/json", shapes.listed(shapes.EFFECT), "Every effect, before and after.")},
        "refusals": READS,
    },
)
def effects(context: RequestContext, number: int) -> Json:
    """All that a decision moves, and not a number of it. Whoever opens and sees all of it has seen it, which approving many needs."""
    with context.read() as connection:
        present = decided.found(context, number)
        told, has_all = decided.effects_opened(context, present)
        is_new = has_all and not decisions.has_seen(connection, present.id, context.viewer)
        items = [effect.as_json() for effect in told]
    if is_new:
        # Whoever opens it twice at one moment has seen it once.
        context.writing(lambda writing: decisions.see_effects(writing, number, by=context.viewer, now=context.now))
    nodes = (Node.parse(one["node"]) for one in items)
    people = others_among(context, (one.code for one in nodes if one is not None and one.kind is NodeKind.EMPLOYEE))
    write_down(context, what="effects", asked={"decision": number}, people=people)
    return Json({"items": items, "next": None})


def _proposer(context: RequestContext) -> None:
    body = sent_as(ProposalBody, request)
    kind = DECISION_KINDS.get(body.kind)
    if kind is None or not decided.may_propose(context, kind, cycle=body.cycle):
        raise NotThere
    node = Node.parse(str(body.content.get("node", "")))
    if kind.deed is not None and node is not None:
        context.require(kind.deed, node)


def _prepared_proposal(context: RequestContext) -> ProposalBody:
    """What is proposed; what takes long of it is worked out before others have to wait."""
    body = sent_as(ProposalBody, request)
    kind = DECISION_KINDS.get(body.kind)
    if kind is not None:
        decided.prepared(context, kind, body.cycle, content=body.content)
    return body


def _prepared_approval(context: RequestContext, number: int) -> None:
    """The same of what is agreed to; who does not agree to it hears so where it is done: 409, not that there is nothing."""
    one = decided.found(context, number)
    decided.prepared(context, decided.kind_of(one), one.cycle, to_check=True)


@pages.api_act(
    "/api/v1/decisions",
    may=Deed.DECIDE,
    before=_prepared_proposal,
    still=_proposer,
    about={
        "summary": "Propose a decision",
        "tag": "Decisions",
        "body": shapes.json_body(ProposalBody),
        "responses": {
            201: (
                "application/json",
                shapes.DECISION,
                "It is proposed, or approved at once; `Location` is its address.",
            )
        },
        "refusals": WRITES,
    },
)
def propose(context: RequestContext, looked_up: ProposalBody) -> Json:
    """Propose what takes another person's agreement; what one person suffices for is approved by it. What one's role does not do is 409 `role`."""
    body = looked_up
    kind = DECISION_KINDS.get(body.kind)
    if kind is None:
        message = n_("There is no kind of decision “%(value)s”: it is one of %(kinds)s.")
        parameters = {"value": quoted(body.kind), "kinds": ", ".join(sorted(DECISION_KINDS))}
        raise Invalid(at_field("kind", "unknown_kind", message, **parameters))
    if kind.submitted_elsewhere:
        message = n_("A decision of this kind is proposed where it is prepared: submit it there.")
        raise Invalid(at_field("kind", "submitted_elsewhere", message))
    if body.cycle is not None and not kind.of_cycle:
        raise Invalid(at_field("cycle", "no_cycle", n_("A decision of this kind is about no cycle: leave it out.")))
    made = decided.proposed(context, kind, body.content, body.reason, cycle=body.cycle, objection=body.objection)
    return Json(decided.just_proposed(context, made), status=201, headers={"Location": f"/api/v1/decisions/{made.id}"})


@pages.api_act(
    "/api/v1/decisions/<int:number>/approve",
    may=Deed.DECIDE,
    still=decided.checker,
    before=_prepared_approval,
    about={
        "summary": "Agree to a decision",
        "tag": "Decisions",
        "path": _NUMBER,
        "body": shapes.json_body(ApprovalBody),
        "responses": {200: ("application/json", shapes.DECISION, "It is approved, and done.")},
        "refusals": WRITES,
    },
)
def approve(context: RequestContext, number: int, looked_up: object) -> Json:
    """Agree, as another person than the one who proposed it, to what stands behind the digest; by the same person again the same answer."""
    del looked_up
    digest = sent_as(ApprovalBody, request).digest
    return Json(decided.as_json(context, decided.approved(context, number, digest)))


@pages.api_act(
    "/api/v1/decisions/<int:number>/refuse",
    may=Deed.DECIDE,
    still=decided.checker,
    about={
        "summary": "Refuse a decision",
        "tag": "Decisions",
        "path": _NUMBER,
        "body": shapes.json_body(RefusalBody),
        "responses": {200: ("application/json", shapes.DECISION, "It is refused; nothing is done.")},
        "refusals": WRITES,
    },
)
def refuse(context: RequestContext, number: int) -> Json:
    """Say no, and why: whoever proposed it reads that."""
    reason = sent_as(RefusalBody, request).reason
    return Json(decided.as_json(context, decided.refused(context, number, reason)))


@pages.api_act(
    "/api/v1/decisions/<int:number>/withdraw",
    may=Deed.DECIDE,
    still=decided.found,
    about={
        "summary": "Withdraw a decision",
        "tag": "Decisions",
        "path": _NUMBER,
        "body": shapes.json_body(EmptyBody),
        "responses": {200: ("application/json", shapes.DECISION, "It is withdrawn; nothing is done.")},
        "refusals": WRITES,
    },
)
def withdraw(context: RequestContext, number: int) -> Json:
    """Take back what one has proposed oneself."""
    sent_as(EmptyBody, request)
    return Json(decided.as_json(context, decided.withdrawn(context, number)))


# ----------------------------------------------------------------------------------------------------------- delegations


@pages.api_read(
    "/api/v1/delegations",
    may=Deed.SEE_DECISIONS,
    about={
        "summary": "Who stands in for whom, newest first",
        "tag": "Decisions",
        "query": PageQuery,
        "responses": {200: ("application/json", shapes.listed(shapes.DELEGATION), "One's own; for hr all.")},
        "refusals": (*READS, 422),
    },
)
def delegations(context: RequestContext, query: PageQuery) -> Json:
    """One's own, given and taken; for hr all."""
    some = delegating.listed(context, limit=query.limit + 1, before=query.before)
    return page_of(query, some, Delegation.as_json)


def _giver(context: RequestContext) -> None:
    if not delegating.is_theirs(context, sent_as(DelegationBody, request).giver):
        raise NotThere


@pages.api_act(
    "/api/v1/delegations",
    may=Deed.DELEGATE,
    still=_giver,
    about={
        "summary": "Let somebody stand in",
        "tag": "Decisions",
        "body": shapes.json_body(DelegationBody),
        "responses": {201: ("application/json", shapes.DELEGATION, "It holds from its first day.")},
        "refusals": WRITES,
    },
)
def delegate(context: RequestContext) -> Json:
    """Let another person do some of one's work for some days: said by who is stood in for, or by hr."""
    body = sent_as(DelegationBody, request)
    made = delegating.delegated(
        context,
        giver=body.giver,
        taker=body.taker,
        functions=body.functions,
        from_day=body.from_day,
        to_day=body.to_day,
        reason=body.reason,
    )
    return Json(made.as_json(), status=201, headers={"Location": f"/api/v1/delegations/{made.id}"})


@pages.api_act(
    "/api/v1/delegations/<int:number>/end",
    may=Deed.DELEGATE,
    still=delegating.of_theirs,
    about={
        "summary": "End a delegation",
        "tag": "Decisions",
        "path": {"number": ("integer", "The delegation's id.")},
        "body": shapes.json_body(EmptyBody),
        "responses": {200: ("application/json", shapes.DELEGATION, "It holds no more from today on.")},
        "refusals": WRITES,
    },
)
def end(context: RequestContext, number: int) -> Json:
    """End it from today on: by who is stood in for, who stands in, or hr."""
    sent_as(EmptyBody, request)
    return Json(delegating.ended(context, number).as_json())


# ----------------------------------------------------------------------------------------------------------------- files


@pages.api_read(
    "/api/v1/files",
    may=Deed.SEE_FILES,
    about={
        "summary": "The files of the agency folder",
        "tag": "Desk",
        "responses": {200: ("application/json", shapes.listed(shapes.FILE), "Every file, as the contract lists them.")},
        "refusals": READS,
    },
)
def files(context: RequestContext) -> Json:
    """Every file of the agency folder: by which door it comes, its rows, their sum, and who changed it last."""
    states: list[FileState] = list(intake.file_states(context.connection))
    if not changing.sees_pay(context):
        states = [replace(one, sha256=None) if one.file in changing.SUMS_HIDDEN else one for one in states]
    return Json({"items": [state.as_json() for state in states], "next": None})
