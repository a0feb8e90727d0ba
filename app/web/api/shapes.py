"""The shapes of what the API takes and answers, as JSON Schema, and what its lists have in common.

Do not describe an event's members here: they are made from the table of event types, so that a new type or field
describes itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request
from pydantic import BaseModel

from app.kit.refusals import Refusal
from app.plain.findings import n_
from app.rules.activities import ACTIVITY_TYPES, TYPE_PREFIX, VERDICT_TYPES, EventField, EventType, FieldKind
from app.web.api.bodies import BATCH, EVENTS_MAX, STRUCTURED

__all__ = [
    "ACTION",
    "AFTER_CLOSE",
    "AGREED_CARD",
    "ALLOCATION",
    "BUSINESS",
    "CHANGE",
    "CHECK_IN",
    "CRITERIA",
    "CYCLE",
    "DECISION",
    "DELEGATION",
    "EFFECT",
    "EVENT_BODIES",
    "EXPLANATION",
    "FED",
    "FILE",
    "FOLDER_ROW",
    "FOUND",
    "HELD",
    "MENDED_BODIES",
    "OPENED_CYCLE",
    "OWN_RATING",
    "PROBLEM",
    "RATER",
    "RATING",
    "RECORDED",
    "REJECTED",
    "ROW_VERSION",
    "SCHEMAS",
    "SCORECARD",
    "SELF_ASSESSMENT",
    "SNAPSHOT",
    "TEXT",
    "TEXT_OR_NULL",
    "TOLD",
    "NotOne",
    "address",
    "json_body",
    "listed",
    "many",
    "object_of",
]

Shape = Mapping[str, Any]


class NotOne(Refusal):
    """A batch where one event is replaced by one."""

    code = "not_one"
    status = 400
    message = n_("A rejected event is replaced by one event.")


def address(http_request: Request, **parameters: object) -> str:
    """The address of the next page: the same one with other parameters."""
    kept = {name: value for name, value in http_request.args.items() if name not in parameters}
    changed = {name: str(value) for name, value in parameters.items() if value is not None}
    return f"{http_request.base_url}?{urlencode(kept | changed)}"


def _ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Mapping[str, Shape], *, optional: tuple[str, ...] = (), about: str | None = None) -> Shape:
    """An object of these members, all of which are there but the optional ones."""
    shape: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }
    return shape if about is None else shape | {"description": about}


def many(item: Shape, *, about: str | None = None) -> Shape:
    """A list of them."""
    shape: dict[str, Any] = {"type": "array", "items": item}
    return shape if about is None else shape | {"description": about}


def listed(item: Shape) -> Shape:
    """A page of a list."""
    following = {"type": ["string", "null"], "description": "The address of the next page."}
    return object_of({"items": {"type": "array", "items": item}, "next": following})


TEXT: Final[Shape] = {"type": "string"}
TEXT_OR_NULL: Final[Shape] = {"type": ["string", "null"]}
_TEXT_OR_NULL: Final[Shape] = {"type": ["string", "null"]}
_SCORE: Final[Shape] = {"type": ["number", "null"]}
_COUNT: Final[Shape] = {"type": "integer", "minimum": 0}
_INSTANT: Final[Shape] = {"type": "string", "format": "date-time"}
_MEASURED: Final[Shape] = {"type": ["string", "null"], "description": "A decimal string."}

_FINDING: Final = object_of(
    {
        "pointer": {"type": "string", "description": "A JSON pointer into the event, or to the parameter."},
        "code": TEXT,
        "detail": TEXT,
    }
)

PROBLEM: Final[Shape] = object_of(
    {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
        "errors": {"type": "array", "items": _ref("Finding")},
    },
    optional=("errors",),
    about="What went wrong (RFC 9457).",
)

RECORDED: Final[Shape] = _ref("Recorded")
REJECTED: Final[Shape] = _ref("RejectedEvent")
SCORECARD: Final[Shape] = _ref("Scorecard")
EXPLANATION: Final[Shape] = _ref("Explanation")

_KINDS: Final[Mapping[FieldKind, Shape]] = {
    FieldKind.EMPLOYEE: {"type": "string", "description": "The number of an employee."},
    FieldKind.COMPANY: object_of({"name": TEXT, "registration": TEXT}, optional=("name", "registration")),
    FieldKind.BUYER: object_of(
        {"name": TEXT, "country": {"type": "string", "description": "ISO 3166-1 alpha-2."}, "registration": TEXT},
        optional=("registration",),
    ),
    FieldKind.AMOUNT: {"type": "string", "description": "Above 0, at most 15 digits before the point and 4 after it."},
    FieldKind.CURRENCY: {"type": "string", "description": "USD, or a currency with a rate of that month or earlier."},
    FieldKind.HS_CODE: {
        "type": "string",
        "pattern": "^(?:[0-9]{2}){1,5}$|^[0-9]{9}$",
        "description": "2, 4, 6, 8, 9 or 10 digits.",
    },
    FieldKind.CREDITS: {
        "type": "array",
        "description": "Shares above 0, at most 4 decimals, exactly 1 together, each employee once.",
        "items": object_of({"employee": TEXT, "share": TEXT}),
    },
    FieldKind.ACTIVITY: object_of({"source": TEXT, "id": TEXT}),
    FieldKind.TEXT: TEXT,
    FieldKind.NODE: {"type": "string", "description": "unit:CODE or employee:NUMBER."},
    FieldKind.KPI: {
        "type": "string",
        "description": "The code of a KPI whose measure is `given`; of any other a figure has no effect.",
    },
    FieldKind.CYCLE: {"type": "string", "pattern": "^[0-9]{4}$", "description": "The year that names the cycle."},
    FieldKind.FIGURE: {
        "type": "string",
        "pattern": "^-?[0-9]{1,15}(?:\\.[0-9]{1,4})?$",
        "description": "At most 15 digits before the point and 4 after it. The latest figure that counts is the actual.",
    },
    FieldKind.PERCENT: {"type": ["number", "string"], "description": "A percentage from 0 to 100."},
}


def _member(field: EventField) -> Shape:
    return {"title": field.label, **_KINDS[field.kind]}


def _of_type(kind: EventType) -> Shape:
    members = object_of(
        {field.name: _member(field) for field in kind.fields},
        optional=tuple(field.name for field in kind.fields if not field.required),
    )
    return {"title": kind.label, "properties": {"type": {"const": TYPE_PREFIX + kind.code}, "data": members}}


# Whatever is JSON may be sent: what is wrong with an event is answered event by event, and never refused as a whole. So the shape of an
# event is described for readers, and any object is let through.
_EVENT: Final[Shape] = {
    "type": "object",
    "description": "A CloudEvent 1.0. What is wrong with one is answered by `rejected`; unknown members are kept and ignored.",
    "properties": {},
    "x-members": object_of(
        {
            "specversion": {"const": "1.0"},
            "type": {"enum": [TYPE_PREFIX + code for code in (*ACTIVITY_TYPES, *VERDICT_TYPES)]},
            "source": {"type": "string", "maxLength": 500},
            "id": {"type": "string", "maxLength": 200},
            "time": {"type": "string", "description": "RFC 3339, with its offset."},
            "data": {"type": "object"},
        }
    ),
    "x-types": [_of_type(kind) for kind in (*ACTIVITY_TYPES.values(), *VERDICT_TYPES.values())],
    "examples": [
        {
            "specversion": "1.0",
            "type": "kopes.export_deal",
            "source": "/crm/vienna",
            "id": "D-77",
            "time": "2026-03-04T09:00:00+01:00",
            "data": {
                "employee": "E0001",
                "company": {"name": "Hanbit Precision", "registration": "110-81-12345"},
                "buyer": {"name": "Nordwind GmbH", "country": "AT"},
                "amount": "125000.00",
                "currency": "EUR",
                "hs_code": "8509",
                "credits": [{"employee": "E0001", "share": "0.6"}, {"employee": "E0107", "share": "0.4"}],
            },
        }
    ],
}

EVENT_BODIES: Final[Mapping[str, Shape]] = {
    STRUCTURED: _ref("Event"),
    BATCH: {"type": "array", "items": {}, "description": f"Up to {EVENTS_MAX} events; each is judged by itself."},
}
MENDED_BODIES: Final[Mapping[str, Shape]] = {STRUCTURED: _ref("Event"), "application/json": _ref("Event")}

_RECORDED: Final = object_of(
    {
        "accepted": _COUNT,
        "duplicate": _COUNT,
        "rejected": {
            "type": "array",
            "items": object_of(
                {
                    "index": _COUNT,
                    "source": _TEXT_OR_NULL,
                    "id": _TEXT_OR_NULL,
                    "errors": {"type": "array", "items": _ref("Finding"), "minItems": 1},
                }
            ),
        },
    }
)

_REJECTED: Final = object_of(
    {
        "id": {"type": "integer"},
        "received_at": _INSTANT,
        "door": {"enum": ["api", "hook", "ingest", "page"]},
        "sender": TEXT,
        "source": _TEXT_OR_NULL,
        "event_id": _TEXT_OR_NULL,
        "errors": {"type": "array", "items": _ref("Finding")},
        "event": {"description": "As it came; a text where it was no JSON."},
    }
)

_LINE: Final = object_of(
    {
        "kpi": TEXT,
        "weight": {"type": "number"},
        "actual": _MEASURED,
        "base": _MEASURED,
        "sigma": _MEASURED,
        "high": _MEASURED,
        "low": _MEASURED,
        "target": _MEASURED,
        "method": {"type": "string", "description": "The one that was applied."},
        "score": _SCORE,
        "reason": {"type": ["string", "null"], "description": "Why it cannot be measured."},
        "points": _SCORE,
        "projected_actual": _MEASURED,
        "projected_score": _SCORE,
        "old_score": {**_SCORE, "description": "In the first cycle of a version: the score under the one before."},
        "computed": object_of(
            {"actual": _MEASURED, "score": _SCORE},
            about="In a cycle about whose lines people decided something: what the line comes to without that.",
        ),
        "decisions": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "Likewise: the decisions about it that hold.",
        },
    },
    optional=("old_score", "computed", "decisions"),
)

_AREA: Final = object_of(
    {
        "area": {"type": "string", "description": "A level with those above it: `Management / Leadership`."},
        "weight": {"type": ["number", "null"], "description": "Of its lines that have a score, rescaled."},
        "score": _SCORE,
        "points": _SCORE,
    }
)

_SCORED: Final[Mapping[str, Shape]] = {
    "node": TEXT,
    "cycle": TEXT,
    "as_of": {"type": ["string", "null"], "format": "date"},
    "basis": {"enum": ["final", "provisional"]},
    "own_score": _SCORE,
    "unit_score": _SCORE,
    "final_score": _SCORE,
}

_STEP: Final[Shape] = {"type": "object", "description": "A sentence with the figures that it is about."}

_LEVELS: Final[Mapping[str, Shape]] = dict.fromkeys(("entered", "verified", "confirmed"), _MEASURED)
_BUSINESS_FIGURE: Final = object_of(
    {
        **_LEVELS,
        "last_year": {
            "anyOf": [object_of(_LEVELS), {"type": "null"}],
            "description": "By the same day of the cycle before, as it stood then; null where that is not known.",
        },
        "goal": {
            "anyOf": [
                object_of(
                    {
                        "kpi": TEXT,
                        "value": TEXT,
                        "is": {"enum": ["target", "base"]},
                        "counts_from": {"enum": ["entered", "verified", "confirmed"]},
                        "projected": _MEASURED,
                        "last_year": _MEASURED,
                    }
                ),
                {"type": "null"},
            ],
            "description": "What the unit's own scorecard holds it against; null where no line measures just this.",
        },
    }
)

BUSINESS: Final[Shape] = object_of(
    {
        "cycle": TEXT,
        "as_of": _TEXT_OR_NULL,
        "basis": TEXT,
        "last_year_day": _TEXT_OR_NULL,
        "last_year": {
            "enum": ["kept", "not_yet", "no_entries"],
            "description": "Whether the cycle before is known day by day.",
        },
        "items": {
            "type": "array",
            "items": object_of(
                {
                    "node": TEXT,
                    "name": TEXT,
                    **dict.fromkeys(("deal_value", "deals", "consults", "new_buyers"), _BUSINESS_FIGURE),
                }
            ),
        },
        "next": {"type": ["string", "null"], "description": "The address of the next page."},
    }
)
"""Business figures of units: decimal strings, exact."""

_HAND: Final = object_of({"person": TEXT, "account": TEXT, "for": _TEXT_OR_NULL, "at": _INSTANT})
_ANY_VALUE: Final[Shape] = {}
EFFECT: Final = object_of(
    {"node": TEXT, "member": TEXT, "before": _ANY_VALUE, "after": _ANY_VALUE, "cycle": TEXT}, optional=("cycle",)
)
DECISION: Final[Shape] = _ref("Decision")
DELEGATION: Final = object_of(
    {
        "id": _COUNT,
        "from": TEXT,
        "to": TEXT,
        "functions": {"type": "array", "items": TEXT},
        "from_day": {"type": "string", "format": "date"},
        "to_day": {"type": "string", "format": "date"},
        "reason": TEXT,
        "by": TEXT,
        "at": _INSTANT,
        "ended_on": {"type": ["string", "null"], "format": "date"},
    }
)
FILE: Final = object_of(
    {
        "file": TEXT,
        "master": {"type": "string", "enum": ["folder", "application", "feed"]},
        "rows": _COUNT,
        "sha256": _TEXT_OR_NULL,
        "revision": {"type": ["integer", "null"]},
        "changed_at": {"type": ["string", "null"], "format": "date-time"},
        "changed_by": _TEXT_OR_NULL,
    }
)
_ROW: Final[Shape] = {"type": ["object", "null"], "additionalProperties": _TEXT_OR_NULL}
CHANGE: Final = object_of(
    {
        "id": _COUNT,
        "title": TEXT,
        "reason": TEXT,
        "state": {"type": "string", "enum": ["open", "submitted", "applied", "refused", "discarded"]},
        "base": _COUNT,
        "maker": _HAND,
        "reverts": {"type": ["integer", "null"]},
        "decision": {"type": ["integer", "null"]},
        "revision": {"type": ["integer", "null"]},
        "rows": {
            "type": "array",
            "items": object_of(
                {
                    "file": TEXT,
                    "key": TEXT,
                    "differs": {"type": "array", "items": TEXT},
                    "before": _ROW,
                    "after": _ROW,
                }
            ),
        },
        "documents": {
            "type": "array",
            "items": object_of({"file": TEXT, "key": TEXT, "before": _TEXT_OR_NULL, "after": _TEXT_OR_NULL}),
        },
        "touched": {"type": "array", "items": {"type": "object"}, "description": "Of a rebase: what others changed."},
    },
    optional=("rows", "documents", "touched"),
)
FOLDER_ROW: Final[Shape] = {"type": "object", "additionalProperties": _TEXT_OR_NULL}
FED: Final = object_of(
    {
        "revision": _COUNT,
        "added": _COUNT,
        "changed": _COUNT,
        "removed": _COUNT,
        "differs": {
            "type": "array",
            "items": object_of({"cycle": TEXT, "node": TEXT, "detail": TEXT}, optional=("node",)),
            "description": "Cycles that go by another state of the file: nothing of them changes. Absent where there are none.",
        },
    },
    optional=("differs",),
)
HELD: Final = object_of({"change": {"type": ["integer", "null"], "description": "null: of a dry run."}})
ROW_VERSION: Final = object_of(
    {
        "revision": _COUNT,
        "at": _INSTANT,
        "by": TEXT,
        "row": {"type": ["object", "string", "null"]},
        "maker": _TEXT_OR_NULL,
        "approved_by": _TEXT_OR_NULL,
        "why": _TEXT_OR_NULL,
    }
)
FOUND: Final = object_of(
    {
        "file": _TEXT_OR_NULL,
        "row": {"type": ["integer", "null"]},
        "key": _TEXT_OR_NULL,
        "field": _TEXT_OR_NULL,
        "code": TEXT,
        "level": {"type": "string", "enum": ["error", "warning"]},
        "in_set": {"type": "boolean"},
        "detail": TEXT,
    }
)
_DATE_OR_NULL: Final[Shape] = {"type": ["string", "null"], "format": "date"}
_STAGE: Final[Shape] = {
    "type": "string",
    "enum": ["draft", "agreement", "running", "certified", "notified", "locked", "paid"],
}
OPENED_CYCLE: Final = object_of(
    {"cycle": TEXT, "stage": _STAGE, "round": _COUNT, "since": _INSTANT, "calendar": {"type": "object"}}
)
CYCLE: Final = object_of(
    {
        "cycle": TEXT,
        "stage": _STAGE,
        "round": _COUNT,
        "since": _INSTANT,
        "calendar": {"type": "object", "additionalProperties": _DATE_OR_NULL},
        "period": object_of({"from": _DATE_OR_NULL, "to": _DATE_OR_NULL}),
        "pins": object_of({"published": {"type": ["object", "null"]}, "certified": {"type": ["object", "null"]}}),
        "blockers": {
            "type": "object",
            "description": "By the stage that is next: what stands in its way.",
            "additionalProperties": {
                "type": "array",
                "items": object_of(
                    {
                        "code": TEXT,
                        "detail": TEXT,
                        "items": {"type": "array", "items": TEXT},
                        "count": _COUNT,
                        "hard": {"type": "boolean"},
                    }
                ),
            },
        },
        "counts": {"type": "object", "additionalProperties": _COUNT},
    }
)
"""An opened cycle, as the contract writes it."""

_CONTACT: Final[Mapping[str, Shape]] = {
    "buyer": TEXT,
    "country": TEXT,
    "source": TEXT,
    "id": TEXT,
    "counts_from": {"type": "string", "enum": ["entered", "verified", "confirmed"]},
}
AFTER_CLOSE: Final = object_of(
    {
        "items": {
            "type": "array",
            "description": "Events of the cycle that came after the cut, the first one first.",
            "items": object_of(
                {
                    "source": TEXT,
                    "id": TEXT,
                    "type": TEXT,
                    "received_at": _INSTANT,
                    "would_move": {
                        "type": "array",
                        "description": "The lines whose scores it would move by itself.",
                        "items": object_of(
                            {
                                "node": TEXT,
                                "kpi": TEXT,
                                "before": {"type": ["number", "null"]},
                                "after": {"type": ["number", "null"]},
                            }
                        ),
                    },
                    "admitted": {"type": ["integer", "null"], "description": "The decision that admitted it."},
                }
            ),
        },
        "count": _COUNT,
        "loads": {
            "type": "array",
            "description": "Files that were loaded since with other rows.",
            "items": object_of({"file": TEXT, "revision": _COUNT, "rows": _COUNT}),
        },
        "counted_twice": {
            "type": "array",
            "description": "New buyers that the cycle counts, and that another cycle counts again.",
            "items": object_of(
                {**_CONTACT, "again": object_of({"source": TEXT, "id": TEXT, "cycle": TEXT})},
            ),
        },
        "counted_never": {
            "type": "array",
            "description": "New buyers that the live rule counts in the cycle, which does not; no other one counts them.",
            "items": object_of(_CONTACT),
        },
        "next": _TEXT_OR_NULL,
    }
)
"""What came after a cycle's cut, as the contract writes it."""

