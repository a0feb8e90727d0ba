"""How each level does: scores of every node, derived from totals, folder and definitions.

It owns the read model that every page, command and export renders, and the trend that is kept of it. It promises that one line's figures are the same
wherever they are shown. It never writes to the ledger.
"""

from app.scoring.agency import AgencyBoard, GoalScore, HeatCell, HeatRow, Mover, agency_board
from app.scoring.board import Beside, Board, BoardLine, BoardMove, Shows, UnitPart, board, node_name
from app.scoring.digest import digest
from app.scoring.explain import CountedActivity, Explanation, activity_lines, counted_activities, explain
from app.scoring.office import Member, Office, Sum, TargetBlock, TargetRow, Targets, office, targets
from app.scoring.plan import CyclePlan, Person, Selection, ShownLine, State, Worked, state
from app.scoring.reconciling import reconcile
from app.scoring.scorecards import (
    Asked,
    LineScore,
    Scorecard,
    Scores,
    make_scorecards,
    read_figures,
    score_figures,
    scorecards,
    scores,
)

__all__ = [
    "AgencyBoard",
    "Asked",
    "Beside",
    "Board",
    "BoardLine",
    "BoardMove",
    "CountedActivity",
    "CyclePlan",
    "Explanation",
    "GoalScore",
    "HeatCell",
    "HeatRow",
    "LineScore",
    "Member",
    "Mover",
    "Office",
    "Person",
    "Scorecard",
    "Scores",
    "Selection",
    "ShownLine",
    "Shows",
    "State",
    "Sum",
    "TargetBlock",
    "TargetRow",
    "Targets",
    "UnitPart",
    "Worked",
    "activity_lines",
    "agency_board",
    "board",
    "counted_activities",
    "digest",
    "explain",
    "make_scorecards",
    "node_name",
    "office",
    "read_figures",
    "reconcile",
    "score_figures",
    "scorecards",
    "scores",
    "state",
    "targets",
]
