"""Decisions: what two people must agree on, each with maker, checker, reason, digest and effects (contract-desk, 2).

Owns decisions, what became of them, who has seen their effects, and who stands in for whom. Promises that nothing of it is ever changed,
that numbers have no gaps, and that no decision comes to its end twice. It never knows what a kind of decision is about: the packages above
say so, as a :class:`DecisionKind`, and apply it.
"""

from __future__ import annotations

from app.decisions.decisions import (
    Approval,
    Decision,
    DecisionFilter,
    DecisionKind,
    Hand,
    Read,
    approve,
    decision,
    decisions_of,
    ended_by,
    has_seen,
    latest_approved,
    obstacle_for,
    propose,
    refuse,
    see_effects,
    withdraw,
)
from app.decisions.delegations import (
    FUNCTIONS,
    AlreadyEnded,
    Delegation,
    delegate,
    delegation,
    delegations_of,
    end_delegation,
    stand_in_for_each_other,
)
from app.decisions.parties import party_of
from app.decisions.refusals import (
    NotMaker,
    NotProposed,
    NotSeen,
    OtherDigest,
    Overtaken,
    refusal_for,
)
from app.decisions.tables import next_number

__all__ = [
    "FUNCTIONS",
    "AlreadyEnded",
    "Approval",
    "Decision",
    "DecisionFilter",
    "DecisionKind",
    "Delegation",
    "Hand",
    "NotMaker",
    "NotProposed",
    "NotSeen",
    "OtherDigest",
    "Overtaken",
    "Read",
    "approve",
    "decision",
    "decisions_of",
    "delegate",
    "delegation",
    "delegations_of",
    "end_delegation",
    "ended_by",
    "has_seen",
    "latest_approved",
    "next_number",
    "obstacle_for",
    "party_of",
    "propose",
    "refusal_for",
    "refuse",
    "see_effects",
    "stand_in_for_each_other",
    "withdraw",
]
