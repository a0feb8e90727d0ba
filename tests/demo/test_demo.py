"""The demonstration agency: the same from the same seed, valid by the contract's rules, and full of everything there is to show."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.demo import DemoReport, build
from app.demo.market import misspelled, respelled
from app.demo.seasons import ACTIVITIES, Climate, CycleUnderWay, day_weights, plan_shares
from app.demo.world import names, places
from app.intake.definitions import read_folder
from app.kit.settings import Settings
from app.rules.definitions import AGGREGATES, METHOD_NAMES, Definitions
from app.rules.policies import LEGAL_FORMS
from app.rules.terms import Job, Link
from app.web import create_app, site_of
from tests.conftest import DEFINITIONS, Kopes, NewDatabase
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_scorecards
from tests.reference.figures import is_outlier
from tests.reference.folder import Folder, day_after, first_day
from tests.reference.ledger import plain_name

TODAY = dt.date(2026, 11, 24)
SEED = 20
PEOPLE = 60
SCALE = 0.05
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def definitions() -> Definitions:
    """The product's own."""
    read, findings = read_folder(DEFINITIONS)
    assert findings == []
    return read


def small(folder: Path, *, seed: int = SEED, today: dt.date = TODAY) -> DemoReport:
    """The agency that tests and benches build."""
    return build(folder, seed=seed, today=today, definitions=definitions(), people=PEOPLE, scale=SCALE)


