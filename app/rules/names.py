"""Names however they are typed: one form that every search compares by.

Two people type one name in two ways: 한빛 comes whole or in its single letters, Étoile without its accent or in capitals, ＡＢＣ in wide letters.
A newcomer's usual mistake is to strip every mark. On a Latin, Greek or Cyrillic letter it is an accent; on a Hindi, Thai or Japanese one it is
a letter of the word, and without it the word is another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["closeness", "folded", "folded_terms", "name_line", "parts_of_lines", "person_line", "person_meant"]

_ACCENTED: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
_JOINED: Final = str.maketrans("", "", " -\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{MIDDLE DOT}")
_NUMBER_DIGITS_LEAST: Final = 2

_NAME_LENGTH_MAX: Final = 500
"""No name has so many letters: a text that has more means nobody, and is not held against thousands of names."""
_TYPED_LENGTH_MAX: Final = 4 * _NAME_LENGTH_MAX
"""The same of a text as it was typed: a Korean syllable may come in three letters."""
_KEPT_LENGTH_MAX: Final = 100
"""Longer texts are not kept folded: one letter may be eighteen (ﷺ), and anybody may type thousands of texts."""

_WHOLE, _BEGINS, _WORDS_BEGIN, _WITHIN = range(4)
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가", "힣"
_SYLLABLES_OF_A_CONSONANT: Final = 588
_FIRST_CONSONANT, _LAST_CONSONANT = "\N{HANGUL CHOSEONG KIYEOK}", "\N{HANGUL CHOSEONG HIEUH}"

_UNDIVIDED: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart into a plain one and its mark, though people type them so."""


def folded(text: str) -> str:
    """A text by which searches compare: without case, accents and widths, Hangul whole, one space between words.

    Signs are kept as they are: a search for 100% finds that, and nothing else.
    """
    # Folded sooner than looked up; kept, they would crowd out the few that take long.
    if text.isascii():
        return " ".join(text.lower().split())
    return _kept_folded(text) if len(text) <= _KEPT_LENGTH_MAX else _folded_letters(text)


@lru_cache(maxsize=16384)
def _kept_folded(text: str) -> str:
    return _folded_letters(text)


def _folded_letters(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters: list[str] = []
    accented = False
    for letter in apart:
        kind = unicodedata.category(letter)
        if kind == "Mn":
            if accented:
                continue
        elif kind == "Cf":
            continue  # Joiners and the like: nobody sees or types them.
        else:
            accented = unicodedata.name(letter, "").startswith(_ACCENTED)
        letters.append(letter)
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).translate(_UNDIVIDED).split())


def folded_terms(*names: str | None) -> str:
    """Several names as one text to search in: a line each, so that what is typed never begins in one and ends in the next."""
    terms = [name for name in names if name]
    # Nearly all names of a batch are plain letters, and single spaces between words: one look tells it of all of them.
    row = " ".join(terms)
    if row.isascii() and row.isprintable() and "  " not in row and row.strip() == row:
        return "\n".join(terms).lower()
    return "\n".join(map(folded, terms))


class _Wanted(NamedTuple):
    """A searched text, folded and taken apart once for all the names that it is held against."""

    text: str
    words: tuple[str, ...]
    run_together: str
    in_consonants: bool
    """Whether Hangul is typed by the consonants that its syllables begin with."""


def _wanted(text: str) -> _Wanted | None:
    """None where nothing is typed, or more than any name has."""
    return _taken_apart(text) if len(text) <= _TYPED_LENGTH_MAX else None


@lru_cache(maxsize=256)
def _taken_apart(text: str) -> _Wanted | None:
    wanted = folded(text)
    if not 0 < len(wanted) <= _NAME_LENGTH_MAX:
        return None
    return _Wanted(
        text=wanted,
        words=tuple(dict.fromkeys(wanted.split())),
        run_together=wanted.translate(_JOINED),
        in_consonants=any(_FIRST_CONSONANT <= letter <= _LAST_CONSONANT for letter in wanted),
    )


def person_meant(text: str, *, name: str, number: str) -> bool:
    """Whether a searched text means a person: by words of the name in any order, or by the number or the digits that it ends in.

    Kim Seunghyuk, Seung-hyuk Kim and "seung hyuk" are one name: surnames come first or last, and a given name is written in one word, in two, or
    with a hyphen. So each word that is typed has to stand in the name; else all of them, run together, in it with its words in either order.
    """
    wanted = _wanted(text)
    if wanted is None:
        return False
    if _is_number(wanted.text, folded(number)):
        return True
    return _is_called(wanted, folded(name))


