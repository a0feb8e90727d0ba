"""Rights that somebody keeps, accounts, keys and hooks: each deed with all that must follow it, whichever door it comes through.

A row of the trail goes to the caller's recorder, and of what reaches far every auditor hears, in the transaction of the deed.
Do not change an account through :mod:`app.access` beside it: nobody would hear. The accounts that a demonstration begins with are made
before there is an auditor.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from app import access
from app.access import Account, FirstPassword, NewAccount, Viewer
from app.kit.refusals import Invalid, NotThere, at_field
from app.notices.notices import tell_auditors
from app.organisation import Directory, Employee
from app.plain.findings import Finding, Place, n_
from app.rules.permissions import Deed, Scope, relations_that_allow
from app.rules.terms import Period, Role

__all__ = [
    "Keeper",
    "OwnPowers",
    "change_account",
    "end_sessions",
    "give_first_password",
    "invitable",
    "invite",
    "make_account",
    "make_hook",
    "make_key",
    "open_or_close_account",
    "refuse_own_powers",
    "tell_refused",
]


FEED_OF_HR: Final = n_(
    "Whoever has the role HR makes no key of a feed, since HR agrees to what it brings: ask another administrator to do it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Who keeps rights, when, and where a deed's row of the trail goes.

    Attributes:
        viewer: who is signed in; None for a command, which is run by no account.
        command: the label of who runs it.
        at: when.
        note: the recorder of a row: ``note(subject=, before=, after=, why=)``.
    """

    viewer: Viewer | None = None
    command: str = ""
    at: dt.datetime
    note: Callable[..., None]

    @property
    def name(self) -> str:
        """What auditors hear of who it is: the e-mail of an account, the label of a command."""
        return self.command if self.viewer is None else self.viewer.email

    def first_until(self) -> dt.datetime | None:
        """Until when a first password that is given now works, for nothing but its change; None for one of a command: until it is changed."""
        return None if self.viewer is None else self.at + access.FIRST_PASSWORD_LIFE


class OwnPowers(Invalid):
    """Somebody would give themself a power. Nothing is done; that it was tried is told once this transaction is given up: :func:`tell_refused`."""

    def __init__(self, finding: Finding, *, email: str, roles: Collection[Role], employee: str | None) -> None:
        """Take the reason, and what was wanted."""
        super().__init__(replace(finding, place=Place(field="role")))
        self.email = email
        self.wanted = {"refused": {"roles": sorted(roles), "employee": employee}}


def make_account(
    connection: Connection,
    directory: Directory,
    *,
    keeper: Keeper,
    email: str,
    roles: Collection[Role],
    employee: str | None,
    first: FirstPassword,
) -> NewAccount:
    """Make an account with a first password, which opens nothing but its change unless a command makes it.

    Args:
        connection: a writing transaction.
        directory: the organisation.
        keeper: who does it.
        email: what is signed in with.
        roles: one or several.
        employee: the number of the employee that it belongs to.
        first: the password, made before the transaction was opened.

    Raises:
        OwnPowers: it would be the keeper's own, with powers.
        Invalid: an e-mail or number that is none, no role, or a role that needs an employee.
        Conflict: the e-mail or the employee has an account.
    """
    refuse_own_powers(directory, keeper, email=email, roles=roles, employee=employee)
    until = keeper.first_until()
    made = access.create_account(
        connection, email=email, roles=roles, employee=employee, now=keeper.at, first=first, first_until=until
    )
    after = {"roles": sorted(roles), "employee": employee}
    keeper.note(subject=f"account:{made.email}", after=after)
    if access.powers_of(roles) or _is_head(directory, employee, at=keeper.at):
        _tell(connection, keeper, made.email)
    return made


def change_account(
    connection: Connection,
    directory: Directory,
    *,
    keeper: Keeper,
    account_id: int,
    roles: Collection[Role],
    employee: str | None,
    why: str | None = None,
) -> Account:
    """Give an account other roles or another employee.

    Raises:
        NotThere: no such account.
        OwnPowers: it is the keeper's own, and would gain powers or another employee.
        Invalid: no role, or a role that needs an employee.
        Conflict: the employee has another account.
    """
    account = access.account_by_id(connection, account_id=account_id)
    if account is None:
        raise NotThere
    refuse_own_powers(directory, keeper, email=account.email, roles=roles, employee=employee, before=account)
    before, after = access.change_account(
        connection, account_id=account_id, roles=roles, employee=employee, now=keeper.at
    )
    keeper.note(subject=f"account:{after.email}", before=_plain(before), after=_plain(after), why=why)
    is_head = after.employee != before.employee and _is_head(directory, after.employee, at=keeper.at)
    if access.powers_of({*before.roles, *after.roles}) or is_head:
        _tell(connection, keeper, after.email, until_now=before)
    return after


def _is_head(directory: Directory, employee: str | None, *, at: dt.datetime) -> bool:
    """Whether an employee is posted as a head today or to come: whose account that is verifies what others' scores and pay come from.

    The contract lets one administrator give it (contract-desk, 2); auditors hear, so that nobody does so unseen.
    """
    return employee is not None and directory.is_head_from(employee, directory.day_of(at))


def open_or_close_account(
    connection: Connection, *, keeper: Keeper, account_id: int, disabled: bool, why: str | None = None
) -> Account:
    """Close an account, with all its sessions, or open it again. Closing one takes a power from nobody who hears but an auditor.

    Raises:
        NotThere: no such account.
    """
    changed = access.disable_account(connection, account_id=account_id, disabled=disabled, now=keeper.at)
    keeper.note(
        subject=f"account:{changed.email}", before={"disabled": not disabled}, after={"disabled": disabled}, why=why
    )
    if access.is_auditor(changed.roles) if disabled else access.powers_of(changed.roles):
        _tell(connection, keeper, changed.email, until_now=changed)
    return changed


