"""Random events by random people, by the API and sent again: nothing is taken that their pages would not let them do."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.soaking import examples
from tests.web.api import BATCH, Api, api, deal, fresh, verdict
from tests.web.working import NOW

__all__ = ["api"]

PEOPLE: Final = {"alba": "E1", "boram": "E2", "chae": "E3", "gaston": "E4", "jiho": "E6"}
LINES: Final = {"E2": {"E1", "E6"}, "E4": {"E1", "E2", "E6"}}
"""Whose entries a head may judge: those of VIE, and of all EUR, but the head's own."""
NUMBERS: Final = st.sampled_from(["E1", "E2", "E3", "E4", "E6"])
SOURCES: Final = NUMBERS.map("/pages/{}".format) | st.sampled_from(["/crm/vienna", "/pages", "/pages/E1 "])
TIMES: Final = st.sampled_from(["2026-03-04T09:00:00Z", "2026-07-01T11:00:00Z"]) | st.sampled_from(
    ["1989-12-31T09:00:00Z", "2026-07-01T13:00:00Z", "9998-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]
)
CREDITS: Final = st.none() | st.lists(NUMBERS, min_size=1, max_size=2, unique=True)
VERDICTS: Final = st.sampled_from(["verified", "rejected", "reversed", "confirmed", "denied"])


def _shared(numbers: list[str] | None) -> list[dict[str, str]] | None:
    return None if numbers is None else [{"employee": one, "share": str(1 / len(numbers))} for one in numbers]


def _in_reach(time: str) -> bool:
    when = dt.datetime.fromisoformat(time)
    return when.year >= 1990 and when <= NOW + dt.timedelta(days=1)


def _theirs(event: dict[str, Any], me: str, about: dict[str, Any] | None) -> bool:
    """The contract's rule once more, by what the tests' agency is."""
    said = event["data"]
    if event["source"] != f"/pages/{me}" or not _in_reach(event["time"]):
        return False
    if about is None:
        return said["employee"] == me and ("credits" not in said or me in [one["employee"] for one in said["credits"]])
    if said.get("by") != me:
        return False
    own = {about["data"]["employee"], *(one["employee"] for one in about["data"].get("credits", ()))}
    if event["type"] == "kopes.reversed":
        return bool(about["data"]["employee"] == me)
    judges = event["type"] in {"kopes.verified", "kopes.rejected"}
    return judges and me not in own and about["data"]["employee"] in LINES.get(me, ())


@settings(max_examples=examples(15))
@given(
    name=st.sampled_from(sorted(PEOPLE)),
    activity=st.tuples(SOURCES, NUMBERS, CREDITS, TIMES),
    about=st.tuples(NUMBERS, CREDITS),
    judged=st.tuples(VERDICTS, SOURCES, st.none() | NUMBERS, TIMES),
)
def test_a_person_records_what_their_pages_let_them_and_no_more(
    api: Api,
    name: str,
    activity: tuple[str, str, list[str] | None, str],
    about: tuple[str, list[str] | None],
    judged: tuple[str, str, str | None, str],
) -> None:
    """Where it is refused, an administrator who sends it again gets the same refusal, by the API and by the page."""
    source, employee, credits, time = activity
    mine = deal(employee, credits=_shared(credits)) | {"source": source, "time": time}
    held = deal(about[0], credits=_shared(about[1]))
    assert api.post(held).json["accepted"] == 1
    kind, source, by, time = judged
    said = verdict(kind, held, by=by) | {"source": source, "time": time, "id": fresh("V")}
    person, iris = getattr(api.working, name), api.working.iris
    for event, target in ((mine, None), (said, held)):
        answer = person.client.post("/api/v1/events", data=json.dumps([event]), content_type=BATCH)
        assert answer.json["accepted"] == _theirs(event, PEOPLE[name], target), (name, event)
        if answer.json["accepted"]:
            continue
        kept = iris.client.get("/api/v1/events/rejected?limit=1").json["items"][0]
        before = api.count()
        again = iris.client.post(f"/api/v1/events/rejected/{kept['id']}/replay")
        assert (again.status_code, again.json["accepted"]) == (200, 0)
        assert iris.post(f"/rejected/{kept['id']}", {"event": json.dumps(event)}).status_code == 422
        assert api.count() == before
