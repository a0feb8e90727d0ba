"""Rows of the agency folder in words: columns, keys and cells by the names that people know them by."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from flask_babel import force_locale, gettext

from app import intake, scoring
from app.kit.files import heading_key
from app.plain.findings import n_
from app.rules.definitions import Definitions
from app.rules.presence import cycle_of, cycle_period
from app.rules.terms import Node, NodeKind, Period, UnitKind
from app.web.asked.request_context import RequestContext
from app.web.wording import words
from app.web.wording.languages import LANGUAGES, day_text, krw, named, number, page_language

__all__ = ["COLUMNS", "RowWords", "headings_of", "won"]

COLUMNS: Final[Mapping[str, str]] = {
    "actual": n_("Actual"),
    "area": n_("Area"),
    "base": n_("Base value"),
    "code": n_("Code"),
    "coefficient": n_("Coefficient"),
    "country": n_("Country"),
    "currency": n_("Currency"),
    "cycle": n_("Cycle"),
    "decided_on": n_("Decided on"),
    "email": n_("E-mail"),
    "employee": n_("Employee"),
    "evaluation_group": n_("Evaluation group"),
    "final_score": n_("Final score"),
    "from": n_("First day"),
    "grade": n_("Grade"),
    "grave": n_("Grave"),
    "high": n_("High"),
    "hired_on": n_("Hired on"),
    "job": n_("Job"),
    "kind": n_("Kind"),
    "kpi": n_("KPI"),
    "left_on": n_("Left on"),
    "lifted_on": n_("Lifted on"),
    "link": n_("Link"),
    "low": n_("Low"),
    "month": n_("Month"),
    "monthly_base": n_("Monthly base pay"),
    "name": n_("Name"),
    "name_es": n_("Name in Spanish"),
    "name_ko": n_("Name in Korean"),
    "node": n_("Unit or employee"),
    "note": n_("Note"),
    "number": n_("Number"),
    "parent": n_("Unit above"),
    "parent_kpi": n_("KPI above"),
    "parent_node": n_("Unit or employee above"),
    "place": n_("Place"),
    "potential": n_("Potential"),
    "rank": n_("Rank in service"),
    "rater": n_("Rater"),
    "reason": n_("Why"),
    "role": n_("Role"),
    "share": n_("Share"),
    "target": n_("Target"),
    "timezone": n_("Time zone"),
    "to": n_("Until, the day after the last"),
    "unit": n_("Unit"),
    "usd": n_("US dollars for one"),
    "valid_from": n_("First day"),
    "valid_to": n_("Until, the day after the last"),
    "weight": n_("Weight"),
    "year": n_("Year"),
}
"""What each column of the folder's files is called."""

_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("조직코드", "부서코드"),
    "currency": ("화폐",),
    "cycle": ("평가연도",),
    "decided_on": ("징계일", "처분일"),
    "employee": ("사번", "직원번호"),
    "from": ("발령일", "시작"),
    "hired_on": ("채용일",),
    "job": ("직책",),
    "left_on": ("퇴사일",),
    "monthly_base": ("기준급", "월기준급", "월기준급여"),
    "name": ("성명", "명칭"),
    "number": ("사번", "직원번호"),
    "parent": ("상위조직",),
    "rank": ("직위",),
    "to": ("종료일", "종료"),
    "unit": ("조직", "소속"),
    "usd": ("환율",),
    "valid_from": ("시작",),
    "valid_to": ("종료일", "종료"),
}
"""What personnel offices in Korea call columns in their own sheets."""

_DAYS: Final = frozenset({"from", "to", "valid_from", "valid_to", "hired_on", "left_on", "decided_on", "lifted_on"})
_NUMBERS: Final = frozenset(
    {"actual", "base", "coefficient", "final_score", "high", "low", "potential", "share", "target", "usd", "weight"}
)
_NODES: Final = frozenset({"node", "parent_node"})
_KPIS: Final = frozenset({"kpi", "parent_kpi"})
_UNITS: Final = frozenset({"unit", "parent"})
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "job": words.JOBS,
    "role": words.JOBS,
    "kind": {**words.KINDS, **words.STATUS_KINDS, **words.DISCIPLINE_KINDS},
    "grave": {"yes": n_("yes")},
    "link": words.LINK_TERMS,
}


