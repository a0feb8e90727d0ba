"""What people are paid by a cycle: the runs that two people agreed to, as they were agreed to, and whose file was handed out.

Owns these rows. Promises that a run never changes: what is to be paid otherwise is another run. Never works out a grade.
"""

from __future__ import annotations

from app.paying.runs import (
    KeptRun,
    RunHead,
    exported_runs,
    factor_text,
    has_item,
    has_runs,
    keep_export,
    keep_run,
    kept_runs,
    last_run_head,
    latest_run,
    run_numbered,
    run_sha256,
    run_told,
)

__all__ = [
    "KeptRun",
    "RunHead",
    "exported_runs",
    "factor_text",
    "has_item",
    "has_runs",
    "keep_export",
    "keep_run",
    "kept_runs",
    "last_run_head",
    "latest_run",
    "run_numbered",
    "run_sha256",
    "run_told",
]
