"""A JSON array, counted before memory is taken for its elements: a batch of events."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plain.json_text import NotJsonError, TooManyElementsError, element_texts, is_dense, refuse_more_elements
from app.rules.ordinary import each_of

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(_VALUES, max_size=12), st.integers(1, 12), st.sampled_from([None, 2]))
def test_an_array_is_refused_by_how_many_elements_it_has(values, most, indent):
    """By signs alone, and by the compiled decoder, alike; commas inside the elements count for nothing."""
    text = json.dumps(values, indent=indent).encode()
    too_many = len(values) > most
    assert _refuses(refuse_more_elements, text, most) == too_many
    assert _refuses(lambda body, limit: each_of(body, most=limit), text, most) == too_many


@given(st.lists(_VALUES, max_size=8), st.sampled_from([None, 2]), st.booleans())
def test_the_elements_are_told_apart_as_they_stand(values, indent, ascii_alone):
    """Brackets, commas and quotation marks within texts tell nothing apart."""
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_alone).encode(errors="surrogatepass")
    assert [json.loads(one) for one in element_texts(text) or []] == values


@pytest.mark.parametrize("text", [b"", b"1", b'"[1]"', b'{"a":[1]}', b"x[1]"])
def test_what_is_no_array_has_no_elements(text):
    """Whatever stands in it."""
    assert element_texts(text) is None


@pytest.mark.parametrize("text", [b"[1", b"[[1]", b"[1]]", b"[1] 2", b"[1][2]", b'["\xff"]'])
def test_an_array_that_does_not_end_once_is_no_json(text):
    """Nor one that is no UTF-8."""
    with pytest.raises(NotJsonError):
        element_texts(text)


def test_a_long_array_of_ones_is_not_read():
    """Nor one that would be no JSON further on: it is counted up to one too many. An array of events is not dense."""
    assert is_dense(b"[" + b"1," * 2_000_000, 10_000)
    assert not is_dense(
        b"[" + b'{"type": "kopes.export_consult", "source": "/crm/vienna", "id": "C-100"},' * 20_000, 10_000
    )
    assert _refuses(refuse_more_elements, b"[" + b"1," * 2_000_000, 10_000)
    assert not _refuses(refuse_more_elements, b"[" + b"1," * 9_999 + b"1]", 10_000)
    assert not _refuses(refuse_more_elements, b'["' + b"," * 2_000_000 + b'"]', 10_000)


def _refuses(read, text, most):
    try:
        read(text, most)
    except TooManyElementsError:
        return True
    return False
