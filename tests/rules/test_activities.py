"""What a CloudEvent says, and every reason to refuse one."""

from __future__ import annotations

import copy
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plain.json_text import DEPTH_MAX, decode
from app.rules.activities import (
    ACTIVITY_TYPES,
    COLUMNS,
    EVENT_LENGTH_MAX,
    FINDINGS_MAX,
    MESSAGES,
    VERDICT_TYPES,
    Activity,
    Credit,
    EventKey,
    Known,
    Verdict,
    activity_event_from_row,
    read,
    too_long,
)
from app.rules.countries import COUNTRIES
from app.rules.money import Rates, usd_cents

KNOWN = Known(
    employees=frozenset({"E0001", "E0107", "E9"}),
    rates=Rates(
        [("2026-03", "EUR", Decimal("1.1")), ("2026-05", "EUR", Decimal("1.2")), ("2026-01", "JPY", Decimal("0.0066"))]
    ),
    units=frozenset({"VIE"}),
)

DEAL: dict[str, Any] = {
    "specversion": "1.0",
    "type": "kopes.export_deal",
    "source": "/crm/vienna",
    "id": "D-77",
    "time": "2026-03-04T09:00:00+01:00",
    "data": {
        "employee": "E0001",
        "company": {"name": "Hanbit", "registration": "110-81-00001"},
        "buyer": {"name": "Nordwind GmbH", "country": "AT", "registration": "FN 1234"},
        "amount": "125000.00",
        "currency": "EUR",
        "hs_code": "8509",
        "credits": [{"employee": "E0001", "share": "0.6"}, {"employee": "E0107", "share": "0.4"}],
    },
}
VERIFIED: dict[str, Any] = {
    "specversion": "1.0",
    "type": "kopes.verified",
    "source": "/desk",
    "id": "V-1",
    "time": "2026-03-05T09:00:00Z",
    "data": {"activity": {"source": "/crm/vienna", "id": "D-77"}, "by": "E9", "reason": "invoice seen"},
}
FIGURE: dict[str, Any] = {
    "specversion": "1.0",
    "type": "kopes.figure",
    "source": "/customs",
    "id": "F-1",
    "time": "2027-02-10T09:00:00+09:00",
    "data": {"employee": "E9", "node": "unit:VIE", "kpi": "exporters", "cycle": "2026", "value": "12.50"},
}
ABSENT = object()


def changed(event: dict[str, Any], **members: object) -> dict[str, Any]:
    """The event with some attributes changed; ABSENT takes one out."""
    result = {**event, **members}
    return {name: member for name, member in result.items() if member is not ABSENT}


def with_data(event: dict[str, Any], **members: object) -> dict[str, Any]:
    """The event with some members of its data changed; ABSENT takes one out."""
    return {**event, "data": changed(event["data"], **members)}


def consult(**members: object) -> dict[str, Any]:
    return with_data(changed(DEAL, type="kopes.export_consult"), **{"amount": ABSENT, "currency": ABSENT, **members})


def faults(event: object) -> list[tuple[str | None, str]]:
    """Pointer and code of all that is wrong; nothing where the event is taken."""
    result = read(event, KNOWN)
    if not isinstance(result, list):
        return []
    assert result
    for finding in result:
        finding.text().encode()
    return [(finding.place.pointer, finding.code) for finding in result]


def activity(event: object) -> Activity:
    result = read(event, KNOWN)
    assert isinstance(result, Activity), result
    return result


def verdict(event: object) -> Verdict:
    result = read(event, KNOWN)
    assert isinstance(result, Verdict), result
    return result


def content(event: object) -> str:
    result = read(event, KNOWN)
    assert isinstance(result, Activity | Verdict), result
    return result.content_hash


# ------------------------------------------------------------------------------------------------------------ what is read


def test_a_deal_is_read_as_it_was_written():
    deal = activity(DEAL)
    assert deal.key == EventKey("/crm/vienna", "D-77")
    assert deal.type == "export_deal"
    assert deal.time == "2026-03-04T09:00:00+01:00"
    assert deal.day == dt.date(2026, 3, 4)
    assert deal.employee == "E0001"
    assert (deal.company_name, deal.company_registration) == ("Hanbit", "110-81-00001")
    assert (deal.buyer_name, deal.buyer_country, deal.buyer_registration) == ("Nordwind GmbH", "AT", "FN 1234")
    assert deal.amount == Decimal(125000)
    assert (deal.currency, deal.hs_code) == ("EUR", "8509")
    assert deal.credits == (Credit("E0001", 6000), Credit("E0107", 4000))
    assert deal.employees == {"E0001", "E0107"}
    assert KNOWN.usd_cents(deal) == 13_750_000


