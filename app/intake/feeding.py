"""A file of the agency folder that another system sends whole, each night or when something moved (contract-desk, 4).

A feed *is* a load of one file. What looks like an accident (more rows changed or gone than the policies let pass), and what decides about pay, is
held: a change set of the program's that somebody of hr agrees to or refuses. Do not take half a file for a smaller one: rows that are gone are what
a broken transfer looks like.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import access, decisions, organisation, scoring
from app.decisions import Program
from app.intake.change_cycles import periods_of
from app.intake.change_sets import (
    Changed,
    ChangedRow,
    ChangeState,
    begin_change,
    changed_rows,
    end_change,
    held_of,
    key_text,
    write_rows,
)
from app.intake.changed_folder import JudgedChange, columns_of, judge_change
from app.intake.changing import (
    CHANGE,
    FindingsInTheWay,
    folder_at,
    is_email_for_two,
    load_judged,
    refuse_other_masters,
    rows_about,
)
from app.intake.folder import FILES
from app.intake.mastering import LOCK_LOADS, MASTER, Master
from app.intake.pinned import agreed_and_certified_findings
from app.intake.sent_files import rows_of_csv
from app.intake.sent_rows import rows_sent
from app.intake.stored_folder import plain_cell
from app.kit.database import lock
from app.kit.refusals import Invalid, NotThere, Refusal
from app.plain.findings import Finding, Level, Place, n_
from app.rules.permissions import Deed
from app.rules.terms import StatusKind

__all__ = [
    "Fed",
    "FeedFindings",
    "LateFeed",
    "SentFeed",
    "StaleFeed",
    "feed_file",
    "feed_subject",
    "late_feeds",
    "read_feed",
    "refuse_feed",
]

HELD_COLUMNS: Final = ("monthly_base", "job", "rank")
"""What decides about pay and grades: no program changes it alone."""

HELD_FILE: Final = "discipline.csv"


class FeedFindings(Refusal):
    """With this file the agency folder could not be loaded."""

    code = "findings"
    status = 422
    message = n_("With this file the agency folder has errors: mend what is listed, and send the file again.")


class StaleFeed(Refusal):
    """The file is not any more what the sender took it for."""

    code = "stale"
    status = 412
    message = n_("%(file)s is not what If-Match says: read its present sum, and send the file again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """What came of a file.

    Attributes:
        revision: that holds now.
        added: rows that were not there.
        changed: rows whose key was there with something else.
        removed: rows that are gone.
        sha256: of the file as it holds now.
        is_held: whether somebody of hr has to agree first; then nothing has changed.
        change: the change set that holds it; None on a dry run, and where nothing is held.
        differs: what is said of cycles that go by another state of the file, which it moves nothing of.
    """

    revision: int
    added: int
    changed: int
    removed: int
    sha256: str
    is_held: bool = False
    change: int | None = None
    differs: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, int | None]:
        """As the contract writes it."""
        if self.is_held:
            return {"change": self.change}
        return {"revision": self.revision, "added": self.added, "changed": self.changed, "removed": self.removed}


class FedRows(NamedTuple):
    """The rows of a file that was sent, by key, and the key of its last line; a figure is the same however it is spelled."""

    rows: Mapping[tuple[str, ...], Mapping[str, str]]
    last: tuple[str, ...] | None


class SentFeed(NamedTuple):
    """A file that a feed has sent, read before a writing transaction begins.

    Attributes:
        file: with ``.csv``.
        has_end: whether its last line ends; else it may have been cut off.
        whole: what it says; why it cannot be read.
        lines: of one that may have been cut off the same of the lines before the last; None of any other.
    """

    file: str
    has_end: bool
    whole: FedRows | Invalid
    lines: FedRows | Invalid | None


class LateFeed(NamedTuple):
    """A file that a feed moves, and since when nothing has come of it."""

    file: str
    since: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feed:
    """What is fed, by whom, and how: the same for each attempt to read it."""

    file: str
    by: Program
    loaded_by: str
    dry_run: bool
    now: dt.datetime

    @property
    def name(self) -> str:
        return self.file.removesuffix(".csv")


def feed_subject(file: str) -> str:
    """What the trail calls a file that was fed."""
    return f"file:{file}"


def read_feed(file: str, body: bytes) -> SentFeed:
    """Read a whole file of the agency folder.

    Args:
        file: with ``.csv``.
        body: the file, UTF-8.

    Raises:
        NotThere: there is no such file.
        TooLarge: it holds more values than are taken.
    """
    if file.removesuffix(".csv") not in FILES or not file.endswith(".csv"):
        raise NotThere
    lines = body[: body.rfind(b"\n") + 1]
    is_cut = bool(lines.strip()) and lines != body
    return SentFeed(
        file=file,
        has_end=body.endswith((b"\n", b"\r")),
        whole=_read(file, body),
        lines=_read(file, lines) if is_cut else None,
    )


def _read(file: str, body: bytes) -> FedRows | Invalid:
    columns = columns_of(file)
    try:
        sent = rows_sent(file, set_=rows_of_csv(file, body)).wanted
    except Invalid as refusal:
        return refusal
    rows = {key: {column: plain_cell((row or {})[column]) for column in columns} for key, row in sent}
    return FedRows(rows, next(reversed(rows), None))


def refuse_feed(connection: Connection, file: str) -> None:
    """Refuse a file that does not come by a feed, before it is read. Queries: 1.

    Raises:
        NotThere: there is no such file.
        MasteredElsewhere: it comes by another door.
    """
    if file.removesuffix(".csv") not in FILES or not file.endswith(".csv"):
        raise NotThere
    refuse_other_masters(connection, [file], door=Master.FEED)


def feed_file(
    connection: Connection,
    sent: SentFeed,
    *,
    by: Program,
    loaded_by: str,
    now: dt.datetime,
    dry_run: bool = False,
    is_expected: Callable[[str], bool] = lambda _sha256: True,
) -> Fed:
    """Load a whole file of the agency folder, or hold it for hr.

    A file whose last line does not end may have been cut off on its way, within a figure too. Where that line cannot be used, the lines before it are
    held, as any that lack rows; where it can and is not as it is loaded, or rows are gone, the file is held.

    Args:
        connection: a writing transaction.
        sent: what was read of the file before it began.
        by: which program.
        loaded_by: what the revision says of it.
        now: when.
        dry_run: say what would come of it, and do nothing.
        is_expected: whether the sender takes a file of this sum for the present one.

    Raises:
        MasteredElsewhere: it does not come by a feed.
        StaleFeed: it is not what the sender takes it for.
        Invalid: something of it cannot be read.
        FeedFindings: a load of it would find errors.
        SetFull: it is held, and more differs in it than a change set holds.
    """
    file = sent.file
    refuse_feed(connection, file)
    if not dry_run:
        # In the order of an approval, which may give up what this one held.
        lock(connection, decisions.LOCK_DECISIONS)
        lock(connection, LOCK_LOADS)
        refuse_feed(connection, file)
    present = organisation.current_revision(connection).number
    if not is_expected(folder_at(connection, present).sha256(file)):
        raise StaleFeed(parameters={"file": file})
    feed = _Feed(file=file, by=by, loaded_by=loaded_by, dry_run=dry_run, now=now)
    try:
        return _fed(connection, feed, sent.whole, has_end=sent.has_end)
    except (Invalid, FeedFindings) as refusal:
        fed = None if sent.lines is None else _held_as_cut(connection, feed, sent.lines)
        if fed is None:
            raise refusal from None
        return fed


def _held_as_cut(connection: Connection, feed: _Feed, lines: FedRows | Invalid) -> Fed | None:
    """What comes of the whole lines of a file that was cut off; None where they too are wrong, or would not be held."""
    try:
        trial = _fed(connection, replace(feed, dry_run=True), lines, has_end=True)
    except (Invalid, FeedFindings):
        return None
    return _fed(connection, feed, lines, has_end=True) if trial.is_held else None


def _fed(connection: Connection, feed: _Feed, read: FedRows | Invalid, *, has_end: bool) -> Fed:
    if isinstance(read, Invalid):
        raise read
    present = organisation.current_revision(connection).number
    folder = folder_at(connection, present)
    base = folder.by_key(feed.name)
    changed = _differences(feed, read, base)
    fed = Fed(
        revision=present,
        added=sum(1 for one in changed.rows if one.before is None),
        changed=sum(1 for one in changed.rows if one.before is not None and one.after is not None),
        removed=sum(1 for one in changed.rows if one.after is None),
        sha256=folder.sha256(feed.file),
    )
    if not changed:
        if not feed.dry_run:
            _give_up_held(connection, feed)
        return replace(fed, differs=_findings(connection, feed, fed.sha256))
    judged = judge_change(connection, folder, changed, directory=organisation.directory(connection))
    is_cut = not has_end and (fed.removed > 0 or any(one.key == read.last for one in changed.rows))
    is_held = is_cut or _is_held(connection, feed, fed, changed, count=len(base))
    errors = [one for one in judged.findings if one.level is Level.ERROR]
    if errors and (not is_held or any(_is_own(judged, one, changed) for one in errors)):
        raise FeedFindings(*(_placed(judged, one) for one in errors))
    if is_held:
        waiting = replace(fed, is_held=True)
        return waiting if feed.dry_run else replace(waiting, change=_held(connection, feed, changed, fed))
    return fed if feed.dry_run else _loaded(connection, feed, judged, fed)


def _differences(feed: _Feed, read: FedRows, base: Mapping[tuple[str, ...], Mapping[str, str]]) -> Changed:
    """What of the file is not as it is loaded."""
    rows = [ChangedRow(feed.file, key, base.get(key), row) for key, row in read.rows.items() if base.get(key) != row]
    rows += [ChangedRow(feed.file, key, row, None) for key, row in base.items() if key not in read.rows]
    return Changed(tuple(rows))


def _is_held(connection: Connection, feed: _Feed, fed: Fed, changed: Changed, *, count: int) -> bool:
    """Whether somebody of hr has to agree: more is changed or gone than the policies let pass, or it decides about pay."""
    policy = scoring.state(connection).frame.definitions.policies.feeds
    if fed.removed > policy.removed or fed.changed * 100 > policy.changed_pct * count:
        return True
    today = organisation.directory(connection).day_of(feed.now)
    if is_email_for_two(connection, changed, today=today) or _is_own_of_maker(connection, feed, changed):
        return True
    return feed.file == HELD_FILE or any(_decides_about_pay(one) for one in changed.rows)


def _is_own_of_maker(connection: Connection, feed: _Feed, changed: Changed) -> bool:
    """Whether a row is the own case of whoever made the key. It is not refused: everybody else's rows come with it."""
    maker = access.key_maker(connection, label=feed.by.label, at=feed.now)
    if maker is None:
        return False
    directory = organisation.directory(connection)
    today = directory.day_of(feed.now)
    periods = periods_of(connection, changed, today)
    own = decisions.own_nodes(directory, email=maker.email, employee=maker.employee, periods=periods, day=today)
    return not own.isdisjoint(rows_about(connection, changed, periods))