_SIGNED: Final = object_of({"as": TEXT, "person": TEXT, "for": _TEXT_OR_NULL, "at": _INSTANT, "digest": TEXT})
_DUE: Final = object_of({"as": TEXT, "persons": {"type": "array", "items": TEXT}, "since": _INSTANT})
_AGREED_LINES: Final[Shape] = {"type": "array", "items": {"type": "object", "additionalProperties": _TEXT_OR_NULL}}
AGREED_CARD: Final = object_of(
    {
        "node": TEXT,
        "version": _COUNT,
        "digest": TEXT,
        "state": {"type": "string", "enum": ["none", "draft", "to_sign", "agreed", "imposed"]},
        "lines": _AGREED_LINES,
        "draft": {"type": ["object", "null"], "description": "What is to be signed beside a version that holds."},
        "signatures": {"type": "array", "items": _SIGNED},
        "due": {"type": "array", "items": _DUE},
        "versions": {"type": "array", "items": {"type": "object"}},
    }
)
ALLOCATION: Final = object_of(
    {
        "parent_target": TEXT,
        "total": TEXT,
        "items": {
            "type": "array",
            "items": object_of(
                {
                    "node": TEXT,
                    "history": TEXT,
                    "market": TEXT,
                    "headcount": TEXT,
                    "share": TEXT,
                    "target": TEXT,
                    "override": {"type": ["object", "null"]},
                }
            ),
        },
        "difference": TEXT,
    }
)
_RATED: Final[Shape] = {"cycle": TEXT, "node": TEXT, "kpi": TEXT}
_GIVEN: Final = object_of(
    {
        "rater": TEXT,
        "grade": TEXT,
        "text": TEXT,
        "final": {"type": "boolean"},
        "at": _INSTANT,
        "person": TEXT,
        "for": _TEXT_OR_NULL,
    }
)
_RATERS: Final[Shape] = {
    "raters": {"type": "array", "items": TEXT, "description": "Numbers; hr where there is no head above."},
    "appointed": {"type": "boolean"},
    "ratings": {"type": "array", "items": _GIVEN},
}
OWN_RATING: Final = object_of({**_RATED, **_RATERS, "due": {"type": "boolean"}})
"""A line as its rater is told of it."""

