"""Commands of the administrator: ``key create``, ``hook create``, ``user create``."""

from __future__ import annotations

from typing import Final

import click

from app import access, organisation
from app.cli.files import who
from app.cli.opening import open_database, settings
from app.kit import clock
from app.rules.permissions import Deed, Scope
from app.rules.terms import CODE_PATTERN, Role

__all__ = ["COMMANDS"]


def _name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not CODE_PATTERN.fullmatch(value):
        message = f"{value!r} is not a name: 1 to 40 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
        raise click.BadParameter(message)
    return value


@click.group()
def key() -> None:
    """Keys for the API."""


@key.command("create")
@click.argument("name", callback=_name)
@click.option("--scope", type=click.Choice([str(scope) for scope in Scope]), required=True)
def create_key(name: str, scope: str) -> None:
    """Print a new API key, once."""
    database = open_database(settings())
    with database.write(Deed.KEEP_KEYS) as connection:
        secret = access.create_key(connection, name=name, scope=Scope(scope), now=clock.now())
        access.record_deed(
            connection,
            who=who(),
            deed=Deed.KEEP_KEYS,
            at=clock.now(),
            subject=f"key:{name}",
            after={"scope": scope},
        )
    click.echo(secret)


@click.group()
def hook() -> None:
    """Signed webhooks."""


@hook.command("create")
@click.argument("name", callback=_name)
def create_hook(name: str) -> None:
    """Open /hooks/NAME and print its secret, once."""
    database = open_database(settings())
    with database.write(Deed.KEEP_HOOKS) as connection:
        secret = access.create_hook(connection, name=name, now=clock.now())
        access.record_deed(connection, who=who(), deed=Deed.KEEP_HOOKS, at=clock.now(), subject=f"hook:{name}")
    click.echo(secret)


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
    database = open_database(settings())
    first = access.first_password()
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        if employee is not None and employee not in organisation.directory(connection).employees:
            message = f"there is no employee {employee}"
            raise click.ClickException(message)
        account = access.create_account(
            connection,
            email=email,
            roles={Role(role) for role in roles},
            employee=employee,
            now=clock.now(),
            first=first,
        )
        access.record_deed(
            connection,
            who=who(),
            deed=Deed.KEEP_ACCOUNTS,
            at=clock.now(),
            subject=f"account:{account.email}",
            after={"roles": sorted(roles), "employee": employee},
        )
    click.echo(account.password)


COMMANDS: Final = (key, hook, user)
