"""``make lighthouse``: what Lighthouse says of the five main pages on a phone, as a table and as its own reports.

Do not read a performance below the goal on a busy machine as a finding: Lighthouse slows a processor down that it takes to be idle.
The median of several runs counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from tests.conftest import CHROMIUM, ROOT
from tests.pictures.agency import served_agency
from tests.pictures.walk import sign_in

FOLDER: Final = ROOT / "build" / "lighthouse"
SIZE: Final = ("--people", "1300", "--scale", "0.05")
PAGES: Final = {
    "home": ("head", "/"),
    "scorecard": ("head", "/scorecard"),
    "agency": ("executive", "/agency"),
    "log": ("employee", "/log"),
    "verification": ("head", "/verification"),
}
"""The main pages, and who looks at each."""
GOALS: Final = {"performance": 95, "accessibility": 100, "best-practices": 100}


def main() -> int:
    """Measure each page, print the medians, and fail where one is below its goal."""
    reader = argparse.ArgumentParser(prog="make lighthouse", description=__doc__)
    reader.add_argument("--runs", type=int, default=3, help="of each page; their median counts")
    reader.add_argument("--page", choices=list(PAGES), action="append")
    chosen = reader.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    low = []
    with served_agency(*SIZE) as (url, logins):
        cookies = {role: _cookie(url, logins[role]) for role in {role for role, _ in PAGES.values()}}
        for name in chosen.page or PAGES:
            role, address = PAGES[name]
            runs = [_measured(url + address, cookies[role], FOLDER / f"{name}.{run}") for run in range(chosen.runs)]
            medians = {goal: statistics.median(run[goal] for run in runs) for goal in GOALS}
            low += [f"{name}: {goal}" for goal, least in GOALS.items() if medians[goal] < least]
            print(name, *(f"{goal} {median:.0f}" for goal, median in medians.items()), sep="\t", flush=True)
    print(f"reports: {FOLDER}")
    print(*low, sep="\n")
    return 1 if low else 0


def _cookie(url: str, login: tuple[str, str]) -> str:
    """The header of somebody who has signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(locale="en-GB")
        sign_in(context.new_page(), url, login)
        header = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())
        browser.close()
    return header


def _measured(address: str, cookie: str, report: Path) -> dict[str, float]:
    """The scores of one run, 0 to 100; the whole report lies beside them, as page and as data."""
    subprocess.run(
        [
            str(ROOT / "node_modules/.bin/lighthouse"),
            address,
            "--quiet",
            f"--only-categories={','.join(GOALS)}",
            f"--extra-headers={json.dumps({'Cookie': cookie})}",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            "--output=json",
            "--output=html",
            f"--output-path={report}",
        ],
        env=os.environ | {"CHROME_PATH": CHROMIUM},
        check=True,
    )
    told: dict[str, Any] = json.loads(report.with_name(f"{report.name}.report.json").read_text(encoding="utf-8"))
    if told["finalDisplayedUrl"].partition("?")[0] != address and "/login" in told["finalDisplayedUrl"]:
        raise RuntimeError(f"{address} has led to {told['finalDisplayedUrl']}")
    return {goal: round(100 * (told["categories"][goal]["score"] or 0)) for goal in GOALS}


if __name__ == "__main__":
    sys.exit(main())
