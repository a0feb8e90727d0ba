"""Scoring all nodes: at most 20 × a numpy pass over the same lines from totals already read; reading them included, under half a second.

And figures as of past days: what laying out a daybook takes, and a look into it, against the database's fold of one day.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

import numpy as np
from sqlalchemy import Connection

from app import ledger, scoring
from app.kit import clock
from app.scoring import ScoreQuery, Selection
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

REPEATS = 20


def measure(agency: Agency) -> None:
    """From totals already read, and with reading them."""
    with agency.database.read() as connection:
        asked = ScoreQuery(agency.report.cycle, clock.now().date())
        selection = scoring.state(connection).plan(asked.cycle).everything()
        figures = scoring.read_figures(connection, selection, asked)
        scored = scoring.score_figures(selection, figures, asked)
        lines = len(selection.worked)
        nodes = len(selection.nodes)
        low, span = np.zeros(lines), np.full(lines, 3.0)
        weight = np.full(lines, 0.2)
        at_node = np.arange(lines) % nodes
        totals = np.nan_to_num(scored.actual.value)
        place = np.random.default_rng(1).permutation(lines)

        def score() -> float:
            return seconds(lambda: [scoring.score_figures(selection, figures, asked) for _ in range(REPEATS)]) / REPEATS

        def numpy_pass() -> np.ndarray:
            """Fetch each line's actual, put it to the one formula, add the points up by node."""
            score = np.clip(20 + 80 * (totals[place] - low) / span, 20, 100)
            return np.bincount(at_node, weights=score * weight, minlength=nodes)

        def simple_pass() -> float:
            return seconds(lambda: [numpy_pass() for _ in range(REPEATS)]) / REPEATS

        def with_reading() -> float:
            return seconds(lambda: scoring.scores(connection, asked))

        tell(f"score {len(selection.nodes)} nodes, {lines} lines, totals read", in_turn(score, simple_pass), "s")
        tell("score all nodes, reading included (promised: 0.5 s)", in_turn(with_reading, lambda: 0.5), "s")
        _measure_past_days(connection, selection)


def _measure_past_days(connection: Connection, selection: Selection) -> None:
    """A daybook against one fold of the day before yesterday."""
    plan, day = selection.plan, clock.now().date() - dt.timedelta(days=2)
    lay_out = partial(ledger.open_daybook, connection, plan.frame, cycle=plan.cycle)
    fold = partial(ledger.figures_as_of, connection, plan.frame, cycle=plan.cycle, nodes=selection.sources, as_of=day)
    daybook = lay_out()
    for name, work in (
        ("a daybook laid out", lay_out),
        (
            "everyone's figures as of a day looked up in it",
            partial(daybook.figures, plan.frame, selection.sources, day),
        ),
    ):
        tell(f"{name} ÷ the fold of a day", in_turn(partial(seconds, work), partial(seconds, fold), runs=3), "s")
