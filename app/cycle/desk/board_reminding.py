"""Reminders that somebody sends from the board of a cycle, or from its missing signatures: by mail, to whom its rows wait for, once a day each (contract-cycle, 9).

A mail names no row: which of them still wait is asked when it is sent, and of those that do not wait any more it says nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access
from app.access import Account, email_key
from app.cycle.agreement.agreed_cards import agreed_cards, roles_called
from app.cycle.desk.board import BoardRow, BoardState, cycle_board, signature_rows
from app.cycle.desk.reminding import viewer_of
from app.cycle.opened import opened_cycle
from app.kit import outbox
from app.kit.database import lock
from app.organisation import Directory
from app.rules.permissions import Deed, may
from app.rules.stages import BEFORE_THE_CUT
from app.rules.terms import Node
from app.scoring import State

__all__ = [
    "BOARD_REMINDER",
    "BoardReminders",
    "names_of_account",
    "post_board_reminders",
    "reminded_today",
    "still_waiting",
]

BOARD_REMINDER: Final = "board_reminder"
"""The topic of the mail that says what of a board waits for somebody."""

LOCK_REMINDERS: Final = 7010
"""Of two who remind the same person at once, the second one finds that it was done."""

_HR: Final = "hr"


class BoardReminders(NamedTuple):
    """Whom a board's rows wait for, numbers or ``hr``: who is mailed of how many of them, who was today, and whom no mail reaches."""

    sent: Mapping[str, int]
    already: Sequence[str]
    unreachable: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As the API answers."""
        return {
            "reminded": [{"who": who, "rows": number} for who, number in self.sent.items()],
            "already": list(self.already),
            "unreachable": list(self.unreachable),
        }


def post_board_reminders(
    connection: Connection, directory: Directory, *, cycle: int, rows: Iterable[BoardRow], now: dt.datetime
) -> BoardReminders:
    """Post a mail to everybody whom rows wait for, but for whoever was posted one today.

    Args:
        connection: a writing transaction.
        directory: who is in service.
        cycle: of which cycle the rows are.
        rows: of the board, or of missing signatures (:func:`app.cycle.signature_rows`).
        now: when.

    Queries: 3, 1 more for every 200 accounts, and 1 for each mail.
    """
    lock(connection, LOCK_REMINDERS)
    waiting: dict[str, dict[str, str]] = {}
    for row in rows:
        for who in row.who:
            waiting.setdefault(who, {})[row.employee] = row.state.value
    of_who = _accounts(connection, directory, waiting, day=directory.day_of(now))
    today = outbox.recipients_since(connection, topic=BOARD_REMINDER, since=directory.begin_of(directory.day_of(now)))
    mailed: dict[int, tuple[Account, list[str]]] = {}
    sent: dict[str, int] = {}
    already: list[str] = []
    for who in sorted(of_who):
        fresh = [one for one in of_who[who] if one.email not in today]
        if not fresh:
            already.append(who)
            continue
        sent[who] = len(waiting[who])
        for one in fresh:
            mailed.setdefault(one.id, (one, []))[1].append(who)
    for account, names in mailed.values():
        states = {employee: state for who in names for employee, state in waiting[who].items()}
        numbers = {who: len(waiting[who]) for who in names}
        content = {"account": account.id, "cycle": cycle, "who": numbers, "rows": states}
        outbox.post(connection, topic=BOARD_REMINDER, recipient=account.email, content=content, at=now)
    return BoardReminders(sent, already, sorted(waiting.keys() - of_who.keys()))


def reminded_today(connection: Connection, directory: Directory, *, cycle: int, now: dt.datetime) -> Mapping[str, int]:
    """Who was mailed from the board of a cycle today, numbers or ``hr``, each with of how many rows. Queries: 1."""
    posted = outbox.contents_since(connection, topic=BOARD_REMINDER, since=directory.begin_of(directory.day_of(now)))
    of_cycle = (content["who"] for content in posted if content["cycle"] == cycle)
    return {who: number for numbers in of_cycle for who, number in numbers.items()}


def still_waiting(
    connection: Connection, loaded: State, account: Account, *, cycle: int, rows: Mapping[str, str], day: dt.date
) -> Mapping[BoardState, int]:
    """How many of the rows that somebody was reminded of are in the same state yet and wait for them, by state.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        account: whom they waited for.
        cycle: of which cycle.
        rows: employees, each with its state when the reminder was posted; nodes as text, of whose signature was reminded.
        day: today.

    Queries: 4, and those of :func:`app.cycle.cycle_board`.
    """
    opened = opened_cycle(connection, cycle)
    if opened is None:
        return {}
    names = names_of_account(account)
    listed = frozenset(loaded.plan(cycle).nodes)
    signed = [node for one in rows if (node := Node.parse(one)) in listed and node is not None]
    waiting = [
        row
        for row in cycle_board(connection, loaded, opened, day=day, among=rows.keys())
        if rows.get(row.employee) == row.state
    ]
    if signed and opened.stage in BEFORE_THE_CUT:
        waiting += signature_rows(loaded, opened, agreed_cards(connection, loaded, cycle, signed).values(), day=day)
    counts: dict[BoardState, int] = {}
    for row in waiting:
        if not names.isdisjoint(row.who):
            counts[row.state] = counts.get(row.state, 0) + 1
    return counts


def _accounts(
    connection: Connection, directory: Directory, whom: Iterable[str], *, day: dt.date
) -> dict[str, list[Account]]:
    """The accounts of those who can be mailed and sign in, by number or ``hr``."""
    wanted = frozenset(whom)
    some: dict[str, list[Account]] = {}
    for account in access.every_account(connection) if wanted else ():
        if viewer_of(directory, account, day) is None:
            continue
        for who in names_of_account(account) & wanted:
            some.setdefault(who, []).append(account)
    return some


def names_of_account(account: Account) -> set[str]:
    """By what rows call the owner of an account: the number or, where there is none, the e-mail; and the roles of which anybody may sign."""
    some = {account.employee or email_key(account.email)}
    if may(account.roles, Deed.RUN_CYCLE, ()):
        some.add(_HR)
    return some | roles_called(account.roles)
