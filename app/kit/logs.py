"""What a process says of itself, to standard error: a record is one line, and whatever it tells stays on it.

Do not log a path, a name or an error's text as it came: with a line end in it, whoever sends it writes records of their
own. The lines of a traceback are set in, so that none of them looks like a record.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from app.plain.texts import visible

__all__ = ["OneLine", "prepare"]


class OneLine(logging.Formatter):
    """Writes a record with every control character escaped."""

    def __init__(self) -> None:
        """Say when, how grave, of what part, and what."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The record's line."""
        return visible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """The traceback, set in."""
        return _set_in(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the library's name
        """The stack, set in."""
        return _set_in(super().formatStack(stack_info))


def _set_in(text: str) -> str:
    return "\n".join(f"    {visible(line)}" for line in text.split("\n"))


def prepare() -> None:
    """Have every logger of the process, the libraries' too, write so."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
