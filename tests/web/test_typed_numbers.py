"""Numbers as the page writes them: read by the reader's own separators, never silently as another number, and shown before they count."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.plain.findings import Finding
from app.web.wording.typed_numbers import exact_figure, read_number
from tests.web.working import Somebody, Working

READ = {
    "en": {"1,225": "1225", "125,000.50": "125000.50", "1225.5": "1225.5", "1 225": "1225", "0.6": "0.6", "−5": "-5"},
    "ko": {"1,225": "1225", "1,150": "1150", "125,000.50": "125000.50", "12.5": "12.5"},
    "es": {"1.225": "1225", "125.000": "125000", "125.000,50": "125000.50", "1,5": "1.5", "1225": "1225", "0,6": "0.6"},
}
REFUSED = {
    "en": {"1,5": "two_readings", "125.000,50": "two_readings", "1.234.567": "not_a_number", "12a": "not_a_number"},
    "ko": {"12,34": "two_readings", "NaN": "not_a_number", "1e5": "not_a_number"},
    "es": {"1.5": "two_readings", "125,000.50": "two_readings", "0.5": "two_readings", "": "missing"},
}
TWO_READINGS = {
    ("en", "1,5"): {"15", "1.5"},
    ("en", "125.000,50"): {"125.0005", "125,000.5"},
    ("ko", "12,34"): {"1,234", "12.34"},
    ("es", "1.5"): {"15", "1,5"},
    ("es", "125,000.50"): {"125,0005", "125.000,5"},
    ("es", "0.5"): {"5", "0,5"},
}
"""Both numbers that a text can be, as its language writes them."""


def _in(working: Working, language: str, text: str) -> Decimal | Finding:
    with working.app.test_request_context(headers={"Accept-Language": language}):
        return read_number(text, field="amount")


@pytest.mark.parametrize(("language", "text", "digits"), [(lang, *one) for lang in READ for one in READ[lang].items()])
def test_a_number_is_read_by_the_readers_separators(working: Working, language: str, text: str, digits: str) -> None:
    """What stands in a table can be typed into a form (issue 11): 125.000 is a Spanish hundred and twenty-five thousand."""
    assert _in(working, language, text) == Decimal(digits)


@pytest.mark.parametrize(
    ("language", "text", "code"), [(lang, *one) for lang in REFUSED for one in REFUSED[lang].items()]
)
def test_what_could_be_two_numbers_is_refused_with_both(working: Working, language: str, text: str, code: str) -> None:
    """Never silently one of them."""
    found = _in(working, language, text)
    assert isinstance(found, Finding)
    assert found.code == code
    if code == "two_readings":
        assert {found.parameters["one"], found.parameters["other"]} == TWO_READINGS[language, text]


@pytest.mark.parametrize("language", ["en", "ko", "es"])
@pytest.mark.parametrize("digits", ["0.5", "1225", "12345.678", "125000.5", "-3.25", "999999999999999.1234"])
def test_what_a_field_begins_with_reads_back_as_itself(working: Working, language: str, digits: str) -> None:
    """A form that is sent untouched changes nothing, in any language."""
    with working.app.test_request_context(headers={"Accept-Language": language}):
        assert read_number(exact_figure(digits), field="amount") == Decimal(digits)


def _deal(browser: Somebody, **more: str) -> dict[str, str]:
    return {
        "form_id": browser.form_id("/log"),
        "type": "export_deal",
        "company": "Alpen",
        "buyer": "Nordwind",
        "buyer_country": "AT",
        "currency": "USD",
        "day": "2026-06-29",
        **more,
    }


def _amounts(working: Working) -> list[str]:
    return [event["data"]["amount"] for event in working.events()]


def test_a_spanish_amount_is_recorded_as_it_is_written(working: Working) -> None:
    """125.000 was stored as 125; the API goes on taking a point, whatever the language."""
    spanish = {"headers": {"Accept-Language": "es"}}
    form = _deal(working.alba, amount="125.000,50")
    assert working.alba.post("/log", form, **spanish).status_code == 303
    form = _deal(working.alba, amount="1.5", buyer="Ostwind")
    refused = working.alba.post("/log", form, **spanish)
    assert refused.status_code == 422
    assert 'value="1.5"' in refused.text
    assert "«1.5»" in refused.text or "“1.5”" in refused.text
    form = _deal(working.alba, amount="1,225", buyer="Südwind")
    assert working.alba.post("/log", form).status_code == 303
    assert _amounts(working) == ["125000.50", "1225"]


def test_without_script_a_number_is_shown_as_read_before_it_counts(working: Working) -> None:
    """The page says how it read the number, and counts it when it is sent once more."""
    form = _deal(working.alba, amount="1,225", without_script="yes")
    asked = working.alba.post("/log", form)
    assert asked.status_code == 422
    assert "“1,225” is read as 1,225.00" in asked.text
    assert 'name="amount_read" value="1225"' in asked.text
    assert _amounts(working) == []
    assert working.alba.post("/log", {**form, "amount_read": "1225"}).status_code == 303
    assert _amounts(working) == ["1225"]


def test_an_amount_that_was_changed_after_it_was_confirmed_is_asked_again(working: Working) -> None:
    """What was confirmed is a number, not the field."""
    form = _deal(working.alba, amount="1,226", without_script="yes", amount_read="1225")
    assert working.alba.post("/log", form).status_code == 422


@pytest.mark.parametrize(("shown", "language"), [("125000", "es"), ("125.000", "en")])
def test_a_number_counts_only_as_its_page_showed_it(working: Working, shown: str, language: str) -> None:
    """The page showed 125000; in another tab another language was chosen, by which the same text is 125."""
    form = _deal(working.alba, amount="125,000", amount_read="125000")
    told = working.alba.post("/log", {**form, "amount_read": shown}, headers={"Accept-Language": language})
    assert told.status_code == 422
    assert "is read as" in told.text or "se lee como" in told.text
    assert _amounts(working) == []
    assert working.alba.post("/log", form).status_code == 303
    assert _amounts(working) == ["125000"]


def test_shares_are_percentages_of_the_readers_language(working: Working) -> None:
    """12,5 is a Spanish eighth."""
    form = _deal(working.alba, amount="1000", colleague="E6", share="12,5")
    assert working.alba.post("/log", form, headers={"Accept-Language": "es"}).status_code == 303
    assert [one["share"] for one in working.events()[0]["data"]["credits"]] == ["0.8750", "0.1250"]
