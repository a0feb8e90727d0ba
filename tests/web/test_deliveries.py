"""What became of mails, for administrators; inviting employees; asking for a new password and setting it by a link."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from app import access, mails, organisation
from app.access.tables import account, trail
from app.kit import outbox
from app.kit.settings import Settings, Smtp
from app.web import create_app
from app.web.wording import words
from app.worker.delivering import deliver_next
from tests.mailbox import Mailbox, path_of
from tests.web.working import NOW, Somebody, Working

PASSWORD = "four words with nothing common 88"


def test_every_mail_has_a_name_for_people() -> None:
    """A new kind of mail has to be called something."""
    assert words.MAILS.keys() == mails.TOPICS


def _without_account(working: Working, name: str) -> None:
    """Somebody whose account was never made."""
    with working.database.write("test") as connection:
        connection.execute(sa.delete(account).where(account.c.email == f"{name}@agency.example"))


def _deliver(working: Working, mailbox: Mailbox, *, at: dt.datetime = NOW) -> None:
    settings = Settings(
        smtp=Smtp(host="127.0.0.1", port=mailbox.port, tls="none"),
        mail_from="kopes@agency.example",
        public_url="http://kopes.example",
        secret_key="the same for all that send",
    )
    while deliver_next(working.database, settings=settings, worker="w", clock=lambda: at, say=lambda _line: None):
        pass


def _rows(working: Working) -> list[outbox.Delivery]:
    with working.database.read() as connection:
        return outbox.deliveries(connection, limit=50)


def test_administrators_alone_see_to_mails(working: Working) -> None:
    """Nobody else is led there, nor let in."""
    statuses = {"iris": 200, "emil": 404, "dana": 404, "ferran": 404, "boram": 404, "alba": 404}
    assert {name: getattr(working, name).statuses("/deliveries")[0] for name in statuses} == statuses
    assert working.dana.post("/deliveries/1/resend", {}).status_code == 404
    assert working.iris.post("/deliveries/1/resend", {}).status_code == 404


def test_inviting_posts_mails_that_are_held_and_says_so(working: Working) -> None:
    """Of a unit those below it too; what a mail says is on no page; the trail has each account."""
    for name in ("alba", "chae"):
        _without_account(working, name)
    assert "In service with an e-mail and without an account" in working.iris.get("/accounts").text
    assert working.iris.post("/accounts/invitations", {"unit": "NOWHERE"}).status_code == 422
    asked = working.iris.get("/accounts/invitations?unit=EUR").text
    assert "people: 1" in asked
    assert 'name="unit" value="EUR"' in asked
    assert working.iris.post("/accounts/invitations", {"unit": "EUR"}).status_code == 303
    with working.database.read() as connection:
        rows = connection.execute(sa.select(account).where(account.c.employee.in_(["E1", "E3"]))).all()
        noted = (
            connection.execute(sa.select(trail.c.subject).where(trail.c.after.contains('"invited"'))).scalars().all()
        )
        directory = organisation.directory(connection)
    assert [(row.employee, row.roles) for row in rows] == [("E1", "employee")]
    email = str(directory.employees["E1"].email)
    assert noted == [f"account:{email}"]
    page = working.iris.get("/deliveries").text
    assert "Mails are held" in page
    assert email in page
    assert "Mails are held" in working.iris.get("/accounts").text
    assert "invited" in working.iris.get("/accounts").text
    with Mailbox() as mailbox:
        _deliver(working, mailbox)
        (mail,) = mailbox.mails
    page = working.iris.get("/deliveries").text
    assert path_of(mail) not in page
    assert "sent" in page
    assert working.app.test_client().post("/login", data={"email": email, "password": ""}).status_code == 422


def test_a_failed_mail_is_sent_again(working: Working) -> None:
    """It goes at once, with the tries of a new one; the trail says who had it sent."""
    _without_account(working, "alba")
    working.iris.post("/accounts/invitations", {})
    with working.database.write("test") as connection:
        connection.execute(sa.update(outbox.outbox).values(state="failed", tries=10, error="refused", ended_at=NOW))
    (row, *_) = _rows(working)
    assert "refused" in working.iris.get("/deliveries?state=failed").text
    assert row.recipient not in working.iris.get("/deliveries?state=sent").text
    assert working.iris.post(f"/deliveries/{row.id}/resend", {}).status_code == 303
    again = next(one for one in _rows(working) if one.id == row.id)
    assert (again.state, again.tries, again.error) == ("waiting", 0, None)
    with working.database.read() as connection:
        deeds = connection.execute(sa.select(trail.c.who).where(trail.c.deed == "keep_deliveries")).scalars().all()
    assert deeds == ["account:iris@agency.example"]


def test_pages_of_mails_ask_the_same_of_the_database_however_many(working: Working, count_queries) -> None:
    """One mail, then twenty; the same holds for the accounts that can be invited."""

    def asked(page: str) -> int:
        with count_queries() as sent:
            assert working.iris.get(page).status_code == 200
        return len(sent)

    def post(number: int) -> None:
        with working.database.write("test") as connection:
            for one in range(number):
                outbox.post(connection, topic="forgotten", recipient=f"{one}@x.example", content={}, at=NOW)

    post(1)
    for page in ("/deliveries", "/accounts"):
        asked(page)
    before = [asked(page) for page in ("/deliveries", "/accounts")]
    post(20)
    for name in ("alba", "chae", "jiho"):
        _without_account(working, name)
    assert [asked(page) for page in ("/deliveries", "/accounts")] == before


def test_asking_costs_the_same_whoever_asks(working: Working, count_queries, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work for an account, for nobody, for one that is closed, whose mail is held, and that had all its mails of this hour.

    The same statements with as much in them, and no password is hashed: so nothing takes longer. An address that asks too often is told so,
    whosever password it is.
    """
    hashed: list[str] = []
    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, lambda *_given, name=name: hashed.append(name))
    with working.database.write("close") as connection:
        closed = connection.execute(
            sa.select(account.c.id).where(account.c.email == "chae@agency.example")
        ).scalar_one()
        access.disable_account(connection, account_id=closed, disabled=True, now=NOW)
    with Mailbox() as mailbox:
        for _ in range(3):
            working.app.test_client().post("/forgotten", data={"email": "gaston@agency.example"})
            _deliver(working, mailbox)
        assert len(mailbox.mails) == 3
    working.app.test_client().post("/forgotten", data={"email": "hana@agency.example"})
    stranger = working.app.test_client()
    stranger.get("/forgotten")
    statements = []
    for name in ("alba", "nobody", "iris", "chae", "gaston", "hana"):
        with count_queries() as sent:
            answer = stranger.post("/forgotten", data={"email": f"{name}@agency.example"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
        statements.append(sent)
    assert all(one == statements[0] for one in statements)
    assert hashed == []
    assert "is on its way" in stranger.get("/login").text
    with working.database.read() as connection:
        asked = connection.execute(sa.select(trail.c.id).where(trail.c.deed == "ask_password")).all()
    assert asked == []
    limited = create_app(database=working.database, settings=replace(Settings(), sign_in_attempts=1), clock=lambda: NOW)
    client = limited.test_client()
    answers = [client.post("/forgotten", data={"email": "alba@agency.example"}).status_code for _ in range(20)]
    assert answers[-1] == 429
    assert working.app.test_client().post("/login", data={"email": "a@b.example", "password": "x"}).status_code == 422


def test_whoever_is_signed_in_sets_a_password_by_a_link_and_is_signed_out(working: Working) -> None:
    """Every session of the account ends, the present one too; the trail says whose deed it was, and other links of theirs open nothing."""
    for _ in range(2):
        working.app.test_client().post("/forgotten", data={"email": "alba@agency.example"})
    with Mailbox() as mailbox:
        _deliver(working, mailbox)
        first, second = map(path_of, mailbox.mails)
    page = working.alba.get(first)
    assert page.status_code == 200
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"csrf_token": token[1], "new_password": PASSWORD, "repeated_password": PASSWORD}
    assert working.alba.client.post(first, data=form).status_code == 303
    assert working.alba.get("/scorecard").status_code == 303
    assert working.app.test_client().get(second).status_code == 404
    with working.database.read() as connection:
        rows = connection.execute(sa.select(trail.c.who, trail.c.subject).where(trail.c.deed == "set_password")).all()
    assert [tuple(row) for row in rows] == [("account:alba@agency.example", "account:alba@agency.example")]
    browser = Somebody(working.app, "alba")
    signed_in = browser.client.post("/login", data={"email": "alba@agency.example", "password": PASSWORD})
    assert signed_in.status_code == 303


def test_a_password_that_an_administrator_gives_voids_links_that_are_under_way(working: Working) -> None:
    """Whoever reads a stolen mailbox must not undo it."""
    working.app.test_client().post("/forgotten", data={"email": "alba@agency.example"})
    with Mailbox() as mailbox:
        _deliver(working, mailbox)
        (link,) = map(path_of, mailbox.mails)
    with working.database.read() as connection:
        found = access.mailed_account(connection, email="alba@agency.example")
    assert found is not None
    assert working.iris.post(f"/accounts/{found.id}/password", {"reason": "It was stolen."}).status_code == 200
    assert working.app.test_client().get(link).status_code == 404


def test_sessions_end_with_the_service(working: Working) -> None:
    """On the day after the last one; signed in anew there is the own scorecard still (contract-desk, 6)."""
    assert working.alba.get("/scorecard").status_code in {200, 303}
    with working.database.write("test") as connection:
        connection.execute(sa.text("UPDATE employee SET left_on = '2026-07-01' WHERE number = 'E1'"))
    tomorrow = create_app(
        database=working.database,
        settings=replace(Settings(), secret_key=working.app.secret_key or ""),
        clock=lambda: NOW + dt.timedelta(hours=13),
    )
    with working.database.write("test") as connection:
        token = access.open_session(
            connection,
            account_id=connection.execute(sa.select(account.c.id).where(account.c.employee == "E1")).scalar_one(),
            now=NOW,
            life=dt.timedelta(hours=20),
        )
    day = dt.timedelta(days=1)
    with working.database.read() as connection:
        assert access.viewer(connection, token=token, now=NOW, idle=day) is not None
        assert access.viewer(connection, token=token, now=NOW + dt.timedelta(hours=13), idle=day) is None
    anew = Somebody(tomorrow, "alba")
    assert anew.get("/scorecards/employee:E1").status_code == 200
    assert anew.get("/scorecards/unit:VIE").status_code == 404
