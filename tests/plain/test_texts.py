"""What no database or answer can hold is named in one place, and made storable by one rule."""

from __future__ import annotations

import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plain.texts import encodable, has_unstorable, is_blank, isolated, quoted, storable, trimmed, visible

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


BLANKS: Final = {
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "left to right": "\u200e",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "filler": "\u3164",
    "first filler": "\u115f",
    "middle filler": "\u1160",
    "half filler": "\uffa0",
    "empty Braille": "\u2800",
    "combining grapheme joiner": "\u034f",
    "variation selector": "\ufe0f",
    "tag": "\U000e0061",
    "wide space": "\u3000",
    "no-break space": "\u00a0",
    "control character": "\u0001",
    "accent alone": "\u0301",
    "vowel of nothing": "\u17b4",
}


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_what_nobody_sees_is_no_text(blank: str) -> None:
    """However many there are, and beside any space; and nothing that is seen is taken for it."""
    for text in (blank, blank * 3, f" {blank}\t{blank} "):
        assert is_blank(text)
        assert trimmed(text) == ""
    assert not is_blank(f"{blank}a")
    assert "a" in trimmed(f"{blank}a{blank}")


@pytest.mark.parametrize(
    "text", ["a", "-", "ㄱ", "한", "\u1112\u1161\u11ab", "हिन्दी", "ไทย", "7", "€", "e\u0301", "❤\ufe0f", "한 빛"]
)
def test_what_is_seen_stays_as_it_was_written(text: str) -> None:
    """Marks and joiners after a letter are a part of it; only at the ends of a text nothing is looked for."""
    assert not is_blank(text)
    assert trimmed(f"\u200b {text}\u3164\n") == text


@given(ANY | st.text("a\n\r\t\x1b\x7f\x9b\u2028\u202a\u202e\u2066\u2069\ud800한", max_size=12))
def test_what_is_made_visible_moves_no_terminal_and_keeps_what_is_seen(text):
    """On one line, in the order in which it stands; letters, signs and spaces as they were."""
    shown = visible(text)
    assert not any(
        unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}
        or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        for letter in shown
    )
    assert visible(shown) == shown
    assert shown == text or not text.isprintable()


@given(st.text("ab\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", max_size=12))
def test_what_is_isolated_turns_nothing_around_but_itself(text):
    """By the rules of Unicode (UAX 9): behind it the levels are what they were before it."""
    isolates = 0
    for place, letter in enumerate(isolated(text)):
        if letter in "\u2066\u2067\u2068":
            isolates += 1
        elif letter == "\u2069":
            isolates -= 1
            # Only its own end ends the outermost one.
            assert isolates > 0 or place == len(isolated(text)) - 1
        elif letter in "\u202a\u202b\u202d\u202e":
            assert isolates > 0
    assert isolates == 0
    assert "".join(letter for letter in isolated(text) if letter in "ab") == "".join(
        letter for letter in text if letter in "ab"
    )
