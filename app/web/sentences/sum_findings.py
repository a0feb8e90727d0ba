"""Weights that do not add up, said once for all scorecards of which it is so: a template that forgets five points makes a hundred findings of one cause.

Do not show the loader's own words for them on a page: they name lines of a file that nobody there has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from app.plain.findings import Finding, Level, Place, n_
from app.rules.weighting import WHOLE
from app.web.sentences.card_sentences import FILE, whose_cards
from app.web.sentences.row_words import RowWords
from app.web.wording.typed_numbers import exact_figure

__all__ = ["first_findings", "sums_in_one"]

_CODE: Final = "weight_sum"
_WEIGHT_MOST: Final = 1_000_000
"""What is more is none: a set holds what a load has yet to refuse."""
_SHORT: Final = n_("the weights of %(cycle)s add up to %(sum)s on %(whose)s: give %(points)s points to another KPI.")
_OVER: Final = n_("the weights of %(cycle)s add up to %(sum)s on %(whose)s: take %(points)s points from another KPI.")


def sums_in_one(
    words: RowWords,
    told: Sequence[Mapping[str, Any]],
    wanted: Callable[[str], Mapping[tuple[str, ...], Mapping[str, str]]],
) -> list[dict[str, Any]]:
    """Findings as :func:`app.web.changes.changing.findings_seen` tells them, those of sums of weights as one for each cycle and sum.

    Args:
        words: of the reader.
        told: all of them.
        wanted: all rows of a file as they would be with the set in it, by key.
    """
    some = [_named(words, one) for one in told if not _is_of_sum(one)]
    if len(some) == len(told):
        return some
    alike: dict[tuple[str, Decimal], list[str]] = {}
    for (cycle, node), weight in _sums(wanted(FILE)).items():
        if weight is not None and weight != WHOLE:
            alike.setdefault((cycle, weight), []).append(node)
    return [*(_one(words, cycle, weight, nodes) for (cycle, weight), nodes in alike.items()), *some]


def _named(words: RowWords, one: Mapping[str, Any]) -> dict[str, Any]:
    """The same with what it calls by a code called by its name."""
    finding = one["finding"]
    called = {name: words.code(name, value) for name, value in finding.parameters.items() if isinstance(value, str)}
    return {**one, "finding": replace(finding, parameters={**finding.parameters, **called})}


def first_findings(told: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """The first so many to be shown: errors before all others, since they are in the way."""
    return sorted(told, key=lambda one: one["level"] != Level.ERROR.value)[:most]


def _is_of_sum(one: Mapping[str, Any]) -> bool:
    return bool(one["code"] == _CODE or (one["code"] == "more" and one["finding"].parameters.get("like") == _CODE))


def _sums(rows: Mapping[tuple[str, ...], Mapping[str, str]]) -> dict[tuple[str, str], Decimal | None]:
    """What each scorecard comes to; None where one of its weights cannot be read."""
    sums: dict[tuple[str, str], Decimal | None] = {}
    for (cycle, node, _), row in rows.items():
        before = sums.get((cycle, node), Decimal(0))
        try:
            weight = Decimal(row["weight"])
            is_one = weight.is_finite() and abs(weight) <= _WEIGHT_MOST
        except InvalidOperation:
            is_one, weight = False, Decimal(0)
        sums[cycle, node] = before + weight if before is not None and is_one else None
    return sums


def _one(words: RowWords, cycle: str, weight: Decimal, nodes: Sequence[str]) -> dict[str, Any]:
    finding = Finding(
        code=_CODE,
        message=_SHORT if weight < WHOLE else _OVER,
        parameters={
            "cycle": cycle,
            "sum": exact_figure(weight),
            "points": exact_figure(abs(WHOLE - weight)),
            "whose": whose_cards(words, nodes),
        },
        place=Place(file=FILE),
        level=Level.ERROR,
    )
    return {
        "file": FILE,
        "row": None,
        "key": None,
        "of": None,
        "field": None,
        "code": _CODE,
        "level": Level.ERROR.value,
        "in_set": True,
        "finding": finding,
    }
