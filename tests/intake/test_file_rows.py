"""A row's past: what every file that was ever loaded said of it, of which no more than its own lines is read."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app import intake
from app.kit.files import Row, Trouble, read_csv_text
from app.kit.refusals import NotThere
from tests.conftest import NewDatabase
from tests.scenario import Agency, Scenario, load, open_agency

SCENARIO = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE staff
"""


@pytest.fixture
def small(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    opened = open_agency(new_database(engine), Scenario.read(SCENARIO), tmp_path)
    yield opened
    opened.database.close()


def test_of_a_long_file_only_the_lines_of_a_key_are_read(small: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no file has it."""
    texts: list[str] = []

    def noted(text: str, **more: Any) -> Iterator[Row | Trouble]:
        texts.append(text)
        return read_csv_text(text, **more)

    monkeypatch.setattr(importlib.import_module("app.intake.file_rows"), "read_csv_text", noted)
    with small.database.read() as connection:
        (version,) = intake.row_history(connection, "scorecards.csv", "2026 employee:E1 deals")
        with pytest.raises(NotThere):
            intake.row_history(connection, "scorecards.csv", "2026 employee:E1 nonsense")
    assert isinstance(version.row, Mapping)
    assert version.row["node"] == "employee:E1"
    whole = (small.folder / "agency" / "scorecards.csv").read_text(encoding="utf-8").count("\n")
    assert [text.count("\n") < whole / 2 for text in texts] == [True, True]


def test_a_row_s_past_is_the_same_whichever_lines_stand_about_it(small: Agency) -> None:
    """Its place is counted among its owner's rows, and a cell may go on in the next line."""
    for rows in (
        "E2,2026,leave,,,x\nE1,2026,leave,2026-01-01,2026-02-01,first\nE1,2026,leave,2026-03-01,2026-04-01,second\n",
        'E1,2026,leave,2026-01-01,2026-02-01,first\nE2,2026,leave,,,"E1\n2026"\nE1,2026,leave,2026-03-01,2026-04-01,"the\nsecond"\n',
    ):
        text = f"employee,cycle,kind,from,to,note\n{rows}"
        (small.folder / "agency" / "status.csv").write_text(text, encoding="utf-8")
        load(small.database, small.folder)
    with small.database.read() as connection:
        versions = intake.row_history(connection, "status.csv", "E1 2026 2")
    assert [one.row["note"] for one in versions if isinstance(one.row, Mapping)] == ["the\nsecond", "second"]
