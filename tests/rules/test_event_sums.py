"""The one form that each event is summed in (contract-cycle, 3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.rules.event_sums import event_form

_EXACT = 2**53 - 1
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-_EXACT, _EXACT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(value=_VALUES, escaped=st.booleans(), indent=st.sampled_from([None, 2]))
def test_the_form_is_that_of_rfc_8785_however_the_event_is_written(
    value: Any, escaped: bool, indent: int | None
) -> None:
    """Most events go a shorter way, on which the form must be the same: letters of every plane as names, numbers of every kind."""
    written = json.dumps(value, ensure_ascii=escaped, indent=indent)
    assert event_form(written) == rfc8785.dumps(json.loads(written))


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ('{"b": 1, "a": -0}', b'{"a":0,"b":1}'),
        ('{"a": 1.50, "b": 1e3}', b'{"a":1.5,"b":1000}'),
        ("[9007199254740993, 9007199254740992]", b"[9007199254740992,9007199254740992]"),
        # UTF-16 has what lies beyond its first plane before the last letters of that.
        ('{"\uff21": 1, "\U0001f600": 2}', '{"\U0001f600":2,"\uff21":1}'.encode()),
        (r'{"\uff21": 1, "\ud83d\ude00": 2}', '{"\U0001f600":2,"\uff21":1}'.encode()),
    ],
)
def test_what_javascript_writes_in_its_own_way_is_written_so(written: str, form: bytes) -> None:
    """Numbers with a point, those beyond what is exact, and names that are sorted otherwise than by their letters' numbers."""
    assert event_form(written) == form
