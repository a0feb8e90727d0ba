"""The field's words as types.

One word, one notion: a *score* is 20 to 100, *points* are score times weight, a *grade* is a letter, an *actual* is measured,
a *total* is stored; an *activity* is an event of one of three types, a *verdict* an event about one.
A newcomer's usual mistake: periods are half-open. ``to`` is the day after the last one, everywhere.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Final, NamedTuple, Self

__all__ = [
    "AREA_BELOW",
    "CODE_PATTERN",
    "FIGURE_PATTERN",
    "Basis",
    "CountsFrom",
    "CycleFunction",
    "Direction",
    "DisciplineKind",
    "Job",
    "KpiClass",
    "Link",
    "Name",
    "Node",
    "NodeKind",
    "Period",
    "Role",
    "StatusKind",
    "UnitKind",
]

CODE_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
"""Codes, numbers and names of keys and hooks (use with ``fullmatch``)."""

FIGURE_PATTERN: Final = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
"""A measured figure as people write it, in a folder or a form (use with ``fullmatch``)."""


AREA_BELOW: Final = " / "
"""What parts the levels of a scorecard's area: ``Management / Leadership``."""


class Name(str):
    """A unit's name: by itself as API and commands write it, and for people in their language where it has one."""

    __slots__ = ("es", "ko")

    ko: str | None
    es: str | None

    def __new__(cls, text: str, *, ko: str | None = None, es: str | None = None) -> Self:
        """Take the name, and what it is in other languages."""
        made = super().__new__(cls, text)
        made.ko, made.es = ko, es
        return made

    def in_language(self, language: str) -> str:
        """The name in a language (``ko``, ``es-CL``), else as it is everywhere."""
        return {"ko": self.ko, "es": self.es}.get(language[:2]) or str(self)

    def in_languages(self) -> tuple[str, ...]:
        """The name, and what else it is called."""
        return tuple(dict.fromkeys((str(self), *(name for name in (self.ko, self.es) if name))))

    @classmethod
    def written(cls, pattern: str, *names: str) -> Name:
        """A text with names in it, in each language: ``{}`` in the pattern for each of them."""
        ko, es = (
            pattern.format(*(one.in_language(language) if isinstance(one, Name) else one for one in names))
            for language in ("ko", "es")
        )
        return cls(pattern.format(*names), ko=ko, es=es)


class NodeKind(StrEnum):
    """What a scorecard belongs to."""

    UNIT = "unit"
    EMPLOYEE = "employee"


class Node(NamedTuple):
    """A unit or an employee: whatever has a scorecard. Written ``unit:VIE`` or ``employee:E0001``."""

    kind: NodeKind
    code: str

    @classmethod
    def parse(cls, text: str) -> Node | None:
        """Return the node that ``text`` names, or None where it is not of the form ``unit:CODE`` or ``employee:NUMBER``."""
        kind, _, code = text.partition(":")
        if kind not in {"unit", "employee"} or not CODE_PATTERN.fullmatch(code):
            return None
        return cls(NodeKind(kind), code)

    @classmethod
    def known(cls, text: str) -> Node:
        """The node that a table holds as text.

        Raises:
            ValueError: it is none: somebody wrote into the table.
        """
        node = cls.parse(text)
        if node is None:
            message = f"{text!r} is no node"
            raise ValueError(message)
        return node

    def __str__(self) -> str:
        """The node as files and addresses write it."""
        return f"{self.kind}:{self.code}"


class Basis(StrEnum):
    """Which activities count: each KPI's own ``counts_from`` (final), or all that is entered (provisional)."""

    FINAL = "final"
    PROVISIONAL = "provisional"


class CountsFrom(StrEnum):
    """The verification level from which on an activity counts (domain.md 2)."""

    ENTERED = "entered"
    VERIFIED = "verified"
    CONFIRMED = "confirmed"


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


class KpiClass(StrEnum):
    """H26 tells main business from management; their highs and lows differ (domain.md 3)."""

    MAIN = "main"
    MANAGEMENT = "management"


class Link(StrEnum):
    """The four links of the cascade (domain.md 4)."""

    IDENTICAL = "identical"
    CONTRIBUTORY = "contributory"
    SHARED = "shared"
    UNIQUE = "unique"


class Job(StrEnum):
    """An employee's job, which decides the blend of unit and own score."""

    STAFF = "staff"
    MANAGER = "manager"
    HEAD = "head"


class UnitKind(StrEnum):
    """What a unit is."""

    AGENCY = "agency"
    DIVISION = "division"
    REGIONAL_HQ = "regional_hq"
    OFFICE = "office"
    TEAM = "team"


class StatusKind(StrEnum):
    """What takes days off an employee's cycle, or the grade."""

    DISCIPLINE = "discipline"
    LEAVE = "leave"
    SECONDMENT = "secondment"


class DisciplineKind(StrEnum):
    """A disciplinary measure, which bars from promotion for a while; the grade of a cycle is another matter (``StatusKind``)."""

    DEMOTION = "demotion"
    SUSPENSION = "suspension"
    PAY_CUT = "pay_cut"
    REPRIMAND = "reprimand"


class Role(StrEnum):
    """What an account may be; a member sees nothing by itself."""

    EMPLOYEE = "employee"
    HEAD = "head"
    HR = "hr"
    EXECUTIVE = "executive"
    AUDITOR = "auditor"
    ADMIN = "admin"
    MEMBER = "member"


class CycleFunction(StrEnum):
    """What somebody may be given to do in one cycle, beside whatever role they have (contract-cycle, 1)."""

    APPROVER = "approver"
    CERTIFIER = "certifier"
    CALIBRATOR = "calibrator"
    OBJECTIONS = "objections"
    PAYROLL = "payroll"


class Period(NamedTuple):
    """Days from ``from_`` up to, not including, ``to``; None is open."""

    from_: dt.date | None
    to: dt.date | None

    def __contains__(self, day: object) -> bool:
        """Whether a day lies in the period."""
        if not isinstance(day, dt.date):
            return False
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day < self.to)
