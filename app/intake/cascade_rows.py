"""The cascade's six files of an agency folder: rows to values, and every rule among them.

A row is judged by its KPI's version of the *row's* cycle, and in the first cycle of a version it may
carry what either version uses (contract, "The agency folder").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple, TypeAlias, TypeVar

from app.cascade import Cascade, Exclusion, Line, MarketPotential, PastValue, PlanShare, Rating
from app.intake.cells import Cells
from app.intake.remembered import Remembered
from app.kit.files import Row
from app.plain.findings import Finding, n_
from app.rules.baseline import is_outlier
from app.rules.definitions import Definitions, KpiVersion
from app.rules.targets import SPREAD_METHODS, TARGET_METHODS
from app.rules.terms import Direction, Link, Node, NodeKind

__all__ = ["GRADES", "read_card", "read_cascade"]

T = TypeVar("T")

GRADES: Final = ("A+", "A0", "B+", "B0", "C", "D+", "D0", "E+", "E0")
"""The nine grades of a qualitative KPI (domain.md 3)."""

_SPREAD_FIGURES: Final = ("base", "high", "low", "coefficient")
_FIGURES: Final = ("base", "high", "low", "target", "coefficient")
_COEFFICIENTS: Final = (Decimal("0.80"), Decimal("1.20"))
"""Between these the published coefficient of an office lies (domain.md 4)."""
_HUNDRED: Final = Decimal(100)
_MONTHS: Final = 12

_UNKNOWN_KPI: Final = n_("there is no KPI “%(found)s” in the definitions")


class _ReadLine(NamedTuple):
    row: Row
    line: Line


_Card: TypeAlias = tuple[int, Node]
"""A scorecard: its cycle and whose it is."""


class _ReadLines(NamedTuple):
    """The lines of a file, and what need not be looked at again."""

    lines: list[Line]
    right: Mapping[int, tuple[Mapping[str, str], Line]]
    """Of the rows in which nothing was found by themselves the lines: by what the rows hold, which is kept with them."""
    sound: Mapping[_Card, list[_ReadLine]]
    """The scorecards with whose weights nothing was found."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the rows of all six files are held against."""

    definitions: Definitions
    nodes: Mapping[str, Node]
    lives_in: Callable[[Node, int], bool]
    findings: list[Finding]

    def cells(self, row: Row) -> Cells:
        return Cells(row, self.findings)

    def kpi(self, cells: Cells) -> str | None:
        return cells.among("kpi", self.definitions.kpis, _UNKNOWN_KPI)

    def versions(self, kpi: str, cycle: int) -> tuple[KpiVersion, ...]:
        """The versions that a row of the cycle may be of: its own, and in its first cycle the one before."""
        defined = self.definitions.kpis[kpi]
        before = defined.before(cycle)
        return (defined.version(cycle),) if before is None else (defined.version(cycle), before)


def read_cascade(
    tables: Mapping[str, Sequence[Row]],
    findings: list[Finding],
    *,
    definitions: Definitions,
    nodes: Mapping[str, Node],
    lives_in: Callable[[Node, int], bool],
    remembered: Remembered | None = None,
) -> Cascade:
    """Read and check the rows of history, scorecards, ratings, exclusions, plan and market.

    Args:
        tables: the rows of each file by its name without the suffix.
        findings: where problems go.
        definitions: the KPIs and policies that come with the load.
        nodes: the units and employees of the folder, by how they are written.
        lives_in: whether a unit's life or an employee's service touches a cycle.
        remembered: what was read of most of these rows already.
    """
    policies = definitions.policies
    # What the rows of every file are held against: who is there, and the KPIs.
    held_against = (tables["units"], tables["employees"], definitions.kpis)

    remembered = remembered or Remembered()

    def read(file: str, reads: Callable[[_Reading, Sequence[Row]], T], *more: object) -> T:
        rows = tables[file]
        return remembered.read(
            file,
            (rows, *held_against, *more),
            findings,
            lambda met: reads(_Reading(definitions, nodes, lives_in, met), rows),
        )

    history = read("history", _read_history)
    judged_by = policies.unique_weight_max, policies.cycle.first_month
    known: _ReadLines | None = remembered.first("scorecards", (*held_against, *judged_by))
    return Cascade(
        lines=read("scorecards", partial(_read_lines, known=known), *judged_by).lines,
        history=history,
        ratings=read("ratings", _read_ratings),
        exclusions=read("exclusions", partial(_read_exclusions, history=history), tables["history"]),
        plan=read("plan", _read_plan),
        market=read("market", _read_market),
        definitions=definitions,
    )