@pytest.mark.parametrize("credits", [ABSENT, None, [], ""])
def test_no_credits_means_all_to_the_employee(credits):
    assert activity(with_data(DEAL, credits=credits)).credits == (Credit("E0001", 10_000),)


def test_a_verdict_is_read_as_it_was_written():
    said = verdict(VERIFIED)
    assert (said.type, said.key, said.activity) == ("verified", ("/desk", "V-1"), ("/crm/vienna", "D-77"))
    assert (said.by, said.reason, said.additionality) == ("E9", "invoice seen", None)


@pytest.mark.parametrize(
    ("given_", "percent"), [(40, 40), (40.5, Decimal("40.5")), ("60", 60), (0, 0), (100, 100), ("", None)]
)
def test_additionality_is_shown_as_it_was_said(given_, percent):
    event = changed(
        VERIFIED, type="kopes.confirmed", data={"activity": VERIFIED["data"]["activity"], "additionality": given_}
    )
    assert verdict(event).additionality == percent


def test_a_verdict_on_an_activity_that_nobody_has_seen_is_taken():
    """It waits for its activity; what it does is decided over the whole set."""
    assert faults(with_data(VERIFIED, activity={"source": "/nowhere", "id": "never"})) == []


def test_a_verdict_by_whom_it_concerns_is_taken():
    """It is void, which is not the same as refused."""
    assert faults(with_data(VERIFIED, by="E0001")) == []


def test_a_customers_answer_needs_no_employee_and_ignores_one():
    event = changed(VERIFIED, type="kopes.denied", data={"activity": VERIFIED["data"]["activity"], "by": "E-gone"})
    assert verdict(event).by == ""


@pytest.mark.parametrize(("by", "codes"), [(ABSENT, []), ("", []), ("E9", []), ("E-gone", ["unknown_employee"])])
def test_a_reversal_may_name_who_reversed(by, codes):
    assert [code for _, code in faults(with_data(changed(VERIFIED, type="kopes.reversed"), by=by))] == codes


def test_extension_attributes_are_ignored_and_are_no_part_of_the_content():
    """``errors`` is what a file of rejects carries; ``traceparent`` what a bus adds on the way."""
    event = changed(DEAL, traceparent="00-1-2-01", subject="x", errors=[{"code": "required"}], dataschema="/x")
    assert content(event) == content(DEAL)


def test_unknown_members_of_data_are_ignored_and_are_part_of_the_content():
    event = with_data(DEAL, note="x" * 2000, fair={"hall": 7})
    assert faults(event) == []
    assert content(event) != content(DEAL)


def test_members_of_another_type_are_unknown_members():
    """A new buyer has no amount and no HS code, so that nothing about them can be wrong."""
    event = with_data(changed(DEAL, type="kopes.new_buyer"), amount="much", currency="XTS", hs_code="x")
    new_buyer = activity(event)
    assert (new_buyer.amount, new_buyer.currency, new_buyer.hs_code) == (None, "", "")


# --------------------------------------------------------------------------------------------------------- what is refused

