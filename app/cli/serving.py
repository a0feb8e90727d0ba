"""Commands that run: ``serve``, ``assets``.

Do not serve from a database that was never migrated: every command that runs looks at the schema first.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Final

import click

from app.cli.opening import open_database, settings
from app.cli.printing import say
from app.kit.settings import SECRET_KEY_LENGTH_MIN, Settings

__all__ = ["COMMANDS"]


class _Address(click.ParamType[tuple[str, int]]):
    name = "HOST:PORT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
            self.fail(f"{value!r} is not an address as 127.0.0.1:8000", param, ctx)
        return host, int(port)


@click.command()
@click.option("--bind", type=_Address(), default="127.0.0.1:8000", show_default=True, help="Where to listen.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes; more than one on PostgreSQL only.",
)
def serve(bind: tuple[str, int], workers: int) -> None:
    """Serve pages, API and live streams."""
    given = settings()
    _look_at_secret_key(given)
    database = open_database(given)
    on_sqlite, connections_max = database.dialect == "sqlite", database.connections_max()
    database.close()
    if workers > 1 and on_sqlite:
        message = "several workers need PostgreSQL: SQLite has one writer at a time"
        raise click.UsageError(message)
    from app.web.front import CONNECTIONS, listen, run, supervise

    if connections_max is not None and connections_max < workers * CONNECTIONS:
        say(
            f"warning: --workers {workers} may ask for {workers * CONNECTIONS} connections and the database gives {connections_max}: "
            "raise its max_connections (or the limit of the role or database), or serve by fewer processes",
            err=True,
        )

    try:
        listener = listen(*bind, later=workers > 1)
    except OSError as error:
        message = f"{bind[0]}:{bind[1]}: {error.strerror or error}"
        raise click.ClickException(message) from error
    line = f"OpenKOPES serves on {_shown(listener)}"

    def ready() -> None:
        say(line)
        sys.stdout.flush()

    if workers == 1:
        run(given, listener, ready=ready)
        return
    sys.exit(supervise(given, listener, workers=workers, ready=ready))


def _look_at_secret_key(given: Settings) -> None:
    """Refuse a key that could be come upon by trying, where people work by it; on a trial say so.

    Raises:
        click.UsageError: it is weak, and cookies are secure or a proxy stands before the server.
    """
    if not given.secret_key_is_weak:
        return
    message = (
        f"SECRET_KEY: use at least {SECRET_KEY_LENGTH_MIN} random characters, as "
        '`python3 -c "import secrets; print(secrets.token_urlsafe(32))"` prints them'
    )
    if given.for_real:
        raise click.UsageError(message)
    say(f"warning: {message}; behind https or a proxy this one is refused", err=True)


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ipaddress.ip_address(host).version == 6 else f"http://{host}:{port}"


@click.command()
def assets() -> None:
    """Bundle the pages' styles and scripts."""
    from app.web import build_assets

    for path in build_assets():
        say(path)


COMMANDS: Final = (serve, assets)
