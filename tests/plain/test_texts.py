"""What no database or answer can hold is named in one place, and made storable by one rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.plain.texts import encodable, has_unstorable, quoted, storable

ANY = st.text(st.characters(codec=None), max_size=80) | st.text("a\0\ud800\udfffé", max_size=8)


@given(ANY)
def test_what_is_made_storable_is_and_nothing_else_is_changed(text):
    """PostgreSQL takes no NUL, UTF-8 no half character."""
    kept = storable(text)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert not has_unstorable(kept)
    assert (kept == text) is not has_unstorable(text)
    assert len(kept) == len(text)


@given(ANY)
def test_what_is_quoted_fits_on_a_line_and_what_is_sent_into_utf8(text):
    assert quoted(text).isprintable()
    assert len(quoted(text, 10)) <= 11 * 10
    assert encodable(text).encode().decode() == encodable(text)
