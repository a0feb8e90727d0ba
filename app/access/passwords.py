"""Passwords: hashed with argon2id, compared in constant work, never more at once than the machine can bear.

A newcomer's usual mistake is to hash inside a transaction: it takes a tenth of a second and 64 MiB, and every writer would wait for it.
Nothing here takes a connection.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kit.background import background_threads
from app.kit.guessing import Guess, estimate, typed_keys
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

_OWN_WORD_MIN: Final = 3

OWN: Final = n_(
    "This has your name, your e-mail or the agency's name in it, and such are tried first: use four words that have nothing to do with you or with each other."
)
AROUND: Final = n_(
    "This is made of words of the agency and its work, and such are tried first: use four words that have nothing to do with your work or with each other."
)
LINE: Final = n_(
    "This is a line or a saying that many know, and such are tried first: use four words that nobody has said together."
)
PATTERN: Final = n_(
    "This is a row of keys, repeated or counted letters, or a date, and such are tried first: use four words that have nothing to do with each other."
)
GUESSABLE: Final = n_(
    "This is a known password, a name, or a word or two, and such are tried first, with a digit or a sign too: use four words that have nothing to do "
    "with each other."
)

_COMMON: Final = """
    openkopes kopes password welcome admin administrator manager login korea hanguk seoul busan corea españa madrid barcelona mexico
    비밀번호 암호 패스워드 관리자 대한민국 한국 안녕하세요 안녕 사랑해 사랑해요 감사합니다 서울 부산 대구 인천 대전 광주 제주도 특별시 서울특별시 광역시 부산광역시 강남구 해운대구 화이팅 파이팅 행복
    contraseña clave teamo tequiero bienvenido bienvenida hola administrador administradora usuario secreto secreta
"""
COMMON_WORDS: Final = tuple(_COMMON.split())
"""Words that are tried early in the languages of the pages."""

_WORK: Final = """
    export exports exporter trade import agency office division branch overseas support center centre consult consulting deal buyer market
    marketing performance evaluation scorecard target grade pay bonus team headquarters promotion investment kotra
    수출 수입 수출입 무역 무역관 무역진흥 해외 해외무역관 해외시장 지원 수출지원 센터 본부 지역본부 지사 사무소 지점 실적 성과 평가 성과평가 성과급 목표 점수 등급
    상담 수출상담 계약 바이어 거래 거래선 시장 개척 시장개척 진흥 공사 투자 유치 투자유치 코트라 직원 팀장 관장 본부장 사장 인사 경영 기획 총무 감사 전략 사업
    exportación exportaciones exportador exportar importación comercio comercial exterior agencia oficina oficinas apoyo centro consulta
    consultas contrato contratos comprador compradores mercado rendimiento evaluación objetivo objetivos puntuación sueldo prima equipo sede
    promoción inversión resultados
"""
WORK_WORDS: Final = tuple(_WORK.split())
"""Words of the agency's work in the languages of the pages: who tries passwords of such an agency begins with them."""

_HASHER: Final = PasswordHasher()

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
        password_hash: None for an account that is not there, empty for one that has no password yet. The same work is done, so that time tells
            nothing.
        password: what was typed.
    """
    against = password_hash or _nobody()
    try:
        _HASHING.submit(_HASHER.verify, against, password[: LENGTH_MAX + 1].encode("utf-8", "surrogatepass")).result()
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


def first_password() -> FirstPassword:
    """A password to print once, hashed: 80 bits in four groups that can be typed. Ask for it before a transaction is opened."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    text = "-".join(letters[start : start + 4] for start in range(0, 16, 4))
    return FirstPassword(text=text, hashed=hashed_password(text))


def password_findings(
    field: str, password: str, *, email: str, others: Iterable[str] = (), around: Iterable[str] = ()
) -> list[Finding]:
    """What is wrong with a new password: its length, or that it would be among the first that somebody tries.

    Passwords that are there are asked for nothing: nobody is locked out by what is known of passwords since.

    Args:
        field: the form's.
        password: as typed.
        email: what its owner signs in with.
        others: names that are close to the owner: their own, the agency's.
        around: names of the agency's units, in any language.
    """
    if len(password) < LENGTH_MIN:
        return [
            at_field(field, "too_short", n_("This is too short: use at least %(least)s characters."), least=LENGTH_MIN)
        ]
    if len(password) > LENGTH_MAX:
        return [at_field(field, "too_long", n_("This is too long: use at most %(most)s characters."), most=LENGTH_MAX)]
    own = _words(email, *others)
    work = [*WORK_WORDS, *_words(*around)]
    rest = _without(password, own)
    if rest is not None and estimate(rest, words=[*COMMON_WORDS, *work]).log10 < _REST_LOG10_MIN:
        return [at_field(field, "own", OWN)]
    guess = estimate(password, words=[*own, *COMMON_WORDS, *work])
    if guess.log10 >= _GUESSES_LOG10_MIN:
        return []
    return [at_field(field, *_why(guess, work))]


def _why(guess: Guess, work: Iterable[str]) -> tuple[str, str]:
    """What is weak in it, as a word for machines and a sentence for its owner: the least that anybody could know by themself goes first."""
    if "line" in guess.patterns:
        return "line", LINE
    if not guess.words.isdisjoint(typed_keys(word).lower() for word in work):
        return "around", AROUND
    if guess.patterns.isdisjoint({"dictionary", "name"}):
        return "pattern", PATTERN
    return "guessable", GUESSABLE


def _without(password: str, own: Iterable[str]) -> str | None:
    """The password without its owner's own words, the longest first, by the keys that it is typed by; None where it has none of them."""
    typed = rest = typed_keys(password).casefold()
    words = {typed_keys(one).casefold() for one in own if len(one) >= _OWN_WORD_MIN}
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return None if rest == typed else rest


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
