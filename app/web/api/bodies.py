"""CloudEvents over HTTP: a request's body and headers become events, in each of the three modes of the HTTP binding.

Do not refuse a batch for one bad event: only what cannot be read at all is a problem. An element of a batch that is
no object is an event, and a rejected one.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from flask import Request
from werkzeug.http import parse_options_header

from app.intake import arrival_of
from app.kit.refusals import Refusal, TooLarge
from app.ledger import Arrival
from app.plain.findings import n_
from app.plain.json_text import (
    FaultyValueError,
    NotJsonError,
    RepeatedMemberError,
    TooManyElementsError,
    decode,
    decode_sent,
    element_texts,
    encode,
    is_dense,
    refuse_more_elements,
    refuse_more_values,
)
from app.rules.activities import fault_of_text
from app.rules.ordinary import each_of

__all__ = ["BATCH", "EVENTS_MAX", "STRUCTURED", "UnknownMedia", "Unreadable", "arrivals_in", "body_of"]

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
EVENTS_MAX: Final = 10_000
"""Events that one request may carry."""
VALUES_MAX: Final = 1_000_000
"""Values that one request may carry, commas and opening brackets within texts counted with them: a hundred an event."""

_JSON: Final = re.compile(r"(?:application|text)/(?:json|[\w.!#$&^-]+\+json)", re.ASCII)
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_HEADER: Final = "ce-"
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


class Unreadable(Refusal):
    """What was sent is no event and no batch of events."""

    code = "unreadable"
    status = 400
    message = n_("This is not JSON: %(why)s.")


class UnknownMedia(Refusal):
    """What was sent is of a kind that carries no events."""

    code = "unknown_media_type"
    status = 415
    message = n_(
        "Send application/cloudevents+json, application/cloudevents-batch+json, or JSON with the event's attributes in ce- headers."
    )


_SIGNED_ONLY: Final = n_(
    "Send application/cloudevents+json or application/cloudevents-batch+json: of a signed message its body alone is read."
)


def arrivals_in(http_request: Request, *, plain: bool = False, binary: bool = True) -> list[Arrival]:
    """The events of a request.

    Args:
        http_request: the request.
        plain: take ``application/json`` without ``ce-`` headers for one event.
        binary: take binary mode, whose attributes are headers; not where the body alone is signed.

    Raises:
        UnknownMedia: of another media type, charset or encoding.
        Unreadable: not JSON, an array for one event, anything but an array for a batch, or headers that are no UTF-8.
        TooLarge: more than :data:`EVENTS_MAX` events, or :data:`VALUES_MAX` values.
    """
    kind, parameters = parse_options_header(http_request.headers.get("Content-Type"))
    kind = kind.casefold()
    if parameters.get("charset", "utf-8").casefold() not in _CHARSETS:
        raise UnknownMedia
    if http_request.headers.get("Content-Encoding", "identity").casefold() not in {"", "identity"}:
        raise UnknownMedia
    if kind == BATCH:
        return _batch(body_of(http_request, once=True))
    if kind == STRUCTURED:
        return [_structured(body_of(http_request, once=True))]
    attributes = _attributes(http_request.headers.items()) if binary else {}
    if attributes and (not kind or _JSON.fullmatch(kind)):
        return [_binary(body_of(http_request, once=True), attributes, _content_type(http_request))]
    if plain and kind == "application/json":
        return [_structured(body_of(http_request, once=True))]
    raise UnknownMedia(message=None if binary else _SIGNED_ONLY)


def body_of(http_request: Request, *, once: bool = False) -> bytes:
    """The whole body, before anything of it is read.

    Args:
        http_request: the request.
        once: do not keep it beside what is read of it: whoever asks again gets an empty one. Not for what is read within a writing
            transaction, which is done again from its start where another one was in its way.

    Raises:
        TooLarge: it has more than :data:`VALUES_MAX` values.
    """
    body = http_request.get_data(cache=not once)
    try:
        refuse_more_values(body, VALUES_MAX)
    except TooManyElementsError:
        raise TooLarge(
            message=n_("A request carries at most %(most)s values; these are more."), parameters={"most": VALUES_MAX}
        ) from None
    return body


def _batch(body: bytes) -> list[Arrival]:
    body = body.removeprefix(BOM_UTF8)
    try:
        if is_dense(body, EVENTS_MAX):
            refuse_more_elements(body, EVENTS_MAX)
        elements = _ordinary_ones(body) or _elements(body)
    except NotJsonError as error:
        raise Unreadable(parameters={"why": str(error)}) from None
    except TooManyElementsError:
        raise TooLarge(
            message=n_("A request carries at most %(most)s events; these are more."), parameters={"most": EVENTS_MAX}
        ) from None
    if elements is None:
        raise Unreadable(message=n_("A batch is a JSON array of events."))
    return elements


def _ordinary_ones(body: bytes) -> list[Arrival] | None:
    """The events of a batch, most of them ordinary; None where something in it is no JSON, which is told of the whole."""
    elements = each_of(body, most=EVENTS_MAX)
    if elements is None:
        return None
    try:
        return [
            _long_way(text) if ordinary is None else Arrival(text, None, (), ordinary) for text, ordinary in elements
        ]
    except NotJsonError:
        return None


def _long_way(text: str) -> Arrival:
    """One element of a batch.

    Raises:
        NotJsonError: it is none, and so the whole is none.
    """
    try:
        return Arrival(text, decode_sent(text))
    except FaultyValueError as error:
        return Arrival(text, None, (fault_of_text(error),))


def _elements(body: bytes) -> list[Arrival] | None:
    """The events of a batch that the compiled decoder does not read; None where it is no array. What is no JSON is told of the whole."""
    refuse_more_elements(body, EVENTS_MAX)
    try:
        values = decode_sent(body)
    except FaultyValueError:
        # One bad event never fails the others: each is looked at by itself.
        texts = element_texts(body)
        return None if texts is None else [_long_way(one) for one in texts]
    return [arrival_of(value) for value in values] if isinstance(values, list) else None


def _sent(body: bytes) -> tuple[object, FaultyValueError | None]:
    """What a body says; or what in it nobody can take, which is for the one event that it carries.

    Raises:
        Unreadable: it is no JSON, which a fault before the place hides not.
    """
    try:
        try:
            return decode_sent(body), None
        except RepeatedMemberError as error:
            decode(body)
            return None, error
    except FaultyValueError as error:
        return None, error
    except NotJsonError as error:
        raise Unreadable(parameters={"why": str(error)}) from None


def _structured(body: bytes) -> Arrival:
    value, fault = _sent(body)
    if fault is not None and body.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
        return Arrival(body.decode("utf-8-sig"), None, (fault_of_text(fault),))
    if not isinstance(value, dict):
        raise Unreadable(
            message=n_("One event is a JSON object; several are sent as application/cloudevents-batch+json.")
        )
    return arrival_of(value)


def _attributes(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The event's attributes in headers, percent-decoded (CloudEvents, HTTP binding, 3.1.3.2)."""
    return {
        name[len(_HEADER) :].casefold(): _read_header(name, value)
        for name, value in headers
        if name.casefold().startswith(_HEADER)
    }


def _content_type(http_request: Request) -> str | None:
    given = http_request.headers.get("Content-Type")
    return None if given is None else _utf_8("Content-Type", given)


def _read_header(name: str, value: str) -> str:
    """An attribute as it was before it was escaped."""
    quoted = _QUOTED.fullmatch(value.strip())
    if quoted:
        value = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
    return _utf_8(name, unquote_to_bytes(value.encode("latin-1")).decode("latin-1"))


def _utf_8(name: str, value: str) -> str:
    """A header's text: WSGI hands its bytes over as Latin-1; senders that do not escape mean UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        message = n_("The header %(name)s is not UTF-8.")
        raise Unreadable(message=message, parameters={"name": name.casefold()}) from None


def _binary(body: bytes, attributes: Mapping[str, str], content_type: str | None) -> Arrival:
    event: dict[str, object] = dict(attributes)
    if content_type:
        event["datacontenttype"] = content_type
    if body:
        event["data"], fault = _sent(body)
        if fault is not None:
            return Arrival(encode({**event, "data": body.decode("utf-8-sig")}), None, (fault_of_text(fault),))
    return arrival_of(event)
