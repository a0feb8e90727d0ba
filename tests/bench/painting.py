"""What a reader waits for in the browser, on a processor four times as slow: the largest paint, and the paint after a key, beside an empty page's."""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from app import organisation
from app.kit import clock
from app.rules.terms import Role
from tests.bench.agency import Agency
from tests.bench.ingesting import server
from tests.bench.measuring import tell
from tests.bench.pages import accounts
from tests.conftest import CHROMIUM

SLOWER = 4
RUNS = 5
EMPTY = "/baseline/empty"

_OBSERVED = """
window.paints = []; window.answers = [];
new PerformanceObserver((list) => window.paints.push(...list.getEntries().map((entry) => entry.startTime)))
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => window.answers.push(...list.getEntries().filter((entry) => entry.name === "keydown").map((entry) => entry.duration)))
  .observe({ type: "event", buffered: true, durationThreshold: 16 });
"""
_ALL_PAINTED = "() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done, 0)), 300))"


def measure(agency: Agency) -> None:
    """The six pages that people look at most, each by who does, and an empty page of the same server in the same run."""
    people = accounts(agency, Role.EMPLOYEE, Role.HEAD, Role.EXECUTIVE)
    with agency.database.read() as connection:
        root = organisation.directory(connection).tree.root_on(clock.now().date())
    with server(agency, "tests.bench.serving", "PORT") as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, role, path in (
            ("home", Role.HEAD, "/"),
            ("scorecard", Role.EMPLOYEE, f"/scorecards/employee:{agency.report.people[Role.EMPLOYEE]}"),
            ("agency", Role.EXECUTIVE, "/agency"),
            ("agency's scorecard", Role.EXECUTIVE, f"/scorecards/unit:{root}"),
            ("log form", Role.EMPLOYEE, "/log"),
            ("verification", Role.HEAD, "/verification"),
        ):
            page = _signed_in(browser, f"http://127.0.0.1:{port}", people[role])
            looks = [(_look(page, path), _look(page, EMPTY)) for _ in range(RUNS + 1)][1:]
            for at, what in enumerate(("largest paint", "paint after a key")):
                own, empty = (statistics.median(look[which][at] for look in looks) for which in (0, 1))
                tell(
                    f"{what} of {name}, processor {SLOWER} × slower, against an empty page",
                    (own, empty, own / empty),
                    "ms",
                )
            page.context.close()
        browser.close()


def _signed_in(browser: Browser, url: str, login: tuple[str, str]) -> Page:
    page = browser.new_context(base_url=url, locale="en-GB", viewport={"width": 1280, "height": 900}).new_page()
    page.goto("/login")
    page.fill("[name=email]", login[0])
    page.fill("[name=password]", login[1])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    page.add_init_script(_OBSERVED)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


def _look(page: Page, path: str) -> tuple[float, float]:
    """Milliseconds to the largest paint of a page, and from the key that opens the search to the paint after it."""
    page.goto(path, wait_until="load")
    page.evaluate(_ALL_PAINTED)
    painted: list[Any] = page.evaluate("window.paints")
    page.keyboard.press("/")
    page.evaluate(_ALL_PAINTED)
    answered: list[Any] = page.evaluate("window.answers")
    # What takes less than 16 ms is not told of.
    return max(painted), max(answered, default=16)
