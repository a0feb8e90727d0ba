"""What the linters cannot see: deeds at the wrong place, words that say nothing, lengths, leftovers.

Each ban names what to do instead. Do not lift a ban where the work shows a better place.
"""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
import pytest
from jinja2 import nodes

ROOT: Final = Path(__file__).resolve().parents[2]
LOCKS: Final = {"requirements.lock", "requirements-dev.lock", "package-lock.json"}

# ------------------------------------------------------------------------------------------------------------------ our files


@cache
def tracked() -> tuple[Path, ...]:
    """The files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return tuple(path for path in map(Path, names) if (ROOT / path).is_file())


@cache
def tree(path: Path) -> ast.Module:
    """A module of ours, parsed."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def whole(path: Path) -> tuple[ast.AST, ...]:
    """Each node of its tree: many look through all of them."""
    return tuple(ast.walk(tree(path)))


def modules(*folders: str) -> list[Path]:
    """Our Python modules below some folders."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in folders]


def text_files() -> Iterator[tuple[Path, str]]:
    """Everything that can be read as text."""
    for path in tracked():
        raw = (ROOT / path).read_bytes()
        if b"\0" not in raw:
            yield path, raw.decode("utf-8")


# -------------------------------------------------------------------------------------------------------------------- the bans


def _calls_method(*names: str) -> Callable[[ast.AST], bool]:
    def found(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names

    return found


def _calls(name: str) -> Callable[[ast.AST], bool]:
    def found(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name

    return found


def _imports(module: str, name: str | None = None) -> Callable[[ast.AST], bool]:
    def found(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            whole = node.module == module or (node.module or "").startswith(f"{module}.")
            return whole and (name is None or any(alias.name == name for alias in node.names))
        return name is None and isinstance(node, ast.Import) and any(alias.name == module for alias in node.names)

    return found


def _raw_sql(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr == "text" and node.value.id in {"sa", "sqlalchemy"}
    return _imports("sqlalchemy", "text")(node)


def _compares_role(node: ast.AST) -> bool:
    """Whether a role is compared with a named one: ``Role.HR in roles``, ``role == Role.HEAD``."""
    if not isinstance(node, ast.Compare):
        return False
    return any(
        isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "Role"
        for side in (node.left, *node.comparators)
        for part in ast.walk(side)
    )


def _skips(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "importorskip"}


def _sleeps(node: ast.AST) -> bool:
    return _calls("sleep")(node) or _calls_method("sleep")(node)


def _takes_the_date(node: ast.AST) -> bool:
    """Whether an instant's date is taken: ``now.date()``, and not ``dt.date(2026, 1, 1)``."""
    return _calls_method("date")(node) and isinstance(node, ast.Call) and not (node.args or node.keywords)


def _hashes_in_a_transaction(node: ast.AST) -> bool:
    """Whether an account is made without the first password that was hashed before."""
    return (
        isinstance(node, ast.Call)
        and _calls_method("create_account")(node)
        and all(keyword.arg != "first" for keyword in node.keywords)
    )


