"""A cycle is locked on a running server: what is in the way, what is written, and what later cycles go by (contract-cycle, 3 and 8)."""

from __future__ import annotations

import hashlib
import itertools
import json
import zipfile
from contextlib import contextmanager
from typing import Any

import pytest
import rfc8785

from tests.contract.desk import DANA, FERRAN, Setting, code
from tests.contract.test_calibrating import grades
from tests.contract.test_certifying import certified, events_sum, sign_all
from tests.contract.test_cycles import agree, appoint, blockers, opened, propose, to_stage
from tests.contract.test_notifying import post, reviewed, tell, words
from tests.scenario import Scenario

LEADER, JOINER = "E20", "E5"
"""Who is head, and who comes in March: of their actuals later cycles know nothing."""
AGENCY = "\n".join(
    [
        "unit HQ agency",
        "  unit VIE office",
        *(f"employee E{number} VIE staff" for number in range(1, 5)),
        f"employee {JOINER} VIE staff from 2026-03-01",
        f"employee {LEADER} HQ head",
        *(
            f"2026-04-{day:02} consult C-{number}-{day} E{number} of Meyer/AT"
            for number in range(1, 6)
            for day in range(1, number + 1)
        ),
        "2027-01-05 consult N-1 E1 of Meyer/AT",
    ]
)
AUDITOR = ("udo", "--role", "auditor")
MEMBERS = tuple((name, "--role", "member") for name in ("anna", "carla", "nobody"))
LISTED = (1, 2, 3, 4, 5, 8, 9, 20)
STAFF = tuple((f"e{number}", "--role", "employee", "--employee", f"E{number}") for number in LISTED)
NOW, OVER, LAST = "2027-02-10T09:00:00+00:00", "2027-02-25T09:00:00+00:00", "2027-02-24T22:30:00+00:00"
"""When people are told; when nobody may object any more; and the last half hour of that day before, in Vienna."""
SETTING = Setting(agency=AGENCY, people=(DANA, FERRAN, AUDITOR, *MEMBERS, *STAFF), now=NOW)
POLICIES = {
    "rules": {
        "single_share_max": 100,
        "lowest_two_share_min": 0,
        "top_share_min": 0,
        "top_to_second_lowest_min": 1,
    }
}
APPROVER = "late@agency.example"
NODES = ("unit:HQ", "unit:VIE", "employee:E1", f"employee:{JOINER}")
PAST = {(node, year): actual for node in NODES for year, actual in ((2025, 2), (2026, 100))}
AWAY, EARLIER = "E2", {2025: (50, "C"), 2026: (33.33, "D")}
WITH_INSTANTS = ("manifest.json", "decisions.ndjson")
FILES = "589ae1d1f7bf2f246d797a64e778e3364f28e0d9b6e9e695deeab73d0ecb0913"
"""The sum over all other files of the snapshot: the same on either engine."""
CONSULTS = {"unit:HQ": 16, "unit:VIE": 16, "employee:E1": 1}
"""Of 2026, of units and of who was there all year."""


