"""JSON as text: read without loss, written without loss, and in the one form by which two values are compared.

A newcomer would use ``json.loads``: it turns 1e400 into infinity, takes NaN, refuses numbers of 4,301 digits and makes 0.1 and
0.10000000000000000001 the same. Here a number with a point or an exponent is a Decimal, so that numbers keep their value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, Never

import orjson

from app.plain.texts import has_unstorable, storable

__all__ = [
    "DEPTH_MAX",
    "FaultyValueError",
    "NotJsonError",
    "RepeatedMemberError",
    "TooDeepError",
    "TooManyElementsError",
    "UnkeepableNumberError",
    "canonical",
    "decode",
    "decode_sent",
    "element_texts",
    "encode",
    "is_dense",
    "refuse_more_elements",
    "refuse_more_values",
    "unfit_texts",
]

DEPTH_MAX: Final = 64
"""Levels of nesting that an event may have; a fixed number, so that what is accepted never depends on the stack."""

_DIGITS_MAX: Final = 4300
_SORTED: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)


class NotJsonError(ValueError):
    """The text is not JSON, or holds a number that no computer could keep; ``line`` and ``column`` say where reading stopped, if anywhere."""

    line: int | None = None
    column: int | None = None


class FaultyValueError(NotJsonError):
    """JSON by its grammar, as far as it was read, that holds what nobody can take: of several events the one that holds it is at fault, alone."""


class RepeatedMemberError(FaultyValueError):
    """An object names a member twice, so that it says two things: each reader takes another one of them for what it says (RFC 8259, 4)."""

    def __init__(self, member: str) -> None:
        """Take the member's name."""
        super().__init__(f"{member!r} is there twice")
        self.member = member


class UnkeepableNumberError(FaultyValueError):
    """A number is JSON and of a size that no computer keeps (1e999999999999999999999)."""


class TooDeepError(FaultyValueError):
    """It is nested more deeply than this process reads; what it holds there was not looked at."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("nested too deeply")


class TooManyElementsError(ValueError):
    """The array has more elements than are taken."""


def _refuse(constant: str) -> Never:
    message = f"{constant} is not JSON"
    raise NotJsonError(message)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        message = "a number is out of range"
        raise UnkeepableNumberError(message) from error


def _whole_number(text: str) -> int | Decimal:
    """Python makes no int of more than 4,300 digits."""
    return int(text) if len(text) <= _DIGITS_MAX else _number(text)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise RepeatedMemberError(name)
            seen.add(name)
    return members


_DECODER: Final = json.JSONDecoder(parse_float=_number, parse_int=_whole_number, parse_constant=_refuse)
_SENT: Final = json.JSONDecoder(
    parse_float=_number, parse_int=_whole_number, parse_constant=_refuse, object_pairs_hook=_members
)


def decode(text: str | bytes) -> object:
    """The value of a JSON text (bytes are UTF-8, with or without a byte order mark); of a member that is there twice the last one.

    For what we wrote, or recorded, ourselves; what comes from outside is read by :func:`decode_sent`.

    Raises:
        FaultyValueError: it holds a number that no computer keeps, or is nested too deeply for this process.
        NotJsonError: for anything that is not JSON.
    """
    return _decoded(text, _DECODER)


def decode_sent(text: str | bytes) -> object:
    """As :func:`decode`, of what somebody sends.

    Raises:
        FaultyValueError: an object in it names a member twice, or as above.
        NotJsonError: for anything that is not JSON.
    """
    return _decoded(text, _SENT)


def element_texts(text: bytes) -> list[str] | None:
    """The texts of an array's elements, as they stand there, nested however deeply; None for anything but an array.

    The elements are told apart by brackets, commas and quotation marks alone: whether each is JSON is for whoever decodes it.

    Raises:
        NotJsonError: it is no UTF-8, its brackets do not close, or something follows it.
    """
    texts: list[bytes] = []
    depth = start = end = 0
    for piece in _STRUCTURE.finditer(text):
        sign = piece[0]
        if not depth and (end or sign != b"[" or text[: piece.start()].strip()):
            break
        if sign in {b"[", b"{"}:
            depth += 1
            if depth == 1:
                start = piece.end()
        elif sign in {b"]", b"}"}:
            depth -= 1
            if not depth:
                texts.append(text[start : piece.start()])
                end = piece.end()
        elif sign == b"," and depth == 1:
            texts.append(text[start : piece.start()])
            start = piece.end()
    if not end and not depth:
        return None
    if depth or text[end:].strip():
        message = "its brackets do not close" if depth else "something follows its end"
        raise NotJsonError(message)
    if len(texts) == 1 and not texts[0].strip():
        return []
    try:
        return [one.decode().strip() for one in texts]
    except UnicodeDecodeError as error:
        raise NotJsonError(str(error)) from error


def _decoded(text: str | bytes, decoder: json.JSONDecoder) -> object:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return decoder.decode(text)
    except NotJsonError:
        raise
    except RecursionError as error:
        raise TooDeepError from error
    except ValueError as error:
        refused = NotJsonError(str(error))
        if isinstance(error, json.JSONDecodeError):
            refused.line, refused.column = error.lineno, error.colno
        raise refused from error


_STRUCTURE: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)

_DENSE: Final = 20
"""Bytes a comma below which an array is counted before it is read: an event has some thirty, and a list of ones two."""


def is_dense(text: bytes, most: int) -> bool:
    """Whether an array may have a great many elements so small that they take more memory than their text by far."""
    commas = text.count(b",")
    return commas >= most and len(text) < _DENSE * commas


def refuse_more_values(text: bytes, most: int) -> None:
    """Refuse a text of too many values, at whatever depth, before memory is taken for them: ``{}`` takes thirty times the room of its two letters.

    Signs within texts are counted like any other, so ``most`` leaves room for them.

    Raises:
        TooManyElementsError: there are more.
    """
    if len(text) > most and sum(map(text.count, (b",", b"[", b"{"))) > most:
        raise TooManyElementsError


def refuse_more_elements(text: bytes, most: int) -> None:
    """Refuse an array of too many elements before memory is taken for them: they are counted up to one too many.

    Raises:
        TooManyElementsError: there are more.
    """
    depth = elements = 0
    for piece in _STRUCTURE.finditer(text):
        sign = piece[0]
        if sign == b",":
            elements += depth == 1
            if elements >= most:
                raise TooManyElementsError
        elif sign in {b"[", b"{"}:
            depth += 1
        elif sign in {b"]", b"}"}:
            depth -= 1


def encode(value: object) -> str:
    """A decoded value as one line of JSON, in ASCII, members in the order they came, numbers with the digits they had.

    What is no JSON (NaN, which only other decoders take) is written as null. Nesting of any depth is written.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return "".join(_pieces(value))


