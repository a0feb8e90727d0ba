"""What hr tries on a cycle before anything: other policies, definitions or weights, held against all that a load holds them against.

Nothing of it is ever applied from here. Do not judge an alternative by rules of its own: what ``kopes load`` would refuse is refused, in its words.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from app import access, cascade, cycle, ledger, organisation, scoring
from app.cascade import Line, Sheet
from app.intake.changed_folder import documents_in
from app.intake.changing import folder_at
from app.intake.definitions import against_schema, kind_of, read_document_file, read_documents
from app.intake.first_findings import FIRST_MAX, FirstFindings
from app.intake.folder import FILES, FolderRows, JudgedFolder, judge
from app.intake.stored_folder import StoredFolder, set_figures, yaml_name
from app.kit.files import Columns, Row, Trouble, read_csv, read_csv_text
from app.kit.kept import LruCache
from app.kit.refusals import Invalid, at_field
from app.kit.yaml_places import BYTES_MAX, read_yaml
from app.organisation import Needs
from app.plain.findings import Finding, Level, Place, n_
from app.plain.texts import has_unstorable, quoted
from app.rules.deciding import DecisionEffect
from app.rules.definitions import Definitions, Document, read
from app.rules.kpi_editing import kpis_in, plain_content
from app.rules.lab import LabResult
from app.rules.policies import Policies
from app.rules.terms import FIGURE_PATTERN, Node
from app.scoring import ScoreQuery, State

__all__ = [
    "LabFindings",
    "LabWish",
    "lab_documents",
    "lab_effects",
    "lab_policies",
    "lab_result",
    "lab_rows",
    "lab_trail",
    "lab_wish",
    "lab_wish_of_files",
]

_WEIGHTS: Final = "weights"
_ROWS: Final = "scorecards"
_POLICIES: Final = "policies"
_COLUMNS: Final = Columns(
    required=("node", "kpi"), optional=tuple(one for one in FILES[_ROWS].all if one not in {"node", "kpi"})
)
"""A row names a line; what it has no column for is as it is."""
_HUNDRED: Final = Decimal(100)
_DUST: Final = 1e-9
"""What two scores of the same figures differ by where their lines are summed in another order."""
DOCUMENTS_MAX: Final = 500
ROWS_MAX: Final = 100_000


class LabFindings(Invalid):
    """With what was sent the agency folder could not be loaded."""

    message = n_("What was sent could not be loaded: look at what is listed, and try it again.")


@dataclass(frozen=True, kw_only=True)
class LabWish:
    """An alternative to what a cycle goes by.

    Attributes:
        documents: policies and definitions that take the place of those they define; the others stay.
        weights: rows of ``scorecards.csv``. Those of one scorecard whose weights add up to 100 are all of it; others go in among its present
            lines by their KPI. A column that a row does not have is as the line has it.
        live: whether both sides go by what is loaded and has come in now, in place of what the cycle was published with or certified by.
    """

    documents: tuple[Document, ...] = ()
    weights: tuple[Row, ...] = ()
    live: bool = False

    def __bool__(self) -> bool:
        """Whether anything is to be another."""
        return bool(self.documents or self.weights)

    @cached_property
    def sha256(self) -> str:
        """The sum of all that it says."""
        told = [
            [[one.kind, one.file, one.content] for one in self.documents],
            [[one.file, one.line, one.values] for one in self.weights],
            self.live,
        ]
        return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()


# --------------------------------------------------------------------------------------------------------------- reading


def lab_wish(
    *,
    policies: Mapping[str, Any] | str | None = None,
    definitions: Mapping[str, Mapping[str, Any] | str] | None = None,
    weights: Sequence[Mapping[str, object]] = (),
    live: bool = False,
) -> LabWish:
    """What somebody sends: documents as JSON or as YAML, rows as objects.

    Args:
        policies: the document; figures may be numbers, or the texts that the product writes exact ones as.
        definitions: documents by name (``goals``, ``kpi:CODE``, or that of a file).
        weights: rows of ``scorecards.csv``, their values texts, numbers or null.
        live: see :class:`LabWish`.

    Raises:
        LabFindings: something cannot be read; each finding says where.
    """
    findings = FirstFindings()
    sent = {} if policies is None else {f"{_POLICIES}.yaml": policies}
    named = {_file_of(name): content for name, content in (definitions or {}).items()}
    if len(named) > DOCUMENTS_MAX or len(weights) > ROWS_MAX:
        message = n_("This is too much at once: send at most %(documents)s documents and %(rows)s rows.")
        findings.append(at_field("definitions", "too_many", message, documents=DOCUMENTS_MAX, rows=ROWS_MAX))
        raise LabFindings(*findings)
    documents = []
    for file, content in (named | sent).items():
        document, problems = _read_document(file, content)
        findings.extend(problems)
        documents += [] if document is None else [document]
    rows = [_read_row(place, row, findings) for place, row in enumerate(weights)]
    _refuse(findings)
    return LabWish(documents=tuple(documents), weights=tuple(rows), live=live)


def lab_policies(content: Mapping[str, Any] | str) -> Policies:
    """Policies that somebody types, or sends as YAML, as a load would read them.

    Raises:
        LabFindings: a load would refuse them; each finding with its path in the document, and its line in YAML.
    """
    document, problems = _read_document(f"{_POLICIES}.yaml", content)
    if document is None:
        raise LabFindings(*problems)
    definitions, met = read([document])
    findings = [one for one in met if one.place.file == document.file]
    errors = [one for one in (*findings, *against_schema(document, findings)) if one.level is Level.ERROR]
    if errors:
        raise LabFindings(*errors)
    return definitions.policies


def lab_documents(file: str, text: str) -> dict[str, Mapping[str, Any]]:
    """The documents of a file of definitions or policies, by the names that they are stored by, exact figures as texts.

    Args:
        file: its name, which says what it is.
        text: YAML.

    Raises:
        LabFindings: it is no YAML, or says nothing that could be stored.
    """
    document, problems = _read_document(file, text)
    _refuse(problems)
    names = [] if document is None else list(documents_in(document))
    if document is None or not names:
        message = n_("This file defines nothing: send policies, goals or KPIs as YAML.")
        raise LabFindings(Finding(code="nothing", message=message, place=Place(file=file)))
    inside = kpis_in(document.content) if document.kind == "kpi" else [document.content or {}]
    return {name: plain_content(one) for name, one in zip(names, inside, strict=True)}


def lab_rows(file: str, text: str) -> list[dict[str, str]]:
    """The rows of a CSV file with columns of ``scorecards.csv``, as it has them.

    Raises:
        LabFindings: something of it cannot be read.
    """
    findings = FirstFindings()
    rows = []
    for item in read_csv_text(text, columns=_COLUMNS, name=file):
        if isinstance(item, Trouble):
            findings.extend(item.findings)
        else:
            rows.append(dict(item.values))
    _refuse(findings)
    return rows


def _file_of(name: str) -> str:
    """The file that a document is called after: by its stored name, or its file's with or without the ending."""
    if name in {"goals", _POLICIES} or name.startswith("kpi:"):
        return yaml_name(name)
    return name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"


