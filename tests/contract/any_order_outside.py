"""What comes to the agency without its desk, for the machine of any order: loads, what other systems record, targets, and days that go by."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from app import intake
from app.intake import LoadRefused
from tests.contract.any_order import CYCLE, EDITS, KEYS, Desk, Edit, csv_text

__all__ = ["OutsideTheDesk"]


class OutsideTheDesk(RuleBasedStateMachine):
    """Deeds of whoever has the server's shell, of other systems, of a head, and of the calendar.

    Attributes:
        desk: the model and what it reads.
        fresh: a number that nothing has had yet.
        may_move_files: the files that the last deed may have moved.
        may_move_scores: whether it may have moved figures.
    """

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.fresh = 0
        self.may_move_files: set[str] = set()
        self.may_move_scores = False

    @rule(edit=st.sampled_from(EDITS))
    def load(self, edit: Edit) -> None:
        """Whoever has the server's shell loads the folder with another row in it."""
        desk, path = self.desk, self.desk.folder / "agency" / edit.file
        if edit.file == "status.csv":
            return
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        in_file = list(csv.DictReader(io.StringIO(text)))
        rows = {" ".join(row[name] for name in KEYS[edit.file]): row for row in in_file}
        set_, remove = edit.make(in_file, self.fresh)
        self.fresh += 1
        rows |= {" ".join(row[name] for name in KEYS[edit.file]): row for row in set_}
        for key in remove:
            del rows[" ".join(key.values())]
        columns = list(dict.fromkeys(name for row in rows.values() for name in row)) or list(KEYS[edit.file])
        path.write_text(csv_text(columns, rows.values()), encoding="utf-8")
        desk.now += dt.timedelta(seconds=1)
        try:
            desk.database.writing(
                "load_folder",
                lambda connection: intake.load_agency(
                    connection, desk.folder / "agency", definitions=desk.folder / "definitions", at=desk.now, by="test"
                ),
            )
        except LoadRefused:
            if text:
                path.write_text(text, encoding="utf-8")
            else:
                path.unlink()
            return
        self.may_move_files = {file for file in desk.files if desk.master(file) == "folder"}
        self.may_move_scores = True

    @rule(kind=st.sampled_from(["export_deal", "export_consult", "verified"]), of=st.sampled_from(["E1", "E6"]))
    def record(self, kind: str, of: str) -> None:
        """Another system records what was done, and what a head says of it."""
        data: dict[str, Any] = {
            "employee": of,
            "company": {"name": "Hanbit"},
            "buyer": {"name": "Nord", "country": "AT"},
        }
        if kind == "export_deal":
            data |= {"amount": "100.00", "currency": "USD"}
        if kind == "verified":
            data = {"activity": {"source": "/any", "id": f"A-{max(self.fresh - 1, 0)}"}, "by": "E2"}
        event = {"specversion": "1.0", "type": f"kopes.{kind}", "source": "/any", "id": f"A-{self.fresh}"}
        self.fresh += 1
        answer = self.desk.app.test_client().post(
            "/api/v1/events",
            data=json.dumps(event | {"time": "2026-03-04T09:00:00+01:00", "data": data}),
            headers={"Authorization": f"Bearer {self.desk.crm_key}", "Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code < 500, answer.text
        self.may_move_scores = True

    @rule(figure=st.integers(5, 20))
    def set_a_target(self, figure: int) -> None:
        """Boram sets a target of Alba's on the page, as long as Alba is hers."""
        who, address = "boram@agency.example", "/targets?unit=VIE&cycle=2026"
        page = self.desk.ask(who, "GET", address)
        seen = re.search(r'name="seen-consults-employee:E1" value="([^"]*)"', page.text)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        if page.status_code != 200 or seen is None or token is None:
            return
        name = "consults-employee:E1"
        form = {"csrf_token": token[1], "cycle": CYCLE, "cell": "consults employee:E1", "note": "Agreed anew"}
        form |= {f"target-{name}": str(figure), f"seen-{name}": seen[1]}
        self.may_move_scores = self.desk.ask(who, "POST", address, data=form).status_code == 303

    @rule()
    def a_day_goes_by(self) -> None:
        """Projections go on, sessions end."""
        self.desk.now += dt.timedelta(days=1)
        self.may_move_scores = True
