"""Scorecards: actuals from the activities, every line's figures, the roll-up, and where it is heading.

A unit's actual is not the sum of its people's scorecards. It is measured again from the activities whose
credits fell into the unit on their day, and distinct counts are counted again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from tests.reference.figures import Figures, Given, figures
from tests.reference.folder import Cycle, Folder, Row, day_after, first_day, number_or_none
from tests.reference.ledger import Event, Ledger, credits_of, read_time

PRORATED = {"count", "sum", "distinct"}

Scorecard = dict[str, Any]


@dataclass(frozen=True)
class Counted:
    """An activity that counts, with the part of it that a node has."""

    event: Event
    share: Fraction


@dataclass(frozen=True)
class LineDecided:
    """What people decided about a line."""

    zero: bool = False
    drop: bool = False
    actual: Fraction | None = None
    figures: Mapping[str, Fraction] = field(default_factory=dict)
    """Of base, high, low and target those that are others than the row's."""
    excluded: int | None = None


class Scoring:
    """The scorecards of one cycle, on one basis, as of one day."""

    def __init__(
        self,
        folder: Folder,
        ledger: Ledger,
        year: int,
        *,
        basis: str,
        as_of: dt.date | None,
        today: dt.date,
        decided: Mapping[tuple[str, str], LineDecided] | None = None,
    ) -> None:
        """Prepare; ``today`` decides projections where no day is asked. What was ``decided`` about lines goes by node and KPI."""
        self.decided = decided or {}
        self.folder = folder
        self.ledger = ledger
        self.cycle: Cycle = folder.cycle(year)
        self.basis = basis
        self.as_of = as_of
        self.until = as_of or today
        self.employees = {row["number"]: row for row in folder.rows["employees"]}
        self.rows = [row for row in folder.rows["scorecards"] if int(row["cycle"]) == year]
        self._counting: dict[str, list[Event]] = {}
        self._owned: dict[tuple[str, str], list[Counted]] = {}
        self._own: dict[str, tuple[Fraction | None, Fraction | None, list[dict[str, Any]]]] = {}
        self._lines: dict[tuple[str, str], dict[str, Any]] = {}

    # --- who there is -------------------------------------------------------------------------------------------------

    def nodes(self) -> list[str]:
        """Every unit whose life, and every employee whose service, touches the cycle."""
        found: dict[str, None] = {}
        for row in self.folder.rows["units"]:
            if self._touches(row["valid_from"], row["valid_to"]):
                found[f"unit:{row['code']}"] = None
        for row in self.folder.rows["employees"]:
            if self._touches(row["hired_on"], row["left_on"]):
                found[f"employee:{row['number']}"] = None
        return list(found)

    def _touches(self, start: str, end: str) -> bool:
        return first_day(start) < self.cycle.end and day_after(end) > self.cycle.start

    def present_days(self, employee: str) -> list[dt.date]:
        """The days of the cycle with a posting and neither leave nor secondment: the contract's d."""
        off = self.folder.status_days(employee, self.cycle, ["leave", "secondment"])
        return [day for day in self.cycle.days if day not in off and self.folder.posted_to(employee, day)]

    # --- actuals ------------------------------------------------------------------------------------------------------

    def owned(self, node: str, level: str) -> list[Counted]:
        """The activities that count from a level on, with the share that a node has of each."""
        if level not in self._counting:
            self._counting[level] = self.ledger.counting(level, self.as_of)
        if (node, level) not in self._owned:
            self._owned[node, level] = [
                Counted(event, share) for event in self._counting[level] if (share := self._share(event, node))
            ]
        return self._owned[node, level]

    def _share(self, event: Event, node: str) -> Fraction:
        kind, code = node.split(":", 1)
        day = read_time(event["time"]).day
        total = Fraction(0)
        for credit in credits_of(event):
            if kind == "employee":
                mine = credit["employee"] == code
            else:
                posted = self.folder.posted_to(credit["employee"], day)
                mine = posted is not None and any(row["code"] == code for row in self.folder.upwards(posted, day))
            total += credit["share"] if mine else 0
        return total

    def measured(self, node: str, measure: Mapping[str, Any], level: str) -> Fraction | None:
        """The value of a measure over activities; None where there is nothing to divide by."""
        if measure["aggregate"] == "ratio":
            above = self.measured(node, measure["numerator"], level)
            below = self.measured(node, measure["denominator"], level)
            return None if above is None or not below else above / below
        found = [
            counted
            for counted in self.owned(node, level)
            if counted.event["type"] == f"kopes.{measure['activity']}"
            and self.cycle.start <= read_time(counted.event["time"]).day < self.cycle.end
            and wanted(counted.event, measure.get("where") or {})
        ]
        match measure["aggregate"]:
            case "count":
                return sum((counted.share for counted in found), Fraction(0))
            case "distinct":
                who = self.ledger.buyer if measure["of"] == "buyer" else self.ledger.company
                return Fraction(len({who(counted.event) for counted in found}))
        worth = [(counted.share, self.ledger.amount_usd(counted.event)) for counted in found]
        valued = [(share, usd) for share, usd in worth if usd is not None]
        total = sum((share * usd for share, usd in valued), Fraction(0))
        match measure["aggregate"]:
            case "sum":
                return total
            case "mean":
                return total / sum(share for share, _ in valued) if valued else None
        raise ValueError(measure["aggregate"])

    def history(self, node: str, kpi: str) -> dict[int, Fraction]:
        """What history.csv has of a node and KPI, by year."""
        return {
            int(row["year"]): Fraction(row["actual"])
            for row in self.folder.rows["history"]
            if row["node"] == node and row["kpi"] == kpi
        }

    # --- lines --------------------------------------------------------------------------------------------------------

    def given(self, row: Row, definition: Mapping[str, Any]) -> Given:
        """Everything that a line's figures are worked out from."""
        node, kpi = row["node"], row["kpi"]
        measure, history = definition["measure"], self.history(node, kpi)
        level = "entered" if self.basis == "provisional" else definition["counts_from"]
        actual: Fraction | None = None
        match measure["aggregate"]:
            case "given":
                actual = self.ledger.figure(node, kpi, self.cycle.year, level=level, as_of=self.as_of)
                if actual is None:
                    actual = history.get(self.cycle.year)
            case "rating":
                pass
            case _:
                actual = self.measured(node, measure, level)
        present = Fraction(1)
        if node.startswith("employee:") and measure["aggregate"] in PRORATED:
            present = Fraction(len(self.present_days(node.split(":", 1)[1])), len(self.cycle.days))
        return Given(
            year=self.cycle.year,
            definition=definition,
            history=history,
            actual=actual,
            base=number_or_none(row["base"]),
            high=number_or_none(row["high"]),
            low=number_or_none(row["low"]),
            target=number_or_none(row["target"]),
            coefficient=number_or_none(row["coefficient"]) or Fraction(1),
            excluded=self._excluded(node, kpi, definition),
            ratings=[
                rating["grade"]
                for rating in self.folder.rows["ratings"]
                if (rating["node"], rating["kpi"]) == (node, kpi) and int(rating["cycle"]) == self.cycle.year
            ],
            present=present,
        )

    def _excluded(self, node: str, kpi: str, definition: Mapping[str, Any]) -> int | None:
        if definition["method"]["name"] not in {"deviation", "ratio"}:
            return None
        for row in self.folder.rows["exclusions"]:
            if (row["node"], row["kpi"]) == (node, kpi) and int(row["cycle"]) == self.cycle.year:
                return int(row["year"])
        return None

    def line(self, row: Row) -> dict[str, Any]:
        """All that a line shows, its weight and points apart."""
        key = row["node"], row["kpi"]
        if key not in self._lines:
            self._lines[key] = self._shared(row) if row["link"] == "shared" else self._line_of(row)
        return self._lines[key]

    def _shared(self, row: Row) -> dict[str, Any]:
        (parent,) = [
            other for other in self.rows if (other["node"], other["kpi"]) == (row["parent_node"], row["parent_kpi"])
        ]
        return self.line(parent)

    def _decided_on(self, row: Row, given: Given) -> tuple[Given, Figures]:
        """What a line is by decision, and what it then shows: zero goes before drop, drop before figures, these before the row's."""
        decided = self.decided.get((row["node"], row["kpi"]), LineDecided())
        row_or = {name: decided.figures.get(name, getattr(given, name)) for name in ("base", "high", "low", "target")}
        given = replace(
            given,
            base=row_or["base"],
            high=row_or["high"],
            low=row_or["low"],
            target=row_or["target"],
            excluded=decided.excluded or given.excluded,
        )
        if decided.actual is not None:
            given = replace(given, actual=decided.actual, ratings=())
        rated = given.definition["method"]["name"] == "qualitative" and not given.ratings and given.actual is not None
        shown = Figures("qualitative", actual=given.actual, score=given.actual) if rated else figures(given)
        if decided.zero:
            bare = figures(replace(given, actual=Fraction(0))) if shown.reason == "no_actual" else shown
            shown = replace(bare, actual=shown.actual, score=Fraction(0), reason=None)
        elif decided.drop:
            shown = Figures(given.definition["method"]["name"], actual=shown.actual, reason="dropped")
        return given, shown

    def _line_of(self, row: Row) -> dict[str, Any]:
        kpi, year = row["kpi"], self.cycle.year
        definition = self.folder.definition(kpi, year)
        decided = self.decided.get((row["node"], kpi), LineDecided())
        given, shown = self._decided_on(row, self.given(row, definition))
        projected = projected_figures = None
        if shown.reason is None and decided.actual is None:
            projected = self.projected_actual(row["node"], kpi, definition, shown)
            if projected is not None:
                projected_figures = figures(replace(given, actual=projected))
        projected_score = projected_figures.score if projected_figures else None
        line: dict[str, Any] = {
            "kpi": kpi,
            "actual": shown.actual,
            "base": shown.base,
            "sigma": shown.sigma,
            "high": shown.high,
            "low": shown.low,
            "target": shown.target,
            "method": shown.method,
            "score": shown.score,
            "reason": shown.reason,
            "projected_actual": projected,
            "projected_score": Fraction(0) if decided.zero else projected_score,
            # What was decided on holds until the year's end, though the line has no projection of its own.
            "ahead": shown.score if decided.zero or decided.actual is not None else projected_score,
        }
        if self.folder.is_new_version(kpi, year):
            before = self.folder.definition(kpi, year - 1)
            line["old_score"] = self._decided_on(row, self.given(row, before))[1].score
        return line

    # --- projections --------------------------------------------------------------------------------------------------

    def projected_actual(self, node: str, kpi: str, definition: Mapping[str, Any], shown: Figures) -> Fraction | None:
        """What a count, sum or distinct comes to at this pace; other actuals stay."""
        if definition["measure"]["aggregate"] not in PRORATED or shown.actual is None:
            return shown.actual
        kind, code = node.split(":", 1)
        days = self.present_days(code) if kind == "employee" else self.cycle.days
        weight = self.day_weights(node, kpi)
        whole = sum((weight[day] for day in days), Fraction(0))
        passed = sum((weight[day] for day in days if day <= self.until), Fraction(0))
        return shown.actual / (passed / whole) if passed else None

    def day_weights(self, node: str, kpi: str) -> dict[dt.date, Fraction]:
        """What each day of the cycle weighs: its month's share of the plan, divided by the month's days."""
        plan = [row for row in self.folder.rows["plan"] if row["kpi"] == kpi]
        rows = [row for row in plan if row["node"] == node] or [row for row in plan if not row["node"]]
        if not rows:
            return {day: Fraction(1) for day in self.cycle.days}
        shares = {int(row["month"]): Fraction(row["share"]) for row in rows}
        months = [self.cycle.month_of(day) for day in self.cycle.days]
        return {day: shares[month] / months.count(month) for day, month in zip(self.cycle.days, months, strict=True)}

    # --- scorecards ---------------------------------------------------------------------------------------------------

    def own(self, node: str) -> tuple[Fraction | None, Fraction | None, list[dict[str, Any]]]:
        """A node's own score, its projection and its lines."""
        if node not in self._own:
            rows = [row for row in self.rows if row["node"] == node]
            lines = [{**self.line(row), "weight": Fraction(row["weight"])} for row in rows]
            ahead = [line.pop("ahead") for line in lines]
            measured = [line for line in lines if line["score"] is not None]
            weights = sum((line["weight"] for line in measured), Fraction(0))
            for line in lines:
                line["points"] = None if line["score"] is None else line["score"] * line["weight"] / weights
            score = projected = None
            if measured:
                score = sum((line["points"] for line in measured), Fraction(0))
                leads = [(one, line["weight"]) for one, line in zip(ahead, lines, strict=True) if line in measured]
                if all(one is not None for one, _ in leads):
                    projected = sum((one * weight / weights for one, weight in leads), Fraction(0))
            self._own[node] = score, projected, lines
        return self._own[node]

    def unit_part(self, employee: str, *, projected: bool) -> Fraction | None:
        """The mean of the own scores of the units posted to, weighted by the days of the whole cycle there."""
        total, there = Fraction(0), 0
        for unit, days in Counter(self.folder.posted_to(employee, day) for day in self.cycle.days).items():
            own, projection, _ = (None, None, ()) if unit is None else self.own(f"unit:{unit}")
            value = projection if projected else own
            if value is not None:
                total, there = total + value * days, there + days
        return total / there if there else None

    def blended(self, employee: str, unit: Fraction | None, own: Fraction | None) -> Fraction | None:
        """The blend of the employee's job; with one part missing the other is the whole."""
        if unit is None or own is None:
            return own if unit is None else unit
        shares = self.folder.policies["blend"][self.folder.employed_as(employee, self.cycle)["job"]]
        return (unit * Fraction(str(shares["unit"])) + own * Fraction(str(shares["own"]))) / 100

    def scorecard(self, node: str) -> Scorecard:
        """A node's whole scorecard."""
        kind, code = node.split(":", 1)
        own, projected, lines = self.own(node)
        card: Scorecard = {
            "node": node,
            "cycle": str(self.cycle.year),
            "as_of": self.as_of and self.as_of.isoformat(),
            "basis": self.basis,
            "own_score": own,
            "unit_score": None,
            "final_score": own,
            "projected_score": projected,
            "lines": lines,
            "areas": areas_of([row["area"] for row in self.rows if row["node"] == node], lines),
        }
        if kind == "employee":
            card["unit_score"] = self.unit_part(code, projected=False)
            card["final_score"] = self.blended(code, card["unit_score"], own)
            card["projected_score"] = self.blended(code, self.unit_part(code, projected=True), projected)
        return card


