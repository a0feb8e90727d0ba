"""What a cycle came to, in the one form that is summed: equal figures have equal sums on either database and in any later version (contract-cycle, 8)."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from app import ledger, scoring
from app.cycle.grading.grades import employee_proposal, unit_proposal
from app.kit.kept import LruCache
from app.rules.grading import EmployeeProposal, UnitProposal, members
from app.scoring import ScoreQuery, Scores, State

__all__ = ["RULES_VERSION", "CycleResults", "result_differences", "results_of"]

RULES_VERSION: Final = 1
"""By which rules results are worked out: written into every snapshot.

Raise it in a release that makes another figure of the same pins: another method, rounding, order among equals, a member of the document more or less, or
another way to write one. What was locked by an earlier one is recomputed by that one's rules, which stay.
"""


@dataclass(frozen=True)
class CycleResults:
    """What everyone came to.

    Attributes:
        told: the final score and the proposed grade of every node that is listed.
    """

    told: Mapping[tuple[str, str], object]
    _scored: Scores
    _people: EmployeeProposal
    _units: UnitProposal

    @functools.cached_property
    def document(self) -> Mapping[str, Any]:
        """Employees, units and scorecards, each by node, figures as texts: all that is summed, which takes several times as long as what is told."""
        cards = sorted(scoring.make_scorecards(self._scored), key=lambda card: str(card.node))
        return {
            "employees": [_plain(members(row)) for row in sorted(self._people.rows, key=lambda row: row.employee)],
            "units": [_plain(members(row)) for row in sorted(self._units.rows, key=lambda row: row.unit)],
            "scorecards": [_plain(_without_day(card.as_json())) for card in cards],
        }

    @functools.cached_property
    def text(self) -> str:
        """The document in its RFC 8785 form: one text for equal documents.

        Of texts and whole numbers, under names in ASCII, any compact writer that sorts the names makes that form.
        """
        return orjson.dumps(self.document, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER).decode()

    @functools.cached_property
    def sha256(self) -> str:
        """The sum over that text, as 64 hexadecimal digits; asked for beforehand by whoever lets others wait."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def results_of(connection: Connection, loaded: State, asked: ScoreQuery) -> CycleResults:
    """What a cycle comes to by a state.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided, or was at a cut.
        asked: the cycle; final figures, whatever the day is.

    Queries: 1, and those of :func:`app.scoring.scores` where something has come since.
    """
    plan = loaded.plan(asked.cycle)
    with plan.frame.reading(connection) as source:
        key = str(source.engine.url), loaded.sheet.token, plan.sheet.token, asked.cycle, ledger.event_set(source)
    return _KEPT.get_or_make(key, lambda: _worked_out(connection, loaded, asked))


_KEPT: Final[LruCache[CycleResults]] = LruCache(2)
"""Whoever proposes or agrees has looked before others had to wait: what is asked again meanwhile is mostly the same."""


def _worked_out(connection: Connection, loaded: State, asked: ScoreQuery) -> CycleResults:
    scored = scoring.scores(connection, asked, loaded=loaded)
    people, units = employee_proposal(scored), unit_proposal(scored)
    grades = {str(row.node): row.grade for row in people.rows} | {str(row.node): row.grade for row in units.rows}
    told: dict[tuple[str, str], object] = {}
    for at, node in enumerate(scored.selection.nodes[: scored.selection.asked]):
        told[str(node), "final_score"] = scored.at(at)[2]
        told[str(node), "grade"] = grades.get(str(node))
    return CycleResults(told, scored, people, units)


def _without_day(card: dict[str, Any]) -> dict[str, Any]:
    """A scorecard without what hangs on the day on which one looks: projections."""
    lines = [
        {name: value for name, value in line.items() if not name.startswith("projected")} for line in card["lines"]
    ]
    return {name: value for name, value in card.items() if name not in {"as_of", "projected_score"}} | {"lines": lines}


def _plain(value: Any) -> Any:
    """Scores as texts with nine decimals: binary fractions are written in too many ways."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return f"{value + 0.0:.9f}"
    return f"{value:f}" if isinstance(value, Decimal) else value


def result_differences(stored: Mapping[str, Any], computed: Mapping[str, Any]) -> Iterator[str]:
    """Where two documents of results differ: a line for each, ``node member: stored → computed``."""
    for node, was, comes in _nodes(stored, computed):
        for member in sorted(was.keys() | comes.keys()):
            one, other = was.get(member), comes.get(member)
            if one != other:
                yield f"{node} {member}: {_said(one)} → {_said(other)}"


def _nodes(
    stored: Mapping[str, Any], computed: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, object], dict[str, object]]]:
    """The members of each employee's and unit's row, and of each scorecard with those of its lines, in both."""
    for part, name, kind in (
        ("employees", "employee", "employee:"),
        ("units", "unit", "unit:"),
        ("scorecards", "node", ""),
    ):
        before, after = ({f"{kind}{row[name]}": _flat(row) for row in one.get(part, ())} for one in (stored, computed))
        for node in sorted(before.keys() | after.keys()):
            yield node, before.get(node, {}), after.get(node, {})


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif name == "lines":
            for line in value:
                flat |= _flat(line, f"{prefix}{line['kpi']}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _said(value: object) -> str:
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
