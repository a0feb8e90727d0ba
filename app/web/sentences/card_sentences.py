"""Scorecards that change, as sentences of many at once: how many are as in the last cycle, which weights move by how much, and on whose.

Do not tell them scorecard by scorecard: a template moves hundreds, and what is to be agreed to is what it does to all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from flask_babel import gettext, ngettext

from app import intake
from app.intake import ChangedRow
from app.plain.findings import n_
from app.rules.terms import Node, NodeKind, UnitKind
from app.rules.weighting import CARRIED_COLUMNS, REACHED_COLUMNS
from app.web.sentences.row_words import RowWords
from app.web.wording.languages import number
from app.web.wording.typed_numbers import exact_figure
from app.web.wording.words import FOLDER_FILES

__all__ = ["Told", "counts_told", "say", "scorecards_told", "whose_cards"]

Cells = Mapping[str, str]
_Lines = Mapping[str, Cells]
"""The lines of one scorecard by KPI."""
_Card = tuple[int, str]
"""Cycle and whose, as the file writes it."""

NAMED_MOST: Final = 3
FILE: Final = "scorecards.csv"
_DIGITS_MOST: Final = 20
_HUNG: Final = ("area", "link", "parent_node", "parent_kpi")


class Told(NamedTuple):
    """Whom or what it is about, by name, and the sentences."""

    whose: str
    said: tuple[str, ...]
    cycle: int | None = None
    """The cycle whose scorecards they are of: there is a page that changes those."""


class _Step(NamedTuple):
    """What happens to one line, the same wherever it happens: from and to what, in one column."""

    kpi: str
    column: str
    before: str | None
    """None: there was no line."""
    after: str | None
    """None: there is no line any more."""


def scorecards_told(
    words: RowWords, rows: Sequence[ChangedRow], earlier: Callable[[str], Mapping[tuple[str, ...], Cells]]
) -> Iterator[Told]:
    """What rows of ``scorecards.csv`` do, cycle by cycle.

    Args:
        words: of the reader.
        rows: that change, of any file.
        earlier: all rows of a file as they were before, by key.
    """
    changed: dict[_Card, list[ChangedRow]] = {}
    for row in rows:
        if row.file == FILE and intake.is_cycle(row.key[0]):
            changed.setdefault((int(row.key[0]), row.key[1]), []).append(row)
    if not changed:
        return
    cards: dict[_Card, dict[str, Cells]] = {}
    for (year, node, kpi), cells in earlier(FILE).items():
        if intake.is_cycle(year):
            cards.setdefault((int(year), node), {})[kpi] = cells
    for cycle in sorted({of for of, _ in changed}):
        of_cycle = {node: some for (of, node), some in changed.items() if of == cycle}
        whose = say(n_("Scorecards of %(cycle)s"), cycle=cycle)
        yield Told(whose, tuple(_of_cycle(words, cycle, of_cycle, cards)), cycle)


def _of_cycle(
    words: RowWords, cycle: int, changed: Mapping[str, Sequence[ChangedRow]], cards: Mapping[_Card, _Lines]
) -> Iterator[str]:
    as_last: list[str] = []
    unlike: dict[str, tuple[_Lines, _Lines]] = {}
    new: list[str] = []
    gone: list[str] = []
    other: dict[str, tuple[_Lines, _Lines]] = {}
    for node, rows in changed.items():
        before, last = cards.get((cycle, node), {}), cards.get((cycle - 1, node), {})
        after = {kpi: cells for kpi, cells in before.items() if not any(row.key[2] == kpi for row in rows)}
        after |= {row.key[2]: row.after for row in rows if row.after is not None}
        if not after:
            gone.append(node)
        elif before:
            other[node] = before, after
        elif not last:
            new.append(node)
        elif list(_steps(last, after, CARRIED_COLUMNS)):
            unlike[node] = last, after
        else:
            as_last.append(node)
    for nodes, message in (
        (as_last, n_("New, as in %(last)s: %(whose)s.")),
        (list(unlike), n_("New, and not as in %(last)s: %(whose)s.")),
        (new, n_("New: %(whose)s.")),
        (gone, n_("Taken away: %(whose)s.")),
    ):
        if nodes:
            yield say(message, last=cycle - 1, whose=whose_cards(words, nodes))
    against = n_("Against %(last)s: %(sentence)s")
    for sentence in _of_steps(words, unlike, CARRIED_COLUMNS):
        yield say(against, last=cycle - 1, sentence=sentence)
    yield from _of_steps(words, other, (*CARRIED_COLUMNS, *REACHED_COLUMNS))


def _of_steps(words: RowWords, cards: Mapping[str, tuple[_Lines, _Lines]], columns: Sequence[str]) -> Iterator[str]:
    """What many scorecards have in common, in the order in which it comes first."""
    nodes: dict[_Step, list[str]] = {}
    for node, (before, after) in cards.items():
        for step in _steps(before, after, columns):
            nodes.setdefault(step, []).append(node)
    shifts: dict[tuple[str, Decimal], dict[_Step, list[str]]] = {}
    others: dict[tuple[str, str], dict[_Step, list[str]]] = {}
    for step, some in nodes.items():
        shift = _shift(step)
        if shift is not None:
            shifts.setdefault((step.kpi, shift), {})[step] = some
        else:
            others.setdefault((step.kpi, step.column), {})[step] = some
    for (kpi, shift), alike in shifts.items():
        yield _shifted(words, kpi, shift, alike)
    for (kpi, column), alike in others.items():
        if column in {"line", "weight"} or len(alike) == 1:
            for step, some in alike.items():
                yield _stepped(words, step, some)
        else:
            whose = whose_cards(words, dict.fromkeys(node for some in alike.values() for node in some))
            message = n_("%(kpi)s: another %(column)s on %(whose)s.")
            yield say(message, kpi=words.cell("kpi", kpi), column=words.column(column), whose=whose)


def _shifted(words: RowWords, kpi: str, shift: Decimal, alike: Mapping[_Step, list[str]]) -> str:
    """Weights that move by as much; from what to what where that is the same for all."""
    by = ("+" if shift > 0 else "\N{MINUS SIGN}") + exact_figure(abs(shift))
    whose = whose_cards(words, [node for some in alike.values() for node in some])
    if len(alike) > 1:
        return say(n_("%(kpi)s: %(by)s points on %(whose)s."), kpi=words.cell("kpi", kpi), by=by, whose=whose)
    (step,) = alike
    return say(
        n_("%(kpi)s: %(by)s points, %(after)s in place of %(before)s, on %(whose)s."),
        kpi=words.cell("kpi", kpi),
        by=by,
        before=_weight(step.before),
        after=_weight(step.after),
        whose=whose,
    )


def _stepped(words: RowWords, step: _Step, nodes: Sequence[str]) -> str:
    kpi, whose = words.cell("kpi", step.kpi), whose_cards(words, nodes)
    if step.before is None:
        message = n_("%(kpi)s: a new line of %(weight)s points on %(whose)s.")
        return say(message, kpi=kpi, weight=_weight(step.after), whose=whose)
    if step.after is None:
        message = n_("%(kpi)s: no line any more, it had %(weight)s points, on %(whose)s.")
        return say(message, kpi=kpi, weight=_weight(step.before), whose=whose)
    return say(
        n_("%(kpi)s: %(column)s %(after)s in place of %(before)s on %(whose)s."),
        kpi=kpi,
        column=words.column(step.column),
        before=words.cell(step.column, step.before),
        after=words.cell(step.column, step.after),
        whose=whose,
    )


def _steps(before: _Lines, after: _Lines, columns: Sequence[str]) -> Iterator[_Step]:
    for kpi in dict.fromkeys((*before, *after)):
        if kpi not in before:
            yield _Step(kpi, "line", None, after[kpi].get("weight", ""))
        elif kpi not in after:
            yield _Step(kpi, "line", before[kpi].get("weight", ""), None)
        else:
            for column in columns:
                one, other = before[kpi].get(column, ""), after[kpi].get(column, "")
                if one != other and (column in _HUNG or _number(one) is None or _number(one) != _number(other)):
                    yield _Step(kpi, column, one, other)


def _shift(step: _Step) -> Decimal | None:
    if step.column != "weight" or step.before is None or step.after is None:
        return None
    one, other = _number(step.before), _number(step.after)
    return None if one is None or other is None else other - one


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    # A set holds what a load has yet to refuse.
    return value if value.is_finite() and len(text) <= _DIGITS_MOST and abs(value.adjusted()) <= _DIGITS_MOST else None


def _weight(text: str | None) -> str:
    exact = _number(text or "")
    return text or "–" if exact is None else exact_figure(exact)


def whose_cards(words: RowWords, nodes: Iterable[str]) -> str:
    """Whose scorecards: by name where they are few, else how many, of what kind, and the first of them.

    Args:
        words: of the reader.
        nodes: as the file writes them.
    """
    known = [(text, Node.parse(text)) for text in nodes]
    names = ", ".join(text if node is None else words.name(node) for text, node in known[:NAMED_MOST])
    if len(known) <= NAMED_MOST:
        return names
    kinds = {None if node is None else words.unit_kind(node) or node.kind for _, node in known}
    return say(n_("%(count)s, among them %(names)s"), count=_counted(kinds, len(known)), names=names)


def _counted(kinds: set[UnitKind | NodeKind | None], count: int) -> str:
    said = number(count)
    if kinds == {UnitKind.OFFICE}:
        return str(ngettext("%(count)s office", "%(count)s offices", count, count=said))
    if kinds == {NodeKind.EMPLOYEE}:
        return str(ngettext("%(count)s person", "%(count)s people", count, count=said))
    if None in kinds or NodeKind.EMPLOYEE in kinds:
        return str(ngettext("%(count)s scorecard", "%(count)s scorecards", count, count=said))
    return str(ngettext("%(count)s unit", "%(count)s units", count, count=said))


def counts_told(words: RowWords, rows: Sequence[ChangedRow], *, told: Iterable[str]) -> Iterator[Told]:
    """How many rows of each other file are new, changed and taken away, and whose.

    Args:
        words: of the reader.
        rows: that change, of any file.
        told: the files whose rows are told by themselves.
    """
    by_file: dict[str, list[ChangedRow]] = {}
    for row in rows:
        if row.file not in {*told, FILE}:
            by_file.setdefault(row.file, []).append(row)
    for file, some in by_file.items():
        said = [
            say(message, count=number(len(alike)))
            for message, alike in (
                (n_("New rows: %(count)s."), [row for row in some if row.before is None]),
                (
                    n_("Changed rows: %(count)s."),
                    [row for row in some if row.before is not None and row.after is not None],
                ),
                (n_("Rows taken away: %(count)s."), [row for row in some if row.after is None]),
            )
            if alike
        ]
        nodes = dict.fromkeys(
            node for row in some for node in ((row.after or row.before or {}).get("node", ""),) if node
        )
        if nodes:
            said.append(say(n_("Whose: %(whose)s."), whose=whose_cards(words, nodes)))
        yield Told(str(gettext(FOLDER_FILES[file])) if file in FOLDER_FILES else file, tuple(said))


def say(message: str, **values: object) -> str:
    """A sentence in the reader's language, its places filled."""
    return str(gettext(message, **values))
