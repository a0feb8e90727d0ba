"""Words, numbers, money and days in the reader's language.

Do not format a figure in a handler: a handler hands over the value, a template filter writes it.
Figures are written here and not by Babel's pattern machine, which costs a page of two hundred figures more than all its queries; the
separators are Babel's.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app.kit.cities import city_of
from app.plain.findings import Finding, Words
from app.plain.korean import with_particles
from app.plain.texts import isolated
from app.rules.kpis import Kpi, KpiVersion
from app.rules.rollup import band, published
from app.rules.terms import Name
from app.web.asked.sign_in import current_viewer
from app.web.asked.zones import Clock
from app.web.wording.error_words import ON_PAGES

__all__ = [
    "CHOSEN_COOKIE",
    "LANGUAGES",
    "LANGUAGE_COOKIE",
    "THEMES",
    "THEME_COOKIE",
    "chosen_language",
    "chosen_theme",
    "dates_locale",
    "day_text",
    "filled",
    "finding_text",
    "in_language",
    "kpi_name",
    "month",
    "named",
    "page_language",
    "page_zone",
    "prepare",
    "usd",
    "writing",
]

LANGUAGES: Final = {"en": "English", "ko": "한국어", "es": "Español"}
THEMES: Final = ("system", "light", "dark", "contrast")
CATALOGUES: Final = Path(__file__).resolve().parents[1] / "translations"
LANGUAGE_COOKIE: Final = "kopes_language"
CHOSEN_COOKIE: Final = "kopes_chosen"
"""The language that was chosen on the sign-in page just now: it becomes the account's, whatever that was."""
THEME_COOKIE: Final = "kopes_theme"

ABSENT: Final = Markup('<span class="absent" aria-hidden="true">–</span>')
"""What stands where there is no figure: missing is not zero."""

Figure = Decimal | Fraction | float | int | str
"""A measured value comes as a decimal string too, as the API writes it."""


def chosen_language() -> str:
    """The account's language, else the cookie's, else what the browser prefers, else English."""
    if not has_request_context():
        return "en"
    viewer = current_viewer()
    if viewer is not None and viewer.language in LANGUAGES:
        return viewer.language
    cookie = request.cookies.get(LANGUAGE_COOKIE)
    if cookie in LANGUAGES:
        return cookie
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def chosen_theme() -> str:
    """The account's theme, else the cookie's, else the system's."""
    viewer = current_viewer()
    theme = viewer.theme if viewer is not None else request.cookies.get(THEME_COOKIE, "system")
    return theme if theme in THEMES else "system"


def finding_text(finding: Finding) -> str:
    """A finding's message as pages say it, in the reader's language."""
    return filled(ON_PAGES.get(finding.message, finding.message), finding.parameters)


def filled(message: str, parameters: Mapping[str, object]) -> str:
    """A message in the reader's language; those of its parameters that are words are so too."""
    spoken = {
        name: gettext(value) if isinstance(value, Words) else _filling(name, value)
        for name, value in parameters.items()
    }
    return str(gettext(message, **spoken))


def figure(value: Figure, *, places: int, language: str, least: int | None = None) -> str:
    """A number, rounded half-even to so many places, grouped as the language does.

    Args:
        value: exact where it is a Decimal, int or text; a float is taken by its shortest text, never by its binary tail.
        places: decimals at most.
        language: en, ko or es.
        least: decimals at least; None for as many as ``places``.
    """
    exact = _exact(value)
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    if rounded == 0:
        rounded = abs(rounded)
    text = f"{rounded:,f}"
    if least is not None and least < places and "." in text:
        whole, _, decimals = text.partition(".")
        decimals = decimals.rstrip("0").ljust(least, "0")
        text = f"{whole}.{decimals}" if decimals else whole
    group, point, from_digits = _separators(language)
    if group != "," or point != "." or from_digits > 1:
        if from_digits > 1 and abs(rounded) < 10 ** (2 + from_digits):
            text = text.replace(",", "")
        text = text.translate({44: group, 46: point})
    return text.replace("-", "\N{MINUS SIGN}")


@functools.cache
def _separators(language: str) -> tuple[str, str, int]:
    """The group and decimal separators, and from how many leading digits on groups are made (Spanish: 1234 but 12.345)."""
    locale = Locale.parse(language)
    symbols = locale.number_symbols["latn"]
    return str(symbols["group"]), str(symbols["decimal"]), 2 if language == "es" else 1


