"""What people came to in a cycle that was certified, and the reviews of it (contract-cycle, 6 and 8a). A session alone asks here."""

from __future__ import annotations

from typing import Annotated, Any, Final

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app.cycle import BoardState, WantedReview
from app.rules.permissions import Deed
from app.rules.reviewing import ReviewAlert, ReviewAlertKind
from app.rules.tellings import RankThird
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json
from app.web.answer.routing import Pages
from app.web.api import shapes
from app.web.api.described import OF_CYCLE, READS_AS_ASKED, WRITES
from app.web.api.json_bodies import sent_as
from app.web.api.readings import others_among, reading_of, write_down, write_reading
from app.web.asked.request_context import RequestContext
from app.web.results import reviewing
from app.web.results.grade_ways import as_json as way_json
from app.web.results.grade_ways import way_seen

__all__ = ["pages"]

pages: Final = Pages("results_api")

_PERSON: Final = OF_CYCLE | {"employee": ("string", "The employee's number.")}

_NUMBER_OR_NULL: Final = {"type": ["number", "null"]}
_COUNT_OR_NULL: Final = {"type": ["integer", "null"]}
_NUMBERS: Final = shapes.many({"type": "integer"})
_MOVE: Final = shapes.object_of(
    {
        "decision": {"type": "integer"},
        "from": shapes.TEXT_OR_NULL,
        "to": shapes.TEXT_OR_NULL,
        "reason": shapes.TEXT,
        "lapsed": {"type": "boolean"},
    }
)
_REVIEW: Final = shapes.object_of(
    {
        "by": shapes.TEXT,
        "for": shapes.TEXT_OR_NULL,
        "opened_at": shapes.TEXT_OR_NULL,
        "signed_at": shapes.TEXT,
        "agrees": {"type": "boolean"},
        "text": shapes.TEXT,
        "answer": shapes.TEXT_OR_NULL,
        "answered_by": shapes.TEXT_OR_NULL,
        "answered_at": shapes.TEXT_OR_NULL,
    },
    about="The review of the result as it stands; null without one.",
)
_WAY: Final = shapes.object_of(
    {
        "grade": shapes.TEXT,
        "score": {"type": "number", "description": "The least published score that has it, all others' as they stand."},
        "missing": {"type": "number", "description": "How far the person's own is below it."},
        "proposed_grade": {"type": "string", "description": "What the rank brings."},
        "moved_to": {"type": ["string", "null"], "description": "The grade that calibrators set in its place."},
        "lines": shapes.many(
            shapes.object_of(
                {
                    "node": {"type": "string", "description": "On whose scorecard the line is."},
                    "kpi": shapes.TEXT,
                    "actual": {"type": "string", "description": "A decimal."},
                    "step": {
                        "type": ["string", "null"],
                        "description": "How much more or less reaches the score; null where the line alone cannot.",
                    },
                    "reached": {"type": ["string", "null"], "description": "The actual after that step."},
                    "final_score": {"type": "number", "description": "As published, after it or at the line's best."},
                }
            ),
            about="Each line alone, the least effort first. None where earlier results were ranked.",
        ),
    },
    about="Null where no score would bring a better grade: it is the best, by discipline, kept as told, or there is none.",
)
_RESULT: Final = shapes.object_of(
    {
        "employee": shapes.TEXT,
        "cycle": shapes.TEXT,
        "round": {"type": "integer"},
        "state": {"type": "string", "enum": [one.value for one in BoardState]},
        "final_score": _NUMBER_OR_NULL,
        "notified_score": _NUMBER_OR_NULL,
        "group": shapes.TEXT_OR_NULL,
        "group_size": _COUNT_OR_NULL,
        "rank": _COUNT_OR_NULL,
        "band": {"enum": [*(one.value for one in RankThird), None], "description": "The third of the group, by rank."},
        "proposed_grade": shapes.TEXT_OR_NULL,
        "move": {"anyOf": [_MOVE, {"type": "null"}]},
        "notified_grade": shapes.TEXT_OR_NULL,
        "grade": shapes.TEXT_OR_NULL,
        "held": {"type": "boolean"},
        "reason": {"type": ["string", "null"], "description": "Why there is no grade."},
        "days": {"type": "integer"},
        "pay": {"type": ["integer", "null"], "description": "In won; null before a pay run. Absent for heads."},
        "told": {"type": ["object", "null"]},
        "review": {"anyOf": [_REVIEW, {"type": "null"}]},
        "decisions": _NUMBERS,
        "objections": _NUMBERS,
        "digest": {"type": "string", "description": "Of final score, grade and move: what a review signs."},
    },
    optional=("pay", "review", "decisions", "objections", "digest"),
    about="What one may not see is absent; what does not exist yet is null.",
)
_NEXT_GRADE: Final = shapes.object_of(
    {"employee": shapes.TEXT, "cycle": shapes.TEXT, "next_grade": {"anyOf": [_WAY, {"type": "null"}]}}
)
_ALERT: Final = shapes.object_of(
    {
        "code": {"type": "string", "enum": [one.value for one in ReviewAlertKind]},
        "reviewers": shapes.many(shapes.TEXT),
        "employees": shapes.many(shapes.TEXT),
        "text": shapes.TEXT,
    }
)
_LISTED: Final = shapes.object_of(
    {
        "items": shapes.many(_RESULT),
        "alerts": shapes.many(
            _ALERT,
            about="Reviews that somebody should look at, of the whole cycle. Absent for others than hr and auditors.",
        ),
        "next": {"type": ["string", "null"], "description": "The address of the next page."},
    },
    optional=("alerts",),
)


