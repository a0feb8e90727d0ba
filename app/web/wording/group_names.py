"""What people call the evaluation groups: as the policy names them, else in words of ours for those that the rules make, else as the files do.

Do not show a group's code: it is what files, API and addresses compare by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from flask_babel import gettext

from app.plain.findings import n_
from app.rules.policies import Policies
from app.rules.standings import AGENCY, HEADS, OTHERS
from app.web.wording.kept import reader_of_page

__all__ = ["group_families", "group_namer"]

_TWO_PARTS: Final = re.compile(r"(?P<of>[^()]+?)\s*\((?P<size>[^()]+)\)")
"""A name such as "Growing markets (large)"."""

_MADE: Final[Mapping[str, str]] = {
    HEADS: n_("Heads"),
    OTHERS: n_("Groups too small to stand alone"),
    AGENCY: n_("Agency"),
}


def group_namer(policies: Policies) -> Callable[[str], str]:
    """What writes a group's code as the reader's word for it."""
    names, language = policies.groups.names, reader_of_page()[0]

    def name(group: str) -> str:
        if group in names:
            return names[group].in_language(language)
        return str(gettext(_MADE[group])) if group in _MADE else group

    return name


def group_families(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What several groups have in common by their names, and those groups: "Growing markets (large)" is one of the growing ones, and a large one.

    Args:
        names: of the groups by code, in the reader's language.
    """
    families: dict[str, list[str]] = {}
    for code, name in names.items():
        parts = _TWO_PARTS.fullmatch(name)
        for word in () if parts is None else (parts["of"], parts["size"]):
            families.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in sorted(families.items()) if 1 < len(codes) < len(names)}
