"""Accounts that reach far take two people, as soon as there are two who can (contract-desk, 2)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from app.access import tables
from app.decisions import tables as decision_tables
from app.kit import outbox
from tests.people import PASSWORD_HASH
from tests.web.working import NOW, Somebody, Working, opened_on

WHY: Final = "Agreed with the board on Monday."
_PASSWORD: Final = re.compile(r'id="first-password">([^<]+)<')
_EMAIL: Final = "@agency.example"
POWERS: Final = {"hr", "executive", "auditor", "admin"}


def _accounts(working: Working) -> dict[str, sa.Row[Any]]:
    with working.database.read() as connection:
        return {row.email.removesuffix(_EMAIL): row for row in connection.execute(sa.select(tables.account))}


def _propose(person: Somebody, account: str, **content: Any) -> TestResponse:
    body = {"kind": "account", "cycle": None, "content": {"account": f"{account}{_EMAIL}", **content}, "reason": WHY}
    return person.client.post("/api/v1/decisions", json=body, headers={"Origin": "http://localhost"})


def _approve(person: Somebody, number: int) -> TestResponse:
    address = f"/api/v1/decisions/{number}"
    digest = (person.client.get(address).json or {}).get("digest", "")
    return person.client.post(f"{address}/approve", json={"digest": digest}, headers={"Origin": "http://localhost"})


def _code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def _number(answer: TestResponse) -> int:
    """Of the decision that a form or the API leads to."""
    assert answer.status_code in {201, 303}, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def test_one_proposes_by_the_page_and_another_agrees_and_only_the_owner_sets_the_password(working: Working) -> None:
    """Neither of the two reads a password anywhere; who proposed does not agree; the trail and the auditors have both names."""
    iris, ferran = working.iris, working.ferran
    page = iris.get("/accounts").text
    assert "takes two people" in page
    short = iris.post("/accounts", {"email": f"nova{_EMAIL}", "role": "hr", "reason": "short"})
    assert short.status_code == 422
    assert "write 10 to 2000" in short.text
    answer = iris.post("/accounts", {"email": f"nova{_EMAIL}", "role": "hr", "reason": WHY})
    number = _number(answer)
    assert "nova" not in _accounts(working)
    assert f'href="/decisions/{number}"' in iris.get("/accounts").text
    assert _code(_approve(iris, number)) == (409, "same_person")
    shown = ferran.get(f"/decisions/{number}").text
    for said in (f"nova{_EMAIL}", "<dd>HR</dd>", WHY):
        assert said in shown
    digest = re.search(r'name="digest" value="([^"]+)"', shown)
    assert digest is not None
    agreed = ferran.post(f"/decisions/{number}/approve", {"digest": digest[1]})
    assert agreed.status_code == 303
    made = _accounts(working)["nova"]
    assert (made.roles, made.password_hash, made.disabled_at) == ("hr", "", None)
    with working.database.read() as connection:
        mails = connection.execute(sa.select(outbox.outbox.c.topic, outbox.outbox.c.recipient)).all()
    assert [tuple(row) for row in mails] == [("new_password", f"nova{_EMAIL}")]
    row = next(one for one in working.trail() if one.subject == f"account:nova{_EMAIL}")
    assert row.who == f"account:ferran{_EMAIL}"
    assert f'"proposed": "iris{_EMAIL}"' in (row.after or "")
    assert row.why == WHY
    assert f"iris{_EMAIL}, ferran{_EMAIL}" in working.emil.get("/trail").text
    told = ferran.client.get(f"/api/v1/decisions/{number}").json
    assert told is not None
    assert (told["state"], told["checker"]["account"]) == ("approved", f"ferran{_EMAIL}")
    effects = ferran.client.get(told["effects"]["items"]).json
    assert effects is not None
    assert effects["items"] == [{"node": f"account:nova{_EMAIL}", "member": "rights", "before": [], "after": ["hr"]}]


FAR: Final[Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "roles": ("", {"role": ["hr", "auditor"]}, {"roles": ["auditor", "hr"]}),
    "password": ("/password", {}, {"password": True}),
    "enabled": ("/enable", {}, {"enabled": True}),
}
"""What is given to HR's account: by which form, and as which content."""