class ResultsQuery(BaseModel):
    """What narrows the list, and which page of it."""

    model_config = ConfigDict(frozen=True)

    state: Annotated[BoardState | None, Field(description="Only those in this state.")] = None
    grade: Annotated[str, Field(max_length=10, description="Only those with this grade.")] = ""
    group: Annotated[str, Field(max_length=100, description="Only those who are ranked in this group.")] = ""
    limit: Annotated[int, Field(ge=1, le=1000, description="How many at most.")] = 100
    after: Annotated[str, Field(max_length=40, description="The last number of the page before.")] = ""


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/people",
    may=Deed.SEE_RESULTS,
    transaction=False,
    about={
        "summary": "What people came to in a cycle",
        "tag": "Cycles",
        "path": OF_CYCLE,
        "query": ResultsQuery,
        "responses": {200: ("application/json", _LISTED, "By number.")},
        "refusals": READS_AS_ASKED,
    },
)
def results(context: RequestContext, cycle: int, query: ResultsQuery) -> Json:
    """Everybody's result for hr, approvers and auditors; for heads, and whoever stands in for them, those whom they review, without pay."""
    with context.read():
        shown, listed = reviewing.results_listed(context, cycle)
        some = reviewing.narrowed(shown, listed, state=query.state, grade=query.grade, group=query.group)
        page = [one for one in some if one.row.employee > query.after][: query.limit + 1]
        following = (
            shapes.address(request, after=page[query.limit - 1].row.employee) if len(page) > query.limit else None
        )
        page = page[: query.limit]
        numbers = [one.row.employee for one in page]
        about = reviewing.decisions_about(context, cycle, numbers)
        items = [reviewing.as_json(shown, one, about.get(one.row.employee, ())) for one in page]
        people = others_among(context, numbers)
        alerts = reviewing.alerts_seen(context, cycle)
    write_down(context, what="people", asked={"cycle": cycle}, people=people)
    told: dict[str, Any] = {"items": items}
    if reviewing.sees_alerts(context):
        told["alerts"] = [_alert_json(one) for one in alerts]
    return Json(told | {"next": following}, following=following)


