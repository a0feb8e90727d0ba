"""Accounts and their roles, which the administrator keeps.

A password cannot be looked up: it is shown once, on the answer that made it, and nowhere after. It is made and hashed
before a transaction is opened, which every writer would wait for. What takes two people is proposed here, and agreed to as any decision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeVar

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import access, notices, organisation
from app.access import Account, NewAccount
from app.decisions import Decision
from app.kit import outbox
from app.kit.refusals import Invalid, NotThere, at_field
from app.notices import AccountWish
from app.plain.findings import n_
from app.rules.deciding import REASON_LENGTH_MAX
from app.rules.permissions import Deed, may
from app.rules.terms import Node, NodeKind, Role
from app.scoring import node_name
from app.web.answer.rendering import Json, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import ReasonForm
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.changes.account_person import AccountPerson, employee_meant, person_of
from app.web.decisions.account_proposals import (
    hands_over,
    keeper_of,
    proposed_where_two,
    to_decision,
    to_hand_over,
    waiting_proposals,
)
from app.web.entry.entry_form import colleagues_named
from app.web.lists.list_order import Order
from app.web.lists.list_views import ListViews, listed
from app.web.wording import words

pages: Final = Pages("accounts")

Result = TypeVar("Result")

PAGE_ROWS: Final = 100
EMPLOYEE_MOST: Final = 200
"""Letters of an employee's name with the number behind it."""


class AccountsQuery(BaseModel):
    """What narrows the list."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, Field(max_length=254)] = ""
    sort: Literal["email", "employee", "made"] = "email"
    order: Order = "up"
    after: Annotated[str, Field(max_length=254)] = ""


class NewAccountForm(BaseModel):
    """A new account."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[str, Field(max_length=254)]
    role: tuple[Role, ...] = ()
    employee: Annotated[str | None, Field(max_length=EMPLOYEE_MOST)] = None
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX)] = ""


class InviteForm(BaseModel):
    """Whom to invite: everybody of a unit and those below it, or of the agency."""

    model_config = ConfigDict(frozen=True)

    unit: Annotated[str, Field(max_length=40)] = ""


class ChangeForm(BaseModel):
    """An account's roles and employee, and why they are changed, where it was said."""

    model_config = ConfigDict(frozen=True)

    role: tuple[Role, ...] = ()
    employee: Annotated[str | None, Field(max_length=EMPLOYEE_MOST)] = None
    reason: Annotated[str | None, Field(max_length=REASON_LENGTH_MAX)] = None


class OpenForm(BaseModel):
    """Why an account is opened again, where another person has to agree."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX)] = ""


@pages.read("/accounts", may=Deed.KEEP_ACCOUNTS)
@listed("accounts")
def accounts(context: RequestContext, query: AccountsQuery, views: ListViews) -> Page:
    """All accounts, by e-mail, and the form for another."""
    rows = access.accounts(
        context.connection,
        search=query.text,
        after=query.after,
        limit=PAGE_ROWS + 1,
        sort=query.sort,
        descending=query.order == "down",
    )
    head = views.head(query.model_dump(mode="json", exclude_defaults=True, exclude={"after"}))
    return Page(
        "pages/accounts.html",
        head=head,
        accounts=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].email if len(rows) > PAGE_ROWS else None,
        query=query,
        parameters=query.model_dump(exclude_defaults=True, exclude={"after"}),
        roles=words.ROLE_REACHES,
        words=words,
        invitable=len(notices.invitable(context.connection, context.directory, unit=None, day=context.today)),
        units=_units(context),
        sends_mail=context.settings.sends_mail,
        is_held=outbox.is_any_held(context.connection),
        proposals=waiting_proposals(context),
        handed=to_hand_over(context, rows[:PAGE_ROWS]),
        takes_two=access.can_two_agree(context.connection, context.directory, on=context.today),
    )


def _units(context: RequestContext) -> list[tuple[str, object]]:
    """The units of today with their names, from the agency down."""
    root = context.directory.tree.root_on(context.today)
    below = () if root is None else context.directory.units_below(root, context.today)
    return [(code, node_name(context.directory, Node(NodeKind.UNIT, code), context.today)) for code in below]


class EmployeeTyped(BaseModel):
    """What was typed of an employee's name or number so far."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, Field(max_length=EMPLOYEE_MOST)] = ""


