"""What would have brought the next better grade, on a running server: the least score that has it, and by which lines it would be reached.

Held against a calculation that shares no code with the product: others' scores as they stand, one's own tried hundredth by hundredth, and each line
moved on a scorecard that is worked out a second way.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.contract.desk import Desk
from tests.contract.test_calibrating import RATES, grades, swap
from tests.contract.test_certifying import ingest, late
from tests.contract.test_cycles import agree, propose
from tests.contract.test_notifying import desk, tell, words
from tests.reference.agency import ReferenceAgency
from tests.reference.grading import Grading
from tests.reference.ledger import rounded
from tests.reference.moved import MovedScores

__all__ = ["desk"]

EXAMPLE = Path(__file__).resolve().parents[1] / "given" / "example"
CYCLE = 2026
NOW = dt.date(2026, 11, 24)
BEST_FIRST = list(RATES)
STEPS = {"count": 0, "sum": 0, "distinct": 0}
"""The decimals of what comes in wholes."""


@dataclass(frozen=True)
class Told:
    """A line as a page tells it."""

    card: str
    kpi: str
    step: Decimal | None
    reached: Decimal | None
    final: Decimal


@dataclass(frozen=True)
class Way:
    """What a page tells: the grade, the least score that has it, and the lines."""

    grade: str
    least: Decimal
    lines: tuple[Told, ...]


def way_of(page: str) -> Way | None:
    """Read it from the page; None where nothing is told."""
    found = re.search(
        r'<section[^>]* id="way" data-least="([^"]+)" data-better="([^"]+)".*?</section>', page, re.DOTALL
    )
    if found is None:
        return None
    lines = []
    for one in re.findall(r"<li[^>]* data-lift=[^>]*>", found[0]):
        told = dict(re.findall(r'data-(\w+)="([^"]*)"', one))
        step, reached = (Decimal(told[name]) if name in told else None for name in ("step", "reached"))
        lines.append(Told(told["card"], told["lift"], step, reached, Decimal(told["final"])))
    return Way(found[2], Decimal(found[1]), tuple(lines))


def without_way(page: str) -> str:
    """A page without what would have brought another score than the one that there is."""
    return re.sub(r'<section[^>]* id="way".*?</section>', "", page, flags=re.DOTALL)


class Beside:
    """The second calculation: the grades of the example's people, and the score by which one of them would have a better one."""

    def __init__(self) -> None:
        events = [json.loads(line) for line in (EXAMPLE / "events.ndjson").read_text("utf-8").splitlines()]
        self.agency = ReferenceAgency.read(EXAMPLE / "agency", EXAMPLE / "definitions", events)
        self.moved = MovedScores(self.agency, CYCLE, today=NOW, projects=False)
        self.grading = Grading(self.agency.folder, self.moved.still)
        self.rows = {row["employee"]: row for row in self.grading.employees().rows}
        self.candidates = self.grading.listed()[1]

    def graded(self, who: str, score: Fraction) -> str:
        """Somebody's grade if they alone had another score: everybody is placed anew."""
        candidates = [replace(one) for one in self.candidates]
        (one,) = [each for each in candidates if each.code == who]
        one.score = score
        self.grading.place(candidates)
        return one.grade

    def better(self, who: str) -> tuple[str, Decimal] | None:
        """The least score with which somebody has a better grade, and that grade; None where not even 100 brings one."""
        have, below = self.rows[who]["grade"], int(rounded(self.rows[who]["final_score"], 2) * 100)
        above = 10_000
        if self.graded(who, Fraction(above, 100)) == have:
            return None
        while above - below > 1:
            middle = (above + below) // 2
            below, above = (middle, above) if self.graded(who, Fraction(middle, 100)) == have else (below, middle)
        return self.graded(who, Fraction(above, 100)), Decimal(above).scaleb(-2)

    def measured(self, card: str) -> set[str]:
        """The KPIs of a card that can be measured."""
        return {line["kpi"] for line in self.moved.still.scorecard(card)["lines"] if line["score"] is not None}

    def cards_of(self, who: str) -> set[str]:
        """On whose cards the measured lines are that make somebody's score: their own, or those of the units posted to where nothing of their own counts."""
        node = f"employee:{who}"
        job = self.agency.folder.employed_as(who, self.moved.still.cycle)["job"]
        if self.measured(node) and int(self.agency.folder.policies["blend"][job]["own"]):
            return {node}
        days = self.moved.still.cycle.days
        units = {f"unit:{unit}" for day in days if (unit := self.agency.folder.posted_to(who, day))}
        return {unit for unit in units if self.measured(unit)}

    def after(self, who: str, line: Told, *, less: bool) -> Decimal:
        """Somebody's published score after what a line tells, or one step before it."""
        row = self.moved.origin((line.card, line.kpi))
        aggregate = self.agency.folder.definition(row[1], CYCLE)["measure"]["aggregate"]
        leads = self.moved.leads(row)
        assert leads is not None
        assert line.step is not None
        assert line.reached is not None
        places = STEPS.get(aggregate, max(2, -int(line.reached.as_tuple().exponent)))
        grain = Fraction(1 if line.reached > leads else -1, 10**places)
        return self.moved.after(
            f"employee:{who}",
            row,
            aggregate,
            step=line.step,
            reached=line.reached,
            beyond=-grain if less else Fraction(0),
        )