def _read_document(file: str, content: Mapping[str, Any] | str) -> tuple[Document | None, list[Finding]]:
    kind = kind_of(file)
    if isinstance(content, str):
        placed, problems = read_yaml(content.encode("utf-8", "surrogatepass"), file=file)
        if placed is None:
            return None, problems
        return Document(content=placed.content, kind=kind, file=file, lines=placed.lines), problems
    if len(json.dumps(content, default=str)) > BYTES_MAX:
        message = n_("the file is too long; expected at most %(most)s bytes")
        return None, [
            Finding(code="file_size", message=message, parameters={"most": BYTES_MAX}, place=Place(file=file))
        ]
    exact = copy.deepcopy(content)
    set_figures(kind, exact, _figure)
    return Document(content=exact, kind=kind, file=file), []


def _figure(text: str) -> Decimal | str:
    """A figure that stands as a text; another text as it is, for the rules to name."""
    return Decimal(text) if FIGURE_PATTERN.fullmatch(text) else text


def _read_row(place: int, row: Mapping[str, object], findings: FirstFindings) -> Row:
    values: dict[str, str] = {}
    for column, value in row.items():
        at = f"{_WEIGHTS}/{place}/{column}"
        if column not in _COLUMNS.all:
            message = n_("%(file)s has no column “%(column)s”: it has %(columns)s.")
            columns = ", ".join(FILES[_ROWS].all)
            findings.append(
                at_field(at, "unknown_column", message, file=f"{_ROWS}.csv", column=quoted(column), columns=columns)
            )
        elif value is not None and (isinstance(value, bool) or not isinstance(value, str | int | Decimal)):
            findings.append(at_field(at, "not_text", n_("A value of a row is a text as in the CSV: put it in quotes.")))
        elif isinstance(value, str) and has_unstorable(value):
            findings.append(at_field(at, "unstorable", n_("A character of this cannot be kept: take it out.")))
        else:
            values[column] = "" if value is None else str(value)
    for column in _COLUMNS.required:
        if not values.get(column):
            message = n_("“%(column)s” is missing: say whose line it is, and of which KPI.")
            findings.append(at_field(f"{_WEIGHTS}/{place}/{column}", "required", message, column=column))
    return Row(_WEIGHTS, place, values)


