"""Who may what: one table of role and deed, by how one stands to the unit or employee it is about.

The contract's section "Who may what", and nothing else, decides; no other module asks for a role.
A newcomer's usual mistake: a head is not who *has the role* but who is *posted* as head that day. The role opens the table's row,
the posting gives the relation :attr:`Relation.LINE`; either alone gives nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.rules.terms import CycleFunction, Role

__all__ = [
    "AGREE_TO_ACCOUNTS",
    "BARRED_FROM_FUNCTION",
    "FIRST_PASSWORD_DEEDS",
    "FORMER",
    "FROM_ABOVE",
    "FUNCTION_DEEDS",
    "INCOMPATIBLE_FUNCTIONS",
    "KEY_PERMISSIONS",
    "PERMISSIONS",
    "POWERS",
    "PUBLIC_DEEDS",
    "RECORDED_DEEDS",
    "ROLES_OF_EMPLOYEES",
    "SIGNED_IN_DEEDS",
    "Authority",
    "Deed",
    "HeldRole",
    "Relation",
    "Scope",
    "functions_open",
    "functions_that_hold",
    "key_may",
    "may",
    "relations_that_allow",
    "roles_that_hold",
]


class Deed(StrEnum):
    """Whatever is done or seen: the one word for permission, transaction, trail and OpenAPI."""

    # Anyone, signed in or not.
    PUBLIC = "public"
    SIGN_IN = "sign_in"
    CHOOSE_LOOK = "choose_look"
    RECEIVE_HOOK = "receive_hook"
    ASK_PASSWORD = "ask_password"  # noqa: S105 - a deed's name
    SET_PASSWORD = "set_password"  # noqa: S105 - a deed's name

    # Whoever is signed in, about their own account.
    OPEN_HOME = "open_home"
    SEARCH = "search"
    SIGN_OUT = "sign_out"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - a deed's name
    KEEP_CLOCK = "keep_clock"
    KEEP_SESSIONS = "keep_sessions"
    KEEP_VIEWS = "keep_views"
    KEEP_MADE_FILES = "keep_made_files"
    SEE_DECISIONS = "see_decisions"
    DECIDE = "decide"
    DELEGATE = "delegate"
    KEEP_CHANGES = "keep_changes"
    SEE_CRITERIA = "see_criteria"
    SEE_RATINGS = "see_ratings"
    RATE = "rate"
    SEE_CHECK_INS = "see_check_ins"
    CHECK_IN = "check_in"
    SEE_RESULTS = "see_results"
    REVIEW = "review"
    SEE_ACTIONS = "see_actions"
    KEEP_ACTIONS = "keep_actions"
    KEEP_DELEGATIONS = "keep_delegations"
    SEE_OWN_RESULT = "see_own_result"
    SEE_OBJECTIONS = "see_objections"
    OBJECT = "object"

    # Seen, of a unit or an employee.
    SEE_SCORECARD = "see_scorecard"
    SEE_DERIVATION = "see_derivation"
    SEE_ACTIVITIES = "see_activities"
    SEE_GOALS = "see_goals"
    SEE_PEOPLE = "see_people"
    SEE_PEOPLE_SCORES = "see_people_scores"
    SEE_GRADE = "see_grade"
    SEE_PAY = "see_pay"
    SEE_PAY_TOTALS = "see_pay_totals"
    SEE_TARGETS = "see_targets"
    FOLLOW_LIVE = "follow_live"

    # Seen, of the whole.
    SEE_AGENCY = "see_agency"
    HAVE_BOARD_BOOK = "have_board_book"
    SEE_LEDGER = "see_ledger"
    SEE_TRAIL = "see_trail"
    SEE_REJECTED = "see_rejected"
    SEE_JOBS = "see_jobs"
    SEE_FILES = "see_files"
    SEE_CYCLES = "see_cycles"

    # Done.
    INGEST = "ingest"
    FEED = "feed"
    LOG_ACTIVITY = "log_activity"
    REVERSE_ACTIVITY = "reverse_activity"
    REPORT_FIGURE = "report_figure"
    VERIFY = "verify"
    SET_TARGETS = "set_targets"
    SIGN_SCORECARD = "sign_scorecard"
    RUN_CYCLE = "run_cycle"
    KEEP_CYCLES = "keep_cycles"
    HAND_OUT_PAY_RUN = "hand_out_pay_run"
    TELL_BY_HAND = "tell_by_hand"
    REMIND = "remind"
    TRY_POLICIES = "try_policies"
    EXPORT = "export"
    EXPORT_ACTIVITIES = "export_activities"
    EXPORT_GOALS = "export_goals"
    REPLAY_REJECTED = "replay_rejected"
    KEEP_ACCOUNTS = "keep_accounts"
    KEEP_KEYS = "keep_keys"
    KEEP_HOOKS = "keep_hooks"
    KEEP_JOBS = "keep_jobs"
    KEEP_DELIVERIES = "keep_deliveries"

    # Done by commands and jobs, which no page offers.
    LOAD_FOLDER = "load_folder"
    RUN_JOB = "run_job"
    DELIVER = "deliver"


class Relation(StrEnum):
    """How a person stands to a unit or an employee, by the postings of the day."""

    OWN = "own"
    """The employee's own."""

    ABOVE = "above"
    """A unit that the employee is posted to, or one above it, up to the agency."""

    LINE = "line"
    """A unit one is posted to as head, all units below it, and their people."""

    UNHEADED = "unheaded"
    """An entry above which no head stands other than those who share in it: at the top it goes to hr. So with what is :data:`FROM_ABOVE`."""

    ANY = "any"
    """Whatever there is."""


