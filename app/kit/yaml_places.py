"""YAML as plain values that keep their lines, their literal texts and their exact numbers.

Scalars follow YAML 1.2's JSON schema: only ``true``/``false``, ``null``/``~`` and numbers are not text.
A newcomer's usual mistake: to load with PyYAML's own loaders, which follow YAML 1.1: Norway's ``NO`` becomes False, ``on``
true, ``2026-01-01`` a date, ``0901`` a number without its zero or an octal one, ``12:30`` 750, and 0.1 a float.
Keys of mappings are always their literal text, so ``2025: 5`` and ``NO: 1`` have the keys ``"2025"`` and ``"NO"``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

import yaml

from app.plain.findings import Finding, Path, Place, n_

__all__ = ["BYTES_MAX", "PlacedYaml", "is_text", "read_yaml"]

BYTES_MAX: Final = 500_000
"""Longer files are refused; who opens one need not read further than this and a byte."""
DEPTH_MAX: Final = 40
VALUES_MAX: Final = 50_000
"""How many values a file may hold once its aliases are written out: a few lines of aliases of aliases make millions."""
NUMBER_LENGTH_MAX: Final = 60
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING: Final = ("", "~", "null", "Null", "NULL")
_TEXT_TAGS: Final = ("!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedYaml:
    """A file's content and the line of each value (of a mapping's member: that of its key)."""

    content: object = None
    lines: dict[Path, int] = field(default_factory=dict)


def read_yaml(raw: bytes, *, file: str) -> tuple[PlacedYaml | None, list[Finding]]:
    """Read one YAML document from a file's bytes.

    Returns:
        The content, or None where the file is no YAML at all, and what is wrong with it: then the content must not be
        used, but may be looked at for further problems.
    """
    if len(raw) > BYTES_MAX:
        message = n_("the file is too long; expected at most %(most)s bytes")
        return None, [_finding("file_size", message, file, None, most=BYTES_MAX)]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = n_("expected UTF-8, found the byte %(byte)s")
        return None, [_finding("not_utf8", message, file, line, byte=f"0x{raw[error.start]:02x}")]
    builder = _Builder(file)
    try:
        content = builder.document(text)
    except _NotYamlError as error:
        return None, [*builder.findings, error.finding]
    return PlacedYaml(content=content, lines=builder.lines), builder.findings


def _finding(code: str, message: str, file: str, line: int | None, **parameters: object) -> Finding:
    return Finding(code=code, message=message, parameters=parameters, place=Place(file=file, line=line))


class _NotYamlError(Exception):
    """Carries the finding that ends the reading of a file."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


@dataclass(slots=True)
class _Builder:
    """Makes plain values of the parser's events."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    anchors: dict[str, tuple[object, int] | None] = field(default_factory=dict)
    count: int = 0
    depth: int = 0

    def document(self, text: str) -> object:
        """The content of the one document of a text; None where it has none."""
        events = self._events(text)
        next(events)
        event = next(events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        content = self._value(next(events), events, ())
        next(events)
        event = next(events)
        if isinstance(event, yaml.DocumentStartEvent):
            self._report("second_document", n_("expected one document in a file, found a second one"), event)
        return content

    def _events(self, text: str) -> Iterator[yaml.Event]:
        """The parser's events; whatever it stumbles on ends the reading with a finding."""
        problem: str
        line: int | None = None
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            problem = f"{error.reason} (U+{int(error.character):04X})"
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else None
            problem = error.problem or error.context or type(error).__name__
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # Escapes beyond Unicode ("\UFFFFFFFF") and such surface as bare ValueErrors of the scanner.
            problem = str(error)
        else:
            return
        raise _NotYamlError(_finding("not_yaml", n_("this is not YAML: %(problem)s"), self.file, line, problem=problem))

    def _report(self, code: str, message: str, event: yaml.Event, **parameters: object) -> Finding:
        line = event.start_mark.line + 1 if event.start_mark else None
        finding = _finding(code, message, self.file, line, **parameters)
        self.findings.append(finding)
        return finding

    def _stop(self, code: str, message: str, event: yaml.Event, **parameters: object) -> _NotYamlError:
        self._report(code, message, event, **parameters)
        return _NotYamlError(self.findings.pop())

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> object:
        """The value that begins with an event."""
        before = self.count
        self._counted(1, event)
        self.lines.setdefault(path, event.start_mark.line + 1 if event.start_mark else 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            self.anchors[anchor] = None
        value = self._fresh_value(event, events, path)
        if anchor is not None:
            self.anchors[anchor] = (value, self.count - before)
        return value

    def _fresh_value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> object:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if event.tag is not None:  # type: ignore[attr-defined]
            self._report("tag", n_("tags such as %(tag)s are not used here"), event, tag=str(event.tag)[:60])  # type: ignore[attr-defined]
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self._stop("too_deep", n_("nested deeper than %(most)s levels"), event, most=DEPTH_MAX)
        if isinstance(event, yaml.SequenceStartEvent):
            value: object = self._sequence(events, path)
        else:
            value = self._mapping(events, path)
        self.depth -= 1
        return value

    def _counted(self, values: int, event: yaml.Event) -> None:
        self.count += values
        if self.count > VALUES_MAX:
            message = n_("more than %(most)s values, aliases written out")
            raise self._stop("too_many_values", message, event, most=VALUES_MAX)

    def _alias(self, event: yaml.AliasEvent) -> object:
        anchored = self.anchors.get(event.anchor or "")
        if anchored is None:
            message = n_("the alias %(alias)s refers to nothing before it, or to itself")
            raise self._stop("alias", message, event, alias=str(event.anchor)[:40])
        value, size = anchored
        self._counted(size, event)
        return value

    def _sequence(self, events: Iterator[yaml.Event], path: Path) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], path: Path) -> dict[str, object]:
        members: dict[str, object] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._stop("key", n_("expected a plain text as a member's name"), event)
            self._counted(1, event)
            key = event.value
            if key in members:
                first = self.lines.get((*path, key))
                message = n_("the member %(member)s stands twice; first in line %(first)s")
                self._report("duplicate_member", message, event, member=key[:40], first=first)
                self._value(next(events), events, (*path, f"{key} again"))
                continue
            self.lines[*path, key] = event.start_mark.line + 1 if event.start_mark else 1
            members[key] = self._value(next(events), events, (*path, key))
        return members

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text: str = event.value
        if event.tag is not None:
            if event.tag not in _TEXT_TAGS:
                self._report("tag", n_("tags such as %(tag)s are not used here"), event, tag=str(event.tag)[:60])
            return text
        return _plain(text) if event.implicit[0] else text


def is_text(text: str) -> bool:
    """Whether a text is read as the text that it is where no quotes are around it."""
    return isinstance(_plain(text), str)


def _plain(text: str) -> object:
    """What a scalar without quotes means."""
    if text in _NOTHING:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= NUMBER_LENGTH_MAX and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= NUMBER_LENGTH_MAX and _DECIMAL.fullmatch(text):
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    return text
