"""Plain documents, read member by member: every value keeps its place, every problem becomes a finding.

A document is what a YAML file or a row of JSON holds: mappings, lists, texts, numbers, flags.
``None`` from an :class:`Entry` does not mean "absent" but "wrong, and already reported";
what may be absent is asked of the mapping that :meth:`Entry.members` returns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from app.plain.findings import Finding, Level, Path, Place, Words, n_
from app.plain.texts import has_unstorable, is_blank
from app.rules.terms import CODE_PATTERN

__all__ = ["Document", "Entry", "dotted", "listed", "plain_number"]

_TYPE_NAMES: Final[Mapping[type, str]] = {
    dict: n_("a mapping"),
    list: n_("a list"),
    str: n_("text"),
    bool: n_("true or false"),
    int: n_("a number"),
    Decimal: n_("a number"),
    type(None): n_("nothing"),
}

NUMBER_MAX: Final = Decimal(10) ** 15
"""Numbers of definitions stay below this and have at most twelve decimals: 27 digits, exact in Decimal's default context."""
DECIMALS_MAX: Final = 12
TEXT_MAX: Final = 500
_NUMBER_TEXT: Final = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


def listed(options: Collection[str]) -> str:
    """The options as a sentence lists them."""
    return ", ".join(options)


def plain_number(number: Decimal) -> int | str:
    """A number as canonical JSON keeps it: an integer, or its shortest exact decimal text."""
    if number == number.to_integral_value():
        return int(number)
    return format(number.normalize(), "f")


