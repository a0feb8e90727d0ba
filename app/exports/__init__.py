"""Whole files of figures: a module for each, whose rows come from the read model of the page that offers it.

Owns what a file looks like. Promises that a file is whole or an error, that its count and checksum show a cut, that numbers are numbers
and no text runs as a formula. It never decides who may have one, and computes no figure.
"""

from app.exports.activities import EXPORT as ACTIVITIES
from app.exports.activities import OF_LEDGER as LEDGER_ACTIVITIES
from app.exports.activities import with_figures_named
from app.exports.board import NamedStanding, board_export
from app.exports.business import business_export, business_table
from app.exports.csv_files import as_csv
from app.exports.folder_rows import folder_rows_xlsx
from app.exports.goals import goals_export
from app.exports.grades import (
    NamedEmployeeGrade,
    NamedUnitGrade,
    employee_grades_export,
    unit_grades_export,
)
from app.exports.holders import holders_export
from app.exports.pay import pay_run_file
from app.exports.pay_totals import NamedPaySum, pay_totals_export
from app.exports.pdf_files import as_pdf
from app.exports.people import NamedPerson, people_export
from app.exports.promotion import NamedMeasure, NamedPromotion, promotion_export
from app.exports.results import NamedMove, NamedResult, NamedReview, results_export
from app.exports.scorecard import ScorecardRow, scorecard_export, scorecard_rows
from app.exports.table import WON, Cell, Column, Export, ExportSheet, FileWords, harmless
from app.exports.xlsx_files import refuse_more_than_a_workbook_holds, write_xlsx

__all__ = [
    "ACTIVITIES",
    "LEDGER_ACTIVITIES",
    "WON",
    "Cell",
    "Column",
    "Export",
    "ExportSheet",
    "FileWords",
    "NamedEmployeeGrade",
    "NamedMeasure",
    "NamedMove",
    "NamedPaySum",
    "NamedPerson",
    "NamedPromotion",
    "NamedResult",
    "NamedReview",
    "NamedStanding",
    "NamedUnitGrade",
    "ScorecardRow",
    "as_csv",
    "as_pdf",
    "board_export",
    "business_export",
    "business_table",
    "employee_grades_export",
    "folder_rows_xlsx",
    "goals_export",
    "harmless",
    "holders_export",
    "pay_run_file",
    "pay_totals_export",
    "people_export",
    "promotion_export",
    "refuse_more_than_a_workbook_holds",
    "results_export",
    "scorecard_export",
    "scorecard_rows",
    "unit_grades_export",
    "with_figures_named",
    "write_xlsx",
]
