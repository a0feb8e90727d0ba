"""HR proposes and an executive agrees, each in a browser of their own, by links and typing; then a load keeps its hands off (contract-desk, 2 and 3)."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.states import violations
from tests.conftest import Kopes, Serve
from tests.people import PASSWORD
from tests.web.working import loaded_folder

__all__ = ["loaded_folder"]

pytestmark = pytest.mark.browser

WHY: Final = "From January on HR keeps the units here."
SIZES: Final = [(1440, 900), (390, 844)]


def _signed_in(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(f"{name}@agency.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def _to(page: Page, name: str) -> None:
    """By the navigation, in which a phone folds what does not fit."""
    navigation = page.get_by_role("navigation", name="Pages")
    link = navigation.get_by_role("link", name=name, exact=True)
    # Whether it is folded is seen once the page is drawn.
    expect(navigation.get_by_role("link", name="Home", exact=True)).to_be_visible()
    if not link.is_visible():
        navigation.get_by_text("More", exact=True).click()
    link.click()


@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
def test_two_people_change_the_door_of_a_file(
    size: tuple[int, int], loaded_folder: Path, tmp_path: Path, serve: Serve, kopes: Kopes, browser: Browser
) -> None:
    """HR cannot agree to what HR proposed; the executive does; page, API and command say the same, and the trail tells both deeds."""
    folder = shutil.copytree(loaded_folder, tmp_path / "site")
    database, definitions = f"sqlite:///{folder / 'loaded.sqlite'}", folder / "definitions"
    url = serve(database, definitions=definitions).url
    viewport = ViewportSize(width=size[0], height=size[1])
    dana, ferran, emil = (browser.new_context(viewport=viewport, reduced_motion="reduce").new_page() for _ in range(3))
    for page, name in ((dana, "dana"), (ferran, "ferran"), (emil, "emil")):
        _signed_in(page, url, name)

    _to(dana, "Agency folder")
    expect(dana.get_by_role("heading", name="Agency folder", level=1)).to_be_visible()
    assert violations(dana) == []
    dana.get_by_label("Units", exact=True).check()
    dana.get_by_label("Comes by", exact=True).select_option(label="this application")
    dana.get_by_label("Why").fill("short")
    dana.get_by_role("button", name="Propose").click()
    expect(dana.get_by_label("Why")).to_have_value("short")
    expect(dana.get_by_role("main")).to_contain_text("use at least 10 characters")
    dana.get_by_label("Why").fill(WHY)
    dana.get_by_role("button", name="Propose").click()
    expect(dana.get_by_role("heading", name="“Units” is to come by: this application", level=1)).to_be_visible()
    expect(dana.get_by_role("main")).to_contain_text("You have proposed this yourself")
    expect(dana.get_by_role("button", name="Agree")).to_have_count(0)
    assert violations(dana) == []

    _to(ferran, "Decisions")
    waiting = ferran.get_by_role("table", name="For you to agree to")
    expect(waiting).to_contain_text(WHY)
    assert violations(ferran) == []
    waiting.get_by_role("link", name="“Units” is to come by: this application").click()
    expect(ferran.get_by_role("main")).to_contain_text("It moves no score, grade, pay or right by itself.")
    assert violations(ferran) == []
    ferran.get_by_role("button", name="Agree").click()
    expect(ferran.get_by_text("You have agreed: it holds from now on.")).to_be_visible()
    _to(ferran, "Decisions")
    expect(ferran.get_by_text("Nothing waits for your agreement.")).to_be_visible()
    ferran.get_by_label("State").select_option("refused")
    expect(ferran.get_by_role("heading", name="No decision here")).to_be_visible()

    told = ferran.request.get(f"{url}/api/v1/decisions/1").json()
    assert (told["state"], told["maker"]["account"], told["checker"]["account"]) == (
        "approved",
        "dana@agency.example",
        "ferran@agency.example",
    )
    _to(dana, "Agency folder")
    row = dana.get_by_role("row").filter(has_text="units.csv")
    expect(row).to_contain_text("this application")
    told = dana.request.get(f"{url}/api/v1/files").json()["items"][0]
    assert (told["file"], told["master"]) == ("units.csv", "application")
    _rename_all(folder / "agency" / "units.csv")
    ran = kopes("load", folder / "agency", database=database, definitions=definitions)
    assert "units.csv comes by another door than the folder" in ran.err
    after = dana.request.get(f"{url}/api/v1/files").json()["items"][0]
    assert after == told

    _to(emil, "Trail")
    deeds = emil.get_by_role("row").filter(has_text="propose, approve or refuse a decision")
    expect(deeds).to_have_count(2)
    deeds.first.get_by_role("link", name="Decision 1").click()
    expect(emil.get_by_role("heading", name="“Units” is to come by: this application", level=1)).to_be_visible()
    for page in (dana, ferran, emil):
        page.context.close()


def _rename_all(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(row | {"name": f"{row['name']} new"} for row in rows)
