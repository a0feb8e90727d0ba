"""What the tests in a browser share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test process keeps the demonstration agency as its first ``make run`` has built it; what is there the next ones go on from."""
    return tmp_path_factory.mktemp("built") / "instance"


@pytest.fixture(autouse=True)
def _nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what a test has opened for itself: its pages would look for a server that is there no more until the last test."""
    browser: Browser | None = request.getfixturevalue("browser") if "browser" in request.fixturenames else None
    before = [*browser.contexts] if browser is not None else []
    yield
    if browser is not None:
        for context in browser.contexts:
            if context not in before:
                context.close()
