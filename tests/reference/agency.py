"""An agency with its events: everything that the commands answer, worked out a second way.

See the package's docstring for how it is used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from tests.reference.folder import Folder, read_folder
from tests.reference.grading import Grades, Grading
from tests.reference.ledger import Event, Ledger
from tests.reference.scorecards import LineDecided, Scorecard, Scoring

Decided = Mapping[tuple[str, str], LineDecided]


def accepted_and_rejected(folder: Folder, events: Sequence[Event]) -> list[str]:
    """What becomes of each event, in the order given: "accepted", "duplicate" or "rejected"."""
    return Ledger(folder, events).outcomes


class ReferenceAgency:
    """An agency folder, its definitions and a list of events."""

    def __init__(self, folder: Folder, events: Sequence[Event]) -> None:
        """Take the events in; ``outcomes`` says what became of each."""
        self.folder = folder
        self.ledger = Ledger(folder, events)
        self.outcomes = self.ledger.outcomes

    @classmethod
    def read(cls, agency: Path, definitions: Path, events: Sequence[Event]) -> ReferenceAgency:
        """Read both folders."""
        return cls(read_folder(agency, definitions), events)

    def scoring(
        self, year: int, *, basis: str, as_of: dt.date | None, today: dt.date, decided: Decided | None = None
    ) -> Scoring:
        """The cycle's scoring, for single figures."""
        return Scoring(self.folder, self.ledger, year, basis=basis, as_of=as_of, today=today, decided=decided)

    def scores(
        self,
        year: int,
        *,
        basis: str = "final",
        as_of: dt.date | None = None,
        today: dt.date = dt.date(2026, 11, 24),
        decided: Decided | None = None,
    ) -> list[Scorecard]:
        """As ``kopes score --format json``: a scorecard for every node that the cycle touches."""
        scoring = self.scoring(year, basis=basis, as_of=as_of, today=today, decided=decided)
        return [scoring.scorecard(node) for node in scoring.nodes()]

    def grading(
        self, year: int, decided: Decided | None = None, bonuses: Mapping[str, Fraction] | None = None
    ) -> Grading:
        """The cycle's grading, for single figures."""
        scoring = self.scoring(year, basis="final", as_of=None, today=dt.date(year, 1, 1), decided=decided)
        return Grading(self.folder, scoring, bonuses)

    def grades_employees(
        self, year: int, decided: Decided | None = None, bonuses: Mapping[str, Fraction] | None = None
    ) -> Grades:
        """As ``kopes grade``."""
        return self.grading(year, decided, bonuses).employees()

    def grades_units(self, year: int) -> Grades:
        """As ``kopes grade --of units``."""
        return self.grading(year).units()
