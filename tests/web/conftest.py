"""What the tests of pages and resources ask for by name: the application, and a browser for each of the tests' people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kit.settings import Settings
from app.web import create_app, site_of
from tests.people import NOW, PASSWORD, email_of, settle
from tests.web.working import loaded_folder, settled, working, working_on_each

__all__ = ["loaded_folder", "settled", "working", "working_on_each"]

_TOKEN: Final = re.compile(r'name="csrf_token" value="([^"]+)"')


class Person:
    """One of the tests' people at a browser: forms are sent with their token, as a page would."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token: str | None = None

    @property
    def token(self) -> str:
        """What this person's forms carry."""
        if self._token is None:
            found = _TOKEN.search(self.client.get("/password").text)
            assert found is not None
            self._token = found[1]
        return self._token

    @property
    def cookie(self) -> str:
        """What this browser is known by."""
        found = self.client.get_cookie("kopes_session")
        assert found is not None
        return found.value

    def get(self, address: str, **more: Any) -> TestResponse:
        """Look at a page."""
        return self.client.get(address, **more)

    def post(self, address: str, form: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(address, data={"csrf_token": self.token, **(form or {})}, **more)


class SignIn(Protocol):
    """Signs people in."""

    def __call__(self, name: str) -> Person:
        """``sign_in("boram")``: a browser in which that person is signed in."""


@pytest.fixture
def make_app(database_url: str) -> Iterator[Callable[..., Flask]]:
    """Makes applications on a database, on each engine in turn, in which the tests' people are settled."""
    made: list[Flask] = []

    def make(*, clock: Callable[[], Any] = lambda: NOW, more: Any = (), **settings: Any) -> Flask:
        app = create_app(
            Settings(database_url=database_url, secret_key="the tests' own", **settings), clock=clock, more=more
        )
        if not made:
            with site_of(app).database.write("settle") as connection:
                settle(connection)
        made.append(app)
        return app

    yield make
    for app in made:
        site_of(app).database.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application, at noon on 30 June 2026."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


def signed_in(app: Flask, name: str) -> Person:
    """A browser of an application in which somebody is signed in."""
    client = app.test_client()
    answer = client.post("/login", data={"email": email_of(name), "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return Person(client)


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """``sign_in("boram")``: a browser in which that person is signed in, by the same door as anyone."""
    return lambda name: signed_in(app, name)
