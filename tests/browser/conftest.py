"""What the tests in a browser share."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.person import Person

# What the steps of a year hold is told as in a test.
pytest.register_assert_rewrite("tests.browser.year_closing")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demonstration agency is kept as a first ``make run`` has built it: one place for all test processes, who enter it :func:`alone`."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return shared / "built" / "instance"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have a folder for oneself: whoever comes second finds what the first has made there."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def come(browser: Browser) -> Iterator[Callable[..., Person]]:
    """``come(url, "dana", password)``: somebody who has signed in, at a browser of their own; ``width=390``: on a phone."""
    opened = []

    def enter(url: str, name: str, password: str, width: int = 1440, *, keeps: bool = False) -> Person:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        opened.append(context)
        person = Person(context.new_page(), url)
        person.sign_in(name, password, keeps=keeps)
        return person

    yield enter
    for context in opened:
        context.close()


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
