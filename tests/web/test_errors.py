"""Errors as people and programs read them, and what every answer forbids the browser."""

from __future__ import annotations

import html
import re
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from werkzeug.datastructures import MultiDict

from app.kit.refusals import Invalid, Refusal, TooMany
from app.plain.findings import Finding, Place, Words
from app.rules.activities import MESSAGES
from app.rules.permissions import Deed
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.forms import parsed
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import figure
from tests.web.markup import read
from tests.web.working import Working, key_of


@pytest.fixture
def engine():
    """What these pages read and write is tested on both engines below them."""
    return "sqlite"


def failing() -> Pages:
    """Addresses that fail in every way."""
    pages = Pages("failing")

    @pages.api_read("/api/v1/failing/<how>", may=Deed.PUBLIC)
    def api(context: RequestContext, how: str) -> Page:
        return fail(how)

    @pages.read("/failing/<how>", may=Deed.PUBLIC)
    def page(context: RequestContext, how: str) -> Page:
        return fail(how)

    def fail(how: str) -> Page:
        if how == "invalid":
            place = Place(pointer="/data/employee")
            raise Invalid(
                Finding(code="unknown", message="Nobody is %(who)s.", parameters={"who": "E<9>"}, place=place),
                Finding(code="missing", message="Missing.", place=Place(field="amount")),
            )
        if how == "kind":
            expected = Words("an object")
            raise Invalid(Finding(code="wrong_type", message=MESSAGES["wrong_type"], parameters={"expected": expected}))
        if how == "too_many":
            raise TooMany(retry_after_s=7)
        raise RuntimeError(how)

    return pages


@pytest.fixture
def client(make_app):
    return make_app(more=[failing()]).test_client()


def test_a_problem_is_as_rfc_9457_and_the_contract_write_it(client):
    answer = client.get("/api/v1/failing/invalid")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert {"type": "about:blank", "status": 422, "code": "invalid"}.items() <= answer.json.items()
    assert answer.json["errors"] == [
        {"pointer": "/data/employee", "code": "unknown", "detail": "Nobody is E<9>."},
        {"pointer": "/amount", "code": "missing", "detail": "Missing."},
    ]


def test_an_error_page_escapes_what_it_shows(client):
    answer = client.get("/failing/invalid")
    assert answer.status_code == 422
    assert "Nobody is E&lt;9&gt;." in answer.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "an object"),
        ("ko", "객체"),
        ("es", "un objeto"),
    ],
)
def test_what_a_message_is_filled_with_is_translated_too(client, language, said):
    """Kinds of values are words and no names; pages and problems say both in one language."""
    headers = {"Accept-Language": language}
    assert said in client.get("/failing/kind", headers=headers).text
    detail = client.get("/api/v1/failing/kind", headers=headers).json["errors"][0]["detail"]
    assert said in detail
    assert ("an object" in detail) == (language == "en")


def test_choices_are_listed_without_an_english_or():
    """In any language; the empty choice, which a form sends for none, is not named."""

    class Form(BaseModel):
        kind: Literal["", "csv", "xlsx"]

    with pytest.raises(Invalid) as refused:
        parsed(Form, MultiDict({"kind": "pdf"}))
    assert refused.value.findings[0].text() == "This is not one of the choices: choose one of csv, xlsx."


def test_a_break_tells_nothing_of_what_broke_but_its_number_in_the_log(client, caplog):
    for address in ("/failing/secret", "/api/v1/failing/secret"):
        caplog.clear()
        answer = client.get(address)
        assert answer.status_code == 500
        assert "secret" not in answer.text.replace(address, "")
        number = re.search(r"the number ([0-9a-f]{8}), which stands", html.unescape(answer.text))
        assert number is not None
        assert caplog.records[-1].getMessage() == f"{number[1]} GET {address}"


