"""What follows from the scores: proposed grades, pay and promotion points.

It owns nothing yet that people decide; it proposes. It promises that a proposal is made on the final basis under the policy that is loaded, and that every
rule which it breaks is named.
"""

from app.cycle.grades import (
    EMPLOYEE_COLUMNS,
    UNIT_COLUMNS,
    Proposed,
    graded_employees,
    propose_employee_grades,
    propose_unit_grades,
    unit_proposal,
)
from app.cycle.groups import GradeGroup, GradeGroups, grade_groups

__all__ = [
    "EMPLOYEE_COLUMNS",
    "UNIT_COLUMNS",
    "GradeGroup",
    "GradeGroups",
    "Proposed",
    "grade_groups",
    "graded_employees",
    "propose_employee_grades",
    "propose_unit_grades",
    "unit_proposal",
]
