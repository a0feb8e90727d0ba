"""What the walks through the demonstration agency share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test process keeps the demonstration agency as its first ``make run`` has built it; what is there the next ones go on from."""
    return tmp_path_factory.mktemp("built") / "instance"
