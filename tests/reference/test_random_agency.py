"""The random agencies are valid, the same for the same seed, and show most of what the rules tell apart."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from tests.reference.agency import ReferenceAgency
from tests.reference.figures import is_outlier
from tests.reference.folder import DAY, FAR_FUTURE, Folder, day_after, first_day
from tests.reference.random_agency import CYCLE, random_agency, read_events
from tests.soaking import seeds

SEEDS = seeds(*range(1, 9))


def made(folder: Path, seed: int) -> ReferenceAgency:
    """A small random agency, taken in by the reference."""
    random_agency(seed, people=12, units=8, events=150, folder=folder)
    return ReferenceAgency.read(folder / "agency", folder / "definitions", read_events(folder / "events.ndjson"))


def test_a_seed_is_an_agency(tmp_path: Path) -> None:
    """A failure can be had again from its seed alone."""
    for folder in ("one", "two"):
        random_agency(5, people=12, units=8, events=100, folder=tmp_path / folder)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(files) > 30
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_of_any_day_has_one_root_and_no_circle(tmp_path: Path, seed: int) -> None:
    """Days on which something changes stand for all days."""
    folder = made(tmp_path, seed).folder
    edges = {first_day(row["valid_from"]) for row in folder.rows["units"]}
    edges |= {day_after(row["valid_to"]) for row in folder.rows["units"]} - {FAR_FUTURE}
    for day in edges | {edge + DAY for edge in edges}:
        alive = [code for code in {row["code"] for row in folder.rows["units"]} if folder.unit_on(code, day)]
        assert all(folder.upwards(code, day)[-1]["code"] == "HQ" for code in alive)


@pytest.mark.parametrize("seed", SEEDS)
def test_postings_lie_within_service_and_the_life_of_the_unit(tmp_path: Path, seed: int) -> None:
    """And those of one employee do not overlap."""
    folder = made(tmp_path, seed).folder
    service = {
        row["number"]: (first_day(row["hired_on"]), day_after(row["left_on"])) for row in folder.rows["employees"]
    }
    until: dict[str, dt.date] = {}
    for row in folder.rows["postings"]:
        start, end = first_day(row["from"]), day_after(row["to"])
        hired, left = service[row["employee"]]
        assert hired <= start < end <= left
        assert until.get(row["employee"], start) <= start
        until[row["employee"]] = end
        assert folder.unit_on(row["unit"], start)
        assert folder.unit_on(row["unit"], end - DAY)


@pytest.mark.parametrize("seed", SEEDS)
def test_scorecards_keep_the_rules_of_a_load(tmp_path: Path, seed: int) -> None:
    """Weights add up to 100, KPIs differ, shared and identical lines have a parent's line, exclusions are outliers."""
    folder = made(tmp_path, seed).folder
    lines = folder.rows["scorecards"]
    keys = {(row["cycle"], row["node"], row["kpi"]) for row in lines}
    assert len(keys) == len(lines)
    for card in {(row["cycle"], row["node"]) for row in lines}:
        assert sum(Fraction(row["weight"]) for row in lines if (row["cycle"], row["node"]) == card) == 100
    for row in lines:
        if row["parent_node"]:
            assert (row["cycle"], row["parent_node"], row["parent_kpi"]) in keys
        if row["link"] in {"shared", "identical"}:
            assert row["parent_kpi"] == row["kpi"]
    for row in folder.rows["exclusions"]:
        history = history_of(folder, row["node"], row["kpi"])
        assert is_outlier(history, int(row["year"]), int(row["cycle"]))


def history_of(folder: Folder, node: str, kpi: str) -> dict[int, Fraction]:
    """What history.csv has, by year."""
    rows = [row for row in folder.rows["history"] if (row["node"], row["kpi"]) == (node, kpi)]
    assert len({row["year"] for row in rows}) == len(rows)
    return {int(row["year"]): Fraction(row["actual"]) for row in rows}


def test_most_of_what_the_rules_tell_apart_occurs(tmp_path: Path) -> None:
    """Over a handful of seeds: every outcome, every method, every reason for no score and for no grade."""
    outcomes: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    ungraded: Counter[str] = Counter()
    for seed in SEEDS:
        reference = made(tmp_path / str(seed), seed)
        outcomes.update(reference.outcomes)
        for card in reference.scores(CYCLE, as_of=dt.date(CYCLE, 9, 15)) + reference.scores(CYCLE - 1):
            for line in card["lines"]:
                reasons[str(line["reason"])] += 1
                methods[line["method"]] += line["score"] is not None
        ungraded.update(str(row["reason"]) for row in reference.grades_employees(CYCLE).rows)
        reference.grades_units(CYCLE)
    assert set(outcomes) == {"accepted", "duplicate", "rejected"}
    wanted = "deviation ratio target milestone trend beta midterm qualitative"
    assert {method for method, times in methods.items() if times} == set(wanted.split())
    wanted = "None no_rating not_present no_actual no_target too_few_years outside_years no_base no_spread"
    assert set(reasons) == set(wanted.split())
    wanted = "None outside no_earlier_result under_minimum_days not_measurable"
    assert set(ungraded) == set(wanted.split())
