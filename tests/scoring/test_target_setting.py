"""Targets that are set in the application: before the folder's, at once, in every process, and through every load."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from app import cascade, ledger, scoring
from app.decisions import Hand
from app.kit.database import Database
from app.kit.refusals import NotThere
from app.rules.terms import Node
from app.scoring import ScoreQuery, TargetMove, TargetsSet
from tests.scenario import AT, Agency, load

E1 = "employee:E1"
HEAD = Hand(account_id=None, account="account:head@agency.example", employee="E9", acts_for=None, at=AT)


def node_of(text: str) -> Node:
    found = Node.parse(text)
    assert found is not None
    return found


def set_target(
    database: Database, node: str, target: str, *, seen: str | None = "10", kpi: str = "deals"
) -> TargetsSet:
    """Set a target as the page does."""

    def work(connection) -> TargetsSet:
        before = None if seen is None else Decimal(seen)
        moves = [TargetMove(node=node_of(node), kpi=kpi, target=Decimal(target), seen=before)]
        return scoring.set_targets(connection, moves, cycle=2026, by=HEAD, note="")

    return database.writing("set_targets", work)


def change(agency: Agency, edit: Callable[[str], str], file: str = "scorecards") -> list[str]:
    """Load the folder with a file changed; returns what the load warns of."""
    path = agency.folder / "agency" / f"{file}.csv"
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    return told(load(agency.database, agency.folder))


def told(loaded) -> list[str]:
    return [str(one) for one in loaded.warnings if one.code == "target_set"]


def line_of(agency: Agency, node: str = E1, kpi: str = "deals"):
    return next(line for line in agency.card(node).lines if line.kpi == kpi)


def test_what_is_set_goes_before_the_folder_and_the_digest_does_not_know_it(agency: Agency) -> None:
    """20 + 80 × 2/5, in the score, its derivation and the trend's staleness; a colleague keeps the folder's.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 deal D-2 E1 100 USD
    2026-03-06 verified D-1 by E9
    2026-03-06 verified D-2 by E9
    """
    digest = agency.digest()
    with agency.database.read() as connection:
        taken = scoring.newest(connection)
    assert set_target(agency.database, E1, "5").done == ((node_of(E1), "deals", Decimal(10), Decimal(5), 1),)

    assert (line_of(agency).target, line_of(agency).score) == ("5", pytest.approx(52))
    assert line_of(agency, "employee:E2").target == "10"
    assert agency.digest() == digest
    with agency.database.read() as connection:
        assert scoring.newest(connection).token != taken.token
        asked = ScoreQuery(2026, AT.date())
        found = scoring.explain(connection, asked, node_of(E1), "deals")
        assert found is not None
        day = AT.date().isoformat()
        assert f"Target = 5, set in the application on {day}; the folder gives 10." in found.sentences()
        plan = scoring.state(connection).plan(2026)
        one = plan.select([node_of(E1)])
        assert plan.worked[one.worked[0]].row.set_target is not None
    # Set back to the folder's figure it is the folder's again, and nothing differs any more.
    set_target(agency.database, E1, "10", seen="5")
    assert line_of(agency).score == pytest.approx(36)
    assert told(load(agency.database, agency.folder)) == []
    assert agency.digest() == digest


def test_it_stays_over_loads_which_tell_where_the_folder_differs(agency: Agency) -> None:
    """The same folder again, one with another target, one that agrees, one with another definition, one without the line.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 verified D-1 by E9
    """
    digest = agency.digest()
    set_target(agency.database, E1, "12.50")
    row = "2026,employee:E1,deals,10,,unique,,,,,,%s,"
    said = "scorecards.csv: target: employee:E1 deals 2026: the target 12.5 was set in the application"

    assert told(load(agency.database, agency.folder)) == [f"{said} and stays; the folder gives 10"]
    assert agency.digest() == digest
    assert change(agency, lambda text: text.replace(row % "10", row % "11")) == [
        f"{said} and stays; the folder gives 11"
    ]
    assert line_of(agency).target == "12.5"
    with agency.database.read() as connection:
        changed = scoring.digest(connection)
        decided = scoring.state(connection).sheet.line(2026, node_of(E1), "deals")
        assert decided is not None
        assert decided.set_target is not None
        assert decided.set_target.folder == Decimal(11)
    assert changed != digest
    assert change(agency, lambda text: text.replace(row % "11", row % "")) == [
        f"{said} and stays; the folder gives none"
    ]
    assert line_of(agency).target == "12.5"
    assert change(agency, lambda text: text.replace(row % "", row % "12.500")) == []

    shared = "2026,employee:E1,deals,10,,shared,unit:HQ,deals,,,,,"
    nothing = f"{said}; the folder has no line that takes it, so it counts for nothing"
    assert change(agency, lambda text: text.replace(row % "12.500", shared)) == [nothing]
    assert line_of(agency).target == "10"
    gone = "2026,employee:E1,companies,20,,unique,,,,,,10,"
    both = f"{shared}\n"
    assert change(
        agency,
        lambda text: text.replace(both, "").replace("2026,employee:E1,companies,10,,unique,,,,,,10,", gone),
    ) == [nothing]
    assert all(line.kpi != "deals" for line in agency.card(E1).lines)
    assert change(
        agency,
        lambda text: text.replace(gone, f"2026,employee:E1,companies,10,,unique,,,,,,10,\n{row % '10'}"),
    ) == [f"{said} and stays; the folder gives 10"]
    assert line_of(agency).target == "12.5"


def test_another_process_sees_it_and_whom_it_moves_is_told(agency: Agency) -> None:
    """A follower learns of it in the transaction's own change: an employee's by the number, a unit's by looking at everyone.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    """
    other = Database(agency.database.url)
    with other.read() as connection:
        stands = ledger.cursor(connection)
        before = scoring.state(connection)
    set_target(agency.database, E1, "5")
    with other.read() as connection:
        stands, (change,) = ledger.changes_since(connection, stands)
        state = scoring.state(connection)
        assert state is not before
        assert (change.everyone, [state.frame.numbers[one] for one in change.employees], change.cycles) == (
            False,
            ["E1"],
            (2026,),
        )
        line = state.sheet.line(2026, node_of(E1), "deals")
        assert line is not None
        assert line.target == 5
    set_target(agency.database, "unit:HQ", "5")
    with other.read() as connection:
        _, (change,) = ledger.changes_since(connection, stands)
        assert change.everyone
    other.close()


