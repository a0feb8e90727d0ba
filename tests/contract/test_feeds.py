"""Feeds on a running server: another system brings whole files, and what looks like an accident waits for hr (contract-desk, 4)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest

from app.kit import clock
from tests.contract.desk import ALBA, DANA, DORA, FERRAN, WHY, Setting, code

RATES = "".join(f"20{year}-{month:02},EUR,1.{month:02}\n" for year in (24, 25) for month in range(1, 13))
HEAD = "month,currency,usd\n"
FED = Setting(people=(DANA, FERRAN, ALBA, DORA), feed=("rates.csv", "employees.csv", "postings.csv", "units.csv"))
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def fed(desks, engine, tmp_path):
    """A desk whose rates, people and postings come by feeds; ``desk.send`` sends as a payroll, ``desk.rates`` as a bank."""
    with desks.copy(engine, FED, tmp_path) as desk:
        keys = {"bank": "feed:rates.csv", "payroll": "feed:employees.csv,postings.csv,units.csv"}
        clients = {}
        for name, scope in keys.items():
            key = desk.kopes("key", "create", name, "--scope", scope, **desk.where).out.split()[-1]
            clients[name] = desk.client(Authorization=f"Bearer {key}")

        def send(file, text, *, by="payroll", dry=False, **headers):
            path = f"/api/v1/files/{file}" + ("?dry_run=1" if dry else "")
            return clients[by].put(path, content=text.encode(), headers=CSV | headers)

        desk.send = send
        answer = send("rates.csv", f"{HEAD}2020-01,EUR,1.10\n{RATES}", by="bank")
        assert (answer.status_code, answer.json()) == (200, {"revision": 2, "added": 24, "changed": 0, "removed": 0})
        yield desk


def state(desk, file):
    return {one["file"]: one for one in desk.person("dana").get("/api/v1/files").json()["items"]}[file]


def text_of(desk, file):
    return desk.person("dana").get(f"/api/v1/files/{file}/rows.csv").text


def changed(text, column, of, to):
    """A file with another value in the rows whose first column is one of some."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        if row[next(iter(row))] in of:
            row[column] = to
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_a_whole_file_is_loaded_as_the_next_revision(fed):
    """Recorded by its feed, on the trail with its counts; the same again changes nothing, however figures are spelled and columns stand."""
    now = state(fed, "rates.csv")
    assert (now["master"], now["rows"], now["changed_by"], now["revision"]) == ("feed", 25, "feed:bank", 2)
    text = text_of(fed, "rates.csv")
    odd = "x_note,usd,currency,month\r\n" + "".join(
        f"hello,{usd}00,{currency},{month}\r\n" for month, currency, usd in list(csv.reader(io.StringIO(text)))[:0:-1]
    )
    for same in (text, odd):
        answer = fed.send("rates.csv", same, by="bank")
        assert (answer.status_code, answer.json()) == (200, {"revision": 2, "added": 0, "changed": 0, "removed": 0})
        assert answer.headers["ETag"] == f'"{now["sha256"]}"'
    more = changed(text, "usd", {"2025-12"}, "1.13") + "2026-01,EUR,1.2\n"
    told = {"revision": 3, "added": 1, "changed": 1, "removed": 0}
    dry = fed.send("rates.csv", more, by="bank", dry=True)
    assert (dry.status_code, dry.json()) == (200, told | {"revision": 2})
    assert state(fed, "rates.csv") == now
    assert fed.send("rates.csv", more, by="bank").json() == told
    assert state(fed, "rates.csv")["sha256"] != now["sha256"]
    history = fed.person("dana").get("/api/v1/files/rates.csv/history", params={"key": "2025-12 EUR"}).json()["items"]
    assert [(one["by"], one["row"]["usd"]) for one in history] == [("feed:bank", "1.13"), ("feed:bank", "1.12")]
    emil = fed.person("emil", "--role", "auditor")
    assert emil.get("/trail", params={"deed": "feed"}).text.count("key:bank") or "bank" in emil.get("/trail").text


def test_who_may_feed_what(fed):
    """A key its own files; another's, or a key of another scope, is refused; people are not even told; no other door moves the file."""
    text = text_of(fed, "rates.csv")
    assert fed.send("rates.csv", text).status_code == 403
    assert fed.send("nonsense.csv", text).status_code == 403
    reader = fed.kopes("key", "create", "board", "--scope", "read", **fed.where).out.split()[-1]
    other = fed.client(Authorization=f"Bearer {reader}")
    assert other.put("/api/v1/files/rates.csv", content=text, headers=CSV).status_code == 403
    for name in ("dana", "alba"):
        assert fed.person(name).put("/api/v1/files/rates.csv", content=text, headers=CSV).status_code == 404
    assert fed.client().put("/api/v1/files/rates.csv", content=text, headers=CSV).status_code == 401
    assert fed.send("rates.csv", text, by="bank", **{"Content-Type": "application/json"}).status_code == 415
    at = fed.begin()
    answer = fed.person("dana").put(f"{at}/rows/rates.csv", json={"set": [{"month": "2026-01"}]})
    assert code(answer) == (409, "mastered_elsewhere")
    made = fed.propose(fed.person("dana"), file="rates.csv", to="folder").json()
    fed.approve(fed.person("ferran"), made).raise_for_status()
    assert code(fed.send("rates.csv", text, by="bank")) == (409, "mastered_elsewhere")


