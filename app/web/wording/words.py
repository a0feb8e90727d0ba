"""The words that pages have for codes: types, states, reasons, methods, links.

Do not show a code to a person. Pages say what it means, and the catalogues say it in their language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.cycle import BoardState
from app.intake import ChangeState
from app.plain.findings import n_
from app.rules.activities import ACTIVITY_TYPES, VERDICT_TYPES
from app.rules.agreement import AgreementState
from app.rules.deciding import DecisionState
from app.rules.grade_marks import GradeMark
from app.rules.objections import ObjectionAbout, ObjectionState, Recusal
from app.rules.pay_runs import PayItemKind
from app.rules.permissions import Deed
from app.rules.reviewing import ReviewAlertKind
from app.rules.tellings import RankThird
from app.rules.terms import Role

__all__ = [
    "ACCEPTED",
    "AGREEMENT_STATES",
    "BOARD_STATES",
    "BUSINESS",
    "CALENDAR_DATES",
    "COUNTS_FROM",
    "CYCLE_FUNCTIONS",
    "DEEDS",
    "DISCIPLINE_KINDS",
    "DOORS",
    "GRADE_MARKS",
    "GRADE_REASONS",
    "JOBS",
    "KINDS",
    "LINE_DECISIONS",
    "LINE_MEMBERS",
    "LINKS",
    "LINK_MEANINGS",
    "LINK_TERMS",
    "METHODS",
    "NO_TARGETS",
    "OBJECTION_ABOUTS",
    "OBJECTION_STATES",
    "PERSPECTIVES",
    "RANK_THIRDS",
    "REASONS",
    "RECUSALS",
    "REVIEW_ALERTS",
    "ROLES",
    "ROLE_REACHES",
    "SIGNED_AS",
    "STAGES",
    "STATES",
    "STATE_KINDS",
    "STATUS_KINDS",
    "TYPES",
    "WORKER_JOBS",
]

TYPES: Final[Mapping[str, str]] = {
    code: kind.label for kinds in (ACTIVITY_TYPES, VERDICT_TYPES) for code, kind in kinds.items()
}

DOORS: Final[Mapping[str, str]] = {
    "api": n_("API"),
    "hook": n_("Webhook"),
    "ingest": n_("File"),
    "page": n_("Page"),
}
"""By which door an event came."""

REPORT_STATES: Final = {
    "stale": n_("overdue"),
    "due": n_("due"),
    "waiting": n_("waits to be verified"),
    "entered": n_("entered"),
    "later": n_("not due yet"),
}
"""How a KPI stands that is given (app.rules.rhythm.ReportState)."""

REPORT_STATE_KINDS: Final = {"stale": "bad", "due": "caution", "waiting": "caution", "entered": "good", "later": ""}

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
    "dropped": n_("Dropped by decision: it does not count."),
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

GRADE_REASONS: Final[Mapping[str, str]] = {
    "outside": n_("of a rank that is not graded here"),
    "no_earlier_result": n_("away for more than half of the cycle, without an earlier result"),
    "under_minimum_days": n_("too few days worked"),
    "not_measurable": n_("no score"),
}
"""Why somebody, or a unit, has no grade (contract, "Grades and pay, exactly")."""

GRADE_MARKS: Final[Mapping[GradeMark, str]] = {
    GradeMark.MOVED: n_("moved by calibrators"),
    GradeMark.KEPT: n_("kept as told"),
    GradeMark.LAPSED: n_("move has lapsed"),
    GradeMark.OBJECTED: n_("objected"),
    GradeMark.GRANTED: n_("objection granted"),
}
"""What was done about a grade."""

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

NO_TARGETS: Final[Mapping[str, str]] = {
    "past": n_("Held against a base value that is made of past years: %(lines)s."),
    "path": n_("Held against the line to a mid-term goal, which the KPI's definition gives: %(lines)s."),
    "rated": n_("Graded by raters: %(lines)s."),
    "shared": n_("Shared with the line above, where the target is set for both: %(lines)s."),
    "from_above": n_("On your own scorecard, where the head above sets the targets, or HR at the top: %(lines)s."),
}
"""Why there is no target to be set, and of how many lines it is so."""

LINKS: Final[Mapping[str, str]] = {
    "identical": n_("A slice of %(parent)s"),
    "contributory": n_("Contributes to %(parent)s"),
    "shared": n_("Shared with %(parent)s"),
    "unique": n_("Stands alone"),
}
"""How a line hangs on the one above it."""

LINK_TERMS: Final[Mapping[str, str]] = {
    "identical": n_("identical"),
    "contributory": n_("contributory"),
    "shared": n_("shared"),
    "unique": n_("unique"),
}
"""The same in the field's own terms (domain.md, section 4)."""
LINKS_ALONE: Final[Mapping[str, str]] = {
    "identical": n_("Stands alone"),
    "contributory": n_("Contributes to its goal"),
    "shared": n_("Shared with others"),
    "unique": n_("Stands alone"),
}
"""The same of a line that names none above it."""

