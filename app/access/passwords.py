"""Passwords: hashed with argon2id, compared in constant work, never more at once than the machine can bear.

A newcomer's usual mistake is to hash inside a transaction: it takes a tenth of a second and 64 MiB, and every writer would wait for it.
Nothing here takes a connection.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kit.refusals import at_field
from app.rules.terms import Finding, n_

__all__ = [
    "LENGTH_MAX",
    "LENGTH_MIN",
    "FirstPassword",
    "first_password",
    "hashed_password",
    "password_findings",
    "password_matches",
]

LENGTH_MIN: Final = 10
LENGTH_MAX: Final = 200

_HASHER: Final = PasswordHasher()

# 64 MiB a hash: two at once leave a small machine its memory, and the others queue for a moment.
_AT_ONCE: Final = threading.BoundedSemaphore(2)

# Letters and digits that nobody takes for one another when reading them off a screen.
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"

_NOBODY: str | None = None
_NOBODY_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPassword:
    """A password that we choose: what is printed once, and what is kept."""

    text: str = field(repr=False)
    hashed: str = field(repr=False)


def hashed_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters and a fresh salt."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed.

    Args:
        password_hash: None for an account that is not there. The same work is done, so that time tells nothing.
        password: what was typed.
    """
    against = password_hash if password_hash is not None else _nobody()
    with _AT_ONCE:
        try:
            _HASHER.verify(against, password[: LENGTH_MAX + 1])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def first_password() -> FirstPassword:
    """A password to print once, hashed: 80 bits in four groups that can be typed. Ask for it before a transaction is opened."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    text = "-".join(letters[start : start + 4] for start in range(0, 16, 4))
    return FirstPassword(text=text, hashed=hashed_password(text))


def password_findings(field: str, password: str, *, email: str) -> list[Finding]:
    """What is wrong with a new password: its length, or that anybody would guess it."""
    if len(password) < LENGTH_MIN:
        return [at_field(field, "too_short", n_("Use at least %(least)s characters."), least=LENGTH_MIN)]
    if len(password) > LENGTH_MAX:
        return [at_field(field, "too_long", n_("Use at most %(most)s characters."), most=LENGTH_MAX)]
    plain = password.casefold()
    if email.casefold() in plain or email.partition("@")[0].casefold() == plain or len(set(plain)) < 4:
        return [at_field(field, "guessable", n_("This is too easy to guess. Use several words, without your e-mail."))]
    return []


def _nobody() -> str:
    """A hash that no password has, made once a process."""
    global _NOBODY  # noqa: PLW0603 - a hash takes 0.1 s, so it is made when it is first needed and not on import
    with _NOBODY_LOCK:
        if _NOBODY is None:
            _NOBODY = hashed_password(secrets.token_urlsafe(32))
        return _NOBODY
