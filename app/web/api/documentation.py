"""The API's description: for programs at ``/openapi.json``, for people at ``/api/docs``.

Do not bring a viewer for it: what stands in the description is shown by a page like any other, without foreign scripts.
"""

from __future__ import annotations

import json
from typing import Any, Final

from app.rules.activities import ACTIVITY_TYPES, VERDICT_TYPES
from app.rules.permissions import Deed
from app.web.answer.rendering import Json, Page
from app.web.answer.routing import Pages
from app.web.api.openapi import document
from app.web.asked.request_context import RequestContext

__all__ = ["pages"]

pages: Final = Pages("api_docs")


def _described() -> dict[str, Any]:
    # Late, since this module is one of the resources itself.
    from app.web.api import RESOURCES

    return document(route for resource in RESOURCES for route in resource.routes)


@pages.api_read(
    "/openapi.json",
    may=Deed.PUBLIC,
    transaction=False,
    about={
        "summary": "This description",
        "tag": "Operations",
        "responses": {200: ("application/json", {"type": "object"}, "OpenAPI 3.1.")},
        "refusals": (),
    },
)
def openapi(context: RequestContext) -> Json:
    """All resources of the API, with their parameters, bodies, answers and problems."""
    del context
    return Json(_described())


@pages.read("/api/docs", may=Deed.PUBLIC, transaction=False)
def docs(context: RequestContext) -> Page:
    """The same, to be read."""
    del context
    described = _described()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return Page(
        "pages/api_docs.html",
        tags=described["tags"],
        operations=operations,
        schemas={name: shape for name, shape in described["components"]["schemas"].items() if "properties" in shape},
        types=[*ACTIVITY_TYPES.values(), *VERDICT_TYPES.values()],
        example=json.dumps(described["components"]["schemas"]["Event"]["examples"][0], indent=2, ensure_ascii=False),
    )
