"""Random agencies: a valid folder, its definitions and the events of some years, all from one seed.

The agencies are small and crowded, so that most branches of the rules occur in a few of them: transfers, reorganisations, leave,
joiners and leavers, every method, aggregate and link, versions, exclusions, plans, void and early verdicts, repeats, conflicts
and malformed events. What the contract leaves open is left out.

The file holds conflicting events, and of those the first to arrive holds. Shuffle only what the
reference says is accepted (and its repeats) when a test is about the order of arrival.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.reference.folder import DAY, DEFAULT_POLICIES, FAR_FUTURE, Folder, over_defaults
from tests.reference.random_definitions import GOALS, random_definitions
from tests.reference.random_events import random_events, random_figures
from tests.reference.random_scorecards import random_scorecards

CYCLE = 2026
"""The cycle that the agencies live in; there are scorecards of the one before, too."""

LONG_AGO = dt.date(2000, 1, 1)

COLUMNS: Mapping[str, str] = {
    "units": "code name kind parent country timezone evaluation_group valid_from valid_to name_ko name_es",
    "employees": "number name email rank job monthly_base hired_on left_on",
    "postings": "employee unit role from to",
    "rates": "month currency usd",
    "history": "node kpi year actual",
    "employment": "employee from to job rank monthly_base",
    "scorecards": "cycle node kpi weight area link parent_node parent_kpi base high low target coefficient",
    "ratings": "cycle node kpi rater grade",
    "status": "employee cycle kind from to note",
    "results": "cycle employee final_score grade",
    "exclusions": "cycle node kpi year reason",
    "plan": "kpi node month share",
}

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Life:
    """When a unit is there: from its first day to the day after the last."""

    code: str
    start: dt.date
    end: dt.date


def random_agency(seed: int, *, people: int, units: int, events: int, folder: Path) -> None:
    """Write ``folder/agency``, ``folder/definitions`` and ``folder/events.ndjson``.

    ``units`` is at least 3 (a root, a division, a regional headquarters); ``events`` is about how many lines there will be.
    Seeds that are multiples of 4 have a cycle that does not begin in January.
    """
    rng = random.Random(seed)
    policies = random_policies(rng, first_month=rng.choice([2, 4, 7, 10]) if seed % 4 == 0 else 1)
    definitions = random_definitions(rng, CYCLE)
    merged = over_defaults(DEFAULT_POLICIES, policies)
    world = Folder({name: [] for name in COLUMNS}, definitions, merged)
    start, end = world.cycle(CYCLE).start, world.cycle(CYCLE).end
    lives = _fill_units(rng, world, max(units, 3), start, end)
    _fill_people(rng, world, people, lives, start, end)
    _fill_rates(rng, world, start)
    happened = random_events(rng, world, CYCLE, events)
    random_scorecards(rng, world, CYCLE, happened)
    # Of their own chance, so that the rest of an agency is what it was without them.
    chance = random.Random(f"figures {seed}")
    for event in random_figures(chance, world, CYCLE):
        happened.insert(chance.randrange(len(happened) + 1), event)
    write_agency(folder / "agency", world.rows)
    write_definitions(folder / "definitions", definitions, policies)
    lines = [json.dumps(event, ensure_ascii=rng.random() < 0.5 or not _is_plain(event)) for event in happened]
    (folder / "events.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_events(path: Path) -> list[dict[str, Any]]:
    """The events of an ``.ndjson`` file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_agency(folder: Path, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    """Write an agency folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns.split(), restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows.get(name, []))


def write_definitions(folder: Path, definitions: Mapping[str, Any], policies: Mapping[str, Any]) -> None:
    """Write a folder of definitions, with policies where there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, object] = {"goals": GOALS, **definitions}
    if policies:
        contents["policies"] = policies
    for name, content in contents.items():
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _is_plain(event: Mapping[str, Any]) -> bool:
    """Whether an event can be written in UTF-8: a lone surrogate cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in json.dumps(event, ensure_ascii=False))


# --- policies ---------------------------------------------------------------------------------------------------------


def random_policies(rng: random.Random, *, first_month: int) -> dict[str, Any]:
    """Some policies of an agency's own; often none."""
    policies: dict[str, Any] = {}
    if first_month != 1:
        policies["cycle"] = {"first_month": first_month}
    if rng.random() < 0.3:
        policies["blend"] = {"staff": {"unit": 30, "own": 70}, "head": {"unit": 80, "own": 20}}
    if rng.random() < 0.7:
        policies["groups"] = {"minimum": rng.choice([2, 3, 5])}
        if rng.random() < 0.3:
            policies["groups"]["heads_apart"] = False
        if policies["groups"]["minimum"] == 3:
            policies["groups"]["outside_ranks"] = ["G1", "G7"]
    if rng.random() < 0.3:
        policies["minimum_days"] = rng.choice([1, 30, 90])
    if rng.random() < 0.5:
        policies["pay"] = {"institution_grade": rng.choice("SABC")}
        if rng.random() < 0.7:
            policies["pay"]["pool"] = rng.choice([5_000_000, 12_345_678, 900_000_000])
    if rng.random() < 0.3:
        policies["promotion"] = {"years": rng.choice([1, 2, 4]), "career_per_year": 0.5}
    if rng.random() < 0.3:
        policies["legal_forms"] = ["gmbh", "ltd", "co", "oy", "주식회사"]
    if rng.random() < 0.4:
        policies["grades"] = rng.choice(GRADE_TABLES)
    return policies


