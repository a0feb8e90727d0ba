"""A cycle's activities, drawn from chance: who did what on which day, with whom, and for how much.

Everything is an array with an entry an activity, sorted by day, so that 350,000 take a second.
Do not draw a person and then a day. Both are drawn at once, from the weights of all days on which all
people were present: so nobody logs a consult on leave, and a Sunday in Vienna is quieter than one in Kuwait City.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from app.demo.market import Buyers, Companies, buyers, companies
from app.demo.people import Staffing
from app.demo.seasons import ACTIVITIES, Climate, CycleUnderWay, Floats, day_weights
from app.demo.units import FULL_SIZE
from app.demo.world import climate_of, places

__all__ = ["Activities", "Ints", "Market", "draw"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

VOLUMES: Final[Mapping[str, int]] = {"export_consult": 300_000, "export_deal": 30_000, "new_buyer": 20_000}
"""Of an agency of 1,300 people, in the part of a cycle that has passed."""
_SHARED: Final = {"export_consult": 0.03, "export_deal": 0.13, "new_buyer": 0.02}
_SPREAD: Final = {"export_consult": 0.40, "export_deal": 0.32, "new_buyer": 0.38}
"""How much people differ: the sigma of the logarithm of their rates."""
_ROLE_RATES: Final = {"staff": 1.0, "manager": 0.7, "head": 0.12}
_EARLIER_DAYS: Final = 20
"""Some activities are of the last days before the cycle."""
_AMOUNT_MEDIAN: Final = 36_000.0
_AMOUNT_SPREAD: Final = 1.25
_LARGEST_USD: Final = 4.0e8
_PARTS: Final = ((0.5, 0.5), (0.6, 0.4), (0.7, 0.3), (0.75, 0.25), (0.8, 0.2))
_NEXT_DOOR: Final = 0.06
"""How often a buyer is of another country of the region."""


@dataclass(frozen=True, kw_only=True)
class Market:
    """Who the agency brings together."""

    companies: Companies
    buyers: Buyers


@dataclass(kw_only=True)
class Activities:
    """The activities, an entry each, sorted by day and type."""

    kind: Ints
    """The place of its type in :data:`app.demo.seasons.ACTIVITIES`."""
    day: Ints
    """The day of the cycle, from 0; below 0 before it."""
    employee: Ints
    unit: Ints
    """Where the employee was posted on that day."""
    company: Ints
    buyer: Ints
    usd: Floats
    """What it is worth; 0 without an amount."""
    hs_code: Sequence[str]
    partner: Ints
    """Who else has a part of it; -1 for nobody."""
    share: Floats
    """The employee's own part."""
    spelling: Ints
    """0 as it is registered, 1 to 3 another spelling of the buyer's name, 4 and 5 a likely duplicate."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.kind)

    def is_kind(self, name: str) -> Flags:
        """Which are of a type."""
        return np.asarray(self.kind == ACTIVITIES.index(name))


def _rates(rng: np.random.Generator, staffing: Staffing, kind: str) -> Floats:
    """How much each employee does, relative to others; one in eighty is a star."""
    people = staffing.employees
    role = np.array([_ROLE_RATES[one.role] for one in people])
    local = np.array([1.12 if one.is_local else 1.0 for one in people])
    stars = np.where(rng.random(len(people)) < 1 / 80, rng.uniform(2.2, 3.6, len(people)), 1.0)
    return np.asarray(role * local * stars * np.exp(rng.normal(0.0, _SPREAD[kind], len(people))))


def _weights(rng: np.random.Generator, staffing: Staffing, kind: str) -> Floats:
    """The weight of each employee (row) on each day (column) of the part of the cycle that has passed."""
    cycle, units = staffing.cycle, staffing.units.all
    climates = list(Climate)
    by_climate = np.array([day_weights(cycle, kind, climate) for climate in climates])
    climate = np.array([climates.index(climate_of(unit.country)) for unit in units])
    busy = np.exp(rng.normal(0.0, 0.16, len(units))) * np.array([unit.rate * unit.size**0.25 for unit in units])
    unit_on = staffing.unit_on[:, : cycle.passed]
    there = staffing.present[:, : cycle.passed]
    days = np.arange(cycle.passed)[None, :]
    weights: Floats = by_climate[climate[unit_on], days] * busy[unit_on] * there
    return weights * _rates(rng, staffing, kind)[:, None]


def _who_and_when(rng: np.random.Generator, weights: Floats, count: int) -> tuple[Ints, Ints]:
    """So many pairs of employee and day."""
    sums = np.cumsum(weights.ravel())
    found = np.searchsorted(sums, rng.random(count) * sums[-1], side="right")
    return found // weights.shape[1], found % weights.shape[1]


# ------------------------------------------------------------------------------------------------------ with whom


def _countries(rng: np.random.Generator, staffing: Staffing, unit: Ints) -> tuple[list[str], Ints]:
    """All countries of offices, and of each activity the place of its buyer's country among them."""
    codes = sorted({place.country for place in places()})
    region_of = {place.country: place.region for place in places()}
    volume = np.zeros(len(codes))
    for place in places():
        volume[codes.index(place.country)] += place.volume
    anywhere = np.cumsum(volume / volume.sum())
    own = np.array([codes.index(one.country) if one.country in codes else -1 for one in staffing.units.all])
    found = own[unit]
    for region in sorted(set(region_of.values())):
        neighbours = np.array([place for place, code in enumerate(codes) if region_of[code] == region])
        inside = np.isin(found, neighbours) & (rng.random(len(found)) < _NEXT_DOOR)
        found[inside] = rng.choice(neighbours, inside.sum())
    abroad = found < 0
    found[abroad] = np.searchsorted(anywhere, rng.random(abroad.sum()), side="right").clip(max=len(codes) - 1)
    return codes, found