def _alert_json(alert: ReviewAlert) -> dict[str, Any]:
    return {
        "code": alert.kind.value,
        "reviewers": list(alert.reviewers),
        "employees": list(alert.employees),
        "text": alert.text,
    }


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/people/<employee>",
    may=Deed.SEE_RESULTS,
    transaction=False,
    about={
        "summary": "What a person came to in a cycle",
        "tag": "Cycles",
        "path": _PERSON,
        "responses": {200: ("application/json", _RESULT, "As it stands.")},
        "refusals": READS_AS_ASKED,
    },
)
def result(context: RequestContext, cycle: int, employee: str) -> Json:
    """A person's result in a cycle that was certified: to whoever reviews it, the head, hr, approvers, auditors, and calibrators of the group.

    That who reviews it has opened it is written down, once for each result that there is.
    """
    with context.read():
        shown, one = reviewing.result_seen(context, cycle, employee)
        told = reviewing.as_json(shown, one, reviewing.decisions_about(context, cycle, [employee]).get(employee, ()))
        is_opened = reviewing.is_first_opening(context, shown, one)
        reading = reading_of(context, cycle, Node(NodeKind.EMPLOYEE, employee), what="people")
    if is_opened:
        reviewing.write_opening(context, cycle, one)
    write_reading(context, reading)
    return Json(told)


@pages.api_read(
    "/api/v1/cycles/<int:cycle>/people/<employee>/next-grade",
    may=Deed.SEE_OWN_RESULT,
    transaction=False,
    about={
        "summary": "What would bring a person the next better grade",
        "tag": "Cycles",
        "path": _PERSON,
        "responses": {
            200: ("application/json", _NEXT_GRADE, "By the rank alone, everybody else's score as it stands.")
        },
        "refusals": READS_AS_ASKED,
    },
)
def next_grade(context: RequestContext, cycle: int, employee: str) -> Json:
    """The least score that has the next better grade, and line by line what would reach it: one's own once one was told, anybody's for who sees their grade and may read all that it came from."""
    node = Node(NodeKind.EMPLOYEE, employee)
    with context.read():
        way = way_seen(context, cycle, node)
        reading = reading_of(context, cycle, node, what="people")
    write_reading(context, reading)
    return Json({"employee": employee, "cycle": str(cycle), "next_grade": way_json(way)})


class ReviewBody(BaseModel):
    """Which result was read, whether one agrees with it, and what one says of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    digest: str
    agrees: bool
    text: str


class AnswerBody(BaseModel):
    """What hr answers to a review that does not agree."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str


def _still(context: RequestContext, cycle: int, employee: str) -> None:
    reviewing.result_seen(context, cycle, employee)


def _told(context: RequestContext, cycle: int, employee: str) -> Json:
    shown, one = reviewing.result_seen(context, cycle, employee)
    about = reviewing.decisions_about(context, cycle, [employee]).get(employee, ())
    return Json(reviewing.as_json(shown, one, about))


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/people/<employee>/review",
    may=Deed.REVIEW,
    methods=("PUT",),
    still=_still,
    about={
        "summary": "Sign that one has read a result",
        "tag": "Cycles",
        "path": _PERSON,
        "body": shapes.json_body(ReviewBody),
        "responses": {200: ("application/json", _RESULT, "It is signed; it holds as long as the result is the same.")},
        "refusals": WRITES,
    },
)
def review(context: RequestContext, cycle: int, employee: str) -> Json:
    """Sign that one has read a person's result, agreeing with it or not: the head of that person, or the next one above where the head decided something about them."""
    body = sent_as(ReviewBody, request)
    wanted = WantedReview(digest=body.digest, agrees=body.agrees, text=body.text)
    reviewing.signed(context, cycle, employee, wanted)
    return _told(context, cycle, employee)


@pages.api_act(
    "/api/v1/cycles/<int:cycle>/people/<employee>/review/answer",
    may=Deed.REVIEW,
    methods=("PUT",),
    still=_still,
    about={
        "summary": "Answer a review that does not agree",
        "tag": "Cycles",
        "path": _PERSON,
        "body": shapes.json_body(AnswerBody),
        "responses": {200: ("application/json", _RESULT, "It is answered.")},
        "refusals": WRITES,
    },
)
def answer(context: RequestContext, cycle: int, employee: str) -> Json:
    """Answer, as hr, a review that does not agree: before that nobody is told what they came to."""
    body = sent_as(AnswerBody, request)
    reviewing.answered(context, cycle, employee, body.text)
    return _told(context, cycle, employee)
