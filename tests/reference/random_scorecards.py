"""Random scorecards with their history, ratings, exclusions and plans.

History is drawn around what the events really come to, so that scores spread over 20 to 100 instead of sticking to either end.
A year may be excluded only where it *is* an outlier; so the history comes first, then the exclusions.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.reference.figures import GRADES, is_outlier, milestone
from tests.reference.folder import Folder
from tests.reference.ledger import Event, Ledger
from tests.reference.scorecards import PRORATED, Scoring

FIGURES = {
    "deviation": {"base", "high", "low", "coefficient"},
    "ratio": {"base", "high", "low", "coefficient"},
    "target": {"target"},
    "milestone": {"target"},
}
SCALES = {"count": 6, "sum": 90_000, "distinct": 4, "mean": 25_000, "ratio": 1.5, "given": 80, "rating": 70}


def random_scorecards(rng: random.Random, world: Folder, year: int, events: Sequence[Event]) -> None:
    """Scorecards of the cycle and the one before, and everything that they are held against."""
    ledger = Ledger(world, events)
    _fill_plans(rng, world)
    for cycle in (year - 1, year):
        scoring = Scoring(world, ledger, cycle, basis="final", as_of=None, today=dt.date(year, 6, 1))
        Lines(rng, world, scoring, cycle).fill()
    _fill_exclusions(rng, world, (year - 1, year))


class Lines:
    """The lines of one cycle in the making."""

    def __init__(self, rng: random.Random, world: Folder, scoring: Scoring, cycle: int) -> None:
        """``scoring`` measures what the events come to."""
        self.rng, self.world, self.scoring, self.cycle = rng, world, scoring, cycle
        self.lines: dict[str, list[dict[str, str]]] = {}

    def fill(self) -> None:
        """Units from the top, then people; every node has a parent that is done before it."""
        for node in self.scoring.nodes():
            if self.rng.random() < 0.2:
                continue
            self.lines[node] = self._lines_of(node, self._parent(node))
            for row in self.lines[node]:
                self.world.rows["scorecards"].append(row)
                if row["link"] != "shared" or self.rng.random() < 0.3:
                    self._add_history(row)
        for node, lines in self.lines.items():
            if any(line["kpi"] == "quality" for line in lines):
                for rater in range(self.rng.choice([0, 1, 1, 2, 3])):
                    grade = self.rng.choice(list(GRADES))
                    rating = {"cycle": str(self.cycle), "node": node, "kpi": "quality"}
                    self.world.rows["ratings"].append(rating | {"rater": f"R{rater}", "grade": grade})

    def _parent(self, node: str) -> str | None:
        """The unit above, or posted to, at some time; only if it has lines by now."""
        kind, code = node.split(":", 1)
        if kind == "unit":
            above = [row["parent"] for row in self.world.rows["units"] if row["code"] == code]
        else:
            above = [row["unit"] for row in self.world.rows["postings"] if row["employee"] == code]
        able = sorted({f"unit:{unit}" for unit in above} & self.lines.keys())
        return self.rng.choice(able) if able else None

    def _lines_of(self, node: str, parent: str | None) -> list[dict[str, str]]:
        rng = self.rng
        above = self.lines[parent] if parent else []
        inherited = [row["kpi"] for row in above]
        wanted = rng.sample(inherited, rng.randint(0, min(2, len(inherited))))
        others = [kpi for kpi in self.world.definitions if kpi not in wanted]
        wanted += rng.sample(others, rng.randint(1, 5))
        weights = _weights(rng, len(wanted))
        return [self._line(node, kpi, weight, parent, inherited) for kpi, weight in zip(wanted, weights, strict=True)]

    def _line(self, node: str, kpi: str, weight: str, parent: str | None, inherited: list[str]) -> dict[str, str]:
        rng = self.rng
        row = {
            "cycle": str(self.cycle),
            "node": node,
            "kpi": kpi,
            "weight": weight,
            "area": rng.choice(["", "exports", "exports / deals", "exports / deals / new", "people / training"]),
        }
        row |= dict.fromkeys(("parent_node", "parent_kpi", "base", "high", "low", "target", "coefficient"), "")
        link = "unique"
        if parent and kpi in inherited:
            link = rng.choice(["identical", "shared", "shared"])
            row |= {"parent_node": parent, "parent_kpi": kpi}
        elif parent and rng.random() < 0.7:
            link = "contributory"
            row |= {"parent_node": parent, "parent_kpi": rng.choice(inherited)}
        row["link"] = link
        if link != "shared":
            row |= self._figures(node, kpi)
        return row

    def _allowed(self, kpi: str) -> set[str]:
        """Columns that a row may carry: in the first cycle of a version what either version uses."""
        years = [self.cycle, self.cycle - 1] if self.world.is_new_version(kpi, self.cycle) else [self.cycle]
        methods = [self.world.definition(kpi, year)["method"]["name"] for year in years]
        return set().union(*(FIGURES.get(method, set()) for method in methods))

    def centre(self, node: str, kpi: str) -> float:
        """About what a year of a KPI comes to for a node."""
        definition = self.world.definition(kpi, self.cycle)
        measure, method = definition["measure"], definition["method"]
        if method["name"] == "milestone":
            return float(milestone(method["targets"], self.cycle))
        if method["name"] == "midterm":
            return float(method["start"]["value"]) + float(method["goal"]["value"]) * 0.2
        actual: Fraction | None = None
        if measure["aggregate"] not in {"given", "rating"}:
            actual = self.scoring.measured(node, measure, definition["counts_from"])
        return float(actual or SCALES[measure["aggregate"]])

    def _figures(self, node: str, kpi: str) -> dict[str, str]:
        """Figures of the line's own, where its method has any: bases, highs and lows, coefficients, targets."""
        rng, allowed, centre = self.rng, self._allowed(kpi), self.centre(node, kpi)
        sign = 1 if self.world.definition(kpi, self.cycle)["direction"] == "up" else -1
        given: dict[str, str] = {}
        if "target" in allowed:
            method = self.world.definition(kpi, self.cycle)["method"]["name"]
            if rng.random() < (0.3 if method == "milestone" else 0.85):
                given["target"] = "0" if rng.random() < 0.06 else _written(centre * rng.uniform(0.6, 2))
        if "base" in allowed:
            sides = rng.choice([[]] * 6 + [["high"], ["low"], ["high", "low"], ["high", "low"]])
            reach = centre * rng.uniform(0.2, 0.6)
            if "high" in sides:
                given["high"] = _written(centre + sign * reach)
            if "low" in sides:
                given["low"] = _written(centre - sign * reach)
            if rng.random() < 0.12:
                given["base"] = _written(centre * rng.uniform(0.8, 1.2))
            if rng.random() < 0.3:
                given["coefficient"] = rng.choice(["0.80", "0.95", "1.10", "1.20"])
        return given

    def _add_history(self, row: Mapping[str, str]) -> None:
        """Past years, mostly all five; the cycle's own actual where it is given by hand."""
        rng, node, kpi = self.rng, row["node"], row["kpi"]
        known = {old["year"] for old in self.world.rows["history"] if old["node"] == node and old["kpi"] == kpi}
        centre = self.centre(node, kpi)
        years = [self.cycle - n for n in range(1, 6)]
        kept = rng.choice([years] * 5 + [years[:4], years[:3], years[1:], years[:2], years[:1], [], years[2:]])
        odd = rng.choice([None, None, *years]) if len(kept) == 5 else None
        steady, growth = rng.random() < 0.06, rng.uniform(-0.05, 0.05)
        by_hand = self.world.definition(kpi, self.cycle)["measure"]["aggregate"] == "given"
        for year in [*kept, *([self.cycle] if by_hand and rng.random() < 0.93 else [])]:
            value = centre * (1 + growth * (year - self.cycle)) * (1 if steady else rng.uniform(0.85, 1.15))
            if year == odd:
                value *= rng.choice([0.3, 1.9, 2.5])
            if year == self.cycle and rng.random() < 0.05:
                value = 0.0
            if str(year) not in known:
                actual = _written(value)
                self.world.rows["history"].append({"node": node, "kpi": kpi, "year": str(year), "actual": actual})


