"""Who is the same buyer, and who the same company."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.identity import alike, buyer_key, company_key, may_be_recorded_twice, plain_name
from app.rules.policies import LEGAL_FORMS


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Nordwind", "nordwind"),
        ("Nordwind GmbH", "nordwind"),
        ("NORDWIND G.m.b.H.", "nordwind"),
        ("Nordwind, Inc.", "nordwind"),
        ("Samarkand Co., Ltd.", "samarkand"),
        ("Baytronic (Co. K.G.)", "baytronic"),
        ("Straße & Söhne S.A.", "strasse söhne"),
        ("STRASSE SÖHNE", "strasse söhne"),
        ("Ｎｏｒｄｗｉｎｄ　ＡＧ", "nordwind"),
        ("ﬁne\u2011wine Ltd", "fine wine"),
        ("A.B.C. Corp", "abc"),
        ("snake_case Ltd", "snake case"),
        # A legal form is taken off the end, and only as long as another word is left.
        ("AG", "ag"),
        ("Co. Ltd.", "co"),
        ("AG Nordwind", "ag nordwind"),
        ("Nordwind AG Wien", "nordwind ag wien"),
        ("한빛전자 Co., Ltd.", "한빛전자"),
        ("...", ""),
        ("", ""),
        # Marks stay: the dot that case-folding leaves of İ, and the vowel signs by which Hindi and Thai names differ.
        ("İzmir", "i\N{COMBINING DOT ABOVE}zmir"),
        ("मीरा", "मीरा"),
        ("มาลี & Co.", "มาลี"),
    ],
)
def test_names_are_compared_in_a_plain_form(name, plain):
    assert plain_name(name) == plain


def test_legal_forms_are_the_policys():
    assert plain_name("Hanbit 주식회사", ("주식회사",)) == "hanbit"
    assert plain_name("Hanbit GmbH", ("주식회사",)) == "hanbit gmbh"
    assert plain_name("Hanbit GmbH", ()) == "hanbit gmbh"


def test_a_legal_form_of_several_words_goes_as_a_whole():
    assert plain_name("Wisła Sp. z o.o.", ("sp z oo",)) == "wisła"
    assert plain_name("Sp. z o.o.", ("sp z oo",)) == "sp z oo"
    assert plain_name("Hanbit Oy AB", ("oy", "oy ab")) == "hanbit"


def test_a_buyer_is_country_and_registration_where_there_is_one():
    def key(name: str = "Nordwind", country: str = "AT", registration: str = "FN 1234") -> str:
        return buyer_key(country=country, name=name, registration=registration)

    assert key() == key(name="Another name")
    assert key() != key(country="DE")
    assert key() != key(registration="fn 1234")
    assert key() != key(registration="FN 1234 ")
    assert key() != key(registration="")
    assert key(registration="") == key(registration="", name="NORDWIND GmbH.")
    assert key(registration="") != key(registration="", country="DE")


def test_a_company_is_the_same_without_the_country():
    assert company_key(name="Hanbit", registration="110") == company_key(name="Other", registration="110")
    assert company_key(name="Hanbit Ltd", registration="") == company_key(name="HANBIT", registration="")
    assert company_key(name="110", registration="") != company_key(name="", registration="110")


def test_keys_of_any_length_fit_an_index():
    """500 characters may become 9,000 by NFKC; an index of PostgreSQL takes 2,704 bytes."""
    long, longer = "\ufdfa" * 500, "\ufdfa" * 499
    assert len(buyer_key(country="SA", name=long, registration="").encode()) < 1000
    assert buyer_key(country="SA", name=long, registration="") != buyer_key(country="SA", name=longer, registration="")
    assert buyer_key(country="SA", name=long, registration="") != buyer_key(country="SA", name="", registration=long)
    assert len(buyer_key(country="SA", name="x", registration="😀" * 500).encode()) < 1000


@given(st.text())
def test_any_text_has_a_plain_form_without_loose_spaces(name):
    plain = plain_name(name)
    assert plain == " ".join(plain.split())
    assert "." not in plain


@given(st.text(), st.lists(st.sampled_from([*LEGAL_FORMS, "Ltd.", "G.m.b.H.", ",", " "]), max_size=4))
def test_what_stands_behind_a_name_makes_no_other_buyer(name, tail):
    plain = plain_name(name)
    if plain and plain not in LEGAL_FORMS:
        assert plain_name(" ".join([name, *tail])) == plain


@pytest.mark.parametrize(
    ("one", "other", "may_be_one"),
    [
        ("Nordwind GmbH", "NORDWIND", True),
        ("Nordwind Handel", "Handel Nordwind AG", True),
        ("Nord Wind", "Nordwind", True),
        ("Nordwind Handels", "Nordwind Handels Wien", True),
        ("Hansa Kontor", "Hansa Kontors", True),
        ("Nordwind", "Südwind", False),
        ("Nordwind", "Nordwind Handels Wien", False),
        ("", "Nordwind", False),
    ],
)
def test_names_that_may_be_one_buyer_are_pointed_out(one, other, may_be_one):
    assert alike(one, other) is may_be_one
    assert alike(other, one) is may_be_one


@given(st.text(max_size=20), st.text(max_size=20))
def test_being_alike_works_both_ways(one, other):
    assert alike(one, other) == alike(other, one)


@pytest.mark.parametrize(
    ("type_", "days_apart", "usd_cents", "other_cents", "may_be"),
    [
        ("export_deal", 14, 100_000, 100_000, True),
        ("export_deal", 15, 100_000, 100_000, False),
        ("export_deal", -3, 100_000, 101_000, True),
        ("export_deal", 3, 100_000, 101_100, False),
        ("export_deal", 0, None, 100_000, True),
        ("export_consult", 1, None, None, True),
        ("export_consult", 2, None, None, False),
        ("export_consult", 0, 500, 900, False),
        ("new_buyer", 900, None, None, True),
    ],
)
def test_the_same_parties_alone_are_no_evidence_of_an_entry_recorded_twice(
    type_, days_apart, usd_cents, other_cents, may_be
):
    """They trade again: it takes the same worth within a fortnight, or the same meeting; a new buyer counts once, whenever."""
    said = may_be_recorded_twice(type_, days_apart=days_apart, usd_cents=usd_cents, other_cents=other_cents)
    assert said is may_be
    swapped = may_be_recorded_twice(type_, days_apart=-days_apart, usd_cents=other_cents, other_cents=usd_cents)
    assert swapped is may_be
