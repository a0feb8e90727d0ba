"""What a locked round is a function of, as texts: the folder and the events of its cut, what it was published with, and what people decided (contract-cycle, 8).

Two databases with the same year give the same texts, but for the manifest and the decisions, which hold instants. Do not write anything else that the
clock, the engine or the order of arrival leaves its mark on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import rfc8785
from sqlalchemy import Connection

from app import cascade, decisions, ledger, organisation, scoring
from app.cascade import LockedFigures, LockedRound, Sheet
from app.decisions import Decision
from app.intake import document_yaml, present_folder, yaml_name
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.event_sums import event_form
from app.rules.moves import GradeMove
from app.rules.tellings import ToldResult
from app.rules.terms import Node
from app.scoring import Certified
from app.snapshots.archive import APPLICATION, DECISIONS, EVENTS, MANIFEST, RESULTS, LockedSnapshot

__all__ = ["NotLocked", "locked_round", "manifest_of", "take_snapshot"]


class NotLocked(NotThere):
    """The cycle, or this round of it, is not locked."""

    code = "not_locked"
    message = n_("Nothing of this cycle is locked under that round: look at the cycle.")


def locked_round(connection: Connection, cycle: int, round_: int | None = None) -> LockedRound:
    """A round of a cycle that was locked; the last one where none is named. Queries: 1.

    Raises:
        NotLocked: there is none.
    """
    rounds = [one for one in cascade.locked_rounds(connection, cycle) if round_ in {None, one.round}]
    if not rounds:
        raise NotLocked
    return rounds[-1]


def _certified(connection: Connection, locked: LockedRound) -> Certified:
    certified = scoring.certified_cuts(connection, before=locked.decision).get(locked.cycle)
    if certified is None:
        raise NotLocked
    return certified.before(locked.before)


def manifest_of(connection: Connection, locked: LockedRound) -> dict[str, Any]:
    """What a round goes by, as the contract writes it. Queries: 6 at most."""
    published = cascade.published(connection, locked.cycle)
    return {
        "cycle": str(locked.cycle),
        "round": locked.round,
        "rules_version": locked.rules_version,
        "pins": {
            "published": None if published is None else published.as_pin(),
            "certified": _certified(connection, locked).as_pin(),
        },
        "decisions": decisions.approved_count(connection, cycle=str(locked.cycle), before=locked.before),
        "results_sha256": locked.results_sha256,
    }


def take_snapshot(connection: Connection, locked: LockedRound) -> LockedSnapshot:
    """All texts of a round.

    Args:
        connection: a reading transaction of the live database.
        locked: the round.

    Raises:
        Busy: the cut's database is still being made.
        NotLocked: what it was locked with is gone.

    Queries: some 50, and 1 for each 20,000 events in the cut's own database.
    """
    results = cascade.locked_text(connection, locked)
    if results is None:
        raise NotLocked
    cut = _certified(connection, locked).cut
    source, revision = scoring.sealed(connection, cut), organisation.current_revision(connection)
    loaded = scoring.state_of_source(connection, source, revision, cut=cut.decision, before=locked.before)
    with source.read() as reading:
        folder = present_folder(reading)
        events = "".join(f"{line}\n" for line in _event_lines(ledger.event_texts(reading)))
    texts = {
        EVENTS: events,
        DECISIONS: "".join(f"{_line(one)}\n" for one in _decided(connection, locked)),
        APPLICATION: rfc8785.dumps(_application(loaded.sheet, locked.cycle)).decode(),
        RESULTS: results,
    }
    texts |= {f"folder/{name}": text for name, text in folder.texts().items()}
    texts |= {f"definitions/{name}": text for name, text in _published(connection, locked).items()}
    snapshot = LockedSnapshot(texts)
    manifest = manifest_of(connection, locked) | {"files": snapshot.sums()}
    return LockedSnapshot(texts | {MANIFEST: json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"})


def _event_lines(bodies: Iterable[str]) -> list[str]:
    """The events in the one form that each is summed in, by their sums."""
    forms = [event_form(body) for body in bodies]
    return [form.decode() for _, form in sorted((hashlib.sha256(form).digest(), form) for form in forms)]


def _published(connection: Connection, locked: LockedRound) -> dict[str, str]:
    """What the cycle was published with, as files of definitions."""
    edition = cascade.published(connection, locked.cycle)
    documents = {} if edition is None else cascade.published_documents(connection, edition)
    return {yaml_name(name): document_yaml(name, json.loads(text)) for name, text in documents.items()}


def _application(sheet: Sheet, cycle: int) -> dict[str, Any]:
    """What goes before the folder: the cycle's lines as they were agreed, grades that were given, and what earlier cycles were locked with."""
    lines = sheet.lines.get(cycle, {})
    given = sorted((str(key[1]), key[2]) for key in sheet.rated_here if key[0] == cycle)
    return {
        "scorecards": [
            {"node": str(node), "lines": [cascade.line_document(line) for line in lines[node]]}
            for node in sorted(lines, key=str)
        ],
        "ratings": [
            {
                "node": node,
                "kpi": kpi,
                "grades": [[one.rater, one.grade] for one in sheet.ratings(cycle, Node.known(node), kpi)],
            }
            for node, kpi in given
        ],
        "locked": [_locked(year, one) for year, one in sheet.locked_before(cycle).items()],
    }


