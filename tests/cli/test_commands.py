"""The commands as an outsider runs them: what they print, where, and the status they end with."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import access, notices
from app.cli.opening import who
from app.kit.database import Database
from tests.conftest import Kopes, NewDatabase, Ran
from tests.scenario import Scenario, event_of

YEAR = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE head
2026-03-04 deal D-1 E1 1000 EUR E1:0.6 E2:0.4
2026-03-05 verified D-1 by E9
2026-03-06 deal D-2 E404 1 ZZZ
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agency folder with its definitions and a file of events, one of which is wrong."""
    where = tmp_path_factory.mktemp("commands")
    scenario = Scenario.read(YEAR)
    scenario.write(where)
    (where / "events.ndjson").write_text("\n".join(map(json.dumps, scenario.events)) + "\n", encoding="utf-8")
    return where


@pytest.fixture(scope="module")
def url(module_database: NewDatabase) -> str:
    """Where the agency is."""
    return module_database("sqlite")


@pytest.fixture(scope="module")
def run(folder: Path, kopes: Kopes, url: str) -> Callable[..., Ran]:
    """Runs commands on a database with this agency and its events."""

    def command(*words: str | Path, status: int | None = 0) -> Ran:
        return kopes(*words, database=url, definitions=folder / "definitions", status=status)

    loaded = command("load", folder / "agency")
    assert "units: 2 rows, 2 added, 0 changed, 0 removed" in loaded.out
    ingested = command("ingest", folder / "events.ndjson", status=1)
    assert "accepted 2, duplicate 0, rejected 1" in ingested.out
    assert re.search(r"events\.ndjson:3.*employee", ingested.err)
    return command


def test_ingesting_ends_with_1_where_something_was_refused_and_0_after_mending(
    run: Callable[..., Ran], folder: Path
) -> None:
    """The file of rejects, mended, may be ingested as it is."""
    rejects = folder / "events.ndjson.rejected.ndjson"
    (line,) = rejects.read_text(encoding="utf-8").splitlines()
    assert {error["pointer"] for error in json.loads(line)["errors"]} == {"/data/employee", "/data/currency"}
    mended = folder / "mended.ndjson"
    mended.write_text(line.replace("E404", "E1").replace("ZZZ", "USD"), encoding="utf-8")
    assert "accepted 1, duplicate 0, rejected 0" in run("ingest", mended).out
    assert "accepted 0, duplicate 1, rejected 0" in run("ingest", mended).out


def test_a_file_that_is_not_there_does_not_keep_the_others_from_being_ingested(
    run: Callable[..., Ran], folder: Path
) -> None:
    """It is named on standard error; the status says that not all went well."""
    more = folder / "more.ndjson"
    more.write_text(json.dumps(event_of("2026-03-04 consult C-1 E1")), encoding="utf-8")
    ran = run("ingest", folder / "gone.ndjson", more, status=1)
    assert "gone.ndjson" in ran.err
    assert "accepted 1" in ran.out


def test_scores_are_the_same_as_json_and_as_csv(run: Callable[..., Ran]) -> None:
    """A list of scorecards, or a row a line with the same names; the result alone is on standard output."""
    cards = json.loads(run("score", "--cycle", "2026").out)
    assert [card["node"] for card in cards] == [
        "unit:HQ",
        "unit:VIE",
        "employee:E1",
        "employee:E2",
        "employee:E8",
        "employee:E9",
    ]
    rows = list(csv.DictReader(io.StringIO(run("score", "--cycle", "2026", "--format", "csv").out)))
    lines = [(card["node"], line) for card in cards for line in card["lines"]]
    assert len(rows) == len(lines)
    for row, (node, line) in zip(rows, lines, strict=True):
        assert (row["node"], row["kpi"], row["actual"]) == (node, line["kpi"], line["actual"] or "")
        assert row["score"] == ("" if line["score"] is None else str(line["score"]))
    (one,) = json.loads(
        run("score", "--cycle", "2026", "--node", "unit:VIE", "--as-of", "2026-03-04", "--basis", "provisional").out
    )
    assert (one["node"], one["as_of"], one["basis"]) == ("unit:VIE", "2026-03-04", "provisional")
    assert next(line["actual"] for line in one["lines"] if line["kpi"] == "deal_value") == "1100"


