"""Forms of goals, KPIs and policies: the schema's fields in the reader's words, what was typed, and what is wrong with it at its field.

Do not judge anything here: the rules of definitions do, as at a load, and their findings are led back to the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from flask import request
from flask_babel import gettext

from app import intake
from app.plain.findings import Finding, Level, Place, n_
from app.plain.texts import trimmed
from app.rules.schema_forms import (
    Difference,
    FormDocument,
    InputKind,
    SchemaField,
    differences,
    document_of,
    row_count,
    texts_of,
)
from app.web.asked.forms import Typed
from app.web.wording.definition_words import choice_words, words_of
from app.web.wording.typed_numbers import exact_figure, read_number, unconfirmed

__all__ = ["ShownInput", "at_fields", "sentences", "shown_inputs", "typed_document"]

MISSING: Final = n_("This is empty: fill it in.")
_SPARE_ROWS: Final = 1
_ROWS_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInput:
    """A field as the page shows it.

    Attributes:
        name: of the form's field.
        kind: what it takes.
        value: what it begins with.
        choices: with their words.
        members: of a group.
        rows: of a list or table, a spare one at the end.
        hidden_by: the field that decides whether this one means something, and the values with which it does not.
    """

    name: str
    kind: InputKind
    label: str
    hint: str
    source: str
    value: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    members: tuple[ShownInput, ...] = ()
    rows: tuple[tuple[ShownInput, ...], ...] = ()
    hidden_by: tuple[str, str] | None = None


def shown_inputs(
    kind: str,
    content: Mapping[str, Any],
    typed: Typed,
    *,
    without: Sequence[str] = (),
    choices: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> list[ShownInput]:
    """The fields of a document.

    Args:
        kind: ``kpi``, ``goals`` or ``policies``; ``goals`` is of one goal.
        content: the document that the form begins with.
        typed: what was typed into it, where it is shown again.
        without: members that have no field.
        choices: what may be chosen for a member, by its path, that the schema takes any text for.
    """
    fields = _fields(kind, without)
    values = texts_of(fields, content, exact_figure)
    if typed.values:
        values = {name: texts[0] for name, texts in typed.values.items() if texts}
    drawn = _Drawn(kind, values, choices or {})
    return [drawn.shown(one, one.member, (one.member,), required=one.required) for one in fields]


def _fields(kind: str, without: Sequence[str]) -> tuple[SchemaField, ...]:
    fields = intake.definition_fields(kind)
    if kind == "goals":
        fields = fields[0].members
    return tuple(one for one in fields if one.member not in without)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What a form's fields are drawn from."""

    kind: str
    values: Mapping[str, str]
    choices: Mapping[str, Sequence[tuple[str, str]]]

    def shown(self, one: SchemaField, name: str, path: tuple[str, ...], *, required: bool) -> ShownInput:
        words = words_of(self.kind, path)
        members: tuple[ShownInput, ...] = ()
        rows: tuple[tuple[ShownInput, ...], ...] = ()
        if one.kind is InputKind.GROUP:
            members = self._members(one, name, path, required=required)
        elif one.kind in {InputKind.ROWS, InputKind.TABLE}:
            count = min(row_count(name, self.values) + _SPARE_ROWS, _ROWS_MOST)
            rows = tuple(self._members(one, f"{name}.{place}", path, required=False) for place in range(count))
        hidden = one.hidden_by
        beside = name.rpartition(".")[0]
        return ShownInput(
            name=name,
            kind=InputKind.CHOICE if ".".join(path) in self.choices else one.kind,
            label=gettext(words.label),
            hint=gettext(words.hint) if words.hint else "",
            source=gettext(words.source) if words.source else "",
            value=self.values.get(name, ""),
            required=required and hidden is None and one.kind is not InputKind.FLAG,
            choices=self._choices(one, path),
            members=members,
            rows=rows,
            hidden_by=None if hidden is None else (f"{beside}.{hidden[0]}", " ".join(hidden[1])),
        )

    def _members(self, one: SchemaField, name: str, path: tuple[str, ...], *, required: bool) -> tuple[ShownInput, ...]:
        shown = required and one.hidden_by is None
        return tuple(
            self.shown(inner, f"{name}.{inner.member}", (*path, inner.member), required=shown and inner.required)
            for inner in one.members
        )

    def _choices(self, one: SchemaField, path: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        given = self.choices.get(".".join(path))
        if given is not None:
            return (("", "–"), *given)
        if one.kind is not InputKind.CHOICE:
            return ()
        return (("", "–"), *((choice, gettext(choice_words(one.member, choice))) for choice in one.choices))


def typed_document(kind: str, *, without: Sequence[str] = ()) -> FormDocument:
    """The document that the request's form makes.

    Args:
        kind: ``kpi``, ``goals`` or ``policies``; ``goals`` is of one goal.
        without: members that have no field.
    """
    texts = {name: trimmed(text) for name, text in request.form.items()}
    has_script = "without_script" not in texts

    def read(text: str, name: str) -> Decimal | Finding:
        number = read_number(text, field=name)
        if isinstance(number, Finding):
            return number
        confirmed = texts.get(f"{name}_read", "")
        return unconfirmed(text, number, field=name, confirmed=confirmed, has_script=has_script) or number

    return document_of(_fields(kind, without), texts, read)


CHANGES: Final = n_("%(what)s: from %(before)s to %(after)s.")
IS_NEW: Final = n_("%(what)s: %(after)s is new.")
IS_GONE: Final = n_("%(what)s: %(before)s is taken away.")


def sentences(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What two documents say differently, a sentence for each member.

    Args:
        kind: ``kpi``, ``goals`` or ``policies``.
        before: what is said now.
        after: what was typed.
    """
    return [_sentence(kind, one) for one in differences(intake.definition_fields(kind), before, after)]


def _sentence(kind: str, one: Difference) -> str:
    labels = [gettext(words_of(kind, one.path[: place + 1]).label) for place in range(len(one.path))]
    stands_for_row = bool(one.rows) and one.rows[-1] in {one.before, one.after}
    named = one.rows[:-1] if stands_for_row else one.rows
    what = ", ".join((*labels[:1], *named, *labels[1:]))
    message = CHANGES
    if one.before is None or one.after is None:
        message = IS_NEW if one.before is None else IS_GONE
    return str(gettext(message, what=what, before=_said(one.before), after=_said(one.after)))


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext(YES_SAID if value else NO_SAID))
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, Mapping):
        return str(value.get("en", ""))
    return exact_figure(Decimal(value)) if _NUMBER.fullmatch(str(value)) else str(value)


YES_SAID: Final = n_("yes")
NO_SAID: Final = n_("no")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def at_fields(typed: FormDocument, findings: Iterable[Finding], *, before: str = "") -> list[Finding]:
    """Errors of a document at the fields that they are about, each field's once; those of none at the form as a whole.

    Args:
        typed: what was typed.
        findings: by their paths in the document.
        before: what stands before the paths of what was typed, such as ``versions[0].``.
    """
    errors: dict[tuple[str, str], Finding] = {}
    for one in findings:
        if one.level is not Level.ERROR:
            continue
        path = one.place.field or ""
        if one.code == "missing_member":
            member = str(one.parameters["member"])
            path = f"{path}.{member}" if path else member
            one = replace(one, message=MISSING, parameters={})
        if before and path.startswith(before):
            path = path.removeprefix(before)
        name = typed.name_at(path) or ""
        errors.setdefault((name, one.code), replace(one, place=Place(field=name)))
    return list(errors.values())