def test_the_way_to_the_next_grade_is_what_a_second_calculation_says(kopes, serve, tmp_path) -> None:
    """Of everybody of the example, the grades dealt anew: with the score that is told theirs is better, with a hundredth less it is not.

    With the actual that is told the scorecard comes to that score, with one step less it does not; a line that is said not to reach it is below it
    at its best.
    """
    where = {"database": f"sqlite:///{tmp_path / 'example.sqlite'}", "definitions": EXAMPLE / "definitions"}
    present = {"KOPES_NOW": f"{NOW}T09:00:00Z"}
    kopes("migrate", **where)
    kopes("load", EXAMPLE / "agency", **where)
    events = tmp_path / "events.ndjson"
    events.write_bytes((EXAMPLE / "events.ndjson").read_bytes())
    kopes("ingest", events, **where, status=1)
    beside, tried = Beside(), Counter[bool]()
    server = serve(where["database"], definitions=where["definitions"], **present)
    with closing(Desk(server, kopes, where | {"definitions": tmp_path / "definitions"})) as made:
        dana = made.person("dana", "--role", "hr")
        for who, row in beside.rows.items():
            way = way_of(dana.get(f"/grades/employee:{who}?cycle={CYCLE}").text)
            if not row["grade"]:
                assert way is None, who
                continue
            assert (way and (way.grade, way.least)) == beside.better(who), who
            if way is None or beside.moved.final(f"employee:{who}", {}) != rounded(row["final_score"], 2):
                # Of whoever was away earlier results were ranked: no line of this cycle moves them.
                assert way is None or way.lines == (), who
                continue
            assert {line.card for line in way.lines} == beside.cards_of(who), who
            for card in beside.cards_of(who):
                assert {line.kpi for line in way.lines if line.card == card} == beside.measured(card), who
            for line in way.lines:
                tried[line.step is not None] += 1
                if line.step is None:
                    assert line.final < way.least, (who, line)
                else:
                    assert beside.after(who, line, less=False) == line.final >= way.least, (who, line)
                    assert beside.after(who, line, less=True) < way.least, (who, line)
    assert min(tried[True], tried[False]) > 20, tried


def next_grade(desk, name, who):
    """What the API tells somebody of what would have brought a person the next grade."""
    return desk.person(name).get(f"/api/v1/cycles/2026/people/{who}/next-grade")


def of_json(way):
    """A way as the API tells it."""
    lines = []
    for one in way["lines"]:
        step, reached = (None if one[name] is None else Decimal(one[name]) for name in ("step", "reached"))
        lines.append(Told(one["node"], one["kpi"], step, reached, Decimal(f"{one['final_score']:.2f}")))
    return Way(way["grade"], Decimal(f"{way['score']:.2f}"), tuple(lines))