@pytest.mark.parametrize("given", FAR)
def test_each_gift_to_an_account_that_reaches_far_is_proposed(working: Working, given: str) -> None:
    """Roles, a password, and to be opened again; nothing of it holds before the second person agrees."""
    path, form, content = FAR[given]
    number = _accounts(working)["dana"].id
    if given == "enabled":
        assert working.iris.post(f"/accounts/{number}/disable", {"reason": "On leave"}).status_code == 303
    before = _accounts(working)["dana"]
    decision = _number(working.iris.post(f"/accounts/{number}{path}", form | {"reason": WHY}))
    assert _accounts(working)["dana"] == before
    assert f'href="/decisions/{decision}"' in working.iris.get(f"/accounts/{number}").text
    told = working.iris.client.get(f"/api/v1/decisions/{decision}").json
    assert told is not None
    assert told["content"] == {"account": f"dana{_EMAIL}", **content}
    assert _approve(working.ferran, decision).status_code == 200
    after = _accounts(working)["dana"]
    assert {
        "roles": after.roles == "auditor,hr",
        "password": after.password_hash == "",
        "enabled": after.disabled_at is None,
    }[given]


def test_an_employee_s_number_on_an_account_that_reaches_far_takes_two(working: Working) -> None:
    """A number opens that employee's pay; who is that employee neither proposes nor agrees."""
    _set(working, "wanda", employee=None)
    decision = _number(_propose(working.iris, "dana", employee="E7"))
    assert _accounts(working)["dana"].employee is None
    _set(working, "ferran", employee="E7")
    assert _code(_approve(Somebody(working.app, "ferran"), decision)) == (409, "own_case")
    _set(working, "ferran", employee=None)
    assert _approve(Somebody(working.app, "ferran"), decision).status_code == 200
    assert _accounts(working)["dana"].employee == "E7"


def _set(working: Working, name: str, **values: Any) -> None:
    with working.database.write("test") as connection:
        account = tables.account
        connection.execute(sa.update(account).where(account.c.email == f"{name}{_EMAIL}").values(**values))


def test_other_accounts_are_kept_by_one(working: Working) -> None:
    """An employee's is made, and given a password; roles are taken from anybody, and any account is closed."""
    _set(working, "wanda", employee=None)
    made = working.iris.post("/accounts", {"email": f"nova{_EMAIL}", "role": "employee", "employee": "E7"})
    assert _PASSWORD.search(made.text) is not None
    jiho, dana, ferran = (_accounts(working)[name].id for name in ("jiho", "dana", "ferran"))
    assert _PASSWORD.search(working.iris.post(f"/accounts/{jiho}/password", {"reason": WHY}).text) is not None
    assert working.iris.post(f"/accounts/{dana}", {"role": "member"}).status_code == 303
    assert _accounts(working)["dana"].roles == "member"
    assert working.iris.post(f"/accounts/{ferran}/disable", {"reason": WHY}).status_code == 303
    done = _propose(working.iris, "chae", password=True)
    told = done.json
    assert told is not None
    assert (done.status_code, told["state"], told["checker"]) == (201, "approved", None)
    assert _accounts(working)["chae"].password_hash == ""


@pytest.mark.parametrize("taken", ["/disable", ""])
def test_whoever_is_left_alone_by_closing_the_others_needs_a_second_all_the_same(working: Working, taken: str) -> None:
    """From the moment that there are two; where there never were, one does it alone: on another agency's first day."""
    ferran = _accounts(working)["ferran"].id
    form = {"role": "member", "reason": "On leave"}
    assert working.iris.post(f"/accounts/{ferran}{taken}", form).status_code == 303
    _number(working.iris.post("/accounts", {"email": f"nova{_EMAIL}", "role": "hr", "reason": WHY}))
    assert "nova" not in _accounts(working)
    _set(working, "ferran", agreement_taken_at=None)
    assert _PASSWORD.search(working.iris.post("/accounts", {"email": f"nova{_EMAIL}", "role": "hr"}).text) is not None
    assert _accounts(working)["nova"].roles == "hr"