def _known_buyers(rng: np.random.Generator, country: Ints, known: Ints) -> Ints:
    """A buyer of each activity's country among those long known; some come again and again."""
    first = np.concatenate([[0], np.cumsum(known)[:-1]])
    return np.asarray(first[country] + (known[country] * rng.random(len(country)) ** 1.8).astype(np.int64))


def _meet(rng: np.random.Generator, chance: random.Random, staffing: Staffing, acts: Activities, size: float) -> Market:
    """Give each activity its buyer and company."""
    codes, country = _countries(rng, staffing, acts.unit)
    is_new = acts.is_kind("new_buyer")
    volume = np.bincount(country, minlength=len(codes)).astype(float)
    known = np.maximum(4, (55_000 * size * volume / max(1.0, volume.sum())).astype(np.int64))
    first_new = int(known.sum())
    acts.buyer = _known_buyers(rng, country, known)
    new_at = np.flatnonzero(is_new)
    acts.buyer[new_at] = first_new + np.arange(len(new_at))
    again = np.flatnonzero(rng.random(len(new_at)) < 0.035)
    by_country: dict[int, int] = {}
    repeats = set(again.tolist())
    for place, at in enumerate(new_at.tolist()):
        home = int(country[at])
        if place in repeats and home in by_country:
            acts.buyer[at] = by_country[home]
            acts.spelling[at] = 1 + place % 3
        else:
            by_country[home] = first_new + place
            acts.spelling[at] = 4 + place % 2 if place % 90 == 11 else 0
    _follow_up(rng, acts, country, new_at)
    everybody = buyers(chance, countries=codes, known=known, new=country[new_at])
    firms = companies(chance, max(60, round(5200 * size)))
    acts.company = (len(firms.name) * rng.random(len(acts)) ** 2.1).astype(np.int64)
    return Market(companies=firms, buyers=everybody)


def _follow_up(rng: np.random.Generator, acts: Activities, country: Ints, new_at: Ints) -> None:
    """Some consults and deals are with a buyer that was new a while before, and in the same country."""
    chosen = np.flatnonzero(~acts.is_kind("new_buyer") & (rng.random(len(acts)) < 0.09))
    for home in np.unique(country[chosen]).tolist():
        mine, theirs = chosen[country[chosen] == home], new_at[country[new_at] == home]
        if len(theirs):
            before = np.searchsorted(theirs, mine)
            picked = (before * rng.random(len(mine))).astype(np.int64)
            mine, picked = mine[before > 0], picked[before > 0]
            acts.buyer[mine] = acts.buyer[theirs[picked]]


# ------------------------------------------------------------------------------------------------ for how much, together


def _price(rng: np.random.Generator, staffing: Staffing, acts: Activities) -> None:
    """What deals are worth: log-normal with a heavy tail, and larger in some offices; a third of the consults expects an amount."""
    deals = acts.is_kind("export_deal")
    consults = acts.is_kind("export_consult") & (rng.random(len(acts)) < 0.33)
    by_unit = np.exp(rng.normal(0.0, 0.22, len(staffing.units.all)))[acts.unit]
    usd = _AMOUNT_MEDIAN * by_unit * np.exp(rng.normal(0.0, _AMOUNT_SPREAD, len(acts)))
    rare = rng.random(len(acts)) < 0.004
    usd[rare] *= 4 * (1 + rng.pareto(1.8, rare.sum()))
    usd = np.minimum(usd, _LARGEST_USD)
    acts.usd = np.where(deals | consults, np.maximum(usd, 180.0), 0.0)