def test_what_is_rolled_back_was_never_set(agency: Agency) -> None:
    """Not even in the process that had begun.

    unit HQ agency
    employee E1 HQ staff
    """

    class Lost(Exception):
        pass

    def begun(connection) -> None:
        moves = [TargetMove(node=node_of(E1), kpi="deals", target=Decimal(5), seen=Decimal(10))]
        scoring.set_targets(connection, moves, cycle=2026, by=HEAD, note="")
        assert scoring.state(connection).sheet.line(2026, node_of(E1), "deals").target == 5
        raise Lost

    with pytest.raises(Lost):
        agency.database.writing("set_targets", begun)
    assert line_of(agency).target == "10"
    set_target(agency.database, E1, "7")
    assert line_of(agency).target == "7"


def test_nothing_is_set_over_what_was_not_seen_or_where_no_target_belongs(agency: Agency) -> None:
    """All of a form or nothing; the same figure twice is one decision.

    unit HQ agency
    employee E1 HQ staff
    """
    set_target(agency.database, E1, "5")
    assert set_target(agency.database, E1, "6").overtaken == ((node_of(E1), "deals", Decimal(5)),)
    assert line_of(agency).target == "5"
    assert set_target(agency.database, E1, "5.0") == TargetsSet()
    for node, kpi in ((E1, "nothing"), ("employee:E404", "deals")):
        with pytest.raises(NotThere):
            set_target(agency.database, node, "5", kpi=kpi)


def test_only_changed_rows_are_worked_out_again_and_to_the_same(agency: Agency, tmp_path: Path) -> None:
    """A plan with what was set equals the plan of a folder that says the same; the rest is shared with the folder's own plan.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    2026-03-05 verified D-1 by E9
    """
    with agency.database.read() as connection:
        folder = scoring.state(connection).plan(2026)
    set_target(agency.database, E1, "5")
    with agency.database.read() as connection:
        plan = scoring.state(connection).plan(2026)
        decided = [card.as_json() for card in scoring.scorecards(connection, ScoreQuery(2026, dt.date(2026, 6, 30)))]
        assert cascade.loaded_sheet(connection).line(2026, node_of(E1), "deals") is not plan.sheet.line(
            2026, node_of(E1), "deals"
        )
    differing = [new for new, old in zip(plan.worked, folder.worked, strict=True) if new is not old]
    assert [(str(one.node), one.row.kpi) for one in differing] == [(E1, "deals")]
    row = "2026,employee:E1,deals,10,,unique,,,,,,%s,"
    assert change(agency, lambda text: text.replace(row % "10", row % "5")) == []
    with agency.database.read() as connection:
        said = [card.as_json() for card in scoring.scorecards(connection, ScoreQuery(2026, dt.date(2026, 6, 30)))]
    assert decided == said


def test_before_a_change_stood_what_held_then(agency: Agency) -> None:
    """Set by a head, left to the folder again, changed there by a load, and set once more, in both directions.

    unit HQ agency
    employee E1 HQ staff
    """
    row = "2026,employee:E1,deals,10,,unique,,,,,,%s,"
    # What the folder gives, what is set, what held before.
    steps = ((10, 12, 10), (10, 13, 12), (10, 10, 13), (20, 21, 20), (20, 20, 21), (10, 20, 10))
    given = 10
    for folder, target, before in steps:
        if folder != given:
            change(agency, lambda text, old=given, new=folder: text.replace(row % old, row % new))
            given = folder
        assert set_target(agency.database, E1, str(target), seen=str(before)).done
    with agency.database.read() as connection:
        (of_line,) = cascade.target_changes(connection, cycle=2026, nodes=[node_of(E1)]).values()
        latest = [one for _, _, one in cascade.latest_target_changes(connection, cycle=2026, limit=4)]
    expected = [(Decimal(before), Decimal(target), target == folder) for folder, target, before in steps]
    assert [(one.before, one.after, one.to_folder) for one in of_line] == expected
    assert [one.decision for one in of_line] == list(range(1, 7))
    assert latest == list(of_line[: -4 - 1 : -1])
