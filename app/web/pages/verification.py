"""The queue of what waits for a second person, and the verdicts, one or several at once.

Do not overwrite: what a colleague judged while the page was open is left as it is, and named.
"""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import uuid4

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import intake, ledger, scoring
from app.kit.refusals import Conflict, Invalid, NotThere, at_field
from app.ledger import ActivityHistory, AlreadyJudged, Frame, Queue
from app.plain.findings import n_
from app.plain.texts import quoted
from app.rules.activities import ACTIVITY_TYPES
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.rules.usual_reasons import REJECTING
from app.scoring import EntryToVerify, State
from app.web.answer.rendering import Json, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.entry.entry_form import FORM_ID, page_of
from app.web.wording import words
from app.web.wording.languages import month as month_said
from app.web.wording.languages import number
from app.web.wording.usual_reasons import given_reason

pages: Final = Pages("verification")

PAGE_ROWS: Final = 50
ALREADY_TOLD: Final = 5
"""Of entries that others judged meanwhile so many are named."""
JUDGED_SHOWN: Final = 5
"""So many of the entries that were judged just now are named."""

SAID: Final = n_("%(done)s %(already)s")
ALL_JUDGED: Final = n_(
    "Nothing was recorded, since this has been judged after you opened the page (%(already)s): look at it again before you go on."
)
CHOOSE: Final = n_("No entry is chosen: choose at least one.")
SAY_WHAT: Final = n_("No verdict is chosen: say whether it is verified or rejected.")
SAY_WHY: Final = n_("No reason is given, though its employee reads it: say why it is rejected.")


class QueueQuery(BaseModel):
    """What of the queue is looked at."""

    model_config = ConfigDict(frozen=True)

    type: Literal["", "all", "export_consult", "export_deal", "new_buyer", "figure"] = ""
    whose: Literal["mine", "all"] = "mine"
    person: str = Field(default="", max_length=100)
    judged: list[str] = Field(default_factory=list, max_length=JUDGED_SHOWN)
    """What the person judged just now: named, with the way to it."""
    page: int = Field(default=1, ge=1, le=1_000_000)
    entry: str = Field(default="", max_length=64)
    """The entry that is looked at; without one the oldest that waits."""
    part: Literal["", "entry"] = ""
    """The entry alone, for a page that stays open."""

    def parameters(self) -> dict[str, Any]:
        """The parameters that the address of the same queue has."""
        return {name: value for name, value in (("type", self.type), ("person", self.person)) if value} | (
            {"whose": self.whose} if self.whose != "mine" else {}
        )


class JudgeForm(BaseModel):
    """Which entries, and what is said of them.

    The queue sends the entry that is open, with ``verdict``; those that were ticked in the list, with ``chosen``. The page of one activity, and
    a program that stands for a person, names the activities with ``verdict``.
    """

    model_config = ConfigDict(frozen=True)

    form_id: str = Field(pattern=rf"^{FORM_ID}$")
    activity: list[str] = Field(default_factory=list, max_length=200)
    entry: str = Field(default="", max_length=64)
    verdict: Literal["", "verified", "rejected"] = ""
    chosen: Literal["", "verified", "rejected"] = ""
    usual: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=500)
    seen: Literal["entered", "verified", "confirmed", "denied", "rejected"] = "entered"
    then: str = ""
    following: str = Field(default="", max_length=64)
    """The entry to be opened next."""
    answer: Literal["", "json"] = ""

    @property
    def keys(self) -> list[str]:
        """The activities that the verdict is on."""
        return [self.entry] if self.entry and not self.chosen else self.activity

    @property
    def said(self) -> Literal["", "verified", "rejected"]:
        """The verdict."""
        return self.chosen or self.verdict


@pages.read("/verification", may=Deed.VERIFY)
def verification(context: RequestContext, query: QueueQuery) -> Page:
    """The queue, the oldest first, and one entry of it with all that helps to judge it."""
    loaded = scoring.state(context.connection)
    context.use(loaded.frame.directory)
    if query.part:
        entry = _entry(context, loaded, query.entry)
        if entry is None:
            raise NotThere
        return Page("pages/verification_entry.html", query=query, **_shown(context, entry))
    queue = _queue(context, loaded.frame, query)
    directory = context.directory
    key = query.entry or (queue.rows[0].key if queue.rows else "")
    return Page(
        "pages/verification.html",
        queue=queue,
        judged=_judged(context, loaded.frame, query.judged),
        query=query,
        parameters=query.parameters(),
        form_id=str(context.typed.value("form_id", "") or uuid4()),
        people=directory.employees,
        units={row.unit: directory.unit_near(row.unit, row.day) for row in queue.rows if row.unit},
        waits={row.key: (context.now - row.received_at).days for row in queue.rows},
        usual=REJECTING,
        **_shown(context, _entry(context, loaded, key) if key else None, queue),
    )


