"""How many tries it takes to come upon a text that somebody chose: what guessers try first, in the languages of the pages.

zxcvbn knows English and rows of keys. What is added: frequent words of Korean and Spanish, what people recite, days as they are written, and that
a text in Hangul and the keys it is typed by are one. Everything is compared as its keys, so that a list serves both ways of typing it.
Do not take zxcvbn's own total: it asks ten thousand tries of each piece that a text consists of, so that four words of the office would be safe.
"""

from __future__ import annotations

import functools
import math
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from app.kit.guessed_lines import LINES, RECITED

__all__ = ["Guess", "estimate", "typed_keys"]

LENGTH_MAX: Final = 64
"""So many keys are looked at: who needs more of them has chosen well, or begins with what is known."""

_LEADING: Final = "r R s e E f a q Q t T d w W c z x v g"
_VOWELS: Final = "k o i O j p u P h hk ho hl y n nj np nl b m ml l"
_TRAILING: Final = "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g"
_KEYS: Final = {
    first + place: keys.lower()
    for first, row in ((0x1100, _LEADING), (0x1161, _VOWELS), (0x11A8, _TRAILING))
    for place, keys in enumerate(row.split())
}
"""Letters of Hangul by their code -> the keys that they are typed by on a Korean keyboard; which of them are shifted, a guesser tries anyway."""

_WORDS_MAX: Final = 100_000
_SYLLABLES_MIN: Final = 2
_LETTERS_MIN: Final = 4

_READINGS_MAX: Final = 48
"""Ways in which signs for letters are read."""

_PIECE_MIN: Final = 5
"""Keys of a line's or row's piece that make it one."""

_LINE_GUESSES: Final = 20_000
"""Places where a line or row can be entered and left."""

_DAY_GUESSES: Final = 366 * 120
"""Days of a life, however they are written."""

_YEAR_GUESSES: Final = 60
"""Years that mean something to somebody."""

_SUFFIX_GUESSES: Final = 30
"""What is put behind a word where a digit or a sign is asked for."""

_NAME_GUESSES: Final = 100_000
"""Names of people: some twenty surnames before two of some seventy syllables."""

_SURNAMES: Final = "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모"
_GIVEN_SYLLABLES: Final = "민서준지현수영희정은경선미진철호성재우연윤하예유나아도주원빈태훈석동건상용규승혁기창광종병명순자숙옥복길남대일환찬혜소다솔슬람라린채인율신"
_ENDINGS: Final = (
    *(
        "하세요",
        "합니다",
        "입니다",
        "습니다",
        "해요",
        "하다",
        "하자",
        "하는",
        "하기",
        "되세요",
        "이다",
        "이에요",
        "예요",
        "님",
        "씨",
        "아",
        "야",
    ),
    *(
        "이",
        "가",
        "을",
        "를",
        "은",
        "는",
        "의",
        "에",
        "에서",
        "으로",
        "로",
        "와",
        "과",
        "도",
        "만",
        "들",
        "네",
        "요",
        "다",
        "고",
    ),
    *(
        "관",
        "원",
        "장",
        "사",
        "부",
        "팀",
        "실",
        "국",
        "처",
        "시",
        "구",
        "동",
        "군",
        "면",
        "읍",
        "역",
        "소",
        "입",
        "품",
        "짱",
    ),
)
"""What is put behind a word of Korean, which is tried with the word."""

_ENDING_GUESSES: Final = 20
"""Of them, those that go with a word."""

_MONTHS: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How a text would be come upon.

    Attributes:
        log10: of the number of tries.
        patterns: how its pieces are called by zxcvbn: ``dictionary``, ``spatial``, ``repeat``, ``sequence``, ``regex``, ``date``, ``bruteforce``; by us
            ``recited``, ``line``, ``name``, ``year`` and ``suffix``.
        words: those of the given ones that it is made of.
    """

    log10: float
    patterns: frozenset[str]
    words: frozenset[str]


def typed_keys(text: str) -> str:
    """The keys that a text is typed by on a Latin keyboard: Hangul by its letters, other letters without accents and width, nothing for spaces."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(
        _KEYS.get(ord(letter), letter) for letter in letters if not (letter.isspace() or unicodedata.combining(letter))
    )


def estimate(text: str, *, words: Iterable[str] = ()) -> Guess:
    """How many tries it takes, by whoever knows the words too.

    Args:
        text: its beginning is looked at.
        words: in any letters, the most likely first.
    """
    known = dict.fromkeys(keys for word in words if len(keys := typed_keys(word).lower()) > 1)
    # A word of a given one's letters is that word, however it is written.
    spellings = {typed_keys(text)[:LENGTH_MAX], *((text[:LENGTH_MAX],) if text.isascii() else ())}
    with _GUESSING:
        guesses = [_estimated(spelling, list(known)) for spelling in spellings]
    return min(guesses, key=lambda guess: guess.log10)


_GUESSING: Final = threading.Lock()
"""The library keeps the words that it is given in a table of its module."""


def _estimated(text: str, words: list[str]) -> Guess:
    from zxcvbn import matching, scoring

    if not text:
        return Guess(log10=0.0, patterns=frozenset(), words=frozenset())
    tables = matching.RANKED_DICTIONARIES
    if _OURS not in tables:
        merged: dict[str, int] = {}
        for table in (_frequent("ko"), _frequent("es"), *tables.values()):
            _add(merged, table)
        # The library asks each table by itself: one is asked in a fraction of the time.
        tables.clear()
        tables[_OURS] = merged
    tables[_GIVEN] = {word: rank for rank, word in enumerate(words, 1)}
    matches = _matches(matching, text, tables)
    for match in matches:
        if match["pattern"] == "repeat":
            # What is repeated may be something that the library alone does not know.
            known = Decimal(10) ** Decimal(_estimated(match["base_token"], words).log10)
            match["base_guesses"] = min(Decimal(match["base_guesses"]), known)
    matches += [*_known_pieces(text.lower()), *_with_endings(text.lower(), matches)]
    best: Mapping[str, Any] = scoring.most_guessable_match_sequence(text, cast("Any", matches), _exclude_additive=True)
    return Guess(
        log10=float(best["guesses_log10"]),
        patterns=frozenset(piece["pattern"] for piece in best["sequence"]),
        words=frozenset(piece["matched_word"] for piece in best["sequence"] if piece.get("dictionary_name") == _GIVEN),
    )


