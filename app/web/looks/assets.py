"""Style and script: bundled once at install time by Flask-Assets and, what is made of modules, by esbuild; addressed with a hash of their contents.

Do not expect a change without building: ``kopes assets`` writes ``static/gen``, and a process reads names, hashes
and integrity once, when it starts. (The ``{% assets %}`` tag would do so on each page, and knows no integrity.)
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from flask import Flask
from flask_assets import Bundle, Environment
from markupsafe import Markup

from app.kit.settings import ROOT
from app.web.looks import earth, faces, themes

__all__ = ["BUNDLES", "STATIC", "Asset", "Assets", "assets", "build"]

STATIC: Final = Path(__file__).resolve().parents[1] / "static"
GENERATED: Final = STATIC / "gen"
COMPRESSED: Final = GENERATED / "compressed"
NODE_MODULES: Final = ROOT / "node_modules"

FONTS: Final = NODE_MODULES / "pretendard-gov" / "dist" / "web" / "variable"
"""The face of Korea's public bodies, of all weights in one, cut into 120 files: a page takes those alone whose characters stand on it."""
_FONT_SHEET: Final = FONTS / "pretendardvariable-gov-dynamic-subset.css"
_WHOLE_FONT: Final = FONTS / "woff2" / "PretendardGOVVariable.woff2"
_CUT_FONT: Final = ROOT / "scripts" / "latin_font.mjs"
LATIN_FONT: Final = "gen/fonts/latin.woff2"
"""What every page is drawn by: it asks for it before it has read a style sheet."""
_FONT_FILE: Final = re.compile(r"url\(\./woff2-dynamic-subset/([\w.]+\.woff2)\)")

KRDS_TOKENS: Final = NODE_MODULES / "krds-uiux" / "resources" / "css" / "token" / "krds_tokens.css"
"""The values of the design system of Korea's public bodies."""

_STYLES: Final = (
    "gen/tokens.css",
    "gen/fonts/latin.css",
    "fitted.css",
    "base.css",
    "components/shell.css",
    "components/search.css",
    "components/keys.css",
    "components/forms.css",
    "components/tables.css",
    "components/cards.css",
    "components/badges.css",
    "components/charts.css",
    "components/places.css",
    "components/business.css",
    "components/terms.css",
    "components/first_visit.css",
    "components/narrow.css",
    "components/views.css",
    "print.css",
)

BUNDLES: Final = {
    "gen/kopes.css": (tuple(STATIC / name for name in _STYLES), "rcssmin"),
    "gen/fonts.css": ((GENERATED / "fonts" / "fonts.css",), "rcssmin"),
    "gen/kopes.js": (
        (
            STATIC / "theme.js",
            STATIC / "numbers.js",
            STATIC / "page.js",
            STATIC / "search.js",
            STATIC / "keys.js",
            STATIC / "terms.js",
            STATIC / "narrow.js",
            STATIC / "charts_waiting.js",
        ),
        "rjsmin",
    ),
    "gen/live.js": ((STATIC / "live_stream.js", STATIC / "live.js"), "rjsmin"),
    "gen/log_sending.js": ((STATIC / "log_outbox.js", STATIC / "log_sending.js"), "rjsmin"),
    "gen/log_worker.js": ((STATIC / "log_outbox.js", STATIC / "log_worker.js"), "rjsmin"),
    "gen/live_worker.js": ((STATIC / "live_stream.js", STATIC / "live_worker.js"), "rjsmin"),
}
"""What is bundled of what: output to (files in order, what makes it smaller)."""

_CHARTS: Final = ("agency", "scorecard")
"""The pages with charts: of each a module in ``static/charts`` that names the kinds it shows, so that a page loads no other."""

_LAND: Final = NODE_MODULES / "world-atlas" / "land-110m.json"
"""The coasts of the world, of which the map is drawn."""

