"""The command line ``kopes``: every command makes one call into the application and prints what comes of it.

Exit status 0 is success, 1 a finding or a failed run, 2 wrong usage. Errors go to standard error and name file, line and field.
Do not print progress to standard output: what others read by a pipe must hold the result alone.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click
from sqlalchemy.exc import DBAPIError

from app.kit import logs
from app.kit.refusals import Refusal

__all__ = ["cli", "main"]


HOMES: Final = {
    "migrate": "files",
    "load": "files",
    "ingest": "files",
    "score": "figures",
    "business": "figures",
    "explain": "figures",
    "grade": "figures",
    "reconcile": "figures",
    "digest": "figures",
    "key": "admin",
    "hook": "admin",
    "user": "admin",
    "serve": "serving",
    "assets": "serving",
    "worker": "working",
    "demo": "running",
    "run": "running",
}
"""The module of each command: what another one needs is not even read."""


class _Commands(click.Group):
    """The commands, each found in its own module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        del ctx
        return sorted(HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them; None where there is none of the name."""
        del ctx
        if cmd_name not in HOMES:
            return None
        home = importlib.import_module(f"app.cli.{HOMES[cmd_name]}")
        chosen: click.Command = next(command for command in home.COMMANDS if command.name == cmd_name)
        return chosen


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """OpenKOPES: cascading KPI performance management for export-promotion agencies."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    logs.prepare()
    try:
        cli.main(prog_name="kopes", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(1)
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    except DBAPIError as error:
        click.echo(f"the database refused: {error.orig}", err=True)
        sys.exit(1)
    except (OSError, ValueError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
