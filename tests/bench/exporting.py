"""Files to take home: people's scorecards and all activities, against writing the same cells without working anything out."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from decimal import Decimal
from typing import BinaryIO, Final

import sqlalchemy as sa
import xlsxwriter
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from app import ledger, scoring
from app.exports import ACTIVITIES, Cell, ExportSheet, as_csv, as_pdf, write_xlsx
from app.exports.pdf_files import open_face, paper_style
from app.kit import clock
from app.ledger import EventFilter
from app.scoring import ScoreQuery
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

ROWS: Final = 100_000
WIDTH: Final = 20
STATEMENTS: Final = 1_300
PRINTED: Final = 65
"""So many are told of, and so many are printed: one is as the other."""
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
    _measure_workbook()
    _measure_statements()


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


def _measure_workbook() -> None:
    """A workbook of people with their figures, against the library's own writing of the same cells by the methods of their kinds."""
    header = tuple(f"column {at}" for at in range(WIDTH))
    rows = [_employee_row(at) for at in range(ROWS)]

    def ours() -> None:
        with tempfile.TemporaryFile() as file:
            write_xlsx(ExportSheet("people", header, rows), file, made_at=clock.now())

    def bare() -> None:
        with tempfile.TemporaryFile() as file:
            _bare_workbook(file, header, rows)

    figures = in_turn(lambda: seconds(ours), lambda: seconds(bare), runs=3)
    tell(f"XLSX of {ROWS} × {WIDTH} ÷ XlsxWriter's bare time (promised: 2)", figures, "s")


def _employee_row(at: int) -> list[Cell]:
    """Texts, whole and other numbers, days and empty cells, as people's files have them."""
    first: list[Cell] = [
        *(f"E{at:06}", f"Kim Minji {at}", "staff", f"unit {at % 90}", "B", None if at % 5 else "outside"),
        *(at % 400, 3_000_000 + at, dt.date(2026, 1, 1) + dt.timedelta(at % 365)),
    ]
    return first + [Decimal(at * more % 10_000).scaleb(-2) for more in range(1, WIDTH - len(first) + 1)]


def _bare_workbook(file: BinaryIO, header: tuple[str, ...], rows: list[list[Cell]]) -> None:
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    day, two = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "0.00"))
    page = book.add_worksheet("people")
    for at, name in enumerate(header):
        page.write_string(0, at, name)
    for line, row in enumerate(rows, 1):
        for at, cell in enumerate(row):
            if isinstance(cell, str):
                page.write_string(line, at, cell)
            elif isinstance(cell, dt.date):
                page.write_datetime(line, at, dt.datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a day has no zone
            elif cell is not None:
                page.write_number(line, at, cell, two if isinstance(cell, Decimal) else None)
    book.close()


def _measure_statements() -> None:
    """Statements of pay as PDF, against the library with the same faces, sheet and tags, which it has read before."""
    papers = [_statement(at) for at in range(PRINTED)]
    fonts = FontConfiguration()
    style = CSS(string=paper_style(), url_fetcher=open_face, font_config=fonts)

    def ours() -> float:
        return seconds(lambda: [as_pdf(paper) for paper in papers]) * STATEMENTS / PRINTED

    def bare() -> float:
        return seconds(lambda: list(map(printed, papers))) * STATEMENTS / PRINTED

    def printed(paper: str) -> bytes:
        pdf: bytes = HTML(string=paper).write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
        return pdf

    name = f"{STATEMENTS} PDF statements ÷ WeasyPrint's bare time (promised: 1.3)"
    tell(name, in_turn(ours, bare, runs=3), "s")


def _statement(at: int) -> str:
    """As `papers/statement.html` writes one."""
    names = ("Run", "Grade", "Monthly base", "Rate", "Days", "Before", "Comes to", "Difference")
    cells = ("1", "A", "3,000,000", "115 %", "365 / 365", "₩0", f"₩{1_000_000 + at:,}", f"₩{1_000_000 + at:,}")
    head = "".join(f'<th scope="col" class="number"><span class="word">{name}</span></th>' for name in names)
    row = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Statement of pay of Kim Minji {at}</title></head>'
        f'<body><h1>Kim Minji {at}</h1><p>Pay of the cycle 2025 · E{at:04}</p><p class="soft">As of 1 December 2026.</p>'
        f'<dl class="figures"><div><dt>Comes to</dt><dd>₩{1_000_000 + at:,}</dd></div></dl><h2>Runs</h2>'
        f"<table><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table></body></html>"
    )


def _written(cards: list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(cards)
    return out.getvalue()
