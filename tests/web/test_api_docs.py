"""What describes the API and how the server is: ``/openapi.json``, ``/api/docs``, ``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

import json
import re
import uuid
from contextlib import ExitStack
from unittest import mock

import sqlalchemy as sa

from app.kit import jobs
from app.kit.database import Database
from app.kit.settings import Settings
from app.web import create_app, site_of
from tests.web.api import api, deal
from tests.web.working import NOW

__all__ = ["api"]


def test_every_resource_is_described_with_its_parameters_answers_and_problems(api):
    """OpenAPI is made from the table of routes: none can be left out."""
    described = json.loads(api.get("/openapi.json").text)
    assert described["openapi"].startswith("3.1")
    routes = [route for route in site_of(api.working.app).routes.values() if route.api]
    assert len(routes) >= 12
    for route in routes:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)
        for method in route.methods:
            operation = described["paths"][path][method.lower()]
            named = {one["name"] for one in operation["parameters"]}
            assert set(re.findall(r"\{(\w+)\}", path)) <= named
            if route.query is not None:
                assert set(route.query.model_fields) <= named
            assert operation["description"]
            assert {"200", "201"} & operation["responses"].keys()
            if operation["security"]:
                problems = operation["responses"]["401"]["content"]
                assert set(problems) == {"application/problem+json"}


def test_the_readable_page_names_every_resource_and_every_type_of_event(api):
    client = api.working.app.test_client()
    page = client.get("/api/docs")
    assert page.status_code == 200
    for path in json.loads(api.get("/openapi.json").text)["paths"]:
        assert path in page.text
    for word in ("kopes.export_deal", "kopes.reversed", "hs_code", "Scorecard", "final_score"):
        assert word in page.text
    assert "http://" not in re.sub(r"http://localhost\S*", "", page.text), "nothing is fetched from elsewhere"


def test_healthz_touches_nothing(api, count_queries):
    with count_queries() as sent:
        assert api.working.app.test_client().get("/healthz").json == {"status": "ok"}
    assert sent == []


def test_readyz_says_what_is_there_and_since_when_a_worker_has_been_seen(api):
    client = api.working.app.test_client()
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert (ready.json["status"], ready.json["schema"], ready.json["worker_seen_at"]) == ("ready", "current", None)
    with api.working.database.write("run_job") as connection:
        jobs.see_worker(connection, worker="w1", at=NOW)
    assert client.get("/readyz").json["worker_seen_at"].startswith("2026-06-30T12:00:00")
    assert client.get("/readyz").json["worker_seen_seconds_ago"] == 0


def test_readyz_is_503_without_a_database_or_its_schema(tmp_path):
    for url in (f"sqlite:///{tmp_path / 'empty.sqlite'}", f"sqlite:///{tmp_path / 'no' / 'folder.sqlite'}"):
        database = Database(url)
        client = create_app(Settings(database_url=url, secret_key="x"), database=database).test_client()
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert json.loads(answer.text)["status"] == "not_ready"
        assert answer.headers["Retry-After"]
        assert client.get("/healthz").status_code == 200
        if "folder" in url:
            refused = client.get("/api/v1/scorecards", headers={"Authorization": "Bearer x"})
            assert (refused.status_code, refused.content_type) == (503, "application/problem+json")
            assert refused.headers["Retry-After"]
        database.close()


def test_metrics_count_requests_by_route_and_events_by_outcome(api):
    def counted(name):
        text = api.working.app.test_client().get("/metrics").text
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0

    accepted = 'kopes_events_total{door="api",outcome="accepted"}'
    rejected = 'kopes_events_total{door="api",outcome="rejected"}'
    shown = 'kopes_request_seconds_count{method="GET",route="/api/v1/scorecards/<node:node>",status="200"}'
    before = counted(accepted), counted(rejected), counted(shown)
    api.post([deal(), deal(), deal("E99")])
    api.get("/api/v1/scorecards/unit:VIE")
    api.get("/api/v1/no/such/address")
    assert (counted(accepted), counted(rejected), counted(shown)) == (before[0] + 2, before[1] + 1, before[2] + 1)
    text = api.working.app.test_client().get("/metrics").text
    assert "kopes_live_viewers" in text
    assert "no/such" not in text


def test_readyz_is_503_where_nothing_can_be_written(database_url):
    """A standby, or a role that has been given the right to read alone: the balancer sends nobody there who would meet a 500 at the first form."""
    url = sa.make_url(database_url)
    database = Database(database_url)
    role = f"reader_{uuid.uuid4().hex[:8]}"
    if url.get_backend_name() == "postgresql":
        with database.write("test") as connection:
            connection.execute(sa.text(f"CREATE ROLE {role} LOGIN"))
            connection.execute(sa.text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        reading = Database(url.set(username=role, password=None).render_as_string(hide_password=False))
    else:
        reading = database
    client = create_app(Settings(database_url=reading.url, secret_key="x"), database=reading).test_client()
    try:
        with ExitStack() as until_the_end:
            if reading is database:
                until_the_end.enter_context(mock.patch("os.access", return_value=False))
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json["database"]) == (503, "read_only")
            assert answer.json["schema"] == "current"
    finally:
        reading.close()
        if reading is not database:
            with database.write("test") as connection:
                connection.execute(sa.text(f"DROP OWNED BY {role}"))
                connection.execute(sa.text(f"DROP ROLE {role}"))
        database.close()
