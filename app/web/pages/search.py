"""Searching everywhere: one page with the results by kinds, and the same as offers below the field in the header.

Do not lead to a page that its reader may not open: what is offered is what :mod:`app.search` gives, and the pages that the navigation leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from flask_babel import gettext
from markupsafe import escape
from pydantic import BaseModel, ConfigDict, Field

from app import access, scoring, search
from app.ledger import KnownActivity
from app.plain.findings import n_
from app.rules.names import closeness
from app.rules.permissions import Deed, may
from app.rules.terms import Node
from app.search import PartyResult, SearchResults
from app.web.answer.navigation import items_for
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import present_cycle
from app.web.results import paying
from app.web.wording import words
from app.web.wording.languages import amount, named, page_language
from app.web.wording.languages import day as day_said

pages: Final = Pages("search")

OFFERED: Final = 5
"""So many of each kind are offered below the field,"""
SHOWN: Final = 20
"""and so many on the page."""

_OWN_PAGES: Final = (("password.password", n_("Change password")), ("sessions.sessions", n_("My sessions")))
"""Whoever is signed in is led to these from the header."""


class SearchQuery(BaseModel):
    """What is searched."""

    model_config = ConfigDict(frozen=True)

    q: str = Field(default="", max_length=200)


_DECIDES: Final = n_("Decide about a line")
_DECIDES_TOO: Final = (
    n_("drop a line"),
    n_("dropped line"),
    n_("it does not count"),
    n_("not measurable"),
    n_("another figure"),
)
"""What deciding about a line is looked for by, beside its name."""


_PAY: Final = n_("Pay")
_PAY_TOO: Final = (n_("Pay runs"), n_("Statement of pay"))
"""What the pay of a cycle is looked for by."""


@dataclass(frozen=True, slots=True)
class SearchLink:
    """One result: where it leads, what it is called, and what tells it from others called so."""

    address: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The results of a kind, and the page that lists all of them, where there is one."""

    kind: str
    label: str
    links: tuple[SearchLink, ...]
    all: str | None = None


@pages.read("/search", may=Deed.SEARCH)
def everywhere(context: RequestContext, query: SearchQuery) -> Page:
    """The results, by kinds."""
    groups = _groups(context, query.q, limit=SHOWN, to_the_end=True)
    return Page("pages/search.html", groups=groups, query=query, enough=search.is_enough(query.q))


@pages.read("/search/offers", may=Deed.SEARCH)
def offers(context: RequestContext, query: SearchQuery) -> Page:
    """The nearest results, as the options of the field in the header."""
    return Page("pages/search_offers.html", groups=_groups(context, query.q, limit=OFFERED), query=query)


def _groups(context: RequestContext, text: str, *, limit: int, to_the_end: bool = False) -> list[Group]:
    if not search.is_enough(text):
        return []
    loaded = scoring.state(context.connection)
    context.use(loaded.frame.directory)
    results = search.search_everywhere(
        context.connection,
        loaded,
        text=text,
        viewer=context.viewer,
        today=context.today,
        cycle=present_cycle(loaded, context.today),
        limit=limit,
        to_the_end=to_the_end,
    )
    groups = (_pages(context, text, limit), *_of_agency(context, results, text), _accounts(context, text, limit))
    return [one for one in groups if one.links]


def _pages(context: RequestContext, text: str, limit: int) -> Group:
    led_to = [(context.pages[item.page], item.label) for item in items_for(context)] + [*_OWN_PAGES]
    ranked = [
        (near, place, SearchLink(url_for(endpoint), gettext(label)))
        for place, (endpoint, label) in enumerate(led_to)
        if (near := closeness(text, gettext(label), label)) is not None
    ]
    ranked += _deciding(context, text, len(led_to))
    ranked += _paying(context, text, len(led_to) + 1)
    ranked.sort(key=lambda one: one[:2])
    return Group("pages", gettext("Pages"), tuple(link for *_, link in ranked[:limit]))