def areas_of(names: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every level of the lines' areas, with what stands in it and below it added up."""
    levels: dict[tuple[str, ...], None] = {}
    paths = [tuple(name.split(" / ")) if name else () for name in names]
    for path in paths:
        levels |= {path[:depth]: None for depth in range(1, len(path) + 1)}
    weights = sum((line["weight"] for line in lines if line["score"] is not None), Fraction(0))
    found = []
    for level in levels:
        held = [line for path, line in zip(paths, lines, strict=True) if path[: len(level)] == level]
        scored = [line for line in held if line["score"] is not None]
        weight = points = None
        if scored:
            weight = sum(line["weight"] for line in scored) * 100 / weights
            points = sum(line["points"] for line in scored)
        score = None if weight is None or points is None else points * 100 / weight
        found.append({"area": " / ".join(level), "weight": weight, "score": score, "points": points})
    return found


def wanted(event: Event, where: Mapping[str, Any]) -> bool:
    """Whether an activity passes a measure's ``where``: the buyer's country, and prefixes of the HS code."""
    content = event["data"]
    if "country" in where and content["buyer"]["country"] not in where["country"]:
        return False
    if "hs_code" in where:
        code = content.get("hs_code") or ""
        return any(code.startswith(str(prefix)) for prefix in where["hs_code"])
    return True