def test_a_sender_who_looked_at_another_file_is_told(fed):
    """If-Match holds the sum of what the sender took it for; the answer's ETag is the next one's."""
    sum_ = state(fed, "rates.csv")["sha256"]
    text = text_of(fed, "rates.csv")
    assert code(fed.send("rates.csv", text, by="bank", **{"If-Match": f'"{"0" * 64}"'})) == (412, "stale")
    first = fed.send("rates.csv", f"{text}2026-01,EUR,1.2\n", by="bank", **{"If-Match": f'"{sum_}"'})
    assert first.status_code == 200
    assert code(fed.send("rates.csv", text, by="bank", **{"If-Match": f'"{sum_}"'})) == (412, "stale")
    again = fed.send("rates.csv", f"{text}2026-01,EUR,1.2\n", by="bank", **{"If-Match": first.headers["ETag"]})
    assert again.json()["added"] == 0


def test_what_a_load_would_refuse_is_refused_at_its_row(fed):
    """And nothing of the file is taken."""
    before = [state(fed, file) for file in ("postings.csv", "rates.csv")]
    wrong = fed.send("postings.csv", text_of(fed, "postings.csv") + "E8,NOWHERE,staff,2020-01-01,\n")
    assert code(wrong) == (422, "findings")
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/postings.csv/E8 2020-01-01/unit"]
    for text in ("month,currency\n", "month,currency,usd,color\n", "", f"{HEAD}2026-01,EUR\n{RATES}"):
        assert fed.send("rates.csv", text, by="bank").status_code == 422, text
    assert [state(fed, file) for file in ("postings.csv", "rates.csv")] == before


