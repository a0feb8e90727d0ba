"""Names of companies and buyers in memory: the nearest of those that were named last, found without looking at all of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger import parties as kept
from app.ledger.parties import Parties, Party, nearness
from tests.soaking import examples

NAMES = st.lists(st.sampled_from(["Nord", "Nordwind", "Wind", "Co", "Trading", "한빛", "12-3"]), min_size=1, max_size=3)
NAMED = st.lists(st.tuples(NAMES.map(" ".join), st.sampled_from(["", "AT", "KR"]), st.booleans()), max_size=30)


def keep(parties: Parties, named: list[tuple[str, str, bool]], first: int) -> None:
    """Let them be named, one after the other."""
    for seq, (name, country, is_registered) in enumerate(named, start=first):
        of_kind = parties.buyers if country else parties.companies
        parties._keep(of_kind, Party("" if is_registered else name, country, name if is_registered else ""), seq)  # noqa: SLF001 - as it is read


@settings(max_examples=examples(60))
@given(NAMED, NAMED, st.sampled_from(["nord", "wind", "co", "no wi", "trading co", "빛", "12 3"]), st.integers(1, 4))
def test_they_are_those_of_all_that_are_nearest(
    before: list[tuple[str, str, bool]], later: list[tuple[str, str, bool]], text: str, limit: int
) -> None:
    """Whether they were there when the names were laid out, came since, or were named again."""
    parties = Parties()
    keep(parties, before, 1)
    parties.nearest(["nobody"], limit)
    keep(parties, later, 100)
    wanted = kept.words_of(text).split()
    for known, found in zip((parties.companies, parties.buyers), parties.nearest(wanted, limit), strict=True):
        near = {one: rank for one in known if (rank := nearness(parties.words[one], wanted)) is not None}
        assert found == sorted(near, key=lambda one: (near[one], -known[one], one))[:limit]
