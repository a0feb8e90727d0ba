"""The core tasks of docs/guide/en/tasks.md, each done twice: by the keyboard alone, and by a thumb on a phone 390 px wide.

Nothing but the first page is opened by its address, and nothing is clicked by a mouse: what cannot be reached by Tab, or be tapped where it stands, fails.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.states import PHONE
from tests.browser.test_every_role import Site, colleague_of, deal, site, unit_of, verified

__all__ = ["site"]

pytestmark = pytest.mark.browser

STEPS: Final = 150
"""How often Tab may be pressed on the way to one place: a page that takes more is no page for a keyboard."""

_HAS_FOCUS: Final = "(one) => one === document.activeElement"


class Hands(ABC):
    """Somebody at a page, who finds things by what they are called."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def there(self, role: Any, name: str | re.Pattern[str]) -> Locator:
        """The first that is called so and can be seen."""
        exact = isinstance(name, str)
        return self.page.get_by_role(role, name=name, exact=exact).filter(visible=True).first

    @abstractmethod
    def use(self, target: Locator) -> None:
        """Follow a link, press a button, open what folds, tick a box."""

    @abstractmethod
    def enter(self, target: Locator) -> None:
        """Stand in a field, its text chosen."""

    @abstractmethod
    def choose(self, target: Locator, option: str) -> None:
        """Of a list, take what begins so."""

    @abstractmethod
    def pick(self, name: str) -> None:
        """Of a few that exclude each other, take one."""

    def press(self, role: Any, name: str | re.Pattern[str]) -> None:
        """Use what is called so."""
        self.use(self.there(role, name))

    def unfold(self, words: str | re.Pattern[str]) -> None:
        """Open what a summary folds."""
        self.use(self.page.locator("summary", has_text=words).filter(visible=True).first)

    def type(self, target: Locator, text: str) -> None:
        """Write into a field, in place of what stands there."""
        self.enter(target)
        self.page.keyboard.type(text)

    def write(self, name: str, text: str) -> None:
        """Write into the field that is called so."""
        label = re.compile(rf"^{re.escape(name)}( \(optional\))?$")
        self.type(self.page.get_by_label(label).filter(visible=True).first, text)

    def go(self, name: str) -> None:
        """To one of the pages that stand on every page."""
        pages = self.page.get_by_role("navigation", name="Pages")
        expect(pages).to_be_visible()
        link = pages.get_by_role("link", name=name).filter(visible=True)
        if not link.count():
            self.use(pages.locator("summary"))
        self.use(link.first)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def sign_in(self, site: Site, role: str) -> None:
        """The only address that is typed."""
        email, password = site.logins[role]
        self.page.goto(f"{site.url}/login")
        self.write("E-mail", email)
        self.write("Password", password)
        self.press("button", "Sign in")
        expect(self.page.get_by_role("navigation", name="Pages")).to_be_visible()


