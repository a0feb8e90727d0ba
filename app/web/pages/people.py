"""Everyone's scores in a cycle, and their download with a reason.

Avoid a link to a file: what is downloaded of other people is asked for by a form, with its reason, and is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from flask import url_for
from flask_babel import gettext
from pydantic import Field

from app import scoring
from app.exports import ExportSheet, NamedPerson, people_export
from app.kit.kept import LruCache
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import ALONE, SORTS, Roster, RosterFilter, State
from app.web import words
from app.web.asking import ScoreParameters, asked_of, first_days
from app.web.downloads import ReasonedExport, reasoned_file
from app.web.group_names import group_namer
from app.web.groups import GroupShown
from app.web.kept import CachedPart, Rendered, drawn
from app.web.languages import named
from app.web.limits import Lane
from app.web.list_views import ListViews, listed, without_present_cycle
from app.web.reminding import reminders_for
from app.web.rendering import Download, Page
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("people")

PAGE_ROWS: Final = 100
Text = Annotated[str, Field(max_length=100)]
_DRAWN: Final[LruCache[Rendered[Roster]]] = drawn(16, bytes_max=4_000_000)


class PeopleQuery(ScoreParameters):
    """What narrows and sorts the list."""

    unit: Text = ""
    group: Text = ""
    band: Literal["", "S", "A", "B", "C", "D", "E"] = ""
    ahead: Literal["", "at_risk"] = ""
    text: Text = ""
    sort: Literal["name", "number", "unit", "own", "unit_part", "final", "projected", "leading", "change"] = "leading"
    order: Literal["up", "down"] = "down"
    by: Literal["", "unit", "division", "group", "band"] = ""
    """What the list is grouped by."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    def only(self) -> RosterFilter:
        """What is looked at."""
        return RosterFilter(
            unit=self.unit,
            group=self.group,
            band=self.band,
            at_risk=self.ahead == "at_risk",
            text=self.text,
            sort=self.sort,
            descending=self.order == "down",
        )


@pages.read("/people", may=Deed.SEE_PEOPLE_SCORES)
@listed("people")
def people(context: RequestContext, query: PeopleQuery, views: ListViews) -> Page:
    """The list; only for who may see everyone's. A head's own line stands on the office's page."""
    loaded = scoring.state(context.connection)
    roster = scoring.roster(
        context.connection, loaded=loaded, asked=asked_of(loaded, query, context.today), only=query.only()
    )
    last = max(1, -(-len(roster.rows) // PAGE_ROWS))
    page = min(query.page, last)
    parameters = {**query.model_dump(exclude_defaults=True, exclude={"page", "part"}), "cycle": roster.cycle}
    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"page", "part"})
    head = views.head(without_present_cycle(loaded, asked, context.today))
    # The scores' read model is the same object for as long as nothing has come; what is kept holds it, so that no other has its id.
    table = CachedPart(_DRAWN, (id(roster), page, tuple(parameters.items())), lambda: roster)
    return Page(
        "pages/people.html",
        head=head,
        roster=roster,
        table=table,
        reminders=reminders_for(context),
        rows=roster.rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        page=page,
        last=last,
        query=query,
        parameters=parameters,
        sorts=SORTS,
        words=words,
        begins=first_days(loaded),
        cycles=sorted({*loaded.sheet.cycles, roster.cycle}),
        exports=context.allowed(Deed.EXPORT),
        groups=_groups(context, query, roster, parameters, group_namer(loaded.sheet.definitions.policies)),
        alone=_alone(context, query.unit),
        group_name=group_namer(loaded.sheet.definitions.policies),
    )


BANDS: Final = ("S", "A", "B", "C", "D", "E")


def _groups(
    context: RequestContext,
    query: PeopleQuery,
    whole: Roster,
    parameters: Mapping[str, Any],
    group_name: Callable[[str], Any],
) -> list[GroupShown]:
    """The people in groups, each with the way to the list of them; none where nothing groups them."""
    if not query.by:
        return []
    root = context.directory.tree.root_on(context.today)

    def words_of(key: str) -> Any:
        if query.by in {"unit", "division"}:
            return (
                scoring.node_name(context.directory, Node(NodeKind.UNIT, key), context.today)
                if key
                else gettext("no posting")
            )
        if query.by == "group":
            return group_name(key)
        return key or gettext("no score")

    def narrowing(key: str) -> dict[str, str]:
        if query.by == "unit" or (query.by == "division" and key == root):
            return {"unit": f"{ALONE}{key}"}
        return {"unit" if query.by == "division" else query.by: key}

    without = {name: value for name, value in parameters.items() if name != "by"}
    shown = [
        GroupShown(
            words_of(group.key),
            url_for("people.people", **{**without, **narrowing(group.key)}) if group.key else None,
            (group.people, group.mean, *(group.bands.get(letter, 0) for letter in BANDS)),
        )
        for group in scoring.roster_groups(whole, by=query.by)
    ]
    return sorted(
        shown,
        key=lambda group: (
            group.address is None,
            BANDS.index(group.words) if group.words in BANDS else 0,
            str(named(group.words)),
        ),
    )


def _alone(context: RequestContext, unit: str) -> Any:
    """The name of a unit that is looked at without those below it; None where none is."""
    code = unit.removeprefix(ALONE)
    return scoring.node_name(context.directory, Node(NodeKind.UNIT, code), context.today) if code != unit else None


@pages.act("/people", may=Deed.EXPORT, again="people", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: PeopleQuery, form: ReasonedExport) -> Download:
    """The same rows as a file: all of them, not a page."""
    with context.database.read() as connection:
        loaded = scoring.state(connection)
        wanted = asked_of(loaded, query, context.today)
        roster = scoring.roster(connection, loaded=loaded, asked=wanted, only=query.only())
    parameters: dict[str, Any] = {
        **query.model_dump(mode="json", exclude_defaults=True, exclude={"page", "part"}),
        "cycle": roster.cycle,
        "format": form.format,
    }
    name = f"people-{roster.cycle}-{(query.as_of or context.today).isoformat()}"
    rows = len(roster.rows)
    sheet = _sheet(loaded, roster)
    return reasoned_file(context, form, sheet=sheet, name=name, what="people", asked=parameters, rows=rows)


def _sheet(loaded: State, roster: Roster) -> ExportSheet:
    """The rows as a table, with what the page calls units, jobs and groups."""
    group_name = group_namer(loaded.sheet.definitions.policies)
    jobs = {job: gettext(word) for job, word in words.JOBS.items()}
    return people_export(gettext).sheet(
        [NamedPerson(row, named(row.unit_name), jobs[row.job], group_name(row.group)) for row in roster.rows]
    )
