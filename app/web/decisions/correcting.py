"""What is added to a cut, in words: which events, and which files as which load brought them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext, ngettext

from app import ledger
from app.plain.json_text import decode
from app.rules.activities import EventKey
from app.rules.permissions import Deed
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import instant, number
from app.web.wording.words import FOLDER_FILES, TYPES

__all__ = ["AdmittedShown", "admitted_shown", "adopted_shown", "what_is_added"]

_PREFIX = "kopes."


class AdmittedShown(NamedTuple):
    """An event that is added: what is said of it, and its page where who asks may open that."""

    said: str
    address: str | None


def what_is_added(content: Mapping[str, Any]) -> str:
    """How many events, and which files, in a few words."""
    events = len(content.get("admit", ()))
    files = [str(gettext(FOLDER_FILES.get(file, file))) for file in content.get("adopt", {})]
    counted = [str(ngettext("%(count)s event", "%(count)s events", events, count=number(events)))] if events else []
    return ", ".join([*counted, *files])


def admitted_shown(context: RequestContext, content: Mapping[str, Any]) -> list[AdmittedShown]:
    """A sentence for each event. Queries: 1, or none where there is none."""
    names: Sequence[Mapping[str, str]] = content.get("admit", ())
    keys = [ledger.event_key(EventKey(one["source"], one["id"])) for one in names]
    known = ledger.events_with_keys(context.connection, keys) if keys else {}
    opens = context.allowed(Deed.SEE_LEDGER)
    return [
        AdmittedShown(_said(known[key]), url_for("ledger.event", key=key) if opens else None)
        for key in keys
        if key in known
    ]


def _said(event: ledger.NamedEvent) -> str:
    body: Any = decode(event.body)
    kind = str(body.get("type", "")).removeprefix(_PREFIX)
    return str(
        gettext(
            "%(type)s %(id)s, recorded %(at)s, counts in the cycle.",
            type=gettext(TYPES[kind]) if kind in TYPES else kind,
            id=event.id,
            at=instant(event.received_at),
        )
    )


def adopted_shown(content: Mapping[str, Any]) -> list[str]:
    """A sentence for each file."""
    return [
        str(
            gettext(
                "The cycle goes by %(file)s as load %(revision)s brought it.",
                file=gettext(FOLDER_FILES.get(file, file)),
                revision=number(revision),
            )
        )
        for file, revision in content.get("adopt", {}).items()
    ]
