"""Accounts and their roles, which the administrator keeps.

A password cannot be looked up: it is shown once, on the answer that made it, and nowhere after. It is made and hashed
before a transaction is opened, which every writer would wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Annotated, Final, TypeVar

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, notices, organisation
from app.access import Account, NewAccount
from app.kit.refusals import Invalid, NotThere, at_field
from app.organisation import Directory
from app.plain.findings import Finding, Place, n_
from app.rules.permissions import Deed, may
from app.rules.terms import Role
from app.web import words
from app.web.account_person import Person, employee_meant, person_of
from app.web.forms import ReasonForm
from app.web.limits import Lane
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("accounts")

Result = TypeVar("Result")

PAGE_ROWS: Final = 100

ROLES: Final = {
    Role.EMPLOYEE: n_("Employee: logs activities, sees their own scorecard"),
    Role.HEAD: n_("Head: sees and verifies in the units they are posted to as head"),
    Role.EXECUTIVE: n_("Executive: sees the agency, pay as totals only"),
    Role.HR: n_("HR: sees all scorecards, grades and pay, exports"),
    Role.AUDITOR: n_("Auditor: sees everything, changes nothing"),
    Role.ADMIN: n_("Administrator: keeps accounts, keys and jobs, sees no scores"),
    Role.MEMBER: n_("Member: signs in, and sees nothing by that alone"),
}


class AccountsQuery(BaseModel):
    """What narrows the list."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, Field(max_length=254)] = ""
    after: Annotated[str, Field(max_length=254)] = ""


class NewAccountForm(BaseModel):
    """A new account."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[str, Field(max_length=254)]
    role: tuple[Role, ...] = ()
    employee: Annotated[str | None, Field(max_length=40)] = None


class ChangeForm(BaseModel):
    """An account's roles and employee."""

    model_config = ConfigDict(frozen=True)

    role: tuple[Role, ...] = ()
    employee: Annotated[str | None, Field(max_length=40)] = None


@pages.read("/accounts", may=Deed.KEEP_ACCOUNTS)
def accounts(context: RequestContext, query: AccountsQuery) -> Page:
    """All accounts, by e-mail, and the form for another."""
    rows = access.accounts(context.connection, search=query.text, after=query.after, limit=PAGE_ROWS + 1)
    return Page(
        "pages/accounts.html",
        accounts=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].email if len(rows) > PAGE_ROWS else None,
        query=query,
        roles=ROLES,
        words=words,
    )


@pages.act("/accounts", may=Deed.KEEP_ACCOUNTS, again="accounts", transaction=False, lane=Lane.PASSWORD)
def create(context: RequestContext, form: NewAccountForm) -> Page:
    """Make an account; its first password stands on the answer, this once, and opens nothing but its change."""
    first = access.first_password()

    def work(connection: Connection) -> tuple[NewAccount, Person | None]:
        directory = organisation.directory(connection)
        employee = employee_meant(directory, form.employee)
        _refuse_own_powers(context, directory, email=form.email, roles=form.role, employee=employee)
        made = access.create_account(
            connection,
            email=form.email,
            roles=form.role,
            employee=employee,
            now=context.now,
            first=first,
            first_until=context.now + access.FIRST_PASSWORD_LIFE,
        )
        after = {"roles": sorted(form.role), "employee": employee}
        _write_down(context, connection, made.email, after=after, tells_auditors=bool(access.powers_of(form.role)))
        return made, person_of(directory, employee, roles=form.role, day=context.today)

    made, person = _written(context, work)
    return _password_page(made, is_new=True, person=person)


@pages.read("/accounts/<int:number>", may=Deed.KEEP_ACCOUNTS)
def account(context: RequestContext, number: int) -> Page:
    """One account."""
    shown = _account(context, number)
    return Page(
        "pages/account.html",
        account=shown,
        roles=ROLES,
        person=person_of(context.directory, shown.employee, roles=shown.roles, day=context.today),
        sessions=access.open_sessions_of(
            context.connection, account_id=number, now=context.now, idle=context.settings.session_idle
        ),
        is_own=number == context.viewer.account_id,
    )


@pages.read("/accounts/<int:number>/disable", may=Deed.KEEP_ACCOUNTS)
def ask_disable(context: RequestContext, number: int) -> Page:
    """Whether it is really to be closed, and why."""
    return _question(context, number, "disable")


