"""Keys and hooks: shown once, revoked at once, kept by the administrator alone."""

from __future__ import annotations

import re

from tests.web.working import Working

_SECRET = re.compile(r'id="secret">([^<]+)<')


def test_only_the_administrator_keeps_keys_and_hooks(working: Working) -> None:
    """Nobody else (contract, "Who may what")."""
    for name in ("dana", "emil", "ferran", "boram", "alba"):
        person = getattr(working, name)
        assert person.statuses("/keys") == [404]
        assert person.post("/keys", {"name": "crm", "scope": "read"}).status_code == 404
        assert person.post("/keys/hooks", {"hook_name": "crm"}).status_code == 404
    assert working.iris.statuses("/keys") == [200]


def test_a_key_is_shown_once_opens_and_is_revoked(working: Working) -> None:
    """After that it opens nothing; and auditors hear of it, since an administrator could read with it what no page shows them."""
    made = working.iris.post("/keys", {"name": "reader", "scope": "read"}).text
    found = _SECRET.search(made)
    assert found is not None
    # The way back to a page that was the answer to a form is none: what is shown once would be lost.
    assert re.search(r'href="/api/docs" target="_blank" rel="noopener">[^<]+opens in a new tab', made)
    bearer = {"Authorization": f"Bearer {found[1]}"}
    client = working.app.test_client()
    assert client.get("/api/v1/scorecards/unit:VIE?cycle=2026", headers=bearer).status_code == 200
    assert found[1] not in working.iris.get("/keys").text
    assert working.iris.post("/keys/reader/revoke", {"reason": "It was lost"}).status_code == 303
    assert client.get("/api/v1/scorecards/unit:VIE?cycle=2026", headers=bearer).status_code == 401
    assert [row.subject for row in working.trail()[:2]] == ["key:reader", "key:reader"]
    assert "The latest by iris@agency.example about reader." in working.emil.get("/trail").text


def test_a_hook_s_secret_is_shown_once(working: Working) -> None:
    """It begins as Standard Webhooks writes it."""
    found = _SECRET.search(working.iris.post("/keys/hooks", {"hook_name": "crm"}).text)
    assert found is not None
    assert found[1].startswith("whsec_")
    assert "The latest by iris@agency.example about crm." in working.emil.get("/trail").text
    page = working.iris.get("/keys").text
    assert "/hooks/crm" in page
    assert found[1] not in page
    assert working.iris.post("/keys/hooks/crm/revoke", {"reason": "It was lost"}).status_code == 303


def test_a_name_that_is_taken_or_none_is_refused_beside_its_field(working: Working) -> None:
    """What was typed stays."""
    working.iris.post("/keys", {"name": "reader", "scope": "read"})
    for name, words in (("reader", "in use"), ("no name", "write 1 to 40")):
        answer = working.iris.post("/keys", {"name": name, "scope": "read"})
        assert answer.status_code in {409, 422}
        assert words in answer.text
        assert f'value="{name}"' in answer.text
    assert working.iris.post("/keys/nothing/revoke", {"reason": "It was lost"}).status_code == 404


def test_revoking_asks_once_and_keeps_the_reason(working: Working) -> None:
    """A key that is ended by mistake stops a program at once, and cannot be had back."""
    working.iris.post("/keys", {"name": "reader", "scope": "read"})
    working.iris.post("/keys/hooks", {"hook_name": "crm"})
    for address, subject in (("/keys/reader/revoke", "key:reader"), ("/keys/hooks/crm/revoke", "hook:crm")):
        assert f'href="{address}"' in working.iris.get("/keys").text
        assert "It cannot be undone" in working.iris.get(address).text
        assert working.iris.post(address, {}).status_code == 422
        assert f'href="{address}"' in working.iris.get("/keys").text
        assert working.iris.post(address, {"reason": "The program is gone"}).status_code == 303
        assert (working.trail()[0].subject, working.trail()[0].why) == (subject, "The program is gone")
        assert working.iris.get(address).status_code == 404


def test_a_key_s_page_says_how_it_is_used_and_its_field_how_it_is_named(working: Working) -> None:
    """Whoever hands it over hands over the address and the guide with it; the rule stands there before a name is refused."""
    assert "without spaces" in working.iris.get("/keys").text
    page = working.iris.post("/keys", {"name": "reader", "scope": "read"}).text
    for words in ("http://localhost/api/v1", 'href="/api/docs"', 'data-copies="secret"'):
        assert words in page
