"""What a process keeps to itself: the key that signs, and the files that hold other people's data."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import stat
import string
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.kit.settings import Settings
from tests.conftest import ROOT, Eventually, Kopes, NewDatabase, Serve, free_port

STRONG = "Vq0c1m6yUe2b8Xk4Zt7rLw9pHs3dJf5g"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_database_its_log_and_the_rejects_are_their_owners_alone(kopes: Kopes, serve: Serve, tmp_path: Path) -> None:
    """From the moment that they are there, whatever the umask says: they hold scores, pay and the hashes of passwords."""
    folder = tmp_path / "instance"
    url = f"sqlite:///{folder / 'kopes.sqlite'}"
    wrong = tmp_path / "events.ndjson"
    wrong.write_text("{}\n", encoding="utf-8")
    with _umask(0):
        kopes("migrate", database=url)
        assert (_mode(folder), _mode(folder / "kopes.sqlite")) == (0o700, 0o600)
        kopes("ingest", wrong, database=url, status=1)
        serve(url)
        kopes("key", "create", "crm", "--scope", "read", database=url)
    beside = sorted(folder.glob("kopes.sqlite*"))
    assert [_mode(file) for file in beside] == [0o600] * len(beside)
    assert _mode(tmp_path / "events.ndjson.rejected.ndjson") == 0o600


def test_a_database_that_stood_open_is_closed_by_migrating(kopes: Kopes, new_database: NewDatabase) -> None:
    """One that an earlier version made; what lies beside it too."""
    url = new_database("sqlite")
    file = Path(url.removeprefix("sqlite:///"))
    log = file.with_name(file.name + "-wal")
    log.touch()
    for one in (file, log):
        one.chmod(0o644)
    kopes("migrate", database=url)
    assert [_mode(one) for one in (file, log) if one.exists()] == [0o600] * sum(one.exists() for one in (file, log))


def test_rejects_of_an_earlier_run_are_closed_too(kopes: Kopes, new_database: NewDatabase, tmp_path: Path) -> None:
    """A part that was left lying about open is not written into."""
    wrong = tmp_path / "events.ndjson"
    wrong.write_text("{}\n", encoding="utf-8")
    for name in ("events.ndjson.rejected.ndjson", "events.ndjson.rejected.ndjson.part"):
        (tmp_path / name).touch(mode=0o666)
    kopes("ingest", wrong, database=new_database("sqlite"), status=1)
    assert _mode(tmp_path / "events.ndjson.rejected.ndjson") == 0o600


WEAK_KEYS = (
    *(
        "secret",
        "changeme" * 5,
        "x" * 64,
        "0123456789abcdef",
        "abcabcabcabcabcabcabcabcabcabcabcabcabc",
        "0123456789" * 4,
    ),
    *(
        string.ascii_lowercase + string.digits,
        string.ascii_letters,
        "0123456789abcdef" * 4,
        "deadbeef" * 8,
        "qwertyuiopasdfghjklzxcvbnm123456",
    ),
    *(
        "openkopes" * 5,
        "kopes-kopes-kopes-kopes-kopes-kopes",
        "supersecretkeysupersecretkey12345",
        "1q2w3e4r5t6y7u8i9o0p" * 2,
        "aB3$" * 10,
    ),
    *("the quick brown fox jumps over the lazy dog", "동해물과백두산이마르고닳도록하느님이보우하사우리나라만세"),
    "thisisaverylongsecretkeyforproduction",
)


@pytest.mark.parametrize("key", WEAK_KEYS)
def test_a_key_that_can_be_come_upon_is_weak(key: str) -> None:
    """Rows, the alphabet, what repeats itself, known words and lines, however long."""
    assert Settings(secret_key=key).secret_key_is_weak


def test_a_random_key_is_never_weak() -> None:
    """As people make them: by hexadecimal digits, by letters, as a UUID."""
    makers = (
        lambda: secrets.token_hex(16),
        lambda: secrets.token_urlsafe(32),
        lambda: str(uuid.uuid4()),
        lambda: Settings().secret_key,
    )
    made = [make() for make in makers for _ in range(100)]
    assert [key for key in [STRONG, *made] if Settings(secret_key=key).secret_key_is_weak] == []


@pytest.mark.parametrize("key", ["secret", "0123456789" * 4])
@pytest.mark.parametrize("real", [{"KOPES_SECURE_COOKIES": "1"}, {"KOPES_PROXIES": "1"}])
def test_a_key_that_can_be_come_upon_is_refused_where_people_work(
    kopes: Kopes, new_database: NewDatabase, key: str, real: dict[str, str]
) -> None:
    """Wrong usage, said by name and with how to make one; nothing listens."""
    ran = kopes("serve", database=new_database("sqlite"), status=2, SECRET_KEY=key, **real)
    assert "SECRET_KEY" in ran.err
    assert "secrets.token_urlsafe(32)" in ran.err
    assert ran.out == ""


def test_on_a_trial_a_weak_key_is_only_named(serve: Serve, new_database: NewDatabase) -> None:
    """By plain http on one machine nobody is there to come upon it."""
    assert "warning: SECRET_KEY" in serve(new_database("sqlite"), SECRET_KEY="secret").log.read_text("utf-8")
    assert "warning" not in serve(new_database("sqlite"), SECRET_KEY=STRONG).log.read_text("utf-8")


def test_without_a_key_all_processes_of_a_server_know_the_same_cookies(
    kopes: Kopes, new_database: NewDatabase, tmp_path: Path, eventually: Eventually
) -> None:
    """Signed in at one of them, one is signed in at each."""
    url, port = new_database("postgresql"), free_port()
    password = kopes("user", "create", "iris@agency.example", "--role", "admin", database=url).out.strip()
    log = tmp_path / "serve.log"
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}  # noqa: TID251 - handed on to a child
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--bind", f"127.0.0.1:{port}", "--workers", "3"],
            cwd=ROOT,
            env=environment | {"DATABASE_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: _answers(port, "GET", "/healthz")[0] == 200, seconds=60)
        status, cookie = _answers(port, "POST", "/login", email="iris@agency.example", password=password)
        assert status == 303
        assert {_answers(port, "GET", "/accounts", cookie=cookie)[0] for _ in range(24)} == {200}
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int, method: str, path: str, *, cookie: str = "", **form: str) -> tuple[int, str]:
    """What a connection of its own is answered: the status, and the session's cookie where one is set."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Cookie": cookie} if cookie else {}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, body=urlencode(form) if form else None, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except OSError as error:
        return 0, json.dumps(str(error))
    finally:
        connection.close()
    found = [one for one in answer.headers.get_all("Set-Cookie") or () if "kopes_session=" in one]
    return answer.status, found[0].partition(";")[0] if found else ""
