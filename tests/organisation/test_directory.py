"""The organisation as it is read: everything as of a day, kept by revision, the same on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from app import organisation
from app.intake.folder import load
from app.kit.database import Database
from app.organisation import Directory
from app.organisation import tables as organisation_tables
from app.rules.terms import Period, StatusKind
from tests.conftest import CountQueries
from tests.small_agency import AT, SMALL, definitions, write

JUNE, JULY = dt.date(2026, 6, 30), dt.date(2026, 7, 1)


def load_small(database: Database, folder: Path, files: Mapping[str, object] = SMALL) -> None:
    with database.write("load") as connection:
        assert load(connection, write(folder, files), definitions(), at=AT, by="test").revision is not None


def read(database: Database) -> Directory:
    with database.read() as connection:
        return organisation.directory(connection)


def test_before_the_first_load_there_is_an_empty_organisation(database: Database) -> None:
    """Day 1: every question has an answer, and no page breaks."""
    directory = read(database)

    assert directory.revision == 0
    assert directory.employees == {}
    assert directory.tree.root_on(JUNE) is None
    assert directory.path_id_span("E1", JUNE)[0] is None
    assert directory.paths_under("HQ") == ()
    assert directory.rates.rate("EUR", JUNE) is None
    assert directory.units_in(Period(JUNE, JULY)) == ()


def test_an_activity_belongs_to_the_units_of_its_own_day(database: Database, tmp_path: Path) -> None:
    """A transfer on 1 April and a reorganisation on 1 July leave the days before as they were."""
    load_small(database, tmp_path)
    directory = read(database)

    def chain(employee: str, day: dt.date) -> tuple[str, ...] | None:
        number, _, _ = directory.path_id_span(employee, day)
        return None if number is None else directory.units_of_path(number)

    assert chain("E1", dt.date(2026, 3, 31)) == ("VIE", "EUR", "HQ")
    assert chain("E1", dt.date(2026, 4, 1)) == ("PAR", "EUR", "HQ")
    assert chain("E2", JUNE) == ("VIE", "EUR", "HQ")
    assert chain("E2", JULY) == ("VIE", "ASI", "HQ")
    assert chain("E1", dt.date(2027, 1, 1)) is None
    assert chain("E9", JUNE) is None


def test_a_units_total_is_the_sum_over_the_paths_that_it_is_on(database: Database, tmp_path: Path) -> None:
    load_small(database, tmp_path)
    directory = read(database)
    under = {
        unit: {directory.units_of_path(one) for one in directory.paths_under(unit)} for unit in directory.tree.units
    }

    assert under["HQ"] == set(directory.path_ids)
    assert under["ASI"] == {("VIE", "ASI", "HQ")}
    assert under["VIE"] == {("VIE", "ASI", "HQ"), ("VIE", "EUR", "HQ")}
    assert all(directory.units_of_path(number) == path for path, number in directory.path_ids.items())


def test_paths_are_numbered_in_the_order_of_their_texts(database: Database, tmp_path: Path) -> None:
    """So that two databases loaded alike have the same numbers."""
    load_small(database, tmp_path)

    assert list(read(database).path_ids) == [("HQ",), ("PAR", "EUR", "HQ"), ("VIE", "ASI", "HQ"), ("VIE", "EUR", "HQ")]
    assert sorted(read(database).path_ids.values()) == [1, 2, 3, 4]


def test_heads_and_people_are_those_of_the_day(database: Database, tmp_path: Path) -> None:
    """Whoever is posted as head stands there from the first day up to, not including, the last."""
    load_small(database, tmp_path)
    directory = read(database)

    assert directory.heads_of("VIE", JUNE) == ("E2",)
    assert directory.heads_of("PAR", JUNE) == ()
    assert directory.units_headed_by("E2", JUNE) == ("VIE",)
    assert directory.units_headed_by("E1", JUNE) == ()
    assert directory.people_of("VIE", dt.date(2026, 3, 31)) == ("E1", "E2")
    assert directory.people_of("VIE", dt.date(2026, 4, 1)) == ("E2",)
    assert directory.unit_of("E1", JUNE) == "PAR"
    assert directory.unit_of("E3", dt.date(2026, 10, 1)) is None
    assert directory.children("EUR", JUNE) == ("PAR", "VIE")
    assert directory.units_below("ASI", JULY) == ("ASI", "VIE")


def test_the_evaluation_group_is_the_nearest_one_above(database: Database, tmp_path: Path) -> None:
    """Vienna has none of its own: Europe's until the reorganisation, then none."""
    load_small(database, tmp_path)
    directory = read(database)

    assert directory.evaluation_group("VIE", JUNE) == "europe"
    assert directory.evaluation_group("VIE", JULY) is None