class Scope(StrEnum):
    """What an API key is for."""

    INGEST = "ingest"
    READ = "read"
    FEED = "feed"
    """The whole files of the agency folder that the key names, and nothing else."""


PUBLIC_DEEDS: Final = frozenset(
    {Deed.PUBLIC, Deed.SIGN_IN, Deed.CHOOSE_LOOK, Deed.RECEIVE_HOOK, Deed.ASK_PASSWORD, Deed.SET_PASSWORD}
)
"""Open to whoever comes; a hook's signature, and a mailed link, are checked where they are shown."""

SIGNED_IN_DEEDS: Final = frozenset(
    {
        Deed.OPEN_HOME,
        Deed.SEARCH,
        Deed.SIGN_OUT,
        Deed.CHANGE_PASSWORD,
        Deed.KEEP_CLOCK,
        Deed.KEEP_SESSIONS,
        Deed.KEEP_VIEWS,
        # Which kinds of file one may have made, each kind says.
        Deed.KEEP_MADE_FILES,
        # Which decisions one sees, makes and checks, their kinds say: what one's role does not do is told with its code (contract-desk, 2).
        Deed.SEE_DECISIONS,
        Deed.DECIDE,
        Deed.DELEGATE,
        # Whoever is no employee has none.
        Deed.SEE_OWN_RESULT,
        # Who keeps change sets, the kind of their decision says.
        Deed.KEEP_CHANGES,
        # By what everybody is measured, everybody reads.
        Deed.SEE_CRITERIA,
        # Who rates a line is appointed for it, from wherever in the agency; whoever is told nothing of it finds nothing there.
        Deed.SEE_RATINGS,
        Deed.RATE,
        # Of whom, hangs on who leads whom, and on who stands in for them.
        Deed.SEE_CHECK_INS,
        Deed.CHECK_IN,
        # Likewise; whoever sees nothing of a result finds nothing there.
        Deed.SEE_RESULTS,
        Deed.REVIEW,
        # Whoever is to do something about a line need not see anything else of it.
        Deed.SEE_ACTIONS,
        Deed.KEEP_ACTIONS,
        # Who objects, confirms and is of the committee hangs on the objection; for whoever is none of it there is none.
        Deed.SEE_OBJECTIONS,
        Deed.OBJECT,
    }
)
"""Open to every account, about itself."""

