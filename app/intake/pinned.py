"""What a load says of cycles that it moves nothing of: what is loaded differs from what they go by (contract-cycle, 0).

Each load says it, not the first alone: whoever loads may be another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection

from app import cascade, scoring
from app.cascade import AgreedOtherwise, LockedOtherwise, PinDifference
from app.intake.folder import DEFINITIONS, POLICIES
from app.plain.findings import Finding, Level, Place, n_

__all__ = ["agreed_and_certified_findings", "certified_findings", "pinned_findings"]

_SCORECARDS = "scorecards.csv"


def pinned_findings(connection: Connection, sums: Callable[[], Mapping[str, str]]) -> list[Finding]:
    """Of everything that cycles go by: policies and definitions, agreed lines, and all files.

    Args:
        connection: any transaction.
        sums: the files' sums as they are loaded now; asked where a cycle was certified.

    Queries: 4, and those of the sheet and of the sums where there is such a cycle.
    """
    told = [_pinned(one) for one in cascade.pin_differences(connection)]
    return [*told, *agreed_and_certified_findings(connection, sums)]


def agreed_and_certified_findings(connection: Connection, sums: Callable[[], Mapping[str, str]]) -> Iterator[Finding]:
    """Of agreed lines, of locked cycles and of files, in any load."""
    yield from (_agreed(one) for one in cascade.agreed_otherwise(connection))
    yield from (_locked(one) for one in cascade.locked_otherwise(connection))
    yield from certified_findings(connection, sums)


def certified_findings(connection: Connection, sums: Callable[[], Mapping[str, str]]) -> Iterator[Finding]:
    """Of files that certified cycles go by otherwise; policies and definitions are told as published ones. Queries: 2, and those of the sums."""
    cuts = scoring.certified_cuts(connection)
    if not cuts:
        return
    now = sums()
    for cycle, certified in sorted(cuts.items()):
        for file, sum_ in sorted(certified.cut.files.items()):
            if file not in {DEFINITIONS, POLICIES} and file in now and now[file] != sum_:
                message = n_(
                    "cycle %(cycle)s: %(file)s differs from what the cycle was certified by; it goes by that, and nothing of it changes"
                )
                yield _differs(message, Place(file=file), cycle=cycle, file=file)


def _differs(message: str, place: Place, **parameters: object) -> Finding:
    return Finding(code="differs", message=message, parameters=parameters, place=place, level=Level.WARNING)


def _agreed(one: AgreedOtherwise) -> Finding:
    """What a load says of a scorecard that it has otherwise than it was agreed."""
    message = n_(
        "cycle %(cycle)s: the scorecard of %(node)s differs from what was agreed; what was agreed holds, and nothing of it changes"
    )
    return _differs(message, Place(file=_SCORECARDS), cycle=one.cycle, node=str(one.node))


def _locked(one: LockedOtherwise) -> Finding:
    """What a load says of a row of a year that was locked with something else."""
    if one.kpi is None:
        message = n_(
            "cycle %(cycle)s: the result of %(node)s differs from what was locked; later cycles go by that, and nothing of them changes"
        )
        return _differs(message, Place(file="results.csv"), cycle=one.cycle, node=str(one.node))
    message = n_(
        "cycle %(cycle)s: the actual of %(node)s, %(kpi)s, differs from what was locked; later cycles go by that, and nothing of them changes"
    )
    return _differs(message, Place(file="history.csv"), cycle=one.cycle, node=str(one.node), kpi=one.kpi)


def _pinned(difference: PinDifference) -> Finding:
    """What a load says of a cycle that was published with other policies or definitions: it goes by those."""
    message = n_(
        "cycle %(cycle)s: what is loaded of the %(part)s differs from what it was published with; it goes by that, and nothing of it changes"
    )
    return _differs(message, Place(), cycle=difference.cycle, part=difference.part)
