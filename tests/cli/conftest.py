"""The agency of a test's docstring, see ``tests.scenario``; and the command line as a person starts it."""

from __future__ import annotations

import pytest

from tests.conftest import Kopes
from tests.scenario import agency

__all__ = ["agency"]


@pytest.fixture(scope="session")
def kopes(started_kopes: Kopes) -> Kopes:
    """Nothing is read before its turn: here the command line itself is asked."""
    return started_kopes
