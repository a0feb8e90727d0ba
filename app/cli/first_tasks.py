"""What stands in the running cycle of the demonstration agency before anybody looks, so that each role finds something of its own to do.

The employee and some colleagues are to sign targets that their head has changed; the head is to sign, to rate, to read and to say why; HR has
signatures that are missing, and an approver a decision that waits. All of it by the functions that the doors call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection

from app import access, scoring
from app import cycle as cycles
from app.access import TrailEntry
from app.cli.first_cycle import CycleYear, FirstCycle
from app.cli.hands import note, person
from app.cycle import ActionWish, AgreedCard, Signing, WantedCheckIn
from app.decisions import Hand
from app.kit.database import Database
from app.kit.replacing import exact_text
from app.organisation import Directory
from app.rules.agreement import AgreementState, SignedAs
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import Link, Node, NodeKind
from app.scoring import State, TargetMove

__all__ = ["STEPS", "run_cycle"]

STEPS: Final = 8
"""How many times :func:`run_cycle` tells that it is further."""

_NOT_BY_OWNER, _NOT_BY_HEAD = (61, 7), (83, 11)
"""Of so many scorecards in a row the one at this place is not signed in that part."""
_NO_TALK: Final = (29, 3)
_MINUTES_OF_A_DAY: Final = 480
_CHANGED_MOST: Final = 3
_DECIDED_KPI: Final = "budget_execution"
_TALKED_OF: Final = (
    "Ahead in the first half; what is left are the fairs of the autumn.",
    "On the way. We agreed to look at the buyers of last year once more.",
    "Consults go well, deals come late: the pipeline was looked through one by one.",
    "Somewhat behind. Two exporters of the region are to be visited in September.",
    "As agreed in January; nothing stands in the way of the year's targets.",
)
_OWN_VIEWS: Final = (
    (
        "What was agreed in January was begun, and most of it is done. What is missing are two deals that were put off to the next year.",
        True,
    ),
    ("The first half was slow: two companies gave up exporting. Since August I am where I wanted to be.", False),
)


def run_cycle(database: Database, *, emails: dict[str, str], year: CycleYear, said: Callable[[int], object]) -> None:
    """Open the cycle under way, have it published, signed and running, and leave something to do for everybody.

    Args:
        database: with the agency in it, and accounts for everybody.
        emails: of ``employee``, ``head``, ``hr``, ``second_hr``, ``executive`` and :data:`app.cli.first_cycle.SECOND_EXECUTIVE`.
        year: the cycle under way.
        said: is told of each step.
    """
    cycle = FirstCycle(database, year, emails)
    for step in (
        cycle.open,
        cycle.appoint,
        lambda: cycle.go_on(
            Stage.AGREEMENT, at=year.at(12), reason="Policies and definitions are as the board agreed in December."
        ),
        lambda: _sign_in_time(cycle),
        lambda: cycle.go_on(
            Stage.RUNNING, at=year.at(38), reason="Every unit has signed; the few people who have not stay due."
        ),
        lambda: _sign_late(cycle),
        lambda: _talk(cycle),
        lambda: _leave_tasks(cycle),
    ):
        step()
        said(1)


# -------------------------------------------------------------------------------------------------------------- signatures


def _sign_in_time(cycle: FirstCycle) -> None:
    """Everybody who was there in January signs, but a few."""
    year = cycle.year
    first = year.day(14)

    def when(directory: Directory, node: Node) -> dt.date | None:
        if node.kind is NodeKind.EMPLOYEE and directory.employees[node.code].hired_on > year.first:
            return None
        return first

    cycle.sign(when, wanted=_is_signed(cycle))


def _sign_late(cycle: FirstCycle) -> None:
    """Whoever joined in the year signs in the month after; one who never signed has the scorecard imposed."""
    year = cycle.year

    def when(directory: Directory, node: Node) -> dt.date | None:
        if node.kind is not NodeKind.EMPLOYEE or directory.employees[node.code].hired_on <= year.first:
            return None
        day = directory.employees[node.code].hired_on + dt.timedelta(days=36)
        return day if year.on(day + dt.timedelta(days=12)) < year.now else None

    cycle.sign(when, wanted=_is_signed(cycle))
    with cycle.database.read() as connection:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        day = loaded.frame.directory.day_of(year.at(45))
        cards = cycles.unsigned_cards(connection, loaded, opened.cycle, day=day)
        waiting = [
            card
            for card in cards.values()
            if card.state is AgreementState.TO_SIGN and card.missing == (SignedAs.OWNER,) and len(cards) > 1
        ]
    if waiting:
        card = waiting[0]
        head = card.signatures[0].account.removeprefix("account:")
        content = {"node": str(card.node), "digest": card.draft_digest}
        reason = "Asked twice, and once more by telephone: the lines are those of everybody in this unit."
        cycle.decide(cycles.IMPOSE, content, reason, by=head, to=cycle.emails["hr"], at=year.at(45))


def _is_signed(cycle: FirstCycle) -> Callable[[Node, SignedAs], bool]:
    """Whether a part is signed: all of units and of those with a login, and of the others most."""
    with cycle.database.read() as connection:
        numbers = sorted(scoring.state(connection).frame.directory.employees)
    with_login = {number for number, email in cycle.by_number.items() if email in cycle.emails.values()}
    place = {number: place for place, number in enumerate(number for number in numbers if number not in with_login)}

    def wanted(node: Node, part: SignedAs) -> bool:
        at = place.get(node.code)
        if node.kind is NodeKind.UNIT or at is None:
            return True
        every, left = _NOT_BY_OWNER if part is SignedAs.OWNER else _NOT_BY_HEAD
        return at % every != left

    return wanted


# ------------------------------------------------------------------------------------------------------------------ talks


def _talk(cycle: FirstCycle) -> None:
    """The mid-year talks, kept by both; a few have not taken place, some of them in the office of the head who has a login."""
    year = cycle.year
    begins = year.day(181)

    def work(connection: Connection) -> None:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        plan, directory = loaded.plan(opened.cycle), loaded.frame.directory
        quiet = set(_members(cycle, directory)[-2:])
        wanted: list[WantedCheckIn] = []
        for number, node in enumerate(node for node in plan.nodes if node.kind is NodeKind.EMPLOYEE):
            if number % _NO_TALK[0] == _NO_TALK[1] or not plan.lines.get(node) or node.code not in cycle.by_number:
                continue
            on = max(begins, directory.employees[node.code].hired_on) + dt.timedelta(days=number % 28)
            if year.on(on) >= year.now:
                continue
            wanted += _talks(cycle, connection, plan, node, on=on, number=number, with_head=node.code not in quiet)
        wanted.sort(key=lambda one: one.at)
        cycles.keep_check_ins(connection, plan, opened, wanted)
        told = (
            (
                one.by,
                one.at,
                f"employee:{one.employee}",
                {"cycle": opened.cycle, "as": one.part.value, "on": one.on.isoformat()},
            )
            for one in wanted
        )
        note(connection, Deed.CHECK_IN, told)

    cycle.database.writing(Deed.CHECK_IN, work)


def _talks(
    cycle: FirstCycle,
    connection: Connection,
    plan: scoring.CyclePlan,
    node: Node,
    *,
    on: dt.date,
    number: int,
    with_head: bool,
) -> Iterator[WantedCheckIn]:
    """What both keep of a talk."""
    heads = cycles.signers_of(plan.frame.directory, plan, node, on)[SignedAs.HEAD].numbers
    keepers = [(SignedAs.OWNER, node.code)]
    keepers += [(SignedAs.HEAD, one) for one in heads if one in cycle.by_number][:1] if with_head else []
    for place, (part, who) in enumerate(keepers):
        at = cycle.year.on(on, minutes=number * 11 % _MINUTES_OF_A_DAY + 20 * place)
        text = _TALKED_OF[(number + 2 * place) % len(_TALKED_OF)]
        yield WantedCheckIn(node.code, part, text, on, cycle.person(connection, cycle.by_number[who], at), at)


# ------------------------------------------------------------------------------------------------------- what is left to do


def _members(cycle: FirstCycle, directory: Directory) -> list[str]:
    """Who is led by the head with a login, the employee with a login first."""
    day = directory.day_of(cycle.year.now)
    head = next(number for number, email in cycle.by_number.items() if email == cycle.emails["head"])
    there = [one for unit in directory.units_headed_by(head, day)[:1] for one in directory.people_of(unit, day)]
    known = [one for one in there if one != head and one in cycle.by_number]
    return sorted(known, key=lambda one: (cycle.by_number[one] != cycle.emails["employee"], one))


def _leave_tasks(cycle: FirstCycle) -> None:
    with cycle.database.read() as connection:
        loaded = scoring.state(connection)
        members = _members(cycle, loaded.frame.directory)
        movable = [one for one in members if _target_lines(loaded, cycle.year.cycle, Node(NodeKind.EMPLOYEE, one))]
    own = movable[_CHANGED_MOST : _CHANGED_MOST + 1] or movable[1:][-1:]
    changed = [one for one in movable[:_CHANGED_MOST] if one not in own]
    if changed:
        _change_targets(cycle, changed)
    for employee in own:
        _draft_own(cycle, employee)
    for (text, final), employee in zip(_OWN_VIEWS, members[1:] or members, strict=False):
        _assess(cycle, employee, text=text, final=final)
    _act(cycle, members)
    _propose_override(cycle)


def _target_lines(loaded: State, cycle: int, node: Node) -> list[tuple[str, Decimal]]:
    """The lines of a scorecard that have a target, and which."""
    return [
        (line.kpi, line.target)
        for line in loaded.sheet.lines.get(cycle, {}).get(node, ())
        if line.target is not None and loaded.sheet.takes_target(line)
    ]


def _change_targets(cycle: FirstCycle, employees: Sequence[str]) -> None:
    """The head has changed a target of some, and has signed; they are to sign."""
    at, why = (
        cycle.year.ago(6),
        "Two exporters have joined the programme of the office since, so more consults are to be had.",
    )
    nodes = [Node(NodeKind.EMPLOYEE, one) for one in employees]

    def work(connection: Connection) -> None:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        head = person(connection, cycle.emails["head"], at)
        moves = []
        for node in nodes:
            kpi, target = _target_lines(loaded, opened.cycle, node)[0]
            higher = (target * Decimal("1.1")).to_integral_value() + 1
            moves.append(TargetMove(node=node, kpi=kpi, target=higher, seen=target))
        outcome = cycles.set_draft_targets(connection, opened, moves, by=Hand.of(head, at), note=why)
        told = [
            TrailEntry(
                head.label,
                Deed.SET_TARGETS,
                at,
                str(one.node),
                {"cycle": opened.cycle, "kpi": one.kpi, "target": exact_text(one.before)},
                {
                    "cycle": opened.cycle,
                    "kpi": one.kpi,
                    "target": exact_text(one.after),
                    "decision": one.decision,
                },
                why,
            )
            for one in outcome.done
        ]
        access.record_deeds(connection, told)

    cycle.database.writing(Deed.SET_TARGETS, work)
    _sign_own_part(cycle, nodes, SignedAs.HEAD, email=cycle.emails["head"], at=cycle.year.ago(6, minutes=4))


def _draft_own(cycle: FirstCycle, employee: str) -> None:
    """Somebody has asked for a lower target, and has signed; the head is to sign, or to answer."""
    at, email = cycle.year.ago(3), cycle.by_number[employee]
    node = Node(NodeKind.EMPLOYEE, employee)

    def work(connection: Connection) -> None:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        card: AgreedCard = cycles.agreed_card(connection, loaded, opened.cycle, node)
        kpi, target = _target_lines(loaded, opened.cycle, node)[0]
        lower = exact_text((target * Decimal("0.9")).to_integral_value() + 1)
        lines = [dict(line) | ({"target": lower} if line["kpi"] == kpi else {}) for line in card.draft]
        owner = person(connection, email, at)
        after = cycles.edit_draft(
            connection,
            opened,
            node,
            lines,
            is_expected=lambda digest: digest == card.draft_digest,
            by=owner,
            now=at,
        )
        told = {"cycle": opened.cycle, "digest": card.draft_digest}
        access.record_deed(
            connection,
            who=owner.label,
            deed=Deed.SIGN_SCORECARD,
            at=at,
            subject=str(node),
            before=told,
            after=told | {"digest": after.draft_digest},
        )

    cycle.database.writing(Deed.SIGN_SCORECARD, work)
    _sign_own_part(cycle, [node], SignedAs.OWNER, email=email, at=cycle.year.ago(3, minutes=2))


def _sign_own_part(cycle: FirstCycle, nodes: Collection[Node], part: SignedAs, *, email: str, at: dt.datetime) -> None:
    """Sign the drafts of some scorecards in one part."""

    def work(connection: Connection) -> None:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        by = person(connection, email, at)
        cards = [cycles.agreed_card(connection, loaded, opened.cycle, node) for node in nodes]
        cycle.write_signatures(
            connection, opened, [Signing(card.node, card.draft_digest, part, by, at) for card in cards]
        )

    cycle.database.writing(Deed.SIGN_SCORECARD, work)


def _assess(cycle: FirstCycle, employee: str, *, text: str, final: bool) -> None:
    """Somebody says what they think of their own year."""
    at = cycle.year.ago(4)

    def work(connection: Connection) -> None:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        owner = person(connection, cycle.by_number[employee], at)
        plan = loaded.plan(opened.cycle)
        cycles.keep_self_assessment(connection, plan, opened, employee, text=text, final=final, by=owner, now=at)
        told = {"cycle": opened.cycle, "self_assessment": "final" if final else "draft"}
        note(connection, Deed.CHECK_IN, [(owner, at, f"employee:{employee}", told)])

    cycle.database.writing(Deed.CHECK_IN, work)


def _act(cycle: FirstCycle, members: Sequence[str]) -> None:
    """The head has opened an action on a line that did badly at the mid-year check; of the others it is still owed why."""
    at = cycle.year.ago(9)

    def work(connection: Connection) -> None:
        loaded, opened = scoring.state(connection), cycle.opened(connection)
        plan, directory = loaded.plan(opened.cycle), loaded.frame.directory
        head = person(connection, cycle.emails["head"], at)
        day = directory.day_of(at)
        units = [Node(NodeKind.UNIT, one) for one in directory.units_headed_by(head.employee or "", day)[:1]]
        nodes = [*units, *(Node(NodeKind.EMPLOYEE, one) for one in members)]
        owed = cycles.owed_comments(connection, loaded, opened, nodes, day=day)
        lines = [(one.node, one.kpi) for one in owed[:1]] or [
            (node, one.row.kpi) for node in units for one in plan.lines[node] if one.row.link is not Link.SHARED
        ]
        if not lines or head.employee is None:
            return
        node, kpi = lines[0]
        wish = ActionWish(
            node,
            kpi,
            "Two large buyers put their orders off in the spring, and nobody went after others in time.",
            "Every consult of the first half is called again; the list is gone through on Mondays.",
            head.employee,
            day + dt.timedelta(days=21),
        )
        made = cycles.open_action(connection, plan, wish, by=head, now=at)
        told = {"action": made.id, "cycle": made.cycle, "kpi": made.kpi, "measure": made.measure, "owner": made.owner}
        access.record_deed(
            connection,
            who=head.label,
            deed=Deed.KEEP_ACTIONS,
            at=at,
            subject=str(made.node),
            after=told,
            why=made.cause,
        )

    cycle.database.writing(Deed.KEEP_ACTIONS, work)


def _propose_override(cycle: FirstCycle) -> None:
    """HR has proposed that an office be held to less, for a flood; the approver is to agree."""
    year = cycle.year
    with cycle.database.read() as connection:
        loaded = scoring.state(connection)
        directory = loaded.frame.directory
        day = directory.day_of(year.now)
        head = person(connection, cycle.emails["head"], year.now)
        own = {Node(NodeKind.UNIT, one) for one in directory.units_headed_by(head.employee or "", day)}
        offices = (
            (line, target)
            for node in loaded.plan(year.cycle).nodes
            if node.kind is NodeKind.UNIT and node not in own and _is_office(directory, node.code, day)
            for line in loaded.sheet.lines[year.cycle].get(node, ())
            if line.kpi == _DECIDED_KPI and (target := line.target) is not None and line.link is not Link.SHARED
        )
        line, target = next(offices, (None, Decimal(0)))
    if line is None:
        return
    content = {
        "node": str(line.node),
        "kpi": line.kpi,
        "member": "target",
        "value": exact_text(target - 6),
        "cause": "flood",
    }
    reason = "The office stood under water for five weeks, and what was to be spent on its fair was not."
    by, at = cycle.emails["hr"], year.ago(2)
    override = next(one for one in cycles.LINE_KINDS if one.code == "override")
    cycle.hands.propose(override, content, reason, by=by, at=at, cycle=year.cycle)


def _is_office(directory: Directory, unit: str, day: dt.date) -> bool:
    known = directory.unit_on(unit, day)
    return known is not None and known.kind == "office"
