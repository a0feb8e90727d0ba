"""How the demonstration agency takes a cycle through its first stages: it is opened, its functions are given, and its scorecards are signed.

All of it by the functions that the doors call, each at its own day of the year, two people where two are asked. A thousand scorecards are signed in
one transaction: what is written is what as many signatures given one by one would write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from app import access, notices, organisation, scoring
from app import cycle as cycles
from app.access import TrailEntry, Viewer
from app.cli.hands import Hands, note, person
from app.cli.opening import who
from app.cycle import AgreedCard, OpenedCycle, Signing
from app.decisions import Decision, DecisionKind
from app.kit.database import Database
from app.organisation import Directory
from app.rules.agreement import AgreementState, SignedAs
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Node, Role
from app.scoring import State

__all__ = ["SECOND_EXECUTIVE", "CycleYear", "FirstCycle", "open_accounts", "second_executive"]

SECOND_EXECUTIVE: Final = "second_executive"
"""Who agrees with the first executive: the head of a division, whose login is not printed."""

_EXECUTIVES: Final = frozenset({Role.EXECUTIVE})

_MORNING: Final = dt.time(1, tzinfo=dt.UTC)
"""Ten o'clock in Seoul."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleYear:
    """The days of a cycle of the demonstration agency.

    Attributes:
        cycle: the year that names it.
        first: its first day.
        after: the day after its last one.
        now: when all of this is written down: nothing lies behind it.
        begun: since when people do something in it; None for its first day.
    """

    cycle: int
    first: dt.date
    after: dt.date
    now: dt.datetime
    begun: dt.date | None = None

    def at(self, days: int, *, minutes: int = 0) -> dt.datetime:
        """So many days after it was begun, in the morning."""
        return self.on(self.day(days), minutes=minutes)

    def day(self, days: int) -> dt.date:
        """So many days after it was begun."""
        return (self.begun or self.first) + dt.timedelta(days=days)

    def on(self, day: dt.date, *, minutes: int = 0) -> dt.datetime:
        """A day's morning."""
        return min(dt.datetime.combine(day, _MORNING) + dt.timedelta(minutes=minutes), self.now)

    def ago(self, days: int, *, minutes: int = 0) -> dt.datetime:
        """So many days before now."""
        return self.now - dt.timedelta(days=days) + dt.timedelta(minutes=minutes)

    @property
    def calendar(self) -> dict[str, str]:
        """The dates that people are reminded of."""
        close = (self.after - self.first).days
        days = {
            "agree_by": 31,
            "mid_year_from": 181,
            "mid_year_by": 212,
            "customs_final_on": close + 31,
            "certify_by": close + 45,
            "notify_by": close + 59,
            "lock_by": close + 90,
            "pay_by": close + 120,
        }
        return {name: (self.first + dt.timedelta(days=number)).isoformat() for name, number in days.items()}


def open_accounts(database: Database, *, since: dt.date, until: dt.date) -> None:
    """Have everybody in service invited, who joins in the month after: an account signs, no number does."""
    for day in (since, *_first_days(since, until)):
        at = dt.datetime.combine(day, _MORNING)

        def work(connection: Connection, at: dt.datetime = at, day: dt.date = day) -> None:
            entries: list[TrailEntry] = []

            def told(**row: Any) -> None:
                entries.append(TrailEntry(who(), Deed.KEEP_ACCOUNTS, at, **row))

            directory = organisation.directory(connection)
            keeper = notices.Keeper(command=who(), at=at, note=told)
            notices.invite(connection, directory, keeper=keeper, unit=None, day=day)
            access.record_deeds(connection, entries)

        database.writing(Deed.KEEP_ACCOUNTS, work)


def second_executive(database: Database, *, on: dt.date, taken: Collection[str]) -> str:
    """Have the head of a division, or of another unit, be an executive beside the first one; returns the e-mail.

    Args:
        database: with the agency in it.
        on: when.
        taken: e-mails of accounts that there are.
    """
    at = dt.datetime.combine(on, _MORNING)

    def work(connection: Connection) -> str:
        directory = organisation.directory(connection)
        day = directory.day_of(at)
        people = (
            directory.employees[number]
            for unit in sorted(directory.tree.units, key=lambda code: (_kind(directory, code, day), code))
            for number in directory.heads_of(unit, day)
        )
        email, number = next(
            (one.email, one.number) for one in people if one.email and one.email not in taken and one.left_on is None
        )
        roles = (Role.EMPLOYEE, Role.EXECUTIVE)
        access.invite_account(connection, email=email, employee=number, now=at, roles=roles)
        after = {"roles": [str(one) for one in roles], "employee": number, "invited": True}
        access.record_deed(
            connection, who=who(), deed=Deed.KEEP_ACCOUNTS, at=at, subject=f"account:{email}", after=after
        )
        return email

    return database.writing(Deed.KEEP_ACCOUNTS, work)


