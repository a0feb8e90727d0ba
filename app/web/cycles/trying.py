"""What pages and API do with the lab: who sees pay there, and what the trail is told."""

from __future__ import annotations

from app import intake, scoring
from app.intake import LabWish
from app.kit.refusals import NotThere
from app.rules.lab import LabResult, without_pay, without_person
from app.rules.permissions import Deed
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext

__all__ = ["note_try", "sees_pay", "try_out"]


def sees_pay(context: RequestContext) -> bool:
    """Whether who asks sees what everybody is paid: hr and auditors, no executive."""
    return context.allowed_of_everybody(Deed.SEE_PAY)


def try_out(context: RequestContext, cycle: int, wish: LabWish) -> LabResult:
    """What a cycle comes to by an alternative, beside the present, as far as who asks is told of pay, and of their own grade.

    Raises:
        NotThere: there is no such cycle.
        LabFindings: a load would refuse what was sent.
    """
    context.limit_to_told(if_writing=True)
    if not scoring.state(context.connection).has_cycle(cycle, today=context.today):
        raise NotThere
    result = intake.lab_result(context.connection, wish, of_cycle=cycle, today=context.today)
    seen = grades_seen(context, cycle)
    if seen.hides_own and seen.own is not None:
        # Whoever may try policies has one tried by which everybody moves, themself too.
        result = without_person(result, seen.own)
    return result if sees_pay(context) else without_pay(result)


def note_try(context: RequestContext, cycle: int, wish: LabWish, result: LabResult) -> None:
    """Have the trail tell of a try."""
    context.note(subject=f"cycle:{cycle}", after=intake.lab_trail(wish, result))
