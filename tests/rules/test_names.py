"""Names however they are typed: one form that searches compare by."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.name_lines import NameLines
from app.rules.names import closeness, folded, folded_terms, name_line, parts_of_lines, person_line, person_meant

ALIKE = (
    ("한빛무역", unicodedata.normalize("NFD", "한빛무역")),
    ("Société ÉTOILE", "societe etoile"),
    ("Société ÉTOILE", unicodedata.normalize("NFD", "SOCIÉTÉ Étoile")),
    ("ООО ЗАРЯ", "ооо заря"),
    ("Ёлка", "елка"),
    ("Ωμέγα", "ωμεγα"),
    ("Straße", "STRASSE"),
    ("Łódź Ørsted", "lodz orsted"),
    ("İstanbul Işık", "istanbul isik"),
    ("ＡＢＣ　Ｃｏ", "abc co"),
    ("Nord\N{SOFT HYPHEN}wind  GmbH ", "nordwind gmbh"),
    ("ガス", "ｶﾞｽ"),
)

DIFFERENT = (
    ("가점", "가정"),
    ("कमल", "कमला"),  # a vowel sign is a letter of the word
    ("दिल", "दल"),
    ("ไม่", "ไม"),
    ("が", "か"),
    ("50%", "50"),
)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_one_name_typed_in_two_ways_is_one(one: str, other: str) -> None:
    """Composed or not, in any case and width, with its accents or without."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_a_letter_of_the_word_stays(one: str, other: str) -> None:
    """Marks of Indic, Thai and Japanese letters, Hangul's parts and signs are no accents."""
    assert folded(one) != folded(other)


@given(st.text(max_size=40))
def test_it_does_not_matter_in_which_normal_form_a_text_comes(text: str) -> None:
    """Whatever a keyboard makes of a text; and what is folded stays as it is."""
    expected = folded(text)

    assert expected == folded(unicodedata.normalize("NFC", text)) == folded(unicodedata.normalize("NFD", text))
    assert expected == folded(expected)


def test_what_is_typed_never_begins_in_one_name_and_ends_in_the_next() -> None:
    """Names stand in lines of their own, and no typed text has a line's end left in it."""
    assert folded_terms("Étoile", None, "", "ZARYA") == "etoile\nzarya"
    assert folded("etoile\nzarya") not in folded_terms("Étoile", "ZARYA")


@pytest.mark.parametrize(
    "typed",
    [
        "Kim Seunghyuk",
        "seunghyuk kim",
        "KIM SEUNG HYUK",
        "Seung-hyuk Kim",
        "seung hyuk",
        "Seung‐hyuk",
        "kimseunghyuk",
        "hyuk kim",
        "0403",
        "403",
        "e0403",
    ],
)
def test_a_person_is_meant_with_the_surname_first_or_last_and_the_given_name_in_one_word_or_two(typed: str) -> None:
    """Koreans say Kim Seunghyuk, the file Seunghyuk Kim; both write Seung-hyuk too (what a walk over the pages found)."""
    assert person_meant(typed, name="Seunghyuk Kim", number="E0403")
    assert not person_meant(typed, name="Seoah Lim", number="E0998")


@pytest.mark.parametrize(
    ("typed", "name"), [("신 경호", "신경호"), ("신경호", "신 경호"), ("경호", "신경호"), ("hyuk", "Kim Seung-hyuk")]
)
def test_blanks_and_hyphens_of_a_name_are_its_writer_s_choice(typed: str, name: str) -> None:
    """In the file as in the search."""
    assert person_meant(typed, name=name, number="E1")


@pytest.mark.parametrize("typed", ["", " ", "-", "Kim Seoah", "3", "E04"])
def test_what_is_not_in_a_name_means_nobody(typed: str) -> None:
    """One digit is the end of every tenth number, and a number's beginning is no number."""
    assert not person_meant(typed, name="Seunghyuk Kim", number="E0403")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("김한빛무역", 0),
        ("김한", 1),
        (unicodedata.normalize("NFD", "김한빛"), 1),
        ("ㄱㅎㅂ", 1),
        ("김ㅎ", 1),
        ("ㅎㅂ", 3),
        ("한빛", 3),
        ("ㄱㅂ", None),
        ("김빛", None),
        ("", None),
    ],
)
def test_a_name_is_the_nearer_the_more_of_its_beginning_is_typed(typed: str, near: int | None) -> None:
    """Whole, its beginning, within; Hangul by the first consonants too, or with the last syllable half typed."""
    assert closeness(typed, "김한빛무역", None) == near


@pytest.mark.parametrize(
    ("typed", "near"), [("nordwind gmbh", 0), ("NORD", 1), ("gmbh nord", 2), ("gm", 2), ("wind", 3), ("nord x", None)]
)
def test_words_that_are_begun_are_nearer_than_what_stands_within(typed: str, near: int | None) -> None:
    """In any order; the nearest of several names counts."""
    assert closeness(typed, "Another", "Nordwind GmbH") == near


@pytest.mark.parametrize("typed", ["mina " * 500, "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 200])
def test_what_is_longer_than_any_name_means_nobody(typed: str) -> None:
    """A text of any length may be typed, one letter of it may become eighteen, and it is held against every name there is."""
    assert closeness(typed, typed, "Mina") is None
    assert not person_meant(typed, name="Mina", number=typed)


PIECES = st.sampled_from(
    ["Kim", "Seung-hyuk", "seung hyuk", "Étoile", "김", "승혁", "ㄱㅅ", "García", "E01", "0123", "k", "-", "3"]
)
TYPED = st.lists(PIECES, min_size=1, max_size=3).flatmap(
    lambda some: st.sampled_from([" ", "", "-"]).map(lambda by: by.join(some))
)


@given(st.lists(TYPED, max_size=6), st.from_regex(r"E[0-9]{4}", fullmatch=True), TYPED)
def test_of_whoever_is_meant_a_part_stands_in_the_line(names: list[str], number: str, text: str) -> None:
    """So nobody is missed who is not looked at one by one."""
    people = dict(enumerate(names))
    lines = NameLines((at, person_line(name, number)) for at, name in people.items())
    looked_at = {at for part in parts_of_lines(text) for at in lines.having(part)}
    meant = {
        at
        for at, name in people.items()
        if closeness(text, name, number) is not None or person_meant(text, name=name, number=number)
    }
    assert meant <= looked_at
    lines = NameLines((at, name_line(name, number)) for at, name in people.items())
    near = {at for at, name in people.items() if closeness(text, name, number) is not None}
    assert near <= {at for part in parts_of_lines(text) for at in lines.having(part)}
