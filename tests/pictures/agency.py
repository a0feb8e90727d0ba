"""A demonstration agency of one's own, built anew by `kopes run` and served on a free port of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.states import ROLES
from tests.conftest import ROOT, Server, free_port

__all__ = ["served_agency"]


@contextmanager
def served_agency(*size: str) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """The agency's address and its logins by role, while it is served.

    Args:
        size: arguments of ``kopes run`` that say how large it is.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            serving = subprocess.Popen(
                [sys.executable, "-m", "app", "run", "--port", str(port), *size, "--instance", f"{folder}/instance"],
                cwd=ROOT,
                env=os.environ | {"KOPES_DEVELOPMENT": "1"},
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        try:
            logins = dict(_logins(serving, log))
            server = Server(f"http://127.0.0.1:{port}", serving, log)
            server.wait_until_up()
            _close(Path(folder) / "instance")
            yield server.url, logins
        finally:
            os.killpg(serving.pid, signal.SIGTERM)
            serving.wait(30)


def _close(instance: Path) -> None:
    """Return once the cycle before has come to its end: no page becomes another while it is looked at."""
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{instance / 'demo.sqlite'}"}
    subprocess.run([sys.executable, "-m", "app", "close-demo", str(instance)], cwd=ROOT, env=environment, check=True)


def _logins(serving: subprocess.Popen[bytes], log: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """What is printed before the agency is served: role, e-mail, password; others' logins stand between those of the roles."""
    assert serving.stdout is not None
    missing = set(ROLES)
    while missing:
        words = serving.stdout.readline().decode().split()
        if len(words) != 3:
            raise RuntimeError(f"the agency was not built:\n{log.read_text(encoding='utf-8')}")
        missing.discard(words[0])
        yield words[0], (words[1], words[2])
