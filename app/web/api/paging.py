"""Lists that go from the newest back: which page of one is asked for, and where the next is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app.web.answer.rendering import Json
from app.web.api import shapes

__all__ = ["PageQuery", "page_of"]


class Numbered(Protocol):
    """What a list is made of."""

    @property
    def id(self) -> int:
        """Its number, which the newer has the greater."""


Item = TypeVar("Item", bound=Numbered)


class PageQuery(BaseModel):
    """Which page of the list."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=1000, description="How many at most.")] = 100
    before: Annotated[int | None, Field(ge=1, lt=2**63, description="Only those with a smaller number.")] = None


def page_of(query: PageQuery, items: Sequence[Item], as_json: Callable[[Item], dict[str, Any]]) -> Json:
    """A page of a list.

    Args:
        query: which.
        items: what it asks for, and one more where there is one.
        as_json: how one is written.
    """
    shown = items[: query.limit]
    following = shapes.address(request, before=shown[-1].id) if len(items) > len(shown) else None
    return Json({"items": [as_json(one) for one in shown], "next": following}, following=following)
