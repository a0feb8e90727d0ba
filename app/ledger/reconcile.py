"""Recomputing everything from the events, to write it (after a load) or to compare it (every night, and in between what came since).

Do not compare totals with the activities they were made of and stop there. The activities are derived too: the
events' own bodies are read again, and their hashes with them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import bulk_update
from app.ledger import tables
from app.ledger.activity_rows import DERIVED_COLUMNS, derive_row
from app.ledger.changes import record_change
from app.ledger.fold import STRETCH, fold_everything, fold_since
from app.ledger.frame import Frame, event_key, owners_text
from app.ledger.summed import activities_summed
from app.ledger.tally import Tally, stored_tally
from app.ledger.totals import COUNT_KEY, MEMBER_KEY, TOTAL_KEY, Changes, counts_of, write_all
from app.plain.json_text import decode
from app.rules.activities import Activity, Verdict, read

__all__ = ["DERIVATION", "is_outdated", "reconcile", "reconcile_since", "rederive"]

_DERIVED: Final = (
    "type",
    "day",
    "employee",
    "cycle",
    "company_name",
    "company_registration",
    "buyer_name",
    "buyer_country",
    "buyer_registration",
    "amount",
    "currency",
    "hs_code",
)


DERIVATION: Final = 3
"""The version of the rules that derived columns hang on; raised when one changes what it makes of an event that is there.

