"""What pages and API do with scorecards that are agreed on: who sees one, drafts it and signs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app import cycle as cycles
from app import intake, scoring
from app.cascade import LineDocument
from app.cycle import AgreedCard, Due, OpenedCycle
from app.decisions import refusal_for
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.agreement import SignedAs
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.web.asked.request_context import RequestContext

__all__ = [
    "card_of",
    "drafted",
    "due_of",
    "imposing_of",
    "is_own",
    "may_draft",
    "may_sign",
    "noted",
    "opened_for",
    "signed",
]


def opened_for(context: RequestContext, cycle: int, node: Node) -> OpenedCycle:
    """The opened cycle of a scorecard. Queries: 1.

    Raises:
        NotThere: nobody has opened it, or it has no such unit or employee.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or node not in scoring.state(context.connection).plan(cycle).nodes:
        raise NotThere
    return opened


def card_of(context: RequestContext, opened: OpenedCycle, node: Node) -> AgreedCard:
    """A scorecard of an opened cycle. Queries: 3."""
    return cycles.agreed_card(context.connection, scoring.state(context.connection), opened.cycle, node)


def due_of(context: RequestContext, opened: OpenedCycle, card: AgreedCard) -> list[Due]:
    """Whose signatures a scorecard lacks. No queries."""
    return cycles.due_of(scoring.state(context.connection), opened, card, day=context.today)


def may_sign(context: RequestContext, opened: OpenedCycle, card: AgreedCard) -> tuple[SignedAs, ...]:
    """The parts in which who asks may sign a scorecard's draft now. No queries."""
    loaded = scoring.state(context.connection)
    return cycles.may_sign(loaded, opened, card, viewer=context.viewer, day=context.today)


def imposing_of(context: RequestContext, opened: OpenedCycle, card: AgreedCard) -> cycles.ImposingAhead | None:
    """How a scorecard may be imposed, now or later; None where it cannot be. No queries."""
    plan = scoring.state(context.connection).plan(opened.cycle)
    return cycles.imposing_of(plan, opened, card, viewer=context.viewer, day=context.today)


def may_draft(context: RequestContext, opened: OpenedCycle, node: Node) -> bool:
    """Whether who asks may write a scorecard's draft now. No queries."""
    loaded = scoring.state(context.connection)
    return opened.stage in cycles.AGREED_IN and cycles.may_draft(
        loaded, opened, node, viewer=context.viewer, day=context.today
    )


def is_own(context: RequestContext, opened: OpenedCycle, node: Node) -> bool:
    """Whether a scorecard is of who asks: their own, or that of a unit that they head. No queries."""
    plan = scoring.state(context.connection).plan(opened.cycle)
    return cycles.owns(context.viewer, cycles.signers_of(plan.frame.directory, plan, node, context.today))


def drafted(
    context: RequestContext,
    opened: OpenedCycle,
    node: Node,
    lines: Sequence[LineDocument],
    *,
    is_expected: Callable[[str], bool],
    lacks: Sequence[Finding] = (),
) -> AgreedCard:
    """Write a draft, and tell the trail.

    Raises:
        Invalid: what a load would find in its rows, and `lacks`: what is missing beside them, told at once.
        Refusal: another draft than the one looked at; by its codes.
    """
    loaded = scoring.state(context.connection)
    before = card_of(context, opened, node)
    # Asked again once nobody else decides: here it goes before what is wrong with the lines.
    if not cycles.may_draft(loaded, opened, node, viewer=context.viewer, day=context.today):
        raise refusal_for(Obstacle.ROLE)
    if not is_expected(before.draft_digest):
        raise cycles.OtherDraft
    plan = loaded.plan(opened.cycle)
    by_hr = context.allowed(Deed.RUN_CYCLE)
    judged, problems = intake.judged_lines(plan, node, lines, before=before.draft, by_hr=by_hr)
    if problems or lacks:
        raise Invalid(*problems, *lacks)
    after = cycles.edit_draft(
        context.connection, opened, node, judged, is_expected=is_expected, by=context.viewer, now=context.now
    )
    told = {"cycle": opened.cycle, "digest": before.draft_digest}
    context.note(subject=str(node), before=told, after=told | {"digest": after.draft_digest})
    return after


def noted(context: RequestContext, opened: OpenedCycle, node: Node, *, kpi: str, text: str) -> None:
    """Write something beside a scorecard, and tell the trail that somebody did.

    Raises:
        Invalid: there is no text, too much, or no such line.
        Conflict: it is not theirs to draft, or not now.
    """
    loaded = scoring.state(context.connection)
    if not cycles.may_draft(loaded, opened, node, viewer=context.viewer, day=context.today):
        raise refusal_for(Obstacle.ROLE)
    if kpi and kpi not in {line["kpi"] for line in card_of(context, opened, node).draft}:
        raise Invalid(at_field("about", "no_line", n_("The scorecard has no such line: choose one of its own.")))
    cycles.keep_card_note(
        context.connection, opened, node, kpi=kpi or None, text=text, by=context.viewer, now=context.now
    )
    context.note(subject=str(node), after={"cycle": opened.cycle, "note": kpi or None})


def signed(context: RequestContext, opened: OpenedCycle, node: Node, *, digest: str, signed_as: SignedAs) -> AgreedCard:
    """Sign a draft, and tell the trail.

    Raises:
        Conflict: by its codes.
    """
    after = cycles.sign_draft(
        context.connection,
        opened,
        node,
        digest=digest,
        signed_as=signed_as,
        by=context.viewer,
        now=context.now,
    )
    told = {"cycle": opened.cycle, "signed": digest, "as": signed_as.value, "state": after.state.value}
    context.note(subject=str(node), after=told)
    return after
