"""``make pictures`` and ``make axe``: every page that each role is led to, in three languages and themes, on a phone and on a desk.

A small demonstration agency is built anew and served on loopback; pictures and their ``index.html`` go to ``build/pictures``. With ``--axe``
each state is looked at by axe, and any finding is a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.browser.states import LOCALES, ROLES, THEMES, WIDTHS
from tests.conftest import CHROMIUM, ROOT, Server, free_port
from tests.pictures.index import write_index
from tests.pictures.walk import VISITOR, Looked, Walk

FOLDER: Final = ROOT / "build" / "pictures"
SIZE: Final = ("--people", "130", "--scale", "0.03")
"""Of the agency: enough for every kind of page to have something to show."""


def main() -> int:
    """Build, serve, look, write down, end what was served."""
    chosen = _arguments()
    began = time.monotonic()
    roles = tuple(chosen.role or (VISITOR, *ROLES))
    folder = None if chosen.no_pictures else FOLDER
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        for role in roles:
            (folder / role).mkdir(parents=True)
    with _agency() as (url, logins):
        walk = Walk(
            url,
            folder,
            axe=chosen.axe,
            turns=chosen.turns,
            languages=tuple(chosen.language or LOCALES),
            themes=tuple(chosen.theme or THEMES),
            widths=tuple(chosen.width or WIDTHS),
            only=chosen.page,
        )
        with ProcessPoolExecutor(chosen.jobs) as pool:
            waiting = [pool.submit(_walk, walk, role, logins.get(role)) for role in roles]
            looked = [one for done in waiting for one in done.result()]
    if folder is not None:
        print(f"{len(looked)} pictures: {write_index(folder, looked)}")
    findings = sorted({f"{one.state}: {finding}" for one in looked for finding in one.findings})
    if chosen.axe:
        print(*findings, f"axe: {len(looked)} states, {len(findings)} findings", sep="\n")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if findings or not looked else 0


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    reader.add_argument("--role", choices=(VISITOR, *ROLES), action="append")
    reader.add_argument("--page", default="", help="a part of the names of the pages that are looked at")
    reader.add_argument("--language", choices=list(LOCALES), action="append")
    reader.add_argument("--theme", choices=THEMES, action="append")
    reader.add_argument("--width", type=int, choices=WIDTHS, action="append")
    reader.add_argument("--axe", action="store_true", help="let axe look too")
    reader.add_argument("--no-pictures", action="store_true", help="let axe alone look")
    reader.add_argument("--turns", action="store_true", help="each page in one language, which take turns")
    reader.add_argument("--jobs", type=int, default=os.cpu_count(), help="browsers at once")
    return reader.parse_args()


def _walk(walk: Walk, role: str, login: tuple[str, str] | None) -> list[Looked]:
    """One role's walk, in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        began = time.monotonic()
        looked = list(walk.of(browser, role, login))
        pages = {one.state.page for one in looked}
        print(f"{role}: {len(pages)} pages in {len(looked)} states, {time.monotonic() - began:.0f} s", flush=True)
        browser.close()
    return looked


@contextmanager
def _agency() -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """The small agency's address and its logins by role, while it is served."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            serving = subprocess.Popen(
                [sys.executable, "-m", "app", "run", "--port", str(port), *SIZE, "--instance", f"{folder}/instance"],
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
            yield server.url, logins
        finally:
            os.killpg(serving.pid, signal.SIGTERM)
            serving.wait(30)


def _logins(serving: subprocess.Popen[bytes], log: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """What is printed before the agency is served: role, e-mail, password."""
    assert serving.stdout is not None
    for _ in ROLES:
        words = serving.stdout.readline().decode().split()
        if len(words) != 3:
            raise RuntimeError(f"the agency was not built:\n{log.read_text(encoding='utf-8')}")
        yield words[0], (words[1], words[2])


if __name__ == "__main__":
    sys.exit(main())
