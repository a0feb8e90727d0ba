"""The resources of the API: one module each, listed here and nowhere else."""

from __future__ import annotations

from typing import Final

from app.web.api import health, live
from app.web.routing import Pages

__all__ = ["RESOURCES"]

RESOURCES: Final[tuple[Pages, ...]] = (
    health.pages,
    live.pages,
)
