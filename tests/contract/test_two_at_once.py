"""Two people who do at one moment what goes with one order alone, on a running server: one of them finds what the other has done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import sqlalchemy as sa

from app.access.tables import account
from app.cycle.close.reviewing import LOCK_REVIEWS
from app.decisions.tables import decision_seen
from app.kit.database import Database, lock
from app.objecting.acts import LOCK_OBJECTIONS
from app.paying import tables as pay_tables
from tests.contract.desk import code
from tests.contract.test_cycles import agree, appoint, blockers, propose
from tests.contract.test_locking import OVER, later
from tests.contract.test_locking import desk as notified
from tests.contract.test_objections import AT, TEXT, answer, does, objects
from tests.contract.test_paying import approved_run, export, institution

__all__ = ["notified"]

WITHIN = "2027-02-20"
"""A day on which everybody may object."""
WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
MEMBERS = ("mia", "max", "mei", "min", "moa")


@contextmanager
def held(desk):
    """A writing transaction of the desk's database, which is rolled back or committed before the works that wait for it go on."""
    database = Database(desk.where["database"])
    try:
        with database.write("a test") as connection:
            yield connection
    finally:
        database.close()


def in_line(pool, connection, eventually, *works):
    """Begin each once the one before waits for the transaction; on SQLite, where every writer waits for it, in any order."""
    begun = []
    for place, work in enumerate(works, 1):
        begun.append(pool.submit(work))
        if connection.dialect.name == "postgresql":
            eventually(lambda: begun[-1].done() or connection.scalar(WAITING) >= place)  # noqa: B023 - asked before the next
    return begun


def test_nobody_objects_to_what_is_being_locked(notified, desks, eventually):
    """An objection that hr writes down while the cycle is locked is in the lock's way, or finds it locked: none is kept that nobody hears."""
    with later(desks, notified, OVER) as desk:
        late = {"on_behalf_of": "E1", "received_on": WITHIN}
        for first in ("objection", "lock"):
            made = propose(desk, "dana", "lock", {})
            works = {
                "objection": partial(objects, desk, "dana", **late),
                "lock": partial(agree, desk, "late", made),
            }
            order = sorted(works, key=lambda one: one != first)
            with ThreadPoolExecutor(2) as pool:
                with held(desk) as connection:
                    lock(connection, LOCK_OBJECTIONS)
                    begun = in_line(pool, connection, eventually, *(works[one] for one in order))
                answers = dict(zip(order, (one.result() for one in begun), strict=True))
            if answers["objection"].status_code == 201:
                assert blockers(answers["lock"]) == [("objection_open", 1, True)]
                number = answers["objection"].json()["id"]
                assert does(desk, "dana", number, "withdraw").status_code == 200
                assert desk.person("dana").post(f"/api/v1/decisions/{made.json()['id']}/withdraw", json={}).is_success
            else:
                assert (code(answers["objection"]), answers["lock"].status_code) == ((409, "not_now"), 200)
                break
        assert [one for one in desk.person("dana").get(AT).json()["items"] if one["state"] == "open"] == []


def test_an_appeal_that_waited_for_the_lock_finds_the_cycle_locked(notified, desks, eventually):
    """It was sent within its days, and comes after them: the committee would hear what nothing changes any more."""
    for name in MEMBERS:
        notified.person(name, "--role", "member")
        appoint(notified, f"{name}@agency.example", "objections")
    number = objects(notified, "e1").json()["id"]
    notified.person("dora", "--role", "hr")
    refused = [answer(notified, name, number, granted=False) for name in ("e20", "dora", "dana")]
    assert 200 in {one.status_code for one in refused}, [one.text for one in refused]
    assert does(notified, "e1", number, "appeal", text=" ").status_code == 422
    with later(desks, notified, OVER) as after, ThreadPoolExecutor(2) as pool:
        made = propose(after, "dana", "lock", {})
        works = (
            lambda: agree(after, "late", made),
            lambda: does(notified, "e1", number, "appeal", text=TEXT),
        )
        with held(notified) as connection:
            lock(connection, LOCK_OBJECTIONS)
            locking, appealing = in_line(pool, connection, eventually, *works)
        answers = locking.result(), appealing.result()
        if answers[0].status_code == 200:
            assert code(answers[1]) == (409, "not_now")
        else:
            assert (blockers(answers[0]), answers[1].status_code) == ([("objection_open", 1, True)], 200)


