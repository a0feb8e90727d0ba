"""What is agreed on a scorecard: the sum that is signed, whose signatures it takes, and how far it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.rules.agreement import LINE_MEMBERS, SignedAs, agreement_digest, agreement_state, asks_hr, signers
from app.rules.kpis import Kpi, KpiVersion, Measure, Method, Translated, confirmed_types
from app.rules.terms import CountsFrom, Direction, KpiClass, Node, NodeKind

OWNER = Node(NodeKind.EMPLOYEE, "10000001")


def line(kpi: str = "deals", **members: str | None) -> dict[str, str | None]:
    return dict.fromkeys(LINE_MEMBERS) | {"kpi": kpi, "weight": "100"} | members


def version(
    from_cycle: int | None = None, *, aggregate: str = "count", counts_from: CountsFrom = CountsFrom.ENTERED
) -> KpiVersion:
    return KpiVersion(
        from_cycle=from_cycle,
        name=Translated(en="Deals"),
        goal="exports",
        kpi_class=KpiClass.MAIN,
        direction=Direction.UP,
        unit=Translated("deals"),
        measure=Measure(aggregate=aggregate, activity="export_deal" if aggregate == "count" else None),
        counts_from=counts_from,
        method=Method(name="target"),
    )


def digest(*versions: KpiVersion, cycle: int = 2026, node: Node = OWNER, **members: str | None) -> str:
    return agreement_digest(cycle, node, [line(**members)], {"deals": Kpi(code="deals", versions=versions)})


def test_what_is_signed_is_the_cycle_whose_it_is_its_lines_and_what_their_kpis_measure() -> None:
    signed = digest(version())
    others = [
        digest(version(), cycle=2027),
        digest(version(), node=Node(NodeKind.EMPLOYEE, "10000002")),
        digest(version(), target="5"),
        digest(version(counts_from=CountsFrom.CONFIRMED)),
    ]
    assert len({signed, *others}) == 5


def test_what_a_kpi_is_called_and_what_it_measures_in_other_cycles_is_not_signed() -> None:
    signed = digest(version())
    assert digest(replace(version(), name=Translated(en="Contracts"), goal="jobs")) == signed
    assert digest(version(), version(2027, counts_from=CountsFrom.CONFIRMED)) == signed
    assert digest(version(), version(2026, counts_from=CountsFrom.CONFIRMED)) != signed


def test_hr_signs_where_a_figure_that_hr_alone_writes_is_another() -> None:
    """A line that comes or goes without such a figure, and a target, are none of hr's."""
    assert not asks_hr([line()], [line(target="5"), line("visits")])
    assert not asks_hr([line(high="9")], [line(high="9", weight="50")])
    assert asks_hr([line()], [line(high="9")])
    assert asks_hr([line(high="9")], [])
    assert asks_hr([line(coefficient="1")], [line(coefficient="1.1")])
    assert signers(with_hr=False) == (SignedAs.OWNER, SignedAs.HEAD)
    assert signers(with_hr=True) == (SignedAs.OWNER, SignedAs.HEAD, SignedAs.HR)


@pytest.mark.parametrize(
    ("state", "has_lines", "holds", "imposed", "signed"),
    [
        ("none", False, False, False, []),
        ("draft", True, False, False, []),
        ("to_sign", True, False, False, [SignedAs.HEAD]),
        ("agreed", True, True, False, []),
        ("imposed", True, True, True, []),
        ("draft", True, False, True, []),
    ],
)
def test_how_far_a_scorecard_is(
    state: str, *, has_lines: bool, holds: bool, imposed: bool, signed: list[SignedAs]
) -> None:
    assert str(agreement_state(has_lines=has_lines, holds=holds, imposed=imposed, signed=signed)) == state


def test_what_waits_for_its_confirmation_is_what_scores_the_cycle_or_stands_beside_it() -> None:
    """A later version says nothing of this cycle, and one long before says nothing either."""
    confirmed = CountsFrom.CONFIRMED
    later = Kpi(code="later", versions=(version(), version(2028, counts_from=confirmed)))
    assert confirmed_types([later], 2026) == set()
    assert confirmed_types([later], 2028) == {"export_deal"}
    before = Kpi(code="before", versions=(version(counts_from=confirmed), version(2026)))
    assert confirmed_types([before], 2026) == {"export_deal"}
    assert confirmed_types([before], 2027) == set()
    given = Kpi(code="given", versions=(version(aggregate="given", counts_from=confirmed),))
    assert confirmed_types([given], 2026) == {"figure"}
