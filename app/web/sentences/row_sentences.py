"""Rows that change, as sentences of whom they are about: what ends, what begins, and what is another; of scorecards, what many have in common.

Do not read them off a table of columns: who is to agree asks what happens to whom. A row whose columns say nothing of that has no sentence, and
stands in the table alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from app.intake import ChangedRow
from app.plain.findings import n_
from app.rules.terms import Node, NodeKind
from app.web.sentences.card_sentences import Told, counts_told, say, scorecards_told
from app.web.sentences.row_words import RowWords, won
from app.web.wording.languages import day_text

__all__ = ["Told", "sentences"]

_Cells = Mapping[str, str]
EarlierRows = Callable[[str], Mapping[tuple[str, ...], _Cells]]
"""All rows of a file as they were before, by key."""
_TOLD_MOST: Final = 200

_STATUS: Final[Mapping[str, tuple[str, str]]] = {
    "leave": (n_("On leave from %(day)s to %(last)s."), n_("On leave from %(day)s to the end of the cycle.")),
    "secondment": (n_("Seconded from %(day)s to %(last)s."), n_("Seconded from %(day)s to the end of the cycle.")),
}


def sentences(words: RowWords, rows: Sequence[ChangedRow], earlier: EarlierRows) -> tuple[Told, ...]:
    """What rows that change do: by person and unit, in the order in which they come first, so many at most; then scorecards, and how many others.

    Args:
        words: of the reader.
        rows: that change, each with what it takes the place of.
        earlier: all rows of a file as they were before, by key.
    """
    told: dict[Node, list[str]] = {}
    for file, tell in _TELLS.items():
        of_file = _by_owner(rows, file)
        before = earlier(file) if of_file else {}
        if file == "employment.csv" and of_file:
            before = {**before, **_own_terms(earlier)}
        for whose, some in of_file.items():
            said = list(tell(words, some, [row for key, row in before.items() if key[0] == whose.code]))
            if said:
                told.setdefault(whose, []).extend(said)
    _tell_jobs_that_stay(words, rows, earlier, told)
    shown = list(told.items())[:_TOLD_MOST]
    return (
        *(Told(words.node(whose), tuple(said)) for whose, said in shown),
        *scorecards_told(words, rows, earlier),
        *counts_told(words, rows, told=_TELLS),
    )


def _own_terms(earlier: EarlierRows) -> dict[tuple[str, ...], _Cells]:
    """What people's own rows say of their terms, by number."""
    return {(key[0], ""): row for key, row in earlier("employees.csv").items()}


def _tell_jobs_that_stay(
    words: RowWords, rows: Sequence[ChangedRow], earlier: EarlierRows, told: dict[Node, list[str]]
) -> None:
    """Say of whoever is posted elsewhere, and whose terms nothing is said of, that the job is not the role."""
    of_terms = {one.key[0] for one in rows if one.file in {"employment.csv", "employees.csv"}}
    posted = {whose: some for whose, some in _by_owner(rows, "postings.csv").items() if whose.code not in of_terms}
    if not posted:
        return
    terms: dict[str, list[_Cells]] = {}
    for key, row in {**earlier("employment.csv"), **_own_terms(earlier)}.items():
        terms.setdefault(key[0], []).append(row)
    for whose, some in posted.items():
        if said := list(_of_job_that_stays(words, some, terms.get(whose.code, ()))):
            told.setdefault(whose, []).extend(said)


def _by_owner(rows: Sequence[ChangedRow], file: str) -> dict[Node, list[ChangedRow]]:
    kind = NodeKind.UNIT if file == "units.csv" else NodeKind.EMPLOYEE
    owners: dict[Node, list[ChangedRow]] = {}
    for one in rows:
        if one.file == file:
            owners.setdefault(Node(kind, one.key[0]), []).append(one)
    for some in owners.values():
        some.sort(key=lambda one: one.key)
    return owners


def _day(text: str) -> str:
    day = _read(text)
    return text if day is None else day_text(day)


def _last(text: str) -> str:
    """The last day of a period, which the files write as the day after it."""
    day = _read(text)
    return text if day is None or day == dt.date.min else day_text(day - dt.timedelta(days=1))


