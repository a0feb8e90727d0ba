"""Commands of the administrator: ``key create``, ``hook create``, ``user create``, ``user invite``."""

from __future__ import annotations

from functools import partial
from typing import Final

import click
from sqlalchemy import Connection

from app import access, notices, organisation
from app.cli.opening import open_database, settings, who
from app.cli.printing import say
from app.kit import clock
from app.rules.permissions import Deed, Scope
from app.rules.terms import CODE_PATTERN, Role

__all__ = ["COMMANDS"]


def _name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not CODE_PATTERN.fullmatch(value):
        message = f"{value!r} is not a name: 1 to 40 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
        raise click.BadParameter(message)
    return value


def _scope(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[Scope, tuple[str, ...]]:
    name, _, named = value.partition(":")
    files = tuple(dict.fromkeys(named.split(","))) if named else ()
    if not files and name in set(Scope) - {Scope.FEED} and ":" not in value:
        return Scope(name), ()
    # What a key of another scope does not need is not even read.
    from app.intake import FOLDER_FILES

    known = [f"{one}.csv" for one in FOLDER_FILES]
    if name not in set(Scope) or (name == Scope.FEED) != bool(files) or (":" in value) != bool(files):
        message = f"{value!r} is not a scope: ingest, read, or feed: with files, as feed:rates.csv,plan.csv"
        raise click.BadParameter(message)
    for file in files:
        if file not in known:
            message = f"{file!r} is not a file of the agency folder: one of {', '.join(known)}"
            raise click.BadParameter(message)
    return Scope(name), files


def _keeper(connection: Connection, deed: Deed) -> notices.Keeper:
    """Whoever runs the command, with the trail of its own transaction."""
    now = clock.now()
    return notices.Keeper(
        command=who(), at=now, note=partial(access.record_deed, connection, who=who(), deed=deed, at=now)
    )


@click.group()
def key() -> None:
    """Keys for the API."""


@key.command("create")
@click.argument("name", callback=_name)
@click.option(
    "--scope", callback=_scope, required=True, metavar="ingest|read|feed:FILE[,FILE…]", help="What the key opens."
)
def create_key(name: str, scope: tuple[Scope, tuple[str, ...]]) -> None:
    """Print a new API key, once."""
    opens, files = scope
    deed = Deed.KEEP_KEYS
    secret = open_database(settings()).writing(
        deed,
        lambda connection: notices.make_key(
            connection, keeper=_keeper(connection, deed), name=name, scope=opens, files=files
        ),
    )
    say(secret)


@click.group()
def hook() -> None:
    """Signed webhooks."""


@hook.command("create")
@click.argument("name", callback=_name)
def create_hook(name: str) -> None:
    """Open /hooks/NAME and print its secret, once."""
    deed = Deed.KEEP_HOOKS
    secret = open_database(settings()).writing(
        deed, lambda connection: notices.make_hook(connection, keeper=_keeper(connection, deed), name=name)
    )
    say(secret)


@click.group()
def user() -> None:
    """Accounts of people."""


@user.command("create")
@click.argument("email")
@click.option(
    "--role",
    "roles",
    type=click.Choice([str(role) for role in Role]),
    multiple=True,
    required=True,
    help="Once or more.",
)
@click.option("--employee", help="The number of the employee whose account it is.")
def create_user(email: str, roles: tuple[str, ...], employee: str | None) -> None:
    """Print a first password, once; it works until its owner changes it."""
    first = access.first_password()
    deed = Deed.KEEP_ACCOUNTS

    def work(connection: Connection) -> access.NewAccount:
        directory = organisation.directory(connection)
        if employee is not None and employee not in directory.employees:
            message = f"there is no employee {employee}"
            raise click.ClickException(message)
        return notices.make_account(
            connection,
            directory,
            keeper=_keeper(connection, deed),
            email=email,
            roles={Role(role) for role in roles},
            employee=employee,
            first=first,
        )

    account = open_database(settings()).writing(deed, work)
    say(account.password)


@user.command("invite")
@click.option("--all", "everybody", is_flag=True, help="Everybody in service.")
@click.option("--unit", metavar="U", help="Everybody of this unit and those below it.")
def invite_users(everybody: bool, unit: str | None) -> None:  # noqa: FBT001 - click passes it
    """Make an account for every employee in service with an e-mail and none, and mail each a link to set a password."""
    if not everybody and unit is None:
        message = "say whom to invite: --all, or --unit U"
        raise click.UsageError(message)
    deed, given = Deed.KEEP_ACCOUNTS, settings()

    def work(connection: Connection) -> list[str]:
        directory = organisation.directory(connection)
        day = directory.day_of(clock.now())
        if unit is not None and directory.unit_on(unit, day) is None:
            message = f"there is no unit {unit} today"
            raise click.ClickException(message)
        invited = notices.invite(connection, directory, keeper=_keeper(connection, deed), unit=unit, day=day)
        return [f"{one.number} {one.email}" for one in invited]

    for line in open_database(given).writing(deed, work):
        say(line)
    if not given.sends_mail:
        say(
            "mails are held until a worker has KOPES_SMTP, KOPES_MAIL_FROM and KOPES_PUBLIC_URL",
            err=True,
        )


COMMANDS: Final = (key, hook, user)
