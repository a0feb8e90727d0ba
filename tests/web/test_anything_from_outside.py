"""Whatever comes from outside, at any address: an answer below 500, on both engines. Each rule of the application is tried, new ones by themselves.

NUL is a text that PostgreSQL does not take, a lone surrogate one that no driver takes, and a calendar ends.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote_from_bytes

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel
from werkzeug.routing import Rule

from app.kit.refusals import Invalid
from app.web import site_of
from app.web.answer.routing import Route, _asked
from app.web.asked.forms import LETTERS_MAX
from tests.web.api import BATCH, Api, api, deal, fresh, verdict
from tests.web.working import Somebody, key_of

__all__ = ["api"]

BYTES: Final = (
    b"a\0b",
    b"\r\nforged: line",
    b"x" * 10_000,
    b"1" + b"0" * 30,
    b"9" * 5_000,
    b"0001-01-01",
    b"9999-12-31",
)
BYTES_OF_POSTGRESQL: Final = tuple(BYTES[place] for place in (0, 3, 5, 6))
"""Those that the engines can differ about."""
TRIED_BY: Final = ("emil", "dana", "iris", "boram", "alba")
KNOWN: Final = {"node": "unit:VIE", "kpi": "deal_value", "key": key_of("PLAIN"), "name": "nothing", "number": "1"}
TYPED: Final[dict[str, str]] = {
    "form_id": "00000000-0000-4000-8000-000000000000",
    "type": "export_deal",
    "company": "Hanbit",
    "buyer": "Nordwind",
    "buyer_country": "AT",
    "amount": "100",
    "currency": "USD",
    "day": "2026-03-04",
    "reason": "a reason",
    "activity": key_of("PLAIN"),
    "verdict": "verified",
    "email": "somebody@agency.example",
    "password": "x",
    "role": "employee",
    "employee": "E1",
    "scope": "read",
    "name": "one",
    "event": "{}",
}
Sending = tuple[str, FlaskClient, dict[str, str], str]
"""Who sends, with which client, headers and token."""

BESIDE: Final = {"colleague": "company", "share": "company", "next": "email", "other": ""}
"""Names that no form declares, each with the field of the forms that read it all the same: of an activity, of a sign-in."""

NOT_SENT: Final = frozenset({"sign_in.leave"})
"""Ends the session of whoever tries."""


@pytest.fixture(scope="module")
def filled(api: Api) -> Api:
    """The agency, with events from programs at both ends of the calendar."""
    times = [
        f"{day}T{hour}" for day in ("0001-01-01", "9999-12-31", "2026-03-04") for hour in ("00:00:00Z", "23:59:59Z")
    ]
    times += ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
    events: list[dict[str, Any]] = [deal(id_="PLAIN") | {"source": "/scenario"}]
    for time in times:
        one, other = deal(), deal(amount=None, currency=None) | {"type": "kopes.new_buyer"}
        said = [verdict(type_, one, by="E2") for type_ in ("verified", "rejected")] + [verdict("confirmed", one)]
        events += [event | {"time": time} for event in (one, other, deal(id_=fresh(), employee="E99"), *said)]
    answer = api.post(events, kind=BATCH)
    assert (answer.status_code, len(answer.json["rejected"])) == (200, len(times))
    return api


def _most(route: Route, field: str) -> int:
    """How many letters a field of a route's form may have by its own word; 0 where it says none."""
    known = route.form.model_fields.get(field) if route.form is not None else None
    return max((one.max_length for one in (known.metadata if known else ()) if hasattr(one, "max_length")), default=0)


def _address(rule: Rule, **other: str) -> str:
    return re.sub(
        r"<(?:\w+(?:\(.*?\))?:)?(\w+)>", lambda found: other.get(found[1], KNOWN.get(found[1], "1")), rule.rule
    )