def read_card(
    rows: Sequence[Row],
    others: Sequence[Row],
    *,
    definitions: Definitions,
    nodes: Mapping[str, Node],
    lives_in: Callable[[Node, int], bool],
) -> tuple[list[Line], list[Finding]]:
    """The lines of one scorecard, and what a load would find in them.

    Args:
        rows: its rows, of a file of their own.
        others: the rows that they hang on.
        definitions: the KPIs and policies that its cycle goes by.
        nodes: the units and employees, by how they are written.
        lives_in: whether a unit's life or an employee's service touches a cycle.
    """
    findings: list[Finding] = []
    lines = _read_lines(_Reading(definitions, nodes, lives_in, findings), [*rows, *others]).lines
    own = {row.file for row in rows}
    return lines[: len(rows)], [one for one in findings if one.place.file in own]


# --------------------------------------------------------------------------------------------------------------- history


def _read_history(reading: _Reading, rows: Iterable[Row]) -> list[PastValue]:
    history: list[PastValue] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        cells = Cells(row, reading.findings)
        node, kpi, year = cells.node("node", reading.nodes), reading.kpi(cells), cells.year("year")
        actual = cells.number("actual", required=True)
        if node is None or kpi is None or year is None or not cells.once(seen, (node, kpi, year), "year"):
            continue
        if actual is not None:
            history.append(PastValue(node=node, kpi=kpi, year=year, actual=actual))
    return history


# ------------------------------------------------------------------------------------------------------------ scorecards


def _read_lines(reading: _Reading, rows: Sequence[Row], known: _ReadLines | None = None) -> _ReadLines:
    """Read and check the rows of scorecards; those that stood in a file which was read already are held against the others alone."""
    read: list[_ReadLine] = []
    seen: dict[Hashable, int] = {}
    right: dict[int, tuple[Mapping[str, str], Line]] = {}
    doubtful: set[_Card] = set()
    """Nodes with a row whose weight or KPI could not be read: their sums say nothing."""
    for row in rows:
        known_row = None if known is None else known.right.get(id(row.values))
        if known_row is not None:
            line: Line | None = known_row[1]
        else:
            before = len(reading.findings)
            cells = reading.cells(row)
            cycle, node, kpi = cells.year("cycle"), cells.node("node", reading.nodes), reading.kpi(cells)
            weight = cells.number("weight", required=True, above=0, most=100)
            line = _read_line(reading, cells, cycle, node, kpi, weight)
            if line is None and cycle is not None and node is not None:
                doubtful.add((cycle, node))
            if line is not None and len(reading.findings) == before:
                right[id(row.values)] = row.values, line
        if line is None:
            continue
        key = line.cycle, line.node, line.kpi
        if seen.setdefault(key, row.line) == row.line:
            read.append(_ReadLine(row, line))
        else:
            reading.cells(row).once(seen, key, "kpi")
            doubtful.add(key[:2])
    sound = _check_weights(reading, read, doubtful, {} if known is None else known.sound)
    _check_parents(reading, read)
    _check_rings(reading, read)
    return _ReadLines([line for _, line in read], right, sound)


def _read_line(
    reading: _Reading, cells: Cells, cycle: int | None, node: Node | None, kpi: str | None, weight: Decimal | None
) -> Line | None:
    """The line of a row; its own figures are checked here, its place among others later."""
    area, link = cells.text("area"), cells.choice("link", Link)
    parent_node = cells.node("parent_node", reading.nodes, required=link in {Link.IDENTICAL, Link.SHARED})
    parent_kpi = cells.among("parent_kpi", reading.definitions.kpis, _UNKNOWN_KPI, required=False)
    base, high, low, target = (cells.number(field) for field in ("base", "high", "low", "target"))
    coefficient = cells.number("coefficient", above=0)
    if cycle is None or node is None or kpi is None or weight is None or link is None:
        return None
    line = Line(
        cycle=cycle,
        node=node,
        kpi=kpi,
        weight=weight,
        link=link,
        area=area,
        parent_node=parent_node,
        parent_kpi=parent_kpi,
        base=base,
        high=high,
        low=low,
        target=target,
        coefficient=coefficient,
    )
    _check_figures(cells, line, reading.versions(kpi, cycle))
    _check_link(cells, line)
    return line