def _found(value: object) -> str:
    if isinstance(value, str):
        return f"“{value[:40]}”" if value else Words(n_("empty text"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < NUMBER_MAX else Words(n_("a number"))
    if isinstance(value, Decimal):
        return str(value)[:40]
    return Words(_TYPE_NAMES.get(type(value), type(value).__name__))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document and where its values stand.

    ``kind`` is ``goals``, ``policies`` or ``kpi``; ``lines`` gives the line of the paths that are known (of a mapping's member: the line of its key).
    """

    content: object
    kind: str
    file: str | None = None
    lines: Mapping[Path, int] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """Where a value stands: its own line, or that of the nearest value around it whose line is known."""
        around = path
        while around and around not in self.lines:
            around = around[:-1]
        return Place(file=self.file, line=self.lines.get(around), field=dotted(path) or None)


def dotted(path: Path) -> str:
    """A path as findings write it: ``measure.where.country[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text[:200]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a document with its place, and the list that its problems are added to."""

    document: Document
    path: Path
    value: object
    findings: list[Finding]

    def report(self, code: str, message: str, *, level: Level = Level.ERROR, **parameters: object) -> None:
        """Add a finding at this place."""
        place = self.document.place(self.path)
        self.findings.append(Finding(code=code, message=message, parameters=parameters, place=place, level=level))

    def expected(self, expected: str) -> None:
        """Report that something else was expected here."""
        message = n_("expected %(expected)s, found %(found)s")
        self.report("not_expected", message, expected=Words(expected), found=_found(self.value))

    def inside(self, key: str | int, value: object) -> Entry:
        """The entry of a member or an item of this one."""
        return Entry(self.document, (*self.path, key), value, self.findings)

    def mapping(self) -> dict[str, Entry] | None:
        """The members of a mapping with any keys, or None where this is no mapping."""
        if not isinstance(self.value, Mapping):
            self.expected(n_("a mapping"))
            return None
        return {str(key): self.inside(str(key), value) for key, value in self.value.items()}

    def members(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Entry] | None:
        """The members of a mapping, or None where this is no mapping; unknown and missing ones are reported."""
        members = self.mapping()
        if members is None:
            return None
        known = (*required, *optional)
        for key, entry in members.items():
            if key not in known:
                message = n_("unknown member %(member)s; expected one of: %(expected)s")
                entry.report("unknown_member", message, member=key[:40], expected=listed(known))
        for key in required:
            if key not in members:
                self.report("missing_member", n_("the member %(member)s is missing"), member=key)
        return {key: entry for key, entry in members.items() if key in known}

    def items(self, least: int = 0) -> list[Entry] | None:
        """The items of a list, or None where this is no list or one with fewer than ``least`` items."""
        if not isinstance(self.value, list | tuple):
            self.expected(n_("a list"))
            return None
        if len(self.value) < least:
            self.report("too_few_items", n_("expected a list with at least %(least)s items"), least=least)
            return None
        return [self.inside(position, value) for position, value in enumerate(self.value)]

    def text(self) -> str | None:
        """A text that is not blank, or None."""
        text = str(self.value) if type(self.value) is int and abs(self.value) < NUMBER_MAX else self.value
        if not isinstance(text, str):
            self.expected(n_("text (put it in quotes)"))
            return None
        if is_blank(text) or len(text) > TEXT_MAX:
            self.report("text_length", n_("expected a text of 1 to %(most)s characters"), most=TEXT_MAX)
            return None
        if has_unstorable(text):
            self.report("text_characters", n_("expected a text without NUL or lone surrogates"))
            return None
        return text

    def code(self) -> str | None:
        """A code (1 to 40 of ``A-Za-z0-9._-``, beginning with a letter or digit), or None."""
        text = self.text()
        if text is not None and not CODE_PATTERN.fullmatch(text):
            self.expected(n_("a code: 1 to 40 of A-Za-z0-9._-, beginning with a letter or digit"))
            return None
        return text

    def choice(self, options: Collection[str]) -> str | None:
        """One of the options, or None."""
        if isinstance(self.value, str) and self.value in options:
            return str(self.value)
        message = n_("expected one of %(expected)s, found %(found)s")
        self.report("not_a_choice", message, expected=listed(options), found=_found(self.value))
        return None

    def flag(self) -> bool | None:
        """True or false, or None."""
        if isinstance(self.value, bool):
            return self.value
        self.expected(n_("true or false"))
        return None

    def number(self, least: int | None = None, most: int | None = None) -> Decimal | None:
        """An exact number within bounds that both count as inside, or None."""
        number = self._number()
        if number is None:
            self.expected(n_("a number"))
            return None
        if abs(number) >= NUMBER_MAX or _decimals(number) > DECIMALS_MAX:
            self.report("number_size", n_("expected a number below 10^15 with at most 12 decimals"))
            return None
        if (least is not None and number < least) or (most is not None and number > most):
            self.expected(_range_text(least, most))
            return None
        return number

    def _number(self) -> Decimal | None:
        value = self.value
        if isinstance(value, str) and _NUMBER_TEXT.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        if isinstance(value, int):
            return Decimal(value) if abs(value) < NUMBER_MAX else NUMBER_MAX
        if not value.is_finite():
            return None
        if not value:
            return Decimal(0)
        # The magnitude is asked before any arithmetic: 1E+999999 would fill the memory when written out.
        if value.adjusted() >= NUMBER_MAX.adjusted() or value.adjusted() < -DECIMALS_MAX * 3:
            return NUMBER_MAX
        return value

    def integer(self, least: int, most: int) -> int | None:
        """A whole number within bounds that both count as inside, or None."""
        number = self._number()
        if number is None or number != number.to_integral_value() or not least <= number <= most:
            kind = n_("a whole number")
            self.expected(f"{kind} {least}-{most}")
            return None
        return int(number)


def _decimals(number: Decimal) -> int:
    """How many decimals a number needs, trailing zeros left out."""
    _, digits, exponent = number.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -(int(exponent) + zeros))


def _range_text(least: int | None, most: int | None) -> str:
    if most is None:
        return f"{n_('a number')} >= {least}"
    if least is None:
        return f"{n_('a number')} <= {most}"
    return f"{n_('a number')} {least}-{most}"
