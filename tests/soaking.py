"""How long the random tests go on: ``make test`` tries a few examples and agencies, ``make soak`` many more, among them ones never tried before."""

from __future__ import annotations

import os
import random
from typing import Final

__all__ = ["TIMES", "examples", "seeds"]

TIMES: Final = int(os.environ.get("SOAK", "1"))
"""How many times what a plain run tries."""


def examples(count: int) -> int:
    """So many of hypothesis' examples in a plain run."""
    return count * TIMES


def seeds(*known: int) -> list[int]:
    """The agencies of a plain run; in a long one so many times more, new ones in each run.

    They are drawn from ``SOAK_SEED``, which every test process has to know alike.
    """
    draw = random.Random(int(os.environ.get("SOAK_SEED", "0")))
    return [*known, *(draw.randrange(1_000, 1_000_000) for _ in range(len(known) * (TIMES - 1)))]