def _check_figures(cells: Cells, line: Line, versions: Collection[KpiVersion]) -> None:
    """Which figures a row may carry, and which way high and low lie."""
    given = [field for field in _FIGURES if cells.given(field) is not None]
    if line.link is Link.SHARED:
        for field in given:
            cells.report(field, "shared_figure", n_("a shared line gives no figures of its own: it shows its parent's"))
        return
    methods = {version.method.name for version in versions}
    for field in given:
        allowed = SPREAD_METHODS if field in _SPREAD_FIGURES else TARGET_METHODS
        if not methods & allowed:
            message = n_(
                "%(figure)s is for the methods %(allowed)s; the KPI %(kpi)s has %(methods)s in cycle %(cycle)s"
            )
            cells.report(
                field,
                "figure_not_used",
                message,
                figure=field,
                allowed=", ".join(sorted(allowed)),
                kpi=line.kpi,
                methods=", ".join(sorted(methods)),
                cycle=line.cycle,
            )
    if line.high is not None and line.low is not None:
        ways = {version.direction for version in versions}
        if line.high == line.low:
            cells.warn("high", "no_spread", n_("high and low are the same: the line cannot be measured"))
        elif (Direction.UP if line.high > line.low else Direction.DOWN) not in ways:
            message = n_("high %(high)s and low %(low)s are on the wrong sides of each other: high is the better one")
            cells.report("high", "wrong_sides", message, high=str(line.high), low=str(line.low))
    if line.coefficient is not None and not _COEFFICIENTS[0] <= line.coefficient <= _COEFFICIENTS[1]:
        least, most = map(str, _COEFFICIENTS)
        message = n_("a coefficient lies between %(least)s and %(most)s")
        cells.warn("coefficient", "coefficient", message, least=least, most=most)


def _check_link(cells: Cells, line: Line) -> None:
    if line.link in {Link.IDENTICAL, Link.SHARED}:
        if cells.given("parent_kpi") != line.kpi:
            message = n_("%(link)s means the parent's line of the same KPI: parent_kpi must be %(kpi)s")
            cells.report("parent_kpi", "other_kpi", message, link=str(line.link), kpi=line.kpi)
    elif line.link is Link.UNIQUE and cells.given("parent_node") is not None:
        cells.warn("parent_node", "unique_parent", n_("a unique line has no parent"))


def _check_weights(
    reading: _Reading, read: Iterable[_ReadLine], doubtful: Container[_Card], sound: Mapping[_Card, list[_ReadLine]]
) -> Mapping[_Card, list[_ReadLine]]:
    """The weights of one node and cycle add up to 100; those of its unique lines stay within the policy.

    Args:
        reading: what they are held against.
        read: all lines.
        doubtful: the scorecards whose sums say nothing.
        sound: those with which nothing was found before, as they were then.

    Returns:
        Those with which nothing was found.
    """
    most = reading.definitions.policies.unique_weight_max
    cards: dict[_Card, list[_ReadLine]] = {}
    for one in read:
        cards.setdefault((one.line.cycle, one.line.node), []).append(one)
    wrong: set[_Card] = set()
    for (cycle, node), card in cards.items():
        known = sound.get((cycle, node))
        if known is not None and [one.line for one in known] == [one.line for one in card]:
            continue
        before = len(reading.findings)
        if not reading.lives_in(node, cycle):
            message = n_("%(node)s is not there in cycle %(cycle)s: its lines are kept and never shown")
            reading.cells(card[0].row).warn("node", "not_there", message, node=str(node), cycle=cycle)
        if (cycle, node) in doubtful:
            continue
        total = sum((one.line.weight for one in card), Decimal(0))
        if total != _HUNDRED:
            message = n_("the weights of %(node)s in cycle %(cycle)s add up to %(sum)s, not 100 (lines %(lines)s)")
            lines = ", ".join(str(one.row.line) for one in card)
            reading.cells(card[0].row).report(
                "weight", "weight_sum", message, node=str(node), cycle=cycle, sum=_plain(total), lines=lines
            )
        unique = [one for one in card if one.line.link is Link.UNIQUE]
        weight = sum((one.line.weight for one in unique), Decimal(0))
        if weight > most:
            message = n_("the unique lines of %(node)s in cycle %(cycle)s weigh %(sum)s together, more than %(most)s")
            reading.cells(unique[0].row).warn(
                "weight", "unique_weight", message, node=str(node), cycle=cycle, sum=_plain(weight), most=_plain(most)
            )
        if len(reading.findings) > before:
            wrong.add((cycle, node))
    return {card: lines for card, lines in cards.items() if card not in wrong and card not in doubtful}


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _check_parents(reading: _Reading, read: Sequence[_ReadLine]) -> None:
    """Identical and shared lines need a parent that has the KPI; the others are warned about one that has not."""
    keys = {(line.cycle, line.node, line.kpi) for _, line in read}
    for row, line in read:
        if line.parent_node is None or (line.cycle, line.parent_node, line.parent_kpi or line.kpi) in keys:
            continue
        message = n_("%(parent)s has no line of %(kpi)s in cycle %(cycle)s")
        parameters = {"parent": str(line.parent_node), "kpi": line.parent_kpi or line.kpi, "cycle": line.cycle}
        if line.link in {Link.IDENTICAL, Link.SHARED}:
            if line.parent_kpi == line.kpi:
                reading.cells(row).report("parent_node", "parent_without_kpi", message, **parameters)
        else:
            reading.cells(row).warn("parent_node", "parent_without_kpi", message, **parameters)


