"""A first visit in five steps: which pages a person is led through, by the pages that are theirs, and the step that they are at.

Nothing waits for it: a step is a page as it always is, with one line above it. The step is kept in a cookie, that the visit was made or declined
with the account (``access.visits``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from app.plain.findings import n_

__all__ = ["COOKIE", "StepAt", "VisitStep", "cookie_of", "step_at", "steps_for"]

COOKIE: Final = "kopes_first_visit"

Whose = Literal["own", "unit", "agency"]


@dataclass(frozen=True, slots=True)
class VisitStep:
    """One step: the page that it leads to, what the page is for, and what to look at there."""

    page: str
    title: str
    words: str


class StepAt(NamedTuple):
    """A step that somebody is at: its number from 1, and of how many."""

    number: int
    of: int
    step: VisitStep


_MADE_OF: Final = VisitStep(
    "derivation",
    n_("What it is made of"),
    n_("Every figure of one KPI, step by step, down to the single activity: each can be checked by hand."),
)
_LIFTS: Final = VisitStep(
    "lifting",
    n_("What would lift it"),
    n_("Move a figure and see line and score at once. Nothing of it is recorded."),
)
_AGENCY: Final = VisitStep(
    "agency",
    n_("How the agency stands"),
    n_("Where the year leads, and every unit below; each figure leads on."),
)
_HELP: Final = VisitStep(
    "help",
    n_("Where help is"),
    n_("The guide of your role, the field's words and the keys. “Help” stands at the top of every page."),
)

_WAYS: Final[tuple[tuple[str, Whose, tuple[VisitStep, ...]], ...]] = (
    (
        "ledger",
        "agency",
        (
            _AGENCY,
            _MADE_OF,
            VisitStep(
                "ledger", n_("What came in"), n_("Every event as it came, with its number and the hash of its content.")
            ),
            VisitStep("trail", n_("What people did"), n_("Who did what, when and why, before and after.")),
            _HELP,
        ),
    ),
    (
        "accounts",
        "own",
        (
            VisitStep(
                "accounts",
                n_("Who may come in"),
                n_("Accounts with their roles. A new one's first password is shown once."),
            ),
            VisitStep("keys", n_("Which programs send"), n_("Keys and hooks; each can be revoked at once.")),
            VisitStep("rejected", n_("What could not be recorded"), n_("Each with its reason, and who puts it right.")),
            VisitStep("jobs", n_("Whether all is well"), n_("When the nightly work ran, and what it came upon.")),
            _HELP,
        ),
    ),
    (
        "grades",
        "agency",
        (
            VisitStep(
                "people",
                n_("Everybody with their scores"),
                n_("Narrow the list by name, unit, group or band; a name leads to the scorecard."),
            ),
            _MADE_OF,
            VisitStep(
                "grades",
                n_("The proposed grades"),
                n_("Seats, ranks and pay as they follow from the scores; a name says why."),
            ),
            VisitStep("verification", n_("What waits for you"), n_("Entries above which no head stands.")),
            _HELP,
        ),
    ),
    (
        "agency",
        "agency",
        (
            _AGENCY,
            _MADE_OF,
            VisitStep("goals", n_("What it serves"), n_("The strategic goals, each down to the people who move it.")),
            _LIFTS,
            _HELP,
        ),
    ),
    (
        "office",
        "unit",
        (
            VisitStep(
                "office",
                n_("How the unit stands"),
                n_("Its score at the year's end and so far, and its people, whoever is led lowest first."),
            ),
            _MADE_OF,
            VisitStep(
                "verification",
                n_("What waits for your verdict"),
                n_("The entries of your people, the oldest first. A verdict can be taken back for ten seconds."),
            ),
            _LIFTS,
            _HELP,
        ),
    ),
    (
        "my_scorecard",
        "own",
        (
            VisitStep(
                "my_scorecard",
                n_("What your score is"),
                n_("Where the year leads at this pace, and beside it, in grey, the score so far."),
            ),
            _MADE_OF,
            VisitStep(
                "log_activity",
                n_("Where it comes from"),
                n_("Log a consult, a deal or a new buyer, and the score answers. Nothing is recorded before you save."),
            ),
            _LIFTS,
            _HELP,
        ),
    ),
)
"""Whoever is led to the first page of a way goes by it, through the scorecard that is named beside."""


def steps_for(pages: Collection[str]) -> tuple[Whose, tuple[VisitStep, ...]] | None:
    """The steps of whoever is led to these pages, and whose figures they show; None for whoever is led nowhere."""
    # Who approves in a cycle is led to its grades and not to everybody's scores, where the way of HR begins.
    return next(((whose, steps) for page, whose, steps in _WAYS if {page, steps[0].page} <= {*pages}), None)


def cookie_of(account_id: int, number: int) -> str:
    """What the cookie says: whose visit, and at which step. Another account's at the same browser is not gone on with."""
    return f"{account_id}.{number}"


def step_at(cookie: str | None, *, account_id: int, pages: Collection[str], here: str) -> StepAt | None:
    """The step that a cookie says, where its page is the one that is shown."""
    chosen = steps_for(pages)
    if cookie is None or chosen is None:
        return None
    _, steps = chosen
    for number, step in enumerate(steps, 1):
        if cookie == cookie_of(account_id, number) and step.page == here:
            return StepAt(number, len(steps), step)
    return None
