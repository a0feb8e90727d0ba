"""Where the processes of one server share their counts: a folder that prometheus_client writes to.

A newcomer's usual mistake is to import the metrics first: the library looks for the folder when it is imported, so it has to be named before.
"""

from __future__ import annotations

import os

__all__ = ["share_counts"]


def share_counts(folder: str) -> None:
    """Name the folder to the library, which reads it from the environment and nowhere else."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251 - told to a library, not read