ONE_FAULT = [
    # A figure.
    *[(with_data(FIGURE, **{name: ABSENT}), f"/data/{name}", "required") for name in FIGURE["data"]],
    (with_data(FIGURE, employee="E1"), "/data/employee", "unknown_employee"),
    (with_data(FIGURE, node="unit:NOWHERE"), "/data/node", "unknown_unit"),
    (with_data(FIGURE, node="employee:E1"), "/data/node", "unknown_employee"),
    (with_data(FIGURE, node="VIE"), "/data/node", "bad_node"),
    (with_data(FIGURE, node="office:VIE"), "/data/node", "bad_node"),
    (with_data(FIGURE, cycle="26"), "/data/cycle", "bad_cycle"),
    (with_data(FIGURE, cycle="0026"), "/data/cycle", "bad_cycle"),
    (with_data(FIGURE, cycle=2026), "/data/cycle", "wrong_type"),
    *[
        (with_data(FIGURE, value=value), "/data/value", "bad_value")
        for value in ("+1", "1.", ".5", "-", "--1", "1e3", "1,5", " 1", "1.00001", "1" * 16, "１", "NaN", "-.5")
    ],
    (with_data(FIGURE, value=12.5), "/data/value", "wrong_type"),
    (with_data(FIGURE, note="x" * 501), "/data/note", "too_long"),
    (with_data(FIGURE, credits=[{"employee": "E9", "share": "1"}]), "/data/credits", "no_shares"),
    # The envelope.
    (changed(DEAL, specversion=ABSENT), "/specversion", "required"),
    (changed(DEAL, specversion="0.3"), "/specversion", "specversion"),
    (changed(DEAL, specversion=1.0), "/specversion", "specversion"),
    (changed(DEAL, type=ABSENT), "/type", "required"),
    (changed(DEAL, type="kopes.export_dream"), "/type", "unknown_type"),
    (changed(DEAL, type="export_deal"), "/type", "unknown_type"),
    (changed(DEAL, type="kopes.kopes.export_deal"), "/type", "unknown_type"),
    (changed(DEAL, type=["kopes.export_deal"]), "/type", "wrong_type"),
    (changed(DEAL, source=""), "/source", "required"),
    (changed(DEAL, source="x" * 501), "/source", "too_long"),
    (changed(DEAL, id=""), "/id", "required"),
    (changed(DEAL, id=7), "/id", "wrong_type"),
    (changed(DEAL, id="x" * 201), "/id", "too_long"),
    (changed(DEAL, id="a\0b"), "/id", "bad_text"),
    (changed(DEAL, source="\ud800"), "/source", "bad_text"),
    (changed(DEAL, time=ABSENT), "/time", "required"),
    (changed(DEAL, time="2026-03-04"), "/time", "bad_time"),
    (changed(DEAL, datacontenttype="text/xml"), "/datacontenttype", "media_type"),
    (changed(DEAL, data_base64="e30="), "/data_base64", "binary"),
    (changed(DEAL, data=ABSENT), "/data", "required"),
    (changed(DEAL, data="{}"), "/data", "wrong_type"),
    # An activity.
    (with_data(DEAL, employee=ABSENT), "/data/employee", "required"),
    (with_data(DEAL, employee=""), "/data/employee", "required"),
    (with_data(DEAL, employee=None), "/data/employee", "required"),
    (with_data(DEAL, employee="E9999"), "/data/employee", "unknown_employee"),
    (with_data(DEAL, employee=1), "/data/employee", "wrong_type"),
    (with_data(DEAL, company=ABSENT), "/data/company", "required"),
    (with_data(DEAL, company="Hanbit"), "/data/company", "wrong_type"),
    (with_data(DEAL, company={}), "/data/company", "name_or_registration"),
    (with_data(DEAL, company={"name": "", "registration": ""}), "/data/company", "name_or_registration"),
    (with_data(DEAL, company={"name": "  "}), "/data/company", "name_or_registration"),
    (with_data(DEAL, company={"name": "x" * 501}), "/data/company/name", "too_long"),
    (with_data(DEAL, company={"name": "Han\0bit"}), "/data/company/name", "bad_text"),
    (with_data(DEAL, buyer=[]), "/data/buyer", "wrong_type"),
    (with_data(DEAL, buyer={"country": "AT", "registration": "FN 1"}), "/data/buyer/name", "required"),
    (with_data(DEAL, buyer={"name": "\u3000", "country": "AT"}), "/data/buyer/name", "required"),
    (with_data(DEAL, buyer={"name": "Nordwind"}), "/data/buyer/country", "required"),
    (with_data(DEAL, buyer={"name": "Nordwind", "country": "at"}), "/data/buyer/country", "unknown_country"),
    (with_data(DEAL, buyer={"name": "Nordwind", "country": "XK"}), "/data/buyer/country", "unknown_country"),
    (
        with_data(DEAL, buyer={"name": "N", "country": "AT", "registration": 1}),
        "/data/buyer/registration",
        "wrong_type",
    ),
    (with_data(DEAL, amount=ABSENT), "/data/amount", "required"),
    (with_data(DEAL, currency=ABSENT), "/data/currency", "required"),
    (with_data(DEAL, amount=125000.0), "/data/amount", "wrong_type"),
    (with_data(DEAL, amount="9090909091"), "/data/amount", "amount_too_large"),
    (with_data(DEAL, currency="XTS"), "/data/currency", "unknown_currency"),
    (with_data(changed(DEAL, time="2026-02-28T23:59:59-01:00")), "/data/currency", "unknown_currency"),
    (consult(amount="1"), "/data/currency", "amount_without_currency"),
    (with_data(DEAL, hs_code="8"), "/data/hs_code", "bad_hs_code"),
    (with_data(DEAL, hs_code="85094000000"), "/data/hs_code", "bad_hs_code"),
    (with_data(DEAL, hs_code="8509.40"), "/data/hs_code", "bad_hs_code"),
    (with_data(DEAL, hs_code="٨٥"), "/data/hs_code", "bad_hs_code"),
    (with_data(DEAL, hs_code=8509), "/data/hs_code", "wrong_type"),
    (with_data(DEAL, note="\ud800"), "/data/note", "bad_text"),
    (with_data(DEAL, note=[{"a/b~": "\0"}]), "/data/note/0/a~1b~0", "bad_text"),
    (with_data(DEAL, **{"no\0te": 1}), "/data", "bad_text"),
    (with_data(DEAL, note=float("inf")), "/data/note", "bad_number"),
    # Credits.
    (with_data(DEAL, credits={"E0001": "1"}), "/data/credits", "wrong_type"),
    (with_data(DEAL, credits=["E0001"]), "/data/credits/0", "wrong_type"),
    (with_data(DEAL, credits=[{"employee": "E0001", "share": "0.9999"}]), "/data/credits", "shares_sum"),
    (with_data(DEAL, credits=[{"employee": "E0001", "share": "2"}]), "/data/credits", "shares_sum"),
    (with_data(DEAL, credits=[{"employee": "E0001", "share": 1}]), "/data/credits/0/share", "wrong_type"),
    (with_data(DEAL, credits=[{"employee": "E0001"}]), "/data/credits/0/share", "required"),
    (with_data(DEAL, credits=[{"share": "1"}]), "/data/credits/0/employee", "required"),
    (with_data(DEAL, credits=[{"employee": "E-gone", "share": "1"}]), "/data/credits/0/employee", "unknown_employee"),
    (
        with_data(DEAL, credits=[{"employee": "E9", "share": "0.5"}, {"employee": "E9", "share": "0.5"}]),
        "/data/credits/1/employee",
        "duplicate_employee",
    ),
    # A verdict.
    (with_data(VERIFIED, activity=ABSENT), "/data/activity", "required"),
    (with_data(VERIFIED, activity={"source": "/crm"}), "/data/activity/id", "required"),
    (with_data(VERIFIED, activity={"source": "/crm", "id": 7}), "/data/activity/id", "wrong_type"),
    (with_data(VERIFIED, activity={"source": "/crm", "id": "x" * 201}), "/data/activity/id", "too_long"),
    (with_data(VERIFIED, by=ABSENT), "/data/by", "required"),
    (with_data(VERIFIED, by="E-gone"), "/data/by", "unknown_employee"),
    (with_data(changed(VERIFIED, type="kopes.rejected"), by=""), "/data/by", "required"),
    (with_data(VERIFIED, reason="x" * 501), "/data/reason", "too_long"),
    *(
        (
            changed(
                VERIFIED, type="kopes.confirmed", data={"activity": VERIFIED["data"]["activity"], "additionality": said}
            ),
            "/data/additionality",
            "bad_percent",
        )
        for said in (
            *(-1, 100.5, 101, True, "much", [40], float("nan"), 10**5000),
            *(Decimal("1e-31"), Decimal("1e-999999000"), Decimal("0e-999999000"), "0." + "1" * 31),
        )
    ),
]


