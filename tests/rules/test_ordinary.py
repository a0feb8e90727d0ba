"""What the compiled decoder takes, the long way takes too, and both read the same; what it does not take is left to the long way."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.plain.json_text import NotJsonError, RepeatedMemberError, decode, decode_sent
from app.rules.activities import Activity, Known, read
from app.rules.money import Rates
from app.rules.ordinary import each_of, read_ordinary

KNOWN: Final = Known(
    frozenset(("E1", "E2")), Rates([("2026-01", "EUR", Decimal("1.1")), ("2026-02", "KRW", Decimal("0.0007"))])
)
DEAL: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "type": "kopes.export_deal",
    "source": "/crm/vie",
    "id": "D-1",
    "time": "2026-03-04T10:30:00+01:00",
    "data": {
        "employee": "E1",
        "company": {"name": "Daehan Co., Ltd.", "registration": "123-45"},
        "buyer": {"name": "Müller & Söhne", "country": "AT"},
        "amount": "125000.50",
        "currency": "EUR",
        "hs_code": "8471",
    },
}
CONSULT: Final = {
    **DEAL,
    "type": "kopes.export_consult",
    "data": {name: DEAL["data"][name] for name in ("employee", "company", "buyer")},
}
NEW_BUYER: Final = {**CONSULT, "type": "kopes.new_buyer"}

TEXTS: Final = st.sampled_from(("", " ", "E1", "E9", "AT", "XX", "EUR", "USD", "XYZ", "0", "00.50", "1.5", "84", "8a"))
ODD: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just([]),
    st.just({}),
    TEXTS,
    st.text(st.characters(codec=None), max_size=4),
    st.sampled_from(("x" * 500, "x" * 501, "1" * 16, "99999999999", "\0", "a\0b", "한국", "😀", '\x7f\x1f\\"/')),
)
PATHS: Final = (
    *((name,) for name in DEAL if name != "data"),
    ("datacontenttype",),
    ("data_base64",),
    ("traceparent",),
    ("data",),
    *(("data", name) for name in (*DEAL["data"], "credits", "remark")),
    *(("data", party, name) for party in ("company", "buyer") for name in ("name", "country", "registration", "vip")),
)


def _changed(event: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    name, *rest = path
    if not rest:
        return {**event, name: value}
    held = event.get(name)
    return {**event, name: _changed(held if isinstance(held, dict) else {}, tuple(rest), value)}


def _both(event: object) -> tuple[Activity | None, object]:
    """What the quick way and the long way make of an event."""
    text = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
    elements = each_of(b"[" + text + b"]")
    try:
        longer: object = read(decode(text), KNOWN)
    except NotJsonError:
        longer = None
    if elements is None:
        return None, longer
    ((written, ordinary),) = elements
    return None if ordinary is None else read_ordinary(ordinary, KNOWN, written), longer


@pytest.mark.parametrize("event", [DEAL, CONSULT, NEW_BUYER], ids=lambda event: event["type"])
def test_an_ordinary_event_is_read_the_quick_way(event: dict[str, Any]) -> None:
    """Else this would be slow and nobody would notice."""
    quick, longer = _both(event)
    assert quick is not None
    assert quick == longer


def _doubled(event: dict[str, Any], path: tuple[str, ...], value: str, space: str) -> str:
    """The event's JSON with a member of it written once more, before the one that it had, with some space before its colon."""
    name, *rest = path
    members = [f"{json.dumps(one)}: {json.dumps(held)}" for one, held in event.items() if not (rest and one == name)]
    if rest:
        return (
            "{" + ", ".join([*members, f"{json.dumps(name)}: {_doubled(event[name], tuple(rest), value, space)}"]) + "}"
        )
    return "{" + ", ".join([f"{json.dumps(name)}{space}: {value}", *members]) + "}"


@pytest.mark.parametrize("space", ["", " ", "\n\t"])
@pytest.mark.parametrize(
    "value", ['"E2"', '""', "null", "7", '{"name": "x"}', '"\\u0022\\u0022"', '"a \\"b\\""', '"datacontenttype"']
)
def test_a_member_that_is_there_twice_is_never_read_the_quick_way(value: str, space: str) -> None:
    """The compiled decoder takes the last and says nothing: another reader of the same text would take the first."""
    quoted = _changed(DEAL, ("data", "company", "name"), 'The "best" of "all"')
    typed = {**DEAL, "datacontenttype": "application/json"}
    for event in (DEAL, quoted, typed):
        for path in PATHS:
            if path[0] not in event or (len(path) > 1 and _at(event, path) is None):
                continue
            text = _doubled(event, path, value, space)
            with pytest.raises(RepeatedMemberError):
                decode_sent(text)
            assert decode(text) == event, "the last of both"
            ((written, ordinary),) = each_of(f"[{text}]".encode()) or (("", None),)
            assert ordinary is None or read_ordinary(ordinary, KNOWN, written) is None, text


