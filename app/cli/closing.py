"""How people of the demonstration agency close a cycle: they review, object, answer, vote and pay, each once, by the functions that the doors call.

Each deed looks first whether it was done. So whoever was stopped in the middle goes on where that was, and nothing is done twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access, cascade, decisions, exports, objecting, organisation, paying, scoring
from app import cycle as cycles
from app.access import Viewer
from app.cli.first_cycle import FirstCycle
from app.cli.hands import note, person
from app.cli.raising import LineRaised, Raised, raised, raisings
from app.cycle import EmployeeResult, EmployeeResults, Hearings, WantedReview
from app.decisions import Answered, Decision, DecisionFilter, DecisionKind
from app.kit.database import Database
from app.objecting import Case, ObjectionWish, Vote
from app.rules.deciding import DecisionState
from app.rules.objections import ObjectionAbout, ObjectionState
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Node, NodeKind

__all__ = ["Closing", "Objecting"]

_HR: Final = ("hr", "second_hr")
_MINUTES_OF_A_DAY: Final = 480
_READ_MINUTES: Final = 4
"""So long somebody reads before they sign."""
_REVIEWS: Final = (
    "{name} and I have gone through both halves of the scorecard: the figures are those that we talked about.",
    "I have read what {name} came to, line by line, and it is what the year looked like from here.",
    "The result of {name} goes by what was reported and confirmed; nothing is missing in it that I know of.",
    "Of {name} I know the figures of every quarter: they add up to what stands here.",
    "I have looked at the result of {name} beside those of the others of the office, and agree with it.",
)


class Objecting(NamedTuple):
    """What somebody objects to; one who is known by the text."""

    about: ObjectionAbout
    kpi: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A cycle that is certified, and whoever does something in it from then on; days count from the one on which it was."""

    cycle: FirstCycle

    @property
    def database(self) -> Database:
        """Where it all stands."""
        return self.cycle.database

    @property
    def number(self) -> int:
        """The year that names it."""
        return self.cycle.year.cycle

    def at(self, day: int, *, minutes: int = 0) -> dt.datetime:
        """A morning so many days later."""
        return self.cycle.year.at(day, minutes=minutes)

    # ---------------------------------------------------------------------------------------------------------- decisions

    def decided(self, kind: str, reason: str) -> Decision | None:
        """What was proposed for a reason, and neither refused nor withdrawn since."""
        only = DecisionFilter(kinds=frozenset({kind}), cycle=str(self.number))
        states = {DecisionState.PROPOSED, DecisionState.APPROVED}
        with self.database.read() as connection:
            some = decisions.decisions_of(
                connection, only, visible=lambda one: one.reason == reason and one.state in states, limit=1
            )
        return some[0] if some else None

    def decide(
        self,
        kind: DecisionKind,
        content: Mapping[str, Any] | Callable[[], Mapping[str, Any] | None],
        reason: str,
        *,
        by: str,
        to: str,
        day: int,
        answers: Answered | None = None,
        minutes: int = 0,
    ) -> None:
        """Have one person propose and another agree some hours later, unless that was done for the same reason; nothing where there is no content."""
        made = self.decided(kind.code, reason)
        if made is None:
            wanted = content() if callable(content) else content
            if wanted is None:
                return
            at = self.at(day, minutes=minutes)
            made = self.cycle.hands.propose(kind, wanted, reason, by=by, at=at, cycle=self.number, answers=answers)
        if made.state is DecisionState.PROPOSED:
            after = self.cycle.hands.agree(kind, made, by=to, at=made.maker.at + dt.timedelta(hours=4))
            if after.state is not DecisionState.APPROVED:
                message = f"decision {made.id} is {after.state}: somebody else was at work in cycle {self.number}"
                raise ValueError(message)

    def best(
        self, day: int, rank: Callable[[Raised], int | None], *, first: Collection[str] = (), but: Collection[str] = ()
    ) -> LineRaised | None:
        """A line that may be put right, by which what is wanted comes about (:func:`app.cli.raising.raised`)."""
        with self.database.read() as connection:
            loaded = scoring.state_with_pending(connection)
            today = loaded.frame.directory.day_of(self.at(day))
            return raised(raisings(connection, loaded, self.number, day=today, first=[*first], but=but), rank)

    # ----------------------------------------------------------------------------------------------------------- results

    def results(self, connection: Connection, at: dt.datetime) -> EmployeeResults:
        """What everybody came to, with what was decided and nobody was told yet."""
        loaded = scoring.state_with_pending(connection)
        day = loaded.frame.directory.day_of(at)
        return cycles.results_as_they_stand(connection, loaded, self.cycle.opened(connection), day=day)

    def review(self, day: int, *, but: Collection[str] = ()) -> None:
        """Have every result read and signed that nobody has reviewed as it is, but some people's."""

        def work(connection: Connection) -> None:
            results = self.results(connection, self.at(day))
            due = [one for one in results.all() if one.is_graded and one.review is None and one.row.employee not in but]
            for place, one in enumerate(due):
                text = _REVIEWS[place % len(_REVIEWS)].format(name=self._name(results, one.row.employee))
                self._sign(connection, results, one, self.at(day, minutes=7 * place % _MINUTES_OF_A_DAY), text)

        self.database.writing(Deed.REVIEW, work)

    def disagree(self, employee: str, text: str, *, answer: str, day: int) -> None:
        """Have somebody's result signed by one who does not agree, and HR answer the day after."""

        def work(connection: Connection) -> None:
            results, at = self.results(connection, self.at(day)), self.at(day)
            one = results.of(employee)
            if one.review is None:
                self._sign(connection, results, one, at, text, agrees=False)
                results = self.results(connection, at)
            self._answer(connection, results, employee, answer, at=self.at(day + 1))

        self.database.writing(Deed.REVIEW, work)

    def _sign(
        self,
        connection: Connection,
        results: EmployeeResults,
        one: EmployeeResult,
        at: dt.datetime,
        text: str,
        *,
        agrees: bool = True,
    ) -> None:
        employee = one.row.employee
        asked = [*self._hr_emails()] if one.reviewers == (cycles.REVIEWED_BY_HR,) else self._emails(one.reviewers)
        viewers = (person(connection, email, at) for email in asked)
        by = next((each for each in viewers if results.obstacle(each, employee) is None), None)
        if by is None:
            return
        cycles.keep_opening(connection, self.number, one, by=by, now=at)
        signed_at = at + dt.timedelta(minutes=_READ_MINUTES)
        wanted = WantedReview(digest=one.digest, agrees=agrees, text=text)
        cycles.sign_review(connection, results, employee, wanted, by=by, now=signed_at)
        after = {"cycle": self.number, "review": "agrees" if agrees else "disagrees"}
        note(connection, Deed.REVIEW, [(by, signed_at, f"employee:{employee}", after)])

    def _answer(
        self, connection: Connection, results: EmployeeResults, employee: str, text: str, *, at: dt.datetime
    ) -> None:
        one = results.of(employee)
        if one.review is None or one.review.agrees:
            return
        viewers = [person(connection, email, at) for email in self._hr_emails()]
        by = next((each for each in viewers if results.answer_obstacle(each, one) is None), None)
        if by is not None and cycles.answer_review(connection, results, employee, text, by=by, now=at):
            after = {"cycle": self.number, "review": "answered"}
            note(connection, Deed.REVIEW, [(by, at, f"employee:{employee}", after)])

    def tell_by_hand(self, day: int) -> None:
        """HR writes down that those who have no account were told by letter."""

        def work(connection: Connection) -> None:
            at, opened = self.at(day), self.cycle.opened(connection)
            loaded = scoring.state(connection)
            hr, on = person(connection, self.cycle.emails["hr"], at), loaded.frame.directory.day_of(at)
            for number, to in cascade.told_to(connection, self.number).items():
                if cycles.told_on(to, loaded) is None:
                    how = "By letter."
                    cycles.tell_by_hand(connection, opened, number, on=on, how=how, by=hr.label, now=at)
                    after = {"cycle": self.number, "told_on": on.isoformat(), "how": how}
                    note(connection, Deed.TELL_BY_HAND, [(hr, at, f"employee:{number}", after)])

        self.database.writing(Deed.TELL_BY_HAND, work)

    # -------------------------------------------------------------------------------------------------------- objections

    def cases(self, connection: Connection, at: dt.datetime) -> Hearings:
        """Who hears what, on a day."""
        loaded = scoring.state(connection)
        return Hearings(connection, loaded, self.cycle.opened(connection), day=loaded.frame.directory.day_of(at))

    def case(self, text: str, *, day: int) -> Case | None:
        """The objection with a text, as it stands on a day."""
        with self.database.read() as connection:
            return _with_text(self.cases(connection, self.at(day)).cases(), text)

    def object_to(self, employee: str, wish: Objecting, *, day: int) -> None:
        """Somebody objects to what they were told."""

        def work(connection: Connection) -> None:
            at = self.at(day)
            objecting.hold(connection)
            hearings = self.cases(connection, at)
            if _with_text(hearings.cases(), wish.text) is not None:
                return
            by, node = person(connection, self.cycle.by_number[employee], at), Node(NodeKind.EMPLOYEE, employee)
            loaded = scoring.state(connection)
            number = objecting.keep_objection(
                connection,
                ObjectionWish(employee, wish.about, wish.kpi, wish.text, by.today),
                cycle=self.number,
                round_=hearings.opened.round,
                until=cycles.last_day_of_window(cascade.told_to(connection, self.number, employee)[employee], loaded),
                waiting=0,
                kpis={one.row.kpi for one in hearings.plan.lines.get(node, ())},
                by=by,
                now=at,
            )
            after = {"cycle": self.number, "objection": number, "about": wish.about.value, "kpi": wish.kpi}
            note(connection, Deed.OBJECT, [(by, at, str(node), after)])
            case = hearings.found(number)
            if case is not None:
                self._mail(connection, case, by, at)

        self.database.writing(Deed.OBJECT, work)

    def answer(self, text: str, answer: str, *, granted: bool, day: int) -> None:
        """Whoever confirms the result answers an objection."""

        def work(connection: Connection) -> None:
            at = self.at(day)
            case = self._case_in_state(connection, text, at, ObjectionState.OPEN)
            if case is not None:
                by_hr = case.confirmers == (objecting.BY_HR,)
                asked = self._hr_emails() if by_hr else self._emails(case.confirmers)
                viewers = [person(connection, email, at) for email in asked]
                by = next(one for one in viewers if objecting.obstacle_to_answering(case, one) is None)
                objecting.answer(connection, case, granted=granted, text=answer, by=by, now=at)
                self._done(connection, case, "answer", by, at, granted=granted)

        self.database.writing(Deed.OBJECT, work)

    def appeal(self, text: str, appeal: str, *, day: int) -> None:
        """Whoever objects goes on to the committee."""

        def work(connection: Connection) -> None:
            at = self.at(day)
            case = self._case_in_state(connection, text, at, ObjectionState.ANSWERED)
            if case is not None:
                by = person(connection, self.cycle.by_number[case.objection.employee], at)
                objecting.appeal(connection, case, text=appeal, by=by, now=at)
                self._done(connection, case, "appeal", by, at)

        self.database.writing(Deed.OBJECT, work)

    def vote(self, text: str, votes: Iterable[Vote], *, day: int) -> None:
        """One member of the committee after the other votes, until it is decided."""
        for place, wanted in enumerate(votes):

            def work(connection: Connection, place: int = place, wanted: Vote = wanted) -> None:
                at = self.at(day, minutes=45 * place)
                case = self._case_in_state(connection, text, at, ObjectionState.APPEALED)
                if case is not None and len(case.objection.votes) == place:
                    member = min(case.to_vote)
                    email = member if "@" in member else self.cycle.by_number[member]
                    by = person(connection, email, at)
                    objecting.vote(connection, case, wanted, by=by, now=at)
                    self._done(connection, case, "vote", by, at, grant=wanted.grant)

            self.database.writing(Deed.OBJECT, work)

    def _case_in_state(self, connection: Connection, text: str, at: dt.datetime, state: ObjectionState) -> Case | None:
        """An objection to be acted on, if it is so far: nobody else does in the meantime."""
        objecting.hold(connection)
        case = _with_text(self.cases(connection, at).cases(), text)
        return case if case is not None and case.state is state else None

    def _done(self, connection: Connection, case: Case, done: str, by: Viewer, at: dt.datetime, **more: object) -> None:
        after = self.cases(connection, at).found(case.id)
        if after is None:
            return
        told = {"objection": case.id, "state": after.state.value, "done": done, **more}
        note(connection, Deed.OBJECT, [(by, at, f"employee:{case.objection.employee}", told)])
        if after.state is not case.state:
            self._mail(connection, after, by, at)

    def _mail(self, connection: Connection, case: Case, by: Viewer, at: dt.datetime) -> None:
        directory = organisation.directory(connection)
        cycles.post_objection_mails(connection, directory, case, but=by.label, now=at)

    # --------------------------------------------------------------------------------------------------------------- pay

    def export(self, run: int, reason: str, *, day: int) -> None:
        """Payroll takes the file of a run."""

        def work(connection: Connection) -> None:
            kept, at = paying.run_numbered(connection, self.number, run), self.at(day)
            if kept is None or run in paying.exported_runs(connection, self.number):
                return
            by = person(connection, self.holder(connection, CycleFunction.PAYROLL), at)
            content = exports.pay_run_file(connection, self.number, kept, format_="xlsx")
            paying.keep_export(
                connection,
                self.number,
                run,
                at=at,
                account=by.label,
                format_="xlsx",
                reason=reason,
                sha256=hashlib.sha256(content).hexdigest(),
            )
            subject, after = f"cycle:{self.number}", {"pay_run": run, "format": "xlsx"}
            access.record_deed(
                connection, who=by.label, deed=Deed.HAND_OUT_PAY_RUN, at=at, subject=subject, after=after, why=reason
            )

        self.database.writing(Deed.HAND_OUT_PAY_RUN, work)

    def paid(self, reason: str, *, day: int) -> None:
        """Payroll says when the money went out, and an approver agrees."""
        with self.database.read() as connection:
            payroll = self.holder(connection, CycleFunction.PAYROLL)
        content = {"to": Stage.PAID.value, "paid_on": self.cycle.year.day(day).isoformat()}
        self.decide(cycles.STAGE, content, reason, by=payroll, to=self.cycle.checker_of(cycles.STAGE), day=day)

    # ------------------------------------------------------------------------------------------------------------ people

    def holder(self, connection: Connection, function: CycleFunction, place: int = 0) -> str:
        """The e-mail of somebody to whom a function of the cycle was given."""
        given = access.functions_given(connection, self.number)
        some = [one.employee for one in given if one.function is function and one.employee is not None]
        return self.cycle.by_number[some[place]]

    def _hr_emails(self) -> list[str]:
        return [self.cycle.emails[name] for name in _HR]

    def _emails(self, numbers: Iterable[str]) -> list[str]:
        return [self.cycle.by_number[one] for one in numbers if one in self.cycle.by_number]

    def _name(self, results: EmployeeResults, employee: str) -> str:
        return results.plan.frame.directory.employees[employee].name


def _with_text(cases: Iterable[Case], text: str) -> Case | None:
    return next((one for one in cases if one.objection.text == text), None)
