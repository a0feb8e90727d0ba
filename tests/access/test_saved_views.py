"""Views of lists as they are kept, on both databases: what two requests of one person at one moment may not do."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from app import access
from app.access.saved_views import VIEWS_MAX
from app.kit.database import Database
from app.kit.refusals import Invalid, NotThere
from app.rules.permissions import Deed
from tests.people import NOW, new_account


@pytest.fixture
def owner(database: Database) -> int:
    """The account of somebody who keeps views."""
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        return new_account(connection, "alba")


def _keep(database: Database, owner: int, name: str, *, of_list: str = "people", is_default: bool = False) -> None:
    with database.write(Deed.KEEP_VIEWS) as connection:
        access.save_view(
            connection,
            account_id=owner,
            of_list=of_list,
            name=name,
            filters="unit=VIE",
            is_default=is_default,
            now=NOW,
        )


def _kept(database: Database, owner: int) -> list[tuple[str, str, bool]]:
    with database.read() as connection:
        return [(view.list, view.name, view.is_default) for view in access.saved_views(connection, account_id=owner)]


def _all_at_once(*does: Callable[[], None]) -> list[str]:
    """Do each in a thread of its own, begun at one moment; the codes of those that were refused."""
    begun = threading.Barrier(len(does))
    refused: list[str] = []

    def do(one: Callable[[], None]) -> None:
        begun.wait(10)
        try:
            one()
        except Invalid as error:
            refused.extend(finding.code for finding in error.findings)

    threads = [threading.Thread(target=do, args=(one,)) for one in does]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return refused


def test_no_more_are_kept_than_fifty_however_many_are_sent_at_once(database: Database, owner: int) -> None:
    """Each request counts what the other has kept."""
    for number in range(VIEWS_MAX - 1):
        _keep(database, owner, f"View {number}")
    refused = _all_at_once(*(lambda name=name: _keep(database, owner, name) for name in ("One", "Two", "Three")))
    assert refused == ["too_many", "too_many"]
    assert len(_kept(database, owner)) == VIEWS_MAX


def test_of_two_that_are_to_be_the_usual_one_the_last_is(database: Database, owner: int) -> None:
    """Neither request fails, and a list never opens with two; another list has its own."""
    _keep(database, owner, "Ledger", of_list="ledger", is_default=True)
    refused = _all_at_once(
        *(lambda name=name: _keep(database, owner, name, is_default=True) for name in ("Vienna", "Paris"))
    )
    assert refused == []
    kept = _kept(database, owner)
    assert sorted(name for _, name, _ in kept) == ["Ledger", "Paris", "Vienna"]
    assert sorted(of_list for of_list, _, is_default in kept if is_default) == ["ledger", "people"]


def test_a_name_sent_twice_at_once_is_kept_once(database: Database, owner: int) -> None:
    """Whatever the case of its letters; the second is told so."""
    refused = _all_at_once(*(lambda name=name: _keep(database, owner, name) for name in ("Vienna", "VIENNA")))
    assert refused == ["same_name"]
    assert len(_kept(database, owner)) == 1


def test_what_is_changed_and_deleted_at_once_is_one_or_the_other(database: Database, owner: int) -> None:
    """A view that has gone is not there for whoever changes it; no trace of it comes back."""
    _keep(database, owner, "Vienna")
    with database.read() as connection:
        (view,) = access.saved_views(connection, account_id=owner)
    gone: list[bool] = []

    def change() -> None:
        try:
            with database.write(Deed.KEEP_VIEWS) as connection:
                access.change_view(connection, account_id=owner, view_id=view.id, name="Wien", is_default=True)
        except NotThere:
            gone.append(True)

    def delete() -> None:
        with database.write(Deed.KEEP_VIEWS) as connection:
            access.delete_view(connection, account_id=owner, view_id=view.id)

    assert _all_at_once(change, delete) == []
    assert len(gone) <= 1
    assert _kept(database, owner) == []
