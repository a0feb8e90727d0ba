"""Who does anything in a certified cycle and what a little model says of it: the agency, its people, and the close as the contract has it (test_any_close_order.py).

The model knows nothing of the product's code. What is proposed comes of the second calculation in tests/reference, given the decisions about lines that
hold; moves, tellings and the hold are written down here from contract-cycle, 6 and 7.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from app.kit.database import Database
from tests.conftest import NewDatabase
from tests.contract.any_close_objections import ENDED, Objection, hears, state_of
from tests.contract.any_close_pay import Payroll, Terms
from tests.contract.any_deeds import DecidingDesk, body
from tests.contract.any_order import CYCLE, People, Prepared, made_ready
from tests.reference.agency import ReferenceAgency
from tests.reference.grading import Candidate, Grading
from tests.reference.ledger import rounded
from tests.reference.scorecards import LineDecided
from tests.scenario import Scenario, ingest

__all__ = ["close_prepared"]

CONSULTS: Final = {
    **dict(zip(("E1", "E2", "E3", "E4", "E5", "E6"), (9, 8, 6, 6, 3, 2), strict=True)),
    **dict(zip(("E11", "E12", "E13", "E14", "E16"), (9, 7, 5, 4, 1), strict=True)),
    **dict(zip(("E20", "E21", "E22"), (2, 7, 5), strict=True)),
}
"""How many each has had: two of Vienna as many as each other."""
AGENCY: Final = "\n".join(
    [
        "unit HQ agency",
        "  unit VIE office",
        "  unit PAR office",
        *(f"employee E{number} VIE staff" for number in range(1, 6)),
        "employee E6 VIE head",
        *(f"employee E{number} PAR staff" for number in range(11, 15)),
        "employee E16 PAR head",
        "employee E20 HQ head",
        "employee E21 HQ staff",
        "employee E22 HQ staff",
        *(
            f"2026-03-{day:02} consult C-{number}-{day} {number} of Meyer/AT"
            for number, count in CONSULTS.items()
            for day in range(1, count + 1)
        ),
        *(f"2026-05-{day:02} new_buyer B-{day} E{day} of Huber{day}/AT" for day in (1, 2, 12, 13, 21)),
    ]
)
NOW: Final = dt.datetime(2027, 2, 10, 9, tzinfo=dt.UTC)
POLICIES: Final[Mapping[str, Any]] = {"groups": {"minimum": 2}, "objections": {"committee": 3}}
WINDOW: Final = dt.timedelta(days=14)
SHORTEST: Final = 20
"""Characters of a review."""
GRADES: Final = "SABCDE"
DISCIPLINED: Final = "E14"

ALBA, NORA, BORAM = (f"{one}@agency.example" for one in ("alba", "nora", "boram"))
PAULA, GASTON, HANA = (f"{one}@agency.example" for one in ("paula", "gaston", "hana"))
DANA, WANDA, ANNA, HUGO = (f"{one}@agency.example" for one in ("dana", "wanda", "anna", "hugo"))
CARLA, KIM, LEE, MIA = (f"{one}@agency.example" for one in ("carla", "kim", "lee", "mia"))
PIA, DORA, FERRAN, IRIS = (f"{one}@agency.example" for one in ("pia", "dora", "ferran", "iris"))
HEARING: Final = tuple(f"{one}@agency.example" for one in ("olga", "omar", "otto"))
WANDA_AGAIN: Final = "E21@agency.example"
CLOSE_PEOPLE: Final[People] = {
    ALBA: (("employee",), "E1"),
    # A calibrator of all groups, who is in one of them.
    NORA: (("employee",), "E2"),
    BORAM: (("head",), "E6"),
    PAULA: (("employee",), "E12"),
    GASTON: (("head",), "E16"),
    HANA: (("head",), "E20"),
    DANA: (("hr",), None),
    WANDA: (("hr",), "E21"),
    # Who decides nothing, so that somebody of hr may review whomever the others decided about.
    DORA: (("hr",), None),
    # Wanda's second account: of no number, but with the e-mail of E21.
    WANDA_AGAIN: (("member",), None),
    ANNA: (("member",), None),
    HUGO: (("employee",), "E22"),
    CARLA: (("member",), None),
    KIM: (("member",), None),
    LEE: (("member",), None),
    # A calibrator of one group.
    MIA: (("member",), None),
    # Who pays out.
    PIA: (("member",), None),
    # Who hears objections; Paula does too, but those of her own group.
    **dict.fromkeys(HEARING, (("member",), None)),
    FERRAN: (("executive",), None),
    IRIS: (("admin",), None),
}
HR: Final = (DANA, WANDA, DORA)
DECIDING: Final = (DANA, WANDA)
FUNCTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys((ANNA, HUGO, WANDA_AGAIN), "approver"),
    **dict.fromkeys((KIM, LEE, MIA, NORA), "calibrator"),
    CARLA: "certifier",
    PIA: "payroll",
    **dict.fromkeys((*HEARING, PAULA), "objections"),
}
GROUPS_OF: Final[Mapping[str, tuple[str, ...]]] = {MIA: ("paris",)}
"""Whom a calibrator is limited to."""

EMPLOYEES: Final = (
    "E1",
    "E11",
    "E12",
    "E13",
    "E14",
    "E16",
    "E2",
    "E20",
    "E21",
    "E22",
    "E3",
    "E4",
    "E5",
    "E6",
    "E8",
    "E9",
)
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"E{number}": ("E6", "E20") for number in range(1, 6)},
    **{f"E{number}": ("E16", "E20") for number in range(11, 15)},
    **dict.fromkeys(("E6", "E16", "E21", "E22"), ("E20",)),
    **dict.fromkeys(("E20", "E8", "E9"), ()),
}
"""The heads up the line."""
HEADING: Final = frozenset({"E6", "E16", "E20"})
HEAD_OF_UNIT: Final = {"unit:VIE": "E20", "unit:PAR": "E20", "unit:HQ": None}
"""Who is head of whose lines they are, of a unit."""
UNIT_OF: Final = dict.fromkeys(("E1", "E2", "E3", "E4", "E5", "E6"), "VIE") | {
    **dict.fromkeys(("E11", "E12", "E13", "E14", "E16"), "PAR"),
    **dict.fromkeys(("E20", "E21", "E22"), "HQ"),
}
MAILED: Final = frozenset(number for _, number in CLOSE_PEOPLE.values() if number)
"""Who has an account, and so is told by mail."""

MAKERS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("calibrate", "let_lapse"), frozenset({"calibrator"})),
    **dict.fromkeys(("override", "drop", "zero", "lift"), frozenset({"hr", "head"})),
    **dict.fromkeys(("notify", "lock", "certify", "amend", "raters", "bonus"), frozenset({"hr"})),
    **dict.fromkeys(("institution", "pay_run", "clawback", "reopen", "no_effect", "correct"), frozenset({"hr"})),
    "stage": frozenset({"hr", "payroll"}),
}
CHECKERS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("calibrate", "let_lapse"), frozenset({"calibrator"})),
    **dict.fromkeys(("override", "drop", "zero", "lift", "notify", "lock"), frozenset({"approver"})),
    **dict.fromkeys(("pay_run", "stage", "no_effect", "correct"), frozenset({"approver"})),
    **dict.fromkeys(("institution", "clawback", "reopen"), frozenset({"executive"})),
}
LINE_KINDS: Final = ("override", "drop", "zero")
FIGURE_KINDS: Final = (*LINE_KINDS, "lift", "correct", "calibrate", "let_lapse")
OPEN_IN: Final = ("certified", "notified")
"""The stages in which figures are decided on."""
PAID_IN: Final = ("locked", "paid")
"""Those in which people are paid."""


# -------------------------------------------------------------------------------------------------------------- the agency


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def close_prepared(
    request: pytest.FixtureRequest, module_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    """The agency on each engine, its cycle opened, agreed on and certified by the product's own doors."""
    folder = tmp_path_factory.mktemp("any-close-order") / "prepared"
    said = Scenario.read(AGENCY)
    said.kpis = {
        "consults": ({"activity": "export_consult", "aggregate": "count"}, "entered"),
        "new_buyers": ({"activity": "new_buyer", "aggregate": "count"}, "entered"),
    }
    said.write(folder)
    (folder / "definitions" / "policies.yaml").write_text(json.dumps(POLICIES), encoding="utf-8")
    units = folder / "agency" / "units.csv"
    paris = "PAR,PAR,office,HQ,AT,Europe/Vienna,"
    units.write_text(units.read_text(encoding="utf-8").replace(paris, f"{paris}paris"), encoding="utf-8")
    status = f"employee,cycle,kind,from,to,note\n{DISCIPLINED},{CYCLE},discipline,,,\n"
    (folder / "agency" / "status.csv").write_text(status, encoding="utf-8")
    (folder / "events.json").write_text(json.dumps(said.events), encoding="utf-8")
    made = made_ready(request, module_database, folder, people=CLOSE_PEOPLE)
    database = Database(made.url)
    ingest(database, said.events)
    database.close()
    to_certified(made)
    return made


