"""Who may not see what people are paid sees it by no door of the desk: an executive who is an employee too, with their own pay to see (contract, "Rights")."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access.tables import reading_log
from app.decisions.tables import decision_seen
from app.kit.database import Database
from tests.contract.desk import code
from tests.contract.test_own_hands import desk, in_june, put, rows, text_row

__all__ = ["desk"]

SECRET = "7654321"


E7 = ("e7", "--role", "executive", "--employee", "E7")


@pytest.fixture
def executive(desk):
    """An executive of the agency, who sees their own grade and pay."""
    return desk.person(*E7)


@pytest.fixture
def small_desk(desks, engine, tmp_path):
    """One of hr, so that an executive is the second."""
    with desks.copy(engine, in_june(E7), tmp_path) as made:
        yield made


def test_an_executive_with_a_number_of_their_own_sees_nobodys_pay(desk, executive):
    """Not in files, histories, sets that are open, decided or wait for others, nor in what these move."""
    (row,) = rows(desk, "employees.csv", number="E1")
    address = put(desk, "employees.csv", text_row(row) | {"monthly_base": SECRET})
    decision = desk.submit(address)
    looked_at = [
        "/api/v1/files/employees.csv",
        "/api/v1/files/employees.csv/rows.csv",
        "/api/v1/files/employees.csv/history?key=E1",
        address,
        f"{address}/effects",
        f"{address}/check",
        f"/api/v1/decisions/{decision['id']}/effects",
        address.removeprefix("/api/v1"),
        f"{address.removeprefix('/api/v1')}/effects",
        f"/decisions/{decision['id']}",
    ]

    def look():
        for one in looked_at:
            answer = executive.get(one)
            assert answer.status_code == 200, (one, answer.text)
            for hidden in (SECRET, "7,654,321", str(row["monthly_base"]), '"pay"', "Pay"):
                assert hidden not in answer.text, one

    look()
    assert desk.approve(desk.person("dora"), decision).json()["state"] == "approved"
    look()


def test_where_hr_is_one_person_who_is_to_agree_sees_the_pay_of_that_set_while_it_waits(small_desk):
    """And no other: not what is loaded, nor another set, nor the same one afterwards."""
    desk, executive = small_desk, small_desk.person("e7")
    (row,) = rows(desk, "employees.csv", number="E1")
    other = put(desk, "employees.csv", text_row(row) | {"monthly_base": "8888888"})
    address = put(desk, "employees.csv", text_row(row) | {"monthly_base": SECRET})
    decision = desk.submit(address)
    assert SECRET in executive.get(address).text
    effects = executive.get(f"/api/v1/decisions/{decision['id']}/effects").json()["items"]
    assert "pay" in {one["member"] for one in effects}
    for one in (other, "/api/v1/files/employees.csv"):
        assert "8888888" not in executive.get(one).text
        assert str(row["monthly_base"]) not in executive.get(one).text
    assert desk.approve(executive, decision).json()["state"] == "approved"
    assert SECRET not in executive.get(address).text
    # By the sum of a file whose other columns are told, a base is tried until it fits.
    sums = {one["file"]: one["sha256"] for one in executive.get("/api/v1/files").json()["items"]}
    assert (sums["employees.csv"], len(sums["units.csv"])) == (None, 64)
    assert "pay" not in executive.get(f"/api/v1/decisions/{decision['id']}/effects").text


def test_what_is_wrong_with_a_figure_of_pay_does_not_repeat_it(desk, executive):
    """Nor does the refusal to tell what a wrong set would move."""
    (row,) = rows(desk, "employees.csv", number="E1")
    address = put(desk, "employees.csv", text_row(row) | {"monthly_base": f"{SECRET}x"})
    assert code(executive.get(f"{address}/effects")) == (409, "findings")
    for one in (f"{address}/effects", f"{address}/check", address, address.removeprefix("/api/v1")):
        assert SECRET not in executive.get(one).text
    assert SECRET in desk.person("dana").get(f"{address}/effects").text


def test_whoever_reads_many_people_s_rows_or_what_a_set_moves_is_written_down(desk, executive):
    """As a download is: who, what and of how many others; one's own row is nobody else's."""
    dana, database = desk.person("dana"), Database(desk.where["database"])
    (row,) = rows(desk, "employees.csv", number="E1")
    address = put(desk, "employees.csv", text_row(row) | {"monthly_base": SECRET})
    decision = desk.submit(address)

    def written():
        with database.read() as connection:
            return [(one.what, one.rows) for one in connection.execute(sa.select(reading_log)) if "dana" in one.who]

    before = written()
    everybody = len(rows(desk, "employees.csv"))
    for one in (
        "/api/v1/files/employees.csv/rows.csv",
        "/api/v1/files/employees.csv/rows.xlsx",
        "/api/v1/files/employees.csv/history?key=E1",
        f"{address}/effects",
        f"/api/v1/decisions/{decision['id']}/effects",
        "/api/v1/files/scorecards.csv",
    ):
        dana.get(one).raise_for_status()
    executive.get(f"/api/v1/decisions/{decision['id']}/effects").raise_for_status()
    with database.read() as connection:
        # Who is told a part of them has not seen them.
        seen = connection.execute(sa.select(decision_seen).where(decision_seen.c.decision == decision["id"])).all()
        assert len(seen) == 1
    told = written()[len(before) :]
    carded = {one["node"] for one in rows(desk, "scorecards.csv") if one["node"].startswith("employee:")}
    people = {("files/employees.csv", everybody), ("files/employees.csv", 1), ("files/scorecards.csv", len(carded))}
    assert {*told} >= people
    assert [what for what, count in told if what == "effects" and count] == ["effects"] * 2
    own = written()
    dana.get(address).raise_for_status()
    assert written() == own
    desk.person("dora").get(address).raise_for_status()
    with database.read() as connection:
        logged = connection.execute(
            sa.select(reading_log.c.what, reading_log.c.rows).where(reading_log.c.who.contains("dora"))
        )
        assert ("changes", 1) in {tuple(row) for row in logged}
    desk.person("e6").get("/api/v1/files/employees.csv?node=employee:E6").raise_for_status()
    assert written() == own
    database.close()
