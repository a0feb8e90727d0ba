"""A newcomer's walk: ``make run`` on a folder without anything, then each role does its job and sees a figure move.

What moves is caused by another process (``kopes ingest``), and what is read on a page is held against the API, the command, the export, and a second
calculation that knows nothing of the product's code (``tests.reference``).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import alone
from tests.browser.states import ROLES
from tests.conftest import ROOT, Kopes, free_port
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_grades, differences_of_scorecards, exact


@dataclass
class Site:
    """The running demonstration agency, and the ways into it."""

    url: str
    folder: Path
    logins: dict[str, tuple[str, str]]
    kopes: Kopes
    read_key: str = ""

    @property
    def database(self) -> str:
        """The embedded database that ``make run`` built."""
        return f"sqlite:///{self.folder / 'demo.sqlite'}"

    @property
    def definitions(self) -> Path:
        """The demonstration agency's own definitions."""
        return self.folder / "demo" / "definitions"

    @property
    def agency(self) -> Path:
        """The agency folder as it is by now: HR's desk has been at work."""
        return self.folder / "exported"

    def command(self, *words: str | Path, status: int | None = 0) -> str:
        """What a command prints."""
        return self.kopes(*words, database=self.database, definitions=self.definitions, status=status).out

    def api(self, path: str) -> Any:
        """What the API answers to a key that reads."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.read_key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def ingest(self, *events: dict[str, Any], status: int = 0) -> None:
        """Record events from another process."""
        file = self.folder / f"more-{time.monotonic_ns()}.ndjson"
        file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        self.command("ingest", file, status=status)

    def sign_in(self, page: Page, role: str) -> None:
        """By the form, as anyone."""
        email, password = self.logins[role]
        page.goto(f"{self.url}/login")
        page.fill("[name=email]", email)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        expect(page.locator("h1")).to_be_visible()
        assert "/login" not in page.url

    def employee_of(self, role: str) -> str:
        """The number of the person whose login it is."""
        email = self.logins[role][0]
        return next(row["number"] for row in self.employees() if row["email"] == email)

    def employees(self) -> list[dict[str, str]]:
        """The rows of the folder's people."""
        with (self.agency / "employees.csv").open(encoding="utf-8", newline="") as rows:
            return list(csv.DictReader(rows))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, built: Path, kopes: Kopes) -> Iterator[Site]:
    """``make run``, with a small agency in a folder of its own."""
    folder = tmp_path_factory.mktemp("run") / "instance"
    with alone(built.parent):
        if not built.exists():
            with _running(built, kopes):
                pass
    shutil.copytree(built, folder)
    with _running(folder, kopes) as found:
        found.command("folder", "export", found.agency)
        found.read_key = found.command("key", "create", "walk", "--scope", "read").strip()
        yield found