@pytest.fixture
def desk(desks, engine, tmp_path):
    """The cycle 2026, and everybody told of it; anna approves, and so does somebody who signs in later."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        file = made.where["definitions"] / "policies.yaml"
        file.write_text(json.dumps(POLICIES), encoding="utf-8")
        with_past(made)
        made.kopes("load", made.folder, **made.where)
        events = made.folder.parent / "events.ndjson"
        events.write_text("".join(json.dumps(one) + "\n" for one in Scenario.read(AGENCY).events), encoding="utf-8")
        made.kopes("ingest", events, **made.where)
        made.password = made.kopes("user", "create", APPROVER, "--role", "member", **made.where).out.split()[-1]
        opened(made)
        appoint(made, "carla@agency.example", "certifier")
        appoint(made, APPROVER, "approver")
        to_stage(made, "agreement")
        sign_all(made)
        to_stage(made, "running")
        assert code(propose(made, "dana", "lock", {})) == (409, "not_now")
        certified(made)
        corrected(made)
        reviewed(made)
        tell(made)
        yield made


def corrected(desk):
    """A consult that came after the cut is admitted: it counts in what is locked. One that came with it is not."""
    came = Scenario.read("2026-06-01 consult LATE-1 E3 of Meyer/AT\n2026-06-02 consult LATE-2 E3 of Meyer/AT").events
    events = desk.folder.parent / "late.ndjson"
    events.write_text("".join(json.dumps(one) + "\n" for one in came), encoding="utf-8")
    desk.kopes("ingest", events, **desk.where)
    admit = [{"source": came[0]["source"], "id": came[0]["id"]}]
    assert agree(desk, "anna", propose(desk, "dana", "correct", {"admit": admit})).status_code == 200


def with_past(desk):
    """Consults are judged by the years before; the folder says of 2026 what is not so, and that somebody is away in 2027."""
    file = desk.where["definitions"] / "kpis.yaml"
    kpis = json.loads(file.read_text(encoding="utf-8"))["kpis"]
    by_code = {one["code"]: one for one in kpis}
    by_code["consults"]["method"] = {"name": "ratio"}
    file.write_text(json.dumps({"kpis": kpis}), encoding="utf-8")
    cards = desk.folder / "scorecards.csv"
    text = cards.read_text(encoding="utf-8")
    cards.write_text(text.replace(",consults,10,,unique,,,,,,10,", ",consults,10,,unique,,,,,,,"), encoding="utf-8")
    rows = [f"{node},consults,{year},{actual}" for (node, year), actual in PAST.items()]
    (desk.folder / "history.csv").write_text("\n".join(["node,kpi,year,actual", *rows, ""]), encoding="utf-8")
    rows = [f"{cycle},{AWAY},{score},{grade}" for cycle, (score, grade) in EARLIER.items()]
    (desk.folder / "results.csv").write_text(
        "\n".join(["cycle,employee,final_score,grade", *rows, ""]), encoding="utf-8"
    )
    (desk.folder / "status.csv").write_text(
        f"employee,cycle,kind,from,to,note\n{AWAY},2027,leave,2027-01-01,2028-01-01,\n", encoding="utf-8"
    )


@contextmanager
def later(desks, desk, now):
    """A server at another instant, with hr and the approver signed in."""
    with desks.later(desk, SETTING, now) as after:
        after.people["late"] = after.client()
        signed = after.people["late"].post("/login", data={"email": APPROVER, "password": desk.password})
        assert signed.status_code == 303, signed.text
        after.person(f"dora{now[8:10]}", "--role", "hr")
        after.people["dana"] = after.person(f"dora{now[8:10]}")
        yield after


def test_a_cycle_is_locked_once_nobody_may_object_any_more(desk, desks, tmp_path):
    """By hr and an approver, whose signature is under everybody's grade; from then on nothing about the cycle is decided."""
    before = grades(desk)
    by_the_folder(desk)
    sums = desk.kopes("digest", **desk.where).out
    assert [one[0] for one in blockers(propose(desk, "dana", "lock", {}))] == ["window_open"]
    what_is_no_such_value_is_refused(desk)
    sums_of_what_is_personal_are_told_to_few(desk, "", ("dana", "udo", "anna"), ("ferran", "carla", "e20"))
    with later(desks, desk, LAST) as last:
        assert blockers(propose(last, "dana", "lock", {"accept": ["window_open"]})) == [("window_open", 8, True)]
    with later(desks, desk, OVER) as after:
        what_has_become_another_is_told_first(after)
        made = proposed_on_the_page(after)
        assert code(agree(after, "dana", made)) == (409, "same_person")
        assert agree(after, "late", made).status_code == 200
        standing = after.person("dana").get("/api/v1/cycles/2026").json()
        assert (standing["stage"], standing["counts"]) == ("locked", {"locked": 8})
        assert {to: [one["code"] for one in some] for to, some in standing["blockers"].items()} == {
            "paid": ["not_exported"]
        }
        assert grades(after) == before
        items = after.person("dana").get(made.json()["effects"]["items"]).json()["items"]
        assert {one["node"].split(":")[1]: one["after"] for one in items} == {
            number: row["grade"] for number, row in before.items()
        }
        nothing_is_decided_any_more(after)
        what_is_no_such_value_is_refused(after)
        later_cycles_go_by_what_was_locked(after, before)
        assert after.kopes("digest", **after.where).out == sums
        snapshot_is_recomputed(after, tmp_path)
        after.person("fey", "--role", "executive")
        sums_of_what_is_personal_are_told_to_few(after, "/snapshot", ("dana", "late"), ("fey",))


