"""One's own views of lists: kept, named, deleted, and which of them a list opens with."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.lists.list_views import LISTS, address_of, kept_filters

pages: Final = Pages("views")

SAVED: Final = n_("Saved as “%(name)s”. It stands at the head of the list.")
CHANGED: Final = n_("Saved.")
DELETED: Final = n_("The view “%(name)s” is deleted.")

_NAME_READ_MOST: Final = 500
"""Longer than a name may be: up to here the answer says how long one may be, and gives back what was typed."""


class ViewsQuery(BaseModel):
    """What is to be kept, where a list was left to do so."""

    model_config = ConfigDict(frozen=True)

    list: Annotated[str, Field(max_length=40)] = ""
    filters: str = ""
    view: Annotated[int | None, Field(ge=1, le=2**62)] = None
    """One of one's own, that is to be changed."""
    undo: Annotated[str, Field(max_length=80)] = ""
    """The name of the one that was deleted just now, with its list and filters: it can be kept after all."""
    usual: Literal["", "yes"] = ""


class ChosenQuery(BaseModel):
    """One of one's views."""

    model_config = ConfigDict(frozen=True)

    view: Annotated[int, Field(ge=1, le=2**62)]


class ViewForm(BaseModel):
    """What the view is called, and whether its list opens with it."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=_NAME_READ_MOST)] = ""
    usual: Literal["", "yes"] = ""


@pages.read("/views", may=Deed.KEEP_VIEWS)
def views(context: RequestContext, query: ViewsQuery) -> Page:
    """One's views, list by list: of those lists that one may open."""
    kept = access.saved_views(context.connection, account_id=context.viewer.account_id)
    opened = {name: known for name, known in LISTS.items() if known.opens_for(context)}
    return Page(
        "pages/views.html",
        lists=[
            (name, known.label, listed)
            for name, known in opened.items()
            if (listed := [view for view in kept if view.list == name])
        ],
        new=query if query.list in opened else None,
        new_label=opened[query.list].label if query.list in opened else "",
        address_of=address_of,
        changed=query.view,
        name_length_max=access.VIEW_NAME_LENGTH_MAX,
    )


@pages.act("/views", may=Deed.KEEP_VIEWS, again="views", transaction=False)
def save(context: RequestContext, query: ViewsQuery, form: ViewForm) -> Redirect:
    """Keep what the list shows now under a name."""
    if query.list not in LISTS:
        raise NotThere
    with context.database.read() as connection:
        if not LISTS[query.list].opens_for(context.opened(connection)):
            raise NotThere
    context.closed()
    filters = kept_filters(query.filters)
    with context.write() as connection:
        name = access.save_view(
            connection,
            account_id=context.viewer.account_id,
            of_list=query.list,
            name=form.name,
            filters=filters,
            is_default=form.usual == "yes",
            now=context.now,
        )
    return Redirect(SAVED, then=address_of(query.list, filters), parameters={"name": name})


@pages.act("/views/change", may=Deed.KEEP_VIEWS, again="views", transaction=False)
def change(context: RequestContext, query: ChosenQuery, form: ViewForm) -> Redirect:
    """Call a view otherwise, and choose whether its list opens with it."""
    account_id = context.viewer.account_id
    with context.write() as connection:
        access.change_view(
            connection, account_id=account_id, view_id=query.view, name=form.name, is_default=form.usual == "yes"
        )
    return Redirect(CHANGED, then="views")


@pages.act("/views/delete", may=Deed.KEEP_VIEWS, again="views", transaction=False)
def delete(context: RequestContext, query: ChosenQuery) -> Redirect:
    """Let a view go. What it was is handed on, so that it can be kept after all."""
    with context.write() as connection:
        view = access.delete_view(connection, account_id=context.viewer.account_id, view_id=query.view)
    again = {"list": view.list, "filters": view.filters, "undo": view.name, "usual": "yes" if view.is_default else ""}
    return Redirect(DELETED, then="views", values=again, parameters={"name": view.name})
