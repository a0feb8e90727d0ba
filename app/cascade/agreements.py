"""What was agreed on scorecards of opened cycles: drafts, signatures and versions, each of which stays for ever (contract-cycle, 4).

Of a scorecard the last version holds, whatever the folder says since. A draft that nobody has edited or signed is no row: it is what folder and
targets say.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy import Connection

from app.cascade import tables
from app.cascade.line import Line
from app.kit.replacing import exact_text
from app.rules.agreement import SignedAs
from app.rules.terms import Link, Node

__all__ = [
    "AgreementRows",
    "DraftRow",
    "LineDocument",
    "SignatureRow",
    "VersionRow",
    "agreement_rows",
    "keep_drafts",
    "keep_signatures",
    "keep_versions",
    "line_document",
    "lines_of_documents",
    "nodes_with_hr",
    "read_agreed",
]

LineDocument = Mapping[str, str | None]
"""A line as it is signed: every member a text, or null."""


class DraftRow(NamedTuple):
    """A draft that somebody edited, or that was signed."""

    place: int
    lines: tuple[LineDocument, ...]
    over: str
    """The sum of what it was edited from: once the folder says something else, an unsigned draft is gone."""
    with_hr: bool
    at: dt.datetime
    account: str
    employee: str | None

    @property
    def by(self) -> str:
        """Who wrote it: a number, or an account's e-mail."""
        return self.employee or self.account.removeprefix("account:")


class SignatureRow(NamedTuple):
    """Somebody's signature under a draft."""

    place: int
    digest: str
    signed_as: SignedAs
    at: dt.datetime
    account_id: int | None
    account: str
    employee: str | None
    acts_for: str | None

    @property
    def person(self) -> str:
        """The number, or the account's e-mail."""
        return self.employee or self.account.removeprefix("account:")

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {
            "as": self.signed_as.value,
            "person": self.person,
            "for": self.acts_for,
            "at": self.at.isoformat(),
            "digest": self.digest,
        }


class VersionRow(NamedTuple):
    """Lines that hold since they were agreed or imposed."""

    version: int
    lines: tuple[LineDocument, ...]
    digest: str
    at: dt.datetime
    place: int
    decision: int | None
    """Which imposed it; None for what was agreed."""


@dataclass(frozen=True, slots=True)
class AgreementRows:
    """What is written of one scorecard."""

    drafts: Sequence[DraftRow] = ()
    signatures: Sequence[SignatureRow] = ()
    versions: Sequence[VersionRow] = ()

    def with_signature(self, draft: DraftRow | None, signature: SignatureRow, version: VersionRow | None) -> Self:
        """With what one more signature writes: the draft that it is the first under, and what holds by it where it is the last."""
        return replace(
            self,
            drafts=self.drafts if draft is None else (*self.drafts, draft),
            signatures=(*self.signatures, signature),
            versions=self.versions if version is None else (*self.versions, version),
        )


def line_document(line: Line) -> dict[str, str | None]:
    """A line as it is signed, its members in the order of the file's columns."""
    return {
        "kpi": line.kpi,
        "weight": exact_text(line.weight),
        "area": line.area,
        "link": line.link.value,
        "parent_node": None if line.parent_node is None else str(line.parent_node),
        "parent_kpi": line.parent_kpi,
        "base": exact_text(line.base),
        "high": exact_text(line.high),
        "low": exact_text(line.low),
        "target": exact_text(line.target),
        "coefficient": exact_text(line.coefficient),
    }


