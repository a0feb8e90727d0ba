"""Views of lists that somebody has given a name: which list, and what its address asks for.

Do not keep what a view showed: it is an address, and whoever opens it sees what they may see at that moment.

That a name stands once in a list and that a list opens with one view, the database holds too; that names which differ in the case of their
letters alone are one, and that nobody keeps more than fifty, is held by the lock of their account's row.
"""

from __future__ import annotations

import datetime as dt
import re
import string
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.tables import account, saved_view
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.plain.texts import trimmed

__all__ = [
    "FILTERS_LENGTH_MAX",
    "NAME_LENGTH_MAX",
    "SavedView",
    "change_view",
    "delete_view",
    "save_view",
    "saved_views",
]

VIEWS_MAX: Final = 50
NAME_LENGTH_MAX: Final = 80
FILTERS_LENGTH_MAX: Final = 2_000
"""In letters of any script, and not in the nine characters that an address writes for one of Hangul; so they are kept."""

NO_NAME: Final = n_("The name is missing or too long: give the view one of 1 to %(most)s letters.")
SAME_NAME: Final = n_(
    "You have a view of this list with this name already: choose another name, or delete that view first."
)
TOO_MANY: Final = n_("You have %(most)s views, as many as are kept: delete one that you no longer need.")
TOO_LONG: Final = n_("This view asks for more than can be kept: narrow the list by fewer words, and save it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A view: ``filters`` is the part of the list's address behind the question mark."""

    id: int
    list: str
    name: str
    filters: str
    is_default: bool


def saved_views(connection: Connection, *, account_id: int, of_list: str | None = None) -> list[SavedView]:
    """A person's views, of one list or of all, by name. Queries: 1."""
    query = sa.select(saved_view).where(saved_view.c.account_id == account_id)
    if of_list is not None:
        query = query.where(saved_view.c.list == of_list)
    rows = connection.execute(query.order_by(saved_view.c.list, saved_view.c.id))
    views = [
        SavedView(id=row.id, list=row.list, name=row.name, filters=_in_address(row.filters), is_default=row.is_default)
        for row in rows
    ]
    return sorted(views, key=lambda view: (view.list, view.name.casefold(), view.id))


def save_view(
    connection: Connection,
    *,
    account_id: int,
    of_list: str,
    name: str,
    filters: str,
    is_default: bool,
    now: dt.datetime,
) -> str:
    """Keep a view; returns its name as it is kept.

    Args:
        connection: a writing transaction.
        account_id: whose.
        of_list: the list's page.
        name: what its owner calls it.
        filters: the address's parameters.
        is_default: whether the list opens so.
        now: when.

    Raises:
        Invalid: no name, one that there is, more filters or more views than are kept.
    """
    name = _named(name)
    filters = _in_letters(filters)
    if len(filters) > FILTERS_LENGTH_MAX:
        raise Invalid(at_field("name", "too_long", TOO_LONG))
    _lock(connection, account_id)
    kept = saved_views(connection, account_id=account_id)
    if len(kept) >= VIEWS_MAX:
        raise Invalid(at_field("name", "too_many", TOO_MANY, most=VIEWS_MAX))
    _refuse_same(kept, of_list, name)
    if is_default:
        _no_default(connection, account_id, of_list)
    connection.execute(
        sa.insert(saved_view).values(
            account_id=account_id, list=of_list, name=name, filters=filters, is_default=is_default, created_at=now
        )
    )
    return name


def change_view(connection: Connection, *, account_id: int, view_id: int, name: str, is_default: bool) -> SavedView:
    """Call a view otherwise, or let its list open so or no longer so; returns it as it was.

    Raises:
        NotThere: it is none of theirs.
        Invalid: no name, or one that there is.
    """
    name = _named(name)
    _lock(connection, account_id)
    kept = saved_views(connection, account_id=account_id)
    view = _theirs(kept, view_id)
    _refuse_same([other for other in kept if other.id != view_id], view.list, name)
    if is_default:
        _no_default(connection, account_id, view.list)
    connection.execute(sa.update(saved_view).where(saved_view.c.id == view_id).values(name=name, is_default=is_default))
    return view


def delete_view(connection: Connection, *, account_id: int, view_id: int) -> SavedView:
    """Let a view go; returns it.

    Raises:
        NotThere: it is none of theirs.
    """
    view = _theirs(saved_views(connection, account_id=account_id), view_id)
    connection.execute(sa.delete(saved_view).where(saved_view.c.id == view_id))
    return view


_ENCODED_LETTERS: Final = re.compile("(?:%[89A-F][0-9A-F])+")


def _in_letters(filters: str) -> str:
    """Filters with the letters that an address writes by their bytes; signs that mean something in one stay as they are."""
    return _ENCODED_LETTERS.sub(lambda letters: unquote(letters[0]), filters)


def _in_address(filters: str) -> str:
    return quote(filters, safe=string.punctuation)


def _named(name: str) -> str:
    name = " ".join(trimmed(name).split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid(at_field("name", "unnamed", NO_NAME, most=NAME_LENGTH_MAX))
    return name


def _theirs(kept: list[SavedView], view_id: int) -> SavedView:
    view = next((view for view in kept if view.id == view_id), None)
    if view is None:
        raise NotThere
    return view


def _refuse_same(others: list[SavedView], of_list: str, name: str) -> None:
    if any(other.list == of_list and other.name.casefold() == name.casefold() for other in others):
        raise Invalid(at_field("name", "same_name", SAME_NAME))


def _no_default(connection: Connection, account_id: int, of_list: str) -> None:
    connection.execute(
        sa.update(saved_view)
        .where(saved_view.c.account_id == account_id, saved_view.c.list == of_list)
        .values(is_default=False)
    )


def _lock(connection: Connection, account_id: int) -> None:
    """Two requests of one person take turns, so that neither counts without the other's view."""
    connection.execute(sa.select(account.c.id).where(account.c.id == account_id).with_for_update())
