"""The words that pages have for codes: types, states, reasons, methods, links.

A newcomer's usual mistake is to show a code to a person. Pages say what it means, and the catalogues say it in their language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.rules.activities import ACTIVITY_TYPES, VERDICT_TYPES
from app.rules.terms import n_

__all__ = ["JOBS", "KINDS", "LINKS", "METHODS", "PERSPECTIVES", "REASONS", "RUNGS", "STATES", "STATE_KINDS", "TYPES"]

TYPES: Final[Mapping[str, str]] = {
    code: kind.label for kinds in (ACTIVITY_TYPES, VERDICT_TYPES) for code, kind in kinds.items()
}

STATES: Final[Mapping[str, str]] = {
    "entered": n_("entered"),
    "verified": n_("verified"),
    "confirmed": n_("confirmed by the customer"),
    "denied": n_("denied by the customer"),
    "rejected": n_("rejected"),
    "reversed": n_("reversed"),
}

STATE_KINDS: Final[Mapping[str, str]] = {
    "entered": "caution",
    "verified": "good",
    "confirmed": "good",
    "denied": "bad",
    "rejected": "bad",
    "reversed": "",
}
"""The colour of a state, beside its word."""

REASONS: Final[Mapping[str, str]] = {
    "no_rating": n_("Not measurable yet: no rater has given a grade."),
    "not_present": n_("Not applicable: not one day of this cycle with a posting and neither leave nor secondment."),
    "no_actual": n_("Not measurable yet: there is no actual. A missing figure is not counted as zero."),
    "no_target": n_("Not measurable: no target is set for it."),
    "too_few_years": n_("Not measurable: it needs at least three past years."),
    "outside_years": n_("Not applicable: the cycle lies outside the years of its mid-term goal."),
    "no_base": n_("Not measurable: last year has no figure, so there is no base value."),
    "no_spread": n_("Not measurable: the best and the worst figure to score it by do not lie apart."),
}
"""Why a line has no score (contract, "Scores, exactly")."""

METHODS: Final[Mapping[str, str]] = {
    "deviation": n_("against the base value and its spread"),
    "ratio": n_("against shares of the base value"),
    "target": n_("against the target"),
    "milestone": n_("against the milestone's target"),
    "midterm": n_("on the line to the mid-term goal"),
    "trend": n_("against the trend of past years"),
    "beta": n_("against what past years let expect"),
    "qualitative": n_("the mean of the raters' grades"),
}

LINKS: Final[Mapping[str, str]] = {
    "identical": n_("a slice of"),
    "contributory": n_("contributes to"),
    "shared": n_("shared with"),
    "unique": n_("stands alone"),
}

RUNGS: Final[Mapping[str, str]] = {
    "entered": n_("counts as soon as it is entered"),
    "verified": n_("counts once it is verified"),
    "confirmed": n_("counts once the customer has confirmed it"),
}

JOBS: Final[Mapping[str, str]] = {"staff": n_("Staff"), "manager": n_("Manager"), "head": n_("Head")}

KINDS: Final[Mapping[str, str]] = {
    "agency": n_("Agency"),
    "division": n_("Division"),
    "regional_hq": n_("Regional headquarters"),
    "office": n_("Office"),
    "team": n_("Team"),
}

PERSPECTIVES: Final[Mapping[str, str]] = {
    "financial": n_("Finance"),
    "customer": n_("Customers"),
    "process": n_("Internal processes"),
    "learning": n_("Learning and growth"),
}
"""The four perspectives of strategic goals."""
