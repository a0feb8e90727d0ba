"""What of a rejected event whoever keeps the doors may mend: only what no figure hangs on (contract, "HTTP").

Source and id name an event, and type, time and the members below decide what counts, for whom and when. Who sent the event may send it again with
others; nobody else puts words into their mouth.
Do not compare texts: an amount of 100 and one of 100.00 are one amount, a time with Z and one with +00:00 one time,
as the ledger compares them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from app.plain.json_text import canonical
from app.rules.activities import AMOUNT
from app.rules.figures import read_value
from app.rules.moments import moment

__all__ = ["moved_members", "only_the_sender_mends"]

_ATTRIBUTES: Final = ("type", "source", "id", "time")
_MEMBERS: Final = (
    "activity",
    "amount",
    "buyer",
    "by",
    "company",
    "credits",
    "currency",
    "cycle",
    "employee",
    "hs_code",
    "kpi",
    "node",
    "value",
)


def moved_members(kept: object, mended: object) -> list[str]:
    """The pointers of what differs between a rejected event and its mended form, of all that a figure hangs on.

    Args:
        kept: the event as it came, decoded; whatever was no JSON object has none of its members.
        mended: as it is sent again.
    """
    before, after = _object(kept), _object(mended)
    moved = [f"/{name}" for name in _ATTRIBUTES if _worth(name, before.get(name)) != _worth(name, after.get(name))]
    was, is_ = _object(before.get("data")), _object(after.get("data"))
    return moved + [f"/data/{name}" for name in _MEMBERS if _worth(name, was.get(name)) != _worth(name, is_.get(name))]


def only_the_sender_mends(pointer: str) -> bool:
    """Whether what a finding points at is for whoever sent the event to change: a figure hangs on it, or it is the whole of the event."""
    parts = pointer.split("/")[1:]
    if not parts or parts == ["data"]:
        return True
    return parts[1] in _MEMBERS if parts[0] == "data" else parts[0] in _ATTRIBUTES


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _worth(name: str, value: object) -> object:
    """The one form of a member by which the ledger compares it; what is absent is None."""
    if value is None or value in ("", []):
        return None
    if name == "time" and isinstance(value, str):
        when = moment(value)
        return when.canonical if when is not None else value
    if name == "amount":
        value = _number(value)
    if name == "value" and isinstance(value, str):
        figure = read_value(value)
        value = value if figure is None else figure
    if name == "credits" and isinstance(value, list):
        value = [
            {**entry, "share": _number(entry.get("share"))} if isinstance(entry, dict) else entry for entry in value
        ]
    return _canonical(value)


def _number(value: object) -> object:
    """What a number's text is worth; anything else as it is."""
    return Decimal(value) if isinstance(value, str) and AMOUNT.fullmatch(value) else value


def _canonical(value: object) -> object:
    try:
        return canonical(value)
    except (ValueError, TypeError, RecursionError):
        # A lone surrogate, or nesting that no event may have: it is rejected again whatever it says.
        return repr(value)
