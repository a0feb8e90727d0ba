"""The change set that a form's rows go into: an open one of one's own, or one that begins with them; and what it would do, shown before.

A page that makes rows does it so, and writes nothing of its own:

    class MoveForm(BasketForm):  # into, title, reason and seen stand in every such form
        unit: Annotated[str, Field(max_length=40)]


    @pages.read("/organisation/move", may=Deed.SEE_FILES)
    def form(context: RequestContext, query: MoveQuery) -> Page:
        changing.writer(context)
        return Page("pages/move.html", basket=basket(context, query.into), looked=None)


    @pages.act("/organisation/move", may=Deed.KEEP_CHANGES, again="form", transaction=False)
    def move(context: RequestContext, form: MoveForm) -> Page | Redirect:
        with context.read():
            changing.writer(context)
            chosen = basket(context, form.into)
            puts = [Put("units.csv", set_=…)]  # made of chosen.rows("units.csv"): of what the set says already
            looked = look(context, chosen, puts)
            if form.seen != looked.mark:  # it is shown first, and kept when that very thing comes back
                context.typed = typed_so_far(MoveForm, address)
                return Page("pages/move.html", basket=chosen, looked=looked)
        return into_basket(context, form, puts, chosen)

In the template (components/basket.html): ``{{ looked_at(looked) }}`` shows rows, findings and effects; ``{{ basket_fields(basket) }}`` is the choice with
title and reason, and ``{{ basket_buttons(looked) }}`` the button: "Show what it does" first, "Put into the change set" when it has been shown.

Do not build upon what is loaded: :meth:`Basket.rows` has the set's rows in it. Do not look within a writing transaction: what a set moves takes
seconds to work out, and others wait.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from flask import request, session
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import intake, organisation
from app.intake import Changed, ChangeSet, ChangeState, Master, Put, PutDocument, RowsSent
from app.kit.refusals import Invalid, at_field
from app.plain.findings import n_
from app.web.answer.rendering import Redirect
from app.web.asked.forms import Typed, shown_again
from app.web.asked.request_context import RequestContext
from app.web.asked.sent_once import FormId
from app.web.changes import changing
from app.web.sentences.effect_words import Moves, effects_seen, shown_effects
from app.web.sentences.queues import QueuesShown, queues_shown
from app.web.sentences.row_sentences import Told, sentences
from app.web.sentences.row_words import RowWords
from app.web.sentences.sum_findings import first_findings, sums_in_one
from app.web.wording.words import FOLDER_FILES

__all__ = [
    "NEW",
    "SET_MOVED",
    "Basket",
    "BasketForm",
    "BasketLook",
    "IntoSet",
    "ShownRow",
    "basket",
    "into_basket",
    "look",
    "not_kept_here",
    "refuse_another_begin",
    "typed_so_far",
]

NEW: Final = "new"
"""A set that is yet to begin."""

_LAST_INTO: Final = "into"
"""Where a session keeps which set it put rows into last: who fills one goes on with it, and no older one is filled by mistake."""

_SETS_MOST: Final = 200
_ROWS_MOST: Final = 200
_FINDINGS_MOST: Final = 100


IntoSet = Annotated[str | None, Field(pattern=r"^(new|[0-9]{1,18})$")]
"""Into which set rows go that a page's forms put there: its number, or a new one; None where that is not said."""