def _queue(context: RequestContext, frame: Frame, query: QueueQuery) -> Queue:
    types = {"": (), "all": tuple(ACTIVITY_TYPES)}.get(query.type, (query.type,))
    return ledger.verification_queue(
        context.connection,
        frame,
        viewer=context.viewer,
        day=context.today,
        limit=PAGE_ROWS,
        offset=(query.page - 1) * PAGE_ROWS,
        types=types,
        everything=query.whose == "all",
        person=query.person,
    )


def _entry(context: RequestContext, loaded: State, key: str) -> EntryToVerify | None:
    """The entry that is looked at; None for who gives no verdicts, since they have no employee's name to give them in.

    Raises:
        NotThere: it is not there, or not this person's to judge.
    """
    if context.viewer.employee is None:
        return None
    return scoring.entry_to_verify(context.connection, loaded, key=key, viewer=context.viewer, today=context.today)


def _shown(context: RequestContext, entry: EntryToVerify | None, queue: Queue | None = None) -> dict[str, Any]:
    """What the template of an entry shows."""
    if entry is None:
        return {"entry": None, "following": None, "words": words}
    page = entry.page
    unit = page.history.unit
    keys = [row.key for row in queue.rows] if queue is not None else []
    at = keys.index(page.history.key) + 1 if page.history.key in keys else 0
    sees = context.sees(Deed.SEE_SCORECARD)
    lists = context.sees(Deed.SEE_ACTIVITIES)
    unit_node = None if unit is None else Node(NodeKind.UNIT, unit)
    return {
        "entry": entry,
        "shown": page,
        "history": page.history,
        "counted": page.nodes,
        "following": keys[at] if at < len(keys) else None,
        "month": None if page.rate is None else month_said(page.rate.month),
        "list_of": unit_node if unit_node is not None and lists(unit_node) else None,
        "opens": lambda one: lists(Node(NodeKind.EMPLOYEE, one.employee)),
        "derives": context.sees(Deed.SEE_DERIVATION),
        "shows_node": lambda text: (node := Node.parse(text)) is not None and sees(node),
        "words": words,
    }


@pages.act("/verification", may=Deed.VERIFY, again="verification")
def judge(context: RequestContext, query: QueueQuery, form: JudgeForm) -> Redirect | Json:
    """Verify or reject entries in one's own name."""
    keys, verdict = form.keys, form.said
    if not verdict:
        raise Invalid(at_field("verdict", "missing", SAY_WHAT))
    if not keys:
        raise Invalid(at_field("activity", "missing", CHOOSE))
    reason = given_reason(form.usual, form.reason, of=REJECTING, missing=SAY_WHY if verdict == "rejected" else None)
    frame = intake.state_to_record_in(context.connection).frame
    judged = intake.judge(
        context.connection,
        frame,
        keys=keys,
        verdict=verdict,
        reason=reason,
        seen=form.seen,
        page=page_of(context, form.form_id),
    )
    already = _already(context, judged.already)
    if judged.already and not judged.keys:
        raise Conflict(message=ALL_JUDGED, parameters={"already": already})
    already = f"{already}." if already else ""
    context.did_nothing = not judged.keys
    for key in judged.keys:
        context.note(subject=f"activity:{key}", before=form.seen, after=verdict, why=reason or None)
    count = len(set(keys)) - len(judged.already)
    if form.answer == "json":
        return Json({"judged": list(judged.keys), "already": already})
    done = gettext("%(number)s verified.") if verdict == "verified" else gettext("%(number)s rejected.")
    then = {"key": keys[0]} if form.then == "activity" and len(keys) == 1 else {}
    following = {"entry": form.following} if form.following and form.entry and not form.chosen else {}
    queue = {"judged": list(judged.keys[:JUDGED_SHOWN]), **query.parameters(), **following}
    return Redirect(
        SAID,
        then="activity" if then else "verification",
        values=then or queue,
        parameters={"done": done % {"number": count}, "already": already},
    )


def _judged(context: RequestContext, frame: Frame, keys: list[str]) -> list[ActivityHistory]:
    """Those of the entries that are this person's to judge. Queries: 4 for each."""
    activities = [ledger.activity_history(context.connection, frame, key=key) for key in dict.fromkeys(keys)]
    return [
        one
        for one in activities
        if one is not None
        and ledger.may_verify(
            context.directory, viewer=context.viewer, unit=one.unit, sharers=one.employees, day=context.today
        )
    ]


def _already(context: RequestContext, judged: tuple[AlreadyJudged, ...]) -> str:
    """What was judged by somebody else meanwhile, in words."""
    people = context.directory.employees
    told = [
        gettext(
            "%(buyer)s: %(state)s by %(by)s meanwhile",
            buyer=quoted(one.buyer),
            state=gettext(words.STATES[one.state]),
            by=quoted(people[one.by].name if one.by in people else gettext("somebody else")),
        )
        for one in judged[:ALREADY_TOLD]
    ]
    if len(judged) > ALREADY_TOLD:
        told.append(gettext("and %(number)s more", number=number(len(judged) - ALREADY_TOLD)))
    return "; ".join(told)
