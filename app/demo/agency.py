"""The whole of the demonstration agency: its folder, its events, its definitions, from a seed and a day.

Do not let anything but the seed and the day in: no clock, no set whose order is the process's own, no
number that depends on how fast something was. The same seed on the same day writes the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from app.demo.drawing import Activities, draw
from app.demo.events import Pricing, Writer, figure_events, wrong_events
from app.demo.figures import Figures, ReportedFigure
from app.demo.former import Former, former_cycle
from app.demo.judging import KINDS, Judged, judge
from app.demo.lines import Line, lines
from app.demo.past import Past, Tempers
from app.demo.people import Employee, Staffing, staff
from app.demo.reached import Reached
from app.demo.seasons import ACTIVITIES, Climate, CycleUnderWay, day_weights, plan_shares
from app.demo.units import FULL_SIZE, Unit, area_names, group_names, headcounts, units_for
from app.demo.world import climate_of, unit_names
from app.intake import FOLDER_FILES
from app.kit.settings import ROOT
from app.rules.definitions import Definitions

__all__ = ["DemoReport", "build"]

DEFINITIONS: Final = ROOT / "kpi_definitions"
EVENTS: Final = "events.ndjson"
BEFORE, LATE = "events-before.ndjson", "events-late.ndjson"
"""What was reported of the former cycle before it was certified, and after."""
_EARLIER_CYCLES: Final = 3
_ADDRESS: Final = "kopa.example"
_SPOKEN: Final = {"units": ("name_ko", "name_es")}
"""Columns that a folder may have beside those that it must: what units are called in the other languages of the pages."""
_FIRST_MONTH: Final = re.compile(r"^cycle:.*$", re.MULTILINE)
_AREAS: Final = re.compile(r"^areas: \{\}$", re.MULTILINE)
_GROUPS: Final = re.compile(r"^groups: \{(.*)\}$", re.MULTILINE)

Row = Sequence[object]


@dataclass(frozen=True, kw_only=True)
class DemoReport:
    """What was written.

    Attributes:
        cycle: the cycle under way.
        first_month: the month it began in.
        rows: how many rows each file of the agency has, by name without ``.csv``.
        events: how many lines there are of each type, repetitions and wrong ones among them.
        rejected: how many of them are to be rejected.
        people: of each role a suitable person's number: ``employee``, ``head``, ``executive``, ``hr``, ``auditor``, ``admin``; and a second one
            of the two roles that agree with each other, ``second_hr`` and ``second_admin``.
        names: the names and addresses of those people.
        agency: the folder that ``kopes load`` takes.
        definitions: the folder that ``KPI_DEFINITIONS`` names.
        event_files: the files that ``kopes ingest`` takes: of the former cycle before it is certified, of the cycle under way, late ones.
        former: the cycle before, which one region has gone through.
    """

    cycle: int
    former: int
    first_month: int
    rows: Mapping[str, int]
    events: Mapping[str, int]
    rejected: int
    people: Mapping[str, str]
    names: Mapping[str, tuple[str, str]]
    agency: Path
    definitions: Path
    event_files: tuple[Path, ...]


def build(
    folder: Path,
    *,
    seed: int,
    today: dt.date,
    definitions: Definitions,
    people: int = FULL_SIZE,
    scale: float = 1.0,
) -> DemoReport:
    """Write ``agency/*.csv``, ``events.ndjson`` and ``definitions/`` into a folder.

    Args:
        folder: where; it is made where it is not there.
        seed: what all chance comes from.
        today: the day on which the cycle is 8 to 11 months under way.
        definitions: what the KPIs that ``agency.yaml`` names are.
        people: how many employees; fewer have fewer offices.
        scale: how many activities, relative to the usual number of so many people.

    Raises:
        ValueError: too few people, or a KPI that the definitions do not have.
    """
    cycle = CycleUnderWay.on(today)
    rng, chance = np.random.default_rng(seed), random.Random(seed)
    units = units_for(people, cycle)
    staffing = staff(chance, units, cycle, headcounts(units, people))
    acts, market = draw(rng, chance, staffing, scale=scale)
    judged = judge(rng, staffing, acts)
    reached = Reached(staffing, acts, market, judged)
    card_lines = lines(staffing, definitions)
    tempers = Tempers.drawn(rng, staffing)
    past = Past(rng, staffing, reached, tempers)
    figures = Figures.made(rng, card_lines, staffing=staffing, definitions=definitions, past=past, tempers=tempers)
    chosen = _chosen(staffing, acts, judged)
    former = former_cycle(staffing, card_lines, figures.history, head=chosen["head"])
    pricing = Pricing(rng, _months(cycle))
    writer = Writer(rng, staffing, market, acts, judged, pricing)
    tables = {
        "units": _units(staffing),
        "employees": _employees(staffing),
        "postings": _postings(staffing),
        "rates": pricing.rows(),
        "history": iter(figures.history),
        "scorecards": chain(_scorecards(former.lines, former.cycle), _scorecards(card_lines, cycle.year)),
        "ratings": iter(sorted(figures.ratings)),
        "status": _status(staffing),
        "results": _results(rng, staffing, tempers, former),
        "exclusions": ((cycle.year, one.node, one.kpi, one.year, one.reason) for one in figures.exclusions),
        "plan": _plan(staffing, card_lines, definitions),
    }
    agency = folder / "agency"
    agency.mkdir(parents=True, exist_ok=True)
    rows = {
        name: _write(agency / f"{name}.csv", (*FOLDER_FILES[name].required, *_SPOKEN.get(name, ())), table)
        for name, table in tables.items()
    }
    rejected, events = _write_all_events(folder, writer, staffing, figures, former)
    return DemoReport(
        cycle=cycle.year,
        former=former.cycle,
        first_month=cycle.first_month,
        rows=rows,
        events=events,
        rejected=rejected,
        people={role: one.number for role, one in chosen.items()},
        names={role: (one.name, _email(one)) for role, one in chosen.items()},
        agency=agency,
        definitions=_copy_definitions(folder / "definitions", cycle, group_names(staffing.units.all)),
        event_files=(folder / BEFORE, folder / EVENTS, folder / LATE),
    )


def _write_all_events(
    folder: Path, writer: Writer, staffing: Staffing, figures: Figures, former: Former
) -> tuple[int, dict[str, int]]:
    """Write the events of the cycle under way, and of the one before; how many are rejected, and how many there are of each type."""
    verifier = next(one.number for one in staffing.employees if one.role == "head" and one.last.unit == 0)
    reported = list(figure_events(figures.reported, verifier=verifier))
    rejected, events = _write_events(folder / EVENTS, writer, reported)
    for name, some in ((BEFORE, former.reported), (LATE, former.late)):
        events = _write_figures(folder / name, some, f"{former.cycle}-{name[7:8].upper()}", verifier, events)
    return rejected, events


# --------------------------------------------------------------------------------------------------------------- folder


def _write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write one file; says how many rows it has."""
    listed = [["" if cell is None else cell for cell in row] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *listed])
    return len(listed)


def _months(cycle: CycleUnderWay) -> list[str]:
    """The two years of months up to today's: those to come have no rate yet."""
    last = cycle.today.year * 12 + cycle.today.month - 1
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(last - 23, last + 1)]


def _units(staffing: Staffing) -> Iterator[Row]:
    units = staffing.units

    def row(unit: Unit, name: str, parent: int | None, from_: dt.date, to: dt.date | None) -> Row:
        above = "" if parent is None else units.all[parent].code
        dated = (unit.group, from_, to, *unit_names()[name])
        return unit.code, name, unit.kind, above, unit.country, unit.timezone, *dated

    for unit in units.all:
        since = unit.since
        if unit.old_name or unit.old_parent is not None:
            before = unit.parent if unit.old_parent is None else unit.old_parent
            yield row(unit, unit.old_name or unit.name, before, since, units.changed_on)
            since = units.changed_on
        yield row(unit, unit.name, unit.parent, since, None)


def _email(employee: Employee) -> str:
    return f"{employee.slug}@{_ADDRESS}"


def _employees(staffing: Staffing) -> Iterator[Row]:
    for one in staffing.employees:
        yield one.number, one.name, _email(one), one.rank, one.role, one.monthly_base, one.hired_on, one.left_on


def _postings(staffing: Staffing) -> Iterator[Row]:
    for one in staffing.employees:
        for posting in one.postings:
            yield one.number, staffing.units.all[posting.unit].code, posting.role, posting.from_, posting.to


def _scorecards(card_lines: Iterable[Line], cycle: int) -> Iterator[Row]:
    for line in card_lines:
        linked = line.link, line.parent_node, line.parent_kpi
        yield (
            cycle,
            line.owner.node,
            line.kpi,
            line.weight,
            line.area,
            *linked,
            line.base,
            "",
            "",
            line.target,
            line.coefficient,
        )


def _status(staffing: Staffing) -> Iterator[Row]:
    for status in staffing.statuses:
        number = staffing.employees[status.employee].number
        yield number, staffing.cycle.year, status.kind, status.from_, status.to, status.note


def _results(rng: np.random.Generator, staffing: Staffing, tempers: Tempers, former: Former) -> Iterator[Row]:
    """Three earlier cycles, of all who were there; the last one of those alone who had no scorecard in the application yet."""
    year = staffing.cycle.year
    bands = ((88.0, "S"), (81.0, "A"), (63.0, "B"), (56.0, "C"), (50.0, "D"))
    for cycle in range(year - _EARLIER_CYCLES, year):
        for place, one in enumerate(staffing.employees):
            score = 70 + 5 * tempers.employees[place] + 7 * rng.standard_normal()
            if (staffing.cycle.start - one.hired_on).days > 366 * (year - cycle):
                score = min(99.5, max(31.0, float(score)))
                grade = next((grade for least, grade in bands if score >= least), "E")
                if cycle != former.cycle or one.number not in former.people:
                    yield cycle, one.number, f"{score:.2f}", grade


def _plan(staffing: Staffing, card_lines: Iterable[Line], definitions: Definitions) -> Iterator[Row]:
    """Every KPI's seasons as its activities were drawn by; offices in the south have plans of their own."""
    cycle, units = staffing.cycle, staffing.units
    southern = {
        f"unit:{unit.code}"
        for unit in units.all
        if unit.kind == "office" and climate_of(unit.country) is Climate.SOUTHERN
    }
    own: dict[str, list[str]] = {}
    for line in card_lines:
        nodes = own.setdefault(line.kpi, [])
        if line.owner.node in southern and line.link != "shared":
            nodes.append(line.owner.node)
    for kpi, nodes in sorted(own.items()):
        activity = definitions.kpis[kpi].version(cycle.year).measure.activity
        if activity is None:
            continue
        for node in ("", *nodes):
            climate = Climate.SOUTHERN if node else Climate.NORTHERN
            for month, share in enumerate(plan_shares(cycle, day_weights(cycle, activity, climate)), 1):
                yield kpi, node, month, share


def _copy_definitions(folder: Path, cycle: CycleUnderWay, groups: Mapping[str, Mapping[str, str]]) -> Path:
    """The product's definitions, with policies by which the cycle begins in its month and the agency's groups have names."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(DEFINITIONS.iterdir()):
        if file.suffix not in {".yaml", ".json"}:
            continue
        text = file.read_text(encoding="utf-8")
        if file.name == "policies.yaml":
            policy = f"cycle: {{first_month: {cycle.first_month}}}"
            text = _FIRST_MONTH.sub(policy, text, count=1) if _FIRST_MONTH.search(text) else f"{text}\n{policy}\n"
            text = _AREAS.sub(f"areas: {{names: {json.dumps(area_names(), ensure_ascii=False)}}}", text, count=1)
            text = _GROUPS.sub(rf"groups: {{\1, names: {json.dumps(groups, ensure_ascii=False)}}}", text, count=1)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


# --------------------------------------------------------------------------------------------------------------- events


def _write_events(path: Path, writer: Writer, reported: Sequence[tuple[str, str]]) -> tuple[int, dict[str, int]]:
    """Write all events; says how many are to be rejected, and how many lines there are of each type."""
    wrong, waiting = wrong_events(writer)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in writer.lines())
        file.writelines(f"{line}\n" for line in (*(line for _, line in reported), *waiting, *wrong))
    acts, verdicts = len(writer.acts), writer.verdicts
    order = writer.order
    kinds = np.concatenate([writer.acts.kind, len(ACTIVITIES) + verdicts.kind])[order]
    assert len(kinds) >= acts
    words = [*ACTIVITIES, *KINDS]
    counts = Counter({words[kind]: int(count) for kind, count in enumerate(np.bincount(kinds, minlength=len(words)))})
    counts.update(kind for kind, _ in reported)
    counts["waiting"], counts["wrong"] = len(waiting), len(wrong)
    return len(wrong), dict(counts)


def _write_figures(
    path: Path, figures: Sequence[ReportedFigure], series: str, verifier: str, events: Mapping[str, int]
) -> dict[str, int]:
    """Write figures of the former cycle; says how many lines there are of each type, together with those before."""
    written = list(figure_events(figures, verifier=verifier, series=f"{series}-"))
    path.write_text("".join(f"{line}\n" for _, line in written), encoding="utf-8")
    counts = Counter(events)
    counts.update(kind for kind, _ in written)
    return dict(counts)


# --------------------------------------------------------------------------------------------------------------- people


def _chosen(staffing: Staffing, acts: Activities, judged: Judged) -> dict[str, Employee]:
    """One suitable person for each role: somebody with much to see, a head with much to verify, and people at headquarters."""
    people, units = staffing.employees, staffing.units
    is_here = staffing.unit_on[:, staffing.cycle.passed - 1] >= 0
    steady = [
        place
        for place, one in enumerate(people)
        if is_here[place] and len(one.postings) == 1 and one.left_on is None and staffing.present[place].all()
    ]
    done = np.bincount(acts.employee, minlength=len(people))
    waiting = np.bincount(acts.unit[judged.pending], minlength=len(units.all))
    heads = {
        people[place].last.unit: place
        for place in range(len(people))
        if people[place].role == "head" and is_here[place] and units.all[people[place].last.unit].kind == "office"
    }
    fullest = max(heads, key=lambda unit: (waiting[unit], -unit))
    mates = [place for place in steady if people[place].role == "staff" and people[place].last.unit == fullest]
    anybody = [
        place
        for place in steady
        if people[place].role == "staff" and units.all[people[place].last.unit].kind == "office"
    ]

    def at(code: str, instead: str, but: Sequence[Employee] = ()) -> Employee:
        unit = units.by_code.get(code) or units.by_code[instead]
        there = [place for place in steady if people[place].last.unit == unit.place and people[place].role != "head"]
        # Of a small agency's units some have nobody else: somebody from anywhere then.
        places: list[int] = [*(there or staffing.members(unit.place)), *steady, *range(len(people))]
        return next(people[place] for place in places if people[place] not in but)

    chosen = {
        "employee": people[max(mates or anybody, key=lambda place: (done[place], -place))],
        "head": people[heads[fullest]],
        "executive": next(one for one in people if one.last.unit == 0),
        "hr": at("ADMIN-HR", "ADMIN"),
        "auditor": at("AUDIT", "PLAN"),
        "admin": at("ADMIN-IT", "INNOV"),
    }
    for second, code, instead in (("second_hr", "ADMIN-HR", "ADMIN"), ("second_admin", "ADMIN-IT", "INNOV")):
        chosen[second] = at(code, instead, list(chosen.values()))
    return chosen