@pytest.mark.parametrize(("event", "pointer", "code"), ONE_FAULT)
def test_a_fault_is_named_once_and_at_its_place(event, pointer, code):
    found = [fault for fault in faults(event) if fault != ("/data/additionality", "bad_number")]
    assert found == [(pointer, code)]


@pytest.mark.parametrize("event", [None, True, 3, "x", [], [DEAL]])
def test_what_is_no_object_is_no_event(event):
    assert faults(event) == [("", "not_an_object")]


@pytest.mark.parametrize(
    ("value", "again", "means"),
    [
        ("12.50", "12.5", "12.5"),
        ("-0", "0.0000", "0"),
        ("0120", "120.0", "120"),
        ("-000.0001", "-0.0001", "-0.0001"),
        ("999999999999999.9999", "0999999999999999.9999"[1:], "999999999999999.9999"),
    ],
)
def test_a_figure_is_known_by_its_value(value, again, means):
    """The same value otherwise written is the same event again; another value, cycle or note is not."""
    first, second = read(with_data(FIGURE, value=value), KNOWN), read(with_data(FIGURE, value=again), KNOWN)
    assert isinstance(first, Activity)
    assert isinstance(second, Activity)
    assert first.figure is not None
    assert first.content_hash == second.content_hash
    assert (format(first.figure.value, "f"), first.figure.cycle, first.day.year) == (means, 2026, 2027)
    for other in ({"value": "7"}, {"value": value, "cycle": "2025"}, {"value": value, "note": "preliminary"}):
        differing = read(with_data(FIGURE, **other), KNOWN)
        assert isinstance(differing, Activity)
        assert differing.content_hash != first.content_hash


