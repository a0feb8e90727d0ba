"""Sessions on the server: who is signed in, since when, from where, and until when.

Do not trust the cookie: it carries a random token and nothing else. Who it stands for, with which roles and
until when, is read from the database on each request, so ending a session, disabling an account or leaving the agency works at once, everywhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.functions import FunctionHeld, functions_held, functions_today
from app.access.tables import account, delegation, delegation_end, sign_in_attempt, web_session
from app.kit.refusals import NotThere
from app.organisation import day_in, root_timezone
from app.organisation import tables as organisation_tables
from app.plain.texts import storable
from app.rules.permissions import FORMER, Authority, HeldRole, roles_that_hold
from app.rules.terms import Job, Role

__all__ = [
    "TOUCH_AFTER",
    "Client",
    "OpenSessions",
    "OwnSession",
    "StandIn",
    "Viewer",
    "email_key",
    "end_own_session",
    "end_sessions",
    "forget_sessions",
    "open_session",
    "open_sessions_of",
    "own_sessions",
    "sign_out",
    "touch_session",
    "viewer",
    "viewer_of",
]

TOUCH_AFTER: Final = dt.timedelta(minutes=1)
"""How coarse it is when a session was last used: a write a minute, and not one a page."""

SESSIONS_KEPT: Final = dt.timedelta(days=30)
"""So long rows of ended sessions and old attempts stay, for whoever asks when somebody came in."""

_DEVICE_LENGTH_MAX: Final = 300
_ADDRESS_LENGTH_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Somebody whom a person stands in for today.

    Attributes:
        giver: the employee's number.
        functions: what the person does in their place.
        roles: those of the giver's own account, which works.
    """

    giver: str
    functions: frozenset[str]
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is signed in, with everything that a page needs to know of them.

    Attributes:
        today: the agency's day, by which everything here holds.
        roles: those that hold today: none before the first day of service, :data:`app.rules.permissions.FORMER` alone after the last, none while
            the password has to be changed first.
        name: as the folder names the employee; of an account without one, its e-mail.
        begins_on: the first day of service, until it has come.
        left_on: the day after the last one of service, once it has come.
        first_password: it is still the one that somebody else chose.
        first_password_until: until when it works, for nothing but its change; None for one that works as any.
        timezone: by which clock they read instants; None for their office's.
        stands_in: whom they stand in for today.
        functions: what they were given to do in cycles, and hold today.
    """

    account_id: int
    email: str
    roles: frozenset[HeldRole]
    employee: str | None
    today: dt.date
    name: str = ""
    begins_on: dt.date | None = None
    left_on: dt.date | None = None
    first_password: bool = False
    first_password_until: dt.datetime | None = None
    language: str | None = None
    theme: str = "system"
    timezone: str | None = None
    session: str = ""
    last_acted_at: dt.datetime | None = None
    stands_in: tuple[StandIn, ...] = ()
    functions: tuple[FunctionHeld, ...] = ()

    def stands_in_for(self, function: str) -> tuple[StandIn, ...]:
        """Those in whose place they do something today, by number."""
        return tuple(one for one in self.stands_in if function in one.functions)

    def authorities(self, cycle: str | int | None) -> frozenset[Authority]:
        """By what they make and check decisions of a cycle: their roles, and the functions that they hold in it."""
        return self.roles | {one.function for one in self.functions if str(one.cycle) == str(cycle)}

    @property
    def label(self) -> str:
        """How the trail writes them."""
        return f"account:{self.email}"

    @property
    def must_change_password(self) -> bool:
        """Whether nothing is open but the change of password."""
        return self.first_password_until is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """From where a session is begun: the address, and what the browser says of itself."""

    address: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """An open session as its owner sees it; ``key`` ends it and opens nothing."""

    key: str
    created_at: dt.datetime
    last_used_at: dt.datetime
    ends_at: dt.datetime
    address: str
    device: str
    is_this: bool


class OpenSessions(NamedTuple):
    """An account's open sessions, as whoever keeps accounts sees them: how many, and when one was last used."""

    number: int
    last_used_at: dt.datetime | None


def email_key(email: str) -> str:
    """What an e-mail is found by: surrounding space and case do not matter. What no text may hold is nobody's, and counts as an e-mail like any."""
    return storable(email).strip().casefold()


