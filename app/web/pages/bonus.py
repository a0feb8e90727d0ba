"""Bonus points on the promotion list of an opened cycle: what somebody was granted so far, and the form that proposes more."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import scoring
from app.kit.refusals import Invalid, NotThere
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.rules.policies import PromotionPolicy
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.cycles import deciding
from app.web.decisions import decided
from app.web.wording.naming import distinct_name
from app.web.wording.typed_numbers import read_number

pages: Final = Pages("bonus")

_FIELDS: Final = {f"content/{name}": name for name in ("points", "ground")} | {"content/employee": "points"}


class BonusForm(BaseModel):
    """How many, what for, and why."""

    model_config = ConfigDict(frozen=True)

    points: Annotated[str, Field(max_length=40)] = ""
    ground: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=2000)] = ""


def _granting(context: RequestContext, cycle: int, node: Node) -> tuple[PromotionPolicy, Decimal]:
    """By what policy somebody is granted points, and how many they have.

    Raises:
        NotThere: nobody of the cycle, or not at its stage, or not for this person.
    """
    loaded = scoring.state(context.connection)
    if not deciding.grants_bonus(context, loaded, cycle, node):
        raise NotThere
    sheet = loaded.plan(cycle).sheet
    return sheet.definitions.policies.promotion, sheet.bonus_of(cycle, node.code)


@pages.read("/cycles/<int:cycle>/bonus/<node:node>", may=Deed.SEE_GRADE)
def bonus(context: RequestContext, cycle: int, node: Node) -> Page:
    """What was granted, and the form. Queries: constant."""
    policy, granted = _granting(context, cycle, node)
    return Page(
        "pages/bonus.html",
        cycle=cycle,
        node=node,
        name=distinct_name(context, node),
        policy=policy,
        granted=granted,
    )


@pages.act("/cycles/<int:cycle>/bonus/<node:node>", may=Deed.DECIDE, again="bonus")
def propose(context: RequestContext, cycle: int, node: Node, form: BonusForm) -> Redirect:
    """Propose them."""
    if node.kind is not NodeKind.EMPLOYEE or not context.allowed(Deed.SEE_GRADE, node):
        raise NotThere
    points = read_number(form.points.strip(), field="points")
    if isinstance(points, Finding):
        raise Invalid(points)
    content = {"employee": node.code, "points": f"{points:f}", "ground": form.ground.strip()}
    made = decided.proposed_by_form(context, cycles.BONUS, content, form.reason, cycle=str(cycle), fields=_FIELDS)
    return Redirect(
        n_("Proposed: an approver of the cycle has to agree."), then="decisions.one", values={"number": made.id}
    )
