"""``kopes run``: the demonstration agency is built once, by the doors that everyone uses, and says how far it is."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from alembic import command

from app import access, cascade, decisions, intake, organisation, paying, scoring
from app import cycle as cycles
from app.cli.calibrating import with_facts
from app.cli.first_cycle import CycleYear
from app.cli.former_close import LASTS_DAYS, ToClose
from app.cli.opening import who
from app.intake import ChangeState, Master
from app.kit import clock, schema
from app.kit.database import Database
from app.rules.deciding import DecisionState
from app.rules.moves import WantedMove
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, NodeKind, Role
from tests.conftest import ROOT, Eventually, Kopes, free_port
from tests.contract.test_paying import shared_out

ROLES = ["employee", "head", "hr", "executive", "auditor", "admin"]
SECONDS = {"second_hr": "hr", "second_admin": "admin"}
FUNCTIONS = ["approver", "certifier", "calibrator", "second_calibrator", "payroll"]
WORDS = [*ROLES, *SECONDS, *FUNCTIONS]
ADDRESS = r"OpenKOPES serves on (http://127\.0\.0\.1:\d+)"
TREND = r"trend \S+: Cycle"
CLOSING = "The cycle before is being reviewed, told, heard, locked and paid"
CLOSED = rf"{CLOSING} … \d+ s"
STAGES = [
    "A year of an agency is being made up",
    "Units, people and KPIs are being loaded",
    "Accounts are being opened",
    "The cycle before is being certified",
    "Activities are being recorded",
    "The cycle is being opened, signed and run",
    "HR is taking its files over",
]


@contextmanager
def running(instance: Path) -> Iterator[subprocess.Popen[str]]:
    """``kopes run`` of a small agency, ended by its process id."""
    words = ["run", "--people", "60", "--scale", "0.002", "--instance", str(instance), "--port", str(free_port())]
    with (instance.parent / "said").open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert left_behind(instance) == [], "it ends its children, whenever it is told to stop"


def left_behind(instance: Path) -> list[str]:
    """The processes that still work on its database."""
    mark = str(instance / "demo.sqlite").encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append(folder.name)
    return found


def logins(process: subprocess.Popen[str]) -> list[str]:
    """The lines that it prints before it serves."""
    assert process.stdout is not None
    return [process.stdout.readline() for _ in WORDS]


def until_said(file: Path, process: subprocess.Popen[str], pattern: str, eventually: Eventually) -> str:
    """What it has said, once it has said this."""

    def said() -> str:
        words = file.read_text(encoding="utf-8")
        assert process.poll() is None, words
        return words if re.search(pattern, words) else ""

    return str(eventually(said, seconds=120))


def address_of(instance: Path) -> str:
    """Where it said that it serves."""
    found = re.search(ADDRESS, (instance.parent / "said").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


class Built(NamedTuple):
    """An agency that was built by a first run."""

    instance: Path
    logins: list[str]
    said: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, eventually: Eventually) -> Built:
    """In a folder of its own; ended once the worker has followed with the trend, somewhere within the close of the cycle before, and run to its end again."""
    instance = tmp_path_factory.mktemp("run") / "instance"
    with running(instance) as process:
        lines = logins(process)
        until_said(instance.parent / "said", process, ADDRESS, eventually)
        with urllib.request.urlopen(f"{address_of(instance)}/healthz", timeout=60) as answer:
            assert answer.status == 200, "where it says that it serves somebody answers"
        until_said(instance.parent / "said", process, TREND, eventually)
        said = until_said(instance.parent / "said", process, CLOSING, eventually)
    if not re.search(CLOSED, said):
        with running(instance) as process:
            assert logins(process) == lines
            said += until_said(instance.parent / "said", process, CLOSED, eventually)
    return Built(instance, lines, said)


def test_it_says_in_words_how_far_it_is_and_what_can_wait_follows(built: Built) -> None:
    """Without a terminal nobody draws a bar: a line when a stage begins, one when it ends. The trend is worked out when all is built."""
    lines = built.said.splitlines()
    begins = [lines.index(f"{stage} …") for stage in STAGES]
    ends = [next(n for n, line in enumerate(lines) if re.fullmatch(rf"{stage} … \d+ s", line)) for stage in STAGES]
    in_order = [number for pair in zip(begins, ends, strict=True) for number in pair]
    assert in_order == sorted(in_order)
    trend = re.search(TREND, built.said)
    assert trend is not None
    assert built.said.index("Built in") < min(built.said.index("http://127.0.0.1"), trend.start())
    assert built.said.index("http://127.0.0.1") < built.said.index(CLOSING), (
        "nobody waits for the close of the cycle before"
    )


def test_the_logins_are_the_same_when_it_is_run_again(built: Built, tmp_path: Path) -> None:
    """A line each: role, e-mail, password; kept in a file that its owner alone can read. Nothing is built again, but an older schema migrated."""
    assert [line.split()[0] for line in built.logins] == WORDS
    assert [len(line.split()) for line in built.logins] == [3] * len(WORDS)
    file = built.instance / "logins.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    instance = shutil.copytree(built.instance, tmp_path / "instance")
    command.downgrade(schema._alembic(f"sqlite:///{instance / 'demo.sqlite'}"), "-1")  # noqa: SLF001 - no command of ours goes down
    with running(instance) as process:
        again = logins(process)
    assert again == built.logins
    said = (tmp_path / "said").read_text(encoding="utf-8")
    assert STAGES[0] not in said
    assert CLOSING not in said


def test_whom_it_opened_accounts_for_stands_on_the_trail(built: Built) -> None:
    """With who ran it: an auditor sees where each role came from. The others are invited: they sign, and have no password yet."""
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    with database.read() as connection:
        rows = access.trail_rows(connection, limit=100, only=access.TrailFilter(deeds=[Deed.KEEP_ACCOUNTS]))
        people = len(organisation.directory(connection).employees)
    database.close()
    emails = {line.split()[0]: line.split()[1] for line in built.logins}
    told = {row.subject: json.loads(row.after or "") for row in rows}
    assert {subject: after["roles"] for subject, after in told.items() if "invited" not in after} == {
        f"account:{email}": [SECONDS.get(word, word)] for word, email in emails.items() if word not in FUNCTIONS
    }
    handed = {row.subject for row in rows if json.loads(row.after or "") == {"password": "reset"}}
    assert handed == {f"account:{emails[word]}" for word in FUNCTIONS}
    invited = [after["roles"] for after in told.values() if "invited" in after]
    assert (people * 9 // 10 < len(told) <= people, invited.count(["employee"])) == (True, len(invited) - 1)
    assert {row.who for row in rows} == {who()}


def test_what_is_built_is_what_the_commands_build(built: Built, kopes: Kopes, tmp_path: Path) -> None:
    """The folder as it is exported and the events, by ``migrate``, ``load`` and ``ingest``, end in the same digest, and all totals agree.

    So do the scores of a cycle that nobody has opened there: what waits for signatures or agreement moves nothing. But whose line of the cycle before was put
    right is held to what it was locked with, which goes before the folder's.
    """
    quick, anew = f"sqlite:///{built.instance / 'demo.sqlite'}", f"sqlite:///{tmp_path / 'anew.sqlite'}"
    exported, events = tmp_path / "exported", sorted((built.instance / "demo").glob("events*.ndjson"))
    kopes("folder", "export", exported, database=quick)
    kopes("migrate", database=anew)
    kopes("load", exported, database=anew, definitions=exported / "definitions")
    kopes("ingest", *events, database=anew, definitions=exported / "definitions", status=1)
    assert kopes("digest", database=quick).out == kopes("digest", database=anew).out
    kopes("reconcile", database=quick)
    cycle, database = _cycle_of(built), Database(quick)
    with database.read() as connection:
        only = decisions.DecisionFilter(kinds=frozenset({"override"}), cycle=str(cycle - 1))
        right = decisions.decisions_of(connection, only, visible=lambda _one: True, limit=9)
    database.close()
    put_right = {(one.content["node"], one.content["kpi"]) for one in right}
    opened, never = (json.loads(kopes("score", "--cycle", str(cycle), database=url).out) for url in (quick, anew))
    assert [one["node"] for one in opened] == [one["node"] for one in never]
    differ = [(one, other) for one, other in zip(opened, never, strict=True) if one != other]
    assert {one["node"] for one, _ in differ} <= {node for node, _ in put_right}
    lines = [
        (one["node"], line["kpi"])
        for one, other in differ
        for line, was in zip(one["lines"], other["lines"], strict=True)
        if line != was
    ]
    assert set(lines) <= put_right


def _cycle_of(built: Built) -> int:
    """The cycle under way, which is running."""
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    with database.read() as connection:
        running = [one.cycle for one in cycles.opened_cycles(connection) if one.stage is Stage.RUNNING]
    database.close()
    (cycle,) = running
    return cycle


def test_what_came_after_the_cycle_before_was_certified_is_listed(built: Built) -> None:
    """The figures that were reported too late say whose score they would move."""
    before = _cycle_of(built) - 1
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    with database.read() as connection:
        loaded, certified = scoring.state(connection), scoring.certified_cuts(connection)[before]
        asked = scoring.ScoreQuery(before, loaded.frame.directory.day_of(clock.now()))
        late = cycles.after_close(connection, loaded, certified, asked=asked, after=0, limit=9, now=clock.now())
        card = {
            one.node: one for one in scoring.scorecards(connection, asked, loaded.plan(before).nodes, loaded=loaded)
        }
    database.close()
    moved = {move.node for _, moves in late.events for move in moves}
    assert late.count >= len(late.events) > 1
    assert {node.kind for node in moved} == set(NodeKind), "an office, and its people who share the line"
    assert all(card[node].final_score is not None for node in moved)


def test_the_cycle_before_was_brought_to_its_end_with_something_of_each_kind(built: Built) -> None:
    """A move that lapsed, a grade that is held, objections granted, refused and heard by a committee, a court; each once, wherever it was stopped."""
    before = _cycle_of(built) - 1
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    with database.read() as connection:
        loaded, opened = scoring.state(connection), cycles.opened_cycle(connection, before)
        assert opened is not None
        day = loaded.frame.directory.day_of(clock.now())
        results = cycles.results_as_they_stand(connection, loaded, opened, day=day)
        cases = cycles.Hearings(connection, loaded, opened, day=day).cases()
        only = decisions.DecisionFilter(cycle=str(before))
        made = decisions.decisions_of(connection, only, visible=lambda _one: True, limit=999)
        reviews = [one for some in results.all() for one in results.signed(some.row.employee)]
    database.close()
    assert (opened.stage, opened.round) == (Stage.PAID, 2)
    assert {one.state for one in made} == {DecisionState.APPROVED}
    kinds = Counter(one.kind for one in made)
    assert (
        len({(one.kind, one.reason) for one in made if one.kind != "appoint"}) == sum(kinds.values()) - kinds["appoint"]
    )
    assert kinds >= Counter({"let_lapse": 1, "override": 3, "notify": 3, "lock": 2, "pay_run": 2, "reopen": 1})
    assert sorted((one.state.value, bool(one.objection.votes), bool(one.decisions)) for one in cases) == [
        ("refused", False, False),
        ("refused", True, False),
        ("settled", False, True),
    ]
    granted = next(one.objection.employee for one in cases if one.decisions)
    moved = next(one for one in made if one.objection is not None)
    grades = {effect.node: (effect.before, effect.after) for effect in moved.effects if effect.member == "grade"}
    assert (
        grades[f"employee:{granted}"][0] > grades[f"employee:{granted}"][1] or "S" in grades[f"employee:{granted}"][1]
    )
    assert [one.row.employee for one in results.all() if one.is_held]
    assert all(one.review is not None for one in results.all() if one.is_graded)
    assert len({(one.employee, one.digest, one.person) for one in reviews}) == len(reviews)
    assert [one.agrees for one in reviews].count(False) == 1


def test_the_cycle_before_was_paid_by_what_was_locked_and_both_rounds_are_recomputed(
    built: Built, kopes: Kopes, tmp_path: Path
) -> None:
    """What each was paid is worked out again, from the exported results and the folder alone: under a pool that binds, then one supplement."""
    before, quick = _cycle_of(built) - 1, f"sqlite:///{built.instance / 'demo.sqlite'}"
    locked = []
    for number in ("1", "2"):
        file = tmp_path / f"round-{number}.zip"
        words = kopes("cycle", "export", str(before), file, "--round", number, database=quick).out.split()
        verified = f"verified {before} round {number} {words[-1]}\n"
        assert kopes("cycle", "verify", str(before), "--round", number, database=quick).out == verified
        with ZipFile(file) as content:
            rows = json.loads(content.read("results.json"))["employees"]
            bases = {row["number"]: int(row["monthly_base"]) for row in rows_of(content, "employees.csv")}
            bases |= {row["employee"]: int(row["monthly_base"]) for row in rows_of(content, "employment.csv")}
        graded = {
            row["employee"]: (row["grade"], Fraction(row["rate"] * row["days"], 365)) for row in rows if row["grade"]
        }
        exact = {one: bases[one] * Fraction(80, 100) * part / 100 for one, (_, part) in graded.items()}
        locked.append((exact, {one: grade for one, (grade, _) in graded.items()}))
    database = Database(quick)
    with database.read() as connection:
        first, second = paying.kept_runs(connection, before)
        exported = paying.exported_runs(connection, before)
    database.close()
    assert set(exported) == {1, 2}
    (exact, were), (exact_again, are) = locked
    pool = first.made.institution.pool
    assert pool is not None
    assert pool < sum(exact.values())
    paid = shared_out(exact, pool)
    assert {one.employee: one.amount for one in first.made.items} == paid
    (named,) = (one for one, grade in are.items() if grade != were[one])
    now = paid | {named: int(exact_again[named] * pool / sum(exact.values()))}
    assert {one.employee: one.amount for one in second.made.items} == now
    differences = {one.employee: (one.amount - one.before, one.kind.value) for one in second.made.items}
    assert differences == {one: (now[one] - paid[one], "supplement" if one == named else "none") for one in paid}
    assert sum(paid.values()) + sum(one for one, _ in differences.values()) == second.made.sum == sum(now.values())
    assert now[named] > paid[named]


def test_a_cycle_before_that_was_certified_too_lately_says_that_it_stays_so() -> None:
    """Nobody waits for an end that does not come: the first run says until when, and from that moment on no more."""
    certified = dt.date(2026, 2, 13)
    ends = dt.datetime(2026, 2, 13, 9, tzinfo=dt.UTC) + dt.timedelta(days=LASTS_DAYS)
    year = CycleYear(
        cycle=2025,
        first=dt.date(2025, 1, 1),
        after=dt.date(2026, 1, 1),
        now=ends - dt.timedelta(seconds=1),
        begun=certified,
    )
    waits = ToClose(year, ends).waits
    assert waits is not None
    assert re.findall(r"\d{4}-\d\d-\d\d", waits) == ["2026-02-13", "2026-06-29"]
    assert ToClose(replace(year, now=ends), ends).waits is None


def rows_of(content: ZipFile, name: str) -> list[dict[str, str]]:
    """The rows of a file of the exported folder."""
    return list(csv.DictReader(content.read(f"folder/{name}").decode("utf-8-sig").splitlines()))


def test_somebody_of_each_role_finds_something_to_do_in_the_running_cycle(built: Built) -> None:
    """To sign for the employee, and for the head beside what owes a comment; a decision for whoever approves, who is not the executive; missing signatures for HR."""
    cycle = _cycle_of(built)
    emails = {line.split()[0]: line.split()[1] for line in built.logins}
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    with database.read() as connection:
        loaded = scoring.state(connection)
        day = loaded.frame.directory.day_of(clock.now())
        reads = cycles.OnesReads(connection, loaded, day=day)
        who_is = {word: access.viewer_of(connection, email=email, day=day) for word, email in emails.items()}
        waits = {
            word: [str(one.node) for one in cycles.to_sign(reads, viewer=viewer)]
            for word, viewer in who_is.items()
            if viewer is not None
        }
        head, executive, approver = (who_is[word] for word in ("head", "executive", "approver"))
        assert head is not None
        assert executive is not None
        assert approver is not None
        to_do = cycles.actions_to_do(reads, viewer=head)
        talks = cycles.check_ins_due(reads, viewer=head)
        unsigned = cycles.unsigned_cards(connection, loaded, cycle, day=day)
        only = decisions.DecisionFilter(cycle=str(cycle), state=DecisionState.PROPOSED)
        waiting = decisions.decisions_of(connection, only, visible=lambda _one: True, limit=9)
    database.close()
    assert waits["employee"] == [f"employee:{who_is['employee'].employee}"]  # type: ignore[union-attr]
    assert (len(to_do), bool(talks), bool(unsigned)) == (1, True, True)
    assert [one.kind for one in waiting] == ["override"]
    # One login approves in both cycles, and the executive's has the executive's rights alone.
    assert {one.cycle for one in approver.functions if one.function is CycleFunction.APPROVER} == {cycle - 1, cycle}
    assert approver.roles == {Role.EMPLOYEE}
    assert executive.functions == ()
    assert executive.employee != approver.employee


def test_whoever_calibrators_move_for_a_rule_is_moved_for_a_reason_of_their_own(built: Built) -> None:
    """Several at once, each with the figures that it goes by: nobody reads the same words about two people."""
    cycle = _cycle_of(built) - 1
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    with database.read() as connection:
        loaded = scoring.state(connection)
        day = loaded.frame.directory.day_of(clock.now())
        calibration = cycles.calibration_of(connection, loaded, cycle, NodeKind.EMPLOYEE, today=day)
        places = list(calibration.proposal.standings.by_code.values())[:6]
        grades = [one.grade for one in calibration.policies.grades]
        wanted = [
            WantedMove(calibration.node_of(one), one.grade, to, "next to it")
            for one in places
            for to in grades
            if to != one.grade
        ]
        moved = with_facts(connection, loaded, calibration, wanted[:: len(grades) - 1], day=day)
        steps = cascade.grade_steps(connection)[cycle]
    database.close()
    assert len(moved) == len(places) > 1
    assert len({one.reason for one in moved}) == len(moved)
    for one, place in zip(moved, places, strict=True):
        assert f"{place.entrant.score} points" in one.reason
    reasons = [one.reason for one in steps if one.to is not None]
    assert len(set(reasons)) == len(reasons)


def test_the_desk_has_been_at_work(built: Built, kopes: Kopes) -> None:
    """Files are kept here but three; one set is applied by two people, one waits for the second, one is open; each moves what it says."""
    database = Database(f"sqlite:///{built.instance / 'demo.sqlite'}")
    emails = {line.split()[0]: line.split()[1] for line in built.logins}
    with database.read() as connection:
        masters = intake.masters(connection)
        sets = {one.state: one for one in intake.change_sets(connection, limit=10)}
        applied = decisions.decision(connection, sets[ChangeState.APPLIED].decision or 0)
        today = organisation.directory(connection).day_of(clock.now())
        effects = {
            state: intake.effects_of_change(
                connection,
                intake.check_change(connection, intake.changed_rows(connection, one.id)).judged,  # type: ignore[arg-type]
                cycles=intake.cycles_to_tell(connection, intake.changed_rows(connection, one.id), today=today),
                today=today,
            )
            for state, one in sets.items()
            if state is not ChangeState.APPLIED
        }
    database.close()
    assert {file for file, master in masters.items() if master is Master.FOLDER} == {
        "rates.csv",
        "history.csv",
        "plan.csv",
    }
    assert {*sets} >= {ChangeState.APPLIED, ChangeState.OPEN}
    assert applied is not None
    assert applied.checker is not None
    assert (applied.maker.email, applied.checker.email) == (emails["hr"], emails["second_hr"])
    assert applied.effects
    assert all(effects.values())


def test_it_leaves_as_the_first_of_the_two_that_ended_by_itself(built: Built, eventually: Eventually) -> None:
    """A worker that died takes the server with it, and whoever watches over the command hears of it."""
    with running(built.instance) as process:

        def worker() -> int:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
            return next((int(one) for one in children if b"worker" in Path(f"/proc/{one}/cmdline").read_bytes()), 0)

        os.kill(eventually(worker, seconds=60), signal.SIGKILL)
        assert process.wait(60) == signal.SIGKILL
