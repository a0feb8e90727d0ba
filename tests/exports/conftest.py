"""The agency at work, whose pages offer the files."""

from __future__ import annotations

from tests.web.working import loaded_folder, settled, working, working_on_each

__all__ = ["loaded_folder", "settled", "working", "working_on_each"]
