"""Targets of a cycle that is agreed on: they are set in drafts, and have no effect before all have signed (contract-cycle, 4).

In every other cycle they hold as soon as they are set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, scoring
from app.cascade import Line, WantedTarget
from app.cycle.agreement.agreed_cards import AGREED_IN, AgreedCard, agreed_card, agreed_cards
from app.cycle.agreement.agreeing import draft_over, with_targets
from app.cycle.cutting import refuse_being_certified
from app.cycle.opened import NotNow, OpenedCycle, opened_cycle
from app.decisions import Decision, DecisionKind, Hand, Read
from app.kit.refusals import NotThere
from app.kit.replacing import exact_text
from app.rules.targets import SetTarget
from app.rules.terms import Node
from app.scoring import State, TargetDone, TargetMove, TargetOvertaken, TargetsSet, folder_target

__all__ = ["TARGET", "agreed_on", "drafted_targets", "refuse_fixed", "set_draft_targets"]


def agreed_on(connection: Connection, loaded: State, cycle: int) -> OpenedCycle | None:
    """The cycle, where its scorecards are agreed on now; None for every other. Queries: 1, or none where it was not published."""
    if cycle not in loaded.sheet.pinned:
        return None
    opened = opened_cycle(connection, cycle)
    return opened if opened is not None and opened.stage in AGREED_IN else None


def refuse_fixed(loaded: State, cycle: int) -> None:
    """Go on only where the cycle's targets may still change.

    Raises:
        NotNow: it was certified.
    """
    if cycle in loaded.certified:
        raise NotNow


def drafted_targets(
    connection: Connection, loaded: State, cycle: int, nodes: Collection[Node]
) -> dict[tuple[Node, str], Decimal | None]:
    """The targets that the drafts of some nodes have, by node and KPI. Queries: 3."""
    cards = agreed_cards(connection, loaded, cycle, list(nodes))
    return {
        (node, str(line["kpi"])): None if line["target"] is None else Decimal(line["target"])
        for node, card in cards.items()
        for line in card.draft
    }


def set_draft_targets(
    connection: Connection, opened: OpenedCycle, moves: Sequence[TargetMove], *, by: Hand, note: str
) -> TargetsSet:
    """Set the targets of lines in the drafts of their scorecards, all of them or none; signatures under the drafts before are gone.

    Args:
        connection: a writing transaction.
        opened: the cycle; its scorecards are agreed on now.
        moves: a new target for each line.
        by: who, and when; whether they may is asked before.
        note: why; empty where it was not said.

    Raises:
        BeingCertified: it is proposed to certify the cycle.
        NotThere: a draft has no such line, or one that takes no target.
    """
    loaded, cycle = scoring.state_to_decide_in(connection), opened.cycle
    refuse_being_certified(connection, cycle)
    cards = agreed_cards(connection, loaded, cycle, list(dict.fromkeys(move.node for move in moves)))
    wanted: list[WantedTarget] = []
    overtaken: list[TargetOvertaken] = []
    for move in moves:
        line = _line_of_draft(loaded, cycle, cards[move.node], move.kpi)
        if line is None or not loaded.sheet.takes_target(line):
            raise NotThere
        target = folder_target(line) if move.target is None else move.target
        if target is None:
            raise NotThere
        if line.target not in {move.seen, target}:
            overtaken.append(TargetOvertaken(move.node, move.kpi, line.target))
        elif line.target != target:
            wanted.append(scoring.wanted_target(line, target))
    if overtaken or not wanted:
        return TargetsSet(overtaken=tuple(overtaken))
    numbers = cascade.keep_targets(connection, wanted, cycle=cycle, by=by, note=note, is_draft=True)
    for node in numbers:
        lines = with_targets(cards[node], _texts(one for one in wanted if one.node == node))
        draft_over(connection, loaded, opened, cards[node], lines, by=by)
    return TargetsSet(
        done=tuple(TargetDone(one.node, one.kpi, one.before, one.target, numbers[one.node]) for one in wanted)
    )


def _texts(wanted: Iterable[WantedTarget]) -> dict[str, str | None]:
    return {one.kpi: exact_text(one.target) for one in wanted}


def _line_of_draft(loaded: State, cycle: int, card: AgreedCard, kpi: str) -> Line | None:
    """A line of the draft, which can go back to what the folder gives."""
    documents = [line for line in card.draft if line["kpi"] == kpi]
    if not documents:
        return None
    (line,) = cascade.lines_of_documents(cycle, card.node, documents)
    holds = loaded.sheet.line(cycle, card.node, kpi)
    folder = None if holds is None else folder_target(holds)
    if line.target is None:
        return line
    return replace(line, set_target=SetTarget(target=line.target, folder=folder, day=dt.date.min, by="", why=""))


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    loaded = scoring.state(connection)
    if not _is_draft(connection, loaded, cycle):
        read = scoring.TARGET.read(connection, content, cycle, today)
        refuse_fixed(loaded, int(str(cycle)))
        return read
    refuse_being_certified(connection, int(str(cycle)))

    def line_of(state: State, year: int, node: Node, kpi: str) -> Line | None:
        if node not in state.plan(year).nodes:
            return None
        return _line_of_draft(state, year, agreed_card(connection, state, year, node), kpi)

    return scoring.read_targets(connection, content, cycle, line_of, is_draft=True)


def _is_draft(connection: Connection, loaded: State, cycle: str | None) -> bool:
    is_year = cycle is not None and cycle.isascii() and cycle.isdecimal() and len(cycle) == len("2026")
    return is_year and agreed_on(connection, loaded, int(str(cycle))) is not None


def _apply(connection: Connection, decision: Decision) -> None:
    loaded, cycle = scoring.state(connection), decision.cycle_year
    refuse_fixed(loaded, cycle)
    if not decision.content.get("draft"):
        scoring.TARGET.apply(connection, decision)
        return
    refuse_being_certified(connection, cycle)
    opened = agreed_on(connection, loaded, cycle)
    if opened is None:
        raise NotThere
    card = agreed_card(connection, loaded, cycle, Node.known(decision.content["node"]))
    lines = with_targets(card, _texts(cascade.targets_of(cycle, decision.content)))
    draft_over(connection, loaded, opened, card, lines, by=decision.maker)


TARGET: Final[DecisionKind] = replace(scoring.TARGET, read=_read, apply=_apply)
"""Targets of a unit or an employee: set by who may set them, alone; where scorecards are agreed on, in their draft."""
