"""A form that is sent twice makes one: whoever clicks again, or goes back and on, is led to what the first made.

Do not take the form's id alone for it: who goes back and types something else means another.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Final
from uuid import uuid4

from pydantic import Field

from app import access
from app.access import AnswerKey, KeptAnswer
from app.web.asked.request_context import RequestContext

__all__ = ["FormId", "form_id", "made_once"]

FormId = Annotated[str, Field(pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")]
"""The id of a form as it was shown; empty where it was not sent from a page of ours."""

_PLAIN: Final = "text/plain"


def form_id(context: RequestContext) -> str:
    """The id of the form that a page shows: that of the one that was sent, where it is shown again."""
    return str(context.typed.value("form_id", "") or uuid4())


def made_once(
    context: RequestContext, sent: str, said: object, make: Callable[[], int], *, stands: Callable[[int], bool]
) -> int:
    """The number of what a form makes, which it makes once.

    Args:
        context: with the writing transaction that makes it.
        sent: the form's id.
        said: all that the form says, as a value whose text is the same each time.
        make: makes it, and gives its number.
        stands: whether what was made under a number is there still: who has taken it back means another.

    Queries: 4, beside those of ``make`` and ``stands``; none where the form has no id.
    """
    if not sent:
        return make()
    which = AnswerKey(f"form:{context.viewer.account_id}", sent)
    fingerprint = sha256(repr((context.deed, said)).encode("utf-8", "surrogatepass")).hexdigest()
    access.wait_for_answer(context.connection, which)
    kept = access.kept_answer_of(context.connection, which, now=context.now)
    if kept is not None and kept.fingerprint == fingerprint and stands(int(kept.body)):
        context.did_nothing = True
        return int(kept.body)
    number = make()
    answer = KeptAnswer(
        fingerprint=fingerprint,
        by_right=True,
        status=201,
        content_type=_PLAIN,
        location=None,
        body=str(number).encode(),
    )
    access.keep_answer(context.connection, which, answer, now=context.now)
    return number