def lines_of_documents(cycle: int, node: Node, documents: Sequence[LineDocument]) -> tuple[Line, ...]:
    """Lines of the documents that :func:`line_document` has written."""

    def figure(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return tuple(
        Line(
            cycle=cycle,
            node=node,
            kpi=str(one["kpi"]),
            weight=Decimal(str(one["weight"])),
            link=Link(str(one["link"])),
            area=one["area"],
            parent_node=None if one["parent_node"] is None else Node.known(one["parent_node"]),
            parent_kpi=one["parent_kpi"],
            base=figure(one["base"]),
            high=figure(one["high"]),
            low=figure(one["low"]),
            target=figure(one["target"]),
            coefficient=figure(one["coefficient"]),
        )
        for one in documents
    )


def read_agreed(connection: Connection, cycles: Collection[int]) -> dict[tuple[int, Node], tuple[Line, ...]]:
    """The lines that hold of every scorecard that has a version in some cycles. Queries: 1, or none."""
    if not cycles:
        return {}
    of = tables.agreement_version.c
    query = sa.select(of.cycle, of.node, of.lines).where(of.cycle.in_(sorted(cycles))).order_by(of.version)
    last = {(row.cycle, Node.known(row.node)): row.lines for row in connection.execute(query)}
    return {(cycle, node): lines_of_documents(cycle, node, json.loads(text)) for (cycle, node), text in last.items()}


def nodes_with_hr(connection: Connection, cycle: int) -> list[Node]:
    """The nodes of a cycle of which hr was to sign a draft as well. Queries: 1."""
    of = tables.agreement_draft.c
    query = sa.select(of.node).where(of.cycle == cycle, of.with_hr).distinct().order_by(of.node)
    return [Node.known(text) for text in connection.scalars(query)]


def agreement_rows(
    connection: Connection, cycle: int, nodes: Collection[Node] | None = None
) -> dict[Node, AgreementRows]:
    """What is written of some scorecards of a cycle, or of all of them, the earliest first. Queries: 3."""
    draft, signature, version = tables.agreement_draft, tables.agreement_signature, tables.agreement_version
    drafts: dict[str, list[DraftRow]] = {}
    for row in _rows(connection, draft, draft.c.place, cycle, nodes):
        lines = tuple(json.loads(row.lines))
        drafts.setdefault(row.node, []).append(
            DraftRow(row.place, lines, row.over, row.with_hr, row.at, row.account, row.employee)
        )
    signatures: dict[str, list[SignatureRow]] = {}
    for row in _rows(connection, signature, signature.c.at, cycle, nodes):
        signatures.setdefault(row.node, []).append(
            SignatureRow(
                row.place,
                row.digest,
                SignedAs(row.signed_as),
                row.at,
                row.account_id,
                row.account,
                row.employee,
                row.acts_for,
            )
        )
    versions: dict[str, list[VersionRow]] = {}
    for row in _rows(connection, version, version.c.version, cycle, nodes):
        lines = tuple(json.loads(row.lines))
        versions.setdefault(row.node, []).append(
            VersionRow(row.version, lines, row.digest, row.at, row.place, row.decision)
        )
    return {
        Node.known(text): AgreementRows(drafts.get(text, ()), signatures.get(text, ()), versions.get(text, ()))
        for text in sorted(drafts.keys() | signatures.keys() | versions.keys())
    }


def _rows(
    connection: Connection, table: sa.Table, order: sa.ColumnElement[Any], cycle: int, nodes: Collection[Node] | None
) -> sa.Result[Any]:
    query = sa.select(table).where(table.c.cycle == cycle).order_by(table.c.node, order)
    return connection.execute(query if nodes is None else query.where(table.c.node.in_([str(one) for one in nodes])))


def keep_drafts(connection: Connection, cycle: int, drafts: Iterable[tuple[Node, DraftRow]]) -> None:
    """Write drafts, each after the one before it. Queries: 1, or none."""
    _insert(
        connection,
        tables.agreement_draft,
        ({"cycle": cycle, "node": str(node)} | row._asdict() | {"lines": _text(row.lines)} for node, row in drafts),
    )


def keep_signatures(connection: Connection, cycle: int, signatures: Iterable[tuple[Node, SignatureRow]]) -> None:
    """Write signatures under drafts. Queries: 1, or none."""
    _insert(
        connection,
        tables.agreement_signature,
        (
            {"cycle": cycle, "node": str(node)} | row._asdict() | {"signed_as": row.signed_as.value}
            for node, row in signatures
        ),
    )


def keep_versions(connection: Connection, cycle: int, versions: Iterable[tuple[Node, VersionRow]]) -> None:
    """Write lines that hold from now on. Queries: 1, or none."""
    _insert(
        connection,
        tables.agreement_version,
        ({"cycle": cycle, "node": str(node)} | row._asdict() | {"lines": _text(row.lines)} for node, row in versions),
    )


def _insert(connection: Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    written = list(rows)
    if written:
        connection.execute(sa.insert(table), written)


def _text(lines: Sequence[LineDocument]) -> str:
    return json.dumps([dict(one) for one in lines], ensure_ascii=False)