def _decides_about_pay(row: ChangedRow) -> bool:
    """Whether a row changes a pay base, a job or a rank, or is one of discipline."""
    before, after = row.before or {}, row.after or {}
    if StatusKind.DISCIPLINE in {before.get("kind"), after.get("kind")}:
        return True
    return any(before.get(column, "") != after.get(column, "") for column in HELD_COLUMNS)


def _is_own(judged: JudgedChange, finding: Finding, changed: Changed) -> bool:
    """Whether an error is one of a row that the file brings; any other comes of what it lacks."""
    name = (finding.place.file or "").removesuffix(".csv")
    brought = {(one.name, one.key) for one in changed.rows if one.after is not None}
    return (name, judged.folder.key_of(finding)) in brought


def _placed(judged: JudgedChange, finding: Finding) -> Finding:
    """A finding at its row's key: its line is that of no file that anybody has."""
    key = judged.folder.key_of(finding)
    parts = [finding.place.file, None if key is None else key_text(key), finding.place.field]
    pointer = "".join(f"/{part}" for part in parts if part)
    return replace(finding, place=Place(file=finding.place.file, field=finding.place.field, pointer=pointer))


def _loaded(connection: Connection, feed: _Feed, judged: JudgedChange, fed: Fed) -> Fed:
    if judged.judged is None:
        raise FeedFindings
    _give_up_held(connection, feed)
    try:
        revision = load_judged(connection, judged.judged, at=feed.now, by=feed.loaded_by)
    except FindingsInTheWay as refusal:
        raise FeedFindings(*refusal.findings) from refusal
    sha256 = folder_at(connection, revision).sha256(feed.file)
    return replace(fed, revision=revision, sha256=sha256, differs=_findings(connection, feed, sha256))


