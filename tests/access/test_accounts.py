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
from app.kit.settings import Settings
from app.organisation import tables as organisation_tables
from app.rules.permissions import FORMER, Deed
from app.rules.terms import Role
from tests.people import NOW, PASSWORD, TODAY, email_of

HOUR = dt.timedelta(hours=1)
LIFE, IDLE = Settings().session_life, Settings().session_idle


def _attempt(database, email="alba@agency.example", *, at=NOW, address="192.0.2.1", limit=10, browser=None):
    with database.write(Deed.SIGN_IN) as connection:
        return access.begin_attempt(connection, email=email, address=address, limit=limit, now=at, browser=browser)


def _session(database, email="alba@agency.example", *, at=NOW):
    attempt = _attempt(database, email, at=at)
    with database.write(Deed.SIGN_IN) as connection:
        token = access.finish_attempt(connection, attempt=attempt, now=at, life=LIFE)
    assert token is not None
    return token


def _viewer(database, token, *, at=NOW, idle=LIFE):
    with database.read() as connection:
        return access.viewer(connection, token=token, now=at, idle=idle)


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
        viewer = access.viewer(connection, token=token, now=NOW, idle=IDLE)
    assert viewer is not None
    assert viewer.email == email_of("alba")
    assert len(sent) == 1  # the session by its key, joined with the account


def test_a_session_ends_by_signing_out_by_time_and_by_closing_the_account(settled):
    token = _session(settled)
    with settled.write(Deed.SIGN_OUT) as connection:
        signed_in = access.viewer(connection, token=token, now=NOW, idle=IDLE)
        assert signed_in is not None
        access.sign_out(connection, viewer=signed_in, now=NOW)
    assert _viewer(settled, token) is None

    token = _session(settled)
    assert _viewer(settled, token, at=NOW + 11 * HOUR) is not None
    assert _viewer(settled, token, at=NOW + LIFE) is None

    token = _session(settled)
    assert _viewer(settled, token, at=NOW + IDLE, idle=IDLE) is None
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


def test_changing_a_password_ends_all_sessions_and_begins_a_new_one(settled):
    """Whoever knew the token before knows nothing any more."""
    mine, other = _session(settled), _session(settled)
    attempt, viewer = _attempt(settled), _viewer(settled, mine)
    new = access.hashed_password("nine windows of kestrels")
    with settled.write(Deed.CHANGE_PASSWORD) as connection:
        renewed = access.change_password(
            connection,
            account_id=viewer.account_id,
            old_hash=attempt.password_hash,
            new_hash=new,
            now=NOW,
            client=access.Client(address="192.0.2.1"),
            life=LIFE,
        )
    assert _viewer(settled, renewed).email == email_of("alba")
    assert [_viewer(settled, token) for token in (mine, other)] == [None, None]
    assert not access.password_matches(_attempt(settled).password_hash, PASSWORD)


def test_a_password_changed_meanwhile_opens_no_session(settled):
    """The attempt was right when it was checked; the password is another when it is finished."""
    attempt = _attempt(settled)
    first = access.first_password()
    with settled.write(Deed.KEEP_ACCOUNTS) as connection:
        access.reset_password(connection, account_id=attempt.account_id, first=first, first_until=NOW + HOUR, now=NOW)
        assert access.finish_attempt(connection, attempt=attempt, now=NOW, life=LIFE) is None


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


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        (["2001:db8:0:7::{}", "2001:db8:0:7:a:b:c:{}"], "2001:db8:0:8::1"),
        (["::ffff:192.0.2.1", "192.0.2.1"], "::ffff:192.0.2.2"),
    ],
)
def test_whoever_has_a_network_of_addresses_is_one_address(settled, addresses, other):
    """An IPv6 connection has 2⁶⁴ of them; an IPv4 one is the same by either name."""
    for number in range(10):
        _attempt(settled, f"somebody{number}@agency.example", limit=2, address=addresses[number % 2].format(number))
    with pytest.raises(TooMany):
        _attempt(settled, "chae@agency.example", limit=2, address=addresses[0].format(99))
    assert _attempt(settled, "chae@agency.example", limit=2, address=other)


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
        ("aaaaaaaaaaaa", "pattern"),
        ("1234567890", "guessable"),
        ("qwertyuiop", "guessable"),
        ("asdfghjkl;", "pattern"),
        ("P@ssw0rd2026", "guessable"),
        ("Password1!", "guessable"),
        ("welcome2026!", "guessable"),
        ("kopes2026!!", "guessable"),
        ("Seoul2026!!", "guessable"),
        ("2026-11-28!", "pattern"),
        ("monkey!monkey", "guessable"),
        # The word for password, as the same keys write it on a Latin keyboard.
        ("qlalfqjsgh1", "guessable"),
        ("비밀번호비밀번호12", "pattern"),
        # The first row of keys in Hangul, and letters of another width or with spaces between.
        ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "guessable"),
        ("ｐａｓｓｗｏｒｄ１２３", "guessable"),
        ("p a s s w o r d", "guessable"),
        ("contraseña2026", "guessable"),
        ("alba@agency.example1", "own"),
        ("Martín-Alba-1990", "own"),
        ("E0001-E0001", "own"),
        ("EuskoExport26!", "own"),
        ("kestrel window nine", None),
        ("alba kestrel window nine", None),
        ("nine windows of kestrels " * 8, None),
        ("xkqjzvwmbn", None),
        ("비밀번호는 길게 씁니다", None),
        ("\0 kestrel \ud800 window", None),
    ],
)
def test_a_new_password_is_long_and_nobodys_first_guess(password, code):
    """By an estimate that knows lists, rows of keys, dates, and what is close to its owner; four words are always enough."""
    others = ["Alba Martín", "E0001", "Eusko Export"]
    findings = access.password_findings("new_password", password, email="Alba@agency.example", others=others)
    assert (findings[0].code if findings else None) == code