@pages.read("/accounts/employees", may=Deed.KEEP_ACCOUNTS)
def employees(context: RequestContext, query: EmployeeTyped) -> Json:
    """Employees in service whose name or number begins so, each with the unit that tells them from others called so."""
    return Json({"items": colleagues_named(context.directory, text=query.text, day=context.today)})


@pages.act("/accounts", may=Deed.KEEP_ACCOUNTS, again="accounts", transaction=False, lane=Lane.PASSWORD)
def create(context: RequestContext, form: NewAccountForm) -> Page | Redirect:
    """Make an account; its first password stands on the answer, this once, and opens nothing but its change. One that reaches far is proposed."""
    first = access.first_password()

    def work(connection: Connection) -> tuple[NewAccount, AccountPerson | None] | Decision:
        directory = organisation.directory(connection)
        employee = employee_meant(directory, form.employee)
        wish = AccountWish(None, form.email, frozenset(form.role), employee, is_open=True)
        if access.account_of(connection, email=form.email) is None:
            proposed = proposed_where_two(context, connection, directory, wish, reason=form.reason)
            if proposed is not None:
                return proposed
        made = notices.make_account(
            connection,
            directory,
            keeper=keeper_of(context),
            email=form.email,
            roles=form.role,
            employee=employee,
            first=first,
        )
        return made, person_of(directory, employee, roles=form.role, day=context.today)

    done = _written(context, work)
    if isinstance(done, Decision):
        return to_decision(done)
    made, person = done
    return _password_page(made, is_new=True, person=person)


@pages.read("/accounts/invitations", may=Deed.KEEP_ACCOUNTS)
def ask_invite(context: RequestContext, query: InviteForm) -> Page:
    """Whether so many are really to be invited, before any mail is written; where nobody is left to be, that."""
    unit = query.unit or None
    if unit is not None and context.directory.unit_on(unit, context.today) is None:
        raise NotThere
    whom = notices.invitable(context.connection, context.directory, unit=unit, day=context.today)
    name = None if unit is None else node_name(context.directory, Node(NodeKind.UNIT, unit), context.today)
    goes = context.settings.sends_mail
    return Page(
        "pages/confirm.html",
        heading=n_("Invite the people of %(name)s?") if unit else n_("Invite everybody who has no account?"),
        name=name or "",
        explanation=(_INVITES if goes else _INVITES_HELD) if whom else _NOBODY,
        said={"count": len(whom)},
        button=n_("Invite"),
        action=url_for("accounts.invite") if whom else None,
        hidden={"unit": query.unit},
        back=url_for("accounts.accounts"),
        parent=("accounts", n_("Accounts")),
        asks_reason=False,
    )


_NOBODY: Final = n_("Nobody there is without an account, or whoever is has no e-mail.")
_INVITES: Final = n_(
    "An account is made for each of them, people: %(count)s, and each gets a mail with a link by which they set a password, within seven days. Mails that are sent cannot be called back."
)
_INVITES_HELD: Final = n_(
    "An account is made for each of them, people: %(count)s. No mails are sent yet: theirs wait, and go as soon as mail is set up."
)


