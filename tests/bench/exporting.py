"""Files to take home: the people's workbook and table, against writing the same cells without working anything out."""

from __future__ import annotations

import csv
import io

from app import scoring
from app.kit import clock
from app.scoring import Asked
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

COLUMNS = ("node", "own_score", "unit_score", "final_score", "projected_score")


def measure(agency: Agency) -> None:
    """Every scorecard with its exact lines as a table, against writing ready cells."""
    with agency.database.read() as connection:
        asked = Asked(agency.report.cycle, clock.today())

        def worked_out() -> float:
            return seconds(lambda: _written([card.as_json() for card in scoring.scorecards(connection, asked)]))

        ready = [card.as_json() for card in scoring.scorecards(connection, asked)]
        tell(
            "everyone's scorecards as a table",
            in_turn(worked_out, lambda: seconds(lambda: _written(ready)), runs=5),
            "s",
        )


def _written(cards: list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(cards)
    return out.getvalue()
