"""What is written about the agency folder is what is read."""

from __future__ import annotations

import re

from app.intake import FOLDER_FILES
from app.kit.settings import ROOT

_ROW = re.compile(r"^\| `(\w+)\.csv` \| ([^|(]+?)(?: \(([^)]*)\))? \|$", re.MULTILINE)


def test_the_table_of_files_has_every_file_and_column() -> None:
    """In the order of the contract, and which columns may be left out."""
    text = (ROOT / "docs" / "agency-folder.md").read_text(encoding="utf-8")
    written = [
        (name, tuple(columns.split(", ")), tuple(optional.split(", ")) if optional else ())
        for name, columns, optional in _ROW.findall(text)
    ]
    assert written == [(name, columns.required, columns.optional) for name, columns in FOLDER_FILES.items()]
