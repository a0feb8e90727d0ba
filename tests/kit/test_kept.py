"""What a process keeps is bounded by number and by weight."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.kept import LruCache
from app.kit.refusals import Busy


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), max_size=60))
def test_it_never_keeps_more_than_it_may(uses):
    cache: LruCache[str] = LruCache(4, weight_max=40, weigh=len)
    for key, weight in uses:
        cache.keep(key, "x" * weight)
        assert len(cache) <= 4
        assert cache.weight <= 40
        assert cache.get(key) == "x" * weight


def test_what_was_used_last_stays():
    cache: LruCache[str] = LruCache(2)
    cache.keep("a", "A")
    cache.keep("b", "B")
    assert cache.get("a") == "A"
    cache.keep("c", "C")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("A", None, "C")


def test_what_weighs_too_much_is_not_kept_and_pushes_nothing_out():
    cache: LruCache[str] = LruCache(8, weight_max=10, weigh=len)
    cache.keep("a", "A")
    assert cache.keep("big", "x" * 11) == "x" * 11
    assert (cache.get("big"), cache.get("a")) == (None, "A")
    cache.keep("a", "x" * 11)
    assert (cache.get("a"), cache.weight) == (None, 0)


def test_what_is_kept_is_made_once():
    made: list[int] = []
    cache: LruCache[int] = LruCache(2)
    for _ in range(3):
        assert cache.get_or_make("a", lambda: made.append(1) or len(made)) == 1
    assert made == [1]


def test_one_works_it_out_and_the_others_wait() -> None:
    """Of twenty who ask at one moment, one."""
    kept: LruCache[int] = LruCache(4)
    begun, finish = threading.Event(), threading.Event()
    made: list[int] = []
    got: list[int] = []

    def make() -> int:
        made.append(1)
        begun.set()
        assert finish.wait(20)
        return 7

    threads = [threading.Thread(target=lambda: got.append(kept.get_or_make("key", make))) for _ in range(20)]
    for one in threads:
        one.start()
    assert begun.wait(20)
    finish.set()
    for one in threads:
        one.join(20)
    assert (len(made), got) == (1, [7] * 20)


def test_what_could_not_be_worked_out_is_tried_again_and_only_so_much_is_kept() -> None:
    """An error is everyone's own; what was asked for longest ago goes first."""
    kept: LruCache[str] = LruCache(9, weight_max=5, weigh=len)

    def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        kept.get_or_make("a", fail)
    assert [kept.get_or_make(key, lambda key=key: key * 2) for key in "abca"] == ["aa", "bb", "cc", "aa"]
    assert kept.get_or_make("c", fail) == "cc"
    with pytest.raises(LookupError):
        kept.get_or_make("b", fail)
    assert kept.get_or_make("long", lambda: "longer than all") == "longer than all"


def test_one_at_a_time_works_it_out_even_where_the_first_could_not() -> None:
    """Those who waited and those who come now queue up behind one another, whoever of them fails."""
    kept: LruCache[int] = LruCache(4)
    first_begun, first_ends, second_begun, second_ends = (threading.Event() for _ in range(4))
    at_work: list[int] = []
    most_at_work: list[int] = []

    def make(begun: threading.Event, ends: threading.Event, *, fails: bool) -> int:
        at_work.append(1)
        most_at_work.append(len(at_work))
        begun.set()
        assert ends.wait(20)
        at_work.pop()
        if fails:
            raise LookupError
        return 7

    def ask(begun: threading.Event, ends: threading.Event, *, fails: bool = False) -> None:
        with suppress(LookupError):
            kept.get_or_make("key", lambda: make(begun, ends, fails=fails))

    threads = [threading.Thread(target=ask, args=(first_begun, first_ends), kwargs={"fails": True})]
    threads[0].start()
    assert first_begun.wait(20)
    threads.append(threading.Thread(target=ask, args=(second_begun, second_ends)))
    threads[1].start()
    first_ends.set()
    assert second_begun.wait(20)
    threads.append(threading.Thread(target=ask, args=(threading.Event(), second_ends)))
    threads[2].start()
    second_ends.set()
    for one in threads:
        one.join(20)
    assert (max(most_at_work), kept.get("key")) == (1, 7)


def test_nobody_waits_for_ever_for_what_another_makes() -> None:
    """Who has waited long enough hears that there is too much to do; the maker goes on."""
    kept: LruCache[int] = LruCache(4, patience_s=0.01)
    begun, finish = threading.Event(), threading.Event()

    def make() -> int:
        begun.set()
        assert finish.wait(20)
        return 7

    maker = threading.Thread(target=lambda: kept.get_or_make("key", make))
    maker.start()
    assert begun.wait(20)
    with pytest.raises(Busy):
        kept.get_or_make("key", make)
    finish.set()
    maker.join(20)
    assert kept.get("key") == 7