LINK_MEANINGS: Final[Mapping[str, str]] = {
    "identical": n_("the same KPI: what is done here counts above too, and targets add up"),
    "contributory": n_("another KPI that serves the goal above; figures do not add up"),
    "shared": n_("one figure and one target, which all who share it show"),
    "unique": n_("no line above it"),
}
"""What that says of figures and targets (domain.md 4)."""

BUSINESS: Final[Mapping[str, str]] = {
    "deal_value": n_("Deals in US dollars"),
    "deals": n_("Deals"),
    "consults": n_("Consults"),
    "new_buyers": n_("New buyers"),
}
"""The four business figures."""

COUNTS_FROM: Final[Mapping[str, str]] = {
    "entered": n_("counts as soon as it is entered"),
    "verified": n_("counts once it is verified"),
    "confirmed": n_("counts once the customer has confirmed it"),
}

JOBS: Final[Mapping[str, str]] = {"staff": n_("Staff"), "manager": n_("Manager"), "head": n_("Head")}

WORKER_JOBS: Final[Mapping[str, str]] = {
    "trend": n_("Trend of all scores"),
    "reminders": n_("Reminders of what waits for a verdict"),
    "forgetting": n_("Clearing away what has ended"),
    "reconcile": n_("Recount of every total"),
}
"""What a worker does by itself."""

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

ROLES: Final[Mapping[Role, str]] = {
    Role.EMPLOYEE: n_("Employee"),
    Role.HEAD: n_("Head of a unit"),
    Role.EXECUTIVE: n_("Executive"),
    Role.HR: n_("HR"),
    Role.AUDITOR: n_("Auditor"),
    Role.ADMIN: n_("Administrator"),
    Role.MEMBER: n_("Member"),
}

ROLE_REACHES: Final[Mapping[Role, str]] = {
    Role.EMPLOYEE: n_("Employee: logs activities, sees their own scorecard"),
    Role.HEAD: n_("Head: sees and verifies in the units they are posted to as head"),
    Role.EXECUTIVE: n_("Executive: sees the agency, pay as totals only"),
    Role.HR: n_("HR: sees all scorecards, grades and pay, exports"),
    Role.AUDITOR: n_("Auditor: sees everything, changes nothing"),
    Role.ADMIN: n_("Administrator: keeps accounts, keys and jobs, sees no scores"),
    Role.MEMBER: n_("Member: signs in, and sees nothing by that alone"),
}
"""What a role opens, for who gives it."""

LINE_MEMBERS: Final[Mapping[str, str]] = {
    "actual": n_("Actual"),
    "base": n_("Base value"),
    "high": n_("High"),
    "low": n_("Low"),
    "target": n_("Target"),
}
"""What a decision about a line can put another figure in place of."""

LINE_DECISIONS: Final[Mapping[str, str]] = {
    "override": n_("Another figure"),
    "drop": n_("Drop the line: it does not count"),
    "zero": n_("Scores 0, since what it rests on was proven false"),
    "exclude_year": n_("Leave a past year out as an outlier"),
}
"""What can be decided about a line."""

