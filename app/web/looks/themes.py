"""The tokens' sheet as browsers read it: each theme written out from the one place where its values stand.

A newcomer's usual mistake is to look for ``@theme`` in CSS: it is ours, and so is ``var(--krds-…)``, which stands for a value of the
package ``krds-uiux`` and is filled in here, so that a page sends those alone that are used.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

__all__ = ["written_out"]

_THEME: Final = re.compile(r"@theme (\w+) \{\n(.*?)\n\}\n", re.DOTALL)
_DECLARATION: Final = re.compile(r"(--krds-[\w-]+):\s*([^;]+);")
_REFERENCE: Final = re.compile(r"var\((--krds-[\w-]+)\)")
_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)rem")

_WANTED_BY_THE_SYSTEM: Final = {"dark": "(prefers-color-scheme: dark)", "contrast": "(prefers-contrast: more)"}
"""In order: whoever wants the dark and more contrast is given the contrast."""

_REM: Final = Decimal("0.625")
"""KRDS counts on a root of 10 px; ours is the 16 px that a browser has, so that a reader's own size is kept."""


def written_out(sheet: str, krds: str) -> str:
    """The tokens' sheet with KRDS' values filled in and each ``@theme`` as the rules that put it on a screen.

    Args:
        sheet: ``static/tokens.css``.
        krds: the package's own sheet of tokens.

    Raises:
        KeyError: a value of KRDS' that the package does not have, or a theme that nothing is known of.
    """
    values = dict(_DECLARATION.findall(krds))

    def own(reference: re.Match[str]) -> str:
        return _REFERENCE.sub(own, values[reference[1]].strip())

    def ours(reference: re.Match[str]) -> str:
        return _LENGTH.sub(lambda length: f"{(Decimal(length[1]) * _REM).normalize():f}rem", own(reference))

    return _THEME.sub(_rules, _REFERENCE.sub(ours, sheet))


def _rules(theme: re.Match[str]) -> str:
    name, declarations = theme.groups()
    rules = (
        (f"screen and {_WANTED_BY_THE_SYSTEM[name]}", ':root[data-theme="system"]'),
        ("screen", f':root[data-theme="{name}"]'),
    )
    return "".join(f"@media {medium} {{ {root} {{\n{declarations}\n}} }}\n" for medium, root in rules)