def test_a_figure_is_the_reporters_and_theirs_whom_it_counts_for():
    """Neither can verify it; a unit's is the reporter's alone, and so is one's own."""
    for node, employees in (("unit:VIE", {"E9"}), ("employee:E0001", {"E9", "E0001"}), ("employee:E9", {"E9"})):
        figure = read(with_data(FIGURE, node=node, credits=[]), KNOWN)
        assert isinstance(figure, Activity)
        assert figure.employees == employees


def test_all_faults_are_named_in_the_order_of_the_fields():
    event = changed(
        DEAL, specversion="2", time="now", data={"amount": "-1", "currency": "XTS", "credits": [], "note": "\0"}
    )
    assert faults(event) == [
        ("/specversion", "specversion"),
        ("/time", "bad_time"),
        ("/data/employee", "required"),
        ("/data/company", "required"),
        ("/data/buyer", "required"),
        ("/data/amount", "bad_amount"),
        ("/data/note", "bad_text"),
    ]


@pytest.mark.parametrize(
    "data", [{"credits": [{}] * 5_000}, {"credits": [1] * 5_000}, {f"note-{at}": "\0" for at in range(5_000)}]
)
def test_only_so_many_faults_are_named(data):
    """A short request would else make an answer of any length, and a page of rejected events that nobody can open."""
    assert len(faults(with_data(changed(DEAL, specversion="2"), **data))) == FINDINGS_MAX


