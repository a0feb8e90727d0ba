"""A pay run for payroll: the items as the contract names them, whatever the reader's language, and by what rules they came about."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import Connection

from app import cascade, paying, scoring
from app.exports.csv_files import as_csv
from app.exports.table import WON, Cell, ExportSheet
from app.exports.xlsx_files import write_xlsx
from app.paying import KeptRun

__all__ = ["pay_run_file"]

_HEADER: Final = (
    "employee",
    "grade",
    "monthly_base",
    "grade_rate",
    "days",
    "cycle_days",
    "exact",
    "amount",
    "before",
    "difference",
    "kind",
)
_WON: Final = frozenset({"amount", "before", "difference"})
_FIGURES: Final = frozenset({"monthly_base", "grade_rate", "exact"})


def _sheet(items: Sequence[Mapping[str, Any]], rules: Sequence[tuple[str, Cell]]) -> ExportSheet:
    """The file of a run.

    Args:
        items: as the contract writes them.
        rules: what the workbook's second sheet says: by its name each figure that they came about by.
    """
    return ExportSheet(
        "pay run",
        _HEADER,
        ([_cell(name, item[name]) for name in _HEADER] for item in items),
        (16,) * len(_HEADER),
        tuple(WON if name in _WON else None for name in _HEADER),
        ("rules", "rows"),
        tuple(rules),
    )


def pay_run_file(connection: Connection, cycle: int, kept: KeptRun, *, format_: Literal["csv", "xlsx"]) -> bytes:
    """A run as two people agreed to it, for payroll: the same bytes whenever it is asked for. Queries: 1, and those of the state."""
    items = [one.as_json(kept.cycle_days) for one in kept.made.items]
    sheet = _sheet(items, _rules(connection, cycle, kept))
    if format_ == "csv":
        return b"".join(as_csv(sheet))
    into = io.BytesIO()
    write_xlsx(sheet, into, made_at=kept.at)
    return into.getvalue()


def _rules(connection: Connection, cycle: int, kept: KeptRun) -> list[tuple[str, Cell]]:
    """By what the amounts came about: shares and rates of the grades, the ministry's result, the factor, and the sums of what was locked and of the run."""
    policies = scoring.state(connection).plan(cycle).sheet.definitions.policies
    rounds = {one.round: one for one in cascade.locked_rounds(connection, cycle)}
    made = kept.made
    return [
        *((f"share {one.grade}", one.share) for one in policies.grades),
        *((f"rate {one.grade}", one.rate) for one in policies.grades),
        ("institution_grade", made.institution.grade),
        ("institution_rate", made.institution.rate),
        ("pool", made.institution.pool),
        ("factor", paying.factor_text(made.factor)),
        ("sum", made.sum),
        ("snapshot_sha256", rounds[kept.round].results_sha256 if kept.round in rounds else None),
        ("run_sha256", kept.sha256),
    ]


def _cell(name: str, value: Any) -> Cell:
    return Decimal(value) if name in _FIGURES and value is not None else value
