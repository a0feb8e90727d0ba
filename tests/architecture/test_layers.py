"""Who may import whom: the contracts of pyproject.toml, and the three facts that they cannot say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import grimp
import pytest

from app.cli import HOMES

ROOT: Final = Path(__file__).resolve().parents[2]

TOOLBOXES: Final = {"plain", "rules", "kit"}
"""Packages that are lists of modules, each with its own face: they are used by module."""

OTHER_FACES: Final = {"app.web.front", "app.web.making"}
"""What within a package strangers may come to: the server, and what makes files, which the application itself must not import."""

ENTRANCES: Final = {"app", "app.__main__", "app.cli", "app.web", *(f"app.cli.{module}" for module in HOMES.values())}
"""Modules that are started from outside: the command line, and the web by ``wsgi.py``."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import in ``app``, those inside functions and under TYPE_CHECKING too."""
    return grimp.build_graph("app", cache_dir=None)


def _package(module: str) -> str:
    """The package of the story that a module belongs to: ``app.ledger.totals`` is of ``ledger``."""
    return [*module.split("."), ""][1]


def test_the_story_runs_one_way():
    """pyproject.toml says in which order; `lint-imports` names whoever breaks it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_strangers_use_a_package_by_its_face_or_join_its_tables(graph):
    """What lies deeper is free to change without asking anyone else."""
    deep = {
        f"{importer} imports {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if _package(imported) not in {"", _package(importer), *TOOLBOXES}
        and imported not in {f"app.{_package(imported)}", f"app.{_package(imported)}.tables", *OTHER_FACES}
    }
    assert not deep, "\n".join(sorted(deep))


def test_the_rules_can_be_had_without_framework_and_database(graph):
    """A rule is checked by hand in a bare interpreter, at once; 0.35 s of pandas would be felt in every command."""
    rules = sorted(module for module in graph.modules if _package(module) in {"plain", "rules"})
    program = (
        f"import sys\nimport {', '.join(rules)}\n"
        "print(*sorted({'flask', 'sqlalchemy', 'pandas', 'apscheduler', 'yaml', 'click'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_every_module_is_used(graph):
    """A module that nothing imports is dead, or only its test keeps it alive."""
    unused = {
        module
        for module in graph.modules - ENTRANCES
        if not graph.find_modules_that_directly_import(module) and not graph.find_children(module)
    }
    assert not unused, "\n".join(sorted(unused))