def test_too_often_says_when_to_come_back(client):
    for address in ("/failing/too_many", "/api/v1/failing/too_many"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/hooks/no/where", 404),
        ("POST", "/failing/x", 405),
        ("DELETE", "/login", 405),
        ("OPTIONS", "/login", 405),
        ("GET", "/logout", 405),
        ("GET", "/%00", 404),
        ("GET", "/%ff%fe", 404),
    ],
)
def test_what_is_not_there_or_not_done_this_way(client, method, address, status):
    answer = client.open(address, method=method)
    assert answer.status_code == status
    programs = address.startswith(("/api", "/hooks"))
    assert answer.mimetype == ("application/problem+json" if programs else "text/html")
    if status == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize("node", ["nobody", "staff:E0001", "unit:", "unit:%01", "employee:E%0A1", f"unit:{'U' * 41}"])
def test_what_is_no_node_has_no_address_whatever_the_method(client: Any, node: str) -> None:
    """Of addresses that are read by one method and written by another, too: it is not the method that is wrong."""
    rules = [rule for rule in client.application.url_map.iter_rules() if "<node:" in rule.rule]
    assert len({rule.rule for rule in rules}) < len(rules)
    for rule in rules:
        address = re.sub("<node:[^>]+>", node, rule.rule)
        address = re.sub("<int:[^>]+>", "2026", address)
        address = re.sub("<[^>]+>", "x", address)
        for method in rule.methods - {"OPTIONS"}:
            assert client.open(address, method=method).status_code == 404, (method, address)


@pytest.mark.parametrize("address", ["/login", "/nowhere", "/api/v1/nowhere", "/failing/x", "/static/icon.svg"])
def test_every_answer_forbids_inline_script_and_framing(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == ("public, no-cache" if "static" in address else "no-store")


def test_no_page_has_an_inline_script_or_style(client):
    for address in ("/login", "/nowhere"):
        page = client.get(address).text
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert all("src=" in piece.split(">")[0] for piece in page.split("<script")[1:])
        sheets = page.count('<link rel="stylesheet"')
        assert page.count("<script") + sheets == page.count('integrity="sha384-')


class Sample(BaseModel):
    """Fields of several kinds."""

    name: str = Field(min_length=2, max_length=5)
    amount: int | None = None
    kinds: list[str] = []


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": "abc"}, {}),
        ({"name": " abc ", "amount": ""}, {}),
        ({}, {"name": "This is empty: fill it in."}),
        ({"name": "  "}, {"name": "This is empty: fill it in."}),
        ({"name": "a"}, {"name": "This is too short: use at least 2 characters."}),
        (
            {"name": "abcdef", "amount": "x"},
            {
                "name": "This is too long: use at most 5 characters.",
                "amount": "This is no whole number: write it in digits.",
            },
        ),
    ],
)
def test_each_field_has_its_own_error(typed, errors):
    try:
        parsed(Sample, MultiDict(typed))
        found = {}
    except Refusal as refusal:
        found = {finding.place.field: finding.text() for finding in refusal.findings}

    assert errors == found


@given(st.dictionaries(st.sampled_from(["name", "amount", "kinds", "other"]), st.lists(st.text(), max_size=3)))
def test_any_form_is_read_or_refused_in_words(typed):
    try:
        assert isinstance(parsed(Sample, MultiDict(typed)), Sample)
        findings = None
    except Invalid as refusal:
        findings = refusal.findings

    assert findings is None or (findings and all(finding.place.field and finding.text() for finding in findings))


@pytest.mark.parametrize(
    ("value", "places", "least", "language", "written"),
    [
        ("1250000.00", 2, 0, "en", "1,250,000"),
        ("1250000.50", 2, 0, "en", "1,250,000.5"),
        ("1250000.5", 2, None, "ko", "1,250,000.50"),
        ("1250000.5", 2, None, "es", "1.250.000,50"),
        ("1234.5", 2, None, "es", "1234,50"),
        ("12345", 0, None, "es", "12.345"),
        ("0.125", 2, None, "en", "0.12"),
        ("0.135", 2, None, "en", "0.14"),
        ("-0.001", 2, None, "en", "0.00"),
        ("-1234.5", 1, None, "en", "\N{MINUS SIGN}1,234.5"),
        (89.995, 2, None, "en", "90.00"),
        (0, 2, 0, "en", "0"),
    ],
)
def test_figures_are_written_as_the_language_does(value, places, least, language, written):
    assert figure(value, places=places, language=language, least=least) == written