CONTENTS: dict[str, dict[str, Any]] = {
    "institution": {"grade": "A", "pool": 10, "document": "MOTIE 2027-114"},
    "pay_run": {"run": 1},
    "clawback": {"employee": "E1", "ground": "False consults."},
    "reopen": {"nodes": "all", "because": "court"},
    "correct": {"admit": [{"source": "/scenario", "id": "LATE-2"}], "adopt": {}},
    "override": {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "9", "cause": "no_deal"},
    "zero": {"node": "employee:E1", "kpi": "consults", "cause": "false_data"},
    "exclude_year": {"node": "employee:E1", "kpi": "consults", "year": 2025, "cause": "no_market"},
    "lift": {"decision": 1},
    "lock": {"accept": []},
    "notify": {"accept": []},
    "certify": {"accept": []},
    "stage": {"to": "paid", "paid_on": "2027-03-01"},
    "calibrate": {"moves": [{"node": "employee:E1", "from": "B", "to": "A", "reason": "The comparison shows it."}]},
    "let_lapse": {"move": 1},
    "bonus": {"employee": "E1", "points": "1", "ground": "A prize."},
    "appoint": {"person": "E1", "function": "payroll", "from": "2027-01-01", "to": "2027-12-31"},
    "raters": {"node": "employee:E1", "kpi": "consults", "raters": ["E20"]},
    "reopen_rating": {"node": "employee:E1", "kpi": "consults", "rater": "E20"},
    "impose": {"node": "employee:E1", "digest": "00"},
    "amend": {"policies": True, "definitions": True},
}
"""Contents of decisions, as they may be."""


def what_is_no_such_value_is_refused(desk):
    """Whatever kind of JSON a member is: a list is no grade, however grades are looked up."""
    for kind, content in CONTENTS.items():
        for name, wrong in itertools.product(content, ([[]], {"a": []})):
            answer = propose(desk, "dana", kind, content | {name: wrong})
            assert answer.status_code in {409, 422}, (kind, name, wrong, answer.text)


def sums_of_what_is_personal_are_told_to_few(desk, what, all_of_them, others):
    """By the sum of a file whose other columns one reads, a base is tried until it fits, and of one who was disciplined the whole row."""

    def sums(name):
        return desk.person(name).get(f"/api/v1/cycles/2026{what}").json()["pins"]["certified"]["files"]

    told = sums(all_of_them[0])
    assert {len(one) for one in told.values()} == {64}
    hidden = dict.fromkeys(("employees.csv", "employment.csv", "results.csv", "discipline.csv", "status.csv"))
    for name in all_of_them:
        assert sums(name) == told, name
    for name in others:
        assert sums(name) == told | hidden, name


def what_has_become_another_is_told_first(desk):
    """A figure that is decided on since is pending, and nobody has reviewed it; what waits is in the way too, and all of it goes with the decision."""
    content = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "9", "cause": "missing_deal"}
    waits = propose(desk, "dana", "override", content)
    assert blockers(propose(desk, "dana", "lock", {})) == [("open_decision", 1, True)]
    assert agree(desk, "late", waits).status_code == 200
    assert blockers(propose(desk, "dana", "lock", {})) == [("untold", 1, True), ("review_missing", 1, True)]
    page = words(desk.person("dana").get("/cycles/2026"))
    assert "What is in the way of: locked" in page
    lifted = propose(desk, "dana", "lift", {"decision": waits.json()["id"]})
    assert agree(desk, "late", lifted).status_code == 200


def proposed_on_the_page(desk):
    """The page of the cycle proposes it, and says that an approver has to agree; the answer of the API to the same decision."""
    form = {"to": "locked", "reason": "Nobody has objected within their days."}
    answer = post(desk.person("dana"), "/cycles/2026/stage", form, page="/cycles/2026")
    assert answer.status_code == 303, answer.text
    number = answer.headers["Location"].rpartition("/")[2]
    page = words(desk.person("late").get(f"/decisions/{number}"))
    assert "The cycle 2026 is to be locked" in page
    made = desk.person("dana").get(f"/api/v1/decisions/{number}")
    made.status_code = 201
    return made


