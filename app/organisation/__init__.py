"""The organisation: units, people, where they were posted, what took days off, earlier results, exchange rates.

Owns the rows of those files as they were last loaded, the record of every load and the revision that all readers keep their
read models by. Promises that every day is judged by the rows that hold on it. Never knows a KPI, and never a password.
"""

from __future__ import annotations

from app.organisation.days import day_in, root_timezone
from app.organisation.directory import (
    Directory,
    Discipline,
    Employee,
    Result,
    Status,
    directory,
    disciplines,
    emails,
    month_of,
)
from app.organisation.loads import FileDiffers, files_since
from app.organisation.preview import organisation_of, previewed_directory
from app.organisation.replacement import (
    ORGANISATION_FILES,
    LoadedFile,
    Needs,
    Organisation,
    organisation_rows,
    raise_revision,
    replace,
    stored_organisation,
)
from app.organisation.revision import (
    KeptByRevision,
    Revision,
    current_revision,
    lock_revision,
    previewed_token,
    raise_decided,
)

__all__ = [
    "ORGANISATION_FILES",
    "Directory",
    "Discipline",
    "Employee",
    "FileDiffers",
    "KeptByRevision",
    "LoadedFile",
    "Needs",
    "Organisation",
    "Result",
    "Revision",
    "Status",
    "current_revision",
    "day_in",
    "directory",
    "disciplines",
    "emails",
    "files_since",
    "lock_revision",
    "month_of",
    "organisation_of",
    "organisation_rows",
    "previewed_directory",
    "previewed_token",
    "raise_decided",
    "raise_revision",
    "replace",
    "root_timezone",
    "stored_organisation",
]
