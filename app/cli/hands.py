"""People of the demonstration agency at work: what each does goes by the functions that the doors call, at its own time, with its row of the trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app import access, decisions, organisation
from app.access import TrailEntry, Viewer
from app.decisions import Answered, Decision, DecisionKind
from app.kit.database import Database
from app.rules.permissions import Deed

__all__ = ["Hands", "note", "person"]


def person(connection: Connection, email: str, at: dt.datetime) -> Viewer:
    """Somebody with an account, with what they may do then, as they are once they have changed their first password.

    Raises:
        ValueError: nobody has such an account.
    """
    viewer = access.viewer_of(connection, email=email, day=organisation.directory(connection).day_of(at))
    if viewer is None:
        message = f"there is no account of {email}"
        raise ValueError(message)
    return viewer


def note(
    connection: Connection, deed: Deed, entries: Iterable[tuple[Viewer, dt.datetime, str, Mapping[str, Any]]]
) -> None:
    """Tell the trail what people did: who, when, to what, and what stands there since."""
    access.record_deeds(
        connection, [TrailEntry(by.label, deed, at, subject, after=dict(after)) for by, at, subject, after in entries]
    )


@dataclass(frozen=True, slots=True)
class Hands:
    """Whoever has an account, at work in a database."""

    database: Database

    def propose(
        self,
        kind: DecisionKind,
        content: Mapping[str, Any],
        reason: str,
        *,
        by: str,
        at: dt.datetime,
        cycle: int | None = None,
        answers: Answered | None = None,
    ) -> Decision:
        """Have somebody, by their e-mail, propose what a second person is to agree to; the objection that it gives effect to may be named."""
        named = None if cycle is None else str(cycle)
        with self.database.read() as connection:
            kind.prepare(connection, named, organisation.directory(connection).day_of(at))

        def work(connection: Connection) -> Decision:
            maker = person(connection, by, at)
            made = decisions.propose(
                connection,
                kind,
                content=content,
                reason=reason,
                directory=organisation.directory(connection),
                by=maker,
                now=at,
                cycle=named,
                answers=answers,
            )
            access.record_deed(
                connection,
                who=maker.label,
                deed=Deed.DECIDE,
                at=at,
                subject=f"decision:{made.id}",
                after=dict(made.content),
                why=made.reason,
            )
            return made

        return self.database.writing(Deed.DECIDE, work)

    def agree(self, kind: DecisionKind, made: Decision, *, by: str, at: dt.datetime) -> Decision:
        """Have a second person, by their e-mail, look at what a decision moves, and agree."""

        def work(connection: Connection) -> Decision:
            checker = person(connection, by, at)
            decisions.see_effects(connection, made.id, by=checker, now=at)
            directory = organisation.directory(connection)
            after = decisions.approve(
                connection, kind, made.id, digest=made.digest, directory=directory, by=checker, now=at
            ).decision
            access.record_deed(
                connection,
                who=checker.label,
                deed=Deed.DECIDE,
                at=at,
                subject=f"decision:{made.id}",
                before={"state": made.state},
                after={"state": after.state},
                why=made.reason,
            )
            return after

        return self.database.writing(Deed.DECIDE, work)
