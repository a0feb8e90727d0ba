"""Style and script: bundled once at install time by Flask-Assets, addressed with a hash of their contents.

A newcomer's usual mistake is to expect a change without building: ``kopes assets`` writes ``static/gen``, and a process reads names, hashes
and integrity once, when it starts. (The ``{% assets %}`` tag would do so on each page, and knows no integrity.)
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Flask
from flask_assets import Bundle, Environment
from markupsafe import Markup

from app.kit.settings import ROOT

__all__ = ["BUNDLES", "STATIC", "Assets", "build"]

STATIC: Final = Path(__file__).resolve().parent / "static"
GENERATED: Final = STATIC / "gen"
NODE_MODULES: Final = ROOT / "node_modules"

_STYLES: Final = (
    "tokens.css",
    "base.css",
    "components/shell.css",
    "components/forms.css",
    "components/tables.css",
    "components/cards.css",
    "components/badges.css",
    "components/charts.css",
    "print.css",
)

_CHARTS: Final = (
    NODE_MODULES / "chart.js" / "dist" / "chart.umd.min.js",
    NODE_MODULES / "chartjs-plugin-annotation" / "dist" / "chartjs-plugin-annotation.min.js",
    NODE_MODULES / "chartjs-chart-matrix" / "dist" / "chartjs-chart-matrix.min.js",
    STATIC / "charts.js",
)

BUNDLES: Final = {
    "gen/kopes.css": (tuple(STATIC / name for name in _STYLES), "rcssmin"),
    "gen/kopes.js": ((STATIC / "theme.js", STATIC / "numbers.js", STATIC / "page.js"), "rjsmin"),
    "gen/charts.js": (_CHARTS, "rjsmin"),
}
"""What is bundled of what: output to (files in order, what makes it smaller)."""


def build() -> list[Path]:
    """Write the bundles to ``static/gen``; returns the files.

    Raises:
        FileNotFoundError: a file to be bundled is missing; for those of ``node_modules``, `npm ci` brings them.
    """
    app = Flask("kopes.assets", static_folder=str(STATIC))
    environment = Environment(app)
    environment.directory = str(STATIC)
    environment.cache = False
    environment.manifest = False
    environment.debug = False
    GENERATED.mkdir(parents=True, exist_ok=True)
    built: list[Path] = []
    with app.app_context():
        for output, (files, smaller) in BUNDLES.items():
            missing = [str(file) for file in files if not file.is_file()]
            if missing:
                message = f"{', '.join(missing)}: missing; run `npm ci`"
                raise FileNotFoundError(message)
            bundle = Bundle(*(str(file) for file in files), filters=smaller, output=output)
            environment.register(output, bundle)
            bundle.build(force=True, disable_cache=True)
            built.append(STATIC / output)
    return built


@dataclass(frozen=True, slots=True)
class _Asset:
    address: str
    integrity: str


class Assets:
    """The static files there are, hashed when the process starts."""

    def __init__(self) -> None:
        """Read and hash every file.

        Raises:
            FileNotFoundError: the bundles were never built.
        """
        missing = [name for name in BUNDLES if not (STATIC / name).is_file()]
        if missing:
            message = f"app/web/static/{missing[0]} is missing: run `kopes assets`"
            raise FileNotFoundError(message)
        self._known = {
            path.relative_to(STATIC).as_posix(): _asset(path) for path in sorted(STATIC.rglob("*")) if path.is_file()
        }

    def url(self, name: str) -> str:
        """The address of a file, with its hash: it may be kept for ever."""
        return self._known[name].address

    def style(self, name: str) -> Markup:
        """A link to a style sheet."""
        asset = self._known[name]
        return Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(asset.address, asset.integrity)

    def script(self, name: str) -> Markup:
        """A script, run when the page has been read."""
        asset = self._known[name]
        return Markup('<script src="{}" integrity="{}" defer></script>').format(asset.address, asset.integrity)

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._known


def _asset(path: Path) -> _Asset:
    content = path.read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
    mark = hashlib.sha256(content).hexdigest()[:12]
    return _Asset(f"/static/{path.relative_to(STATIC).as_posix()}?h={mark}", f"sha384-{digest}")
