"""``GET /api/v1/live``: whoever looks at a scorecard is told when any process changes it (contract, "HTTP").

The changes come from other processes: ``kopes ingest``, ``kopes load``, another ``kopes serve``.
"""

from __future__ import annotations

import json
import shutil

import httpx
import pytest
import sqlalchemy as sa

from app import access
from app.access import tables as access_tables
from app.rules.permissions import Deed, Scope
from tests.contract.streaming import Stream
from tests.people import PASSWORD
from tests.scenario import Scenario
from tests.web import working
from tests.web.api import api, deal, fresh
from tests.web.working import NOW

__all__ = ["api"]


@pytest.fixture(scope="module")
def loaded_folder(tmp_path_factory):
    """The agency of ``tests.web.working`` with targets that a module's deals do not reach: at 100 nothing would move a colleague's score."""
    folder = tmp_path_factory.mktemp("far-targets")
    Scenario.read(working.__doc__ or "").write(folder)
    path = folder / "agency" / "scorecards.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    at = header.split(",").index("target")
    far = [row.split(",") for row in rows]
    path.write_text(
        "\n".join([header, *(",".join([*row[:at], "1000", *row[at + 1 :]]) for row in far)]) + "\n", encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def server(api, module_serve):
    return module_serve(api.working.database.url, definitions=api.working.folder / "definitions")


@pytest.fixture
def ingest(api, kopes, tmp_path):
    """``ingest(event, …)``: record events by the command line, in a process of its own."""

    def run(*events):
        file = tmp_path / f"{fresh('file')}.ndjson"
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        kopes("ingest", file, database=api.working.database.url, definitions=api.working.folder / "definitions")

    return run


def _post(server, key, *events):
    answer = httpx.post(
        f"{server.url}/api/v1/events",
        content=json.dumps(list(events)),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"},
        timeout=60,
    )
    assert answer.json()["accepted"] == len(events)


def test_everyone_whose_scorecard_an_event_changes_is_told_and_nobody_else(api, server, ingest):
    """A deal of Alba's moves her, her office, those above it, and her colleague Jiho, half of whose score is the office's."""
    moved = ("employee:E1", "unit:VIE", "unit:EUR", "unit:HQ", "employee:E6")
    streams = {node: Stream(server.url, node, key=api.read) for node in (*moved, "employee:E3", "unit:TYO")}
    try:
        ingest(deal())
        for node in moved:
            told = streams[node].next()
            assert (told.event, told.node, told.cycle) == ("scorecard", node, "2026")
        # Chae's own deal comes after it: what the earlier one told her would be there first.
        ingest(deal("E3"))
        assert streams["unit:HQ"].next().cycle == "2026"
        for node in ("employee:E3", "unit:TYO"):
            told = streams[node].next()
            assert told.id != streams["employee:E1"].last_id or told.node == node
            assert streams[node].pending() == [], "the other region's deal told nothing here"
        assert streams["employee:E1"].pending() == []
    finally:
        for stream in streams.values():
            stream.close()


def test_each_event_is_told_as_it_comes(api, server):
    """None waits for another one to be told with."""
    with Stream(server.url, "employee:E1", key=api.read) as stream:
        for _ in range(5):
            _post(server, api.ingest, deal())
            assert stream.next().node == "employee:E1"
        assert stream.pending() == []


def test_what_changes_no_figure_tells_nothing(api, server, ingest):
    """A repeated event, a rejected one and a verdict on nothing leave the scorecard as it is."""
    first = deal()
    with Stream(server.url, "employee:E1", key=api.read) as stream:
        ingest(first)
        stream.next()
        again = {**first}
        _post(server, api.ingest)
        httpx.post(
            f"{server.url}/api/v1/events",
            content=json.dumps([again, deal("E99")]),
            headers={"Authorization": f"Bearer {api.ingest}", "Content-Type": "application/cloudevents-batch+json"},
        )
        ingest(deal("E3"), deal())
        assert stream.next().node == "employee:E1"
        assert stream.pending() == []


def test_a_lost_connection_catches_up_and_hears_nothing_twice(api, server, ingest):
    with Stream(server.url, "unit:VIE", key=api.read) as stream:
        _post(server, api.ingest, deal())
        stream.next()
    _post(server, api.ingest, deal("E3"))
    with Stream(server.url, "unit:VIE", key=api.read, last_id=stream.last_id) as unmoved:
        _post(server, api.ingest, deal())
        assert unmoved.next().node == "unit:VIE"
        assert unmoved.pending() == [], "what it missed was not about its node"
    ingest(deal(), deal("E6"))
    _post(server, api.ingest, deal())
    with Stream(server.url, "unit:VIE", key=api.read, last_id=unmoved.last_id) as caught_up:
        assert caught_up.next(seconds=5).node == "unit:VIE"
        assert caught_up.pending() == [], "several changes of one cycle are told as one"
    with Stream(server.url, "unit:VIE", key=api.read, last_id="from elsewhere") as stranger:
        assert stranger.next(seconds=5).node == "unit:VIE"


def test_a_load_is_told_and_shared_lines_follow_their_parents(api, server, kopes, ingest, tmp_path):
    """Chae's line shows the office's figures from this load on, so what moves the office moves her."""
    folder = shutil.copytree(api.working.folder, tmp_path / "shared")
    path = folder / "agency" / "scorecards.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    for number, line in enumerate(lines):
        row = dict(zip(names, line.split(","), strict=True))
        if (row["cycle"], row["node"], row["kpi"]) == ("2026", "employee:E3", "deals_austria"):
            shared = {"link": "shared", "parent_node": "unit:VIE", "parent_kpi": "deals_austria", "target": ""}
            lines[number] = ",".join((row | shared)[name] for name in names)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    load = {"database": api.working.database.url, "definitions": folder / "definitions"}
    ingest(deal())
    with Stream(server.url, "employee:E3", key=api.read) as stream:
        kopes("load", folder / "agency", **load)
        assert stream.next().cycle == "2026"
        ingest(deal())
        assert stream.next().node == "employee:E3"
    kopes("load", api.working.folder / "agency", **load)


def test_who_may_not_look_is_refused_as_everywhere(api, server):
    assert Stream(server.url, "unit:VIE").status == 401
    assert Stream(server.url, "unit:VIE", key="kopes_read_guess").status == 401
    assert Stream(server.url, "unit:VIE", key=api.ingest).status == 403
    assert Stream(server.url, "unit:NOWHERE", key=api.read).status == 404
    wrong = Stream(server.url, "VIE", key=api.read)
    assert (wrong.status, wrong.kind, wrong.problem["errors"][0]["pointer"]) == (
        422,
        "application/problem+json",
        "/node",
    )


def _signed_in(server, name):
    client = httpx.Client(base_url=server.url, timeout=60)
    assert client.post("/login", data={"email": f"{name}@agency.example", "password": PASSWORD}).status_code == 303
    return client, f"kopes_session={client.cookies['kopes_session']}"


def test_a_stream_ends_with_the_right_to_look(api, server, eventually):
    """Signing out, disabling an account and revoking a key end what is open within seconds."""
    database = api.working.database
    alba, cookie = _signed_in(server, "alba")
    assert Stream(server.url, "employee:E6", cookie=cookie).status == 404
    jiho, jihos = _signed_in(server, "jiho")
    with database.write(Deed.KEEP_KEYS) as connection:
        key = access.create_key(connection, name="brief", scope=Scope.READ, now=NOW)
    with (
        Stream(server.url, "employee:E1", cookie=cookie) as signed_out,
        Stream(server.url, "employee:E6", cookie=jihos) as disabled,
        Stream(server.url, "unit:HQ", key=key) as revoked,
        Stream(server.url, "unit:HQ", key=api.read) as other,
    ):
        page = alba.get("/password").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        assert alba.post("/logout", data={"csrf_token": token}).status_code == 303
        with database.write(Deed.KEEP_ACCOUNTS) as connection:
            (account,) = access.accounts(connection, search="E6")
            access.disable_account(connection, account_id=account.id, disabled=True, now=NOW)
            access.revoke_key(connection, name="brief", now=NOW)
        for stream in (signed_out, disabled, revoked):
            eventually(stream.ended.is_set, seconds=30)
        assert not other.ended.is_set()
    alba.close()
    jiho.close()


def test_a_right_that_cannot_be_asked_for_ends_one_stream_and_the_check_goes_on(api, server, eventually):
    """Whatever is wrong with one account: its stream is closed, and who signs out meanwhile is closed out as ever."""
    database = api.working.database
    chae, broken = _signed_in(server, "chae")
    alba, cookie = _signed_in(server, "alba")
    accounts = access_tables.account
    with database.read() as connection:
        roles = connection.scalar(sa.select(accounts.c.roles).where(accounts.c.employee == "E3"))
    with (
        Stream(server.url, "employee:E3", cookie=broken) as unjudged,
        Stream(server.url, "employee:E1", cookie=cookie) as signed_out,
    ):
        with database.write(Deed.KEEP_ACCOUNTS) as connection:
            connection.execute(sa.update(accounts).where(accounts.c.employee == "E3").values(roles="no such role"))
        eventually(unjudged.ended.is_set, seconds=60)
        token = alba.get("/password").text.split('name="csrf_token" value="')[1].split('"')[0]
        assert alba.post("/logout", data={"csrf_token": token}).status_code == 303
        eventually(signed_out.ended.is_set, seconds=60)
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        connection.execute(sa.update(accounts).where(accounts.c.employee == "E3").values(roles=roles))
    alba.close()
    chae.close()


def test_one_stream_follows_several_nodes(api, server, ingest):
    """A browser with many tabs needs one; a node that may not be followed refuses them all."""
    nodes = "unit:TYO&node=employee:E1&node=employee:E3"
    with Stream(server.url, nodes, key=api.read) as stream:
        ingest(deal())
        assert stream.next().node == "employee:E1"
        ingest(deal("E3"))
        assert {stream.next().node, stream.next().node} == {"unit:TYO", "employee:E3"}
        assert stream.pending() == []
    ingest(deal(), deal("E3"))
    with Stream(server.url, nodes, key=api.read, last_id=stream.last_id) as again:
        assert {again.next().node for _ in range(3)} == {"unit:TYO", "employee:E1", "employee:E3"}
    assert Stream(server.url, "unit:TYO&node=unit:NOWHERE", key=api.read).status == 404
    assert Stream(server.url, "&node=".join(["unit:TYO"] * 41), key=api.read).status == 422


def test_two_servers_on_one_database_tell_of_each_others_events(api, server, serve):
    second = serve(api.working.database.url, definitions=api.working.folder / "definitions")
    with Stream(second.url, "unit:HQ", key=api.read) as stream:
        _post(server, api.ingest, deal())
        told = stream.next()
    _post(second, api.ingest, deal())
    with Stream(server.url, "unit:HQ", key=api.read, last_id=told.id) as elsewhere:
        assert elsewhere.next().node == "unit:HQ", "a position of one server is known to the other"
    assert second.stop() == 0


def test_open_streams_do_not_keep_a_server_from_ending(api, serve):
    """SIGTERM with streams open ends it within seconds, with status 0."""
    server = serve(api.working.database.url, definitions=api.working.folder / "definitions")
    with Stream(server.url, "unit:HQ", key=api.read) as one, Stream(server.url, "unit:VIE", key=api.read) as two:
        assert server.stop() == 0
        assert one.ended.wait(5)
        assert two.ended.wait(5)