def test_a_review_that_waited_for_the_lock_finds_the_cycle_locked(notified, desks, eventually):
    """Nobody reads any more what a head says of a result that stands."""
    with later(desks, notified, OVER) as desk:
        made = propose(desk, "dana", "lock", {})
        address = "/api/v1/cycles/2026/people/E1"
        wanted = {"digest": desk.person("dana").get(address).json()["digest"], "agrees": False}
        body = wanted | {"text": "Somebody has left out a deal of May."}
        works = partial(agree, desk, "late", made), partial(desk.person("e20").put, f"{address}/review", json=body)
        with ThreadPoolExecutor(2) as pool:
            with held(desk) as connection:
                lock(connection, LOCK_REVIEWS)
                locking, reviewing = in_line(pool, connection, eventually, *works)
                assert not locking.done(), "locked while a review was being signed"
            assert locking.result().status_code == 200
            answer = reviewing.result()
        if desk.where["database"].startswith("postgresql"):
            assert code(answer) == (409, "not_now")
        review = desk.person("dana").get(address).json()["review"]
        assert review["agrees"] == (answer.status_code != 200)


def test_what_is_done_again_has_its_body_again(notified, desks, eventually):
    """Payroll takes a run's file twice at one moment: what met the other one is done again from its start, with all that was sent."""
    with later(desks, notified, OVER) as desk:
        desk.people["ferran"] = desk.person("fe", "--role", "executive")
        desk.person("pay", "--role", "member")
        appoint(desk, "pay@agency.example", "payroll")
        assert agree(desk, "late", propose(desk, "dana", "lock", {})).status_code == 200
        institution(desk, "A", 10**8)
        approved_run(desk, 1)
        first = {"cycle": 2026, "number": 1, "place": 1, "at": sa.func.now(), "account": "account:pay@agency.example"}
        with ThreadPoolExecutor(1) as pool:
            with held(desk) as connection:
                columns = {"format": "csv", "reason": "For the pay of March.", "sha256": "00"}
                connection.execute(sa.insert(pay_tables.pay_export).values(first | columns))
                (taking,) = in_line(pool, connection, eventually, lambda: export(desk, 1))
            assert taking.result().status_code == 200, taking.result().text
        with held(desk) as connection:
            of = pay_tables.pay_export.c
            assert [*connection.scalars(sa.select(of.place).order_by(of.place))] == [1, 2]


def test_effects_that_are_opened_twice_at_one_moment_are_seen_once(notified, eventually):
    """By the API and on the page: who comes second finds it written down."""
    line = {"kpi": "consults", "member": "actual", "value": "9", "cause": "missing_deal"}
    doors = ("/api/v1/decisions/{}/effects", "/decisions/{}")
    for door, employee in zip(doors, ("E1", "E2"), strict=True):
        number = propose(notified, "dana", "override", {"node": f"employee:{employee}"} | line).json()["id"]
        with ThreadPoolExecutor(1) as pool:
            with held(notified) as connection:
                anna = sa.select(account.c.id).where(account.c.email_key == "anna@agency.example").scalar_subquery()
                person = sa.literal("account:") + sa.cast(anna, sa.Text)
                row = sa.select(sa.literal(number), person, sa.cast(sa.func.now(), decision_seen.c.at.type))
                connection.execute(sa.insert(decision_seen).from_select(["decision", "person", "at"], row))
                (opening,) = in_line(
                    pool, connection, eventually, partial(notified.person("anna").get, door.format(number))
                )
            assert opening.result().status_code == 200, opening.result().text
