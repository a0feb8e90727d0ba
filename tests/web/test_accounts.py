"""Accounts: made, changed, closed and opened by the administrator alone; a first password is seen once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from app import access
from app.access import tables
from app.organisation import tables as organisation_tables
from app.rules.activities import FINDINGS_MAX
from tests.conftest import CountQueries
from tests.web.working import NOW, Somebody, Working

_PASSWORD = re.compile(r'id="first-password">([^<]+)<')


def _number(working: Working, email: str) -> str:
    page = working.iris.get(f"/accounts?text={email}").text
    found = re.search(r'href="/accounts/(\d+)"', page)
    assert found is not None
    return found[1]


def _left_alone(working: Working) -> None:
    """Nobody but Iris keeps accounts or agrees to them: what two people decide where there are two, she does alone."""
    with working.database.write("test") as connection:
        account = tables.account
        connection.execute(sa.update(account).where(account.c.email == "ferran@agency.example").values(disabled_at=NOW))


def test_only_the_administrator_keeps_accounts(working: Working) -> None:
    """Nobody else sees or changes one (contract, "Who may what")."""
    number = _number(working, "alba@")
    for name in ("dana", "emil", "ferran", "boram", "alba"):
        person = getattr(working, name)
        assert person.statuses("/accounts", f"/accounts/{number}") == [404, 404]
        for deed in ("", "/disable", "/enable", "/password"):
            assert person.post(f"/accounts/{number}{deed}", {"role": "admin"}).status_code == 404
        assert person.post("/accounts", {"email": "new@agency.example", "role": "admin"}).status_code == 404


def test_a_new_account_signs_in_with_the_password_that_is_shown_once(working: Working) -> None:
    """It is on the answer, and not on the account's page nor in the trail."""
    _left_alone(working)
    answer = working.iris.post("/accounts", {"email": "nova@agency.example", "role": ["auditor", "hr"]})
    found = _PASSWORD.search(answer.text)
    assert found is not None
    client = working.app.test_client()
    assert client.post("/login", data={"email": "nova@agency.example", "password": found[1]}).status_code == 303
    assert found[1] not in working.iris.get(f"/accounts/{_number(working, 'nova@')}").text
    row = next(row for row in working.trail() if row.deed == "keep_accounts")
    assert row.subject == "account:nova@agency.example"
    assert found[1] not in str(row)


def test_an_administrator_who_heads_a_unit_is_shown_the_passwords_too(working: Working) -> None:
    """Their navigation asks for the organisation when the deed's own transaction has ended."""
    number = _number(working, "dana@")
    with working.database.write("test") as connection:
        account = tables.account
        connection.execute(
            sa.update(account).where(account.c.email == "boram@agency.example").values(roles="admin,head")
        )
        # She alone: neither of the others agrees to anything.
        others = account.c.email.in_(["ferran@agency.example", "iris@agency.example"])
        connection.execute(sa.update(account).where(others).values(roles="member"))
    for page, form in (
        ("/accounts", {"email": "nova@agency.example", "role": "auditor"}),
        (f"/accounts/{number}/password", {"reason": "forgotten on holiday"}),
    ):
        answer = working.boram.post(page, form)
        assert answer.status_code == 200
        assert _PASSWORD.search(answer.text) is not None
        assert 'href="/office' in answer.text


def test_what_was_typed_stays_beside_its_error(working: Working) -> None:
    """An e-mail that has an account, an employee that is not there, no role."""
    for form, words in (
        ({"email": "alba@agency.example", "role": "hr"}, "has an account"),
        ({"email": "nova@agency.example", "role": "employee", "employee": "E404"}, "There is no employee “E404”"),
        ({"email": "nova@agency.example"}, "choose at least one"),
    ):
        answer = working.iris.post("/accounts", form)
        assert answer.status_code in {409, 422}
        assert words in answer.text
        assert form["email"] in answer.text
        assert "first-password" not in answer.text
    assert not [row for row in working.trail() if row.deed == "keep_accounts"]


