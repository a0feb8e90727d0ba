"""Whether what a cycle was certified with still is what it comes to by its cut (contract-cycle, 8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app import cascade, decisions, ledger, organisation, scoring
from app.cycle.close.certifying import decisions_sum
from app.cycle.close.recorded import records_sum
from app.cycle.grading.results import CycleResults, results_of
from app.kit.database import Database
from app.kit.refusals import Refusal
from app.rules.deciding import DecisionEffect, decision_digest
from app.scoring import Certified, Cut, CutAnew, EventNotTaken, ScoreQuery

__all__ = [
    "UNREADABLE",
    "Verified",
    "cut_to_verify",
    "read_lines",
    "signature_lines",
    "unreadable",
    "verified_by",
    "verify",
]


UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, Refusal, SQLAlchemyError, TypeError, ValueError)
"""What reading rows ends in that nobody of ours has written."""


class Verified(NamedTuple):
    """What came of it.

    Attributes:
        results_sha256: the sum over what the cycle comes to now; empty where the folder's rows at its cut are gone.
        differences: a line for each, `node member: stored → computed`.
    """

    results_sha256: str
    differences: tuple[str, ...]


def cut_to_verify(connection: Connection, cycle: int) -> tuple[Certified | None, str]:
    """The cut that a cycle goes by, None where it was not certified; and a line to tell where what is stored of it cannot be read. Queries: 2."""
    try:
        return scoring.certified_cuts(connection).get(cycle), ""
    except UNREADABLE as error:
        return None, unreadable(cycle, "cut", error)


def verify(connection: Connection, certified: Certified, *, now: dt.datetime) -> Verified:
    """Make the cut's database anew, whatever this machine has kept of it, score it, and compare with what two people signed.

    Args:
        connection: a reading transaction of the live database.
        certified: the cycle's cut.
        now: the present instant, which no figure hangs on.

    Queries: one for each 5,000 events, those of scoring the cycle, and 4.
    """
    with scoring.cut_anew(connection, certified.cut) as anew:
        return verified_by(connection, certified, anew, now=now)


def verified_by(connection: Connection, certified: Certified, anew: CutAnew, *, now: dt.datetime) -> Verified:
    """The same by a database that is made anew, for whoever goes on with it."""
    cut = certified.cut.as_made
    differences = read_lines(cut.cycle, "what is stored", lambda: _of_inputs(connection, certified))
    differences += read_lines(cut.cycle, "publications", lambda: _of_published(connection, cut))
    differences += read_lines(cut.cycle, "corrections", lambda: _of_corrections(connection, certified))
    lost = read_lines(cut.cycle, "rows", lambda: _of_rows(connection, certified))
    if lost:
        # Without the folder's rows there is nothing to make the database of.
        return Verified("", (*differences, *lost))
    try:
        computed, more = _computed(connection, certified, anew, now)
    except UNREADABLE as error:
        return Verified("", (*differences, unreadable(cut.cycle, "results", error)))
    differences += more
    if not differences and computed != certified.results_sha256:
        differences.append(f"cycle:{cut.cycle} results: {certified.results_sha256} → {computed}")
    if certified.corrections and not differences:
        stored = certified.corrections[-1].results_sha256
        computed, differences = _computed_as_corrected(connection, certified, anew, now)
        if not differences and computed != stored:
            differences.append(f"cycle:{cut.cycle} results as corrected: {stored} → {computed}")
    return Verified(computed, tuple(differences))


def read_lines(cycle: int, what: str, lines: Callable[[], Iterable[str]]) -> list[str]:
    """The lines, and one more where something cannot be read: altered rows are told, and no error of ours.

    Args:
        cycle: the year that names it.
        what: is read.
        lines: reads it.
    """
    read: list[str] = []
    try:
        read.extend(lines())
    except UNREADABLE as error:
        read.append(unreadable(cycle, what, error))
    return read


def unreadable(cycle: int, what: str, error: BaseException) -> str:
    """The line that tells that something of a cycle cannot be read."""
    said = str(error).splitlines()
    return f"cycle:{cycle} {what}: readable → {type(error).__name__} {said[0] if said else ''}".rstrip()


def _computed(connection: Connection, certified: Certified, anew: CutAnew, now: dt.datetime) -> tuple[str, list[str]]:
    """The sum over what the cycle comes to, and what differs of it from what is stored."""
    cut = certified.cut.as_made
    results, differences = _scored_anew(connection, cut, anew.as_made(), now)
    signed = decisions.decision(connection, cut.decision)
    stored = {} if signed is None else {(one.node, _member(one)): one.after for one in signed.effects}
    differences += _of_figures(stored, results.told)
    return results.sha256, differences


def _scored_anew(
    connection: Connection, cut: Cut, source: Database, now: dt.datetime
) -> tuple[CycleResults, list[str]]:
    """What a cycle comes to by a cut's database that is made from the beginning, and what differs of the one that is read."""
    revision = organisation.current_revision(connection)
    # What was decided about lines since goes over what was certified, and is no part of it.
    loaded = scoring.state_of_source(connection, source, revision, cut=cut.decision, before=cut.decision)
    today = loaded.frame.directory.day_of(now)
    results = results_of(connection, loaded, ScoreQuery(cut.cycle, today))
    return results, [*_of_totals(source), *_of_what_is_read(connection, cut, results.sha256, today)]