def _findings(connection: Connection, feed: _Feed, sha256: str) -> tuple[Finding, ...]:
    """What a load of this file says of cycles that go by another one."""
    told = agreed_and_certified_findings(connection, lambda: {feed.file: sha256})
    return tuple(one for one in told if one.place.file == feed.file)


def _held(connection: Connection, feed: _Feed, changed: Changed, fed: Fed) -> int:
    """The number of the change set that holds it: the one before where it says the same, else a new one in its place."""
    same = [
        one
        for one in held_of(connection, feed.by.label, feed.file)
        if _by_key(changed_rows(connection, one.id)) == _by_key(changed)
    ]
    if same:
        return same[-1].id
    _give_up_held(connection, feed)
    title = f"{feed.file} ← {feed.by.label}"
    # Without a word of any language: how many rows are new, other and gone.
    reason = f"{title}: +{fed.added} ±{fed.changed} −{fed.removed}"
    change = begin_change(connection, title=title, reason=reason, base=fed.revision, by=feed.by, now=feed.now)
    base = {one.key: one.before for one in changed.rows if one.before is not None}
    write_rows(connection, change, feed.file, [(one.key, one.after) for one in changed.rows], base_rows=base)
    made = decisions.propose(
        connection,
        CHANGE,
        content={"change": change.id},
        reason=reason,
        directory=organisation.directory(connection),
        by=feed.by,
        now=feed.now,
    )
    return end_change(connection, change, ChangeState.SUBMITTED, decision=made.id).id


