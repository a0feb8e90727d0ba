"""The people of all tests of pages and access, and the organisation that they stand in.

unit HQ agency
  unit EUR regional_hq
    unit VIE office
    unit PAR office
  unit ASI regional_hq
    unit TYO office

Alba   (E1) staff of VIE          Boram (E2) head of VIE       Chae (E3) staff of TYO, who has nothing to do with either
Gaston (E4) head of EUR           Hana  (E5) head of HQ        Dana hr, Emil auditor, Ferran executive, Iris admin: no employees

Do not sign people in by their roles alone: Boram is head by the posting, which ends on 2026-10-01, when
Alba takes over.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy import Connection

from app import access
from app.access import FirstPassword, passwords
from app.access import tables as access_tables
from app.organisation import tables
from app.rules.terms import Role

__all__ = ["NOW", "PASSWORD", "PASSWORD_HASH", "PEOPLE", "TODAY", "email_of", "hash_cheaply", "new_account", "settle"]

NOW: Final = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
TODAY: Final = NOW.date()
PASSWORD: Final = "kestrel-window-nine"

PEOPLE: Final[dict[str, tuple[frozenset[Role], str | None]]] = {
    "alba": (frozenset({Role.EMPLOYEE, Role.HEAD}), "E1"),
    "boram": (frozenset({Role.HEAD}), "E2"),
    "chae": (frozenset({Role.EMPLOYEE}), "E3"),
    "gaston": (frozenset({Role.HEAD}), "E4"),
    "hana": (frozenset({Role.HEAD}), "E5"),
    "dana": (frozenset({Role.HR}), None),
    "emil": (frozenset({Role.AUDITOR}), None),
    "ferran": (frozenset({Role.EXECUTIVE}), None),
    "iris": (frozenset({Role.ADMIN}), None),
}
"""Roles and employee number. Alba has the role head all year, and is one only from October on."""

_UNITS: Final = (
    ("HQ", "agency", None, "KR"),
    ("EUR", "regional_hq", "HQ", "DE"),
    ("ASI", "regional_hq", "HQ", "JP"),
    ("VIE", "office", "EUR", "AT"),
    ("PAR", "office", "EUR", "FR"),
    ("TYO", "office", "ASI", "JP"),
)
_BEGUN: Final = dt.date(2015, 1, 1)
_OCTOBER: Final = dt.date(2026, 10, 1)
_POSTINGS: Final = (
    ("E1", "VIE", "staff", _BEGUN, _OCTOBER),
    ("E1", "VIE", "head", _OCTOBER, None),
    ("E2", "VIE", "head", _BEGUN, _OCTOBER),
    ("E3", "TYO", "staff", _BEGUN, None),
    ("E4", "EUR", "head", _BEGUN, None),
    ("E5", "HQ", "head", _BEGUN, None),
)

_CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# A sign-in compares by what the hash says of itself; the product's own takes a tenth of a second each time.
PASSWORD_HASH: Final = _CHEAP.hash(PASSWORD)

_FIRST: Final = FirstPassword(text=PASSWORD, hashed=PASSWORD_HASH)


def hash_cheaply() -> None:
    """Have this process hash as the product does, but for the time and memory that it takes: what is made here keeps no secret."""
    passwords._HASHER = _CHEAP  # type: ignore[misc]  # noqa: SLF001


hash_cheaply()


def email_of(name: str) -> str:
    """What somebody signs in with."""
    return f"{name.capitalize()}@agency.example"


def new_account(connection: Connection, name: str, role: Role = Role.HR) -> int:
    """Make an account as an admin does, with a first password that was handed over and that nobody asks for; its number."""
    access.create_account(connection, email=email_of(name), roles={role}, employee=None, now=NOW, first=_FIRST)
    account = access_tables.account.c
    is_it = account.email == email_of(name)
    connection.execute(sa.update(access_tables.account).where(is_it).values(password_handed=True))
    return connection.execute(sa.select(account.id).where(is_it)).scalar_one()


def settle(connection: Connection) -> None:
    """Write the organisation and everybody's account into an empty database."""
    numbers = sorted({number for _, number in PEOPLE.values() if number is not None})
    _insert(
        connection,
        tables.unit_period,
        [
            {
                "code": code,
                "valid_from": _BEGUN,
                "name": code.title(),
                "kind": kind,
                "parent": parent,
                "country": country,
            }
            | {"timezone": "UTC", "valid_to": None, "evaluation_group": None}
            for code, kind, parent, country in _UNITS
        ],
    )
    _insert(
        connection,
        tables.employee,
        [
            {"id": index, "number": number, "name": f"Person {number}", "job": "staff", "monthly_base": 3_000_000}
            | {"hired_on": _BEGUN}
            for index, number in enumerate(numbers, 1)
        ],
    )
    _insert(
        connection,
        tables.posting,
        [
            {"employee": employee, "unit": unit, "role": role, "valid_from": begun, "valid_to": ended}
            for employee, unit, role, begun, ended in _POSTINGS
        ],
    )
    _insert(connection, tables.revision, [{"id": 1, "number": 1, "token": "the tests' people", "loaded_at": NOW}])
    _insert(
        connection,
        access_tables.account,
        [
            {"email": email_of(name), "email_key": email_of(name).casefold(), "password_hash": PASSWORD_HASH}
            | {"roles": ",".join(sorted(roles)), "employee": number, "first_password": False}
            | {"created_at": NOW, "password_changed_at": NOW}
            for name, (roles, number) in PEOPLE.items()
        ],
    )


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    connection.execute(sa.insert(table), rows)
