"""The cascade: what every level is measured on, from strategic goals down to each employee's lines.

Owns scorecard lines, past years, ratings, excluded years, plans and the definitions as they were last loaded. Promises that lines
stay in the order of the file and figures are exact. Never scores anything.
"""

from __future__ import annotations

from app.cascade.goals import GoalBranch, KpiBranch, LineBranch, Served, TaskBranch, goal_tree, served_by
from app.cascade.history import Exclusion, PastValue
from app.cascade.lines import Line, PlanShare, Rating, Sheet, read_definitions, sheet
from app.cascade.replacement import Cascade, documents, replace

__all__ = [
    "Cascade",
    "Exclusion",
    "GoalBranch",
    "KpiBranch",
    "Line",
    "LineBranch",
    "PastValue",
    "PlanShare",
    "Rating",
    "Served",
    "Sheet",
    "TaskBranch",
    "documents",
    "goal_tree",
    "read_definitions",
    "replace",
    "served_by",
    "sheet",
]