def lab_wish_of_files(
    *, policies: Path | None = None, definitions: Path | None = None, weights: Path | None = None, live: bool = False
) -> LabWish:
    """An alternative from files, as commands have them.

    Args:
        policies: a YAML file; it goes before the policies in ``definitions``.
        definitions: a folder of YAML files.
        weights: a CSV file with the columns of ``scorecards.csv``, or some of them.
        live: see :class:`LabWish`.

    Raises:
        LabFindings: a file cannot be read.
    """
    findings = FirstFindings()
    documents: list[Document] = []
    if definitions is not None:
        documents, problems = read_documents(definitions)
        findings.extend(problems)
    if policies is not None:
        document, problems = read_document_file(policies, kind=_POLICIES)
        findings.extend(problems)
        documents = [one for one in documents if one.kind != _POLICIES]
        documents += [] if document is None else [document]
    rows: list[Row] = []
    for item in () if weights is None else read_csv(weights, columns=_COLUMNS, name=str(weights)):
        if isinstance(item, Trouble):
            findings.extend(item.findings)
        else:
            rows.append(item)
    _refuse(findings)
    return LabWish(documents=tuple(documents), weights=tuple(rows), live=live)


def _refuse(findings: Iterable[Finding]) -> None:
    """Go on only where nothing is wrong.

    Raises:
        LabFindings: with the first errors, and how many more there are.
    """
    errors = FirstFindings()
    errors.extend(one for one in findings if one.level is Level.ERROR)
    if errors:
        raise LabFindings(*(_placed(one) for one in (*errors[:FIRST_MAX], *errors.left_out())))


def _placed(finding: Finding) -> Finding:
    """The same at its member of what was sent, file and line told beside."""
    place = finding.place
    if place.file is None or place.pointer is not None:
        return finding
    if place.file == _WEIGHTS:
        pointer = "/".join(str(part) for part in ("", _WEIGHTS, place.line, place.field) if part is not None)
        return replace(finding, place=Place(field=place.field, pointer=pointer))
    told = {"file": place.file, "line": place.line, "field": place.field}
    return replace(finding, told={**finding.told, **told})


# ---------------------------------------------------------------------------------------------------------------- trying

