"""Changing one's own password, through HTTP."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from app import access
from app.kit.settings import ROOT
from app.rules.permissions import FIRST_PASSWORD_DEEDS, PUBLIC_DEEDS, Deed
from app.rules.terms import Role
from app.web import site_of
from app.web.asked.forms import PASSWORD_FIELDS
from app.web.errors import is_for_programs
from tests.people import NOW, PASSWORD, email_of
from tests.web.conftest import Person, signed_in

NEW = "nine windows of kestrels"


@pytest.fixture
def engine():
    """What these pages read and write is tested on both engines below them."""
    return "sqlite"


def _form(**fields):
    return {"old_password": PASSWORD, "new_password": NEW, "repeated_password": NEW} | fields


def test_a_new_password_opens_and_the_old_one_no_longer_does(app, client, sign_in):
    person, elsewhere = sign_in("alba"), sign_in("alba")
    answer = person.post("/password", _form())
    assert (answer.status_code, answer.location) == (303, "/")
    assert person.get("/password").status_code == 200
    assert elsewhere.get("/password").status_code == 303
    assert client.post("/login", data={"email": email_of("alba"), "password": PASSWORD}).status_code == 422
    assert client.post("/login", data={"email": email_of("alba"), "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"old_password": ""}, "old_password"),
        ({"old_password": "wrong"}, "old_password"),
        ({"new_password": "short", "repeated_password": "short"}, "new_password"),
        ({"new_password": PASSWORD, "repeated_password": PASSWORD}, "new_password"),
        ({"repeated_password": NEW + " "}, "repeated_password"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(app, sign_in, fields, field):
    answer = sign_in("alba").post("/password", _form(**fields))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert NEW not in answer.text
    signed_in(app, "alba")


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ("해외무역관2026!", "기관이나 업무와 관련된 말은"),
        ("Quito office 2026", "기관이나 업무와 관련된 말은"),
        ("무궁화삼천리화려강산", "널리 알려진 문장이나 노래, 속담은"),
        ("일이삼사오육칠팔구십", "자판 배열, 반복되거나 이어지는 글자"),
        ("rkatkgkqslek12", "알려진 비밀번호나 이름, 한두 단어는"),
    ],
)
def test_a_weak_one_is_told_in_the_persons_language_and_why(sign_in, weak, said):
    """And not taken; whoever has one since before signs in with it as ever."""
    person = sign_in("alba")
    person.post("/look", {"language": "ko"})
    answer = person.post("/password", _form(new_password=weak, repeated_password=weak))
    assert (answer.status_code, said in answer.text) == (422, True)


def test_each_field_says_at_once_what_is_wrong_with_it(sign_in):
    """And that all are to be typed again, by whom: nothing that was typed is sent back."""
    answer = sign_in("alba").post("/password", _form(old_password="", new_password="short", repeated_password="shirt"))
    for field in ("old_password", "new_password", "repeated_password"):
        assert f'id="{field}-error"' in answer.text
    assert f"You are still signed in as {email_of('alba')}" in answer.text
    assert "shirt" not in answer.text


def test_every_field_that_a_password_is_typed_into_is_known_as_one():
    """A form that is shown again leaves them out by their names."""
    macro = re.compile(r'field\("([^"]+)"[^)]*\), type="password"')
    found = [name for file in (ROOT / "templates").rglob("*.html") for name in macro.findall(file.read_text("utf-8"))]
    assert len(found) == sum(
        file.read_text("utf-8").count('type="password"') for file in (ROOT / "templates").rglob("*.html")
    )
    assert set(found) == PASSWORD_FIELDS


def test_guessing_the_old_one_is_throttled(make_app):
    person = signed_in(make_app(sign_in_attempts=2), "alba")
    for _ in range(2):
        assert person.post("/password", _form(old_password="wrong")).status_code == 422
    assert person.post("/password", _form()).status_code == 429


def _first_password(app, *, until=None):
    with site_of(app).database.write(Deed.KEEP_ACCOUNTS) as connection:
        return access.create_account(
            connection,
            email="n@agency.example",
            roles=[Role.HR, Role.AUDITOR, Role.ADMIN],
            employee=None,
            now=NOW,
            first_until=until,
        )


def _enter(app, made):
    client = app.test_client()
    answer = client.post("/login", data={"email": made.email, "password": made.password})
    return client, answer


def test_a_first_password_of_the_command_works_until_it_is_changed_and_every_page_says_so(app):
    """As the contract says of ``kopes user create``."""
    made = _first_password(app)
    client, _ = _enter(app, made)
    assert 'href="/password">Change it' in client.get("/nothing-here").text
    assert client.get("/accounts").status_code == 200
    Person(client).post("/password", _form(old_password=made.password))
    assert 'href="/password">Change it' not in client.get("/nothing-here").text


def test_a_first_password_from_a_page_opens_nothing_but_its_change(app):
    """At every address there is: pages lead to the change, programs and scripts are refused with its code, and nothing is done."""
    made = _first_password(app, until=NOW + dt.timedelta(days=7))
    client, answer = _enter(app, made)
    assert answer.status_code == 303
    person = Person(client)
    refused = 0
    for rule in app.url_map.iter_rules():
        route = site_of(app).routes[rule.endpoint]
        if route.deed in PUBLIC_DEEDS | FIRST_PASSWORD_DEEDS:
            continue
        address = re.sub(
            r"<(?:(\w+)(?:\(.*?\))?:)?\w+>", lambda part: "unit:VIE" if part[1] == "node" else "1", rule.rule
        )
        method = route.methods[0]
        if method == "POST":
            answer = person.post(address, {"role": "hr"})
        else:
            answer = client.open(address, method=method, headers={"Origin": "http://localhost"})
        if route.api or is_for_programs(rule.rule):
            assert (answer.status_code, answer.json["code"]) == (403, "change_password_first"), rule.rule
        else:
            assert (answer.status_code, answer.location) == (303, "/password"), rule.rule
        refused += 1
    assert refused > 40
    assert person.post("/password", _form(old_password=made.password)).status_code == 303
    assert person.get("/accounts").status_code == 200


def test_a_first_password_from_a_page_is_dead_after_its_days(make_app):
    """For signing in, and for its own change in a session that was begun in time."""
    time = [NOW]
    app = make_app(clock=lambda: time[0])
    made = _first_password(app, until=NOW + dt.timedelta(minutes=20))
    client, _ = _enter(app, made)
    person = Person(client)
    assert person.token
    time[0] += dt.timedelta(minutes=20)
    answer = person.post("/password", _form(old_password=made.password))
    assert answer.status_code == 422
    assert "ask an administrator for a new one" in answer.text
    _, answer = _enter(app, made)
    assert answer.status_code == 422
    assert "ask an administrator for a new one" in answer.text


@pytest.mark.parametrize("new", ["Password1!", "Alba-1990!!", "person e1 2026", "Hq-Hq-2026!", "qwertyuiop12"])
def test_a_weak_password_is_refused_with_what_to_do(sign_in, new):
    """What is close to this person and the agency is known here."""
    answer = sign_in("alba").post("/password", _form(new_password=new, repeated_password=new))
    assert answer.status_code == 422
    assert "use four words" in answer.text


def test_the_token_is_another_after_a_change(app, sign_in):
    """Whoever copied the cookie before has nothing of it."""
    person = sign_in("alba")
    copied = person.cookie
    person.post("/password", _form())
    thief = app.test_client()
    thief.set_cookie("kopes_session", copied)
    assert thief.get("/password").status_code == 303
    assert person.get("/password").status_code == 200
    assert person.cookie != copied


def test_a_change_is_on_the_trail_without_the_password(app, sign_in):
    sign_in("alba").post("/password", _form())
    with site_of(app).database.read() as connection:
        rows = access.trail_rows(connection, limit=10)
    assert [(row.who, row.deed) for row in rows] == [
        (f"account:{email_of('alba')}", "change_password"),
        (f"account:{email_of('alba')}", "sign_in"),
    ]
    assert not any(NEW in repr(row) for row in rows)
