"""A cycle graded by something else than it goes by, beside the present: nothing of it is stored.

Do not read the figures twice where nothing that they hang on differs: an alternative of shares and rates is scored from those of the present.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from app import cascade, ledger, scoring
from app.cycle.grading.grades import employee_proposal, unit_proposal
from app.ledger import Figures, Frame
from app.plain.findings import Finding
from app.rules.definitions import Definitions
from app.rules.lab import LabResult, LabSide, compared, method_spreads
from app.scoring import ScoreQuery, Scores, Selection, State

__all__ = ["alternative_beside"]

_POLICIES: Final = "policies"


def alternative_beside(
    connection: Connection, before: State, after: State, asked: ScoreQuery, findings: Sequence[Finding] = ()
) -> LabResult:
    """What a cycle comes to by an alternative, beside the present.

    Args:
        connection: any transaction.
        before: what is loaded and decided now.
        after: the same with something else in it; the same object where nothing is.
        asked: the cycle.
        findings: warnings about what the alternative is made of.

    Queries: those of :func:`app.scoring.scores`, once or twice; where other legal forms or another first month hold, those of
    :func:`app.ledger.figures_after`.
    """
    one = scoring.scores(connection, asked, loaded=before)
    other = one if after is before else _scored(connection, one, after, asked)
    side = _side(one)
    return compared(side, side if other is one else _side(other), offices=_offices(other), findings=findings)


def _scored(connection: Connection, one: Scores, after: State, asked: ScoreQuery) -> Scores:
    selection = after.plan(asked.cycle).everything()
    return scoring.score_figures(selection, _figures(connection, one, selection, asked, present=after.frame), asked)


def _figures(
    connection: Connection, one: Scores, selection: Selection, asked: ScoreQuery, *, present: Frame
) -> Figures:
    """What the nodes have done by what the alternative counts."""
    frame = selection.plan.frame
    if (frame.first_month, frame.legal_forms) != (present.first_month, present.legal_forms):
        with frame.reading(connection) as source:
            return ledger.figures_after(source, frame, None, cycle=asked.cycle, nodes=selection.sources)
    return one.figures if selection.reads_as(one.selection) else scoring.read_figures(connection, selection, asked)


def _side(scored: Scores) -> LabSide:
    definitions = scored.selection.plan.sheet.definitions
    return LabSide(
        employees=employee_proposal(scored),
        units=unit_proposal(scored),
        methods=method_spreads(scoring.scores_by_method(scored)),
        sums=_sums(definitions),
    )


def _sums(definitions: Definitions) -> dict[str, str]:
    documents = cascade.documents(definitions)
    parts = {
        "policies_sha256": {name: text for name, text in documents.items() if name == _POLICIES},
        "definitions_sha256": {name: text for name, text in documents.items() if name != _POLICIES},
    }
    return {name: cascade.documents_sha256(part) for name, part in parts.items()}


def _offices(scored: Scores) -> dict[str, str]:
    """The unit that everybody is posted to."""
    plan = scored.selection.plan
    posted = ((number, plan.posting_of(number, scored.asked.day)) for number in plan.people)
    return {number: one[0].unit for number, one in posted if one}