_KEPT: Final[LruCache[LabResult]] = LruCache(8)
"""By all that they hang on: a link is opened by several people, and a form beside it by one again and again."""


def lab_result(connection: Connection, wish: LabWish, *, of_cycle: int, today: dt.date) -> LabResult:
    """What a cycle comes to by an alternative, beside the present: equal to a fresh database that was loaded with it.

    Args:
        connection: any transaction; nothing is written.
        wish: the alternative.
        of_cycle: the year that names the cycle.
        today: the day of the projections, which no figure here hangs on.

    Raises:
        LabFindings: a load would refuse it.

    Queries: those of :func:`app.scoring.state` and of :func:`app.cycle.alternative_beside`, and 1; where definitions or weights are sent those of
        the folder, once a revision.
    """
    loaded = scoring.state(connection)
    key = (
        str(connection.engine.url),
        loaded.sheet.token,
        of_cycle,
        ledger.event_set(connection),
        wish.sha256,
    )
    return _KEPT.get_or_make(key, lambda: _tried(connection, loaded, wish, ScoreQuery(of_cycle, today)))


def lab_effects(connection: Connection, wish: LabWish, *, of_cycle: int, today: dt.date) -> tuple[DecisionEffect, ...]:
    """Every score, grade and pay of a cycle that would be another by an alternative, before and after. Nothing is kept.

    Raises:
        LabFindings: a load would refuse it.

    Queries: as :func:`lab_result`.
    """
    before, after, _ = _alternative(connection, scoring.state(connection), wish, of_cycle)
    if after is before:
        return ()
    asked = ScoreQuery(of_cycle, today)
    one, other = (scoring.scores(connection, asked, loaded=some) for some in (before, after))
    return tuple(effect for effect in cycle.moved_figures(one, other) if not _is_dust(effect))


def _is_dust(effect: DecisionEffect) -> bool:
    before, after = effect.before, effect.after
    return isinstance(before, float) and isinstance(after, float) and abs(before - after) <= _DUST


def lab_trail(wish: LabWish, result: LabResult) -> dict[str, object]:
    """What the trail tells of a try: by which sums, of how many rows, and how many it would move."""
    return {**result.after.sums, "weights": len(wish.weights), "live": wish.live, "moved": len(result.items)}


def _tried(connection: Connection, loaded: State, wish: LabWish, asked: ScoreQuery) -> LabResult:
    before, after, findings = _alternative(connection, loaded, wish, asked.cycle)
    return cycle.alternative_beside(connection, before, after, asked, findings)


def _alternative(
    connection: Connection, loaded: State, wish: LabWish, of_cycle: int
) -> tuple[State, State, list[Finding]]:
    """What the cycle goes by, and what it would by the alternative, with warnings about that; the same state twice where nothing is sent."""
    before = _live(connection, loaded, of_cycle) if wish.live else loaded.standing(of_cycle)
    if not wish:
        return before, before, []
    definitions, findings = _definitions(before.sheet.definitions_of(of_cycle), wish.documents)
    lines: dict[tuple[int, Node], tuple[Line, ...]] = {}
    if wish.weights or any(one.kind != _POLICIES for one in wish.documents):
        lines = _judged_lines(connection, before, wish, definitions, of_cycle)
    pinned = {**before.sheet.pinned, of_cycle: definitions}
    token = f"{before.sheet.token} lab {wish.sha256}"
    after = _by(connection, before, replace(before.sheet, token=token, pinned=pinned).with_agreed(lines))
    return before, after, findings


