"""What tests ask for by name: databases of both engines, the command line, running servers, a browser.

Do not skip what the machine lacks. Nothing here skips: a missing PostgreSQL or Chromium is a failure,
since a green run without them would say nothing. Whatever a fixture starts, it ends by its process id.
"""

from __future__ import annotations

import datetime as dt
import gc
import http.client
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import flask
import jinja2
import pytest
import sqlalchemy
from hypothesis import HealthCheck, settings
from jinja2.bccache import Bucket
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from tests.compiled import Rule
from tests.postgresql import Cluster
from tests.ready import Forked, Ready
from tests.soaking import TIMES, examples

ROOT: Final = Path(__file__).resolve().parents[1]
DEFINITIONS: Final = ROOT / "kpi_definitions"
CHROMIUM: Final = "/usr/bin/chromium-headless-shell"

# Tests are never timed: a slow machine is no finding. A plain run tries the same examples each time, so that what it refuses a change for is that
# change's; new ones are for the long run.
settings.register_profile(
    "ci",
    max_examples=examples(100),
    derandomize=TIMES == 1,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ci")


# ------------------------------------------------------------------------------------------------------- the whole session


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Every test opens an application of its own; a template is compiled once a run, and read once a test process."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (bucket.key, bucket.checksum) in self.compiled:
            bucket.code = self.compiled[bucket.key, bucket.checksum]
            return
        super().load_bytecode(bucket)
        if bucket.code is not None:
            self.compiled[bucket.key, bucket.checksum] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key, bucket.checksum] = bucket.code
        super().dump_bytecode(bucket)


COMPILED: Final = "OPENKOPES_TESTS_COMPILED"
"""Names the folder in which the test processes of a run, and all that they start, keep templates compiled."""


def _keep_templates(config: pytest.Config) -> None:
    """Make the folder, if this is the run's first process, and have it removed at the end."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="kopes-templates-")
        config.add_cleanup(folder.cleanup)
        os.environ[COMPILED] = folder.name  # noqa: TID251 - test processes inherit it
    flask.Flask.jinja_options = {"bytecode_cache": _Compiled(os.environ[COMPILED])}  # noqa: TID251


flask.Flask.url_rule_class = Rule


_STATEMENTS: Final = sqlalchemy.util.LRUCache[Any, Any](3000)
"""As a template, so a statement, whatever database of an engine it is sent to: within a test process those differ in their rows alone."""

for _dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
    _dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
    _dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "engine_connect")
def _share_statements(connection: sqlalchemy.Connection) -> None:
    connection.engine._compiled_cache = _STATEMENTS  # noqa: SLF001 - there is no other way to give an engine that exists one


IN_MEMORY: Final = Path("/dev/shm")
IN_MEMORY_BYTES: Final = 3 * 2**30


def _keep_files_in_memory() -> None:
    """Have temporary folders made in memory where there is plenty of it: a thousand databases are copied and removed again, each some hundred files.

    On a disk that takes eight times as long. Whoever names a place for them by TMPDIR finds them there.
    """
    if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > IN_MEMORY_BYTES:  # noqa: TID251
        os.environ["TMPDIR"] = str(IN_MEMORY)  # noqa: TID251 - test processes, servers and browsers inherit it
        tempfile.tempdir = None


def pytest_configure(config: pytest.Config) -> None:
    """Fix hypothesis' seed before its plugin reads it; test processes inherit it. Look for garbage seldom: each time costs what the process is large."""
    gc.set_threshold(20_000, 10, 10)
    _keep_files_in_memory()
    _keep_templates(config)
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(random.SystemRandom().getrandbits(32))


LONG: Final = ("browser", "contract", "reference", "cli", "demo")
"""The folders whose files take longest."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first, so that no test process is left alone with one at the end."""
    folders = config.rootpath / "tests"
    items.sort(
        key=lambda item: LONG.index(name) if (name := item.path.relative_to(folders).parts[0]) in LONG else len(LONG)
    )


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make alone: thousands of tests, their modules and the libraries stay to the end."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    """Say how to see the same examples again."""
    return f"hypothesis: --hypothesis-seed={config.option.hypothesis_seed}"


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse a connection to a stranger: what tests talk to runs here."""
    if event != "socket.connect":
        return
    connecting, address = arguments
    if connecting.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
        raise ConnectionRefusedError(f"tests connect to this machine only, not to {address[0]}")


sys.addaudithook(_only_loopback)


# ----------------------------------------------------------------------------------------------------------------- databases


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """This test process' own PostgreSQL."""
    running = Cluster.start()
    try:
        yield running
    finally:
        running.stop()


class NewDatabase(Protocol):
    """Makes a database with the current schema and no rows, for one engine."""

    def __call__(self, engine: str) -> str:
        """Return its ``DATABASE_URL``; ``engine`` is ``sqlite`` or ``postgresql``."""


