"""What docs/accessibility.md promises: each criterion once, each with its evidence, and every test that it names is there."""

from __future__ import annotations

import re
from typing import Final

from tests.conftest import ROOT

TEXT: Final = (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8")
ROWS: Final = [
    [cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if re.match(r"\| \d", line)
]
CRITERIA: Final = {
    "1.1": (1,),
    "1.2": (1, 2, 3, 4, 5),
    "1.3": (1, 2, 3, 4, 5),
    "1.4": (1, 2, 3, 4, 5, 10, 11, 12, 13),
    "2.1": (1, 2, 4),
    "2.2": (1, 2),
    "2.3": (1,),
    "2.4": (1, 2, 3, 4, 5, 6, 7, 11),
    "2.5": (1, 2, 3, 4, 7, 8),
    "3.1": (1, 2),
    "3.2": (1, 2, 3, 4, 6),
    "3.3": (1, 2, 3, 4, 7, 8),
    "4.1": (2, 3),
}
"""The criteria of levels A and AA in WCAG 2.2, by guideline."""


def test_each_criterion_of_wcag_2_2_aa_has_its_row() -> None:
    """55 of them; 4.1.1 is no longer one."""
    wanted = [f"{guideline}.{number}" for guideline, numbers in CRITERIA.items() for number in numbers]
    assert len(wanted) == 55
    assert [row[0].partition(" ")[0] for row in ROWS] == wanted


def test_each_criterion_has_evidence_or_says_why_it_does_not_apply() -> None:
    for name, _level, how, evidence in ROWS:
        assert evidence != "–" or how.startswith("not applicable: "), name


def test_every_test_that_is_named_is_there() -> None:
    """A table whose tests are gone shows nothing."""
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)
    assert len(named) > 30
    for file, test in named:
        assert (ROOT / file).is_file(), file
        said = rf"^def {test}\(" if test else ""
        assert re.search(said, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), f"{file}::{test}"