def test_a_feed_cut_in_half_is_held_and_not_applied(fed):
    """Wherever it was cut: in the middle of a line too. What it lacks is shown to hr, who refuse it; the whole file then changes nothing."""
    dana = fed.person("dana")
    for file in ("rates.csv", "employees.csv", "postings.csv", "units.csv"):
        by = "bank" if file == "rates.csv" else "payroll"
        text, before = text_of(fed, file), state(fed, file)
        lines = text.splitlines(keepends=True)
        held = None
        for half in ("".join(lines[: len(lines) // 2 + 1]), text[: len(text) // 2], text[: len(text) * 2 // 3]):
            dry = fed.send(file, half, by=by, dry=True)
            assert (dry.status_code, dry.json()) == (202, {"change": None}), half
            held = fed.send(file, half, by=by)
            assert held.status_code == 202, held.text
            assert state(fed, file) == before
        assert held is not None
        change = dana.get(f"/api/v1/changes/{held.json()['change']}").json()
        assert (change["state"], change["maker"]["account"]) == ("submitted", f"key:{by}")
        assert [row for row in change["rows"] if row["after"] is None]
        refused = dana.post(f"/api/v1/decisions/{change['decision']}/refuse", json={"reason": WHY})
        assert refused.json()["state"] == "refused"
        assert fed.send(file, text, by=by).json()["removed"] == 0
        assert state(fed, file) == before


def test_a_file_that_ends_within_its_last_figure_is_held(fed):
    """A shorter figure is a figure too; a file without an end whose last line is as it was, or that is all the same, is taken."""
    text = text_of(fed, "rates.csv").rstrip("\n")
    other = changed(text, "usd", {"2025-11"}, "1.2").rstrip("\n")
    gone = text.replace("2025-11,EUR,1.11\n", "")
    assert gone != text
    for sent, status in ((text[:-1], 202), (f"{text}\n2026-01,EUR,1.2", 202), (gone, 202), (text, 200), (other, 200)):
        assert fed.send("rates.csv", sent, by="bank", dry=True).status_code == status, sent


def test_hr_agrees_to_what_is_held(fed):
    """Pay bases, jobs and ranks always are, and more than five in a hundred rows; the same again is the same set, another takes its place."""
    dana, text = fed.person("dana"), text_of(fed, "employees.csv")
    for column, value in (("monthly_base", "3100000"), ("rank", "G4"), ("job", "manager")):
        assert fed.send("employees.csv", changed(text, column, {"E9"}, value), dry=True).status_code == 202, column
    joined = f"{text}E10,E10,E10@agency.example,G5,staff,3000000,2020-01-01,\n"
    assert fed.send("employees.csv", joined, dry=True).status_code == 202
    rates = text_of(fed, "rates.csv")
    for months, status in (({"2024-01"}, 200), ({"2024-01", "2024-02"}, 202)):
        assert fed.send("rates.csv", changed(rates, "usd", months, "1.5"), by="bank", dry=True).status_code == status

    raised = changed(text, "monthly_base", {"E9"}, "3100000")
    first = fed.send("employees.csv", raised).json()
    assert fed.send("employees.csv", raised).json() == first
    second = fed.send("employees.csv", changed(text, "monthly_base", {"E9"}, "3200000")).json()
    assert dana.get(f"/api/v1/changes/{first['change']}").json()["state"] == "discarded"
    assert [one["state"] for one in dana.get("/api/v1/decisions", params={"kind": "change"}).json()["items"]] == [
        "proposed",
        "withdrawn",
    ]
    change = dana.get(f"/api/v1/changes/{second['change']}").json()
    decision = dana.get(f"/api/v1/decisions/{change['decision']}").json()
    assert (decision["maker"]["person"], decision["may_approve"]) == ("key:payroll", ["hr"])
    assert code(fed.approve(fed.person("ferran"), decision)) == (409, "role")
    assert fed.approve(dana, decision).json()["state"] == "approved"
    assert state(fed, "employees.csv")["changed_by"] == f"change:{second['change']}"
    assert "3200000" in text_of(fed, "employees.csv")
    page = dana.get(f"/changes/{second['change']}")
    assert (page.status_code, "key:payroll" in page.text) == (200, True)


def test_what_could_not_be_told_when_it_came_is_not_agreed_to_unseen(fed):
    """A set that was wrong when it was held moves nothing that is told; once it is right, it comes to its end, and is sent again with what it moves."""
    people, posted = text_of(fed, "employees.csv"), text_of(fed, "postings.csv")
    wrong_now = changed(changed(people, "monthly_base", {"E1"}, "9999999"), "hired_on", {"E6"}, "2026-03-01")
    held = fed.send("employees.csv", wrong_now).json()["change"]
    dana, dora = fed.person("dana"), fed.person("dora")
    decision = dana.get(f"/api/v1/decisions/{dana.get(f'/api/v1/changes/{held}').json()['decision']}").json()
    assert decision["effects"]["count"] == 0
    other = fed.send("postings.csv", changed(posted, "from", {"E6"}, "2026-03-01")).json()["change"]
    later = dana.get(f"/api/v1/decisions/{dana.get(f'/api/v1/changes/{other}').json()['decision']}").json()
    assert fed.approve(dora, later).json()["state"] == "approved"
    assert dana.get(f"/api/v1/changes/{held}/effects").json()["items"]
    assert code(fed.approve(dana, decision)) == (409, "overtaken")
    fed.person("jiho", "--role", "employee", "--employee", "E6")
    told = {
        name: {one["node"] for one in fed.person(name).get(f"/api/v1/decisions/{decision['id']}").json()["moved"]}
        for name in ("dana", "jiho")
    }
    assert told == {"dana": {"employee:E1"}, "jiho": set()}
    again = fed.send("employees.csv", wrong_now).json()["change"]
    told = dana.get(f"/api/v1/decisions/{dana.get(f'/api/v1/changes/{again}').json()['decision']}").json()
    assert told["effects"]["count"] > 0
    assert fed.approve(dana, told).json()["state"] == "approved"


def test_who_made_a_key_does_not_agree_to_what_it_brings(fed):
    """Nor is the own row of theirs let pass, and whoever is of HR makes no such key: they could send, and agree."""
    policies = fed.where["definitions"] / "policies.yaml"
    policies.write_text("feeds: {changed_pct: 50, removed: 2, late_hours: 5}\n", encoding="utf-8")
    fed.kopes("load", fed.folder, **fed.where)
    iris = fed.person("iris", "--role", "admin", "--employee", "E9")
    for name, role in (("ah", "admin"), ("ex", "executive")):
        fed.person(name, "--role", role)
    made = iris.post("/keys", data={"name": "mine", "scope": "feed", "file": "employees.csv"} | form_of(iris))
    (key,) = re.findall(r'id="secret">([^<]+)<', made.text)
    text = text_of(fed, "employees.csv")
    client = fed.client(Authorization=f"Bearer {key}")
    for name, status in (("E8", 200), ("E9", 202)):
        sent = changed(text, "name", {name}, "Iris").encode()
        dry = client.put("/api/v1/files/employees.csv?dry_run=1", content=sent, headers=CSV)
        assert dry.status_code == status, dry.text
    raised = changed(text, "monthly_base", {"E8"}, "3100000")
    held = client.put("/api/v1/files/employees.csv", content=raised.encode(), headers=CSV).json()
    dana = fed.person("dana")
    decision = dana.get(f"/api/v1/changes/{held['change']}").json()["decision"]
    content = {"account": "iris@agency.example", "roles": ["admin", "hr"]}
    asked = {"kind": "account", "cycle": None, "content": content, "reason": WHY}
    given = fed.person("ah").post("/api/v1/decisions", json=asked).json()
    fed.approve(fed.person("ex"), given).raise_for_status()
    shown = iris.get(f"/api/v1/decisions/{decision}").json()
    assert code(fed.approve(iris, shown)) == (409, "same_person")
    refused = iris.post("/keys", data={"name": "more", "scope": "feed", "file": "rates.csv"} | form_of(iris))
    assert (refused.status_code, "HR agrees to what it brings" in refused.text) == (422, True)
    assert fed.approve(dana, shown).json()["state"] == "approved"


def form_of(client):
    return {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/password").text)[0]}


def test_policies_say_what_is_let_pass(fed):
    """As any policy: in the file, with its schema."""
    policies = fed.where["definitions"] / "policies.yaml"
    policies.write_text("feeds: {changed_pct: 50, removed: 2, late_hours: 5}\n", encoding="utf-8")
    fed.kopes("load", fed.folder, **fed.where)
    lines = text_of(fed, "rates.csv").splitlines(keepends=True)
    text = changed("".join(lines[:-2]), "usd", {f"2024-{month:02}" for month in range(1, 10)}, "1.5")
    assert fed.send("rates.csv", text, by="bank").json() | {"revision": 0} == {
        "revision": 0,
        "added": 0,
        "changed": 9,
        "removed": 2,
    }
    assert fed.send("rates.csv", "".join(lines[:-6]), by="bank").status_code == 202
    policies.write_text("feeds: {changed_pct: 101, removed: -1}\n", encoding="utf-8")
    assert fed.kopes("load", fed.folder, **fed.where, status=1).err.count("policies.yaml") == 2


def test_the_command_does_the_same(fed, tmp_path):
    """For whoever has the server's shell: loaded, held or refused, with the file's lines."""
    file = tmp_path / "rates-of-the-bank.csv"
    file.write_text(text_of(fed, "rates.csv") + "2026-02,EUR,1.3\n", encoding="utf-8")
    assert "1 added" in fed.kopes("feed", "rates.csv", file, "--dry-run", **fed.where).out
    assert "revision 3" in fed.kopes("feed", "rates.csv", file, **fed.where).out
    assert state(fed, "rates.csv")["changed_by"].startswith("feed:command")
    file.write_text(HEAD + RATES, encoding="utf-8")
    assert "held for hr as change set 1" in fed.kopes("feed", "rates.csv", file, **fed.where).out
    file.write_text(f"{HEAD}soon,EUR,1.1\n{RATES}2020-01,EUR,1.1\n2026-02,EUR,1.3\n", encoding="utf-8")
    ran = fed.kopes("feed", "rates.csv", file, **fed.where, status=1)
    assert "rates.csv: month: " in ran.err
    assert "Nothing was loaded." in ran.err
    assert "is not a scope" in fed.kopes("key", "create", "bad", "--scope", "feed:", **fed.where, status=2).err
    assert "not a file" in fed.kopes("key", "create", "bad", "--scope", "feed:rates", **fed.where, status=2).err


def test_hr_is_told_of_a_feed_that_is_silent(fed, serve):
    """After thirty-six hours without anything, by the reminders; until it comes again, unchanged or not."""
    for hours, silent in ((35, set()), (37, {"Exchange rates", "Employees", "Postings", "Units"})):
        later = {"KOPES_NOW": (clock.now() + dt.timedelta(hours=hours)).isoformat()}
        ran = fed.kopes("worker", "--once", "reminders", **fed.where, **later)
        assert ("Feeds that are silent too long: 4." in ran.out) == bool(silent)
        fed.server = serve(fed.where["database"], definitions=fed.where["definitions"], **later)
        assert silent_to(fed, f"hr{hours}") == silent
    program = fed.kopes("key", "create", "bank2", "--scope", "feed:rates.csv", **fed.where).out.split()[-1]
    text = fed.people["hr37"].get("/api/v1/files/rates.csv/rows.csv").text
    sender = fed.client(Authorization=f"Bearer {program}")
    assert sender.put("/api/v1/files/rates.csv", content=text, headers=CSV).json()["added"] == 0
    assert silent_to(fed, "hr37") == silent - {"Exchange rates"}


def silent_to(desk, name):
    """The feeds that somebody of hr is told of where their day begins."""
    page = desk.person(name, "--role", "hr").get("/people").text
    return set(re.findall(r"A feed has brought nothing for too long: ([^,]+),", page))
