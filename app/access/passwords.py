"""Passwords: hashed with argon2id, compared in constant work, never more at once than the machine can bear.

A newcomer's usual mistake is to hash inside a transaction: it takes a tenth of a second and 64 MiB, and every writer would wait for it.
Nothing here takes a connection.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kit.background import background_threads
from app.kit.refusals import at_field
from app.plain.findings import Finding, n_

__all__ = [
    "FIRST_PASSWORD_LIFE",
    "LENGTH_MAX",
    "LENGTH_MIN",
    "FirstPassword",
    "first_password",
    "hashed_password",
    "password_findings",
    "password_matches",
]

FIRST_PASSWORD_LIFE: Final = dt.timedelta(days=7)
"""So long a first password from the accounts' page works, for nothing but its change; a handed-over note that nobody used opens nothing later."""

LENGTH_MIN: Final = 10
LENGTH_MAX: Final = 200

_GUESSES_LOG10_MIN: Final = 9
"""A billion guesses, each of which costs a tenth of a second and 64 MiB here: a year of a machine that does thirty at once."""

_REST_LOG10_MIN: Final = 8
"""What is left of a password without its owner's own words has to be something by itself."""

_GUESSED_LENGTH: Final = 64
_OWN_WORD_MIN: Final = 3

OWN: Final = n_(
    "This has your name, your e-mail or the agency's name in it, and such are tried first: use four words that have nothing to do with you or with each other."
)
PATTERN: Final = n_(
    "This is a row of keys, repeated or counted letters, or a date, and such are tried first: use four words that have nothing to do with each other."
)
GUESSABLE: Final = n_(
    "This is a known password or a single word, and such are tried first, with a digit or a sign too: use four words that have nothing to do with each other."
)

# Korean also as the same keys write it on a Latin keyboard; what the library's lists, made from English passwords, do not know.
_COMMON: Final = """
    openkopes kopes kotra scorecard evaluation performance password agency export admin welcome
    비밀번호 qlalfqjsgh 암호 dkagh 패스워드 votmdnjem 관리자 rhksflwk 대한민국 eogksalsrnr 안녕하세요 dkssudgktpdy
    사랑해 tkfkdgo 사랑해요 tkfkdgody 코트라 zhxmfk 성과급 tjdrhkrmq 서울 tjdnf seoul korea hanguk busan
    contraseña contrasena clave teamo tequiero bienvenido bienvenida hola madrid barcelona corea españa espana mexico
"""
COMMON_WORDS: Final = tuple(_COMMON.split())
"""Words that are tried early in the languages of the pages."""

_LEADING: Final = "r R s e E f a q Q t T d w W c z x v g"
_VOWELS: Final = "k o i O j p u P h hk ho hl y n nj np nl b m ml l"
_TRAILING: Final = "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g"
_KEYS: Final = {
    first + place: keys
    for first, row in ((0x1100, _LEADING), (0x1161, _VOWELS), (0x11A8, _TRAILING))
    for place, keys in enumerate(row.split())
}
"""Letters of Hangul by their code -> the keys that they are typed by on a Korean keyboard: a row of keys is a row of keys in either script."""

_HASHER: Final = PasswordHasher()

_GUESSING: Final = threading.Lock()

# 64 MiB a hash: two at once leave a small machine its memory, and the others queue for a moment.
_HASHING: Final = background_threads(2, name="hashing")

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
    return _HASHING.submit(_HASHER.hash, password.encode("utf-8", "surrogatepass")).result()


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed.

    Args:
        password_hash: None for an account that is not there. The same work is done, so that time tells nothing.
        password: what was typed.
    """
    against = password_hash if password_hash is not None else _nobody()
    try:
        _HASHING.submit(_HASHER.verify, against, password[: LENGTH_MAX + 1].encode("utf-8", "surrogatepass")).result()
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def first_password() -> FirstPassword:
    """A password to print once, hashed: 80 bits in four groups that can be typed. Ask for it before a transaction is opened."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    text = "-".join(letters[start : start + 4] for start in range(0, 16, 4))
    return FirstPassword(text=text, hashed=hashed_password(text))


def password_findings(field: str, password: str, *, email: str, others: Iterable[str] = ()) -> list[Finding]:
    """What is wrong with a new password: its length, or that it would be among the first that somebody tries.

    Args:
        field: the form's.
        password: as typed.
        email: what its owner signs in with.
        others: names that are close to the owner: their own, the agency's.
    """
    if len(password) < LENGTH_MIN:
        return [
            at_field(field, "too_short", n_("This is too short: use at least %(least)s characters."), least=LENGTH_MIN)
        ]
    if len(password) > LENGTH_MAX:
        return [at_field(field, "too_long", n_("This is too long: use at most %(most)s characters."), most=LENGTH_MAX)]
    own = _words(email, *others)
    inputs = [*own, *COMMON_WORDS]
    # The same keys, however they are written, are tried together.
    guess = min(
        (_guess(spelling, inputs) for spelling in {password, _keys(password)}), key=lambda one: one["guesses_log10"]
    )
    rest = _without(password, own)
    if len(rest) < len(password) and (not rest or _guess(rest, [*COMMON_WORDS])["guesses_log10"] < _REST_LOG10_MIN):
        return [at_field(field, "own", OWN)]
    if guess["guesses_log10"] >= _GUESSES_LOG10_MIN:
        return []
    if not {part["pattern"] for part in guess["sequence"]}.isdisjoint(
        {"spatial", "repeat", "sequence", "date", "regex"}
    ):
        return [at_field(field, "pattern", PATTERN)]
    return [at_field(field, "guessable", GUESSABLE)]


def _keys(password: str) -> str:
    """The keys that a password is typed by on a Latin keyboard: Hangul by its letters, other letters without accents and width, nothing for spaces."""
    letters = unicodedata.normalize("NFKD", password)
    return "".join(
        _KEYS.get(ord(letter), letter) for letter in letters if not (letter.isspace() or unicodedata.combining(letter))
    )


def _guess(password: str, inputs: list[str]) -> Mapping[str, Any]:
    """How a password would be guessed: the library's estimate of its beginning, which is enough for one that is long."""
    from zxcvbn import zxcvbn

    # The library keeps the words that it is given in a table of its module.
    with _GUESSING:
        estimate: Mapping[str, Any] = zxcvbn(password[:_GUESSED_LENGTH], user_inputs=inputs)
    return estimate


def _without(password: str, own: Iterable[str]) -> str:
    """The password without its owner's own words, the longest first."""
    rest = password.casefold()
    for word in sorted({one for one in own if len(one) >= _OWN_WORD_MIN}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest


def _words(*texts: str) -> list[str]:
    """Texts and the words in them, as they are and without what stands between."""
    folded = [text.casefold() for text in texts if text]
    parts = [part for text in folded for part in re.findall(r"\w+", text)]
    return [*folded, *("".join(re.findall(r"\w+", text)) for text in folded), *parts]


def _nobody() -> str:
    """A hash that no password has, made once a process."""
    global _NOBODY  # noqa: PLW0603 - a hash takes 0.1 s, so it is made when it is first needed and not on import
    with _NOBODY_LOCK:
        if _NOBODY is None:
            _NOBODY = hashed_password(secrets.token_urlsafe(32))
        return _NOBODY
