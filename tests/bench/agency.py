"""What every measure gets."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.demo import DemoReport
from app.kit.database import Database
from app.rules.terms import Role


@dataclass(frozen=True)
class Agency:
    """The demonstration agency in a database."""

    database: Database
    url: str
    report: DemoReport
    logins: dict[Role, tuple[str, str]] = field(default_factory=dict)
    """E-mail and password of the accounts that a measure has opened; an employee has one, so the next measure takes the same."""
