"""Grades, pay and promotion points, one seat at a time.

Seats are made for all who are graded, those with discipline too; they sit last and get the lowest grade,
but their group is no smaller for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tests.reference.figures import mean
from tests.reference.folder import DAY, Folder, Row, day_after, first_day, number
from tests.reference.ledger import rounded
from tests.reference.scorecards import Scoring


@dataclass
class Grades:
    """The rows of a proposal, and the names of the rules that it or the policy breaks."""

    rows: list[dict[str, Any]]
    broken: list[str]


@dataclass
class Candidate:
    """Someone, or a unit, to be graded."""

    code: str
    group: str
    score: Fraction
    disciplined: bool = False
    rank: int = 0
    grade: str = ""


@dataclass
class Seats:
    """The seats of each grade in each group."""

    groups: Mapping[str, int]
    shares: Sequence[Fraction]
    rules: Mapping[str, Fraction]
    taken: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Deal by largest remainder, then move seats until the rules hold or nothing can move."""
        self.last = len(self.shares) - 1
        self.everyone = sum(self.groups.values())
        for name, size in self.groups.items():
            self.taken[name] = largest_remainder([size * share for share in self.shares], size)
        top_least = ceil(self.everyone * self.rules["top_share_min"] / 100)
        low_least = ceil(self.everyone * self.rules["lowest_two_share_min"] / 100)
        self.most = floor(self.everyone * self.rules["single_share_max"] / 100)
        while self.count(0) < top_least and self.make(lambda group: 0):
            pass
        while self.count(self.last) + self.count(self.last - 1) < low_least and self.make(self.lower_of_lowest):
            pass
        while self.thin():
            pass

    def count(self, grade: int) -> int:
        """The seats of a grade in the whole agency."""
        return sum(seats[grade] for seats in self.taken.values())

    def distance(self, group: str, grade: int) -> Fraction:
        """How far a grade's seats are above its exact share in a group; below is negative."""
        return self.taken[group][grade] - self.groups[group] * self.shares[grade]

    def lower_of_lowest(self, group: str) -> int:
        """Of the lowest two, the one furthest below its exact share; the better among equals."""
        return min((self.last - 1, self.last), key=lambda grade: (self.distance(group, grade), grade))

    def donors(self, group: str) -> list[int]:
        """Grades that a seat can be taken from: neither the top nor the lowest two, and not without seats."""
        return [grade for grade in range(1, self.last - 1) if self.taken[group][grade] > 0]

    def make(self, grade_in: Callable[[str], int]) -> bool:
        """Make a seat where the grade is furthest below; False where nothing can move."""
        able = [group for group in self.taken if self.donors(group)]
        if not able:
            return False
        group = min(able, key=lambda name: (self.distance(name, grade_in(name)), name))
        gains = grade_in(group)
        loses = max(self.donors(group), key=lambda grade: (self.distance(group, grade), grade))
        self.taken[group][gains] += 1
        self.taken[group][loses] -= 1
        return True

    def thin(self) -> bool:
        """Take a seat from a grade that has too many; False where none has or nothing can move."""
        takers = [grade for grade in range(self.last + 1) if self.count(grade) < self.most]
        for loses in range(self.last + 1):
            if self.count(loses) > self.most and takers:
                able = [group for group in self.taken if self.taken[group][loses] > 0]
                group = min(able, key=lambda name: (-self.distance(name, loses), name))
                gains = min(takers, key=lambda grade: (self.distance(group, grade), grade))
                self.taken[group][loses] -= 1
                self.taken[group][gains] += 1
                return True
        return False


