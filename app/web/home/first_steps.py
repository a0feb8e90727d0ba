"""The first steps of an installation with nothing in it: what is there by now, what is next, and where that is done, until all of it is there.

An administrator begins with the people who decide, HR with the agency itself. Nothing is written down: each step is read off what is loaded, so that
an agency that came as a folder never sees them. A first visit of one's pages (``app.web.answer.first_visit``) is offered once the steps are done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app import access, intake
from app.intake import ChangeSet, ChangeState, Master
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.terms import Role
from app.scoring import State
from app.web.asked.request_context import RequestContext
from app.web.changes import changing

__all__ = ["FirstStep", "FirstSteps", "first_steps_of"]

_SETS_MOST: Final = 5

NEEDED_FILES: Final = ("units.csv", "employees.csv", "postings.csv", "scorecards.csv", "definitions")
"""What an agency cannot be without."""


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step: what it is, in words, whether it is done, and the pages that it is done on with what they are called."""

    title: str
    words: str
    done: bool
    ways: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """The steps of one person's role, in their order.

    Attributes:
        steps: the first that is not done is the next one.
        more: what comes afterwards, in a sentence.
        open_sets: one's own change sets that are not submitted yet.
    """

    steps: tuple[FirstStep, ...]
    more: str
    open_sets: tuple[ChangeSet, ...] = ()

    @property
    def next(self) -> FirstStep | None:
        """What is to be done now."""
        return next((one for one in self.steps if not one.done), None)


def first_steps_of(context: RequestContext, loaded: State) -> FirstSteps | None:
    """The steps of who asks; None once all are done, and for whoever has none. Queries: 1 of an administrator; 3 of HR, none once the agency is there."""
    if changing.keeps(context):
        return _of_hr(context, loaded)
    return _of_admin(context) if context.allowed(Deed.KEEP_ACCOUNTS) else None


def _unless_done(steps: Sequence[FirstStep], more: str, open_sets: Sequence[ChangeSet] = ()) -> FirstSteps | None:
    if all(one.done for one in steps):
        return None
    return FirstSteps(tuple(steps), more, tuple(open_sets))


def _of_hr(context: RequestContext, loaded: State) -> FirstSteps | None:
    frame, sheet = loaded.frame, loaded.sheet
    units, people = bool(frame.directory.tree.units), _any_posted(loaded)
    kpis, cards = bool(sheet.definitions.kpis), bool(sheet.cycles)
    if units and people and kpis and cards:
        return None
    doors = intake.masters(context.connection)
    mine = changing.is_maker(context)
    open_sets = intake.change_sets(context.connection, state=ChangeState.OPEN, limit=_SETS_MOST)
    sets = n_("Change sets")
    steps = (
        FirstStep(
            n_("Keep the files in this application"),
            n_("Propose it for all of them at once; an executive agrees."),
            all(doors[file] is Master.APPLICATION for file in NEEDED_FILES),
            (("folder_files", n_("Agency folder")),),
        ),
        FirstStep(
            n_("Put in the agency and its offices"),
            n_("One by one, or a list from a spreadsheet pasted into a change set."),
            units,
            (("organisation_units", n_("New unit")), ("changes", sets)),
        ),
        FirstStep(
            n_("Put in its people and where they are posted"),
            n_("One by one, or two lists from a spreadsheet: employees and postings."),
            people,
            (("transfer", n_("People: transfer, join, leave")), ("changes", sets)),
        ),
        FirstStep(
            n_("Define goals and KPIs"),
            n_("Take what you need from the library, or write your own."),
            kpis,
            (("kpis", n_("KPIs")),),
        ),
        FirstStep(
            n_("Give scorecards"),
            n_("Weights for units of a kind and people of a job, then targets."),
            cards,
            (("scorecard_edit", n_("Weights")), ("targets", n_("Targets"))),
        ),
    )
    more = n_(
        "What you put in waits in a change set: submit it, and a second person agrees. Policies hold as they are suggested until you change them. An administrator makes the accounts of heads and employees; what they log moves the scores."
    )
    return _unless_done(steps, more, [one for one in open_sets if mine(one)])


def _any_posted(loaded: State) -> bool:
    placement = loaded.frame.directory.placement
    return any(placement.postings(number) for number in loaded.frame.directory.employees)


def _of_admin(context: RequestContext) -> FirstSteps | None:
    by_role, of_employees = access.accounts_given(context.connection)
    admins, hr, executives = (by_role[role] for role in (Role.ADMIN, Role.HR, Role.EXECUTIVE))
    make = (("accounts", n_("Accounts")),)
    agree = (("accounts", n_("Accounts")), ("decisions", n_("Decisions")))
    steps = (
        FirstStep(
            n_("Make a second administrator"),
            n_("From then on nobody gives far-reaching rights alone: one proposes, the other agrees."),
            admins > 1,
            make,
        ),
        FirstStep(
            n_("Make the accounts of HR"),
            n_(
                "Two people: one changes, the other agrees. The other administrator agrees to each account, then its owner sets a password, or you take one where no mails are sent."
            ),
            hr > 0,
            agree,
        ),
        FirstStep(
            n_("Make an executive's account"),
            n_(
                "An executive agrees to where the agency's files are kept, and to what HR changes where it is one person alone."
            ),
            executives > 0,
            agree,
        ),
        FirstStep(
            n_("Make the accounts of heads and employees"),
            n_("Once HR has put them in: invite them by mail, or make an account with the employee's number."),
            of_employees > 0,
            make,
        ),
    )
    return _unless_done(steps, n_("HR puts in the agency, its goals and its scorecards meanwhile."))
