"""Mail by SMTP: one message at a time, within a time that is known.

Do not trust the library's timeout alone: it is one of each answer, and a server that answers a letter at a time is waited for all day. Whoever
sends must have done, or given up, before another worker takes the message for nobody's.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from app.kit.settings import Smtp

__all__ = ["SEND_SECONDS_MAX", "Mail", "send"]

SEND_SECONDS_MAX: Final = 40
"""So long a message is tried to be handed over once there is a connection: with :data:`_CONNECT_SECONDS` well within an outbox's lease."""

_CONNECT_SECONDS: Final = 5
"""For each address of the server, and for its first word."""

_ANSWER_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message to one person, as plain text and as HTML.

    Attributes:
        key: tells it from others of this sender, each time that it is sent the same.
        language: of its words, by its IETF name.
    """

    to: str
    subject: str
    text: str
    html: str
    language: str
    key: str


def send(mail: Mail, *, smtp: Smtp, sender: str, at: dt.datetime) -> None:
    """Hand a message over to the server.

    Args:
        mail: what.
        smtp: to which server.
        sender: whom it is from.
        at: when.

    Raises:
        OSError: the server is not there, took too long, or refused it (``smtplib.SMTPException`` is one).
    """
    message = _message(mail, sender=sender, at=at)
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_CONNECT_SECONDS, context=context)
        if smtp.tls == "tls"
        else smtplib.SMTP(smtp.host, smtp.port, timeout=_CONNECT_SECONDS)
    )
    with contextlib.closing(server), _no_longer_than(SEND_SECONDS_MAX, server):
        if server.sock is not None:
            server.sock.settimeout(_ANSWER_SECONDS)
        if smtp.tls == "starttls":
            server.starttls(context=context)
        if smtp.user:
            server.login(smtp.user, smtp.password)
        server.send_message(message)
        # It is handed over: whatever goes wrong in saying goodbye must not have it sent again.
        with contextlib.suppress(OSError):
            server.quit()


@contextlib.contextmanager
def _no_longer_than(seconds: float, server: smtplib.SMTP) -> Iterator[None]:
    """Cut the connection after a while, whatever is waited for."""

    def cut() -> None:
        with contextlib.suppress(OSError):
            if server.sock is not None:
                server.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _message(mail: Mail, *, sender: str, at: dt.datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message["Message-ID"] = f"<{mail.key}@{domain}>"
    # Whoever is away answers to no machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    # What is said of the content before goes to its first part.
    message["Content-Language"] = mail.language
    return message