def _locked(cycle: int, figures: LockedFigures) -> dict[str, Any]:
    return {
        "cycle": str(cycle),
        "results": [
            {
                "employee": number,
                "final_score": None if one.final_score is None else f"{one.final_score:f}",
                "grade": one.grade,
            }
            for number, one in sorted(figures.results.items())
        ],
        "actuals": [
            {"node": node, "kpi": kpi, "actual": actual}
            for node, kpi, actual in sorted((str(of), kpi, f"{one:f}") for (of, kpi), one in figures.actuals.items())
        ],
    }


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _decided(connection: Connection, locked: LockedRound) -> Iterator[dict[str, Any]]:
    """Every decision about the cycle, by number, with what it wrote beside itself. Queries: 5, and 1 for each telling."""
    named = str(locked.cycle)
    order = decisions.approved_numbers(connection, cycle=named, before=locked.before)
    places = {number: place for place, number in enumerate(order, 1)}
    steps: dict[int, list[GradeMove]] = {}
    for step in cascade.grade_steps(connection, before=locked.before).get(locked.cycle, ()):
        steps.setdefault(step.decision, []).append(step)
    tellings = {one.decision: one for one in cascade.tellings_of(connection, locked.cycle)}
    for one in decisions.decisions_before(connection, cycle=named, before=locked.before):
        told = _decision(one, places.get(one.id))
        if one.id in steps:
            told["steps"] = [_step(step) for step in steps[one.id]]
        if one.id in tellings:
            telling = tellings[one.id]
            results = cascade.results_told(connection, telling.cycle, telling.place)
            told["telling"] = {
                "place": telling.place,
                "before": telling.before,
                "results": [_told(node, result) for node, result in results.items()],
            }
        yield told


def _decision(one: Decision, place: int | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "cycle": one.cycle,
        "round": one.round,
        "content": one.content,
        "reason": one.reason,
        "objection": one.objection,
        "maker": one.maker.as_json(),
        "state": one.state.value,
        "ended": None if one.ended is None else one.ended.as_json(),
        "approved_as": place,
        "refused_because": one.refused_because,
        "digest": one.digest,
        "signed_effects": one.signed_effects,
        "effects": [list(effect) for effect in one.effects],
    }


def _step(step: GradeMove) -> dict[str, Any]:
    return {"node": str(step.node), "from": step.from_, "to": step.to, "reason": step.reason, "proposed": step.proposed}


def _told(node: Node, one: ToldResult) -> dict[str, Any]:
    return {
        "employee": node.code,
        "score": None if one.score is None else f"{one.score:f}",
        "grade": one.grade,
        "held": one.is_held,
        "rank": one.rank,
        "group": one.group,
        "group_size": one.group_size,
        "reason": one.reason,
        "days": one.days,
        "own_group": one.own_group,
        "job": one.job,
        "disciplined": one.disciplined,
    }
