"""The next free number, written as the others are."""

from __future__ import annotations

import pytest

from app.rules.numbering import next_number


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), None),
        (("Kim", "Lee"), None),
        (("E0009", "E1300", "E0002"), "E1301"),
        (("E1", "E20", "E3", "E4"), "E5"),
        (("12", "13", "A0001"), "14"),
        (("E8", "E9"), "E10"),
        (("E8", "E9", "E10"), "E11"),
        (("KP-2026-099", "KP-2026-100"), "KP-2026-101"),
    ],
)
def test_it_is_the_one_after_the_highest_of_those_that_are_written_as_most_are(
    given: tuple[str, ...], expected: str | None
) -> None:
    """A number that fell free is not given again; after the last of so many digits come more."""
    assert next_number(given) == expected
