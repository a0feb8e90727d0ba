"""Accounts that reach far, made and changed by two people: an administrator proposes, another one or an executive agrees (contract-desk, 2).

Do not let whoever agrees, nor whoever proposed, learn a password: the account's owner sets it, by a link that is mailed to them. One that an
administrator handed over before the account reached far is one that they know.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import access, organisation
from app.access import Account
from app.decisions import Decision, DecisionKind, Read
from app.kit.refusals import Invalid, at_field, unknown_members
from app.notices.notices import tell_auditors
from app.organisation import Directory
from app.plain.findings import Finding, Place, n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect, moved_effects, ordered_effects
from app.rules.permissions import AGREE_TO_ACCOUNTS, Deed
from app.rules.terms import Node, NodeKind, Role

__all__ = ["ACCOUNT", "AccountWish", "takes_two"]

_MEMBERS: Final = ("account", "roles", "employee", "enabled", "password")
_FIELDS: Final = {"email": "account", "role": "roles", "employee": "employee"}
"""What a form calls them, and the content."""


class AccountWish(NamedTuple):
    """What an account is to be, beside what it is."""

    before: Account | None
    email: str
    roles: frozenset[Role]
    employee: str | None
    is_open: bool
    password: bool = False
    """Whether its owner is to set another one; a new account's always does."""

    @property
    def roles_before(self) -> frozenset[Role]:
        """Those that it has."""
        return frozenset() if self.before is None else frozenset(self.before.roles)

    @property
    def was_open(self) -> bool:
        """Whether one can sign in with it."""
        return self.before is not None and self.before.disabled_at is None

    @property
    def gives(self) -> bool:
        """Whether it gives anything. To take roles away, and to close an account, is no gift; nor is a role that opens nothing by itself."""
        return (
            self.before is None
            or self.password
            or bool(access.powers_of(self.roles) - self.roles_before)
            or self.employee != self.before.employee
            or (self.is_open and not self.was_open)
        )

    @property
    def changes(self) -> bool:
        """Whether anything is other than it was."""
        return self.gives or self.roles != self.roles_before or self.is_open != self.was_open

    @property
    def renews_password(self) -> bool:
        """Whether its password until now opens nothing any more: so it is asked, or an administrator may know the one of what is to reach far."""
        if self.password or self.before is None:
            return self.password
        reaches_far = bool(access.powers_of(self.roles | self.roles_before))
        return self.gives and reaches_far and self.before.password_handed


def takes_two(connection: Connection, directory: Directory, wish: AccountWish, *, on: dt.date) -> bool:
    """Whether one administrator alone may not: the account reaches far, before or after, it is given something, and two people can. Queries: 2 at most."""
    if not wish.gives or not (access.powers_of(wish.roles | wish.roles_before) or _has_function(connection, wish, on)):
        return False
    return access.can_two_agree(connection, directory, on=on)


def _has_function(connection: Connection, wish: AccountWish, on: dt.date) -> bool:
    """Whether the account has a function of a cycle, or would have one with its employee. Queries: 1."""
    numbers = {wish.employee, None if wish.before is None else wish.before.employee} - {None}
    return access.keeps_function(
        connection, emails=[access.email_key(wish.email)], employees=[str(one) for one in numbers], on=on
    )


def _wish(connection: Connection, content: Mapping[str, Any]) -> AccountWish:
    """What a content that has been read asks for. Queries: 1."""
    email = str(content["account"])
    before = access.account_of(connection, email=email)
    roles = content.get("roles", () if before is None else before.roles)
    return AccountWish(
        before,
        email if before is None else before.email,
        frozenset(Role(one) for one in roles),
        content.get("employee", None if before is None else before.employee),
        content.get("enabled", before is None or before.disabled_at is None),
        content.get("password", False),
    )


# --------------------------------------------------------------------------------------------------------------- reading


def _read(connection: Connection, content: Mapping[str, Any], _cycle: str | None, _today: dt.date) -> Read:
    problems = _shape_problems(content)
    if problems:
        raise Invalid(*problems)
    wish = _wish(connection, content)
    problems = [
        replace(one, place=Place(field=f"content/{name}", pointer=f"/content/{name}"))
        for one in access.account_problems(
            connection, before=wish.before, email=wish.email, roles=wish.roles, employee=wish.employee
        )
        for name in (_FIELDS[one.place.field or "email"],)
    ]
    if "employee" in content and wish.employee is not None and not problems:
        known = organisation.directory(connection).employees
        if wish.employee not in known:
            message = n_("There is no employee “%(value)s”.")
            problems.append(_in_content("employee", "unknown_employee", message, value=quoted(wish.employee)))
    if wish.before is None and not wish.is_open:
        problems.append(_in_content("enabled", "new_and_closed", n_("A new account is open: leave this out.")))
    if not problems and not wish.changes:
        message = n_("The account is so already: say what is to change.")
        problems.append(_in_content("account", "nothing_changes", message))
    if problems:
        raise Invalid(*problems)
    nodes = {wish.employee, None if wish.before is None else wish.before.employee} - {None}
    return Read(
        {name: content[name] for name in _MEMBERS if name in content},
        frozenset(Node(NodeKind.EMPLOYEE, str(one)) for one in nodes),
    )