def _weights(rng: random.Random, lines: int) -> list[str]:
    """Weights above 0 that add up to 100; now and then with decimals."""
    scale = rng.choice([1, 1, 1, 100])
    cuts = sorted(rng.sample(range(1, 100 * scale), lines - 1))
    parts = [end - start for start, end in zip([0, *cuts], [*cuts, 100 * scale], strict=True)]
    return [str(part) if scale == 1 else f"{part // 100}.{part % 100:02d}" for part in parts]


def _written(value: float) -> str:
    return f"{value:.4f}"


def _fill_plans(rng: random.Random, world: Folder) -> None:
    """Seasons of some KPIs, for all and for single nodes."""
    nodes = [f"unit:{row['code']}" for row in world.rows["units"]]
    nodes += [f"employee:{row['number']}" for row in world.rows["employees"]]
    for kpi, definition in world.definitions.items():
        if definition["measure"]["aggregate"] not in PRORATED or rng.random() < 0.4:
            continue
        for node in ["", *dict.fromkeys(rng.choices(nodes, k=rng.randint(0, 4)))]:
            cuts = sorted(rng.randrange(401) for _ in range(11))
            if rng.random() < 0.2:
                cuts = [0] * 4 + cuts[4:]
            quarters = [end - start for start, end in zip([0, *cuts], [*cuts, 400], strict=True)]
            for month, share in enumerate(quarters, start=1):
                row: dict[str, Any] = {"kpi": kpi, "node": node, "month": str(month), "share": str(share / 4)}
                world.rows["plan"].append(row)


def _fill_exclusions(rng: random.Random, world: Folder, cycles: Sequence[int]) -> None:
    """Years left out, of those that may be."""
    for row in world.rows["scorecards"]:
        cycle = int(row["cycle"])
        method = world.definition(row["kpi"], cycle)["method"]["name"]
        if cycle not in cycles or method not in {"deviation", "ratio"} or row["link"] == "shared":
            continue
        history = {
            int(old["year"]): Fraction(old["actual"])
            for old in world.rows["history"]
            if (old["node"], old["kpi"]) == (row["node"], row["kpi"])
        }
        able = [year for year in range(cycle - 5, cycle) if is_outlier(history, year, cycle)]
        if able and rng.random() < 0.7:
            excluded = {"cycle": row["cycle"], "node": row["node"], "kpi": row["kpi"], "year": str(rng.choice(able))}
            world.rows["exclusions"].append(excluded | {"reason": "an event outside"})
