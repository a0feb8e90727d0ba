"""A scorecard of an opened cycle as it is agreed: its lines, what changed since the last signature, and who has signed, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app import scoring
from app.cascade import LineDocument, SignatureRow
from app.cycle import AgreedCard
from app.plain.findings import n_
from app.rules.agreement import AgreementState, SignedAs, signers
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.scoring import node_name
from app.web import agreeing
from app.web.languages import named, page_language
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("cycle_scorecard")

STATES: Final[Mapping[AgreementState, str]] = {
    AgreementState.NONE: n_("no lines yet"),
    AgreementState.DRAFT: n_("nobody has signed"),
    AgreementState.TO_SIGN: n_("a signature is missing"),
    AgreementState.AGREED: n_("agreed"),
    AgreementState.IMPOSED: n_("imposed"),
}

PARTS: Final[Mapping[SignedAs, str]] = {
    SignedAs.OWNER: n_("Owner"),
    SignedAs.HEAD: n_("Head"),
    SignedAs.HR: n_("HR"),
}


class SignatureForm(BaseModel):
    """What is signed, and in which part."""

    model_config = ConfigDict(frozen=True)

    digest: Annotated[str, Field(max_length=64)]
    as_: Annotated[Literal["owner", "head", "hr"], Field(alias="as")]


class LineShown(NamedTuple):
    """A line of the draft, and what it was when somebody signed last; None for one that is new."""

    name: str
    line: LineDocument
    before: LineDocument | None

    @property
    def is_new(self) -> bool:
        """Whether the line was not there."""
        return self.before is None

    def was(self, member: str) -> str | None:
        """What a member was, where it is another now; None where it is the same, or the line is new."""
        if self.before is None or self.before[member] == self.line[member]:
            return None
        return self.before[member] or "–"


class PartShown(NamedTuple):
    """A part in which the draft is signed: by whom it was, or by whom it is to be."""

    part: SignedAs
    words: str
    signature: SignatureRow | None
    persons: tuple[str, ...]


@pages.read("/cycles/<int:cycle>/scorecards/<node:node>", may=Deed.SIGN_SCORECARD)
def scorecard(context: RequestContext, cycle: int, node: Node) -> Page:
    """The scorecard and its signatures. Queries: constant."""
    card, due = agreeing.card_seen(context, cycle, node)
    waits = {one.signed_as: one.persons for one in due}
    signed = {one.signed_as: one for one in card.signatures}
    return Page(
        "pages/cycle_scorecard.html",
        cycle=cycle,
        node=node,
        name=named(node_name(context.directory, node, context.today)),
        card=card,
        state=STATES[card.state],
        lines=_lines(context, cycle, card),
        gone=[
            _name(context, cycle, str(one["kpi"]))
            for one in card.before
            if one["kpi"] not in {line["kpi"] for line in card.draft}
        ],
        parts=[
            PartShown(one, PARTS[one], signed.get(one), waits.get(one, ())) for one in signers(with_hr=card.with_hr)
        ],
        may_sign=[(one, PARTS[one]) for one in agreeing.may_sign(context, cycle, card)],
        person=lambda code: _person(context, code),
    )


def _lines(context: RequestContext, cycle: int, card: AgreedCard) -> list[LineShown]:
    before = {one["kpi"]: one for one in card.before}
    return [LineShown(_name(context, cycle, str(one["kpi"])), one, before.get(one["kpi"])) for one in card.draft]


def _name(context: RequestContext, cycle: int, code: str) -> str:
    kpis = scoring.state(context.connection).sheet.definitions_of(cycle).kpis
    return kpis[code].version(cycle).name.in_language(page_language()) if code in kpis else code


def _person(context: RequestContext, code: str) -> str:
    """Somebody by name; of hr and executives what they are."""
    if code in context.directory.employees:
        return context.directory.employees[code].name
    return code


@pages.act("/cycles/<int:cycle>/scorecards/<node:node>/sign", may=Deed.SIGN_SCORECARD, again="scorecard")
def sign(context: RequestContext, cycle: int, node: Node, form: SignatureForm) -> Redirect:
    """Sign what was looked at."""
    card = agreeing.signed(context, cycle, node, digest=form.digest, signed_as=SignedAs(form.as_))
    holds = card.state is AgreementState.AGREED and not card.is_beside
    message = n_("Signed: these lines hold from now on.") if holds else n_("Signed: another signature is missing yet.")
    return Redirect(message, then="cycle_scorecard.scorecard", values={"cycle": cycle, "node": node})
