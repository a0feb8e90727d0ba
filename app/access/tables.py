"""Tables of accounts, sessions, keys, hooks, attempts, and the trail of what they did.

No secret that opens something stands here in clear (a hook's does, since signing needs it), so a token or key
is looked up by its hash. ``trail`` and ``reading_log`` are append-only; triggers of the migration keep them so.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = [
    "APPEND_ONLY",
    "account",
    "api_key",
    "delegation",
    "delegation_end",
    "function_given",
    "hook",
    "hook_message",
    "made_file",
    "password_link",
    "reading_log",
    "saved_view",
    "sign_in_attempt",
    "trail",
    "web_session",
]

account: Final = sa.Table(
    "account",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, comment="as it was written"),
    sa.Column("email_key", Code, nullable=False, unique=True, comment="case-folded: who signs in is found by it"),
    # Empty: it was invited, and nobody has set one yet.
    sa.Column("password_hash", sa.Text, nullable=False, comment="argon2id, with its own parameters and salt"),
    sa.Column("roles", sa.Text, nullable=False, comment="names in code point order, joined by commas"),
    sa.Column(
        "employee", Code, nullable=True, unique=True, comment="the number; no foreign key, since a load replaces rows"
    ),
    sa.Column("first_password", sa.Boolean, nullable=False, comment="still one that somebody else chose"),
    sa.Column(
        "first_password_until",
        Instant,
        nullable=True,
        comment="until when it works, for nothing but its change; null: as any password",
    ),
    sa.Column(
        "password_handed",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="an administrator handed over the one that it began with, and its owner has set none by a link since",
    ),
    sa.Column("language", sa.Text, nullable=True, comment="null: as the browser asks"),
    sa.Column("theme", sa.Text, nullable=False, server_default="system"),
    sa.Column("timezone", sa.Text, nullable=True, comment="by whose clock instants are read; null: the office's"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("password_changed_at", Instant, nullable=False),
    sa.Column("disabled_at", Instant, nullable=True),
    sa.Column(
        "rights_given_at", Instant, nullable=True, comment="when somebody last gave it password, roles or employee"
    ),
    sa.Column(
        "agreement_taken_at",
        Instant,
        nullable=True,
        comment="when an administrator closed it, or took from it the role that agrees to accounts: it counts as one that can",
    ),
    sa.Column("targets_seen_at", Instant, nullable=True, comment="when changes of the own targets were looked at"),
    sa.Column("first_visit_at", Instant, nullable=True, comment="when the first visit was made or declined"),
    sa.CheckConstraint("length(email) BETWEEN 3 AND 254", name="email_length"),
    sa.CheckConstraint("length(roles) > 0", name="roles_some"),
    sa.CheckConstraint("theme IN ('system', 'light', 'dark', 'contrast')", name="theme_known"),
)

web_session: Final = sa.Table(
    "web_session",
    metadata,
    sa.Column("token_hash", Code, primary_key=True, comment="SHA-256 of the cookie's token, in hexadecimal"),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_acted_at", Instant, nullable=False, comment="when it was last used, by the minute"),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("address", sa.Text, nullable=False, server_default="", comment="where it was begun from"),
    sa.Column("device", sa.Text, nullable=False, server_default="", comment="what the browser said of itself then"),
    sa.CheckConstraint("length(token_hash) = 64", name="token_hash_length"),
    sa.Index("ix_web_session_account", "account_id"),
)

api_key: Final = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("name", Code, nullable=False),
    sa.Column("key_hash", Code, nullable=False, unique=True, comment="SHA-256 of the key, in hexadecimal"),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant, nullable=True),
    sa.Column("maker_account_id", BigKey, nullable=True, comment="who made it by the page; null: a command"),
    sa.Column("maker_email", sa.Text, nullable=True, comment="as that account was called then"),
    sa.Column("maker_employee", Code, nullable=True, comment="and whose it was"),
    sa.CheckConstraint("scope IN ('ingest', 'read') OR scope LIKE 'feed:_%'", name="scope_known"),
)

_live_key = api_key.c.revoked_at.is_(None)
sa.Index("uq_api_key_name_live", api_key.c.name, unique=True, sqlite_where=_live_key, postgresql_where=_live_key)

hook: Final = sa.Table(
    "hook",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("name", Code, nullable=False),
    sa.Column("secret", sa.Text, nullable=False, comment="whsec_…: both sides sign with it, so it is kept as it is"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant, nullable=True),
)

_live_hook = hook.c.revoked_at.is_(None)
sa.Index("uq_hook_name_live", hook.c.name, unique=True, sqlite_where=_live_hook, postgresql_where=_live_hook)

hook_message: Final = sa.Table(
    "hook_message",
    metadata,
    sa.Column("hook", Code, primary_key=True, comment="the hook's name"),
    sa.Column("message", Code, primary_key=True, comment="SHA-256 of the message's id, which may be of any length"),
    sa.Column("body_hash", Code, nullable=False, comment="SHA-256 of the body that came first under this id"),
    sa.Column("at", Instant, nullable=False),
)
"""Messages that were taken: an id is never used again with another body, however long ago it was (contract, "HTTP")."""

sign_in_attempt: Final = sa.Table(
    "sign_in_attempt",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("email_key", Code, nullable=False, comment="also of accounts that are not there"),
    sa.Column("address", Code, nullable=False),
    sa.Column(
        "browser", Code, nullable=True, comment="of one that the account was signed in with before; null: unknown"
    ),
    sa.Column("at", Instant, nullable=False),
    sa.Column("succeeded", sa.Boolean, nullable=False, comment="false from the start: an attempt under way counts"),
    sa.Index("ix_sign_in_attempt_email", "email_key", "at"),
    sa.Index("ix_sign_in_attempt_address", "address", "at"),
)

trail: Final = sa.Table(
    "trail",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("who", Code, nullable=False, comment="account:EMAIL, key:NAME, hook:NAME, command, job:NAME or nobody"),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("subject", Code, nullable=True, comment="what it was about: a node, an account, an event"),
    sa.Column("before", sa.Text, nullable=True, comment="JSON"),
    sa.Column("after", sa.Text, nullable=True, comment="JSON"),
    sa.Column("why", sa.Text, nullable=True),
    sa.Index("ix_trail_subject", "subject", "id"),
    sa.Index("ix_trail_who", "who", "id"),
    sa.Index("ix_trail_deed", "deed", "id"),
    sa.Index("ix_trail_at", "at", postgresql_using="brin"),
)

reading_log: Final = sa.Table(
    "reading_log",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("who", Code, nullable=False, comment="account:EMAIL or key:NAME"),
    sa.Column("what", sa.Text, nullable=False, comment="the export's or the resource's name"),
    sa.Column("asked", sa.Text, nullable=False, comment="JSON: cycle, day, basis, form"),
    sa.Column("reason", sa.Text, nullable=True, comment="null: read over the API, which asks for none"),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("subject", Code, nullable=True, comment="the node that was read by itself; null: many at once"),
    sa.Column("day", sa.Date, nullable=True, comment="in UTC, of a node's row"),
    sa.CheckConstraint("length(reason) > 0", name="reason_given"),
    sa.Index("ix_reading_log_who", "who", "id"),
    # Whoever reads one and the same over and over, as a program does that keeps a board up to date, stands there once a day.
    sa.Index("uq_reading_log_of_day", "who", "day", "what", "subject", unique=True),
)

password_link: Final = sa.Table(
    "password_link",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("delivery", sa.BigInteger, nullable=False, unique=True, comment="the mail that it is sent by"),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False, comment="whose password it sets"),
    sa.Column("kind", Code, nullable=False),
    sa.Column("seed", sa.Text, nullable=False, comment="makes the token, with a key that stands nowhere here"),
    sa.Column("token_hash", Code, nullable=True, unique=True, comment="SHA-256; null: not sent yet"),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=True, comment="null: not sent yet"),
    sa.Column("spent_at", Instant, nullable=True),
    sa.CheckConstraint("kind IN ('invitation', 'forgotten')", name="kind_known"),
    sa.CheckConstraint("length(token_hash) = 64", name="token_hash_length"),
    sa.Index("ix_password_link_account", "account_id", "made_at"),
)

kept_form: Final = sa.Table(
    "kept_form",
    metadata,
    sa.Column("account_id", sa.ForeignKey("account.id"), primary_key=True, comment="whose page it was typed on"),
    sa.Column("page", Code, primary_key=True, comment="the address that shows the form"),
    sa.Column("typed", sa.Text, nullable=False, comment="JSON: each field with its values, never a password"),
    sa.Column("at", Instant, nullable=False),
)
"""What was typed when a session had ended, until its owner has signed in again."""

kept_answer: Final = sa.Table(
    "kept_answer",
    metadata,
    sa.Column("scope", Code, primary_key=True, comment="the account or the key that asked"),
    sa.Column("key", Code, primary_key=True, comment="the Idempotency-Key"),
    sa.Column("fingerprint", Code, nullable=False, comment="SHA-256 of what was asked for"),
    sa.Column("by_right", sa.Boolean, nullable=False, comment="whether it was theirs to do"),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=True),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="compressed (zlib)"),
    sa.Column("at", Instant, nullable=False),
    sa.CheckConstraint("length(fingerprint) = 64", name="fingerprint_length"),
    sa.CheckConstraint("status BETWEEN 200 AND 499", name="status_final"),
    sa.Index("ix_kept_answer_at", "at"),
)
"""What was answered under an Idempotency-Key, kept in the transaction that did it."""

made_file: Final = sa.Table(
    "made_file",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False, comment="whose, and nobody else's"),
    sa.Column("kind", Code, nullable=False, comment="what it is"),
    sa.Column("parameters", Code, nullable=False, comment="JSON in one canonical form: of what"),
    sa.Column("language", Code, nullable=False),
    sa.Column("state", Code, nullable=False),
    sa.Column("step", sa.Integer, nullable=False, server_default="0", comment="steps that are done"),
    sa.Column("steps", sa.Integer, nullable=False, server_default="0", comment="of so many; 0: not begun"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False, comment="when it is to be taken; of one that is taken, again"),
    sa.Column("taken_by", Code, nullable=True, comment="who makes it"),
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("kept_until", Instant, nullable=True, comment="when it is deleted"),
    sa.Column("filename", sa.Text, nullable=True),
    sa.Column("media_type", Code, nullable=True),
    sa.Column("size", sa.Integer, nullable=True, comment="bytes"),
    sa.Column("sha256", Code, nullable=True, comment="of the bytes, as 64 hexadecimal digits"),
    sa.Column("content", sa.LargeBinary, nullable=True),
    sa.Column("error", Code, nullable=True, comment="why there is none"),
    sa.CheckConstraint("state IN ('waiting', 'made', 'failed')", name="state_known"),
    sa.CheckConstraint(
        "(state = 'made') = (content IS NOT NULL AND size IS NOT NULL AND sha256 IS NOT NULL AND filename IS NOT NULL)",
        name="whole_or_none",
    ),
    sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="error_told"),
)
_waits = made_file.c.state == "waiting"
sa.Index(
    "uq_made_file_waiting",
    made_file.c.account_id,
    made_file.c.kind,
    made_file.c.parameters,
    made_file.c.language,
    unique=True,
    sqlite_where=_waits,
    postgresql_where=_waits,
)
sa.Index("ix_made_file_account", made_file.c.account_id)

saved_view: Final = sa.Table(
    "saved_view",
    metadata,
    sa.Column("id", BigKey, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False, comment="whose"),
    sa.Column("list", Code, nullable=False, comment="the list's page"),
    sa.Column("name", sa.Text, nullable=False, comment="what its owner calls it"),
    sa.Column("filters", sa.Text, nullable=False, comment="the parameters of the list's address"),
    sa.Column("is_default", sa.Boolean, nullable=False, comment="whether the list opens so"),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
    sa.CheckConstraint("length(filters) <= 2000", name="filters_length"),
    sa.UniqueConstraint("account_id", "list", "name"),
)
sa.Index(
    "uq_saved_view_default",
    saved_view.c.account_id,
    saved_view.c.list,
    unique=True,
    sqlite_where=saved_view.c.is_default,
    postgresql_where=saved_view.c.is_default,
)


delegation: Final = sa.Table(
    "delegation",
    metadata,
    sa.Column("id", BigKey, primary_key=True, autoincrement=False),
    sa.Column("giver", Code, nullable=False, comment="the employee's number"),
    sa.Column("taker", Code, nullable=False),
    sa.Column("functions", sa.Text, nullable=False, comment="in the contract's order, joined by commas"),
    sa.Column("from_day", sa.Date, nullable=False),
    sa.Column("to_day", sa.Date, nullable=False, comment="the last one"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who entered it, as the trail writes it"),
    sa.Column("at", Instant, nullable=False),
    sa.CheckConstraint("to_day >= from_day", name="period"),
    sa.CheckConstraint("giver <> taker", name="two_people"),
    sa.Index("ix_delegation_giver", "giver", "to_day"),
    sa.Index("ix_delegation_taker", "taker", "to_day"),
)

delegation_end: Final = sa.Table(
    "delegation_end",
    metadata,
    sa.Column("delegation", BigKey, sa.ForeignKey("delegation.id"), primary_key=True, autoincrement=False),
    sa.Column("on_day", sa.Date, nullable=False, comment="from when on it holds no more"),
    sa.Column("account", Code, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

function_given: Final = sa.Table(
    "function_given",
    metadata,
    sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("function", Code, primary_key=True),
    sa.Column(
        "person", Code, primary_key=True, comment="the employee's number, or what an account without one is found by"
    ),
    sa.Column("employee", Code, nullable=True),
    sa.Column("email_key", Code, nullable=True),
    sa.Column("groups", sa.Text, nullable=True, comment="JSON: a calibrator's evaluation groups; null: all"),
    sa.Column("from_day", sa.Date, nullable=False),
    sa.Column("to_day", sa.Date, nullable=False, comment="the day after the last"),
    sa.Column("decision", BigKey, nullable=False, comment="which gave it"),
    sa.CheckConstraint(
        "function IN ('approver', 'certifier', 'calibrator', 'objections', 'payroll')", name="function_known"
    ),
    sa.CheckConstraint("to_day > from_day", name="period"),
    sa.CheckConstraint("(employee IS NULL) <> (email_key IS NULL)", name="one_person"),
    sa.Index("ix_function_given_employee", "employee"),
    sa.Index("ix_function_given_email_key", "email_key"),
)
"""What people were given to do in a cycle; it follows from the decisions, of which the last of a person, function and cycle holds."""

APPEND_ONLY: Final = (trail, reading_log, delegation, delegation_end)
"""Tables whose rows never change and never go."""
