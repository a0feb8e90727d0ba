"""What a process is told from outside, read once: the only reader of the environment.

Do not read a variable where it is needed; a setting that is not a field here does not exist.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from app.kit import clock

__all__ = ["ROOT", "SECRET_KEY_LENGTH_MIN", "Settings", "Smtp", "environment_with"]

SECRET_KEY_LENGTH_MIN: Final = 32
"""Characters of a key that nobody tries out."""

_SECRET_KEY_LOG10_MIN: Final = 22
"""As many digits of guesses: what 32 random hexadecimal digits have and no sentence of a few words has. Whoever has seen a signed cookie tries them on machines of their own, and waits for nobody."""

_PERIOD_MAX: Final = 1440

_UTC: Final = ZoneInfo("UTC")

_SECRET_KEY_WORDS: Final = ("secret", "changeme", "change-me", "change_me", "replace", "example", "password", "default")
"""What stands in other people's examples: a key that begins so was copied."""

ROOT: Final = Path(__file__).resolve().parents[2]
"""The folder that holds ``templates/``, ``migrations/`` and ``kpi_definitions/``."""


class _DrawnKey(str):
    """A key that nobody gave."""

    __slots__ = ()


_TLS: Final = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The server that takes our mail: ``smtp://[user:password@]host:port[?tls=starttls|tls|none]``.

    Attributes:
        tls: ``starttls`` (what is said before the password is enciphered first), ``tls`` (from the first byte on) or ``none``.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "starttls"

    @classmethod
    def parse(cls, text: str) -> Smtp:
        """Read the address.

        Raises:
            ValueError: it is none; its text, which may hold a password, is not repeated.
        """
        message = "KOPES_SMTP: smtp://[user:password@]host:port[?tls=starttls|tls|none] was expected"
        parts = urlsplit(text.strip())
        try:
            port = parts.port
            asked = parse_qs(parts.query, strict_parsing=True, keep_blank_values=True) if parts.query else {}
        except ValueError:
            raise ValueError(message) from None
        tls = asked.pop("tls", ["starttls"])
        known = parts.scheme == "smtp" and parts.hostname and port and tls[0] in _TLS and len(tls) == 1
        if not known or asked or parts.path not in {"", "/"} or parts.fragment:
            raise ValueError(message)
        return cls(
            host=parts.hostname or "",
            port=port or 0,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls[0],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting there is, with its default.

    Attributes:
        database_url: ``DATABASE_URL``: ``sqlite:///…`` or ``postgresql+psycopg://…``.
        kpi_definitions: ``KPI_DEFINITIONS``: the folder of goals, policies and KPIs that ``kopes load`` takes.
        secret_key: ``SECRET_KEY``: signs cookies and forms. Without one a random key holds for this process alone.
        secure_cookies: ``KOPES_SECURE_COOKIES``: ``1`` behind https, so that cookies never travel in the clear.
        sign_in_attempts: ``KOPES_SIGN_IN_ATTEMPTS``: failed sign-ins of one account in 15 minutes before it must wait;
            an address may fail five times as often, and show as many unknown API keys.
        session_idle: ``KOPES_SESSION_IDLE_MINUTES``: a session in which nothing was asked for so long has ended.
        session_life: ``KOPES_SESSION_HOURS``: and any has, so long after it was begun.
        proxies: ``KOPES_PROXIES``: how many reverse proxies stand before the server and set ``X-Forwarded-For`` and
            ``X-Forwarded-Proto``; the host is the one that the request names, which they hand on.
        timezone: ``KOPES_TIMEZONE``: in which pages write instants, by its IANA name; days that rules go by are not moved by it.
        clock_ahead: ``KOPES_NOW``: an instant (RFC 3339) that server, worker and commands take for the present when they start, and from which
            they run on; kept as how far that is from the system's clock. Refused with secure cookies: it is for trials.
        smtp: ``KOPES_SMTP``: the server that takes mail, ``smtp://[user:password@]host:port[?tls=starttls|tls|none]``.
        mail_from: ``KOPES_MAIL_FROM``: who mails are from, ``kopes@agency.example`` or ``OpenKOPES <kopes@agency.example>``.
        public_url: ``KOPES_PUBLIC_URL``: where people open the pages, ``https://kopes.agency.example``: links in mails begin so. Without one of
            these three mails stay held.
        development: ``KOPES_DEVELOPMENT``: ``1`` for the page ``/design``, which shows every component in each of its states.
    """

    database_url: str = field(default_factory=lambda: f"sqlite:///{ROOT / 'instance' / 'kopes.sqlite'}")
    kpi_definitions: Path = ROOT / "kpi_definitions"
    secret_key: str = field(default_factory=lambda: _DrawnKey(secrets.token_urlsafe(32)), repr=False)
    secure_cookies: bool = False
    sign_in_attempts: int = 10
    session_idle: dt.timedelta = dt.timedelta(minutes=30)
    session_life: dt.timedelta = dt.timedelta(hours=12)
    proxies: int = 0
    timezone: ZoneInfo = _UTC
    clock_ahead: dt.timedelta = dt.timedelta(0)
    smtp: Smtp | None = None
    mail_from: str | None = None
    public_url: str | None = None
    development: bool = False

    @property
    def secret_key_is_weak(self) -> bool:
        """Whether somebody could come upon the key by trying: it is short, of what people think of first (rows, repeated or known words), or out of an example."""
        key = self.secret_key
        if len(key) < SECRET_KEY_LENGTH_MIN or key.casefold().startswith(_SECRET_KEY_WORDS):
            return True
        # Only who serves asks: every command reads the settings, and the lists take a while to be read.
        from app.kit.guessing import estimate

        return estimate(key, words=_SECRET_KEY_WORDS).log10 < _SECRET_KEY_LOG10_MIN

    @property
    def secret_key_is_given(self) -> bool:
        """Whether there was a ``SECRET_KEY``, which other processes have too; else it was drawn for this one."""
        return not isinstance(self.secret_key, _DrawnKey)

    @property
    def sends_mail(self) -> bool:
        """Whether all is known that it takes to send mail."""
        return self.smtp is not None and self.mail_from is not None and self.public_url is not None

    @property
    def for_real(self) -> bool:
        """Whether people work by it from elsewhere: behind https or a proxy. Else it is a trial on one machine."""
        return self.secure_cookies or self.proxies > 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from environment variables; what is not set keeps its default.

        Raises:
            ValueError: a number, a time zone or an address is not one; the message names the variable.
        """
        env = os.environ if environment is None else environment
        given: dict[str, object] = {}
        if url := env.get("DATABASE_URL"):
            given["database_url"] = url
        if folder := env.get("KPI_DEFINITIONS"):
            given["kpi_definitions"] = Path(folder)
        if key := env.get("SECRET_KEY"):
            given["secret_key"] = key
        given["secure_cookies"] = env.get("KOPES_SECURE_COOKIES", "") == "1"
        given["development"] = env.get("KOPES_DEVELOPMENT", "") == "1"
        for name, variable in (("sign_in_attempts", "KOPES_SIGN_IN_ATTEMPTS"), ("proxies", "KOPES_PROXIES")):
            if (number := _number(env, variable)) is not None:
                given[name] = number
        for name, variable, unit in (
            ("session_idle", "KOPES_SESSION_IDLE_MINUTES", dt.timedelta(minutes=1)),
            ("session_life", "KOPES_SESSION_HOURS", dt.timedelta(hours=1)),
        ):
            if (number := _number(env, variable)) is not None:
                given[name] = _period(variable, number, unit)
        if present := env.get("KOPES_NOW"):
            given["clock_ahead"] = _ahead("KOPES_NOW", present)
            if given["secure_cookies"]:
                message = "KOPES_NOW is for trials: with KOPES_SECURE_COOKIES=1 nothing starts"
                raise ValueError(message)
        for name, variable, read in (
            ("smtp", "KOPES_SMTP", Smtp.parse),
            ("mail_from", "KOPES_MAIL_FROM", _sender),
            ("public_url", "KOPES_PUBLIC_URL", _public_url),
        ):
            if text := env.get(variable):
                given[name] = read(text)
        if zone := env.get("KOPES_TIMEZONE"):
            given["timezone"] = _timezone("KOPES_TIMEZONE", zone)
        return cls(**given)  # type: ignore[arg-type]


def _number(environment: Mapping[str, str], variable: str) -> int | None:
    text = environment.get(variable)
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        message = f"{variable}: a whole number was expected, not {text!r}"
        raise ValueError(message)
    return int(text)


def _period(variable: str, number: int, unit: dt.timedelta) -> dt.timedelta:
    if not 1 <= number <= _PERIOD_MAX:
        message = f"{variable}: 1 to {_PERIOD_MAX} was expected, not {number}"
        raise ValueError(message)
    return number * unit


def _ahead(variable: str, text: str) -> dt.timedelta:
    present = None
    with contextlib.suppress(ValueError):
        present = dt.datetime.fromisoformat(text)
    if present is None or present.tzinfo is None or "T" not in text.upper():
        message = f"{variable}: an instant with its offset was expected, such as 2027-01-04T09:00:00Z, not {text!r}"
        raise ValueError(message)
    return clock.ahead(present)


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    try:
        return str(Address(display_name=name, addr_spec=address)) if "@" in address else _refuse_sender(text)
    except (ValueError, IndexError, LookupError):
        return _refuse_sender(text)


def _refuse_sender(text: str) -> NoReturn:
    message = f"KOPES_MAIL_FROM: an e-mail address was expected, such as OpenKOPES <kopes@agency.example>, not {text!r}"
    raise ValueError(message)


def _public_url(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        message = f"KOPES_PUBLIC_URL: an address was expected, such as https://kopes.agency.example, not {text!r}"
        raise ValueError(message)
    return text.strip().rstrip("/")


def _timezone(variable: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # A name that is a folder, or that leads out of the zones' own, is an OSError or a ValueError.
    except (KeyError, OSError, ValueError):
        message = f"{variable}: the name of a time zone was expected, such as Asia/Seoul, not {name!r}"
        raise ValueError(message) from None


def environment_with(**more: str) -> dict[str, str]:
    """The environment of a process that this one starts: its own, with some values in place of those that it was given."""
    return {**os.environ, **more}