class Keyboard(Hands):
    """Tab, the arrows, Enter, the space bar and letters."""

    def reach(self, target: Locator) -> None:
        """Tab until it has the focus."""
        expect(target).to_be_visible()
        for _ in range(STEPS):
            if target.evaluate(_HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{STEPS} × Tab did not reach {target}")

    def use(self, target: Locator) -> None:
        """By Enter; a box that is ticked by the space bar."""
        self.reach(target)
        self.page.keyboard.press("Space" if target.get_attribute("type") == "checkbox" else "Enter")

    def enter(self, target: Locator) -> None:
        """With all that stands in it chosen."""
        self.reach(target)
        self.page.keyboard.press("Control+a")

    def choose(self, target: Locator, option: str) -> None:
        """By its first letters."""
        self.reach(target)
        self.page.keyboard.type(option)

    def pick(self, name: str) -> None:
        """Tab stands on the one that is chosen, the arrows go on from there."""
        target = self.page.get_by_role("radio", name=name)
        group = self.page.locator("fieldset", has=target)
        self.reach(group.locator("input:checked"))
        for _ in range(group.locator("input").count()):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        expect(target).to_be_checked()


class Thumb(Hands):
    """Taps, and the keys that a phone shows for a field."""

    def use(self, target: Locator) -> None:
        """One tap, where it stands; what lies below something else cannot be tapped."""
        if target.get_attribute("type") == "checkbox":
            target = self.page.locator("label", has=target)
        target.tap()

    def enter(self, target: Locator) -> None:
        """A tap into it; the phone chooses all of a text by a long one."""
        target.tap()
        target.select_text()

    def choose(self, target: Locator, option: str) -> None:
        """The phone shows its own list."""
        target.tap()
        target.select_option(label=re.search(rf"^{option}.*$", target.inner_text(), re.MULTILINE)[0].strip())  # type: ignore[index]

    def pick(self, name: str) -> None:
        """A tap on its words."""
        self.page.locator("label", has=self.page.get_by_role("radio", name=name)).tap()


@pytest.fixture(params=[Keyboard, Thumb], ids=["keyboard", "thumb"])
def hands(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Hands]:
    """Somebody with nothing but keys, or nothing but a thumb."""
    thumb = request.param is Thumb
    size = {"width": PHONE, "height": 844} if thumb else {"width": 1440, "height": 900}
    context = browser.new_context(locale="en-GB", timezone_id="UTC", viewport=size, has_touch=thumb)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield request.param(context.new_page())
    context.close()


def _log_a_deal(hands: Hands, buyer: str, amount: str) -> None:
    hands.go("Log an activity")
    hands.pick("Export deal")
    hands.write("Company", "Core Ceramics")
    hands.write("Buyer", buyer)
    hands.choose(hands.page.get_by_label("Buyer's country"), "Germany")
    hands.type(hands.page.get_by_label("Amount"), amount)
    hands.press("button", "Save")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text(f"Export deal: {buyer}")


def test_an_employee_logs_a_deal_corrects_it_and_takes_it_back(site: Site, hands: Hands) -> None:
    """Tasks 1 and 2: what was wrong stays in the ledger beside what stands in its place, with the reason of each."""
    page, buyer = hands.page, f"Buyer of the {type(hands).__name__}"
    hands.sign_in(site, "employee")
    _log_a_deal(hands, buyer, "41000")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    hands.press("link", "Correct")
    hands.type(page.get_by_label("What was wrong?"), "One figure too many.")
    hands.type(page.get_by_role("textbox", name="Amount"), "4100")
    hands.press("button", "Save the correction")
    expect(page.locator("main")).to_contain_text("4,100 USD")
    expect(page.locator("main")).to_contain_text("One figure too many.")
    hands.write("Reason", "It was cancelled.")
    hands.press("button", "Reverse")
    expect(page.locator("main")).to_contain_text("It was cancelled.")
    hands.go("My activities")
    expect(page.locator("tr", has_text=buyer)).to_have_count(2)
    expect(page.locator("tr", has_text=buyer).first).to_contain_text("reversed")


def test_an_employee_says_why_the_score_is_what_it_is_and_what_would_lift_it(site: Site, hands: Hands) -> None:
    """Tasks 3 and 4: each step of a line's score, and a figure that moves as one tries another actual."""
    page = hands.page
    hands.sign_in(site, "employee")
    hands.go("My scorecard")
    line = page.locator("article.kpi h3 a, article.kpi h4 a").first
    name = line.inner_text()
    hands.use(line)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("ol.steps li").first).to_be_visible()
    hands.go("My scorecard")
    hands.press("link", re.compile("what if\\?$"))
    final = page.locator('[data-tried="final"]')
    before = final.inner_text()
    field = page.locator("[data-line] input[type=text]").first
    hands.type(field, "9999999")
    expect(final).not_to_have_text(before)