DECISION_STATES: Final[Mapping[DecisionState, tuple[str, str]]] = {
    DecisionState.PROPOSED: (n_("proposed"), "caution"),
    DecisionState.APPROVED: (n_("agreed"), "good"),
    DecisionState.REFUSED: (n_("refused"), "bad"),
    DecisionState.WITHDRAWN: (n_("withdrawn"), ""),
    DecisionState.VOID: (n_("overtaken"), "bad"),
}
"""What has become of a decision, and how its badge looks."""

CHANGE_STATES: Final[Mapping[ChangeState, tuple[str, str]]] = {
    ChangeState.OPEN: (n_("open"), ""),
    ChangeState.SUBMITTED: (n_("submitted"), "caution"),
    ChangeState.APPLIED: (n_("applied"), "good"),
    ChangeState.REFUSED: (n_("refused"), "bad"),
    ChangeState.DISCARDED: (n_("discarded"), ""),
}
"""What has become of a change set, and how its badge looks."""

AGREEMENT_STATES: Final[Mapping[AgreementState, str]] = {
    AgreementState.NONE: n_("no lines yet"),
    AgreementState.DRAFT: n_("nobody has signed"),
    AgreementState.TO_SIGN: n_("a signature is missing"),
    AgreementState.AGREED: n_("all have signed"),
    AgreementState.IMPOSED: n_("imposed"),
}
"""How far a scorecard is agreed."""

FOLDER_FILES: Final[Mapping[str, str]] = {
    "units.csv": n_("Units"),
    "employees.csv": n_("Employees"),
    "postings.csv": n_("Postings"),
    "rates.csv": n_("Exchange rates"),
    "history.csv": n_("Past years"),
    "employment.csv": n_("Terms of employment"),
    "scorecards.csv": n_("Scorecards"),
    "ratings.csv": n_("Ratings"),
    "status.csv": n_("Leave, secondment and discipline"),
    "results.csv": n_("Earlier results"),
    "exclusions.csv": n_("Excluded years"),
    "plan.csv": n_("Plan of the year"),
    "market.csv": n_("Market potential"),
    "discipline.csv": n_("Disciplinary measures"),
    "definitions": n_("Goals and KPIs"),
    "policies": n_("Policies"),
}
"""The files of the agency folder, and the definitions, as people call them."""

STATUS_KINDS: Final[Mapping[str, str]] = {
    "leave": n_("Leave"),
    "secondment": n_("Secondment"),
    "discipline": n_("Discipline"),
}
"""What takes days off somebody's cycle, or the grade."""

DISCIPLINE_KINDS: Final[Mapping[str, str]] = {
    "demotion": n_("Demotion"),
    "suspension": n_("Suspension"),
    "pay_cut": n_("Pay cut"),
    "reprimand": n_("Reprimand"),
}
"""Disciplinary measures."""

MASTERS: Final[Mapping[str, str]] = {
    "folder": n_("the agency folder"),
    "application": n_("this application"),
    "feed": n_("a feed"),
}
"""By which door a file's rows come."""

FUNCTIONS: Final[Mapping[str, str]] = {
    "verify": n_("verify entries"),
    "sign": n_("sign targets"),
    "rate": n_("rate"),
    "answer": n_("answer objections"),
    "review": n_("review"),
    "entry": n_("enter activities"),
}
"""What somebody may do in another's place."""

MAILS: Final[Mapping[str, str]] = {
    "invitation": n_("Invitation"),
    "forgotten": n_("Link to a new password"),
    "email_changed": n_("Changed e-mail"),
    "new_password": n_("Link to set the password of an account agreed on"),
    "imposed": n_("Scorecard imposed"),
    "cycle_reminder": n_("Reminder of what waits in a cycle"),
    "objection": n_("Objection that waits, or was judged"),
    "board_reminder": n_("Reminder from a cycle's board"),
    "result_told": n_("Notice of one's result"),
}
"""What mails are called, by their topic."""