_BUILT: Final = (*BUNDLES, "gen/land.json", "gen/land.svg", *(f"gen/charts_{page}.js" for page in _CHARTS))

_ESBUILD: Final = NODE_MODULES / ".bin" / "esbuild"


def build() -> list[Path]:
    """Write the bundles to ``static/gen``, and every file compressed beside them; returns the bundles.

    Raises:
        FileNotFoundError: a file to be bundled is missing; for those of ``node_modules``, `npm ci` brings them.
    """
    app = Flask("kopes.assets", static_folder=str(STATIC))
    environment = Environment(app)
    environment.directory = str(STATIC)
    environment.cache = False
    environment.manifest = False
    environment.debug = False
    _lay_out_fonts(GENERATED / "fonts")
    _write_out_tokens(GENERATED / "tokens.css")
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
    built += _bundle_charts()
    COMPRESSED.mkdir(exist_ok=True)
    for left in COMPRESSED.iterdir():
        left.unlink()
    for path in _files():
        if path.suffix in _SHRINKS:
            content = path.read_bytes()
            _compressed_file(content).write_bytes(_compressed(content))
    return built


def _bundle_charts() -> list[Path]:
    """Bundle each page's charts with that part of the libraries that it uses, and lay the map's land beside them."""
    for file in (_ESBUILD, _LAND):
        if not file.is_file():
            message = f"{file}: missing; run `npm ci`"
            raise FileNotFoundError(message)
    modules = [str(STATIC / "charts" / f"{page}.js") for page in _CHARTS]
    how = ("--bundle", "--minify", "--format=iife", "--target=es2022", "--log-level=warning")
    # The map's library brings scales of colour that no map of ours uses: ours has the tokens'.
    unused = f"--alias:d3-scale-chromatic={STATIC / 'charts' / 'no_colours.js'}"
    where = (f"--outdir={GENERATED}", "--entry-names=charts_[name]")
    subprocess.run([_ESBUILD, *modules, *how, unused, *where], check=True, cwd=ROOT)
    shutil.copyfile(_LAND, GENERATED / "land.json")
    coasts = earth.land_path(json.loads(_LAND.read_text(encoding="utf-8")))
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><path id="land" d="{coasts}"/></svg>\n'
    (GENERATED / "land.svg").write_text(drawing, encoding="utf-8")
    return [GENERATED / f"charts_{page}.js" for page in _CHARTS]


def _lay_out_fonts(folder: Path) -> None:
    """Copy the font's files to a folder, that of the Latin letters cut from the whole, and write both style sheets, in which each is named by its address for ever.

    Until a file has come its letters are drawn by a face that the reader's machine has, fitted to this one (``fitted.css``), so that none moves then.
    (``optional`` would leave them in the other face for as long as the page is open, on every page whose files a browser has not at hand at once.)
    """
    for file in (_FONT_SHEET, _WHOLE_FONT):
        if not file.is_file():
            message = f"{file}: missing; run `npm ci`"
            raise FileNotFoundError(message)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def address(file: re.Match[str]) -> str:
        name = file[1]
        shutil.copyfile(FONTS / "woff2-dynamic-subset" / name, folder / name)
        return f"url({_asset(folder / name).address})"

    sheet = _FONT_FILE.sub(address, _FONT_SHEET.read_text(encoding="utf-8"))
    (folder / "fonts.css").write_text(faces.without(sheet, faces.LATIN), encoding="utf-8")
    lightest, heaviest = faces.WEIGHTS
    wanted = {
        "text": "".join(map(chr, sorted(faces.LATIN))),
        "features": faces.FEATURES,
        "lightest": lightest,
        "heaviest": heaviest,
    }
    latin = STATIC / LATIN_FONT
    subprocess.run(["node", _CUT_FONT, _WHOLE_FONT, latin], input=json.dumps(wanted), text=True, check=True, cwd=ROOT)
    (folder / "latin.css").write_text(faces.latin_face(_asset(latin).address, sheet), encoding="utf-8")