RECORDED_DEEDS: Final = frozenset(
    {
        Deed.SIGN_IN,
        Deed.SIGN_OUT,
        Deed.CHANGE_PASSWORD,
        Deed.SET_PASSWORD,
        Deed.KEEP_SESSIONS,
        Deed.SEE_SCORECARD,
        Deed.SEE_DERIVATION,
        Deed.SEE_TRAIL,
        Deed.LOG_ACTIVITY,
        Deed.REVERSE_ACTIVITY,
        Deed.REPORT_FIGURE,
        Deed.VERIFY,
        Deed.SET_TARGETS,
        Deed.EXPORT,
        Deed.EXPORT_ACTIVITIES,
        Deed.EXPORT_GOALS,
        Deed.KEEP_MADE_FILES,
        Deed.REPLAY_REJECTED,
        Deed.KEEP_ACCOUNTS,
        Deed.KEEP_KEYS,
        Deed.KEEP_HOOKS,
        Deed.KEEP_DELIVERIES,
        Deed.DECIDE,
        Deed.DELEGATE,
        Deed.KEEP_CHANGES,
        Deed.SEE_FILES,
        Deed.SEE_DECISIONS,
        Deed.FEED,
        Deed.KEEP_CYCLES,
        Deed.HAND_OUT_PAY_RUN,
        Deed.TELL_BY_HAND,
        Deed.REMIND,
        Deed.TRY_POLICIES,
        Deed.SIGN_SCORECARD,
        Deed.RATE,
        Deed.CHECK_IN,
        Deed.SEE_RESULTS,
        Deed.REVIEW,
        Deed.KEEP_ACTIONS,
        Deed.SEE_OBJECTIONS,
        Deed.OBJECT,
    }
)
"""What the trail tells of. To see a scorecard, or how a score comes about, is among it where another's are read over the API; to see the
trail, where an auditor notes that rights were given. Events that programs send stand in the ledger, with who sent them."""

FIRST_PASSWORD_DEEDS: Final = frozenset({Deed.SIGN_OUT, Deed.CHANGE_PASSWORD})
"""What alone is open, beside what is open to anyone, to who signed in with a password that somebody else chose."""


class Former(StrEnum):
    """What is in place of all roles of whoever has left the agency's service: no account is given it."""

    FORMER = "former"


FORMER: Final = Former.FORMER

HeldRole = Role | Former
"""What decides of a person today."""

Authority = HeldRole | CycleFunction
"""By what somebody makes or checks a decision: a role, or a function of the decision's cycle."""

BARRED_FROM_FUNCTION: Final[Mapping[CycleFunction, frozenset[HeldRole]]] = MappingProxyType(
    {
        **dict.fromkeys(CycleFunction, frozenset[HeldRole]({Role.ADMIN, FORMER})),
        CycleFunction.CERTIFIER: frozenset({Role.ADMIN, FORMER, Role.HR, Role.HEAD}),
    }
)
"""Roles with which nobody holds a function: an administrator none, and who certifies is neither of HR nor a head (contract-cycle, 1)."""

FUNCTION_DEEDS: Final = frozenset({Deed.SEE_CYCLES, Deed.KEEP_CYCLES, Deed.HAND_OUT_PAY_RUN, Deed.TELL_BY_HAND})
"""What holding any function opens: of the cycle that it is of."""

_OPENED_BY_FUNCTION: Final[Mapping[CycleFunction, frozenset[Deed]]] = MappingProxyType(
    {
        CycleFunction.APPROVER: frozenset({Deed.SEE_GRADE, Deed.SEE_PAY}),
        CycleFunction.CALIBRATOR: frozenset({Deed.SEE_GRADE}),
    }
)
"""What a function opens of people's figures in its cycle, of a calibrator in the groups (contract-cycle, 1 and 13)."""

INCOMPATIBLE_FUNCTIONS: Final = (
    frozenset({CycleFunction.APPROVER, CycleFunction.PAYROLL}),
    frozenset({CycleFunction.CERTIFIER, CycleFunction.APPROVER}),
)
"""Functions of one cycle that nobody holds together."""

_OWN: Final = frozenset({Relation.OWN})
_ABOVE: Final = frozenset({Relation.ABOVE})
_OWN_AND_ABOVE: Final = _OWN | _ABOVE
_LINE: Final = frozenset({Relation.LINE})
_ANY: Final = frozenset({Relation.ANY})
_UNHEADED: Final = frozenset({Relation.UNHEADED})

