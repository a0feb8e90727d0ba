"""What every level is measured on, as it was last loaded: lines, past years, ratings, exclusions, plans, markets, definitions. And what cycles go by.

A node is its text here (``unit:VIE``), no key of another table, since past years outlive people.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from app.kit.schema import BigKey, Code, Exact, Instant, metadata

__all__ = [
    "APPEND_ONLY",
    "FOLDER",
    "agreement_draft",
    "agreement_signature",
    "agreement_version",
    "definition_document",
    "exclusion",
    "given_rating",
    "grade_step",
    "history",
    "kept_document",
    "locked_actual",
    "locked_result",
    "locked_round",
    "market_potential",
    "plan_share",
    "publication",
    "publication_document",
    "publication_end",
    "publication_proposed",
    "rating",
    "result_seen",
    "scorecard_line",
    "telling",
    "told_by_hand",
    "told_result",
]

scorecard_line: Final = Table(
    "scorecard_line",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("kpi", Code, nullable=False),
    # The order of a node's lines in the file, which scorecards keep.
    Column("place", Integer, nullable=False),
    Column("weight", Exact, nullable=False),
    Column("area", Text),
    Column("link", Text, nullable=False),
    Column("parent_node", Code),
    Column("parent_kpi", Code),
    Column("base", Exact),
    Column("high", Exact),
    Column("low", Exact),
    Column("target", Exact),
    Column("coefficient", Exact),
    PrimaryKeyConstraint("cycle", "node", "kpi"),
)

history: Final = Table(
    "history",
    metadata,
    Column("node", Code, nullable=False),
    Column("kpi", Code, nullable=False),
    Column("year", Integer, nullable=False),
    Column("actual", Exact, nullable=False),
    PrimaryKeyConstraint("node", "kpi", "year"),
)

rating: Final = Table(
    "rating",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("kpi", Code, nullable=False),
    Column("rater", Code, nullable=False),
    Column("grade", Text, nullable=False),
    PrimaryKeyConstraint("cycle", "node", "kpi", "rater"),
)

exclusion: Final = Table(
    "exclusion",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("kpi", Code, nullable=False),
    Column("year", Integer, nullable=False),
    Column("reason", Text),
    # One at most: sigma is that of the other four of five years.
    PrimaryKeyConstraint("cycle", "node", "kpi"),
)

plan_share: Final = Table(
    "plan_share",
    metadata,
    Column("kpi", Code, nullable=False),
    # Empty for all nodes that have no rows of their own.
    Column("node", Code, nullable=False),
    Column("month", Integer, nullable=False),
    Column("share", Exact, nullable=False),
    PrimaryKeyConstraint("kpi", "node", "month"),
    CheckConstraint("month BETWEEN 1 AND 12", name="month"),
)

market_potential: Final = Table(
    "market_potential",
    metadata,
    Column("unit", Code, nullable=False),
    # Empty for all KPIs that have no row of their own.
    Column("kpi", Code, nullable=False),
    Column("year", Integer, nullable=False),
    Column("potential", Exact, nullable=False),
    PrimaryKeyConstraint("unit", "kpi", "year"),
)

definition_document: Final = Table(
    "definition_document",
    metadata,
    Column("name", Code, primary_key=True),
    Column("content", Text, nullable=False),
)

kept_document: Final = Table(
    "kept_document",
    metadata,
    Column("sha256", Code, primary_key=True),
    Column("content", Text, nullable=False, comment="a document of the definitions, or rows of a cut"),
    CheckConstraint("length(sha256) = 64", name="sha256_length"),
)
"""Documents that cycles were published with and rows that they were certified by, each once however many have it."""

publication: Final = Table(
    "publication",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("edition", Integer, nullable=False, comment="1, 2, 3 … of the cycle"),
    Column("at", Instant, nullable=False),
    Column("decision", BigKey, ForeignKey("decision.id"), nullable=False),
    Column("policies_sha256", Code, nullable=False),
    Column("definitions_sha256", Code, nullable=False),
    PrimaryKeyConstraint("cycle", "edition"),
)

publication_document: Final = Table(
    "publication_document",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("name", Code, nullable=False),
    Column("sha256", Code, ForeignKey("kept_document.sha256"), nullable=False),
    PrimaryKeyConstraint("cycle", "edition", "name"),
    ForeignKeyConstraint(["cycle", "edition"], ["publication.cycle", "publication.edition"]),
)

publication_proposed: Final = Table(
    "publication_proposed",
    metadata,
    Column("decision", BigKey, ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    Column("policies_sha256", Code, nullable=False),
    Column("definitions_sha256", Code, nullable=False),
)
"""What was loaded when it was proposed to publish it: another load voids the proposal."""

publication_end: Final = Table(
    "publication_end",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("decision", BigKey, ForeignKey("decision.id"), nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("cycle", "edition"),
    ForeignKeyConstraint(["cycle", "edition"], ["publication.cycle", "publication.edition"]),
)
"""Editions that a cycle went back from to its draft."""

agreement_draft: Final = Table(
    "agreement_draft",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("place", Integer, nullable=False, comment="1, 2, 3 … of the scorecard"),
    Column("lines", Text, nullable=False, comment="JSON"),
    Column("over", Code, nullable=False, comment="the sum of what folder and targets said when it was written"),
    Column("with_hr", Boolean, nullable=False, comment="whether hr signs it too"),
    Column("at", Instant, nullable=False),
    Column("account", Code, nullable=False),
    Column("employee", Code),
    PrimaryKeyConstraint("cycle", "node", "place"),
)
"""Drafts of scorecards that were edited, or signed."""

agreement_signature: Final = Table(
    "agreement_signature",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("place", Integer, nullable=False, comment="the draft's"),
    Column("digest", Code, nullable=False, comment="of what was signed"),
    Column("signed_as", Code, nullable=False),
    Column("at", Instant, nullable=False),
    Column("account_id", BigKey),
    Column("account", Code, nullable=False),
    Column("employee", Code),
    Column("acts_for", Code, comment="in whose place"),
    PrimaryKeyConstraint("cycle", "node", "place", "digest", "signed_as"),
    CheckConstraint("signed_as IN ('owner', 'head', 'hr')", name="signed_as_known"),
)

agreement_version: Final = Table(
    "agreement_version",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("version", Integer, nullable=False),
    Column("place", Integer, nullable=False, comment="the draft's"),
    Column("lines", Text, nullable=False, comment="JSON"),
    Column("digest", Code, nullable=False),
    Column("at", Instant, nullable=False),
    Column("decision", BigKey, ForeignKey("decision.id"), comment="which imposed it"),
    PrimaryKeyConstraint("cycle", "node", "version"),
)
"""The lines that hold of a scorecard from an instant on: the last version does."""

given_rating: Final = Table(
    "given_rating",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("kpi", Code, nullable=False),
    Column("rater", Code, nullable=False),
    Column("place", Integer, nullable=False, comment="1, 2, 3 … of the rater's of the line"),
    Column("grade", Code, nullable=False),
    Column("text", Text, nullable=False),
    Column("final", Boolean, nullable=False, comment="whether it counts"),
    Column("at", Instant, nullable=False),
    Column("account", Code, nullable=False, comment="who wrote it"),
    Column("employee", Code),
    Column("acts_for", Code, comment="in whose place"),
    Column("decision", BigKey, ForeignKey("decision.id"), comment="which reopened it"),
    PrimaryKeyConstraint("cycle", "node", "kpi", "rater", "place"),
)
"""Grades that raters give in the application: of a rater's of a line the last one holds."""