def _names_half_characters(node: ast.AST) -> bool:
    """Whether a pattern or a comparison of its own says what no text may hold."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "\ud800" in node.value


@dataclass(frozen=True)
class Ban:
    """Something that is not done in some places, and what to do instead."""

    what: str
    found: Callable[[ast.AST], bool]
    below: tuple[str, ...]
    home: tuple[str, ...]
    instead: str


BANS: Final = (
    Ban(
        "commit() and rollback()",
        _calls_method("commit", "rollback"),
        ("app/",),
        ("app/kit/database.py",),
        "the edge opens a transaction with Database.read() or .write(), which commits",
    ),
    Ban(
        "create_account() without first=",
        _hashes_in_a_transaction,
        ("app/",),
        (),
        "make it with access.first_password() before the transaction is opened: hashing takes so long that every writer would wait",
    ),
    Ban(
        "a page's own row on the trail",
        _calls_method("record_deed"),
        ("app/web/",),
        ("app/web/asked/request_context.py",),
        "context.note(): it is written in the transaction that does the deed",
    ),
    Ban(
        "a page that puts a deed together",
        _calls_method(
            "keep_rejected",
            "lock_revision",
            "record",
            "record_change",
            "recorded_time",
            "settle_rejected",
            "take_message",
        ),
        ("app/web/",),
        (),
        "one call of app.intake or app.scoring does all of it, so that page, API and command do the same",
    ),
    Ban(
        "a rule of its own for what a text may hold",
        _names_half_characters,
        ("app/",),
        ("app/plain/texts.py", "app/kit/logs.py"),
        "ask app.plain.texts: has_unstorable, storable",
    ),
    Ban(
        "a page that changes rights by itself",
        _calls_method(
            "create_account", "create_hook", "create_key", "disable_account", "reset_password", "tell_auditors"
        ),
        ("app/web/",),
        (),
        "one call of app.notices does it with what must follow: the row of the trail, and the word to every auditor",
    ),
    Ban(
        "raw SQL by text()",
        _raw_sql,
        ("app/",),
        ("app/kit/",),
        "write it in SQLAlchemy Core, or put the statement behind a function of app/kit/bulk.py",
    ),
    Ban(
        "float()",
        _calls("float"),
        (
            "app/ledger/",
            "app/paying/",
            "app/cycle/close/pay_deciding.py",
            "app/cycle/close/payable.py",
            "app/rules/pay.py",
            "app/rules/pay_runs.py",
            "app/rules/counting.py",
            "app/rules/activities.py",
        ),
        (),
        "amounts are Decimal, or whole numbers of the smallest unit",
    ),
    Ban(
        "comparing roles",
        _compares_role,
        ("app/",),
        ("app/rules/permissions.py",),
        "ask app.rules.permissions.may for the deed",
    ),
    Ban(
        "the date of an instant, which is the day in UTC",
        _takes_the_date,
        ("app/",),
        (
            "app/organisation/",
            # Looks for the agency's day by the one in UTC.
            "app/access/sessions.py",
            # A job's time of day is in UTC.
            "app/kit/jobs.py",
            # The latest day that has begun anywhere.
            "app/rules/own_events.py",
            "app/web/asked/request_context.py",
            # Where somebody works, or reads.
            "app/web/entry/entry_form.py",
            "app/web/wording/languages.py",
            "app/web/pages/home.py",
            "app/web/wording/plain_words.py",
            "app/web/home/reminding.py",
        ),
        "ask organisation.Directory.day_of: days are those of the root unit's time zone",
    ),
    Ban(
        "sleep()",
        _sleeps,
        ("tests/",),
        ("tests/conftest.py", "tests/postgresql.py", "tests/bench"),
        "wait for the condition itself",
    ),
    Ban(
        "mocks",
        _imports("unittest.mock"),
        ("tests/",),
        (),
        "use the real thing on loopback, or a small fake with its own test",
    ),
    Ban(
        "skipping",
        _skips,
        ("tests/",),
        ("tests/architecture/test_tidy.py",),
        "what a test needs is installed by `make test`; missing, it fails",
    ),
)


@pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.what)
def test_what_is_banned_is_found_at_its_home_only(ban):
    broken = [
        f"{path}:{getattr(node, 'lineno', 1)}: {ban.what} is not for here; instead: {ban.instead}"
        for path in modules("app", "tests")
        if str(path).startswith(ban.below) and not str(path).startswith(ban.home or ("/",))
        for node in whole(path)
        if ban.found(node)
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.what)
def test_what_a_ban_names_is_there(ban):
    """A file that was moved would else be free of the ban, and nobody would know."""
    gone = [path for path in (*ban.below, *ban.home) if path != "/" and not ROOT.joinpath(path).exists()]
    assert not gone, f"{ban.what}: {gone}"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("session.commit()", "commit() and rollback()"),
        ("access.record_deed(connection)", "a page's own row on the trail"),
        ("ledger.recorded_time(connection, source=source, id=id)", "a page that puts a deed together"),
        ("_UNFIT = re.compile('[\\0\\ud800-\\udfff]')", "a rule of its own for what a text may hold"),
        ("access.disable_account(connection)", "a page that changes rights by itself"),
        ("sa.text('SELECT 1')", "raw SQL by text()"),
        ("from sqlalchemy import select, text", "raw SQL by text()"),
        ("share = float(row.share)", "float()"),
        ("if viewer.role == Role.HR: pass", "comparing roles"),
        ("now.date()", "the date of an instant, which is the day in UTC"),
        ("time.sleep(1)", "sleep()"),
        ("from unittest.mock import patch", "mocks"),
        ("pytest.skip('no PostgreSQL')", "skipping"),
    ],
)
def test_each_ban_sees_what_it_bans(source, what):
    """A ban that finds nothing anywhere must be known to find something."""
    (ban,) = (ban for ban in BANS if ban.what == what)
    assert any(ban.found(node) for node in ast.walk(ast.parse(source)))


# ----------------------------------------------------------------------------------------------------------- names and lengths

EMPTY_WORDS: Final = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "manager",
    "service",
    "handler",
    "processor",
    "info",
}
EMPTY_NAMES: Final = EMPTY_WORDS | {"base", "data"}
"""``base`` and ``data`` are words of the field inside a longer name (base value, an event's data), but name nothing alone."""


def _words(name: str) -> set[str]:
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return set(parts) - {""}


def _says_nothing(name: str) -> bool:
    words = _words(name)
    return bool(words & EMPTY_WORDS) or (len(words) == 1 and words <= EMPTY_NAMES)


FIELD_WORDS: Final = {"base", "data", "service"}
"""A function or property may be called by the field's own words: a line's base, an event's data, an employee's service."""


def _function_says_nothing(name: str) -> bool:
    """Whether a function's name has an empty word; the name of a test is a sentence, which may have any."""
    if name.startswith("test_"):
        return False
    return bool(_words(name) & (EMPTY_NAMES - FIELD_WORDS))


def test_names_say_what_a_thing_is():
    empty = []
    for path in modules("app", "tests", "migrations", "scripts"):
        empty += [str(path) for part in (*path.parent.parts, path.stem) if _says_nothing(part)]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and _says_nothing(node.name):
                empty.append(f"{path}:{node.lineno}: class {node.name}")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _function_says_nothing(node.name):
                empty.append(f"{path}:{node.lineno}: def {node.name}")
    assert not empty, "\n".join(empty)


EMPTY_VARIABLES: Final = {"found", "held"}


def test_variables_say_what_they_hold():
    """Everything was found, and is held: an activity is an ``activity``, what is loaded is ``loaded``. The demonstration draws, and may."""
    empty = [
        f"{path}:{node.lineno}"
        for path in modules("app")
        if path.parts[1] != "demo"
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in EMPTY_VARIABLES)
        or (isinstance(node, ast.arg) and node.arg in EMPTY_VARIABLES)
    ]
    assert not empty, "\n".join(empty)