def _write_out_tokens(file: Path) -> None:
    """Write the tokens' sheet with every theme, KRDS' values filled in."""
    if not KRDS_TOKENS.is_file():
        message = f"{KRDS_TOKENS}: missing; run `npm ci`"
        raise FileNotFoundError(message)
    written = themes.written_out((STATIC / "tokens.css").read_text("utf-8"), KRDS_TOKENS.read_text("utf-8"))
    file.write_text(written, encoding="utf-8")


def _files() -> list[Path]:
    return [path for path in sorted(STATIC.rglob("*")) if path.is_file() and COMPRESSED not in path.parents]


_SHRINKS: Final = {".css", ".js", ".json", ".svg"}
"""What becomes shorter by gzip; fonts are compressed as they come."""


def _compressed_file(content: bytes) -> Path:
    """Where a file is kept compressed: by what it holds, so that one that was changed since is never sent."""
    return COMPRESSED / f"{hashlib.sha256(content).hexdigest()}.gz"


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file.

    Attributes:
        address: with its hash: what is there may be kept for ever.
        integrity: what a browser holds it against.
        tag: of its contents.
        media_type: what it is.
        content: its bytes.
        compressed: the same by gzip; None where that is no shorter.
    """

    address: str
    integrity: str
    tag: str
    media_type: str
    content: bytes
    compressed: bytes | None


class Assets:
    """The static files there are, read when the process starts: some 7 MB, most of it fonts, which are then sent without touching the disk."""

    def __init__(self) -> None:
        """Read and hash every file.

        Raises:
            FileNotFoundError: the bundles were never built.
        """
        missing = [name for name in _BUILT if not (STATIC / name).is_file()]
        if missing:
            message = f"app/web/static/{missing[0]} is missing: run `kopes assets`"
            raise FileNotFoundError(message)
        self._known: Final = {path.relative_to(STATIC).as_posix(): _asset(path) for path in _files()}

    def get(self, name: str) -> Asset | None:
        """A file, if there is one of that name."""
        return self._known.get(name)

    def url(self, name: str) -> str:
        """The address of a file, with its hash: it may be kept for ever."""
        return self._known[name].address

    def style(self, name: str) -> Markup:
        """A link to a style sheet."""
        asset = self._known[name]
        return Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(asset.address, asset.integrity)

    def face(self) -> Markup:
        """The Latin letters, asked for before a style sheet says that they are needed."""
        return Markup('<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin>').format(
            self.url(LATIN_FONT)
        )

    def script(self, name: str) -> Markup:
        """A script, run when the page has been read."""
        asset = self._known[name]
        return Markup('<script src="{}" integrity="{}" defer></script>').format(asset.address, asset.integrity)

    def charts_when_near(self, name: str) -> Markup:
        """A page's charts that stand far down: their script is fetched when one comes near or the page is used (``charts_waiting.js``)."""
        asset = self._known[name]
        return Markup(
            '<script type="text/plain" data-charts-waiting data-src="{}" data-integrity="{}"></script>'
        ).format(asset.address, asset.integrity)

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._known


@functools.cache
def assets() -> Assets:
    """Those of this process.

    Raises:
        FileNotFoundError: the bundles were never built.
    """
    return Assets()


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    kept = _compressed_file(content)
    compressed = None
    if path.suffix in _SHRINKS:
        # A file that was changed since the last build is compressed now.
        compressed = kept.read_bytes() if kept.is_file() else _compressed(content)
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
    mark = hashlib.sha256(content).hexdigest()[:12]
    return Asset(
        address=f"/static/{path.relative_to(STATIC).as_posix()}?h={mark}",
        integrity=f"sha384-{digest}",
        tag=mark,
        media_type=guess_type(path.name)[0] or "application/octet-stream",
        content=content,
        compressed=compressed if compressed is not None and len(compressed) < len(content) else None,
    )
