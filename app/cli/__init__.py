"""The command line ``kopes``: every command makes one call into the application and prints what comes of it.

Exit status 0 is success, 1 a finding or a failed run, 2 wrong usage. Errors go to standard error and name file, line and field.
A newcomer's usual mistake is to print progress to standard output: what others read by a pipe must hold the result alone.
"""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import DBAPIError

from app.cli import admin, figures, files, running, serving, working
from app.kit.refusals import Refusal

__all__ = ["cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """OpenKOPES: cascading KPI performance management for export-promotion agencies."""


for command in (
    *files.COMMANDS,
    *figures.COMMANDS,
    *admin.COMMANDS,
    *serving.COMMANDS,
    *working.COMMANDS,
    *running.COMMANDS,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit status."""
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