def test_a_head_verifies_one_entry_and_rejects_another(site: Site, hands: Hands) -> None:
    """Tasks 5 and 6: two wait less, and the one who entered it reads why."""
    page = hands.page
    reason = f"Not as the contract of the {type(hands).__name__} says."
    head = site.employee_of("head")
    site.ingest(*(deal(at, colleague_of(site, head, unit_of(site, head))) for at in range(2)))
    hands.sign_in(site, "head")
    hands.go("To verify")
    waiting = int(page.locator(".page-head p").inner_text().split()[0])
    hands.use(page.locator("[data-open]").first)
    heading = page.locator("[data-heading]")
    expect(heading).to_be_visible()
    hands.press("button", "Verify")
    hands.press("button", re.compile("^Record now"))
    expect(page.locator(".toast")).to_have_count(0)
    rejected = heading.inner_text()
    hands.press("button", "Reject")
    hands.type(page.get_by_role("dialog").get_by_role("textbox"), reason)
    hands.use(page.get_by_role("dialog").get_by_role("button", name="Reject"))
    hands.press("button", re.compile("^Record now"))
    hands.go("To verify")
    assert int(page.locator(".page-head p").inner_text().split()[0]) == waiting - 2, rejected


def test_a_head_sets_a_target_and_finds_who_needs_help(site: Site, hands: Hands) -> None:
    """Tasks 7 and 8: the target stands with its reason; whoever is led lowest comes first, with the line that costs most."""
    page = hands.page
    hands.sign_in(site, "head")
    hands.go("Targets")
    field = page.locator("[data-target-grid] [data-number]").filter(visible=True).first
    target = f"{float(field.input_value().replace(',', '')) * 1.01:.2f}"
    hands.type(field, target)
    hands.write("Reason", f"A better year for the {type(hands).__name__}.")
    hands.press("button", "Save")
    expect(page.locator(".notice-done")).to_be_visible()
    hands.go("My office")
    lowest = page.locator("table", has=page.get_by_text("Costs most points")).locator("tbody tr").first
    hands.use(lowest.locator("th a"))
    expect(page.get_by_role("heading", name="What costs most points")).to_be_visible()


