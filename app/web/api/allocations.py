"""A parent's target shared among those below it (contract-cycle, 4, "Allocation"). A session alone asks here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import Final

from flask import request
from pydantic import BaseModel, ConfigDict

from app.cycle import AllocationWish, Override
from app.kit.refusals import Invalid, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.allocation import FACTORS
from app.rules.permissions import Deed
from app.rules.targets import figure_of
from app.rules.terms import Node
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, WRITES
from app.web.api.json_bodies import sent_as
from app.web.asked.request_context import RequestContext
from app.web.cycles import allocating

__all__ = ["pages", "wish_of"]

pages: Final = Pages("allocations_api")


class OverrideBody(BaseModel):
    """A target that a child is given whatever its share."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    node: str
    target: str
    reason: str


class AllocationBody(BaseModel):
    """How a target is to be shared; figures are decimal texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    parent: str
    kpi: str
    weights: Mapping[str, str | int | float]
    stretch: str = "0"
    step: str = "1"
    overrides: list[OverrideBody] = []
    apply: bool = False


def _figure(text: str | float, field: str, figures: dict[str, Decimal]) -> Iterator[Finding]:
    """A figure, kept by its field; what is wrong with it where it is none."""
    # A number of JSON that is small comes as 1e-05.
    figure = figure_of(f"{Decimal(str(text)):f}" if isinstance(text, float) and isfinite(text) else str(text))
    if figure is None:
        yield at_field(field, "no_figure", n_("“%(value)s” is no number: write it as 0.05."), value=quoted(str(text)))
    else:
        figures[field] = figure


def wish_of(body: AllocationBody) -> AllocationWish:
    """How a target is to be shared, as it was sent.

    Raises:
        Invalid: with a finding at each member that cannot be read.
    """
    figures: dict[str, Decimal] = {}
    problems: list[Finding] = []
    parent = Node.parse(body.parent)
    if parent is None:
        message = n_("“%(value)s” is no unit or employee: write unit:CODE or employee:NUMBER.")
        problems.append(at_field("parent", "unknown_node", message, value=quoted(body.parent)))
    for name in sorted(body.weights.keys() - set(FACTORS)):
        message = n_("“%(name)s” is nothing that shares go by: it is one of %(factors)s.")
        problems.append(
            at_field(f"weights/{name}", "unknown_member", message, name=quoted(name), factors=", ".join(FACTORS))
        )
    for name in FACTORS:
        problems += _figure(body.weights.get(name, 0), f"weights/{name}", figures)
    problems += _figure(body.stretch, "stretch", figures)
    problems += _figure(body.step, "step", figures)
    overrides = []
    for place, one in enumerate(body.overrides):
        field = f"overrides/{place}"
        node = Node.parse(one.node)
        if node is None:
            message = n_("“%(value)s” is no unit or employee: write unit:CODE or employee:NUMBER.")
            problems.append(at_field(f"{field}/node", "unknown_node", message, value=quoted(one.node)))
        problems += _figure(one.target, f"{field}/target", figures)
        if node is not None and f"{field}/target" in figures:
            overrides.append(Override(node=node, target=figures[f"{field}/target"], reason=one.reason.strip()))
    if problems or parent is None:
        raise Invalid(*problems)
    return AllocationWish(
        parent=parent,
        kpi=body.kpi,
        weights={name: figures[f"weights/{name}"] for name in FACTORS},
        stretch=figures["stretch"],
        step=figures["step"],
        overrides=overrides,
    )


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/allocations",
    may=Deed.SIGN_SCORECARD,
    about={
        "summary": "Share a target among those below",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "body": shapes.json_body(AllocationBody),
        "responses": {
            200: ("application/json", shapes.ALLOCATION, "What each gets; with `apply` it stands in their drafts.")
        },
        "refusals": WRITES,
    },
)
def allocate(context: RequestContext, cycle: int) -> Json:
    """Share a line's target by history, market and headcount, to the last unit. With `apply` it is written into the drafts: by hr, or the parent's head."""
    body = sent_as(AllocationBody, request)
    wish = wish_of(body)
    opened = allocating.opened_for(context, cycle, wish.parent)
    if body.apply:
        return Json(allocating.applied(context, opened, wish).as_json())
    context.did_nothing = True
    return Json(allocating.shared(context, opened, wish).as_json())
