"""A scorecard of an opened cycle as it is agreed: its lines, what changed since the last signature, who has signed, and the form that drafts it anew.

Do not name a field by a line's place: another draft may have come between the page and its form, and what was typed stands by its KPI.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal, NamedTuple

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import scoring
from app.cascade import DraftRow, LineDocument, SignatureRow
from app.cycle import AgreedCard
from app.kit.refusals import Invalid, at_field
from app.plain.findings import Finding, Place, n_
from app.plain.texts import trimmed
from app.rules.agreement import HR_FIGURES, LINE_MEMBERS, AgreementState, SignedAs, signers
from app.rules.deciding import REASON_LENGTH_MAX
from app.rules.measures import exact_decimal
from app.rules.permissions import Deed
from app.rules.targets import SPREAD_METHODS, TARGET_METHODS
from app.rules.terms import Link, Node, NodeKind
from app.rules.weighting import WHOLE, hanging_of
from app.scoring import CyclePlan, node_name
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.cycles import agreeing
from app.web.decisions import decided
from app.web.wording import words
from app.web.wording.languages import kpi_name, named, page_language
from app.web.wording.naming import distinct_name, who_named
from app.web.wording.typed_numbers import exact_figure, read_number, unconfirmed

pages: Final = Pages("cycle_scorecard")

MEMBERS: Final[Mapping[str, str]] = {
    "weight": n_("Weight"),
    "target": n_("Target"),
    "area": n_("Area"),
    "base": n_("Base value"),
    "high": n_("High"),
    "low": n_("Low"),
    "coefficient": n_("Coefficient"),
}
"""The members of a line that have a column and a field, in the order in which they stand."""

NO_KPI: Final = n_("No KPI is chosen for these figures: choose one, or leave them empty.")
SHORT_WEIGHTS: Final = n_("The weights add up to %(sum)s: give %(points)s points more.")
OVER_WEIGHTS: Final = n_("The weights add up to %(sum)s: take %(points)s points off.")
UNEQUAL: Final = n_("The fields of the lines are not equally many: write each of them once a line.")
NO_LINES: Final = n_("A scorecard has a line at least: leave one, or put another one on it.")

WAS_HELD: Final = n_("Beside what the draft says stands, struck out, what holds: version %(number)s.")
WAS_SIGNED: Final = n_("Beside what the draft says stands, struck out, what you signed last.")
WAS_FIRST: Final = n_("Beside what the draft says stands, struck out, what the first draft said.")
NO_REASON: Final = n_("It is somebody else's scorecard that you change: write why, they read it beside the change.")


class SignatureForm(BaseModel):
    """What is signed, and in which part."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(max_length=64)]
    as_: Annotated[Literal["owner", "head", "hr"], Field(alias="as")]


class ImposingForm(BaseModel):
    """What was looked at, and why it is imposed."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(max_length=64)]
    reason: Annotated[str, Field(min_length=10, max_length=REASON_LENGTH_MAX)]


class NoteForm(BaseModel):
    """What somebody writes beside the lines, and of which one."""

    model_config = ConfigDict(frozen=True)

    about: Annotated[str, Field(max_length=60)] = ""
    text: Annotated[str, Field(max_length=cycles.NOTE_LENGTH_MAX)]


class DraftForm(BaseModel):
    """What was looked at, and a KPI to be added; the lines' figures stand in fields of their own, named by :func:`field_of`."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(max_length=64)]
    kpi: Annotated[str, Field(max_length=60)] = ""
    because: Annotated[str, Field(max_length=cycles.NOTE_LENGTH_MAX)] = ""


def field_of(member: str, kpi: str | None) -> str:
    """The name of a line's field; without a KPI that of the line that is to be added."""
    return f"new_{member}" if kpi is None else f"{member}-{kpi}"


