"""The lists whose views can be kept under a name, and what stands at the head of each.

Do not take a view for a right: it is an address, and the list says to whoever opens it what they may see.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for
from sqlalchemy import Connection

from app import access
from app.access import SavedView
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed, functions_open, may
from app.scoring import State
from app.web.answer.rendering import Page, SeeOther
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import present_cycle

__all__ = [
    "AS_IT_IS",
    "LISTS",
    "List",
    "ListHead",
    "ListViews",
    "address_of",
    "kept_filters",
    "listed",
    "usual_refused",
    "way_out",
    "without_present_cycle",
]

ListHandler = Callable[[RequestContext, Any], Page | SeeOther]

AS_IT_IS: Final = "as_it_is"
"""In an address: the list without a view, though one of them is what it opens with."""

_NO_FILTERS: Final = frozenset({AS_IT_IS, "part"})
"""What an address may ask for beside filters: kept with a view, the one would open the list as no view does, the other a piece of its page."""


@dataclass(frozen=True, slots=True)
class List:
    """A list: its handler, what it is called, and the deed that opens it.

    Attributes:
        endpoint: the handler.
        label: what it is called.
        deed: what one must be allowed to do.
        of_all: whether only a role opens it, or a function in a cycle, and no relation to a few of those who stand in it.
    """

    endpoint: str
    label: str
    deed: Deed
    of_all: bool = False

    def opens_for(self, context: RequestContext) -> bool:
        """Whether who asks may open it."""
        if not self.of_all:
            return context.allowed(self.deed)
        by_function = any(self.deed in functions_open(one.function) for one in context.viewer.functions)
        return by_function or may(context.viewer.roles, self.deed, ())


LISTS: Final[Mapping[str, List]] = {
    "people": List("people.people", n_("People"), Deed.SEE_PEOPLE_SCORES, of_all=True),
    "people_map": List("people_map.people_map", n_("People by KPI"), Deed.SEE_PEOPLE_SCORES),
    "grades": List("grades.grades", n_("Grades"), Deed.SEE_GRADE, of_all=True),
    "activities": List("activities.activities", n_("Activities"), Deed.SEE_ACTIVITIES),
    "business": List("business.business", n_("Business figures"), Deed.SEE_PEOPLE_SCORES),
    "ledger": List("ledger.events", n_("Ledger"), Deed.SEE_LEDGER),
    "trail": List("trail.trail", n_("Trail"), Deed.SEE_TRAIL),
    "accounts": List("accounts.accounts", n_("Accounts"), Deed.KEEP_ACCOUNTS),
}


@dataclass(frozen=True, slots=True)
class ListHead:
    """What stands at the head of a list: its person's views, and what is looked at now.

    Attributes:
        name: the list's.
        views: the person's views of it, by name.
        filters: what the present address asks for, as a view of it would keep it.
        usual: what the list opens with; None for all of it.
        present: the view that is looked at.
    """

    name: str
    views: list[SavedView]
    filters: str
    usual: SavedView | None
    present: SavedView | None

    @property
    def name_length_max(self) -> int:
        """How many letters the name of a view may have."""
        return access.VIEW_NAME_LENGTH_MAX

    def address_of(self, view: SavedView) -> str:
        """Where a view of the list is."""
        return address_of(self.name, view.filters)

    @property
    def address(self) -> str:
        """The address to share: the same filters, with what its reader may see."""
        return address_of(self.name, self.filters)

    @property
    def whole(self) -> str:
        """The list without any filter, whatever it opens with."""
        return _whole(self.name) if self.usual else address_of(self.name, "")


@dataclass(frozen=True, slots=True)
class ListViews:
    """A person's views of a list, by name."""

    name: str
    views: list[SavedView]

    @property
    def usual(self) -> SavedView | None:
        """What the list opens with; None for all of it."""
        return next((view for view in self.views if view.is_default), None)

    def head(self, parameters: Mapping[str, Any]) -> ListHead:
        """What stands at the head of the list, by what its own links ask for, without its pages."""
        asked = urlencode(sorted((key, str(value)) for key, value in parameters.items()))
        # A view may have been kept in words that the list still reads, and writes in others now.
        present = {asked, kept_filters(request.query_string.decode("utf-8", "replace"))}
        return ListHead(
            name=self.name,
            views=self.views,
            filters=asked,
            usual=self.usual,
            present=next((view for view in self.views if view.filters in present), None),
        )


def listed(name: str) -> Callable[[Callable[[RequestContext, Any, ListViews], Page | SeeOther]], ListHandler]:
    """Make a handler that of a list: for whoever may open it; opened without asking for anything it leads to the view that it opens with.

    The handler is handed its person's views, and does nothing before the way to another one of them is taken.

    Args:
        name: the list's.

    Raises:
        NotThere: who asks may not open it.

    Queries: 1, beside those of the handler.
    """

    def declare(handler: Callable[[RequestContext, Any, ListViews], Page | SeeOther]) -> ListHandler:
        @functools.wraps(handler)
        def opened(context: RequestContext, query: Any) -> Page | SeeOther:
            if not LISTS[name].opens_for(context):
                raise NotThere
            theirs = access.saved_views(context.connection, account_id=context.viewer.account_id, of_list=name)
            views = ListViews(name, theirs)
            usual = views.usual
            # A view without filters is the list as it is: its address would lead to itself for ever.
            if usual is not None and kept_filters(usual.filters) and request.method == "GET" and not request.args:
                return SeeOther(address_of(name, usual.filters))
            return handler(context, query, views)

        return opened

    return declare


def without_present_cycle(loaded: State, parameters: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    """What a list is asked for: the cycle under way is the one that stands where none is named, in the next year too."""
    present = str(present_cycle(loaded, today))
    return {name: value for name, value in parameters.items() if (name, str(value)) != ("cycle", present)}


def usual_refused(connection: Connection, *, account_id: int) -> tuple[str, SavedView] | None:
    """Where a list has just answered that what its address asks for is not there, or cannot be: where to go instead.

    Returns:
        The whole list's address, and the view that led nowhere, where the list opens with it. None from anywhere else: so no way leads in a circle.

    Queries: 1; none where no list was asked for.
    """
    name = _asked_for()
    if name is None:
        return None
    views = access.saved_views(connection, account_id=account_id, of_list=name)
    usual = next((view for view in views if view.is_default and kept_filters(view.filters)), None)
    if usual is None:
        return None
    if urlencode(sorted(request.args.items(multi=True))) == kept_filters(usual.filters):
        return _whole(name), usual
    return None


def way_out(context: RequestContext) -> str | None:
    """The address of the whole list, where a part of it was asked for in vain; None elsewhere, and for whoever may not open it."""
    name = _asked_for()
    if name is None or AS_IT_IS in request.args or not LISTS[name].opens_for(context):
        return None
    return _whole(name)


def _asked_for() -> str | None:
    """The list that is looked at."""
    if request.method != "GET":
        return None
    return next((name for name, known in LISTS.items() if known.endpoint == request.endpoint), None)


def _whole(name: str) -> str:
    return f"{url_for(LISTS[name].endpoint)}?{urlencode({AS_IT_IS: 'yes'})}"


def kept_filters(asked: str) -> str:
    """What of an address a view of it keeps, in one order."""
    return urlencode(sorted((key, value) for key, value in parse_qsl(asked) if key not in _NO_FILTERS))


def address_of(name: str, filters: str) -> str:
    """The address of a list that asks for what a view kept."""
    # Written anew, so that whatever stood in the form is a parameter and nothing else.
    query = kept_filters(filters)
    return f"{url_for(LISTS[name].endpoint)}{'?' if query else ''}{query}"
