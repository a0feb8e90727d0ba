"""What every measure gets."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo import DemoReport
from app.kit.database import Database


@dataclass(frozen=True)
class Agency:
    """The demonstration agency in a database."""

    database: Database
    url: str
    report: DemoReport
