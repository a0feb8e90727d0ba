"""Mail through a real SMTP server on this machine: invitations, forgotten passwords, links that are good once (contract-desk, 6 and 8.8).

unit HQ agency
  unit VIE office
  unit MAD office
employee E1 VIE staff
employee E2 VIE head
employee E3 MAD staff
employee E4 HQ staff

E4 has left the service; E8 and E9, of whom every scenario knows, are posted to HQ. Iris keeps the accounts. ``kopes worker`` is a process of its own.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import sqlalchemy as sa

from app import access
from app.access import links
from app.access import tables as access_tables
from app.kit import outbox
from app.kit.database import Database
from tests.conftest import ROOT, _environment
from tests.mailbox import Mailbox, path_of, texts_of
from tests.scenario import Scenario

PASSWORD = "vier Worte ohne Zusammenhang 4711"
NOW = dt.datetime(2026, 11, 30, 9, 0, tzinfo=dt.UTC)
# Each command begins at the instant that it is told and runs on: what comes after another is told a later one.
SOON = NOW + dt.timedelta(minutes=1)


def _changed(path, key, **values):
    """The row of a CSV file that begins with a key, with other values."""
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    for row in rows:
        if next(iter(row.values())) == key:
            row.update({name: value for name, value in values.items() if name in row})
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


@pytest.fixture
def mailbox():
    with Mailbox() as open_mailbox:
        yield open_mailbox


class House:
    """A loaded agency with its commands, its server and as many workers as a test wants."""

    def __init__(self, url, folder, kopes, serve, mailbox):
        self.where = {"database": url, "definitions": folder / "definitions"}
        self.folder, self._kopes, self._serve, self.mailbox = folder, kopes, serve, mailbox
        self.load()

    def load(self, *, now=NOW):
        """Load the folder as it is."""
        self.run("load", self.folder / "agency", now=now)

    def run(self, *arguments, now=NOW, **more):
        """Run a command."""
        return self._kopes(*arguments, **self.where, KOPES_NOW=now.isoformat(), **more)

    def serve(self, *, now=NOW, **more):
        """Start a server."""
        return self._serve(
            self.where["database"], definitions=self.where["definitions"], KOPES_NOW=now.isoformat(), **more
        )

    def deliver(self, *, now=SOON):
        """Send what is due now, and leave."""
        return self.run("worker", "--once", "deliveries", now=now, **self.mailbox.settings())

    @contextmanager
    def worker(self, *, now=NOW, **settings):
        """A worker in a process of its own."""
        environment = _environment(
            self.where["database"],
            self.where["definitions"],
            {"KOPES_NOW": now.isoformat(), **(settings or self.mailbox.settings())},
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "worker"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def house(database_url, kopes, serve, mailbox, tmp_path):
    Scenario.read(__doc__ or "").write(tmp_path)
    _changed(tmp_path / "agency" / "units.csv", "MAD", country="ES", timezone="Europe/Madrid")
    _changed(tmp_path / "agency" / "units.csv", "VIE", country="AT", timezone="Europe/Vienna")
    _changed(tmp_path / "agency" / "units.csv", "HQ", country="KR", timezone="Asia/Seoul")
    _changed(tmp_path / "agency" / "employees.csv", "E4", left_on="2026-11-01")
    _changed(tmp_path / "agency" / "postings.csv", "E4", to="2026-11-01")
    return House(database_url, tmp_path, kopes, serve, mailbox)


def _sign_in(server, email, password):
    with httpx.Client(base_url=server.url, timeout=60) as client:
        return client.post("/login", data={"email": email, "password": password}).status_code


def _set(server, path, password=PASSWORD, repeated=None):
    form = {"new_password": password, "repeated_password": repeated or password}
    return httpx.post(f"{server.url}{path}", data=form, timeout=60)


def _has_form(answer):
    return 'name="new_password"' in answer.text


def test_invited_by_a_command_everybody_in_service_sets_a_password_once(house, mailbox, eventually):
    """Each in the language of the place where they work, as text and as HTML; the link is looked at as often as one likes and used once."""
    out = house.run("user", "invite", "--all").out
    assert [line.split()[0] for line in out.splitlines()] == ["E1", "E2", "E3", "E8", "E9"]
    assert house.run("user", "invite", "--all").out == ""
    server = house.serve()
    with house.worker():
        eventually(lambda: len(mailbox.mails) == 5, seconds=60)
        mails = {one["To"]: one for one in mailbox.mails}
        assert {to: one["Content-Language"] for to, one in mails.items()} == {
            "E1@agency.example": "en",
            "E2@agency.example": "en",
            "E3@agency.example": "es",
            "E8@agency.example": "ko",
            "E9@agency.example": "ko",
        }
        for mail in mailbox.mails:
            plain, rich = texts_of(mail)
            assert mail["To"] in plain
            assert mail["To"] in rich
            assert not re.search(r"₩|KRW|3000000|3,000,000", plain + rich)
        mine, others = path_of(mails["E1@agency.example"]), path_of(mails["E3@agency.example"])
        for _ in range(3):
            assert _has_form(httpx.get(f"{server.url}{mine}", timeout=60))
        assert _sign_in(server, "E1@agency.example", PASSWORD) == 422
        assert _set(server, mine, "kurz").status_code == 422
        assert _set(server, mine, repeated="something else altogether").status_code == 422
        assert _set(server, mine).status_code == 303
        assert _sign_in(server, "E1@agency.example", PASSWORD) == 303
        again = httpx.get(f"{server.url}{mine}", timeout=60)
        assert (again.status_code, _has_form(again)) == (404, False)
        assert _set(server, mine, "another password of four words").status_code == 404
        assert _sign_in(server, "E1@agency.example", PASSWORD) == 303
        # Another's link sets that other's password and nobody else's.
        assert _set(server, others, "cuatro palabras sin relación 99").status_code == 303
        assert _sign_in(server, "E1@agency.example", "cuatro palabras sin relación 99") == 422
        assert _sign_in(server, "E3@agency.example", "cuatro palabras sin relación 99") == 303
        unknown = httpx.get(f"{server.url}/set_password/{'0' * 64}", timeout=60)
        assert (unknown.status_code, _has_form(unknown)) == (404, False)
    assert len(mailbox.mails) == 5


@pytest.mark.parametrize(
    ("after", "works"),
    [
        # Seoul's 7 December ends at 15:00 UTC.
        (dt.timedelta(days=7, hours=5, minutes=50), True),
        (dt.timedelta(days=7, hours=6, minutes=1), False),
        (dt.timedelta(days=30), False),
    ],
)
def test_a_link_is_good_until_the_end_of_the_seventh_day(house, mailbox, after, works):
    """Of the day of the root unit."""
    house.run("user", "invite", "--unit", "MAD")
    house.deliver()
    (mail,) = mailbox.mails
    server = house.serve(now=NOW + after)
    looked = httpx.get(f"{server.url}{path_of(mail)}", timeout=60)
    assert (looked.status_code, _has_form(looked)) == ((200, True) if works else (404, False))
    assert _set(server, path_of(mail)).status_code == (303 if works else 404)


def test_a_forgotten_password_is_set_by_a_mail_and_the_old_one_holds_until_then(house, mailbox):
    """The same answer for whoever has no account; at most three mails an hour; a password that is set spends every link of before."""
    old = house.run("user", "create", "E1@agency.example", "--role", "employee", "--employee", "E1").out.split()[-1]
    house.run("user", "create", "iris@agency.example", "--role", "admin")
    server = house.serve()
    answers = set()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        assert 'href="/forgotten"' in client.get("/login").text
        for email in ("E1@agency.example", " e1@AGENCY.example ", "nobody@agency.example", "no e-mail at all"):
            answer = client.post("/forgotten", data={"email": email}, headers={"Accept-Language": "ko"})
            answers.add((answer.status_code, answer.headers["location"], client.get("/login").text.count(email)))
            client.cookies.clear()
        assert answers == {(303, "/login", 0)}
        for _ in range(3):
            client.post("/forgotten", data={"email": "E1@agency.example"}, headers={"Accept-Language": "ko"})
    house.deliver()
    assert [one["To"] for one in mailbox.mails] == ["E1@agency.example"] * 3
    assert {one["Content-Language"] for one in mailbox.mails} == {"ko"}
    assert len({path_of(one) for one in mailbox.mails}) == 3
    house.deliver(now=NOW + dt.timedelta(minutes=50))
    assert len(mailbox.mails) == 3
    assert _sign_in(server, "E1@agency.example", old) == 303
    first, second, _ = map(path_of, mailbox.mails)
    assert _set(server, second).status_code == 303
    assert _sign_in(server, "E1@agency.example", old) == 422
    assert _sign_in(server, "E1@agency.example", PASSWORD) == 303
    assert not _has_form(httpx.get(f"{server.url}{first}", timeout=60))
    later = NOW + dt.timedelta(hours=1, minutes=5)
    httpx.post(f"{house.serve(now=later).url}/forgotten", data={"email": "E1@agency.example"}, timeout=60)
    house.deliver(now=later + dt.timedelta(minutes=1))
    assert len(mailbox.mails) == 4


def test_of_two_links_that_are_used_at_one_moment_one_sets_the_password(house, mailbox, eventually):
    """Each spends the other: who comes second is told that theirs is over, and not that something broke."""
    house.run("user", "create", "E1@agency.example", "--role", "employee", "--employee", "E1")
    server = house.serve()
    for _ in range(2):
        httpx.post(f"{server.url}/forgotten", data={"email": "E1@agency.example"}, timeout=60)
    house.deliver()
    first, second = map(path_of, mailbox.mails)
    database = Database(house.where["database"])
    with ThreadPoolExecutor(1) as pool:
        with database.write("a test") as connection:
            holder = access.link_holder(connection, token=second.rpartition("/")[2], now=SOON)
            assert holder is not None
            of = access_tables.password_link
            connection.execute(sa.update(of).where(of.c.id == holder.link).values(spent_at=SOON))
            setting = pool.submit(_set, server, first)
            if database.dialect == "postgresql":
                # It is the server's transaction that gives way, whichever waits longer.
                connection.execute(sa.text("SET LOCAL deadlock_timeout = '1min'"))
                waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                eventually(lambda: setting.done() or connection.scalar(waiting))
            account = access_tables.account
            connection.execute(sa.update(account).where(account.c.id == holder.account_id).values(password_hash="x"))
            links.spend_links(connection, account_id=holder.account_id, now=SOON)
        answer = setting.result()
    database.close()
    assert (answer.status_code, _has_form(answer)) == (404, False)


def test_tokens_are_kept_as_hashes_alone(house, mailbox):
    """Whoever reads the database finds no link in it."""
    house.run("user", "invite", "--all")
    house.deliver()
    tokens = [path_of(one).rpartition("/")[2] for one in mailbox.mails]
    engine = sa.create_engine(house.where["database"])
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        everything = str([connection.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in tables])
    engine.dispose()
    assert "E1@agency.example" in everything
    assert [one for one in tokens if one in everything] == []


def test_a_worker_that_is_killed_costs_one_mail_more_with_the_same_link(house, mailbox, eventually):
    """It is killed when the server has the mail and before it could note that."""
    house.run("user", "invite", "--unit", "MAD")
    killed: list[int] = []

    def kill(_mail):
        if not killed:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait(15)

    mailbox.on_taken = kill
    with house.worker() as worker:
        eventually(lambda: killed, seconds=60)
    assert len(mailbox.mails) == 1
    house.deliver(now=NOW + dt.timedelta(seconds=30))
    assert len(mailbox.mails) == 1
    for seconds in (90, 900):
        house.deliver(now=NOW + dt.timedelta(seconds=seconds))
    first, second = mailbox.mails
    assert path_of(first) == path_of(second)
    assert first["Message-ID"] == second["Message-ID"]
    server = house.serve()
    assert _set(server, path_of(first)).status_code == 303
    assert not _has_form(httpx.get(f"{server.url}{path_of(second)}", timeout=60))


def test_two_workers_send_each_of_200_once(house, mailbox, eventually):
    """Whoever takes a row has it alone."""
    for number in range(200):
        _add_person(house.folder, f"N{number:03d}")
    house.load()
    house.run("user", "invite", "--unit", "VIE")
    with house.worker(), house.worker():
        eventually(lambda: len(mailbox.mails) >= 202, seconds=240)
        assert eventually(lambda: _sent(house) == 202, seconds=60)
    counted = Counter(one["To"] for one in mailbox.mails)
    assert len(counted) == 202
    assert set(counted.values()) == {1}


def _sent(house):
    """How many rows are marked as sent."""
    database = Database(house.where["database"])
    with database.read() as connection:
        rows = outbox.deliveries(connection, state="sent", limit=1_000)
    database.close()
    return len(rows)


def _add_person(folder, number):
    for name, row in (
        ("employees", f"{number},{number},{number}@agency.example,G5,staff,3000000,2000-01-01,"),
        ("postings", f"{number},VIE,staff,2000-01-01,"),
    ):
        path = folder / "agency" / f"{name}.csv"
        header = path.read_text("utf-8").splitlines()[0].split(",")
        assert len(row.split(",")) == len(header), header
        with path.open("a", encoding="utf-8") as file:
            file.write(row + "\n")


def test_held_mails_go_as_soon_as_a_worker_can_send_them(house, mailbox, eventually):
    """Without one of the three settings nothing is sent and nothing lost; whoever invites is told."""
    missing = dict(list(mailbox.settings().items())[:2])
    ran = house.run("user", "invite", "--all", **missing)
    assert "held" in ran.err
    house.run("worker", "--once", "deliveries", **missing)
    assert mailbox.mails == []
    with house.worker():
        eventually(lambda: len(mailbox.mails) == 5, seconds=60)


def test_an_account_follows_its_employees_e_mail_and_both_addresses_are_told(house, mailbox):
    """By a load; two may change with each other. Links that were sent to the address of before open nothing."""
    house.run("user", "invite", "--all")
    house.deliver()
    (link,) = map(path_of, mailbox.to("E1@agency.example"))
    server = house.serve()
    (other,) = map(path_of, mailbox.to("E2@agency.example"))
    assert _set(server, other).status_code == 303
    mailbox.mails.clear()
    employees = house.folder / "agency" / "employees.csv"
    _changed(employees, "E1", email="E2@agency.example")
    _changed(employees, "E2", email="boram@new.example")
    house.load()
    assert _sign_in(server, "boram@new.example", PASSWORD) == 303
    assert _sign_in(server, "E2@agency.example", PASSWORD) == 422
    assert not _has_form(httpx.get(f"{server.url}{link}", timeout=60))
    house.deliver()
    assert Counter(one["To"] for one in mailbox.mails) == {
        "E1@agency.example": 1,
        "E2@agency.example": 2,
        "boram@new.example": 1,
    }
    assert all("/set_password/" not in "".join(texts_of(one)) for one in mailbox.mails)
    mailbox.mails.clear()
    house.load()
    house.deliver()
    assert mailbox.mails == []