def test_an_executive_finds_the_weakest_region_and_a_deal_in_it(site: Site, hands: Hands) -> None:
    """Task 9: from the agency's page down, by what each page names first."""
    page = hands.page
    hands.sign_in(site, "executive")
    hands.go("Agency")
    regions = page.locator(".heat tbody th")
    # What lies below the screen is drawn when one comes to it.
    regions.first.scroll_into_view_if_needed()
    expect(regions.first).to_contain_text(re.compile(r"[0-9]"), use_inner_text=True)
    scores = [float(one.split()[0]) for one in regions.locator(".tile-score").all_inner_texts()]
    weakest = regions.nth(scores.index(min(scores))).locator("a.tile")
    name = weakest.locator(".tile-name").inner_text()
    hands.use(weakest)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    hands.use(page.get_by_role("article", name="Export deals").get_by_role("link", name="Export deals", exact=True))
    hands.press("link", re.compile("^Export deal ?:"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Export deal: ")
    expect(page.locator("main")).to_contain_text(name)


def test_hr_finds_a_grade_with_its_reasons_and_takes_all_scores_home(site: Site, hands: Hands) -> None:
    """Tasks 10 and 11: the grade says how it came about; the file has everyone."""
    page = hands.page
    number = site.employee_of("employee")
    hands.sign_in(site, "hr")
    hands.go("Grades")
    hands.write("Name, number or code", number)
    expect(page.locator("tbody[data-rows=matching] tr")).to_have_count(1)
    hands.use(page.locator("tbody[data-rows=matching] th a"))
    expect(page.get_by_role("heading", name="The place in the group")).to_be_visible()
    expect(page.get_by_role("heading", name="The score", exact=True)).to_be_visible()
    hands.go("People")
    hands.unfold("Download")
    hands.write("What it is for", "The core tasks")
    with page.expect_download() as coming:
        hands.press("button", "Download")
    assert len(Path(coming.value.path()).read_text(encoding="utf-8-sig").splitlines()) > 50


def test_an_auditor_traces_a_figure_to_the_ledger(site: Site, hands: Hands) -> None:
    """Task 12: from a person's score to the event as it came, with its hash."""
    page, number = hands.page, site.employee_of("employee")
    known = 1000 + isinstance(hands, Thumb)
    event = deal(known, number)
    site.ingest(event, verified(event, site.employee_of("hr")))
    hands.sign_in(site, "auditor")
    hands.go("People")
    hands.write("Name or number", number)
    expect(page.locator("tbody[data-rows=people] tr")).to_have_count(1)
    hands.use(page.locator("tbody[data-rows=people] th a"))
    hands.use(page.get_by_role("article", name="Export deals").get_by_role("link", name="Export deals", exact=True))
    hands.press("link", re.compile(f"^Export deal ?: Nordwind {known} GmbH"))
    hands.press("link", "As the ledger has it")
    expect(page.locator("main")).to_contain_text(event["id"])
    expect(page.locator("main")).to_contain_text(re.compile("[0-9a-f]{64}"))


def test_an_administrator_makes_an_account(site: Site, hands: Hands) -> None:
    """Task 13: its first password is shown once; one that reaches far another person has to agree to."""
    page, email = hands.page, f"core.{type(hands).__name__.lower()}@agency.example"
    hands.sign_in(site, "admin")
    hands.go("Accounts")
    hands.unfold("New account")
    hands.write("E-mail", email)
    hands.use(page.get_by_label("Member:"))
    hands.press("button", "Make the account")
    expect(page.locator("#first-password")).to_be_visible()
    hands.go("Accounts")
    expect(page.get_by_role("link", name=email)).to_be_visible()
    hands.unfold("New account")
    hands.write("E-mail", f"far.{email}")
    hands.use(page.get_by_label("Auditor:"))
    hands.write("Reason", "Takes the place of who leaves in spring.")
    hands.press("button", "Make the account")
    expect(page.locator("main")).to_contain_text("another administrator or an executive has to agree")


def test_a_list_follows_what_one_types_and_chooses(site: Site, hands: Hands) -> None:
    """No button is needed: rows, count, file and address follow at once, the caret stays; what it shows is kept under a name; half a syllable is not sent, and a lost connection says so."""
    page, band = hands.page, "B" if isinstance(hands, Thumb) else "C"
    hands.sign_in(site, "hr")
    hands.go("People")
    names = [row["name"] for row in site.employees()]
    family = Counter(name.split()[-1] for name in names).most_common(1)[0][0]
    listed = [name for name in names if family.casefold() in name.casefold()]
    said, rows = page.locator("[data-narrows-said]"), page.locator("tbody[data-rows=people] tr")
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_hidden()
    hands.write("Name or number", family.lower())
    expect(rows).to_have_count(len(listed))
    assert sorted(rows.locator("th a").all_inner_texts()) == sorted(listed)
    expect(said).to_have_text(re.compile(rf"^{len(listed)} of "))
    expect(page.locator("summary", has_text="Download")).to_contain_text(f"({len(listed)} rows)")
    expect(page).to_have_url(re.compile(rf"/people\?text={family.lower()}&cycle=\d{{4}}&basis=final$"))
    page.keyboard.type(" ")
    if isinstance(hands, Thumb):
        hands.use(page.get_by_role("checkbox", name="Filters"))
    hands.choose(page.get_by_label("Band"), band)
    expect(page).to_have_url(re.compile(f"band={band}"))
    page.reload()
    expect(page.get_by_label("Name or number")).to_have_value(family.lower())
    hands.unfold("Keep this view")
    hands.write("Name of the view", f"Family of the {type(hands).__name__}")
    hands.press("button", "Save")
    view = page.get_by_role("link", name=f"Family of the {type(hands).__name__}")
    expect(view).to_have_attribute("aria-current", "true")
    hands.press("link", "Everyone")
    hands.use(view)
    expect(page.get_by_label("Band")).to_have_value(band)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/people" in request.url else None)
    field = page.get_by_label("Name or number")
    hands.enter(field)
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "김", "selectionStart": 1, "selectionEnd": 1})
    page.clock.install()
    page.clock.run_for(2_000)
    assert sent == []
    keyboard.send("Input.insertText", {"text": "김"})
    page.clock.run_for(2_000)
    expect(page.get_by_role("heading", name="Nobody like that")).to_be_visible()
    expect(field).to_be_focused()
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(said).to_contain_text("The connection is lost")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(said).to_have_text(re.compile("^0 of "))
