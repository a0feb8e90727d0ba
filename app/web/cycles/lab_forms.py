"""What the lab's forms say, as an alternative that can be kept and tried: typed fields, files, and weights so much more or less.

Do not keep the rows that a factor comes to: whoever opens the link next month has another scorecard, and the factor is what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from app import intake, scoring
from app.cascade import Line, Sheet
from app.intake import LabFindings, LabWish
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.definitions import Definitions
from app.rules.kpi_editing import VersionContent, edited_kpi, versions_in
from app.rules.policies import policies_document
from app.rules.reweighting import reweighted
from app.rules.schema_forms import FormDocument
from app.web.asked.request_context import RequestContext
from app.web.changes.definition_forms import at_fields, typed_document
from app.web.wording.typed_numbers import exact_figure, read_number

__all__ = [
    "KPI_MEMBERS",
    "POLICY_MEMBERS",
    "Factor",
    "LabContent",
    "definitions_of",
    "factors_shown",
    "kpi_members",
    "other_members",
    "other_policies",
    "typed_kpi",
    "typed_policies",
    "weights_of",
    "wish_of",
]

POLICY_MEMBERS: Final = ("grades", "blend", "pay", "groups", "minimum_days", "rules")
"""The policies that the form has: those by which grades and pay are made."""
KPI_MEMBERS: Final = ("measure", "counts_from", "method", "direction")
"""What of a KPI the form has."""
_FACTOR_MOST: Final = Decimal(1000)
_HUNDRED: Final = Decimal(100)
_BY: Final = ("area", "kpi")


@dataclass(frozen=True, kw_only=True)
class LabContent:
    """An alternative as it is kept.

    Attributes:
        policies: the document as a whole; None for the present one.
        definitions: documents by the names that they are stored by (``goals``, ``kpi:CODE``).
        weights: rows of ``scorecards.csv``; where there are any, no factors.
        area: percents of the weights of an area's lines, by its text.
        kpi: percents of the weights of a KPI's lines, by its code.
    """

    policies: Mapping[str, Any] | None = None
    definitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    weights: Sequence[Mapping[str, str]] = ()
    area: Mapping[str, str] = field(default_factory=dict)
    kpi: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> LabContent:
        """The alternative that was kept so; nothing for none."""
        return cls(**(kept or {}))

    def as_json(self) -> dict[str, Any]:
        """As it is kept: what says nothing is left out."""
        return {name: value for name, value in asdict(self).items() if value}


def _sheet(context: RequestContext, cycle: int) -> Sheet:
    """What a cycle stands by: at its cut where it was certified."""
    return scoring.state(context.connection).standing(cycle).sheet


def definitions_of(context: RequestContext, cycle: int) -> Definitions:
    """What a cycle goes by at present."""
    return _sheet(context, cycle).definitions_of(cycle)


def _lines(context: RequestContext, cycle: int) -> Mapping[Any, Sequence[Line]]:
    return _sheet(context, cycle).lines.get(cycle, {})


def weights_of(context: RequestContext, cycle: int, content: LabContent) -> list[dict[str, str]]:
    """The rows of weights that an alternative comes to: those that were sent, or the lines whose factors change them."""
    if content.weights:
        return [dict(row) for row in content.weights]
    if not content.area and not content.kpi:
        return []
    rows = []
    for node, lines in _lines(context, cycle).items():
        factors = [_factor(content, line) for line in lines]
        for line, weight in zip(lines, reweighted([one.weight for one in lines], factors), strict=True):
            if weight != line.weight:
                rows.append({"cycle": str(cycle), "node": str(node), "kpi": line.kpi, "weight": f"{weight:f}"})
    return rows


def _factor(content: LabContent, line: Line) -> Decimal:
    return Decimal(content.area.get(line.area or "", "100")) * Decimal(content.kpi.get(line.kpi, "100")) / _HUNDRED**2


def wish_of(context: RequestContext, cycle: int, content: LabContent) -> LabWish:
    """What is tried of an alternative.

    Raises:
        LabFindings: it cannot be read.
    """
    rows = weights_of(context, cycle, content)
    return intake.lab_wish(policies=content.policies, definitions=content.definitions, weights=rows)


# --------------------------------------------------------------------------------------------------------------- factors


class Factor(NamedTuple):
    """A field of the form: how much the lines of an area, or of a KPI, are to weigh, in percent of what they weigh."""

    name: str
    by: str
    """``area`` or ``kpi``."""
    of: str
    """The area's text, or the KPI's code."""
    lines: int
    mean: Decimal
    """What such a line weighs on an average."""
    value: str


def factors_shown(context: RequestContext, cycle: int, content: LabContent) -> list[Factor]:
    """A field for every area and every KPI of the cycle's scorecards, areas first."""
    weights: dict[tuple[str, str], list[Decimal]] = {}
    for lines in _lines(context, cycle).values():
        for line in lines:
            for by, of in (("area", line.area), ("kpi", line.kpi)):
                if of:
                    weights.setdefault((by, of), []).append(line.weight)
    return [
        Factor(
            _field_of(by, of),
            by,
            of,
            len(some),
            sum(some, Decimal(0)) / len(some),
            exact_figure(getattr(content, by).get(of, "100")),
        )
        for (by, of), some in sorted(weights.items())
    ]


