"""The page of all components is for developers alone, and the header names who is signed in."""

from __future__ import annotations


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
