"""A process that has read the whole product already: a command or server that is forked from it begins at once.

Reading the product and its libraries takes a processor for a second or two, and the suite needs hundreds of commands and servers. What is asked of the
command line itself (``tests/cli``) is asked of processes of their own, started as a person does: see ``kopes`` there.

Whoever asks sends words, environment and three open files over a socket, and has a socket back by which the process' number and then its status come.
What is forked asks for the processes that it starts likewise (``tests/asking.py``). Do not start a thread here: it would be missing in what is forked.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import flask
import jinja2

from tests import asking
from tests.compiled import Rule

__all__ = ["Forked", "Ready"]

_MESSAGE_BYTES: Final = 200_000
_PROGRAM: Final = """#!/bin/sh
case "$1 $2" in
"-m app") shift 2; exec {python} -I -S {asking} {door} "$@" ;;
*) exec {python} "$@" ;;
esac
"""
"""What a process that was forked takes for Python: of all that it may start, the product alone is asked for."""
_END_SECONDS: Final = 20


@dataclass
class Forked:
    """A process that was forked: what tests ask of a ``subprocess.Popen``."""

    pid: int
    said: socket.socket
    returncode: int | None = field(default=None)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, below zero for the signal that ended it.

        Raises:
            subprocess.TimeoutExpired: it has not ended within so many seconds.
        """
        if self.returncode is None:
            self.said.settimeout(timeout)
            try:
                status = self.said.recv(32)
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from error
            self.said.close()
            self.returncode = int(status)
        return self.returncode

    def poll(self) -> int | None:
        """Its exit status, None as long as it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Tell it something, if it is still there."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


@dataclass
class Ready:
    """The process to fork from, and the way to ask it."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    @classmethod
    def start(cls, root: Path, compiled: str) -> Ready:
        """Start one, which reads the product while others go on; templates that one of the forked processes has compiled are kept in a folder."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.ready", str(its.fileno()), compiled],
                cwd=root,
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
            )
        return cls(process, ours)

    def run(self, words: Sequence[str], *, environment: Mapping[str, str], files: tuple[int, int, int]) -> Forked:
        """``kopes WORDS``, with these for standard input, output and error."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            asked = json.dumps([list(words), dict(environment)]).encode()
            socket.send_fds(self.control, [asked], [*files, its.fileno()])
        return Forked(int(ours.recv(32)), ours)

    def stop(self) -> None:
        """End it, and what is left of all that was forked."""
        self.control.close()
        self.process.wait(_END_SECONDS)


def _fork_for(control: socket.socket, door: socket.socket) -> tuple[list[str], dict[str, str]] | None:
    """Fork for each who asks, and say how it ended; what was asked comes back in the forked process, None where nobody asks any more.

    Args:
        control: by which tests ask.
        door: by which that does which was forked.
    """
    ended, woken = socket.socketpair()
    woken.setblocking(False)
    ended.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: dict[int, socket.socket] = {}
    while True:
        can_be_read, _, _ = select.select([control, door, ended], [], [])
        if ended in can_be_read:
            ended.recv(4096)
            for pid in [*running]:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    with running.pop(pid) as waiting:
                        _say(waiting, os.waitstatus_to_exitcode(status))
        if control in can_be_read:
            message, files, _, _ = socket.recv_fds(control, _MESSAGE_BYTES, 4)
            if not message:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return None
            who = socket.socket(fileno=files.pop())
        elif door in can_be_read:
            who, _ = door.accept()
            message, files, _, _ = socket.recv_fds(who, _MESSAGE_BYTES, 3)
            if not message:  # it was ended before it could ask
                who.close()
                continue
        else:
            continue
        words, environment = json.loads(message)
        pid = os.fork()
        if pid:
            running[pid] = who
            _say(who, pid)
            for file in files:
                os.close(file)
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for one in (control, door, ended, woken, who, *running.values()):
            one.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        return words, environment


def _open_door(folder: Path) -> tuple[Path, socket.socket]:
    """What processes that are forked start in Python's place, and where it asks."""
    program, address = (folder / f"{kind}-{os.getpid()}" for kind in ("python", "door"))
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.bind(str(address))
    door.listen()
    words = {"python": sys.executable, "asking": asking.__file__, "door": str(address)}
    program.write_text(_PROGRAM.format(**{name: shlex.quote(word) for name, word in words.items()}), encoding="utf-8")
    program.chmod(0o755)
    return program, door


def _say(who: socket.socket, number: int) -> None:
    try:
        who.send(str(number).encode())
    except OSError:  # nobody waits for it any more
        return


def _make_an_application() -> None:
    """Have addresses compiled and static files read; no database is opened for it, and nobody is answered."""
    from app.kit.settings import Settings
    from app.web import create_app, site_of

    site_of(create_app(Settings(database_url="sqlite:///nowhere.sqlite", secret_key="the tests' own"))).database.close()


def _end_at_once(work: Callable[[], None]) -> None:
    """Do that, and end as Python does but for taking the product apart, which nobody would see.

    That takes as long as most commands do: each of all that was read is written to, and so copied, as it goes.
    """
    status = 0
    try:
        work()
    except SystemExit as leaving:
        if not isinstance(leaving.code, int | None):
            raise
        status = leaving.code or 0
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - Python's own order
    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def main() -> None:
    """Read the product, then fork; in what is forked, be ``kopes``."""
    from app.cli import HOMES
    from app.cli import main as kopes

    for module in sorted(set(HOMES.values())):
        importlib.import_module(f"app.cli.{module}")
    for late in ("app.web.front", "app.web.pages", "app.worker", "app.demo", "app.exports"):
        importlib.import_module(late)
    flask.Flask.jinja_options = {"bytecode_cache": jinja2.FileSystemBytecodeCache(sys.argv[2])}
    flask.Flask.url_rule_class = Rule
    importlib.import_module("tests.people").hash_cheaply()
    _make_an_application()
    program, door = _open_door(Path(sys.argv[2]))
    gc.collect()
    gc.freeze()
    asked = _fork_for(socket.socket(fileno=int(sys.argv[1])), door)
    if asked is None:
        return
    sys.argv[1:], environment = asked
    sys.executable = str(program)
    os.environ.clear()  # noqa: TID251 - the environment of the command that it becomes
    os.environ.update(environment)  # noqa: TID251
    _end_at_once(kopes)


if __name__ == "__main__":
    main()