def _share(rng: np.random.Generator, staffing: Staffing, acts: Activities) -> None:
    """Some activities are two people's: of one office, or of two."""
    limit = np.array([_SHARED[kind] for kind in ACTIVITIES])[acts.kind]
    chosen = np.flatnonzero(rng.random(len(acts)) < limit)
    # Who did something about that time is somebody who does such things, and mostly of another office.
    near = (chosen + rng.integers(5, 40, len(chosen))) % len(acts)
    partner = acts.employee[near]
    day = acts.day[chosen].clip(min=0)
    for place in np.flatnonzero(rng.random(len(chosen)) < 0.55).tolist():
        mates = np.flatnonzero(staffing.unit_on[:, day[place]] == acts.unit[chosen[place]])
        partner[place] = mates[rng.integers(len(mates))]
    fits = (partner != acts.employee[chosen]) & staffing.present[partner, day]
    acts.partner[chosen[fits]] = partner[fits]
    own = np.array([part[0] for part in _PARTS])[rng.integers(0, len(_PARTS), len(chosen))]
    acts.share[chosen[fits]] = own[fits]


def _in_between(staffing: Staffing, acts: Activities) -> None:
    """Who is between two postings has a part in something of the old unit: nowhere counts it, and it is listed as unplaced."""
    for row, employee in enumerate(staffing.employees):
        for before, after in zip(employee.postings, employee.postings[1:], strict=False):
            if before.to is not None and before.to < after.from_:
                first, last = staffing.cycle.number(before.to), staffing.cycle.number(after.from_)
                inside = (acts.day >= first) & (acts.day < last) & (acts.unit == before.unit) & (acts.partner < 0)
                for at in np.flatnonzero(inside)[:2].tolist():
                    acts.partner[at], acts.share[at] = row, 0.5


def _repeat_some(rng: np.random.Generator, acts: Activities) -> None:
    """Likely duplicates: a deal that is logged again some days later, perhaps by another; and one company again and again."""
    deals = np.flatnonzero(acts.is_kind("export_deal"))
    chosen = deals[rng.random(len(deals)) < 0.004]
    later = np.searchsorted(deals, chosen) + rng.integers(1, 60, len(chosen))
    later = deals[later.clip(max=len(deals) - 1)]
    for member in ("company", "buyer", "usd"):
        getattr(acts, member)[later] = getattr(acts, member)[chosen]
    acts.spelling[later] = rng.integers(1, 6, len(later))
    if len(deals):
        office = acts.unit[deals[len(deals) // 3]]
        theirs = deals[acts.unit[deals] == office]
        acts.company[theirs[: max(3, len(theirs) // 9)]] = 0


def draw(
    rng: np.random.Generator, chance: random.Random, staffing: Staffing, *, scale: float
) -> tuple[Activities, Market]:
    """All activities up to the day the agency is built, and the market they are in."""
    cycle = staffing.cycle
    size = len(staffing.employees) / FULL_SIZE * scale
    drawn: list[tuple[Ints, Ints, Ints]] = []
    for place, kind in enumerate(ACTIVITIES):
        count = max(30, round(VOLUMES[kind] * size))
        employee, day = _who_and_when(rng, _weights(rng, staffing, kind), count)
        drawn.append((np.full(count, place), employee, day))
    kinds, employees, days = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    order = np.lexsort((employees, kinds, days))
    kinds, employees, days = kinds[order], employees[order], days[order]
    unit = staffing.unit_on[employees, days].astype(np.int64)
    _out_of_time(rng, cycle, days)
    count = len(kinds)
    acts = Activities(
        kind=kinds,
        day=days,
        employee=employees,
        unit=unit,
        company=np.zeros(count, dtype=np.int64),
        buyer=np.zeros(count, dtype=np.int64),
        usd=np.zeros(count),
        hs_code=[],
        partner=np.full(count, -1),
        share=np.ones(count),
        spelling=np.where(rng.random(count) < 0.04, rng.integers(1, 4, count), 0),
    )
    market = _meet(rng, chance, staffing, acts, size)
    _price(rng, staffing, acts)
    _share(rng, staffing, acts)
    _in_between(staffing, acts)
    _repeat_some(rng, acts)
    acts.hs_code = [chance.choice(market.companies.hs_codes[at]) for at in acts.company.tolist()]
    return acts, market


def _out_of_time(rng: np.random.Generator, cycle: CycleUnderWay, days: Ints) -> None:
    """A few of the first are of the last days before the cycle and count for no line of it; three are dated ahead."""
    first = np.flatnonzero(days < 2)
    chosen = first[rng.random(len(first)) < 0.12]
    days[chosen] -= _EARLIER_DAYS
    days[len(days) - 3 :] = np.minimum(cycle.passed + np.array([2, 5, 9]), len(cycle.days) - 1)
