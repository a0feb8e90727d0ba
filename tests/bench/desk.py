"""HR of the demonstration agency, who takes its cycle on from its opening by the API, and what is written at once for everybody."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any, Final

import httpx
import sqlalchemy as sa

from app import access, cascade, scoring
from app.access.tables import account
from app.cascade import SignatureRow
from app.cycle.agreement.agreed_cards import agreed_cards
from app.cycle.agreement.agreeing import hold_draft, written_down
from app.decisions import Hand
from app.kit import clock
from app.rules.presence import cycle_period
from app.rules.terms import Role
from app.worker import JOBS, run_now
from tests.bench.agency import Agency
from tests.bench.recorders import approve

__all__ = ["Desk", "after_the_end", "compare_as_every_night", "member"]

WHY: Final = "Measured beside recorders who wait."


def after_the_end(agency: Agency) -> dt.datetime:
    """Some weeks after the cycle's last day."""
    with agency.database.read() as connection:
        first_month = scoring.state(connection).frame.first_month
    end = cycle_period(agency.report.cycle, first_month).to
    assert end is not None
    return dt.datetime.combine(end + dt.timedelta(days=40), dt.time(9), dt.UTC)


def compare_as_every_night(agency: Agency, now: dt.datetime) -> None:
    """What a worker does each night: whoever proposes has what came since compared with the events, and every total with the activities."""
    jobs = [job for job in JOBS if job.name == "reconcile"]
    (outcome,) = run_now(agency.database, jobs, worker="bench", clock=lambda: now, say=lambda _said: None).values()
    assert not outcome.failed, outcome.text


def member(agency: Agency, name: str) -> tuple[str, str]:
    with agency.database.write("keep_accounts") as connection:
        made = access.create_account(
            connection,
            email=f"bench-{name}@kopa.example",
            roles={Role.MEMBER},
            employee=None,
            now=clock.now(),
            first=access.first_password(),
        )
        connection.execute(sa.update(account).where(account.c.email == made.email).values(first_password=False))
    return made.email, made.password


class Desk:
    """HR, who takes the cycle on."""

    def __init__(self, agency: Agency, hr: httpx.Client) -> None:
        self._agency, self._hr = agency, hr
        self._cycle = str(agency.report.cycle)
        self.certifying: dict[str, Any] = {}

    def propose(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """A decision of the cycle, whatever may be accepted in its way accepted."""
        body = {"kind": kind, "cycle": self._cycle, "content": content, "reason": WHY}
        answer = self._hr.post("/api/v1/decisions", json=body)
        if answer.status_code == HTTPStatus.CONFLICT and answer.json()["code"] == "blocked":
            errors = answer.json()["errors"]
            assert not [one for one in errors if one["hard"]], errors
            accepted = content | {"accept": [one["code"] for one in errors]}
            answer = self._hr.post("/api/v1/decisions", json=body | {"content": accepted})
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def take_to_running(
        self, executive: httpx.Client, approver: httpx.Client, now: dt.datetime, functions: tuple[str, str]
    ) -> None:
        """Open it, have it published, agreed upon by everybody, and begun."""
        calendar = {"agree_by": f"{self._cycle}-01-31"}
        self._hr.post("/api/v1/cycles", json={"cycle": self._cycle, "calendar": calendar}).raise_for_status()
        for person, function in zip(functions, ("approver", "certifier"), strict=True):
            term = {"from": f"{self._cycle}-01-01", "to": f"{int(self._cycle) + 2}-01-01"}
            approve(executive, self.propose("appoint", {"person": person, "function": function, **term}))
        approve(approver, self.propose("stage", {"to": "agreement"}))
        self._agency.database.writing("sign_scorecard", lambda connection: self._sign(connection, now))
        approve(approver, self.propose("stage", {"to": "running"}))

    def _sign(self, connection: sa.Connection, now: dt.datetime) -> None:
        loaded = scoring.state_to_decide_in(connection)
        plan = loaded.plan(int(self._cycle))
        by = Hand(account_id=None, account="bench", employee=None, acts_for=None, at=now)
        for node, card in agreed_cards(connection, loaded, plan.cycle).items():
            if card.draft:
                place = card.place or written_down(connection, plan, card, by=by)
                rows = [
                    SignatureRow(place, card.draft_digest, signed_as, now, None, by.account, None, None)
                    for signed_as in card.missing
                ]
                cascade.keep_signatures(connection, plan.cycle, ((node, row) for row in rows))
                hold_draft(connection, plan, card, place=place, at=now)

    def certify(self) -> None:
        """Propose to certify it."""
        self.certifying = self.propose("certify", {})

    def refuse_and_certify(self, checker: httpx.Client) -> None:
        """Once more."""
        checker.post(f"/api/v1/decisions/{self.certifying['id']}/refuse", json={"reason": WHY}).raise_for_status()
        self.certify()
