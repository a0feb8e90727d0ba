"""What the agency decides about cycle, blend, grades, pay and promotion: read with its meaning and source, and changed by a change set.

Do not take an empty field for zero: a policy that is not named holds by its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict

from app import intake
from app.intake import DefinitionsSeen
from app.kit.refusals import Invalid
from app.plain.findings import Finding, n_
from app.rules.grade_rules import broken_by_policy
from app.rules.permissions import Deed
from app.rules.policies import policies_document
from app.web.answer.rendering import Download, Json, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.changes.change_basket import (
    Basket,
    BasketForm,
    BasketLook,
    IntoSet,
    basket,
    into_basket,
    look,
    not_kept_here,
    refuse_another_begin,
    typed_so_far,
)
from app.web.changes.definition_forms import at_fields, sentences, shown_inputs, typed_document
from app.web.wording.languages import finding_text

pages: Final = Pages("policies")

NOTHING: Final = n_("Nothing differs yet.")


class PoliciesQuery(BaseModel):
    """In which set they are looked at."""

    model_config = ConfigDict(frozen=True)

    into: IntoSet = None


class PoliciesForm(BasketForm):
    """The form of policies: its fields are those that the schema makes."""


class TypedPolicies(NamedTuple):
    """Policies as they were typed, what is wrong with them, which rules of grades they break, and what they change, in sentences."""

    content: Mapping[str, Any]
    findings: list[Finding]
    broken: tuple[Finding, ...]
    sentences: list[str]


@pages.read("/policies", may=Deed.SEE_FILES)
def policies(context: RequestContext, query: PoliciesQuery) -> Page:
    """All policies, as the chosen set has them; hr types what is to be otherwise. Queries: constant."""
    return _page(context, basket(context, query.into))


def _page(
    context: RequestContext, chosen: Basket, looked: BasketLook | None = None, typed: TypedPolicies | None = None
) -> Page:
    seen = intake.see_definitions(context.connection, chosen.changed)
    return Page(
        "pages/policies.html",
        basket=chosen,
        looked=looked,
        typed_policies=typed,
        in_set=any(one.part == "policies" for one in chosen.changed.documents),
        inputs=shown_inputs("policies", policies_document(seen.definitions.policies, whole=True), context.typed),
        may_edit=changing.keeps(context),
        broken=broken_by_policy(seen.definitions.policies),
        elsewhere=not_kept_here(context, ["policies"]) if changing.keeps(context) else [],
    )


def _typed(seen: DefinitionsSeen) -> TypedPolicies:
    typed = typed_document("policies")
    judged = seen.judged("policies", typed.content)
    findings = [*typed.findings, *at_fields(typed, judged.findings)]
    present = policies_document(seen.definitions.policies, whole=True)
    if findings:
        return TypedPolicies(typed.content, findings, (), [])
    wanted = policies_document(judged.definitions.policies, whole=True)
    return TypedPolicies(
        typed.content, findings, broken_by_policy(judged.definitions.policies), sentences("policies", present, wanted)
    )


@pages.act("/policies", may=Deed.KEEP_CHANGES, again="policies", transaction=False)
def edit(context: RequestContext, query: PoliciesQuery, form: PoliciesForm) -> Page | Redirect:
    """Put the policies into a change set, once what they do was shown."""
    del query
    with context.read():
        changing.writer(context)
        refuse_another_begin(form)
        chosen = basket(context, form.into)
        seen = intake.see_definitions(context.connection, chosen.changed)
        typed = _typed(seen)
        if typed.findings:
            raise Invalid(*typed.findings)
        puts = [seen.with_document("policies", typed.content)]
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(PoliciesForm, "/policies")
            return _page(context, chosen, looked, typed)
    return into_basket(context, form, puts, chosen)


@pages.act("/policies/_try", may=Deed.KEEP_CHANGES, transaction=False, lane=Lane.READ)
def tried(context: RequestContext, form: PoliciesForm) -> Json:
    """What is wrong with what was typed so far, and what it changes: for the page's script. Nothing is recorded."""
    with context.read():
        changing.writer(context)
        typed = _typed(intake.see_definitions(context.connection, basket(context, form.into).changed))
    said = [*typed.sentences, *(finding_text(one) for one in typed.broken)]
    return Json(
        {
            "errors": [{"name": one.place.field, "text": finding_text(one)} for one in typed.findings],
            "outputs": [],
            "sentences": said or [gettext(NOTHING)],
        }
    )


@pages.read("/policies/yaml", may=Deed.SEE_FILES)
def yaml(context: RequestContext, query: PoliciesQuery) -> Download:
    """All policies as a file, as they hold or as an open set has them."""
    changed = basket(context, query.into).changed if query.into else intake.Changed()
    seen = intake.see_definitions(context.connection, changed)
    put = seen.with_document("policies", policies_document(seen.definitions.policies))
    return Download(
        content=(put.text or "").encode(), filename="policies.yaml", media_type="application/yaml; charset=utf-8"
    )