def _at(event: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def test_further_attributes_are_no_member_twice() -> None:
    """The media type that many senders name keeps an event on the quick way; whatever else there is, it is the same event."""
    typed = {**DEAL, "datacontenttype": "application/json"}
    quick, longer = _both(typed)
    assert quick == longer
    assert quick is not None
    further = json.dumps({**typed, "traceparent": "00-a-b-01", "tenant": 7})
    ((written, ordinary),) = each_of(f"[{further}]".encode()) or ()
    assert ordinary is not None
    assert read_ordinary(ordinary, KNOWN, written) == quick


@given(
    st.sampled_from((DEAL, CONSULT, NEW_BUYER)),
    st.lists(st.tuples(st.sampled_from(PATHS), ODD), min_size=1, max_size=3),
)
@example(DEAL, [(("data", "amount"), "125000.5000")])
@example(DEAL, [(("data", "amount"), "0")])
@example(DEAL, [(("data", "amount"), "99999999999")])
@example(DEAL, [(("data", "currency"), "KRW")])
@example(DEAL, [(("data", "buyer", "name"), "a\0b")])
@example(DEAL, [(("source",), "/\0")])
@example(CONSULT, [(("data", "currency"), "EUR")])
@example(CONSULT, [(("data", "hs_code"), "84")])
@example(NEW_BUYER, [(("data", "amount"), "1"), (("data", "currency"), "EUR")])
@example(CONSULT, [(("data", "company"), {"registration": "1"})])
@example(CONSULT, [(("data", "company"), {"country": "AT"})])
@example(CONSULT, [(("time",), "2026-06-30T23:59:60Z")])
def test_whatever_is_taken_the_quick_way_means_the_same_the_long_way(
    event: dict[str, Any], changes: list[tuple[tuple[str, ...], object]]
) -> None:
    """To the last letter of the content's hash; and what is refused is never taken."""
    for path, value in changes:
        event = _changed(event, path, value)
    quick, longer = _both(event)
    if quick is not None:
        assert quick == longer


@given(st.text(st.characters(codec=None), min_size=1, max_size=30))
def test_names_of_any_letters_have_one_hash(name: str) -> None:
    """Both ways write the content that is hashed by encoders of their own."""
    quick, longer = _both(_changed(DEAL, ("data", "buyer", "name"), name))
    if quick is not None:
        assert quick == longer
    if isinstance(longer, Activity):
        assert quick == longer


@given(st.lists(st.one_of(st.just(DEAL), ODD), max_size=4), st.sampled_from((None, 1)))
def test_the_elements_of_a_batch_keep_their_texts(values: list[object], indent: int | None) -> None:
    """In ASCII, and of the same value as the whole's."""
    body = json.dumps(values, ensure_ascii=False, indent=indent).encode("utf-8", "surrogatepass")
    found = each_of(body)
    if found is not None:
        assert [decode(text) for text, _ in found] == decode(body)
        assert all(text.isascii() for text, _ in found)


@pytest.mark.parametrize(
    "body", [b"", b"[", b"{}", b"[1,]", b"\xff", b"[" * 100_000, b"[1] 2", b'"a"', b"\xef\xbb\xbf[]"]
)
def test_anything_but_an_array_is_left_to_the_long_way(body: bytes) -> None:
    """Which says what is wrong with it, or that nothing is."""
    assert each_of(body) is None


@pytest.mark.parametrize("blank", ["\u200b", "\u3164", "\ufeff\u2060", "\u202e \u00ad"])
def test_a_name_that_nobody_can_see_is_none_either_way(blank: str) -> None:
    """A company with a registration needs no name; a buyer does."""
    named = {"name": blank, "country": "AT"}
    for path, party, pointer in (
        ("company", {"name": blank}, "/data/company"),
        ("buyer", named, "/data/buyer/name"),
    ):
        quick, longer = _both(_changed(DEAL, ("data", path), party))
        assert quick is None
        assert [finding.place.pointer for finding in longer] == [pointer]  # type: ignore[attr-defined]
    quick, longer = _both(_changed(DEAL, ("data", "company"), {"name": blank, "registration": "1"}))
    assert quick == longer
    assert isinstance(quick, Activity)