def largest_remainder(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole parts first, what is left to the largest fractions, the earlier among equals."""
    parts = [floor(share) for share in exact]
    by_fraction = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_fraction[: total - sum(parts)]:
        parts[place] += 1
    return parts


def merge_groups(candidates: Sequence[Candidate], minimum: int) -> None:
    """Groups that are too small become one, and that one joins the smallest of the rest if it is still too small."""
    sizes = _sizes(candidates)
    for candidate in candidates:
        if sizes[candidate.group] < minimum:
            candidate.group = "others"
    sizes = _sizes(candidates)
    rest = [name for name in sizes if name != "others"]
    if sizes.get("others", minimum) < minimum and rest:
        joined = min(rest, key=lambda name: (sizes[name], name))
        for candidate in candidates:
            if candidate.group == "others":
                candidate.group = joined


def _sizes(candidates: Sequence[Candidate]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for candidate in candidates:
        sizes[candidate.group] = sizes.get(candidate.group, 0) + 1
    return sizes


class Grading:
    """The proposal for one cycle."""

    def __init__(self, folder: Folder, scoring: Scoring, bonuses: Mapping[str, Fraction] | None = None) -> None:
        """``scoring`` is the cycle's, on the final basis, without a day; ``bonuses`` go by employee."""
        self.bonuses = bonuses or {}
        self.folder = folder
        self.scoring = scoring
        self.cycle = scoring.cycle
        self.policies = folder.policies
        self.names = [str(entry["grade"]) for entry in self.policies["grades"]]
        self.shares = [number(entry["share"]) / 100 for entry in self.policies["grades"]]
        self.rates = {str(entry["grade"]): number(entry["rate"]) for entry in self.policies["grades"]}
        self.rules = {name: number(value) for name, value in self.policies["rules"].items()}

    # --- seats --------------------------------------------------------------------------------------------------------

    def place(self, candidates: list[Candidate]) -> None:
        """Give everybody a group, a rank and a grade."""
        merge_groups(candidates, int(self.policies["groups"]["minimum"]))
        seats = Seats(_sizes(candidates), self.shares, self.rules)
        for candidate in candidates:
            ahead = [
                other
                for other in candidates
                if other.group == candidate.group
                and (other.disciplined, -other.score) < (candidate.disciplined, -candidate.score)
            ]
            candidate.rank = 1 + len(ahead)
            up_to = 0
            for name, count in zip(self.names, seats.taken[candidate.group], strict=True):
                up_to += count
                if up_to >= candidate.rank:
                    candidate.grade = name
                    break
            if candidate.disciplined:
                candidate.grade = self.names[-1]

    def broken(self, candidates: Sequence[Candidate]) -> list[str]:
        """The rules that the policy's own grades or the counts of the proposal break, by name."""
        shares = [share * 100 for share in self.shares]
        rates = [self.rates[name] for name in self.names]
        rules, n = self.rules, len(candidates)
        counts = [sum(candidate.grade == name for candidate in candidates) for name in self.names]
        holds = {
            "min_grades": len(shares) >= rules["min_grades"],
            "top_share_min": shares[0] >= rules["top_share_min"]
            and counts[0] >= ceil(n * rules["top_share_min"] / 100),
            "lowest_two_share_min": sum(shares[-2:]) >= rules["lowest_two_share_min"]
            and sum(counts[-2:]) >= ceil(n * rules["lowest_two_share_min"] / 100),
            "single_share_max": max(shares) <= rules["single_share_max"]
            and (n == 0 or max(counts) <= floor(n * rules["single_share_max"] / 100)),
            "lowest_rate_max": rates[-1] <= rules["lowest_rate_max"],
            "top_to_second_lowest_min": rates[0] >= rules["top_to_second_lowest_min"] * rates[-2],
        }
        return [name for name, fine in holds.items() if not fine]

    # --- employees ----------------------------------------------------------------------------------------------------

    def employees(self) -> Grades:
        """As ``kopes grade``."""
        rows, candidates = self.listed()
        self.place(candidates)
        self._fill(rows, candidates)
        return Grades(rows, self.broken(candidates))

    def listed(self) -> tuple[list[dict[str, Any]], list[Candidate]]:
        """Everybody's row before grades, and those who are to be placed."""
        rows, candidates = [], []
        for node in self.scoring.nodes():
            kind, number_ = node.split(":", 1)
            if kind != "employee":
                continue
            row = self._listed(node, number_)
            rows.append(row)
            if row["reason"] is None:
                candidates.append(
                    Candidate(
                        number_,
                        self._group(number_),
                        rounded(row["final_score"], 2),
                        disciplined=self._disciplined(number_),
                    )
                )
        return rows, candidates

    def _listed(self, node: str, employee: str) -> dict[str, Any]:
        """An employee's row before grades: days, scores and the reason where there will be no grade."""
        card = self.scoring.scorecard(node)
        leave = self.folder.status_days(employee, self.cycle, ["leave"])
        off = self.folder.status_days(employee, self.cycle, ["leave", "secondment"])
        worked = [day for day in self.cycle.days if day not in leave and self.folder.posted_to(employee, day)]
        final, reason = card["final_score"], None
        is_off = 2 * len(off) > len(self.cycle.days)
        if is_off:
            earlier = self.earlier_results(employee)[:2]
            final = mean(earlier) if earlier else None
        if self.folder.employed_as(employee, self.cycle)["rank"] in self.policies["groups"].get("outside_ranks", []):
            reason = "outside"
        elif is_off:
            reason = None if final is not None else "no_earlier_result"
        elif len(worked) < int(self.policies["minimum_days"]):
            reason = "under_minimum_days"
        elif final is None:
            reason = "not_measurable"
        return {
            "employee": employee,
            "group": None,
            "own_score": card["own_score"],
            "unit_score": card["unit_score"],
            "final_score": final,
            "rank": None,
            "group_size": None,
            "grade": None,
            "reason": reason,
            "rate": None,
            "days": len(worked),
            "pay": None,
            "promotion_points": None,
        }

    def earlier_results(self, employee: str) -> list[Fraction]:
        """Final scores of earlier cycles, the latest first."""
        rows = [
            row
            for row in self.folder.rows["results"]
            if row["employee"] == employee and int(row["cycle"]) < self.cycle.year
        ]
        return [Fraction(row["final_score"]) for row in sorted(rows, key=lambda row: -int(row["cycle"]))]

    def _disciplined(self, employee: str) -> bool:
        return any(
            row["employee"] == employee and row["kind"] == "discipline" and int(row["cycle"]) == self.cycle.year
            for row in self.folder.rows["status"]
        )

    def _group(self, employee: str) -> str:
        if self.folder.employed_as(employee, self.cycle)["job"] == "head" and self.policies["groups"]["heads_apart"]:
            return "heads"
        for day in reversed(self.cycle.days):
            unit = self.folder.posted_to(employee, day)
            if unit is not None:
                return self._group_of_unit(unit, day)
        return "agency"

    def _group_of_unit(self, unit: str, day: dt.date) -> str:
        for row in self.folder.upwards(unit, day):
            if row["evaluation_group"]:
                return row["evaluation_group"]
        return "agency"

    def _fill(self, rows: list[dict[str, Any]], candidates: Sequence[Candidate]) -> None:
        by_code = {candidate.code: candidate for candidate in candidates}
        sizes = _sizes(candidates)
        exact: dict[str, Fraction] = {}
        for row in rows:
            candidate = by_code.get(row.get("employee") or row["unit"])
            if candidate is None:
                continue
            row |= {
                "group": candidate.group,
                "rank": candidate.rank,
                "group_size": sizes[candidate.group],
                "grade": candidate.grade,
            }
            if "employee" in row:
                row["rate"] = self.rates[candidate.grade]
                exact[candidate.code] = self._exact_pay(row)
                row["promotion_points"] = self._promotion(candidate)
        paid = self._paid(exact)
        for row in rows:
            if row.get("employee") in paid:
                row["pay"] = paid[row["employee"]]

    def _exact_pay(self, row: Mapping[str, Any]) -> Fraction:
        pay = self.policies["pay"]
        institution = number(pay["institution_rates"][pay["institution_grade"]]) / 100
        monthly = Fraction(self.folder.employed_as(row["employee"], self.cycle)["monthly_base"])
        return monthly * institution * row["rate"] / 100 * Fraction(row["days"], len(self.cycle.days))

    def _paid(self, exact: Mapping[str, Fraction]) -> dict[str, int]:
        """Whole won: each rounded half-even, or scaled down so that they add up to the pool."""
        pool = self.policies["pay"].get("pool")
        total = sum(exact.values(), Fraction(0))
        if pool is None or total <= number(pool):
            return {code: round(amount) for code, amount in exact.items()}
        codes = sorted(exact)
        scaled = [exact[code] * number(pool) / total for code in codes]
        return dict(zip(codes, largest_remainder(scaled, int(number(pool))), strict=True))

    def _promotion(self, candidate: Candidate) -> Fraction:
        promotion = self.policies["promotion"]
        earlier = self.earlier_results(candidate.code)[: int(promotion["years"]) - 1]
        scores = [candidate.score, *(rounded(one, 2) for one in earlier)]
        hired = dt.date.fromisoformat(self.scoring.employees[candidate.code]["hired_on"])
        end = self.cycle.end
        years = end.year - hired.year - ((end.month, end.day) < (hired.month, hired.day))
        career = min(number(promotion["career_max"]), number(promotion["career_per_year"]) * years)
        bonus = min(number(promotion["bonus_max"]), self.bonuses.get(candidate.code, Fraction(0)))
        return rounded(mean(scores) * number(promotion["performance_share"]) / 100 + career + bonus, 2)

    # --- units --------------------------------------------------------------------------------------------------------

    def units(self) -> Grades:
        """As ``kopes grade --of units``."""
        rows, candidates = [], []
        for node in self.scoring.nodes():
            kind, code = node.split(":", 1)
            if kind != "unit":
                continue
            score = self.scoring.own(node)[0]
            rows.append(
                {
                    "unit": code,
                    "group": None,
                    "own_score": score,
                    "rank": None,
                    "group_size": None,
                    "grade": None,
                    "reason": None if score is not None else "not_measurable",
                }
            )
            if score is not None:
                candidates.append(Candidate(code, self._group_of_unit(code, self._last_day(code)), rounded(score, 2)))
        self.place(candidates)
        self._fill(rows, candidates)
        return Grades(rows, self.broken(candidates))

    def _last_day(self, code: str) -> dt.date:
        """The last day of the cycle on which a unit lives."""
        lives: list[Row] = [row for row in self.folder.rows["units"] if row["code"] == code]
        return max(
            min(day_after(row["valid_to"]), self.cycle.end) - DAY
            for row in lives
            if first_day(row["valid_from"]) < self.cycle.end and day_after(row["valid_to"]) > self.cycle.start
        )
