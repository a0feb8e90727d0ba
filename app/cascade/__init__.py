"""The cascade: what every level is measured on, from strategic goals down to each employee's lines.

Owns scorecard lines, past years, ratings, excluded years, plans, market potentials and the definitions as they were last loaded, and lays over them the targets
that people decided on in the application since. Promises that lines stay in the order of the file, figures are exact and a load undoes no
decision. Never scores anything.
"""

from __future__ import annotations

from app.cascade.agreements import (
    AgreementRows,
    DraftRow,
    LineDocument,
    SignatureRow,
    VersionRow,
    agreement_rows,
    keep_draft,
    keep_signature,
    keep_version,
    line_document,
    lines_of_documents,
    nodes_with_hr,
)
from app.cascade.bonuses import BONUS_DECISIONS
from app.cascade.goals import GoalBranch, KpiBranch, LineBranch, Served, TaskBranch, goal_tree, served_by
from app.cascade.history import Exclusion, PastValue
from app.cascade.line_decisions import LIFT, LineDecisions, decided_with, line_decision
from app.cascade.lines import (
    Line,
    MarketPotential,
    PlanShare,
    Rating,
    Sheet,
    TargetDifference,
    loaded_sheet,
    potentials,
    read_definitions,
    sheet,
    target_differences,
)
from app.cascade.preview import previewed_sheet
from app.cascade.publishing import (
    PinDifference,
    Publication,
    documents_sha256,
    pin_differences,
    publications,
    publish,
    published,
    published_documents,
    stored_documents,
    withdraw_publication,
)
from app.cascade.ratings import (
    RATERS_DECISIONS,
    GivenRating,
    appointed_raters,
    counted_grades,
    given_ratings,
    keep_rating,
)
from app.cascade.replacement import Cascade, cascade_rows, documents, replace, stored_cascade
from app.cascade.targets import (
    TARGET_DECISIONS,
    TargetChange,
    WantedTarget,
    announce_targets,
    keep_targets,
    latest_target_changes,
    target_changes,
    target_content,
    targets_of,
)

__all__ = [
    "BONUS_DECISIONS",
    "LIFT",
    "RATERS_DECISIONS",
    "TARGET_DECISIONS",
    "AgreementRows",
    "Cascade",
    "DraftRow",
    "Exclusion",
    "GivenRating",
    "GoalBranch",
    "KpiBranch",
    "Line",
    "LineBranch",
    "LineDecisions",
    "LineDocument",
    "MarketPotential",
    "PastValue",
    "PinDifference",
    "PlanShare",
    "Publication",
    "Rating",
    "Served",
    "Sheet",
    "SignatureRow",
    "TargetChange",
    "TargetDifference",
    "TaskBranch",
    "VersionRow",
    "WantedTarget",
    "agreement_rows",
    "announce_targets",
    "appointed_raters",
    "cascade_rows",
    "counted_grades",
    "decided_with",
    "documents",
    "documents_sha256",
    "given_ratings",
    "goal_tree",
    "keep_draft",
    "keep_rating",
    "keep_signature",
    "keep_targets",
    "keep_version",
    "latest_target_changes",
    "line_decision",
    "line_document",
    "lines_of_documents",
    "loaded_sheet",
    "nodes_with_hr",
    "pin_differences",
    "potentials",
    "previewed_sheet",
    "publications",
    "publish",
    "published",
    "published_documents",
    "read_definitions",
    "replace",
    "served_by",
    "sheet",
    "stored_cascade",
    "stored_documents",
    "target_changes",
    "target_content",
    "target_differences",
    "targets_of",
    "withdraw_publication",
]