def test_whoever_was_told_reads_what_was_missing_and_nobody_else(desk):
    """The more consults the better: by the cut, whatever comes later; on one's own page once one is told, and to nobody who is told grades alone."""
    rows = grades(desk)
    ranked = sorted(rows.values(), key=lambda row: -(row["final_score"] or 0))
    best, lower = ranked[0], next(row for row in ranked if row["grade"] != ranked[0]["grade"])
    who, better = lower["employee"], best["grade"]
    least = min(Decimal(f"{row['final_score']:.2f}") for row in ranked if row["grade"] == better)
    page = f"/grades/employee:{who}?cycle=2026"
    dana, own = desk.person("dana"), desk.person(who.lower())
    way = way_of(dana.get(page).text)
    assert way is not None
    assert (way.grade, way.least) == (better, least)
    assert "consults" in {line.kpi for line in way.lines if line.step is not None}
    assert way_of(dana.get(f"/cycles/2026/people/{who}").text) == way
    told = next_grade(desk, "dana", who).json()["next_grade"]
    assert of_json(told) == way
    assert (told["proposed_grade"], told["moved_to"]) == (lower["grade"], None)
    assert next_grade(desk, "dana", best["employee"]).json()["next_grade"] is None
    assert way_of(dana.get(f"/grades/employee:{best['employee']}?cycle=2026").text) is None
    # Calibrators see scores and grades, and not what they come from; nobody has told the person yet.
    assert desk.person("cora").get(page).status_code == 200
    assert way_of(desk.person("cora").get(page).text) is None
    assert {next_grade(desk, name, who).status_code for name in ("cora", "nobody", who.lower())} == {404}
    assert next_grade(desk, "dana", "E99").status_code == 404
    assert own.get(page).status_code == 404
    # What comes after the cut moves nothing of it; what would be without it is another.
    ingest(desk, [event for number in range(2) for event in late(number, employee=who)])
    assert way_of(dana.get(page).text) == way
    assert way_of(dana.get(f"{page}&live=1").text) != way
    tell(desk)
    for address in ("/my/result", page):
        told = own.get(address)
        assert way_of(told.text) == way, address
        assert f"A score of {least} would have brought grade {better}" in words(told)
    assert of_json(next_grade(desk, who.lower(), who).json()["next_grade"]) == way
    assert f"you had {lower['final_score']:.2f}" in words(own.get("/my/result"))
    assert way_of(desk.person(best["employee"].lower()).get("/my/result").text) is None
    other = ranked[-1]["employee"].lower()
    assert desk.person(other).get(page).status_code == 404
    assert next_grade(desk, other, who).status_code == 404


def test_a_grade_that_people_made_says_so_and_one_that_is_kept_has_no_way(desk):
    """Who was moved reads what the rank alone would have taken; who keeps what they were told misses nothing to it."""
    rows, dana = grades(desk), desk.person("dana")
    moves = swap(rows)
    done = agree(desk, "cleo", propose(desk, "cora", "calibrate", {"moves": moves}))
    assert done.status_code == 200, done.text
    for one in moves:
        page = dana.get(f"/grades/{one['node']}?cycle=2026")
        way, said = (
            way_of(page.text),
            f"Calibrators set the grade {one['to']}. What stands here goes by the rank alone, by which {one['from']} was proposed.",
        )
        # The best by rank was moved down: by rank there is no better grade.
        assert (way is not None, said in words(page)) == ((one["from"] != "S",) * 2), one
    tell(desk)
    content = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "8.5", "cause": "missing_deal"}
    assert agree(desk, "anna", propose(desk, "dana", "override", content)).status_code == 200
    kept = [number for number, row in grades(desk).items() if row["held"]]
    assert kept
    for number in kept:
        page = dana.get(f"/grades/employee:{number}?cycle=2026")
        assert way_of(page.text) is None, number
        assert "is kept as it was told, whatever the rank: no score is missing to it." in words(page), number
        assert next_grade(desk, "dana", number).json()["next_grade"] is None
    # What was decided is what the line comes to: it is told with the lines that nothing moves.
    risen = dana.get("/grades/employee:E1?cycle=2026")
    way = way_of(risen.text)
    assert way is not None
    assert "consults" not in {line.kpi for line in way.lines}
    assert 'id="way-fixed"' in risen.text