_Row = Mapping[Deed, frozenset[Relation]]

_EMPLOYEE: Final[_Row] = {
    Deed.SEE_SCORECARD: _OWN_AND_ABOVE,
    Deed.SIGN_SCORECARD: _OWN_AND_ABOVE,
    Deed.SEE_DERIVATION: _OWN,
    Deed.SEE_ACTIVITIES: _OWN,
    Deed.SEE_GRADE: _OWN,
    Deed.SEE_PAY: _OWN,
    Deed.SEE_TARGETS: _OWN,
    Deed.SEE_GOALS: _OWN_AND_ABOVE,
    Deed.FOLLOW_LIVE: _OWN_AND_ABOVE,
    Deed.INGEST: _OWN,
    Deed.LOG_ACTIVITY: _OWN,
    Deed.EXPORT_ACTIVITIES: _OWN,
    Deed.REVERSE_ACTIVITY: _OWN,
    Deed.KEEP_DELEGATIONS: _OWN,
}

_HEAD: Final[_Row] = {
    Deed.SEE_SCORECARD: _LINE,
    Deed.SIGN_SCORECARD: _LINE,
    Deed.SEE_DERIVATION: _LINE,
    Deed.SEE_ACTIVITIES: _LINE,
    Deed.SEE_PEOPLE: _LINE,
    Deed.SEE_PEOPLE_SCORES: _LINE,
    Deed.SEE_TARGETS: _LINE,
    Deed.SEE_GOALS: _LINE,
    Deed.FOLLOW_LIVE: _LINE,
    Deed.INGEST: _LINE,
    Deed.VERIFY: _LINE,
    Deed.REPORT_FIGURE: _LINE,
    Deed.SET_TARGETS: _LINE,
    Deed.SEE_CYCLES: _LINE,
    Deed.KEEP_CYCLES: _LINE,
    Deed.HAND_OUT_PAY_RUN: _LINE,
    Deed.TELL_BY_HAND: _LINE,
    Deed.REMIND: _LINE,
    Deed.EXPORT_ACTIVITIES: _LINE,
    Deed.EXPORT_GOALS: _LINE,
}

_EXECUTIVE: Final[_Row] = {
    Deed.SEE_AGENCY: _ANY,
    Deed.HAVE_BOARD_BOOK: _ANY,
    Deed.SEE_SCORECARD: _ANY,
    Deed.SIGN_SCORECARD: _ANY,
    Deed.SEE_DERIVATION: _ANY,
    Deed.SEE_ACTIVITIES: _ANY,
    Deed.SEE_PEOPLE: _ANY,
    Deed.SEE_PEOPLE_SCORES: _ANY,
    Deed.SEE_TARGETS: _ANY,
    Deed.SEE_GOALS: _ANY,
    Deed.SEE_PAY_TOTALS: _ANY,
    Deed.FOLLOW_LIVE: _ANY,
    Deed.EXPORT_GOALS: _ANY,
    Deed.SEE_FILES: _ANY,
    Deed.SEE_CYCLES: _ANY,
    Deed.KEEP_CYCLES: _ANY,
    Deed.HAND_OUT_PAY_RUN: _ANY,
    Deed.TELL_BY_HAND: _ANY,
    Deed.TRY_POLICIES: _ANY,
}

_HR: Final[_Row] = {
    Deed.HAVE_BOARD_BOOK: _ANY,
    Deed.SEE_SCORECARD: _ANY,
    Deed.SIGN_SCORECARD: _ANY,
    Deed.SEE_DERIVATION: _ANY,
    Deed.SEE_ACTIVITIES: _ANY,
    Deed.SEE_PEOPLE: _ANY,
    Deed.SEE_PEOPLE_SCORES: _ANY,
    Deed.SEE_TARGETS: _ANY,
    Deed.SEE_GOALS: _ANY,
    Deed.SEE_GRADE: _ANY,
    Deed.SEE_PAY: _ANY,
    Deed.SEE_PAY_TOTALS: _ANY,
    Deed.FOLLOW_LIVE: _ANY,
    Deed.INGEST: _UNHEADED,
    Deed.VERIFY: _UNHEADED,
    Deed.REPORT_FIGURE: _ANY,
    Deed.SET_TARGETS: _UNHEADED,
    Deed.RUN_CYCLE: _ANY,
    Deed.REMIND: _ANY,
    Deed.SEE_CYCLES: _ANY,
    Deed.KEEP_CYCLES: _ANY,
    Deed.HAND_OUT_PAY_RUN: _ANY,
    Deed.TELL_BY_HAND: _ANY,
    Deed.TRY_POLICIES: _ANY,
    Deed.EXPORT: _ANY,
    Deed.EXPORT_ACTIVITIES: _ANY,
    Deed.EXPORT_GOALS: _ANY,
    Deed.SEE_FILES: _ANY,
    Deed.KEEP_DELEGATIONS: _ANY,
}

