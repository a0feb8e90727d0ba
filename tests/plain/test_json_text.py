"""JSON read and written without loss."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plain.json_text import NotJsonError, canonical, decode, encode


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.decimals(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_is_written_is_read_back_with_the_same_value(value):
    assert canonical(decode(encode(value))) == canonical(value)


def test_what_is_written_keeps_its_order_and_its_digits():
    text = (
        '{"b": 1.50, "a": [1E+2, -0.0, {}, [], "\\ud800\\u0000"], "": {"x": true, "y": null}, "n": ' + "9" * 5000 + "}"
    )
    assert encode(decode(text)) == text
    assert encode({"x": float("nan"), "y": [1.5, float("inf")]}) == '{"x": null, "y": [1.5, null]}'


def test_a_number_of_thousands_of_digits_is_read_beside_others():
    """Python makes no int of it; the others stay what they are."""
    digits = "9" * 5000
    long, short = decode(f"[{digits}, 7]")
    assert (str(long), short, type(short)) == (digits, 7, int)


def test_nesting_that_is_refused_can_still_be_written_down():
    """A rejected event is kept as it came, on whatever stack it is kept."""
    value: object = 1
    for _ in range(5000):
        value = [value]
    assert encode(value) == "[" * 5000 + "1" + "]" * 5000


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_and_its_decimal_are_one_value(number):
    """A decoder that makes floats, and ours that makes Decimals, agree."""
    assert canonical({"x": number, "y": [number]}) == canonical(
        {"x": Decimal(repr(number)), "y": [Decimal(repr(number))]}
    )


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "-Infinity",
        "{'a': 1}",
        "",
        "[1",
        "01",
        '"\n"',
        "[" * 100_000,
        "1e99999999999999999999999999",
        b"\xff",
    ],
)
def test_what_is_not_json_is_told_apart(text):
    with pytest.raises(NotJsonError):
        decode(text)
