"""The loop that makes files that people asked for, one after another, whoever runs it: a worker, or what a serving process starts.

What goes wrong with a file is the file's, and is told there; others go on. Do not read a file's figures in more than one transaction: they are of
one moment, which the file says.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError

from app import access
from app.access import TakenFile
from app.kit import clock
from app.kit.database import Database
from app.kit.refusals import Busy, NotThere
from app.kit.settings import Settings
from app.rules.permissions import Deed
from app.web import create_app
from app.web.asked.request_context import RequestContext
from app.web.asked.zones import Clock
from app.web.files.board_book import MadeContent
from app.web.files.made_kinds import KINDS, FileKind, may_have
from app.web.wording.languages import writing

__all__ = ["Maker"]

_LOG: Final = logging.getLogger("kopes.web")

_LOOK_S: Final = 1.0
"""How often it is looked whether something is to be made."""

_REST_S: Final = 10.0
"""And how long nothing is looked at while the database is away."""


class _NoLongerOursError(Exception):
    """Another maker has the file since, or its owner let it go: nothing is kept of it."""


class Maker:
    """Makes files, in one process."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        name: str,
        say: Callable[[str], object],
        kinds: Mapping[str, FileKind] = KINDS,
    ) -> None:
        """Take the database; templates and catalogues are read with the first file.

        Args:
            database: where the rows are.
            settings: the process's.
            name: of this maker among others.
            say: where it is told what could not be made, and why.
            kinds: what it can make.
        """
        self._kinds: Final = kinds
        self._database: Final = database
        self._settings: Final = settings
        self._name: Final = name
        self._say: Final = say
        self._app: Flask | None = None

    def keep_making(self, ending: threading.Event) -> None:
        """Make what waits, as it comes, until the process ends."""
        while not ending.is_set():
            try:
                was_one = self.make_next()
            except (DBAPIError, Busy) as error:
                self._say(f"files: {type(error).__name__}")
                ending.wait(_REST_S)
                continue
            if not was_one:
                ending.wait(_LOOK_S)

    def make_all(self) -> None:
        """Make all that waits now."""
        while self.make_next():
            pass

    def make_next(self) -> bool:
        """Make the file that has waited longest; returns whether there was one."""
        with self._database.read() as connection:
            if not access.is_any_file_due(connection, at=clock.now()):
                return False
        taken = self._database.writing(
            Deed.RUN_JOB,
            lambda connection: access.take_file(connection, maker=self._name, kinds=self._kinds, at=clock.now()),
        )
        if taken is None:
            return False
        try:
            made = self._made(taken)
        except _NoLongerOursError:
            return True
        except NotThere:
            self._failed(taken, "right")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with a file is told there, and the next is made
            _LOG.exception("file %s could not be made", taken.id)
            self._say(f"file {taken.id}: {type(error).__name__}: {error}")
            self._failed(taken, "failed")
        except BaseException:
            self._database.writing(
                Deed.RUN_JOB, lambda connection: access.release_file(connection, taken, at=clock.now())
            )
            raise
        else:
            self._database.writing(
                Deed.RUN_JOB,
                lambda connection: access.finish_file(
                    connection,
                    taken,
                    content=made.content,
                    filename=made.filename,
                    media_type=made.media_type,
                    at=clock.now(),
                ),
            )
        return True

    def _failed(self, taken: TakenFile, error: str) -> None:
        self._database.writing(
            Deed.RUN_JOB, lambda connection: access.fail_file(connection, taken, error=error, at=clock.now())
        )

    def _made(self, taken: TakenFile) -> MadeContent:
        """The whole file.

        Raises:
            NotThere: its owner may not have it any more.
        """
        kind = self._kinds[taken.kind]
        context, by = self._context(taken)
        with (
            self._flask().app_context(),
            force_locale(taken.language),
            writing(lambda: by, language=taken.language),
        ):
            return kind.make(context, kind.parameters.model_validate(taken.parameters), self._step(taken))

    def _context(self, taken: TakenFile) -> tuple[RequestContext, Clock]:
        """What the owner's own request would come with, and by which clock they read.

        Raises:
            NotThere: their account is closed, or they have lost the right.
        """
        now = clock.now()
        with self._database.read() as connection:
            account = access.account_by_id(connection, account_id=taken.account_id)
            context = RequestContext(
                database=self._database, settings=self._settings, now=now, deed=Deed.KEEP_MADE_FILES
            )
            day = context.opened(connection).today
            if account is not None:
                context.who = access.viewer_of(connection, email=account.email, day=day)
            if not may_have(context, taken.kind):
                raise NotThere
            by = context.clock
        context.closed()
        return context, by

    def _step(self, taken: TakenFile) -> Callable[[int, int], None]:
        def step(done: int, steps: int) -> None:
            def write(connection: Any) -> bool:
                return access.step_file(connection, taken, step=done, steps=steps, at=clock.now())

            if not self._database.writing(Deed.RUN_JOB, write):
                raise _NoLongerOursError

        return step

    def _flask(self) -> Flask:
        if self._app is None:
            self._app = create_app(self._settings, database=self._database)
        return self._app