_AUDITOR: Final[_Row] = {
    Deed.SEE_AGENCY: _ANY,
    Deed.HAVE_BOARD_BOOK: _ANY,
    Deed.SEE_SCORECARD: _ANY,
    Deed.SIGN_SCORECARD: _ANY,
    Deed.SEE_DERIVATION: _ANY,
    Deed.SEE_ACTIVITIES: _ANY,
    Deed.SEE_PEOPLE: _ANY,
    Deed.SEE_PEOPLE_SCORES: _ANY,
    Deed.SEE_TARGETS: _ANY,
    Deed.SEE_GOALS: _ANY,
    Deed.SEE_GRADE: _ANY,
    Deed.SEE_PAY: _ANY,
    Deed.SEE_PAY_TOTALS: _ANY,
    Deed.FOLLOW_LIVE: _ANY,
    Deed.SEE_LEDGER: _ANY,
    Deed.EXPORT_ACTIVITIES: _ANY,
    Deed.EXPORT_GOALS: _ANY,
    Deed.SEE_TRAIL: _ANY,
    Deed.SEE_REJECTED: _ANY,
    Deed.SEE_JOBS: _ANY,
    Deed.SEE_FILES: _ANY,
    Deed.SEE_CYCLES: _ANY,
    Deed.KEEP_CYCLES: _ANY,
    Deed.HAND_OUT_PAY_RUN: _ANY,
    Deed.TELL_BY_HAND: _ANY,
    Deed.TRY_POLICIES: _ANY,
}

_ADMIN: Final[_Row] = {
    Deed.KEEP_ACCOUNTS: _ANY,
    Deed.KEEP_KEYS: _ANY,
    Deed.KEEP_HOOKS: _ANY,
    Deed.SEE_JOBS: _ANY,
    Deed.KEEP_JOBS: _ANY,
    Deed.KEEP_DELIVERIES: _ANY,
    Deed.SEE_REJECTED: _ANY,
    Deed.REPLAY_REJECTED: _ANY,
}

FROM_ABOVE: Final = frozenset({Deed.SET_TARGETS, Deed.REPORT_FIGURE})
"""Deeds that nobody does to their own scorecard. As with entries to be verified, it goes to the head above, at the top to hr; the unit that one
heads is one's own to do (contract, "Who may what")."""

_FORMER: Final[_Row] = {
    Deed.SEE_SCORECARD: _OWN,
    Deed.SEE_DERIVATION: _OWN,
    Deed.SEE_GRADE: _OWN,
    Deed.SEE_PAY: _OWN,
    Deed.FOLLOW_LIVE: _OWN,
}

# Whoever sees cycles may knock where one is kept, and whoever sees a scorecard where it is signed: what their role does not do is told by its code
# there (contract-desk, 2). So KEEP_CYCLES, HAND_OUT_PAY_RUN, TELL_BY_HAND and SIGN_SCORECARD open the door alone; app/cycle says who acts.
PERMISSIONS: Final[Mapping[HeldRole, _Row]] = MappingProxyType(
    {
        FORMER: _FORMER,
        Role.EMPLOYEE: _EMPLOYEE,
        Role.HEAD: _HEAD,
        Role.EXECUTIVE: _EXECUTIVE,
        Role.HR: _HR,
        Role.AUDITOR: _AUDITOR,
        Role.ADMIN: _ADMIN,
        # A member may sign in and sees nothing by that alone.
        Role.MEMBER: MappingProxyType({}),
    }
)
"""Role and deed to the relations under which it is allowed (contract, "Who may what"; for who has left contract-cycle, 1)."""

