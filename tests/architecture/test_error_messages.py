"""What a person reads where something went wrong: the thing, the cause and the next step in one sentence, in every language.

The messages are collected from the code: whatever is handed to a finding or a refusal, through constants, local names and helpers.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import pytest
from babel.messages.pofile import read_po

from app.rules.activities import MESSAGES
from app.web.wording.error_words import ON_PAGES
from app.web.wording.languages import CATALOGUES
from tests.conftest import ROOT

TOLD_TO_NO_PERSON: Final = re.compile(
    # The loader's findings and the ledger's own texts are for programs and commands: on pages the latter are said by app/web/wording/error_words.py.
    r"app/(cli|demo|exports|notices|organisation|worker|web/api|web/pages/design\.py|kit/(files|yaml_places)|access/hook_messages"
    r"|ledger/activity_rows|rules/(?!own_events)|intake/(?!own_activities|replaying))"
)
"""Paths of the code whose messages no page shows as they are."""

COMPOSED: Final = {"%(where)s: %(detail)s"}
"""Places that other messages fill."""

STEPS: Final[Mapping[str, re.Pattern[str]]] = {
    "en": re.compile(
        r": (ask|begin|change|check|choose|close|delete|fill|follow|give|go|keep|leave|load|log|look|lower|name|narrow|open|put|save|say|send|shorten|sign|take"
        r"|try|turn|type|use|wait|write)\b(?:(?!: ).)*\.$"
    ),
    "ko": re.compile(r"\S+십시오\.$"),
    "es": re.compile(
        r": (abra|acorte|busque|búsquela|cambie|cámbiela|cámbielas|cargue|cierre|compruebe|dé|deje|diga|elija|elimine|empiece|envíe|envíelo|envíelos|escriba"
        r"|escríbala|escríbalo|espere|filtre|guarde|indique|inicie|inténtelo|intercambie|mire|mírela|mírelo|nombre|pida|pídalo|ponga|quite|redúzcalas"
        r"|registre|rellénelo|reserve|revise|revíselo|siga|únalas|use|vuelva)\b(?:(?!: ).)*\.$"
    ),
}
"""How the next step stands at the end: after a colon as a demand; in Korean as the predicate of the whole sentence."""

INNER_END: Final = re.compile(r"[.?!] +[A-ZÁÉÍÓÚ¿¡가-힣“«]")
NAMES_NOTHING: Final = re.compile(r"(This|It|That) (is|was|has|does|can|cannot|must|differs)\b")


class Message(NamedTuple):
    """A message, and whether a field stands beside it, whose label the page writes before it."""

    text: str
    at_field: bool


def _sources() -> Iterator[tuple[ast.Module, ModuleType]]:
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not TOLD_TO_NO_PERSON.match(name):
            yield ast.parse(path.read_text(encoding="utf-8")), importlib.import_module(_dotted(path))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _texts(value: object) -> Iterator[str]:
    """The messages within a constant."""
    if isinstance(value, str) and " " in value:
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, tuple) and not hasattr(value, "_fields"):
        for one in value:
            yield from _texts(one)


def _handed(call: ast.Call, sinks: Mapping[str, tuple[int, str]]) -> ast.expr | None:
    """What a call hands to a finding or a refusal as its message."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    place, keyword = sinks.get(name, (None, "message"))
    if place is not None and len(call.args) > place:
        return call.args[place]
    return next((one.value for one in call.keywords if one.arg == keyword), None)


def _is_at_field(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return name not in {"Conflict", "TooMany", "TooLarge", "NotYours"} and (
        name != "Finding" or any(one.arg == "place" for one in call.keywords)
    )


class _Collector:
    """Follows what is handed as a message back to the texts that it may be."""

    def __init__(self) -> None:
        self.sinks: dict[str, tuple[int, str]] = {"at_field": (2, "message")}
        self.messages: set[Message] = set()

    def collect(self) -> set[Message]:
        for _ in range(3):  # A helper that hands on its parameter is a sink for those who call it.
            for tree, module in _sources():
                for node in ast.walk(tree):
                    if isinstance(node, ast.FunctionDef):
                        self._function(node, module)
                    elif isinstance(node, ast.ClassDef):
                        self._class(node, module)
        return self.messages

    def _class(self, node: ast.ClassDef, module: ModuleType) -> None:
        for line in node.body:
            target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
            if getattr(target, "id", "") == "message" and getattr(line, "value", None) is not None:
                self._take(line.value, {}, module, at_field=False)  # type: ignore[attr-defined]

    def _function(self, function: ast.FunctionDef, module: ModuleType) -> None:
        local: dict[str, list[ast.expr]] = {}
        parameters = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            local.setdefault(name.id, []).append(node.value)
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or (handed := _handed(node, self.sinks)) is None:
                continue
            self._take(handed, local, module, at_field=_is_at_field(node))
            if (
                isinstance(handed, ast.Name)
                and handed.id in parameters
                and handed.id not in local
                and function.name != "__init__"
            ):
                self.sinks.setdefault(function.name, (parameters.index(handed.id), handed.id))

    def _take(self, given: ast.AST, local: Mapping[str, list[ast.expr]], module: ModuleType, *, at_field: bool) -> None:
        """Each text that an expression may stand for."""
        for node in ast.walk(given):
            if isinstance(node, ast.Constant):
                self.messages.update(Message(text, at_field) for text in _texts(node.value))
            elif isinstance(node, ast.Name) and node.id in local:
                for value in local[node.id]:
                    self._take(value, {}, module, at_field=at_field)
            elif isinstance(node, ast.Name):
                self.messages.update(Message(text, at_field) for text in _texts(getattr(module, node.id, None)))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                held: Any = getattr(module, node.value.id, None)
                self.messages.update(Message(text, at_field) for text in _texts(getattr(held, node.attr, None)))


@cache
def _messages() -> frozenset[Message]:
    collected = {one for one in _Collector().collect() if one.text not in COMPOSED}
    said = {Message(ON_PAGES.get(one.text, one.text), one.at_field) for one in collected}
    return frozenset(said | {Message(text, at_field=True) for text in ON_PAGES.values()})


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language)}


@pytest.mark.parametrize("language", ["en", "ko", "es"])
def test_an_error_says_in_one_sentence_what_is_wrong_and_what_to_do(language: str) -> None:
    """The reader finds the next step at the end, wherever the error stands."""
    said = {one.text: one.text if language == "en" else _catalogue(language)[one.text] for one in _messages()}
    assert len(said) > 100
    assert {text for text in said.values() if INNER_END.search(text)} == set()
    assert {text for text in said.values() if not STEPS[language].search(text)} == set()


def test_an_error_names_the_thing_that_it_is_about() -> None:
    """Beside a field the page writes its label; anywhere else the sentence has to name it."""
    assert {one.text for one in _messages() if not one.at_field and NAMES_NOTHING.match(one.text)} == set()


def test_pages_have_words_of_their_own_for_each_of_the_ledgers_texts() -> None:
    """With the same places, so that what was kept with an event fills them."""
    assert set(ON_PAGES) == set(MESSAGES.values())
    places = re.compile(r"%\((\w+)\)s")
    assert {text for text, said in ON_PAGES.items() if set(places.findall(text)) != set(places.findall(said))} == set()
