"""Each command is found in its own module, and none is left out of the list."""

from __future__ import annotations

import importlib
import subprocess
import sys

import click
import pytest

from app.cli import HOMES, cli
from tests.conftest import ROOT


def test_the_list_names_every_command_of_every_module() -> None:
    """A command that is missing there could not be called."""
    modules = {
        path.stem: importlib.import_module(f"app.cli.{path.stem}") for path in (ROOT / "app" / "cli").glob("[!_]*.py")
    }
    homes = {
        name
        for name, module in modules.items()
        if any(isinstance(what, click.Command) for what in vars(module).values())
    }
    assert set(HOMES.values()) == homes
    assert {command.name: name for name in homes for command in modules[name].COMMANDS} == HOMES
    context = click.Context(cli)
    assert all(cli.get_command(context, name) is not None for name in cli.list_commands(context))
    assert cli.get_command(context, "nothing") is None


@pytest.mark.parametrize("unneeded", ["alembic", "pandas", "flask", "app.scoring"])
def test_a_command_reads_no_more_than_it_needs(unneeded: str) -> None:
    """Making a key needs neither the pages nor the scores; a script that calls commands in a loop waits for each."""
    code = f"import sys, app.cli.admin; sys.exit({unneeded!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