grade_step: Final = Table(
    "grade_step",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="the order in which they were agreed to"),
    Column("decision", BigKey, ForeignKey("decision.id"), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("from_grade", Text, comment="the one that stood; null: none"),
    Column("to_grade", Text, comment="null: a lapsed move was let go"),
    Column("proposed", Text, comment="the grade that was proposed then; null: none"),
    Column("reason", Text, nullable=False),
    UniqueConstraint("decision", "node"),
)
"""Steps of calibration about a person or unit, with the proposal on which each was taken."""

telling: Final = Table(
    "telling",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("place", Integer, nullable=False, comment="1, 2, 3 … of the cycle's"),
    Column("round", Integer, nullable=False),
    Column("decision", BigKey, ForeignKey("decision.id"), nullable=False),
    Column("before", BigKey, nullable=False, comment="decisions with smaller numbers had come to their end"),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("cycle", "place"),
)
"""When people were told their results: each telling is of whoever's result was another than the one told before."""

told_result: Final = Table(
    "told_result",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("place", Integer, nullable=False, comment="the telling's"),
    Column("employee", Code, nullable=False),
    Column("score", Integer, comment="the final score as published, in hundredths"),
    Column("grade", Text),
    Column("is_held", Boolean, nullable=False, comment="the grade told before, though a lower one is due"),
    Column("rank", Integer),
    Column("group_name", Text, comment="the evaluation group after small ones were merged"),
    Column("group_size", Integer),
    Column("reason", Code, comment="why there is no grade"),
    Column("days", Integer, nullable=False, comment="that the pay hangs on"),
    Column("own_group", Text, nullable=False, comment="the evaluation group before small ones were merged"),
    Column("job", Code, nullable=False),
    Column("disciplined", Boolean, nullable=False),
    Column("by_mail", Boolean, nullable=False, comment="whether there was an account to write to"),
    PrimaryKeyConstraint("cycle", "place", "employee"),
    ForeignKeyConstraint(["cycle", "place"], ["telling.cycle", "telling.place"]),
)
"""What each was told, exactly: of somebody's the last one counts."""

