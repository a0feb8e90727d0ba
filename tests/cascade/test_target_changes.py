"""What a target's history says stood before: the figure that held then, also where a load had given the line another one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app import cascade
from app.cascade import WantedTarget
from app.kit.database import Database
from app.rules.terms import Node, NodeKind
from tests.people import NOW

NODE = Node(NodeKind.EMPLOYEE, "E1")


def test_before_a_change_stood_what_held_then(database: Database) -> None:
    """Set by a head, left to the folder again, changed there by a load, and set once more, in both directions."""
    # What is set, beside what the folder gives at that time; what held before.
    steps: Sequence[tuple[int, int, int]] = (
        (12, 11, 11),
        (13, 11, 12),
        (11, 11, 13),  # left to the folder
        (21, 20, 20),  # which gave 20 meanwhile
        (20, 20, 21),
        (20, 11, 11),  # and 11 again: to whoever saw 20 this is a change
    )
    with database.write("set_targets") as connection:
        for target, folder, _ in steps:
            wanted = WantedTarget(cycle=2026, node=NODE, kpi="deals", target=Decimal(target), folder=Decimal(folder))
            cascade.keep_targets(connection, [wanted], by="account:x", employee=None, at=NOW, note=None)
    with database.read() as connection:
        (of_line,) = cascade.target_changes(connection, cycle=2026, nodes=[NODE]).values()
        latest = [change for _, _, change in cascade.latest_target_changes(connection, cycle=2026, limit=10)]
    expected = [(Decimal(before), Decimal(target)) for target, _, before in steps]
    assert [(one.before, one.after) for one in of_line] == expected
    assert [(one.before, one.after) for one in reversed(latest)] == expected
