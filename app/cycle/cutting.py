"""Whether somebody has proposed to certify a cycle: until that is decided, nothing that the cut holds may be changed (contract-cycle, 13)."""

from __future__ import annotations

from sqlalchemy import Connection

from app import scoring
from app.kit.refusals import Conflict
from app.plain.findings import n_

__all__ = ["BeingCertified", "refuse_being_certified"]


class BeingCertified(Conflict):
    """A cut was made, which somebody is to agree to or to refuse."""

    code = "being_certified"
    message = n_(
        "Somebody has proposed to certify the cycle, so its scorecards, ratings and decisions stand still: wait until that is agreed to or refused."
    )


def refuse_being_certified(connection: Connection, cycle: int) -> None:
    """Go on only where nobody has proposed to certify the cycle.

    Raises:
        BeingCertified: somebody has.

    Queries: 1.
    """
    if scoring.open_cut(connection, cycle) is not None:
        raise BeingCertified
