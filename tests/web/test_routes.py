"""Every address declares its deed, and the deed is asked for: each route with each of the tests' people."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from app import access
from app.access import tables
from app.kit.refusals import Conflict, Invalid, at_field
from app.kit.settings import Settings
from app.rules.permissions import PUBLIC_DEEDS, Deed, Scope
from app.rules.terms import Node
from app.web import create_app, site_of
from app.web.answer.rendering import FormError, Json, Page, Redirect
from app.web.answer.routing import Pages, refuse_undeclared
from app.web.asked.request_context import RequestContext
from app.web.errors import is_for_programs
from tests.people import NOW, PASSWORD, PEOPLE, email_of
from tests.web.conftest import signed_in


@pytest.fixture
def engine():
    """What these pages read and write is tested on both engines below them."""
    return "sqlite"


class Reason(BaseModel):
    """A form of one field."""

    reason: str


class AsOf(BaseModel):
    """An address with one number."""

    limit: int = 100


def samples() -> Pages:
    """A page of every kind that there is."""
    pages = Pages("sample")

    @pages.read("/sample", may=Deed.OPEN_HOME)
    def shown(context: RequestContext) -> Page:
        return Page("pages/password.html")

    @pages.read("/sample/<node:node>", may=Deed.SEE_SCORECARD)
    def scorecard(context: RequestContext, node: Node) -> Page:
        return Page("pages/password.html")

    @pages.read("/sample/writes", may=Deed.OPEN_HOME)
    def writes(context: RequestContext) -> Page:
        context.connection.execute(sa.update(tables.account).values(theme="dark"))
        return Page("pages/password.html")

    @pages.read("/sample/accounts", may=Deed.KEEP_ACCOUNTS)
    def accounts(context: RequestContext) -> Page:
        return Page("pages/password.html")

    @pages.read("/sample/pay/<node:node>", may=Deed.SEE_PAY)
    def pay(context: RequestContext, node: Node) -> Page:
        return Page("pages/password.html")

    @pages.act("/sample/<node:node>/targets", may=Deed.SET_TARGETS, again="scorecard")
    def set_targets(context: RequestContext, node: Node, form: Reason) -> Redirect | FormError:
        access.change_look(context.connection, account_id=context.viewer.account_id, theme="dark")
        context.note(before={"target": 1}, after={"target": 2}, why=form.reason)
        if form.reason == "conflict":
            raise Conflict
        if form.reason == "invalid":
            raise Invalid(at_field("reason", "thin", "This is no reason."))
        if form.reason == "broken":
            raise RuntimeError(form.reason)
        return Redirect("Set.", then="sample")

    @pages.act("/sample/own", may=Deed.OPEN_HOME, again="shown", transaction=False)
    def own_transaction(context: RequestContext, form: Reason) -> Redirect:
        with context.write() as connection:
            access.change_look(connection, account_id=context.viewer.account_id, theme="dark")
            context.note(subject="look", after="dark", why=form.reason)
            if form.reason == "conflict":
                raise Conflict
        return Redirect("Set.", then="sample")

    def answer_worse(context: RequestContext, answer: Redirect, looked_up: None) -> Redirect:
        raise ZeroDivisionError

    @pages.act("/sample/answered", may=Deed.OPEN_HOME, again="shown", after=answer_worse)
    def answered(context: RequestContext, form: Reason) -> Redirect:
        context.note(subject="look", why=form.reason)
        return Redirect("Set.", then="sample")

    @pages.api_read("/api/v1/sample/<node:node>", may=Deed.SEE_SCORECARD)
    def api_scorecard(context: RequestContext, node: Node, query: AsOf) -> Json:
        return Json(
            {"items": [str(node), context.label, query.limit], "next": "/api/v1/sample?after=1"},
            following="/api/v1/sample?after=1",
        )

    @pages.api_act("/api/v1/sample/events", may=Deed.INGEST)
    def api_events(context: RequestContext) -> dict[str, str]:
        context.note(subject="event", after={"by": context.label})
        return {"by": context.label}

    return pages


@pytest.fixture
def site(make_app):
    return make_app(more=[samples()])


@pytest.fixture
def keys(site):
    with site_of(site).database.write(Deed.KEEP_KEYS) as connection:
        files = {Scope.FEED: ["rates.csv"]}
        return {
            scope: access.create_key(connection, name=str(scope), scope=scope, now=NOW, files=files.get(scope, ()))
            for scope in Scope
        }


def _theme(site):
    with site_of(site).database.read() as connection:
        return set(connection.execute(sa.select(tables.account.c.theme)).scalars())


def _deeds(site):
    with site_of(site).database.read() as connection:
        return [row for row in access.trail_rows(connection, limit=100) if row.deed != Deed.SIGN_IN]


def test_a_route_without_a_deed_stops_the_start(make_app):
    app = make_app()
    app.add_url_rule("/sneaky", endpoint="sneaky", view_func=lambda: "hello")
    with pytest.raises(RuntimeError, match="routes without a deed: sneaky"):
        refuse_undeclared(app, site_of(app))
    with pytest.raises(TypeError, match="may"):
        Pages("sneaky").read("/sneaky")  # type: ignore[call-arg]  # what is tested


def test_two_routes_of_one_name_stop_the_start(make_app):
    with pytest.raises(ValueError, match=r"sample\.shown"):
        make_app(more=[samples(), samples()])


def _address(rule):
    """An address of a rule, about Alba's office where it is about somebody's."""
    return re.sub(r"<(?:(\w+)(?:\(.*?\))?:)?\w+>", lambda piece: "unit:VIE" if piece[1] == "node" else "1", rule.rule)


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_who_may_not_gets_in_anywhere(site, name):
    """Each route of the application with each person: what the deed does not allow is not there, at any address."""
    person = signed_in(site, name)
    inside = site_of(site)
    refused = []
    with inside.database.read() as connection:
        viewer = access.viewer(connection, token=_token(person), now=NOW, idle=Settings().session_idle)
        context = RequestContext(database=inside.database, settings=inside.settings, now=NOW, who=viewer).opened(
            connection
        )
        for rule in site.url_map.iter_rules():
            about = Node.parse("unit:VIE") if "node" in rule.arguments else None
            if not context.allowed(inside.routes[rule.endpoint].deed, about):
                refused.append(rule)
    assert refused
    for rule in refused:
        route = inside.routes[rule.endpoint]
        if route.methods in {("GET",), ("POST",)}:
            send = person.post if route.acts else person.get
        else:
            send = partial(person.client.open, method=route.methods[0])
        assert send(_address(rule)).status_code == 404, rule.rule


def _token(person):
    with person.client.session_transaction() as kept:
        return kept["_user_id"]


def test_who_is_not_signed_in_is_sent_to_sign_in_or_told_401(site):
    client = site.test_client()
    for rule in site.url_map.iter_rules():
        route = site_of(site).routes[rule.endpoint]
        if route.deed in PUBLIC_DEEDS:
            continue
        answer = client.open(_address(rule), method=route.methods[0])
        if route.api or is_for_programs(rule.rule):
            assert answer.status_code == 401, rule.rule
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.content_type == "application/problem+json"
        else:
            assert answer.status_code == 303, rule.rule
            assert answer.location.startswith("/login")


def test_what_changes_something_is_never_a_get(site):
    for route in site_of(site).routes.values():
        assert route.methods == ("GET",) or (route.acts and "GET" not in route.methods)


def test_a_read_cannot_write(site):
    person = signed_in(site, "alba")
    assert person.get("/sample/writes").status_code in {500, 503}
    assert _theme(site) == {"system"}


@pytest.mark.parametrize(
    ("name", "node", "status"),
    [
        ("alba", "unit:VIE", 200),
        ("alba", "employee:E1", 200),
        ("alba", "employee:E2", 404),
        ("alba", "unit:TYO", 404),
        ("alba", "unit:NOWHERE", 404),
        ("chae", "employee:E1", 404),
        ("dana", "employee:E1", 200),
        ("dana", "employee:E99", 404),
        ("dana", "unit:NOWHERE", 404),
        ("dana", "office:VIE", 404),
        ("iris", "unit:HQ", 404),
    ],
)
def test_not_allowed_and_not_there_look_alike(site, name, node, status):
    person = signed_in(site, name)
    assert person.get(f"/sample/{node}").status_code == status
    assert person.get(f"/api/v1/sample/{node}").status_code == status
    if status == 404:
        assert _said(person, node) == _said(person, "unit:NEVER")


def _said(person, node):
    """What a page says, without its address and its token, which changes by the second."""
    text = person.get(f"/sample/{node}").text.replace(node, "")
    return re.sub(r'name="csrf_token" value="[^"]+"', "", text)


def test_a_deed_is_committed_with_its_row_on_the_trail(site):
    person = signed_in(site, "gaston")
    assert person.post("/sample/unit:VIE/targets", {"reason": "agreed"}).status_code == 303
    assert "dark" in _theme(site)
    (row,) = _deeds(site)
    assert (row.who, row.deed, row.subject) == ("account:Gaston@agency.example", "set_targets", "unit:VIE")
    assert (row.before, row.after, row.why) == ('{"target": 1}', '{"target": 2}', "agreed")


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [
        ("conflict", 409, "What you look at has changed in the meantime"),
        ("invalid", 422, "This is no reason."),
        ("broken", 500, "Something broke on our side"),
        ("", 422, "This is empty: fill it in."),
    ],
)
def test_what_is_refused_leaves_nothing_half_done(site, reason, status, said):
    person = signed_in(site, "gaston")
    answer = person.post("/sample/unit:VIE/targets", {"reason": reason})
    assert answer.status_code == status
    assert said in answer.text
    assert _theme(site) == {"system"}
    assert _deeds(site) == []


def test_what_is_done_is_never_answered_by_an_error(site, caplog):
    """Whatever goes wrong in reading for the answer: who sees an error sends it again."""
    answer = signed_in(site, "alba").post("/sample/answered", {"reason": "agreed"})
    assert (answer.status_code, [row.why for row in _deeds(site)]) == (303, ["agreed"])
    assert "ZeroDivisionError" in caplog.text


def test_a_transaction_of_a_handlers_own_writes_its_notes_or_neither(site):
    """Some handlers hash a password or write a long file before they write: the recorder is the same, and what rolls back leaves no row."""
    person = signed_in(site, "alba")
    assert person.post("/sample/own", {"reason": "conflict"}).status_code == 409
    assert (_theme(site), _deeds(site)) == ({"system"}, [])
    assert person.post("/sample/own", {"reason": "darker"}).status_code == 303
    (row,) = _deeds(site)
    assert (row.who, row.deed, row.subject, row.why) == (
        f"account:{email_of('alba')}",
        Deed.OPEN_HOME,
        "look",
        "darker",
    )


def test_a_key_opens_what_its_scope_says(site, keys):
    """Of the other scope 403, a wrong one 401, whatever cookie comes along (contract)."""
    client = signed_in(site, "dana").client

    def asked(key, method, address):
        headers = {"Authorization": f"Bearer {key}"}
        return client.open(address, method=method, headers=headers).status_code

    read, write = ("GET", "/api/v1/sample/unit:VIE"), ("POST", "/api/v1/sample/events")
    assert [asked(keys[Scope.READ], *read), asked(keys[Scope.READ], *write)] == [200, 403]
    assert [asked(keys[Scope.INGEST], *read), asked(keys[Scope.INGEST], *write)] == [403, 200]
    assert [asked("wrong", *read), asked("", *write), asked("ké", *read)] == [401, 401, 401]
    assert asked(keys[Scope.READ], "GET", "/api/v1/sample/unit:NOWHERE") == 404
    assert client.get("/api/v1/sample/unit:VIE", headers={"Authorization": "Basic eDp5"}).status_code == 401
    assert client.get("/password", headers={"Authorization": "Bearer wrong"}).status_code == 200


def test_an_address_that_shows_many_unknown_keys_has_to_wait(make_app):
    """By address and over all processes, for a quarter of an hour; a known key is let in all the while, and so is a sign-in."""
    time = [NOW]
    one, other = (make_app(clock=lambda: time[0], sign_in_attempts=2, more=[samples()]) for _ in range(2))
    with site_of(one).database.write(Deed.KEEP_KEYS) as connection:
        known = access.create_key(connection, name="known", scope=Scope.READ, now=NOW)

    def asked(app, key, address="203.0.113.9"):
        return app.test_client().get(
            "/api/v1/sample/unit:VIE",
            headers={"Authorization": f"Bearer {key}"},
            environ_base={"REMOTE_ADDR": address},
        )

    assert [asked(app, f"guess-{number}").status_code for number in range(5) for app in (one, other)] == [401] * 10
    refused = asked(one, "guess")
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert (refused.headers["Retry-After"], refused.json["code"]) == (str(15 * 60 + 1), "too_many")
    assert asked(other, known).status_code == 200
    assert asked(other, "guess", "203.0.113.10").status_code == 401
    signing_in = {"email": email_of("alba"), "password": PASSWORD}
    there = {"REMOTE_ADDR": "203.0.113.9"}
    assert one.test_client().post("/login", data=signing_in, environ_base=there).status_code == 303
    time[0] += dt.timedelta(minutes=16)
    assert asked(one, "guess").status_code == 401


def test_known_keys_are_never_counted(site, keys):
    """However often they come, and of the other scope too; nor is a header that shows no key."""
    client = site.test_client()
    for headers in ({"Authorization": f"Bearer {keys[Scope.INGEST]}"}, {"Authorization": "Basic eDp5"}):
        for _ in range(60):
            assert client.get("/api/v1/sample/unit:VIE", headers=headers).status_code in {401, 403}
    with site_of(site).database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.sign_in_attempt)) == 0


def test_a_deed_by_key_is_on_the_trail_under_its_name(site, keys):
    headers = {"Authorization": f"Bearer {keys[Scope.INGEST]}", "Origin": "https://elsewhere.example"}
    assert site.test_client().post("/api/v1/sample/events", headers=headers).json == {"by": "key:ingest"}
    assert [(row.who, row.deed, row.subject) for row in _deeds(site)] == [("key:ingest", "ingest", "event")]


def test_a_signed_in_person_uses_the_api_from_our_own_pages_only(site):
    client = signed_in(site, "alba").client
    assert client.post("/api/v1/sample/events").status_code == 200
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/api/v1/sample/events", headers=headers)
        assert answer.status_code == 400
        assert (answer.json or {}).get("code") == "forged"


def test_a_list_links_to_what_follows(site, keys):
    headers = {"Authorization": f"Bearer {keys[Scope.READ]}"}
    answer = site.test_client().get("/api/v1/sample/unit:VIE?limit=7", headers=headers)
    assert answer.json == {"items": ["unit:VIE", "key:read", 7], "next": "/api/v1/sample?after=1"}
    assert answer.headers["Link"] == '</api/v1/sample?after=1>; rel="next"'


def test_a_page_of_somebody_signed_in_takes_few_queries(site, count_queries):
    """The number is constant: who asks, and for a head what is headed."""
    for name, most in (("chae", 1), ("boram", 2), ("dana", 1)):
        person = signed_in(site, name)
        person.get("/sample")
        with count_queries() as sent:
            assert person.get("/sample").status_code == 200
        assert len([statement for statement in sent if "BEGIN" not in statement]) <= most, sent


def test_files_carry_a_hash_and_are_kept_for_ever(site, count_queries):
    client = site.test_client()
    with count_queries() as sent:
        answer = client.get(site.jinja_env.globals["assets"].url("gen/kopes.css"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert sent == []
    for outside in ("/static/../routing.py", "/static/..%2Frouting.py", "/static/none.css", "/static/"):
        assert client.get(outside).status_code == 404


def test_the_application_starts_from_settings_alone(database_url):
    from app.kit.settings import Settings

    app = create_app(Settings(database_url=database_url))
    assert app.test_client().get("/login").status_code == 200
    site_of(app).database.close()
