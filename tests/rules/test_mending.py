"""What of a rejected event another than its sender may mend: nothing that a figure hangs on."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest

from app.rules.mending import moved_members

DEAL: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "type": "kopes.export_deal",
    "source": "/crm/vienna",
    "id": "D-77",
    "time": "2026-03-04T09:00:00+01:00",
    "data": {
        "employee": "E0001",
        "company": {"name": "Hanbit"},
        "buyer": {"name": "Nordwind", "country": "AT", "registration": "FN 1"},
        "amount": "125000.00",
        "currency": "EUR",
        "hs_code": "8509",
        "credits": [{"employee": "E0001", "share": "0.6"}, {"employee": "E0107", "share": "0.4"}],
        "note": "x",
    },
}
VERDICT: Final[dict[str, Any]] = DEAL | {
    "type": "kopes.verified",
    "data": {"activity": {"source": "/crm", "id": "D-1"}, "by": "E0009", "reason": "seen"},
}


def _changed(event: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    mended = copy.deepcopy(event)
    *above, last = path.strip("/").split("/")
    place: Any = mended
    for name in above:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
    return mended


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("/type", "kopes.new_buyer", "/type"),
        ("/source", "/crm/wien", "/source"),
        ("/id", "D-78", "/id"),
        ("/time", "2026-03-04T09:00:01+01:00", "/time"),
        ("/time", "2026-03-04T08:00:00Z", "/time"),
        ("/time", None, "/time"),
        ("/data/employee", "E0002", "/data/employee"),
        ("/data/company/name", "Hanbit Ltd", "/data/company"),
        ("/data/company/registration", "1", "/data/company"),
        ("/data/buyer/country", "DE", "/data/buyer"),
        ("/data/buyer", None, "/data/buyer"),
        ("/data/amount", "125000.01", "/data/amount"),
        ("/data/amount", "125,000.00", "/data/amount"),
        ("/data/amount", True, "/data/amount"),
        ("/data/currency", "USD", "/data/currency"),
        ("/data/hs_code", "850900", "/data/hs_code"),
        ("/data/hs_code", None, "/data/hs_code"),
        ("/data/credits/0/share", "0.7", "/data/credits"),
        ("/data/credits/1/employee", "E0108", "/data/credits"),
        ("/data/credits", None, "/data/credits"),
    ],
)
def test_what_a_figure_hangs_on_is_named(path: str, value: object, pointer: str) -> None:
    """By each member's pointer, in the order of the event."""
    assert moved_members(DEAL, _changed(DEAL, path, value)) == [pointer]


@pytest.mark.parametrize(
    ("path", "value", "pointers"),
    [
        ("/data/activity/id", "D-2", ["/data/activity"]),
        ("/data/by", "E0010", ["/data/by"]),
        ("/data/reason", "looked at", []),
        ("/data/additionality", 20, []),
    ],
)
def test_a_verdict_keeps_what_it_is_about_and_who_gave_it(path: str, value: object, pointers: list[str]) -> None:
    """Its reason is shown and counts for nothing, and so is additionality (contract: never deducted)."""
    assert moved_members(VERDICT, _changed(VERDICT, path, value)) == pointers


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/specversion", "0.3"),
        ("/datacontenttype", "application/json"),
        ("/time", "2026-03-04T09:00:00.0+01:00"),
        ("/data/amount", "0125000.0"),
        ("/data/credits/0/share", "0.6000"),
        ("/data/note", [1, 2]),
        ("/data/by", ""),
        ("/data/activity", ""),
    ],
)
def test_the_envelope_and_another_spelling_of_the_same_value_may_be_mended(path: str, value: object) -> None:
    """Amounts, shares and times go by what they are worth, as the ledger compares them; what is empty is absent."""
    assert moved_members(DEAL, _changed(DEAL, path, value)) == []


@pytest.mark.parametrize("kept", ["{no json", 5, None, [], [DEAL], {"data": "x"}, {}])
def test_what_was_no_event_has_none_of_its_members(kept: object) -> None:
    """A line that could not be read is no licence to write an event."""
    assert "/source" in moved_members(kept, DEAL)
    assert "/data/amount" in moved_members(kept, DEAL)
    assert moved_members(kept, copy.deepcopy(kept)) == []
    assert "/source" in moved_members(DEAL, kept)
