"""Signing in and out, through HTTP."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from app.web import site_of
from app.web.asked.security import safe_next
from app.web.asked.sign_in import outside_flask
from tests.people import NOW, PASSWORD, email_of
from tests.web.conftest import signed_in

ALBA = {"email": email_of("alba"), "password": PASSWORD}


def test_the_form_has_the_contracts_fields(client):
    page = client.get("/login").text
    assert re.search(r'<input type="email"[^>]* name="email"', page)
    assert re.search(r'<input type="password"[^>]* name="password"', page)


def test_signing_in_leads_to_where_one_wanted_to_go(client):
    answer = client.get("/password")
    assert (answer.status_code, answer.location) == (303, "/login?next=/password")
    answer = client.post("/login", data=ALBA | {"next": "/password"})
    assert (answer.status_code, answer.location) == (303, "/password")
    assert client.get("/password").status_code == 200
    assert client.get("/login").location == "/"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client, make_app):
    cookies = client.post("/login", data=ALBA).headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"kopes_session", "kopes_browser"}
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
    answer = make_app(secure_cookies=True).test_client().post("/login", data=ALBA)
    cookies = answer.headers.getlist("Set-Cookie")
    # No page of a neighbouring host can set a cookie of such a name, and plain http never carries it.
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-kopes_session", "__Host-kopes_browser"}
    assert all("; Secure" in cookie and "; Domain" not in cookie for cookie in cookies)
    answer = client.post("/login", data=ALBA, base_url="https://localhost")
    assert all("; Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"email": email_of("alba"), "password": "wrong"}, "password"),
        ({"email": "nobody@agency.example", "password": PASSWORD}, "password"),
        ({"email": email_of("alba"), "password": f" {PASSWORD}"}, "password"),
        ({"email": email_of("alba"), "password": ""}, "password"),
        ({"email": "", "password": PASSWORD}, "email"),
        ({"password": PASSWORD}, "email"),
    ],
)
def test_a_refused_form_says_so_at_its_field_and_keeps_what_was_typed(client, form, field):
    """The password alone is never sent back; a wrong one and an unknown account sound alike."""
    answer = client.post("/login", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'value="{form.get("email", "")}"' in answer.text
    assert PASSWORD not in answer.text
    assert client.get("/").status_code == 303


def test_who_does_not_exist_cannot_be_told_from_who_does(client):
    def said(email):
        text = client.post("/login", data={"email": email, "password": "wrong"}).text
        return re.sub(r'name="csrf_token" value="[^"]+"', "", text).replace(email, "")

    assert said(email_of("alba")) == said("nobody@agency.example")


def test_signing_out_ends_the_session_on_the_server(app, sign_in):
    """A cookie that was copied before is worth nothing after."""
    person = sign_in("alba")
    copied = person.cookie
    answer = person.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    thief = app.test_client()
    thief.set_cookie("kopes_session", copied)
    assert thief.get("/password").status_code == 303


def test_a_session_begins_with_a_new_cookie(client):
    """What a stranger planted in the browser before does not survive the sign-in."""
    client.get("/login")
    with client.session_transaction() as before:
        before["planted"] = "yes"
    client.post("/login", data=ALBA)
    with client.session_transaction() as after:
        assert "planted" not in after


def test_signing_in_is_throttled_by_account(make_app):
    """In the database, so that all processes count together; after a quarter of an hour it may be tried again."""
    time = [NOW]
    one, other = (make_app(clock=lambda: time[0], sign_in_attempts=3).test_client() for _ in range(2))
    for client in (one, other, one):
        assert client.post("/login", data=ALBA | {"password": "wrong"}).status_code == 422
    refused = other.post("/login", data=ALBA)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == 15 * 60 + 1
    assert f'value="{email_of("alba")}"' in refused.text
    assert other.post("/login", data=ALBA | {"email": email_of("boram")}).status_code == 303
    time[0] += dt.timedelta(minutes=16)
    assert other.post("/login", data=ALBA).status_code == 303


def test_signing_in_is_throttled_by_address(make_app):
    client = make_app(sign_in_attempts=1).test_client()
    for number in range(5):
        assert client.post("/login", data={"email": f"n{number}@x.example", "password": "wrong"}).status_code == 422
    assert client.post("/login", data=ALBA).status_code == 429
    assert client.post("/login", data=ALBA, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 303


def test_a_forwarded_address_counts_only_behind_a_proxy_of_ours(make_app):
    """Else anyone could pretend to come from a new address each time."""
    client = make_app(sign_in_attempts=1).test_client()
    answers = [
        client.post(
            "/login",
            data={"email": f"n{number}@x.example", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        for number in range(6)
    ]
    assert answers[-1].status_code == 429


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("/office?cycle=2026", True),
        ("/", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example/", False),
        ("/\t/evil.example/", False),
        ("javascript:alert(1)", False),
        ("office", False),
        ("", False),
        (None, False),
    ],
)
def test_signing_in_leads_to_no_other_site(client, address, safe):
    assert safe_next(address) == (address if safe else None)
    answer = client.post("/login", data=ALBA | ({"next": address} if address is not None else {}))
    assert answer.location == (address if safe else "/")


def test_a_sign_in_from_another_site_is_refused(client):
    """No token is asked for here, so that a program can sign in; a browser says where a form comes from."""
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert client.post("/login", data=ALBA, headers=headers).status_code == 400
    assert client.post("/login", data=ALBA, headers={"Origin": "http://localhost"}).status_code == 303


def test_signing_in_again_ends_the_session_before(app, sign_in):
    """A browser has one session; the one it had is not left open on the server."""
    person = sign_in("alba")
    copied = person.cookie
    assert person.client.post("/login", data=ALBA | {"email": email_of("boram")}).status_code == 303
    thief = app.test_client()
    thief.set_cookie("kopes_session", copied)
    assert thief.get("/password").status_code == 303


def test_a_form_without_its_token_is_refused(app, sign_in):
    alba, boram = sign_in("alba"), sign_in("boram")
    assert alba.client.post("/logout").status_code == 400
    assert alba.client.post("/logout", data={"csrf_token": boram.token}).status_code == 400
    assert alba.get("/password").status_code == 200


def test_a_stream_knows_the_same_cookie_as_the_pages(app):
    """The stream is answered outside Flask; signing out ends it there too."""
    person = signed_in(app, "alba")
    cookie = f"theme=dark; kopes_session={person.cookie}"

    def asks(authorization, cookies):
        with site_of(app).database.read() as connection:
            return outside_flask(
                connection,
                app=app,
                settings=site_of(app).settings,
                authorization=authorization,
                cookies=cookies,
                now=NOW,
            )

    assert asks(None, cookie).employee == "E1"
    assert asks("Bearer wrong", cookie) is None
    # Not the last letter: of it only some bits are part of the signature.
    assert asks(None, cookie[:-5] + ("A" if cookie[-5] != "A" else "B") + cookie[-4:]) is None
    assert asks(None, None) is None
    person.post("/logout")
    assert asks(None, cookie) is None


def test_language_and_theme_are_kept_with_the_account(app, sign_in):
    """And follow the person to another browser."""
    person = sign_in("alba")
    assert '<html lang="en" data-theme="system">' in person.get("/password").text
    answer = person.post("/look", {"language": "ko", "theme": "dark", "next": "/password"})
    assert answer.location == "/password"
    assert '<html lang="ko" data-theme="dark">' in signed_in(app, "alba").get("/password").text
    # Chosen on the sign-in page it is meant by whoever signs in there; one that only lingers in a browser is not.
    browser = app.test_client()
    browser.set_cookie("kopes_language", "en")
    browser.post("/login", data=ALBA)
    assert '<html lang="ko"' in browser.get("/password").text
    browser = app.test_client()
    browser.post("/look", data={"language": "es", "next": "/login"})
    browser.post("/login", data=ALBA)
    assert '<html lang="es"' in browser.get("/password").text
    person.post("/look", {"language": "ko", "next": "/password"})
    # And by nobody who signs in there afterwards.
    browser.delete_cookie("kopes_session")
    browser.post("/login", data=ALBA)
    assert '<html lang="ko"' in browser.get("/password").text
    person.post("/look", {"language": "tlh", "theme": "pink", "next": "https://evil.example"})
    assert '<html lang="ko" data-theme="dark">' in person.get("/password").text


@pytest.mark.parametrize(
    ("asked", "language"),
    [("es-CL,es;q=0.9", "es"), ("ko", "ko"), ("fr", "en"), ("de;q=0.9,ko;q=0.8", "ko"), ("", "en")],
)
def test_before_signing_in_the_browser_says_the_language(client, asked, language):
    assert f'<html lang="{language}"' in client.get("/login", headers={"Accept-Language": asked}).text