def _computed_as_corrected(
    connection: Connection, certified: Certified, anew: CutAnew, now: dt.datetime
) -> tuple[str, list[str]]:
    """The sum over what the cycle comes to with all that was added to its cut, and what differs of it."""
    try:
        results, differences = _scored_anew(connection, certified.cut, anew.with_added(), now)
    except (EventNotTaken, *UNREADABLE) as error:
        return "", [unreadable(certified.cut.cycle, "results as corrected", error)]
    return results.sha256, differences


def _member(effect: DecisionEffect) -> str:
    """The contract's word for what was signed; grades were once signed as proposed ones."""
    return "grade" if effect.member == "proposed_grade" else effect.member


def _of_inputs(connection: Connection, certified: Certified) -> Iterator[str]:
    """What is stored of the cut itself against the sums that were written down with it."""
    cut = certified.cut.as_made
    events = ledger.events_sum(connection, last=cut.last_event)
    if events != certified.made_of:
        yield f"cycle:{cut.cycle} events: {certified.made_of.sha256} → {events.sha256}"
    recorded = decisions_sum(connection, cut.cycle, before=cut.decision)
    for member, stored, computed in (
        ("decisions", cut.decisions, recorded.approved),
        ("decisions_sha256", cut.decisions_sha256, recorded.sha256),
        ("records_sha256", cut.records_sha256, records_sum(connection, cut.cycle, before=cut.decision)),
    ):
        # Of a cut before a sum was kept nothing is known to differ from.
        if stored not in {computed, None}:
            yield f"cycle:{cut.cycle} {member}: {stored} → {computed}"
    yield from signature_lines(connection, cut.decision)


def _of_corrections(connection: Connection, certified: Certified) -> Iterator[str]:
    """What was added to the cut: by two people each time, the events that they named, and the sum over all events with them."""
    cut = certified.cut.as_made
    added: tuple[int, ...] = ()
    for one in certified.corrections:
        yield from signature_lines(connection, one.decision)
        added = (*added, *one.events)
        events = ledger.events_sum(connection, last=cut.last_event, but=added)
        if events != one.total:
            yield f"decision:{one.decision} events: {one.total.sha256} → {events.sha256}"
        signed = decisions.decision(connection, one.decision)
        content: Mapping[str, Any] = {} if signed is None else signed.content
        named = sorted((each["source"], each["id"]) for each in content.get("admit", []))
        stored = sorted((each.source, each.id) for each in ledger.events_numbered(connection, one.events))
        if named != stored:
            yield f"decision:{one.decision} admit: {named} → {stored}"
        files = {name: file.revision for name, file in one.files.items()}
        if files != content.get("adopt", {}):
            yield f"decision:{one.decision} adopt: {content.get('adopt', {})} → {files}"


def _of_published(connection: Connection, cut: Cut) -> Iterator[str]:
    """Each edition's documents against the sums that it was published with."""
    for edition in cascade.publications(connection, cut.cycle):
        for part, stored, computed in cascade.altered_parts(connection, edition):
            yield f"cycle:{cut.cycle} edition {edition.edition} {part}_sha256: {stored} → {computed}"


def _of_rows(connection: Connection, certified: Certified) -> Iterator[str]:
    """The folder's rows at the cut, and those that were taken since, against their sums."""
    cut = certified.cut
    parts = [*cut.as_made.parts.items(), *(part for one in certified.corrections for part in one.parts.items())]
    kept = cascade.kept_texts(connection, {one for _, one in parts})
    for name, one in parts:
        computed = cascade.text_sha256(kept[one]) if one in kept else "missing"
        if computed != one:
            yield f"cycle:{cut.cycle} rows of {name}: {one} → {computed}"


def _of_what_is_read(connection: Connection, cut: Cut, computed: str, today: dt.date) -> Iterator[str]:
    """What this machine's own database of the cut comes to, by which pages and commands show the cycle; nothing where it has none."""
    source = scoring.sealed_here(connection, cut)
    if source is None:
        return
    revision = organisation.current_revision(connection)
    loaded = scoring.state_of_source(connection, source, revision, cut=cut.decision, before=cut.decision)
    read = results_of(connection, loaded, ScoreQuery(cut.cycle, today)).sha256
    if read != computed:
        yield f"cycle:{cut.cycle} results as this machine reads them: {read} → {computed}"


def signature_lines(connection: Connection, number: int) -> Iterator[str]:
    """A decision itself: what was signed, and that two people did."""
    signed = decisions.decision(connection, number)
    if signed is None or signed.checker is None:
        yield f"decision:{number} checker: two people → one, or none"
        return
    maker, checker = signed.maker, signed.checker
    if checker.account == maker.account or (maker.employee is not None and checker.employee == maker.employee):
        yield f"decision:{number} checker: another person → {maker.person}"
    computed = decision_digest(
        kind=signed.kind,
        cycle=signed.cycle,
        round_=signed.round,
        content=signed.content,
        effects=signed.effects if signed.signed_effects else None,
    )
    if computed != signed.digest:
        yield f"decision:{number} digest: {signed.digest} → {computed}"


def _of_totals(source: Database) -> Iterator[str]:
    """What the cut's database holds against its events: an event whose text was changed differs from the sum that is kept of it."""
    with source.read() as connection:
        yield from scoring.reconcile(connection)


def _of_figures(stored: Mapping[tuple[str, str], object], told: Mapping[tuple[str, str], object]) -> Iterator[str]:
    for node, member in sorted(stored.keys() | told.keys()):
        was, comes = stored.get((node, member)), told.get((node, member))
        if was != comes:
            yield f"{node} {member}: {was} → {comes}"