DELIVERY_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "waiting": (n_("to be sent"), "caution"),
    "held": (n_("held"), "caution"),
    "sent": (n_("sent"), "good"),
    "failed": (n_("failed"), "bad"),
}
"""What became of a mail, and which badge it has."""

DEEDS: Final[Mapping[Deed, str]] = {
    Deed.PUBLIC: n_("look at what is public"),
    Deed.SIGN_IN: n_("sign in"),
    Deed.CHOOSE_LOOK: n_("choose language and theme"),
    Deed.RECEIVE_HOOK: n_("take in a signed message"),
    Deed.ASK_PASSWORD: n_("ask for a new password"),
    Deed.SET_PASSWORD: n_("set a password by a mailed link"),
    Deed.OPEN_HOME: n_("open the first page"),
    Deed.SEARCH: n_("search"),
    Deed.SIGN_OUT: n_("sign out"),
    Deed.CHANGE_PASSWORD: n_("change the own password"),
    Deed.KEEP_CLOCK: n_("choose by whose clock times are shown"),
    Deed.KEEP_SESSIONS: n_("end own sessions"),
    Deed.KEEP_VIEWS: n_("keep own views of lists"),
    Deed.KEEP_MADE_FILES: n_("have a file made, or take it home"),
    Deed.SEE_DECISIONS: n_("see decisions"),
    Deed.DECIDE: n_("propose, approve or refuse a decision"),
    Deed.DELEGATE: n_("let somebody stand in"),
    Deed.KEEP_CHANGES: n_("keep change sets of the agency folder"),
    Deed.SEE_CRITERIA: n_("see what a cycle is judged by"),
    Deed.SEE_RATINGS: n_("see grades of raters"),
    Deed.RATE: n_("rate a line"),
    Deed.SEE_CHECK_INS: n_("see check-ins"),
    Deed.CHECK_IN: n_("keep a check-in"),
    Deed.SEE_RESULTS: n_("see people's results"),
    Deed.REVIEW: n_("review a result, or answer a review"),
    Deed.SEE_ACTIONS: n_("see actions"),
    Deed.KEEP_ACTIONS: n_("open or close an action"),
    Deed.SEE_OBJECTIONS: n_("see objections"),
    Deed.OBJECT: n_("object, or decide an objection"),
    Deed.KEEP_DELEGATIONS: n_("say who stands in for whom"),
    Deed.SEE_OWN_RESULT: n_("see one's own result"),
    Deed.SEE_SCORECARD: n_("see a scorecard"),
    Deed.SEE_DERIVATION: n_("see how a score is worked out"),
    Deed.SEE_ACTIVITIES: n_("see activities"),
    Deed.SEE_GOALS: n_("see goals"),
    Deed.SEE_PEOPLE: n_("see people"),
    Deed.SEE_PEOPLE_SCORES: n_("see people's scores"),
    Deed.SEE_GRADE: n_("see a grade"),
    Deed.SEE_PAY: n_("see pay"),
    Deed.SEE_PAY_TOTALS: n_("see totals of pay"),
    Deed.SEE_TARGETS: n_("see targets"),
    Deed.FOLLOW_LIVE: n_("follow a scorecard live"),
    Deed.SEE_AGENCY: n_("see the agency"),
    Deed.HAVE_BOARD_BOOK: n_("have the board book made"),
    Deed.SEE_LEDGER: n_("see the ledger"),
    Deed.SEE_TRAIL: n_("see the trail"),
    Deed.SEE_REJECTED: n_("see rejected events"),
    Deed.SEE_JOBS: n_("see jobs"),
    Deed.SEE_FILES: n_("see the files of the agency folder"),
    Deed.SEE_CYCLES: n_("see opened cycles"),
    Deed.INGEST: n_("record events"),
    Deed.FEED: n_("bring a file by a feed"),
    Deed.LOG_ACTIVITY: n_("log an activity"),
    Deed.REVERSE_ACTIVITY: n_("reverse an activity"),
    Deed.REPORT_FIGURE: n_("report a figure"),
    Deed.VERIFY: n_("verify or reject"),
    Deed.SET_TARGETS: n_("set targets"),
    Deed.SIGN_SCORECARD: n_("draft or sign a scorecard"),
    Deed.RUN_CYCLE: n_("run the cycle"),
    Deed.KEEP_CYCLES: n_("open a cycle, or keep its calendar"),
    Deed.HAND_OUT_PAY_RUN: n_("download the file of a pay run"),
    Deed.TELL_BY_HAND: n_("write down that somebody was told by hand"),
    Deed.REMIND: n_("remind whom a cycle waits for"),
    Deed.TRY_POLICIES: n_("try other policies on a cycle"),
    Deed.EXPORT: n_("download people's figures"),
    Deed.EXPORT_ACTIVITIES: n_("download activities"),
    Deed.EXPORT_GOALS: n_("download goals"),
    Deed.REPLAY_REJECTED: n_("send a rejected event again"),
    Deed.KEEP_ACCOUNTS: n_("keep accounts"),
    Deed.KEEP_KEYS: n_("keep keys"),
    Deed.KEEP_HOOKS: n_("keep hooks"),
    Deed.KEEP_JOBS: n_("keep jobs"),
    Deed.KEEP_DELIVERIES: n_("see to mails"),
    Deed.LOAD_FOLDER: n_("load the agency folder"),
    Deed.RUN_JOB: n_("run a job"),
    Deed.DELIVER: n_("send a mail"),
}
"""What the trail says was done. A deed of an older version may be none of these."""

