"""Whole files in one transaction: folders of definitions, agency folders, files of activities; and events from any door.

Owns the way from files to the packages that keep their contents; promises that a file with an error changes nothing and
that every error names file, line and field. Never decides what is right: that is in ``app.rules``.
"""

from app.intake.activity_files import BATCH_ALONE, ingest_file, rejects_path
from app.intake.agency import Loaded, LoadRefused, derive_by_present_rules, load_agency
from app.intake.deciding import DECISION_KINDS
from app.intake.definitions import read_folder as read_definitions
from app.intake.events import (
    arrival_of,
    arrival_of_text,
    state_to_record_in,
    take_in,
    take_in_message,
)
from app.intake.first_findings import FirstFindings
from app.intake.folder import FILES as FOLDER_FILES
from app.intake.mastering import FileState, Master, file_states, masters
from app.intake.own_activities import FromPage, JudgedEntries, LoggedActivity, correct_own, judge, log_own, reverse_own
from app.intake.replaying import NotYours, Replayed, replay
from app.intake.stored_folder import NoRevision, StoredFolder, read_stored_folder

__all__ = [
    "BATCH_ALONE",
    "DECISION_KINDS",
    "FOLDER_FILES",
    "FileState",
    "FirstFindings",
    "FromPage",
    "JudgedEntries",
    "LoadRefused",
    "Loaded",
    "LoggedActivity",
    "Master",
    "NoRevision",
    "NotYours",
    "Replayed",
    "StoredFolder",
    "arrival_of",
    "arrival_of_text",
    "correct_own",
    "derive_by_present_rules",
    "file_states",
    "ingest_file",
    "judge",
    "load_agency",
    "log_own",
    "masters",
    "read_definitions",
    "read_stored_folder",
    "rejects_path",
    "replay",
    "reverse_own",
    "state_to_record_in",
    "take_in",
    "take_in_message",
]
