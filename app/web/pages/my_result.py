"""What one came to in a cycle, as one was told it: grade, score, every decision about oneself with its reason, and until when one may object.

Do not show what was decided since: it is told with the next telling.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app import cascade
from app.rules.objections import PAY_DAYS
from app.rules.permissions import Deed
from app.rules.standings import Score, published
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided
from app.web.results.my_results import my_result
from app.web.results.paying import own_pay
from app.web.wording import words

pages: Final = Pages("my_result")


class ResultQuery(BaseModel):
    """Of which cycle; without one of the latest that one was told of."""

    model_config = ConfigDict(frozen=True)

    cycle: Annotated[int | None, Field(ge=1, le=9999)] = None


@pages.read("/my/result", may=Deed.SEE_OWN_RESULT, transaction=False)
def result(context: RequestContext, query: ResultQuery) -> Page:
    """One's own result; that it was looked at is kept. Queries: constant."""
    with context.read():
        mine = my_result(context, query.cycle)
        paid = None if mine is None else own_pay(context, mine.to.telling.cycle)
        titles = {} if mine is None else decided.titles(context, [one.decision for one in mine.decisions])
        visible = decided.visible_to(context)
        seen = frozenset() if mine is None else {one.decision.id for one in mine.decisions if visible(one.decision)}
    if mine is not None and not mine.to.is_seen:
        # What was read is what was looked at: another telling may have come since.
        to = mine.to
        context.writing(lambda connection: cascade.see_result(connection, to, at=context.now))
    return Page(
        "pages/my_result.html",
        mine=mine,
        paid=paid,
        node=Node(NodeKind.EMPLOYEE, context.viewer.employee or ""),
        pay_days=PAY_DAYS,
        titles=titles,
        seen=seen,
        published=_published,
        words=words,
    )


def _published(score: Score | None) -> object:
    return None if score is None else published(score)
