"""The stages of an opened cycle, what its calendar holds, and what stands in the way of a stage (contract-cycle, 3).

A newcomer's usual mistake: to let a date begin a stage. Dates remind; a stage is begun by people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from app.plain.findings import Finding, Place, n_
from app.plain.texts import quoted
from app.rules.moments import written_day

__all__ = [
    "BACK",
    "BEFORE_THE_CUT",
    "BLOCKERS",
    "CALENDAR",
    "DECIDED_BY",
    "FORWARD",
    "ITEMS_SHOWN",
    "PAID_IN",
    "REOPENED_BECAUSE",
    "TOLD_FROM",
    "Blocker",
    "Stage",
    "calendar_problems",
    "is_way_back",
    "left_after",
    "next_stages",
    "read_calendar",
    "stages_ahead",
]


class Stage(StrEnum):
    """How far an opened cycle is; one at a time, in this order."""

    DRAFT = "draft"
    AGREEMENT = "agreement"
    RUNNING = "running"
    CERTIFIED = "certified"
    NOTIFIED = "notified"
    LOCKED = "locked"
    PAID = "paid"


FORWARD: Final[Mapping[Stage, Stage]] = MappingProxyType(
    {Stage.DRAFT: Stage.AGREEMENT, Stage.AGREEMENT: Stage.RUNNING, Stage.LOCKED: Stage.PAID}
)
"""Where a decision of kind `stage` leads on to."""

BACK: Final[Mapping[Stage, Stage]] = MappingProxyType(
    {to: from_ for from_, to in FORWARD.items() if to is not Stage.PAID}
)
"""Where one leads back to, as long as nothing is certified."""

DECIDED_BY: Final[Mapping[Stage, str]] = MappingProxyType(
    {Stage.CERTIFIED: "certify", Stage.NOTIFIED: "notify", Stage.LOCKED: "lock"}
)
"""The kind of decision that leads to a stage where that is one of its own; to every other one `stage` does."""

BEFORE_THE_CUT: Final = frozenset({Stage.DRAFT, Stage.AGREEMENT, Stage.RUNNING})
"""Those in which every event moves figures, and people rate, speak with each other and are granted points."""

TOLD_FROM: Final = frozenset({Stage.NOTIFIED, Stage.LOCKED, Stage.PAID})
"""Those in which everyone has been told what they came to."""

PAID_IN: Final = frozenset({Stage.LOCKED, Stage.PAID})
"""Those in which people are paid: by the first run in the one, by later ones in both."""

REOPENED_BECAUSE: Final[Mapping[str, bool]] = MappingProxyType({"court": True, "fraud": True, "error": False})
"""Why a locked cycle is opened again, and whether that goes before a later cycle that is certified."""

CALENDAR: Final = (
    "agree_by",
    "mid_year_from",
    "mid_year_by",
    "customs_final_on",
    "certify_by",
    "notify_by",
    "lock_by",
    "pay_by",
)
"""The dates of a cycle, all of which may be absent."""

BLOCKERS: Final = frozenset(
    {
        *("no_approver", "no_scorecard", "unsigned"),
        *("reconcile", "open_decision", "cycle_before", "exclusion_void"),
        *("unverified", "rating_missing", "rejected_events", "open_alert", "unconfirmed", "stale_given"),
        *("lapsed_move", "review_missing", "review_disagrees", "window_open", "objection_open", "untold"),
        *("run_open", "not_exported"),
    }
)
"""The codes of all that may stand in the way of any stage, but those of broken rules, which name the rule: `rules:NAME`."""

ITEMS_SHOWN: Final = 20
"""How many of the people and units that are in the way a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """What stands in the way of a stage.

    Attributes:
        code: the contract's word.
        message: an English text, the key of the translators' catalogues.
        parameters: what fills its places.
        items: the units, people or whatever else it is about, in order; none where it is about the cycle as a whole.
        hard: whether nobody may accept it.
        of: of how many it is, where not all of them are named.
    """

    code: str
    message: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    hard: bool = True
    of: int | None = None

    @property
    def count(self) -> int:
        """Of how many it is."""
        return max(1, len(self.items)) if self.of is None else self.of

    def without(self, item: str) -> Blocker | None:
        """The same without one of those that it is about; None where it is about nothing else."""
        if item not in self.items:
            return self
        items = tuple(one for one in self.items if one != item)
        parameters = {**self.parameters, "count": len(items)} if "count" in self.parameters else self.parameters
        return replace(self, items=items, parameters=parameters) if items else None

    def as_finding(self) -> Finding:
        """As a refusal tells it: with the first of those that it is about."""
        told = {"items": list(self.items[:ITEMS_SHOWN]), "count": self.count, "hard": self.hard}
        return Finding(code=self.code, message=self.message, parameters=self.parameters, told=told)


def next_stages(stage: Stage) -> tuple[Stage, ...]:
    """The stages that one leads to by a decision of kind `stage`: the one after it first, then the one before it."""
    return tuple(way[stage] for way in (FORWARD, BACK) if stage in way)


def stages_ahead(stage: Stage) -> tuple[Stage, ...]:
    """The stages that one leads to, by whatever kind of decision: the one after it first, then the one before it; people are told more than once."""
    again = (stage,) if stage is Stage.NOTIFIED else ()
    after = list(Stage)[list(Stage).index(stage) + 1 :][:1]
    return (*again, *(one for one in after if one in DECIDED_BY), *next_stages(stage))


def is_way_back(from_: Stage, to: Stage) -> bool:
    """Whether it leads to the stage before."""
    return BACK.get(from_) is to


def left_after(blockers: Iterable[Blocker], accepted: Collection[str]) -> list[Blocker]:
    """What still stands in the way once soft ones are accepted by their codes."""
    return [one for one in blockers if one.hard or one.code not in accepted]


def calendar_problems(calendar: Mapping[str, object], *, field_: str = "calendar") -> list[Finding]:
    """What is wrong with the dates of a cycle, in the order of their names."""
    problems = []
    for name, value in calendar.items():
        field = f"{field_}/{name}".lstrip("/")
        place = Place(field=field, pointer=f"/{field}")
        if name not in CALENDAR:
            message = n_("The calendar has no date “%(name)s”: it is one of %(dates)s.")
            parameters: dict[str, object] = {"name": quoted(name), "dates": ", ".join(CALENDAR)}
            problems.append(Finding(code="unknown_member", message=message, parameters=parameters, place=place))
        elif value is not None and written_day(value) is None:
            message = n_("“%(value)s” is no day: write it as 2026-03-20.")
            parameters = {"value": quoted(str(value))}
            problems.append(Finding(code="no_day", message=message, parameters=parameters, place=place))
    return problems


def read_calendar(calendar: Mapping[str, Any]) -> dict[str, dt.date]:
    """The dates of a calendar that has no problems, in their order; those that are null are left out."""
    days = {name: written_day(calendar.get(name)) for name in CALENDAR}
    return {name: day for name, day in days.items() if day is not None}
