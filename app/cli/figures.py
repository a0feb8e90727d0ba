"""Commands that print figures: ``score``, ``business``, ``explain``, ``grade``, ``reconcile``, ``digest``.

They print what the pages show, from the same read models.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, Final

import click
from sqlalchemy import Connection

from app import cycle as cycles
from app import scoring
from app.cli.opening import CYCLE, DAY, NODE, open_database, settings
from app.cli.printing import say, write_json
from app.kit import clock
from app.kit.files import csv_lines
from app.plain.texts import visible
from app.rules.grading import members
from app.rules.presence import cycle_of
from app.rules.rating import RatingsTold
from app.rules.terms import Basis, Node, NodeKind
from app.scoring import ScoreQuery, State

__all__ = ["COMMANDS", "CYCLE_OPTION", "FORMAT", "named_cycle", "print_csv"]

_LINE_COLUMNS: Final = (
    "kpi",
    "weight",
    "actual",
    "base",
    "sigma",
    "high",
    "low",
    "target",
    "method",
    "score",
    "reason",
    "points",
    "projected_actual",
    "projected_score",
    "old_score",
)
_DECIDED_COLUMNS: Final = ("computed_actual", "computed_score", "decisions")
_CARD_COLUMNS: Final = (
    "node",
    "cycle",
    "as_of",
    "basis",
    "own_score",
    "unit_score",
    "final_score",
    "projected_score",
)
_CARD_NAMES: Final = {"projected_score": "node_projected_score"}

CYCLE_OPTION = click.option("--cycle", type=CYCLE, required=True, help="The year that names the cycle.")
AS_OF = click.option("--as-of", type=DAY, help="Look at events of days up to this one.")
BASIS = click.option(
    "--basis", type=click.Choice([str(basis) for basis in Basis]), default=str(Basis.FINAL), show_default=True
)
LIVE = click.option("--live", is_flag=True, help="What would be if the cycle had not been certified.")
FORMAT = click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)

_FIGURE: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def _loaded(connection: Connection, *, live: bool) -> State:
    """What the figures go by."""
    loaded = scoring.state(connection)
    return loaded.live if live else loaded


def named_cycle(connection: Connection, cycle: int) -> dt.date:
    """The agency's day; leave where no folder names the cycle.

    Raises:
        click.ClickException: says which cycles there are.
    """
    loaded = scoring.state(connection)
    today = loaded.frame.directory.day_of(clock.now())
    if not loaded.has_cycle(cycle, today=today):
        there = sorted({*loaded.named_cycles, cycle_of(today, loaded.frame.first_month)})
        message = f"--cycle: the folder names no cycle {cycle}; there are {', '.join(map(str, there))}"
        raise click.ClickException(message)
    return today


def print_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV, one line each; what a spreadsheet would take for a formula stands as text."""
    from app.exports import harmless

    on_terminal = sys.stdout.isatty()

    def cell(value: object) -> object:
        # A figure may be negative; a group of evaluation or an area is free text.
        if not isinstance(value, str) or _FIGURE.fullmatch(value):
            return value
        return visible(harmless(value)) if on_terminal else harmless(value)

    told = ([cell(row.get(name)) for name in columns] for row in rows)
    for line in csv_lines(chain([columns], told)):
        sys.stdout.write(f"{line}\n")


@click.command()
@CYCLE_OPTION
@AS_OF
@BASIS
@click.option("--node", type=NODE, help="Only this unit or employee.")
@LIVE
@FORMAT
def score(cycle: int, as_of: dt.date | None, basis: str, node: Node | None, *, live: bool, form: str) -> None:
    """Print scorecards."""
    with open_database(settings()).read() as connection:
        asked = ScoreQuery(cycle, named_cycle(connection, cycle), as_of, Basis(basis))
        loaded = _loaded(connection, live=live)
        if node is not None and node not in loaded.plan(cycle).nodes:
            message = f"{node} has no scorecard in cycle {cycle}"
            raise click.ClickException(message)
        cards = scoring.scorecards(connection, asked, None if node is None else [node], loaded=loaded)
    documents = [card.as_json() for card in cards]
    if form == "json":
        write_json(documents)
        return
    # A row is a line, so the projection called so is the line's; the scorecard's own has another name beside it.
    rows = []
    for document in documents:
        head = {_CARD_NAMES.get(name, name): document[name] for name in _CARD_COLUMNS}
        rows += [
            head | {name: line.get(name) for name in _LINE_COLUMNS} | _decided_cells(line)
            for line in document["lines"] or [{}]
        ]
    # As in JSON: of a cycle about whose lines nothing was ever decided there is nothing to be told.
    decided = _DECIDED_COLUMNS if any(name in row for row in rows for name in _DECIDED_COLUMNS) else ()
    print_csv((*(_CARD_NAMES.get(name, name) for name in _CARD_COLUMNS), *_LINE_COLUMNS, *decided), rows)


