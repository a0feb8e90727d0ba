"""Snapshots of locked cycles that earlier versions wrote still come to what they say; what was altered, damaged or is none is told, and never runs away."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from app.snapshots import verify_file
from tests.conftest import Kopes

HERE = Path(__file__).parent
RULES_1 = HERE / "rules-1.zip"
"""Of a made-up agency of eight people, with an event that was admitted after the cut, a decision about a line that was lifted, a telling and a lock."""
RESULTS = "9b13abd629a8f1121ec0d03e62e52815fcdf2e3a07e79c012b0dafc20ff51d84"


def texts() -> dict[str, bytes]:
    with zipfile.ZipFile(RULES_1) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(file: Path, some: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in some.items():
            archive.writestr(name, content)
    return file


def lines(file: Path) -> list[str]:
    """What verifying it tells; each names the cycle or a node, and both sides."""
    told = verify_file(file, cycle=2026).differences
    assert all(" → " in one and "\n" not in one for one in told), told
    return list(told)


def test_a_snapshot_of_the_first_rules_is_verified_without_a_database(kopes: Kopes, tmp_path: Path) -> None:
    """By the command: one line and 0; of another cycle, and altered, a line a difference and 1."""
    ran = kopes("cycle", "verify", "2026", "--file", RULES_1, database="sqlite:///nowhere/at-all.db")
    assert ran.out == f"verified 2026 round 1 {RESULTS}\n"
    ran = kopes("cycle", "verify", "2025", "--file", RULES_1, database="sqlite:///nowhere/at-all.db", status=1)
    assert "manifest.json: 2025 → 2026" in ran.out
    some = texts()
    some["results.json"] = some["results.json"].replace(b'"E1"', b'"E7"', 1)
    ran = kopes("cycle", "verify", "2026", "--file", written(tmp_path / "other.zip", some), status=1)
    assert "employee:E7 " in ran.out
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize("name", ["events.ndjson", "decisions.ndjson", "results.json", "application.json"])
def test_one_altered_byte_of_a_text_is_told(tmp_path: Path, name: str) -> None:
    """Wherever it is: a digit, and a brace without which nothing can be read."""
    content = texts()[name]
    places = {content.index(b"{"), len(content) // 2, len(content) - 2}
    for place in places:
        other = bytearray(content)
        other[place] ^= 1
        told = lines(written(tmp_path / "other.zip", texts() | {name: bytes(other)}))
        assert told, (name, place)


def test_who_mends_the_sums_too_is_found_out_by_the_results(tmp_path: Path) -> None:
    """An event less, its sums written anew: the figures are others than those that were locked, person by person."""
    some = texts()
    some["events.ndjson"] = b"\n".join(some["events.ndjson"].split(b"\n")[1:])
    told = lines(written(tmp_path / "other.zip", some))
    assert any(one.startswith("unit:VIE consults.actual: 16 → 15") for one in told), told


def test_what_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    """No zip, half of one, a file less, a name that leads elsewhere, twice the same, far more than was packed."""
    file = tmp_path / "other.zip"
    whole = RULES_1.read_bytes()
    for content in (b"", b"no zip", whole[: len(whole) // 2], whole[:2000] + b"\0" * 50 + whole[2050:]):
        file.write_bytes(content)
        assert lines(file)
    for name in texts():
        if name.endswith("json"):
            assert lines(written(file, {one: text for one, text in texts().items() if one != name})), name
    for name in ("../events.ndjson", "/tmp/x.csv", "folder/../x.csv", "folder\\x.csv", "other.txt", "folder/a/b.csv"):
        assert "names: " in lines(written(file, texts() | {name: b"1"}))[0], name
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(written(file, texts()), "a") as archive:
        archive.writestr("results.json", b"{}")
    assert "names: " in lines(file)[0]
    assert "packed" in lines(written(file, texts() | {"events.ndjson": b" " * 50_000_000}))[0]
    assert not [one for one in tmp_path.rglob("*") if one != file]


def test_a_text_that_is_nothing_of_ours_is_a_line_and_no_error(tmp_path: Path) -> None:
    """Manifests without members, deep JSON, rows and definitions that nobody can load, events that nobody can record."""
    manifest = json.loads(texts()["manifest.json"])
    for name, content in (
        ("manifest.json", b"[]"),
        ("manifest.json", json.dumps(manifest | {"pins": None}).encode()),
        ("manifest.json", json.dumps(manifest | {"rules_version": 99}).encode()),
        ("manifest.json", b"[" * 200_000),
        ("application.json", b"{}"),
        ("application.json", b"[" * 200_000),
        ("decisions.ndjson", b"1\n"),
        ("events.ndjson", b'{"type": "kopes.export_consult"}\n'),
        ("folder/units.csv", b"code\nHQ\n"),
        ("folder/definitions/goals.yaml", b"goals: 1\n"),
        ("definitions/policies.yaml", b"grades: 1\n"),
        ("results.json", b"[]"),
        ("results.json", b"\xff"),
    ):
        assert lines(written(tmp_path / "other.zip", texts() | {name: content})), (name, content[:40])
