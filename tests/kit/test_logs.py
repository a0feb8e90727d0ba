"""A record of the log is one line, whatever is in it."""

from __future__ import annotations

import logging

from hypothesis import given
from hypothesis import strategies as st

from app.kit.logs import OneLine


def _written(message: str, *arguments: object, error: BaseException | None = None) -> list[str]:
    info = None if error is None else (type(error), error, None)
    record = logging.LogRecord("kopes.web", logging.ERROR, "x.py", 1, message, arguments, info)
    return OneLine().format(record).splitlines()


@given(st.text())
def test_no_text_writes_a_line_of_its_own(text: str) -> None:
    """A path, a hook's name, an error's words: whoever sends a line end writes no record (control characters are escaped)."""
    lines = _written("%s %s", "GET", text)
    assert len(lines) == 1
    assert lines[0].isascii() or lines[0].encode()
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in lines[0])


@given(st.text())
def test_a_traceback_is_set_in(text: str) -> None:
    """Its last line is the error's own words, in which anything may stand."""
    first, *rest = _written("broken", error=ValueError(text))
    assert first.endswith("ERROR kopes.web: broken")
    assert all(line.startswith("    ") for line in rest)