def test_a_derivation_begins_at_the_activities(run: Callable[..., Ran]) -> None:
    """In sentences for people, in JSON for machines."""
    text = run("explain", "unit:VIE", "deal_value", "--cycle", "2026").out
    assert "D-1" in text
    assert "1100" in text
    document = json.loads(run("explain", "unit:VIE", "deal_value", "--cycle", "2026", "--format", "json").out)
    assert document["steps"]
    # A row for each credit that the unit has of it.
    assert [one["id"] for one in document["activities"]] == ["D-1", "D-1"]


NASTY = "A\x1b]0;owned\x07\x1b[2J\nB\rC\x9b31mD\u202eE\u2066F\x7fG"
"""What a terminal obeys: a title, an empty screen, lines, a colour in one byte, letters the other way round."""


def _commands(text: str) -> set[str]:
    """What of a text would do something to a terminal, its lines' ends apart."""
    return {letter for letter in text if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}


def test_no_text_of_an_event_or_name_of_a_file_takes_a_terminal_over(
    kopes: Kopes, new_database: NewDatabase, folder: Path, tmp_path: Path
) -> None:
    """Every text of an event, and its file's name, are printed by every command on lines of ours; what programs read has them as they came."""
    deal, verdict = (event_of(line) for line in ("2026-03-07 deal D-9 E1 10 USD", "2026-03-08 verified D-9 by E9"))
    names = {"company": {"name": NASTY}, "buyer": {"name": NASTY, "country": "AT"}}
    deal |= {"id": NASTY, "source": f"/{NASTY}", "subject": NASTY, "data": deal["data"] | names}
    verdict |= {"data": verdict["data"] | {"activity": {"source": deal["source"], "id": NASTY}, "reason": NASTY}}
    refused = deal | {"id": f"{NASTY}2", "data": deal["data"] | {"employee": NASTY, "currency": NASTY}}
    run = partial(kopes, database=new_database("sqlite"), definitions=folder / "definitions")
    run("load", folder / "agency")
    file = tmp_path / f"{NASTY.replace('/', '')}.ndjson"
    file.write_text("\n".join(map(json.dumps, (deal, verdict, refused))) + "\n", encoding="utf-8")
    ran = {"ingest": run("ingest", file, status=1)}
    for words in (
        ("explain", "unit:VIE", "deal_value", "--cycle", "2026"),
        ("explain", "unit:VIE", "deal_value", "--cycle", "2026", "--format", "json"),
        ("explain", "unit:VIE", NASTY, "--cycle", "2026"),
        ("score", "--cycle", "2026"),
        ("ingest", folder / NASTY),
        ("load", folder / NASTY),
        (NASTY,),
        ("user", "create", f"{NASTY}@agency.example", "--role", "employee", "--employee", NASTY),
        ("worker", "--once", NASTY),
        ("reconcile",),
    ):
        ran[" ".join(map(str, words))] = run(*words, status=None)
    assert {words: told for words, one in ran.items() if (told := _commands(one.out + one.err))} == {}
    assert [words for words, one in ran.items() if "Traceback" in one.err] == []
    text = run("explain", "unit:VIE", "deal_value", "--cycle", "2026").out
    assert "\\x1b]0;owned\\x07" in text
    document = json.loads(run("explain", "unit:VIE", "deal_value", "--cycle", "2026", "--format", "json").out)
    assert NASTY in {one["id"] for one in document["activities"]}
    (kept,) = Path(f"{file}.rejected.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(kept)["data"]["buyer"]["name"] == NASTY


def test_grades_name_a_broken_rule_on_standard_error(run: Callable[..., Ran]) -> None:
    """The proposal is printed all the same; a broken rule makes the status 1."""
    ran = run("grade", "--cycle", "2026", status=None)
    people = json.loads(ran.out)
    assert [one["employee"] for one in people] == ["E1", "E2", "E8", "E9"]
    assert ran.status == (1 if ran.err else 0)
    rows = list(
        csv.DictReader(
            io.StringIO(run("grade", "--cycle", "2026", "--of", "units", "--format", "csv", status=None).out)
        )
    )
    assert [row["unit"] for row in rows] == ["HQ", "VIE"]


def test_a_group_that_reads_as_a_formula_is_no_formula_in_what_is_printed(
    kopes: Kopes, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Who opens the printed CSV in a spreadsheet runs nothing; JSON has the name as it is."""
    Scenario.read(YEAR).write(tmp_path)
    units = tmp_path / "agency" / "units.csv"
    rows = list(csv.DictReader(io.StringIO(units.read_text(encoding="utf-8"))))
    with units.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(row | {"evaluation_group": "=1+1;@A1"} for row in rows)
    (tmp_path / "definitions" / "policies.yaml").write_text("groups: {minimum: 1}\n", encoding="utf-8")
    url = new_database("sqlite")
    kopes("load", tmp_path / "agency", database=url, definitions=tmp_path / "definitions")
    asked = ("grade", "--cycle", "2026", "--of", "units")
    printed = kopes(*asked, "--format", "csv", database=url, status=None).out
    assert "'=1+1;'@A1" in {row["group"] for row in csv.DictReader(io.StringIO(printed))}
    assert "=1+1;@A1" in {one["group"] for one in json.loads(kopes(*asked, database=url, status=None).out)}


def test_the_digest_is_64_digits_and_reconciling_finds_nothing(run: Callable[..., Ran]) -> None:
    """Both are read-only and may be run at any time."""
    digest = run("digest").out
    assert re.fullmatch("[0-9a-f]{64}\n", digest)
    run("reconcile")
    assert run("digest").out == digest


def test_what_was_changed_behind_the_applications_back_makes_reconciling_end_with_1(
    kopes: Kopes, new_database: NewDatabase, folder: Path
) -> None:
    """A line for each difference."""
    url = new_database("sqlite")
    kopes("load", folder / "agency", database=url, definitions=folder / "definitions")
    kopes("ingest", folder / "events.ndjson", database=url, status=None)
    database = Database(url)
    with database.write("tamper") as connection:
        connection.execute(sa.update(sa.table("total", sa.column("entered_shares"))).values(entered_shares=1))
    database.close()
    ran = kopes("reconcile", database=url, status=1)
    assert "total" in ran.out
    assert "differences" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("score",),
        ("score", "--cycle", "26"),
        ("score", "--cycle", "2026", "--as-of", "30.6.2026"),
        ("score", "--cycle", "2026", "--node", "VIE"),
        ("ingest",),
        ("key", "create", "crm", "--scope", "everything"),
        ("key", "create", "no name", "--scope", "read"),
        ("user", "create", "x@agency.example"),
        ("serve", "--bind", "nowhere"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(run: Callable[..., Ran], words: tuple[str, ...]) -> None:
    """With the usage on standard error and nothing on standard output."""
    ran = run(*words, status=2)
    assert ran.out == ""
    assert ran.err


def test_secrets_are_printed_once(run: Callable[..., Ran], url: str) -> None:
    """A key, a hook's secret, a first password: a line each; a name that is taken is a finding. Who ran the command stands on the trail.

    Auditors hear of a key, of a hook, and of an account that reaches far: the first one who comes, where there is none yet.
    """
    key = run("key", "create", "crm", "--scope", "ingest").out
    assert len(key.split()) == 1
    assert run("hook", "create", "crm").out.startswith("whsec_")
    password = run("user", "create", "alba@agency.example", "--role", "employee", "--employee", "E1").out
    assert len(password.split()) == 1
    database = Database(url)
    with database.read() as connection:
        rows = access.trail_rows(connection, limit=10)
    database.close()
    assert {row.subject for row in rows} >= {"key:crm", "hook:crm", "account:alba@agency.example"}
    assert {row.who for row in rows} == {who()}
    assert run("key", "create", "crm", "--scope", "read", status=1).out == ""
    run("user", "create", "hana@agency.example", "--role", "hr")
    database = Database(url)
    with database.read() as connection:
        notice = notices.rights_notice(connection, account_id=0)
    database.close()
    assert notice is not None
    assert notice.subject == {"number": 3, "who": who(), "account": "hana@agency.example"}
    assert run("user", "create", "x@agency.example", "--role", "head", "--employee", "E404", status=1).out == ""
    second = run("user", "create", "other@agency.example", "--role", "hr", "--employee", "E1", status=1)
    assert "Employee E1 has an account already" in second.err


def test_a_wrong_folder_is_named_by_file_and_line_and_nothing_is_loaded(
    run: Callable[..., Ran], folder: Path, tmp_path: Path
) -> None:
    """On standard error, with status 1; what was loaded before stays."""
    before = run("digest").out
    Scenario.read(YEAR).write(tmp_path)
    rates = tmp_path / "agency" / "rates.csv"
    rates.write_text("month,currency,usd\n2020-01,EUR,1.10\n2020-13,EUR,1.10\n", encoding="utf-8")
    ran = run("load", tmp_path / "agency", status=1)
    assert re.search(r"rates\.csv:3", ran.err)
    assert "Nothing was loaded." in ran.err
    assert run("digest").out == before


def test_a_database_that_was_never_migrated_is_named_as_that(kopes: Kopes, tmp_path: Path) -> None:
    """Every command looks at the schema first; ``migrate`` makes it, and may be run again."""
    url = f"sqlite:///{tmp_path / 'new' / 'kopes.sqlite'}"
    kopes("migrate", database=url)
    kopes("migrate", database=url)
    kopes("digest", database=url)
    (tmp_path / "empty.sqlite").touch()
    ran = kopes("digest", database=f"sqlite:///{tmp_path / 'empty.sqlite'}", status=1)
    assert "kopes migrate" in ran.err
    kopes("digest", database="mysql://nowhere", status=2)


@pytest.mark.parametrize(
    "command", [("score",), ("explain", "unit:VIE", "deals"), ("grade",), ("grade", "--of", "units")]
)
def test_a_cycle_that_no_folder_names_is_an_error_that_says_which_there_are(
    run: Callable[..., Ran], command: tuple[str, ...]
) -> None:
    """A year that is mistyped must not look like an agency without work."""
    ran = run(*command, "--cycle", "3000", status=1)
    assert re.search(r"names no cycle 3000; there are .*2026", ran.err)
    assert ran.out == ""


def test_an_account_may_be_made_that_sees_nothing_by_itself(run: Callable[..., Ran]) -> None:
    """A role for people whose access comes by what they are asked to do."""
    made = run("user", "create", "guest@agency.example", "--role", "member")
    assert made.out.strip()


def test_of_many_faults_of_one_kind_the_first_are_told_and_how_many_more_there_are(
    run: Callable[..., Ran], folder: Path, tmp_path: Path
) -> None:
    """A folder or a file of a million wrong lines fills neither a terminal nor the memory; the file of rejects has each of them."""
    wrong = tmp_path / "agency"
    shutil.copytree(folder / "agency", wrong)
    rows = wrong / "rates.csv"
    text = rows.read_text(encoding="utf-8") if rows.exists() else "month,currency,usd\n"
    rows.write_text(text + "2026-01,EUR,much\n" * 1_250, encoding="utf-8")
    told = run("load", wrong, status=1).err.splitlines()
    assert sum("much" in line for line in told) == 100
    assert sum(line.endswith("like those above: 1150") for line in told) == 1
    assert "Nothing was loaded." in told[-1]

    events = tmp_path / "many.ndjson"
    events.write_text("".join(f'{{"id": "{number}"}}\n' for number in range(1_250)), encoding="utf-8")
    ran = run("ingest", events, status=1)
    assert "rejected 1250" in ran.out
    assert sum("specversion" in line and "above" not in line for line in ran.err.splitlines()) == 100
    assert "like those above: 1150" in ran.err
    with (tmp_path / "many.ndjson.rejected.ndjson").open(encoding="utf-8") as kept:
        assert sum('"errors"' in line for line in kept) == 1_250


def test_what_is_no_text_is_refused_in_our_words(database_url: str, kopes: Kopes) -> None:
    """A byte that is no UTF-8, as a terminal of another character set sends it, is in no e-mail: what is wrong, and not how Python says it."""
    ran = kopes("user", "create", "dana\udcff@agency.example", "--role", "hr", database=database_url, status=1)
    assert "is not an e-mail address" in ran.err
    assert "codec" not in ran.err
