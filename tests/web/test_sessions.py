"""One's own sessions, through HTTP: listed, ended, and ended by themselves."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from app.access import tables
from app.web import site_of
from app.web.pages.sessions import device
from tests.people import NOW, PASSWORD, email_of
from tests.web.conftest import Person, signed_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
MINUTE = dt.timedelta(minutes=1)
KEY = re.compile(r'name="session" value="([0-9a-f]{64})"')


def _from(app, said, address):
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    form = {"email": email_of("alba"), "password": PASSWORD}
    assert client.post("/login", data=form, headers={"User-Agent": said}).status_code == 303
    return Person(client)


def test_one_sees_where_one_is_signed_in_and_nobody_elses(app):
    here, there, _other = _from(app, FIREFOX, "192.0.2.7"), _from(app, "curl/8\0", "192.0.2.8"), signed_in(app, "boram")
    page = here.get("/sessions").text
    assert "Firefox on Windows" in page
    assert "Another program" in page
    assert {"192.0.2.7", "192.0.2.8"} <= set(re.findall(r"192\.0\.2\.\d", page))
    assert len(KEY.findall(page)) == 2
    assert page.index("this session") < page.index("Another program")
    assert 'href="/sessions"' in there.get("/password").text


def test_one_is_ended_and_the_others_at_once(app):
    """With the next thing that is asked for; this one stays, and ending it is signing out."""
    here, there, third = (_from(app, FIREFOX, f"192.0.2.{number}") for number in (1, 2, 3))
    mine, _, other = KEY.findall(here.get("/sessions").text)
    assert here.post("/sessions/end", {"session": other}).status_code == 303
    assert sorted(person.get("/password").status_code for person in (here, there, third)) == [200, 200, 303]
    assert here.post("/sessions/end-others").status_code == 303
    assert [person.get("/password").status_code for person in (here, there, third)] == [200, 303, 303]
    assert len(KEY.findall(here.get("/sessions").text)) == 1
    assert here.post("/sessions/end", {"session": mine}).location == "/login"
    assert here.get("/password").status_code == 303


def test_nobody_ends_another_persons(app):
    alba, boram = signed_in(app, "alba"), signed_in(app, "boram")
    (key,) = KEY.findall(boram.get("/sessions").text)
    for wrong in (key, "x", "", "0" * 64, "\0"):
        assert alba.post("/sessions/end", {"session": wrong}).status_code in {404, 422}
    alba.post("/sessions/end-others")
    assert boram.get("/sessions").status_code == 200


def test_a_session_left_alone_ends_and_one_in_use_goes_on_to_its_last_hour(make_app):
    """Reading is use too; half an hour without any is the end, and so are twelve hours with it."""
    time = [NOW]
    app = make_app(clock=lambda: time[0])
    used, left = signed_in(app, "alba"), signed_in(app, "alba")
    for _ in range(24):
        time[0] += 29 * MINUTE
        assert used.get("/password").status_code == 200
    assert left.get("/password").status_code == 303
    time[0] = NOW + dt.timedelta(hours=12)
    assert used.get("/password").status_code == 303
    fresh = signed_in(app, "alba")
    time[0] += 30 * MINUTE
    assert fresh.get("/password").status_code == 303


def test_how_long_a_session_lives_is_a_setting(make_app):
    time = [NOW]
    app = make_app(clock=lambda: time[0], session_idle=5 * MINUTE, session_life=dt.timedelta(hours=1))
    person = signed_in(app, "alba")
    assert "5 minutes" in person.get("/sessions").text
    time[0] += 5 * MINUTE
    assert person.get("/password").status_code == 303


def test_what_an_open_page_asks_for_by_itself_is_no_use(make_app):
    """Else a scorecard that is left open keeps its session alive all day."""
    time = [NOW]
    app = make_app(clock=lambda: time[0])
    person = signed_in(app, "alba")
    time[0] += 20 * MINUTE
    person.get("/password?part=1")
    person.get("/api/v1/live?node=unit:VIE")
    time[0] += 10 * MINUTE
    assert person.get("/password").status_code == 303


def test_use_is_noted_by_the_minute_and_waits_for_nobody(make_app, count_queries):
    """A page costs no more for it; while somebody writes, the next page notes it."""
    time = [NOW]
    app = make_app(clock=lambda: time[0])
    person, database = signed_in(app, "alba"), site_of(app).database
    person.get("/password")
    time[0] += 0.5 * MINUTE
    with count_queries() as sent:
        person.get("/password")
    assert not [statement for statement in sent if statement.startswith("UPDATE")]
    time[0] += 5 * MINUTE
    with database.write("load") as connection:
        connection.execute(sa.update(tables.web_session).values(address="held"))
        assert person.get("/password").status_code == 200
        assert _last_used(database) == NOW
    person.get("/password")
    assert _last_used(database) == time[0]


def _last_used(database):
    with database.read() as connection:
        return connection.execute(sa.select(tables.web_session.c.last_acted_at)).scalar_one()


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15",
            ("Safari", "macOS"),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
            ("Edge", "Windows"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S918N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36",
            ("Samsung Internet", "Android"),
        ),
        ("curl/8.5.0", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_device_is_named_by_browser_and_system(said, named):
    assert device(said) == named