@functools.lru_cache(maxsize=4096)
def _day(day: dt.date, language: str) -> str:
    return format_date(day, "medium", locale=_LOCALES.get(language, language))


_LOCALES: Final = {"en": "en_GB"}
"""Whose dates a language has: English ones begin with the day, as the agency's offices write them and the other languages of the pages."""


def dates_locale() -> str:
    """Whose dates the page's language has, by the name that a browser knows it by."""
    language = page_language()
    return _LOCALES.get(language, language).replace("_", "-")


def day_text(value: dt.date) -> str:
    """A day in words of the page's language, for a sentence."""
    return _day(value, page_language())


_CLOCK: Final[ContextVar[Callable[[], Clock] | None]] = ContextVar("clock_of_page", default=None)


# The language of the page that is being written: asked for once a page and not once a word.
_WRITING: Final[ContextVar[str | None]] = ContextVar("language_of_page", default=None)


@contextmanager
def writing(clock: Callable[[], Clock] | None = None, *, language: str | None = None) -> Iterator[str]:
    """Write a page in the reader's language; returns which one.

    Args:
        clock: what tells by which clock, asked where an instant is written; None for UTC's.
        language: the one that was asked for; None for the reader's.
    """
    language = language if language in LANGUAGES else chosen_language()
    language_before, clock_before = _WRITING.set(language), _CLOCK.set(clock)
    try:
        yield language
    finally:
        _WRITING.reset(language_before)
        _CLOCK.reset(clock_before)


def page_language() -> str:
    """The language of this answer."""
    language = _WRITING.get()
    if language is not None:
        return language
    locale = get_locale()
    return locale.language if locale is not None else "en"


@functools.cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(str(CATALOGUES), [language])


@functools.lru_cache(maxsize=8192)
def in_language(language: str, message: str) -> str:
    """A message of the catalogues in one of the pages' languages."""
    return _catalogue(language).gettext(message)


def _gettext(message: str) -> str:
    """A template's word: from the same catalogues as Flask-Babel's, which looks for them anew at each word."""
    return in_language(page_language(), message)


class _Spoken(Domain):  # type: ignore[misc]
    """The catalogues as Python's code asks them: in Korean the particles go with what fills the places."""

    def gettext(self, string: str, **variables: Any) -> str:
        """A sentence in the reader's language, its places filled."""
        said = str(super().gettext(string))
        return _particles(said, variables) % variables if variables else said


def _particles(said: str, values: Mapping[str, Any]) -> str:
    """A Korean message with the particles, and without the full stop, that what fills its places takes: a day ends with one of its own."""
    if page_language() != "ko":
        return said
    return _STOP.sub(
        lambda place: place[0][:-1] if _ENDS.search(str(values.get(place[1], ""))) else place[0],
        with_particles(said, values),
    )


_STOP: Final = re.compile(r"%\((\w+)\)s\.(?=\s|$)")
_ENDS: Final = re.compile(r"\.(</time>)?$")


def _ngettext(one: str, several: str, number: int) -> str:
    return _catalogue(page_language()).ngettext(one, several, number)


def score(value: Figure | None) -> str:
    """A score as it is published: two decimals, half-even."""
    exact = published(value) if isinstance(value, float) else value
    return ABSENT if exact is None else figure(exact, places=2, language=page_language())


def band_of(value: float | Decimal | None) -> str | None:
    """The band of a score as it is published, so that what is shown and its letter never disagree."""
    return band(published(value) if isinstance(value, float) else value)


def points(value: Figure | None) -> str:
    """Points and weights: up to two decimals."""
    return ABSENT if value is None else figure(value, places=2, least=0, language=page_language())


def number(value: Figure | None, places: int | None = None, *, beside: Figure | None = None) -> str:
    """A measured value: up to so many decimals, none where it is whole. Two, or, of what is less than 1, four: 0.1249 is not 0.12.

    Args:
        value: the value.
        places: decimals at most.
        beside: what it is held against: as many decimals more as tell the two apart, for what looks equal is not scored as if it differed.
    """
    if value is None:
        return ABSENT
    exact = _exact(value)
    most = places if places is not None else 4 if abs(exact) < 1 else 2
    if beside is not None and (other := _exact(beside)) != exact:
        while most < _APART_MOST and round(exact, most) == round(other, most):
            most += 1
    return figure(exact, places=most, least=0, language=page_language())