def nothing_is_decided_any_more(desk):
    """Figures, grades and what people were told stay as they are; so says the board."""
    line = {"node": "employee:E1", "kpi": "consults"}
    for kind, content in (
        ("drop", line | {"cause": "no_market"}),
        ("override", line | {"member": "actual", "value": "9", "cause": "missing_deal"}),
        ("notify", {}),
        ("lock", {}),
        ("certify", {}),
        ("stage", {"to": "running"}),
    ):
        assert code(propose(desk, "dana", kind, content)) == (409, "not_now"), kind
    board = desk.person("dana").get("/api/v1/cycles/2026/board", params={"state": "locked"}).json()["items"]
    assert {(one["employee"], tuple(one["who"])) for one in board} == {(f"E{number}", ()) for number in LISTED}
    assert "locked" in words(desk.person("dana").get("/cycles/2026/board"))
    assert desk.person("dana").get("/cycles/2026").status_code == 200


def bases(desk, cycle="2027"):
    """What consults are held against, by node."""
    cards = json.loads(desk.kopes("score", "--cycle", cycle, **desk.where).out)
    lines = {card["node"]: {line["kpi"]: line for line in card["lines"]} for card in cards}
    return {node: float(lines[node]["consults"]["base"]) for node in NODES}


def base(*years):
    """The base of a ratio, by hand: the last year, or the mean of all where that is more."""
    return max(years[-1], sum(years) / len(years))


def of_the_away(desk):
    """The score by which who is away is graded in 2027."""
    rows = json.loads(desk.kopes("grade", "--cycle", "2027", "--format", "json", **desk.where, status=None).out)
    return next(row["final_score"] for row in rows if row["employee"] == AWAY)


def by_the_folder(desk):
    """Until it is locked, later cycles go by what the folder says of 2026."""
    assert bases(desk) == dict.fromkeys(NODES, base(2, 100))
    assert of_the_away(desk) == pytest.approx(41.66, abs=0.01)


def later_cycles_go_by_what_was_locked(desk, rows):
    """Actuals of units, and of who was there all year; results of everybody; a load names where the folder differs."""
    expected = {node: base(2, CONSULTS.get(node, 100)) for node in NODES}
    assert bases(desk) == expected
    of_2026 = dict.fromkeys(NODES, 2) | {f"employee:{JOINER}": 2 * 306 / 365}
    assert bases(desk, "2026") == pytest.approx(of_2026)
    mean = (round(rows[AWAY]["final_score"], 2) + EARLIER[2025][0]) / 2
    assert of_the_away(desk) == pytest.approx(mean, abs=0.006)
    ran = desk.kopes("load", desk.folder, **desk.where)
    told = [line for line in (ran.out + ran.err).splitlines() if "was locked" in line]
    named = {
        word for line in told for word in line.replace(",", " ").split() if word.startswith(("unit:", "employee:"))
    }
    assert named == {*CONSULTS, f"employee:{AWAY}"}, told
    assert bases(desk) == expected