@contextmanager
def _running(folder: Path, kopes: Kopes) -> Iterator[Site]:
    """The server and its worker, on what the folder holds, or what they build there."""
    port = free_port()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}", f"ARGS=--people 60 --scale 0.002 --instance {folder}"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        logins: dict[str, tuple[str, str]] = {}
        assert process.stdout is not None
        while len(logins) < len(ROLES):
            line = process.stdout.readline()
            assert line, "make run ended before it had printed its logins"
            words = line.split()
            if len(words) == 3 and words[0] in ROLES:
                logins[words[0]] = (words[1], words[2])
        found = Site(f"http://127.0.0.1:{port}", folder, logins, kopes)
        _wait_until_up(found.url)
        # The cycle before comes to its end first: no page becomes another while it is looked at.
        found.command("close-demo", folder)
        yield found
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def _wait_until_up(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            assert time.monotonic() < deadline, "the server did not come up"


def _published(score: float) -> str:
    """As pages show it: half-even to two decimals."""
    return str(Decimal(f"{score:.9f}").quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def _consult(number: int, employee: str) -> dict[str, Any]:
    """A consult of today."""
    return {
        "specversion": "1.0",
        "type": "kopes.export_consult",
        "source": "/walk",
        "id": f"C-{employee}-{number}-{time.monotonic_ns()}",
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "data": {
            "employee": employee,
            "company": {"name": "Hanbit Machinery"},
            "buyer": {"name": f"Nordwind {number} GmbH", "country": "AT"},
        },
    }


def deal(number: int, employee: str) -> dict[str, Any]:
    """A deal of today, larger than most."""
    event = _consult(number, employee)
    event["data"] |= {"amount": "450000.00", "currency": "USD", "hs_code": "8509"}
    return event | {"type": "kopes.export_deal", "id": f"D{event['id']}"}


def verified(activity: dict[str, Any], by: str) -> dict[str, Any]:
    """Somebody else's verdict on it."""
    named = {"source": activity["source"], "id": activity["id"]}
    return activity | {
        "type": "kopes.verified",
        "id": f"V{activity['id']}",
        "data": {"activity": named, "by": by},
    }


def _final(site: Site, node: str) -> str:
    return _published(site.api(f"/api/v1/scorecards/{node}?cycle=2026")["final_score"])


def test_an_employee_sees_the_own_score_move_while_the_page_is_open(site: Site, page: Page) -> None:
    """Read a figure, record from another process, see it move without a reload; page, API and command are equal."""
    number = site.employee_of("employee")
    node = f"employee:{number}"
    site.sign_in(page, "employee")
    page.goto(f"{site.url}/scorecards/{node}")
    main = page.locator("main")
    expect(main).to_contain_text(_final(site, node))
    before = _final(site, node)

    deals = [deal(at, number) for at in range(4)]
    site.ingest(
        *(_consult(at, number) for at in range(8)), *deals, *(verified(deal, site.employee_of("hr")) for deal in deals)
    )

    after = _final(site, node)
    assert after != before
    expect(main).to_contain_text(after, timeout=3_000)
    (card,) = json.loads(site.command("score", "--cycle", "2026", "--node", node))
    assert card == site.api(f"/api/v1/scorecards/{node}?cycle=2026")
    page.goto(f"{site.url}/scorecards/{node}/consults_agreed")
    expect(page.locator("main")).to_contain_text("Nordwind")


def test_an_employee_logs_an_activity_with_a_few_keys(site: Site, page: Page) -> None:
    """The form, the saved activity among one's own, and the ledger behind it."""
    site.sign_in(page, "employee")
    page.goto(f"{site.url}/log")
    page.fill("[name=company]", "Walker Ceramics")
    page.fill("[name=buyer]", "Walking Buyer Ltd")
    page.select_option("[name=buyer_country]", "AT")
    page.locator("main form[method=post] button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("Walking Buyer Ltd")
    page.goto(f"{site.url}/activities")
    expect(page.locator("main")).to_contain_text("Walking Buyer Ltd")
    site.command("reconcile")


def test_a_head_sees_the_people_side_by_side_and_verifies_what_waits(site: Site, page: Page) -> None:
    """The office's figures equal the API's, a colleague's entry moves them, and a verdict empties the queue by one."""
    head = site.employee_of("head")
    unit = unit_of(site, head)
    site.sign_in(page, "head")
    page.goto(f"{site.url}/office")
    expect(page.locator("main")).to_contain_text(_final(site, f"unit:{unit}"))
    colleague = colleague_of(site, head, unit)
    site.ingest(*(_consult(at, colleague) for at in range(30, 42)))
    page.reload()
    expect(page.locator("main")).to_contain_text(_final(site, f"unit:{unit}"))
    expect(page.locator("main")).to_contain_text(_final(site, f"employee:{colleague}"))

    page.goto(f"{site.url}/verification")
    expect(page.locator("main")).not_to_contain_text(f"entered by {head}")


def test_an_executive_reads_the_agency_on_one_page(site: Site, page: Page) -> None:
    """The agency's score is the API's, before and after a day's events."""
    root = _root_of(site)
    site.sign_in(page, "executive")
    page.goto(f"{site.url}/agency")
    expect(page.locator("main")).to_contain_text(_final(site, f"unit:{root}"))
    site.ingest(*(_consult(at, site.employee_of("employee")) for at in range(50, 60)))
    page.reload()
    expect(page.locator("main")).to_contain_text(_final(site, f"unit:{root}"))


def test_charts_draw_the_figures_that_stand_in_their_tables_and_in_the_api(site: Site, page: Page) -> None:
    """What the running script holds of each chart, against the table behind its key and the API's own figures."""
    site.command("worker", "--once", "trend")
    root = _root_of(site)
    site.sign_in(page, "executive")
    page.goto(f"{site.url}/scorecards/unit:{root}")
    page.keyboard.press("t")
    expect(page.locator("#year-chart table")).to_be_visible()
    drawn = page.wait_for_function(_DRAWN, arg="#year-chart").json_value()
    table = _table(page, "#year-chart")
    ways = {name: {day: f"{score:.2f}" for day, score in points} for name, points in drawn.items()}
    behind = [row for row in table if row[0] in ways["Score so far"]]
    assert {day: final for day, final, *_ in behind} == ways["Score so far"]
    assert len(behind) > 10
    assert {day: planned for day, *_, planned in table if planned != "–"} == ways["Path to the goals"]
    card = site.api(f"/api/v1/scorecards/unit:{root}?cycle=2026")
    assert (behind[-1][1], table[-1][1]) == (_published(card["final_score"]), _published(card["projected_score"]))
    assert list(ways["Where it leads"].values())[0 :: len(ways["Where it leads"]) - 1] == [behind[-1][1], table[-1][1]]
    expect(page.locator("#year h2")).to_contain_text(f"Leads to {table[-1][1]}")
    expect(page.get_by_role("img", name=f"Leads to {table[-1][1]}")).to_be_visible()
    bullets = page.evaluate(_BULLETS)
    lines = {line["kpi"]: line for line in card["lines"] if line["score"] is not None}
    assert bullets.keys() == lines.keys()
    for kpi, shown in bullets.items():
        assert shown["actual"] == float(lines[kpi]["actual"]), kpi
        assert shown["reverse"] == ("lower is better" in page.locator(f"#kpi-{kpi} header").inner_text()), kpi
        assert Decimal(shown["step"]).normalize().as_tuple().digits in {(1,), (2,), (5,)}, kpi


def test_map_and_tree_map_draw_every_office_as_its_tile_and_the_api_have_it(site: Site, page: Page) -> None:
    """By keyboard: the switch keeps its choice, a region is chosen in a list; letters and figures are those of the table below, areas the people."""
    site.sign_in(page, "executive")
    page.goto(f"{site.url}/agency")
    tiles = {
        tile.get_attribute("title"): tile.locator(".tile-score").inner_text().split()
        for tile in page.locator(".heat td .tile").all()
    }
    page.locator("#places-title").scroll_into_view_if_needed()
    offices = page.wait_for_function(_PLACES, arg="map").json_value()
    assert len(offices) > 3
    _names_stand_beside_their_dots(page)
    for office in offices:
        figure, letter = office["figure"], office["band"]
        assert tiles[office["code"]] == [part for part in (figure, letter) if part], office["code"]
        card = site.api(f"/api/v1/scorecards/unit:{office['code']}?cycle=2026")
        assert figure == _published(card["projected_score"]), office["code"]
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Tree map").press("Enter")
    drawn = page.wait_for_function(_PLACES, arg="tree").json_value()
    posted = [row["unit"] for row in _postings(site)]
    assert {one["code"]: one["people"] for one in drawn} == {
        one["code"]: posted.count(one["code"]) for one in offices if one["code"] in posted
    }
    page.reload()
    expect(page.get_by_role("button", name="Tree map")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Region", exact=True).press("ArrowDown")
    region = page.get_by_label("Region", exact=True).locator("option:checked").inner_text()
    expect(page.locator("[data-places-said]")).to_contain_text(region.rpartition(" (")[0] or region)
    page.wait_for_function(_OF_REGION)
    page.get_by_role("button", name="Distribution").press("Enter")
    bars = page.wait_for_function(_PLACES, arg="spread").json_value()
    figures = [Decimal(office["figure"]) for office in offices if office["figure"]]
    scale = [sum(min(figure // 5 * 5, 95) == least for figure in figures) for least in range(20, 100, 5)]
    page.keyboard.press("t")
    assert bars == scale == [int(cell) for cell in page.locator("[data-view=spread] td.number").all_inner_texts()]


def _names_stand_beside_their_dots(page: Page) -> None:
    """At rest, of most places; no name hides a dot or another name, no dot another dot, and whoever had to go far is led back by a line."""
    drawn = page.evaluate(_ON_THE_MAP)
    assert 2 * len(drawn["names"]) > len(drawn["dots"])
    radius = drawn["radius"]
    squares = [(x - radius, y - radius, 2 * radius, 2 * radius) for x, y, _ in drawn["dots"]]
    for at, (left, top, width, height) in enumerate(names := [tuple(one) for one in drawn["names"]]):
        for x, y, wide, high in [*squares, *names[:at]]:
            assert not (left < x + wide and x < left + width and top < y + high and y < top + height), at
    for at, (x, y, _) in enumerate(drawn["dots"]):
        assert all((x - a) ** 2 + (y - b) ** 2 >= (2 * radius) ** 2 for a, b, _ in drawn["dots"][:at]), at
    assert sum(adrift for _, _, adrift in drawn["dots"]) * 2 < len(drawn["dots"])


def test_on_a_phone_the_charts_far_down_the_agency_are_fetched_when_one_comes_near(site: Site, page: Page) -> None:
    """Not before, since they are the longest of its scripts; at the first key too, for one who prints or jumps. Nothing of the page is missing then."""
    page.set_viewport_size({"width": 412, "height": 823})
    site.sign_in(page, "executive")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "charts_agency" in request.url else None)
    page.goto(f"{site.url}/agency", wait_until="networkidle")
    assert fetched == []
    page.locator("#places-title").scroll_into_view_if_needed()
    page.wait_for_function(_PLACES, arg="map")
    last = page.get_by_text("Organisation, rates and scorecards as loaded at")
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    page.goto(f"{site.url}/agency", wait_until="networkidle")
    page.emulate_media(media="print")
    expect(page.locator(".places figure").first).to_be_hidden()
    expect(page.locator(".heat")).to_be_visible()
    page.emulate_media(media="screen")
    page.keyboard.press("Control")
    page.wait_for_function("() => globalThis.kopesCharts && !document.querySelector('script[data-charts-waiting]')")
    assert len(fetched) == 2


_PLACES = """(view) => {
  const chart = globalThis.kopesCharts?.of(document.querySelector(`figure[data-view=${view}]`));
  const [{ data, tree }] = chart?.data.datasets ?? [{}];
  return tree ?? data;
}"""
"""The places that map or tree map draws, once it does."""

_ON_THE_MAP = """() => {
  const chart = globalThis.kopesCharts.of(document.querySelector("figure[data-view=map]"));
  const dots = chart.getDatasetMeta(0).data.map(({ x, y, isAdrift }) => [x, y, isAdrift]);
  return { dots, names: chart.kopesNames.map(({ x, y, width, height }) => [x, y, width, height]), radius: chart.data.datasets[0].pointRadius };
}"""
"""Where dots and names of the map lie."""

_OF_REGION = """() => {
  const { value } = document.querySelector("#places-region");
  const [{ tree }] = globalThis.kopesCharts.of(document.querySelector("figure[data-view=tree]")).data.datasets;
  const offices = JSON.parse(document.querySelector("[data-places-content]").textContent).offices.filter(({ region }) => region === value);
  return tree.map(({ code }) => code).sort().join() === offices.filter(({ people }) => people).map(({ code }) => code).sort().join();
}"""
"""Whether the tree map has come down to the offices of the region that is chosen."""


_DRAWN = """(selector) => {
  const chart = globalThis.kopesCharts?.of(document.querySelector(selector));
  return chart && Object.fromEntries(chart.data.datasets.filter(({ label }) => label).map(({ label, data }) => [label, data.map(({ x, y }) => [x, y])]));
}"""
"""The named lines of a chart as the script draws them, once it does."""


_BULLETS = """() => Object.fromEntries([...document.querySelectorAll("article.kpi figure")].map((figure) => {
  globalThis.kopesCharts.draw(figure);
  const chart = globalThis.kopesCharts.of(figure);
  const { x } = chart.options.scales;
  return [figure.closest("article").id.slice(4), { actual: chart.data.datasets[0].data[0], reverse: x.reverse, step: String(x.ticks.stepSize) }];
}))"""
"""What each line's bullet shows, and which way its scale runs, by KPI."""


def _table(page: Page, selector: str) -> list[list[str]]:
    """A chart's table, its days as a machine reads them."""
    rows = []
    for row in page.locator(f"{selector} tbody tr").all():
        _day, *figures = row.locator("th, td").all_inner_texts()
        rows.append([row.locator("time").get_attribute("datetime") or "", *figures])
    return rows


def test_an_executive_comes_from_the_agency_to_every_offices_consults(site: Site, page: Page) -> None:
    """By links and Enter: unfolded and sorted, each unit's number is what the events say, counted a second way."""
    site.sign_in(page, "executive")
    page.goto(f"{site.url}/agency")
    for name in ("By region and office", "unfold all", "Consults (number)"):
        page.get_by_role("link", name=name, exact=True).press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Consults")
    by_events = _reference(site).scoring(2026, basis="final", as_of=None, today=_today())
    shown = {
        row.locator("th a").first.get_attribute("href"): row.locator(
            "[data-figure=consults] .business-now"
        ).inner_text()
        for row in page.locator(".business-table tr:not(.business-rest):has(td)").all()
    }
    for address, number in shown.items():
        node = (address or "").partition("/scorecards/")[2].partition("?")[0]
        consults = by_events.measured(node, {"activity": "export_consult", "aggregate": "count"}, "entered")
        assert Decimal(number.replace(",", "")) == round(Decimal(float(consults or 0)), 2), node
    assert len(shown) > 5


def test_hr_finds_everyone_and_takes_the_same_figures_home(site: Site, page: Page) -> None:
    """The list, the CSV that a reason opens, the API and the command show one figure; so does the second calculation."""
    site.sign_in(page, "hr")
    page.goto(f"{site.url}/people?limit=500")
    cards = {card["node"]: card for card in json.loads(site.command("score", "--cycle", "2026"))}
    number = site.employee_of("employee")
    row = page.locator("tr", has=page.locator(f'a[href="/scorecards/employee:{number}"]'))
    expect(row).to_contain_text(_published(cards[f"employee:{number}"]["final_score"]))

    page.locator("summary", has_text="Download").first.click()
    page.locator("[name=reason]").first.fill("walk")
    page.locator("[name=format]").first.select_option("csv")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").first.click()
    text = Path(downloading.value.path()).read_text(encoding="utf-8-sig")
    rows = [line for line in csv.DictReader(io.StringIO(text)) if cards.get(f"employee:{line.get('Employee number')}")]
    assert len(rows) >= 50
    for line in rows:
        final = cards[f"employee:{line['Employee number']}"]["final_score"]
        assert (line["Final score"] == "") == (final is None)
        if final is not None:
            assert abs(exact(line["Final score"]) - exact(final)) < Decimal("0.006")


@pytest.mark.parametrize(
    ("role", "list_of"),
    [("hr", "Grades"), ("hr", "People"), ("hr", "KPIs"), ("auditor", "Ledger"), ("employee", "My activities")],
)
def test_what_is_narrowed_in_place_says_all_that_its_address_says(
    site: Site, page: Page, role: str, list_of: str
) -> None:
    """Whatever is chosen: sentences, counts and what there is to choose are those of the page that is opened by the address, and not of what was chosen before."""
    site.sign_in(page, role)
    link = page.get_by_role("navigation").get_by_role("link", name=list_of, exact=True).first
    link.click()
    chosen = page.locator("form[data-narrows] select")
    first = page.url
    for place in range(chosen.count()):
        others = chosen.nth(place).locator("option:not(:checked)")
        if not chosen.nth(place).is_visible() or not others.count():
            continue
        chosen.nth(place).select_option(value=others.first.get_attribute("value"))
        expect(page).not_to_have_url(first)
        expect(page.locator("[aria-busy]")).to_have_count(0)
        narrowed = _all_that_stands_there(page)
        page.goto(page.url)
        assert narrowed == _all_that_stands_there(page), page.url
        page.goto(first)


def _all_that_stands_there(page: Page) -> str:
    """The words of the page, the clock apart, and what is said for who sees nothing move."""
    page.locator("[data-narrows-said]").evaluate_all("all => all.forEach((one) => one.textContent = '')")
    return re.sub(r"\d{1,2}:\d{2}", "", " ".join(page.locator("main").inner_text().split()))


def test_an_auditor_finds_the_event_behind_a_figure(site: Site, page: Page) -> None:
    """The ledger shows what another process has just recorded."""
    event = _consult(99, site.employee_of("employee"))
    site.ingest(event)
    site.sign_in(page, "auditor")
    page.goto(f"{site.url}/ledger?id={event['id']}")
    expect(page.locator("main")).to_contain_text(event["id"])


def test_an_auditor_finds_who_moved_an_office(site: Site, page: Page) -> None:
    """By its name, typed into the trail's own field: who proposed it, with the set that says why."""
    with (site.agency / "units.csv").open(encoding="utf-8", newline="") as rows:
        january = f"{_today().year}-01-01"
        units = [row for row in csv.DictReader(rows) if not row["valid_to"] and row["valid_from"] < january]
    headquarters = {row["code"] for row in units if row["kind"] == "regional_hq"}
    names = {row["code"]: row["name"] for row in units if row["kind"] == "office" and row["parent"] in headquarters}
    name = names.get("VIE") or names[min(names)]
    site.sign_in(page, "auditor")
    page.get_by_role("link", name="Trail", exact=True).first.press("Enter")
    about = page.get_by_role("textbox", name="About")
    about.fill(name)
    about.press("Enter")
    expect(page).to_have_url(re.compile("subject="))
    rows_found = page.locator("main table tbody tr", has_text=f"{name} under another regional headquarters")
    expect(rows_found.first).to_contain_text(site.logins["hr"][0])


def test_an_admin_sees_what_was_rejected(site: Site, page: Page) -> None:
    """A malformed event of another process stands there with its reason; scores are not for an admin."""
    event = _consult(7, "NOBODY-1")
    site.ingest(event, status=1)
    site.sign_in(page, "admin")
    page.goto(f"{site.url}/rejected")
    expect(page.locator("main")).to_contain_text("NOBODY-1")
    assert page.goto(f"{site.url}/agency").status == 404  # type: ignore[union-attr]


def test_every_figure_equals_a_second_calculation(site: Site) -> None:
    """All scorecards and all grades of the running agency, with everything that this walk has added."""
    reference = _reference(site)
    today = _today()
    mine = json.loads(site.command("score", "--cycle", "2026"))
    assert differences_of_scorecards(mine, reference.scores(2026, today=today)) == []
    grades = json.loads(site.command("grade", "--cycle", "2026", status=None))
    assert differences_of_grades(grades, reference.grades_employees(2026).rows, key="employee") == []


def _today() -> dt.date:
    """The agency's day."""
    return dt.datetime.now(ZoneInfo("Asia/Seoul")).date()


def _reference(site: Site) -> ReferenceAgency:
    """The second calculation over the running agency, with everything that this walk has added by now."""
    events = [
        json.loads(line)
        for file in [site.folder / "demo" / "events.ndjson", *sorted(site.folder.glob("more-*.ndjson"))]
        for line in file.read_text(encoding="utf-8").splitlines()
        if ".rejected" not in file.name
    ]
    events += _logged_on_pages(site)
    return ReferenceAgency.read(_with_locked(site, 2025), site.definitions, events)


def _with_locked(site: Site, cycle: int) -> Path:
    """The agency folder with what a cycle was locked with in place of what history and results say of that year (contract-cycle, 8)."""
    file = site.folder / "locked.zip"
    site.command("cycle", "export", str(cycle), file)
    with zipfile.ZipFile(file) as snapshot:
        locked = json.loads(snapshot.read("results.json"))
        cards = list(csv.DictReader(io.StringIO(snapshot.read("folder/scorecards.csv").decode())))
    folder = site.folder / "with-locked"
    shutil.copytree(site.agency, folder, dirs_exist_ok=True)
    # A line that shows another's has no actual of its own, and whoever was not there all year none that years are compared by.
    shown = {(row["node"], row["kpi"]) for row in cards if row["cycle"] == str(cycle) and row["link"] == "shared"}
    whole = {f"employee:{one['employee']}" for one in locked["employees"] if one["days"] == 365}
    actuals: dict[tuple[str, ...], dict[str, str]] = {
        (card["node"], line["kpi"], str(cycle)): {"actual": line["actual"]}
        for card in locked["scorecards"]
        for line in card["lines"]
        if line["actual"] is not None
        and (card["node"], line["kpi"]) not in shown
        and (card["node"] in whole or card["node"].startswith("unit:"))
    }
    results: dict[tuple[str, ...], dict[str, str]] = {
        (str(cycle), one["employee"]): {"final_score": one["final_score"], "grade": one["grade"] or ""}
        for one in locked["employees"]
        if one["final_score"] is not None
    }
    _lay_over(folder / "history.csv", ("node", "kpi", "year"), actuals)
    _lay_over(folder / "results.csv", ("cycle", "employee"), results)
    return folder


def _lay_over(file: Path, key: tuple[str, ...], values: dict[tuple[str, ...], dict[str, str]]) -> None:
    """Rows of a file with others in place of those of the same key."""
    with file.open(encoding="utf-8", newline="") as text:
        rows = {tuple(row[name] for name in key): row for row in csv.DictReader(text)}
    rows |= {one: dict(zip(key, one, strict=True)) | row for one, row in values.items()}
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, [*key, *next(iter(values.values()))])
        writer.writeheader()
        writer.writerows(rows.values())


def _logged_on_pages(site: Site) -> list[dict[str, Any]]:
    """What was entered by the form, as the explanation of the auditors' API tells it."""
    import sqlite3

    with sqlite3.connect(f"file:{site.folder / 'demo.sqlite'}?mode=ro", uri=True) as connection:
        found = connection.execute("SELECT body FROM event WHERE source LIKE '/pages/%'").fetchall()
    return [json.loads(body) for (body,) in found]


def _postings(site: Site) -> list[dict[str, str]]:
    with (site.agency / "postings.csv").open(encoding="utf-8", newline="") as rows:
        today = _today().isoformat()
        return [row for row in csv.DictReader(rows) if row["from"] <= today and (not row["to"] or today < row["to"])]


def unit_of(site: Site, number: str) -> str:
    """Where somebody is posted today."""
    return next(row["unit"] for row in _postings(site) if row["employee"] == number)


def colleague_of(site: Site, number: str, unit: str) -> str:
    """Somebody else who is posted there."""
    return next(row["employee"] for row in _postings(site) if row["unit"] == unit and row["employee"] != number)


def _root_of(site: Site) -> str:
    with (site.agency / "units.csv").open(encoding="utf-8", newline="") as rows:
        return next(row["code"] for row in csv.DictReader(rows) if not row["parent"])
