"""What would lift a scorecard is exact: at the step the band is reached, one step before it is not, by a calculation that shares no code with ours."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from app import scoring
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.rollup import published
from app.rules.terms import Basis
from app.scoring import Lift, Lifting, ScoreQuery
from tests.reference.agency import ReferenceAgency
from tests.reference.moved import MovedScores
from tests.reference.random_agency import CYCLE, read_events
from tests.scoring.taken_in import TODAY, take_in


def after(reference: MovedScores, shown: Lifting, lift: Lift, *, grains: int) -> Decimal:
    """The published score with the lift's actual so many grains beyond what it says."""
    assert shown.aim is not None
    grain = Fraction(-lift.better if shown.aim.falls else lift.better, 10**lift.places)
    return reference.after(
        str(shown.node),
        (str(shown.node), lift.kpi),
        lift.version.measure.aggregate,
        step=lift.step,
        reached=lift.reached,
        beyond=grain * grains,
    )


QUERIES = (
    ScoreQuery(CYCLE, TODAY),
    ScoreQuery(CYCLE, TODAY, basis=Basis.PROVISIONAL),
    ScoreQuery(CYCLE, TODAY, as_of=dt.date(CYCLE, 2, 15)),
    ScoreQuery(CYCLE, dt.date(CYCLE, 12, 31)),
)


@pytest.mark.parametrize("seed", [2, 7])
def test_at_the_step_the_band_is_reached_and_one_step_before_it_is_not(tmp_path: Path, seed: int) -> None:
    """Of everybody's every line: while the year is projected, before it can be, and once it is over; also what a line at its best comes to."""
    url = f"sqlite:///{tmp_path / 'one.sqlite'}"
    migrate(url)
    database = Database(url)
    take_in(database, tmp_path, seed=seed)
    agency = ReferenceAgency.read(
        tmp_path / "agency", tmp_path / "definitions", read_events(tmp_path / "events.ndjson")
    )
    counted = {True: 0, False: 0}
    for asked in QUERIES:
        with database.read() as connection:
            loaded = scoring.state(connection)
            shown = [
                scoring.lifting(connection, loaded=loaded, node=node, asked=asked) for node in loaded.plan(CYCLE).nodes
            ]
        for card in shown:
            if card.aim is None:
                continue
            reference = MovedScores(
                agency,
                CYCLE,
                today=asked.today,
                projects=card.projects,
                basis=str(asked.basis),
                as_of=asked.as_of,
            )
            assert reference.final(str(card.node), {}) == published(card.leads.final), (asked, card.node)
            for lift in card.lifts:
                if lift.version.measure.aggregate == "rating":
                    continue
                there = after(reference, card, lift, grains=0)
                assert there == lift.final, (asked, card.node, lift)
                is_there = (there < card.aim.least) if card.aim.falls else (there >= card.aim.least)
                assert is_there == (lift.step is not None), (asked, card.node, lift)
                if lift.step is not None:
                    before = after(reference, card, lift, grains=-1)
                    assert (before < card.aim.least) != card.aim.falls, (asked, card.node, lift)
                counted[lift.step is not None] += 1
    database.close()
    assert min(counted.values()) > 20, counted
