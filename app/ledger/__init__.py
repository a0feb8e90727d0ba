"""The ledger: activities and verdicts for ever, and the totals beside them.

It owns every event that was ever accepted and promises that its state is a function of the set of events and the folder last loaded, not of the
order in which they came. It never changes or deletes an event, and never decides what a KPI is.
"""

from app.ledger.contents import contents
from app.ledger.fold import figures_as_of
from app.ledger.frame import BUYER, COMPANY, Frame, SliceInUse, event_key, frame_of, owners_text, slices_in_use
from app.ledger.needs import needs
from app.ledger.reconcile import reconcile, rederive
from app.ledger.record import Arrival, Recorded, Rejected, StaleFrameError, record
from app.ledger.rejects import (
    KeptReject,
    errors_of,
    keep_rejected,
    rejected_event,
    rejected_events,
    settle_rejected,
)
from app.ledger.totals import Figures, current_figures
from app.ledger.touching import Look, Touch, forget_touches, look, touch

__all__ = [
    "BUYER",
    "COMPANY",
    "Arrival",
    "Figures",
    "Frame",
    "KeptReject",
    "Look",
    "Recorded",
    "Rejected",
    "SliceInUse",
    "StaleFrameError",
    "Touch",
    "contents",
    "current_figures",
    "errors_of",
    "event_key",
    "figures_as_of",
    "forget_touches",
    "frame_of",
    "keep_rejected",
    "look",
    "needs",
    "owners_text",
    "reconcile",
    "record",
    "rederive",
    "rejected_event",
    "rejected_events",
    "settle_rejected",
    "slices_in_use",
    "touch",
]
