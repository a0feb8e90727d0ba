"""What lets a change in, and what every answer tells the browser, at every route there is."""

from __future__ import annotations

import re

import pytest

from app.rules.permissions import PUBLIC_DEEDS
from app.web import site_of
from tests.people import PASSWORD, email_of

ALBA = {"email": email_of("alba"), "password": PASSWORD}
ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def engine():
    """What these pages read and write is tested on both engines below them."""
    return "sqlite"


def _address(rule):
    return re.sub(r"<(?:(\w+)(?:\(.*?\))?:)?\w+>", lambda piece: "unit:VIE" if piece[1] == "node" else "1", rule.rule)


@pytest.mark.parametrize("authorization", ["Bearer x", "Basic eDp5"])
@pytest.mark.parametrize("name", [None, "iris"])
def test_no_header_opens_a_page_to_another_site(app, sign_in, name, authorization):
    """What counts as a key is one on the API; whatever else a request shows, it is asked where it comes from."""
    client = app.test_client() if name is None else sign_in(name).client
    asked = 0
    for rule in app.url_map.iter_rules():
        route = site_of(app).routes[rule.endpoint]
        if not route.acts:
            continue
        headers = {**ELSEWHERE, "Authorization": authorization}
        answer = client.open(_address(rule), method=route.methods[0], data=ALBA, headers=headers)
        shows_key = route.api and route.deed not in PUBLIC_DEEDS and authorization.startswith("Bearer ")
        assert answer.status_code == (401 if shows_key else 400), rule.rule
        asked += 1
    assert asked > 20
    assert client.get("/password").status_code == (303 if name is None else 200)


@pytest.mark.parametrize("path", ["/static//etc/passwd", "/scorecard//unit:VIE", "/login//"])
def test_no_answer_sends_on_to_the_host_that_a_request_named(client, path):
    """An address with two slashes is none: sent on, it would go to whatever host was asked for."""
    answer = client.get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, "evil" in answer.headers.get("Location", "")) in {
        (404, False),
        (401, False),
        (303, False),
    }


def test_the_host_is_the_one_that_the_request_names(make_app):
    """X-Forwarded-Host is nobody's: few proxies set it, so a page elsewhere would name itself."""
    client = make_app(proxies=1).test_client()
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    assert client.post("/login", data=ALBA, headers=forwarded | {"Origin": "https://evil.example"}).status_code == 400
    answer = client.post("/login", data=ALBA, headers=forwarded | {"Origin": "https://localhost"})
    assert answer.status_code == 303
    assert "; Secure" in answer.headers["Set-Cookie"]
    assert "evil.example" not in client.get("/api/docs", headers=forwarded).text


WANTED = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
}


def test_every_answer_tells_the_browser_what_not_to_do(app, sign_in):
    """Pages, resources, refusals and errors; no script or style but our own files, and no cache keeps what is somebody's."""
    person = sign_in("dana")
    for rule in app.url_map.iter_rules():
        route = site_of(app).routes[rule.endpoint]
        answer = person.post(_address(rule)) if route.acts else person.get(_address(rule))
        assert set(answer.headers.keys()) >= WANTED, rule.rule
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, rule.rule
        assert "unsafe" not in policy, rule.rule
        if route.deed not in PUBLIC_DEEDS:
            assert answer.headers["Cache-Control"] == "no-store", rule.rule


def test_browsers_are_told_to_come_by_https_where_cookies_are_secure(make_app):
    """Also where the proxy does not say that it speaks https."""
    assert "Strict-Transport-Security" not in make_app().test_client().get("/login").headers
    answer = make_app(secure_cookies=True).test_client().get("/login")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
