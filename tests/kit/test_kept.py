"""What a process keeps is bounded by number and by weight."""

from __future__ import annotations

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