def _rules(app: Any) -> Iterator[tuple[Rule, Route]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in NOT_SENT:
            yield rule, site_of(app).routes[rule.endpoint]


def _fields(model: type[BaseModel] | None) -> list[str]:
    return [] if model is None else [declared.alias or name for name, declared in model.model_fields.items()]


class Sender:
    """Sends as somebody whom the address answers, if there is one.

    What is refused before a question to the database is put is refused alike on both engines: it is sent on SQLite, all fields in one request, since
    each of them is shown again with its error. What goes further is sent on each engine, every field alone.
    """

    def __init__(self, api: Api, caplog: pytest.LogCaptureFixture, first: dict[str, Sending]) -> None:
        self.api, self.caplog, self._first = api, caplog, first
        self.on_postgresql = api.working.database.url.startswith("postgresql")
        self.texts = BYTES_OF_POSTGRESQL if self.on_postgresql else BYTES
        self.wrong: list[str] = []

    def senders(self, route: Route) -> list[Sending]:
        people: list[tuple[str, Somebody]] = [(name, getattr(self.api.working, name)) for name in TRIED_BY]
        found: list[Sending] = [(name, one.client, {}, one.token) for name, one in people]
        if route.api:
            keys = (self.api.ingest, self.api.read)
            client = self.api.working.app.test_client
            found += [("key", client(), {"Authorization": f"Bearer {key}"}, "") for key in keys]
        return found

    def first(self, rule: Rule, route: Route) -> Sending:
        """The first whom the plain address does not turn away."""
        if rule.endpoint not in self._first:
            every = self.senders(route)
            allowed = (one for one in every if self.send(one, route, _address(rule)) not in {401, 403, 404})
            self._first[rule.endpoint] = next(allowed, every[0])
        return self._first[rule.endpoint]

    def send(self, by: Sending, route: Route, address: str, form: dict[str, Any] | None = None) -> int:
        name, client, headers, token = by
        form = TYPED | (form or {})
        self.caplog.clear()
        if not route.acts:
            answer = client.get(address, headers=headers)
        elif route.api:
            answer = client.open(address, method=route.methods[0], data=b"{}", headers=headers)
        else:
            answer = client.post(address, data={**form, "csrf_token": token}, headers=headers)
            # Some fields may be longer than most: people by the hundred, rows of a file.
            longest = max([LETTERS_MAX, *(_most(route, field) for field in form)])
            long = [field for field, text in form.items() if len(text) > longest and field != "event"]
            if long and b"x" * (longest + 1) in answer.data:
                self.wrong.append(f"{route.rule} shows all of {long}")
        answer.close()
        loud = [record for record in self.caplog.records if record.levelno >= logging.ERROR]
        if answer.status_code >= 500 or loud:
            why = loud[-1].exc_info[1] if loud and loud[-1].exc_info else ""
            self.wrong.append(f"{name} {route.rule} {address[:90]!r}: {answer.status_code} {why!r}"[:300])
        return answer.status_code

    def is_refused(self, route: Route, address: str, form: dict[str, Any] | None = None) -> bool:
        """Whether that is refused as it is read, by the very function of the router that reads it."""
        typed = TYPED | (form or {}) if route.acts and not route.api else None
        with self.api.working.app.test_request_context(address, method=route.methods[0], data=typed):
            try:
                _asked(route)
            except Invalid:
                return True
        return False


@pytest.fixture(scope="module")
def first(filled: Api) -> dict[str, Sending]:
    """Who is answered at which address: asked once on each engine."""
    return {}


@pytest.fixture
def sender(filled: Api, caplog: pytest.LogCaptureFixture, first: dict[str, Sending]) -> Sender:
    """On the filled agency; what breaks is gathered, so that one run tells all."""
    return Sender(filled, caplog, first)


def test_every_path_parameter_takes_anything(filled: Api, sender: Sender) -> None:
    """It is not there, or cannot be read; nothing breaks."""
    for rule, route in _rules(filled.working.app):
        for argument in rule.arguments:
            for text in sender.texts:
                sender.send(sender.first(rule, route), route, _address(rule, **{argument: quote_from_bytes(text)}))
    assert sender.wrong == []


def test_every_parameter_of_an_address_takes_anything(filled: Api, sender: Sender) -> None:
    """Those that it knows, one it does not, and a name that is no text."""
    for rule, route in _rules(filled.working.app):
        by, plain = sender.first(rule, route), _address(rule)
        unknown = []
        for text in map(quote_from_bytes, sender.texts):
            refused = []
            for name in (*_fields(route.query), "other", "%00"):
                asked = f"{name}={text}"
                if sender.is_refused(route, f"{plain}?{asked}"):
                    refused.append(asked)
                elif name == "other":
                    unknown.append(asked)
                else:
                    sender.send(by, route, f"{plain}?{asked}")
            if refused and not sender.on_postgresql:
                sender.send(by, route, f"{plain}?{'&'.join(refused)}")
        sender.send(by, route, f"{plain}?{'&'.join(unknown)}")
    assert sender.wrong == []


def test_every_field_of_a_form_takes_anything(filled: Api, sender: Sender) -> None:
    """Each in turn, the others filled in as they should be, and at once what nobody reads. What is too long for its field is not shown again as long as it came."""
    for rule, route in _rules(filled.working.app):
        if not route.acts or route.api:
            continue
        by, address, declared = sender.first(rule, route), _address(rule), _fields(route.form)
        beside = [name for name in BESIDE if name not in declared]
        read = [name for name in beside if BESIDE[name] in declared]
        unread = [name for name in beside if name not in read]
        for text in sender.texts:
            refused = []
            for names in (*([name] for name in (*declared, *read)), unread):
                if sender.is_refused(route, address, dict.fromkeys(names, text)):
                    refused += names
                else:
                    sender.send(by, route, address, dict.fromkeys(names, text))
            if refused and not sender.on_postgresql:
                sender.send(by, route, address, dict.fromkeys(refused, text))
    assert sender.wrong == []


def test_pages_list_the_first_and_the_last_day_of_the_calendar(filled: Api, sender: Sender) -> None:
    """Each page as it opens for who may see it, and as of either day."""
    for rule, route in _rules(filled.working.app):
        if not route.acts:
            for address in dict.fromkeys(_address(rule, node=node) for node in ("unit:HQ", "employee:E1")):
                for asked in ("", "?as_of=0001-01-01", "?as_of=9999-12-31", "?cycle=1", "?cycle=9999"):
                    if not asked or asked[1:].split("=")[0] in _fields(route.query):
                        sender.send(sender.first(rule, route), route, address + asked)
    assert sender.wrong == []


def test_events_in_json_take_anything(filled: Api, sender: Sender) -> None:
    """Each member in turn, decoded as JSON has it: NUL and half characters too. The answer and the list of rejected events stay readable."""
    texts = ["\0", "\ud800", "x" * 10_000, "9" * 5_000, "0001-01-01T00:00:00Z", "٣", 10**30, 1e308, None, [], {}, True]
    events = []
    for type_ in ("export_deal", "verified"):
        plain = deal() if type_ == "export_deal" else verdict("verified", deal(), by="E2")
        for name in ("type", "source", "id", "time", "specversion", "datacontenttype", "data", "extension"):
            events += [deal() | {name: text} for text in texts]
        for name in (*plain["data"], "credits", "hs_code", "reason", "additionality", "unknown"):
            events += [plain | {"id": fresh(), "data": plain["data"] | {name: text}} for text in texts]
    answer = filled.post(json.dumps(events).encode(), kind=BATCH)
    assert answer.status_code == 200
    told = answer.json
    assert told["accepted"] + told["duplicate"] + len(told["rejected"]) == len(events)
    for listed in ("/api/v1/events/rejected?limit=1000", "/rejected"):
        by = ("iris", filled.working.iris.client, {}, "")
        route = next(route for rule, route in _rules(filled.working.app) if rule.rule == listed.split("?")[0])
        assert sender.send(by, route, listed, {}) == 200
    assert sender.wrong == []


def test_headers_take_anything(filled: Api, sender: Sender) -> None:
    """Whatever a header may hold that a server lets through."""
    values = ["\xff", "x" * 5_000, "-".join(["9" * 30] * 5)]
    names = ["Authorization", "Accept-Language", "Cookie", "Last-Event-ID", "User-Agent", "X-Forwarded-For", "Referer"]
    names += ["Range", "If-None-Match", "If-Modified-Since", "X-CSRFToken", "webhook-id", "webhook-signature", "Accept"]
    # Headers are read by what all addresses share, and by these.
    read_there = (
        "/jobs",
        "/login",
        "/look",
        "/api/v1/events",
        "/api/v1/events/rejected",
        "/api/v1/live",
        "/hooks/<name>",
    )
    for rule, route in [found for found in _rules(filled.working.app) if found[0].rule in read_there]:
        for name in names:
            for value in values:
                for shown in {value, f"Bearer {value}"} if name == "Authorization" else {value}:
                    by = ("iris", filled.working.iris.client, {name: shown}, filled.working.iris.token)
                    sender.send(by, route, _address(rule), {})
    assert sender.wrong == []


def test_a_sign_in_with_nul_counts_like_any(filled: Api) -> None:
    """Else it is a way around the throttle, and a question to the database that fails."""
    client = filled.working.app.test_client()
    statuses = [
        client.post("/login", data={"email": "a\0@b.example", "password": "x\0"}).status_code for _ in range(30)
    ]
    assert set(statuses) == {422, 429}
    assert statuses[-1] == 429
