"""What can be done about a rejected event, and by whom: in words, for the page that shows it.

Do not offer a form for whatever was rejected. Whoever keeps the doors mends only what no figure hangs on
(:mod:`app.rules.mending`); the rest is the sender's, or is mended by a load, and the page has to say which, or it is a dead end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from flask_babel import gettext
from markupsafe import Markup, escape

from app.ledger import REJECTS_KEPT_FOR, KeptReject
from app.plain.findings import n_
from app.rules.activities import ACTIVITY_TYPES, VERDICT_TYPES
from app.rules.mending import only_the_sender_mends
from app.rules.permissions import Deed
from app.web.asked.request_context import RequestContext
from app.web.wording.plain_words import member

__all__ = ["Advice", "advice_for"]

_BY_A_LOAD: Final[Mapping[str, str]] = {
    "unknown_employee": n_(
        "If the number is right, the agency folder does not name this person yet: have it loaded with them, then send the event again here as it is."
    ),
    "unknown_currency": n_(
        "If the currency is right, its rate is missing: have the agency folder loaded with the rate, then send the event again here as it is."
    ),
}
"""What a load of the agency folder may put right, so that the event as it came is recorded."""

_SENDERS: Final[Mapping[str, str]] = {
    "page": n_("Tell %(sender)s, who entered it: they enter it again on their own pages, put right."),
    "ingest": n_(
        "Tell whoever loads the file %(sender)s: its lines that were rejected stand in a file beside it, to be put right and loaded again."
    ),
    "hook": n_(
        "Tell whoever runs the program behind the hook %(sender)s: it signs the event and sends it again, put right."
    ),
    "api": n_(
        "Tell whoever runs the program with the key %(sender)s: with that key it sends the event again, put right, to %(address)s."
    ),
}

_ACCOUNT: Final = n_("Tell %(sender)s, who sent it: they send it again, put right, to %(address)s.")


class Advice(NamedTuple):
    """What to do: the heading, the fields that may be changed here, those that only the sender may change, and what comes next."""

    title: str
    here: list[str]
    by_sender: list[str]
    steps: list[Markup]
    mends: bool
    """Whether the event may be changed here at all; else it may be sent again as it is."""
    tries: bool
    """Whether sending it again as it is may help."""


def advice_for(context: RequestContext, kept: KeptReject) -> Advice:
    """What whoever reads the page does about a rejected event."""
    codes = [str(error.get("code")) for error in kept.errors]
    pointers = [str(error.get("pointer") or "") for error in kept.errors]
    here = [pointer for pointer in pointers if not only_the_sender_mends(pointer)]
    by_sender = [pointer for pointer in pointers if only_the_sender_mends(pointer)]
    mends = not by_sender
    loads = [_BY_A_LOAD[code] for code in dict.fromkeys(codes) if code in _BY_A_LOAD]
    tries = set(codes) <= _BY_A_LOAD.keys()
    steps = [*_steps(kept, codes), *map(_said, loads)]
    if not mends and "conflict" not in codes:
        steps.append(_told(kept))
    if not mends:
        steps.append(_left_alone())
    title = _title(codes, mends=mends, tries=tries)
    if not context.allowed(Deed.REPLAY_REJECTED):
        title = str(gettext(n_("What can be done"))) if mends else title
        mends = tries = False
    return Advice(title, _named(here), _named(by_sender), steps, mends, tries)


def _title(codes: list[str], *, mends: bool, tries: bool) -> str:
    if mends:
        return str(gettext(n_("Mend it and send it again")))
    if "conflict" in codes:
        return str(gettext(n_("Recorded already: nothing to mend here")))
    if tries:
        return str(gettext(n_("To be put right before it is sent again")))
    return str(gettext(n_("For the sender to put right")))


def _steps(kept: KeptReject, codes: list[str]) -> list[Markup]:
    steps: list[Markup] = []
    if "conflict" in codes:
        steps.append(
            _said(
                n_(
                    "The ledger has an event of the source %(source)s and the id %(id)s already, and it says something else. What was recorded first "
                    "holds, and this one changes nothing. Which of the two is right is for the sender to say: if it is the new one, they reverse "
                    "the recorded one and send the new one under another id."
                ),
                source=kept.source or "–",
                id=kept.event_id or "–",
            )
        )
        steps.append(_told(kept))
    if "unknown_type" in codes:
        types = ", ".join(f"kopes.{code}" for code in (*ACTIVITY_TYPES, *VERDICT_TYPES))
        steps.append(
            _said(
                n_(
                    "The type says what happened, and the system knows these: %(types)s. Whoever sent it chooses one of them, or does not send this."
                ),
                types=types,
            )
        )
    if "repeated_member" in codes or "not_json" in codes or "not_an_object" in codes:
        steps.append(
            _said(n_("What came cannot be read as an event at all, so that nobody else can say what was meant."))
        )
    return steps


def _said(message: str, **places: object) -> Markup:
    """A sentence in the reader's language; what machines call by these names is marked as no language's words."""
    named = {name: Markup('<code lang="zxx" translate="no">{}</code>').format(place) for name, place in places.items()}
    return escape(gettext(message)) % named


def _told(kept: KeptReject) -> Markup:
    message = _ACCOUNT if kept.door == "api" and "@" in kept.sender else _SENDERS[kept.door]
    return _said(message, sender=kept.sender, address=f"POST /api/v1/events/rejected/{kept.id}/replay")


def _left_alone() -> Markup:
    message = n_(
        "Nothing else has to be done: a rejected event has no effect on any figure. It stays on this list, so that it is not lost, until it is sent "
        "again with success or %(days)s days have gone by; nobody sets it aside before."
    )
    return escape(gettext(message, days=REJECTS_KEPT_FOR.days))


def _named(pointers: list[str]) -> list[str]:
    whole = str(gettext(n_("The whole event")))
    return list(dict.fromkeys(member(pointer) or pointer.removeprefix("/") or whole for pointer in pointers))
