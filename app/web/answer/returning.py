"""A session that ends in the middle of a form: what was typed is kept for its owner, and stands in the form again after sign-in.

A newcomer's usual mistake is to carry the text in the address or in the sign-in page: whoever signs in next on that browser could read it.
It stays on the server, under the account whose page it was typed on (:mod:`app.web.asked.typed_by`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from flask import request, session, url_for
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app import access
from app.access import Viewer
from app.kit.database import Database
from app.kit.refusals import Busy
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.web.asked.forms import Typed, kept, kept_values
from app.web.asked.sign_in import KEPT_FORMS

__all__ = ["LOOK_CHANGED", "forget", "given_back", "keep_for_owner", "keep_typed", "page_address"]

LOOK_CHANGED: Final = "look_changed"
"""In the session, while what was typed before the language or the theme changed waits for the next look at its page."""

STANDS_AGAIN: Final = Finding(
    code="typed_before",
    message=n_("What you had typed stands here again and was not saved: look it through and send it."),
)

ENDED: Final = Finding(
    code="session_ended",
    message=n_(
        "Your session had ended, and what you had typed stands here again: look it through and send it once more."
    ),
)


def page_address(endpoint: str, arguments: Mapping[str, Any]) -> str:
    """The address of a page, with the parameters that this request has."""
    parameters: dict[str, Any] = {name: values for name, values in request.args.lists() if name not in arguments}
    return url_for(endpoint, **arguments, **parameters)


def keep_for_owner(database: Database, *, owner: int, page: str, now: dt.datetime) -> None:
    """Keep what this request's form holds for the account whose page it was typed on."""
    values = kept(request.form)
    database.writing(
        Deed.SIGN_IN,
        lambda connection: access.keep_form(connection, account_id=owner, page=page, values=values, now=now),
    )


def keep_typed(connection: Connection, viewer: Viewer, *, page: str, typed: str, now: dt.datetime) -> None:
    """Keep what a page held when its language or theme was changed; whatever is no list of fields is left.

    Args:
        connection: a writing transaction.
        viewer: whose page it is.
        page: the address that shows the form.
        typed: its fields as JSON, each with its values.
        now: when.
    """
    values = kept_values(typed)
    if values:
        access.keep_form(connection, account_id=viewer.account_id, page=page, values=values, now=now)
        session[KEPT_FORMS] = True
        session[LOOK_CHANGED] = page


def given_back(connection: Connection, viewer: Viewer | None, *, page: str, now: dt.datetime) -> Typed | None:
    """What its owner had typed into the form of a page before they signed in again. Queries: 1 while something waits, else none."""
    if viewer is None or not session.get(KEPT_FORMS):
        return None
    values = access.typed_before(connection, account_id=viewer.account_id, page=page, now=now)
    if values is None:
        return None
    said = STANDS_AGAIN if session.get(LOOK_CHANGED) == page else ENDED
    return Typed(values=values, findings=(said,), refused=True, page=page)


def forget(database: Database, viewer: Viewer | None, *, page: str, now: dt.datetime) -> None:
    """Let go of what was typed on a page whose form was sent, and done: what it did is committed, and nothing here takes its answer away."""
    if session.get(LOOK_CHANGED) == page:
        session.pop(LOOK_CHANGED)
    if viewer is None or not session.get(KEPT_FORMS):
        return
    account_id = viewer.account_id

    def work(connection: Connection) -> bool:
        access.forget_form(connection, account_id=account_id, page=page)
        return access.has_kept_forms(connection, account_id=account_id, now=now)

    with suppress(Busy, SQLAlchemyError):
        if not database.writing(Deed.SIGN_IN, work):
            session.pop(KEPT_FORMS, None)
