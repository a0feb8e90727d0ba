"""A PostgreSQL cluster for one test process: made by initdb in a temporary folder, gone with the process.

Do not look for a running server: there is none. Each test process has its own cluster, on a Unix socket
only, without fsync; and PostgreSQL refuses to run as root, so root hands it to the user that its package made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

__all__ = ["Cluster", "programs"]

START_SECONDS: Final = 60
STOP_SECONDS: Final = 30


def programs() -> Path:
    """The folder with ``initdb`` and ``postgres``, of the newest version that is installed.

    Raises:
        FileNotFoundError: there is none; the tests that need it fail, since a green run without them would say nothing.
    """
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise FileNotFoundError(
            "PostgreSQL's server is not installed: run `make test`, which installs it, or `sh scripts/system.sh test`"
        )
    return Path(on_path).resolve().parent


@dataclass
class Cluster:
    """A running server and the databases in it."""

    folder: Path
    process: subprocess.Popen[bytes]
    _made: int = field(default=0)

    @classmethod
    def start(cls, more: Mapping[str, str] | None = None) -> Cluster:
        """Make a cluster and wait until it answers.

        Args:
            more: settings of ``postgresql.conf`` beside those of every test.
        """
        folder = Path(tempfile.mkdtemp(prefix="kopes-pg-"))
        as_owner: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            as_owner = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        # Should this process be killed, the kernel tells the server to stop: nothing is left behind.
        run = ["setpriv", *as_owner, "--pdeathsig", "INT"] if sys.platform == "linux" else []
        where, binaries = folder / "cluster", programs()
        made = subprocess.run(
            [
                *run,
                binaries / "initdb",
                "--no-sync",
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "-D",
                where,
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "log_min_messages": "fatal",
            **(more or {}),
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *run,
                    binaries / "postgres",
                    "-F",
                    "-D",
                    where,
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        cluster = cls(folder, process)
        cluster._wait()
        return cluster

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.02)
            else:
                return

    def url(self, name: str) -> str:
        """What ``DATABASE_URL`` says for one of the cluster's databases."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run a statement outside every transaction, on the cluster's own database."""
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template0") -> str:
        """Make a database like ``template`` and return its name.

        By a copy of its files, which takes half as long as one by the log where nothing is kept safe from a power cut.
        """
        self._made += 1
        name = f"kopes_{self._made}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(1)  # "smart": waits for clients that are still connected
            except subprocess.TimeoutExpired:
                self.process.send_signal(2)  # "fast": sends them away
                self.process.wait(STOP_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)