RATING: Final[Shape] = {
    "type": "object",
    "properties": {
        **_RATED,
        **_RATERS,
        "due": {"type": "boolean", "description": "Whether the rater has still to give a final grade."},
        "n": _COUNT,
        "mean": {"type": ["number", "null"], "description": "In points."},
        "range": {"type": ["array", "null"], "items": TEXT, "description": "The lowest grade and the highest one."},
    },
    "required": sorted(_RATED),
    "description": "Raters' own grades; number, mean and range; to hr and auditors both.",
}
ACTION: Final = object_of(
    {
        "id": _COUNT,
        **_RATED,
        "cause": TEXT,
        "measure": TEXT,
        "owner": TEXT,
        "due_on": {"type": "string", "format": "date"},
        "state": {"type": "string", "enum": ["open", "closed"]},
        "at": _INSTANT,
        "by": TEXT,
        "result": _TEXT_OR_NULL,
        "closed_at": {"type": ["string", "null"], "format": "date-time"},
        "closed_by": _TEXT_OR_NULL,
    }
)
CHECK_IN: Final = object_of(
    {
        "as": TEXT,
        "text": TEXT,
        "on": {"type": "string", "format": "date"},
        "at": _INSTANT,
        "person": TEXT,
        "for": _TEXT_OR_NULL,
    }
)
TOLD: Final = object_of(
    {
        "employee": TEXT,
        "cycle": TEXT,
        "told": object_of({"at": TEXT, "how": TEXT, "window_until": {"type": "string", "format": "date"}}),
    }
)
SELF_ASSESSMENT: Final = object_of(
    {"text": TEXT, "final": {"type": "boolean"}, "at": {"type": ["string", "null"], "format": "date-time"}}
)
RATER: Final = object_of(
    {
        "rater": TEXT,
        "n": _COUNT,
        "mean": {"type": "number"},
        "others_mean": {"type": ["number", "null"], "description": "Of all that others gave on the same lines."},
        "difference": {"type": ["number", "null"]},
    }
)
CRITERIA: Final = object_of(
    {
        "cycle": TEXT,
        "edition": _COUNT,
        "published_at": _INSTANT,
        "sha256": TEXT,
        "policies": {"type": "object"},
        "kpis": {"type": "array", "items": {"type": "object"}},
        "editions": {"type": "array", "items": {"type": "object"}},
    }
)

