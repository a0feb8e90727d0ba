"""What an administrator wants of an account that reaches far is proposed, where there are two people who can agree on it (contract-desk, 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from app import access, decisions, notices
from app.access import Account
from app.decisions import Decision, DecisionFilter
from app.kit.refusals import Invalid
from app.notices import ACCOUNT, AccountWish, Keeper
from app.organisation import Directory
from app.plain.findings import n_
from app.rules.deciding import DecisionState
from app.web.answer.rendering import Redirect
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided

__all__ = ["hands_over", "keeper_of", "proposed_where_two", "to_decision", "to_hand_over", "waiting_proposals"]

_WAITING_MOST: Final = 20


def keeper_of(context: RequestContext) -> Keeper:
    """Who keeps accounts, with the trail of the request."""
    return Keeper(viewer=context.viewer, at=context.now, note=context.note)


def proposed_where_two(
    context: RequestContext, connection: Connection, directory: Directory, wish: AccountWish, *, reason: str
) -> Decision | None:
    """Propose what an account is to be, where another person has to agree; None where this one administrator suffices.

    Args:
        context: the request's, which holds no transaction.
        connection: a writing transaction.
        directory: the organisation.
        wish: what is wanted.
        reason: why.

    Raises:
        OwnPowers: it would be the keeper's own, with powers.
        Invalid: what is wanted cannot be, or the reason is too short.
        Conflict: by one of the codes of :class:`app.rules.deciding.Obstacle`.
    """
    if not notices.takes_two(connection, directory, wish, on=context.today):
        return None
    notices.refuse_own_powers(
        directory,
        keeper_of(context),
        email=wish.email,
        roles=wish.roles,
        employee=wish.employee,
        before=wish.before,
    )
    problems = access.account_problems(
        connection, before=wish.before, email=wish.email, roles=wish.roles, employee=wish.employee
    )
    if problems:
        raise Invalid(*problems)
    context.opened(connection)
    try:
        return decided.proposed(context, ACCOUNT, _content(wish), reason)
    finally:
        context.closed()


def _content(wish: AccountWish) -> Mapping[str, Any]:
    """Only what changes."""
    content: dict[str, Any] = {"account": wish.email.strip()}
    if wish.roles != wish.roles_before:
        content["roles"] = sorted(role.value for role in wish.roles)
    if wish.employee != (None if wish.before is None else wish.before.employee):
        content["employee"] = wish.employee
    if wish.before is not None and wish.is_open != wish.was_open:
        content["enabled"] = wish.is_open
    if wish.password:
        content["password"] = True
    return content


def to_decision(made: Decision) -> Redirect:
    """The page of what was proposed, with what has to come before it holds."""
    return Redirect(
        n_("Proposed: another administrator or an executive has to agree before it holds."),
        then="decisions.one",
        values={"number": made.id},
    )


def waiting_proposals(context: RequestContext, account: Account | None = None) -> list[Decision]:
    """What is proposed of an account, or of all, and waits for somebody to agree. Queries: 2."""
    only = DecisionFilter(kinds=frozenset({ACCOUNT.code}), state=DecisionState.PROPOSED)
    return decisions.decisions_of(context.connection, only, visible=_about(account), limit=_WAITING_MOST)


def to_hand_over(context: RequestContext, accounts: Sequence[Account]) -> list[Account]:
    """Those of some accounts of which an administrator takes a first password, as :func:`hands_over` says of one. Queries: 2, or none."""
    without = {access.email_key(one.email): one for one in accounts if one.invited}
    if not without or context.settings.sends_mail:
        return []
    only = DecisionFilter(kinds=frozenset({ACCOUNT.code}), state=DecisionState.APPROVED)
    mine = decisions.decisions_of(
        context.connection,
        only,
        visible=lambda one: one.maker.account_id == context.viewer.account_id and _email_key(one) in without,
        limit=len(without),
    )
    keys = {_email_key(one) for one in mine}
    return [one for key, one in without.items() if key in keys]


def _email_key(one: Decision) -> str:
    return access.email_key(str(one.content["account"]))


def hands_over(context: RequestContext, connection: Connection, account: Account) -> bool:
    """Whether an administrator hands over a first password on two people's word: where no mails are sent nobody else could.

    It is their own proposal that was agreed to, and the account has no password yet. Queries: 2, or none.
    """
    if not account.invited or context.settings.sends_mail:
        return False
    only = DecisionFilter(kinds=frozenset({ACCOUNT.code}), state=DecisionState.APPROVED)
    agreed = decisions.decisions_of(connection, only, visible=_about(account), limit=1)
    return any(one.maker.account_id == context.viewer.account_id for one in agreed)


def _about(account: Account | None) -> Callable[[Decision], bool]:
    if account is None:
        return lambda _one: True
    key = access.email_key(account.email)
    return lambda one: _email_key(one) == key
