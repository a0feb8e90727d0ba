"""What a process says of itself, to standard error: a record is one line, and whatever it tells stays on it.

Do not log a path, a name or an error's text as it came: with a line end in it, whoever sends it writes records of their
own. The lines of a traceback are set in, so that none of them looks like a record.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final

__all__ = ["OneLine", "prepare"]

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_BUT_LINES: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _escaped(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode("ascii")


class OneLine(logging.Formatter):
    """Writes a record with every control character escaped."""

    def __init__(self) -> None:
        """Say when, how grave, of what part, and what."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The record's line."""
        return _CONTROL.sub(_escaped, super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """The traceback, set in."""
        return _set_in(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the library's name
        """The stack, set in."""
        return _set_in(super().formatStack(stack_info))


def _set_in(text: str) -> str:
    return "    " + _CONTROL_BUT_LINES.sub(_escaped, text).replace("\n", "\n    ")


def prepare() -> None:
    """Have every logger of the process, the libraries' too, write so."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