def _decided_cells(line: Mapping[str, Any]) -> dict[str, Any]:
    """What a line comes to without what was decided about it, and the decisions by number; nothing where JSON tells nothing."""
    if "computed" not in line:
        return {}
    numbers = " ".join(map(str, line["decisions"]))
    values = (line["computed"]["actual"], line["computed"]["score"], numbers)
    return dict(zip(_DECIDED_COLUMNS, values, strict=True))


@click.command()
@CYCLE_OPTION
@AS_OF
@BASIS
@click.option("--node", type=NODE, help="Only this unit and those below it.")
@FORMAT
def business(cycle: int, as_of: dt.date | None, basis: str, node: Node | None, form: str) -> None:
    """Print what units have brought about: deals, consults and new buyers, beside last year's same day and their goals."""
    from app.exports import business_table

    with open_database(settings()).read() as connection:
        asked = ScoreQuery(cycle, named_cycle(connection, cycle), as_of, Basis(basis))
        plan = scoring.state(connection).plan(cycle)
        day = plan.day_within(asked.day)
        code = node.code if node is not None else plan.frame.directory.tree.root_on(day)
        if code is None or Node(NodeKind.UNIT, code) not in plan.nodes or (node and node.kind is not NodeKind.UNIT):
            message = f"{node or 'the agency'} is no unit of cycle {cycle}"
            raise click.ClickException(message)
        units = scoring.business_units(plan, code, day)
        shown = scoring.business(scoring.business_source(connection, plan=plan, asked=asked, units=units))
    if form == "json":
        write_json(shown.as_json())
        return
    sheet = business_table().sheet(shown.units.values())
    rows = [dict(zip(sheet.header, (_plain(cell) for cell in row), strict=True)) for row in sheet.rows]
    print_csv(sheet.header, rows)


def _plain(cell: object) -> object:
    """A figure as text: exact, and never with an exponent."""
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


@click.command()
@click.argument("node", type=NODE)
@click.argument("kpi")
@CYCLE_OPTION
@AS_OF
@BASIS
@LIVE
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(node: Node, kpi: str, cycle: int, as_of: dt.date | None, basis: str, *, live: bool, form: str) -> None:
    """Print the whole derivation of NODE's score for KPI, from the activities up."""
    with open_database(settings()).read() as connection:
        asked = ScoreQuery(cycle, named_cycle(connection, cycle), as_of, Basis(basis))
        loaded = _loaded(connection, live=live)
        told = RatingsTold.GRADES if cycles.opened_cycle(connection, cycle) is None else RatingsTold.SUMMARY
        explanation = scoring.explain(connection, asked, node, kpi, ratings=told, loaded=loaded)
        if explanation is None:
            message = f"{node} has no line for {kpi} in cycle {cycle}"
            raise click.ClickException(message)
        if form == "json":
            activities, following = scoring.counted_activities(connection, asked, node, kpi, loaded=loaded)
            write_json(explanation.as_json(activities=activities, next=following))
            return
        for sentence in explanation.sentences():
            say(sentence)
        for line in scoring.activity_lines(connection, asked, node, kpi, loaded=loaded):
            say(line)


@click.command()
@CYCLE_OPTION
@click.option("--of", "whom", type=click.Choice(["employees", "units"]), default="employees", show_default=True)
@LIVE
@FORMAT
def grade(cycle: int, whom: str, *, live: bool, form: str) -> None:
    """Print proposed grades, pay and promotion points."""
    with open_database(settings()).read() as connection:
        today = named_cycle(connection, cycle)
        loaded = _loaded(connection, live=live)
        if whom == "employees":
            proposed = cycles.propose_employee_grades(connection, cycle=cycle, today=today, loaded=loaded)
            proposal: Any = cycles.grades_as_paid(connection, proposed, loaded=loaded, cycle=cycle).proposal
        else:
            proposal = cycles.propose_unit_grades(connection, cycle=cycle, today=today, loaded=loaded).proposal
        standing = cycles.grade_standing(connection, loaded, cycle)
    rows = [members(row) | (standing(proposal, row) if form == "json" else {}) for row in proposal.rows]
    if form == "json":
        write_json(rows)
    else:
        print_csv(cycles.EMPLOYEE_COLUMNS if whom == "employees" else cycles.UNIT_COLUMNS, rows)
    for finding in proposal.broken:
        say(f"{finding.code}: {finding.text()}", err=True)
    sys.exit(1 if proposal.broken else 0)


@click.command()
def reconcile() -> None:
    """Recompute every stored total from the ledger and print the differences."""
    count = 0
    with open_database(settings()).read() as connection:
        for difference in scoring.reconcile(connection):
            count += 1
            say(difference)
    say(f"{count} differences" if count else "All totals agree with the ledger.", err=bool(count))
    sys.exit(1 if count else 0)


@click.command()
def digest() -> None:
    """Print a SHA-256 over ledger, totals and scores."""
    with open_database(settings()).read() as connection:
        say(scoring.digest(connection))


COMMANDS: Final = (score, business, explain, grade, reconcile, digest)
