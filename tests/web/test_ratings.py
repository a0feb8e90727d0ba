"""The pages of lines that people rate: a rater's list and form, what the rated are told, and what hr is told of raters."""

from __future__ import annotations

import itertools
import json
import re
from fractions import Fraction

import pytest
import sqlalchemy as sa

from app import access, scoring
from app import cycle as cycles
from app.access import tables as access_tables
from app.cycle.opened import begin_stage
from app.rules.stages import Stage
from app.web.wording.languages import number
from tests.conftest import CountQueries
from tests.web.test_home import waits_for
from tests.web.test_opened_cycles import WHY, agrees, in_agreement
from tests.web.working import NOW, Working

PAGE = "/cycles/2026/ratings"
LINE = f"{PAGE}/employee:E1/companies"


def stage(working: Working, to: Stage) -> None:
    """The cycle has come to a stage."""
    working.database.writing(
        "decide", lambda connection: begin_stage(connection, 2026, to, round_=1, by="test", at=NOW)
    )


def rate_companies(working: Working) -> None:
    """Load `companies` as a KPI that people rate."""
    path = working.folder / "definitions" / "kpis.yaml"
    document = json.loads(path.read_text(encoding="utf-8"))
    for one in document["kpis"]:
        if one["code"] == "companies":
            one |= {"measure": {"aggregate": "rating"}, "method": {"name": "qualitative"}}
    path.write_text(json.dumps(document), encoding="utf-8")
    working.load(lambda text: re.sub(r"(,companies,10,,unique,,,,,,)10,", r"\1,", text))


@pytest.fixture
def rated(working: Working) -> Working:
    """The working agency with `companies` rated by people, in the cycle 2026 that is agreed on; wanda (E7) is its approver."""
    rate_companies(working)
    in_agreement(working)
    return working


def test_a_rater_keeps_drafts_and_gives_a_grade_for_good(rated: Working) -> None:
    """Home says how many wait, the list which, the line's page has the KPI beside the form; a final grade stands without one."""
    assert "to_rate" not in waits_for(rated.boram)
    stage(rated, Stage.RUNNING)
    assert "Lines of 2026 that wait for your grade: 2" in waits_for(rated.boram)["to_rate"]
    assert "to_rate" not in waits_for(rated.alba) | waits_for(rated.emil) | waits_for(rated.iris)
    listed = rated.boram.get(PAGE).text
    assert "still to be given: 2" in listed
    assert f'href="{LINE}"' in listed
    page = rated.boram.get(LINE).text
    for told in ("A+ 100", "E0 20", "Points of each grade", "Keep it as a draft"):
        assert told in page
    assert rated.boram.post(LINE, {"grade": "", "text": "Two meetings.", "final": "false"}).status_code == 303
    assert ">Two meetings.</textarea>" in rated.boram.get(LINE).text
    refused = rated.boram.post(LINE, {"grade": "", "text": "Three meetings.", "final": "true"})
    assert (refused.status_code, ">Three meetings.</textarea>" in refused.text) == (422, True)
    assert 'id="grade-error"' in refused.text
    done = rated.boram.post(LINE, {"grade": "B+", "text": "Three meetings.", "final": "true"})
    assert (done.status_code, done.headers["Location"]) == (303, PAGE)
    assert "Give this grade for good" not in rated.boram.get(LINE).text
    assert rated.boram.post(LINE, {"grade": "C", "text": "", "final": "true"}).status_code == 409
    assert "Lines of 2026 that wait for your grade: 1" in waits_for(rated.boram)["to_rate"]
    assert "still to be given: 1" in rated.boram.get(PAGE).text
    for language, words in (("ko", "평가"), ("es", "Valoraciones")):
        assert words in rated.boram.get(PAGE, headers={"Accept-Language": language}).text
        assert rated.boram.get(LINE, headers={"Accept-Language": language}).status_code == 200


def test_whoever_is_told_nothing_finds_nothing_and_the_rated_what_it_comes_to_once_notified(rated: Working) -> None:
    """Neither the rated nor others before; from the notification on number, mean and range without a name."""
    rated.boram.post(LINE, {"grade": "B+", "text": "Seen twice.", "final": "true"})
    for person in (rated.alba, rated.jiho, rated.chae, rated.ferran, rated.iris):
        assert person.statuses(PAGE, LINE) == [404, 404]
    assert rated.alba.post(LINE, {"grade": "A+", "text": "", "final": "true"}).status_code == 404
    assert rated.jiho.post(LINE, {"grade": "A+", "text": "", "final": "true"}).status_code == 404
    score = "/scorecards/employee:E1/companies?cycle=2026"
    assert f'href="{LINE}"' not in rated.alba.get(score).text
    assert f'href="{LINE}"' in rated.boram.get(score).text
    stage(rated, Stage.NOTIFIED)
    assert f'href="{LINE}"' in rated.alba.get(score).text
    # Sums and tokens are drawn at random, and some have the letters of a number in them.
    page = re.sub(r'(?:integrity|value)="[^"]{30,}"', "", rated.alba.get(LINE).text)
    assert "Grades: 1; mean 80 points, from B+ to B+." in page
    for hidden in ("Seen twice.", "E2", "Raters and what they gave"):
        assert hidden not in page
    assert rated.jiho.statuses(LINE) == [404]
    assert rated.boram.post(LINE, {"grade": "C", "text": "", "final": "false"}).status_code == 409


