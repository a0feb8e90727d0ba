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
from app.scoring.roster import SORTS, Roster, RosterFilter, RosterRow, roster
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
from app.scoring.trend import (
    Snapshot,
    Taken,
    TrendPoint,
    days_to_keep,
    keep_snapshot,
    keep_taken,
    newest,
    snapshots,
    stale_days,
    take_snapshot,
    trend_of,
    trends_of,
)

__all__ = [
    "SORTS",
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
    "Roster",
    "RosterFilter",
    "RosterRow",
    "Scorecard",
    "Scores",
    "Selection",
    "ShownLine",
    "Shows",
    "Snapshot",
    "State",
    "Sum",
    "Taken",
    "TargetBlock",
    "TargetRow",
    "Targets",
    "TrendPoint",
    "UnitPart",
    "Worked",
    "activity_lines",
    "agency_board",
    "board",
    "counted_activities",
    "days_to_keep",
    "digest",
    "explain",
    "keep_snapshot",
    "keep_taken",
    "make_scorecards",
    "newest",
    "node_name",
    "office",
    "read_figures",
    "reconcile",
    "roster",
    "score_figures",
    "scorecards",
    "scores",
    "snapshots",
    "stale_days",
    "state",
    "take_snapshot",
    "targets",
    "trend_of",
    "trends_of",
]