def test_templates_say_what_they_show():
    """The same of what a page hands over: ``asked`` may be anything, ``parameters`` are an address's."""
    templates = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    empty = []
    for path in tracked():
        if path.suffix == ".html" and path.parts[0] == "templates":
            template = templates.parse((ROOT / path).read_text(encoding="utf-8"))
            names = {node.name for node in template.find_all(nodes.Name)}
            names |= {node.attr for node in template.find_all(nodes.Getattr)}
            empty += [f"{path}: {name}" for name in names & (EMPTY_VARIABLES | {"asked", "told"})]
    assert not empty, "\n".join(empty)


def test_a_name_is_one_class():
    """Two classes of one name, each public, are told apart by their imports alone. The demonstration's own world is a world by itself."""
    places: dict[str, list[str]] = {}
    for path in modules("app"):
        if path.parts[1] != "demo":
            for node in tree(path).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault(node.name, []).append(f"{path}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


OF_THE_LANGUAGE: Final = {"property", "cached_property", "classmethod", "staticmethod", "contextmanager", "cache"}


def _public_functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those that the application has to call: no route or command, which its decorator registers, and no override of a library's method."""
    overrides = {
        method for node in ast.walk(module) if isinstance(node, ast.ClassDef) and node.bases for method in node.body
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in overrides:
            decorators = {ast.unparse(one).split("(")[0].rpartition(".")[2] for one in node.decorator_list}
            if not node.name.startswith("_") and decorators <= OF_THE_LANGUAGE:
                yield node


def test_what_is_public_is_used_by_the_application():
    """What tests alone call is no part of the product: it is deleted, or goes to them. By name: one that is used elsewhere too is not seen."""
    nodes = [node for path in modules("app") for node in ast.walk(tree(path))]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    pages = [path for path in tracked() if path.parts[0] == "templates"]
    used |= {word for path in pages for word in re.findall(r"\w+", (ROOT / path).read_text(encoding="utf-8"))}
    dead = [
        f"{path}:{node.lineno}: {node.name}"
        for path in modules("app")
        for node in _public_functions(tree(path))
        if node.name not in used
    ]
    assert not dead, "\n".join(dead)


LONGEST_FUNCTION: Final = 70
LONGEST_MODULE: Final = 800


def _long_functions() -> dict[str, int]:
    found = {}
    for path in modules("app", "tests", "scripts"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found[f"{path}:{node.name}"] = length
    return found


def _long_modules() -> dict[str, int]:
    lengths = {
        str(path): (ROOT / path).read_text(encoding="utf-8").count("\n")
        for path in modules("app", "tests", "scripts", "migrations")
    }
    return {path: length for path, length in lengths.items() if length > LONGEST_MODULE}


@pytest.mark.parametrize(
    ("kind", "measure", "limit"),
    [("functions", _long_functions, LONGEST_FUNCTION), ("modules", _long_modules, LONGEST_MODULE)],
)
def test_nothing_grows_beyond_a_screen_or_a_notion(kind, measure, limit):
    """A function fits a screen; a module over 800 lines is split by a notion of the domain. What was longer may only shrink."""
    allowed = tomllib.loads((ROOT / "tests/architecture/ratchet.toml").read_text(encoding="utf-8"))[kind]
    actual = measure()
    over = [
        f"{name}: {length} lines, {allowed.get(name, limit)} at most"
        for name, length in actual.items()
        if length > allowed.get(name, limit)
    ]
    assert not over, "\n".join(sorted(over))
    assert allowed == {name: length for name, length in actual.items() if name in allowed}, (
        "write the smaller numbers into ratchet.toml"
    )


# ------------------------------------------------------------------------------------------------------------------- leftovers

MARKERS: Final = re.compile(r"\b(?:FIX" r"ME|TO" r"DO|X" r"XX)\b")
ADDRESSES: Final = re.compile(
    r"pypi\.(?:org|python)|python" r"hosted\.org|registry\.npm|registry\.yarn|deb\.debian\.org|/simple/\w|index-url",
    re.IGNORECASE,
)
MACHINE_PATHS: Final = re.compile(r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/")


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (MARKERS, "an unfinished piece: finish it, or decide and write the decision down"),
        (ADDRESSES, "a registry's address: the user's own configuration says where packages come from"),
        (MACHINE_PATHS, "a path of one machine"),
    ],
    ids=["markers", "registries", "paths"],
)
def test_no_leftovers(pattern, what):
    here = Path(__file__).relative_to(ROOT)
    found = [
        f"{path}:{number}: {what}: {line.strip()[:100]}"
        for path, text in text_files()
        if path != here
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def test_lock_files_pin_every_package_by_hash():
    """`make install` takes nothing that is not the very file which was tried."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        pinned = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
        loose = [entry.splitlines()[0] for entry in pinned if "==" not in entry or "--hash=sha256:" not in entry]
        assert not loose, loose
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------- dependencies

BY_NAME: Final = {
    "flask_assets": "Flask-Assets", "flask_babel": "Flask-Babel", "flask_limiter": "Flask-Limiter", "flask_login": "Flask-Login",
    "flask_wtf": "Flask-WTF", "argon2": "argon2-cffi", "prometheus_client": "prometheus-client", "python_calamine": "python-calamine",
    "markdown_it": "markdown-it-py", "yaml": "PyYAML",
}  # fmt: skip
"""Modules that are not called as their package is."""

NOT_IMPORTED: Final = {
    "flit_core": "builds the editable install",
    "httptools": "uvicorn parses with it",
    "psycopg": "SQLAlchemy's driver",
    "rcssmin": "webassets' filter",
    "rjsmin": "webassets' filter",
    "tzdata": "time zones where the system has none; pandas and zoneinfo read it",
    "uvloop": "uvicorn's loop",
    "webassets": "Flask-Assets bundles with it",
}
"""Direct dependencies that no module of ours names, and who does."""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_dependencies_are_the_packages_that_are_imported():
    """A package that is imported is declared, and one that is declared is used."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_plain(re.split(r"[\[=<>~ ]", entry)[0]) for entry in project["dependencies"]}
    imported: set[str] = set()
    for path in [*modules("app", "migrations"), Path("wsgi.py")]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    own = {"app", "tests", "__future__"} | set(__import__("sys").stdlib_module_names)
    # Werkzeug and Jinja2 are Flask's own face; what comes with a framework is pinned with it.
    with_others = {
        "werkzeug": "Flask",
        "jinja2": "Flask",
        "itsdangerous": "Flask",
        "pydantic_core": "pydantic",
        "markupsafe": "Flask",
        "wtforms": "Flask-WTF",
        "babel": "Flask-Babel",
    }
    used = {_plain(with_others.get(name) or BY_NAME.get(name) or name) for name in imported - own}
    assert used - declared == set(), "imported, not declared"
    assert declared - used - {_plain(name) for name in NOT_IMPORTED} == set(), "declared, not imported"
