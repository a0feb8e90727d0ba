"""Which events count: each rule as a few lines of an agency's year, through the application's own door, on both engines."""

from __future__ import annotations

from decimal import Decimal

from app.rules.terms import Basis
from tests.scenario import Agency, event_of


def test_a_shared_deal_adds_up_above_both_offices(agency: Agency) -> None:
    """Credits split a deal; every level above both offices holds the whole of it (domain.md 2).

    unit HQ agency
      unit EUR regional_hq
        unit VIE office
        unit PAR office
    employee E1 VIE staff
    employee E2 PAR staff
    2026-03-04 deal D-77 E1 125000.00 EUR E1:0.6 E2:0.4
    2026-03-05 verified D-77 by E9
    """
    assert agency.actual("unit:VIE", "deal_value") == Decimal("82500")
    assert agency.actual("unit:PAR", "deal_value") == Decimal("55000")
    for above in ("unit:EUR", "unit:HQ"):
        assert agency.actual(above, "deal_value") == Decimal("137500")
        assert agency.actual(above, "deals") == 1
        assert agency.actual(above, "buyers") == 1
    assert agency.actual("employee:E2", "deals") == Decimal("0.4")
    assert agency.actual("employee:E2", "buyers") == 1
