"""What a page makes a browser load."""

from __future__ import annotations

import re
from typing import Final

from app.web.looks.assets import assets
from tests.architecture.test_tidy import ROOT

SCRIPT: Final = re.compile(r'assets\.(?:script|charts_when_near)\("([^"]+)"\)')

FETCHED: Final = {"agency.html": {"gen/land.json"}, "business.html": {"gen/land.svg"}}
"""What a page's script fetches further: it weighs as much as a script."""

BYTES_MAX: Final = 120_000


def test_no_page_loads_more_script_than_a_slow_connection_bears() -> None:
    """120 kB as they are sent, charts included; pages with charts are among those that are weighed."""
    everywhere = {"gen/kopes.js"}
    weights = {}
    for template in sorted((ROOT / "templates" / "pages").glob("*.html")):
        scripts = (
            everywhere | FETCHED.get(template.name, set()) | set(SCRIPT.findall(template.read_text(encoding="utf-8")))
        )
        weights[template.name] = sum(len(assets().get(name).compressed) for name in scripts)  # type: ignore[union-attr, arg-type]  # the layout sends them
    assert {name: weight for name, weight in weights.items() if weight > BYTES_MAX} == {}
    assert min(weights["scorecard.html"], weights["agency.html"]) > 50_000