def viewer(connection: Connection, *, token: str, now: dt.datetime, idle: dt.timedelta) -> Viewer | None:
    """Who a cookie's token stands for, or None: unknown, expired, left alone, signed out, disabled, or begun in a service that has ended.

    Queries: 1, by primary keys; another in the hours in which the agency's day is not that of UTC.
    """
    in_utc = now.astimezone(dt.UTC).date()
    given = {"token_hash": _digest(token), "at": now, "used_since": now - idle, "day": in_utc}
    row: Any = connection.execute(_VIEWER, given).one_or_none()
    if row is None:
        return None
    zone = row.agency_zone
    today = day_in(zone, now)
    if today != in_utc:
        row = connection.execute(_VIEWER, given | {"day": today}).one_or_none()
    if row is None:
        return None
    left = row.left_on is not None and row.left_on <= today
    if left and day_in(zone, row.created_at) < row.left_on:
        # The sessions of a person in service end with it (contract-desk, 6): who has left signs in anew, to what is still theirs.
        return None
    roles = frozenset() if row.first_password_until is not None else _roles_of(row, left=left, day=today)
    return Viewer(
        account_id=row.id,
        email=row.email,
        roles=roles,
        employee=row.employee,
        today=today,
        name=row.name or row.email,
        begins_on=row.hired_on if row.hired_on is not None and row.hired_on > today else None,
        left_on=row.left_on if left else None,
        first_password=row.first_password,
        first_password_until=row.first_password_until,
        language=row.language,
        theme=row.theme,
        timezone=row.timezone,
        session=row.token_hash,
        last_acted_at=row.last_acted_at,
        stands_in=() if left else _stands_in(row.stands_in),
        functions=functions_held(row.functions, roles) if roles else (),
    )


def viewer_of(connection: Connection, *, email: str, day: dt.date) -> Viewer | None:
    """The person of an account, signed in or not, with what they may do on a day; None where there is none, or it is closed.

    Queries: 1.
    """
    row = connection.execute(
        sa.select(account, _EMPLOYEE.c.hired_on, _EMPLOYEE.c.left_on, *_TODAY)
        .outerjoin(_EMPLOYEE, _EMPLOYEE.c.number == account.c.employee)
        .where(account.c.email_key == email_key(email), account.c.disabled_at.is_(None)),
        {"day": day},
    ).one_or_none()
    if row is None:
        return None
    left = row.left_on is not None and row.left_on <= day
    roles = _roles_of(row, left=left, day=day)
    return Viewer(
        account_id=row.id,
        email=row.email,
        roles=roles,
        employee=row.employee,
        today=day,
        left_on=row.left_on if left else None,
        stands_in=() if left else _stands_in(row.stands_in),
        functions=functions_held(row.functions, roles) if roles else (),
    )


def _roles_of(row: sa.Row[Any], *, left: bool, day: dt.date) -> frozenset[HeldRole]:
    """The roles that hold on a day: those of a person in service, or of an account that is no employee's."""
    if left:
        return frozenset({FORMER})
    if row.employee is not None and (row.hired_on is None or row.hired_on > day):
        # Not begun yet; or nobody's number, which no folder names any more.
        return frozenset()
    granted = (Role(name) for name in row.roles.split(","))
    return roles_that_hold(granted, of_employee=row.employee is not None, heads=row.heads)


def _stands_in(text: str | None) -> tuple[StandIn, ...]:
    """Whom a person stands in for, as the query tells it: one person in several ways is one."""
    functions: dict[str, set[str]] = {}
    roles: dict[str, frozenset[Role]] = {}
    for one in (text or "").split(";"):
        giver, _, more = one.partition("|")
        allowed, _, names = more.partition("|")
        if giver:
            functions.setdefault(giver, set()).update(allowed.split(","))
            roles[giver] = frozenset(Role(name) for name in names.split(",") if name)
    return tuple(
        StandIn(giver=giver, functions=frozenset(functions[giver]), roles=roles[giver]) for giver in sorted(functions)
    )


def open_session(
    connection: Connection,
    *,
    account_id: int,
    now: dt.datetime,
    client: Client = Client(),
    life: dt.timedelta,
) -> str:
    """Begin a session; returns the token for the cookie, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(web_session).values(
            token_hash=_digest(token),
            account_id=account_id,
            created_at=now,
            last_acted_at=now,
            expires_at=now + life,
            address=storable(client.address)[:_ADDRESS_LENGTH_MAX],
            device=storable(client.device)[:_DEVICE_LENGTH_MAX],
        )
    )
    return token


def touch_session(connection: Connection, *, viewer: Viewer, now: dt.datetime) -> None:
    """Note that a session was used, at most once in :data:`TOUCH_AFTER`."""
    if viewer.last_acted_at is None or now - viewer.last_acted_at >= TOUCH_AFTER:
        connection.execute(
            sa.update(web_session).where(web_session.c.token_hash == viewer.session).values(last_acted_at=now)
        )


def own_sessions(connection: Connection, *, viewer: Viewer, now: dt.datetime, idle: dt.timedelta) -> list[OwnSession]:
    """A person's open sessions, the one that asks first, then the latest used.

    Queries: 1.
    """
    query = (
        sa.select(web_session)
        .where(
            web_session.c.account_id == viewer.account_id,
            web_session.c.ended_at.is_(None),
            web_session.c.expires_at > now,
            web_session.c.last_acted_at > now - idle,
        )
        .order_by(web_session.c.last_acted_at.desc(), web_session.c.token_hash)
    )
    sessions = [
        OwnSession(
            key=row.token_hash,
            created_at=row.created_at,
            last_used_at=row.last_acted_at,
            ends_at=row.expires_at,
            address=row.address,
            device=row.device,
            is_this=row.token_hash == viewer.session,
        )
        for row in connection.execute(query)
    ]
    return sorted(sessions, key=lambda one: not one.is_this)


def open_sessions_of(connection: Connection, *, account_id: int, now: dt.datetime, idle: dt.timedelta) -> OpenSessions:
    """How many sessions of an account are open. Queries: 1."""
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.max(web_session.c.last_acted_at)).where(
            web_session.c.account_id == account_id,
            web_session.c.ended_at.is_(None),
            web_session.c.expires_at > now,
            web_session.c.last_acted_at > now - idle,
        )
    ).one()
    return OpenSessions(*row)


def end_own_session(connection: Connection, *, viewer: Viewer, key: str, now: dt.datetime) -> None:
    """End one of a person's own sessions.

    Raises:
        NotThere: it is none of theirs, or has ended.
    """
    ended = connection.execute(
        sa.update(web_session)
        .where(
            web_session.c.token_hash == storable(key),
            web_session.c.account_id == viewer.account_id,
            web_session.c.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if ended.rowcount != 1:
        raise NotThere


def sign_out(connection: Connection, *, viewer: Viewer, now: dt.datetime) -> None:
    """End the session on the server: its cookie opens nothing from now on, wherever it was copied to."""
    connection.execute(
        sa.update(web_session)
        .where(web_session.c.token_hash == viewer.session, web_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions(connection: Connection, *, account_id: int, now: dt.datetime, but: str | None = None) -> int:
    """End an account's sessions, all or all but one; returns how many."""
    query = sa.update(web_session).where(web_session.c.account_id == account_id, web_session.c.ended_at.is_(None))
    if but is not None:
        query = query.where(web_session.c.token_hash != but)
    return connection.execute(query.values(ended_at=now)).rowcount


