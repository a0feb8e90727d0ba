"""What came after a cycle was cut: events and loads that move nothing of it, with what they would; and the form by which some are added to the cut.

Do not weigh here: what is chosen moves what the decision itself would be told it moves, by the same functions (app/cycle/close/correcting.py).
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Annotated, Any, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import ledger
from app.kit.refusals import NotThere, Refusal, at_field
from app.plain.findings import Finding, n_
from app.rules.deciding import ordered_effects
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided, objecting
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.sentences.effect_words import Moves, effects_seen, shown_effects
from app.web.wording.naming import distinct_name, kpi_namer
from app.web.wording.words import COUNTS_FROM, FOLDER_FILES, TYPES

pages: Final = Pages("after_close")

_ROWS: Final = 30
"""Each is recorded and scored by itself in the cut's own database: a page of them takes a moment."""


class LatePage(BaseModel):
    """Where the list goes on, and what is chosen of it: events by their keys, files each with the number of a load, a colon between them; and which objection is to be answered by it, where one comes from its page."""

    model_config = ConfigDict(frozen=True)

    after: Annotated[int, Field(ge=0, le=2**62)] = 0
    admit: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], ...], Field(max_length=cycles.ADMITTED_MOST)
    ] = ()
    adopt: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z]{1,20}\.csv:[0-9]{1,9}$")], ...], Field(max_length=20)
    ] = ()
    objection: Annotated[int | None, Field(ge=1, lt=2**31)] = None


class CorrectionForm(BaseModel):
    """Why, and in answer to which objection."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=2000)]
    objection: Annotated[int | None, Field(ge=1, lt=2**31)] = None


@pages.read("/cycles/<int:cycle>/after-close", may=Deed.SEE_CYCLES)
def listed(context: RequestContext, cycle: int, query: LatePage) -> Page:
    """The events and loads after the cut, and what those that are chosen would move together. Queries: constant in the live database; where some are chosen those of scoring everybody.

    Raises:
        NotThere: the cycle is not certified, or this is not for this person.
    """
    late = cycling.after_close_seen(context, cycle, after=query.after, limit=_ROWS)
    corrects = _corrects(context, cycle)
    moves, problems = _weighed(context, cycle, query) if corrects else (None, ())
    if problems:
        context.typed = replace(context.typed, findings=problems, is_search=True)
    shown = {event.key for event, _ in late.events}
    return Page(
        "pages/after_close.html",
        cycle=cycle,
        late=late,
        sees_ledger=context.allowed(Deed.SEE_LEDGER),
        query=query,
        corrects=corrects,
        elsewhere=[key for key in query.admit if key not in shown],
        moves=moves,
        objections=[] if moves is None else [one[:2] for one in objecting.granted_to_name(context, cycle, "correct")],
        proposing=url_for("after_close.correct", cycle=cycle, admit=query.admit, adopt=query.adopt),
        node_named=lambda node: distinct_name(context, node),
        kpi_named=functools.partial(kpi_namer(context), cycle),
        files=FOLDER_FILES,
        counts_from=COUNTS_FROM,
        types=TYPES,
    )


def _corrects(context: RequestContext, cycle: int) -> bool:
    """Whether who asks adds to the cut, as the cycle stands. Queries: 1, or none."""
    if not context.allowed(Deed.RUN_CYCLE):
        return False
    opened = cycles.opened_cycle(context.connection, cycle)
    return opened is not None and opened.stage in cycles.CORRECTED_IN


def _content(context: RequestContext, query: LatePage) -> dict[str, Any]:
    """What is chosen, as it is proposed. Queries: 1, or none."""
    known = ledger.events_with_keys(context.connection, query.admit) if query.admit else {}
    admit = [{"source": known[key].source, "id": known[key].id} for key in query.admit if key in known]
    adopt = {file: int(revision) for file, _, revision in (one.partition(":") for one in query.adopt)}
    return {name: value for name, value in (("admit", admit), ("adopt", adopt)) if value}


def _weighed(context: RequestContext, cycle: int, query: LatePage) -> tuple[Moves | None, tuple[Finding, ...]]:
    """What is chosen would move, or why it cannot be added; neither where nothing is."""
    content = _content(context, query)
    if not content:
        return None, ()
    kind, connection = DECISION_KINDS["correct"], context.connection
    try:
        read = kind.read(connection, content, str(cycle), context.today)
        effects = ordered_effects(kind.effects(connection, read.content, str(cycle), context.today))
    except Refusal as refusal:
        told = refusal.findings or (at_field("admit", refusal.code, refusal.message, **refusal.parameters),)
        return None, tuple(decided.at_form_fields(told, _fields(content)))
    return shown_effects(context, effects_seen(context, effects, checks=False, cycle=cycle)), ()


def _fields(content: dict[str, Any]) -> dict[str, str]:
    """The form's field of each of a content."""
    events = {f"content/admit/{place}": "admit" for place in range(len(content.get("admit", ())))}
    files = {f"content/adopt/{file}": "adopt" for file in content.get("adopt", {})}
    return {"content/admit": "admit", "content/adopt": "adopt", "content": "admit", **events, **files}


def _prepared(context: RequestContext, cycle: int, query: LatePage, form: CorrectionForm) -> None:
    """What is chosen is put into a copy of the cut's database before others have to wait."""
    del form
    if _corrects(context, cycle):
        _weighed(context, cycle, query)


@pages.act("/cycles/<int:cycle>/after-close", may=Deed.DECIDE, again="listed", before=_prepared)
def correct(context: RequestContext, cycle: int, query: LatePage, form: CorrectionForm, looked_up: object) -> Redirect:
    """Propose what was looked at.

    Raises:
        NotThere: this is not for this person.
    """
    del looked_up
    if not _corrects(context, cycle):
        raise NotThere
    content = _content(context, query)
    made = decided.proposed_by_form(
        context,
        DECISION_KINDS["correct"],
        content,
        form.reason,
        cycle=str(cycle),
        fields=_fields(content),
        objection=form.objection,
    )
    return Redirect(
        n_("Proposed: an approver of the cycle has to agree."), then="decisions.one", values={"number": made.id}
    )
