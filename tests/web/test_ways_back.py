"""From every page about a thing one reaches the page above: unit to unit to agency, figure to scorecard, deal to activities.

The pages are taken from the application's own list: one about something new has to say here what stands above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from app.web.pages import PAGES
from tests.scenario import event_of, ingest
from tests.web.markup import read
from tests.web.test_ratings import rate_companies
from tests.web.working import PEOPLE, Somebody, Working, key_of


class Way(NamedTuple):
    """A page, and what stands above it: the first of these that the person may see is linked."""

    page: str
    above: Sequence[str]


DEAL: Final = f"/activities/{key_of('D-1')}"

WAYS: Final[dict[str, Sequence[Way]]] = {
    "scorecard.scorecard": (
        Way("/scorecards/unit:HQ", ["/agency"]),
        Way("/scorecards/unit:EUR", ["/scorecards/unit:HQ"]),
        Way("/scorecards/unit:VIE", ["/scorecards/unit:EUR"]),
        Way("/scorecards/employee:E1", ["/scorecards/unit:VIE"]),
    ),
    "derivation.derivation": (
        Way("/scorecards/unit:VIE/deals", ["/scorecards/unit:VIE"]),
        Way("/scorecards/employee:E1/deals", ["/scorecards/employee:E1"]),
    ),
    "lifting.lifting": (
        Way("/lifting/unit:VIE", ["/scorecards/unit:VIE"]),
        Way("/lifting/employee:E1", ["/scorecards/employee:E1"]),
    ),
    "office.office": (
        Way("/office?unit=HQ", ["/scorecards/unit:HQ"]),
        Way("/office?unit=VIE", ["/office?unit=EUR", "/scorecards/unit:VIE"]),
    ),
    "business.business": (Way("/business?unit=VIE", ["/scorecards/unit:VIE"]),),
    "people_map.people_map": (Way("/office/kpis?unit=VIE", ["/office?unit=VIE"]),),
    "targets.targets": (
        Way("/targets?unit=HQ", ["/scorecards/unit:HQ"]),
        Way("/targets?unit=VIE", ["/targets?unit=EUR", "/scorecards/unit:VIE"]),
    ),
    "activities.activities": (
        Way("/activities?node=unit:VIE", ["/scorecards/unit:VIE"]),
        Way("/activities?node=employee:E1", ["/scorecards/employee:E1"]),
        Way("/activities", ["/scorecard"]),
    ),
    "activity.activity": (Way(DEAL, ["/activities?node=unit:VIE", "/scorecards/unit:VIE"]),),
    "activity.correction": (Way(f"{DEAL}/correct", [DEAL]),),
    "ledger.event": (Way(f"/ledger/{key_of('D-1')}", ["/ledger"]),),
    "goals.kpi": (Way("/goals/kpis/deals", ["/goals"]),),
    "goals.line": (Way("/goals/unit:VIE/deals", ["/goals/kpis/deals"]),),
    "grades.grade": (Way("/grades/employee:E1", ["/grades", "/scorecards/employee:E1"]),),
    "promotion.listed": (Way("/cycles/2026/promotion", ["/grades?cycle=2026"]),),
    "grades.totals": (Way("/grades/totals", ["/agency"]),),
    "accounts.account": (Way("/accounts/1", ["/accounts"]),),
    "accounts.ask_disable": (Way("/accounts/1/disable", ["/accounts/1"]),),
    "accounts.ask_enable": (Way("/accounts/1/enable", ["/accounts/1"]),),
    "accounts.ask_end_sessions": (Way("/accounts/1/sessions", ["/accounts/1"]),),
    "accounts.ask_reset": (Way("/accounts/1/password", ["/accounts/1"]),),
    "keys.ask_revoke": (Way("/keys/crm/revoke", ["/keys"]),),
    "keys.ask_revoke_hook": (Way("/keys/hooks/crm/revoke", ["/keys"]),),
    "organisation_units.new": (Way("/organisation/units", ["/organisation"]),),
    "organisation_units.unit": (Way("/organisation/units/VIE", ["/organisation"]),),
    "evaluation_groups.groups": (Way("/organisation/groups", ["/organisation"]),),
    "transfer.transfer": (Way("/organisation/transfer", ["/organisation"]),),
    "folder_files.sheets": (Way("/folder/sheets", ["/folder"]),),
    "changes.one": (Way("/changes/1", ["/changes"]),),
    "changes.effects": (Way("/changes/1/effects", ["/changes/1"]),),
    "kpis.one": (Way("/kpis/deals", ["/kpis"]),),
    "kpis.new": (Way("/kpis/_new", ["/kpis"]),),
    "kpi_library.library": (Way("/kpis/_library", ["/kpis"]),),
    "kpis.goal": (Way("/kpis/_goals/exports", ["/kpis"]),),
    "decisions.one": (Way("/decisions/1", ["/decisions"]),),
    "rejected.one": (Way("/rejected/1", ["/rejected"]),),
    "log_activity.log_activity": (Way("/log", ["/activities"]),),
    "accounts.ask_invite": (Way("/accounts/invitations", ["/accounts"]),),
    "changes.ask_discard": (Way("/changes/1/discard", ["/changes/1"]),),
    "cycles.one": (Way("/cycles/2026", ["/cycles"]),),
    "unsigned.unsigned": (
        Way("/cycles/2026/unsigned", ["/cycles/2026"]),
        Way("/cycles/2026/unsigned?unit=VIE", ["/cycles/2026/unsigned?unit=EUR"]),
    ),
    "allocation.allocation": (Way("/cycles/2026/allocation", ["/cycles/2026"]),),
    "ratings.ratings": (Way("/cycles/2026/ratings", ["/cycles/2026"]),),
    "ratings.line": (Way("/cycles/2026/ratings/employee:E1/companies", ["/cycles/2026/ratings"]),),
    "actions.new": (Way("/actions/new?node=employee:E1&kpi=deals", ["/scorecards/employee:E1"]),),
    "actions.one": (Way("/actions/1", ["/actions"]),),
    "check_ins.year": (Way("/cycles/2026/check-ins/E1", ["/scorecards/employee:E1"]),),
    "check_ins.assessment": (Way("/cycles/2026/self-assessments/E1", ["/cycles/2026/check-ins/E1"]),),
    "bonus.bonus": (Way("/cycles/2026/bonus/employee:E1", ["/grades/employee:E1"]),),
    "line_decision.line": (
        Way("/cycles/2026/lines/employee:E1/deals", ["/scorecards/employee:E1", "/scorecards/employee:E1/deals"]),
    ),
    "board.board": (Way("/cycles/2026/board", ["/cycles/2026"]),),
    "lab.lab": (Way("/cycles/2026/lab", ["/cycles"]),),
    "lab.kpi": (Way("/cycles/2026/lab/kpi?code=deals", ["/cycles/2026/lab?edit=a", "/cycles/2026/lab"]),),
    "scorecard_lines.lines": (
        Way("/scorecards/edit/lines?node=unit:VIE&cycle=2026", ["/scorecards/edit", "/scorecards/unit:VIE"]),
    ),
    "cycle_scorecard.scorecard": (Way("/cycles/2026/scorecards/unit:VIE", ["/scorecards/unit:VIE"]),),
}
"""Of each page that is about something, or that is no page of the navigation."""

LISTS: Final = ("/activities", "/verification", "/ledger", "/activities?node=unit:VIE")
"""Those that lead to a deal: its employee's own, the queue of who judges it, the auditor's, its unit's. One of them is the way back."""

