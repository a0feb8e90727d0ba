"""What the descriptions of routes have in common: the cycle in an address, and by which statuses they refuse.

Do not list a status that a route never answers with: `/openapi.json` is tried against the running server by whatever it says.
"""

from __future__ import annotations

from typing import Final

__all__ = ["OF_CYCLE", "READS", "READS_AS_ASKED", "WRITES", "WRITES_MUCH"]

OF_CYCLE: Final = {"cycle": ("integer", "The year that names the cycle.")}
"""The part of an address that says which cycle."""

READS: Final = (401, 403, 404, 429, 503)
"""What reads, and takes nothing that could be wrong."""
READS_AS_ASKED: Final = (401, 403, 404, 422, 429, 503)
"""What reads by a query that could be."""
WRITES: Final = (400, 401, 403, 404, 409, 415, 422, 429, 503)
WRITES_MUCH: Final = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
"""What writes, and whose body may be too large."""