def _check_rings(reading: _Reading, read: Sequence[_ReadLine]) -> None:
    """No chain of shared lines closes: somebody at its end has figures."""
    above = {
        (line.cycle, line.node, line.kpi): (line.cycle, line.parent_node, line.kpi)
        for _, line in read
        if line.link is Link.SHARED and line.parent_node is not None
    }
    settled: set[tuple[int, Node, str]] = set()
    for start in above:
        walked: dict[tuple[int, Node, str], None] = {}
        key: tuple[int, Node, str] | None = start
        while key is not None and key not in settled and key not in walked:
            walked[key] = None
            key = above.get(key)
        if key is not None and key in walked:
            names = list(walked)
            ring = names[names.index(key) :]
            at = {(line.cycle, line.node, line.kpi): row for row, line in read}
            for member in ring:
                message = n_("this chain of shared lines closes: %(ring)s")
                shown = " → ".join(str(node) for _, node, _ in (*ring, key))
                reading.cells(at[member]).report("parent_node", "shared_ring", message, ring=shown)
        settled.update(walked)


# ------------------------------------------------------------------------------------ ratings, exclusions, plan, market


def _read_ratings(reading: _Reading, rows: Iterable[Row]) -> list[Rating]:
    ratings: list[Rating] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        cells = Cells(row, reading.findings)
        cycle, node, kpi = cells.year("cycle"), cells.node("node", reading.nodes), reading.kpi(cells)
        rater = cells.text("rater", required=True)
        expected = n_("one of the grades A+, A0, B+, B0, C, D+, D0, E+, E0 was expected, not “%(found)s”")
        grade = cells.among("grade", GRADES, expected)
        if cycle is None or node is None or kpi is None or rater is None:
            continue
        if not cells.once(seen, (cycle, node, kpi, rater), "rater"):
            continue
        if all(version.measure.aggregate != "rating" for version in reading.versions(kpi, cycle)):
            message = n_("the KPI %(kpi)s is not rated in cycle %(cycle)s: this grade counts for nothing")
            cells.warn("kpi", "not_rated", message, kpi=kpi, cycle=cycle)
        if grade is not None:
            ratings.append(Rating(cycle=cycle, node=node, kpi=kpi, rater=rater, grade=grade))
    return ratings