class DraftedLine(NamedTuple):
    """A line of the draft, and what it was (:meth:`app.cycle.AgreedCard.before`); None for one that is new."""

    name: str
    line: LineDocument
    before: LineDocument | None
    hangs: str
    """How it hangs on the line above it, in words; empty for what stands alone."""
    hung: str
    """How it did."""
    fields: tuple[str, ...]
    """The members that who looks at it may change."""
    unit: str
    """What the KPI is measured in."""
    is_explained: bool
    """Whether the line stands on the cycle's scorecard, and who looks at it may read how it is scored."""
    area_name: Callable[[str], str]
    """What an area is called."""
    last: Decimal | None
    """Its actual of the year before."""
    held_against: Decimal | None
    """The base that it is held against now, where its method has one."""
    decisions: tuple[int, ...]
    """The numbers of what two people decided about it, and what holds."""

    @property
    def growth(self) -> Decimal | None:
        """By how many percent the target is more than last year's actual; None where one of them is missing or nothing grew from it."""
        if self.line["target"] is None or not self.last or self.last < 0:
            return None
        return round(100 * (Decimal(str(self.line["target"])) / self.last - 1), 1)

    @property
    def has_folded_changes(self) -> bool:
        """Whether something has changed that a card on a phone does not show by itself."""
        return any(self.has_changed(member) for member in MEMBERS if member not in {"weight", "target"})

    @property
    def is_new(self) -> bool:
        """Whether the line was not there."""
        return self.before is None

    def has_changed(self, member: str) -> bool:
        """Whether a member is another than it was; never of a new line."""
        return self.before is not None and self.before[member] != self.line[member]

    def shown(self, member: str) -> str:
        """A member in the reader's figures; an area by its name."""
        return self._called(member, self.line[member])

    def was(self, member: str) -> str:
        """What it was."""
        return self._called(member, None if self.before is None else self.before[member])

    def _called(self, member: str, value: str | None) -> str:
        return self.area_name(value) if member == "area" and value else _shown(member, value)


class DraftChange(NamedTuple):
    """What one draft said otherwise than the one before it, in words."""

    at: dt.datetime
    by: str
    why: str
    changes: tuple[tuple[str, str, str], ...]
    """What, before, after."""


class PartShown(NamedTuple):
    """A part in which the draft is signed: by whom it was, or by whom it is to be."""

    part: SignedAs
    words: str
    signature: SignatureRow | None
    persons: tuple[str, ...]


def _exact(value: Fraction | None) -> Decimal | None:
    return None if value is None else exact_decimal(value)


