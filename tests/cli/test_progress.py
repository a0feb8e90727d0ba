"""What a command says of how far it is."""

from __future__ import annotations

import os
from contextlib import redirect_stderr

import pytest

from app.cli.progress import bar


def test_a_bar_is_drawn_on_the_terminal_and_never_into_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """``kopes ingest FILE > report`` on a terminal: the report has lines alone."""
    reader, terminal = os.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as shown, redirect_stderr(shown), bar("events.ndjson") as advance:
        advance(1250)
    drawn = b""
    while b"1250" not in drawn:  # once the terminal has been read to its end, reading fails
        drawn += os.read(reader, 4096)
    os.close(reader)
    assert b"events.ndjson" in drawn
    assert capsys.readouterr() == ("", "")


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("events.ndjson") as advance:
        advance(1250)
    assert capsys.readouterr() == ("", "")
