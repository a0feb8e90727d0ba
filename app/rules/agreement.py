"""What is agreed on a scorecard: the sum that is signed, who signs, and how far it is (contract-cycle, 4).

A newcomer's usual mistake: to take a signature for one under the lines alone. It is under what their KPIs measure as well: a definition that is
amended asks for it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import rfc8785

from app.rules.kpis import Kpi, KpiVersion, terms_document
from app.rules.terms import Node

__all__ = [
    "HR_FIGURES",
    "LINE_MEMBERS",
    "AgreementState",
    "SignedAs",
    "agreement_digest",
    "agreement_state",
    "asks_hr",
    "signers",
]


class SignedAs(StrEnum):
    """In what part somebody signs."""

    OWNER = "owner"
    HEAD = "head"
    HR = "hr"


class AgreementState(StrEnum):
    """How far a scorecard is agreed."""

    NONE = "none"
    DRAFT = "draft"
    TO_SIGN = "to_sign"
    AGREED = "agreed"
    IMPOSED = "imposed"


LINE_MEMBERS: Final = (
    "kpi",
    "weight",
    "area",
    "link",
    "parent_node",
    "parent_kpi",
    "base",
    "high",
    "low",
    "target",
    "coefficient",
)
"""A line's members in the order of the file's columns."""

HR_FIGURES: Final = ("base", "high", "low", "coefficient")
"""What hr alone writes, and then signs as well."""


def agreement_digest(cycle: int, node: Node, lines: Sequence[Mapping[str, str | None]], kpis: Mapping[str, Kpi]) -> str:
    """What is signed: the SHA-256 of cycle, node, lines, and how each of their KPIs is measured in the cycle, by RFC 8785."""
    codes = [str(one["kpi"]) for one in lines]
    measured = tuple((code, kpis[code].version(cycle)) for code in codes if code in kpis)
    return _digest(cycle, node, json.dumps([dict(one) for one in lines]), measured)


@lru_cache(maxsize=4096)
def _digest(cycle: int, node: Node, lines: str, measured: tuple[tuple[str, KpiVersion], ...]) -> str:
    """The same sum, of the lines as one text: a cycle's page asks for those of all its scorecards, which seldom change."""
    signed: dict[str, Any] = {
        "cycle": str(cycle),
        "node": str(node),
        "lines": json.loads(lines),
        "kpis": {code: terms_document(version) for code, version in measured},
    }
    return hashlib.sha256(rfc8785.dumps(signed)).hexdigest()


def asks_hr(before: Sequence[Mapping[str, str | None]], after: Sequence[Mapping[str, str | None]]) -> bool:
    """Whether a draft has figures that hr alone writes, other than before."""

    def figures(lines: Sequence[Mapping[str, str | None]]) -> dict[str, tuple[str | None, ...]]:
        given = {str(one["kpi"]): tuple(one[name] for name in HR_FIGURES) for one in lines}
        return {kpi: some for kpi, some in given.items() if any(some)}

    return figures(before) != figures(after)


def signers(*, with_hr: bool) -> tuple[SignedAs, ...]:
    """Whose signatures a draft takes."""
    return (SignedAs.OWNER, SignedAs.HEAD, SignedAs.HR) if with_hr else (SignedAs.OWNER, SignedAs.HEAD)


def agreement_state(*, has_lines: bool, holds: bool, imposed: bool, signed: Collection[SignedAs]) -> AgreementState:
    """How far a scorecard is.

    Args:
        has_lines: whether it has any.
        holds: whether a version holds, by what its KPIs measure now.
        imposed: whether that version was imposed.
        signed: in which parts its draft was signed.
    """
    if holds:
        return AgreementState.IMPOSED if imposed else AgreementState.AGREED
    if not has_lines:
        return AgreementState.NONE
    return AgreementState.TO_SIGN if signed else AgreementState.DRAFT
