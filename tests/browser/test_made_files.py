"""A file that is made in the background, in a browser: its progress moves by itself, it is whole, and its maker's alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_at_work import Site, loaded_folder, site

__all__ = ["loaded_folder", "site"]

pytestmark = pytest.mark.browser

MADE_WITHIN_MS = 90_000


def test_a_board_book_is_made_while_one_looks_and_is_its_makers_alone(site: Site, page: Page) -> None:
    """It is asked for on the agency's page and ready on the next one without a reload; its bytes have the sum that is told; hr finds nothing of it."""
    site.open(page, "ferran", "/agency")
    page.get_by_text("Board book (PDF)").click()
    page.get_by_role("button", name="Have it made").click()
    page.wait_for_url("**/my/files")
    page.evaluate("window.stays = true")
    download = page.get_by_role("button", name="Download")
    expect(download).to_be_visible(timeout=MADE_WITHIN_MS)
    assert page.evaluate("window.stays"), "the list was asked for by the page's script alone"
    expect(page.locator("[data-files-said]")).to_have_text("A file is ready.")
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as coming:
        download.press("Enter")
    content = Path(coming.value.path()).read_bytes()
    assert (content[:5], b"%%EOF" in content[-32:]) == (b"%PDF-", True)
    assert coming.value.suggested_filename.endswith(".pdf")
    page.get_by_text("Sum of its bytes").click()
    expect(page.locator("code.typed")).to_have_text(f"SHA-256 {hashlib.sha256(content).hexdigest()}")
    address = page.locator("form[data-download]").get_attribute("action")

    site.open(page, "dana", "/my/files")
    expect(page.get_by_text("No file yet")).to_be_visible()
    token = page.locator("[name=csrf_token]").first.get_attribute("value")
    for what in (f"{address}", f"{address}".replace("download", "delete")):
        answer = page.request.post(f"{site.url}{what}", form={"csrf_token": token or ""}, headers={"Origin": site.url})
        assert answer.status == 404, what
    site.open(page, "ferran", "/my/files")
    expect(download).to_be_visible()
