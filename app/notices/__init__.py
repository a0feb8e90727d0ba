"""What people are told without asking: a row for each notice, shown where its reader begins, until what it is about is settled.

It owns the notices and promises that there is at most one open notice of a kind for each reader, so that nobody is told the same thing
twice. It never decides whose turn it is: the ledger does.
"""

from app.notices.notices import (
    HR,
    RIGHTS,
    Notice,
    Reminded,
    open_notices,
    remind_unverified,
    rights_notice,
    settle_rights_notice,
    tell_auditors,
)

__all__ = [
    "HR",
    "RIGHTS",
    "Notice",
    "Reminded",
    "open_notices",
    "remind_unverified",
    "rights_notice",
    "settle_rights_notice",
    "tell_auditors",
]
