"""Weights of many scorecards at once: the card that most of a kind have, who deviates from it, and what a template makes of each.

A card is the weights of one scorecard by KPI. A template is no thing of its own that is kept: it is the card that most have. Do not make it KPI by
KPI: the most usual weights of each need not add up to 100, a card that somebody has does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from app.rules.terms import Link, Node

__all__ = [
    "WHOLE",
    "ApplyMode",
    "Card",
    "Deviation",
    "Hanging",
    "WeightStep",
    "WeightStepKind",
    "applied",
    "deviations",
    "hanging_of",
    "missing_weight",
    "usual_card",
]

Card: TypeAlias = Mapping[str, Decimal]

WHOLE: Final = Decimal(100)
"""What the weights of a scorecard add up to."""


class WeightStepKind(StrEnum):
    """What is done to a weight."""

    SET = "set"
    SHIFT = "shift"
    REMOVE = "remove"


class WeightStep(NamedTuple):
    """What a template does to a KPI's weight: sets it, shifts each scorecard's own, or takes the line away."""

    kind: WeightStepKind
    by: Decimal = Decimal(0)


class ApplyMode(StrEnum):
    """Whom a template is applied to, and how much of it."""

    NOT = ""
    CHANGED = "changed"
    """What was changed in it, on every scorecard; what else deviates stays."""
    WHOLE = "whole"
    """All of it, on every scorecard: no deviation is left."""


class Deviation(NamedTuple):
    """A KPI that a scorecard weighs otherwise than the template; None where one of them has no such line."""

    kpi: str
    template: Decimal | None
    weight: Decimal | None


CARRIED_COLUMNS: Final = ("weight", "area", "link", "parent_node", "parent_kpi", "coefficient")
"""What a line has of the last cycle's where its scorecard goes on."""

REACHED_COLUMNS: Final = ("base", "high", "low", "target")
"""What of a line stays behind then: what was to be reached then is not what is to be reached now."""


def usual_card(cards: Iterable[Card]) -> dict[str, Decimal]:
    """The card that most have, of equally many the one that comes first; empty where there is none. Cards without a line do not count."""
    counted = Counter(tuple(sorted(card.items())) for card in cards if card)
    if not counted:
        return {}
    card, _ = max(counted.items(), key=lambda one: one[1])
    return dict(card)


def deviations(template: Card, card: Card) -> tuple[Deviation, ...]:
    """Where a card is another than the template, by KPI."""
    return tuple(
        Deviation(kpi, template.get(kpi), card.get(kpi))
        for kpi in sorted({*template, *card})
        if template.get(kpi) != card.get(kpi)
    )


def applied(template: Card, steps: Mapping[str, WeightStep], card: Card, mode: ApplyMode) -> dict[str, Decimal]:
    """What a template makes of a card.

    Args:
        template: the card that most have.
        steps: what is changed in it, by KPI.
        card: as it is. A KPI that it does not have is not shifted; one that would weigh nothing or less is left out.
        mode: how much of it is applied.
    """
    if mode is ApplyMode.NOT:
        return dict(card)
    begins = dict(template) if mode is ApplyMode.WHOLE else dict(card)
    for kpi, step in steps.items():
        if step.kind is WeightStepKind.SET:
            begins[kpi] = step.by
        elif step.kind is WeightStepKind.REMOVE:
            begins.pop(kpi, None)
        elif kpi in begins:
            begins[kpi] += step.by
    return {kpi: weight for kpi, weight in begins.items() if weight > 0}


def missing_weight(card: Card) -> Decimal:
    """How much a card is short of 100; less than 0 where it has more, 0 where it adds up or has no line at all."""
    return WHOLE - sum(card.values(), Decimal(0)) if card else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """How a line hangs on the one above it."""

    link: Link
    parent_node: Node | None = None
    parent_kpi: str | None = None
    area: str = ""

    def as_row(self) -> dict[str, str]:
        """As a row of ``scorecards.csv`` says it."""
        return {
            "link": str(self.link),
            "area": self.area,
            "parent_node": "" if self.parent_node is None else str(self.parent_node),
            "parent_kpi": self.parent_kpi or "",
        }


def hanging_of(kpi: str, like: Hanging | None, *, parent: Node | None, parent_kpis: Iterable[str]) -> Hanging:
    """How a new line hangs on the one above: as those of the others do, where the unit above has that line; else it stands alone.

    Args:
        kpi: of which KPI it is.
        like: how the others' lines of it hang; None where nobody has one: then it is a slice of the unit above's, if that has one.
        parent: the unit above, or the one that an employee is posted to.
        parent_kpis: the KPIs on its scorecard.
    """
    area = "" if like is None else like.area
    link = Link.IDENTICAL if like is None else like.link
    above = kpi if like is None or like.parent_kpi is None else like.parent_kpi
    hangs = like is None or like.parent_node is not None
    if link is Link.UNIQUE or not hangs or parent is None or above not in set(parent_kpis):
        alone = link if link is Link.CONTRIBUTORY and not hangs else Link.UNIQUE
        return Hanging(link=alone, area=area)
    return Hanging(link=link, parent_node=parent, parent_kpi=above, area=area)
