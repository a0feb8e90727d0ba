"""Whole files of figures: a module for each, whose rows come from the read model of the page that offers it.

Owns what a file looks like. Promises that a file is whole or an error, that its count and checksum show a cut, that numbers are numbers
and no text runs as a formula. It never decides who may have one, and computes no figure.
"""

from collections.abc import Mapping
from typing import Any, Final

from app.exports import grades, people
from app.exports.as_csv import as_csv
from app.exports.as_xlsx import as_xlsx
from app.exports.table import Cell, Column, Export, Sheet

__all__ = ["EXPORTS", "Cell", "Column", "Export", "Sheet", "as_csv", "as_xlsx"]

EXPORTS: Final[Mapping[str, Export[Any]]] = {one.name: one for one in (people.EXPORT, grades.EMPLOYEES, grades.UNITS)}
"""Every kind of file there is, by its name."""
