"""What a process that was forked starts in place of ``python -m app``: asks the process that it was forked from for another one, which begins at once too.

Do not import more here, nor anything of ours: it is read each time that something is started.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys

__all__ = ["ask"]

_TOLD = {signal.SIGTERM, signal.SIGINT}
"""What is handed on to the process that was asked for."""


def ask(door: str, words: list[str]) -> int:
    """Be that process, as far as whoever started this one can see: its open files, its end, and what it is told by a signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.connect(door)
        asked = json.dumps([words, dict(os.environ)]).encode()  # noqa: TID251 - handed on
        socket.send_fds(asking, [asked], [0, 1, 2])
        forked = int(asking.recv(32))

        def hand_on(number: int, _frame: object) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(forked, number)

        for number in _TOLD:
            signal.signal(number, hand_on)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        status = int(asking.recv(32))
    if status < 0:
        with contextlib.suppress(OSError):  # nobody may change what that signal does
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