def to_certified(made: Prepared) -> None:
    """Functions are given, everybody signs, and two people certify."""
    desk = CloseDesk(made.url, made.folder)
    assert desk.ask(DANA, "POST", "/api/v1/cycles", json={"cycle": CYCLE, "calendar": {}}).status_code == 201
    for person, function in FUNCTIONS.items():
        number = CLOSE_PEOPLE[person][1]
        content = {"person": number or person, "function": function, "from": "2026-01-01", "to": "2099-01-01"}
        groups = {"groups": list(GROUPS_OF.get(person, ())) or "all"} if function == "calibrator" else {}
        decided(desk, "appoint", content | groups, FERRAN)
    decided(desk, "stage", {"to": "agreement", "accept": []}, ANNA)
    hands = {number: email for email, (_, number) in CLOSE_PEOPLE.items() if number}
    for node in [*(f"employee:{one}" for one in EMPLOYEES), *HEAD_OF_UNIT]:
        address = f"/api/v1/cycles/{CYCLE}/scorecards/{node}"
        card = desk.read(address)
        for due in card["due"]:
            who = next((hands[one] for one in due["persons"] if one in hands), None)
            if due["persons"] == ["executive"]:
                who = FERRAN
            if due["persons"] == ["hr"]:
                who = WANDA if any(one["person"] == DANA for one in desk.read(address)["signatures"]) else DANA
            if who is not None:
                signed = desk.ask(who, "POST", f"{address}/sign", json={"digest": card["digest"], "as": due["as"]})
                assert signed.status_code == 200, (node, due, signed.text)
        if any(one["as"] == "owner" for one in desk.read(address)["due"]):
            digest = desk.read(address)["digest"]
            by = next((hands[one] for one in HEADS[node.partition(":")[2]][:1]), DANA)
            decided(desk, "impose", {"node": node, "digest": digest}, FERRAN if by == DANA else DANA, maker=by)
    decided(desk, "stage", {"to": "running", "accept": ["unsigned"]}, ANNA)
    soft = ["unverified", "rating_missing", "rejected_events", "open_alert", "unconfirmed", "stale_given"]
    decided(desk, "certify", {"accept": soft}, CARLA)
    desk.close()


