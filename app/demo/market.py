"""The demonstration agency's companies and buyers: thousands of names, some spelled in two ways.

Do not let every other spelling be another buyer. What :func:`respelled` gives is the same buyer by the
contract's rule (case, full stops and legal forms do not count); what :func:`misspelled` gives is another one that a person would
take for the same.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.demo.world import names

__all__ = ["Buyers", "Companies", "buyers", "companies", "misspelled", "respelled"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Companies:
    """Domestic companies, the most active first."""

    name: Sequence[str]
    registration: Sequence[str]
    """Empty for some: they are known by their name alone."""
    hs_codes: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Buyers:
    """Foreign buyers: for each country those long known, then all that are new this cycle."""

    countries: Sequence[str]
    name: Sequence[str]
    country: Ints
    """The place of its country in ``countries``."""
    registration: Sequence[str]
    first: Ints
    """Of each country, the first of those long known."""
    known: Ints
    """Of each country, how many are long known."""
    first_new: int
    """The first of those that are new."""


def companies(chance: random.Random, count: int) -> Companies:
    """So many companies, each in a trade; every third one is written in Korean."""
    words = names()["companies"]
    name: list[str] = []
    registration: list[str] = []
    hs_codes: list[Sequence[str]] = []
    parts = ("stem", "middle", "trade")
    combined = list(itertools.product(*(range(len(words[part])) for part in parts)))
    chance.shuffle(combined)
    for place in range(count):
        again = place // len(combined)
        stem, middle, trade = (words[part][at] for part, at in zip(parts, combined[place % len(combined)], strict=True))
        if place % 3 == 0:
            name.append(f"(주){stem[1]}{middle[1]}{trade[1]}" + (str(again + 1) if again else ""))
        else:
            said = " ".join(word for word in (stem[0], middle[0], trade[0], str(again + 1) if again else "") if word)
            name.append(f"{said} {chance.choice(words['legal'])}")
        serial = f"{place + 10_000:05d}"
        registration.append("" if place % 11 == 7 else f"{100 + place * 37 % 800:03d}-{81 + place % 8:02d}-{serial}")
        hs_codes.append(trade[2])
    return Companies(name=name, registration=registration, hs_codes=hs_codes)


def _buyer_name(words: Mapping[str, Any], country: str, place: int, chance: random.Random) -> str:
    """The name of the buyer of a number: numbers below some 35,000 have different stems, endings and trades."""
    written = words["written"].get(country)
    if written and place % 4 == 1:
        stem, ending = written["stem"], written["ending"]
        number = place // 4
        name = stem[number % len(stem)] + ending[number // len(stem) % len(ending)]
        again = number // (len(stem) * len(ending))
        return str(written["legal"].format(name + (f" {again + 1}" if again else "")))
    stem, ending, trade = words["stem"], words["ending"], words["trade"]
    # The stem comes first, then trade, then ending: neighbours by number have nothing in common.
    one = place * 7 % len(stem)
    rest = place // len(stem)
    name = f"{stem[one]}{ending[(rest + one) % len(ending)]} {trade[(rest // len(ending) + one * 5) % len(trade)]}"
    return f"{name} {chance.choice(words['legal'].get(country) or words['legal'][''])}"


def buyers(chance: random.Random, *, countries: Sequence[str], known: Ints, new: Ints) -> Buyers:
    """Buyers of all countries.

    Args:
        chance: chance from the seed.
        countries: the countries.
        known: how many each country has that the agency has long known.
        new: the country's place of each new buyer, in the order of their first contact.
    """
    words = names()["buyers"]
    country = np.concatenate([np.repeat(np.arange(len(countries)), known), new])
    first = np.concatenate([[0], np.cumsum(known)[:-1]])
    used = [0] * len(countries)
    name: list[str] = []
    registration: list[str] = []
    for at in country.tolist():
        code = countries[at]
        # Each country begins elsewhere, so that its most active buyers have names of their own.
        place = used[at] + 1009 * at
        used[at] += 1
        name.append(_buyer_name(words, code, place, chance))
        registration.append(f"{code}-{100_000 + place * 7919 % 900_000}" if chance.random() < 0.15 else "")
    return Buyers(
        countries=countries,
        name=name,
        country=country,
        registration=registration,
        first=first,
        known=known,
        first_new=int(known.sum()),
    )


def respelled(name: str, way: int) -> str:
    """Another spelling of the same name: the contract's plain form of both is equal."""
    if way == 0:
        return name.upper() if name.upper().casefold() == name.casefold() else f"{name}."
    if way == 1:
        return name.replace(".", "") if "." in name else f"{name}."
    return name.replace(" ", "  ", 1) if " " in name else f" {name}"


def misspelled(name: str, way: int) -> str:
    """A name that looks like it and is another one by the rule: two letters swapped, or a word more."""
    words = name.split(" ")
    if way == 0 and len(words[0]) > 4:
        stem = words[0]
        return " ".join([stem[:2] + stem[3] + stem[2] + stem[4:], *words[1:]])
    return " ".join([words[0], "International", *words[1:]])
