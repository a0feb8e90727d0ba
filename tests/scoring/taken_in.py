"""Random agencies, taken in through the application's own doors: what tests of scoring's reads stand on.

Do not choose the seed with care. Any seed will do, and the one that fails is the agency's name.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from app import intake
from app.kit.database import Database
from app.rules.permissions import Deed
from tests.reference.random_agency import random_agency

__all__ = ["NOW", "TODAY", "take_in"]

NOW: Final = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
TODAY: Final = NOW.date()


def take_in(database: Database, folder: Path, *, seed: int, events: int = 150) -> None:
    """Load the random agency of a seed and record its events; what is malformed in it is refused, as it should be."""
    random_agency(seed, people=10, units=7, events=events, folder=folder)
    database.writing(
        Deed.LOAD_FOLDER,
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=NOW, by="test"
        ),
    )
    lines = (folder / "events.ndjson").read_text(encoding="utf-8").split("\n")
    arrivals = [intake.arrival_of_text(line) for line in lines if line]
    database.writing(
        Deed.INGEST,
        lambda connection: intake.take_in(connection, arrivals, at=NOW, door="ingest", sender="test"),
    )
