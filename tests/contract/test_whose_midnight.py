"""A deadline is the end of the agency's day, wherever whoever is to act reads their clock: page, API, mail and command say and hold the same (contract-desk, 1)."""

from __future__ import annotations

import csv
import json

import pytest

from tests.contract.desk import code
from tests.contract.test_certifying import certified, sign_all
from tests.contract.test_cycles import appoint, blockers, opened, propose, to_stage
from tests.contract.test_locking import AGENCY, POLICIES, SETTING
from tests.contract.test_notifying import mails, reviewed, tell, words
from tests.contract.test_objections import objects
from tests.mailbox import Mailbox, texts_of
from tests.scenario import Scenario

ZONES = {"HQ": ("KR", "Asia/Seoul"), "VIE": ("US", "America/New_York")}
"""Where the agency is, and where E1 works."""
LAST, OVER = "2027-02-24T14:30:00+00:00", "2027-02-24T15:00:01+00:00"
"""The last half hour of the agency's 24 February, and the first second of its 25th: half past nine, and ten o'clock, in New York."""


@pytest.fixture
def desk(desks, engine, tmp_path):
    """The cycle 2026 of an agency in Seoul, and everybody told of it on 10 February."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        (made.where["definitions"] / "policies.yaml").write_text(json.dumps(POLICIES), encoding="utf-8")
        file = made.folder / "units.csv"
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            row["country"], row["timezone"] = ZONES[row["code"]]
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        made.kopes("load", made.folder, **made.where)
        events = made.folder.parent / "events.ndjson"
        events.write_text("".join(json.dumps(one) + "\n" for one in Scenario.read(AGENCY).events), encoding="utf-8")
        made.kopes("ingest", events, **made.where)
        opened(made)
        appoint(made, "carla@agency.example", "certifier")
        to_stage(made, "agreement")
        sign_all(made)
        to_stage(made, "running")
        certified(made)
        reviewed(made)
        tell(made)
        yield made


def window_open(desk):
    """What the command says of windows that still run."""
    told = json.loads(desk.kopes("cycle", "show", "2026", **desk.where).out)["blockers"]["locked"]
    return [one["count"] for one in told if one["code"] == "window_open"]


def test_a_window_ends_with_the_agencys_day_and_says_so_by_the_readers_clock(desk, desks):
    """To the last second for whoever objects, and not one more; who reads another clock is told the hour at which it ends on it."""
    with Mailbox() as mailbox:
        plain, rich = texts_of(mails(desk, mailbox)["e1@agency.example"])
    for text in (plain, rich):
        assert "until the end of 24 February 2027 (Seoul time)" in text
    address = "/api/v1/cycles/2026/people/E1"
    with desks.later(desk, SETTING, LAST) as last:
        page = words(last.person("e1").get("/my/result"))
        assert "You may object until 24 Feb 2027, 10:00 New York: say what is not right" in page
        assert "You may object until 24 Feb 2027, 10:00 New York." in words(
            last.person("e1").get("/cycles/2026/objections/new")
        )
        head = words(last.person("e20").get("/my/result"))
        assert "You may object until 24 Feb 2027: say what is not right" in head
        assert last.person("dana").get(address).json()["told"]["window_until"] == "2027-02-24"
        assert (window_open(last), objects(last, "e1").status_code) == ([8], 201)
    with desks.later(desk, SETTING, OVER) as over:
        assert code(objects(over, "e1")) == (409, "too_late")
        assert "The time to object ended on 24 Feb 2027, 10:00 New York" in words(over.person("e1").get("/my/result"))
        assert window_open(over) == []
        assert [one[0] for one in blockers(propose(over, "dana", "lock", {}))] == ["objection_open"]
