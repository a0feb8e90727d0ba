"""How the demonstration agency's cycle before was brought to its end: reviewed, told, objected to, locked and paid, and opened once more for one person.

It follows while people look at the rest already, and goes on where it was stopped. Of each thing that happens to people there is one: a review that
does not agree, a move that lapses, an objection that is granted and lets somebody else keep a grade, one that is refused, one that a committee hears,
and a court.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

from app import access, organisation, scoring
from app import cycle as cycles
from app.cli.calibrating import MENDED, calibrate_content, groups_of_neither, mending_moves, with_facts
from app.cli.closing import Closing, Objecting
from app.cli.first_cycle import CycleYear, FirstCycle
from app.cli.hands import person
from app.cli.raising import LineRaised, Raised
from app.decisions import Answered, DecisionKind
from app.kit.database import Database
from app.objecting import Vote
from app.rules.line_decisions import LineDecisionKind
from app.rules.moves import WantedMove
from app.rules.objections import ObjectionAbout
from app.rules.stages import BEFORE_THE_CUT, Stage
from app.rules.terms import CycleFunction, Node, NodeKind

__all__ = ["LASTS_DAYS", "STEPS", "ToClose", "close_cycle", "former_to_close"]

LASTS_DAYS: Final = 136
"""So many days after it was certified the last of it is done."""

_COMMITTEE: Final = 7
_GRADE: Final = "A"
"""What the ministry gave the agency."""
_POOL_SHARE: Final = Fraction(95, 100)
_MILLION: Final = 1_000_000
_HUNDRED: Final = 100

_GRANTED: Final = "Two of my reports of March are counted as late. They were handed in on the day: I have the receipts."
_REFUSED: Final = "The office had one person fewer from June on. The result should be read with that."
_HEARD: Final = "I took over the fair of a colleague who left, and nothing of it stands in my result."

_FOUND_BY_HEAD: Final = "Receipts that the head of the office found: the reports were in time."
_FOUND_BY_OBJECTION: Final = "The objection is right: the receipts are of the days on which the reports were due."
_FOUND_BY_COURT: Final = "The court has ruled that what was sent by courier counts from the day of the stamp."
_REOPENED: Final = "The administrative court has ruled for one member of the staff: that result is to be made anew."


class ToClose(NamedTuple):
    """A certified cycle that is still to be brought to its end.

    Attributes:
        year: the cycle, its days counted from the one on which it was certified.
        from_: when the last of it can have happened: nothing is written down before.
    """

    year: CycleYear
    from_: dt.datetime

    @property
    def waits(self) -> str | None:
        """Why nothing of it is done yet, in words; None where it can be."""
        if self.from_ <= self.year.now:
            return None
        return (
            f"The cycle before, {self.year.cycle}, was certified on {self.year.day(0)} and stays as it is: what comes after takes {LASTS_DAYS} days, and "
            f"nothing is written down before it can have happened. Run it again after {self.year.day(LASTS_DAYS)}, and it is reviewed, told, heard, locked and paid."
        )


def former_to_close(database: Database, *, now: dt.datetime) -> ToClose | None:
    """The certified cycle that is still to be brought to its end; None for none."""
    with database.read() as connection:
        loaded = scoring.state(connection)
        for opened in cycles.opened_cycles(connection):
            if opened.stage in BEFORE_THE_CUT or (opened.stage is Stage.PAID and opened.round > 1):
                continue
            begun = cycles.stages_begun(connection, opened.cycle)
            at = next(one.at for one in begun if one.stage is Stage.CERTIFIED)
            period, day = loaded.plan(opened.cycle).period, loaded.frame.directory.day_of(at)
            if period.from_ is None or period.to is None:
                continue
            year = CycleYear(cycle=opened.cycle, first=period.from_, after=period.to, now=now, begun=day)
            return ToClose(year, at + dt.timedelta(days=LASTS_DAYS))
    return None


def close_cycle(
    database: Database,
    *,
    emails: Mapping[str, str],
    year: CycleYear,
    said: Callable[[int], object] = lambda _done: None,
) -> None:
    """Bring a certified cycle to its end, and open it once more.

    Args:
        database: with the cycle in it.
        emails: of ``employee``, ``hr``, ``second_hr`` and ``executive``.
        year: the cycle, as :func:`former_to_close` says, once nothing waits any more.
        said: is told of each step.
    """
    close = _FormerClose(Closing(FirstCycle(database, year, emails)))
    for step in STEPS:
        step(close)
        said(1)


def _by_lapsing(tried: Raised) -> int | None:
    """A move is to lapse."""
    return 0 if tried.lapses else None


def _by_holding(tried: Raised) -> int:
    """Somebody is to keep a grade, and rather no move to lapse."""
    return 2 * (not tried.holds) + bool(tried.lapses)


class _FormerClose:
    """What happens, in its order; each step goes on where it was stopped, and does nothing where it was done."""

    def __init__(self, closing: Closing) -> None:
        self._do: Final = closing
        self._cycle: Final = closing.cycle
        self._hr: Final = closing.cycle.emails["hr"]
        self._executive: Final = closing.cycle.emails["executive"]

    # ---- certified

    def name_committee(self) -> None:
        """HR names those who would hear objections: people of headquarters whom the cycle does not grade."""
        appointed: list[str] = []
        for place in range(_COMMITTEE):
            content = functools.partial(self._appointment, tuple(appointed))
            reason = f"Member {place + 1} of those who hear objections of {self._do.number}; agreed on with whom it is."
            self._do.decide(cycles.APPOINT, content, reason, by=self._hr, to=self._executive, day=2, minutes=10 * place)
            made = self._do.decided(cycles.APPOINT.code, reason)
            appointed += [made.content["person"]] if made is not None else []

    def _appointment(self, appointed: Collection[str]) -> Mapping[str, Any]:
        with self._cycle.database.read() as connection:
            results = self._do.results(connection, self._do.at(2))
            graded = [one.row.employee for one in results.all() if one.is_graded]
            holding = [one.employee for one in access.functions_given(connection, self._do.number)]
            taken = {self._cycle.by_number[one] for one in (*graded, *holding) if one in self._cycle.by_number}
            whom = self._cycle.member(organisation.directory(connection), "PLAN", "ADMIN", but={*taken, *appointed})
        return {
            "person": whom,
            "function": CycleFunction.OBJECTIONS.value,
            "from": self._cycle.year.day(2).isoformat(),
            "to": (self._cycle.year.after + dt.timedelta(days=365)).isoformat(),
        }

    def review(self) -> None:
        """Heads read and sign what their people came to; one does not agree, and is right: a line is put right, by which a calibrated grade lapses."""
        if self._override(_FOUND_BY_HEAD) is None:
            wanted = self._do.best(10, _by_lapsing)
            self._do.review(8, but=[] if wanted is None else [wanted.node.code])
            if wanted is not None:
                self._do.disagree(
                    wanted.node.code,
                    "I do not agree: two reports were handed in on time, and are counted as late. I have the receipts.",
                    answer="We have seen the receipts. The line is put right before anybody is told.",
                    day=8,
                )
        self._put_right(lambda: self._do.best(10, _by_lapsing), _FOUND_BY_HEAD, cause="late_receipts", day=10)
        self._let_lapse(11)

    def _let_lapse(self, day: int) -> None:
        """What the calibrators moved was moved on another proposal: they look at it again, and let the proposal stand."""
        with self._cycle.database.read() as connection:
            results = self._do.results(connection, self._do.at(day))
            given = [one.given for one in results.all() if one.given is not None]
            lapsed = sorted({one.move.decision for one in given if one.lapsed})
            first, second = (self._do.holder(connection, CycleFunction.CALIBRATOR, place) for place in (0, 1))
        for number in lapsed:
            on = self._cycle.year.day(day).isoformat()
            reason = f"By {on} another grade is proposed than when we decided {number}: we let the proposal stand."
            self._do.decide(cycles.LET_LAPSE, {"move": number}, reason, by=first, to=second, day=day)

    def tell(self) -> None:
        """Everybody is told."""
        self._tell("Every result has been read by who answers for it.", day=14)

    # ---- notified

    def object_to_results(self) -> None:
        """Three people object; of two the objection is refused, and one of these goes on to the committee."""
        if self._do.case(_GRANTED, day=17) is None:
            first = [self._employee()]
            wanted = self._do.best(17, _by_holding, first=first)
            if wanted is not None:
                about = Objecting(ObjectionAbout.FIGURE, wanted.kpi, _GRANTED)
                self._do.object_to(wanted.node.code, about, day=17)
        for place, text in enumerate((_REFUSED, _HEARD)):
            if self._do.case(text, day=17) is None:
                self._do.object_to(self._objector(), Objecting(ObjectionAbout.GRADE, None, text), day=17 + place)

    def answer(self) -> None:
        """The heads above answer, each with a reason."""
        for text, granted, answer in (
            (_GRANTED, True, "The receipts were looked at: both reports were in time."),
            (
                _REFUSED,
                False,
                "That is so of four offices. The targets were lowered for it in July, by the same part for all.",
            ),
            (_HEARD, False, "The fair is in the result of the one who prepared it. Nobody's deals count twice."),
        ):
            self._do.answer(text, answer, granted=granted, day=21)
        self._do.appeal(_HEARD, "The colleague left in April. The deals were made in May, by me.", day=23)

    def hear(self) -> None:
        """The committee votes: no by three of seven would not do, by four it does."""
        votes = (
            (False, "The register names the colleague, and nobody has asked for a handover."),
            (True, "Whoever stood at the stand made the deals."),
            (False, "The deals were agreed on before April."),
            (False, "By the criteria a deal belongs to who has entered it."),
            (True, "The customers name the objector."),
            (False, "I have read the register and the mails: the deals were the colleague's."),
        )
        self._do.vote(_HEARD, [Vote(grant, text) for grant, text in votes], day=25)

    def put_right(self) -> None:
        """What was granted takes effect, and whom it concerns is told once more."""
        case = self._do.case(_GRANTED, day=26)
        if case is not None:
            node = Node(NodeKind.EMPLOYEE, case.objection.employee)

            def wanted() -> LineRaised | None:
                return self._do.best(26, lambda one: 0 if one.line.node == node else None, first=[node.code])

            answers = Answered(case.id, node)
            self._put_right(wanted, _FOUND_BY_OBJECTION, cause="objection", day=26, answers=answers)
            self._let_lapse(27)
            self._tell("What was granted is told to those whom it concerns.", day=30)

    def lock(self) -> None:
        """Every window is over."""
        self._decide(cycles.LOCK, {}, "Every objection has come to its end, and every window is over.", day=48)

    # ---- locked, paid

    def pay(self) -> None:
        """The ministry's result, with a pool that does not reach for all of it; then the run, its file, and the day of the money."""
        self._decide(cycles.INSTITUTION, self._ministry, "The ministry has told its result of the year.", day=54)
        self._decide(cycles.PAY_RUN, {"run": 1}, "By the results that were locked, under the ministry's pool.", day=56)
        self._do.export(1, "For the pay of the month.", day=57)
        if self._do.decided(cycles.REOPEN.code, _REOPENED) is None:
            self._do.paid("Paid with the salaries of the month.", day=60)

    def reopen(self) -> None:
        """A court has ruled for one of the staff."""

        def content() -> Mapping[str, Any] | None:
            but = [] if (case := self._do.case(_GRANTED, day=26)) is None else [case.objection.employee]
            wanted = self._do.best(100, lambda one: len(one.lapses), but=but)
            return None if wanted is None else {"nodes": [str(wanted.node)], "because": "court"}

        self._decide(cycles.REOPEN, content, _REOPENED, day=100)
        made = self._do.decided(cycles.REOPEN.code, _REOPENED)
        if made is not None:
            node = Node.known(made.content["nodes"][0])
            self._put_right(
                lambda: self._do.best(102, lambda one: 0 if one.line.node == node else None, first=[node.code]),
                _FOUND_BY_COURT,
                cause="court_ruling",
                day=102,
            )
            self._let_lapse(103)
            self._tell("By the court's ruling one result is another.", day=106)

    def lock_again(self) -> None:
        """The one who was told has had the time to object."""
        if self._do.decided(cycles.REOPEN.code, _REOPENED) is not None:
            self._decide(cycles.LOCK, {}, "The window of the one whom the court named is over.", day=124)

    def pay_again(self) -> None:
        """The ministry adds to the pool, and one is paid the difference."""
        made = self._do.decided(cycles.REOPEN.code, _REOPENED)
        if made is None:
            return
        node = Node.known(made.content["nodes"][0])
        more = "The ministry has raised the pool, for what the court's ruling may cost at most."
        self._decide(cycles.INSTITUTION, lambda: self._more(node), more, day=126)
        self._decide(cycles.PAY_RUN, {"run": 2}, "What the second round comes to beside what was paid.", day=128)
        self._do.export(2, "The difference of one person, for the pay of the month.", day=129)
        self._do.paid("The difference was paid with the salaries of the month.", day=132)

    # ---- what they are made of

    def _decide(
        self,
        kind: DecisionKind,
        content: Mapping[str, Any] | Callable[[], Mapping[str, Any] | None],
        reason: str,
        *,
        day: int,
        answers: Answered | None = None,
    ) -> None:
        to = self._cycle.checker_of(kind)
        self._do.decide(kind, content, reason, by=self._hr, to=to, day=day, answers=answers)

    def _tell(self, reason: str, *, day: int) -> None:
        self._mend(day - 2)
        self._do.review(day - 1)
        self._decide(cycles.NOTIFY, {}, reason, day=day)
        self._do.tell_by_hand(day + 1)

    def _mend(self, day: int) -> None:
        """Where the grades break a rule as they stand, calibrators move those who are nearest to the grade that is asked for; one rule after the other."""
        with self._cycle.database.read() as connection:
            first, second = (self._do.holder(connection, CycleFunction.CALIBRATOR, place) for place in (0, 1))
        stood_on = self._cycle.year.day(day)
        for rule, broken in MENDED.items():

            def content(rule: str = rule) -> Mapping[str, Any] | None:
                moves = self._mending(self._do.at(day), (first, second), rule)
                return calibrate_content(moves) if moves else None

            reason = f"As the grades stood on {stood_on.day} {stood_on:%B %Y}, {broken}."
            self._do.decide(cycles.CALIBRATE, content, reason, by=first, to=second, day=day)

    def _mending(self, at: dt.datetime, calibrators: Collection[str], rule: str) -> list[WantedMove]:
        """The moves by which a rule holds again, of a group that neither calibrator is in."""
        with self._cycle.database.read() as connection:
            loaded = scoring.state_with_pending(connection)
            day = loaded.frame.directory.day_of(at)
            calibration = cycles.calibration_of(connection, loaded, self._do.number, NodeKind.EMPLOYEE, today=day)
            viewers = [person(connection, email, at) for email in calibrators]
            moves = mending_moves(calibration, groups_of_neither(calibration, viewers, loaded, day=day), rule)
            return with_facts(connection, loaded, calibration, moves, day=day)

    def _override(self, reason: str) -> object:
        return self._do.decided(LineDecisionKind.OVERRIDE.value, reason)

    def _put_right(
        self,
        line: Callable[[], LineRaised | None],
        reason: str,
        *,
        cause: str,
        day: int,
        answers: Answered | None = None,
    ) -> None:
        """HR puts a line right, and an approver agrees."""
        kind = next(one for one in cycles.LINE_KINDS if one.code == LineDecisionKind.OVERRIDE.value)

        def content() -> Mapping[str, Any] | None:
            wanted = line()
            if wanted is None:
                return None
            what = {"node": str(wanted.node), "kpi": wanted.kpi, "member": "actual", "value": wanted.value}
            return what | {"cause": cause}

        self._decide(kind, content, reason, day=day, answers=answers)

    def _employee(self) -> str:
        """The number of the employee who has a login."""
        email = self._cycle.emails["employee"]
        return next(number for number, one in self._cycle.by_number.items() if one == email)

    def _objector(self) -> str:
        """One of the graded staff who has not objected yet; the employee with a login rather than another."""
        with self._cycle.database.read() as connection:
            at = self._do.at(17)
            objected = {one.objection.employee for one in self._do.cases(connection, at).cases()}
            results = list(self._do.results(connection, at).all())
        heads = {number for one in results for number in one.reviewers}
        some = [one.row.employee for one in results if one.is_graded and one.row.employee in self._cycle.by_number]
        free = [one for one in some if one not in objected and one not in heads]
        employee = self._employee()
        return min(free, key=lambda one: (one != employee, one))

    def _ministry(self) -> Mapping[str, Any]:
        """The ministry's result, and what it gives: somewhat less than all would come to."""
        with self._cycle.database.read() as connection:
            loaded = scoring.state(connection)
            day = loaded.frame.directory.day_of(self._do.at(54))
            proposal = cycles.propose_employee_grades(
                connection, cycle=self._do.number, today=day, loaded=loaded
            ).proposal
            policy = loaded.plan(self._do.number).sheet.definitions.policies.pay
        whole = proposal.pay.exact_sum * Fraction(policy.institution_rates[_GRADE]) / Fraction(policy.institution_rate)
        pool = max(1, math.floor(whole * _POOL_SHARE / _MILLION)) * _MILLION
        return {"grade": _GRADE, "pool": pool, "document": f"MOTIE {self._cycle.year.after.year}-114"}

    def _more(self, node: Node) -> Mapping[str, Any]:
        """The same result with a larger pool: by what the one whom a court named earns in a month."""
        with self._cycle.database.read() as connection:
            loaded = scoring.state(connection)
            before = cycles.institution_of(connection, loaded, self._do.number)
            day = loaded.frame.directory.day_of(self._do.at(126))
            proposal = cycles.propose_employee_grades(
                connection, cycle=self._do.number, today=day, loaded=loaded
            ).proposal
        if before is None or before.pool is None:
            message = "the ministry's result is there before anybody is paid"
            raise LookupError(message)
        more = math.ceil(Fraction(proposal.candidates[node.code].monthly_base) / _MILLION) * _MILLION
        document = f"MOTIE {self._cycle.year.after.year}-131"
        return {"grade": before.grade, "pool": before.pool + more, "document": document}


STEPS: Final[tuple[Callable[[_FormerClose], None], ...]] = (
    _FormerClose.name_committee,
    _FormerClose.review,
    _FormerClose.tell,
    _FormerClose.object_to_results,
    _FormerClose.answer,
    _FormerClose.hear,
    _FormerClose.put_right,
    _FormerClose.lock,
    _FormerClose.pay,
    _FormerClose.reopen,
    _FormerClose.lock_again,
    _FormerClose.pay_again,
)
"""What :func:`close_cycle` does, and tells that it is further after each."""
