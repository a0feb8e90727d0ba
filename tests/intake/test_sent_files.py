"""Files that somebody sends to a change set: how much they may hold, and how long they may take."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from app.intake import sent_files
from app.kit.refusals import Invalid, TooLarge

COLUMNS = ("number", "name", "email", "rank", "job", "monthly_base", "hired_on", "left_on")


def workbook(lines: int) -> bytes:
    """A workbook of so many employees."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for at in range(1, lines + 1):
            sheet.write_row(at, 0, (f"E{at}", "Somebody", "", "G5", "staff", "3000000", "2000-01-01", ""))
    return out.getvalue()


def test_a_workbook_of_more_values_than_a_request_may_have_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted row by row as they come: what is beyond is never in memory."""
    columns = len(sent_files.columns_of("employees.csv"))
    monkeypatch.setattr(sent_files, "VALUES_MAX", 10 * columns)
    assert len(sent_files.rows_of_xlsx("employees.csv", workbook(10)).rows) == 10
    with pytest.raises(TooLarge):
        sent_files.rows_of_xlsx("employees.csv", workbook(11))


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sender hears why, and what to do instead."""
    monkeypatch.setattr(sent_files, "SECONDS_MAX", 0.01)
    with pytest.raises(Invalid) as refused:
        sent_files.rows_of_xlsx("employees.csv", workbook(5_000))
    assert [one.code for one in refused.value.findings] == ["slow_workbook"]


def test_a_pasted_row_keeps_what_its_columns_do_not_say() -> None:
    """Whoever pastes numbers and names alone erases no base; of somebody new the rest is empty. Headings may be those of a workbook of ours."""
    present = {("E1",): dict(zip(COLUMNS, ("E1", "Alba", "", "G5", "staff", "3000000", "2015-01-01", ""), strict=True))}
    pasted = "사번\tName\nE1\tAlba Kim\nE2\tBoram\n"
    known, new = sent_files.rows_pasted("employees.csv", pasted, present=present, headings={"사번": "number"})
    assert known == present[("E1",)] | {"name": "Alba Kim"}
    assert new == dict.fromkeys(COLUMNS, "") | {"number": "E2", "name": "Boram"}


def test_pasted_rows_are_bounded_before_they_are_filled_up() -> None:
    """Each line is as wide as the first one: few letters would be very many values."""
    with pytest.raises(TooLarge):
        sent_files.rows_pasted("employees.csv", "number" + "," * 2_000 + "\n" + "a\n" * 600, present={})


def test_a_pasted_cell_that_is_too_long_is_told() -> None:
    """As in a file that is sent."""
    with pytest.raises(Invalid) as refused:
        sent_files.rows_pasted("employees.csv", f'number,name\nE1,"{"x" * 200_000}"\n', present={})
    assert [one.code for one in refused.value.findings] == ["field_too_long"]