def _shape_problems(content: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with the members of a content, whatever account it is about."""
    problems = unknown_members(content, _MEMBERS)
    if not isinstance(content.get("account"), str):
        problems.append(_in_content("account", "no_account", n_("Say which account, by its e-mail.")))
    roles = content.get("roles", [Role.MEMBER])
    if not isinstance(roles, list) or not roles or not _are_roles(roles):
        message = n_("The roles are no list of known ones: write one or more of %(roles)s.")
        problems.append(_in_content("roles", "unknown_role", message, roles=", ".join(Role)))
    if not isinstance(content.get("employee", ""), str | None):
        problems.append(
            _in_content("employee", "no_number", n_("The employee is no number: write one, or null for none."))
        )
    if not isinstance(content.get("enabled", True), bool):
        problems.append(
            _in_content("enabled", "no_boolean", n_("This is neither true nor false: write one of the two."))
        )
    if content.get("password", True) is not True:
        problems.append(
            _in_content("password", "only_true", n_("Only true says anything here: write it, or leave it out."))
        )
    return problems


def _are_roles(roles: Collection[object]) -> bool:
    known = {role.value for role in Role}
    return all(isinstance(one, str) and one in known for one in roles) and len({*map(str, roles)}) == len(roles)


def _in_content(member: str, code: str, message: str, **parameters: object) -> Finding:
    return at_field(f"content/{member}", code, message, **parameters)


def _people(connection: Connection, content: Mapping[str, Any]) -> frozenset[str]:
    """Whose account it is, and would be."""
    wish, directory = _wish(connection, content), organisation.directory(connection)
    id_ = None if wish.before is None else wish.before.id
    numbers = {wish.employee, None if wish.before is None else wish.before.employee}
    marks = [access.marks_of(directory, account_id=id_, email=wish.email, employee=number) for number in numbers]
    return frozenset().union(*marks)


# ------------------------------------------------------------------------------------------------------ what it moves, does


def _effects(connection: Connection, content: Mapping[str, Any]) -> Iterable[DecisionEffect]:
    """Whose rights it moves: an employee's, or an account's where it is no employee's."""
    wish = _wish(connection, content)
    before = _role_names(wish.roles_before) if wish.was_open else []
    after = _role_names(wish.roles) if wish.is_open else []
    was = _node(wish.email, None if wish.before is None else wish.before.employee)
    node = _node(wish.email, wish.employee)
    if was == node or wish.before is None:
        return () if before == after else (DecisionEffect(node, "rights", before, after),)
    return (DecisionEffect(was, "rights", before, []), DecisionEffect(node, "rights", [], after))


def _role_names(roles: Iterable[Role]) -> list[str]:
    return sorted(role.value for role in roles)


def _node(email: str, employee: str | None) -> str:
    return f"account:{email}" if employee is None else str(Node(NodeKind.EMPLOYEE, employee))


def _overtaken(connection: Connection, decision: Decision) -> Sequence[Mapping[str, Any]]:
    """The account is not what it was when it was proposed, or was given a password, roles or an employee since."""
    now = ordered_effects(_effects(connection, decision.content))
    moved = moved_effects(decision.effects, now)
    before = _wish(connection, decision.content).before
    given_at = None if before is None else before.rights_given_at
    if before is not None and given_at is not None and given_at > decision.maker.at:
        moved.append({"account": before.email, "given_at": given_at.isoformat()})
    return moved


def _one_suffices(connection: Connection, content: Mapping[str, Any], day: dt.date) -> bool:
    return not takes_two(connection, organisation.directory(connection), _wish(connection, content), on=day)


def _apply(connection: Connection, decision: Decision) -> None:
    wish, hand = _wish(connection, decision.content), decision.done_by
    before = wish.before
    if before is None:
        access.invite_account(
            connection,
            email=wish.email,
            employee=wish.employee,
            roles=wish.roles,
            now=hand.at,
            topic=access.NEW_PASSWORD,
        )
    else:
        if (wish.roles, wish.employee) != (wish.roles_before, before.employee):
            access.change_account(
                connection, account_id=before.id, roles=wish.roles, employee=wish.employee, now=hand.at
            )
        if wish.is_open != wish.was_open:
            access.disable_account(connection, account_id=before.id, disabled=not wish.is_open, now=hand.at)
        if wish.renews_password:
            access.ask_for_new_password(connection, account_id=before.id, now=hand.at)
    _tell(connection, decision, wish, at=hand.at)


def _tell(connection: Connection, decision: Decision, wish: AccountWish, *, at: dt.datetime) -> None:
    """A row of the trail with both names, and every auditor hears of an account that reaches far."""
    hand = decision.done_by
    after = {"roles": sorted(wish.roles), "employee": wish.employee, "disabled": not wish.is_open}
    before = None
    if wish.before is not None:
        before = {"roles": sorted(wish.roles_before), "employee": wish.before.employee, "disabled": not wish.was_open}
    of_decision = {"decision": decision.id, "proposed": decision.maker.email}
    password = {"password": "reset"} if wish.renews_password else {}
    access.record_deed(
        connection,
        who=hand.account,
        deed=Deed.KEEP_ACCOUNTS,
        at=at,
        subject=f"account:{wish.email}",
        before=before,
        after=after | password | of_decision,
        why=decision.reason,
    )
    if access.powers_of(wish.roles | wish.roles_before):
        is_auditor = wish.before is not None and access.is_auditor(wish.before.roles)
        names = ", ".join(dict.fromkeys((decision.maker.email, hand.email)))
        until_now = wish.before.id if wish.before is not None and is_auditor else None
        tell_auditors(connection, who=names, account=wish.email, at=at, until_now=until_now)


ACCOUNT: Final = DecisionKind(
    code="account",
    makers=frozenset({Role.ADMIN}),
    checkers=AGREE_TO_ACCOUNTS,
    seen_by=frozenset({Role.AUDITOR}),
    read=_read,
    effects=lambda connection, content, _cycle, _today: _effects(connection, content),
    apply=_apply,
    overtaken=_overtaken,
    people=_people,
    one_suffices=_one_suffices,
    hold=access.hold_accounts,
)
"""An account that reaches far: by an administrator, and another one or an executive."""
