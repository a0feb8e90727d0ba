"""What would lift a scorecard to the next band, and a form to try actuals on: computed by the rules that score, and never recorded.

Do not answer the script with another template than the page: what it fetches while one types is the page's own part.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from flask import request, url_for

from app import scoring
from app.kit.refusals import at_field
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_by, first_days
from app.web.wording import words
from app.web.wording.naming import distinct_name
from app.web.wording.typed_numbers import exact_figure, read_number

pages: Final = Pages("lifting")

FIELD: Final = "to-"
"""What a field's name begins with; the KPI's code follows."""
TOO_LARGE: Final = n_("This is more than anybody could reach: write a smaller number.")
_MOST: Final = Decimal(10) ** 15


@pages.read("/lifting/<node:node>", may=Deed.SEE_SCORECARD)
def lifting(context: RequestContext, node: Node, query: ScoreParameters) -> Page:
    """A unit's or an employee's; of a unit the people too, for whom their scores are."""
    loaded = scoring.state(context.connection)
    asked = asked_by(context, loaded, query)
    tries, findings = _tries()
    shown = scoring.lifting(context.connection, loaded=loaded, node=node, asked=asked, tries=tries)
    heads = node.kind is NodeKind.UNIT and context.allowed(Deed.SEE_PEOPLE_SCORES, node)
    members = (
        scoring.lifting_of_people(
            context.connection,
            loaded=loaded,
            unit=node.code,
            asked=asked,
            sees=context.sees(Deed.SEE_PEOPLE_SCORES),
        )
        if heads and not query.part
        else ()
    )
    sees = context.sees(Deed.SEE_SCORECARD)
    return Page(
        "pages/lifting_tried.html" if query.part else "pages/lifting.html",
        lifting=shown,
        called=distinct_name(context, node),
        members=members,
        wrong={finding.place.field: finding for finding in findings},
        field=FIELD,
        exact_figure=exact_figure,
        is_own=node.kind is NodeKind.EMPLOYEE and node.code == context.viewer.employee,
        units=[(unit, name) for unit, name in shown.units if sees(unit)],
        address=url_for("lifting.lifting", node=node),
        kept=query.kept,
        begins=first_days(loaded),
        words=words,
    )


def _tries() -> tuple[dict[str, Decimal], list[Finding]]:
    """The actuals that the address asks to try, by KPI, and what is wrong with those that are no numbers."""
    tries: dict[str, Decimal] = {}
    findings: list[Finding] = []
    for name, text in request.args.items():
        if not name.startswith(FIELD) or not text.strip():
            continue
        number = read_number(text, field=name)
        if isinstance(number, Finding):
            findings.append(number)
        elif abs(number) > _MOST:
            findings.append(at_field(name, "too_large", TOO_LARGE))
        else:
            tries[name.removeprefix(FIELD)] = number
    return tries, findings
