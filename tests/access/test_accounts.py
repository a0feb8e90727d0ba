"""Accounts, their sessions and their passwords, on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app import access
from app.access import tables
from app.kit.refusals import Conflict, Invalid, TooMany
from app.rules.permissions import Deed
from app.rules.terms import Role
from tests.people import NOW, PASSWORD, email_of

HOUR = dt.timedelta(hours=1)


def _attempt(database, email="alba@agency.example", *, at=NOW, address="192.0.2.1", limit=10):
    with database.write(Deed.SIGN_IN) as connection:
        return access.begin_attempt(connection, email=email, address=address, limit=limit, now=at)


def _session(database, email="alba@agency.example", *, at=NOW):
    attempt = _attempt(database, email, at=at)
    with database.write(Deed.SIGN_IN) as connection:
        token = access.finish_attempt(connection, attempt=attempt, now=at)
    assert token is not None
    return token


def _viewer(database, token, *, at=NOW):
    with database.read() as connection:
        return access.viewer(connection, token=token, now=at)


def test_a_first_password_works_and_is_kept_nowhere(database):
    first = access.first_password()
    assert first.text not in repr(first)
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        made = access.create_account(
            connection, email="New@Agency.example", roles=[Role.HR], employee=None, now=NOW, first=first
        )
    assert made.password == first.text
    attempt = _attempt(database, " new@agency.EXAMPLE ")
    assert access.password_matches(attempt.password_hash, made.password)
    assert not access.password_matches(attempt.password_hash, made.password + "x")
    with database.read() as connection:
        kept = connection.execute(sa.select(tables.account.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert made.password not in kept


def test_an_email_has_one_account_whatever_its_case(settled):
    with settled.write(Deed.KEEP_ACCOUNTS) as connection, pytest.raises(Conflict) as refused:
        access.create_account(connection, email="ALBA@agency.example", roles=[Role.HR], employee=None, now=NOW)
    assert [finding.place.field for finding in refused.value.findings] == ["email"]


def test_an_employee_has_one_account(settled):
    with settled.write(Deed.KEEP_ACCOUNTS) as connection, pytest.raises(Conflict) as refused:
        access.create_account(connection, email="n@agency.example", roles=[Role.HR], employee="E1", now=NOW)
    assert [finding.place.field for finding in refused.value.findings] == ["employee"]


@pytest.mark.parametrize(
    ("email", "roles", "employee", "fields"),
    [
        ("no address", [Role.HR], None, ["email"]),
        ("a@b", [], None, ["role"]),
        ("a@b", [Role.HEAD], None, ["employee"]),
        ("a@b", [Role.EMPLOYEE], "-no-", ["employee"]),
        ("@", [], "?", ["email", "role", "employee"]),
    ],
)
def test_what_is_wrong_with_an_account_is_said_all_at_once(database, email, roles, employee, fields):
    with database.write(Deed.KEEP_ACCOUNTS) as connection, pytest.raises(Invalid) as refused:
        access.create_account(connection, email=email, roles=roles, employee=employee, now=NOW)
    assert fields == [finding.place.field for finding in refused.value.findings]


def test_who_is_an_employee_has_the_employees_rights_too(settled):
    assert _viewer(settled, _session(settled, "boram@agency.example")).roles == {Role.HEAD, Role.EMPLOYEE}


def test_a_viewer_takes_one_query(settled, count_queries):
    token = _session(settled)
    with settled.read() as connection, count_queries() as sent:
        viewer = access.viewer(connection, token=token, now=NOW)
    assert viewer is not None
    assert viewer.email == email_of("alba")
    assert len(sent) == 1  # the session by its key, joined with the account


def test_a_session_ends_by_signing_out_by_time_and_by_closing_the_account(settled):
    token = _session(settled)
    with settled.write(Deed.SIGN_OUT) as connection:
        signed_in = access.viewer(connection, token=token, now=NOW)
        assert signed_in is not None
        access.sign_out(connection, viewer=signed_in, now=NOW)
    assert _viewer(settled, token) is None

    token = _session(settled)
    assert _viewer(settled, token, at=NOW + 11 * HOUR) is not None
    assert _viewer(settled, token, at=NOW + access.SESSION_LIFE) is None

    token = _session(settled)
    viewer = _viewer(settled, token)
    with settled.write(Deed.KEEP_ACCOUNTS) as connection:
        access.disable_account(connection, account_id=viewer.account_id, disabled=True, now=NOW)
    assert _viewer(settled, token) is None
    assert _attempt(settled).password_hash is None


def test_a_token_is_kept_only_as_its_hash(settled):
    token = _session(settled)
    with settled.read() as connection:
        kept = connection.execute(sa.select(tables.web_session.c.token_hash)).scalar_one()
    assert token != kept
    assert _viewer(settled, kept) is None


def test_changing_a_password_ends_all_other_sessions(settled):
    mine, other = _session(settled), _session(settled)
    attempt, viewer = _attempt(settled), _viewer(settled, mine)
    new = access.hashed_password("nine windows of kestrels")
    with settled.write(Deed.CHANGE_PASSWORD) as connection:
        access.change_password(
            connection,
            account_id=viewer.account_id,
            old_hash=attempt.password_hash,
            new_hash=new,
            session=viewer.session,
            now=NOW,
        )
    assert _viewer(settled, mine) is not None
    assert _viewer(settled, other) is None
    assert not access.password_matches(_attempt(settled).password_hash, PASSWORD)


def test_a_password_changed_meanwhile_opens_no_session(settled):
    """The attempt was right when it was checked; the password is another when it is finished."""
    attempt = _attempt(settled)
    first = access.first_password()
    with settled.write(Deed.KEEP_ACCOUNTS) as connection:
        access.reset_password(connection, account_id=attempt.account_id, first=first, now=NOW)
        assert access.finish_attempt(connection, attempt=attempt, now=NOW) is None


def test_failures_of_an_account_add_up_wherever_they_come_from_and_are_forgotten(settled):
    for number in range(3):
        _attempt(settled, address=f"192.0.2.{number}", limit=3, at=NOW + number * dt.timedelta(minutes=1))
    with pytest.raises(TooMany) as refused:
        _attempt(settled, address="192.0.2.99", limit=3, at=NOW + dt.timedelta(minutes=3))
    assert refused.value.retry_after_s == 12 * 60 + 1
    assert _attempt(settled, address="192.0.2.99", limit=3, at=NOW + dt.timedelta(minutes=15, seconds=1)).account_id


def test_an_account_that_is_not_there_is_throttled_alike(settled):
    for _ in range(3):
        assert _attempt(settled, "nobody@agency.example", limit=3).password_hash is None
    with pytest.raises(TooMany):
        _attempt(settled, "Nobody@agency.example", limit=3)


def test_an_address_may_fail_five_times_as_often(settled):
    for number in range(10):
        _attempt(settled, f"somebody{number}@agency.example", limit=2)
    with pytest.raises(TooMany):
        _attempt(settled, "chae@agency.example", limit=2)
    assert _attempt(settled, "chae@agency.example", limit=2, address="198.51.100.7")


def test_success_forgives_what_went_before(settled):
    for minute in range(6):
        at = NOW + minute * dt.timedelta(minutes=1)
        _attempt(settled, limit=3, at=at)
        _session(settled, at=at + dt.timedelta(seconds=1))


def test_attempts_at_once_cannot_all_pass_the_count(settled):
    """Twenty at the same time, three allowed: three go through."""

    def one(_number: int) -> bool:
        try:
            _attempt(settled, limit=3)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(20))) == 3


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "too_short"),
        ("x" * 201, "too_long"),
        ("aaaaaaaaaaaa", "guessable"),
        ("alba@agency.example1", "guessable"),
        ("kestrel window nine", None),
        ("비밀번호는 길게 씁니다", None),
    ],
)
def test_a_new_password_is_long_and_nobodys_first_guess(password, code):
    findings = access.password_findings("new_password", password, email="Alba@agency.example")
    assert (findings[0].code if findings else None) == code


def test_the_trail_only_grows(settled):
    with settled.write(Deed.KEEP_KEYS) as connection:
        access.record_deed(
            connection, who="command", deed=Deed.KEEP_KEYS, at=NOW, subject="crm", after={"scope": "read"}
        )
    for change in (sa.update(tables.trail).values(who="nobody"), sa.delete(tables.trail)):
        with pytest.raises(DBAPIError), settled.write(Deed.KEEP_KEYS) as connection:
            connection.execute(change)
    with settled.read() as connection:
        (row,) = access.trail_rows(connection, limit=10, subject="crm")
    assert (row.who, row.deed, row.after) == ("command", "keep_keys", '{"scope": "read"}')