@pytest.mark.parametrize("letter", ["x", "한", "😀"])
def test_an_event_is_as_long_by_whatever_door_it_comes(letter):
    """Written with escapes or without them it is one event, taken or refused."""
    room = EVENT_LENGTH_MAX - len(json.dumps(with_data(DEAL, note="")))
    for length, codes in ((room // len(json.dumps(letter)[1:-1]), []), (room, ["too_long"] if letter != "x" else [])):
        event = with_data(DEAL, note=letter * length)
        for text in (json.dumps(event), json.dumps(event, ensure_ascii=False)):
            assert [one.code for one in too_long(text, lambda event=event: event)] == codes
    event = with_data(DEAL, note="x" * (room + 1))
    assert [one.code for one in too_long(json.dumps(event), lambda: event)] == ["too_long"]


def test_a_company_has_a_name_or_a_registration():
    assert faults(with_data(DEAL, company={"registration": "110-81-00001"})) == []
    assert faults(with_data(DEAL, company={"name": "Hanbit", "registration": ""})) == []


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/x.y+json", None]
)
def test_data_may_say_that_it_is_json(media_type):
    assert faults(changed(DEAL, datacontenttype=media_type)) == []


def test_lengths_are_counted_in_characters_of_unicode():
    """Not in bytes and not in halves of UTF-16: 200 and 500 characters of any plane are allowed."""
    assert faults(changed(DEAL, id="😀" * 200, source="한" * 500)) == []
    assert faults(changed(DEAL, id="😀" * 201)) == [("/id", "too_long")]


AMOUNTS = [
    ("1", True),
    ("0.0001", True),
    ("0001", True),
    ("123456789.1234", True),
    ("000000000000001", True),
    ("0", False),
    ("0.0000", False),
    ("", None),
    ("-1", False),
    ("+1", False),
    ("1.", False),
    (".5", False),
    ("1.23456", False),
    ("1e3", False),
    ("1,000", False),
    (" 1", False),
    ("1\n", False),
    ("１", False),
    ("1_000", False),
    ("NaN", False),
    ("Infinity", False),
    ("0000000000000001", False),
]


@pytest.mark.parametrize(("amount", "taken"), AMOUNTS)
def test_amounts_are_plain_digits_above_zero(amount, taken):
    codes = [code for _, code in faults(with_data(DEAL, amount=amount))]
    assert codes == ({True: [], False: ["bad_amount"], None: ["required"]}[taken])


def test_an_amount_is_at_most_ten_thousand_million_dollars():
    """Measured after conversion: so many yen are fine, so many euros are not."""
    assert faults(with_data(DEAL, amount="10000000000", currency="USD")) == []
    assert faults(with_data(DEAL, amount="10000000000.0001", currency="USD")) == [("/data/amount", "amount_too_large")]
    assert faults(with_data(DEAL, amount="999999999999", currency="JPY")) == []
    assert faults(with_data(DEAL, amount="999999999999999", currency="JPY")) == [("/data/amount", "amount_too_large")]


def test_a_rate_of_the_month_or_the_latest_earlier_one_holds():
    def cents(time: str) -> int | None:
        return KNOWN.usd_cents(activity(changed(DEAL, time=time)))

    assert cents("2026-03-01T00:00:00Z") == 13_750_000
    assert cents("2026-04-30T23:59:59Z") == 13_750_000
    assert cents("2026-05-01T00:00:00Z") == 15_000_000
    assert cents("2031-01-01T00:00:00Z") == 15_000_000
    assert KNOWN.rate("USD", dt.date(1, 1, 1)) == 1
    assert KNOWN.usd_cents(activity(consult())) is None


@pytest.mark.parametrize(
    ("amount", "rate", "cents"),
    [
        ("0.005", "1", 0),
        ("0.015", "1", 2),
        ("0.025", "1", 2),
        ("0.0251", "1", 3),
        ("999999999999999.9999", "0.000000000000000000000000012345", 0),
        ("999999999999999.9999", "1.00000000000000000000000000001", 100_000_000_000_000_000),
        ("3", "0.33333333333333333333333333333333333333333333", 100),
    ],
)
def test_dollars_are_exact_up_to_one_rounding_half_even(amount, rate, cents):
    """28 digits, Python's default, are not enough for 19 times 30."""
    assert usd_cents(Decimal(amount), Decimal(rate)) == cents


@pytest.mark.parametrize(
    ("share", "taken"),
    [
        ("1", True),
        ("1.0000", True),
        ("01.0", True),
        ("0", False),
        ("0.0000", False),
        ("1.00000", False),
        ("1/1", False),
        ("-1", False),
        ("١", False),
    ],
)
def test_shares_are_plain_digits_of_at_most_four_decimals(share, taken):
    codes = [code for _, code in faults(with_data(DEAL, credits=[{"employee": "E9", "share": share}]))]
    assert codes == ([] if taken else ["bad_share"])


def test_three_thirds_of_four_decimals_are_one():
    credits = [{"employee": e, "share": s} for e, s in (("E0001", "0.3333"), ("E0107", "0.3333"), ("E9", "0.3334"))]
    assert activity(with_data(DEAL, credits=credits)).credits[2] == Credit("E9", 3334)


# ----------------------------------------------------------------------------------------------------------------- content

THE_SAME = [
    with_data(DEAL, amount="125000"),
    with_data(DEAL, amount="0125000.0000"),
    with_data(DEAL, credits=[{"employee": "E0001", "share": "0.6000"}, {"share": "00.4", "employee": "E0107"}]),
    changed(DEAL, time="2026-03-04T09:00:00.000+01:00"),
    dict(reversed(list(DEAL.items()))),
    {**DEAL, "data": dict(reversed(list(DEAL["data"].items())))},
]
ANOTHER = [
    with_data(DEAL, amount="125000.01"),
    changed(DEAL, time="2026-03-04T08:00:00Z"),
    changed(DEAL, time="2026-03-04T09:00:00.1+01:00"),
    changed(DEAL, type="kopes.export_consult"),
    with_data(DEAL, credits=DEAL["data"]["credits"][::-1]),
    with_data(DEAL, credits=[{**DEAL["data"]["credits"][0], "note": "x"}, DEAL["data"]["credits"][1]]),
    with_data(DEAL, buyer={**DEAL["data"]["buyer"], "name": "NORDWIND GmbH"}),
    with_data(DEAL, hs_code="850900"),
    with_data(DEAL, note=None),
]


@pytest.mark.parametrize("event", THE_SAME)
def test_the_same_event_again_has_the_same_content(event):
    assert content(event) == content(DEAL)


@pytest.mark.parametrize("event", ANOTHER)
def test_another_event_has_other_content(event):
    """The same instant with another offset shows another day, so it is another event."""
    assert content(event) != content(DEAL)


def test_source_and_id_are_no_part_of_the_content():
    assert content(changed(DEAL, source="/crm/2", id="D-78")) == content(DEAL)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("40", "40.0", True),
        ("40", "4e1", True),
        ("0", "-0", True),
        ("0", "-0.0e5", True),
        ("1e400", "1" + "0" * 400, True),
        ("1e5000", "10e4999", True),
        ("1e5000", "1" + "0" * 5000, True),
        ("0.1", "0.10", True),
        ("0.1", "0.10000000000000000001", False),
        ("1e23", "99999999999999991611392", False),
        ("1", "true", False),
        ("1", '"1"', False),
        ("0", "null", False),
        ("[1.5,2]", "[1.50,2.0]", True),
        ("[1,2.5]", "[1,25e-1]", True),
        ('[{"a":1}]', '[{"a":1.0}]', True),
        ('["a:1.5"]', '["a:1.50"]', False),
        ('{"a":":1.5"}', '{"a":":1.50"}', False),
        ('{"a":"x,1.0"}', '{"a":"x,1"}', False),
        ('"\\ud83d\\ude00"', '"😀"', True),
    ],
)
def test_json_is_compared_by_value(one, other, same):
    first, second = (content(with_data(DEAL, note=decode(text))) for text in (one, other))
    assert (first == second) is same


