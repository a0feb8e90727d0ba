"""HR takes a file's rows home as a workbook, edits them in a spreadsheet and sends the sheet back by a page (contract-desk, 3)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.states import violations
from tests.conftest import Serve
from tests.people import PASSWORD
from tests.web.working import loaded_folder
from tests.workbooks import edited, opened, saved

__all__ = ["loaded_folder"]

pytestmark = pytest.mark.browser

WHY: Final = "Agreed in the meeting of Monday."
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def site(tmp_path: Path, loaded_folder: Path, serve: Serve) -> str:
    """A copy of the agency behind a server of the test's own."""
    folder = Path(shutil.copytree(loaded_folder, tmp_path / "site"))
    return serve(f"sqlite:///{folder / 'loaded.sqlite'}", definitions=folder / "definitions").url


@pytest.fixture
def signed_in(site: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``signed_in("dana")``: a page of a browser of their own, signed in."""
    pages = []

    def enter(name: str) -> Page:
        size = ViewportSize(width=390, height=844) if name == "wanda" else ViewportSize(width=1440, height=900)
        page = browser.new_context(viewport=size, reduced_motion="reduce", base_url=site).new_page()
        pages.append(page)
        page.goto("/login")
        page.get_by_label("E-mail").fill(f"{name}@agency.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        return page

    yield enter
    for page in pages:
        page.context.close()


def posted(page: Page, address: str, content: object, *, method: str = "POST") -> dict[str, object]:
    origin = "/".join(page.url.split("/")[:3])
    answer = page.request.fetch(address, method=method, data=content, headers={"Origin": origin})
    assert answer.ok, answer.text()
    told: dict[str, object] = answer.json()
    return told


def test_a_workbook_goes_home_and_comes_back(signed_in: Callable[..., Page]) -> None:
    """What was edited is in the set; of a row that another revision has changed one is asked, and the sheet is not lost."""
    dana, wanda, ferran = (signed_in(name) for name in ("dana", "wanda", "ferran"))
    kept_here = {"kind": "master", "cycle": None, "content": {"file": "employees.csv", "to": "application"}}
    made = posted(dana, "/api/v1/decisions", kept_here | {"reason": WHY})
    posted(ferran, f"/api/v1/decisions/{made['id']}/approve", {"digest": made["digest"]})

    dana.goto("/folder")
    with dana.expect_download() as download:
        dana.get_by_role("link", name="Employees as a workbook (XLSX)").click()
    sheets, hidden = opened(Path(download.value.path()).read_bytes())

    # Meanwhile the other of HR changes an e-mail, for which one person suffices.
    row = next(one for one in wanda.request.get("/api/v1/files/employees.csv").json()["items"] if one["number"] == "E3")
    meanwhile = posted(wanda, "/api/v1/changes", {"title": "An address", "reason": WHY})
    address = f"/api/v1/changes/{meanwhile['id']}"
    changed = {key: value or "" for key, value in row.items()} | {"email": "anew@agency.example"}
    posted(wanda, f"{address}/rows/employees.csv", {"set": [changed]}, method="PUT")
    posted(wanda, f"{address}/submit", {})

    mine = edited(edited(sheets, "employees", "E1", "rank", "G9"), "employees", "E3", "rank", "G8")
    dana.get_by_role("link", name="Send a sheet back").click()
    assert violations(dana) == []
    dana.get_by_label("Of which file").select_option("employees.csv")
    dana.get_by_label("Title").fill("New ranks")
    dana.get_by_label("Why").fill(WHY)
    dana.get_by_label("The sheet").set_input_files(
        {"name": "employees.xlsx", "mimeType": XLSX, "buffer": saved(mine, hidden)}
    )
    dana.get_by_role("button", name="Put into the change set").click()
    expect(dana.get_by_role("heading", name="Rows that others have changed", level=1)).to_be_visible()
    main = dana.get_by_role("main")
    expect(main).to_contain_text("1 row that you have edited")
    expect(dana.get_by_role("row", name="E-mail")).to_contain_text("anew@agency.example")
    expect(dana.get_by_role("row", name="Rank")).to_contain_text("G8")
    assert violations(dana) == []
    dana.get_by_role("checkbox", name="Set what I have edited in").check()
    dana.get_by_role("button", name="Put into the change set").click()
    expect(dana.get_by_role("heading", name="New ranks", level=1)).to_be_visible()
    rows = {one["key"]: one for one in dana.request.get("/api/v1/changes/2").json()["rows"]}
    assert {key: (one["differs"], one["after"]["rank"]) for key, one in rows.items()} == {
        "E1": (["rank"], "G9"),
        "E3": (["rank"], "G8"),
    }
    assert rows["E3"]["after"]["email"] == "anew@agency.example"

    dana.locator("summary", has_text="Rows in a spreadsheet").click()
    dana.get_by_label("Of which file").select_option("employees.csv")
    wrong = "number,name,email,rank,job,monthly_base,hired_on,left_on,nmae\n"
    dana.get_by_label("The sheet").set_input_files(
        {"name": "employees.csv", "mimeType": "text/csv", "buffer": wrong.encode()}
    )
    dana.get_by_role("button", name="Put into the set").click()
    expect(dana.locator("#sheet-error")).to_contain_text("nmae")
    assert violations(dana) == []

    wanda.goto("/folder/sheets?sheet_of=employees.csv")
    assert violations(wanda) == []
    assert wanda.evaluate("document.documentElement.scrollWidth") <= 390
    ferran.goto("/folder")
    expect(ferran.get_by_role("link", name="Employees as CSV")).to_be_visible()
    expect(ferran.get_by_role("link", name="Send a sheet back")).to_have_count(0)
    assert ferran.request.get("/folder/sheets").status == 404
