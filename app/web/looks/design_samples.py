"""What the page of all components shows in them: made up, and of no agency.

Do not read anything here: the page is there before there is an agency. A component asks its samples for what it asks the real thing for, so that
one that asks for more is seen to break here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace as Sample
from typing import Any, Final

from app.plain.findings import Finding, Place, n_
from app.rules.kpis import Translated
from app.rules.objections import ObjectionState
from app.rules.pay_derivation import PayWay
from app.rules.rating import RaterSpread
from app.rules.terms import Node, NodeKind
from app.web.changes.definition_forms import ShownInput
from app.web.decisions.asking import CycleShown
from app.web.wording import words
from app.web.wording.definition_words import CHOICES
from app.web.wording.words import DECISION_STATES

__all__ = ["samples"]

_DAY: Final = dt.date(2026, 3, 31)
_AT: Final = dt.datetime(2026, 3, 31, 9, tzinfo=dt.UTC)
_VIENNA: Final = Node(NodeKind.UNIT, "VIE")
_ALBA: Final = Node(NodeKind.EMPLOYEE, "E1")
_NAME: Final = Translated(en="Export deals", ko="수출계약", es="Contratos de exportación")
_UNIT: Final = Translated(en="deals", ko="건", es="contratos")
_PEOPLE: Final = {"E1": Sample(name="Alba Costa"), "E2": Sample(name="Boram Lee")}


class _Answering(Sample):
    """A sample that is asked by names too, as rows of effects are."""

    def __getitem__(self, name: str) -> Any:
        """Its member of that name."""
        return getattr(self, name)


def _activity(**other: Any) -> Sample:
    one = {"type": "export_deal", "company": "Nordwind", "buyer": "Südwind", "country": "AT", "day": _DAY}
    return Sample(
        **(one | {"amount": 94_000, "currency": "USD", "by": "E2", "key": "0" * 32, "reason": "No contract"} | other)
    )


def _decision(**other: Any) -> Sample:
    maker = Sample(at=_AT, account="account:boram@agency.example", employee="E2", acts_for=None)
    return Sample(**({"id": 7, "reason": "The fair was called off.", "maker": maker} | other))


def _measure(aggregate: str, activity: str, of: str | None = None) -> Sample:
    return Sample(
        aggregate=aggregate,
        activity=activity,
        of=of,
        numerator=None,
        parts=(1,),
        where=Sample(countries=["AT"], hs_prefixes=[]),
    )


def _version(measure: Sample) -> Sample:
    method = Sample(name="target", bounds=Sample(min=None, max=150), start=None, targets=())
    return Sample(
        measure=measure, name=_NAME, unit=_UNIT, counts_from="verified", direction="up", method=method, kpi_class="A"
    )


def _lifts() -> list[tuple[Sample, bool]]:
    """A step of each kind of measure, upwards and of what falls."""
    step = {"better": 1, "step": 3, "usual": 94_000, "activities": 2, "reached": 4.2, "actual": 3.9, "places": 1}
    kinds = (
        ("count", "export_deal", None),
        ("count", "export_consult", None),
        ("count", "new_buyer", None),
        ("distinct", "export_deal", "company"),
        ("distinct", "export_deal", "buyer"),
        ("given", "", None),
    )
    lifts = [Sample(**step, version=_version(_measure(*kind))) for kind in kinds]
    deals = Sample(**(step | {"step": 188_000}), version=_version(_measure("sum", "export_deal", "amount_usd")))
    return [(one, falls) for one in (*lifts, deals) for falls in (False, True)]


def _way() -> Sample:
    """The way to a better grade, of somebody whom calibrators moved: no line reaches it alone, two together do."""
    deals = _version(_measure("count", "export_deal"))
    line = {
        "node": _ALBA,
        "kpi": "deals",
        "version": deals,
        "better": 1,
        "places": 0,
        "usual": None,
        "activities": None,
    }
    line |= {
        "actual": Decimal(3),
        "reached": Decimal(5),
        "final": Decimal("81.43"),
        "is_best": False,
        "with_unit": True,
    }
    near, far, best = ({"step": Decimal(2)}, {"step": None}, {"step": None, "is_best": True})
    lifts = [Sample(**(line | more)) for more in (near, far, best)]
    lifting = Sample(lifts=lifts, able=[], pair=(lifts[0], lifts[0]), fixed=[deals])
    better = Sample(grade="A", lowest=Decimal("81.43"), missing=Decimal("1.31"))
    return Sample(better=better, score=Decimal("80.12"), proposed="B", moved_to="C", lifting=lifting)


def _business() -> Sample:
    """A unit's figures against a target and against a base value, with last year's and without."""
    weeks = [(7 * at, float(at)) for at in range(12)]
    figure = {
        "now": Sample(entered=11, verified=9, confirmed=4),
        "before": Sample(entered=8, verified=8, confirmed=3),
        "weeks": weeks,
        "weeks_before": [(day, value / 2) for day, value in weeks],
        "percent_of_before": 137.5,
        "goal": Sample(value=40, percent=103.0, is_target=True, counts_from="verified", last_year=32),
    }
    bare = figure | {
        "before": None,
        "weeks_before": [],
        "goal": Sample(value=40, percent=None, is_target=False, counts_from="entered", last_year=32),
    }
    figures = {
        "deal_value": Sample(**figure),
        "deals": Sample(**figure),
        "consults": Sample(**bare),
        "new_buyers": Sample(**(bare | {"goal": None, "weeks": []})),
    }
    unit = Sample(name="Vienna", figures=figures)
    return Sample(
        query=Sample(cycle=2026),
        day=_DAY,
        day_before=_DAY.replace(year=2025),
        outlook="running",
        kept=Sample(days="kept", at=_AT),
        units={"VIE": unit},
    )


def _moves() -> Sample:
    """What a decision moves: a score for the better, a grade, pay for the worse, and an own score."""

    def turn(before: str, after: str, way: int, **more: Any) -> Sample:
        return Sample(**({"before": before, "after": after, "way": way, "change": "", "figure": "Own score"} | more))

    row = _Answering(
        whose="Alba Costa",
        beside="E1",
        cycle=2026,
        final_score=turn("70.00", "72.50", 1, change="2.50"),
        grade=turn("B", "A", 1),
        pay=turn("₩3,000,000", "₩2,900,000", -1),
        rights=None,
        others=[turn("70.00", "72.50", 1)],
    )
    return Sample(rows=[row] * 21, members=("final_score", "grade", "pay"), summary=["1 score rises."])


def _input(kind: Any, name: str, **more: Any) -> ShownInput:
    plain: dict[str, Any] = {"name": name, "kind": kind, "label": name.title(), "hint": "", "source": ""}
    return ShownInput(**(plain | more))


def _inputs() -> list[ShownInput]:
    """A field of each kind that a definition has."""
    text = _input("text", "name", value="Export deals", hint="As pages call it.", source="H26 p. 43")
    most = _input("number", "most", value="150")
    way = _input("choice", "direction", value="up", choices=(("up", "up"), ("down", "down")))
    flag = _input("flag", "shared", value="yes")
    cells = [(_input("number", f"year.{at}", label="Year", value=value),) for at, value in enumerate(("2025", ""))]
    rows = _input("rows", "years", rows=tuple(cells))
    return [text, flag, _input("group", "method", members=(most, way)), rows]


def _goals() -> list[Sample]:
    """Lines of the goal tree: with a score, and without one for a reason."""
    line = {"node": _VIENNA, "kpi": "deals", "weight": 40, "link": "identical"}
    figures = {"actual": 9, "target": 12, "base": None, "score": 34.9, "ahead_score": 80.1, "reason": None}
    scored = Sample(
        branch=Sample(line=Sample(**line)), name="Vienna", units=2, employees=9, figures=Sample(**figures), change=1.2
    )
    missing = Sample(**(figures | {"score": None, "reason": "no_activity", "target": None, "base": 8}))
    return [scored, Sample(**(vars(scored) | {"figures": missing, "units": 0, "employees": 0}))]


def _spread() -> Sample:
    grades = [
        Sample(grade=letter, people=2, seats=2, scores=[90.0 - 10 * at, 88.5 - 10 * at], lowest=88.5 - 10 * at, near=at)
        for at, letter in enumerate("SAB")
    ]
    return Sample(low=60, high=100, within=2, groups=[Sample(group="offices", size=6, grades=grades)])


def _places() -> Sample:
    offices = [
        {
            "code": code,
            "name": name,
            "band": band,
            "longitude": at,
            "latitude": 48.0,
            "region": "EUR",
            "score": 80.0,
            "people": 9,
        }
        for code, name, band, at in (("VIE", "Vienna", "A", 16.4), ("PAR", "Paris", "C", 2.3))
    ]
    content = {"offices": offices, "regions": [offices[0] | {"code": "EUR", "name": "Europe"}], "bins": []}
    bins = [{"least": 75, "most": 80, "band": "B", "offices": 1}]
    return Sample(
        content=content | {"bins": bins},
        finding="Leading to A or better: 1 of 2 offices",
        unplaced=["Seoul"],
        described="Vienna A, Paris C",
    )


def _errands() -> list[Sample]:
    """One of each kind that waits for somebody (app/waiting/kinds.py)."""
    card = Sample(cycle=2026, node=_VIENNA, name="Vienna", at=_AT)
    owed = Sample(cycle=2026, node=_ALBA, kpi="deals", name="Alba Costa", kpi_name=_NAME)
    action = Sample(id=3, measure="Visit ten buyers.", due_on=_DAY)
    moved = Sample(
        node=_ALBA,
        name="Alba Costa",
        kpi="deals",
        kpi_name=_NAME,
        before=10,
        after=8,
        by="Boram Lee",
        at=_AT,
        note="A fair less.",
    )
    result = Sample(cycle=2026, node=_ALBA, name="Alba Costa", at=_AT)
    objection = Sample(id=1, state=ObjectionState.OPEN, due_on=_DAY, objection=Sample(cycle=2026, employee="E1"))
    abouts: Mapping[str, object] = {
        "first_password": None,
        "result": Sample(cycle=2026, place=1),
        "rejected_entry": _activity(),
        "to_agree": [_decision()],
        "to_sign": [Sample(**(vars(card) | {"changed_by": "E2"})), *[card] * 6],
        "to_rate": [Sample(cycle=2026, number=3)],
        "to_review": [result] * 6,
        "to_answer": [result],
        "objections": [objection] * 6,
        "to_move": [Sample(cycle=2026, number=4, node=_ALBA, group="others")] * 6,
        "cycle_step": Sample(kind="export", cycle=2026, run=1, acts=True),
        "check_in_due": [Sample(cycle=2026, node=_ALBA)] * 6,
        "comment_owed": [owed] * 6,
        "action_to_do": [action],
        "imposed": [card],
        "card_notes": [card],
        "line_decided": [_decision(ended=Sample(at=_AT))],
        "changed_targets": [moved],
        "to_verify": Sample(number=4),
        "owed_figures": [1, 2],
        "rejected_events": Sample(number=4),
        "rights": Sample(subject=Sample(number=2, who="account:iris@agency.example", account="emil@agency.example")),
    }
    return [Sample(kind=kind, since=_DAY, about=about) for kind, about in abouts.items()]


def _past() -> list[Sample]:
    """What happened to a target: set, changed for a reason, and gone back to the folder's."""
    changes = ((10, 8, False, "A fair less."), (8, 9, False, None), (9, 10, True, None))
    return [
        Sample(
            change=Sample(at=_AT, before=before, after=after, to_folder=back, note=note, decision=7),
            name="Boram Lee",
        )
        for before, after, back, note in changes
    ]