ALONE: Final = {
    *("agency.agency", "goals.goals", "grades.grades", "home.home", "jobs.jobs", "keys.keys", "ledger.events"),
    *(
        "trail.trail",
        "people.people",
        "rejected.rejected",
        "my_scorecard.own_scorecard",
        "my_result.result",
        "verification.verification",
    ),
    *(
        "accounts.accounts",
        "password.password",
        "sessions.sessions",
        "clock.clock",
        "views.views",
        "my_files.files",
        "sign_in.sign_in",
        "files.file",
        "deliveries.deliveries",
        "forgotten.forgotten",
        "set_password.form",
        "files.favicon",
    ),
    *("log_activity.companies", "log_activity.buyers", "log_activity.colleagues", "log_activity.alike"),
    *(
        "changes.listed",
        "kpis.listed",
        "kpis.yaml",
        "scorecard_edit.grid",
        "policies.policies",
        "policies.yaml",
        "lab.file",
        "decisions.listed",
        "delegations.listed",
        "folder_files.files",
        "figures.figures",
        "accounts.employees",
    ),
    *("organisation.organisation", "organisation.employees", "cycles.listed", "actions.listed"),
    # Of a published cycle, for everybody who is measured by it: their own scorecard leads there.
    "criteria.criteria",
    # Of a certified cycle, whose page leads there: tests/contract/test_certifying.py, test_calibrating.py and test_reviewing.py walk both ways.
    "after_close.listed",
    "calibration.calibration",
    # Of a locked one: tests/contract/test_paying.py walks there.
    *("pay.listed", "pay.statement", "pay.statement_file", "pay.totals", "pay.totals_file"),
    # Of a cycle that people were told of: tests/contract/test_notifying.py and test_objections.py walk there.
    "told.listed",
    *("objections.listed", "objections.new", "objections.one"),
    "results.listed",
    "results.one",
    *("search.everywhere", "search.offers", "log_activity.dollars", "design.design"),
    *("help.overview", "help.one", "help.glossary", "welcome.welcome", "welcome.step"),
    *("log_activity.offline", "log_activity.signed_in", "log_activity.worker", "business.export"),
}
"""Pages of the navigation and the header, and what a form asks for while one types."""