@dataclass
class Templates:
    """Databases that others are copies of: a migrated one of each engine, made when first asked for, and what tests prepare themselves."""

    folder: Path
    ask_cluster: Callable[[], Cluster]
    _migrated: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def migrated(self, engine: str) -> str:
        """The address of the one with the current schema and no rows."""
        if engine not in self._migrated:
            from app.kit.schema import migrate

            if engine == "sqlite":
                url = f"sqlite:///{self.folder / 'template.sqlite'}"
            elif engine == "postgresql":
                url = self.ask_cluster().url(self.ask_cluster().create())
            else:
                raise ValueError(engine)
            migrate(url)
            self._migrated[engine] = url
        return self._migrated[engine]

    def kept(self, engine: str, like: str | None = None) -> str:
        """A database that stays to the end of the test process: without rows, or like one that nobody is connected to."""
        template = sqlalchemy.make_url(like or self.migrated(engine)).database or ""
        if engine == "postgresql":
            return self.ask_cluster().url(self.ask_cluster().create(template))
        self._made += 1
        folder = self.folder / str(self._made)
        folder.mkdir()
        for end in ("", "-wal"):
            if Path(template + end).exists():
                shutil.copyfile(template + end, folder / f"kopes.sqlite{end}")
        return f"sqlite:///{folder / 'kopes.sqlite'}"

    @contextmanager
    def copy(self, engine: str, like: str | None = None) -> Iterator[str]:
        """The same, removed at the end of the context."""
        url = self.kept(engine, like)
        name = sqlalchemy.make_url(url).database or ""
        try:
            yield url
        finally:
            if engine == "postgresql":
                self.ask_cluster().drop(name)
            else:
                shutil.rmtree(Path(name).parent, ignore_errors=True)


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """What every database of this test process is a copy of."""

    # The cluster is asked for late, so that a run of tests without PostgreSQL does not start it.
    def ask_cluster() -> Cluster:
        running: Cluster = request.getfixturevalue("cluster")
        return running

    return Templates(tmp_path_factory.mktemp("databases"), ask_cluster)


@pytest.fixture
def new_database(templates: Templates) -> Iterator[NewDatabase]:
    """Makes as many databases as a test wants: ``new_database("sqlite")`` returns an address."""
    with ExitStack() as stack:
        yield lambda engine: stack.enter_context(templates.copy(engine))


@pytest.fixture(scope="module")
def module_database(templates: Templates) -> Iterator[NewDatabase]:
    """As ``new_database``, for what a module's tests share and only read."""
    with ExitStack() as stack:
        yield lambda engine: stack.enter_context(templates.copy(engine))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Either engine: a test that asks for it, or for what stands on it, runs on both."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(engine: str, new_database: NewDatabase) -> str:
    """A database of the test's own, with the current schema and no rows, on each engine in turn."""
    return new_database(engine)


@pytest.fixture
def database(database_url: str) -> Iterator[Any]:
    """The same, opened: an ``app.kit.database.Database``."""
    from app.kit.database import Database

    opened = Database(database_url)
    yield opened
    opened.close()


class CountQueries(Protocol):
    """Lists the statements that are sent to any database."""

    def __call__(self) -> AbstractContextManager[list[str]]:
        """``with count_queries() as sent: …; assert len(sent) <= 8``."""


@pytest.fixture
def count_queries() -> CountQueries:
    """For every page and read: the number of its queries is constant, whatever the size and the history."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            sent.append(statement)

        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)

    return counting


@pytest.fixture
def now() -> dt.datetime:
    """An instant to pass where the edge would ask the clock; nothing is frozen."""
    return dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


class Eventually(Protocol):
    """Waits for what another process brings about."""

    def __call__(self, condition: Callable[[], Any], *, seconds: float = 20) -> Any:
        """Ask again and again until ``condition()`` is true, and return what it gave; fail after ``seconds``."""


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """``eventually(lambda: …)``, in place of a sleep that is too long here and too short elsewhere."""

    def wait(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
        deadline = time.monotonic() + seconds
        while not (outcome := condition()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.02)
        return outcome

    return wait


# ---------------------------------------------------------------------------------------------------------------- processes


def _environment(database_url: str | None, definitions: Path, more: dict[str, str]) -> dict[str, str]:
    """The environment of a child process: this one's, with the three settings of the contract."""
    inherited = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - handed on to a child
        if not name.startswith("KOPES_") and name not in {"DATABASE_URL", "SECRET_KEY"}
    }
    return {
        **inherited,
        "KPI_DEFINITIONS": str(definitions),
        "SECRET_KEY": "the tests' own",
        **({"DATABASE_URL": database_url} if database_url else {}),
        **more,
    }


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str