def _read(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _differs(before: _Cells, after: _Cells, columns: Sequence[str]) -> bool:
    return any(before.get(one, "") != after.get(one, "") for one in columns)


# ------------------------------------------------------------------------------------------------------------------ people


def _of_employees(words: RowWords, rows: Sequence[ChangedRow], _before: Sequence[_Cells]) -> Iterator[str]:
    for row in rows:
        before, after = row.before, row.after
        if after is None:
            yield say(n_("Is taken out of the agency's people."))
        elif before is None:
            message = n_("Joins on %(day)s as %(job)s, rank %(rank)s, with %(base)s a month.")
            yield say(
                message,
                day=_day(after["hired_on"]),
                job=words.called("job", after["job"]),
                rank=after["rank"] or "–",
                base=won(after["monthly_base"]),
            )
        else:
            if _differs(before, after, ["left_on"]) and after["left_on"]:
                yield say(n_("Leaves: the last day in service is %(last)s."), last=_last(after["left_on"]))
            elif _differs(before, after, ["left_on"]):
                yield say(n_("Stays in service: the day of leaving falls away."))
            for column in after:
                if column != "left_on" and _differs(before, after, [column]):
                    yield _another(words, column, before.get(column, ""), after[column])


def _another(words: RowWords, column: str, before: str, after: str) -> str:
    message = n_("%(column)s: %(after)s in place of %(before)s.")
    return say(
        message, column=words.column(column), before=words.called(column, before), after=words.called(column, after)
    )


def _of_employment(words: RowWords, rows: Sequence[ChangedRow], before_rows: Sequence[_Cells]) -> Iterator[str]:
    for row in rows:
        before, after = row.before, row.after
        if after is None:
            yield say(n_("The terms of employment from %(day)s fall away."), day=_day(row.key[1]))
            continue
        if before is None or _differs(before, after, ["job", "rank", "monthly_base"]):
            message = n_("Employed from %(day)s on: %(terms)s, in place of %(old)s.")
            if after["to"]:
                message = n_("Employed from %(day)s to %(last)s: %(terms)s, in place of %(old)s.")
            yield say(
                message,
                day=_day(after["from"]),
                last=_last(after["to"]),
                terms=_terms(words, after),
                old=_terms(words, _held(before_rows, after["from"]), like=after),
            )
            yield from _of_whole_cycle(words, after)
        elif after["to"]:
            yield say(
                n_("The terms of employment from %(day)s (%(terms)s) end with %(last)s."),
                day=_day(after["from"]),
                terms=_terms(words, after),
                last=_last(after["to"]),
            )


def _of_whole_cycle(words: RowWords, after: _Cells) -> Iterator[str]:
    """What begins within a cycle and holds on its last day counts from the cycle's first day on (contract, "employment.csv")."""
    first, end = _read(after["from"]), _read(after["to"])
    if first is None:
        return
    cycle, (began, over) = words.cycle_from(first)
    if began is not None and over is not None and began < first and (end is None or end >= over):
        last = over - dt.timedelta(days=1)
        message = n_(
            "A cycle is judged by what holds on its last day: for %(cycle)s (%(first)s to %(last)s) this counts as if it had held all the time, from the "
            "moment that it is agreed to."
        )
        yield say(message, cycle=cycle, first=day_text(began), last=day_text(last))


def _of_job_that_stays(words: RowWords, rows: Sequence[ChangedRow], terms: Sequence[_Cells]) -> Iterator[str]:
    """Who is posted in another role than their job is scored by the job."""
    for row in rows:
        after = row.after
        if after is None or (row.before is not None and not _differs(row.before, after, ["unit", "role"])):
            continue
        job, role = _held(terms, after["from"])["job"], after.get("role", "") or "staff"
        if job and job != role:
            message = n_(
                "The job stays %(job)s: by it goes what the unit's score and one's own count for; by the role what one may do."
            )
            yield say(message, job=words.called("job", job))


def _held(rows: Sequence[_Cells], day: str) -> _Cells:
    """What somebody was employed as on a day: the row of that day, what it leaves empty as their own columns say."""
    own = next((one for one in rows if "from" not in one), {})
    row = next((one for one in rows if "from" in one and one["from"] <= day and (not one["to"] or day < one["to"])), {})
    return {column: row.get(column) or own.get(column, "") for column in _EMPLOYED_AS}


_EMPLOYED_AS: Final = ("job", "rank", "monthly_base")


def _terms(words: RowWords, row: _Cells, like: _Cells | None = None) -> str:
    """Terms in words; of those that another row has none of, nothing."""
    said = {column: row[column] for column in _EMPLOYED_AS if row[column] and (like is None or like[column])}
    parts = []
    if "job" in said:
        parts.append(words.called("job", said["job"]))
    if "rank" in said:
        parts.append(say(n_("rank %(rank)s"), rank=said["rank"]))
    if "monthly_base" in said:
        parts.append(say(n_("%(base)s a month"), base=won(said["monthly_base"])))
    return ", ".join(parts) or "–"


def _of_postings(words: RowWords, rows: Sequence[ChangedRow], _before: Sequence[_Cells]) -> Iterator[str]:
    for row in rows:
        before, after = row.before, row.after
        if after is None:
            place = _place(words, before or {})
            yield say(n_("The posting to %(unit)s as %(role)s from %(day)s falls away."), **place, day=_day(row.key[1]))
            continue
        place = _place(words, after)
        if before is None or _differs(before, after, ["unit", "role"]):
            message = n_("Posted to %(unit)s as %(role)s from %(day)s on.")
            if after["to"]:
                message = n_("Posted to %(unit)s as %(role)s from %(day)s to %(last)s.")
            yield say(message, **place, day=_day(after["from"]), last=_last(after["to"]))
        elif after["to"]:
            yield say(n_("The posting to %(unit)s as %(role)s ends with %(last)s."), **place, last=_last(after["to"]))
        else:
            yield say(n_("The posting to %(unit)s as %(role)s goes on without an end."), **place)


def _place(words: RowWords, row: _Cells) -> dict[str, str]:
    return {
        "unit": words.called("unit", row.get("unit", "")),
        "role": words.called("role", row.get("role", "") or "staff"),
    }


def _of_status(_words: RowWords, rows: Sequence[ChangedRow], _before: Sequence[_Cells]) -> Iterator[str]:
    for row in rows:
        after = row.after
        if after is None or after["kind"] not in _STATUS:
            continue
        with_end, open_end = _STATUS[after["kind"]]
        yield say(with_end if after["to"] else open_end, day=_day(after["from"]), last=_last(after["to"]))


def _of_discipline(words: RowWords, rows: Sequence[ChangedRow], _before: Sequence[_Cells]) -> Iterator[str]:
    for row in rows:
        before, after = row.before or {}, row.after
        said = before if after is None else after
        if not said:
            continue  # A row that is to go and was never there.
        measure = words.called("kind", said["kind"])
        if said["grave"]:
            measure = say(n_("%(measure)s (grave)"), measure=measure)
        day = _day(row.key[1])
        if after is None:
            yield say(n_("The disciplinary measure of %(day)s falls away: %(measure)s."), day=day, measure=measure)
        elif not before or _differs(before, after, ["kind", "grave"]):
            yield say(n_("A disciplinary measure decided on %(day)s: %(measure)s."), day=day, measure=measure)
        if after is not None and _differs(before, after, ["lifted_on"]):
            message = n_("The disciplinary measure of %(day)s is lifted on %(lifted)s.")
            if not after["lifted_on"]:
                message = n_("The disciplinary measure of %(day)s is not lifted any more.")
            yield say(message, day=day, lifted=_day(after["lifted_on"]))


# ------------------------------------------------------------------------------------------------------------------- units


def _of_units(words: RowWords, rows: Sequence[ChangedRow], before_rows: Sequence[_Cells]) -> Iterator[str]:
    ending = {one.after["valid_to"]: one.after for one in rows if one.after is not None and one.after["valid_to"]}
    gone = {one.key[1] for one in rows if one.after is None}
    # What ends where a row begins that stays as it is goes on in it.
    beginning = {one.after["valid_from"] for one in rows if one.after is not None}
    beginning |= {one["valid_from"] for one in before_rows} - gone
    for row in rows:
        before, after = row.before, row.after
        if after is None:
            yield say(n_("What holds from %(day)s on falls away."), day=_day(row.key[1]))
            continue
        earlier = ending.get(after["valid_from"]) if before is None else before
        if earlier is None:
            message = n_("A new unit from %(day)s on, below %(parent)s: %(kind)s.")
            yield say(
                message,
                day=_day(after["valid_from"]),
                parent=words.called("parent", after["parent"]),
                kind=words.called("kind", after["kind"]),
            )
        else:
            yield from _other_unit(words, earlier, after)
        was_to = "" if before is None else before["valid_to"]
        if after["valid_to"] and after["valid_to"] != was_to and after["valid_to"] not in beginning:
            yield say(n_("Closes: its last day is %(last)s."), last=_last(after["valid_to"]))


_OF_A_UNIT: Final = ("name", "name_ko", "name_es", "kind", "parent", "country", "timezone", "evaluation_group")


def _other_unit(words: RowWords, earlier: _Cells, after: _Cells) -> Iterator[str]:
    for column in _OF_A_UNIT:
        if not _differs(earlier, after, [column]):
            continue
        message = n_("From %(day)s on: %(column)s %(after)s in place of %(before)s.")
        if column == "parent":
            message = n_("From %(day)s on below %(after)s, in place of %(before)s.")
        yield say(
            message,
            day=_day(after["valid_from"]),
            column=words.column(column),
            before=words.called(column, earlier.get(column, "")),
            after=words.called(column, after[column]),
        )


_TELLS: Final[Mapping[str, Callable[[RowWords, Sequence[ChangedRow], Sequence[_Cells]], Iterator[str]]]] = {
    "units.csv": _of_units,
    "employees.csv": _of_employees,
    "postings.csv": _of_postings,
    "employment.csv": _of_employment,
    "status.csv": _of_status,
    "discipline.csv": _of_discipline,
}
"""What each file's rows are told by."""