def test_events_are_nested_to_a_fixed_depth():
    """Fixed, so that what is accepted never depends on how deep the stack was when it came."""

    def nested(levels: int) -> object:
        value: object = "x"
        for _ in range(levels):
            value = [value]
        return value

    assert faults(with_data(DEAL, note=nested(DEPTH_MAX - 1))) == []
    assert faults(with_data(DEAL, note=nested(DEPTH_MAX))) == [("/data", "too_deep")]
    assert faults(with_data(DEAL, note=nested(900))) == [("/data", "too_deep")]


# ------------------------------------------------------------------------------------------------------------ arbitrary JSON

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=8)
    | st.decimals(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_arbitrary_json_never_raises(value):
    assert faults(value)


@given(st.sampled_from([DEAL, VERIFIED, changed(VERIFIED, type="kopes.confirmed"), consult()]), st.data())
def test_an_event_with_anything_anywhere_never_raises(event, data):
    event = copy.deepcopy(event)
    places: list[Any] = [
        event,
        event["data"],
        *(member for member in event["data"].values() if isinstance(member, dict)),
    ]
    places.extend(event["data"].get("credits", ()))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        place[data.draw(st.sampled_from([*place, "additionality", "note"]))] = data.draw(json_values)
    faults(event)


# ------------------------------------------------------------------------------------------------------------------- tables


def test_types_have_the_contracts_fields():
    assert {code: (sorted(kind.required), kind.carries_amount) for code, kind in ACTIVITY_TYPES.items()} == {
        "export_consult": (["buyer", "company", "employee"], True),
        "export_deal": (["amount", "buyer", "company", "currency", "employee"], True),
        "new_buyer": (["buyer", "company", "employee"], False),
        "figure": (["cycle", "employee", "kpi", "node", "value"], False),
    }
    assert {code: (sorted(kind.required), sorted(kind.names)) for code, kind in VERDICT_TYPES.items()} == {
        "verified": (["activity", "by"], ["activity", "by", "reason"]),
        "rejected": (["activity", "by"], ["activity", "by", "reason"]),
        "confirmed": (["activity"], ["activity", "additionality"]),
        "denied": (["activity"], ["activity", "additionality"]),
        "reversed": (["activity"], ["activity", "by", "reason"]),
    }


def test_there_are_249_countries():
    assert len(COUNTRIES) == 249
    assert {"KR", "AT", "GB", "TW", "SS"} <= COUNTRIES
    assert not {"XK", "EU", "UK", "AN", "YU", "ZZ"} & COUNTRIES


def test_every_message_has_its_places_filled():
    """A message without its parameter would fail on the day it is shown."""
    shown = {finding.code for event, _, _ in ONE_FAULT for finding in _findings(event)}
    shown |= {
        finding.code
        for event in (None, with_data(DEAL, note=[[[]] * 70]), with_data(DEAL, amount="x"))
        for finding in _findings(event)
    }
    shown |= {finding.code for finding in _findings(with_data(DEAL, credits=[{"employee": "E9", "share": "x"}]))}
    # Told of an event's text before it is read (test_ordinary.py, tests/web/test_members_twice.py, test_faulty_values.py).
    of_its_text = {"too_deep", "repeated_member", "unkeepable_number"}
    assert shown | of_its_text == set(MESSAGES)


def _findings(event: object) -> list[Any]:
    result = read(event, KNOWN)
    return [finding for finding in result if "%(" not in finding.text()] if isinstance(result, list) else []


# --------------------------------------------------------------------------------------------------------------------- rows


def test_a_row_is_the_same_event_as_its_json():
    row = {
        "type": "export_deal",
        "source": "/crm/vienna",
        "id": "D-77",
        "time": "2026-03-04T09:00:00+01:00",
        "employee": "E0001",
        "company_name": "Hanbit",
        "company_registration": "110-81-00001",
        "buyer_name": "Nordwind GmbH",
        "buyer_country": "AT",
        "buyer_registration": "FN 1234",
        "amount": "125000",
        "currency": "EUR",
        "hs_code": "8509",
        "credits": "E0001:0.6;E0107:0.4",
        "by": "",
    }
    assert set(row) <= set(COLUMNS)
    assert activity(activity_event_from_row(row)) == activity(with_data(DEAL, amount="125000"))


def test_a_verdict_is_a_row_too():
    row = {
        "type": "kopes.confirmed",
        "source": "/audit",
        "id": "C-1",
        "time": "2026-04-01T00:00:00Z",
        "activity_source": "/crm/vienna",
        "activity_id": "D-77",
        "additionality": "40",
    }
    said = {
        **row,
        "specversion": "1.0",
        "data": {"activity": {"source": "/crm/vienna", "id": "D-77"}, "additionality": 40},
    }
    assert verdict(activity_event_from_row(row)) == verdict(said)


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        ({"credits": "E0001"}, "/data/credits/0/share", "required"),
        ({"credits": "E0001:0,5;E0107:0,5"}, "/data/credits/0/share", "bad_share"),
        ({"credits": "E0001:0.5; E0001:0.5;"}, "/data/credits/1/employee", "duplicate_employee"),
        ({"credits": ";"}, "/data/credits/0/employee", "unknown_employee"),
        ({"type": ""}, "/type", "required"),
        ({"type": "dream"}, "/type", "unknown_type"),
        ({"employee": ""}, "/data/employee", "required"),
        ({"company_name": ""}, "/data/company", "required"),
        ({"additionality": "much"}, None, ""),
    ],
)
def test_faults_of_a_row_stand_at_the_event_that_it_becomes(row, pointer, code):
    plain = {
        "type": "new_buyer",
        "source": "/f",
        "id": "1",
        "time": "2026-03-04T09:00:00Z",
        "employee": "E9",
        "company_name": "Hanbit",
        "buyer_name": "Nordwind",
        "buyer_country": "AT",
    }
    found = faults(activity_event_from_row({**plain, **row}))
    assert (found[0] if found else (None, "")) == (pointer, code)


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=12)))
def test_arbitrary_rows_never_raise(row):
    faults(activity_event_from_row(row))
