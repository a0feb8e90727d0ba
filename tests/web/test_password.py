"""Changing one's own password, through HTTP."""

from __future__ import annotations

import re

import pytest

from app import access
from app.kit.settings import ROOT
from app.rules.permissions import Deed
from app.rules.terms import Role
from app.web import site_of
from app.web.forms import PASSWORD_FIELDS
from tests.people import NOW, PASSWORD, email_of
from tests.web.conftest import Person, signed_in

NEW = "nine windows of kestrels"


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


def test_a_first_password_works_until_it_is_changed_and_every_page_says_so(app):
    with site_of(app).database.write(Deed.KEEP_ACCOUNTS) as connection:
        made = access.create_account(connection, email="n@agency.example", roles=[Role.HR], employee=None, now=NOW)
    client = app.test_client()
    for _ in range(2):
        client.post("/login", data={"email": made.email, "password": made.password})
    assert 'href="/password">Change it' in client.get("/nothing-here").text
    Person(client).post("/password", _form(old_password=made.password))
    assert 'href="/password">Change it' not in client.get("/nothing-here").text


def test_a_change_is_on_the_trail_without_the_password(app, sign_in):
    sign_in("alba").post("/password", _form())
    with site_of(app).database.read() as connection:
        rows = access.trail_rows(connection, limit=10)
    assert [(row.who, row.deed) for row in rows] == [
        (f"account:{email_of('alba')}", "change_password"),
        (f"account:{email_of('alba')}", "sign_in"),
    ]
    assert not any(NEW in repr(row) for row in rows)
