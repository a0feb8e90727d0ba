"""Searching everywhere, signed in, against an office's page of the same server."""

from __future__ import annotations

import statistics
from functools import partial
from itertools import cycle
from urllib.parse import quote

from app.rules.terms import Role
from tests.bench.agency import Agency
from tests.bench.ingesting import server
from tests.bench.measuring import in_turn, seconds, tell
from tests.bench.pages import Visitor, accounts

REQUESTS = 40
TEXTS = (
    "ki",
    "kim",
    "김",
    "ㄱㅅ",
    "한빛",
    "trading",
    "global tr",
    "tr",
    "co",
    "123-81",
    "vienna",
    "deal",
    "zzzzzz",
    "2026-0000001",
)
"""Names and their beginnings, what thousands have, what nobody has, and what may be an id."""


def measure(agency: Agency) -> None:
    """What is offered below the field in the header, for who sees all, who heads a region, who heads an office, and one employee."""
    people = accounts(agency, Role.EMPLOYEE, Role.HEAD, Role.EXECUTIVE)
    with server(agency, "tests.bench.serving", "PORT") as port:
        for role in (Role.EXECUTIVE, Role.HEAD, Role.EMPLOYEE):
            visitor = Visitor(port, *people[role])
            slowest = max(
                (
                    statistics.median(
                        seconds(partial(visitor.get, f"/search/offers?q={quote(text)}")) for _ in range(5)
                    ),
                    text,
                )
                for text in TEXTS
            )
            addresses = cycle(f"/search/offers?q={quote(text)}" for text in TEXTS)
            office = Visitor(port, *people[Role.HEAD])

            def search(visitor: Visitor = visitor, addresses: cycle[str] = addresses) -> float:
                return statistics.median(seconds(partial(visitor.get, next(addresses))) for _ in range(REQUESTS))

            def page(office: Visitor = office) -> float:
                return statistics.median(seconds(partial(office.get, "/office")) for _ in range(REQUESTS))

            name = f"search of {role}, the slowest of {len(TEXTS)} texts {1000 * slowest[0]:.0f} ms (“{slowest[1]}”; promised: 50)"
            tell(f"{name} ÷ an office's page", in_turn(search, page, runs=3), "s")
