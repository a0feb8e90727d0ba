"""What the pages are for and how they are used: the guides, the field's words, and the way to both.

It is there for anybody, signed in or not: a guide holds nothing of the agency's.
"""

from __future__ import annotations

from typing import Final

from flask import url_for

from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.web.answer.navigation import items_for
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.home.guides import GUIDES, guide
from app.web.wording.glossary import TERMS
from app.web.wording.languages import page_language

pages: Final = Pages("help")


@pages.read("/help", may=Deed.PUBLIC)
def overview(context: RequestContext) -> Page:
    """All guides, one's own first, each with its parts."""
    language = page_language()
    own = _own(context)
    return Page(
        "pages/help.html",
        own={name: guide(name, language) for name in own},
        others=[name for name in GUIDES if name not in own],
        GUIDES=GUIDES,
        terms=TERMS,
    )


@pages.read("/help/words", may=Deed.PUBLIC)
def glossary(context: RequestContext) -> Page:
    """The field's words, each in a sentence."""
    del context
    return Page("pages/help_words.html", terms=TERMS)


@pages.read("/help/<name>", may=Deed.PUBLIC)
def one(context: RequestContext, name: str) -> Page:
    """One guide.

    Raises:
        NotThere: there is none of that name.
    """
    if name not in GUIDES:
        raise NotThere
    written = guide(name, page_language())
    led_to = frozenset(url_for(context.pages[item.page]) for item in items_for(context))
    return Page("pages/help_guide.html", name=name, guide=written, text=written.html(led_to), GUIDES=GUIDES)


def _own(context: RequestContext) -> list[str]:
    """The guides of the person's roles, and of functions for who has one; the core tasks are everybody's."""
    if context.person is None:
        return ["tasks"]
    mine = {*context.person.roles, *(["functions"] if context.viewer.functions else [])}
    return [*(name for name in GUIDES if name in mine), "tasks"]
