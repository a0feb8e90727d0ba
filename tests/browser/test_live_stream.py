"""The one live stream of a browser as tabs come and go: which connections are open, whatever order they are opened in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from app import web

pytestmark = pytest.mark.browser

_STATIC: Final = Path(web.__file__).parent / "static"

_STREAMS_OPENED_BY_HAND: Final = """() => {
    const sources = [];
    globalThis.EventSource = class {
        static CONNECTING = 0; static OPEN = 1; static CLOSED = 2;
        constructor(address) { this.readyState = 0; this.heard = {}; sources.push(Object.assign(this, { address })); }
        addEventListener(name, hears) { this.heard[name] = hears; }
        close() { this.readyState = 2; }
        opens() { if (this.readyState === 0) { this.readyState = 1; this.heard.open(); } }
    };
    globalThis.sources = sources;
    globalThis.stream = new KopesStream("/live", { on() {}, off() {}, refused() {}, moved() {} });
}"""
"""A browser's streams whose opening the test decides."""

_OPEN: Final = "() => sources.filter((one) => one.readyState !== 2).map((one) => one.address)"


@pytest.mark.parametrize("opened", ["in order", "only the last", "the last first"])
def test_of_streams_in_quick_succession_one_stays(page: Page, opened: str) -> None:
    """Tabs come and go faster than streams are opened: no earlier one stays open, and until the last is there the first still brings messages."""
    page.add_script_tag(path=_STATIC / "live_stream.js")
    page.evaluate(_STREAMS_OPENED_BY_HAND)
    page.evaluate("() => { stream.wanted = ['unit:A']; stream.change(); sources[0].opens(); }")
    for node in ("unit:B", "unit:C", "unit:D"):
        page.evaluate("(node) => { stream.wanted = [node]; stream.change(); }", node)
        assert "/live?node=unit%3AA" in page.evaluate(_OPEN)
        assert len(page.evaluate(_OPEN)) == 2
    order = {"in order": (1, 2, 3), "only the last": (3,), "the last first": (3, 2, 1)}[opened]
    for at in order:
        page.evaluate("(at) => sources[at].opens()", at)
    assert page.evaluate(_OPEN) == ["/live?node=unit%3AD"]
    page.evaluate("() => { stream.wanted = []; stream.change(); }")
    assert page.evaluate(_OPEN) == []