def _paying(context: RequestContext, text: str, place: int) -> list[tuple[int, int, SearchLink]]:
    """The pay of each cycle for whoever sees it, and one's own result, which tells what one is paid. Queries: 1 where pay is looked for."""
    near = closeness(text, *(name for one in (_PAY, *_PAY_TOO) for name in (gettext(one), one)))
    if near is None:
        return []
    seen = paying.cycles_with_pay(context, cycling.cycles_seen(context))
    links = [
        SearchLink(url_for("pay.listed", cycle=cycle), gettext(n_("Pay of the cycle %(cycle)s")) % {"cycle": cycle})
        for cycle in sorted(seen, reverse=True)
    ]
    if any(item.page == "my_result" for item in items_for(context)):
        note = gettext(n_("with what you are paid, and the statement of it"))
        links.append(SearchLink(url_for("my_result.result"), gettext(n_("My result")), note))
    return [(near, place, one) for one in links]


def _deciding(context: RequestContext, text: str, place: int) -> list[tuple[int, int, SearchLink]]:
    """Whoever decides about lines begins where the people are whose lines they are: it has no page before a line is chosen."""
    pages_of = {item.page for item in items_for(context)}
    begins = "office" if "office" in pages_of else "people" if "hr" in context.viewer.roles else None
    called = [name for one in (_DECIDES, *_DECIDES_TOO) for name in (gettext(one), one)]
    near = None if begins is None else closeness(text, *called)
    if begins is None or near is None or begins not in context.pages:
        return []
    note = gettext("from the line on a scorecard: that it does not count, or another figure")
    return [(near, place, SearchLink(url_for(context.pages[begins]), gettext(_DECIDES), note))]


def _of_agency(context: RequestContext, results: SearchResults, text: str) -> Iterator[Group]:
    listed = results.lists[0] if results.lists else None
    everyone = may(context.viewer.roles, Deed.SEE_PEOPLE_SCORES, ())
    yield Group(
        "people",
        gettext("People"),
        tuple(
            SearchLink(_scorecard(one.node), one.name, _joined(one.node.code, named(one.unit)))
            for one in results.people.rows
        ),
        url_for("people.people", text=text) if results.people.more and everyone else None,
    )
    yield Group(
        "units",
        gettext("Units"),
        tuple(
            SearchLink(_scorecard(one.node), named(one.name), _joined(gettext(words.KINDS[one.kind]), named(one.above)))
            for one in results.units.rows
        ),
    )
    language = page_language()
    yield Group(
        "kpis",
        gettext("KPIs"),
        tuple(
            SearchLink(
                url_for("goals.kpi", kpi=one.code, cycle=results.cycle),
                one.name.in_language(language),
                one.goal.in_language(language),
            )
            for one in results.kpis.rows
        ),
        url_for("goals.goals", cycle=results.cycle) if results.kpis.more else None,
    )
    whole = None if listed is None else url_for("activities.activities", node=listed, text=text)
    for kind, label, parties in (
        ("companies", gettext("Companies"), results.companies),
        ("buyers", gettext("Buyers"), results.buyers),
    ):
        yield Group(kind, label, tuple(map(_party, parties.rows)), whole if parties.more else None)
    activities = results.activities
    yield Group(
        "activities",
        gettext("Deals and other activities"),
        tuple(map(_activity, activities.rows)),
        whole if activities.more or results.companies.rows or results.buyers.rows else None,
    )


def _accounts(context: RequestContext, text: str, limit: int) -> Group:
    """For who keeps them."""
    label = gettext("Accounts")
    if not context.allowed(Deed.KEEP_ACCOUNTS):
        return Group("accounts", label, ())
    known = access.accounts(context.connection, search=text, limit=limit + 1)
    people = context.directory.employees
    links = (
        SearchLink(
            url_for("accounts.account", number=one.id),
            one.email,
            people[one.employee].name if one.employee is not None and one.employee in people else "",
        )
        for one in known[:limit]
    )
    return Group(
        "accounts", label, tuple(links), url_for("accounts.accounts", text=text) if len(known) > limit else None
    )


def _scorecard(node: Node) -> str:
    return url_for("scorecard.scorecard", node=node)


def _party(one: PartyResult) -> SearchLink:
    name = one.name or one.registration
    note = _joined(one.country, one.registration if one.name else "")
    return SearchLink(url_for("activities.activities", node=one.node, text=name), name, note)


def _activity(one: KnownActivity) -> SearchLink:
    worth = "" if one.amount is None else f"{amount(one.amount)} {one.currency}"
    note = _joined(
        gettext(words.TYPES[one.type]), escape(day_said(one.day)).striptags(), worth, gettext(words.STATES[one.state])
    )
    return SearchLink(url_for("activity.activity", key=one.key), f"{one.company} – {one.buyer}", note)


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)