2: marks and vowel signs tell names of buyers and companies apart, and an underscore parts words.
3: all deals, all consults and all new buyers have totals, whatever the KPIs ask for.
"""


def is_outdated(connection: Connection) -> bool:
    """Whether what is stored was derived by other rules than these. Queries: 1."""
    return connection.scalar(sa.select(tables.derivation.c.version)) != DERIVATION


def rederive(connection: Connection, frame: Frame, *, at: dt.datetime) -> int:
    """Write anew what hangs on the agency folder: derived columns, places of credits, all totals. Returns how many activities there are.

    The caller holds the ledger's lock alone (a load does), so that no event comes in between.
    """
    folded = fold_everything(connection, frame)
    bulk_update(
        connection,
        tables.activity,
        ("seq",),
        DERIVED_COLUMNS,
        [(row.seq, *row.derived()) for row in folded.activities.values()],
    )
    bulk_update(
        connection,
        tables.credit,
        ("seq", "employee"),
        ("path", "cycle", "moved"),
        [(seq, part.employee, part.path, part.cycle, part.moved) for seq, part in folded.credits],
    )
    write_all(connection, folded.changes)
    connection.execute(sa.update(tables.derivation).values(version=DERIVATION))
    record_change(connection, at=at, owners=owners_text(everyone=True))
    return folded.count


def reconcile(connection: Connection, frame: Frame) -> Iterator[str]:
    """Compare everything stored with the ledger: yields a line for each difference; none means that all agrees.

    Queries: a handful for each stretch of 20,000 events.
    """
    yield from _against_events(connection, frame, Tally())
    folded = fold_everything(connection, frame)
    yield from folded.differences
    yield from _against_totals(connection, folded.changes)


def reconcile_since(connection: Connection, frame: Frame, *, after: int) -> Iterator[str]:
    """Compare all totals with the activities that they are sums of, and what came after an event with the events as well: a line for each difference.

    For whoever knows that everything up to that event agreed. A total that was altered since is found whatever it is of, and so is an activity of
    which something was altered that totals hang on: the two differ. What a changed text of an old event would come to, and what no figure hangs on,
    :func:`reconcile` alone finds.

    Args:
        connection: any transaction.
        frame: what is loaded now.
        after: the number of that event; what any later event may have moved is derived from the events again.

    Queries: 8 at most, 1 for each two things that are counted distinct, and a handful for each 20,000 later events.
    """
    yield from _against_events(connection, frame, after=after)
    yield from fold_since(connection, frame, after=after).differences
    yield from _against_totals(connection, activities_summed(connection, frame))


def _against_events(
    connection: Connection, frame: Frame, tally: Tally | None = None, *, after: int = -1
) -> Iterator[str]:
    """The laid-out rows against the events that came after one; where a tally is given, of all events, that of days too."""
    event, activity, credit, verdict = tables.event, tables.activity, tables.credit, tables.verdict
    last = connection.scalar(sa.select(sa.func.max(event.c.seq))) or 0
    for start in range(after + 1, last + 1, STRETCH):
        span = (start, start + STRETCH - 1)
        columns = [activity.c.seq, *(activity.c[name] for name in _DERIVED)]
        derived = {
            row[0]: (*row[1:4], *map(_absent, row[4:]))
            for row in connection.execute(sa.select(*columns).where(activity.c.seq.between(*span)))
        }
        shares: dict[int, set[tuple[int, int]]] = {}
        for seq, employee, share in connection.execute(
            sa.select(credit.c.seq, credit.c.employee, credit.c.share).where(credit.c.seq.between(*span))
        ):
            shares.setdefault(seq, set()).add((employee, share))
        verdicts = {
            row[0]: tuple(row[1:])
            for row in connection.execute(
                sa.select(verdict.c.seq, verdict.c.type, verdict.c.target, verdict.c.day, verdict.c.by).where(
                    verdict.c.seq.between(*span)
                )
            )
        }
        for seq, source, id_, held_hash, body, day, key in connection.execute(
            sa.select(event.c.seq, event.c.source, event.c.id, event.c.hash, event.c.body, event.c.day, event.c.key)
            .where(event.c.seq.between(*span))
            .order_by(event.c.seq)
        ):
            if tally is not None:
                tally.add(day, key, held_hash)
            name = f"event {source} {id_}"
            said = read(decode(body), frame.known)
            if isinstance(said, list):
                yield f"{name}: can no longer be read: {said[0]}"
            elif said.content_hash != held_hash:
                yield f"{name}: its content is not what was recorded"
            elif isinstance(said, Verdict):
                expected = (said.type, event_key(said.activity), said.day, said.by or None)
                if verdicts.get(seq) != expected:
                    yield f"{name}: laid out as {verdicts.get(seq)}, should be {expected}"
            else:
                yield from _against_event(name, said, seq, frame, derived.get(seq), shares.get(seq, set()))
    if tally is not None:
        yield from _against_tally(connection, tally)


def _against_tally(connection: Connection, tally: Tally) -> Iterator[str]:
    stored, days = stored_tally(connection), tally.days
    for day in sorted(stored.keys() | days.keys()):
        if stored.get(day) != days.get(day):
            yield f"events of {day}: counted {stored.get(day)}, should be {days.get(day)}"


def _against_event(
    name: str,
    said: Activity,
    seq: int,
    frame: Frame,
    stored: tuple[object, ...] | None,
    shares: set[tuple[int, int]],
) -> Iterator[str]:
    row = derive_row(said, seq, frame)
    expected = (row.type, row.day, row.employee, *(_absent(getattr(row, column)) for column in _DERIVED[3:]))
    if stored != expected:
        yield f"{name}: laid out as {stored}, should be {expected}"
    parts = {(part.employee, part.share_1e4) for part in row.credits}
    if shares != parts:
        yield f"{name}: credits {sorted(shares)}, should be {sorted(parts)}"


def _absent(value: object) -> object:
    return value if isinstance(value, Decimal) else value or None


def _against_totals(connection: Connection, changes: Changes) -> Iterator[str]:
    total, member, count = tables.total, tables.member, tables.distinct_count
    amounts, levels = tables.amount_columns(), tables.LEVELS
    kinds: tuple[tuple[str, sa.Table, Sequence[str], Sequence[str], Mapping[Any, Sequence[int]]], ...] = (
        ("total", total, TOTAL_KEY, amounts, changes.totals),
        ("member", member, MEMBER_KEY, levels, changes.members),
        ("distinct count", count, COUNT_KEY, levels, counts_of(changes.members)),
    )
    for what, table, key_names, number_names, derived in kinds:
        width = len(key_names)
        query = sa.select(*(table.c[name] for name in (*key_names, *number_names)))
        query = query.where(sa.or_(*(table.c[name] != 0 for name in number_names)))
        stored = {tuple(row[:width]): tuple(row[width:]) for row in connection.execute(query)}
        expected = {tuple(key): tuple(numbers) for key, numbers in derived.items() if any(numbers)}
        if stored == expected:
            continue
        differing = [key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key)]
        for key in sorted(differing, key=repr):
            yield f"{what} {key}: stored {_numbers(stored.get(key))}, should be {_numbers(expected.get(key))}"


def _numbers(numbers: Sequence[int] | None) -> str:
    return "None" if numbers is None else str(list(numbers))