def test_what_the_doors_have_missed_is_ours_to_mend(make_app, caplog):
    """What only a database or the calendar refuses was sent as we let it be: nobody is told that the fault is theirs, and the log has it."""
    pages = Pages("missed")

    @pages.api_read("/api/v1/missed/<text>", may=Deed.PUBLIC)
    def program(context: RequestContext, text: str) -> Page:
        return ask(context, text)

    @pages.read("/missed/<text>", may=Deed.PUBLIC)
    def person(context: RequestContext, text: str) -> Page:
        return ask(context, text)

    def ask(context: RequestContext, text: str) -> Page:
        value = {"nul": "a\0", "half": "\ud800", "long": 10**30}[text]
        if text == "nul" and context.connection.dialect.name == "sqlite":
            raise OverflowError(text)  # a text that SQLite takes
        context.connection.execute(sa.select(sa.literal(value, sa.BigInteger() if text == "long" else sa.Text())))
        return Page("pages/home.html")

    client = make_app(more=[pages]).test_client()
    for text in ("nul", "half", "long"):
        answer = client.get(f"/api/v1/missed/{text}")
        assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
        assert client.get(f"/missed/{text}").status_code == 500
        assert caplog.records[-1].exc_info is not None


@pytest.mark.parametrize(
    ("name", "page", "action", "form"),
    [
        ("alba", "DEAL", "DEAL/reverse", {}),
        ("boram", "/verification", "/verification", {"verdict": "rejected", "activity": ["D-1"]}),
        ("iris", "/accounts/1/disable", "/accounts/1/disable", {}),
        ("dana", "/grades", "/grades", {"format": "csv"}),
    ],
)
def test_a_reason_that_is_too_long_is_said_and_not_cut(
    working: Working, name: str, page: str, action: str, form: dict[str, Any]
) -> None:
    """A browser that cuts what is pasted loses the end of it unseen: the field takes it all, the answer says how long it may be and keeps it."""
    working.record("2026-03-04 deal D-1 E1 100 USD")
    where = {"DEAL": f"/activities/{key_of('D-1')}"}
    page, action = (address.replace("DEAL", where["DEAL"]) for address in (page, action))
    somebody = getattr(working, name)
    shown = next(
        one for one in read(somebody.get(page).text).all("input", "textarea") if one.attributes.get("name") == "reason"
    )
    assert "maxlength" not in shown.attributes
    reason = "It was another buyer. " * 40
    sent = {**form, "reason": reason}
    if "activity" in form:
        sent["activity"] = [key_of(one) for one in form["activity"]]
    if name in {"alba", "boram"}:
        sent["form_id"] = working.alba.form_id("/log")
    answer = somebody.post(action, sent)
    assert answer.status_code == 422
    assert "at most 500" in answer.text
    assert reason.strip() in html.unescape(answer.text)


@pytest.mark.parametrize("letter", ["x", "\0"])
def test_a_form_of_more_fields_than_any_page_has_is_one_sentence(working: Working, letter: str) -> None:
    """Shown again, each of 60,000 would stand on the answer twice."""
    for somebody, address in (
        (working.alba, "/log"),
        (working.dana, "/views?list=people"),
        (working.dana, "/people"),
        (working.iris, "/accounts"),
        (working.alba, "/password"),
        (working.app.test_client(), "/login"),
    ):
        for form in ({f"f{number}": letter for number in range(2_001)}, {"name": [letter] * 2_001}):
            answer = somebody.post(address, data=form) if address == "/login" else somebody.post(address, form)  # type: ignore[union-attr, arg-type]
            assert answer.status_code == 413
            assert "more than 2000 fields" in answer.text
            assert len(answer.data) < 60_000