def test_hr_appoints_raters_and_has_a_grade_reopened_and_sees_raters_beside_each_other(rated: Working) -> None:
    """Two people each time; nobody's own case; the page says who rates, what is missing, and how far raters are apart."""
    rated.boram.post(LINE, {"grade": "B+", "text": "Seen twice.", "final": "true"})
    page = rated.dana.get(LINE).text
    for told in ("Raters and what they gave", "Seen twice.", "Propose to reopen it"):
        assert told in page
    wrong = rated.dana.post(f"{LINE}/raters", {"raters": ["E2", "E99"], "reason": WHY})
    assert (wrong.status_code, 'value="E99"' in wrong.text, "There is no employee" in wrong.text) == (422, True, True)
    assert rated.boram.post(f"{LINE}/raters", {"raters": ["E4"], "reason": WHY}).status_code == 409
    made = rated.dana.post(f"{LINE}/raters", {"raters": ["E2", "E4", ""], "reason": WHY})
    agrees(rated.wanda, made)
    assert rated.alba.statuses(made.headers["Location"]) == [404]
    assert rated.gaston.post(LINE, {"grade": "C", "text": "", "final": "true"}).status_code == 303
    listed = rated.dana.get(PAGE).text
    assert re.search(r"E2</th>\s*<td[^>]*>1</td>\s*<td[^>]*>80</td>\s*<td[^>]*>60</td>\s*<td[^>]*>20</td>", listed)
    assert "A final grade is missing" in listed
    reopening = {"rater": "E2", "reason": WHY}
    agrees(rated.wanda, rated.dana.post(f"{LINE}/reopening", reopening))
    assert "Give this grade for good" in rated.boram.get(LINE).text
    assert rated.emil.statuses(PAGE, LINE) == [200, 200]


def test_a_mean_of_three_grades_is_told_though_no_decimal_ends_it() -> None:
    """Grades of 80, 80 and 90 come to 83.3 and more."""
    assert number(Fraction(250, 3), 1) == "83.3"


def test_as_many_queries_however_many_lines_are_rated(rated: Working, count_queries: CountQueries) -> None:
    """HR's list, a rater's, and both first pages."""
    stage(rated, Stage.RUNNING)

    def counted() -> list[int]:
        numbers = []
        for person, page in itertools.product((rated.dana, rated.boram), (PAGE, "/")):
            person.get(page)
            with count_queries() as sent:
                assert person.get(page).status_code == 200
            numbers.append(len([one for one in sent if one != "BEGIN"]))
        return numbers

    none = counted()
    for rater, whose in ((rated.boram, "E1"), (rated.boram, "E6"), (rated.gaston, "E2")):
        address = f"{PAGE}/employee:{whose}/companies"
        assert rater.post(address, {"grade": "C", "text": "Seen.", "final": "false"}).status_code == 303
    assert counted() == none


def test_what_waits_is_read_once_for_everybody(rated: Working, count_queries: CountQueries) -> None:
    """Whom the night's mails are for takes as many queries for twice the accounts; for each it is what is told to them alone.

    Of every kind something waits: signatures, grades (of which nobody is reminded before the cycle's last month), check-ins, comments and actions.
    """
    stage(rated, Stage.RUNNING)
    rated.dana.post("/cycles/2026/calendar", {"mid_year_from": "2026-06-15", "mid_year_by": "2026-06-16"})
    rated.alba.post("/cycles/2026/check-ins/E1", {"as": "owner", "text": "Well.", "on": "2026-06-20"})
    rated.boram.post(LINE, {"grade": "B+", "text": "Three meetings.", "final": "true"})
    action = {
        "node": "employee:E1",
        "kpi": "deals",
        "cause": "The fair was called off.",
        "measure": "Visit ten buyers.",
    }
    assert rated.alba.post("/actions", action | {"owner": "e6", "due_on": "2026-09-30"}).status_code == 303
    now = NOW.replace(month=12, day=20)
    counts, kinds = [], set()
    for more in ((), [f"N{one}" for one in range(20)]):
        with rated.database.write("settle") as connection:
            connection.execute(sa.insert(access_tables.account), [_account(name) for name in more] or [_account("N")])
        with rated.database.read() as connection:
            loaded = scoring.state(connection)
            day = loaded.frame.directory.day_of(now)
            cycles.reminders_due(connection, loaded, now=now)
            with count_queries() as sent:
                wanted = cycles.reminders_due(connection, loaded, now=now)
            counts.append(len(sent))
            alone = {
                one.email: told
                for one in access.every_account(connection)
                if (told := cycles.waiting_of(connection, loaded, one, day=day))
            }
            assert [one.email for one in wanted] == list(alone)
            reads = cycles.EverybodysReads(connection, loaded, day=day)
            assert {
                one.email: cycles.waiting_of(connection, loaded, one, day=day, reads=reads) for one in wanted
            } == alone
            kinds |= {kind for told in alone.values() for kind in told}
    assert kinds == {"signatures", "grades", "check_ins", "comments", "actions"}
    assert counts[0] == counts[1] < 20


def _account(name: str) -> dict[str, object]:
    """An account of hr that is no employee's: all that waits for hr waits for it."""
    email = f"{name.lower()}@agency.example"
    mine = {"email": email, "email_key": email, "password_hash": "x", "roles": "hr", "employee": None}
    return mine | {"first_password": False, "created_at": NOW, "password_changed_at": NOW}
