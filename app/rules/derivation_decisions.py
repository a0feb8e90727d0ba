"""What people decided about a line, told where its derivation begins: which decision, why, by whom, and what the line would be without it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from app.plain.findings import n_
from app.rules.line_decisions import DecidedLine, LineDecision, LineDecisionKind
from app.rules.steps import Phrase, Section, Step, figure_text, score_text
from app.rules.terms import Name

__all__ = ["decided_actual_step", "decision_steps"]

_MEMBERS: Final = {
    "actual": n_("Actual"),
    "base": n_("Base value"),
    "high": n_("High"),
    "low": n_("Low"),
    "target": n_("Target"),
}


def decision_steps(
    decided: DecidedLine, *, actual: Fraction | None, score: float | None, people: dict[str, Name | str] | None
) -> Iterator[Step]:
    """Each decision that holds, in the order in which they go before each other, and what the line would be without them.

    Args:
        decided: what was decided.
        actual: the line's without that.
        score: likewise.
        people: the names of who proposed and agreed, by how decisions name them; None where they are nobody's to know.
    """
    for one in decided.decisions:
        yield _told(one)
        figures: dict[str, object] = {"decision": str(one.id), "reason": one.reason}
        if people is not None:
            text = n_("Decision %(decision)s was proposed by %(maker)s and agreed to by %(checker)s: “%(reason)s”")
            named = {"maker": people.get(one.maker, one.maker), "checker": people.get(one.checker, one.checker)}
            yield _step("decided_by", text, **figures, **named)
        if one.cause is not None:
            yield _step(
                "decided_cause",
                n_("The cause of decision %(decision)s: %(cause)s."),
                decision=str(one.id),
                cause=one.cause,
            )
    if decided.decisions:
        yield _computed(actual, score)


def _computed(actual: Fraction | None, score: float | None) -> Step:
    if score is None:
        text = n_("Without what was decided, this line could not be measured; its actual would be %(actual)s.")
        return _step("computed", text, actual="–" if actual is None else figure_text(actual), score="–")
    text = n_("Without what was decided, its actual would be %(actual)s and its score %(score)s.")
    return _step("computed", text, actual="–" if actual is None else figure_text(actual), score=score_text(score))


def _told(one: LineDecision) -> Step:
    number = str(one.id)
    if one.kind is LineDecisionKind.ZERO:
        text = n_("By decision %(decision)s it scores 0, whatever the actual; its weight counts.")
        return _step("decided_zero", text, decision=number)
    if one.kind is LineDecisionKind.DROP:
        return _step("decided_drop", n_("By decision %(decision)s it counts as not measurable."), decision=number)
    if one.kind is LineDecisionKind.EXCLUDE_YEAR:
        text = n_("By decision %(decision)s the year %(year)s is left out as an outlier.")
        return _step("decided_year", text, decision=number, year=str(one.year))
    text = n_("By decision %(decision)s this holds in place of what was computed: %(member)s %(value)s.")
    value = "–" if one.value is None else figure_text(one.value)
    return _step("decided_figure", text, decision=number, member=Phrase(_MEMBERS[str(one.member)]), value=value)


def decided_actual_step(one: LineDecision) -> Step:
    """That an actual was decided on, before what was recorded is told."""
    text = n_("Actual = %(actual)s by decision %(decision)s. What was recorded comes to what follows.")
    value = "–" if one.value is None else figure_text(one.value)
    return Step(
        section=Section.ACTUAL, code="decided_actual", text=text, figures={"actual": value, "decision": str(one.id)}
    )


def _step(code: str, text: str, **figures: object) -> Step:
    return Step(section=Section.SCORE, code=code, text=text, figures=figures)
