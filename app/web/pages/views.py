"""One's own views of lists: kept, named, deleted, and which of them a list opens with."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.web.list_views import LISTS, address_of, kept_filters
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("views")

SAVED: Final = n_("Saved as “%(name)s”. It stands at the head of the list.")
CHANGED: Final = n_("Saved.")
DELETED: Final = n_("The view “%(name)s” is deleted.")


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


class ViewForm(BaseModel):
    """What the view is called, and whether its list opens with it."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=500)] = ""
    usual: Literal["", "yes"] = ""


class ChosenForm(BaseModel):
    """What a view is called from now on, and whether its list opens with it; or that it goes."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=500)] = ""
    usual: Literal["", "yes"] = ""
    does: Literal["change", "delete"] = "change"


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
        access.save_view(
            connection,
            account_id=context.viewer.account_id,
            of_list=query.list,
            name=form.name,
            filters=filters,
            is_default=form.usual == "yes",
            now=context.now,
        )
    return Redirect(SAVED, then=address_of(query.list, filters), parameters={"name": " ".join(form.name.split())})


@pages.act("/views/change", may=Deed.KEEP_VIEWS, again="views", transaction=False)
def change(context: RequestContext, query: ViewsQuery, form: ChosenForm) -> Redirect:
    """Call a view otherwise, choose what its list opens with, or let it go."""
    account_id = context.viewer.account_id
    if query.view is None:
        raise NotThere
    with context.write() as connection:
        if form.does == "delete":
            view = access.delete_view(connection, account_id=account_id, view_id=query.view)
            again = {"list": view.list, "filters": view.filters, "undo": view.name}
            usual = {"usual": "yes"} if view.is_default else {}
            return Redirect(DELETED, then="views", values={**again, **usual}, parameters={"name": view.name})
        access.change_view(
            connection, account_id=account_id, view_id=query.view, name=form.name, is_default=form.usual == "yes"
        )
    return Redirect(CHANGED, then="views")
