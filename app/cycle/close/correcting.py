"""Events that came too late, and files of later loads, are added to what a certified cycle goes by: by hr, and an approver (contract-cycle, 7).

Nothing that is pinned is taken out: what was wrong is reversed by an event, which is added in its turn. Do not reckon what it moves from the live
figures: the cut's own database is copied, what is added is put into the copy, and the cycle is scored by that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import decisions, ledger, organisation, scoring
from app.access import Viewer
from app.cycle.grading.grades_paid import priced_grades
from app.cycle.grading.moved import moved_figures
from app.cycle.grading.results import results_of
from app.cycle.opened import NotNow, OpenedCycle, move_everybody, opened_or_refused
from app.cycle.reopened import NotReopened, reopened_for
from app.decisions import Decision, DecisionFilter, DecisionKind, Read, own_nodes
from app.kit.refusals import Conflict, Invalid, at_field, unknown_members
from app.ledger import EventsSum, NamedEvent
from app.plain.findings import Finding, n_
from app.plain.json_text import decode
from app.plain.texts import quoted
from app.rules.activities import EventKey
from app.rules.deciding import DecisionEffect, DecisionState, Obstacle
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Node, NodeKind, Role
from app.scoring import AdoptedRows, Certified, Correction, Cut, EventNotTaken, ScoreQuery, State

__all__ = ["ADMITTED_MOST", "CORRECTED_IN", "correct_kind"]

CORRECTED_IN: Final = frozenset({Stage.CERTIFIED, Stage.NOTIFIED})
"""The stages in which something is added to a cut."""

ADMITTED_MOST: Final = 1_000
"""So many events one decision adds: whoever agrees to it has to be able to look at them."""

_REVISION_MOST: Final = 2**31 - 1

AdoptFiles = Callable[[Connection, Cut, Mapping[str, int]], AdoptedRows]
"""What a cut would go by if it took files of later loads, by their names the numbers of the revisions."""

_NONE: Final = AdoptedRows(files={}, texts={}, about=frozenset())


class _Corrected(NamedTuple):
    """What a cycle would go by."""

    opened: OpenedCycle
    certified: Certified
    cut: Cut
    events: Sequence[NamedEvent]
    rows: AdoptedRows
    people: Sequence[frozenset[Node]]

    @property
    def about(self) -> frozenset[Node]:
        """All whom it names."""
        return self.rows.about.union(*self.people)


# -------------------------------------------------------------------------------------------------------- what is wrong with it


def _shape_problems(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a content before anything is looked up."""
    yield from unknown_members(content, {"admit", "adopt"})
    admit, adopt = content.get("admit", []), content.get("adopt", {})
    if not isinstance(admit, list) or not all(map(_is_name, admit)):
        message = n_("An event is named by its source and its id, both texts: write a list of these.")
        yield at_field("content/admit", "no_events", message)
        return
    if len(admit) > ADMITTED_MOST:
        message = n_("One decision admits %(most)s events at most: leave some for another one.")
        yield at_field("content/admit", "too_many", message, most=ADMITTED_MOST)
    if not isinstance(adopt, dict) or not all(map(_is_revision, adopt.values())):
        message = n_("A file is taken as a revision brought it: write the number of the load beside its name.")
        yield at_field("content/adopt", "no_files", message)
        return
    names = [(one["source"], one["id"]) for one in admit]
    for place, name in enumerate(names):
        if name in names[:place]:
            message = n_("The event is named twice: name it once.")
            yield at_field(f"content/admit/{place}", "named_twice", message)
    if not admit and not adopt:
        message = n_("Neither an event nor a file is named: choose what the cycle is to go by.")
        yield at_field("content", "nothing", message)


def _is_name(one: object) -> bool:
    return (
        isinstance(one, dict) and one.keys() == {"source", "id"} and all(isinstance(each, str) for each in one.values())
    )


