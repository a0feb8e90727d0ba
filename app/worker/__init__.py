"""Scheduled and background work: what is done when, by whichever worker comes first.

It owns the table of jobs and the loop that runs them, and promises that each slot of a job is run once however many workers there are, that the
latest missed slot is caught up, and that every run leaves a row with its outcome. What is posted to the outbox it delivers as it comes. It never holds the logic of a job: a job is one call.
"""

from app.worker.delivering import deliver_all
from app.worker.jobs import JOBS, Outcome, WorkerJob
from app.worker.run import run_now, run_slot, work, worker_name

__all__ = ["JOBS", "Outcome", "WorkerJob", "deliver_all", "run_now", "run_slot", "work", "worker_name"]
