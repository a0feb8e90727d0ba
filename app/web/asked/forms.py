"""What was typed: read into a type, or kept beside its errors.

Do not lose what a person typed because one field was wrong. A refused form comes back with every value in its
place; passwords alone are never sent back. Which fields those are is said by name: the names of other fields may hold the code of a KPI or
a unit, whatever it is.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from app.kit.refusals import Invalid, TooLarge, at_field
from app.plain.findings import Finding, Place, n_
from app.plain.texts import has_unstorable, storable, trimmed
from app.rules.activities import FINDINGS_MAX, MESSAGES

__all__ = [
    "FINDINGS_MAX",
    "PASSWORD_FIELDS",
    "FormCycle",
    "FormDay",
    "ReasonForm",
    "Typed",
    "days_turned_round",
    "finding_of",
    "is_plain",
    "kept",
    "kept_values",
    "parsed",
    "refuse_long",
    "refuse_many",
    "refuse_unfit",
    "shown_again",
]

Form = TypeVar("Form", bound=BaseModel)

FormDay = Annotated[dt.date, Field(ge=dt.date(1900, 1, 1), le=dt.date(2199, 12, 31))]
"""A day that somebody types of what is kept: one from which and to which days can be counted."""

FormCycle = Annotated[int, Field(ge=1900, le=2199)]
"""A cycle that somebody asks for."""

PASSWORD_FIELDS: Final = frozenset({"password", "old_password", "new_password", "repeated_password"})
"""Every field of any form that a password is typed into."""

LETTERS_MAX: Final = 2_000
"""A field that says nothing itself takes so many letters; and of any field so many, at least, are shown again."""

_CONTROL: Final = re.compile("[\0-\x1f\x7f-\x9f]")

_NEVER_SENT_BACK: Final = PASSWORD_FIELDS | {"csrf_token", "typed_by"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed, and what was wrong with it: what the ``field`` macro shows."""

    values: Mapping[str, list[str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    refused: bool = False
    page: str = ""
    """The address that shows the form: after a refusal the browser stands at the one that it was sent to."""
    is_search: bool = False
    """Whether it is the page's address that was refused, and not something to be saved."""
    labels: dict[str, str] = field(default_factory=dict)
    """What the fields of the page are called: written down as each is drawn, for the summary that stands above them."""

    def called(self, name: str, label: str) -> str:
        """Write down what a field is called; the first of that name is the one that is linked to. Returns nothing to be shown."""
        self.labels.setdefault(name, label)
        return ""

    def value(self, name: str, default: object = "") -> object:
        """What was typed into a field, else the default."""
        typed = self.values.get(name)
        return typed[0] if typed else ("" if default is None else default)

    def all(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """All values of a field that may have several."""
        return tuple(self.values[name]) if name in self.values else (() if self.values else default)

    def errors(self, name: str) -> list[Finding]:
        """What is wrong with a field."""
        return [finding for finding in self.findings if finding.place.field == name]

    def elsewhere(self, names: list[str]) -> list[Finding]:
        """What is wrong with none of these fields."""
        return [finding for finding in self.findings if finding.place.field not in names]


class ReasonForm(BaseModel):
    """Why something is done that cuts somebody, or a program, off."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=3, max_length=500)]


TURNED_ROUND: Final = n_("“To” is before “From”: turn the two days round to see what lies between them.")


def days_turned_round(first: dt.date | None, last: dt.date | None, *, field: str) -> tuple[Finding, ...]:
    """What a search says at the field of its last day where that is before its first one; nothing else would tell why the list is empty."""
    if first is None or last is None or first <= last:
        return ()
    return (Finding(code="turned_round", message=TURNED_ROUND, place=Place(field=field)),)


def kept(given: MultiDict[str, str]) -> dict[str, list[str]]:
    """What a form held that waits for its owner: all of it but passwords and the token, which a page has of its own, and what is no text."""
    return {
        name: [storable(value) for value in values] for name, values in given.lists() if name not in _NEVER_SENT_BACK
    }


def shown_again(given: MultiDict[str, str], form: type[BaseModel] | None) -> dict[str, list[str]]:
    """The same of a form that is refused; of what nobody types, a field of many more letters than it takes, just the beginning."""
    return {
        name: [value[: max(LETTERS_MAX, _letters_max(form, name))] for value in values]
        for name, values in kept(given).items()
    }


def kept_values(text: str) -> dict[str, list[str]]:
    """The same of a form's fields as JSON, ``{name: [values]}``; empty where the text is nothing like that."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(given, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values) for values in given.values()
    ):
        return {}
    return kept(MultiDict(given))


def is_plain(path: str) -> bool:
    """Whether a path is one that anybody writes: without control characters, and what no text may hold."""
    return not (has_unstorable(path) or _CONTROL.search(path))


TOO_MANY_FIELDS: Final = n_(
    "This form has more than %(most)s fields, and none of them was saved: send it in smaller parts."
)


def refuse_many(given: MultiDict[str, str], most: int) -> None:
    """Refuse a form of more fields than any page of ours has, before they are looked at one by one and shown again.

    Raises:
        TooLarge: without what was typed.
    """
    if sum(len(values) for _, values in given.lists()) > most:
        raise TooLarge(message=TOO_MANY_FIELDS, parameters={"most": most})


def refuse_unfit(given: MultiDict[str, str]) -> None:
    """Refuse NUL and half characters before they reach a question to the database, which takes neither.

    Raises:
        Invalid: with a finding at each field that holds one.
    """
    unfit = [name for name, value in given.items(multi=True) if has_unstorable(name) or has_unstorable(value)]
    if unfit:
        fields = dict.fromkeys(storable(name) for name in unfit)
        raise Invalid(*(at_field(field, "bad_text", MESSAGES["bad_text"]) for field in list(fields)[:FINDINGS_MAX]))


def refuse_long(given: MultiDict[str, str], form: type[BaseModel] | None) -> None:
    """Refuse what is longer than its field takes, before anything is looked for by it or said about it.

    Args:
        given: the form's fields, those that its type does not know among them.
        form: its type, where it has one.

    Raises:
        Invalid: with a finding at each such field.
    """
    longest: dict[str, int] = {}
    for name, values in given.lists():
        most = _letters_max(form, name)
        if any(len(value) > most and len(value.strip()) > most for value in values):
            longest[storable(name[:LETTERS_MAX])] = most
    if longest:
        raise Invalid(
            *(
                at_field(field, "string_too_long", _MESSAGES["string_too_long"], max_length=most)
                for field, most in list(longest.items())[:FINDINGS_MAX]
            )
        )


def _letters_max(form: type[BaseModel] | None, name: str) -> int:
    """How many letters a field takes: what its type says, where it says that."""
    declared = [one for key, one in (form.model_fields.items() if form else ()) if (one.alias or key) == name]
    if not declared or _holds_several(declared[0].annotation):
        return LETTERS_MAX
    said = [most for rule in declared[0].metadata if (most := getattr(rule, "max_length", None)) is not None]
    return said[0] if said else LETTERS_MAX


def parsed(model: type[Form], given: MultiDict[str, str], *, exact: bool = False) -> Form:
    """Read a form or the parameters of an address into a type. An empty field is absent.

    Args:
        model: the type.
        given: what was sent.
        exact: leave space around a value where it is, as programs mean it; a person's is taken off, as is what nobody sees; where nothing is left, nothing was typed.

    Raises:
        Invalid: with a finding at each field that cannot be read.
    """
    values: dict[str, Any] = {}
    for name, declared in model.model_fields.items():
        key = declared.alias or name
        typed = [one for text in given.getlist(key) if (one := text if exact else trimmed(text))]
        if typed:
            values[key] = typed if _holds_several(declared.annotation) else typed[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(*(finding_of(problem) for problem in error.errors(include_url=False)[:FINDINGS_MAX])) from None


def _holds_several(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return any(_holds_several(part) for part in get_args(annotation))
    return (origin or annotation) in {list, tuple, set, frozenset}


_MESSAGES: Final[Mapping[str, str]] = {
    "missing": n_("This is empty: fill it in."),
    "string_too_short": n_("This is too short: use at least %(min_length)s characters."),
    "string_too_long": n_("This is too long: use at most %(max_length)s characters."),
    "string_pattern_mismatch": n_(
        "This is not of the form that is expected here: load the page again and fill it in anew."
    ),
    "greater_than": n_("This is too small: write more than %(gt)s."),
    "greater_than_equal": n_("This is too small: write at least %(ge)s."),
    "less_than": n_("This is too large: write less than %(lt)s."),
    "less_than_equal": n_("This is too large: write at most %(le)s."),
    "enum": n_("This is not one of the choices: choose one of %(expected)s."),
    "literal_error": n_("This is not one of the choices: choose one of %(expected)s."),
}

_FAMILIES: Final = (
    ("date", n_("This is no day: write one as 2026-03-31.")),
    ("time", n_("This is no time: write one as 09:30.")),
    ("int", n_("This is no whole number: write it in digits.")),
    ("decimal", n_("This is no number: write it with a point before its decimals.")),
    ("float", n_("This is no number: write it with a point before its decimals.")),
    ("bool", n_("Neither yes nor no is chosen: choose one of the two.")),
)

_OTHERWISE: Final = n_("This cannot be used as it is: write it in another way.")


def finding_of(problem: ErrorDetails) -> Finding:
    """A finding in our words for one of pydantic's errors; a validator of ours speaks for itself."""
    kind = problem["type"]
    path = [str(part) for part in problem["loc"]] or ["form"]
    parameters = dict(problem.get("ctx", {}))
    if "expected" in parameters:
        parameters["expected"] = _choices(str(parameters["expected"]))
    message = _MESSAGES.get(kind)
    if message is None:
        message = next((text for start, text in _FAMILIES if kind.startswith(start)), None)
    if message is None and kind == "value_error":
        message, parameters = str(parameters.get("error", _OTHERWISE)), {}
    return Finding(
        code=kind,
        message=message or _OTHERWISE,
        parameters=parameters,
        place=Place(field=path[0], pointer="/" + "/".join(path)),
    )


def _choices(listed: str) -> str:
    """``a, b, c`` of pydantic's ``'', 'a', 'b' or 'c'``, whose last joint is English."""
    return ", ".join(choice for choice in re.findall(r"'([^']*)'", listed) if choice)
