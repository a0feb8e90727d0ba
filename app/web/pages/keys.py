"""Keys for programs and hooks for signed messages, which the administrator keeps.

A key cannot be looked up: it is shown once, on the answer that made it. Who lost it makes another and revokes the first.
"""

from __future__ import annotations

from typing import Annotated, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import access, intake, notices
from app.access import KeyRow
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.permissions import Deed, Scope
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import ReasonForm
from app.web.asked.request_context import RequestContext
from app.web.wording import words

pages: Final = Pages("keys")

SCOPES: Final = {
    Scope.INGEST: n_("ingest: records events, reads nothing but its own rejected ones"),
    Scope.READ: n_("read: reads scorecards, derivations and activities"),
    Scope.FEED: n_("feed: brings whole files of the agency folder, those chosen below"),
}


_FED: Final = tuple(f"{name}.csv" for name in intake.FOLDER_FILES)
"""What a feed may bring."""


class KeyForm(BaseModel):
    """A new key."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=200)]
    scope: Scope
    file: tuple[Annotated[str, Field(max_length=40)], ...] = ()


class HookForm(BaseModel):
    """A new hook."""

    model_config = ConfigDict(frozen=True)

    hook_name: Annotated[str, Field(max_length=200)]


@pages.read("/keys", may=Deed.KEEP_KEYS)
def keys(context: RequestContext) -> Page:
    """All keys and hooks there ever were, and the forms for more."""
    return Page(
        "pages/keys.html",
        keys=access.keys(context.connection),
        hooks=access.hooks(context.connection),
        scopes=SCOPES,
        files={file: words.FOLDER_FILES[file] for file in _FED},
    )


@pages.act("/keys", may=Deed.KEEP_KEYS, again="keys")
def create(context: RequestContext, form: KeyForm) -> Page:
    """Make a key; it stands on the answer, this once."""
    files = tuple(file for file in _FED if file in form.file) if form.scope is Scope.FEED else ()
    secret = notices.make_key(
        context.connection, keeper=_keeper(context), name=form.name, scope=form.scope, files=files
    )
    return Page(
        "pages/key_secret.html", name=form.name, secret=secret, is_hook=False, base=url_for("home.home", _external=True)
    )


@pages.read("/keys/<name>/revoke", may=Deed.KEEP_KEYS)
def ask_revoke(context: RequestContext, name: str) -> Page:
    """Whether the key is really to end, and why."""
    return _question(access.keys(context.connection), name, act="revoke")


@pages.act("/keys/<name>/revoke", may=Deed.KEEP_KEYS, again="ask_revoke")
def revoke(context: RequestContext, name: str, form: ReasonForm) -> Redirect:
    """End a key at once."""
    access.revoke_key(context.connection, name=name, now=context.now)
    context.note(subject=f"key:{name}", after={"revoked": True}, why=form.reason)
    return Redirect(n_("The key %(name)s opens nothing any more."), then="keys", parameters={"name": name})


@pages.act("/keys/hooks", may=Deed.KEEP_HOOKS, again="keys")
def create_hook(context: RequestContext, form: HookForm) -> Page:
    """Open a hook; its secret stands on the answer, this once."""
    secret = notices.make_hook(context.connection, keeper=_keeper(context), name=form.hook_name)
    return Page(
        "pages/key_secret.html",
        name=form.hook_name,
        secret=secret,
        is_hook=True,
        base=url_for("home.home", _external=True),
    )


@pages.read("/keys/hooks/<name>/revoke", may=Deed.KEEP_HOOKS)
def ask_revoke_hook(context: RequestContext, name: str) -> Page:
    """Whether the hook is really to end, and why."""
    return _question(access.hooks(context.connection), name, act="revoke_hook")


@pages.act("/keys/hooks/<name>/revoke", may=Deed.KEEP_HOOKS, again="ask_revoke_hook")
def revoke_hook(context: RequestContext, name: str, form: ReasonForm) -> Redirect:
    """Close a hook at once."""
    access.revoke_hook(context.connection, name=name, now=context.now)
    context.note(subject=f"hook:{name}", after={"revoked": True}, why=form.reason)
    return Redirect(n_("The hook %(name)s is closed."), then="keys", parameters={"name": name})


def _keeper(context: RequestContext) -> notices.Keeper:
    return notices.Keeper(viewer=context.viewer, at=context.now, note=context.note)


def _question(rows: list[KeyRow], name: str, *, act: str) -> Page:
    if not any(row.name == name and row.revoked_at is None for row in rows):
        raise NotThere
    is_hook = act == "revoke_hook"
    return Page(
        "pages/confirm.html",
        heading=n_("Revoke the hook %(name)s?") if is_hook else n_("Revoke the key %(name)s?"),
        name=name,
        explanation=n_("What the program sends is refused from now on. It cannot be undone: it takes a new one."),
        button=n_("Revoke"),
        action=url_for(f"keys.{act}", name=name),
        back=url_for("keys.keys"),
        parent=("keys", n_("Keys and hooks")),
    )
