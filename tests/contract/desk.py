"""A running server, and the people of an agency who sign in to it: what decisions and change sets are tried with."""

from __future__ import annotations

import httpx

AGENCY = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE head
employee E6 HQ staff
employee E7 HQ staff
"""
WHY = "Agreed in the meeting of Monday."


class Desk:
    """A server, and people who are signed in to it."""

    def __init__(self, server, kopes, where):
        self.server, self.kopes, self.where = server, kopes, where
        self.folder = where["definitions"].parent / "agency"
        self.people = {}
        self.clients = []

    def person(self, name, *more):
        """Somebody's client; made with these options the first time."""
        if name not in self.people:
            email = f"{name}@agency.example"
            password = self.kopes("user", "create", email, *more, **self.where).out.split()[-1]
            client = self.client()
            assert client.post("/login", data={"email": email, "password": password}).status_code == 303
            self.people[name] = client
        return self.people[name]

    def client(self, **headers):
        """Somebody who is not signed in; closed at the test's end."""
        made = httpx.Client(base_url=self.server.url, timeout=60, headers={"Origin": self.server.url} | headers)
        self.clients.append(made)
        return made

    def take_over(self, *files):
        """Have files moved by the application: proposed by hr, agreed to by an executive."""
        for file in files:
            made = self.propose(self.person("dana"), file=file, to="application").json()
            self.approve(self.person("ferran"), made).raise_for_status()

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


def code(answer):
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
