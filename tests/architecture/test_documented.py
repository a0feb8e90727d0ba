"""What can be used is documented where one looks for it, and what is documented is there.

Do not write a guide once. These tests read the product's own lists: a command, setting, page or metric that is added
without a word fails here, and so does a word that the pages no longer use.
"""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from prometheus_client import REGISTRY

import app.web.api.measuring  # noqa: F401 - registers the metrics
from app.cli import cli
from app.cli.opening import CONNECTIONS as CONNECTIONS_OF_A_COMMAND
from app.kit.settings import Settings
from app.rules.permissions import Relation, relations_that_allow
from app.rules.terms import Role
from app.web.answer.navigation import ITEMS
from app.web.front.server import CONNECTIONS, READERS, WRITERS
from app.web.pages import PAGES
from app.web.wording.glossary import TERMS

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
GUIDES = ("employee", "head", "hr", "executive", "auditor", "admin", "developer")
LANGUAGES = ("en", "ko", "es")
OF_EMPLOYEES = {Relation.OWN, Relation.ABOVE}


def text_of(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def words(language: str) -> dict[str, str]:
    """What the pages call things, by what the code calls them."""
    if language == "en":
        return {}
    with (ROOT / f"app/web/translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id}


def commands(group: click.Command = cli, name: str = "kopes") -> list[str]:
    """Every command with its whole name."""
    if not isinstance(group, click.Group):
        return [name]
    context = click.Context(group)
    subs = {sub: group.get_command(context, sub) for sub in group.list_commands(context)}
    return [one for sub, command in subs.items() if command for one in commands(command, f"{name} {sub}")]


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_the_budget_of_connections_is_one_and_leaves_room(page: str) -> None:
    """Of the 100 that PostgreSQL has by default three are its superuser's: what is planned fits into the others, in both documents alike."""
    text, other = text_of(page), 2 * CONNECTIONS_OF_A_COMMAND
    planned = 4 * CONNECTIONS + 3 * other + 10
    assert planned <= 97
    assert re.search(rf"at most {CONNECTIONS}\b.*\({READERS} to read by, {WRITERS} to write by\)", text)
    assert f"any other command for at most {other}." in text
    assert f"two commands and 10 to spare take {planned} of the 97" in text


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_every_command_is_documented(page: str) -> None:
    """In the README for a newcomer, in the operator's guide for who runs it."""
    missing = [name for name in commands() if f"`{name}" not in text_of(page)]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_every_setting_is_documented(page: str) -> None:
    """The docstring of :class:`Settings` names each variable; both pages explain it."""
    variables = re.findall(r"``([A-Z][A-Z_]+)``:", Settings.__doc__ or "")
    assert len(variables) >= len(dataclasses.fields(Settings))
    assert [one for one in variables if f"| `{one}` |" not in text_of(page)] == []


def test_every_metric_is_documented() -> None:
    """Whoever is woken by one can read what it means."""
    ours = [metric for metric in REGISTRY.collect() if metric.name.startswith("kopes_")]
    assert ours
    assert [one.name for one in ours if f"`{one.name}" not in text_of("docs/operating.md")] == []


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_what_is_watched_is_documented(address: str) -> None:
    """The addresses for machines stand in the operator's guide."""
    assert f"`{address}`" in text_of("docs/operating.md")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MEMBER}))
def test_a_roles_guide_names_every_page_that_it_is_led_to(role: Role, language: str) -> None:
    """By the name that stands on the link, in the guide's language, and by its address."""
    guide = text_of(f"docs/guide/{language}/{role}.md")
    addresses = {pages.name: next((route.rule for route in pages.routes if not route.acts), "") for pages in PAGES}
    for item in ITEMS:
        if item.relation not in relations_that_allow({role}, item.deed):
            continue
        if role is not Role.EMPLOYEE and item.relation in OF_EMPLOYEES:
            continue
        assert words(language).get(item.label, item.label) in guide, item.label
        assert f"`{addresses[item.page]}`" in guide, item.page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GUIDES)
def test_what_a_guide_prints_in_bold_stands_on_the_pages(name: str, language: str) -> None:
    """Links and buttons are called by their own names; one that is renamed is found here."""
    known = {text for one in words("ko") for text in (one, words(language).get(one, one))}
    bold = re.findall(r"\*\*(.+?)\*\*", text_of(f"docs/guide/{language}/{name}.md"))
    assert [one for one in bold if one not in known] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    """Relative links, with or without an anchor."""
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [one for one in targets if not (page.parent / one).exists()] == []


def test_a_decision_is_called_by_a_number_of_its_own() -> None:
    """Others name a record by its number alone: its file and its heading have it, and no other."""
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    numbers = [record.name[:4] for record in records]
    assert sorted(set(numbers)) == numbers
    assert [record.read_text(encoding="utf-8")[2:6] for record in records] == numbers


def test_the_readme_leads_to_every_guide() -> None:
    """Nothing in docs/ that a newcomer could not come upon."""
    linked = set(re.findall(r"\]\(([^)#\s]+)", text_of("README.md")))
    wanted = {f"docs/guide/{language}/{name}.md" for language in LANGUAGES for name in GUIDES}
    assert (wanted | {"docs/operating.md", "docs/glossary.md", "docs/decisions"}) - linked == set()


def test_the_glossary_says_what_the_pages_explain_beside_a_word() -> None:
    """In three languages, word for word: who reads one need not wonder about the other."""
    glossary = text_of("docs/glossary.md")
    korean, spanish = words("ko"), words("es")
    rows = [f"| {korean[one.name]} | {one.name} | {spanish[one.name]} | {one.meaning} |" for one in TERMS.values()]
    assert [row for row in rows if row not in glossary] == []


@pytest.mark.parametrize(("language", "column"), [("ko", 0), ("es", 2)])
def test_the_pages_call_things_as_the_glossary_does(language: str, column: int) -> None:
    """Each of the field's words that stands alone anywhere is translated as the glossary has it; case apart."""
    table = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| .+ \|$", text_of("docs/glossary.md"), re.MULTILINE)
    terms = {row[1].casefold(): row[column].casefold() for row in table[1:]}
    said = [(english.casefold(), text.casefold()) for english, text in words(language).items()]
    asked = [(english, text) for english, text in said if english in terms]
    assert len(asked) >= 30
    assert [(english, text, terms[english]) for english, text in asked if text != terms[english]] == []


def test_the_glossary_explains_the_codes_own_words() -> None:
    """Words that mean something else elsewhere, or nothing."""
    glossary = text_of("docs/glossary.md")
    own = (
        "Deed",
        "Frame",
        "State",
        "Plan",
        "Selection",
        "Figures",
        "Slice",
        "Path",
        "Verification level",
        "Basis",
        "Token",
    )
    assert [one for one in own if f"**{one}.**" not in glossary] == []