@pages.act("/accounts/invitations", may=Deed.KEEP_ACCOUNTS, again="accounts")
def invite(context: RequestContext, form: InviteForm) -> Redirect:
    """Make accounts for whoever has an e-mail and none, and post each the mail with a link to set a password."""
    if form.unit and context.directory.unit_on(form.unit, context.today) is None:
        raise Invalid(at_field("unit", "unknown", n_("There is no such unit today: choose another.")))
    invited = notices.invite(
        context.connection,
        context.directory,
        keeper=keeper_of(context),
        unit=form.unit or None,
        day=context.today,
    )
    if not invited:
        context.did_nothing = True
        return Redirect(_NOBODY, then="accounts")
    return Redirect(
        n_("Invited: %(number)s. What becomes of their mails stands under Mails."),
        then="accounts",
        parameters={"number": len(invited)},
    )


@pages.read("/accounts/<int:number>", may=Deed.KEEP_ACCOUNTS)
def account(context: RequestContext, number: int) -> Page:
    """One account."""
    shown = _account(context.connection, number)
    return Page(
        "pages/account.html",
        account=shown,
        roles=words.ROLE_REACHES,
        person=person_of(context.directory, shown.employee, roles=shown.roles, day=context.today),
        sessions=access.open_sessions_of(
            context.connection, account_id=number, now=context.now, idle=context.settings.session_idle
        ),
        is_own=number == context.viewer.account_id,
        proposals=waiting_proposals(context, shown),
        takes_two=access.can_two_agree(context.connection, context.directory, on=context.today),
        reaches_far=bool(access.powers_of(shown.roles)),
        hands_over=hands_over(context, context.connection, shown),
        sends_mail=context.settings.sends_mail,
    )


@pages.read("/accounts/<int:number>/disable", may=Deed.KEEP_ACCOUNTS)
def ask_disable(context: RequestContext, number: int) -> Page:
    """Whether it is really to be closed, and why."""
    return _question(context, number, "disable")


@pages.read("/accounts/<int:number>/enable", may=Deed.KEEP_ACCOUNTS)
def ask_enable(context: RequestContext, number: int) -> Page:
    """Why it is to be opened again, where another person has to agree."""
    return _question(context, number, "enable")


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
        raise Invalid(
            at_field(
                "role",
                "own",
                n_(
                    "You cannot take the administrator's role from your own account: ask another administrator to do it."
                ),
            )
        )

    def work(connection: Connection) -> Account | Decision:
        directory = organisation.directory(connection)
        employee = employee_meant(directory, form.employee)
        before = _account(connection, number)
        wish = AccountWish(before, before.email, frozenset(form.role), employee, is_open=before.disabled_at is None)
        proposed = proposed_where_two(context, connection, directory, wish, reason=form.reason or "")
        return proposed or notices.change_account(
            connection,
            directory,
            keeper=keeper_of(context),
            account_id=number,
            roles=form.role,
            employee=employee,
            why=form.reason,
        )

    after = _written(context, work)
    if isinstance(after, Decision):
        return to_decision(after)
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
        raise Invalid(
            at_field("reason", "own", n_("You cannot close your own account: ask another administrator to do it."))
        )
    closed = notices.open_or_close_account(
        context.connection, keeper=keeper_of(context), account_id=number, disabled=True, why=form.reason
    )
    said = {"email": closed.email}
    return Redirect(n_("%(email)s is closed. Its sessions have ended."), then="accounts", parameters=said)


@pages.act("/accounts/<int:number>/enable", may=Deed.KEEP_ACCOUNTS, again="ask_enable", transaction=False)
def enable(context: RequestContext, number: int, form: OpenForm) -> Redirect:
    """Open it again; that of one that reaches far is proposed."""

    def work(connection: Connection) -> Account | Decision:
        proposed = _proposed_as_it_is(context, connection, _account(connection, number), reason=form.reason)
        return proposed or notices.open_or_close_account(
            connection, keeper=keeper_of(context), account_id=number, disabled=False, why=form.reason or None
        )

    opened = context.writing(work)
    if isinstance(opened, Decision):
        return to_decision(opened)
    return Redirect(n_("%(email)s is open again."), then="accounts", parameters={"email": opened.email})


