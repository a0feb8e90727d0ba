"""A page of markup as PDF: tagged for screen readers, in the faces of the pages, with nothing fetched from anywhere.

A newcomer's usual mistake is to let the library fetch what the markup names: a picture's address in somebody's text would ask the
server's own network. It may open the two faces, and no other file or address.
"""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any, Final

from app.kit.settings import ROOT

__all__ = ["as_pdf", "open_face", "paper_style"]

_FACES: Final = ROOT / "node_modules" / "pretendard-gov" / "dist" / "public" / "static" / "alternative"
"""In outlines of TrueType: of those of PostScript the library keeps the numbers of glyphs that it leaves out, and a viewer that counts them draws nothing."""
_WEIGHTS: Final = {400: _FACES / "PretendardGOV-Regular.ttf", 600: _FACES / "PretendardGOV-SemiBold.ttf"}
_SHEET: Final = Path(__file__).with_name("paper.css")
_BOOK_SHEET: Final = Path(__file__).with_name("book.css")


def as_pdf(markup: str, *, book: bool = False) -> bytes:
    """A whole document of HTML, with its language and title, as PDF/UA: its tables and headings can be read aloud.

    Args:
        markup: the document.
        book: whether it has a title page and contents with the numbers of their pages.

    Raises:
        FileNotFoundError: the faces are missing; `npm ci` brings them.
    """
    from weasyprint import HTML  # half a second and 40 MB, with the first document

    fonts, style = _printing(book=book)
    document = HTML(string=markup, url_fetcher=open_face)
    pdf: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    return pdf


class _Presses(threading.local):
    """What each thread prints with, by whether it is a book: the library's fonts are not made for two threads at once."""

    def __init__(self) -> None:
        self.ready: dict[bool, tuple[Any, Any]] = {}


_PRESSES: Final = _Presses()


def _printing(*, book: bool) -> tuple[Any, Any]:
    """The faces and the sheet, read once: reading them takes longer than a page of text does."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    if book not in _PRESSES.ready:
        missing = [str(file) for file in _WEIGHTS.values() if not file.is_file()]
        if missing:
            message = f"{', '.join(missing)}: missing; run `npm ci`"
            raise FileNotFoundError(message)
        fonts = FontConfiguration()
        _PRESSES.ready[book] = fonts, CSS(string=paper_style(book=book), url_fetcher=open_face, font_config=fonts)
    return _PRESSES.ready[book]


@functools.cache
def paper_style(*, book: bool = False) -> str:
    """The sheet that papers are printed by, with the faces that it names."""
    faces = "".join(
        f'@font-face {{ font-family: "Pretendard GOV"; font-weight: {weight}; src: url("{file.as_uri()}"); }}\n'
        for weight, file in _WEIGHTS.items()
    )
    return "\n".join((faces, _SHEET.read_text("utf-8"), _BOOK_SHEET.read_text("utf-8") if book else ""))


def open_face(url: str) -> object:
    """A face, for the library.

    Raises:
        FatalURLFetchingError: it is any other address.
    """
    from weasyprint.urls import FatalURLFetchingError, URLFetcher  # loaded by now

    if url not in {file.as_uri() for file in _WEIGHTS.values()}:
        raise FatalURLFetchingError(url)
    return URLFetcher(allowed_protocols={"file"}).fetch(url)
