"""The map beside the business figures in a browser: what one points at marks the other."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_at_work import Site, loaded_folder, site

__all__ = ["loaded_folder", "site"]

pytestmark = pytest.mark.browser


def test_map_and_table_of_the_business_figures_mark_each_other(site: Site, page: Page) -> None:
    """Pointing at an office marks its row and says its figure, the keyboard's focus in a region's row its offices; a folded office leads to its row."""
    site.ingest("2026-03-04 deal D-1 E1 1000 USD of Nordwind/AT", "2026-03-05 deal D-2 E3 1 USD of Southwind/AT")
    page.set_viewport_size({"width": 1440, "height": 900})
    site.open(page, "ferran", "/business")
    marked = page.locator("tr.is-marked")
    office = page.locator("[data-units~=VIE]")
    office.hover()
    expect(marked).to_have_attribute("data-row", "EUR")
    expect(page.locator(".business-said")).to_contain_text("US$1,000")
    page.locator("tr[data-row=ASI] th a").first.focus()
    expect(marked).to_have_attribute("data-row", "ASI")
    assert page.locator("circle.is-marked").evaluate_all("all => all.map((one) => one.dataset.units)") == ["TYO ASI"]
    beside = page.evaluate(
        "() => ['.table-box', '.business-map'].map((one) => document.querySelector(one).getBoundingClientRect())"
        ".reduce((table, map) => map.left > table.right && map.top < table.bottom)"
    )
    assert beside
    office.click()
    page.wait_for_url("**/business?*#row-VIE")
    expect(marked).to_have_attribute("data-row", "VIE")
    assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".business-world")).to_be_hidden()
    page.get_by_text("The offices on a map").click()
    expect(page.locator(".business-world")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