def _is_revision(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number <= _REVISION_MOST


def _added_events(
    connection: Connection, certified: Certified, names: Sequence[Mapping[str, str]]
) -> tuple[list[NamedEvent], dict[int, ledger.AboutActivity]]:
    """The events that are named, in the order of their numbers, with the activity that each is or judges.

    Raises:
        Invalid: one that there is none of, that is of no concern to the cycle, or that it goes by already.
    """
    keys = [ledger.event_key(EventKey(one["source"], one["id"])) for one in names]
    known = ledger.events_with_keys(connection, keys)
    about = ledger.activities_behind(connection, certified.cut.cycle, [one.seq for one in known.values()])
    problems = [
        at_field(f"content/admit/{place}", *problem, value=quoted(names[place]["id"]))
        for place, key in enumerate(keys)
        if (problem := _problem(certified.cut, known.get(key), about)) is not None
    ]
    if problems:
        raise Invalid(*problems)
    return sorted(known.values(), key=lambda one: one.seq), about


def _problem(cut: Cut, event: NamedEvent | None, about: Mapping[int, object]) -> tuple[str, str] | None:
    """Why an event is not added: its code, and in words."""
    if event is None:
        return "unknown_event", n_("There is no event %(value)s of this source: look at what came after the cut.")
    if event.seq not in about:
        message = n_("The event %(value)s is neither of this cycle nor about an activity of it: choose another one.")
        return "not_of_cycle", message
    if event.seq <= cut.last_event:
        return "before_the_cut", n_("The event %(value)s came before the cut and counts already: leave it out.")
    if event.seq in cut.added:
        return "admitted_already", n_("The event %(value)s was admitted before: leave it out.")
    return None


def _people(connection: Connection, about: Mapping[int, ledger.AboutActivity]) -> Iterator[frozenset[Node]]:
    """Whom each event names: who entered the activity, whom it is credited to, and the node of a figure."""
    directory = organisation.directory(connection)
    numbers = {directory.employee_id(number): number for number in directory.employees}
    for one in about.values():
        people = {Node(NodeKind.EMPLOYEE, numbers[each]) for each in one.employees if each in numbers}
        body: Any = decode(one.body)
        data = body.get("data") if isinstance(body, dict) else None
        text = data.get("node") if isinstance(data, dict) else None
        node = Node.parse(text) if isinstance(text, str) else None
        yield frozenset(people if node is None else people | {node})


def _own_case(
    connection: Connection, viewer: Viewer, about: Collection[Node], cycle: str | None, day: dt.date
) -> Obstacle | None:
    """Whether an event or a row names the person, or a unit that they are posted to on a day of the cycle."""
    plan = scoring.state(connection).plan(int(str(cycle)))
    own = own_nodes(plan.frame.directory, email=viewer.email, employee=viewer.employee, periods=(plan.period,), day=day)
    return None if own.isdisjoint(about) else Obstacle.OWN_CASE


# -------------------------------------------------------------------------------------------------------- what it comes to


def _corrected(
    connection: Connection,
    content: Mapping[str, Any],
    cycle: str | None,
    today: dt.date,
    *,
    loaded: State,
    adopt: AdoptFiles,
) -> _Corrected:
    """What a cycle would go by.

    Raises:
        Invalid: what is added cannot be.
        NotNow: the cycle is at another stage.
    """
    problems = list(_shape_problems(content))
    if problems:
        raise Invalid(*problems)
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    certified = scoring.certified_cuts(connection).get(opened.cycle)
    if opened.stage not in CORRECTED_IN or certified is None:
        raise NotNow
    events, about = _added_events(connection, certified, content.get("admit", []))
    files: Mapping[str, int] = content.get("adopt", {})
    rows = adopt(connection, certified.cut, files) if files else _NONE
    cut = certified.cut.with_added(events=[one.seq for one in events], files=rows.files, parts=rows.parts)
    return _Corrected(opened, certified, cut, events, rows, tuple(_people(connection, about)))


def _refuse_not_reopened(connection: Connection, of: _Corrected) -> None:
    """Go on only where in a later round every event is of somebody whom the cycle is open for, and every row of a file names such a one.

    Raises:
        NotReopened: one is not.

    Queries: those of :func:`app.cycle.reopened.reopened_for`.
    """
    some = reopened_for(connection, of.opened)
    if some is not None and (not some.issuperset(of.rows.about) or any(map(some.isdisjoint, of.people))):
        raise NotReopened


def _source_texts(of: _Corrected) -> dict[str, str]:
    """The rows that nobody has kept yet, by their sums."""
    return {of.rows.parts[name]: text for name, text in of.rows.texts.items()}


def _state(connection: Connection, loaded: State, of: _Corrected, content: Mapping[str, Any]) -> State:
    """What is loaded and decided, were the cycle to go by what is added.

    Raises:
        Invalid: by the folder that the cycle goes by, one of the events is none.
    """
    try:
        return scoring.going_by(connection, loaded, of.cut, _source_texts(of))
    except EventNotTaken as error:
        event = error.event
        names = [(one["source"], one["id"]) for one in content.get("admit", [])]
        name = event.source, event.id
        message = n_(
            "By the folder that the cycle goes by the event %(value)s would have been rejected (%(detail)s): take the file that it needs with it."
        )
        field = f"content/admit/{names.index(name)}" if name in names else "content/admit"
        raise Invalid(
            at_field(field, "not_taken", message, value=quoted(event.id), detail=error.finding.text())
        ) from error


def _results_sha256(connection: Connection, of: _Corrected, today: dt.date) -> str:
    """The sum over what the cycle comes to by what is added, without what was decided since the cut: what verifying works out again."""
    revision = organisation.current_revision(connection)
    source = scoring.sealed(connection, of.cut, _source_texts(of))
    state = scoring.state_of_source(connection, source, revision, cut=of.cut.decision, before=of.cut.decision)
    return results_of(connection, state, ScoreQuery(of.cut.cycle, today)).sha256


def _events_sum(connection: Connection, cut: Cut) -> EventsSum:
    return ledger.events_sum(connection, last=cut.last_event, but=cut.added)


def _apply(connection: Connection, decision: Decision, adopt: AdoptFiles) -> None:
    hand = decision.done_by
    organisation.lock_revision(connection)
    loaded = scoring.state(connection)
    today = loaded.frame.directory.day_of(hand.at)
    of = _corrected(connection, decision.content, decision.cycle, today, loaded=loaded, adopt=adopt)
    correction = Correction(
        decision=decision.id,
        at=hand.at,
        events=tuple(one.seq for one in of.events),
        files=of.rows.files,
        parts=of.rows.parts,
        total=_events_sum(connection, of.cut),
        results_sha256=_results_sha256(connection, of, today),
    )
    place = len(of.certified.corrections) + 1
    scoring.keep_correction(
        connection, of.cut.decision, correction, place=place, texts=[text for _, text in sorted(of.rows.texts.items())]
    )
    move_everybody(connection, decision)


_PREPARED_MOST: Final = 3


def _prepare_content(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date, adopt: AdoptFiles
) -> None:
    """Put into a copy of the cut's database what is to be added, and score the cycle by it: under the locks it is found there again."""
    loaded = scoring.state(connection)
    try:
        of = _corrected(connection, content, cycle, today, loaded=loaded, adopt=adopt)
        after = _state(connection, loaded, of, content)
    except (Invalid, Conflict):
        return
    scoring.scores(connection, ScoreQuery(of.cut.cycle, today), loaded=after)


def _prepare(connection: Connection, cycle: str | None, today: dt.date, adopt: AdoptFiles) -> None:
    """Have at hand what those that wait come to, and the sum over the events: under the locks little is left."""
    waiting = DecisionFilter(kinds=frozenset({scoring.CORRECT}), cycle=cycle, state=DecisionState.PROPOSED)
    for one in decisions.decisions_of(connection, waiting, visible=lambda _one: True, limit=_PREPARED_MOST):
        loaded = scoring.state(connection)
        try:
            of = _corrected(connection, one.content, cycle, today, loaded=loaded, adopt=adopt)
            _state(connection, loaded, of, one.content)
        except (Invalid, Conflict):
            continue
        _results_sha256(connection, of, today)
        _events_sum(connection, of.cut)


def correct_kind(adopt: AdoptFiles) -> DecisionKind:
    """The kind `correct`: by hr, and an approver of the cycle.

    Args:
        adopt: what a cut would go by if it took files of later loads.
    """

    def read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
        loaded = scoring.state(connection)
        of = _corrected(connection, content, cycle, today, loaded=loaded, adopt=adopt)
        _refuse_not_reopened(connection, of)
        _state(connection, loaded, of, content)
        kept = {name: content[name] for name in ("admit", "adopt") if content.get(name)}
        return Read(kept, of.about, of.opened.round)

    def effects(
        connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
    ) -> Iterable[DecisionEffect]:
        """Everybody whose score, grade or pay is another. Queries: those of scoring the cycle twice."""
        loaded = scoring.state(connection)
        try:
            of = _corrected(connection, content, cycle, today, loaded=loaded, adopt=adopt)
            after = _state(connection, loaded, of, content)
        except Invalid:
            # It was right when it was proposed: what was agreed to since overtakes it, and says so.
            return ()
        asked = ScoreQuery(of.cut.cycle, today)
        one, other = (scoring.scores(connection, asked, loaded=state) for state in (loaded, after))
        return moved_figures(one, other, priced=priced_grades(connection, loaded, of.cut.cycle))

    def overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
        """The corrections since with which it cannot be any more."""
        loaded = scoring.state(connection)
        today = loaded.frame.directory.day_of(open_.maker.at)
        try:
            _corrected(connection, open_.content, open_.cycle, today, loaded=loaded, adopt=adopt)
        except Invalid:
            certified = scoring.certified_cuts(connection)[open_.cycle_year]
            since = [one.decision for one in certified.corrections if one.at > open_.maker.at]
            return [{"decision": number} for number in since or [open_.id]]
        return ()

    return DecisionKind(
        code=scoring.CORRECT,
        makers=frozenset({Role.HR}),
        checkers=frozenset({CycleFunction.APPROVER}),
        seen_by=frozenset({Role.AUDITOR}),
        read=read,
        effects=effects,
        apply=lambda connection, decision: _apply(connection, decision, adopt),
        prepare=lambda connection, cycle, today: _prepare(connection, cycle, today, adopt),
        prepare_content=lambda connection, content, cycle, today: _prepare_content(
            connection, content, cycle, today, adopt
        ),
        signed_effects=True,
        overtaken=overtaken,
        hold=scoring.hold_to_decide,
        of_cycle=True,
        maker_obstacle=lambda connection, viewer, read, cycle, day: _own_case(
            connection, viewer, read.about, cycle, day
        ),
        checker_obstacle=lambda connection, viewer, open_, day: _own_case(
            connection, viewer, open_.about, open_.cycle, day
        ),
    )
