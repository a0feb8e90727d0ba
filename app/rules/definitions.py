"""Goals, KPIs and policies as one whole: read from plain documents, checked, and written back.

The types themselves are in ``kpis`` and ``policies``; everyone imports them from here.
Do not stop at the first problem. :func:`read` returns all findings at once, in the order of file
and line, and only what was read without an error is in the definitions beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.plain.findings import Finding, Level, n_
from app.rules.business import BUSINESS_SLICES
from app.rules.documents import Document, Entry
from app.rules.kpi_members import MEMBERS, OPTIONAL, REQUIRED, YEAR_MAX, read_examples, read_words
from app.rules.kpis import (
    AGGREGATES,
    AMOUNT_ACTIVITIES,
    COUNTED_AGGREGATES,
    DISTINCT_OF,
    HS_CODE_ACTIVITIES,
    MEASURED_ACTIVITIES,
    METHOD_NAMES,
    PRORATED_AGGREGATES,
    Bounds,
    Example,
    Kpi,
    KpiVersion,
    Measure,
    Method,
    Slice,
    Target,
    Translated,
    Where,
    kpi_document,
    words_document,
)
from app.rules.policies import (
    LEGAL_FORMS,
    Blend,
    CyclePolicy,
    GradePolicy,
    GradeRules,
    GroupPolicy,
    PayPolicy,
    Policies,
    PromotionPolicy,
    policies_document,
    read_policies,
)
from app.rules.rhythm import Rhythm
from app.rules.terms import CountsFrom, Direction

__all__ = [
    "AGGREGATES",
    "AMOUNT_ACTIVITIES",
    "CHECKS",
    "COUNTED_AGGREGATES",
    "DISTINCT_OF",
    "HS_CODE_ACTIVITIES",
    "LEGAL_FORMS",
    "MEASURED_ACTIVITIES",
    "METHOD_NAMES",
    "PERSPECTIVES",
    "PRORATED_AGGREGATES",
    "Blend",
    "Bounds",
    "CyclePolicy",
    "Definitions",
    "Document",
    "Example",
    "Goal",
    "GradePolicy",
    "GradeRules",
    "GroupPolicy",
    "Kpi",
    "KpiVersion",
    "Measure",
    "Method",
    "PayPolicy",
    "Policies",
    "PromotionPolicy",
    "Slice",
    "Target",
    "Task",
    "Translated",
    "Where",
    "measures_of",
    "read",
]

PERSPECTIVES: Final = ("financial", "customer", "process", "learning")
STEADY_YEARS: Final = 3
"""A KPI should stay as it is for this long (domain.md 3)."""


@dataclass(frozen=True, slots=True)
class Task:
    """What achieves a strategic goal; KPIs name a task as their ``goal``."""

    code: str
    name: Translated


@dataclass(frozen=True, slots=True)
class Goal:
    """A strategic goal under one of the four perspectives."""

    code: str
    name: Translated
    perspective: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """All that a folder of definitions says; KPIs by their code, in the order of the codes."""

    goals: tuple[Goal, ...] = ()
    kpis: Mapping[str, Kpi] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)

    def goal_of(self, task: str) -> Goal | None:
        """The strategic goal that a task belongs to."""
        return next((goal for goal in self.goals if any(one.code == task for one in goal.tasks)), None)

    def task(self, code: str) -> Task | None:
        """The task of a code."""
        return next((task for goal in self.goals for task in goal.tasks if task.code == code), None)

    def to_documents(self) -> dict[str, dict[str, object]]:
        """Plain JSON documents by name (``goals``, ``policies``, ``kpi:CODE``): texts, integers, exact decimals as text."""
        goals = [
            {
                "code": goal.code,
                "name": words_document(goal.name),
                "perspective": goal.perspective,
                "tasks": [{"code": task.code, "name": words_document(task.name)} for task in goal.tasks],
            }
            for goal in self.goals
        ]
        documents: dict[str, dict[str, object]] = {
            "goals": {"goals": goals},
            "policies": policies_document(self.policies),
        }
        return documents | {f"kpi:{code}": kpi_document(kpi) for code, kpi in self.kpis.items()}

    @classmethod
    def from_documents(cls, documents: Mapping[str, object]) -> Definitions:
        """The definitions that :meth:`to_documents` wrote; equal to them.

        Raises:
            ValueError: the documents were not written by it.
        """
        sources = [Document(content=content, kind=name.partition(":")[0]) for name, content in documents.items()]
        definitions, findings = read(sources)
        errors = [finding for finding in findings if finding.level is Level.ERROR]
        if errors:
            raise ValueError(str(errors[0]))
        return definitions


def measures_of(definitions: Definitions) -> tuple[Slice, ...]:
    """Every distinct slice of activities that any version of any KPI or the business figures ask for, in the order of their keys."""
    slices = {
        Slice(part.activity, part.where)
        for kpi in definitions.kpis.values()
        for version in kpi.versions
        for part in version.measure.parts
        if part.activity is not None
    }.union(BUSINESS_SLICES)
    return tuple(sorted(slices, key=lambda one: one.key))


def read(documents: Iterable[Document]) -> tuple[Definitions, list[Finding]]:
    """Read documents of goals, KPIs and policies, as their ``kind`` says.

    Returns:
        What could be read, and every problem, in the order of file, line and field; an error among them means that the
        definitions must not be used.
    """
    reading = _Reading()
    documents = list(documents)
    policies = Policies()
    for document in documents:
        if document.kind == "goals":
            reading.read_goals(document)
    several = [document for document in documents if document.kind == "policies"]
    if several:
        policies = read_policies(several[0], reading.findings)
    for document in several[1:]:
        Entry(document, (), document.content, reading.findings).report(
            "second_policies", n_("there is another file of policies; keep one")
        )
    for document in documents:
        if document.kind == "kpi":
            reading.read_kpis(document)
    kpis = dict(sorted(reading.kpis.items()))
    findings = sorted(reading.findings, key=_order)
    return Definitions(goals=tuple(reading.goals), kpis=kpis, policies=policies), findings


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    place = finding.place
    return place.file or "", place.line or 0, place.field or "", finding.code, finding.text()


@dataclass(slots=True)
class _Draft:
    """A version while it is read: the members that are right so far, each with its entry."""

    entry: Entry
    values: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    named: frozenset[str] = frozenset()

    def version(self, from_cycle: int | None) -> KpiVersion | None:
        """The version, or None while a member is missing or wrong."""
        if self.values.keys() != MEMBERS.keys():
            return None
        values = {**self.values, "kpi_class": self.values["class"]}
        del values["class"]
        return KpiVersion(from_cycle=from_cycle, **values)


@dataclass(slots=True)
class _Reading:
    """What has been read so far, over all documents."""

    findings: list[Finding] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    kpis: dict[str, Kpi] = field(default_factory=dict)
    codes: dict[tuple[str, str], Entry] = field(default_factory=dict)
    tasks: set[str] | None = None
    goals_missed: bool = False

    def once(self, notion: str, entry: Entry | None) -> str | None:
        """The code of a goal, task or KPI; a second one of the same code is reported."""
        code = entry.code() if entry else None
        if entry is None or code is None:
            return None
        first = self.codes.setdefault((notion, code), entry)
        if first is not entry:
            message = n_("the code %(member)s is defined twice; first at %(first)s")
            entry.report("duplicate_code", message, member=code, first=str(first.document.place(first.path)))
            return None
        return code

    def read_goals(self, document: Document) -> None:
        """Read a document of goals and their tasks."""
        self.tasks = set() if self.tasks is None else self.tasks
        top = Entry(document, (), document.content, self.findings).members(("goals",)) or {}
        for item in (top["goals"].items() if "goals" in top else None) or []:
            members = item.members(("code", "name", "perspective", "tasks")) or {}
            code = self.once("goal", members.get("code"))
            name = read_words(members["name"]) if "name" in members else None
            perspective = members["perspective"].choice(PERSPECTIVES) if "perspective" in members else None
            tasks = self._read_tasks(members["tasks"]) if "tasks" in members else None
            if code and name and perspective and tasks is not None:
                self.goals.append(Goal(code, name, perspective, tasks))

    def _read_tasks(self, entry: Entry) -> tuple[Task, ...] | None:
        tasks: list[Task] = []
        items = entry.items()
        for item in items or []:
            members = item.members(("code", "name")) or {}
            code = self.once("task", members.get("code"))
            name = read_words(members["name"]) if "name" in members else None
            if code and self.tasks is not None:
                # A task with a wrong name is known all the same: its KPIs are not to blame.
                self.tasks.add(code)
            if code and name:
                tasks.append(Task(code, name))
        return None if items is None else tuple(tasks)

    def read_kpis(self, document: Document) -> None:
        """Read a document of one KPI (a mapping) or of a group (a list, or a mapping with ``kpis``)."""
        top = Entry(document, (), document.content, self.findings)
        if self.tasks is None and not self.goals_missed:
            top.report("no_goals", n_("goals.yaml is missing: each KPI names a task of it as its goal"))
            self.goals_missed = True
        if isinstance(top.value, list | tuple):
            group = top.items()
        elif isinstance(top.value, Mapping) and "kpis" in top.value:
            members = top.members(("kpis",)) or {}
            group = members["kpis"].items()
        else:
            group = [top]
        for entry in group or []:
            self._read_kpi(entry)

    def _read_kpi(self, entry: Entry) -> None:
        before = len(self.findings)
        members = entry.members(("code", *REQUIRED), (*OPTIONAL, "since", "versions", "examples"))
        if members is None:
            return
        code = self.once("kpi", members.get("code"))
        since = members["since"].integer(1, YEAR_MAX) if "since" in members else None
        examples = read_examples(members["examples"]) if "examples" in members else ()
        draft = self._read_draft(entry, members, _Draft(entry))
        versions = [draft.version(None)]
        started = since
        for item in (members["versions"].items() if "versions" in members else None) or []:
            changes = item.members(("from",), tuple(MEMBERS))
            if changes is None:
                continue
            from_cycle = changes["from"].integer(1, YEAR_MAX) if "from" in changes else None
            if from_cycle is not None:
                _check_start(changes["from"], from_cycle, started)
                started = max(from_cycle, started or from_cycle)
            draft = self._read_draft(item, changes, draft)
            versions.append(draft.version(from_cycle))
        errors = any(finding.level is Level.ERROR for finding in self.findings[before:])
        whole = tuple(version for version in versions if version is not None)
        if code and not errors:
            self.kpis[code] = Kpi(code=code, versions=whole, since=since, examples=examples)

    def _read_draft(self, entry: Entry, members: Mapping[str, Entry], earlier: _Draft) -> _Draft:
        """A version: what held before, with the members that this one names put in their place whole."""
        named = {key: member for key, member in members.items() if key in MEMBERS}
        draft = _Draft(entry, dict(earlier.values), earlier.entries | named, frozenset(named))
        for key, member in named.items():
            value = MEMBERS[key](member)
            draft.values.pop(key, None)
            if value is not None:
                draft.values[key] = value
        if "method" not in draft.entries and "method" not in draft.values:
            # ``deviation`` is the method of whoever names none (domain.md 3).
            draft.values["method"] = Method(name="deviation")
            draft.named |= {"method"}
        if "rhythm" not in draft.values and "rhythm" not in draft.entries and not earlier.entries:
            draft.values["rhythm"] = None
        if "counts_from" not in draft.entries and not earlier.entries and "measure" in draft.values:
            if draft.values["measure"].parts:
                message = n_("the member %(member)s is missing")
                entry.report("missing_member", message, member="counts_from")
            else:
                draft.values["counts_from"] = CountsFrom.ENTERED
        for check in CHECKS:
            check.run(draft, self.tasks)
        return draft


def _check_start(entry: Entry, from_cycle: int, started: int | None) -> None:
    """A version begins after the one before it, and not within three years of it (domain.md 3)."""
    if started is None:
        return
    if from_cycle <= started:
        message = n_("a version must begin after the one before it, which begins with %(started)s")
        entry.report("versions_order", message, started=started)
    elif from_cycle - started < STEADY_YEARS:
        message = n_("changed within three years of %(started)s; a KPI should stay as it is for at least three years")
        entry.report("changed_early", message, level=Level.WARNING, started=started)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that several members of a version keep together.

    It is asked of the versions that name one of the members it looks at, and reported at ``at``.
    """

    at: str
    looks_at: tuple[str, ...]
    problem: Callable[..., tuple[str, str] | None]
    level: Level = Level.ERROR

    def run(self, draft: _Draft, tasks: Collection[str] | None) -> None:
        """Report the problem, where the members that it looks at are right in themselves."""
        if not draft.named.intersection(self.looks_at) or not draft.values.keys() >= set(self.looks_at):
            return
        values = [draft.values[key] for key in self.looks_at]
        problem = self.problem(*values, tasks=tasks)
        if problem is not None:
            code, message = problem
            draft.entries.get(self.at, draft.entry).report(code, message, level=self.level)