def _read_exclusions(reading: _Reading, rows: Iterable[Row], history: Iterable[PastValue]) -> list[Exclusion]:
    exclusions: list[Exclusion] = []
    seen: dict[Hashable, int] = {}
    past: dict[tuple[Node, str], dict[int, Decimal]] | None = None
    for row in rows:
        if past is None:
            past = {}
            for one in history:
                past.setdefault((one.node, one.kpi), {})[one.year] = one.actual
        cells = Cells(row, reading.findings)
        cycle, node, kpi = cells.year("cycle"), cells.node("node", reading.nodes), reading.kpi(cells)
        year, reason = cells.year("year"), cells.text("reason")
        if cycle is None or node is None or kpi is None or year is None:
            continue
        if not cells.once(seen, (cycle, node, kpi), "year"):
            continue
        if reason is None:
            cells.warn("reason", "no_reason", n_("an excluded year is a decision: write its reason"))
        methods = {version.method.name for version in reading.versions(kpi, cycle)}
        if not methods & SPREAD_METHODS:
            message = n_("years are excluded for the methods deviation and ratio; the KPI %(kpi)s has %(methods)s")
            cells.report("kpi", "no_exclusions", message, kpi=kpi, methods=", ".join(sorted(methods)))
        elif not is_outlier(past.get((node, kpi), {}), year=year, cycle=cycle):
            message = n_(
                "%(year)s is no outlier: all five years before %(cycle)s must be there, and without it their spread at most half"
            )
            cells.report("year", "no_outlier", message, year=year, cycle=cycle)
        exclusions.append(Exclusion(cycle=cycle, node=node, kpi=kpi, year=year, reason=reason))
    return exclusions


def _read_plan(reading: _Reading, rows: Iterable[Row]) -> list[PlanShare]:
    read: list[tuple[Cells, PlanShare]] = []
    seen: dict[Hashable, int] = {}
    doubtful: set[tuple[str, Node | None]] = set()
    for row in rows:
        cells = Cells(row, reading.findings)
        kpi, node = reading.kpi(cells), cells.node("node", reading.nodes, required=False)
        month, share = cells.whole("month", 1, _MONTHS), cells.number("share", required=True, least=0, most=100)
        if kpi is None or (node is None and cells.given("node") is not None):
            continue
        if month is None or share is None or not cells.once(seen, (kpi, node, month), "month"):
            doubtful.add((kpi, node))
            continue
        read.append((cells, PlanShare(kpi=kpi, node=node, month=month, share=share)))
    plans: dict[tuple[str, Node | None], list[tuple[Cells, PlanShare]]] = {}
    for cells, one in read:
        plans.setdefault((one.kpi, one.node), []).append((cells, one))
    for key, plan in plans.items():
        if key not in doubtful:
            _check_plan(plan)
    return [one for _, one in read]


def _check_plan(plan: Sequence[tuple[Cells, PlanShare]]) -> None:
    cells, one = plan[0]
    whom = _whom(one.node)
    lines = ", ".join(str(other.line) for other, _ in plan)
    missing = sorted({*range(1, _MONTHS + 1)} - {share.month for _, share in plan})
    if missing:
        message = n_("the plan of %(kpi)s %(whom)s has no month %(months)s (lines %(lines)s)")
        months = ", ".join(map(str, missing))
        cells.report("month", "plan_month", message, kpi=one.kpi, whom=whom, months=months, lines=lines)
        return
    total = sum((share.share for _, share in plan), Decimal(0))
    if total != _HUNDRED:
        message = n_("the shares of %(kpi)s %(whom)s add up to %(sum)s, not 100 (lines %(lines)s)")
        cells.report("share", "plan_sum", message, kpi=one.kpi, whom=whom, sum=_plain(total), lines=lines)


def _whom(node: Node | None) -> str:
    return "*" if node is None else str(node)


def _read_market(reading: _Reading, rows: Iterable[Row]) -> list[MarketPotential]:
    market: list[MarketPotential] = []
    seen: dict[Hashable, int] = {}
    for row in rows:
        cells = Cells(row, reading.findings)
        unit, year = cells.code("unit"), cells.year("year")
        kpi = cells.among("kpi", reading.definitions.kpis, _UNKNOWN_KPI, required=False)
        potential = cells.number("potential", required=True, least=0)
        if unit is not None and str(Node(NodeKind.UNIT, unit)) not in reading.nodes:
            cells.report("unit", "unknown_unit", n_("there is no unit %(unit)s"), unit=unit)
            continue
        if unit is None or year is None or (kpi is None and cells.given("kpi") is not None):
            continue
        if cells.once(seen, (unit, kpi, year), "year") and potential is not None:
            market.append(MarketPotential(unit=unit, kpi=kpi, year=year, potential=potential))
    return market
