"""Everyone's scores in a cycle, and their download with a reason.

Avoid a link to a file: what is downloaded of other people is asked for by a form, with its reason, and is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from flask_babel import gettext
from pydantic import Field, model_validator

from app import scoring
from app.exports import ExportSheet, NamedPerson, people_export
from app.kit.kept import LruCache
from app.plain.findings import n_
from app.rules.permissions import Deed
from app.rules.rollup import BANDS, Band
from app.rules.terms import Node, NodeKind
from app.scoring import SORTS, Roster, RosterFilter, RosterGroup, RosterRow, State
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, Page
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_of, cycle_seen, first_days
from app.web.home.reminding import reminders_for
from app.web.lists.groups import ListGroup, shown
from app.web.lists.list_views import ListViews, listed, without_present_cycle
from app.web.wording import words
from app.web.wording.file_words import file_words
from app.web.wording.group_names import group_namer
from app.web.wording.kept import CachedPart, Rendered, drawn

pages: Final = Pages("people")

PAGE_ROWS: Final = 100
Text = Annotated[str, Field(max_length=100)]
GROUPED_BY: Final = {
    "unit": n_("Unit"),
    "branch": n_("Division or region"),
    "group": n_("Evaluation group"),
    "band": n_("Band"),
}
_DRAWN: Final[LruCache[Rendered[Sequence[RosterRow]]]] = drawn(16, bytes_max=4_000_000)


class PeopleQuery(ScoreParameters):
    """What narrows and sorts the list."""

    unit: Text = ""
    alone: Literal["", "yes"] = ""
    """Whether only the unit's own people are looked at, without those of units below."""
    group: Text = ""
    band: Literal["", "S", "A", "B", "C", "D", "E"] = ""
    ahead: Literal["", "at_risk"] = ""
    text: Text = ""
    sort: Literal["name", "number", "unit", "own", "unit_part", "final", "projected", "leading", "change"] = "leading"
    order: Literal["up", "down"] = "down"
    by: Literal["", "unit", "branch", "group", "band"] = ""
    """What the list is grouped by."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    @model_validator(mode="before")
    @classmethod
    def _as_it_is_asked_now(cls, asked: Any) -> Any:
        """Addresses and views that somebody kept may write ``unit=%3DVIE`` for a unit without those below, and ``by=division`` for its branch."""
        unit = str(asked.get("unit", ""))
        if unit.startswith("="):
            asked = {**asked, "unit": unit.removeprefix("="), "alone": "yes"}
        return {**asked, "by": "branch"} if asked.get("by") == "division" else asked

    def only(self) -> RosterFilter:
        """What is looked at."""
        return RosterFilter(
            unit=self.unit,
            alone=self.alone == "yes",
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
        context.connection, loaded=loaded, asked=asked_of(context, loaded, query), only=query.only()
    )
    group_name = group_namer(loaded.plan(roster.cycle).sheet.definitions.policies)
    last = max(1, -(-len(roster.rows) // PAGE_ROWS))
    page = min(query.page, last)
    rows = roster.rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    parameters = {**query.model_dump(exclude_defaults=True, exclude={"page", "part"}), "cycle": roster.cycle}
    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"page", "part"})
    head = views.head(without_present_cycle(loaded, asked, context.today))
    table = CachedPart(_DRAWN, (roster.token, page, tuple(parameters.items())), lambda: rows)
    return Page(
        "pages/people.html",
        head=head,
        roster=roster,
        standing=cycle_seen(context, roster.cycle, live=query.live),
        table=table,
        reminders=reminders_for(context),
        rows=rows,
        page=page,
        last=last,
        query=query,
        parameters=parameters,
        sorts=SORTS,
        words=words,
        begins=first_days(loaded),
        cycles=sorted({*loaded.sheet.cycles, roster.cycle}),
        exports=context.allowed(Deed.EXPORT),
        groups=_groups(context, query, roster, parameters, group_name),
        grouped_by=GROUPED_BY,
        bands=tuple(BANDS),
        group_name=group_name,
    )


def _groups(
    context: RequestContext,
    query: PeopleQuery,
    whole: Roster,
    parameters: Mapping[str, Any],
    group_name: Callable[[str], str],
) -> list[ListGroup]:
    """The people in groups, each with the way to the list of them; none where nothing groups them."""
    by = query.by
    if not by:
        return []
    root = context.directory.tree.root_on(context.today)

    def words_of(key: str) -> Any:
        if by == "band":
            return key or gettext("no score")
        if by == "group":
            return group_name(key)
        if not key:
            return gettext("no posting")
        return scoring.node_name(context.directory, Node(NodeKind.UNIT, key), context.today)

    def narrowing(group: RosterGroup) -> dict[str, str | None] | None:
        if not group.key:
            return None
        if by in {"group", "band"}:
            return {by: group.key}
        if by == "branch" and query.unit not in {"", root}:
            # A unit's people are all of one branch: the list is narrowed to fewer than its people already.
            return {}
        # Of those who stand in no branch the agency's own code is the key.
        alone = by == "unit" or group.key == root
        return {"unit": group.key, "alone": "yes" if alone else None}

    return shown(
        scoring.roster_groups(whole, by=by),
        "people.people",
        parameters,
        words=words_of,
        narrowing=narrowing,
        figures=lambda group: (group.people, group.mean, *(group.bands.get(letter, 0) for letter in BANDS)),
        order=(lambda key: tuple(BANDS).index(Band(key))) if by == "band" else None,
    )


@pages.act("/people", may=Deed.EXPORT, again="people", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: PeopleQuery, form: ReasonedExport) -> Download:
    """The same rows as a file: all of them, not a page."""
    with context.read() as connection:
        loaded = scoring.state(connection)
        wanted = asked_of(context, loaded, query)
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
    """The rows as a table, with what the page calls groups."""
    group_name = group_namer(loaded.plan(roster.cycle).sheet.definitions.policies)
    return people_export(file_words()).sheet([NamedPerson(row, group_name(row.group)) for row in roster.rows])
