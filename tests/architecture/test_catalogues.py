"""The translators' catalogues say everything that code and pages say, in the same places, and nothing else.

After a text is changed: ``make catalogues``, then write what it left empty. Do not leave a percent sign alone
in a translation: a page fills the places of every message, so that a sign that is meant stands twice.
"""

from __future__ import annotations

import ast
import io
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import Translations

from app.web.wording.languages import CATALOGUES, LANGUAGES

ROOT: Final = Path(__file__).resolve().parents[2]
_MARKS: Final = frozenset({"_", "gettext", "n_", "ngettext"})
_PLACES: Final = re.compile(r"%(?:\(\w+\)s|.)?", re.DOTALL)

in_each_language = pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])


def _catalogue_file(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


@cache
def _catalogue(language: str) -> Catalog:
    with _catalogue_file(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _messages(language: str) -> list[Message]:
    return [message for message in _catalogue(language) if message.id]


def _texts(message: Message) -> list[tuple[str, str]]:
    """A message with its translation; of one that counts each form of the language, held against the plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return [(message.id[1], form) for form in message.string]


@cache
def _extracted() -> frozenset[object]:
    """Every message that is marked in code and pages, as ``make catalogues`` finds it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "n_": None}
    found = (
        extract_from_dir(ROOT / folder, methods, options_map=options, keywords=keywords)
        for folder in ("app", "templates")
    )
    return frozenset(row[2] for rows in found for row in rows)


def _places(text: str) -> list[str]:
    return sorted(_PLACES.findall(text))


def test_every_marked_message_is_extracted():
    """The extractor overlooks a mark within another mark's brackets and in an f-string; such a message would stay English."""
    first_words = {message[0] if isinstance(message, tuple) else message for message in _extracted()}
    overlooked = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {text.value}"
        for path in sorted((ROOT / "app").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _MARKS and call.args
        if isinstance(text := call.args[0], ast.Constant) and text.value not in first_words
    ]
    assert overlooked == []


@in_each_language
def test_a_catalogue_has_all_messages_and_no_others(language):
    """`make catalogues` brings it up to date."""
    has = {message.id for message in _messages(language)}
    assert {"missing": _extracted() - has, "left over": has - _extracted()} == {"missing": set(), "left over": set()}


@in_each_language
def test_every_message_is_translated(language):
    """And by a person's choice: a fuzzy one is a guess, which nobody is shown."""
    open_ = [
        message.id
        for message in _messages(language)
        if message.fuzzy or any(not translated for _, translated in _texts(message))
    ]
    assert open_ == []
    assert not _catalogue(language).obsolete


@in_each_language
def test_a_translation_has_the_places_of_its_message(language):
    """One that is missing hides a figure, one too many breaks the page."""
    differing = {
        message.id: message.string
        for message in _messages(language)
        if any(_places(translated) != _places(source) for source, translated in _texts(message))
    }
    assert differing == {}


@in_each_language
def test_a_translation_ends_and_begins_as_its_message(language):
    """A colon or full stop that is lost runs two texts together; spaces around a text are the page's business."""
    differing = {
        message.id: message.string
        for message in _messages(language)
        for source, translated in _texts(message)
        if translated != translated.strip()
        or any(source.endswith(mark) and not translated.endswith(mark) for mark in ".:…")
    }
    assert differing == {}


_SOUNDING: Final = re.compile(
    r"%\(\w+\)s[\"”’]*(?:와|과|은|는|이|가|을|를|로|으로|이나|나|라는|이라는)(?![가-힣]|\([가-힣]\))"
)
"""A particle whose form hangs on the sound before it, right behind a place that may be filled by any: 80와 is no Korean."""


def test_korean_is_said_in_one_manner_and_no_particle_hangs_on_a_figure():
    """Where a particle cannot be avoided both of its forms stand: 은(는)."""
    texts = [translated for message in _messages("ko") for _, translated in _texts(message)]
    assert [text for text in texts if _SOUNDING.search(text) or "세요" in text] == []


def test_the_fields_words_are_those_of_the_glossary():
    """A target is "meta" and a goal "objetivo", a group 평가군 and an objection 이의신청, wherever a page says so (docs/glossary.md)."""
    spanish = [pair for message in _messages("es") for pair in _texts(message)]
    of_targets = [pair for pair in spanish if "target" in pair[0].lower() and "goal" not in pair[0].lower()]
    assert [pair for pair in of_targets if "objetivo" in pair[1].lower()] == []
    korean = [translated for message in _messages("ko") for _, translated in _texts(message)]
    others = re.compile("평가 ?집단|이의 제기|이의제기|감사기록|본인 점수|기준값|현재 진도|견주|견준|통보(?!한 문서)")
    assert [text for text in korean if others.search(text)] == []


def test_whoever_agrees_to_a_decision_approves_it_in_korean():
    """A decision has 승인 or 반려, never 동의 or 거절; with a result and with a scorecard's lines one agrees: 동의."""
    of_decisions = re.compile("(담당자|인증자|위원|임원)[이가] 동의|동의되|동의를 기다|거절")
    korean = [translated for message in _messages("ko") for _, translated in _texts(message)]
    assert [text for text in korean if of_decisions.search(text)] == []


def test_a_column_that_counts_people_is_called_their_number():
    """In Korean 직원 is who they are and 인원 how many: a heading above a number says the latter."""
    counting = re.compile(r'\(_\("(?:People|Employees|Staff)"\), "number"')
    pages = (
        path for path in (ROOT / "templates" / "pages").rglob("*.html") if counting.search(path.read_text("utf-8"))
    )
    assert [path.name for path in pages] == []


def test_no_sentence_is_cut_before_a_day():
    """Korean says the day first: “as of the end of” before it is no sentence there, so that its place is in the message."""
    cut = re.compile(r'_\("[^"]+"\) }} {{ [^}]*\| (?:day|instant) }}')
    pages = {path.name: cut.findall(path.read_text("utf-8")) for path in (ROOT / "templates").rglob("*.html")}
    assert {name: sentences for name, sentences in pages.items() if sentences} == {}


@in_each_language
def test_a_catalogue_compiles(language):
    """What the pages load says what the translators wrote."""
    compiled = io.BytesIO()
    write_mo(compiled, _catalogue(language))
    compiled.seek(0)
    loaded = Translations(compiled)
    plain = [message for message in _messages(language) if isinstance(message.id, str)]
    assert {message.id: loaded.gettext(str(message.id)) for message in plain} == {
        message.id: message.string for message in plain
    }
    counting = [message for message in _messages(language) if not isinstance(message.id, str)]
    assert [(loaded.ngettext(*message.id, 1), loaded.ngettext(*message.id, 2)) for message in counting] == [
        (message.string[0], message.string[-1]) for message in counting
    ]


@in_each_language
def test_a_catalogue_is_written_as_make_catalogues_writes_it(language):
    """Sorted, without line numbers and days: a change of one text is a difference of one text."""
    written = io.BytesIO()
    write_po(written, _catalogue(language), width=120, no_location=True)
    assert written.getvalue() == _catalogue_file(language).read_bytes()
    ids = [message.id if isinstance(message.id, str) else message.id[0] for message in _messages(language)]
    assert ids == sorted(ids)


_COUNTED: Final = frozenset(
    [
        "count",
        "number",
        "people",
        "rows",
        "entries",
        "lines",
        "units",
        "kpis",
        "activities",
        "total",
        "days",
        "months",
        "seats",
        "cells",
        "events",
        "files",
        "weeks",
        "more",
        "value",
        "hours",
        "minutes",
        "times",
    ]
)
"""What places are called that are filled with how many there are."""
_SEVERAL: Final = re.compile(r"%\((\w+)\)s (?:other |more |new |further )*(people|[a-z]+s)\b")
_NO_NOUNS: Final = frozenset({"is", "has", "was", "does", "holds", "of", "as", "less"})
_NEVER_ONE: Final = frozenset(
    {
        "%(entries)s entries of %(people)s people",
        "%(entries)s entries of one person",
        "%(count)s people share this rank, and equals share the better grade.",
        "The decision moves %(count)s figures, and you have not opened them: look at them before you agree.",
        "The same text was signed for %(number)s people",
        "Days present: on %(present)s of the cycle's %(days)s days there was a posting, without leave and secondment.",
    }
)
"""Said only where there are several: of one another sentence is, or none."""
_BY_POLICY: Final = re.compile(
    r"at most|at least|At least|within|fewer than|Hand it over now|A session ends|sent again with success|total\)s days, as far"
)
"""Bounds and periods that policies and the application set, none of which is one."""


def _of_one(text: str, place: str, noun: str) -> set[str]:
    """How a message of several is written of one."""
    one = {"people": "person", "entries": "entry", "activities": "activity"}.get(noun, noun[:-1])
    several = f"%({place})s {noun}"
    return {text.replace(several, f"%({place})s {one}"), text.replace(several, f"1 {one}")}


def test_whatever_counts_is_written_of_one_too() -> None:
    """“1 contracts” stands nowhere: a message with a number before a noun of several has a form for one, or a message of its own beside it."""
    known = {
        one for message in _messages("es") for one in ((message.id,) if isinstance(message.id, str) else message.id)
    }
    wrong = {
        message.id
        for message in _messages("es")
        if isinstance(message.id, str) and message.id not in _NEVER_ONE and not _BY_POLICY.search(message.id)
        for place, noun in _SEVERAL.findall(message.id)
        if place in _COUNTED and noun not in _NO_NOUNS and known.isdisjoint(_of_one(message.id, place, noun))
    }
    assert wrong == set()