class BasketForm(BaseModel):
    """What every form has that puts rows into a change set."""

    model_config = ConfigDict(frozen=True)

    into: Annotated[str, Field(pattern=r"^(new|[0-9]{1,18})$")] = NEW
    """An open set's number, or :data:`NEW`."""
    title: Annotated[str, Field(max_length=intake.CHANGE_TITLE_MAX)] = ""
    reason: Annotated[str, Field(max_length=2000)] = ""
    seen: Annotated[str, Field(max_length=64)] = ""
    """The mark of what was shown before (:attr:`BasketLook.mark`)."""
    form_id: FormId = ""
    begun: Annotated[str, Field(max_length=20)] = ""
    """The set whose state the form's fields began with, where they begin with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """The sets that one may put rows into, and the chosen one with what it holds.

    Attributes:
        sets: one's own open ones, the newest first.
        chosen: the one of them that rows go into; None for a new one.
        changed: what the chosen one holds.
        revision: that was loaded when it was looked at: what a form makes is made of it.
    """

    sets: tuple[ChangeSet, ...]
    chosen: ChangeSet | None
    changed: Changed
    revision: int
    _connection: Connection

    @property
    def into(self) -> str:
        """The chosen one, as the form writes it."""
        return NEW if self.chosen is None else str(self.chosen.id)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What there is to choose, in words."""
        said = n_("Change set %(number)s: %(title)s")
        open_ones = [(str(one.id), str(gettext(said, number=one.id, title=one.title))) for one in self.sets]
        return [*open_ones, (NEW, str(gettext(n_("A new change set"))))]

    def rows(self, file: str) -> dict[tuple[str, ...], Mapping[str, str]]:
        """The rows of a file as they would be with the chosen set in it, by key: what a form builds upon, within the request's transaction.

        Args:
            file: with ``.csv``.
        """
        return intake.rows_wanted(self._connection, self.changed, file)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row that would go into the set, in words: of which file, which one, and each column that differs with both values."""

    file: str
    key: str
    differs: tuple[tuple[str, str, str], ...]
    is_new: bool
    is_removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLook:
    """What a form would do, before anything of it is kept.

    Attributes:
        mark: of the very rows, and of the set that they go into: who sends it back has seen them.
        happenings: in sentences, what happens to which person and unit.
        rows: each beside what it takes the place of.
        more: so many more rows than are shown.
        findings: what a load of all that the set then holds would find in the set's rows: :func:`app.web.changes.changing.findings_seen`, each with the file
            (``called``), the row (``row_called``) and the column (``field_called``) in words.
        more_findings: so many more than are shown.
        effects: what all of it would move; None where it has errors.
        queues: for whom another number of entries would wait to be verified, and which units would have no head; None where it has errors.
        cycles: in which cycles, the one looked at first before the others.
        coming: the cycle of which nothing can be told, since nobody has a scorecard in it yet; None where there is none such.
        is_nothing: nothing of it is another than it is.
    """

    mark: str
    happenings: tuple[Told, ...]
    rows: tuple[ShownRow, ...]
    more: int
    findings: tuple[dict[str, Any], ...]
    more_findings: int
    effects: Moves | None
    queues: QueuesShown | None
    cycles: tuple[int, ...]
    coming: int | None
    is_nothing: bool


def basket(context: RequestContext, into: str | None = None) -> Basket:
    """The open sets of who asks; the one that is meant, else the one that this session put rows into last, is the chosen one. Queries: 2 or 3.

    Args:
        context: the request's.
        into: an open set's number or :data:`NEW`; None where nothing was chosen yet.
    """
    mine = changing.is_maker(context)
    some = intake.change_sets(context.connection, state=ChangeState.OPEN, limit=_SETS_MOST)
    sets = tuple(one for one in some if mine(one))
    meant = session.get(_LAST_INTO, NEW) if into is None else into
    chosen = next((one for one in sets if str(one.id) == meant), None)
    changed = Changed() if chosen is None else intake.changed_rows(context.connection, chosen.id)
    revision = organisation.current_revision(context.connection).number
    return Basket(sets=sets, chosen=chosen, changed=changed, revision=revision, _connection=context.connection)


def not_kept_here(context: RequestContext, files: Sequence[str]) -> list[str]:
    """Those of the files that come by another door than the application, so that no set may hold their rows, in words. Queries: 1."""
    masters = intake.masters(context.connection)
    return [_file_called(file) for file in files if masters[file] is not Master.APPLICATION]


def look(context: RequestContext, chosen: Basket, puts: Sequence[Put | PutDocument]) -> BasketLook:
    """What the rows would do in the chosen set, with all that it holds: worked out by the rules that check, load and score; nothing is stored.

    Args:
        context: the request's, in a transaction that reads.
        chosen: the set.
        puts: what would go into it.

    Raises:
        MasteredElsewhere: one of the files comes by another door.
        Invalid: a row that can be none.
    """
    whole, more = intake.proposed(context.connection, chosen.changed, puts)
    judged = intake.check_change(context.connection, whole)
    cycles = intake.cycles_to_tell(context.connection, whole, today=context.today)
    effects: Moves | None = None
    queues: QueuesShown | None = None
    differing = [one for one in more.rows if one.before != one.after]
    words = RowWords(context)
    if judged.judged is not None and judged.is_right:
        previewed = intake.preview_of_change(context.connection, judged.judged)
        moved = intake.effects_of_change(
            context.connection, judged.judged, cycles=cycles, today=context.today, previewed=previewed
        )
        effects = shown_effects(context, effects_seen(context, moved, checks=changing.sees_pay(context)))
        queues = queues_shown(context, judged.judged, differing, words, previewed=previewed)
    told = sums_in_one(
        words,
        changing.findings_seen(context, judged),
        lambda file: intake.rows_wanted(context.connection, whole, file),
    )
    to_tell = [one for one in told if one["in_set"] or one["level"] == "error"]
    return BasketLook(
        mark=_mark(chosen, more),
        happenings=sentences(words, differing, chosen.rows),
        rows=tuple(_shown(words, one) for one in differing[:_ROWS_MOST]),
        more=max(0, len(differing) - _ROWS_MOST),
        findings=tuple(_said(words, one) for one in first_findings(to_tell, _FINDINGS_MOST)),
        more_findings=max(0, len(to_tell) - _FINDINGS_MOST),
        effects=effects,
        queues=queues,
        cycles=cycles,
        coming=intake.cycle_without_scorecards(context.connection, whole, today=context.today),
        is_nothing=not differing and not more.documents,
    )


def _said(words: RowWords, told: Mapping[str, Any]) -> dict[str, Any]:
    file, key = told["file"] or "", told["of"]
    return dict(told) | {
        "called": _file_called(file),
        "row_called": words.key(file, key) if key else "",
        "field_called": words.column(told["field"]) if told["field"] else "",
    }


def _file_called(file: str) -> str:
    return str(gettext(FOLDER_FILES[file])) if file in FOLDER_FILES else file


def _shown(words: RowWords, row: intake.ChangedRow) -> ShownRow:
    before, after = row.before or {}, row.after or {}
    columns = [one for one in intake.columns_of(row.file) if before.get(one, "") != after.get(one, "")]
    return ShownRow(
        _file_called(row.file),
        words.key(row.file, row.key),
        tuple(
            (words.column(one), words.cell(one, before.get(one)), words.cell(one, after.get(one))) for one in columns
        ),
        row.before is None,
        row.after is None,
    )


def _mark(chosen: Basket, more: Changed) -> str:
    rows = [[one.file, one.key, one.before, one.after] for one in more.rows]
    documents = [[one.part, one.name, dict(one.before), one.after] for one in more.documents]
    said = json.dumps([chosen.into, rows, documents], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


SET_MOVED: Final = n_(
    "The change set holds something else than when this was made of it: look at what it does now, and send the form once more."
)


def into_basket(
    context: RequestContext, form: BasketForm, puts: Sequence[Put | PutDocument], looked_at: Basket
) -> Redirect:
    """Put the rows into the set that the form names, or into one that begins with them; its page comes next.

    Args:
        context: of a route without a transaction of its own.
        form: which set, or title and reason of a new one.
        puts: what goes into it.
        looked_at: what they were made of: a new set begins with its revision, so that what another changed since is told at its end.

    Raises:
        NotThere, Conflict: as of :func:`app.web.changes.changing.held_open`.
        Invalid: a title or a reason that is too short or too long, a row that can be none, or a set that is not any more what they were made of.
    """

    def work(connection: Connection) -> int:
        if form.into == NEW:
            return changing.begun_once(context, form.form_id, (form.title, form.reason, puts), begun)
        change = changing.held_open(context, int(form.into))
        if intake.changed_rows(connection, change.id) != looked_at.changed:
            raise Invalid(at_field("into", "set_moved", SET_MOVED))
        return filled(change).id

    def begun() -> ChangeSet:
        return filled(changing.begun(context, form.title, form.reason, base=looked_at.revision))

    # Before the transaction begins: others wait for it.
    all_sent = [
        intake.rows_sent(put.file, set_=put.set_, remove=put.remove)
        if isinstance(put, Put)
        else intake.document_sent(put.name, put.text)
        for put in puts
    ]

    def filled(change: ChangeSet) -> ChangeSet:
        for sent in all_sent:
            if isinstance(sent, RowsSent):
                changing.put_rows(context, change, sent)
            elif sent.text is None:
                changing.drop_document(context, change, sent.name)
            else:
                changing.put_document(context, change, sent)
        return change

    def counted(connection: Connection) -> tuple[int, int]:
        number = work(connection)
        return number, intake.count_changed(connection, number)

    number, in_all = context.writing(counted)
    session[_LAST_INTO] = str(number)
    count = sum(len(one.set_) + len(one.remove) if isinstance(one, Put) else 1 for one in puts)
    return Redirect(
        n_(
            "Put into change set %(number)s, rows: %(count)s. It holds in all, rows: %(rows)s. Nothing holds before you submit it and a second person agrees."
        ),
        then="changes.one",
        values={"number": number},
        parameters={"number": number, "count": count, "rows": in_all},
    )


ANOTHER_BEGIN: Final = n_(
    "The fields began with what another change set says: look at each of them, and send the form once more for this one."
)


def refuse_another_begin(form: BasketForm) -> None:
    """Ask once more where the fields began with another set than they go into: they would take back what that one says.

    Raises:
        Invalid: at the field of the set.
    """
    if form.begun and form.begun != form.into:
        raise Invalid(at_field("into", "another_begin", ANOTHER_BEGIN))


def typed_so_far(form: type[BaseModel], page: str) -> Typed:
    """What was typed into the request's form, for the page that shows what it would do with the form below.

    Args:
        form: its type.
        page: the address that shows the form.
    """
    return Typed(values=shown_again(request.form, form), page=page)
