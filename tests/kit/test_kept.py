"""What a process keeps is bounded by number and by weight."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.kept import LruCache


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
        one.join()
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
