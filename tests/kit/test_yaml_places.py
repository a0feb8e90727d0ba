"""YAML as plain values with their lines: YAML 1.2's scalars, exact numbers, and every way a file can be no YAML."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.yaml_places import BYTES_MAX, DEPTH_MAX, read_yaml


def content_of(text: str) -> object:
    """The content of a text that is read without a finding."""
    placed, findings = read_yaml(text.encode(), file="a.yaml")
    assert placed is not None
    assert findings == []
    return placed.content


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("y", "y"),
        ("Yes", "Yes"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("5", 5),
        ("-5", -5),
        ("0901", "0901"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("0.1", Decimal("0.1")),
        ("1e3", Decimal(1000)),
        (".5", Decimal("0.5")),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("NaN", "NaN"),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("٣", "٣"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    """YAML 1.1 would make False of Norway, a date of a day, and a float of a tenth."""
    found = content_of(f"a: {text}\n")
    assert found == {"a": value}
    assert type(found["a"]) is type(value)


def test_numbers_are_exact_to_the_last_digit() -> None:
    assert str(content_of("0.1000000000000000055511151231257827")) == "0.1000000000000000055511151231257827"


def test_keys_are_their_literal_text() -> None:
    assert content_of("{2025: 5, NO: 1, true: 2, 1.50: 3}") == {"2025": 5, "NO": 1, "true": 2, "1.50": 3}


def test_each_value_knows_its_line() -> None:
    placed, _ = read_yaml(b"# head\na:\n  b: 1\n\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n", file="a.yaml")
    assert placed is not None
    assert placed.lines[("a",)] == 2
    assert placed.lines["a", "b"] == 3
    assert placed.lines["a", "c", 1] == 7
    assert placed.lines["a", "c", 1, "e"] == 8


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake() -> None:
    placed, findings = read_yaml("\ufeffa: 1\r\nb: ü\r\n".encode(), file="a.yaml")
    assert placed is not None
    assert (placed.content, placed.lines[("b",)], findings) == ({"a": 1, "b": "ü"}, 2, [])


def test_an_empty_file_holds_nothing() -> None:
    assert content_of("") is None
    assert content_of("# a comment\n") is None


def test_an_alias_is_what_it_refers_to() -> None:
    assert content_of("a: &eu [AT, DE]\nb: *eu\n") == {"a": ["AT", "DE"], "b": ["AT", "DE"]}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(f'*{before}' for _ in range(10))}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        (b"a: 1\nb: [1, 2\nc: 3\n", 3, "not_yaml"),
        (b"a: 1\n\tb: 2\n", 2, "not_yaml"),
        (b"a: b: c\n", 1, "not_yaml"),
        (b"a: 'open\n", 2, "not_yaml"),
        (b'a: 1\nb: "\\UFFFFFFFF"\n', None, "not_yaml"),
        (b"a: 1\nb: \x01\n", 2, "not_yaml"),
        (b"a: 1\nb: \xff\n", 2, "not_utf8"),
        ("a: 1\n".encode("utf-16"), 1, "not_utf8"),
        (b"a: 1\nb: 2\na: 3\n", 3, "duplicate_member"),
        (b"b:\n  2025: 1\n  '2025': 2\n", 3, "duplicate_member"),
        (b"? [a, b]\n: 1\n", 1, "key"),
        (b"a: 1\n? *x\n: 1\n", 2, "key"),
        (b"a: 1\n---\nb: 2\n", 2, "second_document"),
        (b"a: !!python/object/apply:os.system [ls]\n", 1, "tag"),
        (b"a: !!float 1\n", 1, "tag"),
        (b"a: *nothing\n", 1, "alias"),
        (b"a: 1\nb: &b [1, *b]\n", 2, "alias"),
        (BOMB.encode(), 5, "too_many_values"),
        (b"a:\n" + b"[" * (DEPTH_MAX + 5), 2, "too_deep"),
        (b"a: " + b"{a: " * 100_000, 1, "too_deep"),
        (b"a" * (BYTES_MAX + 1), None, "file_size"),
    ],
)
def test_what_is_no_sound_yaml_is_a_finding_with_its_line(text: bytes, line: int | None, code: str) -> None:
    _, findings = read_yaml(text, file="a.yaml")
    assert [(f.code, f.place.file, f.place.line) for f in findings] == [(code, "a.yaml", line)]
    assert "%(" not in findings[0].text()


@given(
    st.binary(max_size=200) | st.text(st.sampled_from("ab:-{}[]&*!|>'\"#%@`,?\n \t0.~\\U"), max_size=60).map(str.encode)
)
def test_any_bytes_give_values_or_findings_and_never_an_exception(raw: bytes) -> None:
    placed, findings = read_yaml(raw, file="a.yaml")
    assert placed is not None or findings
    assert all(isinstance(finding.text(), str) for finding in findings)