ACCEPTED: Final[Mapping[str, str]] = {
    "no_scorecard": n_("units or people without a scorecard"),
    "rating_missing": n_("lines that nobody has rated"),
    "rejected_events": n_("events that were rejected and not mended"),
    "stale_given": n_("figures that were not reported when they were due"),
    "unconfirmed": n_("entries that nobody has confirmed"),
    "unsigned": n_("people whose scorecards are neither agreed nor imposed"),
    "unverified": n_("entries that nobody has verified"),
}
"""What may stand in the way of a stage and was accepted, by its code."""

STAGES: Final[Mapping[str, str]] = {
    "draft": n_("draft of the cycle"),
    "agreement": n_("agreement"),
    "running": n_("under way"),
    "certified": n_("certified"),
    "notified": n_("notified"),
    "locked": n_("locked"),
    "paid": n_("paid"),
}
"""The stages of an opened cycle."""

ALERTS: Final[Mapping[str, str]] = {
    "dated_ahead": n_("its day was still to come when it came in"),
    "known_buyer": n_("a deal was closed with this buyer before"),
}
"""Why somebody should look at an entry before a cycle is certified."""

PAY_ITEM_KINDS: Final[Mapping[PayItemKind, str]] = {
    PayItemKind.PAY: n_("pay"),
    PayItemKind.SUPPLEMENT: n_("paid in addition"),
    PayItemKind.RECOVER: n_("to be given back"),
    PayItemKind.NONE: n_("no change"),
}
"""What an item of a pay run does."""

RANK_THIRDS: Final[Mapping[RankThird, str]] = {
    RankThird.UPPER: n_("upper third"),
    RankThird.MIDDLE: n_("middle third"),
    RankThird.LOWER: n_("lower third"),
}
"""The third of the group, in words."""

BOARD_STATES: Final[Mapping[BoardState, str]] = {
    BoardState.PAID: n_("paid"),
    BoardState.LOCKED: n_("locked"),
    BoardState.OBJECTION_OPEN: n_("an objection is to be answered"),
    BoardState.OBJECTION_APPEALED: n_("an objection is before the committee"),
    BoardState.OBJECTION_GRANTED: n_("an objection is granted, and has no effect yet"),
    BoardState.NOTIFIED: n_("told the result"),
    BoardState.REVIEW_DISAGREES: n_("the review disagrees"),
    BoardState.TO_REVIEW: n_("to be reviewed"),
    BoardState.LAPSED_MOVE: n_("a move of the grade has lapsed"),
    BoardState.PROPOSED: n_("grade proposed"),
    BoardState.NOT_GRADED: n_("not graded"),
    BoardState.RATING_DUE: n_("a rating is due"),
    BoardState.TO_SIGN_OWNER: n_("to be signed by the owner"),
    BoardState.TO_SIGN_HEAD: n_("to be signed by the head"),
    BoardState.TO_SIGN_HR: n_("to be signed by HR"),
    BoardState.CHECK_IN_DUE: n_("a check-in is due"),
    BoardState.AGREED: n_("scorecard agreed"),
    BoardState.NO_SCORECARD: n_("no scorecard"),
    BoardState.OUTSIDE: n_("of a rank that is not graded here"),
}
"""Where somebody stands, in words."""