def snapshot_is_recomputed(desk, folder):
    """The round as a file, recomputed with its database and without: the same sum, after more has come too; the file is the same one every time."""
    verified = desk.kopes("cycle", "verify", "2026", **desk.where).out
    file, again = folder / "2026.zip", folder / "again.zip"
    assert (
        desk.kopes("cycle", "export", "2026", file, "--round", "1", **desk.where).out.split()[-1]
        == verified.split()[-1]
    )
    manifest = desk.person("dana").get("/api/v1/cycles/2026/snapshot").json()
    assert manifest["results_sha256"] in words(desk.person("dana").get("/cycles/2026"))
    assert verified == f"verified 2026 round 1 {manifest['results_sha256']}\n"
    with zipfile.ZipFile(file) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name: value for name, value in json.loads(texts["manifest.json"]).items() if name != "files"} == manifest
    as_the_contract_says_them(texts, manifest)
    beside = "".join(f"{name}\n{texts[name]}" for name in sorted(texts) if name not in WITH_INSTANTS)
    assert hashlib.sha256(beside.encode()).hexdigest() == FILES
    another_year_comes(desk)
    assert desk.kopes("cycle", "verify", "2026", "--round", "1", **desk.where).out == verified
    assert desk.kopes("cycle", "verify", "2026", "--file", file, database="sqlite:///nowhere").out == verified
    desk.kopes("cycle", "export", "2026", again, **desk.where)
    assert again.read_bytes() == file.read_bytes()
    one_altered_byte_is_told(desk, texts, folder)
    passer_by = desk.person("passer-by", "--role", "member")
    assert passer_by.get("/api/v1/cycles/2026/snapshot").status_code == 404
    assert code(desk.person("dana").get("/api/v1/cycles/2026/snapshot?round=2")) == (404, "not_locked")
    assert desk.kopes("cycle", "export", "2026", again, "--round", "2", **desk.where, status=1).err


def one_altered_byte_is_told(desk, texts, folder):
    """Of what anybody recomputes from: the command names what differs, and ends with 1."""
    file = folder / "altered.zip"
    for name in ("events.ndjson", "decisions.ndjson", "results.json"):
        content = texts[name].encode()
        at = next(at for at in range(len(content) // 2, len(content)) if content[at : at + 1].isdigit())
        other = b"1" if content[at : at + 1] == b"0" else b"0"
        with zipfile.ZipFile(file, "w") as archive:
            for each, text in texts.items():
                altered = content[:at] + other + content[at + 1 :] if each == name else text.encode()
                archive.writestr(each, altered)
        ran = desk.kopes("cycle", "verify", "2026", "--file", file, database="sqlite:///nowhere", status=1)
        assert ran.out + ran.err, name
        assert "verified" not in ran.out, name


def as_the_contract_says_them(texts, manifest):
    """Events by their sums, decisions by their numbers, results in RFC 8785 with scores as texts, the folder as it was certified."""
    lines = texts["events.ndjson"].splitlines()
    sums = [hashlib.sha256(line.encode()).hexdigest() for line in lines]
    assert sums == sorted(sums)
    assert events_sum([json.loads(line) for line in lines]) == manifest["pins"]["certified"]["events_sha256"]
    decided = [json.loads(line) for line in texts["decisions.ndjson"].splitlines()]
    assert [one["id"] for one in decided] == sorted(one["id"] for one in decided)
    assert [one["kind"] for one in decided][-3:] == ["override", "lift", "lock"]
    results = json.loads(texts["results.json"])
    assert rfc8785.dumps(results).decode() == texts["results.json"]
    assert hashlib.sha256(texts["results.json"].encode()).hexdigest() == manifest["results_sha256"]
    assert [one["employee"] for one in results["employees"]] == sorted(f"E{number}" for number in LISTED)
    assert all(len(one["final_score"].partition(".")[2]) == 9 for one in results["employees"] if one["final_score"])
    for name, sha256 in manifest["pins"]["certified"]["files"].items():
        text = texts.get(f"folder/{name}")
        if text is not None and name not in {"scorecards.csv", "status.csv"}:
            assert hashlib.sha256(text.encode()).hexdigest() == sha256, name


def another_year_comes(desk):
    """Other bases, other definitions and more events of the year: the round stays what it is."""
    employees = desk.folder / "employees.csv"
    employees.write_text(employees.read_text(encoding="utf-8").replace(",3000000,", ",3500000,"), encoding="utf-8")
    file = desk.where["definitions"] / "kpis.yaml"
    kpis = json.loads(file.read_text(encoding="utf-8"))["kpis"]
    next(one for one in kpis if one["code"] == "consults")["method"] = {"name": "deviation"}
    file.write_text(json.dumps({"kpis": kpis}), encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    more = [f"2026-05-{day:02} consult M-{day} E4 of Meyer/AT" for day in range(1, 4)]
    events = desk.folder.parent / "more.ndjson"
    events.write_text(
        "".join(json.dumps(one) + "\n" for one in Scenario.read("\n".join(more)).events), encoding="utf-8"
    )
    desk.kopes("ingest", events, **desk.where)
