"""What pages and API do with scorecards that are agreed on: who sees one, drafts it and signs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app import cycle as cycles
from app import intake, scoring
from app.cascade import LineDocument
from app.cycle import AgreedCard, Due, OpenedCycle
from app.decisions import Hand, refusal_for
from app.kit.refusals import Invalid, NotThere
from app.rules.agreement import SignedAs
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.request_context import RequestContext

__all__ = ["card_seen", "drafted", "due_of", "may_draft", "may_sign", "opened_for", "signed"]


def opened_for(context: RequestContext, cycle: int, node: Node) -> OpenedCycle:
    """The opened cycle of a scorecard. Queries: 1.

    Raises:
        NotThere: nobody has opened it, or it has no such unit or employee.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or node not in scoring.state(context.connection).plan(cycle).nodes:
        raise NotThere
    return opened


def card_seen(context: RequestContext, cycle: int, node: Node) -> tuple[AgreedCard, list[Due]]:
    """A scorecard of an opened cycle, and whose signatures it lacks. Queries: 4."""
    opened = opened_for(context, cycle, node)
    loaded = scoring.state(context.connection)
    card = cycles.agreed_card(context.connection, loaded, cycle, node)
    return card, cycles.due_of(loaded, opened, card, day=context.today)


def due_of(context: RequestContext, cycle: int, card: AgreedCard) -> list[Due]:
    """Whose signatures a scorecard lacks."""
    opened = opened_for(context, cycle, card.node)
    return cycles.due_of(scoring.state(context.connection), opened, card, day=context.today)


def may_sign(context: RequestContext, cycle: int, card: AgreedCard) -> tuple[SignedAs, ...]:
    """The parts in which who asks may sign a scorecard's draft now."""
    opened = opened_for(context, cycle, card.node)
    loaded = scoring.state(context.connection)
    return cycles.may_sign(loaded, opened, card, viewer=context.viewer, day=context.today)


def may_draft(context: RequestContext, opened: OpenedCycle, node: Node) -> bool:
    """Whether who asks may write a scorecard's draft now."""
    loaded, by_hr = scoring.state(context.connection), context.allowed(Deed.RUN_CYCLE)
    return opened.stage in cycles.AGREED_IN and cycles.may_draft(
        loaded, opened, node, viewer=context.viewer, day=context.today, by_hr=by_hr
    )


def drafted(
    context: RequestContext,
    cycle: int,
    node: Node,
    lines: Sequence[LineDocument],
    *,
    is_expected: Callable[[str], bool],
) -> AgreedCard:
    """Write a draft, and tell the trail.

    Raises:
        Invalid: what a load would find in its rows.
        Refusal: another draft than the one looked at; by its codes.
    """
    opened = opened_for(context, cycle, node)
    loaded = scoring.state(context.connection)
    before = cycles.agreed_card(context.connection, loaded, cycle, node)
    by_hr = context.allowed(Deed.RUN_CYCLE)
    if not cycles.may_draft(loaded, opened, node, viewer=context.viewer, day=context.today, by_hr=by_hr):
        raise refusal_for(Obstacle.ROLE)
    if not is_expected(before.draft_digest):
        raise cycles.OtherDraft
    plan = loaded.plan(cycle)
    judged, problems = intake.judged_lines(plan, node, lines, before=before.draft, by_hr=by_hr)
    if problems:
        raise Invalid(*problems)
    by = Hand.of(context.viewer, context.now)
    after = cycles.edit_draft(context.connection, opened, node, judged, is_expected=is_expected, by=by)
    told = {"cycle": cycle, "digest": before.draft_digest}
    context.note(subject=str(node), before=told, after=told | {"digest": after.draft_digest})
    return after


def signed(context: RequestContext, cycle: int, node: Node, *, digest: str, signed_as: SignedAs) -> AgreedCard:
    """Sign a draft, and tell the trail.

    Raises:
        Conflict: by its codes.
    """
    opened = opened_for(context, cycle, node)
    after = cycles.sign_draft(
        context.connection,
        opened,
        node,
        digest=digest,
        signed_as=signed_as,
        by=context.viewer,
        now=context.now,
    )
    told = {"cycle": cycle, "signed": digest, "as": signed_as.value, "state": after.state.value}
    context.note(subject=str(node), after=told)
    return after
