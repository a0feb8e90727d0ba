"""The page of all components is for developers alone, and the header names who is signed in."""

from __future__ import annotations

import re

from app.waiting.kinds import KINDS
from tests.conftest import ROOT


def test_the_components_page_is_there_for_developers_only(make_app):
    """It is nobody's work: where the process is not told to serve it, it is not there, for those signed in neither."""
    assert make_app(development=True).test_client().get("/design").status_code == 200
    assert make_app().test_client().get("/design").status_code == 404


def test_the_header_names_a_person_and_an_account_without_one_by_its_e_mail(working):
    """Nobody is known among colleagues by an address; number, e-mail and roles stand in the menu."""
    names = {name: getattr(working, name).get("/sessions").text for name in ("boram", "dana")}
    assert '<span class="account-name">E2</span>' in names["boram"]
    assert "Head of a unit" in names["boram"]
    assert '<span class="account-name">dana@agency.example</span>' in names["dana"]


def test_every_component_stands_on_the_components_page(make_app):
    """Each file of templates/components, and each of its macros, by the page itself or by another component that stands there."""
    folder = ROOT / "templates"
    components = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "components").glob("*.html")}
    pages = [folder / "layout.html", *sorted((folder / "pages").glob("design*.html"))]
    page = "".join(path.read_text(encoding="utf-8") for path in pages)
    assert {name for name in components if f'"components/{name}.html"' not in page} == set()
    # What the samples of a macro's own comment say is no call.
    told = {name: re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL) for name, text in components.items()}
    missing = {
        f"{name}: {macro}"
        for name, text in told.items()
        for macro in re.findall(r"{%-? macro (\w+)\(", text)
        if not re.search(rf"(?<!macro )\b{macro}\(", page + "".join(told.values()))
    }
    # Called by the name of what waits.
    assert {one for one in missing if not one.startswith("waiting: ")} == set()
    shown = make_app(development=True).test_client().get("/design").text
    assert set(re.findall(r'<li data-kind="(\w+)">', shown)) == {kind.name for kind in KINDS}
