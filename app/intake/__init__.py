"""Whole files in one transaction: folders of definitions, agency folders, files of activities; and events from any door.

Owns the way from files to the packages that keep their contents; promises that a file with an error changes nothing and
that every error names file, line and field. Never decides what is right: that is in ``app.rules``.
"""

from app.intake.activity_files import BATCH_ALONE, ingest_file, rejects_path
from app.intake.agency import Loaded, LoadRefused, derive_by_present_rules, load_agency
from app.intake.change_cycles import cycle_without_scorecards, cycles_to_tell
from app.intake.change_effects import queues_of_change, standings_of_change, units_left_without_head
from app.intake.change_sets import (
    CHANGE_TITLE_MAX,
    Changed,
    ChangedRow,
    ChangeSet,
    ChangeState,
    begin_change,
    change_of_decision,
    change_set,
    change_sets,
    change_titles,
    changed_rows,
    changes_meant,
    count_changed,
    discard_change,
    hold_open,
    key_text,
    reword_change,
)
from app.intake.changed_folder import JudgedChange, columns_of, key_columns, yaml_before, yaml_lines
from app.intake.changing import (
    CHANGE,
    FindingsInTheWay,
    check_change,
    drop_document,
    effects_of_change,
    overtaken_keys,
    put_definitions,
    put_document,
    put_rows,
    rebase_change,
    revert_change,
    submit_change,
)
from app.intake.definitions import definition_fields
from app.intake.definitions import read_folder as read_definitions
from app.intake.definitions_seen import DefinitionsSeen, JudgedDefinitions, see_definitions
from app.intake.edited_sheets import EditedSheet, SheetConflict, edited_sheet, put_sent_rows
from app.intake.events import (
    arrival_of,
    arrival_of_text,
    state_to_record_in,
    take_in,
    take_in_message,
)
from app.intake.feeding import Fed, FeedFindings, LateFeed, StaleFeed, feed_file, feed_subject, late_feeds
from app.intake.file_rows import RowVersion, file_rows, row_history
from app.intake.first_findings import FirstFindings
from app.intake.folder import FILES as FOLDER_FILES
from app.intake.folder import JudgedFolder
from app.intake.mastering import MASTER, MASTERED_FILES, FileState, Master, file_states, masters
from app.intake.own_activities import FromPage, JudgedEntries, LoggedActivity, correct_own, judge, log_own, reverse_own
from app.intake.proposing import Put, PutDocument, directory_with, proposed, puts_between, rows_before, rows_wanted
from app.intake.replaying import NotYours, Replayed, replay
from app.intake.sent_files import MARK_SHEET, SentFile, keys_pasted, rows_of_csv, rows_of_xlsx, rows_pasted
from app.intake.stored_folder import NoRevision, StoredFolder, read_stored_folder, table_text

__all__ = [
    "BATCH_ALONE",
    "CHANGE",
    "CHANGE_TITLE_MAX",
    "FOLDER_FILES",
    "MARK_SHEET",
    "MASTER",
    "MASTERED_FILES",
    "ChangeSet",
    "ChangeState",
    "Changed",
    "ChangedRow",
    "DefinitionsSeen",
    "EditedSheet",
    "Fed",
    "FeedFindings",
    "FileState",
    "FindingsInTheWay",
    "FirstFindings",
    "FromPage",
    "JudgedChange",
    "JudgedDefinitions",
    "JudgedEntries",
    "JudgedFolder",
    "LateFeed",
    "LoadRefused",
    "Loaded",
    "LoggedActivity",
    "Master",
    "NoRevision",
    "NotYours",
    "Put",
    "PutDocument",
    "Replayed",
    "RowVersion",
    "SentFile",
    "SheetConflict",
    "StaleFeed",
    "StoredFolder",
    "arrival_of",
    "arrival_of_text",
    "begin_change",
    "change_of_decision",
    "change_set",
    "change_sets",
    "change_titles",
    "changed_rows",
    "changes_meant",
    "check_change",
    "columns_of",
    "correct_own",
    "count_changed",
    "cycle_without_scorecards",
    "cycles_to_tell",
    "definition_fields",
    "derive_by_present_rules",
    "directory_with",
    "discard_change",
    "drop_document",
    "edited_sheet",
    "effects_of_change",
    "feed_file",
    "feed_subject",
    "file_rows",
    "file_states",
    "hold_open",
    "ingest_file",
    "judge",
    "key_columns",
    "key_text",
    "keys_pasted",
    "late_feeds",
    "load_agency",
    "log_own",
    "masters",
    "overtaken_keys",
    "proposed",
    "put_definitions",
    "put_document",
    "put_rows",
    "put_sent_rows",
    "puts_between",
    "queues_of_change",
    "read_definitions",
    "read_stored_folder",
    "rebase_change",
    "rejects_path",
    "replay",
    "reverse_own",
    "revert_change",
    "reword_change",
    "row_history",
    "rows_before",
    "rows_of_csv",
    "rows_of_xlsx",
    "rows_pasted",
    "rows_wanted",
    "see_definitions",
    "standings_of_change",
    "state_to_record_in",
    "submit_change",
    "table_text",
    "take_in",
    "take_in_message",
    "units_left_without_head",
    "yaml_before",
    "yaml_lines",
]