def _shown(member: str, value: str | None) -> str:
    if value is None:
        return "–"
    return value if member == "area" else exact_figure(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A scorecard with what its page tells of it."""

    context: RequestContext
    plan: CyclePlan
    card: AgreedCard
    by_hr: bool

    @property
    def before(self) -> tuple[LineDocument, ...]:
        """What the reader holds the draft against."""
        return self.card.before(self.context.viewer.account_id)

    def kpi_name(self, code: str) -> str:
        """A KPI as the cycle's own definitions call it."""
        return kpi_name(self.plan.sheet.definitions.kpis, code, self.plan.cycle)

    def fields(self, line: LineDocument) -> tuple[str, ...]:
        """The members of a line that may be changed: those that its KPI's method takes, and hr's by hr alone; what has a figure can lose it."""
        kpi = self.plan.sheet.definitions.kpis.get(str(line["kpi"]))
        method = "" if kpi is None or line["link"] == Link.SHARED else kpi.version(self.plan.cycle).method.name

        def takes(member: str) -> bool:
            if member in {"weight", "area"} or line[member] is not None:
                return member not in HR_FIGURES or self.by_hr
            return method in TARGET_METHODS if member == "target" else self.by_hr and method in SPREAD_METHODS

        return tuple(member for member in MEMBERS if takes(member))

    def measured_in(self, code: str) -> str:
        """What a KPI is measured in; nothing of one that the cycle's definitions do not have."""
        kpi = self.plan.sheet.definitions.kpis.get(code)
        return "" if kpi is None else kpi.version(self.plan.cycle).unit.in_language(page_language())

    def lines(self) -> Iterable[DraftedLine]:
        """The draft's lines, each with what it was."""
        before = {one["kpi"]: one for one in self.before}
        areas = self.plan.sheet.definitions.policies.areas
        shown = {one.row.kpi: self.plan.worked[one.worked] for one in self.plan.lines.get(self.card.node, ())}
        for line in self.card.draft:
            was = before.get(line["kpi"])
            hung = "" if was is None else self.hangs(was)
            code = str(line["kpi"])
            decided = shown[code].decided if code in shown else None
            yield DraftedLine(
                self.kpi_name(code),
                line,
                was,
                self.hangs(line),
                hung,
                self.fields(line),
                unit=self.measured_in(code),
                is_explained=code in shown and self.context.allowed(Deed.SEE_DERIVATION, self.card.node),
                area_name=lambda area: areas.named(area).in_language(page_language()),
                last=self.plan.sheet.years(self.card.node, code).get(self.plan.cycle - 1),
                held_against=_exact(shown[code].reference.base if code in shown else None),
                decisions=() if decided is None else decided.ids,
            )

    def history(self, notes: Sequence[cycles.CardNote]) -> list[DraftChange]:
        """Who changed what on the way to the draft that is looked at, the latest first: a counter-draft does not hide what the other side wrote."""
        said = {(one.at, one.person): one.text for one in notes if one.kpi is None}
        drafts = self.card.drafts
        # What the folder said before the first draft is known as long as nothing was agreed to.
        steps = zip(
            drafts if self.card.version else [None, *drafts], drafts[1:] if self.card.version else drafts, strict=False
        )
        told = [
            DraftChange(after.at, after.by, said.get((after.at, after.by), ""), tuple(self._changes(before, after)))
            for before, after in steps
        ]
        return [one for one in reversed(told) if one.changes]

    def _changes(self, former: DraftRow | None, later: DraftRow) -> Iterable[tuple[str, str, str]]:
        before = {str(one["kpi"]): one for one in (self.card.first if former is None else former.lines)}
        after = {str(one["kpi"]): one for one in later.lines}
        for code in dict.fromkeys([*after, *before]):
            old, new = before.get(code), after.get(code)
            for member in MEMBERS:
                was, now = (None if one is None else one[member] for one in (old, new))
                if was != now:
                    label = f"{self.kpi_name(code)}: {gettext(MEMBERS[member])}"
                    yield label, self._written(member, was), self._written(member, now)

    def _written(self, member: str, value: str | None) -> str:
        areas = self.plan.sheet.definitions.policies.areas
        return areas.named(value).in_language(page_language()) if member == "area" and value else _shown(member, value)

    def hangs(self, line: LineDocument) -> str:
        """How a line hangs on the one above it, in words."""
        parent = Node.parse(str(line["parent_node"]))
        if parent is None:
            return ""
        name = named(node_name(self.context.directory, parent, self.context.today))
        if line["parent_kpi"] not in {None, line["kpi"]}:
            name = f"{name}: {self.kpi_name(str(line['parent_kpi']))}"
        return str(gettext(words.LINKS[str(line["link"])], parent=name))


@pages.read("/cycles/<int:cycle>/scorecards/<node:node>", may=Deed.SIGN_SCORECARD)
def scorecard(context: RequestContext, cycle: int, node: Node) -> Page:
    """The scorecard and its signatures. Queries: constant."""
    opened = agreeing.opened_for(context, cycle, node)
    card = agreeing.card_of(context, opened, node)
    due = agreeing.due_of(context, opened, card)
    plan = scoring.state(context.connection).plan(cycle)
    may_draft = agreeing.may_draft(context, opened, node)
    looked = _Looked(context=context, plan=plan, card=card, by_hr=context.allowed(Deed.RUN_CYCLE))
    lines = list(looked.lines())
    on_it = {line["kpi"] for line in card.draft}
    waits = {one.signed_as: one.persons for one in due}
    signed = {one.signed_as: one for one in card.signatures}
    some = [*card.draft, *looked.before]
    reads = cycles.may_draft(scoring.state(context.connection), opened, node, viewer=context.viewer, day=context.today)
    notes = cycles.card_notes(context.connection, cycle, node) if reads else []
    return Page(
        "pages/cycle_scorecard.html",
        cycle=cycle,
        node=node,
        name=distinct_name(context, node),
        card=card,
        state=words.AGREEMENT_STATES[card.state],
        is_signed_now=opened.stage in cycles.AGREED_IN,
        agree_by=opened.calendar.get("agree_by"),
        lines=lines,
        members={
            member: label
            for member, label in MEMBERS.items()
            if member in {"weight", "target"} or any(line[member] is not None for line in some)
        },
        before=looked.before,
        was=_what_was(card, context.viewer.account_id),
        gone=[looked.kpi_name(str(one["kpi"])) for one in looked.before if one["kpi"] not in on_it],
        imposed=card.versions[-1] if card.state is AgreementState.IMPOSED else None,
        is_imposed=bool(card.versions) and card.versions[-1].decision is not None,
        missing=", ".join(gettext(words.SIGNED_AS[one]) for one in card.missing),
        parts=[
            PartShown(one, words.SIGNED_AS[one], signed.get(one), waits.get(one, ()))
            for one in signers(with_hr=card.with_hr)
        ],
        may_sign=[(one, words.SIGNED_AS[one]) for one in agreeing.may_sign(context, opened, card)],
        imposing=agreeing.imposing_of(context, opened, card),
        also_waits=_also_waits(context, cycle, node),
        may_draft=may_draft,
        is_own=agreeing.is_own(context, opened, node),
        sees_check_ins=node.kind is NodeKind.EMPLOYEE
        and cycles.sees_check_ins(plan, context.viewer, node.code, day=context.today),
        labels=MEMBERS,
        notes=notes,
        is_own_draft=card.drafted_by in {context.viewer.employee, context.viewer.email} - {None},
        history=looked.history(notes),
        worth=cycles.draft_scores(
            context.connection, scoring.state(context.connection), cycle, card, today=context.today
        )
        if card.is_open and opened.stage in cycles.AGREED_IN and context.sees(Deed.SEE_SCORECARD)(node)
        else None,
        why_changed=next((one.text for one in reversed(notes) if card.drafted_at == one.at and one.kpi is None), ""),
        of_line=looked.kpi_name,
        weights=sum((Decimal(str(line["weight"] or 0)) for line in card.draft), Decimal(0)),
        field_of=field_of,
        addable=sorted(
            ((code, looked.kpi_name(code)) for code in plan.sheet.definitions.kpis if code not in on_it),
            key=lambda one: one[1],
        )
        if may_draft
        else [],
        person=lambda code: who_named(context, code),
        in_figures=_shown,
    )


def _what_was(card: AgreedCard, account_id: int) -> str:
    """What stands struck out beside what the draft says, in words."""
    if card.version:
        return WAS_HELD
    return WAS_SIGNED if account_id in card.signed_earlier else WAS_FIRST


def _also_waits(context: RequestContext, cycle: int, node: Node) -> list[tuple[Node, str]]:
    """The other scorecards of the cycle that wait for the reader's signature: whoever signs ten goes from one to the next. Queries: as ``to_sign``."""
    loaded = scoring.state(context.connection)
    some = cycles.to_sign(cycles.OnesReads(context.connection, loaded, day=context.today), viewer=context.viewer)
    return [
        (one.node, named(node_name(context.directory, one.node, context.today)))
        for one in some
        if one.cycle == cycle and one.node != node
    ]


@pages.act("/cycles/<int:cycle>/scorecards/<node:node>/sign", may=Deed.SIGN_SCORECARD, again="scorecard")
def sign(context: RequestContext, cycle: int, node: Node, form: SignatureForm) -> Redirect:
    """Sign what was looked at."""
    opened = agreeing.opened_for(context, cycle, node)
    card = agreeing.signed(context, opened, node, digest=form.digest, signed_as=SignedAs(form.as_))
    holds = card.state is AgreementState.AGREED and not card.is_beside
    message = n_("Signed: these lines hold from now on.") if holds else n_("Signed: another signature is missing yet.")
    return Redirect(message, then="cycle_scorecard.scorecard", values={"cycle": cycle, "node": node})


@pages.act("/cycles/<int:cycle>/scorecards/<node:node>/impose", may=Deed.SIGN_SCORECARD, again="scorecard")
def impose(context: RequestContext, cycle: int, node: Node, form: ImposingForm) -> Redirect:
    """Propose that what was looked at is imposed upon whoever does not sign it."""
    agreeing.opened_for(context, cycle, node)
    content = {"node": str(node), "digest": form.digest}
    made = decided.proposed_by_form(context, cycles.IMPOSE, content, form.reason, cycle=str(cycle), fields={})
    message = n_("Proposed: it holds once a second person agrees, and the owner is told.")
    return Redirect(message, then="decisions.one", values={"number": made.id})


@pages.act("/cycles/<int:cycle>/scorecards/<node:node>/notes", may=Deed.SIGN_SCORECARD, again="scorecard")
def note(context: RequestContext, cycle: int, node: Node, form: NoteForm) -> Redirect:
    """Write something beside the lines."""
    opened = agreeing.opened_for(context, cycle, node)
    agreeing.noted(context, opened, node, kpi=form.about, text=form.text)
    return Redirect(
        n_("Written: both sides and HR read it."),
        then="cycle_scorecard.scorecard",
        values={"cycle": cycle, "node": node, "_anchor": "conversation"},
    )


# -------------------------------------------------------------------------------------------------------------- drafting


@pages.act("/cycles/<int:cycle>/scorecards/<node:node>/draft", may=Deed.SIGN_SCORECARD, again="scorecard")
def draft(context: RequestContext, cycle: int, node: Node, form: DraftForm) -> Redirect:
    """Write a new draft of the lines that were looked at."""
    opened = agreeing.opened_for(context, cycle, node)
    card = agreeing.card_of(context, opened, node)
    if card.draft_digest != form.digest:
        raise cycles.OtherDraft
    plan = scoring.state(context.connection).plan(cycle)
    looked = _Looked(context=context, plan=plan, card=card, by_hr=context.allowed(Deed.RUN_CYCLE))
    typed = _Typing(looked)
    lines = typed.sent() if _AS_SENT in request.form else [*typed.kept(), *typed.added(form.kpi)]
    if not lines:
        typed.findings.append(at_field("kpi", "no_lines", NO_LINES))
    # Who calls the fields as the API's members drafts as over the API, where no reason is asked for.
    says_why = _AS_SENT in request.form or agreeing.is_own(context, opened, node) or bool(trimmed(form.because))
    is_silent = not says_why and lines != [dict(one) for one in card.draft]
    lacks = [at_field("because", "no_reason", NO_REASON)] if is_silent else []
    if typed.findings:
        raise Invalid(*typed.findings, *lacks)
    try:
        after = agreeing.drafted(
            context, opened, node, lines, is_expected=lambda digest: digest == form.digest, lacks=lacks
        )
    except Invalid as refusal:
        raise Invalid(*(_at_its_field(one, lines, form.kpi) for one in refusal.findings)) from None
    if trimmed(form.because):
        agreeing.noted(context, opened, node, kpi="", text=form.because)
    message = n_("Drafted: it moves nothing before all have signed it. Signatures of before do not count for it.")
    if after.draft_digest == form.digest:
        message = n_("Nothing has changed: the draft stands as it was.")
    return Redirect(message, then="cycle_scorecard.scorecard", values={"cycle": cycle, "node": node})


_AS_SENT: Final = "weight"
"""A field of this name is none of the page's: whoever sends it has called all of them as the API's members, each repeated line by line."""


class _Typing:
    """Reads the form's fields into lines; what cannot be read is found at its field."""

    def __init__(self, looked: _Looked) -> None:
        """Begin with nothing wrong."""
        self.looked: Final = looked
        self.findings: Final[list[Finding]] = []

    def kept(self) -> Iterable[LineDocument]:
        """The lines that were there, with what was typed; without those that were taken off."""
        for line in self.looked.card.draft:
            kpi = str(line["kpi"])
            if not request.form.get(field_of("off", kpi)):
                yield self._with_fields(line, kpi)

    def added(self, kpi: str) -> Iterable[LineDocument]:
        """The line that was added: a slice of the unit above's, where that has one, else one that stands alone."""
        if not kpi:
            filled = [member for member in MEMBERS if trimmed(request.form.get(field_of(member, None), ""))]
            if filled:
                self.findings.append(at_field("kpi", "no_kpi", NO_KPI))
            return
        plan, node = self.looked.plan, self.looked.card.node
        parent = scoring.parent_of_node(plan, node)
        above = [] if parent is None else [one.row.kpi for one in plan.lines.get(parent, ())]
        hanging = hanging_of(kpi, None, parent=parent, parent_kpis=above)
        blank: dict[str, str | None] = dict.fromkeys(LINE_MEMBERS)
        blank |= {"kpi": kpi, "link": hanging.link.value, "parent_kpi": hanging.parent_kpi}
        blank["parent_node"] = None if hanging.parent_node is None else str(hanging.parent_node)
        yield self._with_fields(blank, None)

    def sent(self) -> list[LineDocument]:
        """All lines by repeated fields that are called as the API's members; a member that has none stays as the draft has it."""
        sent = {member: request.form.getlist(member) for member in LINE_MEMBERS if member in request.form}
        before = {line["kpi"]: line for line in self.looked.card.draft}
        kpis = sent.get("kpi", [])
        if any(len(texts) != len(kpis) for texts in sent.values()):
            self.findings.append(at_field("kpi", "unequal", UNEQUAL))
            return []
        lines: list[LineDocument] = []
        for place, kpi in enumerate(kpis):
            made: dict[str, str | None] = dict(before.get(kpi) or dict.fromkeys(LINE_MEMBERS) | {"link": Link.UNIQUE})
            for member, texts in sent.items():
                text, is_figure = trimmed(texts[place]), member in MEMBERS and member != "area"
                name = field_of(member, kpi)
                made[member] = self._figure(name, text, made[member]) if is_figure else text or None
            lines.append(made)
        return lines

    def _with_fields(self, line: LineDocument, kpi: str | None) -> LineDocument:
        """A line with what stands in its fields; a member without a field stays as it is."""
        made = dict(line)
        for member in MEMBERS:
            name = field_of(member, kpi)
            if name in request.form:
                text = trimmed(request.form[name])
                made[member] = (text or None) if member == "area" else self._figure(name, text, line[member])
        return made

    def _figure(self, name: str, text: str, before: str | None) -> str | None:
        if not text:
            return None
        number = read_number(text, field=name)
        if isinstance(number, Finding):
            self.findings.append(number)
            return before
        if before is not None and number == Decimal(before):
            return before
        confirmed, has_script = request.form.get(f"{name}_read", ""), not request.form.get("without_script")
        asked = unconfirmed(text, number, field=name, confirmed=confirmed, has_script=has_script)
        if asked is not None:
            self.findings.append(asked)
        return f"{number:f}"


def _at_its_field(finding: Finding, lines: Sequence[LineDocument], added: str) -> Finding:
    """What is wrong with a member of a line, at the field that it was typed into; of one that has none at the line's weight.

    Of weights that do not add up a load names rows of a file, which nobody here has seen.
    """
    _, _, place = (finding.place.field or "").partition("lines/")
    at, _, member = place.partition("/")
    if not at.isdigit() or int(at) >= len(lines):
        return finding
    kpi = str(lines[int(at)]["kpi"])
    if kpi == added and member == "kpi":
        return replace(finding, place=Place(field="kpi"))
    name = field_of(member if member in MEMBERS else "weight", None if kpi == added else kpi)
    told = _of_weights(lines) if finding.code == "weight_sum" else finding
    return replace(told, place=Place(field=name))


def _of_weights(lines: Sequence[LineDocument]) -> Finding:
    """What the weights of a draft come to, and how many points are too few or too many."""
    total = sum((Decimal(str(one["weight"] or 0)) for one in lines), Decimal(0))
    return Finding(
        code="weight_sum",
        message=SHORT_WEIGHTS if total < WHOLE else OVER_WEIGHTS,
        parameters={"sum": exact_figure(total), "points": exact_figure(abs(WHOLE - total))},
    )
