"""The desk: a running server with people of an agency signed in to it."""

from __future__ import annotations

import pytest

from tests.contract.desk import Desks, Setting
from tests.web.working import settled

__all__ = ["settled"]


@pytest.fixture(scope="session")
def desks(templates, kopes, ready, tmp_path_factory):
    """Copies of desks, each setting made once a test process."""
    return Desks(templates, kopes, ready, tmp_path_factory.mktemp("desks"))


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Hr and an executive without numbers, and an employee."""
    with desks.copy(engine, Setting(), tmp_path) as made:
        yield made