@pages.act("/accounts/<int:number>/sessions", may=Deed.KEEP_ACCOUNTS, again="ask_end_sessions")
def end_sessions(context: RequestContext, number: int, form: ReasonForm) -> Redirect:
    """End its sessions and nothing else: whoever holds the password signs in again."""
    account = notices.end_sessions(context.connection, keeper=keeper_of(context), account_id=number, why=form.reason)
    return Redirect(
        n_("The sessions of %(email)s have ended."),
        then="accounts.account",
        values={"number": number},
        parameters={"email": account.email},
    )


@pages.act(
    "/accounts/<int:number>/password",
    may=Deed.KEEP_ACCOUNTS,
    again="ask_reset",
    transaction=False,
    lane=Lane.PASSWORD,
)
def reset(context: RequestContext, number: int, form: ReasonForm) -> Page | Redirect:
    """Give it a new first password, shown this once; its sessions end. Of one that reaches far it is proposed that its owner set another."""
    first = access.first_password()

    def work(connection: Connection) -> NewAccount | Decision:
        before = _account(connection, number)
        proposed = None
        if not hands_over(context, connection, before):
            proposed = _proposed_as_it_is(context, connection, before, reason=form.reason, password=True)
        return proposed or notices.give_first_password(
            connection, keeper=keeper_of(context), account_id=number, first=first, why=form.reason
        )

    made = context.writing(work)
    return to_decision(made) if isinstance(made, Decision) else _password_page(made, is_new=False, person=None)


def _proposed_as_it_is(
    context: RequestContext, connection: Connection, before: Account, *, reason: str, password: bool = False
) -> Decision | None:
    """What is proposed where another has to agree that an account is opened again, or that its owner sets another password."""
    is_open = before.disabled_at is None or not password
    wish = AccountWish(before, before.email, frozenset(before.roles), before.employee, is_open, password)
    return proposed_where_two(context, connection, organisation.directory(connection), wish, reason=reason)


def _password_page(made: NewAccount, *, is_new: bool, person: AccountPerson | None) -> Page:
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
    "enable": (
        n_("Propose that the account %(name)s be opened again?"),
        n_("Another administrator or an executive has to agree, and reads the reason: write at least 10 characters."),
        n_("Propose"),
    ),
    "end_sessions": (
        n_("End the sessions of %(name)s?"),
        n_("Whoever is signed in with this account has to sign in again. The password stays as it is."),
        n_("End the sessions"),
    ),
}
"""What is asked before somebody is cut off: the question, what follows, and the button."""


_PROPOSED_PASSWORD: Final = (
    n_("Propose a new password for %(name)s?"),
    n_(
        "Another administrator or an executive has to agree, and reads the reason: write at least 10 characters. Then the password until now opens nothing any more, all sessions of this account end, and its owner gets a mail with a link to set another."
    ),
    n_("Propose"),
)
"""What is asked where another person has to agree."""


def _question(context: RequestContext, number: int, act: str) -> Page:
    shown = _account(context.connection, number)
    title, explanation, button = _QUESTIONS[act]
    if act == "reset" and not hands_over(context, context.connection, shown):
        is_open = shown.disabled_at is None
        wish = AccountWish(shown, shown.email, frozenset(shown.roles), shown.employee, is_open, password=True)
        if notices.takes_two(context.connection, context.directory, wish, on=context.today):
            title, explanation, button = _PROPOSED_PASSWORD
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


def _written(context: RequestContext, work: Callable[[Connection], Result]) -> Result:
    """Do it in a transaction of its own; that somebody would have given themself a power stays on the trail, and is told."""
    try:
        return context.writing(work)
    except notices.OwnPowers as powers:
        refused = powers
        context.writing(lambda connection: notices.tell_refused(connection, refused, keeper=keeper_of(context)))
        raise


def _account(connection: Connection, number: int) -> Account:
    account = access.account_by_id(connection, account_id=number)
    if account is None:
        raise NotThere
    return account