def _looked() -> Sample:
    """What a form would put into a change set: rows, one thing to look at, and what it moves."""
    finding = Finding(
        code="unknown", message=n_("There is no such unit today: choose another."), parameters={}, place=Place()
    )
    told = Sample(level="warning", called="Units", row_called="VIE", field_called="Unit above", finding=finding)
    row = Sample(file="units.csv", key="VIE", differs=[("parent", "EUR", "ASI")], is_new=False, is_removed=False)
    return Sample(
        happenings=[],
        is_nothing=False,
        findings=[told],
        more_findings=3,
        effects=_moves(),
        cycles=["2026"],
        coming=None,
        queues=Sample(without_head=["Paris"], queues=[("Boram Lee", 3, 5)], day=_DAY),
        rows=[row],
        more=2,
        mark="0",
    )


def _rights() -> Sample:
    """A notice of rights: its words are the page's own, and no error's."""
    told = {"message": "Rights were given or taken: %(number)s.", "subject": {"number": 2}, "created_at": _AT}
    return Sample(**told)


def _told() -> dict[str, Any]:
    """What pages tell of cycles, rights and first steps."""
    cut = {"stage": n_("certified"), "since": _AT, "cut_at": _AT, "decision": 7}
    steps = [
        Sample(title=title, words=words, done=done, ways=[("home", n_("Home"))])
        for title, words, done in (
            (n_("Units"), n_("Units"), True),
            (n_("People"), n_("People"), False),
            (n_("Goals"), n_("Goals"), False),
        )
    ]
    return {
        "certified": [
            CycleShown(n_("certified"), _AT),
            CycleShown(**cut),  # type: ignore[arg-type]  # as it is named
            CycleShown(**cut, is_live=True),  # type: ignore[arg-type]
        ],
        "rights_notice": _rights(),
        "first_steps": Sample(
            steps=steps, next=steps[1], more=n_("Goals"), open_sets=[Sample(id=3, title="Vienna moves")]
        ),
    }


