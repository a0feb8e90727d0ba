"""A form made from a JSON schema: its fields, what they hold of a document, and the document that what was typed into them makes.

A newcomer's usual mistake is to take an empty field for an empty value: it is a member that is not there. Nor is a document checked here: what is
wrong with it the rules of definitions say (``definitions.read``), and :class:`FormDocument` knows at which field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from app.plain.findings import Finding, Path, Place, n_
from app.rules.documents import dotted, plain_number

__all__ = [
    "Difference",
    "FormDocument",
    "InputKind",
    "SchemaField",
    "document_of",
    "fields_of",
    "row_count",
    "texts_of",
]

Schema = Mapping[str, Any]
ReadNumber = Callable[[str, str], Decimal | Finding]
"""Reads what was typed into a field of that name: the number, or what is wrong with it."""
WriteNumber = Callable[[Decimal], str]

KEY: Final = "key"
VALUE: Final = "value"
YES: Final = "yes"
_ANYTHING: Final = r"\S"
"""The pattern of a text that may have blanks in it."""


class InputKind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    TEXTS = "texts"
    """Texts in one line, parted by commas or blanks."""
    PHRASES = "phrases"
    """Texts of several words in one line, parted by commas."""
    NUMBERS = "numbers"
    """Numbers in one line, parted by semicolons or blanks: a comma may part decimals."""
    GROUP = "group"
    ROWS = "rows"
    """A list of groups."""
    TABLE = "table"
    """A mapping whose keys are typed too: rows of a key and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaField:
    """A field of a form.

    Attributes:
        member: what the document calls it.
        kind: what it takes.
        required: whether the schema demands it.
        choices: of a choice.
        members: of a group, or of each row.
        hidden_by: the member beside it, and its values with which this one means nothing; None where it always means something.
        alone: the member of a group that stands in the group's place where it alone is given.
    """

    member: str
    kind: InputKind
    required: bool = False
    choices: tuple[str, ...] = ()
    members: tuple[SchemaField, ...] = ()
    hidden_by: tuple[str, tuple[str, ...]] | None = None
    alone: str | None = None


@dataclass(slots=True)
class FormDocument:
    """A document as it was typed.

    Attributes:
        content: its members; numbers as whole numbers or exact texts.
        findings: what cannot be read at all, at the fields' names.
        names: of each value's path, as findings write it, the name of its field.
    """

    content: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def name_at(self, path: str) -> str | None:
        """The field that a finding's path means: its own, else that of the nearest value around it. None for none."""
        while path:
            if path in self.names:
                return self.names[path]
            path = re.sub(r"(\.?[^.\[\]]+|\[\d+\])$", "", path)
        return None


# ------------------------------------------------------------------------------------------------------------- of a schema


def fields_of(schema: Schema, root: Schema | None = None) -> tuple[SchemaField, ...]:
    """The fields of an object's members, in the schema's order.

    Args:
        schema: of the object.
        root: the whole schema, which references are looked up in.
    """
    root = schema if root is None else root
    whole = _resolved(schema, root)
    hidden = _hidden(whole)
    required = whole.get("required", ())
    return tuple(
        _field(member, inner, root, required=member in required, hidden_by=hidden.get(member))
        for member, inner in whole.get("properties", {}).items()
        if inner is not True
    )


