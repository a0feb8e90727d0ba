"""What is wrong with a snapshot, as the line that verifying one prints."""

from __future__ import annotations

__all__ = ["SnapshotFault"]


class SnapshotFault(Exception):
    """A snapshot that cannot be read or recomputed."""

    def __init__(self, of: str, stored: str, computed: str) -> None:
        """Take what it is about, what should be there, and what is."""
        super().__init__(of, stored, computed)
        self.of, self.stored, self.computed = of, stored, " ".join(computed.split())[:300]

    @property
    def line(self) -> str:
        """What it is about, then what should be there and what is."""
        return f"{self.of}: {self.stored} → {self.computed}"