def decided(desk: CloseDesk, kind: str, content: Mapping[str, Any], checker: str, *, maker: str = DANA) -> None:
    """A decision that two people come to."""
    made = desk.ask(maker, "POST", "/api/v1/decisions", json=body(kind, content))
    assert made.status_code == 201, (kind, content, made.text)
    number, digest = (made.json or {})["id"], (made.json or {}).get("digest")
    assert desk.ask(checker, "GET", f"/api/v1/decisions/{number}/effects").status_code == 200
    if digest is None:
        digest = (desk.ask(checker, "GET", f"/api/v1/decisions/{number}").json or {})["digest"]
    done = desk.ask(checker, "POST", f"/api/v1/decisions/{number}/approve", json={"digest": digest})
    assert done.status_code == 200, (kind, content, done.text)


# --------------------------------------------------------------------------------------------------------------- the model


class Step(NamedTuple):
    """The last move of somebody's grade: which decision it was, to what, on what proposal, and after how many tellings."""

    decision: int
    to: str
    proposed: str
    after: int


class Result(NamedTuple):
    """What somebody comes to.

    Attributes:
        exact: the final score, None for none.
        proposed, grade: the grade that is proposed, and the one that stands.
        step: their last move, where one was not let go.
    """

    exact: Fraction | None
    proposed: str | None
    grade: str | None
    held: bool
    step: Step | None
    group: str | None
    rank: int | None
    size: int | None
    days: int

    @property
    def score(self) -> Fraction | None:
        """As published."""
        return None if self.exact is None else rounded(self.exact, 2)

    @property
    def lapsed(self) -> bool:
        """Whether there is a move that does not hold."""
        return self.step is not None and self.step.proposed != self.proposed

    @property
    def reviewed(self) -> tuple[Any, ...]:
        """Of what a review is: final score, grade, moves."""
        return self.score, self.grade, self.step and (self.step.decision, self.step.to, self.lapsed)