_APART_MOST: Final = 6
"""Decimals that the API promises of a measured value."""


def _exact(value: Figure) -> Decimal:
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / value.denominator
    return value if isinstance(value, Decimal) else Decimal(str(value))


def amount(value: Figure | None) -> str:
    """An amount of money: whole, or with two decimals, of small ones up to four."""
    if value is None:
        return ABSENT
    exact = _exact(value)
    return figure(exact, places=4, least=0 if exact == exact.to_integral_value() else 2, language=page_language())


def measured(value: Figure | None, version: KpiVersion, *, beside: Figure | None = None) -> str:
    """A KPI's value: money as money is written, other values as :func:`number` does."""
    if value is not None and version.measure.of == _MONEY:
        exact = round(_exact(value), 2)
        return amount(exact if beside is None or round(_exact(beside), 2) != exact else _exact(value))
    return number(value, beside=beside)


_MONEY: Final = "amount_usd"


def counted(value: int, of: str) -> str:
    """A number of things as every page writes it, with the name of what it counts: where one page tells it twice, the two are held together."""
    return Markup('<span data-count="{}">{}</span>').format(of, number(value))


def part(value: int, of: str) -> str:
    """A number of things that is a part of such a count: the parts of one page add up to it."""
    return Markup('<span data-part="{}">{}</span>').format(of, number(value))


def percent(value: Figure | None, places: int = 1) -> str:
    """A number that is a percentage already. Korean writes the sign without a space."""
    if value is None:
        return ABSENT
    language = page_language()
    between = "" if language == "ko" else "\N{NO-BREAK SPACE}"
    return f"{figure(value, places=places, least=0, language=language)}{between}%"


def apart(unit: str) -> str:
    """What stands between a figure and its unit of measure: nothing in Korean, where the unit is one word (17.75일, 3개사), else a space."""
    is_one_word = unit == "%" or (" " not in unit and not unit.isascii())
    return "" if page_language() == "ko" and is_one_word else " "


def alike(value: Figure | None, column: Iterable[Figure | None], places: int = 4) -> str:
    """A number of a column: every one with as many decimals as the longest has, so that their points stand under one another.

    Args:
        value: the number.
        column: all numbers of the column.
        places: decimals at most.
    """
    if value is None:
        return ABSENT
    rounded = [round(_exact(one), places).normalize().as_tuple().exponent for one in column if one is not None]
    decimals = max((-one for one in rounded if isinstance(one, int) and one < 0), default=0)
    return figure(value, places=decimals, language=page_language())


def usd(value: Figure | None, places: int = 2) -> str:
    """US dollars."""
    return _money("US$", value, places)


def usd_cents(value: int | None) -> str:
    """US dollars, of a whole number of cents."""
    return ABSENT if value is None else usd(Decimal(value).scaleb(-2))


def krw(value: Figure | None, places: int = 0) -> str:
    """Won, which has no decimals; a step on the way to a sum of won has as many as it needs, up to so many."""
    return _money("₩", value, places, least=0)


def _money(sign: str, value: Figure | None, places: int, least: int | None = None) -> str:
    """An amount after its sign, what is owed or lost with the minus before both."""
    if value is None:
        return ABSENT
    text = figure(value, places=places, least=least, language=page_language())
    below = text.startswith("\N{MINUS SIGN}")
    return f"\N{MINUS SIGN}{sign}{text[1:]}" if below else f"{sign}{text}"


def month(value: dt.date) -> str:
    """A month with its year, in the order of the language."""
    return format_skeleton("yMMMM", value, locale=page_language())


def day(value: dt.date | str | None) -> str:
    """A day in words of the language, in a ``time`` element that machines read."""
    if value is None:
        return ABSENT
    exact = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return Markup('<time datetime="{}">{}</time>').format(exact.isoformat(), _day(exact, page_language()))


def instant(value: dt.datetime | None) -> str:
    """An instant by the reader's 24-hour clock, with the city whose clock it is: ``26 Jan, 13:24 New York``; the year where it is not the present one."""
    if value is None:
        return ABSENT
    clock = _CLOCK.get()
    zone, year = clock() if clock is not None else Clock(dt.UTC, dt.MINYEAR)
    at, language = value.astimezone(zone), page_language()
    on = _day(at.date(), language) if at.year != year else _day_of_year(at.date(), language)
    shown = f"{on}{_at_clock(at, zone, language)}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), shown)


