"""Files to take home: people's scorecards and all activities, against writing the same cells without working anything out."""

from __future__ import annotations

import csv
import io

import sqlalchemy as sa

from app import ledger, scoring
from app.exports import ACTIVITIES, as_csv
from app.kit import clock
from app.ledger import EventFilter
from app.scoring import ScoreQuery
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

COLUMNS = ("node", "own_score", "unit_score", "final_score", "projected_score")


def measure(agency: Agency) -> None:
    """Every scorecard with its exact lines as a table, against writing ready cells."""
    with agency.database.read() as connection:
        asked = ScoreQuery(agency.report.cycle, clock.now().date())

        def worked_out() -> float:
            return seconds(lambda: _written([card.as_json() for card in scoring.scorecards(connection, asked)]))

        ready = [card.as_json() for card in scoring.scorecards(connection, asked)]
        tell(
            "everyone's scorecards as a table",
            in_turn(worked_out, lambda: seconds(lambda: _written(ready)), runs=5),
            "s",
        )

    _measure_activities(agency)


def _measure_activities(agency: Agency) -> None:
    """Rows a second of the file of all activities, against a plain writer on the same rows of the same server-side cursor.

    The plain one knows neither shares nor verdicts, converts nothing, neutralises nothing and has no checksum.
    """
    activity, event = ledger.tables.activity, ledger.tables.event
    plain = (
        sa.select(activity, event.c.source, event.c.id, event.c.time)
        .join(event, event.c.seq == activity.c.seq)
        .order_by(event.c.instant, event.c.source, event.c.id)
    )

    def whole() -> float:
        with agency.database.read() as connection:
            frame = scoring.state(connection).frame

            def write() -> None:
                found = ledger.activities_found(connection, frame, only=EventFilter())
                for _ in as_csv(ACTIVITIES.sheet(found.rows)):
                    pass

            return count / seconds(write)

    def bare() -> float:
        with agency.database.read() as connection:

            def write() -> None:
                for block in connection.execute(plain, execution_options={"yield_per": 1000}).partitions():
                    csv.writer(io.StringIO()).writerows(block)

            return count / seconds(write)

    with agency.database.read() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(activity)) or 0
    tell(f"the file of all {count} activities, rows a second", in_turn(whole, bare, runs=5), "rows/s")


def _written(cards: list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(cards)
    return out.getvalue()
