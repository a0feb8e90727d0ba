"""Files that are made in the background: asked for, made whole or not at all, kept for their maker alone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from app import access
from app.kit import clock
from app.kit.refusals import Conflict
from app.kit.settings import Settings
from app.rules.permissions import Deed
from app.rules.terms import Role
from app.web.files.board_book import MadeContent
from app.web.files.made_kinds import KINDS
from app.web.making import Maker
from tests.web.working import NOW, Working

ASK = {"kind": "board_book", "cycle": "2026", "basis": "final", "language": "en"}
WHOLE = MadeContent(content=b"%PDF whole", filename="board-book.pdf", media_type="application/pdf")


def maker(working: Working, make=lambda context, parameters, step: WHOLE) -> Maker:
    """One whose books are made by a function."""
    kinds = {"board_book": replace(KINDS["board_book"], make=make)}
    settings = Settings(database_url="", secret_key="the tests' own")
    return Maker(working.database, settings, name="one", say=lambda line: None, kinds=kinds)


def files_of(working: Working, name: str) -> list[access.MadeFile]:
    """Somebody's files, by the system's clock, by which they are made."""
    with working.database.read() as connection:
        account = access.account_of(connection, email=f"{name}@agency.example")
        assert account is not None
        return access.made_files(connection, account_id=account.id, now=NOW)


def readings(working: Working) -> list[str]:
    """What of the trail is about files."""
    return [row.after or "" for row in working.trail() if row.deed == Deed.KEEP_MADE_FILES]


def test_who_may_see_the_agency_or_keeps_its_cycles_has_a_book_made_and_nobody_else(working: Working) -> None:
    """Executive, hr and auditor; to everybody else the kind is not there. One is made for its maker alone, hr included."""
    for name in ("alba", "boram", "hana", "iris"):
        assert getattr(working, name).post("/my/files", ASK).status_code == 404
        assert "Board book" not in getattr(working, name).client.get("/my/files").text
    for name in ("ferran", "dana", "emil"):
        assert getattr(working, name).post("/my/files", ASK).status_code == 303
    maker(working).make_all()
    (mine,) = files_of(working, "ferran")
    assert (mine.state, mine.size) == ("made", len(WHOLE.content))
    for name in ("dana", "emil", "alba", "iris"):
        for deed in ("download", "delete"):
            assert getattr(working, name).post(f"/my/files/{mine.id}/{deed}", {}).status_code == 404
    answer = working.ferran.post(f"/my/files/{mine.id}/download", {})
    assert (answer.data, answer.headers["Content-Type"]) == (WHOLE.content, "application/pdf")
    assert answer.headers["Repr-Digest"].startswith("sha-256=:")
    taken = readings(working)[0]
    assert (mine.sha256 or "?") in taken
    with working.database.read() as connection:
        row = connection.exec_driver_sql("SELECT who, what FROM reading_log ORDER BY id DESC LIMIT 1").one()
    assert tuple(row) == ("account:ferran@agency.example", "board_book")
    assert working.ferran.post(f"/my/files/{mine.id}/delete", {}).status_code == 303
    assert working.ferran.post(f"/my/files/{mine.id}/download", {}).status_code == 404


def test_what_waits_is_not_asked_for_twice_and_nobody_has_more_than_a_few_waiting(working: Working) -> None:
    """The same parameters are the same file while it waits; a fourth one waits for the others; a cycle or day that is not there is refused."""
    for _ in range(2):
        assert working.ferran.post("/my/files", ASK).status_code == 303
    assert len(files_of(working, "ferran")) == 1
    assert working.ferran.post("/my/files", ASK | {"language": "ko"}).status_code == 303
    assert working.ferran.post("/my/files", ASK | {"basis": "provisional"}).status_code == 303
    refused = working.ferran.post("/my/files", ASK | {"as_of": "2026-03-01"})
    assert (refused.status_code, "still being made" in refused.text) == (409, True)
    assert working.ferran.post("/my/files", ASK | {"cycle": "1999"}).status_code == 404
    assert working.ferran.post("/my/files", ASK | {"as_of": "2030-01-01"}).status_code == 422
    assert working.ferran.post("/my/files", ASK | {"kind": "pay"}).status_code == 422
    page = working.ferran.client.get("/my/files?part=1").text
    assert re.search(r'data-waiting="3"', page)
    with working.database.write(Deed.KEEP_MADE_FILES) as connection:
        while (taken := access.take_file(connection, maker="two", kinds=KINDS, at=clock.now())) is not None:
            access.fail_file(connection, taken, error="failed", at=clock.now())
        for number in range(3, access.FILES_KEPT_MAX):
            asked(connection, number)
            taken = access.take_file(connection, maker="two", kinds=KINDS, at=clock.now())
            assert taken is not None
            access.fail_file(connection, taken, error="failed", at=clock.now())
        with pytest.raises(Conflict):
            asked(connection, access.FILES_KEPT_MAX)


def asked(connection, number: int) -> None:
    """One more file of whoever has some."""
    account_id = int(connection.exec_driver_sql("SELECT max(account_id) FROM made_file").scalar_one())
    what = {"kind": "board_book", "parameters": {"cycle": number}, "language": "en", "now": NOW}
    access.ask_for_file(connection, account_id=account_id, **what)


def test_a_book_that_breaks_midway_is_an_error_and_not_half_a_file(working: Working) -> None:
    """What goes wrong is told with the file, has no bytes, and may be asked for again; whoever lost the right meanwhile gets none."""

    def breaks(context, parameters, step):
        step(2, 5)
        raise OSError

    assert working.ferran.post("/my/files", ASK).status_code == 303
    maker(working, breaks).make_all()
    (broken,) = files_of(working, "ferran")
    assert (broken.state, broken.error, broken.size, broken.sha256) == ("failed", "failed", None, None)
    assert "could not be made" in working.ferran.client.get("/my/files").text
    assert working.ferran.post(f"/my/files/{broken.id}/download", {}).status_code == 404

    assert working.ferran.post("/my/files", ASK).status_code == 303
    maker(working).make_all()
    assert working.ferran.post("/my/files", ASK).status_code == 303
    whole = next(one for one in files_of(working, "ferran") if one.state == "made")
    with working.database.write(Deed.KEEP_ACCOUNTS) as connection:
        account = access.account_of(connection, email="ferran@agency.example")
        assert account is not None
        access.change_account(connection, account_id=account.id, roles=[Role.MEMBER], employee=None, now=NOW)
    maker(working).make_all()
    assert files_of(working, "ferran")[0].error == "right"
    assert working.ferran.post(f"/my/files/{whole.id}/download", {}).status_code in {303, 404}


def test_a_file_whose_maker_is_gone_is_taken_up_again_and_then_is_an_error(working: Working) -> None:
    """Three times, each after the lease; whose maker comes back late keeps nothing; what was let go is not kept; all go after thirty days."""
    working.ferran.post("/my/files", ASK)
    at = NOW

    def write(work):
        return working.database.writing(Deed.RUN_JOB, work)

    def take(name):
        return write(lambda connection: access.take_file(connection, maker=name, kinds=KINDS, at=at))

    first = take("one")
    assert write(lambda connection: access.step_file(connection, first, step=1, steps=5, at=at))
    assert take("two") is None
    for name in ("two", "three"):
        at += dt.timedelta(minutes=4)
        assert take(name) is not None
    kept = {"content": b"late", "filename": "late.pdf", "media_type": "application/pdf", "at": at}
    assert not write(lambda connection: access.finish_file(connection, first, **kept))
    assert not write(lambda connection: access.step_file(connection, first, step=2, steps=5, at=at))
    at += dt.timedelta(minutes=4)
    assert take("four") is None
    (stopped,) = files_of(working, "ferran")
    assert (stopped.state, stopped.error) == ("failed", "stopped")

    working.ferran.post("/my/files", ASK)
    again = take("five")
    large = kept | {"content": b"x" * 20_000_001}
    assert not write(lambda connection: access.finish_file(connection, again, **large))
    assert files_of(working, "ferran")[0].error == "too_large"
    at += access.FILES_KEPT
    assert write(lambda connection: access.forget_made_files(connection, now=at)) == 2
    assert files_of(working, "ferran") == []
