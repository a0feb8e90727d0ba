"""What people are told without asking: a row for each notice, shown where its reader begins, until what it is about is settled.

It owns the notices, and the deeds on rights, of which somebody must hear; it promises that there is at most one open notice of a kind for each
reader, so that nobody is told the same thing twice. It never decides whose turn it is: the ledger does.
"""

from app.notices.account_deciding import ACCOUNT, AccountWish, takes_two
from app.notices.notices import (
    HR,
    LATE_FEED,
    RIGHTS,
    UNVERIFIED,
    Notice,
    Reminded,
    open_notices,
    remind_unverified,
    rights_notice,
    settle_rights_notice,
    tell_auditors,
    tell_late_feeds,
)
from app.notices.rights import (
    Keeper,
    OwnPowers,
    change_account,
    end_sessions,
    give_first_password,
    invitable,
    invite,
    make_account,
    make_hook,
    make_key,
    open_or_close_account,
    refuse_own_powers,
    tell_refused,
)

__all__ = [
    "ACCOUNT",
    "HR",
    "LATE_FEED",
    "RIGHTS",
    "UNVERIFIED",
    "AccountWish",
    "Keeper",
    "Notice",
    "OwnPowers",
    "Reminded",
    "change_account",
    "end_sessions",
    "give_first_password",
    "invitable",
    "invite",
    "make_account",
    "make_hook",
    "make_key",
    "open_notices",
    "open_or_close_account",
    "refuse_own_powers",
    "remind_unverified",
    "rights_notice",
    "settle_rights_notice",
    "takes_two",
    "tell_auditors",
    "tell_late_feeds",
    "tell_refused",
]