def _grades(*entries: tuple[str, float, float]) -> list[dict[str, Any]]:
    return [{"grade": grade, "share": share, "rate": rate} for grade, share, rate in entries]


GRADE_TABLES = (
    _grades(("S", 5, 140), ("A", 25, 120), ("B", 40, 100), ("C", 20, 80), ("D", 7, 60), ("E", 3, 0)),
    _grades(
        ("S", 12.5, 150), ("A", 37.5, 100), ("B", 20, 90), ("C", 15, 85), ("D", 10, 70.5), ("E", 2.5, 0), ("F", 2.5, 0)
    ),
    _grades(("S", 10, 120), ("A", 60, 100), ("B", 10, 90), ("C", 10, 80), ("D", 5, 70), ("E", 5, 10)),
)


# --- units ------------------------------------------------------------------------------------------------------------


def _random_day(rng: random.Random, start: dt.date, end: dt.date) -> dt.date:
    return start + rng.randrange(max((end - start).days, 1)) * DAY


def _fill_units(rng: random.Random, world: Folder, units: int, start: dt.date, end: dt.date) -> list[Life]:
    """A tree in four layers: what can be a parent is always there, what is not may come and go."""
    divisions = 1 + (units > 6)
    regions = max(1, (units - 1 - divisions) // 4)
    teams = max(0, (units - 1 - divisions - regions) // 4)
    offices = units - 1 - divisions - regions - teams
    layers = {
        "agency": ["HQ"],
        "division": [f"DIV{n}" for n in range(divisions)],
        "regional_hq": [f"REG{n}" for n in range(regions)],
        "office": [f"O.{n}" for n in range(offices)],
        "team": [f"T-{n}" for n in range(teams)],
    }
    parents = {
        "agency": [""],
        "division": ["HQ"],
        "regional_hq": ["HQ", *layers["division"]],
        "office": ["HQ", *layers["division"], *layers["regional_hq"] * 3],
    }
    lasting: list[str] = []
    lives = []
    for kind, codes in layers.items():
        for code in codes:
            life = (
                _random_life(rng, code, start, end) if kind in {"office", "team"} else Life(code, LONG_AGO, FAR_FUTURE)
            )
            lives.append(life)
            if kind == "office" and life == Life(code, LONG_AGO, FAR_FUTURE):
                lasting.append(code)
            possible = parents.get(kind) or lasting + layers["regional_hq"]
            _add_unit(rng, world, kind, life, possible, (start, end))
    return lives


def _random_life(rng: random.Random, code: str, start: dt.date, end: dt.date) -> Life:
    return rng.choice(
        [Life(code, LONG_AGO, FAR_FUTURE)] * 6
        + [
            Life(code, LONG_AGO, _random_day(rng, start + DAY, end)),
            Life(code, _random_day(rng, start, end), FAR_FUTURE),
            Life(code, LONG_AGO, start),
            Life(code, end, FAR_FUTURE),
        ]
    )


def _add_unit(
    rng: random.Random, world: Folder, kind: str, life: Life, parents: list[str], cycle: tuple[dt.date, dt.date]
) -> None:
    """A row for each period of a unit's life; name, parent and group may differ."""
    turns = sorted({_random_day(rng, *cycle) for _ in range(rng.choice([0, 0, 0, 1, 1, 2]))})
    days = [life.start, *(day for day in turns if life.start < day < life.end), life.end]
    for n, (since, until) in enumerate(itertools.pairwise(days)):
        world.rows["units"].append(
            {
                "code": life.code,
                "name": f"{life.code}, period {n}",
                "kind": kind,
                "parent": rng.choice(parents),
                "country": rng.choice(["KR", "AT", "DE", "US", "JP", "NO"]),
                "timezone": rng.choice(["UTC", "Asia/Seoul", "Europe/Vienna", "America/New_York"]),
                "evaluation_group": rng.choice(["", "", "europe", "asia", "isles"]) if kind != "agency" else "",
                "valid_from": since.isoformat(),
                "valid_to": "" if until == FAR_FUTURE else until.isoformat(),
                "name_ko": rng.choice(["", f"{life.code} 사무소"]),
            }
        )


# --- people -----------------------------------------------------------------------------------------------------------


def _fill_people(
    rng: random.Random, world: Folder, people: int, lives: Sequence[Life], start: dt.date, end: dt.date
) -> None:
    for n in range(people):
        number, job = f"E{n:04d}", rng.choice(["staff"] * 5 + ["manager", "manager", "head"])
        hired, left = _service(rng, start, end)
        world.rows["employees"].append(
            {
                "number": number,
                "name": f"{rng.choice(['Kim', 'Lee', 'Núñez', 'Özil', '박'])} {n}",
                "email": f"{number.lower()}@example.org",
                "rank": f"G{rng.randint(3, 7)}",
                "job": job,
                "monthly_base": str(rng.randrange(2_500_000, 9_000_000, 50)),
                "hired_on": hired.isoformat(),
                "left_on": "" if left == FAR_FUTURE else left.isoformat(),
            }
        )
        _add_postings(rng, world, number, job, (hired, left), lives, (start, end))
        _add_status(rng, world, number, start, end)
        _add_employment(rng, world, number, start, end)
        for year in rng.sample([CYCLE - 1, CYCLE - 2, CYCLE - 3, CYCLE - 4, CYCLE + 1], rng.choice([0, 1, 2, 3])):
            score = f"{rng.randrange(2000, 10001) / 100:.2f}"
            grade = rng.choice("SABCDE")
            row = {"cycle": str(year), "employee": number, "final_score": score, "grade": grade}
            world.rows["results"].append(row)


def _service(rng: random.Random, start: dt.date, end: dt.date) -> tuple[dt.date, dt.date]:
    """First day and day after the last: mostly long, some join or leave in the cycle, a few never touch it."""
    hired = _random_day(rng, dt.date(2005, 1, 1), start - 400 * DAY)
    day = _random_day(rng, start + DAY, end)
    return rng.choice(
        [(hired, FAR_FUTURE)] * 14
        + [(day, FAR_FUTURE)] * 2
        + [(hired, day)] * 2
        + [
            (hired, start),
            (end, FAR_FUTURE),
            (dt.date(2020, 2, 29), FAR_FUTURE),
            (start + 100 * DAY, start + 130 * DAY),
        ]
    )


def _add_postings(
    rng: random.Random,
    world: Folder,
    number: str,
    job: str,
    service: tuple[dt.date, dt.date],
    lives: Sequence[Life],
    cycle: tuple[dt.date, dt.date],
) -> None:
    """Postings one after another, each within its unit's life; now and then with a gap, now and then none at all."""
    hired, left = service
    if rng.random() < 0.04:
        return
    turns = sorted({_random_day(rng, *cycle) for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 3]))})
    days = [hired, *(day for day in turns if hired < day < left), left]
    for since, until in itertools.pairwise(days):
        if len(days) > 2 and rng.random() < 0.1:
            continue
        able = [life.code for life in lives if life.start <= since and until <= life.end]
        world.rows["postings"].append(
            {
                "employee": number,
                "unit": rng.choice(able),
                "role": job,
                "from": since.isoformat(),
                "to": "" if until == FAR_FUTURE else until.isoformat(),
            }
        )


