"""The lab under another policy ÷ grading the same cycle, each as the command that anybody runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

RUNS = 5
CHANGED = {
    "staff: {unit: 50, own: 50}": "staff: {unit: 40, own: 60}",
    "{grade: S, share: 10, rate: 134}": "{grade: S, share: 13, rate: 140}",
    "{grade: A, share: 15, rate: 115}": "{grade: A, share: 12, rate: 115}",
}
"""Blend, shares and rates: nearly everybody moves."""


def measure(agency: Agency) -> None:
    """What is promised: at most 1.5 (contract-cycle)."""
    text = (Path(agency.report.definitions) / "policies.yaml").read_text(encoding="utf-8")
    for before, after in CHANGED.items():
        assert before in text
        text = text.replace(before, after)
    cycle = ("--cycle", str(agency.report.cycle))
    with tempfile.TemporaryDirectory(prefix="kopes-bench-lab-") as folder:
        policies = Path(folder) / "policies.yaml"
        policies.write_text(text, encoding="utf-8")
        lab = partial(_run, agency, "lab", *cycle, "--policies", str(policies))
        figures = in_turn(lambda: seconds(lab), lambda: seconds(partial(_run, agency, "grade", *cycle)), runs=RUNS)
    tell("lab under another policy ÷ kopes grade (promised: 1.5)", figures, "s")


def _run(agency: Agency, *words: str) -> None:
    environment = os.environ | {"DATABASE_URL": agency.url, "KPI_DEFINITIONS": str(agency.report.definitions)}
    # Grading ends with 1 where the grades break a rule.
    done = subprocess.run(
        [sys.executable, "-m", "app", *words], env=environment, stdout=subprocess.DEVNULL, check=False
    )
    assert done.returncode in {0, 1}, words