def _first_days(since: dt.date, until: dt.date) -> Iterator[dt.date]:
    """The first day of every month after a day, until another."""
    month = since.year * 12 + since.month
    while (first := dt.date(month // 12, month % 12 + 1, 1)) <= until:
        yield first
        month += 1


@dataclass(slots=True)
class FirstCycle:
    """A cycle of the demonstration agency, and whoever does something in it."""

    database: Database
    year: CycleYear
    emails: Mapping[str, str]
    hands: Hands = field(init=False)
    by_number: dict[str, str] = field(default_factory=dict)
    """The e-mails of those who have an account, by number."""
    viewers: dict[str, Viewer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hands = Hands(self.database)
        with self.database.read() as connection:
            kept = access.every_account(connection)
            self.by_number = {one.employee: one.email for one in kept if one.employee is not None}

    def decide(
        self, kind: DecisionKind, content: Mapping[str, Any], reason: str, *, by: str, to: str, at: dt.datetime
    ) -> Decision:
        """Have one person propose and another agree, some hours later."""
        cycle = self.year.cycle
        made = self.hands.propose(kind, content, reason, by=by, at=at, cycle=cycle)
        return self.hands.agree(kind, made, by=to, at=min(at + dt.timedelta(hours=4), self.year.now))

    def opened(self, connection: Connection) -> OpenedCycle:
        """The cycle as it stands."""
        opened = cycles.opened_cycle(connection, self.year.cycle)
        if opened is None:
            message = f"nobody has opened cycle {self.year.cycle}"
            raise LookupError(message)
        return opened

    def person(self, connection: Connection, email: str, at: dt.datetime) -> Viewer:
        """Somebody who signs or keeps what takes no function; looked up once, for they do much."""
        if email not in self.viewers:
            self.viewers[email] = person(connection, email, at)
        return self.viewers[email]

    # ------------------------------------------------------------------------------------------------------------ opening

    def open(self) -> None:
        """HR opens it, with its calendar."""
        year, at = self.year, self.year.at(4)

        def work(connection: Connection) -> None:
            hr = person(connection, self.emails["hr"], at)
            made = cycles.open_cycle(connection, year.cycle, calendar=year.calendar, by=hr.label, now=at)
            after = {"stage": made.stage.value, "calendar": made.calendar_json}
            note(connection, Deed.KEEP_CYCLES, [(hr, at, f"cycle:{year.cycle}", after)])

        self.database.writing(Deed.KEEP_CYCLES, work)

    def appoint(self) -> None:
        """An approver, a certifier, two calibrators and payroll: proposed by HR, each agreed to by an executive."""
        with self.database.read() as connection:
            directory = organisation.directory(connection)
            certifier = self.certifier(connection)
            calibrators = self.calibrators(directory)
            goes_on = self._goes_on(connection)
            payroll = self.member(directory, "ADMIN", but=[certifier, *calibrators, *goes_on])
            approver = next(iter(goes_on), "") or self.member(
                directory, "TRADE", but=[certifier, *calibrators, payroll]
            )
        given = [(CycleFunction.APPROVER, approver), (CycleFunction.CERTIFIER, certifier)]
        given += [(CycleFunction.CALIBRATOR, one) for one in calibrators]
        given.append((CycleFunction.PAYROLL, payroll))
        for number, (function, whom) in enumerate(given):
            content = {
                "person": whom,
                "function": function.value,
                "from": self.year.day(5).isoformat(),
                "to": (self.year.after + dt.timedelta(days=365)).isoformat(),
            }
            reason = f"The cycle {self.year.cycle} needs one; agreed on with whom it is."
            at = self.year.at(5, minutes=20 * number)
            self.decide(cycles.APPOINT, content, reason, by=self.emails["hr"], to=self.emails["executive"], at=at)

    def _approver_of(self, connection: Connection, cycle: int) -> str | None:
        """Who approves in a cycle; None before anybody does."""
        given = access.functions_given(connection, cycle)
        numbers = (one.employee for one in given if one.function is CycleFunction.APPROVER)
        return next((self.by_number[one] for one in numbers if one in self.by_number), None)

    def checker_of(self, kind: DecisionKind) -> str:
        """Who agrees to what HR proposes: the executive where the kind asks for one, else who approves in the cycle.

        Raises:
            LookupError: nobody approves in it.
        """
        if not kind.checkers.isdisjoint(_EXECUTIVES):
            return self.emails["executive"]
        with self.database.read() as connection:
            approver = self._approver_of(connection, self.year.cycle)
        if approver is None:
            message = f"nobody approves in cycle {self.year.cycle}"
            raise LookupError(message)
        return approver

    def certifier(self, connection: Connection) -> str:
        """Somebody who audits or plans, and neither is of HR nor is or becomes a head; without a login of the printed ones."""
        return self.member(organisation.directory(connection), "AUDIT", "PLAN", but=self._goes_on(connection))

    def _goes_on(self, connection: Connection) -> list[str]:
        """Who approved in the cycle before, and does in this one, so that one login opens both; nobody in the first one."""
        before = self._approver_of(connection, self.year.cycle - 1)
        return [] if before is None else [before]

    def member(self, directory: Directory, *of: str, but: Collection[str] = ()) -> str:
        """Somebody rather of these units than of another, who is and becomes no head; without a login of the printed ones.

        Args:
            directory: the organisation.
            of: what the codes of the units begin with.
            but: e-mails of those who are not asked.
        """
        day, taken = self.year.day(5), {*self.emails.values(), *but}
        for unit in sorted(directory.tree.units, key=lambda code: (not code.startswith(of), code)):
            for number in directory.people_of(unit, day):
                email, stays = self.by_number.get(number), directory.employees[number].left_on is None
                if email is not None and stays and email not in taken and not directory.is_head_from(number, day):
                    return email
        message = "nobody is left to be given a function"
        raise LookupError(message)

    def calibrators(self, directory: Directory) -> list[str]:
        """Two heads of units, of divisions first."""
        day, taken = self.year.day(5), set(self.emails.values())
        heads = [
            self.by_number[number]
            for unit in sorted(directory.tree.units, key=lambda code: (_kind(directory, code, day), code))
            for number in directory.heads_of(unit, day)
            if number in self.by_number and directory.employees[number].left_on is None
        ]
        return [email for email in dict.fromkeys(heads) if email not in taken][:2]

    def go_on(self, to: Stage, *, at: dt.datetime, reason: str) -> None:
        """To the next stage: HR and the approver, who accept what may be accepted."""
        with self.database.read() as connection:
            loaded = scoring.state(connection)
            day = loaded.frame.directory.day_of(at)
            soft = [
                one.code for one in cycles.blockers_of(connection, loaded, self.year.cycle, to, day=day) if not one.hard
            ]
        content = {"to": to.value} | ({"accept": sorted(set(soft))} if soft else {})
        self.decide(cycles.STAGE, content, reason, by=self.emails["hr"], to=self.checker_of(cycles.STAGE), at=at)

    # ------------------------------------------------------------------------------------------------------------ signing

    def sign(
        self, when: Callable[[Directory, Node], dt.date | None], *, wanted: Callable[[Node, SignedAs], bool]
    ) -> None:
        """Have every scorecard signed in the parts that are wanted: by its owner on a day, by the head two days later."""

        def work(connection: Connection) -> None:
            loaded, opened = scoring.state(connection), self.opened(connection)
            # All that there are by now: who was there on which day says the signature's own.
            today = loaded.frame.directory.day_of(self.year.now)
            cards = cycles.unsigned_cards(connection, loaded, opened.cycle, day=today)
            signings = [
                one
                for number, card in enumerate(cards.values())
                for one in self._signings(connection, loaded, opened, card, when, wanted, number)
            ]
            self.write_signatures(connection, opened, sorted(signings, key=lambda one: one.at))

        self.database.writing(Deed.SIGN_SCORECARD, work)

    def _signings(
        self,
        connection: Connection,
        loaded: State,
        opened: OpenedCycle,
        card: AgreedCard,
        when: Callable[[Directory, Node], dt.date | None],
        wanted: Callable[[Node, SignedAs], bool],
        number: int,
    ) -> Iterator[Signing]:
        directory = loaded.frame.directory
        first = when(directory, card.node)
        if first is None:
            return
        taken = {one.account.removeprefix("account:") for one in card.signatures}
        for place, part in enumerate(card.missing):
            at = self.year.on(first + dt.timedelta(days=number % 9 + 2 * place), minutes=7 * number % 480)
            day = directory.day_of(at)
            asked = (one for one in cycles.due_of(loaded, opened, card, day=day) if one.signed_as is part)
            persons = next((one.persons for one in asked), ())
            email = next((one for one in self._emails(persons) if one not in taken), None)
            if email is not None and wanted(card.node, part):
                taken.add(email)
                yield Signing(card.node, card.draft_digest, part, self.person(connection, email, at), at)

    def _emails(self, persons: Sequence[str]) -> Iterator[str]:
        """The accounts of those of whom any one signs."""
        of_role = {"hr": ("hr", "second_hr"), "executive": ("executive", SECOND_EXECUTIVE)}
        for one in persons:
            if one in of_role:
                yield from (self.emails[name] for name in of_role[one])
            elif one in self.by_number:
                yield self.by_number[one]

    def write_signatures(self, connection: Connection, opened: OpenedCycle, signings: Sequence[Signing]) -> None:
        """Sign, and tell the trail of each."""
        states: list[AgreementState] = cycles.sign_drafts(connection, opened, signings)
        told = [
            (
                one.by,
                one.at,
                str(one.node),
                {"cycle": opened.cycle, "signed": one.digest, "as": one.signed_as.value, "state": state.value},
            )
            for one, state in zip(signings, states, strict=True)
        ]
        note(connection, Deed.SIGN_SCORECARD, told)


def _kind(directory: Directory, unit: str, day: dt.date) -> int:
    """Divisions first, then regional headquarters."""
    known = directory.unit_on(unit, day)
    order = ("division", "regional_hq")
    return len(order) if known is None or known.kind not in order else order.index(known.kind)
