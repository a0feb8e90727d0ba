"""What differs in a file of definitions, line by line."""

from __future__ import annotations

import json

from app.intake import yaml_lines
from app.intake.change_sets import ChangedDocument

BEFORE = {"kpi:deals": json.dumps({"code": "deals", "name": {"en": "Deals", "ko": "성약"}, "weight": "0.5"})}


def lines(after: str) -> list[str]:
    """Of the KPI, sent as a text."""
    document = ChangedDocument("definitions", "deals.yaml", BEFORE, after)
    return [line for line in yaml_lines(document) if line[:1] in "+-"]


def test_the_order_of_members_and_the_way_of_writing_are_no_difference() -> None:
    """The same document, its members turned round and its texts quoted otherwise."""
    assert lines('name: {ko: "성약", en: Deals}\nweight: "0.5"\ncode: "deals"\n') == []


def test_what_is_another_stands_once_gone_and_once_come() -> None:
    """One name is another: two lines say so, whatever else was written otherwise."""
    assert lines("weight: '0.5'\nname: {ko: 성약, en: Contracts}\ncode: deals\n") == [
        "-  en: Deals",
        "+  en: Contracts",
    ]


def test_what_cannot_be_read_stands_as_it_was_sent() -> None:
    """No YAML: the whole text has come."""
    assert "+name: [" in lines("name: [")