class _Piece(str):
    """JSON that is written already, among values that are not."""

    __slots__ = ()


def _pieces(value: object) -> Iterator[str]:
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Piece):
            yield item
        elif isinstance(item, dict):
            waiting.append(_Piece("}"))
            for at, (name, member) in reversed(list(enumerate(item.items()))):
                waiting += (member, _Piece(f"{', ' if at else ''}{json.dumps(str(name))}: "))
            yield "{"
        elif isinstance(item, list | tuple):
            waiting.append(_Piece("]"))
            for at, member in reversed(list(enumerate(item))):
                waiting += (member, _Piece(", ")) if at else (member,)
            yield "["
        elif isinstance(item, int | float | Decimal) and not isinstance(item, bool):
            number = Decimal(repr(item)) if isinstance(item, float) else Decimal(item)
            yield str(number) if number.is_finite() else "null"
        else:
            yield json.dumps(item)


def canonical(value: object) -> bytes:
    """The bytes that two JSON values share exactly if they are the same value: members sorted, numbers by what they are worth.

    ``40``, ``40.0`` and ``4e1`` are one value; ``"40"`` and ``true`` are others.

    Raises:
        ValueError: for what JSON cannot hold, or a text that is no Unicode (a lone surrogate): see :func:`unfit_texts`.
    """
    plain = _by_worth(value)
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # An integer of more than 64 bits, a lone surrogate, or nesting that is refused later.
        return _SORTED.encode(plain).encode()


def _by_worth(value: object) -> object:
    """The value with numbers in one form: integers of up to 4,300 digits as they are, others as a text behind a NUL.

    No text of an accepted event holds a NUL, so that no text is ever taken for a number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {name: _by_worth(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_by_worth(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        message = "not a number"
        raise ValueError(message)
    # As text: of a million digits a tuple of them takes fifty times as long.
    written, _, exponent = f"{exact:E}".partition("E")
    sign = "-" if written.startswith("-") else ""
    digits = written.lstrip("-").replace(".", "")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    power = int(exponent) + 1 - len(significant)
    if power >= 0 and len(significant) + power <= _DIGITS_MAX:
        return int(sign + significant + "0" * power)
    return f"\0{sign}{significant}e{power}"


def unfit_texts(value: object, pointer: str = "") -> list[tuple[str, str]]:
    """Where a value cannot be kept: JSON pointers with ``bad_text`` (NUL, a lone surrogate), ``bad_number`` or ``too_deep``."""
    faults: list[tuple[str, str]] = []
    waiting: list[tuple[object, str, int]] = [(value, pointer, 1)]
    while waiting:
        item, at, depth = waiting.pop()
        if isinstance(item, str):
            if has_unstorable(item):
                faults.append((at, "bad_text"))
        elif isinstance(item, dict):
            if depth > DEPTH_MAX:
                return [*faults, (pointer, "too_deep")]
            if any(has_unstorable(str(name)) for name in item):
                faults.append((at, "bad_text"))
            members = [(member, f"{at}/{_escaped(str(name))}", depth + 1) for name, member in item.items()]
            waiting.extend(reversed(members))
        elif isinstance(item, list | tuple):
            if depth > DEPTH_MAX:
                return [*faults, (pointer, "too_deep")]
            waiting.extend((member, f"{at}/{number}", depth + 1) for number, member in reversed(list(enumerate(item))))
        elif isinstance(item, float) and not math.isfinite(item):
            faults.append((at, "bad_number"))
    return faults


def _escaped(name: str) -> str:
    """A member's name as a JSON pointer writes it (RFC 6901); what cannot be shown is replaced."""
    return storable(name).replace("~", "~0").replace("/", "~1")
