"""The demonstration agency: an agency of KOTRA's size, made from a seed and a day.

It owns no table: it writes an agency folder, definitions and events, which come in by the same doors as anyone's. It promises the
same bytes for the same seed and day, and never reads a clock.
"""

from __future__ import annotations

from app.demo.agency import DemoReport, build
from app.demo.units import day_of

__all__ = ["DemoReport", "build", "day_of"]