@pages.read("/accounts/<int:number>/password", may=Deed.KEEP_ACCOUNTS)
def ask_reset(context: RequestContext, number: int) -> Page:
    """Whether it is really to have a new first password, and why."""
    return _question(context, number, "reset")


@pages.read("/accounts/<int:number>/sessions", may=Deed.KEEP_ACCOUNTS)
def ask_end_sessions(context: RequestContext, number: int) -> Page:
    """Whether its sessions are really to end, and why."""
    return _question(context, number, "end_sessions")


@pages.act("/accounts/<int:number>", may=Deed.KEEP_ACCOUNTS, again="account", transaction=False)
def change(context: RequestContext, number: int, form: ChangeForm) -> Redirect:
    """Give it other roles or another employee."""
    if number == context.viewer.account_id and not may(form.role, Deed.KEEP_ACCOUNTS, ()):
        raise Invalid(at_field("role", "own", n_("You cannot take the administrator's role from your own account.")))

    def work(connection: Connection) -> Account:
        directory = organisation.directory(connection)
        employee = employee_meant(directory, form.employee)
        account = access.account_by_id(connection, account_id=number)
        if account is None:
            raise NotThere
        _refuse_own_powers(context, directory, email=account.email, roles=form.role, employee=employee, before=account)
        before, after = access.change_account(connection, account_id=number, roles=form.role, employee=employee)
        _write_down(
            context,
            connection,
            after.email,
            before=_plain(before),
            after=_plain(after),
            tells_auditors=bool(access.powers_of({*before.roles, *after.roles})),
            until_now=before,
        )
        return after

    after = _written(context, work)
    return Redirect(
        n_("%(email)s is changed."),
        then="accounts.account",
        values={"number": number},
        parameters={"email": after.email},
    )


@pages.act("/accounts/<int:number>/disable", may=Deed.KEEP_ACCOUNTS, again="ask_disable")
def disable(context: RequestContext, number: int, form: ReasonForm) -> Redirect:
    """Close it; its sessions end at once."""
    if number == context.viewer.account_id:
        raise Invalid(at_field("reason", "own", n_("You cannot close your own account.")))
    email = _opened_or_closed(context, number, disabled=True, why=form.reason)
    return Redirect(n_("%(email)s is closed. Its sessions have ended."), then="accounts", parameters={"email": email})


@pages.act("/accounts/<int:number>/enable", may=Deed.KEEP_ACCOUNTS, again="account")
def enable(context: RequestContext, number: int) -> Redirect:
    """Open it again."""
    email = _opened_or_closed(context, number, disabled=False)
    return Redirect(n_("%(email)s is open again."), then="accounts", parameters={"email": email})


@pages.act("/accounts/<int:number>/sessions", may=Deed.KEEP_ACCOUNTS, again="ask_end_sessions")
def end_sessions(context: RequestContext, number: int, form: ReasonForm) -> Redirect:
    """End its sessions and nothing else: whoever holds the password signs in again."""
    shown, viewer = _account(context, number), context.viewer
    but = viewer.session if number == viewer.account_id else None
    ended = access.end_sessions(context.connection, account_id=number, now=context.now, but=but)
    context.note(subject=f"account:{shown.email}", after={"ended": ended}, why=form.reason)
    return Redirect(
        n_("The sessions of %(email)s have ended."),
        then="accounts.account",
        values={"number": number},
        parameters={"email": shown.email},
    )


@pages.act(
    "/accounts/<int:number>/password",
    may=Deed.KEEP_ACCOUNTS,
    again="ask_reset",
    transaction=False,
    lane=Lane.PASSWORD,
)
def reset(context: RequestContext, number: int, form: ReasonForm) -> Page:
    """Give it a new first password, shown this once; its sessions end."""
    first = access.first_password()

    def work(connection: Connection) -> Account:
        changed = access.reset_password(
            connection,
            account_id=number,
            first=first,
            first_until=context.now + access.FIRST_PASSWORD_LIFE,
            now=context.now,
        )
        # Whoever has an account's new password can sign in with it: the auditors hear of those that reach far.
        gives_powers = bool(access.powers_of(changed.roles))
        after = {"password": "reset"}
        _write_down(context, connection, changed.email, after=after, tells_auditors=gives_powers, why=form.reason)
        return changed

    changed = context.writing(work)
    return _password_page(NewAccount(email=changed.email, password=first.text), is_new=False, person=None)


