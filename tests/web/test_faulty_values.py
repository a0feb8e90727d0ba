"""What is JSON and cannot be taken (a number that no computer keeps, nesting that none reads) fails no other event, and is kept as it came."""

from __future__ import annotations

import json

import pytest

from tests.web.api import BATCH, Api, api, by_hand, deal, fresh

__all__ = ["api"]

NUMBERS = ("1e999999999999999999999", "-1e999999999999999999999", "1e-999999999999999999999")


def _with(number: str, at: str, event: dict[str, object]) -> str:
    """The event's JSON with the number as an attribute that nobody reads, as one of its data, or beside a text that is read the long way."""
    text = json.dumps(event)
    return {
        "attribute": text.replace('"data": {', f'"ext": {number}, "data": {{'),
        "data": text.replace('"data": {', f'"data": {{"note": {number}, '),
        "amount": text.replace('"100.00"', number),
        "long": text.replace('"data": {', f'"ext": {number}, "data": {{"note": "{"x" * 200_000}", '),
    }[at]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("at", ["attribute", "data", "amount", "long"])
@pytest.mark.parametrize("by", ["key", "person"])
def test_of_a_batch_the_others_are_recorded(api: Api, at: str, number: str, by: str) -> None:
    """The rejected one says why, and is there to be read and mended."""
    good, id_, count = deal(), fresh(), api.count()
    wrong = deal(id_=id_)
    if by == "person":
        good, wrong = by_hand(good, "E1"), by_hand(wrong, "E1")
    body = f"[{_with(number, at, wrong)}, {json.dumps(good)}]".encode()
    if by == "key":
        answer = api.post(body, kind=BATCH)
    else:
        answer = api.working.alba.client.post("/api/v1/events", data=body, content_type=BATCH)
    assert answer.status_code == 200
    assert (answer.json["accepted"], [one["index"] for one in answer.json["rejected"]]) == (1, [0])
    (error,) = answer.json["rejected"][0]["errors"]
    assert error["code"] == "unkeepable_number"
    assert api.count() == count + 1


DEEP = (
    "[" * 500 + "]" * 500,
    "[" * 990 + "]" * 990,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 2_000 + "1" + "}" * 2_000,
)


@pytest.mark.parametrize("nested", DEEP, ids=["500", "990", "100,000", "objects"])
@pytest.mark.parametrize("at", ["attribute", "data", "element"])
@pytest.mark.parametrize("by", ["key", "person"])
def test_of_a_batch_with_one_nested_too_deeply_the_others_are_recorded(api: Api, at: str, nested: str, by: str) -> None:
    """However deeply: the rejected one says why, and those beside it count; so does an array where an event is expected."""
    good, id_, count = deal(), fresh(), api.count()
    wrong = deal(id_=id_)
    if by == "person":
        good, wrong = by_hand(good, "E1"), by_hand(wrong, "E1")
    text = nested if at == "element" else _with(nested, at, wrong)
    if at == "element" and nested.startswith("{"):
        text = f"[{text}]"
    body = f"[{json.dumps(good)}, {text} ]".encode()
    if by == "key":
        answer = api.post(body, kind=BATCH)
    else:
        answer = api.working.alba.client.post("/api/v1/events", data=body, content_type=BATCH)
    assert answer.status_code == 200, answer.text
    assert (answer.json["accepted"], [one["index"] for one in answer.json["rejected"]]) == (1, [1])
    codes = {error["code"] for error in answer.json["rejected"][0]["errors"]}
    assert codes <= {"too_deep", "not_an_object"}
    assert api.count() == count + 1
