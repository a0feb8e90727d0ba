"""Who comes in, what they may do, and what they did.

Owns accounts, sessions, keys, hooks, sign-in attempts, the trail and the log of downloads. Promises that no secret is kept in a form that
opens anything (a hook's excepted, which both sides sign with), that ending a session or disabling an account works at once in every
process, and that the trail only grows. It never decides by a role: :mod:`app.rules.permissions` does.
"""

from app.access.accounts import (
    SESSION_LIFE,
    Account,
    NewAccount,
    Viewer,
    account_by_id,
    account_of_employee,
    accounts,
    change_account,
    change_look,
    change_password,
    create_account,
    disable_account,
    email_key,
    end_sessions,
    forget_sessions,
    open_session,
    reset_password,
    sign_out,
    touch_session,
    viewer,
)
from app.access.hook_messages import MessageReused, take_message
from app.access.keys import (
    Hook,
    Key,
    KeyRow,
    authenticate_key,
    create_hook,
    create_key,
    find_hook,
    hooks,
    keys,
    revoke_hook,
    revoke_key,
)
from app.access.passwords import LENGTH_MIN as PASSWORD_LENGTH_MIN
from app.access.passwords import first_password, hashed_password, password_findings, password_matches
from app.access.relations import exists, may_at_all, relations, sees, standing, verify_relations
from app.access.signing_in import Attempt, attempt_succeeded, begin_attempt, count_unknown_key, finish_attempt
from app.access.trail import TrailRow, record_deed, record_reading, trail_rows

__all__ = [
    "PASSWORD_LENGTH_MIN",
    "SESSION_LIFE",
    "Account",
    "Attempt",
    "Hook",
    "Key",
    "KeyRow",
    "MessageReused",
    "NewAccount",
    "TrailRow",
    "Viewer",
    "account_by_id",
    "account_of_employee",
    "accounts",
    "attempt_succeeded",
    "authenticate_key",
    "begin_attempt",
    "change_account",
    "change_look",
    "change_password",
    "count_unknown_key",
    "create_account",
    "create_hook",
    "create_key",
    "disable_account",
    "email_key",
    "end_sessions",
    "exists",
    "find_hook",
    "finish_attempt",
    "first_password",
    "forget_sessions",
    "hashed_password",
    "hooks",
    "keys",
    "may_at_all",
    "open_session",
    "password_findings",
    "password_matches",
    "record_deed",
    "record_reading",
    "relations",
    "reset_password",
    "revoke_hook",
    "revoke_key",
    "sees",
    "sign_out",
    "standing",
    "take_message",
    "touch_session",
    "trail_rows",
    "verify_relations",
    "viewer",
]