SNAPSHOT: Final = object_of(
    {
        "cycle": TEXT,
        "round": _COUNT,
        "rules_version": _COUNT,
        "pins": {"type": "object"},
        "decisions": _COUNT,
        "results_sha256": TEXT,
    }
)

_DECISION: Final = object_of(
    {
        "id": _COUNT,
        "cycle": _TEXT_OR_NULL,
        "kind": TEXT,
        "round": {"type": ["integer", "null"]},
        "state": {"type": "string", "enum": ["proposed", "approved", "refused", "withdrawn", "void"]},
        "content": {"type": "object"},
        "reason": TEXT,
        "maker": _HAND,
        "checker": {"anyOf": [_HAND, {"type": "null"}]},
        "digest": TEXT,
        "signed_effects": {"type": "boolean"},
        "effects": object_of({"digest": _TEXT_OR_NULL, "count": _COUNT, "items": TEXT}),
        "may_approve": {"type": "array", "items": TEXT},
        "blockers": {"type": "array", "items": {"type": "object"}},
        "objection": {"type": ["integer", "null"], "description": "The granted objection that it gives effect to."},
        "refused_because": _TEXT_OR_NULL,
        "moved": {"type": ["array", "null"], "items": {"type": "object"}},
    }
)


def json_body(model: type[BaseModel]) -> Shape:
    """A JSON body of this type, as a resource's ``body``."""
    return {"application/json": model.model_json_schema(by_alias=True)}


SCHEMAS: Final[Mapping[str, Shape]] = {
    "Decision": _DECISION,
    "Problem": PROBLEM,
    "Finding": _FINDING,
    "Event": _EVENT,
    "Recorded": _RECORDED,
    "RejectedEvent": _REJECTED,
    "Line": _LINE,
    "Area": _AREA,
    "Scorecard": object_of(
        {
            **_SCORED,
            "projected_score": _SCORE,
            "lines": {"type": "array", "items": _ref("Line")},
            "areas": {"type": "array", "items": _ref("Area")},
        },
    ),
    "Explanation": object_of(
        {
            **_SCORED,
            "kpi": TEXT,
            "steps": {"type": "array", "items": _STEP},
            "activities": {"type": "array", "items": {"type": "object"}, "maxItems": 1000},
            "next": {"type": ["string", "null"], "description": "The address of the next activities."},
        }
    ),
}
"""The named shapes of ``/openapi.json``."""
