"""Exports: the people's workbook and a file of 20,000 activities, against writing the same cells without working anything out."""

from __future__ import annotations

from tests.bench.agency import Agency


def measure(agency: Agency) -> None:
    """To be measured once the exports stand."""
    del agency
