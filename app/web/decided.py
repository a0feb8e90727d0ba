"""Which decisions a person sees, and what the pages and the API say of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import decisions, intake
from app.decisions import Decision, Kind
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.web.request_context import RequestContext

__all__ = ["as_json", "found", "kind_of", "visible_to"]


def kind_of(decision: Decision) -> Kind:
    """What a decision is of."""
    return intake.DECISION_KINDS[decision.kind]


def visible_to(context: RequestContext) -> Callable[[Decision], bool]:
    """A test for many decisions: whether who asks may see each.

    Whoever makes or checks its kind does, who made it, and who may see a node that it is about.
    """
    viewer = context.viewer
    me = decisions.party_of(context.directory, viewer, cycle=None, day=context.today)
    sees = context.sees(Deed.SEE_SCORECARD)

    def visible(one: Decision) -> bool:
        kind = kind_of(one)
        if not viewer.roles.isdisjoint(kind.makers | kind.checkers | kind.seen_by):
            return True
        maker = decisions.marks_of(
            context.directory, account_id=one.maker.account_id, email=one.maker.email, employee=one.maker.employee
        )
        return not me.marks.isdisjoint(maker) or any(map(sees, one.about))

    return visible


def found(context: RequestContext, number: str) -> Decision:
    """A decision that who asks may see.

    Raises:
        NotThere: there is none of that number, or not for this person.

    Queries: 3.
    """
    one = None
    if number.isascii() and number.isdigit() and len(number) <= 18:
        one = decisions.decision(context.connection, int(number))
    if one is None or not visible_to(context)(one):
        raise NotThere
    return one


def as_json(one: Decision) -> dict[str, Any]:
    """As the contract writes it (contract-desk, 2)."""
    kind = kind_of(one)
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
        "digest": one.digest,
        "signed_effects": one.signed_effects,
        "effects": {
            "digest": one.effects_digest,
            "count": len(one.effects),
            "items": f"/api/v1/decisions/{one.id}/effects",
        },
        "may_approve": sorted(kind.checkers),
        "blockers": [],
        "objection": None,
        "refused_because": one.refused_because,
        "moved": one.moved,
    }