def _add_status(rng: random.Random, world: Folder, number: str, start: dt.date, end: dt.date) -> None:
    for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2])):
        kind = rng.choice(["leave"] * 3 + ["secondment"] * 2 + ["discipline"])
        since = _random_day(rng, start - 60 * DAY, end)
        until = since + rng.choice([10, 45, 120, 240]) * DAY
        shown = rng.choice([(since, until)] * 6 + [(None, None), (since, None), (None, until)])
        world.rows["status"].append(
            {
                "employee": number,
                "cycle": str(rng.choice([CYCLE] * 6 + [CYCLE - 1])),
                "kind": kind,
                "from": shown[0].isoformat() if shown[0] else "",
                "to": shown[1].isoformat() if shown[1] else "",
                "note": rng.choice(["", "a note, with a comma"]),
            }
        )


def _add_employment(rng: random.Random, world: Folder, number: str, start: dt.date, end: dt.date) -> None:
    """Other jobs and pay for some days, one after another and with gaps; some cells empty, some days outside the service."""
    turns = sorted({_random_day(rng, start - 400 * DAY, end + 60 * DAY) for _ in range(rng.choice([0, 0, 2, 3, 4]))})
    for since, until in itertools.pairwise(turns):
        if rng.random() < 0.3:
            continue
        is_open = until == turns[-1] and rng.random() < 0.5
        world.rows["employment"].append(
            {
                "employee": number,
                "from": since.isoformat(),
                "to": "" if is_open else until.isoformat(),
                "job": rng.choice(["", "staff", "manager", "head"]),
                "rank": rng.choice(["", "G1"]),
                "monthly_base": rng.choice(["", str(rng.randrange(1_000_000, 9_000_000))]),
            }
        )


def _fill_rates(rng: random.Random, world: Folder, start: dt.date) -> None:
    """Euro and won every month, yen every third, pounds only from the middle of the cycle on."""
    first = dt.date(start.year - 1, 1, 1)
    months = [dt.date(first.year + n // 12, n % 12 + 1, 1) for n in range(40)]
    for currency, usd, every in (("EUR", 1.08, 1), ("KRW", 0.00077, 1), ("JPY", 0.0067, 3), ("GBP", 1.3, 1)):
        for month in months[::every]:
            if currency == "GBP" and month < start + 150 * DAY:
                continue
            rate = f"{usd * rng.uniform(0.94, 1.06):.8f}"
            row = {"month": f"{month:%Y-%m}", "currency": currency, "usd": rate}
            world.rows["rates"].append(row)