def _goal_is_a_task(goal: str, *, tasks: Collection[str] | None, **_: object) -> tuple[str, str] | None:
    if tasks is None or goal in tasks:
        return None
    return "unknown_task", n_("there is no such task; expected the code of a task of goals.yaml")


def _rating_goes_with_qualitative(measure: Measure, method: Method, **_: object) -> tuple[str, str] | None:
    if measure.aggregate == "rating" and method.name != "qualitative":
        return "rating_method", n_("the aggregate rating needs the method qualitative")
    if measure.aggregate != "rating" and method.name == "qualitative":
        return "rating_method", n_("the method qualitative needs the aggregate rating")
    return None


def _midterm_goal_is_better(direction: Direction, method: Method, **_: object) -> tuple[str, str] | None:
    if method.start is None or method.goal is None:
        return None
    rise = method.goal.value - method.start.value
    if (rise if direction is Direction.UP else -rise) > 0:
        return None
    return "midterm_goal", n_("the goal is not better than the start: this can never be measured")


def _amounts_are_there(measure: Measure, **_: object) -> tuple[str, str] | None:
    for part in measure.parts:
        if part.of == "amount_usd" and part.activity not in AMOUNT_ACTIVITIES:
            return "no_amounts", n_("activities of this type carry no amount")
    return None


def _hs_codes_are_there(measure: Measure, **_: object) -> tuple[str, str] | None:
    for part in measure.parts:
        if part.where.hs_prefixes and part.activity not in HS_CODE_ACTIVITIES:
            return "no_hs_codes", n_("activities of this type carry no HS code")
    return None


def _only_given_has_a_rhythm(measure: Measure, rhythm: Rhythm | None, **_: object) -> tuple[str, str] | None:
    if rhythm is None or measure.aggregate == "given":
        return None
    return "rhythm_of_activities", n_("only what is given has a rhythm: activities come in as they happen")


CHECKS: Final = (
    Check("goal", ("goal",), _goal_is_a_task),
    Check("method", ("measure", "method"), _rating_goes_with_qualitative),
    Check("method", ("direction", "method"), _midterm_goal_is_better, Level.WARNING),
    Check("measure", ("measure",), _amounts_are_there, Level.WARNING),
    Check("measure", ("measure",), _hs_codes_are_there, Level.WARNING),
    Check("rhythm", ("measure", "rhythm"), _only_given_has_a_rhythm, Level.WARNING),
)
"""What the members of a version must keep together; what one member must be in itself is in ``kpi_members``."""
