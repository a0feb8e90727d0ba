"""The desk: a running server with people of an agency signed in to it."""

from __future__ import annotations

import pytest

from tests.contract.desk import AGENCY, Desk
from tests.scenario import Scenario


@pytest.fixture
def desk(database_url, kopes, serve, tmp_path):
    """Hr and an executive without numbers, hr and an executive of the agency, and an employee."""
    Scenario.read(AGENCY).write(tmp_path)
    where = {"database": database_url, "definitions": tmp_path / "definitions"}
    kopes("load", tmp_path / "agency", **where)
    made = Desk(serve(database_url, definitions=tmp_path / "definitions"), kopes, where)
    made.person("dana", "--role", "hr")
    made.person("ferran", "--role", "executive")
    made.person("alba", "--role", "employee", "--employee", "E1")
    yield made
    for client in made.clients:
        client.close()