def _live(connection: Connection, loaded: State, of_cycle: int) -> State:
    """The same without what a cycle was published with, or certified by."""
    live = loaded.live
    if of_cycle not in live.sheet.pinned:
        return live
    loaded_now, published = live.sheet.definitions, live.sheet.pinned[of_cycle]
    # Lines that were agreed on may be of a KPI that is loaded no more: by what they were published with they are scored on.
    gone = {code: kpi for code, kpi in published.kpis.items() if code not in loaded_now.kpis}
    pinned = {**live.sheet.pinned, of_cycle: replace(loaded_now, kpis={**loaded_now.kpis, **gone})}
    return _by(connection, live, replace(live.sheet, token=f"{live.sheet.token} live {of_cycle}", pinned=pinned))


def _by(connection: Connection, like: State, sheet: Sheet) -> State:
    """A state of another sheet, which reads the activities that this one reads."""
    with like.frame.reading(connection) as source:
        frames = scoring.pinned_frames(source, like.frame, sheet)
    return State(like.frame, sheet, like=like, pinned_frames=frames)


def _definitions(present: Definitions, sent: Sequence[Document]) -> tuple[Definitions, list[Finding]]:
    """The present definitions with what was sent in its place, and the warnings of that.

    Raises:
        LabFindings: they have an error.
    """
    gone = {name for one in sent for name in documents_in(one)}
    documents = [
        Document(content=content, kind=name.partition(":")[0], file=yaml_name(name))
        for name, content in present.to_documents().items()
        if name not in gone
    ]
    definitions, problems = read([*documents, *sent])
    findings = FirstFindings()
    findings.extend(problems)
    for one in sent:
        findings.extend(against_schema(one, findings))
    _refuse(findings)
    files = {one.file for one in sent}
    return definitions, [one for one in findings if one.place.file in files]


# --------------------------------------------------------------------------------------------------------------- weights


def _judged_lines(
    connection: Connection, before: State, wish: LabWish, definitions: Definitions, of_cycle: int
) -> dict[tuple[int, Node], tuple[Line, ...]]:
    """The lines of the scorecards that the rows are of, once the folder with them and the definitions was held against all that a load asks.

    Raises:
        LabFindings: a load would refuse it.
    """
    _refuse_strangers(before, wish.weights, definitions, of_cycle)
    stored = folder_at(connection, organisation.current_revision(connection).number)
    folder = cascade.loaded_sheet(connection).lines.get(of_cycle, {})
    # What was agreed or set in the application, or stood at a cut, holds in place of the folder's rows.
    present = {
        str(node): [_row_of(f"{_ROWS}.csv", place, of_cycle, node, line) for place, line in enumerate(lines, 2)]
        for node, lines in before.sheet.lines.get(of_cycle, {}).items()
        if folder.get(node) != lines
    }
    cards = dict(_cards(before.sheet, wish.weights, of_cycle))
    judged = _judged(stored, present | cards, definitions, of_cycle)
    if not judged.is_right:
        # What is wrong with the present by what the cycle goes by was loaded for later cycles, and is not what was sent.
        base = _judged(stored, present, before.sheet.definitions_of(of_cycle), of_cycle)
        known = frozenset(map(_said, base.findings))
        _refuse(one for one in judged.findings if _said(one) not in known)
    by_card: dict[tuple[int, Node], list[Line]] = {}
    for line in judged.cascade.lines:
        if line.cycle == of_cycle and str(line.node) in cards:
            by_card.setdefault((line.cycle, line.node), []).append(line)
    return {card: tuple(lines) for card, lines in by_card.items()}