AGREE_TO_ACCOUNTS: Final = frozenset({Role.ADMIN, Role.EXECUTIVE})
"""Roles of which one is needed to agree to what an administrator wants of an account that reaches far (contract-desk, 2)."""

POWERS: Final = frozenset({Role.HR, Role.EXECUTIVE, Role.AUDITOR, Role.ADMIN})
"""Roles that reach beyond one's own line: nobody gives them to themself, and the auditors are told who has them given (contract-desk, 2)."""

KEY_PERMISSIONS: Final[Mapping[Scope, frozenset[Deed]]] = MappingProxyType(
    {
        Scope.INGEST: frozenset({Deed.INGEST, Deed.SEE_REJECTED, Deed.REPLAY_REJECTED}),
        Scope.FEED: frozenset({Deed.FEED}),
        Scope.READ: frozenset(
            {
                Deed.SEE_SCORECARD,
                Deed.SEE_DERIVATION,
                Deed.SEE_ACTIVITIES,
                Deed.SEE_PEOPLE,
                Deed.SEE_PEOPLE_SCORES,
                Deed.SEE_TARGETS,
                Deed.SEE_GOALS,
                Deed.SEE_REJECTED,
                Deed.FOLLOW_LIVE,
            }
        ),
    }
)
"""What a key of each scope opens. An ingest key's rejected events are only its own: the read that lists them narrows it; a feed's files are
those that its key names."""


ROLES_OF_EMPLOYEES: Final = frozenset({Role.EMPLOYEE, Role.HEAD})
"""Roles whose relations come from an employee's postings: without a number they allow nothing."""


def roles_that_hold(granted: Iterable[Role], *, of_employee: bool, heads: bool = False) -> frozenset[Role]:
    """An account's roles.

    Whoever is an employee has the employee's rights too (contract, "Who may what"), and whoever is posted as head the head's (contract-desk, 1).
    """
    own = {Role.EMPLOYEE: of_employee, Role.HEAD: of_employee and heads}
    return frozenset(granted) | {role for role, has in own.items() if has}


def functions_that_hold(given: Iterable[CycleFunction], roles: Collection[HeldRole]) -> frozenset[CycleFunction]:
    """Of the functions that a person was given those that the roles of today leave them; of none of which two are incompatible."""
    open_to = {one for one in given if BARRED_FROM_FUNCTION[one].isdisjoint(roles)}
    barred = {one for pair in INCOMPATIBLE_FUNCTIONS if pair <= open_to for one in pair}
    return frozenset(open_to - barred)


def functions_open(function: CycleFunction) -> frozenset[Deed]:
    """What a function opens of people's figures in the cycle that it is of, beside :data:`FUNCTION_DEEDS`."""
    return _OPENED_BY_FUNCTION.get(function, frozenset())


def may(roles: Collection[HeldRole], deed: Deed, relations: Collection[Relation]) -> bool:
    """Whether an account of these roles may do the deed, standing so to what it is about.

    Args:
        roles: the account's, the employee's among them where it belongs to one.
        deed: what is asked for.
        relations: how the person stands to the unit or employee. :attr:`Relation.ANY` is taken as given.
    """
    if deed in PUBLIC_DEEDS or deed in SIGNED_IN_DEEDS:
        return True
    allowed = relations_that_allow(roles, deed)
    return Relation.ANY in allowed or not allowed.isdisjoint(relations)


def relations_that_allow(roles: Collection[HeldRole], deed: Deed) -> frozenset[Relation]:
    """Under which relations any of these roles may do the deed; empty where none may at all."""
    allowed: frozenset[Relation] = frozenset()
    for role in roles:
        allowed |= PERMISSIONS[role].get(deed, frozenset())
    return allowed


def key_may(scope: Scope, deed: Deed) -> bool:
    """Whether a key of this scope opens a resource of that deed."""
    return deed in PUBLIC_DEEDS or deed in KEY_PERMISSIONS[scope]