@dataclass
class Told:
    """What somebody was told last: the result, the day of the telling, and from which day on they know of it, None for not yet."""

    result: Result
    telling_on: dt.date
    on: dt.date | None
    how: str = ""


@dataclass
class Signed:
    """A review that somebody signed, in a head's place or their own."""

    of: tuple[Any, ...]
    by: str
    place: str
    agrees: bool
    text: str
    answer: str | None = None


class Then(NamedTuple):
    """How things were when a decision was proposed: what it would have changed, by the model, how many about figures had been agreed to, and the round."""

    effects: Any
    figures: int
    round: int


Lines = Mapping[int, Mapping[str, Any]]
"""The decisions about lines that hold, by number, in the order in which they were agreed to."""


class CloseDesk(DecidingDesk):
    """The application on a copy of the certified agency, everything that people do to its cycle, and what must be so by the contract.

    Attributes:
        stage: of the cycle.
        first: the number of the last decision of before.
        holding: the decisions about lines that hold.
        steps: the last move of each that was not let go.
        told: what everybody was told last.
        tellings: how many there were.
        reviews: what was ever signed about each.
        items: everybody's result as it was read last.
        digests: what the product calls each result that there was.
        round: 1 before the cycle was reopened.
        open_for: whom a later round is open for; None for everybody.
        payroll: what everybody is paid.
        objections: by number.
        happened: what the cycle was certified by.
        late: what came after the cut, by its id.
        admitted: what of that counts by now.
        imposed: who imposed a scorecard, each with who agreed.
    """

    units = UNIT_OF

    def __init__(self, url: str, folder: Path) -> None:
        self.stage = "certified"
        self.round = 1
        self.open_for: set[str] | None = None
        self.payroll = Payroll.of(folder)
        self.objections: dict[int, Objection] = {}
        self.holding: dict[int, dict[str, Any]] = {}
        self.steps: dict[str, Step] = {}
        self.told: dict[str, Told] = {}
        self.tellings = 0
        self.figures = 0
        self.reviews: dict[str, list[Signed]] = {}
        self.items: dict[str, Any] = {}
        self.digests: dict[tuple[Any, ...], str] = {}
        self._known: dict[Any, Any] = {}
        self.happened: list[dict[str, Any]] = json.loads((folder / "events.json").read_text(encoding="utf-8"))
        self.late: dict[str, dict[str, Any]] = {}
        self.admitted: frozenset[str] = frozenset()
        self._agencies: dict[frozenset[str], ReferenceAgency] = {}
        super().__init__(url, folder, people=CLOSE_PEOPLE, now=NOW)
        self.functions = {who: {function} for who, function in FUNCTIONS.items()}
        self.first = max((one["id"] for one in self.decisions), default=0)
        self.imposed: dict[str, list[tuple[str, str]]] = {}
        for one in self.decisions:
            if one["kind"] == "impose" and one["state"] == "approved":
                hands = (one["maker"]["account"], one["checker"]["account"])
                self.imposed.setdefault(one["content"]["node"], []).append(hands)

    # ---- what is read

    def refresh(self) -> None:
        """Read again what all can be held against."""
        self.refresh_decisions()

    # ---- who is who

    def reviews_for(self, number: str) -> set[str]:
        """The numbers in whose place an employee reviews today."""
        today = self.now.date().isoformat()
        return {
            given["from"]
            for given in self.delegations
            if given["to"] == number
            and "review" in given["functions"]
            and given["from_day"] <= today <= given["to_day"]
            and given["ended_on"] is None
        }

    # ---- what everybody comes to

    def agency(self, admitted: frozenset[str]) -> ReferenceAgency:
        """The second calculation, by what the cycle was certified by and what was admitted since."""
        if admitted not in self._agencies:
            events = [*self.happened, *(self.late[one] for one in sorted(admitted))]
            self._agencies[admitted] = ReferenceAgency.read(self.folder / "agency", self.folder / "definitions", events)
        return self._agencies[admitted]

    def proposal(
        self, lines: Lines, admitted: frozenset[str] | None = None
    ) -> tuple[Grading, dict[str, dict[str, Any]], dict[str, Any]]:
        """What is proposed by the second calculation, and the final scores of all nodes, with what was decided about lines and was admitted."""
        admitted = self.admitted if admitted is None else admitted
        decided = by_line(lines.values())
        key = admitted, frozenset((line, one.zero, one.drop, one.actual) for line, one in decided.items())
        if key not in self._known:
            scoring = self.agency(admitted).grading(int(CYCLE), decided)
            rows = {row["employee"]: row for row in scoring.employees().rows}
            scores = {node: scoring.scoring.scorecard(node)["final_score"] for node in scoring.scoring.nodes()}
            self._known[key] = scoring, rows, scores
        known: tuple[Grading, dict[str, dict[str, Any]], dict[str, Any]] = self._known[key]
        return known

    def results(
        self,
        lines: Lines | None = None,
        steps: Mapping[str, Step] | None = None,
        admitted: frozenset[str] | None = None,
    ) -> dict[str, Result]:
        """What everybody comes to: proposed, then moves of before the last telling, then the hold, then moves since."""
        steps = self.steps if steps is None else steps
        _, rows, _ = self.proposal(self.holding if lines is None else lines, admitted)
        return {number: self._result(number, row, steps.get(number)) for number, row in rows.items()}

    def _result(self, number: str, row: Mapping[str, Any], step: Step | None) -> Result:
        grade = proposed = row["grade"]
        in_force = step is not None and step.proposed == proposed
        if step is not None and in_force and step.after < self.tellings:
            grade = step.to
        held = self._is_held(number, row, grade)
        if held:
            grade = self.told[number].result.grade
        if step is not None and in_force and step.after == self.tellings:
            grade, held = step.to, False
        size = [row["group"], row["rank"], row["group_size"], row["days"]]
        return Result(row["final_score"], proposed, grade, held, step, *size)

    def _is_held(self, number: str, row: Mapping[str, Any], grade: str | None) -> bool:
        """Whether somebody keeps what they were told: whose published score is not lower, and whose grade would be; groups, jobs and discipline are as they were."""
        if number not in self.told or grade is None or number == DISCIPLINED:
            return False
        was = self.told[number].result
        if was.grade is None or was.score is None:
            return False
        return rounded(row["final_score"], 2) >= was.score and GRADES.index(grade) > GRADES.index(was.grade)

    def broken(self, results: Mapping[str, Result]) -> set[str]:
        """The rules that the grades that stand break."""
        grading, _, _ = self.proposal({})
        graded = [one for one in results.values() if one.grade is not None]
        return set(
            grading.broken(
                [Candidate("", one.group or "", one.exact or Fraction(0), grade=one.grade or "") for one in graded]
            )
        )

    def pending(self) -> dict[str, Result]:
        """Whom a telling made now would tell."""
        now = self.results()
        return {number: one for number, one in now.items() if number not in self.told or self._is_another(number, one)}

    def _is_another(self, number: str, now: Result) -> bool:
        was = self.told[number].result
        return (now.score, now.grade, now.days) != (was.score, was.grade, was.days)

    def terms(self) -> dict[str, Terms]:
        """What the pay of everybody who is graded hangs on."""
        return {
            number: Terms(one.grade, self.payroll.bases[number], one.days)
            for number, one in self.results().items()
            if one.grade is not None
        }

    # ---- reviews

    def makers(self, number: str) -> set[str]:
        """The accounts that made decisions about somebody which were agreed to or wait."""
        node = f"employee:{number}"
        return {
            one.maker for one in self.waiting.values() if node in one.about and one.state in {"proposed", "approved"}
        } | ({DANA} if number in {CLOSE_PEOPLE[one][1] for one in FUNCTIONS} else set())

    def reviewers(self, number: str) -> tuple[str, ...]:
        """Who reviews somebody: the first head up the line who made no decision about them, else hr."""
        made = {self.accounts[one].employee for one in self.makers(number)}
        return next(((one,) for one in HEADS[number] if one not in made), ("hr",))

    def review_of(self, number: str, results: Mapping[str, Result]) -> Signed | None:
        """The review that is in force."""
        return next((one for one in reversed(self.reviews.get(number, [])) if one.of == results[number].reviewed), None)

    # ---- how the cycle stands

    def window(self, number: str) -> dt.date | None:
        """The last day on which somebody may object; None while they do not know."""
        on = self.told[number].on
        return None if on is None else on + WINDOW

    def blockers(self, to: str, *, but: int = 0) -> dict[str, int]:
        """What is in the way of telling everybody or of locking, all of it hard, with how many; but for a decision that waits."""
        if to == "paid":
            runs = self.payroll.runs
            kinds = [self.waiting[one].kind for one in self.open_decisions() if one != but]
            some = {"run_open": kinds.count("pay_run"), "not_exported": int(not runs or not runs[-1].is_exported)}
            some["objection_open"] = self.objections_open()
            return {code: count for code, count in some.items() if count}
        results = self.results()
        some = {f"rules:{name}": 1 for name in self.broken(results)}
        some["lapsed_move"] = sum(one.lapsed for one in results.values())
        reviews = {number: self.review_of(number, results) for number, one in results.items() if one.grade is not None}
        some["review_missing"] = sum(one is None for one in reviews.values())
        some["open_decision"] = sum(one != but for one in self.open_decisions())
        if to == "notified":
            some["review_disagrees"] = sum(
                one is not None and not one.agrees and one.answer is None for one in reviews.values()
            )
        else:
            some["untold"] = len(self.pending())
            some["objection_open"] = self.objections_open()
            windows = [self.window(number) for number in self.told]
            some["window_open"] = sum(one is None or one >= self.today for one in windows)
        return {code: count for code, count in some.items() if count}

    def objections_open(self) -> int:
        """How many are not at their end."""
        return sum(state_of(self, one) not in ENDED for one in self.objections.values())

    def objected(self, number: str) -> tuple[str, Objection] | None:
        """The objection that says where somebody stands, with how far it is; none that waits for themself."""
        order = ("open", "appealed", "granted")
        some = [(state_of(self, one), one) for one in self.objections.values() if one.employee == number]
        waiting = [(state, one) for state, one in some if state in order]
        return min(waiting, key=lambda each: (order.index(each[0]), each[1].number), default=None)

    def board_state(self, number: str, results: Mapping[str, Result]) -> str:
        """The one state in which somebody is."""
        objected = self.objected(number)
        if self.stage == "notified" and objected is not None:
            return f"objection_{objected[0]}"
        if self.stage != "certified":
            return self.stage
        one, review = results[number], self.review_of(number, results)
        if review is not None and not review.agrees and review.answer is None:
            return "review_disagrees"
        if one.grade is not None and review is None:
            return "to_review"
        if one.lapsed:
            return "lapsed_move"
        return "proposed" if one.grade is not None else "not_graded"

    # ---- who sees what

    def sees(self, who: str, number: str) -> bool:
        """Whether somebody finds what another has come to, as it stands."""
        if f"employee:{number}" in self.own_nodes(who):
            return False
        if self.authorities(who) & {"hr", "auditor", "approver"}:
            return True
        theirs = [one for one in self.objections.values() if one.employee == number]
        if any(hears(self, who, one, HEADS[number]) for one in theirs):
            return True
        if FUNCTIONS.get(who) == "calibrator":
            group = self.results()[number].group
            if who not in GROUPS_OF or group in GROUPS_OF[who]:
                return True
        mine, reviewers = self.accounts[who].employee, self.reviewers(number)
        if mine is None:
            return False
        leads = self.stage == "certified" and self.round == 1 and mine in HEADS[number][:1]
        return leads or mine in reviewers or bool(self.reviews_for(mine) & set(reviewers))


def by_line(some: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], LineDecided]:
    """What the second calculation takes: of each line whether it is zero or dropped, and the latest actual."""
    lines: dict[tuple[str, str], LineDecided] = {}
    for one in some:
        key = one["node"], one["kpi"]
        was = lines.get(key, LineDecided())
        lines[key] = LineDecided(
            zero=was.zero or one["kind"] == "zero",
            drop=was.drop or one["kind"] == "drop",
            actual=Fraction(one["value"]) if one["kind"] == "override" else was.actual,
        )
    return lines


def is_in(who: str, groups: Collection[str | None]) -> bool:
    """Whether a calibrator is one of all of these groups."""
    return who not in GROUPS_OF or set(groups) <= set(GROUPS_OF[who])
