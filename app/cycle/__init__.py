"""What follows from the scores: the stages that a cycle goes through, proposed grades, pay and promotion points.

It owns the cycles that were opened, with their stages and calendars. It promises that a proposal is made on the final basis under the policies that
the cycle goes by, that every rule which it breaks is named, and that what stands in the way of a stage is the same list for whoever looks and
whoever tries. A cycle that nobody opened it leaves as folder and events say.
"""

from app.cycle.after_close import AfterClose, LateMove, after_close
from app.cycle.agreed_cards import (
    AGREED_IN,
    AgreedCard,
    Due,
    agreed_card,
    due_of,
    may_allocate,
    may_draft,
    may_sign,
)
from app.cycle.agreeing import OtherDraft, edit_draft, sign_draft
from app.cycle.allocating import (
    Allocation,
    AllocationWish,
    Override,
    OverridesExceed,
    allocation,
    apply_allocation,
    identical_below,
    wish_problems,
)
from app.cycle.appointing import APPOINT
from app.cycle.blocking import blockers_of
from app.cycle.bonus import BONUS
from app.cycle.certifying import certify_kind
from app.cycle.check_ins import (
    CheckIn,
    SelfAssessment,
    check_in_parts,
    check_ins,
    keep_check_in,
    keep_self_assessment,
    sees_check_ins,
    self_assessment,
)
from app.cycle.cutting import BeingCertified, refuse_being_certified
from app.cycle.grades import (
    EMPLOYEE_COLUMNS,
    UNIT_COLUMNS,
    Proposed,
    employee_proposal,
    grade_standing,
    graded_employees,
    propose_employee_grades,
    propose_unit_grades,
    unit_proposal,
)
from app.cycle.groups import GradeGroup, GradeGroups, grade_groups
from app.cycle.imposing import IMPOSE, IMPOSED
from app.cycle.lab import alternative_beside
from app.cycle.line_deciding import LIFT, LINE_KINDS, may_decide_lines
from app.cycle.moved import differing, moved_figures
from app.cycle.opened import (
    CycleOpened,
    NotNow,
    NotOpened,
    OpenedCycle,
    StageBegun,
    cycle_named,
    open_cycle,
    opened_cycle,
    opened_cycles,
    set_calendar,
    stages_begun,
)
from app.cycle.rating import (
    BY_HR,
    RATED_IN,
    RATERS,
    REOPEN_RATING,
    RatedLine,
    WantedRating,
    is_own_case,
    rate,
    rated_line,
    rated_lines,
    raters_for,
    rating_problems,
    unrated_lines,
)
from app.cycle.results import CycleResults, results_of
from app.cycle.staging import AMEND, STAGE, Blocked
from app.cycle.standing import CycleStanding, standing_of
from app.cycle.targeting import TARGET, agreed_on, drafted_targets, set_draft_targets
from app.cycle.verifying import Verified, verify
from app.cycle.waiting_for import (
    CheckInDue,
    Imposed,
    ToRate,
    ToSign,
    check_ins_due,
    imposed_upon,
    to_rate,
    to_sign,
)

__all__ = [
    "AGREED_IN",
    "AMEND",
    "APPOINT",
    "BONUS",
    "BY_HR",
    "EMPLOYEE_COLUMNS",
    "IMPOSE",
    "IMPOSED",
    "LIFT",
    "LINE_KINDS",
    "RATED_IN",
    "RATERS",
    "REOPEN_RATING",
    "STAGE",
    "TARGET",
    "UNIT_COLUMNS",
    "AfterClose",
    "AgreedCard",
    "Allocation",
    "AllocationWish",
    "BeingCertified",
    "Blocked",
    "CheckIn",
    "CheckInDue",
    "CycleOpened",
    "CycleResults",
    "CycleStanding",
    "Due",
    "GradeGroup",
    "GradeGroups",
    "Imposed",
    "LateMove",
    "NotNow",
    "NotOpened",
    "OpenedCycle",
    "OtherDraft",
    "Override",
    "OverridesExceed",
    "Proposed",
    "RatedLine",
    "SelfAssessment",
    "StageBegun",
    "ToRate",
    "ToSign",
    "Verified",
    "WantedRating",
    "after_close",
    "agreed_card",
    "agreed_on",
    "allocation",
    "alternative_beside",
    "apply_allocation",
    "blockers_of",
    "certify_kind",
    "check_in_parts",
    "check_ins",
    "check_ins_due",
    "cycle_named",
    "differing",
    "drafted_targets",
    "due_of",
    "edit_draft",
    "employee_proposal",
    "grade_groups",
    "grade_standing",
    "graded_employees",
    "identical_below",
    "imposed_upon",
    "is_own_case",
    "keep_check_in",
    "keep_self_assessment",
    "may_allocate",
    "may_decide_lines",
    "may_draft",
    "may_sign",
    "moved_figures",
    "open_cycle",
    "opened_cycle",
    "opened_cycles",
    "propose_employee_grades",
    "propose_unit_grades",
    "rate",
    "rated_line",
    "rated_lines",
    "raters_for",
    "rating_problems",
    "refuse_being_certified",
    "results_of",
    "sees_check_ins",
    "self_assessment",
    "set_calendar",
    "set_draft_targets",
    "sign_draft",
    "stages_begun",
    "standing_of",
    "to_rate",
    "to_sign",
    "unit_proposal",
    "unrated_lines",
    "verify",
    "wish_problems",
]
