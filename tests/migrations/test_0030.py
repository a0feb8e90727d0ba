"""The thirtieth migration: targets that were set are decisions, and nothing else is otherwise."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic import command

from app import cascade, decisions, organisation, scoring
from app.decisions import DecisionFilter, Hand
from app.intake import MASTER
from app.kit import schema as kit
from app.kit.schema import migrate
from app.rules.terms import Node, Role
from app.scoring import ScoreQuery, TargetMove
from tests.people import NOW, email_of, new_account
from tests.scenario import AT, Agency, agency, load

__all__ = ["agency"]

E1, E2 = (Node.known(f"employee:{number}") for number in ("E1", "E2"))
TARGET_SET = sa.table("target_set", *map(sa.column, ("cycle", "node", "kpi", "target", "folder_target", "note")))


def _set(agency: Agency, by: Hand, note: str, *wanted: tuple[Node, str, int, int]) -> None:
    """Set targets as the page does: whose, of which KPI, to what, seen what."""
    moves = [
        TargetMove(node=node, kpi=kpi, target=Decimal(target), seen=Decimal(seen)) for node, kpi, target, seen in wanted
    ]
    done = agency.database.writing(
        "set_targets", lambda connection: scoring.set_targets(connection, moves, cycle=2026, by=by, note=note)
    )
    assert len(done.done) == len(wanted)


def _standing(agency: Agency) -> list[object]:
    """Figures, digest, the token that read models are kept by, what each target's history says, and every decision."""
    with agency.database.read() as connection:
        everything = decisions.decisions_of(connection, DecisionFilter(), visible=lambda _one: True, limit=100)
        return [
            [one.as_json() for one in scoring.scorecards(connection, ScoreQuery(2026, AT.date()))],
            scoring.digest(connection),
            organisation.current_revision(connection),
            cascade.target_changes(connection, cycle=2026, nodes=[E1, E2]),
            cascade.target_differences(connection),
            everything,
        ]


def test_targets_that_were_set_are_decisions_and_figures_stay(agency: Agency) -> None:
    """Down, where they stand in a table of their own, and up again: figures, digest, histories and decisions are what they were.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 verified D-1 by E9
    """
    with agency.database.write("settle") as connection:
        known = new_account(connection, "hana", Role.HR)
    hana = Hand(account_id=known, account=f"account:{email_of('hana')}", employee=None, acts_for=None, at=AT)
    gone = Hand(account_id=None, account="account:left@agency.example", employee="E9", acts_for=None, at=AT)
    _propose_a_master(agency)
    _set(agency, hana, "A harder year", (E1, "deals", 12, 10), (E2, "deals", 13, 10), (E1, "consults", 9, 10))
    _set(agency, gone, "", (E1, "deals", 13, 12))
    # The same person, instant and reason: a line that comes again is another decision.
    _set(agency, gone, "", (E1, "deals", 10, 13))
    path = agency.folder / "agency" / "scorecards.csv"
    row = "2026,employee:E1,deals,10,,unique,,,,,,%s,"
    path.write_text(path.read_text(encoding="utf-8").replace(row % 10, row % 20), encoding="utf-8")
    load(agency.database, agency.folder)
    _set(agency, hana, "", (E1, "deals", 21, 20))
    before = _standing(agency)
    shown = [(one.id, one.kind, one.reason) for one in reversed(before[-1])]  # type: ignore[call-overload]
    assert shown == [
        (1, "master", "From now on kept in the application."),
        (2, "target", "A harder year"),
        (3, "target", "A harder year"),
        *((number, "target", "") for number in (4, 5, 6)),
    ]

    command.downgrade(kit._alembic(agency.database.url), "0029")  # noqa: SLF001 - no command of ours goes down
    with agency.database.read() as connection:
        rows = [tuple(row) for row in connection.execute(sa.select(TARGET_SET).order_by(sa.text("id")))]
        assert connection.execute(sa.text("SELECT id, kind FROM decision")).all() == [(1, "master")]
    assert sorted(rows, key=str) == sorted(
        [
            (2026, "employee:E1", "deals", "12", "10", "A harder year"),
            (2026, "employee:E1", "consults", "9", "10", "A harder year"),
            (2026, "employee:E2", "deals", "13", "10", "A harder year"),
            (2026, "employee:E1", "deals", "13", "10", None),
            (2026, "employee:E1", "deals", "10", "10", None),
            (2026, "employee:E1", "deals", "21", "20", None),
        ],
        key=str,
    )
    migrate(agency.database.url)
    assert _standing(agency) == before
    for table in ("decision", "decision_end", "decision_about"):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), agency.database.write("tamper") as connection:
            connection.execute(sa.text(f"DELETE FROM {table}"))


def _propose_a_master(agency: Agency) -> None:
    """Something else that was decided before."""
    with agency.database.write("decide") as connection:
        read = decisions.Read({"file": "units.csv", "to": "application"})
        by = Hand(account_id=None, account="account:x", employee=None, acts_for=None, at=NOW)
        reason = "From now on kept in the application."
        decisions.decide_alone(connection, MASTER.code, [read], cycle=None, reason=reason, by=by)
