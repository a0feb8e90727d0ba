"""What both sides write beside a scorecard that they agree on: why a line is drafted so, what somebody asks (contract-cycle, 4).

Nothing of it is in a figure, nor in the sum that is signed. Do not change what was written: a signature came after it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.cycle import tables
from app.cycle.agreement.agreed_cards import AGREED_IN
from app.cycle.opened import NotNow, OpenedCycle
from app.decisions import Hand
from app.kit.database import lock
from app.kit.refusals import Conflict, Invalid, text_problems
from app.plain.findings import n_
from app.plain.texts import trimmed
from app.rules.terms import Node

__all__ = ["NOTE_LENGTH_MAX", "CardNote", "card_notes", "keep_card_note", "last_notes"]

NOTE_LENGTH_MAX: Final = 2000
NOTES_MOST: Final = 200
"""So many stand beside a scorecard in a cycle: its page shows all of them."""
LOCK_NOTES: Final = 7011
"""Held by whoever writes beside a scorecard, so that each note has its place."""


class TooManyNotes(Conflict):
    """As many stand there as its page shows."""

    code = "too_many_notes"
    message = n_(
        "As many notes stand beside this scorecard as its page shows: write what is left to say into the draft."
    )


class CardNote(NamedTuple):
    """What somebody wrote."""

    kpi: str | None
    """The line that it is about; None for the scorecard as a whole."""
    text: str
    at: dt.datetime
    person: str
    """Who wrote it: the number, or the account's e-mail."""


def card_notes(connection: Connection, cycle: int, node: Node) -> list[CardNote]:
    """What was written beside a scorecard, the first first. Queries: 1."""
    of = tables.card_note.c
    query = sa.select(tables.card_note).where(of.cycle == cycle, of.node == str(node)).order_by(of.place)
    return [_note(row) for row in connection.execute(query)]


def last_notes(connection: Connection, cycle: int, *, since: dt.datetime) -> dict[Node, CardNote]:
    """What was written last beside each scorecard of a cycle, after an instant. Queries: 1."""
    of = tables.card_note.c
    query = sa.select(tables.card_note).where(of.cycle == cycle, of.at > since).order_by(of.node, of.place)
    return {Node.known(row.node): _note(row) for row in connection.execute(query)}


def _note(row: sa.Row[Any]) -> CardNote:
    return CardNote(row.kpi, row.text, row.at, row.writer or row.account.removeprefix("account:"))


def keep_card_note(
    connection: Connection, opened: OpenedCycle, node: Node, *, kpi: str | None, text: str, by: Viewer, now: dt.datetime
) -> None:
    """Write something beside a scorecard, after what stands there; whether the person may, its drafts say.

    Args:
        connection: a writing transaction.
        opened: the cycle.
        node: whose scorecard.
        kpi: the line that it is about, of which it has one; None for the scorecard.
        text: what.
        by: who.
        now: when.

    Raises:
        Invalid: there is no text, or too much.
        TooManyNotes: so many stand there.
        NotNow: the cycle is at no stage at which its scorecards are agreed on.
    """
    kept = trimmed(text)
    problems = text_problems("text", kept, most=NOTE_LENGTH_MAX)
    if problems:
        raise Invalid(*problems)
    if opened.stage not in AGREED_IN:
        raise NotNow
    lock(connection, LOCK_NOTES)
    of = tables.card_note.c
    last = sa.select(sa.func.max(of.place)).where(of.cycle == opened.cycle, of.node == str(node))
    place = (connection.scalar(last) or 0) + 1
    if place > NOTES_MOST:
        raise TooManyNotes
    hand = Hand.of(by, now)
    connection.execute(
        sa.insert(tables.card_note).values(
            cycle=opened.cycle,
            node=str(node),
            place=place,
            kpi=kpi,
            text=kept,
            at=now,
            account=hand.account,
            writer=hand.employee,
        )
    )
