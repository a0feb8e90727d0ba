"""Running two things in turn, and telling the ratio as a JSON line."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

RUNS = 7


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes, in seconds of the wall clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(
    work: Callable[[], float], baseline: Callable[[], float], *, runs: int = RUNS
) -> tuple[float, float, float]:
    """The medians of both and of the ratios pair by pair, after one run of each that is not counted.

    Args:
        work: measures once and returns its figure.
        baseline: the same for what it is held against.
        runs: how many pairs.
    """
    work()
    baseline()
    pairs = [(work(), baseline()) for _ in range(runs)]
    return (
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


def tell(name: str, figures: tuple[float, float, float], unit: str) -> None:
    """Print a figure, its baseline and their ratio as a line of JSON."""
    value, baseline, ratio = figures
    print(
        json.dumps(
            {
                "name": name,
                "value": round(value, 6),
                "baseline": round(baseline, 6),
                "ratio": round(ratio, 4),
                "unit": unit,
            }
        ),
        flush=True,
    )