OBJECTION_ABOUTS: Final[Mapping[ObjectionAbout, str]] = {
    ObjectionAbout.FIGURE: n_("a figure"),
    ObjectionAbout.GRADE: n_("the grade"),
    ObjectionAbout.DATA: n_("data that it rests on"),
    ObjectionAbout.IMPOSED: n_("a scorecard that was imposed"),
    ObjectionAbout.PAY: n_("the pay"),
}
"""What somebody objects to, in words."""

OBJECTION_STATES: Final[Mapping[ObjectionState, str]] = {
    ObjectionState.OPEN: n_("to be answered"),
    ObjectionState.ANSWERED: n_("refused, an appeal is possible"),
    ObjectionState.APPEALED: n_("before the committee"),
    ObjectionState.GRANTED: n_("granted, no effect yet"),
    ObjectionState.SETTLED: n_("granted and settled"),
    ObjectionState.REFUSED: n_("refused for good"),
    ObjectionState.WITHDRAWN: n_("taken back"),
}
"""How far an objection is, in words."""

RECUSALS: Final[Mapping[Recusal, str]] = {
    Recusal.OWN: n_("it is their own"),
    Recusal.HEAD: n_("head of the objector"),
    Recusal.REVIEWER: n_("reviewed the result"),
    Recusal.CONFIRMER: n_("answers, or answered, the objection"),
    Recusal.RATER: n_("rated a line of the objector"),
    Recusal.MAKER: n_("proposed a decision about the objector"),
    Recusal.CHECKER: n_("agreed to a decision about the objector"),
    Recusal.GROUP: n_("of the objector's evaluation group"),
}
"""Why somebody does not hear an objection, in words."""

REVIEW_ALERTS: Final[Mapping[ReviewAlertKind, str]] = {
    ReviewAlertKind.EQUAL_TEXTS: n_("The same text was signed for %(number)s people"),
    ReviewAlertKind.SIGNED_UNREAD: n_("Results signed within 15 seconds of opening, or unopened: %(number)s"),
}
"""Why somebody should look at reviews, in words."""

SIGNED_AS: Final[Mapping[str, str]] = {"owner": n_("Owner"), "head": n_("Head"), "hr": n_("HR")}
"""The parts in which a scorecard is signed."""

CYCLE_FUNCTIONS: Final[Mapping[str, str]] = {
    "approver": n_("approver"),
    "certifier": n_("certifier"),
    "calibrator": n_("calibrator"),
    "objections": n_("member of the objections committee"),
    "payroll": n_("payroll"),
}
"""What people are given to do in a cycle."""

REOPENED_BECAUSE: Final[Mapping[str, str]] = {
    "court": n_("a court demands it"),
    "fraud": n_("there was fraud"),
    "error": n_("there was an error"),
}
"""Why a locked cycle is opened again, in words."""

CALENDAR_DATES: Final[Mapping[str, str]] = {
    "agree_by": n_("Scorecards agreed by"),
    "mid_year_from": n_("Mid-year check from"),
    "mid_year_by": n_("Mid-year check by"),
    "customs_final_on": n_("Customs figures final on"),
    "certify_by": n_("Figures certified by"),
    "notify_by": n_("Results told by"),
    "lock_by": n_("Grades locked by"),
    "pay_by": n_("Paid by"),
}
"""The dates of a cycle."""
