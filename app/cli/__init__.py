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

from app.cli.printing import say
from app.kit import logs
from app.kit.refusals import Refusal

__all__ = ["cli", "main"]


HOMES: Final = {
    "migrate": "files",
    "load": "files",
    "ingest": "files",
    "feed": "files",
    "folder": "files",
    "score": "figures",
    "business": "figures",
    "explain": "figures",
    "grade": "figures",
    "reconcile": "figures",
    "digest": "figures",
    "cycle": "cycles",
    "lab": "cycles",
    "key": "admin",
    "hook": "admin",
    "user": "admin",
    "serve": "serving",
    "assets": "serving",
    "worker": "working",
    "demo": "running",
    "run": "running",
    "close-demo": "running",
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
        _show(error)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("interrupted", err=True)
        sys.exit(1)
    except Refusal as refusal:
        for line in (refusal.text(), *refusal.findings):
            say(line, err=True)
        sys.exit(1)
    except DBAPIError as error:
        say(f"the database refused: {error.orig}", err=True)
        sys.exit(1)
    except UnicodeError:
        say(
            "something that was given is not UTF-8: type it anew, or set the terminal's character set to UTF-8",
            err=True,
        )
        sys.exit(1)
    except (OSError, ValueError) as error:
        say(str(error), err=True)
        sys.exit(1)


def _show(error: click.ClickException) -> None:
    """Print what is wrong with a command, as click does, on lines of ours alone."""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        for line in error.ctx.get_usage().splitlines():
            say(line, err=True)
        say(f"Try '{error.ctx.command_path} -h' for help.", err=True)
        say("", err=True)
    say(f"Error: {error.format_message()}", err=True)
