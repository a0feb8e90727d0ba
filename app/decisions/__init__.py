"""Decisions: what two people must agree on, each with maker, checker, reason, digest and effects (contract-desk, 2).

Owns decisions, what became of them, who has seen their effects, and who stands in for whom. Promises that nothing of it is ever changed,
that numbers have no gaps, and that no decision comes to its end twice. It never knows what a kind of decision is about: the packages above
say so, as a :class:`DecisionKind`, and apply it.
"""

from __future__ import annotations

from app.decisions.decisions import (
    LOCK_DECISIONS,
    about_nodes,
    approve,
    approved_count,
    decide_alone,
    decision,
    decisions_of,
    has_seen,
    latest_approved,
    obstacle_for,
    open_numbers,
    propose,
    recorded_sum,
    refuse,
    see_effects,
    settled_decisions,
    withdraw,
)
from app.decisions.ends import decisions_naming, ended_at, ended_by
from app.decisions.history import approved_numbers, decisions_before
from app.decisions.makers import DecisionMaker, checkers_about, makers_about
from app.decisions.parties import Program, own_nodes, party_of
from app.decisions.refusals import (
    NotMaker,
    NotProposed,
    NotSeen,
    OtherDigest,
    Overtaken,
    refusal_for,
)
from app.decisions.values import (
    Answered,
    Approval,
    Decision,
    DecisionFilter,
    DecisionKind,
    Hand,
    Reach,
    Read,
    SettledDecision,
)

__all__ = [
    "LOCK_DECISIONS",
    "Answered",
    "Approval",
    "Decision",
    "DecisionFilter",
    "DecisionKind",
    "DecisionMaker",
    "Hand",
    "NotMaker",
    "NotProposed",
    "NotSeen",
    "OtherDigest",
    "Overtaken",
    "Program",
    "Reach",
    "Read",
    "SettledDecision",
    "about_nodes",
    "approve",
    "approved_count",
    "approved_numbers",
    "checkers_about",
    "decide_alone",
    "decision",
    "decisions_before",
    "decisions_naming",
    "decisions_of",
    "ended_at",
    "ended_by",
    "has_seen",
    "latest_approved",
    "makers_about",
    "obstacle_for",
    "open_numbers",
    "own_nodes",
    "party_of",
    "propose",
    "recorded_sum",
    "refusal_for",
    "refuse",
    "see_effects",
    "settled_decisions",
    "withdraw",
]