class Kopes(Protocol):
    """Runs a command as an outsider does."""

    def __call__(
        self,
        *arguments: str | Path,
        database: str | None = None,
        definitions: Path = DEFINITIONS,
        status: int | None = 0,
        **environment: str,
    ) -> Ran:
        """Run ``kopes ARGUMENTS``; ``status`` is the exit status that is expected, None for any."""


@pytest.fixture(scope="session")
def ready() -> Iterator[Ready]:
    """What commands and servers of this test process are forked from."""
    started = Ready.start(ROOT, os.environ[COMPILED])  # noqa: TID251
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def kopes(ready: Ready) -> Kopes:
    """``kopes("load", folder, database=url)``: the command line in a process of its own."""

    def run(
        *arguments: str | Path,
        database: str | None = None,
        definitions: Path = DEFINITIONS,
        status: int | None = 0,
        **environment: str,
    ) -> Ran:
        words = [*map(str, arguments)]
        with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as err:
            with Path(os.devnull).open("rb") as nothing:
                done = ready.run(
                    words,
                    environment=_environment(database, definitions, environment),
                    files=(nothing.fileno(), out.fileno(), err.fileno()),
                ).wait()
            out.seek(0)
            err.seek(0)
            ran = Ran(done, out.read(), err.read())
        assert status is None or ran.status == status, f"kopes {' '.join(words)}: {ran.status}\n{ran.out}\n{ran.err}"
        return ran

    return run


@pytest.fixture(scope="session")
def started_kopes() -> Kopes:
    """The same as a person starts it, for what is asked of the command line itself."""

    def run(
        *arguments: str | Path,
        database: str | None = None,
        definitions: Path = DEFINITIONS,
        status: int | None = 0,
        **environment: str,
    ) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "app", *map(str, arguments)],
            cwd=ROOT,
            env=_environment(database, definitions, environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert status is None or ran.status == status, (
            f"kopes {' '.join(map(str, arguments))}: {ran.status}\n{ran.out}\n{ran.err}"
        )
        return ran

    return run


@dataclass
class Server:
    """A running ``kopes serve``."""

    url: str
    process: subprocess.Popen[bytes] | Forked
    log: Path

    def stop(self) -> int:
        """Ask it to end and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def wait_until_up(self) -> None:
        """Return when ``/healthz`` answers 200."""
        where = urlsplit(self.url)
        deadline = time.monotonic() + 60
        while True:
            connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"kopes serve did not come up:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)


class Serve(Protocol):
    """Starts servers."""

    def __call__(
        self,
        database: str,
        *,
        definitions: Path = DEFINITIONS,
        workers: int = 1,
        under: Sequence[str] = (),
        **environment: str,
    ) -> Server:
        """Start ``kopes serve`` on a free port of this machine, by another command where one is given, and wait until it answers."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def servers(folder: Path, ready: Ready) -> Iterator[Serve]:
    """Starts servers, and ends all of them at the end."""
    running: list[Server] = []

    def start(
        database: str,
        *,
        definitions: Path = DEFINITIONS,
        workers: int = 1,
        under: Sequence[str] = (),
        **environment: str,
    ) -> Server:
        port = free_port()
        log = folder / f"serve-{port}.log"
        words = ["serve", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
        given = _environment(database, definitions, environment)
        process: subprocess.Popen[bytes] | Forked
        with log.open("wb") as out, Path(os.devnull).open("rb") as nothing:
            if workers == 1 and not under:
                files = (nothing.fileno(), out.fileno(), out.fileno())
                process = ready.run(words, environment=given, files=files)
            else:  # one that starts processes itself, or is started by another command
                process = subprocess.Popen(
                    [*under, sys.executable, "-m", "app", *words],
                    cwd=ROOT,
                    env=given,
                    stdin=nothing,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
        server = Server(f"http://127.0.0.1:{port}", process, log)
        running.append(server)
        server.wait_until_up()
        return server

    try:
        yield start
    finally:
        for server in running:
            server.stop()


@pytest.fixture
def serve(tmp_path: Path, ready: Ready) -> Iterator[Serve]:
    """``serve(url)`` starts a server of the test's own; as many as it wants, ended with it."""
    with servers(tmp_path, ready) as start:
        yield start


@pytest.fixture(scope="module")
def module_serve(tmp_path_factory: pytest.TempPathFactory, ready: Ready) -> Iterator[Serve]:
    """As ``serve``, for a server that a module's tests share."""
    with servers(tmp_path_factory.mktemp("servers"), ready) as start:
        yield start


# ------------------------------------------------------------------------------------------------------------------- browser


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How pytest-playwright's ``browser``, ``context`` and ``page`` start the Chromium that is installed."""
    return {
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",  # root cannot have one
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Every context reads English, so that tests find texts; a test of a language sets its own."""
    return {"locale": "en-GB", "timezone_id": "UTC", "viewport": {"width": 1280, "height": 900}}