told_by_hand: Final = Table(
    "told_by_hand",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("place", Integer, nullable=False, comment="the telling's"),
    Column("employee", Code, nullable=False),
    Column("day", Date, nullable=False, comment="on which they were told"),
    Column("how", Text, nullable=False),
    Column("at", Instant, nullable=False, comment="when it was written down"),
    Column("account", Code, nullable=False, comment="by whom"),
    PrimaryKeyConstraint("cycle", "place", "employee"),
    ForeignKeyConstraint(
        ["cycle", "place", "employee"], ["told_result.cycle", "told_result.place", "told_result.employee"]
    ),
)
"""How those without an account were told, and when."""

result_seen: Final = Table(
    "result_seen",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("place", Integer, nullable=False, comment="the telling's"),
    Column("employee", Code, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("cycle", "place", "employee"),
    ForeignKeyConstraint(
        ["cycle", "place", "employee"], ["told_result.cycle", "told_result.place", "told_result.employee"]
    ),
)
"""When somebody first looked at what they were told."""

locked_round: Final = Table(
    "locked_round",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("decision", BigKey, ForeignKey("decision.id"), nullable=False),
    Column("before", BigKey, nullable=False, comment="decisions with smaller numbers had come to their end"),
    Column("at", Instant, nullable=False),
    Column("rules_version", Integer, nullable=False, comment="by which rules the results were worked out"),
    Column("results_sha256", Code, ForeignKey("kept_document.sha256"), nullable=False),
    PrimaryKeyConstraint("cycle", "round"),
)
"""When a cycle was locked, and what everybody came to: the document is kept by its sum."""

locked_result: Final = Table(
    "locked_result",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("employee", Code, nullable=False),
    Column("final_score", Exact, comment="with nine decimals"),
    Column("grade", Text),
    PrimaryKeyConstraint("cycle", "round", "employee"),
    ForeignKeyConstraint(["cycle", "round"], ["locked_round.cycle", "locked_round.round"]),
)
"""What later cycles go by in place of what the folder says of earlier results."""

locked_actual: Final = Table(
    "locked_actual",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("node", Code, nullable=False),
    Column("kpi", Code, nullable=False),
    Column("actual", Exact, nullable=False),
    PrimaryKeyConstraint("cycle", "round", "node", "kpi"),
    ForeignKeyConstraint(["cycle", "round"], ["locked_round.cycle", "locked_round.round"]),
)
"""And in place of its history: units' actuals, and those of people who were there for the whole of the cycle."""

APPEND_ONLY: Final = (
    kept_document,
    publication,
    publication_document,
    publication_end,
    publication_proposed,
    agreement_draft,
    agreement_signature,
    agreement_version,
    given_rating,
    grade_step,
    telling,
    told_result,
    told_by_hand,
    result_seen,
    locked_round,
    locked_result,
    locked_actual,
)
"""Tables whose rows never change and never go."""

FOLDER: Final = (scorecard_line, history, rating, exclusion, plan_share, market_potential, definition_document)
"""What a folder's rows are written into, as far as it is the cascade's."""