def person_line(name: str, number: str) -> str:
    """One line in which something of every text stands that means the person (:func:`parts_of_lines`)."""
    return "\t".join(dict.fromkeys((name_line(name), *_orders(folded(name)), folded(number))))


def name_line(*names: str) -> str:
    """One line in which something of every text stands that comes near one of some names (:func:`closeness`)."""
    every = [folded(name) for name in names]
    return "\t".join(dict.fromkeys((*every, *(_consonants(name.replace(" ", "")) for name in every))))


def parts_of_lines(text: str) -> tuple[str, ...]:
    """Of which one stands in the line of whoever a text means, whether by :func:`closeness` or :func:`person_meant`."""
    wanted = _wanted(text)
    if wanted is None:
        return ()
    in_consonants = _consonants(wanted.text.replace(" ", "")) if wanted.in_consonants else ""
    parts = (max(wanted.words, key=len), wanted.run_together, in_consonants)
    return tuple(dict.fromkeys(filter(None, parts)))


def _is_number(wanted: str, number: str) -> bool:
    return wanted == number or (wanted.isdigit() and len(wanted) >= _NUMBER_DIGITS_LEAST and number.endswith(wanted))


def _is_called(wanted: _Wanted, name: str) -> bool:
    if all(word in name for word in wanted.words):
        return True
    return bool(wanted.run_together) and any(wanted.run_together in order for order in _orders(name))


@lru_cache(maxsize=16384)
def _orders(name: str) -> tuple[str, str, str]:
    """A name run together as it is written, with the last word first, and with the first one last."""
    parts = name.split()
    last_first, first_last = (*parts[-1:], *parts[:-1]), (*parts[1:], *parts[:1])
    return _run_together(parts), _run_together(last_first), _run_together(first_last)


def _run_together(words: Iterable[str]) -> str:
    return "".join(words).translate(_JOINED)


def closeness(text: str, *names: str | None) -> int | None:
    """How near a searched text comes to the nearest of some names, 0 the nearest; None where it means none of them.

    It is the name, the name begins so, each word that is typed begins one of the name's, or each stands somewhere in it. Hangul may be typed by
    the consonants that its syllables begin with (ㄱㅅㅎ), or with the last syllable half typed.
    """
    wanted = _wanted(text)
    if wanted is None:
        return None
    near = (_closeness(wanted, folded(name)) for name in names if name)
    return min((one for one in near if one is not None), default=None)


def _closeness(wanted: _Wanted, name: str) -> int | None:
    if wanted.in_consonants:
        return _closeness_in_consonants(wanted.text.replace(" ", ""), name.replace(" ", ""))
    if wanted.text == name:
        return _WHOLE
    if name.startswith(wanted.text):
        return _BEGINS
    if not all(word in name for word in wanted.words):
        return None
    spaced = f" {name}"
    return _WORDS_BEGIN if all(f" {word}" in spaced for word in wanted.words) else _WITHIN


def _closeness_in_consonants(wanted: str, name: str) -> int | None:
    consonants = _consonants(name)
    at = consonants.find(_consonants(wanted))
    while at >= 0:
        if _is_meant(wanted, name[at : at + len(wanted)]):
            return _WITHIN if at else _BEGINS
        at = consonants.find(_consonants(wanted), at + 1)
    return None


def _is_meant(wanted: str, part: str) -> bool:
    return all(typed in {letter, _consonant_of(letter)} for typed, letter in zip(wanted, part, strict=True))


@lru_cache(maxsize=4096)
def _consonants(text: str) -> str:
    """A text with the consonant that it begins with for each syllable of Hangul."""
    return "".join(map(_consonant_of, text))


def _consonant_of(letter: str) -> str:
    """The consonant that a syllable of Hangul begins with; any other letter itself."""
    if not _FIRST_SYLLABLE <= letter <= _LAST_SYLLABLE:
        return letter
    return chr(ord(_FIRST_CONSONANT) + (ord(letter) - ord(_FIRST_SYLLABLE)) // _SYLLABLES_OF_A_CONSONANT)
