"""What waits for one person, gathered from wherever it is kept: what their first page begins with.

It owns the list of kinds of things that can wait and promises that a thing is on it from when it begins to wait until it is done, and no
longer: each kind is read anew from what it is about, and nothing here is written down. It never decides whose turn it is.
"""

from app.waiting.kinds import KINDS, CardThere, Errand, Kind, Reader, TargetMoved, errands

__all__ = ["KINDS", "CardThere", "Errand", "Kind", "Reader", "TargetMoved", "errands"]