def _views() -> Sample:
    """A list with a view that it opens with, and one more."""
    views = [Sample(name="Vienna", is_default=True, filters=""), Sample(name="Late", is_default=False, filters="")]
    here = "#ways-of-lists"
    return Sample(
        name="people",
        views=views,
        usual=views[0],
        present=None,
        filters="",
        address=here,
        whole=here,
        name_length_max=60,
        address_of=lambda _view: here,
    )


def _paid() -> Sample:
    """An amount of a run, with all ways by which one comes about."""
    terms = Sample(grade="A", monthly_base=Decimal(3_000_000), grade_rate=Decimal(100), days=365)
    exact, factor = Fraction(2_400_000), Fraction(4, 5)
    ways = [Sample(way=way, exact=exact, factor=factor, scaled=exact * factor, left_over=1) for way in PayWay]
    made = Sample(number=2, institution=Sample(grade="A", rate=Decimal(80), pool=1_920_000))
    return Sample(made=made, item=Sample(terms=terms, amount=1_920_000), ways=ways)


def _bridge() -> Sample:
    """The last cycles under two definitions."""
    cycle = Sample(
        cycle=2025,
        nodes=9,
        measured_before=9,
        measured_after=8,
        mean_before=70.0,
        mean_after=72.0,
        differing=1,
        nothing_before=0,
        nothing_after=1,
    )
    apart = [Sample(name=name, cycle=2025, before=70.0, after=60.0) for name in ("Vienna", "Paris")]
    return Sample(cycles=[cycle], differing=apart)


