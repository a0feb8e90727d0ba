"""The goal tree in both directions: every line of a cycle stands in it once, and from each a way leads up."""

from __future__ import annotations

import itertools
from pathlib import Path

from app import cascade
from app.cascade import LineBranch, Sheet
from app.intake.folder import load
from app.kit.database import Database
from app.rules.terms import Node, NodeKind
from tests.small_agency import AT, SMALL, definitions, write


def sheet_of(database: Database, folder: Path, *more: str) -> Sheet:
    files = {**SMALL, "scorecards": [*SMALL["scorecards"], *more]}
    with database.write("load") as connection:
        report = load(connection, write(folder, files), definitions(), at=AT, by="test")
        assert report.revision is not None, [str(finding) for finding in report.findings]
    with database.read() as connection:
        return cascade.sheet(connection)


def shape(branch: LineBranch) -> tuple[str, list[object]]:
    return f"{branch.line.node} {branch.line.kpi}", [shape(below) for below in branch.below]


def all_lines(sheet: Sheet, cycle: int) -> list[str]:
    """Every line of the tree, by a walk."""
    found: list[str] = []
    waiting = [
        branch
        for goal in cascade.goal_tree(sheet, cycle=cycle)
        for task in goal.tasks
        for kpi in task.kpis
        for branch in kpi.lines
    ]
    while waiting:
        branch = waiting.pop()
        found.append(f"{branch.line.node} {branch.line.kpi}")
        waiting.extend(branch.below)
    return sorted(found)


def test_lines_hang_under_the_line_above_else_under_their_own_kpi(database: Database, tmp_path: Path) -> None:
    """A contributory line stands below another KPI's line; a unique one under its own KPI."""
    sheet = sheet_of(database, tmp_path)
    (goal,) = cascade.goal_tree(sheet, cycle=2026)
    (task,) = goal.tasks
    lines = {kpi.kpi.code: [shape(branch) for branch in kpi.lines] for kpi in task.kpis}

    assert (goal.goal.code, task.task.code) == ("exports", "grow")
    assert lines == {
        "adopted": [],
        "cost": [("unit:HQ cost", [("unit:VIE adopted", [])])],
        "deals": [("unit:HQ deals", [("unit:VIE deals", [("employee:E1 deals", [])])])],
        "quality": [],
        "turned": [("employee:E1 turned", [])],
        "visits": [("unit:VIE visits", [])],
    }
    assert task.kpis[2].lines[0].count == 3


def test_every_line_stands_in_the_tree_once_even_in_a_ring(database: Database, tmp_path: Path) -> None:
    """Links without arithmetic may close; the tree begins at the first of such lines and ends."""
    sheet = sheet_of(
        database,
        tmp_path,
        "2026,unit:EUR,deals,100,,contributory,unit:ASI,deals,,,,,",
        "2026,unit:ASI,deals,100,,contributory,unit:EUR,deals,,,,,",
        "2026,employee:E2,deals,100,,contributory,employee:E2,deals,,,,,",
        "2026,employee:E3,deals,100,,contributory,unit:EUR,deals,,,,,",
    )

    assert all_lines(sheet, 2026) == sorted(
        f"{line.node} {line.kpi}" for some in sheet.lines[2026].values() for line in some
    )


def test_a_chain_of_any_length_fits(database: Database, tmp_path: Path) -> None:
    """A file may chain more lines than the stack has room for."""
    people = [f"X{number:04d}" for number in range(1500)]
    files = {
        **SMALL,
        "employees": [*SMALL["employees"], *(f"{one},Name,,,staff,1,2020-01-01," for one in people)],
        "scorecards": [
            SMALL["scorecards"][0],
            f"2026,employee:{people[0]},deals,100,,contributory,,,,,,,",
            *(
                f"2026,employee:{below},deals,100,,shared,employee:{above},deals,,,,,"
                for above, below in itertools.pairwise(people)
            ),
        ],
    }
    with database.write("load") as connection:
        assert load(connection, write(tmp_path, files), definitions(), at=AT, by="test").revision is not None
        sheet = cascade.sheet(connection)
        connection.rollback()
    last = sheet.line(2026, Node(NodeKind.EMPLOYEE, people[-1]), "deals")
    assert last is not None

    assert len(all_lines(sheet, 2026)) == len(people)
    assert sheet.origin_of(last).node.code == people[0]
    assert len(cascade.served_by(sheet, last)) == len(people)


def test_the_way_up_names_the_goal_of_every_step(database: Database, tmp_path: Path) -> None:
    """From an employee's line to the agency's, each with the task and goal that it serves."""
    sheet = sheet_of(database, tmp_path)
    line = sheet.line(2026, Node(NodeKind.EMPLOYEE, "E1"), "deals")
    assert line is not None

    assert [
        (str(step.line.node), step.task and step.task.code, step.goal and step.goal.code)
        for step in cascade.served_by(sheet, line)
    ] == [("employee:E1", "grow", "exports"), ("unit:VIE", "grow", "exports"), ("unit:HQ", "grow", "exports")]
