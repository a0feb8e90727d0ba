"""The types of events as tables, from which forms, the API's schema and the docs are made (contract, "Activities are CloudEvents 1.0").

Do not read a member that the type does not name. A new buyer has no amount, only a deal an HS code; there they are
unknown members, kept and ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from app.plain.findings import n_

__all__ = ["ACTIVITY_TYPES", "DEALT_WITH", "TYPE_PREFIX", "VERDICT_TYPES", "EventField", "EventType", "FieldKind"]

TYPE_PREFIX: Final = "kopes."


class FieldKind(StrEnum):
    """What a member of an event's data holds; a form's control and an API's schema follow from it."""

    EMPLOYEE = "employee"
    COMPANY = "company"
    BUYER = "buyer"
    AMOUNT = "amount"
    CURRENCY = "currency"
    HS_CODE = "hs_code"
    CREDITS = "credits"
    ACTIVITY = "activity"
    TEXT = "text"
    PERCENT = "percent"
    NODE = "node"
    KPI = "kpi"
    CYCLE = "cycle"
    FIGURE = "figure"


class EventField(NamedTuple):
    """A member of an event's data."""

    name: str
    kind: FieldKind
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event: its words and its members, in the order in which a form shows and findings list them."""

    code: str
    label: str
    fields: tuple[EventField, ...]
    names: frozenset[str]
    required: frozenset[str]

    @property
    def carries_amount(self) -> bool:
        """Whether an event of this type may have an amount."""
        return "amount" in self.names


def _event_type(code: str, label: str, *fields: EventField) -> EventType:
    names = frozenset(field.name for field in fields)
    return EventType(code, label, fields, names, frozenset(field.name for field in fields if field.required))


_EMPLOYEE: Final = EventField("employee", FieldKind.EMPLOYEE, n_("Employee"), required=True)
_COMPANY: Final = EventField("company", FieldKind.COMPANY, n_("Company"), required=True)
_BUYER: Final = EventField("buyer", FieldKind.BUYER, n_("Buyer"), required=True)
_CREDITS: Final = EventField("credits", FieldKind.CREDITS, n_("Credits"))
_ACTIVITY: Final = EventField("activity", FieldKind.ACTIVITY, n_("Activity"), required=True)
_BY: Final = EventField("by", FieldKind.EMPLOYEE, n_("By"), required=True)
_REASON: Final = EventField("reason", FieldKind.TEXT, n_("Reason"))
_ADDITIONALITY: Final = EventField("additionality", FieldKind.PERCENT, n_("Additionality"))

ACTIVITY_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "export_consult": _event_type(
            "export_consult",
            n_("Export consult"),
            _EMPLOYEE,
            _COMPANY,
            _BUYER,
            EventField("amount", FieldKind.AMOUNT, n_("Amount expected")),
            EventField("currency", FieldKind.CURRENCY, n_("Currency")),
            _CREDITS,
        ),
        "export_deal": _event_type(
            "export_deal",
            n_("Export deal"),
            _EMPLOYEE,
            _COMPANY,
            _BUYER,
            EventField("amount", FieldKind.AMOUNT, n_("Amount"), required=True),
            EventField("currency", FieldKind.CURRENCY, n_("Currency"), required=True),
            EventField("hs_code", FieldKind.HS_CODE, n_("HS code")),
            _CREDITS,
        ),
        "new_buyer": _event_type("new_buyer", n_("New buyer"), _EMPLOYEE, _COMPANY, _BUYER, _CREDITS),
        "figure": _event_type(
            "figure",
            n_("Figure"),
            _EMPLOYEE._replace(label=n_("Reported by")),
            EventField("node", FieldKind.NODE, n_("Unit or employee"), required=True),
            EventField("kpi", FieldKind.KPI, n_("KPI"), required=True),
            EventField("cycle", FieldKind.CYCLE, n_("Cycle"), required=True),
            EventField("value", FieldKind.FIGURE, n_("Value"), required=True),
            EventField("note", FieldKind.TEXT, n_("Note")),
        ),
    },
)

DEALT_WITH: Final = tuple(code for code, kind in ACTIVITY_TYPES.items() if "buyer" in kind.names)
"""The types of activity that somebody has with a company and a buyer: all but figures, which are reported of a KPI."""

VERDICT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "verified": _event_type("verified", n_("Verified"), _ACTIVITY, _BY, _REASON),
        "rejected": _event_type("rejected", n_("Rejected"), _ACTIVITY, _BY, _REASON),
        "confirmed": _event_type("confirmed", n_("Confirmed"), _ACTIVITY, _ADDITIONALITY),
        "denied": _event_type("denied", n_("Denied"), _ACTIVITY, _ADDITIONALITY),
        "reversed": _event_type("reversed", n_("Reversed"), _ACTIVITY, _BY._replace(required=False), _REASON),
    },
)