def test_a_password_of_any_letters_is_hashed_and_found_again():
    """Four bytes a letter, NUL and half a surrogate pair too; what is longer than any is no error."""
    for password in ("\N{GRINNING FACE}" * 200, "\0 kestrel \ud800"):
        assert access.password_matches(access.hashed_password(password), password)
    assert not access.password_matches(access.hashed_password("x" * 200), "x" * 100_000)


def test_strangers_lock_nobody_out_of_a_browser_that_is_known(settled):
    """Neither by the account nor by the address; what is tried from there has a count of its own."""
    for _ in range(3):
        _attempt(settled, limit=3)
    with pytest.raises(TooMany):
        _attempt(settled, limit=3)
    for number in range(12):
        _attempt(settled, f"n{number}@agency.example", limit=3)
    for _ in range(3):
        assert _attempt(settled, limit=3, browser="hers").account_id is not None
    with pytest.raises(TooMany):
        _attempt(settled, limit=3, browser="hers")


def test_the_owners_sign_in_forgives_strangers_nothing(settled):
    """Else whoever tries passwords all day begins anew each time the owner comes in."""
    for _ in range(3):
        _attempt(settled, limit=3)
    attempt = _attempt(settled, limit=3, browser="hers")
    with settled.write(Deed.SIGN_IN) as connection:
        assert access.finish_attempt(connection, attempt=attempt, now=NOW, life=LIFE) is not None
    with pytest.raises(TooMany):
        _attempt(settled, limit=3)


@pytest.mark.parametrize("email", ["alba\0@agency.example", "alba\ud800@agency.example", "\0", ""])
def test_a_try_with_letters_that_no_database_takes_is_counted(settled, email):
    """On both engines, by account and by address."""
    for _ in range(3):
        assert _attempt(settled, email, limit=3, address="192.0.2.1\0").password_hash is None
    with pytest.raises(TooMany):
        _attempt(settled, email, limit=3)


@pytest.mark.parametrize(
    ("hired_on", "left_on", "roles"),
    [
        (dt.date(2026, 7, 1), None, set()),
        (TODAY, None, {Role.HEAD, Role.EMPLOYEE}),
        (dt.date(2015, 1, 1), dt.date(2026, 7, 1), {Role.HEAD, Role.EMPLOYEE}),
        (dt.date(2015, 1, 1), TODAY, {FORMER}),
        (dt.date(2015, 1, 1), dt.date(2020, 1, 1), {FORMER}),
    ],
)
def test_authority_begins_and_ends_with_service(settled, hired_on, left_on, roles):
    """In a session that is open already too: what holds is read on each request (contract-cycle, 1)."""
    token = _session(settled, "boram@agency.example")
    with settled.write("settle") as connection:
        connection.execute(
            sa.update(organisation_tables.employee)
            .where(organisation_tables.employee.c.number == "E2")
            .values(hired_on=hired_on, left_on=left_on)
        )
    viewer = _viewer(settled, token)
    assert viewer.roles == roles
    with settled.read() as connection:
        assert access.viewer_of(connection, email="boram@agency.example", day=TODAY).roles == roles


def test_the_trail_only_grows(settled):
    with settled.write(Deed.KEEP_KEYS) as connection:
        access.record_deed(
            connection, who="command", deed=Deed.KEEP_KEYS, at=NOW, subject="crm", after={"scope": "read"}
        )
    for change in (sa.update(tables.trail).values(who="nobody"), sa.delete(tables.trail)):
        with pytest.raises(DBAPIError), settled.write(Deed.KEEP_KEYS) as connection:
            connection.execute(change)
    with settled.read() as connection:
        (row,) = access.trail_rows(
            connection, limit=10, only=access.TrailFilter(about=access.SubjectFilter(subjects=["crm"]))
        )
    assert (row.who, row.deed, row.after) == ("command", "keep_keys", '{"scope": "read"}')
