"""A running server, and the people of an agency who sign in to it: what decisions and change sets are tried with."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import httpx

from tests.conftest import servers
from tests.scenario import Scenario

AGENCY = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE head
employee E6 HQ staff
employee E7 HQ staff
"""
WHY = "Agreed in the meeting of Monday."


DANA: Final = ("dana", "--role", "hr")
DORA: Final = ("dora", "--role", "hr")
FERRAN: Final = ("ferran", "--role", "executive")
ALBA: Final = ("alba", "--role", "employee", "--employee", "E1")


@dataclass(frozen=True)
class Setting:
    """What a test finds: an agency that is loaded, people who are signed in, and files that come by other doors than a folder.

    Attributes:
        agency: as a scenario writes it.
        people: each one's name and options.
        application: files that are written in the application, moved there by dana and ferran.
        feed: files that another system sends, moved likewise.
        now: the instant that commands and server take for the present; the true one where it is empty.
    """

    agency: str = AGENCY
    people: tuple[tuple[str, ...], ...] = (DANA, FERRAN, ALBA)
    application: tuple[str, ...] = ()
    feed: tuple[str, ...] = ()
    now: str = ""


class Desk:
    """A server, and people who are signed in to it."""

    def __init__(self, server, kopes, where, passwords=None):
        self.server, self.kopes, self.where = server, kopes, where
        self.passwords = {} if passwords is None else passwords
        self.folder = where["definitions"].parent / "agency"
        self.people = {}
        self.clients = []

    def person(self, name, *more):
        """Somebody's client; made with these options the first time, and signed in anew at each server over the same database."""
        if name not in self.people:
            email = f"{name}@agency.example"
            if name not in self.passwords:
                self.passwords[name] = self.kopes("user", "create", email, *more, **self.where).out.split()[-1]
            client = self.client()
            form = {"email": email, "password": self.passwords[name]}
            assert client.post("/login", data=form).status_code == 303
            self.people[name] = client
        return self.people[name]

    def client(self, **headers):
        """Somebody who is not signed in; closed at the test's end."""
        made = httpx.Client(base_url=self.server.url, timeout=60, headers={"Origin": self.server.url} | headers)
        self.clients.append(made)
        return made

    def take_over(self, *files, to="application"):
        """Have files moved by the application, or another door: proposed by hr, agreed to by an executive."""
        for file in files:
            made = self.propose(self.person("dana"), file=file, to=to).json()
            self.approve(self.person("ferran"), made).raise_for_status()

    def close(self):
        """Let go of the connections; the server is ended by who started it."""
        for client in self.clients:
            client.close()

    def approve(self, client, decision):
        """Agree to a decision, its effects opened."""
        address = f"/api/v1/decisions/{decision['id']}"
        client.get(f"{address}/effects").raise_for_status()
        return client.post(f"{address}/approve", json={"digest": decision["digest"]})

    def begin(self, client=None, title="Vienna moves"):
        """A new change set's address."""
        made = (client or self.person("dana")).post("/api/v1/changes", json={"title": title, "reason": WHY})
        assert made.status_code == 201, made.text
        return made.headers["Location"]

    def submit(self, address, client=None):
        """Submit a change set; its decision."""
        client = client or self.person("dana")
        made = client.post(f"{address}/submit", json={})
        assert made.status_code == 201, made.text
        return client.get(made.headers["Location"]).json()

    def propose(self, client, **content):
        """Propose that a file be moved by another door."""
        return client.post(
            "/api/v1/decisions", json={"kind": "master", "cycle": None, "content": content, "reason": WHY}
        )


class Desks:
    """Desks of a test process: each setting is made once on each engine, and every test has a copy: a database, a folder and a server of its own.

    The people of a copy are signed in by the sessions that the first one's began.
    """

    def __init__(self, templates, kopes, ready, folder):
        self._templates, self._kopes, self._ready, self._folder = templates, kopes, ready, folder
        self._made = {}

    @contextmanager
    def copy(self, engine, setting, folder):
        """A desk of one's own; the agency's folder and definitions are written into a folder."""
        if (engine, setting) not in self._made:
            self._made[engine, setting] = self._make(engine, setting)
        like, cookies, passwords = self._made[engine, setting]
        shutil.copytree(self._kept(setting), folder, dirs_exist_ok=True)
        with self._templates.copy(engine, like) as url, self._opened(url, setting, folder, dict(passwords)) as desk:
            for name, kept in cookies.items():
                desk.people[name] = desk.client()
                for cookie, value in kept.items():
                    # With the host: else one that the server sets later would stand beside it.
                    desk.people[name].cookies.set(cookie, value, domain="127.0.0.1")
            yield desk

    def later(self, desk, setting, now):
        """Another server over a desk's database, which takes another instant for the present; nobody is signed in to it."""
        return self._opened(desk.where["database"], replace(setting, now=now), desk.folder.parent, desk.passwords)

    @contextmanager
    def _opened(self, url, setting, folder, passwords):
        present = {"KOPES_NOW": setting.now} if setting.now else {}
        where = {"database": url, "definitions": folder / "definitions", **present}
        with servers(folder, self._ready) as serve:
            server = serve(url, definitions=folder / "definitions", **present)
            desk = Desk(server, self._kopes, where, passwords)
            try:
                yield desk
            finally:
                desk.close()

    def _kept(self, setting):
        folder = self._folder / f"{hash(setting):x}"
        if not folder.exists():
            Scenario.read(setting.agency).write(folder)
        return folder

    def _make(self, engine, setting):
        url = self._templates.kept(engine)
        folder = self._kept(setting)
        present = {"KOPES_NOW": setting.now} if setting.now else {}
        self._kopes("load", folder / "agency", database=url, definitions=folder / "definitions", **present)
        with self._opened(url, setting, folder, {}) as desk:
            for name, *options in setting.people:
                desk.person(name, *options)
            desk.take_over(*setting.application)
            desk.take_over(*setting.feed, to="feed")
            return url, {name: dict(client.cookies) for name, client in desk.people.items()}, desk.passwords


def code(answer):
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
