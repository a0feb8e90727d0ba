"""A mail server on this machine, for tests of what is mailed: it takes what comes, or does what a test says instead."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.conftest import free_port

__all__ = ["Mailbox", "path_of", "texts_of"]


class Mailbox:
    """``with Mailbox() as mailbox``: what was sent to it stands in ``mails``, in order.

    Attributes:
        answer: what is said of the next messages; None takes them.
        on_taken: called with each message that was taken, before the sender hears of it.
    """

    def __init__(self, **how: Any) -> None:
        """Take how it listens, as ``aiosmtpd.controller.Controller`` does: plainly without."""
        self.mails: list[EmailMessage] = []
        self.answer: str | None = None
        self.on_taken: Callable[[EmailMessage], None] = lambda _mail: None
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), **how)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        """Take a message."""
        if self.answer is not None:
            return self.answer
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        with self._lock:
            self.mails.append(mail)
        self.on_taken(mail)
        return "250 OK"

    @property
    def port(self) -> int:
        """Where it listens."""
        server = self._controller.server
        assert isinstance(server, asyncio.Server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def settings(self, public_url: str = "http://127.0.0.1:1") -> dict[str, str]:
        """The environment of a worker that sends here."""
        return {
            "KOPES_SMTP": f"smtp://127.0.0.1:{self.port}?tls=none",
            "KOPES_MAIL_FROM": "OpenKOPES <kopes@agency.example>",
            "KOPES_PUBLIC_URL": public_url,
        }

    def to(self, address: str) -> list[EmailMessage]:
        """What was sent to somebody."""
        return [one for one in self.mails if one["To"] == address]


def texts_of(mail: EmailMessage) -> tuple[str, str]:
    """A mail's plain text and its HTML."""
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    return plain.get_content(), rich.get_content()


def path_of(mail: EmailMessage) -> str:
    """Where the link of a mail leads, without the server's address: the same in both of its forms."""
    plain, rich = texts_of(mail)
    found = re.search(r"http://[^/\s]+(/set_password/\S+)", plain)
    assert found is not None, plain
    assert f'{found[1]}"' in rich
    return found[1]
