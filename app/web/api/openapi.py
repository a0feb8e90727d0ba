"""The API described: OpenAPI 3.1, made from the table of routes and the types that they read and answer.

Do not write a path by hand: a route that is declared is described, with what it declares about itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

from app.access import KEPT_ANSWER_DAYS
from app.rules.permissions import KEY_PERMISSIONS, PUBLIC_DEEDS
from app.web.answer.routing import Route
from app.web.api import shapes
from app.web.asked.once import HEADER, REPLAYED

__all__ = ["api_routes", "document"]

_PLACE: Final = re.compile(r"<(?:\w+:)?(\w+)>")
_NODE: Final = {"type": "string", "pattern": "^(unit|employee):[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"}

_TAGS: Final = {
    "Events": "Record activities and verdicts as CloudEvents 1.0; mend what was rejected.",
    "Scorecards": "Read scores, and how they come about.",
    "Live": "Follow a scorecard as it changes.",
    "Operations": "For those who run the server.",
    "Decisions": "What two people must agree on, and who stands in for whom. A session alone asks here: no key ever decides.",
    "Cycles": "Cycles that people open and take through their stages. A session alone asks here.",
    "Desk": "What HR keeps: the files of the agency folder.",
}

_BINARY: Final = " In binary mode the attributes come as `ce-` headers, percent-encoded where they are not ASCII, and `data` is the body, of a JSON media type."


def api_routes(routes: Iterable[Route]) -> list[Route]:
    """The routes that programs use, in the order in which they are declared."""
    return [route for route in routes if route.api and route.about]


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for route in api_routes(routes):
        path = paths.setdefault(_PLACE.sub(r"{\1}", route.rule), {})
        for method in route.methods:
            path[method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenKOPES",
            "version": "1",
            "description": "Cascading performance management for export promotion: activities in, live scorecards out.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(shapes.SCHEMAS),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of `kopes key create NAME --scope ingest|read|feed:FILE[,FILE…]`.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "kopes_session",
                    "description": "A signed-in person, who sees and records what their pages let them. Behind https its name begins with `__Host-`.",
                },
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    about = route.about
    scopes = [str(scope) for scope, deeds in KEY_PERMISSIONS.items() if route.deed in deeds]
    text = (route.view.__doc__ or "").strip()
    if any(about.get("body") is bodies for bodies in (shapes.EVENT_BODIES, shapes.MENDED_BODIES)):
        text += _BINARY
    if scopes:
        text += f" Scope of the key: {' or '.join(f'`{scope}`' for scope in scopes)}."
    operation: dict[str, Any] = {
        "operationId": route.endpoint.replace(".", "_"),
        "summary": about["summary"],
        "description": text,
        "tags": [about["tag"]],
        "parameters": [
            *_path_parameters(about),
            *_query_parameters(about.get("query")),
            *_headers(about),
            *([_ONCE] if route.once else []),
        ],
        "responses": _responses(about, once=route.once),
        "security": [] if route.deed in PUBLIC_DEEDS else [*([{"key": []}] if scopes else []), {"session": []}],
    }
    if "body" in about:
        is_optional = about["body"] is shapes.MENDED_BODIES
        content = {kind: {"schema": shape} for kind, shape in about["body"].items()}
        operation["requestBody"] = {"required": not is_optional, "content": content}
    return operation


def _path_parameters(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": text,
            "schema": _NODE if kind == "node" else {"type": kind},
        }
        for name, (kind, text) in about.get("path", {}).items()
    ]


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": member.get("description", ""),
            "schema": shape if name in needed else {"anyOf": [shape, _EMPTY]},
        }
        for name, member in schema["properties"].items()
        for shape in [_plain(member, schema.get("$defs", {}))]
    ]


_EMPTY: Final = {"type": "string", "maxLength": 0, "description": "Empty is as if it were not there."}


def _plain(member: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """One parameter's schema: without null, which an address cannot say, and with what it refers to written out."""
    if "x-shape" in member:
        return dict(member["x-shape"])
    shape = {name: value for name, value in member.items() if name not in {"description", "title", "anyOf", "$ref"}}
    if shape.get("default", "") is None:
        del shape["default"]
    for part in member.get("anyOf", ()):
        if part.get("type") != "null":
            shape |= part
    if "$ref" in member:
        referred = definitions[member["$ref"].rpartition("/")[2]]
        shape |= {name: value for name, value in referred.items() if name in {"type", "enum"}}
    return shape


def _headers(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": bool(about.get("signed")),
            "description": text,
            "schema": {"type": "string"},
        }
        for name, text in about.get("headers", ())
    ]


_ONCE: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "A key of your own, bare or in quotation marks: sent again with the same request it is answered as the first time, with "
        f"`{REPLAYED}: true`, and nothing is done twice. Kept {KEPT_ANSWER_DAYS} days with what was done: answers of 2xx, and of 4xx but 400, "
        "401, 403, 413 and 429. With another request 422 `idempotency_key_reused`; while the first is under way 409 `idempotency_in_progress`."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 2 * 255 + 2, "pattern": "^[ -~]+$"},
}
_REPLAYED_HEADER: Final = {
    REPLAYED: {"description": "`true` where this is the first answer again.", "schema": {"type": "string"}}
}


_NAMED_HEADERS: Final = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def _responses(about: Mapping[str, Any], *, once: bool) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, (kind, shape, text) in about["responses"].items():
        responses[str(status)] = {"description": text, "content": {kind: {"schema": shape}}}
        if isinstance(shape.get("properties"), Mapping) and {"items", "next"} <= shape["properties"].keys():
            responses[str(status)]["headers"] = {
                "Link": {"description": 'The next page: rel="next".', "schema": {"type": "string"}}
            }
        if once:
            responses[str(status)].setdefault("headers", {}).update(_REPLAYED_HEADER)
    for status in about["refusals"]:
        problem: dict[str, Any] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        named = _NAMED_HEADERS.get(status)
        if named and str(status) not in responses:
            problem["headers"] = {named: {"schema": {"type": "string"}}}
        responses.setdefault(str(status), problem)
    return responses