def dated(value: dt.datetime | None) -> str:
    """An instant of a paper that is kept: as :func:`instant` writes it, with its year always."""
    if value is None:
        return ABSENT
    zone, language = page_zone(), page_language()
    at = value.astimezone(zone)
    shown = f"{_day(at.date(), language)}{_at_clock(at, zone, language)}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), shown)


def page_zone() -> dt.tzinfo:
    """By which clock this page writes instants."""
    clock = _CLOCK.get()
    return clock()[0] if clock is not None else dt.UTC


def _at_clock(at: dt.datetime, zone: dt.tzinfo, language: str) -> str:
    """The hour behind a day, with the city by whose clock it is. In Korean that stands in brackets: a particle goes with the hour, and not with the city."""
    city = city_of(str(zone), language)
    return f" {at:%H:%M}({city})" if language == "ko" else f", {at:%H:%M} {city}"


@functools.lru_cache(maxsize=2048)
def _day_of_year(day: dt.date, language: str) -> str:
    return format_skeleton("MMMd", day, locale=_LOCALES.get(language, language))


FILTERS: Final = {
    "amount": amount,
    "band": band_of,
    "alike": alike,
    "apart": apart,
    "counted": counted,
    "dated": dated,
    "day": day,
    "instant": instant,
    "krw": krw,
    "measured": measured,
    "number": number,
    "part": part,
    "percent": percent,
    "points": points,
    "score": score,
    "usd": usd,
    "usd_cents": usd_cents,
}


def named(value: Any) -> Any:
    """A unit's name in the reader's language; anything else as it is."""
    return value.in_language(page_language()) if isinstance(value, Name) else value


def kpi_name(kpis: Mapping[str, Kpi], code: str, cycle: int) -> str:
    """A KPI as a cycle's definitions call it, in the reader's language; the code of one that they have no more."""
    return kpis[code].version(cycle).name.in_language(page_language()) if code in kpis else code


@pass_context
def _filled_gettext(context: Context, message: str, /, **parameters: Any) -> str:
    """A template's sentence with what fills its places; names of units among it are in the reader's language too."""
    return _filled(context, _gettext(message), parameters)


@pass_context
def _filled_ngettext(context: Context, one: str, several: str, number_: int, /, **parameters: Any) -> str:
    """The same of a sentence that says how many."""
    return _filled(context, _ngettext(one, several, number_), {"num": number_, **parameters})


def _filled(context: Context, message: str, parameters: Mapping[str, Any]) -> str:
    filling = {name: _filling(name, value) for name, value in parameters.items()}
    said = _particles(message, filling)
    if context.eval_ctx.autoescape:
        said = Markup(said)  # noqa: S704 - the message is the catalogue's; what fills its places is escaped
    return said % filling


_COUNTS: Final = frozenset({"count", "num", "rows"})
"""Places of messages that say how many: a whole number there is grouped as the reader's language does. Numbers of sets and years stand in others."""


def _filling(name: str, value: Any) -> Any:
    return number(value) if name in _COUNTS and isinstance(value, int) else placed(value)


def placed(value: Any) -> Any:
    """What fills a place of a page or sentence: a name in the reader's language, and whatever letters it has, it turns no other word around.

    A field has what was typed as it was typed: its template escapes it by itself (``| e``).
    """
    shown = named(value)
    return isolated(shown) if isinstance(shown, str) and not isinstance(shown, Markup) else shown


def prepare(app: Flask) -> None:
    """Give the application its languages and the templates their filters."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(CATALOGUES)
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    Babel(app, locale_selector=chosen_language).domain_instance = _Spoken()
    # The extension that Flask-Babel added gives templates this method.
    install: Any = app.jinja_env
    install.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    # Whatever a template writes of a unit's name is the reader's, wherever it came from: no page can forget it.
    install.finalize = placed
    app.jinja_env.globals.update(gettext=_filled_gettext, ngettext=_filled_ngettext)
    # By itself a name is in the reader's language; within a longer text it is asked for.
    app.jinja_env.filters.update(FILTERS | {"named": named})
    app.jinja_env.globals.update(
        LANGUAGES=LANGUAGES,
        THEMES=THEMES,
        chosen_theme=chosen_theme,
        finding_text=finding_text,
        _language=page_language,
        dates_locale=dates_locale,
    )