def _field_of(by: str, of: str) -> str:
    return f"weigh-{by}-{quote(of, safe='')}"


def _typed_factors(typed: Mapping[str, str], findings: list[Finding]) -> Iterator[tuple[str, str, str]]:
    for name, text in typed.items():
        _, _, rest = name.partition("weigh-")
        by, _, of = rest.partition("-")
        if by not in _BY or name.endswith("_read") or not text.strip():
            continue
        number = read_number(text, field=name)
        if isinstance(number, Finding):
            findings.append(number)
        elif not 0 < number <= _FACTOR_MOST:
            message = n_("This is no percent above 0 and at most %(most)s: write 100 to leave the weights as they are.")
            findings.append(at_field(name, "no_percent", message, most=_FACTOR_MOST))
        elif number != _HUNDRED:
            yield by, unquote(of), f"{number:f}"


# ---------------------------------------------------------------------------------------------------------------- typing


def typed_policies(context: RequestContext, cycle: int, before: LabContent, typed: Mapping[str, str]) -> LabContent:
    """The alternative with the policies and factors that a form says.

    Raises:
        Invalid: something cannot be read, or no load would take it; each finding at its field.
    """
    present = policies_document(definitions_of(context, cycle).policies)
    kept = before.policies or present
    document = typed_document("policies", without=other_policies())
    findings = list(document.findings)
    factors = list(_typed_factors(typed, findings))
    wanted = {name: one for name, one in kept.items() if name not in POLICY_MEMBERS} | document.content
    # What groups are called is no part of the form: nobody moves by it.
    groups: Any = kept.get("groups")
    if groups and groups.get("names"):
        wanted["groups"] = {**document.content.get("groups", {}), "names": groups["names"]}
    is_present = False
    try:
        is_present = policies_document(intake.lab_policies(wanted)) == present
    except LabFindings as refusal:
        findings += at_fields(document, refusal.findings)
    if findings:
        raise Invalid(*findings)
    by = {one: {of: percent for kind, of, percent in factors if kind == one} for one in _BY}
    return replace(
        before,
        policies=None if is_present else wanted,
        area=by["area"],
        kpi=by["kpi"],
        weights=() if factors else before.weights,
    )


def other_policies() -> tuple[str, ...]:
    """The policies that the form has not."""
    return tuple(one.member for one in intake.definition_fields("policies") if one.member not in POLICY_MEMBERS)


def other_members() -> tuple[str, ...]:
    """What of a KPI the form has not."""
    return tuple(one.member for one in intake.definition_fields("kpi") if one.member not in KPI_MEMBERS)


def kpi_members(context: RequestContext, cycle: int, content: LabContent, code: str) -> Mapping[str, Any]:
    """What the form of a KPI begins with: its version of the cycle, as the alternative has it.

    Raises:
        NotThere: the cycle has no such KPI.
    """
    return _version(_kpi_document(context, cycle, content, code), context, cycle, code).members


def _kpi_document(context: RequestContext, cycle: int, content: LabContent, code: str) -> Mapping[str, Any]:
    definitions = definitions_of(context, cycle)
    if code not in definitions.kpis:
        raise NotThere
    return content.definitions.get(f"kpi:{code}") or definitions.to_documents()[f"kpi:{code}"]


def _version(document: Mapping[str, Any], context: RequestContext, cycle: int, code: str) -> VersionContent:
    from_cycle = definitions_of(context, cycle).kpis[code].version(cycle).from_cycle
    return next(one for one in versions_in(document) if one.from_cycle == from_cycle)


def typed_kpi(context: RequestContext, cycle: int, before: LabContent, code: str) -> tuple[LabContent, FormDocument]:
    """The alternative with a KPI's version of the cycle as a form says it, and what leads findings to the form's fields.

    Worked examples go: they are of the definition that is not tried.

    Raises:
        NotThere: the cycle has no such KPI.
        Invalid: something cannot be read.
    """
    present = _kpi_document(context, cycle, before, code)
    version = _version(present, context, cycle, code)
    document = typed_document("kpi", without=other_members())
    if document.findings:
        raise Invalid(*document.findings)
    members = {name: one for name, one in version.members.items() if name not in KPI_MEMBERS} | document.content
    content = edited_kpi(present, code=code, version=version._replace(members=members), since=present.get("since"))
    return replace(before, definitions={**before.definitions, f"kpi:{code}": content}), document