def end_sessions(connection: Connection, *, keeper: Keeper, account_id: int, why: str) -> Account:
    """End an account's sessions, but for the one that the keeper does it in.

    Raises:
        NotThere: no such account.
    """
    account = access.account_by_id(connection, account_id=account_id)
    if account is None:
        raise NotThere
    viewer = keeper.viewer
    but = viewer.session if viewer is not None and account_id == viewer.account_id else None
    ended = access.end_sessions(connection, account_id=account_id, now=keeper.at, but=but)
    keeper.note(subject=f"account:{account.email}", after={"ended": ended}, why=why)
    return account


def give_first_password(
    connection: Connection, *, keeper: Keeper, account_id: int, first: FirstPassword, why: str
) -> NewAccount:
    """Give an account a new first password; its sessions end. Whoever has it can sign in: auditors hear of accounts that reach far.

    Raises:
        NotThere: no such account.
    """
    changed = access.reset_password(
        connection, account_id=account_id, first=first, first_until=keeper.first_until(), now=keeper.at
    )
    keeper.note(subject=f"account:{changed.email}", after={"password": "reset"}, why=why)
    if access.powers_of(changed.roles):
        _tell(connection, keeper, changed.email)
    return NewAccount(email=changed.email, password=first.text)


def invitable(connection: Connection, directory: Directory, *, unit: str | None, day: dt.date) -> list[Employee]:
    """Employees in service on a day who have an e-mail and no account: all, or those of a unit and all below it.

    Queries: 1.
    """
    people: Sequence[Employee] = directory.employees_in(Period(day, day + dt.timedelta(days=1)))
    if unit is not None:
        units = set(directory.units_below(unit, day))
        people = [one for one in people if directory.unit_of(one.number, day) in units]
    return access.invited_among(connection, people)


def invite(
    connection: Connection, directory: Directory, *, keeper: Keeper, unit: str | None, day: dt.date
) -> list[Employee]:
    """Make an account for each of :func:`invitable`, with the mail by whose link its owner sets a password; returns whom.

    Args:
        connection: a writing transaction.
        directory: the organisation.
        keeper: who does it.
        unit: this unit and all below it; None for the whole agency.
        day: today.

    Queries: 1, and a few for each of them.
    """
    invited = invitable(connection, directory, unit=unit, day=day)
    for one in invited:
        email = (one.email or "").strip()
        access.invite_account(connection, email=email, employee=one.number, now=keeper.at)
        keeper.note(
            subject=f"account:{email}",
            after={"roles": [str(Role.EMPLOYEE)], "employee": one.number, "invited": True},
        )
    return invited


def make_key(connection: Connection, *, keeper: Keeper, name: str, scope: Scope, files: Collection[str] = ()) -> str:
    """Make an API key, and return it: it is kept nowhere. An administrator sees no score and records nothing; whoever holds a key does either.

    Raises:
        Invalid: the name is none, a feed's key names no file, or whoever makes it agrees to what it brings.
        Conflict: there is such a key.
    """
    viewer, maker = keeper.viewer, None
    if viewer is not None:
        if scope is Scope.FEED and relations_that_allow(viewer.roles, Deed.RUN_CYCLE):
            raise Invalid(at_field("scope", "of_hr", FEED_OF_HR))
        maker = access.KeyMaker(viewer.account_id, viewer.email, viewer.employee)
    secret = access.create_key(connection, name=name, scope=scope, now=keeper.at, files=files, maker=maker)
    keeper.note(subject=f"key:{name}", after={"scope": str(scope)} | ({"files": list(files)} if files else {}))
    _tell(connection, keeper, name)
    return secret


def make_hook(connection: Connection, *, keeper: Keeper, name: str) -> str:
    """Open a hook, and return its secret.

    Raises:
        Invalid: the name is none.
        Conflict: there is such a hook.
    """
    secret = access.create_hook(connection, name=name, now=keeper.at)
    keeper.note(subject=f"hook:{name}", after={"open": True})
    _tell(connection, keeper, name)
    return secret


def tell_refused(connection: Connection, refused: OwnPowers, *, keeper: Keeper) -> None:
    """Keep on the trail that somebody would have given themself a power, and tell every auditor: in a transaction after the one given up."""
    keeper.note(subject=f"account:{refused.email}", after=refused.wanted)
    _tell(connection, keeper, refused.email)


def refuse_own_powers(
    directory: Directory,
    keeper: Keeper,
    *,
    email: str,
    roles: Collection[Role],
    employee: str | None,
    before: Account | None = None,
) -> None:
    """Go on only where nobody would give themself a power.

    Raises:
        OwnPowers: it would be the keeper's own account, with powers or another employee.
    """
    if keeper.viewer is None:
        return
    finding = access.own_powers(
        directory, viewer=keeper.viewer, email=email, roles=roles, employee=employee, before=before
    )
    if finding is not None:
        raise OwnPowers(finding, email=email, roles=roles, employee=employee)


def _tell(connection: Connection, keeper: Keeper, name: str, *, until_now: Account | None = None) -> None:
    """Tell every auditor, one of whom the account may have been until now."""
    auditor = until_now.id if until_now is not None and access.is_auditor(until_now.roles) else None
    tell_auditors(connection, who=keeper.name, account=name, at=keeper.at, until_now=auditor)


def _plain(account: Account) -> dict[str, object]:
    return {"roles": sorted(account.roles), "employee": account.employee}
