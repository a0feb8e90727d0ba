"""A pay run for payroll: the items as the contract names them, whatever the reader's language, and by what rules they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.exports.table import WON, Cell, ExportSheet

__all__ = ["pay_run_sheet"]

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


def pay_run_sheet(items: Sequence[Mapping[str, Any]], rules: Sequence[tuple[str, Cell]]) -> ExportSheet:
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


def _cell(name: str, value: Any) -> Cell:
    return Decimal(value) if name in _FIGURES and value is not None else value