def _by_key(changed: Changed) -> Mapping[tuple[str, ...], tuple[object, object]]:
    return {one.key: (one.before, one.after) for one in changed.rows}


def _give_up_held(connection: Connection, feed: _Feed) -> None:
    """Withdraw what the feed has held of the file: what it says now goes before."""
    for change in held_of(connection, feed.by.label, feed.file):
        if change.decision is not None:
            decisions.withdraw(
                connection,
                CHANGE,
                change.decision,
                directory=organisation.directory(connection),
                by=feed.by,
                now=feed.now,
            )


def late_feeds(connection: Connection, *, now: dt.datetime) -> Sequence[LateFeed]:
    """The files of which a feed has brought nothing for longer than the policies let pass, since it last did or was agreed on. Queries: 3."""
    since: dict[str, dt.datetime] = {}
    for one in decisions.latest_approved(connection, MASTER.code):
        if one.content["to"] == Master.FEED and one.ended is not None:
            since[str(one.content["file"])] = one.ended.at
        else:
            since.pop(str(one.content["file"]), None)
    if not since:
        return ()
    fed = access.latest_deeds(connection, Deed.FEED, [feed_subject(file) for file in since])
    allowed = dt.timedelta(hours=scoring.state(connection).frame.definitions.policies.feeds.late_hours)
    latest = {file: max(at, fed.get(feed_subject(file), at)) for file, at in since.items()}
    return [LateFeed(file, at) for file, at in sorted(latest.items()) if now - at > allowed]