def _matches(matching: Any, text: str, tables: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """What the library finds; where signs may stand for letters in very many ways, it would try each for a second."""
    signs = matching.relevant_l33t_subtable(text, matching.L33T_TABLE)
    if math.prod(map(len, signs.values())) <= _READINGS_MAX:
        return list(matching.omnimatch(text, tables))
    plain = (
        matching.dictionary_match,
        matching.reverse_dictionary_match,
        matching.spatial_match,
        matching.sequence_match,
    )
    return [match for matcher in plain for match in matcher(text, _ranked_dictionaries=tables)]


_OURS: Final = "all"
_GIVEN: Final = "user_inputs"


@functools.cache
def _frequent(language: str) -> dict[str, int]:
    """Frequent words of a language by the keys they are typed by, with their rank."""
    from wordfreq import top_n_list

    words = (word for word in top_n_list(language, _WORDS_MAX, wordlist="small") if word.isalpha())
    if language == "ko":
        # Of the others among them the library knows better how often they are chosen, and no Korean ending stands behind them.
        long = [word for word in words if word[0] >= "가" and len(word) >= _SYLLABLES_MIN]
    else:
        long = [word for word in words if len(word) >= _LETTERS_MIN]
    return {typed_keys(word): rank for rank, word in enumerate(long, 1)}


def _korean() -> dict[str, int]:
    return _frequent("ko")


def _add(ranked: dict[str, int], more: dict[str, int]) -> None:
    for word, rank in more.items():
        ranked[word] = min(rank, ranked.get(word, rank))


def _known_pieces(text: str) -> Iterator[dict[str, Any]]:
    """Pieces of rows and lines, the longest from each place on, and days in words."""
    for pattern, lines in _known_lines().items():
        at = 0
        while at <= len(text) - _PIECE_MIN:
            end = at + _PIECE_MIN
            if text[at:end] not in lines:
                at += 1
                continue
            while end < len(text) and text[at : end + 1] in lines:
                end += 1
            yield _piece(pattern, text, at, end, _LINE_GUESSES)
            at += 1
    for pattern, (written, guesses) in _written().items():
        # One may begin within another: 2026년11월 within 12026년11월.
        for start in range(len(text)):
            if piece := written.match(text, start):
                yield _piece(pattern, text, start, piece.end(), guesses)


def _with_endings(text: str, matches: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Words of Korean together with what is put behind them."""
    for match in matches:
        if match["pattern"] != "dictionary" or match["reversed"]:
            continue
        if match["dictionary_name"] == _GIVEN or match["matched_word"] in _korean():
            for ending in _endings():
                if text.startswith(ending, match["j"] + 1):
                    end = match["j"] + 1 + len(ending)
                    yield match | {
                        "j": end - 1,
                        "token": text[match["i"] : end],
                        "guesses": match["rank"] * _ENDING_GUESSES,
                    }


def _piece(pattern: str, text: str, start: int, end: int, guesses: int) -> dict[str, Any]:
    return {"pattern": pattern, "token": text[start:end], "i": start, "j": end - 1, "guesses": guesses}


@functools.cache
def _known_lines() -> dict[str, str]:
    rows = [*RECITED, *(row[::-1] for row in RECITED)]
    return {
        "recited": "\n".join(typed_keys(row).lower() for row in rows),
        "line": "\n".join(typed_keys(line).lower() for line in LINES),
    }


@functools.cache
def _written() -> dict[str, tuple[re.Pattern[str], int]]:
    """Days, years, people and what is put behind a word, as they are written, by their keys; and how many of each somebody tries."""
    year, month, day = (typed_keys(sign) for sign in "년월일")
    surname, given = (_one_of(letters) for letters in (_SURNAMES, _GIVEN_SYLLABLES))
    signs = "[!@#$%^&*~?.]"
    days = (
        rf"(?:\d{{2,4}}{year})?\d{{1,2}}{month}(?:\d{{1,2}}{day}(?:\d{{2,4}}{year})?)?|\d{{2,4}}{year}"
        rf"|\d{{1,2}}(?:de)?(?:{_MONTHS})(?:del?)?\d{{0,4}}|(?:{_MONTHS})(?:del?)?\d{{1,8}}"
    )
    return {
        "date": (re.compile(days), _DAY_GUESSES),
        "regex": (re.compile(r"(?:19|20)\d\d"), _YEAR_GUESSES),
        "suffix": (re.compile(rf"(?:{signs}{{1,3}}|{signs}?(?:12|123|1234|11|1004|007){signs}?)\Z"), _SUFFIX_GUESSES),
        "year": (re.compile(rf"(?:19|20)\d\d{signs}{{0,3}}\Z"), _YEAR_GUESSES * 3),
        "name": (re.compile(rf"{surname}{given}{given}"), _NAME_GUESSES),
    }


def _one_of(syllables: str) -> str:
    # The longest first: what is typed by more keys may begin as another does.
    return f"(?:{'|'.join(sorted(map(typed_keys, syllables), key=len, reverse=True))})"


@functools.cache
def _endings() -> tuple[str, ...]:
    return tuple(map(typed_keys, _ENDINGS))
