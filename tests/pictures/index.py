"""The sheet on which all pictures of a walk stand: a role after the other, a page after the other, its states side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

from tests.pictures.walk import Looked

__all__ = ["write_index"]

_STYLE: Final = """
body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem; background: #e6e6e6; color: #111; }
.states { display: flex; flex-wrap: wrap; gap: 1rem; align-items: start; }
figure { margin: 0; }
img { display: block; height: 22rem; max-width: 36rem; object-fit: cover; object-position: top; border: 1px solid #888; background: #fff; }
"""


def write_index(folder: Path, looked: Sequence[Looked]) -> Path:
    """Write ``index.html`` beside the pictures and return where it is."""
    file = folder / "index.html"
    content = "\n".join(_parts(looked))
    file.write_text(
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Pictures of every page</title>\n<style>{_STYLE}</style>\n'
        f"<h1>{len(looked)} pictures</h1>\n{content}\n</html>\n",
        encoding="utf-8",
    )
    return file


def _parts(looked: Sequence[Looked]) -> Iterator[str]:
    in_order = sorted(looked, key=lambda one: (one.state.role, one.state.page))
    for role, of_role in itertools.groupby(in_order, key=lambda one: one.state.role):
        yield f"<h2>{escape(role)}</h2>"
        for page, states in itertools.groupby(of_role, key=lambda one: one.state.page):
            yield f'<h3>{escape(page)}</h3>\n<div class="states">'
            yield from map(_figure, states)
            yield "</div>"


def _figure(one: Looked) -> str:
    state = one.state
    caption = escape(f"{state.language}, {state.theme}, {state.width} px")
    path = escape(one.picture)
    return f'<figure><a href="{path}"><img src="{path}" alt="{escape(str(state))}" loading="lazy"></a><figcaption>{caption}</figcaption></figure>'