def _resolved(schema: Any, root: Schema) -> dict[str, Any]:
    """The schema with what it refers to; what stands beside a reference goes before it."""
    if "$ref" not in schema:
        return dict(schema)
    target: Any = root
    for step in schema["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    inner = _resolved(target, root)
    merged = inner | {key: value for key, value in schema.items() if key != "$ref"}
    if "properties" in inner and "properties" in schema:
        merged["properties"] = inner["properties"] | schema["properties"]
    return merged


def _hidden(schema: Schema) -> dict[str, tuple[str, tuple[str, ...]]]:
    """By member the one beside it, and its values with which the schema forbids the member."""
    hidden: dict[str, tuple[str, tuple[str, ...]]] = {}
    for rule in schema.get("allOf", ()):
        ((deciding, condition),) = rule["if"]["properties"].items()
        values = tuple(condition["enum"]) if "enum" in condition else (condition["const"],)
        for member, then in rule["then"].get("properties", {}).items():
            if then is False:
                hidden[member] = (deciding, (*hidden.get(member, (deciding, ()))[1], *values))
    return hidden


def _field(
    member: str, schema: Any, root: Schema, *, required: bool, hidden_by: tuple[str, tuple[str, ...]] | None = None
) -> SchemaField:
    whole = _resolved(schema, root)
    alone = None
    if "anyOf" in whole:
        options = [_resolved(one, root) for one in whole["anyOf"]]
        whole = next(one for one in options if one.get("type") == "object")
        alone = whole["required"][0]
    kind = _kind(whole, root)
    return SchemaField(
        member=member,
        kind=kind,
        required=required,
        choices=tuple(whole.get("enum", ())),
        members=_members(kind, whole, root),
        hidden_by=hidden_by,
        alone=alone,
    )


def _members(kind: InputKind, whole: Schema, root: Schema) -> tuple[SchemaField, ...]:
    if kind is InputKind.GROUP:
        return fields_of(whole, root)
    if kind is InputKind.ROWS:
        return fields_of(whole["items"], root)
    if kind is InputKind.TABLE:
        inner = next(iter(whole["patternProperties"].values())) if "patternProperties" in whole else None
        value = _field(VALUE, whole["additionalProperties"] if inner is None else inner, root, required=True)
        return SchemaField(member=KEY, kind=InputKind.TEXT, required=True), value
    return ()


def _kind(whole: Schema, root: Schema) -> InputKind:
    kind = whole.get("type", "string")
    if "enum" in whole:
        return InputKind.CHOICE
    if kind == "array":
        items = _resolved(whole["items"], root)
        if items.get("type") == "object":
            return InputKind.ROWS
        if items.get("type") == "number":
            return InputKind.NUMBERS
        return InputKind.PHRASES if items.get("pattern") == _ANYTHING else InputKind.TEXTS
    if kind == "object":
        return InputKind.GROUP if "properties" in whole else InputKind.TABLE
    named = {"boolean": InputKind.FLAG, "integer": InputKind.WHOLE, "number": InputKind.NUMBER}
    return named.get(kind, InputKind.TEXT) if isinstance(kind, str) else InputKind.TEXT


# ----------------------------------------------------------------------------------------------------- a document's texts


def texts_of(fields: Sequence[SchemaField], content: Mapping[str, Any], write: WriteNumber) -> dict[str, str]:
    """What the fields hold of a document, by name.

    Args:
        fields: the form's.
        content: the document's members; what has no field is left out.
        write: how a number is written.
    """
    return dict(_texts(fields, content, write, ""))


def _texts(
    fields: Sequence[SchemaField], content: Mapping[str, Any], write: WriteNumber, before: str
) -> Iterator[tuple[str, str]]:
    for one in fields:
        if one.member in content:
            yield from _texts_of_value(one, content[one.member], write, f"{before}{one.member}")


def _texts_of_value(one: SchemaField, value: Any, write: WriteNumber, name: str) -> Iterator[tuple[str, str]]:
    if one.kind is InputKind.GROUP:
        inner = {one.alone: value} if one.alone and not isinstance(value, Mapping) else value
        yield from _texts(one.members, inner, write, f"{name}.")
    elif one.kind is InputKind.ROWS:
        for place, row in enumerate(value):
            yield from _texts(one.members, row, write, f"{name}.{place}.")
    elif one.kind is InputKind.TABLE:
        for place, (key, inner) in enumerate(value.items()):
            yield from _texts(one.members, {KEY: str(key), VALUE: inner}, write, f"{name}.{place}.")
    elif one.kind is InputKind.FLAG:
        yield name, YES if value else ""
    elif one.kind in {InputKind.TEXTS, InputKind.PHRASES}:
        yield name, ", ".join(str(item) for item in value)
    elif one.kind is InputKind.NUMBERS:
        yield name, "; ".join(write(Decimal(str(item))) for item in value)
    elif one.kind is InputKind.NUMBER:
        yield name, write(Decimal(str(value)))
    else:
        yield name, str(value)


def row_count(name: str, texts: Mapping[str, str]) -> int:
    """How many rows of a list or table hold something, counted to the last one."""
    return max(_places(name, texts), default=-1) + 1


def _places(name: str, texts: Mapping[str, str]) -> list[int]:
    """The rows of a list or table that hold something, in order. A field's name says which row it is of: of one beyond all forms it is no field."""
    before = f"{name}."
    places = {
        one.removeprefix(before).partition(".")[0] for one, text in texts.items() if one.startswith(before) and text
    }
    return sorted({int(place) for place in places if _PLACE.fullmatch(place)})


_PLACE: Final = re.compile("[0-9]{1,5}", re.ASCII)


# -------------------------------------------------------------------------------------------------------- what is another


class Difference(NamedTuple):
    """A member that two documents say differently; None where one of them does not say it.

    Attributes:
        path: its members.
        rows: of the lists and tables on the way, which row is meant: by its first member, or its key.
    """

    path: tuple[str, ...]
    rows: tuple[str, ...]
    before: Any
    after: Any


def differences(
    fields: Sequence[SchemaField], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    """What two documents say differently, member by member, in the order of the form's fields.

    Args:
        fields: the form's.
        before: one document.
        after: the other one.
    """
    yield from _differing(fields, before, after, (), ())


def _differing(
    fields: Sequence[SchemaField],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    path: tuple[str, ...],
    rows: tuple[str, ...],
) -> Iterator[Difference]:
    for one in fields:
        here, was, will = (*path, one.member), before.get(one.member), after.get(one.member)
        if was == will:
            continue
        if one.kind is InputKind.GROUP and not one.alone:
            yield from _differing(one.members, was or {}, will or {}, here, rows)
        elif one.kind in {InputKind.ROWS, InputKind.TABLE}:
            first = one.members[0].member
            old, new = _by_first(one, was, first), _by_first(one, will, first)
            for key in dict.fromkeys((*old, *new)):
                if key not in old or key not in new:
                    yield Difference(here, (*rows, key), key if key in old else None, key if key in new else None)
                else:
                    yield from _differing(one.members, old[key], new[key], here, (*rows, key))
            if list(old) != list(new) and sorted(old) == sorted(new) and one.kind is InputKind.ROWS:
                yield Difference(here, rows, list(old), list(new))
        else:
            yield Difference(here, rows, was, will)


def _by_first(one: SchemaField, value: Any, first: str) -> dict[str, Mapping[str, Any]]:
    if one.kind is InputKind.TABLE:
        return {str(key): {KEY: str(key), VALUE: inner} for key, inner in (value or {}).items()}
    return {str(row.get(first, "")): row for row in value or ()}


# ----------------------------------------------------------------------------------------------------- what the texts make


def document_of(fields: Sequence[SchemaField], texts: Mapping[str, str], read: ReadNumber) -> FormDocument:
    """The document that was typed.

    Args:
        fields: the form's.
        texts: by name what they hold, without blanks around it; what is empty is not there.
        read: how a number is read.
    """
    typed = FormDocument()
    typed.content = _Reading(texts, read, typed).group(fields, "", ())
    return typed


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was typed, and the document that it becomes."""

    texts: Mapping[str, str]
    read: ReadNumber
    typed: FormDocument

    def group(self, fields: Sequence[SchemaField], before: str, path: Path) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for one in fields:
            value = self.value(one, f"{before}{one.member}", (*path, one.member))
            if value is not None:
                content[one.member] = value
        return content

    def value(self, one: SchemaField, name: str, path: Path) -> Any:
        """A member's value; None where nothing was typed."""
        self.typed.names[dotted(path)] = _first_name(one, name)
        if one.kind is InputKind.GROUP:
            content = self.group(one.members, f"{name}.", path)
            return content[one.alone] if one.alone is not None and content.keys() == {one.alone} else content or None
        if one.kind is InputKind.ROWS:
            return self.rows(one, name, path)
        if one.kind is InputKind.TABLE:
            return self.table(one, name, path)
        text = self.texts.get(name, "")
        if one.kind is InputKind.FLAG:
            return text == YES
        return self.scalar(one, text, name) if text else None

    def rows(self, one: SchemaField, name: str, path: Path) -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = []
        for place in _places(name, self.texts):
            content = self.group(one.members, f"{name}.{place}.", (*path, len(rows)))
            if content:
                rows.append(content)
        return rows or None

    def table(self, one: SchemaField, name: str, path: Path) -> dict[str, Any] | None:
        table: dict[str, Any] = {}
        for place in _places(name, self.texts):
            key = self.texts.get(f"{name}.{place}.{KEY}", "")
            value = self.value(one.members[1], f"{name}.{place}.{VALUE}", (*path, key))
            if key in table:
                self.typed.findings.append(_twice(f"{name}.{place}.{KEY}", key))
            elif key or value is not None:
                table[key] = value
        return table or None

    def scalar(self, one: SchemaField, text: str, name: str) -> Any:
        if one.kind is InputKind.TEXTS:
            return [item for item in re.split(r"[\s,;]+", text) if item]
        if one.kind is InputKind.PHRASES:
            return [item.strip() for item in re.split(r"[,;\n]", text) if item.strip()]
        if one.kind is InputKind.NUMBERS:
            return [
                number for item in re.split(r"[\s;]+", text) if item and (number := self.number(item, name)) is not None
            ]
        if one.kind in {InputKind.NUMBER, InputKind.WHOLE}:
            return self.number(text, name)
        return text

    def number(self, text: str, name: str) -> int | str | None:
        number = self.read(text, name)
        if isinstance(number, Finding):
            self.typed.findings.append(number)
            return None
        return plain_number(number)


def _twice(name: str, key: str) -> Finding:
    message = n_("“%(key)s” stands here twice: write it once.")
    return Finding(code="duplicate", message=message, parameters={"key": key}, place=Place(field=name))


def _first_name(one: SchemaField, name: str) -> str:
    """The name of the first field that a member has."""
    while one.members:
        name += f".{0}." if one.kind in {InputKind.ROWS, InputKind.TABLE} else "."
        one = one.members[0]
        name += one.member
    return name
