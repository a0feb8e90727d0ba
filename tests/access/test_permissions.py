"""The contract's table "Who may what", said in people: who may do what to whom on which day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import access
from app.rules.permissions import (
    FORMER,
    KEY_PERMISSIONS,
    PERMISSIONS,
    PUBLIC_DEEDS,
    SIGNED_IN_DEEDS,
    Deed,
    Relation,
    Scope,
    key_may,
    may,
)
from app.rules.terms import Node, NodeKind, Role
from tests.people import PEOPLE, TODAY

VIENNA = Node(NodeKind.UNIT, "VIE")
IN_OCTOBER = dt.date(2026, 10, 1)

# Of whom, by whom it may be seen; the others may not.
TABLE = """
see_scorecard      employee:E1  alba boram gaston hana dana emil ferran
see_scorecard      employee:E2  boram gaston hana dana emil ferran
see_scorecard      employee:E3  chae hana dana emil ferran
see_scorecard      unit:VIE     alba boram gaston hana dana emil ferran
see_scorecard      unit:PAR     gaston hana dana emil ferran
see_scorecard      unit:EUR     alba boram gaston hana dana emil ferran
see_scorecard      unit:HQ      alba boram chae gaston hana dana emil ferran
see_scorecard      unit:TYO     chae hana dana emil ferran
follow_live        employee:E1  alba boram gaston hana dana emil ferran
follow_live        unit:TYO     chae hana dana emil ferran
see_derivation     employee:E1  alba boram gaston hana dana emil ferran
see_derivation     unit:VIE     boram gaston hana dana emil ferran
see_derivation     unit:HQ      hana dana emil ferran
see_activities     employee:E1  alba boram gaston hana dana emil ferran
see_activities     employee:E2  boram gaston hana dana emil ferran
see_activities     unit:VIE     boram gaston hana dana emil ferran
see_people         unit:VIE     boram gaston hana dana emil ferran
see_people_scores  unit:VIE     boram gaston hana dana emil ferran
see_people_scores  unit:EUR     gaston hana dana emil ferran
see_goals          unit:EUR     alba boram gaston hana dana emil ferran
see_grade          employee:E1  alba dana emil
see_grade          employee:E2  boram dana emil
see_pay            employee:E1  alba dana emil
see_pay            employee:E2  boram dana emil
see_targets        employee:E1  alba boram gaston hana dana emil ferran
sign_scorecard     employee:E1  alba boram gaston hana dana emil ferran
set_targets        unit:VIE     boram gaston hana
set_targets        unit:EUR     gaston hana
set_targets        unit:PAR     gaston hana
set_targets        unit:HQ      hana
set_targets        employee:E1  boram gaston hana
set_targets        employee:E2  gaston hana
set_targets        employee:E4  hana
set_targets        employee:E5  dana
report_figure      unit:VIE     boram gaston hana dana
report_figure      unit:HQ      hana dana
report_figure      employee:E1  boram gaston hana dana
report_figure      employee:E2  gaston hana dana
report_figure      employee:E5  dana
log_activity       employee:E1  alba
log_activity       employee:E2  boram
reverse_activity   employee:E1  alba
reverse_activity   employee:E3  chae
see_pay_totals     unit:HQ      dana emil ferran
see_agency         unit:HQ      emil ferran
have_board_book    unit:HQ      dana emil ferran
see_ledger         unit:HQ      emil
see_trail          unit:HQ      emil
see_rejected       unit:HQ      emil iris
see_jobs           unit:HQ      emil iris
replay_rejected    unit:HQ      iris
keep_accounts      unit:HQ      iris
keep_keys          unit:HQ      iris
keep_hooks         unit:HQ      iris
keep_jobs          unit:HQ      iris
keep_deliveries    unit:HQ      iris
run_cycle          unit:HQ      dana
export             unit:HQ      dana
export_activities  employee:E1  alba boram gaston hana dana emil
export_activities  unit:VIE     boram gaston hana dana emil
export_activities  unit:HQ      hana dana emil
export_goals       employee:E1  boram gaston hana dana emil ferran
export_goals       unit:VIE     boram gaston hana dana emil ferran
export_goals       unit:HQ      hana dana emil ferran
see_files          unit:HQ      dana emil ferran
see_cycles         unit:VIE     boram gaston hana dana emil ferran
keep_cycles        unit:HQ      hana dana emil ferran
hand_out_pay_run   unit:HQ      hana dana emil ferran
tell_by_hand       unit:HQ      hana dana emil ferran
remind             unit:HQ      hana dana
try_policies       unit:HQ      dana emil ferran
keep_delegations   employee:E1  alba dana
keep_delegations   employee:E3  chae dana
load_folder        unit:HQ
run_job            unit:HQ
deliver            unit:HQ
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("deed", "node", "people"), [(row[0], row[1], row[2:]) for row in ROWS])
def test_exactly_these_people_may(directory, viewer_of, deed, node, people):
    """The three kinds of asking agree: for one node, for many at once, and for the table."""
    found = Node.parse(node)
    assert found is not None
    allowed = []
    for name in PEOPLE:
        viewer = viewer_of(name)
        relations = access.standing(directory, viewer=viewer, deed=Deed(deed), node=found, day=TODAY)
        one = may(viewer.roles, Deed(deed), relations)
        assert access.sees(directory, viewer=viewer, deed=Deed(deed), day=TODAY)(found) is one
        if one:
            allowed.append(name)

    assert sorted(people) == sorted(allowed)


