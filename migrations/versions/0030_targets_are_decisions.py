"""Targets that were set are decisions, numbered after those that there are: one for each scorecard that was written into at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import rfc8785
import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

WITH_A_REASON = "length(reason) > 0"
TARGETS_WITHOUT = "length(reason) > 0 OR kind = 'target'"

TARGET_SET = sa.table(
    "target_set",
    *map(sa.column, ("id", "cycle", "node", "kpi", "target", "folder_target", "set_by", "employee")),
    sa.column("at", INSTANT),
    sa.column("note"),
)
DECISION = sa.table(
    "decision",
    *map(sa.column, ("id", "kind", "cycle", "content", "reason", "account_id", "account", "employee")),
    *map(sa.column, ("digest", "effects", "signed_effects")),
    sa.column("at", INSTANT),
)
ABOUT = sa.table("decision_about", sa.column("node"), sa.column("decision"))
END = sa.table(
    "decision_end",
    *map(sa.column, ("id", "decision", "state", "account_id", "account", "employee")),
    sa.column("at", INSTANT),
)
SEEN = sa.table("decision_seen", sa.column("decision"))
ACCOUNT = sa.table("account", *map(sa.column, ("id", "email", "employee")), sa.column("created_at", INSTANT))

SEALED = ("decision", "decision_about", "decision_end", "decision_seen")


def upgrade() -> None:
    """Bring the schema forward: what was set holds as before, and is found among the decisions."""
    _unseal("decision")
    _reasons(TARGETS_WITHOUT)
    connection = op.get_bind()
    rows = connection.execute(sa.select(TARGET_SET).order_by(TARGET_SET.c.id)).all()
    before = _before(rows)
    accounts = {row.email: row for row in connection.execute(sa.select(ACCOUNT))}
    last, end = (connection.scalar(sa.select(sa.func.max(table.c.id))) or 0 for table in (DECISION, END))
    decisions, about, ends = [], [], []
    for number, of_node in enumerate(_saved_at_once(rows), last + 1):
        first = of_node[0]
        content = {
            "node": first.node,
            "targets": [
                {
                    "kpi": one.kpi,
                    "before": before[one.id],
                    "target": _plain(one.target),
                    "folder": _plain(one.folder_target),
                }
                for one in of_node
            ],
        }
        signed = {"kind": "target", "cycle": str(first.cycle), "round": None, "content": content, "effects": None}
        who = {
            "account_id": _account_id(accounts, first),
            "account": first.set_by,
            "employee": first.employee,
            "at": first.at,
        }
        decisions.append(
            who
            | {
                "id": number,
                "kind": "target",
                "cycle": str(first.cycle),
                "content": json.dumps(content, ensure_ascii=False),
                "reason": first.note or "",
                "digest": hashlib.sha256(rfc8785.dumps(signed)).hexdigest(),
                "effects": "[]",
                "signed_effects": False,
            }
        )
        about.append({"node": first.node, "decision": number})
        end += 1
        ends.append(who | {"id": end, "decision": number, "state": "approved"})
    for table, added in ((DECISION, decisions), (ABOUT, about), (END, ends)):
        if added:
            connection.execute(sa.insert(table), added)
    op.drop_table("target_set")
    _seal("decision")


def _saved_at_once(rows: Sequence[sa.Row[Any]]) -> Iterator[list[sa.Row[Any]]]:
    """Rows of one person, instant and reason, node by node; a line that comes again is of the next time."""
    saved: dict[str, list[sa.Row[Any]]] = {}
    last: object = None
    for row in rows:
        of_once = (row.cycle, row.set_by, row.employee, row.at, row.note)
        if of_once != last or any(one.kpi == row.kpi for one in saved.get(row.node, ())):
            yield from saved.values()
            saved, last = {}, of_once
        saved.setdefault(row.node, []).append(row)
    yield from saved.values()


def _before(rows: Sequence[sa.Row[Any]]) -> dict[int, str | None]:
    """What held before each row: the one before it of its line; the folder's figure where the line was the folder's."""
    last: dict[tuple[int, str, str], sa.Row[Any]] = {}
    before: dict[int, str | None] = {}
    for row in rows:
        line = (row.cycle, row.node, row.kpi)
        of_line = last.get(line)
        was_folders = of_line is None or _plain(of_line.target) == _plain(of_line.folder_target)
        before[row.id] = _plain(row.folder_target if was_folders or of_line is None else of_line.target)
        last[line] = row
    return before


def _plain(figure: str | None) -> str | None:
    """The one text of a figure's value."""
    if figure is None:
        return None
    text = format(Decimal(figure), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _account_id(accounts: dict[str, sa.Row[Any]], row: sa.Row[Any]) -> int | None:
    """The account that set it, where it is beyond doubt still the one that is called so."""
    account = accounts.get(row.set_by.removeprefix("account:"))
    is_same = account is not None and account.employee == row.employee and account.created_at <= row.at
    return account.id if account is not None and is_same else None


def downgrade() -> None:
    """Take it back: what was set holds, and goes from the decisions, whose numbers then have gaps."""
    op.create_table(
        "target_set",
        sa.Column("id", KEY, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("kpi", CODE, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("folder_target", sa.Text(), nullable=True),
        sa.Column("set_by", CODE, nullable=False),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_set")),
    )
    op.create_index("ix_target_set_line", "target_set", ["cycle", "node", "kpi", "id"])
    connection = op.get_bind()
    targets = sa.select(DECISION).where(DECISION.c.kind == "target").order_by(DECISION.c.id)
    rows = [
        {
            "cycle": int(row.cycle),
            "node": content["node"],
            "kpi": one["kpi"],
            "target": one["target"],
            "folder_target": one["folder"],
            "set_by": row.account,
            "employee": row.employee,
            "at": row.at,
            "note": row.reason or None,
        }
        for row in connection.execute(targets)
        for content in (json.loads(row.content),)
        for one in content["targets"]
    ]
    if rows:
        connection.execute(sa.insert(TARGET_SET), rows)
    _seal("target_set")
    for table in SEALED:
        _unseal(table)
    set_targets = sa.select(DECISION.c.id).where(DECISION.c.kind == "target")
    for beside in (ABOUT, END, SEEN):
        op.execute(sa.delete(beside).where(beside.c.decision.in_(set_targets)))
    op.execute(sa.delete(DECISION).where(DECISION.c.kind == "target"))
    _reasons(WITH_A_REASON)
    for table in SEALED:
        _seal(table)


def _reasons(known: str) -> None:
    name = op.f("ck_decision_reason_given")
    with op.batch_alter_table("decision") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(known))


def _seal(table: str) -> None:
    """Refuse to change or delete rows of a table, as the first migration does."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{deed.lower()} BEFORE {deed} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the table {table} only grows'); END"
        )


def _unseal(table: str) -> None:
    """Let rows of a table be changed, as long as the migration takes."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
        return
    for deed in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_refuses_{deed}")
