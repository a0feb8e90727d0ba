"""The agency of a test's docstring, see ``tests.scenario``; and the command line as a person starts it."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Kopes, Ran
from tests.scenario import agency

__all__ = ["agency"]


@pytest.fixture(scope="session")
def kopes(kopes: Kopes, started_kopes: Kopes) -> Kopes:
    """Each command is started as a person starts it when it is first run, with nothing read before its turn; after that it is forked."""
    started: set[tuple[object, ...]] = set()

    def run(*arguments: str | Path, **more: Any) -> Ran:
        command = tuple(takewhile(lambda word: isinstance(word, str) and word.isalpha(), arguments[:2]))
        runs = kopes if command in started else started_kopes
        started.add(command)
        return runs(*arguments, **more)

    return run
