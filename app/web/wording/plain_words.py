"""What machines wrote down, in words: ids, doors, groups, jobs and their outcomes, who did what to what.

Do not show a stored code since it looks like a word: "ingest", "heads" and "by hand" are English on every page.
What is nobody's word (an id that a program made up, a hash) is not shown where people read, but stays in the event as it came.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple, TypeAlias

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from app.access import SubjectFilter
from app.organisation import Directory
from app.plain.findings import n_
from app.rules.activities import ACTIVITY_TYPES, VERDICT_TYPES
from app.rules.agreement import AgreementState
from app.rules.definitions import Definitions
from app.rules.moments import clock_of
from app.rules.names import folded
from app.rules.terms import Node
from app.web.wording import words
from app.web.wording.languages import day, instant, named, number, page_language, page_zone

__all__ = ["FILTERS", "SHOWN_MOST", "Subject", "changed", "readable_id", "subject_of", "subjects_meant"]

_MADE_UP: Final = re.compile(r"(?=.*[0-9])[0-9a-f]{8,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-\w+)?", re.IGNORECASE)

_MEMBERS: Final[Mapping[str, str]] = {
    "type": n_("Type"),
    "source": n_("Source"),
    "id": n_("Id"),
    "time": n_("Time"),
    "specversion": n_("Version of the format"),
    "data": n_("Data"),
    **{
        field.name: field.label for kind in (*ACTIVITY_TYPES.values(), *VERDICT_TYPES.values()) for field in kind.fields
    },
    "name": n_("Name"),
    "country": n_("Country"),
    "registration": n_("Registration number"),
    "share": n_("Share"),
}
"""The members of an event, as people call them."""

_CHANGES: Final[Mapping[str, str]] = {
    "accept": n_("Accepted"),
    "accepted": n_("Accepted"),
    "added": n_("Rows added"),
    "as": n_("Signed as"),
    "calendar": n_("Calendar"),
    "changed": n_("Rows changed"),
    "definitions": n_("Goals and KPIs"),
    "digest": n_("Checksum of the draft"),
    "policies": n_("Policies"),
    "account": n_("Account"),
    "as_of": n_("As of"),
    "band": n_("Band"),
    "base": n_("Built upon revision"),
    "because": n_("Because"),
    "basis": n_("Basis"),
    "cause": n_("Cause"),
    "change": n_("Change set"),
    "cycle": n_("Cycle"),
    "decision": n_("Decision"),
    "disabled": n_("Closed"),
    "document": n_("Document"),
    "duplicate": n_("Already recorded"),
    "employee": n_("Employee"),
    "enabled": n_("Open"),
    "ended": n_("Sessions that ended"),
    "file": n_("File"),
    "files": n_("Files"),
    "first": n_("From"),
    "from_day": n_("First day"),
    "function": n_("Function"),
    "functions": n_("Functions"),
    "to_day": n_("Last day"),
    "ended_on": n_("Ended on"),
    "format": n_("Format"),
    "from": n_("From"),
    "grade": n_("Grade"),
    "group": n_("Group"),
    "groups": n_("Groups"),
    "how": n_("How"),
    "invited": n_("Invited"),
    "kpi": n_("KPI"),
    "last": n_("To"),
    "member": n_("Figure"),
    "mode": n_("How much of the file"),
    "node": n_("Unit or employee"),
    "nodes": n_("Units or employees"),
    "of": n_("Of"),
    "open": n_("Open"),
    "order": n_("Order"),
    "paid_on": n_("Paid on"),
    "password": n_("Password"),
    "pay_run": n_("Pay run"),
    "person": n_("Person"),
    "pool": n_("Pool in won"),
    "proposed": n_("Proposed by"),
    # Rows from before the searched text had one name everywhere.
    "q": n_("Company or buyer"),
    "reason": n_("Why"),
    "refused": n_("Refused"),
    "remove": n_("Rows removed"),
    "removed": n_("Rows removed"),
    "resend": n_("Sent again to"),
    "reverts": n_("Takes back change set"),
    "revision": n_("Revision"),
    "revoked": n_("Revoked"),
    "review": n_("Review"),
    "about": n_("What is not right"),
    "done": n_("Deed"),
    "grant": n_("granted"),
    "granted": n_("granted"),
    "objection": n_("Objection"),
    "roles": n_("Roles"),
    "run": n_("Run"),
    "rows": n_("Rows"),
    "scope": n_("What it opens"),
    "seen": n_("Seen"),
    "set": n_("Rows set"),
    "signed": n_("Checksum of the signed draft"),
    "sort": n_("Sorted by"),
    "source": n_("Source"),
    "stage": n_("Stage"),
    "state": n_("State"),
    "taken": n_("Taken from revision"),
    "target": n_("Target"),
    "title": n_("Title"),
    "touched": n_("Rows that others changed meanwhile"),
    "text": n_("Searched for"),
    "to": n_("To"),
    "told_on": n_("Told on"),
    "type": n_("Kind"),
    "unit": n_("Unit"),
    **words.CALENDAR_DATES,
}
"""What the trail calls the members of what stood before and after."""

_UNSIGNED: Final = frozenset({AgreementState.NONE, AgreementState.DRAFT})

_VALUES: Final[Mapping[str, str]] = {
    **{state.value: label for state, label in words.OBJECTION_STATES.items()},
    **words.TYPES,
    **words.STAGES,
    # A draft is a cycle's stage too, and "none" says whatever it says elsewhere: no signature leads to either.
    **{state.value: words.AGREEMENT_STATES[state] for state in AgreementState if state not in _UNSIGNED},
    **{str(role): label for role, label in words.ROLES.items()},
    **{state.value: label for state, (label, _) in words.DECISION_STATES.items()},
    **{state.value: label for state, (label, _) in words.CHANGE_STATES.items()},
    **words.MASTERS,
    **words.FOLDER_FILES,
    **words.STATES,
    **words.FUNCTIONS,
    **words.CYCLE_FUNCTIONS,
    "all": n_("all"),
    "owner": n_("Whose scorecard it is"),
    "whole": n_("the whole file"),
    "rows": n_("some rows"),
    "rights": n_("what was told of rights"),
    "changed": n_("changed"),
    "reset": n_("reset"),
    "final": n_("final"),
    "provisional": n_("provisional"),
    "employees": n_("Employees"),
    "units": n_("Units"),
    "ingest": n_("writing events"),
    "read": n_("reading scorecards"),
    "up": n_("upwards"),
    "down": n_("downwards"),
}
"""What the trail calls the values that we have words for."""

_VALUES_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "about": {about.value: label for about, label in words.OBJECTION_ABOUTS.items()},
    "because": words.REOPENED_BECAUSE,
    "done": {"answer": n_("answered"), "appeal": n_("appealed"), "vote": n_("voted"), "withdraw": n_("taken back")},
    "member": words.LINE_MEMBERS,
    "review": {"agrees": n_("agrees"), "disagrees": n_("does not agree"), "answered": n_("answered")},
    "stage": words.STAGES,
}
"""Those of one member, which are called otherwise elsewhere."""

_SUBJECTS: Final[Mapping[str, str]] = {
    **{f"files/{file}": label for file, label in words.FOLDER_FILES.items()},
    "changes": n_("Change sets"),
    "effects": n_("Effects"),
    "explain": n_("Derivation"),
    "grades": n_("Grades"),
    "kpis": n_("KPIs"),
    "scorecard": n_("Scorecard"),
    "people": n_("People"),
    "ledger": n_("Ledger"),
    "goals": n_("Goals"),
    "scorecards": n_("Scorecards"),
}

_KINDS: Final[Mapping[str, str]] = {
    "account": n_("Account %(name)s"),
    "command": n_("the command line of %(name)s"),
    "cycle": n_("Cycle %(name)s"),
    "delivery": n_("Mail %(name)s"),
    "key": n_("Key %(name)s"),
    "file": n_("File %(name)s"),
    "hook": n_("Hook %(name)s"),
    "job": n_("Job %(name)s"),
    "rejected": n_("Rejected event %(name)s"),
}

_ACTIVITY: Final = n_("An activity")
_DECISION: Final = n_("Decision %(name)s")
_CHANGE_SET: Final = n_("Change set %(name)s")

_NAMELESS: Final[Mapping[str, str]] = {
    "command": n_("the command line"),
    "nobody": n_("nobody who is signed in"),
}


def readable_id(text: str) -> str | None:
    """An id that somebody can say; None for one that a program made up."""
    return None if _MADE_UP.fullmatch(text) else text


def job(name: str) -> str:
    """What a job does."""
    return str(gettext(words.WORKER_JOBS[name])) if name in words.WORKER_JOBS else name


def slot(text: str) -> str:
    """The day that a run is for, or that somebody started it."""
    try:
        return day(dt.date.fromisoformat(text))
    except ValueError:
        return str(gettext(n_("started by hand"))) if text.startswith("by hand") else text


def sentences(outcome: str | None) -> list[str]:
    """What a run did, sentence by sentence; the text of an error as it is."""
    if outcome is None:
        return []
    try:
        return [one if isinstance(one, str) else _sentence(**one) for one in json.loads(outcome)]
    except (ValueError, TypeError):
        return outcome.splitlines()


def _sentence(message: str, parameters: Mapping[str, object]) -> str:
    return str(gettext(message, **parameters))


def member(pointer: str | None) -> str:
    """The member of an event that a JSON pointer names: of ``/data/credits/0/share`` the shares."""
    names = [_MEMBERS[part] for part in (pointer or "").split("/") if part in _MEMBERS and part != "data"]
    return ": ".join(str(gettext(name)) for name in dict.fromkeys(names))


def parameter(name: str) -> str:
    """What people call a parameter of an address; its own name where it has no other."""
    return str(gettext(_CHANGES[name])) if name in _CHANGES else _as_code(name)


def _as_code(text: str) -> Markup:
    """A name that only programs use: of no language."""
    return Markup('<code lang="zxx" translate="no">{}</code>').format(text)


def event_time(text: str) -> str:
    """When something happened, by the reader's clock as every instant is; the day that counts, which is its own offset's, where it is another."""
    shown = clock_of(text)
    if shown is None:
        return text
    try:
        at = dt.datetime.fromisoformat(f"{shown.day.isoformat()}T{shown.minute}{shown.offset}")
        said, here = instant(at), at.astimezone(page_zone()).date()
    except (ValueError, OverflowError):
        # At either end of the calendar, and where an offset is none that clocks have, it stands as it came.
        return Markup("{} {} (UTC{})").format(day(shown.day), shown.minute, shown.offset)
    return (
        said
        if here == shown.day
        else Markup("{} ({})").format(said, Markup(gettext("counts on %(day)s")) % {"day": day(shown.day)})  # noqa: S704 - a translation is ours
    )


def who(label: str) -> str:
    """Who did a deed: an account by its e-mail, others by what they are and their name."""
    kind, _, name = label.partition(":")
    if kind == "account":
        return name
    if kind in _KINDS:
        return str(gettext(_KINDS[kind], name=job(name) if kind == "job" else name))
    return str(gettext(_NAMELESS[label])) if label in _NAMELESS else label


class Subject(NamedTuple):
    """What a deed was about: its words, the page that shows it, if there is one, and what else it is known by."""

    text: str
    address: str | None = None
    beside: str | None = None


def subject_of(text: str | None, names: Mapping[str, str]) -> Subject:
    """What a row of the trail was about.

    Args:
        text: as it is kept.
        names: of nodes and of the people who have accounts, by their text.
    """
    if not text:
        return Subject("–")
    if text in _SUBJECTS:
        return Subject(str(gettext(_SUBJECTS[text])))
    kind, _, name = text.partition(":")
    if kind == "activity":
        return Subject(str(gettext(_ACTIVITY)), url_for("activity.activity", key=name))
    if kind == "rejected" and name.isdecimal():
        return Subject(who(text), url_for("rejected.one", number=int(name)))
    if kind == "decision" and name.isdecimal():
        return Subject(str(gettext(_DECISION)) % {"name": name}, url_for("decisions.one", number=name))
    if kind == "change" and name.isdecimal():
        said = str(gettext(_CHANGE_SET)) % {"name": name}
        return Subject(said, url_for("changes.one", number=name), beside=names.get(text))
    if kind in _KINDS:
        return Subject(who(text), beside=names.get(text))
    if Node.parse(text) is not None:
        return Subject(
            names.get(text, name), url_for("scorecard.scorecard", node=text), beside=name if text in names else None
        )
    return Subject(text)


def subjects_meant(text: str, directory: Directory) -> SubjectFilter:
    """What a searched text means among what deeds were about, by the words that :func:`subject_of` shows.

    A page's name, the words of a kind with a name behind them or without (``Key crm``, ``Account``), the name or number of somebody or of a
    unit; and a subject as it is kept.
    """
    wanted = folded(text)
    subjects = [code for code, label in _SUBJECTS.items() if wanted in folded(gettext(label))]
    subjects += [f"employee:{number}" for number in directory.employees_meant(text)]
    subjects += [f"unit:{code}" for code in directory.tree.units if _is_unit(wanted, code, directory)]
    subjects += [text, f"activity:{text}"]
    beginnings = []
    for kind, label in {**_KINDS, "activity": _ACTIVITY, "change": _CHANGE_SET, "decision": _DECISION}.items():
        words_before, _, words_after = str(gettext(label)).partition("%(name)s")
        before, after = folded(words_before), folded(words_after)
        if wanted in before or wanted in after:
            beginnings.append(f"{kind}:")
        elif wanted.startswith(before) and wanted.endswith(after):
            # Subjects are kept as they were written: the name is looked for as it was typed too, with its accents.
            names = {wanted[len(before) : len(wanted) - len(after)].strip(), _between(text, words_before, words_after)}
            beginnings += [f"{kind}:{name}" for name in sorted(names - {""})]
    return SubjectFilter(subjects=subjects, beginnings=beginnings, text=text)


def _between(text: str, before: str, after: str) -> str:
    """What was typed between the words of a kind, letter by letter; empty where they are spaced otherwise."""
    typed = " ".join(text.split())
    end = len(typed) - len(after)
    is_so = folded(typed[: len(before)]) == folded(before) and folded(typed[end:]) == folded(after)
    return typed[len(before) : end].strip() if is_so else ""


def _is_unit(wanted: str, code: str, directory: Directory) -> bool:
    names = {row.name for row in directory.tree.rows(code)}
    return wanted == folded(code) or any(wanted in folded(text) for name in names for text in (name, named(name)))


def changed(kept: str | None, definitions: Definitions, name_of: Callable[[str], str | None]) -> Pairs | None:
    """What stood before or after a deed, as pairs of words; a whole event is told member by member. None where it is no text that we read.

    Args:
        kept: the JSON of a row of the trail.
        definitions: which know the names of KPIs.
        name_of: what a node is called, by its text, or an employee, by number; None for what is neither.
    """
    if kept and len(kept) > SHOWN_MOST:
        return None
    try:
        value = json.loads(kept) if kept else {}
    except (ValueError, RecursionError):
        # A whole event may hold a number or a depth that Python reads in no other way than app.plain.json_text does.
        return None
    says = _Says(definitions, name_of)
    if isinstance(value, str):
        return [(str(gettext(n_("State"))), says.value("state", value))]
    return list(says.pairs(value)) if isinstance(value, dict) else None


Pairs: TypeAlias = list[tuple[str, str]]

SHOWN_MOST: Final = 20_000
"""Letters of what is kept that a page tells; of more it shows the beginning as it is kept."""
_DEEP_MOST: Final = 4
_OTHER_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OWN_WORDS: Final = frozenset({"title", "note", "reason", "text", "q", "name", "id", "source"})
"""What somebody wrote: a word of ours there is not ours."""
_NAMES: Final = frozenset(
    {"cycle", "base", "taken", "revision", "reverts", "change", "year", "month", "pay_run", "run"}
)
"""Whole numbers that name something, and are not counted."""
_FIGURES: Final = frozenset({"target", "amount", "value", "share"})
_SUMS: Final = frozenset({"digest", "signed"})
_SUM_SHOWN: Final = 12
"""Digits of a checksum that tell it from others."""
_CODES: Final = frozenset(
    {"accept", "basis", "cause", "file", "files", "format", "mode", "of", "scope", "sort", "stage", "state", "type"}
)
"""What has a code where we have no word for it; elsewhere it is what somebody wrote."""
_PLACES: Final = 9


class _Says(NamedTuple):
    """Says what a row of the trail holds, in the reader's language."""

    definitions: Definitions
    name_of: Callable[[str], str | None]

    def pairs(self, members: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, str]]:
        """Each member with its value; the data of an event beside its other members."""
        for name, one in members.items():
            if name == "data" and isinstance(one, dict) and depth == 0:
                yield from self.pairs(one, depth + 1)
            elif name != "specversion":
                yield _called(name), self.value(name, one, depth)

    def value(self, name: str, value: Any, depth: int = 0) -> str:
        """One value, as pages write such a one."""
        if value is None or value in ([], {}, ""):
            return "–"
        if isinstance(value, bool):
            return str(gettext(n_("yes") if value else n_("no")))
        if depth > _DEEP_MOST:
            return "…"
        if isinstance(value, list):
            parting = Markup("; ") if any(isinstance(one, dict) for one in value) else Markup(", ")
            return parting.join(self.value(name, one, depth + 1) for one in value)
        if isinstance(value, dict):
            said = self.pairs(value, depth + 1)
            named_by = _called("name")
            # As markup: a label or a value may be such already, a text is none.
            return Markup(", ").join(
                text if label == named_by else Markup("{}: {}").format(label, text) for label, text in said
            )
        if name == "decision":
            return _decision_link(value)
        if isinstance(value, int | float):
            return str(value) if name in _NAMES or isinstance(value, float) else number(value)
        return self._text(name, str(value))

    def _text(self, name: str, text: str) -> str:
        if name in _OWN_WORDS:
            return text
        if name == "time":
            return event_time(text)
        if name in _FIGURES:
            return _figure(text)
        if _OTHER_DAY.fullmatch(text):
            return slot(text)
        if text in self.definitions.kpis:
            return self.definitions.kpis[text].versions[-1].name.in_language(page_language())
        known = self.name_of(text)
        if known is not None:
            return known
        word = text.removeprefix("kopes.") if name == "type" else text
        said = _VALUES_OF.get(name, _VALUES).get(word)
        if said is not None:
            return str(gettext(said))
        if name in _SUMS:
            return _as_code(text[:_SUM_SHOWN])
        return _as_code(text) if name in _CODES else text


def _called(name: str) -> str:
    """What a member is called; its own name where it has no other."""
    label = _CHANGES.get(name) or _MEMBERS.get(name)
    return str(gettext(label)) if label else _as_code(name)


def _figure(text: str) -> str:
    try:
        return number(Decimal(text), _PLACES)
    except (InvalidOperation, ValueError):
        return text


def _decision_link(number: object) -> str:
    """The way to a decision, as markup."""
    if not isinstance(number, int):
        return str(number)
    address = url_for("decisions.one", number=number)
    return Markup('<a href="{}">{}</a>').format(address, str(gettext(_DECISION)) % {"name": number})


FILTERS: Final = {
    "event_time": event_time,
    "job": job,
    "member": member,
    "parameter": parameter,
    "readable_id": readable_id,
    "sentences": sentences,
    "slot": slot,
    "who": who,
}
"""The filters of templates."""
