"""A JSON array read element by element, each with its text as it came: a batch of events."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plain.json_text import NotJsonError, TooManyElementsError, decode, decode_each, refuse_more_elements
from app.rules.ordinary import each_of

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(_VALUES, max_size=5), st.sampled_from([None, 2]), st.booleans())
def test_it_reads_what_the_whole_would_be_and_keeps_each_text(values, indent, ascii_only):
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    found = decode_each(text)
    assert found is not None
    assert [value for value, _ in found] == decode(text)
    assert [decode(own) for _, own in found] == decode(text)
    assert all(own in text for _, own in found)


@given(st.text(alphabet='[]{},:"\\1.e- \ntrue', max_size=12))
def test_what_is_no_json_is_refused_as_decode_refuses_it(text):
    try:
        whole = decode(text)
    except NotJsonError:
        with pytest.raises(NotJsonError):
            decode_each(text)
    else:
        found = decode_each(text)
        assert (None if found is None else [value for value, _ in found]) == (
            whole if isinstance(whole, list) else None
        )


def test_numbers_of_thousands_of_digits_and_byte_order_marks_are_read():
    digits = "9" * 5000
    found = decode_each(b"\xef\xbb\xbf[1, " + digits.encode() + b"]")
    assert found is not None
    assert str(found[1][0]) == digits
    with pytest.raises(NotJsonError):
        decode_each(b"[\xff]")


@given(st.lists(_VALUES, max_size=12), st.integers(1, 12), st.sampled_from([None, 2]))
def test_an_array_is_refused_by_how_many_elements_it_has(values, most, indent):
    """Counted before it is read where its elements are small, while it is read else; commas inside them count for nothing."""
    text = json.dumps(values, indent=indent).encode()
    too_many = len(values) > most
    if text.count(b",") >= most and len(text) < 20 * text.count(b","):
        assert _refuses(refuse_more_elements, text, most) == too_many
    assert _refuses(lambda body, limit: decode_each(body, most=limit), text, most) == too_many
    assert _refuses(lambda body, limit: each_of(body, most=limit), text, most) == too_many


def test_a_long_array_of_ones_is_not_read():
    """Nor one that would be no JSON further on: it is counted up to one too many."""
    assert _refuses(refuse_more_elements, b"[" + b"1," * 2_000_000, 10_000)
    assert not _refuses(refuse_more_elements, b"[" + b"1," * 9_999 + b"1]", 10_000)
    assert not _refuses(refuse_more_elements, b'["' + b"," * 2_000_000 + b'"]', 10_000)


def _refuses(read, text, most):
    try:
        read(text, most)
    except TooManyElementsError:
        return True
    return False
