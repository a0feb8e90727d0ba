"""The ordinary event, read by a compiled decoder: an activity with which all is right, and no members but those that its type knows.

Nearly everything that comes is one, and comes by the thousand. Whatever is not is read the long way (:func:`app.rules.activities.read`),
which also says what is wrong with it.
Do not add a rule here: what is taken here must be taken there, and mean the same. A test holds one against the other.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from app.plain.json_text import DEPTH_MAX, NotJsonError, TooManyElementsError, decode_sent
from app.plain.texts import is_blank
from app.rules.activities import (
    AMOUNT,
    HS_CODE,
    ID_LENGTH_MAX,
    SHARE_ONE_1E4,
    TEXT_LENGTH_MAX,
    TYPE_PREFIX,
    Activity,
    Credit,
    Known,
    content_hash,
    plain_amount,
)
from app.rules.countries import COUNTRIES
from app.rules.event_types import ACTIVITY_TYPES, EventType
from app.rules.moments import moment
from app.rules.money import too_large

__all__ = ["Ordinary", "each_of", "read_ordinary", "shaped"]

_Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]
_Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH_MAX)]


class _Party(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A company or a buyer."""

    country: _Text = ""
    name: _Text = ""
    registration: _Text = ""


class _Members(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What the event says. An empty text stands for a member that is not there: one that is there and empty is not ordinary."""

    buyer: _Party
    company: _Party
    employee: _Text
    amount: _Text = ""
    currency: _Text = ""
    hs_code: _Text = ""


class Ordinary(Struct, gc=False):
    """An event of an ordinary shape; whether it is all right is still to be seen. Extension attributes are ignored."""

    specversion: Literal["1.0"]
    type: Literal["kopes.export_consult", "kopes.export_deal", "kopes.new_buyer"]
    source: _Text
    id: _Id
    time: _Text
    data: _Members
    datacontenttype: Literal["application/json"] = "application/json"
    data_base64: None = None


_ELEMENTS: Final = msgspec.json.Decoder(list[Raw])
_EVENT: Final = msgspec.json.Decoder(Ordinary)
_CONTENT: Final = msgspec.json.Encoder(order="sorted")
_KINDS: Final = {TYPE_PREFIX + code: kind for code, kind in ACTIVITY_TYPES.items()}
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def each_of(body: bytes, *, most: int | None = None) -> list[tuple[str, Ordinary | None]] | None:
    """The elements of a JSON array: the text of each, in ASCII, and what it holds where its shape is ordinary.

    Args:
        body: the array's text.
        most: how many elements there may be.

    Raises:
        TooManyElementsError: there are more; none was looked at.

    None for anything but an array in UTF-8: what that is, and what is wrong with it, :func:`app.plain.json_text.decode` tells.
    """
    try:
        elements = _ELEMENTS.decode(body)
        if most is not None and len(elements) > most:
            raise TooManyElementsError
        if body.isascii():
            return [(str(raw, "ascii"), _ordinary(raw)) for raw in elements]
        return [(_escaped(str(raw, "utf-8")), _ordinary(raw)) for raw in elements]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def shaped(text: str) -> Ordinary | None:
    """What one event holds, where its shape is ordinary; None for any other JSON, and for what is none."""
    try:
        return _EVENT.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


def _ordinary(raw: Raw) -> Ordinary | None:
    try:
        return _EVENT.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _escaped(text: str) -> str:
    """JSON with escapes for all that is not ASCII, which stands inside its texts alone."""
    return text if text.isascii() else _NOT_ASCII.sub(lambda letter: json.dumps(letter[0])[1:-1], text)


_CONTENT_TYPE: Final = re.compile(r'"datacontenttype"\s*:')
_QUOTES_AROUND: Final = 22
"""Quotation marks of an event's text outside its data: of five attributes with their values, and of the data's own name."""
_QUOTES_OF_CONTENT_TYPE: Final = 4


def _says_once(text: str, content: bytes) -> bool:
    """Whether an event names each member once, by its text and its data as we write them: the compiled decoder takes the last of several.

    Each name and each text of a member has two quotation marks. What has others than they come to is looked at closely: it has further
    attributes, or a member twice.
    """
    if b'\\"' not in content:
        more = text.count('"') - content.count(b'"') - _QUOTES_AROUND
        if not more or (more == _QUOTES_OF_CONTENT_TYPE and len(_CONTENT_TYPE.findall(text)) == 1):
            return True
    try:
        decode_sent(text)
    except NotJsonError:
        return False
    return text.count("[") + text.count("{") <= DEPTH_MAX  # else it may be nested too deeply


def read_ordinary(event: Ordinary, known: Known, text: str) -> Activity | None:
    """What the event says, whose JSON is at hand; None where it has to be read the long way."""
    kind = _KINDS[event.type]
    source, id_, data = event.source, event.id, event.data
    when = moment(event.time)
    if when is None or not (source.isascii() and id_.isascii() and data.employee in known.employees):
        return None
    company, buyer = data.company, data.buyer
    if (is_blank(company.name) and not company.registration) or is_blank(buyer.name) or buyer.country not in COUNTRIES:
        return None
    amount = None
    if data.amount or data.currency or "amount" in kind.required:
        amount = _amount(data, kind, when.day, known)
        if amount is None:
            return None
        plain = plain_amount(amount)
        if plain != data.amount:
            data = msgspec.structs.replace(data, amount=plain)
    if data.hs_code and not ("hs_code" in kind.names and HS_CODE.fullmatch(data.hs_code)):
        return None
    content = _CONTENT.encode(data)
    if b"\\u0000" in content or "\0" in source or "\0" in id_ or not _says_once(text, content):
        return None
    return Activity(
        source,
        id_,
        kind.code,
        event.time,
        when.day,
        when.instant,
        data.employee,
        company.name,
        company.registration,
        buyer.name,
        buyer.country,
        buyer.registration,
        amount,
        data.currency,
        data.hs_code,
        (Credit(data.employee, SHARE_ONE_1E4),),
        content_hash(kind, when, content),
    )


def _amount(data: _Members, kind: EventType, day: dt.date, known: Known) -> Decimal | None:
    """An amount that comes with a currency that has a rate; None where there is anything to say about it."""
    if not data.currency or "amount" not in kind.names or not AMOUNT.fullmatch(data.amount):
        return None
    amount, rate = Decimal(data.amount), known.rates.rate(data.currency, day)
    return None if not amount or rate is None or too_large(amount, rate) else amount
