"""Of what is wrong in a folder or a file the first of each kind, and how many more there are.

Do not keep all of them: a file of a million rows may be wrong in each, and whoever reads of a hundred knows what to mend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from app.plain.findings import Finding, Level, Place, n_

__all__ = ["FIRST_MAX", "FirstFindings"]

FIRST_MAX: Final = 100
"""So many findings of one kind are kept and told: whoever mends a hundred mends the others in the same way, and a file may have a million."""

_NUMBER: Final = re.compile("[0-9]+")
_Kind = tuple[str, str, str, Level]


class FirstFindings(list[Finding]):
    """Findings as they are met: of each kind (file, field, code) the first :data:`FIRST_MAX`, and how many more there were."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self._met: Final[Counter[_Kind]] = Counter()

    def append(self, finding: Finding) -> None:
        """Keep it, where it is one of the first."""
        kind = _kind_of(finding)
        self._met[kind] += 1
        if self._met[kind] <= FIRST_MAX:
            super().append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Keep those that are among the first."""
        for finding in findings:
            self.append(finding)

    def left_out(self) -> list[Finding]:
        """How many more of a kind there were: one finding for each kind that has more."""
        return [
            Finding(
                code="more",
                message=n_("more findings “%(like)s” like those above: %(more)s"),
                parameters={"more": met - FIRST_MAX, "like": code},
                place=Place(file=file or None, field=field or None),
                level=level,
            )
            for (file, field, code, level), met in self._met.items()
            if met > FIRST_MAX
        ]


def _kind_of(finding: Finding) -> _Kind:
    place = finding.place
    # The entry of a list is no kind of its own.
    return place.file or "", _NUMBER.sub("0", place.field or place.pointer or ""), finding.code, finding.level
