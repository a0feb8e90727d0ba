"""What anybody may do in a cycle but decide, for the machine of any order: agree on scorecards, rate, talk, act, stand in; and what comes from outside."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from app import intake
from tests.contract.any_cycle_judging import digest_of, whose
from tests.contract.any_cycle_order import (
    AGREED_IN,
    ALBA,
    BEFORE_THE_CUT,
    BORAM,
    COUNTED,
    CYCLE_PEOPLE,
    DANA,
    END,
    FERRAN,
    GASTON,
    HANA,
    HEAD,
    HR,
    IRIS,
    NODES,
    OWNER,
    POLICIES,
    CycleDesk,
    write_kpis,
    write_policies,
)
from tests.contract.any_deeds import ADDRESS, AnyDeeds, body
from tests.contract.any_order import CYCLE, ORIGIN

__all__ = ["LONG_AGO", "RATED", "CycleDeeds"]

STATUSES: Final = {"not_there": 404, "invalid": 422, "overrides_exceed": 422, "precondition_failed": 412}
RATED: Final = ("employee:E1", "employee:E2", "unit:VIE")
LONG_AGO: Final = "2026-12-19"


class CycleDeeds(AnyDeeds[CycleDesk]):
    """What is done but decided.

    Attributes:
        moves: the nodes whose figures the last deed may have moved; None for all.
        fresh: a number that nothing has had yet.
    """

    statuses = STATUSES

    def __init__(self, desk: CycleDesk, seed: int) -> None:
        super().__init__(desk, seed)
        self.moves: Collection[str] | None = ()
        self.fresh = 0

    # ---- who does it

    def hand_of(self, whom: str) -> str:
        """The account of a number, or one of a role."""
        if whom in {"hr", "executive"}:
            return self.chance.choice(HR) if whom == "hr" else FERRAN
        return whose(whom) if whose(whom) in CYCLE_PEOPLE else IRIS

    # ---- the cycle

    def open_cycle(self) -> None:
        """It is opened by hr, once."""
        self.opened(self.somebody(*HR), {})

    def opened(self, who: str, calendar: Mapping[str, str]) -> None:
        """Somebody opens the cycle."""
        desk = self.desk
        answer = desk.ask(who, "POST", "/api/v1/cycles", json={"cycle": CYCLE, "calendar": calendar})
        reasons = set() if who in HR else {"role", "not_there"}
        reasons |= {"exists"} if desk.stage else set()
        if self.judge(who, answer, reasons, name="open_cycle"):
            desk.stage, desk.calendar = "draft", dict(calendar)

    def keep_calendar(self) -> None:
        """Dates remind, and say from when a scorecard may be imposed."""
        self.kept(self.somebody(*HR), self.chance.choice([LONG_AGO, "2027-02-01"]))

    def kept(self, who: str, day: str) -> None:
        """Somebody gives the cycle its dates."""
        answer = self.desk.ask(who, "PUT", f"{ADDRESS}/calendar", json={"agree_by": day})
        reasons = set() if who in HR else {"role", "not_there"}
        reasons |= set() if self.desk.stage else {"not_there"}
        if self.judge(who, answer, reasons, name="keep_calendar"):
            self.desk.calendar = {"agree_by": day}

    # ---- agreeing

    def draft(self) -> None:
        """A draft with another target, or another coefficient, which is hr's."""
        desk, node = self.desk, self.chance.choice(NODES)
        who = self.somebody(self.hand_of(OWNER[node]), self.hand_of(HEAD[node]), DANA)
        if not desk.stage:
            return
        card = desk.card(node)
        before = (card["draft"] or card)["lines"]
        coefficient = self.chance.choice([None, None, "1.1", "1.2"])
        lines = [one | self.other(one, coefficient) for one in before]
        stale = self.chance.random() < 0.1
        match = {**ORIGIN, "If-Match": f'"{"0" * 64 if stale else digest_of(desk, node)}"'}
        answer = desk.ask(who, "PUT", f"{ADDRESS}/scorecards/{node}", headers=match, json={"lines": lines})
        reasons = set() if desk.is_drafter(who, node) else {"role", "not_there"}
        reasons |= {"precondition_failed"} if stale else set()
        if who not in HR and any(
            one["coefficient"] != was["coefficient"] for one, was in zip(lines, before, strict=True)
        ):
            reasons.add("invalid")
        reasons |= self.not_at_rest()
        if self.judge(who, answer, reasons, name="draft"):
            self.drafted(node, before, lines)

    def other(self, line: Mapping[str, Any], coefficient: str | None) -> dict[str, Any]:
        """What a line is to be instead: consults have another target, companies a coefficient of hr's."""
        if line["kpi"] == "consults":
            return {"target": str(self.chance.randint(5, 30))}
        return {"coefficient": coefficient} if line["kpi"] == "companies" and coefficient is not None else {}

    def not_at_rest(self) -> set[str]:
        """Why scorecards are not written now."""
        reasons = set() if self.desk.stage in AGREED_IN else {"not_now"}
        return reasons | ({"being_certified"} if self.desk.certify is not None else set())

    def drafted(self, node: str, before: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
        """The model's draft follows; the same lines are none."""
        card = self.desk.cards[node]
        if lines == before:
            return
        was_with_hr = self.desk.draft_of(node) is not None and card.with_hr
        base = card.version or before
        card.with_hr = figures_of_hr(base) != figures_of_hr(lines) or (
            was_with_hr and card.version is None and any(figures_of_hr(lines))
        )
        card.draft, card.signed, card.over = lines, {}, self.desk.folder_says(node)

    def sign(self) -> None:
        """Any scorecard is signed by anybody in any part."""
        node, part = self.chance.choice(NODES), self.chance.choice(["owner", "owner", "head", "head", "hr"])
        whom = {"owner": OWNER[node], "head": HEAD[node], "hr": "hr"}[part]
        if self.desk.stage:
            self.signed(self.somebody(self.hand_of(whom)), node, part, wrong=self.chance.random() < 0.05)

    def signed(self, who: str, node: str, part: str, *, wrong: bool = False) -> None:
        """Somebody signs a scorecard."""
        desk, card = self.desk, self.desk.cards[node]
        told = desk.card(node)
        draft = told["draft"] or told
        digest = "0" * 64 if wrong else draft["digest"]
        reasons = self.against_signing(who, node, part)
        reasons |= ({"digest"} if wrong else set()) | self.not_at_rest()
        answer = desk.ask(who, "POST", f"{ADDRESS}/scorecards/{node}/sign", json={"digest": digest, "as": part})
        if (
            not self.judge(who, answer, reasons, name="sign")
            or not desk.is_to_sign(node)
            or part in desk.signatures(node)
        ):
            return
        if desk.draft_of(node) is None:
            card.draft, card.signed, card.over, card.with_hr = draft["lines"], {}, desk.folder_says(node), False
        card.signed = {one: by for one, by in card.signed.items() if by[1] == desk.goes_by[1]} | {
            part: (who, desk.goes_by[1])
        }
        if not desk.missing(node):
            self.it_holds(node)

    def against_signing(self, who: str, node: str, part: str) -> set[str]:
        """Why somebody may not sign it in a part."""
        desk, card = self.desk, self.desk.cards[node]
        whom = {"owner": OWNER[node], "head": HEAD[node], "hr": "hr"}[part]
        reasons = set() if desk.signs_for(who, whom) else {"role", "not_there"}
        if part != "owner" and desk.accounts[who].employee == OWNER[node]:
            reasons.add("role")
        if part == "hr" and (desk.draft_of(node) is None or not card.with_hr):
            reasons.add("role")
        signed = desk.signatures(node) if desk.is_to_sign(node) else card.version_signed
        for taken, by in signed.items():
            same = desk.is_same(who, by)
            if taken == part and not same:
                reasons.add("signed")
            if taken != part and same:
                reasons.add("same_person")
        if not desk.is_to_sign(node) and part not in signed:
            reasons.add("signed")
        return reasons

    def it_holds(self, node: str, *, imposed: bool = False) -> None:
        """A draft's lines are those of the cycle from now on."""
        desk, card = self.desk, self.desk.cards[node]
        assert card.draft is not None
        card.version_signed = desk.signatures(node)
        card.version, card.version_by, card.imposed = card.draft, desk.goes_by[1], imposed
        card.versions += 1
        card.draft, card.signed, card.with_hr = None, {}, False
        self.moves = {node}

    def set_target(self) -> None:
        """A head sets a target in a draft."""
        desk = self.desk
        if desk.stage not in {*AGREED_IN, "certified"}:
            return
        node, target = "employee:E1", str(self.chance.randint(5, 30))
        who = self.somebody(BORAM)
        if who in {GASTON, HANA, FERRAN}:
            return
        before = desk.card(node)
        lines = (before["draft"] or before)["lines"]
        content = {"node": node, "targets": [{"kpi": "consults", "target": target}]}
        answer = desk.ask(who, "POST", "/api/v1/decisions", json=body("target", content))
        reasons = set() if who == BORAM else {"role", "own_case", "not_there"}
        reasons |= self.not_at_rest()
        same = any(one["kpi"] == "consults" and one["target"] == target for one in lines)
        if self.judge(who, answer, reasons, {"invalid"} if same else (), name="set_target"):
            self.drafted(node, lines, [one | ({"target": target} if one["kpi"] == "consults" else {}) for one in lines])

    def share(self) -> None:
        """The region's target is shared among its offices."""
        desk, offices = self.desk, ("unit:PAR", "unit:VIE")
        who, apply = self.somebody(GASTON, DANA), self.chance.random() < 0.8
        if not desk.stage:
            return
        before = {node: desk.card(node) for node in offices}
        wish = {"parent": "unit:EUR", "kpi": "consults", "weights": {"history": "1"}, "apply": apply}
        wish["stretch"] = self.chance.choice(["0", "0.5", "1"])
        answer = desk.ask(who, "POST", f"{ADDRESS}/allocations", json=wish)
        if apply:
            reasons = set() if who in HR or who == GASTON else {"role", "not_there"}
            reasons |= self.not_at_rest()
        else:
            reasons = set() if who in {*HR, GASTON, HANA, FERRAN} else {"role", "not_there"}
        if self.judge(who, answer, reasons, name="share" if apply else "share_looked_at") and apply:
            for node in offices:
                lines = (before[node]["draft"] or before[node])["lines"]
                after = desk.card(node)
                self.drafted(node, lines, (after["draft"] or after)["lines"])

    # ---- during the year

    def rate(self) -> None:
        """A grade, or a draft of one, by whoever rates a line, or not."""
        desk, node = self.desk, self.chance.choice(RATED)
        raters = desk.raters_of(node)
        who = self.somebody(*map(self.hand_of, raters))
        grade, final = self.chance.choice(["A0", "B0", "C"]), self.chance.random() < 0.6
        answer = desk.ask(
            who,
            "PUT",
            f"{ADDRESS}/ratings/{node}/leadership",
            json={"grade": grade, "text": "Seen in meetings.", "final": final},
        )
        rater = desk.accounts[who].employee or ("hr" if who in HR else "")
        reasons = set() if desk.stage else {"not_there"}
        reasons |= {"own_case"} if node in desk.own_nodes(who) else set()
        reasons |= set() if rater in raters else {"role", "not_there"}
        reasons |= {"not_now"} if desk.stage not in BEFORE_THE_CUT else set()
        reasons |= {"being_certified"} if desk.certify is not None else set()
        said = desk.rated.setdefault(node, {})
        same = said.get(rater, ("", "", None))[::2] == (grade, final)
        if said.get(rater, ("", "", False))[2] and not same:
            reasons.add("final")
        if node not in desk.appointed and not same and any(one[2] for one in said.values()):
            reasons.add("final")
        if self.judge(
            who, answer, reasons, {"being_certified", "not_now"} & reasons, name="rate" if final else "rate_draft"
        ):
            said[rater] = (grade, "", final)
            self.moves = {node} if final else ()

    def check_in(self) -> None:
        """A talk is kept by either side."""
        desk, part = self.desk, self.chance.choice(["owner", "head"])
        who = self.somebody(ALBA if part == "owner" else BORAM)
        text = {"as": part, "text": "Ten buyers are to be visited.", "on": "2026-07-01"}
        answer = desk.ask(who, "POST", f"{ADDRESS}/check-ins/E1", json=text)
        reasons = set() if who == (ALBA if part == "owner" else BORAM) else {"role"}
        reasons |= set() if who in {ALBA, BORAM, *HR} and desk.stage else {"not_there"}
        reasons |= set() if desk.stage in BEFORE_THE_CUT else {"not_now"}
        if self.judge(who, answer, reasons, name="check_in"):
            desk.check_ins += 1

    def assess(self) -> None:
        """Somebody says how their year went."""
        desk, final = self.desk, self.chance.random() < 0.3
        who, text = self.somebody(ALBA), self.chance.choice(["It went well.", "It went very well."])
        answer = desk.ask(who, "PUT", f"{ADDRESS}/self-assessments/E1", json={"text": text, "final": final})
        reasons = set() if who == ALBA else {"role"}
        reasons |= set() if who in {ALBA, BORAM, *HR} and desk.stage else {"not_there"}
        reasons |= set() if desk.stage in BEFORE_THE_CUT else {"not_now"}
        before = desk.assessed.get("E1", ("", False))
        if before[1] and before != (text, final):
            reasons.add("final")
        if self.judge(who, answer, reasons, name="assess"):
            desk.assessed["E1"] = text, final

    def act(self) -> None:
        """Something is to be done about a line."""
        desk, who = self.desk, self.somebody(ALBA, BORAM, DANA)
        wish = {
            "node": "employee:E1",
            "kpi": "deals",
            "cause": "The fair was called off.",
            "measure": "Visit the ten buyers.",
        }
        answer = desk.ask(who, "POST", "/api/v1/actions", json=wish | {"owner": "E1", "due_on": "2027-12-01"})
        reasons = set() if who in {ALBA, BORAM, *HR} else {"role", "not_there"}
        reasons |= set() if desk.stage else {"not_there"}
        if self.judge(who, answer, reasons, {"too_many_open"}, name="act"):
            made: Any = answer.json
            desk.actions[made["id"]] = made

    def close_action(self) -> None:
        """What came of it."""
        desk, who = self.desk, self.somebody(ALBA, BORAM, DANA)
        if not desk.actions:
            return
        number = self.chance.choice(sorted(desk.actions))
        answer = desk.ask(who, "POST", f"/api/v1/actions/{number}/close", json={"result": "Eight of ten came."})
        reasons = set() if who in {ALBA, BORAM, *HR} else {"role", "not_there"}
        reasons |= {"closed"} if desk.actions[number].get("is_closed") else set()
        if self.judge(who, answer, reasons, name="close_action"):
            desk.actions[number]["is_closed"] = True

    def delegate(self) -> None:
        """Hr says who stands in for whom."""
        giver, taker = self.chance.choice([("E5", "E6"), ("E2", "E6"), ("E2", "E5"), ("E3", "E5")])
        self.delegated(self.somebody(*HR), giver, taker, "verify", perhaps={"too_many"})

    # ---- what comes from outside

    def record(self) -> None:
        """Another system records what was done in the year, before the cut or after."""
        desk = self.desk
        self.fresh += 1
        data = {
            "employee": self.chance.choice(["E1", "E2"]),
            "company": {"name": "Hanbit"},
            "buyer": {"name": "Nord", "country": "AT"},
        }
        event: dict[str, Any] = {
            "specversion": "1.0",
            "type": "kopes.export_consult",
            "source": "/any",
            "id": f"A-{self.fresh}",
        }
        event |= {"time": "2026-03-04T09:00:00+01:00", "data": data}
        answer = desk.app.test_client().post(
            "/api/v1/events",
            data=json.dumps(event),
            headers={"Authorization": f"Bearer {desk.crm_key}", "Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code < 300, answer.text
        desk.happened.append(event)
        self.has_done("record")
        self.moves = () if desk.stage == "certified" else None
        if desk.stage == "certified":
            late = desk.read(f"{ADDRESS}/after-close")
            assert late["count"] == len(desk.happened) - len(desk.cut)

    def load(self) -> None:
        """Whoever has the server's shell loads other policies, definitions, lines or pay."""
        desk, what = self.desk, self.chance.choice(["policies", "definitions", "lines", "pay"])
        if what == "policies":
            policies = self.chance.choice(POLICIES)
            write_policies(desk.folder, policies)
            desk.policies = json.dumps(policies)
        elif what == "definitions":
            desk.counted = self.chance.choice(COUNTED)
            write_kpis(desk.folder, consults=desk.counted)
        elif what == "lines":
            node, target = self.chance.choice(NODES), str(self.chance.randint(5, 30))
            rewrite(desk, "scorecards.csv", f"{CYCLE},{node},consults,", 11, target)
            if desk.stage == "certified" or desk.cards[node].version is None:
                desk.targets[node] = target
            self.moves = () if desk.stage == "certified" or desk.cards[node].version is not None else {node}
        else:
            rewrite(desk, "employees.csv", "E1,", 5, str(3_000_000 + self.fresh))
        if what in {"policies", "definitions"} and desk.published is None:
            self.moves = None
        self.fresh += 1
        desk.now += dt.timedelta(seconds=1)
        desk.database.writing(
            "load_folder",
            lambda connection: intake.load_agency(
                connection, desk.folder / "agency", definitions=desk.folder / "definitions", at=desk.now, by="test"
            ),
        )
        self.has_done("load")

    def a_day_goes_by(self) -> None:
        """Sessions end, and at last the year."""
        self.desk.now += dt.timedelta(days=self.chance.choice([1, 1, 4]) if self.desk.today < END else 1)
        self.has_done("a_day_goes_by")
        self.moves = () if self.desk.stage == "certified" else None


def figures_of_hr(lines: list[dict[str, Any]]) -> list[Any]:
    """What of a draft hr alone writes."""
    return [one["coefficient"] for one in lines if one["coefficient"]]


def rewrite(desk: CycleDesk, file: str, begins: str, column: int, value: str) -> None:
    """Another value in a column of the row that begins so."""
    path = desk.folder / "agency" / file
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    changed = [[*row[:column], value, *row[column + 1 :]] if ",".join(row).startswith(begins) else row for row in rows]
    path.write_text("".join(",".join(row) + "\n" for row in changed), encoding="utf-8")