def test_every_deed_is_in_the_table_or_open_to_all():
    """A deed that is added is decided about."""
    without_node = {Deed.VERIFY, Deed.INGEST, Deed.FEED, *PUBLIC_DEEDS, *SIGNED_IN_DEEDS}
    assert set(Deed) - without_node == {Deed(row[0]) for row in ROWS}


def test_targets_come_from_above(directory, viewer_of):
    """Who takes an office over sets its targets and its people's from that day on, and never their own."""
    sets = access.sees(directory, viewer=viewer_of("alba"), deed=Deed.SET_TARGETS, day=IN_OCTOBER)
    assert sets(VIENNA)
    assert not sets(Node(NodeKind.EMPLOYEE, "E1"))
    assert access.sees(directory, viewer=viewer_of("gaston"), deed=Deed.SET_TARGETS, day=IN_OCTOBER)(VIENNA)


def test_a_head_is_who_is_posted_as_head_that_day(directory, viewer_of):
    """Alba takes the office over in October: until then the role opens nothing, from then on Boram's does not."""
    for day, heads in ((TODAY, "boram"), (IN_OCTOBER, "alba")):
        for name in ("alba", "boram"):
            viewer = viewer_of(name)
            relations = access.relations(directory, viewer=viewer, node=VIENNA, day=day)
            assert may(viewer.roles, Deed.SEE_PEOPLE, relations) is (name == heads)
            assert access.may_at_all(lambda: directory, viewer=viewer, deed=Deed.VERIFY, day=day) is (name == heads)


def test_the_posting_alone_makes_no_head(directory, viewer_of):
    """Who keeps the accounts gives the role; a load of postings cannot."""
    boram = viewer_of("boram")
    as_employee = access.Viewer(
        account_id=2, email="b@agency.example", roles=frozenset({Role.EMPLOYEE}), employee="E2", today=TODAY
    )
    relations = access.relations(directory, viewer=boram, node=VIENNA, day=TODAY)
    assert Relation.LINE in relations
    assert not may(as_employee.roles, Deed.VERIFY, relations)


# An activity of these people of this unit, who may verify it.
VERIFIERS = """
VIE  E1      boram gaston hana
VIE  E2      gaston hana
VIE  E1,E2   gaston hana
VIE  E2,E4   hana
EUR  E4      hana
HQ   E5      dana
VIE  E2,E4,E5  dana
TYO  E3      hana
-    E3      dana
"""


@pytest.mark.parametrize("row", VERIFIERS.strip().splitlines())
def test_nobody_verifies_their_own_and_the_top_goes_to_hr(directory, viewer_of, row):
    """Own entries go to the head above, at the top to hr; what belongs to no unit goes to hr too (contract)."""
    unit, sharers, *people = row.split()
    allowed = []
    for name in PEOPLE:
        viewer = viewer_of(name)
        relations = access.verify_relations(
            directory, viewer=viewer, unit=None if unit == "-" else unit, sharers=sharers.split(","), day=TODAY
        )
        if may(viewer.roles, Deed.VERIFY, relations):
            allowed.append(name)

    assert people == allowed


@given(
    roles=st.sets(st.sampled_from(Role)),
    deed=st.sampled_from(Deed),
    relations=st.sets(st.sampled_from(Relation)),
    more=st.sampled_from(Role),
)
def test_another_role_or_relation_never_takes_a_right_away(roles, deed, relations, more):
    if may(roles, deed, relations):
        assert may(roles | {more}, deed, relations)
        assert may(roles, deed, relations | {Relation.OWN})


def test_pay_is_never_seen_from_above():
    """A head sees the line's scorecards and no pay; an executive sees totals only (contract)."""
    for role in (Role.HEAD, Role.EXECUTIVE, Role.ADMIN):
        assert Deed.SEE_PAY not in PERMISSIONS[role]


def test_an_admin_sees_no_score():
    seen = {deed for deed in PERMISSIONS[Role.ADMIN] if deed.startswith("see_")}
    assert {Deed.SEE_REJECTED, Deed.SEE_JOBS} == seen


def test_keys_open_what_their_scope_says_and_nothing_else():
    """An ingest key writes events and reads nothing but its own rejected ones; a read key writes nothing (contract)."""
    assert {Deed.INGEST, Deed.SEE_REJECTED, Deed.REPLAY_REJECTED} == KEY_PERMISSIONS[Scope.INGEST]
    assert all(deed.startswith(("see_", "follow_")) for deed in KEY_PERMISSIONS[Scope.READ])
    assert not key_may(Scope.READ, Deed.SEE_PAY)
    assert not key_may(Scope.READ, Deed.INGEST)
    assert not key_may(Scope.INGEST, Deed.SEE_SCORECARD)


@pytest.mark.parametrize("deed", sorted(set(Deed) - PUBLIC_DEEDS - SIGNED_IN_DEEDS))
def test_a_member_may_nothing_by_that_alone(deed: Deed) -> None:
    """Signing in, signing out and one's own password are all; what else somebody may comes by other roles."""
    assert not may({Role.MEMBER}, deed, list(Relation))


def test_every_role_has_its_row() -> None:
    """A role without one would end every request of whoever has it."""
    assert set(PERMISSIONS) == {*Role, FORMER}
