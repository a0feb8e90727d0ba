"""What commands print: the one way to a terminal, which no name, id or file name can take over.

A text may hold whatever its sender liked, and a terminal obeys some of it: lines of its own, colours, another title, letters the other way round.
Do not call ``click.echo``: a line that is for people goes through :func:`say`, and what programs read is written as the contract has it.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Final

import click

from app.plain.texts import visible

__all__ = ["say", "write_json"]

_NOT_FOR_TERMINALS: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What JSON may hold as it is and a terminal had better not."""


def say(text: object, *, err: bool = False) -> None:
    """Print one line for people; what would move the terminal stands escaped in it.

    Args:
        text: the line.
        err: on standard error.
    """
    click.echo(visible(str(text)), err=err)


def write_json(value: object) -> None:
    """Write a value as JSON: the same value to every reader, with nothing in it that a terminal obeys."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    sys.stdout.write(_NOT_FOR_TERMINALS.sub(lambda letter: f"\\u{ord(letter[0]):04x}", text) + "\n")