def written(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def events_of(report: DemoReport) -> list[dict[str, Any]]:
    """All events, in the order of the files."""
    return [json.loads(line) for file in report.event_files for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    """A small agency."""
    return small(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def agency(report: DemoReport) -> ReferenceAgency:
    """The same, read and worked out without the product's code."""
    return ReferenceAgency.read(report.agency, report.definitions, events_of(report))


@pytest.fixture(scope="module")
def folder(agency: ReferenceAgency) -> Folder:
    """Its folder."""
    return agency.folder


@pytest.fixture(scope="module")
def scores(agency: ReferenceAgency) -> list[dict[str, Any]]:
    """Its scorecards on the day it was built, by the second calculation."""
    return list(agency.scores(2026, as_of=TODAY))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    """All the people and units, with one in fifty of their activities."""
    folder = tmp_path_factory.mktemp("full")
    return build(folder, seed=SEED, today=TODAY, definitions=definitions(), scale=0.02)


# ------------------------------------------------------------------------------------------------------------ from a seed


def test_the_given_kpis_of_the_cycle_under_way_are_reported_as_events(full: DemoReport) -> None:
    """All twelve: each is a figure of a head, sent like an activity (contract-desk, 7)."""
    figures = [one["data"] for one in events_of(full) if one["type"] == "kopes.figure"]
    reported = {one["kpi"] for one in figures if str(one["cycle"]) == str(full.cycle)}
    texts = [file.read_text(encoding="utf-8") for file in full.definitions.glob("*.yaml")]
    assert len(reported) == sum(text.count("aggregate: given") for text in texts) == 12


def test_the_same_seed_and_day_write_the_same_bytes(tmp_path: Path) -> None:
    """A demonstration can be looked at again, and a bench compares like with like."""
    small(tmp_path / "one")
    small(tmp_path / "other")
    assert written(tmp_path / "one") == written(tmp_path / "other")


def test_another_seed_writes_another_agency(tmp_path: Path) -> None:
    small(tmp_path / "one")
    small(tmp_path / "other", seed=SEED + 1)
    assert written(tmp_path / "one")["events.ndjson"] != written(tmp_path / "other")["events.ndjson"]


@given(st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2040, 12, 31)))
def test_on_any_day_one_quarter_leaves_the_cycle_eight_to_eleven_months_under_way(today: dt.date) -> None:
    cycle = CycleUnderWay.on(today)
    whole = (today.year - cycle.start.year) * 12 + today.month - cycle.start.month
    assert cycle.first_month in {1, 4, 7, 10}
    assert 8 <= whole < 11
    assert cycle.start <= today < cycle.end


@pytest.mark.parametrize(
    ("day", "seed"), [("2024-02-29", 1), ("2025-12-31", 2), ("2026-01-01", 3), ("2027-05-31", 4), ("2028-09-30", 5)]
)
def test_every_event_of_any_day_is_read_as_expected(tmp_path: Path, day: str, seed: int) -> None:
    """Leap days and cycles across the new year have their own ends and offsets."""
    made = small(tmp_path, today=dt.date.fromisoformat(day), seed=seed)
    read = ReferenceAgency.read(made.agency, made.definitions, events_of(made))
    assert read.outcomes.count("rejected") == made.rejected
    assert read.folder.policies["cycle"]["first_month"] == made.first_month
    assert read.folder.policies["groups"]["names"].keys() == {
        row["evaluation_group"] for row in read.folder.rows["units"]
    } - {""}
    check_postings(read.folder)
    check_cards(read.folder)


@pytest.mark.parametrize("activity", ACTIVITIES)
@pytest.mark.parametrize("climate", Climate)
def test_the_shares_of_a_plan_are_exactly_a_hundred(activity: str, climate: Climate) -> None:
    """A load refuses 99.99."""
    cycle = CycleUnderWay.on(TODAY)
    shares = plan_shares(cycle, day_weights(cycle, activity, climate))
    assert sum(shares) == 100
    assert all(share > 0 for share in shares)


def test_too_few_people_make_no_agency(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 60 people"):
        build(tmp_path, seed=1, today=TODAY, definitions=definitions(), people=12)


@pytest.mark.parametrize("day", ["9999-12-31", "1999-12-31", "2101-01-01"])
def test_a_day_of_another_age_is_refused(kopes: Kopes, tmp_path: Path, day: str) -> None:
    """It has years behind it and people who have served for decades, and a day after: the calendar ends."""
    ran = kopes("demo", tmp_path / "agency", "--today", day, status=2)
    assert f"{day} is not a day from 2000-01-01 to 2100-12-31" in ran.err
    assert not (tmp_path / "agency").exists()


def test_definitions_without_a_kpi_that_the_agency_needs_are_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exporting_companies"):
        build(tmp_path, seed=1, today=TODAY, definitions=Definitions(), people=PEOPLE, scale=SCALE)


# ----------------------------------------------------------------------------------------------------- the contract's rules


def check_postings(folder: Folder) -> None:
    """Postings lie within service and life, and do not overlap."""
    service = {
        row["number"]: (first_day(row["hired_on"]), day_after(row["left_on"])) for row in folder.rows["employees"]
    }
    until: dict[str, dt.date] = {}
    for row in sorted(folder.rows["postings"], key=lambda row: (row["employee"], row["from"])):
        first, after = first_day(row["from"]), day_after(row["to"])
        hired_on, left_on = service[row["employee"]]
        assert hired_on <= first < after <= left_on, row
        assert until.get(row["employee"], first) <= first, row
        assert folder.unit_on(row["unit"], first) is not None, row
        until[row["employee"]] = after


def check_cards(folder: Folder) -> None:
    """Weights add up to 100, parents have what their children share, and figures suit the method."""
    cards: dict[tuple[str, str], dict[str, Any]] = {}
    for row in folder.rows["scorecards"]:
        assert row["kpi"] not in cards.setdefault((row["cycle"], row["node"]), {}), row
        cards[row["cycle"], row["node"]][row["kpi"]] = row
    for node, card in cards.items():
        assert sum(Fraction(row["weight"]) for row in card.values()) == 100, node
    for row in folder.rows["scorecards"]:
        method = folder.definition(row["kpi"], int(row["cycle"]))["method"]["name"]
        if row["link"] in {"identical", "shared"}:
            assert row["parent_kpi"] == row["kpi"]
            assert row["kpi"] in cards[row["cycle"], row["parent_node"]], row
        if row["link"] == "shared":
            assert not any(row[figure] for figure in ("base", "high", "low", "target", "coefficient")), row
        assert not (row["base"] or row["coefficient"]) or method in {"deviation", "ratio"}, row
        assert not row["target"] or method in {"target", "milestone"}, row
        assert not row["coefficient"] or Fraction("0.80") <= Fraction(row["coefficient"]) <= Fraction("1.20"), row


def test_postings_lie_within_service_and_the_lives_of_units(folder: Folder) -> None:
    check_postings(folder)


def test_scorecards_add_up_and_have_their_parents(folder: Folder) -> None:
    check_cards(folder)


def test_on_every_day_there_is_one_root_and_every_other_unit_hangs_on_it(folder: Folder) -> None:
    """The reorganisation in mid-cycle leaves no day without a parent."""
    codes = {row["code"] for row in folder.rows["units"]}
    for day in folder.cycle(2026).days:
        tops = {folder.upwards(code, day)[-1]["code"] for code in codes if folder.unit_on(code, day)}
        assert tops == {"KOPA"}


def test_every_unit_has_one_head_on_every_day_of_the_cycle(folder: Folder) -> None:
    """Verification never waits for nobody; heads who swap offices do so overnight."""
    heads = [row for row in folder.rows["postings"] if row["role"] == "head"]
    for day in folder.cycle(2026).days:
        here = [row["unit"] for row in heads if first_day(row["from"]) <= day < day_after(row["to"])]
        assert Counter(here) == Counter(
            {row["code"] for row in folder.rows["units"] if folder.unit_on(row["code"], day)}
        )


def test_what_is_left_out_is_an_outlier_by_the_rule(full: DemoReport) -> None:
    """An exclusion that is none stops the load."""
    read = ReferenceAgency.read(full.agency, full.definitions, [])
    assert read.folder.rows["exclusions"]
    for row in read.folder.rows["exclusions"]:
        past = {
            int(one["year"]): Fraction(one["actual"])
            for one in read.folder.rows["history"]
            if (one["node"], one["kpi"]) == (row["node"], row["kpi"])
        }
        assert is_outlier(past, int(row["year"]), int(row["cycle"])), row


def test_exactly_the_wrong_events_are_rejected(report: DemoReport, agency: ReferenceAgency) -> None:
    """Rejected ones are there to be seen and mended; whatever else is strange is accepted."""
    assert agency.outcomes.count("rejected") == report.rejected > 5
    assert agency.outcomes.count("duplicate") > 3


# ------------------------------------------------------------------------------------------------- everything is there


def test_the_small_agency_has_every_method_aggregate_and_link(
    agency: ReferenceAgency, scores: list[dict[str, Any]]
) -> None:
    """Whoever looks for one finds it on a scorecard, with a score."""
    lines = [line for card in scores for line in card["lines"] if line["score"] is not None]
    assert {line["method"] for line in lines} == set(METHOD_NAMES)
    measured = {agency.folder.definition(line["kpi"], 2026)["measure"]["aggregate"] for line in lines}
    assert measured == set(AGGREGATES)
    assert {row["link"] for row in agency.folder.rows["scorecards"]} == set(Link)


def test_every_kpi_of_the_library_is_on_a_scorecard(full: DemoReport) -> None:
    read = ReferenceAgency.read(full.agency, full.definitions, [])
    assert {row["kpi"] for row in read.folder.rows["scorecards"]} == set(definitions().kpis)


def test_the_agency_comes_out_around_a_b_and_its_nodes_on_both_sides(scores: list[dict[str, Any]]) -> None:
    """Past years are made to fit the year under way; a page full of 20s and 100s would show nothing."""
    cards = {card["node"]: card for card in scores}
    assert 68 < cards["unit:KOPA"]["projected_score"] < 85
    projected = [float(card["projected_score"]) for card in cards.values() if card["projected_score"] is not None]
    assert min(projected) < 60
    assert max(projected) > 85
    assert len({round(score) for score in projected}) > 15


def test_all_kinds_of_changes_happen(full: DemoReport) -> None:
    rows = ReferenceAgency.read(full.agency, full.definitions, []).folder.rows
    assert {row["kind"] for row in rows["status"]} == {"leave", "secondment", "discipline"}
    cycle = CycleUnderWay.on(TODAY)
    started = Counter(row["employee"] for row in rows["postings"] if dt.date.fromisoformat(row["from"]) > cycle.start)
    hired = {row["number"] for row in rows["employees"] if dt.date.fromisoformat(row["hired_on"]) > cycle.start}
    assert len(hired) > 15
    assert len(set(started) - hired) > 40
    assert sum(1 for row in rows["employees"] if row["left_on"]) > 8
    lives = Counter(row["code"] for row in rows["units"])
    twice = [row for row in rows["units"] if lives[row["code"]] == 2]
    assert any(one["parent"] != other["parent"] for one, other in zip(twice[::2], twice[1::2], strict=True))
    assert any(one["name"] != other["name"] for one, other in zip(twice[::2], twice[1::2], strict=True))


def test_events_come_late_early_twice_shared_void_and_in_several_currencies(full: DemoReport) -> None:
    events = events_of(full)
    place = {(event["source"], event["id"]): at for at, event in reversed(list(enumerate(events)))}
    assert len(place) < len(events)
    own: dict[tuple[str, str], set[str]] = {}
    for event in events:
        if "employee" in event["data"]:
            credits = event["data"].get("credits", [])
            own[event["source"], event["id"]] = {event["data"]["employee"], *(one["employee"] for one in credits)}
    verdicts = [event for event in events if "activity" in event["data"]]
    about = [(event["data"]["activity"]["source"], event["data"]["activity"]["id"]) for event in verdicts]
    early = [
        key
        for event, key in zip(verdicts, about, strict=True)
        if place.get(key, -1) > place[event["source"], event["id"]]
    ]
    void = [
        event
        for event, key in zip(verdicts, about, strict=True)
        if event["type"] == "kopes.verified" and event["data"]["by"] in own.get(key, ())
    ]
    assert early
    assert void
    assert any(key not in place for key in about)
    assert {event["type"] for event in verdicts} == {
        f"kopes.{kind}" for kind in ("verified", "rejected", "confirmed", "denied", "reversed")
    }
    currencies = {event["data"]["currency"] for event in events if "currency" in event["data"]}
    assert len(currencies) > 10
    assert sum(1 for event in events if "credits" in event["data"]) > 50


def test_the_full_agency_has_kotras_size(full: DemoReport) -> None:
    """1,300 employees, 10 regional headquarters, 129 offices in 84 countries (domain.md 1)."""
    rows = ReferenceAgency.read(full.agency, full.definitions, []).folder.rows
    assert len(rows["employees"]) == 1300
    units = {row["code"]: row for row in rows["units"]}
    kinds = Counter(row["kind"] for row in units.values())
    assert (kinds["agency"], kinds["regional_hq"], kinds["office"]) == (1, 10, 129)
    assert len({row["country"] for row in units.values() if row["kind"] == "office"}) == 84
    groups = Counter(row["evaluation_group"] for row in units.values() if row["kind"] == "office")
    assert all(10 <= size <= 20 for size in groups.values())
    assert {row["job"] for row in rows["employees"]} == set(Job)
    assert len({row["email"] for row in rows["employees"]}) == 1300


def test_every_unit_has_a_name_of_its_own_in_each_language(full: DemoReport, report: DemoReport) -> None:
    """On each day of it, after it was called otherwise too; Korean ones are written in Hangul."""
    for agency in (full.agency, report.agency):
        with (agency / "units.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for column in ("name", "name_ko", "name_es"):
            named = {(row["code"], row["name"]): row[column] for row in rows}
            assert all(named.values())
            assert len(set(named.values())) == len(named)
        assert all(re.search("[가-힣]", row["name_ko"]) for row in rows)


def test_there_is_somebody_for_each_kind_of_user(report: DemoReport, agency: ReferenceAgency) -> None:
    """The head has a queue to verify, and the employee is one of the head's own people with much to show."""
    roles = {"employee", "head", "executive", "hr", "auditor", "admin"}
    assert set(report.people) == roles | {"second_hr", "second_admin"}
    assert len(set(report.people.values())) == 8
    rows = {row["number"]: row for row in agency.folder.rows["employees"]}
    assert [rows[report.people[role]]["name"] for role in report.people] == [name for name, _ in report.names.values()]
    assert rows[report.people["head"]]["job"] == rows[report.people["executive"]]["job"] == "head"
    office = agency.folder.posted_to(report.people["head"], TODAY)
    assert office == agency.folder.posted_to(report.people["employee"], TODAY)
    mine = [event for event in agency.ledger.accepted if event["data"].get("employee") == report.people["employee"]]
    assert len(mine) > 10


# ------------------------------------------------------------------------------------------------------------------ names


@given(st.sampled_from([f"{stem}star Trading {legal}" for stem in ("Nord", "Blue") for legal in ("GmbH", "S.p.A.", "Co., Ltd")]),
       st.integers(0, 2))  # fmt: skip
def test_another_spelling_is_the_same_buyer(name: str, way: int) -> None:
    """By the contract's rule: case, full stops and legal forms do not count."""
    assert respelled(name, way) != name
    assert plain_name(respelled(name, way), LEGAL_FORMS) == plain_name(name, LEGAL_FORMS)


@pytest.mark.parametrize("way", [0, 1])
def test_what_looks_alike_is_another_buyer(way: int) -> None:
    """A likely duplicate: for people to decide, not for the rule."""
    name = "Horizonmark Retail Ltd."
    assert plain_name(misspelled(name, way), LEGAL_FORMS) != plain_name(name, LEGAL_FORMS)


def test_people_are_called_as_people_are_in_each_country() -> None:
    """Every country of an office has a pool of names, in its own writing where it has one."""
    named = [country for pool in names()["local"] for country in pool["countries"]]
    assert {place.country for place in places()} <= set(named)
    assert len(named) == len(set(named))


# ------------------------------------------------------------------------------------------------- by the doors of anyone


def test_it_comes_in_by_the_doors_of_anyone_and_scores_as_the_second_calculation_does(
    report: DemoReport, agency: ReferenceAgency, scores: list[dict[str, Any]], new_database: NewDatabase, kopes: Kopes
) -> None:
    """No table is touched: ``kopes load`` without a warning, ``kopes ingest``, and the same scores from both."""
    database = new_database("sqlite")
    loaded = kopes("load", report.agency, database=database, definitions=report.definitions)
    assert loaded.err == ""
    ingested = kopes("ingest", *report.event_files, database=database, definitions=report.definitions, status=1)
    outcomes = Counter(agency.outcomes)
    for word, outcome in (("accepted", "accepted"), ("duplicate", "duplicate"), ("rejected", "rejected")):
        assert sum(map(int, re.findall(rf"{word} (\d+)", ingested.out))) == outcomes[outcome]
    asked = ("score", "--cycle", "2026", "--as-of", TODAY.isoformat(), "--format", "json")
    shown = json.loads(kopes(*asked, database=database, definitions=report.definitions).out)
    assert differences_of_scorecards(shown, scores) == []


# ------------------------------------------------------------------------------------------------------------------- targets


def test_every_office_and_everyone_there_but_the_head_has_a_line_that_takes_a_target(full: DemoReport) -> None:
    """So that whoever signs in as head finds something to set: for the own unit, its people and the units below."""
    folder = ReferenceAgency.read(full.agency, full.definitions, []).folder
    targets = {row["node"]: row["target"] for row in folder.rows["scorecards"] if row["target"]}
    kinds = {row["code"]: row["kind"] for row in folder.rows["units"]}
    assert {f"unit:{code}" for code, kind in kinds.items() if kind in {"office", "regional_hq"}} <= set(targets)
    abroad = {
        f"employee:{row['number']}"
        for row in folder.rows["employees"]
        if row["job"] != "head" and kinds.get(folder.posted_to(row["number"], TODAY)) in {"office", "regional_hq"}
    }
    assert len(abroad) > 600
    assert abroad <= set(targets)
    assert len(set(targets.values())) > 30


def test_the_printed_head_sets_a_target_and_the_score_moves_as_the_rule_says(
    report: DemoReport, agency: ReferenceAgency, new_database: NewDatabase, kopes: Kopes, tmp_path: Path
) -> None:
    """At /targets, of the own office and of one of its people; both scorecards are those of a folder with these targets."""
    where = {"database": new_database("sqlite"), "definitions": report.definitions}
    kopes("load", report.agency, **where)
    kopes("ingest", *report.event_files, **where, status=1)
    number = report.people["head"]
    email = report.names["head"][1]
    password = kopes("user", "create", email, "--role", "head", "--employee", number, **where).out.strip()
    settings = Settings(database_url=where["database"], secret_key="the tests' own")
    app = create_app(settings, clock=lambda: dt.datetime.combine(TODAY, dt.time(12), dt.UTC))
    client = app.test_client()
    assert client.post("/login", data={"email": email, "password": password}).status_code == 303
    office = agency.folder.posted_to(number, TODAY)
    mine = f"employee:{number}"
    moves = {}
    for kpi, is_office in (("budget_execution", True), ("consults_agreed", False)):
        page = client.get("/targets").text
        hidden = HIDDEN.findall(page.split("data-target-grid")[1].split("</form>")[0])
        sent = [(name, value) for name, value in hidden if name != "cell"]
        nodes = [value.split(" ")[1] for name, value in hidden if name == "cell" and value.startswith(f"{kpi} ")]
        assert nodes
        assert mine not in nodes
        node = next(one for one in nodes if (one == f"unit:{office}") is is_office)
        before = dict(sent)[f"seen-{kpi}-{node}"]
        moves[node, kpi] = str(2 * Decimal(before))
        sent += [("cell", f"{kpi} {node}"), ("note", "Agreed anew"), (f"target-{kpi}-{node}", moves[node, kpi])]
        assert client.post("/targets", data=MultiDict(sent)).status_code == 303
    site_of(app).database.close()

    changed = shutil.copytree(report.agency, tmp_path / "agency")
    with (changed / "scorecards.csv").open(encoding="utf-8", newline="") as file:
        rows = [row | {"target": moves.get((row["node"], row["kpi"]), row["target"])} for row in csv.DictReader(file)]
    with (changed / "scorecards.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    expected = list(ReferenceAgency.read(changed, report.definitions, events_of(report)).scores(2026, as_of=TODAY))
    shown = json.loads(kopes("score", "--cycle", "2026", "--as-of", TODAY.isoformat(), "--format", "json", **where).out)
    assert differences_of_scorecards(shown, expected) == []
    was = {card["node"]: card["own_score"] for card in agency.scores(2026, as_of=TODAY)}
    now = {card["node"]: card["own_score"] for card in shown}
    assert all(now[node] < was[node] for node, _ in moves)
