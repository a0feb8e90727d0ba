"""The ledger: activities and verdicts for ever, and the totals beside them.

It owns every event that was ever accepted and promises that its state is a function of the set of events and the folder last loaded, not of the
order in which they came. It never changes or deletes an event, and never decides what a KPI is.
"""

from app.ledger.activities import (
    Activities,
    ActivityFilter,
    ActivityHistory,
    CreditShare,
    Move,
    NodeActivity,
    RecentEntry,
    VerdictEntry,
    activities_of,
    activity_history,
    latest_moves,
    recent_entries,
    recorded_time,
    reversal_event,
    state_to_change,
)
from app.ledger.activity_rows import WorthTooMuch
from app.ledger.by_day import Daybook, earliest_day_since, figures_by_day, newest_event, open_daybook
from app.ledger.changes import Change, Cursor, changes_after, changes_since, cursor, forget_changes, record_change
from app.ledger.contents import contents
from app.ledger.counted import (
    CountedCredit,
    CountedMember,
    CountedQuery,
    CreditOrder,
    counted_credits,
    counted_members,
    counted_shares,
    counted_size,
)
from app.ledger.dealings import EarlierDealing, EarlierDealings, amounts_beside, earlier_dealings
from app.ledger.fold import figures_as_of, is_large
from app.ledger.frame import BUYER, COMPANY, Frame, SliceInUse, event_key, frame_of, owners_text, slices_in_use
from app.ledger.given import Given, Reported, reported
from app.ledger.groups import ActivityGroup, EventGroup, EventGroups, activity_groups, event_groups
from app.ledger.holding import shut_out_loads
from app.ledger.known import KnownActivity, activities_known
from app.ledger.listed import Listed, ListedActivity, activities_found, activities_listed
from app.ledger.named import NamedParties, parties_meant
from app.ledger.needs import needs
from app.ledger.parties import Party, keep_parties
from app.ledger.reconcile import is_outdated, reconcile, rederive
from app.ledger.record import Arrival, Origin, Recorded, Rejected, StaleFrameError, record
from app.ledger.rejections import Rejection, rejections_of
from app.ledger.rejects import (
    REJECTS_KEPT_FOR,
    KeptReject,
    errors_of,
    forget_rejected,
    keep_rejected,
    rejected_event,
    rejected_events,
    rejects_to_mend,
    settle_rejected,
)
from app.ledger.search import EventFilter, LedgerEntry, RawEvent, events_in_all, raw_event, search_events
from app.ledger.suggestions import Alike, Contents, activities_alike, buyers_of_country, suggest_parties
from app.ledger.tally import EventSet, event_set
from app.ledger.totals import Figures, current_figures, has_cycle
from app.ledger.verification import (
    AlreadyJudged,
    Queue,
    Verdicts,
    Waiting,
    may_verify,
    types_to_verify,
    verdicts_on,
    verification_queue,
    verified_since,
    waiting_counts,
    whose_turn,
)
from app.ledger.waiting import WaitingFor, waiting_by_head, waiting_for

__all__ = [
    "BUYER",
    "COMPANY",
    "REJECTS_KEPT_FOR",
    "Activities",
    "ActivityFilter",
    "ActivityGroup",
    "ActivityHistory",
    "Alike",
    "AlreadyJudged",
    "Arrival",
    "Change",
    "Contents",
    "CountedCredit",
    "CountedMember",
    "CountedQuery",
    "CreditOrder",
    "CreditShare",
    "Cursor",
    "Daybook",
    "EarlierDealing",
    "EarlierDealings",
    "EventFilter",
    "EventGroup",
    "EventGroups",
    "EventSet",
    "Figures",
    "Frame",
    "Given",
    "KeptReject",
    "KnownActivity",
    "LedgerEntry",
    "Listed",
    "ListedActivity",
    "Move",
    "NamedParties",
    "NodeActivity",
    "Origin",
    "Party",
    "Queue",
    "RawEvent",
    "RecentEntry",
    "Recorded",
    "Rejected",
    "Rejection",
    "Reported",
    "SliceInUse",
    "StaleFrameError",
    "VerdictEntry",
    "Verdicts",
    "Waiting",
    "WaitingFor",
    "WorthTooMuch",
    "activities_alike",
    "activities_found",
    "activities_known",
    "activities_listed",
    "activities_of",
    "activity_groups",
    "activity_history",
    "amounts_beside",
    "buyers_of_country",
    "changes_after",
    "changes_since",
    "contents",
    "counted_credits",
    "counted_members",
    "counted_shares",
    "counted_size",
    "current_figures",
    "cursor",
    "earlier_dealings",
    "earliest_day_since",
    "errors_of",
    "event_groups",
    "event_key",
    "event_set",
    "events_in_all",
    "figures_as_of",
    "figures_by_day",
    "forget_changes",
    "forget_rejected",
    "frame_of",
    "has_cycle",
    "is_large",
    "is_outdated",
    "keep_parties",
    "keep_rejected",
    "latest_moves",
    "may_verify",
    "needs",
    "newest_event",
    "open_daybook",
    "owners_text",
    "parties_meant",
    "raw_event",
    "recent_entries",
    "reconcile",
    "record",
    "record_change",
    "recorded_time",
    "rederive",
    "rejected_event",
    "rejected_events",
    "rejections_of",
    "rejects_to_mend",
    "reported",
    "reversal_event",
    "search_events",
    "settle_rejected",
    "shut_out_loads",
    "slices_in_use",
    "state_to_change",
    "suggest_parties",
    "types_to_verify",
    "verdicts_on",
    "verification_queue",
    "verified_since",
    "waiting_by_head",
    "waiting_counts",
    "waiting_for",
    "whose_turn",
]
