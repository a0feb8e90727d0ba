"""What a handler works with: who asks, when, and the open transaction.

Do not reach for Flask's ``request`` or ``g``: whatever a handler needs beside its arguments is in its context, and
below the edge nobody knows a context at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from app import access, organisation, scoring
from app.access import Key, Viewer
from app.cycle import OpenedCycle
from app.kit.database import Database, deed_of
from app.kit.refusals import Conflict, NotAllowed, NotThere, PasswordFirst, Unauthenticated
from app.kit.settings import Settings
from app.organisation import Directory
from app.rules.moments import day_after
from app.rules.permissions import FIRST_PASSWORD_DEEDS, PUBLIC_DEEDS, SIGNED_IN_DEEDS, Deed, key_may, may
from app.rules.terms import CycleFunction, Node
from app.web.asked.forms import Typed
from app.web.asked.zones import ZONES, Clock

__all__ = ["Note", "RequestContext"]

Answer = TypeVar("Answer")

_SEE_PENDING: Final = frozenset({CycleFunction.APPROVER, CycleFunction.CALIBRATOR})
"""The functions by which one sees what was decided since people were told."""

_OWN_ACCOUNT_DEEDS: Final = SIGNED_IN_DEEDS | {Deed.CHOOSE_LOOK, Deed.SET_PASSWORD, Deed.KEEP_ACCOUNTS}
"""Deeds that may end the session, or change the account, of whoever does them: who asks is asked again before them, and not after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the trail says of a deed beside who and when."""

    subject: str | None = None
    before: object = None
    after: object = None
    why: str | None = None
    who: str | None = None


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """Everything that a request comes with.

    Attributes:
        database: for the few handlers that open their own transactions.
        settings: the process's.
        now: the instant of the request.
        who: the signed-in person, the program with its key, or None.
        address: where the request comes from.
        number: the request's own, which goes with what it recorded and stands in the answer's ``X-Request-Id``.
        typed: what a refused form held, for showing it again.
        pages: the names of the pages that there are, with the endpoint of each one's main address.
        deed: what is done, by the route's own word.
        notes: what the trail says of the deed.
        did_nothing: the form had been sent before, so that there is nothing for the trail to tell.
        opened_cycles: how far cycles are, each asked once; None for one that nobody has opened.
        grades: what who asks sees of a cycle's grades, each cycle asked once.
        who_now: reads anew who asks, as the transaction that writes sees it; None where nobody was let in.
    """

    database: Database
    settings: Settings
    now: dt.datetime
    who: Viewer | Key | None = None
    address: str = ""
    number: str = ""
    typed: Typed = field(default_factory=Typed)
    pages: Mapping[str, str] = field(default_factory=dict)
    deed: Deed | None = None
    notes: list[Note] = field(default_factory=list)
    did_nothing: bool = False
    opened_cycles: dict[int, OpenedCycle | None] = field(default_factory=dict)
    grades: dict[int, object] = field(default_factory=dict)
    who_now: Callable[[Connection], Viewer | Key | None] | None = None
    _connection: Connection | None = None
    _directory: Directory | None = None
    _office_zone: ZoneInfo | None = None

    @property
    def today(self) -> dt.date:
        """The agency's day, by the clock of its root unit: rights, relations, deadlines and projections go by it.

        Queries: none for a signed-in person; else at most 1 a request.
        """
        return self.directory.day_of(self.now) if self.person is None else self.person.today

    @property
    def latest_day(self) -> dt.date:
        """The latest day that has begun somewhere: offices east of the root unit are ahead of :attr:`today`, and none is more than a day ahead of UTC."""
        return self.now.astimezone(dt.UTC).date() + dt.timedelta(days=1)

    def ends_elsewhere(self, day: dt.date) -> dt.datetime | None:
        """When a day of the agency's is over, for whom that is not at midnight by the clock that they read; None for everybody else.

        Queries: those of :attr:`directory`.
        """
        after = day_after(day, 1)
        end = self.directory.begin_of(after)
        return None if end.astimezone(self.zone).replace(tzinfo=None) == dt.datetime.combine(after, dt.time()) else end

    @property
    def zone(self) -> ZoneInfo:
        """By whose clock the person reads instants: the one they chose, else the usual one."""
        chosen = None if self.person is None else self.person.timezone
        return ZoneInfo(chosen) if chosen in ZONES else self.usual_zone

    @property
    def usual_zone(self) -> ZoneInfo:
        """The time zone of the person's office, else the agency's.

        Queries: those of :attr:`directory`, once a request: a page that has let its transaction go writes many instants.
        """
        person = self.person
        if person is None or person.employee is None:
            return self.settings.timezone
        if self._office_zone is None:
            self._office_zone = self.zone_of(person.employee)
        return self._office_zone

    def zone_of(self, employee: str) -> ZoneInfo:
        """The time zone of the office that an employee is posted to; the agency's without one, and where this machine knows none of that name."""
        try:
            return ZoneInfo(self.directory.timezone_of(employee, self.today) or "")
        except (ZoneInfoNotFoundError, ValueError):
            return self.settings.timezone

    @property
    def clock(self) -> Clock:
        """What the form of an instant hangs on."""
        return Clock(self.zone, self.now.astimezone(self.zone).year)

    @property
    def connection(self) -> Connection:
        """The request's transaction: one that cannot write for a read, one that will be committed for an act."""
        if self._connection is None:
            message = "this route declared transaction=False: it opens its own"
            raise RuntimeError(message)
        return self._connection

    @property
    def viewer(self) -> Viewer:
        """The signed-in person.

        Raises:
            Unauthenticated: a program asks, or nobody.
        """
        if not isinstance(self.who, Viewer):
            raise Unauthenticated
        return self.who

    @property
    def person(self) -> Viewer | None:
        """The signed-in person, or None."""
        return self.who if isinstance(self.who, Viewer) else None

    @property
    def key(self) -> Key | None:
        """The key that a program showed, or None."""
        return self.who if isinstance(self.who, Key) else None

    @property
    def must_change_password(self) -> bool:
        """Whether the person signed in with a password that opens nothing but its change."""
        return isinstance(self.who, Viewer) and self.who.must_change_password

    @property
    def label(self) -> str:
        """Who asks, as the trail and the rejected events write it: ``account:EMAIL``, ``key:NAME`` or ``nobody``."""
        return self.who.label if self.who is not None else "nobody"

    @property
    def directory(self) -> Directory:
        """The organisation as it was loaded last.

        Queries: at most 1 a request.
        """
        if self._directory is None:
            if self._connection is None:
                # The page of a deed that has closed its own transaction is drawn by what stands now.
                with self.database.read() as connection:
                    return organisation.directory(connection)
            self._directory = organisation.directory(self.connection)
        return self._directory

    def use(self, directory: Directory) -> None:
        """Take the organisation that was read in this transaction already, so that it is not asked for again."""
        self._directory = directory

    def opened(self, connection: Connection) -> RequestContext:
        """Take an open transaction; whatever was read in another one is put away."""
        self._connection = connection
        self._directory = None
        self._office_zone = None
        self.notes = []
        self.did_nothing = False
        return self

    def limit_to_told(self, *, if_writing: bool = False) -> None:
        """Let who asks read what people were told last of their results, but where they see what is pending.

        HR and auditors see it everywhere, approvers and calibrators in their cycles. What is written is worked out by what stands now, whoever does it.

        Args:
            if_writing: also in a transaction that writes: nothing but that something was asked for.
        """
        person = self.person
        if deed_of(self.connection) is not None and not if_writing:
            return
        if person is not None and may(person.roles, Deed.SEE_GRADE, ()):
            return
        functions = () if person is None else person.functions
        sees = {one.cycle for one in functions if one.function in _SEE_PENDING}
        scoring.limit_to_told(self.connection, sees_pending=sees)

    def sees_pending(self, cycle: int) -> bool:
        """Whether who is signed in sees what was decided of a cycle's results since people were told, whoever's it is."""
        if may(self.viewer.roles, Deed.SEE_GRADE, ()):
            return True
        return any(one.cycle == cycle and one.function in _SEE_PENDING for one in self.viewer.functions)

    def closed(self) -> None:
        """Let the transaction go."""
        self._connection = None

    def allowed(self, deed: Deed, node: Node | None = None) -> bool:
        """Whether who asks may do the deed: to the node, or, without one, to anything at all."""
        if deed in PUBLIC_DEEDS:
            return True
        if self.must_change_password and deed not in FIRST_PASSWORD_DEEDS:
            return False
        if isinstance(self.who, Key):
            return key_may(self.who.scope, deed)
        if self.who is None:
            return False
        if may(self.who.roles, deed, ()) or deed in SIGNED_IN_DEEDS:
            return True
        if access.opens_of_a_cycle(lambda: self.directory, viewer=self.who, deed=deed, node=node, day=self.today):
            return True
        if node is None:
            return access.may_at_all(lambda: self.directory, viewer=self.who, deed=deed, day=self.today)
        standing = access.standing(self.directory, viewer=self.who, deed=deed, node=node, day=self.today)
        if may(self.who.roles, deed, standing):
            return True
        return deed is Deed.SIGN_SCORECARD and any(
            may(one.roles, deed, access.standing(self.directory, viewer=one, deed=deed, node=node, day=self.today))
            for one in access.stood_in_for(self.who, deed)
        )

    def allowed_of_everybody(self, deed: Deed) -> bool:
        """Whether who asks may do the deed to whomever it is about: not to themself alone, nor to their own line."""
        if self.who is None or (self.must_change_password and deed not in FIRST_PASSWORD_DEEDS):
            return False
        return key_may(self.who.scope, deed) if isinstance(self.who, Key) else may(self.who.roles, deed, ())

    def require(self, deed: Deed, node: Node | None = None) -> None:
        """Go on only where the deed is allowed.

        Raises:
            Unauthenticated: nobody is signed in.
            PasswordFirst: the person has to change a first password before anything else.
            NotAllowed: the key is of another scope.
            NotThere: the person may not, which looks as if it were not there.
        """
        if self.allowed(deed, node):
            return
        if self.who is None:
            raise Unauthenticated
        if isinstance(self.who, Key):
            raise NotAllowed
        if self.must_change_password:
            raise PasswordFirst
        raise NotThere

    def sees(self, deed: Deed) -> Callable[[Node], bool]:
        """A test for many nodes: whether who asks may do the deed to each."""
        if isinstance(self.who, Viewer):
            return access.sees(self.directory, viewer=self.who, deed=deed, day=self.today)
        allowed = self.allowed(deed)
        return lambda _node: allowed

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction of a handler's own that reads; the organisation, and what one may see of it, are read in it."""
        with self.database.read() as connection:
            self.opened(connection).limit_to_told()
            try:
                yield connection
            finally:
                self.closed()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of a handler's own that writes for the route's deed; what is noted within goes to the trail with it, or not at all."""
        self._refuse_second()
        with self.database.write(self._deed) as connection:
            self.notes = []
            with self.in_force(connection):
                yield connection
            self.write_trail(connection)

    def writing(self, work: Callable[[Connection], Answer]) -> Answer:
        """As :meth:`write`, for work that may be done again where another transaction was in its way; what it asks of this context is read in it."""
        self._refuse_second()

        def noted(connection: Connection) -> Answer:
            self.opened(connection)
            with self.in_force(connection):
                answer = work(connection)
            self.write_trail(connection)
            return answer

        try:
            return self.database.writing(self._deed, noted)
        finally:
            self.closed()

    def _refuse_second(self) -> None:
        """What is done in two writing transactions may be done by half."""
        if self._connection is not None and deed_of(self._connection) is not None:
            message = "this request has its transaction: work in that one"
            raise RuntimeError(message)

    @contextmanager
    def in_force(self, connection: Connection) -> Iterator[None]:
        """Do within it what is written by the rights that let the request in: they may end while it waits for another writer.

        Asked at the end, when all locks are held that are waited for; of what may end one's own session, at the beginning. Whoever keeps
        accounts takes their lock before: another administrator may be taking this one's right.

        Raises:
            Unauthenticated: the session, the account or the key has ended meanwhile.
            Conflict: they have other rights now than those that the work went by.

        Queries: 1, and 1 for the lock; none where nobody was let in.
        """
        if self._deed is Deed.KEEP_ACCOUNTS:
            access.hold_accounts(connection)
        if self._deed in _OWN_ACCOUNT_DEEDS:
            self._ask_again(connection)
            yield
        else:
            yield
            self._ask_again(connection)

    def _ask_again(self, connection: Connection) -> None:
        if self.who is None or self.who_now is None or self._deed is Deed.SIGN_IN:
            return
        who = self.who_now(connection)
        if who is None:
            raise Unauthenticated
        if _rights_of(who) != _rights_of(self.who):
            raise Conflict

    @property
    def _deed(self) -> Deed:
        if self.deed is None:
            message = "a context without a route has no deed to write for"
            raise RuntimeError(message)
        return self.deed

    def write_trail(self, connection: Connection) -> None:
        """A row of the trail for each note, in the transaction that did what they tell of: the only recorder that requests have."""
        for note in self.notes:
            access.record_deed(
                connection,
                who=note.who or self.label,
                deed=self._deed,
                at=self.now,
                subject=note.subject,
                before=note.before,
                after=note.after,
                why=note.why,
            )
        self.notes = []

    def note(
        self,
        *,
        subject: str | None = None,
        before: object = None,
        after: object = None,
        why: str | None = None,
        who: str | None = None,
    ) -> None:
        """Add to the trail's row what the deed was about; several notes make several rows.

        Args:
            subject: what was acted on, where it is not the node of the address.
            before: what stood there.
            after: what stands there now.
            why: the reason that the person gave.
            who: whose deed it is, where nobody was signed in when the request came.
        """
        self.notes.append(Note(subject=subject, before=before, after=after, why=why, who=who))


def _rights_of(who: Viewer | Key) -> tuple[object, ...]:
    """What of who asks decides about a deed, beside the postings, which the work itself reads."""
    return (
        (who,)
        if isinstance(who, Key)
        else (who.roles, who.employee, who.must_change_password, who.stands_in, who.functions)
    )