def test_one_s_own_account_is_one_s_own_case(working: Working) -> None:
    """As maker and as checker, and by the page as well."""
    _set(working, "wanda", employee=None)
    for content in ({"roles": ["admin", "hr"]}, {"employee": "E7"}, {"password": True}):
        assert _code(_propose(working.iris, "iris", **content)) == (409, "own_case")
    number = _accounts(working)["iris"].id
    assert working.iris.post(f"/accounts/{number}/password", {"reason": WHY}).status_code == 409
    decision = _number(_propose(working.iris, "ferran", roles=["auditor", "executive"]))
    assert _code(_approve(working.ferran, decision)) == (409, "own_case")
    for person in (working.ferran, working.dana, working.alba):
        assert _code(_propose(person, "nova", roles=["hr"])) == (409, "role")
    assert _approve(working.alba, decision).status_code == 404
    assert _approve(working.dana, decision).status_code == 404


def test_what_changed_since_it_was_proposed_is_not_agreed_to(working: Working) -> None:
    """The account is another by then: the decision is void. Who was given rights since does not agree at all."""
    _set(working, "ferran", roles="admin")
    ferran = Somebody(working.app, "ferran")
    decision = _number(_propose(working.iris, "dana", roles=["auditor", "hr"]))
    dana = _accounts(working)["dana"].id
    assert working.iris.post(f"/accounts/{dana}", {"role": "member"}).status_code == 303
    assert _code(_approve(ferran, decision)) == (409, "overtaken")
    assert _accounts(working)["dana"].roles == "member"

    later = _number(_propose(working.iris, "nova", roles=["hr"]))
    _set(working, "emil", roles="admin,auditor")
    emil = Somebody(working.app, "emil")
    given = _number(_propose(emil, "ferran", roles=["admin", "executive"]))
    working.clock_moves(minutes=1)
    assert _approve(working.iris, given).status_code == 200
    assert _code(_approve(ferran, later)) == (409, "account_changed")
    assert _approve(emil, later).status_code == 200


def test_a_password_that_an_administrator_handed_over_ends_with_the_power_that_two_agree_on(working: Working) -> None:
    """Else who handed it over has the power. Whoever set theirs by a link, or had it of a command, keeps it."""
    _set(working, "wanda", employee=None)
    assert _PASSWORD.search(working.iris.post("/accounts", {"email": f"sock{_EMAIL}", "role": "member"}).text)
    _set(working, "sock", password_hash=PASSWORD_HASH, first_password=False, first_password_until=None)
    working.clock_moves(minutes=1)
    decision = _number(_propose(working.iris, "sock", roles=["hr"]))
    assert _approve(working.ferran, decision).status_code == 200
    made = _accounts(working)["sock"]
    assert (made.roles, made.password_hash, made.password_handed) == ("hr", "", False)
    kept = _accounts(working)["dana"].password_hash
    assert _approve(working.ferran, _number(_propose(working.iris, "dana", roles=["auditor", "hr"]))).status_code == 200
    assert _accounts(working)["dana"].password_hash == kept


def test_an_account_that_was_given_a_password_since_it_was_proposed_is_another(working: Working) -> None:
    """HR's role is taken, proposed again, and a password shown to one person in between: the decision is void."""
    dana = _accounts(working)["dana"].id
    assert working.iris.post(f"/accounts/{dana}", {"role": "member"}).status_code == 303
    working.clock_moves(minutes=1)
    decision = _number(_propose(working.iris, "dana", roles=["hr"]))
    working.clock_moves(minutes=1)
    assert _PASSWORD.search(working.iris.post(f"/accounts/{dana}/password", {"reason": WHY}).text)
    assert _code(_approve(working.ferran, decision)) == (409, "overtaken")
    again = _number(_propose(working.iris, "dana", roles=["hr"]))
    assert _approve(working.ferran, again).status_code == 200
    assert (_accounts(working)["dana"].roles, _accounts(working)["dana"].password_hash) == ("hr", "")