_PLACES: Final = 9
_WON_DIGITS: Final = 15
"""Decimals of a cell at most: what has more stands as it came, for what is decided is shown whole."""


@functools.cache
def headings_of(file: str) -> Mapping[str, str]:
    """The columns of a file by what they are called in each of our languages, as headings are compared.

    Args:
        file: with ``.csv``.
    """
    columns = intake.columns_of(file)
    called = {heading_key(word): column for column in columns for word in _ALSO_CALLED.get(column, ())}
    for language in LANGUAGES:
        with force_locale(language):
            called |= {heading_key(gettext(COLUMNS[column])): column for column in columns}
    return called


class RowWords:
    """Says the rows of a change set in the reader's language. Queries: 1, or 2 where the organisation was not asked for."""

    def __init__(self, context: RequestContext) -> None:
        """Take what names are known by."""
        self._context: Final = context
        loaded = scoring.state(context.connection)
        self._definitions: Final[Definitions] = loaded.sheet.definitions
        self._first_month: Final = loaded.frame.first_month

    def cycle_from(self, day: dt.date) -> tuple[int, Period]:
        """The cycle that a day lies in: the year that names it, and its days."""
        cycle = cycle_of(day, self._first_month)
        return cycle, cycle_period(cycle, self._first_month)

    def column(self, name: str) -> str:
        """What a column is called."""
        return str(gettext(COLUMNS[name])) if name in COLUMNS else name

    def key(self, file: str, key: Sequence[str]) -> str:
        """Which row a key means: the values of its columns, by their names."""
        columns = intake.key_columns(file)
        return " · ".join(self.cell(column, value) for column, value in zip(columns, key, strict=True) if value)

    def cell(self, column: str, value: str | None) -> str:
        """A cell: the name that a code has."""
        if not value:
            return "–"
        if column in _DAYS:
            return _day(value)
        if column == "monthly_base":
            return won(value)
        if column in _NUMBERS:
            return _number(value)
        if column in _KPIS:
            kpi = self._definitions.kpis.get(value)
            return value if kpi is None else kpi.versions[-1].name.in_language(page_language())
        if column in _NODES:
            node = Node.parse(value)
            return value if node is None else self._named(node)
        if column == "area":
            return self._definitions.policies.areas.named(value).in_language(page_language())
        if column == "employee":
            return self._named(Node(NodeKind.EMPLOYEE, value))
        if column in _UNITS:
            return self._named(Node(NodeKind.UNIT, value))
        said = _WORDS.get(column, {}).get(value)
        return value if said is None else str(gettext(said))

    def called(self, column: str, value: str) -> str:
        """A cell in a sentence: a name with its code; a choice by its word alone."""
        said = _WORDS.get(column, {}).get(value)
        return self.cell(column, value) if said is None else str(gettext(said))

    def code(self, place: str, value: str) -> str:
        """What fills a place of a finding: a node or KPI by its name, anything else as it is."""
        return self.cell(place, value) if value and place in _NODES | _KPIS | {"employee", "unit"} else value

    def node(self, node: Node) -> str:
        """A unit or an employee by name, with the code."""
        return self._named(node)

    def name(self, node: Node) -> str:
        """A unit or an employee by name alone."""
        return str(named(scoring.node_name(self._context.directory, node, self._context.today)))

    def unit_kind(self, node: Node) -> UnitKind | None:
        """What a unit is; None for an employee, and for a unit that is not known."""
        row = self._context.directory.unit_near(node.code, self._context.today) if node.kind is NodeKind.UNIT else None
        return None if row is None else row.kind

    def _named(self, node: Node) -> str:
        shown = self.name(node)
        return node.code if shown == node.code else f"{shown} ({node.code})"


def won(text: str) -> str:
    """A sum of money; as it stands where it is none, or longer than any: a set holds what a load has yet to refuse."""
    return krw(int(text)) if text.isdecimal() and len(text) <= _WON_DIGITS else text


def _number(text: str) -> str:
    """A number as the language writes it; as it stands where it is none, or has more figures than are shown."""
    try:
        value = Decimal(text)
        shown = number(value, _PLACES)
    except InvalidOperation:
        return text
    return shown if value.is_finite() and value == round(value, _PLACES) else text


def _day(text: str) -> str:
    try:
        return day_text(dt.date.fromisoformat(text))
    except ValueError:
        return text
