"""Cycles that were opened: since when, by whom, their calendar, every stage that they came to; and what was tried on a cycle in the lab."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = [
    "APPEND_ONLY",
    "card_note",
    "check_in",
    "cycle_action",
    "cycle_action_end",
    "cycle_stage",
    "lab_draft",
    "opened_cycle",
    "result_opening",
    "result_review",
    "review_answer",
    "self_assessment",
]

opened_cycle: Final = sa.Table(
    "opened_cycle",
    metadata,
    sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False, comment="the year that names it"),
    sa.Column("calendar", sa.Text, nullable=False, comment="JSON: dates by their names; the trail keeps earlier ones"),
)

cycle_stage: Final = sa.Table(
    "cycle_stage",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the cycle"),
    sa.Column("stage", Code, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("decision", BigKey, sa.ForeignKey("decision.id"), nullable=True, comment="null: it was opened"),
    sa.Column("account", Code, nullable=False, comment="who opened it, or agreed, as the trail writes it"),
    sa.CheckConstraint(
        "stage IN ('draft', 'agreement', 'running', 'certified', 'notified', 'locked', 'paid')", name="stage_known"
    ),
    sa.CheckConstraint("round >= 1", name="round_from_one"),
)
"""The stages of a cycle in the order in which it came to them; the last one is its own."""

card_note: Final = sa.Table(
    "card_note",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("node", Code, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the scorecard's"),
    sa.Column("kpi", Code, nullable=True, comment="the line that it is about; null for the scorecard"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who wrote it"),
    sa.Column("writer", Code, nullable=True, comment="their number"),
)
"""What both sides write beside the lines that they agree on."""

check_in: Final = sa.Table(
    "check_in",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("employee", Code, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the employee's"),
    sa.Column("part", Code, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False, comment="of the talk"),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who wrote it"),
    sa.Column("writer", Code, nullable=True, comment="their number"),
    sa.Column("acts_for", Code, nullable=True, comment="in whose place"),
    sa.CheckConstraint("part IN ('owner', 'head')", name="part_known"),
)
"""What an employee and who leads them keep of how the year is going."""

self_assessment: Final = sa.Table(
    "self_assessment",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("employee", Code, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the employee's"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("final", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who wrote it"),
)
"""What employees say of their own year: the last one holds."""

lab_draft: Final = sa.Table(
    "lab_draft",
    metadata,
    sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False, comment="the year that names it"),
    sa.Column("key", Code, primary_key=True, comment="the beginning of its content's SHA-256"),
    sa.Column("content", sa.Text, nullable=False, comment="JSON: what is to be another"),
    sa.Column("title", sa.Text, nullable=True, comment="null: it was tried and not kept"),
    sa.Column("account", Code, nullable=False, comment="who tried it first, or kept it, as the trail writes it"),
    sa.Column("at", Instant, nullable=False),
)
"""Alternatives that somebody has tried on a cycle's lab page. Nothing is ever applied from here."""

cycle_action: Final = sa.Table(
    "cycle_action",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), nullable=False),
    sa.Column("node", Code, nullable=False),
    sa.Column("kpi", Code, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("measure", sa.Text, nullable=False),
    sa.Column("owner", Code, nullable=False, comment="the employee who does it"),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who opened it"),
    sa.Column("maker", Code, nullable=True, comment="their number"),
    sa.Index("ix_cycle_action_of_node", "cycle", "node"),
    sa.Index("ix_cycle_action_of_owner", "owner"),
)
"""What is done about lines that do badly."""

cycle_action_end: Final = sa.Table(
    "cycle_action_end",
    metadata,
    sa.Column("action", BigKey, sa.ForeignKey("cycle_action.id"), primary_key=True, autoincrement=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who closed it"),
    sa.Column("ender", Code, nullable=True, comment="their number"),
)
"""What came of them."""

result_opening: Final = sa.Table(
    "result_opening",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("employee", Code, primary_key=True),
    sa.Column("person", Code, primary_key=True, comment="who reviews: the number, or the account's e-mail"),
    sa.Column("digest", Code, primary_key=True, comment="of the result"),
    sa.Column("at", Instant, nullable=False),
)
"""When whoever reviews a result has opened it for the first time."""

result_review: Final = sa.Table(
    "result_review",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("employee", Code, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the employee's"),
    sa.Column("digest", Code, nullable=False, comment="of the result that was read"),
    sa.Column("agrees", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=True, comment="null: signed without having been opened"),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who signed"),
    sa.Column("reviewer", Code, nullable=True, comment="their number"),
    sa.Column("acts_for", Code, nullable=True, comment="for whom they stood in"),
)
"""That somebody has read another's result, and what they say of it: of those of one result the last one counts."""

review_answer: Final = sa.Table(
    "review_answer",
    metadata,
    sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("employee", Code, primary_key=True),
    sa.Column("review", sa.Integer, primary_key=True, autoincrement=False, comment="the place of the review"),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the review's"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who answered"),
    sa.Column("answerer", Code, nullable=True, comment="their number"),
    sa.ForeignKeyConstraint(
        ["cycle", "employee", "review"],
        ["result_review.cycle", "result_review.employee", "result_review.place"],
        name="fk_review_answer_review",
    ),
)
"""What hr answers to a review that does not agree: the last one counts."""

APPEND_ONLY: Final = (
    cycle_stage,
    card_note,
    check_in,
    self_assessment,
    cycle_action,
    cycle_action_end,
    result_opening,
    result_review,
    review_answer,
)
"""Tables whose rows never change and never go."""