WRONG: Final[Any] = [
    ({"roles": ["boss"]}, "/content/roles"),
    ({"roles": []}, "/content/roles"),
    ({"roles": "hr"}, "/content/roles"),
    ({"roles": ["head"]}, "/content/employee"),
    ({"roles": ["hr"], "employee": "E404"}, "/content/employee"),
    ({"roles": ["hr"], "employee": "E1"}, "/content/employee"),
    ({"roles": ["hr"], "employee": 7}, "/content/employee"),
    ({"roles": ["hr"], "enabled": False}, "/content/enabled"),
    ({"roles": ["hr"], "enabled": "yes"}, "/content/enabled"),
    ({"roles": ["hr"], "password": False}, "/content/password"),
    ({"roles": ["hr"], "name": "Nova"}, "/content/name"),
    ({"account": "nova", "roles": ["hr"]}, "/content/account"),
    ({"account": f"no\u200bva{_EMAIL}", "roles": ["hr"]}, "/content/account"),
    ({"account": 7, "roles": ["hr"]}, "/content/account"),
    ({"account": f"dana{_EMAIL}", "roles": ["hr"]}, "/content/account"),
    ({}, "/content/roles"),
]


def test_what_cannot_be_proposed_is_named(working: Working) -> None:
    """By its member; nothing is kept."""
    for content, pointer in WRONG:
        answer = _propose(working.iris, "nova", **content) if "account" not in content else _whole(working, content)
        assert _code(answer) == (422, "invalid"), content
        assert answer.json is not None
        assert pointer in {one["pointer"] for one in answer.json["errors"]}, (content, answer.json)
    with working.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(decision_tables.decision)) == 0


def _whole(working: Working, content: dict[str, Any]) -> TestResponse:
    body = {"kind": "account", "content": content, "reason": WHY}
    return working.iris.client.post("/api/v1/decisions", json=body, headers={"Origin": "http://localhost"})


def test_where_no_mails_are_sent_who_proposed_hands_over_a_first_password_once_two_have_agreed(
    working: Working,
) -> None:
    """Nobody else can, and it opens nothing but its change."""
    _set(working, "emil", roles="admin,auditor")
    decision = _number(_propose(working.iris, "nova", roles=["hr"]))
    assert _approve(working.ferran, decision).status_code == 200
    nova = _accounts(working)["nova"].id
    emil = Somebody(working.app, "emil")
    _number(emil.post(f"/accounts/{nova}/password", {"reason": WHY}))
    assert "hand it over" in working.iris.get(f"/accounts/{nova}").text
    given = _PASSWORD.search(working.iris.post(f"/accounts/{nova}/password", {"reason": WHY}).text)
    assert given is not None
    assert _accounts(working)["nova"].first_password_until is not None
    # It has one now: another takes two people again.
    _number(working.iris.post(f"/accounts/{nova}/password", {"reason": WHY}))


# --------------------------------------------------------------------------------------------------- a machine of states

MAKERS: Final = ("iris", "ada", "ferran", "dana", "boram", "alba")
TARGETS: Final = (*MAKERS, "jiho", "nova", "stella")
ROLES: Final = st.lists(st.sampled_from(["hr", "executive", "auditor", "admin", "member"]), min_size=1, unique=True)


