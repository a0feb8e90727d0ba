"""The agency of a test's docstring; see ``tests.scenario``."""

from __future__ import annotations

from tests.scenario import agency

__all__ = ["agency"]