def test_who_touches_a_cycle_is_listed_by_code(database: Database, tmp_path: Path) -> None:
    """One day in it is enough; the day after the last one is not."""
    load_small(database, tmp_path)
    directory = read(database)

    def year(number: int) -> Period:
        return Period(dt.date(number, 1, 1), dt.date(number + 1, 1, 1))

    assert directory.units_in(year(2026)) == ("ASI", "EUR", "HQ", "PAR", "VIE")
    assert directory.units_in(year(2027)) == ("ASI", "EUR", "HQ", "VIE")
    assert [one.number for one in directory.employees_in(year(2026))] == ["E1", "E2", "E3"]
    assert [one.number for one in directory.employees_in(year(2027))] == ["E1", "E2"]
    assert [one.number for one in directory.employees_in(year(2011))] == ["E2"]


def test_an_amount_converts_at_its_own_months_rate_or_the_latest_earlier_one(
    database: Database, tmp_path: Path
) -> None:
    load_small(database, tmp_path)
    directory = read(database)
    cases = [
        ("EUR", dt.date(2025, 12, 31), None),
        ("EUR", dt.date(2026, 1, 1), Decimal("1.05")),
        ("EUR", dt.date(2026, 2, 28), Decimal("1.05")),
        ("EUR", dt.date(2026, 3, 1), Decimal("1.1")),
        ("EUR", dt.date(2030, 1, 1), Decimal("1.1")),
        ("USD", dt.date(1999, 1, 1), Decimal(1)),
        ("CHF", dt.date(2026, 3, 1), None),
    ]

    for currency, day, rate in cases:
        assert directory.rates.rate(currency, day) == rate, (currency, day)


def test_status_and_earlier_results_are_those_of_the_person(database: Database, tmp_path: Path) -> None:
    load_small(database, tmp_path)
    directory = read(database)
    (leave,) = directory.statuses_of("E1", 2026)
    (notice,) = directory.statuses_of("E2", 2026)

    assert (leave.kind, leave.period) == (StatusKind.LEAVE, Period(dt.date(2026, 2, 1), dt.date(2026, 3, 1)))
    assert (notice.kind, notice.period, notice.note) == (StatusKind.DISCIPLINE, Period(None, None), "a notice")
    assert directory.statuses_of("E1", 2025) == ()
    assert [one.final_score for one in directory.earlier_results("E1", 2026)] == [Decimal("78.12"), Decimal("44.84")]
    assert [one.cycle for one in directory.earlier_results("E1", 2025)] == [2024]
    assert directory.earlier_results("E2", 2026) == ()


def test_a_unit_of_the_past_or_future_is_still_shown_by_a_name(database: Database, tmp_path: Path) -> None:
    """Pages about other days need one: the last row that had begun, else the first."""
    load_small(database, tmp_path)
    directory = read(database)

    def parent(unit: str, day: dt.date) -> str | None:
        row = directory.unit_near(unit, day)
        return row.parent if row else None

    assert parent("VIE", dt.date(1990, 1, 1)) == "EUR"
    assert parent("VIE", JULY) == "ASI"
    assert parent("PAR", dt.date(2030, 1, 1)) == "EUR"
    assert directory.unit_near("ROM", JULY) is None


def test_asking_again_costs_one_query_until_a_load_moves_the_revision(
    database: Database, tmp_path: Path, count_queries: CountQueries
) -> None:
    """Every page asks; only the first after a load reads."""
    load_small(database, tmp_path)
    before = read(database)
    with count_queries() as sent:
        assert read(database) is before
    files = {**SMALL, "rates": SMALL["rates"][:2]}
    load_small(database, tmp_path, files)
    after = read(database)

    # 1 query: the revision. SQLite's BEGIN is sent as a statement, too.
    assert len([one for one in sent if "SELECT" in one]) == 1
    assert after is not before
    assert (before.revision, after.revision) == (1, 2)
    with database.read() as connection:
        assert after.still_current(connection)
        assert not before.still_current(connection)


def test_a_rolled_back_load_leaves_no_trace_in_what_is_kept(database: Database, tmp_path: Path) -> None:
    """What a load's own transaction saw is never taken for what holds."""
    load_small(database, tmp_path)
    folder = write(tmp_path, {**SMALL, "rates": SMALL["rates"][:1]})
    with database.writer.connect().execution_options(deed="test") as connection:
        report = load(connection, folder, definitions(), at=AT, by="test")
        inside = organisation.directory(connection)
        connection.rollback()
    outside = read(database)

    assert (report.revision, inside.revision) == (2, 2)
    assert inside.rates.rate("EUR", JUNE) is None
    assert outside.revision == 1
    assert outside.rates.rate("EUR", JUNE) == Decimal("1.1")


def test_the_same_loads_in_the_same_order_have_the_same_token(tmp_path: Path, database: Database) -> None:
    """The token names content, not time: what one process kept by it holds in every other."""
    load_small(database, tmp_path)
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    with other.write("schema") as connection:
        sa.MetaData.create_all(organisation_tables.employee.metadata, connection)
    load_small(other, tmp_path)

    assert read(other).token == read(database).token
    other.close()