def test_every_page_says_what_stands_above_it() -> None:
    """A new page has to be added here."""
    assert {route.endpoint for pages in PAGES for route in pages.routes if not (route.acts or route.api)} == (
        WAYS.keys() | ALONE
    )


def _leads(browser: Somebody, page: str, above: str) -> bool:
    wanted = urlsplit(above)
    asked = parse_qs(wanted.query)
    main = next(read(browser.get(page).text).all("main"))
    links = [urlsplit(link.attributes.get("href", "")) for link in main.all("a")]
    return any(link.path == wanted.path and asked.items() <= parse_qs(link.query).items() for link in links)


def test_each_page_leads_to_the_page_above(working: Working) -> None:
    """As far as each person may: where a page above is not theirs to see, the next that is (issue 11, section 1). Each page is somebody's."""
    working.record("2026-06-04 deal D-1 E1 100 USD of One/AT")
    assert ingest(working.database, [event_of("2026-06-04 deal D-2 NOBODY 100 USD of One/AT")]).rejected
    working.iris.post("/keys", {"name": "crm", "scope": "ingest"})
    working.iris.post("/keys/hooks", {"hook_name": "crm"})
    working.dana.post("/folder", {"file": "units.csv", "to": "feed", "reason": "They come every night."})
    working.dana.post("/changes", {"title": "Vienna moves", "reason": "From January on it stands elsewhere."})
    rate_companies(working)
    working.dana.post("/cycles", {"cycle": "2026"})
    wish = {"node": "employee:E1", "kpi": "deals", "owner": "E1", "due_on": "2026-12-01"}
    working.alba.post("/actions?node=employee:E1&kpi=deals", wish | {"cause": "No fair.", "measure": "Visits."})
    dead, unseen = [], {way.page for ways in WAYS.values() for way in ways}
    for name in PEOPLE:
        browser: Somebody = getattr(working, name)
        for page, above in (way for ways in WAYS.values() for way in ways):
            if browser.statuses(page) != [200]:
                continue
            unseen.discard(page)
            seen = next((one for one in above if browser.statuses(one) == [200]), None)
            if page == DEAL and any(_leads(browser, page, one) for one in LISTS):
                continue
            if seen is not None and not _leads(browser, page, seen):
                dead.append(f"{name}: {page} does not lead to {seen}")
    assert (dead, unseen) == ([], set())