def forget_sessions(connection: Connection, *, now: dt.datetime) -> tuple[int, int]:
    """Delete sessions that ended or expired a while ago, and sign-in attempts that no throttle looks at any more. Queries: 2."""
    old = now - SESSIONS_KEPT
    ended = sa.or_(web_session.c.expires_at < old, web_session.c.ended_at < old)
    sessions = connection.execute(sa.delete(web_session).where(ended)).rowcount
    attempts = connection.execute(sa.delete(sign_in_attempt).where(sign_in_attempt.c.at < old)).rowcount
    return sessions, attempts


_EMPLOYEE: Final = organisation_tables.employee
_POSTING: Final = organisation_tables.posting
_DAY: Final = sa.bindparam("day", type_=sa.Date())
_GIVER: Final = account.alias("giver")
_GIVING: Final = _EMPLOYEE.alias("giving")
_TODAY: Final = (
    sa.exists()
    .where(
        _POSTING.c.employee == account.c.employee,
        _POSTING.c.role == Job.HEAD.value,
        _POSTING.c.valid_from <= _DAY,
        sa.or_(_POSTING.c.valid_to.is_(None), _POSTING.c.valid_to > _DAY),
    )
    .correlate(account)
    .label("heads"),
    sa.select(
        sa.func.aggregate_strings(
            delegation.c.giver + "|" + delegation.c.functions + "|" + sa.func.coalesce(_GIVER.c.roles, ""), ";"
        )
    )
    .select_from(
        delegation.outerjoin(delegation_end)
        .join(_GIVING, _GIVING.c.number == delegation.c.giver)
        .outerjoin(_GIVER, sa.and_(_GIVER.c.employee == delegation.c.giver, _GIVER.c.disabled_at.is_(None)))
    )
    .where(
        delegation.c.taker == account.c.employee,
        delegation.c.from_day <= _DAY,
        delegation.c.to_day >= _DAY,
        sa.or_(delegation_end.c.on_day.is_(None), delegation_end.c.on_day > _DAY),
        sa.or_(_GIVING.c.left_on.is_(None), _GIVING.c.left_on > _DAY),
    )
    .correlate(account)
    .scalar_subquery()
    .label("stands_in"),
    functions_today(_DAY),
)
"""What of a person hangs on the day: whether they are posted as a head, whom in service they stand in for, until it was ended, and their functions."""
_VIEWER: Final = (
    sa.select(
        account.c.id,
        account.c.email,
        account.c.roles,
        account.c.employee,
        account.c.first_password,
        account.c.first_password_until,
        account.c.language,
        account.c.theme,
        account.c.timezone,
        web_session.c.token_hash,
        web_session.c.created_at,
        web_session.c.last_acted_at,
        _EMPLOYEE.c.name,
        _EMPLOYEE.c.hired_on,
        _EMPLOYEE.c.left_on,
        root_timezone(_DAY).label("agency_zone"),
        *_TODAY,
    )
    .select_from(web_session)
    .join(account, account.c.id == web_session.c.account_id)
    .outerjoin(_EMPLOYEE, _EMPLOYEE.c.number == account.c.employee)
    .where(
        web_session.c.token_hash == sa.bindparam("token_hash"),
        web_session.c.ended_at.is_(None),
        web_session.c.expires_at > sa.bindparam("at", type_=web_session.c.expires_at.type),
        web_session.c.last_acted_at > sa.bindparam("used_since", type_=web_session.c.last_acted_at.type),
        account.c.disabled_at.is_(None),
    )
)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
