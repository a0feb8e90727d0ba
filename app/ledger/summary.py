"""What every list shows of an activity: who, with whom, how much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.ledger.frame import Frame

__all__ = ["ActivitySummary", "summary_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySummary:
    """An activity as any list begins to show it; a party without a name is shown by its registration."""

    key: str
    type: str
    day: dt.date
    employee: str
    company: str
    buyer: str
    country: str
    amount: Decimal | None
    currency: str


def summary_of(frame: Frame, row: Any) -> dict[str, Any]:
    """The members of a summary, of a row of ``activity`` with its event's key."""
    return {
        "key": row.key,
        "type": row.type,
        "day": row.day,
        "employee": frame.numbers[row.employee],
        "company": row.company_name or row.company_registration or "",
        "buyer": row.buyer_name,
        "country": row.buyer_country,
        "amount": row.amount,
        "currency": row.currency or "",
    }