def samples() -> dict[str, Any]:
    """What the components are shown with, by the name that the page has for it."""
    return {
        "people": _PEOPLE,
        "activity": _activity(),
        "alike": [_activity(), _activity(amount=95_000, day=_DAY.replace(day=28)), _activity(type="new_buyer")],
        "figure": _activity(type="figure", company="survey", buyer="VIE"),
        "decision": _decision(),
        "for_another": _decision(maker=Sample(at=_AT, account="x", employee="E2", acts_for="E1")),
        "by_program": _decision(maker=Sample(at=_AT, account="key:crm", employee=None, acts_for=None)),
        "wish": {
            "account": "nova@agency.example",
            "roles": ["hr"],
            "employee": "E1",
            "enabled": True,
            "password": True,
        },
        "lifts": _lifts(),
        "way": _way(),
        "alba": _ALBA,
        "aims": [Sample(letter="B", falls=False), Sample(letter="S", falls=True), None],
        "business": _business(),
        "moves": _moves(),
        "nothing_moves": Sample(rows=[], members=(), summary=[]),
        "queues": Sample(without_head=["Paris"], queues=[("Boram Lee", 3, 5)], day=_DAY),
        "no_queues": Sample(without_head=[], queues=[], day=_DAY),
        "inputs": _inputs(),
        "goals": _goals(),
        "spread": _spread(),
        "raters": [
            RaterSpread("Alba Costa", 12, Fraction(82), Fraction(74)),
            RaterSpread("Boram Lee", 1, Fraction(60), None),
        ],
        "places": _places(),
        "errands": _errands(),
        "happenings": [Sample(whose="Alba Costa", said=["Is posted to Paris from 1 February."], cycle=None)],
        "versions": [_version(_measure("sum", "export_deal", "amount_usd")), _version(_measure("count", "new_buyer"))],
        "past": _past(),
        "looked": _looked(),
        "basket": Sample(into="new", choices=[("new", "a new one"), ("3", "3: Vienna moves")]),
        "list_head": _views(),
        "decision_states": DECISION_STATES,
        "decision_titles": {7: "Change set 3"},
        "person_named": lambda _text: "Boram Lee",
        "bridge": _bridge(),
        "paid": _paid(),
        "begins": lambda cycle: dt.date(cycle, 1, 1),
        "goal_name": lambda _kpi, language: _NAME.in_language(language),
        "CHOICES": CHOICES,
        "words": words,
        "outlook": "running",
        "parameters": {},
        "near": "2",
        "query": Sample(of="employees"),
        "cycle": 2026,
        "live": {},
        "group_name": str,
        **_told(),
    }