def _refuse_strangers(before: State, sent: Sequence[Row], definitions: Definitions, of_cycle: int) -> None:
    """Count before anything is worked out: of whom there is nobody, of which KPI there is none, and what comes twice needs no folder to be judged.

    Raises:
        LabFindings: a load would refuse such rows, by these codes.
    """
    directory, findings = before.frame.directory, FirstFindings()
    first: dict[tuple[str, str], int] = {}
    nodes: dict[str, bool] = {}
    for row in sent:
        if row.values.get("cycle", "").strip() not in {"", str(of_cycle)}:
            continue
        text, kpi = row.values["node"].strip(), row.values["kpi"].strip()
        if text not in nodes:
            node = Node.parse(text)
            nodes[text] = node is None or access.exists(directory, node)
        place = partial(Place, file=row.file, line=row.line)
        if not nodes[text]:
            message = n_("there is no “%(found)s” in this folder")
            findings.append(_stranger("unknown_node", message, place(field="node"), quoted(text)))
        elif kpi not in definitions.kpis:
            message = n_("there is no KPI “%(found)s” in the definitions")
            findings.append(_stranger("unknown_kpi", message, place(field="kpi"), quoted(kpi)))
        elif first.setdefault((text, kpi), row.line) != row.line:
            message = n_("line %(line)s has already said this")
            parameters = {"line": first[text, kpi]}
            findings.append(Finding(code="duplicate", message=message, parameters=parameters, place=place(field="kpi")))
    _refuse(findings)


def _stranger(code: str, message: str, place: Place, found_text: str) -> Finding:
    return Finding(code=code, message=message, parameters={"found": found_text}, place=place)


def _judged(
    stored: StoredFolder, cards: Mapping[str, Sequence[Row]], definitions: Definitions, of_cycle: int
) -> JudgedFolder:
    """The folder with other rows of some scorecards, held against the contract."""
    rows = {name: stored.placed(name)[1] for name in FILES}
    others = [row for row in rows[_ROWS] if row.values["cycle"] != str(of_cycle) or row.values["node"] not in cards]
    rows[_ROWS] = [*others, *(row for card in cards.values() for row in card)]
    read_rows = FolderRows(rows, {}, lambda name: f"{name}.csv")
    return judge(read_rows, definitions, needs=Needs(), remembered=stored.remembered)


def _said(finding: Finding) -> tuple[object, ...]:
    return finding.place.file, finding.place.field, finding.code, finding.text()


def _cards(sheet: Sheet, sent: Sequence[Row], of_cycle: int) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each scorecard that something was sent of, as a load would read them; rows of other cycles are passed over."""
    by_node: dict[str, list[Row]] = {}
    for row in sent:
        if row.values.get("cycle", "").strip() in {"", str(of_cycle)}:
            by_node.setdefault(row.values["node"].strip(), []).append(row)
    for text, rows in by_node.items():
        node = Node.parse(text)
        lines = () if node is None else sheet.lines.get(of_cycle, {}).get(node, ())
        first = rows[0]
        present = {line.kpi: _row_of(first.file, first.line, of_cycle, line.node, line) for line in lines}
        full = [_full(row, present.get(row.values["kpi"].strip()), of_cycle) for row in rows]
        if _sum(full) == _HUNDRED:
            yield text, full
        else:
            yield text, _among(present, full)


def _full(row: Row, present: Row | None, of_cycle: int) -> Row:
    """A row with all columns: those that it does not have are as they are."""
    before = dict.fromkeys(FILES[_ROWS].all, "") if present is None else present.values
    return row._replace(values={**before, **row.values, "cycle": str(of_cycle)})


def _among(present: Mapping[str, Row], rows: Sequence[Row]) -> list[Row]:
    """Present lines with rows in place of those of the same KPI; what is new comes after them, and so does what comes twice."""
    left = list(rows)
    card = []
    for kpi, row in present.items():
        own = next((one for one in left if one.values["kpi"].strip() == kpi), None)
        card.append(row if own is None else own)
        if own is not None:
            left.remove(own)
    return [*card, *left]


def _sum(rows: Iterable[Row]) -> Decimal | None:
    try:
        return sum((Decimal(row.values["weight"].strip()) for row in rows), Decimal(0))
    except InvalidOperation:
        return None


def _row_of(file: str, place: int, of_cycle: int, node: Node, line: Line) -> Row:
    cells = {name: text or "" for name, text in cascade.line_document(line).items()}
    return Row(file, place, {"cycle": str(of_cycle), "node": str(node), **cells})