class Accounts(RuleBasedStateMachine):
    """Two admins, an executive, hr, a head and an employee do to accounts whatever comes into their heads, by page and API.

    After each step every account is held against what it was: where one that reaches far, before or after, gained a role that reaches far, an
    employee, its password or its opening, the step was an approval, by another person than the one who proposed, and neither was its owner.
    """

    folder: Path
    template: Path
    steps = 0

    @initialize()
    def open(self) -> None:
        """A fresh agency."""
        type(self).steps += 1
        place = self.folder / str(self.steps)
        shutil.copytree(self.template, place)
        self.working = opened_on(f"sqlite:///{place / 'loaded.sqlite'}", place)
        with self.working.database.write("test") as connection:
            connection.execute(
                sa.insert(tables.account).values(
                    email=f"ada{_EMAIL}",
                    email_key=f"ada{_EMAIL}",
                    password_hash=PASSWORD_HASH,
                    roles="admin",
                    first_password=False,
                    created_at=NOW,
                    password_changed_at=NOW,
                )
            )
        self.people = {name: Somebody(self.working.app, name) for name in MAKERS}
        for person in self.people.values():
            assert person.token
        self.before = _accounts(self.working)

    def teardown(self) -> None:
        """Let the database go."""
        if hasattr(self, "working"):
            self.working.database.close()

    @rule(
        by=st.sampled_from(MAKERS),
        about=st.sampled_from(TARGETS),
        roles=ROLES,
        employee=st.sampled_from([None, "E3", "E7"]),
    )
    def change_by_page(self, by: str, about: str, roles: list[str], employee: str | None) -> None:
        """Make an account, or give one other roles or another employee."""
        there = self.before.get(about)
        form = {"role": roles, "employee": employee or "", "reason": WHY, "email": f"{about}{_EMAIL}"}
        self.people[by].post("/accounts" if there is None else f"/accounts/{there.id}", form)
        self.hold(None)

    @rule(
        by=st.sampled_from(MAKERS),
        about=st.sampled_from(TARGETS),
        deed=st.sampled_from(["disable", "enable", "password"]),
    )
    def close_or_open(self, by: str, about: str, deed: str) -> None:
        """Close an account, open it again, or give it a password."""
        there = self.before.get(about)
        if there is not None:
            self.people[by].post(f"/accounts/{there.id}/{deed}", {"reason": WHY})
            self.hold(None)

    @rule(
        by=st.sampled_from(MAKERS),
        about=st.sampled_from(TARGETS),
        content=st.fixed_dictionaries(
            {},
            optional={
                "roles": ROLES,
                "employee": st.sampled_from([None, "E7"]),
                "enabled": st.booleans(),
                "password": st.just(value=True),
            },
        ),
    )
    def propose(self, by: str, about: str, content: dict[str, Any]) -> None:
        """Propose it by the API."""
        _propose(self.people[by], about, **content)
        self.hold(None)

    @rule(by=st.sampled_from(MAKERS), number=st.integers(1, 6))
    def approve(self, by: str, number: int) -> None:
        """Agree to one of the decisions, whoever's it is."""
        answer = _approve(self.people[by], number)
        self.hold(by if answer.status_code == 200 else None, number)

    @rule(by=st.sampled_from(MAKERS), number=st.integers(1, 6))
    def withdraw(self, by: str, number: int) -> None:
        """Take one back, whoever's it is."""
        address = f"/api/v1/decisions/{number}/withdraw"
        self.people[by].client.post(address, json={}, headers={"Origin": "http://localhost"})
        self.hold(None)

    def hold(self, checker: str | None, number: int = 0) -> None:
        """Hold every account against what it was before the step."""
        after = _accounts(self.working)
        gained = [name for name, row in after.items() if _has_gained(self.before.get(name), row)]
        if gained:
            assert checker is not None, gained
            with self.working.database.read() as connection:
                of = decision_tables.decision.c
                maker = connection.scalar(sa.select(of.account).where(of.id == number))
            assert maker != f"account:{checker}{_EMAIL}"
            assert not {checker, str(maker).removeprefix("account:").removesuffix(_EMAIL)} & {*gained}
        self.before = after


def _has_gained(before: sa.Row[Any] | None, after: sa.Row[Any]) -> bool:
    """Whether an account that reaches far has something that it had not."""
    roles_before = set() if before is None else {*before.roles.split(",")}
    roles = {*after.roles.split(",")}
    if not POWERS & (roles | roles_before):
        return False
    return (
        before is None
        or bool((roles - roles_before) & POWERS)
        or after.employee != before.employee
        or after.password_hash != before.password_hash
        or (after.disabled_at is None and before.disabled_at is not None)
    )


@pytest.fixture
def agencies(loaded_folder: Path, tmp_path: Path) -> type[Accounts]:
    """The machine, with a place for the agencies that it is tried on."""
    Accounts.template, Accounts.folder = loaded_folder, tmp_path
    return Accounts


def test_no_account_gains_a_right_with_one_person_on_both_sides(agencies: type[Accounts]) -> None:
    """Whatever they do, in any order."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        agencies, settings=settings(max_examples=8, stateful_step_count=25, deadline=None, phases=[Phase.generate])
    )