def _password_page(made: NewAccount, *, is_new: bool, person: Person | None) -> Page:
    return Page(
        "pages/account_password.html",
        made=made,
        is_new=is_new,
        person=person,
        days=access.FIRST_PASSWORD_LIFE.days,
        address=url_for("sign_in.sign_in", _external=True),
    )


_QUESTIONS: Final = {
    "disable": (
        n_("Close the account %(name)s?"),
        n_("A closed account cannot sign in; its sessions end at once. What it did stays in the trail."),
        n_("Close the account"),
    ),
    "reset": (
        n_("Give %(name)s a new first password?"),
        n_(
            "The password until now opens nothing any more, and all sessions of this account end. The new one is shown once."
        ),
        n_("New first password"),
    ),
    "end_sessions": (
        n_("End the sessions of %(name)s?"),
        n_("Whoever is signed in with this account has to sign in again. The password stays as it is."),
        n_("End the sessions"),
    ),
}
"""What is asked before somebody is cut off: the question, what follows, and the button."""


def _question(context: RequestContext, number: int, act: str) -> Page:
    shown = _account(context, number)
    title, explanation, button = _QUESTIONS[act]
    return Page(
        "pages/confirm.html",
        heading=title,
        name=shown.email,
        explanation=explanation,
        button=button,
        action=url_for(f"accounts.{act}", number=number),
        back=url_for("accounts.account", number=number),
        parent=("accounts", n_("Accounts")),
    )


class _OwnPowers(Invalid):
    """Somebody would give themself a power."""

    def __init__(self, finding: Finding, *, email: str, wanted: object) -> None:
        super().__init__(replace(finding, place=Place(field="role")))
        self.email = email
        self.wanted = wanted


def _refuse_own_powers(
    context: RequestContext,
    directory: Directory,
    *,
    email: str,
    roles: Collection[Role],
    employee: str | None,
    before: Account | None = None,
) -> None:
    powers = access.own_powers(
        directory, viewer=context.viewer, email=email, roles=roles, employee=employee, before=before
    )
    if powers is not None:
        raise _OwnPowers(powers, email=email, wanted={"refused": {"roles": sorted(roles), "employee": employee}})


def _written(context: RequestContext, work: Callable[[Connection], Result]) -> Result:
    """Do it in a transaction of its own; that somebody would have given themself a power stays on the trail, and is told."""
    try:
        return context.writing(work)
    except _OwnPowers as refused:
        email, wanted = refused.email, refused.wanted
        context.writing(lambda connection: _write_down(context, connection, email, after=wanted, tells_auditors=True))
        raise


def _opened_or_closed(context: RequestContext, number: int, *, disabled: bool, why: str | None = None) -> str:
    changed = access.disable_account(context.connection, account_id=number, disabled=disabled, now=context.now)
    _write_down(
        context,
        context.connection,
        changed.email,
        before={"disabled": not disabled},
        after={"disabled": disabled},
        tells_auditors=_reads_the_trail(changed) if disabled else bool(access.powers_of(changed.roles)),
        until_now=changed,
        why=why,
    )
    return changed.email


def _write_down(
    context: RequestContext,
    connection: Connection,
    email: str,
    *,
    after: object,
    tells_auditors: bool,
    before: object = None,
    until_now: Account | None = None,
    why: str | None = None,
) -> None:
    """A row of the trail, and where it is about powers a word to every auditor, one of whom the account may have been until now."""
    context.note(subject=f"account:{email}", before=before, after=after, why=why)
    if tells_auditors:
        auditor = until_now.id if until_now is not None and _reads_the_trail(until_now) else None
        notices.tell_auditors(connection, who=context.viewer.email, account=email, at=context.now, until_now=auditor)


def _reads_the_trail(account: Account) -> bool:
    """Whether the account is an auditor's."""
    return may(account.roles, Deed.SEE_TRAIL, ())


def _account(context: RequestContext, number: int) -> Account:
    account = access.account_by_id(context.connection, account_id=number)
    if account is None:
        raise NotThere
    return account


def _plain(account: Account) -> dict[str, object]:
    return {"roles": sorted(account.roles), "employee": account.employee}