def test_a_form_tells_so_much_and_no_more_of_what_is_wrong(working: Working) -> None:
    """A choice that is sent a thousand times is answered by no thousand errors."""
    page = working.iris.post("/accounts", {"email": "new@agency.example", "role": ["x"] * 1_000})
    assert page.status_code == 422
    assert 0 < page.text.count("choose one of") <= 2 * FINDINGS_MAX


def test_no_writer_waits_while_a_first_password_is_hashed(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing takes a tenth of a second on purpose: another transaction is opened and closed in the middle of it."""
    _left_alone(working)
    iris, hashed = working.iris, access.first_password()
    others: list[int] = []

    def meanwhile() -> access.FirstPassword:
        pool = ThreadPoolExecutor(1)
        try:
            others.append(pool.submit(_one_row_written, working).result(timeout=10))
        finally:
            pool.shutdown(wait=False)
        return hashed

    monkeypatch.setattr(access, "first_password", meanwhile)
    assert iris.post("/accounts", {"email": "nova@agency.example", "role": "hr"}).status_code == 200
    assert iris.post(f"/accounts/{_number(working, 'nova@')}/password", {"reason": "It was lost"}).status_code == 200
    assert others == [1, 1]


def _one_row_written(working: Working) -> int:
    with working.database.write("test") as connection:
        return connection.execute(
            sa.update(tables.account).where(tables.account.c.employee == "E1").values(theme="dark")
        ).rowcount


def test_a_closed_account_is_out_at_once_and_may_be_opened_again(working: Working) -> None:
    """Its open session ends too."""
    number = _number(working, "chae@")
    assert working.chae.statuses("/scorecard") == [200]
    assert working.iris.post(f"/accounts/{number}/disable", {"reason": "It was lost"}).status_code == 303
    assert working.chae.get("/scorecard").status_code != 200
    assert working.iris.post(f"/accounts/{number}/enable", {}).status_code == 303
    assert "open" in working.iris.get(f"/accounts/{number}").text


def test_roles_are_changed_and_the_trail_says_from_what_to_what(working: Working) -> None:
    """The person has the new rights with the next page."""
    _left_alone(working)
    number = _number(working, "dana@")
    assert working.dana.statuses("/ledger") == [404]
    form = {"role": ["hr", "auditor"], "reason": "Stands in"}
    assert working.iris.post(f"/accounts/{number}", form).status_code == 303
    assert working.dana.statuses("/ledger") == [200]
    row = working.trail()[0]
    assert "auditor" not in (row.before or "")
    assert "auditor" in (row.after or "")
    assert row.why == "Stands in"
    # A reason is asked for, not demanded.
    assert working.iris.post(f"/accounts/{number}", {"role": ["hr"]}).status_code == 303


def test_a_password_is_given_anew(working: Working) -> None:
    """The old one opens nothing any more."""
    _left_alone(working)
    number = _number(working, "dana@")
    found = _PASSWORD.search(working.iris.post(f"/accounts/{number}/password", {"reason": "It was lost"}).text)
    assert found is not None
    client = working.app.test_client()
    assert client.post("/login", data={"email": "dana@agency.example", "password": found[1]}).status_code == 303
    rows = [row for row in working.trail() if row.deed == "keep_accounts"]
    assert [(row.who, row.subject, row.after) for row in rows] == [
        ("account:iris@agency.example", "account:dana@agency.example", '{"password": "reset"}')
    ]


def test_one_cannot_lock_oneself_out(working: Working) -> None:
    """The administrator's own account stays open and keeps its role."""
    number = _number(working, "iris@")
    assert working.iris.post(f"/accounts/{number}/disable", {"reason": "It was lost"}).status_code == 422
    assert working.iris.post(f"/accounts/{number}", {"role": "hr"}).status_code == 422
    assert working.iris.statuses("/accounts", "/accounts/999999") == [200, 404]


@pytest.mark.parametrize("role", ["hr", "executive", "auditor"])
def test_nobody_gives_themself_a_power_and_every_auditor_hears_of_it(working_on_each: Working, role: str) -> None:
    """Refused, on the trail, and told to all who audit until they have seen it; nothing is given."""
    working = working_on_each
    number = _number(working, "iris@")
    answer = working.iris.post(f"/accounts/{number}", {"role": ["admin", role]})
    assert answer.status_code == 422
    assert "to themself" in answer.text
    assert working.iris.statuses("/ledger", "/people", "/grades", "/agency") == [404] * 4
    row = working.trail()[0]
    assert (row.who, row.subject) == ("account:iris@agency.example", "account:iris@agency.example")
    assert role in (row.after or "")
    assert "refused" in (row.after or "")
    for page in ("/ledger", "/trail"):
        assert ": 1. The latest by iris@agency.example about iris@agency.example" in working.emil.get(page).text
    assert working.emil.post("/trail/seen", _told(working.emil)).status_code == 303
    assert "The latest by" not in working.emil.get("/trail").text


def test_auditors_hear_of_an_account_that_is_a_heads(working_on_each: Working) -> None:
    """One administrator may make it, whoever it is handed to: who has it verifies, sets targets and reports."""
    working = working_on_each
    with working.database.write("test") as connection:
        connection.execute(sa.update(tables.account).where(tables.account.c.employee == "E2").values(employee=None))
    for number, email, heard in (("E20", "none@agency.example", False), ("E2", "new@agency.example", True)):
        form = {"email": email, "role": "employee", "employee": number}
        assert working.iris.post("/accounts", form).status_code == (200 if heard else 422)
        assert (f"about {email}" in working.emil.get("/trail").text) is heard


def _own_employee(working: Working, email: str) -> None:
    """Iris is employee E7 too, whose e-mail the organisation knows."""
    with working.database.write("test") as connection:
        connection.execute(
            sa.delete(tables.web_session).where(tables.web_session.c.account_id == _id(working, "wanda"))
        )
        connection.execute(sa.update(tables.account).where(tables.account.c.employee == "E7").values(employee=None))
        connection.execute(
            sa.update(tables.account).where(tables.account.c.email == "iris@agency.example").values(employee="E7")
        )
        employee = organisation_tables.employee
        connection.execute(sa.update(employee).where(employee.c.number == "E7").values(email=email))
        connection.execute(sa.update(organisation_tables.revision).values(token="iris is E7"))


def _id(working: Working, name: str) -> int:
    with working.database.read() as connection:
        account = tables.account.c
        return connection.execute(sa.select(account.id).where(account.email == f"{name}@agency.example")).scalar_one()


def test_a_second_account_of_ones_own_gains_nothing_either(working: Working) -> None:
    """One is known by the employee's number and by either e-mail."""
    _own_employee(working, "Iris.Berg@agency.example")
    for form in (
        {"email": "iris.berg@agency.example", "role": "hr"},
        {"email": "nova@agency.example", "role": "hr", "employee": "E7"},
    ):
        assert working.iris.post("/accounts", form).status_code in {409, 422}
    assert working.iris.post("/accounts", {"email": "iris.berg@agency.example", "role": "admin"}).status_code == 422
    with working.database.read() as connection:
        account = tables.account.c
        assert connection.scalar(sa.select(sa.func.count()).where(account.email.like("%berg%"))) == 0


def test_whose_ones_own_account_is_another_administrator_says(working: Working) -> None:
    """An employee's number opens that employee's pay, and a free one is easily found."""
    with working.database.write("test") as connection:
        connection.execute(sa.update(tables.account).where(tables.account.c.employee == "E7").values(employee=None))
    number = _number(working, "iris@")
    answer = working.iris.post(f"/accounts/{number}", {"role": "admin", "employee": "E7"})
    assert answer.status_code == 422
    assert "ask another administrator" in answer.text
    assert working.iris.statuses("/scorecard") == [404]


@pytest.mark.parametrize(
    ("deed", "form"),
    [
        ("", {"role": ["hr", "auditor"]}),
        ("", {"role": ["hr"], "employee": "E7"}),
        ("/enable", {}),
        ("/password", {"reason": "It was lost"}),
    ],
)
def test_whoever_keeps_an_account_that_reaches_far_is_told_to_the_auditors(
    working: Working, deed: str, form: dict[str, Any]
) -> None:
    """Roles, employee, opening again and a new password: each way would do to read pay as somebody else."""
    _left_alone(working)
    with working.database.write("test") as connection:
        connection.execute(sa.update(tables.account).where(tables.account.c.employee == "E7").values(employee=None))
    number = _number(working, "dana@")
    if deed == "/enable":
        working.iris.post(f"/accounts/{number}/disable", {"reason": "It was lost"})
    assert "The latest by" not in working.emil.get("/trail").text
    assert working.iris.post(f"/accounts/{number}{deed}", form).status_code in {200, 303}
    assert ": 1. The latest by iris@agency.example about dana@agency.example" in working.emil.get("/trail").text
    assert working.iris.post("/accounts", {"email": "nova@agency.example", "role": "executive"}).status_code == 200
    assert ": 2. The latest by iris@agency.example about nova@agency.example" in working.emil.get("/trail").text
    other = _number(working, "jiho@")
    working.iris.post(f"/accounts/{other}/password", {"reason": "It was lost"})
    assert ": 2. The" in working.emil.get("/trail").text


@pytest.mark.parametrize(("takes", "gives"), [("", ""), ("/disable", "/enable")])
def test_taking_an_auditors_rights_hides_nothing(working_on_each: Working, takes: str, gives: str) -> None:
    """Else an administrator takes them from the only one, gives a stranger's account pay to read, and gives them back: nobody had been told."""
    working = working_on_each
    _left_alone(working)
    emil = _number(working, "emil@")
    assert working.iris.post(f"/accounts/{emil}{takes}", {"role": "member", "reason": "On leave"}).status_code == 303
    assert working.iris.post("/accounts", {"email": "nova@agency.example", "role": "hr"}).status_code == 200
    assert working.iris.post(f"/accounts/{emil}{gives}", {"role": "auditor"}).status_code == 303
    emil_again = Somebody(working.app, "emil")
    # Taken, nova's, and given back.
    assert ": 3. The latest by iris@agency.example about emil@agency.example" in emil_again.get("/trail").text
    assert emil_again.post("/trail/seen", _told(emil_again)).status_code == 303
    assert "The latest by" not in emil_again.get("/trail").text


def _told(auditor: Somebody) -> dict[str, str]:
    """What the button of the trail's notice sends."""
    return dict(re.findall(r'name="(number|since)" value="([^"]+)"', auditor.get("/trail").text))


def test_what_came_after_the_page_was_read_is_not_seen(working_on_each: Working) -> None:
    """The button stands on a page that told of one deed; of the second nobody has read."""
    working = working_on_each
    _left_alone(working)
    working.iris.post("/accounts", {"email": "nova@agency.example", "role": "hr"})
    sent = _told(working.emil)
    assert sent["number"] == "1"
    working.iris.post("/accounts", {"email": "stella@agency.example", "role": "executive"})
    assert working.emil.post("/trail/seen", sent).status_code == 303
    assert ": 2. The latest by iris@agency.example about stella@agency.example" in working.emil.get("/trail").text
    assert working.emil.post("/trail/seen", _told(working.emil)).status_code == 303
    assert "The latest by" not in working.emil.get("/trail").text


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """The list, whatever its length."""
    working.iris.get("/accounts")
    with count_queries() as sent:
        working.iris.get("/accounts")
    # The last two: what is proposed and waits, and whether there are two who can agree.
    assert len(sent) <= 9


@pytest.mark.parametrize(("language", "role"), [("en", "Auditor"), ("ko", "감사"), ("es", "Auditoría")])
def test_roles_are_said_in_words(working: Working, language: str, role: str) -> None:
    """And not by their codes."""
    working.iris.post("/look", {"language": language, "theme": "system", "next": "/"})
    page = working.iris.get("/accounts?text=emil@").text
    assert f">{role}</td>" in page
    assert ">auditor<" not in page


@pytest.mark.parametrize(
    ("typed", "number"),
    [("E404", None), ("e7", "E7"), ("E7 (E7)", "E7"), ("Berg Iris", "E7"), ("iris", "E7"), ("E", None)],
)
def test_an_account_s_employee_is_chosen_by_name_or_number(working: Working, typed: str, number: str | None) -> None:
    """One wrong digit makes somebody else the head: the answer names the person, and what cannot be one person is refused with names."""
    with working.database.write("test") as connection:
        connection.execute(sa.update(tables.account).where(tables.account.c.employee == "E7").values(employee=None))
    working.load(lambda text: text.replace("E7,E7,", "E7,Iris Berg,"), "employees")
    answer = working.iris.post("/accounts", {"email": "nova@agency.example", "role": "head", "employee": typed})
    if number is None:
        assert answer.status_code == 422
        assert "There is no employee" in answer.text or "This means" in answer.text
        assert f'value="{typed}"' in answer.text
        return
    assert "<strong>Iris Berg</strong>" in answer.text
    assert "is posted as head of no unit" in answer.text
    page = working.iris.get(f"/accounts/{_number(working, 'nova@')}").text
    assert 'value="E7"' in page
    assert "not posted as head" in page


def test_employees_are_offered_to_the_administrator_alone(working: Working) -> None:
    """By a word's beginning or the number, with the unit; nobody else may ask, and what is offered is read as that person."""
    working.load(lambda text: text.replace("E7,E7,", "E7,Iris Berg,"), "employees")
    for typed in ("ber", "E7", "iris b"):
        items = working.iris.get(f"/accounts/employees?text={typed}").json["items"]
        assert [(one["value"], one["note"]) for one in items] == [("Iris Berg (E7)", "HQ")]
    assert working.iris.get("/accounts/employees?text=").json["items"] == []
    assert {getattr(working, name).get("/accounts/employees?text=E").status_code for name in ("dana", "boram")} == {404}
    made = working.iris.post("/accounts", {"email": "nova@agency.example", "role": "hr", "employee": "Iris Berg (E7)"})
    assert "<strong>Iris Berg</strong>" in made.text or "E7" in made.text


def test_a_head_who_heads_a_unit_is_shown_with_it(working: Working) -> None:
    """And without a caution."""
    page = working.iris.get(f"/accounts/{_number(working, 'boram@')}").text
    assert "posted as head of" in page
    assert "head of no unit" not in page


@pytest.mark.parametrize("act", ["disable", "password", "sessions"])
def test_whoever_is_cut_off_is_so_after_one_question_with_a_reason_on_the_trail(working: Working, act: str) -> None:
    """A button beside the others is pressed by mistake; a page asks, without script too, and nothing is done before."""
    number = _number(working, "chae@")
    assert working.chae.statuses("/scorecard") == [200]
    account = working.iris.get(f"/accounts/{number}").text
    assert "1 open session," in account
    assert f'href="/accounts/{number}/{act}"' in account
    question = working.iris.get(f"/accounts/{number}/{act}").text
    assert f'action="/accounts/{number}/{act}"' in question
    assert working.iris.post(f"/accounts/{number}/{act}", {}).status_code == 422
    assert working.chae.statuses("/scorecard") == [200]
    assert working.iris.post(f"/accounts/{number}/{act}", {"reason": "The laptop is lost"}).status_code in {200, 303}
    assert working.chae.get("/scorecard").status_code != 200
    assert "No open session." in working.iris.get(f"/accounts/{number}").text
    assert working.trail()[0].why == "The laptop is lost"


def test_ending_the_sessions_of_an_account_takes_nothing_else(working: Working) -> None:
    """The password opens as before; of one's own sessions the present one stays."""
    number = _number(working, "chae@")
    working.iris.post(f"/accounts/{number}/sessions", {"reason": "A shared desk"})
    assert Somebody(working.app, "chae").statuses("/scorecard") == [200]
    other = Somebody(working.app, "iris")
    working.iris.post(f"/accounts/{_number(working, 'iris@')}/sessions", {"reason": "A shared desk"})
    assert (working.iris.statuses("/accounts"), other.statuses("/accounts")) == ([200], [303])


def test_a_first_password_stands_with_the_address_where_it_is_used(working: Working) -> None:
    """It is handed over by hand: whoever gets it needs both."""
    _left_alone(working)
    page = working.iris.post("/accounts", {"email": "nova@agency.example", "role": "hr"}).text
    assert "http://localhost/login" in page
    assert 'data-copies="first-password"' in page
